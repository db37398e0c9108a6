"""A patrol log, read through a mapping: who was where from when to when, on foot or driving, and what came of it.

Limits of the source, which every figure made from it carries:
- an entry says what somebody wrote down, often afterwards and rounded to five minutes: it proves no presence;
- a wall clock cannot tell which of the two autumn hours it means: the first is taken, but an end that would then lie
  before its start is read as the second;
- units and officers are hashed as they are read, and their names taken out of the activity of the same entry. Other
  people's names there, and those used as the number of an entry, cannot be told from other words and stay;
- a comma parts two officers: 'Smith, John' counts as two, and 'John Smith' as one;
- without numbers of their own, entries of one unit with the same place, time, mode and activity are one entry.

Rows that cannot be used are quarantined with the reason, identities replaced; of columns that the mapping does not name
nothing is kept, for they may name officers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa

from hotspots.base.columns import LOG_ENTRIES
from hotspots.base.errors import SHOWN, HotspotsError, sample
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.sources.checks import numbers
from hotspots.sources.crews import Crew, crew_of, with_codes
from hotspots.sources.feed import (
    FeedFile,
    opened,
    original_columns,
    own_name,
    quarantined,
    spread,
)
from hotspots.sources.ids import read_ids
from hotspots.sources.mapping import Mapping, place_of
from hotspots.sources.raw import RawTable
from hotspots.sources.start_end import Rules, note_span, read_span

SCHEMA = pa.schema([*(pa.field(c.name, c.type) for c in LOG_ENTRIES), pa.field("source_row", pa.int32())])
CONTENT = tuple(c.name for c in LOG_ENTRIES if c.name not in ("entry", "origin"))  # what an entry says
DISTINCT_BY = ("unit", "area", "lon", "lat", "start", "end", "mode", "activity")  # entries without a number
FORM = "form-"  # how the numbers of entries made in the form begin
LONGEST = 24 * 3600  # seconds: a longer entry has a wrong date
SPAN = Rules(longest=LONGEST // 2, most_next_day=0.5)  # no patrol lasts longer, and most end on their own day
MOST_OFFICERS = 99  # a larger number among the officers is somebody's own
MOST_FOUND = 32_767  # searches, arrests or weapons of one entry
IN_WORDS = ("activity", "mode", "reactive")  # where the name of a unit may stand too
SHORTEST_HIDDEN = 3  # characters: a shorter name is found in any text
LONGEST_ACTIVITY = 200  # characters
DECIMALS = 6  # of a degree: 0.1 m

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
    timed: int  # starts and ends given
    unread: int  # of these, those that cannot be read as a time
    odd_time: str  # one of them, never to be quoted
    fits: str  # the format that would read them


@dataclass(eq=False)
class _Log:
    """A log while it is read: the file, whose identities nobody else knows."""

    file: FeedFile
    codes: Codes
    identities: set[str]  # names as the file prints them, in small letters; never quoted

    def texts(self, field: str) -> list[str | None]:
        """The texts of a field, on one line each, None where it is empty or the file has no such column."""
        column = self.file.text_of(field)
        if column is None:
            return [None] * len(self.file.rows)
        distinct = [" ".join(t.split()) for t in column.dictionary.to_pylist()]
        return [None if i is None else distinct[i] for i in column.indices.to_pylist()]

    def quoted(self, values: Iterable[str | None]) -> str:
        """A few of these values for a note, none that holds an identity: ``: 'Bicycle', 'Horse'``."""
        distinct = list(dict.fromkeys(v for v in values if v))[:20]
        harmless = [v for v in distinct if not any(i in v.casefold() for i in self.identities)]
        return f": {sample(harmless)}" if harmless else ""


def read_patrol_log(
    raw: RawTable, mapping: Mapping, settings: Settings, codes: Codes, now: datetime | None = None,
    frozen_areas: Collection[str] = (), lenient: bool = False,
) -> Parsed:  # fmt: skip
    """One file of a patrol log → one row per entry.

    ``codes`` hashes identities (`hotspots.base.identity.unit_codes`); ``now`` (default: the clock) decides what lies in
    the future; ``frozen_areas`` are those of the frozen registers; ``lenient`` refuses no file for its coordinates
    or times. Rows that cannot be used are quarantined with the reason. Raises `HotspotsError` when the file as a whole
    cannot be right: columns missing, no time zone given, coordinates that are no coordinates.
    """
    have = {name.casefold() for name in raw.table.column_names}
    names = [name for names in mapping.columns.values() for name in names]
    if not have & {name.casefold() for name in names}:
        raise HotspotsError(
            f"{raw.name} has none of the columns looked for ({sample(names, 30)}). Give it a first row with these"
            " names, or a mapping file that says which column is which: --mapping FILE.toml."
        )
    log = _Log(opened(raw, mapping, settings), codes, set())
    units, officers, shown = _read_people(log)
    (start, end), timed, odd, fits = _read_times(log, now or datetime.now(UTC), lenient)
    area = log.texts("area")
    lon, lat = _read_places(log, np.array([a is not None for a in area], dtype=bool), lenient)
    texts = [t or "" for t in log.texts("activity")]
    cut = sum(len(t) > LONGEST_ACTIVITY for t in texts)
    if cut:
        rows = counted(cut, "row")
        log.file.notes.append(
            f"{log.file.name('activity')} is longer than {LONGEST_ACTIVITY} characters in {rows}: cut there"
        )
    mode, activity = _read_modes(log), texts
    values: dict[str, list[Any]] = {
        "unit": units, "area": [a or "" for a in area], "lon": lon, "lat": lat, "start": start, "end": end,
        "officers": officers, "mode": mode,
        "activity": [(a or "")[:LONGEST_ACTIVITY].rstrip() for a in shown["activity"]],
        "reactive": _read_reactive(log, activity),
        **{field: _read_counts(log, field) for field in ("searches", "arrests", "weapons")},
    }  # fmt: skip
    values["entry"] = _read_numbers(log, values)
    kept, repeated = _match(log, values)
    nobody = "no unit and no officer: never compared with the positions of a unit"
    log.file.note(sum(not units[i] for i in kept), "entry names", "entries name", nobody)
    frozen = {area.casefold() for area in frozen_areas}
    unknown = [a for i in kept if (a := values["area"][i]) and a.casefold() not in frozen]
    which = "that no frozen register of this workspace has" if frozen_areas else "but none have been frozen yet"
    log.file.note(len(unknown), "entry names an area", "entries name areas", which + log.quoted(unknown))
    return Parsed(
        table=_table(log, values, kept), quarantined=_quarantined(log, shown), notes=log.file.notes,
        n_read=len(raw.table) + len(raw.bad_rows), repeated=repeated, identities=frozenset(log.identities), timed=timed,
        unread=len(odd), odd_time=odd[0] if odd else "", fits=fits,
    )  # fmt: skip


def _read_people(log: _Log) -> tuple[list[int], list[int], dict[str, list[str | None]]]:
    """(unit code, number of officers) by row, and the columns of both with identities replaced by their hashes."""
    for what in ("unit", "entry"):
        if what in log.file.columns:
            read_ids(log.file, what)
    unit, officers = log.texts("unit"), log.texts("officers")
    crews = {text: crew_of(text) for text in dict.fromkeys(officers)}
    parts = {text: crew.names for text, crew in crews.items()}
    everybody = list(dict.fromkeys([*unit, *(name for names in parts.values() for name in names)]))
    hashed = dict(zip(everybody, (int(c) for c in log.codes(everybody)), strict=True))
    log.identities |= {name.casefold() for name in everybody if name}
    teams, printed = {}, {}
    for text, crew in crews.items():
        theirs = sorted({unit_text(hashed[n]) for n in crew.names})
        teams[text] = "; ".join(theirs) if crew.n else ""
        # A text that counts others, too, must come back with its number; one that says no number must not get one.
        masks = {n: unit_text(hashed[n]) if crew.n else "…" for n in crew.names}
        printed[text] = teams[text] if theirs and crew.n == len(theirs) else text and with_codes(text, masks)
    joined = dict(zip(teams, (int(c) for c in log.codes(list(teams.values()))), strict=True))
    _note_officers(log, officers, crews)
    codes = [hashed[u] or joined[o] for u, o in zip(unit, officers, strict=True)]
    shown = {"unit": [unit_text(hashed[u]) or None for u in unit], "officers": [printed[o] for o in officers]}
    names_of = [[n for n in (u, *parts[o]) if n] for u, o in zip(unit, officers, strict=True)]
    for field in IN_WORDS:
        shown[field] = [_hidden_in(log, t, n) for t, n in zip(log.texts(field), names_of, strict=True)]
    return codes, [crews[t].n for t in officers], shown


def _note_officers(log: _Log, officers: list[str | None], crews: dict[str | None, Crew]) -> None:
    """Set aside the rows that do not say how many; say how numbers in words and long numbers were taken."""
    file, name = log.file, log.file.name("officers") if "officers" in log.file.columns else "officers"
    none = {t for t, crew in crews.items() if not 1 <= crew.n <= MOST_OFFICERS}
    numbers = {t for t in none if t and re.fullmatch(r"[-+.\d]+", t)}
    for texts, why in (
        (numbers, f"is no whole number from 1 to {MOST_OFFICERS}"),
        (none - numbers, "does not say how many: write a number, or the officers with ; between them"),
    ):
        bad = np.array([t in texts for t in officers], dtype=bool)
        if bad.any():
            file.refuse(bad, f"{name} {why}")
    found = [t for t in officers if t is not None and re.fullmatch(r"\d{3,}(\.0+)?", t)]
    if found:
        rows = counted(len(found), "row")
        file.notes.append(
            f"{name} is a number above {MOST_OFFICERS} in {rows}: taken for the number of one officer, hashed and"
            " counted as one"
        )
    words = {t for t, c in crews.items() if t and c.n and not c.names and re.search(r"[^\d.;,/ ]", t)} - none
    if words:
        rows = counted(sum(t in words for t in officers), "row")
        told = [f"{crews[t].n} for '{t}'" for t in sorted(t for t in words if t)[:SHOWN]]
        file.notes.append(f"{name} is in words in {rows}, counted as written: {', '.join(told)}")


def _hidden_in(log: _Log, text: str | None, names: Sequence[str]) -> str | None:
    """The text without the unit and officers of its own entry; words that the mapping knows stay."""
    found = [n for n in names if text and n.casefold() in text.casefold()]
    words = {w for key in ("on_call", "foot", "vehicle") for w in log.file.mapping.words(key)} if found else set()
    return text and hidden(text, [n for n in found if n.upper() not in words])


def hidden(text: str, identities: Collection[str]) -> str:
    """The text with 'unit' in place of each of these names, whole words only: 'PC Smith week 9' → 'unit week 9'."""
    found = sorted((re.escape(i) for i in identities if len(i) >= SHORTEST_HIDDEN), key=len, reverse=True)
    if not found:
        return text
    return re.sub(rf"(?<![^\W_])(?:{'|'.join(found)})(?![^\W_])", "unit", text, flags=re.IGNORECASE)


def _read_times(log: _Log, now: datetime, lenient: bool) -> tuple[tuple[list[int], list[int]], int, list[str], str]:
    """(start and end in UTC seconds by row, times given, those that cannot be read, the format that would fit them)."""
    file, latest = log.file, np.datetime64(int(now.timestamp()), "s")
    span = read_span(file, "start", "end", SPAN)
    start, end = span.start, span.end
    if not lenient:
        file.refuse_order({file.name("start"): start, file.name("end"): end})
    in_one = file.columns["end"] == file.columns["start"]
    for what, times in (("start", start), ("end", end)):
        file.refuse(times.empty, f"{file.name(what)} {'gives no end' if in_one and what == 'end' else 'is empty'}")
        file.refuse_times(times, what, latest)
        file.note_unread(what, times)
    file.refuse(end.instant < start.instant, f"{file.name('end')} is before {file.name('start')}{span.advice}")
    late = end.instant > start.instant + np.timedelta64(LONGEST, "s")
    file.refuse(late, f"{file.name('end')} is more than {LONGEST // 3600} hours after {file.name('start')}")
    file.note_clock_changes([start, end])
    note_span(file, span, file.name("end"))
    file.note_midnights(start, "entry starts", "entries start")
    seconds = [np.where(np.isnat(t.instant), 0, t.instant.astype(np.int64)).tolist() for t in (start, end)]
    odd = [text for t in (start, end) for text in t.texts.filter(pa.array(t.unread)).to_pylist()]
    fits = file.formats_that_fit([start, end]) if odd else ""
    return (seconds[0], seconds[1]), int((~start.empty).sum() + (~end.empty).sum()), odd, fits


def _read_places(log: _Log, named: np.ndarray, lenient: bool) -> tuple[list[float | None], list[float | None]]:
    """Longitude and latitude by row, None without a position. ``named``: rows that name a hot spot.

    Of rows with a wrong position those that name no hot spot are quarantined; in the others it is left out and noted.
    """
    file, fields = log.file, place_of(log.file.columns)
    if fields is None:
        file.refuse(~named, f"{file.name('area')} is empty")
        return [None] * len(named), [None] * len(named)
    pair = file.pair(fields)
    x, y = pair.names
    found = file.judge(pair, fields)
    if not lenient:  # rows that name a hot spot have their place: so many more may be bad, and one
        found.refuse(file.settings.bad_coordinate_share, int(named.sum()) + 1 if named.any() else 0)
    file.refuse(pair.half & ~named, f"only one of {x} and {y} is given")
    bad = np.flatnonzero(found.bad)
    unnamed = ~named[bad]
    file.refuse_each(bad[unnamed], np.array(found.why, dtype=object)[unnamed].tolist())
    wrong = found.bad | pair.half
    file.note_places(pair, fields, wrong, one_point=False)
    nowhere = np.isnan(found.lon) & ~wrong
    area = f"{file.name('area')}, " if "area" in file.columns else ""
    file.refuse(nowhere & ~named, f"{area}{x} and {y} are empty")
    has = ("entry that names a hot spot has", "entries that name a hot spot have")
    file.note(int((wrong & named).sum()), *has, f"{x} and {y} that are no position, left out")
    gone = wrong | np.isnan(found.lon) | np.isnan(found.lat)
    places = zip(found.lon.tolist(), found.lat.tolist(), gone.tolist(), strict=True)
    rounded = [(None, None) if g else (round(a, DECIMALS), round(b, DECIMALS)) for a, b, g in places]
    return [a for a, _ in rounded], [b for _, b in rounded]


def _read_modes(log: _Log) -> list[str]:
    """'foot', 'vehicle' or '' by row; other words are noted."""
    words = {w: mode for mode in ("foot", "vehicle") for w in log.file.mapping.words(mode)}
    texts = log.texts("mode")
    modes = [words.get((t or "").upper(), "") for t in texts]
    unknown = [t for t, mode in zip(texts, modes, strict=True) if t and not mode]
    _note_unread(log, "mode", unknown, "means neither foot nor vehicle", "left empty there")
    return modes


def _read_reactive(log: _Log, activity: Sequence[str]) -> list[bool]:
    """Calls: the flag says so, or the activity is one of the mapping's words for a call."""
    yes, no, on_call = (set(log.file.mapping.words(key)) for key in ("true", "false", "on_call"))
    texts = [(t or "").upper() for t in log.texts("reactive")]
    unknown = [t for t in texts if t and t not in yes and t not in no]
    _note_unread(log, "reactive", unknown, "is neither yes nor no", "taken for no")
    return [flag in yes or what.upper() in on_call for flag, what in zip(texts, activity, strict=True)]


