"""Patrol minutes beside outcomes: rates at different doses in the same places.

What is seen here goes with the dose; nobody randomised the dose. **Dose follows crime**: patrols are sent where and
when something happens, and after it. So more minutes and more crime often stand together on the same day, and that is
no sign that patrols bring crime; equally, less crime at a high dose is no proof that they prevent it. Only a randomised
schedule, analysed by the days that were drawn, can show an effect.

Tables have one row per hot spot (``unit``, text) and patrol day (``period``, day number): ``minutes`` delivered,
``adequate`` (bool: an adequate visit), ``exposure`` (the covered part of the day, 0 < e ≤ 1) and the ``count`` of
incidents. Days whose minutes are unknown are left out before, never 0.

Every figure is a rate ratio of the model in `hotspots.change.estimates.panel_models`: effects of hot spots, so a place
is compared with itself only, and of days, so that a busy week-end is compared with other places on that week-end.
Poisson pseudo-likelihood; errors clustered by hot spot (CR2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.change.estimates.model import Bools, Clustered, Design, Fit, Floats, Ints, clustered, fit, without_empty
from hotspots.change.estimates.panel import design_of

RATIOS = ("rate_ratio", "ci_low", "ci_high", "p", "reason")
KNOT_SHARES = {1: (), 2: (0.5,), 3: (0.33, 0.67)}  # terms of the curve → inner knots among days with some minutes
GRID = 21
PER_MINUTES = 10.0
WEEK = 7
ONE_SPOT = "one hot spot alone decides this"
NO_INTERVAL = f"{ONE_SPOT}: no interval"


def by_band(table: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Rates in bands of minutes against no minutes at all, within hot spots.

    Bands: 0; above 0 and below the first edge; then from each edge up to the next. Columns: band, from_minutes,
    to_minutes, n (hot spot days), units, total, exposure, rate (total / exposure, crude: hot spots differ), rate_ratio
    (within hot spots), ci_low, ci_high, p, reason.

    Misleads: dose follows crime (see the module), and a hot spot that is always in one band shows nothing. A band
    without any event has rate ratio 0 and no interval. HotspotsError where there is nothing at zero dose to compare
    with.
    """
    rows = _checked(table, "minutes")
    minutes = rows["minutes"].to_numpy(float)
    band = np.where(minutes > 0, 1 + np.searchsorted(edges, minutes, side="right"), 0)
    crude = _crude(rows.assign(band=band), edges)
    totals = crude["total"].to_numpy(float)
    if not totals[0] > 0:
        raise HotspotsError(
            "No event fell on a day without minutes, so there is nothing to set the bands against: take a longer"
            " window."
        )
    if some := [b for b in range(1, len(totals)) if totals[b] > 0]:
        keep = np.isin(band, [0, *some])
        x = np.column_stack([band[keep] == b for b in some]).astype(float)
        crude.loc[some, list(RATIOS)] = _ratios(clustered(_fitted(rows[keep], x))).set_axis(some, axis=0)
    silent = (crude["n"] > 0) & (crude["total"] == 0)
    crude.loc[silent, ["rate_ratio", "reason"]] = 0.0, "nothing happened at this dose"
    crude.loc[crude["n"] == 0, "reason"] = "no day had this dose"
    crude.loc[0, ["rate_ratio", "ci_low", "ci_high"]] = 1.0
    crude.loc[0, "reason"] = "all other bands are set against this one"
    return crude


