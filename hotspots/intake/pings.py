"""Officers' positions into the workspace: one file per patrol day, and an import touches only the days it brings.

Files are read one after the other and their rows put down by patrol day; each day is then made whole once
(`hotspots.intake.ping_days`) and written aside. A file that cannot be read is left out and told; the others load.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hotspots import geography
from hotspots.base.choices import BCUS
from hotspots.base.clock import day_numbers, day_text
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.identity import SECRET, unit_codes, unit_text
from hotspots.base.settings import RESOLUTIONS
from hotspots.intake import quarantine
from hotspots.intake.ping_days import ACCEPTED, QUARANTINED, UPDATED, Merged, merge_day
from hotspots.intake.place import boundaries_of
from hotspots.intake.police_uk import check_sum
from hotspots.intake.repair import sound_day
from hotspots.sources.feed import odd_times
from hotspots.sources.files import Unreadable, Upload, each_table
from hotspots.sources.mapping import GRID, PLACES, Mapping, place_of
from hotspots.sources.pings import OFFICERS_KNOWN, SPEED_KNOWN, Parsed, read_pings
from hotspots.sources.reading import RawTable, read_typed
from hotspots.store.workspace import FileReport, Manifest, PingDay, Workspace, damaged_day, read_ping_day, write_table

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

SOURCE = "pings"
BCU_NUMBERS = {bcu: i for i, bcu in enumerate(sorted(BCUS), 1)}  # of hotspots.base.columns.PINGS
MOST_IN_MEMORY = 20_000_000  # rows, of about 50 bytes; more of them are put on the disk until their day is made
SCRATCH = "positions-"  # folders in the workspace's cache, while an import runs
NAMES_KEPT = 20  # of the files that a day came from
SENTENCES = 20  # of an import that is refused


@dataclass(eq=False)
class Given:
    """One file of this import, and what becomes of its rows."""

    name: str
    sha: str
    parsed: Parsed | None = None  # without its table; None: the file cannot be read
    why: str = ""  # it cannot be read
    mends: str = ""  # name of the file whose quarantined rows these are
    sent: Array | None = None  # of a mend: the row numbers it brings
    counts: Array = field(default_factory=lambda: np.zeros(5, dtype=np.int64))  # by outcome
    outside: int = 0
    aside: list[pa.Table] = field(default_factory=list)  # rows that only their day showed to be wrong


@dataclass(eq=False)
class Placing:
    """Cells and BCU of positions; the district of each cell is looked up once."""

    boundaries: geography.Boundaries
    known: dict[int, int] = field(default_factory=dict)

    def place(self, lon: Array, lat: Array) -> dict[str, Array]:
        """cell_9, cell_10, cell_11 and bcu of each position."""
        cells: dict[str, Array] = {f"cell_{r}": geography.cells_at(lon, lat, r) for r in RESOLUTIONS}
        return cells | {"bcu": self.bcu_of(cells["cell_10"])}

    def bcu_of(self, cells: Array) -> Array:
        """1 East, 2 South, 3 West, 0 outside the force, for each cell of resolution 10."""
        each, position = np.unique(cells, return_inverse=True)
        missing = np.array([c for c in each.tolist() if c not in self.known], dtype=np.int64)
        if len(missing):
            numbers = [BCU_NUMBERS.get(b, 0) for b in self.boundaries.bcus] + [0]
            found = geography.cell_districts(missing, self.boundaries)  # -1: nowhere
            self.known.update(zip(missing.tolist(), np.array(numbers)[found].tolist(), strict=True))
        return np.array([self.known[c] for c in each.tolist()], dtype=np.int8)[position]


@dataclass(eq=False)
class Rows:
    """New rows by patrol day, in memory, or on the disk when they are many."""

    folder: Path
    days: dict[int, list[pa.Table | Path]] = field(default_factory=dict)
    held: int = 0

    def add(self, table: pa.Table, days: Array) -> None:
        order = np.argsort(days, kind="stable")
        cuts = np.append(np.flatnonzero(np.append(True, np.diff(days[order]) != 0)), len(order))
        rows = table if len(cuts) <= 2 else table.take(pa.array(order))
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            self.days.setdefault(int(days[order[start]]), []).append(rows.slice(start, end - start))
        self.held += len(table)
        if self.held > MOST_IN_MEMORY:
            self.put_down()

    def put_down(self) -> None:
        """Move everything to the disk."""
        for day, pieces in self.days.items():
            tables = [p for p in pieces if isinstance(p, pa.Table)]
            if tables:
                path = self.folder / f"{day}-{len(pieces)}.parquet"
                pq.write_table(pa.concat_tables(tables), path, compression="zstd", use_dictionary=False)
                self.days[day] = [*(p for p in pieces if isinstance(p, Path)), path]
        self.held = 0

    def take(self, day: int) -> pa.Table:
        """The new rows of a day, which are given up here."""
        pieces = self.days.pop(day)
        tables = [pq.read_table(p, memory_map=False) if isinstance(p, Path) else p for p in pieces]
        return pa.concat_tables(tables).combine_chunks()


@dataclass(eq=False)
class Batch:
    """An import while it runs."""

    workspace: Workspace
    mapping: Mapping
    rows: Rows
    codes: dict[str | None, int] = field(default_factory=lambda: {None: 0})  # unit as named → its number
    words: dict[str, int] = field(default_factory=dict)  # texts of the status
    files: list[Given] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)  # sentences about files with wrong coordinates
    reports: dict[str, FileReport] = field(default_factory=dict)  # of earlier imports of this feed, by the file's hash
    stored: dict[str, str] = field(default_factory=dict)  # file of an earlier import → its hash
    taken: set[str] = field(default_factory=set)  # names of this import's files
    days: list[PingDay] = field(default_factory=list)  # as they will stand, of those changed
    odd_held: int = 0

    def unit_numbers(self, names: Sequence[str | None]) -> Array:
        new = [n for n in dict.fromkeys(names) if n not in self.codes]
        if new:
            self.codes.update(zip(new, unit_codes(self.workspace.folder, new).tolist(), strict=True))
        return np.array([self.codes[n] for n in names], dtype=np.int64)


def stage(
    workspace: Workspace,
    paths: Sequence[Path | Upload],
    mapping: Mapping,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[Manifest, list[FileReport], list[str]]:
    """Read the files and write the patrol days they change aside; returns the manifest that would make them current.

    Raises HotspotsError where no file can be read, a file lacks columns or a time zone, most coordinates are wrong, or
    a day that would be changed is damaged.
    """
    notes = lost_key(workspace)
    with scratch(workspace.folder) as folder:
        batch = new_batch(workspace, mapping, Path(folder))
        for table in each_table(paths, workspace.settings, batch.skipped, read_typed):
            progress(table.name)
            add(batch, table)
        refuse(batch)
        make_days(batch, progress)
    manifest, reports = finish(batch)
    return manifest, reports, [*notes, *summary(batch, manifest)]


def new_batch(workspace: Workspace, mapping: Mapping, folder: Path) -> Batch:
    """An import without a file yet, which knows the reports of those before it."""
    ours = [r for r in workspace.manifest.reports if r.source == SOURCE]
    return Batch(
        workspace,
        mapping,
        Rows(folder),
        reports={r.sha256: r for r in reversed(ours) if r.feed == mapping.name},
        stored={r.file: r.sha256 for r in ours if r.read},
    )


def scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for rows on their way; what a killed import left behind goes first."""
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    for old in cache.glob(f"{SCRATCH}*"):
        shutil.rmtree(old, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=cache, ignore_cleanup_errors=True)


