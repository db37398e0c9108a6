"""Change counted from what was to be expected, so that the luck of the months places were chosen by falls out.

For treated places R = Σ observed / Σ expected, for comparison places the same; the estimate is R of the treated over
R of the comparison. ``expected`` is each place's posterior mean before the start (`hotspots.ranking.expected`), made of
all that choosing and matching looked at. What comes after differs from it by luck alone, whoever was chosen, so the
ratio is 1 where nothing happened; whatever changed both groups in step (season, a lockdown that ended) cancels.

Variance of log R by linearising the ratio over places: Σ e²/(1 − h) / (Σ observed)², e = observed − R·expected and h a
place's share of what was expected (`scatter`), and for counts never less than 1/Σ observed, a Poisson count's. The two
groups add up; the interval is Student's with Welch and Satterthwaite's degrees of freedom.

When it misleads: where places are not like those that the expectation was learned from (a hot spot planted or named for
another reason than its figures has no luck to lose, and is then expected too low or too high); with fewer than about
five places in a group the variance is rough. Places are taken as independent of each other.

References: Cochran (1977), Sampling Techniques, 6.5; Welch (1947), doi:10.1093/biomet/34.1-2.28; the design:
docs/decisions/0024.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, nan, sqrt

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.scatter import pooled, scatter

GROUPS = ("treated", "comparison")
NEEDED = ("unit", "group", "observed", "expected")


@dataclass(frozen=True, kw_only=True)
class FromExpected:
    """The ratio with its 95% interval. ``treated`` and ``comparison``: observed over expected of each group."""

    treated: float
    comparison: float
    ratio: float = nan
    low: float = nan
    high: float = nan
    se: float = nan  # of the logarithm
    df: float = nan
    p: float = nan
    note: str = ""


def ratio_from_expected(table: pd.DataFrame, counts: bool = True) -> FromExpected:
    """Observed over expected of treated places, over that of comparison places. Formula and limits: see the module.

    ``table``: a row per place with unit, group (treated or comparison), observed (after the start) and expected (for
    the same length of time, above 0 together); ``counted``, where it has that: the count that was taken for expected,
    and whose Poisson variance counts too. ``counts`` False: harm days, whose variance has no Poisson floor.
    Raises HotspotsError for missing columns or groups and for figures below 0.
    """
    refuse(table)
    parts = {g: of_group(table[table["group"] == g], counts) for g in GROUPS}
    (treated, v1, df1), (comparison, v2, df2) = parts["treated"], parts["comparison"]
    if not treated > 0 or not comparison > 0:
        none = "Nothing was observed in one of the groups, so there is no ratio."
        return FromExpected(treated=treated, comparison=comparison, note=none)
    ratio = treated / comparison
    if not v1 + v2 > 0:
        alone = "No interval: a group is a single place, or all its places changed by the same share."
        return FromExpected(treated=treated, comparison=comparison, ratio=ratio, note=alone)
    from scipy.special import stdtr, stdtrit

    se = sqrt(v1 + v2)
    df = pooled((v1, v2), (df1, df2), inf)
    reach, middle = float(stdtrit(df, 0.975)) * se, log(ratio)
    p = float(2 * stdtr(df, -abs(middle) / se))
    return FromExpected(
        ratio=ratio, low=exp(middle - reach), high=exp(middle + reach), se=se, df=df, p=p, treated=treated,
        comparison=comparison,
    )  # fmt: skip


def of_group(table: pd.DataFrame, counts: bool) -> tuple[float, float, float]:
    """(observed over expected, variance of its logarithm, degrees of freedom) of one group; nan where unknown."""
    observed, expected = (table[c].to_numpy(dtype=float) for c in ("observed", "expected"))
    total, whole = float(observed.sum()), float(expected.sum())
    ratio = total / whole
    seen, freedom = scatter(observed - ratio * expected, expected / whole)
    if not total > 0 or not seen >= 0:
        return ratio, nan, nan
    variance = seen / total**2
    behind = float(table["counted"].sum()) if "counted" in table else 0.0
    floor = (1 / total + (1 / behind if behind else 0.0)) if counts else 0.0
    return ratio, max(variance, floor), inf if variance < floor else freedom


def refuse(table: pd.DataFrame) -> None:
    if missing := [c for c in NEEDED if c not in table]:
        raise HotspotsError(f"The table of places lacks {', '.join(missing)}.")
    problems = [f"There is no {g} place." for g in GROUPS if not (table["group"] == g).any()]
    figures = table[["observed", "expected"]].to_numpy(dtype=float)
    if not (np.isfinite(figures) & (figures >= 0)).all():
        problems.append("What was observed and expected must be numbers of 0 or more.")
    elif not problems:
        sums = table.groupby("group")["expected"].sum()
        problems += [f"Nothing was expected in the {g} places." for g in GROUPS if not sums[g] > 0]
    if problems:
        raise HotspotsError(problems)
