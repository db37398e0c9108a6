"""Windows of days and months, as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, add_months, months_between, parse_window

HELD = months_between(201912, 202210)


def test_months_count_across_years():
    assert add_months(202212, 1) == 202301
    assert add_months(202201, -1) == 202112
    assert add_months(202207, -24) == 202007
    assert months_between(202111, 202202) == [202111, 202112, 202201, 202202]
    assert months_between(202203, 202202) == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", ("2021-11-01", "2022-10-31")),  # the latest twelve months
        ("2022-01", "2022-02", ("2022-01-01", "2022-02-28")),
        ("2020-02", "2020-02", ("2020-02-01", "2020-02-29")),
        ("2022-01-05", "2022-01-06", ("2022-01-05", "2022-01-06")),
        ("2022-03", "", ("2022-03-01", "2022-10-31")),
        ("", "2021-06", ("2020-07-01", "2021-06-30")),  # twelve months up to the end asked for
        ("", "2020-03", ("2019-12-01", "2020-03-31")),  # no earlier than what is held
        ("", "2019-06", ("2019-06-01", "2019-06-30")),  # all of it before: still a whole month
    ],
)
def test_a_window_from_text(start, end, expected):
    window = parse_window(start, end, HELD)
    assert (window.start.isoformat(), window.end.isoformat()) == expected


@pytest.mark.parametrize("text", ["2022-13", "2022-00", "22-01", "July", "2022-02-30", "2022/01", "0000-01"])
def test_text_that_is_no_date_is_told(text):
    for start, end in ((text, ""), ("", text)):
        with pytest.raises(HotspotsError, match="write a date like"):
            parse_window(start, end, HELD)


def test_a_window_that_ends_before_it_starts():
    with pytest.raises(HotspotsError, match="earlier date first"):
        parse_window("2022-02", "2022-01", HELD)


def test_nothing_is_held():
    with pytest.raises(HotspotsError, match="no incidents yet"):
        parse_window("", "", [])


def test_whole_months():
    assert Window(date(2022, 1, 1), date(2022, 2, 28)).whole_months
    assert not Window(date(2022, 1, 1), date(2022, 2, 27)).whole_months
    assert not Window(date(2022, 1, 2), date(2022, 2, 28)).whole_months
    assert Window(date(2021, 12, 1), date(2022, 2, 28)).months == (202112, 202202)
