"""What will be counted over the next periods: its draws, its interval, and each cell's chance of the top by it.

A cell's rate of the window is not that of the months to come: places change. So θ is multiplied by a drift L of mean 1,
drawn anew for each cell. With chance γ the place is as good as gone, and its rate falls to an exponential part of
`LEFT`; else L ~ Gamma with variance δ² around what keeps the mean. Counts are Poisson round that, with the dispersion φ
of bursts. So the variance of a count of mean μ is φμ + δ²μ² + μ²·(that of θ): the noise of a busy cell grows with the
square of its rate (a negative binomial).

δ² and γ are learnt by forecasts inside the window: the posterior at an earlier origin, with the hyperparameters of the
whole window, against what the next ``horizon`` periods brought, in cells of which it expects `LEAST` or more (all
scaled by one factor: a season is no drift of a cell). They are the values on a grid with the greatest likelihood times
a prior about `USUAL`, chosen while looking at Lancashire and 24 other forces of 2025: a window holds one such forecast
that rests on nearly as much as the window does. Where it is too short for one, `USUAL` holds.

When it misleads: a drift that all cells share (a season, a change of recording) is not in it; nor are cells that were
empty in the window. References: Lawless 1987, doi:10.2307/3314912 (negative-binomial regression); Dunn & Smyth 1996,
doi:10.1080/10618600.1996.10474708 (is an interval right: uniform ranks of what came).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hotspots.base.settings import Settings
from hotspots.ranking.expected.counts import Counts, Floats, Near
from hotspots.ranking.expected.fitting import Fitted
from hotspots.ranking.expected.posterior import (
    INTERVAL,
    Posterior,
    above,
    bar,
    in_each_group,
    moments,
    posterior_of,
    quantiles,
    volume_moments,
)

COUNTED_DRAWS, PILOT_CELLS, PILOT_DRAWS = 400, 5, 50
HOPELESS, LOW_BAR = 0.002, 0.1  # not drawn: cells with less than this chance to pass so low a quantile of the bar
LEAST = 8.0  # offences expected of a cell over the horizon, for its drift to be told from luck
LEFT = 0.15  # of the rate, on average, where a place is as good as gone
SPREAD = (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.045, 0.065, 0.09, 0.12, 0.16, 0.22, 0.3, 0.45)
GONE = (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.09)
SURE_OF_SPREAD, SURE_OF_GONE = 0.35, 1000.0  # the prior: standard deviation of log δ², and cells' worth of γ


@dataclass(frozen=True)
class Drift:
    """How a cell's rate over the horizon differs from that of the window: δ² and γ of the module."""

    spread: float
    gone: float


USUAL = Drift(0.02, 0.02)
NONE = Drift(0.0, 0.0)


def drift_of(counts: Counts, near: Near, fitted: Fitted, horizon: float) -> Drift:
    """δ² and γ as the window's own forecasts over ``horizon`` periods bear them out."""
    forecast = forecasts_within(counts, near, fitted, max(1, round(horizon)))
    if not len(forecast[0]):
        return USUAL
    came, mean, variance = forecast
    gone = log_negative_binomial(came, LEFT * mean, LEFT * mean + (LEFT * mean) ** 2)

    def likelihood(drift: Drift) -> float:
        spread = fitted.dispersion * mean + variance + drift.spread * (mean * mean + variance)
        stays = log_negative_binomial(came, mean, spread)
        both = np.logaddexp(stays + np.log1p(-drift.gone), gone + np.log(drift.gone)).sum()
        usual = USUAL.gone * np.log(drift.gone) + (1 - USUAL.gone) * np.log1p(-drift.gone)
        return float(both + SURE_OF_GONE * usual - (np.log(drift.spread / USUAL.spread) / SURE_OF_SPREAD) ** 2 / 2)

    found = USUAL
    for _ in range(2):
        found = max((replace(found, spread=s) for s in SPREAD), key=likelihood)
        found = max((replace(found, gone=g) for g in GONE), key=likelihood)
    return found


def forecasts_within(counts: Counts, near: Near, fitted: Fitted, horizon: int) -> tuple[Floats, Floats, Floats]:
    """(what came, its forecast, the variance of the expectation) of the cells that are busy enough.

    Tested are the last ``horizon`` observed periods, where at least as many come before them.
    """
    observed = np.flatnonzero(counts.exposure > 0)
    nothing = np.zeros((3, 0))
    if len(observed) < 2 * horizon:
        return nothing[0], nothing[1], nothing[2]
    first, tested = observed[-horizon], observed[-horizon:]
    known = replace(
        counts, volume=counts.volume[:, :first], exposure=counts.exposure[:first],
        rows=counts.rows[counts.rows["step"] < first],
    )  # fmt: skip
    came = counts.volume[:, tested].sum(axis=1)
    if not known.volume.any() or not came.any():
        return nothing[0], nothing[1], nothing[2]
    mean, square = volume_moments(posterior_of(known, near, fitted))
    scale = came.sum() / mean.sum()
    busy = mean * scale >= LEAST
    return came[busy], mean[busy] * scale, (square - mean * mean)[busy] * scale**2


def log_negative_binomial(counted: Floats, mean: Floats, variance: Floats) -> Floats:
    """Log-likelihood of counts of this mean and variance (at least a Poisson's)."""
    from scipy.special import gammaln

    size = mean * mean / np.maximum(variance - mean, 1e-6 * mean)
    own = gammaln(counted + size) - gammaln(size) - gammaln(counted + 1)
    return np.asarray(own + size * np.log(size / (size + mean)) + counted * np.log(mean / (size + mean)))


