"""New positions on their way to their patrol days, and each day made one table of what is held and what is new.

Whatever the order of the rows, and however they were split over the files of one import, the table is the same:
every choice between two rows goes by what they say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.base.columns import PINGS, schema
from hotspots.base.disk import make_folder, remove
from hotspots.base.settings import Settings
from hotspots.sources.feed import Array
from hotspots.sources.pings import IN_EITHER, SAYS_OFFICERS, SAYS_SPEED, SAYS_STATUS, UNTOLD, retraced
from hotspots.store.publishing import SCRATCH

MOST_IN_MEMORY = 20_000_000  # rows, of about 50 bytes; more of them are put on the disk until their day is made


def scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for rows on their way; what a killed import left behind goes first."""
    cache = folder / "cache"
    make_folder(cache)
    for old in cache.glob(f"{SCRATCH}*"):
        remove(old)
    return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=cache, ignore_cleanup_errors=True)


@dataclass(eq=False)
class Spool:
    """New rows by patrol day, in memory, or on the disk when they are many."""

    folder: Path
    days: dict[int, list[pa.Table | Path]] = field(default_factory=dict, init=False)
    held: int = field(default=0, init=False)

    def add(self, table: pa.Table, days: Array) -> None:
        order = np.argsort(days, kind="stable")
        cuts = np.append(np.flatnonzero(np.append(True, np.diff(days[order]) != 0)), len(order))
        rows = table if len(cuts) <= 2 else table.take(pa.array(order))
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            self.days.setdefault(int(days[order[start]]), []).append(rows.slice(start, end - start))
        self.held += len(table)
        if self.held > MOST_IN_MEMORY:
            self.put_down()

    def put_down(self) -> None:
        """Move everything to the disk."""
        for day, pieces in self.days.items():
            tables = [p for p in pieces if isinstance(p, pa.Table)]
            if tables:
                path = self.folder / f"{day}-{len(pieces)}.parquet"
                pq.write_table(pa.concat_tables(tables), path, compression="zstd", use_dictionary=False)
                self.days[day] = [*(p for p in pieces if isinstance(p, Path)), path]
        self.held = 0

    def take(self, day: int) -> pa.Table:
        """The new rows of a day, which are given up here."""
        pieces = self.days.pop(day)
        tables = [pq.read_table(p, memory_map=False) if isinstance(p, Path) else p for p in pieces]
        return pa.concat_tables(tables).combine_chunks()


Place: TypeAlias = Callable[[Array, Array], dict[str, Array]]  # lon, lat → cell_9, cell_10, cell_11, bcu

ACCEPTED, UPDATED, UNCHANGED, REPEATED, QUARANTINED = range(5)
MOST_IN_A_JUMP = 3  # positions: a longer run is believed, wherever it is
EARTH_M = 6_371_008.8  # mean radius
LONGEST_DAY = 1 << 17  # seconds, for sorting: more than the 25 hours of a patrol day
CELLS = ("cell_9", "cell_10", "cell_11", "bcu")
APART_M = 1_000.0  # further than any error of a device
TURNS = 4  # jumps between long runs that are believed: there and back twice, and no unit does that
SHARED = "two units seem to share this name on that day: it is in two places by turns"
CLASH = "the same unit and second are given at another place"
OTHER = "the same unit, second and place are given with another status, speed or number of officers"


@dataclass(frozen=True, eq=False)
class Merged:
    """What became of the new rows of a day, and the day as it stands now."""

    table: pa.Table | None  # hotspots.base.columns.PINGS; None where the day is as it was
    outcome: Array  # int8 for each new row: ACCEPTED …
    reasons: dict[int, str]  # new row → why it is quarantined
    outside: Array  # bool for each new row: it is stored, outside the force area
    odd_held: int  # rows held before that look like a jump now; they stay


@dataclass(eq=False)
class _Rows:
    """Held rows, then new ones, by column."""

    unit: Array
    t: Array
    lon: Array
    lat: Array
    speed: Array  # float32; of held rows only what the device gave
    on_call: Array
    officers: Array
    says: Array
    new: Array  # bool
    n_held: int


