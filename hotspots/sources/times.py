"""Printed times → instants. Formats are named by the mapping, never guessed.

A wall clock is not an instant: in autumn one hour happens twice (read as the first, summer time), in
spring one hour does not happen (read as GMT, that is, on the clock as it ran before). Text that carries
an offset or a Z is an instant already and needs no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Year first can be read in one way only, so these need no mention in a mapping (Excel dates arrive so).
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")
_ISO_PATTERN = (
    r"^(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<minute>\d{2}:\d{2})(?P<second>:\d{2})?(?:\.\d{1,9})?\s?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_WIDTHS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
NO_OFFSET = np.iinfo(np.int32).min


@dataclass(frozen=True, eq=False)
class Wall:
    """Times as printed: ``clock`` datetime64[s], NaT where unreadable; ``offset`` minutes east, or `NO_OFFSET`."""

    clock: np.ndarray
    offset: np.ndarray

    @property
    def naive(self) -> np.ndarray:
        """Which of the times read carry no offset."""
        return np.asarray((self.offset == NO_OFFSET) & ~np.isnat(self.clock))


@dataclass(frozen=True, eq=False)
class Placed:
    """Times on the time line: ``instant`` in UTC and ``local`` wall clock, both datetime64[s].

    ``repeated``, ``skipped``: bool masks of clock-change hours that had to be read by rule.
    """

    instant: np.ndarray
    local: np.ndarray
    repeated: np.ndarray
    skipped: np.ndarray


def parse_times(text: pa.Array, formats: tuple[str, ...]) -> Wall:
    """Read times in the given ``strptime`` formats, or in ISO form with the year first.

    ``text``: trimmed strings; null stays empty. Two-digit fields are read in one pass over the bytes; what
    is left (offsets, single-digit days, month names) goes the slower way.
    """
    clock = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[s]")
    offset = np.full(len(text), NO_OFFSET, dtype=np.int32)
    left = pc.is_valid(text).to_numpy(zero_copy_only=False)
    for fmt in (*formats, *_ISO):
        _try(fixed_width_times, text, fmt, clock, left)
    if left.any():
        _try_iso(text, clock, offset, left)
    for fmt in formats:
        _try(_any_width_times, text, fmt, clock, left)
    return Wall(clock, offset)


def place_times(wall: Wall, source: ZoneInfo, home: ZoneInfo) -> Placed:
    """Wall clocks of time zone ``source`` → instants, and the wall clocks of ``home`` at those instants."""
    plain = wall.naive
    minutes = np.where(wall.offset == NO_OFFSET, 0, wall.offset).astype("timedelta64[m]")
    instant = wall.clock - minutes.astype("timedelta64[s]")
    repeated, skipped = np.zeros((2, len(instant)), dtype=bool)
    instant[plain], repeated[plain], skipped[plain] = _instants(wall.clock[plain], source)
    local = pd.DatetimeIndex(instant).tz_localize("UTC").tz_convert(home).tz_localize(None)
    return Placed(instant, local.to_numpy().astype("datetime64[s]"), repeated, skipped)


def fixed_width_times(text: pa.Array, fmt: str) -> np.ndarray:
    """datetime64[s] of texts that fill ``fmt`` digit by digit, NaT for the rest.

    Only for formats of %Y %m %d %H %M %S and plain characters; any other format gives NaT throughout.
    """
    result = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[s]")
    fields = _fields(fmt)
    if fields is None:
        return result
    places, literals, width = fields
    fits = pc.fill_null(pc.equal(pc.binary_length(text), width), False)
    chosen = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    if len(chosen) == 0:
        return result
    letters = np.frombuffer(_bytes_of(text.filter(fits)), dtype=np.uint8).reshape(-1, width)
    good = np.ones(len(letters), dtype=bool)
    for at, letter in literals:
        good &= letters[:, at] == letter
    values = {}
    for name, at in places.items():
        digits = letters[:, at : at + _WIDTHS[name]].astype(np.int32) - 48
        good &= ((digits >= 0) & (digits <= 9)).all(axis=1)
        values[name] = digits @ (10 ** np.arange(_WIDTHS[name] - 1, -1, -1, dtype=np.int32))
    result[chosen] = _assemble(values, good)
    return result


def _bytes_of(text: pa.Array) -> bytes:
    """The characters of a string array, end to end."""
    whole = text.cast(pa.large_string())
    _, offsets, data = whole.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[whole.offset : whole.offset + len(whole) + 1]
    return bytes(memoryview(data)[ends[0] : ends[-1]])


def _fields(fmt: str) -> tuple[dict[str, int], list[tuple[int, int]], int] | None:
    """Where each field and each plain character of ``fmt`` stands, and the width of the text."""
    places: dict[str, int] = {}
    literals, at, i = [], 0, 0
    while i < len(fmt):
        code = fmt[i : i + 2]
        if code[0] == "%":
            if code not in _WIDTHS or code in places:
                return None
            places[code] = at
            at, i = at + _WIDTHS[code], i + 2
        elif not code[0].isascii():
            return None
        else:
            literals.append((at, ord(code[0])))
            at, i = at + 1, i + 1
    return (places, literals, at) if {"%Y", "%m", "%d"} <= places.keys() else None


def _assemble(values: dict[str, np.ndarray], good: np.ndarray) -> np.ndarray:
    """datetime64[s] from year, month, … ; NaT where not ``good`` or where there is no such day or time."""
    year, month, day = values["%Y"], values["%m"], values["%d"]
    good = good & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    seconds = np.zeros(len(good), dtype=np.int64)
    for name, limit, unit in (("%H", 24, 3600), ("%M", 60, 60), ("%S", 60, 1)):
        if name in values:
            good &= values[name] < limit
            seconds += values[name].astype(np.int64) * unit
    months = ((year.astype(np.int64) - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    good &= days.astype("datetime64[M]") == months  # 31 June would run over into July
    times = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return np.where(good, times, np.datetime64("NaT", "s"))


def _try(
    reader: Callable[[pa.Array, str], np.ndarray], text: pa.Array, fmt: str, clock: np.ndarray, left: np.ndarray
) -> None:
    """Fill in what ``reader`` can read of the texts that are left."""
    at = np.flatnonzero(left)
    if len(at) == 0:
        return
    read = reader(text if len(at) == len(text) else text.take(pa.array(at)), fmt)
    clock[at] = read
    left[at] = np.isnat(read)


def _any_width_times(text: pa.Array, fmt: str) -> np.ndarray:
    """The same by pandas' strptime, each distinct text once: also '1/5/2025 9:05' and '5 May 2025'."""
    codes = text.dictionary_encode()
    words = pd.Series(codes.dictionary.to_pylist(), dtype=object)
    read = pd.to_datetime(words, format=fmt, errors="coerce").to_numpy().astype("datetime64[s]")
    return read[codes.indices.to_numpy(zero_copy_only=False)]


