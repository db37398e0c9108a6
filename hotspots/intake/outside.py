"""Places of which none, or too few, lie in the force area: what the file looks like, in a sentence.

A force's own export holds that force's crimes. Where none of its places lies in the area, something is wrong with all
of them, or the workspace has another force's boundaries; either way no place of it would be ranked.
"""

from __future__ import annotations

import numpy as np

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.geography import Boundaries, bng_to_lonlat, lonlat_to_bng
from hotspots.sources.feed import Array

LOOKED_AT = 5_000  # places that are tried otherwise


def refuse_elsewhere(
    lon: Array, lat: Array, inside: Array, grid: bool, boundaries: Boundaries, settings: Settings, file: str
) -> list[str]:
    """Raise `HotspotsError` where no located row of a file lies in the force area; otherwise a note on a large share.

    ``lon``, ``lat``: degrees by row, nan without a place; ``inside``: rows in the force area; ``grid``: whether the
    file gives eastings and northings.
    """
    located = ~np.isnan(lon)
    away = located & ~inside
    counts = int(located.sum()), int(away.sum())
    return elsewhere(counts, lon[away], lat[away], grid, boundaries, settings, f"{file} was not imported")


def elsewhere(
    counts: tuple[int, int],
    lon: Array,
    lat: Array,
    grid: bool,
    boundaries: Boundaries,
    settings: Settings,
    refused: str,
) -> list[str]:
    """The same by counts: (located, of these outside). ``lon``, ``lat``: of some outside; ``refused``: its start."""
    n, away = counts
    if n < settings.least_located or away < settings.outside_share * n:
        return []
    look = looks_like(lon[:LOOKED_AT], lat[:LOOKED_AT], grid, boundaries)
    if away < n:
        return [f"{away:,} of {n:,} rows with coordinates ({away / n:.0%}) lie outside the force area: {look}"]
    raise HotspotsError(
        f"{refused}: none of {n:,} rows with coordinates lies in the force area ({sample(boundaries.districts)}):"
        f" {look}."
    )


def looks_like(lon: Array, lat: Array, grid: bool, boundaries: Boundaries) -> str:
    """Why places may lie outside the force: exchanged, without their sign, or another force's."""

    def inside(x: Array, y: Array) -> bool:
        there = ~np.isnan(x) & ~np.isnan(y)
        return bool((boundaries.district_of(x[there], y[there]) >= 0).sum() * 2 > len(lon))

    east, north = lonlat_to_bng(lon, lat)
    side = "W" if np.median(lon) < 0 else "E"
    found = f"they lie around {np.median(lat):.2f}°N {abs(np.median(lon)):.2f}°{side}"
    if grid and inside(*bng_to_lonlat(north, east)):
        why = (
            "and look exchanged: with easting and northing the other way round they would lie inside. Then exchange"
            " them in the file or in the mapping"
        )
    elif inside(-lon, lat):
        why = "and look as if they lost the minus sign of the longitude. Then export them again with the sign"
    else:
        why = "and may have lost figures of their coordinates. Then export them in full"
    return (
        f"{found}, {why}. If this is another force's file, import that force's boundaries first (--source boundaries),"
        " into a workspace of its own"
    )
