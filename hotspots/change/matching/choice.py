"""Which candidate serves which treated place: the choice with the least total distance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import NothingLeft
from hotspots.change.matching import rules
from hotspots.change.matching.distance import Places, components, kilometres, places_of
from hotspots.change.matching.quality import judged
from hotspots.change.matching.rules import Bools, Floats, Match


def match(
    units: pd.DataFrame, counts: pd.DataFrame, harm: pd.DataFrame, shares: pd.DataFrame, exposure: pd.DataFrame,
    barred: Mapping[str, str],
) -> Match:  # fmt: skip
    """The comparison places that are nearest to the treated ones before the start: least total distance, none twice.

    ``units``: a row per place with unit (its id), group ("treated" or "candidate"), bcu, lon, lat (degrees), area_m2,
    expected_count and expected_harm: means per fully covered period from a model of the time before the start.
    ``counts`` and ``harm`` (days): a row per place (index: unit), a column per *pre-period* in order; nan where a
    period has no data. ``exposure``: the same shape, 0 < e ≤ 1. ``shares``: a row per place, a column per offence band,
    adding up to 1 (all 0 for a place without offences). ``barred``: places that must not serve, and why
    (`rings.within_reach`).

    A match lies in the same BCU and at least `APART_M` from every treated place. As many treated places as possible
    get one; among those ways the one with the smallest sum of distances is taken (Hungarian method). Ties: the way that
    keeps very close pairs whole, then lower ids. The order of rows and columns changes nothing.

    Raises HotspotsError, all problems at once, where the tables do not fit each other or nobody can be matched.
    """
    places = places_of(units, counts, harm, shares, exposure)
    parts = components(places)
    distance = np.sum([parts[c] for c in rules.COMPONENTS], axis=0)
    allowed, why_not = _allowed(places, barred)
    if not allowed.any():
        raise NothingLeft(
            f"No candidate lies at least {rules.APART_M:g} m from every treated hot spot and in the BCU of a treated"
            " one. Give more candidates."
        )
    rows, columns = _assigned(distance, allowed)
    pairs = _pairs(places, parts, distance, rows, columns)
    unmatched = _unmatched(places, allowed, why_not, rows, columns)
    return judged(places, pairs, unmatched, (rows, columns), barred)


def _assigned(distance: Floats, allowed: Bools) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of treated and of candidates that belong together, by treated.

    Each treated place has a column of its own in which it goes without; that costs more than any distances together,
    so that a maximum number of matches is kept.
    """
    from scipy.optimize import linear_sum_assignment

    n, m = distance.shape
    cost = np.round(distance + rules.CONCAVE * np.sqrt(distance), 9)
    by_id = np.arange(m)[None, :] / m - np.outer(np.arange(n) / n, np.arange(m) / m) / 2
    cost = np.where(allowed, cost + rules.BY_ID * by_id, 0.0)
    without = (cost.max(initial=0.0) + 1.0) * (n + 1)
    forbidden = 4 * without
    going = np.full((n, n), forbidden)
    np.fill_diagonal(going, 2 * without)
    rows, columns = linear_sum_assignment(np.hstack([np.where(allowed, cost, forbidden), going]))
    return rows[columns < m], columns[columns < m]


def _allowed(places: Places, barred: Mapping[str, str]) -> tuple[Bools, dict[str, str]]:
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
        elif gap[closest[j], j] < rules.APART_M:
            why_not[unit] = f"it lies within {rules.APART_M:g} m of treated {places.unit[treated[closest[j]]]}"
    free = np.array([places.unit[i] not in why_not for i in candidates], dtype=bool)
    return free & (places.bcu[treated][:, None] == places.bcu[candidates]), why_not


def _pairs(
    places: Places, parts: Mapping[str, Floats], distance: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64],
) -> pd.DataFrame:  # fmt: skip
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    table = pd.DataFrame({
        "treated": [places.unit[i] for i in t[rows]], "comparison": [places.unit[i] for i in c[columns]],
        "distance": distance[rows, columns], **{name: parts[name][rows, columns] for name in rules.COMPONENTS},
        "km": kilometres(places, t, c)[rows, columns],
    })  # fmt: skip
    return table.astype({"treated": "str", "comparison": "str"})[list(rules.TABLES["pairs"])]


def _unmatched(
    places: Places, allowed: Bools, why_not: Mapping[str, str], rows: NDArray[np.int64], columns: NDArray[np.int64],
) -> pd.DataFrame:  # fmt: skip
    """Treated places without a match and candidates that serve nobody, each with the reason."""
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    found = []
    for i in sorted(set(range(len(t))) - set(rows.tolist())):
        some = "the candidates nearest to it serve other hot spots"
        none = "no candidate of its BCU lies clear of the treated hot spots"
        found.append((places.unit[t[i]], "treated", some if allowed[i].any() else none))
    for j in sorted(set(range(len(c))) - set(columns.tolist())):
        unit = places.unit[c[j]]
        usual = "others are nearer" if allowed[:, j].any() else "no treated hot spot in its BCU"
        found.append((unit, "candidate", why_not.get(unit, usual)))
    table = pd.DataFrame(found, columns=list(rules.TABLES["unmatched"]))
    return table.astype(dict.fromkeys(rules.TABLES["unmatched"], "str")).sort_values("unit").reset_index(drop=True)