def _try_iso(text: pa.Array, clock: np.ndarray, offset: np.ndarray, left: np.ndarray) -> None:
    """ISO times with fractions of a second (dropped), 'Z' or an offset."""
    at = np.flatnonzero(left)
    parts = pc.extract_regex(text.take(pa.array(at)), _ISO_PATTERN)
    found = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    at, parts = at[found], parts.drop_null()
    if len(at) == 0:
        return
    day, minute, second, suffix = (parts.field(i) for i in range(4))
    second = pc.if_else(pc.equal(second, ""), ":00", second)
    read = fixed_width_times(pc.binary_join_element_wise(day, " ", minute, second, ""), _ISO[0])
    shift, allowed = _offset_minutes(suffix)
    read[~allowed] = np.datetime64("NaT")
    clock[at], offset[at] = read, shift
    left[at] = np.isnat(read)


def _offset_minutes(suffix: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Minutes east of UTC for each '', 'Z' or '+01:00', and whether it is an offset that exists."""
    codes = suffix.dictionary_encode()
    shifts = []
    for text in codes.dictionary.to_pylist():
        digits = text.replace(":", "")
        minutes = int(digits[1:3]) * 60 + int(digits[3:5]) if len(digits) == 5 else 0
        shifts.append(NO_OFFSET if not text else -minutes if digits[0] == "-" else minutes)
    values = np.array(shifts, dtype=np.int32)[codes.indices.to_numpy(zero_copy_only=False)]
    return values, (values == NO_OFFSET) | (np.abs(values.astype(np.int64)) <= 14 * 60)


def _instants(clock: np.ndarray, source: ZoneInfo) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(instants in UTC, mask of repeated hours, mask of skipped hours) of wall clocks without NaT."""
    index = pd.DatetimeIndex(clock)
    first = _utc(index, source, True)
    repeated = (first != _utc(index, source, False)) & ~np.isnat(first)
    skipped = np.isnat(first)
    for i in np.flatnonzero(skipped):  # fold=0 reads a skipped hour with the offset before the change: GMT
        moment = clock[i].astype(datetime).replace(tzinfo=source, fold=0)
        first[i] = clock[i] - np.timedelta64(int(moment.utcoffset().total_seconds()), "s")
    return first, repeated, skipped


def _utc(index: pd.DatetimeIndex, source: ZoneInfo, summer: bool) -> np.ndarray:
    choice = np.full(len(index), summer)
    placed = index.tz_localize(source, ambiguous=choice, nonexistent="NaT")
    return placed.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
