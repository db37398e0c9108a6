"""A force's own export into the workspace: records matched by their id, changed ones updated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.columns import INCIDENTS, schema
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.months import month_text
from hotspots.geography import boundaries_of
from hotspots.intake import quarantine
from hotspots.intake.outside import refuse_elsewhere
from hotspots.intake.place import Placer, put
from hotspots.intake.repeats import plain
from hotspots.intake.report import file_report, free_name, hidden_by_a_map
from hotspots.intake.same_records import deeds_again, numbers_of, under_held_ids
from hotspots.sources.checks import record_numbers
from hotspots.sources.files import Upload, read_tables
from hotspots.sources.incidents import Parsed, read_incidents
from hotspots.sources.mapping import GRID, Mapping, place_of
from hotspots.sources.raw import RawTable
from hotspots.store.publishing import write_table
from hotspots.store.workspace import FileReport, Manifest, Part, Workspace, read_part, replace_parts

SOURCE = "incidents"
PLACED = ("cell_9", "cell_10", "cell_11", "district", "bcu")
INCIDENT_SCHEMA = schema(INCIDENTS)
CONTENT = [c.name for c in INCIDENTS if c.name not in PLACED]
DEED = ("ho_class", "athena_urn", "title", "local_from", "local_to", "lon", "lat")  # what happened, when and where


@dataclass
class Batch:
    """The feed's months as they would stand after this import; only those touched are loaded and written."""

    workspace: Workspace
    mapping: Mapping
    placer: Placer
    held: dict[int, Part]
    records: pd.DataFrame  # index record → month, and the columns of `facts`
    months: dict[int, pa.Table] = field(default_factory=dict)  # loaded
    touched: set[int] = field(default_factory=set)  # of these, to be written
    reports: list[FileReport] = field(default_factory=list)
    corrected: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)  # correction → its file → rows


def stage(
    workspace: Workspace,
    paths: Sequence[Path | Upload],
    mapping: Mapping,
    progress: Callable[[str], None],
    left_out: list[str],
) -> tuple[Manifest, list[FileReport]]:
    """Read the files and write the months they touch aside; returns the manifest that would make them current.

    What is no table of this feed is named in ``left_out``.
    """
    held = {p.month: p for p in workspace.manifest.parts if p.source == SOURCE and p.feed == mapping.name}
    batch = Batch(workspace, mapping, Placer(boundaries_of(workspace)), held, held_records(workspace, held))
    problems: list[str] = []
    for raw in read_tables(paths, workspace.settings, sought=mapping.sought, left_out=left_out):
        progress(raw.name)
        try:
            named = replace(raw, name=free_name(batch.reports, raw.name))
            (correct if quarantine.is_correction(named) else load)(batch, named)
        except HotspotsError as error:
            problems.extend(error.problems)
    if problems:
        raise HotspotsError(problems)
    return finish(batch)


def load(batch: Batch, raw: RawTable) -> None:
    """Stage one file as it was exported."""
    parsed = read_incidents(raw, batch.mapping, batch.workspace.settings)
    rows, notes = under_held_ids(parsed.table, batch.records, partial(month_table, batch), batch.mapping.name)
    parsed.notes.extend(notes)
    add_file(batch, replace(parsed, table=rows), raw.name, raw.sha256)


def correct(batch: Batch, raw: RawTable) -> None:
    """Put corrected quarantine rows back, those of each file on their own: row numbers are a file's own."""
    # Rows that nobody has corrected yet may come back with the others: no reason to refuse the file.
    lenient = replace(batch.workspace.settings, bad_coordinate_share=1.0)
    for file, rows in quarantine.by_file(raw):
        name = free_name(batch.reports, raw.name)
        parsed = read_incidents(replace(rows, name=name), batch.mapping, lenient, lenient=True)
        add_file(batch, parsed, name, raw.sha256, is_correction=True)
        still = parsed.quarantined["source_row"].to_numpy()
        batch.corrected[name] = {file: np.setdiff1d(rows.row_numbers(), still)}


def held_records(workspace: Workspace, held: dict[int, Part]) -> pd.DataFrame:
    """Every record the feed already has: its month and its `facts`."""
    frames = [facts(read_part(workspace, part)).assign(month=month) for month, part in held.items()]
    return pd.concat(frames) if frames else facts(INCIDENT_SCHEMA.empty_table()).assign(month=pd.Series(dtype="int32"))


def facts(table: pa.Table) -> pd.DataFrame:
    """Index record: ``content`` and ``deed`` are hashes of what it says, ``number`` is its id where that is one."""
    found = contents(table).to_frame("content")
    return found.assign(deed=contents(table, DEED), number=numbers_of(table))


