"""Stays and visits by hand: every number can be checked with a pencil."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.patrols.presence import clock_pieces
from hotspots.patrols.visits import band, presence_of_files, refuse_overlaps, visits
from tests.position_stays import stays_of

LONDON = ZoneInfo("Europe/London")
SETTINGS = Settings()
CELLS = {7: "A", 8: "A", 9: "B"}
COLUMNS = ["unit", "t", "cell", "speed_kmh", "on_call", "officers"]
OUT = 1


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp())


NOON = at("2026-06-02 12:00:00")


def pings(
    *rows: tuple, unit: int = 1, speed: float | None = 0.0, call: bool = False, officers: int = 1
) -> pd.DataFrame:
    """Positions given as (seconds after noon, cell, …)."""
    default = (speed, call, officers)
    full = [(unit, NOON + r[0], r[1], *r[2:], *default[len(r) - 2 :]) for r in rows]
    return pd.DataFrame(full, columns=COLUMNS).astype({"speed_kmh": "float64"})


def spans(found: pd.DataFrame) -> list[tuple[float, float]]:
    return [(s - NOON, e - NOON) for s, e in zip(found["start"], found["end"], strict=True)]


def test_half_of_the_way_in_and_of_the_way_out_counts():
    found = stays_of(pings((0, OUT), (60, 7), (120, 8), (180, OUT)), CELLS, SETTINGS)
    assert spans(found) == [(30, 150)]
    assert found["seconds"].tolist() == [120]
    assert found["n_pings"].tolist() == [2]


def test_nothing_counts_across_lost_signal():
    found = stays_of(pings((0, OUT), (301, 7), (361, 7), (662, OUT)), CELLS, SETTINGS)
    assert spans(found) == [(301, 361)]


@pytest.mark.parametrize(("apart", "stays", "seconds"), [(300, 1, 300), (301, 2, 0)])
def test_positions_further_apart_than_the_gap_are_two_stays(apart, stays, seconds):
    found = stays_of(pings((0, 7), (apart, 7)), CELLS, SETTINGS)
    assert (len(found), found["seconds"].sum()) == (stays, seconds)


@pytest.mark.parametrize(
    ("interval", "n", "seconds"),
    [
        ((295, 305), 121, 36_000),  # ten hours at 300 s ± 5 s, all of it: the gap is 1.5 × 300 s
        ((295, 305), 9, 4 * 295),  # too few to tell a feed by: what is above 300 s is lost signal
        ((450, 750), 21, 12_000),  # every 600 s: up to 900 s
        ((899, 901), 21, 10 * 899),  # but no more than a quarter of an hour
    ],
)
def test_the_gap_follows_a_unit_that_sends_rarely(interval, n, seconds):
    times = np.concatenate([[0], np.cumsum([interval[i % 2] for i in range(n - 1)])])
    assert stays_of(pings(*((int(t), 7) for t in times)), CELLS, SETTINGS)["seconds"].sum() == seconds


def test_a_silence_of_a_unit_that_sends_often_is_no_part_of_a_stay():
    """Nor is it where another unit sends rarely: each has the gap of its own feed."""
    often = pings(*((30 * i, 7) for i in range(21)), (901, 7), (931, 7))
    rarely = pings(*((400 * i, 7) for i in range(12)), unit=2)
    found = stays_of(pd.concat([often, rarely]), CELLS, SETTINGS)
    assert found.groupby("unit")["seconds"].sum().to_dict() == {1: 630.0, 2: 4400.0}


@pytest.mark.parametrize(("back", "expected"), [(90, [(0, 150)]), (91, [(0, 15), (60.5, 151)])])
def test_a_step_outside_that_is_short_enough_ends_no_stay(back, expected):
    """A position 30 s later lies outside; the unit is seen inside again ``back`` seconds after it was last."""
    found = stays_of(pings((0, 7), (30, OUT), (back, 7), (back + 60, 7)), CELLS, SETTINGS)
    assert spans(found) == expected


def walk(text: str) -> pd.DataFrame:
    """A position every 30 s, a letter each: A, B, or a dot outside; lower-case on a call."""
    cells = {"A": 7, "B": 9, ".": OUT}
    return pings(*((30 * i, cells[c.upper()], 0.0, c.islower()) for i, c in enumerate(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ABA", [("A", 0, 60)]),  # 30 half seconds each; of equal runs the earlier
        ("AABBA", [("A", 0, 120)]),  # back after 90 s: the border is as any edge, 45 s of B and 75 s of A
        ("AABBBA", [("A", 0, 45), ("B", 45, 135), ("A", 135, 150)]),  # back after 120 s
        ("A..A", [("A", 0, 90)]),  # the same outside
        ("A...A", [("A", 0, 15), ("A", 105, 120)]),
        ("AABABAABAAABAAAB", [("A", 0, 435), ("B", 435, 450)]),  # 14 × 30 s and half a step at the border
        ("AAAAAABABBBBBBB", [("A", 0, 165), ("B", 165, 420)]),  # from one to the other: B's run of 8 takes its overlap
        ("AAAAAAAABABBBB", [("A", 0, 285), ("B", 285, 390)]),  # A's run of 9 takes it
        (".ABABAB.", [("A", 15, 165), ("B", 165, 195)]),  # half and half: the earlier takes what both cover
        ("AB.BA", [("A", 0, 15), ("B", 15, 105), ("A", 105, 120)]),  # 120 s away: B's, with the moment outside
        ("AbA", [("A", 0, 15), ("B", 15, 45), ("A", 45, 60)]),  # a call ends it
    ],
)  # fmt: skip
def test_a_position_over_a_common_border_belongs_to_the_hot_spot_where_the_unit_mostly_was(text, expected):
    found = stays_of(walk(text), CELLS, SETTINGS).sort_values("start")
    assert list(zip(found["area"], *zip(*spans(found), strict=True), strict=True)) == expected
    assert found["seconds"].tolist() == [end - start for _, start, end in expected]


def test_a_border_and_a_unit_that_sends_rarely_on_one_day_are_told_apart():
    rarely = pings(*((400 * i, 7) for i in range(12)), unit=2)
    found = stays_of(pd.concat([walk("AABBA"), rarely]), CELLS, SETTINGS)
    assert found[["unit", "area", "seconds"]].to_numpy().tolist() == [[1, "A", 120.0], [2, "A", 4400.0]]


def test_a_quarter_of_an_hour_just_inside_a_common_border_is_one_adequate_visit():
    """Every third position is thrown over the line by the device's error, or it would be if there were no line."""
    found = visits(stays_of(walk("AAB" * 10 + "A"), CELLS, SETTINGS), SETTINGS)
    assert found[["area", "patrol_minutes", "band"]].to_numpy().tolist() == [["A", 15.0, "on target"]]


