"""What will be counted: in worlds where the drift of cells is known, intervals and chances hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import nbinom

from hotspots.ranking.expected import counted
from hotspots.ranking.expected.counted import NONE, USUAL, Drift, chance_of_counted_top, counted_interval, drift_of
from hotspots.ranking.expected.counts import Counts
from hotspots.ranking.expected.fitting import Fitted, fit
from hotspots.ranking.expected.posterior import Posterior, moments, posterior_of
from tests.drifting import CELLS, counts_of, world

TOP, AHEAD = 20, 3


def learned(counts: Counts) -> tuple[csr_array, Fitted, Posterior]:
    near = csr_array((CELLS, CELLS))
    fitted = fit(counts, near)
    return near, fitted, posterior_of(counts, near, fitted)


def covered(spread: float, gone: float, dispersion: float, seeds: range, asked: Drift | None = None) -> list[float]:
    """Share of the first 60 cells whose later count lies in its 90% interval, and the mean δ² that was learnt."""
    inside, found = [], []
    for seed in seeds:
        volume, came = world(seed, spread, gone, dispersion)
        counts = counts_of(volume)
        near, fitted, posterior = learned(counts)
        drift = asked or drift_of(counts, near, fitted, AHEAD)
        first = np.argsort(-moments(posterior)[0])[:60]
        low, high = counted_interval(posterior, first, AHEAD, drift)
        inside.append(((came[first] >= low) & (came[first] <= high)).mean())
        found.append(drift.spread)
    return [float(np.mean(inside)), float(np.mean(found))]


SEEDS = range(5)  # 300 cells: a share of 0.9 has a standard error of 0.017


def test_without_drift_little_is_learnt_and_intervals_widen_by_a_few_points_only():
    share, spread = covered(0.0, 0.0, 1.0, SEEDS)
    assert 0.88 <= share <= 0.96
    assert spread < 0.75 * USUAL.spread


@pytest.mark.parametrize(("spread", "gone", "dispersion"), [(0.2, 0.0, 1.0), (0.05, 0.03, 1.0), (0.05, 0.0, 1.8)])
def test_with_drift_intervals_cover_what_they_say_and_without_it_they_do_not(spread, gone, dispersion):
    share, found = covered(spread, gone, dispersion, SEEDS)
    plain, _ = covered(spread, gone, dispersion, SEEDS, NONE)
    assert 0.85 <= share <= 0.95
    assert plain < share
    assert found > USUAL.spread


def test_chances_of_the_counted_top_come_true():
    said, came_true = [], []
    for seed in SEEDS:
        volume, came = world(seed, 0.15, 0.02, 1.0)
        counts = counts_of(volume)
        near, fitted, posterior = learned(counts)
        drift = drift_of(counts, near, fitted, AHEAD)
        said.append(chance_of_counted_top(posterior, np.zeros(CELLS, dtype=np.int64), TOP, AHEAD, drift))
        came_true.append(counted.in_top(came[:, None].astype(float), TOP)[:, 0])
    stated, true = np.concatenate(said), np.concatenate(came_true)
    for low, high in ((0.2, 0.55), (0.55, 1.01)):
        inside = (stated >= low) & (stated < high)
        error = np.sqrt((stated * (1 - stated))[inside].sum()) / inside.sum()
        assert abs(stated[inside].mean() - true[inside].mean()) < 3 * error


def test_a_window_too_short_for_a_forecast_takes_the_usual_drift():
    volume, _ = world(1, 0.0, 0.0, 1.0)
    counts = counts_of(volume[:, :5])
    near, fitted, _ = learned(counts)
    assert drift_of(counts, near, fitted, AHEAD) == USUAL


@pytest.mark.parametrize("drift", [NONE, USUAL, Drift(0.3, 0.09), Drift(0.1, 0.0)])
def test_drift_keeps_the_mean_and_has_the_variance_it_is_said_to_have(drift):
    drawn = counted.drawn_drift(drift, (1000, 400), np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1.0, abs=0.005)
    assert (drawn**2).mean() == pytest.approx(counted.drift_square(drift), rel=0.01)


def test_the_likelihood_is_that_of_scipy():
    came, mean, variance = np.array([0.0, 3.0, 40.0]), np.array([2.0, 5.0, 30.0]), np.array([3.0, 12.0, 90.0])
    size = mean**2 / (variance - mean)
    expected = nbinom.logpmf(came, size, size / (size + mean))
    assert counted.log_negative_binomial(came, mean, variance) == pytest.approx(expected)
