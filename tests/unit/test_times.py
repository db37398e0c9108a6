"""Texts → times: forms that can be read in one way only, lost zeros, spreadsheets' numbers, and what is not read."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from hotspots.sources.formats import date_part, exchanged, fitting, formatted
from hotspots.sources.times import parse_times
from hotspots.sources.written import NO_OFFSET, seconds_of_day

UK = ("%d/%m/%Y %H:%M",)
PACKED = ("%d/%m/%Y %H%M",)


def read(text: str, formats: tuple[str, ...] = UK) -> tuple[datetime | None, int | None]:
    """The wall clock and the offset in minutes of one text."""
    wall = parse_times(pa.array([text]), formats)
    offset = int(wall.offset[0])
    return wall.clock[0].item(), None if offset == NO_OFFSET else offset


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026/05/12 20:30:00+00", 0), ("2026/05/12 20:30:00 UTC", 0), ("2026-05-12 20:30:00 GMT", 0),
        ("2026-05-12 20:30:00 BST", 60), ("2026-05-12T20:30:00.000Z", 0), ("2026-05-12t20:30z", 0),
        ("2026-05-12T20:30:00+0100", 60), ("2026-05-12 20:30:00 +01:00", 60), ("2026-05-12T20:30:00-05:00", -300),
        ("2026/05/12 20:30", None), ("2026/5/12 20:30:00", None), ("2026.05.12 20:30", None),
        ("2026-05-12 20:30:00.123456789", None), ("2026-05-12 20:30:00,123", None), ("20260512T203000Z", 0),
        ("20260512203000", None), ("202605122030", None), ("20260512 2030", None), ("2026/05/12 8:30 PM", None),
        ("12/05/2026 20:30:00 UTC", 0), ("12/05/2026 20:30Z", 0), ("12/05/2026 20:30:00.000", None),
        ("12/05/2026 20.30", None), ("12/05/2026 2030", None), ("12/05/2026 20:30hrs", None),
        ("12/05/2026 2030hrs", None), ("12/05/2026 8.30pm", None), ("12/05/2026 8:30 p.m.", None),
        ("12/05/2026 08:30PM", None), ("12/05/2026, 20:30", None), ("12/05/2026 at 20:30", None),
        ("12th May 2026 8.30pm", None),
        ("May 12, 2026 8:30 PM", None), ("Tue, 12 May 2026 20:30:00 GMT", 0), ("Tue May 12 20:30:00 BST 2026", 60),
        ("Tue 12/05/2026 20:30", None), ("12.05.2026 20:30", None), ("12-05-2026 20:30", None),
        ("2026-05-12T20:30:00+01:00[Europe/London]", 60),
        ("12/5/2026T20:30", None), ("1778617800", 0), ("1778617800000", 0), ("1778617800.5", 0),
        ("1778617800000000", 0), ("46154.854166667", None),
    ],
)  # fmt: skip
def test_half_past_eight_in_the_evening_as_people_and_tools_write_it(text, offset):
    """12 May 2026 is day 46,154 since 30 December 1899, and 20,585 since 1970: 20,585 × 86,400 + 73,800 s."""
    assert read(text) == (datetime(2026, 5, 12, 20, 30), offset)


@pytest.mark.parametrize("text", ["12 May 2026 20:30", "12-MAY-2026 20.30.00"])
def test_months_in_words_alone_are_read_unless_the_mapping_names_another_format(text: str):
    assert read(text, ()) == (datetime(2026, 5, 12, 20, 30), None)
    assert read(text) == (None, None)
    beside = parse_times(pa.array([text, "13/05/2026 20:30", None]), UK)
    assert np.isnat(beside.clock).tolist() == [False, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "12/05/2026", "2026-05-12", "12/05/2026 14.3", "12/05/2026 14", "12/05/2026 45", "12/05/2026 14:30am",
        "12/05/2026 24:01", "12/05/2026 14:60", "12/05/2026 14h30", "12/05/2026 10:30-11:00", "12/05/2026 14:30-14:45",
        "12 May 26 20:30", "12 Mai 2026 20:30", "12 Mayday 2026 20:30", "05/13/2026 20:30",
        "2026-05-12 20:30:00+99:00", "32873.9", "73050",
        "12345", "1.77862E+12", "2026/13/05 20:30", "12/05/26 20:30",
    ],
)  # fmt: skip
def test_what_could_mean_two_things_or_nothing_is_not_read(text):
    assert read(text)[0] is None


@pytest.mark.parametrize(
    ("clock", "hour", "minute"),
    [("0130", 1, 30), ("130", 1, 30), ("45", 0, 45), ("5", 0, 5), ("0", 0, 0), ("2130", 21, 30), ("930.0", 9, 30)],
)
def test_a_time_as_one_number_gets_its_zeros_back(clock, hour, minute):
    assert read(f"12/05/2026 {clock}", PACKED)[0] == datetime(2026, 5, 12, hour, minute)


@pytest.mark.parametrize("clock", ["60", "260", "2460", "21300", "13:0"])
def test_no_time_as_one_number(clock):
    assert read(f"12/05/2026 {clock}", PACKED)[0] is None


@pytest.mark.parametrize(
    ("fmt", "text", "expected"),
    [
        ("%d%m%Y", "1052026", datetime(2026, 5, 1)),
        ("%d%m%Y", "12052026.0", datetime(2026, 5, 12)),
        ("%d%m%Y", "152026", None),  # 1 May or 15 of no month
        ("%d%m%y", "10526", datetime(2026, 5, 1)),
        ("%Y%m%d", "2026512", None),
        ("%d%m%Y%H%M", "10520260930", datetime(2026, 5, 1, 9, 30)),
        ("%d/%m/%Y %H%M%S", "12/05/2026 13005", datetime(2026, 5, 12, 1, 30, 5)),
        ("%d/%m/%Y %H%M%S", "12/05/2026 130", datetime(2026, 5, 12, 0, 1, 30)),
        ("%d/%m/%Y %H.%M", "12/05/2026 9.05", datetime(2026, 5, 12, 9, 5)),
        ("%d/%m/%Y %H.%M", "12/05/2026 14.5", None),  # 14:50 whose zero is lost, or 14:05
        ("%d/%m/%Y %H:%M", "12/05/2026 9:5", datetime(2026, 5, 12, 9, 5)),
        ("%I%M %p %d/%m/%Y", "930 pm 1/5/2026", datetime(2026, 5, 1, 21, 30)),
        ("%d%b%Y %H%M", "1May2026 5", datetime(2026, 5, 1, 0, 5)),
        ("%d %B %Y %H:%M:%S.%f", "1 may 2026 9:05:01.25", datetime(2026, 5, 1, 9, 5, 1)),
        ("100%% %d/%m/%Y", "100% 1/5/2026", datetime(2026, 5, 1)),
    ],
)
def test_fields_side_by_side_are_whole_or_lost_only_zeros(fmt, text, expected):
    assert formatted([text], fmt)[0].item() == expected
    assert parse_times(pa.array([text]), (fmt,)).clock[0].item() == expected


def test_a_spreadsheets_numbers_are_read_where_the_column_holds_nothing_else():
    """46309.583333 is 14 October 2026, 14:00: 0.583333 × 86,400 s are 50,399.97 s."""
    wall = parse_times(pa.array(["46309.583333", "46310", None]), ())
    assert wall.clock[0].item() == datetime(2026, 10, 14, 14)
    assert wall.clock[1].item() == datetime(2026, 10, 15)
    assert wall.serial.tolist() == [True, True, False]
    for beside in ("12/05/2026 20:30", "1778617800", "12", "500000"):
        wall = parse_times(pa.array(["46309.583333", beside]), UK)
        assert np.isnat(wall.clock[0]), beside
    for date in ("46154", "12/05/2026", "2026-05-12"):  # and fractions of a day as the time
        wall = parse_times(pa.array([f"{date} 0.854166667", f"{date} 0.5", f"{date} 0"]), UK)
        assert [c.item().hour for c in wall.clock] == [20, 12, 0], date
    assert np.isnat(parse_times(pa.array(["46154 0.85", "12/05/2026 14:30"]), UK).clock[0])


def test_which_times_hang_on_the_order_of_day_and_month():
    texts = pa.array(["12/05/2026 20:30", "12/05/2026 8pm", "2026-05-12 20:30", "12 May 2026 20:30", "1/5/2026 9:05"])
    wall = parse_times(texts, (*UK, "%d %b %Y %H:%M"))
    assert wall.ordered.tolist() == [True, True, False, False, True]
    assert not np.isnat(wall.clock).any()


def test_numbers_beside_those_with_seconds_are_not_taken_for_hours_and_minutes():
    assert seconds_of_day(["213000", "13000", "500", "0"]).tolist() == [77_400, 5_400, -1, -1]
    assert seconds_of_day(["2130", "500"]).tolist() == [77_400, 18_000]
    assert seconds_of_day([".895833", "0.5"]).tolist() == [77_400, 43_200]


def test_the_hours_of_twelve():
    texts = ["12am", "12pm", "12.30am", "0.30am", "1pm", "11:59pm", "0.30pm", "13pm", "13am"]
    got = seconds_of_day(texts)
    assert (got // 60).tolist() == [0, 720, 30, 30, 780, 1439, -1, 780, -1]


def test_parts_of_a_format():
    assert date_part("%d/%m/%Y %H:%M") == "%d/%m/%Y"
    assert date_part("%d %b %Y") == "%d %b %Y"
    assert date_part("%H:%M %d/%m/%Y") == ""
    assert exchanged("%d/%m/%Y %H:%M") == "%m/%d/%Y %H:%M"


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["12 May 2026 21:30", "1 May 2026 09:05"], ["%d %b %Y %H:%M"]),
        (["12 April 2026 21:30", "1 May 2026 09:05"], ["%d %B %Y %H:%M"]),
        (["13/05/2026 21:30", "01/05/2026 21:30"], ["%d/%m/%Y %H:%M"]),
        (["05/13/2026 21:30:00"], ["%m/%d/%Y %H:%M:%S"]),
        (["05/04/2026 21:30"], ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
        (["Tue 12 May 2026"], ["%a %d %b %Y"]),
        (["Wed 13/05/2026 21:30"], ["%a %d/%m/%Y %H:%M"]),
        (["21:30 13/05/2026"], ["%H:%M %d/%m/%Y"]),
        (["unknown"], []),
        (["12 May 2026 21:30", "unknown"], []),
        ([], []),
    ],
)
def test_the_format_that_fits_a_column(texts, formats):
    assert fitting(texts) == formats
