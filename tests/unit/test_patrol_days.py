"""The patrol day: 06:00 to 05:59:59 local time, 23 and 25 hours when the clocks change."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from hotspots.base.clock import day_number, day_numbers, day_starts, day_text
from hotspots.base.settings import Settings

LONDON = ZoneInfo("Europe/London")


def second(text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold).timestamp())


@pytest.mark.parametrize(
    ("local", "day"),
    [
        ("2026-07-01 06:00:00", "2026-07-01"),
        ("2026-07-01 05:59:59", "2026-06-30"),
        ("2026-07-01 00:00:00", "2026-06-30"),
        ("2026-01-01 05:59:59", "2025-12-31"),
        ("2026-01-01 06:00:00", "2026-01-01"),
    ],
)
def test_a_second_belongs_to_its_patrol_day(local, day):
    assert [day_text(n) for n in day_numbers([second(local)], Settings())] == [day]


# Source: the Summer Time Order: clocks go forward on 29 March 2026 and back on 25 October 2026, at 01:00 UTC. Both
# changes fall before 06:00, so it is the patrol day that begins on the eve that is shorter or longer.
@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 23), ("2026-03-29", 24), ("2026-10-24", 25), ("2026-10-25", 24)]
)
def test_days_are_as_long_as_the_clock_makes_them(day, hours):
    start, end = day_starts(date.fromisoformat(day), date.fromisoformat(day), Settings())
    assert end - start == hours * 3600


# Source: `known_answers`: "On 29 March 2026 (clocks forward) a patrol day has 23 hours, on 25 October 2026 it has 25":
# true of a patrol day that begins before the change, as one of 00:00 to 23:59 does.
@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_from_midnight(day, hours):
    start, end = day_starts(date.fromisoformat(day), date.fromisoformat(day), Settings(patrol_day_starts=0))
    assert end - start == hours * 3600


def test_every_second_has_one_day_and_days_follow_one_another():
    starts = day_starts(date(2026, 3, 20), date(2026, 4, 5), Settings())
    numbers = day_numbers([t for s in starts.tolist() for t in (s - 1, s)], Settings()).reshape(-1, 2)
    assert (numbers[:, 1] - numbers[:, 0] == 1).all()
    assert numbers[0, 1] == day_number("2026-03-20")


def test_a_start_that_the_clocks_skip_or_repeat():
    odd = Settings(patrol_day_starts=1)
    assert day_starts(date(2026, 3, 29), date(2026, 3, 29), odd)[0] == second("2026-03-29 02:00:00")
    assert day_starts(date(2026, 10, 25), date(2026, 10, 25), odd)[0] == second("2026-10-25 01:00:00", fold=0)


def test_nothing_has_no_day():
    assert len(day_numbers([], Settings())) == 0
