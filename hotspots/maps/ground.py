"""The ground under a map: outlines of districts, the part to show, metres, and the corners of a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.base.errors import HotspotsError

METRES_PER_DEGREE = 111_319.49  # of latitude, on the WGS84 equatorial radius
MARKED_COLOUR = "#801650"  # Government Analysis Function dark pink
PIXELS = (420, 500)  # of the smallest map on a page
INSET = 0.8  # a marked cell's ring, as a part of the cell


def rings_of(outlines: dict[str, Any]) -> list[tuple[dict[str, Any], list[list[Sequence[float]]]]]:
    """(properties, rings) of every polygon in a GeoJSON FeatureCollection."""
    found = []
    for feature in outlines.get("features", []):
        shape = feature["geometry"]
        parts = {
            "Polygon": lambda c: c, "MultiPolygon": lambda c: [ring for part in c for ring in part],
            "LineString": lambda c: [c], "MultiLineString": lambda c: c,
        }.get(shape["type"])  # fmt: skip
        if parts is None:
            raise HotspotsError(f"The outlines hold a {shape['type']}; they must be polygons or lines.")
        found.append((feature.get("properties") or {}, parts(shape["coordinates"])))
    return found


def extent(cells: pd.DataFrame, outlines: dict[str, Any]) -> tuple[float, float, float, float]:
    """(west, south, east, north) of the cells, else of the outlines, else of Lancashire."""
    points = cells[["lon", "lat"]].to_numpy(dtype=float)
    if not len(points):
        rings = [ring for _, rings in rings_of(outlines) for ring in rings]
        if not rings:
            return (-3.06, 53.48, -2.04, 54.24)
        points = np.concatenate([np.asarray(ring, dtype=float)[:, :2] for ring in rings])
    west, south = np.nanmin(points, axis=0)
    east, north = np.nanmax(points, axis=0)
    return float(west), float(south), float(east), float(north)


def fit_view(cells: pd.DataFrame, outlines: dict[str, Any]) -> dict[str, float]:
    """Centre and web-mercator zoom at which every cell is inside `PIXELS`."""
    west, south, east, north = extent(cells, outlines)

    def mercator(lat: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)

    spans = [(east - west) / 360 / PIXELS[0], (mercator(north) - mercator(south)) / PIXELS[1]]
    zoom = math.log2(1 / (512 * 1.1 * max(*spans, 1e-9)))  # 1.1: a margin
    return {
        "lon": round((west + east) / 2, 5), "lat": round((south + north) / 2, 5), "zoom": round(min(zoom, 14.5), 2)
    }  # fmt: skip


def boundary(cell: str) -> list[tuple[float, float]]:
    """(lon, lat) of a cell's corners."""
    from h3.api import basic_str

    return [(lon, lat) for lat, lon in basic_str.cell_to_boundary(cell)]


def inset_ring(cell: str) -> list[tuple[float, float]]:
    """A closed ring (lon, lat) inside a cell, `INSET` of its size: two that adjoin do not touch."""
    corners = np.asarray(boundary(cell))
    ring = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * INSET
    return [(float(lon), float(lat)) for lon, lat in [*ring, ring[0]]]


class Projection(NamedTuple):
    """Equirectangular: metres east and south of a corner, with the shrink of a degree at one latitude."""

    west: float
    north: float
    shrink: float

    def xy(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Whole metres (n, 2), x to the right and y downwards."""
        x = (np.asarray(lon, dtype=float) - self.west) * METRES_PER_DEGREE * self.shrink
        y = (self.north - np.asarray(lat, dtype=float)) * METRES_PER_DEGREE
        return np.rint(np.column_stack([np.atleast_1d(x), np.atleast_1d(y)])).astype(np.int64)
