"""Times as people and other tools write them, where they can be read in one way only.

The date is the mapping's own (with other marks between its parts, or a day of the week before it, too), or has the year
first, or its month in words, or is a spreadsheet's number of days; the time of day may be 14:30, 14.30, 1430, 14:30hrs
or 2.30pm, and 24:00 is the midnight that ends the day; behind it may stand UTC, Z or an offset. What could mean two
things is not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.sources.formats import date_part, day_before_month, formatted, is_packed
from hotspots.sources.street_columns import NAMES

NO_OFFSET = np.iinfo(np.int32).min
DAY = 86_400  # seconds
EASTERNMOST = 14 * 60  # minutes: no clock is farther from UTC
SERIALS = (32_874, 73_050)  # days since 1899-12-30: from 1990 to 1999 and 2099, as a spreadsheet counts
_EPOCH_OF_SERIALS = np.datetime64("1899-12-30", "s")
_CLOCK = r"\.?\d[\d:.,]*(?:\s?[ap]\.?m\.?)?(?:\s?(?:hours|hrs?|h))?"
_PARTS = (
    rf"(?i)^(?P<day>\S.*?)(?P<gap>T|,?\s+(?:at\s+)?)(?P<clock>{_CLOCK})\s?"
    r"(?P<zone>Z|UTC|GMT|BST|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?)?$"
)
_COLONS = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?)?"
    r"\s?(?:(?P<half>[ap])\.?m\.?)?\s?(?P<word>hours|hrs?|h)?\.?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?P<hour>\d{1,2})(?P<minute>\d{2})(?P<second>(?<=\d{4})\d{2})?(?:\.0+)?"
    r"\s?(?:(?P<half>[ap])\.?m\.?)?\s?(?P<word>hours|hrs?|h)?\.?",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"[01]|0?\.\d+")
_SHORT_NUMBER, _LONG_NUMBER = re.compile(r"\d{1,4}(?:\.0+)?"), re.compile(r"\d{5,6}(?:\.0+)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+(?=\S)", re.IGNORECASE)
_TH = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_MONTH = re.compile(rf"{_TH}[-/. ]*(?:of )?([a-z]{{3,9}})[-/., ]*(\d{{4}})", re.IGNORECASE)  # 12th May 2026
_MONTH_DAY = re.compile(rf"([a-z]{{3,9}})[-/. ]*{_TH},?[-/. ]+(\d{{4}})", re.IGNORECASE)  # May 12, 2026
_OTHER_TOOLS = (
    (r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) +(\d{1,2}) ([\d:]+) (UTC|GMT|BST) (\d{4})$", r"\2 \1 \5 \3 \4"),
    (r"(Z|[+-]\d{2}:?\d{2})\[[\w/]+\]$", r"\1"),  # Java: +01:00[Europe/London]
)


@dataclass(frozen=True, eq=False)
class Wall:
    """Times as printed: ``clock`` datetime64[s], NaT where unreadable; ``offset`` minutes east, or `NO_OFFSET`."""

    clock: np.ndarray
    offset: np.ndarray
    ordered: np.ndarray  # bool: read by a format whose day and month could be exchanged
    serial: np.ndarray  # bool: read from a spreadsheet's number of days

    @property
    def naive(self) -> np.ndarray:
        """Which of the times read carry no offset."""
        return np.asarray((self.offset == NO_OFFSET) & ~np.isnat(self.clock))


def wall_of(clock: np.ndarray) -> Wall:
    """Clocks that are known as they stand, without an offset."""
    ordered, serial = np.zeros((2, len(clock)), dtype=bool)
    return Wall(clock, np.full(len(clock), NO_OFFSET, dtype=np.int32), ordered, serial)


def written_times(text: pa.Array, formats: Sequence[str], alone: bool) -> Wall:
    """Dates followed by a time of day. ``alone``: no text of the column was read in another way."""
    for pattern, plain in _OTHER_TOOLS:
        text = pc.replace_substring_regex(text, pattern, plain)
    parts = pc.extract_regex(text, _PARTS)
    found = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    wall, at = wall_of(np.full(len(text), np.datetime64("NaT"), "datetime64[s]")), np.flatnonzero(found)
    if len(at) == 0:
        return wall
    parts = parts.drop_null()
    day, gap, time, zone = (parts.field(i).dictionary_encode() for i in range(4))
    days, by_order, by_number = read_days(day.dictionary.to_pylist(), formats, alone)
    seconds = seconds_of_day(time.dictionary.to_pylist(), packed=any(map(is_packed, formats)))
    shifts = np.array([minutes_east(z) for z in zone.dictionary.to_pylist()], dtype=np.int32)
    (d, g, t, z) = (_codes(column) for column in (day, gap, time, zone))
    # '10:30-11:00' behind a date is a span as likely as a clock eleven hours behind: an offset needs its T or seconds.
    spans = np.array([zone.startswith("-") for zone in zone.dictionary.to_pylist()])[z]
    spans &= ~np.array([text.upper() == "T" for text in gap.dictionary.to_pylist()])[g]
    spans &= ~np.array([len(re.findall(r"[:.]", text)) > 1 for text in time.dictionary.to_pylist()])[t]
    allowed = (shifts == NO_OFFSET) | (np.abs(shifts.astype(np.int64)) <= EASTERNMOST)
    read = np.where(
        (seconds[t] >= 0) & allowed[z] & ~spans, days[d] + seconds[t].astype("timedelta64[s]"), np.datetime64("NaT")
    )
    wall.clock[at], wall.offset[at] = read, shifts[z]
    wall.ordered[at], wall.serial[at] = by_order[d] & ~np.isnat(read), by_number[d] & ~np.isnat(read)
    return wall


def _codes(column: pa.DictionaryArray) -> np.ndarray:
    return np.asarray(column.indices.to_numpy(zero_copy_only=False))


def read_days(texts: Sequence[str], formats: Sequence[str], alone: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(midnights, NaT where unread; which were read by a format whose day and month could be exchanged; by number)."""
    days = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    ordered = np.zeros(len(texts), dtype=bool)
    texts = [_WEEKDAY.sub("", text, count=1) for text in texts]
    own = filter(None, map(date_part, formats))
    for fmt in dict.fromkeys(re.sub("[-/.]", mark, fmt) for fmt in own for mark in (r"\g<0>", "/", "-", ".")):
        found = formatted(texts, fmt)
        new = np.isnat(days) & ~np.isnat(found)
        days = np.where(new, found, days)
        ordered |= new & (day_before_month(fmt) is not None)
    year_first = [_year_first(text) for text in texts]
    for fmt in ("%Y-%m-%d", "%Y%m%d"):
        days = np.where(np.isnat(days), formatted(year_first, fmt), days)
    numbers = serial_days(texts) if alone and np.isnat(days).all() else np.full(len(texts), np.nan)
    serial = ~np.isnan(numbers) & (numbers == np.floor(numbers))
    return np.where(serial, from_serials(numbers), days), ordered, serial


