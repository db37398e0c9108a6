"""The dose that was planted is found from positions: without bias, within what theory allows, and nothing where
nothing was planted.

Tolerances. A position every Δ seconds, its phase uniform, tells the start and the end of a stay each within a uniform
error of ±Δ/2: no bias, variance Δ²/12 an edge, Δ²/6 a stay. So n stays have a standard error of Δ·√(n/6), whatever
their length, as long as nothing but timing errs. What may err besides: a device's 5 m, outings shorter than the edge
tolerance, which the rule counts as being there and the truth does not.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from hotspots import geography
from hotspots.base.clock import day_number
from hotspots.base.settings import Settings
from hotspots.demo.patrols import positions, seconds_inside, true_stays
from hotspots.demo.roster import AT_CALL, TO_CALL
from hotspots.demo.tracks import Tracks, make_tracks
from hotspots.demo.workspace import COMPARISON, TRUTH, demo_areas
from tests.conftest import sets
from tests.position_stays import stays_of

SETTINGS = Settings()
AREAS = demo_areas()
CELLS = {int(c, 16): a for a, cells in zip(AREAS["area"], AREAS["cells"], strict=True) for c in cells}
FIRST, DAYS = date(2026, 10, 22), 6  # the clocks go back in the night to the 25th
LAST = FIRST + timedelta(days=DAYS - 1)
WINDOW = range(day_number(FIRST), day_number(LAST) + 1)
SEEDS = (11, 12, 13, 14)[: sets(4, 2)]
THIN = {30: 0.02, 60: 0.02, 120: 0.02, 300: 0.03}  # share of the dose that may be missed or added


class Month(NamedTuple):
    """Paths, and what truly happened in their hot spots."""

    seed: int
    tracks: Tracks
    truth: pd.DataFrame  # stays


def in_window(stays: pd.DataFrame) -> pd.DataFrame:
    return stays[stays["patrol_day"].isin(WINDOW)]


def drawn(seed: int, planted: bool = True) -> Month:
    tracks = make_tracks(AREAS, FIRST, LAST, seed, SETTINGS, planted=planted)
    return Month(seed, tracks, in_window(true_stays(tracks, seconds_inside(tracks), SETTINGS)))


def found(month: Month, interval_s: int, noise_m: float) -> pd.DataFrame:
    """The stays that positions every so many seconds give."""
    pings = positions(month.tracks, interval_s, noise_m, month.seed)
    at = month.tracks.plane.metres(pings["lon"], pings["lat"])
    metres = pd.Series(np.hypot(*np.diff(at, axis=0, prepend=np.nan).T))
    between = (3.6 * metres / pings["t"].diff()).where(pings["unit"].diff() == 0)
    officers = np.array([u.officers for u in month.tracks.units])
    table = pings.assign(
        cell=geography.cells_at(pings["lon"], pings["lat"], 10), speed_kmh=pings["kmh"].fillna(between),
        on_call=pings["does"].isin((TO_CALL, AT_CALL)), officers=officers[pings["unit"]],
    )  # fmt: skip
    return in_window(stays_of(table, CELLS, SETTINGS))


def patrols(stays: pd.DataFrame) -> pd.DataFrame:
    return stays[~stays["reactive"] & ~stays["moving"]]


def union_seconds(stays: pd.DataFrame) -> float:
    """Seconds with anyone there, hot spot by hot spot, by marking half seconds: slow and plain."""
    total = 0
    for _, one in stays.groupby("area"):
        marks = [np.arange(round(2 * s), round(2 * e)) for s, e in zip(one["start"], one["end"], strict=True)]
        total += len(np.unique(np.concatenate(marks)))
    return total / 2


def adequate(stays: pd.DataFrame) -> pd.DataFrame:
    """Visits per hot spot and day whose longest stay has ten minutes, by joining stays that overlap or touch."""
    rows = []
    for (area, day), one in stays.sort_values("start").groupby(["area", "patrol_day"]):
        until, longest, n = -np.inf, 0.0, 0
        for start, end in zip(one["start"], one["end"], strict=True):
            if start > until:
                n += longest >= 600
                longest = 0.0
            until, longest = max(until, end), max(longest, end - start)
        rows.append((area, day, n + (longest >= 600)))
    return pd.DataFrame(rows, columns=["area", "day", "visits"]).set_index(["area", "day"])["visits"]


@pytest.fixture(scope="session")
def months() -> list[Month]:
    return [drawn(seed) for seed in SEEDS]


@pytest.fixture(scope="session")
def measured(months) -> dict[int, list[pd.DataFrame]]:
    """The stays found at each interval, with an error of 5 m."""
    return {interval: [found(m, interval, 5.0) for m in months] for interval in THIN}


# ---------------------------------------------------------------- the whole dose


def test_every_month_is_recovered_within_two_per_cent(months, measured):
    for month, stays in zip(months, measured[30], strict=True):
        true, mine = patrols(month.truth), patrols(stays)
        assert len(true) > 100
        assert union_seconds(mine) == pytest.approx(union_seconds(true), rel=0.02)
        assert mine["officer_seconds"].sum() == pytest.approx(true["officer_seconds"].sum(), rel=0.02)


def test_treated_and_comparison_hot_spots_are_recovered_apart(months, measured):
    """Comparison hot spots have few stays: there the standard error of their timing decides."""
    compared = AREAS["area"].iloc[list(COMPARISON)]
    true = pd.concat([patrols(m.truth) for m in months])
    mine = pd.concat([patrols(s) for s in measured[30]])
    for inside in (True, False):
        wanted, got = (t[t["area"].isin(compared) == inside] for t in (true, mine))
        timing = 30 * np.sqrt(len(wanted) / 6)
        assert got["seconds"].sum() == pytest.approx(
            wanted["seconds"].sum(), abs=0.01 * wanted["seconds"].sum() + 4 * timing
        )


@pytest.mark.parametrize("interval", THIN)
def test_thinner_positions_lose_precision_and_not_the_dose(months, measured, interval):
    """Over all months; the bias that remains at five minutes is that of stays too short to be seen."""
    true = sum(patrols(m.truth)["officer_seconds"].sum() for m in months)
    mine = sum(patrols(s)["officer_seconds"].sum() for s in measured[interval])
    assert mine == pytest.approx(true, rel=THIN[interval])


def test_the_spread_grows_with_the_interval(months, measured):
    """The error of a hot spot's day grows as Δ does: tenfold the interval, several times the spread."""

    def spread(interval: int) -> float:
        by = ["area", "patrol_day"]
        errors = [
            patrols(s).groupby(by)["seconds"].sum().sub(patrols(m.truth).groupby(by)["seconds"].sum(), fill_value=0)
            for m, s in zip(months, measured[interval], strict=True)
        ]
        return float(pd.concat(errors).std())

    assert spread(30) < spread(120) < spread(300)
    assert spread(300) > 4 * spread(30)


