"""The parts of the Overview page."""

from __future__ import annotations

import streamlit as st

from hotspots.base import choices
from hotspots.base.words import counted
from hotspots.ranking.question import Question
from hotspots.ui import frame, loading
from hotspots.ui.frame import View
from hotspots.ui.show import COLUMNS, bullets, plain_text, show_breaks, show_columns

MOST = 5
PURPOSE = (
    "Where is serious violence concentrated, how sure are we, what should a patrol know before going there, and did"
    " those places change more than comparable ones? This tool ranks small places (about 13,400 m²) by how much harm to"
    " expect there, and compares before and after with comparable places. It ranks places, never people."
)


def show(view: View) -> None:
    st.markdown(PURPOSE)
    if view.empty:
        frame.lead_in()
    else:
        show_bcus(view)
        show_freshness(view)


def show_bcus(view: View) -> None:
    """The first few cells of each BCU, side by side, and the way to the rest."""
    st.header("The first five in each BCU")
    bcus = view.workspace.profile.bcus
    show_breaks(loading.ranked(view.folder, view.version, Question()).breaks)
    for bcu, place in zip(bcus, st.columns(len(bcus), gap="medium"), strict=True):
        with place:
            st.subheader(bcu)
            answer = loading.ranked(view.folder, view.version, Question(bcu=bcu))
            by = choices.METHODS[answer.question.by]
            st.caption(plain_text(f"{answer.window}, by {by.lower()}. {answer.weights.label}."))
            columns = {c: COLUMNS[c] for c in ("rank", "place", "n_incidents")}
            show_columns(answer.table.head(MOST), columns, f"First cells in {bcu}")
            st.page_link("pages/1_Hot_spots.py", label=f"Hot spots in {bcu}", query_params={"bcu": bcu})


def show_freshness(view: View) -> None:
    """How fresh the data is and what is wrong with it."""
    st.header("The data")
    lines, _ = loading.summary(view.folder, view.version)
    st.markdown(bullets(lines))
    quarantined = sum(report.quarantined for report in view.workspace.manifest.reports)
    if quarantined:
        rows = counted(quarantined, "row")
        st.warning(f"Quarantined, and counted nowhere: {rows}. Download and correct them on the Data page.")
