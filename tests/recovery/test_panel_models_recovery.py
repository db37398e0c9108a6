"""Planted falls are found, intervals cover as often as they say, and nothing planted is not found.

28 units, half of them treated, 104 weeks, half before: Gamma rates with mean 0.5 a week, a season common to all, counts
Poisson or overdispersed (negative binomial of size 2 in each week). Seeds are fixed, so each figure is always the same.

How the correction was chosen: coverage in % of intervals that claim 95, 4,000 sets each, effect none. *shocks*: Poisson
counts, but each unit's rate moves by itself between before and after (log-normal, SD 0.3), as real places do. z: normal
quantile; G−1: t by the number of units; BM: t by degrees of freedom found from the design (here by Welch and
Satterthwaite's formula, which Bell and McCaffrey's equal closely).

| counts, treated + comparison | Poisson z | CR0 z | CR1 z | CR1 G−1 | CR2 G−1 | **CR2 BM** | CR3 G−1 | CR3 BM |
|---|---|---|---|---|---|---|---|---|
| Poisson 14 + 6 | 95.1 | 89.0 | 89.8 | 91.6 | 93.2 | **96.1** | 95.1 | 97.2 |
| Poisson 14 + 14 | 94.4 | 91.2 | 91.8 | 93.1 | 94.0 | **95.0** | 95.6 | 96.1 |
| Poisson 14 + 40 | 94.8 | 92.3 | 92.5 | 93.0 | 93.7 | **95.2** | 94.6 | 96.2 |
| size 2, 14 + 6 | 91.0 | 88.5 | 89.1 | 91.1 | 92.8 | **95.9** | 94.8 | 97.2 |
| size 2, 14 + 14 | 90.7 | 91.8 | 92.2 | 93.5 | 94.6 | **95.3** | 95.8 | 96.4 |
| size 2, 14 + 40 | 90.9 | 91.6 | 91.8 | 92.4 | 93.2 | **94.8** | 94.5 | 95.7 |
| shocks 14 + 6 | 67.0 | 86.1 | 87.1 | 89.1 | 91.5 | **95.5** | 94.2 | 97.3 |
| shocks 14 + 14 | 63.3 | 89.7 | 90.3 | 91.6 | 92.8 | **93.7** | 94.7 | 95.3 |
| shocks 14 + 40 | 63.9 | 91.5 | 91.9 | 92.7 | 93.7 | **95.2** | 94.4 | 96.0 |
| shocks 6 + 60 | – | – | – | – | 88.6 | **96.5** | 91.8 | 97.7 |
| shocks 3 + 40 | – | – | – | – | 82.0 | **99.1** | 88.2 | 99.4 |
| shocks 14 + 100 | – | – | – | – | 91.8 | **95.0** | 93.5 | 96.0 |

The jackknife (CR3) with G−1 does as well with 14 treated units, and falls short with the six or seven of one BCU.

What these tests find in 200 sets, 14 + 14 (bias of the log, its Monte-Carlo error, coverage, share called):

| | bias | error | covers | called |
|---|---|---|---|---|
| ratio 0.75, Poisson | 0.0085 | 0.0078 | 94.5 | 67.0 |
| ratio 0.75, size 2 | −0.0001 | 0.0084 | 97.5 | 57.5 |
| ratio 0.75, size 2, negative binomial | 0.0011 | 0.0084 | 97.0 | 60.0 |
| no effect, Poisson | 0.0021 | 0.0068 | 96.5 | 3.5 |
| no effect, size 2 | −0.0003 | 0.0087 | 96.5 | 3.5 |
| no effect, size 2, negative binomial | −0.0010 | 0.0088 | 95.5 | 4.5 |

The worst 14 of 400 stable cells, nothing done: the naive figure falls by 20% and is called an effect in 67.5% of sets;
against cells chosen alike 4.5%; against any cells 47.5%.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hotspots.change.estimates import panel_models
from hotspots.change.estimates.model import Clustered, Design, clustered, fit, without_empty
from tests.conftest import sets

SEEDS = 200
WEEKS = 104
AFTER = np.arange(WEEKS) >= WEEKS // 2
SEASON = np.exp(0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / 52))


def draw(rng: np.random.Generator, mean: np.ndarray, size: float) -> np.ndarray:
    return rng.poisson(rng.gamma(size, mean / size) if size else mean)


def simulate(
    seed: int, ratio: float, size: float, treated: int = 14, other: int = 14, shock: float = 0.0
) -> np.ndarray:
    """Units × weeks counts, the treated first."""
    rng = np.random.default_rng([seed, treated, other])
    rate = rng.gamma(2, 0.25, treated + other)[:, None] * SEASON[None, :]
    effect = np.ones_like(rate)
    effect[:treated, AFTER] = ratio
    moved = np.exp(rng.normal(0, shock, (treated + other, 2))) if shock else np.ones((treated + other, 2))
    return draw(rng, rate * effect * moved[:, AFTER.astype(int)], size)


def as_panel(counts: np.ndarray, treated: int, after: np.ndarray = AFTER) -> pd.DataFrame:
    unit, period = np.divmod(np.arange(counts.size), counts.shape[1])
    table = pd.DataFrame({"unit": [f"u{i:03d}" for i in unit], "period": period, "post": after[period]})
    table["group"] = np.where(unit < treated, "treated", "comparison")
    table["exposure"], table["count"] = 1.0, counts.ravel()
    return table


def estimate(counts: np.ndarray, treated: int, after: np.ndarray = AFTER) -> Clustered:
    """What `did` does, without the table; `test_the_short_way_is_did` holds them equal."""
    unit, period = np.divmod(np.arange(counts.size), counts.shape[1])
    x = ((unit < treated) & after[period]).astype(float)[:, None]
    design = Design(counts.ravel().astype(float), np.ones(counts.size), x, unit, unit, period)
    return clustered(fit(without_empty(design)[0]))


@cache
def results(ratio: float, size: float, treated: int = 14, other: int = 14, shock: float = 0.0) -> pd.DataFrame:
    """Error of the log rate ratio, whether the interval covers, whether 1 lies outside; a row for each seed.

    Where every unit has every week, sums before and after give the same estimate and error (tested below).
    """
    rows = []
    for seed in range(SEEDS):
        counts = simulate(seed, ratio, size, treated, other, shock)
        sums = np.column_stack([counts[:, ~AFTER].sum(1), counts[:, AFTER].sum(1)])
        errors = estimate(sums, treated, np.array([False, True]))
        (low,), (high,) = errors.interval()
        truth = np.log(ratio)
        rows.append((errors.estimate[0] - truth, low <= truth <= high, not low <= 0 <= high))
    return pd.DataFrame(rows, columns=["error", "covers", "called"])


def margin(share: float) -> tuple[float, float]:
    """Where 99.8% of the shares found in 200 sets fall, were the true one ``share``."""
    low, high = stats.binom.interval(0.998, SEEDS, share)
    return low / SEEDS, high / SEEDS


@pytest.mark.parametrize(("model", "size"), [("poisson", 0), ("poisson", 2), ("negative-binomial", 2)])
def test_the_short_way_is_did(model, size):
    counts = simulate(1, 0.75, size)
    found = panel_models.did(as_panel(counts, 14), model=model)
    if model == "poisson":
        sums = np.column_stack([counts[:, ~AFTER].sum(1), counts[:, AFTER].sum(1)])
        for short in (estimate(counts, 14), estimate(sums, 14, np.array([False, True]))):
            assert (short.estimate[0], short.se[0], short.df[0]) == pytest.approx(
                (np.log(found.rate_ratio), found.se, found.df), rel=1e-6
            )
    assert found.ci_low < 0.75 < found.ci_high


@pytest.mark.parametrize("size", [0, 2])
def test_a_planted_fall_of_a_quarter_is_found(size):
    """Bias within two Monte-Carlo standard errors; coverage 93–97%, give or take what 200 sets can show."""
    found = results(0.75, size)
    assert abs(found["error"].mean()) < 2 * found["error"].std() / np.sqrt(SEEDS)
    assert margin(0.93)[0] <= found["covers"].mean() <= margin(0.97)[1]
    assert found["called"].mean() > 0.5


@pytest.mark.parametrize("size", [0, 2])
def test_no_effect_is_called_one_as_often_as_said(size):
    found = results(1.0, size)
    assert margin(0.03)[0] <= found["called"].mean() <= margin(0.07)[1]


@pytest.mark.parametrize(("treated", "other"), [(14, 6), (14, 40), (6, 40)])
@pytest.mark.parametrize("shock", [0.0, 0.3])
def test_intervals_keep_their_word_with_few_units(treated, other, shock):
    assert margin(0.93)[0] <= results(1.0, 2, treated, other, shock)["covers"].mean() <= margin(0.97)[1]


def test_a_rise_is_found_as_a_fall_is():
    found = results(1.5, 0)
    assert abs(found["error"].mean()) < 2 * found["error"].std() / np.sqrt(SEEDS)
    assert found["called"].mean() > 0.8


# ---------------------------------------------------------------- selection looks like success


def naive_p(before: int, after: int) -> float:
    """What `before_after` says of these sums (`test_the_naive_figure_is_that_of_two_sums`)."""
    total = before + after
    return min(1.0, 2 * min(stats.binom.cdf(after, total, 0.5), stats.binom.sf(after - 1, total, 0.5)))


@pytest.mark.parametrize("ratio", [0.75, 1.0, 1.5])
def test_the_naive_figure_is_that_of_two_sums(ratio):
    counts = simulate(3, ratio, 0)
    found = panel_models.before_after(as_panel(counts, 14))
    before, after = (int(counts[:14, when].sum()) for when in (~AFTER, AFTER))
    assert (found.rate_ratio, found.p) == pytest.approx((after / before, naive_p(before, after)), rel=1e-9)


@cache
def selected() -> pd.DataFrame:
    """400 stable cells, 5 incidents a year each on average, no effect; the worst 14 of the first year are treated.

    They are compared with themselves (naive), with cells chosen alike, and with any cells. They fall by a fifth, as the
    worst of real stable cells do.
    """
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 77])
        counts = draw(rng, rng.gamma(2, 0.05, 400)[:, None] * SEASON[None, :], 0)
        counts = counts[np.argsort(-counts[:, ~AFTER].sum(1), kind="stable")]
        sums = np.column_stack([counts[:, ~AFTER].sum(1), counts[:, AFTER].sum(1)])
        side = np.array([False, True])
        before, after = sums[:14].sum(axis=0)
        pairs = rng.permuted(np.arange(28).reshape(14, 2), axis=1).T.ravel()  # of each two neighbours one is treated
        alike, anywhere = (
            estimate(sums[pairs], 14, side),
            estimate(sums[[*range(14), *rng.choice(range(28, 400), 40)]], 14, side),
        )
        rows.append((naive_p(before, after) < 0.05, after / before, alike.p()[0] < 0.05, anywhere.p()[0] < 0.05))
    return pd.DataFrame(rows, columns=["naive", "ratio", "alike", "anywhere"])


def test_the_worst_of_stable_cells_look_like_a_success_to_the_naive_figure():
    found = selected()
    assert found["naive"].mean() > 0.5
    assert 0.75 < found["ratio"].median() < 0.88


def test_compared_with_cells_chosen_alike_they_do_not():
    low, high = margin(0.03)[0], margin(0.07)[1]
    assert low <= selected()["alike"].mean() <= high


def test_compared_with_just_any_cells_they_still_do():
    """A comparison group that was not chosen for being bad does not fall: the model cannot make up for it."""
    assert selected()["anywhere"].mean() > 0.4


# ---------------------------------------------------------------- before the start, and by chance


def test_trends_before_the_start():
    """Alike before: the joint test is quiet. Apart by 4% a month: it is not."""
    quiet, loud = [], []
    n = sets(60, 30)
    for seed in range(n):
        counts = simulate(seed, 0.75, 0, 14, 14)
        quiet.append(panel_models.pre_trend(as_panel(counts, 14)).joint_p)
        if seed < 10:
            rng = np.random.default_rng(seed)
            drift = np.exp(-0.03 * np.arange(WEEKS))[None, :]
            counts[:14] = rng.binomial(counts[:14] * 4, drift)
            loud.append(panel_models.pre_trend(as_panel(counts, 14)).joint_p)
    assert np.mean(np.array(quiet) < 0.05) <= stats.binom.ppf(0.999, n, 0.05) / n
    assert np.mean(np.array(loud) < 0.05) > 0.5


def test_by_chance_finds_what_is_there_and_not_what_is_not():
    nothing, fall = [], []
    for seed in range(SEEDS):
        for ratio, kept in ((1.0, nothing), (0.6, fall)):
            counts = simulate(seed, ratio, 2)
            sums = np.column_stack([counts[:, ~AFTER].sum(1), counts[:, AFTER].sum(1)])
            table = as_panel(sums, 14, np.array([False, True]))
            if ratio == 1.0 or seed < 40:
                kept.append(panel_models.randomisation_p(table, draws=199, seed=seed).p)
    low, high = margin(0.05)
    assert low <= np.mean(np.array(nothing) <= 0.05) <= high
    assert np.mean(np.array(fall) <= 0.05) > 0.7
