"""What a workspace holds of its own force. Files of other forces may lie beside, and make no month held.

data.police.uk publishes a file per force and month; the British Transport Police has one for all of Great Britain. An
answer is about one force: its months are those of its own files, and of the others' files only the crimes that lie in
its area count, each once. Every other source is the force's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.forces import same_force
from hotspots.base.months import month_text, months_between
from hotspots.base.words import counted, joined
from hotspots.store.sound import opened
from hotspots.store.workspace import (
    INCIDENT_SCHEMA,
    Part,
    Workspace,
    in_months,
    read_incidents,
    read_merged,
    read_part,
    superseded_rows,
    wanted_part,
    without_rows,
)

BY_FORCE = "police-uk"  # the one source that has files of several forces
GONE = "gone"  # whether a merged incident replaces a row of the file of `hotspots.intake.inside`
UNNAMED = "another force"  # in place of its name, where several files give the crime
OTHER_FORCE = "other_force"  # column of `own_incidents`: the force whose file gives the row, null for its own


def is_own(workspace: Workspace, feed: str) -> bool:
    """Whether a feed of data.police.uk is the workspace's own force."""
    return feed in own_feeds(workspace, [feed])


def own_feeds(workspace: Workspace, feeds: Iterable[str]) -> frozenset[str]:
    """Those of the feeds of data.police.uk that are the workspace's own force."""
    force = workspace.force
    return frozenset(feed for feed in set(feeds) if not force or same_force(feed, force))


def own_parts(workspace: Workspace, source: str) -> list[Part]:
    """The facts of a source that are the force's own."""
    parts = [p for p in workspace.manifest.parts if p.source == source]
    if source != BY_FORCE:
        return parts
    own = own_feeds(workspace, (p.feed for p in parts))
    return [p for p in parts if p.feed in own]


def others_parts(workspace: Workspace, parts: Iterable[Part]) -> list[Part]:
    """Those of the parts that are another force's."""
    of_forces = [p for p in parts if p.source == BY_FORCE]
    own = own_feeds(workspace, (p.feed for p in of_forces))
    return [p for p in of_forces if p.feed not in own]


def months_held(workspace: Workspace, source: str) -> list[int]:
    """Months for which the workspace holds this source of its own force, oldest first."""
    return sorted({p.month for p in own_parts(workspace, source)})


def sources_held(workspace: Workspace) -> tuple[str, ...]:
    """The sources of incidents that a question can be about."""
    return tuple(s for s in workspace.manifest.sources if months_held(workspace, s))


def own_breaks(workspace: Workspace, source: str) -> list[int]:
    """Months in which the map points of the force's own files changed, oldest first."""
    breaks = workspace.manifest.breaks if source == BY_FORCE else ()
    own = own_feeds(workspace, (feed for feed, _, _ in breaks))
    return sorted({month for feed, month, _ in breaks if feed in own})


def months_of_others(workspace: Workspace) -> dict[str, list[int]]:
    """The months held of each other force, oldest first, by its name."""
    found: dict[str, set[int]] = {}
    for part in others_parts(workspace, workspace.manifest.parts):
        found.setdefault(part.feed, set()).add(part.month)
    return {force: sorted(found[force]) for force in sorted(found)}


def gap_words(workspace: Workspace, months: Sequence[int] = ()) -> list[str]:
    """Months for which the force has no file and another one has, in a sentence; those of ``months``, or of all."""
    others, held = months_of_others(workspace), set(months_held(workspace, BY_FORCE))
    if not others or not held:
        return []
    asked = set(months or months_between(min(held), max(held)))
    gaps = sorted(asked - held & asked & {m for found in others.values() for m in found})
    if not gaps:
        return []
    who = few(force for force, found in others.items() if set(found) & set(gaps))
    return [f"{workspace.force} has no file for {listed(gaps)}, though {who} has: those months are missing, not zero."]


def uneven_words(workspace: Workspace, forces: Iterable[str], months: Sequence[int]) -> list[str]:
    """Other forces whose crimes count and whose files do not cover these months, in sentences."""
    others = months_of_others(workspace)
    without = {f: sorted(set(months) - set(others[f])) for f in forces if f in others}
    return [
        f"{force} has no file for {listed(gaps)}: its crimes in the force area count in the other months only."
        for force, gaps in without.items()
        if gaps
    ]


def listed(months: Sequence[int]) -> str:
    return ", ".join(map(month_text, months[:6])) + (" …" if len(months) > 6 else "")


def few(names: Iterable[str], most: int = 3) -> str:
    """'A, B, C and 2 more'."""
    each = list(names)
    return joined([*each[:most], f"{len(each) - most} more"] if len(each) > most else each)


