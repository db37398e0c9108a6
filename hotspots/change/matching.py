"""Comparison places for treated hot spots, chosen by what was known before the start, and by nothing later.

No table given here holds a period after the start, so no outcome can steer the choice. The result is hashed: freeze
`frozen_text` before the outcome is seen, and anybody can show later that the comparison was not picked to please.

**Regression to the mean.** Hot spots are chosen for a bad spell. Their count before is partly bad luck, and the luck
does not last. Match on that same count, and the comparison places are lucky or unlucky in another measure than the
treated: both fall back, by different amounts, and the difference looks like an effect (Daw & Hatfield 2018
doi:10.1111/1475-6773.12993). So the default is ``levels="expected"``: each place's *expected* count and harm, drawn
towards that of places like it (`hotspots.expected`), not the count itself. What that does and does not mend:

- What comes after differs from the expected level by luck alone, whoever was chosen and matched on it. So a change
  counted from the expected level, (after − expected) of the treated less that of the comparison, is unbiased.
- A change counted from the raw count of a period that was looked at when choosing or matching is *not* mended by any
  matching: the top 20 have no equals among the rest. `Matched.regression` gives what it would show if nothing were
  done (built_in). Either take a later period as baseline, that neither the choice nor the expected level has seen, or
  report built_in beside the estimate.
- Both hold only where the expected level was made of everything that choosing and matching looked at. An expected
  level of the year before, and then a match on the raw count of this year: built_in is wrong too.

Simulated stable places, 20 treated, nothing done (tests/recovery/test_change_matching_recovery.py has the figures):
with an untouched baseline, matching on the expected level of the time before it shows no change, as it should; matching
on the raw count of the baseline itself shows a *rise* of about a sixth.

Matching in general, standardised differences, and what to report: Stuart 2010 doi:10.1214/09-STS313. A pre-period
check that finds nothing is weak evidence, above all after matching on the trend: Roth 2022 doi:10.1257/aeri.20210236.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import HotspotsError, sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

METHOD = "matching 1"  # goes into the hash; raise it when the same input may give another match
GROUPS = ("treated", "candidate")
COMPONENTS = ("count", "harm", "trend", "season", "mix", "bcu", "near")
EARTH_KM = 6371.0088
NEARNESS_KM = 10.0  # at this distance half of near_weight is reached
SEASONS = 4  # parts of a year
CONCAVE = 1e-3  # of √distance, so that of two equally good matches the one that keeps close pairs whole is taken
BY_ID = 1e-7  # and then lower ids
MAX_PERIODS = 520

PAIR_COLUMNS = ("treated", "comparison", "distance", *COMPONENTS, "km")
BALANCE_COLUMNS = (
    "measure", "treated", "candidates", "smd_before", "matched_treated", "matched_comparison", "smd_after"
)  # fmt: skip
PRE_COLUMNS = (
    "period", "treated", "comparison", "difference", "treated_exposure", "comparison_exposure", "expected_treated"
)  # fmt: skip
REGRESSION_COLUMNS = ("measure", "group", "n", "before", "expected", "expected_change")
UNMATCHED_COLUMNS = ("unit", "group", "reason")


@dataclass(frozen=True)
class Rules:
    """What makes two places alike. A weight of 0 leaves a component out; the distance is the sum of the components.

    ``levels``: "expected" (default; units have expected_count and expected_harm) or "raw" (the pre-period's own mean,
    biased by regression to the mean: see the module). ``ratio``: comparison places per treated one.

    ``count_weight`` 1, ``harm_weight`` 0.5: × |difference of √level| / its standard deviation. Harm has half the weight
    because one offence can make it. ``trend_weight`` 0.5: × |difference of slopes of √count| / their standard
    deviation, slopes drawn to the common one by as much as they are noise. ``season_weight`` 0.5 and ``mix_weight`` 1:
    × the Hellinger distance (0 to 1) of the parts of the year and of offence bands; both are drawn towards everybody's
    as if each place had had ``mix_offences`` (20) more offences. The season counts only where the periods span more
    than a year, ``season_periods`` of them (12 months, 52 weeks; None: never). ``near_weight`` 0.1: × d / (d + 10 km).

    ``bcu_penalty`` None: a match lies in the same BCU; a number: added to the distance where it does not. ``apart_m``
    100: at least so many metres between the edges of any treated hot spot and a comparison place, both taken as
    circles of their area. ``caliper``: the largest distance allowed, None for any.
    """

    levels: Literal["expected", "raw"] = "expected"
    ratio: int = 1
    count_weight: float = 1.0
    harm_weight: float = 0.5
    trend_weight: float = 0.5
    season_weight: float = 0.5
    mix_weight: float = 1.0
    near_weight: float = 0.1
    bcu_penalty: float | None = None
    season_periods: int | None = 12
    mix_offences: float = 20.0
    apart_m: float = 100.0
    caliper: float | None = None

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name):g}; give a number of 0 or more."
            for name in (*(f"{c}_weight" for c in COMPONENTS if c != "bcu"), "mix_offences", "apart_m")
            if not 0 <= getattr(self, name) < np.inf
        ]
        problems += [
            f"{name} is {value:g}; give a number of 0 or more, or leave it out."
            for name, value in (("bcu_penalty", self.bcu_penalty), ("caliper", self.caliper))
            if value is not None and not 0 <= value < np.inf
        ]
        if self.levels not in ("expected", "raw"):
            problems.append(f"levels is '{self.levels}'; use 'expected' or 'raw'.")
        if int(self.ratio) != self.ratio or not 1 <= self.ratio <= 10:
            problems.append(f"ratio is {self.ratio}; give a whole number of comparison places from 1 to 10.")
        if self.season_periods is not None and self.season_periods < SEASONS:
            problems.append(f"season_periods is {self.season_periods}; a year has at least {SEASONS} periods.")
        if problems:
            raise HotspotsError(problems)


@dataclass(frozen=True, eq=False)
class Matched:
    """A match, and what is needed to judge it. Tables are in order of id.

    ``pairs``: `PAIR_COLUMNS`; the components are weighted and add up to distance. ``balance``: `BALANCE_COLUMNS`, means
    and standardised mean differences (treated less comparison, over the pooled standard deviation before matching in
    both): below 0.1 is good, above 0.25 is not like with like (Stuart 2010). A comparison place has the weight 1 / the
    number of its treated place's matches. ``pre_periods``: `PRE_COLUMNS`, counts per pre-period summed over matched
    places, difference = treated less comparison per place; ``joint_p`` and ``drift_p``: `pre_trend_tests` of them.
    ``regression``: `REGRESSION_COLUMNS`; ``built_in``: what a raw difference in differences of the count would show,
    per place and period, if nothing were done (nan without expected levels). ``unmatched``: `UNMATCHED_COLUMNS`.
    ``rules``: the arguments; ``inputs``: SHA-256 of the tables given; ``sha256``: of `frozen_text`.
    """

    pairs: pd.DataFrame
    balance: pd.DataFrame
    pre_periods: pd.DataFrame
    joint_p: float
    joint_x2: float
    joint_df: int
    drift_p: float
    drift_z: float
    regression: pd.DataFrame
    built_in: float
    unmatched: pd.DataFrame
    rules: Rules
    inputs: str
    notes: tuple[str, ...]
    sha256: str = field(default="")


@dataclass(frozen=True, eq=False)
class _Places:
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
    expected: Floats  # places × (count, harm), nan where not given


# ---------------------------------------------------------------- the match


def match(
    units: pd.DataFrame,
    counts: pd.DataFrame,
    harm: pd.DataFrame,
    shares: pd.DataFrame | None = None,
    exposure: pd.DataFrame | None = None,
    rules: Rules | None = None,
    barred: Mapping[str, str] | None = None,
) -> Matched:
    """The comparison places that are most like the treated ones before the start: least total distance, none twice.

    ``units``: a row per place with unit (its id), group ("treated" or "candidate"), bcu, lon, lat (degrees), area_m2,
    and, for ``levels="expected"``, expected_count and expected_harm: means per fully covered period from a model of
    the time before the start. ``counts`` and ``harm`` (days): a row per place (index: unit), a column per *pre-period*
    in order; nan where a period has no data. ``exposure``: the same shape, 0 < e ≤ 1, default 1. ``shares``: a row per
    place, a column per offence band, adding up to 1 (all 0 for a place without offences). ``barred``: places that
    must not serve, and why (`rings.within_reach`).

    As many treated places as possible get a match, then as many second matches as possible, and so on up to ``ratio``;
    among those ways the one with the smallest sum of distances (Hungarian method). Ties: the way that keeps very close
    pairs whole, then lower ids. The order of rows and columns changes nothing.

    Raises HotspotsError, all problems at once, where the tables do not fit each other or nobody can be matched.
    """
    rules = rules or Rules()
    places = _places(units, counts, harm, shares, exposure, rules)
    barred = {str(u): str(why) for u, why in (barred or {}).items()}
    parts = _components(places, rules)
    distance = np.sum([parts[c] for c in COMPONENTS], axis=0)
    allowed, why_not = _allowed(places, rules, barred)
    within = allowed if rules.caliper is None else allowed & (distance <= rules.caliper)
    if not within.any():
        raise HotspotsError(_nobody(allowed, rules))
    rows, columns = _assigned(distance, within, rules.ratio)
    pairs = _pairs(places, parts, distance, rows, columns)
    unmatched = _unmatched(places, rules, allowed, within, why_not, rows, columns)
    return _judged(places, rules, pairs, unmatched, (rows, columns), barred)


def before(panel: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts, harm and exposure of a panel's pre-periods, as `match` takes them: unit × period, nan where absent.

    ``panel``: unit, period, post, exposure, count, harm; rows with post are left out here, before anything is matched.
    """
    kept = panel[~panel["post"].astype(bool)]
    if kept.duplicated(["unit", "period"]).any():
        raise HotspotsError("A place comes twice in one period; the panel needs one row for each place and period.")
    count, harm, exposure = (
        kept.pivot(index="unit", columns="period", values=v).sort_index() for v in ("count", "harm", "exposure")
    )
    return count, harm, exposure


