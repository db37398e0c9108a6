"""Officers' positions into the workspace: one file per patrol day, and an import touches only the days it brings.

Files are read one after the other and their rows put down by patrol day; each day is then made whole once
(`hotspots.intake.ping_days`) and written aside. A file that cannot be read is left out and reported; the others load.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots import geography
from hotspots.base.clock import day_number, day_numbers, day_text
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.identity import SECRET, unit_codes, unit_text
from hotspots.base.words import counted
from hotspots.geography import boundaries_of
from hotspots.intake import quarantine
from hotspots.intake.outside import LOOKED_AT, elsewhere
from hotspots.intake.ping_days import ACCEPTED, QUARANTINED, UPDATED, Merged, Spool, merge_day, scratch
from hotspots.intake.ping_intervals import feed_words, usual_intervals
from hotspots.intake.place import CellPlacer
from hotspots.intake.report import file_report, nothing_usable, numbered, sound_day
from hotspots.sources.feed import Array, odd_times
from hotspots.sources.files import Unreadable, Upload, each_table
from hotspots.sources.mapping import GRID, PLACES, Mapping, place_of
from hotspots.sources.pings import SAYS_OFFICERS, SAYS_SPEED, Parsed, read_pings
from hotspots.sources.raw import RawTable
from hotspots.sources.sheets import LEFT_OUT
from hotspots.store.publishing import write_table
from hotspots.store.sound import damaged, read_stored
from hotspots.store.workspace import FileReport, Manifest, PingDay, Workspace

SOURCE = "pings"
NAMES_KEPT = 20  # of the files that a day came from
LOST_KEY = (
    f"{SECRET} was missing from the workspace and a new one was made: units imported before and units imported"
    " from now on cannot be matched. If there is a copy of the old one, put it back and import again."
)
LONG_AGO = 3 * 365  # days before all others: such positions are pointed out
LONGEST_NUMBER = 8  # digits of a unit's number with its zeros
FEW_OLD = 0.5  # of the positions written, at most
SENTENCES = 20  # of an import that is refused
NONE = pa.table({"source_row": pa.array([], pa.int32()), "reason": pa.array([], pa.string())})


@dataclass(eq=False)
class OneFile:
    """One file of this import, and what becomes of its rows."""

    name: str
    sha: str
    parsed: Parsed | None = None  # without its table; None: the file cannot be read
    why: str = ""  # it cannot be read
    corrects: str = ""  # name of the file whose quarantined rows these are
    sent: Array | None = None  # of a correction: the row numbers it brings
    counts: Array = field(default_factory=lambda: np.zeros(5, dtype=np.int64), init=False)  # by outcome
    outside: int = field(default=0, init=False)
    by_day: list[pa.Table] = field(default_factory=list, init=False)  # rows that only their day showed to be wrong

    def quarantined(self) -> pa.Table:
        """Every row that cannot be used, by number."""
        tables = [*([] if self.parsed is None else [self.parsed.quarantined]), *self.by_day]
        both = [table for table in tables if len(table)] or [NONE]
        return pa.concat_tables(both, promote_options="default").sort_by("source_row")


@dataclass(eq=False)
class Batch:
    """An import while it runs."""

    workspace: Workspace
    mapping: Mapping
    spool: Spool
    reports: dict[str, FileReport]  # of earlier imports of this feed, by the file's hash
    stored: dict[str, str]  # file of an earlier import → its hash
    codes: dict[str | None, int] = field(default_factory=lambda: {None: 0})  # unit as named → its number
    words: dict[str, int] = field(default_factory=dict)  # texts of the status
    files: list[OneFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    days: list[PingDay] = field(default_factory=list)  # as they will stand, of those changed
    intervals: list[int] = field(default_factory=list)  # usual seconds between two positions, of each unit-day
    odd_held: int = 0
    away: list[pa.Table] = field(default_factory=list)  # lon and lat of some new positions outside the force
    doubts: list[str] = field(default_factory=list)  # about the places of the import as a whole
    forms: dict[int, int] = field(default_factory=dict)  # number of a unit with other zeros in front → that as named
    doubled: set[int] = field(default_factory=set)  # units on a day with another that differs by such zeros alone

    def unit_numbers(self, names: Sequence[str | None]) -> Array:
        new = [n for n in dict.fromkeys(names) if n not in self.codes]
        if new:
            self.codes.update(zip(new, unit_codes(self.workspace.folder, new).tolist(), strict=True))
            forms = [(name, form) for name in new if name for form in zero_forms(name)]
            others = unit_codes(self.workspace.folder, [form for _, form in forms]).tolist()
            self.forms |= {code: self.codes[name] for (name, _), code in zip(forms, others, strict=True)}
        return np.array([self.codes[n] for n in names], dtype=np.int64)


def stage(
    workspace: Workspace,
    paths: Sequence[Path | Upload],
    mapping: Mapping,
    progress: Callable[[str], None],
    left_out: list[str],
) -> tuple[Manifest, list[FileReport], list[str]]:
    """Read the files and write the patrol days they change aside; returns the manifest that would make them current.

    What is no table of this feed is named in ``left_out``.
    Raises HotspotsError where no file can be read, a file lacks columns or a time zone, most coordinates are wrong, or
    a day that would be changed is damaged.
    """
    held = workspace.manifest
    lost_key = (held.ping_days or held.patrol_log) and not (workspace.folder / SECRET).exists()
    with scratch(workspace.folder) as folder:
        ours = [r for r in workspace.manifest.reports if r.source == SOURCE]
        batch = Batch(
            workspace, mapping, Spool(Path(folder)),
            reports={r.sha256: r for r in reversed(ours) if r.feed == mapping.name},
            stored={r.file: r.sha256 for r in ours if r.read},
        )  # fmt: skip
        for table in each_table(paths, workspace.settings, left_out, mapping.sought, typed=True):
            progress(table.name)
            add(batch, table)
        refuse(batch)
        make_days(batch, progress)
    manifest, reports = finish(batch)
    return manifest, reports, [*([LOST_KEY] if lost_key else []), *summary(batch)]


def add(batch: Batch, raw: RawTable | Unreadable) -> None:
    """One file: its rows go to their days, or it is noted as unreadable. Problems of the request are collected."""
    if isinstance(raw, Unreadable):
        batch.files.append(OneFile(own_name(batch, raw.name, raw.sha256), raw.sha256, why=raw.why))
        return
    try:
        (correct if quarantine.is_correction(raw) else load)(batch, raw)
    except HotspotsError as error:
        batch.problems.extend(error.problems)


def load(batch: Batch, raw: RawTable) -> None:
    """A file as it was exported."""
    parsed = parse(batch, raw)
    name = own_name(batch, hidden(raw.name, parsed.units, batch.codes), raw.sha256)
    parsed.notes[:] = [hidden(n, parsed.units, batch.codes) if n.startswith(LEFT_OUT) else n for n in parsed.notes]
    put(batch, OneFile(name, raw.sha256, parsed))


def parse(batch: Batch, raw: RawTable) -> Parsed:
    return read_pings(raw, batch.mapping, batch.workspace.settings, batch.unit_numbers, batch.words)


def put(batch: Batch, file: OneFile) -> None:
    """Put the rows of a file to their days."""
    assert file.parsed is not None
    table = file.parsed.table
    if len(table):
        number = pa.array(np.full(len(table), len(batch.files), dtype=np.int32))
        batch.spool.add(
            table.append_column("file", number), day_numbers(table["t"].to_numpy(), batch.workspace.settings)
        )
    file.parsed = replace(file.parsed, table=table.slice(0, 0))
    batch.files.append(file)


def correct(batch: Batch, raw: RawTable) -> None:
    """Corrected rows of the quarantine download go back; rows of other sources that came with them are left alone."""
    ours = {r.file for r in batch.reports.values()}
    found = list(quarantine.by_file(raw))
    mine = [(file, rows) for file, rows in found if file in ours]
    if not mine:
        raise HotspotsError(
            f"{raw.name} corrects rows of files that were never imported as positions of feed '{batch.mapping.name}'."
            " Import it with the source and the mapping that those files had."
        )
    for file, rows in mine:
        parsed = parse(batch, replace(rows, table=one_place(rows.table)))
        name = own_name(batch, raw.name, "")
        put(batch, OneFile(name, raw.sha256, parsed, corrects=file, sent=rows.row_numbers()))
    others = sum(len(rows.table) for file, rows in found if file not in ours)
    if others:
        parsed.notes.append(
            f"{counted(others, 'row belongs', 'rows belong')} to files of other sources or feeds: left out"
        )


def one_place(table: pa.Table) -> pa.Table:
    """A correction of files with degrees and files with metres has both; each row's file had one of them."""
    empty = {name for name in PLACES if name in table.column_names and table[name].null_count == len(table)}
    pair = place_of(dict.fromkeys([n for n in table.column_names if n not in empty], ()))
    return table if pair is None else table.drop_columns([n for n in empty if n not in pair])


