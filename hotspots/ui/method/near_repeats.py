"""Near repeats: whether one incident makes the next one likely in the same place within days."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.insight.near_repeats import refuse_month_only, verdict
from hotspots.ui import words
from hotspots.ui.frame import View
from hotspots.ui.method.answers import default_question, repeats
from hotspots.ui.session import held, hold
from hotspots.ui.show import Shown, show_columns
from hotspots.ui.text import plain_text

ABOUT_REPEATS = (
    "After an incident, is the next one more likely in the same place within days? Dates are shuffled over the"
    " incidents to see what chance alone gives. Often true of burglary; of violence often not, so nothing is worked out"
    " until you ask."
)
REPEATS = {
    "where": Shown("Where", "How far the second incident lies from the first"),
    "days": Shown("Days apart", "Between the two incidents"),
    "observed": Shown("Pairs", "Pairs of incidents so near in place and time", 0),
    "expected": Shown("By chance", "The mean when the dates are shuffled", 1),
    "ratio": Shown("Times", "Pairs over those by chance", 2),
    "p": Shown("p", "Chance of so many pairs or more if dates meant nothing", 3),
    "p_family": Shown("p, all rows", "The same, allowing for having looked at every row", 3),
}


def show_near_repeats(view: View) -> None:
    """Off until somebody asks; refused, with the reason, where the source knows no days."""
    st.header("Same place again soon?", anchor="same-place-again-soon")
    st.markdown(ABOUT_REPEATS)
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    question = default_question(view)
    try:
        refuse_month_only(question.source)
    except HotspotsError as error:
        st.info(plain_text(str(error)), icon=":material/info:")
        return
    wanted = (view.version, question.source)
    if st.button("Look for near repeats", icon=":material/history:"):
        hold("near_repeats", wanted)
    if held("near_repeats") != wanted:
        return
    table = repeats(view.folder, view.version, question)
    st.markdown(f"**{plain_text(verdict(table))}**")
    show_columns(repeat_rows(table), REPEATS, "Near repeats")
    st.caption(
        f"{counted(table['n_incidents'].iloc[0], 'incident').capitalize()} of the latest twelve months. p: chance of so"
        " many or more if dates meant nothing; p, all rows: the same, allowing for having looked at every row."
    )


def repeat_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rings and days in words."""
    where = {0: "the same cell", 1: "next to it"}
    return table.assign(
        where=[where.get(r, f"{r} rings away") for r in table["ring"]],
        days=[f"{a} to {b}" for a, b in zip(table["days_from"], table["days_to"], strict=True)],
    )