def _assigned(distance: Floats, within: Bools, ratio: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of treated and of candidates that belong together, by treated, nearest candidate first.

    Each treated place has ``ratio`` rows and a column of its own for each, in which it goes without. Going without
    costs more than any distances together, and a first match twice as much as a further one: so first matches come
    first, and a maximum number of matches is kept (they form a matroid).
    """
    from scipy.optimize import linear_sum_assignment

    n, m = distance.shape
    cost = np.round(distance + CONCAVE * np.sqrt(distance), 9)
    by_id = np.arange(m)[None, :] / m - np.outer(np.arange(n) / n, np.arange(m) / m) / 2
    cost = np.where(within, cost + BY_ID * by_id, 0.0)
    without = (cost.max(initial=0.0) + 1.0) * (n * ratio + 1)
    forbidden = 4 * without
    cost = np.where(within, cost, forbidden)
    going = np.full((n * ratio, n * ratio), forbidden)
    np.fill_diagonal(going, np.where(np.arange(n * ratio) < n, 2.0, 1.0) * without)
    rows, columns = linear_sum_assignment(np.hstack([np.vstack([cost] * ratio), going]))
    taken = columns < m
    row, column = rows[taken] % n, columns[taken]
    order = np.lexsort((column, np.round(distance[row, column], 9), row))
    return row[order], column[order]


def _allowed(places: _Places, rules: Rules, barred: Mapping[str, str]) -> tuple[Bools, dict[str, str]]:
    """Treated × candidates: who may serve whom. And for candidates that may serve nobody, why."""
    candidates = np.flatnonzero(~places.treated)
    treated = np.flatnonzero(places.treated)
    km = _km(places, treated, candidates)
    radius = np.sqrt(places.area_m2 / np.pi) / 1000
    gap = (km - radius[treated][:, None] - radius[candidates]) * 1000
    closest = np.argmin(gap, axis=0)
    why_not = {}
    for j, i in enumerate(candidates):
        unit = places.unit[i]
        if unit in barred:
            why_not[unit] = barred[unit]
        elif gap[closest[j], j] < rules.apart_m:
            near = places.unit[treated[closest[j]]]
            why_not[unit] = f"it lies within {rules.apart_m:g} m of treated {near}"
    free = np.array([places.unit[i] not in why_not for i in candidates], dtype=bool)
    allowed = np.broadcast_to(free, gap.shape).copy()
    if rules.bcu_penalty is None:
        allowed &= places.bcu[treated][:, None] == places.bcu[candidates]
    return allowed, why_not


# ---------------------------------------------------------------- how alike two places are


def _components(places: _Places, rules: Rules) -> dict[str, Floats]:
    """Treated × candidates, the weighted parts of the distance."""
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    level = np.sqrt(_levels(places, rules))
    slope, raw_slope = trends(places.counts, places.exposure)
    seasons, mix = _seasons(places, rules), _mix(places, rules)

    def apart(values: Floats, spread: float) -> Floats:
        return np.abs(values[t][:, None] - values[c]) / spread

    return {
        "count": rules.count_weight * apart(level[:, 0], _spread(level[:, 0], places.treated)),
        "harm": rules.harm_weight * apart(level[:, 1], _spread(level[:, 1], places.treated)),
        "trend": rules.trend_weight * apart(slope, _spread(raw_slope, places.treated)),
        "season": rules.season_weight * _hellinger(seasons[t], seasons[c]),
        "mix": rules.mix_weight * _hellinger(mix[t], mix[c]),
        "bcu": (rules.bcu_penalty or 0.0) * (places.bcu[t][:, None] != places.bcu[c]),
        "near": rules.near_weight * (km := _km(places, t, c)) / (km + NEARNESS_KM),
    }


def _levels(places: _Places, rules: Rules) -> Floats:
    """Places × (count, harm) per fully covered period."""
    return places.expected if rules.levels == "expected" else _raw_levels(places)


def _raw_levels(places: _Places) -> Floats:
    covered = places.exposure.sum(axis=1)
    return np.column_stack([places.counts.sum(axis=1), places.harm.sum(axis=1)]) / covered[:, None]


def _spread(values: Floats, treated: Bools) -> float:
    """The pooled standard deviation of both groups, √((s²ₜ + s²꜀)/2); of one where the other has one place; or 1."""
    parts = [np.var(v, ddof=1) for v in (values[treated], values[~treated]) if len(v) > 1]
    spread = float(np.sqrt(np.mean(parts))) if parts else 0.0
    return spread if spread > 1e-12 else 1.0


def trends(counts: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Slopes of √count per period, shrunk and raw; places × periods in, one number per place out.

    z = √((count + ⅜)/exposure), slope b = Σ(t − t̄)z/Σ(t − t̄)² over the periods with data. If the place were Poisson
    and level, b would have the variance v = Σ w² Var z (exact, from the Poisson distribution with the place's mean).
    The variance of true slopes is what is left, τ² = max(0, mean((b − b̄)² − v)); shrunk: b̄ + τ²/(τ² + v) (b − b̄).
    Where slopes are no wider than chance makes them, all are b̄ and the trend tells no two places apart. A place with
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
    known = n >= 3
    if not known.any():
        return np.zeros(len(raw)), np.zeros(len(raw))
    common = float(raw[known].mean())
    true = max(0.0, float(np.mean((raw[known] - common) ** 2 - noise[known])))
    total = true + noise
    keep = np.where(known & (total > 0), true / np.where(total > 0, total, 1.0), 0.0)
    return common + keep * (raw - common), np.where(known, raw, common)


def _root_variance(mean: Floats) -> Floats:
    """Variance of √(Y + ⅜), Y Poisson: ¼ for large means, less for small; by summing, between points of a grid."""
    from scipy.stats import poisson

    grid = np.concatenate([[0.0], np.geomspace(0.01, 50, 60)])
    y = np.arange(160)
    p = poisson.pmf(y[None, :], grid[:, None])
    root = np.sqrt(y + 0.375)
    variance = (p * root**2).sum(axis=1) - (p * root).sum(axis=1) ** 2
    return np.interp(mean, grid, variance, right=0.25)


def _seasons(places: _Places, rules: Rules) -> Floats:
    """Each place's share of crime in each part of the year, per covered period; equal where it is not asked for."""
    year = rules.season_periods
    if year is None or len(places.periods) <= year:
        return np.full((len(places.unit), SEASONS), 1 / SEASONS)
    part = (np.arange(len(places.periods)) % year) * SEASONS // year
    in_part = (part[:, None] == np.arange(SEASONS)).astype(float)
    covered = places.exposure @ in_part
    rate = np.divide(places.counts @ in_part, covered, out=np.zeros_like(covered), where=covered > 0)
    total = rate.sum(axis=1, keepdims=True)
    shares = np.divide(rate, total, out=np.zeros_like(rate), where=total > 0)
    return _drawn(shares, places.counts.sum(axis=1), rules.mix_offences)


def _mix(places: _Places, rules: Rules) -> Floats:
    return _drawn(places.shares, places.counts.sum(axis=1), rules.mix_offences)


def _drawn(shares: Floats, n: Floats, strength: float) -> Floats:
    """Shares drawn towards everybody's, as if each place had had ``strength`` more offences of the common mix."""
    n = np.where(shares.sum(axis=1) > 0, n, 0.0)
    common = n @ shares / n.sum() if n.sum() else np.full(shares.shape[1], 1 / max(shares.shape[1], 1))
    total = n + strength
    drawn = (n[:, None] * shares + strength * common) / np.where(total > 0, total, 1.0)[:, None]
    return np.where(total[:, None] > 0, drawn, common)


def _hellinger(one: Floats, other: Floats) -> Floats:
    """√(½ Σ(√p − √q)²) of each row of one and each of the other: 0 the same, 1 nothing in common."""
    total = np.zeros((len(one), len(other)))
    for band in range(one.shape[1]):
        total += (np.sqrt(one[:, band])[:, None] - np.sqrt(other[:, band])) ** 2
    return np.sqrt(total / 2)


def _km(places: _Places, one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """Great-circle distances (haversine)."""
    lon, lat = np.radians(places.lon), np.radians(places.lat)
    a = np.sin((lat[one][:, None] - lat[other]) / 2) ** 2
    a = a + np.cos(lat[one])[:, None] * np.cos(lat[other]) * np.sin((lon[one][:, None] - lon[other]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1))))


