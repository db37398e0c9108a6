"""What officers log on a phone: entries, their corrections, and what was typed so far.

An entry has a key, made when the form is begun. The same key stores once, however often it is sent: a double tap, a
retry after a lost connection, two programs at once. A correction or a withdrawal is a later revision of the entry; the
original stays, and rows are only ever added. Who was there, and who corrected, is stored under the workspace's keyed
hash (`hotspots.base.identity`) and never as it was typed, in a draft neither. Notes are for the page and enter no
download.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from hotspots.areas import register
from hotspots.base.clock import day_numbers, day_text, home
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import unit_codes, unit_text
from hotspots.base.settings import Settings
from hotspots.store.database import has_database, tables, transaction
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTIVITIES = (
    "High-visibility patrol", "Engagement", "Stop and search", "Visit to premises", "Problem-solving", "Other",
)  # fmt: skip
MODES = ("foot", "vehicle")
COUNTS = ("searches", "arrests", "weapons")
MOST_OFFICERS = 50
MOST_COUNTED = 999
MOST_HOURS = 12
EARLY_S = 5 * 60  # a phone's or a server's clock may be as wrong as this
DRAFT_DAYS = 14
MOST_TEXT = 2_000
MOST_DRAFT = 20_000  # characters of JSON
TRIES = 20  # at a revision number that others take at the same moment
KEY = re.compile(r"[0-9a-f]{32}")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")  # all but the line break


@dataclass(frozen=True)
class Submission:
    """An entry as it is sent. ``unit`` and ``author`` are texts as typed: hashed at once, and in no ``repr``."""

    key: str
    area: str
    unit: str = field(repr=False)
    officers: int
    start: int  # UTC seconds
    end: int
    mode: str = ""  # foot, vehicle or ''
    activity: str = ""
    reactive: bool = False  # a call and no patrol
    searches: int | None = None  # None: not told
    arrests: int | None = None
    weapons: int | None = None
    notes: str = field(default="", repr=False)
    author: str = field(default="", repr=False)


@dataclass(frozen=True)
class Entry:
    """A revision of an entry as it is stored. ``unit`` and ``author`` are ``unit-…`` or ''."""

    entry: str
    revision: int  # 1 is the original
    key: str
    area: str
    unit: str
    officers: int
    start: int
    end: int
    mode: str
    activity: str
    reactive: bool
    searches: int | None
    arrests: int | None
    weapons: int | None
    notes: str = field(repr=False)
    author: str
    why: str = field(repr=False)
    withdrawn: bool
    created: str  # ISO time, UTC


class Stored(NamedTuple):
    """The row that stands under the key, and whether it stood there before."""

    entry: Entry
    already: bool


COLUMNS = tuple(f.name for f in fields(Entry))
CHANGEABLE = ("area", "unit", "officers", "start", "end", "mode", "activity", "reactive", *COUNTS, "notes")


def new_key() -> str:
    """A key for a form that is begun: random, so that nobody comes upon another's draft by trying."""
    return secrets.token_hex(16)


def now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


# ---------------------------------------------------------------- storing


def record(folder: Path, submission: Submission) -> Stored:
    """Store an entry, once for each key; the draft of that key is removed.

    A key that is stored already gives what stands under it, whatever the submission says now. HotspotsError, all
    problems at once, for what cannot be stored (`problems_of`).
    """
    refuse_key(submission.key)
    open_workspace(folder)
    unit, author = hashed(folder, submission.unit), hashed(folder, submission.author)
    entry = Entry(
        secrets.token_hex(8), 1, submission.key, submission.area.strip(), unit, submission.officers,
        submission.start, submission.end, submission.mode, plain(submission.activity), submission.reactive,
        submission.searches, submission.arrests, submission.weapons, plain(submission.notes), author, "", False, "",
    )  # fmt: skip
    return _stored_once(folder, submission.key, lambda: _checked(folder, entry))


