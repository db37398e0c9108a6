"""Cubes for the tests of the back-test, by hand or at random, and a slow plain way to its figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from h3.api import basic_int as h3

from tests.weighing import scores_of

PRESTON = int("8a1951803b4ffff", 16)
CELLS = sorted(h3.grid_disk(PRESTON, 3))  # 37 adjoining cells
Row = tuple[int, int, int, int]  # cell, period, offence code, number of offences; each is an incident of its own

__all__ = ["CELLS", "PRESTON", "cube_of", "equal_areas", "plain_backtest", "planted", "scores_of"]


def cube_of(rows: Sequence[Row]) -> pd.DataFrame:
    """A cube as `hotspots.ranking.gather.build_cell_periods` gives it."""
    names = ["cell", "period", "offence", "n_offences"]
    table = pd.DataFrame(list(rows), columns=names).astype("int64")
    table = table.groupby(names[:3], as_index=False).sum().sort_values(names[:3]).reset_index(drop=True)
    return table.assign(n_incidents=table["n_offences"])


def equal_areas(cells: Sequence[int] = CELLS, area: float = 10_000.0) -> pd.Series:
    return pd.Series(area, index=list(cells))


def planted(periods: Sequence[int], hot: Sequence[int], days: Sequence[float], seed: int = 1) -> pd.DataFrame:
    """Poisson counts in 37 cells: the hot ones at 8 offences per period, the others at 0.4; offences at random."""
    random = np.random.default_rng(seed)
    rows = []
    for cell in CELLS:
        for period in periods:
            for offence in range(len(days)):
                n = int(random.poisson((8.0 if cell in hot else 0.4) / len(days)))
                if n:
                    rows.append((cell, period, offence, n))
    return cube_of(rows)


def plain_backtest(
    rows: Sequence[Row], days: Sequence[float | None], origin: int, train: int, horizon: int, n_cells: int, by: str
) -> dict[str, float]:
    """One origin by count or by harm, cells of one size: loops, dictionaries and one sort. Weeks only."""
    weigh = [0.0 if d is None else float(d) for d in days]
    n_before: dict[int, int] = defaultdict(int)
    harm_before: dict[int, float] = defaultdict(float)
    n_after: dict[int, int] = defaultdict(int)
    harm_after: dict[int, float] = defaultdict(float)
    candidates = {cell for cell, period, _, _ in rows if period < origin}
    for cell, period, offence, n in rows:
        if origin - train <= period < origin:
            n_before[cell] += n
            harm_before[cell] += n * weigh[offence]
        if origin <= period < origin + horizon:
            n_after[cell] += n
            harm_after[cell] += n * weigh[offence]
    figure = {"count": n_before, "harm": harm_before}[by]
    order = sorted(
        candidates, key=lambda c: (-round(figure[c], 7), -round(harm_before[c], 7), -n_before[c], c)
    )[:n_cells]  # fmt: skip
    total = sum(harm_after.values())
    caught = sum(harm_after[c] for c in order)
    best = sum(sorted(harm_after.values(), reverse=True)[: len(order)])
    return {
        "n_caught": sum(n_after[c] for c in order),
        "harm_caught_share": caught / total if total else float("nan"),
        "pei": caught / best if best else float("nan"),
        "harm_best_share": best / total if total else float("nan"),
    }
