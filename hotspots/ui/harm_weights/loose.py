"""Offences without one weight, and a way to decide each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.harm.weights import register as weight_register
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if.edits import number
from hotspots.ui import words
from hotspots.ui.forms import done, form_key, refuse_unsigned, signature
from hotspots.ui.frame import View
from hotspots.ui.harm_weights import answers
from hotspots.ui.harm_weights.chosen import Chosen, open_stored
from hotspots.ui.show import show_loose

CODES = ("athena_urn", "ho_class", "crime_type")


def show_undecided(view: View, chosen: Chosen) -> None:
    """Ambiguous and unscored offences of the question."""
    st.header("Offences without one weight")
    scores = answers.rescored(view.folder, view.version, view.question, chosen.weights.sha256, chosen.weights)
    loose = scores[scores["status"] != "scored"].sort_values(["n_offences", "label"], ascending=[False, True])
    if not len(loose):
        st.markdown("None: every offence of this window and selection has one weight in this version.")
        return
    n, total = int(loose["n_offences"].sum()), int(scores["n_offences"].sum())
    st.markdown(f"**{n:,} of {total:,} offences** {'has' if n == 1 else 'have'} none. {words.UNSCORED}")
    show_loose(loose)
    decide_one(view, chosen, loose)


def decide_one(view: View, chosen: Chosen, loose: pd.DataFrame) -> None:
    """A weight for one of these offences, with a name and a reason; it becomes a new version."""
    offences: list[dict[str, Any]] = [dict(zip(loose.columns, row, strict=True)) for row in loose.to_numpy(object)]
    with st.form(form_key("decide")):
        st.markdown("**Decide one.** The decision becomes a new version of this set, with your name and reason.")
        left, right = st.columns([3, 1])
        labels = [f"{o['label']} ({code_of(o)}), {o['n_offences']:,} here" for o in offences]
        place = left.selectbox("Offence", range(len(labels)), format_func=labels.__getitem__)
        days = right.number_input("Days", value=None, step=None, placeholder="0 or more")
        author, note = signature("decide", "Why this many")
        decided = st.form_submit_button("Store the decision", icon=":material/gavel:")
    if not decided:
        return
    offence = offences[place or 0]
    decision = float("nan") if days is None else float(days)
    problem = weight_edits.days_problem(decision)
    if problem:
        raise HotspotsError(f"{offence['label']}: {problem}")
    refuse_unsigned(author, note)
    key = {c: text_of(offence, c) for c in CODES} | {"title": offence["label"]}
    made = weight_register.decide(Path(view.folder), chosen.weights, key, decision, note, author)
    open_stored(chosen.weights, made)
    done(f"Decided: {offence['label']} weighs {number(decision)} in version {made.version}.")


def text_of(offence: dict[str, Any], name: str) -> str:
    value = offence.get(name)
    return "" if value is None or pd.isna(value) else str(value)


def code_of(offence: dict[str, Any]) -> str:
    return next(filter(None, (text_of(offence, c) for c in CODES)), "no code")
