"""Rows with coordinates → H3 cells, district and BCU. Each distinct point is worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots import geography
from hotspots.base.columns import INCIDENTS
from hotspots.base.settings import RESOLUTIONS
from hotspots.store.workspace import Workspace

ORDER = [c.name for c in INCIDENTS]


def boundaries_of(workspace: Workspace) -> geography.Boundaries:
    """The district polygons imported into this workspace, else the shipped H3 cover."""
    if workspace.manifest.boundaries:
        return geography.load_polygons(workspace.folder / workspace.manifest.boundaries)
    return geography.load_cover()


@dataclass
class Placer:
    """Places points, remembering those it has seen: anonymised map points repeat from month to month."""

    boundaries: geography.Boundaries
    known: pd.Index = field(default_factory=lambda: pd.Index([], dtype=np.complex128))  # lon + i·lat
    cells: dict[int, list[np.ndarray]] = field(default_factory=lambda: {r: [] for r in RESOLUTIONS})
    districts: list[np.ndarray] = field(default_factory=list)

    def place(self, table: pa.Table) -> pa.Table:
        """The table with cell_9, cell_10, cell_11, district and bcu filled in from lon and lat."""
        lon, lat = (table[c].to_numpy(zero_copy_only=False) for c in ("lon", "lat"))
        has_place = ~np.isnan(lon)
        codes, points = pd.factorize(lon[has_place] + 1j * lat[has_place])
        numbers = self.numbers_of(points)[codes]
        for resolution in RESOLUTIONS:
            cells = np.zeros(len(lon), dtype=np.int64)
            if len(points):
                cells[has_place] = np.concatenate(self.cells[resolution])[numbers]
            table = put(table, f"cell_{resolution}", pa.array(cells))
        district = np.full(len(lon), -1, dtype=np.int32)
        if len(points):
            district[has_place] = np.concatenate(self.districts)[numbers]
        table = put(table, "district", coded(district, self.boundaries.districts))
        table = put(table, "bcu", coded(district, self.boundaries.bcus))
        return in_order(table)

    def numbers_of(self, points: np.ndarray) -> np.ndarray:
        """Our number for each distinct point; new ones are indexed and looked up here."""
        numbers = self.known.get_indexer(pd.Index(points))
        missing = numbers < 0
        if missing.any():
            new = points[missing]
            lon, lat = np.real(new), np.imag(new)
            for resolution in RESOLUTIONS:
                self.cells[resolution].append(geography.cells_at(lon, lat, resolution))
            self.districts.append(np.asarray(self.boundaries.district_of(lon, lat), dtype=np.int32))
            numbers[missing] = np.arange(len(self.known), len(self.known) + len(new))
            self.known = self.known.append(pd.Index(new))
        return np.asarray(numbers)


def coded(numbers: np.ndarray, names: tuple[str, ...]) -> pa.DictionaryArray:
    """Numbers into ``names`` as repeated text, -1 as empty; equal names share one code."""
    distinct = sorted(set(names))
    code = np.array([*(distinct.index(n) for n in names), -1], dtype=np.int32)[numbers]
    return pa.DictionaryArray.from_arrays(pa.array(code, mask=code < 0), pa.array(distinct, pa.string()))


def put(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The table with this column added or replaced."""
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def in_order(table: pa.Table) -> pa.Table:
    """Columns in the order of hotspots.base.columns.INCIDENTS, others after them."""
    names = table.column_names
    return table.select([c for c in ORDER if c in names] + [c for c in names if c not in ORDER])
