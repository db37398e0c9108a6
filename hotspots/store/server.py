"""What people edit on a PostgreSQL server: a schema for each workspace, and one writer at a time in it.

The schema is named by the file ``database.id`` beside the manifest, so that workspaces keep apart in one database. A
URL that names a ``search_path`` of its own keeps to that.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.disk import aside_of, private_file, put_in_place, remove
from hotspots.base.errors import HotspotsError
from hotspots.store.sqlite import WAIT

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

IDENTITY = "database.id"
CONNECT = 10  # seconds for a server to answer
LOGIN_OR_LOST = ("08", "28", "3D", "57")  # classes of SQLSTATE


def names_schema(address: URL) -> bool:
    return "search_path" in str(address.query.get("options", ""))


def schema_of(folder: Path, address: URL, make: bool = False) -> str:
    """The schema of this workspace, or what the URL says; "" where it has none yet and none is to be made."""
    if names_schema(address):
        return str(address.query["options"])
    identity = identity_of(folder, make)
    return f"hotspots_{identity}" if identity else ""


def identity_of(folder: Path, make: bool = False) -> str:
    """The name by which a workspace knows its own in a database that others use too; "" where it has none yet."""
    path = folder / IDENTITY
    if make and not path.exists():
        aside = aside_of(path)
        try:
            private_file(aside).write_text(uuid.uuid4().hex[:16] + "\n", encoding="ascii")
            try:
                os.link(aside, path)
            except FileExistsError:  # the first of several processes wins
                pass
            except OSError:  # a file system without links
                put_in_place(aside, path)
        finally:
            remove(aside)
    text = path.read_text(encoding="ascii", errors="replace").strip() if path.is_file() else ""
    if path.is_file() and not (len(text) == 16 and text.isalnum()):
        raise HotspotsError(f"{IDENTITY} of the workspace is damaged. Restore it from a copy of the workspace.")
    return text


def reader(address: URL, schema: str) -> Engine:
    """Each connection sees one moment of the database."""
    return _engine(address, schema).execution_options(isolation_level="REPEATABLE READ")


def writer(address: URL, schema: str) -> Engine:
    """Each transaction waits for its turn at its start: what it reads is what the one before it wrote."""
    from sqlalchemy import event

    engine = _engine(address, schema).execution_options(isolation_level="READ COMMITTED")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}s'")
        # by the schema itself: a URL may name it in several ways, and a new one is not there yet
        mine = "" if names_schema(address) else schema
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(coalesce(current_schema(), %s)))", (mine,))
        # asked of the table: current_schema() does not see what the one before us made while we waited for the lock
        there = connection.exec_driver_sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).scalar()
        if not names_schema(address) and there is None:
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')

    event.listen(engine, "begin", on_begin)
    return engine


def lies_in_public(address: URL) -> bool:
    """Whether tables of ours, as versions before schemas made them, lie in ``public`` and belong to no workspace."""
    engine = _engine(address, "public")
    try:
        with engine.connect() as connection:
            asked = (
                "SELECT to_regclass('public.area_registers') IS NOT NULL AND to_regclass('public.workspaces') IS NULL"
            )
            return bool(connection.exec_driver_sql(asked).scalar())
    finally:
        engine.dispose()


def _engine(address: URL, schema: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    asked = {"connect_timeout": CONNECT, **({} if names_schema(address) else {"options": f"-csearch_path={schema}"})}
    try:
        return create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=asked)
    except ModuleNotFoundError as error:
        raise HotspotsError(
            'HOTSPOTS_DATABASE_URL names PostgreSQL, and its driver is not installed: pip install "psycopg[binary]".'
        ) from error


def without_values(error: DBAPIError) -> None:
    """Leave an error its first line: the server adds the row that it refused, and errors are logged."""
    first = next(iter(str(error.orig).strip().splitlines()), "")
    error.args = (f"({type(error.orig).__name__}) {first}",)
    if error.orig is not None:
        error.orig.args = (first,)


def sentence(error: DBAPIError, address: URL, kept: str) -> str | None:
    """An error of the server as a sentence, ``kept`` what became of what was asked; None for a mistake of ours."""
    from sqlalchemy.exc import DataError

    state = getattr(error.orig, "sqlstate", None) or ""
    first = next(iter(str(error.orig).strip().splitlines()), "no reason was given")[:200]
    if isinstance(error, DataError):
        return f"The database cannot hold a value ({first}).{kept}"
    if state == "55P03":
        return f"Another program has been writing to the database for {WAIT} seconds.{kept} Try again."
    if state == "42501":
        who = f"The role '{address.username}'" if address.username else "Your role"
        return f"{who} lacks a right in the database ({first}).{kept} See docs/deployment.md, PostgreSQL."
    if state == "3F000":
        return f"The schema that the URL names is not in the database.{kept} Create it, or leave out search_path."
    if state.startswith("53"):
        return f"The database server is out of room or connections ({first}).{kept}"
    if state and not state.startswith(LOGIN_OR_LOST):
        return None
    where = f"{address.host or 'this machine'}:{address.port or 5432}"
    unsure = " Look whether it was stored before you try again." if kept else ""
    return f"The database server at {where} cannot be reached, or refuses: {first}.{unsure}"
