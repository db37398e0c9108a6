"""Points to H3 cells, and a cell's centre, outline and area.

H3: Uber's hexagonal grid, https://h3geo.org. A resolution-10 cell measures about 13,400 m² in
Lancashire; the published world average is 12% larger, so areas always come from the cell itself.

British National Grid (EPSG:27700) is turned into degrees by OSTN15, the transformation that Ordnance Survey defines
(about 0.1 m), carried by convertbng. The usual default of pyproj without the OSTN15 file is up to 4 m out (median 1.9
m, and 2% of resolution-10 cells change) and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import ArrayLike, NDArray

from hotspots.base.errors import HotspotsError, rows_sentence, sample

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]

RESOLUTION_BIT = 52  # the lowest of the four bits of an H3 index that hold the resolution
_HEX_CELL = re.compile(r"[0-9a-f]{15}")


def coordinates(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Two float arrays of one length, every pair on the globe or nan; otherwise HotspotsError.

    H3 itself accepts a latitude of 95 and returns a cell somewhere else, so this comes before any lookup.
    """
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"longitudes of shape {x.shape} and latitudes of shape {y.shape} do not pair up")
    bad = np.flatnonzero((np.abs(y) > 90) | (np.abs(x) > 180))
    if len(bad):
        found = sample(f"{a:.10g}, {b:.10g}" for a, b in zip(x[bad], y[bad], strict=True))
        raise HotspotsError(
            f"{len(bad):,} {'places are' if len(bad) > 1 else 'place is'} not on the globe: longitude, latitude "
            f"{found} ({rows_sentence(bad + 1)} of those given). Longitudes run from -180 to 180 and latitudes from "
            "-90 to 90; check that the columns are not metres (easting, northing)."
        )
    return x, y


def distinct(lon: Floats, lat: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Each distinct pair once, and for every pair its position among them. No nan allowed.

    Published crime sits on a few tens of thousands of map points, so this saves nearly all the work.
    Hashing (pandas) takes a quarter of the time of sorting (numpy.unique).
    """
    import pandas as pd

    x_code, x = pd.factorize(lon)
    y_code, y = pd.factorize(lat)
    pair, kept = pd.factorize(x_code.astype(np.int64) * max(len(y), 1) + y_code)
    return x[kept // max(len(y), 1)], y[kept % max(len(y), 1)], pair


def cells_at(lon: ArrayLike, lat: ArrayLike, resolution: int) -> Cells:
    """The H3 cell of each point, WGS84 degrees; 0 where longitude or latitude is nan.

    Raises HotspotsError for a latitude beyond ±90, a longitude beyond ±180 or an infinite value.
    """
    x, y = coordinates(lon, lat)
    cells = np.zeros(len(x), dtype=np.int64)
    there = ~(np.isnan(x) | np.isnan(y))
    x, y, pair = distinct(x[there], y[there])
    index = h3.latlng_to_cell
    found = [index(b, a, resolution) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    cells[there] = np.array(found, dtype=np.int64)[pair] if found else 0
    return cells


def hex_ids(cells: ArrayLike) -> list[str]:
    """Cells as the text used in every output, such as ``8a1951803b4ffff``; '' for 0 (no place)."""
    return [f"{cell:x}" if cell else "" for cell in np.asarray(cells, dtype=np.int64).tolist()]


def is_cell(text: str) -> bool:
    """Whether a text names a valid H3 cell."""
    name = str(text).strip().lower()
    return bool(_HEX_CELL.fullmatch(name)) and bool(h3.is_valid_cell(int(name, 16)))


def cell_from_hex(text: str) -> int:
    """The cell that a text names; HotspotsError when it is not a valid H3 cell."""
    if not is_cell(text):
        raise HotspotsError(
            f"'{str(text)[:40]}' is not an H3 cell. A cell is written like 8a1951803b4ffff (15 hexadecimal digits)."
        )
    return int(str(text).strip(), 16)


def resolution_of(cells: ArrayLike) -> Cells:
    """The H3 resolution of each cell: four bits of its number."""
    return np.asarray(cells, dtype=np.int64) >> RESOLUTION_BIT & 15


def resolutions_of(cells: Iterable[str]) -> list[int]:
    """The different resolutions of cells in hexadecimal text, in order."""
    return [int(r) for r in np.unique(resolution_of([int(cell, 16) for cell in cells]))]


def cell_centres(cells: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude of each cell's centre, WGS84 degrees. Cells must be valid (not 0)."""
    centres = chain.from_iterable(map(h3.cell_to_latlng, np.asarray(cells, dtype=np.int64).tolist()))
    table = np.fromiter(centres, dtype=np.float64).reshape(-1, 2)
    return table[:, 1].copy(), table[:, 0].copy()


def cell_corners(cells: ArrayLike) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """All corners of all cells: longitude, latitude, and the position of the cell each belongs to."""
    sizes: list[int] = []
    corners: list[float] = []  # plain numbers: keeping tens of thousands of tuples costs as much as making them
    for cell in np.asarray(cells, dtype=np.int64).tolist():
        ring = h3.cell_to_boundary(cell)
        sizes.append(len(ring))
        corners.extend(chain.from_iterable(ring))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    table = np.array(corners, dtype=np.float64).reshape(-1, 2)
    return table[:, 1].copy(), table[:, 0].copy(), owner


def cell_areas_m2(cells: ArrayLike) -> Floats:
    """Area of each cell in square metres, from its own corners; nan for 0 (no place).

    On H3's sphere (radius 6,371.007 km), in Lancashire 0.4% less than on the ellipsoid of the Earth.
    """
    each, position = np.unique(np.asarray(cells, dtype=np.int64), return_inverse=True)
    areas = [h3.cell_area(cell, "m^2") if cell else np.nan for cell in each.tolist()]
    return np.array(areas, dtype=np.float64)[position]


def cell_polygons(cells: ArrayLike) -> NDArray[Any]:
    """The outline of each cell as a shapely polygon, longitude and latitude in WGS84 degrees."""
    import shapely

    lon, lat, owner = cell_corners(cells)
    if not len(owner):
        return np.empty(0, dtype=object)
    rings = shapely.linearrings(np.column_stack([lon, lat]), indices=owner)
    return np.asarray(shapely.polygons(np.atleast_1d(np.asarray(rings, dtype=object))), dtype=object)


def bng_to_lonlat(easting: ArrayLike, northing: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude (WGS84 degrees) of eastings and northings in metres, by OSTN15.

    Both are nan where the input is not finite or lies where OSTN15 gives no answer (at sea, abroad).
    """
    from convertbng.cutil import convert_lonlat

    east = np.atleast_1d(np.asarray(easting, dtype=np.float64))
    north = np.atleast_1d(np.asarray(northing, dtype=np.float64))
    if east.shape != north.shape or east.ndim != 1:
        raise ValueError(f"eastings of shape {east.shape} and northings of shape {north.shape} do not pair up")
    lon = np.full(len(east), np.nan)
    lat = np.full(len(east), np.nan)
    there = np.isfinite(east) & np.isfinite(north)
    if there.any():
        lon[there], lat[there] = convert_lonlat(east[there], north[there])
    return lon, lat


def lonlat_to_bng(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The other way round: eastings and northings in metres; nan where OSTN15 gives no answer."""
    from convertbng.cutil import convert_bng

    easting, northing = convert_bng(lon, lat)
    return np.asarray(easting), np.asarray(northing)