def test_a_call_is_a_stay_of_its_own():
    found = stays_of(pings((0, 7), (60, 7), (120, 7, 0.0, True), (180, 7, 0.0, True)), CELLS, SETTINGS)
    assert found[["seconds", "reactive"]].to_numpy().tolist() == [[90.0, False], [90.0, True]]
    counted = stays_of(pings((0, 7), (60, 7, 0.0, True)), CELLS, Settings(exclude_on_call=False))
    assert counted[["seconds", "reactive"]].to_numpy().tolist() == [[60.0, False]]


@pytest.mark.parametrize(
    ("speeds", "moving"),
    [
        ((7.0, 7.1), False),  # half are slow: the lower median is not above
        ((7.0, 7.1, 7.1), True),
        ((None, 7.1, None), True),  # of those that are known
        ((None, None, None), False),  # nothing says that it moved
        ((float("nan"), 3.0, 50.0), False),
    ],
)
def test_a_stay_is_moving_where_fewer_than_half_of_its_known_speeds_are_slow(speeds, moving):
    found = stays_of(pings(*((60 * i, 7, s) for i, s in enumerate(speeds))), CELLS, SETTINGS)
    assert found["moving"].tolist() == [moving]


def test_a_speed_stored_as_not_a_number_is_unknown(tmp_path: Path):
    """As a Parquet file may hold it: nan, and not null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    speed = pa.array(np.array([np.nan, np.nan, 3.0], dtype="float32"))
    table = pa.table({
        "unit": [1, 1, 1], "t": [NOON, NOON + 60, NOON + 120], "cell_10": [7, 7, 7], "speed_kmh": speed,
        "lon": [-2.7] * 3, "lat": [53.76] * 3,
        "on_call": [False] * 3, "officers": pa.array([1, 1, 1], pa.int16()), "bcu": pa.array([1, 1, 1], pa.int8()),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "day.parquet")
    found = presence_of_files([tmp_path / "day.parquet"], CELLS, "cell_10", SETTINGS, DEFAULT_ENGINE)
    assert found.segments[["n", "n_known", "n_slow"]].to_numpy().tolist() == [[3, 1, 1]]


def test_officers_change_half_way_between_two_positions():
    found = stays_of(pings((0, 7, 0.0, False, 2), (60, 7, 0.0, False, 1)), CELLS, SETTINGS)
    assert found["officer_seconds"].tolist() == [90]


def test_a_position_vouches_for_no_more_than_its_credit():
    rules = Settings(visit_gap_minutes=5, ping_credit_minutes=1)
    found = stays_of(pings((0, OUT), (200, 7), (400, 7), (430, 7), (630, OUT)), CELLS, rules)
    # 30 before the first, 30 after it and 30 before the second, the 30 between, 30 after the last
    assert found[["seconds", "n_pings"]].to_numpy().tolist() == [[150.0, 3]]
    assert spans(found) == [(170, 460)]
    both = pd.concat([
        pings((0, OUT), (200, 7), (400, 7), (430, 7), (630, OUT)), pings((240, 7), (250, 7), unit=2),
    ])  # fmt: skip
    seen = visits(stays_of(both, CELLS, rules), rules)
    # 170–230 of the one touches nothing of 240–250 of the other; 370–460 follows: 60 + 10 + 90 seconds
    assert seen["patrol_minutes"].tolist() == pytest.approx([160 / 60])
    assert seen["officer_minutes"].tolist() == pytest.approx([160 / 60])


# ---------------------------------------------------------------- the patrol day


def test_a_stay_over_six_in_the_morning_is_cut_there():
    six = at("2026-06-02 06:00:00")
    rows = [(1, six + 60 * m + 30, 7, 0.0, False, 2) for m in range(-10, 10)]
    found = stays_of(pd.DataFrame(rows, columns=COLUMNS), CELLS, SETTINGS)
    assert found["patrol_day"].tolist() == [20605, 20606]  # 2026-06-01 and 2026-06-02, counted from 1970-01-01
    assert found["seconds"].tolist() == [570, 570]
    assert found["end"].tolist()[0] == found["start"].tolist()[1] == six


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((7, OUT), [(30, 20605)]),  # half of the 60 seconds between, up to 06:00
        ((OUT, 7), [(30, 20606)]),
        ((7, 9), [(30, 20605), (30, 20606)]),
        ((7, 7), [(20, 20605), (40, 20606)]),  # the whole of it, each day its own part
    ],
)
def test_what_lies_between_the_last_position_of_a_day_and_the_first_of_the_next(cells, expected):
    """The positions are at 05:59:40 and 06:00:40 where both are inside, else at 05:59:30 and 06:00:30."""
    six = at("2026-06-02 06:00:00")
    first = six - (20 if cells == (7, 7) else 30)
    rows = [(1, first, cells[0], 0.0, False, 1), (1, first + 60, cells[1], 0.0, False, 1)]
    found = stays_of(pd.DataFrame(rows, columns=COLUMNS), CELLS, SETTINGS)
    assert list(zip(found["seconds"], found["patrol_day"], strict=True)) == expected


@pytest.mark.parametrize(("before", "after", "cells"), [(10, 90, (7, OUT)), (90, 10, (OUT, 7))])
def test_a_credit_that_would_run_over_the_end_of_the_day_stops_there(before, after, cells):
    """Half of the way is 50 seconds, the day ends 10 seconds from the position inside."""
    six = at("2026-06-02 06:00:00")
    rows = [(1, six - before, cells[0], 0.0, False, 1), (1, six + after, cells[1], 0.0, False, 1)]
    assert stays_of(pd.DataFrame(rows, columns=COLUMNS), CELLS, SETTINGS)["seconds"].tolist() == [10]


# ---------------------------------------------------------------- visits


def test_stays_that_touch_are_one_visit_and_those_that_do_not_are_two():
    stays = pd.DataFrame({
        "unit": [1, 2, 3], "area": ["A", "A", "A"], "patrol_day": [1, 1, 1], "start": [0.0, 600.0, 1201.0],
        "end": [600.0, 1200.0, 1801.0], "seconds": [600.0] * 3, "officer_seconds": [600.0, 1200.0, 600.0],
        "reactive": False, "moving": False,
    })  # fmt: skip
    found = visits(stays, SETTINGS)
    assert found["patrol_minutes"].tolist() == [20, 10]
    assert found["officer_minutes"].tolist() == [30, 10]
    assert found["longest_minutes"].tolist() == [10, 10]
    assert found["units"].tolist() == [2, 1]
    assert found["band"].tolist() == ["on target", "on target"]


def test_two_short_stays_are_no_adequate_visit_however_long_they_are_together():
    stays = pd.DataFrame({
        "unit": [1, 2], "area": "A", "patrol_day": 1, "start": [0.0, 500.0], "end": [540.0, 1040.0],
        "seconds": [540.0, 540.0], "officer_seconds": [540.0, 540.0], "reactive": False, "moving": False,
    })  # fmt: skip
    found = visits(stays, SETTINGS)
    assert found["patrol_minutes"].tolist() == pytest.approx([1040 / 60])
    assert found["band"].tolist() == ["below threshold"]


def test_calls_and_driving_through_are_no_visits():
    stays = pd.DataFrame({
        "unit": [1, 2], "area": "A", "patrol_day": 1, "start": 0.0, "end": 900.0, "seconds": 900.0,
        "officer_seconds": 900.0, "reactive": [True, False], "moving": [False, True],
    })  # fmt: skip
    assert visits(stays, SETTINGS).empty


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "pass-through"), (0.99, "pass-through"), (1, "below threshold"), (9.99, "below threshold"), (10, "on target"),
     (20, "on target"), (20.01, "long")],
)  # fmt: skip
def test_bands(minutes, expected):
    assert band([minutes], SETTINGS).tolist() == [expected]


# ---------------------------------------------------------------- what cannot be used


def test_no_positions_no_stays():
    assert stays_of(pings().astype({"t": "int64"}), CELLS, SETTINGS).empty
    assert visits(stays_of(pings((0, OUT)), CELLS, SETTINGS), SETTINGS).empty


def test_hot_spots_that_overlap_are_refused():
    areas = pd.DataFrame({"area": ["West-01", "West-02"], "cells": [("8a1951d491a7fff",), ("8a1951d491a7fff",)]})
    with pytest.raises(HotspotsError, match=r"overlap in '8a1951d491a7fff \(West-01 and West-02\)'"):
        refuse_overlaps(areas)


@pytest.mark.parametrize(
    ("seconds", "wobble", "found"),
    [
        (3600, 0.0, [(0, 3600)]), (3599, 0.0, []),
        (3600, 0.000004, [(0, 3600)]),  # less than half a metre
        (3600, 0.00002, []),  # a person who stands still
    ],
)  # fmt: skip
def test_an_hour_at_one_point_is_a_standstill(tmp_path: Path, seconds: int, wobble: float, found: list):
    t = [*range(0, seconds, 60), seconds]
    table = pd.DataFrame({
        "unit": 1, "t": [NOON + s for s in t], "lon": -2.7, "lat": [53.76 + wobble * (i % 2) for i in range(len(t))],
        "cell_10": 7, "speed_kmh": np.float32(0), "on_call": [i > 5 for i in range(len(t))], "officers": np.int16(1),
        "bcu": np.int8(1),
    })  # fmt: skip
    table.to_parquet(tmp_path / "day.parquet")
    seen = presence_of_files([tmp_path / "day.parquet"], CELLS, "cell_10", SETTINGS, DEFAULT_ENGINE).standstills
    assert [(a - NOON, b - NOON) for a, b in seen[["from_t", "to_t"]].to_numpy().tolist()] == found


def test_a_unit_that_left_and_came_back_did_not_stand_still(tmp_path: Path):
    t = list(range(0, 5401, 60))
    cell = [OUT if i == 45 else 7 for i in range(len(t))]
    table = pd.DataFrame({
        "unit": 1, "t": [NOON + s for s in t], "lon": -2.7, "lat": 53.76, "cell_10": cell, "speed_kmh": np.float32(0),
        "on_call": False, "officers": np.int16(1), "bcu": np.int8(1),
    })  # fmt: skip
    table.to_parquet(tmp_path / "day.parquet")
    assert presence_of_files([tmp_path / "day.parquet"], CELLS, "cell_10", SETTINGS, DEFAULT_ENGINE).standstills.empty


def test_patrol_days_begin_an_hour_later_by_utc_when_the_clocks_have_gone_back():
    """Until 24 October 2026 at 05:00 UTC, from the 25th at 06:00; the 24th is the last of its kind."""
    summer, winter = clock_pieces((at("2026-10-24 13:00"), at("2026-10-25 12:00")), SETTINGS)
    assert summer == (at("2026-10-22 06:00"), -5 * 3600, 20750)  # 24 October, counted from 1970-01-01
    assert winter[:2] == (at("2026-10-25 06:00"), -6 * 3600)
