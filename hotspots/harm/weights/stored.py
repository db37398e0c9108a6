"""Weight sets in SQL: put in once each, read back whole, and held to the hash they were stored with."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.harm.scoring import COLUMNS, WeightSet, shipped_weight_sets, weight_set_from_table
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
