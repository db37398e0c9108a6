"""A patrol log, read through a mapping: who was where from when to when, on foot or driving, and what came of it.

Limits of the source, which every figure made from it carries:
- an entry says what somebody wrote down, often afterwards and rounded to five minutes: it proves no presence;
- a wall clock cannot tell which of the two autumn hours it means: the first is taken, but an end that would then lie
  before its start is read as the second;
- units and officers are hashed as they are read, and their names taken out of the activity of the same entry. Other
  people's names there, and those used as the number of an entry, cannot be told from other words and stay;
- a comma parts two officers: 'Smith, John' counts as two;
- without numbers of their own, entries of one unit with the same place, time, mode and activity are one entry.

Rows that cannot be used are set aside with the reason, identities replaced; of columns that the mapping does not name
nothing is kept, for they may name officers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.clock import zone
from hotspots.base.columns import LOG_ENTRIES
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.sources.checks import check_degrees, check_grid, numbers, zero_pairs
from hotspots.sources.incidents import (
    OLDEST,
    _count,
    _File,
    _joined,
    _numbers_of,
    _opened,
    _spread,
)
from hotspots.sources.mapping import Mapping
from hotspots.sources.reading import QUARANTINE_COLUMNS, RawTable
from hotspots.sources.times import parse_times, place_times
from hotspots.sources.track_mapping import DEGREES, GRID, TrackMapping, columns_in, no_timezone, place_of

SCHEMA = pa.schema([*(pa.field(c.name, c.type) for c in LOG_ENTRIES), pa.field("source_row", pa.int32())])
CONTENT = tuple(c.name for c in LOG_ENTRIES if c.name not in ("entry", "origin"))  # what an entry says
TOLD_APART_BY = ("unit", "area", "lon", "lat", "start", "end", "mode", "activity")  # entries without a number
FORM = "form-"  # how the numbers of entries made in the form begin
LONGEST = 24 * 3600  # seconds: a longer entry has a wrong date
MOST_OFFICERS = 99  # a larger number among the officers is somebody's own
MOST_FOUND = 32_767  # searches, arrests or weapons of one entry
TOLD_IN_WORDS = ("activity", "mode", "reactive")  # where the name of a unit may stand too
SHORTEST_HIDDEN = 3  # characters: a shorter name is found in any text
LONGEST_ACTIVITY = 200  # characters
NO_OFFSET = np.iinfo(np.int32).min  # how `hotspots.sources.times.Wall` marks a time without an offset
DECIMALS = 6  # of a degree: 0.1 m
GOOD = {GRID: (354_000.0, 429_500.0), DEGREES: (-2.7, 53.76)}  # a place in Preston

Codes = Callable[[Sequence[str | None]], np.ndarray]  # names → keyed hashes, 0 for none


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file of the log. ``n_read`` = rows of ``table`` + ``repeated`` + rows of ``quarantined``."""

    table: pa.Table  # SCHEMA, by row
    quarantined: pa.Table  # source_row, reason and the mapped columns as printed, identities replaced
    notes: list[str]
    n_read: int  # rows of the file below its header, ragged ones included, blank ones not
    repeated: int  # rows that say what an earlier row says
    identities: frozenset[str]  # as the file names them, in small letters; for hiding them, never to be stored
    timed: int = 0  # starts and ends given
    unread: int = 0  # of these, those that cannot be read as a time
    odd_time: str = ""  # one of them, never to be quoted


@dataclass(eq=False)
class _Log:
    """A log while it is read: the file, whose identities are known to nobody else, and its columns by row."""

    file: _File
    mapping: TrackMapping
    columns: dict[str, tuple[str, ...]]  # field → columns of this file
    codes: Codes
    identities: set[str]  # names as the file prints them; never quoted
    timed: int = 0
    unread: int = 0
    odd_time: str = ""

    def texts(self, field: str) -> list[str | None]:
        """The texts of a field, on one line each, None where it is empty or the file has no such column."""
        column = self.file.named(field) if field in self.columns else None
        if column is None:
            return [None] * len(self.file.rows)
        distinct = [None if t is None else " ".join(t.split()) for t in column.dictionary.to_pylist()]
        return [None if i is None else distinct[i] for i in column.indices.to_pylist()]

    def name(self, field: str) -> str:
        """How the file calls a field."""
        return " and ".join(self.columns[field])

    def quoted(self, values: Iterable[str | None]) -> str:
        """A few of these values for a note, none that holds an identity: ``: 'Bicycle', 'Horse'``."""
        distinct = list(dict.fromkeys(v for v in values if v))[:20]
        harmless = [v for v in distinct if not any(i in v.casefold() for i in self.identities)]
        return f": {sample(harmless)}" if harmless else ""


