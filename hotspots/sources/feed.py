"""One file of a feed while it is read: what every source that comes with a mapping shares.

Columns become distinct texts, numbers, times and places; rows that cannot be used are noted with the reason. A row is
never corrected here, and what is read by rule or left out is said in the notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.clock import home, zone
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.sources.checks import BLANK_WORDS, Judged, blank, judge, numbers, zero_pairs
from hotspots.sources.coarse import place_notes
from hotspots.sources.coordinates import DOTTED, Written, read_pairs, said
from hotspots.sources.doubts import Column, order_doubt
from hotspots.sources.formats import TRIED, day_before_month, fitting_words
from hotspots.sources.mapping import GRID, WORDED, Mapping, columns_in
from hotspots.sources.parquet import parquet_text, refuse_no_cells
from hotspots.sources.raw import QUARANTINE_COLUMNS, RawTable, with_notes
from hotspots.sources.times import Placed, parse_times, place_times
from hotspots.sources.written import Wall

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

OLDEST = np.datetime64("1990-01-01", "s")  # no feed holds anything older; 1900-01-01 is a blank
MOSTLY = 0.5  # share of the rows at 00:00 from which on the column is said to hold dates alone
FALLS = ("time falls", "times fall")
FREE_TEXT = ("activity", "location", "location_type")  # nothing is counted by these: a blank one does no harm
RAGGED = "the row has too few or too many fields"
_CLOCK_ALONE = r"^\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?( ?[AaPp][Mm])?$|^\d{1,4}$"
_MIDNIGHT = r"^(\S+[-/.]\S+)[T ]00:00(?::00(?:\.0+)?)?$"
_APOSTROPHE = r"^\s*'([\w(+-])"  # before a text: how a spreadsheet marks it as one
_DITTO = ('"', "''", "”", "“", "〃", "do", "do.", "ditto", "as above", "-do-", "^")
_LAST_MIDNIGHT = r"[T ]24[:.]?00(?:[:.]?00)?(?:\s?(?:hours|hrs?|h))?$"
_SAYS_UTC = re.compile(r"(?i)(?<![a-z])(?:utc|gmt|zulu)(?![a-z])")
_NO_DATE = r"^(?:1899-12-3[01]|1900-01-0[01]|3[01]/12/1899|0[01]/01/1900)[T ]"
SKIPPED = "in the hour that the clocks skipped, read as GMT"
TWICE = "in the hour that happens twice when the clocks go back, read as the first (summer time)"


class Times(NamedTuple):
    """The times of a field, by row, and the texts they were read from."""

    instant: Array  # UTC, datetime64[s]; NaT where there is none
    local: Array  # the same on the wall clock of the setting 'timezone'
    repeated: Array  # bool: in the hour that happens twice, read as the first
    skipped: Array  # bool: in the hour that does not happen, read as GMT
    empty: Array  # bool
    texts: pa.DictionaryArray
    wall: Wall  # of the distinct texts

    @property
    def unread(self) -> Array:
        return np.asarray(np.isnat(self.instant) & ~self.empty)


class Pair(NamedTuple):
    """Coordinates by row, nan without a number; (0, 0) counts as none."""

    x: Array
    y: Array
    names: tuple[str, str]  # of their columns
    text: Array  # bool: one of the two is text that is no number
    zero: Array  # bool: both were 0
    half: Array  # bool: only one of them is given
    printed: tuple[pa.Array | None, ...]  # both as the file prints them, None where it holds numbers


@dataclass(eq=False)
class FeedFile:
    """A file while it is read: its columns, and why which rows cannot be used."""

    raw: RawTable
    mapping: Mapping
    settings: Settings
    columns: dict[str, tuple[str, ...]]  # field → columns of this file
    rows: Array  # row numbers
    bad: Array  # bool: rows that cannot be used
    reasons: dict[int, str] = field(default_factory=dict)  # of these, by position
    aside: set[int] = field(default_factory=set)  # of these, those whose reason explains all others
    notes: list[str] = field(default_factory=list)
    texts: dict[str, pa.DictionaryArray] = field(default_factory=dict)  # of the columns looked at so far

    def name(self, what: str) -> str:
        """How the file calls a field."""
        return " and ".join(self.columns[what])

    def typed(self, column: str) -> pa.Array:
        """A column as the file has it, in one piece and without dictionary."""
        whole = one_piece(self.raw.table[column])
        if pa.types.is_dictionary(whole.type):
            whole = whole.dictionary_decode()
        refuse_no_cells(self.raw.name, column, whole.type)
        return whole.cast(pa.string()) if pa.types.is_large_string(whole.type) else whole

    def coded(self, column: str) -> pa.DictionaryArray:
        """A column as text, each distinct one once: blanks around it taken off, null where it stands for nothing."""
        if column not in self.texts:
            self.texts[column] = self._cleaned(column)
        return self.texts[column]

    def _cleaned(self, column: str) -> pa.DictionaryArray:
        coded = self.typed(column).dictionary_encode()
        texts = coded.dictionary
        if not pa.types.is_string(texts.type):
            texts = one_piece(parquet_text(self.raw.name, column, pa.chunked_array([texts])))
        texts = pc.replace_substring_regex(texts, _APOSTROPHE, r"\1")
        cleaned = self._without_blanks(column, texts)
        if cleaned.equals(coded.dictionary):
            return coded
        again = cleaned.dictionary_encode()
        return pa.DictionaryArray.from_arrays(again.indices.take(coded.indices), again.dictionary)

    def _without_blanks(self, column: str, texts: pa.Array) -> pa.Array:
        trimmed = pc.utf8_trim_whitespace(texts)
        return pc.if_else(blank(trimmed, self._blank_words(column)), pa.scalar(None, pa.string()), trimmed)

    def _blank_words(self, column: str) -> list[str]:
        """What stands for nothing in a column: the mapping's words, and unless it is one of words those of any tool."""
        words = ["", *self.mapping.null_values]
        if not any(column in self.columns.get(what, ()) for what in WORDED):
            meant = {word for texts in self.mapping.values.values() for word in texts}
            words += [word for word in BLANK_WORDS if word not in meant]
        return words

    def text_of(self, what: str) -> pa.DictionaryArray | None:
        """The texts of a field that has one column; None where the file has none."""
        return self.coded(self.columns[what][0]) if what in self.columns else None

    def numbers(self, column: str) -> tuple[Array, Array]:
        """float64 values of a column, nan where it is empty, and the mask of what is no finite number."""
        values = self.typed(column)
        if pa.types.is_string(values.type):
            return numbers(self._without_blanks(column, values))
        try:
            floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise HotspotsError(
                f"{self.raw.name}: column '{column}' holds {values.type} values, no numbers."
            ) from error
        wild = np.isinf(floats)
        return np.where(wild, np.nan, floats), wild

    def refuse(self, mask: Array, reason: str, quoted: pa.Array | None = None) -> None:
        """Mark rows as unusable; the texts ``quoted`` stand behind the reason."""
        at = np.flatnonzero(mask)
        texts = [""] * len(at) if quoted is None else [f": '{v}'"[:120] for v in quoted.take(pa.array(at)).to_pylist()]
        self.refuse_each(at, [reason + text for text in texts])

    def refuse_each(self, at: Array, reasons: Iterable[str]) -> None:
        """The same, each row with its own reason; several reasons of one row are joined."""
        self.bad[at] = True
        for i, reason in zip(at.tolist(), reasons, strict=True):
            if i in self.aside:
                continue
            self.reasons[i] = f"{self.reasons[i]}; {reason}" if i in self.reasons else reason

    def set_aside(self, mask: Array, reason: str) -> None:
        """Mark rows as unusable for a reason that explains whatever else is wrong with them."""
        at = np.flatnonzero(mask)
        self.refuse_each(at, [reason] * len(at))
        self.aside.update(at.tolist())

    def time_texts(self, what: str) -> pa.DictionaryArray:
        """The texts of a time: of one column, or of its date and its time of day joined."""
        first, *second = (self.coded(column) for column in self.columns[what])
        if second:
            clock = pc.match_substring_regex(second[0].dictionary, _CLOCK_ALONE).to_numpy(zero_copy_only=False)
            day = pc.utf8_lower(first.dictionary)
            ditto = pc.is_in(day, pa.array(_DITTO, pa.string())).to_numpy(zero_copy_only=False)
            no_day = pc.is_null(first).to_numpy(zero_copy_only=False) | spread(ditto, first, False)
            no_day &= spread(clock, second[0], False)
            why = f"{self.columns[what][0]} is empty beside a time, or a ditto mark: write the date in every row"
            self.set_aside(no_day, why)
            first = joined(first, *second)
        if not self.aside:
            return first
        gone = np.isin(np.arange(len(first)), list(self.aside))
        indices = pc.if_else(pa.array(gone), pa.scalar(None, first.indices.type), first.indices)
        return pa.DictionaryArray.from_arrays(indices, first.dictionary)

    def times(self, what: str) -> Times:
        """The times of a field, by row. Raises where they need a time zone and have none."""
        return self.times_of(self.time_texts(what), self.name(what))

    def times_of(self, texts: pa.DictionaryArray, name: str) -> Times:
        """The times of texts of a column of this name."""
        times = self.on_the_line(parse_times(texts.dictionary, self.mapping.datetime_formats), texts)
        serial = int(spread(times.wall.serial, texts, False).sum())
        self.note(serial, "time", "times", f"in {name} read from a spreadsheet's number of days since 1900")
        last = pc.fill_null(pc.match_substring_regex(texts.dictionary, _LAST_MIDNIGHT), False)
        late = int((spread(last.to_numpy(zero_copy_only=False), texts, False) & ~times.unread).sum())
        self.note(late, "time", "times", f"at 24:00 in {name} read as the midnight that ends the day")
        zoned = self.mapping.timezone
        if _SAYS_UTC.search(name) and times.wall.naive.any() and zoned not in ("UTC", "Etc/UTC", "GMT"):
            self.notes.append(f"{name} names UTC or GMT, and was read by the clock of {zoned}, which the mapping gives")
        return times

    def on_the_line(self, wall: Wall, texts: pa.DictionaryArray) -> Times:
        """Wall clocks of distinct texts as instants, by row. Raises where they need a time zone and have none."""
        if wall.naive.any() and not self.mapping.timezone:
            raise no_timezone(self.raw.name, sample(texts.dictionary.filter(pa.array(wall.naive)).to_pylist()))
        placed = self.placed(wall)
        nothing = np.datetime64("NaT", "s")
        return Times(
            spread(placed.instant, texts, nothing), spread(placed.local, texts, nothing),
            spread(placed.repeated, texts, False), spread(placed.skipped, texts, False),
            pc.is_null(texts).to_numpy(zero_copy_only=False), texts, wall,
        )  # fmt: skip

    def placed(self, wall: Wall) -> Placed:
        """Wall clocks on the time line, by the mapping's time zone where they carry no offset."""
        source = zone(self.mapping.timezone or "UTC", f"Mapping '{self.mapping.name}'")
        return place_times(wall, source, home(self.settings))

    def order_doubt(self, name: str, times: Times) -> str:
        """Why the dates of a column cannot be read in the mapping's order of day and month; '' where they can.

        What is odd about some of its rows is noted.
        """
        column = Column(times.texts.dictionary, times.wall, codes_of(times.texts), self.rows)
        doubt, note = order_doubt(column, self.mapping.datetime_formats, name)
        if note:
            self.notes.append(note)
        return f"{self.raw.name}: {doubt}" if doubt else ""

    def refuse_order(self, columns: dict[str, Times]) -> None:
        """Raise where the order of day and month of one of these columns is in doubt, all doubts at once."""
        doubts = [doubt for name, times in columns.items() if (doubt := self.order_doubt(name, times))]
        if doubts:
            raise HotspotsError(doubts)

    def formats_that_fit(self, times: Sequence[Times]) -> str:
        """What to write in a mapping so that every time which cannot be read can be; '' where nothing would do."""
        unread = [text for t in times for text in _unread_texts(t)]
        ours = {day_before_month(fmt) for fmt in self.mapping.datetime_formats} - {None}
        if all(t.wall.clock.size == 0 or np.isnat(t.wall.clock).all() for t in times):
            ours = set()  # no date was read, so the mapping's order may be wrong
        beside = [text for t in times for text in t.texts.dictionary.slice(0, TRIED).to_pylist() if text]
        return fitting_words(unread, next(iter(ours), None), beside)

    def note_unread(self, what: str, times: Times) -> None:
        """Say which format would read the times that cannot be read."""
        if fits := self.formats_that_fit([times]) if times.unread.any() else "":
            n = counted(int(times.unread.sum()), "time")
            self.notes.append(f"{n} of {self.name(what)} that cannot be read would be by {fits}")

    def note_midnights(self, times: Times, one: str, many: str) -> None:
        """Say so where most rows are at 00:00, as printed or by the local clock, as dates without a time of day are."""
        usable = ~self.bad & ~np.isnat(times.instant)
        printed = spread(times.wall.clock, times.texts, np.datetime64("NaT", "s"))
        midnight = max(int((at[usable] == at[usable].astype("<M8[D]")).sum()) for at in (printed, times.local))
        n = int(usable.sum())
        if midnight > 1 and midnight >= MOSTLY * n:
            share = "All" if midnight == n else f"{midnight:,} of"
            why = "at 00:00, as dates without a time of day do: read as midnight, so hours of the day are not known"
            self.notes.append(f"{share} {counted(n, one, many)} {why}")

    def refuse_times(self, times: Times, what: str, latest: np.datetime64, quoted: bool = False) -> None:
        """Refuse what cannot be read as a time, lies in the future or is too old."""
        name, texts = self.name(what), times.texts if quoted else None
        self.refuse(times.unread, f"{name} cannot be read as a time", texts)
        self.refuse(times.instant > latest, f"{name} is in the future", texts)
        self.refuse(times.local < OLDEST, f"{name} is before 1990", texts)

    def note_clock_changes(self, times: Sequence[Times], advice: str = "") -> None:
        """Say which times had to be read by a rule because the clocks changed."""
        self.note(sum(int((t.skipped & ~self.bad).sum()) for t in times), *FALLS, SKIPPED)
        self.note(sum(int((t.repeated & ~self.bad).sum()) for t in times), *FALLS, TWICE + advice)

    def note(self, n: int, one: str, many: str, what: str) -> None:
        """Say of how many rows something holds, where there are any: '3 rows have no status'."""
        if n:
            self.notes.append(f"{counted(n, one, many)} {what}")

    def pair(self, fields: tuple[str, str]) -> Pair:
        """The coordinates of the file; texts with one reading are read, and said so."""
        names = (self.columns[fields[0]][0], self.columns[fields[1]][0])
        (x, no_x), (y, no_y) = (self.numbers(name) for name in names)
        printed = tuple(self._printed(name) for name in names)
        text, grid = no_x | no_y, fields == GRID
        odd = text | _dotted(x, y, printed) if grid else text
        if odd.any() and all(column is not None for column in printed):
            found = self._read_texts(names, odd, grid)
            x[odd], y[odd], text[odd] = found.x, found.y, found.how == 0
        zero = zero_pairs(x, y)
        half = (np.isnan(x) != np.isnan(y)) & ~text
        return Pair(np.where(zero, np.nan, x), np.where(zero, np.nan, y), names, text, zero, half, printed)

    def _printed(self, column: str) -> pa.Array | None:
        values = self.typed(column)
        return values if pa.types.is_string(values.type) else None

    def _read_texts(self, names: tuple[str, str], odd: Array, grid: bool) -> Written:
        """Coordinates of these rows, which are no plain numbers, where they have one reading."""
        at = pa.array(odd)
        x, y = (self._without_blanks(name, self.typed(name).filter(at)) for name in names)
        found = read_pairs(x, y, grid)
        self.notes += said(found, f"{names[0]} and {names[1]}")
        return found

    def judge(self, pair: Pair, fields: tuple[str, str]) -> Judged:
        """Which of them are no place in Great Britain."""
        return judge(pair.x, pair.y, pair.names, self.rows, self.raw.name, pair.text, fields == GRID, pair.printed)

    def note_places(self, pair: Pair, fields: tuple[str, str], bad: Array, one_point: bool = True) -> None:
        """Say what is odd about the good coordinates as a whole. ``bad``: rows that are no place in Great Britain."""
        x, y = (np.where(bad, np.nan, values) for values in (pair.x, pair.y))
        self.notes += place_notes(x, y, pair.names, fields == GRID, self.settings, one_point)


