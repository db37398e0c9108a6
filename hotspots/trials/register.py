"""Trial designs, frozen before their first patrol day begins, and never rewritten.

A schedule that could be changed after the first result is random no more. So a design is stored with its hash before
the clock reaches its first patrol day, or not at all, and with it what will be counted: an analysis of other offences
or weights than were settled on beforehand says so. Rows are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.areas import register as area_register
from hotspots.base.clock import day_starts
from hotspots.base.columns import CHANGE_FROZEN
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.store import ledger
from hotspots.store.workspace import settings_in_use
from hotspots.trials.layout import Design, from_json, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLE = "change_designs"


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
    folder: Path, design: Design, name: str, register: str, author: str, note: str, definition: Mapping[str, Any],
) -> FrozenDesign:  # fmt: skip
    """Store a design for good, whole or not at all.

    ``register``: name@version of the frozen hot spots that it was drawn for; ``definition``: offences, weights and
    whatever else was settled, anything JSON can hold. HotspotsError, all problems at once, without an author or note,
    for a name that cannot be used or is taken, for hot spots that the register does not have, and when the first
    patrol day has begun.
    """
    author, note = ledger.signature(author, note)
    ledger.check_name(name, "trial")
    start = begins(design.first, settings_in_use(folder))
    row = {
        "name": name, "kind": design.kind, "register": _held_by(folder, design, register),
        "first_day": design.first.isoformat(), "last_day": design.last.isoformat(), "design": to_json(design),
        "definition": ledger.canonical(definition), "author": author, "note": note,
    }  # fmt: skip

    def add(connection: Connection) -> FrozenDesign:
        words = ledger.taken(connection, TABLE, name, "frozen trial")
        if ledger.now() >= start:
            words.append(
                f"The first patrol day of this trial, {design.first}, began on {start:%Y-%m-%d at %H:%M} UTC. A design"
                " is frozen before it starts, or it proves nothing: let it begin later."
            )
        if words:
            raise HotspotsError(words)
        whole = {**row, "created": ledger.created()}
        whole["sha256"] = ledger.hash_of(whole)
        ledger.insert(connection, TABLE, whole)
        return _read(whole)

    return ledger.append(folder, add)


def begins(first: date, settings: Settings) -> datetime:
    """When a patrol day begins, as UTC."""
    return datetime.fromtimestamp(int(day_starts(first, first, settings)[0]), UTC)


def load(folder: Path, name: str) -> FrozenDesign:
    """The design of this name. HotspotsError where there is none, or where it is not as it was frozen."""
    (row,) = ledger.named(ledger.rows(folder, TABLE), name, "frozen trial")
    return _read(row)


def designs(folder: Path) -> pd.DataFrame:
    """Every frozen design, oldest first, in `CHANGE_FROZEN`."""
    settings = settings_in_use(folder)
    rows = [
        {**row, "frozen_before": frozen_before(row["created"], row["first_day"], settings)}
        for row in ledger.rows(folder, TABLE)
    ]
    return pd.DataFrame(rows, columns=[c.name for c in CHANGE_FROZEN])


def frozen_before(created: str, first_day: str, settings: Settings) -> bool:
    """Whether something stored at this time was stored before that patrol day began; no, where a time is no time."""
    try:
        return datetime.fromisoformat(created) < begins(date.fromisoformat(first_day), settings)
    except (ValueError, TypeError):  # changed behind the program's back: `problems` says so
        return False


def problems(folder: Path) -> list[str]:
    """What is wrong with the frozen designs, each a sentence: those that are not as they were frozen."""
    return ledger.faults(ledger.rows(folder, TABLE), _read)


def _held_by(folder: Path, design: Design, register: str) -> str:
    """name@version of the register, all of whose hot spots exist. HotspotsError where one does not."""
    frozen = area_register.load(folder, register)
    areas = [dict(place)["area"] for place in design.places]
    if unknown := [a for a in areas if a not in set(frozen.areas["area"])]:
        raise HotspotsError(f"{frozen.ref} has no hot spot {sample(unknown)}: the design was drawn for others.")
    return frozen.ref


def _read(row: Mapping[str, Any]) -> FrozenDesign:
    """A stored design, its hash verified."""
    ledger.verify(f"The trial {row['name']} is not as it was frozen", row)
    facts = {c: row[c] for c in ("name", "register", "author", "note", "created", "sha256")}
    return FrozenDesign(design=from_json(row["design"]), definition=json.loads(row["definition"]), **facts)
