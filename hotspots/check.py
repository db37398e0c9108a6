"""Is the workspace whole? What is wrong with it, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from hotspots.workspace import open_workspace, referenced, stored_files


def check_workspace(folder: Path) -> tuple[list[str], list[str]]:
    """(what is wrong, what is only untidy), each a sentence with its remedy. Raises HotspotsError if it cannot open."""
    workspace = open_workspace(folder)
    manifest = workspace.manifest
    wrong, untidy = [], []
    for name in sorted(referenced(manifest)):
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing. Import {came_from(manifest.parts, name)} again.")
            continue
        try:
            rows = pq.ParquetFile(path).metadata.num_rows
            pq.read_table(path)
        except Exception as error:
            wrong.append(f"{name} cannot be read ({str(error)[:80]}). Import {came_from(manifest.parts, name)} again.")
            continue
        for part in manifest.parts:
            if part.file == name and part.rows != rows:
                wrong.append(
                    f"{name} has {rows:,} rows where {part.rows:,} were written. Import {part.came_from} again."
                )
    orphans = sorted(set(stored_files(folder)) - referenced(manifest))
    if orphans:
        untidy.append(
            f"{len(orphans)} files belong to an earlier import and go with the next one: {', '.join(orphans[:3])}."
        )
    return wrong, untidy


def came_from(parts: object, name: str) -> str:
    """The file to import again for a damaged one."""
    from hotspots.workspace import Part

    for part in parts if isinstance(parts, tuple) else ():
        if isinstance(part, Part) and part.file == name:
            return part.came_from or part.feed
    return "the source files"
