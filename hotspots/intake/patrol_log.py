"""Patrol logs into the workspace: entries matched by their number, changed ones updated, in one file of all of them.

A number belongs to its feed: two systems may both have an entry 1. A file that cannot be read stops no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.columns import LOG_ENTRIES, TEXT
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.identity import unit_codes
from hotspots.base.words import counted
from hotspots.geography import Boundaries, boundaries_of
from hotspots.intake import quarantine
from hotspots.intake.outside import refuse_elsewhere
from hotspots.intake.report import file_report, free_name
from hotspots.sources.feed import odd_times
from hotspots.sources.files import Unreadable, Upload, each_table
from hotspots.sources.ids import as_number
from hotspots.sources.mapping import GRID, Mapping, columns_in, place_of
from hotspots.sources.patrol_log import Parsed, hidden, read_patrol_log
from hotspots.sources.raw import RawTable
from hotspots.sources.sheets import LEFT_OUT
from hotspots.store import ledger
from hotspots.store.publishing import write_table
from hotspots.store.sound import is_sound, read_stored
from hotspots.store.workspace import FileReport, Manifest, Workspace

SOURCE = "patrol-log"
COLUMNS = tuple(c.name for c in LOG_ENTRIES)
STORED = pa.schema([*(pa.field(c.name, c.type) for c in LOG_ENTRIES), pa.field("feed", TEXT)])
ORDER = [(c, "ascending") for c in ("start", "entry", "feed")]
FEW_TIMES = 3  # fewer say nothing of how times are written
UNREADABLE = "the file cannot be read"
LEFT_ALONE = 3  # names of files that a sentence shows

Row: TypeAlias = tuple[Any, ...]  # an entry in COLUMNS


@dataclass
class Batch:
    """The feed's entries as they would stand after this import."""

    workspace: Workspace
    mapping: Mapping
    areas: frozenset[str]  # of the frozen registers
    held: dict[str, Row]  # entry number → entry, of this feed
    others: pa.Table  # STORED: entries of other feeds
    boundaries: Boundaries  # of the force
    lost: tuple[FileReport, ...] = ()  # files whose entries a damaged file of the workspace held
    lost_rows: int = 0  # entries in it
    touched: bool = False
    reports: list[FileReport] = field(default_factory=list)
    quarantined: dict[str, pa.Table] = field(default_factory=dict)  # by file
    corrected: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)  # correction → its file → rows
    timed: int = 0  # starts and ends given in this import's files, corrections left out
    unread: int = 0  # of these, those that cannot be read
    odd: tuple[str, str, str] = ("", "", "")  # a file with such a one, it, and the format that would fit


def stage(
    workspace: Workspace,
    paths: Sequence[Path | Upload],
    mapping: Mapping,
    progress: Callable[[str], None],
    left_out: list[str],
) -> tuple[Manifest, list[FileReport]]:
    """Read the files and write all entries aside; returns the manifest that would make them current.

    What is no table of this feed is named in ``left_out``.
    Raises HotspotsError where a file's columns, time zone or coordinates cannot be right, or none can be read.
    """
    batch = opened(workspace, mapping)
    problems: list[str] = []
    unread: list[Unreadable] = []
    for raw in each_table(paths, workspace.settings, left_out, mapping.sought):
        progress(raw.name)
        if isinstance(raw, Unreadable):
            unread.append(raw)
            continue
        try:
            (correct if quarantine.is_correction(raw) else load)(batch, raw)
        except HotspotsError as error:
            problems.extend(error.problems)
    if not batch.reports:
        problems.extend(p for one in unread for p in one.error.problems)
    share = workspace.settings.bad_coordinate_share
    many = batch.timed >= FEW_TIMES or batch.unread == batch.timed
    if not problems and many and batch.unread and batch.unread >= share * batch.timed:
        file, example, fits = batch.odd
        problems.append(odd_times(file, batch.unread, batch.timed, example, fits))
    if problems:
        raise HotspotsError(problems)
    batch.reports.extend(unreadable(batch, free_name(batch.reports, one.name), one.why) for one in unread)
    return finish(batch)


