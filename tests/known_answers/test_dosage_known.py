"""Dose: the worked examples."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from hotspots.base.clock import day_numbers, day_text
from hotspots.base.settings import Settings
from hotspots.patrols.visits import visits
from tests.position_stays import stays_of

LONDON = ZoneInfo("Europe/London")
COLUMNS = ["unit", "t", "cell", "speed_kmh", "on_call", "officers"]


def at(text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold).timestamp())


# Source: arithmetic. Officer A 14:00 to 14:12 and officer B 14:05 to 14:15 in one hot spot are 12 + 10 = 22
# officer-minutes; someone is there from 14:00 to 14:15, 15 patrol-minutes; one visit.
def test_two_officers_whose_visits_overlap():
    a = [(1, at(f"2026-10-05 14:{m:02d}:00"), 7, 2.0, False, 1) for m in range(13)]
    b = [(2, at(f"2026-10-05 14:{m:02d}:00"), 7, 2.0, False, 1) for m in range(5, 16)]
    found = visits(stays_of(pd.DataFrame(a + b, columns=COLUMNS), {7: "Preston centre"}, Settings()), Settings())
    assert len(found) == 1
    assert found["officer_minutes"].tolist() == [22]
    assert found["patrol_minutes"].tolist() == [15]
    assert found["band"].tolist() == ["on target"]


# Source: the patrol day runs from 06:00:00 to 05:59:59 local time.
@pytest.mark.parametrize(
    ("when", "day"), [("2026-10-05 05:59:59", "2026-10-04"), ("2026-10-05 06:00:00", "2026-10-05")]
)
def test_the_last_second_belongs_to_the_day_before(when, day):
    assert day_text(day_numbers([at(when)], Settings())[0]) == day
    found = stays_of(pd.DataFrame([(1, at(when), 7, 2.0, False, 1)], columns=COLUMNS), {7: "A"}, Settings())
    assert [day_text(d) for d in found["patrol_day"]] == [day]


# Source: the Summer Time Order: on 29 March 2026 the clocks go from 01:00 to 02:00, on 25 October 2026 from 02:00 to
# 01:00. A unit that stands still from 06:00 to 06:00 across them is there for 23 and for 25 hours.
@pytest.mark.parametrize(
    ("eve", "morning", "hours"), [("2026-03-28", "2026-03-29", 23), ("2026-10-24", "2026-10-25", 25)]
)
def test_a_whole_patrol_day_across_a_change_of_the_clock(eve, morning, hours):
    start, end = at(f"{eve} 06:00:00"), at(f"{morning} 06:00:00")
    rows = [(1, t, 7, 0.0, False, 1) for t in range(start - 60, end + 61, 60)]
    found = stays_of(pd.DataFrame(rows, columns=COLUMNS), {7: "A"}, Settings())
    mine = found[found["patrol_day"] == day_numbers([start], Settings())[0]]
    assert mine["seconds"].tolist() == [hours * 3600]
