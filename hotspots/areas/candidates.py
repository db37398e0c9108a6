"""From ranked cells to candidate areas: adjoining cells of one BCU joined into those that catch most harm."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots import geography
from hotspots.areas.rules import refuse_cells
from hotspots.areas.search import Ground, Members, best_areas
from hotspots.areas.table import FACTS, bcus_in_order, blank, measured, named
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings

UNITS = 1_000_000_000  # whole units in which the largest cell's harm is counted


@dataclass(frozen=True)
class Limits:
    """What an area may be, and how many each BCU is to have (``per_bcu``: a number for all, or one for each)."""

    max_area_m2: float
    min_share: float  # of its BCU's harm
    min_density: float  # a cell joins where it has more harm per m² than so many times its BCU's mean cell
    per_bcu: int | Mapping[str, int]
    bcus: tuple[str, ...] = ()  # the order in which they come; others after them, by name

    @classmethod
    def of(cls, settings: Settings, bcus: Sequence[str]) -> Limits:
        """The limits of a workspace's settings, for the BCUs of its force."""
        per_bcu = {bcu: settings.areas_in(bcu) for bcu in bcus}
        return cls(settings.max_area_m2, settings.area_min_share, settings.area_min_density, per_bcu, tuple(bcus))

    def wanted(self, bcu: str) -> int:
        """How many areas a BCU is to have."""
        wanted = self.per_bcu if isinstance(self.per_bcu, int) else self.per_bcu.get(bcu, 0)
        if wanted < 0:
            raise HotspotsError(f"{wanted} areas were asked for in {bcu}; ask for 0 or more.")
        return wanted


def candidate_areas(cells: pd.DataFrame, limits: Limits, excluded: Collection[int] = ()) -> pd.DataFrame:
    """Join adjoining cells into the areas that catch most harm. Returns a table in `AREAS`, BCU by BCU, best first.

    ``cells`` has `FACTS`, a row per cell with incidents: cell (int64, one resolution), bcu, harm (the figure to catch,
    such as harm_expected_days; nan counts as 0), n_incidents, harm_days, area_m2, place; harm_expected_days if known.
    Cells without a row are not used, ``excluded`` ones neither (nor cells inside them), but they count in the BCU's
    harm.

    Maximises Σ over the areas' cells of (harmᵢ − d · m · areaᵢ), m being harm per m² over the BCU's cells and
    d being ``min_density``: a cell joins where it has more harm per m² than d times the mean. With d = 0 it is harm
    caught alone, and areas fill up with whatever adjoins. Every area is connected, within ``max_area_m2``, holds at
    least ``min_share`` of its BCU's harm, and lies in one BCU: hot cells on both sides of a line make an area on each.
    How good: `hotspots.areas.search`. Order of rows changes nothing; ties go to the lower cell id.

    Misleads: the areas are the highest of many noisy figures, so that their harm falls afterwards without any
    patrol (regression to the mean). HotspotsError for settings that cannot be met and for tables that are not cells.
    """
    refuse_limits(limits)
    cells = checked_facts(cells)
    smallest = cells["area_m2"].min() if len(cells) else 0.0
    if smallest > limits.max_area_m2:
        raise HotspotsError(
            f"The smallest cell has {smallest:,.0f} m², more than the maximum area of {limits.max_area_m2:,.0f}"
            " m²: no area fits. Use a finer resolution or a larger maximum."
        )
    usable = cells[~inside_excluded(cells["cell"].to_numpy(), excluded)]
    made: list[dict[str, Any]] = []
    for bcu in bcus_in_order(cells["bcu"], limits.bcus):
        mine = usable[usable["bcu"] == bcu].reset_index(drop=True)
        ground = ground_of(mine, cells[cells["bcu"] == bcu], limits)
        found = [mine["cell"].to_numpy()[sorted(m)] for m in best_areas(ground, limits.wanted(bcu))]
        found.sort(key=lambda c: (-round(float(mine.loc[mine["cell"].isin(c), "harm"].sum()), 6), c[0]))
        made += [{"area": f"{bcu}-{i:02d}", "bcu": bcu, "cells": geography.hex_ids(c)} for i, c in enumerate(found, 1)]
    return named(measured(blank(made), cells), cells)


