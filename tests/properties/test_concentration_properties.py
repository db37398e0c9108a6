"""What must hold for any cells; and each fast way equals a slow plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.insight.concentration import adjusted_gini, gini, held_out_share, lorenz, share_in_top
from tests.conftest import examples

MANY = settings(max_examples=examples(150), deadline=None)
COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=25).filter(any)
SHARES = st.floats(0.001, 1)
AREAS = st.integers(90, 110)


def plain_share(cells: list[tuple[float, float]], total: float, share: float) -> float:
    """The most of (value, area) that fits into a share of the area, one cell after the other."""
    left, held = share * total, 0.0
    for value, area in sorted(cells, key=lambda cell: -cell[0] / cell[1]):
        part = min(left / area, 1.0)
        held += part * value
        left -= part * area
    return held / sum(value for value, _ in cells)


@MANY
@given(st.lists(st.tuples(st.integers(0, 12), AREAS), min_size=1, max_size=25), st.integers(0, 3000), SHARES)
def test_share_in_top_is_the_most_that_fits(cells, empty, share):
    if not any(value for value, _ in cells):
        return
    value, area = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    total = area.sum() + empty
    found = share_in_top(value, [share], area, total)[0]
    assert found == pytest.approx(plain_share(cells, total, share), abs=1e-9)
    assert found >= share - 1e-12


@MANY
@given(COUNTS, st.integers(0, 40))
def test_the_curve_rises_and_bends_only_downwards(counts, empty):
    x, y = lorenz(counts, n_cells=len(counts) + empty).to_numpy().T
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= -1e-12).all()
    slopes = np.diff(y)[np.diff(x) > 0] / np.diff(x)[np.diff(x) > 0]
    assert (np.diff(slopes) <= 1e-9).all()


@MANY
@given(COUNTS, st.integers(0, 40))
def test_gini_equals_the_sum_over_ranks(counts, empty):
    rising = sorted([*counts, *[0] * empty])
    n = len(rising)
    plain = (2 * sum(i * v for i, v in enumerate(rising, 1)) / sum(rising) - n - 1) / n
    assert gini(counts, n_cells=n) == pytest.approx(plain, abs=1e-9)


@MANY
@given(COUNTS, st.integers(0, 200))
def test_generalised_gini_is_the_area_below_the_line_of_greatest_equality(counts, empty):
    n, c = len(counts) + empty, sum(counts)
    above = 1 - (gini(counts, n_cells=n) + 1) / 2  # area above the falling curve
    most_even = min(c / n, 1) / 2  # area above a line from 0 to 1 at c / n
    found = adjusted_gini(counts, n)
    assert found == pytest.approx((most_even - above) / most_even, abs=1e-9)
    assert -1e-9 <= found <= gini(counts, n_cells=n) + 1e-9


@MANY
@given(COUNTS, st.randoms(use_true_random=False), st.sampled_from([0.25, 3.0, 365.0]))
def test_order_and_unit_change_nothing(counts, draw, factor):
    other = [v * factor for v in counts]
    draw.shuffle(other)
    np.testing.assert_allclose(share_in_top(other, n_cells=60), share_in_top(counts, n_cells=60), atol=1e-12)
    assert gini(other) == pytest.approx(gini(counts), abs=1e-12)


def plain_held_out(
    lines: list[tuple[int, int, int]], n: int, share: float, folds: int, repeats: int, seed: int
) -> float:
    """Lines are (count, cell, weight); n cells of one size; ties share alike. With loops and nothing clever."""
    rng = np.random.default_rng(seed)
    caught = total = 0.0
    for _ in range(repeats):
        dealt = rng.multinomial([count for count, _, _ in lines], [1 / folds] * folds)
        for fold in range(folds):
            picked_by, held = [0] * n, [0] * n
            for (count, cell, weight), parts in zip(lines, dealt, strict=True):
                held[cell] += int(parts[fold]) * weight
                picked_by[cell] += (count - int(parts[fold])) * weight
            room = share * n
            for level in sorted(set(picked_by), reverse=True):
                tied = [cell for cell in range(n) if picked_by[cell] == level]
                part = min(room / len(tied), 1.0)
                caught += part * sum(held[cell] for cell in tied)
                room -= part * len(tied)
            total += sum(held)
    return caught / total


@MANY
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7), st.sampled_from([1, 10, 365])), min_size=1, max_size=12),
    st.integers(8, 40),
    SHARES,
    st.sampled_from([2, 5]),
    st.integers(0, 99),
)
def test_held_out_share_equals_the_plain_one(lines, n, share, folds, seed):
    if not sum(count for count, _, _ in lines):
        return
    count, cell, weight = zip(*lines, strict=True)
    found = held_out_share(count, cell, weight, [share], n_cells=n, folds=folds, repeats=2, seed=seed)[0]
    assert found == pytest.approx(plain_held_out(lines, n, share, folds, 2, seed), abs=1e-9)
    assert -1e-12 <= found <= 1 + 1e-12
