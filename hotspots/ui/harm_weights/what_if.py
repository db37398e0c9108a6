"""What if whole groups weighed more or less: multipliers, tried and never saved."""

from __future__ import annotations

import streamlit as st

from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ui.frame import View
from hotspots.ui.harm_weights.chosen import VERSIONS, WHAT_IF, Chosen, compare_next, factors_of
from hotspots.ui.session import hold, next_turn, turn
from hotspots.ui.text import plain_text

FACTOR_MOST, FACTOR_STEP = 3.0, 0.25


def show_what_if(view: View, chosen: Chosen) -> None:
    """A multiplier for each offence group; tried, never saved."""
    tried = factors_of(chosen)
    with st.expander("What if whole groups weighed more or less?", expanded=bool(tried)):
        st.caption("1 leaves a group as it is, 0 leaves it out, 2 doubles it. This is never saved.")
        with st.form("what_if", border=False):
            columns = st.columns(3)
            chosen_factors = {}
            key = f"{chosen.weights.sha256[:10]}_{turn('what_if')}"
            for i, group in enumerate(weight_edits.groups_of(chosen.weights)):
                chosen_factors[group] = columns[i % 3].slider(
                    plain_text(group) or "No group", 0.0, FACTOR_MOST, tried.get(group, 1.0), FACTOR_STEP,
                    format="×%.2f", key=f"factor_{key}_{i}",
                )  # fmt: skip
            with st.container(horizontal=True):
                go = st.form_submit_button("Try", type="primary", icon=":material/science:")
                back = st.form_submit_button("All back to 1")
    if go or back:
        factors = {g: f for g, f in chosen_factors.items() if f != 1 and go}
        hold("what_if", {chosen.weights.sha256: factors})
        if back:
            next_turn("what_if")
        compare_next(WHAT_IF if factors else VERSIONS)
        st.rerun()
