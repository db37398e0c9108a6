"""data.police.uk publishes the same crime again: one incident out of several published rows.

One incident is one Crime ID and crime type, in its earliest month, at its first known location, with its
latest outcome. Rows without an ID are never taken for each other. The rule looks at all months held at
once, so the order in which files came makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.columns import INCIDENTS, schema
from hotspots.store.workspace import Part, read_part

COLUMNS = [c.name for c in INCIDENTS]
PLACE = ("lon", "lat", "cell_9", "cell_10", "cell_11", "district", "bcu", "location")


def find_repeats(folder: Path, parts: Sequence[Part]) -> tuple[pa.Table, pd.DataFrame]:
    """Incidents that were published more than once, merged, and the published rows they replace.

    Returns (merged, superseded): merged in the columns of INCIDENTS, one row per such incident;
    superseded with feed, month, position (row number in the part) and ``first`` (the row that counts).
    """
    candidates = candidate_rows(folder, parts)
    rows = pd.concat(candidates, ignore_index=True) if candidates else pd.DataFrame()
    if len(rows):
        rows = rows[rows["record_id"].notna()]
        same = ["record_id", "crime_type"]
        rows = rows[rows.duplicated(same, keep=False)].sort_values(["month", "feed", "source_row"], kind="stable")
    if not len(rows):
        return schema(INCIDENTS).empty_table(), pd.DataFrame(columns=["feed", "month", "position", "first"])
    rows["first"] = ~rows.duplicated(same, keep="first")
    merged = merge(rows, same)
    return pa.Table.from_pandas(merged, schema=schema(INCIDENTS), preserve_index=False), rows[
        ["feed", "month", "position", "first"]
    ].reset_index(drop=True)


def merge(rows: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    """Rows in time order → one row per incident: earliest month, first known location, latest outcome."""
    rows = rows.assign(incident=rows.groupby(same, sort=False, dropna=False).ngroup())
    located = rows[rows["lon"].notna()].drop_duplicates("incident", keep="first").set_index("incident")
    closed = rows[rows["outcome"].notna()].drop_duplicates("incident", keep="last").set_index("incident")
    merged = rows[rows["first"]].set_index("incident")
    for column in PLACE:
        merged.loc[located.index, column] = located[column]
    merged.loc[closed.index, "outcome"] = closed["outcome"]
    for name in COLUMNS:
        if name not in merged:
            merged[name] = None
    return merged[COLUMNS]


def candidate_rows(folder: Path, parts: Sequence[Part]) -> list[pd.DataFrame]:
    """Rows whose record number occurs more than once, with feed and position; the rest is not kept."""
    numbers = [read_part(folder, part, ["record"])["record"].to_numpy() for part in parts]
    twice = pa.array(repeated_numbers(numbers))
    found = []
    for part, records in zip(parts, numbers, strict=True):
        positions = np.flatnonzero(pc.is_in(pa.array(records), twice).to_numpy(zero_copy_only=False))
        if len(positions):
            table = read_part(folder, part).take(pa.array(positions))
            # Repeated text as plain text: the months' dictionaries differ.
            frame = table.cast(plain(table.schema)).to_pandas()
            found.append(frame.assign(feed=part.feed, position=positions))
    return found


def repeated_numbers(numbers: Sequence[np.ndarray]) -> np.ndarray:
    """The numbers that occur more than once. Sorting takes less time and memory than a hash of them all."""
    every = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
    every.sort()
    return np.unique(every[1:][every[1:] == every[:-1]])


def plain(with_codes: pa.Schema) -> pa.Schema:
    """The schema with dictionary columns as their values."""
    return pa.schema(
        [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in with_codes]
    )
