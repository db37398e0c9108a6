"""A force's own export into the workspace: records matched by their id, changed ones updated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.columns import INCIDENTS, schema
from hotspots.errors import HotspotsError
from hotspots.intake import quarantine
from hotspots.intake.place import Placer, boundaries_of, put
from hotspots.intake.police_uk import check_sum
from hotspots.months import month_text
from hotspots.sources.incidents import Mapping, Parsed, read_incidents
from hotspots.sources.reading import Upload, read_tables
from hotspots.workspace import FileReport, Manifest, Part, Workspace, read_part, replace_parts, write_table

SOURCE = "incidents"
PLACED = ("cell_9", "cell_10", "cell_11", "district", "bcu")
CONTENT = [c.name for c in INCIDENTS if c.name not in PLACED]


@dataclass
class Batch:
    """The feed's months as they would stand after this import; only those touched are loaded and written."""

    workspace: Workspace
    mapping: Mapping
    placer: Placer
    held: dict[int, Part]
    records: pd.DataFrame  # index record → month, content
    months: dict[int, pa.Table] = field(default_factory=dict)
    reports: list[FileReport] = field(default_factory=list)
    mended: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


def stage(
    workspace: Workspace,
    paths: Sequence[Path | Upload],
    mapping: Mapping,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[Manifest, list[FileReport]]:
    """Read the files and write the months they touch aside; returns the manifest that would make them current."""
    held = {p.month: p for p in workspace.manifest.parts if p.source == SOURCE and p.feed == mapping.name}
    batch = Batch(workspace, mapping, Placer(boundaries_of(workspace)), held, held_records(workspace, held))
    problems: list[str] = []
    for raw in read_tables(paths, workspace.settings):
        progress(raw.name)
        try:
            mend_of = raw.table["quarantined_from"].to_pylist() if quarantine.is_mend(raw) else None
            if mend_of is not None:
                raw = replace(raw, table=quarantine.mend_table(raw))
            parsed = read_incidents(raw, mapping, workspace.settings)
            add_file(batch, parsed, raw.name, raw.sha256)
            if mend_of is not None:
                note_mended(batch, raw.name, raw.table, mend_of, parsed)
        except HotspotsError as error:
            problems.extend(error.problems)
    if problems:
        raise HotspotsError(problems)
    return finish(batch)


def held_records(workspace: Workspace, held: dict[int, Part]) -> pd.DataFrame:
    """Every record the feed already has: its month and a hash of what it says."""
    frames = []
    for month, part in held.items():
        table = read_part(workspace.folder, part)
        frames.append(contents(table).to_frame("content").assign(month=month))
    if not frames:
        return pd.DataFrame({"content": pd.Series(dtype="uint64"), "month": pd.Series(dtype="int32")})
    return pd.concat(frames)


def contents(table: pa.Table) -> pd.Series:
    """A hash of what each record says, its offences in any order: index record, values uint64."""
    frame = table.select([c for c in CONTENT if c in table.column_names]).to_pandas()
    text = {c: frame[c].astype(object) for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)}
    rows = pd.util.hash_pandas_object(frame.assign(**text), index=False)
    return rows.groupby(table["record"].to_numpy()).sum()


def add_file(batch: Batch, parsed: Parsed, name: str, sha: str) -> None:
    """Match one file's records with those held and put the new and changed ones in place."""
    table = parsed.table
    new = contents(table).to_frame("content")
    old = batch.records.reindex(new.index)
    there = old["month"].notna()
    same = there & (old["content"] == new["content"])
    status = pd.Series(np.where(same, "unchanged", np.where(there, "updated", "accepted")), index=new.index)
    by_row = status.loc[table["record"].to_numpy()].value_counts()
    changed = status.index[status != "unchanged"]
    if len(changed):
        put_records(batch, table, changed, old.loc[changed, "month"].dropna().astype(int))
    report = FileReport(
        name,
        SOURCE,
        batch.mapping.name,
        sha,
        datetime.now(UTC).isoformat(timespec="seconds"),
        read=parsed.n_read,
        accepted=int(by_row.get("accepted", 0)),
        updated=int(by_row.get("updated", 0)),
        unchanged=int(by_row.get("unchanged", 0)),
        repeated=len(parsed.repeated_rows),
        quarantined=len(parsed.quarantined),
        reasons=quarantine.count_reasons(parsed.quarantined),
        hidden=hidden_by_a_map(batch.placer.place(table)),
        notes=tuple(parsed.notes),
    )
    batch.reports.append(replace(report, quarantine=quarantine.store(batch.workspace, parsed.quarantined)))
    check_offence_rows(report, parsed)


def check_offence_rows(report: FileReport, parsed: Parsed) -> None:
    """A row of the file may hold several offences (in columns); rows are what must add up."""
    check_sum(report)


