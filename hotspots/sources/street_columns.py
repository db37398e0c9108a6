"""The columns of a street-level file whose few values people and spreadsheets write otherwise: month, force, type.

Each distinct value is looked at once. What can be read in one way only is read, and the notes say so; the rest is as it
stands, for the reader to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.choices import CRIME_TYPES, FORMER_TYPES
from hotspots.base.errors import sample
from hotspots.base.forces import force_named, force_of_file, is_listed
from hotspots.base.months import month_text
from hotspots.base.words import counted

NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
PUBLISHED = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])")
MIDNIGHT = r"(?:[T ]0?0:00(?::00(?:\.0+)?)?Z?)?"
# A month in other hands: without its blanks; a date is one only on the first of a month, as a spreadsheet makes it.
WRITTEN = tuple(
    re.compile(pattern + MIDNIGHT, re.IGNORECASE)
    for pattern in (
        r"(?P<year>(?:19|20)\d\d)[-/. ]?(?P<month>\d{2})",
        r"(?P<year>(?:19|20)\d\d)[-/ ](?P<month>\d)",
        r"(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.]0?1",
        r"(?P<month>\d{1,2})[-/. ](?P<year>(?:19|20)\d\d)",
        r"0?1[-/.](?P<month>\d{1,2})[-/.](?P<year>(?:20)?\d\d)",
        r"(?P<month>\d{1,2})[-/.]0?1[-/.](?P<year>(?:20)?\d\d)",
        r"(?:0?1[-/. ])?(?P<name>[a-z]{3,9})[-/. ,]*(?P<year>(?:20)?\d\d)",
        r"(?P<year>20\d\d)[-/. ]*(?P<name>[a-z]{3,9})",
    )
)
SERIAL = re.compile(r"[34567]\d{4}(?:\.0)?")  # days since 1899-12-30: 1982 to 2119
EXCEL_BEGINS = date(1899, 12, 30)


def month_number(text: str) -> int:
    """A month as YYYYMM: '2026-05', '2026-05-01 00:00:00', 'May-26' → 202605; 0 for what is none."""
    text = text.strip()
    if SERIAL.fullmatch(text):
        day = EXCEL_BEGINS + timedelta(days=int(text[:5]))
        return day.year * 100 + day.month if day.day == 1 else 0
    for pattern in WRITTEN:
        found = pattern.fullmatch(text)
        if found and (month := _month_of(found.groupdict())):
            return (int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)) * 100 + month
    return 0


def _month_of(parts: dict[str, str]) -> int:
    """1 to 12, 0 where it is no month."""
    if "month" in parts:
        return int(parts["month"]) if 1 <= int(parts["month"]) <= 12 else 0
    name = parts["name"].lower()
    return next((i for i, full in enumerate(NAMES, 1) if name in (full, full[:3], full[:4])), 0)


def months_of(column: pa.ChunkedArray) -> tuple[pa.Array, list[str]]:
    """YYYYMM of each row (int32, 0 for what is no month), and what was read from another way of writing."""
    texts = column.combine_chunks().dictionary_encode()
    values = [v or "" for v in texts.dictionary.to_pylist()]
    numbers = [month_number(v) for v in values]
    odd = [i for i, (v, n) in enumerate(zip(values, numbers, strict=True)) if n and not PUBLISHED.fullmatch(v)]
    months = pc.fill_null(pc.take(pa.array(numbers, pa.int32()), texts.indices), 0)
    if not odd:
        return months, []
    n = int(np.isin(texts.indices.fill_null(-1).to_numpy(zero_copy_only=False), odd).sum())
    shown = f"'{values[odd[0]][:40]}' is {month_text(numbers[odd[0]])}"
    return months, [
        f"Month is not written as 2026-05 in {counted(n, 'row')}, but as Excel or another program writes it, and was"
        f" read so: {shown}"
    ]


def forces_of(table: pa.Table, columns: tuple[str, ...], file: str) -> tuple[pa.DictionaryArray, list[str]]:
    """The force of each row as data.police.uk writes it, null where none is named, and what was read so.

    ``columns``: those that may name it, the first first. ``file``: its name, which tells the force where no column
    tells one that is in the list.
    """
    texts = table[columns[0]].combine_chunks()
    if texts.null_count and len(columns) > 1:
        texts = pc.coalesce(texts, table[columns[1]].combine_chunks())
    plain, of_file = texts.dictionary_encode(), force_of_file(file)
    values = plain.dictionary.to_pylist()
    strange = [v for v in values if not is_listed(v)]
    alone = of_file and len(strange) == len(values) <= 1
    spelled: dict[str, str] = {}
    names = [of_file if alone else spelled.setdefault(n.casefold(), n) for n in map(force_named, values)]
    notes = [f"The force {sample([v])} is read as {name}" for v, name in zip(values, names, strict=True) if v != name]
    if texts.null_count and of_file and set(names) <= {of_file}:
        texts = pc.fill_null(texts, of_file)
        notes.append(f"{counted(plain.null_count, 'row')} without a force read as {of_file}, by the file's name")
        return renamed(texts.dictionary_encode(), lambda v: of_file), notes
    return renamed(plain, dict(zip(values, names, strict=True)).__getitem__), notes


def types_of(column: pa.ChunkedArray) -> tuple[pa.DictionaryArray, list[str]]:
    """The crime type of each row as data.police.uk writes it now, and what was called otherwise."""
    texts = column.combine_chunks()
    known = {t.casefold(): t for t in CRIME_TYPES}
    former = {t.casefold(): t for t in FORMER_TYPES}

    def now(text: str) -> str:
        folded = " ".join(text.split()).casefold()
        if folded in former:
            return FORMER_TYPES[former[folded]] or former[folded]
        return known.get(folded, text)

    coded = texts.dictionary_encode()
    values = coded.dictionary.to_pylist()
    counts = np.bincount(coded.indices.drop_null().to_numpy(), minlength=len(values))
    notes = []
    for value, n in zip(values, counts.tolist(), strict=True):
        if (old := former.get(" ".join(value.split()).casefold())) is not None:
            meant = FORMER_TYPES[old]
            what = f"counted as {meant}, its name since" if meant else "which has no weight and adds no harm"
            notes.append(f"{counted(n, 'row')} of {old}, a type of before May 2013, {what}")
    return renamed(coded, now), notes


def renamed(coded: pa.DictionaryArray, name: Callable[[str], str]) -> pa.DictionaryArray:
    """The texts with each distinct one as ``name`` says; equal names share one code."""
    values = coded.dictionary.to_pylist()
    names = [name(v) for v in values]
    if names == values:
        return coded
    distinct = list(dict.fromkeys(names))
    codes = pa.array([distinct.index(n) for n in names], pa.int32())
    return pa.DictionaryArray.from_arrays(pc.take(codes, coded.indices), pa.array(distinct, pa.string()))
