"""The panel: whole periods, missing is not zero, the period of the start left out, every place in every period."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.panel import panel_of, periods_of

UNITS = {1: "Preston", 2: "Preston", 3: "Ashton"}
GROUPS = {"Preston": "treated", "Ashton": "comparison"}
HELD = {202401, 202402, 202403, 202404}


def incidents(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["record", "cell", "day", "days"])
    return table.assign(day=pd.to_datetime(table["day"]))


def test_whole_weeks_from_monday_to_sunday():
    table = periods_of(date(2024, 1, 3), date(2024, 1, 28), "week", HELD)
    assert table["first"].tolist() == [date(2024, 1, 8), date(2024, 1, 15), date(2024, 1, 22)]
    assert table["last"].tolist()[-1] == date(2024, 1, 28)
    assert (table["exposure"] == 1).all()
    assert np.diff(table["period"]).tolist() == [1, 1]


def test_months_that_are_not_held_are_absent_and_weeks_at_their_edge_count_in_part():
    months = periods_of(date(2024, 1, 1), date(2024, 4, 30), "month", {202401, 202404})
    assert months["first"].tolist() == [date(2024, 1, 1), date(2024, 4, 1)]
    assert np.diff(months["period"]).tolist() == [3]
    weeks = periods_of(date(2024, 1, 22), date(2024, 2, 11), "week", {202401})
    assert weeks["exposure"].tolist() == [1.0, pytest.approx(3 / 7)]  # 29, 30, 31 January of the second


def test_the_panel_by_hand():
    """Two cells of Preston, one of Ashton; two offences on record 1; record 5 lies in the week of the start."""
    rows = incidents(
        (1, 1, "2024-01-08", 10.0), (1, 1, "2024-01-08", 365.0), (2, 2, "2024-01-14", np.nan),
        (3, 3, "2024-01-15", 10.0), (4, 9, "2024-01-15", 10.0), (5, 1, "2024-01-23", 10.0),
        (6, 1, "2024-01-29", 1.0), (7, 3, "2024-03-01", 5.0),
    )  # fmt: skip
    periods = periods_of(date(2024, 1, 8), date(2024, 2, 11), "week", HELD)
    found = panel_of(rows, UNITS, GROUPS, periods, date(2024, 1, 24))
    assert found["unit"].tolist() == ["Ashton"] * 4 + ["Preston"] * 4
    assert found["post"].tolist() == [False, False, True, True] * 2
    assert found["count"].tolist() == [0, 1, 0, 0, 2, 0, 1, 0]
    assert found["harm"].tolist() == [0, 10, 0, 0, 375, 0, 1, 0]
    assert set(found.loc[found["unit"] == "Preston", "group"]) == {"treated"}


@pytest.mark.parametrize("start", [date(2024, 1, 9), date(2024, 2, 10), date(2025, 1, 1)])
def test_a_start_without_before_or_after_is_refused(start):
    periods = periods_of(date(2024, 1, 8), date(2024, 2, 11), "week", HELD)
    with pytest.raises(HotspotsError, match="no whole period before, or none after"):
        panel_of(incidents((1, 1, "2024-01-08", 1.0)), UNITS, GROUPS, periods, start)


def test_what_cannot_be_is_refused():
    with pytest.raises(HotspotsError, match="must be week or month"):
        periods_of(date(2024, 1, 1), date(2024, 2, 1), "day", HELD)
    with pytest.raises(HotspotsError, match="No whole month"):
        periods_of(date(2023, 1, 1), date(2023, 2, 1), "month", HELD)
    periods = periods_of(date(2024, 1, 8), date(2024, 2, 11), "week", HELD)
    with pytest.raises(HotspotsError, match="Ashton is neither treated nor comparison"):
        panel_of(incidents((1, 1, "2024-01-08", 1.0)), UNITS, {"Preston": "treated"}, periods, date(2024, 1, 22))


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 3, 9]), st.integers(0, 120), st.sampled_from([1.0, 10.0])),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_every_offence_in_a_place_and_period_is_counted_once_in_any_order(given, random):
    rows = incidents(*((i, c, np.datetime64("2024-01-01") + d, h) for i, (_, c, d, h) in enumerate(given)))
    periods = periods_of(date(2024, 1, 1), date(2024, 4, 28), "week", HELD)
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
