"""What people edit, in SQL: SQLite inside the workspace by default, PostgreSQL by URL.

Several processes may write at once: SQLite runs with a write-ahead log, waits for its turn, and takes the
write lock at the start of a transaction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.base.errors import HotspotsError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FILE = "hotspots.sqlite"


def database_url(folder: Path) -> str:
    """``HOTSPOTS_DATABASE_URL`` if set, else the SQLite file of the workspace."""
    return os.environ.get("HOTSPOTS_DATABASE_URL") or f"sqlite:///{(folder / FILE).resolve().as_posix()}"


def has_database(folder: Path | None) -> bool:
    """Whether anything has been edited: a workspace gets its database with the first thing that is stored."""
    return folder is not None and bool(os.environ.get("HOTSPOTS_DATABASE_URL") or (folder / FILE).is_file())


def engine_for(folder: Path) -> Engine:
    """An engine on the workspace's database, set up for several writers."""
    from sqlalchemy import create_engine, event

    url = database_url(folder)
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 30})

    def on_connect(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


@contextmanager
def write(folder: Path) -> Iterator[Connection]:
    """One transaction on the workspace's database; the tables are made if they are missing.

    Raises HotspotsError where the database cannot be opened, is damaged, or stays locked by another program.
    """
    from sqlalchemy.exc import DatabaseError, OperationalError

    from hotspots.store.schema import METADATA

    engine = engine_for(folder)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            yield connection
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        name = FILE if engine.dialect.name == "sqlite" else "The database"
        raise HotspotsError(
            f"{name} of the workspace cannot be used: {error.orig}. If it is damaged, restore it from a copy. Moving it"
            " away brings back the weight sets that ship with the program, but loses your own, and frozen areas."
        ) from error
    finally:
        engine.dispose()


@contextmanager
def read(folder: Path | None) -> Iterator[Connection | None]:
    """What to read with; None where nobody has stored anything yet: nothing is made, and no SQL loaded."""
    if folder is None or not has_database(folder):
        yield None
        return
    with write(folder) as connection:
        yield connection


def problems(folder: Path) -> list[str]:
    """What is wrong with the database file of a workspace, each a sentence; a workspace may have none."""
    try:
        with read(folder) as connection:
            if connection is not None and connection.dialect.name == "sqlite":
                found = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
                if found != "ok":
                    return [f"{FILE} is damaged ({found[:80]}). Restore it from a copy."]
    except HotspotsError as error:
        return list(error.problems)
    return []
