"""Workbooks (Excel, OpenDocument) from outside: which of their sheets hold the table, as text.

A workbook is looked over before it is opened: what would fill the memory is refused. Every visible sheet with the
columns looked for is read; the others are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import pyarrow as pa

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.sources.headers import ENOUGH, LAST, LOOKED, find_header, header_note, is_total, total_note
from hotspots.sources.kinds import Sought
from hotspots.sources.spans import MOST_CELLS, check_spans

MOST_MERGED = 10_000  # rows or columns of a merged cell that is followed

LEFT_OUT = "Left out, "  # how a note begins that names sheets: they may be called after people
_AGAIN = "Save it again without a password, as .xlsx or CSV."

Grid = list[list[Any]]


@dataclass(frozen=True, eq=False)
class SheetTable:
    """The table on one sheet, as text."""

    title: str  # of the sheet; '' where it is the only one with anything on it
    header: list[str]
    columns: list[pa.Array]
    rows: list[int]  # numbers of the rows, as a spreadsheet shows them
    notes: list[str] = field(default_factory=list)
    merged: dict[int, dict[int, int]] = field(default_factory=dict)  # column → blank row → the row it is merged with


class _Found(NamedTuple):
    """A visible sheet with data, and what its first rows say."""

    title: str
    load: Callable[[], Any]
    at: int  # position of the header
    header: list[str]
    names: frozenset[str]  # of those looked for, in the header


def read_sheets(data: bytes, name: str, settings: Settings, sought: Sought) -> list[SheetTable]:
    """The tables of every visible sheet with the columns of the first that fits best, in order.

    Real dates come out as 'YYYY-MM-DD HH:MM:SS', times as 'HH:MM:SS', whole numbers without '.0', empty
    cells as null. Wholly empty rows are left out; the others keep the number that a spreadsheet shows. Sheets without
    these columns, and hidden ones, are named in the notes of the first table.
    """
    with _guarded(name):
        found, hidden = _found(data, name, settings, sought)
        if not found:
            behind = f" Its sheets {_quoted(hidden)} are hidden: unhide what is to be read." if hidden else ""
            raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.{behind}")
        best = max(found, key=lambda f: (len(f.names), sum(1 for c in f.header if c.strip())))
        chosen = [f for f in found if f is best or _same(f, best, sought)]
        tables = [_table(f, "" if len(found) == 1 else f.title) for f in chosen]
    others = [f"{f.title!r} ({_other(f, best, sought)})" for f in found if f not in chosen]
    others += [f"{title!r} (hidden)" for title in hidden]
    filled = [t for t in tables if t.rows] or tables[:1]
    others += [f"{t.title!r} (a header without rows)" for t in tables if t not in filled]
    if others:
        filled[0].notes.append(f"{LEFT_OUT}{'sheets' if len(others) > 1 else 'a sheet'}: {', '.join(others)}")
    return filled


def read_grids(data: bytes, name: str, settings: Settings) -> list[tuple[str, int, list[list[str]]]]:
    """Every visible sheet with data: its title, the number of its first row, and its cells as text, '' where empty."""
    with _guarded(name):
        shown = [(title, sheet) for title, sheet, visible in _sheets(data, name, settings) if visible]
        if not shown:
            raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.")
        return [
            (title, sheet.start[0] + 1, [_texts(row) for row in sheet.to_python(skip_empty_area=True)])
            for title, sheet in shown
        ]


@contextmanager
def _guarded(name: str) -> Iterator[None]:
    """What the reader of workbooks raises, in sentences."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise HotspotsError(f"{name} is protected by a password. Save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise HotspotsError(f"{name} cannot be read as a workbook ({error}). {_AGAIN}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the reader says that it met what it does not know
            raise
        raise HotspotsError(f"{name} cannot be read as a workbook. {_AGAIN}") from error


def _sheets(data: bytes, name: str, settings: Settings) -> Iterator[tuple[str, Any, bool]]:
    """(title, sheet, whether it is visible) of each one with data, one after the other."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    check_spans(data, name, settings)
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    for about in book.sheets_metadata:
        if about.typ == SheetTypeEnum.WorkSheet:
            sheet = book.get_sheet_by_name(about.name)
            if sheet.start is not None:
                yield about.name, sheet, about.visible == SheetVisibleEnum.Visible


def _found(data: bytes, name: str, settings: Settings, sought: Sought) -> tuple[list[_Found], list[str]]:
    """(the visible sheets with data and what their first rows say, titles of hidden ones with data).

    No more cells are held than one sheet may have; what is beyond that is opened again when it is read.
    """
    found, hidden, held = [], [], 0
    for title, sheet, visible in _sheets(data, name, settings):
        if not visible:
            hidden.append(title)
            continue
        first = [_texts(row) for row in sheet.to_python(skip_empty_area=True, nrows=2 * LOOKED)]
        at, header = find_header(first, sought)
        held += sheet.height * sheet.width
        load = partial(_again, data, title) if held > MOST_CELLS else partial(_itself, sheet)
        found.append(_Found(title, load, at, header, sought.among(header)))
    return found, hidden


def _itself(sheet: Any) -> Any:
    return sheet


def _again(data: bytes, title: str) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name(title)


def _same(found: _Found, best: _Found, sought: Sought) -> bool:
    """Whether a sheet has the table that the best one has."""
    if not sought.names:
        return [c.strip() for c in found.header] == [c.strip() for c in best.header]
    return len(best.names) >= ENOUGH and len(found.names) >= ENOUGH and best.names & sought.needed <= found.names


def _other(found: _Found, best: _Found, sought: Sought) -> str:
    """Why a sheet is another table than the best one."""
    missing = [c for c in best.header if c.strip().casefold() in (best.names & sought.needed) - found.names]
    return f"it lacks {sample(missing)}" if len(found.names) >= ENOUGH and missing else "other columns"


def _table(found: _Found, title: str) -> SheetTable:
    """The table of a sheet: what is below its header, without totals and empty rows."""
    sheet = found.load()
    row, column = sheet.start
    grid: Grid = sheet.to_python(skip_empty_area=True)
    notes = []
    above = sum(1 for cells in grid[: found.at] if any(cell != "" for cell in cells))
    if above:
        notes.append(header_note(row + found.at + 1, above))
    below = [(row + i + 1, cells) for i, cells in enumerate(grid) if i > found.at and any(cell != "" for cell in cells)]
    totals = {n for n, cells in below[-LAST:] if is_total(_texts(cells), len(found.header))}
    if totals:
        notes.append(total_note(len(totals)))
    below = [(n, cells) for n, cells in below if n not in totals]
    columns = [pa.array(map(_text, cells), pa.string()) for cells in zip(*(c for _, c in below), strict=True)]
    merged = _merged(sheet, row + found.at + 1, column)
    return SheetTable(
        title, found.header, columns or [pa.array([], pa.string()) for _ in found.header], [n for n, _ in below], notes,
        merged,
    )  # fmt: skip


def _merged(sheet: Any, header: int, left: int) -> dict[int, dict[int, int]]:
    """Column → blank row → the row whose cell it is merged with, below the header; kinds that cannot tell have none."""
    merged: dict[int, dict[int, int]] = {}
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        if top < header or bottom - top > MOST_MERGED:
            continue
        for column in range(first, min(last, first + MOST_MERGED) + 1):
            for row in range(top + (column == first), bottom + 1):
                merged.setdefault(column - left, {})[row + 1] = top + 1
    return merged


def _quoted(titles: list[str]) -> str:
    return ", ".join(repr(title) for title in titles)


def _texts(row: list[Any]) -> list[str]:
    return [_text(cell) or "" for cell in row]


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
    if isinstance(cell, timedelta) and timedelta(0) <= cell < timedelta(days=1):  # how OpenDocument keeps a clock
        return str(cell + timedelta(milliseconds=500)).split(".")[0].rjust(8, "0")
    return None if cell is None else str(cell)
