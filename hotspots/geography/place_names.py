"""Names that tell a reader where a cell is: 'Preston, 300 m north-east of the centre'."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from hotspots.base.shipped import shipped
from hotspots.geography.cells import Floats, coordinates
from hotspots.geography.shipped import PLACES

if TYPE_CHECKING:
    import pandas as pd

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
AT_THE_CENTRE_M = 150
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@cache
def _read_places() -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(shipped(PLACES), encoding="utf-8")


def places() -> pd.DataFrame:
    """Towns and villages for labels: ``name, lon, lat, district, size``; lon and lat are the shopping
    centre, in degrees; size is 3 for cities and large towns, 2 for towns, 1 for villages."""
    return _read_places().copy()


def nearest_place(lon: ArrayLike, lat: ArrayLike) -> list[str]:
    """The nearest town or village of ``places()`` in words, with distance and direction from its centre.

    'Preston centre' under 150 m; distances on the sphere, to 100 m below a kilometre and to 0.1 km above;
    eight compass points. '' where longitude or latitude is nan.
    """
    x, y = coordinates(lon, lat)
    known = ~(np.isnan(x) | np.isnan(y))
    towns = _read_places()
    town_lon, town_lat = towns["lon"].to_numpy(), towns["lat"].to_numpy()
    # the nearest on the sphere has the largest dot product of unit vectors
    nearest = np.argmax(_unit(x[known], y[known]) @ _unit(town_lon, town_lat).T, axis=1)
    metres = _metres(town_lon[nearest], town_lat[nearest], x[known], y[known])
    point = _compass_point(town_lon[nearest], town_lat[nearest], x[known], y[known])
    names = towns["name"].tolist()
    texts = np.full(len(x), "", dtype=object)
    texts[known] = [
        _in_words(names[town], distance, COMPASS[toward])
        for town, distance, toward in zip(nearest.tolist(), metres.tolist(), point.tolist(), strict=True)
    ]
    return list(texts.tolist())


def _in_words(name: str, metres: float, toward: str) -> str:
    if metres < AT_THE_CENTRE_M:
        return f"{name} centre"
    hundreds = int(metres / 100 + 0.5)
    distance = f"{hundreds}00 m" if hundreds < 10 else f"{hundreds / 10:,.1f} km"
    return f"{name}, {distance} {toward} of the centre"


def _unit(lon: Floats, lat: Floats) -> Floats:
    """Points on the unit sphere, one row each."""
    a, b = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _metres(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Great-circle distance by the haversine formula, exact also for points a few metres apart."""
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1)))


def _compass_point(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Position in COMPASS of the direction in which one leaves a for b."""
    a, b, turn = np.radians(lat_a), np.radians(lat_b), np.radians(lon_b - lon_a)
    east = np.sin(turn) * np.cos(b)
    north = np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(turn)
    return np.round(np.degrees(np.arctan2(east, north)) / 45).astype(np.int64) % 8