def _dotted(x: Array, y: Array, printed: tuple[pa.Array | None, ...]) -> Array:
    """Rows with eastings and northings like 354.000, which are numbers, but no place: a dot that parts thousands."""
    small = (x > 180) & (x < 1000) & (y > 180) & (y < 1000)
    for column in printed:
        if column is not None and small.any():
            small[small] = pc.match_substring_regex(column.filter(pa.array(small)), DOTTED).to_numpy(
                zero_copy_only=False
            )
    return small


def opened(raw: RawTable, mapping: Mapping, settings: Settings) -> FeedFile:
    """A file with the columns of its mapping. HotspotsError where it lacks some."""
    raw = raw.spelled(mapping.needed)
    try:
        columns, n = columns_in(mapping, raw.table.column_names, raw.name), len(raw.table)
    except HotspotsError as error:
        raise with_notes(error, raw) from error
    file = FeedFile(raw, mapping, settings, columns, raw.row_numbers(), np.zeros(n, dtype=bool), notes=[*raw.notes])
    if raw.encoding not in ("UTF-8", "UTF-16"):
        file.notes.append(f"The file is not UTF-8 and was read as {raw.encoding}: check accents and pound signs")
    _set_merged_aside(file)
    return file


def _unread_texts(times: Times) -> list[str]:
    return list(times.texts.filter(pa.array(times.unread)).unique().to_pylist()) if times.unread.any() else []


