"""Coordinates as people write them: what has one reading is read, what has two is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hotspots.sources.checks import as_printed
from hotspots.sources.coordinates import read_pairs


def read(x: str | None, y: str | None, grid: bool) -> tuple[float, float]:
    found = read_pairs(pa.array([x], pa.string()), pa.array([y], pa.string()), grid)
    return found.x[0], found.y[0]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("354000,5", "429500", (354000.5, 429500)),
        ("354000,25", "429500,75", (354000.25, 429500.75)),
        ("354,000", "429,500", (354000, 429500)),
        ("354,000.5", "429,500.125", (354000.5, 429500.125)),
        ("354.000,5", "429.500", (354000.5, 429500)),
        ("354 000", "429 500", (354000, 429500)),
        ("354\u202f000", "429\u00a0500", (354000, 429500)),
        ("354'000", "1'029'500", (354000, 1029500)),
        ("354000 m", "429500m", (354000, 429500)),
        ("'354000", "'429500", (354000, 429500)),
    ],
)
def test_eastings_and_northings(x: str, y: str, expected: tuple[float, float]):
    assert read(x, y, grid=True) == expected


# SD is the square whose south-west corner is 300000, 400000 (Ordnance Survey's map of grid letters); TQ 500000, 100000;
# NT 300000, 600000; HP 400000, 1200000; SV 0, 0.
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("SD 540", "295", (354000, 429500)),
        ("SD", "540295", (354000, 429500)),
        ("SD", "540 295", (354000, 429500)),
        ("SD540295", None, (354000, 429500)),
        (None, "sd 540 295", (354000, 429500)),
        ("SD 540 295", "SD 540 295", (354000, 429500)),
        ("SD 540", "SD 295", (354000, 429500)),
        ("SD5400029500", "", (354000, 429500)),
        ("SD 54012 29534", None, (354012, 429534)),
        ("SD54012", "29534", (354012, 429534)),
        ("SD5429", None, (354000, 429000)),
        ("TQ 300 804", None, (530000, 180400)),
        ("NT2573", None, (325000, 673000)),
        ("HP 60 10", None, (460000, 1210000)),
        ("SV 90 10", None, (90000, 10000)),
    ],
)
def test_grid_references_with_letters(x: str | None, y: str | None, expected: tuple[float, float]):
    assert read(x, y, grid=True) == expected


LON, LAT = -(2 + 42 / 60 + 13 / 3600), 53 + 45 / 60 + 33 / 3600


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("2°42'13\"W", "53°45'33\"N", (LON, LAT)),
        ("2° 42' 13'' W", "53° 45' 33'' N", (LON, LAT)),
        ("2º42’13”W", "53º45′33″N", (LON, LAT)),
        ("W 2 42 13", "N 53 45 33", (LON, LAT)),
        ("2:42:13W", "53:45:33N", (LON, LAT)),
        ("-2 42 13", "53 45 33", (LON, LAT)),
        ("2°42'13,0\"W", "53°45'33,0\"N", (LON, LAT)),
        ("2°42.5'W", "53°45.25'N", (-(2 + 42.5 / 60), 53 + 45.25 / 60)),
        ("2°42'W", "53°45'N", (-2.7, 53.75)),
        ("2.7044W", "53.7632 N", (-2.7044, 53.7632)),
        ("-2.7044°", "53.7632°", (-2.7044, 53.7632)),
        ("-2,7044", "53,7632", (-2.7044, 53.7632)),
        ("-2,704", "53,763", (-2.704, 53.763)),  # three digits: 53,763 degrees there are not
        ("−2.7044", "53.7632", (-2.7044, 53.7632)),
        ("0°05'E", "51°30'N", (5 / 60, 51.5)),
    ],
)
def test_degrees(x: str, y: str, expected: tuple[float, float]):
    assert read(x, y, grid=False) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "grid", "expected"),
    [
        ("53.7591, -2.7034", None, False, (-2.7034, 53.7591)),
        ("-2.7034 53.7591", "-2.7034 53.7591", False, (-2.7034, 53.7591)),
        (None, "53.7591,-2.7034", False, (-2.7034, 53.7591)),
        ("POINT(-2.7034 53.7591)", None, False, (-2.7034, 53.7591)),
        ("354012, 429534", None, True, (354012, 429534)),
        ("354012 429534", "354012 429534", True, (354012, 429534)),
    ],
)
def test_two_numbers_in_one_column(x: str | None, y: str | None, grid: bool, expected: tuple[float, float]):
    assert read(x, y, grid) == expected


@pytest.mark.parametrize(
    ("x", "y", "grid"),
    [
        ("53.7591, 54.7034", None, False),
        ("53 12", None, False),
        ("2 42 13", "53 45 33", False),  # west or east of Greenwich
        ("-2°42'W", "53°45'N", False),
        ("2°62'13\"W", "53°45'33\"N", False),
        ("-2.704.400", "53.763.200", False),
        ("-2.7044", "north", False),
        ("SD 540", "95", True),  # a lost zero, or another reference
        ("SD 54", "NT 29", True),
        ("SD54029", None, True),
        ("354000", None, True),
        ("3540x", "429500", True),
        ("1e999", "429500", True),
        ("30°00'W", "10°00'N", True),  # no place of the grid
    ],
)
def test_what_has_no_one_reading_stays_text(x: str, y: str | None, grid: bool):
    assert np.isnan(read(x, y, grid)).all()


def test_a_reference_with_letters_in_columns_of_degrees_and_degrees_in_columns_of_metres():
    # Caister water tower, Ordnance Survey's worked example of OSTN15: E 651409.804, N 313177.450
    lon, lat = 1 + 42 / 60 + 57.8663 / 3600, 52 + 39 / 60 + 28.8282 / 3600
    assert read("TG 51410 13177", None, grid=False) == pytest.approx((lon, lat), abs=1e-5)
    assert read("1°42'57.8663\"E", "52°39'28.8282\"N", grid=True) == pytest.approx((651409.804, 313177.45), abs=0.2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("354.000,5", "'354.000,5'"), ("SD 540", "'SD 540'"), ("-2.70", "-2.70"), (None, "(empty)"),
        ("PC Smith 1234", "text like 'aa aaaaa 9999'"), ("Ng", "text like 'aa'"),
    ],
)  # fmt: skip
def test_a_coordinate_is_quoted_as_it_stands_and_a_name_is_not(text: str | None, shown: str):
    assert as_printed(text) == shown
