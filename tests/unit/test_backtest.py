"""The back-test on tables a person can check by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.backtest import METHODS, backtest, calibration, origins_available, paired
from hotspots.backtest.compare import binned, block_interval, in_top
from hotspots.backtest.methods import Context, density, likeliest
from hotspots.backtest.periods import crosses, listed, period_text, windows
from hotspots.backtest.run import cells_within, most_held, targeting_curve
from hotspots.backtest.tables import cube_of_table, history_of_table, read_table, table_warnings
from hotspots.base.errors import HotspotsError
from tests.backtesting import CELLS, cube_of, equal_areas, planted, scores_of

A, B, C, D = CELLS[:4]
AREAS = {"areas_m2": equal_areas(), "total_area_m2": 370_000.0}

# ---------------------------------------------------------------- periods


def test_windows_of_months_and_weeks():
    assert windows(202201, 3, 2) == ([202110, 202111, 202112], [202201, 202202])
    assert windows(100, 2, 1) == ([98, 99], [100])


def test_texts_of_periods():
    assert (period_text(202207), period_text(0), period_text(2740)) == ("2022-07", "1970-01-05", "2022-07-11")
    assert listed([202111, 202112, 202201, 202203]) == "2021-11 to 2022-01, 2022-03"


def test_origins_need_whole_windows():
    assert origins_available([1, 2, 3, 4, 5, 6], train=3, horizon=2) == ([4, 5], [])


def test_a_missing_month_leaves_out_every_window_it_falls_in():
    held = [202001, 202002, 202003, 202005, 202006, 202007, 202008]
    kept, words = origins_available(held, train=2, horizon=1)
    assert kept == [202003, 202007, 202008]
    assert len(words) == 1
    assert "origins 2020-04 to 2020-06" in words[0]
    assert "(2020-04)" in words[0]


def test_an_origin_asked_for_learns_from_what_is_held_before_it():
    held = [202001, 202002, 202003, 202005, 202006, 202007, 202008]
    kept, words = origins_available(held, 2, 1, [202003, 202005, 202006, 202008], gaps=True)
    assert kept == [202003, 202005, 202006, 202008]  # before May only March, before June only May
    assert words == ["Origins 2020-05 to 2020-06: some periods before it were not observed; learnt from the others."]
    kept, words = origins_available(held, 1, 2, [202003, 202005, 202006], gaps=True)
    assert kept == [202006]  # April is tested, or is all there is to learn from
    assert "Left out: origins 2020-03, 2020-05" in words[0]


def test_a_period_not_observed_is_no_period_without_incidents():
    # A had 4 in each period observed, B 4 in the last of them: the rate of A is 4 whether or not period 2 is held
    cube = cube_of([(A, 1, 0, 4), (A, 3, 0, 4), (A, 4, 0, 4), (B, 4, 0, 4), (A, 5, 0, 4), (B, 5, 0, 1)])
    asked = {"train": 4, "horizon": 1, "n_cells": 1, "origins": [5], "methods": ["harm", "harm-decay"], **AREAS}
    found = backtest(cube, scores_of([10]), periods=[1, 3, 4, 5], **asked).set_index("method")
    assert found["harm_caught_share"].tolist() == [0.8, 0.8]
    assert found.loc["harm", "rri_recovery"] == pytest.approx(1.0)  # 120 days in three periods, 40 in one
    with pytest.raises(HotspotsError, match="without a gap"):
        backtest(cube, scores_of([10]), periods=[1, 3, 4, 5], **asked | {"origins": None})


def test_a_break_is_crossed_from_the_first_test_across_it_to_the_last_window_with_both_sides():
    # the points of July are new: a window is whole while it ends in June, or begins in July
    months = [202201 + i for i in range(12)]
    found = [m for m in range(202203, 202212) if crosses(m, 2, 2, [202207])]
    assert found == [202206, 202207, 202208]
    kept, words = origins_available(months, 2, 2, breaks=[202207])
    assert 202207 in kept
    assert "Origins 2022-06 to 2022-08" in words[0]
    left, words = origins_available(months, 2, 2, breaks=[202207], leave_out_breaks=True)
    assert set(kept) - set(left) == {202206, 202207, 202208}
    assert "Left out" in words[0]


def test_nothing_to_test_is_told():
    with pytest.raises(HotspotsError, match=r"needs 12 periods before it and 3 .* from 2022-01 to 2022-03, 3 in all"):
        origins_available([202201, 202202, 202203], 12, 3)
    with pytest.raises(HotspotsError, match="training window is 0"):
        origins_available([1, 2, 3], train=0, horizon=1)


# ---------------------------------------------------------------- measures


def test_the_perfect_choice_may_take_a_cell_in_part():
    # densities 3, 2 and 1 per m²; 3 m² hold all of the first (2 m²: 6) and half of the second (2 m²: 4)
    found = most_held(np.array([4.0, 6.0, 1.0]), np.array([2.0, 2.0, 1.0]), np.array([2.0, 3.0, 4.0, 5.0]))
    assert found.tolist() == [6, 8, 10, 11]


def test_cells_of_another_size_do_not_count_as_better():
    # the large cell holds more, but two small ones of its size hold more still
    curve = targeting_curve(np.array([5.0, 3.0, 3.0]), np.array([2.0, 1.0, 1.0]))
    assert curve["pei"].tolist() == pytest.approx([5 / 6, 8 / 8.5, 1])


def test_harm_in_cells_that_the_ranking_does_not_know_counts_in_the_total_and_the_best():
    curve = targeting_curve(np.array([3.0]), np.array([1.0]), elsewhere=(np.array([6.0]), np.array([1.0])))
    row = curve.iloc[0]
    assert (row["caught_share"], row["best_share"], row["pei"]) == pytest.approx((1 / 3, 2 / 3, 0.5))


def test_nothing_happened_has_no_figure():
    curve = targeting_curve(np.zeros(2), np.ones(2), predicted=np.ones(2), training=np.ones(2))
    assert curve[["caught_share", "pai", "pei", "rri_recovery", "rri_recapture"]].isna().all().all()


def test_the_area_is_filled_until_the_next_cell_would_exceed_it():
    assert cells_within(np.array([3.0, 3.0, 1.0]), 7.0) == 3
    assert cells_within(np.array([3.0, 3.0, 1.0]), 6.9) == 2
    assert cells_within(np.array([3.0, 0.1]), 1.0) == 0


# ---------------------------------------------------------------- one origin, by hand
#
#        training (weeks 1, 2)         test (week 3)
#   A    5 × 10 days       = 50        1 × 10                   =  10
#   B    1 × 1000 days     = 1000      2 × 10                   =  20
#   C    3 × 10            = 30        1 × 1000                 = 1000
#   D    (week 0, before training)     1 × 10                   =  10
#   5th  never before                  6 × 10                   =  60

FIFTH = CELLS[4]
BY_HAND = cube_of(
    [
        (A, 1, 0, 2), (A, 2, 0, 3), (B, 1, 1, 1), (C, 2, 0, 3), (D, 0, 0, 4),
        (A, 3, 0, 1), (B, 3, 0, 2), (C, 3, 1, 1), (D, 3, 0, 1), (FIFTH, 3, 0, 6),
    ]
)  # fmt: skip
WEIGHTS = scores_of([10, 1000])
ASKED = {"periods": [1, 2, 3], "train": 2, "horizon": 1, **AREAS}


def row_of(method: str, n_cells: int) -> pd.Series:
    return backtest(BY_HAND, WEIGHTS, methods=[method], n_cells=n_cells, **ASKED).iloc[0]


def test_by_count_and_by_harm_in_one_cell():
    count, harm = row_of("count", 1), row_of("harm", 1)
    assert (count["n_caught"], count["harm_caught"], count["harm_total"], count["n_total"]) == (1, 10, 1100, 11)
    assert (harm["n_caught"], harm["harm_caught_share"]) == (2, pytest.approx(20 / 1100))
    assert count["pei"] == pytest.approx(10 / 1000)
    assert count["pei_count"] == pytest.approx(1 / 6)
    assert count["pai"] == pytest.approx((10 / 1100) * 37)
    assert count["area_share"] == pytest.approx(1 / 37)
    assert count["rri_recapture"] == pytest.approx((10 / 1100) / (50 / 1080))
    assert count["rri_recovery"] == pytest.approx((50 * 1 / 2) / 10)  # the same rate again: one of two weeks


def test_a_cell_without_an_incident_in_training_comes_last_and_a_new_one_is_no_candidate():
    row = row_of("count", 10)
    assert (row["n_cells"], row["n_caught"]) == (4, 5)  # A, C, B, then D; not the fifth
    assert row["harm_best_share"] == pytest.approx(1 - 10 / 1100)


def test_the_columns_that_others_read_come_first():
    table = backtest(BY_HAND, WEIGHTS, methods=["count"], n_cells=1, **ASKED)
    names = ["origin", "method", "horizon", "area_share", "n_caught", "harm_caught_share", "pai", "pei"]
    assert table.columns[:8].tolist() == names


def test_a_share_of_the_area_is_a_number_of_cells():
    share = backtest(BY_HAND, WEIGHTS, methods=["harm"], area_share=2.5 / 37, **ASKED).iloc[0]
    assert (share["n_cells"], share["harm_caught"]) == (2, 30)


def test_ties_go_by_harm_then_count_then_cell_id():
    cube = cube_of([(B, 1, 0, 2), (A, 1, 1, 2), (C, 1, 1, 2), (B, 2, 0, 1), (A, 2, 0, 1), (C, 2, 0, 1)])
    asked = {"periods": [1, 2], "train": 1, "horizon": 1, **AREAS}
    seen = {}

    def same(train, scores, context):
        seen["cells"] = context.cells
        return np.ones(len(context.cells))

    one = backtest(cube, scores_of([100, 10]), methods={"same": same}, n_cells=1, **asked).iloc[0]
    two = backtest(cube, scores_of([100, 10]), methods={"same": same}, n_cells=2, **asked).iloc[0]
    assert seen["cells"].tolist() == sorted([A, B, C])
    assert one["harm_train_share"] == pytest.approx(200 / 240)  # B has most harm
    assert two["harm_train_share"] == pytest.approx(220 / 240)


def test_offences_without_a_weight_are_counted_but_add_no_harm():
    cube = cube_of([(A, 1, 0, 9), (B, 1, 1, 1), (A, 2, 0, 9), (B, 2, 1, 1)])
    asked = {"periods": [1, 2], "train": 1, "horizon": 1, "n_cells": 1, **AREAS}
    table = backtest(cube, scores_of([None, 5]), methods=["count", "harm"], **asked).set_index("method")
    assert table["n_caught"].to_dict() == {"count": 9, "harm": 1}
    assert table["harm_caught_share"].to_dict() == {"count": 0, "harm": 1}


# ---------------------------------------------------------------- every method

HOT = CELLS[10:14]
PERIODS = list(range(100, 120))
DAYS = [5.0, 60.0, 700.0]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_planted_hot_spots(method: str):
    cube = planted(PERIODS, HOT, DAYS)
    table = backtest(
        cube, scores_of(DAYS), periods=PERIODS, train=12, horizon=3, methods=[method], n_cells=len(HOT),
        origins=[112, 115], **AREAS,
    )  # fmt: skip
    # four hot cells of 37 expect 32 of 45.2 offences a period, 71% of harm; four cells at random a tenth. Kernel
    # density and Gi* borrow from neighbours, so they may take a neighbour of hot cells for one of them
    least = 0.35 if method in ("kde", "gi") else 0.55
    assert (table["harm_caught_share"] > least).all()


@pytest.mark.parametrize(("resolution", "spacing"), [(9, 329.0), (10, 124.0), (11, 47.0)])
def test_kernel_density_smooths_as_far_as_later_harm_lies_at_any_size_of_cell(resolution: int, spacing: float):
    middle = h3.latlng_to_cell(53.7632, -2.7031, resolution)
    cells = np.sort(np.array(h3.grid_disk(middle, 12), dtype=np.int64))
    place = Context(10, tuple(range(1, 10)), 3, cells)
    assert place.spacing_m == pytest.approx(spacing, rel=0.05)
    steps = np.array([h3.grid_distance(middle, int(c)) for c in cells])
    random, rate = np.random.default_rng(1), 4000.0 / (1.0 + steps) ** 2
    own = random.permutation(rate)
    assert likeliest(place, random.poisson(own) * 1.0, random.poisson(own) * 1.0) <= 0.4  # neighbours say nothing
    drawn = random.poisson(np.full(len(cells), 0.3)) * 1.0
    assert likeliest(place, drawn, random.poisson(np.full(len(cells), 0.3)) * 1.0) >= 1.0  # and here the cell itself
    one = density(place, np.where(cells == middle, 7.0, 0.0), 0.8)
    assert one.sum() == pytest.approx(7.0, rel=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_looks_ahead(method: str):
    """The same figures, to the last digit, whatever happens from the origin on."""
    origin, seen = 112, []

    def spy(train, scores, context):
        figures = METHODS[method](train, scores, context)
        seen.append((context.cells, figures))
        return figures

    past = planted(PERIODS, HOT, DAYS)
    other = planted(PERIODS, CELLS[20:30], DAYS, seed=9)
    changed = pd.concat([past[past["period"] < origin], other[other["period"] >= origin]], ignore_index=True)
    for cube in (past, changed):
        backtest(
            cube, scores_of(DAYS), periods=PERIODS, train=8, horizon=3, methods={method: spy}, n_cells=4,
            origins=[origin], **AREAS,
        )  # fmt: skip
    assert not past.equals(changed)
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers_twice_alike_and_survives_next_to_nothing(method: str):
    cube = cube_of([(A, 1, 0, 1), (B, 2, 0, 1), (A, 4, 0, 1)])
    asked = {"periods": [1, 2, 3, 4], "train": 3, "horizon": 1, "methods": [method], "n_cells": 1, **AREAS}
    pd.testing.assert_frame_equal(backtest(cube, scores_of([7]), **asked), backtest(cube, scores_of([7]), **asked))
    unscored = backtest(cube, scores_of([None]), **asked)
    assert unscored.loc[0, "n_caught"] == 1  # A, by cell id or by count
    assert np.isnan(unscored.loc[0, "harm_caught_share"])


def test_half_the_window_ago_counts_half():
    # a half-life of 2 periods in a window of 4: two offences of age 4 weigh 2 × 2^(−2) = 0.5, one of age 1 2^(−1/2)
    cube = cube_of([(A, 1, 0, 2), (B, 4, 0, 1), (A, 5, 0, 1), (B, 5, 0, 3)])
    asked = {"periods": [1, 2, 3, 4, 5], "train": 4, "horizon": 1, "n_cells": 1, **AREAS}
    table = backtest(cube, scores_of([10]), methods=["harm", "harm-decay"], **asked).set_index("method")
    assert table["n_caught"].to_dict() == {"harm": 1, "harm-decay": 3}


# ---------------------------------------------------------------- refusals


def test_what_cannot_be_tested_is_told():
    ask = dict(periods=[1, 2, 3], train=2, horizon=1, **AREAS)
    with pytest.raises(HotspotsError, match="no such method to test: 'magic'"):
        backtest(BY_HAND, WEIGHTS, methods=["magic"], **ask)
    with pytest.raises(HotspotsError, match="not both"):
        backtest(BY_HAND, WEIGHTS, area_share=0.1, n_cells=3, **ask)
    with pytest.raises(HotspotsError, match="share of the area is 2"):
        backtest(BY_HAND, WEIGHTS, area_share=2, **ask)
    with pytest.raises(HotspotsError, match="number of cells is 0"):
        backtest(BY_HAND, WEIGHTS, n_cells=0, **ask)
    with pytest.raises(HotspotsError, match="too small to hold one cell"):
        backtest(BY_HAND, WEIGHTS, methods=["count"], area_share=1e-6, **ask)


def test_a_method_that_gives_no_figure_is_a_defect():
    with pytest.raises(RuntimeError, match="no finite figure"):
        backtest(BY_HAND, WEIGHTS, methods={"bad": lambda t, s, c: np.full(len(c.cells), np.nan)}, **ASKED)


# ---------------------------------------------------------------- methods side by side


def compared(shares: dict[str, list[float]], horizon: int = 1) -> pd.DataFrame:
    rows = [
        {"origin": 10 + i, "place": i, "method": m, "horizon": horizon, "harm_caught_share": s, "pai": s, "pei": s,
         "harm_best_share": 1.0}
        for m, values in shares.items()
        for i, s in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_differences_are_taken_origin_by_origin():
    table = compared({"count": [0.10, 0.20, 0.30, 0.40], "gbm": [0.11, 0.22, 0.30, 0.39]})
    found = paired(table).set_index("method")
    assert found.index.tolist() == ["gbm", "count"]
    row = found.loc["gbm"]
    assert row["difference"] == pytest.approx(0.005)
    assert (row["wins"], row["draws"], row["losses"], row["n_origins"]) == (2, 1, 1, 4)
    # d = 0.01, 0.02, 0, −0.01: s = 0.01291, s/√4 = 0.006455, t(3; 0.975) = 3.1824
    assert (row["t_low"], row["t_high"]) == pytest.approx((0.005 - 0.02054, 0.005 + 0.02054), abs=1e-5)
    assert np.isnan(found.loc["count", "ci_low"])
    assert found.loc["count", "difference"] == 0


def test_a_steady_difference_has_a_narrow_interval_and_blocks_widen_a_persistent_one():
    assert block_interval(np.full(8, 0.02), 3, 1) == pytest.approx((0.02, 0.02))
    wave = np.repeat([1.0, -1.0, 1.0, -1.0], 10)
    narrow, wide = block_interval(wave, 1, 1), block_interval(wave, 10, 1)
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])
    # independent draws: mean 0, standard error 1/√40
    assert narrow[1] == pytest.approx(1.96 / 40**0.5, rel=0.1)


def test_an_origin_without_a_figure_for_every_method_is_left_aside():
    table = compared({"count": [0.1, 0.2, np.nan], "harm": [0.2, 0.1, 0.9]})
    assert paired(table)["n_origins"].tolist() == [2, 2]
    assert paired(table)["method"].iloc[0] == "count"  # equal means: the simpler


def test_the_best_mean_wins_and_a_tie_goes_to_the_simpler():
    better = paired(compared({"count": [0.10, 0.20], "expected-harm": [0.12, 0.20]}))
    assert better["method"].tolist() == ["expected-harm", "count"]
    equal = paired(compared({"expected-harm": [0.10004, 0.2], "count": [0.1, 0.2]}))  # within 0.005 points
    assert equal["method"].tolist() == ["count", "expected-harm"]
    with pytest.raises(HotspotsError, match="no method 'harm' to compare with"):
        paired(compared({"count": [0.1]}), against="harm")


# ---------------------------------------------------------------- calibration


def test_bins_hold_their_upper_end():
    stated = pd.Series([0.0, 0.5, 0.50001, 1.0, 1.0])
    seen = pd.Series([False, True, False, True, False])
    lines = binned("p_top", stated, seen, (0.0, 0.5, 1.0))
    assert [(line[1], line[2], line[3], line[5]) for line in lines] == [(0.0, 0.5, 2, 1), (0.5, 1.0, 3, 1)]


def test_the_top_is_that_of_each_group_and_holds_no_cell_without_harm():
    test = cube_of([(A, 1, 0, 5), (B, 1, 0, 4), (C, 1, 0, 1), (D, 1, 1, 9)])
    groups = pd.Series({A: "West", B: "West", C: "East", D: "East"})
    assert set(in_top(test, scores_of([10, None]), groups, 1)) == {A, C}
    assert set(in_top(test, scores_of([10, None]), groups, 2)) == {A, B, C}


def test_sure_cells_are_found_in_the_top_when_rates_stand_still():
    cube = planted(PERIODS, HOT, [10.0])
    table = calibration(cube, scores_of([10.0]), periods=PERIODS, train=10, horizon=3, top=4, draws=200)
    sure = table[(table["low"] >= 0.8)]
    assert set(sure["figure"]) == {"p_top", "p_top_next"}
    assert (sure["share_in_top"] > 0.9).all()
    assert (table["ci_low"] <= table["share_in_top"]).all()
    assert (table["ci_high"] >= table["share_in_top"]).all()
    n = table.groupby("figure")["n_cells"].sum()
    assert n.nunique() == 1


# ---------------------------------------------------------------- plain tables


def write(folder: Path, text: str, name: str = "city.csv") -> Path:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_a_plain_table_becomes_a_cube(tmp_path: Path):
    text = "Date,Longitude,Latitude,offence,days,more\n"
    text += "2024-01-01 10:00,-2.699,53.759,robbery,365,x\n" * 2
    text += "2024-01-31,-2.699,53.759,theft,,x\n2024-02-29 23:59,-2.699,53.759,robbery,100,x\n"
    text += "2024-02-03,,,robbery,365,x\n"
    table, words = read_table(write(tmp_path, text, "city.csv.gz"))
    assert words == ["1 of 5 rows have no coordinates and are left out (20.0%)."]
    cube, scores, periods = cube_of_table(table)
    assert periods == [202401, 202402]
    assert cube["cell"].unique().tolist() == [int("8a1951803b4ffff", 16)]
    lines = scores.set_index("label")[["days", "status", "n_offences"]].sort_values("days").reset_index()
    assert lines["label"].tolist() == ["robbery", "robbery", "theft"]
    assert lines["days"].tolist()[:2] == [100, 365]
    assert lines["n_offences"].tolist() == [1, 2, 1]
    assert lines["status"].tolist() == ["scored", "scored", "unscored"]
    assert cube["n_incidents"].sum() == 4


def test_weeks_begin_on_monday_and_those_not_covered_are_dropped(tmp_path: Path):
    # 2024-01-01 was a Monday; 2024-01-21 a Sunday. The first row is a Tuesday, the last a Saturday
    days = ["2024-01-02", "2024-01-08", "2024-01-14", "2024-01-15", "2024-01-27"]
    table, _ = read_table(write(tmp_path, "date,lon,lat\n" + "".join(f"{d},-2.7,53.76\n" for d in days)))
    cube, scores, periods = cube_of_table(table, period="week")
    assert [period_text(p) for p in periods] == ["2024-01-08", "2024-01-15"]
    assert cube["n_incidents"].tolist() == [2, 1]
    assert scores["days"].tolist() == [1.0]


def test_months_without_days_are_all_kept_and_a_part_of_a_month_is_dropped(tmp_path: Path):
    months = write(tmp_path, "date,lon,lat\n2024-01-01,-2.7,53.76\n2024-03-01,-2.7,53.76\n")
    assert cube_of_table(read_table(months)[0])[2] == [202401, 202403]
    parts = write(tmp_path, "date,lon,lat\n2024-01-12,-2.7,53.76\n2024-02-05,-2.7,53.76\n2024-03-29,-2.7,53.76\n")
    assert cube_of_table(read_table(parts)[0])[2] == [202402, 202403]


def test_every_problem_of_a_table_is_told_at_once(tmp_path: Path):
    text = "date,lon,lat,days\n05/24,-2.7,53.76,3\n2024-01-01,west,53.76,-1\n"
    with pytest.raises(HotspotsError) as told:
        read_table(write(tmp_path, text))
    assert len(told.value.problems) == 3
    assert "Column 'date' has 1 values that are not dates" in told.value.problems[0]
    assert "'05/24' (row 2)" in told.value.problems[0]
    assert "'west' (row 3)" in told.value.problems[1]
    assert "'-1' (row 3)" in told.value.problems[2]
    with pytest.raises(HotspotsError, match="no column 'date' and no column 'lat'"):
        read_table(write(tmp_path, "lon,when\n1,2\n"))
    with pytest.raises(HotspotsError, match="There is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(HotspotsError, match="not on the globe"):
        history_of_table(write(tmp_path, "date,lon,lat\n2024-01-01,-2.7,95\n2024-02-01,-2.7,53\n"))


def test_rows_of_no_days_are_context():
    day = pd.to_datetime(["2024-01-02"] * 3 + ["2024-01-31"])
    table = pd.DataFrame({"date": day, "lon": -2.70, "lat": 53.76, "days": [0.0, 0.0, 5.0, 5.0]})
    cube, scores, periods = cube_of_table(table)
    assert periods == [202401]
    assert cube["n_incidents"].sum() == 2
    assert cube["n_offences"].sum() == 4  # what expected harm learns from
    assert table_warnings(periods, scores)[0].startswith("2 rows weigh 0 days: context")


def test_a_period_without_a_row_is_told(tmp_path: Path):
    text = "date,lon,lat\n2024-01-01,-2.7,53.76\n2024-03-01,-2.7,53.76\n"
    history = history_of_table(write(tmp_path, text), total_area_km2=5)
    assert history.total_area_m2 == 5e6
    assert any("1 periods have no row and count as not observed: 2024-02" in w for w in history.warnings)