def merge_day(held: pa.Table | None, new: pa.Table, settings: Settings, place: Place) -> Merged:
    """Put the new rows of one patrol day to those held.

    ``held``: columns.PINGS; ``new``: sources.pings.SCHEMA, all of one patrol day. Rows held stay, whatever comes; a new
    row of the same unit, second and place may add to what they say.
    """
    rows = _rows(held, new)
    outcome = np.zeros(len(new), dtype=np.int8)
    reasons: dict[int, str] = {}
    code, chosen = _one_per_second(rows, outcome, reasons)
    jumps, kmh = jumps_of(code, rows.t[chosen], rows.lon[chosen], rows.lat[chosen], settings.ping_max_kmh)
    untold = _untold(new)
    _note(np.flatnonzero(untold & np.isin(outcome, (ACCEPTED, QUARANTINED))), UNTOLD, outcome, reasons)
    lost = np.append(np.zeros(rows.n_held, dtype=bool), untold)[chosen]
    shared = ~lost & _shared(rows, code, chosen, jumps, kmh, reasons, settings) & rows.new[chosen]
    _note(chosen[shared] - rows.n_held, SHARED, outcome, reasons)
    wild = jumps & rows.new[chosen] & ~shared & ~lost
    for at, speed in zip((chosen[wild] - rows.n_held).tolist(), kmh[wild].tolist(), strict=True):
        outcome[at] = QUARANTINED
        reasons[at] = f"a jump that no vehicle makes: {speed:,.0f} km/h"
    gone = wild | shared | lost
    kept, code = chosen[~gone], code[~gone]
    odd = int((jumps & ~gone).sum())
    changed = bool(np.isin(outcome, (ACCEPTED, UPDATED)).any())
    cells = _cells(held, rows, kept, place) if changed else {}
    outside = np.zeros(len(new), dtype=bool)
    if changed:
        outside[kept[rows.new[kept] & (cells["bcu"] == 0)] - rows.n_held] = True
    table = _table(rows, kept, code, cells, settings) if changed else None
    return Merged(table, outcome, reasons, outside, odd)


def _untold(new: pa.Table) -> Array:
    """Mask of new rows of a unit that two files hold for the hour that happens twice, each read as the first hour.

    Where rows of one file lie over those of another and are not the same, one of the two is the second hour, and
    nobody can say which.
    """
    found = np.zeros(len(new), dtype=bool)
    either = (new["known"].to_numpy() & IN_EITHER) > 0
    if not either.any() or "file" not in new.column_names:
        return found
    unit, t, lon, lat, file = (new[c].to_numpy() for c in ("unit", "t", "lon", "lat", "file"))
    for one in np.unique(unit[either]).tolist():
        mine = np.flatnonzero(either & (unit == one))
        for part in np.unique(file[mine])[1:].tolist():
            own = file[mine] == part
            span = (int(t[mine[own]].min()), int(t[mine[own]].max()))
            if retraced(t[mine], lon[mine], lat[mine], own, span):
                found[mine] = True
    return found


def metres_between(lon: Array, lat: Array) -> Array:
    """Great-circle metres from each position to the next (haversine, R. W. Sinnott, Sky & Telescope 68, 1984, 159)."""
    return metres_apart(lon[:-1], lat[:-1], lon[1:], lat[1:])


