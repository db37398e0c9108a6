"""What people edit, in SQL: SQLite inside the workspace by default, PostgreSQL by URL.

`read` takes no lock, makes no table and waits for nobody: not for another program's open transaction, nor for a folder
or disk that can be written. `write` is the one place where something is read and then written: alone, whole or not at
all, on both.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.errors import HotspotsError
from hotspots.store import server, sqlite
from hotspots.store.sqlite import FILE

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

VARIABLE = "HOTSPOTS_DATABASE_URL"
NAMED = f"What {VARIABLE}, --to or --from holds"


def database_url(folder: Path) -> str:
    """``HOTSPOTS_DATABASE_URL`` if set, else the SQLite file of the workspace."""
    return os.environ.get(VARIABLE) or own_url(folder)


def own_url(folder: Path) -> str:
    """The SQLite file of the workspace, whatever the environment says."""
    return f"sqlite:///{(folder / FILE).resolve().as_posix()}"


def has_database(folder: Path | None) -> bool:
    """Whether anything can have been edited: a workspace gets its database with the first thing that is stored."""
    return folder is not None and bool(os.environ.get(VARIABLE) or (folder / FILE).is_file())


@contextmanager
def read(folder: Path | None, url: str | None = None) -> Iterator[Connection | None]:
    """What to read with, as all stands at one moment; None where nobody has stored anything: then no SQL is loaded.

    ``url``: another database than the workspace's. Raises HotspotsError where it cannot be opened, is damaged, belongs
    to another workspace, or was written by a newer version of the program.
    """
    if folder is None or not (url or has_database(folder)):
        yield None
        return
    from hotspots.store import revisions

    address = _address(url or database_url(folder))
    engine = _reader(folder, address)
    with _sentences(address, ""):
        if engine is not None:
            with _closed(engine), engine.begin() as connection:
                found = revisions.revision_of(connection)
                if found is not None:
                    revisions.seen_as_newest(connection, found)
                    if not url:  # what is named is meant, as after the folder was lost
                        _refuse_another(connection, folder, address)
                    yield connection
                    return
        if not url:
            _refuse_elsewhere(folder, address)
        yield None


@contextmanager
def write(folder: Path, url: str | None = None) -> Iterator[Connection]:
    """One transaction on the workspace's database; a new one gets its tables, an older one is upgraded.

    A copy of an older SQLite file is set beside it first. Raises HotspotsError as `read` does, and where nothing can be
    written or another program keeps writing.
    """
    from hotspots.store import revisions

    address = _address(url or database_url(folder))
    with _sentences(address, " Nothing was stored."), _closed(_writer(folder, address)) as engine:
        with engine.begin() as connection:
            found = revisions.refuse_newer(revisions.revision_of(connection))
            if found is None and not url:
                _refuse_elsewhere(folder, address)
            if found != revisions.NEWEST:
                if found and (path := _file(address)):
                    sqlite.copy_beside(path, found)
                revisions.make_newest(connection, found)
        with engine.begin() as connection:
            _claim(connection, folder, address)
            yield connection


def problems(folder: Path) -> list[str]:
    """What is wrong with the database of a workspace, each a sentence; a workspace may have none."""
    try:
        with read(folder) as connection:
            if connection is not None and connection.dialect.name == "sqlite":
                found = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
                if found != "ok":
                    return [f"{FILE} is damaged ({found[:80]}). {sqlite.MEND}."]
    except HotspotsError as error:
        return list(error.problems)
    return []


# ---------------------------------------------------------------- either database


def _address(url: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise HotspotsError(f"{NAMED} is not the URL of a database, as postgresql://USER@HOST/NAME is.") from None
    kind = address.drivername.partition("+")[0]
    if kind in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or not address.database:
        raise HotspotsError(f"{NAMED} names '{kind[:20]}': a PostgreSQL database or an SQLite file can be used.")
    return address


def _file(address: URL) -> Path | None:
    return Path(str(address.database)) if address.drivername == "sqlite" else None


def _reader(folder: Path, address: URL) -> Engine | None:
    """None where there is nothing yet to read."""
    if path := _file(address):
        return sqlite.reader(path) if path.is_file() else None
    schema = server.schema_of(folder, address)
    return server.reader(address, schema) if schema else None


def _writer(folder: Path, address: URL) -> Engine:
    path = _file(address)
    return sqlite.writer(path) if path else server.writer(address, server.schema_of(folder, address, make=True))


@contextmanager
def _closed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _shared(folder: Path, address: URL) -> bool:
    """Whether others can mean the same tables: all but the workspace's own file or schema."""
    path = _file(address)
    return path.resolve() != (folder / FILE).resolve() if path else server.names_schema(address)


def _refuse_elsewhere(folder: Path, address: URL) -> None:
    """Where nothing is stored: HotspotsError if what people edited lies in another place, and would not count here."""
    path, own = _file(address), folder / FILE
    if path and path.resolve() == own.resolve():
        return
    if own.is_file() and own.stat().st_size:
        raise HotspotsError(
            f"What was edited in this workspace is in its {FILE}, and the database of {VARIABLE} holds nothing of it."
            f" Carry it over: python -m hotspots copy --from workspace --to URL. Or unset {VARIABLE}."
        )
    if not path and not server.names_schema(address) and server.lies_in_public(address):
        raise HotspotsError(
            "The database holds tables of an earlier version in its schema 'public', which belong to no workspace yet."
            " If they are this one's, add ?options=-csearch_path%3Dpublic to the URL. If they are not, use another"
            " database."
        )


def _refuse_another(connection: Connection, folder: Path, address: URL) -> None:
    if not _shared(folder, address):
        return
    owner = connection.exec_driver_sql("SELECT id FROM workspaces").scalar()
    if owner is not None and owner != server.identity_of(folder):
        raise HotspotsError(
            "The database holds what was edited in another workspace. Give this one a database or schema of its own; if"
            f" this folder is a copy of that workspace, put its {server.IDENTITY} here too."
        )


def _claim(connection: Connection, folder: Path, address: URL) -> None:
    """Write down whose tables these are, the first time."""
    _refuse_another(connection, folder, address)
    if _shared(folder, address) and connection.exec_driver_sql("SELECT id FROM workspaces").scalar() is None:
        identity = server.identity_of(folder, make=True)
        connection.exec_driver_sql(f"INSERT INTO workspaces VALUES ('{identity}')")


@contextmanager
def _sentences(address: URL, kept: str) -> Iterator[None]:
    """Errors of the database as sentences; ours keep their traceback. ``kept``: what became of what was asked."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if not _file(address):
            server.without_values(error)
        said = sqlite.sentence(error, kept) if _file(address) else server.sentence(error, address, kept)
        if said is None:
            raise
        raise HotspotsError(said) from error
    except sqlite3.DatabaseError as error:  # of the copy beside it
        raise HotspotsError(f"{FILE} cannot be copied before its upgrade: {error}.{kept}") from error
    except OSError as error:  # of the files beside it
        raise HotspotsError(f"{error.filename or FILE} cannot be used: {error.strerror or error}.{kept}") from error
