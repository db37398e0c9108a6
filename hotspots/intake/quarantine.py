"""Rows that could not be used: kept with their reason, to be downloaded, mended and loaded again.

The download has three columns before the original ones: ``quarantined_from`` (file), ``quarantined_row`` and
``reason``. A file with those columns is read as a mend: its rows go back where they came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hotspots.base.errors import HotspotsError, sample
from hotspots.sources.reading import FROM, REASON, ROW, RawTable
from hotspots.store.workspace import FileReport, Workspace, write_table


def is_mend(raw: RawTable) -> bool:
    """Whether this file is a quarantine download coming back."""
    return FROM in raw.table.column_names and ROW in raw.table.column_names


def mend_table(raw: RawTable) -> pa.Table:
    """The mended rows: the apostrophes that made cells safe for a spreadsheet are taken off again.

    Raises HotspotsError where the row numbers have been lost.
    """
    rows = pc.match_substring_regex(pc.fill_null(raw.table[ROW], ""), r"^\d{1,9}(\.0)?$")
    if not pc.all(rows).as_py() or raw.table[FROM].null_count:
        raise HotspotsError(
            f"{raw.name}: every row needs its '{FROM}' and '{ROW}' as they were downloaded. Download the rows again"
            " and change only the other columns."
        )
    table = raw.table
    for i, name in enumerate(table.column_names):
        table = table.set_column(i, name, pc.replace_substring_regex(table[name], r"^'('*[=+\-@\t\r\n])", r"\1"))
    row = pc.replace_substring_regex(table[ROW], r"\.0$", "")
    given = list(zip(table[FROM].to_pylist(), row.to_pylist(), strict=True))
    twice = sample(f"{n} of {f}" for (f, n), times in Counter(given).items() if times > 1)
    if twice:
        raise HotspotsError(f"{raw.name} gives row {twice} more than once. Keep one of each.")
    return table.set_column(table.column_names.index(ROW), ROW, row)


def by_file(raw: RawTable) -> Iterator[tuple[str, RawTable]]:
    """A mend, split by the file whose rows it mends."""
    table = mend_table(raw)
    for file in table[FROM].unique().to_pylist():
        yield file, replace(raw, table=table.filter(pc.equal(table[FROM], file)), bad_rows=[])


def store(workspace: Workspace, table: pa.Table) -> str:
    """Keep quarantined rows; returns the stored file's name, '' where there are none."""
    return write_table(workspace, table, "quarantine", "rows") if len(table) else ""


def open_rows(workspace: Workspace, report: FileReport) -> pa.Table | None:
    """The rows of this file that are still set aside."""
    return pq.read_table(workspace.folder / report.quarantine) if report.quarantine else None


def quarantined_rows(workspace: Workspace, reports: Iterable[FileReport] | None = None) -> pd.DataFrame:
    """All rows set aside, as text, ready to be mended and loaded again."""
    frames = []
    for report in workspace.manifest.reports if reports is None else reports:
        table = open_rows(workspace, report)
        if table is not None:
            frame = table.to_pandas().rename(columns={"source_row": ROW, "reason": REASON})
            frame.insert(0, FROM, report.file)
            frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=[FROM, ROW, REASON])
    return pd.concat(frames, ignore_index=True)


def settle(
    workspace: Workspace, reports: Sequence[FileReport], mended: dict[str, np.ndarray], by: str
) -> tuple[FileReport, ...]:
    """The reports after rows of these files (file → row numbers) have been mended: no longer set aside."""
    settled = []
    for report in reports:
        table = open_rows(workspace, report) if report.file in mended else None
        if table is None:
            settled.append(report)
            continue
        still = ~np.isin(table["source_row"].to_numpy(), mended[report.file])
        left = table.filter(pa.array(still))
        n = len(table) - len(left)
        if n == 0:
            settled.append(report)
            continue
        settled.append(
            replace(
                report,
                accepted=report.accepted + n,
                quarantined=report.quarantined - n,
                reasons=count_reasons(left),
                quarantine=store(workspace, left),
                notes=(*report.notes, f"{n:,} quarantined rows were mended by {by}"),
            )
        )
    return tuple(settled)


def count_reasons(table: pa.Table) -> dict[str, int]:
    """Rows by reason, most first; the values that a reason quotes are left out of its name."""
    short = Counter(str(r).split(":")[0] for r in table["reason"].to_pylist())
    return dict(sorted(short.items(), key=lambda item: (-item[1], item[0])))
