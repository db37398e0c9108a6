"""Periods of a question about change, its windows, and sums."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.areas.choosing import Choice
from hotspots.base.months import Window, months_between
from hotspots.change.counting import covered_days, periods_from, sums
from hotspots.change.question import ChangeQuestion
from hotspots.change.settling import (
    APART,
    BY_HAND,
    EARLIER,
    INSIDE,
    back,
    learned_window,
    months_back,
    position_of,
    windows_of,
)
from tests.conftest import examples

HELD = months_between(201901, 202812)


def test_weeks_are_counted_from_the_start_both_ways():
    window = Window(date(2026, 1, 1), date(2026, 1, 31))
    found = periods_from(date(2026, 1, 10), window, "week", HELD)
    assert found["period"].tolist() == [-2, -1, 0, 1, 2, 3]
    assert found["first"].tolist()[:3] == [date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 10)]
    assert found["exposure"].tolist() == pytest.approx([2 / 7, 1, 1, 1, 1, 1 / 7])


def test_months_keep_the_day_of_the_start():
    found = periods_from(date(2026, 3, 15), Window(date(2026, 1, 20), date(2026, 4, 14)), "month", HELD)
    assert found["first"].tolist() == [date(2026, 1, 20), date(2026, 2, 15), date(2026, 3, 15)]
    assert found["last"].tolist() == [date(2026, 2, 14), date(2026, 3, 14), date(2026, 4, 14)]
    assert found["exposure"].tolist() == pytest.approx([26 / 31, 1, 1])


def test_a_start_on_the_31st_finds_months_that_have_none():
    found = periods_from(date(2026, 1, 31), Window(date(2026, 1, 31), date(2026, 4, 29)), "month", HELD)
    assert found["first"].tolist() == [date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 31)]


def test_a_month_that_was_never_imported_is_no_zero():
    window = Window(date(2020, 5, 1), date(2020, 7, 31))
    held = [202005, 202007]
    assert periods_from(window.start, window, "month", held)["first"].tolist() == [date(2020, 5, 1), date(2020, 7, 1)]
    assert covered_days(window, held) == 62


@given(
    start=st.dates(date(2021, 1, 1), date(2025, 12, 31)), before=st.integers(0, 500), after=st.integers(0, 500),
    length=st.sampled_from(["week", "month"]),
)  # fmt: skip
@settings(max_examples=examples(60), deadline=None)
def test_periods_part_a_window_without_gap_or_overlap(start, before, after, length):
    window = Window(
        start - pd.Timedelta(days=before).to_pytimedelta(), start + pd.Timedelta(days=after).to_pytimedelta()
    )
    found = periods_from(start, window, length, HELD)
    days = [d for a, b in zip(found["first"], found["last"], strict=True) for d in pd.date_range(a, b)]
    assert days == list(pd.date_range(window.start, window.end))
    assert start in set(found["first"])
    assert found["period"].is_monotonic_increasing
    assert found["exposure"].between(0, 1).all()


def test_the_same_days_earlier():
    assert back(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert back(date(2025, 2, 28), 1) == date(2024, 2, 29)  # the last of February is the last of February
    assert back(date(2026, 10, 31), 2) == date(2024, 10, 31)
    assert months_back(date(2022, 10, 31), 6) == date(2022, 5, 1)


def test_windows_of_cells_are_the_last_six_months_and_a_year_before():
    before, after = windows_of(ChangeQuestion(top=20), None, months_between(202101, 202206), Choice("figures"))
    assert (after.start, after.end) == (date(2022, 1, 1), date(2022, 6, 30))
    assert (before.start, before.end) == (date(2021, 1, 1), date(2021, 6, 30))


def test_a_long_window_goes_back_more_than_one_year():
    asked = ChangeQuestion(top=20, after_from="2023-01", after_to="2024-06")
    before, _ = windows_of(asked, None, months_between(201901, 202406), Choice("figures"))
    assert (before.start, before.end) == (date(2021, 1, 1), date(2022, 6, 30))


def year(first: str, last: str) -> Window:
    return Window(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("months", "where", "learned"),
    [
        (None, BY_HAND, ("2021-07-01", "2021-12-31")),
        (("2021-01-01", "2021-06-30"), EARLIER, ("2021-01-01", "2021-06-30")),
        (("2020-01-01", "2020-12-31"), EARLIER, ("2020-01-01", "2021-06-30")),
        (("2021-01-01", "2021-12-31"), INSIDE, ("2021-01-01", "2021-12-31")),
        (("2021-07-01", "2021-12-31"), INSIDE, ("2021-07-01", "2021-12-31")),
        (("2021-09-01", "2021-12-31"), APART, ("2021-07-01", "2021-12-31")),  # 122 of 184 days: under three quarters
        (("2021-05-01", "2021-10-31"), APART, ("2021-05-01", "2021-12-31")),
        (("2022-01-01", "2022-06-30"), APART, ("2021-07-01", "2022-06-30")),
    ],
)
def test_where_the_months_of_choice_lie(months, where, learned):
    before = year("2021-07-01", "2021-12-31")
    choice = Choice("hand") if months is None else Choice("figures", year(*months))
    assert position_of(choice, before) == where
    chosen = choice.window or before
    assert learned_window(where, before, chosen, "register", HELD) == year(*learned)


def test_places_chosen_by_hand_are_matched_on_the_year_before_the_window_before():
    before = year("2021-07-01", "2021-12-31")
    assert learned_window(BY_HAND, before, before, "matched", HELD) == year("2020-07-01", "2021-06-30")
    held = months_between(202009, 202412)  # July and August 2020 are not held
    assert learned_window(BY_HAND, before, before, "matched", held) == before


def test_months_of_choice_between_the_windows_are_taken_for_before():
    asked = ChangeQuestion(after_from="2022-01", after_to="2022-06")
    between = Choice("ranking", year("2021-07-01", "2021-12-31"))
    assert windows_of(asked, None, HELD, between)[0] == between.window
    whole = Choice("ranking", year("2021-01-01", "2021-12-31"))
    assert windows_of(asked, None, HELD, whole)[0] == year("2021-01-01", "2021-06-30")


def test_a_record_counts_once_and_its_harm_in_full():
    rows = pd.DataFrame({
        "record": [1, 1, 2, 3, 4], "cell": [7, 7, 7, 8, 9], "side": ["before", "before", "after", "after", ""],
        "days": [365.0, 10.0, float("nan"), 19.0, 5.0],
    })  # fmt: skip
    found = sums(rows, {7: "a", 8: "b", 9: "b"}, ["a", "b", "c"])
    assert found.loc["a"].tolist() == [1, 1, 375, 0]
    assert found.loc["b"].tolist() == [0, 1, 0, 19]
    assert found.loc["c"].tolist() == [0, 0, 0, 0]