def force_words(workspace: Workspace) -> list[str]:
    """Whose files of data.police.uk the workspace holds, in sentences; nothing where they are all the force's own."""
    others, held = months_of_others(workspace), months_held(workspace, BY_FORCE)
    if not others:
        return []
    own = f"{counted(len(held), 'month')}, {span(held)}" if held else "no file"
    months = sorted({m for found in others.values() for m in found})
    beside = f"of {counted(len(others), 'other force')} ({few(others)}): {span(months)}"
    return [
        f"{workspace.force}: {own}. Files {beside}; of these only crimes in the force area count, and their months are"
        " not held for it.",
        *gap_words(workspace),
    ]


def span(months: Sequence[int]) -> str:
    return f"{month_text(months[0])} to {month_text(months[-1])}"


def none_of_ours(workspace: Workspace) -> str:
    """What to do where the workspace holds files of other forces only; '' where it is not so."""
    others = months_of_others(workspace)
    if sources_held(workspace) or not others:
        return ""
    return (
        f"The workspace holds files of {few(others)}, and none of {workspace.force}, which it is of. Import the"
        " force's own files."
    )


def own_incidents(
    workspace: Workspace, columns: Sequence[str], source: str, months: tuple[int, int] | None = None
) -> pa.Table:
    """Offence rows of the force, each incident once, as `hotspots.store.workspace.read_incidents` gives them.

    Rows of another force's file come last, only those in the force's area, with its name in the column OTHER_FORCE,
    which is there where the workspace holds such files.
    """
    if source != BY_FORCE or not months_of_others(workspace):
        return read_incidents(workspace, columns, source, months)
    mine, gone = own_rows(workspace, columns, months)
    merged = read_merged(workspace, sorted({*columns, "record", "bcu"}), months)
    ours = pc.is_in(merged["record"], gone)
    inside = pc.and_(pc.invert(ours), pc.is_valid(merged["bcu"]))
    tables = [*mine, merged.filter(ours).select(list(columns)), *rows_inside(workspace, columns, months)]
    tables += [named(merged.filter(inside).select(list(columns)), UNNAMED)]
    tables = [t for t in tables if len(t)] or tables[-1:]
    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().combine_chunks()


def own_rows(
    workspace: Workspace, columns: Sequence[str], months: tuple[int, int] | None
) -> tuple[list[pa.Table], pa.Array]:
    """(the rows of the force's own files that no merged incident replaces, the record numbers of those it does)."""
    parts = own_parts(workspace, BY_FORCE)
    dropped = superseded_rows(workspace, {p.feed for p in parts})
    tables, gone = [], [np.zeros(0, dtype=np.int64)]
    for part in parts:
        at = dropped.get(part.key)
        if at is not None:
            gone.append(read_part(workspace, part, ["record"])["record"].to_numpy()[at.to_numpy()])
        if wanted_part(part, None, months):
            table = read_part(workspace, part, columns)
            tables.append(table if at is None else without_rows(table, at))
    return tables, pa.array(np.concatenate(gone))


def rows_inside(workspace: Workspace, columns: Sequence[str], months: tuple[int, int] | None) -> list[pa.Table]:
    """The rows of other forces' files that lie in the force's area and that no merged incident replaces."""
    if name := workspace.manifest.inside.get(workspace.force):
        return rows_together(workspace, name, columns, months)
    dropped = superseded_rows(workspace)  # a workspace of before there was such a file
    tables = []
    for part in others_parts(workspace, workspace.manifest.parts):
        if wanted_part(part, None, months):
            table = read_part(workspace, part, sorted({*columns, "bcu"}))
            at = dropped.get(part.key)
            table = table if at is None else without_rows(table, at)
            table = table.filter(pc.is_valid(table["bcu"])).select(list(columns))
            tables += [named(table, part.feed)] if len(table) else []
    return tables


def rows_together(
    workspace: Workspace, name: str, columns: Sequence[str], months: tuple[int, int] | None
) -> list[pa.Table]:
    """The same from the file that has them together."""
    with opened(workspace, name) as file:
        there = file.schema_arrow.names
        table = file.read(columns=[c for c in {*columns, "month", OTHER_FORCE, GONE} if c in there])
    table = table.filter(pc.invert(table[GONE]))
    table = in_months(table, months)
    for column in columns:
        if column not in there:
            table = table.append_column(column, pa.nulls(len(table), INCIDENT_SCHEMA.field(column).type))
    return [table.select([*columns, OTHER_FORCE])] if len(table) else []


def named(table: pa.Table, force: str) -> pa.Table:
    """The rows with the force whose file they are from."""
    return table.append_column(OTHER_FORCE, pa.array([force] * len(table), pa.string()))
