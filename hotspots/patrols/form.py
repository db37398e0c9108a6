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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from hotspots.areas.register import areas_in
from hotspots.base.clock import HOUR, clock_text, patrol_day
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import HASHED, unit_codes, unit_text
from hotspots.base.settings import Settings
from hotspots.store import ledger
from hotspots.store.database import read
from hotspots.store.ledger import Row
from hotspots.store.sound import refuse_other_key
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTIVITIES = (
    "High-visibility patrol", "Engagement", "Stop and search", "Visit to premises", "Problem-solving", "Other",
)  # fmt: skip
MODES = ("foot", "vehicle")
ENTRIES, DRAFTS = "patrol_entries", "patrol_drafts"
COUNTS = ("searches", "arrests", "weapons")
MOST_OFFICERS = 50
MOST_COUNTED = 999
EARLY_S = 5 * 60  # a phone's or a server's clock may be as wrong as this
MOST_TEXT = 2_000
MOST_DRAFT = 20_000  # characters of JSON
KEY = re.compile(r"[0-9a-f]{32}")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")  # all but the line break


@dataclass(frozen=True, kw_only=True)
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
    searches: int | None = None  # None: the entry does not say
    arrests: int | None = None
    weapons: int | None = None
    notes: str = field(default="", repr=False)
    author: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Entry(Submission):
    """A revision of an entry as it is stored. ``unit`` and ``author`` are ``unit-…`` or ''."""

    entry: str
    revision: int  # 1 is the original
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


def record(folder: Path, submission: Submission) -> Stored:
    """Store an entry, once for each key; the draft of that key is removed.

    A key that is stored already gives what stands under it, whatever the submission says now. HotspotsError, all
    problems at once, for what cannot be stored.
    """
    refuse_key(submission.key)
    settings = open_workspace(folder).settings
    unit, author = hashed(folder, submission.unit), hashed(folder, submission.author)
    sent = asdict(submission) | {"unit": unit, "author": author, "area": submission.area.strip()}
    sent |= {"activity": plain(submission.activity), "notes": plain(submission.notes)}
    entry = Entry(**sent, entry=secrets.token_hex(8), revision=1, why="", withdrawn=False, created="")
    return _stored_once(folder, submission.key, lambda connection: _checked(connection, entry, settings))


def correct(folder: Path, entry: str, changes: Mapping[str, Any], author: str, why: str, key: str) -> Stored:
    """Add a later revision of an entry with ``changes`` (any of `CHANGEABLE`); the original stays.

    The changes are put on what stands last, so that two people who correct different things at once both have
    their way. HotspotsError without author or reason, for what changes nothing, and for what cannot be stored.
    """
    unknown = sorted(changes.keys() - set(CHANGEABLE))
    if unknown:
        raise HotspotsError(f"An entry has no '{unknown[0][:40]}' that could be corrected.")
    refuse_key(key)
    settings = open_workspace(folder).settings
    author, why = _signature(folder, author, why)
    clean: dict[str, Any] = {n: _clean(folder, n, value) for n, value in changes.items()}

    def next_row(connection: Connection) -> Entry:
        last = _latest(connection, entry)
        if all(getattr(last, name) == value for name, value in clean.items()):
            raise HotspotsError("Nothing was changed: the entry says just that already.")
        made = replace(last, **clean, revision=last.revision + 1, key=key, author=author, why=why)
        return _checked(connection, made, settings, made.area != last.area or made.start != last.start)

    return _stored_once(folder, key, next_row)


def withdraw(folder: Path, entry: str, author: str, why: str, key: str) -> Stored:
    """Add a revision that takes an entry out of all figures; its history stays. HotspotsError as for `correct`."""
    refuse_key(key)
    open_workspace(folder)
    author, why = _signature(folder, author, why)

    def next_row(connection: Connection) -> Entry:
        last = _latest(connection, entry)
        return replace(last, revision=last.revision + 1, key=key, author=author, why=why, withdrawn=True)

    return _stored_once(folder, key, next_row)


def _stored_once(folder: Path, key: str, make: Callable[[Connection], Entry]) -> Stored:
    """What stands under the key, else the row that ``make`` gives, its draft removed."""

    def add(connection: Connection) -> Stored:
        if (found := _under(connection, key)) is not None:
            return Stored(found, True)
        row = replace(make(connection), created=ledger.created())
        values = {**asdict(row), "reactive": int(row.reactive), "withdrawn": int(row.withdrawn)}
        ledger.insert(connection, ENTRIES, values)
        drafts = ledger.table_of(DRAFTS)
        connection.execute(drafts.delete().where(drafts.c.key == key))
        return Stored(row, False)

    return ledger.append(folder, add)


