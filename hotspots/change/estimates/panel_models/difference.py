"""Difference in differences: treated against comparison, after against before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.change.estimates.panel_models.checks import (
    GROUPS,
    Measure,
    Model,
    checked_panel,
    design_of,
    informative,
    many,
    method_of,
)
from hotspots.change.estimates.panel_models.clusters import clustered
from hotspots.change.estimates.panel_models.model import Fit, Floats, dispersion, fit, fit_negative_binomial

LARGE_SHARE = 0.10  # of all harm in one unit and period: then say so


@dataclass(frozen=True, kw_only=True)
class Did:
    """A rate ratio of treated × post, and what must be said beside it. Totals are of the measure, unweighted."""

    measure: str
    model: str
    level: float  # of the intervals, as 0.95
    treated_before: float
    treated_after: float
    comparison_before: float
    comparison_after: float
    n_treated: int  # units that tell something
    n_comparison: int
    periods_before: int
    periods_after: int
    rate_ratio: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    p: float = np.nan  # two-sided
    log_rate_ratio: float = np.nan
    se: float = np.nan  # of the log
    df: float = np.nan
    dispersion: float = np.nan  # Pearson's; 1 were the counts Poisson
    alpha: float = 0.0  # the negative binomial's; 0 for Poisson
    largest_share: float = np.nan  # of the measure's total, in one unit and period
    largest_unit: str = ""
    without_largest: float = np.nan  # the rate ratio without that unit
    without_low: float = np.nan
    without_high: float = np.nan
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    method: str = ""


def did(panel: pd.DataFrame, measure: Measure = "count", model: Model = "poisson", alpha: float = 0.05) -> Did:
    """The rate ratio treated × post with effects of units and periods, log exposure, errors clustered by unit.

    log E(y) = unit + period + β·treated·post + log exposure; the rate ratio is exp β. Where every unit has every
    period, it is (T₁/T₀)/(C₁/C₀). Its variance is `clustered`'s. ``model`` "negative-binomial" weighs large counts
    less; it is for counts only. ``measure`` "harm" is Poisson pseudo-likelihood on harm days.

    Misleads where the two groups were on different paths anyway (`pre_trend`), where hot spots were chosen by the very
    periods before the start (they fall by themselves; the comparison must have been chosen alike), where patrols push
    crime into the comparison places, and on harm where one severe event decides: hence largest_share, and the estimate
    without that unit. All units must start at once: with staggered starts this model compares treated with treated
    (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014) and is refused.

    Not finite with the reason in ``warnings``: nothing after the start in treated units (rate ratio 0, no interval),
    nothing in another of the four groups (nan), a group with one unit that tells something (no interval).
    HotspotsError where the panel is not one.
    """
    table = checked_panel(panel, measure)
    if measure == "harm" and model != "poisson":
        raise HotspotsError("Harm days are not counts: choose the Poisson model for them, not the negative binomial.")
    found = _estimate(table, measure, model, alpha)
    biggest = table.iloc[int(table[measure].to_numpy().argmax())]
    share = float(biggest[measure] / total) if (total := table[measure].sum()) else np.nan
    rest = table[table["unit"] != biggest["unit"]]
    without = _estimate(rest, measure, model, alpha) if set(rest["group"]) == set(GROUPS) else None
    return replace(
        found,
        largest_share=share,
        largest_unit=str(biggest["unit"]) if total else "",
        without_largest=without.rate_ratio if without else np.nan,
        without_low=without.ci_low if without else np.nan,
        without_high=without.ci_high if without else np.nan,
        warnings=(*found.warnings, *_one_event(measure, share, str(biggest["unit"]))),
    )


def _one_event(measure: str, share: float, unit: str) -> tuple[str, ...]:
    if measure != "harm" or not share >= LARGE_SHARE:
        return ()
    return (f"One period of {unit} holds {share:.0%} of all harm: read the estimate without it beside this one.",)


def _estimate(table: pd.DataFrame, measure: str, model: str, alpha: float) -> Did:
    totals = _totals(table, measure)
    kept, dropped = informative(table, measure)
    empty = _empty(table, kept, measure, model, alpha, totals, dropped)
    if reason := _no_estimate(totals):
        ratio = 0.0 if all(totals[i] > 0 for i in (0, 2, 3)) else np.nan
        return replace(empty, rate_ratio=ratio, warnings=(*empty.warnings, reason))
    treated_after: Floats = (kept["post"] & (kept["group"] == "treated")).to_numpy().astype(np.float64)
    design = design_of(kept, measure, treated_after[:, None])
    found = fit(design) if model == "poisson" else fit_negative_binomial(design)
    if not found.converged or not found.information[0, 0] > 1e-8 * design.y.sum():
        reason = (
            "No estimate: no period both before and after the start holds data of both groups that could be set apart."
        )
        return replace(empty, warnings=(*empty.warnings, reason))
    return _filled(empty, found, alpha)


def _empty(
    table: pd.DataFrame,
    kept: pd.DataFrame,
    measure: str,
    model: str,
    alpha: float,
    totals: tuple[float, float, float, float],
    dropped: tuple[str, ...],
) -> Did:
    """Everything but the estimates."""
    units = kept.groupby("group")["unit"].nunique().reindex(GROUPS, fill_value=0)
    periods = table.groupby("post")["period"].nunique().reindex([False, True], fill_value=0)
    return Did(
        measure=measure,
        model=model,
        level=1 - alpha,
        treated_before=totals[0],
        treated_after=totals[1],
        comparison_before=totals[2],
        comparison_after=totals[3],
        n_treated=int(units.iloc[0]),
        n_comparison=int(units.iloc[1]),
        periods_before=int(periods.iloc[0]),
        periods_after=int(periods.iloc[1]),
        dropped=dropped,
        warnings=_only_one_side(kept),
        method=method_of(model),
    )


def _filled(empty: Did, found: Fit, alpha: float) -> Did:
    errors = clustered(found)
    low, high = (float(np.exp(limit[0])) for limit in errors.interval(alpha))
    one = "No interval: a group has only one unit that tells something, and how units differ cannot be seen from one."
    return replace(
        empty,
        rate_ratio=float(np.exp(found.beta[0])),
        ci_low=low,
        ci_high=high,
        p=float(errors.p()[0]),
        log_rate_ratio=float(found.beta[0]),
        se=float(errors.se[0]),
        df=float(errors.df[0]),
        dispersion=dispersion(found),
        alpha=found.alpha,
        warnings=(*empty.warnings, *(() if np.isfinite(low) else (one,))),
    )


def _totals(table: pd.DataFrame, measure: str) -> tuple[float, float, float, float]:
    """Treated before and after, comparison before and after."""
    sums = table.groupby(["group", "post"])[measure].sum()
    treated, other = GROUPS
    keys = ((treated, False), (treated, True), (other, False), (other, True))
    first, second, third, fourth = (float(sums.get(key, 0.0)) for key in keys)
    return first, second, third, fourth


def _no_estimate(totals: tuple[float, ...]) -> str:
    names = ("treated units before", "treated units after", "comparison units before", "comparison units after")
    nothing = [name for name, total in zip(names, totals, strict=True) if not total > 0]
    if not nothing:
        return ""
    return f"No interval: there is nothing in {' and nothing in '.join(nothing)} the start."


def _only_one_side(table: pd.DataFrame) -> tuple[str, ...]:
    sides = table.groupby("unit")["post"].nunique()
    some = sides.index[sides < 2]
    if not len(some):
        return ()
    which = f"{many(len(some), 'unit')} with data only before or only after the start ({sample(some)})"
    return (f"{which} help to place the periods but show no change.",)
