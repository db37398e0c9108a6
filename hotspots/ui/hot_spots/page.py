"""The Hot spots page: what is asked, the map with one of three parts beside it, cells first, and what has no weight."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import exports, geography
from hotspots.base import choices
from hotspots.base.months import month_text
from hotspots.base.words import counted
from hotspots.charts import incidents as charts
from hotspots.harm import selections
from hotspots.maps import MAX_CELLS, SIGNS, days_text
from hotspots.ranking import rank as ranking
from hotspots.ranking.answer import Answer, about, in_unit, unit_warning
from hotspots.ui import components, loading
from hotspots.ui import words as shared
from hotspots.ui.forms import show_done, switch, switch_box
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, areas, register, words
from hotspots.ui.hot_spots.area_desk import Beside, offer_table
from hotspots.ui.session import select_cell
from hotspots.ui.show import (
    OFFENCES,
    Shown,
    bullets,
    errors_shown,
    plain_text,
    show_breaks,
    show_chart,
    show_columns,
    show_loose,
    show_table,
)


def show(view: View) -> None:
    answer = loading.ranked(view.folder, view.version, view.question)
    show_summary(view, answer)
    show_parts(view, answer)
    show_unscored(answer)


def show_summary(view: View, answer: Answer) -> None:
    """What the page answers, in a sentence, and what must be said beside it."""
    where = f"{view.workspace.profile.together} BCUs" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    kind = selections.selection_named(answer.question.offences).label
    st.markdown(
        f"**{where}**, {plain_text(str(answer.window))}: {plain_text(kind)},"
        f" {words.rests_on(answer, view.workspace.settings.expected_months)}"
        f" {counted(len(answer.table), 'cell').capitalize()} with at least one incident; the first"
        f" {min(view.top, len(answer.table)):,} are listed. Weights: {plain_text(answer.weights.label)}."
    )
    if answer.no_patterns and len(answer.table):
        st.caption(plain_text(answer.no_patterns))
    if answer.weights.unit != "days":
        st.warning(plain_text(unit_warning(answer.weights)), icon=":material/straighten:")
    if answer.weights.is_proxy:
        st.warning(shared.PROXY, icon=":material/balance:")
    show_breaks(answer.breaks)
    with st.expander(f"What these figures leave out ({len(answer.warnings) + len(answer.notes)})"):
        st.markdown(bullets((*answer.warnings, *answer.notes)))


def show_parts(view: View, answer: Answer) -> None:
    """The map and beside it what is chosen: cells, areas or the register; below both, the rest of that part."""
    show_done()
    part = switch("Show", "part", words.PARTS)
    if answer.table.empty and part != words.REGISTER:
        where = "the force area" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
        st.info(
            f"No such incident lies in {where} from {plain_text(str(answer.window))}. Widen the window, choose other"
            " offences, or look under “What these figures leave out”."
        )
        return
    left, right = st.columns([4, 5], gap="medium")
    beside = Beside()
    with right, errors_shown():
        draw = {words.CELLS: ranked_beside, words.AREAS: areas.beside, words.REGISTER: register.beside}[part]
        beside = draw(view, answer)
    with left, errors_shown():
        show_map(view, answer, beside)
    with errors_shown():
        beside.below()


def show_map(view: View, answer: Answer, beside: Beside) -> None:
    """The map, coloured as chosen, with the areas of this part outlined."""
    by, top = answer.question.by, view.workspace.settings.top
    colours = {  # the figure ranked by first
        ranking.MEASURE[by]: f"What is ranked: {choices.METHODS[by].lower()}",
        "p_top_next": f"Chance of being in the next months' top {top:,}",
        "pattern": "Pattern: new, persistent, fading …",
    }  # fmt: skip
    measure = switch_box("Colour the map by", "colour", colours)
    if measure == "pattern" and answer.no_patterns:
        st.info(plain_text(f"No cell has a pattern here. {answer.no_patterns}"), icon=":material/info:")
    cell = shown_cell(view, answer)
    deck, svg = answers.map_of(
        view.folder, view.version, answer.question, measure, cell, top, components.is_dark(), beside.outlined
    )
    picked = components.map_view(deck, json.loads(svg), cell, key="map", prefer_svg=view.svg)
    if beside.caption:
        st.caption(plain_text(beside.caption))
    if len(answer.table) > MAX_CELLS:
        st.caption(words.CELL_LIMIT.format(n=MAX_CELLS))
    if picked and picked != cell:
        select_cell(picked)


def show_unscored(answer: Answer) -> None:
    """Offences that add no harm, because their weight is not known: never zero, never the first match."""
    loose = answer.scores[answer.scores["status"] != "scored"]
    if not len(loose):
        return
    with st.expander(f"Offences without one weight ({int(loose['n_offences'].sum()):,})"):
        st.markdown(shared.UNSCORED)
        show_loose(loose)


LISTED = (
    "rank", "place", "sure", "harm_expected_days", "expected_range", "n_incidents", "pattern", "flag", "harm_sqrt",
    "harm_days", "largest_offence_share", "bcu", "cell",
)  # fmt: skip
MONTHS = {
    "month": Shown("Month", "Year and month"), "n_incidents": OFFENCES["n_incidents"],
    "n_offences": OFFENCES["n_offences"], "harm_days": OFFENCES["harm_days"],
}  # fmt: skip


def ranked_beside(view: View, answer: Answer) -> Beside:
    """The ranked cells; below, what is behind the rank of one of them."""
    listed = answer.table.head(view.top)
    columns = [c for c in LISTED if c != "bcu" or view.question.bcu == "all"]
    measure = ranking.MEASURE[answer.question.by]
    if measure != "harm_expected_days":
        columns = [*columns[:2], measure, *(c for c in columns[2:] if c != measure)]
    chosen = show_table(in_words(listed), "ranked", columns, name="Ranked cells", height=520)
    offer_cells(answer, listed)
    if chosen and chosen != shown_cell(view, answer):
        select_cell(chosen)
    outlined, caption = areas.outlined(view, answer)
    return Beside(outlined, caption, partial(show_cell, view, answer))


def shown_cell(view: View, answer: Answer) -> str | None:
    return view.cell if view.cell in set(answer.table["cell"]) else None


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is read: the range in one column, a sign before each pattern, whose top it is left out."""
    ends = table[["harm_expected_low", "harm_expected_high"]].to_numpy(dtype=float)
    whose = " of " + table["bcu"].astype(str) + " BCU"
    return table.assign(
        expected_range=[f"{days_text(a)} to {days_text(b)}" if a == a else "" for a, b in ends],
        pattern=[f"{SIGNS[p].glyph} {p}" if p in SIGNS else p for p in table["pattern"]],
        sure=[s.removesuffix(w) for s, w in zip(table["sure"], whose, strict=True)],
    )


