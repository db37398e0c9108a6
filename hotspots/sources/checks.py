"""Checks that every feed needs: numbers out of text, plausible coordinates, the number of a record.

A file whose coordinates are wrong as a whole (swapped columns, grid references in degree columns) is
refused: nothing in it can be placed. A few wrong rows are handed back with a reason each.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError, rows_sentence
from hotspots.geography import bng_to_lonlat

LON_RANGE, LAT_RANGE = (-9.0, 2.1), (49.0, 61.0)  # Great Britain and Northern Ireland, degrees WGS84
EASTING_RANGE, NORTHING_RANGE = (0.0, 700_000.0), (0.0, 1_300_000.0)  # British National Grid, metres

# What other tools and people write where they have nothing, in capitals. In an id, a number, a coordinate or a time
# it is an empty cell; in a column of words (`hotspots.sources.mapping.WORDED`) it may be what somebody means.
BLANK_WORDS = (
    "NULL", "(NULL)", "[NULL]", "#NULL!", "\\N", "NIL", "NONE", "NAN", "NAT", "NA", "<NA>", "N/A", "N.A.", "#N/A",
    "#NA", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", "-", "--", "---", "–", "—", ".", "..", "?", "UNKNOWN", "UNK",
    "NOT KNOWN", "N/K", "NK", "NOT AVAILABLE", "NOT RECORDED", "BLANK", "(BLANK)", "EMPTY",
)  # fmt: skip
LONGEST_BLANK = max(map(len, BLANK_WORDS))

# What a pair of wrong values looks like: (reason of one row, sentence about a whole file).
LOOKS = {
    "swapped": ("{x} and {y} look swapped", "{x} and {y} look swapped: exchange them in the file or in the mapping"),
    "grid": ("{x} and {y} look like grid references, not degrees",
             "{x} and {y} look like British National Grid references: map them as easting and northing"),
    "degrees": ("{x} and {y} look like degrees, not grid references",
                "{x} and {y} look like degrees: map them as longitude and latitude"),
    "short": ("{x} and {y} look like shortened grid references",
              "{x} and {y} look like shortened grid references (in kilometres or hundreds of metres, or without the "
              "figures of their 100 km square): export them in metres, with six figures each"),
    "sign": ("{x} looks as if it lost its minus sign",
             "{x} looks as if it lost its minus sign: export it again with the sign"),
    "letters": ("{x} and {y} look like a grid reference with letters that is not whole",
                "{x} and {y} look like Ordnance Survey grid references with letters (SD 540 295) that are not whole: "
                "export easting and northing in metres (354000 and 429500)"),
    "minutes": ("{x} and {y} look like degrees, minutes and seconds without their hemisphere",
                "{x} and {y} look like degrees, minutes and seconds that have no one reading: export decimal degrees "
                "(-2.703611 and 53.759167), or add N, E and W"),
    "both": ("{x} or {y} holds two numbers",
             "{x} or {y} holds two numbers in one column: export them as two columns"),
    "text": ("{x} and {y} are not both numbers",
             "{x} and {y} hold text that is not a number: check which columns they are"),
    "sea": ("{x} and {y} lie at sea or abroad",
            "{x} and {y} lie at sea or abroad: check that they are British National Grid metres and not exchanged"),
    "outside": ("{x} and {y} lie outside Great Britain",
                "{x} and {y} are in another coordinate system or are other columns: export them again, or correct the "
                "mapping"),
}  # fmt: skip


def numbers(text: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Decimal numbers out of text → (float64 values, bool mask of text that is no finite number).

    A null and a blank word give nan and are not marked. ``'1,5'`` and ``'354,000'`` are no numbers here: what a comma
    means depends on the column (`hotspots.sources.coordinates`).
    """
    filled = pc.is_valid(text).to_numpy(zero_copy_only=False)
    try:
        values = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    except pa.ArrowInvalid:
        column = pd.Series(text.to_pandas(), dtype=object)
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    unread = filled & np.isnan(values)
    if unread.any():
        unread[unread] = ~blank(text.filter(pa.array(unread))).to_numpy(zero_copy_only=False)
    return values, unread


