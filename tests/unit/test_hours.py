"""Hours of the week: edges of the aoristic weights, hot hours, exact seconds at clock changes, areas."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from hotspots.base.settings import Settings
from hotspots.insight.hours import area_weeks, hot_hours, minutes_by_hour
from tests.weeks import weeks_of

LONDON = Settings()
SUNDAY = 6 * 24


def utc(text: str, zone: str = "Europe/London", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def seconds(start: float, end: float, settings: Settings = LONDON) -> dict[int, float]:
    """Hour of the week → seconds of one interval."""
    rows, hours, found = minutes_by_hour([start], [end], settings)
    assert not rows.any()
    week = np.bincount(hours, found, minlength=168)
    return {int(h): float(week[h]) for h in np.flatnonzero(week)}


# ---------------------------------------------------------------- incidents


def test_an_hour_that_ends_on_the_hour_is_all_in_it():
    assert np.flatnonzero(weeks_of(["2026-10-05T01:00"], ["2026-10-05T02:00"])[0]).tolist() == [1]


def test_an_end_before_the_start_is_no_end():
    (week,) = weeks_of(["2026-10-05T01:50"], ["2026-10-04T02:10"])
    assert (np.flatnonzero(week).tolist(), week[1]) == ([1], 1.0)


def test_nearly_a_week_meets_its_first_hour_again():
    # Monday 00:30 to the next Monday 00:10: 20 minutes are missing from hour 0, the other hours have an hour each
    (week,) = weeks_of(["2026-10-05T00:30"], ["2026-10-12T00:10"])
    assert week[0] == pytest.approx((30 + 10) / (168 * 60 - 20))
    assert week[1:] == pytest.approx(60 / (168 * 60 - 20))
    assert week.sum() == pytest.approx(1)


def test_long_spans_do_not_reach_other_incidents():
    weeks = weeks_of(["2026-10-05T01:00", "2026-10-05T01:00", "2026-10-05T03:00"], ["NaT", "2026-10-19T01:00", "NaT"])
    assert (weeks > 0).sum(axis=1).tolist() == [1, 168, 1]
    assert weeks.sum(axis=1) == pytest.approx([1, 1, 1])


def test_no_time_is_no_weight():
    assert weeks_of(["NaT"], ["NaT"]).tolist() == [[0.0] * 168]


def test_times_with_a_zone_are_refused():
    aware = pd.Series(pd.to_datetime(["2026-07-01 00:30"])).dt.tz_localize("Europe/London")
    with pytest.raises(ValueError, match="without a time zone"):
        weeks_of(aware, aware)


# ---------------------------------------------------------------- hot hours


def test_one_evening_a_week_is_hot_with_its_neighbours():
    week = np.zeros(168)
    week[[SUNDAY + 21, SUNDAY + 22, SUNDAY + 23]] = 5.0
    hot = hot_hours(week)
    assert np.flatnonzero(hot).tolist() == [0, *range(SUNDAY + 20, SUNDAY + 24)]  # midnight is next to 23h


def test_the_quarter_of_the_week_is_42_hours():
    rng = np.random.default_rng(5)
    assert hot_hours(rng.random(168)).sum() == 42
    assert hot_hours(rng.poisson(0.2, 168)).sum() == 42
    assert np.flatnonzero(hot_hours(np.eye(168)[20])).tolist() == [19, 20, 21]  # nothing in or beside the others


def test_ties_go_to_the_earlier_hour():
    assert np.flatnonzero(hot_hours(np.ones(168))).tolist() == list(range(42))
    thirds = np.full(168, 1 / 3 + 1 / 3 + 1 / 3)
    thirds[100:] = 1 / 3 * 2 + 1 / 3 - 1e-16  # the same but for rounding
    assert np.flatnonzero(hot_hours(thirds)).tolist() == list(range(42))


def test_a_single_hour_among_neighbours_counts_with_them():
    week = np.zeros(168)
    week[10] = 4.0  # smoothed 1, 2, 1
    week[50:53] = 2.0  # smoothed ½, 1½, 2, 1½, ½
    week[100:136] = 99.0  # with the hour at either end 38 of the 42
    assert np.flatnonzero(hot_hours(week)).tolist() == [10, 50, 51, 52, *range(99, 137)]


def test_nothing_is_hot_where_nothing_happened():
    assert not hot_hours(np.zeros(168)).any()
    assert hot_hours(np.zeros(168)).shape == (168,)


@pytest.mark.parametrize("week", [np.ones(24), np.ones((7, 24)), np.full(168, np.nan), np.full(168, -1.0)])
def test_what_is_no_week_is_refused(week):
    with pytest.raises(ValueError, match="168"):
        hot_hours(week)


def hottest_plainly(week: list[int]) -> list[int]:
    """The 42 hours with most after smoothing, by sorting whole numbers."""
    smooth = [week[h - 1] + 2 * week[h] + week[(h + 1) % 168] for h in range(168)]
    return [h for h in sorted(range(168), key=lambda h: (-smooth[h], h))[:42] if smooth[h] > 0]


def test_the_table_of_hindsight_is_what_simulation_gives():
    """The docstring's figures from 1,500 random weeks each, worked out without the function."""
    told = {
        int(n): tuple(int(f) for f in figures)
        for n, *figures in re.findall(r"(\d+) +(\d+)% +(\d+) to (\d+)%", hot_hours.__doc__ or "")
    }
    assert sorted(told) == [10, 30, 100, 300]
    rng = np.random.default_rng(20261031)
    for n, (mean, low, high) in told.items():
        shares = []
        for week in rng.multinomial(n, [1 / 168] * 168, size=1500):
            counts = week.tolist()
            shares.append(100 * sum(counts[h] for h in hottest_plainly(counts)) / n)
        assert np.mean(shares) == pytest.approx(mean, abs=0.6)
        assert np.quantile(shares, [0.025, 0.975]) == pytest.approx([low, high], abs=1.2)


