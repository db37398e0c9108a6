"""A force's own export of timed offences, read through a mapping.

Limits of the source, which every figure made from it carries:
- a row is what the force chose to export: undetected duplicates across ids are not seen;
- a date without a time of day is read as midnight, and is said so in the notes;
- a wall clock cannot tell which of the two autumn hours it means: the first is taken;
- rows without a usable id, time or place reference are quarantined with the reason, never corrected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.columns import CODE, INCIDENTS, LOCAL, WHEN
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.sources.checks import numbers, record_numbers
from hotspots.sources.feed import (
    OLDEST,
    FeedFile,
    Times,
    codes_of,
    odd_times,
    opened,
    original_columns,
    quarantined,
    spread,
)
from hotspots.sources.ids import read_ids, repeats_by_number
from hotspots.sources.mapping import CODES, FLAGS, Mapping, place_of
from hotspots.sources.raw import RawTable
from hotspots.sources.start_end import Rules, note_span, read_span
from hotspots.sources.written import DAY

PLACED_LATER = ("cell_9", "cell_10", "cell_11", "district", "bcu")  # filled by intake, which knows the boundaries
FIELDS = (
    *(pa.field(c.name, c.type) for c in INCIDENTS if c.name not in PLACED_LATER),
    pa.field("source_row", pa.int32()),
)
SCHEMA = pa.schema(FIELDS)
DATED = r"^([A-Za-z]{3}-\d{2}|\d{1,2}-[A-Za-z]{3}|\d{4}-\d{2}-\d{2}( 00:00:00)?)$"  # Feb-34, 08-Jun, 2026-06-08
OLDEST_AGE = 120
SPAN = Rules(longest=DAY, most_next_day=1.0)  # many a burglary ends on the next day
MOST_OFFENCES = 32_767  # on one record: what offence_no can count


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file of the feed. rows read = rows of ``table`` (distinct source_row) + repeated + quarantined."""

    table: pa.Table  # SCHEMA: columns.INCIDENTS without the cells and districts, and source_row; sorted by row
    quarantined: pa.Table  # source_row, reason, and every original column as text
    notes: list[str]  # sentences about what was read by rule or left empty
    n_read: int  # rows of the file below its header, ragged ones included, blank ones not
    repeated_rows: np.ndarray  # int32 row numbers that repeat an earlier row in every mapped column


def read_incidents(
    raw: RawTable, mapping: Mapping, settings: Settings, now: datetime | None = None, lenient: bool = False
) -> Parsed:
    """One file of a force's export → one row per offence.

    Rows that cannot be used are quarantined with the reason. Raises `HotspotsError` when the file as a whole
    cannot be right: mapped columns missing, an unknown time zone, coordinates that are no coordinates, no time that can
    be read, day and month mixed. ``now`` (default: the clock) decides what lies in the future; ``lenient`` refuses no
    file for its times.
    """
    file = opened(raw, mapping, settings)
    ids = read_ids(file, "id")
    file.refuse(pc.is_null(ids).to_numpy(zero_copy_only=False), f"{file.name('id')} is empty")
    start, end, recorded = _read_times(file, now or datetime.now(UTC), lenient)
    lon, lat = _read_places(file)
    values = {
        "record_id": ids, "local_from": start.local, "local_to": end.local, "instant_from": start.instant,
        "instant_to": end.instant, "recorded": recorded, "lon": lon, "lat": lat, "victim_age": _read_ages(file),
        **{flag: _read_flag(file, flag) for flag in FLAGS},
    }  # fmt: skip
    _note_dated_classes(file)
    repeated, offence_no = _match_ids(file, ids, values)
    kept = np.flatnonzero(~file.bad & ~repeated)
    if mapping.offences == "columns":
        codes, kept, offence_no = _unfold_columns(file, kept)
    else:
        codes = {code: _taken(file.text_of(code), kept) for code in CODES}
        offence_no = offence_no[kept]
    table = _table(file, values, codes, kept, offence_no)
    at = sorted(file.reasons)
    aside = quarantined(raw, file.rows[at], [file.reasons[i] for i in at], original_columns(raw, at), ragged_text=True)
    return Parsed(table, aside, file.notes, len(raw.table) + len(raw.bad_rows), file.rows[repeated])


