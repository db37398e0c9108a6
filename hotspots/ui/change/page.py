"""The parts of the Change page: the answer first, then what it rests on, section by section."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from hotspots import maps
from hotspots.base.words import counted
from hotspots.change.question import COMPARISONS, Change, ChangeQuestion
from hotspots.exports import change as exports
from hotspots.ui import components
from hotspots.ui.change import answers, tables, trials, words
from hotspots.ui.change.context_lines import show_context
from hotspots.ui.change.form import question
from hotspots.ui.forms import show_done, switch, switch_box
from hotspots.ui.frame import View
from hotspots.ui.session import remembered
from hotspots.ui.show import bullets, offer_files, plain_text, show_chart, show_columns, show_warnings

Charts = dict[str, dict[str, Any]]


class Shown(NamedTuple):
    """An answer with its charts, and the numbers of its hot spots on the map."""

    change: Change
    charts: Charts
    labels: dict[str, str]


def show(view: View) -> None:
    """One of the two parts of the page: change, or trials."""
    if switch("Show", "change_part", words.PARTS) == words.TRIALS:
        trials.show(view)
        return
    asked = question(view)
    if asked:
        show_change(view, asked)


def show_change(view: View, asked: ChangeQuestion) -> None:
    """The answer to a question. Everything that costs time comes from a cache."""
    show_done()
    stamp = answers.change_stamp(view.folder)
    key = (view.folder, view.version, asked, stamp)
    change = answers.change(*key)
    charts, labels = answers.change_charts(*key, components.is_dark()), maps.ring_labels(change.cells, change.spots)
    shown = Shown(change, charts, labels)
    show_answer(change)
    show_spots(shown)
    show_table(change)
    show_before(shown)
    show_next_door(shown, lambda area: answers.ring_map_strings(*key, area, components.is_dark()))
    show_minutes(shown)
    st.header("What else was going on")
    show_context(view, change.context)
    show_method(change)
    offer_change(change)


def chart(charts: Charts, name: str) -> None:
    if name in charts:
        show_chart(charts[name])


# ---------------------------------------------------------------- the answer


def show_answer(change: Change) -> None:
    """The question, the answer, and what must be said beside it."""
    st.html(words.headline_html(change.asked, change.answer, change.verdict))
    for line in change.also:
        st.markdown(plain_text(line))
    show_warnings(change.warnings)
    comparison = COMPARISONS.get(change.question.comparison, change.question.comparison)
    before, after = words.window_text(change.before), words.window_text(change.after)
    st.caption(plain_text(f"{words.places(change, comparison)} Before: {before}. After: {after}."))


def show_spots(shown: Shown) -> None:
    """Forest plot and table of every hot spot."""
    st.header("Each hot spot")
    st.caption(words.FOREST_HELP)
    chart(shown.charts, "forest")
    table = tables.spots(shown.change.spots, shown.labels)
    show_columns(table, tables.SPOTS, "Change of each hot spot")


def show_table(change: Change) -> None:
    """Every estimate of the same change."""
    st.header("Before and after")
    st.caption(words.TABLE_HELP)
    rows = tables.estimates(change.table, change.warnings)
    show_columns(rows, tables.ESTIMATES, "Estimates of the change", tallest=900)


# ---------------------------------------------------------------- what it rests on


def show_before(shown: Shown) -> None:
    """The time before: trend, series, and how a match was judged."""
    change = shown.change
    st.header("Before the start")
    st.caption(words.BEFORE_HELP)
    st.markdown(plain_text(change.trend_note or words.NO_TREND))
    left, right = st.columns(2, gap="medium")
    with left:
        chart(shown.charts, "trend")
        if len(change.trend):
            trend = tables.with_interval(change.trend, "ci")
            trend = trend.assign(when=["after" if post else "before" for post in trend["post"]])
            show_columns(trend, tables.TREND, "Trend before the start", tallest=250)
    with right:
        chart(shown.charts, "series")
        show_columns(change.series, tables.SERIES, "Incidents and harm by period", tallest=250)
    if change.matched is not None or len(change.pairs):
        st.subheader("The match")
        show_balance(change)
        names = dict(zip(change.spots["area"], change.spots["name"], strict=True))
        pairs = change.pairs.assign(name=[names.get(area, area) for area in change.pairs["area"]])
        with st.expander(f"Pairs of cells ({len(pairs):,})"):
            show_columns(pairs, tables.PAIRS, "Each cell of a hot spot and its match")


def show_balance(change: Change) -> None:
    """The quality of the match, and who was left out."""
    matched = change.matched
    if matched is None:
        return
    alone = int((matched.unmatched["group"] == "treated").sum())
    lines = words.match_words(matched.joint_p, matched.drift_p, alone, change.settings.trend_warning_p)
    st.markdown(bullets((*lines, *matched.notes)))
    show_columns(matched.balance, tables.BALANCE, "Match quality: hot spots and comparison places before the start")
    if len(matched.unmatched):
        with st.expander(f"Left out ({counted(len(matched.unmatched), 'cell')})"):
            show_columns(tables.unmatched(matched.unmatched), tables.UNMATCHED, "Cells without a match, by reason")


def show_next_door(shown: Shown, strings: Callable[[str], tuple[str, str]]) -> None:
    """The rings: a map of whose they are, and their counts. ``strings``: the map, looking at an area first."""
    change = shown.change
    st.header("Next door")
    st.caption(words.NEXT_DOOR_HELP)
    if change.cells.empty:
        st.info(words.NO_RINGS, icon=":material/info:")
        return
    drawn = tables.spots(change.spots[change.spots["area"].isin(list(shown.labels))], shown.labels)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        named = {
            a: f"{label} {name}" for a, label, name in zip(drawn["area"], drawn["label"], drawn["name"], strict=True)
        }
        area = switch_box("Zoom to", "ring_of", {"all": "All of them", **named})
        deck, svg = strings("" if area == "all" else area)
        components.map_view(deck, json.loads(svg), None, key="ring_map", prefer_svg=remembered("map") == "svg")
    with right:
        show_columns(drawn, tables.RINGS, "Hot spots and the ground around them", 600)


def show_minutes(shown: Shown) -> None:
    """Minutes beside outcomes, with the warning before any figure."""
    st.header("Minutes beside change")
    dose = shown.change.dose
    if dose is None:
        st.info(plain_text(shown.change.no_dose), icon=":material/info:")
        st.page_link("pages/3_Patrol_dosage.py", label="Patrol dosage")
        return
    st.warning(words.DOSE_WARNING, icon=":material/warning:")
    st.markdown(plain_text(dose.sentence))
    st.caption(plain_text(words.dose_days(dose)))
    chart(shown.charts, "scatter")
    with st.expander(f"The same figures as a table ({len(dose.scatter):,} hot spots)"):
        spots = tables.with_interval(dose.scatter, "ratio")
        show_columns(spots, tables.SCATTER, "Minutes and change of each hot spot")
    if dose.table.empty:
        show_notes(dose.notes)
        return
    st.caption(words.CURVE_HELP)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(shown.charts, "bands")
    with right:
        chart(shown.charts, "curve")
    table = tables.with_interval(dose.table, "ci")
    table = table.assign(looks=[tables.LOOKS.get(part, part) for part in table["part"]])
    show_columns(table, tables.DOSE, "Incidents beside minutes")
    show_notes(dose.notes)


def show_notes(notes: tuple[str, ...]) -> None:
    if notes:
        st.markdown(bullets(notes))


def show_method(change: Change) -> None:
    """How each figure was come by, what it rests on, and where it is explained."""
    st.header("How it was computed")
    st.markdown("\n\n".join(words.formulas(change.table)))
    st.page_link("pages/8_Method.py", label="The whole method", icon=":material/menu_book:")
    if change.notes:
        with st.expander(f"What these figures rest on ({len(change.notes)})"):
            show_notes(change.notes)
    facts = tables.facts(change.facts)
    with st.expander(f"Facts that go with every download ({len(facts)})"):
        show_columns(facts, tables.FACTS, "Facts of this answer")


def offer_change(change: Change) -> None:
    """Every table as files that say what they are."""
    csv, json_, geojson = (partial(exports.change_text, change, kind) for kind in ("csv", "json", "geojson"))
    xlsx = partial(exports.change_xlsx, change)
    offer_files(exports.file_name(change), csv=csv, xlsx=xlsx, json=json_, geojson=geojson)
