"""What is asked about change, and what an answer holds: plain data for the page, the command line and the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hotspots.base.months import Window
from hotspots.base.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.change.matching.rules import Match

COMPARISONS = {
    "register": "the hot spots frozen for comparison",
    "matched": "places matched to them on the time before",
    "rest": "the rest of the force",
}
BASELINES = {
    "counted": "what was counted before",
    "expected": "what was expected before, chance taken out",
}
PERIODS = ("week", "month")


@dataclass(frozen=True, kw_only=True)
class ChangeQuestion:
    """Which change is meant. Empty text and 0 mean: what the workspace suggests; an answer has it filled in.

    Treated places: the treated hot spots of ``register`` (name or name@version), or with ``top`` the first so many
    cells of the window ``chosen_from`` to ``chosen_to`` (default: the window before), ranked by ``by``. Windows are
    days or months, both ends included. ``measure``: count or harm, which of the two the answer is about.
    ``comparison``: `COMPARISONS`; ``match``: name of a frozen match. ``baseline``: `BASELINES`, which of the two the
    answer rests on. ``period``: week or month, of the series. ``ring_m``: width of the rings in metres.
    ``areas``: of the register's treated hot spots only these; ``hours``: such as 20-04, as a ranking takes them.
    """

    bcu: str = "all"
    measure: str = "count"
    register: str = ""
    areas: tuple[str, ...] = ()
    top: int = 0
    chosen_from: str = ""
    chosen_to: str = ""
    by: str = "count"
    before_from: str = ""
    before_to: str = ""
    after_from: str = ""
    after_to: str = ""
    comparison: str = ""
    match: str = ""
    baseline: str = ""
    offences: str = ""
    weights: str = ""
    source: str = ""
    resolution: int = 0
    include_proactive: bool = False
    hours: str = ""
    period: str = ""
    ring_m: float = Settings.ring_m


@dataclass(frozen=True, eq=False, kw_only=True)
class DoseBeside:
    """Minutes beside outcomes, in the days after that have positions or logs. See `hotspots.change.dose.beside`."""

    table: pd.DataFrame  # CHANGE_DOSE
    scatter: pd.DataFrame  # CHANGE_SCATTER
    first: str  # patrol days
    last: str
    days: int  # hot spot days with data
    sentence: str  # what the days with against without an adequate visit say
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Change:
    """What changed, compared with what, and what must be said beside it."""

    question: ChangeQuestion  # completed
    asked: str  # the question in plain words
    answer: str  # one sentence, with its uncertainty
    verdict: str  # fell, rose or can't tell
    withheld: bool  # of incidents: the interval says fell or rose, and is not believed
    also: tuple[str, ...]  # harm, next door, selection, no comparison: a sentence each
    before: Window
    after: Window
    table: pd.DataFrame  # CHANGE
    spots: pd.DataFrame  # CHANGE_SPOTS
    series: pd.DataFrame  # CHANGE_SERIES
    trend: pd.DataFrame  # CHANGE_TREND; empty where there is too little before
    trend_note: str
    cells: pd.DataFrame  # CHANGE_CELLS; comparison cells only where they are few
    context: pd.DataFrame  # CONTEXT: lines that touch one of the windows
    pairs: pd.DataFrame  # CHANGE_PAIRS; empty unless places were matched
    matched: Match | None
    dose: DoseBeside | None
    no_dose: str  # why there is no dose
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)  # what the figures are, for every download
    settings: Settings = field(default_factory=Settings)
    version: str = ""
    synthetic: bool = False