def correct(folder: Path, entry: str, changes: Mapping[str, Any], author: str, why: str, key: str) -> Stored:
    """Add a later revision of an entry with ``changes`` (any of `CHANGEABLE`); the original stays.

    The changes are put on what stands last, so that two people who correct different things at once both have
    their way. HotspotsError without author or reason, for what changes nothing, and for what cannot be stored.
    """
    unknown = sorted(changes.keys() - set(CHANGEABLE))
    if unknown:
        raise HotspotsError(f"An entry has no '{unknown[0][:40]}' that could be corrected.")
    refuse_key(key)
    author, why = _signature(folder, author, why)
    clean: dict[str, Any] = {n: _clean(folder, n, value) for n, value in changes.items()}

    def next_row() -> Entry:
        last = _latest(folder, entry)
        if all(getattr(last, name) == value for name, value in clean.items()):
            raise HotspotsError("Nothing was changed: the entry says just that already.")
        made = replace(last, **clean, revision=last.revision + 1, key=key, author=author, why=why)
        return _checked(folder, made, made.area != last.area or made.start != last.start)

    return _stored_once(folder, key, next_row)


def withdraw(folder: Path, entry: str, author: str, why: str, key: str) -> Stored:
    """Add a revision that takes an entry out of all figures; its history stays. HotspotsError as for `correct`."""
    refuse_key(key)
    author, why = _signature(folder, author, why)

    def next_row() -> Entry:
        last = _latest(folder, entry)
        return replace(last, revision=last.revision + 1, key=key, author=author, why=why, withdrawn=True)

    return _stored_once(folder, key, next_row)


def _stored_once(folder: Path, key: str, make: Callable[[], Entry]) -> Stored:
    """What stands under the key, else the row that ``make`` gives; tried again where another took its place."""
    from sqlalchemy import delete, insert
    from sqlalchemy.exc import IntegrityError

    kept, drafts = _table("patrol_entries"), _table("patrol_drafts")
    for _ in range(TRIES):
        found = begun(folder, key).entry
        if found is not None:
            return Stored(found, True)
        row = replace(make(), created=now().isoformat(timespec="microseconds"))
        values = {name: getattr(row, name) for name in COLUMNS}
        values |= {"reactive": int(row.reactive), "withdrawn": int(row.withdrawn)}
        try:
            with transaction(folder) as connection:
                connection.execute(insert(kept).values(**values))
                connection.execute(delete(drafts).where(drafts.c.key == key))
            return Stored(row, False)
        except IntegrityError:
            continue
    raise HotspotsError("Others are writing to this entry at this moment. Nothing was stored; try again.")


def _latest(folder: Path, entry: str) -> Entry:
    """The last revision of an entry that stands."""
    known = history(folder, entry)
    if known.empty:
        raise HotspotsError(f"There is no entry '{entry[:40]}'.")
    if known["withdrawn"].iloc[-1]:
        raise HotspotsError("This entry was withdrawn. Log it anew if it holds after all.")
    found = begun(folder, str(known["key"].iloc[-1])).entry
    assert found is not None  # rows are only ever added
    return found


def _under(connection: Connection, key: str) -> Entry | None:
    from sqlalchemy import select

    kept = _table("patrol_entries")
    found = connection.execute(select(kept).where(kept.c.key == key)).mappings().first()
    return None if found is None else _entry(found)


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = {name: row[name] for name in COLUMNS}
    return Entry(**{**values, "reactive": bool(row["reactive"]), "withdrawn": bool(row["withdrawn"])})


@cache
def _table(name: str) -> Any:
    return tables().tables[name]


# ---------------------------------------------------------------- what can be stored


def _checked(folder: Path, entry: Entry, moved: bool = True) -> Entry:
    problems = problems_of(folder, entry, moved)
    if problems:
        raise HotspotsError(problems)
    return entry


