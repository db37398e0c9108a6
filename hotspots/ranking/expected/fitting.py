"""What is learnt from all cells together: memory, dispersion, volume and severity: `model.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hotspots.ranking.expected.counts import Counts, Floats, Near, decayed

HALF_LIVES = (1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 7 / 6, 2.0, np.inf)  # parts of the window
CLEARLY = 2.0  # standard errors by which a longer memory must be worse to be refused
KAPPA = (0.03, 0.06, 0.12, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0)  # over the mean rate
MOST_BUSY = 4.0  # times the mean: what surroundings may say of a cell
NEAR = (0.0, 0.1, 0.25, 0.5)
STRENGTH = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 300.0, 1000.0)  # more cannot be told from more, so no more is claimed
HOT = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2)  # part of the cells
HOT_MEAN = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0)  # over the mean rate
FAR = (30.0, 300.0, 1e9)


@dataclass(frozen=True)
class Split:
    """How a band parts from the severer ones: its share of the force, and how much a cell is drawn towards it."""

    share: float
    strength: float
    far: float


@dataclass(frozen=True)
class Fitted:
    """The hyperparameters: everything that is learnt from all cells together. Periods are the cube's own."""

    half_life: float
    dispersion: float
    mean: float
    kappa: float = 1.0
    near: float = 0.0
    hot: float = 0.0
    hot_mean: float = 1.0
    splits: tuple[Split, ...] = ()


def fit(counts: Counts, near: Near) -> Fitted:
    """Hyperparameters by marginal likelihood on a grid, memory and dispersion by forecasts within the window."""
    half_life = memory(counts.volume, counts.exposure)
    bands, effective = decayed(counts, half_life)
    volume = bands.sum(axis=0)
    usual = fit_volume(volume, effective, near, Fitted(half_life, 1.0, float(volume.sum() / effective / len(volume))))
    dispersion = dispersion_of(counts.volume, counts.exposure, half_life, usual.kappa)
    most = float(priors(volume, effective, near, usual)[0].max())
    return replace(usual, dispersion=dispersion, splits=fit_splits(bands, near, most))


def forecasts(volume: Floats, exposure: Floats, half_life: float, kappa: float) -> list[tuple[Floats, Floats, float]]:
    """One-step forecasts of the last quarter of the observed periods (at least three): (what came, forecast, periods).

    Each forecast is scaled to the total that came: a season that moves all cells alike is not held against it. The
    third figure is how many effective periods the forecast rests on.
    """
    observed = np.flatnonzero(exposure > 0)
    last = set(observed[-max(3, round(len(observed) / 4)) :].tolist()) if len(observed) > 3 else set()
    forget = 1.0 if np.isinf(half_life) else 0.5 ** (1 / half_life)
    held, periods, squared = np.zeros(len(volume)), 0.0, 0.0
    found = []
    for step in range(len(exposure)):
        if step in last and periods > 0 and held.sum() > 0:
            guess = kappa * held.mean() / periods + held
            came = volume[:, step]
            found.append((came, guess * (came.sum() / guess.sum()), kappa + periods * periods / squared))
        held, periods, squared = held * forget, periods * forget, squared * forget * forget
        if exposure[step] > 0:
            held, periods, squared = held + volume[:, step], periods + exposure[step], squared + exposure[step]
    return found


def memory(volume: Floats, exposure: Floats) -> float:
    """Half-life in periods: the longest whose squared errors are not clearly worse than those of the best.

    Clearly: by `CLEARLY` standard errors of the sum of paired differences over cells. So a window without change
    keeps everything, and a shorter memory has to earn its noise.
    """
    errors = []
    lives = [part * len(exposure) for part in HALF_LIVES]
    for life in lives:
        pairs = forecasts(volume, exposure, life, 1.0)
        errors.append(np.sum([(came - guess) ** 2 for came, guess, _ in pairs], axis=0) if pairs else np.zeros(1))
    best = int(np.argmin([e.sum() for e in errors]))
    for life, error in zip(lives[:best:-1], errors[:best:-1], strict=True):
        worse = error - errors[best]
        if worse.sum() < CLEARLY * np.sqrt((worse * worse).sum()) or not worse.any():
            return life
    return lives[best]


def dispersion_of(volume: Floats, exposure: Floats, half_life: float, kappa: float) -> float:
    """Squared errors of the forecasts over those of a Poisson count with an uncertain rate; at least 1."""
    pairs = forecasts(volume, exposure, half_life, kappa)
    expected = sum(float((guess * (1 + 1 / periods)).sum()) for _, guess, periods in pairs)
    if not expected:
        return 1.0
    return max(1.0, sum(float(((came - guess) ** 2).sum()) for came, guess, _ in pairs) / expected)


def fit_volume(volume: Floats, periods: float, near: Near, start: Fitted) -> Fitted:
    """κ, ρ, and the hot cells' part and mean, one at a time, by the likelihood of the counts."""
    some, beside = np.flatnonzero(volume), near @ volume
    found = replace(start, kappa=1.0 / start.mean, near=NEAR[1], hot_mean=start.mean * HOT_MEAN[2])

    # most trials share a part with an earlier one, and some are earlier ones
    @cache
    def around(share: float) -> Floats:
        return prior_rate(beside, periods, replace(start, near=share))

    @cache
    def usual(kappa: float, share: float) -> Floats:
        return count_likelihood(volume, some, kappa * around(share), kappa, periods)

    @cache
    def hot(share: float, hot_mean: float) -> Floats:
        return count_likelihood(volume, some, around(share) / start.mean, 1 / hot_mean, periods)

    @cache
    def likelihood(trial: Fitted) -> float:
        own = usual(trial.kappa, trial.near)
        return mixed(own, hot(trial.near, trial.hot_mean) if trial.hot else own, trial.hot)

    for _ in range(2):
        found = max((replace(found, kappa=k / start.mean) for k in KAPPA), key=likelihood)
        found = max((replace(found, near=share) for share in NEAR), key=likelihood)
        found = max(
            (replace(found, hot=max(found.hot, HOT[3]), hot_mean=start.mean * m) for m in HOT_MEAN), key=likelihood
        )
        found = max((replace(found, hot=part) for part in HOT), key=likelihood)
    return found


