"""What the Harm weights page works out, kept for each version of the data and of the weights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.harm.scoring import WeightSet
from hotspots.harm.weights import register as weight_register
from hotspots.maps import change_drawing
from hotspots.ranking.question import Question
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if import effects as weight_effects
from hotspots.ranking.what_if import reweigh
from hotspots.ui.loading import current, ranked, written


@st.cache_data(max_entries=8, show_spinner=False)
def weights_history(folder: str, version: str, name: str) -> pd.DataFrame:
    return weight_register.audit(Path(folder), name)


@st.cache_resource(max_entries=8, show_spinner=False)
def counts(folder: str, version: str, question: Question) -> reweigh.Counts:
    """Offences per cell of the question's BCU, whatever the weights."""
    return weight_effects.counts_of(ranked(folder, version, question), current().settings)


@st.cache_resource(max_entries=32, show_spinner=False)
def rescored(folder: str, version: str, question: Question, sha256: str, _weights: WeightSet) -> pd.DataFrame:
    """The question's offences under other weights; refuses weights that fit none of them."""
    scores = reweigh.rescore(ranked(folder, version, question).scores, _weights)
    weight_edits.refuse_unweighted(_weights, scores)
    return scores


@st.cache_resource(max_entries=32, show_spinner=False)
def compared(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, str],
    _pair: tuple[WeightSet, WeightSet],
) -> tuple[reweigh.Comparison, pd.DataFrame]:  # fmt: skip
    """(the comparison, its cells in either top with places: movers first) of two sets, cached by their hashes."""
    asked = (folder, version, question)
    first, second = (rescored(*asked, sha, weights) for sha, weights in zip(hashes, _pair, strict=True))
    cap = current().settings.harm_cap_days
    found = reweigh.compare_rankings(counts(*asked), first, second, question.by, top, cap=cap)
    return found, weight_edits.with_places(found.table, ranked(*asked).table)


@st.cache_data(max_entries=32, show_spinner=False)
def change_map_strings(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, str], dark: bool, _changed: pd.DataFrame
) -> tuple[str, str]:
    """The map of gainers and losers for deck.gl and for SVG, as JSON text."""
    return written(change_drawing(_changed), folder, version, question.bcu, dark)


@st.cache_data(max_entries=16, show_spinner="Drawing other weightings …")
def robust(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, ...],
    _weights: WeightSet, _others: dict[str, WeightSet],
) -> pd.DataFrame:  # fmt: skip
    """`reweigh.robustness` of the chosen weights against the other sets and equal weights, with places."""
    answer, cap = ranked(folder, version, question), current().settings.harm_cap_days
    scores = rescored(folder, version, question, hashes[0], _weights)
    others = {name: reweigh.rescore(answer.scores, other) for name, other in _others.items()}
    others = {name: s for name, s in others.items() if (s["status"] == "scored").any()}
    others["Equal weights"] = reweigh.equal_weights(scores)
    found = counts(folder, version, question)
    table = reweigh.robustness(found, scores, question.by, top, alternatives=others, cap=cap)
    return weight_edits.placed(table, answer.table)
