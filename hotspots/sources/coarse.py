"""What the coordinates of a file as a whole say of themselves: too coarse for the cells, or one point for everything.

Each row of such a file is a place in Great Britain. Counted by cell they would show the rounding, or the point where a
system puts what it cannot place, as a hot spot.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.geography import bng_to_lonlat, cell_areas_m2, cells_at

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

# What coordinates may be multiples of, coarsest first: (step, how a row is written, how large its square is).
DEGREE_STEPS = (
    (0.1, "to one decimal or less", "about 7 by 11 km"), (0.01, "to two decimals", "about 660 m by 1.1 km"),
    (0.001, "to three decimals", "about 66 by 111 m"),
)  # fmt: skip
GRID_STEPS = (
    (10_000.0, "to 10 km or more", "10 by 10 km"), (1_000.0, "to 1 km", "1 by 1 km"),
    (100.0, "to 100 m", "100 by 100 m"),
)  # fmt: skip
NEAR = 1e-6  # of a step: so near a multiple lies a number that was printed as one


def place_notes(
    x: Array, y: Array, names: tuple[str, str], grid: bool, settings: Settings, one_point: bool = True
) -> list[str]:
    """What to say of a file's coordinates as a whole; nothing of a good one.

    ``x``, ``y``: degrees, or with ``grid`` metres, nan where a row has no place; ``one_point``: whether many rows at
    one point are worth a word, as they are not of vehicles that stand at a station.
    """
    there = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[there], y[there]
    if len(x) < settings.least_located:
        return []
    said = [_coarse(x, y, names, grid, settings), _one_point(x, y, names, settings) if one_point else ""]
    return [sentence for sentence in said if sentence]


def _coarse(x: Array, y: Array, names: tuple[str, str], grid: bool, settings: Settings) -> str:
    """The coarsest rounding that enough rows have. By chance one place in a million is written to three decimals."""
    least, found = settings.coarse_share * len(x), None
    for step, how, size in reversed(GRID_STEPS if grid else DEGREE_STEPS):  # what is on a step is on the finer ones
        n = int((_multiples(x, step) & _multiples(y, step)).sum())
        if n < least:
            break
        found = (n, how, size)
    if found is None:
        return ""
    n, how, size = found
    share = f"{n:,} of {counted(len(x), 'row')} with coordinates ({n / len(x):.0%})"
    return (
        f"{share} have {names[0]} and {names[1]} rounded {how}: squares of {size}, too coarse for cells of"
        f" {_cell_area(x, y, grid, settings):,.0f} m². Their hot spots are squares of the rounding, not places: export"
        " the coordinates in full"
    )


def _multiples(values: Array, step: float) -> Array:
    off = values / step
    return np.abs(off - np.round(off)) < NEAR


def _cell_area(x: Array, y: Array, grid: bool, settings: Settings) -> float:
    """Area of the cell that holds the first place, m² to hundreds."""
    lon, lat = bng_to_lonlat(x[:1], y[:1]) if grid else (x[:1], y[:1])
    return float(np.round(cell_areas_m2(cells_at(lon, lat, settings.resolution))[0], -2))


def _one_point(x: Array, y: Array, names: tuple[str, str], settings: Settings) -> str:
    """A point that holds most rows: a default of the system, such as the police station."""
    if len(x) < settings.default_point_rows:
        return ""
    if np.bincount(pd.factorize(x)[0]).max() < settings.default_point_share * len(x):  # half the work, and nearly all
        return ""
    codes, points = pd.factorize(x + 1j * y)
    counts = np.bincount(codes)
    most = int(counts.argmax())
    n, point = int(counts[most]), complex(points[most])
    if n < settings.default_point_share * len(x):
        return ""
    return (
        f"{n:,} of {len(x):,} rows with coordinates ({n / len(x):.0%}) lie at one point ({names[0]} {point.real:.10g},"
        f" {names[1]} {point.imag:.10g}): is it where the system puts what it cannot place, such as a police station?"
        " Then leave the coordinates of these rows empty, or its cell leads every list"
    )
