"""A force's own export of timed offences, read through a mapping.

Limits of the source, which every figure made from it carries:
- a row is what the force chose to export: undetected duplicates across ids are not seen;
- a date without a time of day is read as midnight, and is said so in the notes;
- a wall clock cannot tell which of the two autumn hours it means: the first is taken;
- rows without a usable id, time or place reference are set aside with the reason, never mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.clock import zone
from hotspots.base.columns import CODE, INCIDENTS, LOCAL, WHEN
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.sources.checks import check_degrees, check_grid, numbers, record_numbers, zero_pairs
from hotspots.sources.mapping import CODES, FLAGS, Mapping, read_mapping
from hotspots.sources.reading import QUARANTINE_COLUMNS, RawTable
from hotspots.sources.times import Placed, parse_times, place_times

__all__ = ["Mapping", "Parsed", "read_incidents", "read_mapping"]

PLACED_LATER = ("cell_9", "cell_10", "cell_11", "district", "bcu")  # filled by intake, which knows the boundaries
FIELDS = (
    *(pa.field(c.name, c.type) for c in INCIDENTS if c.name not in PLACED_LATER),
    pa.field("source_row", pa.int32()),
)
SCHEMA = pa.schema(FIELDS)
OLDEST = np.datetime64("1990-01-01", "s")  # an export of recorded crime holds nothing older; 1900-01-01 is a blank
OLDEST_AGE = 120
MOST_OFFENCES = 32_767  # on one record: what offence_no can count


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file of the feed. rows read = rows of ``table`` (distinct source_row) + repeated + quarantined."""

    table: pa.Table  # SCHEMA: columns.INCIDENTS without the cells and districts, and source_row; sorted by row
    quarantined: pa.Table  # source_row, reason, and every original column as text
    notes: list[str]  # sentences about what was read by rule or left empty
    n_read: int  # rows of the file below its header, ragged ones included, blank ones not
    repeated_rows: np.ndarray  # int32 row numbers that repeat an earlier row in every mapped column


@dataclass(eq=False)
class _File:
    """A file while it is read: its mapped columns, and why which rows cannot be used."""

    raw: RawTable
    mapping: Mapping
    settings: Settings
    rows: np.ndarray  # row numbers
    columns: dict[str, pa.DictionaryArray]  # by column name: trimmed, nulls for null values
    reasons: np.ndarray  # object: "" for rows that can be used
    notes: list[str] = field(default_factory=list)

    def named(self, what: str) -> pa.DictionaryArray | None:
        """The column mapped to a field that has one column."""
        names = self.mapping.columns.get(what)
        return None if names is None else self.columns[names[0]]

    def refuse(self, bad: np.ndarray, reason: str, values: pa.Array | None = None) -> None:
        """Set rows aside; ``values`` are quoted behind the reason."""
        at = np.flatnonzero(bad)
        shown = [""] * len(at) if values is None else [f": '{v}'"[:120] for v in values.take(pa.array(at)).to_pylist()]
        self.refuse_each(at, [reason + value for value in shown])

    def refuse_each(self, at: np.ndarray, reasons: Sequence[str]) -> None:
        """Set rows aside, each with its own reason; several reasons of one row are joined."""
        for i, reason in zip(at, reasons, strict=True):
            self.reasons[i] = f"{self.reasons[i]}; {reason}" if self.reasons[i] else reason


