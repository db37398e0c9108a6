"""Officers' positions ("pings") as a tracking system exports them.

Limits of the source, which every figure made from it carries:
- a position is where the device believes it was: 5 to 10 m off in the open, more between high buildings;
- a silent device is not an absent officer: no data is not no patrol;
- the clock is the device's own; positions that lead or trail a unit's log are reported where both are held;
- a wall clock without an offset cannot tell which of the two autumn hours it means: the first is taken;
- without a status, going to a call and patrolling look the same.

Who the unit is becomes a keyed hash here; the name goes no further than this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.clock import zone
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.sources.checks import (
    EASTING_RANGE,
    LAT_RANGE,
    LON_RANGE,
    NORTHING_RANGE,
    check_degrees,
    check_grid,
    numbers,
)
from hotspots.sources.reading import RawTable, parquet_text
from hotspots.sources.times import Wall, parse_times, place_times
from hotspots.sources.track_mapping import GRID, TrackMapping, columns_in, no_timezone, place_of

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Codes: TypeAlias = Callable[[Sequence[str | None]], Array]  # names of units → their numbers, 0 for none

OLDEST = 631_152_000  # 1990-01-01
MOST_OFFICERS = 100
STATUS_KNOWN, SPEED_KNOWN, OFFICERS_KNOWN = 1, 2, 4
SCHEMA = pa.schema(
    [
        ("unit", pa.int64()), ("t", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64()),
        ("speed_kmh", pa.float32()), ("on_call", pa.bool_()), ("officers", pa.int16()),
        ("known", pa.uint8()), ("status", pa.int32()), ("row", pa.int32()),
    ]
)  # fmt: skip
_NAIVE = np.iinfo(np.int32).min  # of hotspots.sources.times.Wall.offset
_SHORT_OFFSET = r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)([+-]\d{2})$"
_PRESTON = {False: (-2.7, 53.76), True: (354_000.0, 429_000.0)}
_BASIC = r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})((?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)$"


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file of the feed. Rows read = rows of ``table`` + rows of ``quarantined``."""

    table: pa.Table  # SCHEMA, in the order of the file; speed nan and ``known`` bits 0 where the file does not say
    quarantined: pa.Table  # source_row, reason, and the columns of the feed as text, the unit hashed
    notes: list[str]
    n_read: int
    columns: dict[str, tuple[str, ...]]  # field → how the rows set aside call it
    units: list[str]  # as the file names them; for hiding them in file names, never to be stored
    located: int  # rows with coordinates
    misplaced: int  # of these, rows whose coordinates cannot be in Great Britain
    refusal: tuple[str, ...]  # what is wrong with the coordinates as a whole, if much is
    timed: int = 0  # rows with a time
    unread: int = 0  # of these, rows whose time cannot be read
    odd_time: str = ""  # one of them, never to be quoted


@dataclass(eq=False)
class _File:
    """A file while it is read."""

    raw: RawTable
    mapping: TrackMapping
    columns: dict[str, tuple[str, ...]]
    settings: Settings
    rows: Array
    bad: Array  # bool
    reasons: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    timed: int = 0  # rows with a time
    unread: int = 0  # of these, rows whose time cannot be read
    odd_time: str = ""  # one of them, never to be quoted

    def refuse(self, mask: Array, reason: str) -> None:
        """Set rows aside; several reasons of one row are joined."""
        self.refuse_each(np.flatnonzero(mask), lambda i: reason)

    def refuse_each(self, at: Array, reason: Callable[[int], str]) -> None:
        self.bad[at] = True
        for i in at.tolist():
            self.reasons[i] = f"{self.reasons[i]}; {reason(i)}" if i in self.reasons else reason(i)

    def column(self, what: str) -> pa.Array | None:
        """The column of a field, in one piece and without dictionary."""
        return self.named(self.columns[what][0]) if what in self.columns else None

    def named(self, name: str) -> pa.Array:
        whole = self.raw.table[name].combine_chunks()
        piece = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
        if pa.types.is_dictionary(piece.type):
            piece = piece.dictionary_decode()
        return piece.cast(pa.string()) if pa.types.is_large_string(piece.type) else piece