def _read_counts(log: _Log, field: str) -> list[int | None]:
    """Searches, arrests or weapons by row, None where the entry does not say, or says no number: that is noted."""
    column = log.file.text_of(field)
    if column is None:
        return [None] * len(log.file.rows)
    values, _ = numbers(column.dictionary)
    fits = (values >= 0) & (values <= MOST_FOUND) & (values == np.floor(values))
    unread = int(spread(~fits, column, False).sum())  # never quoted: it may be a name
    if unread:
        rows = counted(unread, "row")
        log.file.notes.append(f"{log.file.name(field)} is no whole number of 0 or more in {rows}, left empty there")
    found = spread(np.where(fits, values, np.nan), column, np.nan)
    return [None if np.isnan(v) else int(v) for v in found]


def _note_unread(log: _Log, field: str, values: Sequence[str], what: str, then: str) -> None:
    if values:
        rows = counted(len(values), "row")
        log.file.notes.append(f"{log.file.name(field)} {what} in {rows}, {then}{log.quoted(values)}")


def _read_numbers(log: _Log, values: dict[str, list[Any]]) -> list[str]:
    """The number of each entry: the log's own, else a hash of who, where, when and what."""
    if "entry" not in log.file.columns:
        log.file.notes.append(
            "The log has no column with the number of an entry: entries are told apart by unit, place, start, end, mode"
            " and activity, so one of which any of these is corrected comes in as another entry"
        )
        return [
            sha256("\x1f".join("" if v is None else str(v) for v in said).encode()).hexdigest()[:20]
            for said in zip(*(values[c] for c in DISTINCT_BY), strict=True)
        ]
    texts, name = log.texts("entry"), log.file.name("entry")
    log.file.refuse(np.array([t is None for t in texts], dtype=bool), f"{name} is empty")
    ours = np.array([(t or "").casefold().startswith(FORM) for t in texts], dtype=bool)
    log.file.refuse(ours, f"{name} is the number of an entry made in the form, which the workspace has already")
    return [t or "" for t in texts]


