"""Weighted displacement difference: treated against comparison, with the ground around them, in counts or in harm.

WDD = (T₁ − T₀) − (C₁ − C₀) + (D₁ − D₀) − (E₁ − E₀), with T treated, C comparison, D the ring around the treated, E that
around the comparison, before (0) and after (1). Var = the sum of the counts, for Poisson counts that are independent.
With areas and lengths of time, each count n of area a and time t enters as n/(a·t), its variance as n/(a·t)². Harm is
Σ w·WDD over offences of w days each, with variance Σ w²·Var.

When it misleads: it is a difference of counts, not of rates, so places at another level need not be parallel; counts
that come in series vary more than Poisson, and the interval is then too narrow; with harm the variance hangs on the
few heaviest offences (`Harm.driver`). Below about five in a cell the normal interval is rough.

Reference: Wheeler, A. P. and Ratcliffe, J. H. (2018), Crime Science 7, 11, doi:10.1186/s40163-018-0085-5.

>>> found = wdd(treated=(207, 110), comparison=(308, 318), ring=(178, 157), comparison_ring=(150, 140))
>>> found.estimate, round(found.z, 2)
(-118.0, -2.98)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, isfinite, nan, sqrt
from statistics import NormalDist

import pandas as pd

from hotspots.base.errors import HotspotsError

Pair = tuple[float, float]  # before, after
PLACES = ("treated", "comparison", "ring", "comparison_ring")
SIGN = {"treated": 1.0, "comparison": -1.0, "ring": 1.0, "comparison_ring": -1.0}


@dataclass(frozen=True)
class Estimate:
    """A change with its standard error, z, two-sided p and normal 95% interval; all but itself nan without counts."""

    estimate: float
    se: float
    z: float
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class Harm:
    """The harm-weighted difference, and the offence that supplies most of its variance."""

    total: Estimate
    table: pd.DataFrame  # offence, days, wdd, variance, share_of_variance; most first
    driver: str
    driver_share: float


def estimate(value: float, variance: float) -> Estimate:
    """A value with its normal 95% interval."""
    if not variance > 0:
        return Estimate(value, nan, nan, nan, nan, nan)
    se = sqrt(variance)
    reach = NormalDist().inv_cdf(0.975) * se
    return Estimate(value, se, value / se, erfc(abs(value / se) / sqrt(2)), value - reach, value + reach)


def wdd(
    treated: Pair, comparison: Pair, ring: Pair | None = None, comparison_ring: Pair | None = None,
    areas: Sequence[float] | None = None, times: Pair = (1.0, 1.0),
) -> Estimate:  # fmt: skip
    """The weighted displacement difference of counts (before, after). Formula, variance and limits: see the module.

    ``areas``: of treated, comparison, ring and comparison ring (as many as are given); ``times``: length of before and
    after. Without both rings there is no displacement term: give both or neither. Raises HotspotsError for counts
    below 0 and areas or times that are not above 0.
    """
    return estimate(*wdd_parts(treated, comparison, ring, comparison_ring, areas, times))


def wdd_parts(
    treated: Pair, comparison: Pair, ring: Pair | None = None, comparison_ring: Pair | None = None,
    areas: Sequence[float] | None = None, times: Pair = (1.0, 1.0),
) -> tuple[float, float]:  # fmt: skip
    """(the difference, its variance)."""
    if (ring is None) != (comparison_ring is None):
        raise HotspotsError("Give the rings of both treated and comparison hot spots, or of neither.")
    pairs = [p for p in (treated, comparison, ring, comparison_ring) if p is not None]
    areas = [1.0] * len(pairs) if areas is None else list(areas)
    checked(pairs, areas, times)
    value = variance = 0.0
    for place, (before, after), area in zip(PLACES, pairs, areas, strict=False):
        value += SIGN[place] * (after / times[1] - before / times[0]) / area
        variance += (after / times[1] ** 2 + before / times[0] ** 2) / area**2
    return value, variance


def checked(pairs: Sequence[Pair], areas: Sequence[float], times: Pair) -> None:
    if len(areas) != len(pairs):
        raise HotspotsError(f"{len(areas)} areas are given for {len(pairs)} places. Give one for each.")
    if any(not isfinite(n) or n < 0 for pair in pairs for n in pair):
        raise HotspotsError("Counts must be numbers of 0 or more.")
    if any(not isfinite(x) or x <= 0 for x in (*areas, *times)):
        raise HotspotsError("Areas and times must be above 0.")


COUNTS = tuple(f"{place}_{when}" for place in PLACES for when in ("before", "after"))


def harm_wdd(table: pd.DataFrame, areas: Sequence[float] | None = None, times: Pair = (1.0, 1.0)) -> Harm:
    """The harm-weighted difference over offences.

    ``table``: a row per offence (or band of offences): offence, days, treated_before, treated_after, comparison_before,
    comparison_after and, for all or none, ring_before, … comparison_ring_after. ``driver`` is the offence with the
    largest share of the variance: where that is most of it, a single kind of rare event decides.
    """
    if missing := [c for c in ("offence", "days", *COUNTS[:4]) if c not in table.columns]:
        raise HotspotsError(f"The table of offences lacks {', '.join(missing)}.")
    places = [p for p in PLACES if f"{p}_before" in table.columns]
    rows = []
    for row in table.to_dict("records"):
        pairs = {p: (float(row[f"{p}_before"]), float(row[f"{p}_after"])) for p in places}
        value, variance = wdd_parts(**pairs, areas=areas, times=times)
        days = float(row["days"])
        rows.append((str(row["offence"]), days, value, days**2 * variance))
    found = pd.DataFrame(rows, columns=["offence", "days", "wdd", "variance"])
    whole = float(found["variance"].sum())
    found["share_of_variance"] = found["variance"] / whole if whole > 0 else nan
    found = found.sort_values(["variance", "offence"], ascending=[False, True], ignore_index=True)
    total = estimate(float((found["days"] * found["wdd"]).sum()), whole)
    first = found.iloc[0] if whole > 0 else None
    return Harm(
        total, found, "" if first is None else str(first["offence"]),
        nan if first is None else float(first["share_of_variance"]),
    )  # fmt: skip
