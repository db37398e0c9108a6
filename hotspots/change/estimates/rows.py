"""The rows of `hotspots.base.columns.CHANGE`: every estimate of the same change, with its interval and method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, nan, sqrt
from typing import Any

import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.estimates import verdict
from hotspots.change.estimates.from_expected import ratio_from_expected
from hotspots.change.estimates.panel_models import TWO_COUNTS, Did, before_after, did, randomisation_p
from hotspots.change.estimates.wdd import Estimate, harm_wdd, wdd
from hotspots.change.evidence import Selection

RATIO = "ratio"
NO_COMPARISON = (
    "No comparison: places chosen for a bad spell fall by themselves (regression to the mean). Do not quote it alone."
)
UNEVEN = 1.5  # levels of the two groups further apart than this: differences of counts do not compare
MORE_THAN_POISSON = 1.5
LAST = 9_999
AGAINST_COMPARISON = ("panel", "expected", "panel_nb")
ORDER = ("panel", "expected", "panel_nb", "wdd", "wdd_km2", "ring", "ring_wdd", "naive", "selection", "built_in")


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
        **found, "p": nan, "verdict": "", "note": "", "se": nan, "z": nan, "leads": False, "withheld": False, **more,
    }  # fmt: skip


def of_ratio(ratio: float, low: float, high: float, se: float, p: float) -> dict[str, Any]:
    """The fields of an estimate that is a ratio; ``se`` is of its logarithm."""
    z = log(ratio) / se if ratio > 0 and se > 0 else nan
    return {
        "estimate": ratio, "ci_low": low, "ci_high": high, "se": se, "z": z, "p": p, "verdict": verdict(low, high, 1.0),
    }  # fmt: skip


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
    return of_ratio(found.rate_ratio, found.ci_low, found.ci_high, found.se, found.p)


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
    return row(
        figures, "expected", RATIO, method, note=note, **of_ratio(found.ratio, found.low, found.high, found.se, found.p)
    )


def naive_row(figures: Figures) -> dict[str, Any]:
    """Before and after alone."""
    (b, a), (t0, t1) = figures.sums["treated"], figures.lengths
    ratio = (a / t1) / (b / t0) if b else nan
    if figures.measure == "harm":
        why = f"{NO_COMPARISON} Harm days are not counts: no interval."
        return row(figures, "naive", RATIO, "After over before", note=why, estimate=ratio, ci_low=nan, ci_high=nan)
    found = before_after(figures.panel)
    fields = {**of_ratio(found.rate_ratio, found.ci_low, found.ci_high, nan, found.p), "verdict": ""}
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


def wdd_row(figures: Figures, offences: pd.DataFrame | None, spread: float, per_km2: bool = False) -> dict[str, Any]:
    """The weighted displacement difference; of harm over ``offences`` (a row per offence, see `harm_wdd`).

    ``spread``: variance of the changes of single places over that of Poisson counts (`spread_of`).
    """
    named = [p for p in ("treated", "comparison", "ring", "comparison_ring") if p in figures.sums]
    if len(named) == 3:
        named = named[:2]  # a ring of one group alone has nothing to be set against
    times = (figures.lengths[0] / figures.lengths[1], 1.0)
    areas = [figures.areas[p] / 1e6 for p in named] if per_km2 else None
    notes = [*uneven_note(figures.sums["treated"][0], figures.sums["comparison"][0]), *too_narrow(spread)]
    if offences is None:
        pairs = [figures.sums[p] for p in named] + [None, None]
        found = wdd(figures.sums["treated"], figures.sums["comparison"], pairs[2], pairs[3], areas, times)
        method = "Weighted displacement difference (Wheeler and Ratcliffe 2018)"
    else:
        kept = [c for c in offences.columns if not c.startswith(("ring", "comparison_ring")) or len(named) == 4]
        whole = harm_wdd(offences[kept], areas, times)
        found, method = whole.total, "Harm-weighted displacement difference, variance Σ w²·Var"
        if whole.driver:
            notes.insert(0, f"{whole.driver_share:.0%} of its variance comes from {whole.driver}.")
    method += ", rings included" if len(named) == 4 else ", without rings"
    unit = figures.unit if figures.column == "harm" else "incidents"
    scale, of = (f"{unit} per km²", "wdd_km2") if per_km2 else (unit, "wdd")
    return row(figures, of, scale, method, note=" ".join(notes), **of_difference(found))


def uneven_note(treated: float, comparison: float) -> list[str]:
    """That counts at different levels change by different numbers; both before."""
    if not treated or not comparison or 1 / UNEVEN <= treated / comparison <= UNEVEN:
        return []
    return [
        f"The groups differ in size ({treated:,.0f} and {comparison:,.0f} before), so equal percentages make unequal"
        " differences: read the ratio."
    ]


def spread_of(figures: Figures) -> float:
    """How much more the places' own changes vary than Poisson counts: X² over its degrees of freedom, 1 for Poisson.

    Per group, places' counts before and after against the group's common share after: Σ (a − n·s)² / (n·s·(1 − s)).
    """
    table = figures.panel.pivot_table(index=["group", "unit"], columns="post", values="count", aggfunc="sum")
    table = table[table.sum(axis=1) > 0]
    after, both = table[True].to_numpy(float), table.sum(axis=1).to_numpy(float)
    groups = table.index.get_level_values("group")
    share = (
        table[True].groupby(groups).transform("sum") / table.sum(axis=1).groupby(groups).transform("sum")
    ).to_numpy(float)
    inside = (share > 0) & (share < 1)
    free = int(inside.sum()) - len(set(groups[inside]))
    if free < 1:
        return nan
    parts = (after - both * share)[inside] ** 2 / (both * share * (1 - share))[inside]
    return float(parts.sum() / free)


def too_narrow(spread: float) -> list[str]:
    """That places vary more than the formula takes for granted."""
    if not spread > MORE_THAN_POISSON:
        return []
    return [
        f"Its interval assumes Poisson counts, but changes vary {spread:.1f} times as much between places: it is about"
        f" {sqrt(spread):.1f} times too narrow. Read the ratio."
    ]


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


def ring_difference_row(figures: Figures, spread: float) -> dict[str, Any] | None:
    """(D₁ − D₀) − (E₁ − E₀): the rings alone, in counts: sees displacement sooner than the ratio of few incidents."""
    rings = [figures.sums.get(p) for p in ("ring", "comparison_ring")]
    if figures.column == "harm" or rings[0] is None or rings[1] is None:
        return None
    found = wdd(rings[0], rings[1], times=(figures.lengths[0] / figures.lengths[1], 1.0))
    note = " ".join([*uneven_note(rings[0][0], rings[1][0]), *too_narrow(spread)])
    method = "Difference of the rings (the displacement term of the weighted displacement difference)"
    return row(figures, "ring_wdd", "incidents", method, note=note, **of_difference(found))


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
