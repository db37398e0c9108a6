"""data.police.uk publishes the same crime again, and renews its map points: repeats and breaks, found from the data.

One incident is one Crime ID and crime type, in its earliest month, at its first known location, with its
latest outcome. Rows without an ID are never taken for each other. The rule looks at all months held at
once, so the order in which files came makes no difference.

Crimes are published at the nearest of a list of map points. When the list is renewed, counts move from cell to cell
without any change in crime. It is not announced in the files, but in an ordinary month most crimes lie at points used
in the months before, and in a month with a new list hardly any do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.columns import INCIDENTS, schema
from hotspots.base.settings import Settings
from hotspots.store.workspace import Part, Workspace, read_part

COLUMNS = [c.name for c in INCIDENTS]
PLACE = ("lon", "lat", "cell_9", "cell_10", "cell_11", "district", "bcu", "location")


def find_repeats(workspace: Workspace, parts: Sequence[Part]) -> tuple[pa.Table, pd.DataFrame]:
    """Incidents that were published more than once, merged, and the published rows they replace.

    Returns (merged, superseded): merged in the columns of INCIDENTS, one row per such incident;
    superseded with feed, month, position (row number in the part) and ``first`` (the row that counts).
    """
    rows = candidate_rows(workspace, parts)
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


def candidate_rows(workspace: Workspace, parts: Sequence[Part]) -> pd.DataFrame:
    """Rows whose record number occurs more than once, with feed and position; the rest is not kept."""
    numbers = [read_part(workspace, part, ["record"])["record"].to_numpy() for part in parts]
    every = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
    every.sort()
    twice = pa.array(np.unique(every[1:][every[1:] == every[:-1]]))
    tables, feeds, at = [], [], []
    for part, records in zip(parts, numbers, strict=True):
        positions = np.flatnonzero(pc.is_in(pa.array(records), twice).to_numpy(zero_copy_only=False))
        if len(positions):
            table = read_part(workspace, part).take(pa.array(positions))
            # Repeated text as plain text: the months' dictionaries differ.
            tables.append(table.cast(plain(table.schema)))
            feeds.append(np.full(len(positions), part.feed, dtype=object))
            at.append(positions)
    if not tables:
        return pd.DataFrame()
    rows = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return rows.assign(feed=np.concatenate(feeds), position=np.concatenate(at))


def plain(with_codes: pa.Schema) -> pa.Schema:
    """The schema with dictionary columns as their values."""
    return pa.schema(
        [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in with_codes]
    )


def find_breaks(months: Sequence[tuple[int, np.ndarray]], settings: Settings) -> list[tuple[int, float]]:
    """Breaks among one force's months, given (YYYYMM, complex lon + i·lat of each located crime).

    A month is a break when at least ``break_new_share`` of its located crimes lie at points that none of
    the ``break_look_back`` months held before it used. Months with fewer than ``break_min_rows`` located
    crimes cannot show one. Returns (month, that share), oldest first.

    Misleads: where a force's files begin at a break, it cannot be seen; where months are missing around a
    break, it is placed at the first month held after it.
    """
    points = [(month, *points_used(places)) for month, places in sorted(months, key=lambda m: m[0])]
    found = []
    start = 0  # months before a break are no guide to what is normal after it
    for i in range(1, len(points)):
        month, here, counts = points[i]
        before = points[max(start, i - settings.break_look_back) : i]
        enough = (
            counts.sum() >= settings.break_min_rows and sum(c.sum() for _, _, c in before) >= settings.break_min_rows
        )
        if not enough:
            continue
        used = np.concatenate([p for _, p, _ in before])
        new_share = float(counts[~pd.Index(here).isin(used)].sum() / counts.sum())
        if new_share >= settings.break_new_share:
            found.append((month, new_share))
            start = i
    return found


def points_used(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct points and how many crimes lie at each, in no particular order."""
    codes, points = pd.factorize(places)
    return points, np.bincount(codes, minlength=len(points))
