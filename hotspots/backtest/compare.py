"""Methods side by side over the same origins, the best first; and do stated chances come true?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspots.backtest.methods import METHODS, harm, incidents
from hotspots.backtest.periods import origins_available, windows
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.harm.scoring import scored_days
from hotspots.ranking.expected.counted import chance_of_counted_top, drift_of
from hotspots.ranking.expected.counts import surroundings_of, tally
from hotspots.ranking.expected.fitting import fit
from hotspots.ranking.expected.posterior import chance_of_top, posterior_of
from hotspots.ranking.rank import order_of

MEASURE = "harm_caught_share"
TIE_DECIMALS = 4  # means that agree to 0.01 percentage points are a tie
DRAWS, CONFIDENCE = 10_000, 0.95


def paired(table: pd.DataFrame, against: str = "count", seed: int = Settings.seed) -> pd.DataFrame:
    """Each method against one other on the same origins: mean difference with two intervals.

    ``table``: from `hotspots.backtest.run.backtest`. Returns one row per method, the best mean first: method,
    n_origins, mean_harm_caught_share, mean_pai, mean_pei, mean_best_share,
    difference = mean of dₒ = own − other over origins o, ci_low and ci_high (95%), t_low and t_high (95%), wins, draws
    and losses (origins with d above, at and below 0). The method itself has difference 0 and no interval.

    ci: circular moving-block bootstrap of the origins' mean, percentiles of 10,000 draws, ``seed``; blocks of as many
    origins as test windows overlap, at most a third of the origins (Künsch 1989, doi:10.1214/aos/1176347265; Politis &
    Romano 1992). t: d̄ ± t(n−1) s/√n, Var(d̄) = s²/n, as if origins were independent.

    Misleads: neighbouring origins share test periods and nearly all of the training window, so t is too narrow, and ci
    too with few origins (seven origins of three months are little more than two separate quarters). Neither covers
    another year or another force, and with many methods the best of them is partly luck.
    """
    wide = shares(table)
    if against not in wide:
        raise HotspotsError(
            f"The back-test has no method '{against}' to compare with; it has {', '.join(map(str, wide.columns))}."
        )
    block = block_length(table, len(wide))
    means = table[table["origin"].isin(wide.index)].groupby("method")[["pai", "pei", "harm_best_share"]].mean()
    rows = []
    for method in wide.columns:
        gap = (wide[method] - wide[against]).to_numpy()
        low, high = (np.nan, np.nan) if method == against else block_interval(gap, block, seed)
        t_low, t_high = (np.nan, np.nan) if method == against else t_interval(gap)
        signs = np.sign(np.round(gap, 12))
        rows.append({
            "method": method, "n_origins": len(gap), f"mean_{MEASURE}": wide[method].mean(),
            "mean_pai": means.loc[method, "pai"], "mean_pei": means.loc[method, "pei"],
            "mean_best_share": means.loc[method, "harm_best_share"], "against": against, "difference": gap.mean(),
            "ci_low": low, "ci_high": high, "t_low": t_low, "t_high": t_high, "wins": int((signs > 0).sum()),
            "draws": int((signs == 0).sum()), "losses": int((signs < 0).sum()), "block": block,
        })  # fmt: skip
    # Means that agree to `TIE_DECIMALS` go by simplicity, the order of METHODS; others follow in their own order. No
    # test of significance stands between: some method must be used, and the first is the best guess.
    names = [*METHODS, *(m for m in wide.columns if m not in METHODS)]
    order = sorted(wide.columns, key=lambda m: (-np.round(wide[m].to_numpy().mean(), TIE_DECIMALS), names.index(m)))
    return pd.DataFrame(rows).set_index("method").loc[order].reset_index()


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Origin × method, over the origins where every method has a figure."""
    wide = table.pivot(index="origin", columns="method", values=MEASURE)
    wide = wide[list(dict.fromkeys(table["method"]))].dropna()
    if not len(wide):
        raise HotspotsError("There is no origin with a figure for every method, so nothing can be compared.")
    return wide


def block_length(table: pd.DataFrame, n: int) -> int:
    """Origins whose test windows overlap (horizon over the usual step between origins), at most a third of all."""
    places = np.unique(table["place"].to_numpy())
    step = int(np.median(np.diff(places))) if len(places) > 1 else 1
    overlap = -(-int(table["horizon"].max()) // max(step, 1))
    return max(1, min(overlap, n // 3))


def block_interval(gap: np.ndarray, block: int, seed: int) -> tuple[float, float]:
    """Percentile interval of the mean under a circular moving-block bootstrap."""
    n = len(gap)
    if n < 2:
        return np.nan, np.nan
    random = np.random.Generator(np.random.PCG64(seed))
    starts = random.integers(0, n, (DRAWS, -(-n // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % n).reshape(DRAWS, -1)[:, :n]
    low, high = np.quantile(gap[drawn].mean(axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def t_interval(gap: np.ndarray) -> tuple[float, float]:
    """Student's interval of the mean, as if origins were independent."""
    from scipy.special import stdtrit

    if len(gap) < 2:
        return np.nan, np.nan
    half = stdtrit(len(gap) - 1, (1 + CONFIDENCE) / 2) * gap.std(ddof=1) / np.sqrt(len(gap))
    return float(gap.mean() - half), float(gap.mean() + half)


BINS = (0.0, 0.05, 0.2, 0.35, 0.55, 0.8, 0.95, 1.0)  # the bands of hotspots.ranking.sureness
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
    kept, _ = origins_available(periods, train, horizon, origins, gaps=origins is not None)
    groups = pd.Series("", index=np.unique(cube["cell"].to_numpy(dtype=np.int64))) if groups is None else groups
    parts = []
    for origin in kept:
        before, tested = windows(origin, train, horizon)
        before = [p for p in before if p in set(periods)]
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
    counts = tally(learned, scores, list(before))
    near = surroundings_of(counts.cell)
    fitted = fit(counts, near)
    posterior = posterior_of(counts, near, fitted)
    drift = drift_of(counts, near, fitted, horizon)
    codes = pd.factorize(groups.reindex(counts.cell))[0]
    return pd.DataFrame({
        "cell": counts.cell, "p_top": chance_of_top(posterior, codes, top, draws, seed),
        "p_top_next": chance_of_counted_top(posterior, codes, top, horizon, drift, draws, seed),
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
