"""Faults on purpose: an operation runs in a process of its own, in which the n-th file or SQL event is the last.

An event is a file opened to be written, flushed, renamed, linked or removed, a folder made or removed, a Parquet file
begun, a database opened, a statement, and once it has written or committed that too. Only POSIX systems have `fork`.

    killed  SIGKILL at the event; at a flush only half of the file has arrived
    full    from the event on nothing that needs room succeeds
    broken  the event fails once, as a disk or a database does that cannot be read or written
"""

from __future__ import annotations

import errno
import json
import os
import random
import secrets
import signal
import sqlite3
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy.engine.default import DefaultDialect

from hotspots.base.errors import HotspotsError
from hotspots.intake import report
from hotspots.store import ledger

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
FAULTS = ("killed", "full", "broken")
CHANGES = ("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod")
NEED_ROOM = ("os.rename", "os.link", "os.mkdir")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "SELECT SETVAL")
SQLITE = {"full": ("database or disk is full", sqlite3.SQLITE_FULL), "broken": ("disk I/O error", sqlite3.SQLITE_IOERR)}
LONGEST = 120  # seconds of a trial, which takes none


class Still(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Still:
        return cls.fromtimestamp(NOW.timestamp(), tz)


@dataclass(frozen=True)
class Outcome:
    """How an operation ended: done, refused (``words`` the sentence), killed, or traceback (``words`` all of it)."""

    ended: str
    words: str
    events: dict[str, int]  # fault → that it came to, had it struck
    event: str  # the one at which the fault struck


class Meter:
    """Counts events under ``place`` and strikes at the n-th; 0 never."""

    def __init__(self, place: Path, fault: str, n: int, server: bool) -> None:
        self.place, self.fault, self.n, self.server = str(place), fault, n, server
        self.events, self.struck, self.watching = dict.fromkeys(FAULTS, 0), "", True

    def event(
        self, what: str, room: bool = True, file: str | None = None, fd: int | None = None, after: bool = False
    ) -> None:
        """``room``: it needs some. ``file``: its name, None for SQL. ``fd``: what is to be flushed."""
        faults = [f for f in FAULTS if f == "killed" or (not after and (room or f == "broken"))]
        if not self.watching:
            return
        for fault in faults:
            self.events[fault] += 1
        done = not self.n or self.events[self.fault] < self.n or (self.fault == "broken" and self.struck)
        if done or self.fault not in faults:
            return
        self.struck = self.struck or what
        if self.fault == "killed":
            if fd is not None:
                os.ftruncate(fd, os.fstat(fd).st_size // 2)
            self.watching = False
            raise_killed(what)
        raise self.error(file)

    def error(self, file: str | None) -> Exception:
        if file is not None:
            code = errno.ENOSPC if self.fault == "full" else errno.EIO
            return OSError(code, os.strerror(code), file)
        if self.server:
            import psycopg

            return (
                psycopg.errors.DiskFull("could not extend file")
                if self.fault == "full"
                else psycopg.OperationalError("server closed the connection unexpectedly")
            )
        words, code = SQLITE[self.fault]
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        return error

    # ---------------------------------------------------------------- where events come from

    def watch(self) -> None:
        sys.addaudithook(self.hear)
        fsync, write_table = os.fsync, pq.write_table

        def flush(fd: int) -> None:
            self.event("flush", file="a file", fd=fd)
            fsync(fd)

        def write(table: Any, where: Any, **more: Any) -> None:
            self.event("write Parquet", file=str(where))
            write_table(table, where, **more)

        os.fsync, pq.write_table = flush, write
        for name in ("do_execute", "do_executemany", "do_execute_no_params", "do_commit"):
            self.wrap(name, getattr(DefaultDialect, name))

    def hear(self, name: str, args: tuple[Any, ...]) -> None:
        """An audit event of Python's."""
        if name == "open" and isinstance(args[0], (str, bytes)) and args[2] & WRITING:
            self.on_file("open", args[0])
        elif name in CHANGES:
            self.on_file(name, args[0], room=name in NEED_ROOM)
        elif name == "sqlite3.connect" and not str(args[0]).endswith(":memory:"):
            self.event("open a database", room=False)

    def on_file(self, what: str, path: Any, room: bool = True) -> None:
        path = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        if path.startswith(self.place) or (path and not path.startswith("/")):
            self.event(f"{what} {Path(path).suffix}".strip(), room, path)

    def wrap(self, name: str, do: Callable[..., None]) -> None:
        def wrapped(dialect: Any, first: Any, *more: Any) -> None:
            text = "COMMIT" if name == "do_commit" else str(more[0]).strip().upper()
            what, writes = f"SQL {text.split()[0]}", text.startswith(("COMMIT", *WRITES))
            self.event(what, room=writes)
            do(dialect, first, *more)
            if writes:
                self.event(f"after {what}", after=True)

        setattr(DefaultDialect, name, wrapped)


def raise_killed(what: str) -> None:
    """The end, with the event for the parent."""
    os.write(Trial.pipe, json.dumps(["killed", "", {}, what]).encode())
    os.kill(os.getpid(), signal.SIGKILL)


class Trial:
    """What the child knows of its parent."""

    pipe = -1


def attempt(
    act: Callable[[Path], object], place: Path, fault: str = "killed", n: int = 0, server: bool = False
) -> Outcome:
    """Run ``act(place)`` in a child, with a fault at the n-th event (0: at none)."""
    out, into = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries: the child starts its own
        pid = os.fork()
    if pid == 0:
        os.close(out)
        Trial.pipe = into
        _child(act, place, Meter(place, fault, n, server))
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if not told:
        return Outcome("traceback", f"the process ended without a word: {status}", {}, "")
    return Outcome(*json.loads(told))


def _child(act: Callable[[Path], object], place: Path, meter: Meter) -> None:
    ended, words = "done", ""
    try:
        signal.alarm(LONGEST)
        prepare_child(place)
        meter.watch()
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            act(place)
    except HotspotsError as error:
        ended, words = "refused", str(error)
    except BaseException:
        ended, words = "traceback", traceback.format_exc()
    finally:
        meter.watching = False
        os.write(Trial.pipe, json.dumps([ended, words, meter.events, meter.struck]).encode()[:60_000])
        os._exit(0)


def prepare_child(place: Path) -> None:
    """The same moment, keys and folder of scratch files in each run."""
    stop_clock()
    chance = random.Random(1)
    secrets.token_hex = lambda n=32: f"{chance.getrandbits(8 * (n or 32)):0{2 * (n or 32)}x}"
    (place / "tmp").mkdir(exist_ok=True)
    tempfile.tempdir = str(place / "tmp")


def stop_clock() -> None:
    ledger.now = lambda: NOW
    report.datetime = Still