def read_incidents(raw: RawTable, mapping: Mapping, settings: Settings, now: datetime | None = None) -> Parsed:
    """One file of a force's export → one row per offence.

    Rows that cannot be used are set aside with the reason. Raises `HotspotsError` when the file as a whole
    cannot be right: mapped columns missing, an unknown time zone, coordinates that are no coordinates.
    ``now`` (default: the clock) decides what lies in the future.
    """
    _refuse_missing_columns(raw, mapping)
    file = _opened(raw, mapping, settings)
    ids = file.named("id")
    assert ids is not None  # a mapping without an id is refused when it is read
    file.refuse(pc.is_null(ids).to_numpy(zero_copy_only=False), f"{mapping.columns['id'][0]} is empty")
    latest = np.datetime64(((now or datetime.now(UTC)) + timedelta(days=1)).astimezone(UTC).replace(tzinfo=None), "s")
    start, end, recorded = _read_times(file, latest)
    lon, lat = _read_places(file)
    values = {
        "record_id": ids,
        "local_from": start.local,
        "local_to": end.local,
        "instant_from": start.instant,
        "instant_to": end.instant,
        "recorded": recorded,
        "lon": lon,
        "lat": lat,
        "victim_age": _read_ages(file),
        **{flag: _read_flag(file, flag) for flag in FLAGS},
    }
    repeated, offence_no = _match_ids(file, ids, values)
    _note_shortened_ids(file, ids)
    kept = np.flatnonzero((file.reasons == "") & ~repeated)
    if mapping.offences == "columns":
        pieces, kept, offence_no = _unfold_columns(file, kept)
    else:
        pieces = {code: _taken(file.named(code), kept) for code in CODES}
        offence_no = offence_no[kept]
    table = _table(file, values, pieces, kept, offence_no)
    return Parsed(table, _set_aside(file), file.notes, len(raw.table) + len(raw.bad_rows), file.rows[repeated])


# ---------------------------------------------------------------- columns


def _refuse_missing_columns(raw: RawTable, mapping: Mapping) -> None:
    have = raw.table.column_names
    missing = [name for name in mapping.needed if name not in have]
    if missing:
        others = [name for name in have if name not in mapping.needed]
        raise HotspotsError(
            f"{raw.name} lacks {len(missing)} of the columns that mapping '{mapping.name}' names: "
            f"{sample(missing, 30)}. The columns it has besides: {sample(others, 30) or 'none'}. "
            "Correct the mapping, or export the file with these columns."
        )


def _opened(raw: RawTable, mapping: Mapping, settings: Settings) -> _File:
    nulls = pa.array([v for v in mapping.null_values if v], pa.string())
    columns = {name: _cleaned(raw.table[name], nulls) for name in mapping.needed}
    file = _File(raw, mapping, settings, raw.row_numbers(), columns, np.full(len(raw.table), "", dtype=object))
    if raw.encoding != "UTF-8":
        file.notes.append(f"The file is not UTF-8 and was read as {raw.encoding}: check accents and pound signs")
    return file


def _cleaned(column: pa.ChunkedArray, nulls: pa.Array) -> pa.DictionaryArray:
    """Each distinct text once: blanks around it taken off, null where it stands for nothing."""
    coded = _one_piece(column).dictionary_encode()
    texts = pc.utf8_trim_whitespace(coded.dictionary)
    nothing = pc.or_(pc.equal(texts, ""), pc.is_in(pc.utf8_upper(texts), nulls))
    texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
    if texts.equals(coded.dictionary):
        return coded
    again = texts.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(coded.indices), again.dictionary)


def _one_piece(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _codes(column: pa.DictionaryArray) -> np.ndarray:
    """Position of each row's text in the dictionary, -1 for null."""
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False)


def _spread(per_text: np.ndarray, column: pa.DictionaryArray, empty: object) -> np.ndarray:
    """A value per distinct text → a value per row; ``empty`` where the row has no text."""
    return np.append(per_text, np.array([empty], dtype=per_text.dtype))[_codes(column)]


# ---------------------------------------------------------------- times


def _read_times(file: _File, latest: np.datetime64) -> tuple[Placed, Placed, np.ndarray]:
    """Start and end of each offence, and when it was recorded (local)."""
    start, texts = _times_of(file, "committed_from")
    name = " and ".join(file.mapping.columns["committed_from"])
    missing = pc.is_null(texts).to_numpy(zero_copy_only=False)
    file.refuse(missing, f"{name} is empty")
    file.refuse(np.isnat(start.instant) & ~missing, f"{name} cannot be read as a time", texts)
    _refuse_impossible(file, start, texts, name, latest)
    end = start
    if "committed_to" in file.mapping.columns:
        end = _read_end(file, start, latest)
    _note_clock_changes(file, [start] if end is start else [start, end])
    _note_midnights(file, start)
    return start, end, _read_recorded(file)


