"""District polygons into the workspace; every fact already held is placed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.geography.boundary_files import read_boundaries, save_boundaries
from hotspots.intake.pings import placed_again
from hotspots.intake.place import Placer
from hotspots.sources.files import Upload
from hotspots.store.workspace import FileReport, Manifest, Workspace, new_file, read_part, write_table


def stage(workspace: Workspace, paths: Sequence[Path | Upload]) -> tuple[Manifest, list[FileReport], list[str]]:
    """Check the polygons, keep them, and place every held row by them."""
    files = [p for p in paths if isinstance(p, Path)]
    tables = [p for p in files if p.suffix.lower() == ".csv"]
    polygons = [p for p in files if p not in tables]
    if len(polygons) != 1 or len(tables) > 1 or len(files) != len(paths):
        raise HotspotsError("Give one file of district polygons, and at most one CSV of district and BCU.")
    found = read_boundaries(polygons[0], tables[0] if tables else None)
    path = new_file(workspace, "boundaries", "districts")
    sha = save_boundaries(found, workspace.folder / path)
    label = f"{polygons[0].name} (sha256 {sha[:12]})"
    notes = [str(n) for n in found.attrs.get("notes", [])]
    if label == workspace.manifest.boundaries_label:
        (workspace.folder / path).unlink()
        return workspace.manifest, [], [*notes, "These boundaries were imported before; nothing changed."]
    fresh = geography.load_polygons(workspace.folder / path)
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
    parts = []
    for part in workspace.manifest.parts:
        names = part.file.rsplit("/", 1)[0].split("/"), part.file.rsplit("/", 1)[1].rsplit("-", 1)[0]
        table = placer.place(read_part(workspace.folder, part))
        parts.append(replace(part, file=write_table(workspace, table, *names[0], names[1])))
    merged = workspace.manifest.merged
    if merged:
        rows: pa.Table = placer.place(pq.read_table(workspace.folder / merged))
        merged = write_table(workspace, rows, "facts", "police-uk", "merged")
    return replace(workspace.manifest, parts=tuple(parts), merged=merged)