def read_patrol_log(
    raw: RawTable,
    mapping: TrackMapping,
    settings: Settings,
    codes: Codes,
    now: datetime | None = None,
    known_areas: Collection[str] = (),
    lenient: bool = False,
) -> Parsed:
    """One file of a patrol log → one row per entry.

    ``codes`` hashes identities (`hotspots.base.identity.unit_codes`); ``now`` (default: the clock) decides what lies in
    the future; ``known_areas`` are those of the frozen registers; ``lenient`` refuses no file for its coordinates.
    Rows that cannot be used are set aside with the reason. Raises `HotspotsError` when the file as a whole
    cannot be right: columns missing, no time zone given, coordinates that are no coordinates.
    """
    log = _open(raw, mapping, settings, codes)
    units, officers, shown = _read_people(log)
    start, end = _read_times(log, now or datetime.now(UTC))
    area = log.texts("area")
    lon, lat = _read_places(log, np.array([a is not None for a in area], dtype=bool), lenient)
    mode, activity = _read_modes(log), _read_activities(log)
    values: dict[str, list[Any]] = {
        "unit": units,
        "area": [a or "" for a in area],
        "lon": lon,
        "lat": lat,
        "start": start,
        "end": end,
        "officers": officers,
        "mode": mode,
        "activity": [(a or "")[:LONGEST_ACTIVITY].rstrip() for a in shown["activity"]],
        "reactive": _read_reactive(log, activity),
        **{field: _read_counts(log, field) for field in ("searches", "arrests", "weapons")},
    }
    values["entry"] = _read_numbers(log, values)
    kept, repeated = _match(log, values)
    _note_people(log, units, kept)
    _note_areas(log, values["area"], kept, known_areas)
    n_read = len(raw.table) + len(raw.bad_rows)
    table, set_aside = _table(log, values, kept), _set_aside(log, shown)
    return Parsed(
        table, set_aside, log.file.notes, n_read, repeated, frozenset(log.identities), log.timed, log.unread,
        log.odd_time,
    )  # fmt: skip


def _open(raw: RawTable, mapping: TrackMapping, settings: Settings, codes: Codes) -> _Log:
    """The file with its mapped columns. Raises HotspotsError where it lacks some."""
    have = {name.casefold() for name in raw.table.column_names}
    if not any(name.casefold() in have for names in mapping.columns.values() for name in names):
        # Perhaps the first row is an entry and no header: then it is not quoted, for it may name officers.
        needed = sample((name for names in mapping.columns.values() for name in names), 30)
        raise HotspotsError(
            f"{raw.name} has none of the columns looked for ({needed}). Give it a first row with these names, or a"
            " mapping file that says which column is which: --mapping FILE.toml."
        )
    columns = columns_in(mapping, raw.table.column_names, raw.name)
    place = place_of(columns)
    columns = {f: names for f, names in columns.items() if f not in (*DEGREES, *GRID) or f in (place or ())}
    own = Mapping(
        mapping.name, columns, mapping.datetime_formats, mapping.timezone or "UTC", null_values=mapping.null_values
    )
    return _Log(_opened(raw, own, settings), mapping, columns, codes, set())


# ---------------------------------------------------------------- units and officers


def _read_people(log: _Log) -> tuple[list[int], list[int], dict[str, list[str | None]]]:
    """(unit code, number of officers) by row, and the columns of both with identities replaced by their hashes."""
    unit, officers = log.texts("unit"), log.texts("officers")
    parts = {text: _names(text) for text in dict.fromkeys(officers)}
    everybody = list(dict.fromkeys([*unit, *(name for names in parts.values() for name in names or ())]))
    hashed = dict(zip(everybody, (int(c) for c in log.codes(everybody)), strict=True))
    log.identities |= {name.casefold() for name in everybody if name}
    counts, teams, printed = {}, {}, {}
    for text, names in parts.items():
        crew = sorted({unit_text(hashed[n]) for n in names or ()})
        counts[text] = len(crew) if crew else _number_of(text)
        teams[text] = "; ".join(crew)
        printed[text] = "; ".join(crew) if crew else text
    joined = dict(zip(teams, (int(c) for c in log.codes(list(teams.values()))), strict=True))
    bad = np.array([counts[t] < 1 for t in officers], dtype=bool)
    if bad.any():
        log.file.refuse(bad, f"{log.name('officers')} is no whole number from 1 to {MOST_OFFICERS}")
    _note_numbers(log, [t for t in officers if t is not None and re.fullmatch(r"\d{3,}(\.0+)?", t)])
    codes = [hashed[u] or joined[o] for u, o in zip(unit, officers, strict=True)]
    shown = {"unit": [unit_text(hashed[u]) or None for u in unit], "officers": [printed[o] for o in officers]}
    names_of = [[n for n in (u, *(parts[o] or ())) if n] for u, o in zip(unit, officers, strict=True)]
    for field in TOLD_IN_WORDS:
        shown[field] = [_hidden_in(log, t, n) for t, n in zip(log.texts(field), names_of, strict=True)]
    return codes, [counts[t] for t in officers], shown


