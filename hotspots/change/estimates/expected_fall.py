"""Regression to the mean: how far places fall by themselves because they were chosen for being high.

Whoever picks the worst places of a list picks bad luck along with bad places; luck does not come again. What is luck is
seen from how the counts of all places lie (`hotspots.change.estimates.mixture`): the posterior mean of a cell's rate,
given its count, is what the next periods should bring if nothing changes. The fall of the chosen cells together is

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

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.mixture import mixture_means
from hotspots.ranking.expected import Counts, counted_moments, interval, learnt, tally, volume_moments

LEVEL = 0.95  # of the interval


@dataclass(frozen=True, kw_only=True)
class Fall:
    """What selection alone brings, for some cells together, per period."""

    before: float  # counted per period of the window
    after: float  # expected per period to come, nothing having changed
    after_low: float  # of what will be counted, per period
    after_high: float


def expected_fall(
    cell_periods: pd.DataFrame,
    scores: pd.DataFrame,
    chosen: Sequence[int],
    periods: Sequence[int],
    exposure: Sequence[float],
    horizon: float,
    measure: str,
) -> Fall:
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
