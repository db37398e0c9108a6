"""A mapping proposed from a file: which column is what, how times are written, and what nobody but its reader can say.

A column is taken for a field by its name first, as police systems call it (`synonyms`), then by a part of its name,
then by its values; and only where its values can be such. What is not certain is said in a sentence: nothing is
imported by a proposal, somebody looks at it first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import sample
from hotspots.base.words import counted
from hotspots.sources import synonyms
from hotspots.sources.checks import BLANK_WORDS, blank, numbers
from hotspots.sources.feed import joined, one_piece
from hotspots.sources.formats import day_before_month, fitting
from hotspots.sources.mapping import CODES, DEGREES, FEEDS, FLAGS, GRID, TIMES, WORDS, Mapping, place_of
from hotspots.sources.raw import QUARANTINE_COLUMNS, RawTable
from hotspots.sources.times import parse_times

LOOKED_AT = 50_000  # rows
MOST_FURTHER = 9  # offences beside the first
SHAPES = 6  # ways to write a time, in one column
TRIED = 50  # texts of one shape, one by one, where no format fits them all
MOSTLY = 0.8  # of a column's values: it is such a column
LEAST_PART = 5  # letters: a shorter name is a part of too many others
BOX = {"longitude": (-9.0, 2.5), "latitude": (49.0, 61.5), "easting": (1e3, 7e5), "northing": (1e3, 1.3e6)}
UTC_NAME = re.compile(r"utc|gmt|zulu")
UNITS = (
    ("mph", "mph"),
    ("knots", "knots"),
    ("kts", "knots"),
    ("kmh", "km/h"),
    ("kph", "km/h"),
    ("mps", "m/s"),
    ("ms", "m/s"),
)
_DAY, _MONTH = r"\d{1,4}", r"([A-Za-z]{3,9}|\d{1,2})"
LOOKS_TIMED = (
    rf"^({_DAY}[-/. ]{_MONTH}[-/. ]\d{{1,4}}|\d{{1,2}} ?[A-Za-z]{{3,9}} ?\d{{2,4}}|[A-Za-z]{{3,9}},? "
    r"|\d{8}|\d{9,10}(\.\d+)?$|\d{13}$|\d{5}\.\d+$)"
)
PACKED = r"^\d{1,4}$"  # a time of day as one number, which lost the zeros in front
WRITTEN_CLOCK = r"^\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?$"  # a time of day whatever its column is called
LOOKS_CLOCK = r"^(\d{1,2}[:.]\d{2}([:.]\d{2})?( ?[AaPp][Mm])?|\d{3,4}|0?\.\d+|\d{1,2} ?[AaPp][Mm])$"


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a file seems to be, and what is not certain about it."""

    mapping: Mapping
    lacking: tuple[str, ...]  # what no column seems to hold and every file needs
    doubts: tuple[str, ...]  # sentences, to be answered by who knows the system


@dataclass(eq=False)
class _Looked:
    """A file while it is looked at: what is found so far."""

    texts: dict[str, pa.DictionaryArray]  # column → its texts, null where it says nothing
    source: str
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    @property
    def free(self) -> list[str]:
        taken = {name for names in self.columns.values() for name in names}
        return [name for name in self.texts if name not in taken]

    def distinct(self, column: str) -> list[str]:
        """The different texts of a column."""
        return list(self.texts[column].dictionary.to_pylist())


def propose(raw: RawTable, source: str) -> Proposal:
    """A mapping for files like this one. ``source``: incidents, pings or patrol-log."""
    looked = _Looked(cleaned(raw.table.slice(0, LOOKED_AT)), source)
    name_columns(looked)
    name_places(looked)
    name_by_values(looked)
    pair_times(looked)
    formats = formats_of(looked)
    columns = {field: looked.columns[field] for field in FEEDS[source].fields if field in looked.columns}
    mapping = Mapping(
        source, feed_name(raw.name, source), columns,
        datetime_formats=formats, timezone=zone_of(looked, formats), values=words_of(looked),
        speed_unit=unit_of(looked),
    )  # fmt: skip
    if source == "incidents":
        mapping = with_offences(looked, mapping)
    return Proposal(mapping, lacking(mapping), tuple(looked.doubts))


