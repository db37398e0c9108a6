"""A mapping proposed for files that have none: the same for the command line and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.files import Unreadable, Upload, each_table
from hotspots.sources.kinds import Sought
from hotspots.sources.mapping import columns_in, read_mapping
from hotspots.sources.mapping_file import mapping_text
from hotspots.sources.preview import preview
from hotspots.sources.proposal import Proposal, propose
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


def remarks(raw: RawTable, proposal: Proposal) -> list[str]:
    """What stands above a proposed mapping in its file."""
    unused = [c for c in raw.table.column_names if c not in proposal.mapping.needed]
    return [
        "A proposed mapping: look at each line before you import with it. What is not certain:",
        *(f"- {doubt}" for doubt in proposal.doubts),
        *(f"- Which column is {what}?" for what in proposal.lacking),
        f"Columns that are not read: {', '.join(unused) or 'none'}.",
    ]
