"""What must hold for any incidents and any intervals; and each fast way equals a slow plain one."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.settings import Settings
from hotspots.insight.hours import hot_hours, minutes_by_hour
from tests.conftest import examples
from tests.weeks import weeks_of

MANY = settings(max_examples=examples(150), deadline=None)
START = datetime(2026, 9, 28)  # a wall clock
SPANS = st.one_of(st.none(), st.integers(0, 4 * 3600), st.integers(0, 9 * 86400), st.just(7 * 86400))
INCIDENTS = st.lists(st.tuples(st.integers(0, 3 * 7 * 86400), SPANS), max_size=12)


def wall_clocks(incidents: list[tuple[int, int | None]], later: int = 0) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([START + timedelta(seconds=s + later) for s, _ in incidents], dtype="datetime64[s]")
    ends = [None if span is None else START + timedelta(seconds=s + later + span) for s, span in incidents]
    return start, np.array(ends, dtype="datetime64[s]")


def plain_week(incidents: list[tuple[int, int | None]]) -> list[Fraction]:
    """Hour by hour along the wall clock, in exact fractions."""
    week = [Fraction(0)] * 168
    for offset, span in incidents:
        now = START + timedelta(seconds=offset)
        if not span:
            week[now.weekday() * 24 + now.hour] += 1
        elif span > 7 * 86400:
            week = [hour + Fraction(1, 168) for hour in week]
        else:
            end = now + timedelta(seconds=span)
            while now < end:
                after = min(now.replace(minute=0, second=0) + timedelta(hours=1), end)
                week[now.weekday() * 24 + now.hour] += Fraction(int((after - now).total_seconds()), span)
                now = after
    return week


def week_of(incidents: list[tuple[int, int | None]], later: int = 0) -> np.ndarray:
    return weeks_of(*wall_clocks(incidents, later)).sum(axis=0)


@MANY
@given(INCIDENTS)
def test_the_fast_week_equals_a_slow_plain_one(incidents):
    assert week_of(incidents) == pytest.approx([float(hour) for hour in plain_week(incidents)], abs=1e-12)


@MANY
@given(INCIDENTS)
def test_the_weights_of_each_incident_sum_to_one(incidents):
    weeks = weeks_of(*wall_clocks(incidents))
    assert weeks.sum(axis=1) == pytest.approx(np.ones(len(incidents)))
    assert (weeks >= 0).all()


@MANY
@given(INCIDENTS, st.integers(1, 167))
def test_a_week_later_is_the_same_week_and_an_hour_later_the_next_hour(incidents, shift):
    week = week_of(incidents)
    assert week_of(incidents, 7 * 86400).tolist() == week.tolist()
    assert week_of(incidents, shift * 3600) == pytest.approx(np.roll(week, shift), abs=1e-12)


@MANY
@given(st.lists(st.integers(0, 6), min_size=168, max_size=168), st.sampled_from([1.0, 0.1, 1 / 3, 7e5]))
def test_hot_hours_are_those_of_a_plain_sort_in_any_unit(counts, unit):
    smooth = [counts[h - 1] + 2 * counts[h] + counts[(h + 1) % 168] for h in range(168)]
    expected = sorted(sorted(range(168), key=lambda h: (-smooth[h], h))[:42]) if any(counts) else []
    expected = [h for h in expected if smooth[h] > 0]
    assert np.flatnonzero(hot_hours(np.array(counts) * unit)).tolist() == expected


# ---------------------------------------------------------------- patrols

# From a week before the autumn change to a week after it, and about the spring one.
WINDOWS = [int(datetime(2026, month, day, tzinfo=UTC).timestamp()) for month, day in ((3, 27), (10, 23))]
ZONES = st.sampled_from(["Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"])
INTERVALS = st.lists(
    st.tuples(st.sampled_from(WINDOWS), st.integers(0, 8 * 86400), st.integers(0, 4 * 3600)), max_size=6
)


def plain_seconds(start: int, end: int, zone: ZoneInfo) -> dict[int, int]:
    """Minute by minute on the local clock; clocks change on whole minutes."""
    found: dict[int, int] = defaultdict(int)
    now = start
    while now < end:
        after = min(now - now % 60 + 60, end)
        local = datetime.fromtimestamp(now, zone)
        found[local.weekday() * 24 + local.hour] += after - now
        now = after
    return dict(found)


@settings(max_examples=examples(80), deadline=None)
@given(INTERVALS, ZONES)
def test_seconds_are_those_of_a_walk_along_the_local_clock(intervals, name):
    start = [window + offset for window, offset, _ in intervals]
    end = [window + offset + length for window, offset, length in intervals]
    rows, hours, seconds = minutes_by_hour(start, end, Settings(timezone=name))
    for i in range(len(intervals)):
        mine = rows == i
        week = np.bincount(hours[mine], seconds[mine], minlength=168)
        expected = plain_seconds(start[i], end[i], ZoneInfo(name))
        assert {int(h): int(week[h]) for h in np.flatnonzero(week)} == expected


@MANY
@given(
    st.lists(st.tuples(st.floats(0, 4e9), st.floats(0, 3e6)), max_size=8),
    st.sampled_from([-1, 1]),
)
def test_seconds_are_conserved_and_a_week_in_winter_changes_nothing(intervals, ahead):
    start = np.array([a for a, _ in intervals], dtype=float)
    end = np.array([a + length for a, length in intervals], dtype=float)
    rows, hours, seconds = minutes_by_hour(start, end, Settings())
    assert np.bincount(rows, seconds, minlength=len(intervals)) == pytest.approx(end - start, abs=1e-3)
    assert (seconds >= 0).all()
    assert ((hours >= 0) & (hours < 168)).all()
    never = Settings(timezone="UTC")  # no clock changes there
    week = np.bincount(*minutes_by_hour(start, end, never)[1:], minlength=168)
    moved = ahead * 7 * 86400.0
    assert np.bincount(*minutes_by_hour(start + moved, end + moved, never)[1:], minlength=168) == pytest.approx(
        week, abs=1e-3
    )
