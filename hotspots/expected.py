"""Expected harm: what each cell's past says about its next months, and how sure that is.

A raw sum of harm is led by luck. Here a cell's harm is the rate at which its offences come, times what an offence
there weighs, and both are pulled towards what is usual the less the cell itself has shown. All incidents of a cell
tell how busy it is; how severe its incidents are is learnt from its surroundings and from itself, band by band.

The model, for cell i and offence bands b (weights within a band differ by at most √10; lightest first)

- memory: an incident of age t periods counts 2^(−t/h). The half-life h is the longest that the last quarter of the
  window does not clearly refuse (`memory`); without evidence nothing is forgotten.
- volume: all scored offences, nᵢ ~ Poisson(θᵢE), θᵢ ~ Gamma(κmᵢ, κ), where mᵢ = (1−ρ)·(mean of the force) +
  ρ·(mean of the six adjoining cells). E is the effective number of periods, (Σd)²/Σd² for decay weights d (Kish).
  A part ε of the cells are hot instead: θᵢ ~ Gamma(mᵢ/m, 1/μ), for the force's mean m. Without them a true hot spot
  would be drawn too far towards the mean. mᵢ is at most 4m.
- bursts: the last quarter fell φ times as far from its forecasts as Poisson counts would (φ ≥ 1): the variance of θᵢ
  is φ times what it would be.
- severity: of the offences in no lighter band, a share p_ib is in band b; p_ib ~ Beta(A_b q_ib, A_b(1−q_ib)), with
  q_ib the adjoining cells' share, drawn to the force's by Q_b offences' worth of prior. The severest takes the rest.
- expected harm per period = E[θᵢ] · Σ_b w_b E[p_ib] Π_{a lighter} (1−E[p_ia]), w_b the mean weight of the band.

Gamma and Poisson, Beta and Binomial are conjugate, and a Poisson count splits into independent parts: so the
posterior is exact given κ, ρ, ε, μ, A and Q, which are the values on a grid with the greatest marginal likelihood
(empirical Bayes). Intervals come from a Gamma with the posterior's exact mean and variance; ``p_top`` from draws.

When it misleads: it knows nothing of what will change (a club that closes, a market that moves); a cell new to the
data starts at the average; the hyperparameters are taken as known, so with few cells intervals are too narrow; where
map points moved inside the window, it learns from places that are not the same. With given hyperparameters one more
scored incident never lowers its cell's figure, as long as it does not change the mean weight of its band.

References: Efron & Morris 1975, doi:10.1080/01621459.1975.10479864 (shrinkage); Clayton & Kaldor 1987,
doi:10.2307/2532003 (empirical Bayes for rates of small areas); Harvey & Fernandes 1989,
doi:10.1080/07350015.1989.10509750 (discounted counts); Wedderburn 1974, doi:10.1093/biomet/61.3.439 (dispersion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.geography.neighbours import adjacency, are_cells, surroundings
from hotspots.harm import SCORED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = np.ndarray  # of float64

TOP, DRAWS, SEED, HORIZON = 20, 1000, 1, 3
INTERVAL = 0.90  # of harm_expected_low to harm_expected_high
WITHIN_BAND = 10**0.5  # weights within a band differ by no more than this factor
HALF_LIVES = (1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 7 / 6, 2.0, np.inf)  # parts of the window
CLEARLY = 2.0  # standard errors by which a longer memory must be worse to be refused
KAPPA = (0.03, 0.06, 0.12, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0)  # over the mean rate
MOST_BUSY = 4.0  # times the mean: what surroundings may say of a cell
NEAR = (0.0, 0.1, 0.25, 0.5)
STRENGTH = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 300.0, 1000.0)  # more cannot be told from more, so no more is claimed
HOT = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2)  # part of the cells
HOT_MEAN = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0)  # over the mean rate
FAR = (30.0, 300.0, 1e9)
PILOT_CELLS, PILOT_DRAWS = 5, 50  # to find the lowest bar: cells per place in the top, and draws of them
COUNTED_DRAWS, COUNTED_PILOT = 400, 20
HOPELESS = 1e-4  # a cell whose chance of the top is below this is not drawn
COLUMNS = ("cell", "harm_expected_days", "harm_expected_low", "harm_expected_high", "p_top", "p_top_next")


@dataclass(frozen=True, eq=False)
class Counts:
    """What the window holds of scored offences. Cells are in order of id: those with one, and the empty ones adjoining.

    Without the empty cells the force would look more even than it is, and every cell would be drawn too far.

    ``volume``: cells × periods; ``exposure``: per period, 1 = observed in full, 0 = not at all; ``bands``: of each row
    of the table ``cell`` (position), ``step`` (position), ``band`` and ``n``; ``days``: mean weight of each band,
    lightest first.
    """

    cell: NDArray[np.int64]
    volume: Floats
    exposure: Floats
    rows: pd.DataFrame
    days: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Whether a cell has an offence in the window."""
        return np.asarray(self.volume.any(axis=1), dtype=bool)


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


