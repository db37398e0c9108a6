"""Printed times → instants. Formats are named by the mapping, never guessed; some need none, see `written`.

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

from hotspots.sources.formats import day_before_month, formatted
from hotspots.sources.written import NO_OFFSET, Wall, from_serials, serial_days, wall_of, written_times

# Year first can be read in one way only, so these need no mention in a mapping (Excel dates arrive so).
_YEAR_FIRST = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S",
)  # fmt: skip
_IN_WORDS = r"^\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ]\d{4} "  # '12 May 2026 ', which %d %b %Y says; not '12th May'
_ZULU = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%SZ")
# Seconds, milli-, micro- or nanoseconds since 1970. Twelve digits that begin with a year are a time of day, too.
_EPOCH = r"^(\d{9,10}|[2-9]\d{11}|\d{13}|\d{16}|\d{19})(\.\d+)?$"
_TWELVE = r"^(19|20)\d{10}$"
_WIDTHS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}


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
    """Read times in the given ``strptime`` formats, or in a form that can be read in one way only.

    ``text``: trimmed strings; null stays empty. Two-digit fields are read in one pass over the bytes; what is left
    (offsets, single digits, month names, spreadsheets' numbers) goes slower ways.
    """
    wall = wall_of(np.full(len(text), np.datetime64("NaT"), dtype="datetime64[s]"))
    left = pc.is_valid(text).to_numpy(zero_copy_only=False)
    for fmt in (*formats, *_YEAR_FIRST):
        _try(fixed_width_times, text, fmt, wall, left)
    local = np.isnat(wall.clock)
    for fmt in _ZULU:
        _try(fixed_width_times, text, fmt, wall, left)
    wall.offset[local & ~np.isnat(wall.clock)] = 0
    if left.any() and not _are_anothers(text, formats, left):
        _try_written(text, formats, wall, left)
    for fmt in formats:
        _try(_any_width_times, text, fmt, wall, left)
    if left.any():
        _try_numbers(text, wall, left)
    return wall


def _are_anothers(text: pa.Array, formats: tuple[str, ...], left: np.ndarray) -> bool:
    """Whether a mapping names formats, and all texts have another one that it could name: 12 May 2026 21:30.

    They can be read in one way only, but the mapping is of another column or system: its reader should look at it.
    """
    if not formats or int(left.sum()) < len(text) - text.null_count:
        return False
    return bool(pc.all(pc.match_substring_regex(text.drop_null(), _IN_WORDS)).as_py())


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


def _try(reader: Callable[[pa.Array, str], np.ndarray], text: pa.Array, fmt: str, wall: Wall, left: np.ndarray) -> None:
    """Fill in what ``reader`` can read of the texts that are left."""
    at = np.flatnonzero(left)
    if len(at) == 0:
        return
    read = reader(_some(text, at), fmt)
    wall.clock[at], left[at] = read, np.isnat(read)
    if day_before_month(fmt) is not None:
        wall.ordered[at] = ~np.isnat(read)


def _some(text: pa.Array, at: np.ndarray) -> pa.Array:
    return text if len(at) == len(text) else text.take(pa.array(at))


def _any_width_times(text: pa.Array, fmt: str) -> np.ndarray:
    """The same by pandas' strptime, each distinct text once: also '1/5/2025 9:05' and '5 May 2025'."""
    codes = text.dictionary_encode()
    return formatted(codes.dictionary.to_pylist(), fmt)[codes.indices.to_numpy(zero_copy_only=False)]


def _try_written(text: pa.Array, formats: tuple[str, ...], wall: Wall, left: np.ndarray) -> None:
    """Dates with a time of day behind them in another form than the mapping's, with 'Z' or an offset."""
    at = np.flatnonzero(left)
    read = written_times(_some(text, at), formats, alone=bool(np.isnat(wall.clock).all()))
    wall.clock[at], wall.offset[at] = read.clock, read.offset
    wall.ordered[at], wall.serial[at] = read.ordered, read.serial
    left[at] = np.isnat(read.clock)


def _try_numbers(text: pa.Array, wall: Wall, left: np.ndarray) -> None:
    """Numbers of seconds since 1970, and of days as spreadsheets count them where the column holds nothing else."""
    at = np.flatnonzero(left)
    words = _some(text, at)
    twelve = pc.match_substring_regex(words, _TWELVE).to_numpy(zero_copy_only=False)
    wall.clock[at[twelve]] = fixed_width_times(words.filter(pa.array(twelve)), "%Y%m%d%H%M")
    epoch = pc.match_substring_regex(words, _EPOCH).to_numpy(zero_copy_only=False) & ~twelve
    values = words.filter(pa.array(epoch)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    wall.clock[at[epoch]], wall.offset[at[epoch]] = seconds_of(values).astype("datetime64[s]"), 0
    if np.isnat(wall.clock).all():
        days = serial_days(words.to_pylist())
        wall.clock[at], wall.serial[at] = from_serials(days), ~np.isnan(days)
    left[at] = np.isnat(wall.clock[at])


def seconds_of(values: np.ndarray) -> np.ndarray:
    """Whole seconds since 1970 of numbers of seconds, milli-, micro- or nanoseconds; fractions are dropped."""
    whole = np.floor(values).astype(np.int64)
    for _ in range(3):
        whole = np.where(np.abs(whole) >= 100_000_000_000, whole // 1000, whole)
    return whole


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
