"""data.police.uk street-level files: what they say, and what they cannot.

Limits of the source, which every figure made from it carries:
- month only: no day, no hour;
- places are snapped to anonymised map points, and the set of points changes from time to time;
- fourteen broad crime types: no offence code, no weapon, no domestic flag;
- anti-social behaviour has no Crime ID; some crimes have no place, more of some types than of others.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import Settings
from hotspots.sources.checks import judge, numbers, without_blank_words
from hotspots.sources.coarse import place_notes
from hotspots.sources.coordinates import read_pairs, said
from hotspots.sources.feed import original_columns, quarantined
from hotspots.sources.kinds import Sought
from hotspots.sources.raw import FROM, RawTable
from hotspots.sources.street_columns import forces_of, months_of, types_of

NEEDED = ("Crime ID", "Month", "Longitude", "Latitude", "Location", "Crime type", "Last outcome category")
FORCE_COLUMNS = ("Falls within", "Reported by")
OWN = ("Crime ID", "Crime type", "Month")  # of these at least one has to be there to make it such a file
OTHER_FILE = re.compile(r"(\b|_)(outcomes|stop[-_ ]and[-_ ]search)(\b|_)")
OTHER_COLUMNS = {"outcome type": "outcomes", "object of search": "stop-and-search"}
UNUSED = (
    "Outcomes and stop-and-search files of data.police.uk are not used: the last outcome of a crime stands in the"
    " street-level file, and a search is no crime."
)
SOUGHT = Sought.of("police-uk", (*NEEDED, *FORCE_COLUMNS), NEEDED)


@dataclass(frozen=True)
class StreetFile:
    """One file of the archive, read: rows that can be used by force and month, and rows that cannot."""

    name: str
    sha256: str
    n_read: int
    parts: dict[tuple[str, int], pa.Table]  # (force, YYYYMM) → rows, in file order
    quarantined: pa.Table  # source_row, reason, and the original columns
    notes: list[str] = field(default_factory=list)


def is_street_file(name: str) -> bool:
    """Whether a member of the archive is a street-level file (outcomes and stop-and-search are others)."""
    own = name.rpartition("/")[2].casefold()
    return "street" in own or not OTHER_FILE.search(own)


def other_feed(columns: list[str]) -> str:
    """What a table is by its columns, where it is no street-level file; '' for one, or for a part of one."""
    held = {*map(plain_name, columns)}
    found = next((feed for column, feed in OTHER_COLUMNS.items() if column in held and "crime type" not in held), "")
    return found or ("" if held & {c.casefold() for c in OWN} else "no street-level file")


def unused_words(left_out: list[str]) -> list[str]:
    """A sentence where files of the other feeds of data.police.uk were left out."""
    return [UNUSED] if any(OTHER_FILE.search(name.casefold()) for name in left_out) else []


def read_street_file(raw: RawTable, settings: Settings) -> StreetFile:
    """Check and type one street-level CSV.

    Raises HotspotsError with the column, values and rows when the file as a whole cannot be right.
    """
    if error := lacking(raw):
        raise error
    table, notes = with_names(raw.table), [*raw.notes]
    force_columns = tuple(c for c in FORCE_COLUMNS if c in table.column_names)
    rows = raw.row_numbers()
    named = {*NEEDED, *force_columns} - {"Longitude", "Latitude"}  # `numbers` knows blank words itself
    table = pa.table(
        {
            name: without_blank_words(table[name], name != "Crime ID") if name in named else table[name]
            for name in table.column_names
        }
    )
    lon, lat, reasons = coordinates(replace(raw, table=table), rows, settings, notes)
    months, by_month = months_of(table["Month"])
    forces, by_force = forces_of(table, force_columns, raw.name)
    types, by_type = types_of(table["Crime type"])
    bad_month = months.to_numpy() == 0
    if len(table) and bad_month.mean() >= settings.bad_coordinate_share:
        values = table["Month"].filter(pa.array(bad_month)).to_pylist()
        raise HotspotsError(
            f"{raw.name}: column 'Month' has {int(bad_month.sum()):,} values that are not like 2024-05:"
            f" {sample(values)} ({rows_sentence(rows[bad_month])}). Give the file as downloaded."
        )
    reasons[bad_month] = "Month is not like 2024-05"
    for name, column in (("Crime type", types), (force_columns[0], forces)):
        reasons[pc.is_null(column).to_numpy(zero_copy_only=False) & (reasons == "")] = f"{name} is missing"
    typed = typed_rows(table, rows, lon, lat, months, forces, types).filter(pa.array(reasons == ""))
    at = np.flatnonzero(reasons != "")
    return StreetFile(
        name=raw.name,
        sha256=raw.sha256,
        n_read=len(table) + len(raw.bad_rows),
        parts=split_parts(typed),
        quarantined=quarantined(raw, rows[at], reasons[at].tolist(), original_columns(raw, at), ragged_text=True),
        notes=[*notes, *by_month, *by_force, *by_type],
    )


def lacking(raw: RawTable) -> HotspotsError | None:
    """Which columns a street-level file would have and this table has not."""
    names = with_names(raw.table).column_names
    missing = [c for c in NEEDED if c not in names]
    if not {*FORCE_COLUMNS} & {*names}:
        missing.append(" or ".join(f"'{c}'" for c in FORCE_COLUMNS))
    if not missing:
        return None
    what = f"{raw.name} has no column {', '.join(missing)}; it has {sample(raw.table.column_names, 12)}."
    return HotspotsError(
        [
            f"{what} Use a street-level file as downloaded from data.police.uk.",
            *(f"{raw.name}: {note}." for note in raw.notes),
        ]
    )


def plain_name(column: str) -> str:
    """A column's name in small letters, 'crime id' for 'Crime_ID'."""
    return " ".join(column.replace("_", " ").replace(".", " ").casefold().split())


