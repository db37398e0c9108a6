"""Ids of records, entries and units, and what a spreadsheet makes of those that look like numbers.

It takes leading zeros off (001 → 1), puts .0 behind (100 → 100.0) and shortens what is long (1.23457E+15). The first
two can be matched again, the last cannot: several ids have become one text.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.sources.feed import Array, FeedFile, codes_of, spread

SHORTENED = r"^[-+]?\d(?:[.,]\d+)?[Ee]\+\d+$"
POINT_ZERO, OTHER_FRACTION = r"^(\d+)\.0+$", r"^\d+\.\d*[1-9]\d*$"
LONG, ROUNDED = r"^\d{16,}$", r"^\d{15}0+$"  # a spreadsheet keeps 15 digits
FEWEST_LONG = 5  # long ids that all end in zeros: by chance one time in 100,000


def read_ids(file: FeedFile, what: str) -> pa.DictionaryArray:
    """The ids of a field as text, without the '.0' of a spreadsheet. Raises HotspotsError where some are shortened."""
    column = file.columns[what][0]
    ids = file.coded(column)
    texts = ids.dictionary
    shortened = spread(_fits(texts, SHORTENED), ids, False)
    if shortened.any():
        raise HotspotsError(
            f"{file.raw.name} was not imported: {file.name(what)} holds numbers that a spreadsheet has shortened, like"
            f" 1.23457E+15, in {counted(int(shortened.sum()), 'row')}. Several ids may have become one text, for good."
            " Export the file again with the ids as text; if it must go through a spreadsheet, set that column to text"
            " before the file is read there."
        )
    dotted = _fits(texts, POINT_ZERO)
    if dotted.any() and not _fits(texts, OTHER_FRACTION).any():
        rows = int(spread(dotted, ids, False).sum())
        file.note(rows, "row has", "rows have", f"{file.name(what)} with '.0' behind a whole number, read without it")
        plain = pc.replace_substring_regex(texts, POINT_ZERO, r"\1").dictionary_encode()
        ids = pa.DictionaryArray.from_arrays(plain.indices.take(ids.indices), plain.dictionary)
        file.texts[column] = ids
    long = _fits(texts, LONG)
    if long.sum() >= FEWEST_LONG and _fits(texts, ROUNDED)[long].all():
        file.notes.append(
            f"{file.name(what)} has more than 15 digits and only zeros behind the 15th in all of"
            f" {counted(int(long.sum()), 'id')}, as a spreadsheet rounds them: different records may have become one;"
            " export the file again with the ids as text"
        )
    return ids


def as_number(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Ids that are whole numbers as a spreadsheet prints them: '007' and '7.0' → '7'; null for all others."""
    plain = pc.replace_substring_regex(texts, POINT_ZERO, r"\1")
    number = pc.match_substring_regex(plain, r"^\d+$")
    return pc.if_else(number, pc.replace_substring_regex(plain, r"^0+(\d)", r"\1"), pa.scalar(None, pa.string()))


def repeats_by_number(file: FeedFile, ids: pa.DictionaryArray, usable: Array) -> Array:
    """bool by row: repeats an earlier row in all but the leading zeros of its id. ``usable``: positions looked at."""
    repeated = np.zeros(len(file.rows), dtype=bool)
    numbers = as_number(ids.dictionary).dictionary_encode()
    forms = np.bincount(codes_of(numbers)[codes_of(numbers) >= 0], minlength=1)
    if forms.max() < 2:
        return repeated
    by_row = spread(codes_of(numbers).astype(np.int64), ids, -1)[usable]
    rows = usable[(by_row >= 0) & (forms[by_row] > 1)]
    others = [name for name in file.mapping.needed if name not in file.columns["id"]]
    said = pd.DataFrame({name: codes_of(file.coded(name))[rows] for name in others})
    said["number"] = spread(codes_of(numbers).astype(np.int64), ids, -1)[rows]
    repeated[rows] = said.duplicated().to_numpy()
    why = f"another row whose {file.name('id')} is the same number with other leading zeros: counted once"
    file.note(int(repeated.sum()), "row repeats", "rows repeat", why)
    return repeated


def _fits(texts: pa.Array, pattern: str) -> Array:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)