def cleaned(table: pa.Table) -> dict[str, pa.DictionaryArray]:
    """The texts of each column, trimmed; null where they stand for nothing."""
    words = ["", *Mapping.null_values, *BLANK_WORDS]
    found = {}
    for name in (n for n in table.column_names if n not in QUARANTINE_COLUMNS):
        whole = one_piece(table[name].cast(pa.string()))
        trimmed = pc.utf8_trim_whitespace(whole)
        found[name] = pc.if_else(blank(trimmed, words), pa.scalar(None, pa.string()), trimmed).dictionary_encode()
    return found


def plain(name: str) -> str:
    """A column's name in small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


# ---------------------------------------------------------------- which column is what


def name_columns(looked: _Looked) -> None:
    """Columns by their names, the likeliest name of each field first; then by the longest part of a name."""
    names = synonyms.NAMES[looked.source]
    for what, known in names.items():
        called = {c: n for c in looked.free if (n := called_so(c, known)) and can_be(looked, what, c, named=True)}
        if called:
            looked.columns[what] = (min(called, key=lambda c: known.index(called[c])),)
    parts = [
        (-len(k), what, c)
        for what, known in names.items()
        for k in known
        for c in looked.free
        if len(k) >= LEAST_PART and k in plain(c) and can_be(looked, what, c)
    ]
    for _, what, column in sorted(parts, key=lambda part: part[0]):
        if what not in looked.columns and column in looked.free:
            looked.columns[what] = (column,)
            looked.doubts.append(f"Is '{column}' the {what}? It was taken for it by a part of its name.")


def called_so(column: str, known: Sequence[str]) -> str:
    """Which of these names a column has, also as the first of several ('Offence 1'); '' for none."""
    name = plain(column)
    return next((n for n in (name, name.removesuffix("1")) if n in known), "")


def can_be(looked: _Looked, what: str, column: str, named: bool = False) -> bool:
    """Whether the values of a column can be this field; one that is ``named`` so may be empty in this file."""
    texts = looked.distinct(column)
    if not texts:
        return named and what not in BOX
    if what in TIMES:
        return share(texts, LOOKS_TIMED) >= MOSTLY or share(texts, LOOKS_CLOCK) >= MOSTLY
    if what in BOX:
        low, high = BOX[what]
        if named and plain(column) not in (*synonyms.EITHER_X, *synonyms.EITHER_Y):
            return share(texts, r"\d") >= MOSTLY  # the reader says what is wrong with them, if anything is
        return share_between(texts, low, high) >= MOSTLY / 2
    if what in FLAGS or what == "reactive":
        return len(texts) <= MOST_FURTHER
    if what in ("victim_age", "speed", "searches", "arrests", "weapons"):
        return share_between(texts, -1, 10_000) >= MOSTLY
    return True


def share(texts: Sequence[str], pattern: str) -> float:
    return float(pc.match_substring_regex(pa.array(texts, pa.string()), pattern).to_numpy(zero_copy_only=False).mean())


def share_between(texts: Sequence[str], low: float, high: float) -> float:
    values, _ = numbers(pa.array(texts, pa.string()))
    return float(((values >= low) & (values <= high)).mean())


def name_places(looked: _Looked) -> None:
    """Of two pairs of coordinates the fuller one counts; 'x' and 'y' are what their values are."""
    for pair in (DEGREES, GRID):
        if any(axis in looked.columns for axis in pair) and not all(axis in looked.columns for axis in pair):
            for axis in pair:
                looked.columns.pop(axis, None)
    pairs = [pair for pair in (DEGREES, GRID) if all(axis in looked.columns for axis in pair)]
    if len(pairs) < 2:
        return
    filled = {pair: len(looked.texts[looked.columns[pair[0]][0]].drop_null()) for pair in pairs}
    chosen, other = sorted(pairs, key=lambda pair: -filled[pair])
    looked.doubts.append(
        f"The file has {' and '.join(chosen)} and {' and '.join(other)}: {' and '.join(chosen)} are read."
    )
    for axis in other:
        looked.columns.pop(axis)


def name_by_values(looked: _Looked) -> None:
    """What every file needs and no name gave away: coordinates, a time, an id, by what their columns hold."""
    if place_of(looked.columns) is None and "area" not in looked.columns:
        for pair in (DEGREES, GRID):
            found = [next((c for c in looked.free if all_within(looked, c, axis)), "") for axis in pair]
            if all(found) and found[0] != found[1]:
                looked.columns |= {axis: (column,) for axis, column in zip(pair, found, strict=True)}
                looked.doubts.append(f"Are '{found[0]}' and '{found[1]}' {' and '.join(pair)}? Their values are such.")
                break
    for what in FEEDS[looked.source].needed:
        if what in looked.columns:
            continue
        test = is_timed if what in TIMES else is_key if what == "id" else None
        column = next((c for c in looked.free if test and test(looked, c)), "")
        if column:
            looked.columns[what] = (column,)
            looked.doubts.append(f"Is '{column}' the {what}? Nothing but its values speaks for it.")


def all_within(looked: _Looked, column: str, axis: str) -> bool:
    """Whether a column holds such coordinates: degrees with decimals, or metres of the grid in six digits."""
    texts, (low, high) = looked.distinct(column), BOX[axis]
    decimals = (
        r"^-?\d{1,2}\.\d{3,}$"
        if axis in DEGREES
        else r"^\d{5,6}(\.\d+)?$"
        if axis == "easting"
        else r"^\d{5,7}(\.\d+)?$"
    )
    return bool(texts) and share(texts, decimals) >= MOSTLY and share_between(texts, low, high) >= MOSTLY


def is_timed(looked: _Looked, column: str) -> bool:
    texts = looked.distinct(column)
    return bool(texts) and share(texts, LOOKS_TIMED) >= MOSTLY


def is_key(looked: _Looked, column: str) -> bool:
    """Whether a column has a text of its own in nearly every row."""
    whole = looked.texts[column]
    return len(whole.dictionary) >= MOSTLY * len(whole) and not is_timed(looked, column) and len(whole) > 1


def pair_times(looked: _Looked) -> None:
    """A date and a time of day in two columns are one time."""
    for what in [w for w in TIMES if w in looked.columns]:
        first = looked.columns[what][0]
        timed = is_timed(looked, first)
        others = [c for c in looked.texts if c != first and is_half(looked, c, want_clock=timed)]
        if not others or (timed and has_clock(looked.distinct(first))):
            continue
        partner = next((c for c in others if stem(c) == stem(first)), "")
        if not partner and not timed:
            partner = next((c for c in others if plain(c) in synonyms.DATES), "")
        free = [c for c in others if c in looked.free]
        if not partner and len(free) == 1:
            partner = free[0]
            looked.doubts.append(f"Do '{first}' and '{partner}' belong together, the date and the time of {what}?")
        if partner:
            looked.columns[what] = (first, partner) if timed else (partner, first)


def is_half(looked: _Looked, column: str, want_clock: bool) -> bool:
    """Whether a column holds times of day, or dates alone."""
    texts = looked.distinct(column)
    if not texts:
        return False
    if not want_clock:
        return is_timed(looked, column)
    named = stem(column) != plain(column)
    return share(texts, LOOKS_CLOCK + "|" + PACKED if named else WRITTEN_CLOCK) >= MOSTLY


def has_clock(texts: Sequence[str]) -> bool:
    """Whether any of these times has a time of day that is not midnight."""
    clocks = [
        t for t in texts if re.search(r"\d{1,2}[:.]\d{2}([:.]\d{2})?\s?([AaPp][Mm])?|T\d{4}|\s\d{4}$|^\d{9,}", t[6:])
    ]
    return any(not re.search(r"[T ]0?0:00(:00(\.0+)?)?$", t) for t in clocks)


def stem(name: str) -> str:
    """The name of a column without its words for date and time: DATE_FROM and TIME_FROM are both 'from'."""
    words = re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold())
    return "".join(w for w in words if w not in (*synonyms.DATE_WORDS, *synonyms.TIME_WORDS))


# ---------------------------------------------------------------- how they are written


def time_texts(looked: _Looked) -> list[str]:
    """Every different text of a time in the file, dates and times of day joined."""
    texts: dict[str, None] = {}
    for what in (w for w in TIMES if w in looked.columns):
        first, *second = (looked.texts[c] for c in looked.columns[what])
        whole = joined(first, *second) if second else first
        texts |= dict.fromkeys(t for t in whole.dictionary.to_pylist() if t)
    return list(texts)


def formats_of(looked: _Looked) -> tuple[str, ...]:
    """How the times are written; times that need no format give one that says so."""
    texts = time_texts(looked)
    if not texts:
        return ()
    wall = parse_times(pa.array(texts, pa.string()), ("%Y-%m-%d %H:%M:%S",))  # months in words want theirs
    left = [t for t, unread in zip(texts, np.isnat(wall.clock).tolist(), strict=True) if unread]
    shapes: dict[str, list[str]] = {}
    for text in left:
        shapes.setdefault(re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text)), []).append(text)
    both = [fits for alike in sorted(shapes.values(), key=len, reverse=True)[:SHAPES] for fits in fits_of(alike)]
    day_first = order_of(looked, both)
    one_order = [[f for f in fits if day_before_month(f) in (None, day_first)] for fits in both]
    found = dict.fromkeys(fits[0] for fits in one_order if fits)
    lost = (
        len(left) - int((~np.isnat(parse_times(pa.array(left, pa.string()), tuple(found)).clock)).sum()) if left else 0
    )
    if lost:
        looked.doubts.append(
            f"{counted(lost, 'time', 'times')} of {len(texts):,} different ones cannot be read by any format."
        )
    if looked.source == "incidents" and texts and not has_clock(texts):
        looked.doubts.append(
            "The times have no time of day: offences are read as at midnight, and no hour of the day holds."
        )
    return tuple(found) or (("%Y-%m-%d %H:%M:%S",) if looked.source == "incidents" else ())


def fits_of(texts: Sequence[str]) -> list[list[str]]:
    """The formats that fit these texts of one shape; where none fits all of them, those that fit some."""
    whole = fitting(texts)
    some = [fitting([text]) for text in texts[:TRIED]] if not whole else [whole]
    return [list(fits) for fits in dict.fromkeys(map(tuple, some)) if fits]


def order_of(looked: _Looked, both: Sequence[Sequence[str]]) -> bool:
    """Whether the day comes before the month: by days above 12 where there are any, else as in Britain."""
    sure = {day_before_month(fits[0]) for fits in both if len(fits) == 1} - {None}
    if sure == {False}:
        looked.doubts.append(
            "The month comes before the day, for some days are above 12: is it so in the whole system?"
        )
    if len(sure) == 1:
        return bool(sure.pop())
    if sure:
        looked.doubts.append("Some dates have the day first and some the month: ask for an export with one order.")
    elif any(len(fits) > 1 for fits in both):
        looked.doubts.append(
            "Does the day come before the month? No day in the file is above 12; read as in Britain, day first."
        )
    return True


def zone_of(looked: _Looked, formats: tuple[str, ...]) -> str:
    """The clock of times without an offset: UTC where a column's name says so, else that of Britain."""
    texts = time_texts(looked)
    naive = bool(texts) and bool(parse_times(pa.array(texts, pa.string()), formats).naive.any())
    names = [plain(c) for what in TIMES for c in looked.columns.get(what, ())]
    if naive and any(UTC_NAME.search(name) for name in names):
        return "UTC"
    if naive:
        looked.doubts.append(
            "By which clock were the times written? They carry no offset and are read as Europe/London, with summer"
            + (" time; many tracking systems export UTC." if looked.source == "pings" else " time.")
        )
    return "Europe/London"


