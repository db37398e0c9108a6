"""The panel: whole periods, missing is not zero, the period of the start left out, every place in every period."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.panel import panel_of
from tests.change_samples import weeks_from

UNITS = {1: "Preston", 2: "Preston", 3: "Ashton"}
GROUPS = {"Preston": "treated", "Ashton": "comparison"}
WEEKS = weeks_from(date(2024, 1, 8), 5)


def incidents(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["record", "cell", "day", "days"])
    return table.assign(day=pd.to_datetime(table["day"]))


def test_the_panel_by_hand():
    """Two cells of Preston, one of Ashton; two offences on record 1; record 5 lies in the week of the start."""
    rows = incidents(
        (1, 1, "2024-01-08", 10.0), (1, 1, "2024-01-08", 365.0), (2, 2, "2024-01-14", np.nan),
        (3, 3, "2024-01-15", 10.0), (4, 9, "2024-01-15", 10.0), (5, 1, "2024-01-23", 10.0),
        (6, 1, "2024-01-29", 1.0), (7, 3, "2024-03-01", 5.0),
    )  # fmt: skip
    found = panel_of(rows, UNITS, GROUPS, WEEKS, date(2024, 1, 24))
    assert found["unit"].tolist() == ["Ashton"] * 4 + ["Preston"] * 4
    assert found["post"].tolist() == [False, False, True, True] * 2
    assert found["count"].tolist() == [0, 1, 0, 0, 2, 0, 1, 0]
    assert found["harm"].tolist() == [0, 10, 0, 0, 375, 0, 1, 0]
    assert set(found.loc[found["unit"] == "Preston", "group"]) == {"treated"}


@pytest.mark.parametrize("start", [date(2024, 1, 9), date(2024, 2, 10), date(2025, 1, 1)])
def test_a_start_without_before_or_after_is_refused(start):
    with pytest.raises(HotspotsError, match="no whole period before, or none after"):
        panel_of(incidents((1, 1, "2024-01-08", 1.0)), UNITS, GROUPS, WEEKS, start)


def test_a_place_in_neither_group_is_refused():
    with pytest.raises(HotspotsError, match="Ashton is neither treated nor comparison"):
        panel_of(incidents((1, 1, "2024-01-08", 1.0)), UNITS, {"Preston": "treated"}, WEEKS, date(2024, 1, 22))


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 3, 9]), st.integers(0, 120), st.sampled_from([1.0, 10.0])),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_every_offence_in_a_place_and_period_is_counted_once_in_any_order(given, random):
    rows = incidents(*((i, c, np.datetime64("2024-01-01") + d, h) for i, (_, c, d, h) in enumerate(given)))
    periods = weeks_from(date(2024, 1, 1), 17)
    start = date(2024, 2, 26)
    found = panel_of(rows, UNITS, GROUPS, periods, start)
    inside = [(c, d, h) for _, c, d, h in given if c in UNITS and d < 119]
    assert found["count"].sum() == len(inside)
    assert found["harm"].sum() == pytest.approx(sum(h for _, _, h in inside))
    before = sum(d < 56 for _, d, _ in inside)
    assert found.loc[~found["post"], "count"].sum() == before
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(found, panel_of(rows.iloc[order], UNITS, GROUPS, periods, start))
