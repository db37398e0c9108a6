"""Coordinates that are right one by one and wrong as a whole: too coarse, one default point."""

from __future__ import annotations

import numpy as np
import pytest

from hotspots.base.settings import Settings
from hotspots.sources.coarse import place_notes

SETTINGS = Settings()
FINE = (-2.703461, 53.759183)
DEGREES, GRID = ("LON", "LAT"), ("E", "N")


def notes(pairs: list[tuple[float, float]], grid: bool = False, one_point: bool = True) -> list[str]:
    x, y = np.array(pairs, dtype=float).T
    return place_notes(x, y, GRID if grid else DEGREES, grid, SETTINGS, one_point)


def spread_out(n: int) -> list[tuple[float, float]]:
    """Places in full, no two the same."""
    return [(FINE[0] + 0.001003 * i, FINE[1] + 0.001007 * i) for i in range(n)]


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ((-2.7, 53.8), "to one decimal or less"),
        ((-2.71, 53.76), "to two decimals: squares of about 660 m by 1.1 km, too coarse for cells of 13,400 m²"),
        ((-2.703, 53.759), "to three decimals: squares of about 66 by 111 m"),
    ],
)
def test_rounded_degrees_are_told_with_their_share_and_the_area_of_a_cell(pair: tuple[float, float], said: str):
    (note,) = notes([pair] * 2 + spread_out(6))
    assert note.startswith("2 of 8 rows with coordinates (25%) have LON and LAT rounded ")
    assert said in note


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ((350_000, 430_000), "to 10 km or more"), ((354_000, 429_000), "to 1 km: squares of 1 by 1 km"),
        ((354_100, 429_500), "to 100 m"),
    ],
)  # fmt: skip
def test_rounded_metres_likewise(pair: tuple[float, float], said: str):
    (note,) = notes([pair] * 3, grid=True)
    assert note.startswith("3 of 3 rows with coordinates (100%) have E and N rounded ")
    assert said in note


@pytest.mark.parametrize(
    ("pairs", "grid"),
    [
        (spread_out(30), False),
        ([(-2.7034, 53.7591)] * 3, False),  # four decimals
        ([(354_110, 429_500)] * 3, True),
        ([(-2.7, 53.759183)] * 3, False),  # a round number by chance
        ([(-2.7, 53.76)] * 2, False),  # too few to say
        ([(-2.7, 53.76), *spread_out(10)], False),  # 1 of 11, below a tenth
        ([(np.nan, np.nan)] * 5, False),
    ],
)
def test_of_a_good_file_nothing_is_said(pairs: list[tuple[float, float]], grid: bool):
    assert notes(pairs, grid) == []


def test_a_tenth_of_coarse_rows_is_told():
    assert notes([(-2.7, 53.76), *spread_out(9)])[0].startswith("1 of 10 rows with coordinates (10%)")


def test_a_point_that_holds_half_of_many_rows_is_told():
    (note,) = notes([FINE] * 10 + spread_out(11)[1:])
    assert note.startswith("10 of 20 rows with coordinates (50%) lie at one point (LON -2.703461, LAT 53.759183)")
    assert notes([FINE] * 9 + spread_out(12)[1:]) == []  # 9 of 20
    assert notes([FINE] * 10 + spread_out(10)[1:]) == []  # 10 of 19
    assert notes([FINE] * 30, one_point=False) == []