def lost_key(workspace: Workspace) -> list[str]:
    """A sentence where units were imported before and the key they were hashed with is gone."""
    manifest = workspace.manifest
    if (manifest.ping_days or manifest.patrol_log) and not (workspace.folder / SECRET).exists():
        return [
            f"{SECRET} was missing from the workspace and a new one was made: units imported before and units imported"
            " from now on cannot be matched. If there is a copy of the old one, put it back and import again."
        ]
    return []


# ---------------------------------------------------------------- files


def add(batch: Batch, raw: RawTable | Unreadable) -> None:
    """One file: its rows go to their days, or it is noted as unreadable. Problems of the request are collected."""
    if isinstance(raw, Unreadable):
        accept(batch, Given(own_name(batch, raw.name, raw.sha256), raw.sha256, why=raw.why))
        return
    try:
        if quarantine.is_mend(raw):
            mend(batch, raw)
        else:
            load(batch, raw)
    except HotspotsError as error:
        batch.problems.extend(error.problems)


def load(batch: Batch, raw: RawTable) -> None:
    parsed = read_pings(raw, batch.mapping, batch.workspace.settings, batch.unit_numbers, batch.words)
    name = own_name(batch, hidden(raw.name, parsed.units, batch.codes), raw.sha256)
    put(batch, Given(name, raw.sha256), parsed)
    batch.misplaced += parsed.refusal


