"""Two Poisson counts and the weighted displacement difference: intervals, refusals, and what always holds."""

from __future__ import annotations

from math import inf, isnan, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, poisson

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.small_counts import e_test, percent_change, poisson_z, rate_ratio, ratio_of_ratios
from hotspots.change.estimates.wdd import harm_wdd, wdd

counts = st.integers(0, 40)
pairs = st.tuples(st.integers(0, 500), st.integers(0, 500))


# ---------------------------------------------------------------- one place


@settings(max_examples=8)
@given(counts, counts)
def test_e_test_equals_a_slow_plain_sum(before, now):
    p = e_test(before, now, 2.0, 1.0)
    if before + now == 0:
        assert isnan(p)
        return
    rate, most = (before + now) / 3, 140
    masses = [(poisson.pmf(np.arange(most), 2 * rate)), (poisson.pmf(np.arange(most), rate))]
    seen = abs(now - before / 2) / sqrt(now + before / 4)
    total = 0.0
    for x in range(most):
        for y in range(most):
            apart, spread = abs(y - x / 2), sqrt(y + x / 4)
            if (apart / spread if spread else 0.0) >= seen * (1 - 1e-12):
                total += masses[0][x] * masses[1][y]
    assert p == pytest.approx(min(total, 1), abs=1e-6)


@pytest.mark.parametrize(("before", "now", "times"), [(20, 10, (1, 1)), (5, 9, (2, 1)), (0, 4, (1, 1)), (7, 0, (1, 2))])
def test_the_interval_of_a_ratio_is_that_of_the_exact_binomial_test(before, now, times):
    """The peer: scipy's own exact interval of the share of ``now``, turned into odds."""
    found = rate_ratio(before, now, *times)
    share = binomtest(now, before + now).proportion_ci(0.95, method="exact")
    low, high = (times[0] / times[1] * (s / (1 - s) if s < 1 else inf) for s in share)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.ratio == pytest.approx(now / times[1] / (before / times[0]) if before else inf)


def test_the_interval_covers_at_least_as_often_as_it_says():
    """Exactly, by summing over every outcome: 24 events that fall after with chance p."""
    for ratio in (0.5, 1.0, 1.7):
        p = ratio / (1 + ratio)
        covered = sum(
            binom.pmf(now, 24, p) for now in range(25)
            if rate_ratio(24 - now, now).low <= ratio <= rate_ratio(24 - now, now).high
        )  # fmt: skip
        assert covered >= 0.95


def test_nothing_before_or_after_has_no_ratio():
    assert isnan(rate_ratio(0, 0).ratio)
    assert "Nothing happened" in rate_ratio(0, 0).note


def test_a_ratio_of_ratios_by_hand():
    found = ratio_of_ratios((100, 75), (80, 80))
    assert found.ratio == pytest.approx(0.75)
    reach = 1.959964 * sqrt(1 / 100 + 1 / 75 + 2 / 80)
    assert (log(found.low), log(found.high)) == (
        pytest.approx(log(0.75) - reach, abs=1e-6), pytest.approx(log(0.75) + reach, abs=1e-6),
    )  # fmt: skip
    assert "nothing to compare with" in ratio_of_ratios((3, 2), (5, 0)).note


def test_a_place_from_nothing_to_much_has_a_lower_limit_and_no_upper_one():
    """0 → 113 is at least 30 times, exactly: odds of Beta(113, 1) at 2.5% are 30.1, over 1.363 for 80 → 80."""
    found = ratio_of_ratios((0, 113), (80, 80))
    assert found.low == pytest.approx(30.14 / 1.3632, rel=1e-3)
    assert found.high == float("inf")
    gone = ratio_of_ratios((113, 0), (80, 80))
    assert (gone.ratio, gone.low) == (0, 0)
    assert gone.high == pytest.approx(1.3632 / 30.14, rel=1e-3)