def blank(text: pa.Array | pa.ChunkedArray, words: Iterable[str] = BLANK_WORDS) -> pa.Array | pa.ChunkedArray:
    """bool: which texts are one of these words, in any capitals and with blanks around it; a null is none."""
    return pc.is_in(pc.utf8_upper(pc.utf8_trim_whitespace(text)), pa.array(words, pa.string()))


def without_blank_words(column: pa.ChunkedArray, repeats: bool = False) -> pa.Array:
    """A column of text with null in the place of blank words; where the same texts repeat, as a dictionary."""
    whole = column.combine_chunks()
    if repeats:
        whole = whole.dictionary_encode()
        short = whole.dictionary.filter(pc.less_equal(pc.binary_length(whole.dictionary), LONGEST_BLANK))
        if not pc.any(blank(short)).as_py():
            return whole
        return without_blank_words(pa.chunked_array([whole.cast(pa.string())])).dictionary_encode()
    lengths = pc.binary_length(whole)
    if (pc.min(lengths).as_py() or 0) > LONGEST_BLANK:
        return whole
    short = whole.filter(pc.less_equal(lengths, LONGEST_BLANK)).unique()
    words = short.filter(blank(short))
    return pc.if_else(pc.is_in(whole, words), pa.scalar(None, pa.string()), whole) if len(words) else whole


def zero_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows whose pair is (0, 0), to six decimals: what a system writes when it has no place."""
    return (np.abs(x) < 5e-7) & (np.abs(y) < 5e-7)


@dataclass(frozen=True, eq=False)
class Judged:
    """Pairs of coordinates, and those of them that are no place in Great Britain."""

    lon: np.ndarray  # float64 degrees WGS84, nan without a pair
    lat: np.ndarray
    bad: np.ndarray  # bool; pairs that are not complete are neither good nor bad
    why: list[str]  # for each bad row: "Longitude and Latitude look swapped: 53.7, -2.7"
    located: int  # rows with a pair, or with text in the place of one
    sentence: str  # about the file as a whole; '' where no row is bad

    def too_many(self, share: float, spare: int = 0) -> bool:
        """Whether at least this share is bad of the rows located and ``spare`` more that have their place otherwise."""
        return bool(self.why) and len(self.why) >= share * (self.located + spare)

    def refuse(self, share: float, spare: int = 0) -> None:
        """Raise `HotspotsError` where too many are bad for the file to be right."""
        if self.too_many(share, spare):
            raise HotspotsError(self.sentence)


def judge(
    x: np.ndarray, y: np.ndarray, names: tuple[str, str], rows: np.ndarray, file: str, text: np.ndarray, grid: bool,
    printed: tuple[pa.Array | pa.ChunkedArray | None, ...] = (None, None),
) -> Judged:  # fmt: skip
    """Which pairs can be in Great Britain, and why not.

    ``x``, ``y``: degrees, or with ``grid`` British National Grid metres, nan where the row has none; ``names``: of
    their columns; ``rows``: row numbers in the file; ``text``: rows where one of the two was no number; ``printed``:
    both as the file prints them, None where it holds numbers.

    Swapped eastings and northings are only seen where the pair as given is off the grid: most of Lancashire's pairs are
    plausible both ways, and come to light as incidents outside the force area.
    """
    pairs = ~np.isnan(x) & ~np.isnan(y)
    lon, lat = bng_to_lonlat(x, y) if grid else (x, y)
    if grid:  # no land lies within 180 m of the grid's edges: a number that small is a degree, or a lone 0 for a blank
        fits = within(x, EASTING_RANGE) & within(y, NORTHING_RANGE) & (np.abs(x) > 180) & (np.abs(y) > 180)
        fits &= ~np.isnan(lon) & ~shortened(x, y)
    else:
        fits = within(x, LON_RANGE) & within(y, LAT_RANGE)
    bad = (pairs & ~fits) | text
    looks = (grid_looks if grid else degree_looks)(x[bad], y[bad])
    located = int((pairs | text).sum())
    at = np.flatnonzero(bad)
    texts = [_quoted(values, column, at) for values, column in zip((x, y), printed, strict=True)]
    shown = [f"{a}, {b}" for a, b in zip(*texts, strict=True)]
    words = text[bad]
    looks[words] = [text_looks(f"{a} {b}") for a, b, w in zip(*texts, words.tolist(), strict=True) if w]
    why = [f"{LOOKS[look][0].format(x=names[0], y=names[1])}: {s}" for look, s in zip(looks, shown, strict=True)]
    sentence = refusal(looks, shown, rows[bad], names, located, file) if why else ""
    return Judged(lon, lat, bad, why, located, sentence)


def degree_looks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What each pair that does not fit looks like: a key of `LOOKS`."""
    looks = np.full(len(x), "outside", dtype=object)
    looks[within(x, LAT_RANGE) & within(y, LON_RANGE)] = "swapped"
    looks[within(x, (2.1, 9.0)) & within(y, LAT_RANGE)] = "sign"
    looks[within(x, EASTING_RANGE) & within(y, NORTHING_RANGE) & ((np.abs(x) > 180) | (np.abs(y) > 90))] = "grid"
    return looks


