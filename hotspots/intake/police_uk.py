"""data.police.uk files into the workspace. A file is the whole truth for its force and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.forces import force_named
from hotspots.base.months import month_text
from hotspots.base.words import counted
from hotspots.geography import boundaries_of
from hotspots.intake import quarantine
from hotspots.intake.inside import inside_rows, is_missing, stage_inside
from hotspots.intake.place import Placer
from hotspots.intake.repeats import find_breaks, find_repeats
from hotspots.intake.report import file_report, hidden_by_a_map, numbered
from hotspots.sources import police_uk
from hotspots.sources.files import Upload, read_tables
from hotspots.sources.police_uk import StreetFile
from hotspots.sources.raw import RawTable
from hotspots.store.held import is_own
from hotspots.store.publishing import write_table
from hotspots.store.workspace import FileReport, Manifest, Part, Workspace, read_part, replace_parts

SOURCE = "police-uk"
SUPERSEDED = pa.schema({"feed": pa.string(), "month": pa.int32(), "position": pa.int64(), "first": pa.bool_()})
CONTENT = ["crime_type", "lon", "lat", "location", "outcome"]


@dataclass
class Batch:
    """What one import has read so far; nothing of it is current until the manifest is."""

    workspace: Workspace
    placer: Placer
    parts: dict[tuple[str, str, int], Part] = field(default_factory=dict)
    from_file: dict[tuple[str, str, int], str] = field(default_factory=dict)
    files: list[StreetFile] = field(default_factory=list)
    inside: dict[tuple[str, str, int], pa.Table] = field(default_factory=dict)  # of the new parts of other forces
    corrected: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)  # correction → its file → rows
    held: dict[tuple[str, str, int], Part] = field(init=False)  # by source, force in small letters and month
    spelled: dict[str, str] = field(init=False)  # force in small letters → as it is kept

    def __post_init__(self) -> None:
        self.held = {self.plain(p.key): p for p in self.workspace.manifest.parts if p.source == SOURCE}
        self.spelled = {force.casefold(): force_named(p.feed) for (_, force, _), p in self.held.items()}

    def own(self, file: StreetFile) -> StreetFile:
        """The file with its forces spelled as they are kept."""
        parts = {(self.spelled.setdefault(f.casefold(), f), month): rows for (f, month), rows in file.parts.items()}
        return replace(file, parts=parts)

    def plain(self, key: tuple[str, str, int]) -> tuple[str, str, int]:
        """The same for every spelling of a force."""
        return key[0], force_named(key[1]).casefold(), key[2]

    def before(self, key: tuple[str, str, int]) -> Part | None:
        """What the workspace holds of this force and month, however the force was spelled."""
        return self.held.get(self.plain(key))


def stage(
    workspace: Workspace, paths: Sequence[Path | Upload], progress: Callable[[str], None], left_out: list[str],
    replacing: bool = False,
) -> tuple[Manifest, list[FileReport]]:  # fmt: skip
    """Read the files and write their facts aside; returns the manifest that would make them current.

    Every problem of every file is reported at once, and then nothing is imported. A file without many of the rows held
    for its month is such a problem, unless ``replacing``. What is no street-level file is named in ``left_out``.
    """
    batch = Batch(workspace, Placer(boundaries_of(workspace)))
    problems: list[str] = []
    others: list[HotspotsError] = []
    street, sought = police_uk.is_street_file, police_uk.SOUGHT
    for raw in read_tables(paths, workspace.settings, street, sought, left_out, police_uk.UNUSED):
        progress(raw.name)
        if what := police_uk.other_feed(raw.table.column_names):
            left_out.append(f"{raw.name} ({what})")
            others += filter(None, [police_uk.lacking(raw)])
            continue
        try:
            (correct if quarantine.is_correction(raw) else add_file)(batch, raw)
        except HotspotsError as error:
            problems.extend(error.problems)
    if others and not batch.files:
        problems += [*(problem for error in others for problem in error.problems), police_uk.UNUSED]
    if problems:
        raise HotspotsError(problems)
    return finish(batch, replacing)


def add_file(batch: Batch, raw: RawTable) -> None:
    """Stage one file as it was downloaded."""
    file = batch.own(police_uk.read_street_file(raw, batch.workspace.settings))
    file = replace(file, name=own_name(batch, file))
    for (force, month), table in file.parts.items():
        key = (SOURCE, force, month)
        if key in batch.parts:
            if batch.parts[key].sha256 != file.sha256:
                raise HotspotsError(
                    f"{file.name} and {batch.from_file[key]} both give {key[1]} {month_text(key[2])} and differ."
                    " A file is the whole truth for its month: import only the newer of them."
                )
            continue
        old = batch.before(key)
        if old is not None and (old.key, old.sha256) == (key, file.sha256):
            batch.parts[key] = old
        else:
            batch.parts[key] = write_part(batch, key, table, file.name, file.sha256)
        batch.from_file[key] = file.name
    # Its rows are on disk by now; a report needs no more of them than their number.
    batch.files.append(replace(file, parts={k: rows.select(["source_row"]) for k, rows in file.parts.items()}))


def own_name(batch: Batch, file: StreetFile) -> str:
    """The file's name, with a number behind it where another file whose rows are held has the same one."""
    reports = [r for r in batch.workspace.manifest.reports if r.source == SOURCE]
    months: dict[str, set[tuple[str, int]]] = {}
    for part in batch.workspace.manifest.parts:
        months.setdefault(part.sha256, set()).add((part.feed, part.month))
    taken = {f.name for f in batch.files}
    taken |= {r.file for r in reports if r.sha256 != file.sha256 and not months.get(r.sha256, set()) <= set(file.parts)}
    before = [r.file for r in reports if r.sha256 == file.sha256 and r.file.startswith(file.name)]
    return next(n for n in chain(before, numbered(file.name)) if n not in taken)


