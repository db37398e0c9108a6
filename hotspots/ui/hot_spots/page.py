"""The parts of the Hot spots page."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import exports, geography
from hotspots.base import choices, writing
from hotspots.charts import incidents as charts
from hotspots.harm import offences
from hotspots.maps import MAX_CELLS, SIGNS, number_text
from hotspots.ranking import rank as ranking
from hotspots.ranking.answer import Answer, about, in_unit
from hotspots.ranking.words import unit_warning
from hotspots.ui import components, loading, words
from hotspots.ui.frame import View, plain_text, select_cell, switch, switch_box, told
from hotspots.ui.hot_spots import areas, register
from hotspots.ui.hot_spots.area_desk import Beside, show_done
from hotspots.ui.show import Download, download_buttons, show_breaks, show_table

COLUMNS = (
    "rank", "place", "sure", "harm_expected_days", "expected_range", "n_incidents", "pattern", "flag", "harm_sqrt",
    "harm_days", "largest_offence_share", "bcu", "cell",
)  # fmt: skip


def show_summary(view: View, answer: Answer) -> None:
    """What the page answers, in a sentence, and what must be said beside it."""
    where = "All three BCUs" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    kind = offences.selection_named(answer.question.offences).label
    st.markdown(
        f"**{where}**, {plain_text(str(answer.window))}: {plain_text(kind)},"
        f" {rests_on(answer, view.workspace.settings.expected_months)} {len(answer.table):,} cells have at least one"
        f" incident; the first {min(view.top, len(answer.table)):,} are listed. Weights:"
        f" {plain_text(answer.weights.label)}."
    )
    if answer.no_patterns and len(answer.table):
        st.caption(plain_text(answer.no_patterns))
    if answer.weights.unit != "days":
        st.warning(plain_text(unit_warning(answer.weights)), icon=":material/straighten:")
    if answer.weights.is_proxy:
        st.warning(words.PROXY, icon=":material/balance:")
    show_breaks(answer.breaks)
    with st.expander(f"What these figures leave out ({len(answer.warnings) + len(answer.notes)})"):
        for line in (*answer.warnings, *answer.notes):
            st.markdown(f"- {plain_text(line)}")


# ---------------------------------------------------------------- the parts, each with the map beside it


def show_parts(view: View, answer: Answer) -> None:
    """The map and beside it what is chosen: cells, areas or the register; below both, the rest of that part."""
    show_done()
    part = switch("Show", "part", words.PARTS)
    if answer.table.empty and part != words.REGISTER:
        show_nothing(view, answer)
        return
    left, right = st.columns([4, 5], gap="medium")
    beside = Beside()
    with right, told():
        beside = {words.CELLS: cells_beside, words.AREAS: areas.beside, words.REGISTER: register.beside}[part](
            view, answer
        )
    with left, told():
        show_map(view, answer, beside)
    with told():
        beside.below()


def show_map(view: View, answer: Answer, beside: Beside) -> None:
    """The map, coloured as chosen, with the areas of this part outlined."""
    colours = colours_of(answer, view.workspace.settings.top)
    measure = switch_box("Colour the map by", "colour", colours)
    outlined = beside.outlined
    if measure == "pattern" and answer.no_patterns:
        st.info(plain_text(f"No cell has a pattern here. {answer.no_patterns}"), icon=":material/info:")
    cell = shown_cell(view, answer)
    deck, svg = loading.map_of(
        view.folder, view.version, answer.question, measure, cell, view.workspace.settings.top,
        components.is_dark(), outlined,
    )  # fmt: skip
    picked = components.map_view(deck, json.loads(svg), cell, key="map", prefer_svg=view.svg)
    if beside.caption:
        st.caption(plain_text(beside.caption))
    if len(answer.table) > MAX_CELLS:
        st.caption(words.CELL_LIMIT.format(n=MAX_CELLS))
    if picked and picked != cell:
        select_cell(picked)


def colours_of(answer: Answer, top: int) -> dict[str, str]:
    """What the map can be coloured by: the figure ranked by first."""
    by = answer.question.by
    return {
        ranking.MEASURE[by]: f"What is ranked: {choices.METHODS[by].lower()}",
        "p_top": f"Chance of being in the top {top:,}",
        "pattern": "Pattern: new, persistent, fading …",
    }


def shown_cell(view: View, answer: Answer) -> str | None:
    return view.cell if view.cell in set(answer.table["cell"]) else None


def cells_beside(view: View, answer: Answer) -> Beside:
    """The ranked cells; below, what is behind the rank of one of them."""
    listed = answer.table.head(view.top)
    columns = [c for c in COLUMNS if c != "bcu" or view.question.bcu == "all"]
    measure = ranking.MEASURE[answer.question.by]
    if measure != "harm_expected_days":
        columns = [*columns[:2], measure, *(c for c in columns[2:] if c != measure)]
    chosen = show_table(in_words(listed), "ranked", columns, name="Ranked cells", height=520)
    show_downloads(answer, listed)
    if chosen and chosen != shown_cell(view, answer):
        select_cell(chosen)
    outlined, caption = areas.outlined(view, answer)
    return Beside(outlined, caption, partial(show_cell, view, answer))


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is read: the range in one column, a sign before each pattern, whose top it is left out."""
    ends = table[["harm_expected_low", "harm_expected_high"]].to_numpy(dtype=float)
    whose = " of " + table["bcu"].astype(str) + " BCU"
    return table.assign(
        expected_range=[f"{days_text(a)} to {days_text(b)}" if a == a else "" for a, b in ends],
        pattern=[f"{SIGNS[p].glyph} {p}" if p in SIGNS else p for p in table["pattern"]],
        sure=[s.removesuffix(w) for s, w in zip(table["sure"], whose, strict=True)],
    )


