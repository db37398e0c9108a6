"""Shipped facts about Lancashire (data/README.md): where they lie, districts and BCUs, and names for places."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import FORCE, shipped
from hotspots.geography.cells import Floats, coordinates

if TYPE_CHECKING:
    import pandas as pd


COVER = FORCE / "cover.parquet"
BCU_TABLE = FORCE / "districts.csv"
OUTLINES = FORCE / "outlines.geojson"
PLACES = FORCE / "places.csv"
STORED_COLUMNS = ("lad_code", "lad_name", "bcu", "geometry")  # of boundaries kept in a workspace

ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the OGL v3.0. "
    "Contains OS data © Crown copyright and database right"
)


def read_bcu_table(path: Path | None = None) -> list[dict[str, str]]:
    """Rows of a district → BCU table, with at least ``lad_code, lad_name, bcu``; the shipped one by default.

    Raises HotspotsError for a missing file or column, a repeated district, or a BCU that is not one of BCUS.
    """
    path = path or shipped(BCU_TABLE)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{str(k): (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HotspotsError(f"The district table '{path.name}' cannot be read: {error}.") from error
    _check_bcu_table(rows, path.name)
    return rows


def _check_bcu_table(rows: list[dict[str, str]], name: str) -> None:
    if not rows:
        raise HotspotsError(f"The district table '{name}' has no rows; it needs one row for each district.")
    missing = [c for c in ("lad_code", "lad_name", "bcu") if c not in rows[0]]
    if missing:
        raise HotspotsError(
            f"The district table '{name}' has no column {' or '.join(missing)}; it has {', '.join(rows[0])}. "
            "Name its columns lad_code, lad_name and bcu."
        )
    problems = [
        f"The district table '{name}' gives '{row['lad_name']}' the BCU '{row['bcu']}'; "
        f"it must be {', '.join(BCUS[:-1])} or {BCUS[-1]}."
        for row in rows
        if row["bcu"] not in BCUS
    ]
    for column in ("lad_code", "lad_name"):
        values = [row[column] for row in rows if row[column]]
        problems += [
            f"The district table '{name}' has '{value}' more than once in {column}; keep one row for each district."
            for value in sorted({v for v in values if values.count(v) > 1})
        ]
    if problems:
        raise HotspotsError(problems)


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
    there = ~(np.isnan(x) | np.isnan(y))
    towns = _read_places()
    town_lon, town_lat = towns["lon"].to_numpy(), towns["lat"].to_numpy()
    # the nearest on the sphere has the largest dot product of unit vectors
    nearest = np.argmax(_unit(x[there], y[there]) @ _unit(town_lon, town_lat).T, axis=1)
    metres = _metres(town_lon[nearest], town_lat[nearest], x[there], y[there])
    point = _compass_point(town_lon[nearest], town_lat[nearest], x[there], y[there])
    names = towns["name"].tolist()
    texts = np.full(len(x), "", dtype=object)
    texts[there] = [
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
