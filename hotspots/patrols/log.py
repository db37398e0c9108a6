"""Every entry of the patrol log, imported or made in the form, as one table: the only reader of either.

Imported entries lie in one Parquet file (`hotspots.intake.patrol_log`). An entry made in the form is its latest
revision; one that was withdrawn is left out. Both kinds say what somebody wrote down, not what a device saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots import geography
from hotspots.base.columns import LOG_ENTRIES, TEXT, schema
from hotspots.base.identity import HASHED
from hotspots.base.settings import RESOLUTIONS
from hotspots.patrols.form import ENTRIES, sound_rows
from hotspots.sources.patrol_log import FORM
from hotspots.store import ledger
from hotspots.store.sound import read_stored
from hotspots.store.workspace import Workspace

Span: TypeAlias = tuple[int | None, int | None]

SCHEMA = schema(LOG_ENTRIES)
COLUMNS = SCHEMA.names
TEXTS = [c.name for c in LOG_ENTRIES if c.type == TEXT]
FOUND = ("searches", "arrests", "weapons")  # whole numbers that an entry may leave empty
AS_STORED = ("area", "start", "end", "officers", "mode", "activity", *FOUND)  # in the form's own table


def entries(workspace: Workspace, first_second: int | None = None, last_second: int | None = None) -> pd.DataFrame:
    """The log entries that overlap a span, in `hotspots.base.columns.LOG_ENTRIES`, by start and then number.

    ``first_second`` and ``last_second`` are UTC seconds, both included; None is open. Texts are '' and lon and lat nan
    where empty; searches, arrests and weapons are Int16, <NA> where the entry does not say. The number of an entry made
    in the form begins with ``form-``; a number that several feeds use is written ``feed/number``.
    Raises HotspotsError where the imported entries are missing or damaged.
    """
    span = (first_second, last_second)
    both = pa.concat_tables([imported_entries(workspace, span), form_entries(workspace.folder, span)])
    table = both.sort_by([("start", "ascending"), ("entry", "ascending")]).to_pandas()
    return table.assign(
        **{c: table[c].fillna("").astype("str") for c in TEXTS}, **{c: table[c].astype("Int16") for c in FOUND}
    )


def stamp(folder: Path) -> str:
    """Changes whenever an entry of the form is stored, corrected or withdrawn: the key for every cache of them."""
    return ledger.stamp(folder, "patrol_entries")


def placed(
    entries: pd.DataFrame, cells: Mapping[int, str], resolution: int, frozen_areas: Collection[str],
    masked: Collection[int] = (),
) -> pd.DataFrame:  # fmt: skip
    """The entries with a further column ``hot_spot``: the area that each of them means, '' for none.

    That is the area it names, if that is one of ``frozen_areas`` (capital and small letters make no difference), else
    the area in ``cells`` (H3 cell at ``resolution`` → area) whose cell holds its position, unless that lies in a
    ``masked`` cell, of the finest resolution. ``.attrs["unknown_areas"]``
    counts the entries that name another area, by its name, also where their position has placed them.
    """
    folded = {a.casefold(): a for a in sorted(frozen_areas)} | {a: a for a in frozen_areas}
    named = entries["area"].tolist()
    meant = [folded.get(a) or folded.get(a.casefold()) or "" if a else "" for a in named]
    held, at = (geography.cells_at(entries["lon"], entries["lat"], r) for r in (resolution, RESOLUTIONS[-1]))
    held = np.where(np.isin(at, list(masked)), 0, held).tolist()
    spots = [area or cells.get(cell, "") for area, cell in zip(meant, held, strict=True)]
    table = entries.assign(hot_spot=pd.Series(spots, index=entries.index, dtype="str"))
    unknown = Counter(a for a, area in zip(named, meant, strict=True) if a and not area)
    table.attrs["unknown_areas"] = dict(sorted(unknown.items()))
    return table


def imported_entries(workspace: Workspace, span: Span = (None, None)) -> pa.Table:
    """The imported entries that overlap the span. Raises HotspotsError where their file is missing or damaged."""
    path = workspace.manifest.patrol_log
    if not path:
        return SCHEMA.empty_table()
    stored = read_stored(workspace, path)
    table = overlapping(stored.select([*COLUMNS, "feed"]), span)
    return with_own_numbers(table, stored["entry"]).select(COLUMNS).cast(SCHEMA)


def with_own_numbers(table: pa.Table, every: pa.ChunkedArray) -> pa.Table:
    """The table with the feed before each number that several feeds use; ``every`` holds the numbers of all."""
    counts = pc.value_counts(every)
    shared = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if not len(shared):
        return table
    long = pc.binary_join_element_wise(table["feed"], table["entry"], "/")
    numbers = pc.if_else(pc.is_in(table["entry"], shared), long, table["entry"])
    return table.set_column(table.column_names.index("entry"), "entry", numbers)


def form_entries(folder: Path, span: Span = (None, None)) -> pa.Table:
    """The entries made in the form that overlap the span: the latest revision of each, withdrawn ones left out."""
    latest = ledger.newest(sound_rows(ledger.rows(folder, ENTRIES)), "entry").values()
    rows = [_as_entry(row) for row in latest if not row["withdrawn"]]
    return overlapping(pa.Table.from_pylist(rows, schema=SCHEMA), span)


def _as_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the form's table in LOG_ENTRIES."""
    hashed = HASHED.fullmatch(row["unit"])
    return {
        **{c: row[c] for c in AS_STORED}, "entry": f"{FORM}{row['entry']}", "unit": int(hashed[1], 16) if hashed else 0,
        "reactive": bool(row["reactive"]), "origin": "form",
    }  # fmt: skip


def overlapping(table: pa.Table, span: Span) -> pa.Table:
    """The entries that have at least a moment of the span."""
    first, last = span
    keep = np.ones(len(table), dtype=bool)
    if first is not None:
        keep &= table["end"].to_numpy() >= first
    if last is not None:
        keep &= table["start"].to_numpy() <= last
    return table.filter(pa.array(keep))
