"""One file (CSV, Excel, Parquet) as a table of text.

Nothing is interpreted here: every column is text as printed, an empty cell is null. Whoever reads a feed
turns text into numbers and times, and knows the row of the file each came from.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import Settings
from hotspots.sources.archives import read_sheet

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
SHEET_ENDINGS = (".xlsx", ".xlsm")
TABLE_ENDINGS = (*TEXT_ENDINGS, *SHEET_ENDINGS, ".parquet")
# Columns before the original ones in a download of quarantined rows: the file, the row in it, and why.
QUARANTINE_COLUMNS = FROM, ROW, REASON = ("quarantined_from", "quarantined_row", "reason")

_BOM = b"\xef\xbb\xbf"
_KINDS = {b"PK\x03\x04": "a zip archive or an Excel workbook", b"%PDF": "a PDF", b"PAR1": "a Parquet file"}
_CODECS = {"UTF-8": "utf-8", "Windows-1252": "cp1252"}
_RAGGED_SHOWN = 2_000  # characters kept of a row with the wrong number of fields
_START = 256_000  # bytes looked at to tell how a CSV is written; a header is shorter
_LONGEST_ROW = 256_000_000  # bytes; a row that crosses blocks of this size is no row


@dataclass(frozen=True, eq=False)
class RawTable:
    """One table as its file prints it: every column is text, an empty cell is null."""

    name: str  # 'july.csv', or 'archive.zip › 2022-07/2022-07-street.csv'
    table: pa.Table
    first_row: int = 2  # of the first row below the header, as a spreadsheet shows it
    bad_rows: list[tuple[int, str]] = field(default_factory=list)  # (row number, raw text): wrong number of fields
    sha256: str = ""  # of the file's or member's bytes
    encoding: str = "UTF-8"
    numbers: np.ndarray | None = None  # row number of every row, where they do not simply count up

    def row_numbers(self) -> np.ndarray:
        """int32 row number of each row of ``table``, as a spreadsheet shows it.

        Blank and ragged rows are counted. A line break inside quotation marks does not start a row. The
        rows of a corrected quarantine file keep the numbers of the file they came from.
        """
        if ROW in self.table.column_names:
            return pc.cast(self.table[ROW], pa.int32()).to_numpy()
        if self.numbers is not None:
            return self.numbers
        return np.arange(self.first_row, self.first_row + len(self.table), dtype=np.int32)


def read_table(name: str, data: bytes, settings: Settings) -> RawTable:
    """One CSV, Excel or Parquet file, by the ending of its name."""
    ending = Path(name).suffix.lower()
    if not data:
        raise HotspotsError(f"{name} is empty (0 bytes). Export it again.")
    if ending in SHEET_ENDINGS:
        return _read_excel(name, data, settings)
    if ending == ".parquet":
        return _as_text(_typed(name, data, settings))
    return _read_csv(name, data)


@dataclass(frozen=True)
class _Layout:
    """How a CSV is written: everything that has to be known before its rows can be read."""

    header: tuple[str, ...]
    delimiter: str
    encoding: str
    blank_lines: int  # before the header


def _read_csv(name: str, data: bytes) -> RawTable:
    sha = hashlib.sha256(data).hexdigest()
    content = memoryview(data)[3:] if data.startswith(_BOM) else memoryview(data)
    layout = _layout(name, content)
    first = layout.blank_lines + 2
    utf8 = pa.py_buffer(content) if layout.encoding == "UTF-8" else _from_windows(name, content)
    table, bad = _csv_rows(name, utf8, layout)
    numbers = np.arange(first, first + len(table) + len(bad), dtype=np.int32)
    numbers = np.delete(numbers, [n - first for n, _ in bad])
    _refuse_open_quote(name, content, table, bad, numbers)
    table, numbers = _without_blank_rows(table, numbers)
    if not len(table) and not bad:
        raise HotspotsError(_no_rows(name))
    counting = len(numbers) == 0 or numbers[-1] == first + len(table) - 1
    return RawTable(name, table, first, bad, sha, layout.encoding, None if counting else numbers)


def _layout(name: str, content: memoryview) -> _Layout:
    start = bytes(content[:_START])
    kind = next((what for magic, what in _KINDS.items() if start.startswith(magic)), None)
    if kind:
        raise HotspotsError(f"{name} is not a CSV: it is {kind}. Give it the ending that fits, or export it again.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in start[:4_000]:
        raise HotspotsError(f"{name} is in UTF-16 or holds zero bytes; only UTF-8 is read. Save it as 'CSV UTF-8'.")
    body = start.lstrip(b"\r\n")
    if not body.strip():
        raise HotspotsError(f"{name} holds nothing but blank lines. Export it again.")
    skipped = start[: len(start) - len(body)]
    blank = max(skipped.count(b"\n"), skipped.count(b"\r"))
    encoding = "UTF-8" if _is_utf8(content) else "Windows-1252"
    text = body.decode(_CODECS[encoding], errors="replace")
    outside = "".join(text.splitlines()[0].split('"')[::2])
    delimiter = max((",", ";", "\t"), key=outside.count)
    try:
        first, *more = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 2)
    except csv.Error as error:
        raise HotspotsError(f"{name} cannot be read as CSV: its first row is no header ({error}).") from error
    if len(start) == len(content) and not more:
        raise HotspotsError(_no_rows(name))
    return _Layout(_checked_header(name, first), delimiter, encoding, blank)


def _is_utf8(content: memoryview) -> bool:
    data = content.obj
    if isinstance(data, bytes) and data.isascii():
        return True
    try:
        str(content, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _no_rows(name: str) -> str:
    return f"{name} has a header but no rows. Export it again with the rows."


def _checked_header(name: str, header: Sequence[str]) -> tuple[str, ...]:
    """Column names without blanks around them; nameless ones get their number. Raises when two are the same."""
    names = tuple(text.strip() or f"column {i}" for i, text in enumerate(header, start=1))
    twice = [n for n, times in Counter(names).items() if times > 1]
    if twice:
        raise HotspotsError(f"{name} has more than one column called {sample(twice)}. Give each its own name.")
    return names


def _from_windows(name: str, content: memoryview) -> pa.Buffer:
    """Windows-1252 text as UTF-8, or a sentence about the first byte that it does not have."""
    try:
        return pa.py_buffer(str(content, "cp1252").encode())
    except UnicodeDecodeError as error:
        line = bytes(content[: error.start]).count(b"\n") + 1
        raise HotspotsError(
            f"{name} is neither UTF-8 nor Windows-1252 text: line {line:,} holds the byte {content[error.start]:#04x}. "
            "Save it as 'CSV UTF-8'."
        ) from error


def _csv_rows(name: str, source: pa.Buffer, layout: _Layout) -> tuple[pa.Table, list[tuple[int, str]]]:
    """The rows, blank ones as rows of nulls, and the rows with another number of fields than the header."""
    block = 1 << 20
    while True:
        try:
            table, bad = _parse(source, layout, block, threads=True)
            if bad:  # their numbers are only known when the rows are read one after the other
                table, bad = _parse(source, layout, block, threads=False)
            return table, bad
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block > min(len(source), _LONGEST_ROW):
                what = "a row too long to be one" if "straddling" in str(error) else str(error)[:120]
                raise HotspotsError(
                    f"{name} cannot be read as CSV ({what}). A quotation mark that is never closed is the usual cause: "
                    "export it again."
                ) from error
            block *= 16


def _parse(source: pa.Buffer, layout: _Layout, block: int, threads: bool) -> tuple[pa.Table, list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []

    def note(row: Any) -> str:
        bad.append((row.number or 0, row.text[:_RAGGED_SHOWN]))
        return "skip"

    names = list(layout.header)
    table = pyarrow.csv.read_csv(
        pa.BufferReader(source),
        # Names are given, so the header is skipped as a row: it may itself hold line breaks.
        read_options=pyarrow.csv.ReadOptions(
            use_threads=threads, block_size=block, column_names=names, skip_rows_after_names=layout.blank_lines + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
        ),
    )
    return table, bad


def _without_blank_rows(table: pa.Table, numbers: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """Without rows that hold nothing at all; the numbers of the others stay."""
    if not len(table) or min(column.null_count for column in table.columns) == 0:
        return table, numbers
    filled = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        filled |= pc.is_valid(column).to_numpy()
    if filled.all():
        return table, numbers
    return table.filter(pa.array(filled)), numbers[filled]


def _refuse_open_quote(
    name: str, content: memoryview, table: pa.Table, bad: list[tuple[int, str]], numbers: np.ndarray
) -> None:
    """A quotation mark that is never closed swallows the rest of the file without an error."""
    if content.obj.count(b'"') % 2 == 0:  # type: ignore[attr-defined]
        return
    row = int(numbers[-1]) if len(table) and _runs_to_the_end(table.column(-1)[-1].as_py() or "", content) else 0
    if bad and bad[-1][0] >= numbers[-1:].sum():  # the last row of all is a ragged one
        text = bad[-1][1]
        row = bad[-1][0] if "\n" in text and (text.count('"') % 2 or len(text) == _RAGGED_SHOWN) else row
    if row:
        raise HotspotsError(
            f"{name}: a quotation mark opened in {rows_sentence([row])} is never closed, so the rest of the file is "
            "taken for one value. Correct it there, or export the file again."
        )


def _runs_to_the_end(value: str, content: memoryview) -> bool:
    """Whether a value of several lines is the end of the file itself: a closed one has a mark behind it."""
    tail = value.rstrip("\r\n")[-40:].split('"')[-1].encode("ascii", "replace")
    end = bytes(content[-4_000:]).rstrip(b"\r\n")[-len(tail) :]
    shown = bytes(letter if letter < 128 else ord("?") for letter in end)
    return ("\n" in value or "\r" in value) and bool(tail) and shown[-1:] != b'"' and shown[-8:] == tail[-8:]


def _read_excel(name: str, data: bytes, settings: Settings) -> RawTable:
    header, columns, rows = read_sheet(data, name, settings)
    table = pa.table(dict(zip(_checked_header(name, header), columns, strict=True)))
    if not rows:
        raise HotspotsError(_no_rows(name))
    numbers = np.array(rows, dtype=np.int32)
    counting = numbers[-1] - numbers[0] == len(numbers) - 1
    return RawTable(
        name, table, rows[0], sha256=hashlib.sha256(data).hexdigest(), numbers=None if counting else numbers
    )


def read_typed(name: str, data: bytes, settings: Settings) -> RawTable:
    """As `read_table`, but the columns of a Parquet file keep their types: millions of rows stay numbers and times.

    Corrected quarantine rows come as text all the same.
    """
    if Path(name).suffix.lower() != ".parquet" or not data:
        return read_table(name, data, settings)
    raw = _typed(name, data, settings)
    return _as_text(raw) if ROW in raw.table.column_names else raw


def _as_text(raw: RawTable) -> RawTable:
    names = raw.table.column_names
    columns = [parquet_text(raw.name, title, column) for title, column in zip(names, raw.table.columns, strict=True)]
    return replace(raw, table=pa.table(columns, names=names))


def _typed(name: str, data: bytes, settings: Settings) -> RawTable:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if size > settings.unzipped_max_mb * 1_000_000:
            raise HotspotsError(
                f"{name} unpacks to {size / 1e6:,.0f} MB; at most {settings.unzipped_max_mb:,} MB are read. Split it."
            )
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise HotspotsError(
            f"{name} cannot be read as Parquet: it is cut short, damaged or another kind of file. Export it again."
        ) from error
    names = _checked_header(name, table.column_names)
    if not len(table):
        raise HotspotsError(f"{name} has columns but no rows. Export it again with the rows.")
    return RawTable(name, table.rename_columns(list(names)), sha256=hashlib.sha256(data).hexdigest())


def parquet_text(name: str, title: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A typed column as it would be printed: whole numbers without '.0', times as 'YYYY-MM-DD HH:MM:SS'."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    column = column.cast(kind)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise HotspotsError(f"{name}: column '{title}' holds {kind} values, which are no table cells. Leave it out.")
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "TRUE", "FALSE")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _time_text(column, getattr(kind, "tz", None))
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
        digits = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
        return pc.if_else(pc.fill_null(whole, False), digits, column.cast(pa.string()))
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _time_text(column: pa.ChunkedArray, zone: str | None) -> pa.ChunkedArray:
    """Times to the second; those that know their time zone are written in UTC with a Z."""
    whole = pc.floor_temporal(column.cast(pa.timestamp("us", zone)), unit="second")
    text = pc.strftime(whole.cast(pa.timestamp("s", "UTC" if zone else None)), format="%Y-%m-%d %H:%M:%S")
    return pc.binary_join_element_wise(text, "Z", "") if zone else text
