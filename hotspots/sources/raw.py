"""A table as its file prints it: every column text, an empty cell null, every row with its number in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, sample
from hotspots.sources.kinds import ANYTHING, Sought

# Columns before the original ones in a download of quarantined rows: the file, the row in it, and why.
QUARANTINE_COLUMNS = FROM, ROW, REASON = ("quarantined_from", "quarantined_row", "reason")
_AROUND = " \t\r\n\x0b\x0c\u00a0\ufeff\u200b"  # blanks of any kind, and marks of how a file is written


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
    notes: tuple[str, ...] = ()  # what was found or left out on the way to the table
    merged: dict[str, dict[int, int]] = field(default_factory=dict)  # column → blank row → the row it is merged with

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

    def spelled(self, wanted: Sequence[str]) -> RawTable:
        """The same with these column names written so, where the file has them in other capitals."""
        names = self.table.column_names
        now = spelled(names, wanted)
        if list(now) == names:
            return self
        merged = {new: self.merged[old] for old, new in zip(names, now, strict=True) if old in self.merged}
        return replace(self, table=self.table.rename_columns(list(now)), merged=merged)


def with_notes(error: HotspotsError, raw: RawTable) -> HotspotsError:
    """The same, with what was found or left out on the way to the table."""
    return HotspotsError([*error.problems, *(f"{raw.name}: {note}." for note in raw.notes)])


class NoRows(HotspotsError):
    """A table without a single row: beside others it is left out, and named."""


def no_rows(name: str) -> NoRows:
    return NoRows(f"{name} has a header but no rows. Export it again with the rows.")


def checked_header(name: str, header: Sequence[str], sought: Sought = ANYTHING) -> tuple[str, ...]:
    """Column names without blanks around them; nameless ones get their number.

    Raises when two are the same; where it is known which names are looked for, others get a number behind them.
    """
    names = tuple(text.strip(_AROUND) or f"column {i}" for i, text in enumerate(header, start=1))
    counts = Counter(names)
    twice = [n for n, times in counts.items() if times > 1 and (not sought.names or sought.among([n]))]
    if len(counts) < len(names) and not twice:
        names = tuple(n if counts[n] == 1 else f"{n} ({names[:i].count(n) + 1})" for i, n in enumerate(names))
        twice = [n for n, times in Counter(names).items() if times > 1]
    if twice:
        raise HotspotsError(f"{name} has more than one column called {sample(twice)}. Give each its own name.")
    own = spelled(names, QUARANTINE_COLUMNS)  # other programs capitalise a header
    return own if {FROM, ROW} <= {*own} else names


def spelled(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Column names as ``wanted`` writes them, where one of them, and only one, differs from it by capitals alone."""
    folded = [name.casefold() for name in names]
    meant = {w.casefold(): w for w in wanted if w not in names and folded.count(w.casefold()) == 1}
    return tuple(meant.get(fold, name) for fold, name in zip(folded, names, strict=True))
