"""The distance between two places, part by part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspots.change.matching.covariates import Places
from hotspots.change.matching.rules import (
    EARTH_KM,
    MIX_OFFENCES,
    NEARNESS_KM,
    SEASON_PERIODS,
    SEASONS,
    WEIGHTS,
    Bools,
    Floats,
)


def components(places: Places) -> dict[str, Floats]:
    """Treated × candidates, the weighted parts of the distance."""
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    level = np.sqrt(places.expected)
    slope, raw_slope = trends(places.counts, places.exposure)
    seasons, mix = seasons_of(places), _drawn(places.shares, places.counts.sum(axis=1))

    def apart(values: Floats, spread: float) -> Floats:
        return np.abs(values[t][:, None] - values[c]) / spread

    return {
        "count": WEIGHTS["count"] * apart(level[:, 0], spread_of(level[:, 0], places.treated)),
        "harm": WEIGHTS["harm"] * apart(level[:, 1], spread_of(level[:, 1], places.treated)),
        "trend": WEIGHTS["trend"] * apart(slope, spread_of(raw_slope, places.treated)),
        "season": WEIGHTS["season"] * _hellinger(seasons[t], seasons[c]),
        "mix": WEIGHTS["mix"] * _hellinger(mix[t], mix[c]),
        "bcu": np.zeros((len(t), len(c))),
        "near": WEIGHTS["near"] * (km := kilometres(places, t, c)) / (km + NEARNESS_KM),
    }


def raw_levels(places: Places) -> Floats:
    """Places × (count, harm) counted per fully covered period."""
    covered = places.exposure.sum(axis=1)
    return np.column_stack([places.counts.sum(axis=1), places.harm.sum(axis=1)]) / covered[:, None]


def spread_of(values: Floats, treated: Bools) -> float:
    """The pooled standard deviation of both groups, √((s²ₜ + s²꜀)/2); of one where the other has one place; or 1."""
    parts = [np.var(v, ddof=1) for v in (values[treated], values[~treated]) if len(v) > 1]
    spread = float(np.sqrt(np.mean(parts))) if parts else 0.0
    return spread if spread > 1e-12 else 1.0


def trends(counts: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Slopes of √count per period, shrunk and raw; places × periods in, one number per place out.

    z = √((count + ⅜)/exposure), slope b = Σ(t − t̄)z/Σ(t − t̄)² over the periods with data. If the place were Poisson
    and level, b would have the variance v = Σ w² Var z (exact, from the Poisson distribution with the place's mean).
    The variance of true slopes is what is left, τ² = max(0, mean((b − b̄)² − v)); shrunk: b̄ + τ²/(τ² + v) (b − b̄).
    Where slopes are no wider than chance makes them, all are b̄ and the trend separates no two places. A place with
    fewer than three periods has b̄.
    """
    time = np.arange(counts.shape[1], dtype=float)
    has = exposure > 0
    n = has.sum(axis=1)
    middle = (has * time).sum(axis=1) / np.maximum(n, 1)
    away = np.where(has, time - middle[:, None], 0.0)
    sxx = (away**2).sum(axis=1)
    safe = np.where(has, exposure, 1.0)
    weight = away / np.where(sxx > 0, sxx, 1.0)[:, None]
    raw = (weight * np.sqrt((counts + 0.375) / safe)).sum(axis=1)
    mean = counts.sum(axis=1) / np.maximum(exposure.sum(axis=1), 1e-12)
    noise = (weight**2 * _root_variance(mean[:, None] * safe) / safe).sum(axis=1)
    enough = n >= 3
    if not enough.any():
        return np.zeros(len(raw)), np.zeros(len(raw))
    common = float(raw[enough].mean())
    true = max(0.0, float(np.mean((raw[enough] - common) ** 2 - noise[enough])))
    total = true + noise
    keep = np.where(enough & (total > 0), true / np.where(total > 0, total, 1.0), 0.0)
    return common + keep * (raw - common), np.where(enough, raw, common)


def _root_variance(mean: Floats) -> Floats:
    """Variance of √(Y + ⅜), Y Poisson: ¼ for large means, less for small; by summing, between points of a grid."""
    from scipy.stats import poisson

    grid = np.concatenate([[0.0], np.geomspace(0.01, 50, 60)])
    y = np.arange(160)
    p = poisson.pmf(y[None, :], grid[:, None])
    root = np.sqrt(y + 0.375)
    variance = (p * root**2).sum(axis=1) - (p * root).sum(axis=1) ** 2
    return np.interp(mean, grid, variance, right=0.25)


def seasons_of(places: Places) -> Floats:
    """Each place's share of crime in each part of the year, per covered period; equal within a single year."""
    if len(places.periods) <= SEASON_PERIODS:
        return np.full((len(places.unit), SEASONS), 1 / SEASONS)
    part = (np.arange(len(places.periods)) % SEASON_PERIODS) * SEASONS // SEASON_PERIODS
    in_part = (part[:, None] == np.arange(SEASONS)).astype(float)
    covered = places.exposure @ in_part
    rate = np.divide(places.counts @ in_part, covered, out=np.zeros_like(covered), where=covered > 0)
    total = rate.sum(axis=1, keepdims=True)
    shares = np.divide(rate, total, out=np.zeros_like(rate), where=total > 0)
    return _drawn(shares, places.counts.sum(axis=1))


def _drawn(shares: Floats, n: Floats) -> Floats:
    """Shares drawn towards everybody's, as if each place had had `MIX_OFFENCES` more offences of the common mix."""
    n = np.where(shares.sum(axis=1) > 0, n, 0.0)
    common = n @ shares / n.sum() if n.sum() else np.full(shares.shape[1], 1 / max(shares.shape[1], 1))
    return (n[:, None] * shares + MIX_OFFENCES * common) / (n + MIX_OFFENCES)[:, None]


def _hellinger(one: Floats, other: Floats) -> Floats:
    """√(½ Σ(√p − √q)²) of each row of one and each of the other: 0 the same, 1 nothing in common."""
    total = np.zeros((len(one), len(other)))
    for band in range(one.shape[1]):
        total += (np.sqrt(one[:, band])[:, None] - np.sqrt(other[:, band])) ** 2
    return np.sqrt(total / 2)


def kilometres(places: Places, one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """Great-circle distances (haversine)."""
    lon, lat = np.radians(places.lon), np.radians(places.lat)
    a = np.sin((lat[one][:, None] - lat[other]) / 2) ** 2
    a = a + np.cos(lat[one])[:, None] * np.cos(lat[other]) * np.sin((lon[one][:, None] - lon[other]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1))))
