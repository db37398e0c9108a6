"""Change counted from the expected level: true whoever was chosen, where the count before is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.from_expected import ratio_from_expected

SEEDS = 400


def one(seed: int, effect: float, treated: int, comparison: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """500 places of Gamma rates, the worst treated, the next for comparison; all rise by 30%, the treated by less."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.6, 10.0, 500)
    before = rng.poisson(rate)
    expected = (0.6 + before) / (0.1 + 1)  # of a Gamma prior and a Poisson count
    chosen = np.argsort(-before, kind="stable")[: treated + comparison]
    after = rng.poisson(rate * 1.3)
    after[chosen[:treated]] = rng.binomial(after[chosen[:treated]], 1 - effect)
    table = pd.DataFrame({
        "unit": [str(i) for i in chosen], "group": ["treated"] * treated + ["comparison"] * comparison,
        "observed": after[chosen], "expected": expected[chosen],
    })  # fmt: skip
    return table, before[chosen], after[chosen]


@pytest.mark.parametrize(("effect", "treated", "comparison"), [(0.25, 20, 40), (0.0, 20, 40), (0.0, 14, 6)])
def test_no_bias_and_honest_intervals(effect, treated, comparison):
    found = [ratio_from_expected(one(s, effect, treated, comparison)[0]) for s in range(SEEDS)]
    logs = np.log([f.ratio for f in found])
    assert abs(logs.mean() - np.log(1 - effect)) < 3 * logs.std() / SEEDS**0.5
    covered = np.mean([f.low <= 1 - effect <= f.high for f in found])
    assert 0.92 < covered < 0.98  # 95% give or take three errors of 400 seeds


def test_the_count_before_fails_where_this_does_not():
    """The same places by counts before and after: the worst 20 'fall' against the next 40, with nothing done."""
    ratios = []
    for seed in range(SEEDS):
        _, before, after = one(seed, 0.0, 20, 40)
        ratios.append((after[:20].sum() / before[:20].sum()) / (after[20:].sum() / before[20:].sum()))
    logs = np.log(ratios)
    assert logs.mean() < -5 * logs.std() / SEEDS**0.5


def test_by_hand():
    table = pd.DataFrame({
        "unit": ["a", "b", "c", "d"], "group": ["treated", "treated", "comparison", "comparison"],
        "observed": [12, 18, 20, 20], "expected": [20.0, 20.0, 20.0, 20.0],
    })  # fmt: skip
    found = ratio_from_expected(table)
    assert found.ratio == pytest.approx(0.75)  # 30/40 over 40/40
    # treated: 2 · ((12 − 15)² + (18 − 15)²) / 30² = 0.04, above 1/30; comparison: 0, so 1/40
    assert found.se == pytest.approx((0.04 + 1 / 40) ** 0.5)
    assert found.df == pytest.approx((0.04 + 0.025) ** 2 / (0.04**2 / 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [({"group": ["treated"] * 2}, "no comparison"), ({"expected": [0.0, 0.0]}, "Nothing was expected"),
     ({"observed": [-1, 2]}, "0 or more")],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(change, told):
    table = pd.DataFrame(
        {"unit": ["a", "b"], "group": ["treated", "comparison"], "observed": [1, 2], "expected": [1.0, 2.0]}
    )
    with pytest.raises(HotspotsError, match=told):
        ratio_from_expected(table.assign(**change))


@pytest.mark.parametrize("observed", [[0, 0, 4, 5], [4, 5, 0, 0]])
def test_nothing_observed_in_one_of_the_groups_has_no_ratio(observed):
    groups = ["treated", "treated", "comparison", "comparison"]
    table = pd.DataFrame({"unit": list("abcd"), "group": groups, "observed": observed, "expected": 9.0})
    found = ratio_from_expected(table)
    assert np.isnan([found.ratio, found.low, found.high]).all()
    assert found.note == "Nothing was observed in one of the groups, so there is no ratio."
    assert sorted([found.treated, found.comparison]) == [0, 0.5]


def test_a_single_place_has_no_interval():
    table = pd.DataFrame({
        "unit": ["a", "b", "c"], "group": ["treated", "comparison", "comparison"], "observed": [3, 4, 5],
        "expected": [4.0, 4.0, 4.0],
    })  # fmt: skip
    found = ratio_from_expected(table)
    assert found.ratio == pytest.approx((3 / 4) / (9 / 8))
    assert np.isnan(found.low)
    assert "single place" in found.note