def inside_excluded(cells: ArrayLike, excluded: Collection[int]) -> NDArray[np.bool_]:
    """Which cells are excluded themselves or lie inside an excluded cell of a coarser resolution."""
    from h3.api import basic_int as h3

    cells = np.asarray(cells, dtype=np.int64)
    out = np.zeros(len(cells), dtype=bool)
    fine = geography.resolution_of(cells)
    shut = {int(c) for c in excluded}
    for resolution in {int(r) for r in geography.resolution_of(list(shut))}:
        within = np.flatnonzero(fine >= resolution)
        inside = [h3.cell_to_parent(c, resolution) in shut for c in cells[within].tolist()]
        out[within] |= np.array(inside, dtype=bool)
    return out


def refuse_limits(limits: Limits) -> None:
    problems = []
    if not 0 < limits.max_area_m2 < float("inf"):
        problems.append(f"The maximum area is {limits.max_area_m2}; it must be a number of m² above 0.")
    if not 0 <= limits.min_share <= 1:
        problems.append(f"The minimum share of harm is {limits.min_share}; it must lie between 0 and 1.")
    if not 0 <= limits.min_density < float("inf"):
        problems.append(f"The least harm per m² is {limits.min_density} times the mean; it must be 0 or more.")
    if problems:
        raise HotspotsError(problems)


def checked_facts(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells in order of cell id, without those of no BCU; the harm is never unknown."""
    if missing := [c for c in FACTS if c not in cells.columns]:
        raise HotspotsError(f"The table of cells has no column {sample(missing)}; areas need {', '.join(FACTS)}.")
    cells = cells.sort_values("cell", ignore_index=True)
    refuse_cells(geography.hex_ids(cells["cell"].to_numpy()), "The table of cells")
    cells = cells.assign(harm=cells["harm"].fillna(0.0).astype(float))
    if (cells["harm"] < 0).any() or np.isinf(cells["harm"]).any():
        raise HotspotsError("The table of cells has harm below 0 or without end: areas cannot be made of it.")
    return cells[cells["bcu"].fillna("").astype(str) != ""].reset_index(drop=True)


def ground_of(mine: pd.DataFrame, whole: pd.DataFrame, limits: Limits) -> Ground:
    """The usable cells of a BCU in whole units; ``whole`` are all its cells, excluded ones too."""
    harm, area = mine["harm"].to_numpy(dtype=float), mine["area_m2"].to_numpy(dtype=float)
    largest = whole["harm"].max() if len(whole) and whole["harm"].max() > 0 else 1.0
    total = float(np.sort(whole["harm"].to_numpy()).sum())
    mean = total / float(np.sort(whole["area_m2"].to_numpy()).sum()) if len(whole) else 0.0
    gain = harm - limits.min_density * mean * area

    def units(figures: NDArray[np.float64]) -> tuple[int, ...]:
        return tuple(int(v) for v in np.rint(figures / largest * UNITS))

    areas = np.rint(area * 10).astype(int)
    most = int(limits.max_area_m2 * 10 // max(areas.min(), 1)) if len(areas) else 0
    return Ground(
        neighbours=adjoining(mine["cell"].to_numpy()),
        value=units(gain),
        harm=units(harm),
        area=tuple(areas.tolist()),
        max_area=int(limits.max_area_m2 * 10),
        min_harm=max(int(np.floor(limits.min_share * total / largest * UNITS)) - most, 1),  # each cell is rounded
    )


def adjoining(cells: NDArray[np.int64]) -> tuple[Members, ...]:
    """The positions that adjoin each cell."""
    rows, columns = geography.neighbour_pairs(cells)
    found: list[set[int]] = [set() for _ in cells]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        found[row].add(column)
    return tuple(frozenset(f) for f in found)
