"""Sums are those of a slow plain loop, and the double ratio turns round when the groups change places."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.change.counting import sums
from hotspots.change.estimates.from_expected import ratio_from_expected
from tests.conftest import examples

ROW = st.tuples(
    st.integers(1, 12), st.integers(1, 6), st.sampled_from(["before", "after", ""]),
    st.sampled_from([float("nan"), 0.0, 1.0, 10.5, 365.0]),
)  # fmt: skip


@given(st.lists(ROW, max_size=60), st.dictionaries(st.integers(1, 6), st.sampled_from(["a", "b", "c"])), st.randoms())
@settings(max_examples=examples(80), deadline=None)
def test_sums_are_those_of_a_plain_loop(rows, units, random):
    table = pd.DataFrame(rows, columns=["record", "cell", "side", "days"])
    names = ["a", "b", "c"]
    records: dict[tuple[str, str], set[int]] = {}
    harm: dict[tuple[str, str], float] = {}
    for record, cell, side, days in rows:
        if side and cell in units:
            key = units[cell], side
            records.setdefault(key, set()).add(record)
            harm[key] = harm.get(key, 0.0) + (0.0 if np.isnan(days) else days)
    found = sums(table.astype({"side": "str"}), units, names)
    for name in names:
        for side in ("before", "after"):
            assert found.loc[name, f"count_{side}"] == len(records.get((name, side), ()))
            assert found.loc[name, f"harm_{side}"] == pytest.approx(harm.get((name, side), 0.0))
    random.shuffle(rows)
    again = pd.DataFrame(rows, columns=["record", "cell", "side", "days"]).astype({"side": "str"})
    pd.testing.assert_frame_equal(sums(again, units, names), found)


PLACES = st.lists(st.tuples(st.integers(0, 40), st.floats(0.5, 40)), min_size=2, max_size=8)


@given(PLACES, PLACES)
@settings(max_examples=examples(80), deadline=None)
def test_groups_that_change_places_turn_the_ratio_round(treated, comparison):
    def asked(one, other):
        rows = [("treated", *row) for row in one] + [("comparison", *row) for row in other]
        table = pd.DataFrame(rows, columns=["group", "observed", "expected"])
        return ratio_from_expected(table.assign(unit=range(len(table))))

    there, back = asked(treated, comparison), asked(comparison, treated)
    if not there.ratio > 0 or not np.isfinite(there.low):
        return
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert (back.low, back.high) == (pytest.approx(1 / there.high), pytest.approx(1 / there.low))
    assert back.p == pytest.approx(there.p)
    more = asked([(n, e) for n, e in treated], [(n, 2 * e) for n, e in comparison])
    assert more.ratio == pytest.approx(2 * there.ratio)  # twice as much expected there, half as much came
