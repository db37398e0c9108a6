"""The hot spots that are planted in the demo, and their cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hotspots.demo.rhythms import Floats


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


def spot_cells(spot: Spot) -> list[int]:
    """The cells of a planted hot spot: the one that holds its centre, then adjoining neighbours of it."""
    import h3.api.basic_int as h3

    middle = h3.latlng_to_cell(spot.lat, spot.lon, 10)
    beside = sorted(h3.grid_ring(middle, 1))
    chosen = [middle]
    while len(chosen) < spot.n_cells:  # each next one touches the one before, so that they can be walked
        touching = [c for c in beside if len(chosen) == 1 or h3.are_neighbor_cells(c, chosen[-1])]
        chosen.append(next(c for c in touching if c not in chosen))
    return [int(c) for c in chosen]


def cell_shares(n_cells: int) -> Floats:
    """The middle cell of a hot spot takes the largest share of what is planted."""
    weight = np.array([1.5] + [1.0] * (n_cells - 1))
    return np.asarray(weight / weight.sum())
