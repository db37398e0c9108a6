"""Planted repeats are found, none are found where there are none, and what two real cities say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots import geography
from hotspots.insight.near_repeats import incident_days, near_repeats, verdict

CELLS = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(53.759, -2.699, 10), 12)), dtype=np.int64)  # 469 of them
YEAR = 365


def usual_incidents(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Busy and quiet places, a busy summer, and no tie between place and day."""
    risk = rng.gamma(0.5, 1, len(CELLS))
    season = 1 + 0.6 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR)
    return rng.choice(CELLS, n, p=risk / risk.sum()), rng.choice(YEAR, n, p=season / season.sum())


def with_repeats(rng: np.random.Generator, n: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """A share of the incidents is followed by another in the same cell, one to six days later."""
    cells, days = usual_incidents(rng, n)
    again = rng.random(n) < share
    return np.append(cells, cells[again]), np.append(days, days[again] + rng.integers(1, 7, again.sum()))


def row(table: pd.DataFrame, ring: int, days_to: int) -> pd.Series:
    return table[(table["ring"] == ring) & (table["days_to"] == days_to)].iloc[0]


def test_planted_repeats_are_found_where_and_when_they_were_planted():
    rng = np.random.default_rng(1)
    cells, days = with_repeats(rng, 1500, 0.15)
    planted = len(cells) - 1500
    table = near_repeats(cells, days, permutations=499)
    first = row(table, 0, 7)
    # each planted incident is a pair with the one it follows, over and above those that chance makes
    assert first["observed"] - first["expected"] == pytest.approx(planted, rel=0.25)
    assert first["p"] == 1 / 500
    assert first["p_family"] == 1 / 500
    assert verdict(table).startswith("Same place again soon: yes")
    elsewhere = table[(table["ring"] > 0) | (table["days_to"] > 7)]
    assert (elsewhere["p_family"] > 0.05).all()


def test_repeats_next_door_are_found_in_the_first_ring():
    rng = np.random.default_rng(2)
    cells, days = usual_incidents(rng, 1500)
    again = rng.random(1500) < 0.2
    beside = [sorted(h3.grid_ring(int(cell), 1))[rng.integers(6)] for cell in cells[again]]
    table = near_repeats(np.append(cells, beside), np.append(days, days[again] + 2), permutations=199)
    assert row(table, 1, 7)["p_family"] == 1 / 200
    # two that follow the same incident are 0–2 rings apart, so the other rings may rise a little; not the later bands
    assert (table.loc[table["days_to"] > 7, "p_family"] > 0.05).all()


def test_without_repeats_p_is_uniform():
    """Busy places and a busy season alone: 5% of sets below 0.05, and the whole of p is even."""
    first, family = [], []
    for seed in range(200):
        table = near_repeats(
            *usual_incidents(np.random.default_rng(1000 + seed), 800), rings=1, permutations=99, seed=seed
        )
        first.append(row(table, 0, 7)["p"])
        family.append(table["p_family"].min())
    # of 200 at 5%, 10 ± 3.1: three standard deviations on either side
    assert 1 <= sum(p <= 0.05 for p in first) <= 19
    assert 1 <= sum(p <= 0.05 for p in family) <= 19  # six rows were looked at, and still 5%
    assert np.mean(first) == pytest.approx(0.505, abs=3.5 * 0.289 / 200**0.5)
    # quarters of the range hold a quarter each
    quarters = np.histogram(first, [0, 0.25, 0.5, 0.75, 1.0001])[0]
    assert (np.abs(quarters - 50) < 3.5 * np.sqrt(200 * 0.25 * 0.75)).all()


def test_a_shift_of_place_looks_like_repeats_in_every_band():
    """The bias that the module warns of, and how to see it: the ratio does not fall with days."""
    rng = np.random.default_rng(3)
    half = rng.random(1500) < 0.5
    cells = np.where(half, rng.choice(CELLS[:60], 1500), rng.choice(CELLS[-60:], 1500))
    days = np.where(half, rng.integers(0, YEAR // 2, 1500), rng.integers(YEAR // 2, YEAR, 1500))
    table = near_repeats(cells, days, rings=0, permutations=199)
    assert (table["p"] == 1 / 200).all()
    assert np.ptp(table["ratio"]) < 0.3
    assert (table["ratio"] > 1.5).all()


# ---------------------------------------------------------------- two real cities


def timed(path: Path, start: str, end: str | None, year: int) -> pd.DataFrame:
    frame = pd.read_csv(path, parse_dates=[c for c in (start, end) if c])
    frame = frame[frame[start].dt.year == year]
    rows = pd.DataFrame(
        {
            "record": np.arange(len(frame)),
            "cell": geography.cells_at(frame["longitude"], frame["latitude"], 10),
            "local_from": frame[start].to_numpy(),
            "local_to": frame[end or start].to_numpy(),
        }
    )
    return incident_days(rows, "incidents")


def test_vehicle_thefts_in_new_york_come_back_to_the_cell_within_a_week(shared_data):
    """2015: 1.4 times as many as by chance within 7 days in the same cell, fading to nothing after two weeks."""
    thefts = timed(
        shared_data / "incidents_with_times/nyc_vehicle_thefts_2014_2017.csv.gz", "date_start", "date_end", 2015
    )
    table = near_repeats(thefts["cell"], thefts["day"], permutations=199)
    first, second, third = (row(table, 0, days) for days in (7, 14, 28))
    assert first["p_family"] == 1 / 200
    assert 1.3 < first["ratio"] < 1.6
    assert first["ratio"] > second["ratio"] > third["ratio"]
    assert third["p"] > 0.05


def test_aggravated_assaults_in_chicago_repeat_in_the_cell_and_hardly_next_to_it(shared_data):
    """2016: 1.3 times in the same cell within 7 days, 1.02 times in the next ring."""
    assaults = timed(
        shared_data / "incidents_with_times/chicago_aggravated_assaults_2010_2017.csv.gz", "date", None, 2016
    )
    table = near_repeats(assaults["cell"], assaults["day"], permutations=199)
    assert row(table, 0, 7)["p_family"] == 1 / 200
    assert 1.2 < row(table, 0, 7)["ratio"] < 1.4
    assert row(table, 1, 7)["ratio"] < 1.1