def _latest(connection: Connection, entry: str) -> Entry:
    """The last revision of an entry that stands."""
    rows = ledger.rows_in(connection, ENTRIES, entry=entry)
    if not rows:
        raise HotspotsError(f"There is no entry '{entry[:40]}'.")
    if rows[-1]["withdrawn"]:
        raise HotspotsError("This entry was withdrawn. Log it anew if it holds after all.")
    return _entry(rows[-1])


def _under(connection: Connection | None, key: str) -> Entry | None:
    rows = ledger.rows_in(connection, ENTRIES, key=key)
    return _entry(rows[0]) if rows else None


def _entry(row: Row) -> Entry:
    values = {name: row[name] for name in COLUMNS}
    return Entry(**{**values, "reactive": bool(row["reactive"]), "withdrawn": bool(row["withdrawn"])})


def _checked(connection: Connection, entry: Entry, settings: Settings, moved: bool = True) -> Entry:
    """The entry; HotspotsError with everything that keeps it from being stored.

    ``moved`` false: the place stands as it was stored, and a later version of the register takes nothing back.
    """
    problems = _area_problems(connection, entry, settings) if moved else []
    problems += _time_problems(entry.start, entry.end, settings)
    for name, least, most in (("officers", 1, MOST_OFFICERS), *((name, 0, MOST_COUNTED) for name in COUNTS)):
        n = getattr(entry, name)
        if (n is None and name in COUNTS) or (_whole(n) and least <= n <= most):
            continue
        problems.append(f"{name.capitalize()} are {str(n)[:20]}; it must be a whole number from {least} to {most}.")
    if entry.mode not in ("", *MODES):
        problems.append(f"The mode is '{entry.mode[:20]}'; it must be foot, vehicle, or left out.")
    for name in ("notes", "activity"):
        if len(getattr(entry, name)) > MOST_TEXT:
            problems.append(f"More than {MOST_TEXT:,} characters of {name}. Shorten the text.")
    if problems:
        raise HotspotsError(problems)
    return entry


def _time_problems(start: int, end: int, settings: Settings) -> list[str]:
    if not _whole(start) or not _whole(end):
        return ["An entry needs a start and an end."]
    at = int(ledger.now().timestamp())
    problems = [
        f"The {what}, {clock_text(t, settings)}, has not come yet: it is {clock_text(at, settings)} now. Check the day"
        " and the time."
        for what, t in (("start", start), ("end", end))
        if t > at + EARLY_S
    ]
    if end <= start:
        problems.append(
            f"The end, {clock_text(end, settings)}, is not after the start, {clock_text(start, settings)}. Correct one"
            " of them."
        )
    if end - start > settings.log_max_hours * HOUR:
        problems.append(
            f"From {clock_text(start, settings)} to {clock_text(end, settings)} is longer than {settings.log_max_hours}"
            " hours. Was the patrol stopped late? Correct the times."
        )
    return problems


def _area_problems(connection: Connection, entry: Entry, settings: Settings) -> list[str]:
    if not entry.area:
        return ["Choose the hot spot."]
    day = patrol_day(entry.start if _whole(entry.start) else ledger.now().timestamp(), settings)
    held = areas_in(connection, day)["area"]
    if not len(held):
        return [f"No frozen hot spots held on {day:%d/%m/%Y}. Freeze areas on the page Hot spots first."]
    if entry.area not in set(held):
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
    code, why = hashed(folder, author), plain(why)
    missing = [what for what, text in (("your unit or name", code), ("a reason", why)) if not text]
    if missing:
        raise HotspotsError(f"This needs {' and '.join(missing)}.")
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
    if not name.strip():
        return ""
    refuse_other_key(open_workspace(folder))
    return unit_text(int(unit_codes(folder, [name.encode("utf-8", "replace").decode()])[0]))


def plain(text: str) -> str:
    """Text without control characters, line breaks kept, blanks at the ends gone."""
    return CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def entries_of(folder: Path, first_second: int, last_second: int) -> pd.DataFrame:
    """The latest revision of every entry that overlaps [first_second, last_second), by start and entry.

    Columns: those of `Entry` (times in UTC seconds, ``unit`` and ``author`` as ``unit-…`` or '', counts empty where
    the entry does not say). Withdrawn ones are among them.
    """
    with read(folder) as connection:
        if connection is None:
            return _frame([])
        table = ledger.table_of(ENTRIES)
        inside = (table.c.end > first_second) & (table.c.start < last_second)
        asked = table.select().where(inside, table.c.id.in_(ledger.newest_numbers(table, "entry")))
        return _frame(sound_rows(connection.execute(asked.order_by(table.c.start, table.c.entry)).mappings()))