def _crude(rows: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """One row per band: its limits, what was seen in it, and no ratio yet."""
    start, stop = np.array([0.0, 0.0, *edges]), np.array([0.0, *edges, np.inf])
    ends = zip(start[1:], stop[1:], strict=True)
    names = [
        "0",
        *(f"{a:g} and more" if np.isinf(b) else f"{'above ' if a == 0 else ''}{a:g} to {b:g}" for a, b in ends),
    ]
    seen = rows.groupby("band").agg(
        n=("unit", "size"), units=("unit", "nunique"), total=("count", "sum"), exposure=("exposure", "sum")
    )
    shown = pd.DataFrame({"band": names, "from_minutes": start, "to_minutes": stop}).join(seen)
    shown[["n", "units"]] = shown[["n", "units"]].fillna(0).astype("int64")
    shown[["total", "exposure"]] = shown[["total", "exposure"]].fillna(0.0).astype(float)
    shown["rate"] = shown["total"] / shown["exposure"].where(shown["exposure"] > 0)
    none = dict.fromkeys(RATIOS[:-1], np.nan)
    return shown.assign(**none, reason="")


def smooth(table: pd.DataFrame, terms: int) -> pd.DataFrame:
    """The rate at each dose against no minutes, as a natural cubic spline of minutes with 1 to 3 ``terms`` (1: a line).

    Knots at 0, at the largest dose and at quantiles of the doses above 0 between them; there must be as many different
    ones as terms. 21 points up to the 95th percentile of doses above 0: minutes, rate_ratio, ci_low, ci_high, p,
    reason. Intervals are pointwise: the whole line leaves them more often than any one point.

    Misleads as `by_band` does, and where few days had a high dose the line's end follows them.
    Basis: Hastie, Tibshirani & Friedman 2009, doi:10.1007/978-0-387-84858-7, equation 5.4.
    """
    rows = _checked(table, "minutes")
    minutes = rows["minutes"].to_numpy(float)
    above = minutes[minutes > 0]
    knots = np.unique([0.0, *np.quantile(above, KNOT_SHARES[terms]), above.max()])
    points = np.linspace(0, np.quantile(above, 0.95), GRID)
    found = _fitted(rows, natural_spline(minutes, knots))
    shown = _ratios(clustered(found, natural_spline(points, knots) - natural_spline(np.zeros(1), knots)))
    shown.insert(0, "minutes", points)
    shown.loc[0, ["rate_ratio", "ci_low", "ci_high", "p"]] = 1.0, 1.0, 1.0, np.nan
    shown.loc[0, "reason"] = "all other doses are set against this one"
    return shown


def natural_spline(values: Floats, knots: Floats) -> Floats:
    """n × (knots − 1) basis without the constant: the value itself, and a bend for each knot but the last two.

    Cubic between the first and last knot, straight beyond. Scaled by the last knot so that terms are of one size.
    """
    v, k = values / knots[-1], knots / knots[-1]

    def bend(j: int) -> Floats:
        return (np.clip(v - k[j], 0, None) ** 3 - np.clip(v - k[-1], 0, None) ** 3) / (k[-1] - k[j])

    return np.column_stack([v, *(bend(j) - bend(len(k) - 2) for j in range(len(k) - 2))])


def day_before(table: pd.DataFrame) -> pd.DataFrame:
    """Rate ratios per 10 minutes of the same day, and of the day before: lag (0, 1), n and total as in `by_band`, ….

    Two models on the same rows, those of days whose day before is there.

    **Dose follows crime.** Patrols go where something has happened, so the same day's ratio is often above 1 with no
    effect at all; it is shown for that. Earlier minutes cannot reply to later crime. The two must *not* stand in one
    model: the same day's minutes reply to today's and yesterday's crime, and held fixed they set one against the other,
    so that yesterday's patrols look protective when they did nothing (a ratio of 0.79, significant in 29 of 30
    simulated sets; collider bias, Cole et al. 2010, doi:10.1093/ije/dyp334).

    Earlier minutes mislead still where crime comes in runs longer than a day (they reply to the same run: too high),
    where one day's minutes go with the next day's (they then stand for both), and in short series with effects of hot
    spots (too low, by about one part in the number of days: Nickell 1981, doi:10.2307/1911408). An effect within the
    same day cannot be separated from the reply to crime by any of this.
    """
    rows = _checked(table, "minutes")
    then = rows[["unit", "period", "minutes"]].assign(period=rows["period"] + 1)
    rows = rows.merge(then.rename(columns={"minutes": "earlier"}), on=["unit", "period"])
    if not len(rows):
        raise HotspotsError("No day has its day before beside it: days must follow one another.")
    if not rows["count"].sum() > 0:
        raise HotspotsError("Nothing happened on days whose day before is known: nothing to compare.")
    doses = [rows[[column]].to_numpy(float) / PER_MINUTES for column in ("minutes", "earlier")]
    shown = pd.concat([_ratios(clustered(_fitted(rows, dose))) for dose in doses], ignore_index=True)
    return shown.assign(lag=[0, 1], n=len(rows), total=float(rows["count"].sum()))


@dataclass(frozen=True, kw_only=True)
class OnOff:
    """The rate on days with an adequate visit over that on days without, within hot spot and day of the week."""

    on_days: int  # of those that can be compared
    off_days: int
    on_total: float
    off_total: float
    block_days: int | None  # days are compared within stretches of so many
    rate_ratio: float
    ci_low: float = np.nan
    ci_high: float = np.nan
    p: float = np.nan
    reason: str = ""  # why there is no interval; '' where there is one


def on_off(table: pd.DataFrame, block_days: int | None) -> OnOff:
    """Days with an adequate visit against days without, conditional Poisson within hot spot and day of the week.

    With ``block_days`` (28 is usual; a whole number of fortnights) also within stretches of that many days, so that
    seasons and slow trends cancel: the time-stratified design. Conditioning on a stratum's total equals an effect for
    each stratum, so strata of one kind of day, or without an event, show nothing and are left out (Armstrong,
    Gasparrini & Tobias 2014, doi:10.1186/1471-2288-14-122). Errors clustered by hot spot.

    Misleads: dose follows crime within the day too; without ``block_days``, a season in both. An adequate visit that
    came because of the day's first incident counts that incident as its own. rate ratio 0, or nan, without an interval
    and with the ``reason``, where one kind of day had no event.
    """
    rows = _checked(table, "adequate")
    rows = rows.assign(on=rows["adequate"].astype(bool), stratum=_strata(rows, block_days))
    sums = rows.groupby("stratum").agg(on=("on", "mean"), total=("count", "sum"))
    used = rows[rows["stratum"].isin(sums.index[(sums["on"] > 0) & (sums["on"] < 1) & (sums["total"] > 0)])]
    if not len(used):
        raise HotspotsError(
            "No hot spot had days of both kinds on one day of the week, with an event: nothing to compare."
        )
    seen = [used[used["on"] == kind] for kind in (True, False)]
    totals = [float(s["count"].sum()) for s in seen]
    return OnOff(
        on_days=len(seen[0]), off_days=len(seen[1]), on_total=totals[0], off_total=totals[1], block_days=block_days,
        **_contrast(used, totals),
    )  # fmt: skip


def _strata(rows: pd.DataFrame, block_days: int | None) -> Ints:
    parts = [rows["unit"], rows["period"] % WEEK]
    if block_days:
        parts.append((rows["period"] - rows["period"].min()) // block_days)
    return pd.DataFrame(dict(enumerate(parts))).groupby([*range(len(parts))]).ngroup().to_numpy().astype(np.int64)


def _contrast(used: pd.DataFrame, totals: list[float]) -> dict[str, Any]:
    """Rate ratio, limits and p by name, or the ``reason`` that keeps them from being finite."""
    if min(totals) <= 0:
        return {"rate_ratio": 0.0 if totals[0] <= 0 else np.nan, "reason": "one kind of day had no event"}
    row, cluster = (np.unique(used[c].to_numpy(), return_inverse=True)[1] for c in ("stratum", "unit"))
    y, exposure = used["count"].to_numpy(float), used["exposure"].to_numpy(float)
    errors = clustered(fit(Design(y, exposure, used[["on"]].to_numpy(float), row, cluster)))
    found = {str(k): v for k, v in _ratios(errors).loc[0].to_dict().items()}
    return {**found, "reason": ONE_SPOT if found["reason"] else ""}


def _checked(table: pd.DataFrame, dose: str) -> pd.DataFrame:
    """The rows in order. HotspotsError, all problems at once, where they cannot be used."""
    columns = ["unit", "period", dose, "exposure", "count"]
    if lacking := [c for c in columns if c not in table]:
        raise HotspotsError(f"The dose table lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}.")
    rows = table[columns].reset_index(drop=True)
    problems = [p for p in (_bad(rows, c) for c in ("minutes", "exposure", "count") if c in rows) if p]
    if (twice := rows.duplicated(["unit", "period"])).any():
        problems.append(f"{counted(int(twice.sum()), 'hot spot day')} occur twice: {sample(rows['unit'][twice])}.")
    if problems:
        raise HotspotsError(problems)
    if not rows["count"].sum() > 0:
        raise HotspotsError("The dose table holds no event on a day whose dose is known.")
    types: dict[str, Any] = {"unit": "str", "period": "int64", "exposure": "float64", "count": "float64"}
    return rows.astype(types).sort_values(["unit", "period"], ignore_index=True)


def _bad(rows: pd.DataFrame, column: str) -> str:
    values = pd.to_numeric(rows[column], errors="coerce").to_numpy(float)
    good = np.isfinite(values) & (values >= 0)
    if column == "exposure":
        good &= (values > 0) & (values <= 1 + 1e-9)
    if good.all():
        return ""
    asked = "above 0 and up to 1" if column == "exposure" else "0 or more"
    return f"{column.capitalize()} must be {asked}; {int((~good).sum()):,} are not: {sample(rows[column][~good])}."


def _fitted(rows: pd.DataFrame, x: Floats) -> Fit:
    """The fit, hot spots and days without events left out; refused where the dose cannot be separated from them."""
    design, _ = without_empty(design_of(rows, "count", x))
    found = fit(design)
    spread = np.diag(found.information)
    apart = (spread > 1e-9 * ((design.x**2).T @ found.weight + 1e-300)).all()
    if not found.converged or not apart or np.linalg.cond(found.information) > 1e12:
        raise HotspotsError(
            "The dose cannot be separated from hot spots and days: it is the same in all hot spots on each day, or the"
            " same on all days of each hot spot. Take a longer window."
        )
    return found


def _ratios(errors: Clustered) -> pd.DataFrame:
    """`RATIOS` of each estimate."""
    low, high = errors.interval()
    values = {"rate_ratio": errors.estimate, "ci_low": low, "ci_high": high}
    finite: Bools = np.isfinite(errors.se)
    shown = pd.DataFrame({name: np.exp(v) for name, v in values.items()}).assign(p=errors.p())
    return shown.assign(reason=np.where(finite, "", NO_INTERVAL))