def put(batch: Batch, given: Given, parsed: Parsed) -> None:
    """Put the rows of a file to their days."""
    number = pa.array(np.full(len(parsed.table), len(batch.files), dtype=np.int32))
    if len(parsed.table):
        days = day_numbers(parsed.table["t"].to_numpy(), batch.workspace.settings)
        batch.rows.add(parsed.table.append_column("file", number), days)
    given.parsed = replace(parsed, table=parsed.table.slice(0, 0))
    accept(batch, given)


def accept(batch: Batch, given: Given) -> None:
    batch.files.append(given)
    batch.taken.add(given.name)


def mend(batch: Batch, raw: RawTable) -> None:
    """Mended rows of the quarantine download go back; rows of other sources that came with them are left alone."""
    ours = {r.file for r in batch.reports.values()}
    others = 0
    found = False
    for file, rows in quarantine.by_file(raw):
        if file not in ours:
            others += len(rows.table)
            continue
        found = True
        parsed = read_pings(
            replace(rows, table=one_place(rows.table)), batch.mapping, batch.workspace.settings, batch.unit_numbers,
            batch.words,
        )  # fmt: skip
        given = Given(own_name(batch, raw.name, ""), raw.sha256, mends=file, sent=rows.row_numbers())
        put(batch, given, parsed)
    if not found:
        raise HotspotsError(
            f"{raw.name} mends rows of files that were never imported as positions of feed '{batch.mapping.name}'."
            " Import it with the source and the mapping that those files had."
        )
    if others:
        assert batch.files[-1].parsed is not None
        batch.files[-1].parsed.notes.append(
            f"{others:,} rows belong to files of other sources or feeds and were left out"
        )


def one_place(table: pa.Table) -> pa.Table:
    """A mend of files with degrees and files with metres has both; each row's file had one of them."""
    empty = {name for name in PLACES if name in table.column_names and table[name].null_count == len(table)}
    pair = place_of(dict.fromkeys([n for n in table.column_names if n not in empty], ()))
    return table if pair is None else table.drop_columns([n for n in empty if n not in pair])


def own_name(batch: Batch, name: str, sha: str) -> str:
    """The file's name, with a number behind it where a file with other content has it: rows set aside go by it."""

    def free(one: str) -> bool:
        return one not in batch.taken and batch.stored.get(one, sha) == sha

    numbered = (f"{name} ({i})" for i in range(2, len(batch.taken) + len(batch.stored) + 3))
    before = (n for n in batch.stored if batch.stored[n] == sha and n.startswith(name))
    return next(n for n in chain([name] if free(name) else [], before, numbered) if free(n))


def hidden(name: str, units: Sequence[str], codes: dict[str | None, int]) -> str:
    """A file's name without the units it is named after: 'AB12.csv' → 'unit-3f….csv'."""
    for unit in sorted(units, key=len, reverse=True):
        plain = " ".join(unit.split())
        if (plain.isdigit() and len(plain) < 3 and Path(name).stem != plain) or not codes.get(unit):
            continue
        if plain.casefold() in name.casefold():
            apart = rf"(?<![^\W_]){re.escape(plain)}(?![^\W_])"
            name = re.sub(apart, unit_text(codes[unit]), name, flags=re.IGNORECASE)
    return name


