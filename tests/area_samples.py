"""Small grids of cells for the tests of areas, and slow plain ways to say what is best."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from h3.api import basic_int as h3

from hotspots.areas.candidates import Limits, candidate_areas
from hotspots.areas.table import blank, in_form
from hotspots.base.profile import home
from hotspots.base.settings import Settings, load_settings

CENTRE = h3.latlng_to_cell(53.7590, -2.6990, 10)  # 8a1951803b4ffff, Preston
SIZE = 13_000.0  # m², a round number near that of a cell


def disk(rings: int, centre: int = CENTRE) -> list[int]:
    """The cells at most so many rings from the centre, in order of cell id."""
    return sorted(h3.grid_disk(centre, rings))


def facts(cells: Sequence[int], harm: Sequence[float], bcu: str | Sequence[str] = "South") -> pd.DataFrame:
    """Cells with the columns that areas need; an incident for every 10 days of harm."""
    days = np.asarray(harm, dtype=float)
    return pd.DataFrame(
        {
            "cell": np.array(cells, dtype=np.int64),
            "bcu": bcu if isinstance(bcu, str) else list(bcu),
            "harm": days,
            "n_incidents": np.nan_to_num(days // 10).astype(int),
            "harm_days": days,
            "area_m2": SIZE,
            "place": [f"Street {i}" for i in range(len(cells))],
        }
    )


def candidates(
    cells: pd.DataFrame,
    max_area_m2: float = Settings.max_area_m2,
    min_share: float = Settings.area_min_share,
    per_bcu: int | Mapping[str, int] | None = None,
    excluded: Collection[int] = (),
    min_density: float = Settings.area_min_density,
) -> pd.DataFrame:
    """The candidate areas under these limits, and else under those of the settings."""
    usual = Limits.of(load_settings(None, home()), home().bcus)
    wanted = usual.per_bcu if per_bcu is None else per_bcu
    limits = Limits(max_area_m2, min_share, min_density, wanted, usual.bcus)
    return candidate_areas(cells, limits, excluded)


def no_areas() -> pd.DataFrame:
    """A table of areas without a row."""
    return in_form(blank([]))


def connected(cells: Sequence[int]) -> bool:
    """By walking from neighbour to neighbour."""
    left = set(cells)
    edge = {left.pop()}
    while edge:
        edge = {c for cell in edge for c in h3.grid_disk(cell, 1)} & left
        left -= edge
    return not left


def every_area(cells: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """Every connected set of at most so many of the cells, by trying all combinations."""
    return [c for n in range(1, most + 1) for c in combinations(cells, n) if connected(c)]


def best_sum(cells: Sequence[int], worth: dict[int, float], most: int, n: int, least: float = 0.0) -> float:
    """The largest sum of worth of at most ``n`` separate areas, each with ``least`` or more: every choice."""
    bits = {c: 1 << i for i, c in enumerate(cells)}
    options = [(sum(worth[c] for c in a), sum(bits[c] for c in a)) for a in every_area(cells, most)]
    options = sorted((o for o in options if o[0] >= least and o[0] > 0), reverse=True)

    def best(start: int, taken: int, left: int, so_far: float, known: float) -> float:
        known = max(known, so_far)
        for i in range(start, len(options) if left else start):
            value, mask = options[i]
            if so_far + left * value <= known:  # not even with all that are left as good as this one
                break
            if not mask & taken:
                known = best(i + 1, taken | mask, left - 1, so_far + value, known)
        return known

    return best(0, 0, n, 0.0, 0.0)
