"""From a question to its answer, the same for the pages and the command line.

gather the offence rows → count them per cell → score the offences → what to expect → rank the cells → patterns →
say where they are
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.harm.scoring import scored_days
from hotspots.ranking import patterns
from hotspots.ranking.answer import Answer, of_bcu
from hotspots.ranking.expected import expected_harm
from hotspots.ranking.gather import count_and_score, gather, holes_and_breaks, observed
from hotspots.ranking.gi_star import gi_table
from hotspots.ranking.placing import cells_by_bcu, with_places
from hotspots.ranking.question import Question, settle
from hotspots.ranking.rank import flags, rank_cells
from hotspots.ranking.words import score_warnings, whole_force, window_warnings
from hotspots.store.workspace import Workspace, open_workspace


def rank_workspace(folder: Path | Workspace, question: Question) -> Answer:
    """Answer a question from a workspace. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    settings = workspace.settings
    source, window, weights, question = settle(workspace, question)
    gathered = gather(workspace, source, window, question)
    scores, cube = count_and_score(gathered.rows, weights)
    missing, breaks = holes_and_breaks(workspace, source, window)
    periods, exposure = observed(window, missing)
    whose = cells_by_bcu(workspace, cube, gathered.rows)
    expected = expected_harm(
        cube, scores, periods, exposure, whose.set_index("cell")["bcu"], settings.top, settings.draws, settings.seed,
        settings.expected_months, counted=question.counted, only="" if question.bcu == "all" else question.bcu,
    )  # fmt: skip
    ranked = rank_cells(cube, scores, question.by, cap=settings.harm_cap_days, expected=expected)
    ranked["flag"] = flags(ranked, settings)
    ranked, no_patterns = with_patterns(ranked.merge(whose, on="cell"), cube, scores, periods, breaks)
    table = with_places(of_bcu(ranked, question.bcu), gathered.rows, settings)
    warnings = window_warnings(missing, breaks, source) + gathered.warnings + score_warnings(scores, weights)
    warnings, notes = whole_force(warnings, question.bcu), whole_force(gathered.notes, question.bcu)
    return Answer(
        question=question, window=window, source=source, weights=weights, table=table, scores=scores, cube=cube,
        notes=tuple(notes), warnings=tuple(warnings), version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic", missing_months=tuple(missing), breaks=tuple(breaks),
        periods=tuple(periods), exposure=tuple(exposure), memory=memory_of(expected), no_patterns=no_patterns,
        ahead=settings.expected_months, top=settings.top,
    )  # fmt: skip


def memory_of(expected: pd.DataFrame) -> float:
    """Half-life in months of what the expectation remembers; nan where there is none."""
    fitted = expected.attrs.get("fitted")
    return float(fitted.half_life) if fitted else float("nan")


def with_patterns(
    ranked: pd.DataFrame, cube: pd.DataFrame, scores: pd.DataFrame, periods: Sequence[int], breaks: Sequence[int]
) -> tuple[pd.DataFrame, str]:
    """The ranked cells with gi_z, gi_q and pattern, and why there are no patterns ('' where there are).

    Gi* is on harm days over the window. Patterns are on square roots, so that one severe event is no pattern, and on
    the months since the last break of map points.
    """
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    gi = gi_table(cells, ranked["harm_days"].to_numpy(dtype=float))
    ranked = ranked.assign(gi_z=gi["gi_z"].to_numpy(), gi_q=gi["gi_q"].to_numpy(), pattern="")
    since = patterns.periods_since_break(periods, breaks)
    reason = patterns.why_no_patterns(since)
    if not reason and len(ranked):
        days = np.sqrt(scored_days(scores, np.nan))
        found = patterns.cell_patterns(cube, days, since).set_index("cell")["pattern"]
        ranked["pattern"] = found.reindex(cells).fillna("").to_numpy()
    return ranked, reason
