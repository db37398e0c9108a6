"""Aoristic weights against worked examples (Ratcliffe & McCullagh 1998, doi:10.1080/136588198241644)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.weeks import weeks_of

SUNDAY = 6 * 24
NONE = "NaT"


def week_of(start: str, end: str) -> dict[int, float]:
    """The hours that hold something; 5 October 2026 is a Monday."""
    (week,) = weeks_of([start], [end])
    return {int(h): float(week[h]) for h in np.flatnonzero(week)}


def test_a_known_minute_is_one_hour():
    assert week_of("2026-10-05T01:00", "2026-10-05T01:00") == {1: 1.0}


def test_twenty_minutes_over_an_hour_are_half_and_half():
    assert week_of("2026-10-05T01:50", "2026-10-05T02:10") == {1: 0.5, 2: 0.5}


def test_a_missing_end_is_the_start():
    assert week_of("2026-10-05T01:50", NONE) == {1: 1.0}


def test_longer_than_a_week_is_the_same_in_every_hour():
    (week,) = weeks_of(["2026-10-05T01:50"], ["2026-10-13T01:50"])
    assert week.tolist() == [1 / 168] * 168


def test_from_sunday_to_monday_goes_round():
    assert week_of("2026-10-04T23:00", "2026-10-05T01:00") == {0: 0.5, SUNDAY + 23: 0.5}


def test_the_night_of_twelve_hours():
    # last seen on Sunday at 20:00, found on Monday at 08:00: a twelfth in each hour
    found = week_of("2026-10-04T20:00", "2026-10-05T08:00")
    assert found == pytest.approx(dict.fromkeys([*range(8), *range(SUNDAY + 20, SUNDAY + 24)], 1 / 12))


def test_each_incident_has_its_own_hours():
    weeks = weeks_of(
        ["2026-10-05T01:50", NONE, "2026-10-05T10:45"], ["2026-10-05T02:10", "2026-10-05T09:00", "2026-10-05T12:15"]
    )
    assert weeks.sum(axis=1) == pytest.approx([1, 0, 1])
    assert weeks[0][[1, 2]].tolist() == [0.5, 0.5]
    assert weeks[2][[10, 11, 12]] == pytest.approx([15 / 90, 60 / 90, 15 / 90])