def own_name(batch: Batch, name: str, sha: str) -> str:
    """The file's name, with a number behind it where a file with other content has it."""
    taken = {f.name for f in batch.files}
    before = (n for n in batch.stored if batch.stored[n] == sha and n.startswith(name))
    names = chain([name], before, numbered(name))
    return next(n for n in names if n not in taken and batch.stored.get(n, sha) == sha)


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
    parsed = [f.parsed for f in batch.files if f.parsed is not None and not f.corrects]
    located, misplaced = sum(p.located for p in parsed), sum(p.misplaced for p in parsed)
    if misplaced and misplaced >= batch.workspace.settings.bad_coordinate_share * located:
        raise HotspotsError([s for p in parsed for s in p.refusal][:SENTENCES])
    if doubts := [p.doubt for p in parsed if p.doubt]:
        raise HotspotsError(doubts[:SENTENCES])
    timed, unread = sum(p.timed for p in parsed), sum(p.unread for p in parsed)
    if unread and unread >= batch.workspace.settings.bad_coordinate_share * timed:
        worst = max((f for f in batch.files if f.parsed is not None), key=lambda f: f.parsed.unread if f.parsed else 0)
        assert worst.parsed is not None
        raise HotspotsError(odd_times(worst.name, unread, timed, worst.parsed.odd_time, worst.parsed.fits))
    if parsed and not timed:
        name = next(f.name for f in batch.files if f.parsed is not None)
        raise HotspotsError(f"{name} has no row with a time. Export it again with the times.")
    if not batch.spool.days and any(f.parsed.n_read for f in batch.files if f.parsed is not None):
        told = [(f.name, f.parsed) for f in batch.files if f.parsed is not None]
        reasons = [quarantine.count_reasons(p.quarantined) for _, p in told]
        raise nothing_usable([name for name, _ in told], sum(p.n_read for _, p in told), reasons)