def _hidden_in(log: _Log, text: str | None, names: Sequence[str]) -> str | None:
    """The text without the unit and officers of its own entry; words that the mapping knows stay."""
    found = [n for n in names if text and n.casefold() in text.casefold()]
    words = {w for key in ("on_call", "foot", "vehicle") for w in log.mapping.words(key)} if found else set()
    return text and hidden(text, [n for n in found if n.upper() not in words])


def hidden(text: str, identities: Collection[str]) -> str:
    """The text with 'unit' in place of each of these names, whole words only: 'PC Smith week 9' → 'unit week 9'."""
    found = sorted((re.escape(i) for i in identities if len(i) >= SHORTEST_HIDDEN), key=len, reverse=True)
    if not found:
        return text
    return re.sub(rf"(?<![^\W_])(?:{'|'.join(found)})(?![^\W_])", "unit", text, flags=re.IGNORECASE)


def _names(text: str | None) -> list[str] | None:
    """The officers that a text names, None where it is a number of officers (or what was meant to be one)."""
    if text is None or re.fullmatch(r"[-+]?(\d{1,2}(\.\d+)?|\.\d+)", text):
        return None
    parts = re.split(r"[;,/]", re.sub(r"^(\d+)\.0+$", r"\1", text))
    return [name for part in parts if (name := part.strip())]


def _number_of(text: str | None) -> int:
    """1 where nothing is said, 0 where the text is no possible number of officers."""
    if text is None or not text.strip(";,/ "):
        return 1
    number = float(text)
    return int(number) if number >= 1 and number.is_integer() else 0


def _note_numbers(log: _Log, found: Sequence[str]) -> None:
    if found:
        rows = _count(len(found), "row", "rows")
        log.file.notes.append(
            f"{log.name('officers')} is a number above {MOST_OFFICERS} in {rows}: taken for the number of one officer,"
            " hashed and counted as one"
        )


def _note_people(log: _Log, units: Sequence[int], kept: np.ndarray) -> None:
    nobody = sum(not units[i] for i in kept)
    if nobody:
        entries = _count(nobody, "entry names", "entries name")
        log.file.notes.append(f"{entries} no unit and no officer: never compared with the positions of a unit")


# ---------------------------------------------------------------- times


def _read_times(log: _Log, now: datetime) -> tuple[list[int], list[int]]:
    """Start and end in UTC seconds, by row; 0 where the row is set aside."""
    file, latest = log.file, int(now.timestamp())
    start, missing, repeated, skipped = _seconds_of(log, "start")
    end, endless, again, skipped_too = _seconds_of(log, "end")
    second = again & (end < start)  # from 01:50 to 01:10 on the night the clocks go back
    end = np.where(second, end + 3600, end)
    for times, empty, what in ((start, missing, "start"), (end, endless, "end")):
        name, unread = log.name(what), np.isnan(times)
        file.refuse(empty, f"{name} is empty")
        file.refuse(unread & ~empty, f"{name} cannot be read as a time")
        log.timed += int((~empty).sum())
        log.unread += int((unread & ~empty).sum())
        log.odd_time = log.odd_time or next(
            (t for t, odd in zip(log.texts(what), unread, strict=True) if odd and t), ""
        )
        file.refuse(times > latest, f"{name} is in the future")
        file.refuse(times < OLDEST.astype(np.int64), f"{name} is before 1990")
    file.refuse(end < start, f"{log.name('end')} is before {log.name('start')}")
    file.refuse(end > start + LONGEST, f"{log.name('end')} is more than 24 hours after {log.name('start')}")
    usable = file.reasons == ""
    twice = "in the hour that happens twice when the clocks go back, read as the"
    for masks, rule in (
        ((skipped, skipped_too), "in the hour that the clocks skipped, read as GMT"),
        ((repeated, again & ~second), f"{twice} first (summer time)"),
        ((second,), f"{twice} second (winter time) because the first is before the start"),
    ):
        n = sum(int((mask & usable).sum()) for mask in masks)
        if n:
            file.notes.append(f"{_count(n, 'time falls', 'times fall')} {rule}")
    whole = (np.where(np.isnan(t), 0, np.floor(t)).astype(np.int64).tolist() for t in (start, end))
    return next(whole), next(whole)


