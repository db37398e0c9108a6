"""Patrol minutes beside outcomes: rates at different doses in the same places.

What is seen here goes with the dose; nobody dealt the dose out. **Dose follows crime**: patrols are sent where and when
something happens, and after it. So more minutes and more crime often stand together in the same period, and that is
no sign that patrols bring crime; equally, less crime at a high dose is no proof that they prevent it. A schedule drawn
by lot, analysed by the days that were drawn, is what would tell.

Tables have one row per unit and period: ``unit`` text, ``period`` whole number (a day number or week number),
``minutes`` delivered, ``exposure`` (the covered part of the period, 0 < e ≤ 1) and the outcome, ``count`` unless
another column is named. Minutes that are not known are missing, never 0; rows without them are left out and counted
in ``dropped``.

Every figure is a rate ratio of the model in `hotspots.change.estimates.panel_models`: effects of units, so a place is
compared with itself only, and of periods unless told otherwise, so that a busy week-end is compared with other places
on that week-end. Poisson pseudo-likelihood; errors clustered by unit (CR2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.change.estimates.panel_models import (
    CLUSTERED,
    Bools,
    Clustered,
    Design,
    Fit,
    Floats,
    Ints,
    clustered,
    design_of,
    fit,
    joint_test,
    without_empty,
)

EDGES = (1.0, 10.0, 20.0)  # minutes: pass-through, below the threshold, on target, long
KNOT_SHARES = {1: (), 2: (0.5,), 3: (0.33, 0.67), 4: (0.25, 0.5, 0.75)}  # inner knots among periods with some minutes
GRID = 21
PER_MINUTES = 10.0
PERIODS_PER_UNIT = 4  # fewer periods than this many times the units: the bias of short series reaches half an error
TOGETHER = "earlier periods together"
WEEK = 7

NOT_AN_EFFECT = "Rates that go with the dose, not what the dose did: nobody dealt it out."
DOSE_FOLLOWS_CRIME = (
    "Dose follows crime: patrols are sent where something has just happened. So minutes and crime of the same period "
    "often rise together, which is no sign that patrols bring crime. Minutes of earlier periods cannot have been a "
    "reply to crime that came later, but they may be a reply to a run of crime that is still going on."
)
ONE_UNIT = "one unit alone decides this: no interval"
SHORT_SERIES = (
    "There are {periods} periods for {units} units. Where dose follows crime, series this short make earlier minutes "
    "look protective when they are not: take shorter periods or a longer window."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class DoseResponse:
    """Rate ratios in ``table`` with ci_low, ci_high, df and p; a row without an interval gives its ``reason``."""

    table: pd.DataFrame
    joint_p: float  # of all terms being 1; nan where too few units
    units: int  # that tell something
    level: float
    method: str
    note: str
    dropped: tuple[str, ...]


# ---------------------------------------------------------------- by band


def by_band(
    table: pd.DataFrame,
    edges: Sequence[float] = EDGES,
    measure: str = "count",
    periods: bool = True,
    alpha: float = 0.05,
) -> DoseResponse:
    """Rates in bands of minutes against no minutes at all, within units.

    Bands: 0; above 0 and below the first edge; then from each edge up to the next. Table: band, from_minutes,
    to_minutes, n (unit-periods), units, total, exposure, rate (total / exposure, crude: units differ), rate_ratio
    (within units), ci_low, ci_high, df, p, reason. ``periods`` False leaves out effects of periods.

    Misleads: dose follows crime (see the module), and a unit that is always in one band tells nothing. A band without
    any event has rate ratio 0 and no interval. HotspotsError where there is nothing at zero dose to compare with.
    """
    rows, dropped = _checked(table, ("minutes",), measure)
    limits = _limits(edges)
    minutes = rows["minutes"].to_numpy(float)
    band = np.where(minutes > 0, 1 + np.searchsorted(limits, minutes, side="right"), 0)
    crude = _crude(rows.assign(band=band), limits, measure)
    totals = crude["total"].to_numpy(float)
    if not totals[0] > 0:
        raise HotspotsError(
            "No event fell in a period without minutes, so there is nothing to set the bands against: "
            "take shorter periods or a longer window."
        )
    some = [b for b in range(1, len(totals)) if totals[b] > 0]
    keep = np.isin(band, [0, *some])
    x = np.column_stack([band[keep] == b for b in some]).astype(float) if some else np.zeros((int(keep.sum()), 0))
    found = _fitted(design_of(rows[keep], measure, x, periods))
    errors = clustered(found) if some else None
    shown = _with_ratios(crude, some, errors, alpha)
    shown.loc[0, ["rate_ratio", "ci_low", "ci_high"]] = 1.0
    shown.loc[0, "reason"] = "all other bands are set against this one"
    note = f"{NOT_AN_EFFECT} {DOSE_FOLLOWS_CRIME}"
    return _result(shown.reset_index(drop=True), found, errors, alpha, _method(periods), note, dropped)


def _limits(edges: Sequence[float]) -> Floats:
    limits = np.asarray(edges, float)
    if not len(limits) or not (np.isfinite(limits) & (limits > 0)).all() or (np.diff(limits) <= 0).any():
        raise HotspotsError(f"Edges of bands are minutes above 0 in rising order; these are not: {sample(edges, 9)}.")
    return limits


def _crude(rows: pd.DataFrame, limits: Floats, measure: str) -> pd.DataFrame:
    """One row per band: its limits, what was seen in it."""
    start, stop = np.concatenate([[0.0, 0.0], limits]), np.concatenate([[0.0], limits, [np.inf]])
    ends = zip(start[1:], stop[1:], strict=True)
    names = [
        "0",
        *(f"{a:g} and more" if np.isinf(b) else f"{'above ' if a == 0 else ''}{a:g} to {b:g}" for a, b in ends),
    ]
    seen = rows.groupby("band").agg(
        n=("unit", "size"), units=("unit", "nunique"), total=(measure, "sum"), exposure=("exposure", "sum")
    )
    shown = pd.DataFrame({"band": names, "from_minutes": start, "to_minutes": stop}).join(seen)
    shown[["n", "units"]] = shown[["n", "units"]].fillna(0).astype("int64")
    shown[["total", "exposure"]] = shown[["total", "exposure"]].fillna(0.0).astype(float)
    shown["rate"] = shown["total"] / shown["exposure"].where(shown["exposure"] > 0)
    return shown


def _with_ratios(crude: pd.DataFrame, some: list[int], errors: Clustered | None, alpha: float) -> pd.DataFrame:
    shown = crude.copy()
    for column in ("rate_ratio", "ci_low", "ci_high", "df", "p"):
        shown[column] = np.nan
    shown["reason"] = ""
    if errors is not None:
        low, high = errors.interval(alpha)
        shown.loc[some, "rate_ratio"] = np.exp(errors.estimate)
        shown.loc[some, "ci_low"], shown.loc[some, "ci_high"] = np.exp(low), np.exp(high)
        shown.loc[some, "df"], shown.loc[some, "p"] = errors.df, errors.p()
        shown.loc[[b for b, se in zip(some, errors.se, strict=True) if not np.isfinite(se)], "reason"] = ONE_UNIT
    shown.loc[(shown["n"] > 0) & (shown["total"] == 0), "rate_ratio"] = 0.0
    shown.loc[(shown["n"] > 0) & (shown["total"] == 0), "reason"] = "nothing happened at this dose"
    shown.loc[shown["n"] == 0, "reason"] = "no period had this dose"
    return shown


# ---------------------------------------------------------------- a smooth line


def smooth(
    table: pd.DataFrame,
    df: int = 3,
    at: Sequence[float] | None = None,
    measure: str = "count",
    periods: bool = True,
    alpha: float = 0.05,
) -> DoseResponse:
    """The rate at each dose against no minutes, as a natural cubic spline of minutes with ``df`` terms (1: a line).

    Knots at 0, at the largest dose and at quantiles of the doses above 0 between them. Table at the minutes in ``at``
    (none outside the doses seen; 21 points up to the 95th percentile of doses above 0 if not given): minutes,
    rate_ratio, ci_low, ci_high, df, p, reason. Intervals are pointwise: the whole line leaves them more often than any
    one point. ``joint_p``: that the line is flat.

    Misleads as `by_band` does, and where few periods had a high dose the line's end follows them.
    Basis: Hastie, Tibshirani & Friedman 2009, doi:10.1007/978-0-387-84858-7, equation 5.4.
    """
    if df not in KNOT_SHARES:
        raise HotspotsError(
            f"A smooth line here has {min(KNOT_SHARES)} to {max(KNOT_SHARES)} terms; {df} were asked for."
        )
    rows, dropped = _checked(table, ("minutes",), measure)
    minutes = rows["minutes"].to_numpy(float)
    above = minutes[minutes > 0]
    if len(np.unique(above)) < df:
        raise HotspotsError(
            f"{len(np.unique(above)):,} different doses above 0 are too few for {df} terms: take fewer."
        )
    knots = np.unique([0.0, *np.quantile(above, KNOT_SHARES[df]), above.max()])
    points = np.linspace(0, np.quantile(above, 0.95), GRID) if at is None else np.asarray(at, float)
    if (points < 0).any() or (points > above.max()).any():
        raise HotspotsError(f"Doses were between 0 and {above.max():g} minutes; nothing can be said outside.")
    found = _fitted(design_of(rows, measure, natural_spline(minutes, knots), periods))
    contrasts = natural_spline(points, knots) - natural_spline(np.zeros(1), knots)
    errors = clustered(found, contrasts)
    shown = _plain(errors, alpha)
    shown.insert(0, "minutes", points)
    still = points == 0
    shown.loc[still, ["rate_ratio", "ci_low", "ci_high"]] = 1.0
    shown.loc[still, ["df", "p"]] = np.nan
    shown.loc[still, "reason"] = "all other doses are set against this one"
    method = f"{_method(periods)}; natural cubic spline of minutes, {len(knots) - 1} df, knots at {_listed(knots)}"
    return _result(shown, found, clustered(found), alpha, method, f"{NOT_AN_EFFECT} {DOSE_FOLLOWS_CRIME}", dropped)


def natural_spline(values: Floats, knots: Floats) -> Floats:
    """n × (knots − 1) basis without the constant: the value itself, and a bend for each knot but the last two.

    Cubic between the first and last knot, straight beyond. Scaled by the last knot so that terms are of one size.
    """
    v, k = values / knots[-1], knots / knots[-1]

    def bend(j: int) -> Floats:
        return (np.clip(v - k[j], 0, None) ** 3 - np.clip(v - k[-1], 0, None) ** 3) / (k[-1] - k[j])

    return np.column_stack([v, *(bend(j) - bend(len(k) - 2) for j in range(len(k) - 2))])


def _listed(numbers: Floats) -> str:
    return ", ".join(f"{n:.3g}" for n in numbers)


# ---------------------------------------------------------------- earlier minutes


def lagged(
    table: pd.DataFrame,
    lags: int = 1,
    per: float = PER_MINUTES,
    measure: str = "count",
    periods: bool = True,
    alpha: float = 0.05,
) -> DoseResponse:
    """Rate ratios per ``per`` minutes delivered 1 … ``lags`` periods earlier, and the same period's beside them.

    Two models on the same rows: one with the minutes of all earlier periods, one with the same period's alone. Table:
    term, lag (0 the same period), rate_ratio, ci_low, ci_high, df, p, reason; last the earlier periods together (their
    product), lag missing. ``joint_p`` is of the earlier ones. A row is used where all its earlier periods are there.

    **Dose follows crime.** Patrols go where something has happened, so the same period's ratio is often above 1 with no
    effect at all; it is shown for that. Earlier minutes cannot reply to later crime. The two must *not* stand in one
    model: the same period's minutes reply to today's and yesterday's crime, and held fixed they set one against the
    other, so that yesterday's patrols look protective when they did nothing (a ratio of 0.79, significant in 29 of 30
    simulated sets; collider bias, Cole et al. 2010, doi:10.1093/ije/dyp334).

    Earlier minutes mislead still where crime comes in runs longer than a period (they reply to the same run: too high),
    where one day's minutes go with the next day's (they then stand for both), and in short series with effects of units
    (too low, by about one part in the number of periods: Nickell 1981, doi:10.2307/1911408; the note says so where it
    matters). An effect within the same period cannot be told from the reply to crime by any of this.
    """
    if lags < 1 or per <= 0:
        raise HotspotsError(f"Ask for 1 or more earlier periods and minutes above 0; found {lags} and {per:g}.")
    rows, dropped = _checked(table, ("minutes",), measure)
    rows, lost = _with_earlier(rows, lags)
    if not len(rows):
        raise HotspotsError(
            f"No period has its {lags} earlier periods beside it: periods must follow one another by 1."
        )
    x = rows[[f"earlier_{k}" for k in range(lags + 1)]].to_numpy(float) / per
    same, found = (_fitted(design_of(rows, measure, part, periods)) for part in (x[:, :1], x[:, 1:]))
    together = clustered(found, np.vstack([np.eye(lags), np.ones(lags)]))
    shown = pd.concat([_plain(clustered(same), alpha), _plain(together, alpha)], ignore_index=True)
    shown.insert(0, "term", ["the same period", *(f"{k} earlier" for k in range(1, lags + 1)), TOGETHER])
    shown.insert(1, "lag", pd.Series([*range(lags + 1), None], dtype="Int64"))
    note = f"{NOT_AN_EFFECT} {DOSE_FOLLOWS_CRIME} {_short_series(rows)}".strip()
    method = f"{_method(periods)}; per {per:g} minutes; the same period in a model of its own"
    return _result(shown, found, clustered(found), alpha, method, note, (*dropped, *lost))


def _short_series(rows: pd.DataFrame) -> str:
    units = rows["unit"].nunique()
    short = rows.groupby("unit").size().median() < PERIODS_PER_UNIT * units
    return SHORT_SERIES.format(periods=rows["period"].nunique(), units=units) if short else ""


def _with_earlier(rows: pd.DataFrame, lags: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Columns earlier_0 … earlier_k with the minutes then; rows without one of them left out."""
    dose = rows[["unit", "period", "minutes"]]
    wide = rows.rename(columns={"minutes": "earlier_0"})
    for k in range(1, lags + 1):
        then = dose.assign(period=dose["period"] + k).rename(columns={"minutes": f"earlier_{k}"})
        wide = wide.merge(then, on=["unit", "period"], how="left")
    complete = wide.notna().all(axis=1)
    n = int((~complete).sum())
    told = (
        (f"{n:,} unit-periods have no minutes for one of the {lags} periods before them and were left out.",)
        if n
        else ()
    )
    return wide[complete].reset_index(drop=True), told


