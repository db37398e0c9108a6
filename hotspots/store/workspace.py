"""One folder that holds everything a force has loaded: bulk facts in Parquet, what people edit in SQL.

    workspace/
      manifest.json      what is current: the single point at which an import takes effect
      facts/             Parquet, one file per feed and month (positions: per patrol day); written once, never changed
      quarantine/        rows that could not be used, with the reason
      boundaries/        district polygons, if imported
      hotspots.sqlite    what people edit (weight sets, areas, log entries)
      secret.key         what officers' identities are hashed with; in no export
      cache/             what can be worked out again; may be deleted at any time
      settings.toml      optional overrides of hotspots.base.settings

An import writes new files under new names and then renames one new manifest over the old one. A kill
before the rename leaves the workspace as it was, a kill after it leaves it as it should be; files that no
manifest names are removed by the next import.
"""

from __future__ import annotations

import errno
import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hotspots.base.columns import INCIDENTS, PINGS, schema
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings, load_settings

MANIFEST = "manifest.json"
SCHEMA = 2  # 2: positions and patrol logs
FOLDERS = ("facts", "quarantine", "boundaries")
OURS = re.compile(r"-[0-9a-f]{10}\.[a-z]+$")  # how new_file ends a name
CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)
INCIDENT_SCHEMA = schema(INCIDENTS)
PING_SCHEMA = schema(PINGS)
UNREPEATED = ("record", "record_id", "source_row")  # a dictionary of these would cost time and space


@dataclass(frozen=True)
class Part:
    """The facts of one feed and month: one Parquet file of offence rows."""

    source: str  # police-uk or incidents
    feed: str  # the force, or the mapping's name
    month: int  # YYYYMM
    file: str  # path inside the workspace
    rows: int
    came_from: str = ""  # name of the imported file (police-uk: a file is the whole truth for its month)
    sha256: str = ""  # of that file

    @property
    def key(self) -> tuple[str, str, int]:
        return self.source, self.feed, self.month


