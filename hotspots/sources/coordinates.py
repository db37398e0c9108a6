"""Coordinates as people write them, read where there is one reading only.

Decimal commas, thousands separators, degrees with minutes and seconds, and grid references with the letters of their
100 km square (Ordnance Survey, A guide to coordinate systems in Great Britain, section 7). A reference with letters
names the south-west corner of its square, and so it is read. What has two readings stays text: ``2 42 13`` as a
longitude lies west or east of Greenwich.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.words import counted
from hotspots.geography import bng_to_lonlat, lonlat_to_bng

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

PLAIN, COMMA, THOUSANDS, SEXAGESIMAL, LETTERS, ONE_COLUMN = 1, 2, 3, 4, 5, 6  # how a text was read; 0: not at all
SAID = {
    COMMA: "with a decimal comma, read as such",
    THOUSANDS: "with thousands separators, read without them",
    SEXAGESIMAL: "in degrees with minutes or letters, read as such",
    LETTERS: "as grid references with letters, each read as the south-west corner of its square",
    ONE_COLUMN: "in one column, parted there",
}
NUMBER = r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$"
DECIMAL_COMMA = r"^[-+]?\d+,\d+(?:[eE][-+]?\d+)?$"
GROUPED = (  # (pattern, what parts thousands, decimal sign): 354,000.5 · 354 000,5 · 354.000,5
    (r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$", ",", "."),
    (r"^\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?$", "[ ']", ","),
    (r"^\d{1,3}(?:\.\d{3})+(?:,\d+)?$", r"\.", ","),
)
DOTTED = r"^\s*\d{1,3}\.\d{3}\s*$"  # 354.000: no place as metres; thousands and kilometres say the same
# 53°45'33"N · N 53 45 33 · 53°45.55' · 53.76°N
PARTS = (
    r"^(?P<a>[NSEW])?\s*(?P<sign>[-+])?\s*(?P<d>\d{1,3}(?:[.,]\d+)?)"
    r"(?:\s*[°:\s]\s*(?:(?P<m>\d{1,2}(?:[.,]\d+)?)\s*(?:[':\s]\s*(?:(?P<s>\d{1,2}(?:[.,]\d+)?)\s*\"?)?)?)?)?"
    r"\s*(?P<b>[NSEW])?$"
)
SQUARE = (
    r"^(?P<letters>[HJNOST][A-HJ-Z])[\s\-/.,:]*(?P<e>\d{1,10})(?:[\s\-/.,:]+(?P<again>[A-Z]{2})?\s*(?P<n>\d{1,5}))?$"
)
TWO = r"^(?:POINT)?\s*\(?\s*(?P<a>-?\d+(?:\.\d+)?)\s*[ ,;/]\s*(?P<b>-?\d+(?:\.\d+)?)\s*\)?$"  # 53.76, -2.70
NOTHING = (np.nan, np.nan, 0)
LETTERS_OF_GRID = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # without I
SAME = (
    ("[−‐‑–]", "-"),
    ("[\u00a0\u2009\u202f]", " "),
    ("[′’‘´`]", "'"),
    ("[″”“]|''", '"'),
    ("[º˚]|DEG", "°"),
    ("Â", ""),
)

LEAST_FIGURES = 2  # of each half of a reference with letters: one is a square of ten kilometres, and no place


class Written(NamedTuple):
    """Pairs of texts as numbers: nan where there is no one reading, and how each pair was read."""

    x: Array
    y: Array
    how: Array  # PLAIN … LETTERS, 0 where the pair has no one reading


def read_pairs(x: pa.Array, y: pa.Array, grid: bool) -> Written:
    """Texts of coordinates by row → numbers in the system of the columns: degrees, or metres with ``grid``.

    Each distinct pair is read once.
    """
    both = pc.binary_join_element_wise(pc.fill_null(x, ""), pc.fill_null(y, ""), "\x1f").dictionary_encode()
    split = pc.split_pattern(both.dictionary, "\x1f")
    texts = [alike(pc.list_element(split, i)) if len(both.dictionary) else both.dictionary for i in (0, 1)]
    found = _of_axes(texts[0], texts[1], grid)
    lettered = _of_squares(texts[0], texts[1], grid)
    pairs = _of_one_column(texts[0], texts[1], grid)
    for better in (found, lettered):
        pairs = Written(*(np.where(better.how > 0, a, b) for a, b in zip(better, pairs, strict=True)))
    placed = ~np.isnan(pairs.x) & ~np.isnan(pairs.y)  # the transformation has no answer far out at sea
    at = both.indices.to_numpy(zero_copy_only=False)
    return Written(*(np.where(placed, values, nothing)[at] for values, nothing in zip(pairs, NOTHING, strict=True)))


def said(found: Written, columns: str) -> list[str]:
    """A note on each way in which pairs were read that are no plain numbers."""
    counts = {how: int((found.how == how).sum()) for how in SAID}
    return [f"{counted(n, f'row has {columns}', f'rows have {columns}')} {SAID[how]}" for how, n in counts.items() if n]


def alike(texts: pa.Array) -> pa.Array:
    """Texts with one kind of minus, blank and quotation mark, in capitals, without the apostrophe of a spreadsheet."""
    for pattern, plain in SAME:
        texts = pc.replace_substring_regex(texts, pattern, plain)
    texts = pc.replace_substring_regex(pc.utf8_upper(texts), r"^\s*'", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"(\d)\s*M$", r"\1"))


def _of_axes(x: pa.Array, y: pa.Array, grid: bool) -> Written:
    """Pairs of which each column says its own half."""
    axes = [_axis(text, hemispheres, grid) for text, hemispheres in ((x, "EW"), (y, "NS"))]
    (a, how_a), (b, how_b) = axes
    read = (how_a > 0) & (how_b > 0)
    degrees = (how_a == SEXAGESIMAL) | (how_b == SEXAGESIMAL)
    if grid and degrees.any():
        east, north = lonlat_to_bng(np.where(degrees, a, np.nan), np.where(degrees, b, np.nan))
        a, b = np.where(degrees, east, a), np.where(degrees, north, b)
        read &= ~degrees | (how_a == how_b)
    how = np.where(read, np.maximum(how_a, how_b), 0)
    return Written(np.where(read, a, np.nan), np.where(read, b, np.nan), how)


def _axis(texts: pa.Array, hemispheres: str, grid: bool) -> tuple[Array, Array]:
    """(numbers, how each was read) of one half of the pairs. The first reading that fits is taken."""
    values, how = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=np.int8)

    def put(fits: Array, numbers: Array, kind: int) -> None:
        new = fits & (how == 0) & ~np.isnan(numbers)
        values[new], how[new] = numbers[new], kind

    whole = np.full(len(texts), np.nan)
    for pattern, thousands, decimal_sign in GROUPED:
        fits = _fits(texts, pattern)
        bare = pc.replace_substring(pc.replace_substring_regex(texts, thousands, ""), decimal_sign, ".")
        whole = np.where(fits, _floats(bare, fits), whole)
    grouped = ~np.isnan(whole)
    comma = _fits(texts, DECIMAL_COMMA)
    decimal = _floats(pc.replace_substring(texts, ",", "."), comma)
    if grid:
        put(grouped, whole, THOUSANDS)
        put(comma, decimal, COMMA)
    else:  # 53,763 can only be degrees, 354,000 can not: it is read as metres and found out as such
        put(comma & (np.abs(decimal) <= 180), decimal, COMMA)
    plain = _fits(texts, NUMBER)
    put(plain, _floats(texts, plain), PLAIN)
    if not grid:
        put(grouped, whole, THOUSANDS)
    sexagesimal = _sexagesimal(texts, hemispheres)
    put(~np.isnan(sexagesimal), sexagesimal, SEXAGESIMAL)
    return values, how


def _sexagesimal(texts: pa.Array, hemispheres: str) -> Array:
    """Degrees of texts with minutes or the letter of a hemisphere, nan of others.

    Without a letter a latitude is one of the north, and a longitude needs its sign.
    """
    parts = pc.extract_regex(texts, PARTS)
    a, sign, d, m, s, b = (pc.fill_null(pc.struct_field(parts, n), "") for n in ("a", "sign", "d", "m", "s", "b"))
    degrees, minutes, seconds = (_floats(pc.replace_substring(p, ",", "."), _text(p) != "") for p in (d, m, s))
    letter = np.char.add(_text(a), _text(b))
    signed, fraction = _text(sign), _fits(d, "[.,]")
    sure = np.where(letter == "", (signed != "") | (hemispheres == "NS"), signed == "")
    fits = sure & (np.char.str_len(letter) <= 1) & ~np.isnan(degrees) & ~(fraction & ~np.isnan(minutes))
    fits &= ~(minutes >= 60) & ~(seconds >= 60) & ~(_fits(m, "[.,]") & ~np.isnan(seconds))
    total = degrees + np.nan_to_num(minutes) / 60 + np.nan_to_num(seconds) / 3600
    south = (letter == "S") | (letter == "W") | (signed == "-")
    return np.where(fits, np.where(south, -total, total), np.nan)


def _alone(x: pa.Array, y: pa.Array) -> pa.Array:
    """The text that stands in one of the columns alone, or the same in both; '' where each has its own."""
    same = pc.or_(pc.equal(x, y), pc.equal(y, ""))
    return pc.if_else(same, x, pc.if_else(pc.equal(x, ""), y, pa.scalar("")))


def _of_one_column(x: pa.Array, y: pa.Array, grid: bool) -> Written:
    """Two numbers in one column: '53.76, -2.70', 'POINT(-2.70 53.76)', '354012 429534'.

    In degrees of Great Britain only one of them can be a latitude; eastings stand before northings.
    """
    parts = pc.extract_regex(_alone(x, y), TWO)
    a, b = (_floats(pc.struct_field(parts, n), _text(pc.struct_field(parts, n)) != "") for n in ("a", "b"))
    whole = (a == np.round(a)) & (b == np.round(b))  # 53 12: degrees and minutes
    if grid:
        fits = (a >= 100_000) & (b >= 1_000)
    else:
        exchanged = (np.abs(a) > 45) & (np.abs(b) < 45)
        a, b = np.where(exchanged, b, a), np.where(exchanged, a, b)
        fits = (np.abs(a) < 45) & (np.abs(b) > 45) & (np.abs(b) <= 90) & ~whole
    return Written(np.where(fits, a, np.nan), np.where(fits, b, np.nan), np.where(fits, ONE_COLUMN, 0))


def _of_squares(x: pa.Array, y: pa.Array, grid: bool) -> Written:
    """Grid references with letters, over both columns or whole in one of them."""
    alone = _alone(x, y)
    texts = pc.if_else(pc.equal(alone, ""), pc.binary_join_element_wise(x, y, " "), alone)
    parts = pc.extract_regex(pc.utf8_trim_whitespace(texts), SQUARE)
    squares, east, again, north = (_text(pc.struct_field(parts, n)) for n in ("letters", "e", "again", "n"))
    split = north == ""
    half = np.char.str_len(east) // 2
    even = np.char.str_len(east) % 2 == 0
    figures = np.where(split, half, np.char.str_len(east))
    fits = (squares != "") & np.where(split, even, np.char.str_len(east) == np.char.str_len(north))
    fits &= figures >= LEAST_FIGURES
    fits &= (again == "") | (again == squares)
    values = np.full((2, len(texts)), np.nan)
    for i in np.flatnonzero(fits).tolist():
        e, n = (east[i][: half[i]], east[i][half[i] :]) if split[i] else (east[i], north[i])
        values[:, i] = corner(squares[i], e, n)
    if not grid:
        values[:] = bng_to_lonlat(values[0], values[1])
    return Written(values[0], values[1], np.where(fits, LETTERS, 0))


def corner(square: str, east: str, north: str) -> tuple[float, float]:
    """Easting and northing of the south-west corner of a reference: ('SD', '540', '295') → (354000, 429500)."""
    first, second = (LETTERS_OF_GRID.index(letter) for letter in square)
    e100 = ((first - 2) % 5) * 5 + second % 5
    n100 = 19 - first // 5 * 5 - second // 5
    size = 10.0 ** (5 - len(east))
    return e100 * 100_000 + int(east) * size, n100 * 100_000 + int(north) * size


def _fits(texts: pa.Array, pattern: str) -> Array:
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)


def _text(texts: pa.Array) -> Array:
    return np.asarray(pc.fill_null(texts, "").to_pylist(), dtype=str)


def _floats(texts: pa.Array, where: Array) -> Array:
    """Numbers of the texts at these places, which must be numbers; nan elsewhere and where one is too large."""
    masked = pc.if_else(pa.array(where), texts, pa.scalar(None, pa.string()))
    found = pc.cast(masked, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(found), found, np.nan)