def problems_of(folder: Path, entry: Entry, moved: bool = True) -> list[str]:
    """Everything that keeps an entry from being stored, each a sentence.

    ``moved`` false: the place stands as it was stored, and a later version of the register takes nothing back.
    """
    settings = open_workspace(folder).settings
    problems = _time_problems(entry.start, entry.end, settings)
    if not _whole(entry.officers) or not 1 <= entry.officers <= MOST_OFFICERS:
        problems.append(f"Officers are {str(entry.officers)[:20]}; it must be a whole number from 1 to 50.")
    for name in COUNTS:
        n = getattr(entry, name)
        if n is not None and (not _whole(n) or not 0 <= n <= MOST_COUNTED):
            problems.append(f"{name.capitalize()} are {str(n)[:20]}; it must be a whole number from 0 to 999.")
    if entry.mode not in ("", *MODES):
        problems.append(f"The mode is '{entry.mode[:20]}'; it must be foot, vehicle, or left out.")
    for name in ("notes", "activity"):
        if len(getattr(entry, name)) > MOST_TEXT:
            problems.append(f"More than {MOST_TEXT:,} characters of {name}. Shorten the text.")
    return (_area_problems(folder, entry, settings) if moved else []) + problems


def _time_problems(start: int, end: int, settings: Settings) -> list[str]:
    if not _whole(start) or not _whole(end):
        return ["An entry needs a start and an end."]
    latest = now().timestamp() + EARLY_S
    problems = [
        f"The {what}, {local_text(t, settings)}, has not come yet: it is {local_text(int(now().timestamp()), settings)}"
        " now. Check the day and the time."
        for what, t in (("start", start), ("end", end))
        if t > latest
    ]
    if end <= start:
        problems.append(
            f"The end, {local_text(end, settings)}, is not after the start, {local_text(start, settings)}. Correct one"
            " of them."
        )
    if end - start > MOST_HOURS * 3600:
        problems.append(
            f"From {local_text(start, settings)} to {local_text(end, settings)} is longer than {MOST_HOURS} hours. Was"
            " the patrol stopped late? Correct the times."
        )
    return problems


def _area_problems(folder: Path, entry: Entry, settings: Settings) -> list[str]:
    if not entry.area:
        return ["Choose the hot spot."]
    day = patrol_day(entry.start, settings) if _whole(entry.start) else patrol_day(now().timestamp(), settings)
    known = areas_on(folder, day)
    if not len(known):
        return [f"No frozen hot spots held on {day:%d/%m/%Y}. Freeze areas on the page Hot spots first."]
    if entry.area not in set(known["area"]):
        return [f"'{entry.area[:40]}' is no hot spot that was in the register on {day:%d/%m/%Y}. Choose another."]
    return []


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def refuse_key(key: str) -> None:
    """HotspotsError for a key that no form of ours has made."""
    if not is_key(key):
        raise HotspotsError("The key of this form is not one of ours. Begin a new entry.")


def is_key(key: object) -> bool:
    return isinstance(key, str) and KEY.fullmatch(key) is not None


def _signature(folder: Path, author: str, why: str) -> tuple[str, str]:
    """(author hashed, why); HotspotsError where either is missing."""
    open_workspace(folder)
    code, why = hashed(folder, author), plain(why)
    told = [what for what, text in (("your unit or name", code), ("a reason", why)) if not text]
    if told:
        raise HotspotsError(f"This needs {' and '.join(told)}.")
    if len(why) > MOST_TEXT:
        raise HotspotsError(f"The reason is longer than {MOST_TEXT:,} characters. Shorten it.")
    return code, why


def _clean(folder: Path, name: str, value: Any) -> Any:
    """A changed value as it is stored."""
    if name == "unit":
        return hashed(folder, value)
    return plain(value) if name in ("notes", "activity", "area") else value


def hashed(folder: Path, name: str) -> str:
    """``unit-…`` for what was typed, '' for nothing; what is a code already stays."""
    return unit_text(int(unit_codes(folder, [_utf8(name)])[0])) if name.strip() else ""


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def plain(text: str) -> str:
    """Text without control characters, line breaks kept, blanks at the ends gone."""
    return CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


# ---------------------------------------------------------------- reading