# ---------------------------------------------------------------- no bias but that of timing


def errors_of_timing(months: list[Month], interval: int) -> tuple[pd.Series, pd.Series]:
    """Error in seconds, and number of true stays, of each hot spot and day; exact positions.

    Left out are days on which a unit is outside for less than the edge tolerance and an interval, or on which a call
    begins or ends inside: there the rule and the truth mean different things.
    """
    errors, counts = [], []
    short = SETTINGS.edge_tolerance_seconds + interval
    for month in months:
        truth = month.truth.sort_values(["unit", "area", "start"])
        again = truth.groupby(["unit", "area"])["start"].shift(-1) - truth["end"]
        before = truth["start"] - truth.groupby(["unit", "area"])["end"].shift()
        odd = truth[(again <= short) | (before <= short) | (~truth["moving"] & (truth["seconds"] < interval))]
        left_out = set(zip(odd["area"], odd["patrol_day"], strict=True))
        by = ["area", "patrol_day"]
        true = patrols(truth).groupby(by)["seconds"].agg(["sum", "size"])
        true = true[[key not in left_out for key in true.index]]
        mine = patrols(found(month, interval, 0.0)).groupby(by)["seconds"].sum().reindex(true.index, fill_value=0.0)
        errors.append(mine - true["sum"])
        counts.append(true["size"])
    return pd.concat(errors), pd.concat(counts)


