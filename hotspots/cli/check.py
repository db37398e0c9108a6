"""Is the workspace whole? What is wrong with it, and how to mend it."""

from __future__ import annotations

from pathlib import Path

from hotspots.areas import register as area_register
from hotspots.base.identity import SECRET
from hotspots.change import context
from hotspots.change.matching import register as match_register
from hotspots.harm.weights import register as weight_register
from hotspots.intake.repair import damaged_files, source_of
from hotspots.store import database
from hotspots.store.workspace import open_workspace, referenced, stored_files
from hotspots.trials import register as trial_register

WRITTEN = (weight_register, area_register, context, match_register, trial_register)  # what people wrote


def check_workspace(folder: Path) -> tuple[list[str], list[str]]:
    """(what is wrong, what is only untidy), each a sentence with its remedy. Raises HotspotsError if it cannot open."""
    workspace = open_workspace(folder)
    manifest = workspace.manifest
    wrong = []
    for name in damaged_files(workspace):
        what = "is not as it was written" if (folder / name).is_file() else "is missing"
        wrong.append(f"{name} {what}. Import {source_of(manifest, name)} again.")
    if (manifest.ping_days or manifest.patrol_log) and not (folder / SECRET).is_file():
        wrong.append(
            f"{SECRET} is missing: units imported from now on would look new. Restore it from a copy of the workspace."
        )
    wrong += database.problems(folder) or [word for room in WRITTEN for word in room.problems(folder)]
    untidy = []
    orphans = sorted(set(stored_files(folder)) - referenced(manifest))
    if orphans:
        untidy.append(
            f"{len(orphans)} files belong to an earlier import and go with the next one: {', '.join(orphans[:3])}."
        )
    return wrong, untidy
