"""The example of two small counts on the Method page, against scipy's exact binomial and statsmodels' E-test."""

from __future__ import annotations

import re
from math import exp, log, sqrt

import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.rates import test_poisson_2indep as two_poisson  # a statistic, not a test of ours

from hotspots.base.settings import Settings
from hotspots.change.estimates.small_counts import e_test, percent_change, rate_ratio, ratio_of_ratios
from tests.conftest import REPOSITORY

PAIRS = ((37, 20), (33, 26), (70, 46))
METHOD = (REPOSITORY / "docs" / "method.md").read_text(encoding="utf-8")


def exact(before: int, after: int) -> tuple[float, float, float]:
    """Ratio and its exact conditional interval, from Clopper and Pearson's of the share after."""
    ends = binomtest(after, before + after).proportion_ci(0.95, "exact")
    return after / before, ends.low / (1 - ends.low), ends.high / (1 - ends.high)


def pooled(before: int, after: int) -> float:
    return float(two_poisson(after, 1, before, 1, method="etest-wald").pvalue)


def line(start: str) -> list[str]:
    """The cells of a row of the example."""
    (found,) = re.findall(rf"^\| {re.escape(start)}[^|]*\|.*$", METHOD, re.MULTILINE)
    return [cell.strip() for cell in found.strip("|").split("|")]


def way(ratio: float) -> str:
    return f"{100 * abs(ratio - 1):.0f}% {'fewer' if ratio < 1 else 'more'}"


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_example_has_the_figures_of_other_software(before: int, after: int) -> None:
    ratio, low, high = exact(before, after)
    _, said, words, interval, p, verdict = line(f"{before} → {after}")
    assert said == f"{ratio:.2f}"
    assert words == way(ratio)
    assert interval.startswith(f"{low:.2f} to {high:.2f}: between ")
    ends = f"between {way(high).removesuffix(' fewer')} and {way(low)}" if high < 1 else None
    assert interval.endswith(ends or f"between {way(low)} and {way(high)}")
    assert p == f"{pooled(before, after):.3f}"
    assert verdict.startswith("fewer than chance" if high < 1 else "can't tell")


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_product_gives_the_figures_of_other_software(before: int, after: int) -> None:
    found = rate_ratio(before, after)
    assert (found.ratio, found.low, found.high) == pytest.approx(exact(before, after))
    assert e_test(before, after) == pytest.approx(pooled(before, after), abs=1e-6)


def test_the_first_place_against_the_second() -> None:
    """The normal interval of the logarithm, by its formula."""
    middle, se = log(20 / 37) - log(26 / 33), sqrt(1 / 37 + 1 / 20 + 1 / 33 + 1 / 26)
    reach = norm.ppf(0.975) * se
    found = ratio_of_ratios((37, 20), (33, 26))
    assert (found.low, found.high) == pytest.approx((exp(middle - reach), exp(middle + reach)))
    _, said, words, interval, _, verdict = line("the first against the second")
    assert (said, words, verdict) == (f"{exp(middle):.2f}", way(exp(middle)), "can't tell")
    low, high = exp(middle - reach), exp(middle + reach)
    assert interval == f"{low:.2f} to {high:.2f}: between {way(low)} and {way(high)}"


def test_what_else_is_said_of_them() -> None:
    from scipy.stats import beta

    chance = 1 - (1 - pooled(37, 20)) ** 2
    assert "in one report of 21" in METHOD
    assert round(1 / chance) == 21
    high = beta.ppf(0.975, 20 / 1.25 + 1, 37 / 1.25)
    assert f"{high / (1 - high):.2f}" == "1.03"
    assert "1.25 its upper end is already 1.03" in METHOD
    assert "46" not in f"{percent_change(37, 20, Settings.least_for_percent).value}"  # refused
    assert percent_change(37, 20, Settings.least_for_percent).reason.startswith("37 before is fewer than 50")