# ---------------------------------------------------------------- what words mean


def words_of(looked: _Looked) -> dict[str, tuple[str, ...]]:
    """Words for yes and no, for being on a call, for foot and vehicle, where they differ from the usual ones."""
    values: dict[str, tuple[str, ...]] = {}
    for what in (f for f in (*FLAGS, "reactive") if f in looked.columns):
        said = {t.upper() for t in looked.distinct(looked.columns[what][0])}
        if said & {"T", "F"}:
            values |= {"true": synonyms.YES, "false": synonyms.NO}
        odd = said - {*synonyms.YES, *synonyms.NO}
        if odd:
            looked.doubts.append(
                f"Which words of '{looked.columns[what][0]}' mean yes, which no? Not known: {sample(sorted(odd), 8)}."
            )
    if "status" in looked.columns:
        said_here = sorted({t.upper() for t in looked.distinct(looked.columns["status"][0])})
        calls = [t for t in said_here if t in WORDS["on_call"] or any(p in t for p in synonyms.ON_CALL_PARTS)]
        if set(calls) - set(WORDS["on_call"]):
            values["on_call"] = tuple(calls)
        others = [t for t in said_here if t not in calls]
        looked.doubts.append(
            f"Which statuses mean a call? Read as one: {sample(calls, 8) or 'none'};"
            f" as patrol: {sample(others, 8) or 'none'}."
        )
    return values