def _read_end(file: _File, start: Placed, latest: np.datetime64) -> Placed:
    """The end of the time of each offence; its start where none is given."""
    end, texts = _times_of(file, "committed_to")
    name = " and ".join(file.mapping.columns["committed_to"])
    missing = pc.is_null(texts).to_numpy(zero_copy_only=False)
    file.refuse(np.isnat(end.instant) & ~missing, f"{name} cannot be read as a time", texts)
    _refuse_impossible(file, end, texts, name, latest)
    # From 01:50 to 01:10 on the night the clocks go back: the end is in the second of the two hours.
    second = end.repeated & (end.instant < start.instant)
    instant = np.where(second, end.instant + np.timedelta64(1, "h"), end.instant)
    file.refuse(instant < start.instant, f"{name} is before the start of the offence", texts)
    return Placed(
        np.where(missing, start.instant, instant),
        np.where(missing, start.local, end.local),
        end.repeated & ~second,
        end.skipped,
    )


def _read_recorded(file: _File) -> np.ndarray:
    if "recorded" not in file.mapping.columns:
        return np.full(len(file.rows), np.datetime64("NaT", "s"))
    placed, texts = _times_of(file, "recorded")
    unread = np.isnat(placed.instant) & pc.is_valid(texts).to_numpy(zero_copy_only=False)
    name = " and ".join(file.mapping.columns["recorded"])
    _note_unread(file, unread, texts, name, "cannot be read as a time")
    return placed.local


def _times_of(file: _File, what: str) -> tuple[Placed, pa.DictionaryArray]:
    """The times of one field, by row, and the texts they were read from. Each distinct text is read once."""
    columns = [file.columns[name] for name in file.mapping.columns[what]]
    texts = columns[0] if len(columns) == 1 else _joined(*columns)
    source = zone(file.mapping.timezone, f"Mapping '{file.mapping.name}'")
    home = zone(file.settings.timezone, "Setting 'timezone'")
    placed = place_times(parse_times(texts.dictionary, file.mapping.datetime_formats), source, home)
    nothing = np.datetime64("NaT", "s")
    instant, local = (_spread(times, texts, nothing) for times in (placed.instant, placed.local))
    repeated, skipped = (_spread(mask, texts, False) for mask in (placed.repeated, placed.skipped))
    return Placed(instant, local, repeated, skipped), texts


