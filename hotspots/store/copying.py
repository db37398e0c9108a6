"""Everything people edit, carried from one database to another: numbers, order, hashes and all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.errors import HotspotsError
from hotspots.store.database import database_url, own_url, read, write

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Table

OWN = "workspace"  # the word for the SQLite file inside the workspace


def copy(folder: Path, to: str, source: str = "") -> dict[str, int]:
    """Copy all tables to the database at a URL, whole or not at all; returns the rows of each table.

    ``source``: default the database the workspace uses now; the word workspace stands for its own SQLite file. What is
    copied from is not changed. Raises HotspotsError where there is nothing to copy, where something is stored there
    already, and where what arrives is not what was sent.
    """
    here = own_url(folder) if source == OWN else source or database_url(folder)
    there = own_url(folder) if to == OWN else to
    if here == there:
        raise HotspotsError("That is the database the workspace uses already. Name another to copy to.")
    with read(folder, here) as old:
        if old is None:
            raise HotspotsError("Nothing has been edited in this workspace yet: there is nothing to copy.")
        with write(folder, there) as new:
            return _copied(old, new)


def _copied(old: Connection, new: Connection) -> dict[str, int]:
    from hotspots.store.schema import METADATA

    tables = [table for table in METADATA.sorted_tables if table.name != "workspaces"]
    held = [table.name for table in tables if rows_of(new, table)]
    if held:
        raise HotspotsError(
            f"The database to copy to holds {', '.join(held)} already. Copy to one in which nothing is stored yet."
        )
    counts = {}
    for table in tables:
        rows = rows_of(old, table)
        if rows:
            new.execute(table.insert(), [dict(row._mapping) for row in rows])
            _count_on(new, table)
        if rows_of(new, table) != rows:
            raise HotspotsError(f"{table.name} did not arrive as it was sent. Nothing was stored.")
        counts[table.name] = len(rows)
    return counts


def rows_of(connection: Connection, table: Table) -> list[Row[tuple[object, ...]]]:
    order = list(table.primary_key) or list(table.columns)[:2]  # weights: set and line
    return list(connection.execute(table.select().order_by(*order)))


def _count_on(connection: Connection, table: Table) -> None:
    """Let a server number the next row after those that were copied with their numbers."""
    if connection.dialect.name == "postgresql" and "id" in table.c and table.name != "workspaces":
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
        )
