"""The patrol day by the wall clock is the patrol day by the instant, whatever the clocks do and whenever a day begins.

Each redraw that was kept comes back as it was.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotspots.base.clock import day_numbers, home
from hotspots.base.settings import Settings
from hotspots.trials.draw import keep, kept
from hotspots.trials.outcomes import patrol_days
from tests.conftest import examples

FORWARD, BACK = 1_774_746_000, 1_792_890_000  # 29 March and 25 October 2026, 01:00 UTC


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(
        st.integers(1_700_000_000, 1_800_000_000)
        | st.integers(FORWARD - 90_000, FORWARD + 90_000)
        | st.integers(BACK - 90_000, BACK + 90_000),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 23),
)
@example([FORWARD - 1, FORWARD, BACK - 1, BACK], 1)
@example([FORWARD - 1, FORWARD, BACK - 1, BACK, BACK - 3600], 6)
def test_the_wall_clock_and_the_instant_agree(seconds, hour):
    chosen = Settings(patrol_day_starts=hour)
    local = pd.Series(pd.to_datetime(seconds, unit="s", utc=True).tz_convert(home(chosen)).tz_localize(None))
    assert patrol_days(local, chosen).tolist() == day_numbers(seconds, chosen).tolist()


@settings(max_examples=examples(40), deadline=None)
@given(st.tuples(*[st.integers(1, 9)] * 3), st.integers(0, 10**6))
def test_schedules_that_are_kept_come_back(shape, seed):
    drawn = np.random.default_rng(seed).random(shape) < 0.5
    with tempfile.TemporaryDirectory() as room:
        place = Path(room) / "redraws" / "one.npy"
        assert kept(place, shape) is None
        keep(place, drawn)
        found = kept(place, shape)
        assert found is not None
        np.testing.assert_array_equal(found, drawn)
        assert kept(place, (shape[0] + 8, *shape[1:])) is None
