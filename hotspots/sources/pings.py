"""Officers' positions ("pings") as a tracking system exports them.

Limits of the source, which every figure made from it carries:
- a position is where the device believes it was: 5 to 10 m off in the open, more between high buildings;
- a silent device is not an absent officer: no data is not no patrol;
- the clock is the device's own; positions that lead or trail a unit's log are reported where both are held;
- a wall clock without an offset does not say which of the two autumn hours it means: the order of a unit's rows in the
  file does where the clock steps back once; where it does not the first is taken, or the rows are set aside;
- a clock that was never set, or that counts weeks from nought again, is told by its age alone;
- without a status, going to a call and patrolling look the same.

Who the unit is becomes a keyed hash here; the name goes no further than this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.clock import HOUR
from hotspots.base.errors import sample
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.sources.crews import crew_of
from hotspots.sources.feed import FALLS, OLDEST, Array, FeedFile, Times, opened, quarantined, spread
from hotspots.sources.ids import read_ids
from hotspots.sources.mapping import Mapping, place_of
from hotspots.sources.parquet import parquet_text
from hotspots.sources.raw import RawTable
from hotspots.sources.times import seconds_of
from hotspots.sources.written import likely_serials, wall_of

Codes: TypeAlias = Callable[[Sequence[str | None]], Array]  # names of units → their numbers, 0 for none

MOST_OFFICERS = 100
ROLLOVER_S = 1024 * 7 * 24 * HOUR  # GPS counts weeks up to 1,024; a receiver that forgets this is so far behind
STEP_BACK_S = HOUR // 2  # at least, where the rows of a unit go on into the second of two equal hours
RETRACED = 3  # rows on either side that lie over the same time: then a shorter step back is one, too
UNTOLD_SHARE = 0.2  # of a unit's rows in that hour: so many at two places in one second are of both hours
TOLD = "in the hour that happens twice, told apart by the order of each unit's rows: the clock steps back once"
UNTOLD = "in the hour that happens twice, and the order of the unit's rows does not tell the first from the second"
LARGEST = 9e18  # a number of nanoseconds since 1970
SAYS_STATUS, SAYS_SPEED, SAYS_OFFICERS = 1, 2, 4
IN_EITHER = 8  # in the hour that happens twice, read as the first: another file may hold the other
SCHEMA = pa.schema(
    [
        ("unit", pa.int64()), ("t", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64()),
        ("speed_kmh", pa.float32()), ("on_call", pa.bool_()), ("officers", pa.int16()),
        ("known", pa.uint8()), ("status", pa.int32()), ("row", pa.int32()),
    ]
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file of the feed. Rows read = rows of ``table`` + rows of ``quarantined``."""

    table: pa.Table  # SCHEMA, in the order of the file; speed nan and ``known`` bits 0 where the file does not say
    quarantined: pa.Table  # source_row, reason, and the columns of the feed as text, the unit hashed
    notes: list[str]
    n_read: int
    columns: dict[str, tuple[str, ...]]  # field → how the quarantined rows call it
    units: list[str]  # as the file names them; for hiding them in file names, never to be stored
    located: int  # rows with coordinates
    misplaced: int  # of these, rows whose coordinates cannot be in Great Britain
    refusal: tuple[str, ...]  # what is wrong with the coordinates as a whole, if much is
    timed: int  # rows with a time
    unread: int  # of these, rows whose time cannot be read
    odd_time: str  # one of them, never to be quoted
    fits: str  # the format that would read them
    doubt: str  # why day and month may be exchanged, if so