# ---------------------------------------------------------------- days with and without


@dataclass(frozen=True, kw_only=True)
class OnOff:
    """The rate on days with an adequate visit over that on days without, within unit and day of the week."""

    rate_ratio: float
    ci_low: float
    ci_high: float
    p: float
    log_rate_ratio: float
    se: float
    df: float
    level: float
    on_days: int  # of those that tell something
    off_days: int
    on_total: float
    off_total: float
    units: int
    strata: int  # with days of both kinds and an event
    reason: str  # why there is no interval; '' where there is one
    block_days: int | None  # days are compared within stretches of so many
    method: str
    note: str
    dropped: tuple[str, ...]


def on_off(table: pd.DataFrame, measure: str = "count", block_days: int | None = None, alpha: float = 0.05) -> OnOff:
    """Days with an adequate visit against days without, conditional Poisson within unit and day of the week.

    ``table``: unit, period (the number of the day, following one another by 1), adequate (bool), exposure and the
    measure. With ``block_days`` (28 is usual) also within stretches of that many days, so that seasons and slow trends
    cancel: the time-stratified design. Conditioning on a stratum's total equals an effect for each stratum, so strata
    of one kind of day, or without an event, tell nothing and are left out (Armstrong, Gasparrini & Tobias 2014,
    doi:10.1186/1471-2288-14-122). Errors clustered by unit.

    Misleads: dose follows crime within the day too; without ``block_days``, a season in both. An adequate visit that
    came because of the day's first incident counts that incident as its own. rate ratio 0, or nan, without an interval
    and with the ``reason``, where one kind of day had no event.
    """
    rows, dropped = _checked(table, ("adequate",), measure)
    rows = rows.assign(on=rows["adequate"].astype(bool), stratum=_strata(rows, block_days))
    sums = rows.groupby("stratum").agg(on=("on", "mean"), total=(measure, "sum"))
    telling = rows["stratum"].isin(sums.index[(sums["on"] > 0) & (sums["on"] < 1) & (sums["total"] > 0)])
    used = rows[telling]
    if not len(used):
        raise HotspotsError("No unit had days of both kinds on one day of the week, with an event: nothing to compare.")
    lost = int((~telling).sum())
    told = (f"{lost:,} days lie in strata with one kind of day, or with no event, and tell nothing.",) if lost else ()
    seen = [used[used["on"] == kind] for kind in (True, False)]
    totals = [float(s[measure].sum()) for s in seen]
    within = "unit and day of the week" + (f" and stretch of {block_days} days" if block_days else "")
    follows = "A busy day may bring the visit: dose follows crime within the day as well."
    return OnOff(
        **_contrast(used, measure, totals, alpha),
        level=1 - alpha,
        on_days=len(seen[0]),
        off_days=len(seen[1]),
        on_total=totals[0],
        off_total=totals[1],
        units=int(used["unit"].nunique()),
        strata=int(used["stratum"].nunique()),
        block_days=block_days,
        method=f"Conditional Poisson within {within}, {CLUSTERED}",
        note=f"{NOT_AN_EFFECT} {follows}",
        dropped=(*dropped, *told),
    )


