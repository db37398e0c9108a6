"""Are the files of a workspace as they were written? Each is verified when a process first reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET

if TYPE_CHECKING:
    from hotspots.store.workspace import Manifest, Workspace

VERIFIED: set[tuple[str, int, int, str]] = set()  # path, size, time of change, SHA-256: found sound by this process


def digest(path: Path) -> str:
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def is_sound(folder: Path, manifest: Manifest, name: str) -> bool:
    """Whether a file of the workspace is there, just as it was written; read to its end, whatever was read before."""
    try:
        key = state_of(folder / name, manifest.hashes.get(name, ""))
        sound = digest(folder / name) == key[-1]
    except OSError:
        return False
    if sound:
        VERIFIED.add(key)
    return sound


def state_of(path: Path, wanted: str) -> tuple[str, int, int, str]:
    now = path.stat()
    return str(path), now.st_size, now.st_mtime_ns, wanted


def sound_file(workspace: Workspace, name: str) -> Path:
    """The path of a file of the workspace, found sound. HotspotsError, with what to import again, where it is not.

    It is read to its end once by each process, and again when it has changed. A file without a recorded hash passes:
    an import has just written it, or the workspace is an old one.
    """
    return verified(workspace.folder, workspace.manifest, name)


def verified(folder: Path, manifest: Manifest, name: str) -> Path:
    """`sound_file` of a workspace that is being opened."""
    wanted = manifest.hashes.get(name)
    with suppress(OSError):
        if not wanted or state_of(folder / name, wanted) in VERIFIED or is_sound(folder, manifest, name):
            return folder / name
    raise damaged(manifest, name)


def refuse_other_key(workspace: Workspace) -> None:
    """HotspotsError where the key of the units is not the one they were hashed with."""
    wanted, path = workspace.manifest.hashes.get(SECRET), workspace.folder / SECRET
    if wanted and path.is_file() and digest(path) != wanted:
        raise HotspotsError(
            f"{SECRET} is not the one that units were hashed with: those imported from now on would look new. Restore"
            " it from a copy of the workspace. If there is none, remove it: a new one is made, and units imported"
            " before cannot be matched."
        )


@contextmanager
def opened(workspace: Workspace, name: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file of the workspace, found sound. HotspotsError where it cannot be read."""
    path = sound_file(workspace, name)
    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise damaged(workspace.manifest, name) from error


def read_stored(workspace: Workspace, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The table in a file of the workspace. HotspotsError where it is missing or not as it was written."""
    with opened(workspace, name) as file:
        return file.read(columns=None if columns is None else [*columns])


def damaged(manifest: Manifest, name: str) -> HotspotsError:
    """What to do about a file that is gone or not as it was written."""
    days = [d for d in manifest.ping_days if d.file == name]
    if days:
        what = f"The positions of {days[0].day} are missing or damaged in the workspace ({name})."
    else:
        what = f"{name} of the workspace is missing or damaged."
    if name in manifest.profile.values():
        return HotspotsError(f"{what} Choose {source_of(manifest, name)} again: python -m hotspots profile use.")
    together = ", all in one go" if days or name == manifest.patrol_log else ""
    return HotspotsError(f"{what} Import {source_of(manifest, name)} again{together}.")


def source_of(manifest: Manifest, name: str) -> str:
    """What to import again for a file of the workspace."""
    for part in manifest.parts:
        if part.file == name:
            return part.came_from or part.feed
    for day in manifest.ping_days:
        if day.file == name:
            return day.came_from or f"the positions of {day.day}"
    for report in manifest.reports:
        if report.quarantine == name:
            return report.file
    if name in manifest.profile.values():
        return "the profile of the force"
    if name == manifest.patrol_log:
        logs = sorted({r.file for r in manifest.reports if r.source == "patrol-log"})
        return ", ".join(logs[:5]) + (" and the other patrol logs" if len(logs) > 5 else "") or "the patrol logs"
    return "the district boundaries" if name == manifest.boundaries else "any file of data.police.uk"
