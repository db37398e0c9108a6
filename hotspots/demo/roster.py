"""Synthetic units, their shifts and what they have to do: the plan behind the demo's patrols.

A unit works one shift a day (early 07–15, late 14–22, night 22–06 local time, up to 20 minutes sooner or later, another
kind each week). What is planted: for each hot spot and day a number of patrols and their lengths. Treated hot spots get
few, enough or too many (in turn), comparison ones now and then. Added on purpose: two units at once in one hot spot,
patrols across the end of the patrol day, and one across each change of the clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.clock import day_starts, home
from hotspots.base.settings import Settings
from hotspots.geography.cells import cell_corners

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

OFF, RESTING, AVAILABLE, PATROLLING, TO_CALL, AT_CALL = range(6)  # what a unit does
SHIFT_HOURS = (("early", 7, 15), ("late", 14, 22), ("night", 22, 30))  # local; 30 is 06:00 the next day
SHIFT_SHARE = (0.25, 0.45, 0.30)  # of the patrols
STAGGER_S = 1_200  # a shift begins up to so much sooner or later
DOUBLE_CREWED, WITHOUT_SPEED = 1 / 3, 1 / 6
PER_TOWN = 40  # addresses
AWAY_M = 320.0  # addresses lie no nearer than this to the centre of a hot spot's cell
TRAVEL_S = 900.0  # the way to a task, when a shift is planned
NEAR_M = 8_000.0  # a unit's calls and waits lie about so near its base
# Chances of 0, 1, 2, 3, 4 patrols a day, by how well a treated hot spot is looked after; these take turns.
TREATED = ((0.15, 0.25, 0.35, 0.17, 0.08), (0.45, 0.38, 0.17, 0.0, 0.0), (0.05, 0.0, 0.38, 0.38, 0.19))
COMPARISON = (0.88, 0.12, 0.0, 0.0, 0.0)
LENGTHS = ((0.80, 11, 18), (0.12, 3, 8), (0.08, 25, 40))  # share, from, to minutes


class Unit(NamedTuple):
    """A unit; ``base`` in metres on the plane."""

    name: str
    bcu: str
    officers: int
    gives_speed: bool
    base: tuple[float, float]


@dataclass(frozen=True)
class Plane:
    """Metres east and north of a point: straight lines stay straight, lengths are right to a per cent."""

    lon: float
    lat: float

    @property
    def scale(self) -> tuple[float, float]:
        return 111_320.0 * float(np.cos(np.radians(self.lat))), 111_230.0

    def metres(self, lon: Any, lat: Any) -> Floats:
        """Points as an array of shape (n, 2)."""
        each = self.scale
        return np.column_stack([(np.asarray(lon) - self.lon) * each[0], (np.asarray(lat) - self.lat) * each[1]])

    def degrees(self, points: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude."""
        each = self.scale
        return self.lon + points[:, 0] / each[0], self.lat + points[:, 1] / each[1]


@dataclass(frozen=True)
class Place:
    """A hot spot on the plane: outline, centre and inner radius of each cell, and which cells adjoin."""

    area: str
    bcu: str
    outlines: tuple[Floats, ...]  # anticlockwise
    centres: Floats
    radius: Floats
    beside: tuple[tuple[int, ...], ...]

    @property
    def middle(self) -> Floats:
        return np.asarray(self.centres.mean(axis=0))


def random_of(seed: int, what: str) -> np.random.Generator:
    """Generators that do not disturb each other: other noise or faults leave the paths as they were."""
    streams = ("units", "plan", "shift", "phase", "noise", "log", "faults", "lost")
    return np.random.Generator(np.random.PCG64([seed, 7, streams.index(what)]))


def places_of(areas: pd.DataFrame) -> tuple[Plane, tuple[Place, ...]]:
    """The hot spots (columns area, bcu, cells) on a plane of their own."""
    ids = [[geography.cell_from_hex(c) for c in cells] for cells in areas["cells"]]
    lon, lat = geography.cell_centres([c for cells in ids for c in cells])
    plane = Plane(round(float(lon.mean()), 4), round(float(lat.mean()), 4))
    rows = zip(areas["area"], areas["bcu"], ids, strict=True)
    return plane, tuple(_place(plane, str(area), str(bcu), cells) for area, bcu, cells in rows)


def _place(plane: Plane, area: str, bcu: str, cells: list[int]) -> Place:
    from h3.api import basic_int as h3

    centres = plane.metres(*geography.cell_centres(cells))
    lon, lat, owner = cell_corners(cells)
    corners = plane.metres(lon, lat)
    outlines = tuple(corners[owner == i] for i in range(len(cells)))
    radius = [float((_off_edges(o, c[None, :])).min()) for o, c in zip(outlines, centres, strict=True)]
    beside = [tuple(j for j, o in enumerate(cells) if o != c and h3.are_neighbor_cells(c, o)) for c in cells]
    return Place(area, bcu, outlines, centres, np.array(radius), tuple(beside))