def make_days(batch: Batch, progress: Callable[[str], None]) -> None:
    """Each patrol day with new rows, made whole and written aside where it changed."""
    workspace = batch.workspace
    placing = CellPlacer(boundaries_of(workspace))
    held = {d.day: d for d in workspace.manifest.ping_days}
    for number in sorted(batch.spool.days):
        day = day_text(number)
        progress(f"patrol day {day}")
        new = batch.spool.take(number)
        old = held.get(day)
        sound = old is not None and sound_day(workspace, old)
        before = read_stored(workspace, old.file) if old is not None and sound else None
        merged = merge_day(before, new, workspace.settings, placing.place)
        account(batch, new, merged)
        if old is not None and not sound and (merged.table is None or len(merged.table) < old.rows):
            raise damaged(workspace.manifest, old.file)
        if merged.table is not None and len(merged.table):
            batch.days.append(write_day(batch, day, old, new, merged))
    refuse_places(batch, placing.boundaries)


def refuse_places(batch: Batch, boundaries: geography.Boundaries) -> None:
    """Stop where no position that the import brings lies in the force area; note a large share."""
    fresh = [f for f in batch.files if not f.corrects]
    stored = int(sum(f.counts[ACCEPTED] + f.counts[UPDATED] for f in fresh))
    if stored and batch.away:
        lon, lat = (pa.concat_tables(batch.away)[c].to_numpy() for c in ("lon", "lat"))
        counts = stored, sum(f.outside for f in fresh)
        refused = f"{fresh[0].name} was not imported" if len(fresh) == 1 else "Nothing was imported"
        grid = all(f.parsed is not None and place_of(f.parsed.columns) == GRID for f in fresh)
        batch.doubts += elsewhere(counts, lon, lat, grid, boundaries, batch.workspace.settings, refused)