def expected_harm(
    cell_periods: pd.DataFrame,
    weights: pd.DataFrame,
    periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None,
    groups: pd.Series | None = None,
    top: int = TOP,
    draws: int = DRAWS,
    seed: int = SEED,
    horizon: float = HORIZON,
    fitted: Fitted | None = None,
    counted: bool = False,
) -> pd.DataFrame:
    """Expected harm of every cell of a cube that has a scored offence, with its interval and its chance of the top.

    ``cell_periods`` and ``weights`` as in `hotspots.ranking.rank_cells`. ``periods``: those that were observed
    (default: those in the cube; months YYYYMM or any evenly spaced numbers), ``exposure``: the part of each that was
    (default 1). ``groups``: a label per cell (index: cell id), such as its BCU: the top is that of each group.
    ``fitted``: hyperparameters of an earlier fit. ``draws`` 0 leaves p_top empty. ``counted``: p_top_next as well,
    which takes up to seconds.

    Returns cell (int64, in order), harm_expected_days over the next ``horizon`` periods, harm_expected_low and
    harm_expected_high (90% interval of the expectation, not of what will be counted), p_top (share of the posterior
    draws in which the cell's own rate of harm is among the ``top`` highest), p_top_next (the same by what will be
    counted over the horizon: see `chance_of_counted_top`). The same seed gives the same draws. The
    hyperparameters are in ``.attrs["fitted"]``.
    """
    counts = tally(cell_periods, weights, periods, exposure)
    if not len(counts.cell):
        return pd.DataFrame({c: pd.Series(dtype="int64" if c == "cell" else "float64") for c in COLUMNS})
    near = Surroundings.of(counts.cell)
    fitted = fitted or fit(counts, near)
    posterior = posterior_of(counts, near, fitted)
    mean, variance = (part[counts.seen] for part in moments(posterior))
    low, high = interval(mean, variance)
    figures = (counts.cell[counts.seen], mean * horizon, low * horizon, high * horizon, np.nan, np.nan)
    found = pd.DataFrame(dict(zip(COLUMNS, figures, strict=True)))
    if draws:
        numbers = numbered(groups, counts)
        found["p_top"] = chance_of_top(posterior, numbers, top, draws, seed)[counts.seen]
        if counted:
            found["p_top_next"] = chance_of_counted_top(posterior, numbers, top, horizon, seed=seed)[counts.seen]
    found.attrs["fitted"] = fitted
    return found


