"""Regression to the mean: how far places fall by themselves because they were chosen for being high.

Whoever picks the worst places of a list picks bad luck along with bad places; luck does not come again. What is luck is
seen from how the counts of all places lie (`mixture_means`): the posterior mean of a cell's rate, given its count, is
what the next periods should bring if nothing changes. The fall of the chosen cells together is

    1 − Σ E[rate after] / Σ (counted before, per period)

and its interval is that of what will be counted: Var = Σ (posterior variance of the rate · h² + φ · rate · h) over
h periods, φ the dispersion of counts round their rates (`hotspots.ranking.expected`), taken as the variance of a Gamma.
For harm mean and variance are those of `hotspots.ranking.expected`, times what the mixture says of the cell's count
over what that model says. The cells' rates are taken as independent.

When it misleads: real cells burst and fade, so that they fall further than rates that stay (docs/method.md, How often
it is wrong); it takes the level of the force as it is (no trend, no season: compare windows of the same season); the
mixture counts as known; it holds for cells chosen by this window's figures, and not for ones chosen by somebody's
knowledge of last night. An observed fall beyond it is not thereby an effect: it needs a comparison.

References: Galton (1886); Barnett, van der Pols and Dobson (2005), doi:10.1093/ije/dyh299.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots.base.errors import HotspotsError
from hotspots.ranking.expected.counts import Counts, tally
from hotspots.ranking.expected.model import learnt
from hotspots.ranking.expected.posterior import counted_moments, interval, volume_moments

Floats = NDArray[np.float64]

POINTS = 150  # of the grid
STEPS = 400  # of EM: further ones change the means of the highest places by less than a thousandth
LOWEST = 0.05  # rate, in counts per window
ABOVE = 1.1  # times the largest count, and 1: the highest rate


def mixture_means(counts: ArrayLike) -> tuple[Floats, Floats]:
    """Mean and variance of each place's rate given its count, in counts per window; counts are whole, 1 or more.

    Counts are Poisson, of rates whose distribution is unknown; its nonparametric maximum-likelihood estimate is a
    mixture of points, found by EM on a fine grid. The mean is what a place's next count is to be expected to be,
    whoever picked the place for its count: Σ λ w L(n|λ) / Σ w L(n|λ) over grid points λ, w their weights. Places with 0
    are not all known (most of a force is empty ground), so the likelihood is cut off there: L(n|λ) =
    λⁿ e^(−λ) / n! / (1 − e^(−λ)). What they bring together is as much as there are places with exactly one (Robbins,
    Good and Turing). Gamma rates (`hotspots.ranking.expected`) rank cells well; but a force with some places far above
    the rest is no Gamma, and the worst 20 are then drawn too far, or not far enough: docs/decisions/0028.

    When it misleads: it takes rates as constant over the window and after it, where real places burst and fade, and
    places as exchangeable: neighbours show nothing. With fewer than some hundred places the mixture is rough.

    References: Kiefer and Wolfowitz (1956), doi:10.1214/aoms/1177728066; Robbins (1956); Good (1953),
    doi:10.1093/biomet/40.3-4.237; Koenker and Mizera (2014), doi:10.1080/01621459.2013.869224.
    """
    n = np.asarray(counts, dtype=np.int64)
    if not len(n):
        return np.zeros(0), np.zeros(0)
    if n.min() < 1:
        raise ValueError("counts must be 1 or more: places without any are not all known")
    distinct, place, many = np.unique(n, return_inverse=True, return_counts=True)
    grid = np.exp(np.linspace(np.log(LOWEST), np.log(distinct[-1] * ABOVE + 1), POINTS))
    likelihood = cut_poisson(distinct, grid)
    weight = np.full(POINTS, 1 / POINTS)
    for _ in range(STEPS):
        joint = likelihood * weight
        weight = (joint / joint.sum(1, keepdims=True) * many[:, None]).sum(0) / len(n)
    joint = likelihood * weight
    posterior = joint / joint.sum(1, keepdims=True)
    mean = posterior @ grid
    return mean[place], (posterior @ grid**2 - mean**2)[place]


def cut_poisson(counts: NDArray[np.int64], rates: Floats) -> Floats:
    """Probability of each count at each rate, given that it is not 0: counts × rates, each row by its largest."""
    from scipy.special import gammaln

    log = counts[:, None] * np.log(rates) - rates - gammaln(counts + 1.0)[:, None] - np.log(-np.expm1(-rates))
    return np.exp(log - log.max(1, keepdims=True))


LEVEL = 0.95  # of the interval


@dataclass(frozen=True, kw_only=True)
class Fall:
    """What selection alone brings, for some cells together, per period."""

    before: float  # counted per period of the window
    after: float  # expected per period to come, nothing having changed
    after_low: float  # of what will be counted, per period
    after_high: float


def expected_fall(
    cell_periods: pd.DataFrame, scores: pd.DataFrame, chosen: Sequence[int], periods: Sequence[int],
    exposure: Sequence[float], horizon: float, measure: str,
) -> Fall:  # fmt: skip
    """What the chosen cells had, and what they are to be expected to have over the next ``horizon`` periods.

    ``cell_periods``, ``scores``, ``periods`` and ``exposure`` as in `hotspots.ranking.expected.expected_harm`: of the
    whole force in the window by which the cells were chosen. ``measure``: "count" of scored offences, or "harm" in
    days. Formula and limits: see the module. Raises HotspotsError where the cells had nothing in the window.
    """
    counts = tally(cell_periods, scores, periods, exposure)
    at = np.flatnonzero(np.isin(counts.cell, np.asarray(chosen, dtype=np.int64)))
    length = float(counts.exposure.sum())
    before = _counted(cell_periods, scores, counts.cell[at], measure) / length if length else 0.0
    if not len(at) or before <= 0:
        raise HotspotsError("The chosen cells have no scored offence in the window, so there is nothing to fall from.")
    posterior = learnt(counts)
    rate, spread_of_rate = mixture_rates(counts, length)
    if measure == "harm":
        share = rate / volume_moments(posterior)[0]
        mean, variance = (share[at] * part[at] for part in counted_moments(posterior, horizon))
    else:
        mean = rate[at] * horizon
        variance = spread_of_rate[at] * horizon**2 + mean * posterior.dispersion
    total, spread = np.array([mean.sum()]), np.array([variance.sum()])
    low, high = (float(end[0]) / horizon for end in interval(total, spread, LEVEL))
    return Fall(before=before, after=float(total[0]) / horizon, after_low=low, after_high=high)


def mixture_rates(counts: Counts, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each cell's rate per period; of cells without an offence 0, for nobody chose those."""
    n = counts.volume.sum(axis=1).astype(np.int64)
    mean, variance = np.zeros(len(n)), np.zeros(len(n))
    mean[n > 0], variance[n > 0] = mixture_means(n[n > 0])
    return mean / length, variance / length**2


def _counted(cell_periods: pd.DataFrame, scores: pd.DataFrame, cells: np.ndarray, measure: str) -> float:
    """Scored offences, or their days, of some cells in the whole window."""
    mine = cell_periods[cell_periods["cell"].isin(cells)]
    scored = (scores["status"] == "scored").to_numpy()[mine["offence"]]
    weight = scores["days"].to_numpy(dtype=float)[mine["offence"]] if measure == "harm" else np.ones(len(mine))
    return float((mine["n_offences"].to_numpy() * np.where(scored, weight, 0.0)).sum())