def opened(workspace: Workspace, mapping: Mapping) -> Batch:
    """The entries held. Where their file is damaged, none: then all its sources have to come back."""
    manifest = workspace.manifest
    stored = STORED.empty_table()
    lost: tuple[FileReport, ...] = ()
    lost_rows = 0
    if manifest.patrol_log and is_sound(workspace.folder, manifest, manifest.patrol_log):
        stored = read_stored(workspace, manifest.patrol_log).select(STORED.names).cast(STORED)
    else:
        lost_rows = manifest.patrol_log_rows
        lost = tuple(r for r in manifest.reports if r.source == SOURCE and r.accepted + r.updated + r.unchanged)
    kept = tuple(r for r in manifest.reports if r not in lost)
    if lost or lost_rows:
        workspace = replace(workspace, manifest=replace(manifest, reports=kept, patrol_log="", patrol_log_rows=0))
    mine = pc.equal(stored["feed"], mapping.name)
    held = {row[0]: row for row in rows_of(stored.filter(mine))}
    areas = frozenset(row["area"] for row in ledger.rows(workspace.folder, "register_areas"))
    return Batch(
        workspace, mapping, areas, held, stored.filter(pc.invert(mine)), boundaries_of(workspace), lost, lost_rows
    )


def rows_of(table: pa.Table) -> list[Row]:
    """The entries of a table as tuples in COLUMNS; what is empty is None."""
    return list(zip(*(table[c].to_pylist() for c in COLUMNS), strict=True))


def load(batch: Batch, raw: RawTable) -> None:
    """Stage one file as it was exported."""
    parsed = parse(batch, raw)
    parsed.notes[:] = [hidden(n, parsed.identities) if n.startswith(LEFT_OUT) else n for n in parsed.notes]
    lon, lat = (parsed.table[c].to_numpy() for c in ("lon", "lat"))
    inside = batch.boundaries.district_of(lon, lat) >= 0
    grid = place_of(columns_in(batch.mapping, raw.table.column_names, raw.name)) == GRID
    name = hidden(raw.name, parsed.identities)
    parsed.notes.extend(refuse_elsewhere(lon, lat, inside, grid, batch.boundaries, batch.workspace.settings, name))
    add_file(batch, parsed, free_name(batch.reports, hidden(raw.name, parsed.identities)), raw.sha256)


def correct(batch: Batch, raw: RawTable) -> None:
    """Put corrected quarantine rows back, those of each file on their own: row numbers are a file's own.

    Rows of files of another source are left alone.
    """
    mine = {r.file for r in batch.workspace.manifest.reports if r.source == SOURCE}
    other = {r.file: r.source for r in batch.workspace.manifest.reports if r.file not in mine}
    found = list(quarantine.by_file(raw))
    left = [file for file, _ in found if file in other]
    if len(left) == len(found):
        raise HotspotsError(
            f"{raw.name} holds rows of {sample(left, LEFT_ALONE)}, and none of a patrol log. Import it as"
            f" {', '.join(sorted({other[f] for f in left}))}."
        )
    for file, rows in found:
        if file in other:
            continue
        parsed = parse(batch, rows, lenient=True)
        name = free_name(batch.reports, hidden(raw.name, parsed.identities))
        if left:
            parsed.notes.append(f"Rows of {sample(left, LEFT_ALONE)} are no patrol log and were left alone")
        add_file(batch, parsed, name, raw.sha256, is_correction=True)
        still = parsed.quarantined["source_row"].to_numpy()
        batch.corrected[name] = {file: np.setdiff1d(rows.row_numbers(), still)}


def parse(batch: Batch, raw: RawTable, lenient: bool = False) -> Parsed:
    """The file's entries, identities hashed with the workspace's key."""
    codes = partial(unit_codes, batch.workspace.folder)
    settings = batch.workspace.settings
    parsed = read_patrol_log(raw, batch.mapping, settings, codes, frozen_areas=batch.areas, lenient=lenient)
    if not lenient:
        batch.timed, batch.unread = batch.timed + parsed.timed, batch.unread + parsed.unread
        batch.odd = batch.odd if batch.odd[1] else (raw.name, parsed.odd_time, parsed.fits)
    return parsed


def add_file(batch: Batch, parsed: Parsed, name: str, sha: str, is_correction: bool = False) -> None:
    """Match one file's entries with those held and put the new and changed ones in place."""
    counts = dict.fromkeys(("accepted", "updated", "unchanged"), 0)
    for row in under_held_numbers(batch, parsed):
        was = batch.held.get(row[0])
        counts["accepted" if was is None else "unchanged" if was == row else "updated"] += 1
        batch.held[row[0]] = row
    batch.touched |= counts["accepted"] + counts["updated"] > 0
    before = None if is_correction else quarantine.stored_report(batch.workspace, SOURCE, batch.mapping.name, sha)
    left = quarantine.still_open(batch.workspace, before, parsed.quarantined)
    counts["unchanged"] += len(parsed.quarantined) - len(left)  # quarantined once, and corrected since
    report = file_report(
        name, SOURCE, batch.mapping.name, sha, read=parsed.n_read, repeated=parsed.repeated, quarantined=len(left),
        reasons=quarantine.count_reasons(left), notes=tuple(parsed.notes), **counts,
    )  # fmt: skip
    batch.reports.append(report)
    batch.quarantined[name] = left