@pytest.mark.parametrize(("before", "now", "value"), [(50, 40, -20.0), (100, 130, 30.0)])
def test_percent_change_of_enough(before, now, value):
    assert percent_change(before, now, 50).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("before", "now", "said"), [(49, 20, "49 before is fewer than 50"), (0, 3, "Nothing happened")]
)
def test_percent_change_of_too_few_is_refused(before, now, said):
    found = percent_change(before, now, 50)
    assert isnan(found.value)
    assert said in found.reason


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_z_changes_its_sign_with_time(before, now):
    assert poisson_z(before, now) == -poisson_z(now, before)


@pytest.mark.parametrize("call", [lambda: poisson_z(-1, 2), lambda: e_test(1, -2), lambda: rate_ratio(-1, 0)])
def test_counts_below_zero_are_refused(call):
    with pytest.raises(HotspotsError, match="0 or more"):
        call()


# ---------------------------------------------------------------- weighted displacement difference


@given(pairs, pairs, pairs, pairs)
def test_treated_and_comparison_changed_over_change_the_sign(t, c, r, s):
    one, other = wdd(t, c, r, s), wdd(c, t, s, r)
    assert one.estimate == -other.estimate
    if one.se > 0:
        assert one.se == pytest.approx(other.se)
        assert one.p == pytest.approx(other.p)
        assert one.low <= one.estimate <= one.high


@given(pairs, pairs, st.floats(0.1, 10))
def test_one_area_for_all_scales_everything(t, c, area):
    plain, scaled = wdd(t, c), wdd(t, c, areas=(area, area))
    assert scaled.estimate == pytest.approx(plain.estimate / area, abs=1e-9)
    if plain.se > 0:
        assert scaled.z == pytest.approx(plain.z)


@given(pairs, pairs, st.floats(0.5, 2000))
def test_harm_of_one_offence_is_its_days_times_the_difference(t, c, days):
    row = {
        "offence": "one", "days": days, "treated_before": t[0], "treated_after": t[1], "comparison_before": c[0],
        "comparison_after": c[1],
    }  # fmt: skip
    found, plain = harm_wdd(pd.DataFrame([row])), wdd(t, c)
    assert found.total.estimate == pytest.approx(days * plain.estimate)
    if plain.se > 0:
        assert found.total.z == pytest.approx(plain.z)
        assert (found.driver, found.driver_share) == ("one", pytest.approx(1))


def test_no_counts_no_interval():
    found = wdd((0, 0), (0, 0))
    assert found.estimate == 0
    assert isnan(found.se)
    assert isnan(harm_wdd(pd.DataFrame([{
        "offence": "x", "days": 1, "treated_before": 0, "treated_after": 0, "comparison_before": 0,
        "comparison_after": 0,
    }])).driver_share)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: wdd((1, 2), (3, 4), ring=(1, 1)), "rings of both"),
        (lambda: wdd((1, 2), (3, 4), areas=(1,)), "1 areas are given for 2 places"),
        (lambda: wdd((1, 2), (3, 4), areas=(1, 0)), "above 0"),
        (lambda: wdd((1, -2), (3, 4)), "0 or more"),
        (lambda: harm_wdd(pd.DataFrame({"offence": ["x"]})), "lacks days, treated_before"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(HotspotsError, match=said):
        call()


def test_the_interval_covers_when_nothing_changes():
    """400 sets of Poisson counts at steady rates: at 95% between 92 and 98% hold the truth, which is 0."""
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(400):
        t, c, r, s = (tuple(rng.poisson(rate, 2)) for rate in (120, 300, 60, 150))
        found = wdd(t, c, r, s)
        inside += found.low <= 0 <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_places_that_vary_more_than_poisson_widen_the_interval_of_a_ratio():
    plain, wide = ratio_of_ratios((50, 40), (60, 66)), ratio_of_ratios((50, 40), (60, 66), 4.0)
    assert wide.ratio == plain.ratio
    assert log(wide.high / wide.ratio) == pytest.approx(2 * log(plain.high / plain.ratio))
    assert ratio_of_ratios((50, 40), (60, 66), 0.3) == plain  # never narrower
