"""The naive figure: hot spots against themselves, with no comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.change.estimates.panel_models.checks import checked_panel
from hotspots.change.estimates.small_counts import rate_ratio

METHOD = "Two Poisson counts, exact given their sum"


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """Treated units alone, before and after: naive. Say so wherever the figure is shown."""

    rate_ratio: float
    ci_low: float
    ci_high: float
    p: float


def before_after(panel: pd.DataFrame) -> BeforeAfter:
    """The naive figure: (T₁ / e₁) / (T₀ / e₀) of treated units, with the exact interval of `rate_ratio`.

    p is twice the smaller tail of the binomial that T₁ is, given the sum. It misleads always: no comparison, no season,
    no regression to the mean, and counts taken for Poisson. For counts only.
    """
    from scipy.special import bdtr, bdtrc

    table = checked_panel(panel)
    sums = table[table["group"] == "treated"].groupby("post")[["count", "exposure"]].sum()
    (before, first), (after, second) = (tuple(map(float, sums.loc[post])) for post in (False, True))
    found, share = rate_ratio(int(before), int(after), first, second), second / (first + second)
    if np.isnan(found.ratio):
        return BeforeAfter(rate_ratio=np.nan, ci_low=np.nan, ci_high=np.nan, p=np.nan)
    total = round(before + after)
    tails = bdtr(after, total, share), bdtrc(after - 1, total, share) if after else 1.0
    return BeforeAfter(rate_ratio=found.ratio, ci_low=found.low, ci_high=found.high, p=min(1.0, 2 * float(min(tails))))