def read_pings(
    raw: RawTable,
    mapping: TrackMapping,
    settings: Settings,
    codes: Codes,
    words: dict[str, int],
    now: datetime | None = None,
) -> Parsed:
    """One file of positions, as text or typed, row by row.

    ``codes`` hashes the names of units; ``words`` numbers the texts of the status and grows; ``now`` (default: the
    clock) decides what lies in the future. Raises `HotspotsError` where columns are missing, or times carry no offset
    and no time zone is given.
    """
    have = raw.table.column_names
    columns = columns_in(mapping, have, raw.name)
    size = len(raw.table)
    file = _File(raw, mapping, columns, settings, raw.row_numbers(), np.zeros(size, dtype=bool))
    if raw.encoding != "UTF-8":
        file.notes.append(f"The file is not UTF-8 and was read as {raw.encoding}: check accents and pound signs")
    unit, names = _read_units(file, codes)
    t = _read_times(file, now or datetime.now(UTC))
    lon, lat, located, misplaced, refusal = _read_places(file)
    speed = _read_speeds(file)
    status, on_call = _read_status(file, words)
    officers = _read_officers(file)
    known = (status >= 0) * STATUS_KNOWN + ~np.isnan(speed) * SPEED_KNOWN + (officers > 0) * OFFICERS_KNOWN
    values = (
        unit, t, lon, lat, speed, on_call, np.maximum(officers, 1), known.astype(np.uint8), status, file.rows
    )  # fmt: skip
    keep = None if not file.bad.any() else ~file.bad
    arrays = [pa.array(v if keep is None else v[keep], f.type) for v, f in zip(values, SCHEMA, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=SCHEMA)
    _note_order(file, table)
    called = {what: (what,) if mapping.standard else own for what, own in columns.items()}
    aside = _set_aside(file, unit, dict(zip(names, codes(names).tolist(), strict=True)))
    n_read = size + len(raw.bad_rows)
    return Parsed(
        table, aside, file.notes, n_read, called, names, located, misplaced, refusal, file.timed, file.unread,
        file.odd_time,
    )  # fmt: skip


# ---------------------------------------------------------------- texts


def _coded(file: _File, name: str, column: pa.Array) -> tuple[pa.Array, Array]:
    """Each distinct value as text, trimmed, null where it stands for nothing; and the number of each row's text.

    A row without a text has the number of a null in the texts.
    """
    coded = column.dictionary_encode()
    texts = coded.dictionary
    if not pa.types.is_string(texts.type):
        printed = parquet_text(file.raw.name, name, pa.chunked_array([texts])).combine_chunks()
        texts = pa.concat_arrays(printed.chunks) if isinstance(printed, pa.ChunkedArray) else printed
    texts = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    nothing = pc.is_in(pc.utf8_upper(texts), pa.array(["", *file.mapping.null_values], pa.string()))
    texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
    texts = pa.concat_arrays([texts, pa.nulls(1, pa.string())])
    return texts, coded.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)


def _numeric(file: _File, name: str) -> tuple[Array, Array]:
    """float64 values of a column, nan where empty, and the mask of what is no finite number."""
    column = file.named(name)
    if pa.types.is_string(column.type):
        text = pc.utf8_trim_whitespace(column)
        nothing = pc.is_in(pc.utf8_upper(text), pa.array(["", *file.mapping.null_values], pa.string()))
        return numbers(pc.if_else(nothing, pa.scalar(None, pa.string()), text))
    try:
        values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise HotspotsError(f"{file.raw.name}: column '{name}' holds {column.type} values, no numbers.") from error
    wild = np.isinf(values)
    return np.where(wild, np.nan, values), wild


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


# ---------------------------------------------------------------- units


