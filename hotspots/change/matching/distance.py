"""The distance between two places, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError, sample
from hotspots.change.estimates.small_counts import poisson_chance
from hotspots.change.matching import rules
from hotspots.change.matching.rules import Bools, Floats

_EXPECTED = ("expected_count", "expected_harm")
_UNIT_COLUMNS = ("unit", "group", "bcu", "lon", "lat", "area_m2")


@dataclass(frozen=True, eq=False, kw_only=True)
class Places:
    """Everything in order of id; what a place is like, as arrays. Periods in order."""

    unit: list[str]
    treated: Bools
    bcu: NDArray[np.str_]
    lon: Floats
    lat: Floats
    area_m2: Floats
    counts: Floats  # places × periods, 0 where no data
    harm: Floats
    exposure: Floats  # the part of each period that data cover
    shares: Floats  # places × bands
    bands: list[str]
    periods: list[Any]
    expected: Floats  # places × (count, harm) per fully covered period


def places_of(
    units: pd.DataFrame, counts: pd.DataFrame, harm: pd.DataFrame, shares: pd.DataFrame, exposure: pd.DataFrame,
) -> Places:  # fmt: skip
    """The tables of `match` as arrays. HotspotsError, all problems at once, where they do not fit each other."""
    table = _checked_units(units)
    ids = table["unit"].tolist()
    n = _lined_up(counts, ids, "counts")
    h = _lined_up(harm, ids, "harm")
    mix = _lined_up(shares, ids, "shares")
    covered = _lined_up(exposure, ids, "exposure").where(n.notna(), 0.0).fillna(0.0)
    _refuse_numbers(n, h, covered, mix)
    return Places(
        unit=ids, treated=(table["group"] == "treated").to_numpy(), bcu=table["bcu"].astype(str).to_numpy(dtype=str),
        lon=table["lon"].to_numpy(dtype=float), lat=table["lat"].to_numpy(dtype=float),
        area_m2=table["area_m2"].to_numpy(dtype=float), counts=n.fillna(0.0).to_numpy(dtype=float),
        harm=h.fillna(0.0).to_numpy(dtype=float), exposure=covered.to_numpy(dtype=float),
        shares=mix.to_numpy(dtype=float), bands=[str(b) for b in mix.columns], periods=list(n.columns),
        expected=table[list(_EXPECTED)].to_numpy(dtype=float),
    )  # fmt: skip


def _checked_units(units: pd.DataFrame) -> pd.DataFrame:
    wanted = (*_UNIT_COLUMNS, *_EXPECTED)
    if missing := [c for c in wanted if c not in units]:
        raise HotspotsError(f"The places lack the columns {', '.join(missing)}.")
    table = units.assign(unit=units["unit"].astype(str)).sort_values("unit", ignore_index=True)
    problems = []
    if table["unit"].duplicated().any():
        problems.append(f"The place {sample(table['unit'][table['unit'].duplicated()])} is given twice.")
    if strange := [g for g in table["group"] if g not in rules.GROUPS]:
        problems.append(f"There is no group {sample(strange)}. Use {' or '.join(rules.GROUPS)}.")
    problems += [f"There is no {group} place." for group in rules.GROUPS if not (table["group"] == group).any()]
    for column in wanted[3:]:
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
        bad = ~np.isfinite(values) | ((values < 0) & (column not in ("lon", "lat")))
        if bad.any():
            problems.append(f"{column} is missing, negative or no number for {sample(table['unit'][bad])}.")
    if problems:
        raise HotspotsError(problems)
    return table


def _lined_up(table: pd.DataFrame, ids: list[str], what: str) -> pd.DataFrame:
    """The table with a row for each id, in their order, and its columns in order."""
    named = table.set_axis(table.index.astype(str), axis=0)
    if missing := sorted(set(ids) - set(named.index)):
        raise HotspotsError(f"The table of {what} has no row for {sample(missing)}.")
    if named.index.duplicated().any():
        raise HotspotsError(f"The table of {what} has {sample(named.index[named.index.duplicated()])} twice.")
    if what != "shares" and not 1 <= named.shape[1] <= rules.MAX_PERIODS:
        raise HotspotsError(f"The table of {what} has {named.shape[1]} periods; give 1 to {rules.MAX_PERIODS}.")
    return named.loc[ids].sort_index(axis=1)


def _refuse_numbers(n: pd.DataFrame, h: pd.DataFrame, covered: pd.DataFrame, mix: pd.DataFrame) -> None:
    problems = []
    if list(n.columns) != list(h.columns) or list(n.columns) != list(covered.columns):
        raise HotspotsError("Counts, harm and exposure have different periods; give the same periods in each.")
    for what, table in (("count", n), ("harm", h), ("share", mix)):
        bad = (table < 0).any(axis=1) | np.isinf(table.to_numpy(dtype=float)).any(axis=1)
        if bad.any():
            problems.append(f"A {what} is negative or infinite for {sample(table.index[bad])}.")
    if (n.notna() & h.isna()).any(axis=None):
        problems.append(f"Harm is missing for {sample(n.index[(n.notna() & h.isna()).any(axis=1)])}, the count is not.")
    if ((covered > 1) | (covered < 0) | ((covered == 0) & n.notna())).any(axis=None):
        problems.append("An exposure is not above 0 and at most 1 where there is a count.")
    silent = covered.index[(covered > 0).sum(axis=1) == 0]
    if len(silent):
        problems.append(f"There is no period with data for {sample(silent)}.")
    total = mix.sum(axis=1)
    off = (mix.shape[1] > 0) & (mix.isna().any(axis=1) | ((total - 1).abs().gt(0.001) & total.gt(0)))
    if off.any():
        problems.append(f"The shares of offence bands do not add up to 1 for {sample(mix.index[off])}.")
    if problems:
        raise HotspotsError(problems)


def components(places: Places) -> dict[str, Floats]:
    """Treated × candidates, the weighted parts of the distance."""
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    level = np.sqrt(places.expected)
    slope, raw_slope = trends(places.counts, places.exposure)
    seasons, mix = seasons_of(places), _drawn(places.shares, places.counts.sum(axis=1))

    def apart(values: Floats, spread: float) -> Floats:
        return np.abs(values[t][:, None] - values[c]) / spread

    return {
        "count": rules.WEIGHTS["count"] * apart(level[:, 0], spread_of(level[:, 0], places.treated)),
        "harm": rules.WEIGHTS["harm"] * apart(level[:, 1], spread_of(level[:, 1], places.treated)),
        "trend": rules.WEIGHTS["trend"] * apart(slope, spread_of(raw_slope, places.treated)),
        "season": rules.WEIGHTS["season"] * _hellinger(seasons[t], seasons[c]),
        "mix": rules.WEIGHTS["mix"] * _hellinger(mix[t], mix[c]),
        "bcu": np.zeros((len(t), len(c))),
        "near": rules.WEIGHTS["near"] * (km := kilometres(places, t, c)) / (km + rules.NEARNESS_KM),
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
    grid = np.concatenate([[0.0], np.geomspace(0.01, 50, 60)])
    y = np.arange(160)
    p = poisson_chance(y[None, :], grid[:, None])
    root = np.sqrt(y + 0.375)
    variance = (p * root**2).sum(axis=1) - (p * root).sum(axis=1) ** 2
    return np.interp(mean, grid, variance, right=0.25)


def seasons_of(places: Places) -> Floats:
    """Each place's share of crime in each part of the year, per covered period; equal within a single year."""
    if len(places.periods) <= rules.SEASON_PERIODS:
        return np.full((len(places.unit), rules.SEASONS), 1 / rules.SEASONS)
    part = (np.arange(len(places.periods)) % rules.SEASON_PERIODS) * rules.SEASONS // rules.SEASON_PERIODS
    in_part = (part[:, None] == np.arange(rules.SEASONS)).astype(float)
    covered = places.exposure @ in_part
    rate = np.divide(places.counts @ in_part, covered, out=np.zeros_like(covered), where=covered > 0)
    total = rate.sum(axis=1, keepdims=True)
    shares = np.divide(rate, total, out=np.zeros_like(rate), where=total > 0)
    return _drawn(shares, places.counts.sum(axis=1))


def _drawn(shares: Floats, n: Floats) -> Floats:
    """Shares drawn towards everybody's, as if each place had had `MIX_OFFENCES` more offences of the common mix."""
    n = np.where(shares.sum(axis=1) > 0, n, 0.0)
    common = n @ shares / n.sum() if n.sum() else np.full(shares.shape[1], 1 / max(shares.shape[1], 1))
    return (n[:, None] * shares + rules.MIX_OFFENCES * common) / (n + rules.MIX_OFFENCES)[:, None]


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
    return np.asarray(2 * rules.EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1))))
