"""How large the sheets of a workbook would become, told from its bytes before it is opened.

The reader of workbooks lays out every cell of the rectangle around all cells of a sheet, so that one stray cell at
XFD1048576 would take 17 billion. Each kind of workbook says in its own way where its cells are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.archives import open_zip, read_member

OLD = b"\xd0\xcf\x11\xe0"  # how an .xls begins, and a workbook with a password
MOST_CELLS = 60_000_000  # of the rectangle around all cells; each takes about 32 bytes while it is read
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_LONG_ROW = {digits: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,3}\d{%d}["']""" % digits) for digits in (7, 6, 5)}
_LONG_COLUMN = {letters: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{%d}\d""" % letters) for letters in (3, 2)}
_OPEN_TAG = re.compile(rb"<table:(table-row|table-cell|covered-table-cell|table)\b([^>]*)>")
_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["'](\d{1,12})["']""")
_OLD_CELLS = {0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0207, 0x027E}
_OLD_SPAN = 0x0200
_OLD_BEGINS = 0x0809
_FREE = 0xFFFFFFFF
_OLD_ROWS, _OLD_COLUMNS = 65_536, 256  # that an .xls can have
_BINARY_BOOK = "xl/workbook.bin"
_ROW_OF_BINARY, _CELLS_OF_BINARY, _SPAN_OF_BINARY = 0, range(1, 12), 148


def check_spans(data: bytes, name: str, settings: Settings) -> None:
    """Raises `HotspotsError` where a workbook cannot be opened without filling the memory, or is no sound archive."""
    if data.startswith(OLD):
        rows, columns = _span_of_old(data, name)
        if rows > _OLD_ROWS or columns > _OLD_COLUMNS:
            raise HotspotsError(_too_large(name, rows, columns))
        return
    with open_zip(data, name, settings) as archive:
        binary = _BINARY_BOOK in archive.namelist()
        for member in archive.infolist():
            if member.is_dir():
                continue
            content = read_member(archive, member, f"{name} › {member.filename}")
            if member.filename.endswith(".bin"):
                if binary and not re.search(r"vbaProject|printerSettings", member.filename):
                    _check(*_span_of_binary(content), name)
            elif member.filename == "content.xml":
                _check(*_span_of_open(content), name)
            else:
                _check(*_span_of_xml(content), name)


def _check(rows: int, columns: int, name: str) -> None:
    if rows * columns > MOST_CELLS:
        raise HotspotsError(_too_large(name, rows, columns))


def _too_large(name: str, rows: int, columns: int) -> str:
    return (
        f"{name} has a sheet that spans {rows:,} rows and {columns:,} columns, too many to read. "
        "Delete stray cells far from the table, or save it as CSV."
    )


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


def _span_of_binary(content: bytes) -> tuple[int, int]:
    """Rows and columns of a sheet of an .xlsb, whose records are: kind, length, content."""
    rows, columns, at = 0, 0, 0
    while at < len(content):
        kind, at = _packed(content, at, 2)
        length, at = _packed(content, at, 4)
        if kind == _ROW_OF_BINARY and length >= 4:
            rows = max(rows, 1 + int.from_bytes(content[at : at + 4], "little"))
        elif kind in _CELLS_OF_BINARY and length >= 4:
            columns = max(columns, 1 + int.from_bytes(content[at : at + 4], "little"))
        elif kind == _SPAN_OF_BINARY and length >= 16:
            _, last, _, widest = struct.unpack("<4I", content[at : at + 16].ljust(16, b"\0"))
            rows, columns = max(rows, last + 1), max(columns, widest + 1)
        at += length
    return rows, columns


def _packed(content: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    number = 0
    for i in range(most):
        byte = content[at + i] if at + i < len(content) else 0
        number |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return number, at + i + 1
    return number, at + most


def _span_of_old(data: bytes, name: str) -> tuple[int, int]:
    """The most rows and columns that a record of an .xls speaks of; none where it cannot be followed."""
    rows = columns = 0
    for stream in _streams_of_old(data, name):
        at = 0
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            if at == 0 and kind != _OLD_BEGINS:
                break
            said = stream[at + 4 : at + 4 + length]
            if kind in _OLD_CELLS and len(said) >= 4:
                columns = max(columns, 1 + int.from_bytes(said[2:4], "little"))
            elif kind == _OLD_SPAN and len(said) >= 12:
                rows = max(rows, int.from_bytes(said[4:8], "little"))
                columns = max(columns, int.from_bytes(said[10:12], "little"))
            at += 4 + length
    return rows, columns


def _streams_of_old(data: bytes, name: str) -> Iterator[bytes]:
    """The long streams of a compound file: chains of sectors that its table of sectors links."""
    if len(data) < 512:
        return
    size = 1 << min(struct.unpack_from("<H", data, 30)[0], 12)

    def numbers(of: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(of) // 4}I", of[: len(of) // 4 * 4]))

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    tables, more = numbers(data[76:512]), numbers(data[68:72])[0]
    for _ in range(len(data) // size):
        part = numbers(sector(more))
        if not part:
            break
        tables += part[:-1]
        more = part[-1]
    following = [n for table in tables for n in numbers(sector(table))]
    used = [i for i, n in enumerate(following) if n != _FREE]
    if used and (used[-1] + 1) * size >= len(data):
        raise HotspotsError(f"{name} is cut short or damaged. Export it again.")
    for start in set(range(len(following))) - set(following):
        chain: list[bytes] = []
        at = start
        while at < len(following) and len(chain) <= len(following):
            chain.append(sector(at))
            at = following[at]
        yield b"".join(chain)