def _match(log: _Log, values: dict[str, list[Any]]) -> tuple[np.ndarray, int]:
    """(positions of the rows to keep, number of rows that repeat one of these).

    Rows with one number and different content are all quarantined, so that no order of the rows decides which is right.
    """
    usable = np.flatnonzero(~log.file.bad)
    said = dict(zip(usable.tolist(), zip(*([values[c][i] for i in usable] for c in CONTENT), strict=True), strict=True))
    contents: dict[str, dict[tuple[Any, ...], int]] = {}
    for i in usable.tolist():
        contents.setdefault(values["entry"][i], {}).setdefault(said[i], i)
    torn = np.zeros(len(log.file.rows), dtype=bool)
    torn[[i for i in usable.tolist() if len(contents[values["entry"][i]]) > 1]] = True
    number = log.file.name("entry") if "entry" in log.file.columns else "the same unit, place, time, mode and activity"
    log.file.refuse(torn, f"{number} is also on another row with other content")
    kept = np.array([i for c in contents.values() if len(c) == 1 for i in c.values()], dtype=np.int64)
    return np.sort(kept), len(usable) - int(torn.sum()) - len(kept)


def _table(log: _Log, values: dict[str, list[Any]], kept: np.ndarray) -> pa.Table:
    """The entries to keep, in SCHEMA, in order of their row in the file."""
    made = {name: [column[i] for i in kept] for name, column in values.items()}
    made |= {"origin": ["imported"] * len(kept), "source_row": log.file.rows[kept].tolist()}
    return pa.table({f.name: pa.array(made[f.name], f.type) for f in SCHEMA}, schema=SCHEMA).sort_by("source_row")


def _quarantined(log: _Log, people: dict[str, list[str | None]]) -> pa.Table:
    """Rows that cannot be used: number, reason, and the mapped columns as printed, identities as their hashes.

    Of a row with too many or too few fields only the number is kept: nobody can say which of them is a name.
    """
    file = log.file
    at = sorted(file.reasons)
    safe = {file.columns[field][0]: shown for field, shown in people.items() if field in file.columns}
    mapped = {own_name(name) for names in file.columns.values() for name in names}
    columns = {name: column for name, column in original_columns(file.raw, at).items() if name in mapped}
    columns |= {own_name(name): pa.array([shown[i] for i in at], pa.string()) for name, shown in safe.items()}
    return quarantined(file.raw, file.rows[at], [file.reasons[i] for i in at], columns, ragged_text=False)
