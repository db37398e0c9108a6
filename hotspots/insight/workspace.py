"""Two questions about a workspace's incidents: how concentrated is harm, and does it come again soon near by?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hotspots.base.settings import Settings
from hotspots.geography import bcu_areas_m2, boundaries_of
from hotspots.insight import concentration, near_repeats
from hotspots.ranking.answer import Answer
from hotspots.ranking.gather import gather
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question, settle
from hotspots.store.workspace import Workspace, open_workspace


def concentration_of(workspace: Workspace, answer: Answer, by: str = "quarter") -> pd.DataFrame:
    """`concentration.concentration_table` of an answer: its BCU, or all three and the force."""
    areas = bcu_areas_m2(boundaries_of(workspace))
    return concentration.concentration_table(answer.cube, answer.scores, answer.table, areas, by)


def lorenz_of(workspace: Workspace, answer: Answer) -> pd.DataFrame:
    """The Lorenz curves of an answer, for the chart."""
    areas = bcu_areas_m2(boundaries_of(workspace))
    return concentration.lorenz_curves(answer.cube, answer.scores, answer.table, areas, answer.question.bcu)


def concentration_workspace(folder: Path | Workspace, question: Question, by: str) -> tuple[pd.DataFrame, Answer]:
    """(the table, the answer it is about)."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    answer = rank_workspace(workspace, question)
    return concentration_of(workspace, answer, by), answer


def near_repeats_workspace(
    folder: Path | Workspace, question: Question, rings: int = Settings.near_rings,
    permutations: int = Settings.random_draws, seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """`near_repeats.near_repeats` of the incidents a question selects, in its BCU. Month-only sources are refused."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    source, window, _, question = settle(workspace, question)
    near_repeats.refuse_month_only(source)
    rows = gather(workspace, source, window, question).rows
    if question.bcu != "all":
        rows = rows[rows["bcu"] == question.bcu]
    found = near_repeats.incident_days(rows, source)
    return near_repeats.near_repeats(found["cell"], found["day"], rings=rings, permutations=permutations, seed=seed)