def stays_at(drift: Drift) -> float:
    """Mean of L where the place stays, so that its mean over all is 1."""
    return (1 - drift.gone * LEFT) / (1 - drift.gone)


def drift_square(drift: Drift) -> float:
    """E[L²]."""
    return float((1 - drift.gone) * stays_at(drift) ** 2 * (1 + drift.spread) + drift.gone * 2 * LEFT**2)


def counted_variance(posterior: Posterior, horizon: float, drift: Drift, times: float = 1.0) -> tuple[Floats, Floats]:
    """Mean and variance of what will be counted, all rates ``times`` theirs: of rate, drift, and counts round them."""
    mean, variance = moments(posterior)
    square, _ = moments(replace(posterior, days=posterior.days**2))
    moved = (variance + mean * mean) * drift_square(drift) - mean * mean
    ahead = horizon * times
    return mean * ahead, moved * ahead**2 + square * ahead * posterior.dispersion


def counted_interval(
    posterior: Posterior, cells: NDArray[np.int64], horizon: float, drift: Drift
) -> tuple[Floats, Floats]:
    """90% interval of the harm that will be counted in these cells.

    Where the place stays, from a Gamma of the exact mean and variance; the part γ that is gone lies below the interval.
    """
    stays = stays_at(drift)
    mean, variance = counted_variance(posterior, horizon, Drift(drift.spread, 0.0), stays)
    tails = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    low, high = (max(tail - drift.gone, 0.0) / (1 - drift.gone) for tail in tails)
    below, above_it = quantiles(mean[cells], variance[cells], low, high)
    half = mean_weight(posterior)[cells] / 2  # offences come whole: each end reaches to the next one
    return np.maximum(below - half, 0.0), above_it + half


def mean_weight(posterior: Posterior) -> Floats:
    """What an offence is expected to weigh in each cell."""
    return np.asarray(moments(posterior)[0] / volume_moments(posterior)[0])


def chance_of_counted_top(
    posterior: Posterior, groups: NDArray[np.int64], top: int, horizon: float, drift: Drift = USUAL,
    draws: int = COUNTED_DRAWS, seed: int = Settings.seed,
) -> Floats:  # fmt: skip
    """Chance that a cell is among the ``top`` of its group *by what will be counted* over ``horizon`` periods.

    Less sharp than p_top: places change, and counts fall by luck as well. Drawn are rate, drift, then counts per band;
    bands count at their mean weight. Ties at the bar share it evenly. A group of −1 is none: nan. Cells without a
    real chance (`HOPELESS`) are not drawn, and get 0.
    """
    mean, variance = counted_variance(posterior, horizon, drift)

    def chances(members: NDArray[np.int64], generator: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
        likeliest = members[np.argsort(-mean[members], kind="stable")]
        pilot = draw_counted(posterior, likeliest[: PILOT_CELLS * top], horizon, drift, PILOT_DRAWS, generator)
        lowest = float(np.quantile(bar(pilot, top), LOW_BAR))
        kept = above(lowest, mean[members], variance[members]) >= HOPELESS
        kept |= np.isin(members, likeliest[: 2 * top])
        harm = draw_counted(posterior, members[kept], horizon, drift, draws, generator)
        return members[kept], in_top(harm, top).mean(axis=1)

    return in_each_group(groups, top, chances, seed)


def in_top(harm: Floats, top: int) -> Floats:
    """Cells × draws: 1 for the ``top`` highest of a draw, 0 for others; equals at the bar share the places left."""
    if len(harm) <= top:
        return np.ones(harm.shape)
    lowest = bar(harm, top)
    over, level = harm > lowest, harm == lowest
    return np.asarray(over + level * ((top - over.sum(axis=0)) / level.sum(axis=0)))


def draw_counted(
    posterior: Posterior, cells: NDArray[np.int64], horizon: float, drift: Drift, draws: int,
    generator: np.random.Generator,
) -> Floats:  # fmt: skip
    """Draws of the harm that is counted over ``horizon`` periods, cells × draws."""
    size = (len(cells), draws)
    hot = generator.random(size, dtype=np.float32) < posterior.hot[cells, None]
    shape = np.where(hot, posterior.shape[1][cells, None], posterior.shape[0][cells, None])
    rate = generator.standard_gamma(shape) * np.where(hot, 1 / posterior.rate[1], 1 / posterior.rate[0]) * horizon
    rate *= drawn_drift(drift, size, generator)
    if posterior.dispersion > 1:
        rate = generator.standard_gamma(rate / (posterior.dispersion - 1)) * (posterior.dispersion - 1)
    counts = generator.poisson(rate).ravel()
    some = np.flatnonzero(counts)
    cell = np.repeat(cells, draws)[some]
    left, held = counts[some], np.zeros(len(some))
    for days, hit, miss in zip(posterior.days, posterior.hit, posterior.miss, strict=False):
        n = generator.binomial(left, generator.beta(hit[cell], miss[cell]))
        held, left = held + days * n, left - n
    harm = np.zeros(len(counts))
    harm[some] = held + posterior.days[-1] * left
    return harm.reshape(size)


def drawn_drift(drift: Drift, size: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Draws of L, whose mean is 1."""
    found = np.full(size, stays_at(drift))
    if drift.spread > 0:
        found *= generator.standard_gamma(1 / drift.spread, size) * drift.spread
    if drift.gone > 0:
        away = generator.random(size, dtype=np.float32) < drift.gone
        found[away] = LEFT * generator.standard_exponential(int(away.sum()))
    return found
