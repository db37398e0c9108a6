"""What counts say of the rates behind them, whatever shape the rates have: held to the truth, and to plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.change.estimates.expected_fall import mixture_means
from tests.conftest import examples

SETS = 60


def two_kinds(rng: np.random.Generator) -> np.ndarray:
    """A thousand quiet places and twenty far above them: no Gamma."""
    return np.r_[rng.gamma(0.8, 3.0, 1000), rng.uniform(60, 140, 20)]


def gamma(rng: np.random.Generator) -> np.ndarray:
    return rng.gamma(0.6, 10.0, 1000)


@pytest.mark.parametrize("rates_of", [two_kinds, gamma])
def test_the_worst_bring_next_what_is_told(rates_of):
    """The 20 with most are chosen; their true rates, which the next counts have, against what their counts say."""
    off, naive = [], []
    for seed in range(SETS):
        rng = np.random.default_rng(seed)
        rates = rates_of(rng)
        n = rng.poisson(rates)
        seen = n > 0
        told, _ = mixture_means(n[seen])
        top = np.argsort(-n[seen], kind="stable")[:20]
        truth = rates[seen][top].sum()
        off.append(told[top].sum() / truth - 1)
        naive.append(n[seen][top].sum() / truth - 1)
    assert abs(np.mean(off)) < 0.015
    assert np.mean(naive) > abs(np.mean(off))


def test_what_was_never_seen_is_as_much_as_was_seen_once():
    """Good and Turing: the places with 0 together bring as much as there are places with exactly 1."""
    ones, unseen = [], []
    for seed in range(SETS):
        rng = np.random.default_rng(seed)
        rates = rng.gamma(0.3, 2.0, 5000)
        n = rng.poisson(rates)
        ones.append((n == 1).sum())
        unseen.append(rates[n == 0].sum())
    assert np.mean(ones) == pytest.approx(np.mean(unseen), rel=0.02)


def test_one_rate_for_all_is_found():
    n = np.random.default_rng(1).poisson(20.0, 2000)
    told, variance = mixture_means(n)
    assert told.mean() == pytest.approx(20, abs=0.3)
    assert told.std() < 1.0  # luck taken out: the counts themselves have 4.5
    assert (variance >= 0).all()


def test_the_mean_of_what_is_told_is_that_of_the_counts():
    """Of counts cut off at 0: Σ E[λ / (1 − e^−λ) | n] = Σ n at the maximum; with few zeros Σ E[λ | n] = Σ n."""
    n = np.random.default_rng(2).poisson(np.random.default_rng(3).uniform(8, 40, 800))
    assert n.min() > 0
    assert mixture_means(n)[0].sum() == pytest.approx(n.sum(), rel=1e-3)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60))
@settings(max_examples=examples(40), deadline=None)
def test_more_seen_is_never_less_expected(counts):
    told, variance = mixture_means(counts)
    order = np.argsort(counts, kind="stable")
    assert (np.diff(told[order]) >= -1e-6 * told.max()).all()
    assert np.isfinite(told).all()
    assert (variance >= -1e-6 * told**2).all()
    again, _ = mixture_means(counts[::-1])
    assert again[::-1] == pytest.approx(told)


def test_counts_of_nothing_are_refused():
    with pytest.raises(ValueError, match="1 or more"):
        mixture_means([0, 1])
    assert len(mixture_means([])[0]) == 0
