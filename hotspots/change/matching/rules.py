"""What makes two places comparable (the parts of their distance), and what a match holds.

The distance is the sum of its parts, each times its weight. ``count`` and ``harm``: |difference of √expected level| /
its standard deviation; harm has half the weight because one offence can make it. ``trend``: |difference of slopes of
√count| / their standard deviation, slopes drawn to the common one by as much as they are noise. ``season`` and ``mix``:
the Hellinger distance (0 to 1) of the parts of the year and of offence bands, both drawn towards everybody's; the
season counts only where the periods span more than a year. ``near``: d / (d + 10 km). A match lies in the same BCU, so
the part ``bcu`` is 0; it stays because matches were stored with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.settings import Settings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

METHOD = "matching 1"  # goes into the hash; raise it when the same input may give another match
GROUPS = ("treated", "candidate")
COMPONENTS = ("count", "harm", "trend", "season", "mix", "bcu", "near")
EARTH_KM = 6371.0088
WEIGHTS = {"count": 1.0, "harm": 0.5, "trend": 0.5, "season": 0.5, "mix": 1.0, "near": 0.1}
NEARNESS_KM = 10.0  # at this distance half of the weight of ``near`` is reached
SEASONS = 4  # parts of a year
SEASON_PERIODS = 12  # of a year
MIX_OFFENCES = 20.0  # of everybody's mix, as if each place had had so many more
APART_M = Settings.ring_m  # at least, between a treated and a comparison place, both taken as circles of their area
RULES = {  # as they stand in every stored match and its hash
    "levels": "expected", "ratio": 1, **{f"{part}_weight": weight for part, weight in WEIGHTS.items()},
    "bcu_penalty": None, "season_periods": SEASON_PERIODS, "mix_offences": MIX_OFFENCES, "apart_m": APART_M,
    "caliper": None,
}  # fmt: skip
CONCAVE = 1e-3  # of √distance, so that of two equally good matches the one that keeps close pairs whole is taken
BY_ID = 1e-7  # and then lower ids
MAX_PERIODS = 520

TABLES = {  # of a match, and their columns
    "pairs": ("treated", "comparison", "distance", *COMPONENTS, "km"),
    "balance": ("measure", "treated", "candidates", "smd_before", "matched_treated", "matched_comparison", "smd_after"),
    "pre_periods": ("period", "treated", "comparison", "difference", "treated_exposure", "comparison_exposure",
                    "expected_treated"),
    "regression": ("measure", "group", "n", "before", "expected", "expected_change"),
    "unmatched": ("unit", "group", "reason"),
}  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Match:
    """A match, and what is needed to judge it. Tables are in order of id, their columns those of `TABLES`.

    ``pairs``: the components are weighted and add up to distance. ``balance``: means and standardised mean differences
    (treated less comparison, over the pooled standard deviation before matching in both): below 0.1 is good, above 0.25
    is not like with like (Stuart 2010). ``pre_periods``: counts per pre-period summed over matched places, difference =
    treated less comparison per place; ``joint_p`` and ``drift_p``: `pre_trend_tests` of them. ``built_in``: what a raw
    difference in differences of the count would show, per place and period, if nothing were done. ``inputs``: SHA-256
    of the tables given; ``sha256``: of `frozen_text`.
    """

    pairs: pd.DataFrame
    balance: pd.DataFrame
    pre_periods: pd.DataFrame
    joint_p: float
    joint_x2: float
    joint_df: int
    drift_p: float
    drift_z: float
    regression: pd.DataFrame
    built_in: float
    unmatched: pd.DataFrame
    inputs: str
    notes: tuple[str, ...]
    sha256: str = field(default="")
