"""What the Method page works out when it is asked for, kept for each version of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.backtest import METHODS, best, evidence
from hotspots.backtest.periods import period_text
from hotspots.base.choices import DEFAULT_METHOD
from hotspots.base.words import counted
from hotspots.insight.concentration import WHOLE_FORCE
from hotspots.insight.workspace import concentration_of, lorenz_of, near_repeats_workspace
from hotspots.ranking.answer import narrowed
from hotspots.ranking.question import Question
from hotspots.store.held import sources_held
from hotspots.ui import loading
from hotspots.ui.frame import View
from hotspots.ui.session import remembered


def default_question(view: View) -> Question:
    """The page has no filters: the source chosen elsewhere, all BCUs, and for the rest what the program takes."""
    sources = sources_held(view.workspace)
    asked = remembered("source")
    usual = "incidents" if "incidents" in sources else sources[0]
    return Question(source=asked if asked in sources else usual)


class Tried(NamedTuple):
    """A back-test of this workspace's own data."""

    table: pd.DataFrame  # of evidence.compared
    other: dict[str, Any]  # of evidence.against_best_other
    best: best.Best
    origins: str
    warnings: tuple[str, ...]
    facts: dict[str, object]


@st.cache_resource(max_entries=8, show_spinner="Testing the rankings, month by month …")
def tried(folder: str, version: str, question: Question, slow: bool) -> Tried:
    """The back-test of all months held, as ``python -m hotspots backtest --leave-out-breaks`` does it.

    HotspotsError where there are too few months.
    """
    tested = best.tested_here(loading.current(), question, list(METHODS) if slow else evidence.QUICK)
    found, origins = tested.found, tested.origins
    span = f"{counted(len(origins), 'origin')}, {period_text(origins[0])} to {period_text(origins[-1])}"
    return Tried(
        evidence.compared(found), evidence.against_best_other(found, DEFAULT_METHOD), best.best_of(found), span,
        tested.warnings, tested.facts | {"source": question.source},
    )  # fmt: skip


class Concentrated(NamedTuple):
    """Tables of concentration and Lorenz curves by BCU ('all': the force)."""

    table: pd.DataFrame
    curves: dict[str, pd.DataFrame]


@st.cache_resource(max_entries=4, show_spinner="Working out how concentrated it is …")
def concentrated(folder: str, version: str, question: Question) -> Concentrated:
    """As ``python -m hotspots concentration`` gives it, by quarter, and the curves for the chart."""
    workspace, answer = loading.current(), loading.ranked(folder, version, question)
    order = {name: place for place, name in enumerate((WHOLE_FORCE, *workspace.profile.bcus))}  # as on every page
    table = concentration_of(workspace, answer, "quarter")
    table = table.sort_values("bcu", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return Concentrated(table, {n: lorenz_of(workspace, narrowed(answer, n)) for n in dict.fromkeys(table["bcu"])})


@st.cache_data(max_entries=8, show_spinner="Shuffling the dates 999 times …")
def repeats(folder: str, version: str, question: Question) -> pd.DataFrame:
    """As ``python -m hotspots near-repeats`` gives it."""
    return near_repeats_workspace(Path(folder), question)
