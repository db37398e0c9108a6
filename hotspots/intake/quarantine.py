"""Rows that could not be used: kept with their reason, to be downloaded, corrected and loaded again.

The download has three columns before the original ones: ``quarantined_from`` (file), ``quarantined_row`` and
``reason``. A file with those columns is a correction: its rows go back where they came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.sources.raw import FROM, REASON, ROW, RawTable
from hotspots.store.publishing import write_table
from hotspots.store.sound import read_stored
from hotspots.store.workspace import FileReport, Workspace


def is_correction(raw: RawTable) -> bool:
    """Whether this file is a quarantine download coming back."""
    return FROM in raw.table.column_names and ROW in raw.table.column_names


def corrected_table(raw: RawTable) -> pa.Table:
    """The corrected rows: the apostrophes that made cells safe for a spreadsheet are taken off again.

    Raises HotspotsError where the row numbers have been lost.
    """
    rows = pc.match_substring_regex(pc.fill_null(raw.table[ROW], ""), r"^\s*\d{1,9}([.,]0+)?\s*$")
    if not pc.all(rows).as_py() or raw.table[FROM].null_count:
        raise HotspotsError(
            f"{raw.name}: every row needs its '{FROM}' and '{ROW}' as they were downloaded. Download the rows again"
            " and change only the other columns."
        )
    table = raw.table
    for i, name in enumerate(table.column_names):
        table = table.set_column(i, name, pc.replace_substring_regex(table[name], r"^'('*[=+\-@\t\r\n])", r"\1"))
    row = pc.utf8_trim_whitespace(pc.replace_substring_regex(table[ROW], r"[.,]0+\s*$", ""))
    table = table.set_column(table.column_names.index(FROM), FROM, pc.utf8_trim_whitespace(table[FROM]))
    numbers = list(zip(table[FROM].to_pylist(), row.to_pylist(), strict=True))
    twice = sample(f"{n} of {f}" for (f, n), times in Counter(numbers).items() if times > 1)
    if twice:
        raise HotspotsError(f"{raw.name} gives row {twice} more than once. Keep one of each.")
    return table.set_column(table.column_names.index(ROW), ROW, row)


def by_file(raw: RawTable) -> Iterator[tuple[str, RawTable]]:
    """A correction, split by the file whose rows it corrects."""
    table = corrected_table(raw)
    for file in table[FROM].unique().to_pylist():
        yield file, replace(raw, table=table.filter(pc.equal(table[FROM], file)), bad_rows=[])


def store(workspace: Workspace, table: pa.Table) -> str:
    """Keep quarantined rows; returns the stored file's name, '' where there are none."""
    return write_table(workspace, table, "quarantine", "rows") if len(table) else ""


def open_rows(workspace: Workspace, report: FileReport) -> pa.Table | None:
    """The rows of this file that are still quarantined."""
    return read_stored(workspace, report.quarantine) if report.quarantine else None


def open_numbers(workspace: Workspace, report: FileReport) -> np.ndarray:
    """Their row numbers."""
    rows = open_rows(workspace, report)
    return np.zeros(0, dtype=np.int32) if rows is None else rows["source_row"].to_numpy()


def stored_report(workspace: Workspace, source: str, feed: str, sha: str) -> FileReport | None:
    """The report of an earlier import of these very bytes into this feed."""
    found = (r for r in workspace.manifest.reports if (r.source, r.feed, r.sha256) == (source, feed, sha))
    return next(found, None)


def still_open(workspace: Workspace, report: FileReport | None, rows: pa.Table) -> pa.Table:
    """Of the rows that a file has quarantined, those that nobody has corrected since its first import (``report``)."""
    if report is None:
        return rows
    return rows.filter(pc.is_in(rows["source_row"], pa.array(open_numbers(workspace, report), pa.int32())))


def any_open(workspace: Workspace, corrected: Mapping[str, np.ndarray]) -> bool:
    """Whether any of these rows (file → row numbers) is still quarantined."""
    return any(
        np.isin(open_numbers(workspace, report), corrected[report.file]).any()
        for report in workspace.manifest.reports
        if report.file in corrected
    )


def quarantined_rows(workspace: Workspace) -> pd.DataFrame:
    """All quarantined rows, as text, ready to be corrected and loaded again."""
    frames = []
    for report in workspace.manifest.reports:
        table = open_rows(workspace, report)
        if table is not None:
            frame = table.to_pandas().rename(columns={"source_row": ROW, "reason": REASON})
            frame.insert(0, FROM, report.file)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[FROM, ROW, REASON])


def settle(
    workspace: Workspace, reports: Sequence[FileReport], corrected: Mapping[str, np.ndarray], by: str
) -> tuple[FileReport, ...]:
    """The reports after rows of these files (file → row numbers) have been corrected: no longer quarantined."""
    return tuple(settled(workspace, r, corrected[r.file], by) if r.file in corrected else r for r in reports)


def settled(workspace: Workspace, report: FileReport, corrected: np.ndarray, by: str) -> FileReport:
    table = open_rows(workspace, report)
    done = np.isin(open_numbers(workspace, report), corrected)
    n = int(done.sum())
    if table is None or not n:
        return report
    left = table.filter(pa.array(~done))
    return replace(
        report, accepted=report.accepted + n, quarantined=report.quarantined - n, reasons=count_reasons(left),
        quarantine=store(workspace, left),
        notes=(*report.notes, f"{counted(n, 'quarantined row was', 'quarantined rows were')} corrected by {by}"),
    )  # fmt: skip


def count_reasons(table: pa.Table) -> dict[str, int]:
    """Rows by reason, most first; the values that a reason quotes are left out of its name."""
    short = Counter(str(r).split(":")[0] for r in table["reason"].to_pylist())
    return dict(sorted(short.items(), key=lambda item: (-item[1], item[0])))
