"""The Harm weights page: what each offence weighs, who said so, and what other weights would do to the ranking."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.writing import to_csv
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if.edits import number
from hotspots.ui.forms import show_done
from hotspots.ui.frame import View
from hotspots.ui.harm_weights import answers
from hotspots.ui.harm_weights.changes import show_changes, show_sureness
from hotspots.ui.harm_weights.chosen import Chosen, choose_set, measure_of, show_set
from hotspots.ui.harm_weights.editor import show_editor, show_undecided, show_what_if
from hotspots.ui.show import errors_shown, offer_files, plain_text

PURPOSE = (
    "How many days each offence weighs, who said so, and what the list of hot spots would be under other weights. Try"
    " things out freely: nothing is stored until you press “Save as a new version”, and no version is ever lost."
)


def show(view: View) -> None:
    st.markdown(PURPOSE)
    show_done()
    with errors_shown():
        chosen = choose_set(view)
        parts = (show_set, show_editor, show_what_if, show_changes, show_sureness)
        for part in (*parts, show_transforms, show_undecided, show_history):
            with errors_shown():
                part(view, chosen)


def show_transforms(view: View, chosen: Chosen) -> None:
    """Days, square root and cap, with the numbers."""
    st.header("From days to rank")
    cap = view.workspace.settings.harm_cap_days
    table = weight_edits.transforms(chosen.weights, cap)
    st.markdown(plain_text(in_words(table, cap)))
    st.dataframe(
        table, hide_index=True, alt="What each transform makes of a few offences",
        column_config={
            "offence": st.column_config.TextColumn("Offence", width=230),
            "days": st.column_config.NumberColumn(f"{measure_of(chosen.weights)}, as it is", format="localized"),
            "harm_sqrt": st.column_config.NumberColumn("Square root", format="%.2f"),
            "harm_capped": st.column_config.NumberColumn(f"At most {number(cap)}", format="localized"),
        },
    )  # fmt: skip


def in_words(table: pd.DataFrame, cap: float) -> str:
    """How the heaviest offence stands to the lightest under each transform."""
    weighed = table[table["days"] > 0]
    if len(weighed) < 2:
        return "This set has no single weight for the usual examples."
    high, low = weighed.iloc[int(weighed["days"].argmax())], weighed.iloc[int(weighed["days"].argmin())]
    ratios = [f"{number(round(high[c] / low[c], 1 if high[c] / low[c] < 100 else 0))}" for c in weighed.columns[1:]]
    return (
        f"One {high['offence'].lower()} counts as much as {ratios[0]} of {low['offence'].lower()} by harm days,"
        f" {ratios[1]} by square root, {ratios[2]} when no offence counts for more than {number(cap)}. Raw weights let"
        " one rare event lead the list; the square root and the cap let what happens often count as well. Choose with"
        " “Rank by”."
    )


def show_history(view: View, chosen: Chosen) -> None:
    """Who changed what, when and why, in every version of this set."""
    st.header("History")
    table = answers.weights_history(view.folder, view.version, chosen.weights.name)
    if not len(table):
        st.markdown("This set has not been changed.")
        return
    st.dataframe(table, hide_index=True, alt="History of the set", column_config=HISTORY_COLUMNS)
    offer_files(f"weights-history-{chosen.weights.name}", "History", csv=lambda: to_csv(table))


HISTORY_COLUMNS: Any = {
    "created": "When", "author": "Who", "name": "Set", "version": "Version", "what": "What",
    "offence": st.column_config.TextColumn("Offence", width=220),
    "before": st.column_config.NumberColumn("Before", format="localized"),
    "after": st.column_config.NumberColumn("After", format="localized"),
    "note": st.column_config.TextColumn("Why", width=260),
}  # fmt: skip
