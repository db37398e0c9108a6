"""The rows of `hotspots.base.columns.CHANGE`: every estimate of the same change, with its interval and method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, nan
from typing import Any

import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.estimates import CANT_TELL, verdict
from hotspots.change.estimates.from_expected import ratio_from_expected
from hotspots.change.estimates.panel_models import TWO_COUNTS, Did, before_after, did, randomisation_p
from hotspots.change.estimates.wdd import Estimate
from hotspots.change.evidence import Selection

RATIO = "ratio"
WIDEST = 10.0  # times: an interval from 0.3 to 3 says nothing about a hot spot
WIDE = "wide"
POWER = 0.8
NO_COMPARISON = (
    "No comparison: places chosen for a bad spell fall by themselves (regression to the mean). Do not quote it alone."
)
LAST = 9_999
AGAINST_COMPARISON = ("panel", "expected", "panel_nb")
ORDER = (
    "single", "panel", "expected", "panel_nb", "wdd", "wdd_km2", "ring", "ring_wdd", "naive", "selection", "built_in",
)  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Figures:
    """What the estimates are made of, for one measure or one band of offences.

    ``panel`` and ``ring_panel``: of `hotspots.change.estimates.panel`; ``sums``: role → (before, after) for treated,
    comparison, ring and comparison_ring (the last two may be missing); ``lengths``: covered days before and after;
    ``areas``: m².
    """

    measure: str
    panel: pd.DataFrame
    ring_panel: pd.DataFrame | None
    sums: dict[str, tuple[float, float]]
    lengths: tuple[float, float]
    areas: dict[str, float]
    levels: pd.DataFrame | None = None  # by BCU: before of each group, and moved: after over before of the rest of it
    unit: str  # of harm: days, or what the weight set is in

    @property
    def column(self) -> str:
        """The column of the panel: bands are counts."""
        return "harm" if self.measure == "harm" else "count"


def row(figures: Figures, of: str, scale: str, method: str, **more: Any) -> dict[str, Any]:
    """One row of CHANGE without its estimate, which ``more`` brings. ``withheld``: its verdict."""
    found: dict[str, Any] = {"measure": figures.measure, "estimate_of": of, "scale": scale, "method": method}
    for place in ("treated", "comparison", "ring", "comparison_ring"):
        name = "displacement" if place == "ring" else place
        found[f"{name}_before"], found[f"{name}_after"] = figures.sums.get(place, (nan, nan))
    return {
        **found, "p": nan, "verdict": "", "note": "", "se": nan, "z": nan, "leads": False, "withheld": "",
        "smallest_fall": nan, **more,
    }  # fmt: skip


def of_ratio(ratio: float, low: float, high: float, se: float, p: float, df: float = inf) -> dict[str, Any]:
    """The fields of an estimate that is a ratio; ``se`` is of its logarithm, with ``df`` degrees of freedom.

    An interval whose ends differ by more than `WIDEST` says nothing: it is left out, and ``withheld`` says so.
    """
    z = log(ratio) / se if ratio > 0 and se > 0 else nan
    if low > 0 and high / low > WIDEST:
        return {"estimate": ratio, "ci_low": nan, "ci_high": nan, "verdict": CANT_TELL, "withheld": WIDE}
    return {
        "estimate": ratio, "ci_low": low, "ci_high": high, "se": se, "z": z, "p": p, "verdict": verdict(low, high, 1.0),
        "smallest_fall": smallest_fall(se, df),
    }  # fmt: skip


def smallest_fall(se: float, df: float) -> float:
    """The part by which places must have fallen for 80% of such comparisons to find it: 1 − e^(−(t₀.₉₇₅ + t₀.₈)·se).

    As a power analysis before the event would put it, with the scatter that was seen: the estimate plays no part.
    """
    if not se > 0 or not df >= 1:
        return nan
    from scipy.special import stdtrit

    return 1 - exp(-(float(stdtrit(df, 0.975)) + float(stdtrit(df, POWER))) * se)


def of_difference(found: Estimate) -> dict[str, Any]:
    return {
        "estimate": found.estimate, "ci_low": found.low, "ci_high": found.high, "se": found.se, "z": found.z,
        "p": found.p, "verdict": verdict(found.low, found.high, 0.0),
    }  # fmt: skip


def panel_row(figures: Figures, settings: Settings) -> dict[str, Any]:
    """Difference in differences over periods, with the p by randomisation beside it."""
    found = did(figures.panel, figures.column)  # type: ignore[arg-type]
    notes = [*found.warnings, *largest_note(found, settings.large_harm_share)]
    try:
        random = randomisation_p(figures.panel, figures.column, seed=settings.seed)  # type: ignore[arg-type]
        notes.append(f"Had the treated places been randomised, p would be {random.p:.3f} ({random.method}).")
    except HotspotsError as error:
        notes.append(str(error))
    words = f"Difference in differences over {found.periods_before} + {found.periods_after} periods. {found.method}"
    return row(figures, "panel", RATIO, words, note=" ".join(notes), **of_did(found))


def of_did(found: Did) -> dict[str, Any]:
    return of_ratio(found.rate_ratio, found.ci_low, found.ci_high, found.se, found.p, found.df)


def largest_note(found: Did, large: float) -> list[str]:
    """That one period of one place holds a ``large`` share of all harm, with the estimate without that place."""
    if not found.largest_share >= large:
        return []
    place, rest = found.largest_unit, found.without_largest
    note = f"One period of {place} holds {found.largest_share:.0%} of all harm."
    if rest is None:
        return [note]
    return [note, f"Without {place}: {rest.rate_ratio:.2f} ({rest.ci_low:.2f} to {rest.ci_high:.2f})."]


def negative_binomial_row(figures: Figures) -> dict[str, Any]:
    """The same with a negative binomial, which weighs large counts less."""
    found = did(figures.panel, "count", "negative-binomial")
    return row(figures, "panel_nb", RATIO, found.method, note=" ".join(found.warnings), **of_did(found))


def expected_row(figures: Figures, table: pd.DataFrame) -> dict[str, Any]:
    """From the expected level. ``table``: unit, group, observed, expected."""
    found = ratio_from_expected(table, counts=figures.measure != "harm")
    note = (
        f"{found.note} Treated places had {found.treated:.2f} times what was expected, comparison places"
        f" {found.comparison:.2f} times."
    ).strip()
    method = "Observed over expected, treated against comparison; errors over places, Student's t"
    fields = of_ratio(found.ratio, found.low, found.high, found.se, found.p, found.df)
    return row(figures, "expected", RATIO, method, note=note, **fields)


def naive_row(figures: Figures) -> dict[str, Any]:
    """Before and after alone."""
    (b, a), (t0, t1) = figures.sums["treated"], figures.lengths
    ratio = (a / t1) / (b / t0) if b else nan
    if figures.measure == "harm":
        why = f"{NO_COMPARISON} Harm days are not counts: no interval."
        return row(figures, "naive", RATIO, "After over before", note=why, estimate=ratio, ci_low=nan, ci_high=nan)
    found = before_after(figures.panel)
    fields = {"estimate": found.rate_ratio, "ci_low": found.ci_low, "ci_high": found.ci_high, "p": found.p}
    return row(figures, "naive", RATIO, TWO_COUNTS, note=NO_COMPARISON, **fields)


def selection_row(figures: Figures, found: Selection) -> dict[str, Any]:
    """What selection alone would bring."""
    what = figures.unit if figures.measure == "harm" else "offences"
    note = (
        f"Had nothing changed, {found.before:,.1f} a month before would be followed by {found.after:,.1f} (scored"
        f" {what}): regression to the mean."
    )
    if not found.chosen:
        note += " As far as the register shows, these places were not chosen by those figures: then it does not apply."
    return row(
        figures, "selection", RATIO, "Posterior mean after over counted before, treated alone", note=note,
        estimate=found.ratio, ci_low=found.low, ci_high=found.high,
    )  # fmt: skip


def built_in_row(figures: Figures, value: float) -> dict[str, Any]:
    """What the difference in differences would show by selection alone."""
    note = "With nothing done the panel estimate would show this, by regression to the mean alone: compare the two."
    return row(
        figures, "built_in", RATIO, "Expected over counted before, treated against comparison", note=note,
        estimate=value, ci_low=nan, ci_high=nan,
    )  # fmt: skip


def ring_row(figures: Figures) -> dict[str, Any] | None:
    """The rings of the treated against those of the comparison, or against the comparison where it has none."""
    panel = figures.ring_panel
    if panel is None or set(panel["group"]) != {"treated", "comparison"}:
        return None
    found = did(panel, figures.column)  # type: ignore[arg-type]
    own = "comparison_ring" in figures.sums
    against = "the rings of the comparison" if own else "the comparison, which has no rings"
    method = f"Rings of the treated against {against}. {found.method}"
    return row(figures, "ring", RATIO, method, note=" ".join(found.warnings), **of_did(found))


def finished(rows: Sequence[dict[str, Any]], leads: dict[str, str]) -> pd.DataFrame:
    """All rows as a table, the leading estimate of each measure marked. ``leads``: measure → estimate_of.

    Where that estimate could not be made, the panel leads.
    """
    table = pd.DataFrame(list(rows))
    made = set(zip(table["measure"], table["estimate_of"], strict=True))
    leads = {m: e if (m, e) in made else "panel" for m, e in leads.items()}
    table["leads"] = [leads.get(m) == e for m, e in zip(table["measure"], table["estimate_of"], strict=True)]
    place = {e: i for i, e in enumerate(ORDER)}
    table["order"] = [place.get(e, LAST) for e in table["estimate_of"]]
    measures = {m: i for i, m in enumerate(dict.fromkeys(table["measure"]))}
    table["group"] = table["measure"].map(measures)
    table = table.sort_values(["group", "leads", "order"], ascending=[True, False, True], kind="stable")
    return table.drop(columns=["order", "group"]).reset_index(drop=True)
