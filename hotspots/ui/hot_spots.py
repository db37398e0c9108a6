"""The parts of the Hot spots page."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import charts, exports, geography, offences, ranking
from hotspots.maps import MAX_CELLS
from hotspots.pipeline import Answer, about, in_unit, unit_warning
from hotspots.ui import components, loading, words
from hotspots.ui.frame import View, plain_text, select_cell, told
from hotspots.ui.show import Download, download_buttons, show_breaks, show_table

COLUMNS = ("rank", "place", "n_incidents", "harm_sqrt", "harm_days", "largest_offence_share", "flag", "bcu", "cell")


def show_summary(view: View, answer: Answer) -> None:
    """What the page answers, in a sentence, and what must be said beside it."""
    where = "all three BCUs" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    kind = offences.selection_named(answer.question.offences).label
    st.markdown(
        f"**{where}**, {plain_text(str(answer.window))}: {plain_text(kind)}, ranked by"
        f" {ranking.METHODS[answer.question.by].lower()}. {len(answer.table):,} cells have at least one incident;"
        f" the first {min(view.top, len(answer.table)):,} are listed. Weights: {plain_text(answer.weights.label)}."
    )
    if answer.weights.unit != "days":
        st.warning(plain_text(unit_warning(answer.weights)), icon=":material/straighten:")
    if answer.weights.is_proxy:
        st.warning(words.PROXY, icon=":material/balance:")
    show_breaks(answer.breaks)
    with st.expander(f"What these figures leave out ({len(answer.warnings) + len(answer.notes)})"):
        for line in (*answer.warnings, *answer.notes):
            st.markdown(f"- {plain_text(line)}")


def show_map_and_table(view: View, answer: Answer) -> None:
    """The map and the table beside it; picking a cell in either does the same."""
    listed = answer.table.head(view.top)
    cell = view.cell if view.cell in set(answer.table["cell"]) else None
    left, right = st.columns([4, 5], gap="medium")
    with left:
        dark = components.is_dark()
        deck, svg = loading.map_strings(view.folder, view.version, answer.question, cell, dark)
        picked = components.map_view(deck, json.loads(svg), cell, key="map", prefer_svg=view.svg)
        if len(answer.table) > MAX_CELLS:
            st.caption(words.CELL_LIMIT.format(n=MAX_CELLS))
    with right:
        columns = [c for c in COLUMNS if c != "bcu" or view.question.bcu == "all"]
        if answer.question.by == "harm-cap":
            columns.insert(columns.index("harm_sqrt"), "harm_capped")
        chosen = show_table(listed, "ranked", columns, name="Ranked cells", height=520)
        show_downloads(answer, listed)
    for new in (picked, chosen):
        if new and new != cell:
            select_cell(new)


def show_downloads(answer: Answer, listed: pd.DataFrame) -> None:
    """The listed rows, with the same figures, as files that say what they are."""
    name = f"hotspots-{answer.question.bcu}-{answer.window.start}-{answer.window.end}".lower()
    name = ("synthetic-" if answer.synthetic else "") + name
    facts, listed = about(answer), in_unit(listed, answer.weights)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    download_buttons(
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: exports.to_csv(listed)),
            Download("Excel", f"{name}.xlsx", sheet, lambda: exports.to_xlsx(listed, facts)),
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
    st.markdown(plain_text(words.why_it_ranks(row, ranking.METHODS[answer.question.by], len(answer.table))))
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
