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

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.settings import Settings
from hotspots.harm.scoring import scored_days
from hotspots.ranking.expected.counted import chance_of_counted_top, counted_interval, drift_of
from hotspots.ranking.expected.counts import Counts, Floats, bands_of, surroundings_of, tally
from hotspots.ranking.expected.fitting import Fitted, fit
from hotspots.ranking.expected.posterior import (
    Posterior,
    chance_of_top,
    interval,
    moments,
    posterior_of,
    volume_moments,
)

COLUMNS = (
    "cell", "harm_expected_days", "harm_expected_low", "harm_expected_high", "p_top", "p_top_next", "harm_next_low",
    "harm_next_high",
)  # fmt: skip


def expected_harm(
    cell_periods: pd.DataFrame, weights: pd.DataFrame, periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None, groups: pd.Series | None = None, top: int = Settings.top,
    draws: int = Settings.draws, seed: int = Settings.seed, horizon: float = Settings.expected_months,
    fitted: Fitted | None = None, counted: bool = False, only: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Expected harm of every cell of a cube that has a scored offence, with its interval and its chance of the top.

    ``cell_periods`` and ``weights`` as in `hotspots.ranking.rank.rank_cells`. ``periods``: those that were observed
    (default: those in the cube; months YYYYMM or any evenly spaced numbers), ``exposure``: the part of each that was
    (default 1). ``groups``: a label per cell (index: cell id), such as its BCU: the top is that of each group.
    ``fitted``: hyperparameters of an earlier fit. ``draws`` 0 leaves p_top empty. ``counted``: what will be counted as
    well. ``only``: the chances of this group alone, which leaves those of others empty.

    Returns cell (int64, in order), harm_expected_days over the next ``horizon`` periods, harm_expected_low and
    harm_expected_high (90% interval of the expectation, not of what will be counted), p_top (share of the posterior
    draws in which the cell's own rate of harm is among the ``top`` highest), p_top_next (the same by what will be
    counted over the horizon: `hotspots.ranking.expected.counted`), harm_next_low and harm_next_high (90% interval of
    what will be counted). The same seed gives the same draws. The hyperparameters are in ``.attrs["fitted"]``.
    """
    counts = tally(cell_periods, weights, periods, exposure)
    if not len(counts.cell):
        return pd.DataFrame({c: pd.Series(dtype="int64" if c == "cell" else "float64") for c in COLUMNS})
    near = surroundings_of(counts.cell)
    fitted = fitted or fit(counts, near)
    posterior = posterior_of(counts, near, fitted)
    mean, variance = (part[counts.seen] for part in moments(posterior))
    low, high = interval(mean, variance)
    figures = (counts.cell[counts.seen], mean * horizon, low * horizon, high * horizon, np.nan, np.nan, np.nan, np.nan)
    found = pd.DataFrame(dict(zip(COLUMNS, figures, strict=True)))
    if draws or counted:
        numbers = numbered(groups, counts)
        asked = np.where(groups.reindex(counts.cell) == only, numbers, -1) if only and groups is not None else numbers
    if draws:
        found["p_top"] = chance_of_top(posterior, asked, top, draws, seed)[counts.seen]
    if counted:
        drift = drift_of(counts, near, fitted, horizon)
        cells = np.flatnonzero(asked[counts.seen] >= 0)
        low, high = counted_interval(posterior, np.flatnonzero(counts.seen)[cells], horizon, drift)
        found.loc[cells, "harm_next_low"], found.loc[cells, "harm_next_high"] = low, high
        found["p_top_next"] = chance_of_counted_top(posterior, asked, top, horizon, drift, seed=seed)[counts.seen]
    found.attrs["fitted"] = fitted
    return found


def band_rates(
    cell_periods: pd.DataFrame, weights: pd.DataFrame, periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None,
) -> tuple[NDArray[np.int64], Floats, Floats]:  # fmt: skip
    """Expected offences per period and band, whatever they weigh, for asking what other weights would make of them.

    Returns (cells with a scored offence; cells × bands; bands × offence codes: the part of its band that an offence
    is). So expected harm per period under weights w is rates @ parts @ w, the bands staying as they are.
    """
    counts = tally(cell_periods, weights, periods, exposure)
    n = np.bincount(cell_periods["offence"].to_numpy(), cell_periods["n_offences"].to_numpy(), len(weights))
    band, _ = bands_of(scored_days(weights, np.nan), n)
    parts = np.zeros((len(counts.days), len(weights)))
    parts[band[band >= 0], np.flatnonzero(band >= 0)] = n[band >= 0]
    parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1)
    if not len(counts.cell):
        return counts.cell, np.zeros((0, len(counts.days))), parts
    posterior = learnt(counts)
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


def learnt(counts: Counts) -> Posterior:
    """Each cell's posterior, its hyperparameters learnt from these counts."""
    near = surroundings_of(counts.cell)
    return posterior_of(counts, near, fit(counts, near))