# ---------------------------------------------------------------- what the match is worth


def _judged(
    places: _Places,
    rules: Rules,
    pairs: pd.DataFrame,
    unmatched: pd.DataFrame,
    positions: tuple[NDArray[np.int64], NDArray[np.int64]],
    barred: Mapping[str, str],
) -> Matched:
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    rows, columns = t[positions[0]], c[positions[1]]
    weight = _weights(places, rows, columns)
    pre = _pre_periods(places, weight)
    joint_x2, joint_df, joint_p, drift_z, drift_p = pre_trend_tests(pre)
    regression, built_in = _regression(places, weight)
    made = Matched(
        pairs=pairs,
        balance=_balance(places, rules, weight),
        pre_periods=pre,
        joint_p=joint_p,
        joint_x2=joint_x2,
        joint_df=joint_df,
        drift_p=drift_p,
        drift_z=drift_z,
        regression=regression,
        built_in=built_in,
        unmatched=unmatched,
        rules=rules,
        inputs=_digest(places, barred),
        notes=_notes(places, rules, pairs),
    )
    return Matched(**{**made.__dict__, "sha256": sha256(frozen_text(made).encode()).hexdigest()})


def _weights(places: _Places, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """1 for a matched treated place, 1/(its matches) for each of those, 0 for the others."""
    weight = np.zeros(len(places.unit))
    weight[rows] = 1.0
    weight[columns] = 1.0 / np.bincount(rows, minlength=len(weight))[rows]
    return weight


def _balance(places: _Places, rules: Rules, weight: Floats) -> pd.DataFrame:
    """Means and standardised differences of everything matched on, and of the area, before and after."""
    treated = places.treated
    raw, slope = _raw_levels(places), trends(places.counts, places.exposure)
    measures = {
        "count per period": raw[:, 0],
        "harm days per period": raw[:, 1],
        "√ count per period": np.sqrt(raw[:, 0]),
        "√ harm days per period": np.sqrt(raw[:, 1]),
    }
    for name, column in (("count", 0), ("harm days", 1)):
        if np.isfinite(places.expected[:, column]).all():
            measures[f"√ expected {name} per period"] = np.sqrt(places.expected[:, column])
    measures |= {"slope of √ count": slope[1], "slope of √ count, shrunk": slope[0]}
    if rules.season_periods is not None and len(places.periods) > rules.season_periods:
        measures |= {f"share in part {i + 1} of the year": s for i, s in enumerate(_seasons(places, rules).T)}
    measures |= {f"share of {band}": places.shares[:, i] for i, band in enumerate(places.bands)}
    measures["area m²"] = places.area_m2
    rows = []
    for name, values in measures.items():
        before_t, before_c = values[treated].mean(), values[~treated].mean()
        after_t = np.average(values[treated], weights=weight[treated])
        after_c = np.average(values[~treated], weights=weight[~treated])
        spread = _spread(values, treated)
        rows.append(
            (name, before_t, before_c, (before_t - before_c) / spread, after_t, after_c, (after_t - after_c) / spread)
        )
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS)).astype({"measure": "str"})


