"""Where synthetic incidents happen: some 15,000 street-like addresses on Lancashire's real geography, from a seed.

A dense centre, the town around it and a few estates for each place of ``data/forces/lancashire/places.csv``, kept
inside the force, on whole metres of the National Grid, each with a kind (dwelling, street, shop, …) and a log-normal
weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.demo.rhythms import SPOTS, Floats, cell_shares, spot_cells

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
POINTS_PER_SPOT_CELL = 6
SPOT_POINT_RADIUS = 40.0  # metres; a resolution-10 cell reaches at least 60 m from its centre
Ints = np.ndarray[Any, np.dtype[np.int64]]
Texts = np.ndarray[Any, Any]


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


def random_of(seed: int, what: str) -> np.random.Generator:
    """Generators that do not disturb each other: planting hot spots leaves the background as it was."""
    return np.random.Generator(np.random.PCG64([seed, ("ground", "background", "planted").index(what)]))


def moved_by(lon: Floats, lat: Floats, east: Any, north: Any) -> tuple[Floats, Floats]:
    """Points moved by some metres; good to a per cent over a few kilometres, which is all it is for."""
    return np.asarray(lon + east / (111_320.0 * np.cos(np.radians(lat)))), np.asarray(lat + north / 111_230.0)


def place_shares(places: pd.DataFrame) -> Floats:
    """Share of each place in the force's incidents: by district, then by size within it."""
    size = places["size"].map(SIZE_WEIGHT).to_numpy(float)
    within = size / pd.Series(size).groupby(places["district"].to_numpy()).transform("sum").to_numpy()
    share = within * places["district"].map(DISTRICT_SHARE).to_numpy(float)
    return np.asarray(share / share.sum())


def streets_of(rng: np.random.Generator, boundaries: geography.Boundaries) -> tuple[Floats, Floats, Ints]:
    """Middle of each street inside the force, and the part of town it is in."""
    places = geography.places().reset_index(drop=True)
    place = rng.choice(len(places), size=STREETS, p=place_shares(places))
    part = rng.choice(3, size=STREETS, p=PART_SHARE)
    size = places["size"].to_numpy()
    town = np.array([TOWN_SPREAD[s] for s in size])
    estates = rng.normal(0.0, 1.0, size=(len(places), ESTATES_PER_PLACE, 2)) * town[:, None, None]
    spread = np.select(
        [part == CENTRE, part == TOWN], [np.array([CENTRE_SPREAD[s] for s in size])[place], town[place]], ESTATE_SPREAD
    )
    middle = np.where((part == ESTATE)[:, None], estates[place, rng.integers(0, ESTATES_PER_PLACE, STREETS)], 0.0)
    tries = middle[:, None, :] + rng.normal(0.0, 1.0, size=(STREETS, CANDIDATES, 2)) * spread[:, None, None]
    lon, lat = moved_by(
        places["lon"].to_numpy(float)[place][:, None], places["lat"].to_numpy(float)[place][:, None],
        tries[:, :, 0], tries[:, :, 1],
    )  # fmt: skip
    inside = boundaries.district_of(lon.ravel(), lat.ravel()).reshape(lon.shape) >= 0
    first, found = inside.argmax(axis=1), inside.any(axis=1)
    rows = np.arange(STREETS)
    return lon[rows, first][found], lat[rows, first][found], part[found]


def kinds_of(rng: np.random.Generator, part: Ints) -> Ints:
    """Kind of each address, and a few of the others made hospitals."""
    u = rng.random(len(part))
    kind = np.where(
        part == CENTRE, np.searchsorted(np.cumsum(KIND_IN_CENTRE), u), np.searchsorted(np.cumsum(KIND_ELSEWHERE), u)
    )
    kind = np.minimum(kind, KINDS.index("other"))
    chosen = rng.choice(np.flatnonzero(kind == KINDS.index("other")), HOSPITALS, replace=False)
    kind[chosen] = KINDS.index("hospital")
    return kind.astype(np.int64)