@dataclass(frozen=True)
class PingDay:
    """The positions of one patrol day: one Parquet file in `hotspots.base.columns.PINGS`."""

    day: str  # YYYY-MM-DD: the date on which the patrol day began
    file: str
    rows: int
    units: int
    came_from: str = ""


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one imported file. read = the sum of the five counts after it."""

    file: str
    source: str
    feed: str
    sha256: str
    imported_at: str
    read: int
    accepted: int
    updated: int
    unchanged: int
    repeated: int
    quarantined: int
    reasons: dict[str, int] = field(default_factory=dict)  # quarantine reason → rows
    hidden: dict[str, int] = field(default_factory=dict)  # what a map would hide → rows
    notes: tuple[str, ...] = ()
    quarantine: str = ""  # path of the quarantined rows, inside the workspace


@dataclass(frozen=True)
class Manifest:
    """What is current in a workspace."""

    schema: int = SCHEMA
    generation: int = 0
    kind: str = "empty"  # empty, real, synthetic
    parts: tuple[Part, ...] = ()
    merged: str = ""  # incidents published more than once, merged into one row each
    superseded: str = ""  # the published rows those replace
    boundaries: str = ""
    boundaries_label: str = ""
    breaks: tuple[tuple[str, int, float], ...] = ()  # (feed, month, share of crimes at points not used before)
    reports: tuple[FileReport, ...] = ()
    ping_days: tuple[PingDay, ...] = ()  # in order of day
    patrol_log: str = ""  # the imported log entries, one file in `hotspots.base.columns.LOG_ENTRIES`
    patrol_log_rows: int = 0
    hashes: dict[str, str] = field(default_factory=dict)  # file inside the workspace → SHA-256 of what was written

    @property
    def version(self) -> str:
        """Changes whenever the data does: the key for every cache."""
        return f"{self.generation}-{sha256(to_json(self).encode()).hexdigest()[:12]}"

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted({p.source for p in self.parts}))


@dataclass(frozen=True)
class Workspace:
    """A workspace folder and what its manifest said when it was opened."""

    folder: Path
    manifest: Manifest
    settings: Settings

    @property
    def version(self) -> str:
        return self.manifest.version


def to_json(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), indent=1, sort_keys=True)


def from_json(text: str, where: Path) -> Manifest:
    """Read a manifest; a damaged or newer one is refused in a sentence."""
    try:
        facts = json.loads(text)
        if facts["schema"] > SCHEMA:
            raise HotspotsError(
                f"The workspace {where.parent.name} was written by a newer version of this program. Update the program."
            )
        facts["parts"] = tuple(Part(**p) for p in facts["parts"])
        facts["ping_days"] = tuple(PingDay(**d) for d in facts.get("ping_days", ()))
        facts["breaks"] = tuple((f, int(m), float(s)) for f, m, s in facts["breaks"])
        facts["reports"] = tuple(FileReport(**{**r, "notes": tuple(r["notes"])}) for r in facts["reports"])
        return Manifest(**facts)
    except (KeyError, TypeError, ValueError) as error:
        raise HotspotsError(
            f"{where.name} of the workspace {where.parent.name} is damaged ({error}). Restore it from a copy,"
            " or start a new workspace and import again."
        ) from error


def open_workspace(folder: Path, create: bool = False) -> Workspace:
    """Open a workspace as it stands now; ``create`` makes an empty one where there is none.

    Raises HotspotsError where the folder is not a workspace.
    """
    path = folder / MANIFEST
    if not path.is_file():
        refuse_file(folder)
        if not create:
            raise HotspotsError(
                f"There is no workspace at {folder}. Import data into it, or build the demo: python -m hotspots demo."
            )
        folder.mkdir(parents=True, exist_ok=True)
        return Workspace(folder, Manifest(), load_settings(folder))
    text = path.read_bytes().decode("utf-8", errors="replace")
    return Workspace(folder, from_json(text, path), load_settings(folder))


def refuse_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise HotspotsError(f"{folder} is a file; a workspace is a folder.")


@contextmanager
def writing(folder: Path) -> Iterator[Workspace]:
    """Hold the workspace for writing: one import at a time, whatever process it runs in."""
    from filelock import FileLock, Timeout

    refuse_file(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=60):
            yield open_workspace(folder, create=True)
    except Timeout as error:
        raise HotspotsError("Another import is running in this workspace. Wait until it has finished.") from error
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        name = error.filename or folder
        raise HotspotsError(f"{name} cannot be written: {error.strerror}. Nothing changed.") from error


def new_file(workspace: Workspace, *names: str, ending: str = "parquet") -> str:
    """A path inside the workspace that nothing uses yet: ``facts/police-uk/2022-07-3f2a….parquet``."""
    path = "/".join((*names[:-1], f"{names[-1]}-{uuid.uuid4().hex[:10]}.{ending}"))
    (workspace.folder / path).parent.mkdir(parents=True, exist_ok=True)
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
    before = workspace.manifest.hashes
    hashes = {n: before.get(n) or settled_hash(workspace.folder / n) for n in sorted(referenced(manifest))}
    manifest = replace(manifest, generation=workspace.manifest.generation + 1, hashes=hashes)
    write_aside(workspace.folder / MANIFEST, to_json(manifest).encode())
    keep = referenced(manifest) | referenced(workspace.manifest)
    for name in stored_files(workspace.folder):
        if name not in keep:
            (workspace.folder / name).unlink(missing_ok=True)
    for aside in workspace.folder.glob(f".{MANIFEST}.*"):
        aside.unlink(missing_ok=True)  # of an import that was killed
    return Workspace(workspace.folder, manifest, workspace.settings)


def settled_hash(path: Path) -> str:
    """SHA-256 of a file just written, which is on the disk when this returns."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        return file_digest(file, "sha256").hexdigest()


def is_sound(folder: Path, manifest: Manifest, name: str) -> bool:
    """Whether a file of the workspace is there, just as it was written."""
    try:
        with open(folder / name, "rb") as file:
            return file_digest(file, "sha256").hexdigest() == manifest.hashes.get(name)
    except OSError:
        return False


