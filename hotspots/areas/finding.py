"""From a question to candidate areas, the same for the pages and the command line.

rank the cells → leave out what is excluded → join cells into areas → say what was asked
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas.candidates import Limits, candidate_areas, inside_excluded
from hotspots.areas.rules import excluded_cells
from hotspots.areas.table import cell_ids, with_quiet_cells
from hotspots.base import choices
from hotspots.geography import boundaries_of
from hotspots.harm.weights.contents import ref
from hotspots.ranking.answer import Answer, about
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import Workspace, open_workspace

EXPECTED, RAW = "harm_expected_days", "harm_days"


@dataclass(frozen=True)
class Candidates:
    """Candidate areas, their cells (`hotspots.areas.table.FACTS`) and what was asked, ready to be frozen."""

    areas: pd.DataFrame
    facts: pd.DataFrame
    answer: Answer
    definition: dict[str, Any]
    notes: tuple[str, ...] = ()


def find_areas(folder: Path | Workspace, question: Question, limits: Limits | None = None) -> Candidates:
    """Candidate areas of a workspace. Raises HotspotsError where the question cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    return areas_of(
        workspace, rank_workspace(workspace, question), limits or Limits.of(workspace.settings, workspace.profile.bcus)
    )


def areas_of(workspace: Workspace, answer: Answer, limits: Limits) -> Candidates:
    """The same from an answer that is there already; every cell of a BCU must be in it."""
    facts = facts_of(answer)
    excluded = excluded_cells(workspace.folder)
    found = candidate_areas(facts, limits, excluded)
    return Candidates(
        found, facts, answer, definition_of(answer, limits, excluded), tuple(_notes(found, facts, limits, excluded))
    )


def facts_of(answer: Answer) -> pd.DataFrame:
    """The answer's cells with `hotspots.areas.table.FACTS`; in ``harm`` the figure that is maximised."""
    kept = answer.table[["bcu", "n_incidents", RAW, EXPECTED, "area_m2", "place"]].reset_index(drop=True)
    cells = np.array([int(c, 16) for c in answer.table["cell"]], dtype=np.int64)
    return kept.assign(cell=cells, harm=kept[maximised(answer)].astype(float))


def maximised(answer: Answer) -> str:
    """The column whose sum areas are made to catch: expected harm where the method has it, else harm days."""
    return EXPECTED if answer.table[EXPECTED].notna().any() else RAW


def with_cells_of(workspace: Workspace, facts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """``facts`` with a row for every cell of the areas in ``table``: zeros where the window has no incident."""
    cells = {int(c) for row in table["cells"] for c in cell_ids(row)}
    return with_quiet_cells(facts, cells, boundaries_of(workspace))


def definition_of(answer: Answer, limits: Limits, excluded: list[int], **more: object) -> dict[str, Any]:
    """What was asked, for the register: question, window, weights and their hash, limits, version of the workspace."""
    facts = about(answer)
    return {
        "question": asdict(answer.question), "source": answer.source, "data": facts["data"],
        "window": [answer.window.start.isoformat(), answer.window.end.isoformat()],
        "missing_months": list(answer.missing_months), "map_point_breaks": list(answer.breaks),
        "ranked_by": choices.METHODS[answer.question.by], "maximised": maximised(answer),
        "expected_months": answer.ahead, "weights": ref(answer.weights), "weights_sha256": answer.weights.sha256,
        "weights_unit": answer.weights.unit, "workspace_version": answer.version,
        "max_area_m2": float(limits.max_area_m2), "min_share": float(limits.min_share),
        "min_density": float(limits.min_density),
        "areas_wanted": {b: limits.wanted(b) for b in sorted(set(answer.table["bcu"]) - {""})},
        "excluded_cells": geography.hex_ids(excluded), **more,
    }  # fmt: skip


def _notes(found: pd.DataFrame, facts: pd.DataFrame, limits: Limits, excluded: list[int]) -> list[str]:
    """What each BCU got, and what was left out."""
    words = []
    for bcu in sorted(set(facts["bcu"]) - {""}):
        mine, wanted = found[found["bcu"] == bcu], limits.wanted(bcu)
        share = mine["share_of_bcu_harm"].sum()
        size = f"{mine['area_m2'].sum() / 1e6:.2f} km²"
        words.append(f"{bcu}: {len(mine)} areas, {size}, hold {share:.1%} of its harm.")
        if len(mine) < wanted:
            words[-1] += f" {wanted} were wanted; no other has {limits.min_share:.2%} of the BCU's harm."
    if left := int(inside_excluded(facts["cell"].to_numpy(), excluded).sum()):
        words.append(f"{left:,} {'cell' if left == 1 else 'cells'} with incidents left out of areas.")
    return words
