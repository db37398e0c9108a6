"""Checks that every feed needs: numbers out of text, plausible coordinates, the number of a record.

A file whose coordinates are wrong as a whole (swapped columns, grid references in degree columns) is
refused: nothing in it can be placed. A few wrong rows are handed back with a reason each.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, rows_sentence
from hotspots.base.settings import Settings

LON_RANGE, LAT_RANGE = (-9.0, 2.1), (49.0, 61.0)  # Great Britain and Northern Ireland, degrees WGS84
EASTING_RANGE, NORTHING_RANGE = (0.0, 700_000.0), (0.0, 1_300_000.0)  # British National Grid, metres

# What a pair of wrong values looks like: (reason of one row, sentence about a whole file).
_LOOKS = {
    "swapped": ("{x} and {y} look swapped", "{x} and {y} look swapped: exchange them in the file or in the mapping"),
    "grid": (
        "{x} and {y} look like grid references, not degrees",
        "{x} and {y} look like British National Grid references: map them as easting and northing",
    ),
    "degrees": (
        "{x} and {y} look like degrees, not grid references",
        "{x} and {y} look like degrees: map them as longitude and latitude",
    ),
    "sign": (
        "{x} looks as if it lost its minus sign",
        "{x} looks as if it lost its minus sign: export it again with the sign",
    ),
    "text": (
        "{x} and {y} are not both numbers",
        "{x} and {y} hold text that is not a number: check which columns they are",
    ),
    "sea": (
        "{x} and {y} lie at sea or abroad",
        "{x} and {y} lie at sea or abroad: check that they are British National Grid metres and not exchanged",
    ),
    "outside": (
        "{x} and {y} lie outside Great Britain",
        "{x} and {y} are in another coordinate system or are other columns: export them again, or correct the mapping",
    ),
}


def numbers(text: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Decimal numbers out of text → (float64 values, bool mask of text that is no finite number).

    A null gives nan and is not marked. ``'1,5'`` and ``'354,000'`` are no numbers: a comma is not guessed at.
    """
    given = pc.is_valid(text).to_numpy(zero_copy_only=False)
    try:
        values = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    except pa.ArrowInvalid:
        column = pd.Series(text.to_pandas(), dtype=object)
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    return values, given & np.isnan(values)


def zero_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows whose pair is (0, 0): what a system writes when it has no place."""
    return (x == 0) & (y == 0)


def check_degrees(
    lon: np.ndarray,
    lat: np.ndarray,
    rows: np.ndarray,
    lon_name: str,
    lat_name: str,
    settings: Settings,
    file: str,
    unreadable: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes that can be in Great Britain, or why not.

    ``lon``, ``lat``: float64 degrees, nan where the row has no place; ``rows``: their row numbers in the
    file; ``unreadable``: rows whose text was no number. Returns (bool mask of bad rows, object array of
    reasons like "Longitude and Latitude look swapped: 53.7, -2.7", "" where good). Rows without a complete
    pair are neither good nor bad.

    Raises `HotspotsError` when at least ``settings.bad_coordinate_share`` of the located rows are bad.
    """
    looks = _looks(lon, lat, unreadable)
    fits = _within(lon, LON_RANGE) & _within(lat, LAT_RANGE)
    looks[_within(lon, LAT_RANGE) & _within(lat, LON_RANGE)] = "swapped"
    looks[_within(lon, (2.1, 9.0)) & _within(lat, LAT_RANGE) & ~fits] = "sign"
    grid = _within(lon, EASTING_RANGE) & _within(lat, NORTHING_RANGE) & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
    looks[grid] = "grid"
    return _judge(looks, fits, lon, lat, rows, (lon_name, lat_name), settings, file)


def check_grid(
    easting: np.ndarray,
    northing: np.ndarray,
    rows: np.ndarray,
    easting_name: str,
    northing_name: str,
    settings: Settings,
    file: str,
    unreadable: np.ndarray | None = None,
    at_sea: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The same for British National Grid eastings and northings, in metres.

    ``at_sea``: rows that the grid transformation has no answer for. Swapped eastings and northings are only
    seen where the pair as given is off the grid: most of Lancashire's pairs are plausible both ways, and
    come to light as incidents outside the force area.
    """
    looks = _looks(easting, northing, unreadable)
    # No land lies within 180 m of the grid's edges, so a number that small is a degree, or a lone 0 for a blank.
    small_x, small_y = np.abs(easting) <= 180, np.abs(northing) <= 180
    fits = _within(easting, EASTING_RANGE) & _within(northing, NORTHING_RANGE) & ~small_x & ~small_y
    swapped = _within(easting, NORTHING_RANGE) & _within(northing, EASTING_RANGE) & ~small_x & ~small_y
    looks[swapped] = "swapped"
    if at_sea is not None:
        looks[at_sea & fits] = "sea"
        fits &= ~at_sea
    looks[small_x & small_y] = "degrees"
    return _judge(looks, fits, easting, northing, rows, (easting_name, northing_name), settings, file)


def record_numbers(feed: str, ids: Iterable[str]) -> np.ndarray:
    """int64 number of each record: the first 8 bytes of BLAKE2b over feed name, unit separator, id.

    Little-endian and signed. The same id in two feeds gives two numbers. Among a million records the
    chance that any two share a number is about 1 in 37 million.
    """
    start = hashlib.blake2b(feed.encode() + b"\x1f", digest_size=8)

    def digest(text: str) -> bytes:
        one = start.copy()
        one.update(text.encode())
        return one.digest()

    return np.frombuffer(b"".join(map(digest, ids)), dtype="<i8").astype(np.int64)


def _within(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (values >= limits[0]) & (values <= limits[1])


def _looks(x: np.ndarray, y: np.ndarray, unreadable: np.ndarray | None) -> np.ndarray:
    """'outside' where there is a pair to judge, 'text' where it is no number, '' without a pair."""
    looks = np.where(np.isnan(x) | np.isnan(y), "", "outside").astype(object)
    if unreadable is not None:
        looks[unreadable] = "text"
    return looks


def _judge(
    looks: np.ndarray,
    fits: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    names: tuple[str, str],
    settings: Settings,
    file: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Refuse the file when too much of it is bad; else the mask of bad rows and a reason for each."""
    located = looks != ""
    bad = located & ~fits
    if bad.any() and bad.sum() >= settings.bad_coordinate_share * located.sum():
        raise HotspotsError(_refusal(looks[bad], x[bad], y[bad], rows[bad], names, int(located.sum()), file))
    reasons = np.full(len(x), "", dtype=object)
    for i in np.flatnonzero(bad):
        looks_like = _LOOKS[looks[i]][0].format(x=names[0], y=names[1])
        reasons[i] = f"{looks_like}: {_shown(x[i])}, {_shown(y[i])}"
    return bad, reasons


def _refusal(
    looks: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    names: tuple[str, str],
    located: int,
    file: str,
) -> str:
    look = Counter(looks.tolist()).most_common(1)[0][0]
    like = looks == look
    pairs = dict.fromkeys(f"{_shown(a)} / {_shown(b)}" for a, b in zip(x[like][:50], y[like][:50], strict=True))
    advice = _LOOKS[look][1].format(x=names[0], y=names[1])
    return (
        f"{file} was not imported: {advice}. Of {located:,} rows with coordinates {len(x):,} are no place in "
        f"Great Britain, for example {names[0]} / {names[1]} {', '.join(list(pairs)[:3])} "
        f"({rows_sentence(rows[like].tolist())})."
    )


def _shown(value: float) -> str:
    return "(not a number)" if np.isnan(value) else f"{value:.10g}"