def write_day(batch: Batch, day: str, old: PingDay | None, new: pa.Table, merged: Merged) -> PingDay:
    assert merged.table is not None
    path = write_table(batch.workspace, merged.table, "facts", SOURCE, day)
    brought = np.unique(new["file"].to_numpy()[np.isin(merged.outcome, (ACCEPTED, UPDATED))])
    names = [] if old is None else old.came_from.split("; ")
    names = list(dict.fromkeys([*names, *(batch.files[i].corrects or batch.files[i].name for i in brought.tolist())]))
    if len(names) > NAMES_KEPT:
        names = [*[n for n in names if n != "and others"][:NAMES_KEPT], "and others"]
    units = pc.unique(merged.table["unit"]).to_pylist()
    batch.doubled |= {batch.forms[u] for u in units if u in batch.forms and batch.forms[u] in units}
    batch.intervals += usual_intervals(merged.table["unit"].to_numpy(), merged.table["t"].to_numpy())
    return PingDay(day, path, len(merged.table), len(units), "; ".join(names))


def zero_forms(name: str) -> list[str]:
    """A unit's number with other zeros in front, as before or after it went through a spreadsheet: '17' → '017', …"""
    plain = name.strip()
    if not re.fullmatch(r"[0-9]{1,8}", plain):
        return []
    bare = plain.lstrip("0") or "0"
    return [form for n in range(len(bare), LONGEST_NUMBER + 1) if (form := bare.zfill(n)) != plain]


def account(batch: Batch, new: pa.Table, merged: Merged) -> None:
    """Count what became of the new rows of a day, by file, and keep those that are quarantined."""
    file = new["file"].to_numpy()
    counts = np.bincount(file.astype(np.int64) * 5 + merged.outcome, minlength=5 * len(batch.files)).reshape(-1, 5)
    outside = np.bincount(file[merged.outside], minlength=len(batch.files))
    for i in np.flatnonzero(counts.sum(axis=1)).tolist():
        batch.files[i].counts += counts[i]
        batch.files[i].outside += int(outside[i])
    batch.odd_held += merged.odd_held
    batch.away.append(new.select(["lon", "lat"]).filter(pa.array(merged.outside)).slice(0, LOOKED_AT))
    at = np.array(sorted(merged.reasons), dtype=np.int64)
    if len(at) != int((merged.outcome == QUARANTINED).sum()):
        raise RuntimeError("rows of a patrol day were quarantined without a reason")
    words = list(batch.words)
    for i in np.unique(file[at]).tolist():
        mine = at[file[at] == i]
        rows = as_text(batch, batch.files[i], new.take(pa.array(mine)), words)
        reasons = pa.array([merged.reasons[k] for k in mine.tolist()], pa.string())
        batch.files[i].by_day.append(rows.add_column(1, "reason", reasons))


