"""A mapping proposed for files that have none: the same for the command line and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.files import Unreadable, Upload, each_table
from hotspots.sources.kinds import Sought
from hotspots.sources.mapping import Mapping, columns_in, read_mapping
from hotspots.sources.mapping_file import mapping_text
from hotspots.sources.preview import preview
from hotspots.sources.proposal import Proposal, lacking, propose
from hotspots.sources.raw import RawTable


def first_table(paths: Sequence[Path | Upload], source: str, settings: Settings) -> RawTable:
    """The first table of the files given, by which a mapping is proposed. Raises `HotspotsError` where none is read."""
    for table in each_table(paths, settings, [], Sought(source)):
        if isinstance(table, Unreadable):
            raise table.error
        return table
    raise HotspotsError("No table was found in what was given.")


def has_standard_names(raw: RawTable, source: str) -> bool:
    """Whether a file of positions or of a log can be imported as it is, without a mapping."""
    try:
        columns_in(read_mapping(source, None), raw.table.column_names, raw.name)
    except HotspotsError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class Proposed:
    """What is shown of a proposal: the mapping's text, the rows as they would be read, or why they cannot be."""

    proposal: Proposal
    text: str
    rows: pd.DataFrame | None
    problems: tuple[str, ...]


def proposed(raw: RawTable, proposal: Proposal, settings: Settings) -> Proposed:
    """A proposal with its file and its first rows."""
    text = mapping_text(proposal.mapping, remarks(raw, proposal))
    try:
        mapping = read_mapping(proposal.mapping.source, text)
        return Proposed(proposal, text, preview(raw, mapping, settings), ())
    except HotspotsError as error:
        return Proposed(proposal, text, None, error.problems)


def propose_for(paths: Sequence[Path | Upload], source: str, settings: Settings) -> tuple[RawTable, Proposed]:
    """The first table of these files, and a mapping proposed for it."""
    raw = first_table(paths, source, settings)
    return raw, proposed(raw, propose(raw, source), settings)


def chosen(raw: RawTable, mapping: Mapping, settings: Settings) -> Proposed:
    """What somebody made of a proposal, with its first rows: nothing is in doubt any more."""
    return proposed(raw, Proposal(mapping, lacking(mapping), ()), settings)


def remarks(raw: RawTable, proposal: Proposal) -> list[str]:
    """What stands above a proposed mapping in its file."""
    unused = [c for c in raw.table.column_names if c not in proposal.mapping.needed]
    asked = [*proposal.doubts, *(f"Which column is {what}?" for what in proposal.lacking)]
    return [
        *(["A proposed mapping: look at each line before you import with it. What is not certain:"] if asked else []),
        *(f"- {doubt}" for doubt in asked),
        f"Columns that are not read: {', '.join(unused) or 'none'}.",
    ]


MAPPINGS = "mappings"  # folder of a workspace


def save_mapping(folder: Path, source: str, text: str) -> Path:
    """Keep a mapping in a workspace, under its name; one of that name is replaced. Raises where it is no mapping."""
    path = folder / MAPPINGS / f"{read_mapping(source, text).name}.toml"
    try:
        disk.make_folder(path.parent)
        disk.write_whole(path, text.encode())
    except OSError as error:
        raise HotspotsError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def mappings_for(source: str, folders: Sequence[Path]) -> dict[str, Path]:
    """The mappings of a source in these folders, by what a list calls them: their file's name and their system."""
    found = {}
    for path in (p for folder in folders for p in sorted(folder.glob("*.toml"))):
        try:
            mapping = read_mapping(source, path)
        except HotspotsError:  # of another source, or no mapping at all
            continue
        found[f"{path.name} ({mapping.system})" if mapping.system else path.name] = path
    return found