def write_part(batch: Batch, key: tuple[str, str, int], table: pa.Table, name: str, sha: str) -> Part:
    placed = batch.placer.place(table)
    if not is_own(batch.workspace, key[1]):
        batch.inside[key] = inside_rows(key[1], placed)
    slug = "".join(c if c.isalnum() else "-" for c in key[1].lower())[:60]
    path = write_table(batch.workspace, placed, "facts", SOURCE, slug, month_text(key[2]))
    return Part(*key, file=path, rows=len(placed), came_from=name, sha256=sha)


def correct(batch: Batch, raw: RawTable) -> None:
    """Put corrected quarantine rows back into the months they came from."""
    # Rows that nobody has corrected yet may come back with the others: no reason to refuse the file.
    lenient = replace(batch.workspace.settings, bad_coordinate_share=1.0)
    file = batch.own(police_uk.read_street_file(replace(raw, table=quarantine.corrected_table(raw)), lenient))
    for (force, month), rows in file.parts.items():
        key = (SOURCE, force, month)
        part = batch.parts.get(key) or batch.before(key) or new_part(batch, raw, key, rows)
        refuse_strangers(raw, part, rows)
        old = read_part(batch.workspace, part) if part.file else rows.slice(0, 0)
        again = pc.is_in(old["source_row"], rows["source_row"].combine_chunks())
        if by_row(old.filter(again)) == by_row(rows):
            batch.parts[key] = part
        else:
            fields = [n for n in old.column_names if n in rows.column_names and n != quarantine.FROM]
            both = [old.filter(pc.invert(again)).select(fields), rows.select(fields)]
            table = pa.concat_tables(both, promote_options="permissive").unify_dictionaries().combine_chunks()
            batch.parts[key] = write_part(batch, key, table.sort_by("source_row"), part.came_from, part.sha256)
        batch.from_file[key] = raw.name
        done = batch.corrected.setdefault(raw.name, {})
        done[part.came_from] = np.append(done.get(part.came_from, []), rows["source_row"].to_numpy())
    batch.corrected.setdefault(raw.name, {})
    batch.files.append(file)


