"""Rows with coordinates → H3 cells, district and BCU: each distinct point once, and all anew by imported districts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots import geography
from hotspots.base.choices import BESIDE
from hotspots.base.columns import INCIDENTS
from hotspots.base.disk import remove
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import RESOLUTIONS
from hotspots.geography.boundary_files import read_boundaries, save_boundaries
from hotspots.intake.inside import inside_rows, stage_inside
from hotspots.sources.feed import Array
from hotspots.sources.files import Upload
from hotspots.store.held import is_own
from hotspots.store.publishing import new_file, write_table
from hotspots.store.sound import read_stored
from hotspots.store.workspace import FileReport, Manifest, PingDay, Workspace, read_part

ORDER = [c.name for c in INCIDENTS]


@dataclass
class Placer:
    """Places points, remembering those it has seen: anonymised map points repeat from month to month."""

    boundaries: geography.Boundaries
    seen: pd.Index = field(default_factory=lambda: pd.Index([], dtype=np.complex128), init=False)  # lon + i·lat
    cells: dict[int, list[np.ndarray]] = field(default_factory=lambda: {r: [] for r in RESOLUTIONS}, init=False)
    districts: list[np.ndarray] = field(default_factory=list, init=False)

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
        numbers = self.seen.get_indexer(pd.Index(points))
        missing = numbers < 0
        if missing.any():
            new = points[missing]
            lon, lat = np.real(new), np.imag(new)
            for resolution in RESOLUTIONS:
                self.cells[resolution].append(geography.cells_at(lon, lat, resolution))
            self.districts.append(np.asarray(self.boundaries.district_of(lon, lat), dtype=np.int32))
            numbers[missing] = np.arange(len(self.seen), len(self.seen) + len(new))
            self.seen = self.seen.append(pd.Index(new))
        return np.asarray(numbers)


@dataclass(eq=False)
class CellPlacer:
    """Cells and BCU of positions; the district of each cell is looked up once."""

    boundaries: geography.Boundaries
    seen: dict[int, int] = field(default_factory=dict, init=False)

    def place(self, lon: Array, lat: Array) -> dict[str, Array]:
        """cell_9, cell_10, cell_11 and bcu of each position."""
        cells: dict[str, Array] = {f"cell_{r}": geography.cells_at(lon, lat, r) for r in RESOLUTIONS}
        return cells | {"bcu": self.bcu_of(cells["cell_10"])}

    def bcu_of(self, cells: Array) -> Array:
        """The number of its BCU among the force's, by name from 1, 0 outside, for each cell of resolution 10."""
        each, position = np.unique(cells, return_inverse=True)
        missing = np.array([c for c in each.tolist() if c not in self.seen], dtype=np.int64)
        if len(missing):
            order = sorted(self.boundaries.profile.bcus)  # of hotspots.base.columns.PINGS
            numbers = [1 + order.index(b) if b in order else 0 for b in self.boundaries.bcus] + [0]
            found = geography.cell_districts(missing, self.boundaries)  # -1: nowhere
            self.seen.update(zip(missing.tolist(), np.array(numbers)[found].tolist(), strict=True))
        return np.array([self.seen[c] for c in each.tolist()], dtype=np.int8)[position]


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


def stage_boundaries(
    workspace: Workspace, paths: Sequence[Path | Upload]
) -> tuple[Manifest, list[FileReport], list[str]]:
    """Check the polygons, keep them, and place every held row by them."""
    files = [p for p in paths if isinstance(p, Path)]
    tables = [p for p in files if p.suffix.lower() == ".csv"]
    polygons = [p for p in files if p not in tables and p.suffix.lower() not in BESIDE]
    if len(polygons) != 1 or len(tables) > 1 or len(files) != len(paths):
        raise HotspotsError("Give one file of district polygons, and at most one CSV of district and BCU.")
    found = read_boundaries(polygons[0], workspace.profile, tables[0] if tables else None)
    path = new_file(workspace, "boundaries", "districts")
    sha = save_boundaries(found, workspace.folder / path)
    label = f"{polygons[0].name} (sha256 {sha[:12]})"
    notes = [str(n) for n in found.attrs.get("notes", [])]
    if label == workspace.manifest.boundaries_label:
        remove(workspace.folder / path)
        return workspace.manifest, [], [*notes, "These boundaries were imported before; nothing changed."]
    fresh = geography.load_polygons(workspace.folder / path, workspace.profile)
    notes += geography.missing_districts(fresh)
    notes += geography.shrunken_districts(fresh) if found.attrs.get("merged") else []
    manifest = replaced(workspace, Placer(fresh))
    n = sum(p.rows for p in manifest.parts)
    notes.append(f"{len(found)} districts from {polygons[0].name}; {n:,} rows placed by them.")
    if manifest.ping_days:
        manifest = replace(manifest, ping_days=placed_again(workspace, fresh))
        n = sum(d.rows for d in manifest.ping_days)
        notes.append(f"{n:,} positions have the BCU of their cell by these districts.")
    return replace(manifest, boundaries=path, boundaries_label=label), [], notes


def replaced(workspace: Workspace, placer: Placer) -> Manifest:
    """The manifest with every part, and the merged incidents, placed anew."""
    parts, inside = [], {}
    for part in workspace.manifest.parts:
        names = part.file.rsplit("/", 1)[0].split("/"), part.file.rsplit("/", 1)[1].rsplit("-", 1)[0]
        table = placer.place(read_part(workspace, part))
        if part.source == "police-uk" and not is_own(workspace, part.feed):
            inside[part.key] = inside_rows(part.feed, table)
        parts.append(replace(part, file=write_table(workspace, table, *names[0], names[1])))
    merged = workspace.manifest.merged
    if merged:
        rows: pa.Table = placer.place(read_stored(workspace, merged))
        merged = write_table(workspace, rows, "facts", "police-uk", "merged")
    together = stage_inside(workspace, parts, inside, superseded_of(workspace))
    return replace(workspace.manifest, parts=tuple(parts), merged=merged, inside=together)


def superseded_of(workspace: Workspace) -> pd.DataFrame:
    """feed, month and position of the published rows that merged incidents replace."""
    name = workspace.manifest.superseded
    return read_stored(workspace, name).to_pandas() if name else pd.DataFrame(columns=["feed", "month", "position"])


def placed_again(workspace: Workspace, boundaries: geography.Boundaries) -> tuple[PingDay, ...]:
    """The patrol days with the BCU of each position by other boundaries; days without a change keep their file.

    Only the cells of resolution 10 are read to see that, and each cell is looked up once.
    """
    placing = CellPlacer(boundaries)
    days = []
    for day in workspace.manifest.ping_days:
        held = read_stored(workspace, day.file, ["cell_10", "bcu"])
        bcu = placing.bcu_of(held["cell_10"].to_numpy())
        if (bcu != held["bcu"].to_numpy()).any():
            table = read_stored(workspace, day.file)
            table = table.set_column(table.column_names.index("bcu"), "bcu", pa.array(bcu, pa.int8()))
            day = replace(day, file=write_table(workspace, table.combine_chunks(), "facts", "pings", day.day))
        days.append(day)
    return tuple(days)
