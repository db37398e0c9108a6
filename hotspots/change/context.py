"""Where context lines stand: the shipped ones in a file, what people add, correct and withdraw in SQL.

Rows are only ever added. A correction is a later row of the same line, and so is a withdrawal; the newest row of a line
holds, also of a shipped one. Nothing that was written is lost: `history` has it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.clock import day_of
from hotspots.base.columns import CONTEXT, CONTEXT_HISTORY, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, month_text
from hotspots.base.profile import Profile, home
from hotspots.base.shipped import DATA
from hotspots.base.shipped import shipped as shipped_file
from hotspots.base.words import counted, joined
from hotspots.harm.offences import POLICE_UK
from hotspots.store import ledger
from hotspots.store.ledger import Row
from hotspots.store.workspace import profile_in_use

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
SHIPPED, ADDED, CORRECTED, WITHDRAWN = "shipped", "added", "corrected", "withdrawn"
EVERYWHERE = "all"
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
LONGEST_NAME = 120


# ---------------------------------------------------------------- reading


def shipped(force: Profile) -> pd.DataFrame:
    """The lines that come with the program (data/context_lines.csv), in `CONTEXT`, in the order of the file.

    Those of another force are left out.
    """
    table = pd.read_csv(shipped_file(FILE), dtype=str, keep_default_na=False)
    table = table[table["force"].isin(["", force.name])]
    return in_columns(table.assign(author=SHIPPED, created=""), CONTEXT)


def shipped_rows(force: Profile) -> list[Row]:
    """The same as rows: as if stored before any other."""
    return [{**row, "revision": 0, "withdrawn": 0} for row in shipped(force).to_dict("records")]  # type: ignore[dict-item]


def force_of(folder: Path | None) -> Profile:
    """The force of a workspace; without one Lancashire."""
    return profile_in_use(folder) if folder else home()


def lines(folder: Path | None) -> pd.DataFrame:
    """Every line that holds, in `CONTEXT`, by first day: the shipped ones under what people made of them.

    ``folder`` None: the shipped ones alone. HotspotsError where a stored row is not as it was written.
    """
    newest = ledger.newest([*shipped_rows(force_of(folder)), *stored(folder)], "line").values()
    table = pd.DataFrame([r for r in newest if not r["withdrawn"]], columns=[c.name for c in CONTEXT])
    return in_columns(table.sort_values(["first_day", "kind", "line"], kind="stable"), CONTEXT)


def history(folder: Path | None) -> pd.DataFrame:
    """All that was ever written, in `CONTEXT_HISTORY`, oldest first."""
    rows = [{**row, "what": what_of(row)} for row in (*shipped_rows(force_of(folder)), *stored(folder))]
    return in_columns(pd.DataFrame(rows), CONTEXT_HISTORY)


def what_of(row: Row) -> str:
    """What a row did to its line: shipped, added, corrected or withdrawn."""
    if row["withdrawn"]:
        return WITHDRAWN
    if row["revision"] == 0:
        return SHIPPED
    return ADDED if row["revision"] == 1 and row["line"].startswith("c-") else CORRECTED


def stored(folder: Path | None) -> list[Row]:
    """The rows that people wrote, oldest first, each verified. HotspotsError where one is not as it was written."""
    rows = ledger.rows(folder, TABLE)
    if words := damaged(rows):
        raise HotspotsError(words)
    return rows


def stamp(folder: Path) -> str:
    """Changes whenever a line is added, corrected or withdrawn, by anyone: the key for every cache of them."""
    return ledger.stamp(folder, TABLE)


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored lines, each a sentence."""
    return damaged(ledger.rows(folder, TABLE))


def damaged(rows: Sequence[Row]) -> list[str]:
    """Rows that do not have the hash they were stored with, and lines that lack an earlier row."""
    last: dict[str, int] = {}

    def check(row: Row) -> None:
        line, revision = str(row["line"]), int(row["revision"])
        before, last[line] = last.get(line, 0), revision
        ledger.verify(f"Context line {line[:40]} is not as it was written", row)
        if revision != before + 1:
            raise HotspotsError(f"Context line {line[:40]} lacks an earlier row. Restore the database from a copy.")

    return ledger.faults(rows, check)


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
    asked = {
        "kind": kind, "name": name, "first_day": first_day, "last_day": last_day, "where": where, "source": source,
    }  # fmt: skip
    store(folder, named(line), {k: v for k, v in asked.items() if v is not None}, author, note)


def withdraw_line(folder: Path, line: str, author: str, note: str) -> None:
    """Take a line away, a shipped one too; it stays in the history. HotspotsError where there is none to withdraw."""
    store(folder, named(line), None, author, note)


def named(line: str) -> str:
    if not line.strip():
        raise HotspotsError("Which line? Give its number, such as c-1 or s-covid.")
    return line.strip()


