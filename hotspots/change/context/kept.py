"""Where context lines are kept: the shipped ones in a file, what people add, correct and withdraw in SQL.

Rows are only ever added. A correction is a later row of the same line, and so is a withdrawal; the newest row of a line
holds, also of a shipped one. Nothing that was written is lost: `history` has it all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.areas.register import day_of, signature
from hotspots.base.choices import BCUS
from hotspots.base.columns import CONTEXT, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import DATA
from hotspots.base.shipped import shipped as shipped_file
from hotspots.store.database import has_database, tables, transaction
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLE = "context_lines"
FILE = DATA / "context_lines.csv"
KINDS = {
    "restriction": "limits on going out, such as those against COVID-19",
    "recording": "a change of what is counted as a crime, and how",
    "operation": "more or other policing than usual",
    "holiday": "bank holidays, compared by their number",
    "other": "anything else that may change crime or its recording",
}
MAP_POINTS = "map points"  # found from the data, never written by people
FIELDS = ("kind", "name", "first_day", "last_day", "where", "source")
SIGNED = ("author", "note", "created")
SHIPPED, ADDED, CORRECTED, WITHDRAWN = "shipped", "added", "corrected", "withdrawn"
EVERYWHERE = "all"
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
LONGEST_NAME = 120
TRIES = 20  # at a number that others take at the same moment


# ---------------------------------------------------------------- reading


def shipped() -> pd.DataFrame:
    """The lines that come with the program (data/context_lines.csv), in `CONTEXT`, in the order of the file."""
    table = pd.read_csv(shipped_file(FILE), dtype=str, keep_default_na=False)
    return in_columns(table.assign(author=SHIPPED, created=""), CONTEXT)


def lines(folder: Path | None) -> pd.DataFrame:
    """Every line that holds, in `CONTEXT`, by first day: the shipped ones under what people made of them.

    ``folder`` None: the shipped ones alone. HotspotsError where a stored row is not as it was written.
    """
    newest = {row["line"]: row for row in shipped().to_dict("records")}
    for row in stored(folder):
        newest.pop(row["line"], None)
        if not row["withdrawn"]:
            newest[row["line"]] = row
    table = pd.DataFrame(list(newest.values()), columns=[c.name for c in CONTEXT])
    return in_columns(table.sort_values(["first_day", "kind", "line"], kind="stable"), CONTEXT)


def history(folder: Path | None) -> pd.DataFrame:
    """All that was ever written, in `CONTEXT` and ``what`` (shipped, added, corrected, withdrawn), oldest first."""
    rows = [{**row, "what": SHIPPED} for row in shipped().to_dict("records")]
    rows += [{**row, "what": what_of(row)} for row in stored(folder)]
    table = pd.DataFrame(rows, columns=[*(c.name for c in CONTEXT), "what"])
    return in_columns(table, CONTEXT).assign(what=table["what"].astype("str"))


def what_of(row: Mapping[Any, Any]) -> str:
    """What a stored row did to its line; the first row of a line that ships is a correction of it."""
    if row["withdrawn"]:
        return WITHDRAWN
    return ADDED if row["revision"] == 1 and row["line"].startswith("c-") else CORRECTED


def stored(folder: Path | None) -> list[dict[Any, Any]]:
    """The rows that people wrote, oldest first, each verified. HotspotsError where one is not as it was written."""
    if folder is None or not has_database(folder):
        return []
    with transaction(folder) as connection:
        rows = read(connection)
    wrong = damaged(rows)
    if wrong:
        raise HotspotsError(wrong)
    return rows


def read(connection: Connection) -> list[dict[Any, Any]]:
    from sqlalchemy import select

    kept = tables().tables[TABLE]
    return [dict(row) for row in connection.execute(select(kept).order_by(kept.c.id)).mappings()]


def stamp(folder: Path) -> str:
    """Changes whenever a line is added, corrected or withdrawn, by anyone: the key for every cache of them."""
    if not has_database(folder):
        return ""
    from sqlalchemy import func, select

    with transaction(folder) as connection:
        return str(connection.execute(select(func.max(tables().tables[TABLE].c.id))).scalar() or 0)


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored lines, each a sentence."""
    if not has_database(folder):
        return []
    with transaction(folder) as connection:
        return damaged(read(connection))


def damaged(rows: list[dict[Any, Any]]) -> list[str]:
    """Rows that do not have the hash they were stored with, and lines that lack an earlier row."""
    words, seen = [], dict[str, int]()
    for row in rows:
        line, revision = str(row["line"]), int(row["revision"])
        if hash_of(row) != row["sha256"]:
            words.append(
                f"Context line {line[:40]} is not as it was written: it does not have the hash it was stored with."
                " Restore the database from a copy."
            )
        elif revision != seen.get(line, 0) + 1:
            words.append(f"Context line {line[:40]} lacks an earlier row. Restore the database from a copy.")
        seen[line] = revision
    return words


def hash_of(row: Mapping[Any, Any]) -> str:
    """SHA-256 of a row as canonical JSON: keys in order, no blanks."""
    facts = {k: row[k] for k in ("line", "revision", "withdrawn", *FIELDS, *SIGNED)}
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


# ---------------------------------------------------------------- writing