def put_records(batch: Batch, table: pa.Table, changed: pd.Index, old_months: pd.Series) -> None:
    """Take the changed records out of the months they were in and put them, placed, into their own."""
    numbers = pa.array(changed.to_numpy(), pa.int64())
    rows = table.filter(pc.is_in(table["record"], numbers))
    rows = batch.placer.place(rows).drop_columns([c for c in ("source_row",) if c in rows.column_names])
    for month in sorted(set(old_months.tolist())):
        here = month_table(batch, month)
        batch.months[month] = here.filter(pc.invert(pc.is_in(here["record"], numbers)))
    for month in sorted(set(rows["month"].to_pylist())):
        mine = rows.filter(pc.equal(rows["month"], month))
        both = [month_table(batch, month), full(mine)]
        batch.months[month] = pa.concat_tables(both, promote_options="permissive").unify_dictionaries()
    fresh = contents(rows).to_frame("content")
    fresh["month"] = pd.Series(rows["month"].to_numpy(), index=rows["record"].to_numpy()).groupby(level=0).first()
    batch.records = pd.concat([batch.records.drop(index=fresh.index, errors="ignore"), fresh])


def month_table(batch: Batch, month: int) -> pa.Table:
    """The feed's rows of one month, as this import has them so far."""
    if month not in batch.months:
        part = batch.held.get(month)
        rows = schema(INCIDENTS).empty_table() if part is None else full(read_part(batch.workspace.folder, part))
        batch.months[month] = rows
    return batch.months[month]


def full(table: pa.Table) -> pa.Table:
    """The table with every column of INCIDENTS, in order and type."""
    for column in INCIDENTS:
        if column.name not in table.column_names:
            table = put(table, column.name, pa.nulls(len(table), column.type))
    return table.select([c.name for c in INCIDENTS]).cast(schema(INCIDENTS))


def note_mended(batch: Batch, name: str, table: pa.Table, mend_of: list[str], parsed: Parsed) -> None:
    """Remember which quarantined rows this mend put right; those it could not stay set aside where they were."""
    rows = table["quarantined_row"].cast(pa.int32()).to_numpy()
    still = set(parsed.quarantined["source_row"].to_pylist())
    mended = batch.mended.setdefault(name, {})
    for file in sorted(set(mend_of)):
        mine = np.array([r for r, f in zip(rows, mend_of, strict=True) if f == file and r not in still], dtype=np.int64)
        mended[file] = np.append(mended.get(file, np.array([], dtype=np.int64)), mine)


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """Write the months touched and renew the reports; an import that changed nothing leaves the manifest alone."""
    workspace, feed = batch.workspace, batch.mapping.name
    known = {r.sha256 for r in workspace.manifest.reports}
    nothing_new = not batch.months and all(r.sha256 in known or r.file in batch.mended for r in batch.reports)
    if nothing_new and not open_mends(batch):
        return workspace.manifest, batch.reports
    new, gone = [], []
    for month, table in sorted(batch.months.items()):
        if not len(table):
            gone.append((SOURCE, feed, month))
            continue
        rows = table.combine_chunks().sort_by([("record", "ascending"), ("offence_no", "ascending")])
        path = write_table(workspace, rows, "facts", SOURCE, feed, month_text(month))
        new.append(Part(SOURCE, feed, month, file=path, rows=len(rows), came_from=batch.reports[-1].file))
    stored = workspace.manifest.reports
    for name, files in batch.mended.items():
        stored = quarantine.settle(workspace, stored, files, name)
    fresh = {r.file: r for r in batch.reports if r.file not in batch.mended and r.sha256 not in known}
    kept = [r for r in stored if not (r.source == SOURCE and r.feed == feed and r.file in fresh)]
    manifest = replace_parts(workspace.manifest, new, gone)
    return replace(manifest, reports=(*kept, *fresh.values())), batch.reports


def open_mends(batch: Batch) -> bool:
    """Whether a mend put right rows that are still marked as set aside."""
    for files in batch.mended.values():
        for report in batch.workspace.manifest.reports:
            table = quarantine.open_rows(batch.workspace, report) if report.file in files else None
            if table is not None and np.isin(table["source_row"].to_numpy(), files[report.file]).any():
                return True
    return False


def hidden_by_a_map(placed: pa.Table) -> dict[str, int]:
    """Rows a map would not show: without coordinates, by offence, and outside the force area."""
    if not len(placed):
        return {}
    rows = placed.select(["lon", "district", "title"]).to_pandas()
    nowhere = rows["lon"].isna()
    titles = rows.loc[nowhere, "title"].astype(object).fillna("no title").value_counts()
    found = {f"no coordinates: {name}": int(n) for name, n in titles.items()}
    outside = int((~nowhere & rows["district"].isna()).sum())
    return found | ({"outside the force area": outside} if outside else {})
