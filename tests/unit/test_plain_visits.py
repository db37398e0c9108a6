"""The slow plain reference of the rule of visits, against tracks worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from hotspots.base.settings import Settings
from tests.plain_visits import PlainRules, band, day_start, patrol_day, plain_stays, plain_visits

RULES = PlainRules()
CELLS = {1: "West-01", 2: "West-01", 3: "East-02"}
OUT = 99


def at(text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"), fold=fold).timestamp())


NOON = at("2026-10-07T12:00:00")
MORNING = at("2026-10-08T06:00:00")  # a patrol day starts


def track(*pings: tuple, unit: int = 1, start: int = NOON, officers: int = 1, on_call: bool = False) -> list[dict]:
    """Positions given as (seconds after start, cell) and, where they differ, speed, on_call and officers by name."""
    rows = []
    for second, cell, *more in pings:
        row = {"unit": unit, "t": start + second, "cell": cell, "speed_kmh": 3.0, "on_call": on_call}
        rows.append(row | {"officers": officers} | (more[0] if more else {}))
    return rows


def spans(rows: list[dict], rules: PlainRules = RULES, start: int = NOON) -> list[tuple]:
    """(area, start, end, credited seconds), in seconds after ``start``."""
    return [(s["area"], s["start"] - start, s["end"] - start, s["seconds"]) for s in plain_stays(rows, CELLS, rules)]


# ---------------------------------------------------------------- stays


def test_a_stay_has_half_the_way_to_its_neighbours():
    rows = track((0, OUT), (60, 1), (120, 2), (180, 1), (220, OUT))
    assert spans(rows) == [("West-01", 30, 200, 170)]  # 30 + 120 + 20
    assert plain_stays(rows, CELLS)[0]["n_pings"] == 3


def test_a_position_alone_is_a_stay_of_no_time():
    assert spans(track((0, 1))) == [("West-01", 0, 0, 0)]


def test_positions_just_within_the_gap_are_one_stay_and_just_beyond_it_two():
    assert spans(track((0, 1), (300, 1))) == [("West-01", 0, 300, 300)]
    assert spans(track((0, 1), (301, 1))) == [("West-01", 0, 0, 0), ("West-01", 301, 301, 0)]


def test_lost_signal_credits_nothing():
    assert spans(track((0, OUT), (301, 1), (331, 1), (632, OUT))) == [("West-01", 301, 331, 30)]
    assert spans(track((0, OUT), (300, 1), (330, 1), (630, OUT))) == [("West-01", 150, 480, 330)]


def test_outside_for_as_long_as_the_tolerance_does_not_end_a_stay():
    assert spans(track((0, 1), (45, OUT), (90, 1))) == [("West-01", 0, 90, 90)]
    assert spans(track((0, 1), (45, OUT), (91, 1))) == [("West-01", 0, 22.5, 22.5), ("West-01", 68, 91, 23)]
    assert spans(track((0, 1), (30, OUT), (60, OUT), (90, 1))) == [("West-01", 0, 90, 90)]


def test_another_area_in_between_ends_a_stay_where_it_lasts():
    found = spans(track((0, 1), (20, 3), (40, 1)))
    assert found == [("West-01", 0, 40, 40)]
    found = spans(track((0, 1), (20, 3), (91, 1)))
    assert found == [("West-01", 0, 10, 10), ("East-02", 10, 55.5, 45.5), ("West-01", 55.5, 91, 35.5)]


def test_from_one_area_to_the_next_each_has_half():
    assert spans(track((0, 1), (60, 3))) == [("West-01", 0, 30, 30), ("East-02", 30, 60, 30)]


def test_a_call_cuts_a_stay():
    call = {"on_call": True}
    rows = track((0, 1), (60, 1, call), (120, 1, call), (180, 1))
    assert spans(rows) == [("West-01", 0, 30, 30), ("West-01", 30, 150, 120), ("West-01", 150, 180, 30)]
    assert [s["reactive"] for s in plain_stays(rows, CELLS)] == [False, True, False]


def test_a_moment_on_a_call_is_no_moment_outside():
    rows = track((0, 1), (30, 1, {"on_call": True}), (60, 1))
    assert len(spans(rows)) == 3


def test_the_call_of_a_position_outside_does_not_matter():
    assert spans(track((0, 1), (30, OUT, {"on_call": True}), (60, 1))) == [("West-01", 0, 60, 60)]


def test_calls_that_are_not_excluded_are_not_looked_at():
    rows = track((0, 1), (60, 1, {"on_call": True}), (120, 1))
    stays = plain_stays(rows, CELLS, replace(RULES, exclude_on_call=False))
    assert [(s["start"] - NOON, s["end"] - NOON, s["reactive"]) for s in stays] == [(0, 120, False)]


def test_credit_below_the_gap_leaves_the_span_and_lowers_the_seconds():
    rules = replace(RULES, credit_s=60)
    rows = track((0, OUT), (200, 1), (300, 1), (340, 1), (640, OUT))
    # 30 of the 200 before, 60 of the 100, the 40, 30 of the 300 after
    assert spans(rows, rules) == [("West-01", 170, 370, 160)]


def test_credit_below_the_tolerance_counts_the_time_outside_once():
    rules = replace(RULES, credit_s=40)
    assert spans(track((0, 1), (45, OUT), (90, 1)), rules) == [("West-01", 0, 90, 40)]


def test_each_positions_officers_hold_for_the_halves_beside_it():
    rows = track((0, OUT, {"officers": 9}), (60, 1), (160, 1, {"officers": 4}), (180, OUT, {"officers": 9}))
    # one officer for 30 + 50, four for 50 + 10
    assert plain_stays(rows, CELLS)[0]["officer_seconds"] == 80 * 1 + 60 * 4


def test_moving_is_fewer_than_half_of_the_known_speeds_slow():
    def moving(*speeds: float | None) -> bool:
        rows = track(*((30 * i, 1, {"speed_kmh": s}) for i, s in enumerate(speeds)))
        (stay,) = plain_stays(rows, CELLS)
        return stay["moving"]

    assert not moving(7.0, 30.0)
    assert moving(7.1, 7.0, 30.0)
    assert not moving(None, None, 30.0, 5.0)
    assert moving(None, None, 30.0)
    assert moving(float("nan"), 30.0)
    assert not moving(None, None)


def test_speeds_outside_are_no_part_of_a_stay():
    rows = track((0, 1), (20, OUT, {"speed_kmh": 50.0}), (40, OUT, {"speed_kmh": 50.0}), (60, 1))
    (stay,) = plain_stays(rows, CELLS)
    assert (stay["n_pings"], stay["moving"]) == (2, False)


def test_units_are_worked_out_apart_and_rows_may_come_in_any_order():
    rows = track((0, 1), (60, 1)) + track((30, 3), (90, OUT), unit=2)
    expected = plain_stays(rows, CELLS)
    assert [(s["unit"], s["area"], s["seconds"]) for s in expected] == [(1, "West-01", 60), (2, "East-02", 30)]
    assert plain_stays(rows[::-1], CELLS) == expected
    assert plain_stays(pd.DataFrame(rows), CELLS) == expected


def test_two_positions_in_a_second_are_refused():
    with pytest.raises(AssertionError, match="one second"):
        plain_stays(track((0, 1), (0, 3)), CELLS)


# ---------------------------------------------------------------- 06:00


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-08T05:59:59", "2026-10-07"),
        ("2026-10-08T06:00:00", "2026-10-08"),
        ("2026-03-29T05:59:59", "2026-03-28"),
        ("2026-10-25T01:30:00", "2026-10-24"),
    ],
)
def test_patrol_days(text, day):
    assert patrol_day(at(text), Settings()) == pd.Timestamp(day).timestamp() / 86400


def test_patrol_days_have_23_24_and_25_hours():
    lengths = {}
    for day in ("2026-03-28", "2026-07-01", "2026-10-24"):
        number = patrol_day(at(f"{day}T12:00:00"), Settings())
        lengths[day] = (day_start(number + 1, Settings()) - day_start(number, Settings())) / 3600
    assert lengths == {"2026-03-28": 23, "2026-07-01": 24, "2026-10-24": 25}


def test_a_stay_over_six_is_cut_there_and_nothing_is_lost():
    rows = track((-90, 1), (-20, 1), (80, 1), (140, 1), start=MORNING)
    assert spans(rows, start=MORNING) == [("West-01", -90, 0, 90), ("West-01", 0, 140, 140)]
    days = [s["patrol_day"] for s in plain_stays(rows, CELLS)]
    assert days[1] == days[0] + 1


def test_officers_change_half_way_also_over_six():
    # from -20 to 80 half-way is at 30: the second day has 30 s of the first position's two officers, then five
    rows = track((-20, 1, {"officers": 2}), (80, 1, {"officers": 5}), start=MORNING)
    assert [s["officer_seconds"] for s in plain_stays(rows, CELLS)] == [20 * 2, 30 * 2 + 50 * 5]


def test_a_position_at_six_sharp_belongs_to_the_day_that_starts():
    assert spans(track((-60, 1), (0, 1), start=MORNING), start=MORNING) == [
        ("West-01", -60, 0, 60),
        ("West-01", 0, 0, 0),
    ]


def test_over_six_with_more_than_the_credit_each_side_has_half_of_it():
    rules = replace(RULES, credit_s=60)
    rows = track((-100, 1), (20, 1), start=MORNING)
    # 30 s after the first; 30 s before the second would run over six: 20 are left
    assert spans(rows, rules, MORNING) == [("West-01", -100, -70, 30), ("West-01", 0, 20, 20)]


def test_the_half_towards_a_position_outside_stops_at_six():
    rows = track((-10, 1), (50, OUT), (51, OUT), (111, 1), start=MORNING)
    assert spans(rows, start=MORNING) == [("West-01", -10, 0, 10), ("West-01", 81, 111, 30)]


def test_from_one_area_to_another_over_six_each_has_its_half_up_to_it():
    rows = track((-10, 1), (50, 3), start=MORNING)
    assert spans(rows, start=MORNING) == [("West-01", -10, 0, 10), ("East-02", 20, 50, 30)]


def test_each_day_is_worked_out_from_its_own_positions():
    # within the tolerance, but the position outside and six lie in between
    rows = track((-30, 1), (-10, OUT), (30, 1), start=MORNING)
    assert spans(rows, start=MORNING) == [("West-01", -30, -20, 10), ("West-01", 10, 30, 20)]


def test_lost_signal_over_six_credits_nothing():
    rows = track((-200, 1), (101, 1), start=MORNING)
    assert spans(rows, start=MORNING) == [("West-01", -200, -200, 0), ("West-01", 101, 101, 0)]


def test_moving_is_told_day_by_day():
    fast = {"speed_kmh": 40.0}
    rows = track((-60, 1, fast), (-30, 1, fast), (0, 1), (30, 1), start=MORNING)
    assert [s["moving"] for s in plain_stays(rows, CELLS)] == [True, False]


def test_the_hour_that_comes_twice_is_two_hours():
    first, second = at("2026-10-25T01:30:00"), at("2026-10-25T01:30:00", fold=1)
    rows = track(*((s, 1) for s in range(0, 3601, 300)), start=first)
    assert second - first == 3600
    assert spans(rows, start=first) == [("West-01", 0, 3600, 3600)]


# ---------------------------------------------------------------- visits


def walk(unit: int, start: str, minutes: int, cell: int = 1, **more: object) -> list[dict]:
    """Inside from ``start`` for so many minutes, by a position a minute and no signal before or after."""
    rows = track(*((60 * i, cell) for i in range(minutes + 1)), unit=unit, start=at(f"2026-10-07T{start}:00"))
    return [row | more for row in rows]


def test_two_officers_overlapping_are_one_visit():
    # 14:00 to 14:12 and 14:05 to 14:15: 22 officer-minutes, 15 patrol-minutes
    stays = plain_stays(walk(1, "14:00", 12) + walk(2, "14:05", 10), CELLS)
    (visit,) = plain_visits(stays)
    assert visit["officer_seconds"] == 22 * 60
    assert visit["patrol_seconds"] == 15 * 60
    assert visit["longest_seconds"] == 12 * 60
    assert (visit["units"], visit["band"]) == (2, "on target")


def test_touching_stays_are_one_visit_and_a_second_between_makes_two():
    touching = plain_visits(plain_stays(walk(1, "14:00", 6) + walk(2, "14:06", 6), CELLS))
    assert [(v["patrol_seconds"], v["band"]) for v in touching] == [(720, "below threshold")]
    later = [row | {"t": row["t"] + 1} for row in walk(2, "14:06", 6)]
    apart = plain_visits(plain_stays(walk(1, "14:00", 6) + later, CELLS))
    assert [v["patrol_seconds"] for v in apart] == [360, 360]
    assert all(one["end"] < other["start"] for one, other in pairwise(apart))


def test_a_short_stay_within_a_long_one_does_not_end_the_visit():
    rows = walk(1, "14:00", 30) + walk(2, "14:02", 3) + walk(3, "14:20", 15)
    (visit,) = plain_visits(plain_stays(rows, CELLS))
    assert (visit["patrol_seconds"], visit["units"], visit["band"]) == (35 * 60, 3, "long")


def test_other_areas_calls_and_driving_are_no_part_of_a_visit():
    rows = [
        *walk(1, "14:00", 12),
        *walk(2, "14:00", 30, cell=3),
        *walk(3, "14:00", 30, on_call=True),
        *walk(4, "14:00", 30, speed_kmh=45.0),
    ]
    found = plain_visits(plain_stays(rows, CELLS))
    assert [(v["area"], v["patrol_seconds"], v["units"]) for v in found] == [("East-02", 1800, 1), ("West-01", 720, 1)]


def test_a_visit_over_six_is_two():
    rows = track(*((60 * i, 1) for i in range(-5, 11)), start=MORNING)
    found = plain_visits(plain_stays(rows, CELLS))
    assert [(v["patrol_seconds"], v["band"]) for v in found] == [(300, "below threshold"), (600, "on target")]
    assert found[1]["start"] == found[0]["end"] == MORNING


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (0, "pass-through"),
        (59.5, "pass-through"),
        (60, "below threshold"),
        (599.5, "below threshold"),
        (600, "on target"),
        (1200, "on target"),
        (1200.5, "long"),
    ],
)
def test_bands(seconds, name):
    assert band(seconds, RULES) == name


def test_the_defaults_are_the_settings():
    assert PlainRules.of(Settings()) == RULES
