"""The register of weight sets: versions that never change, decisions, undo, defaults, and who did what and why.

Every change is a new version made in one transaction; nothing is ever deleted. A version is written ``name@version``;
the name alone means its newest version. Two people may save at once: both versions stand, each with its parent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.base.columns import WEIGHT_AUDIT, WEIGHT_VERSIONS
from hotspots.base.errors import HotspotsError
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import COLUMNS, WeightSet, shipped_weight_sets, weight_set_from_table
from hotspots.harm.weights.contents import Change, decided, decided_line, differences, ref, with_changes
from hotspots.store import ledger
from hotspots.store.database import read
from hotspots.store.ledger import Row

if TYPE_CHECKING:
    from sqlalchemy import Connection


SETS, WEIGHTS = "weight_sets", "weights"
SHIPPED = "shipped"  # holds the set itself, in the row of one that ships with the program and is not stored yet


def rows_of_sets(connection: Connection | None) -> list[Row]:
    """Every version, oldest first: id, name, version, sha256, about.

    The sets that ship with the program are among them. They are stored with the first other one; until then they come
    last, with the numbers that they will get.
    """
    rows = ledger.rows_in(connection, SETS)
    held = {(row["name"], row["version"]) for row in rows}
    missing = [w for w in shipped_weight_sets().values() if (w.name, w.version) not in held]
    last = rows[-1]["id"] if rows else 0
    return rows + [{"id": last + i, **_row_of(w), SHIPPED: w} for i, w in enumerate(missing, 1)]


def _row_of(weights: WeightSet) -> Row:
    about = {f.name: getattr(weights, f.name) for f in fields(WeightSet) if f.name not in ("table", "sha256")}
    return {"name": weights.name, "version": weights.version, "sha256": weights.sha256, "about": json.dumps(about)}


def read_weights(connection: Connection | None, row: Row) -> WeightSet:
    """The set of one of `rows_of_sets`. HotspotsError where it no longer has the hash it was stored with."""
    if SHIPPED in row:
        return row[SHIPPED]
    lines = sorted(ledger.rows_in(connection, WEIGHTS, weight_set=row["id"]), key=lambda line: line["line"])
    weights = weight_set_from_table(pd.DataFrame(lines, columns=list(COLUMNS)), **json.loads(row["about"]))
    if weights.sha256 != row["sha256"]:
        raise ledger.tampered(f"Weight set {row['name']}@{row['version']} is not as it was stored")
    return weights


def sizes(connection: Connection | None) -> dict[int, int]:
    """Number of a stored set → its rows."""
    if connection is None:
        return {}
    from sqlalchemy import func, select

    lines = ledger.table_of(WEIGHTS)
    asked = select(lines.c.weight_set, func.count()).group_by(lines.c.weight_set)
    return {int(number): int(n) for number, n in connection.execute(asked)}


def store_shipped(connection: Connection) -> None:
    """Put in the weight sets that ship with the program, where they are missing."""
    for row in rows_of_sets(connection):
        if SHIPPED in row:
            store_weight_set(connection, row[SHIPPED])


def store_weight_set(connection: Connection, weights: WeightSet) -> int:
    """Add a weight set whose name and version nobody has; returns its number."""
    number = int(ledger.insert(connection, SETS, _row_of(weights)))
    lines: list[Row] = weights.table[list(COLUMNS)].to_dict("records")  # type: ignore[assignment]
    ledger.insert_all(connection, WEIGHTS, [{**r, "weight_set": number, "line": i} for i, r in enumerate(lines)])
    return number


def weight_sets(folder: Path | None) -> dict[str, WeightSet]:
    """Every weight set of the workspace by name (the newest version of each), the shipped ones among them."""
    with read(folder) as connection:
        newest = ledger.newest(rows_of_sets(connection), "name")
        return {name: read_weights(connection, row) for name, row in newest.items()}


def problems(folder: Path) -> list[str]:
    """Weight sets that are not as they were stored, each a sentence."""
    with read(folder) as connection:
        return ledger.faults(rows_of_sets(connection), lambda row: read_weights(connection, row))


MADE, CHANGES, DEFAULTS = "weight_versions", "weight_changes", "weight_defaults"
DEFAULT_WEIGHTS = {POLICE_UK: "policeuk-proxy-2026", "incidents": "cchi-2020-sv"}  # until a force sets its own
BY_PROGRAM = {"author": "the program", "note": "ships with the program", "created": "", "parent": None}
CHANGE = "A change of weights"


@dataclass(frozen=True)
class Draft:
    """A version about to be stored. ``parent`` is the number of a stored set; no ``changes``: the set as a whole."""

    weights: WeightSet
    parent: int | None
    what: str
    changes: tuple[Change, ...] = ()


def load(folder: Path | None, asked: str) -> WeightSet:
    """The version called ``name@version``, or the newest of ``name``.

    HotspotsError where there is none, or where what is stored no longer has the hash it was stored with.
    """
    with read(folder) as connection:
        return read_weights(connection, find(connection, asked))


def find(connection: Connection | None, asked: str) -> Row:
    """The row of the version called so. A version is found by its first word too, where only one begins so."""
    return ledger.version(rows_of_sets(connection), asked, "weight set")


def versions(folder: Path) -> pd.DataFrame:
    """Every version, oldest first, in `WEIGHT_VERSIONS`; ``parent`` is a name@version, '' where there is none."""
    with read(folder) as connection:
        rows, n_weights = rows_of_sets(connection), sizes(connection)
        made = ledger.newest(ledger.rows_in(connection, MADE), "weight_set")
        chosen = _defaults(connection)
    names = _names(rows)
    for row in rows:
        about = json.loads(row["about"])
        row |= {name: made.get(row["id"], BY_PROGRAM)[name] for name in BY_PROGRAM}
        row |= {
            "parent": names.get(row["parent"], ""), "label": about["label"], "source": about["source"],
            "n_weights": len(row[SHIPPED].table) if SHIPPED in row else n_weights.get(row["id"], 0),
            "is_default_for": ", ".join(source for source, version in chosen.items() if version == names[row["id"]]),
        }  # fmt: skip
    return pd.DataFrame(rows, columns=[c.name for c in WEIGHT_VERSIONS])


def _names(rows: list[Row]) -> dict[int, str]:
    """Number of a version → name@version."""
    return {row["id"]: f"{row['name']}@{row['version']}" for row in rows}


def defaults(folder: Path | None) -> dict[str, str]:
    """source → the name@version used where a question names no weights.

    Where nobody has set one it is the version that ships with the program, whatever has been edited since.
    """
    with read(folder) as connection:
        return _defaults(connection)


def _defaults(connection: Connection | None) -> dict[str, str]:
    shipped = {source: ref(shipped_weight_sets()[name]) for source, name in DEFAULT_WEIGHTS.items()}
    names = _names(ledger.rows_in(connection, SETS))
    return shipped | {row["source"]: names[row["weight_set"]] for row in ledger.rows_in(connection, DEFAULTS)}


def stamp(folder: Path) -> str:
    """Changes whenever a version or a default is stored: the key for every cache of them."""
    return ledger.stamp(folder, SETS, DEFAULTS)


def audit(folder: Path, name: str | None = None) -> pd.DataFrame:
    """Who changed what, when and why, oldest first, in `WEIGHT_AUDIT`: one row per offence changed.

    ``what``: import, edit, decision, undo, reopen, default. ``before`` and ``after`` are weights in the set's unit,
    empty where the offence had none; a decision says what ambiguity it ended in its note.
    """
    with read(folder) as connection:
        sets = ledger.newest(ledger.rows_in(connection, SETS), "id")
        changes, chosen = (ledger.rows_in(connection, table) for table in (CHANGES, DEFAULTS))
    for row in chosen:
        row |= {"what": "default", "offence": "", "note": f"for {row['source']}: {row['note']}"}
    rows = [{**sets[row["weight_set"]], **row} for row in (*changes, *chosen)]
    table = pd.DataFrame(rows, columns=[c.name for c in WEIGHT_AUDIT])
    table = table.sort_values("created", kind="stable", ignore_index=True)
    return table[table["name"] == name].reset_index(drop=True) if name else table


def store(folder: Path, author: str, note: str, make: Callable[[Connection], Draft]) -> WeightSet:
    """Store what ``make`` drafts under the version it asks for or the next free number.

    ``make`` runs inside the transaction, so that it sees the newest version.
    """

    def add(connection: Connection) -> WeightSet:
        store_shipped(connection)
        draft = make(connection)
        weights = replace(draft.weights, version=free_version(connection, draft.weights))
        made = {
            "weight_set": store_weight_set(connection, weights), "what": draft.what, "author": author, "note": note,
            "created": ledger.created(),
        }  # fmt: skip
        ledger.insert(connection, MADE, {**made, "parent": draft.parent})
        ledger.insert_all(connection, CHANGES, _change_rows(made, draft.changes))
        return weights

    return ledger.append(folder, add)


def _change_rows(made: Mapping[str, Any], changes: tuple[Change, ...]) -> list[Row]:
    return [
        {**made, "offence": c.offence} | {k: None if np.isnan(v) else float(v) for k, v in weights.items()}
        for c in changes or (Change("", np.nan, np.nan),)
        for weights in ({"before": c.before, "after": c.after},)
    ]


def free_version(connection: Connection, weights: WeightSet) -> str:
    """The version asked for if nobody has it, else the next number behind it: 2020 → 2020.1 → 2020.2."""
    ledger.check_name(weights.name, "weight set")
    if "@" in weights.version or not weights.version.isprintable() or len(weights.version) > 50:
        raise HotspotsError(
            f"'{weights.version[:50]}' cannot be a version: use at most 50 characters on one line and no '@'."
        )
    taken = {row["version"] for row in ledger.rows_in(connection, SETS, name=weights.name)}
    if weights.version not in taken:
        return weights.version
    root = re.sub(r"\.\d+$", "", weights.version.split()[0])[:40]
    numbers = [int(m[1]) for v in taken if (m := re.fullmatch(rf"{re.escape(root)}\.(\d{{1,9}})", v))]
    return f"{root}.{max(numbers, default=0) + 1}"


def refuse_unchanged(before: WeightSet, after: WeightSet) -> None:
    if before.sha256 == after.sha256 and before.unit == after.unit:
        raise HotspotsError(f"These are the weights of {ref(before)}: nothing has changed, so nothing is stored.")


def new_version(folder: Path, base: WeightSet | str, changes: pd.DataFrame, author: str, note: str) -> WeightSet:
    """A new version of ``base`` with rows changed, added or taken out; the base stays as it is.

    ``changes`` has any of `harm.COLUMNS`, with ``days`` and at least one key. A row is found by its URN, else by its
    class among rows without a URN, else by its crime type; without days it is taken out. Empty texts leave the stored
    ones. A name alone as ``base`` means its newest version. HotspotsError, all problems at once, where a change
    cannot be used; its rows are counted as in a spreadsheet, from 2.
    """
    author, note = ledger.signature(author, note, CHANGE)

    def make(connection: Connection) -> Draft:
        before, number = _read(connection, base)
        after = with_changes(before, changes)
        refuse_unchanged(before, after)
        return Draft(after, number, "edit", differences(before, after))

    return store(folder, author, note, make)


def _read(connection: Connection, asked: WeightSet | str) -> tuple[WeightSet, int]:
    """A version as it is stored, and its number."""
    row = find(connection, asked if isinstance(asked, str) else ref(asked))
    return read_weights(connection, row), int(row["id"])


def decide(
    folder: Path, base: WeightSet | str, offence: Mapping[str, str] | str, days: float, reason: str, author: str
) -> WeightSet:
    """A new version of ``base`` in which somebody has decided what an ambiguous or unscored offence weighs.

    ``offence``: a row of scored offences, or its key ('class:008/01', 'urn:8N.8.1.9', 'type:Robbery'). A decision on a
    class holds for offences that have the class alone; those with a URN in the set keep its weight. ``days`` is in the
    set's unit. HotspotsError where the offence has a title only, or reason or author is missing.
    """
    author, reason = ledger.signature(author, reason, "A decision")
    line = decided_line(offence, days)

    def make(connection: Connection) -> Draft:
        before, number = _read(connection, base)
        after, changes = decided(before, line)
        refuse_unchanged(before, after)
        return Draft(after, number, "decision", changes)

    return store(folder, author, reason, make)


def undo(folder: Path, name: str, author: str, note: str = "") -> WeightSet:
    """Go back one step: a new version of ``name`` with the content of the newest version's parent.

    It takes over that parent's own parent, so that undoing again goes back one step more. HotspotsError at the first.
    """
    author, note = ledger.signature(author, note, CHANGE, note_needed=False)

    def make(connection: Connection) -> Draft:
        now, newest = _read(connection, name.partition("@")[0])
        parents = {row["weight_set"]: row["parent"] for row in ledger.rows_in(connection, MADE)}
        parent = ledger.newest(rows_of_sets(connection), "id").get(parents.get(newest))
        if parent is None:
            raise HotspotsError(f"{ref(now)} is the first version of its name: there is nothing to undo.")
        restored = replace(read_weights(connection, parent), name=now.name, version=now.version)
        return Draft(restored, parents.get(parent["id"]), "undo", differences(now, restored))

    return store(folder, author, note, make)


def reopen(folder: Path, asked: str, author: str, note: str) -> WeightSet:
    """A new version with the content of an older one, which becomes the newest; its parent is the newest until now."""
    author, note = ledger.signature(author, note, "Reopening a version")

    def make(connection: Connection) -> Draft:
        old, _ = _read(connection, asked)
        now, newest = _read(connection, old.name)
        refuse_unchanged(now, old)
        return Draft(old, newest, "reopen", differences(now, old))

    return store(folder, author, note, make)


def set_default(folder: Path, source: str, asked: str, author: str, note: str) -> str:
    """Use a version for every question to ``source`` that names no weights; returns its name@version.

    HotspotsError where the set has no weight by any key that the source carries.
    """
    author, note = ledger.signature(author, note, "A new default")
    if source not in DEFAULT_WEIGHTS:
        raise HotspotsError(f"There is no source '{source[:40]}'. Use {' or '.join(DEFAULT_WEIGHTS)}.")
    keys = ("crime_type",) if source == POLICE_UK else ("athena_urn", "ho_class")

    def add(connection: Connection) -> str:
        store_shipped(connection)
        weights, number = _read(connection, asked)
        if not any((weights.table[k] != "").any() for k in keys):
            what = "crime types" if source == POLICE_UK else "offence codes"
            raise HotspotsError(f"{ref(weights)} has no weight by {what}, so it can score nothing in {source}.")
        row = {"weight_set": number, "source": source, "author": author, "note": note, "created": ledger.created()}
        ledger.insert(connection, DEFAULTS, row)
        return ref(weights)

    return ledger.append(folder, add)