def _read_times(file: FeedFile, now: datetime, lenient: bool) -> tuple[Times, Times, np.ndarray]:
    """Start and end of each offence, and when it was recorded (local)."""
    latest = np.datetime64((now + timedelta(days=1)).astimezone(UTC).replace(tzinfo=None), "s")
    span = read_span(file, "committed_from", "committed_to", SPAN) if "committed_to" in file.columns else None
    start, end = (span.start, span.end) if span else (file.times("committed_from"), None)
    if not lenient:
        _refuse_unread(file, start)
        file.refuse_order({file.name(w): t for w, t in (("committed_from", start), ("committed_to", end)) if t})
    file.refuse(start.empty, f"{file.name('committed_from')} is empty")
    file.refuse_times(start, "committed_from", latest, quoted=True)
    file.note_unread("committed_from", start)
    end = start if end is None else _read_end(file, start, end, latest)
    file.note_clock_changes([start] if end is start else [start, end])
    if span:
        note_span(file, span, file.name("committed_to"))
    _note_midnights(file, start)
    return start, end, _read_recorded(file)


def _refuse_unread(file: FeedFile, start: Times) -> None:
    """A file without one readable time is no success, whatever else it holds."""
    if not np.isnat(start.instant).all():
        return
    name, timed = file.name("committed_from"), int((~start.empty).sum())
    if not timed:
        raise HotspotsError(f"{file.raw.name} has no row with a time in {name}. Export it again with the times.")
    example = next(text for text in start.texts.dictionary.to_pylist() if text)
    raise HotspotsError(odd_times(file.raw.name, timed, timed, example, file.formats_that_fit([start])))


def _read_end(file: FeedFile, start: Times, end: Times, latest: np.datetime64) -> Times:
    """The end of the time of each offence; its start where none is given, or one that cannot be."""
    _note_unread(file, end.unread, end.texts, "committed_to", "cannot be read as a time")
    file.note_unread("committed_to", end)
    blank = (end.instant > latest) | (end.local < OLDEST)  # 31/12/9999 and 01/01/1900 stand for nothing
    _note_unread(file, blank, end.texts, "committed_to", "lies before 1990 or in the future")
    none = end.empty | end.unread | blank
    before = (end.instant < start.instant) & ~none
    file.refuse(before, f"{file.name('committed_to')} is before the start of the offence", end.texts)
    return end._replace(
        instant=np.where(none, start.instant, end.instant), local=np.where(none, start.local, end.local)
    )


def _note_dated_classes(file: FeedFile) -> None:
    """Say so where a spreadsheet has taken Home Office classes such as 008/06 for dates."""
    for what in ("ho_class", "athena_urn"):
        if (column := file.text_of(what)) is not None:
            found = pc.fill_null(pc.match_substring_regex(column.dictionary, DATED), False)
            n = int(spread(found.to_numpy(zero_copy_only=False), column, False).sum())
            why = f"a date in {file.name(what)}, made by a spreadsheet from a class such as 008/06: of no offence known"
            file.note(n, "row has", "rows have", why)


def _read_recorded(file: FeedFile) -> np.ndarray:
    """When each offence was recorded (local); left empty throughout where the order of day and month is in doubt."""
    nothing = np.full(len(file.rows), np.datetime64("NaT", "s"))
    if "recorded" not in file.columns:
        return nothing
    times = file.times("recorded")
    if doubt := file.order_doubt(file.name("recorded"), times):
        file.notes.append(f"{file.name('recorded')} is left empty. {doubt}")
        return nothing
    _note_unread(file, times.unread, times.texts, "recorded", "cannot be read as a time")
    return times.local


def _note_midnights(file: FeedFile, start: Times) -> None:
    """A date alone becomes midnight, which is not when the offences happened."""
    if all("%H" in f or "%I" in f for f in file.mapping.datetime_formats):
        return file.note_midnights(start, "offence starts", "offences start")
    midnight = (start.local == start.local.astype("datetime64[D]")) & ~file.bad
    why = "at 00:00; the mapping reads a date without a time as midnight, so hours of the day may mislead"
    return file.note(int(midnight.sum()), "offence starts", "offences start", why)


