"""Is the workspace whole? What is wrong with it, and how to repair it.

Every check runs, whatever the others find; one that breaks off is a finding itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.areas import register as area_register
from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET, workspace_key
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.change import context
from hotspots.change.matching import register as match_register
from hotspots.geography import boundaries_of, missing_districts
from hotspots.harm.weights import register as weight_register
from hotspots.intake.report import damaged_files
from hotspots.patrols import form
from hotspots.patrols.dosage import dose, masks
from hotspots.store import database
from hotspots.store.held import gap_words
from hotspots.store.publishing import leftovers, locked
from hotspots.store.sound import is_sound, refuse_other_key, source_of
from hotspots.store.workspace import (
    COPY,
    MANIFEST,
    TRUTH,
    Manifest,
    Workspace,
    copied_manifest,
    is_workspace,
    open_workspace,
    read_manifest,
    referenced,
    settings_in_use,
    stored_files,
)
from hotspots.trials import register as trial_register

FEW = 3  # files that a sentence names
RESTORE = "It was changed behind the program's back: restore the database from a copy."


def check_workspace(folder: Path) -> tuple[list[str], list[str]]:
    """(what is wrong, what is only untidy), each a sentence with its remedy. HotspotsError where there is none.

    What imports that were cut short have left is removed, and a lost copy of the manifest written anew.
    """
    if not is_workspace(folder):
        open_workspace(folder)
    wrong: list[str] = []
    manifest = None
    try:
        manifest = read_manifest(folder)
    except HotspotsError as error:
        wrong += error.problems
    workspace = Workspace(folder, manifest or Manifest(), Settings())
    for what, check in CHECKS.items():
        wrong += findings(what, check, workspace)
    untidy = [] if manifest is None else findings("what is left over", tidy_up, workspace)
    if manifest is not None:
        untidy += [gap for gap in findings("the months that are held", gap_words, workspace) if gap not in wrong]
    if manifest is not None and copied_manifest(folder) != manifest:
        untidy += findings(f"the copy of {MANIFEST}", renew_copy, workspace) if not wrong else [lacking(COPY)]
    return list(dict.fromkeys(wrong)), untidy


def findings(what: str, check: Callable[[Workspace], Iterable[str]], workspace: Workspace) -> list[str]:
    try:
        return list(check(workspace))
    except HotspotsError as error:
        return list(error.problems)
    except Exception as error:  # whatever it is: the other checks go on
        words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return [f"The check of {what} broke off ({words}). What it reads is damaged: restore it from a copy."]


# ---------------------------------------------------------------- what is imported


def wrong_files(workspace: Workspace) -> Iterable[str]:
    for name in damaged_files(workspace):
        what = "is not as it was written" if (workspace.folder / name).is_file() else "is missing"
        yield f"{name} {what}. Import {source_of(workspace.manifest, name)} again."


def wrong_counts(workspace: Workspace) -> Iterable[str]:
    """Files that are sound and have another number of rows than the manifest says."""
    folder, manifest = workspace.folder, workspace.manifest
    rows = {p.file: p.rows for p in manifest.parts} | {d.file: d.rows for d in manifest.ping_days}
    for name, told in {**rows, manifest.patrol_log: manifest.patrol_log_rows}.items():
        with suppress(OSError, pa.ArrowException):  # a damaged file is told already
            found = pq.read_metadata(folder / name).num_rows if name else told
            if found != told and is_sound(folder, manifest, name):
                yield (
                    f"{name} has {counted(found, 'row')}, but {MANIFEST} says {told:,}: one was changed. Restore"
                    f" {MANIFEST} from a copy of the workspace."
                )


def wrong_key(workspace: Workspace) -> Iterable[str]:
    folder, manifest = workspace.folder, workspace.manifest
    if (folder / SECRET).is_file():
        workspace_key(folder)
        refuse_other_key(workspace)
    elif manifest.ping_days or manifest.patrol_log or SECRET in manifest.hashes:
        yield (
            f"{SECRET} is missing: units imported from now on would look new. Restore it from a copy of the workspace."
        )


def wrong_settings(workspace: Workspace) -> Iterable[str]:
    settings_in_use(workspace.folder)
    return ()


def not_opened(workspace: Workspace) -> Iterable[str]:
    open_workspace(workspace.folder)
    return ()


def lost_districts(workspace: Workspace) -> Iterable[str]:
    """Districts of the force that the imported boundaries are without."""
    if workspace.manifest.boundaries:
        with suppress(HotspotsError):  # a damaged file is told already
            yield from missing_districts(boundaries_of(workspace))


def half_demo(workspace: Workspace) -> Iterable[str]:
    """A demo of an earlier version of the program, killed while it was built: its truth tells what is to be there."""
    if workspace.manifest.kind != "synthetic":
        return
    try:
        truth = json.loads((workspace.folder / TRUTH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        truth = {"effects": TRUTH}
    if "effects" in truth and not ("patrols" in truth and workspace.manifest.ping_days):
        yield (
            f"The demo was not built to its end, or its {TRUTH} is lost. Build it again: python -m hotspots demo"
            f" --workspace {workspace.folder}"
        )


# ---------------------------------------------------------------- what people edited


def wrong_types(workspace: Workspace) -> Iterable[str]:
    """Values of another kind than their column's, which SQLite takes, and rows that name one that is not there."""
    with database.read(workspace.folder) as connection:
        if connection is None or connection.dialect.name != "sqlite":
            return
        from hotspots.store.schema import METADATA

        for table in METADATA.sorted_tables:
            held = {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table.name}")')}
            for column in [c for c in table.columns if c.name in held]:
                kinds = {int: "'integer'", float: "'real', 'integer'", str: "'text'"}[column.type.python_type]
                kinds += ", 'null'" if column.nullable else ""
                asked = f'SELECT count(*) FROM "{table.name}" WHERE typeof("{column.name}") NOT IN ({kinds})'
                if n := connection.exec_driver_sql(asked).scalar_one():
                    kind = "text" if column.type.python_type is str else "a number"
                    yield f"{table.name}.{column.name} in the database has {counted(n, 'value')} not {kind}. {RESTORE}"
        lost = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
        for name in sorted(lost):
            yield f"Rows of {name} in the database name others that are not there. {RESTORE}"


