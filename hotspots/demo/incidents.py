"""A synthetic export of timed incidents on Lancashire's real geography, with planted hot spots and the truth.

Nothing in it happened. The places, offence codes and titles are real; every incident, reference, time and
victim is drawn from a seed, so the same seed gives the same bytes. It exists so that every page can be seen
working and so that tests can ask whether what was planted is found again.

How it is made
--------------
*Addresses.* About 15,000 street-like points are drawn once from the seed around the places of
``data/lancashire_places.csv`` (a dense centre, the town around it, a few estates), kept inside the force, put
on whole metres of the National Grid and given a kind (dwelling, street, shop, licensed premises, …) and a
log-normal weight. Incidents repeat at them.

*Streams.* Each offence of ``data/demo_offence_mix.csv`` is two Poisson streams, domestic and not, with its own
kinds of place and its own hour-of-week rhythm and season. Each planted hot spot adds streams of its own
on top, in its own cells and hours. So the count of any offence in any cell over the window is Poisson with a
known mean (:func:`expected_rows`). Offences that nobody saw (burglary, thefts from vehicles) get a span around the
drawn time, so their COMMITTED_FROM lies earlier than the rhythm says.

*What a force's export looks like.* Several rows share a CRIME_REF where one record holds several offences; some
rows have no coordinates (unevenly by offence), no Athena URN or no Home Office class; COMMITTED_TO may be blank
or 'NULL'; a few incidents lie outside the force. Times are Europe/London wall clock: the hour that does not
exist in March is never used, the hour that comes twice in October holds twice as much.

Limits: the volume is about a quarter of the force's, hot spots do not move, appear or fade of themselves (the whole
demo thins the treated ones from a day on: ``hotspots.demo.effects``), repeat victims and near repeats are not
modelled, and the delay between incident and record has no weekly rhythm.
"""

from __future__ import annotations

import calendar
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import DATA
from hotspots.demo import DEFAULT_END, DEFAULT_SEED

MIX_FILE = DATA / "demo_offence_mix.csv"

DEFAULT_PER_YEAR = 35_000  # records; about a quarter of what the force records
EXPORT_DELAY_DAYS = 7  # the export is taken a week after the window, so nothing is recorded later than that

EXPORT_COLUMNS = (
    "CRIME_REF", "HO_CLASS", "ATHENA_URN", "OFFENCE_TITLE", "COMMITTED_FROM", "COMMITTED_TO", "RECORDED_ON",
    "EASTING", "NORTHING", "KNIFE", "FIREARM", "DOMESTIC", "ALCOHOL", "PROACTIVE", "VICTIM_AGE", "LOCATION_TYPE",
)  # fmt: skip

# Share of violence by district, rounded from the open street-level data (Open Government Licence v3.0).
DISTRICT_SHARE = {
    "Blackpool": 0.178, "Preston": 0.118, "Blackburn with Darwen": 0.109, "Burnley": 0.083, "Lancaster": 0.082,
    "Hyndburn": 0.065, "Chorley": 0.061, "Wyre": 0.057, "Pendle": 0.055, "South Ribble": 0.055,
    "West Lancashire": 0.045, "Rossendale": 0.037, "Fylde": 0.031, "Ribble Valley": 0.018,
}  # fmt: skip
# Of a district's incidents, a place of size 1, 2 or 3 gets this much for itself, before sharing out.
SIZE_WEIGHT = {1: 1.0, 2: 5.0, 3: 14.0}
# Spread in metres around a place of size 1, 2 or 3: of its centre, and of the town around it.
CENTRE_SPREAD = {1: 130.0, 2: 220.0, 3: 330.0}
TOWN_SPREAD = {1: 650.0, 2: 1450.0, 3: 2200.0}
CENTRE, TOWN, ESTATE = 0, 1, 2
PART_SHARE = (0.25, 0.47, 0.28)
ESTATES_PER_PLACE = 5
ESTATE_SPREAD = 220.0

STREETS = 5_300
PER_STREET = 3  # addresses along each street, 25 m apart
CANDIDATES = 8  # tries for a street whose first position falls into the sea or over the border

# Towns just over the border, where a few incidents of a force's export always turn out to lie.
OUTSIDE_TOWNS = ((-3.005, 53.648), (-2.428, 53.578), (-2.017, 53.962), (-2.632, 53.545), (-2.745, 54.328))
OUTSIDE_ADDRESSES = 60
OUTSIDE_SHARE = 0.003

# Kinds of address, how common they are in a centre and elsewhere, how uneven (sigma of the log of the weight).
KINDS = ("dwelling", "street", "licensed", "shop", "other", "hospital")
KIND_IN_CENTRE = (0.30, 0.33, 0.13, 0.14, 0.10, 0.0)
KIND_ELSEWHERE = (0.74, 0.185, 0.010, 0.020, 0.045, 0.0)
UNEVENNESS = {"dwelling": 1.6, "street": 1.1, "licensed": 0.9, "shop": 1.6, "other": 1.4, "hospital": 0.3}
STREET_UNEVENNESS = 1.7  # the same for every address of a street: troubled streets, not only troubled addresses
MOST_UNEVEN = 2.7  # no address lies further than this many standard deviations above its kind's median
HOSPITALS = 8
KIND_LABEL = {
    "dwelling": ("Dwelling",), "street": ("Street",), "licensed": ("Licensed premises",), "shop": ("Shop",),
    "other": ("School", "Park or open space", "Car park", "Bus or railway station"), "hospital": ("Hospital",),
}  # fmt: skip