def unit_of(looked: _Looked) -> str:
    """The unit of the speed, by the name of its column."""
    if "speed" not in looked.columns:
        return Mapping.speed_unit
    name = plain(looked.columns["speed"][0])
    unit = next((unit for ending, unit in UNITS if name.endswith(ending)), "")
    if not unit:
        looked.doubts.append(f"In which unit is '{looked.columns['speed'][0]}'? Read as km/h.")
    return unit or Mapping.speed_unit


def with_offences(looked: _Looked, mapping: Mapping) -> Mapping:
    """What a row is: a record, an offence of one, or a record with further offences in columns of their own."""
    codes = {code: mapping.columns[code][0] for code in CODES if code in mapping.columns}
    for code, column in codes.items():
        looked.doubts.append(f"Which offences? {code} is read from '{column}': {sample(looked.distinct(column), 3)}.")
    if set(codes) == {"title"}:
        looked.doubts.append(
            "Which column has offence codes (Home Office class or Athena URN)? Without them offences are counted and "
            "have no weight, and nothing can be ranked by harm."
        )
    further = further_offences(looked, codes)
    if further:
        n = counted(len(further), "further offence of a record stands", "further offences of a record stand")
        looked.doubts.append(f"{n} in columns beside the first.")
        return replace(mapping, offences="columns", further=further)
    if "id" not in mapping.columns:
        return mapping
    ids = looked.texts[mapping.columns["id"][0]]
    rows = zip(*(looked.texts[c].indices.to_pylist() for c in mapping.needed), strict=True)
    different = len(set(rows)) - (ids.null_count > 0)
    if different > len(ids.dictionary):
        n = counted(different - len(ids.dictionary), "row shares its", "rows share their")
        looked.doubts.append(f"{n} {mapping.columns['id'][0]} with another: read as further offences of one record.")
        return replace(mapping, offences="rows")
    return mapping


