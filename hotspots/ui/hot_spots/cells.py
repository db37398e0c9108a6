"""The part “Cells” of the Hot spots page: the ranked cells, and what is behind the rank of one of them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import exports, geography
from hotspots.base import choices
from hotspots.base.months import month_text
from hotspots.base.writing import to_csv
from hotspots.charts import incidents as charts
from hotspots.maps import SIGNS, days_text
from hotspots.ranking import rank as ranking
from hotspots.ranking.answer import Answer, about, in_unit
from hotspots.ui import components
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, areas, words
from hotspots.ui.hot_spots.area_desk import Beside
from hotspots.ui.session import select_cell
from hotspots.ui.show import OFFENCES, Shown, offer_files, show_chart, show_columns, show_table
from hotspots.ui.text import errors_shown, plain_text

LISTED = (
    "rank", "place", "sure", "harm_expected_days", "expected_range", "n_incidents", "pattern", "flag", "harm_sqrt",
    "harm_days", "largest_offence_share", "bcu", "cell",
)  # fmt: skip
MONTHS = {
    "month": Shown("Month", "Year and month"), "n_incidents": OFFENCES["n_incidents"],
    "n_offences": OFFENCES["n_offences"], "harm_days": OFFENCES["harm_days"],
}  # fmt: skip


def beside(view: View, answer: Answer) -> Beside:
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
    offer_files(
        name,
        csv=lambda: to_csv(listed),
        xlsx=lambda: exports.to_xlsx({"Table": listed, "About": facts}),
        geojson=lambda: exports.to_geojson(listed, facts),
    )


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
