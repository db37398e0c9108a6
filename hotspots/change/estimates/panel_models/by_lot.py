"""By chance: how often units treated by lot would differ as much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.change.estimates.panel_models.checks import GROUPS, Measure, checked_panel, design_of, informative
from hotspots.change.estimates.panel_models.model import Bools, Floats, Ints, fit, numbered


@dataclass(frozen=True)
class Randomisation:
    """How often units treated by lot would differ as much. ``distinct``: allocations there are in all."""

    p: float
    rate_ratio: float
    draws: int
    distinct: float
    note: str
    method: str


def randomisation_p(
    panel: pd.DataFrame, measure: Measure = "count", draws: int = Settings.random_draws, seed: int = 0
) -> Randomisation:
    """The share of random allocations whose rate ratio is as far from 1 as the one found, two-sided.

    Which units are treated is dealt anew ``draws`` times, within each ``stratum`` where the panel has that column (as
    the BCU). The statistic is |log of (T₁/T̂₁ ÷ T₀/T̂₀) / (C₁/Ĉ₁ ÷ C₀/Ĉ₀)|, hats from units and periods alone with no
    effect; where every unit has every period it is `did`'s exactly. p = (1 + as extreme) / (1 + draws) (Phipson & Smyth
    2010, doi:10.2202/1544-6115.1585), so never 0.

    Exact where units were treated by lot. Where they were picked it asks only whether a pick by lot would show as much:
    units picked as the worst differ from the rest, and p is too small. HotspotsError where there is only one way to
    deal, or a group holds nothing.
    """
    table = checked_panel(panel, measure)
    kept, dropped = informative(table, measure)
    if set(kept["group"]) != set(GROUPS):
        raise HotspotsError("A group has no event at all, so there is nothing to deal out.")
    treated, strata = _labels(kept)
    distinct = _allocations(treated, strata)
    if distinct < 2:
        raise HotspotsError("There is only one way to deal the treated units within their strata: join strata.")
    observed, expected = _before_and_after(kept, measure)
    rng = np.random.default_rng(seed)
    dealt = np.empty((draws + 1, len(treated)), dtype=bool)
    dealt[0] = treated
    for stratum in np.unique(strata):
        inside = strata == stratum
        dealt[1:, inside] = rng.permuted(np.tile(treated[inside], (draws, 1)), axis=1)
    logs = _double_ratios(dealt.astype(float), observed, expected)
    if np.isnan(logs[0]):
        raise HotspotsError("No rate ratio: treated or comparison units hold nothing, before or after the start.")
    extreme = ~(np.abs(logs[1:]) < np.abs(logs[0]) - 1e-10)  # what cannot be told counts against
    p = (1 + int(extreme.sum())) / (1 + draws)
    few = f"Only {distinct:,.0f} allocations exist. " if distinct < draws else ""
    method = f"{draws:,} random allocations of {int(treated.sum())} of {len(treated)} units, seed {seed}"
    return Randomisation(p, float(np.exp(logs[0])), draws, distinct, few + " ".join(dropped), method)


def _labels(table: pd.DataFrame) -> tuple[Bools, Ints]:
    """Whether treated, and the stratum, of each unit in order."""
    if "stratum" not in table:
        table = table.assign(stratum="all")
    units = table[["unit", "group", "stratum"]].drop_duplicates().sort_values("unit")
    if units["unit"].duplicated().any():
        raise HotspotsError(f"A unit lies in several strata: {sample(units['unit'][units['unit'].duplicated()])}.")
    return (units["group"] == "treated").to_numpy(bool), numbered(units["stratum"].to_numpy(object))


def _allocations(treated: Bools, strata: Ints) -> float:
    from math import comb

    return float(
        np.prod([float(comb(int((s := strata == k).sum()), int(treated[s].sum()))) for k in np.unique(strata)])
    )


def _before_and_after(table: pd.DataFrame, measure: str) -> tuple[Floats, Floats]:
    """U × 2 sums by unit, before and after: what was seen, and what units and periods alone make expect."""
    design = design_of(table, measure, np.zeros((len(table), 0)))
    side = table["post"].to_numpy(np.int64)
    place = design.row * 2 + side
    n = 2 * (int(design.row.max()) + 1)
    mu = fit(design).mu
    return (np.bincount(place, v, minlength=n).reshape(-1, 2) for v in (design.y, mu))  # type: ignore[return-value]


def _double_ratios(dealt: Floats, observed: Floats, expected: Floats) -> Floats:
    """The log of the double ratio under each allocation; ±inf or nan where a sum is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        treated = np.log(dealt @ observed) - np.log(dealt @ expected)
        other = np.log((1 - dealt) @ observed) - np.log((1 - dealt) @ expected)
        return (treated[:, 1] - treated[:, 0]) - (other[:, 1] - other[:, 0])
