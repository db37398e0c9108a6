"""Trial designs, frozen before their first patrol day begins, and never rewritten.

A schedule that could be changed after the first result is no lot any more. So a design is stored with its hash before
the clock reaches its first patrol day, or not at all, and with it what will be counted: an analysis of other offences
or weights than were settled on beforehand says so. Rows are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.areas import register as area_register
from hotspots.areas.register import NAME, signature, table_of
from hotspots.base.clock import day_starts
from hotspots.base.columns import CHANGE_FROZEN
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings, load_settings
from hotspots.store.database import has_database, transaction
from hotspots.store.workspace import open_workspace
from hotspots.trials.layout import Design
from hotspots.trials.text import from_json, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

TEXTS = ("name", "kind", "register", "first_day", "last_day", "design", "definition", "author", "note", "created")


@dataclass(frozen=True, eq=False)
class FrozenDesign:
    """A design as it was frozen. ``register``: name@version of its hot spots; ``created``: ISO time, UTC."""

    name: str
    register: str
    design: Design
    definition: dict[str, Any]  # what will be counted, and what else was asked
    author: str
    note: str
    created: str
    sha256: str  # of all of it; ``design.sha256`` is that of the schedule and its rules alone


def freeze(
    folder: Path,
    design: Design,
    name: str,
    register: str,
    author: str,
    note: str,
    definition: Mapping[str, Any] | None = None,
) -> FrozenDesign:
    """Store a design for good, whole or not at all.

    ``register``: name@version of the frozen hot spots that it was drawn for; ``definition``: offences, weights and
    whatever else was settled, anything JSON can hold. HotspotsError, all problems at once, without an author or note,
    for a name that cannot be used or is taken, for hot spots that the register does not have, and when the first
    patrol day has begun.
    """
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    author, note = signature(author, note)
    if not NAME.fullmatch(name):
        raise HotspotsError(f"'{name[:60]}' cannot be a trial's name: use small letters, digits, '-', '_' and '.'.")
    settings = open_workspace(folder).settings
    ref = _held_by(folder, design, register)
    try:
        with transaction(folder) as connection:
            _refuse(connection, design, name, settings)
            entry = {
                "name": name, "kind": design.kind, "register": ref, "first_day": design.first.isoformat(),
                "last_day": design.last.isoformat(), "design": to_json(design),
                "definition": _canonical(definition or {}), "author": author, "note": note,
                "created": now().isoformat(timespec="microseconds"),
            }  # fmt: skip
            connection.execute(insert(table_of("change_designs")).values(**entry, sha256=_hash(entry)))
    except IntegrityError as error:
        raise HotspotsError(_taken(name)) from error
    return load(folder, name)


def now() -> datetime:
    """The time that is held against the first patrol day, and written beside the design."""
    return datetime.now(UTC)


def begins(first: date, settings: Settings) -> datetime:
    """When a patrol day begins, as UTC."""
    return datetime.fromtimestamp(int(day_starts(first, first, settings)[0]), UTC)


def load(folder: Path, name: str) -> FrozenDesign:
    """The design of this name. HotspotsError where there is none, or where it is not as it was frozen."""
    from sqlalchemy import select

    rows: list[dict[str, Any]] = []
    if has_database(folder):
        kept = table_of("change_designs")
        with transaction(folder) as connection:
            rows = [dict(r) for r in connection.execute(select(kept).order_by(kept.c.id)).mappings()]
    mine = [r for r in rows if r["name"] == name]
    if not mine:
        held = f"There are: {', '.join(r['name'] for r in rows)}." if rows else "No trial has been frozen here yet."
        raise HotspotsError(f"There is no frozen trial '{name[:60]}'. {held}")
    return _read(mine[0])


def designs(folder: Path) -> pd.DataFrame:
    """Every frozen design, oldest first, in `CHANGE_FROZEN`."""
    columns = [c.name for c in CHANGE_FROZEN]
    if not has_database(folder):
        return pd.DataFrame(columns=columns)
    from sqlalchemy import select

    settings, kept = load_settings(folder), table_of("change_designs")
    with transaction(folder) as connection:
        rows = [dict(r) for r in connection.execute(select(kept).order_by(kept.c.id)).mappings()]
    told = [{**r, "frozen_before": frozen_before(r["created"], r["first_day"], settings)} for r in rows]
    return pd.DataFrame(told, columns=columns)


def frozen_before(created: str, first_day: str, settings: Settings) -> bool:
    """Whether something stored at this time was stored before that patrol day began; no, where a time is no time."""
    try:
        return datetime.fromisoformat(created) < begins(date.fromisoformat(first_day), settings)
    except (ValueError, TypeError):  # changed behind the program's back: `problems` tells
        return False


def stamp(folder: Path) -> str:
    """Changes whenever a design is frozen: the key for every cache of them."""
    if not has_database(folder):
        return ""
    from sqlalchemy import func, select

    with transaction(folder) as connection:
        return str(connection.execute(select(func.max(table_of("change_designs").c.id))).scalar() or 0)


def problems(folder: Path) -> list[str]:
    """What is wrong with the frozen designs, each a sentence: those that are not as they were frozen."""
    if not has_database(folder):
        return []
    from sqlalchemy import select

    kept = table_of("change_designs")
    with transaction(folder) as connection:
        rows = [dict(r) for r in connection.execute(select(kept).order_by(kept.c.id)).mappings()]
    words: list[str] = []
    for row in rows:
        try:
            _read(row)
        except HotspotsError as error:
            words += error.problems
    return words


def _refuse(connection: Connection, design: Design, name: str, settings: Settings) -> None:
    """HotspotsError when the name is taken, or the first patrol day has begun."""
    from sqlalchemy import select

    found, kept = [], table_of("change_designs")
    if connection.execute(select(kept.c.id).where(kept.c.name == name)).first() is not None:
        found.append(_taken(name))
    start = begins(design.first, settings)
    if now() >= start:
        found.append(
            f"The first patrol day of this trial, {design.first}, began on {start:%Y-%m-%d at %H:%M} UTC. A design is"
            " frozen before it starts, or it proves nothing: let it begin later."
        )
    if found:
        raise HotspotsError(found)


def _taken(name: str) -> str:
    return f"There is a frozen trial '{name}' already, and what is frozen is never changed: choose another name."


def _held_by(folder: Path, design: Design, register: str) -> str:
    """name@version of the register, all of whose hot spots exist. HotspotsError where one does not."""
    frozen = area_register.load(folder, register)
    areas = [dict(place)["area"] for place in design.places]
    if unknown := [a for a in areas if a not in set(frozen.areas["area"])]:
        raise HotspotsError(f"{frozen.ref} has no hot spot {sample(unknown)}: the design was drawn for others.")
    return frozen.ref


def _canonical(facts: Mapping[str, Any]) -> str:
    """The one JSON text of something: keys in order, no blanks, no nan."""
    try:
        return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise HotspotsError(f"The definition cannot be written as JSON: {error}.") from error


def _hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 of a row as canonical JSON of its texts."""
    return sha256(_canonical({c: entry[c] for c in TEXTS}).encode()).hexdigest()


def _read(row: Mapping[str, Any]) -> FrozenDesign:
    """A stored design, its hash verified."""
    try:
        sound = _hash(row) == row["sha256"]
        design, definition = from_json(row["design"]), json.loads(row["definition"])
    except (ValueError, HotspotsError):
        sound = False
    if not sound:
        raise HotspotsError(
            f"The trial {row['name']} is not as it was frozen: it does not have the hash it was stored with. Restore"
            " the database from a copy."
        )
    told = {c: row[c] for c in ("name", "register", "author", "note", "created", "sha256")}
    return FrozenDesign(design=design, definition=definition, **told)
