"""Each cell's posterior: means, intervals, draws, and chances of the top. The model: `model.py`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hotspots.base.settings import Settings
from hotspots.ranking.expected.counts import Counts, Floats, Near, decayed
from hotspots.ranking.expected.fitting import Fitted, count_likelihood, prior_share, priors

INTERVAL = 0.90  # of harm_expected_low to harm_expected_high
PILOT_CELLS, PILOT_DRAWS = 5, 50  # to find the lowest bar: cells per place in the top, and draws of them
HOPELESS = 1e-4  # a cell whose chance of the top is below this is not drawn
THREADS = 2  # groups drawn side by side: memory grows with them


@dataclass(frozen=True, eq=False)
class Posterior:
    """Per cell: θ per period, from the hot Gamma with chance ``hot`` and else from the usual one; and its bands.

    ``shape``: 2 × cells, usual and hot; ``rate``: both. For each split, lightest band first, p ~ Beta(hit, miss).
    """

    hot: Floats
    shape: Floats
    rate: tuple[float, float]
    hit: Floats  # splits × cells
    miss: Floats
    days: Floats  # of the bands in the order of the splits, the severest last
    dispersion: float


def posterior_of(counts: Counts, near: Near, fitted: Fitted) -> Posterior:
    """Each cell's posterior, given the hyperparameters."""
    bands, periods = decayed(counts, fitted.half_life)
    volume = bands.sum(axis=0)
    shape, rate = priors(volume, periods, near, fitted)
    left, hit, miss = volume, [], []
    for band, split in zip(bands[:-1], fitted.splits, strict=True):
        share = prior_share(split.share, split.far, near @ band, near @ left)
        rest = np.maximum(left - band, 0.0)
        hit.append(split.strength * share + band)
        miss.append(split.strength * (1 - share) + rest)
        left = rest
    size = (len(fitted.splits), len(volume))
    # in the busiest surroundings the usual cell is busier than a hot one: being hot must not cost it
    hotter = (shape[1] + volume) / (rate[1] + periods) >= (shape[0] + volume) / (rate[0] + periods)
    return Posterior(
        np.where(hotter, chance_hot(volume, periods, fitted), 0.0),
        (shape + volume) / fitted.dispersion,
        ((rate[0] + periods) / fitted.dispersion, (rate[1] + periods) / fitted.dispersion),
        np.array(hit).reshape(size), np.array(miss).reshape(size), counts.days, fitted.dispersion,
    )  # fmt: skip


def chance_hot(volume: Floats, periods: float, fitted: Fitted) -> Floats:
    """Each cell's chance to be one of the hot ones, from its own count alone.

    With busy surroundings a count is less of a surprise. That must not speak against the cell, so every cell is asked
    as if its surroundings were average.
    """
    if not fitted.hot:
        return np.zeros(len(volume))
    flat, some = np.ones(len(volume)), np.flatnonzero(volume)
    usual = count_likelihood(volume, some, fitted.kappa * fitted.mean * flat, fitted.kappa, periods)
    hot = count_likelihood(volume, some, flat, 1 / fitted.hot_mean, periods)
    return np.asarray(1 / (1 + np.exp(np.clip(usual - hot, -700, 700)) * (1 - fitted.hot) / fitted.hot))


def moments(posterior: Posterior) -> tuple[Floats, Floats]:
    """Mean and variance of each cell's harm per period: exact, from those of independent Gamma and Beta parts."""
    first = np.full(len(posterior.hot), posterior.days[-1])
    second = first * first
    for days, hit, miss in list(zip(posterior.days, posterior.hit, posterior.miss, strict=False))[::-1]:
        total = hit + miss
        p, p2 = hit / total, hit * (hit + 1) / (total * (total + 1))
        second = days * days * p2 + 2 * days * (p - p2) * first + (1 - 2 * p + p2) * second
        first = days * p + (1 - p) * first
    volume, volume2 = volume_moments(posterior)
    mean = volume * first
    return mean, np.maximum(volume2 * second - mean * mean, 0.0)


def volume_moments(posterior: Posterior) -> tuple[Floats, Floats]:
    """Means of θ and of θ²."""
    parts = np.array([1 - posterior.hot, posterior.hot])
    rate = np.array(posterior.rate)[:, None]
    mean = (parts * posterior.shape / rate).sum(axis=0)
    return mean, (parts * posterior.shape * (posterior.shape + 1) / rate**2).sum(axis=0)


def interval(mean: Floats, variance: Floats, coverage: float = INTERVAL) -> tuple[Floats, Floats]:
    """Quantiles of the Gamma with this mean and variance: as much above as below, and never without the mean."""
    return quantiles(mean, variance, (1 - coverage) / 2, (1 + coverage) / 2)


def quantiles(mean: Floats, variance: Floats, least: float, most: float) -> tuple[Floats, Floats]:
    """Two quantiles of the Gamma with this mean and variance; the upper is never below the mean.

    With a variance of more than 73 times the squared mean, 95% of a Gamma lie below its mean.
    """
    from scipy.special import gammaincinv

    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(variance > 0, mean * mean / variance, np.inf)
        low, high = (np.where(np.isinf(shape), mean, gammaincinv(shape, q) * variance / mean) for q in (least, most))
    return low, np.maximum(high, mean)


