"""One folder that holds everything a force has loaded: bulk facts in Parquet, what people edit in SQL.

    workspace/
      manifest.json      what is current: the single point at which an import takes effect
      manifest.copy.json the same again, written after it, should the first be lost
      facts/             Parquet, one file per feed and month (positions: per patrol day); written once, never changed
      quarantine/        rows that could not be used, with the reason
      boundaries/        district polygons, if imported
      profile/           which force it is of, if not the one that comes with the program
      hotspots.sqlite    what people edit (weight sets, areas, log entries)
      database.id        which schema of a PostgreSQL database is this workspace's, where one is used
      secret.key         what officers' identities are hashed with; in no export
      cache/             what can be worked out again; may be deleted at any time
      settings.toml      optional overrides of hotspots.base.settings

An import writes new files under new names and then renames one new manifest over the old one. A kill
before the rename leaves the workspace as it was, a kill after it leaves it as it should be. An import that fails
removes what it wrote; what a killed one has left goes with the next, or with a check. Files of the manifest before stay
until the next import, for those who are reading them; the copy is never behind by more than a kill has kept it, and
nothing is cleaned up before it is written. A folder with files of ours and no manifest is refused.

Files and folders are made for their owner alone; a folder that was there keeps its rights.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base import disk
from hotspots.base.columns import INCIDENTS, PINGS, schema
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import Profile, home, stored_profile
from hotspots.base.settings import Settings, load_settings
from hotspots.store.database import FILE, has_database
from hotspots.store.sound import opened, read_stored, verified

MANIFEST, COPY = "manifest.json", "manifest.copy.json"
DEMO, TRUTH = ".demo", "demo_truth.json"  # where a demo is built aside, and what was planted in it
SCHEMA = 2  # 2: positions and patrol logs
FOLDERS = ("facts", "quarantine", "boundaries", "profile")
OURS = re.compile(r"-[0-9a-f]{10}\.[a-z]+$")  # how new_file ends a name
EDITED = "edited"  # stands among the hashes where the database of the workspace was there: it has no hash
UNSIGNED = "0" * 64  # stands in a manifest for its own hash while that is worked out
INCIDENT_SCHEMA = schema(INCIDENTS)
PING_SCHEMA = schema(PINGS)


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
    inside: dict[str, str] = field(default_factory=dict)  # force → crimes of other forces' files in its area
    boundaries: str = ""
    boundaries_label: str = ""
    profile: dict[str, str] = field(
        default_factory=dict
    )  # its files, by their names in a profile's folder; else home's
    breaks: tuple[tuple[str, int, float], ...] = ()  # (feed, month, share of crimes at points not used before)
    reports: tuple[FileReport, ...] = ()
    ping_days: tuple[PingDay, ...] = ()  # in order of day
    patrol_log: str = ""  # the imported log entries, one file in `hotspots.base.columns.LOG_ENTRIES`
    patrol_log_rows: int = 0
    hashes: dict[str, str] = field(default_factory=dict)  # file inside the workspace, this too → SHA-256 as written

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

    @property
    def profile(self) -> Profile:
        """The force it is of."""
        return profile_of(self.folder, self.manifest)

    @property
    def force(self) -> str:
        """The police force that answers are about, as data.police.uk writes it; '' where that is not known."""
        return self.profile.force


def profile_of(folder: Path, manifest: Manifest) -> Profile:
    """The profile that a workspace keeps, else Lancashire's. HotspotsError where its files are damaged."""
    if not manifest.profile:
        return home()
    return stored_profile({name: verified(folder, manifest, path) for name, path in manifest.profile.items()})


def profile_in_use(folder: Path) -> Profile:
    """The profile of a folder, whether or not a workspace stands there; that of the program where none can be read."""
    try:
        manifest = read_manifest(folder)
    except HotspotsError:
        return home()
    return profile_of(folder, manifest)


def settings_in_use(folder: Path) -> Settings:
    """The settings of a folder, whether or not a workspace stands there."""
    return load_settings(folder, profile_in_use(folder))


def to_json(manifest: Manifest) -> str:
    facts = dict(vars(manifest))  # asdict would copy every report of many forces
    for name in ("parts", "reports", "ping_days"):
        facts[name] = [vars(one) for one in facts[name]]
    for name in ("profile", "inside"):  # without, as in the manifests of before there were any: their hashes hold
        if not facts[name]:
            del facts[name]
    return json.dumps(facts, indent=1, sort_keys=True)