# Where an offence happens: share by kind of address, in the order of KINDS.
PLACES = {
    "home": (0.93, 0.03, 0.0, 0.0, 0.04, 0.0),
    "mixed": (0.32, 0.33, 0.12, 0.06, 0.16, 0.01),
    "street": (0.02, 0.74, 0.10, 0.04, 0.10, 0.0),
    "anywhere": (0.48, 0.25, 0.08, 0.06, 0.13, 0.0),
    "vehicle": (0.40, 0.48, 0.02, 0.02, 0.08, 0.0),
    "business": (0.0, 0.0, 0.20, 0.55, 0.25, 0.0),
    "shop": (0.0, 0.0, 0.03, 0.95, 0.02, 0.0),
    "hospital": (0.15, 0.15, 0.05, 0.0, 0.05, 0.60),
}

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
POINTS_PER_SPOT_CELL = 6
SPOT_POINT_RADIUS = 40.0  # metres; a resolution-10 cell reaches at least 60 m from its centre

# Small faults of a real export.
NO_URN, NO_CLASS, NO_CODE_AT_ALL, NO_URN_WOUNDING = 0.004, 0.003, 0.001, 0.25
AMBIGUOUS_CLASS = "008/01"  # wounding: the class alone does not say which of several harms it was

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Texts = np.ndarray[Any, Any]


# ---------------------------------------------------------------- the window


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


def clock_changes(year: int) -> tuple[date, date]:
    """The days on which the clocks go forward and back in the United Kingdom: last Sundays of March and October."""
    forward, back = (date(year, month, 31) for month in (3, 10))
    return tuple(d - timedelta(days=(d.weekday() + 1) % 7) for d in (forward, back))  # type: ignore[return-value]


def _days(start: date, end: date) -> np.ndarray[Any, Any]:
    return np.arange(np.datetime64(start), np.datetime64(end) + 1)


def _hour_factors(start: date, end: date) -> Floats:
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
        hours = _block_hours([block])
        week[hours] += block.share / len(hours)
    return week


def _block_hours(blocks: Sequence[Block]) -> list[int]:
    """The hours of the week in some blocks, sorted."""
    return sorted({(day * 24 + hour) % 168 for b in blocks for day in b.days for hour in range(b.first, b.last)})


def _season(name: str, days: np.ndarray[Any, Any]) -> Floats:
    """Factor of each day of the window, about 1 on average over whole years."""
    size, peak = SEASONS[name]
    day_of_year = (days - days.astype("datetime64[Y]")).astype(int) + 1
    return np.asarray(1 + size * np.cos(2 * np.pi * (day_of_year - peak) / 365.25))


def _slots(rhythm: str, season: str, start: date, end: date) -> Floats:
    """Weight of every wall-clock hour of the window, such that whole weeks sum to about 1 each."""
    days = _days(start, end)
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    by_hour = hour_of_week(rhythm).reshape(7, 24)[weekday]
    return np.asarray(by_hour * _season(season, days)[:, None] * _hour_factors(start, end)).ravel()


# ---------------------------------------------------------------- the ground


@dataclass(frozen=True)
class Ground:
    """Addresses, one entry each. The first ``n_background`` are the town's, the rest lie in planted hot spots.

    ``spot`` is −1 outside the planted ones; ``inside`` says whether the address lies in the force.
    """

    easting: Ints
    northing: Ints
    cell: Ints
    kind: Ints
    label: Texts
    weight: Floats
    spot: Ints
    inside: np.ndarray[Any, np.dtype[np.bool_]]
    n_background: int