def _seconds_of(log: _Log, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(UTC seconds with nan where unreadable, mask of empty, of repeated and of skipped hours) by row.

    Raises HotspotsError for wall clocks where no time zone is given.
    """
    file, source = log.file, log.file.mapping.timezone
    columns = [file.columns[name] for name in log.columns[field]]
    texts = columns[0] if len(columns) == 1 else _joined(*columns)
    wall = parse_times(texts.dictionary, file.mapping.datetime_formats)
    clocks = (wall.offset == NO_OFFSET) & ~np.isnat(wall.clock)
    if clocks.any() and not log.mapping.timezone:
        raise no_timezone(file.raw.name, sample(texts.dictionary.filter(pa.array(clocks)).to_pylist()))
    placed = place_times(wall, zone(source, f"Mapping '{file.mapping.name}'"), ZoneInfo("UTC"))
    known = ~np.isnat(placed.instant)
    seconds = np.where(known, placed.instant.astype(np.int64), _epoch_seconds(texts.dictionary))
    spread = _spread(seconds.astype(np.float64), texts, np.nan)
    repeated, skipped = (_spread(mask, texts, False) for mask in (placed.repeated, placed.skipped))
    return spread, pc.is_null(texts).to_numpy(zero_copy_only=False), repeated, skipped


def _epoch_seconds(texts: pa.Array) -> np.ndarray:
    """Seconds since 1970 out of texts such as '1770000000', or '1770000000000' (milliseconds); nan for others."""
    values = []
    for text in texts.to_pylist():
        found = re.fullmatch(r"(\d{9,10}|\d{12,13})(\.\d+)?", text or "")
        values.append(float(text) / (1 if len(found[1]) < 12 else 1000) if found else np.nan)
    return np.array(values, dtype=np.float64)


# ---------------------------------------------------------------- places


def _read_places(log: _Log, named: np.ndarray, lenient: bool) -> tuple[list[float | None], list[float | None]]:
    """Longitude and latitude by row, None without a position. ``named``: rows that name a hot spot.

    A wrong position sets the row aside, unless it names a hot spot: then the position is left out and noted.
    """
    file, pair = log.file, place_of(log.columns)
    if pair is None:
        file.refuse(~named, f"{log.name('area')} is empty")
        return [None] * len(named), [None] * len(named)
    names = tuple(log.columns[axis][0] for axis in pair)
    (x, no_x), (y, no_y) = (_numbers_of(file.columns[name]) for name in names)
    zero, text = zero_pairs(x, y), no_x | no_y
    x, y = np.where(zero, np.nan, x), np.where(zero, np.nan, y)
    half = (np.isnan(x) != np.isnan(y)) & ~text
    spare = (int(named.sum()) + 1 if named.any() else 0) + (len(x) + 1 if lenient else 0)
    lon, lat, bad, why = _checked(log, x, y, text, pair, spare)
    file.refuse(half & ~named, f"only one of {names[0]} and {names[1]} is given")
    at = np.flatnonzero(bad & ~named)
    file.refuse_each(at, why[at].tolist())
    nowhere = np.isnan(lon) & ~half & ~bad & ~named
    area = f"{log.name('area')}, " if "area" in log.columns else ""
    file.refuse(nowhere, f"{area}{names[0]} and {names[1]} are empty")
    dropped = int(((half | bad) & named).sum())
    if dropped:
        entries = _count(dropped, "entry that names a hot spot has", "entries that name a hot spot have")
        file.notes.append(f"{entries} {names[0]} and {names[1]} that are no position, left out")
    gone = bad | half | np.isnan(lon) | np.isnan(lat)
    places = zip(lon.tolist(), lat.tolist(), gone.tolist(), strict=True)
    rounded = [(None, None) if g else (round(a, DECIMALS), round(b, DECIMALS)) for a, b, g in places]
    return [a for a, _ in rounded], [b for _, b in rounded]


def _checked(
    log: _Log, x: np.ndarray, y: np.ndarray, text: np.ndarray, pair: tuple[str, str], spare: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(longitude, latitude, mask of bad rows, reasons); a file most of whose rows are bad is refused.

    ``spare`` rows have their place otherwise: so many more may be bad before the file is refused.
    """
    from hotspots.geography import bng_to_lonlat

    n, file = len(x), log.file
    located = int((~np.isnan(x) & ~np.isnan(y) | text).sum())
    share = file.settings.bad_coordinate_share * (located + spare) / max(located, 1)
    pad = 0 if share <= 1 else located + 1  # good places: then nothing is refused
    x, y = np.append(x, [GOOD[pair][0]] * pad), np.append(y, [GOOD[pair][1]] * pad)
    rows, text = np.append(file.rows, np.zeros(pad, dtype=np.int32)), np.append(text, np.zeros(pad, dtype=bool))
    settings = replace(file.settings, bad_coordinate_share=min(share, 1.0))
    names = tuple(log.columns[axis][0] for axis in pair)
    if pair == GRID:
        lon, lat = bng_to_lonlat(x, y)
        at_sea = ~np.isnan(x) & ~np.isnan(y) & np.isnan(lon)
        bad, why = check_grid(x, y, rows, names[0], names[1], settings, file.raw.name, text, at_sea)
    else:
        lon, lat = x, y
        bad, why = check_degrees(x, y, rows, names[0], names[1], settings, file.raw.name, text)
    return lon[:n], lat[:n], bad[:n], why[:n]


# ---------------------------------------------------------------- what was done, and what came of it


def _read_modes(log: _Log) -> list[str]:
    """'foot', 'vehicle' or '' by row; other words are noted."""
    words = {w: mode for mode in ("foot", "vehicle") for w in log.mapping.words(mode)}
    texts = log.texts("mode")
    modes = [words.get((t or "").upper(), "") for t in texts]
    unknown = [t for t, mode in zip(texts, modes, strict=True) if t and not mode]
    _note_unread(log, "mode", unknown, "means neither foot nor vehicle", "left empty there")
    return modes


def _read_activities(log: _Log) -> list[str]:
    """What was done, on one line; those that are too long to be kept whole are noted."""
    texts = [t or "" for t in log.texts("activity")]
    cut = sum(len(t) > LONGEST_ACTIVITY for t in texts)
    if cut:
        rows = _count(cut, "row", "rows")
        log.file.notes.append(
            f"{log.name('activity')} is longer than {LONGEST_ACTIVITY} characters in {rows}: cut there"
        )
    return texts


def _read_reactive(log: _Log, activity: Sequence[str]) -> list[bool]:
    """Calls: the flag says so, or the activity is one of the mapping's words for a call."""
    yes, no, on_call = (set(log.mapping.words(key)) for key in ("true", "false", "on_call"))
    texts = [(t or "").upper() for t in log.texts("reactive")]
    unknown = [t for t in texts if t and t not in yes and t not in no]
    _note_unread(log, "reactive", unknown, "is neither yes nor no", "taken for no")
    return [flag in yes or what.upper() in on_call for flag, what in zip(texts, activity, strict=True)]


def _read_counts(log: _Log, field: str) -> list[int | None]:
    """Searches, arrests or weapons by row, None where the entry does not say; what is no such number is set aside."""
    column = log.file.named(field) if field in log.columns else None
    if column is None:
        return [None] * len(log.file.rows)
    values, _ = numbers(column.dictionary)
    fits = (values >= 0) & (values <= MOST_FOUND) & (values == np.floor(values))
    wrong = ~fits & pc.is_valid(column.dictionary).to_numpy(zero_copy_only=False)
    log.file.refuse(_spread(wrong, column, False), f"{log.name(field)} is no whole number of 0 or more")
    told = np.where(fits, values, np.nan)
    return [None if np.isnan(v) else int(v) for v in _spread(told, column, np.nan)]


def _note_unread(log: _Log, field: str, values: Sequence[str], what: str, then: str) -> None:
    if values:
        rows = _count(len(values), "row", "rows")
        log.file.notes.append(f"{log.name(field)} {what} in {rows}, {then}{log.quoted(values)}")


def _note_areas(log: _Log, area: Sequence[str], kept: np.ndarray, known: Collection[str]) -> None:
    unknown = [area[i] for i in kept if area[i] and area[i] not in known]
    if unknown:
        entries = _count(len(unknown), "entry names an area", "entries name areas")
        which = "that no frozen register of this workspace has" if known else "but none have been frozen yet"
        log.file.notes.append(f"{entries} {which}{log.quoted(unknown)}")


# ---------------------------------------------------------------- which entry it is


def _read_numbers(log: _Log, values: dict[str, list[Any]]) -> list[str]:
    """The number of each entry: the log's own, else a hash of who, where, when and what."""
    if "entry" not in log.columns:
        log.file.notes.append(
            "The log has no column with the number of an entry: entries are told apart by unit, place, start, end, mode"
            " and activity, so one of which any of these is corrected comes in as another entry"
        )
        return [_hash(said) for said in zip(*(values[c] for c in TOLD_APART_BY), strict=True)]
    texts, name = log.texts("entry"), log.name("entry")
    log.file.refuse(np.array([t is None for t in texts], dtype=bool), f"{name} is empty")
    ours = np.array([(t or "").casefold().startswith(FORM) for t in texts], dtype=bool)
    log.file.refuse(ours, f"{name} is the number of an entry made in the form, which the workspace has already")
    return [t or "" for t in texts]


def _hash(said: tuple[Any, ...]) -> str:
    """The first 80 bits of the SHA-256 of what tells an entry apart, as 20 hexadecimal digits."""
    return sha256("\x1f".join("" if v is None else str(v) for v in said).encode()).hexdigest()[:20]


def _match(log: _Log, values: dict[str, list[Any]]) -> tuple[np.ndarray, int]:
    """(positions of the rows to keep, number of rows that repeat one of these).

    Rows with one number and different content are all set aside, so that no order of the rows decides which is right.
    """
    usable = np.flatnonzero(log.file.reasons == "")
    said = dict(zip(usable.tolist(), zip(*([values[c][i] for i in usable] for c in CONTENT), strict=True), strict=True))
    contents: dict[str, dict[tuple[Any, ...], int]] = {}
    for i in usable.tolist():
        contents.setdefault(values["entry"][i], {}).setdefault(said[i], i)
    torn = np.zeros(len(log.file.rows), dtype=bool)
    torn[[i for i in usable.tolist() if len(contents[values["entry"][i]]) > 1]] = True
    number = log.name("entry") if "entry" in log.columns else "the same unit, place, time, mode and activity"
    log.file.refuse(torn, f"{number} is also on another row with other content")
    kept = np.array([i for c in contents.values() if len(c) == 1 for i in c.values()], dtype=np.int64)
    return np.sort(kept), len(usable) - int(torn.sum()) - len(kept)


# ---------------------------------------------------------------- the tables handed back


def _table(log: _Log, values: dict[str, list[Any]], kept: np.ndarray) -> pa.Table:
    """The entries to keep, in SCHEMA, in order of their row in the file."""
    made = {name: [column[i] for i in kept] for name, column in values.items()}
    made |= {"origin": ["imported"] * len(kept), "source_row": log.file.rows[kept].tolist()}
    return pa.table({f.name: pa.array(made[f.name], f.type) for f in SCHEMA}, schema=SCHEMA).sort_by("source_row")


def _set_aside(log: _Log, people: dict[str, list[str | None]]) -> pa.Table:
    """Rows that cannot be used: number, reason, and the mapped columns as printed, identities as their hashes.

    Of a row with too many or too few fields only the number is kept: nobody can say which of them is a name.
    """
    file = log.file
    bad = np.flatnonzero(file.reasons != "")
    ragged = [n for n, _ in file.raw.bad_rows]
    rows = pa.array([*file.rows[bad].tolist(), *ragged], pa.int32())
    reasons = [*file.reasons[bad].tolist(), *["the row has too few or too many fields"] * len(ragged)]
    table = pa.table({"source_row": rows, "reason": pa.array(reasons, pa.string())})
    safe = {log.columns[field][0]: shown for field, shown in people.items() if field in log.columns}
    for name in file.raw.table.column_names:
        if name not in file.columns or name in QUARANTINE_COLUMNS:
            continue
        printed = safe.get(name) or file.raw.table[name].to_pylist()
        column = pa.array([*(printed[i] for i in bad), *[None] * len(ragged)], pa.string())
        table = table.append_column(f"{name} (in the file)" if name == "source_row" else name, column)
    return table.sort_by("source_row")
