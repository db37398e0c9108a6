"""Whether the dates of a column can be read the way the mapping says: day and month exchanged, or mixed.

A row whose day is over 12 proves which of the two comes first; 05/04 alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import rows_sentence, sample
from hotspots.base.words import counted
from hotspots.sources.formats import day_before_month, exchanged
from hotspots.sources.times import parse_times
from hotspots.sources.written import Wall

OTHER_ORDER_SHARE = 0.05  # of the dates that prove an order: fewer are slips of single rows, and set aside
HOLE_DATES, HOLE_MONTHS = 12, 3  # by chance 12 dates of 3 months all lie before the 13th once in 70,000 times
UNLIKELY = 0.01  # chance that only the dates after the 12th are text and all others are a spreadsheet's own
UP_TO_12TH = 12 / 30.4  # share of days
FIRST = {True: "day first", False: "month first"}


class Column:
    """The times of a column: its distinct ``texts``, how they were read, and which rows of the file have each."""

    def __init__(self, texts: pa.Array, wall: Wall, codes: np.ndarray, rows: np.ndarray):
        self.texts, self.wall, self.codes, self.rows = texts, wall, codes, rows
        self.days = wall.clock.astype("datetime64[D]")
        self.day_of_month = (self.days - self.days.astype("datetime64[M]")).astype(np.int64) + 1

    def n(self, chosen: np.ndarray) -> int:
        """Rows with one of the chosen texts."""
        return int(np.append(chosen, False)[self.codes].sum())

    def shown(self, chosen: np.ndarray) -> str:
        """'3 rows, such as '05/13/2026', …: rows 6, 7, 9'. These texts are dates, and name nobody."""
        words = sample(self.texts.filter(pa.array(chosen)).to_pylist()[:2], most=1).removesuffix(", …")
        at = self.rows[np.append(chosen, False)[self.codes]].tolist()
        return f"{counted(len(at), 'row')}, such as {words}: {rows_sentence(at)}"


def other_order(column: Column, formats: Sequence[str]) -> np.ndarray:
    """Which distinct texts can only be read with day and month exchanged."""
    found = np.zeros(len(column.texts), dtype=bool)
    unread = np.isnat(column.wall.clock) & column.texts.is_valid().to_numpy(zero_copy_only=False)
    if unread.any() and formats:
        turned = tuple(exchanged(f) for f in formats)
        found[unread] = parse_times(column.texts.filter(pa.array(unread)), turned).ordered
    return found


def order_doubt(column: Column, all_formats: Sequence[str], name: str) -> tuple[str, str]:
    """(why the column cannot be read in this order, what is odd about single rows of it); '' where nothing is."""
    formats = [f for f in all_formats if day_before_month(f) is not None]
    if not formats:
        return "", ""
    ours, theirs = (FIRST[day_before_month(f) is True] for f in (formats[0], exchanged(formats[0])))
    write = f"datetime_formats = ['{exchanged(formats[0])}']"
    proof = column.wall.ordered & (column.day_of_month > 12)
    other = other_order(column, formats)
    n_proof, n_other = column.n(proof), column.n(other)
    if n_other and not n_proof:
        return (
            f"{name} holds dates that can only be {theirs} ({column.shown(other)}) and none that can only be {ours}, as"
            f" the mapping reads them. Write {write} in the mapping."
        ), ""
    if n_other and n_other >= OTHER_ORDER_SHARE * (n_proof + n_other):
        return (
            f"{name} holds dates that can only be {ours} ({column.shown(proof)}) and dates that can only be {theirs}"
            f" ({column.shown(other)}), so what 05/04 means is not known. Export the file again in one order, best"
            " with the year first (2026-04-05 21:30), or give the rows of each order as a file of their own, those that"
            f" are {theirs} with {write}."
        ), ""
    if n_other:
        return "", f"{name} can only be {theirs} in {counted(n_other, 'row')}, unlike the others: set aside"
    doubt = _hole(column, name, ours, theirs, write) if not n_proof else ""
    return (doubt, "") if doubt else _half(column, name, ours)


def _hole(column: Column, name: str, ours: str, theirs: str, write: str) -> str:
    """A sentence where dates of many months all lie before the 13th, and in fewer months when read the other way."""
    days = np.unique(column.days[column.wall.ordered])
    months = days.astype("datetime64[M]")
    n_months = len(np.unique(months))
    turned = len({(str(d)[:4], int(i)) for d, i in zip(days, (days - months).astype(np.int64), strict=True)})
    if len(days) < HOLE_DATES or n_months < HOLE_MONTHS or turned >= n_months:
        return ""
    return (
        f"{name} has dates in {n_months} months when it is read {ours}, and not one after the 12th of a month; read"
        f" {theirs}, they lie in {counted(turned, 'month')}. Write {write} in the mapping if they are {theirs}; if they"
        f" are {ours}, export them with the year first (2026-04-05 21:30), which can be read in one way only."
    )


def _half(column: Column, name: str, ours: str) -> tuple[str, str]:
    """The same about a column that a spreadsheet took for dates in part: it exchanges day and month in that part."""
    text, own = column.wall.ordered, ~column.wall.ordered & ~np.isnat(column.wall.clock) & column.wall.naive
    own &= ~pc.fill_null(pc.match_substring_regex(column.texts, "[A-Za-z]{3}"), False).to_numpy(zero_copy_only=False)
    if not (text.any() and own.any()):
        return "", ""
    both = f"dates as text ({column.shown(text)}) and a spreadsheet's own dates ({column.shown(own)})"
    split = (column.day_of_month[text] > 12).all() and (column.day_of_month[own] <= 12).all()
    dates = [len(np.unique(column.days[which])) for which in (text, own)]
    if ours == FIRST[True] and split and (1 - UP_TO_12TH) ** dates[0] * UP_TO_12TH ** dates[1] < UNLIKELY:
        return (
            f"{name} holds {both}. All the texts lie after the 12th of a month and none of the others does: the"
            " spreadsheet read the month first and exchanged it with the day wherever it could. Give the file as the"
            " system exported it, without opening it in a spreadsheet, or export it with the year first."
        ), ""
    return "", f"{name} holds {both}: a spreadsheet may have exchanged day and month in its own; compare a few"
