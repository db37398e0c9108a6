"""Where a table begins and ends on a sheet or in a text: titles above its header, totals below its last row.

The names that a source looks for tell which row is the header. Without them only a plain shape does: a title is one
cell or two above many. A sheet like any other (its header in the first row) is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspots.sources.kinds import Sought

LOOKED = 40  # rows from the top among which a header is looked for
ENOUGH = 2  # names in one row that make it the header
LAST = 3  # rows at the end among which a total is looked for
_TOTAL = re.compile(
    r"((grand|overall|sub|row|column)[ -]?)?(totals?|sum)\s*"
    r"([:=(\d].*|(of|number|records?|rows?|count|incidents?)\b.*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?\d[\d.,:/\- ]*")


def find_header(rows: Sequence[Sequence[str]], sought: Sought) -> tuple[int, list[str]]:
    """(position of the header among the first rows of a table, its cells).

    Cells that were merged downwards into a header of two rows stand in the upper one: they are taken from there where
    that brings more of the names looked for.
    """
    first = next((i for i, row in enumerate(rows) if _filled(row)), 0)
    best, cells = first, list(rows[first]) if rows else []
    most = len(sought.among(cells))
    if sought.names and most == len(sought.names):
        return first, cells
    for i in range(first + 1, min(len(rows), first + LOOKED)):
        for tried in (list(rows[i]), _from_above(rows[i], rows[i - 1])):
            if (found := len(sought.among(tried))) > most and found >= ENOUGH:
                best, cells, most = i, tried, found
    if most >= ENOUGH:
        return best, cells
    at = _by_shape(rows[: first + LOOKED], first)
    return at, list(rows[at]) if rows else []


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _from_above(row: Sequence[str], above: Sequence[str]) -> list[str]:
    return [cell if cell.strip() or i >= len(above) else above[i] for i, cell in enumerate(row)]


def _by_shape(rows: Sequence[Sequence[str]], first: int) -> int:
    """The first row about as wide as the widest, where the first of all is at most half as wide and holds a title."""
    widths = [_filled(row) for row in rows]
    widest = max(widths, default=0)
    if widest < 3 or 2 * widths[first] > widest:
        return first
    at = next(i for i, width in enumerate(widths) if 4 * width >= 3 * widest)
    return first if any(_NUMBER.fullmatch(cell.strip()) for cell in rows[at]) else at


def is_total(cells: Sequence[str | None], columns: int) -> bool:
    """Whether a row below a table sums it up: it begins with 'Total', and most of it is empty."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    return bool(filled) and 2 * len(filled) <= columns and _TOTAL.fullmatch(filled[0]) is not None


def header_note(row: int, passed: int) -> str:
    """What is said of a header below other rows; ``row`` is its number, ``passed`` how many filled rows are above."""
    above = "the row above it was" if passed == 1 else f"the {passed} rows above it were"
    return f"The header was found in row {row}: {above} passed over"


def total_note(n: int) -> str:
    """What is said of rows below a table that sum it up."""
    return "The last row is a total and was left out" if n == 1 else f"The last {n} rows are totals and were left out"
