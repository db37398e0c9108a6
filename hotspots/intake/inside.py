"""Crimes of other forces' files that lie in the area of the workspace's own force, together in one file.

An answer about one force then reads its own months and this file, however many forces lie beside. A workspace of before
there was such a file is read as it is, and gets one with its next import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.intake.repeats import plain
from hotspots.store.held import BY_FORCE, GONE, OTHER_FORCE, others_parts
from hotspots.store.publishing import write_table
from hotspots.store.sound import read_stored
from hotspots.store.workspace import INCIDENT_SCHEMA, Part, Workspace, read_part

Key = tuple[str, str, int]
POSITION = "position"  # of a row in its part


def inside_rows(feed: str, placed: pa.Table) -> pa.Table:
    """The rows of a part of another force that lie in the force's area, with its name and their position."""
    there = pc.is_valid(placed["bcu"])
    rows = placed.filter(there)
    rows = rows.cast(plain(rows.schema))
    rows = rows.append_column(OTHER_FORCE, pa.array([feed] * len(rows), pa.string()))
    return rows.append_column(POSITION, pa.array(np.flatnonzero(there.to_numpy(zero_copy_only=False))))


def is_missing(workspace: Workspace, parts: Sequence[Part]) -> bool:
    """Whether these parts ask for such a file and the workspace has none."""
    return bool(others_parts(workspace, parts)) and workspace.force not in workspace.manifest.inside


def stage_inside(
    workspace: Workspace, parts: Sequence[Part], fresh: Mapping[Key, pa.Table], superseded: pd.DataFrame
) -> dict[str, str]:
    """Write the file for ``parts`` as they will stand; returns the force and its name, nothing where all is its own.

    ``fresh``: `inside_rows` of the parts that are new; of the others they come from the file before, or their parts.
    ``superseded``: feed, month and position of the published rows that a merged incident replaces.
    """
    others = others_parts(workspace, parts)
    if not others:
        return {}
    before = rows_before(workspace)
    tables = []
    for part in others:
        rows = fresh.get(part.key)
        if rows is None:
            rows = before.get((part.key, part.file))
        tables.append(inside_rows(part.feed, read_part(workspace, part)) if rows is None else rows)
    table = with_gone(pa.concat_tables(tables, promote_options="permissive"), superseded)
    for name in table.column_names:
        if name in INCIDENT_SCHEMA.names and pa.types.is_dictionary(INCIDENT_SCHEMA.field(name).type):
            at = table.column_names.index(name)
            table = table.set_column(at, name, table[name].combine_chunks().dictionary_encode())
    return {workspace.force: write_table(workspace, table.combine_chunks(), "facts", BY_FORCE, "inside")}


def rows_before(workspace: Workspace) -> dict[tuple[Key, str], pa.Table]:
    """The rows that the workspace keeps already, by part and its file."""
    name = workspace.manifest.inside.get(workspace.force)
    if not name:
        return {}
    table = read_stored(workspace, name)
    table = table.cast(plain(table.schema)).drop_columns([GONE])
    groups = table.select([OTHER_FORCE, "month"]).to_pandas().groupby([OTHER_FORCE, "month"]).indices
    none = np.zeros(0, dtype=np.int64)
    return {
        (p.key, p.file): table.take(pa.array(groups.get((p.feed, p.month), none)))
        for p in others_parts(workspace, workspace.manifest.parts)
    }


def with_gone(table: pa.Table, superseded: pd.DataFrame) -> pa.Table:
    """The rows, with whether a merged incident replaces each."""
    at = table.select([OTHER_FORCE, "month", POSITION]).to_pandas()
    taken = pd.MultiIndex.from_frame(superseded[["feed", "month", "position"]])
    return table.append_column(GONE, pa.array(pd.MultiIndex.from_frame(at).isin(taken)))