def history(folder: Path, entry: str) -> pd.DataFrame:
    """Every revision of an entry, the original first, with the columns of `entries_of`."""
    return _frame(ledger.rows(folder, ENTRIES, entry=entry))


def _frame(rows: Any) -> pd.DataFrame:
    table = pd.DataFrame([{name: row[name] for name in COLUMNS} for row in rows], columns=list(COLUMNS))
    whole = dict.fromkeys(("revision", "officers", "start", "end"), "int64")
    return table.astype({**whole, **dict.fromkeys(COUNTS, "Int16"), "reactive": bool, "withdrawn": bool})


def sound_rows(rows: Iterable[Any]) -> list[Row]:
    """Stored revisions as they are. HotspotsError where one is such as nobody can have stored."""
    found = [dict(row) for row in rows]
    if words := ledger.faults(found, _refuse_damaged):
        raise HotspotsError(words)
    return found


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored entries, each a sentence: they have no hash, but bounds, and follow each other."""
    rows = ledger.rows(folder, ENTRIES)
    words = ledger.faults(rows, _refuse_damaged)
    last: dict[str, int] = {}
    for row in rows:
        before, last[row["entry"]] = last.get(row["entry"], 0), row["revision"]
        if row["revision"] != before + 1:
            words.append(f"Log entry {row['entry'][:40]} lacks an earlier row. Restore the database from a copy.")
    return words


def _refuse_damaged(row: Row) -> None:
    counts = [row[name] for name in COUNTS if row[name] is not None]
    numbers = (row["officers"], row["start"], row["end"], *counts)
    sound = (
        all(_whole(n) for n in numbers)
        and 1 <= row["officers"] <= MOST_OFFICERS
        and all(0 <= n <= MOST_COUNTED for n in counts)
        and row["start"] < row["end"]
        and row["reactive"] in (0, 1)
        and row["withdrawn"] in (0, 1)
        and row["mode"] in ("", *MODES)
        and all(text == "" or HASHED.fullmatch(str(text)) for text in (row["unit"], row["author"]))
    )
    if not sound:
        raise HotspotsError(
            f"Log entry {str(row['entry'])[:40]} is such as nobody can have stored. Restore the database from a copy."
        )


class Begun(NamedTuple):
    """What stands under the key of a form: the entry once it is stored, else what was typed so far."""

    entry: Entry | None
    draft: dict[str, Any] | None


def begun(folder: Path, key: str) -> Begun:
    """What stands under a key, both None where nothing does."""
    if not is_key(key):
        return Begun(None, None)
    with read(folder) as connection:
        drafts = ledger.rows_in(connection, DRAFTS, key=key)
        return Begun(_under(connection, key), _typed(drafts[0]["told"]) if drafts else None)


def save_draft(folder: Path, key: str, typed: Mapping[str, Any]) -> bool:
    """Store what was typed so far (anything JSON can hold), its ``unit`` hashed; False where the entry is stored.

    Drafts that nobody has touched for ``draft_days`` (a setting) are removed on the way.
    """
    refuse_key(key)
    days = open_workspace(folder).settings.draft_days
    safe = {**typed, "unit": hashed(folder, str(typed.get("unit") or ""))}
    text = json.dumps(safe, sort_keys=True, allow_nan=False)  # ASCII: any text there is can be stored
    if len(text) > MOST_DRAFT:
        raise HotspotsError("The entry is too long to be stored. Shorten the notes.")

    def put(connection: Connection) -> bool:
        drafts = ledger.table_of(DRAFTS)
        old = (ledger.now() - timedelta(days=days)).isoformat(timespec="microseconds")
        connection.execute(drafts.delete().where((drafts.c.changed < old) | (drafts.c.key == key)))
        if _under(connection, key) is not None:
            return False
        ledger.insert(connection, DRAFTS, {"key": key, "told": text, "changed": ledger.created()})
        return True

    return ledger.append(folder, put)


def _typed(text: str) -> dict[str, Any] | None:
    try:
        typed = json.loads(text)
    except ValueError:
        return None
    return typed if isinstance(typed, dict) else None
