"""Stays and visits: the fast way equals the slow plain one, and what must hold of any patrol."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.settings import Settings
from hotspots.patrols.visits import visits
from tests.conftest import examples
from tests.plain_visits import PlainRules, plain_minutes, plain_stays, plain_visits
from tests.position_stays import apart_of, stays_of

HOME = Settings()
CELLS = {7: "A", 8: "A", 9: "B", 6: "C"}  # they adjoin; 1 is outside
LONDON = ZoneInfo("Europe/London")
# Around 06:00 on an ordinary day and on the nights of both clock changes, and around noon.
STARTS = [
    int(datetime(*when, tzinfo=LONDON).timestamp())
    for when in ((2026, 6, 2, 5, 40), (2026, 6, 2, 12, 0), (2026, 3, 29, 5, 40), (2026, 10, 25, 5, 30))
]
COLUMNS = ["unit", "t", "cell", "speed_kmh", "on_call", "officers"]

steps = st.one_of(st.integers(1, 100), st.sampled_from([30, 60, 89, 90, 91, 299, 300, 301, 900]))
position = st.tuples(
    steps,
    st.sampled_from([7, 7, 7, 8, 9, 9, 6, 1]),
    st.sampled_from([0.0, 3.0, 7.0, 7.1, 30.0, None]),
    st.sampled_from([False, False, False, True]),
    st.integers(1, 3),
)
track = st.tuples(st.sampled_from(STARTS), st.lists(position, min_size=1, max_size=25))
tracks = st.lists(track, min_size=1, max_size=15)
rules = st.builds(
    lambda gap, credit, edge, calls: replace(
        HOME, visit_gap_minutes=gap / 60, ping_credit_minutes=min(credit, gap) / 60,
        edge_tolerance_seconds=min(edge, gap), exclude_on_call=calls,
    ),
    st.sampled_from([300, 300, 120]), st.sampled_from([300, 300, 60, 45]), st.sampled_from([90, 90, 0, 120]),
    st.sampled_from([True, True, False]),
)  # fmt: skip


def table(given: list) -> pd.DataFrame:
    rows = []
    for unit, (start, positions) in enumerate(given, start=1):
        t = start
        for step, cell, speed, call, officers in positions:
            t += step
            rows.append((unit, t, cell, np.nan if speed is None else speed, call, officers))
    return pd.DataFrame(rows, columns=COLUMNS)


def plainly(rows: pd.DataFrame, chosen: Settings) -> list[dict]:
    return plain_stays(rows, CELLS, PlainRules.of(chosen), chosen)


@settings(max_examples=examples(40))
@given(tracks, rules)
def test_the_fast_way_equals_the_slow_plain_one(given, chosen):
    rows = table(given)
    fast = stays_of(rows, CELLS, chosen).to_dict("records")
    slow = plainly(rows, chosen)
    assert len(fast) == len(slow)
    for one, other in zip(fast, slow, strict=True):
        assert {k: float(v) if not isinstance(v, (str, bool)) else v for k, v in other.items()} == {
            k: float(v) if not isinstance(v, (str, bool)) else v for k, v in one.items() if k in other
        }


@settings(max_examples=examples(15))
@given(tracks, rules)
def test_visits_equal_those_worked_out_plainly(given, chosen):
    chosen = replace(chosen, ping_credit_minutes=chosen.visit_gap_minutes)  # where spans and credit are the same
    rows = table(given)
    fast = visits(stays_of(rows, CELLS, chosen), chosen)
    slow = plain_visits(plainly(rows, chosen), PlainRules.of(chosen))
    assert len(fast) == len(slow)
    ordered = sorted(slow, key=lambda v: (v["area"], v["patrol_day"], v["start"]))
    for one, other in zip(fast.to_dict("records"), ordered, strict=True):
        assert (one["area"], one["patrol_day"], one["band"], one["units"]) == (
            other["area"], other["patrol_day"], other["band"], other["units"],
        )  # fmt: skip
        assert (one["start"], one["end"]) == (other["start"], other["end"])
        for name in ("patrol", "longest", "officer"):
            assert np.isclose(60 * one[f"{name}_minutes"], float(other[f"{name}_seconds"]), rtol=0, atol=1e-6), name


@settings(max_examples=examples(15))
@given(tracks, rules)
def test_minutes_of_hot_spots_that_adjoin_are_those_of_both_as_one(given, chosen):
    """While a unit leaves neither: a border between two moves minutes from one to the other and loses none."""
    chosen = replace(chosen, ping_credit_minutes=chosen.visit_gap_minutes, exclude_on_call=True)
    rows = table([(STARTS[1], positions) for _, positions in given]).assign(cell=lambda t: t["cell"].replace(1, 9))
    one = stays_of(rows, dict.fromkeys(CELLS, "A"), chosen)
    pd.testing.assert_series_equal(minutes_by_day(stays_of(rows, CELLS, chosen)), minutes_by_day(one))


def minutes_by_day(stays: pd.DataFrame) -> pd.Series:
    return stays.groupby(["unit", "patrol_day", "reactive"])["seconds"].sum()


@settings(max_examples=examples(15))
@given(tracks, rules, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_repeated_rows_change_nothing(given, chosen, random):
    rows = table(given)
    order = list(range(len(rows))) * 2
    random.shuffle(order)
    pd.testing.assert_frame_equal(
        stays_of(rows, CELLS, chosen), stays_of(rows.iloc[order].reset_index(drop=True), CELLS, chosen)
    )


@settings(max_examples=examples(15))
@given(tracks, rules, st.integers(1, 400), st.integers(0, 7))
def test_a_stopped_position_more_inside_never_lowers_the_minutes_there(given, chosen, after, which):
    rows = table(given).assign(cell=lambda t: t["cell"].where(~t["cell"].isin([9, 6]), 1), on_call=False)
    unit = which % len(given) + 1
    t = int(rows.loc[rows["unit"] == unit, "t"].min()) + after
    if ((rows["unit"] == unit) & (rows["t"] == t)).any():
        return
    more = pd.DataFrame([(unit, t, 7, 0.0, False, 1)], columns=COLUMNS)
    before, then = (
        stays_of(r, CELLS, chosen) for r in (rows.assign(officers=1), pd.concat([rows.assign(officers=1), more]))
    )
    assert proactive(then) >= proactive(before) - 1e-9


def proactive(stays: pd.DataFrame) -> float:
    return float(stays.loc[~stays["moving"] & ~stays["reactive"], "officer_seconds"].sum())


@settings(max_examples=examples(15))
@given(tracks, rules)
def test_the_union_is_never_more_than_the_sum_and_credit_never_more_than_the_time(given, chosen):
    rows = table(given)
    stays = stays_of(rows, CELLS, chosen)
    seen = visits(stays, chosen)
    assert (seen["patrol_minutes"] <= seen["officer_minutes"] + 1e-9).all()
    span = rows.groupby("unit")["t"].agg(["min", "max"])
    credited = stays.groupby("unit")["seconds"].sum()
    assert (credited <= (span["max"] - span["min"]).reindex(credited.index) + 1e-9).all()
    assert (stays["start"] >= span["min"].reindex(stays["unit"]).to_numpy()).all()
    assert (stays["end"] <= span["max"].reindex(stays["unit"]).to_numpy()).all()


longer = st.sampled_from([30, 300, 300, 301, 900, 14_400, 14_401])
standing = st.lists(st.tuples(longer, st.sampled_from([7, 7, 7, 9, 1]), st.sampled_from([0, 0, 0, 1])), max_size=40)


@settings(max_examples=examples(25))
@given(
    st.lists(st.tuples(st.sampled_from(STARTS), standing, st.sampled_from([False, True])), min_size=1, max_size=6),
    st.sampled_from([(15, 45), (60, 120), (5, 21)]), st.sampled_from([5.0, 1.0]), st.sampled_from([{}, {21: "yard"}]),
)  # fmt: skip
def test_minutes_that_are_no_patrol_are_those_worked_out_plainly(given, lengths, credit, masked):
    """Cars that stand at one of two points for hours, with silences, over 06:00 and at a masked site."""
    frozen, most = lengths
    chosen = replace(HOME, frozen_minutes=frozen, visit_most_minutes=most, ping_credit_minutes=credit)
    rows = []
    for unit, (start, steps, call) in enumerate(given, start=1):
        t = start
        for step, cell, point in steps:
            t += step
            rows.append((unit, t, cell, 0.0, call and point == 1, 2, -2.7 + point / 1000, 53.76, 20 + point))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "lon", "lat", "cell_11"])
    fast = apart_of(table, CELLS, chosen, masked)
    fast = fast[~fast["reactive"] & ~fast["moving"]]
    names = fast["area"] + fast["site"].map(lambda s: s and f" at {s}")
    sums = fast.assign(area=names, why=fast["apart"].replace("masked", "")).groupby(
        ["unit", "area", "patrol_day", "why"]
    )
    found = {key: seconds for key, seconds in sums["seconds"].sum().to_dict().items() if seconds}
    # To the plain way a masked site is more hot spots: a cell of its own in A, in B and outside.
    parts = {100 * c + 21: f"{CELLS.get(c, '')} at yard" for c in (7, 9, 1)} if masked else {}
    cells = table["cell"].where(~table["cell_11"].isin(list(masked)), 100 * table["cell"] + table["cell_11"])
    slow = plain_minutes(table.assign(cell=cells), CELLS | parts, PlainRules.of(chosen), chosen)
    slow = masked_whole({k: v for k, v in slow.items() if not k[1].startswith(" at ")})
    assert {k: float(v) for k, v in slow.items()} == found


def masked_whole(minutes: dict) -> dict:
    """Of a masked site no minute is told apart further."""
    found: dict = {}
    for (unit, area, day, why), seconds in minutes.items():
        key = (unit, area, day, "" if " at " in area else why)
        found[key] = found.get(key, 0) + seconds
    return found