def further_offences(looked: _Looked, codes: dict[str, str]) -> tuple[dict[str, str], ...]:
    """Columns of a second offence, a third, …: called as those of the first, with another number."""
    found = []
    for i in range(2, MOST_FURTHER + 1):
        table = {
            code: next((c for c in looked.free if plain(c) == plain(name).removesuffix("1") + str(i)), "")
            for code, name in codes.items()
        }
        table = {code: name for code, name in table.items() if name}
        if not table:
            break
        found.append(table)
    return tuple(found)


def feed_name(file: str, source: str) -> str:
    """A name for the feed: of the file, without its dates. Files of positions may be named after a unit."""
    if source != "incidents":
        return {"pings": "positions"}.get(source, source)
    words = re.findall(r"[a-z]{2,}", Path(file.split(" › ")[0]).stem.casefold())
    return "-".join(words)[:40].strip("-") or source


def lacking(mapping: Mapping) -> tuple[str, ...]:
    """What every file needs and this mapping has no column for."""
    missing = [what for what in FEEDS[mapping.source].needed if what not in mapping.columns]
    if mapping.source == "incidents" and not any(code in mapping.columns for code in CODES):
        missing.append("an offence (ho_class, athena_urn or title)")
    if place_of(mapping.columns) is None and "area" not in mapping.columns:
        area = "area, " if mapping.source == "patrol-log" else ""
        missing.append(f"a place ({area}longitude and latitude, or easting and northing)")
    return tuple(missing)