def read_pings(
    raw: RawTable, mapping: Mapping, settings: Settings, codes: Codes, words: dict[str, int],
    now: datetime | None = None,
) -> Parsed:  # fmt: skip
    """One file of positions, as text or typed, row by row.

    ``codes`` hashes the names of units; ``words`` numbers the texts of the status and grows; ``now`` (default: the
    clock) decides what lies in the future. Raises `HotspotsError` where columns are missing, or times carry no offset
    and no time zone is given.
    """
    file = opened(raw, mapping, settings)
    units = read_ids(file, "unit")
    names = units.dictionary.to_pylist()
    numbers = codes(names)
    unit = spread(numbers, units, 0)
    file.refuse(unit == 0, "no unit")
    t, empty, unread, times = _read_times(file, now or datetime.now(UTC))
    odd = np.flatnonzero(unread)
    lon, lat, located, misplaced, refusal = _read_places(file)
    if times is not None:
        if times.repeated.any():
            times = times._replace(repeated=_tell_apart(file, unit, t, times.repeated & ~file.bad, lon, lat))
        file.note_clock_changes([times], ": export times with their offset to tell them apart")
    either = np.zeros(len(t), dtype=bool) if times is None else times.repeated & ~file.bad
    speed = _read_speeds(file)
    status, on_call = _read_status(file, words)
    officers = _read_officers(file)
    says = (
        (status >= 0) * SAYS_STATUS
        + ~np.isnan(speed) * SAYS_SPEED
        + (officers > 0) * SAYS_OFFICERS
        + either * IN_EITHER
    )
    values = (
        unit, t, lon, lat, speed, on_call, np.maximum(officers, 1), says.astype(np.uint8), status, file.rows
    )  # fmt: skip
    keep = slice(None) if not file.bad.any() else ~file.bad
    table = pa.Table.from_arrays(
        [pa.array(v[keep], f.type) for v, f in zip(values, SCHEMA, strict=True)], schema=SCHEMA
    )
    whose, when = (table[c].to_numpy() for c in ("unit", "t"))
    order = np.argsort(whose, kind="stable")
    whose, when = whose[order], when[order]
    late = int(((whose[1:] == whose[:-1]) & (when[1:] < when[:-1])).sum())
    file.note(late, "position is", "positions are", "out of order of time and put in order")
    return Parsed(
        table=table,
        quarantined=_quarantined(file, unit, dict(zip(names, numbers.tolist(), strict=True))),
        notes=file.notes,
        n_read=len(raw.table) + len(raw.bad_rows),
        columns={what: (what,) if mapping.standard else own for what, own in file.columns.items()},
        units=[n for n in names if n], located=located, misplaced=misplaced, refusal=refusal, timed=int((~empty).sum()),
        unread=len(odd),
        odd_time=str(file.typed(file.columns["time"][0])[int(odd[0])].as_py()) if len(odd) else "",
        fits=file.formats_that_fit([times]) if times is not None and len(odd) else "",
        doubt="" if times is None else file.order_doubt(file.name("time"), times),
    )  # fmt: skip


def _read_times(file: FeedFile, now: datetime) -> tuple[Array, Array, Array, Times | None]:
    """(UTC seconds, 0 for none; which rows have no time; which have one that cannot be read; wall clocks, if any)."""
    latest = int((now + timedelta(days=1)).timestamp())
    first, *second = file.columns["time"]
    column = file.typed(first)
    if not second and pa.types.is_timestamp(column.type):
        t, empty, unread, times = _of_timestamps(file, column)
    elif not second and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        t, empty, unread, times = _of_numbers(file, column)
    else:
        t, empty, unread, times = _of_texts(file)
    file.refuse(empty, "no time")
    file.refuse(unread, "a time that cannot be read")
    read = ~empty & ~unread
    file.refuse(read & (t > latest), "a time in the future")
    blank = t < OLDEST.astype(np.int64)
    file.refuse(read & blank, "a time before 1990")
    behind = "a time more than 1,024 weeks ago, as of a GPS clock that was never set or has started anew"
    file.refuse(read & ~blank & (t < latest - ROLLOVER_S), behind)
    return t, empty, unread, times


def _of_timestamps(file: FeedFile, column: pa.Array) -> tuple[Array, Array, Array, Times | None]:
    """The same of a column of timestamps."""
    empty = pc.is_null(column).to_numpy(zero_copy_only=False)
    nothing = np.zeros(len(empty), dtype=bool)
    floored = pc.floor_temporal(column, unit="second") if column.type.unit != "s" else column
    clock = floored.cast(pa.timestamp("s", column.type.tz))
    if column.type.tz is not None or empty.all():
        return pc.fill_null(clock.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), empty, nothing, None
    coded = clock.dictionary_encode()
    times = file.on_the_line(wall_of(coded.dictionary.to_numpy(zero_copy_only=False)), coded)
    return _seconds(times), empty, nothing, times


def _of_numbers(file: FeedFile, column: pa.Array) -> tuple[Array, Array, Array, Times | None]:
    """The same of numbers: of seconds or their fractions since 1970, or of a spreadsheet's days."""
    values = column.to_numpy(zero_copy_only=False)
    empty = pc.is_null(column, nan_is_null=True).to_numpy(zero_copy_only=False)
    if likely_serials(values[~empty]).all() and not empty.all():
        return _of_texts(file)
    unread = ~(np.abs(values) < LARGEST) & ~empty
    return seconds_of(np.where(unread | empty, 0, values)), empty, unread, None


