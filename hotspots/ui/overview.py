"""The parts of the Overview page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hotspots.base import choices
from hotspots.base.choices import BCUS
from hotspots.intake.accounts import COUNTS
from hotspots.ranking.question import Question
from hotspots.ui import frame, loading
from hotspots.ui.frame import View, plain_text
from hotspots.ui.show import show_breaks

MOST = 5


def show_purpose() -> None:
    st.markdown(
        "Where is serious violence concentrated, how sure are we, what should a patrol know before going there, and did"
        " those places change more than places like them? This tool ranks small places (about 13,400 m²) by how much"
        " harm is to be expected there, and holds before and after against a comparison. It ranks places, never people."
    )


def show_lead_in() -> None:
    frame.lead_in()


def show_bcus(view: View) -> None:
    """The first few cells of each BCU, side by side, and the way to the rest."""
    st.header("The first five in each BCU")
    show_breaks(loading.ranked(view.folder, view.version, Question()).breaks)
    columns = st.columns(len(BCUS), gap="medium")
    for bcu, column in zip(BCUS, columns, strict=True):
        with column:
            st.subheader(bcu)
            answer = loading.ranked(view.folder, view.version, Question(bcu=bcu))
            by = choices.METHODS[answer.question.by]
            st.caption(plain_text(f"{answer.window}, by {by.lower()}. {answer.weights.label}."))
            top = answer.table.head(MOST)[["rank", "place", "n_incidents"]]
            st.dataframe(
                top, hide_index=True, alt=f"First cells in {bcu}",
                column_config={
                    "rank": st.column_config.NumberColumn("Rank", format="%.0f", width=45),
                    "place": st.column_config.TextColumn("Place", width=165),
                    "n_incidents": st.column_config.NumberColumn("Incidents", format="%.0f", width=70),
                },
            )  # fmt: skip
            st.page_link("pages/1_Hot_spots.py", label=f"Hot spots in {bcu}", query_params={"bcu": bcu})


def show_freshness(view: View) -> None:
    """How fresh the data is and what is wrong with it."""
    st.header("The data")
    lines, _ = loading.summary(view.folder, view.version)
    for line in lines:
        st.markdown(f"- {plain_text(line)}")
    reports = view.workspace.manifest.reports
    totals = pd.DataFrame([{c: getattr(r, c) for c in COUNTS} for r in reports]).sum() if reports else None
    if totals is not None and totals["quarantined"]:
        st.warning(f"{int(totals['quarantined']):,} rows are set aside and count nowhere. Mend them on the Data page.")
