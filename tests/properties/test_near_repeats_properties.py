"""The fast count of close pairs equals trying every pair."""

from __future__ import annotations

import itertools

import numpy as np
from h3.api import basic_int as h3
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.insight.near_repeats import near_repeats
from tests.conftest import examples

AREA = sorted(h3.grid_disk(h3.latlng_to_cell(53.759, -2.699, 10), 4))
INCIDENTS = st.lists(st.tuples(st.sampled_from(AREA[::5]), st.integers(19_000, 19_040)), min_size=2, max_size=25)


@settings(max_examples=examples(60), deadline=None)
@given(INCIDENTS, st.integers(0, 3))
def test_observed_and_expected_equal_the_plain_ones(incidents, rings):
    cells, days = zip(*incidents, strict=True)
    table = near_repeats(cells, days, rings=rings, permutations=99)
    pairs = [(h3.grid_distance(a[0], b[0]), abs(a[1] - b[1])) for a, b in itertools.combinations(incidents, 2)]
    for row in table.itertuples():
        in_time = [row.days_from <= days <= row.days_to for _, days in pairs]
        in_place = [ring == row.ring for ring, _ in pairs]
        assert row.pairs == sum(in_place)
        assert row.observed == sum(t and p for t, p in zip(in_time, in_place, strict=True))
        np.testing.assert_allclose(row.expected, sum(in_place) * sum(in_time) / len(pairs), atol=1e-9)
        assert 0.01 <= row.p <= 1


@settings(max_examples=examples(40), deadline=None)
@given(INCIDENTS, st.integers(-300, 300), st.randoms(use_true_random=False))
def test_another_first_day_and_another_order_change_nothing(incidents, later, draw):
    cells, days = zip(*incidents, strict=True)
    table = near_repeats(cells, days, permutations=99)
    moved = [(cell, day + later) for cell, day in incidents]
    draw.shuffle(moved)
    cells, days = zip(*moved, strict=True)
    assert table.equals(near_repeats(cells, days, permutations=99))
