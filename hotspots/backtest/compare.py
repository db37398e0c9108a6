"""Methods side by side over the same origins: paired differences with intervals, the best method first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.backtest.methods import METHODS
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings

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
    from scipy.stats import t

    if len(gap) < 2:
        return np.nan, np.nan
    half = t.ppf((1 + CONFIDENCE) / 2, len(gap) - 1) * gap.std(ddof=1) / np.sqrt(len(gap))
    return float(gap.mean() - half), float(gap.mean() + half)