def band_rates(
    cell_periods: pd.DataFrame,
    weights: pd.DataFrame,
    periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Expected offences per period and band, whatever they weigh, for asking what other weights would make of them.

    Returns (cells with a scored offence; cells × bands; bands × offence codes: the part of its band that an offence
    is). So expected harm per period under weights w is rates @ parts @ w, the bands staying as they are.
    """
    counts = tally(cell_periods, weights, periods, exposure)
    n = np.bincount(cell_periods["offence"].to_numpy(), cell_periods["n_offences"].to_numpy(), len(weights))
    scored = weights["status"].to_numpy(dtype=object) == SCORED
    band, _ = bands_of(np.where(scored, weights["days"].to_numpy(dtype=float), np.nan), n)
    parts = np.zeros((len(counts.days), len(weights)))
    parts[band[band >= 0], np.flatnonzero(band >= 0)] = n[band >= 0]
    parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1)
    if not len(counts.cell):
        return counts.cell, np.zeros((0, len(counts.days))), parts
    near = Surroundings.of(counts.cell)
    posterior = posterior_of(counts, near, fit(counts, near))
    left, _ = volume_moments(posterior)
    rates = np.empty((len(counts.days), len(left)))
    for number, (hit, miss) in enumerate(zip(posterior.hit, posterior.miss, strict=True)):
        rates[number] = left * hit / (hit + miss)
        left = left - rates[number]
    rates[-1] = left
    return counts.cell[counts.seen], rates.T[counts.seen], parts


def numbered(groups: pd.Series | None, counts: Counts) -> NDArray[np.int64]:
    """A number per cell for its group; −1 for the empty cells, which belong to no ranking."""
    if groups is None:
        return np.where(counts.seen, 0, -1)
    codes, _ = pd.factorize(groups.reindex(counts.cell).to_numpy(dtype=object))
    return np.where(counts.seen, codes, -1)


# ---------------------------------------------------------------- counts


def tally(
    cell_periods: pd.DataFrame,
    weights: pd.DataFrame,
    periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None,
) -> Counts:
    """The cube's scored offences per cell, period and band."""
    observed = np.unique(cell_periods["period"].to_numpy()) if periods is None else np.asarray(periods)
    if len(np.unique(observed)) != len(observed) or not np.isin(cell_periods["period"], observed).all():
        raise ValueError("periods must be distinct and hold every period of the cube")
    steps = steps_of(observed)
    lengths = np.zeros(int(steps.max()) + 1 if len(steps) else 0)
    lengths[steps] = 1.0 if exposure is None else np.asarray(exposure, dtype=float)
    scored = weights["status"].to_numpy(dtype=object) == SCORED
    offence = cell_periods["offence"].to_numpy()
    kept = cell_periods[scored[offence]]
    days = np.where(scored, weights["days"].to_numpy(dtype=float), np.nan)
    cell = with_surroundings(np.unique(kept["cell"].to_numpy(dtype=np.int64)))
    code = np.searchsorted(cell, kept["cell"].to_numpy(dtype=np.int64))
    n = kept["n_offences"].to_numpy(dtype=np.float64)
    total = np.bincount(kept["offence"].to_numpy(), weights=n, minlength=len(days))
    band, mean_days = bands_of(days, total)
    place = pd.Series(steps, index=observed)
    step = place.reindex(kept["period"]).to_numpy(dtype=np.int64)
    volume = np.bincount(code * len(lengths) + step, weights=n, minlength=len(cell) * len(lengths))
    rows = pd.DataFrame({"cell": code, "step": step, "band": band[kept["offence"].to_numpy()], "n": n})
    return Counts(cell, volume.reshape(len(cell), len(lengths)), lengths, rows, mean_days)


def with_surroundings(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cells and those that adjoin one. Numbers that are no H3 cells, as in a table made by hand, have none."""
    return surroundings(cells) if are_cells(cells) else cells


def steps_of(periods: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each period's place in time from the first on: months YYYYMM by the calendar, other numbers by difference."""
    periods = np.asarray(periods, dtype=np.int64)
    if not len(periods):
        return periods
    year, month = np.divmod(periods, 100)
    if ((year >= 1900) & (year < 3000) & (month >= 1) & (month <= 12)).all():
        periods = year * 12 + month
    return periods - periods.min()


def bands_of(days: Floats, n: Floats) -> tuple[NDArray[np.int64], Floats]:
    """(each offence's band, lightest first; each band's mean weight over the ``n`` offences there were).

    A band begins at its lightest weight and ends before √10 times that. Offences that do not occur form no band.
    """
    band = np.full(len(days), -1, dtype=np.int64)
    begins, number = -1.0, -1
    for offence in np.lexsort((np.arange(len(days)), days)):
        if np.isnan(days[offence]) or not n[offence]:
            continue
        if begins < 0 or days[offence] > begins * WITHIN_BAND * (1 + 1e-9):
            begins, number = days[offence], number + 1
        band[offence] = number
    used = band >= 0
    total = np.bincount(band[used], weights=n[used], minlength=number + 1)
    return band, np.bincount(band[used], weights=(n * days)[used], minlength=number + 1) / np.maximum(total, 1)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Sums over the six adjoining cells; one without an incident counts as zero."""

    matrix: csr_array

    @classmethod
    def of(cls, cells: NDArray[np.int64]) -> Surroundings:
        if are_cells(cells):
            return cls(adjacency(cells))
        from scipy.sparse import csr_array

        return cls(csr_array((len(cells), len(cells))))

    def total(self, values: Floats) -> Floats:
        return np.asarray(self.matrix @ values, dtype=np.float64)


# ---------------------------------------------------------------- fitting


def fit(counts: Counts, near: Surroundings) -> Fitted:
    """Hyperparameters by marginal likelihood on a grid, memory and dispersion by forecasts within the window."""
    half_life = memory(counts.volume, counts.exposure)
    bands, effective = decayed(counts, half_life)
    volume = bands.sum(axis=0)
    usual = fit_volume(volume, effective, near, Fitted(half_life, 1.0, float(volume.sum() / effective / len(volume))))
    dispersion = dispersion_of(counts.volume, counts.exposure, half_life, usual.kappa)
    most = float(priors(volume, effective, near, usual)[0].max())
    return replace(usual, dispersion=dispersion, splits=fit_splits(bands, near, most))


def decay(exposure: Floats, half_life: float) -> Floats:
    """2^(−age/half-life) of each period, 0 where it was not observed."""
    age = np.arange(len(exposure) - 1, -1, -1.0)
    return np.where(exposure > 0, 1.0 if np.isinf(half_life) else 0.5 ** (age / half_life), 0.0)


def decayed(counts: Counts, half_life: float) -> tuple[Floats, float]:
    """(bands × cells: what is remembered, scaled to effective information; the effective periods it stands for)."""
    d = decay(counts.exposure, half_life)
    exposure, squared = float(d @ counts.exposure), float((d * d) @ counts.exposure)
    scale = exposure / squared
    n_bands, n_cells = len(counts.days), len(counts.cell)
    rows = counts.rows
    key = rows["band"].to_numpy() * n_cells + rows["cell"].to_numpy()
    n = rows["n"].to_numpy() * d[rows["step"].to_numpy()] * scale
    found = np.bincount(key, weights=n, minlength=n_bands * n_cells)
    return found.reshape(n_bands, n_cells), exposure * scale


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


def fit_volume(volume: Floats, periods: float, near: Surroundings, start: Fitted) -> Fitted:
    """κ, ρ, and the hot cells' part and mean, one at a time, by the likelihood of the counts."""
    some = volume > 0
    found = replace(start, kappa=1.0 / start.mean, near=NEAR[1], hot_mean=start.mean * HOT_MEAN[2])

    held: dict[tuple[float, ...], Floats] = {}  # most trials share one of the two with an earlier one

    def likelihood(trial: Fitted) -> float:
        keys = ((trial.kappa, trial.near, -1.0), (-1.0, trial.near, trial.hot_mean))
        shapes, rates = priors(volume, periods, near, trial)
        for key, shape, rate in zip(keys, shapes, rates, strict=True):
            if key not in held and (trial.hot or key is keys[0]):
                held[key] = count_likelihood(volume, some, shape, rate, periods)
        return mixed(held[keys[0]], held[keys[1]] if trial.hot else held[keys[0]], trial.hot)

    for _ in range(2):
        found = max((replace(found, kappa=k / start.mean) for k in KAPPA), key=likelihood)
        found = max((replace(found, near=share) for share in NEAR), key=likelihood)
        found = max(
            (replace(found, hot=max(found.hot, HOT[3]), hot_mean=start.mean * m) for m in HOT_MEAN), key=likelihood
        )
        found = max((replace(found, hot=part) for part in HOT), key=likelihood)
    return found


def priors(volume: Floats, periods: float, near: Surroundings, fitted: Fitted) -> tuple[Floats, tuple[float, float]]:
    """Of the usual and the hot Gamma: each cell's shape (2 × cells), and the rates."""
    around = prior_rate(volume, periods, near, fitted)
    return np.array([fitted.kappa * around, around / fitted.mean]), (fitted.kappa, 1 / fitted.hot_mean)


def count_likelihood(volume: Floats, some: Floats, shape: Floats, rate: float, periods: float) -> Floats:
    """Log-likelihood of each cell's count if θ ~ Gamma(shape, rate), without what no hyperparameter changes."""
    from scipy.special import gammaln

    found = shape * np.log(rate / (rate + periods)) - volume * np.log(rate + periods)
    found[some] += gammaln(shape[some] + volume[some]) - gammaln(shape[some])  # of an empty cell the two cancel
    return found


def mixed(usual: Floats, hot: Floats, part: float) -> float:
    """Log-likelihood of all cells, a ``part`` of which are hot."""
    return float(usual.sum() if not part else np.logaddexp(usual + np.log1p(-part), hot + np.log(part)).sum())


def prior_rate(volume: Floats, periods: float, near: Surroundings, fitted: Fitted) -> Floats:
    """mᵢ: the force's mean rate and that of the adjoining cells, mixed; at most `MOST_BUSY` times the mean.

    A prior's shape counts like offences seen: without a bound the busiest surroundings would outweigh the cell itself.
    """
    mixed_rate = (1 - fitted.near) * fitted.mean + fitted.near * near.total(volume) / 6 / periods
    return np.minimum(mixed_rate, MOST_BUSY * fitted.mean)


def fit_splits(bands: Floats, near: Surroundings, least: float) -> tuple[Split, ...]:
    """For each band but the severest, lightest first: its share and strengths, by Beta-binomial likelihood.

    A strength is at least the part of the one before that is left to it (``least`` for the first: the largest shape of
    a prior), as in a Dirichlet: then one more incident of any band never lowers the rate of another. Of all such
    chains the likeliest is taken.
    """
    left, chains = bands.sum(axis=0), [Chain(0.0, least, ())]
    for band in bands[:-1]:
        options = [fit_far(band, left, near, strength) for strength in strengths(min(c.least for c in chains))]
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


def strengths(least: float) -> list[float]:
    """The grid of strengths, none below ``least``."""
    return sorted({max(strength, least) for strength in STRENGTH})


def lengthened(chains: list[Chain], split: Split, likelihood: float, rest: float) -> Chain | None:
    """The likeliest of the chains that ``split`` may follow, with it; None where it may follow none."""
    fitting = [chain for chain in chains if chain.least <= split.strength * (1 + 1e-9)]
    if not fitting:
        return None
    best = max(fitting, key=lambda chain: chain.likelihood)
    return Chain(best.likelihood + likelihood, split.strength * rest, (*best.splits, split))


def fit_far(band: Floats, left: Floats, near: Surroundings, strength: float) -> tuple[Split, float, float]:
    """For one band of what is ``left``, at this strength: (its split, log-likelihood, most that a cell leaves over)."""
    whole = max(float(left.sum()), 1.0)
    share = min(max(float(band.sum()), 0.5), whole - 0.5) / whole  # what has not come yet is rare, not impossible
    some = left > 0
    hits, total = band[some], left[some]
    around = near.total(band)[some], near.total(left)[some]
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


# ---------------------------------------------------------------- the posterior


def posterior_of(counts: Counts, near: Surroundings, fitted: Fitted) -> Posterior:
    """Each cell's posterior, given the hyperparameters."""
    bands, periods = decayed(counts, fitted.half_life)
    volume = bands.sum(axis=0)
    shape, rate = priors(volume, periods, near, fitted)
    left, hit, miss = volume, [], []
    for band, split in zip(bands[:-1], fitted.splits, strict=True):
        share = prior_share(split.share, split.far, near.total(band), near.total(left))
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
        np.array(hit).reshape(size),
        np.array(miss).reshape(size),
        counts.days,
        fitted.dispersion,
    )


def chance_hot(volume: Floats, periods: float, fitted: Fitted) -> Floats:
    """Each cell's chance to be one of the hot ones, from its own count alone.

    With busy surroundings a count is less of a surprise. That must not speak against the cell, so every cell is asked
    as if its surroundings were average.
    """
    if not fitted.hot:
        return np.zeros(len(volume))
    flat, some = np.ones(len(volume)), volume > 0
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
    """Quantiles of the Gamma with this mean and variance: as much above as below, and never without the mean.

    With a variance of more than 73 times the squared mean, 95% of a Gamma lie below its mean.
    """
    from scipy.special import gammaincinv

    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(variance > 0, mean * mean / variance, np.inf)
        low, high = (
            np.where(np.isinf(shape), mean, gammaincinv(shape, q) * variance / mean)
            for q in ((1 - coverage) / 2, (1 + coverage) / 2)
        )
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
    posterior: Posterior, groups: NDArray[np.int64], top: int, draws: int = DRAWS, seed: int = SEED
) -> Floats:
    """Share of draws in which each cell is among the ``top`` of its group. A group of −1 is none: nan.

    Only cells with a real chance are drawn: the others' is below `HOPELESS`, and given as 0.
    """
    mean, variance = moments(posterior)
    found = np.where(groups < 0, np.nan, 0.0)
    for group in range(int(groups.max(initial=-1)) + 1):
        members = np.flatnonzero(groups == group)
        if len(members) <= top:
            found[members] = 1.0
            continue
        generator = np.random.default_rng([seed, group])
        drawn = contenders(posterior, members, mean, variance, top, generator)
        harm = draw(posterior, drawn, draws, generator)
        found[drawn] = ((harm >= bar(harm, top)) & (harm > 0)).mean(axis=1)
    return found