def new_part(batch: Batch, raw: RawTable, key: tuple[str, str, int], rows: pa.Table) -> Part:
    """An empty month for the corrected rows of a file of which no row could be used at first."""
    files = set(rows[quarantine.FROM].to_pylist())
    for report in batch.workspace.manifest.reports:
        if report.source == SOURCE and not report.feed and files == {report.file}:
            return Part(*key, file="", rows=0, came_from=report.file, sha256=report.sha256)
    raise HotspotsError(
        f"{raw.name} corrects rows of {key[1]} {month_text(key[2])}, which the workspace does not hold."
        " Import that month's file first."
    )


def refuse_strangers(raw: RawTable, part: Part, rows: pa.Table) -> None:
    """A month is the rows of its own file: a row of another one would stand in the place of one of these."""
    files = rows[quarantine.FROM].to_pylist()
    strange = [(n, f) for n, f in zip(rows["source_row"].to_pylist(), files, strict=True) if f != part.came_from]
    if strange:
        raise HotspotsError(
            f"{raw.name} puts {rows_sentence([n for n, _ in strange])} of {sample(f for _, f in strange)} into"
            f" {part.feed} {month_text(part.month)}, which is held as {part.came_from} gives it. Correct the month, or"
            " leave these rows out."
        )


def by_row(table: pa.Table) -> dict[int, tuple[object, ...]]:
    """What each row says, by its number in the file."""
    columns = [table[n].to_pylist() for n in ("source_row", "record", *CONTENT)]
    return {row[0]: row[1:] for row in zip(*columns, strict=True)}


def finish(batch: Batch, replacing: bool) -> tuple[Manifest, list[FileReport]]:
    """Repeats and breaks over everything held, and the report of each file."""
    workspace = batch.workspace
    named = {batch.plain(key): key for key in batch.parts}
    respelled = [p.key for p in workspace.manifest.parts if named.get(batch.plain(p.key), p.key) != p.key]
    manifest = replace_parts(workspace.manifest, batch.parts.values(), respelled)
    parts = [p for p in manifest.parts if p.source == SOURCE]
    merged, superseded = find_repeats(workspace, parts)
    repeated = superseded[~superseded["first"].astype(bool)]
    gone = losses(batch)
    if not replacing:
        refuse_losses(batch, gone)
    reports = [report_of(batch, file, repeated, gone) for file in batch.files]
    kept = {r.sha256 for r in workspace.manifest.reports}
    unchanged = all(f.sha256 in kept or f.name in batch.corrected for f in batch.files)
    whole = bool(len(merged)) == bool(manifest.merged and manifest.superseded)
    whole &= not is_missing(workspace, parts)
    if unchanged and whole and manifest.parts == workspace.manifest.parts:
        return workspace.manifest, reports
    stored = workspace.manifest.reports
    for name, files in batch.corrected.items():
        stored = quarantine.settle(workspace, stored, files, name)
    fresh = {}
    for file, report in zip(batch.files, reports, strict=True):
        if file.name not in batch.corrected and unchanged_report(batch, file) is None:
            fresh[report.file] = replace(report, quarantine=quarantine.store(workspace, file.quarantined))
    gone = pa.Table.from_pandas(superseded, preserve_index=False).cast(SUPERSEDED)
    covered = {p.sha256 for p in parts}
    # A file without a single usable row has no month; its rows stay quarantined until they are corrected.
    still = [r for r in stored if r.source != SOURCE or r.sha256 in covered or not r.feed]
    old = [r for r in still if r.source != SOURCE or r.file not in fresh]
    manifest = replace(
        manifest,
        merged=write_table(workspace, merged, "facts", SOURCE, "merged") if len(merged) else "",
        superseded=write_table(workspace, gone, "facts", SOURCE, "superseded") if len(gone) else "",
        inside=stage_inside(workspace, parts, batch.inside, superseded),
        breaks=all_breaks(workspace, parts),
        reports=(*old, *fresh.values()),
    )
    return manifest, reports