def _joined(day: pa.DictionaryArray, time: pa.DictionaryArray) -> pa.DictionaryArray:
    """A date column and a time column as one text; a row with only one of them keeps that one."""
    # Excel knows no date without a time and no time without a date, so it prints '00:00:00' or '1899-12-31' too.
    days = pc.replace_substring_regex(day.dictionary, r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", r"\1").take(day.indices)
    times = pc.replace_substring_regex(time.dictionary, r"^1(899-12-3[01]|900-01-00) ", "").take(time.indices)
    both = pc.binary_join_element_wise(days, times, " ", null_handling="skip")
    return pc.if_else(pc.equal(both, ""), pa.scalar(None, pa.string()), both).dictionary_encode()


def _refuse_impossible(file: _File, times: Placed, texts: pa.Array, name: str, latest: np.datetime64) -> None:
    file.refuse(times.instant > latest, f"{name} is in the future", texts)
    file.refuse(times.local < OLDEST, f"{name} is before 1990", texts)


def _note_clock_changes(file: _File, times: list[Placed]) -> None:
    usable = file.reasons == ""
    skipped = sum(int((t.skipped & usable).sum()) for t in times)
    repeated = sum(int((t.repeated & usable).sum()) for t in times)
    if skipped:
        file.notes.append(
            f"{_count(skipped, 'time falls', 'times fall')} in the hour that the clocks skipped, read as GMT"
        )
    if repeated:
        file.notes.append(
            f"{_count(repeated, 'time falls', 'times fall')} in the hour that happens twice when the clocks go back, "
            "read as the first (summer time)"
        )


def _note_midnights(file: _File, start: Placed) -> None:
    """A mapping that allows dates alone turns them into midnight, which is not when the offences happened."""
    if all("%H" in f or "%I" in f for f in file.mapping.datetime_formats):
        return
    midnight = (start.local == start.local.astype("datetime64[D]")) & (file.reasons == "")
    if midnight.any():
        file.notes.append(
            f"{_count(int(midnight.sum()), 'offence starts', 'offences start')} at 00:00; the mapping reads a date "
            "without a time as midnight, so hours of the day may mislead"
        )


# ---------------------------------------------------------------- places


def _read_places(file: _File) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude by row, nan without a place. Wrong ones are set aside, or refuse the file."""
    names = tuple(file.mapping.columns[axis][0] for axis in file.mapping.place)
    (x, no_x), (y, no_y) = (_numbers_of(file.columns[name]) for name in names)
    zero = zero_pairs(x, y)
    if zero.any():
        rows = _count(int(zero.sum()), "row has", "rows have")
        file.notes.append(f"{rows} 0 and 0 as {names[0]} and {names[1]}, read as no place")
    x, y = np.where(zero, np.nan, x), np.where(zero, np.nan, y)
    text = no_x | no_y
    file.refuse((np.isnan(x) != np.isnan(y)) & ~text, f"only one of {names[0]} and {names[1]} is given")
    if file.mapping.place == ("easting", "northing"):
        lon, lat, bad, why = _on_the_grid(file, x, y, text, names)
    else:
        lon, lat = x, y
        bad, why = check_degrees(x, y, file.rows, names[0], names[1], file.settings, file.raw.name, text)
    file.refuse_each(np.flatnonzero(bad), why[bad].tolist())
    return lon, lat


def _numbers_of(column: pa.DictionaryArray) -> tuple[np.ndarray, np.ndarray]:
    values, unread = numbers(column.dictionary)
    return _spread(values, column, np.nan), _spread(unread, column, False)


def _on_the_grid(
    file: _File, x: np.ndarray, y: np.ndarray, text: np.ndarray, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(longitude, latitude, mask of bad rows, reasons) of eastings and northings."""
    from hotspots.geography import bng_to_lonlat

    lon, lat = bng_to_lonlat(x, y)
    at_sea = ~np.isnan(x) & ~np.isnan(y) & np.isnan(lon)
    bad, why = check_grid(x, y, file.rows, names[0], names[1], file.settings, file.raw.name, text, at_sea)
    return lon, lat, bad, why


# ---------------------------------------------------------------- flags and ages


def _read_flag(file: _File, flag: str) -> pa.Array:
    """Nullable booleans; a text that is neither yes nor no becomes empty and is noted."""
    column = file.named(flag)
    if column is None:
        return pa.nulls(len(file.rows), pa.bool_())
    texts = pc.utf8_upper(column.dictionary)
    yes = pc.is_in(texts, pa.array(file.mapping.true_values, pa.string()))
    no = pc.is_in(texts, pa.array(file.mapping.false_values, pa.string()))
    unknown = pc.and_(pc.invert(pc.or_(yes, no)), pc.is_valid(texts)).to_numpy(zero_copy_only=False)
    _note_unread(file, _spread(unknown, column, False), column, file.mapping.columns[flag][0], "is neither yes nor no")
    return pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_())).take(column.indices)


def _read_ages(file: _File) -> pa.Array:
    """Whole years from 0 to 120; anything else becomes empty and is noted."""
    column = file.named("victim_age")
    if column is None:
        return pa.nulls(len(file.rows), pa.int16())
    values, _ = numbers(column.dictionary)
    fits = (values >= 0) & (values <= OLDEST_AGE) & (values == np.floor(values))
    wrong = ~fits & pc.is_valid(column.dictionary).to_numpy(zero_copy_only=False)
    name = file.mapping.columns["victim_age"][0]
    _note_unread(file, _spread(wrong, column, False), column, name, f"is no age from 0 to {OLDEST_AGE}")
    return pa.array(np.where(fits, values, 0).astype(np.int16), mask=~fits).take(column.indices)


