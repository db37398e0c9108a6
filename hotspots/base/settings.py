"""Every number that is a policy rather than a fact, in one frozen, validated place.

A workspace may override any of them in its ``settings.toml``; the defaults and their sources are in
docs/method.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, get_type_hints

from hotspots.base.errors import HotspotsError
from hotspots.base.profile import PROFILE, Profile, slug

SETTINGS = "settings.toml"
RESOLUTIONS = (9, 10, 11)
KINDS: dict[type, str] = {str: "text", bool: "true or false"}


class Bound(NamedTuple):
    """Which values of a setting can be used, and the same in words."""

    fits: Callable[[float], bool]
    words: str


Resolution = Annotated[int, Bound(lambda v: v in RESOLUTIONS, "9, 10 or 11")]
Count = Annotated[int, Bound(lambda v: v >= 1, "at least 1")]
Whole = Annotated[int, Bound(lambda v: v >= 0, "0 or more")]
Hour = Annotated[int, Bound(lambda v: 0 <= v <= 23, "an hour, 0 to 23")]
Share = Annotated[float, Bound(lambda v: 0 < v <= 1, "above 0 and at most 1")]
NotNegative = Annotated[float, Bound(lambda v: 0 <= v < inf, "0 or more")]
Positive = Annotated[float, Bound(lambda v: 0 < v < inf, "a number above 0")]
Days = Annotated[float, Bound(lambda v: 0 < v < inf, "a number of days above 0")]
SquareMetres = Annotated[float, Bound(lambda v: 0 < v < inf, "a number of m² above 0")]


@dataclass(frozen=True)
class Settings:
    """Defaults of ours, all configurable (marked † in docs/method.md)."""

    resolution: Resolution = 10  # H3; about 13,400 m² in Lancashire
    top: Count = 20  # cells listed as micro-hotspots; p_top is the chance of being among as many of the BCU
    expected_months: Count = 3  # harm_expected_days is that of so many months to come
    draws: Count = 1000  # from the posterior, for p_top
    seed: Whole = 1  # of those draws
    dominant_share: Share = 0.5  # one offence with this share of a cell's harm: "one severe event"
    few_incidents: Count = 5  # fewer than this many incidents: too few to rank on
    harm_cap_days: Days = 365.0  # ranked by capped harm, no single offence counts for more
    max_area_m2: SquareMetres = 50_000.0  # of a hot spot: a Thames Valley hexagon
    area_min_share: Share = 0.0025  # of its BCU's harm: less is no hot spot
    area_min_density: NotNegative = 0.5  # a cell's harm per m² over the BCU's mean, below which it joins no hot spot
    areas_per_bcu: Whole = 7  # hot spots looked for in a BCU; the force's profile may say another number for each
    areas: tuple[tuple[str, int], ...] = ()  # of a BCU, where the profile or settings.toml (areas_west = 7) says so
    place_max_km: Positive = 6.0  # a town further away gives no place its name
    timezone: str = "Europe/London"
    patrol_day_starts: Hour = 6  # local hour
    visit_gap_minutes: Positive = 5.0  # positions of one unit further apart than this are two stays
    gap_intervals: Positive = 1.5  # the gap is at least so many of the unit's usual intervals (the median of its day)
    visit_gap_most_minutes: Positive = 15.0  # and for that reason no longer than this
    ping_credit_minutes: Positive = 5.0  # a position vouches for no more time than this, half before and half after
    edge_tolerance_seconds: int = 90  # positions outside for no longer than this, between two inside, end no stay
    stationary_kmh: Positive = 7.0  # on foot or stopped: at least half of a stay's positions are no faster
    visit_min_minutes: float = 10.0  # an adequate visit (Koper 1995)
    visit_long_minutes: float = 20.0  # longer than this is a long visit
    visit_pass_minutes: float = 1.0  # shorter than this is passing through
    visit_most_minutes: float = 120.0  # a unit in one hot spot for longer is parked: counted apart, no part of the dose
    exclude_on_call: bool = True  # time on a call is reactive, no part of the dose
    target_minutes: Positive = 30.0  # patrol-minutes a treated hot spot should get in a patrol day without a target
    underdosed_share: float = 0.8  # of the target: less is underdosed
    overdosed_share: float = 1.2  # more is overdosed
    shift_silence_hours: Positive = 4.0  # a unit silent for longer than this has ended its shift
    frozen_minutes: Positive = 60.0  # positions equal to the metre for so long: no proof that anyone was there
    log_max_hours: Count = 12  # a log entry of the form that lasts longer was stopped late
    draft_days: Count = 14  # drafts of the form that nobody has touched for so long are removed
    log_tracked_share: Share = 0.5  # positions cover at least this share of a log entry: then the positions count
    ping_max_kmh: Positive = 200.0  # positions that only a faster unit could link are quarantined
    shared_unit_share: Share = 0.2  # of a unit's positions of a day lie where it cannot be: two units share its name
    clock_offset_minutes: Positive = 3.0  # positions that lead or trail a unit's logs by more than this are reported
    least_comparison: Count = 5  # comparison hot spots of a BCU: with fewer it is compared with matched places
    least_for_percent: Count = 50  # incidents before: of fewer no percentage is given (a Poisson 50 is ±28%)
    large_harm_share: Share = 0.1  # of all harm in one place and period, or in one event: the figure hangs on it
    trend_warning_p: Share = 0.05  # of the trend before the start: below it there is no verdict
    unlike_months_share: Share = 0.25  # of the days of a window in months that the other has not: no verdict
    break_new_share: Share = 0.75  # share of a month's crimes at map points not used before: a break
    break_look_back: Count = 6  # published months that count as "before"
    break_min_rows: int = 200  # located crimes a month needs before it can show a break
    month_loss_share: Share = 0.25  # a file without a larger share of the rows held for its month replaces none of them
    bad_coordinate_share: Share = 0.5  # this share of unusable coordinates refuses the whole file
    coarse_share: Share = 0.1  # of located rows on a raster nearly as coarse as a cell: said
    default_point_share: Share = 0.5  # of located rows at exactly one point: said
    default_point_rows: Count = 20  # located rows a file needs before that is said
    outside_share: Share = 0.2  # of located rows outside the force area: said
    least_located: Count = 3  # located rows of which the places as a whole say something
    upload_max_mb: Count = 200
    unzipped_max_mb: Count = 8_000
    zip_max_files: Count = 5_000

    # Of one question: an option of its verb or a field of its page changes them, settings.toml does not.
    least_of_a_feed: ClassVar[int] = 10  # positions of a unit's day that its usual interval is told from
    weight_draws: ClassVar[int] = 500  # other weightings, for how sure a rank is
    sure_share: ClassVar[float] = 0.9  # of those weightings: a cell in the list under as many is called sure
    weight_spread: ClassVar[float] = 2.0  # each weight is drawn between half and double
    random_draws: ClassVar[int] = 999  # of dates, allocations and schedules: the least p is 0.001
    near_rings: ClassVar[int] = 2  # of cells around, for near repeats
    ring_m: ClassVar[float] = 100.0  # width of a displacement ring: one cell at resolution 10
    trial_days: ClassVar[int] = 90  # as in Southend and Bedfordshire
    trial_share: ClassVar[float] = 0.5  # of days or hot spots that are patrolled
    trial_longest_run: ClassVar[int] = 3  # patrolled days in a row
    trial_block_days: ClassVar[int] = 7  # in each of which hot spots get as many patrolled days
    trial_simulations: ClassVar[int] = 200  # for the smallest fall that a trial would find
    trial_compliance: ClassVar[float] = 0.7  # of days assigned that are patrolled: what could be found then
    trial_least_contrast: ClassVar[float] = 0.2  # between days assigned and others that had an adequate visit
    spans: ClassVar[dict[str, tuple[int, int]]] = {"month": (12, 3), "week": (52, 4)}  # of the back-test: train, test

    def __post_init__(self) -> None:
        problems = [
            f"Setting '{name}' is {getattr(self, name)}; it must be {bound.words}."
            for name, bound in bounds().items()
            if not bound.fits(getattr(self, name))
        ]
        problems += [f"Setting 'areas_{slug(bcu)}' is {n}; it must be 0 or more." for bcu, n in self.areas if n < 0]
        if self.ping_credit_minutes > self.visit_gap_minutes:
            problems.append("Setting 'ping_credit_minutes' must not be above 'visit_gap_minutes'.")
        if self.visit_gap_most_minutes < self.visit_gap_minutes:
            problems.append("Setting 'visit_gap_most_minutes' must not be below 'visit_gap_minutes'.")
        if not 0 <= self.edge_tolerance_seconds <= 60 * self.visit_gap_minutes:
            problems.append("Setting 'edge_tolerance_seconds' must be 0 or more, and at most 'visit_gap_minutes'.")
        lengths = (self.visit_pass_minutes, self.visit_min_minutes, self.visit_long_minutes, self.visit_most_minutes)
        if not (lengths[0] >= 0 and all(a < b for a, b in pairwise((*lengths, inf)))):
            problems.append(
                "Settings 'visit_pass_minutes', 'visit_min_minutes', 'visit_long_minutes' and 'visit_most_minutes' must"
                " grow in this order."
            )
        if not 0 < self.underdosed_share <= 1 <= self.overdosed_share < inf:
            problems.append("Settings 'underdosed_share' and 'overdosed_share' must lie on either side of 1.")
        if problems:
            raise HotspotsError(problems)

    def areas_in(self, bcu: str) -> int:
        """How many hot spots are looked for in a BCU."""
        return dict(self.areas).get(bcu, self.areas_per_bcu)


@cache
def bounds() -> dict[str, Bound]:
    """The bound of each setting that has one."""
    kinds = get_type_hints(Settings, include_extras=True)
    return {name: kind.__metadata__[0] for name, kind in kinds.items() if hasattr(kind, "__metadata__")}


def load_settings(folder: Path | None, profile: Profile) -> Settings:
    """Settings of a workspace folder: its ``settings.toml`` over those of the force's profile, over the defaults.

    The number of hot spots of each BCU has a name of its own: areas_west. HotspotsError for unknown names.
    """
    path = folder / SETTINGS if folder else None
    stated = {}
    if path is not None and path.is_file():
        try:
            stated = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise HotspotsError(f"{SETTINGS} cannot be read: {error}.") from error
    named = {f"areas_{slug(bcu)}": bcu for bcu in profile.bcus}
    own, problems = checked(stated, SETTINGS, named)
    usual, more = checked(profile.settings, PROFILE, {})
    if problems or more:
        raise HotspotsError([*problems, *more])
    areas = {**profile.areas, **{bcu: own.pop(name) for name, bcu in named.items() if name in own}}
    return Settings(**{**usual, **own, "areas": tuple(areas.items())})


def checked(stated: Mapping[str, Any], file: str, named: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The settings of a file, each of its kind, and what is wrong with them; ``named``: whole numbers beside ours."""
    kinds = {f.name: type(f.default) for f in fields(Settings) if f.name != "areas"} | dict.fromkeys(named, int)
    values, problems = (
        dict(stated),
        [f"{file} has '{name}', which is not a setting." for name in stated if name not in kinds],
    )
    for name, value in stated.items():
        wanted = kinds.get(name)
        if wanted is float and type(value) is int:
            values[name] = float(value)
        elif wanted is not None and type(value) is not wanted:
            problems.append(f"{file} gives '{name}' as {value!r}; it must be {KINDS.get(wanted, 'a number')}.")
    return values, problems