def signed(manifest: Manifest) -> Manifest:
    """The manifest with its own hash among those of its files."""
    text = to_json(replace(manifest, hashes={**manifest.hashes, MANIFEST: UNSIGNED}))
    return replace(manifest, hashes={**manifest.hashes, MANIFEST: sha256(text.encode()).hexdigest()})


def from_json(text: str, where: Path) -> Manifest:
    """Read a manifest; a damaged or newer one is refused in a sentence."""
    try:
        return _parsed(text, where)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HotspotsError(
            f"{where.name} of the workspace {where.parent.name} is damaged ({error}). {how_to_mend(where.parent)}"
        ) from error


def _parsed(text: str, where: Path) -> Manifest:
    """HotspotsError for a newer manifest, any of the errors of a wrong shape for a damaged one."""
    facts = json.loads(text)
    if facts["schema"] > SCHEMA:
        raise HotspotsError(
            f"The workspace {where.parent.name} was written by a newer version of this program. Update the program."
        )
    own = facts.get("hashes", {}).get(MANIFEST)
    if own and sha256(text.replace(own, UNSIGNED).encode()).hexdigest() != own:
        raise ValueError("it is not as it was written")
    facts["parts"] = tuple(Part(**p) for p in facts["parts"])
    facts["ping_days"] = tuple(PingDay(**d) for d in facts.get("ping_days", ()))
    facts["breaks"] = tuple((f, int(m), float(s)) for f, m, s in facts["breaks"])
    facts["reports"] = tuple(FileReport(**{**r, "notes": tuple(r["notes"])}) for r in facts["reports"])
    return Manifest(**facts)


def copied_manifest(folder: Path) -> Manifest | None:
    """The second copy of the manifest, where it is there and sound."""
    path = folder / COPY
    try:
        return _parsed(path.read_bytes().decode("utf-8"), path)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, HotspotsError):
        return None


def how_to_mend(folder: Path) -> str:
    """What to do where the manifest is lost or damaged."""
    if copied_manifest(folder) is not None:
        return f"Copy {COPY}, which is sound, to {MANIFEST} in the same folder, then run python -m hotspots check."
    return (
        f"Restore {MANIFEST} from a copy of the workspace. If there is none, import everything into another folder"
        " (--workspace DIR) and keep this one: it holds what people edited."
    )


def open_workspace(folder: Path, create: bool = False) -> Workspace:
    """Open a workspace as it stands now; ``create`` makes an empty one where there is none.

    Raises HotspotsError where the folder is not a workspace, or is one whose manifest is lost.
    """
    if is_workspace(folder):
        manifest = read_manifest(folder)
        refuse_lost_database(folder, manifest)
        return Workspace(folder, manifest, load_settings(folder, profile_of(folder, manifest)))
    refuse_file(folder)
    if not create:
        raise HotspotsError(
            f"There is no workspace at {folder}. Import data into it, or build the demo: python -m hotspots demo."
        )
    disk.make_folder(folder)
    return Workspace(folder, Manifest(), load_settings(folder, home()))


def read_manifest(folder: Path) -> Manifest:
    """What is current in a workspace. HotspotsError, with how to mend it, where that cannot be read."""
    path = folder / MANIFEST
    if not path.is_file():
        raise HotspotsError(f"The workspace {folder} has no {MANIFEST}, but {remains(folder)}. {lost_remedy(folder)}")
    try:
        return from_json(path.read_bytes().decode("utf-8", errors="replace"), path)
    except OSError as error:
        raise HotspotsError(f"{path} cannot be read: {error.strerror}. {how_to_mend(folder)}") from error


def refuse_lost_database(folder: Path, manifest: Manifest) -> None:
    """HotspotsError where people edited something and its database is gone: figures would come from other weights."""
    if FILE in manifest.hashes and not has_database(folder):
        raise HotspotsError(
            f"{FILE} of the workspace is missing: what people edited (weight sets, frozen areas, log entries). Restore"
            f" it from a copy of the workspace. To go on without what was edited, make an empty file {FILE} there."
        )