def entries_of(
    folder: Path, first_second: int | None = None, last_second: int | None = None, withdrawn: bool = False
) -> pd.DataFrame:
    """The latest revision of every entry that overlaps [first_second, last_second), by start and entry.

    Columns: those of `Entry` (times in UTC seconds, ``unit`` and ``author`` as ``unit-…`` or '', counts empty where
    not told). ``withdrawn`` leaves withdrawn ones in.
    """
    if not has_database(folder):
        return _frame([])
    from sqlalchemy import func, select

    kept = _table("patrol_entries")
    last = select(kept.c.entry, func.max(kept.c.revision).label("revision")).group_by(kept.c.entry).subquery()
    asked = select(kept).join(last, (kept.c.entry == last.c.entry) & (kept.c.revision == last.c.revision))
    if first_second is not None:
        asked = asked.where(kept.c.end > first_second)
    if last_second is not None:
        asked = asked.where(kept.c.start < last_second)
    if not withdrawn:
        asked = asked.where(kept.c.withdrawn == 0)
    with transaction(folder) as connection:
        return _frame(connection.execute(asked.order_by(kept.c.start, kept.c.entry)).mappings().all())


def history(folder: Path, entry: str) -> pd.DataFrame:
    """Every revision of an entry, the original first, with the columns of `entries_of`."""
    if not has_database(folder):
        return _frame([])
    from sqlalchemy import select

    kept = _table("patrol_entries")
    with transaction(folder) as connection:
        asked = select(kept).where(kept.c.entry == entry).order_by(kept.c.revision)
        return _frame(connection.execute(asked).mappings().all())


def _frame(rows: Any) -> pd.DataFrame:
    table = pd.DataFrame([{name: row[name] for name in COLUMNS} for row in rows], columns=list(COLUMNS))
    whole = dict.fromkeys(("revision", "officers", "start", "end"), "int64")
    return table.astype({**whole, **dict.fromkeys(COUNTS, "Int16"), "reactive": bool, "withdrawn": bool})


def areas_on(folder: Path, day: date) -> pd.DataFrame:
    """The hot spots of every register that held on a day: area, name, bcu, register, by area.

    Where two registers use one number, the one frozen last counts.
    """
    columns = ["area", "name", "bcu", "register"]
    versions = register.registers(folder)
    names = versions.loc[versions["valid_from"] <= day.isoformat(), "name"].unique()
    held = sorted((register.version_on(folder, name, day) for name in names), key=lambda f: f.created)
    if not held:
        return pd.DataFrame(columns=columns)
    found = pd.concat([f.areas.assign(register=f.ref)[columns] for f in held])
    return found.drop_duplicates("area", keep="last").sort_values("area").reset_index(drop=True)


# ---------------------------------------------------------------- drafts


class Begun(NamedTuple):
    """What stands under the key of a form: the entry once it is stored, else what was typed so far."""

    entry: Entry | None
    draft: dict[str, Any] | None


def begun(folder: Path, key: str) -> Begun:
    """What stands under a key, both None where nothing does."""
    if not has_database(folder) or not is_key(key):
        return Begun(None, None)
    from sqlalchemy import select

    drafts = _table("patrol_drafts")
    with transaction(folder) as connection:
        told = connection.execute(select(drafts.c.told).where(drafts.c.key == key)).scalar()
        return Begun(_under(connection, key), None if told is None else _told(told))


def draft(folder: Path, key: str) -> dict[str, Any] | None:
    """What was typed so far under a key, None where nothing was."""
    return begun(folder, key).draft


