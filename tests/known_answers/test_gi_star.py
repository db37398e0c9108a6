"""Gi* against esda, q against scipy, and both against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from h3.api import basic_int as h3
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control, kendalltau

from hotspots import geography
from hotspots.ranking import patterns
from hotspots.ranking.gi_star import bh_q_values, gi_star

PRESTON = h3.latlng_to_cell(53.7590, -2.6990, 10)


def peer_z(cells: np.ndarray, values: np.ndarray) -> np.ndarray:
    """esda 2.9 on a weights object of libpysal 4.14, as its documentation shows it."""
    esda = pytest.importorskip("esda", reason="esda is not installed: Gi* is not compared with it")
    libpysal = pytest.importorskip("libpysal", reason="libpysal is not installed: Gi* is not compared with esda")
    held = set(cells.tolist())
    near = {c: [d for d in h3.grid_ring(c, 1) if d in held] for c in cells.tolist()}
    weights = libpysal.weights.W(near, id_order=cells.tolist(), silence_warnings=True)
    peer = esda.G_Local(values, weights, star=True, transform="B", permutations=0)
    return np.asarray(peer.Zs, dtype=float)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_esda(seed):
    """Sparse, skewed harm on a whole disk of 2,791 cells."""
    cells = np.array(sorted(h3.grid_disk(PRESTON, 30)))
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.3, 200, len(cells)) * (rng.random(len(cells)) < 0.3)
    z = gi_star(values, geography.adjacency(cells))
    assert np.abs(z - peer_z(cells, values)).max() < 1e-9


@pytest.mark.filterwarnings("ignore")
def test_esda_with_holes_and_lone_cells():
    disk = np.array(h3.grid_disk(PRESTON, 20))
    rng = np.random.default_rng(7)
    cells = rng.choice(disk, 400, replace=False)
    values = rng.gamma(0.5, 1000, len(cells))
    adjoining = geography.adjacency(cells)
    assert (np.diff(adjoining.indptr) == 0).any()
    assert np.abs(gi_star(values, adjoining) - peer_z(cells, values)).max() < 1e-9


def line(n: int) -> csr_array:
    """n cells in a row."""
    return csr_array(np.eye(n, k=1) + np.eye(n, k=-1))


def test_four_cells_in_a_row_by_hand():
    # values 0 0 3 9: mean 3, s² = (9 + 9 + 0 + 36) / 4 = 13.5
    # first: sum 0, w 2: (0 − 6) / (√13.5 √((8 − 4)/3)); third: sum 12, w 3: (12 − 9) / (√13.5 √((12 − 9)/3))
    z = gi_star([0, 0, 3, 9], line(4))
    s = math.sqrt(13.5)
    ends = s * math.sqrt(4 / 3)
    assert z == pytest.approx([-6 / ends, -6 / s, 3 / s, 6 / ends], abs=1e-12)


def test_the_denominator_is_the_spread_under_shuffling():
    """Over all 120 orders of five values, the sum of a cell and its neighbour has mean w x̄ and the variance used."""
    from itertools import permutations

    values = [0.0, 1.0, 1.0, 4.0, 10.0]
    sums = [o[0] + o[1] for o in permutations(values)]
    z = gi_star(values, line(5))
    assert z[0] == pytest.approx((values[0] + values[1] - np.mean(sums)) / np.std(sums), abs=1e-12)


def test_the_example_of_benjamini_and_hochberg():
    """Their table of 15 p values (1995, section 3.2): four are called at 0.05, as the paper finds."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    q = bh_q_values(p)
    assert (q <= 0.05).sum() == 4
    assert q[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625], abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 37, 5000])
def test_scipy_false_discovery_control(n):
    rng = np.random.default_rng(n)
    p = np.where(rng.random(n) < 0.3, rng.random(n) / 1000, rng.random(n)).round(4)  # with ties
    assert bh_q_values(p) == pytest.approx(false_discovery_control(p), abs=1e-15)


@pytest.mark.parametrize("k", [4, 5, 6, 8, 9, 12])
def test_the_trend_is_scipys_exact_kendall(k):
    """Mann and Kendall's S over time is Kendall's tau with the order of time: exact one-sided p."""
    z = np.random.default_rng(k).normal(size=(300, k)) + np.linspace(0, 1.5, k)
    rising, falling = patterns.trends(z)
    for way, found in (("greater", rising), ("less", falling)):
        p = [kendalltau(range(k), row, method="exact", alternative=way).pvalue for row in z]
        assert found.tolist() == [v <= 0.05 for v in p]
    assert rising.any()
    assert not rising.all()


def test_the_least_trend_by_hand():
    # 4 spans: one order of 24 rises throughout (S = 6, p 0.042), three more have S = 4 (p 4/24). 3 spans: p 1/6.
    assert patterns.least_s(4) == 6
    assert patterns.least_s(3) == math.inf
    assert patterns.least_s(8) == 16  # Kendall's table: P(S ≥ 16) = 0.031, P(S ≥ 14) = 0.054