def weights_of(rng: np.random.Generator, kind: Ints, streets: int) -> Floats:
    """How troubled each address is among its kind: log-normal, its own part and its street's part."""
    own = np.array([UNEVENNESS[k] for k in KINDS])[kind]
    street = np.zeros(len(kind))
    street[: streets * PER_STREET] = np.repeat(rng.normal(size=streets), PER_STREET)
    most = MOST_UNEVEN * np.hypot(own, STREET_UNEVENNESS)
    return np.asarray(np.exp(np.minimum(own * rng.normal(size=len(kind)) + STREET_UNEVENNESS * street, most)))


def spot_points(rng: np.random.Generator) -> tuple[Floats, Floats, Ints, Floats]:
    """Longitude, latitude, hot spot and weight of the points in planted cells."""
    cells = [(s, c, w) for s, spot in enumerate(SPOTS)
             for c, w in zip(spot_cells(spot), cell_shares(spot.n_cells), strict=True)]  # fmt: skip
    number = np.repeat([s for s, _, _ in cells], POINTS_PER_SPOT_CELL)
    lon, lat = geography.cell_centres(np.array([c for _, c, _ in cells], dtype=np.int64))
    angle = rng.uniform(0.0, 2 * np.pi, len(number))
    radius = SPOT_POINT_RADIUS * np.sqrt(rng.random(len(number)))
    weight = rng.gamma(2.0, size=(len(cells), POINTS_PER_SPOT_CELL))
    weight *= np.array([w for _, _, w in cells])[:, None] / weight.sum(axis=1, keepdims=True)
    repeat_lon, repeat_lat = np.repeat(lon, POINTS_PER_SPOT_CELL), np.repeat(lat, POINTS_PER_SPOT_CELL)
    lon, lat = moved_by(repeat_lon, repeat_lat, radius * np.cos(angle), radius * np.sin(angle))
    return lon, lat, number, weight.ravel()


@cache
def ground_of(seed: int) -> Ground:
    """The addresses of a seed: the same whatever the window, the volume, and whether hot spots are planted."""
    rng = random_of(seed, "ground")
    boundaries = geography.load_cover()
    street_lon, street_lat, street_part = streets_of(rng, boundaries)
    angle = rng.uniform(0.0, np.pi, len(street_lon))[:, None]
    along = 25.0 * (np.arange(PER_STREET) - (PER_STREET - 1) / 2)[None, :]
    east, north = moved_by(street_lon[:, None], street_lat[:, None], along * np.cos(angle), along * np.sin(angle))
    lon, lat = east.ravel(), north.ravel()
    part = np.repeat(street_part, PER_STREET)
    near = rng.integers(0, len(OUTSIDE_TOWNS), OUTSIDE_ADDRESSES)
    far = rng.normal(0.0, 700.0, size=(2, OUTSIDE_ADDRESSES))
    town = np.array(OUTSIDE_TOWNS)[near]
    out_lon, out_lat = moved_by(town[:, 0], town[:, 1], far[0], far[1])
    spot_lon, spot_lat, spot, spot_weight = spot_points(rng)
    kind = kinds_of(rng, np.concatenate([part, np.full(OUTSIDE_ADDRESSES, TOWN)]))
    weight = weights_of(rng, kind, len(street_part))
    kind = np.concatenate([kind, np.where(rng.random(len(spot)) < 0.7, 1, 2)])  # street or licensed premises
    metres = geography.lonlat_to_bng(np.concatenate([lon, out_lon, spot_lon]), np.concatenate([lat, out_lat, spot_lat]))
    easting, northing = (np.rint(axis).astype(np.int64) for axis in metres)
    # from the rounded metres back, so that the cell is the one any reader of the export will find
    lon, lat = geography.bng_to_lonlat(easting.astype(float), northing.astype(float))
    pick = rng.random(len(kind))
    names = [KIND_LABEL[k] for k in KINDS]
    labels = [names[k][int(u * len(names[k]))] for k, u in zip(kind, pick, strict=True)]
    return Ground(
        easting, northing, geography.cells_at(lon, lat, 10), kind, np.array(labels, dtype=object),
        np.concatenate([weight, spot_weight]), np.concatenate([np.full(len(weight), -1), spot]),
        boundaries.district_of(lon, lat) >= 0, len(weight),
    )  # fmt: skip


def address_shares(place: str, ground: Ground) -> Floats:
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
