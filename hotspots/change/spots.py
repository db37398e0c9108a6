"""Change of single places, and of the cells on the map. A single place is few incidents: counts and intervals lead."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.change.counting import Counted, sums
from hotspots.change.estimates.small_counts import e_test, percent_change, poisson_z, rate_ratio, ratio_of_ratios
from hotspots.change.places import COMPARISON, TREATED, Groups, cells_of

Pair = tuple[float, float]


def spots_table(
    groups: Groups,
    own: pd.DataFrame,
    ring: pd.DataFrame,
    expected: Mapping[str, float],
    by_expected: bool,
    spread: float,
    lengths: Pair,
    least_for_percent: int,
) -> pd.DataFrame:
    """`hotspots.base.columns.CHANGE_SPOTS`, before `in_columns`. ``own`` and ``ring``: of `counting.sums`, by area.

    Against the comparison a place is held from its count before or, ``by_expected``, from what was to be expected of
    it; ``spread``: how much more places' changes vary than Poisson counts, by which those intervals are widened.
    """
    first = {str(a): expected[str(a)] if by_expected else float(n) for a, n in own["count_before"].items()}
    others = [str(a) for a in groups.of(COMPARISON)["area"]]
    comparison = sum(first[a] for a in others), float(own["count_after"].reindex(others).sum())
    summary = {str(r["area"]): r for r in groups.summary.to_dict("records")}
    rows = []
    for place in groups.places.to_dict("records"):
        area = str(place["area"])
        if area not in summary:
            continue  # a neighbourhood of the rest: no place that anybody patrols
        about = summary[area]
        found = {str(k): v for k, v in own.loc[area].to_dict().items()}
        before, after = int(found["count_before"]), int(found["count_after"])
        rows.append({
            **{c: place[c] for c in ("area", "name", "bcu", "role")}, "likes": place["matched_to"],
            "n_cells": len(place["cells"]), "area_m2": float(about["spot_m2"]), **found,
            "expected_count": expected.get(area, nan), **of_place(before, after, lengths, least_for_percent),
            **against(place, first[area], after, comparison, spread), **of_ring(area, about, ring),
        })  # fmt: skip
    return pd.DataFrame(rows)


def of_place(before: int, after: int, lengths: Pair, least_for_percent: int) -> dict[str, Any]:
    """A single place's two counts: ratio with exact interval, Z, E-test, and a percentage where it may be given."""
    ratio = rate_ratio(before, after, *lengths)
    scaled = after * lengths[0] / lengths[1]
    percent = percent_change(before, scaled, least_for_percent)
    return {
        "percent": percent.value, "percent_refused": percent.reason, "rate_ratio": ratio.ratio,
        "ratio_low": ratio.low, "ratio_high": finite(ratio.high), "poisson_z": poisson_z(before, scaled),
        "e_test_p": e_test(before, after, *lengths),
    }  # fmt: skip


def finite(value: float) -> float:
    """Empty where there is no upper end."""
    return value if np.isfinite(value) else nan


def against(place: Mapping[Any, Any], first: float, after: float, comparison: Pair, spread: float) -> dict[str, float]:
    """The place's ratio over that of the pooled comparison; lengths cancel."""
    if place["role"] != TREATED:
        return {"against": nan, "against_low": nan, "against_high": nan}
    both = ratio_of_ratios((first, after), comparison, spread if spread > 1 else 1.0)
    return {"against": both.ratio, "against_low": both.low, "against_high": both.high}


def of_ring(area: str, about: Mapping[Any, Any], ring: pd.DataFrame) -> dict[str, Any]:
    """The ring of a place, and what it lost."""
    counts = ring.loc[area] if area in ring.index else None
    return {
        "ring_before": nan if counts is None else counts["count_before"],
        "ring_after": nan if counts is None else counts["count_after"],
        "ring_m2": float(about["ring_m2"]), "ring_note": ring_words(about),
    }  # fmt: skip


def ring_words(about: Mapping[Any, Any]) -> str:
    """What a ring lost, and what it touches."""
    words = []
    if not about["n_cells"]:
        words.append("No cell is left for a ring.")
    for n, to in ((about["lost_to_spots"], "hot spots"), (about["lost_to_rings"], "other rings")):
        if n:
            words.append(f"{n} {'cell' if n == 1 else 'cells'} within reach belong to {to}.")
    if about["touches"]:
        words.append(f"Its ring meets that of {about['touches']}.")
    return " ".join(words)


def cells_table(groups: Groups, counted: Counted) -> pd.DataFrame:
    """`hotspots.base.columns.CHANGE_CELLS` of hot spots and rings, by area and ring. Neighbourhoods are left out."""
    places = groups.places[groups.places["area"].isin(groups.summary["area"])]
    own = pd.DataFrame({"cell": list(cells_of(places)), "area": list(cells_of(places).values())})
    own = own.assign(ring=0).merge(places[["area", "role"]], on="area")
    table = pd.concat([own, groups.rings[["cell", "area", "role", "ring"]]], ignore_index=True)
    names = [str(c) for c in table["cell"]]
    found = sums(counted.rows, dict(zip(table["cell"], names, strict=True)), names).reset_index(drop=True)
    whole = pd.concat([table, found], axis=1).sort_values(["area", "ring", "cell"], ignore_index=True)
    return whole.assign(cell=geography.hex_ids(whole["cell"].to_numpy(dtype=np.int64)))