def add_line(
    folder: Path, kind: str, name: str, first_day: date | str, last_day: date | str | None, where: str, source: str,
    author: str, note: str,
) -> str:  # fmt: skip
    """Store a line and return its number, such as c-7. ``last_day`` '' or None: since then for good.

    ``kind``: `KINDS`; ``where``: all or a BCU; ``source``: where the dates come from. HotspotsError, all problems at
    once, for anything that cannot be, and without an author and a note.
    """
    facts = {"kind": kind, "name": name, "first_day": first_day, "last_day": last_day, "where": where, "source": source}
    return store(folder, "", facts, author, note)


def correct_line(
    folder: Path, line: str, author: str, note: str, *, kind: str | None = None, name: str | None = None,
    first_day: date | str | None = None, last_day: date | str | None = None, where: str | None = None,
    source: str | None = None,
) -> None:  # fmt: skip
    """Store a correction of a line, a shipped one too; what is None stays, and ``last_day`` '' means: for good.

    A line that was withdrawn comes back by its correction. HotspotsError as in `add_line`, for a line that does not
    exist, and where nothing changes.
    """
    given = {
        "kind": kind, "name": name, "first_day": first_day, "last_day": last_day, "where": where, "source": source,
    }  # fmt: skip
    store(folder, known(line), {k: v for k, v in given.items() if v is not None}, author, note)


def withdraw_line(folder: Path, line: str, author: str, note: str) -> None:
    """Take a line away, a shipped one too; it stays in the history. HotspotsError where there is none to withdraw."""
    store(folder, known(line), None, author, note)


def known(line: str) -> str:
    if not line.strip():
        raise HotspotsError("Which line? Give its number, such as c-1 or s-covid.")
    return line.strip()


def store(folder: Path, line: str, facts: Mapping[str, Any] | None, author: str, note: str) -> str:
    """Add the next row of a line ('': of a new one): with these facts over the last row's, or None: withdrawn."""
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    words: list[str] = []
    try:
        author, note = signature(author, note)
    except HotspotsError as error:
        words += error.problems
    if not line:
        words += wrong_with(facts or {})
    if words:
        raise HotspotsError(words)
    open_workspace(folder)
    for _ in range(TRIES):
        try:
            with transaction(folder) as connection:
                row = next_row(read(connection), line, facts)
                row |= {"author": author, "note": note, "created": datetime.now(UTC).isoformat(timespec="seconds")}
                connection.execute(insert(tables().tables[TABLE]).values(**row, sha256=hash_of(row)))
                return str(row["line"])
        except IntegrityError:
            continue
    raise HotspotsError("Others are writing context lines at this moment. Nothing was stored; try again.")


def next_row(rows: list[dict[Any, Any]], line: str, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """The row to be added after these, without its signature. HotspotsError where there can be none."""
    if not line:
        number = 1 + len({r["line"] for r in rows if r["line"].startswith("c-")})
        return {"line": f"c-{number}", "revision": 1, "withdrawn": 0, **checked(facts or {})}
    own = [r for r in rows if r["line"] == line]
    last = own[-1] if own else next((r for r in shipped().to_dict("records") if r["line"] == line), None)
    if last is None:
        raise HotspotsError(f"There is no context line '{line[:40]}'. `change context` lists them with their numbers.")
    gone = bool(last.get("withdrawn"))
    if facts is None and gone:
        raise HotspotsError(f"Context line {line} was withdrawn already.")
    before = {k: last[k] for k in FIELDS}
    after = before if facts is None else checked({**before, **facts})
    if facts is not None and after == before and not gone:
        raise HotspotsError(f"Context line {line} says that already; nothing would change.")
    return {"line": line, "revision": len(own) + 1, "withdrawn": int(facts is None), **after}


def wrong_with(facts: Mapping[str, Any]) -> list[str]:
    """What `checked` says about these facts."""
    try:
        checked(facts)
    except HotspotsError as error:
        return list(error.problems)
    return []


def checked(facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a line as they are stored. HotspotsError with everything that is wrong with them."""
    words: list[str] = []
    told = {k: " ".join(str(facts.get(k) or "").split()) for k in FIELDS}
    if told["kind"] == MAP_POINTS:
        words.append("Changes of map points are found from the data; nobody has to write them down.")
    elif told["kind"] not in KINDS:
        words.append(f"'{told['kind'][:40]}' is no kind of context line; there are {', '.join(KINDS)}.")
    if not told["name"]:
        words.append("A context line needs a name that says what it was.")
    elif len(told["name"]) > LONGEST_NAME:
        words.append(f"The name has {len(told['name'])} characters; give {LONGEST_NAME} at most, the rest as a note.")
    if told["where"] not in (EVERYWHERE, *BCUS):
        words.append(f"'{told['where'][:40]}' is no place of a context line; give all, {', '.join(BCUS)}.")
    first = day_told(facts.get("first_day") or "", "The first day", words)
    last = day_told(facts["last_day"], "The last day", words) if facts.get("last_day") else None
    if first and last and last < first:
        words.append(f"The last day ({last}) is before the first ({first}). Put the earlier day first.")
    if words:
        raise HotspotsError(words)
    return {**told, "first_day": str(first), "last_day": str(last or ""), "source": told["source"][:500]}


def day_told(day: date | str, what: str, words: list[str]) -> date | None:
    """The day, or None, with a sentence added to ``words``."""
    try:
        found = day_of(day.strip() if isinstance(day, str) else day, what)
    except HotspotsError as error:
        words += error.problems
        return None
    if EARLIEST <= found <= LATEST:
        return found
    words.append(f"{what} is {found}; give a day from {EARLIEST.year} to {LATEST.year}.")
    return None
