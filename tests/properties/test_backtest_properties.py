"""What must hold of every back-test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.backtest import METHODS, backtest
from hotspots.backtest.methods import harm
from hotspots.backtest.run import targeting_curve
from hotspots.harm.scoring import scored_days
from tests.backtesting import CELLS, Row, cube_of, equal_areas, plain_backtest, scores_of
from tests.conftest import examples

FEW = CELLS[:9]
ROWS = st.lists(
    st.tuples(st.sampled_from(FEW), st.integers(1, 6), st.integers(0, 3), st.integers(1, 5)), min_size=4, max_size=50
).filter(lambda rows: any(r[1] <= 4 for r in rows))
DAYS = st.lists(st.none() | st.sampled_from([1, 10, 365, 547.5, 5475]), min_size=4, max_size=4)
QUICK = ["count", "harm", "harm-sqrt", "harm-cap", "harm-decay"]
ASKED = {
    "periods": [1, 2, 3, 4, 5, 6], "train": 4, "horizon": 2, "origins": [5], "areas_m2": equal_areas(),
    "total_area_m2": 500_000.0,
}  # fmt: skip


@given(ROWS, DAYS, st.integers(1, 9), st.sampled_from(["count", "harm"]))
def test_the_fast_way_is_the_slow_plain_one(rows: list[Row], days: list[float | None], n: int, by: str):
    found = backtest(cube_of(rows), scores_of(days), methods=[by], n_cells=n, **ASKED).iloc[0]
    plain = plain_backtest(rows, days, 5, 4, 2, n, by)
    for name, value in plain.items():
        assert found[name] == pytest.approx(value, rel=1e-9, nan_ok=True), name


@given(ROWS, DAYS, st.integers(1, 9))
def test_the_perfect_choice_has_a_pei_of_one_and_no_method_exceeds_it(
    rows: list[Row], days: list[float | None], n: int
):
    cube, scores = cube_of(rows), scores_of(days)
    truth = cube[cube["period"] >= 5]
    weights = scored_days(scores)
    oracle = {m: METHODS[m] for m in QUICK} | {"perfect": lambda t, s, c: harm(truth, c.cells, weights)}
    known = cube[cube["cell"].isin(cube.loc[cube["period"] < 5, "cell"])]  # where the ranking knows every cell
    table = backtest(known, scores, methods=oracle, n_cells=n, **ASKED).set_index("method")
    if table["harm_total"].iloc[0] > 0:
        assert table.loc["perfect", "pei"] == pytest.approx(1)
        assert (table["pei"] <= 1 + 1e-12).all()
        assert (table["harm_caught_share"] <= table.loc["perfect", "harm_caught_share"] + 1e-12).all()
    else:
        assert table["pei"].isna().all()


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(0.5, 2.0), st.booleans()), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_no_order_of_cells_of_any_size_beats_the_perfect_choice(cells: list[tuple[int, float, bool]], random):
    random.shuffle(cells)
    mine, others = [c for c in cells if c[2]], [c for c in cells if not c[2]]
    observed, area = (np.array([c[i] for c in mine], dtype=float) for i in (0, 1))
    elsewhere = tuple(np.array([c[i] for c in others], dtype=float) for i in (0, 1))
    curve = targeting_curve(observed, area, elsewhere=elsewhere)
    assert (curve["pei"].dropna() <= 1 + 1e-9).all()
    assert (curve["best_share"].dropna() <= 1 + 1e-9).all()
    if len(others) == 0 and observed.sum():
        assert curve["pai"].iloc[-1] == pytest.approx(1)
        best = targeting_curve(*(x[np.argsort(-observed / area)] for x in (observed, area)))
        assert best["pei"].dropna().to_numpy() == pytest.approx(1)


@given(ROWS, DAYS, st.sampled_from([1e-3, 0.37, 3.0, 1e4]), st.integers(1, 6))
def test_scaling_all_weights_changes_nothing(rows: list[Row], days: list[float | None], factor: float, n: int):
    scaled = [None if d is None else d * factor for d in days]
    methods = ["count", "harm", "harm-sqrt", "harm-decay"]
    own, other = (backtest(cube_of(rows), scores_of(d), methods=methods, n_cells=n, **ASKED) for d in (days, scaled))
    in_units = ["harm_caught", "harm_total"]
    pd.testing.assert_frame_equal(own.drop(columns=in_units), other.drop(columns=in_units), rtol=1e-9)
    np.testing.assert_allclose(own["harm_total"] * factor, other["harm_total"], rtol=1e-9)


@given(ROWS, DAYS, st.integers(1, 6), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[Row], days: list[float | None], n: int, random):
    cube = cube_of(rows)
    order = list(range(len(cube)))
    random.shuffle(order)
    own, other = (backtest(c, scores_of(days), methods=QUICK, n_cells=n, **ASKED) for c in (cube, cube.iloc[order]))
    pd.testing.assert_frame_equal(own, other)


@given(ROWS, ROWS, DAYS, st.sampled_from([*QUICK, "gi", "expected-harm"]))
@settings(max_examples=examples(40))
def test_what_happens_after_the_origin_moves_no_ranking(
    rows: list[Row], later: list[Row], days: list[float | None], method: str
):
    seen = []

    def spy(train, scores, context):
        seen.append((context.cells.tolist(), METHODS[method](train, scores, context)))
        return seen[-1][1]

    past = [r for r in rows if r[1] < 5]
    future = [(c, 5 + p % 2, o, n) for c, p, o, n in later]
    for cube in (cube_of(rows), cube_of(past + future)):
        backtest(cube, scores_of(days), methods={method: spy}, n_cells=3, **ASKED)
    assert seen[0][0] == seen[1][0]
    np.testing.assert_array_equal(seen[0][1], seen[1][1])
