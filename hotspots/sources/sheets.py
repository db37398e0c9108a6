"""Workbooks (Excel, OpenDocument) from outside: which of their sheets hold the table, as text.

A workbook is looked over before it is opened: what would fill the memory is refused. Every visible sheet with the
columns looked for is read; the others are named.
"""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.sources import sheet_worker
from hotspots.sources.headers import ENOUGH, LAST, LOOKED, find_header, header_note, is_total, total_note
from hotspots.sources.kinds import Sought
from hotspots.sources.spans import check_spans

MOST_MEMORY = 4_000_000_000  # bytes while a workbook is opened
LONGEST = 120  # seconds
MOST_MERGED = 10_000  # rows or columns of a merged cell that is followed

LEFT_OUT = "Left out, "  # how a note begins that names sheets: they may be called after people
_AGAIN = "Save it again without a password, as .xlsx or CSV."

Grid: TypeAlias = list[list[str]]  # '' where a cell is empty


@dataclass(frozen=True, eq=False)
class SheetTable:
    """The table on one sheet, as text."""

    title: str  # of the sheet; '' where it is the only one with anything on it
    header: list[str]
    columns: list[pa.Array]
    rows: list[int]  # numbers of the rows, as a spreadsheet shows them
    notes: list[str] = field(default_factory=list)
    merged: dict[int, dict[int, int]] = field(default_factory=dict)  # column → blank row → the row it is merged with


class _Sheet(NamedTuple):
    """A sheet with data, as `sheet_worker` hands it over."""

    title: str
    visible: bool
    row: int  # of its first cell, counted from 0, as is the column
    column: int
    grid: Grid
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


class _Found(NamedTuple):
    """A visible sheet with data, and what its first rows say."""

    sheet: _Sheet
    at: int  # position of the header
    header: list[str]
    names: frozenset[str]  # of those looked for, in the header

    @property
    def title(self) -> str:
        return self.sheet.title


def read_sheets(data: bytes, name: str, settings: Settings, sought: Sought) -> list[SheetTable]:
    """The tables of every visible sheet with the columns of the first that fits best, in order.

    Real dates come out as 'YYYY-MM-DD HH:MM:SS', times as 'HH:MM:SS', whole numbers without '.0', empty
    cells as null. Wholly empty rows are left out; the others keep the number that a spreadsheet shows. Sheets without
    these columns, and hidden ones, are named in the notes of the first table.
    """
    sheets = _sheets(data, name, settings)
    hidden = [sheet.title for sheet in sheets if not sheet.visible]
    found = [_looked_at(sheet, sought) for sheet in sheets if sheet.visible]
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
    shown = [sheet for sheet in _sheets(data, name, settings) if sheet.visible]
    if not shown:
        raise HotspotsError(f"{name} has no visible sheet with data. Check that it is the right file.")
    return [(sheet.title, sheet.row + 1, sheet.grid) for sheet in shown]


def _sheets(data: bytes, name: str, settings: Settings) -> list[_Sheet]:
    """The sheets with data, read in a process of their own: what is wrong with a workbook ends no more than that."""
    check_spans(data, name, settings)
    command = [sys.executable, "-P", str(Path(sheet_worker.__file__)), str(MOST_MEMORY)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LONGEST, check=True)
        answer = marshal.loads(done.stdout)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError, EOFError, ValueError, TypeError) as error:
        raise HotspotsError(
            f"{name} cannot be read as a workbook: it is damaged, or its cells lie so far apart that it would fill the"
            f" memory. {_AGAIN}"
        ) from error
    if answer == sheet_worker.PASSWORD:
        raise HotspotsError(f"{name} is protected by a password. Save it without one.")
    if isinstance(answer, str):
        raise HotspotsError(f"{name} cannot be read as a workbook ({answer}). {_AGAIN}")
    return [_Sheet(*one) for one in answer]


def _looked_at(sheet: _Sheet, sought: Sought) -> _Found:
    at, header = find_header(sheet.grid[: 2 * LOOKED], sought)
    return _Found(sheet, at, header, sought.among(header))


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
    sheet, notes = found.sheet, []
    above = sum(1 for cells in sheet.grid[: found.at] if any(cells))
    if above:
        notes.append(header_note(sheet.row + found.at + 1, above))
    below = [(sheet.row + i + 1, cells) for i, cells in enumerate(sheet.grid) if i > found.at and any(cells)]
    totals = {n for n, cells in below[-LAST:] if is_total(cells, len(found.header))}
    if totals:
        notes.append(total_note(len(totals)))
    below = [(n, cells) for n, cells in below if n not in totals]
    columns = [_texts(cells) for cells in zip(*(c for _, c in below), strict=True)] or [
        _texts(()) for _ in found.header
    ]
    return SheetTable(title, found.header, columns, [n for n, _ in below], notes, _merged(sheet, found.at))


def _merged(sheet: _Sheet, at: int) -> dict[int, dict[int, int]]:
    """Column → blank row → the row whose cell it is merged with, below the header; kinds that cannot tell have none."""
    merged: dict[int, dict[int, int]] = {}
    for (top, first), (bottom, last) in sheet.merged:
        if top <= sheet.row + at or bottom - top > MOST_MERGED:
            continue
        for column in range(first, min(last, first + MOST_MERGED) + 1):
            for row in range(top + (column == first), bottom + 1):
                merged.setdefault(column - sheet.column, {})[row + 1] = top + 1
    return merged


def _quoted(titles: list[str]) -> str:
    return ", ".join(repr(title) for title in titles)


def _texts(cells: Iterable[str]) -> pa.Array:
    """A column of text; an empty cell is null."""
    return pa.array((cell or None for cell in cells), pa.string())
