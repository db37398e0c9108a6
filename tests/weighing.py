"""Tables for the tests of rankings under several weight sets, and slow plain ways to the same answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from hotspots.ranking.what_if import reweigh

Row = tuple[int, int, int]  # cell, offence code, number of offences


def scores_of(days: Sequence[float | None], classes: Sequence[str] | None = None) -> pd.DataFrame:
    """One line per offence code, as `hotspots.harm.scoring.score_offences` gives them; None = unscored."""
    names = [f"offence {i}" for i in range(len(days))]
    scored = [d is not None for d in days]
    value = [np.nan if d is None else float(d) for d in days]
    return pd.DataFrame(
        {
            "offence": [f"type:{n}" for n in names],
            "athena_urn": "",
            "ho_class": list(classes) if classes else "",
            "crime_type": names,
            "title": names,
            "status": ["scored" if s else "unscored" for s in scored],
            "matched_by": [("class" if classes else "crime_type") if s else "" for s in scored],
            "days": value,
            "days_low": value,
            "days_high": value,
            "offence_group": "",
            "label": names,
        }
    )


def cube_of(rows: Sequence[Row]) -> pd.DataFrame:
    """A cube in which each offence is an incident of its own; rows alternate between two periods."""
    table = pd.DataFrame(list(rows), columns=["cell", "offence", "n_offences"]).astype("int64")
    table = table.assign(period=np.arange(len(table)) % 2, n_incidents=table["n_offences"])
    return table.sort_values(["cell", "period", "offence"]).reset_index(drop=True)


def weigh(days: float, method: str, cap: float) -> float:
    return {"harm": days, "harm-sqrt": sqrt(days), "harm-cap": min(days, cap)}[method]


def plain_ranks(
    rows: Sequence[Row], days: Sequence[float | None], method: str, cap: float = 365.0
) -> tuple[list[int], dict[int, float | None]]:
    """(cells, best first; figure of each cell, None where nothing is scored). Loops, dictionaries and one sort."""
    n_of: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for cell, offence, n in rows:
        n_of[cell][offence] += n
    figure: dict[int, float | None] = {}
    keys = {}
    for cell, counts in n_of.items():
        known = [(n, days[o]) for o, n in sorted(counts.items()) if days[o] is not None]
        incidents = sum(counts.values())
        harm = round(sum(n * d for n, d in known), 7) if known else -1.0
        value = sum(n * weigh(d, method, cap) for n, d in known) if known and method != "count" else None
        figure[cell] = float(incidents) if method == "count" else value
        first = -1.0 if figure[cell] is None else round(figure[cell], 7)
        keys[cell] = (-first, -harm, -incidents, cell)
    return sorted(keys, key=keys.__getitem__), figure


def compare_rankings(
    cube: pd.DataFrame, a: pd.DataFrame, *more: Any, cells: np.ndarray | None = None, **named: Any
) -> reweigh.Comparison:
    """The comparison straight from a cube, of some of its cells."""
    return reweigh.compare_rankings(reweigh.count_cells(cube, len(a), cells), a, *more, **named)


def robustness(cube: pd.DataFrame, scores: pd.DataFrame, *more: Any, **named: Any) -> pd.DataFrame:
    """The robustness straight from a cube."""
    return reweigh.robustness(reweigh.count_cells(cube, len(scores)), scores, *more, **named)
