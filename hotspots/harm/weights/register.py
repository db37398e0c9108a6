"""The register of weight sets: versions that never change, decisions, undo, defaults, and who did what and why.

Every change is a new version made in one transaction; nothing is ever deleted. A version is written ``name@version``;
the name alone means its newest version. Two people may save at once: both versions stand, each with its parent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.base.columns import WEIGHT_AUDIT, WEIGHT_VERSIONS
from hotspots.base.errors import HotspotsError
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet, shipped_weight_sets
from hotspots.harm.weights.contents import Change, decided, decided_line, differences, ref, with_changes
from hotspots.harm.weights.stored import read_weights, store_shipped, store_weight_set
from hotspots.store.database import has_database, tables, transaction
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEFAULT_WEIGHTS = {POLICE_UK: "policeuk-proxy-2026", "incidents": "cchi-2020-sv"}  # until a force sets its own
TRIES = 20  # at a version number that others take at the same moment
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
VERSION_COLUMNS = tuple(c.name for c in WEIGHT_VERSIONS)
AUDIT_COLUMNS = tuple(c.name for c in WEIGHT_AUDIT)
_STAMPED = ("weight_sets", "weight_defaults")
SHIPPED_AUTHOR, SHIPPED_NOTE = "the program", "ships with the program"


@dataclass(frozen=True)
class Draft:
    """A version about to be stored. ``parent`` is the number of a stored set; no ``changes`` = told in one line."""

    weights: WeightSet
    parent: int | None
    what: str
    changes: tuple[Change, ...] = ()


# ---------------------------------------------------------------- reading


def load(folder: Path | None, asked: str) -> WeightSet:
    """The version called ``name@version``, or the newest of ``name``.

    HotspotsError where there is none, or where what is stored no longer has the hash it was stored with.
    """
    if folder is None or not has_database(folder):
        return _shipped(asked)
    with transaction(folder) as connection:
        store_shipped(connection)
        return read(connection, find(connection, asked))


def versions(folder: Path) -> pd.DataFrame:
    """Every version, oldest first, in `VERSION_COLUMNS`; ``parent`` is a name@version, '' where there is none."""
    if not has_database(folder):
        rows = [_shipped_row(i, w) for i, w in enumerate(shipped_weight_sets().values(), 1)]
        chosen_by_source = defaults(None)
    else:
        with transaction(folder) as connection:
            store_shipped(connection)
            rows = _version_rows(connection)
            chosen_by_source = _defaults(connection)
    uses: dict[str, list[str]] = {}
    for source, chosen in chosen_by_source.items():
        uses.setdefault(chosen, []).append(source)
    for row in rows:
        row["is_default_for"] = ", ".join(uses.get(f"{row['name']}@{row['version']}", []))
    return pd.DataFrame(rows, columns=list(VERSION_COLUMNS))


def defaults(folder: Path | None) -> dict[str, str]:
    """source → the name@version used where a question names no weights.

    Where nobody has set one it is the version that ships with the program, whatever has been edited since.
    """
    if folder is None or not has_database(folder):
        return {source: ref(shipped_weight_sets()[name]) for source, name in DEFAULT_WEIGHTS.items()}
    with transaction(folder) as connection:
        return _defaults(connection)


def _defaults(connection: Connection) -> dict[str, str]:
    from sqlalchemy import select

    chosen = defaults(None)
    sets, kept = table_of("weight_sets"), table_of("weight_defaults")
    asked = select(kept.c.source, sets.c.name, sets.c.version).join(sets, sets.c.id == kept.c.weight_set)
    for source, name, version in connection.execute(asked.order_by(kept.c.id)):
        chosen[source] = f"{name}@{version}"
    return chosen


def stamp(folder: Path) -> str:
    """Changes whenever a version or a default is stored: the key for every cache of them."""
    if not has_database(folder):
        return ""
    from sqlalchemy import func, select

    with transaction(folder) as connection:
        store_shipped(connection)
        newest = [connection.execute(select(func.max(table_of(t).c.id))).scalar() for t in _STAMPED]
    return "-".join(str(number or 0) for number in newest)


def audit(folder: Path, name: str | None = None) -> pd.DataFrame:
    """Who changed what, when and why, oldest first, in `AUDIT_COLUMNS`: one row per offence changed.

    ``what``: import, edit, decision, undo, reopen, default. ``before`` and ``after`` are weights in the set's unit,
    empty where the offence had none; a decision says what ambiguity it ended in its note.
    """
    if not has_database(folder):
        return pd.DataFrame(columns=list(AUDIT_COLUMNS))
    from sqlalchemy import select

    sets, done, kept = (table_of(n) for n in ("weight_sets", "weight_changes", "weight_defaults"))
    rows: list[dict[str, Any]] = []
    with transaction(folder) as connection:
        changes = select(done, sets.c.name, sets.c.version).join(sets, sets.c.id == done.c.weight_set)
        rows += [dict(r) for r in connection.execute(changes.order_by(done.c.id)).mappings()]
        chosen = select(kept, sets.c.name, sets.c.version).join(sets, sets.c.id == kept.c.weight_set)
        for r in connection.execute(chosen.order_by(kept.c.id)).mappings():
            rows.append({**r, "what": "default", "offence": "", "note": f"for {r['source']}: {r['note']}"})
    table = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS)).sort_values("created", kind="stable", ignore_index=True)
    return table[table["name"] == name].reset_index(drop=True) if name else table


def table_of(name: str) -> Any:
    return tables().tables[name]


def find(connection: Connection, asked: str) -> int:
    """The number of the version called so. A version is found by its first word too, where only one begins so."""
    from sqlalchemy import select

    name, _, version = asked.strip().partition("@")
    sets = table_of("weight_sets")
    rows = connection.execute(select(sets.c.id, sets.c.version).where(sets.c.name == name).order_by(sets.c.id)).all()
    if not rows:
        names = sorted(connection.execute(select(sets.c.name).distinct()).scalars())
        raise HotspotsError(f"There is no weight set '{name[:60]}'. There are: {', '.join(names)}.")
    exact = [i for i, v in rows if v == version] if version else [rows[-1][0]]
    found = exact or [i for i, v in rows if v.split()[0] == version]
    if len(found) != 1:
        held = ", ".join(v for _, v in rows[-8:])
        raise HotspotsError(f"Weight set {name} has no version '{version[:50]}'; it has {held}.")
    return int(found[0])


def _shipped(asked: str) -> WeightSet:
    name, _, version = asked.strip().partition("@")
    weights = shipped_weight_sets().get(name)
    if weights is None:
        raise HotspotsError(
            f"There is no weight set '{name[:60]}'. There are: {', '.join(sorted(shipped_weight_sets()))}."
        )
    if version and version not in (weights.version, weights.version.split()[0]):
        raise HotspotsError(f"Weight set {name} has no version '{version[:50]}'; it has {weights.version}.")
    return weights


def read(connection: Connection, number: int) -> WeightSet:
    from sqlalchemy import select

    sets = table_of("weight_sets")
    stored = connection.execute(select(sets.c.sha256).where(sets.c.id == number)).scalar_one()
    weights = read_weights(connection, number)
    if weights.sha256 != stored:
        raise HotspotsError(f"Weight set {ref(weights)} is not as it was stored. Restore the database from a copy.")
    return weights


def _version_rows(connection: Connection) -> list[dict[str, Any]]:
    import json

    from sqlalchemy import func, select

    sets, made, lines = (table_of(n) for n in ("weight_sets", "weight_versions", "weights"))
    counted = connection.execute(select(lines.c.weight_set, func.count()).group_by(lines.c.weight_set))
    sizes = {row[0]: row[1] for row in counted}
    asked = select(sets, made.c.parent, made.c.author, made.c.note, made.c.created)
    found = connection.execute(asked.outerjoin(made, made.c.weight_set == sets.c.id).order_by(sets.c.id)).mappings()
    rows, names = [], {}
    for row in found:
        about = json.loads(row["about"])
        names[row["id"]] = f"{row['name']}@{row['version']}"
        texts = {
            "author": SHIPPED_AUTHOR if row["author"] is None else row["author"],
            "note": SHIPPED_NOTE if row["note"] is None else row["note"],
            "created": row["created"] or "",
            "parent": names.get(row["parent"], ""),
        }
        rows.append(
            {**row, **texts, "label": about["label"], "source": about["source"], "n_weights": sizes.get(row["id"], 0)}
        )
    return rows


def _shipped_row(number: int, weights: WeightSet) -> dict[str, Any]:
    facts = {n: getattr(weights, n) for n in ("name", "version", "label", "sha256", "source")}
    return {
        "id": number, **facts, "author": SHIPPED_AUTHOR, "note": SHIPPED_NOTE, "created": "", "parent": "",
        "n_weights": len(weights.table),
    }  # fmt: skip


# ---------------------------------------------------------------- storing


def store(folder: Path, author: str, note: str, make: Callable[[Connection], Draft]) -> WeightSet:
    """Store what ``make`` drafts, whole or not at all, under the version it asks for or the next free number.

    ``make`` runs inside the transaction, so that it sees the newest version; it is asked again where another
    process took the number at the same moment.
    """
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    author, note = signature(author, note)
    open_workspace(folder)
    for _ in range(TRIES):
        try:
            with transaction(folder) as connection:
                store_shipped(connection)
                draft = make(connection)
                weights = replace(draft.weights, version=free_version(connection, draft.weights))
                store_weight_set(connection, weights)
                number = find(connection, ref(weights))
                made = {
                    "weight_set": number, "what": draft.what, "author": author, "note": note,
                    "created": datetime.now(UTC).isoformat(timespec="microseconds"),
                }  # fmt: skip
                connection.execute(insert(table_of("weight_versions")).values(**made, parent=draft.parent))
                store_changes(connection, made, draft.changes)
            return weights
        except IntegrityError:
            continue
    raise HotspotsError("Others are saving weights at this moment. Nothing was stored; try again.")


def store_changes(connection: Connection, made: Mapping[str, Any], changes: tuple[Change, ...]) -> None:
    from sqlalchemy import insert

    told = changes or (Change("", np.nan, np.nan),)
    rows = [
        {**made, "offence": c.offence} | {k: None if np.isnan(v) else v for k, v in _weights_of(c).items()}
        for c in told
    ]
    connection.execute(insert(table_of("weight_changes")), rows)


def _weights_of(change: Change) -> dict[str, float]:
    return {"before": float(change.before), "after": float(change.after)}


def signature(author: str, note: str) -> tuple[str, str]:
    """Author and note on one line; refuses a change without an author."""
    author, note = " ".join(author.split())[:100], " ".join(note.split())[:2_000]
    if not author:
        raise HotspotsError("A change of weights needs an author: say who makes it.")
    return author, note


def _needs_note(note: str, what: str) -> None:
    if not note.strip():
        raise HotspotsError(f"{what} needs a note: say why, for those who have to defend the figures later.")


def free_version(connection: Connection, weights: WeightSet) -> str:
    """The version asked for if nobody has it, else the next number behind it: 2020 → 2020.1 → 2020.2."""
    from sqlalchemy import select

    if not NAME.fullmatch(weights.name):
        raise HotspotsError(
            f"'{weights.name[:60]}' cannot be a weight set's name: use small letters, digits, '-', '_' and '.'."
        )
    if "@" in weights.version or not weights.version.isprintable() or len(weights.version) > 50:
        raise HotspotsError(
            f"'{weights.version[:50]}' cannot be a version: use at most 50 characters on one line and no '@'."
        )
    sets = table_of("weight_sets")
    taken = set(connection.execute(select(sets.c.version).where(sets.c.name == weights.name)).scalars())
    if weights.version not in taken:
        return weights.version
    root = re.sub(r"\.\d+$", "", weights.version.split()[0])[:40]
    numbers = [int(m[1]) for v in taken if (m := re.fullmatch(rf"{re.escape(root)}\.(\d{{1,9}})", v))]
    return f"{root}.{max(numbers, default=0) + 1}"


def newest_of(connection: Connection, name: str) -> int | None:
    from sqlalchemy import func, select

    sets = table_of("weight_sets")
    number = connection.execute(select(func.max(sets.c.id)).where(sets.c.name == name)).scalar()
    return None if number is None else int(number)


def save(
    folder: Path, weights: WeightSet, author: str, note: str, parent: str | None = None, what: str = "edit"
) -> WeightSet:
    """Store a set as a new version and return it as stored: with its own version where the one it has is taken.

    ``parent`` (name@version, or a name for its newest) defaults to the newest version of the same name, if any.
    HotspotsError where nothing in it differs from its parent.
    """

    def make(connection: Connection) -> Draft:
        number = find(connection, parent) if parent else newest_of(connection, weights.name)
        if number is None:
            return Draft(weights, None, what)
        before = read(connection, number)
        if before.name == weights.name:
            refuse_unchanged(before, weights)
        return Draft(weights, number, what, differences(before, weights))

    return store(folder, author, note, make)


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
    _needs_note(note, "A change of weights")
    asked = base if isinstance(base, str) else ref(base)

    def make(connection: Connection) -> Draft:
        number = find(connection, asked)
        before = read(connection, number)
        after = with_changes(before, changes)
        refuse_unchanged(before, after)
        return Draft(after, number, "edit", differences(before, after))

    return store(folder, author, note, make)


# ---------------------------------------------------------------- decisions, undo, defaults


def decide(
    folder: Path, base: WeightSet | str, offence: Mapping[str, str] | str, days: float, reason: str, author: str
) -> WeightSet:
    """A new version of ``base`` in which somebody has decided what an ambiguous or unscored offence weighs.

    ``offence``: a row of scored offences, or its key ('class:008/01', 'urn:8N.8.1.9', 'type:Robbery'). A decision on a
    class holds for offences known by the class alone; those with a URN in the set keep its weight. ``days`` is in the
    set's unit. HotspotsError where the offence has a title only, or reason or author is missing.
    """
    _needs_note(reason, "A decision")
    line = decided_line(offence, days)
    asked = base if isinstance(base, str) else ref(base)

    def make(connection: Connection) -> Draft:
        number = find(connection, asked)
        before = read(connection, number)
        after, changes = decided(before, line)
        refuse_unchanged(before, after)
        return Draft(after, number, "decision", changes)

    return store(folder, author, reason, make)


def undo(folder: Path, name: str, author: str, note: str = "") -> WeightSet:
    """Go back one step: a new version of ``name`` with the content of the newest version's parent.

    It takes over that parent's own parent, so that undoing again goes back one step more. HotspotsError at the first.
    """
    from sqlalchemy import select

    def make(connection: Connection) -> Draft:
        newest = find(connection, name.partition("@")[0])
        made = table_of("weight_versions")
        parents = {row[0]: row[1] for row in connection.execute(select(made.c.weight_set, made.c.parent))}
        number, now = parents.get(newest), read(connection, newest)
        if number is None:
            raise HotspotsError(f"{ref(now)} is the first version of its name: there is nothing to undo.")
        before = read(connection, number)
        restored = replace(before, name=now.name, version=now.version)
        return Draft(restored, parents.get(number), "undo", differences(now, restored))

    return store(folder, author, note, make)


def reopen(folder: Path, asked: str, author: str, note: str) -> WeightSet:
    """A new version with the content of an older one, which becomes the newest; its parent is the newest until now."""
    _needs_note(note, "Reopening a version")

    def make(connection: Connection) -> Draft:
        old = read(connection, find(connection, asked))
        newest = find(connection, old.name)
        now = read(connection, newest)
        refuse_unchanged(now, old)
        return Draft(old, newest, "reopen", differences(now, old))

    return store(folder, author, note, make)


def set_default(folder: Path, source: str, asked: str, author: str, note: str) -> str:
    """Use a version for every question to ``source`` that names no weights; returns its name@version.

    HotspotsError where the set has no weight by any key that the source carries.
    """
    from sqlalchemy import insert

    _needs_note(note, "A new default")
    author, note = signature(author, note)
    if source not in DEFAULT_WEIGHTS:
        raise HotspotsError(f"There is no source '{source[:40]}'. Use {' or '.join(DEFAULT_WEIGHTS)}.")
    open_workspace(folder)
    with transaction(folder) as connection:
        store_shipped(connection)
        number = find(connection, asked)
        weights = read(connection, number)
        keys = ("crime_type",) if source == POLICE_UK else ("athena_urn", "ho_class")
        if not any((weights.table[k] != "").any() for k in keys):
            what = "crime types" if source == POLICE_UK else "offence codes"
            raise HotspotsError(f"{ref(weights)} has no weight by {what}, so it can score nothing in {source}.")
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        row = {"weight_set": number, "source": source, "author": author, "note": note, "created": now}
        connection.execute(insert(table_of("weight_defaults")).values(row))
    return ref(weights)