# Each takes the workspace and gives sentences; the rooms' own take its folder.
CHECKS: dict[str, Callable[[Workspace], Iterable[str]]] = {
    "files": wrong_files,
    "numbers of rows": wrong_counts,
    SECRET: wrong_key,
    "settings.toml": wrong_settings,
    "the folder": not_opened,
    "the boundaries": lost_districts,
    "the demo": half_demo,
    "the database": lambda workspace: database.problems(workspace.folder),
    "kinds of values": wrong_types,
    "weight sets": lambda workspace: weight_register.problems(workspace.folder),
    "frozen areas": lambda workspace: area_register.problems(workspace.folder),
    "context lines": lambda workspace: context.problems(workspace.folder),
    "matches": lambda workspace: match_register.problems(workspace.folder),
    "trial designs": lambda workspace: trial_register.problems(workspace.folder),
    "masked sites": lambda workspace: masks.problems(workspace.folder),
    "targets": lambda workspace: dose.problems(workspace.folder),
    "log entries": lambda workspace: form.problems(workspace.folder),
}


# ---------------------------------------------------------------- what is left over


def tidy_up(workspace: Workspace) -> Iterable[str]:
    """Remove what imports that were cut short have left, unless one is running; say what stays."""
    folder = workspace.folder
    left = leftovers(folder)
    if left:
        with suppress(HotspotsError, OSError), locked(folder, patience=0):
            left = leftovers(folder)  # an import may just have named them
            for name in left:
                disk.remove(folder / name)
        gone = [name for name in left if not (folder / name).exists()]
        if gone:
            yield f"Removed, left by what was cut short: {listed(gone)}."
    orphans = sorted(set(stored_files(folder)) - referenced(workspace.manifest))
    if orphans:
        yield f"{len(orphans)} files belong to an earlier import and go with the next one: {listed(orphans)}."


def listed(names: list[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def renew_copy(workspace: Workspace) -> Iterable[str]:
    """Write the copy of a sound manifest anew, unless an import is running or nothing can be written."""
    folder = workspace.folder
    with suppress(HotspotsError, OSError), locked(folder, patience=0):
        disk.write_whole(folder / COPY, (folder / MANIFEST).read_bytes(), private=True)
        return [f"{COPY} was missing, behind or damaged, and was written anew."]
    return [lacking(COPY)]


def lacking(name: str) -> str:
    return f"{name} is missing, behind or damaged; the next import writes it anew."
