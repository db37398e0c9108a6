"""Start and end together: a span in one column, a length of time, an end without a date of its own.

'14:30-14:45' is a start and an end; '15 min' or '1h 30' in the column of the end is counted from the start; an end with
the date of its start that lies before it is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError
from hotspots.sources.feed import FALLS, TWICE, Array, FeedFile, Times, codes_of, joined, spread
from hotspots.sources.written import DAY, NO_OFFSET, Wall, seconds_of_day

_HALF = r"\s?[ap]\.?m\.?"
_CLOCK = rf"\d{{1,2}}(?:[:.]\d{{2}}){{1,2}}(?:{_HALF})?(?:\s?(?:hours|hrs?|h))?"
_DATE = r"\d{1,4}[-/.]\w+[-/.]\d{2,4}|\d{1,2}\s\w+\s\d{2,4}"
_SPAN = re.compile(
    rf"(?:(?P<date>{_DATE})[\sT,]\s*)?"
    rf"(?:(?P<a>{_CLOCK}|\d{{2,4}}(?:{_HALF}|\s?hrs?)?|\d{{1,2}}(?:{_HALF})?(?=[^:]*[ap]\.?m)))"
    r"\s*(?:-|–|—|->|\bto\b|\buntil\b|\btill?\b)\s*"
    rf"(?:(?P<other>{_DATE})[\sT,]\s*)?(?P<b>{_CLOCK}|\d{{3,4}}(?:{_HALF}|\s?hrs?)?|\d{{1,2}}{_HALF})",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"(?:(?P<hours>\d{1,2}(?:\.(?:\d|25|50|75))?)\s*(?:hours?|hrs?|h)\.?)?\s*(?:and\s+)?"
    r"(?:(?P<minutes>\d{1,3})\s*(?P<unit>minutes?|mins?|m)?\.?)?",
    re.IGNORECASE,
)
_HAS_HALF = re.compile(rf"{_HALF}$", re.IGNORECASE)
FEW = 3  # rows: so many ends before their starts are no habit of the file
MANY_ADVICE = " (as are most; a length of time is written '15 min')"
LENGTHS_ADVICE = " (most are lengths of time: one is written '15 min')"


class Rules(NamedTuple):
    """How far an end may be read from its start."""

    longest: int  # seconds: no length of time is longer, and no end on the next day later
    most_next_day: float  # share of the rows: where more would end on the next day, none does


class Span(NamedTuple):
    """Start and end of each row, and which ends were read by which rule (bool)."""

    start: Times
    end: Times
    second: Array  # in the second of the two equal hours of autumn, because the first is before the start
    next_day: Array  # on the day after the start
    lengths: Array  # given as a length of time
    advice: str = ""  # where so many lie before their starts that none was read as on the next day


def read_span(file: FeedFile, first: str, last: str, rules: Rules) -> Span:
    """The times of two fields that belong together; the columns of ``last`` may be missing or those of ``first``.

    Raises `HotspotsError` where they are missing and no row of ``first`` holds a span.
    """
    texts = _split(file, first) if file.columns.get(last, file.columns[first]) == file.columns[first] else None
    if last not in file.columns:
        if texts is None:
            raise HotspotsError(
                f"{file.raw.name} lacks a column '{last}', and {file.name(first)} holds no spans such as 14:30-14:45."
                " Say in a mapping which column is the end, or give the start and the end in one."
            )
        file.columns[last] = file.columns[first]
    name = file.name(first)
    if texts is not None:
        start, end = (file.times_of(column, name) for column in texts)
        return _Ends(file, start, end, rules, np.ones(len(file.rows), dtype=bool)).span()
    start, (texts_of_end, tail, shared) = file.times(first), _end_texts(file, first, last)
    dateless = np.full(len(file.rows), shared)
    ends = _Ends(file, start, file.times_of(texts_of_end, file.name(last)), rules, dateless)
    ends.read_lengths(tail)
    if len(file.columns[last]) == 1:
        ends.read_clocks(tail)
    return ends.span()


def note_span(file: FeedFile, span: Span, name: str) -> None:
    """Say which ends of usable rows were read by a rule. ``name``: of the column of the end."""
    rule = TWICE.replace("first (summer time)", "second (winter time) because the first is before the start")
    file.note(int((span.second & ~file.bad).sum()), *FALLS, rule)
    day = f"before the start on the same date in {name}, read as on the next day"
    file.note(int((span.next_day & ~file.bad).sum()), "end lies", "ends lie", day)
    file.note(int((span.lengths & ~file.bad).sum()), "end is", "ends are", f"a length of time in {name}")


def _end_texts(file: FeedFile, first: str, last: str) -> tuple[pa.DictionaryArray, pa.DictionaryArray, bool]:
    """(texts of the end, those of its last column, whether its date is that of the start)."""
    *date, column = file.columns[last]
    texts, tail = file.time_texts(last), file.coded(column)
    shared = bool(date) and date[0] in file.columns[first]
    if shared:  # the date alone is that of the start, and no end
        texts = _where_given(tail, texts)
    return texts, tail, shared


@dataclass
class _Ends:
    """The ends of a file while they are read: clocks by row, changed where a rule says so."""

    file: FeedFile
    start: Times
    end: Times
    rules: Rules
    dateless: Array  # bool: the date of the end is that of the start

    def __post_init__(self) -> None:
        self.clock = spread(self.end.wall.clock, self.end.texts, np.datetime64("NaT", "s"))
        self.offset = spread(self.end.wall.offset, self.end.texts, NO_OFFSET)
        self.lengths = np.zeros(len(self.clock), dtype=bool)

    def read_lengths(self, tail: pa.DictionaryArray) -> None:
        """Ends that are given as a length of time."""
        seconds = self._unread(tail, lambda texts: seconds_of_length(texts, self.rules.longest))
        self.lengths = (seconds >= 0) & ~np.isnat(self.start.instant)
        self._set(self.lengths, self.start.instant + seconds.astype("timedelta64[s]"), np.zeros_like(self.offset))

    def read_clocks(self, tail: pa.DictionaryArray) -> None:
        """Ends that are a time of day alone: on the day of the start, by its clock."""
        seconds = self._unread(tail, seconds_of_day)
        alone = seconds >= 0
        if alone.any():
            nothing = np.datetime64("NaT", "s")
            day = spread(self.start.wall.clock, self.start.texts, nothing).astype("datetime64[D]").astype("<M8[s]")
            offset = spread(self.start.wall.offset, self.start.texts, NO_OFFSET)
            self._set(alone, day + seconds.astype("timedelta64[s]"), offset)
            self.dateless = self.dateless | alone

    def _unread(self, tail: pa.DictionaryArray, reader: Callable[[list[str]], Array]) -> Array:
        """What ``reader`` makes of the texts of the ends that are not read yet, by row; -1 for the other rows."""
        codes = codes_of(tail)
        rows = np.isnat(self.clock) & (codes >= 0)
        found = np.full(len(codes), -1, dtype=np.int64)
        if rows.any():
            which, back = np.unique(codes[rows], return_inverse=True)
            found[rows] = reader(tail.dictionary.take(pa.array(which)).to_pylist())[back]
        return found

    def _set(self, rows: Array, clock: Array, offset: Array) -> None:
        """Give these rows another wall clock."""
        if rows.any():
            self.clock, self.offset = np.where(rows, clock, self.clock), np.where(rows, offset, self.offset)
            nothing = np.zeros(int(rows.sum()), dtype=bool)
            placed = self.file.placed(Wall(self.clock[rows], self.offset[rows], nothing, nothing))
            columns = {name: getattr(self.end, name).copy() for name in ("instant", "local", "repeated", "skipped")}
            for name, column in columns.items():
                column[rows] = getattr(placed, name)
            self.end = self.end._replace(**columns)

    def span(self) -> Span:
        """The ends, those before their starts in the second of two equal hours or on the next day where that fits."""
        second = self.end.repeated & (self.end.instant < self.start.instant)
        later = np.where(second, self.end.instant + np.timedelta64(1, "h"), self.end.instant)
        self.end = self.end._replace(instant=later, repeated=self.end.repeated & ~second)
        before, day, advice = self.end, np.timedelta64(DAY, "s"), ""
        over = self.dateless & (later < self.start.instant)
        self._set(over, self.clock + day, self.offset)
        over &= self.end.instant - self.start.instant <= np.timedelta64(self.rules.longest, "s")
        many = over.sum() >= FEW and over.sum() > self.rules.most_next_day * (~np.isnat(later)).sum()
        if many or self.lengths.sum() > (~np.isnat(later) & ~self.lengths).sum():  # 0:15 among them is a length, too
            over[:] = False
            advice = MANY_ADVICE if many else LENGTHS_ADVICE
        names = ("instant", "local", "repeated", "skipped")
        kept = {name: np.where(over, getattr(self.end, name), getattr(before, name)) for name in names}
        return Span(self.start, self.end._replace(**kept), second, over, self.lengths, advice)


def seconds_of_length(texts: Sequence[str], longest: int) -> Array:
    """int64 seconds of '15 min', '1h' or '1h 30', -1 for other texts and what is nothing or longer than ``longest``."""
    found = [_LENGTH.fullmatch(text) for text in texts]
    seconds = [
        round(float(m["hours"] or 0) * 3600) + int(m["minutes"] or 0) * 60 if m and (m["hours"] or m["unit"]) else -1
        for m in found
    ]
    return np.array([s if 0 < s <= longest else -1 for s in seconds], dtype=np.int64)


def _split(file: FeedFile, first: str) -> tuple[pa.DictionaryArray, pa.DictionaryArray] | None:
    """The texts of start and end of a column with both, None where no row has both."""
    *date, column = file.columns[first]
    tail = file.coded(column)
    texts = tail.dictionary.to_pylist()
    found = [None if text is None else _SPAN.fullmatch(text) for text in texts]
    if not any(found):
        return None
    parts = [(text, None) if m is None else _both(m) for text, m in zip(texts, found, strict=True)]
    columns = [pa.array(side, pa.string()).take(tail.indices).dictionary_encode() for side in zip(*parts, strict=True)]
    if date:  # a row without an end keeps none: the date alone would be one
        days = file.coded(date[0])
        columns = [_where_given(column, joined(days, column)) for column in columns]
    return columns[0], columns[1]


def _where_given(needed: pa.DictionaryArray, texts: pa.DictionaryArray) -> pa.DictionaryArray:
    """The texts, null in the rows where another column is."""
    given = pc.is_valid(needed.cast(pa.string()))
    return pc.if_else(given, texts.cast(pa.string()), pa.scalar(None, pa.string())).dictionary_encode()


def _both(found: re.Match[str]) -> tuple[str, str]:
    """Start and end of a span: '2.30-2.45pm' → '2.30pm' and '2.45pm', less than twelve hours apart."""
    a, b = found["a"], found["b"]
    if (_HAS_HALF.search(a) is None) != (_HAS_HALF.search(b) is None):
        for half in ("am", "pm"):
            pair = (a, b + half) if _HAS_HALF.search(a) else (a + half, b)
            start, end = seconds_of_day(pair).tolist()
            if min(start, end) >= 0 and 0 < (end - start) % DAY < DAY // 2:
                a, b = pair
                break
    date = found["date"] or ""
    return f"{date} {a}".strip(), f"{found['other'] or date} {b}".strip()