def _lonlat_to_bng(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Easting and northing to the metre, by OSTN15."""
    from convertbng.cutil import convert_bng

    easting, northing = convert_bng(lon, lat)
    if np.isnan(easting).any():
        raise RuntimeError("a point of the synthetic ground lies outside the National Grid")
    return np.rint(easting).astype(np.int64), np.rint(northing).astype(np.int64)


def _shift(lon: Floats, lat: Floats, east: Any, north: Any) -> tuple[Floats, Floats]:
    """Points moved by some metres; good to a per cent over a few kilometres, which is all it is for."""
    return np.asarray(lon + east / (111_320.0 * np.cos(np.radians(lat)))), np.asarray(lat + north / 111_230.0)


def _place_shares(places: pd.DataFrame) -> Floats:
    """Share of each place in the force's incidents: by district, then by size within it."""
    size = places["size"].map(SIZE_WEIGHT).to_numpy(float)
    within = size / pd.Series(size).groupby(places["district"].to_numpy()).transform("sum").to_numpy()
    share = within * places["district"].map(DISTRICT_SHARE).to_numpy(float)
    return np.asarray(share / share.sum())


def _streets(rng: np.random.Generator, boundaries: geography.Boundaries) -> tuple[Floats, Floats, Ints]:
    """Middle of each street inside the force, and the part of town it is in."""
    places = geography.places().reset_index(drop=True)
    place = rng.choice(len(places), size=STREETS, p=_place_shares(places))
    part = rng.choice(3, size=STREETS, p=PART_SHARE)
    size = places["size"].to_numpy()
    town = np.array([TOWN_SPREAD[s] for s in size])
    estates = rng.normal(0.0, 1.0, size=(len(places), ESTATES_PER_PLACE, 2)) * town[:, None, None]
    spread = np.select(
        [part == CENTRE, part == TOWN], [np.array([CENTRE_SPREAD[s] for s in size])[place], town[place]], ESTATE_SPREAD
    )
    middle = np.where((part == ESTATE)[:, None], estates[place, rng.integers(0, ESTATES_PER_PLACE, STREETS)], 0.0)
    tries = middle[:, None, :] + rng.normal(0.0, 1.0, size=(STREETS, CANDIDATES, 2)) * spread[:, None, None]
    lon, lat = _shift(
        places["lon"].to_numpy(float)[place][:, None], places["lat"].to_numpy(float)[place][:, None],
        tries[:, :, 0], tries[:, :, 1],
    )  # fmt: skip
    inside = boundaries.district_of(lon.ravel(), lat.ravel()).reshape(lon.shape) >= 0
    first, found = inside.argmax(axis=1), inside.any(axis=1)
    rows = np.arange(STREETS)
    return lon[rows, first][found], lat[rows, first][found], part[found]


def _along_streets(rng: np.random.Generator, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Addresses 25 m apart on either side of each street's middle."""
    angle = rng.uniform(0.0, np.pi, len(lon))[:, None]
    along = 25.0 * (np.arange(PER_STREET) - (PER_STREET - 1) / 2)[None, :]
    east, north = _shift(lon[:, None], lat[:, None], along * np.cos(angle), along * np.sin(angle))
    return east.ravel(), north.ravel()


def _kinds(rng: np.random.Generator, part: Ints) -> Ints:
    """Kind of each address, and a few of the others made hospitals."""
    u = rng.random(len(part))
    kind = np.where(
        part == CENTRE, np.searchsorted(np.cumsum(KIND_IN_CENTRE), u), np.searchsorted(np.cumsum(KIND_ELSEWHERE), u)
    )
    kind = np.minimum(kind, KINDS.index("other"))
    chosen = rng.choice(np.flatnonzero(kind == KINDS.index("other")), HOSPITALS, replace=False)
    kind[chosen] = KINDS.index("hospital")
    return kind.astype(np.int64)


def _weights(rng: np.random.Generator, kind: Ints, streets: int) -> Floats:
    """How troubled each address is among its kind: log-normal, its own part and its street's part."""
    own = np.array([UNEVENNESS[k] for k in KINDS])[kind]
    street = np.zeros(len(kind))
    street[: streets * PER_STREET] = np.repeat(rng.normal(size=streets), PER_STREET)
    most = MOST_UNEVEN * np.hypot(own, STREET_UNEVENNESS)
    return np.asarray(np.exp(np.minimum(own * rng.normal(size=len(kind)) + STREET_UNEVENNESS * street, most)))


def _labels(rng: np.random.Generator, kind: Ints) -> Texts:
    """The export's words for a kind of place, fixed for each address."""
    pick = rng.random(len(kind))
    names = [KIND_LABEL[k] for k in KINDS]
    return np.array([names[k][int(u * len(names[k]))] for k, u in zip(kind, pick, strict=True)], dtype=object)


def spot_cells(spot: Spot) -> list[int]:
    """The cells of a planted hot spot: the one that holds its centre, then adjoining neighbours of it."""
    import h3.api.basic_int as h3

    middle = h3.latlng_to_cell(spot.lat, spot.lon, 10)
    beside = sorted(h3.grid_ring(middle, 1))
    chosen = [middle]
    while len(chosen) < spot.n_cells:  # each next one touches the one before, so that they can be walked
        chosen.append(next(c for c in beside if c not in chosen and (len(chosen) == 1 or _touch(c, chosen[-1]))))
    return [int(c) for c in chosen]


def _touch(one: int, other: int) -> bool:
    import h3.api.basic_int as h3

    return bool(h3.are_neighbor_cells(one, other))


def _cell_shares(n_cells: int) -> Floats:
    """The middle cell of a hot spot takes the largest share of what is planted."""
    weight = np.array([1.5] + [1.0] * (n_cells - 1))
    return np.asarray(weight / weight.sum())


def _spot_points(rng: np.random.Generator) -> tuple[Floats, Floats, Ints, Floats]:
    """Longitude, latitude, hot spot and weight of the points in planted cells."""
    cells = [(s, c, w) for s, spot in enumerate(SPOTS)
             for c, w in zip(spot_cells(spot), _cell_shares(spot.n_cells), strict=True)]  # fmt: skip
    number = np.repeat([s for s, _, _ in cells], POINTS_PER_SPOT_CELL)
    lon, lat = geography.cell_centres(np.array([c for _, c, _ in cells], dtype=np.int64))
    angle = rng.uniform(0.0, 2 * np.pi, len(number))
    radius = SPOT_POINT_RADIUS * np.sqrt(rng.random(len(number)))
    weight = rng.gamma(2.0, size=(len(cells), POINTS_PER_SPOT_CELL))
    weight *= np.array([w for _, _, w in cells])[:, None] / weight.sum(axis=1, keepdims=True)
    repeat_lon, repeat_lat = np.repeat(lon, POINTS_PER_SPOT_CELL), np.repeat(lat, POINTS_PER_SPOT_CELL)
    lon, lat = _shift(repeat_lon, repeat_lat, radius * np.cos(angle), radius * np.sin(angle))
    return lon, lat, number, weight.ravel()


@cache
def _ground(seed: int) -> Ground:
    """The addresses of a seed: the same whatever the window, the volume, and whether hot spots are planted."""
    rng = _random(seed, "ground")
    boundaries = geography.load_cover()
    street_lon, street_lat, street_part = _streets(rng, boundaries)
    lon, lat = _along_streets(rng, street_lon, street_lat)
    part = np.repeat(street_part, PER_STREET)
    near = rng.integers(0, len(OUTSIDE_TOWNS), OUTSIDE_ADDRESSES)
    far = rng.normal(0.0, 700.0, size=(2, OUTSIDE_ADDRESSES))
    town = np.array(OUTSIDE_TOWNS)[near]
    out_lon, out_lat = _shift(town[:, 0], town[:, 1], far[0], far[1])
    spot_lon, spot_lat, spot, spot_weight = _spot_points(rng)
    kind = _kinds(rng, np.concatenate([part, np.full(OUTSIDE_ADDRESSES, TOWN)]))
    weight = _weights(rng, kind, len(street_part))
    kind = np.concatenate([kind, np.where(rng.random(len(spot)) < 0.7, 1, 2)])  # street or licensed premises
    easting, northing = _lonlat_to_bng(
        np.concatenate([lon, out_lon, spot_lon]), np.concatenate([lat, out_lat, spot_lat])
    )
    # from the rounded metres back, so that the cell is the one any reader of the export will find
    lon, lat = geography.bng_to_lonlat(easting.astype(float), northing.astype(float))
    return Ground(
        easting, northing, geography.cells_at(lon, lat, 10), kind, _labels(rng, kind),
        np.concatenate([weight, spot_weight]), np.concatenate([np.full(len(weight), -1), spot]),
        boundaries.district_of(lon, lat) >= 0, len(weight),
    )  # fmt: skip


def _shares(place: str, ground: Ground) -> Floats:
    """Share of each address in the incidents of a kind of place (``PLACES``) or of a planted ``spot 3``."""
    if place.startswith("spot "):
        in_spot = np.where(ground.spot == int(place[5:]), ground.weight, 0.0)
        return np.asarray(in_spot / in_spot.sum())
    share = np.zeros(len(ground.weight))
    background = ground.spot < 0
    for kind, of_kind in enumerate(PLACES[place]):
        chosen = background & ground.inside & (ground.kind == kind)
        if of_kind > 0:
            share[chosen] = of_kind * ground.weight[chosen] / ground.weight[chosen].sum()
    share *= (1 - OUTSIDE_SHARE) / share.sum()
    outside = background & ~ground.inside
    share[outside] = OUTSIDE_SHARE / outside.sum()
    return share


# ---------------------------------------------------------------- the streams


@cache
def _mix() -> pd.DataFrame:
    """The offences of the demo, from ``data/demo_offence_mix.csv`` (a copy must be made before changing it).

    ``share`` is relative; ``night``, ``day`` and ``evening`` are the mixes of planted hot spots; ``companions``
    are further offences on the same record, each with its probability.
    """
    mix = pd.read_csv(MIX_FILE, dtype={"athena_urn": str, "ho_class": str, "companions": str})
    mix["companions"] = mix["companions"].fillna("")
    mix["share"] = mix["share"] / mix["share"].sum()
    return mix


class Companion(NamedTuple):
    """A further offence that a record of an offence may hold; offences by row of the mix, ``place`` 0, 1, …"""

    offence: int
    further: int
    probability: float
    place: int


def _companions() -> list[Companion]:
    """The further offences of the mix."""
    mix = _mix()
    number = {urn: i for i, urn in enumerate(mix["athena_urn"])}
    found = []
    for offence, text in enumerate(mix["companions"]):
        for place, part in enumerate(filter(None, text.split(";"))):
            urn, probability = part.split(":")
            found.append(Companion(offence, number[urn], float(probability), place))
    return found


def _background_streams(per_year: float) -> pd.DataFrame:
    """One stream for the domestic and one for the other incidents of each offence."""
    mix = _mix()
    offence = {"offence": np.arange(len(mix)), "spot": -1, "season": mix["season"]}
    rate, domestic = per_year * mix["share"], mix["domestic"].astype(float)
    other = pd.DataFrame({**offence, "domestic": False, "per_year": rate * (1 - domestic), "place": mix["place"],
                          "rhythm": mix["profile"]})  # fmt: skip
    at_home = pd.DataFrame({**offence, "domestic": True, "per_year": rate * domestic, "place": "home",
                            "rhythm": "domestic"})  # fmt: skip
    both = pd.concat([other, at_home], ignore_index=True)
    return both[both["per_year"] > 0].reset_index(drop=True)


def _spot_streams(scale: float) -> pd.DataFrame:
    """One stream for each offence of each planted hot spot."""
    mix = _mix()
    tables = []
    for s, spot in enumerate(SPOTS):
        share = mix[spot.kind].to_numpy(float)
        planted = np.flatnonzero(share)
        tables.append(pd.DataFrame({
            "offence": planted, "spot": s, "season": "summer", "domestic": False, "place": f"spot {s}",
            "per_year": scale * spot.per_year * share[planted] / share.sum(), "rhythm": SPOT_RHYTHM[spot.kind],
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _streams(start: date, end: date, n_per_year: int, planted: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Background and planted streams with their ``expected`` number of records in the window."""
    scale = n_per_year / DEFAULT_PER_YEAR
    in_spots = scale * sum(s.per_year for s in SPOTS)
    tables = [_background_streams(n_per_year - in_spots), _spot_streams(scale if planted else 0.0)]
    years: dict[tuple[str, str], float] = {}
    for table in tables:
        for rhythm, season in set(zip(table["rhythm"], table["season"], strict=True)) - set(years):
            years[rhythm, season] = float(_slots(rhythm, season, start, end).sum()) / (365.25 / 7)
        table["expected"] = table["per_year"] * [years[k] for k in zip(table["rhythm"], table["season"], strict=True)]
    return tables[0], tables[1]


def _random(seed: int, what: str) -> np.random.Generator:
    """Generators that do not disturb each other: planting hot spots leaves the background as it was."""
    return np.random.Generator(np.random.PCG64([seed, ("ground", "background", "planted").index(what)]))


# ---------------------------------------------------------------- drawing records


@dataclass(frozen=True)
class Records:
    """Drawn records, one entry each; times in minutes since 1970 of the wall clock, ``until`` −1 blank, −2 'NULL'."""

    offence: Ints
    domestic: np.ndarray[Any, np.dtype[np.bool_]]
    address: Ints
    since: Ints
    until: Ints
    recorded: Ints
    extra: Ints  # bit k set: companion k of the offence is on the record too


def _draw_index(rng: np.random.Generator, groups: pd.Series, weights: dict[Any, Floats]) -> Ints:
    """For each row an index drawn with the weights of its group."""
    drawn = np.zeros(len(groups), dtype=np.int64)
    u = rng.random(len(groups))
    for group, rows in groups.groupby(groups, sort=True).indices.items():
        cumulative = np.cumsum(weights[group])
        drawn[rows] = np.searchsorted(cumulative, u[rows] * cumulative[-1], side="right")
    return drawn


def _heaped_minutes(rng: np.random.Generator, n: int) -> Ints:
    """Minutes past the hour as people report them: often :00, :30 or a multiple of five."""
    minute, u = rng.integers(0, 60, n), rng.random(n)
    five = minute // 5 * 5
    return np.select([u < 0.28, u < 0.40, u < 0.85], [np.zeros(n, dtype=np.int64), np.full(n, 30), five], minute)


def _times(rng: np.random.Generator, streams: pd.DataFrame, stream: Ints, start: date, end: date) -> Ints:
    """When each record happened, drawn from its stream's rhythm and season."""
    key = streams["rhythm"] + "|" + streams["season"]
    weights = {}
    for k in sorted(set(key)):
        rhythm, season = k.split("|")
        weights[k] = _slots(rhythm, season, start, end)
    slot = _draw_index(rng, key.iloc[stream].reset_index(drop=True), weights)
    first = int(np.datetime64(start).astype("datetime64[m]").astype(np.int64))
    return np.asarray(first + slot * 60 + _heaped_minutes(rng, len(stream)))


def _spans(rng: np.random.Generator, span: Texts, happened: Ints, last: int) -> tuple[Ints, Ints]:
    """Start and end of the time in which each record may have happened, by kind of offence."""
    n = len(happened)
    u, v, w = rng.random(n), rng.random(n), rng.random(n)
    night = np.minimum(np.exp(np.log(540) + 0.6 * rng.normal(size=n)), 3600).astype(np.int64) // 5 * 5
    days = (rng.exponential(20 * 1440, n) + 1440).astype(np.int64)
    since = np.where(span == "overnight", happened - (v * night).astype(np.int64) // 5 * 5, happened)
    short = happened + np.where(u < 0.75, 0, 5 + (w * 90).astype(np.int64))
    long = np.select([u < 0.5, u < 0.8], [happened, happened + 120 + (w * 600).astype(np.int64)],
                     happened + 1440 + (w * 6 * 1440).astype(np.int64))  # fmt: skip
    ends = {"point": happened, "short": short, "long": long, "course": happened + days, "overnight": since + night}
    until = np.select([span == k for k in ends], list(ends.values()), happened)
    return since, np.maximum(since, np.minimum(until, np.where(span == "overnight", until, last)))


def _without_end(rng: np.random.Generator, span: Texts, until: Ints) -> Ints:
    """The same ends, some of them left out as exports leave them out."""
    u = rng.random(len(until))
    null = np.select([span == "overnight", span == "course"], [0.03, 0.20], 0.15)
    blank = np.select([span == "overnight", span == "course"], [0.02, 0.10], 0.10)
    return np.where(u < null, -2, np.where(u < null + blank, -1, until))


def _recorded(rng: np.random.Generator, delay_hours: Floats, until: Ints, last: int) -> Ints:
    """When it was recorded: after the end, log-normally late, never after the export was taken."""
    late = 3 + np.exp(np.log(delay_hours * 40) + rng.normal(size=len(until)))
    when = until + late.astype(np.int64)
    latest = last + EXPORT_DELAY_DAYS * 1440
    within = until + (rng.random(len(until)) * (latest - until)).astype(np.int64)
    return np.where(when > latest, within, when)


def _skip_missing_hour(minutes: Ints, start: date, end: date) -> Ints:
    """Wall-clock times that do not exist on the night the clocks go forward become 02:00."""
    out = minutes.copy()
    for year in range(start.year, end.year + 2):
        one = int(np.datetime64(clock_changes(year)[0]).astype("datetime64[m]").astype(np.int64)) + 60
        out[(minutes >= one) & (minutes < one + 60)] = one + 60
    return out


def _draw(rng: np.random.Generator, streams: pd.DataFrame, ground: Ground, start: date, end: date) -> Records:
    """Every record of some streams."""
    mix = _mix()
    number = rng.poisson(streams["expected"].to_numpy())
    stream = np.repeat(np.arange(len(streams)), number)
    places = {place: _shares(place, ground) for place in sorted(set(streams["place"]))}
    address = _draw_index(rng, streams["place"].iloc[stream].reset_index(drop=True), places)
    offence = streams["offence"].to_numpy()[stream]
    last = int(np.datetime64(end).astype("datetime64[m]").astype(np.int64)) + 1439
    first = int(np.datetime64(start).astype("datetime64[m]").astype(np.int64))
    span = mix["span"].to_numpy(dtype=object)[offence]
    since, until = _spans(rng, span, _times(rng, streams, stream, start, end), last)
    since = _skip_missing_hour(np.maximum(since, first), start, end)
    until = np.maximum(since, _skip_missing_hour(until, start, end))
    recorded = _recorded(rng, mix["delay_hours"].to_numpy(float)[offence], until, last)
    return Records(
        offence, streams["domestic"].to_numpy()[stream], address, since, _without_end(rng, span, until),
        _skip_missing_hour(recorded, start, end), _extras(rng, offence),
    )  # fmt: skip


def _extras(rng: np.random.Generator, offence: Ints) -> Ints:
    """Which further offences each record holds, as bits."""
    companions = _companions()
    u = rng.random((1 + max(c.place for c in companions), len(offence)))
    extra = np.zeros(len(offence), dtype=np.int64)
    for c in companions:
        extra |= np.where((offence == c.offence) & (u[c.place] < c.probability), 1 << c.place, 0)
    return extra


# ---------------------------------------------------------------- the export


def _flag(rng: np.random.Generator, probability: Floats, blank: float) -> Texts:
    """Y or N; of the N, a share is left blank as if nobody had filled the box."""
    yes = rng.random(len(probability)) < probability
    empty = rng.random(len(probability)) < blank
    return np.where(yes, "Y", np.where(empty, "", "N"))


def _victim_age(rng: np.random.Generator, mix: pd.DataFrame, offence: Ints) -> Texts:
    """Age of the victim: young adults mostly, some under 18; blank where there is no person or nobody asked."""
    adults_only = mix["title"].str.contains("16 or over|constable|emergency worker|Police").to_numpy()[offence]
    n = len(offence)
    young = (rng.random(n) < 0.14) & ~adults_only
    age = np.where(young, rng.integers(8, 18, n), 18 + np.minimum(rng.gamma(1.9, 9.5, n), 77).astype(np.int64))
    known = rng.random(n) < mix["victim"].to_numpy(float)[offence] * 0.94
    return np.where(known, age.astype(str), "")


def _stamp(minutes: Ints) -> Texts:
    """Minutes since 1970 as 24/05/2025 21:40."""
    if len(minutes) == 0:
        return np.zeros(0, dtype="U16")
    day, in_day = np.divmod(minutes, 1440)
    low = int(day.min())
    span = np.arange(low, int(day.max()) + 1).astype("datetime64[D]").astype(object)
    dates = np.array([f"{d:%d/%m/%Y} " for d in span])
    clock = np.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(1440)])
    return np.strings.add(dates[day - low], clock[in_day])


def _alcohol(mix: pd.DataFrame, records: Records) -> Floats:
    """Chance that alcohol was involved: higher at night."""
    hour = records.since % 1440 // 60
    at_night = np.where((hour >= 20) | (hour < 5), 1.4, 0.7)
    return np.asarray(np.clip(mix["alcohol"].to_numpy(float)[records.offence] * at_night, 0, 1))


def _record_texts(rng: np.random.Generator, records: Records, ground: Ground) -> dict[str, Texts]:
    """The columns that belong to a record, whichever of its offences a row tells of."""
    mix = _mix()
    n = len(records.offence)
    of = {c: mix[c].to_numpy(float)[records.offence] for c in ("knife", "firearm", "proactive", "no_place")}
    located = rng.random(n) >= of["no_place"]
    until = _stamp(np.maximum(records.until, records.since))
    return {
        "COMMITTED_FROM": _stamp(records.since),
        "COMMITTED_TO": np.where(records.until == -2, "NULL", np.where(records.until == -1, "", until)),
        "RECORDED_ON": _stamp(records.recorded),
        "EASTING": np.where(located, ground.easting[records.address].astype(str), ""),
        "NORTHING": np.where(located, ground.northing[records.address].astype(str), ""),
        "KNIFE": _flag(rng, of["knife"], 0.03),
        "FIREARM": _flag(rng, of["firearm"], 0.03),
        "DOMESTIC": _flag(rng, records.domestic.astype(float), 0.02),
        "ALCOHOL": _flag(rng, _alcohol(mix, records), 0.10),
        "PROACTIVE": _flag(rng, of["proactive"], 0.0),
        "VICTIM_AGE": _victim_age(rng, mix, records.offence),
        "LOCATION_TYPE": np.where(rng.random(n) < 0.04, "", ground.label[records.address]),
    }


def _code_texts(rng: np.random.Generator, offence: Ints) -> dict[str, Texts]:
    """Title, Athena URN and Home Office class of each row; now and then a code is missing."""
    mix = _mix()
    ho_class = mix["ho_class"].to_numpy(dtype=object)[offence]
    u = rng.random(len(offence))
    wounding = ho_class == AMBIGUOUS_CLASS
    no_urn = np.where(wounding, u < NO_URN_WOUNDING, u < NO_URN + NO_CODE_AT_ALL)
    no_class = ~wounding & (u >= NO_URN) & (u < NO_URN + NO_CODE_AT_ALL + NO_CLASS)
    return {
        "HO_CLASS": np.where(no_class, "", ho_class),
        "ATHENA_URN": np.where(no_urn, "", mix["athena_urn"].to_numpy(dtype=object)[offence]),
        "OFFENCE_TITLE": mix["title"].to_numpy(dtype=object)[offence],
    }


def _rows(records: Records) -> tuple[Ints, Ints, Ints]:
    """(record, offence, place on the record) of every row; place 0 is the record's main offence."""
    n = len(records.offence)
    record, offence, place = [np.arange(n)], [records.offence], [np.zeros(n, dtype=np.int64)]
    for c in _companions():
        hit = np.flatnonzero((records.offence == c.offence) & (records.extra & (1 << c.place) > 0))
        record.append(hit)
        offence.append(np.full(len(hit), c.further))
        place.append(np.full(len(hit), c.place + 1))
    return np.concatenate(record), np.concatenate(offence), np.concatenate(place)


def _part(rng: np.random.Generator, records: Records, ground: Ground) -> tuple[dict[str, Texts], dict[str, Ints]]:
    """The text columns of some records' rows, and the numbers to order them by."""
    record, offence, place = _rows(records)
    columns = {name: texts[record] for name, texts in _record_texts(rng, records, ground).items()}
    columns |= _code_texts(rng, offence)
    return columns, {"recorded": records.recorded[record], "record": record, "place": place}


def _export(parts: Sequence[tuple[dict[str, Texts], dict[str, Ints]]]) -> pd.DataFrame:
    """All rows as the text table a force would export: records as they were recorded, main offence first."""
    keys = {k: np.concatenate([numbers[k] for _, numbers in parts]) for k in ("recorded", "record", "place")}
    part = np.repeat(np.arange(len(parts)), [len(numbers["record"]) for _, numbers in parts])
    order = np.lexsort((keys["place"], keys["record"], part, keys["recorded"]))
    columns = {c: np.concatenate([texts[c] for texts, _ in parts])[order] for c in parts[0][0]}
    number = np.cumsum(keys["place"][order] == 0)
    columns["CRIME_REF"] = np.array([f"DEMO-{n:07d}" for n in number], dtype=object)
    return pd.DataFrame({name: columns[name] for name in EXPORT_COLUMNS}, dtype="str")


# ---------------------------------------------------------------- the truth


def _expected_matrix(streams: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Expected rows with coordinates by (cell, offence, domestic), of some streams."""
    mix = _mix()
    cells, at = np.unique(ground.cell, return_inverse=True)
    frames = []
    rows = _with_companions(streams)
    rows["located"] = rows["expected"] * (1 - mix["no_place"].to_numpy()[rows["main"]])
    for place, group in rows.groupby("place", sort=True):
        by_cell = np.bincount(at, weights=_shares(str(place), ground), minlength=len(cells))
        used = np.flatnonzero(by_cell)
        by_offence = group.groupby(["offence", "domestic"])["located"].sum()
        frames.append(pd.DataFrame({
            "cell": np.tile(cells[used], len(by_offence)),
            "offence": np.repeat(by_offence.index.get_level_values(0).to_numpy(), len(used)),
            "domestic": np.repeat(by_offence.index.get_level_values(1).to_numpy(), len(used)),
            "expected": np.outer(by_offence.to_numpy(), by_cell[used]).ravel(),
        }))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    return table.groupby(["cell", "offence", "domestic"], sort=True)["expected"].sum().reset_index()


def _with_companions(streams: pd.DataFrame) -> pd.DataFrame:
    """Streams of rows: each stream of records and, thinned, its further offences. ``main`` is the record's offence."""
    tables = [streams.assign(main=streams["offence"])]
    for c in _companions():
        some = streams[streams["offence"] == c.offence]
        tables.append(some.assign(main=c.offence, offence=c.further, expected=some["expected"] * c.probability))
    return pd.concat(tables, ignore_index=True)


def expected_rows(
    seed: int = DEFAULT_SEED,
    start: date | None = None,
    end: date | None = None,
    n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> pd.DataFrame:
    """The means of the Poisson counts behind :func:`synthetic_incidents`, for the same arguments.

    One row per cell and offence: ``cell`` (H3 resolution 10, hex), ``athena_urn``, ``title``, ``domestic`` and
    ``expected`` (rows *with coordinates* in the window, those outside the force included; a missing URN on the
    row makes no difference here).
    """
    start, end = _checked(seed, start, end, n_per_year)
    ground, mix = _ground(seed), _mix()
    table = _expected_matrix(pd.concat(_streams(start, end, n_per_year, planted), ignore_index=True), ground)
    return pd.DataFrame({
        "cell": geography.hex_ids(table["cell"].to_numpy()),
        "athena_urn": mix["athena_urn"].to_numpy()[table["offence"]],
        "title": mix["title"].to_numpy()[table["offence"]],
        "domestic": table["domestic"].to_numpy(),
        "expected": table["expected"].to_numpy(),
    })  # fmt: skip


def _street(table: pd.DataFrame) -> pd.Series:
    """Which rows of an expectation are street violence: the titles of the mix, not domestic."""
    titles = _mix()["street_violence"].to_numpy(int)[table["offence"]] == 1
    return pd.Series(titles & ~table["domestic"].to_numpy(bool), index=table.index)


def _sums(table: pd.DataFrame, digits: int = 4) -> dict[str, float]:
    """Expected rows by cell, as hex: number."""
    by_cell = table.groupby("cell")["expected"].sum()
    cells = geography.hex_ids(by_cell.index.to_numpy())
    return {cell: round(float(v), digits) for cell, v in zip(cells, by_cell, strict=True)}


def _spot_truth(
    number: int, scale: float, background: dict[str, float], everything: dict[str, float]
) -> dict[str, Any]:
    """What was planted in one hot spot; the two dicts hold expected street violence by cell."""
    spot, mix = SPOTS[number], _mix()
    cells = geography.hex_ids(np.array(spot_cells(spot), dtype=np.int64))
    share = mix[spot.kind] / mix[spot.kind].sum()
    hot = RHYTHMS[SPOT_RHYTHM[spot.kind]][: HOT_BLOCKS[spot.kind]]
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return {
        "name": spot.name,
        "bcu": spot.bcu,
        "kind": spot.kind,
        "centre": {"lon": spot.lon, "lat": spot.lat},
        "cells": cells,
        "cell_shares": [round(float(s), 6) for s in _cell_shares(spot.n_cells)],
        "planted_records_per_year": round(scale * spot.per_year, 4),
        "offence_mix": {t: round(float(v), 6) for t, v in zip(mix["title"], share, strict=True) if v},
        "rhythm": SPOT_RHYTHM[spot.kind],
        "hot_hours": [{"days": [names[d] for d in b.days], "from_hour": b.first, "to_hour": b.last % 24} for b in hot],
        "hot_hours_of_week": _block_hours(hot),
        "hot_hours_share": round(float(hour_of_week(SPOT_RHYTHM[spot.kind])[_block_hours(hot)].sum()), 6),
        "expected_street_violence": {c: everything.get(c, 0.0) for c in cells},
        "expected_street_violence_background": {c: background.get(c, 0.0) for c in cells},
    }


def _expected_totals(streams: pd.DataFrame, ground: Ground) -> dict[str, Any]:
    """Expected numbers of the whole window."""
    mix = _mix()
    rows = _with_companions(streams)
    located = rows["expected"] * (1 - mix["no_place"].to_numpy()[rows["main"]])
    by_title = rows.groupby("offence")["expected"].sum()
    titles = mix["title"].loc[by_title.index]
    return {
        "records": round(float(streams["expected"].sum()), 3),
        "rows": round(float(rows["expected"].sum()), 3),
        "rows_with_place": round(float(located.sum()), 3),
        "rows_outside_force": round(float(located[rows["spot"] < 0].sum()) * OUTSIDE_SHARE, 3),
        "rows_by_title": {t: round(float(v), 4) for t, v in zip(titles, by_title, strict=True)},
    }


def _truth(seed: int, start: date, end: date, n_per_year: int, planted: bool, export: pd.DataFrame) -> dict[str, Any]:
    """Everything that was put in, as plain numbers and text."""
    ground, mix = _ground(seed), _mix()
    background, spots = _streams(start, end, n_per_year, planted)
    both = pd.concat([background, spots], ignore_index=True)
    alone, table = _expected_matrix(background, ground), _expected_matrix(both, ground)
    street_alone, street = _sums(alone[_street(alone)]), _sums(table[_street(table)])
    scale = n_per_year / DEFAULT_PER_YEAR if planted else 0.0
    return {
        "note": "SYNTHETIC: nothing in this data happened. Drawn from a seed for demonstration and tests.",
        "seed": seed,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "n_per_year": n_per_year,
        "planted": planted,
        "rows": len(export),
        "records": int(export["CRIME_REF"].nunique()),
        "expected": _expected_totals(both, ground),
        "background": {
            "records_per_year": round(float(background["per_year"].sum()), 3),
            "share_outside_force": OUTSIDE_SHARE,
            "addresses": ground.n_background,
        },
        "hour_of_week": {name: [round(float(v), 8) for v in hour_of_week(name)] for name in RHYTHMS},
        "seasons": {name: {"size": size, "peak_day_of_year": peak} for name, (size, peak) in SEASONS.items()},
        "street_violence": {
            "rule": "rows with one of these titles whose DOMESTIC is not Y",
            "titles": mix.loc[mix["street_violence"] == 1, "title"].tolist(),
        },
        "hot_spots": [_spot_truth(i, scale, street_alone, street) for i in range(len(SPOTS))],
        "expected_rows_by_cell": _sums(table),
        "expected_street_violence_by_cell": street,
    }


# ---------------------------------------------------------------- the doors


def _checked(seed: int, start: date | None, end: date | None, n_per_year: int) -> tuple[date, date]:
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


def synthetic_incidents(
    seed: int = DEFAULT_SEED,
    start: date | None = None,
    end: date | None = None,
    n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A force-like export of synthetic incidents, and the truth behind it.

    The window is ``start`` to ``end``, both included; without a start it is :func:`demo_window` of the end, so
    without either 2024-11-01 to 2026-10-31. The table has one row per offence
    on a record and the text columns of ``EXPORT_COLUMNS``; ``n_per_year`` is the expected number of records a
    year, planted ones included. ``planted=False`` leaves the hot spots out and the background as it was, record
    for record but for their running numbers.

    The truth can be written as JSON: the planted hot spots with cells, rates, offence mix and hot hours; rhythms
    and seasons; expected numbers by title and by cell.

    Raises HotspotsError for a window that ends before it starts, a negative seed or fewer than 100 a year.
    """
    start, end = _checked(seed, start, end, n_per_year)
    ground = _ground(seed)
    background, spots = _streams(start, end, n_per_year, planted)
    parts = []
    for what, streams in (("background", background), ("planted", spots)):
        rng = _random(seed, what)
        parts.append(_part(rng, _draw(rng, streams, ground, start, end), ground))
    export = _export(parts)
    return export, _truth(seed, start, end, n_per_year, planted, export)


def write_demo_export(
    folder: Path | str,
    seed: int = DEFAULT_SEED,
    start: date | None = None,
    end: date | None = None,
    n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> tuple[Path, Path]:
    """Writes ``demo_incidents.csv`` and ``demo_truth.json`` into a folder (made if absent); returns their paths.

    Both are written aside and renamed, so a reader never sees half a file. The CSV is UTF-8 with a header; read it
    back as text (``dtype=str, keep_default_na=False``) to get the table of :func:`synthetic_incidents`.
    """
    return publish_export(folder, *synthetic_incidents(seed, start, end, n_per_year, planted))


def publish_export(folder: Path | str, export: pd.DataFrame, truth: dict[str, Any]) -> tuple[Path, Path]:
    """Writes an export and its truth as :func:`write_demo_export` does."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    return (
        _publish(target / "demo_incidents.csv", export.to_csv(index=False, lineterminator="\n")),
        _publish(target / "demo_truth.json", json.dumps(truth, indent=1, ensure_ascii=False) + "\n"),
    )


def _publish(path: Path, text: str) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_bytes(text.encode("utf-8"))
    os.replace(aside, path)
    return path