def grid_looks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same for eastings and northings."""
    looks = np.full(len(x), "outside", dtype=object)
    large = (np.abs(x) > 180) & (np.abs(y) > 180)
    looks[within(x, NORTHING_RANGE) & within(y, EASTING_RANGE) & large] = "swapped"
    looks[within(x, EASTING_RANGE) & within(y, NORTHING_RANGE) & large] = "sea"  # no answer of the transformation
    looks[shortened(x, y)] = "short"
    looks[(np.abs(x) <= 180) & (np.abs(y) <= 180)] = "degrees"
    return looks


def shortened(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which eastings and northings, in metres, lie where the grid has no land because figures are missing.

    Nothing but sea lies within 70 km of the grid's west and 130 km of its south; nor within 100 km of both, but for the
    Isles of Scilly. There end up kilometres, hundreds and tens of metres, and references without their 100 km square.
    """
    positive = (x > 0) & (y > 0) & ((x > 180) | (y > 180))
    scilly = (x >= 78_000) & (y <= 20_000)
    return positive & (((x < 70_000) & (y < 130_000)) | ((x < 100_000) & (y < 100_000) & ~scilly))


def text_looks(both: str) -> str:
    """What a pair of which one is no number looks like."""
    text = both.upper().replace("'", " ")
    if re.search(r"\b[HJNOST][A-HJ-Z]\s*\d{2,}", text):
        return "letters"
    if re.search(r"°|\d\s*[NSEW]\b|\d{1,3}[ :]\d{1,2}[ :]\d{1,2}", text):
        return "minutes"
    numbers = re.findall(r"[-+]?\d+\.\d+|[-+]?\d{5,}", text)
    return "both" if len(numbers) == 2 and "(EMPTY)" in text else "text"


def refusal(
    looks: np.ndarray, shown: list[str], rows: np.ndarray, names: tuple[str, str], located: int, file: str
) -> str:
    """What is wrong with the file as a whole, by what most of its bad rows look like."""
    look = Counter(looks.tolist()).most_common(1)[0][0]
    same = np.flatnonzero(looks == look).tolist()
    pairs = list(dict.fromkeys(shown[i].replace(", ", " / ") for i in same[:50]))[:3]
    advice = LOOKS[look][1].format(x=names[0], y=names[1])
    return (
        f"{file} was not imported: {advice}. Of {located:,} rows with coordinates {len(shown):,} are no place in "
        f"Great Britain, for example {names[0]} / {names[1]} {', '.join(pairs)} "
        f"({rows_sentence(rows[looks == look].tolist())})."
    )


def within(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (values >= limits[0]) & (values <= limits[1])


def _quoted(values: np.ndarray, printed: pa.Array | pa.ChunkedArray | None, at: np.ndarray) -> list[str]:
    """Coordinates of these rows as the file has them, for a reason."""
    if printed is None:
        return ["(empty)" if np.isnan(v) else f"{v:.10g}" for v in values[at]]
    return [as_printed(text) for text in printed.take(pa.array(at)).to_pylist()]


def as_printed(text: str | None) -> str:
    """A coordinate as it stands; of what may be a name, having several letters in a row, the shape alone."""
    if text is None or not text.strip():
        return "(empty)"
    plain = " ".join(text.split())[:40]
    if re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", plain):
        return plain
    if re.search(r"[^\W\d_]{3,}", plain) or not re.search(r"\d", plain):
        shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", plain))
        return f"text like '{shape}'"
    return f"'{plain}'"


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
