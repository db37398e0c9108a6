"""One file (CSV, workbook, Parquet, GPX, GeoJSON) as tables of text.

Nothing is interpreted here: every column is text as printed, an empty cell is null. Whoever reads a feed
turns text into numbers and times, and knows the row of the file each came from.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.archives import unpack
from hotspots.sources.kinds import ANYTHING, JSON_ENDINGS, SHEET_ENDINGS, Sought, ending_of
from hotspots.sources.parquet import as_text, read_parquet
from hotspots.sources.raw import ROW, NoRows, RawTable, checked_header, no_rows
from hotspots.sources.sheets import SheetTable, read_sheets
from hotspots.sources.texts import is_text, parted, read_csv
from hotspots.sources.tracks import Points, read_geojson, read_gpx


def read_tables_of(
    name: str, data: bytes, settings: Settings, sought: Sought = ANYTHING, typed: bool = False
) -> list[RawTable]:
    """The tables of one file, by the ending of its name: one, or every sheet of a workbook that has the columns sought.

    ``typed``: the columns of a Parquet file keep their types, so that millions of rows stay numbers and times;
    corrected quarantine rows come as text all the same.
    """
    ending = ending_of(name)
    if not data:
        raise NoRows(f"{name} is empty (0 bytes). Export it again.")
    if ending in SHEET_ENDINGS and data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise HotspotsError(
            f"{name} is a web page or XML under the ending of a workbook. Open it and save it as .xlsx."
        )
    if ending in SHEET_ENDINGS and not (ending == ".xls" and is_text(data)):
        return _of_sheets(name, data, read_sheets(data, name, settings, sought), sought)
    if ending == ".parquet":
        raw = read_parquet(name, data, settings)
        return [raw if typed and ROW not in raw.table.column_names else as_text(raw)]
    if ending == ".gpx":
        return [_of_points(name, data, read_gpx(name, data))]
    if ending in JSON_ENDINGS:
        return [_of_points(name, data, read_geojson(name, data))]
    return [read_csv(name, unpack(data, name, settings) if ending.endswith(".gz") else data, sought)]


def read_table(name: str, data: bytes, settings: Settings) -> RawTable:
    """The first table of a file."""
    return read_tables_of(name, data, settings)[0]


def _of_sheets(name: str, data: bytes, sheets: list[SheetTable], sought: Sought) -> list[RawTable]:
    """The tables of a workbook; where it has several sheets each is called after its own."""
    if not any(sheet.rows for sheet in sheets):
        raise NoRows([*no_rows(name).problems, *(f"{name}: {note}." for note in sheets[0].notes)])
    sha = hashlib.sha256(data).hexdigest()
    if len(sheets) == 1 and len(sheets[0].header) == 1 and (text := _in_one_column(sheets[0], sought)):
        return [replace(read_csv(name, text.encode(), sought), sha256=sha)]
    return [_of_sheet(name, sha if len(sheets) == 1 else _apart(sha, sheet.title), sheet, sought) for sheet in sheets]


def _in_one_column(sheet: SheetTable, sought: Sought) -> str:
    """A table that was pasted whole into the first column of a sheet, as text; '' of any other.

    Rows keep their numbers: blank ones are put in again.
    """
    cells = [""] * max(sheet.rows[-1], 1)
    for row, cell in zip(sheet.rows, sheet.columns[0].to_pylist(), strict=True):
        cells[row - 1] = cell or ""
    at = sheet.rows[0] - 2
    if at < 0:
        return ""
    cells[at] = sheet.header[0]
    return parted(cells, at, sought)


def _apart(sha: str, title: str) -> str:
    """One sheet of a workbook, told from the others."""
    return hashlib.sha256(f"{sha}\x1f{title}".encode()).hexdigest()


def _of_sheet(name: str, sha: str, sheet: SheetTable, sought: Sought) -> RawTable:
    label = f"{name} › {sheet.title}" if sheet.title else name
    header = checked_header(label, sheet.header, sought)
    numbers = np.array(sheet.rows, dtype=np.int32)
    counting = numbers[-1] - numbers[0] == len(numbers) - 1
    merged = {header[column]: rows for column, rows in sheet.merged.items() if column < len(header)}
    table = pa.table(dict(zip(header, sheet.columns, strict=True)))
    return RawTable(
        label, table, sheet.rows[0], sha256=sha, numbers=None if counting else numbers, notes=tuple(sheet.notes),
        merged=merged,
    )  # fmt: skip


def _of_points(name: str, data: bytes, points: Points) -> RawTable:
    """A file of points as a table; its rows are numbered as its points are."""
    header = checked_header(name, list(points.columns))
    table = pa.table([pa.array(column, pa.string()) for column in points.columns.values()], names=list(header))
    return RawTable(name, table, 1, sha256=hashlib.sha256(data).hexdigest(), notes=tuple(points.notes))
