"""What people edit in a file of the workspace: SQLite with a write-ahead log; any number read while one writes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

from hotspots.base.disk import aside_of, private_file, put_in_place, remove

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

FILE = "hotspots.sqlite"
WAIT = 30  # seconds for another writer
NO_NOTES = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)
MEND = f"Restore {FILE} from a copy of the workspace (docs/deployment.md, Backups)"


def to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads.

    Where SQLite cannot keep its notes beside the file (a read-only folder, a full disk), the file is read as it lies
    there, or, where a log lies beside it, a copy of both in memory.
    """
    uri = path.resolve().as_uri()
    connection = connected(f"{uri}?mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in NO_NOTES or not os.access(path, os.R_OK):
            raise
    log = path.with_name(path.name + "-wal")
    if not log.is_file() or log.stat().st_size == 0:
        return connected(f"{uri}?immutable=1")
    with tempfile.TemporaryDirectory() as folder:
        for file in (path, log):
            copyfile(file, Path(folder) / file.name)
        memory = connected("file::memory:")
        with closing(sqlite3.connect(Path(folder) / path.name)) as copy:
            copy.backup(memory)
        return memory


def to_write(path: Path) -> sqlite3.Connection:
    """A connection for one writer at a time; the file is made, for its owner alone, where there is none."""
    if not path.exists():
        private_file(path)
    connection = connected(f"{path.resolve().as_uri()}?mode=rw")
    try:
        _log_ahead(connection)
        connection.execute("PRAGMA foreign_keys=on")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """WAL mode. Of several who make the same new file SQLite lets one pass, and does not wait for it by itself."""
    until = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > until:
                raise
        time.sleep(0.02)


def connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=WAIT, check_same_thread=False)


def reader(path: Path) -> Engine:
    """Each connection sees one moment of the file."""
    return _engine(lambda: to_read(path), "BEGIN")


def writer(path: Path) -> Engine:
    """Each transaction waits for its turn at its start."""
    return _engine(lambda: to_write(path), "BEGIN IMMEDIATE")


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine


def copy_beside(path: Path, revision: str) -> Path:
    """A copy of the file as it stands, in the folder beside it, whole or not at all."""
    copy = path.with_name(f"{path.name}.revision-{revision}")
    aside = aside_of(copy)
    try:
        with closing(to_read(path)) as old, closing(sqlite3.connect(private_file(aside))) as new:
            old.backup(new)
        put_in_place(aside, copy)
    finally:
        remove(aside)
    return copy


def sentence(error: DBAPIError, kept: str) -> str | None:
    """An error of SQLite as a sentence, ``kept`` what became of what was asked; None for a mistake of ours."""
    from sqlalchemy.exc import DatabaseError, OperationalError

    if type(error) not in (DatabaseError, OperationalError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    name = f"{FILE} of the workspace"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"Another program has been writing to {name} for {WAIT} seconds.{kept} Try again when it has finished."
    if code == sqlite3.SQLITE_FULL:
        return f"The disk is full.{kept} Make room, then try again."
    if kept and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        return f"{name} cannot be written: its folder or the file is read-only for you.{kept}"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"{name} is damaged ({error.orig}). {MEND}.{kept}"
    return f"{name} cannot be used: {error.orig}.{kept} If it is damaged: {MEND[0].lower()}{MEND[1:]}."
