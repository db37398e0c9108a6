"""When synthetic incidents happen, and the hot spots that are planted: window, hours, seasons, clock changes, cells."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from hotspots.base.errors import HotspotsError
from hotspots.demo import DEFAULT_END

Floats = np.ndarray[Any, np.dtype[np.float64]]

MON_FRI, ALL_DAYS = (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5, 6)


class Block(NamedTuple):
    """A share of the week's incidents spread evenly over hours ``first`` to ``last`` (not included) of some days.

    Monday is day 0; ``last`` above 24 runs into the next day.
    """

    days: tuple[int, ...]
    first: int
    last: int
    share: float


# What is not in a block is spread evenly over the week.
RHYTHMS: dict[str, tuple[Block, ...]] = {
    "night_out": (Block((4, 5), 20, 28, 0.26), Block(ALL_DAYS, 15, 23, 0.40), Block(ALL_DAYS, 9, 15, 0.17)),
    "weekend": (Block((4, 5), 21, 28, 0.35), Block(ALL_DAYS, 18, 25, 0.30)),
    "evening": (Block(ALL_DAYS, 17, 24, 0.55), Block((4, 5), 22, 27, 0.15), Block(MON_FRI, 15, 18, 0.12)),
    "domestic": (Block(ALL_DAYS, 17, 25, 0.50), Block((5, 6), 0, 4, 0.10), Block((6,), 10, 20, 0.07)),
    "daytime": (Block(MON_FRI, 8, 18, 0.50), Block(ALL_DAYS, 17, 23, 0.28)),
    "shop": (Block((0, 1, 2, 3, 4, 5), 9, 19, 0.85), Block((6,), 10, 17, 0.11)),
    "overnight": (Block(ALL_DAYS, 21, 30, 0.62), Block(ALL_DAYS, 17, 21, 0.20)),
    "burglary": (Block(ALL_DAYS, 18, 24, 0.33), Block(ALL_DAYS, 0, 6, 0.32), Block(MON_FRI, 9, 16, 0.25)),
    "proactive": (Block(ALL_DAYS, 14, 24, 0.62), Block((4, 5), 20, 26, 0.18)),
    # the three kinds of planted hot spot; the first blocks are its hot hours
    "night": (Block((4, 5), 22, 28, 0.60), Block(ALL_DAYS, 17, 24, 0.20)),
    "day": (Block(MON_FRI, 15, 19, 0.55), Block((5,), 12, 18, 0.15)),
    "evening_spot": (Block(ALL_DAYS, 18, 23, 0.65),),
}
SPOT_RHYTHM = {"night": "night", "day": "day", "evening": "evening_spot"}
HOT_BLOCKS = {"night": 1, "day": 2, "evening": 1}
# Season: (size of the yearly wave, day of the year of its peak).
SEASONS = {"flat": (0.0, 1), "summer": (0.13, 198), "winter": (0.15, 350), "december": (0.12, 345)}


def demo_window(end: date = DEFAULT_END) -> tuple[date, date]:
    """First and last day of the two full years up to the last month that is complete on ``end``.

    >>> demo_window(date(2026, 10, 31))
    (datetime.date(2024, 11, 1), datetime.date(2026, 10, 31))
    >>> demo_window(date(2026, 10, 30))
    (datetime.date(2024, 10, 1), datetime.date(2026, 9, 30))
    """
    complete = end.day == calendar.monthrange(end.year, end.month)[1]
    last = end if complete else end.replace(day=1) - timedelta(days=1)
    following = last + timedelta(days=1)
    return following.replace(year=following.year - 2), last


def window_of(seed: int, start: date | None, end: date | None, n_per_year: int) -> tuple[date, date]:
    """The window, or a sentence saying what is wrong with the request."""
    if start is None:
        first, last = demo_window(end or DEFAULT_END)
    else:
        first, last = start, end or DEFAULT_END
    problems = []
    if seed < 0:
        problems.append(f"The seed is {seed}: give a whole number from 0 up.")
    if last < first:
        problems.append(f"The window ends on {last}, before it starts on {first}: swap the two dates.")
    if n_per_year < 100:
        problems.append(f"The volume is {n_per_year} records a year: give at least 100, or there is nothing to see.")
    if problems:
        raise HotspotsError(problems)
    return first, last


def clock_changes(year: int) -> tuple[date, date]:
    """The days on which the clocks go forward and back in the United Kingdom: last Sundays of March and October."""
    forward, back = (date(year, month, 31) for month in (3, 10))
    return tuple(d - timedelta(days=(d.weekday() + 1) % 7) for d in (forward, back))  # type: ignore[return-value]


def hour_factors(start: date, end: date) -> Floats:
    """How many real hours each wall-clock hour of each day holds: 1, but 0 or 2 at 01h when the clocks change."""
    factors = np.ones(((end - start).days + 1, 24))
    for year in range(start.year, end.year + 1):
        for day, hours in zip(clock_changes(year), (0.0, 2.0), strict=True):
            if start <= day <= end:
                factors[(day - start).days, 1] = hours
    return factors


def hour_of_week(rhythm: str) -> Floats:
    """Share of a rhythm's incidents in each of the 168 hours of the week (0 = Monday 00h); sums to 1."""
    blocks = RHYTHMS[rhythm]
    week = np.full(168, (1.0 - sum(b.share for b in blocks)) / 168)
    for block in blocks:
        hours = block_hours([block])
        week[hours] += block.share / len(hours)
    return week