def _of_texts(file: FeedFile) -> tuple[Array, Array, Array, Times | None]:
    """The same of texts."""
    times = file.times("time")
    file.note_midnights(times, "position is", "positions are")
    return _seconds(times), times.empty, times.unread, times


def _seconds(times: Times) -> Array:
    """UTC seconds of each row, 0 where there is none."""
    found = np.where(np.isnat(times.instant), np.datetime64(0, "s"), times.instant)
    return np.asarray(found.astype("datetime64[s]").astype(np.int64))


def _tell_apart(file: FeedFile, unit: Array, t: Array, repeated: Array, lon: Array, lat: Array) -> Array:
    """Move ``t`` on by an hour where a unit's rows are in the second of two equal hours; the rows still untold, bool.

    A unit's rows that go through both hours step back once, as `_steps_back` has it, and nowhere else. Where they step
    back so more than once, or are at two places in many a second, rows of both hours lie over each other, nobody
    can say which is which, and they are refused. Else the unit may have sent in one hour only: the first is taken.
    """
    told, lost = np.zeros((2, len(t)), dtype=bool)
    for one in np.unique(unit[repeated]).tolist():
        rows = np.flatnonzero((unit == one) & ~file.bad)
        steps = np.diff(t[rows])
        if (steps < 0).sum() > (steps > 0).sum():  # the newest row comes first
            rows, steps = rows[::-1], -steps[::-1]
        backwards = int((steps < 0).sum())
        for hour in np.unique(t[rows[repeated[rows]]] // HOUR).tolist():
            mine = rows[repeated[rows] & (t[rows] // HOUR == hour)]
            far = _steps_back(t[mine], lon[mine], lat[mine])
            if len(far) == backwards == 1:
                told[mine] = True
                t[mine[far[0] + 1 :]] += HOUR
            elif len(far) or _twice_placed(t[mine], lon[mine], lat[mine]) >= UNTOLD_SHARE:
                lost[mine] = True
    file.refuse(lost, UNTOLD)
    file.note(int(told.sum()), *FALLS, TOLD)
    return np.asarray(repeated & ~told)


def _steps_back(t: Array, lon: Array, lat: Array) -> Array:
    """After which of a unit's rows in the hour, in their order, it begins anew: by half an hour or more, or by less,
    where the unit has sent `RETRACED` rows both before and after in the time that the step goes over. Rows that come
    late fill a silence, and rows that come again are the same ones.
    """
    back, at = np.diff(t), np.arange(len(t))
    found = [
        i for i in np.flatnonzero(back < 0).tolist()
        if back[i] <= -STEP_BACK_S or retraced(t, lon, lat, at > i, (t[i + 1], t[i]))
    ]  # fmt: skip
    return np.array(found, dtype=np.int64)


def retraced(t: Array, lon: Array, lat: Array, again: Array, span: tuple[int, int]) -> bool:
    """Whether positions lie twice over a span of time: `RETRACED` of those ``again`` (a mask) and as many of the
    others, and not the same ones.
    """
    within = (t >= span[0]) & (t <= span[1])
    one, other = ({(t[r], lon[r], lat[r]) for r in np.flatnonzero(within & m).tolist()} for m in (again, ~again))
    return min(len(one), len(other)) >= RETRACED and not (one <= other or other <= one)


def _twice_placed(t: Array, lon: Array, lat: Array) -> float:
    """Share of the rows of one unit that repeat a second; 0 where it was at one place each time."""
    order = np.lexsort((lat, lon, t))
    same = np.diff(t[order]) == 0
    moved = (np.diff(lon[order]) != 0) | (np.diff(lat[order]) != 0)
    return float(same.mean()) if (same & moved).any() else 0.0


def _read_places(file: FeedFile) -> tuple[Array, Array, int, int, tuple[str, ...]]:
    """(longitude, latitude, rows located, rows misplaced, what is wrong as a whole); bad rows are quarantined.

    A file is not refused on its own: how rows are split over files must make no difference.
    """
    fields = place_of(file.columns)
    assert fields is not None  # columns_in refuses a file without
    pair = file.pair(fields)
    file.refuse(np.isnan(pair.x) & np.isnan(pair.y) & ~pair.text & ~pair.zero, "no position")
    file.refuse(pair.half, f"only one of {pair.names[0]} and {pair.names[1]} is given")
    file.refuse(pair.zero, "0 and 0 as the position, which is what a device without one sends")
    found = file.judge(pair, fields)
    file.refuse_each(np.flatnonzero(found.bad), found.why)
    file.note_places(pair, fields, found.bad, one_point=False)
    refusal = (found.sentence,) if found.too_many(file.settings.bad_coordinate_share) else ()
    nowhere = found.bad | pair.half  # half a pair may be any number
    lon, lat = (np.round(np.where(nowhere, np.nan, degrees), 6) + 0.0 for degrees in (found.lon, found.lat))
    return lon, lat, found.located, len(found.why), refusal


def _read_speeds(file: FeedFile) -> Array:
    """km/h to a tenth as float32, nan where the device gives none that can be."""
    if "speed" not in file.columns:
        return np.full(len(file.rows), np.nan, dtype=np.float32)
    values, unread = file.numbers(file.columns["speed"][0])
    fast = np.abs(values) > 1e6  # in any unit; rounding would leave the range of numbers
    speed = np.round(np.where(fast, np.nan, values) * file.mapping.kmh, 1) + 0.0
    odd = unread | fast | (speed < 0) | (speed > file.settings.ping_max_kmh)
    most = f"{file.settings.ping_max_kmh:g} km/h: worked out from the positions there"
    file.note(int(odd.sum()), "speed is", "speeds are", f"no number, below 0 or above {most}")
    return np.where(odd, np.nan, speed).astype(np.float32)


def _read_status(file: FeedFile, words: dict[str, int]) -> tuple[Array, Array]:
    """(number of the status in ``words``, -1 without one; whether it means a call); true in a typed column does."""
    column = file.text_of("status")
    if column is None:
        file.notes.append("No status column: proactive and reactive time cannot be told apart")
        return np.full(len(file.rows), -1, dtype=np.int32), np.zeros(len(file.rows), dtype=bool)
    texts = column.dictionary
    calls = pc.is_in(pc.utf8_upper(texts), pa.array(file.mapping.words("on_call"), pa.string()))
    calls = calls.to_numpy(zero_copy_only=False)
    for meaning, which in (("on a call", calls), ("proactive", ~calls)):
        if which.any():
            shown = sample(sorted(texts.filter(pa.array(which)).to_pylist()), 8)
            file.notes.append(f"Status read as {meaning}: {shown}")
    numbered = [words.setdefault(text, len(words)) for text in texts.to_pylist()]
    status = spread(np.array(numbered, dtype=np.int32), column, -1)
    file.note(int((status < 0).sum()), "row has", "rows have", "no status, read as proactive")
    return status, spread(calls, column, False)


def _read_officers(file: FeedFile) -> Array:
    """Officers in the unit as int16, 0 where the row does not say."""
    if "officers" not in file.columns:
        return np.zeros(len(file.rows), dtype=np.int16)
    values, unread = file.numbers(file.columns["officers"][0])
    fits = (values >= 1) & (values <= MOST_OFFICERS) & (values == np.floor(values))
    found = np.where(fits, values, 0).astype(np.int16)
    if unread.any():  # '2 PC'
        column = file.coded(file.columns["officers"][0])
        counts = [min(crew_of(text).n, MOST_OFFICERS) for text in column.dictionary.to_pylist()]
        found = np.where(unread, spread(np.array(counts, dtype=np.int16), column, 0), found)
    odd = int(((found == 0) & (unread | ~np.isnan(values))).sum())
    if odd:
        rows = counted(odd, "row")
        file.notes.append(f"The number of officers is none from 1 to {MOST_OFFICERS} in {rows}, read as one officer")
    return found


def _quarantined(file: FeedFile, unit: Array, units: dict[str, int]) -> pa.Table:
    """Rows that cannot be used: number, reason, and the columns of the feed as text, units under their hash.

    Other columns are left out, as is the text of rows with too few or too many fields: they may name an officer.
    """
    at = sorted(file.reasons)
    hashed = {name.casefold(): unit_text(code) for name, code in units.items() if code}
    columns: dict[str, pa.Array] = {}
    for what, own in file.columns.items():
        for name in own:
            texts = parquet_text(file.raw.name, name, file.raw.table[name].take(pa.array(at, pa.int64())))
            shown = [None if t is None else hashed.get(t.strip().casefold(), t) for t in texts.to_pylist()]
            if what == "unit":
                shown = [unit_text(int(code)) or None for code in unit[at]]
            columns[what if file.mapping.standard else name] = pa.array(shown, pa.string())
    return quarantined(file.raw, file.rows[at], [file.reasons[i] for i in at], columns, ragged_text=False)