def _set_merged_aside(file: FeedFile) -> None:
    """Set rows aside whose cells were merged with one above: what stands there may hold for them, or may not."""
    rows = {number: i for i, number in enumerate(file.rows.tolist())} if file.raw.merged else {}
    found: dict[int, tuple[list[str], int]] = {}
    counted_by = (names for what, names in file.columns.items() if what not in FREE_TEXT)
    for column in dict.fromkeys(name for names in counted_by for name in names):
        for row, above in file.raw.merged.get(column, {}).items():
            if row in rows and above in rows and file.raw.table[column][rows[above]].is_valid:
                found.setdefault(rows[row], ([], above))[0].append(column)
    for i, (names, above) in found.items():
        plural = "are" if len(names) > 1 else "is"
        file.refuse_each(
            np.array([i]),
            [f"{' and '.join(names)} {plural} blank, merged with row {above:,} above; unmerge the cells and fill them"],
        )
        file.aside.add(i)


def one_piece(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def codes_of(column: pa.DictionaryArray) -> Array:
    """Position of each row's text in the dictionary, -1 for null."""
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False)


def spread(per_text: Array, column: pa.DictionaryArray, empty: object) -> Array:
    """A value per distinct text → a value per row; ``empty`` where the row has no text."""
    return np.append(per_text, np.array([empty], dtype=per_text.dtype))[codes_of(column)]