def as_text(batch: Batch, file: OneFile, rows: pa.Table, words: list[str]) -> pa.Table:
    """Rows as their file could have given them: its column names, ISO times in UTC, its unit of speed."""
    assert file.parsed is not None
    columns = file.parsed.columns
    says, lon, lat = (rows[c].to_numpy() for c in ("known", "lon", "lat"))
    times = pc.strftime(rows["t"].cast(pa.timestamp("s", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    speeds = np.round(rows["speed_kmh"].to_numpy() / batch.mapping.kmh, 2)
    values: dict[str, Any] = {
        "unit": [unit_text(u) for u in rows["unit"].to_pylist()],
        "time": times,
        "speed": [f"{s:g}" if k & SAYS_SPEED else None for s, k in zip(speeds, says, strict=True)],
        "status": [None if s < 0 else words[s] for s in rows["status"].to_pylist()],
        "officers": [
            str(n) if k & SAYS_OFFICERS else None for n, k in zip(rows["officers"].to_pylist(), says, strict=True)
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
        x, y = geography.lonlat_to_bng(lon, lat)
        return dict(zip(pair, ([f"{v:.2f}" for v in axis] for axis in (x, y)), strict=True))
    return dict(zip(pair, ([f"{v:.6f}" for v in axis] for axis in (lon, lat)), strict=True))


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """The report of each file, and the manifest with the days changed; the old one where nothing did."""
    workspace = batch.workspace
    reports = [report_of(batch, f) for f in batch.files]
    both = list(zip(batch.files, reports, strict=True))
    fresh = {f.name: (f, r) for f, r in both if not f.corrects and r.sha256 not in batch.reports}
    corrected = [
        (f.corrects or batch.reports[f.sha].file, fixed(batch, f), f.name) for f in batch.files if brings(batch, f)
    ]
    news = batch.days or fresh or any(quarantine.any_open(workspace, {file: rows}) for file, rows, _ in corrected)
    if not news:
        return workspace.manifest, reports
    stored = workspace.manifest.reports
    for name, rows, by in corrected:
        stored = quarantine.settle(workspace, stored, {name: rows}, by)
    new = {r.file: replace(r, quarantine=quarantine.store(workspace, f.quarantined())) for f, r in fresh.values()}
    kept = [r for r in stored if not (r.source == SOURCE and r.file in new)]
    days = {d.day: d for d in (*workspace.manifest.ping_days, *batch.days)}
    manifest = replace(
        workspace.manifest, ping_days=tuple(days[k] for k in sorted(days)), reports=(*kept, *new.values())
    )
    return manifest, reports


def brings(batch: Batch, file: OneFile) -> bool:
    """Whether the file can put quarantined rows right: a correction, or the same file again under other settings."""
    return file.parsed is not None and (bool(file.corrects) or file.sha in batch.reports)


def fixed(batch: Batch, file: OneFile) -> Array:
    """Row numbers, in the file whose rows were quarantined, that are quarantined no more."""
    sent = quarantine.open_numbers(batch.workspace, batch.reports[file.sha]) if file.sent is None else file.sent
    return np.setdiff1d(sent, file.quarantined()["source_row"].to_numpy())


def report_of(batch: Batch, file: OneFile) -> FileReport:
    """What became of each row of one file. Rows that were corrected since the file's first import stay corrected."""
    feed, parsed = batch.mapping.name, file.parsed
    if parsed is None:
        units = [u for u in batch.codes if u]
        name, why = (hidden(text, units, batch.codes) for text in (file.name, file.why))
        return file_report(name, SOURCE, feed, file.sha, reasons={f"the file cannot be read: {why}": 0})
    table = file.quarantined()
    left = quarantine.still_open(batch.workspace, None if file.corrects else batch.reports.get(file.sha), table)
    accepted, updated, unchanged, repeated, _ = file.counts.tolist()
    return file_report(
        file.name, SOURCE, feed, file.sha, read=parsed.n_read, accepted=accepted, updated=updated,
        unchanged=unchanged + len(table) - len(left), repeated=repeated, quarantined=len(left),
        reasons=quarantine.count_reasons(left), hidden={"outside the force area": file.outside} if file.outside else {},
        notes=tuple(parsed.notes),
    )  # fmt: skip


def summary(batch: Batch) -> list[str]:
    """What the whole import did, beyond its files."""
    notes = [f"{doubt}." for doubt in batch.doubts]
    broken = [f for f in batch.files if f.parsed is None]
    if broken:
        notes.append(
            f"{len(broken):,} of {len(batch.files):,} files cannot be read and are left out:"
            f" {sample(report_of(batch, f).file for f in broken)}. The others are loaded. Export these again, then"
            " import them."
        )
    if batch.odd_held:
        held = counted(
            batch.odd_held, "position held before looks like a jump", "positions held before look like jumps"
        )
        notes.append(f"{held} now that more is known. Nothing was changed.")
    if batch.doubled:
        units = counted(len(batch.doubled), "unit differs", "units differ")
        notes.append(
            f"{units} from another unit of the same day only by zeros in front, which a spreadsheet takes off (0017,"
            " 17). They count as two. If they are one, import the file as the system exported it, with its zeros."
        )
    notes += [*feed_words(batch.intervals, batch.workspace.settings), *long_ago(batch.days)]
    if batch.days:
        first, *others = (d.day for d in batch.days)
        days = f"{counted(len(batch.days), 'patrol day')}, {first}" + (f" to {others[-1]}" if others else "")
        notes.append(f"Written anew: {days}; {counted(sum(d.rows for d in batch.days), 'position')}.")
    return notes


def long_ago(days: Sequence[PingDay]) -> list[str]:
    """A sentence where a few positions lie years before all others: a clock that was reset, as a rule."""
    numbers = np.array([day_number(d.day) for d in days])
    rows = np.cumsum([d.rows for d in days])
    apart = np.flatnonzero((np.diff(numbers) > LONG_AGO) & (rows[:-1] <= FEW_OLD * rows[-1:]))
    if not len(apart):
        return []
    last = int(apart[-1])
    span = " to ".join(dict.fromkeys([days[0].day, days[last].day]))
    return [
        f"{counted(int(rows[last]), 'position is', 'positions are')} of {span}, more than three"
        " years before all others: the clock of a device may have been reset. Look at these days before you use them."
    ]
