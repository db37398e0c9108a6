"""Sparse data on places with a known spread of risk: what each figure makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from hotspots.insight.concentration import adjusted_gini, held_out_share, share_by_chance, share_in_top, share_of_rates

SHARES = (0.01, 0.05, 0.10)
CELLS = 4000
WEIGHTS = np.array([1.0, 10.0, 365.0, 5475.0])  # days
TIMES = np.array([600, 250, 40, 2])  # offences of each kind: a murder is rare


def fallen_evenly(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(cell, kind) of each offence, every cell equally likely."""
    kind = np.repeat(np.arange(len(WEIGHTS)), TIMES)
    return rng.integers(0, CELLS, len(kind)), kind


def test_even_risk_is_even_out_of_sample_for_counts():
    rng = np.random.default_rng(1)
    found = [
        held_out_share(rng.multinomial(900, [1 / CELLS] * CELLS), shares=SHARES, repeats=1, seed=i) for i in range(200)
    ]
    mean, se = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(mean - SHARES) < 3.5 * se).all()
    assert (se < 0.004).all()  # or the line above would say little


@pytest.mark.parametrize("folds", [2, 10])
def test_even_risk_is_even_out_of_sample_for_harm_though_two_murders_lead_it(folds):
    rng = np.random.default_rng(2)
    found, raw = [], []
    for i in range(300):
        cell, kind = fallen_evenly(rng)
        ones = np.ones(len(cell), dtype=int)
        found.append(
            held_out_share(ones, cell, WEIGHTS[kind], [0.05], np.ones(CELLS), CELLS, folds=folds, repeats=1, seed=i)[0]
        )
        raw.append(share_in_top(np.bincount(cell, WEIGHTS[kind], CELLS), [0.05])[0])
    se = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(0.05, abs=3.5 * se)
    assert se < 0.012
    assert np.mean(raw) > 0.9  # what hindsight says of the very same offences


def test_chance_alone_explains_what_fell_by_chance():
    rng = np.random.default_rng(3)
    raw = []
    for _ in range(40):
        cell, kind = fallen_evenly(rng)
        raw.append(share_in_top(np.bincount(cell, WEIGHTS[kind], CELLS), SHARES))
    chance = share_by_chance(TIMES, WEIGHTS, CELLS, SHARES, draws=40, seed=4)
    np.testing.assert_allclose(np.mean(raw, axis=0), chance, atol=0.004)


@pytest.mark.parametrize("per_cell", [0.2, 1.0, 5.0])
def test_concentrated_risk_lies_between_held_out_and_hindsight(per_cell):
    shape, n = 0.1, 20_000
    rng = np.random.default_rng(5)
    rates = [rng.gamma(shape, per_cell / shape, n) for _ in range(8)]
    counts = [rng.poisson(rate) for rate in rates]
    truth = np.mean([share_in_top(rate, SHARES) for rate in rates], axis=0)
    hindsight = np.mean([share_in_top(c, SHARES) for c in counts], axis=0)
    held_out = np.mean([held_out_share(c, shares=SHARES, repeats=1) for c in counts], axis=0)
    assert (held_out < truth).all()
    assert (truth < hindsight).all()
    # the top x of a gamma distribution holds the upper part of one whose shape is greater by 1
    exact = [gamma.sf(gamma.isf(x, shape), shape + 1) for x in SHARES]
    fitted = np.mean([share_of_rates(c, shares=SHARES) for c in counts], axis=0)
    np.testing.assert_allclose(fitted, exact, atol=0.015)


def test_land_without_any_risk_is_found():
    shape, n, at_risk = 0.5, 40_000, 0.1
    truth = np.array([gamma.sf(gamma.isf(min(x / at_risk, 1), shape), shape + 1) for x in SHARES])
    rng = np.random.default_rng(6)
    rates = rng.gamma(shape, 6 / shape, n) * (rng.random(n) < at_risk)
    np.testing.assert_allclose(share_of_rates(rng.poisson(rates), shares=SHARES), truth, atol=0.02)


def test_even_risk_is_found_even():
    counts = np.random.default_rng(7).poisson(2.0, 20_000)
    np.testing.assert_allclose(share_of_rates(counts, shares=SHARES), SHARES, rtol=0.25)
    assert share_in_top(counts, [0.05])[0] > 0.12  # hindsight finds hot spots there


def test_a_shorter_window_is_no_more_concentrated_held_out():
    """A twelfth of the incidents: by hindsight the top share rises, held out it does not."""
    rng = np.random.default_rng(8)
    year = rng.poisson(rng.gamma(0.1, 1 / 0.1, 10_000))
    month = rng.binomial(year, 1 / 12)
    assert share_in_top(month, [0.01])[0] > share_in_top(year, [0.01])[0] + 0.05
    assert held_out_share(month, shares=[0.01])[0] < held_out_share(year, shares=[0.01])[0] + 0.01
    assert adjusted_gini(month) < adjusted_gini(year)