def write_aside(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: aside, flushed to disk, then renamed over."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with open(aside, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def referenced(manifest: Manifest) -> set[str]:
    """Every file a manifest names."""
    named = [p.file for p in manifest.parts] + [r.quarantine for r in manifest.reports]
    named += [d.file for d in manifest.ping_days]
    others = (manifest.merged, manifest.superseded, manifest.boundaries, manifest.patrol_log)
    return {n for n in (*named, *others) if n}


def stored_files(folder: Path) -> list[str]:
    """Every data file of ours in the workspace, as paths inside it; files of other people's making are not seen."""
    return [
        path.relative_to(folder).as_posix()
        for room in FOLDERS
        for path in sorted((folder / room).rglob("*"))
        if OURS.search(path.name) and path.is_file()
    ]


def read_part(folder: Path, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one part as published; columns the source does not have come out empty."""
    path = folder / part.file
    try:
        file = pq.ParquetFile(path, memory_map=False)
        names = file.schema_arrow.names
        wanted = names if columns is None else [c for c in columns if c in names]
        table = file.read(columns=wanted)
    except (OSError, pa.ArrowException) as error:
        raise HotspotsError(
            f"{part.file} of the workspace is missing or damaged. Import {part.came_from or part.feed} again, or run"
            " python -m hotspots check."
        ) from error
    for name in columns or ():
        if name not in names:
            table = table.append_column(name, pa.nulls(len(table), INCIDENT_SCHEMA.field(name).type))
    return table if columns is None else table.select(list(columns))


def read_incidents(
    workspace: Workspace,
    columns: Sequence[str],
    source: str | None = None,
    months: tuple[int, int] | None = None,
) -> pa.Table:
    """Offence rows, each incident once: published repeats are merged away.

    ``columns`` are names of hotspots.base.columns.INCIDENTS; ``months`` (first, last) as YYYYMM, both included.
    Row order is that of feed, month and file, merged incidents last.
    """
    manifest = workspace.manifest
    parts = [p for p in manifest.parts if wanted_part(p, source, months)]
    dropped = superseded_rows(workspace)
    tables = []
    for part in parts:
        table = read_part(workspace.folder, part, columns)
        gone = dropped.get(part.key)
        tables.append(without_rows(table, gone) if gone is not None else table)
    if manifest.merged and source in (None, "police-uk"):
        merged = pq.read_table(workspace.folder / manifest.merged)
        if months:
            inside = pc.and_(pc.greater_equal(merged["month"], months[0]), pc.less_equal(merged["month"], months[1]))
            merged = merged.filter(inside)
        tables.append(merged.select(list(columns)))
    if not tables:
        return pa.schema([INCIDENT_SCHEMA.field(c) for c in columns]).empty_table()
    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().combine_chunks()


def read_pings(workspace: Workspace, first_day: str, last_day: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The positions of the patrol days ``first_day`` to ``last_day`` (YYYY-MM-DD, both included).

    ``columns``: names of hotspots.base.columns.PINGS, default all. In order of day, unit and time. Raises HotspotsError
    where a day's file is missing or damaged.
    """
    days = [d for d in workspace.manifest.ping_days if first_day <= d.day <= last_day]
    wanted = PING_SCHEMA.names if columns is None else list(columns)
    tables = [read_ping_day(workspace.folder, day, wanted) for day in days]
    empty = pa.schema([PING_SCHEMA.field(c) for c in wanted]).empty_table()
    return pa.concat_tables([empty, *tables])


def read_ping_day(folder: Path, day: PingDay, columns: Sequence[str] | None = None) -> pa.Table:
    """The positions of one patrol day, by unit and time."""
    try:
        return pq.ParquetFile(folder / day.file, memory_map=False).read(columns=None if columns is None else [*columns])
    except (OSError, pa.ArrowException) as error:
        raise HotspotsError(f"The positions of {day.day} {damaged_day(day)}") from error


def damaged_day(day: PingDay) -> str:
    """What to do about a patrol day whose file is gone or not as it was written."""
    return f"are missing or damaged in the workspace. Import {day.came_from or 'their files'} again, all in one go."


def wanted_part(part: Part, source: str | None, months: tuple[int, int] | None) -> bool:
    return (source is None or part.source == source) and (months is None or months[0] <= part.month <= months[1])


def superseded_rows(workspace: Workspace) -> dict[tuple[str, str, int], pa.Array]:
    """Row positions, by part, of published rows that a merged incident replaces."""
    if not workspace.manifest.superseded:
        return {}
    table = pq.read_table(workspace.folder / workspace.manifest.superseded)
    by_part = table.group_by(["feed", "month"], use_threads=False).aggregate([("position", "list")])
    return {
        ("police-uk", feed, month): positions.values
        for feed, month, positions in zip(
            by_part["feed"].to_pylist(), by_part["month"].to_pylist(), by_part["position_list"], strict=True
        )
    }


def without_rows(table: pa.Table, positions: pa.Array) -> pa.Table:
    """The table without the rows at these positions."""
    import numpy as np

    keep = np.ones(len(table), dtype=bool)
    keep[positions.to_numpy(zero_copy_only=False)] = False
    return table.filter(pa.array(keep))


def months_held(manifest: Manifest, source: str) -> list[int]:
    """Months for which the workspace holds this source, oldest first."""
    return sorted({p.month for p in manifest.parts if p.source == source})


def replace_parts(manifest: Manifest, new: Iterable[Part], gone: Iterable[tuple[str, str, int]] = ()) -> Manifest:
    """The manifest with these parts in place of those of the same feed and month; ``gone`` are removed."""
    parts = {p.key: p for p in manifest.parts}
    for key in gone:
        parts.pop(key, None)
    for part in new:
        parts[part.key] = part
    return replace(manifest, parts=tuple(parts[k] for k in sorted(parts)))