def joined(day: pa.DictionaryArray, time: pa.DictionaryArray) -> pa.DictionaryArray:
    """A date column and a time column as one text; a row with only one of them keeps that one."""
    # Excel knows no date without a time and no time without a date, so it prints '00:00:00' or '1899-12-31' too.
    days = pc.replace_substring_regex(day.dictionary, _MIDNIGHT, r"\1").take(day.indices)
    times = pc.replace_substring_regex(time.dictionary, _NO_DATE, "").take(time.indices)
    # Nulls are made blanks first: told to skip them, pyarrow leaves out the rows in which both are null.
    days, times = (pc.fill_null(column, "") for column in (days, times))
    both = pc.utf8_trim_whitespace(pc.binary_join_element_wise(days, times, " "))
    return pc.if_else(pc.equal(both, ""), pa.scalar(None, pa.string()), both).dictionary_encode()


def no_timezone(file: str, times: str) -> HotspotsError:
    """The sentence for times without an offset where no time zone is given; ``times`` are some of them, quoted."""
    return HotspotsError(
        f"{file}: a time zone is not given, and these times carry none: {times}. Say by which clock they were written:"
        " --timezone Europe/London (or UTC), on the Data page under “Time zone”, or timezone = 'Europe/London' in the"
        " mapping."
    )


