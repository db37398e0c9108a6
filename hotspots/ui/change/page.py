"""The parts of the Change page: the answer first, then what it rests on, section by section."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from hotspots import maps
from hotspots.ui import components, frame, loading, words
from hotspots.ui.change import tables
from hotspots.ui.change import words as sentences
from hotspots.ui.frame import View, plain_text
from hotspots.ui.hot_spots.area_desk import show_done
from hotspots.ui.show import Download, download_buttons

if TYPE_CHECKING:
    from hotspots.change.question import Change, ChangeQuestion

Charts = dict[str, dict[str, Any]]


class Shown(NamedTuple):
    """An answer with its charts, and the numbers of its hot spots on the map."""

    change: Change
    charts: Charts
    labels: dict[str, str]


def part() -> str:
    """Which part of the page: change, or trials."""
    return frame.switch("Show", "change_part", words.CHANGE_PARTS)


def show(view: View, question: ChangeQuestion) -> None:
    """The answer to a question. Everything that costs time comes from a cache."""
    show_done()
    stamp = loading.change_stamp(view.folder)
    key = (view.folder, view.version, question, stamp)
    change = loading.change(*key)
    shown = Shown(
        change, loading.change_charts(*key, components.is_dark()), maps.ring_labels(change.cells, change.spots)
    )
    show_answer(change)
    show_spots(shown)
    show_table(change)
    show_before(shown)
    show_next_door(shown, lambda area: loading.ring_map_strings(*key, area, components.is_dark()))
    show_minutes(shown)
    show_context(view, change)
    show_method(change)
    show_downloads(change)


def chart(charts: Charts, name: str) -> None:
    if name in charts:
        st.vega_lite_chart(None, charts[name], width="stretch", theme=None)


# ---------------------------------------------------------------- the answer


def show_answer(change: Change) -> None:
    """The question, the answer, and what must be said beside it."""
    from hotspots.change.question import COMPARISONS

    st.html(sentences.headline_html(change.asked, change.answer, change.verdict))
    for line in change.also:
        st.markdown(plain_text(line))
    if change.warnings:
        lines = [plain_text(line) for line in change.warnings]
        st.warning(lines[0] if len(lines) == 1 else sentences.bullets(lines), icon=":material/warning:")
    comparison = COMPARISONS.get(change.question.comparison, change.question.comparison)
    st.caption(plain_text(f"{sentences.places(change, comparison)} {sentences.windows(change)}"))


def show_spots(shown: Shown) -> None:
    """Forest plot and table of every hot spot."""
    st.header("Each hot spot")
    st.caption(sentences.FOREST_HELP)
    chart(shown.charts, "forest")
    table = tables.spots(shown.change.spots, shown.labels)
    tables.show(table, tables.SPOTS, "Change of each hot spot")


def show_table(change: Change) -> None:
    """Every estimate of the same change."""
    st.header("Before and after")
    st.caption(sentences.TABLE_HELP)
    tables.show(
        tables.estimates(change.table, change.warnings), tables.ESTIMATES, "Estimates of the change", tallest=900
    )


# ---------------------------------------------------------------- what it rests on


def show_before(shown: Shown) -> None:
    """The time before: trend, series, and how a match was judged."""
    change = shown.change
    st.header("Before the start")
    st.caption(sentences.BEFORE_HELP)
    st.markdown(plain_text(change.trend_note or sentences.NO_TREND))
    left, right = st.columns(2, gap="medium")
    with left:
        chart(shown.charts, "trend")
        if len(change.trend):
            tables.show(tables.trend(change.trend), tables.TREND, "Trend before the start", tallest=250)
    with right:
        chart(shown.charts, "series")
        tables.show(change.series, tables.SERIES, "Incidents and harm by period", tallest=250)
    if change.matched is not None or len(change.pairs):
        st.subheader("The match")
        show_balance(change)
        names = dict(zip(change.spots["area"], change.spots["name"], strict=True))
        with st.expander(f"Pairs of cells ({len(change.pairs):,})"):
            tables.show(tables.pairs(change.pairs, names), tables.PAIRS, "Each cell of a hot spot and its match")


def show_balance(change: Change) -> None:
    """The quality of the match, and who was left out."""
    matched = change.matched
    if matched is None:
        return
    alone = int((matched.unmatched["group"] == "treated").sum())
    lines = sentences.match_words(matched.joint_p, matched.drift_p, alone)
    st.markdown(sentences.bullets(plain_text(line) for line in (*lines, *matched.notes)))
    tables.show(matched.balance, tables.BALANCE, "Match quality: hot spots and comparison places before the start")
    if len(matched.unmatched):
        with st.expander(f"Left out ({len(matched.unmatched):,} cells)"):
            tables.show(tables.unmatched(matched.unmatched), tables.UNMATCHED, "Cells without a match, by reason")


def show_next_door(shown: Shown, strings: Callable[[str], tuple[str, str]]) -> None:
    """The rings: a map of whose they are, and their counts. ``strings``: the map, looking at an area first."""
    change = shown.change
    st.header("Next door")
    st.caption(sentences.NEXT_DOOR_HELP)
    if change.cells.empty:
        st.info(sentences.NO_RINGS, icon=":material/info:")
        return
    drawn = tables.spots(change.spots[change.spots["area"].isin(list(shown.labels))], shown.labels)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        named = {
            a: f"{label} {name}" for a, label, name in zip(drawn["area"], drawn["label"], drawn["name"], strict=True)
        }
        area = frame.switch_box("Zoom to", "ring_of", {"all": "All of them", **named})
        deck, svg = strings("" if area == "all" else area)
        components.map_view(deck, json.loads(svg), None, key="ring_map", prefer_svg=frame.remembered("map") == "svg")
    with right:
        tables.show(drawn, tables.RINGS, "Hot spots and the ground around them", 600)


def show_minutes(shown: Shown) -> None:
    """Minutes beside outcomes, with the warning before any figure."""
    st.header("Minutes beside change")
    dose = shown.change.dose
    if dose is None:
        st.info(plain_text(shown.change.no_dose), icon=":material/info:")
        st.page_link("pages/3_Patrol_dosage.py", label="Patrol dosage")
        return
    st.warning(sentences.DOSE_WARNING, icon=":material/warning:")
    st.markdown(plain_text(dose.sentence))
    st.caption(plain_text(sentences.dose_days(dose)))
    chart(shown.charts, "scatter")
    with st.expander(f"The same figures as a table ({len(dose.scatter):,} hot spots)"):
        tables.show(tables.scatter(dose.scatter), tables.SCATTER, "Minutes and change of each hot spot")
    if dose.table.empty:
        show_notes(dose.notes)
        return
    st.caption(sentences.CURVE_HELP)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(shown.charts, "bands")
    with right:
        chart(shown.charts, "curve")
    tables.show(tables.dose(dose.table), tables.DOSE, "Incidents beside minutes")
    show_notes(dose.notes)


def show_notes(notes: tuple[str, ...]) -> None:
    if notes:
        st.markdown(sentences.bullets(plain_text(note) for note in notes))


def show_context(view: View, change: Change) -> None:
    """What else was going on, to be corrected here."""
    from hotspots.ui.change.context_lines import show_context as show_lines

    st.header("What else was going on")
    show_lines(view, change.context)


def show_method(change: Change) -> None:
    """How each figure was come by, what it rests on, and where it is explained."""
    st.header("How it was computed")
    st.markdown("\n\n".join(sentences.formulas(change.table)))
    st.page_link("pages/8_Method.py", label="The whole method", icon=":material/menu_book:")
    if change.notes:
        with st.expander(f"What these figures rest on ({len(change.notes)})"):
            show_notes(change.notes)
    facts = tables.facts(change.facts)
    with st.expander(f"Facts that go with every download ({len(facts)})"):
        tables.show(facts, tables.FACTS, "Facts of this answer")


def show_downloads(change: Change) -> None:
    """Every table as files that say what they are."""
    from hotspots.exports import change as exports

    name = exports.file_name(change)
    download_buttons(
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: exports.change_text(change, "csv")),
            Download("Excel", f"{name}.xlsx", words.XLSX, lambda: exports.change_xlsx(change)),
            Download("JSON", f"{name}.json", "application/json", lambda: exports.change_text(change, "json")),
            Download(
                "GeoJSON", f"{name}.geojson", "application/geo+json", lambda: exports.change_text(change, "geojson")
            ),
        ],
        key="change",
    )