# ---------------------------------------------------------------- patrols


def test_an_interval_within_an_hour():
    start = utc("2026-10-07T20:10:00")  # a Wednesday
    assert seconds(start, start + 720.5) == {2 * 24 + 20: 720.5}


def test_an_interval_over_the_end_of_the_week():
    assert seconds(utc("2026-10-04T23:50:00"), utc("2026-10-05T00:05:00")) == {SUNDAY + 23: 600, 0: 300}


def test_the_hour_that_comes_twice_holds_both():
    # 25 October 2026: 01:59:59 summer time is followed by 01:00:00
    start, end = utc("2026-10-25T00:30:00"), utc("2026-10-25T02:15:00")
    assert end - start == 2.75 * 3600
    assert seconds(start, end) == {SUNDAY: 1800, SUNDAY + 1: 7200, SUNDAY + 2: 900}
    second_half_past_one = utc("2026-10-25T01:30:00", fold=1)
    assert seconds(second_half_past_one, second_half_past_one + 60) == {SUNDAY + 1: 60}


def test_the_hour_that_is_skipped_holds_nothing():
    # 29 March 2026: 00:59:59 is followed by 02:00:00
    start, end = utc("2026-03-29T00:30:00"), utc("2026-03-29T02:15:00")
    assert end - start == 0.75 * 3600
    assert seconds(start, end) == {SUNDAY: 1800, SUNDAY + 2: 900}


@pytest.mark.parametrize(("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_whole_day(day, length):
    start = utc(f"{day}T00:00:00")
    found = seconds(start, start + length * 3600)
    assert sum(found.values()) == length * 3600
    assert len(found) == min(length, 24)


def test_two_weeks_are_two_hours_in_every_hour():
    start = utc("2026-07-01T12:00:00")
    assert seconds(start, start + 14 * 24 * 3600) == dict.fromkeys(range(168), 7200)


def test_half_hours_from_utc():
    kolkata = Settings(timezone="Asia/Kolkata")  # UTC+5:30
    start = utc("2026-10-05T09:45:00", "Asia/Kolkata")
    assert seconds(start, start + 3600, kolkata) == {9: 900, 10: 2700}


def test_a_clock_that_changes_by_half_an_hour():
    # Lord Howe Island, 5 April 2026: at 02:00 (UTC+11) the clocks go back to 01:30 (UTC+10:30)
    island = Settings(timezone="Australia/Lord_Howe")
    start, end = (utc(f"2026-04-05T{t}", "Australia/Lord_Howe") for t in ("01:00:00", "02:30:00"))
    assert end - start == 2 * 3600
    assert seconds(start, end, island) == {SUNDAY + 1: 5400, SUNDAY + 2: 1800}


def test_rows_are_told_apart_and_nothing_gives_nothing():
    start = utc("2026-10-07T20:50:00")
    rows, hours, found = minutes_by_hour([start, start, start], [start + 900, start, start + 1], LONDON)
    assert rows.tolist() == [0, 0, 2]
    assert hours.tolist() == [68, 69, 68]
    assert found.tolist() == [600, 300, 1]
    assert [len(part) for part in minutes_by_hour([], [], LONDON)] == [0, 0, 0]


@pytest.mark.parametrize(("start", "end"), [([2.0], [1.0]), ([1.0], [np.nan]), ([1.0], [1.0, 2.0])])
def test_bad_intervals_are_refused(start, end):
    with pytest.raises(ValueError, match=r"end before|one length"):
        minutes_by_hour(start, end, LONDON)


# ---------------------------------------------------------------- areas


def test_incidents_by_area():
    incidents = pd.DataFrame(
        {
            "cell": [11, 12, 21, 99, 11, 11],
            "local_from": pd.to_datetime(
                [
                    "2026-10-05 01:50",
                    "2026-10-05 01:00",
                    "2026-10-01 00:00",
                    "2026-10-05 01:00",
                    None,
                    "2026-10-05 05:00",
                ]
            ),
            "local_to": pd.to_datetime(["2026-10-05 02:10", None, "2026-10-15 00:00", None, None, "2026-10-05 06:00"]),
        }
    )
    cells = {11: "West-01", 12: "West-01", 21: "East-02", 31: "South-03"}
    table = area_weeks(incidents, cells)
    assert table.columns.tolist() == ["area", "hour_of_week", "n_incidents"]
    assert table["area"].drop_duplicates().tolist() == ["East-02", "South-03", "West-01"]
    assert table["hour_of_week"].tolist() == [*range(168)] * 3
    by_area = {area: rows["n_incidents"].to_numpy() for area, rows in table.groupby("area")}
    assert by_area["West-01"][[1, 2, 5]].tolist() == [1.5, 0.5, 1.0]
    assert by_area["West-01"].sum() == 3
    assert by_area["East-02"].tolist() == [1 / 168] * 168
    assert not by_area["South-03"].any()


def test_no_areas_and_no_incidents():
    none = pd.DataFrame({"cell": [], "local_from": pd.to_datetime([]), "local_to": pd.to_datetime([])})
    assert area_weeks(none, {}).empty
    assert area_weeks(none, {1: "West-01"})["n_incidents"].tolist() == [0.0] * 168
