"""What people decide, written down for good: rows are added with who, why and when, and never changed or deleted.

So it is with frozen areas, weight sets, matches, trial designs, context lines, dose targets and log entries. A
correction or withdrawal is a later row, and the newest row holds. What is frozen carries the SHA-256 of its canonical
text, so that a change made behind the program's back is found. `append` is the one place where something is read and
then written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from hotspots.base.errors import HotspotsError
from hotspots.store.database import read, write
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Table

Row: TypeAlias = dict[str, Any]
T = TypeVar("T")

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
LONGEST_AUTHOR, LONGEST_NOTE = 100, 2_000  # characters
VERSIONS_SHOWN = 8  # in a sentence


def now() -> datetime:
    """The one clock of everything that is stored."""
    return datetime.now(UTC)


def created() -> str:
    """The time that is written beside a row: ISO, UTC."""
    return now().isoformat(timespec="microseconds")


# ---------------------------------------------------------------- who, why, and under which name


def signature(author: str, note: str, what: str = "This", note_needed: bool = True) -> tuple[str, str]:
    """Author and note, each on one line; HotspotsError where either is missing."""
    author, note = " ".join(author.split())[:LONGEST_AUTHOR], " ".join(note.split())[:LONGEST_NOTE]
    missing = [] if author else ["an author"]
    if note_needed and not note:
        missing.append("a note that says why")
    if missing:
        raise HotspotsError(f"{what} needs {' and '.join(missing)}, for those who have to defend it later.")
    return author, note


def check_name(name: str, whose: str) -> None:
    """HotspotsError for a name that could not be asked for again: of a register, a match, a trial or a weight set."""
    if not NAME.fullmatch(name):
        raise HotspotsError(f"'{name[:60]}' cannot be a {whose}'s name: use small letters, digits, '-', '_' and '.'.")


def taken(connection: Connection, table: str, name: str, what: str) -> list[str]:
    """A sentence where the name is taken, else nothing."""
    if not rows_in(connection, table, name=name):
        return []
    return [f"There is a {what} '{name}' already, and what is frozen is never changed: give another name."]


# ---------------------------------------------------------------- adding


def append(folder: Path, add: Callable[[Connection], T]) -> T:
    """Run ``add``, which reads what stands and adds rows to it, in one transaction: alone, whole or not at all."""
    open_workspace(folder)
    with write(folder) as connection:
        return add(connection)


def insert(connection: Connection, table: str, row: Mapping[str, Any]) -> Any:
    """Add a row to a table; returns its key."""
    key = connection.execute(table_of(table).insert().values(**row)).inserted_primary_key
    return key[0] if key else None


def insert_all(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a table, in this order."""
    if rows:
        connection.execute(table_of(table).insert(), [dict(row) for row in rows])


def table_of(name: str) -> Table:
    from hotspots.store.schema import METADATA

    return METADATA.tables[name]


# ---------------------------------------------------------------- reading


def rows(folder: Path | None, table: str, **where: Any) -> list[Row]:
    """Every row of a table whose columns have these values, the oldest first; none before anything was stored."""
    with read(folder) as connection:
        return rows_in(connection, table, **where)


def rows_in(connection: Connection | None, table: str, **where: Any) -> list[Row]:
    """`rows`, with what is open already."""
    if connection is None:
        return []
    whole = table_of(table)
    asked = whole.select().where(*(whole.c[name] == value for name, value in where.items()))
    return [dict(row) for row in connection.execute(asked.order_by(*whole.primary_key)).mappings()]


def newest(rows: Iterable[Row], key: str) -> dict[Any, Row]:
    """The row that holds of each line, entry or cell: its newest."""
    return {row[key]: row for row in rows}


def newest_numbers(table: Table, key: str) -> Select[tuple[int]]:
    """The same in SQL, for a table with many rows: the numbers of the newest rows."""
    from sqlalchemy import func, select

    return select(func.max(table.c.id)).group_by(table.c[key])


def stamp(folder: Path, *tables: str) -> str:
    """Changes whenever a row is added to one of the tables, by anyone: the key for every cache of them."""
    with read(folder) as connection:
        if connection is None:
            return ""
        from sqlalchemy import func, select

        newest = [connection.execute(select(func.max(table_of(name).c.id))).scalar() for name in tables]
    return "-".join(str(number or 0) for number in newest)


def named(rows: Sequence[Row], name: str, what: str) -> list[Row]:
    """The rows of this name, the oldest first. HotspotsError, with the names there are, where there is none."""
    found = [row for row in rows if row["name"] == name]
    if not found:
        names = ", ".join(sorted({row["name"] for row in rows}))
        there = f"There are: {names}." if names else "None has been frozen in this workspace."
        raise HotspotsError(f"There is no {what} '{name[:60]}'. {there}")
    return found


def version(rows: Sequence[Row], asked: str, what: str) -> Row:
    """The row called ``name@version``, or the newest called ``name``. HotspotsError where there is none.

    A version is found by its first word too, where only one begins so.
    """
    name, _, wanted = asked.strip().partition("@")
    mine = named(rows, name, what)
    versions = [str(row["version"]) for row in mine]
    found = [row for row, v in zip(mine, versions, strict=True) if v == wanted] if wanted else mine[-1:]
    found = found or [row for row, v in zip(mine, versions, strict=True) if v.partition(" ")[0] == wanted]
    if len(found) != 1:
        held = ", ".join(versions[-VERSIONS_SHOWN:])
        raise HotspotsError(f"{what.capitalize()} {name} has no version '{wanted[:50]}'; it has {held}.")
    return found[0]


# ---------------------------------------------------------------- hashes


def canonical(facts: Any) -> str:
    """The one JSON text of something: keys in order, no blanks, no nan."""
    try:
        return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise HotspotsError(f"What is to be stored cannot be written as JSON: {error}.") from error


def hash_of(row: Mapping[str, Any], *json_columns: str, **more: Any) -> str:
    """SHA-256 of a row's canonical text, and of what belongs to it (``more``): all but its number and hash.

    Columns of JSON count by what they hold. A column that is empty does not count, so that one added to the schema
    later changes no hash.
    """
    facts = {
        name: json.loads(value) if name in json_columns else value
        for name, value in row.items()
        if value is not None and name not in ("id", "sha256")
    }
    return sha256(canonical({**facts, **more}).encode()).hexdigest()


def verify(what: str, row: Mapping[str, Any], *json_columns: str, **more: Any) -> None:
    """HotspotsError where a row has not the hash it was stored with. ``what``: "The match is not as it was frozen"."""
    try:
        sound = hash_of(row, *json_columns, **more) == row["sha256"]
    except (ValueError, HotspotsError):  # not even JSON any more
        sound = False
    if not sound:
        raise tampered(what)


def tampered(what: str) -> HotspotsError:
    return HotspotsError(f"{what}: it does not have the hash it was stored with. Restore the database from a copy.")


def faults(things: Iterable[T], check: Callable[[T], object]) -> list[str]:
    """What ``check`` refuses about each of these, a sentence each."""
    words: list[str] = []
    for thing in things:
        try:
            check(thing)
        except HotspotsError as error:
            words += error.problems
    return words