def store(folder: Path, line: str, facts: Mapping[str, Any] | None, author: str, note: str) -> str:
    """Add the next row of a line ('': of a new one): with these facts over the last row's, or None: withdrawn."""
    force = force_of(folder)
    words = ledger.faults([(author, note)], lambda signed: ledger.signature(*signed))
    words += [] if line else ledger.faults([facts or {}], lambda told: checked(told, force.bcus))
    if words:
        raise HotspotsError(words)
    author, note = ledger.signature(author, note)

    def add(connection: Connection) -> str:
        row = next_row(ledger.rows_in(connection, TABLE), line, facts, force)
        row |= {"author": author, "note": note, "created": ledger.created()}
        ledger.insert(connection, TABLE, {**row, "sha256": ledger.hash_of(row)})
        return str(row["line"])

    return ledger.append(folder, add)


def next_row(rows: Sequence[Row], line: str, facts: Mapping[str, Any] | None, force: Profile) -> Row:
    """The row to be added after these, without its signature. HotspotsError where there can be none."""
    if not line:
        number = 1 + len({r["line"] for r in rows if r["line"].startswith("c-")})
        return {"line": f"c-{number}", "revision": 1, "withdrawn": 0, **checked(facts or {}, force.bcus)}
    last = ledger.newest([*shipped_rows(force), *rows], "line").get(line)
    if last is None:
        raise HotspotsError(f"There is no context line '{line[:40]}'. `change context` lists them with their numbers.")
    if facts is None and last["withdrawn"]:
        raise HotspotsError(f"Context line {line} was withdrawn already.")
    before = {k: last[k] for k in FIELDS}
    after = before if facts is None else checked({**before, **facts}, force.bcus)
    if facts is not None and after == before and not last["withdrawn"]:
        raise HotspotsError(f"Context line {line} says that already; nothing would change.")
    return {"line": line, "revision": last["revision"] + 1, "withdrawn": int(facts is None), **after}


def checked(facts: Mapping[str, Any], bcus: Sequence[str]) -> dict[str, str]:
    """The facts of a line as they are stored; ``bcus``: of the force. HotspotsError with all that is wrong."""
    words: list[str] = []
    values = {k: " ".join(str(facts.get(k) or "").split()) for k in FIELDS}
    if values["kind"] == MAP_POINTS:
        words.append("Changes of map points are found from the data; nobody has to write them down.")
    elif values["kind"] not in KINDS:
        words.append(f"'{values['kind'][:40]}' is no kind of context line; there are {', '.join(KINDS)}.")
    if not values["name"]:
        words.append("A context line needs a name that says what it was.")
    elif len(values["name"]) > LONGEST_NAME:
        words.append(f"The name has {len(values['name'])} characters; give {LONGEST_NAME} at most, the rest as a note.")
    if values["where"] not in (EVERYWHERE, *bcus):
        words.append(f"'{values['where'][:40]}' is no place of a context line; give all, {', '.join(bcus)}.")
    first = day_of_line(facts.get("first_day") or "", "The first day", words)
    last = day_of_line(facts["last_day"], "The last day", words) if facts.get("last_day") else None
    if first and last and last < first:
        words.append(f"The last day ({last}) is before the first ({first}). Put the earlier day first.")
    if words:
        raise HotspotsError(words)
    return {**values, "first_day": str(first), "last_day": str(last or ""), "source": values["source"][:500]}


def day_of_line(day: date | str, what: str, words: list[str]) -> date | None:
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


MOST_NAMED = 3  # in one sentence; the table beside it has them all
# kind → (how one line covers a window, how several do, what that means)
SAID = {
    "restriction": ("covers", "cover", "the two windows are not comparable in this"),
    "recording": ("applies to", "apply to", "counts before and after do not follow the same rules"),
    "operation": ("covers", "cover", "policing differed between the windows"),
    "other": ("covers", "cover", "the two windows are not comparable in this"),
}


class Cover(NamedTuple):
    """On how many days of each window something of this name was going on."""

    name: str
    before: int
    after: int


def touching(lines: pd.DataFrame, before: Window, after: Window, bcu: str) -> pd.DataFrame:
    """The lines in force on a day of either window, in `CONTEXT` and in their order; those of the BCU, or of any."""
    here = lines["where"].isin([EVERYWHERE, bcu]) | (bcu == EVERYWHERE)
    last = lines["last_day"].where(lines["last_day"] != "", "9999-12-31")
    met = [(lines["first_day"] <= str(w.end)) & (last >= str(w.start)) for w in (before, after)]
    return in_columns(lines[here & (met[0] | met[1])], CONTEXT)