def bar(harm: Floats, top: int) -> Floats:
    """The ``top``-th highest harm of each draw (cells × draws, or one draw)."""
    return np.asarray(np.partition(harm, len(harm) - top, axis=0)[len(harm) - top])


def contenders(
    posterior: Posterior,
    members: NDArray[np.int64],
    mean: Floats,
    variance: Floats,
    top: int,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
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


# ---------------------------------------------------------------- what will be counted


def chance_of_counted_top(
    posterior: Posterior,
    groups: NDArray[np.int64],
    top: int,
    horizon: float,
    draws: int = COUNTED_DRAWS,
    seed: int = SEED,
) -> Floats:
    """Chance that a cell is among the ``top`` of its group *by what will be counted* over ``horizon`` periods.

    Less sharp than p_top: counts fall by luck as well. Drawn are rate, then counts per band, Poisson with the
    posterior's dispersion; bands count at their mean weight. Ties at the bar share it evenly. As for p_top, cells
    without a real chance are not drawn.
    """
    generator = np.random.default_rng([seed, len(groups)])
    found = np.where(groups < 0, np.nan, 0.0)
    mean, variance = counted_moments(posterior, horizon)
    members = [np.flatnonzero(groups == group) for group in range(int(groups.max(initial=-1)) + 1)]
    pilot = [draw_counted(posterior, horizon, generator) for _ in range(COUNTED_PILOT)]
    for of_group in members:
        kept = np.ones(len(of_group), dtype=bool)
        if len(of_group) > top:
            lowest = min(float(bar(harm[of_group], top)) for harm in pilot)
            kept = above(lowest, mean[of_group], variance[of_group]) >= HOPELESS
            kept[np.argsort(-mean[of_group], kind="stable")[:top]] = True
        drawn = of_group[kept]
        part = part_of(posterior, drawn)
        for _ in range(draws):
            found[drawn] += in_top(draw_counted(part, horizon, generator), top) / draws
    return found


def counted_moments(posterior: Posterior, horizon: float) -> tuple[Floats, Floats]:
    """Mean and variance of the harm that will be counted: the rate's own, and that of counts round it."""
    mean, variance = moments(posterior)
    square, _ = moments(replace(posterior, days=posterior.days**2))
    return mean * horizon, variance * horizon**2 + square * horizon * posterior.dispersion


def part_of(posterior: Posterior, cells: NDArray[np.int64]) -> Posterior:
    """The posterior of some of the cells."""
    return replace(
        posterior,
        hot=posterior.hot[cells],
        shape=posterior.shape[:, cells],
        hit=posterior.hit[:, cells],
        miss=posterior.miss[:, cells],
    )


def in_top(harm: Floats, top: int) -> Floats:
    """1 for the ``top`` highest, 0 for the others; equals at the bar share the places that are left."""
    if len(harm) <= top:
        return np.ones(len(harm))
    bar = np.partition(harm, len(harm) - top)[len(harm) - top]
    above, level = harm > bar, harm == bar
    return above + level * ((top - above.sum()) / level.sum())


def draw_counted(posterior: Posterior, horizon: float, generator: np.random.Generator) -> Floats:
    """One draw of the harm that is counted in each cell over ``horizon`` periods."""
    hot = (generator.random(len(posterior.hot)) < posterior.hot).astype(np.int64)
    shape = np.take_along_axis(posterior.shape, hot[None], axis=0)[0]
    rate = generator.standard_gamma(shape) / np.array(posterior.rate)[hot] * horizon
    if posterior.dispersion > 1:
        rate = generator.standard_gamma(rate / (posterior.dispersion - 1)) * (posterior.dispersion - 1)
    counts = generator.poisson(rate)
    some = np.flatnonzero(counts)
    left, held = counts[some], np.zeros(len(some))
    for days, hit, miss in zip(posterior.days, posterior.hit, posterior.miss, strict=False):
        n = generator.binomial(left, generator.beta(hit[some], miss[some]))
        held, left = held + days * n, left - n
    harm = np.zeros(len(counts))
    harm[some] = held + posterior.days[-1] * left
    return harm