def refuse(batch: Batch) -> None:
    """Stop where the import as a whole cannot be right."""
    if batch.problems:
        more = len(batch.problems) - SENTENCES
        rest = [f"There are {more:,} more problems like these."] if more > 0 else []
        raise HotspotsError([*batch.problems[:SENTENCES], *rest])
    broken = [f for f in batch.files if f.parsed is None]
    if len(broken) == len(batch.files):
        raise HotspotsError([f.why for f in broken[:SENTENCES]])
    parsed = [f.parsed for f in batch.files if f.parsed is not None and not f.mends]
    located, misplaced = sum(p.located for p in parsed), sum(p.misplaced for p in parsed)
    if misplaced and misplaced >= batch.workspace.settings.bad_coordinate_share * located:
        raise HotspotsError(batch.misplaced[:SENTENCES])
    timed, unread = sum(p.timed for p in parsed), sum(p.unread for p in parsed)
    if unread and unread >= batch.workspace.settings.bad_coordinate_share * timed:
        worst = max((f for f in batch.files if f.parsed is not None), key=lambda f: f.parsed.unread if f.parsed else 0)
        assert worst.parsed is not None
        raise HotspotsError(odd_times(worst.name, unread, timed, worst.parsed.odd_time))


# ---------------------------------------------------------------- days


def make_days(batch: Batch, progress: Callable[[str], None]) -> None:
    """Each patrol day with new rows, made whole and written aside where it changed."""
    workspace = batch.workspace
    placing = Placing(boundaries_of(workspace))
    held = {d.day: d for d in workspace.manifest.ping_days}
    for number in sorted(batch.rows.days):
        day = day_text(number)
        progress(f"patrol day {day}")
        new = batch.rows.take(number)
        old = held.get(day)
        sound = old is not None and sound_day(workspace, old)
        before = read_ping_day(workspace.folder, old) if old is not None and sound else None
        merged = merge_day(before, new, workspace.settings, placing.place)
        account(batch, new, merged)
        if old is not None and not sound and (merged.table is None or len(merged.table) < old.rows):
            raise HotspotsError(f"The positions of {day} {damaged_day(old)}")
        if merged.table is not None and len(merged.table):
            batch.days.append(write_day(batch, day, old, new, merged))


def write_day(batch: Batch, day: str, old: PingDay | None, new: pa.Table, merged: Merged) -> PingDay:
    assert merged.table is not None
    path = write_table(batch.workspace, merged.table, "facts", SOURCE, day)
    told = np.unique(new["file"].to_numpy()[np.isin(merged.outcome, (ACCEPTED, UPDATED))])
    names = [] if old is None else old.came_from.split("; ")
    names = list(dict.fromkeys([*names, *(batch.files[i].mends or batch.files[i].name for i in told.tolist())]))
    if len(names) > NAMES_KEPT:
        names = [*[n for n in names if n != "and others"][:NAMES_KEPT], "and others"]
    units = len(pc.unique(merged.table["unit"]))
    return PingDay(day, path, len(merged.table), units, "; ".join(names))


def account(batch: Batch, new: pa.Table, merged: Merged) -> None:
    """Count what became of the new rows of a day, by file, and keep those set aside."""
    file = new["file"].to_numpy()
    counts = np.bincount(file.astype(np.int64) * 5 + merged.outcome, minlength=5 * len(batch.files)).reshape(-1, 5)
    outside = np.bincount(file[merged.outside], minlength=len(batch.files))
    for i in np.flatnonzero(counts.sum(axis=1)).tolist():
        batch.files[i].counts += counts[i]
        batch.files[i].outside += int(outside[i])
    batch.odd_held += merged.odd_held
    at = np.array(sorted(merged.reasons), dtype=np.int64)
    if len(at) != int((merged.outcome == QUARANTINED).sum()):
        raise RuntimeError("rows of a patrol day were set aside without a reason")
    words = list(batch.words)
    for i in np.unique(file[at]).tolist():
        mine = at[file[at] == i]
        rows = as_text(batch, batch.files[i], new.take(pa.array(mine)), words)
        reasons = pa.array([merged.reasons[k] for k in mine.tolist()], pa.string())
        batch.files[i].aside.append(rows.add_column(1, "reason", reasons))