def _strata(rows: pd.DataFrame, block_days: int | None) -> Ints:
    if block_days is not None and block_days < 2 * WEEK:
        raise HotspotsError(
            f"A stretch needs two of each day of the week, so 14 days or more; {block_days} were asked for."
        )
    parts = [rows["unit"], rows["period"] % WEEK]
    if block_days:
        parts.append((rows["period"] - rows["period"].min()) // block_days)
    return pd.DataFrame(dict(enumerate(parts))).groupby([*range(len(parts))]).ngroup().to_numpy().astype(np.int64)


def _contrast(used: pd.DataFrame, measure: str, totals: list[float], alpha: float) -> dict[str, Any]:
    """Rate ratio, limits, p, log, se and df by name, and the ``reason`` that kept them from being finite."""
    if min(totals) <= 0:
        none = dict.fromkeys(("ci_low", "ci_high", "p", "log_rate_ratio", "se", "df"), np.nan)
        return {"rate_ratio": 0.0 if totals[0] <= 0 else np.nan, **none, "reason": "one kind of day had no event"}
    row, cluster = (np.unique(used[c].to_numpy(), return_inverse=True)[1] for c in ("stratum", "unit"))
    y, exposure = used[measure].to_numpy(float), used["exposure"].to_numpy(float)
    errors = clustered(fit(Design(y, exposure, used[["on"]].to_numpy(float), row, cluster)))
    (low,), (high,) = errors.interval(alpha)
    log, se, df, p = (float(v[0]) for v in (errors.estimate, errors.se, errors.df, errors.p()))
    return {
        "rate_ratio": float(np.exp(log)), "ci_low": float(np.exp(low)), "ci_high": float(np.exp(high)), "p": p,
        "log_rate_ratio": log, "se": se, "df": df,
        "reason": "" if np.isfinite(se) else "one unit alone decides this",
    }  # fmt: skip


# ---------------------------------------------------------------- shared


def _checked(table: pd.DataFrame, needed: Sequence[str], measure: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows that can be used, in order, and sentences on those that cannot."""
    columns = ["unit", "period", *needed, "exposure", measure]
    lacking = [c for c in columns if c not in table]
    if lacking:
        raise HotspotsError(f"The dose table lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}.")
    unknown = table[list(needed)].isna().any(axis=1)
    rows = table.loc[~unknown, columns].reset_index(drop=True)
    problems = [p for p in (_bad(rows, c) for c in ("minutes", "exposure", measure) if c in rows) if p]
    if (twice := rows.duplicated(["unit", "period"])).any():
        problems.append(f"{int(twice.sum()):,} pairs of unit and period occur twice: {sample(rows['unit'][twice])}.")
    if problems:
        raise HotspotsError(problems)
    if not len(rows) or not rows[measure].sum() > 0:
        raise HotspotsError("The dose table holds no event in a period whose dose is known.")
    n = int(unknown.sum())
    told = (f"{n:,} unit-periods with an unknown dose were left out: no data is not no patrol.",) if n else ()
    types: dict[str, Any] = {"unit": "str", "period": "int64", "exposure": "float64", measure: "float64"}
    return rows.astype(types).sort_values(["unit", "period"], ignore_index=True), told


def _bad(rows: pd.DataFrame, column: str) -> str:
    values = pd.to_numeric(rows[column], errors="coerce").to_numpy(float)
    good = np.isfinite(values) & (values >= 0)
    if column == "exposure":
        good &= (values > 0) & (values <= 1 + 1e-9)
    if good.all():
        return ""
    asked = "above 0 and up to 1" if column == "exposure" else "0 or more"
    return f"{column.capitalize()} must be {asked}; {int((~good).sum()):,} are not: {sample(rows[column][~good])}."


def _fitted(design: Design) -> Fit:
    """The fit, units and periods that tell nothing left out; refused where the dose cannot be told apart."""
    design, _ = without_empty(design)
    found = fit(design)
    spread = np.diag(found.information)
    apart = (spread > 1e-9 * ((design.x**2).T @ found.weight + 1e-300)).all()
    if len(spread) and (not found.converged or not apart or np.linalg.cond(found.information) > 1e12):
        raise HotspotsError(
            "The dose cannot be told apart from units and periods: it is the same in all units in each period, or the "
            "same in all periods of each unit. Leave out effects of periods, take fewer terms, or a longer window."
        )
    return found


def _plain(errors: Clustered, alpha: float) -> pd.DataFrame:
    low, high = errors.interval(alpha)
    values = {"rate_ratio": errors.estimate, "ci_low": low, "ci_high": high}
    shown = pd.DataFrame({name: np.exp(v) for name, v in values.items()}).assign(df=errors.df, p=errors.p())
    finite: Bools = np.isfinite(errors.se)
    return shown.assign(reason=np.where(finite, "", ONE_UNIT))


def _result(
    shown: pd.DataFrame,
    found: Fit,
    errors: Clustered | None,
    alpha: float,
    method: str,
    note: str,
    dropped: tuple[str, ...],
) -> DoseResponse:
    p = joint_test(errors)[3] if errors is not None else np.nan
    units = int(found.design.cluster.max()) + 1
    return DoseResponse(table=shown, joint_p=p, units=units, level=1 - alpha, method=method, note=note, dropped=dropped)


def _method(periods: bool) -> str:
    return f"Poisson pseudo-likelihood, effects of units{' and periods' if periods else ''}, {CLUSTERED}"