def _pre_periods(places: _Places, weight: Floats) -> pd.DataFrame:
    """Counts of the matched sample per pre-period, and the treated count if both groups had moved alike."""
    t, c = places.treated & (weight > 0), ~places.treated & (weight > 0)
    count = np.array([places.counts[t].sum(axis=0), places.counts[c].sum(axis=0)])
    covered = np.array([places.exposure[t].sum(axis=0), places.exposure[c].sum(axis=0)])
    with np.errstate(invalid="ignore"):
        mean = np.where(covered > 0, count / covered, np.nan)
    return pd.DataFrame(
        {
            "period": places.periods,
            "treated": count[0],
            "comparison": count[1],
            "difference": mean[0] - mean[1],
            "treated_exposure": covered[0],
            "comparison_exposure": covered[1],
            "expected_treated": count.sum(axis=0) * _treated_share(count, covered),
        }
    )[list(PRE_COLUMNS)]


def _treated_share(count: Floats, covered: Floats) -> Floats:
    """The share of each period's count that is the treated group's if the ratio of the two rates never changes.

    p = r·eₜ/(r·eₜ + e꜀), with the r at which the treated counts add up: Σ n·p = Σ treated.
    """
    from scipy.optimize import brentq

    n, total = count.sum(axis=0), count[0].sum()
    usable = (covered > 0).all(axis=0)
    share = np.where(usable, 0.5, np.where(covered[0] > 0, 1.0, 0.0))
    n_usable, total = n[usable], count[0][usable].sum()
    if not 0 < total < n_usable.sum():
        share[usable] = 0.0 if total == 0 else 1.0
        return share
    e = covered[:, usable]

    def shares(log_r: float) -> Floats:
        return np.asarray(1 / (1 + e[1] / (np.exp(log_r) * e[0])))

    share[usable] = shares(brentq(lambda x: float(n_usable @ shares(x) - total), -40, 40, xtol=1e-12))
    return share


