"""How sure the list is, where no set of weights is exact."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.writing import to_csv
from hotspots.harm.scoring import WeightSet
from hotspots.ui import loading
from hotspots.ui.filters import usable_weights
from hotspots.ui.frame import View
from hotspots.ui.harm_weights import answers
from hotspots.ui.harm_weights.chosen import Chosen, say
from hotspots.ui.session import held, hold
from hotspots.ui.show import offer_files


def show_sureness(view: View, chosen: Chosen) -> None:
    """How many of many reasonable weightings keep a cell in the list; worked out when asked for."""
    st.header("How sure")
    st.markdown(
        f"No set of weights is exact. This draws {Settings.weight_draws} other weightings around the chosen version and"
        " counts how often each cell stays in the list."
    )
    asked = (chosen.weights.sha256, view.question, view.top)
    if held("sureness") != asked:
        if not st.button(f"Draw {Settings.weight_draws} weightings", icon=":material/casino:"):
            return
        hold("sureness", asked)
        st.rerun()
    others = other_sets(view, chosen)
    hashes = (chosen.weights.sha256, *(w.sha256 for w in others.values()))
    table = answers.robust(view.folder, view.version, view.question, view.top, hashes, chosen.weights, others)
    if not len(table):
        st.info("No cell has a harm figure in this window and BCU.")
        return
    say(*how_sure(table, view.top))
    alternatives = [*(n for n in others if n in table), "Equal weights"]
    shown = as_shown(table, alternatives)
    st.dataframe(shown, hide_index=True, alt="How sure each cell is", height=420, column_config=sure_columns(shown))
    spread = Settings.weight_spread
    st.caption(
        f"Each draw multiplies every weight by its own factor between 1/{spread:g} and {spread:g} (log-uniform,"
        f" independent; {Settings.weight_draws} draws, seed {Settings.seed}, so a repeat gives the same). A share"
        " is exact to about 2 percentage points. The range is our assumption; chance in the crimes themselves is not"
        " in it. The last columns say whether the cell is in the list under other weights."
    )
    offer_files("weights-sureness", "How sure", csv=lambda: to_csv(shown))


def other_sets(view: View, chosen: Chosen) -> dict[str, WeightSet]:
    """The newest version of every other set that this source can use, by label."""
    sets = usable_weights(loading.weights(view.folder, view.version), view.question.source)
    return {s.label: s for n, s in sets.items() if n != chosen.weights.name}


def how_sure(table: pd.DataFrame, top: int) -> tuple[str, str]:
    """The answer in a sentence, and the least sure cell on the list."""
    listed = table[table["rank"] <= top]
    if not len(listed):
        raise HotspotsError("No cell of the list has a harm figure under these weights.")
    firm = int((listed["share_in_top"] >= Settings.sure_share).sum())
    verb = "is" if firm == 1 else "are"
    answer = f"{firm:,} of {len(listed):,} cells {verb} in the top {top:,} under at least {Settings.sure_share:.0%} of"
    answer += " reasonable weightings."
    first = listed.iloc[0]
    text = f"The first, {first['place']}, is in it under {percent(first['share_in_top'])} of them."
    weakest = listed.iloc[int(listed["share_in_top"].argmin())]
    if weakest["share_in_top"] < 1:
        text += f" Least sure: {weakest['place']} (rank {weakest['rank']:,}), {percent(weakest['share_in_top'])}."
    return answer, text


def percent(share: float) -> str:
    """97%; never 100% or 0% unless it is."""
    if 0.99 < share < 1:
        return "over 99%"
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def as_shown(table: pd.DataFrame, alternatives: list[str]) -> pd.DataFrame:
    """Shares as per cent, yes and no in words, what people read first at the left."""
    answers = {a: table[a].map({True: "yes", False: "no"}) for a in alternatives}
    columns = ["rank", "place", "share_in_top", "rank_low", "rank_median", "rank_high", *alternatives, "cell"]
    return table.assign(share_in_top=(table["share_in_top"] * 100).round(1), **answers)[columns]


def sure_columns(table: pd.DataFrame) -> Any:
    plain = {c: c for c in table.columns}
    return plain | {
        "rank": st.column_config.NumberColumn("Rank", format="%.0f", width=45, pinned=True),
        "place": st.column_config.TextColumn("Place", width=215),
        "share_in_top": st.column_config.ProgressColumn(
            "In the list under", format="%.1f%%", min_value=0, max_value=100, width=150,
            help=f"Share of the {Settings.weight_draws} weightings in which the cell is in the list",
        ),
        "rank_low": st.column_config.NumberColumn("Best rank (5%)", format="%.0f", help="5% of draws reach it"),
        "rank_median": st.column_config.NumberColumn("Middle rank", format="%.0f"),
        "rank_high": st.column_config.NumberColumn("Worst rank (95%)", format="%.0f", help="95% of draws reach it"),
        "cell": "Cell",
    }  # fmt: skip
