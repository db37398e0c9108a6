"""Changing weights: the table that can be edited, what-ifs that are never saved, and offences without one weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.harm.weights import register as weight_register
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if.edits import MOST_DAYS, number
from hotspots.ui import words
from hotspots.ui.forms import done, form_key, refuse_unsigned, signature
from hotspots.ui.frame import View
from hotspots.ui.harm_weights import answers
from hotspots.ui.harm_weights.chosen import (
    EDITS,
    VERSIONS,
    WHAT_IF,
    Chosen,
    compare_next,
    edits_of,
    factors_of,
    measure_of,
    open_stored,
)
from hotspots.ui.session import held, hold, next_turn, turn
from hotspots.ui.show import height_of, plain_text, show_loose

EDIT_HELP = "Double-click a number in the second column to change it. Nothing is stored until you save."


def show_editor(view: View, chosen: Chosen) -> None:
    """The table with one Apply area. Finding rows is part of the form, or what was typed before would be lost."""
    st.header("Change weights")
    edits = edits_of(chosen)
    finding: tuple[str, list[str]] = held("finding") or ("", [])
    measure, everything = measure_of(chosen.weights), weight_edits.edit_table(chosen.weights, chosen.parent, edits)
    shown = weight_edits.matching(everything, *finding)
    key = f"{chosen.weights.sha256[:10]}_{turn('editor')}"
    with st.form("edit", border=False):
        search, groups = find_rows(chosen, finding, key)
        st.caption(f"{len(shown):,} of {len(everything):,} weights. {EDIT_HELP}")
        after = st.data_editor(
            shown, key=f"editor_{key}", hide_index=True, disabled=[str(c) for c in shown if c != "days"],
            column_order=editor_order(everything, chosen), column_config=editor_columns(measure), num_rows="fixed",
            height=height_of(len(shown), 400), alt="Weights, to be edited",
        )  # fmt: skip
        author, note = signature("edit", "Why you change it (needed to save)")
        with st.container(horizontal=True):
            see = st.form_submit_button("See what changes", type="primary", icon=":material/compare_arrows:")
            save = st.form_submit_button("Save as a new version", icon=":material/save:")
    wanted = "see" if see else "save" if save else "find" if (search, groups) != finding else ""
    if wanted:
        take(view, chosen, after, edits, (search, groups), wanted, author, note)
    show_unsaved(edits)


def find_rows(chosen: Chosen, finding: tuple[str, list[str]], key: str) -> tuple[str, list[str]]:
    left, middle, right = st.columns([3, 4, 1], vertical_alignment="bottom")
    search = left.text_input("Search title or code", finding[0], key=f"search_{key}")
    choices = weight_edits.groups_of(chosen.weights)
    start = [g for g in finding[1] if g in choices]
    groups = middle.multiselect("Offence groups", choices, start, key=f"groups_{key}", placeholder="All")
    right.form_submit_button("Find", icon=":material/search:", width="stretch")
    return search, groups


def editor_order(table: pd.DataFrame, chosen: Chosen) -> list[str]:
    """Only columns that say something: a set by crime type has no codes, a first version no parent."""
    codes = [c for c in ("athena_urn", "ho_class") if table[c].ne("").any()]
    before = ["parent_days"] if chosen.parent is not None else []
    return ["title", "days", *before, "differs", "offence_group", *codes]


def take(
    view: View, chosen: Chosen, after: pd.DataFrame, edits: dict[int, float], finding: tuple[str, list[str]],
    wanted: str, author: str, note: str,
) -> None:  # fmt: skip
    """Take what was typed, and see or save it. What cannot be taken leaves the table as it is, so nothing is lost."""
    kept, problems = weight_edits.take_edits(chosen.weights, after, edits)
    if problems:
        raise HotspotsError(problems)
    if wanted != "find" and not kept:
        raise HotspotsError(f"No weight was changed. Change one in the column “{measure_of(chosen.weights)}” first.")
    if wanted == "save":
        refuse_unsigned(author, note)
        changes = weight_edits.changes_of(chosen.weights, kept)
        made = weight_register.new_version(Path(view.folder), chosen.weights, changes, author, note)
        open_stored(chosen.weights, made)
        done(f"Saved: version {made.version} of {made.label}, {counted(len(changes), 'weight')} changed.")
    hold("edits", {**(held("edits") or {}), chosen.weights.sha256: kept})
    hold("finding", finding)
    next_turn("editor")  # a new table, which starts from the edits taken
    if wanted == "see":
        compare_next(EDITS)
    st.rerun()


def show_unsaved(edits: dict[int, float]) -> None:
    if not edits:
        return
    st.info(f"{counted(len(edits), 'weight')} changed and not saved. See “What changes” for what it does.")
    if st.button("Discard my edits", icon=":material/delete:"):
        hold("edits", {})
        next_turn("editor")
        st.rerun()


def editor_columns(measure: str) -> Any:
    return {
        "title": st.column_config.TextColumn("Offence", width=230),
        "days": st.column_config.NumberColumn(
            measure, min_value=0, max_value=MOST_DAYS, format="localized", width=90,
            help=f"0 to {MOST_DAYS:,}. This column can be edited.",
        ),
        "parent_days": st.column_config.NumberColumn(f"{measure} before", format="localized", width=100),
        "differs": st.column_config.TextColumn(
            "Changed", width=160, help="Against the version this one was made from, or not saved yet"
        ),
        "offence_group": st.column_config.TextColumn("Offence group", width=180),
        "athena_urn": st.column_config.TextColumn("Athena URN", width=110),
        "ho_class": st.column_config.TextColumn("Home Office class", width=120),
    }  # fmt: skip


FACTOR_MOST, FACTOR_STEP = 3.0, 0.25


def show_what_if(view: View, chosen: Chosen) -> None:
    """A multiplier for each offence group; tried, never saved."""
    tried = factors_of(chosen)
    with st.expander("What if whole groups weighed more or less?", expanded=bool(tried)):
        st.caption("1 leaves a group as it is, 0 leaves it out, 2 doubles it. This is never saved.")
        with st.form("what_if", border=False):
            columns, key = st.columns(3), f"{chosen.weights.sha256[:10]}_{turn('what_if')}"
            chosen_factors = {
                group: columns[i % 3].slider(
                    plain_text(group) or "No group", 0.0, FACTOR_MOST, tried.get(group, 1.0), FACTOR_STEP,
                    format="×%.2f", key=f"factor_{key}_{i}",
                ) for i, group in enumerate(weight_edits.groups_of(chosen.weights))
            }  # fmt: skip
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
        codes = [next(filter(None, (text_of(o, c) for c in CODES)), "no code") for o in offences]
        labels = [f"{o['label']} ({code}), {o['n_offences']:,} here" for o, code in zip(offences, codes, strict=True)]
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