def contents(table: pa.Table, names: Sequence[str] = CONTENT) -> pd.Series:
    """A hash of what each record says in these columns, its offences in any order: index record, values uint64.

    The types are made the same first: a column with a gap, or one read back from a file, must hash as it did.
    """
    columns = {}
    for name in (c for c in names if c != "offence_no"):
        column = table[name] if name in table.column_names else pa.nulls(len(table), INCIDENT_SCHEMA.field(name).type)
        kind = INCIDENT_SCHEMA.field(name).type
        if pa.types.is_timestamp(kind):
            column = column.cast(kind).cast(pa.int64())
        elif pa.types.is_boolean(kind):
            column = column.cast(pa.int8())
        if not (pa.types.is_floating(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
            column = pc.fill_null(column, -1)
        values = column.to_pandas()
        columns[name] = values.astype(object) if pa.types.is_dictionary(kind) else values
    rows = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False)
    return rows.groupby(table["record"].to_numpy()).sum()


def add_file(batch: Batch, parsed: Parsed, name: str, sha: str, is_correction: bool = False) -> None:
    """Match one file's records with those held and put the new and changed ones in place."""
    placed = batch.placer.place(parsed.table)
    if not is_correction:
        parsed.notes.extend(whereabouts(batch, placed, name))
    table = with_held_offences(batch, parsed.table) if is_correction else parsed.table
    was = quarantine.stored_report(batch.workspace, SOURCE, batch.mapping.name, sha)
    left = parsed.quarantined if is_correction else quarantine.still_open(batch.workspace, was, parsed.quarantined)
    corrected = corrected_since(batch, parsed, left)
    new = contents(table).to_frame("content")
    old = batch.records.reindex(new.index)
    there = old["month"].notna()
    # A record whose quarantined rows were corrected since holds more than this file can say: it stays as it is.
    same = there & ((old["content"] == new["content"]) | new.index.isin(corrected))
    status = pd.Series(np.where(same, "unchanged", np.where(there, "updated", "accepted")), index=new.index)
    # One row of the file may hold several offences; the report counts the file's rows.
    _, first = np.unique(parsed.table["source_row"].to_numpy(), return_index=True)
    by_row = status.loc[parsed.table["record"].to_numpy()[first]].value_counts()
    changed = status.index[status != "unchanged"]
    parsed.notes.extend(deeds_again(contents(table, DEED), placed, status.index[~there], batch.records))
    if len(changed):
        put_records(batch, table, changed, old.loc[changed, "month"].dropna().astype(int))
    shown = placed.select(["lon", "district", "title"]).to_pandas()
    report = file_report(
        name, SOURCE, batch.mapping.name, sha, read=parsed.n_read, accepted=int(by_row.get("accepted", 0)),
        updated=int(by_row.get("updated", 0)),
        unchanged=int(by_row.get("unchanged", 0)) + len(parsed.quarantined) - len(left),
        repeated=len(parsed.repeated_rows), quarantined=len(left), reasons=quarantine.count_reasons(left),
        hidden=hidden_by_a_map(shown, "title"), notes=tuple(parsed.notes),
    )  # fmt: skip
    batch.reports.append(replace(report, quarantine=quarantine.store(batch.workspace, left)))


def whereabouts(batch: Batch, placed: pa.Table, name: str) -> list[str]:
    """What to say of rows outside the force area. Raises HotspotsError where all are."""
    lon, lat = (placed[c].to_numpy() for c in ("lon", "lat"))
    inside = pc.is_valid(placed["district"]).to_numpy(zero_copy_only=False)
    grid = place_of(batch.mapping.columns) == GRID
    return refuse_elsewhere(lon, lat, inside, grid, batch.placer.boundaries, batch.workspace.settings, name)


def corrected_since(batch: Batch, parsed: Parsed, left: pa.Table) -> np.ndarray:
    """Record numbers of the rows of this file that were quarantined once and are not among those ``left``."""
    done = ~np.isin(parsed.quarantined["source_row"].to_numpy(), left["source_row"].to_numpy())
    rows = parsed.quarantined.filter(pa.array(done))
    column = batch.mapping.columns["id"][0]
    if not len(rows) or column not in rows.column_names:
        return np.zeros(0, dtype=np.int64)
    return record_numbers(batch.mapping.name, [str(i).strip() for i in rows[column].to_pylist() if i is not None])


def with_held_offences(batch: Batch, table: pa.Table) -> pa.Table:
    """Corrected rows with the offences that their records hold already: a correction adds to a record, never cuts it.

    Raises HotspotsError where a corrected row gives its record another time or place than the rows already held.
    """
    numbers = pc.unique(table["record"])
    months = batch.records.reindex(numbers.to_numpy())["month"].dropna().astype(int).unique()
    if not len(months):
        return table
    rows = [month_table(batch, int(m)) for m in sorted(months)]
    held = pa.concat_tables([r.filter(pc.is_in(r["record"], numbers)) for r in rows], promote_options="permissive")
    fields = [c for c in CONTENT if c in table.column_names]
    both = pa.concat_tables([held.select(fields), table.select(fields)], promote_options="permissive")
    frame = both.cast(plain(both.schema)).to_pandas()
    same = ["local_from", "local_to", "lon", "lat"]
    for column in same:
        odd = frame.groupby("record")[column].nunique(dropna=False) > 1
        if odd.any():
            ids = frame.loc[frame["record"].isin(odd.index[odd]), "record_id"]
            raise HotspotsError(
                f"A corrected row gives record {sample(ids)} another time or place than its other rows."
                " Give all rows of a record the same, or correct the export itself."
            )
    keep = ~frame.duplicated([c for c in fields if c != "offence_no"]).to_numpy()
    added = frame["record"][keep & (np.arange(len(frame)) >= len(held))]
    if batch.mapping.offences != "rows" and added.isin(held["record"].to_numpy()).any():
        ids = frame.loc[frame["record"].isin(added) & frame["record"].isin(held["record"].to_numpy()), "record_id"]
        raise HotspotsError(
            f"A corrected row gives record {sample(ids)} again, with other content than is held. Give it its own id, or"
            " leave the row out."
        )
    both = both.filter(pa.array(keep))
    order = frame[keep].groupby("record").cumcount().to_numpy() + 1
    both = put(both, "offence_no", pa.array(order, pa.int16()))
    return put(both, "source_row", pa.array(np.zeros(len(both)), pa.int32()))


def put_records(batch: Batch, table: pa.Table, changed: pd.Index, old_months: pd.Series) -> None:
    """Take the changed records out of the months they were in and put them, placed, into their own."""
    numbers = pa.array(changed.to_numpy(), pa.int64())
    rows = table.filter(pc.is_in(table["record"], numbers))
    rows = batch.placer.place(rows).drop_columns([c for c in ("source_row",) if c in rows.column_names])
    for month in sorted({int(m) for m in old_months}):
        here = month_table(batch, month)
        batch.touched.add(month)
        batch.months[month] = here.filter(pc.invert(pc.is_in(here["record"], numbers)))
    for month in sorted(set(rows["month"].to_pylist())):
        mine = rows.filter(pc.equal(rows["month"], month))
        both = [month_table(batch, month), full(mine)]
        batch.touched.add(month)
        batch.months[month] = pa.concat_tables(both, promote_options="permissive").unify_dictionaries()
    fresh = facts(rows)
    fresh["month"] = pd.Series(rows["month"].to_numpy(), index=rows["record"].to_numpy()).groupby(level=0).first()
    batch.records = pd.concat([batch.records.drop(index=fresh.index, errors="ignore"), fresh])


def month_table(batch: Batch, month: int) -> pa.Table:
    """The feed's rows of one month, as this import has them so far."""
    if month not in batch.months:
        part = batch.held.get(month)
        rows = schema(INCIDENTS).empty_table() if part is None else full(read_part(batch.workspace, part))
        batch.months[month] = rows
    return batch.months[month]


def full(table: pa.Table) -> pa.Table:
    """The table with every column of INCIDENTS, in order and type."""
    for column in INCIDENTS:
        if column.name not in table.column_names:
            table = put(table, column.name, pa.nulls(len(table), column.type))
    return table.select([c.name for c in INCIDENTS]).cast(schema(INCIDENTS))


def finish(batch: Batch) -> tuple[Manifest, list[FileReport]]:
    """Write the months touched and renew the reports; an import that changed nothing leaves the manifest alone."""
    workspace, feed = batch.workspace, batch.mapping.name
    imported = {r.sha256 for r in workspace.manifest.reports}
    nothing_new = not batch.touched and all(r.sha256 in imported or r.file in batch.corrected for r in batch.reports)
    if nothing_new and not any(quarantine.any_open(workspace, files) for files in batch.corrected.values()):
        return workspace.manifest, batch.reports
    new, gone = [], []
    for month in sorted(batch.touched):
        table = batch.months[month]
        if not len(table):
            gone.append((SOURCE, feed, month))
            continue
        rows = table.combine_chunks().sort_by([("record", "ascending"), ("offence_no", "ascending")])
        path = write_table(workspace, rows, "facts", SOURCE, feed, month_text(month))
        new.append(Part(SOURCE, feed, month, file=path, rows=len(rows), came_from=batch.reports[-1].file))
    stored = workspace.manifest.reports
    for name, files in batch.corrected.items():
        stored = quarantine.settle(workspace, stored, files, name)
    fresh = {r.file: r for r in batch.reports if r.file not in batch.corrected and r.sha256 not in imported}
    kept = [r for r in stored if not (r.source == SOURCE and r.feed == feed and r.file in fresh)]
    manifest = replace_parts(workspace.manifest, new, gone)
    return replace(manifest, reports=(*kept, *fresh.values())), batch.reports