def lost_remedy(folder: Path) -> str:
    if (folder / TRUTH).is_file() and copied_manifest(folder) is None:
        return f"Building a demo was cut short there: python -m hotspots demo --workspace {folder} builds it anew."
    return f"Without it nobody can tell which files count, and nothing is done here. {how_to_mend(folder)}"


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace, or what remains of one."""
    return (folder / MANIFEST).is_file() or remains(folder) != ""


def remains(folder: Path) -> str:
    """A file that only a workspace has, '' where there is none; settings, cache, key and name may come before it."""
    kept = [name for name in (COPY, FILE) if (folder / name).is_file()]
    return next(iter([*kept, *stored_files(folder)]), "")


def refuse_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise HotspotsError(f"{folder} is a file; a workspace is a folder.")


def referenced(manifest: Manifest) -> set[str]:
    """Every file a manifest names."""
    named = [p.file for p in manifest.parts] + [r.quarantine for r in manifest.reports]
    named += [d.file for d in manifest.ping_days]
    others = (manifest.merged, manifest.superseded, manifest.boundaries, manifest.patrol_log)
    named += [*manifest.profile.values(), *manifest.inside.values()]
    return {n for n in (*named, *others) if n}


def stored_files(folder: Path) -> list[str]:
    """Every data file of ours in the workspace, as paths inside it; files of other people's making are not seen."""
    return [
        path.relative_to(folder).as_posix()
        for room in FOLDERS
        for path in sorted((folder / room).rglob("*"))
        if OURS.search(path.name) and path.is_file()
    ]


def read_part(workspace: Workspace, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one part as published; columns the source does not have come out empty."""
    with opened(workspace, part.file) as file:
        names = file.schema_arrow.names
        table = file.read(columns=names if columns is None else [c for c in columns if c in names])
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
        table = read_part(workspace, part, columns)
        gone = dropped.get(part.key)
        tables.append(without_rows(table, gone) if gone is not None else table)
    if manifest.merged and source in (None, "police-uk"):
        tables.append(read_merged(workspace, columns, months))
    if not tables:
        return pa.schema([INCIDENT_SCHEMA.field(c) for c in columns]).empty_table()
    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().combine_chunks()


def read_merged(workspace: Workspace, columns: Sequence[str], months: tuple[int, int] | None = None) -> pa.Table:
    """Incidents of data.police.uk that were published more than once, one row each; of no force in particular."""
    if not workspace.manifest.merged:
        return pa.schema([INCIDENT_SCHEMA.field(c) for c in columns]).empty_table()
    merged = read_stored(workspace, workspace.manifest.merged, [*dict.fromkeys([*columns, "month"])])
    return in_months(merged, months).select(list(columns))


def in_months(table: pa.Table, months: tuple[int, int] | None) -> pa.Table:
    """The rows of these months (first, last, both included), of all without."""
    if months is None:
        return table
    month = table["month"]
    return table.filter(pc.and_(pc.greater_equal(month, months[0]), pc.less_equal(month, months[1])))


def read_pings(workspace: Workspace, first_day: str, last_day: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The positions of the patrol days ``first_day`` to ``last_day`` (YYYY-MM-DD, both included).

    ``columns``: names of hotspots.base.columns.PINGS, default all. In order of day, unit and time. Raises HotspotsError
    where a day's file is missing or damaged.
    """
    days = [d for d in workspace.manifest.ping_days if first_day <= d.day <= last_day]
    wanted = PING_SCHEMA.names if columns is None else list(columns)
    tables = [read_stored(workspace, day.file, wanted) for day in days]
    empty = pa.schema([PING_SCHEMA.field(c) for c in wanted]).empty_table()
    return pa.concat_tables([empty, *tables])


def wanted_part(part: Part, source: str | None, months: tuple[int, int] | None) -> bool:
    return (source is None or part.source == source) and (months is None or months[0] <= part.month <= months[1])


def superseded_rows(workspace: Workspace, feeds: Iterable[str] = ()) -> dict[tuple[str, str, int], pa.Array]:
    """Row positions, by part, of published rows that a merged incident replaces; of these feeds only, if any."""
    if not workspace.manifest.superseded:
        return {}
    table = read_stored(workspace, workspace.manifest.superseded)
    if wanted := [*feeds]:
        table = table.filter(pc.is_in(table["feed"], pa.array(wanted, pa.string())))
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


def replace_parts(manifest: Manifest, new: Iterable[Part], gone: Iterable[tuple[str, str, int]] = ()) -> Manifest:
    """The manifest with these parts in place of those of the same feed and month; ``gone`` are removed."""
    parts = {p.key: p for p in manifest.parts}
    for key in gone:
        parts.pop(key, None)
    for part in new:
        parts[part.key] = part
    return replace(manifest, parts=tuple(parts[k] for k in sorted(parts)))
