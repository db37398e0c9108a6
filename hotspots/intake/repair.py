"""Files of the workspace that a disk or a person has damaged: found, and restored by importing their source again."""

from __future__ import annotations

from dataclasses import replace

from hotspots.base.errors import HotspotsError
from hotspots.store.sound import is_sound, source_of
from hotspots.store.workspace import Manifest, PingDay, Workspace, referenced


def damaged_files(workspace: Workspace, positions: bool = True) -> list[str]:
    """Files that the manifest names and that are gone or not as they were written.

    ``positions`` False passes over the patrol days: a year of them is many gigabytes, so an import looks only at those
    that it reads (`sound_day`).
    """
    manifest = workspace.manifest
    names = referenced(manifest) - (set() if positions else {d.file for d in manifest.ping_days})
    return [n for n in sorted(names) if not is_sound(workspace.folder, manifest, n)]


def sound_day(workspace: Workspace, day: PingDay) -> bool:
    """Whether the file of a patrol day is there, just as it was written."""
    return is_sound(workspace.folder, workspace.manifest, day.file)


def without(manifest: Manifest, damaged: list[str]) -> Manifest:
    """The manifest as if these files had never been written, so that an import writes them anew."""
    if not damaged:
        return manifest

    def kept(name: str) -> str:
        return "" if name in damaged else name

    return replace(
        manifest,
        parts=tuple(p for p in manifest.parts if p.file not in damaged),
        patrol_log=kept(manifest.patrol_log),
        patrol_log_rows=manifest.patrol_log_rows if kept(manifest.patrol_log) else 0,
        reports=tuple(r for r in manifest.reports if r.quarantine not in damaged),
        merged=kept(manifest.merged),
        superseded=kept(manifest.superseded),
        boundaries=kept(manifest.boundaries),
        boundaries_label="" if manifest.boundaries in damaged else manifest.boundaries_label,
    )


def refuse_loss(before: Manifest, after: Manifest, damaged: list[str], source: str) -> None:
    """An import that does not bring the damaged files back would lose what they held without a word."""
    keys, reports = {p.key for p in after.parts}, {r.sha256 for r in after.reports}
    lost = [p.file for p in before.parts if p.file in damaged and p.key not in keys]
    lost += [r.quarantine for r in before.reports if r.quarantine in damaged and r.sha256 not in reports]
    lost += [before.boundaries] if before.boundaries in damaged and not after.boundaries else []
    short = after.patrol_log_rows < before.patrol_log_rows
    lost += [before.patrol_log] if before.patrol_log in damaged and short else []
    lost += [f for f in (before.merged, before.superseded) if f in damaged and source != "police-uk"]
    if lost:
        raise HotspotsError(
            f"{name} of the workspace is missing or damaged. Import {source_of(before, name)} again first, or in the"
            " same go."
            for name in lost
        )