def metres_apart(lon: Array, lat: Array, to_lon: Array, to_lat: Array) -> Array:
    """The same of pairs of positions."""
    x, y, to_x, to_y = (np.radians(v) for v in (lon, lat, to_lon, to_lat))
    half = np.sin((to_y - y) / 2) ** 2 + np.cos(y) * np.cos(to_y) * np.sin((to_x - x) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def _shared(
    rows: _Rows, code: Array, chosen: Array, jumps: Array, kmh: Array, reasons: dict[int, str], settings: Settings
) -> Array:
    """Mask of the positions of units that are in two places by turns: two units, under one name.

    A device errs now and then, and a long run elsewhere is believed once. Two are told by jumps and seconds in two
    places that are at least a kilometre apart and ``shared_unit_share`` of the unit's positions of the day, more than
    a run of wild ones; or by four jumps between long runs.
    """
    clash = np.array([i for i, why in reasons.items() if why == CLASH], dtype=np.int64) + rows.n_held
    if not (kmh > settings.ping_max_kmh).any() and not len(clash):
        return np.zeros(len(code), dtype=bool)
    n, at = int(code.max()) + 1, np.arange(len(code))
    lon, lat = rows.lon[chosen], rows.lat[chosen]
    before = np.maximum.accumulate(np.where(jumps, 0, at))
    after = np.minimum.accumulate(np.where(jumps, len(code) - 1, at)[::-1])[::-1]
    near = np.where(code[before] == code, before, after)
    far = jumps & (metres_apart(lon, lat, lon[near], lat[near]) >= APART_M)
    since = rows.t - rows.t.min()
    key = code * LONGEST_DAY + since[chosen]
    _, clash_code = np.unique(np.append(rows.unit[chosen], rows.unit[clash]), return_inverse=True)
    own = np.searchsorted(key, clash_code[len(chosen) :] * LONGEST_DAY + since[clash])
    twice = own[metres_apart(lon[own], lat[own], rows.lon[clash], rows.lat[clash]) >= APART_M]
    odd = np.bincount(code[far], minlength=n) + np.bincount(code[np.unique(twice)], minlength=n)
    left = np.flatnonzero(~jumps)
    _, link = _links(code[left], rows.t[chosen[left]], lon[left], lat[left], settings.ping_max_kmh)
    turns = np.bincount(code[left][1:][link & (metres_between(lon[left], lat[left]) >= APART_M)], minlength=n)
    many = (odd > MOST_IN_A_JUMP) & (odd >= settings.shared_unit_share * np.bincount(code, minlength=n))
    return np.asarray((many | (turns >= TURNS))[code])


def jumps_of(code: Array, t: Array, lon: Array, lat: Array, max_kmh: float) -> tuple[Array, Array]:
    """Positions that only a unit faster than ``max_kmh`` could reach, and the fastest speed on either side of each.

    Rows by unit (``code``) and time, no two of one unit in a second. Two positions in a row that imply more than
    ``max_kmh`` are a jump. A run of at most 3 positions between two jumps is marked, and so is one between a jump and
    the unit's first or last position of the day where its other positions are more. Shorter runs go first, and the
    rest is looked at again without them: what lies on either side of one wild position is not wild for that.
    """
    kmh, jump = _links(code, t, lon, lat, max_kmh)
    marked = np.zeros(len(code), dtype=bool)
    fastest = np.maximum(np.append(0.0, kmh), np.append(kmh, 0.0))
    left = np.flatnonzero(np.isin(code, code[1:][jump]))
    for most in range(1, MOST_IN_A_JUMP + 1):
        for edges in (False, True):
            if not len(left):
                return marked, fastest
            _, jump = _links(code[left], t[left], lon[left], lat[left], max_kmh)
            wild = _short_runs(code[left], jump, most, edges)
            marked[left[wild]] = True
            left = left[~wild]
    return marked, fastest


def _links(code: Array, t: Array, lon: Array, lat: Array, max_kmh: float) -> tuple[Array, Array]:
    """km/h from each position to the unit's next, 0 to another unit's; and whether that is a jump."""
    same = code[1:] == code[:-1]
    kmh = np.where(same, metres_between(lon, lat) / np.maximum(np.diff(t), 1) * 3.6, 0.0)
    return kmh, kmh > max_kmh


def _short_runs(code: Array, jump: Array, most: int, edges: bool) -> Array:
    """Mask of positions in runs of at most ``most``: between two jumps, or (``edges``) at an end of the day."""
    other = code[1:] != code[:-1]
    starts = np.flatnonzero(np.append(True, other | jump))
    length = np.diff(np.append(starts, len(code)))
    whose = code[starts]
    first = np.append(True, whose[1:] != whose[:-1])
    last = np.append(whose[1:] != whose[:-1], True)
    of_day = np.bincount(code)[whose]
    where = (first ^ last) & (of_day - length > length) if edges else ~first & ~last
    return np.repeat(where & (length <= most), length)


def _rows(held: pa.Table | None, new: pa.Table) -> _Rows:
    n = 0 if held is None else len(held)
    both: dict[str, Array] = {}
    for name in ("unit", "t", "lon", "lat", "speed_kmh", "on_call", "officers"):
        parts = [] if held is None else [held[name].to_numpy()]
        both[name] = np.concatenate([*parts, new[name].to_numpy()])
    has_speed = np.zeros(0, dtype=bool) if held is None else held["speed_given"].to_numpy()
    both["speed_kmh"][:n][~has_speed] = np.nan
    says = np.concatenate(
        [SAYS_STATUS + SAYS_OFFICERS + SAYS_SPEED * has_speed, new["known"].to_numpy() & ~np.uint8(IN_EITHER)]
    )
    is_new = np.arange(n + len(new)) >= n
    unit, t, lon, lat, speed, on_call, officers = both.values()
    return _Rows(unit, t, lon, lat, speed, on_call, officers, says, is_new, n)


def _one_per_second(rows: _Rows, outcome: Array, reasons: dict[int, str]) -> tuple[Array, Array]:
    """(number of the unit, row) for each unit and second, in that order; what became of the others is noted."""
    _, code = np.unique(rows.unit, return_inverse=True)
    key = code * LONGEST_DAY + (rows.t - rows.t.min())
    order = np.argsort(key, kind="stable")
    first = np.append(True, np.diff(key[order]) > 0)
    group = np.cumsum(first) - 1
    size = np.bincount(group)
    chosen = order[first]
    several = size[group] > 1
    if several.any():
        found, best = _best(rows, order[several], group[several], outcome, reasons)
        chosen[found] = best
    return code[chosen], chosen


def _best(rows: _Rows, at: Array, group: Array, outcome: Array, reasons: dict[int, str]) -> tuple[Array, Array]:
    """(group, its row): the row held, else the first by place and then by what it says; the rest is judged by it."""
    speed = np.nan_to_num(rows.speed[at], nan=-1.0)
    details = (rows.officers[at], rows.on_call[at], speed, -rows.says[at].astype(int), rows.lat[at], rows.lon[at])
    order = np.lexsort((*details, rows.new[at], group))
    at, group = at[order], group[order]
    head = np.append(True, group[1:] != group[:-1])
    best = at[head]
    mine = best[np.cumsum(head) - 1]
    there = (rows.lon[at] == rows.lon[mine]) & (rows.lat[at] == rows.lat[mine])
    new = rows.new[at]
    # Of the new rows at the place that counts, the first speaks for the others.
    spoken, which = np.unique(group[new & there], return_index=True)
    speaker = np.full(group.max() + 1, -1, dtype=np.int64)
    speaker[spoken] = at[new & there][which]
    speaks = new & (speaker[group] == at)
    rest = new & ~speaks
    _note(at[rest & ~there] - rows.n_held, CLASH, outcome, reasons)
    same = rest & there
    adds = _adds(rows, at[same], speaker[group[same]])
    outcome[at[same] - rows.n_held] = REPEATED
    _note(at[same][adds] - rows.n_held, OTHER, outcome, reasons)
    _renew(rows, at[speaks & (mine < rows.n_held)], mine[speaks & (mine < rows.n_held)], outcome)
    return group[head], best


def _note(at: Array, reason: str, outcome: Array, reasons: dict[int, str]) -> None:
    outcome[at] = QUARANTINED
    reasons.update(dict.fromkeys(at.tolist(), reason))


def _adds(rows: _Rows, one: Array, other: Array) -> Array:
    """Whether a row says anything that the other of the same unit, second and place does not say."""
    said = rows.says[one].astype(int)
    status = (said & SAYS_STATUS > 0) & (rows.on_call[one] != rows.on_call[other])
    officers = (said & SAYS_OFFICERS > 0) & (rows.officers[one] != rows.officers[other])
    speed = (said & SAYS_SPEED > 0) & (rows.speed[one] != rows.speed[other])  # nan differs from every speed
    return np.asarray(status | officers | speed)


def _renew(rows: _Rows, new: Array, held: Array, outcome: Array) -> None:
    """Held rows take over what new rows of the same unit, second and place say besides or otherwise."""
    adds = _adds(rows, new, held)
    outcome[new - rows.n_held] = np.where(adds, UPDATED, UNCHANGED)
    new, held = new[adds], held[adds]
    for values, flag in ((rows.on_call, SAYS_STATUS), (rows.officers, SAYS_OFFICERS), (rows.speed, SAYS_SPEED)):
        said = rows.says[new] & flag > 0
        values[held[said]] = values[new[said]]
    rows.says[held] |= rows.says[new]


def _cells(held: pa.Table | None, rows: _Rows, kept: Array, place: Place) -> dict[str, Array]:
    """Cells and BCU of each row kept: as held, worked out for the new ones."""
    fresh = rows.new[kept]
    found = place(rows.lon[kept[fresh]], rows.lat[kept[fresh]])
    cells = {}
    for name in CELLS:
        values = np.zeros(len(kept), dtype=np.int8 if name == "bcu" else np.int64)
        if held is not None:
            values[~fresh] = held[name].to_numpy()[kept[~fresh]]
        values[fresh] = found[name]
        cells[name] = values
    return cells


def _table(rows: _Rows, kept: Array, code: Array, cells: dict[str, Array], settings: Settings) -> pa.Table:
    has_speed = ~np.isnan(rows.speed[kept])
    speed = rows.speed[kept].copy()
    speed[~has_speed] = _derived(code, rows.t[kept], rows.lon[kept], rows.lat[kept], settings)[~has_speed]
    values = {
        "unit": rows.unit[kept], "t": rows.t[kept], "lon": rows.lon[kept], "lat": rows.lat[kept], **cells,
        "speed_kmh": speed, "speed_given": has_speed, "on_call": rows.on_call[kept], "officers": rows.officers[kept],
    }  # fmt: skip
    wanted = schema(PINGS)
    return pa.Table.from_arrays([pa.array(values[f.name], f.type, from_pandas=True) for f in wanted], schema=wanted)


def _derived(code: Array, t: Array, lon: Array, lat: Array, settings: Settings) -> Array:
    """km/h from the unit's position before on that day, to a tenth; nan where it is too long ago or there is none."""
    if not len(t):
        return np.zeros(0, dtype=np.float32)
    seconds = np.diff(t)
    near = (code[1:] == code[:-1]) & (seconds <= 60 * settings.visit_gap_minutes)
    kmh = metres_between(lon, lat) / np.maximum(seconds, 1) * 3.6
    return np.append(np.nan, np.where(near, np.round(kmh, 1), np.nan)).astype(np.float32)