def _off_edges(outline: Floats, points: Floats) -> Floats:
    """How far each point lies on the inner side of each edge, in metres: (points, edges)."""
    along = np.roll(outline, -1, axis=0) - outline
    along = along / np.hypot(along[:, 0], along[:, 1])[:, None]
    away = points[:, None, :] - outline[None, :, :]
    return np.asarray(along[None, :, 0] * away[:, :, 1] - along[None, :, 1] * away[:, :, 0])


def inside(place: Place, points: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each point lies in one of the hot spot's cells."""
    found = np.zeros(len(points), dtype=bool)
    for outline in place.outlines:
        found |= (_off_edges(outline, points) >= 0).all(axis=1)
    return found


def addresses_of(rng: np.random.Generator, plane: Plane, places: Sequence[Place]) -> Floats:
    """Addresses around the towns, inside the force and outside every hot spot."""
    towns = geography.places()
    spread = np.array([0.0, 350.0, 700.0, 1_100.0])[towns["size"].to_numpy()].repeat(PER_TOWN)
    middles = plane.metres(towns["lon"], towns["lat"]).repeat(PER_TOWN, axis=0)
    points = middles + rng.normal(0.0, 1.0, middles.shape) * spread[:, None]
    kept = geography.load_cover().district_of(*plane.degrees(points)) >= 0
    for place in places:
        apart = points[:, None, :] - place.centres[None, :, :]
        kept &= (np.hypot(apart[..., 0], apart[..., 1]) > AWAY_M).all(axis=1)
    return np.asarray(points[kept])


def units_of(rng: np.random.Generator, places: Sequence[Place], addresses: Floats, per_bcu: int) -> tuple[Unit, ...]:
    """Units of each BCU, their bases about a kilometre from one of its hot spots."""
    made: list[Unit] = []
    for bcu in dict.fromkeys(p.bcu for p in places):
        mine = [p for p in places if p.bcu == bcu]
        for i in range(per_bcu):
            apart = np.hypot(*(addresses - mine[i % len(mine)].middle).T)
            base = addresses[int(np.argmin(np.abs(apart - 1_000.0)))]
            double, silent = rng.random(2) < (DOUBLE_CREWED, WITHOUT_SPEED)
            name = f"Grip {bcu} {i + 1}"
            made.append(Unit(name, bcu, 2 if double else 1, not silent, (float(base[0]), float(base[1]))))
    return tuple(made)


class Task(NamedTuple):
    """Something to do on a shift: in a hot spot, or at an address where ``place`` is −1."""

    does: int
    place: int
    seconds: float
    at: float = np.nan  # when to be there; nan where any time will do


@dataclass
class Shift:
    """A unit's shift, and what it has to do in it."""

    unit: int
    kind: int  # position in SHIFT_HOURS
    day: int  # of the window
    start: int
    end: int
    tasks: list[Task] = field(default_factory=list, init=False)


def _shifts(
    rng: np.random.Generator, units: Sequence[Unit], first: date, last: date, settings: Settings
) -> list[Shift]:
    """One shift a day for every unit; the kinds go backwards from week to week, which leaves time to sleep."""
    here = home(settings)
    made = []
    for day in range((last - first).days + 1):
        for number in range(len(units)):
            kind = (number - day // 7) % 3
            ends = [_moment(first + timedelta(days=day), hour, here) for hour in SHIFT_HOURS[kind][1:]]
            late = int(rng.integers(-STAGGER_S, STAGGER_S + 1))
            made.append(Shift(number, kind, day, ends[0] + late, ends[1] + late))
    return made


def _moment(day: date, hour: int, here: Any) -> int:
    whole, rest = divmod(hour, 24)
    return int(datetime.combine(day + timedelta(days=whole), time(rest), tzinfo=here).timestamp())


def _plan_patrols(
    rng: np.random.Generator, shifts: Sequence[Shift], areas: pd.DataFrame, places: Sequence[Place],
    units: Sequence[Unit],
) -> None:  # fmt: skip
    """Give each hot spot's patrols of each day to shifts of its BCU, rather to units whose base is near."""
    days = max(s.day for s in shifts) + 1
    of_day: list[list[Shift]] = [[] for _ in range(days)]
    for shift in shifts:
        of_day[shift.day].append(shift)
    rank = 0
    for number, role in enumerate(areas["role"]):
        treated = role == "treated"
        chances = TREATED[rank % len(TREATED)] if treated else COMPARISON
        rank += int(treated)
        wanted = rng.choice(len(chances), days, p=chances)
        apart = [np.hypot(*(np.array(u.base) - places[number].middle)) for u in units]
        for day in np.flatnonzero(wanted).tolist():
            mine = [s for s in of_day[day] if units[s.unit].bcu == places[number].bcu]
            weight = np.array([SHIFT_SHARE[s.kind] * np.exp(-apart[s.unit] / NEAR_M) for s in mine])
            chosen = rng.choice(len(mine), wanted[day], p=weight / weight.sum())
            which = rng.choice(len(LENGTHS), len(chosen), p=[share for share, *_ in LENGTHS])
            low, high = (np.array([length[i] for length in LENGTHS])[which] * 60.0 for i in (1, 2))
            for shift, seconds in zip(chosen, rng.uniform(low, high), strict=True):
                mine[shift].tasks.append(Task(PATROLLING, number, float(seconds)))


def _plan_on_purpose(
    shifts: Sequence[Shift], areas: pd.DataFrame, places: Sequence[Place], units: Sequence[Unit], first: date,
    settings: Settings,
) -> None:  # fmt: skip
    """In the first treated hot spot of each BCU, once a week: two units at once, and a patrol across the day's end.

    And one across each change of the clocks. The units whose bases are nearest do it.
    """
    days = max(s.day for s in shifts) + 1
    starts = day_starts(first, first + timedelta(days=days - 1), settings)
    treated = [i for i, role in enumerate(areas["role"]) if role == "treated"]
    firsts = {areas["bcu"].iloc[i]: i for i in reversed(treated)}
    for turn, place in enumerate(sorted(firsts.values())):
        near = _nearest_first(shifts, places[place], units)
        for day in range(1 + turn, days, 7):
            late = [s for s in near if s.day == day and s.kind == 1][:2]
            begins = _moment(first + timedelta(days=day), SHIFT_HOURS[1][1], home(settings))
            for minute, shift in zip((270, 276), late, strict=False):
                shift.tasks.append(Task(PATROLLING, place, 900.0, begins + minute * 60.0))
            for shift in [s for s in near if s.day == day and s.kind == 2][:1]:
                shift.tasks.append(Task(PATROLLING, place, 1_200.0, float(starts[day + 1]) - 600.0))
                shift.end = max(shift.end, int(starts[day + 1]) + 1_800)
        for day in np.flatnonzero(np.diff(starts) != 86_400).tolist():
            for shift in [s for s in near if s.day == day and s.kind == 2][:1]:
                shift.tasks.append(Task(PATROLLING, place, 1_080.0, _change(shift) - 540.0))


def _nearest_first(shifts: Sequence[Shift], place: Place, units: Sequence[Unit]) -> list[Shift]:
    """The shifts of a hot spot's BCU, those of units with a near base first."""
    apart = [float(np.hypot(*(np.array(u.base) - place.middle))) for u in units]
    return sorted((s for s in shifts if units[s.unit].bcu == place.bcu), key=lambda s: (apart[s.unit], s.start))


def _change(shift: Shift) -> float:
    """01:00 UTC, when the clocks change; night shifts have it in the middle."""
    return float(-(-(shift.start - 3_600) // 86_400) * 86_400 + 3_600)


def _plan_calls(
    rng: np.random.Generator, shifts: Sequence[Shift], places: Sequence[Place], units: Sequence[Unit],
    share_inside: float,
) -> None:  # fmt: skip
    """Two to four calls a shift, as far as there is time, and the order of it all."""
    for shift in shifts:
        mine = [i for i, p in enumerate(places) if p.bcu == units[shift.unit].bcu]
        for seconds in rng.uniform(480.0, 2_700.0, int(rng.integers(2, 5))).tolist():
            place = int(rng.choice(mine)) if rng.random() < share_inside else -1
            if busy(shift) + seconds + TRAVEL_S < 0.9 * (shift.end - shift.start):
                shift.tasks.append(Task(AT_CALL, place, seconds))
        shift.tasks = [shift.tasks[i] for i in rng.permutation(len(shift.tasks))]


def busy(shift: Shift) -> float:
    """Seconds that the tasks of a shift take, with the way to each."""
    return sum(t.seconds + TRAVEL_S for t in shift.tasks)


def roster(
    areas: pd.DataFrame, places: Sequence[Place], units: Sequence[Unit], days: tuple[date, date], seed: int,
    settings: Settings, planted: bool, calls_inside: float,
) -> list[Shift]:  # fmt: skip
    """All shifts of the days (first and last), with what is to be done in each."""
    rng = random_of(seed, "plan")
    shifts = _shifts(rng, units, *days, settings)
    if planted:
        _plan_patrols(rng, shifts, areas, places, units)
        _plan_on_purpose(shifts, areas, places, units, days[0], settings)
    _plan_calls(rng, shifts, places, units, calls_inside)
    return shifts
