"""Every number that is a policy rather than a fact, in one frozen, validated place.

A workspace may override any of them in its ``settings.toml``; the defaults and their sources are in
docs/method.md.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from hotspots.base.errors import HotspotsError

RESOLUTIONS = (9, 10, 11)
KINDS: dict[type, str] = {str: "text", bool: "true or false"}


@dataclass(frozen=True)
class Settings:
    """Defaults of ours, all configurable (marked † in docs/method.md)."""

    resolution: int = 10  # H3; about 13,400 m² in Lancashire
    top: int = 20  # cells listed as micro-hotspots; p_top is the chance of being among as many of the BCU
    expected_months: int = 3  # harm_expected_days is that of so many months to come
    draws: int = 1000  # from the posterior, for p_top
    seed: int = 1  # of those draws
    dominant_share: float = 0.5  # one offence with this share of a cell's harm: "one severe event"
    few_incidents: int = 5  # fewer than this many incidents: too few to rank on
    harm_cap_days: float = 365.0  # ranked by capped harm, no single offence counts for more
    max_area_m2: float = 50_000.0  # of a hot spot: a Thames Valley hexagon
    area_min_share: float = 0.0025  # of its BCU's harm: less is no hot spot
    area_min_density: float = 0.5  # a cell's harm per m² over the BCU's mean, below which it joins no hot spot
    areas_west: int = 7  # hot spots looked for in each BCU: about 20 in all, as in late 2022
    areas_south: int = 6
    areas_east: int = 7
    timezone: str = "Europe/London"
    patrol_day_starts: int = 6  # local hour
    visit_gap_minutes: float = 5.0  # positions of one unit further apart than this are two stays
    ping_credit_minutes: float = 5.0  # a position vouches for no more time than this, half before and half after
    edge_tolerance_seconds: int = 90  # positions outside for no longer than this, between two inside, end no stay
    stationary_kmh: float = 7.0  # on foot or stopped: at least half of a stay's positions are no faster
    visit_min_minutes: float = 10.0  # an adequate visit (Koper 1995)
    visit_long_minutes: float = 20.0  # longer than this is a long visit
    visit_pass_minutes: float = 1.0  # shorter than this is passing through
    exclude_on_call: bool = True  # time on a call is reactive, no part of the dose
    target_minutes: float = 30.0  # patrol-minutes a treated hot spot should get in a patrol day, unless a target is set
    underdosed_share: float = 0.8  # of the target: less is underdosed
    overdosed_share: float = 1.2  # more is overdosed
    shift_silence_hours: float = 4.0  # a unit silent for longer than this has ended its shift
    log_tracked_share: float = 0.5  # positions cover at least this share of a log entry: then the positions count
    ping_max_kmh: float = 200.0  # positions that only a faster unit could link are set aside
    clock_offset_minutes: float = 3.0  # positions that lead or trail a unit's logs by more than this are reported
    break_new_share: float = 0.75  # share of a month's crimes at map points not used before: a break
    break_look_back: int = 6  # published months that count as "before"
    break_min_rows: int = 200  # located crimes a month needs before it can show a break
    bad_coordinate_share: float = 0.5  # this share of unusable coordinates refuses the whole file
    upload_max_mb: int = 200
    unzipped_max_mb: int = 8_000
    zip_max_files: int = 5_000

    def __post_init__(self) -> None:
        problems = []
        if self.resolution not in RESOLUTIONS:
            problems.append(f"Setting 'resolution' is {self.resolution}; it must be 9, 10 or 11.")
        for name in ("dominant_share", "break_new_share", "bad_coordinate_share", "area_min_share"):
            if not 0 < getattr(self, name) <= 1:
                problems.append(f"Setting '{name}' is {getattr(self, name)}; it must be above 0 and at most 1.")
        for name in (
            "top", "expected_months", "draws", "few_incidents", "break_look_back", "upload_max_mb", "unzipped_max_mb",
            "zip_max_files",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                problems.append(f"Setting '{name}' is {getattr(self, name)}; it must be at least 1.")
        if not 0 < self.harm_cap_days < float("inf"):
            problems.append(f"Setting 'harm_cap_days' is {self.harm_cap_days}; it must be a number of days above 0.")
        for name in ("seed", "area_min_density", "areas_west", "areas_south", "areas_east"):
            if not 0 <= getattr(self, name) < float("inf"):
                problems.append(f"Setting '{name}' is {getattr(self, name)}; it must be 0 or more.")
        if not 0 < self.max_area_m2 < float("inf"):
            problems.append(f"Setting 'max_area_m2' is {self.max_area_m2}; it must be a number of m² above 0.")
        if not 0 <= self.patrol_day_starts <= 23:
            problems.append(f"Setting 'patrol_day_starts' is {self.patrol_day_starts}; it must be an hour, 0 to 23.")
        problems += self._patrol_problems()
        if problems:
            raise HotspotsError(problems)

    def _patrol_problems(self) -> list[str]:
        """What is wrong with the settings of patrols."""
        problems = []
        for name in (
            "visit_gap_minutes", "ping_credit_minutes", "stationary_kmh", "shift_silence_hours", "log_tracked_share",
            "ping_max_kmh", "clock_offset_minutes", "target_minutes",
        ):  # fmt: skip
            if not 0 < getattr(self, name) < float("inf"):
                problems.append(f"Setting '{name}' is {getattr(self, name)}; it must be a number above 0.")
        if self.ping_credit_minutes > self.visit_gap_minutes:
            problems.append("Setting 'ping_credit_minutes' must not be above 'visit_gap_minutes'.")
        if not 0 <= self.edge_tolerance_seconds <= 60 * self.visit_gap_minutes:
            problems.append("Setting 'edge_tolerance_seconds' must be 0 or more, and at most 'visit_gap_minutes'.")
        if not 0 <= self.visit_pass_minutes < self.visit_min_minutes < self.visit_long_minutes < float("inf"):
            problems.append(
                "Settings 'visit_pass_minutes', 'visit_min_minutes' and 'visit_long_minutes' must grow in this order."
            )
        if not 0 < self.underdosed_share <= 1 <= self.overdosed_share < float("inf"):
            problems.append("Settings 'underdosed_share' and 'overdosed_share' must lie on either side of 1.")
        if self.log_tracked_share > 1:
            problems.append(f"Setting 'log_tracked_share' is {self.log_tracked_share}; it must be at most 1.")
        return problems


def load_settings(folder: Path | None) -> Settings:
    """Settings of a workspace folder: its ``settings.toml`` over the defaults; unknown names are refused."""
    path = folder / "settings.toml" if folder else None
    if path is None or not path.is_file():
        return Settings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HotspotsError(f"settings.toml cannot be read: {error}.") from error
    known = {f.name: type(f.default) for f in fields(Settings)}
    problems = [f"settings.toml has '{name}', which is not a setting." for name in given if name not in known]
    for name, value in given.items():
        wanted = known.get(name)
        if wanted is float and type(value) is int:
            given[name] = float(value)
        elif wanted is not None and type(value) is not wanted:
            problems.append(f"settings.toml gives '{name}' as {value!r}; it must be {KINDS.get(wanted, 'a number')}.")
    if problems:
        raise HotspotsError(problems)
    return Settings(**given)
