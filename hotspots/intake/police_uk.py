"""data.police.uk files into the workspace. A file is the whole truth for its force and month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.errors import HotspotsError
from hotspots.intake import quarantine
from hotspots.intake.breaks import find_breaks
from hotspots.intake.place import Placer, boundaries_of
from hotspots.intake.repeats import find_repeats
from hotspots.months import month_text
from hotspots.sources import police_uk
from hotspots.sources.police_uk import StreetFile
from hotspots.sources.reading import RawTable, Upload, read_tables
from hotspots.workspace import FileReport, Manifest, Part, Workspace, read_part, replace_parts, write_table

SOURCE = "police-uk"
CONTENT = ["crime_type", "lon", "lat", "location", "outcome"]


@dataclass
class Batch:
    """What one import has read so far; nothing of it is current until the manifest is."""

    workspace: Workspace
    placer: Placer
    parts: dict[tuple[str, str, int], Part] = field(default_factory=dict)
    from_file: dict[tuple[str, str, int], str] = field(default_factory=dict)
    files: list[StreetFile] = field(default_factory=list)
    mended: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)  # mend file → file mended → rows


def stage(
    workspace: Workspace, paths: Sequence[Path | Upload], progress: Callable[[str], None] = lambda name: None
) -> tuple[Manifest, list[FileReport]]:
    """Read the files and write their facts aside; returns the manifest that would make them current.

    Every problem of every file is told at once, and then nothing is imported.
    """
    batch = Batch(workspace, Placer(boundaries_of(workspace)))
    problems: list[str] = []
    for raw in read_tables(paths, workspace.settings, police_uk.is_street_file):
        progress(raw.name)
        try:
            (mend if quarantine.is_mend(raw) else add_file)(batch, raw)
        except HotspotsError as error:
            problems.extend(error.problems)
    if problems:
        raise HotspotsError(problems)
    return finish(batch)


def add_file(batch: Batch, raw: RawTable) -> None:
    """Stage one file as it was downloaded."""
    file = police_uk.read_street_file(raw, batch.workspace.settings)
    held = {p.key: p for p in batch.workspace.manifest.parts}
    for (force, month), table in file.parts.items():
        key = (SOURCE, force, month)
        if key in batch.parts:
            refuse_two(batch, key, file)
            continue
        old = held.get(key)
        if old is not None and old.sha256 == file.sha256:
            batch.parts[key] = old
        else:
            batch.parts[key] = write_part(batch, key, table, file.name, file.sha256)
        batch.from_file[key] = file.name
    batch.files.append(file)


def refuse_two(batch: Batch, key: tuple[str, str, int], file: StreetFile) -> None:
    """Two files for one force and month: the same bytes are the same file, others contradict each other."""
    if batch.parts[key].sha256 != file.sha256:
        raise HotspotsError(
            f"{file.name} and {batch.from_file[key]} both give {key[1]} {month_text(key[2])} and differ."
            " A file is the whole truth for its month: import only the newer of them."
        )


def write_part(batch: Batch, key: tuple[str, str, int], table: pa.Table, name: str, sha: str) -> Part:
    placed = batch.placer.place(table)
    slug = "".join(c if c.isalnum() else "-" for c in key[1].lower())[:60]
    path = write_table(batch.workspace, placed, "facts", SOURCE, slug, month_text(key[2]))
    return Part(*key, file=path, rows=len(placed), came_from=name, sha256=sha)


def mend(batch: Batch, raw: RawTable) -> None:
    """Put mended quarantine rows back into the months they came from."""
    file = police_uk.read_street_file(replace(raw, table=quarantine.mend_table(raw)), batch.workspace.settings)
    held = {p.key: p for p in batch.workspace.manifest.parts} | batch.parts
    for (force, month), rows in file.parts.items():
        key = (SOURCE, force, month)
        if key not in held:
            raise HotspotsError(
                f"{raw.name} mends rows of {force} {month_text(month)}, which the workspace does not hold."
                " Import that month's file first."
            )
        part = held[key]
        old = read_part(batch.workspace.folder, part)
        again = pc.is_in(old["source_row"], rows["source_row"].combine_chunks())
        if same_rows(old.filter(again), rows):
            batch.parts[key] = part
        else:
            fields = [n for n in old.column_names if n in rows.column_names]
            both = [old.filter(pc.invert(again)).select(fields), rows.select(fields)]
            table = pa.concat_tables(both, promote_options="permissive").unify_dictionaries().combine_chunks()
            batch.parts[key] = write_part(batch, key, table.sort_by("source_row"), part.came_from, part.sha256)
        batch.from_file[key] = raw.name
        mended = batch.mended.setdefault(raw.name, {})
        mended[part.came_from] = np.append(mended.get(part.came_from, []), rows["source_row"].to_numpy())
    batch.files.append(file)


def same_rows(old: pa.Table, new: pa.Table) -> bool:
    """Whether the rows held already say what the mended ones say."""
    names = ["source_row", "record", *CONTENT]
    mine, theirs = (t.select(names).to_pandas().sort_values("source_row").reset_index(drop=True) for t in (old, new))
    return mine.astype(object).equals(theirs.astype(object))


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """Repeats and breaks over everything held, and the report of each file."""
    workspace = batch.workspace
    manifest = replace_parts(workspace.manifest, batch.parts.values())
    parts = [p for p in manifest.parts if p.source == SOURCE]
    merged, superseded = find_repeats(workspace.folder, parts)
    repeated = superseded[~superseded["first"].astype(bool)]
    reports = [report_of(batch, file, blank_report(file), repeated) for file in batch.files]
    kept = {r.sha256 for r in workspace.manifest.reports}
    if manifest.parts == workspace.manifest.parts and all(
        f.sha256 in kept or f.name in batch.mended for f in batch.files
    ):
        return workspace.manifest, reports
    stored = workspace.manifest.reports
    for name, files in batch.mended.items():
        stored = quarantine.settle(workspace, stored, files, name)
    fresh = {}
    for file, report in zip(batch.files, reports, strict=True):
        if file.name not in batch.mended and unchanged_report(batch, file) is None:
            fresh[report.file] = replace(report, quarantine=quarantine.store(workspace, file.quarantined))
    covered = {p.came_from for p in parts}
    old = [r for r in stored if r.source != SOURCE or (r.file in covered and r.file not in fresh)]
    manifest = replace(
        manifest,
        merged=write_table(workspace, merged, "facts", SOURCE, "merged") if len(merged) else "",
        superseded=write_superseded(workspace, superseded),
        breaks=all_breaks(workspace, parts),
        reports=(*old, *fresh.values()),
    )
    return manifest, reports


def write_superseded(workspace: Workspace, superseded: pd.DataFrame) -> str:
    if not len(superseded):
        return ""
    table = pa.Table.from_pandas(superseded, preserve_index=False).cast(
        pa.schema([("feed", pa.string()), ("month", pa.int32()), ("position", pa.int64()), ("first", pa.bool_())])
    )
    return write_table(workspace, table, "facts", SOURCE, "superseded")


def all_breaks(workspace: Workspace, parts: Sequence[Part]) -> tuple[tuple[str, int, float], ...]:
    """Breaks in the map points of every force."""
    found = []
    for feed in sorted({p.feed for p in parts}):
        months = []
        for part in (p for p in parts if p.feed == feed):
            table = read_part(workspace.folder, part, ["lon", "lat"]).drop_null()
            months.append((part.month, table["lon"].to_numpy() + 1j * table["lat"].to_numpy()))
        found += [(feed, month, round(share, 4)) for month, share in find_breaks(months, workspace.settings)]
    return tuple(found)


def blank_report(file: StreetFile) -> FileReport:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    forces = sorted({force for force, _ in file.parts})
    return FileReport(file.name, SOURCE, ", ".join(forces), file.sha256, now, file.n_read, 0, 0, 0, 0, 0)


def report_of(batch: Batch, file: StreetFile, blank: FileReport, repeated: pd.DataFrame) -> FileReport:
    """What became of each row of one file: its months' rows by status, and the rows set aside."""
    counts = {"accepted": 0, "updated": 0, "unchanged": 0, "repeated": 0}
    hidden: dict[str, int] = {}
    for (force, month), rows in file.parts.items():
        key = (SOURCE, force, month)
        if file.name in batch.mended:
            found = mend_status(batch, key, rows, repeated)
        elif batch.from_file[key] != file.name:  # the same file given twice
            found = {"repeated": len(rows)}
        else:
            found = part_status(batch, key, repeated)
            add(hidden, hidden_by_a_map(batch.workspace.folder, batch.parts[key]))
        add(counts, found)
    was = None if file.name in batch.mended else unchanged_report(batch, file)
    reasons = quarantine.count_reasons(file.quarantined) if was is None else was.reasons
    report = replace(
        blank,
        accepted=counts["accepted"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        repeated=counts["repeated"],
        quarantined=len(file.quarantined) if was is None else was.quarantined,
        reasons=reasons,
        hidden=dict(sorted(hidden.items(), key=lambda item: (-item[1], item[0]))),
        notes=tuple(file.notes),
    )
    check_sum(report)
    return report


def check_sum(report: FileReport) -> None:
    """Every row read is accounted for, or the import stops: a defect of ours."""
    total = report.accepted + report.updated + report.unchanged + report.repeated + report.quarantined
    if total != report.read:
        raise RuntimeError(f"{report.file}: {report.read} rows read but {total} accounted for")


def add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, n in more.items():
        counts[name] = counts.get(name, 0) + n


def unchanged_report(batch: Batch, file: StreetFile) -> FileReport | None:
    """The stored report of a file whose months are all held just as it gives them; its mended rows stay mended."""
    held = set(batch.workspace.manifest.parts)
    keys = [(SOURCE, force, month) for force, month in file.parts]
    if not keys or any(batch.parts[k] not in held for k in keys):
        return None
    stored = [r for r in batch.workspace.manifest.reports if r.source == SOURCE and r.sha256 == file.sha256]
    return stored[-1] if stored else None


def part_status(batch: Batch, key: tuple[str, str, int], repeated: pd.DataFrame) -> dict[str, int]:
    """Rows of one month: repeats of another row, else new, changed or as they were."""
    part = batch.parts[key]
    old = next((p for p in batch.workspace.manifest.parts if p.key == key), None)
    repeats = repeat_positions(key, repeated)
    if old is None:
        return {"accepted": part.rows - len(repeats), "repeated": len(repeats)}
    if old == part:
        return {"unchanged": part.rows - len(repeats), "repeated": len(repeats)}
    counted = np.ones(part.rows, dtype=bool)
    counted[repeats] = False
    status = compare(keyed(batch.workspace.folder, old), keyed(batch.workspace.folder, part)[counted])
    return {"repeated": len(repeats), **status}


def repeat_positions(key: tuple[str, str, int], repeated: pd.DataFrame) -> np.ndarray:
    mine = (repeated["feed"] == key[1]) & (repeated["month"] == key[2])
    return repeated.loc[mine, "position"].to_numpy(dtype=np.int64)


def keyed(folder: Path, part: Part) -> pd.DataFrame:
    """One row per published row: ``key`` says which record it is, ``content`` what it says.

    Rows without an ID have no key but what they say; the n-th of several equal ones is the n-th.
    """
    rows = read_part(folder, part, ["record", "record_id", *CONTENT]).to_pandas()
    content = pd.util.hash_pandas_object(
        rows[CONTENT].astype({"crime_type": str, "location": str, "outcome": str}), index=False
    )
    key = rows["record"].astype("uint64", copy=True).where(rows["record_id"].notna(), content)
    nth = key.groupby(key).cumcount()
    return pd.DataFrame({"key": key, "nth": nth, "content": content})


def compare(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """How many of the new rows are accepted (not there before), updated, unchanged."""
    both = new.merge(old, on=["key", "nth"], how="left", suffixes=("", "_old"), indicator=True)
    if len(both) != len(new):
        raise RuntimeError("comparing a month with its earlier publication changed the number of rows")
    there = both["_merge"] == "both"
    same = int((there & (both["content"] == both["content_old"])).sum())
    return {"accepted": int((~there).sum()), "updated": int(there.sum()) - same, "unchanged": same}


def mend_status(batch: Batch, key: tuple[str, str, int], rows: pa.Table, repeated: pd.DataFrame) -> dict[str, int]:
    """Mended rows: repeats, rows the workspace held just so, and new ones."""
    part = batch.parts[key]
    if part in batch.workspace.manifest.parts:
        return {"unchanged": len(rows)}
    at = read_part(batch.workspace.folder, part, ["source_row"])["source_row"].to_numpy()
    repeats = at[repeat_positions(key, repeated)]
    n = int(np.isin(rows["source_row"].to_numpy(), repeats).sum())
    return {"accepted": len(rows) - n, "repeated": n}


def hidden_by_a_map(folder: Path, part: Part) -> dict[str, int]:
    """Rows a map would not show: without coordinates, by crime type, and outside the force area."""
    rows = read_part(folder, part, ["crime_type", "lon", "district"]).to_pandas()
    nowhere = rows["lon"].isna()
    types = rows.loc[nowhere, "crime_type"].astype(str).value_counts()
    found = {f"no coordinates: {name}": int(n) for name, n in types.items()}
    outside = int((~nowhere & rows["district"].isna()).sum())
    return found | ({"outside the force area": outside} if outside else {})
