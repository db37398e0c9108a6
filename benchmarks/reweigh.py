"""How long new weights take: ``python -m benchmarks.reweigh WORKSPACE [WEIGHT_SET]``. Prints one line of JSON.

All months, all offences, all cells of the workspace. ``rerank`` is what a page waits for when a weight is edited:
scoring, ranking and comparing with what was, from counts that are held; ``from_cube`` counts as well. Medians of seven
in seconds. The result is held to `hotspots.ranking.rank.rank_cells`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from hotspots.base.settings import Settings

RERANK_SECONDS, DRAWS_SECONDS = 0.05, 2.0
ROUNDS = 7


def measure(workspace: str, name: str = "") -> dict[str, Any]:
    """Seconds by task and method, and whether both targets hold."""
    from hotspots.base import choices
    from hotspots.harm.weights.register import load
    from hotspots.ranking import rank as ranking
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.ranking.question import Question
    from hotspots.ranking.what_if import reweigh
    from hotspots.store.held import months_held
    from hotspots.store.workspace import open_workspace

    opened = open_workspace(Path(workspace))
    source = "incidents" if "incidents" in opened.manifest.sources else opened.manifest.sources[0]
    months = [f"{m // 100}-{m % 100:02d}" for m in months_held(opened, source)]
    question = Question(start=months[0], end=months[-1], offences="all", include_proactive=True, source=source)
    answer = rank_workspace(opened, question)
    weights = load(opened.folder, name) if name else answer.weights
    before, cube = reweigh.rescore(answer.scores, weights), answer.cube
    counts = reweigh.count_cells(cube, len(before))
    found: dict[str, Any] = {}
    for method in (m for m in choices.METHODS if m != "count"):
        ranks = reweigh.rank_counts(counts, before, method).rank
        if counts.cell[ranks.argsort()].tolist() != ranking.rank_cells(cube, before, method)["cell"].tolist():
            raise RuntimeError(f"{method}: the fast ranking is not that of ranking.rank_cells")

        def rerank(method: str = method) -> None:
            reweigh.compare_rankings(counts, before, reweigh.rescore(before, weights), method)

        def from_cube(method: str = method) -> None:
            counted = reweigh.count_cells(cube, len(before))
            reweigh.compare_rankings(counted, before, reweigh.rescore(before, weights), method)

        def draws(method: str = method) -> None:
            reweigh.robustness(counts, before, method, alternatives={"equal": reweigh.equal_weights(before)})

        found[method] = {f.__name__: seconds(f) for f in (rerank, from_cube, draws)}
    return {
        "cells": len(counts.cell),
        "offences": len(before),
        "weights": f"{weights.name}@{weights.version}",
        "cube_rows": len(cube),
        "draws": Settings.weight_draws,
        "seconds": found,
        "within_targets": all(f["from_cube"] < RERANK_SECONDS and f["draws"] < DRAWS_SECONDS for f in found.values()),
    }


def seconds(task: Callable[[], None]) -> float:
    """Median of `ROUNDS` runs after one that does not count."""
    times = []
    for _ in range(ROUNDS + 1):
        start = perf_counter()
        task()
        times.append(perf_counter() - start)
    return round(median(times[1:]), 4)


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