def with_names(table: pa.Table) -> pa.Table:
    """The table with its columns as data.police.uk writes them, where only capitals, underscores and dots differ."""
    plain = [*map(plain_name, table.column_names)]
    wanted = {name.casefold(): name for name in (*NEEDED, *FORCE_COLUMNS)}
    names = [
        wanted[p] if p in wanted and wanted[p] not in table.column_names and plain.count(p) == 1 else name
        for name, p in zip(table.column_names, plain, strict=True)
    ]
    return table.rename_columns(names)


def coordinates(
    raw: RawTable, rows: np.ndarray, settings: Settings, notes: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitude and latitude as numbers (nan where absent) and a reason per row that cannot be used."""
    printed = (raw.table["Longitude"], raw.table["Latitude"])
    (lon, bad_lon), (lat, bad_lat) = map(numbers, printed)
    text = bad_lon | bad_lat
    if text.any():
        x, y = (column.filter(pa.array(text)).combine_chunks() for column in printed)
        read = read_pairs(x, y, grid=False)
        lon[text], lat[text], text[text] = read.x, read.y, read.how == 0
        notes += said(read, "Longitude and Latitude")
    found = judge(lon, lat, ("Longitude", "Latitude"), rows, raw.name, text, False, printed)
    found.refuse(settings.bad_coordinate_share)
    placed = np.where(found.bad, np.nan, lon)
    notes += place_notes(placed, lat, ("Longitude", "Latitude"), False, settings)
    reasons = np.full(len(rows), "", dtype=object)
    reasons[np.isnan(lon) != np.isnan(lat)] = "only one of Longitude and Latitude is given"
    reasons[found.bad] = found.why
    return lon, lat, reasons


def typed_rows(
    table: pa.Table, rows: np.ndarray, lon: np.ndarray, lat: np.ndarray,
    month: pa.Array, forces: pa.DictionaryArray, types: pa.DictionaryArray,
) -> pa.Table:  # fmt: skip
    """The columns of hotspots.base.columns.INCIDENTS that this source has, and source_row and force."""
    ids = table["Crime ID"].combine_chunks()
    corrects = {FROM: table[FROM]} if FROM in table.column_names else {}
    return pa.table(
        {
            "record": record_numbers(ids, types, month, forces, rows),
            "record_id": ids,
            "offence_no": pa.array(np.ones(len(table), dtype=np.int16)),
            "month": month,
            "crime_type": types,
            "lon": pa.array(lon, from_pandas=True),
            "lat": pa.array(lat, from_pandas=True),
            "location": pc.dictionary_encode(table["Location"].combine_chunks()),
            "outcome": pc.dictionary_encode(table["Last outcome category"].combine_chunks()),
            "source_row": pa.array(rows, pa.int32()),
            "force": forces,
            **corrects,
        }
    )


def record_numbers(
    ids: pa.Array, types: pa.DictionaryArray, month: pa.Array, forces: pa.DictionaryArray, rows: np.ndarray
) -> pa.Array:
    """One number per Crime ID and crime type; rows without an ID get one of their own.

    Equal numbers are only candidates for the same incident; hotspots.intake compares the IDs themselves.
    """
    kind = dictionary_hashes(types)
    own = dictionary_hashes(forces) ^ (month.to_numpy().astype(np.uint64) << np.uint64(32))
    own ^= rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    has_id = pc.is_valid(ids).to_numpy(zero_copy_only=False)
    hashed = id_hashes(ids.drop_null())
    own[has_id] = hashed ^ kind[has_id]
    return pa.array(own.view(np.int64))


def dictionary_hashes(coded: pa.DictionaryArray) -> np.ndarray:
    """A 64-bit hash of each row's text, one hash per distinct value."""
    hashes = [small_hash(v) for v in coded.dictionary.to_pylist()]
    return np.array([*hashes, 0], dtype=np.uint64)[coded.indices.fill_null(len(hashes)).to_numpy(zero_copy_only=False)]


def small_hash(text: str | None) -> int:
    return int.from_bytes(blake2b((text or "").encode(), digest_size=8).digest(), "little")


def id_hashes(ids: pa.Array) -> np.ndarray:
    """64 bits of each Crime ID. They are SHA-256 in hex, so their own first bytes serve; others are hashed."""
    if len(ids) == 0:
        return np.zeros(0, dtype=np.uint64)
    try:
        if not pc.all(pc.equal(pc.binary_length(ids), 64)).as_py():
            raise ValueError
        raw = binascii.unhexlify("".join(ids.to_pylist()))
        return np.frombuffer(raw, dtype="<u8").reshape(-1, 4)[:, 0].copy()
    except ValueError:
        return np.array([small_hash(v) for v in ids.to_pylist()], dtype=np.uint64)


def split_parts(table: pa.Table) -> dict[tuple[str, int], pa.Table]:
    """The rows by force and month; nearly every file holds one of each."""
    keys = table.select(["force", "month"]).group_by(["force", "month"]).aggregate([]).to_pylist()
    whole = len(keys) == 1
    parts = {}
    for key in sorted(keys, key=lambda k: (k["force"], k["month"])):
        same = pc.and_(pc.equal(table["force"], key["force"]), pc.equal(table["month"], key["month"]))
        rows = table if whole else table.filter(same)
        parts[(key["force"], key["month"])] = rows.drop_columns(["force"])
    return parts