def _year_first(text: str) -> str:
    """A date that can be read in one way only as '2026-5-12', any other as it stands."""
    if found := _YEAR_FIRST.fullmatch(text):
        return "-".join(found.groups())
    if found := _DAY_MONTH.fullmatch(text):
        day, name, year = found.groups()
    elif found := _MONTH_DAY.fullmatch(text):
        name, day, year = found.groups()
    else:
        return text
    name = name.lower()
    month = next((i for i, full in enumerate(NAMES, 1) if full.startswith(name) or name == full[:4]), 0)
    return f"{year}-{month}-{day}" if month else text


def serial_days(texts: Sequence[str | None]) -> np.ndarray:
    """A spreadsheet's number of days, nan for other texts; of no text unless every number among them is a likely one.

    Spreadsheets count days since 30 December 1899, the time of day as a fraction.
    """
    numbers = np.array([float(t) if t and re.fullmatch(r"\d{1,7}(\.\d+)?", t) else np.nan for t in texts], dtype=float)
    odd = ~np.isnan(numbers) & ~likely_serials(numbers)
    return np.full(len(numbers), np.nan) if odd.any() else numbers


def likely_serials(numbers: np.ndarray) -> np.ndarray:
    """Which numbers of days lie between 1990 and 2099."""
    return np.asarray((numbers >= SERIALS[0]) & (numbers < SERIALS[1]))


def from_serials(days: np.ndarray) -> np.ndarray:
    """datetime64[s] of a spreadsheet's numbers of days, to the nearest second; NaT of nan."""
    seconds = np.round(np.where(np.isnan(days), 0, days) * DAY).astype("timedelta64[s]")
    return np.where(np.isnan(days), np.datetime64("NaT"), _EPOCH_OF_SERIALS + seconds)


def seconds_of_day(texts: Sequence[str], packed: bool = False) -> np.ndarray:
    """int64 seconds since midnight of each time of day, -1 where it cannot be read in one way only.

    ``packed``: the mapping says how times without a colon are to be read, so they are left to it. Where all are numbers
    below 1 and some have three decimals or more, they are a spreadsheet's fractions of a day. Beside numbers with
    seconds (213000), shorter ones have two readings: 500 is 00:05:00, or 05:00.
    """
    fractions = all(_FRACTION.fullmatch(t) for t in texts) and any(len(t) > 4 for t in texts)
    if fractions:
        return np.array([s if (s := round(float(t) * DAY)) < DAY else -1 for t in texts], dtype=np.int64)
    with_seconds = any(_LONG_NUMBER.fullmatch(t) for t in texts)
    unclear = [with_seconds and _SHORT_NUMBER.fullmatch(t) is not None for t in texts]
    return np.array([-1 if u else _seconds(t, packed) for t, u in zip(texts, unclear, strict=True)], dtype=np.int64)


def _seconds(text: str, packed: bool) -> int:
    text = f"0{text}" if re.fullmatch(r"\d{5}(?:\.0+)?", text) else text
    found = _COLONS.fullmatch(text) or _NUMBER.fullmatch(text)
    if found is None:
        return -1
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half, bare = found["half"], found["word"] is None and found["half"] is None
    # '14' may be a day, '2 hrs' and '0.25h' lengths of time.
    length = found["word"] is not None and re.match(r"\d\.", text) is not None
    if (found["minute"] is None and not half) or length or (packed and bare and found.re is _NUMBER):
        return -1
    if half:
        late = half in "pP"
        if (hour > 12 and not late) or (hour == 0 and late):
            return -1
        hour = hour if hour > 12 else hour % 12 + 12 * late
    seconds = hour * 3600 + minute * 60 + second
    return seconds if seconds <= DAY and minute < 60 and second < 60 else -1


def minutes_east(zone: str) -> int:
    """Minutes east of UTC of 'Z', 'UTC', 'BST' or '+01:00'; `NO_OFFSET` of ''."""
    if not zone:
        return NO_OFFSET
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if found is None:
        return 60 if zone.upper() == "BST" else 0
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes
