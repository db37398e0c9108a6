"""The synthetic patrols: paths that could be, faults that are counted, and a truth that a sergeant could check."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest

from hotspots.base.clock import day_number
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.demo.patrols import (  # fmt: skip
    FAST_S,
    LOG_COLUMNS,
    UNTRACKED_UNIT,
    Patrols,
    log_of,
    no_faults,
    planned_faults,
    positions,
    seconds_inside,
    synthetic_patrols,
    true_dose,
    true_stays,
)
from hotspots.demo.roster import OFF, PATROLLING, Place, Unit, places_of
from hotspots.demo.tracks import Tracks, make_tracks
from hotspots.demo.workspace import demo_areas

SETTINGS = Settings()
FIRST, LAST = date(2026, 10, 22), date(2026, 10, 27)  # the clocks go back in the night to the 25th
AREAS = demo_areas()
CELL = h3.latlng_to_cell(53.7590, -2.6990, 10)
ONE = pd.DataFrame({"area": ["South-01"], "bcu": ["South"], "role": ["treated"], "cells": [(f"{CELL:x}",)]})


@pytest.fixture(scope="module")
def made() -> Patrols:
    return synthetic_patrols(AREAS, FIRST, LAST, 5, SETTINGS)


@pytest.fixture(scope="module")
def tracks() -> Tracks:
    return make_tracks(AREAS, FIRST, LAST, 5, SETTINGS)


def second(text: str) -> int:
    """UTC seconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def degrees(tracks: Tracks, which: slice) -> tuple[np.ndarray, np.ndarray]:
    return tracks.plane.degrees(tracks.at[which])


# ---------------------------------------------------------------- the same again, and nobody else's dice


def test_the_same_seed_gives_the_same_tables(made):
    again = synthetic_patrols(AREAS, FIRST, LAST, 5, SETTINGS)
    pd.testing.assert_frame_equal(again.pings, made.pings)
    pd.testing.assert_frame_equal(again.log, made.log)
    assert json.dumps(again.truth) == json.dumps(made.truth)
    other = synthetic_patrols(AREAS, FIRST, LAST, 6, SETTINGS)
    assert other.truth["totals"] != made.truth["totals"]


def test_nothing_is_drawn_from_the_common_generator():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    synthetic_patrols(ONE, FIRST, FIRST, 1, SETTINGS)
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]


def test_what_happened_depends_neither_on_interval_nor_on_noise_nor_on_faults(made):
    """What tracking could see depends on lost signal; what happened does not."""
    coarse = synthetic_patrols(AREAS, FIRST, LAST, 5, SETTINGS, interval_s=300, noise_m=0.0, faults=False)
    mine, other = (
        pd.DataFrame(p.truth["days"], columns=p.truth["columns"]).set_index(["area", "patrol_day"])
        for p in (made, coarse)
    )
    happened = [c for c in mine.columns if not c.endswith("_tracked")]
    pd.testing.assert_frame_equal(mine[happened], other[happened])
    seen = other[[f"{c}_tracked" for c in happened]].set_axis(happened, axis=1)
    pd.testing.assert_frame_equal(seen, other[happened])
    assert mine["officer_seconds_tracked"].sum() < mine["officer_seconds"].sum()


# ---------------------------------------------------------------- paths


def test_a_unit_is_in_one_place_at_a_time_and_no_faster_than_a_car(tracks):
    for unit in range(len(tracks.units)):
        which = tracks.of(unit)
        seconds = np.diff(tracks.t[which])
        assert (seconds >= 0).all()
        on_shift = (tracks.does[which][:-1] != OFF) & (seconds > 0)
        metres = np.hypot(*np.diff(tracks.at[which], axis=0).T)
        assert (3.6 * metres[on_shift] / seconds[on_shift]).max() <= 60.001
        assert (metres[seconds == 0] < 0.001).all()


def test_shifts_cover_the_day_and_the_longer_night_has_nine_hours(tracks):
    hours = (tracks.shifts["end"] - tracks.shifts["start"]) / 3600
    assert hours.between(7.99, 13).all()
    starts = pd.to_datetime(tracks.shifts["start"], unit="s", utc=True).dt.tz_convert("Europe/London")
    nearest = starts.dt.round("h").dt.hour
    assert set(nearest) == {7, 14, 22}
    longer = hours[(nearest == 22) & (starts.dt.day == 24)]
    assert len(longer)
    assert (longer >= 8.99).all()


def test_positions_are_regular_and_begin_at_any_second(tracks):
    pings = positions(tracks, 60, 0.0, 5)
    steps = pings.groupby("unit")["t"].diff().dropna()
    assert (steps == 60).sum() == len(pings) - len(tracks.shifts)
    assert (steps >= 60).all()
    first = pings[pings.groupby("unit")["t"].diff().ne(60)]["t"].to_numpy()
    assert len(set((first % 60).tolist())) > 30


def test_noise_has_the_size_that_was_asked_for(tracks):
    exact, noisy = positions(tracks, 60, 0.0, 5), positions(tracks, 60, 5.0, 5)
    apart = tracks.plane.metres(noisy["lon"], noisy["lat"]) - tracks.plane.metres(exact["lon"], exact["lat"])
    assert apart.std() == pytest.approx(5.0, rel=0.02)
    assert abs(apart.mean()) < 0.1


def test_patrols_walk_or_stand_inside_their_cells(tracks):
    """Between arrival and departure every tenth second lies in a cell of the hot spot, by H3 itself."""
    cells = {a: {int(c, 16) for c in cs} for a, cs in zip(AREAS["area"], AREAS["cells"], strict=True)}
    assert len(tracks.visits) > 100
    for unit, area, start, end, foot, call in tracks.visits.itertuples(index=False):
        which = tracks.of(unit)
        t = np.arange(np.ceil(start), end, 10)
        at = np.column_stack([np.interp(t, tracks.t[which], tracks.at[which, i]) for i in (0, 1)])
        found = {h3.latlng_to_cell(y, x, 10) for x, y in zip(*tracks.plane.degrees(at), strict=True)}
        assert found <= cells[area]
        if foot and not call:
            assert (np.hypot(*np.diff(at, axis=0).T) <= 10 * 4.001 / 3.6).all()


def test_calls_and_bases_lie_outside_unless_meant_to(tracks):
    """Without calls inside, and without patrols, nobody stops in a hot spot."""
    idle = make_tracks(AREAS, FIRST, LAST, 5, SETTINGS, planted=False, calls_inside=0.0)
    stays = true_stays(idle, seconds_inside(idle), SETTINGS)
    assert len(stays) > 50  # cars do drive through
    assert stays["moving"].all()
    assert stays["seconds"].max() < 60
    assert not len(idle.visits)


# ---------------------------------------------------------------- what is planted on purpose


def test_some_visits_overlap_some_cross_six_and_one_the_change_of_the_clocks(tracks):
    stays = true_stays(tracks, seconds_inside(tracks), SETTINGS)
    patrols = stays[~stays["reactive"] & ~stays["moving"]].sort_values(["area", "start"])
    before = patrols.groupby("area")["end"].cummax().groupby(patrols["area"]).shift()
    assert (patrols["start"] < before).any()
    six = {second(f"2026-10-{d} 05:00") for d in (22, 23, 24)} | {second(f"2026-10-{d} 06:00") for d in (25, 26, 27)}
    assert len(patrols[patrols["end"].isin(six)]) >= 2  # cut there, and the rest begins the next day
    assert set(patrols.loc[patrols["end"].isin(six), "end"]) <= set(patrols["start"])
    change = second("2026-10-25 01:00")
    across = patrols[(patrols["start"] < change - 300) & (patrols["end"] > change + 300)]
    assert len(across) == 3  # one in each BCU
    assert set(across["patrol_day"]) == {day_number("2026-10-24")}


def test_treated_hot_spots_differ_and_comparison_ones_get_little(made):
    days = pd.DataFrame(made.truth["days"], columns=made.truth["columns"])
    minutes = days.groupby("area")["proactive_seconds"].sum() / 60 / 6
    treated = AREAS.loc[AREAS["role"] == "treated", "area"]
    compared = AREAS.loc[AREAS["role"] == "comparison", "area"]
    assert minutes[treated].min() < 20
    assert minutes[treated].max() > 36
    assert minutes[compared].mean() < 0.3 * minutes[treated].mean()


# ---------------------------------------------------------------- faults and log


def test_the_feed_has_the_faults_that_the_truth_tells_of(made):
    feed, told = made.pings, made.truth["faults"]
    assert list(feed.columns) == ["unit", "time", "longitude", "latitude", "speed", "status", "officers"]
    assert len(feed) == made.truth["rows"]
    assert feed["time"].max() < second("2026-10-28 06:00")  # the end of the last patrol day
    repeated = feed.duplicated().sum()
    assert repeated == told["repeated_rows"] > 0
    zero = (feed["longitude"] == 0) & (feed["latitude"] == 0)
    assert zero.sum() - (zero & feed.duplicated()).sum() == told["zero_positions"] > 0
    assert (feed.groupby("unit")["time"].diff() < 0).sum() == told["rows_out_of_order"] > 0
    assert told["jumps"] > 0
    assert feed["speed"].isna().any()


def test_a_unit_without_a_signal_sends_nothing(made):
    silent = made.truth["units"][UNTRACKED_UNIT]
    assert silent["untracked"]
    for unit in made.truth["units"]:
        times = made.pings.loc[made.pings["unit"] == unit["unit"], "time"].to_numpy() - unit["clock_fast_s"]
        for start, end in unit["no_signal"]:
            assert not ((times >= start) & (times < end)).any()
    assert sum(len(u["no_signal"]) for u in made.truth["units"]) > 5
    assert [u["clock_fast_s"] for u in made.truth["units"]].count(FAST_S) == 1


def test_the_log_holds_some_visits_and_all_of_the_unit_that_is_not_tracked():
    tracks = make_tracks(AREAS, date(2026, 10, 12), date(2026, 10, 25), 5, SETTINGS)
    faults = planned_faults(tracks, 5, date(2026, 10, 12), date(2026, 10, 25), SETTINGS)
    log = log_of(tracks, faults, 5, second("2026-10-26 06:00"))
    assert list(log.columns) == list(LOG_COLUMNS)
    patrols = tracks.visits[~tracks.visits["call"]]
    n = len(patrols)
    assert (log["reactive"] == "no").sum() / n == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / n) + 0.03)
    silent = faults.lost[faults.lost["unit"] == UNTRACKED_UNIT].iloc[0]
    unseen = patrols[(patrols["unit"] == UNTRACKED_UNIT) & patrols["start"].between(silent["start"], silent["end"])]
    assert len(unseen) > 3
    mine = log[(log["unit"] == tracks.units[UNTRACKED_UNIT].name) & (log["reactive"] == "no")]
    logged = pd.to_datetime(mine["start"]).map(lambda t: int(t.timestamp())).to_numpy()
    assert all(np.abs(logged - start).min() <= 150 for start in unseen["start"])


def test_without_faults_the_feed_is_perfect():
    made = synthetic_patrols(ONE, FIRST, LAST, 3, SETTINGS, faults=False)
    feed = made.pings
    assert not feed.duplicated(["unit", "time"]).any()
    assert (feed.groupby("unit")["time"].diff().dropna() > 0).all()
    assert feed["longitude"].between(-3.5, -2).all()
    assert made.truth["faults"] == {}
    assert feed["unit"].nunique() == 6


# ---------------------------------------------------------------- the truth, by hand


def by_hand(stays: list[tuple[int, str, str]], officers: tuple[int, ...]) -> Tracks:
    """Units that stand in the middle of one cell from … to … (UTC), and 2 km away before and after."""
    plane, places = places_of(ONE)
    middle, away = places[0].middle, places[0].middle + np.array([2_000.0, 0.0])
    rows = []
    for unit in range(len(officers)):
        rows.append((unit, second("2026-06-01 00:00"), away))
        for who, start, end in stays:
            if who == unit:
                a, b = second(start), second(end)
                rows += [(unit, a - 1, away), (unit, a, middle), (unit, b - 1, middle), (unit, b, away)]
        rows.append((unit, second("2026-06-30 00:00"), away))
    n = len(rows)
    return Tracks(
        plane, places, tuple(Unit(f"u{i}", "South", k, True, (0.0, 0.0)) for i, k in enumerate(officers)),
        np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows]), np.vstack([r[2] for r in rows]),
        np.full(n, PATROLLING), pd.DataFrame(columns=["unit", "start", "end"]), pd.DataFrame(),
    )  # fmt: skip


def dose_by_hand(tracks: Tracks, day: str) -> dict[str, int]:
    stays = true_stays(tracks, seconds_inside(tracks), SETTINGS)
    table = true_dose(stays, ["South-01"], np.array([day_number(day)]), SETTINGS)
    return {k: int(v) for k, v in table.drop(columns=["area", "patrol_day"]).iloc[0].items()}


def test_two_officers_twenty_two_officer_minutes_fifteen_patrol_minutes_one_visit():
    tracks = by_hand([(0, "2026-06-10 13:00", "2026-06-10 13:12"), (1, "2026-06-10 13:05", "2026-06-10 13:15")], (1, 1))
    dose = dose_by_hand(tracks, "2026-06-10")
    assert dose["officer_seconds"] == 22 * 60
    assert dose["proactive_seconds"] == 15 * 60
    assert (dose["visits"], dose["visits_below_threshold"]) == (1, 0)


def test_a_stay_over_six_o_clock_is_cut_and_a_double_crew_counts_twice():
    tracks = by_hand([(0, "2026-06-10 04:52", "2026-06-10 05:15")], (2,))  # 05:52 to 06:15 in London
    before, after = dose_by_hand(tracks, "2026-06-09"), dose_by_hand(tracks, "2026-06-10")
    assert (before["proactive_seconds"], before["officer_seconds"], before["visits"]) == (480, 960, 0)
    assert (after["proactive_seconds"], after["officer_seconds"], after["visits"]) == (900, 1800, 1)
    assert before["visits_below_threshold"] == 1


def test_two_short_stays_that_touch_are_one_visit_below_the_threshold():
    tracks = by_hand([(0, "2026-06-10 13:00", "2026-06-10 13:08"), (1, "2026-06-10 13:08", "2026-06-10 13:16")], (1, 1))
    dose = dose_by_hand(tracks, "2026-06-10")
    assert (dose["proactive_seconds"], dose["visits"], dose["visits_below_threshold"]) == (960, 0, 1)


def test_seconds_inside_are_those_that_h3_puts_there(tracks):
    """Membership by the outlines is membership by H3, near the edges too."""
    found = seconds_inside(tracks)
    owner = {int(c, 16): a for a, cs in zip(AREAS["area"], AREAS["cells"], strict=True) for c in cs}
    pings = positions(tracks, 7, 0.0, 5)
    lon, lat = pings["lon"].to_numpy(), pings["lat"].to_numpy()
    near = np.zeros(len(pings), dtype=bool)
    for place in tracks.places:
        near |= np.hypot(*(tracks.plane.metres(lon, lat) - place.middle).T) < 400
    pings = pings[near].reset_index(drop=True)
    cells = [h3.latlng_to_cell(y, x, 10) for x, y in zip(pings["lon"], pings["lat"], strict=True)]
    expected = pd.DataFrame({"unit": pings["unit"], "t": pings["t"], "area": [owner.get(c, "") for c in cells]})
    both = expected.merge(found[["unit", "t", "area"]], on=["unit", "t"], how="left", suffixes=("", "_true"))
    differ = both[both["area"] != both["area_true"].fillna("")]
    assert (both["area"] != "").sum() > 2_000
    assert len(differ) <= 2  # six decimals of a degree are 0.1 m


def test_places_know_their_neighbours():
    _, places = places_of(AREAS)
    assert all(isinstance(p, Place) and min(p.radius) > 50 for p in places)
    assert all(len(p.beside[0]) == len(p.centres) - 1 for p in places if len(p.centres) <= 2)


def test_a_wrong_request_is_told():
    with pytest.raises(HotspotsError, match="window"):
        synthetic_patrols(ONE, LAST, FIRST, 1, SETTINGS)
    with pytest.raises(HotspotsError, match="hot spot"):
        synthetic_patrols(ONE.iloc[:0], FIRST, LAST, 1, SETTINGS)


def test_no_faults_lose_nothing(tracks):
    assert not len(no_faults().lost)
    assert len(log_of(tracks, no_faults(), 5, second("2026-10-28 06:00"))) < len(tracks.visits)