def pre_trend_tests(pre: pd.DataFrame) -> tuple[float, int, float, float, float]:
    """Did the two groups move alike before the start? (X², degrees of freedom, p, drift's Z, drift's p), two-sided.

    ``pre``: a row per period with treated, comparison and expected_treated as in `PRE_COLUMNS`. Poisson counts with
    period means common to both groups and one ratio r of treated to comparison rates; given a period's count n, the
    treated part is Binomial(n, p), p by r and exposure. Joint test: X² = Σ(treated − np)²/(np(1 − p)) with one degree
    less than periods used. Drift: score test that log r rises or falls in a line, Z = Σ(t − t̄)(treated − np) /
    √Σ(t − t̄)² np(1 − p), t̄ weighted by np(1 − p); it has more power against a slow drift. nan where fewer than two
    periods can be used.

    Counts of violence vary more than Poisson counts, and then both p are too small. A large p does not show that the
    groups would have moved alike later, least of all after matching on the trend, and with small counts hardly any
    drift is found (Roth 2022 doi:10.1257/aeri.20210236).
    """
    from scipy.stats import chi2, norm

    n = (pre["treated"] + pre["comparison"]).to_numpy(dtype=float)
    fitted, seen = pre["expected_treated"].to_numpy(dtype=float), pre["treated"].to_numpy(dtype=float)
    share = np.divide(fitted, n, out=np.zeros_like(n), where=n > 0)
    variance = n * share * (1 - share)
    used = variance > 1e-12
    df = int(used.sum()) - 1
    if df < 1:
        return np.nan, max(df, 0), np.nan, np.nan, np.nan
    v, off = variance[used], (seen - fitted)[used]
    x2 = float((off**2 / v).sum())
    time = np.flatnonzero(used).astype(float)
    away = time - np.average(time, weights=v)
    z = float(away @ off / np.sqrt(away**2 @ v))
    return x2, df, float(chi2.sf(x2, df)), z, float(2 * norm.sf(abs(z)))


