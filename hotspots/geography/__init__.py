"""Districts, Basic Command Units, H3 cells, their areas, and names for places.

Cells are int64 inside the library (0 = no place) and hexadecimal text in every output. Importing this
room needs only numpy and h3; tables and polygons are imported where they are used.

Two kinds of boundaries answer the same question, which district holds a point:

- the *cover* of the force's profile: H3 cells down to resolution 12, needs no file of yours, and can place a
  point wrongly only within about 11 m of a boundary (25 of 36,975 map points of the police.uk archive
  of 2019-12 to 2022-10);
- *polygons* that you import: exact, to the precision of the file.
"""

from __future__ import annotations

from hotspots.geography.cells import (
    bng_to_lonlat,
    cell_areas_m2,
    cell_centres,
    cell_from_hex,
    cell_polygons,
    cells_at,
    hex_ids,
    is_cell,
    lonlat_to_bng,
    resolution_of,
    resolutions_of,
)
from hotspots.geography.districts import (
    ATTRIBUTION,
    Boundaries,
    bcu_areas_m2,
    boundaries_of,
    cell_districts,
    load_cover,
    load_polygons,
    missing_districts,
    outlines,
    shrunken_districts,
)
from hotspots.geography.neighbours import adjacency, disk_pairs, neighbour_pairs, surroundings
from hotspots.geography.places import nearest_place, places, street_and_town

__all__ = [
    "ATTRIBUTION", "Boundaries", "adjacency", "bcu_areas_m2", "bng_to_lonlat", "boundaries_of", "cell_areas_m2",
    "cell_centres", "cell_districts", "cell_from_hex", "cell_polygons", "cells_at", "disk_pairs", "hex_ids",
    "is_cell", "load_cover", "load_polygons", "lonlat_to_bng", "missing_districts", "nearest_place",
    "neighbour_pairs", "outlines", "places", "resolution_of", "resolutions_of", "shrunken_districts",
    "street_and_town", "surroundings",
]  # fmt: skip