def save_draft(folder: Path, key: str, told: Mapping[str, Any]) -> bool:
    """Keep what was typed so far (anything JSON can hold), its ``unit`` hashed; False where the entry is stored.

    Drafts that nobody has touched for `DRAFT_DAYS` days are removed on the way.
    """
    refuse_key(key)
    open_workspace(folder)
    safe = {**told, "unit": hashed(folder, str(told.get("unit") or ""))}
    text = json.dumps(safe, sort_keys=True, allow_nan=False)  # ASCII: any text there is can be stored
    if len(text) > MOST_DRAFT:
        raise HotspotsError("The entry is too long to be kept. Shorten the notes.")
    from sqlalchemy.exc import IntegrityError

    for _ in range(TRIES):
        try:
            return _put_draft(folder, key, text)
        except IntegrityError:  # another program has put it in just now
            continue
    raise HotspotsError("Others are writing to this form at this moment. Nothing was kept; try again.")


def _put_draft(folder: Path, key: str, text: str) -> bool:
    from sqlalchemy import delete, insert, update

    drafts, at = _table("patrol_drafts"), now()
    old = (at - timedelta(days=DRAFT_DAYS)).isoformat(timespec="microseconds")
    row = {"told": text, "changed": at.isoformat(timespec="microseconds")}
    with transaction(folder) as connection:
        connection.execute(delete(drafts).where(drafts.c.changed < old))
        if _under(connection, key) is not None:
            return False
        if not connection.execute(update(drafts).where(drafts.c.key == key).values(**row)).rowcount:
            connection.execute(insert(drafts).values(key=key, **row))
    return True


def drop_draft(folder: Path, key: str) -> None:
    """Forget what was typed under a key."""
    if not has_database(folder):
        return
    from sqlalchemy import delete

    drafts = _table("patrol_drafts")
    with transaction(folder) as connection:
        connection.execute(delete(drafts).where(drafts.c.key == key))


def _told(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


# ---------------------------------------------------------------- wall clock and instant


class Moment(NamedTuple):
    """UTC seconds, and a sentence where the wall clock alone does not say which; else ''."""

    second: int
    note: str


def patrol_day(second: float, settings: Settings) -> date:
    """The patrol day of a UTC second."""
    return date.fromisoformat(day_text(day_numbers([int(second)], settings)[0]))


def local(second: float, settings: Settings) -> datetime:
    """The wall clock at a UTC second."""
    return datetime.fromtimestamp(second, home(settings))


def local_text(second: float, settings: Settings) -> str:
    """``14/06/2026 14:05``, local time."""
    return f"{local(second, settings):%d/%m/%Y %H:%M}"


def moments_of(day: date, clock: time, settings: Settings) -> list[int]:
    """The instants at which a wall clock shows this: one, two in the hour that comes twice.

    A time that the clocks skip is read on the clock before the change.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None))
    first, second = (int(wall.replace(tzinfo=home(settings), fold=f).timestamp()) for f in (0, 1))
    return [first, second] if second > first else [first]


def moment_of(day: date, clock: time, settings: Settings) -> Moment:
    """The instant of a wall clock; of two, the first."""
    return _noted(moments_of(day, clock, settings)[0], day, clock, settings)


def end_moment(start: int, clock: time, settings: Settings) -> Moment:
    """The first instant after ``start`` at which the wall clock shows ``clock``, past midnight too.

    Where that is more than `MOST_HOURS` later, the clock on the day of the start: an end before it, to be refused.
    """
    first = local(start, settings).date()
    choices = [(t, d) for d in (first, first + timedelta(days=1)) for t in moments_of(d, clock, settings)]
    later = [(t, d) for t, d in choices if start < t <= start + MOST_HOURS * 3600]
    second, day = min(later) if later else choices[0]
    return _noted(second, day, clock, settings)


def _noted(second: int, day: date, clock: time, settings: Settings) -> Moment:
    """The instant, with a word where the clocks changed."""
    given, shown = f"{clock:%H:%M}", local(second, settings)
    choices = moments_of(day, clock, settings)
    if len(choices) == 2:
        which = "first" if second == choices[0] else "second"
        return Moment(second, f"{given} came twice that night; taken is the {which} ({shown:%Z}).")
    if (shown.hour, shown.minute) != (clock.hour, clock.minute):
        return Moment(second, f"{given} was skipped that night, as the clocks went forward; taken is {shown:%H:%M}.")
    return Moment(second, "")