def _read_places(file: FeedFile) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude by row, nan without a place. Wrong ones are quarantined, or refuse the file."""
    fields = place_of(file.columns)
    assert fields is not None  # a mapping without a place is refused when it is read
    pair = file.pair(fields)
    x, y = pair.names
    file.note(int(pair.zero.sum()), "row has", "rows have", f"0 and 0 as {x} and {y}, read as no place")
    file.refuse(pair.half, f"only one of {x} and {y} is given")
    found = file.judge(pair, fields)
    found.refuse(file.settings.bad_coordinate_share)
    file.refuse_each(np.flatnonzero(found.bad), found.why)
    file.note_places(pair, fields, found.bad)
    return found.lon, found.lat


def _read_flag(file: FeedFile, flag: str) -> pa.Array:
    """Nullable booleans; a text that is neither yes nor no becomes empty and is noted."""
    column = file.text_of(flag)
    if column is None:
        return pa.nulls(len(file.rows), pa.bool_())
    texts = pc.utf8_upper(column.dictionary)
    yes, no = (pc.is_in(texts, pa.array(file.mapping.words(word), pa.string())) for word in ("true", "false"))
    either = pc.or_(yes, no)
    unknown = pc.invert(either).to_numpy(zero_copy_only=False)
    _note_unread(file, spread(unknown, column, False), column, flag, "is neither yes nor no")
    return pc.if_else(either, yes, pa.scalar(None, pa.bool_())).take(column.indices)


def _read_ages(file: FeedFile) -> pa.Array:
    """Whole years from 0 to 120; anything else becomes empty and is noted."""
    column = file.text_of("victim_age")
    if column is None:
        return pa.nulls(len(file.rows), pa.int16())
    values, _ = numbers(column.dictionary)
    fits = (values >= 0) & (values <= OLDEST_AGE) & (values == np.floor(values))
    _note_unread(file, spread(~fits, column, False), column, "victim_age", f"is no age from 0 to {OLDEST_AGE}")
    return pa.array(np.where(fits, values, 0).astype(np.int16), mask=~fits).take(column.indices)


def _note_unread(file: FeedFile, unread: np.ndarray, texts: pa.DictionaryArray, field: str, what: str) -> None:
    if unread.any():
        values = texts.filter(pa.array(unread)).unique().to_pylist()
        rows = counted(int(unread.sum()), "row")
        file.notes.append(f"{file.name(field)} {what} in {rows}, left empty there: {sample(values)}")


def _match_ids(file: FeedFile, ids: pa.DictionaryArray, values: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """(mask of rows that repeat an earlier row, number of the offence on its record), by row of the file.

    Rows that share an id and contradict each other are quarantined, all but the first. Rows that are
    quarantined already take no part.
    """
    repeated = repeats_by_number(file, ids, np.flatnonzero(~file.bad))
    offence_no = np.ones(len(file.rows), dtype=np.int32)
    codes = codes_of(ids)
    usable = np.flatnonzero(~file.bad & ~repeated)
    shared = usable[np.bincount(codes[usable], minlength=1)[codes[usable]] > 1] if len(usable) else usable
    if len(shared) == 0:
        return repeated, offence_no
    mapped = {name: file.coded(name) for name in file.mapping.needed}
    content = pd.DataFrame({name: codes_of(column)[shared] for name, column in mapped.items()})
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
    name = file.name("id")
    file.refuse_each(rest, [reason.format(id=name, row=f"{n:,}") for n in file.rows[first_of[codes[rest]]]])
    return repeated, offence_no


def _number_offences(
    file: FeedFile, rest: np.ndarray, first: np.ndarray, codes: np.ndarray, values: dict[str, object],
    offence_no: np.ndarray,
) -> np.ndarray:  # fmt: skip
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
    file.refuse_each(too_many, [f"{file.name('id')} is on more than {MOST_OFFENCES:,} rows"] * len(too_many))
    return rest[~same]


def _unfold_columns(file: FeedFile, kept: np.ndarray) -> tuple[dict[str, pa.Array], np.ndarray, np.ndarray]:
    """Further offences that stand beside the first in the same row → rows of their own.

    Returns (codes of each offence, its row of the file, its number on the record), in order of row.
    """
    blocks = [{code: file.text_of(code) for code in CODES}]
    blocks += [
        {code: file.coded(names[code]) if code in names else None for code in CODES} for names in file.mapping.further
    ]
    held = [kept]
    for block in blocks[1:]:
        filled = np.zeros(len(file.rows), dtype=bool)
        for column in block.values():
            if column is not None:
                filled |= codes_of(column) >= 0
        held.append(kept[filled[kept]])
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


def _taken(column: pa.DictionaryArray | None, rows: np.ndarray) -> pa.Array:
    """Some rows of a text column, its dictionary made anew so that it holds no text of other rows."""
    if column is None:
        return pa.nulls(len(rows), CODE)
    return column.take(pa.array(rows)).cast(pa.string()).dictionary_encode()


def _table(
    file: FeedFile, values: dict[str, object], codes: dict[str, pa.Array], kept: np.ndarray, offence_no: np.ndarray
) -> pa.Table:
    """The rows of SCHEMA, in order of their row in the file."""
    ids = file.coded(file.columns["id"][0])
    records = record_numbers(file.mapping.name, [text or "" for text in ids.dictionary.to_pylist()])
    months = np.asarray(values["local_from"])[kept].astype("datetime64[M]").astype(np.int64)
    made: dict[str, object] = {
        "record": spread(records, ids, 0)[kept], "record_id": ids.take(pa.array(kept)).cast(pa.string()),
        "offence_no": offence_no.astype(np.int16), "month": (1970 + months // 12) * 100 + months % 12 + 1, **codes,
        **{name: _taken(file.text_of(name), kept) for name in ("location", "location_type")},
        "source_row": file.rows[kept],
    }  # fmt: skip
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
