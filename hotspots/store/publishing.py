"""How something enters a workspace: one import at a time, under new names, then one manifest renamed into place."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET
from hotspots.store.database import FILE
from hotspots.store.sound import digest
from hotspots.store.workspace import (
    COPY,
    EDITED,
    MANIFEST,
    Manifest,
    Workspace,
    copied_manifest,
    open_workspace,
    read_manifest,
    referenced,
    refuse_file,
    remains,
    signed,
    stored_files,
    to_json,
)

SCRATCH = "positions-"  # folders in the cache, while positions are imported
ASIDE = re.compile(
    r"\.(manifest(\.copy)?\.json|secret\.key|database\.id|demo_truth\.json|hotspots\.sqlite\.revision-\w+)"
    r"\.[0-9a-f]{8}(-journal)?|\.demo"
)
CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
UNREPEATED = ("record", "record_id", "source_row")  # a dictionary of these would cost time and space


class Busy(HotspotsError):
    """Nothing is wrong with what was asked: the workspace cannot be written just now. It may be tried again."""


@contextmanager
def locked(folder: Path, patience: float = 60) -> Iterator[None]:
    """Hold the folder against other imports, for which it is made. `Busy` where one is running for too long."""
    from filelock import FileLock, Timeout

    refuse_file(folder)
    try:
        disk.make_folder(folder)
        with FileLock(folder / ".lock", timeout=patience, mode=0o600):
            yield
    except Timeout as error:
        raise Busy("Another import is running in this workspace. Wait until it has finished.") from error
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        name = error.filename or folder
        raise Busy(f"{name} cannot be written: {error.strerror}. Nothing changed.") from error


@contextmanager
def writing(folder: Path) -> Iterator[Workspace]:
    """Hold the workspace for writing: one import at a time, whatever process it runs in.

    A new one has an empty manifest while its first import runs, so that a kill leaves a workspace, and keeps none
    unless something was stored. An import that fails takes with it what it wrote.
    """
    with locked(folder):
        workspace = open_workspace(folder, create=True)
        fresh, keyed = not (folder / MANIFEST).is_file(), (folder / SECRET).is_file()
        if fresh:
            disk.write_whole(folder / MANIFEST, to_json(signed(Manifest())).encode(), private=True)
        try:
            yield workspace
        except BaseException:
            with suppress(HotspotsError, OSError):
                for name in leftovers(folder):
                    disk.remove(folder / name)
            raise
        finally:
            if fresh and read_manifest(folder).generation == 0 and not remains(folder):
                disk.remove(folder / MANIFEST)
                if not keyed:  # it was made by this import, and nothing was stored under it
                    disk.remove(folder / SECRET)


def leftovers(folder: Path) -> list[str]:
    """Files of imports that came to no end: written since the manifest, and named by none. Hold the lock to be sure.

    Those of the manifest before are older than this one; they stay for whoever is reading them.
    """
    named, since = referenced(read_manifest(folder)), (folder / MANIFEST).stat().st_mtime_ns
    copied = copied_manifest(folder)
    named |= referenced(copied) if copied else set()
    files = [n for n in stored_files(folder) if n not in named and (folder / n).stat().st_mtime_ns >= since]
    scratch = [f"cache/{path.name}" for path in sorted((folder / "cache").glob(f"{SCRATCH}*"))]
    return [*files, *(p.name for p in sorted(folder.iterdir()) if ASIDE.fullmatch(p.name)), *scratch]


def new_file(workspace: Workspace, *names: str, ending: str = "parquet") -> str:
    """An empty file in the workspace that nothing names yet, as its path: ``facts/police-uk/2022-07-3f2a….parquet``."""
    path = "/".join((*names[:-1], f"{names[-1]}-{uuid.uuid4().hex[:10]}.{ending}"))
    disk.make_folder((workspace.folder / path).parent)
    disk.private_file(workspace.folder / path)
    return path


def write_table(workspace: Workspace, table: pa.Table, *names: str) -> str:
    """Write a table under a new name and return that name; nothing refers to it until ``publish``."""
    path = new_file(workspace, *names)
    repeating = [c for c in table.column_names if c not in UNREPEATED]
    pq.write_table(
        table, workspace.folder / path, compression="zstd", compression_level=1, use_dictionary=repeating or False
    )
    return path


def publish(workspace: Workspace, manifest: Manifest) -> Workspace:
    """Make ``manifest`` the current one, in one rename, then remove files that neither it nor the last one names."""
    folder, before = workspace.folder, workspace.manifest
    hashes = {n: before.hashes.get(n) or settled_hash(folder / n) for n in sorted(referenced(manifest))}
    if (folder / SECRET).is_file():
        hashes[SECRET] = digest(folder / SECRET)
    if (folder / FILE).is_file():
        hashes[FILE] = EDITED
    manifest = signed(replace(manifest, generation=before.generation + 1, hashes=hashes))
    text = to_json(manifest).encode()
    disk.write_whole(folder / MANIFEST, text, private=True)
    with suppress(OSError, HotspotsError):  # it counts by now, whatever becomes of what follows
        disk.write_whole(folder / COPY, text, private=True)
        keep = referenced(manifest) | referenced(before)
        asides = [p.name for p in folder.iterdir() if ASIDE.fullmatch(p.name)]
        for name in [n for n in stored_files(folder) if n not in keep] + asides:
            disk.remove(folder / name)
    return Workspace(folder, manifest, workspace.settings)


def settled_hash(path: Path) -> str:
    """SHA-256 of a file just written, which is on the disk when this returns."""
    with open(path, "r+b") as file:  # Windows settles only what is open for writing
        os.fsync(file.fileno())
        return file_digest(file, "sha256").hexdigest()
