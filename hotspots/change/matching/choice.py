"""Which candidate serves which treated place: the choice with the least total distance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError
from hotspots.change.matching.alike import components, kilometres
from hotspots.change.matching.given import Places, places_of
from hotspots.change.matching.rules import (
    BY_ID,
    COMPONENTS,
    CONCAVE,
    PAIR_COLUMNS,
    UNMATCHED_COLUMNS,
    Bools,
    Floats,
    Matched,
    Rules,
)
from hotspots.change.matching.worth import judged


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
    places = places_of(units, counts, harm, shares, exposure, rules)
    barred = {str(u): str(why) for u, why in (barred or {}).items()}
    parts = components(places, rules)
    distance = np.sum([parts[c] for c in COMPONENTS], axis=0)
    allowed, why_not = _allowed(places, rules, barred)
    within = allowed if rules.caliper is None else allowed & (distance <= rules.caliper)
    if not within.any():
        raise HotspotsError(_nobody(allowed, rules))
    rows, columns = _assigned(distance, within, rules.ratio)
    pairs = _pairs(places, parts, distance, rows, columns)
    unmatched = _unmatched(places, rules, allowed, within, why_not, rows, columns)
    return judged(places, rules, pairs, unmatched, (rows, columns), barred)


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


def _allowed(places: Places, rules: Rules, barred: Mapping[str, str]) -> tuple[Bools, dict[str, str]]:
    """Treated × candidates: who may serve whom. And for candidates that may serve nobody, why."""
    candidates = np.flatnonzero(~places.treated)
    treated = np.flatnonzero(places.treated)
    km = kilometres(places, treated, candidates)
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


def _pairs(
    places: Places,
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
            "km": kilometres(places, t, c)[rows, columns],
        }
    )
    return table.astype({"treated": "str", "comparison": "str"})[list(PAIR_COLUMNS)]


def _unmatched(
    places: Places,
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
