"""Synthetic units on shift, as paths in continuous time: where each one is, and what it does, at any second.

Nothing in it happened. A path is a row of knots with straight lines between them, so that it can be asked at any
interval. A unit starts at its base and drives from task to task at about 30–50 km/h: patrols of hot spots (on foot at
2–4 km/h and standing, or in a car that is parked here and there; some close to the edge; for some the car is left
outside), calls (a few of them inside a hot spot), waits, rests at the base, drives through hot spots. What it has to
do is `hotspots.demo.roster`.

Limits: roads are straight lines and nobody waits at lights; units neither meet nor follow incidents; calls are as
frequent at all hours; a unit is as strong all month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.demo import roster as plan
from hotspots.demo.roster import Floats, Ints, Place, Plane, Shift, Task, Unit

DRIVE_KMH = (30.0, 50.0)
WALK_KMH = (2.0, 4.0)
FIRST_STEP_M = (120.0, 200.0)  # from the car to where a foot patrol begins
PIECE_M = 300.0  # of a drive at one speed
INSIDE, NEAR_EDGE_M = 0.75, 4.0  # share of a cell's inner circle that is walked; distance of edge patrols
ON_FOOT, LEFT_OUTSIDE, EDGE_SHARE = 0.75, 0.4, 0.08
NEAREST = 60  # addresses of a unit: where it waits and is called to
DRIVES_THROUGH = 0.5  # share of the waits that begin with a drive through a hot spot


@dataclass(frozen=True)
class Tracks:
    """All paths. Knots by unit and time; ``does`` is what the unit does from a knot to the next."""

    plane: Plane
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    unit: Ints
    t: Floats  # UTC seconds
    at: Floats  # (n, 2) metres
    does: Ints
    shifts: pd.DataFrame  # unit, start, end: whole UTC seconds
    visits: pd.DataFrame  # unit, area, start, end, foot, call: patrols, and calls inside hot spots

    def of(self, unit: int) -> slice:
        """The knots of a unit."""
        first, last = np.searchsorted(self.unit, [unit, unit + 1])
        return slice(int(first), int(last))


class Journey:
    """A path in the making: the unit is where its last knot says."""

    def __init__(self, rng: np.random.Generator, start: float, base: Sequence[float]) -> None:
        self.rng, self.base = rng, (float(base[0]), float(base[1]))
        self.t, self.x, self.y = [float(start)], [self.base[0]], [self.base[1]]
        self.does: list[int] = []

    @property
    def now(self) -> float:
        return self.t[-1]

    @property
    def here(self) -> Floats:
        return np.array([self.x[-1], self.y[-1]])

    def add(self, seconds: Floats, points: Floats, does: int) -> None:
        """Go to each point in turn, so many seconds each."""
        self.t += (self.now + np.cumsum(seconds)).tolist()
        self.x += points[:, 0].tolist()
        self.y += points[:, 1].tolist()
        self.does += [does] * len(points)

    def wait(self, seconds: float, does: int) -> None:
        if seconds > 0:
            self.add(np.array([seconds]), self.here[None, :], does)

    def go(self, to: Any, does: int, kmh: tuple[float, float] = DRIVE_KMH, arrive: float = np.nan) -> None:
        """In a straight line, at a speed that varies on the way; wait first, so as to be there at ``arrive``."""
        to, start = np.asarray(to, dtype=float), self.here
        length = float(np.hypot(*(to - start)))
        if length < 1.0:
            return
        pieces = max(1, int(np.ceil(length / PIECE_M)))
        speed = self.rng.uniform(*kmh) * self.rng.uniform(0.8, 1.2, pieces)
        seconds = length / pieces / (speed / 3.6)
        if arrive > self.now + seconds.sum():
            self.wait(arrive - self.now - float(seconds.sum()), does)
        share = (np.arange(pieces) + 1.0)[:, None] / pieces
        self.add(seconds, start + share * (to - start), does)


def _stroll(rng: np.random.Generator, place: Place, seconds: float, foot: bool, edge: bool) -> tuple[Floats, Floats]:
    """A patrol inside a hot spot, ``seconds`` long: from the first point on, seconds to each point, and the points.

    Ways lead straight from point to point in one cell; into the next cell over the middle of the edge between them.
    """
    n = int(seconds / (25.0 if foot else 120.0)) + 4
    cell = np.empty(n, dtype=np.int64)
    cell[0] = rng.integers(len(place.centres))
    for i in range(1, n):
        others = place.beside[cell[i - 1]]
        crosses = others and not edge and rng.random() < 0.2
        cell[i] = others[int(rng.integers(len(others)))] if crosses else cell[i - 1]
    radius = place.radius[cell]
    radius = radius - NEAR_EDGE_M if edge else INSIDE * radius * np.sqrt(rng.random(n))
    angle = rng.uniform(0.0, 2 * np.pi, n) if not edge else rng.uniform(0.0, 2 * np.pi) + rng.normal(0.0, 0.1, n)
    points = place.centres[cell] + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    crossings = np.flatnonzero(np.diff(cell)) + 1
    between = (place.centres[cell[crossings - 1]] + place.centres[cell[crossings]]) / 2
    points = np.insert(points, crossings, between, axis=0)
    stands = np.where(rng.random(len(points)) < 0.5, rng.uniform(20.0, 90.0, len(points)), 0.0)
    stands = stands if foot else rng.uniform(120.0, 400.0, len(points))
    speed = rng.uniform(*(WALK_KMH if foot else (10.0, 20.0)), len(points) - 1) / 3.6
    moving = np.hypot(*np.diff(points, axis=0).T) / speed
    return _cut(points, moving, stands, seconds)


def _cut(points: Floats, moving: Floats, stands: Floats, seconds: float) -> tuple[Floats, Floats]:
    """Move, stand, move, …, cut after so many seconds; where the way is done sooner, stand until then."""
    steps = np.empty(2 * len(points) - 1)
    steps[0::2], steps[1::2] = stands, moving
    where = points.repeat(2, axis=0)
    done = np.concatenate([[0.0], np.cumsum(steps)])
    if done[-1] <= seconds:
        steps = np.append(steps, seconds - done[-1])
        where = np.vstack([where, where[-1]])
        return steps, where
    last = int(np.searchsorted(done, seconds, side="left"))
    share = (seconds - done[last - 1]) / (done[last] - done[last - 1])
    end = where[last - 1] + share * (where[last] - where[last - 1])
    return np.append(steps[: last - 1], seconds - done[last - 1]), np.vstack([where[:last], end])


def _in_hot_spot(journey: Journey, task: Task, place: Place) -> tuple[float, float, bool]:
    """Go to a hot spot, stay and leave; returns start, end, and whether on foot."""
    rng = journey.rng
    call = task.does == plan.AT_CALL
    foot = bool(rng.random() < ON_FOOT)
    edge = bool(rng.random() < EDGE_SHARE)
    seconds, points = _stroll(rng, place, task.seconds, foot, edge)
    car = None
    if foot and not call and rng.random() < LEFT_OUTSIDE:
        angle = rng.uniform(0.0, 2 * np.pi)
        car = points[0] + rng.uniform(*FIRST_STEP_M) * np.array([np.cos(angle), np.sin(angle)])
        journey.go(car, plan.AVAILABLE, arrive=task.at - 180.0)
        journey.go(points[0], plan.PATROLLING, WALK_KMH)
    else:
        journey.go(points[0], plan.TO_CALL if call else plan.AVAILABLE, arrive=task.at)
    start = journey.now
    journey.add(seconds, points[1:], task.does)
    end = journey.now
    if car is not None:
        journey.go(car, plan.PATROLLING, WALK_KMH)
    return start, end, foot


def _idle(journey: Journey, seconds: float, near: Floats, through: Sequence[Place]) -> None:
    """Time between tasks: drive about and wait somewhere, or rest at the base if there is time enough."""
    rng, until = journey.rng, journey.now + seconds
    if len(through) and rng.random() < DRIVES_THROUGH:
        journey.go(through[int(rng.integers(len(through)))].middle, plan.AVAILABLE)
        journey.go(near[int(rng.integers(len(near)))], plan.AVAILABLE)
    if seconds > 1_500 and rng.random() < 0.6:
        journey.go(journey.base, plan.AVAILABLE)
        journey.wait(until - journey.now, plan.RESTING)
    else:
        journey.go(near[int(rng.integers(len(near)))], plan.AVAILABLE)
        journey.wait(until - journey.now, plan.AVAILABLE)


def _work(journey: Journey, shift: Shift, near: Floats, places: Sequence[Place], through: Sequence[Place]) -> list[Any]:
    """The whole shift; returns the stays in hot spots: area, start, end, foot, call."""
    slack = max(shift.end - shift.start - plan.busy(shift), 0.0)
    idle = (slack * journey.rng.dirichlet(np.ones(len(shift.tasks) + 1))).tolist()
    waiting = sorted((t for t in shift.tasks if t.at == t.at), key=lambda t: t.at)
    free = [t for t in shift.tasks if t.at != t.at]
    stays = []
    journey.wait(300.0, plan.RESTING)
    while waiting or free:
        room = waiting[0].at - journey.now - 4_500.0 if waiting else np.inf  # to be there in time from anywhere
        first = free and free[0].seconds < room
        task = free.pop(0) if first else waiting.pop(0) if waiting else free.pop(0)
        if first:
            _idle(journey, min(idle.pop(), max(room - task.seconds, 0.0)), near, through)
        elif task.at == task.at:
            journey.go(journey.base, plan.AVAILABLE)  # and waits there until it is time
        if task.place >= 0:
            start, end, foot = _in_hot_spot(journey, task, places[task.place])
            stays.append((places[task.place].area, start, end, foot, task.does == plan.AT_CALL))
        else:
            journey.go(near[int(journey.rng.integers(len(near)))], plan.TO_CALL)
            journey.wait(task.seconds, plan.AT_CALL)
    journey.go(journey.base, plan.AVAILABLE)
    journey.wait(shift.end - journey.now, plan.RESTING)
    return stays


def _near(addresses: Floats, base: Sequence[float]) -> Floats:
    """The addresses nearest to a base."""
    apart = np.hypot(*(addresses - np.array(base)).T)
    return np.asarray(addresses[np.argsort(apart, kind="stable")[:NEAREST]])


def make_tracks(
    areas: pd.DataFrame, first: date, last: date, seed: int, settings: Settings, units_per_bcu: int = 6,
    planted: bool = True, calls_inside: float = 0.12,
) -> Tracks:  # fmt: skip
    """Paths of all units on the days ``first`` to ``last``; the same seed gives the same paths.

    ``areas`` has a row per hot spot: area (number), bcu, role (treated, comparison or none) and cells (hexadecimal).
    ``planted=False`` leaves out every patrol: cars only drive through, and calls are as they are. ``calls_inside``:
    share of the calls that lie in a hot spot.

    Raises HotspotsError without hot spots, or for a window that ends before it starts.
    """
    if not len(areas) or last < first or units_per_bcu < 1:
        raise HotspotsError("Synthetic patrols need a hot spot, a unit, and a window that ends after it starts.")
    areas = areas.reset_index(drop=True)
    plane, places = plan.places_of(areas)
    rng = plan.random_of(seed, "units")
    addresses = plan.addresses_of(rng, plane, places)
    units = plan.units_of(rng, places, addresses, units_per_bcu)
    shifts = plan.roster(areas, places, units, (first, last), seed, settings, planted, calls_inside)
    return _assembled(plane, places, units, shifts, addresses, plan.random_of(seed, "shift"))


def _assembled(
    plane: Plane, places: tuple[Place, ...], units: tuple[Unit, ...], shifts: list[Shift], addresses: Floats,
    rng: np.random.Generator,
) -> Tracks:  # fmt: skip
    """Every shift worked, unit by unit."""
    near = [_near(addresses, u.base) for u in units]
    through = [
        sorted((p for p in places if p.bcu == u.bcu), key=lambda p: float(np.hypot(*(p.middle - np.array(u.base)))))[:3]
        for u in units
    ]
    knots: list[tuple[Any, ...]] = []
    rows: list[tuple[int, int, int]] = []
    stays: list[tuple[Any, ...]] = []
    for shift in sorted(shifts, key=lambda s: (s.unit, s.start)):
        journey = Journey(rng, shift.start, units[shift.unit].base)
        if rows and rows[-1][0] == shift.unit and rows[-1][2] >= shift.start:
            raise RuntimeError("a shift of the synthetic patrols begins before the one before it has ended")
        found = _work(journey, shift, near[shift.unit], places, through[shift.unit])
        stays += [(shift.unit, *row) for row in found]
        rows.append((shift.unit, shift.start, int(np.floor(journey.now))))
        n = len(journey.t)
        knots.append((np.full(n, shift.unit), np.array(journey.t), np.column_stack([journey.x, journey.y]),
                      np.array([*journey.does, plan.OFF])))  # fmt: skip
    unit, t, at, does = (np.concatenate(part) for part in zip(*knots, strict=True))
    return Tracks(
        plane, places, units, unit.astype(np.int64), t, at, does.astype(np.int64),
        pd.DataFrame(rows, columns=["unit", "start", "end"]),
        pd.DataFrame(stays, columns=["unit", "area", "start", "end", "foot", "call"]),
    )  # fmt: skip
