"""New files of a folder into a workspace, each once: for a scheduler, which asks every few minutes.

A file is known by its content. Which were taken and which failed stands in a file of the workspace, by hashes alone,
for a file may be named after a unit; without it every file is taken again, which changes nothing. Only one run takes
files at a time, the others leave at once.

Limits: a file counts as written when nobody has touched it for half a minute and it stays as it is while it is read; a
program that pauses for longer in the middle of a file should write it under another name first.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from hotspots.base import disk
from hotspots.base.clock import day_at
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.intake import Imported, import_files
from hotspots.intake.report import COUNTS, report_line
from hotspots.sources.files import is_hidden
from hotspots.sources.kinds import ending_of, endings
from hotspots.store.publishing import Busy

STATE = "new_files.json"  # of the workspace
LOCK = ".new-in.lock"
MOST_HASHES = 200_000  # files whose hash is kept, so that they are not read again
SETTLED_S = 30  # since anybody touched a file: it is written
UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".writing")
TAKEN, FAILED, FAILED_BEFORE, WAITING, KNOWN = "taken", "failed", "failed before", "waiting", "known"


@dataclass(frozen=True)
class Told:
    """What became of a file in this run, as a line for the log; '' where there is nothing to say."""

    name: str
    what: str  # TAKEN …
    line: str = ""


@dataclass
class State:
    """What is known of the files, as it is kept in the workspace."""

    hashes: dict[str, list[Any]] = field(default_factory=dict)  # hash of the path → size, time of change, hash
    taken: dict[str, str] = field(default_factory=dict)  # source and hash → when
    failed: dict[str, str] = field(default_factory=dict)  # source, hash and mapping → when


@dataclass(frozen=True)
class Request:
    """What is asked of each file: the arguments of `hotspots.intake.import_files`."""

    workspace: Path
    source: str
    mapping: Path | None = None
    timezone: str = ""
    replacing: bool = False

    def key(self) -> str:
        """Changes with whatever may let a file through that failed before: the mapping, the time zone."""
        text = self.mapping.read_bytes() if self.mapping is not None and self.mapping.is_file() else b""
        return sha256(text + f"/{self.timezone}/{self.replacing}".encode()).hexdigest()[:16]


def take_new(folder: Path, request: Request, now: float | None = None) -> Iterator[Told]:
    """Import each file of the folder that is new, one after the other, and tell of each.

    ``now``: seconds since 1970, by default the clock. Raises `HotspotsError` where the folder is none, and `Busy` where
    another run is at it.
    """
    if not folder.is_dir():
        raise HotspotsError(f"{folder} is no folder. Give the folder that new files are put into.")
    with alone(request.workspace):
        state = read_state(request.workspace)
        for path in sorted(p for p in folder.rglob("*") if is_meant(p, folder, request.source)):
            told = take(path, path.relative_to(folder).as_posix(), request, state, time.time() if now is None else now)
            if told.what in (TAKEN, FAILED):
                write_state(request.workspace, state)
            yield told
        write_state(request.workspace, state)


def left_out(folder: Path, source: str) -> list[str]:
    """Files of the folder that hold no table of this source, by name."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    names = (p.relative_to(folder).as_posix() for p in files if not is_meant(p, folder, source))
    return [n for n in names if not is_hidden(n) and not n.casefold().endswith((*UNFINISHED, "~"))]


def is_meant(path: Path, folder: Path, source: str) -> bool:
    """Whether a path is a finished file that may hold a table of this source."""
    name = path.relative_to(folder).as_posix()
    return path.is_file() and not is_hidden(name) and ending_of(name) in (*endings(source), ".zip")