def odd_times(file: str, unread: int, timed: int, example: str, fits: str = "") -> str:
    """The sentence for times most of which cannot be read. Of one of them only the shape is shown: it may be a name.

    ``fits``: the formats that would read them all, as they are written in a mapping.
    """
    shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", example[:40]))
    advice = "Say how they are written in a mapping, such as datetime_formats = ['%d/%m/%Y %H:%M:%S'], and give it"
    if re.search(r"(?:^| )9{1,3}$", shape):
        advice = f"A time of day is written 14:30 or 1430, a length of time '15 min'. {advice}"
    if fits:
        advice = f"All of these fit {fits}. Write that in a mapping, and give it"
    return (
        f"{file}: {unread:,} of {timed:,} times cannot be read; one has the shape '{shape}' (9 for a digit, a for a"
        f" letter). {advice} with --mapping, or on the Data page."
    )


def quarantined(
    raw: RawTable, rows: Sequence[int] | Array, reasons: Sequence[str], columns: dict[str, Any], ragged_text: bool
) -> pa.Table:
    """Rows that cannot be used, by number: source_row, reason, and these columns as text.

    Rows with too few or too many fields stand among them, ``ragged_text`` with what they say (column as_printed).
    """
    table = pa.table({"source_row": pa.array(rows, pa.int32()), "reason": pa.array(reasons, pa.string()), **columns})
    if raw.bad_rows:
        numbered, texts = zip(*raw.bad_rows, strict=True)
        ragged = {"source_row": pa.array(numbered, pa.int32()), "reason": pa.array([RAGGED] * len(texts))}
        ragged |= {"as_printed": pa.array(texts, pa.string())} if ragged_text else {}
        table = pa.concat_tables([table, pa.table(ragged)], promote_options="default")
    return table.sort_by("source_row")


def original_columns(raw: RawTable, at: Sequence[int] | Array) -> dict[str, pa.ChunkedArray]:
    """Every column of some rows as printed."""
    kept = raw.table.take(pa.array(at, pa.int64()))
    return {own_name(name): kept[name] for name in kept.column_names if name not in QUARANTINE_COLUMNS}


def own_name(column: str) -> str:
    """How a table of quarantined rows calls a column of the file."""
    return f"{column} (in the file)" if column == "source_row" else column
