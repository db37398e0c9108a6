"""The one door by which facts enter a workspace.

Files are read, checked and written aside; then one manifest is renamed into place. What is wrong with any file
is reported in sentences and nothing is imported; single rows that cannot be used are quarantined, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotspots.base.choices import FEEDS
from hotspots.base.errors import HotspotsError
from hotspots.intake.report import damaged_files, refuse_loss, refuse_nothing, without
from hotspots.sources.files import Upload, left_out_words
from hotspots.sources.mapping import read_mapping
from hotspots.store.publishing import publish, writing
from hotspots.store.sound import refuse_other_key
from hotspots.store.workspace import FileReport, Manifest, Workspace

TRACKS = ("pings", "patrol-log")


@dataclass(frozen=True)
class Imported:
    """What an import did: the workspace after it, a report per file, and whether anything changed."""

    workspace: Workspace
    reports: tuple[FileReport, ...]
    changed: bool
    notes: tuple[str, ...] = ()


def import_files(
    folder: Path, paths: Sequence[Path | Upload], source: str, mapping: Path | str | None = None,
    synthetic: bool = False, progress: Callable[[str], None] = lambda name: None, timezone: str = "",
    replacing: bool = False,
) -> Imported:  # fmt: skip
    """Import files of one source into the workspace at ``folder`` (made if there is none).

    ``source`` is police-uk, incidents (with ``mapping``, a TOML file), pings or patrol-log (officers' positions and
    patrol logs: with ``mapping``, or with the standard column names) or boundaries (a polygon file, and a CSV of
    district and BCU if the polygons do not name it). ``timezone`` is that of the times of pings and patrol logs that
    carry no offset; it goes before the mapping's. ``replacing``: a file of police-uk replaces its month even where that
    loses many of the rows held.
    ``progress`` gets each file's name as it is read. Everything takes effect at once or not at all.
    Raises HotspotsError with every problem found.
    """
    if source not in FEEDS:
        raise HotspotsError(f"Source '{source}' is not one of {', '.join(FEEDS)}.")
    if not paths:
        raise HotspotsError("No file was given to import.")
    if timezone and source not in TRACKS:
        raise HotspotsError(f"A time zone is given with --timezone for {' and '.join(TRACKS)} only, not for {source}.")
    if replacing and source != "police-uk":
        raise HotspotsError("Only files of police-uk replace a month, so --replace goes with --source police-uk.")
    with writing(folder) as workspace:
        kind = "synthetic" if synthetic else "real"
        if source != "boundaries" and workspace.manifest.kind not in ("empty", kind):
            raise HotspotsError(
                f"This workspace holds {workspace.manifest.kind} data; {kind} data cannot be mixed with it."
                " Import into another workspace (--workspace)."
            )
        refuse_other_key(workspace)
        damaged = damaged_files(workspace, positions=False)
        sound = replace(workspace, manifest=without(workspace.manifest, damaged))
        manifest, reports, notes = stage(sound, paths, source, mapping, progress, timezone, replacing)
        refuse_loss(workspace.manifest, manifest, damaged, source)
        if source not in ("boundaries", "pings"):  # of positions single days may be wrong
            refuse_nothing(reports)
        if manifest is workspace.manifest:
            return Imported(workspace, tuple(reports), False, tuple(notes))
        if source != "boundaries":
            manifest = replace(manifest, kind=kind)
        return Imported(publish(workspace, manifest), tuple(reports), True, tuple(notes))


def stage(
    workspace: Workspace, paths: Sequence[Path | Upload], source: str, mapping: Path | str | None,
    progress: Callable[[str], None], timezone: str = "", replacing: bool = False,
) -> tuple[Manifest, list[FileReport], list[str]]:  # fmt: skip
    """Hand the files to their source's own staging; returns the manifest that would make them current."""
    left_out: list[str] = []
    if source == "police-uk":
        from hotspots.intake import police_uk
        from hotspots.sources.police_uk import unused_words

        manifest, reports = police_uk.stage(workspace, paths, progress, left_out, replacing)
        return manifest, reports, [*left_out_words(left_out), *unused_words(left_out)]
    if source == "boundaries":
        from hotspots.intake.place import stage_boundaries

        return stage_boundaries(workspace, paths)
    columns = read_mapping(source, mapping, timezone)
    if source == "pings":
        from hotspots.intake import pings

        manifest, reports, notes = pings.stage(workspace, paths, columns, progress, left_out)
        return manifest, reports, [*notes, *left_out_words(left_out)]
    if source == "incidents":
        from hotspots.intake import incidents

        manifest, reports = incidents.stage(workspace, paths, columns, progress, left_out)
    else:
        from hotspots.intake import patrol_log

        manifest, reports = patrol_log.stage(workspace, paths, columns, progress, left_out)
    return manifest, reports, left_out_words(left_out)