def draw(posterior: Posterior, cells: NDArray[np.int64], draws: int, generator: np.random.Generator) -> Floats:
    """Draws of the rate of harm per period, cells × draws."""
    size = (len(cells), draws)

    def gamma(shape: Floats) -> Floats:
        return generator.standard_gamma(np.broadcast_to(shape[cells, None], size), dtype=np.float32)

    harm = np.full(size, posterior.days[-1], dtype=np.float32)
    for days, hit, miss in list(zip(posterior.days, posterior.hit, posterior.miss, strict=False))[::-1]:
        harm += (np.float32(days) - harm) * share_of(gamma(hit), gamma(miss), hit[cells], miss[cells], generator)
    volume = gamma(posterior.shape[0]) / np.float32(posterior.rate[0])
    if posterior.hot.any():
        hot = generator.random(size, dtype=np.float32) < posterior.hot[cells, None]
        volume = np.where(hot, gamma(posterior.shape[1]) / np.float32(posterior.rate[1]), volume)
    return harm * volume


def share_of(yes: Floats, no: Floats, hit: Floats, miss: Floats, generator: np.random.Generator) -> Floats:
    """yes/(yes + no), cells × draws. Where both are too small to be told from 0, the Beta is all or nothing."""
    total = yes + no
    none = total == 0
    if not none.any():
        return np.asarray(yes / total)
    sure = generator.random(total.shape, dtype=np.float32) < (hit / (hit + miss))[:, None]
    return np.where(none, sure, yes / np.where(none, 1, total)).astype(np.float32)


def chance_of_top(
    posterior: Posterior, groups: NDArray[np.int64], top: int, draws: int = Settings.draws, seed: int = Settings.seed
) -> Floats:
    """Share of draws in which each cell is among the ``top`` of its group. A group of −1 is none: nan.

    Only cells with a real chance are drawn: the others' is below `HOPELESS`, and given as 0.
    """
    mean, variance = moments(posterior)

    def chances(members: NDArray[np.int64], generator: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
        drawn = contenders(posterior, members, mean, variance, top, generator)
        harm = draw(posterior, drawn, draws, generator)
        return drawn, ((harm >= bar(harm, top)) & (harm > 0)).mean(axis=1)

    return in_each_group(groups, top, chances, seed)


def in_each_group(
    groups: NDArray[np.int64], top: int,
    chances: Callable[[NDArray[np.int64], np.random.Generator], tuple[NDArray[np.int64], Floats]], seed: int,
) -> Floats:  # fmt: skip
    """A chance per cell, from ``chances`` (members, a generator of their own → cells drawn, theirs); 0 where not drawn.

    A group of −1 is none: nan. In a group of no more than ``top`` all are sure. Groups are drawn side by side: the
    generators let go of the interpreter while they draw.
    """
    found = np.where(groups < 0, np.nan, 0.0)

    def one(group: int) -> tuple[NDArray[np.int64], Floats]:
        members = np.flatnonzero(groups == group)
        if len(members) <= top:
            return members, np.ones(len(members))
        return chances(members, np.random.default_rng([seed, group]))

    with ThreadPoolExecutor(THREADS) as pool:
        for cells, chance in pool.map(one, range(int(groups.max(initial=-1)) + 1)):
            found[cells] = chance
    return found


def bar(harm: Floats, top: int) -> Floats:
    """The ``top``-th highest harm of each draw (cells × draws, or one draw)."""
    return np.asarray(np.partition(harm, len(harm) - top, axis=0)[len(harm) - top])


def contenders(
    posterior: Posterior, members: NDArray[np.int64], mean: Floats, variance: Floats, top: int,
    generator: np.random.Generator,
) -> NDArray[np.int64]:  # fmt: skip
    """The members that may pass the lowest bar that a few draws of the likeliest find."""
    likeliest = members[np.argsort(-mean[members], kind="stable")[: PILOT_CELLS * top]]
    lowest = bar(draw(posterior, likeliest, PILOT_DRAWS, generator), top).min()
    chance = above(lowest, mean[members], variance[members])
    kept = chance >= HOPELESS
    kept[np.argsort(-mean[members], kind="stable")[:top]] = True
    return members[kept]


def above(harm: float, mean: Floats, variance: Floats) -> Floats:
    """Chance that a Gamma with this mean and variance is above ``harm``; 1 or 0 where there is no variance."""
    from scipy.special import gammaincc

    sure = variance <= 0
    spread = np.where(sure, 1.0, variance)
    return np.where(sure, mean > harm, gammaincc(mean * mean / spread, harm * mean / spread))


def counted_moments(posterior: Posterior, horizon: float) -> tuple[Floats, Floats]:
    """Mean and variance of the harm that will be counted: the rate's own, and that of counts round it."""
    mean, variance = moments(posterior)
    square, _ = moments(replace(posterior, days=posterior.days**2))
    return mean * horizon, variance * horizon**2 + square * horizon * posterior.dispersion
