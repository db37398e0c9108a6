"""Weight sets in SQL: put in once each, read back whole, and held to the hash they were stored with."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.harm.scoring import WeightSet, shipped_weight_sets, weight_set_from_table
from hotspots.store.database import WEIGHT_COLUMNS, has_database, tables, transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection


def prepare(folder: Path) -> None:
    """Make the tables and put in the weight sets that ship with the program, once each."""
    with transaction(folder) as connection:
        store_shipped(connection)


def store_shipped(connection: Connection) -> None:
    """Put in the weight sets that ship with the program, where they are missing."""
    for weights in shipped_weight_sets().values():
        store_weight_set(connection, weights)


def store_weight_set(connection: Connection, weights: WeightSet) -> None:
    """Add a weight set; the same name and version again is left as it is."""
    from sqlalchemy import insert, select

    sets, lines = (tables().tables[n] for n in ("weight_sets", "weights"))
    known = select(sets.c.id).where(sets.c.name == weights.name, sets.c.version == weights.version)
    if connection.execute(known).first() is not None:
        return
    about = {f.name: getattr(weights, f.name) for f in fields(WeightSet) if f.name not in ("table", "sha256")}
    row = {"name": weights.name, "version": weights.version, "sha256": weights.sha256, "about": json.dumps(about)}
    connection.execute(insert(sets).values(row))
    number = connection.execute(known).scalar_one()
    rows: list[dict[str, Any]] = weights.table[list(WEIGHT_COLUMNS)].to_dict("records")  # type: ignore[assignment]
    connection.execute(insert(lines), [{**r, "weight_set": number, "line": i} for i, r in enumerate(rows)])


def weight_sets(folder: Path | None) -> dict[str, WeightSet]:
    """Every weight set of the workspace by name (the newest version of each), the shipped ones among them."""
    if folder is None or not has_database(folder):
        return shipped_weight_sets()
    from sqlalchemy import select

    newest: dict[str, int] = {}
    with transaction(folder) as connection:
        store_shipped(connection)
        sets = tables().tables["weight_sets"]
        for number, name in connection.execute(select(sets.c.id, sets.c.name).order_by(sets.c.id)):
            newest[name] = number
        return {name: read_weights(connection, number) for name, number in newest.items()}


def read_weights(connection: Connection, number: int) -> WeightSet:
    """One stored weight set."""
    from sqlalchemy import select

    sets, lines = (tables().tables[n] for n in ("weight_sets", "weights"))
    about = connection.execute(select(sets.c.about).where(sets.c.id == number)).scalar_one()
    asked = select(*(lines.c[c] for c in WEIGHT_COLUMNS)).where(lines.c.weight_set == number).order_by(lines.c.line)
    table = pd.DataFrame(connection.execute(asked).all(), columns=list(WEIGHT_COLUMNS))
    return weight_set_from_table(table, **json.loads(about))


def problems(folder: Path) -> list[str]:
    """Weight sets that are not as they were stored, each a sentence."""
    if not has_database(folder):
        return []
    from sqlalchemy import select

    with transaction(folder) as connection:
        sets = tables().tables["weight_sets"]
        stored = connection.execute(select(sets.c.id, sets.c.name, sets.c.version, sets.c.sha256)).all()
        return [
            f"Weight set {name} {version} is not as it was stored. Restore the database from a copy."
            for number, name, version, sha in stored
            if read_weights(connection, number).sha256 != sha
        ]