def _read_units(file: _File, codes: Codes) -> tuple[Array, list[str]]:
    """The number of each row's unit, 0 for none; and the distinct names."""
    column = file.column("unit")
    assert column is not None  # columns_in refuses a file without
    texts, row = _coded(file, file.columns["unit"][0], column)
    names = texts.to_pylist()
    unit = codes(names)[row]
    file.refuse(unit == 0, "no unit")
    return unit, [n for n in names if n]


# ---------------------------------------------------------------- times


def _read_times(file: _File, now: datetime) -> Array:
    """UTC seconds of each row, 0 where there is none; the rows without a usable one are set aside."""
    names = file.columns["time"]
    column = file.named(names[0])
    latest = int((now + timedelta(days=1)).timestamp())
    if len(names) == 1 and pa.types.is_timestamp(column.type):
        t, empty, unread = _of_timestamps(file, column)
    elif len(names) == 1 and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        values = column.to_numpy(zero_copy_only=False)
        t, unread = _of_numbers(values)
        empty = pc.is_null(column, nan_is_null=True).to_numpy(zero_copy_only=False)
    else:
        t, empty, unread = _of_texts(file, names)
    file.refuse(empty, "no time")
    odd = np.flatnonzero(unread & ~empty)
    file.timed, file.unread = int((~empty).sum()), len(odd)
    file.odd_time = str(column[int(odd[0])].as_py()) if len(odd) else ""
    file.refuse(unread & ~empty, "a time that cannot be read")
    told = ~empty & ~unread
    file.refuse(told & (t > latest), "a time in the future")
    file.refuse(told & (t < OLDEST), "a time before 1990")
    return t