def _note_unread(file: _File, unread: np.ndarray, texts: pa.DictionaryArray, name: str, what: str) -> None:
    if unread.any():
        values = texts.filter(pa.array(unread)).unique().to_pylist()
        rows = _count(int(unread.sum()), "row", "rows")
        file.notes.append(f"{name} {what} in {rows}, left empty there: {sample(values)}")


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


# ---------------------------------------------------------------- several rows with one id


def _match_ids(file: _File, ids: pa.DictionaryArray, values: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """(mask of rows that repeat an earlier row, number of the offence on its record), by row of the file.

    Rows that share an id and contradict each other are set aside, all but the first. Rows that are set
    aside already take no part.
    """
    repeated = np.zeros(len(file.rows), dtype=bool)
    offence_no = np.ones(len(file.rows), dtype=np.int32)
    codes = _codes(ids)
    usable = np.flatnonzero(file.reasons == "")
    shared = usable[np.bincount(codes[usable], minlength=1)[codes[usable]] > 1] if len(usable) else usable
    if len(shared) == 0:
        return repeated, offence_no
    content = pd.DataFrame({name: _codes(column)[shared] for name, column in file.columns.items()})
    repeated[shared] = content.duplicated().to_numpy()
    rest = shared[~repeated[shared]]
    first = rest[np.unique(codes[rest], return_index=True)[1]]
    first_of = np.zeros(len(ids.dictionary), dtype=np.int64)
    first_of[codes[first]] = first
    if file.mapping.offences == "rows":
        rest = _number_offences(file, rest, first_of[codes[rest]], codes, values, offence_no)
        reason = "{id} is also on another row with another time or place: row {row}"
    else:
        rest = np.setdiff1d(rest, first)
        reason = (
            "{id} is also on another row with other content: row {row}; if these are several offences of one "
            "record, set offences = 'rows' in the mapping"
        )
    name = file.mapping.columns["id"][0]
    file.refuse_each(rest, [reason.format(id=name, row=f"{n:,}") for n in file.rows[first_of[codes[rest]]]])
    return repeated, offence_no


def _number_offences(
    file: _File,
    rest: np.ndarray,
    first: np.ndarray,
    codes: np.ndarray,
    values: dict[str, object],
    offence_no: np.ndarray,
) -> np.ndarray:
    """Number the rows of one record with its first row's time and place; returns the rows with another."""
    same = np.ones(len(rest), dtype=bool)
    for name in ("instant_from", "instant_to", "lon", "lat"):
        column = np.asarray(values[name])
        mine, theirs = column[rest], column[first]
        same &= (mine == theirs) | (pd.isna(mine) & pd.isna(theirs))
    members = rest[same]
    numbered = pd.Series(codes[members]).groupby(codes[members]).cumcount().to_numpy() + 1
    offence_no[members] = numbered
    too_many = members[numbered > MOST_OFFENCES]
    name = file.mapping.columns["id"][0]
    file.refuse_each(too_many, [f"{name} is on more than {MOST_OFFENCES:,} rows"] * len(too_many))
    return rest[~same]


def _unfold_columns(file: _File, kept: np.ndarray) -> tuple[dict[str, pa.Array], np.ndarray, np.ndarray]:
    """Further offences that stand beside the first in the same row → rows of their own.

    Returns (codes of each offence, its row of the file, its number on the record), in order of row.
    """
    blocks = [{code: file.named(code) for code in CODES}]
    blocks += [
        {code: file.columns[names[code]] if code in names else None for code in CODES} for names in file.mapping.further
    ]
    held = [kept]
    for block in blocks[1:]:
        given = np.zeros(len(file.rows), dtype=bool)
        for column in block.values():
            if column is not None:
                given |= _codes(column) >= 0
        held.append(kept[given[kept]])
    at = np.concatenate(held)
    order = np.lexsort((np.repeat(np.arange(len(held)), [len(h) for h in held]), at))
    pieces = {
        code: pa.concat_arrays([_taken(b[code], h).cast(pa.string()) for b, h in zip(blocks, held, strict=True)])
        .take(pa.array(order))
        .dictionary_encode()
        for code in CODES
    }
    at = at[order]
    return pieces, at, pd.Series(at).groupby(at).cumcount().to_numpy() + 1


def _note_shortened_ids(file: _File, ids: pa.DictionaryArray) -> None:
    """A spreadsheet that takes long ids for numbers makes several of them one, for good."""
    texts = ids.dictionary
    shortened = texts.filter(pc.match_substring_regex(pc.fill_null(texts, ""), r"^\d(\.\d+)?[Ee]\+\d+$"))
    if len(shortened):
        file.notes.append(
            f"{file.mapping.columns['id'][0]} holds numbers that a spreadsheet has shortened "
            f"({sample(shortened.to_pylist())}): different records may have become one; export the file again with the "
            "ids as text"
        )


# ---------------------------------------------------------------- the tables handed back


def _taken(column: pa.DictionaryArray | None, rows: np.ndarray) -> pa.Array:
    """Some rows of a text column, its dictionary made anew so that it holds no text of other rows."""
    if column is None:
        return pa.nulls(len(rows), CODE)
    return column.take(pa.array(rows)).cast(pa.string()).dictionary_encode()


def _table(
    file: _File, values: dict[str, object], codes: dict[str, pa.Array], kept: np.ndarray, offence_no: np.ndarray
) -> pa.Table:
    """The rows of SCHEMA, in order of their row in the file."""
    ids = file.named("id")
    assert ids is not None
    records = record_numbers(file.mapping.name, [text or "" for text in ids.dictionary.to_pylist()])
    months = np.asarray(values["local_from"])[kept].astype("datetime64[M]").astype(np.int64)
    made: dict[str, object] = {
        "record": _spread(records, ids, 0)[kept],
        "record_id": ids.take(pa.array(kept)).cast(pa.string()),
        "offence_no": offence_no.astype(np.int16),
        "month": (1970 + months // 12) * 100 + months % 12 + 1,
        **codes,
        **{name: _taken(file.named(name), kept) for name in ("location", "location_type")},
        "source_row": file.rows[kept],
    }
    arrays = [_column(made, values, kept, wanted) for wanted in SCHEMA]
    table = pa.Table.from_arrays(arrays, schema=SCHEMA)
    if len(file.rows) and (np.diff(file.rows) < 0).any():
        return table.sort_by([("source_row", "ascending"), ("offence_no", "ascending")])
    return table


def _column(made: dict[str, object], values: dict[str, object], kept: np.ndarray, wanted: pa.Field) -> pa.Array:
    """One column of the table: made for the kept rows, or read for every row of the file, or empty."""
    if wanted.name in made:
        column = made[wanted.name]
    elif wanted.name in values:
        whole = values[wanted.name]
        column = whole.take(pa.array(kept)) if isinstance(whole, pa.Array) else np.asarray(whole)[kept]
    else:
        return pa.nulls(len(kept), wanted.type)
    if isinstance(column, pa.Array):
        return column.cast(wanted.type)
    if wanted.type == WHEN:
        return pc.assume_timezone(pa.array(column, LOCAL), "UTC")
    return pa.array(column, wanted.type, from_pandas=True)


def _set_aside(file: _File) -> pa.Table:
    """Rows that cannot be used: their number, the reason, and every original column as it was printed."""
    bad = np.flatnonzero(file.reasons != "")
    kept = file.raw.table.take(pa.array(bad))
    table = pa.table(
        {
            "source_row": pa.array(file.rows[bad], pa.int32()),
            "reason": pa.array(file.reasons[bad].tolist(), pa.string()),
        }
    )
    for name in kept.column_names:
        if name not in QUARANTINE_COLUMNS:
            table = table.append_column(f"{name} (in the file)" if name == "source_row" else name, kept[name])
    if file.raw.bad_rows:
        ragged = {
            "source_row": pa.array([n for n, _ in file.raw.bad_rows], pa.int32()),
            "reason": pa.array(["the row has too few or too many fields"] * len(file.raw.bad_rows)),
            "as_printed": pa.array([text for _, text in file.raw.bad_rows], pa.string()),
        }
        table = pa.concat_tables([table, pa.table(ragged)], promote_options="default")
    return table.sort_by("source_row")
