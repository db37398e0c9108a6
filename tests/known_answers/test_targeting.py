"""PAI, PEI, both RRIs and Wilson's interval against published or independently worked values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.backtest import METHODS, backtest, paired
from hotspots.backtest.compare import wilson
from hotspots.backtest.run import targeting_curve
from hotspots.backtest.workspace import history_of
from hotspots.ranking.question import Question
from tests.backtesting import CELLS, cube_of, equal_areas, scores_of
from tests.workspaces import archive

__all__ = ["archive"]


def test_three_equal_cells():
    # Observed (6, 3, 0), predicted (3, 2, 1): PAI (6/9)/(1/3) = 2, (9/9)/(2/3) = 1.5, 1; every choice is the best one
    curve = targeting_curve(np.array([6, 3, 0]), np.ones(3), predicted=np.array([3, 2, 1]))
    assert curve["pai"].tolist() == pytest.approx([2, 1.5, 1])
    assert curve["pei"].tolist() == pytest.approx([1, 1, 1])
    assert curve["rri_recovery"].tolist() == pytest.approx([3 / 6, 5 / 9, 6 / 9])


@pytest.mark.parametrize(("n_cells", "pai"), [(1, 2.0), (2, 1.5), (3, 1.0)])
def test_three_equal_cells_through_the_back_test(n_cells: int, pai: float):
    a, b, c = CELLS[:3]
    cube = cube_of([(a, 1, 0, 3), (b, 1, 0, 2), (c, 1, 0, 1), (a, 2, 0, 6), (b, 2, 0, 3)])
    table = backtest(
        cube, scores_of([1]), periods=[1, 2], train=1, horizon=1, methods=["count"], n_cells=n_cells,
        areas_m2=equal_areas(), total_area_m2=30_000,
    )  # fmt: skip
    assert table.loc[0, "pai"] == pytest.approx(pai)
    assert table.loc[0, "pei"] == pytest.approx(1)


# The example of the R package ptools (A. P. Wheeler), documentation of pai(): observed (6, 7, 3, 2, 1, 0), predicted
# (8, 4, 4, 2, 1, 0), areas 1; it puts the lower count first where predictions tie, so 6, 3, 7, 2, 1, 0. Worked by hand.
def test_the_example_of_ptools():
    curve = targeting_curve(np.array([6, 3, 7, 2, 1, 0]), np.ones(6), predicted=np.array([8, 4, 4, 2, 1, 0]))
    assert curve["caught"].tolist() == [6, 9, 16, 18, 19, 19]
    assert curve["pai"].tolist() == pytest.approx([36 / 19, 27 / 19, 32 / 19, 27 / 19, 6 / 5, 1])
    assert curve["pei"].tolist() == pytest.approx([6 / 7, 9 / 13, 1, 1, 1, 1])
    assert curve["rri_recovery"].tolist() == pytest.approx([8 / 6, 12 / 9, 1, 1, 1, 1])


def test_two_fifths_of_harm_in_a_fortieth_of_the_area():
    # 41% of harm in 2.6% of the area is a PAI of 15.77
    curve = targeting_curve(np.array([41.0, 59.0]), np.array([2.6, 97.4]))
    assert curve.loc[0, "pai"] == pytest.approx(15.77, abs=0.005)


def test_the_recapture_rate_is_levines():
    # 30 of 100 in training, 24 of 120 in the tested period: (24/120)/(30/100) = 2/3, whatever the lengths
    curve = targeting_curve(np.array([24, 96]), np.ones(2), training=np.array([30, 70]))
    assert curve.loc[0, "rri_recapture"] == pytest.approx(2 / 3)
    assert curve.loc[1, "rri_recapture"] == pytest.approx(1)


# Newcombe 1998, Statistics in Medicine 17: 857–872, table I, method 3 (Wilson's score without correction).
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval(hits: int, n: int, low: float, high: float):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


# ---------------------------------------------------------------- Lancashire

ORIGINS = [202110, 202111, 202112, 202201, 202202, 202203, 202204]


@pytest.fixture(scope="module")
def lancashire(archive: Path) -> dict[int, pd.DataFrame]:
    history = history_of(archive, Question(resolution=10, source="police-uk"))
    methods = ["count", "harm", "harm-decay", "expected-harm"]
    return {
        n: backtest(
            history.cube, history.scores, periods=history.periods, total_area_m2=history.total_area_m2,
            methods=methods, train=12, horizon=3, origins=ORIGINS, n_cells=n, breaks=history.breaks,
        )
        for n in (60, 575)
    }  # fmt: skip


# A separate sketch with pandas and h3, none of this program's code: the top 60 cells force-wide caught 6.4% of harm by
# count, 6.4% by raw harm, 6.7% with six months' decay, 7.9% at best; 575 cells 25.2, 25.2, 25.5 and 33.1%.
@pytest.mark.parametrize(
    ("n_cells", "expected"),
    [
        (60, {"count": 6.4, "harm": 6.4, "harm-decay": 6.7, "best": 7.9}),
        (575, {"count": 25.2, "harm": 25.2, "harm-decay": 25.5, "best": 33.1}),
    ],
)
def test_lancashire_as_sketched(lancashire, n_cells: int, expected: dict[str, float]):
    table = lancashire[n_cells]
    found = 100 * table.groupby("method")["harm_caught_share"].mean()
    best = 100 * table.loc[table["method"] == "count", "harm_best_share"].mean()
    for method in ("count", "harm", "harm-decay"):
        assert found[method] == pytest.approx(expected[method], abs=0.1)
    assert best == pytest.approx(expected["best"], abs=0.5)


def test_lancashire_has_no_break_in_these_windows(lancashire):
    assert not lancashire[60]["crosses_break"].any()


@pytest.mark.parametrize("n_cells", [60, 575])
def test_expected_harm_beats_count_in_lancashire(lancashire, n_cells: int):
    summary = paired(lancashire[n_cells]).set_index("method").loc["expected-harm"]
    assert summary["difference"] > 0
    assert summary["wins"] > len(ORIGINS) / 2
    if n_cells == 60:
        assert summary["mean_pei"] > 0.85
    assert "expected-harm" in METHODS