def take(path: Path, name: str, request: Request, state: State, now: float) -> Told:
    """One file: imported where it is new and written to its end."""
    try:
        before = path.stat()
        if 0 <= now - before.st_mtime < SETTLED_S:
            return Told(name, WAITING, f"{name}: still being written, left for the next run.")
        sha = hash_of(path, state)
    except OSError as error:
        if disk.in_use(error) or isinstance(error, FileNotFoundError):
            return Told(name, WAITING, f"{name}: held by another program or gone, left for the next run.")
        return Told(name, FAILED, f"{name}: failed: it cannot be opened ({error.strerror or error}).")
    key = f"{request.source}/{sha}"
    if key in state.taken:
        return Told(name, KNOWN)
    tried = f"{key}/{request.key()}"
    if tried in state.failed:
        when = state.failed[tried]
        return Told(name, FAILED_BEFORE, f"{name}: failed on {when} and is as it was. Correct it, or take it away.")
    try:
        done = import_files(
            request.workspace, [path], request.source, request.mapping, timezone=request.timezone,
            replacing=request.replacing,
        )  # fmt: skip
    except Busy as error:
        return Told(name, FAILED, f"{name}: failed, to be tried again: {' '.join(error.problems)}")
    except HotspotsError as error:
        if not changed(path, before):
            state.failed[tried] = day_at(int(now)).isoformat()
        return Told(name, FAILED, f"{name}: failed: {' '.join(error.problems)}")
    if changed(path, before):
        return Told(name, WAITING, f"{name}: it changed while it was read, to be taken again in the next run.")
    state.taken[key] = day_at(int(now)).isoformat()
    return Told(name, TAKEN, line_of(name, done))


def hash_of(path: Path, state: State) -> str:
    """SHA-256 of a file; one that was not touched since is not read again."""
    facts, key = path.stat(), place_of(path)
    kept = state.hashes.get(key)
    if kept is None or kept[:2] != [facts.st_size, facts.st_mtime_ns]:
        with open(path, "rb") as file:
            kept = [facts.st_size, facts.st_mtime_ns, file_digest(file, "sha256").hexdigest()]
        state.hashes[key] = kept
    return str(kept[2])


def place_of(path: Path) -> str:
    """A path as a hash."""
    return sha256(str(path.resolve()).encode()).hexdigest()


def changed(path: Path, before: Any) -> bool:
    """Whether a file is another than it was."""
    try:
        after = path.stat()
    except OSError:
        return True
    return (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


def line_of(name: str, done: Imported) -> str:
    """What became of the rows of a file, or of all tables in it."""
    if len(done.reports) == 1:
        return report_line(done.reports[0])
    sums = {c: sum(getattr(r, c) for r in done.reports) for c in COUNTS}
    rest = ", ".join(f"{sums[c]:,} {c}" for c in COUNTS[1:])
    return f"{name}: {counted(len(done.reports), 'table')}, {sums['read']:,} rows read = {rest}."


@contextmanager
def alone(workspace: Path) -> Iterator[None]:
    """Hold the workspace against other runs, not against other imports. `Busy` where there is one."""
    from filelock import FileLock, Timeout

    disk.make_folder(workspace)
    try:
        with FileLock(workspace / LOCK, timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise Busy("Another run is taking new files into this workspace: nothing was done.") from error


def read_state(workspace: Path) -> State:
    """What is known of the files; nothing where it cannot be read, for then they are taken again."""
    try:
        kept = json.loads((workspace / STATE).read_text(encoding="utf-8"))
        return State(**{name: dict(kept[name]) for name in ("hashes", "taken", "failed")})
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def write_state(workspace: Path, state: State) -> None:
    """Keep it. Where it cannot be written it is done without."""
    state.hashes = dict(list(state.hashes.items())[-MOST_HASHES:])
    try:
        disk.write_whole(workspace / STATE, json.dumps(asdict(state), indent=1).encode(), private=True)
    except (OSError, HotspotsError):
        return


def summed(told: list[Told]) -> str:
    """A line at the end: how many files were taken, failed, are to come, and were known."""
    n = Counter(t.what for t in told)
    return (
        f"{counted(n[TAKEN], 'new file')} taken, {n[FAILED] + n[FAILED_BEFORE]:,} failed, {n[WAITING]:,} left for the"
        f" next run, {n[KNOWN]:,} taken before."
    )
