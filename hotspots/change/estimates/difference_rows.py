"""The rows of `hotspots.base.columns.CHANGE` that are differences of counts or harm, and how far those may be off.

The published formula takes counts for Poisson counts of groups that would have moved by equal numbers. Neither holds:
places burst and fade, and groups of different size move by different numbers when a whole BCU moves. So the formula's
variance is multiplied by φ ≥ 1, by how much more the places' own changes vary than it says: φ = Σ e²/(1 − h) over the
formula's variance, both summed over the groups, each over the square of its area where the difference is per km². e is
a place's change less its part of the group's, d − h·Σd, with h = (a + b)/Σ(a + b) (`scatter`). t is Student's, with
Welch and Satterthwaite's degrees of freedom over the groups. And the interval is widened by what the movement of the
rest of each BCU would bring by itself, |Σ (level of treated − level of comparison) · (r − 1)|, r being after over
before outside hot spots and rings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from hotspots.change.estimates.rows import RATIO, Figures, of_difference, of_ratio, row
from hotspots.change.estimates.scatter import pooled, scatter
from hotspots.change.estimates.small_counts import ratio_of_ratios
from hotspots.change.estimates.wdd import PLACES, SIGN, Estimate, harm_wdd

Pair = tuple[float, float]
UNEVEN = 1.5  # levels of the two groups further apart than this: differences of counts do not compare
SAID = 1.5  # times the formula's variance: so much more is said
BUSIER = 2.0  # times the comparison places' mean
ALONE = "No interval: each group is a single place, and how places vary cannot be seen from one."


def wdd_row(figures: Figures, offences: pd.DataFrame | None, per_km2: bool = False) -> dict[str, Any]:
    """The weighted displacement difference; of harm over ``offences`` (a row per offence, see `harm_wdd`)."""
    named = [p for p in PLACES if p in figures.sums]
    if len(named) == 3:
        named = named[:2]  # a ring of one group alone has nothing to be set against
    areas = [figures.areas[p] / 1e6 for p in named] if per_km2 else None
    notes = uneven_note(figures.sums["treated"][0], figures.sums["comparison"][0])
    if offences is None:
        method = "Weighted displacement difference (Wheeler and Ratcliffe 2018)"
    else:
        kept = [c for c in offences.columns if not c.startswith(("ring", "comparison_ring")) or len(named) == 4]
        whole = harm_wdd(offences[kept], areas, times_of(figures))
        method = "Harm-weighted displacement difference"
        if whole.driver:
            notes.insert(0, f"{whole.driver_share:.0%} of its variance comes from {whole.driver}.")
    method += ", rings included" if len(named) == 4 else ", without rings"
    unit = figures.unit if figures.column == "harm" else "incidents"
    scale, of = (f"{unit} per km²", "wdd_km2") if per_km2 else (unit, "wdd")
    return difference_row(figures, of, scale, method, named, areas, notes, offences)


def ring_difference_row(figures: Figures) -> dict[str, Any] | None:
    """(D₁ − D₀) − (E₁ − E₀): the rings alone, in counts: sees displacement sooner than the ratio of few incidents."""
    rings = [figures.sums.get(p) for p in PLACES[2:]]
    if figures.column == "harm" or rings[0] is None or rings[1] is None:
        return None
    method = "Difference of the rings (the displacement term of the weighted displacement difference)"
    notes = uneven_note(rings[0][0], rings[1][0])
    return difference_row(figures, "ring_wdd", "incidents", method, PLACES[2:], None, notes)


def difference_row(
    figures: Figures, of: str, scale: str, method: str, named: Sequence[str], areas: Sequence[float] | None,
    notes: list[str], offences: pd.DataFrame | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One row: the difference over ``named`` groups, its interval over places and widened by the BCUs' movement."""
    per = dict(zip(named, areas or [1.0] * len(named), strict=True))
    longer, _ = times_of(figures)
    value = variance = 0.0
    for place in named:
        before, after = figures.sums[place]
        value += SIGN[place] * (after - before / longer) / per[place]
        variance += formula(figures, place, offences) / per[place] ** 2
    phi, free = dispersion(figures, per, offences)
    allowed = abs(movement(figures, per))
    found = interval(value, variance * max(phi, 1.0), free, allowed)
    if not free:
        notes = [*notes, ALONE]
    elif phi > SAID:
        notes = [*notes, f"Places' changes vary {phi:.1f} times as much as the formula says: its interval is widened."]
    if allowed > found.se / 10:
        notes = [*notes, f"Of its interval {allowed:,.1f} either way are for what the BCU did as a whole."]
    return row(figures, of, scale, method, note=" ".join(notes), **of_difference(found))


def interval(value: float, variance: float, df: float, allowed: float) -> Estimate:
    """The value with Student's 95% interval, ``allowed`` wider on either side; z and p of what lies beyond that."""
    from scipy.special import stdtr, stdtrit

    if not variance > 0 or not df >= 1:
        return Estimate(value, nan, nan, nan, nan, nan)
    se = sqrt(variance)
    reach = float(stdtrit(df, 0.975)) * se + allowed
    beyond = max(abs(value) - allowed, 0.0) / se
    z = beyond if value >= 0 else -beyond
    return Estimate(value, se, z, float(2 * stdtr(df, -beyond)), value - reach, value + reach)


def times_of(figures: Figures) -> tuple[float, float]:
    return figures.lengths[0] / figures.lengths[1], 1.0


