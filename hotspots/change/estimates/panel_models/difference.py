"""Difference in differences: treated against comparison, after against before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.change.estimates.panel_models.checks import (
    GROUPS,
    Measure,
    Model,
    checked_panel,
    design_of,
    informative,
    method_of,
)
from hotspots.change.estimates.panel_models.clusters import clustered
from hotspots.change.estimates.panel_models.model import Fit, Floats, fit, fit_negative_binomial


@dataclass(frozen=True, kw_only=True)
class Did:
    """A rate ratio of treated × post, and what must be said beside it."""

    periods_before: int
    periods_after: int
    method: str
    warnings: tuple[str, ...]
    rate_ratio: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    p: float = np.nan  # two-sided
    se: float = np.nan  # of the logarithm
    df: float = np.nan
    alpha: float = 0.0  # the negative binomial's; 0 for Poisson
    largest_share: float = np.nan  # of all harm, in one unit and period
    largest_unit: str = ""
    without_largest: Did | None = None  # the same without that unit


def did(panel: pd.DataFrame, measure: Measure = "count", model: Model = "poisson") -> Did:
    """The rate ratio treated × post with effects of units and periods, log exposure, errors clustered by unit.

    log E(y) = unit + period + β·treated·post + log exposure; the rate ratio is exp β. Where every unit has every
    period, it is (T₁/T₀)/(C₁/C₀). Its variance is `clustered`'s. ``model`` "negative-binomial" weighs large counts
    less; it is for counts only. ``measure`` "harm" is Poisson pseudo-likelihood on harm days.

    Misleads where the two groups were on different paths anyway (`pre_trend`), where hot spots were chosen by the very
    periods before the start (regression to the mean; the comparison must have been chosen in the same way), where
    patrols push crime into the comparison places, and on harm where one severe event decides: hence largest_share, and
    the estimate without that unit. All units must start at once: with staggered starts this model compares treated with
    treated (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014) and is refused.

    Not finite with the reason in ``warnings``: nothing after the start in treated units (rate ratio 0, no interval),
    nothing in another of the four groups (nan), a group with one unit with any event (no interval). HotspotsError where
    the panel is not one.
    """
    table = checked_panel(panel, measure)
    if measure == "harm" and model != "poisson":
        raise HotspotsError("Harm days are not counts: choose the Poisson model for them, not the negative binomial.")
    found, total = _estimate(table, measure, model), table[measure].sum()
    if measure != "harm" or not total > 0:
        return found
    largest = table.iloc[int(table[measure].to_numpy().argmax())]
    rest = table[table["unit"] != largest["unit"]]
    return replace(
        found,
        largest_share=float(largest[measure] / total),
        largest_unit=str(largest["unit"]),
        without_largest=_estimate(rest, measure, model) if set(rest["group"]) == set(GROUPS) else None,
    )


def _estimate(table: pd.DataFrame, measure: str, model: str) -> Did:
    totals = _totals(table, measure)
    kept = informative(table, measure)
    empty = _empty(table, kept, model)
    if reason := _no_estimate(totals):
        ratio = 0.0 if all(totals[i] > 0 for i in (0, 2, 3)) else np.nan
        return replace(empty, rate_ratio=ratio, warnings=(*empty.warnings, reason))
    treated_after: Floats = (kept["post"] & (kept["group"] == "treated")).to_numpy().astype(np.float64)
    design = design_of(kept, measure, treated_after[:, None])
    found = fit(design) if model == "poisson" else fit_negative_binomial(design)
    if not found.converged or not found.information[0, 0] > 1e-8 * design.y.sum():
        reason = "No estimate: no period before and after the start holds data of both groups."
        return replace(empty, warnings=(*empty.warnings, reason))
    return _filled(empty, found)


def _empty(table: pd.DataFrame, kept: pd.DataFrame, model: str) -> Did:
    """Everything but the estimates."""
    periods = table.groupby("post")["period"].nunique().reindex([False, True], fill_value=0)
    return Did(
        periods_before=int(periods.iloc[0]), periods_after=int(periods.iloc[1]),
        method=method_of(model), warnings=_on_one_side(kept),
    )  # fmt: skip


def _filled(empty: Did, found: Fit) -> Did:
    errors = clustered(found)
    low, high = (float(np.exp(limit[0])) for limit in errors.interval())
    one = "No interval: a group has only one place with incidents, and how places vary cannot be seen from one."
    return replace(
        empty, rate_ratio=float(np.exp(found.beta[0])), ci_low=low, ci_high=high, p=float(errors.p()[0]),
        se=float(errors.se[0]), df=float(errors.df[0]), alpha=found.alpha,
        warnings=(*empty.warnings, *(() if np.isfinite(low) else (one,))),
    )  # fmt: skip


def _totals(table: pd.DataFrame, measure: str) -> tuple[float, float, float, float]:
    """Treated before and after, comparison before and after."""
    sums = table.groupby(["group", "post"])[measure].sum()
    treated, other = GROUPS
    keys = ((treated, False), (treated, True), (other, False), (other, True))
    first, second, third, fourth = (float(sums.get(key, 0.0)) for key in keys)
    return first, second, third, fourth


def _no_estimate(totals: tuple[float, ...]) -> str:
    names = ("treated places before", "treated places after", "comparison places before", "comparison places after")
    nothing = [name for name, total in zip(names, totals, strict=True) if not total > 0]
    if not nothing:
        return ""
    return f"No interval: there is nothing in {' and nothing in '.join(nothing)} the start."


def _on_one_side(table: pd.DataFrame) -> tuple[str, ...]:
    windows = table.groupby("unit")["post"].nunique()
    some = windows.index[windows < 2]
    if not len(some):
        return ()
    which = f"{counted(len(some), 'place')} with data only before or only after the start"
    return (f"No change can be seen in {which}: {sample(some)}.",)
