"""CSV and its kin (tab, semicolon, bar; UTF-8, Windows-1252, UTF-16) as a table of text.

How a text is written is told from its first rows: what parts its values, where its header is. Rows with another number
of values than the header are kept apart, each with its number.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hotspots.base.errors import HotspotsError, rows_sentence
from hotspots.sources.headers import ENOUGH, LAST, LOOKED, find_header, header_note, is_total, total_note
from hotspots.sources.kinds import Sought
from hotspots.sources.raw import RawTable, checked_header, no_rows
from hotspots.sources.spans import OLD

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 begins
_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook", b"%PDF": "a PDF", b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a packed file (.gz)", OLD: "an old Excel workbook (.xls)",
}  # fmt: skip
_MARKS = (",", ";", "\t", "|")
_SEP = re.compile(r"sep=([!#-/:-@\[-`{-~\t])", re.IGNORECASE)  # a line for Excel alone: what parts the values below
_CODECS = {"UTF-8": "utf-8", "Windows-1252": "cp1252"}
_RAGGED_SHOWN = 2_000  # characters kept of a row with the wrong number of fields
_START = 256_000  # bytes looked at to tell how a CSV is written; a header is shorter
_LONGEST_ROW = 256_000_000  # bytes; a row that crosses blocks of this size is no row


def is_text(data: bytes) -> bool:
    """Whether a file with the ending of an old workbook is what some systems export under it: a table as text."""
    start = data[:_START]
    plain = data[:2] in _WIDE or b"\x00" not in start[:4_000]
    return plain and not start.startswith((OLD, b"PK", b"<", _BOM + b"<"))


@dataclass(frozen=True)
class _Layout:
    """How a CSV is written: everything that has to be known before its rows can be read."""

    header: tuple[str, ...]
    delimiter: str
    encoding: str
    above: int  # rows before the header, blank ones counted
    titles: int  # of these, those that say something


def read_csv(name: str, data: bytes, sought: Sought) -> RawTable:
    sha = hashlib.sha256(data).hexdigest()
    wide = data[:2] in _WIDE or _unmarked(data) != ""
    whole = _from_wide(name, data) if wide else data
    content = memoryview(whole)[3:] if whole.startswith(_BOM) else memoryview(whole)
    layout = _layout(name, content, sought)
    utf8 = pa.py_buffer(content) if layout.encoding == "UTF-8" else _from_windows(name, content)
    if len(layout.header) == 1 and (inner := _of_one_cell(utf8, layout, sought)):
        return replace(read_csv(name, inner, sought), sha256=sha)
    first = layout.above + 2
    table, bad = _csv_rows(name, utf8, layout)
    numbers = np.arange(first, first + len(table) + len(bad), dtype=np.int32)
    numbers = np.delete(numbers, [n - first for n, _ in bad])
    _refuse_open_quote(name, content, table, bad, numbers)
    table, numbers = _without_blank_rows(table, numbers)
    notes = [header_note(layout.above + 1, layout.titles)] if layout.titles else []
    table, numbers, bad, totals = _without_totals(table, numbers, bad, layout.delimiter)
    notes += [total_note(totals)] if totals else []
    if not len(table):
        raise _all_ragged(name, bad, layout) if bad else no_rows(name)
    counting = len(numbers) == 0 or numbers[-1] == first + len(table) - 1
    return RawTable(
        name, table, first, bad, sha, "UTF-16" if wide else layout.encoding, None if counting else numbers, tuple(notes)
    )


def _from_wide(name: str, data: bytes) -> bytes:
    """What Excel calls 'Unicode text', and SQL Server exports: UTF-16 with its mark, as UTF-8."""
    try:
        return data.decode(_unmarked(data) or "utf-16").encode()
    except UnicodeError as error:
        raise HotspotsError(f"{name} begins as UTF-16 and is none ({error}). Save it as 'CSV UTF-8'.") from error


def _unmarked(data: bytes) -> str:
    """The codec of UTF-16 text without its mark, which most of its bytes betray; '' of other files."""
    start = data[:4_000]
    zeros = {"utf-16-le": start[1::2].count(0), "utf-16-be": start[::2].count(0)}
    return next((codec for codec, n in zeros.items() if len(start) >= 4 and n > 0.9 * (len(start) // 2)), "")


def _of_one_cell(utf8: pa.Buffer, layout: _Layout, sought: Sought) -> bytes:
    """A table each of whose rows stands whole between quotation marks, without these; b'' of any other."""
    text = str(memoryview(utf8), "utf-8")
    try:
        rows = [row[0] if row else "" for row in csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter)]
    except csv.Error:
        return b""
    return parted(rows, layout.above, sought).encode()


def parted(cells: Sequence[str], at: int, sought: Sought) -> str:
    """The rows of a table that stands whole in one column, as text; '' where the names sought are not in one cell.

    ``at``: position of the cell that would be the header.
    """
    header = cells[at] if at < len(cells) else ""
    found = any(len(sought.among(_cells(header, mark))) >= ENOUGH for mark in _MARKS)
    return "\n".join(cells) + "\n" if found else ""


def _all_ragged(name: str, bad: list[tuple[int, str]], layout: _Layout) -> HotspotsError:
    number, text = bad[0]
    return HotspotsError(
        f"{name}: no row has as many values as the header, which has {len(layout.header):,} (row {number:,} has"
        f" {len(_cells(text, layout.delimiter)):,}). A value with the separator in it and no quotation marks around it,"
        " or a column without a name, is the usual cause: export it again."
    )


def _with_nameless(header: list[str], below: list[list[str]]) -> list[str]:
    """The header with nameless columns behind it where every row looked at has as many empty values more.

    Not where the rows begin with their own numbers: then it is the name of that first column that is missing.
    """
    rows = [row for row in below if any(cell.strip() for cell in row)]
    if any([row[0].strip() for row in rows] == [str(i + first) for i in range(len(rows))] for first in (0, 1)):
        return header
    more = {len(row) - len(header) for row in rows}
    if len(more) != 1 or min(more) < 1 or any(cell.strip() for row in rows for cell in row[len(header) :]):
        return header
    return header + [""] * more.pop()


def _layout(name: str, content: memoryview, sought: Sought) -> _Layout:
    start = bytes(content[:_START])
    kind = next((what for magic, what in _KINDS.items() if start.startswith(magic)), None)
    if kind:
        raise HotspotsError(f"{name} is not a CSV: it is {kind}. Give it the ending that fits, or export it again.")
    if start[:4_000].lstrip()[:9].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise HotspotsError(f"{name} is a web page or XML, not a table: a download that failed, or another file.")
    if b"\x00" in start[:4_000]:
        raise HotspotsError(f"{name} is in UTF-16 or holds zero bytes; only UTF-8 is read. Save it as 'CSV UTF-8'.")
    body = start.lstrip(b"\r\n")
    if not body.strip():
        raise HotspotsError(f"{name} holds nothing but blank lines. Export it again.")
    skipped = start[: len(start) - len(body)]
    blank = max(skipped.count(b"\n"), skipped.count(b"\r"))
    encoding = "UTF-8" if _is_utf8(content) else "Windows-1252"
    text = body.decode(_CODECS[encoding], errors="replace")
    told = _SEP.fullmatch(text.splitlines()[0].strip('"'))
    rows, delimiter, at, header = _first_rows(name, text, sought, told[1] if told else "")
    if len(start) == len(content) and len(rows) < at + 2:
        raise no_rows(name)
    titles = sum(1 for row in rows[1 if told else 0 : at] if any(cell.strip() for cell in row))
    header = _with_nameless(header, rows[at + 1 :])
    return _Layout(checked_header(name, header, sought), delimiter, encoding, blank + at, titles)


def _first_rows(name: str, text: str, sought: Sought, told: str) -> tuple[list[list[str]], str, int, list[str]]:
    """(the first rows of a CSV, what parts their values, position of the header, its cells).

    ``told``: what a first line ``sep=`` says. Else it is what parts most values in the first line; where the names
    sought are not found by that, what finds most of them.
    """
    if told:
        rows = _parsed(name, text, told)
        at, header = find_header(rows[1:], sought)
        return rows, told, at + 1, header
    outside = "".join(text.splitlines()[0].split('"')[::2])
    usual, *others = sorted(_MARKS, key=outside.count, reverse=True)
    rows = _parsed(name, text, usual)
    best = (rows, usual, *find_header(rows, sought))
    if len(sought.among(best[3])) >= ENOUGH or (outside.count(usual) and not sought.names):
        return best
    tried = [best]
    for mark in others:
        try:
            rows = _parsed(name, text, mark)
        except HotspotsError:
            continue
        tried.append((rows, mark, *find_header(rows, sought)))
    fitting = max(tried, key=lambda one: len(sought.among(one[3])))
    if len(sought.among(fitting[3])) >= ENOUGH:
        return fitting
    return best if outside.count(usual) else max(tried, key=lambda one: len(one[3]))


def _parsed(name: str, text: str, mark: str) -> list[list[str]]:
    """The first rows of a CSV whose values are parted by this mark; blank lines are rows without cells."""
    rows: list[list[str]] = []
    try:
        for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 2 * LOOKED):
            rows.append(row)
    except csv.Error as error:
        if len(rows) < 2:
            raise HotspotsError(f"{name} cannot be read as CSV: its first row is no header ({error}).") from error
    return rows


def _is_utf8(content: memoryview) -> bool:
    data = content.obj
    if isinstance(data, bytes) and data.isascii():
        return True
    try:
        str(content, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


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
            use_threads=threads, block_size=block, column_names=names, skip_rows_after_names=layout.above + 1
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


def _without_totals(
    table: pa.Table, numbers: np.ndarray, bad: list[tuple[int, str]], mark: str
) -> tuple[pa.Table, np.ndarray, list[tuple[int, str]], int]:
    """Without the rows at the end that sum up those above, and how many they were."""
    columns, start = table.num_columns, max(len(table) - LAST, 0)
    tail = zip(*(column.slice(start).to_pylist() for column in table.columns), strict=True)
    totals = [start + i for i, cells in enumerate(tail) if is_total(cells, columns)]
    end = max([*numbers[-1:].tolist(), *(n for n, _ in bad[-1:])], default=0)
    ragged = [(n, text) for n, text in bad[-LAST:] if n > end - LAST and is_total(_cells(text, mark), columns)]
    if not totals and not ragged:
        return table, numbers, bad, 0
    keep = np.delete(np.arange(len(table)), totals)
    left = [one for one in bad if one not in ragged]
    return table.take(pa.array(keep)), numbers[keep], left, len(totals) + len(ragged)


def _cells(text: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=mark), [])
    except csv.Error:
        return []


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
