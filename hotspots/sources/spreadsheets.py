"""The sheets of an Excel workbook as text: the first with data for `reading`, all of them for weight sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pyarrow as pa

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.archives import open_zip, read_member

MOST_CELLS = 60_000_000  # of the rectangle around all cells; each takes about 32 bytes while it is read
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_LONG_ROW = {digits: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,3}\d{%d}["']""" % digits) for digits in (7, 6, 5)}
_LONG_COLUMN = {letters: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{%d}\d""" % letters) for letters in (3, 2)}


def read_sheet(data: bytes, name: str, settings: Settings) -> tuple[list[str], list[pa.Array], list[int]]:
    """Header, columns of text, and the row number of each row, of the first visible sheet with data.

    Real dates come out as 'YYYY-MM-DD HH:MM:SS', times as 'HH:MM:SS', whole numbers without '.0', empty
    cells as null. Wholly empty rows are left out; the others keep the number that Excel shows.
    """
    for _, first, grid in _grids(data, name, settings):
        return _as_text(grid, first)
    raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.")


def read_grids(data: bytes, name: str, settings: Settings) -> list[tuple[str, int, list[list[str]]]]:
    """Every visible sheet with data: its title, the number of its first row, and its cells as text, '' where empty."""
    found = [
        (title, first, [[_text(cell) or "" for cell in row] for row in grid])
        for title, first, grid in _grids(data, name, settings)
    ]
    if not found:
        raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.")
    return found


def _grids(data: bytes, name: str, settings: Settings) -> Iterator[tuple[str, int, list[list[Any]]]]:
    """Title, number of the first row, and cells of each visible sheet with data."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise HotspotsError(
            f"{name} is protected by a password or in the old .xls format. Save it without one, as .xlsx or CSV."
        )
    _check_container(data, name, settings)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for sheet in book.sheets_metadata:
            if sheet.visible == SheetVisibleEnum.Visible:
                opened = book.get_sheet_by_name(sheet.name)
                if opened.start is not None:
                    yield sheet.name, opened.start[0] + 1, opened.to_python(skip_empty_area=True)
    except PasswordError as error:
        raise HotspotsError(f"{name} is protected by a password. Save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise HotspotsError(
            f"{name} cannot be read as an Excel workbook ({error}). Save it again, or as CSV."
        ) from error


def _check_container(data: bytes, name: str, settings: Settings) -> None:
    """A workbook is a zip: the same checks, and no sheet whose cells span a rectangle too large to hold."""
    with open_zip(data, name, settings) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                content = read_member(archive, member, f"{name} › {member.filename}")
                _check_span(content, name)


def _check_span(sheet: bytes, name: str) -> None:
    # The reader lays out every cell of the rectangle, so one stray cell at XFD1048576 would take 17 billion.
    rows = next((10**d - 1 for d, pattern in _LONG_ROW.items() if pattern.search(sheet)), 9_999)
    columns = next((26**n + 26 * n for n, pattern in _LONG_COLUMN.items() if pattern.search(sheet)), 26)
    if rows * columns <= MOST_CELLS:  # by the length of the addresses alone
        return
    rows, columns = 1, 1
    for letters, number in _CELL.findall(sheet):
        rows, columns = max(rows, int(number)), max(columns, _column_number(letters.upper()))
    if rows * columns > MOST_CELLS:
        raise HotspotsError(
            f"{name} has a sheet that spans {rows:,} rows and {columns:,} columns, too many to read. "
            "Delete stray cells far from the table, or save it as CSV."
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _as_text(grid: list[list[Any]], first: int) -> tuple[list[str], list[pa.Array], list[int]]:
    rows = [first + i for i, row in enumerate(grid) if any(cell != "" for cell in row)]
    kept = [row for row in grid if any(cell != "" for cell in row)]
    columns = [pa.array(map(_text, column), pa.string()) for column in zip(*kept[1:], strict=True)]
    header = [_text(cell) or "" for cell in kept[0]]
    return header, columns or [pa.array([], pa.string()) for _ in header], rows[1:]


def _text(cell: object) -> str | None:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        # Excel keeps times as fractions of a day: 21:40 may come as 21:39:59.999.
        return (cell + timedelta(milliseconds=500)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d} 00:00:00"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    return None if cell is None else str(cell)
