"""Every schedule keeps every rule, whatever was asked for; the same seed gives the same one; every cell is hashed."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.trials.draw import design, redraw
from hotspots.trials.layout import Design, from_json, to_json
from tests.conftest import examples

FIRST = date(2026, 1, 5)


def longest_run(row: np.ndarray) -> int:
    return max((sum(1 for _ in group) for value, group in itertools.groupby(row) if value), default=0)


def keeps_every_rule(trial: Design, treated: np.ndarray) -> None:
    """Written out plainly, day by day."""
    days = [trial.first + timedelta(days=i) for i in range(treated.shape[1])]
    off = [i for i, day in enumerate(days) if day in trial.days_off]
    bcus = [dict(place)["bcu"] for place in trial.places]
    assert not treated[:, off].any()
    assert max(longest_run(row) for row in treated) <= trial.longest_run
    totals = [int(row.sum()) for row in treated]
    assert max(totals) == min(totals)
    for start in range(0, len(days), trial.block_days):
        for bcu in set(bcus):
            rows = [i for i, b in enumerate(bcus) if b == bcu]
            n = treated[rows, start : start + trial.block_days].sum(axis=1)
            assert n.max() - n.min() <= 1
    for bcu in set(bcus):
        mine = [i for i, b in enumerate(bcus) if b == bcu]
        a_day = np.delete(treated[mine].sum(axis=0), off)
        assert a_day.max() - a_day.min() <= 1
    for bcu, capacity in trial.per_day:
        rows = [i for i, b in enumerate(bcus) if b == bcu]
        assert treated[rows].sum(axis=0).max() <= capacity


@st.composite
def requests(draw: st.DrawFn) -> dict:
    n = draw(st.integers(2, 9))
    bcus = draw(st.lists(st.sampled_from(["East", "South", "West"]), min_size=n, max_size=n))
    length = draw(st.integers(14, 60))
    share = draw(st.sampled_from([0.25, 1 / 3, 0.4, 0.5, 0.6]))
    off = draw(st.lists(st.integers(0, length - 1), max_size=4))
    room = draw(st.none() | st.integers(0, 2))
    sizes = {b: bcus.count(b) for b in set(bcus)}
    return {
        "areas": pd.DataFrame({"area": [f"A{i}" for i in range(n)], "bcu": bcus}),
        "first": FIRST,
        "last": FIRST + timedelta(days=length - 1),
        "seed": draw(st.integers(0, 10**6)),
        "share": share,
        "per_day": None if room is None else {b: int(np.ceil(share * k)) + room for b, k in sizes.items()},
        "longest_run": draw(st.integers(2, 6)),
        "days_off": [FIRST + timedelta(days=i) for i in off],
        "block_days": draw(st.sampled_from([7, 14])),
    }


@settings(max_examples=examples(40), deadline=None)
@given(requests())
def test_every_rule_is_kept_by_the_design_and_by_each_redraw(asked):
    try:
        trial = design(**asked)
    except HotspotsError:
        assume(False)
    keeps_every_rule(trial, trial.treated)
    for drawn in redraw(trial, 3, 1):
        keeps_every_rule(trial, drawn)
        assert drawn.sum() == trial.treated.sum()


@settings(max_examples=10, deadline=None)
@given(requests())
def test_what_is_refused_is_rare_and_told_in_sentences(asked):
    """With a share of two fifths or less and runs of two or more something always fits."""
    asked["share"] = min(asked["share"], 0.4)
    trial = design(**asked)
    again = design(**{**asked, "areas": asked["areas"].sample(frac=1, random_state=1)})
    assert trial == again  # the order of the rows means nothing, the seed everything
    assert from_json(to_json(trial)) == trial
    np.testing.assert_array_equal(redraw(trial, 2, 5), redraw(trial, 2, 5))


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(0, 3), st.integers(0, 27))
def test_every_cell_changes_the_hash(row, day):
    areas = pd.DataFrame({"area": list("ABCD"), "bcu": "East"})
    trial = design(areas, FIRST, FIRST + timedelta(days=27), 4)
    other = trial.treated.copy()
    other[row, day] ^= True
    assert replace(trial, treated=other).sha256 != trial.sha256
    stored = json.loads(to_json(trial))
    line = stored["treated"][row]
    stored["treated"][row] = line[:day] + ("0" if line[day] == "1" else "1") + line[day + 1 :]
    with pytest.raises(HotspotsError, match="changed after it was frozen"):
        from_json(json.dumps(stored))


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(4, 16), st.integers(0, 10**6), st.sampled_from([0.25, 0.5]))
def test_clusters_are_patrolled_all_the_time_or_never(n, seed, share):
    areas = pd.DataFrame(
        {"area": [f"A{i:02d}" for i in range(n)], "bcu": ["East", "West"] * (n // 2) + ["East"] * (n % 2)}
    )
    trial = design(areas, FIRST, FIRST + timedelta(days=20), seed, kind="cluster", share=share)
    always = trial.treated.all(axis=1)
    assert (always | ~trial.treated.any(axis=1)).all()
    for bcu in ("East", "West"):
        mine = (trial.areas["bcu"] == bcu).to_numpy()
        assert abs(always[mine].sum() - share * mine.sum()) < 1
