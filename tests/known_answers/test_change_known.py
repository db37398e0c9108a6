"""Change: the worked examples, each under its source."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hotspots.change.estimates.expected_fall import mixture_means
from hotspots.change.estimates.small_counts import e_test, poisson_z
from hotspots.change.estimates.wdd import harm_wdd, wdd

PAPER = {"comparison": (308, 318), "treated": (207, 110), "comparison_ring": (150, 140), "ring": (178, 157)}


# Source: Wheeler, A. P. and Ratcliffe, J. H. (2018), Crime Science 7, 11, the example of the paper.
def test_the_example_of_the_paper():
    found = wdd(**PAPER)
    assert found.estimate == -118
    assert found.se**2 == pytest.approx(1568)
    assert round(found.z, 2) == -2.98
    assert (round(found.low), round(found.high)) == (-196, -40)


# Source: the same counts with areas, computed with the authors' function `wdd` (ptools).
def test_with_areas():
    found = wdd(**PAPER, areas=(1.2, 0.9, 1.5, 1.6))
    assert found.estimate == pytest.approx(-99.694444, abs=1e-6)
    assert found.se == pytest.approx(35.4280755, abs=1e-7)


# Source: the same function with time weights 2 before and 1 after.
def test_with_times():
    found = wdd(treated=(80, 20), comparison=(100, 50), times=(2, 1))
    assert found.estimate == -20
    assert found.se == pytest.approx(sqrt(115))


# Source: Wheeler and Ratcliffe (2018), without and with displacement areas, 90% intervals.
@pytest.mark.parametrize(
    ("rings", "estimate", "se", "low", "high"),
    [
        ({}, -40, 22.36, -76.8, -3.2),
        ({"comparison_ring": (30, 25), "ring": (40, 25)}, -50, 24.9, -91.0, -9.0),
    ],
)
def test_with_and_without_displacement(rings, estimate, se, low, high):
    found = wdd(comparison=(130, 150), treated=(120, 100), **rings)
    assert found.estimate == estimate
    assert found.se == pytest.approx(se, abs=0.05)
    ends = [estimate + z * found.se for z in (-1.645, 1.645)]
    assert ends == [pytest.approx(low, abs=0.05), pytest.approx(high, abs=0.05)]
    assert (found.low, found.high) == pytest.approx((estimate - 1.959964 * found.se, estimate + 1.959964 * found.se))


def offences(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"offence {i}", w, *t, *c) for i, (c, t, w) in enumerate(rows)],
        columns=["offence", "days", "treated_before", "treated_after", "comparison_before", "comparison_after"],
    )


# Source: the harm-weighted form, `wdd_harm` of the same authors' ptools.
def test_weighted_by_harm():
    found = harm_wdd(offences(
        ((133, 91), (130, 74), 3), ((388, 305), (327, 202), 2), ((148, 97), (398, 190), 5), ((86, 64), (144, 92), 7),
        ((94, 67), (183, 96), 10),
    ))  # fmt: skip
    assert found.total.estimate == -1721
    assert found.total.se == pytest.approx(304.1036, abs=1e-4)
    assert found.total.z == pytest.approx(-5.65926, abs=1e-5)


# Source: arithmetic with days of the Cambridge index 2020: robbery 365, bodily harm 10, wounding with intent 1,460.
def test_three_apparent_falls_and_no_evidence():
    found = harm_wdd(offences(((30, 28), (32, 24), 365), ((120, 118), (130, 110), 10), ((4, 4), (5, 3), 1460)))
    assert found.total.estimate == -5290
    assert found.total.se == pytest.approx(7024.318, abs=1e-3)
    assert found.total.z == pytest.approx(-0.7531, abs=1e-4)
    assert found.driver == "offence 2"
    assert found.driver_share == pytest.approx(1460**2 * 16 / 7024.318**2, abs=1e-4)


# Source: arithmetic, Z = 2(√now − √before).
@pytest.mark.parametrize(("before", "now", "z"), [(4, 9, 2.0), (3, 0, -3.464), (100, 130, 2.804)])
def test_poisson_z(before, now, z):
    assert round(poisson_z(before, now), 3) == z


# Source: Krishnamoorthy, K. and Thomson, J. (2004), Journal of Statistical Planning and Inference 119(1), 23–35, by
# their own program, for equal exposure.
@pytest.mark.parametrize(
    ("counts", "p"), [((3, 0), 0.0884), ((6, 2), 0.1749), ((10, 5), 0.2062), ((37, 20), 0.0243), ((33, 26), 0.3670)]
)
def test_e_test(counts, p):
    assert e_test(*counts) == pytest.approx(p, abs=5e-5)
    assert e_test(*counts[::-1]) == pytest.approx(p, abs=5e-5)


# Source: the same program for 10 in two units of time against 3 in one.
def test_e_test_with_unequal_lengths():
    assert e_test(10, 3, 2.0, 1.0) == pytest.approx(0.4125, abs=5e-5)
    assert e_test(3, 10, 1.0, 2.0) == pytest.approx(0.4125, abs=5e-5)
    assert e_test(10, 3, 14.0, 7.0) == pytest.approx(0.4125, abs=5e-5)  # the unit of time does not matter


def test_e_test_of_nothing_is_undefined():
    assert isnan(e_test(0, 0))


# Source: the zero-truncated Poisson distribution: mean λ/(1 − e^−λ), so 2.3130 at λ = 2.
def test_rates_behind_counts_that_are_cut_off_at_zero():
    """Places of one rate, 2, without those that had nothing: the rate behind each is 2, not the mean of 2.31."""
    k = np.arange(1, 11)
    many = np.round(10_000 * stats.poisson.pmf(k, 2) / (1 - np.exp(-2))).astype(int)
    counts = np.repeat(k, many)
    assert counts.mean() == pytest.approx(2 / (1 - np.exp(-2)), abs=1e-3)
    mean, variance = mixture_means(counts)
    assert mean.mean() == pytest.approx(2, abs=0.02)
    assert (np.abs(mean - 2) < 0.25)[counts < 6].all()
    assert (variance >= 0).all()


def test_places_with_one_incident_each_may_have_any_low_rate():
    """λ e^−λ/(1 − e^−λ) falls with λ: the likeliest rate is the lowest, not 1."""
    mean, _ = mixture_means(np.ones(500, dtype=int))
    assert mean.max() < 0.1