def overlap_notes(
    lines: pd.DataFrame, breaks: Iterable[int], before: Window, after: Window, bcu: str, source: str
) -> list[str]:
    """A sentence for each kind of thing that differs between the two windows; none where none does.

    ``lines``: `CONTEXT`; ``breaks``: months (YYYYMM) whose map points are new, which count for data.police.uk only.
    Lines of one kind, name and place are one thing, whose days count once: a week of action in either window is no
    difference. See `differs` for what is.
    """
    near = touching(lines, before, after, bcu)
    notes = [note for kind in SAID if (note := kind_note(kind, near[near["kind"] == kind], before, after))]
    holidays = holiday_note(near[near["kind"] == "holiday"], before, after)
    points = map_point_note(breaks, before, after) if source == POLICE_UK else ""
    return [*([points] if points else []), *notes, *([holidays] if holidays else [])]


def differs(cover: Cover, before: Window, after: Window) -> bool:
    """Whether the shares of the windows differ: by more than half a day, counted in the shorter of the two.

    |b/B − a/A| · min(A, B) > ½, with b of B days before and a of A after; written in whole numbers.
    """
    b, a = days(before), days(after)
    return 2 * abs(cover.before * a - cover.after * b) > max(a, b)


def kind_note(kind: str, lines: pd.DataFrame, before: Window, after: Window) -> str:
    """The sentence of one kind, '' where nothing of it differs. On one side only always differs."""
    found = []
    for (name, where), one in lines.groupby(["name", "where"], sort=True):
        said = str(name) if where == EVERYWHERE else f"{name} ({where})"
        cover = Cover(said, days_of(one, before), days_of(one, after))
        if differs(cover, before, after) or (cover.before == 0) != (cover.after == 0):
            found.append(cover)
    if not found:
        return ""
    found.sort(key=lambda c: (-abs(c.before / days(before) - c.after / days(after)), c.name))
    one_verb, many_verb, meaning = SAID[kind]
    lead = found[0]
    parts = [
        f"{lead.name} {many_verb if lead.name.split(' (')[0].endswith('s') else one_verb} {number(lead.before)} of the"
        f" {counted(days(before), 'day')} before and {number(lead.after)} of the {days(after):,} after"
    ]
    parts += [f"{c.name} {number(c.before)} and {number(c.after)}" for c in found[1:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        parts.append(f"and {len(found) - MOST_NAMED} more")
    return f"{'; '.join(parts)}: {meaning}."


def holiday_note(lines: pd.DataFrame, before: Window, after: Window) -> str:
    """Holidays by their number: Easter moves, and a jubilee comes once. '' where the windows have as many."""
    cover = Cover("", days_of(lines, before), days_of(lines, after))
    if not differs(cover, before, after):
        return ""
    said = f"Holidays fall on {number(cover.before)} of the {counted(days(before), 'day')} before"
    said += f" and on {number(cover.after)} of the {days(after):,} after"
    names = [names_in(lines, w) for w in (before, after)]
    only = [(sorted(names[0] - names[1]), "before"), (sorted(names[1] - names[0]), "after")]
    more = "; ".join(f"only {side}: {few(which)}" for which, side in only if which)
    return f"{said} ({more})." if more else f"{said}."


def names_in(lines: pd.DataFrame, window: Window) -> set[str]:
    """What the holidays of a window are called; a substitute day is the same holiday."""
    last = lines["last_day"].where(lines["last_day"] != "", "9999-12-31")
    inside = lines[(lines["first_day"] <= str(window.end)) & (last >= str(window.start))]
    return {str(n).removesuffix(" (substitute day)") for n in inside["name"]}


def map_point_note(breaks: Iterable[int], before: Window, after: Window) -> str:
    """The sentence about new map points between or inside the windows; '' where every day lies on one side."""
    start, end = min(before.start, after.start), max(before.end, after.end)
    said = []
    for month in sorted(set(breaks)):
        first = date(month // 100, month % 100, 1)
        if not start < first <= end:
            continue
        inside = [name for w, name in ((before, "before"), (after, "after")) if w.start < first <= w.end]
        said.append(f"{month_text(month)} ({f'inside the days {inside[0]}' if inside else 'between the two windows'})")
    if not said:
        return ""
    return (
        f"The map points of data.police.uk changed in {few(said)}: counts move between cells without any change in"
        " crime."
    )


def days(window: Window) -> int:
    return (window.end - window.start).days + 1


def days_of(lines: pd.DataFrame, window: Window) -> int:
    """On how many days of the window at least one of the lines was in force."""
    covered = np.zeros(days(window), dtype=bool)
    for first, last in zip(lines["first_day"], lines["last_day"], strict=True):
        begin = (date.fromisoformat(first) - window.start).days
        end = (date.fromisoformat(last) - window.start).days + 1 if last else len(covered)
        covered[max(begin, 0) : max(end, 0)] = True
    return int(covered.sum())


def number(n: int) -> str:
    return "none" if n == 0 else f"{n:,}"


def few(names: Sequence[str]) -> str:
    """'a, b and c'; of more than three 'a, b, c and 2 more'."""
    more = len(names) - MOST_NAMED
    return joined([*names[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])
