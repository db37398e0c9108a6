"""Bands of offences by weight: light and grave ones change for different reasons, and are kept apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.harm.scoring import SCORED

EDGES = (10.0, 100.0, 1_000.0)  # days; a band begins at its edge
NO_WEIGHT = "no weight"


def band_of(scores: pd.DataFrame, unit: str = "days") -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(each offence's band, the names of the bands): 0 is no weight, then from the lightest to the gravest.

    ``scores``: a row per distinct offence with status and days, as `hotspots.harm.scoring.score_offences` gives it; an
    offence whose weight is ambiguous or missing has none. ``unit`` of the weight set names the bands, which begin at
    `EDGES` whatever the unit: with proxies of an offence category, too, a weight is a number. All names are always
    given.
    """
    days = scores["days"].to_numpy(dtype=float)
    scored = (scores["status"].to_numpy(dtype=object) == SCORED) & np.isfinite(days)
    codes = np.where(scored, 1 + np.searchsorted(EDGES, np.where(scored, days, 0.0), side="right"), 0)
    return codes.astype(np.int64), names_of(unit)


def names_of(unit: str = "days") -> tuple[str, ...]:
    """'no weight', 'under 10 days', '10 to 99 days', …"""
    first, last = f"under {EDGES[0]:g} {unit}", f"{EDGES[-1]:,.0f} {unit} and more"
    between = (f"{a:,.0f} to {b - 1:,.0f} {unit}" for a, b in pairwise(EDGES))
    return NO_WEIGHT, first, *between, last
