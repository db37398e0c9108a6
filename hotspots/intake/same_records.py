"""Records that come again under another id: without their leading zeros, or under ids of their own.

An id that went through a spreadsheet is another text, and the record would be counted twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.words import counted
from hotspots.intake.place import put
from hotspots.sources.checks import record_numbers
from hotspots.sources.ids import as_number

SAME = ("instant_from", "lon", "lat")  # of two records under one number: then they are one
SHARE = 0.5  # of a file's new records, from which held ones under other ids are no coincidence
FEWEST = 3


def numbers_of(table: pa.Table) -> pd.Series:
    """Ids that are whole numbers, as a spreadsheet prints them: index record, None for other ids."""
    numbers = pd.Series(as_number(table["record_id"]).to_pylist(), index=table["record"].to_numpy(), dtype=object)
    return numbers[~numbers.index.duplicated()]


def under_held_ids(
    table: pa.Table, records: pd.DataFrame, rows_of: Callable[[int], pa.Table], feed: str
) -> tuple[pa.Table, list[str]]:
    """New records whose id is a held one's with other leading zeros, under that id where time and place agree.

    ``records``: index record → month, number; ``rows_of``: the held rows of a month; ``feed``: of both. Returns
    (table, notes).
    """
    mine = numbers_of(table)
    new = mine[~mine.index.isin(records.index) & mine.notna()]
    held = records["number"].dropna()
    held = held[~held.index.isin(mine.index) & held.isin(new.to_numpy())].drop_duplicates(keep=False)
    pairs = pd.Series(held.index, index=held.to_numpy()).reindex(new.to_numpy())
    pairs.index = new.index
    pairs = pairs.dropna().astype("int64").drop_duplicates(keep=False)  # new record → held record
    if not len(pairs):
        return table, []
    months = records.loc[pairs.to_numpy(), "month"].unique()
    theirs = first_rows(pa.concat_tables([rows_of(int(m)) for m in sorted(months)], promote_options="permissive"))
    ours = first_rows(table)
    agree = np.ones(len(pairs), dtype=bool)
    for name in SAME:
        a, b = ours.loc[pairs.index, name].to_numpy(), theirs.loc[pairs.to_numpy(), name].to_numpy()
        agree &= (a == b) | (pd.isna(a) & pd.isna(b))
    same, other = pairs[agree], int((~agree).sum())
    notes = []
    if len(same):
        table = renamed(table, dict(zip(same.index, theirs.loc[same.to_numpy(), "record_id"], strict=True)), feed)
        records_have = counted(len(same), "record has the id", "records have the ids")
        notes.append(
            f"{records_have} of a held one with other leading zeros, and its time and place: taken for the same, as a"
            " spreadsheet takes zeros off; export the ids as text"
        )
    if other:
        notes.append(
            f"{counted(other, 'record has the id', 'records have the ids')} of a held one with other leading zeros, and"
            " another time or place: taken for another; if it is the same, export the ids as text and import again"
        )
    return table, notes


def first_rows(table: pa.Table) -> pd.DataFrame:
    """The first row of each record: index record, columns record_id and `SAME`."""
    frame = table.select(["record", "record_id", *SAME]).to_pandas().set_index("record")
    return frame[~frame.index.duplicated()]


def renamed(table: pa.Table, ids: dict[int, str], feed: str) -> pa.Table:
    """The table with these records (number → id) under other ids, and the numbers of those."""
    numbers = dict(zip(ids, record_numbers(feed, ids.values()).tolist(), strict=True))
    records = table["record"].to_pylist()
    names = [ids.get(r, name) for r, name in zip(records, table["record_id"].to_pylist(), strict=True)]
    table = put(table, "record", pa.array([numbers.get(r, r) for r in records], table["record"].type))
    return put(table, "record_id", pa.array(names, table["record_id"].type))


def deeds_again(deeds: pd.Series, placed: pa.Table, new: pd.Index, records: pd.DataFrame) -> list[str]:
    """A note where most new records have the time, place and offence of held ones under other ids.

    ``deeds``: index record → hash of these three; ``placed``: the file's rows; ``new``: its new records.
    """
    located = placed["record"].filter(pc.is_valid(placed["lon"])).unique().to_numpy()
    looked_at = new[new.isin(located)]
    again = int(deeds.loc[looked_at].isin(records["deed"].to_numpy()).sum())
    if again < FEWEST or again < SHARE * len(looked_at):
        return []
    return [
        f"{again:,} of {counted(len(looked_at), 'new record')} with a place have the time, place and offence of records"
        " held under other ids: are they the same incidents? Then they count twice: import one of the two exports into"
        " a new workspace"
    ]