def all_breaks(workspace: Workspace, parts: Sequence[Part]) -> tuple[tuple[str, int, float], ...]:
    """Breaks in the map points of every force."""
    found = []
    for feed in sorted({p.feed for p in parts}):
        months = []
        for part in (p for p in parts if p.feed == feed):
            table = read_part(workspace, part, ["lon", "lat"]).drop_null()
            months.append((part.month, table["lon"].to_numpy() + 1j * table["lat"].to_numpy()))
        found += [(feed, month, round(share, 4)) for month, share in find_breaks(months, workspace.settings)]
    return tuple(found)


def losses(batch: Batch) -> dict[tuple[str, str, int], int]:
    """Rows held for a month that the file in their place does not give any more; only months that lose some.

    A row is still given where its ID is, or without that where one that says the same of place and type is: the IDs of
    a whole month may change.
    """
    corrected = {batch.from_file[k] for k in batch.parts} & batch.corrected.keys()
    found = {}
    for key, part in batch.parts.items():
        old = batch.before(key)
        if old is not None and old.file != part.file and batch.from_file[key] not in corrected:
            found[key] = rows_gone(keyed(batch.workspace, old), keyed(batch.workspace, part))
    return {key: n for key, n in found.items() if n}


def rows_gone(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """How many rows of `keyed` are no more."""
    index_old, index_new = (pd.MultiIndex.from_frame(rows[["key", "nth"]]) for rows in (old, new))
    lost = old.loc[~index_old.isin(index_new), "what"].value_counts()
    fresh = new.loc[~index_new.isin(index_old), "what"].value_counts()
    return int((lost - fresh.reindex(lost.index, fill_value=0)).clip(lower=0).sum())


def refuse_losses(batch: Batch, gone: dict[tuple[str, str, int], int]) -> None:
    """HotspotsError where a file would take too many rows of its month with it."""
    most = batch.workspace.settings.month_loss_share
    problems = []
    for key, n in gone.items():
        old = batch.before(key)
        if old is not None and n > most * old.rows:
            problems.append(
                f"{batch.from_file[key]} gives {batch.parts[key].rows:,} rows of {key[1]} {month_text(key[2])}, for"
                f" which {old.rows:,} are held: {n:,} of them ({n / old.rows:.0%}) would go. A file is the whole truth"
                " for its month. Give the month's whole file; if these rows are to go, import with --replace, or tick"
                " “Replace months” on the Data page."
            )
    if problems:
        raise HotspotsError(problems)


def report_of(
    batch: Batch, file: StreetFile, repeated: pd.DataFrame, gone: dict[tuple[str, str, int], int]
) -> FileReport:
    """What became of each row of one file: its months' rows by status, and the quarantined rows."""
    counts: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    notes = [*file.notes]
    for (force, month), rows in file.parts.items():
        key = (SOURCE, force, month)
        if file.name in batch.corrected:
            found = corrected_status(batch, key, rows, repeated)
        elif batch.from_file[key] != file.name:  # the same file given twice
            found = {"repeated": len(rows)}
        else:
            found = part_status(batch, key, repeated)
            if key in gone:
                rows_of = counted(gone[key], "row", "rows")
                notes.append(f"{rows_of} held for {force} {month_text(month)} are not in this file, and are gone")
            held = read_part(batch.workspace, batch.parts[key], ["crime_type", "lon", "district"]).to_pandas()
            hidden.update(hidden_by_a_map(held, "crime_type"))
        counts.update(found)
    was = None if file.name in batch.corrected else unchanged_report(batch, file)
    return file_report(
        file.name, SOURCE, ", ".join(sorted({force for force, _ in file.parts})), file.sha256, read=file.n_read,
        **counts,
        quarantined=len(file.quarantined) if was is None else was.quarantined,
        reasons=quarantine.count_reasons(file.quarantined) if was is None else was.reasons,
        hidden=dict(sorted(hidden.items(), key=lambda item: (-item[1], item[0]))),
        notes=tuple(notes),
    )  # fmt: skip


def unchanged_report(batch: Batch, file: StreetFile) -> FileReport | None:
    """The stored report of a file whose months are all held as it gives them; its corrected rows stay corrected."""
    held = set(batch.workspace.manifest.parts)
    keys = [(SOURCE, force, month) for force, month in file.parts]
    if not keys or any(batch.parts[k] not in held for k in keys):
        return None
    stored = [r for r in batch.workspace.manifest.reports if r.source == SOURCE and r.sha256 == file.sha256]
    return stored[-1] if stored else None


def part_status(batch: Batch, key: tuple[str, str, int], repeated: pd.DataFrame) -> dict[str, int]:
    """Rows of one month: repeats of another row, else new, changed or as they were."""
    part = batch.parts[key]
    old = batch.before(key)
    repeats = repeat_positions(key, repeated)
    if old is None:
        return {"accepted": part.rows - len(repeats), "repeated": len(repeats)}
    if old == part:
        return {"unchanged": part.rows - len(repeats), "repeated": len(repeats)}
    counted = np.ones(part.rows, dtype=bool)
    counted[repeats] = False
    status = compare(keyed(batch.workspace, old), keyed(batch.workspace, part)[counted])
    return {"repeated": len(repeats), **status}


def repeat_positions(key: tuple[str, str, int], repeated: pd.DataFrame) -> np.ndarray:
    mine = (repeated["feed"] == key[1]) & (repeated["month"] == key[2])
    return repeated.loc[mine, "position"].to_numpy(dtype=np.int64)


def keyed(workspace: Workspace, part: Part) -> pd.DataFrame:
    """One row per published row: ``key`` says which record it is, ``content`` what it says, ``what`` without outcome.

    Rows without an ID have no key but what they say; the n-th of several equal ones is the n-th.
    """
    rows = read_part(workspace, part, ["record", "record_id", *CONTENT]).to_pandas()
    texts = rows[CONTENT].astype({"crime_type": str, "location": str, "outcome": str})
    content, what = (pd.util.hash_pandas_object(texts[names], index=False) for names in (CONTENT, CONTENT[:-1]))
    key = rows["record"].astype("uint64").where(rows["record_id"].notna(), content)
    nth = key.groupby(key).cumcount()
    return pd.DataFrame({"key": key, "nth": nth, "content": content, "what": what})


def compare(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """How many of the new rows are accepted (not there before), updated, unchanged."""
    both = new.merge(old, on=["key", "nth"], how="left", suffixes=("", "_old"), indicator=True)
    if len(both) != len(new):
        raise RuntimeError("comparing a month with its earlier publication changed the number of rows")
    there = both["_merge"] == "both"
    same = int((there & (both["content"] == both["content_old"])).sum())
    return {"accepted": int((~there).sum()), "updated": int(there.sum()) - same, "unchanged": same}


def corrected_status(batch: Batch, key: tuple[str, str, int], rows: pa.Table, repeated: pd.DataFrame) -> dict[str, int]:
    """Corrected rows: those the workspace held just so, repeats, and rows that changed or are new."""
    workspace, part = batch.workspace, batch.parts[key]
    was = batch.before(key)
    old = {} if was is None else by_row(read_part(workspace, was, ["source_row", "record", *CONTENT]))
    at = read_part(workspace, part, ["source_row"])["source_row"].to_numpy()
    repeats = set(at[repeat_positions(key, repeated)].tolist())
    counts = {"accepted": 0, "updated": 0, "unchanged": 0, "repeated": 0}
    for number, content in by_row(rows).items():
        if old.get(number) == content:
            counts["unchanged"] += 1
        elif number in repeats:
            counts["repeated"] += 1
        else:
            counts["updated" if number in old else "accepted"] += 1
    return counts
