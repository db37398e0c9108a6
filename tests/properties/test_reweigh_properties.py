"""What must hold of rankings under any weights."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.base.choices import EXPECTED, METHODS
from hotspots.ranking.rank import rank_cells
from hotspots.ranking.what_if import reweigh
from tests.weighing import Row, compare_rankings, cube_of, plain_ranks, robustness, scores_of

N = 5
ROWS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, N - 1), st.integers(1, 4)), min_size=1, max_size=40)
DAYS = st.lists(st.none() | st.integers(0, 40) | st.sampled_from([365, 547.5, 5475]), min_size=N, max_size=N)
WEIGHED = st.sampled_from(["harm", "harm-sqrt", "harm-cap"])
UNITLESS = st.sampled_from(["harm", "harm-sqrt"])


def times(days: list[float | None], factor: float) -> list[float | None]:
    return [None if d is None else d * factor for d in days]


@given(ROWS, DAYS, st.sampled_from(sorted(set(METHODS) - {EXPECTED})))
def test_the_fast_ranking_is_the_slow_plain_one(rows: list[Row], days: list[float | None], method: str):
    cells, figure = plain_ranks(rows, days, method, cap=30)
    counts = reweigh.count_cells(cube_of(rows), N)
    ranks = reweigh.rank_counts(counts, scores_of(days), method, cap=30)
    assert counts.cell[np.argsort(ranks.rank)].tolist() == cells
    for cell, found in zip(counts.cell.tolist(), ranks.figure.tolist(), strict=True):
        assert np.isnan(found) if figure[cell] is None else found == pytest.approx(figure[cell], abs=1e-9)
    assert rank_cells(cube_of(rows), scores_of(days), method, cap=30)["cell"].tolist() == cells


@given(ROWS, DAYS, DAYS, WEIGHED, st.integers(1, 6))
def test_a_comparison_is_two_plain_rankings(
    rows: list[Row], a: list[float | None], b: list[float | None], method: str, top: int
):
    found = compare_rankings(cube_of(rows), scores_of(a), scores_of(b), method, top)
    tops = []
    for days, name in ((a, "a"), (b, "b")):
        cells, figure = plain_ranks(rows, days, method)
        place = dict(zip(found.table["cell"], found.table[f"rank_{name}"], strict=True))
        assert [place[c] for c in cells] == list(range(1, len(cells) + 1))
        tops.append([c for c in cells[:top] if figure[c] is not None])
    first, second = map(set, tops)
    change = dict(zip(found.table["cell"], found.table["change"], strict=True))
    for cell, words in change.items():
        assert words == {(1, 1): "stays", (1, 0): "leaves", (0, 1): "enters", (0, 0): ""}[cell in first, cell in second]
    assert (found.n_enter, found.n_leave) == (len(second - first), len(first - second))
    either = first | second
    assert found.jaccard == (len(first & second) / len(either) if either else 1)
    assert found.rbo == reweigh.rbo(*tops)
    assert (found.table["shift"] == found.table["rank_a"] - found.table["rank_b"]).all()


@given(ROWS, DAYS, DAYS)
def test_the_driver_is_the_largest_change_of_share(rows: list[Row], a: list[float | None], b: list[float | None]):
    table = compare_rankings(cube_of(rows), scores_of(a), scores_of(b), "harm", 3).table.set_index("cell")
    n = {c: [sum(k for cell, o, k in rows if (cell, o) == (c, i)) for i in range(N)] for c in table.index}
    parts = []
    for days in (a, b):
        exact = [Fraction(d or 0) for d in days]
        total = sum(k * w for counts in n.values() for k, w in zip(counts, exact, strict=True))
        parts.append([w / total if total else Fraction(0) for w in exact])
    for cell, counts in n.items():
        change = [k * (after - before) for k, before, after in zip(counts, *parts, strict=True)]
        most = max(range(N), key=lambda i: (abs(change[i]), -i))
        if change[most] == 0:
            assert table.loc[cell, "driver"] == ""
            assert np.isnan(table.loc[cell, "driver_share"])
        else:
            assert table.loc[cell, "driver"] == f"offence {most}"
            assert table.loc[cell, "driver_share"] == pytest.approx(float(change[most]), abs=1e-12)
            assert table.loc[cell, "driver_days"] == counts[most] * ((b[most] or 0) - (a[most] or 0))


@given(ROWS, DAYS, st.floats(1e-4, 1e4), UNITLESS)
def test_scaling_all_weights_changes_nothing(rows: list[Row], days: list[float | None], factor: float, method: str):
    cube, scores, scaled = cube_of(rows), scores_of(days), scores_of(times(days, factor))
    found = compare_rankings(cube, scores, scaled, method, 3)
    assert (found.table["shift"] == 0).all()
    assert (found.table["driver"] == "").all()
    assert found.jaccard == 1
    own, other = (robustness(cube, s, method, 3, draws=8, seed=2) for s in (scores, scaled))
    pd.testing.assert_frame_equal(own, other)


@given(ROWS, DAYS, st.sampled_from(sorted(METHODS)), st.integers(1, 6))
def test_a_set_agrees_with_itself(rows: list[Row], days: list[float | None], method: str, top: int):
    found = compare_rankings(cube_of(rows), scores_of(days), scores_of(days), method, top)
    assert found.jaccard == 1
    assert found.rbo == pytest.approx(1, abs=1e-12)
    assert (found.n_enter, found.n_leave) == (0, 0)
    assert (found.table["shift"] == 0).all()
    assert set(found.table["change"]) <= {"stays", ""}
    assert (found.table["driver"] == "").all()


@given(ROWS, DAYS, st.integers(0, N - 1), st.integers(1, 5000), WEIGHED)
def test_raising_a_weight_never_lowers_a_cell_that_has_the_offence_against_one_that_has_not(
    rows: list[Row], days: list[float | None], offence: int, more: int, method: str
):
    days = [0 if i == offence and d is None else d for i, d in enumerate(days)]
    raised = [d + more if i == offence else d for i, d in enumerate(days)]
    table = compare_rankings(cube_of(rows), scores_of(days), scores_of(raised), method, 3).table
    has = {cell for cell, o, _ in rows if o == offence}
    place = table.set_index("cell")
    for mine in has:
        for other in set(table["cell"]) - has:
            if place.loc[mine, "rank_a"] < place.loc[other, "rank_a"]:
                assert place.loc[mine, "rank_b"] < place.loc[other, "rank_b"]


@given(ROWS, DAYS, WEIGHED, st.integers(1, 4), st.sampled_from([1.0, 1.5, 4.0]))
def test_the_fast_draws_are_the_slow_plain_ones(
    rows: list[Row], days: list[float | None], method: str, top: int, spread: float
):
    draws, cap = 9, 30.0
    scores = scores_of(days)
    table = robustness(cube_of(rows), scores, method, top, draws, spread, 4, cap=cap).set_index("cell")
    factors = reweigh.draw_factors(scores, draws, spread, 4)
    places: dict[int, list[int]] = {}
    hits: dict[int, int] = {}
    for d in range(draws):
        drawn = [None if w is None else float(w * factors[i, d]) for i, w in enumerate(days)]
        cells, figure = plain_ranks(rows, drawn, method, cap)
        for rank, cell in enumerate(cells, 1):
            places.setdefault(cell, []).append(rank)
            hits[cell] = hits.get(cell, 0) + (rank <= top and figure[cell] is not None)
    base, figure = plain_ranks(rows, days, method, cap)
    wanted = [c for i, c in enumerate(base) if hits[c] or (i < top and figure[c] is not None)]
    assert table.index.tolist() == wanted
    for cell in wanted:
        ordered = sorted(places[cell])
        assert table.loc[cell, "rank"] == base.index(cell) + 1
        assert table.loc[cell, "share_in_top"] == hits[cell] / draws
        # of nine draws: the first reaches 5%, the fifth is the median, the ninth reaches 95%
        found = table.loc[cell, ["rank_low", "rank_median", "rank_high"]].astype(int).tolist()
        assert found == [ordered[0], ordered[4], ordered[8]]


@given(ROWS, DAYS, WEIGHED, st.integers(1, 12), st.integers(0, 99))
def test_shares_add_up_to_the_size_of_the_top(
    rows: list[Row], days: list[float | None], method: str, top: int, seed: int
):
    table = robustness(cube_of(rows), scores_of(days), method, top, draws=10, seed=seed)
    scored = {cell for cell, o, _ in rows if days[o] is not None}
    assert table["share_in_top"].sum() == pytest.approx(min(top, len(scored)))
    assert set(table["cell"]) <= scored


@given(ROWS, st.integers(2, 9))
def test_a_cell_of_one_offence_drops_out_when_its_weight_falls_to_nothing(rows: list[Row], top: int):
    alone, days = 99, [5.0, 6.0, 7.0, 8.0, 9.0, 100_000.0]
    planted = [*rows, (alone, N, 1)]
    others = {cell for cell, _, _ in rows}
    found = compare_rankings(
        cube_of(planted), scores_of(days), scores_of([*days[:-1], 0.0]), "harm", min(top, len(others))
    )
    row = found.table.set_index("cell").loc[alone]
    assert (row["rank_a"], row["rank_b"], row["change"]) == (1, len(others) + 1, "leaves")
    assert (row["driver"], row["driver_days"]) == (f"offence {N}", -100_000)
