"""What a feed of positions or a patrol log calls its columns."""

from __future__ import annotations

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import MAPPINGS
from hotspots.sources.feed import no_timezone
from hotspots.sources.mapping import columns_in, place_of, read_mapping

EXAMPLE = MAPPINGS / "avl_positions.toml"
LEAST = """
name = "avl"
[columns]
unit = "CALLSIGN"
time = ["DAY", "CLOCK"]
easting = "X"
northing = "Y"
"""


def test_the_standard_names_hold_in_any_capitals_and_absent_ones_are_absent():
    mapping = read_mapping("pings", None)
    assert (mapping.name, mapping.timezone, mapping.speed_unit) == ("pings", "", "km/h")
    assert columns_in(mapping, ["Unit", "TIME", "longitude", "latitude", "speed_kmh", "colour"], "a.csv") == {
        "unit": ("Unit",), "time": ("TIME",), "longitude": ("longitude",), "latitude": ("latitude",),
        "speed": ("speed_kmh",),
    }  # fmt: skip
    assert columns_in(mapping, ["unit", "UNIT", "time", "lon", "lat"], "a.csv")["unit"] == ("unit",)


def test_the_columns_that_a_mapping_names_are_found_in_any_capitals():
    mapping = read_mapping("pings", LEAST)
    named = {"unit": ("CALLSIGN",), "time": ("DAY", "CLOCK"), "easting": ("X",), "northing": ("Y",)}
    assert columns_in(mapping, ["Callsign", "day", "Clock", "x", "Y"], "a.csv") == named
    with pytest.raises(HotspotsError, match=r"lacks 1 of the columns .*: 'CALLSIGN'\."):  # either could be meant
        columns_in(mapping, ["Callsign", "callsign", "DAY", "CLOCK", "X", "Y"], "a.csv")


@pytest.mark.parametrize(
    ("have", "lacks"),
    [
        (["time", "longitude", "latitude"], "a column 'unit'"),
        (["unit", "longitude", "latitude"], "a column 'time'"),
        (["unit", "time", "longitude", "northing"], "a place"),
    ],
)
def test_a_file_of_positions_needs_unit_time_and_place(have, lacks):
    with pytest.raises(HotspotsError, match=f"a.csv lacks {lacks}.*--mapping"):
        columns_in(read_mapping("pings", None), have, "a.csv")


def test_a_log_needs_start_end_and_a_hot_spot_or_a_place():
    mapping = read_mapping("patrol-log", None)
    assert set(columns_in(mapping, ["start", "end", "area", "officers"], "l.csv")) == {
        "start",
        "end",
        "area",
        "officers",
    }
    assert place_of(columns_in(mapping, ["start", "end", "easting", "northing"], "l.csv")) == ("easting", "northing")
    with pytest.raises(HotspotsError, match="area, or longitude and latitude"):
        columns_in(mapping, ["start", "end"], "l.csv")


def test_a_mapping_names_the_columns_and_a_file_without_them_is_told():
    mapping = read_mapping("pings", LEAST)
    assert mapping.columns["time"] == ("DAY", "CLOCK")
    assert columns_in(mapping, ["CALLSIGN", "DAY", "CLOCK", "X", "Y", "Z"], "a.csv") == mapping.columns
    with pytest.raises(HotspotsError, match=r"a\.csv lacks 2 of the columns.*'CLOCK', 'Y'.*besides: 'Z'"):
        columns_in(mapping, ["CALLSIGN", "DAY", "X", "Z"], "a.csv")


def test_the_shipped_example_is_read_whole():
    mapping = read_mapping("pings", EXAMPLE)
    assert (mapping.name, mapping.timezone) == ("avl", "Europe/London")
    assert mapping.kmh == 1.609344  # the international mile
    assert "AT SCENE" in mapping.words("on_call")
    assert mapping.words("foot")  # the standard words where the mapping names none
    assert "N/A" in mapping.null_values


@pytest.mark.parametrize(("unit", "kmh"), [("km/h", 1.0), ("m/s", 3.6), ("knots", 1.852), ("mph", 1.609344)])
def test_units_of_speed(unit, kmh):
    assert read_mapping("pings", f'speed_unit = "{unit}"\n{LEAST}').kmh == kmh


def test_the_time_zone_given_goes_before_the_mappings():
    assert read_mapping("pings", EXAMPLE, "UTC").timezone == "UTC"
    assert read_mapping("pings", None, "Europe/London").timezone == "Europe/London"
    with pytest.raises(HotspotsError, match="'Lancashire' is not a known time zone"):
        read_mapping("pings", None, "Lancashire")
    told = str(no_timezone("a.csv", "'2026-03-01 10:00'"))
    assert "a time zone is not given" in told
    assert "--timezone" in told
    assert "a.csv" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (LEAST.replace('"avl"', '"A V L"'), "'name' is 'A V L'"),
        (LEAST.replace('easting = "X"\n', ""), "a place"),
        (LEAST + 'longitude = "lon"\n', "must name a place"),
        (LEAST + 'longitude = "lon"\nlatitude = "lat"\n', "not both"),
        (LEAST + 'speed = "X"\n', "uses 'X' for more than one thing"),
        (LEAST + 'colour = "c"\n', "'colour', which is not known"),
        (LEAST + 'speed = ["a", "b"]\n', "only a time may have two"),
        ('speed_unit = "furlongs"\n' + LEAST, "'speed_unit' is 'furlongs'"),
        ('timezone = "Preston"\n' + LEAST, "'Preston' is not a known time zone"),
        ('datetime_formats = ["%d/%m"]\n' + LEAST, "lacks the day, the month or the year"),
        ('zone = "x"\n' + LEAST, "'zone' is not known here"),
        (LEAST + '[values]\ntrue = ["0"]\n', "counts '0' as both true and false"),
        (LEAST + "[values]\non_call = 3\n", "'on_call' must be a list of texts"),
        (LEAST + '[values]\nbusy = ["x"]\n', "'busy'; known are"),
        ("name = \n", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told(changed, told):
    with pytest.raises(HotspotsError) as caught:
        read_mapping("pings", changed)
    assert told in str(caught.value)
