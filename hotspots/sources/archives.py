"""Zip archives and Excel workbooks from outside: looked over before anything is read, and read in memory only.

An archive is refused when it is damaged or cut short, protected by a password, built to fill the memory
(a "bomb"), or holds names that point outside itself. Nothing is ever written to disk, so such a name
could do no harm here; it is refused because no honest archive has one.
"""

from __future__ import annotations

import copy
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings

MOST_RATIO = 200  # a member that grows more than this, and past the size below, is a bomb; CSV grows 5 to 20 times
BOMB_BYTES = 50_000_000
_ENCRYPTED = 0x1


def open_zip(source: Path | bytes, name: str, settings: Settings) -> zipfile.ZipFile:
    """A zip archive whose table of contents has been checked. Close it after use.

    ``name`` is how messages call the archive. Raises `HotspotsError`, all problems at once.
    """
    try:
        archive = zipfile.ZipFile(source if isinstance(source, Path) else BytesIO(source))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise HotspotsError(_no_zip(source, name)) from error
    except OSError as error:
        raise HotspotsError(f"{name} cannot be opened: {error.strerror or error}.") from error
    problems = _problems(archive.infolist(), name, settings)
    if problems:
        archive.close()
        raise HotspotsError(problems)
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """All bytes of one member, its checksum verified, never more than its declared size.

    Raises `HotspotsError` when the member is damaged, cut short, or larger than the archive declares.
    """
    # One byte more than declared is asked for: a member that has it lies about its size. The checksum is compared
    # here, or zipfile would compare it with what it cut off at that size.
    asked = copy.copy(member)
    asked.file_size += 1
    asked.CRC = None  # type: ignore[assignment]
    try:
        with archive.open(asked) as stream:
            data = stream.read(asked.file_size)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise HotspotsError(f"{name} is damaged ({error}). Download or export the archive again.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise HotspotsError(f"{name} cannot be unpacked: {error}. Make the archive again as a plain zip.") from error
    if len(data) > member.file_size:
        raise HotspotsError(
            f"{name} is larger than the {member.file_size:,} bytes that the archive declares. "
            "The archive is damaged or made to deceive: do not use it; get it from its source again."
        )
    if len(data) < member.file_size:
        raise HotspotsError(
            f"{name} is cut short: {len(data):,} of {member.file_size:,} bytes. Download or export the archive again."
        )
    if zlib.crc32(data) != member.CRC:
        raise HotspotsError(f"{name} is damaged (its checksum is wrong). Download or export the archive again.")
    return data


def _no_zip(source: Path | bytes, name: str) -> str:
    start = source[:4] if isinstance(source, bytes) else source.open("rb").read(4)
    if start == b"PK\x03\x04":
        return f"{name} is cut short or damaged: its table of contents is missing. Download or export it again."
    if not start:
        return f"{name} is empty (0 bytes). Download or export it again."
    return f"{name} is not a zip archive. Check which file it is, and give it the ending that fits."


def _problems(members: list[zipfile.ZipInfo], name: str, settings: Settings) -> list[str]:
    """What is wrong with an archive, by its table of contents alone."""
    found = []
    if len(members) > settings.zip_max_files:
        found.append(
            f"{name} holds {len(members):,} entries; at most {settings.zip_max_files:,} are read. "
            "Split it, or raise 'zip_max_files' in settings.toml."
        )
    total = sum(m.file_size for m in members)
    if total > settings.unzipped_max_mb * 1_000_000:
        found.append(
            f"{name} unpacks to {total / 1e6:,.0f} MB; at most {settings.unzipped_max_mb:,} MB are read. "
            "Split it, or raise 'unzipped_max_mb' in settings.toml."
        )
    outside = [m.orig_filename for m in members if _points_outside(m.orig_filename)]
    if outside:
        found.append(
            f"{name} holds names that point outside the archive: {sample(outside)}. "
            "Do not use it; get it from its source again."
        )
    bombs = [m.filename for m in members if _is_bomb(m)]
    if bombs:
        found.append(
            f"{name} holds {sample(bombs)}, which would grow more than {MOST_RATIO} times when unpacked. "
            "It is damaged or made to fill the memory: do not use it."
        )
    locked = [m.filename for m in members if m.flag_bits & _ENCRYPTED]
    if locked:
        found.append(f"{name} is protected by a password ({sample(locked)}). Unpack it, and give the files themselves.")
    twice = [n for n, times in Counter(m.filename for m in members).items() if times > 1]
    if twice:
        found.append(f"{name} holds {sample(twice)} more than once. Make the archive again with one of each.")
    return found


def _points_outside(name: str) -> bool:
    return (
        name.startswith("/")
        or "\\" in name
        or "\x00" in name
        or re.match(r"[A-Za-z]:", name) is not None
        or ".." in name.split("/")
    )


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > BOMB_BYTES and member.file_size > MOST_RATIO * max(member.compress_size, 1)


MOST_CELLS = 60_000_000  # of the rectangle around all cells; each takes about 32 bytes while it is read
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_LONG_ROW = {digits: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,3}\d{%d}["']""" % digits) for digits in (7, 6, 5)}
_LONG_COLUMN = {letters: re.compile(rb"""\br\s*=\s*["'][A-Za-z]{%d}\d""" % letters) for letters in (3, 2)}


def read_sheet(data: bytes, name: str, settings: Settings) -> tuple[list[str], list[pa.Array], list[int]]:
    """Header, columns of text, and the row number of each row, of the first visible sheet with data.

    Real dates come out as 'YYYY-MM-DD HH:MM:SS', times as 'HH:MM:SS', whole numbers without '.0', empty
    cells as null. Wholly empty rows are left out; the others keep the number that Excel shows.
    """
    _, first, grid = next(_grids(data, name, settings))
    return _as_text(grid, first)


def read_grids(data: bytes, name: str, settings: Settings) -> list[tuple[str, int, list[list[str]]]]:
    """Every visible sheet with data: its title, the number of its first row, and its cells as text, '' where empty."""
    return [
        (title, first, [[_text(cell) or "" for cell in row] for row in grid])
        for title, first, grid in _grids(data, name, settings)
    ]


def _grids(data: bytes, name: str, settings: Settings) -> Iterator[tuple[str, int, list[list[Any]]]]:
    """Title, number of the first row, and cells of each visible sheet with data."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise HotspotsError(
            f"{name} is protected by a password or in the old .xls format. Save it without one, as .xlsx or CSV."
        )
    # A workbook is a zip: the same checks, and no sheet whose cells span a rectangle too large to hold.
    with open_zip(data, name, settings) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                content = read_member(archive, member, f"{name} › {member.filename}")
                _check_span(content, name)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        shown = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
        filled = [sheet for title in shown if (sheet := book.get_sheet_by_name(title)).start is not None]
        for sheet in filled:
            yield sheet.name, (sheet.start or (0, 0))[0] + 1, sheet.to_python(skip_empty_area=True)
        if not filled:
            raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.")
    except PasswordError as error:
        raise HotspotsError(f"{name} is protected by a password. Save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise HotspotsError(
            f"{name} cannot be read as an Excel workbook ({error}). Save it again, or as CSV."
        ) from error


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