def _regression(places: _Places, weight: Floats) -> tuple[pd.DataFrame, float]:
    """Raw level before, expected level, and the change to expect if nothing is done, per place and period."""
    raw = _raw_levels(places)
    rows = []
    for column, measure in enumerate(("count", "harm days")):
        for group, chosen in (("treated", places.treated), ("comparison", ~places.treated)):
            w = np.where(chosen, weight, 0.0)
            level, expected = (float(np.average(x[:, column], weights=w)) for x in (raw, places.expected))
            rows.append((measure, group, int((w > 0).sum()), level, expected, expected - level))
    table = pd.DataFrame(rows, columns=list(REGRESSION_COLUMNS)).astype({"measure": "str", "group": "str"})
    return table, float(table["expected_change"].iloc[0] - table["expected_change"].iloc[1])


# ---------------------------------------------------------------- tables


def _pairs(
    places: _Places,
    parts: Mapping[str, Floats],
    distance: Floats,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> pd.DataFrame:
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    table = pd.DataFrame(
        {
            "treated": [places.unit[i] for i in t[rows]],
            "comparison": [places.unit[i] for i in c[columns]],
            "distance": distance[rows, columns],
            **{name: parts[name][rows, columns] for name in COMPONENTS},
            "km": _km(places, t, c)[rows, columns],
        }
    )
    return table.astype({"treated": "str", "comparison": "str"})[list(PAIR_COLUMNS)]


def _unmatched(
    places: _Places,
    rules: Rules,
    allowed: Bools,
    within: Bools,
    why_not: Mapping[str, str],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> pd.DataFrame:
    """Treated places with fewer matches than wanted and candidates that serve nobody, each with the reason."""
    found = []
    got = np.bincount(rows, minlength=len(allowed))
    chosen = set(columns.tolist())
    for i, at in enumerate(np.flatnonzero(places.treated)):
        if got[i] < rules.ratio:
            reason = _why_short(allowed[i], within[i], rules, f"{got[i]} of {rules.ratio} found")
            found.append((places.unit[at], "treated", reason))
    for j, at in enumerate(np.flatnonzero(~places.treated)):
        if j not in chosen:
            unit = places.unit[at]
            found.append((unit, "candidate", why_not.get(unit) or _why_not_chosen(allowed[:, j], within[:, j])))
    table = pd.DataFrame(found, columns=list(UNMATCHED_COLUMNS))
    return table.astype(dict.fromkeys(UNMATCHED_COLUMNS, "str")).sort_values("unit").reset_index(drop=True)


def _why_short(allowed: Bools, within: Bools, rules: Rules, how_many: str) -> str:
    if not allowed.any():
        where = " of its BCU" if rules.bcu_penalty is None else ""
        return f"{how_many}: no candidate{where} lies clear of the treated hot spots"
    if not within.any():
        return f"{how_many}: every candidate is further than the caliper of {rules.caliper:g}"
    return f"{how_many}: the candidates like it serve other hot spots"


def _why_not_chosen(allowed: Bools, within: Bools) -> str:
    if not allowed.any():
        return "no treated hot spot in its BCU"
    return "others are more alike" if within.any() else "further than the caliper from every treated hot spot"


def _nobody(allowed: Bools, rules: Rules) -> str:
    if allowed.any():
        return (
            f"No candidate is within the caliper of {rules.caliper:g} of a treated hot spot. Raise the caliper, or "
            "leave it out and look at the balance."
        )
    where = " and in the BCU of a treated one" if rules.bcu_penalty is None else ""
    return (
        f"No candidate lies at least {rules.apart_m:g} m from every treated hot spot{where}. Give more candidates, "
        "or allow other BCUs with a penalty (bcu_penalty)."
    )


def _notes(places: _Places, rules: Rules, pairs: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    if rules.levels == "raw":
        notes.append(
            "Matched on the raw level of the period before the start: what was luck in it does not last, and the two "
            "groups fall or rise back by different amounts with nothing done."
        )
    n = int(places.treated.sum())
    got = pairs["treated"].nunique()
    if got < n:
        notes.append(f"{n - got} of {n} treated hot spots have no match: the comparison says nothing about them.")
    if rules.season_periods is not None and len(places.periods) <= rules.season_periods and rules.season_weight:
        notes.append("The periods span no more than a year: seasons were not matched.")
    return tuple(notes)


# ---------------------------------------------------------------- the hash


def frozen_text(matched: Matched) -> str:
    """The match as canonical JSON: keys in order, no blanks, numbers to nine significant digits, nan as null.

    Everything but its own hash is in it; ``sha256`` is of this text in UTF-8.
    """
    facts = {
        "method": METHOD,
        "rules": asdict(matched.rules),
        "inputs": matched.inputs,
        "tests": [matched.joint_x2, matched.joint_df, matched.joint_p, matched.drift_z, matched.drift_p],
        "built_in": matched.built_in,
        "notes": list(matched.notes),
        **{
            name: getattr(matched, name).to_dict("split", index=False)
            for name in ("pairs", "balance", "pre_periods", "regression", "unmatched")
        },
    }
    return _canonical(facts)


def _canonical(facts: Any) -> str:
    return json.dumps(_plain(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries only; numbers rounded so that two machines agree."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.9g}") + 0.0 if np.isfinite(value) else None
    return value if value is None else str(value)


def _digest(places: _Places, barred: Mapping[str, str]) -> str:
    """SHA-256 of what was given, whatever the order of rows and columns; numbers to nine decimals, as bytes."""
    facts: dict[str, Any] = {"barred": dict(barred)}
    for name, value in places.__dict__.items():
        number = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        facts[name] = _number_hash(value) if number else [str(v) for v in value]
    return sha256(_canonical(facts).encode()).hexdigest()


def _number_hash(values: Floats) -> str:
    known = np.where(np.isnan(values), np.nan, np.round(values, 9) + 0.0)  # one nan, and no minus nought
    return f"{values.shape} {sha256(known.astype('<f8').tobytes()).hexdigest()}"


# ---------------------------------------------------------------- what is given


def _places(
    units: pd.DataFrame,
    counts: pd.DataFrame,
    harm: pd.DataFrame,
    shares: pd.DataFrame | None,
    exposure: pd.DataFrame | None,
    rules: Rules,
) -> _Places:
    table = _checked_units(units, rules)
    ids = table["unit"].tolist()
    n = _lined_up(counts, ids, "counts")
    h = _lined_up(harm, ids, "harm")
    e = None if exposure is None else _lined_up(exposure, ids, "exposure")
    mix = pd.DataFrame(index=ids) if shares is None else _lined_up(shares, ids, "shares")
    covered = n.notna().astype(float) if e is None else e.where(n.notna(), 0.0).fillna(0.0)
    _refuse_numbers(n, h, covered, mix)
    given = [table[c] if c in table else pd.Series(np.nan, index=table.index) for c in _EXPECTED]
    return _Places(
        unit=ids,
        treated=(table["group"] == "treated").to_numpy(),
        bcu=table["bcu"].astype(str).to_numpy(dtype=str),
        lon=table["lon"].to_numpy(dtype=float),
        lat=table["lat"].to_numpy(dtype=float),
        area_m2=table["area_m2"].to_numpy(dtype=float),
        counts=n.fillna(0.0).to_numpy(dtype=float),
        harm=h.fillna(0.0).to_numpy(dtype=float),
        exposure=covered.to_numpy(dtype=float),
        shares=mix.to_numpy(dtype=float),
        bands=[str(b) for b in mix.columns],
        periods=list(n.columns),
        expected=np.column_stack([g.to_numpy(dtype=float) for g in given]),
    )


_EXPECTED = ("expected_count", "expected_harm")
_UNIT_COLUMNS = ("unit", "group", "bcu", "lon", "lat", "area_m2")


def _checked_units(units: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    wanted = (*_UNIT_COLUMNS, *(_EXPECTED if rules.levels == "expected" else ()))
    missing = [c for c in wanted if c not in units]
    if missing:
        more = " Expected levels come from a model of the time before; levels='raw' does without, and is biased."
        raise HotspotsError(
            f"The places lack the columns {', '.join(missing)}." + (more if set(missing) & set(_EXPECTED) else "")
        )
    table = units.assign(unit=units["unit"].astype(str)).sort_values("unit", ignore_index=True)
    problems = []
    if table["unit"].duplicated().any():
        problems.append(f"The place {sample(table['unit'][table['unit'].duplicated()])} is given twice.")
    strange = [g for g in table["group"] if g not in GROUPS]
    if strange:
        problems.append(f"There is no group {sample(strange)}. Use {' or '.join(GROUPS)}.")
    problems += [f"There is no {group} place." for group in GROUPS if not (table["group"] == group).any()]
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
    missing = sorted(set(ids) - set(named.index))
    if missing:
        raise HotspotsError(f"The table of {what} has no row for {sample(missing)}.")
    if named.index.duplicated().any():
        raise HotspotsError(f"The table of {what} has {sample(named.index[named.index.duplicated()])} twice.")
    if what != "shares" and not 1 <= named.shape[1] <= MAX_PERIODS:
        raise HotspotsError(f"The table of {what} has {named.shape[1]} periods; give 1 to {MAX_PERIODS}.")
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
