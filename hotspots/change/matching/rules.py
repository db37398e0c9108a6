"""What makes two places alike (rules), and what a match holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

METHOD = "matching 1"  # goes into the hash; raise it when the same input may give another match
GROUPS = ("treated", "candidate")
COMPONENTS = ("count", "harm", "trend", "season", "mix", "bcu", "near")
EARTH_KM = 6371.0088
NEARNESS_KM = 10.0  # at this distance half of near_weight is reached
SEASONS = 4  # parts of a year
CONCAVE = 1e-3  # of √distance, so that of two equally good matches the one that keeps close pairs whole is taken
BY_ID = 1e-7  # and then lower ids
MAX_PERIODS = 520

PAIR_COLUMNS = ("treated", "comparison", "distance", *COMPONENTS, "km")
BALANCE_COLUMNS = (
    "measure", "treated", "candidates", "smd_before", "matched_treated", "matched_comparison", "smd_after"
)  # fmt: skip
PRE_COLUMNS = (
    "period", "treated", "comparison", "difference", "treated_exposure", "comparison_exposure", "expected_treated"
)  # fmt: skip
REGRESSION_COLUMNS = ("measure", "group", "n", "before", "expected", "expected_change")
UNMATCHED_COLUMNS = ("unit", "group", "reason")


@dataclass(frozen=True)
class Rules:
    """What makes two places alike. A weight of 0 leaves a component out; the distance is the sum of the components.

    ``levels``: "expected" (default; units have expected_count and expected_harm) or "raw" (the pre-period's own mean,
    biased by regression to the mean: see the module). ``ratio``: comparison places per treated one.

    ``count_weight`` 1, ``harm_weight`` 0.5: × |difference of √level| / its standard deviation. Harm has half the weight
    because one offence can make it. ``trend_weight`` 0.5: × |difference of slopes of √count| / their standard
    deviation, slopes drawn to the common one by as much as they are noise. ``season_weight`` 0.5 and ``mix_weight`` 1:
    × the Hellinger distance (0 to 1) of the parts of the year and of offence bands; both are drawn towards everybody's
    as if each place had had ``mix_offences`` (20) more offences. The season counts only where the periods span more
    than a year, ``season_periods`` of them (12 months, 52 weeks; None: never). ``near_weight`` 0.1: × d / (d + 10 km).

    ``bcu_penalty`` None: a match lies in the same BCU; a number: added to the distance where it does not. ``apart_m``
    100: at least so many metres between the edges of any treated hot spot and a comparison place, both taken as
    circles of their area. ``caliper``: the largest distance allowed, None for any.
    """

    levels: Literal["expected", "raw"] = "expected"
    ratio: int = 1
    count_weight: float = 1.0
    harm_weight: float = 0.5
    trend_weight: float = 0.5
    season_weight: float = 0.5
    mix_weight: float = 1.0
    near_weight: float = 0.1
    bcu_penalty: float | None = None
    season_periods: int | None = 12
    mix_offences: float = 20.0
    apart_m: float = 100.0
    caliper: float | None = None

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name):g}; give a number of 0 or more."
            for name in (*(f"{c}_weight" for c in COMPONENTS if c != "bcu"), "mix_offences", "apart_m")
            if not 0 <= getattr(self, name) < np.inf
        ]
        problems += [
            f"{name} is {value:g}; give a number of 0 or more, or leave it out."
            for name, value in (("bcu_penalty", self.bcu_penalty), ("caliper", self.caliper))
            if value is not None and not 0 <= value < np.inf
        ]
        if self.levels not in ("expected", "raw"):
            problems.append(f"levels is '{self.levels}'; use 'expected' or 'raw'.")
        if int(self.ratio) != self.ratio or not 1 <= self.ratio <= 10:
            problems.append(f"ratio is {self.ratio}; give a whole number of comparison places from 1 to 10.")
        if self.season_periods is not None and self.season_periods < SEASONS:
            problems.append(f"season_periods is {self.season_periods}; a year has at least {SEASONS} periods.")
        if problems:
            raise HotspotsError(problems)


@dataclass(frozen=True, eq=False, kw_only=True)
class Matched:
    """A match, and what is needed to judge it. Tables are in order of id.

    ``pairs``: `PAIR_COLUMNS`; the components are weighted and add up to distance. ``balance``: `BALANCE_COLUMNS`, means
    and standardised mean differences (treated less comparison, over the pooled standard deviation before matching in
    both): below 0.1 is good, above 0.25 is not like with like (Stuart 2010). A comparison place has the weight 1 / the
    number of its treated place's matches. ``pre_periods``: `PRE_COLUMNS`, counts per pre-period summed over matched
    places, difference = treated less comparison per place; ``joint_p`` and ``drift_p``: `pre_trend_tests` of them.
    ``regression``: `REGRESSION_COLUMNS`; ``built_in``: what a raw difference in differences of the count would show,
    per place and period, if nothing were done (nan without expected levels). ``unmatched``: `UNMATCHED_COLUMNS`.
    ``rules``: the arguments; ``inputs``: SHA-256 of the tables given; ``sha256``: of `frozen_text`.
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
    rules: Rules
    inputs: str
    notes: tuple[str, ...]
    sha256: str = field(default="")