def priors(volume: Floats, periods: float, near: Near, fitted: Fitted) -> tuple[Floats, tuple[float, float]]:
    """Of the usual and the hot Gamma: each cell's shape (2 × cells), and the rates."""
    around = prior_rate(near @ volume, periods, fitted)
    return np.array([fitted.kappa * around, around / fitted.mean]), (fitted.kappa, 1 / fitted.hot_mean)


def prior_rate(beside: Floats, periods: float, fitted: Fitted) -> Floats:
    """mᵢ: the force's mean rate and that of the adjoining cells, mixed; at most `MOST_BUSY` times the mean.

    ``beside``: the offences of the adjoining cells together.

    A prior's shape counts like offences seen: without a bound the busiest surroundings would outweigh the cell itself.
    """
    mixed_rate = (1 - fitted.near) * fitted.mean + fitted.near * beside / 6 / periods
    return np.minimum(mixed_rate, MOST_BUSY * fitted.mean)


def count_likelihood(volume: Floats, some: NDArray[np.int64], shape: Floats, rate: float, periods: float) -> Floats:
    """Log-likelihood of each cell's count if θ ~ Gamma(shape, rate), without what no hyperparameter changes.

    ``some``: where the cells with an offence stand.
    """
    from scipy.special import gammaln

    found = shape * np.log(rate / (rate + periods)) - volume * np.log(rate + periods)
    found[some] += gammaln(shape[some] + volume[some]) - gammaln(shape[some])  # of an empty cell the two cancel
    return found


def mixed(usual: Floats, hot: Floats, part: float) -> float:
    """Log-likelihood of all cells, a ``part`` of which are hot."""
    return float(usual.sum() if not part else np.logaddexp(usual + np.log1p(-part), hot + np.log(part)).sum())


def fit_splits(bands: Floats, near: Near, least: float) -> tuple[Split, ...]:
    """For each band but the severest, lightest first: its share and strengths, by Beta-binomial likelihood.

    A strength is at least the part of the one before that is left to it (``least`` for the first: the largest shape of
    a prior), as in a Dirichlet: then one more incident of any band never lowers the rate of another. Of all such
    chains the likeliest is taken.
    """
    left, chains = bands.sum(axis=0), [Chain(0.0, least, ())]
    for band in bands[:-1]:
        lowest = min(c.least for c in chains)
        options = [fit_far(band, left, near, s) for s in sorted({max(strength, lowest) for strength in STRENGTH})]
        longer = [lengthened(chains, *option) for option in options]
        chains = [chain for chain in longer if chain]
        left = np.maximum(left - band, 0.0)
    return max(chains, key=lambda chain: chain.likelihood).splits


@dataclass(frozen=True)
class Chain:
    """Splits chosen so far, their log-likelihood, and the least strength of the next."""

    likelihood: float
    least: float
    splits: tuple[Split, ...]


def lengthened(chains: list[Chain], split: Split, likelihood: float, rest: float) -> Chain | None:
    """The likeliest of the chains that ``split`` may follow, with it; None where it may follow none."""
    fitting = [chain for chain in chains if chain.least <= split.strength * (1 + 1e-9)]
    if not fitting:
        return None
    best = max(fitting, key=lambda chain: chain.likelihood)
    return Chain(best.likelihood + likelihood, split.strength * rest, (*best.splits, split))


def fit_far(band: Floats, left: Floats, near: Near, strength: float) -> tuple[Split, float, float]:
    """For one band of what is ``left``, at this strength: (its split, log-likelihood, most that a cell leaves over)."""
    whole = max(float(left.sum()), 1.0)
    share = min(max(float(band.sum()), 0.5), whole - 0.5) / whole  # what has not come yet is rare, not impossible
    some = left > 0
    hits, total = band[some], left[some]
    around = (near @ band)[some], (near @ left)[some]
    found = []
    for far in FAR:
        here = prior_share(share, far, *around)
        found.append((Split(share, strength, far), split_likelihood(hits, total, strength, here), 1 - here.min()))
    return max(found, key=lambda option: option[1])


def prior_share(share: float, far: float, hits: Floats, total: Floats) -> Floats:
    """A band's share as the surroundings have it, drawn to the force's by ``far`` offences' worth."""
    return (far * share + hits) / (far + total)


def split_likelihood(hits: Floats, total: Floats, strength: float, share: Floats) -> float:
    """Log of the Beta-binomial likelihood, without the terms that no strength changes."""
    from scipy.special import gammaln

    a, b = strength * share, strength * (1 - share)
    some = hits > 0  # of most cells the severe band is empty, and two of the terms cancel
    value = gammaln(b + total - hits) - gammaln(b) - gammaln(strength + total)
    return float(value.sum() + len(hits) * gammaln(strength) + (gammaln((a + hits)[some]) - gammaln(a[some])).sum())