def offer_cells(answer: Answer, listed: pd.DataFrame) -> None:
    """The listed rows, with the same figures, as files that say what they are."""
    window = answer.window
    name = exports.file_name("hotspots", answer.question.bcu, window.start, window.end, synthetic=answer.synthetic)
    facts, listed = about(answer), in_unit(listed, answer.weights)
    offer_table(name, listed, facts)


def show_cell(view: View, answer: Answer) -> None:
    """One cell: why it ranks, its offences, its months."""
    st.header("Behind the rank")
    found = answer.table[answer.table["cell"] == view.cell]
    if view.cell and not len(found):
        with errors_shown():
            geography.cell_from_hex(view.cell)
            st.info(f"Cell {plain_text(view.cell[:20])} has no such incident in this window and BCU.")
        return
    if not len(found):
        st.info(words.NO_CELL)
        return
    row: dict[str, Any] = dict(zip(found.columns, found.iloc[0], strict=True))
    st.subheader(plain_text(f"{row['rank']}. {row['place']}"))
    top = view.workspace.settings.top
    st.markdown(plain_text(words.why_it_ranks(row, choices.METHODS[answer.question.by], len(answer.table), top)))
    st.caption(plain_text(f"{row['district']}, {row['bcu']} BCU. Cell {row['cell']}, {row['area_m2']:,.1f} m²."))
    if st.button("Close this cell"):
        select_cell(None)
    kinds, months = answers.detail(view.folder, view.version, answer.question, str(row["cell"]))
    dark = components.is_dark()
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Offences**")
        show_chart(charts.offence_bars_spec(kinds, dark))
        show_columns(kinds, OFFENCES, "Offences in the cell")
    with right:
        st.markdown("**Month by month**")
        show_chart(charts.trend_spec(months, answer.breaks, dark))
        show_columns(months.assign(month=months["month"].map(month_text)), MONTHS, "Incidents by month")