def days_text(days: float) -> str:
    return number_text(days, 1 if 0 < days < 9.95 else 0)


def rests_on(answer: Answer, months: int) -> str:
    """What the ranking rests on, and how long its memory is."""
    by = answer.question.by
    if by != choices.EXPECTED:
        return f"ranked by {choices.METHODS[by].lower()} in that time."
    ahead = "the next month" if months == 1 else f"the next {months} months"
    return f"ranked by the harm expected over {ahead}. {words.memory(answer.memory)}".rstrip()


def show_downloads(answer: Answer, listed: pd.DataFrame) -> None:
    """The listed rows, with the same figures, as files that say what they are."""
    name = f"hotspots-{answer.question.bcu}-{answer.window.start}-{answer.window.end}".lower()
    name = ("synthetic-" if answer.synthetic else "") + name
    facts, listed = about(answer), in_unit(listed, answer.weights)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    download_buttons(
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: writing.to_csv(listed)),
            Download("Excel", f"{name}.xlsx", sheet, lambda: exports.to_xlsx({"Table": listed, "About": facts})),
            Download("GeoJSON", f"{name}.geojson", "application/geo+json", lambda: exports.to_geojson(listed, facts)),
        ],
        key="ranked",
    )


def show_cell(view: View, answer: Answer) -> None:
    """One cell: why it ranks, its offences, its months."""
    st.header("Behind the rank")
    found = answer.table[answer.table["cell"] == view.cell]
    if view.cell and not len(found):
        with told():
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
    kinds, months = loading.detail(view.folder, view.version, answer.question, str(row["cell"]))
    dark = components.is_dark()
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Offences**")
        bars = charts.offence_bars_spec(kinds, "harm_days", dark=dark)
        st.vega_lite_chart(None, bars, width="stretch", theme=None)
        st.dataframe(kinds, hide_index=True, alt="Offences in the cell", column_config=PLAIN)
    with right:
        st.markdown("**Month by month**")
        line = charts.trend_spec(months, "n_incidents", answer.breaks, dark=dark)
        st.vega_lite_chart(None, line, width="stretch", theme=None)
        st.dataframe(months.assign(month=months["month"].map(lambda m: f"{m // 100}-{m % 100:02d}")), hide_index=True,
                     alt="Incidents by month", column_config=PLAIN)  # fmt: skip


def show_unscored(answer: Answer) -> None:
    """Offences that add no harm because nobody knows how much: never zero, never the first match."""
    loose = answer.scores[answer.scores["status"] != "scored"]
    if not len(loose):
        return
    n = int(loose["n_offences"].sum())
    with st.expander(f"Offences without one weight ({n:,})"):
        st.markdown(words.UNSCORED)
        columns = ["label", "athena_urn", "ho_class", "status", "days_low", "days_high", "n_offences"]
        st.dataframe(
            loose.sort_values("n_offences", ascending=False)[columns], hide_index=True, column_config=PLAIN,
            alt="Offences without one weight",
        )  # fmt: skip


PLAIN: Any = {
    "offence": "Offence",
    "label": "Offence",
    "athena_urn": "Athena URN",
    "ho_class": "Home Office class",
    "status": "Status",
    "month": "Month",
    "n_incidents": st.column_config.NumberColumn("Incidents", format="%.0f"),
    "n_offences": st.column_config.NumberColumn("Offences", format="%.0f"),
    "harm_days": st.column_config.NumberColumn("Harm, days", format="%.2f"),
    "days": st.column_config.NumberColumn("Weight, days", format="%.2f"),
    "days_low": st.column_config.NumberColumn("Lowest weight", format="%.2f"),
    "days_high": st.column_config.NumberColumn("Highest weight", format="%.2f"),
}


def show_nothing(view: View, answer: Answer) -> None:
    """An empty selection says why."""
    where = "the force area" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    st.info(
        f"No such incident lies in {where} from {plain_text(str(answer.window))}. Widen the window, choose other"
        " offences, or look under “What these figures leave out”."
    )