def block_hours(blocks: Sequence[Block]) -> list[int]:
    """The hours of the week in some blocks, sorted."""
    return sorted({(day * 24 + hour) % 168 for b in blocks for day in b.days for hour in range(b.first, b.last)})


def season_factors(name: str, days: np.ndarray[Any, Any]) -> Floats:
    """Factor of each day of the window, about 1 on average over whole years."""
    size, peak = SEASONS[name]
    day_of_year = (days - days.astype("datetime64[Y]")).astype(int) + 1
    return np.asarray(1 + size * np.cos(2 * np.pi * (day_of_year - peak) / 365.25))


def slots(rhythm: str, season: str, start: date, end: date) -> Floats:
    """Weight of every wall-clock hour of the window, such that whole weeks sum to about 1 each."""
    days = np.arange(np.datetime64(start), np.datetime64(end) + 1)
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    by_hour = hour_of_week(rhythm).reshape(7, 24)[weekday]
    return np.asarray(by_hour * season_factors(season, days)[:, None] * hour_factors(start, end)).ravel()


class Spot(NamedTuple):
    """A hot spot to plant: about ``per_year`` street incidents a year in ``n_cells`` adjoining cells."""

    name: str
    bcu: str
    lon: float
    lat: float
    kind: str
    per_year: float
    n_cells: int


SPOTS = (
    Spot("Blackpool centre (demo)", "West", -3.0519, 53.8205, "night", 230, 3),
    Spot("Blackpool Central Drive (demo)", "West", -3.0480, 53.8085, "evening", 150, 3),
    Spot("Blackpool South Shore (demo)", "West", -3.0530, 53.7930, "evening", 110, 2),
    Spot("Lancaster centre (demo)", "West", -2.7995, 54.0488, "night", 150, 3),
    Spot("Morecambe centre (demo)", "West", -2.8640, 54.0725, "day", 100, 2),
    Spot("Fleetwood centre (demo)", "West", -3.0120, 53.9235, "evening", 90, 2),
    Spot("St Annes centre (demo)", "West", -3.0280, 53.7510, "night", 80, 2),
    Spot("Preston Church Street (demo)", "South", -2.6970, 53.7590, "night", 210, 3),
    Spot("Preston Friargate (demo)", "South", -2.7033, 53.7608, "day", 150, 3),
    Spot("Chorley centre (demo)", "South", -2.6311, 53.6537, "night", 110, 2),
    Spot("Leyland centre (demo)", "South", -2.6970, 53.6932, "day", 80, 2),
    Spot("Skelmersdale centre (demo)", "South", -2.7740, 53.5505, "day", 90, 2),
    Spot("Ormskirk centre (demo)", "South", -2.8840, 53.5680, "night", 80, 2),
    Spot("Blackburn centre (demo)", "East", -2.4840, 53.7470, "night", 190, 3),
    Spot("Darwen centre (demo)", "East", -2.4685, 53.6965, "evening", 80, 2),
    Spot("Burnley centre (demo)", "East", -2.2453, 53.7889, "night", 150, 3),
    Spot("Accrington centre (demo)", "East", -2.3647, 53.7535, "day", 110, 2),
    Spot("Nelson centre (demo)", "East", -2.2135, 53.8365, "evening", 100, 2),
    Spot("Rawtenstall centre (demo)", "East", -2.2870, 53.7010, "night", 80, 2),
    Spot("Clitheroe centre (demo)", "East", -2.3915, 53.8725, "night", 80, 2),
)


def spot_cells(spot: Spot) -> list[int]:
    """The cells of a planted hot spot: the one that holds its centre, then adjoining neighbours of it."""
    import h3.api.basic_int as h3

    middle = h3.latlng_to_cell(spot.lat, spot.lon, 10)
    beside = sorted(h3.grid_ring(middle, 1))
    chosen = [middle]
    while len(chosen) < spot.n_cells:  # each next one touches the one before, so that they can be walked
        touching = [c for c in beside if len(chosen) == 1 or h3.are_neighbor_cells(c, chosen[-1])]
        chosen.append(next(c for c in touching if c not in chosen))
    return [int(c) for c in chosen]


def cell_shares(n_cells: int) -> Floats:
    """The middle cell of a hot spot takes the largest share of what is planted."""
    weight = np.array([1.5] + [1.0] * (n_cells - 1))
    return np.asarray(weight / weight.sum())
