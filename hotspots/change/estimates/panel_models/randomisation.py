"""By chance: how often units randomised to treatment would differ as much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.estimates.panel_models.checks import GROUPS, Measure, checked_panel, design_of, informative
from hotspots.change.estimates.panel_models.model import Floats, fit


@dataclass(frozen=True)
class Randomisation:
    """How often units randomised to treatment would differ as much."""

    p: float
    rate_ratio: float
    method: str


def randomisation_p(
    panel: pd.DataFrame, measure: Measure = "count", draws: int = Settings.random_draws, seed: int = 0
) -> Randomisation:
    """The share of random allocations whose rate ratio is as far from 1 as the one found, two-sided.

    Which units are treated is randomised anew ``draws`` times. The statistic is |log of (T₁/T̂₁ ÷ T₀/T̂₀) /
    (C₁/Ĉ₁ ÷ C₀/Ĉ₀)|, hats from units and periods alone with no effect; where every unit has every period it is `did`'s
    exactly. p = (1 + as extreme) / (1 + draws) (Phipson & Smyth
    2010, doi:10.2202/1544-6115.1585), so never 0.

    Exact where units were randomised. Where they were picked it asks only whether a random pick would show as much:
    units picked as the worst differ from the rest, and p is too small. HotspotsError where a group holds nothing.
    """
    table = checked_panel(panel, measure)
    kept = informative(table, measure)
    if set(kept["group"]) != set(GROUPS):
        raise HotspotsError("A group has no incident at all, so there is nothing to randomise.")
    treated = (kept.groupby("unit")["group"].first() == "treated").to_numpy()
    observed, expected = _before_and_after(kept, measure)
    rng = np.random.default_rng(seed)
    others = rng.permuted(np.tile(treated, (draws, 1)), axis=1)
    logs = _double_ratios(np.vstack([treated, others]).astype(float), observed, expected)
    if np.isnan(logs[0]):
        raise HotspotsError("No rate ratio: treated or comparison places have nothing before or after the start.")
    extreme = ~(np.abs(logs[1:]) < np.abs(logs[0]) - 1e-10)  # what cannot be compared counts against
    p = (1 + int(extreme.sum())) / (1 + draws)
    method = f"{draws:,} random allocations of {int(treated.sum())} of {len(treated)} places, seed {seed}"
    return Randomisation(p, float(np.exp(logs[0])), method)


def _before_and_after(table: pd.DataFrame, measure: str) -> tuple[Floats, Floats]:
    """U × 2 sums by unit, before and after: what was seen, and what units and periods alone make expect."""
    design = design_of(table, measure, np.zeros((len(table), 0)))
    place = design.row * 2 + table["post"].to_numpy(np.int64)
    n = 2 * (int(design.row.max()) + 1)
    mu = fit(design).mu
    return (np.bincount(place, v, minlength=n).reshape(-1, 2) for v in (design.y, mu))  # type: ignore[return-value]


def _double_ratios(allocated: Floats, observed: Floats, expected: Floats) -> Floats:
    """The log of the double ratio under each allocation; ±inf or nan where a sum is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        treated = np.log(allocated @ observed) - np.log(allocated @ expected)
        other = np.log((1 - allocated) @ observed) - np.log((1 - allocated) @ expected)
        return (treated[:, 1] - treated[:, 0]) - (other[:, 1] - other[:, 0])