def as_text(batch: Batch, given: Given, rows: pa.Table, words: list[str]) -> pa.Table:
    """Rows as their file could have given them: its column names, ISO times in UTC, its unit of speed."""
    assert given.parsed is not None
    columns = given.parsed.columns
    known, lon, lat = (rows[c].to_numpy() for c in ("known", "lon", "lat"))
    times = pc.strftime(rows["t"].cast(pa.timestamp("s", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    speeds = np.round(rows["speed_kmh"].to_numpy() / batch.mapping.kmh, 2)
    values: dict[str, Any] = {
        "unit": [unit_text(u) for u in rows["unit"].to_pylist()],
        "time": times,
        "speed": [f"{s:g}" if k & SPEED_KNOWN else None for s, k in zip(speeds, known, strict=True)],
        "status": [None if s < 0 else words[s] for s in rows["status"].to_pylist()],
        "officers": [
            str(n) if k & OFFICERS_KNOWN else None for n, k in zip(rows["officers"].to_pylist(), known, strict=True)
        ],
        **places(columns, lon, lat),
    }
    table: dict[str, pa.Array] = {}
    for what, (name, *others) in columns.items():
        table[name] = pa.array(values[what], pa.string()) if isinstance(values[what], list) else values[what]
        table |= {other: pa.nulls(len(rows), pa.string()) for other in others}  # the date column has the time too
    return pa.table({"source_row": rows["row"].cast(pa.int32()), **table})


def places(columns: dict[str, tuple[str, ...]], lon: Array, lat: Array) -> dict[str, list[str]]:
    """Coordinates as text, in the pair of columns that the file has."""
    pair = place_of(columns)
    assert pair is not None
    if pair == GRID:
        from convertbng.cutil import convert_bng

        x, y = convert_bng(lon, lat)
        return dict(zip(pair, ([f"{v:.2f}" for v in axis] for axis in (x, y)), strict=True))
    return dict(zip(pair, ([f"{v:.6f}" for v in axis] for axis in (lon, lat)), strict=True))


# ---------------------------------------------------------------- reports


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """The report of each file, and the manifest with the days changed; the old one where nothing did."""
    workspace = batch.workspace
    reports = [report_of(batch, f) for f in batch.files]
    known = set(batch.reports)
    mended = [
        (f.mends or batch.reports[f.sha].file, fixed(batch, f), f.name) for f in batch.files if may_mend(batch, f)
    ]
    fresh = {r.file: r for r, f in zip(reports, batch.files, strict=True) if not f.mends and r.sha256 not in known}
    if not batch.days and not fresh and not any(still_open(batch, file, rows) for file, rows, _ in mended):
        return workspace.manifest, reports
    stored = workspace.manifest.reports
    for file, rows, by in mended:
        stored = quarantine.settle(workspace, stored, {file: rows}, by)
    for name, given in {f.name: f for f in batch.files if f.name in fresh}.items():
        fresh[name] = replace(fresh[name], quarantine=quarantine.store(workspace, aside(given)))
    kept = [r for r in stored if not (r.source == SOURCE and r.file in fresh)]
    days = {d.day: d for d in (*workspace.manifest.ping_days, *batch.days)}
    manifest = replace(
        workspace.manifest, ping_days=tuple(days[k] for k in sorted(days)), reports=(*kept, *fresh.values())
    )
    return manifest, reports


def aside(given: Given) -> pa.Table:
    """Every row of a file that is set aside, by number."""
    parsed = [] if given.parsed is None else [given.parsed.quarantined]
    both = [t for t in (*parsed, *given.aside) if len(t)]
    if not both:
        return pa.table({"source_row": pa.array([], pa.int32()), "reason": pa.array([], pa.string())})
    return pa.concat_tables(both, promote_options="default").sort_by("source_row")


def may_mend(batch: Batch, given: Given) -> bool:
    """Whether the file can put rows right that are set aside: a mend, or the same file again under other settings."""
    return given.parsed is not None and (bool(given.mends) or given.sha in batch.reports)


def fixed(batch: Batch, given: Given) -> Array:
    """Row numbers, in the file whose rows were set aside, that are set aside no more."""
    sent = given.sent
    if sent is None:
        before = quarantine.open_rows(batch.workspace, batch.reports[given.sha])
        sent = np.zeros(0, dtype=np.int32) if before is None else before["source_row"].to_numpy()
    return np.setdiff1d(sent, aside(given)["source_row"].to_numpy())


def still_open(batch: Batch, file: str, rows: Array) -> bool:
    """Whether any of these rows of a file is marked as set aside."""
    for report in batch.reports.values():
        table = quarantine.open_rows(batch.workspace, report) if report.file == file else None
        if table is not None and np.isin(table["source_row"].to_numpy(), rows).any():
            return True
    return False


def report_of(batch: Batch, given: Given) -> FileReport:
    """What became of each row of one file. Rows that were mended since the file's first import stay mended."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    name, parsed = given.name, given.parsed
    blank = FileReport(name, SOURCE, batch.mapping.name, given.sha, now, 0, 0, 0, 0, 0, 0)
    if parsed is None:
        units = [u for u in batch.codes if u]
        label, why = hidden(name, units, batch.codes), hidden(given.why, units, batch.codes)
        return replace(blank, file=label, reasons={f"the file cannot be read: {why}": 0})
    table = aside(given)
    open_table = table
    if not given.mends:
        before = batch.reports.get(given.sha)
        rows = None if before is None else quarantine.open_rows(batch.workspace, before)
        left = pa.array([], pa.int32()) if rows is None else rows["source_row"].combine_chunks()
        open_table = table if before is None else table.filter(pc.is_in(table["source_row"], left))
    accepted, updated, unchanged, repeated, _ = given.counts.tolist()
    report = replace(
        blank,
        read=parsed.n_read,
        accepted=accepted,
        updated=updated,
        unchanged=unchanged + len(table) - len(open_table),
        repeated=repeated,
        quarantined=len(open_table),
        reasons=quarantine.count_reasons(open_table),
        hidden={"outside the force area": given.outside} if given.outside else {},
        notes=tuple(parsed.notes),
    )
    check_sum(report)
    return report


def summary(batch: Batch, manifest: Manifest) -> list[str]:
    """What the whole import did, beyond its files."""
    notes = []
    broken = [f for f in batch.files if f.parsed is None]
    if broken:
        notes.append(
            f"{len(broken):,} of {len(batch.files):,} files cannot be read and are left out:"
            f" {sample(report_of(batch, f).file for f in broken)}. The others are loaded. Export these again, then"
            " import them."
        )
    if batch.skipped:
        notes.append(f"{len(batch.skipped):,} files are no tables and were passed over: {sample(batch.skipped)}.")
    if batch.odd_held:
        notes.append(
            f"{batch.odd_held:,} positions held before look like jumps now that more is known. They stay as they are."
        )
    if batch.days:
        rows = sum(d.rows for d in batch.days)
        first, last = batch.days[0].day, batch.days[-1].day
        days = (
            f"1 patrol day, {first}" if len(batch.days) == 1 else f"{len(batch.days):,} patrol days, {first} to {last}"
        )
        notes.append(f"Written anew: {days}; {rows:,} positions.")
    return notes


def placed_again(workspace: Workspace, boundaries: geography.Boundaries) -> tuple[PingDay, ...]:
    """The patrol days with the BCU of each position by other boundaries; days without a change keep their file.

    Only the cells of resolution 10 are read to see that, and each cell is looked up once.
    """
    placing = Placing(boundaries)
    days = []
    for day in workspace.manifest.ping_days:
        if not sound_day(workspace, day):
            raise HotspotsError(f"The positions of {day.day} {damaged_day(day)}")
        held = read_ping_day(workspace.folder, day, ["cell_10", "bcu"])
        bcu = placing.bcu_of(held["cell_10"].to_numpy())
        if (bcu != held["bcu"].to_numpy()).any():
            table = read_ping_day(workspace.folder, day)
            table = table.set_column(table.column_names.index("bcu"), "bcu", pa.array(bcu, pa.int8()))
            day = replace(day, file=write_table(workspace, table.combine_chunks(), "facts", SOURCE, day.day))
        days.append(day)
    return tuple(days)
