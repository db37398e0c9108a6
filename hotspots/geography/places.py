"""Names for places: the nearest town or village of the force, if one is near enough, else district and coordinates."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.profile import PLACES, Profile, home
from hotspots.geography.cells import Floats, coordinates

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.geography.districts import Boundaries

COLUMNS = ("name", "lon", "lat", "district", "size")  # of places.csv
EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
AT_THE_CENTRE_M = 150
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
# What `nearest_place` says behind the name of a town or district, the longest first; see `street_and_town`.
NEARNESS = (r", [\d,.]+ k?m [a-z-]+ of the centre", r" \d+\.\d{3} N \d+\.\d{3} [EW]", r" centre")


@lru_cache(maxsize=8)
def _read_places(path: Path | None) -> pd.DataFrame:
    import pandas as pd

    if path is None:
        return pd.DataFrame({c: pd.Series(dtype=float if c in ("lon", "lat") else "str") for c in COLUMNS})
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype={"name": "str", "district": "str"}, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise HotspotsError(f"The places '{path.name}' of the profile cannot be read: {error}.") from error
    if missing := [c for c in COLUMNS if c not in table.columns]:
        raise HotspotsError(f"The places '{path.name}' of the profile have no column {sample(missing, 9)}.")
    if not len(table):
        return _read_places(None)
    for column in ("lon", "lat"):
        numbers = pd.to_numeric(table[column], errors="coerce")
        if numbers.isna().any():
            raise HotspotsError(f"The places '{path.name}' of the profile have texts in {column}; give degrees.")
        table[column] = numbers.astype(float)
    return table


def places(profile: Profile | None = None) -> pd.DataFrame:
    """Towns and villages for labels: ``name, lon, lat, district, size``; lon and lat are the shopping
    centre, in degrees; size is 3 for cities and large towns, 2 for towns, 1 for villages. Empty where a profile has
    none; without one those of Lancashire."""
    return _read_places((profile or home()).files.get(PLACES)).copy()


def profile_table(profile: Profile) -> pd.DataFrame:
    """The districts of a force in `hotspots.base.columns.PROFILE`, BCU by BCU in the force's order."""
    import pandas as pd

    from hotspots.base.columns import PROFILE as COLUMNS_OF_A_FORCE

    towns = _read_places(profile.files.get(PLACES)).groupby("district")["name"]
    named = {str(district): ", ".join(sorted(names)) for district, names in towns}
    rows = [(d.bcu, d.name, d.code, named.get(d.name, "")) for d in profile.districts]
    rows.sort(key=lambda row: (profile.bcus.index(row[0]), row[1]))
    return pd.DataFrame(rows, columns=[c.name for c in COLUMNS_OF_A_FORCE])


def nearest_place(lon: ArrayLike, lat: ArrayLike, boundaries: Boundaries) -> list[str]:
    """The nearest town or village of the force in words, with distance and direction from its centre.

    'Preston centre' under 150 m; distances on the sphere, to 100 m below a kilometre and to 0.1 km above;
    eight compass points. Further than ``boundaries.place_max_km`` from every town: the district, if the point lies in
    one, and the coordinates, 'Ribble Valley 53.971 N 2.531 W'. '' where longitude or latitude is nan.
    """
    x, y = coordinates(lon, lat)
    there = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    texts = np.full(len(x), "", dtype=object)
    if not len(there):
        return list(texts.tolist())
    towns = _read_places(boundaries.profile.files.get(PLACES))
    near = np.zeros(len(there), dtype=bool)
    if len(towns):
        words, metres = _by_town(x[there], y[there], towns)
        texts[there], near = words, metres <= 1000 * boundaries.place_max_km
    far = there[~near]
    texts[far] = _by_district(x[far], y[far], boundaries)
    return list(texts.tolist())


def _by_town(x: Floats, y: Floats, towns: pd.DataFrame) -> tuple[list[str], Floats]:
    """The nearest town of each point in words, and how many metres its centre is away."""
    town_lon, town_lat = towns["lon"].to_numpy(), towns["lat"].to_numpy()
    # the nearest on the sphere has the largest dot product of unit vectors
    nearest = np.argmax(_unit(x, y) @ _unit(town_lon, town_lat).T, axis=1)
    metres = _metres(town_lon[nearest], town_lat[nearest], x, y)
    point = _compass_point(town_lon[nearest], town_lat[nearest], x, y)
    names = towns["name"].tolist()
    words = [
        _in_words(names[town], distance, COMPASS[toward])
        for town, distance, toward in zip(nearest.tolist(), metres.tolist(), point.tolist(), strict=True)
    ]
    return words, metres


def _by_district(x: Floats, y: Floats, boundaries: Boundaries) -> list[str]:
    """'Ribble Valley 53.971 N 2.531 W'; the coordinates alone outside the force."""
    names = [*boundaries.districts, ""]
    return [
        f"{names[district]} {b:.3f} N {abs(a):.3f} {'W' if a < 0 else 'E'}".strip()
        for district, a, b in zip(boundaries.district_of(x, y).tolist(), x.tolist(), y.tolist(), strict=True)
    ]


def street_and_town(place: str) -> tuple[str, str]:
    """'Church Street, Preston, 300 m north of the centre' → ('Church Street', 'Preston'); '' for what is not said."""
    for words in NEARNESS:
        if found := re.fullmatch(rf"(?:(.+), )?([^,]+){words}", place):
            return found[1] or "", found[2]
    return "", ""


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