def _of_numbers(values: Array) -> tuple[Array, Array]:
    """Seconds since 1970, or milliseconds where the number is too large for seconds; fractions are dropped."""
    unread = ~(np.abs(values) < 1e14)  # nan too
    whole = np.floor(np.where(unread, 0, values)).astype(np.int64)
    return np.where(np.abs(whole) >= 100_000_000_000, whole // 1000, whole), unread


def _of_timestamps(file: _File, column: pa.Array) -> tuple[Array, Array, Array]:
    empty = pc.is_null(column).to_numpy(zero_copy_only=False)
    zoned = column.type.tz is not None
    floored = pc.floor_temporal(column, unit="second") if column.type.unit != "s" else column
    seconds = pc.fill_null(floored.cast(pa.timestamp("s", column.type.tz)).cast(pa.int64()), 0)
    t = seconds.to_numpy(zero_copy_only=False)
    if zoned or empty.all():
        return t, empty, np.zeros(len(t), dtype=bool)
    coded = pa.array(t).dictionary_encode()
    clock = coded.dictionary.to_numpy().astype("datetime64[s]")
    row = coded.indices.to_numpy()
    if not file.mapping.timezone:
        raise no_timezone(file.raw.name, sample(clock[row][~empty][:3].astype(str)))
    return _on_the_clock(file, clock, np.full(len(clock), _NAIVE), row, ~empty), empty, np.zeros(len(t), dtype=bool)


def _of_texts(file: _File, names: tuple[str, ...]) -> tuple[Array, Array, Array]:
    """Times printed: in the mapping's formats, in ISO form, or as a number of seconds or milliseconds."""
    texts, row = _coded(file, names[0], file.named(names[0]))
    if len(names) == 2:
        texts, row = _joined(texts, row, *_coded(file, names[1], file.named(names[1])))
    plain = pc.replace_substring_regex(texts, _SHORT_OFFSET, r"\1\2:00")
    plain = pc.replace_substring_regex(plain, _BASIC, r"\1-\2-\3T\4:\5:\6\7")
    wall = parse_times(plain, file.mapping.datetime_formats)
    clock, offset = wall.clock, wall.offset
    digits = pc.fill_null(pc.match_substring_regex(plain, r"^\d{1,14}(\.\d+)?$"), False).to_numpy(zero_copy_only=False)
    counted = np.isnat(clock) & digits
    if counted.any():
        values, _ = numbers(plain.filter(pa.array(counted)))
        seconds, _ = _of_numbers(values)
        clock[counted] = seconds.astype("datetime64[s]")
        offset[counted] = 0
    naive = ~np.isnat(clock) & (offset == _NAIVE)
    if naive.any() and not file.mapping.timezone:
        raise no_timezone(file.raw.name, sample(texts.filter(pa.array(naive)).to_pylist()))
    empty = pc.is_null(texts).to_numpy(zero_copy_only=False)[row]
    unread = np.isnat(clock)[row]
    return _on_the_clock(file, clock, offset, row, ~unread), empty, unread


def _joined(day: pa.Array, day_row: Array, time: pa.Array, time_row: Array) -> tuple[pa.Array, Array]:
    """A date column and a time column as one text; a row with only one of them keeps that one."""
    # Excel knows no date without a time and no time without a date, so it prints '00:00:00' or '1899-12-31' too.
    days = pc.replace_substring_regex(day, r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", r"\1").take(pa.array(day_row))
    times = pc.replace_substring_regex(time, r"^1(899-12-3[01]|900-01-00) ", "").take(pa.array(time_row))
    both = pc.binary_join_element_wise(days, times, " ", null_handling="skip")
    coded = pc.if_else(pc.equal(both, ""), pa.scalar(None, pa.string()), both).dictionary_encode(null_encoding="encode")
    return coded.dictionary, coded.indices.to_numpy(zero_copy_only=False)


def _on_the_clock(file: _File, clock: Array, offset: Array, row: Array, used: Array) -> Array:
    """UTC seconds of each row by its distinct wall clock; hours that the clocks skip or repeat are told."""
    source = zone(file.mapping.timezone or "UTC", f"Mapping '{file.mapping.name}'")
    placed = place_times(
        Wall(clock, offset.astype(np.int32)), source, zone(file.settings.timezone, "Setting 'timezone'")
    )
    skipped, repeated = (int((mask[row] & used).sum()) for mask in (placed.skipped, placed.repeated))
    if skipped:
        file.notes.append(
            f"{_count(skipped, 'time falls', 'times fall')} in the hour that the clocks skipped,"
            " read on the clock before"
        )
    if repeated:
        file.notes.append(
            f"{_count(repeated, 'time falls', 'times fall')} in the hour that happens twice when the clocks go back, "
            "read as the first (summer time): export times with their offset to tell them apart"
        )
    instant = np.where(np.isnat(placed.instant), np.datetime64(0, "s"), placed.instant)
    return instant.astype("datetime64[s]").astype(np.int64)[row]


# ---------------------------------------------------------------- places


def _read_places(file: _File) -> tuple[Array, Array, int, int, tuple[str, ...]]:
    """(longitude, latitude, rows located, rows misplaced, what is wrong as a whole); bad rows are set aside."""
    pair = place_of(file.columns)
    assert pair is not None  # columns_in refuses a file without
    names = (file.columns[pair[0]][0], file.columns[pair[1]][0])
    (x, no_x), (y, no_y) = (_numeric(file, name) for name in names)
    text = no_x | no_y
    nothing = np.isnan(x) & np.isnan(y) & ~text
    file.refuse(nothing, "no position")
    file.refuse((np.isnan(x) != np.isnan(y)) & ~text, f"only one of {names[0]} and {names[1]} is given")
    zero = (np.abs(x) < 5e-7) & (np.abs(y) < 5e-7)
    file.refuse(zero, "0 and 0 as the position, which is what a device without one sends")
    x, y = np.where(zero, np.nan, x), np.where(zero, np.nan, y)
    located = int((~np.isnan(x) & ~np.isnan(y) | text).sum())
    lon, lat, bad, why, refusal = _in_britain(file, x, y, text, pair == GRID, names)
    file.refuse_each(np.flatnonzero(bad), lambda i: str(why[i]))
    return np.round(lon, 6) + 0.0, np.round(lat, 6) + 0.0, located, int(bad.sum()), refusal


def _in_britain(
    file: _File, x: Array, y: Array, text: Array, grid: bool, names: tuple[str, str]
) -> tuple[Array, Array, Array, Array, tuple[str, ...]]:
    """(longitude, latitude, bad rows, why, what is wrong as a whole). The slow look only where a row needs it."""
    from hotspots.geography import bng_to_lonlat

    lon, lat = bng_to_lonlat(x, y) if grid else (x, y)
    ranges = (EASTING_RANGE, NORTHING_RANGE) if grid else (LON_RANGE, LAT_RANGE)
    fits = _between(x, ranges[0]) & _between(y, ranges[1]) & ~np.isnan(lon)
    if grid:
        fits &= (x > 180) & (y > 180)
    odd = np.flatnonzero(~fits & ~np.isnan(x) & ~np.isnan(y) | text)
    bad, why = np.zeros(len(x), dtype=bool), np.full(len(x) if len(odd) else 0, "", dtype=object)
    if not len(odd):
        return lon, lat, bad, why, ()
    refusal: tuple[str, ...] = ()
    located = int((~np.isnan(x) & ~np.isnan(y) | text).sum())
    if len(odd) >= file.settings.bad_coordinate_share * located:
        try:
            _judged(file, x, y, lon, text, grid, names, file.settings)
        except HotspotsError as error:
            refusal = error.problems
    # A file is not refused on its own (how rows are split over files must make no difference): beside one good row,
    # its wrong ones are never all there is.
    x, y = (np.append(v[odd], good) for v, good in zip((x, y), _PRESTON[grid], strict=True))
    rows = replace(file, rows=np.append(file.rows[odd], 0))
    lenient = replace(file.settings, bad_coordinate_share=1.0)
    found, told = _judged(rows, x, y, np.append(lon[odd], 0.0), np.append(text[odd], False), grid, names, lenient)
    bad[odd], why[odd] = found[:-1], told[:-1]
    return lon, lat, bad, why, refusal


def _judged(
    file: _File, x: Array, y: Array, lon: Array, text: Array, grid: bool, names: tuple[str, str], settings: Settings
) -> tuple[Array, Array]:
    """Mask of the rows that cannot be in Great Britain, and why. Raises `HotspotsError` where too many are."""
    if grid:
        at_sea = ~np.isnan(x) & ~np.isnan(y) & np.isnan(lon)
        return check_grid(x, y, file.rows, *names, settings, file.raw.name, text, at_sea)
    return check_degrees(x, y, file.rows, *names, settings, file.raw.name, text)


def _between(values: Array, limits: tuple[float, float]) -> Array:
    return (values >= limits[0]) & (values <= limits[1])


# ---------------------------------------------------------------- speed, status, officers


def _read_speeds(file: _File) -> Array:
    """km/h to a tenth as float32, nan where the device gives none that can be."""
    if "speed" not in file.columns:
        return np.full(len(file.rows), np.nan, dtype=np.float32)
    given, unread = _numeric(file, file.columns["speed"][0])
    speed = np.round(given * file.mapping.kmh, 1) + 0.0
    odd = unread | (speed < 0) | (speed > file.settings.ping_max_kmh)
    if odd.any():
        file.notes.append(
            f"{_count(int(odd.sum()), 'speed is', 'speeds are')} no number, below 0 or above"
            f" {file.settings.ping_max_kmh:g} km/h: worked out from the positions there"
        )
    return np.where(odd, np.nan, speed).astype(np.float32)


def _read_status(file: _File, words: dict[str, int]) -> tuple[Array, Array]:
    """(number of the status in ``words``, -1 without one; whether it means a call); true in a typed column does."""
    column = file.column("status")
    if column is None:
        file.notes.append("No status column: proactive and reactive time cannot be told apart")
        return np.full(len(file.rows), -1, dtype=np.int32), np.zeros(len(file.rows), dtype=bool)
    texts, row = _coded(file, file.columns["status"][0], column)
    capitals = pc.utf8_upper(texts)
    calls = pc.fill_null(pc.is_in(capitals, pa.array(file.mapping.words("on_call"), pa.string())), False)
    calls = calls.to_numpy(zero_copy_only=False)
    found = texts.to_pylist()
    numbered = [-1 if text is None else words.setdefault(text, len(words)) for text in found]
    _note_status(file, [t for t, call in zip(found, calls, strict=True) if t is not None and call], "on a call")
    _note_status(file, [t for t, call in zip(found, calls, strict=True) if t is not None and not call], "proactive")
    status = np.array(numbered, dtype=np.int32)[row]
    blank = int((status < 0).sum())
    if blank:
        file.notes.append(f"{_count(blank, 'row has', 'rows have')} no status, read as proactive")
    return status, calls[row]


def _note_status(file: _File, texts: list[str], meaning: str) -> None:
    if texts:
        file.notes.append(f"Status read as {meaning}: {sample(sorted(texts), 8)}")


def _read_officers(file: _File) -> Array:
    """Officers in the unit as int16, 0 where the row does not say."""
    if "officers" not in file.columns:
        return np.zeros(len(file.rows), dtype=np.int16)
    given, unread = _numeric(file, file.columns["officers"][0])
    fits = (given >= 1) & (given <= MOST_OFFICERS) & (given == np.floor(given))
    odd = int((unread | ~np.isnan(given) & ~fits).sum())
    if odd:
        rows = _count(odd, "row", "rows")
        file.notes.append(f"The number of officers is none from 1 to {MOST_OFFICERS} in {rows}, read as one officer")
    return np.where(fits, given, 0).astype(np.int16)


def _note_order(file: _File, table: pa.Table) -> None:
    """Positions that stand behind a later one of the same unit: sorted, and told."""
    unit, t = (table[c].to_numpy() for c in ("unit", "t"))
    order = np.argsort(unit, kind="stable")
    unit, t = unit[order], t[order]
    late = int(((unit[1:] == unit[:-1]) & (t[1:] < t[:-1])).sum())
    if late:
        file.notes.append(
            f"{_count(late, 'position is', 'positions are')} out of order of time; nothing is lost by that"
        )


# ---------------------------------------------------------------- rows set aside


def _set_aside(file: _File, unit: Array, units: dict[str, int]) -> pa.Table:
    """Rows that cannot be used: number, reason, and the columns of the feed as text, units under their hash.

    Other columns are left out, as is the text of rows with too few or too many fields: they may name an officer.
    """
    at = sorted(file.reasons)
    taken = pa.array(at, pa.int64())
    given: dict[str, pa.Array] = {
        "source_row": pa.array(file.rows[at], pa.int32()),
        "reason": pa.array([file.reasons[i] for i in at], pa.string()),
    }
    hashed = {name.casefold(): unit_text(code) for name, code in units.items() if code}
    for what, own in file.columns.items():
        for name in own:
            texts = _printed(file, name, taken)
            shown = [None if t is None else hashed.get(t.strip().casefold(), t) for t in texts]
            if what == "unit":
                shown = [unit_text(int(code)) or None for code in unit[at]]
            given[what if file.mapping.standard else name] = pa.array(shown, pa.string())
    table = pa.table(given)
    if file.raw.bad_rows:
        ragged = {
            "source_row": pa.array([n for n, _ in file.raw.bad_rows], pa.int32()),
            "reason": pa.array(["the row has too few or too many fields"] * len(file.raw.bad_rows)),
        }
        table = pa.concat_tables([table, pa.table(ragged)], promote_options="default")
    return table.sort_by("source_row")


def _printed(file: _File, name: str, at: pa.Array) -> list[str | None]:
    """Some rows of a column as text."""
    some = file.raw.table[name].take(at)
    kind = some.type.value_type if pa.types.is_dictionary(some.type) else some.type
    if pa.types.is_string(kind):
        return [None if t is None else str(t) for t in some.to_pylist()]
    return [None if t is None else str(t) for t in parquet_text(file.raw.name, name, some).to_pylist()]
