"""How large the sheets of a workbook would become, told from its bytes before it is opened.

The reader of workbooks lays out every cell of the rectangle around all cells of a sheet, so that one stray cell at
XFD1048576 would take 17 billion. Each kind of workbook says in its own way where its cells are.
"""

from __future__ import annotations

import re
import struct

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.archives import open_zip, read_member

OLD = b"\xd0\xcf\x11\xe0"  # how an .xls begins, and a workbook with a password
MOST_CELLS = 60_000_000  # of the rectangle around all cells; each takes about 32 bytes while it is read
_HEADER = 512  # bytes of an .xls before its first sector
_FREE, _NO_SECTOR = 0xFFFFFFFF, 0xFFFFFFFA
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_LONG_ROW = {digits: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,3}\d{%d}["']""" % digits) for digits in (7, 6, 5)}
_LONG_COLUMN = {letters: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{%d}\d""" % letters) for letters in (3, 2)}
_OPEN_TAG = re.compile(rb"<table:(table-row|table-cell|covered-table-cell|table)\b([^>]*)>")
_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["'](\d{1,12})["']""")


def check_spans(data: bytes, name: str, settings: Settings) -> None:
    """Raises `HotspotsError` where a workbook is no sound archive, or has a sheet of too many cells.

    Of .xls and .xlsb the cells are not looked at: they are refused where the memory allowed is not enough for them.
    """
    if data.startswith(OLD):
        if _is_cut_short(data):
            raise HotspotsError(f"{name} is cut short or damaged. Save it again without a password, as .xlsx or CSV.")
        return
    with open_zip(data, name, settings) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                content = read_member(archive, member, f"{name} › {member.filename}")
                _check(*(_span_of_open if member.filename == "content.xml" else _span_of_xml)(content), name)


def _check(rows: int, columns: int, name: str) -> None:
    if rows * columns > MOST_CELLS:
        raise HotspotsError(
            f"{name} has a sheet that spans {rows:,} rows and {columns:,} columns, too many to read. "
            "Delete stray cells far from the table, or save it as CSV."
        )


def _is_cut_short(data: bytes) -> bool:
    """Whether an .xls ends before the last sector that its table of sectors has in use: its reader would not notice."""

    def numbers(of: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(of) // 4}I", of[: len(of) // 4 * 4]))

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    if len(data) < _HEADER:
        return True
    size = 1 << min(int.from_bytes(data[30:32], "little"), 12)
    tables, more = numbers(data[76:_HEADER]), numbers(data[68:72])[0]
    while (part := numbers(sector(more))) and len(tables) * size < len(data):
        tables, more = tables + part[:-1], part[-1]
    following = [n for table in tables if table < _NO_SECTOR for n in numbers(sector(table))]
    used = [i for i, n in enumerate(following) if n != _FREE]
    return not used or (used[-1] + 1) * size >= len(data)


def _span_of_xml(sheet: bytes) -> tuple[int, int]:
    """Rows and columns of a sheet of an .xlsx: at most, by the length of the addresses, where that is little enough."""
    rows = next((10**d - 1 for d, pattern in _LONG_ROW.items() if pattern.search(sheet)), 9_999)
    columns = next((26**n + 26 * n for n, pattern in _LONG_COLUMN.items() if pattern.search(sheet)), 26)
    if rows * columns <= MOST_CELLS:
        return rows, columns
    rows, columns = 1, 1
    for letters, number in _CELL.findall(sheet):
        rows, columns = max(rows, int(number)), max(columns, _column_number(letters.upper()))
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _span_of_open(content: bytes) -> tuple[int, int]:
    """Rows and columns of the largest sheet of an .ods; empty cells and rows at the end of one take no place."""
    largest, row, last, column, widest = (0, 0), 0, 0, 0, 0
    for tag, said in _OPEN_TAG.findall(content):
        repeated = max((int(n) for n in _REPEATED.findall(said)), default=1)
        if tag == b"table":
            largest, row, last, widest = max(largest, (last, widest), key=_area), 0, 0, 0
        elif tag == b"table-row":
            row, column = row + repeated, 0
        else:
            column += repeated
            if b"value" in said or not said.rstrip().endswith(b"/"):
                last, widest = max(last, row), max(widest, column)
    return max(largest, (last, widest), key=_area)


def _area(span: tuple[int, int]) -> int:
    return span[0] * span[1]