@pytest.mark.parametrize("interval", [30, 60])
def test_a_hot_spots_day_has_no_error_but_that_of_timing(months, interval):
    """Mean and spread of the errors, in units of Δ·√(n/6); no stay may be wrong by a whole interval.

    The mean of k such errors has a standard error of 1/√k. Their mean square is 1 with a standard error of √(2/k) if
    they were normal; those of single stays have thinner tails.
    """
    errors, stays = errors_of_timing(months, interval)
    z = errors / (interval * np.sqrt(stays / 6))
    k = len(z)
    assert k > 25 * len(SEEDS)
    assert abs(z.mean()) < 4 / np.sqrt(k)
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / k)
    assert (errors.abs() <= interval * stays).all()


# ---------------------------------------------------------------- visits, calls, nothing


def test_adequate_visits_are_recovered(months, measured):
    """Planted stays last 3–8 minutes or more than 11, so at 30 seconds few can be on the wrong side of ten."""
    for month, stays in zip(months, measured[30], strict=True):
        true, mine = adequate(patrols(month.truth)), adequate(patrols(stays))
        assert true.sum() > 80
        assert mine.sum() == pytest.approx(true.sum(), rel=0.03)
        both = pd.concat([true, mine], axis=1).fillna(0)
        assert (both.iloc[:, 0] == both.iloc[:, 1]).mean() > 0.95


def test_reactive_time_stays_apart(months, measured):
    """Calls inside hot spots are found as such, and are no part of the dose."""
    for month, stays in zip(months, measured[30], strict=True):
        true, mine = (t[t["reactive"]] for t in (month.truth, stays))
        assert len(true) > 15
        timing = 4 * 30 * np.sqrt((true["officer_seconds"] / true["seconds"]).pow(2).sum() / 6)
        assert mine["officer_seconds"].sum() == pytest.approx(true["officer_seconds"].sum(), abs=timing)


def test_where_nothing_is_planted_the_dose_is_nothing():
    """Cars drive through, and calls are answered; nobody patrols.

    A unit whose device gives no speed may be seen once as it leaves a call, slow by the distance from its last
    position: no more than a pass-through, of one position each.
    """
    for seed in SEEDS[:2]:
        month = drawn(seed, planted=False)
        assert not len(patrols(month.truth))
        assert month.truth["moving"].sum() > 50
        stays = found(month, 30, 5.0)
        assert stays["moving"].sum() > 20
        gives = np.array([u.gives_speed for u in month.tracks.units])
        assert not len(patrols(stays[gives[stays["unit"]]]))
        slow = patrols(stays)
        assert (slow["n_pings"] == 1).all()
        assert len(slow) <= 3
        assert stays.loc[stays["reactive"], "seconds"].sum() > 3_600


# ---------------------------------------------------------------- the whole way, faults and all


def test_the_demo_gives_back_what_its_truth_says_tracking_could_see(patrolled):
    """Import, register, positions with every fault, and logs where there is no tracking."""
    from hotspots.patrols.dosage.stretches import DoseQuestion
    from hotspots.patrols.dosage.workspace import dose_workspace

    truth = json.loads((patrolled / TRUTH).read_text(encoding="utf-8"))["patrols"]
    planted = pd.DataFrame(truth["days"], columns=truth["columns"]).set_index(["area", "patrol_day"])
    dose = dose_workspace(Path(patrolled), DoseQuestion(start=truth["first"], end=truth["last"]))
    table = dose.table.set_index(["area", "patrol_day"])
    assert set(table.index) == set(planted.index)
    seen = (table["patrol_minutes"] - table["log_minutes"].fillna(0)).sum()
    assert seen == pytest.approx(planted["proactive_seconds_tracked"].sum() / 60, rel=0.02)
    assert table["reactive_minutes"].sum() == pytest.approx(
        planted["reactive_officer_seconds_tracked"].sum() / 60, rel=0.03
    )
    assert table["visits"].sum() == pytest.approx(planted["visits"].sum(), rel=0.03)
    assert table["log_minutes"].sum() > 0
    assert dose.synthetic