def under_held_numbers(batch: Batch, parsed: Parsed) -> list[Row]:
    """The entries of a file; one that says what a held one says, under its number with other leading zeros, is that."""
    rows, names = rows_of(parsed.table), list(batch.held)
    held = dict(zip(as_number(pa.array(names, pa.string())).to_pylist(), names, strict=True))
    numbers = as_number(pa.array([row[0] for row in rows], pa.string())).to_pylist()
    mine = {row[0] for row in rows}
    n = 0
    for i, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        name = held.get(number) if number is not None and row[0] not in batch.held else None
        if name is not None and name not in mine and batch.held[name][1:] == row[1:]:
            rows[i], n = batch.held[name], n + 1
    if n:
        entries = counted(n, "entry has the number", "entries have the numbers")
        parsed.notes.append(
            f"{entries} of a held one with other leading zeros, and says the same: taken for it, as a spreadsheet takes"
            " zeros off; export the numbers as text"
        )
    return rows


def unreadable(batch: Batch, name: str, why: str) -> FileReport:
    """The report of a file that cannot be read. What its reason quotes is left out: it may be a name."""
    why = re.sub(r"'[^']*'", "…", why)
    sha = sha256(f"{name}\x1f{why}".encode()).hexdigest()  # the same fault again is no news
    return file_report(name, SOURCE, batch.mapping.name, sha, reasons={f"{UNREADABLE}: {why}": 0})


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """Write the entries and renew the reports; an import that changed nothing leaves the manifest alone."""
    hashes = {r.sha256 for r in batch.reports}
    missing = [r.file for r in batch.lost if r.sha256 not in hashes]
    if missing or len(batch.held) < batch.lost_rows:
        left = f" Not among those given: {sample(missing, 10)}." if missing else ""
        raise HotspotsError(
            f"The patrol log entries of the workspace ({batch.lost_rows:,}) are missing or damaged, and these files"
            f" bring back {len(batch.held):,}. Restore the workspace from a copy, or import all files of its logs again"
            f" in one go.{left}"
        )
    workspace, manifest = batch.workspace, batch.workspace.manifest
    fresh = {}
    for i, report in enumerate(batch.reports):
        was = quarantine.stored_report(batch.workspace, SOURCE, batch.mapping.name, report.sha256)
        if report.file not in batch.corrected and (was is None or was.quarantined != report.quarantined):
            table = batch.quarantined.get(report.file)
            kept_in = "" if table is None else quarantine.store(workspace, table)
            batch.reports[i] = fresh[report.file] = replace(report, quarantine=kept_in)
        elif was is not None:
            batch.reports[i] = replace(report, quarantine=was.quarantine)
    stored = manifest.reports
    for name, files in batch.corrected.items():
        stored = quarantine.settle(workspace, stored, files, name)
    kept = [r for r in stored if not replaced(batch, r, fresh)]
    reports = (*kept, *fresh.values())
    if not batch.touched and reports == manifest.reports:
        return manifest, batch.reports
    if batch.touched:
        columns = list(zip(*batch.held.values(), strict=True)) or [()] * len(COLUMNS)
        arrays = [pa.array(values, STORED.field(name).type) for name, values in zip(COLUMNS, columns, strict=True)]
        mine = pa.Table.from_arrays([*arrays, pa.array([batch.mapping.name] * len(batch.held), TEXT)], schema=STORED)
        table = pa.concat_tables([batch.others, mine]).sort_by(ORDER).combine_chunks()
        path = write_table(workspace, table, "facts", SOURCE, "entries")
        manifest = replace(manifest, patrol_log=path, patrol_log_rows=len(table))
    return replace(manifest, reports=reports), batch.reports


def replaced(batch: Batch, report: FileReport, fresh: dict[str, FileReport]) -> bool:
    """Whether a stored report gives way to one of this import: of the same file, unless that could not be read."""
    new = fresh.get(report.file)
    if new is None or (report.source, report.feed) != (SOURCE, batch.mapping.name):
        return False
    return new.read > 0 or report.read == 0
