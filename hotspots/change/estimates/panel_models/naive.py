"""The naive figure: hot spots against themselves, with no comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.change.estimates.panel_models.checks import checked_panel

NAIVE = (
    "Naive: hot spots against themselves, with no comparison. Places chosen because they were bad get better by "
    "themselves, so this figure says little about patrols."
)


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """Treated units alone, before and after. ``label`` says naive; show it wherever the figure is shown."""

    rate_ratio: float
    ci_low: float
    ci_high: float
    p: float
    level: float
    before: float
    after: float
    exposure_before: float  # unit-periods
    exposure_after: float
    label: str = "naive"
    note: str = NAIVE
    method: str = "Two Poisson counts, exact given their sum"


def before_after(panel: pd.DataFrame, alpha: float = 0.05) -> BeforeAfter:
    """The naive figure: (T₁ / e₁) / (T₀ / e₀) of treated units, with its exact Poisson interval.

    Given the sum, T₁ is binomial; Clopper and Pearson's limits for its share give those of the ratio (Przyborowski &
    Wilenski 1940, doi:10.1093/biomet/31.3-4.313); p is twice the smaller tail. It misleads always: no comparison, no
    season, no regression to the mean, and counts taken for Poisson. For counts only.
    """
    from scipy.special import bdtr, bdtrc, betaincinv

    table = checked_panel(panel, "count")
    sums = table[table["group"] == "treated"].groupby("post")[["count", "exposure"]].sum()
    (before, first), (after, second) = (tuple(map(float, sums.loc[post])) for post in (False, True))
    total, share = before + after, second / (first + second)
    if not total:
        return BeforeAfter(
            rate_ratio=np.nan, ci_low=np.nan, ci_high=np.nan, p=np.nan, level=1 - alpha, before=before, after=after,
            exposure_before=first, exposure_after=second,
        )  # fmt: skip
    low = float(betaincinv(after, before + 1, alpha / 2)) if after else 0.0
    high = float(betaincinv(after + 1, before, 1 - alpha / 2)) if before else 1.0
    ratio, low, high = (s / (1 - s) / (share / (1 - share)) if s < 1 else np.inf for s in (after / total, low, high))
    tails = bdtr(after, round(total), share), bdtrc(after - 1, round(total), share) if after else 1.0
    p = min(1.0, 2 * float(min(tails)))
    return BeforeAfter(
        rate_ratio=ratio, ci_low=low, ci_high=high, p=p, level=1 - alpha, before=before, after=after,
        exposure_before=first, exposure_after=second,
    )  # fmt: skip
