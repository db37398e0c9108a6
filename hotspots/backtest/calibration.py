"""Do stated chances come true? Of the cells given 80%, four in five should be in the next period's top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspots.backtest.methods import harm, incidents
from hotspots.backtest.periods import origins_available, windows
from hotspots.base.settings import Settings
from hotspots.harm.scoring import scored_days
from hotspots.ranking import expected
from hotspots.ranking.rank import order_of

BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
FIGURES = ("p_top", "p_top_next")
Z = 1.959964  # of the 95% interval


def calibration(
    cube: pd.DataFrame, scores: pd.DataFrame, *, periods: Sequence[int], groups: pd.Series | None = None, train: int,
    horizon: int, origins: Sequence[int] | None = None, top: int = Settings.top, draws: int = Settings.draws,
    seed: int = Settings.seed,
) -> pd.DataFrame:  # fmt: skip
    """Stated probability of being in the top N of a group (BCU) against how often the tested periods put it there.

    ``groups``: the group of each cell (index: cell); default, all cells are one. Other arguments as in
    `hotspots.backtest.run.backtest`. At each origin the model of `hotspots.ranking.expected` gives p_top (the cell
    truly belongs in the top N) and p_top_next (it will be in the top N of the next ``horizon`` periods as they come
    out); then the cells are ranked by the harm that came (ties by incidents, then cell id; a cell without harm is in no
    top).

    Returns a row per figure and bin (its lower end excluded, but 0 in the first; empty bins left out): figure, low,
    high, n_cells (cell-origins), mean_stated, n_in_top, share_in_top, ci_low, ci_high (95%), n_origins.

    Interval: Wilson's score, (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n); Wilson 1927,
    doi:10.1080/01621459.1927.10502953. It takes cell-origins as independent. They are not (overlapping windows, a fixed
    N per group), so it is too narrow.

    Misleads: only p_top_next is about what can be seen. p_top speaks of the underlying rates; chance in the next
    periods pushes cells in and out of the observed top, so cells with a high p_top are found there less often than it
    says, and that is no fault of it.
    """
    kept, _ = origins_available(periods, train, horizon, origins)
    groups = pd.Series("", index=np.unique(cube["cell"].to_numpy(dtype=np.int64))) if groups is None else groups
    parts = []
    for origin in kept:
        before, tested = windows(origin, train, horizon)
        learned = cube[cube["period"].isin(before)].reset_index(drop=True)
        said = stated(learned, scores, before, groups, horizon, top, draws, seed)
        came = in_top(cube[cube["period"].isin(tested)], scores, groups, top)
        parts.append(said.assign(in_top=said["cell"].isin(came)))
    every = pd.concat(parts, ignore_index=True)
    rows = [row for figure in FIGURES for row in binned(figure, every[figure], every["in_top"], BINS)]
    names = "figure low high n_cells mean_stated n_in_top share_in_top ci_low ci_high"
    return pd.DataFrame(rows, columns=names.split()).assign(n_origins=len(kept))


def binned(figure: str, stated: pd.Series, seen: pd.Series, bins: Sequence[float]) -> list[tuple[object, ...]]:
    """A line of `calibration` for each bin that holds a cell."""
    said, came = stated.to_numpy(dtype=float), seen.to_numpy(dtype=bool)
    place = np.clip(np.searchsorted(bins, said, side="left"), 1, len(bins) - 1)
    lines: list[tuple[object, ...]] = []
    for i in range(1, len(bins)):
        inside = (place == i) & ~np.isnan(said)
        n, hits = int(inside.sum()), int(came[inside].sum())
        if n:
            lines.append(
                (figure, bins[i - 1], bins[i], n, float(said[inside].mean()), hits, hits / n, *wilson(hits, n))
            )
    return lines


def stated(
    learned: pd.DataFrame, scores: pd.DataFrame, before: Sequence[int], groups: pd.Series, horizon: int, top: int,
    draws: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """What the training periods say of each cell: cell, p_top and p_top_next."""
    counts = expected.tally(learned, scores, list(before))
    posterior = expected.learnt(counts)
    codes = pd.factorize(groups.reindex(counts.cell))[0]
    return pd.DataFrame({
        "cell": counts.cell, "p_top": expected.chance_of_top(posterior, codes, top, draws, seed),
        "p_top_next": expected.chance_of_counted_top(posterior, codes, top, horizon, draws, seed),
    })  # fmt: skip


def in_top(test: pd.DataFrame, scores: pd.DataFrame, groups: pd.Series, top: int) -> np.ndarray:
    """The cells among the first ``top`` of their group by the harm of these periods; none without harm."""
    cells = np.unique(test["cell"].to_numpy(dtype=np.int64))
    days = harm(test, cells, scored_days(scores))
    order = order_of(days, days, incidents(test, cells), cells)
    group = pd.factorize(groups.reindex(cells))[0][order]
    first = order[pd.Series(group).groupby(group).cumcount().to_numpy() < top]
    return cells[first[days[first] > 0]]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95% score interval of a share; (nan, nan) of nothing."""
    if n == 0:
        return np.nan, np.nan
    share, z2 = hits / n, Z * Z
    middle, half = share + z2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))
