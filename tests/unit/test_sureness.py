"""Probabilities in words: the PHIA Probability Yardstick, and the weaker claim in its gaps."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.ranking.sureness import sureness, sureness_column
from hotspots.ui.hot_spots import words

ALMOST = "almost certainly in the top 20"
HIGHLY = "highly likely to be in the top 20"
LIKELY = "likely to be in the top 20"
REALISTIC = "a realistic possibility for the top 20"
UNLIKELY = "unlikely to be in the top 20"
HIGHLY_NOT = "highly unlikely to be in the top 20"
REMOTE = "a remote chance for the top 20"

# Professional Head of Intelligence Assessment, "Probability Yardstick": remote chance 0–5%, highly unlikely
# 10–20%, unlikely 25–35%, realistic possibility 40–<50%, likely or probable 55–75%, highly likely 80–90%, almost
# certain 95–100%.
YARDSTICK = [
    (0.00, 0.05, REMOTE),
    (0.10, 0.20, HIGHLY_NOT),
    (0.25, 0.35, UNLIKELY),
    (0.40, 0.499, REALISTIC),
    (0.55, 0.75, LIKELY),
    (0.80, 0.90, HIGHLY),
    (0.95, 1.00, ALMOST),
]


@pytest.mark.parametrize(("low", "high", "said"), YARDSTICK)
def test_both_ends_and_the_middle_of_each_published_band(low: float, high: float, said: str) -> None:
    assert [sureness(p, 20) for p in (low, (low + high) / 2, high)] == [said] * 3


@pytest.mark.parametrize(
    ("below", "under", "at", "said"),
    [
        (0.9499, HIGHLY, 0.95, ALMOST),
        (0.7999, LIKELY, 0.80, HIGHLY),
        (0.5499, REALISTIC, 0.55, LIKELY),
        (0.35, UNLIKELY, 0.3501, REALISTIC),
        (0.20, HIGHLY_NOT, 0.2001, UNLIKELY),
        (0.05, REMOTE, 0.0501, HIGHLY_NOT),
    ],
)
def test_both_sides_of_every_line(below: float, under: str, at: float, said: str) -> None:
    assert sureness(below, 20) == under
    assert sureness(at, 20) == said


def test_the_top_may_be_one_cell_and_no_fewer() -> None:
    assert sureness(0.97, 1, "West BCU") == "almost certainly in the top 1 of West BCU"
    assert sureness_column([0.97, None], 1) == ["almost certainly in the top 1", ""]
    with pytest.raises(ValueError, match="a top of 0 holds no cell"):
        sureness(0.97, 0)


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.93, HIGHLY), (0.78, LIKELY), (0.52, REALISTIC), (0.37, REALISTIC), (0.22, UNLIKELY), (0.07, HIGHLY_NOT)],
)
def test_a_gap_of_the_yardstick_takes_the_weaker_claim(p: float, said: str) -> None:
    assert sureness(p, 20) == said


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_higher_chance_never_says_less(a: int, b: int) -> None:
    order = [REMOTE, HIGHLY_NOT, UNLIKELY, REALISTIC, LIKELY, HIGHLY, ALMOST]
    low, high = sorted([a, b])
    assert order.index(sureness(low / 1000, 20)) <= order.index(sureness(high / 1000, 20))


def test_whose_top_and_how_many() -> None:
    assert sureness(0.99, 1_500, "West BCU") == "almost certainly in the top 1,500 of West BCU"


@pytest.mark.parametrize(("p", "top"), [(1.01, 20), (-0.01, 20), (math.inf, 20), (0.5, 0)])
def test_what_is_no_probability_is_refused(p: float, top: int) -> None:
    with pytest.raises(ValueError):
        sureness(p, top)


def test_a_column_keeps_its_gaps() -> None:
    column = pd.Series([0.97, None, 0.01], dtype="Float64")
    assert sureness_column(column, 20) == [ALMOST, "", REMOTE]
    assert sureness_column([None, math.nan], 20) == ["", ""]


# -- the paragraph on a cell

ROW = {
    "rank": 3, "bcu": "West", "n_incidents": 12, "harm_days": 5475.0, "largest_offence_share": math.nan, "flag": "",
    "n_unscored": 0, "n_ambiguous": 0,
}  # fmt: skip


def test_the_paragraph_tells_expected_harm_how_sure_and_the_pattern() -> None:
    row = {
        **ROW, "harm_expected_days": 420.4, "harm_expected_low": 89.6, "harm_expected_high": 1100.0, "p_top_next": 0.84,
        "pattern": "persistent",
    }  # fmt: skip
    text = words.why_it_ranks(row, "Harm", 900, 20)
    assert text == (
        "Ranked 3 of 900 cells by harm: 12 incidents, 5,475.00 harm days. Expected harm 420 days (90 to 1,100); highly"
        " likely to be in the top 20 of West BCU counted next (chance 84%). Pattern: persistent. Hot now and for at"
        " least three quarters of the window, with no clear trend."
    )


def test_nothing_is_said_of_what_is_not_there() -> None:
    plain = "Ranked 3 of 900 cells by harm: 12 incidents, 5,475.00 harm days."
    assert words.why_it_ranks(ROW, "Harm", 900, 20) == plain
    empty = {**ROW, "harm_expected_days": math.nan, "harm_expected_low": None, "p_top_next": math.nan, "pattern": ""}
    assert words.why_it_ranks(empty, "Harm", 900, 20) == plain
    alone = words.why_it_ranks({**ROW, "p_top_next": 0.02}, "Harm", 900, 20)
    assert alone == plain + " A remote chance for the top 20 of West BCU counted next (chance 2%)."


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0, "under 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.991, "over 99%"), (1.0, "over 99%")],
)
def test_a_chance_is_never_nought_or_certain(p: float, said: str) -> None:
    assert words.chance_text(p) == said


def test_every_pattern_has_a_sign_on_the_map_and_a_meaning() -> None:
    from hotspots import maps
    from hotspots.ranking.patterns import PATTERNS

    assert set(maps.SIGNS) == set(PATTERNS)
    for name, meaning in PATTERNS.items():
        assert words.pattern_words(name) == [f"Pattern: {name}.", meaning]