def formula(figures: Figures, place: str, offences: pd.DataFrame | None) -> float:
    """The variance of a group's change were counts Poisson: their sum; of harm Σ w² times that of each offence."""
    longer, _ = times_of(figures)
    if offences is None:
        before, after = figures.sums[place]
        return after + before / longer**2
    each = offences[f"{place}_after"] + offences[f"{place}_before"] / longer**2
    return float((offences["days"] ** 2 * each).sum())


def dispersion(figures: Figures, per: Mapping[str, float], offences: pd.DataFrame | None) -> tuple[float, float]:
    """(φ of the module's formula over the groups that have two places and more, degrees of freedom).

    ``per``: group → the area its change is divided by, or 1.
    """
    longer, _ = times_of(figures)
    seen, free, said = [], [], 0.0
    for place, area in per.items():
        table = place_sums(figures, place)
        if len(table) < 2:
            continue
        b, a = table["before"].to_numpy(float) / longer, table["after"].to_numpy(float)
        share = (a + b) / (a + b).sum()
        variance, freedom = scatter((a - b) - share * (a - b).sum(), share)
        seen.append(variance / area**2)
        free.append(freedom)
        said += formula(figures, place, offences) / area**2
    return (sum(seen) / said if said > 0 else nan), pooled(seen, free, sum(free))


def place_sums(figures: Figures, place: str) -> pd.DataFrame:
    """before and after of each place of one group that has anything."""
    panel = figures.ring_panel if "ring" in place else figures.panel
    assert panel is not None
    mine = panel[panel["group"] == ("comparison" if place.startswith("comparison") else "treated")]
    sums = mine.groupby(["unit", "post"])[figures.column].sum().unstack(fill_value=0)
    sums = sums.reindex(columns=[False, True], fill_value=0.0).set_axis(["before", "after"], axis=1)
    return sums[sums.sum(axis=1) > 0]


def movement(figures: Figures, per: Mapping[str, float]) -> float:
    """What the rest of each BCU's movement would bring to the difference, were nothing else going on."""
    if figures.levels is None:
        return 0.0
    longer, _ = times_of(figures)
    apart = sum(SIGN[place] * figures.levels[place] / longer / area for place, area in per.items())
    return float((apart * (figures.levels["moved"] * longer - 1)).sum())


def uneven_note(treated: float, comparison: float) -> list[str]:
    """That counts at different levels change by different numbers; both before."""
    if not treated or not comparison or 1 / UNEVEN <= treated / comparison <= UNEVEN:
        return []
    return [
        f"The groups differ in size ({treated:,.0f} and {comparison:,.0f} before), so equal percentages make unequal"
        " differences: read the ratio."
    ]


def spread_of(panel: pd.DataFrame, without: str = "") -> float:
    """How much more the places' own changes vary than Poisson counts: `spread_and_freedom`."""
    return spread_and_freedom(panel, without)[0]


def spread_and_freedom(panel: pd.DataFrame, without: str = "") -> tuple[float, int]:
    """(X² over its degrees of freedom, 1 for Poisson counts and more where places' own changes vary more; these).

    Per group, places' counts before and after against the group's common share after: Σ (a − n·s)² / (n·s·(1 − s)).
    ``without``: a place that is itself held against the figure, and must not widen it by its own jump.
    """
    table = panel.pivot_table(index=["group", "unit"], columns="post", values="count", aggfunc="sum")
    table = table[(table.sum(axis=1) > 0) & (table.index.get_level_values("unit") != without)]
    after, both = table[True].to_numpy(float), table.sum(axis=1).to_numpy(float)
    groups = table.index.get_level_values("group")
    share = (
        table[True].groupby(groups).transform("sum") / table.sum(axis=1).groupby(groups).transform("sum")
    ).to_numpy(float)
    inside = (share > 0) & (share < 1)
    free = int(inside.sum()) - len(set(groups[inside]))
    if free < 1:
        return nan, 0
    parts = (after - both * share)[inside] ** 2 / (both * share * (1 - share))[inside]
    return float(np.sum(parts) / free), free


def single_row(figures: Figures, area: str, treated: Pair, comparison: Pair) -> dict[str, Any] | None:
    """One hot spot against the pooled comparison; None where how places vary cannot be seen, from fewer than two.

    ``treated`` and ``comparison``: what the place and the others are held from, and what came after. The errors of a
    panel are clustered by place and there is one, so the scatter is that of the comparison places: √φ, at least 1, with
    Student's t of as many degrees of freedom as they leave. What a place strays by beyond chance grows with the square
    of its count, so of one k times as busy as they are on average φ is 1 + k·(φ − 1). See `ratio_of_ratios`.
    """
    from scipy.special import stdtr, stdtrit

    phi, free = spread_and_freedom(figures.panel, without=area)
    if free < 1:
        return None
    mean = comparison[0] / max(free + 1, 1)
    phi = 1 + (max(phi, 1.0) - 1) * max(treated[0] / mean if mean else 1.0, 1.0)
    reach = float(stdtrit(free, 0.975))
    found = ratio_of_ratios(treated, comparison, phi, reach)
    counts = (*treated, *comparison)
    se = sqrt(phi * sum(1 / n for n in counts)) if all(counts) else nan
    p = float(2 * stdtr(free, -abs(log(found.ratio)) / se)) if se > 0 else nan
    note = f"Places' changes vary {phi:.1f} times as much as Poisson counts." if phi > SAID else ""
    if mean and treated[0] > BUSIER * mean:
        note += " It is much busier than the comparison places: how far it strays is an estimate, the interval rough."
    method = "One hot spot against the pooled comparison; errors by how the comparison places vary, Student's t"
    fields = of_ratio(found.ratio, found.low, found.high, se, p, free)
    return row(figures, "single", RATIO, method, note=f"{found.note} {note.strip()}".strip(), **fields)
