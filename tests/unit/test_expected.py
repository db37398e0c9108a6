"""Expected harm on tables that can be checked by hand, against plain versions written from its formulas."""

from __future__ import annotations

from dataclasses import replace
from math import exp, lgamma, log, prod

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.ranking.expected.counted import (
    COUNTED_DRAWS,
    NONE,
    USUAL,
    chance_of_counted_top,
    draw_counted,
    in_top,
)
from hotspots.ranking.expected.counts import bands_of, decay, decayed, steps_of, surroundings_of, tally
from hotspots.ranking.expected.fitting import (
    HOT,
    HOT_MEAN,
    KAPPA,
    NEAR,
    Fitted,
    Split,
    dispersion_of,
    fit,
    fit_splits,
    forecasts,
    memory,
)
from hotspots.ranking.expected.model import COLUMNS, band_rates, expected_harm
from hotspots.ranking.expected.posterior import (
    HOPELESS,
    Posterior,
    chance_of_top,
    contenders,
    counted_moments,
    draw,
    interval,
    moments,
    posterior_of,
)

PRESTON = h3.latlng_to_cell(53.7590, -2.6990, 10)
DISK = np.array(sorted(h3.grid_disk(PRESTON, 9)))  # 271 cells
FAR_AWAY = h3.latlng_to_cell(53.80, -2.24, 10)
MONTHS = [202101 + i for i in range(12)]
DAYS = [1.0, 10.0, 365.0, 1825.0]
FIGURES = ["harm_expected_days", "harm_expected_low", "harm_expected_high"]
# One band, no surroundings, no hot cells: θ ~ Gamma(κm, κ) = Gamma(1, 2).
PLAIN = Fitted(half_life=np.inf, dispersion=1.0, mean=0.5, kappa=2.0)
# Everything at once, in three splits of four bands.
FULL = Fitted(
    half_life=4.0,
    dispersion=1.4,
    mean=0.5,
    kappa=1.5,
    near=0.25,
    hot=0.03,
    hot_mean=4.0,
    splits=(Split(0.5, 20.0, 100.0), Split(0.8, 10.0, 30.0), Split(0.6, 5.0, 1e9)),
)


def weights(days=DAYS, status=None) -> pd.DataFrame:
    return pd.DataFrame({"status": status or ["scored"] * len(days), "days": np.array(days, dtype=float)})


def cube(rows) -> pd.DataFrame:
    """From (cell, period, offence, n)."""
    table = pd.DataFrame(rows, columns=["cell", "period", "offence", "n_offences"]).astype("int64")
    return table.assign(n_incidents=table["n_offences"])


def simulated(seed: int = 1, mean: float = 0.3, mix=(0.5, 0.4, 0.07, 0.03)) -> pd.DataFrame:
    """A year in 271 cells, some of them busy; the first row makes sure that each band has an offence."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, mean / 0.5, len(DISK))
    rate[:12] = rng.uniform(2, 5, 12)
    counts = rng.poisson(rate[:, None, None] * np.array(mix)[None, :, None], (len(DISK), len(mix), len(MONTHS)))
    counts[0, :, 0] += 1
    cell, offence, month = np.nonzero(counts)
    return cube(np.c_[DISK[cell], 202101 + month, offence, counts[cell, offence, month]])


def fitted_posterior(table: pd.DataFrame, fitted: Fitted | None = None):
    """(counts, posterior) with these hyperparameters, or with those that are fitted."""
    counts = tally(table, weights())
    near = surroundings_of(counts.cell)
    return counts, posterior_of(counts, near, fitted or fit(counts, near))


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("periods", "steps"),
    [
        ([202111, 202112, 202201], [0, 1, 2]),
        ([202201, 202111], [2, 0]),
        ([7, 8, 10], [0, 1, 3]),
        ([202112, 202201, 202213], [0, 89, 101]),  # no thirteenth month: these are plain numbers
        ([2701, 2702], [0, 1]),
        ([], []),
    ],
)
def test_steps_follow_the_calendar_or_plain_numbers(periods, steps):
    assert steps_of(np.array(periods, dtype=np.int64)).tolist() == steps


def test_a_half_life_of_one_period_halves_from_period_to_period():
    assert decay(np.array([1, 1, 1, 1]), 1.0).tolist() == [0.125, 0.25, 0.5, 1]
    assert decay(np.array([1, 0, 0.5, 1]), 2.0) == pytest.approx([2**-1.5, 0, 2**-0.5, 1])
    assert decay(np.array([1, 0, 1]), np.inf).tolist() == [1, 0, 1]


def test_what_is_remembered_and_how_many_periods_it_is_worth():
    # d = ½, 1: (Σd)²/Σd² = 1.5²/1.25 = 1.8 periods; four and three offences are 2 + 3 of 1.5, so 6 of 1.8.
    counts = tally(cube([(PRESTON, 202101, 0, 4), (PRESTON, 202102, 0, 3)]), weights([1]))
    bands, periods = decayed(counts, 1.0)
    assert periods == pytest.approx(1.8)
    assert bands[0, counts.cell == PRESTON] == pytest.approx(6)
    assert bands.sum() == pytest.approx(6)


def test_forecasts_by_hand():
    volume = np.array([[2.0, 0, 4, 1], [0, 2, 0, 1]])
    found = forecasts(volume, np.ones(4), np.inf, 1.0)
    # Held (2, 0): 1 + held = (3, 1), of which two came: (1.5, 0.5). Held (2, 2): equal. Held (6, 2): 4/3 + held.
    guesses = [[1.5, 0.5], [2, 2], [11 / 8, 5 / 8]]
    assert [came.tolist() for came, _, _ in found] == [[0, 2], [4, 0], [1, 1]]
    for (_, guess, _), hand in zip(found, guesses, strict=True):
        assert guess == pytest.approx(hand)
    assert [periods for _, _, periods in found] == pytest.approx([2, 3, 4])  # κ + periods held


def test_forecasts_leave_out_what_was_not_observed():
    volume = np.array([[2.0, 0, 0, 4, 1, 2], [1, 2, 0, 1, 1, 2]])
    seen = forecasts(volume, np.array([1, 1, 0, 1, 1, 1.0]), np.inf, 1.0)
    assert [came.tolist() for came, _, _ in seen] == [[4, 1], [1, 1], [2, 2]]
    short = forecasts(volume[:, [0, 1, 3, 4, 5]], np.ones(5), np.inf, 1.0)
    for one, other in zip(seen, short, strict=True):
        assert one[1] == pytest.approx(other[1])
        assert one[2] == other[2]


def test_three_periods_say_nothing_of_memory():
    assert forecasts(np.ones((4, 3)), np.ones(3), np.inf, 1.0) == []
    assert memory(np.ones((4, 3)), np.ones(3)) == np.inf
    assert dispersion_of(np.ones((4, 3)), np.ones(3), np.inf, 1.0) == 1.0


def test_constant_counts_are_never_forgotten():
    volume = np.repeat(np.arange(1.0, 9)[:, None], 12, axis=1)
    assert memory(volume, np.ones(12)) == np.inf
    rng = np.random.default_rng(3)
    steady = rng.poisson(rng.gamma(1, 2, 300)[:, None], (300, 12)).astype(float)
    assert memory(steady, np.ones(12)) == np.inf


def test_a_clear_change_of_place_shortens_the_memory():
    volume = np.zeros((40, 12))
    volume[:20, :8], volume[20:, 8:] = 6, 6  # after eight periods, all of it is elsewhere
    assert memory(volume, np.ones(12)) <= 3


def test_poisson_counts_have_no_dispersion_and_pairs_have_two():
    rng = np.random.default_rng(5)
    rate = rng.gamma(0.5, 2.0, 4000)[:, None]
    kappa = 0.5  # = shape over mean
    single = rng.poisson(rate, (4000, 12)).astype(float)
    paired = 2.0 * rng.poisson(rate / 2, (4000, 12))
    assert dispersion_of(single, np.ones(12), np.inf, kappa) == pytest.approx(1, abs=0.05)
    assert dispersion_of(paired, np.ones(12), np.inf, kappa) == pytest.approx(2, abs=0.15)
    assert dispersion_of(np.ones((50, 12)), np.ones(12), np.inf, kappa) == 1.0  # never less


# ---------------------------------------------------------------- bands


def test_bands_by_hand():
    # 3.1 is within √10 of 1, 3.2 is not and begins a band up to 10.1. What never happened (100) forms none.
    days = np.array([1825, 1, 10, 3.1, 3.2, np.nan, 365, 547.5, 100])
    n = np.array([2, 3, 3, 1, 1, 9, 1, 3, 0.0])
    band, mean = bands_of(days, n)
    assert band.tolist() == [3, 0, 1, 0, 1, -1, 2, 2, -1]
    assert mean == pytest.approx([(3 * 1 + 3.1) / 4, (3 * 10 + 3.2) / 4, (365 + 3 * 547.5) / 4, 1825])


def test_a_tally_counts_what_is_scored_and_adds_the_cells_round_about():
    table = cube([(PRESTON, 202101, 0, 2), (PRESTON, 202103, 1, 1), (PRESTON, 202103, 2, 5), (FAR_AWAY, 202101, 2, 1)])
    counts = tally(table, weights([1, 10, np.nan], ["scored", "scored", "unscored"]))
    assert sorted(counts.cell.tolist()) == sorted(h3.grid_disk(PRESTON, 1))
    assert counts.exposure.tolist() == [1, 0, 1]  # February is no zero: it was not observed
    assert counts.volume[counts.cell == PRESTON].tolist() == [[2, 0, 1]]
    assert counts.seen.sum() == 1
    assert counts.days.tolist() == [1, 10]


def test_periods_that_do_not_fit_the_cube_are_refused():
    table = cube([(PRESTON, 202101, 0, 1), (PRESTON, 202102, 0, 1)])
    for periods in ([202101], [202101, 202102, 202102]):
        with pytest.raises(ValueError, match="every period of the cube"):
            expected_harm(table, weights([1]), periods=periods)


# ---------------------------------------------------------------- the posterior, by hand and by plain versions


def test_one_band_is_the_gamma_poisson_of_the_textbook():
    # (κm + n)/(κ + E) = (1 + 5)/(2 + 12) per month, a Gamma(6, 14); its 5% and 95% from the Poisson table:
    # P(Gamma(6, 1) < 2.6130) = 0.05, P(Gamma(6, 1) < 10.5130) = 0.95.
    found = expected_harm(cube([(PRESTON, 202103, 0, 5)]), weights([10]), periods=MONTHS, fitted=PLAIN, horizon=3)
    assert found["cell"].tolist() == [PRESTON]
    assert found["harm_expected_days"].tolist() == pytest.approx([10 * 3 * 6 / 14])
    assert found["harm_expected_low"].tolist() == pytest.approx([10 * 3 * 2.6130 / 14], rel=1e-4)
    assert found["harm_expected_high"].tolist() == pytest.approx([10 * 3 * 10.5130 / 14], rel=1e-4)
    assert found["p_top"].tolist() == [1.0]


def test_two_bands_by_hand():
    # Share of the lighter: Beta(4·0.75 + 2, 4·0.25 + 1) = Beta(5, 2). Rate (1 + 3)/(2 + 12).
    table = cube([(PRESTON, 202101, 0, 2), (PRESTON, 202101, 1, 1)])
    fitted = replace(PLAIN, splits=(Split(0.75, 4.0, 1e15),))
    found = expected_harm(table, weights([1, 365]), periods=MONTHS, fitted=fitted, horizon=1)
    assert found["harm_expected_days"][0] == pytest.approx(4 / 14 * (5 / 7 * 1 + 2 / 7 * 365), rel=1e-12)


def test_bursts_widen_the_interval_and_leave_the_expectation():
    table = cube([(PRESTON, 202103, 0, 5)])
    even, bursts = (
        expected_harm(table, weights([10]), periods=MONTHS, fitted=replace(PLAIN, dispersion=phi), draws=0).iloc[0]
        for phi in (1.0, 2.0)
    )
    assert bursts["harm_expected_days"] == pytest.approx(even["harm_expected_days"])
    assert bursts["harm_expected_low"] < even["harm_expected_low"]
    assert bursts["harm_expected_high"] > even["harm_expected_high"]


def plain_moments(table: pd.DataFrame, cell: int, fitted: Fitted) -> tuple[float, float]:
    """Mean and variance of a cell's harm per month, from the formulas of the module, one figure at a time."""
    d = [2 ** (-(len(MONTHS) - 1 - t) / fitted.half_life) for t in range(len(MONTHS))]
    periods = sum(d) ** 2 / sum(x * x for x in d)
    scale = sum(d) / sum(x * x for x in d)

    def held(place: int) -> list[float]:
        rows = table[table["cell"] == place]
        return [
            scale * sum(d[r.period - 202101] * r.n_offences for r in rows.itertuples() if r.offence == b)
            for b in range(len(DAYS))
        ]

    mine = held(cell)
    around = [sum(n) for n in zip(*(held(c) for c in h3.grid_ring(cell, 1)), strict=True)]
    n = sum(mine)
    m = (1 - fitted.near) * fitted.mean + fitted.near * sum(around) / 6 / periods

    def log_count(shape: float, rate: float) -> float:
        return lgamma(shape + n) - lgamma(shape) + shape * log(rate / (rate + periods)) - n * log(rate + periods)

    hot, usual = log_count(1, 1 / fitted.hot_mean), log_count(fitted.kappa * fitted.mean, fitted.kappa)
    is_hot = fitted.hot * exp(hot) / (fitted.hot * exp(hot) + (1 - fitted.hot) * exp(usual))
    rate = rate2 = 0.0
    for part, shape, per in (
        (1 - is_hot, fitted.kappa * m, fitted.kappa),
        (is_hot, m / fitted.mean, 1 / fitted.hot_mean),
    ):
        mean = (shape + n) / (per + periods)
        rate += part * mean
        rate2 += part * (mean**2 + fitted.dispersion * (shape + n) / (per + periods) ** 2)
    p, p2 = [], []
    for b, split in enumerate(fitted.splits):
        q = (split.far * split.share + around[b]) / (split.far + sum(around[b:]))
        hit, miss = split.strength * q + mine[b], split.strength * (1 - q) + sum(mine[b + 1 :])
        p.append(hit / (hit + miss))
        p2.append(hit * (hit + 1) / (hit + miss) / (hit + miss + 1))
    p, p2 = [*p, 1.0], [*p2, 1.0]  # the severest takes the rest
    harm = harm2 = 0.0
    for b in range(len(DAYS)):
        before = prod(1 - 2 * p[a] + p2[a] for a in range(b))
        harm += DAYS[b] * p[b] * prod(1 - p[a] for a in range(b))
        harm2 += DAYS[b] ** 2 * p2[b] * before
        for c in range(b + 1, len(DAYS)):
            between = prod(1 - p[a] for a in range(b + 1, c))
            harm2 += 2 * DAYS[b] * DAYS[c] * before * (p[b] - p2[b]) * between * p[c]
    return rate * harm, rate2 * harm2 - (rate * harm) ** 2


def test_mean_and_variance_are_those_of_the_formulas():
    table = simulated()
    counts, posterior = fitted_posterior(table, FULL)
    mean, variance = moments(posterior)
    for i in range(0, len(counts.cell), 6):
        plain = plain_moments(table, int(counts.cell[i]), FULL)
        assert (mean[i], variance[i]) == pytest.approx(plain, rel=1e-9)


def test_mean_and_variance_are_those_of_the_draws():
    counts, posterior = fitted_posterior(simulated(), FULL)
    cells, draws = np.arange(0, len(counts.cell), 4), 20_000
    mean, variance = (m[cells] for m in moments(posterior))
    harm = draw(posterior, cells, draws, np.random.default_rng(2)).astype(float)
    off = (harm.mean(axis=1) - mean) / np.sqrt(variance / draws)
    assert np.abs(off).max() < 4.5  # standard errors, of some 80 cells
    assert np.abs(off.mean()) * np.sqrt(len(cells)) < 4.5
    squares = (harm - mean[:, None]) ** 2
    off = (squares.mean(axis=1) - variance) / (squares.std(axis=1) / np.sqrt(draws))
    assert np.abs(off).max() < 5.5  # their own errors are uneven: the squares have long tails
    assert np.abs(off).mean() < 1.3


def test_an_interval_is_that_of_the_gamma():
    # Mean and variance 1: exponential, −ln 0.95 and −ln 0.05. Without variance there is nothing to be unsure of.
    low, high = interval(np.array([1.0, 50.0, 3.0]), np.array([1.0, 2500.0, 0.0]))
    assert low == pytest.approx([0.0512933, 50 * 0.0512933, 3], rel=1e-5)
    assert high == pytest.approx([2.9957323, 50 * 2.9957323, 3], rel=1e-5)


def test_an_interval_always_holds_its_figure():
    # Of a Gamma of shape 0.01, 95% lie below a third of the mean.
    low, high = interval(np.array([1.0]), np.array([100.0]))
    assert (low[0], high[0]) == (pytest.approx(0, abs=1e-12), 1.0)


def test_shares_that_are_all_or_nothing_are_drawn_as_such():
    # Gammas of shape 0.002 and 0.006 are both below the smallest number more often than not.
    hit, miss = np.full((1, 40), 0.002), np.full((1, 40), 0.006)
    posterior = Posterior(np.zeros(40), np.full((2, 40), 1e6), (1e6, 1e6), hit, miss, np.array([1.0, 365.0]), 1.0)
    harm = draw(posterior, np.arange(40), 2000, np.random.default_rng(6))
    assert np.isfinite(harm).all()
    assert ((harm < 1.5) | (harm > 350)).mean() > 0.97
    assert (harm < 180).mean() == pytest.approx(0.25, abs=4.5 * np.sqrt(0.25 * 0.75 / harm.size))


# ---------------------------------------------------------------- the chance of the top


def test_leaving_out_hopeless_cells_loses_nothing():
    counts, posterior = fitted_posterior(simulated())
    members, top, draws = np.flatnonzero(counts.seen), 10, 8000
    fast = chance_of_top(posterior, np.where(counts.seen, 0, -1), top, draws)[members]
    mean, variance = moments(posterior)
    left = contenders(posterior, members, mean, variance, top, np.random.default_rng([1, 0]))
    assert top < len(left) < len(members)  # or nothing is tested
    harm = draw(posterior, members, draws, np.random.default_rng(99))
    plain = (harm >= np.sort(harm, axis=0)[-top]).mean(axis=1)
    error = np.sqrt(2 * np.maximum(plain * (1 - plain), 1 / draws) / draws)
    assert (np.abs(fast - plain) / error).max() < 4.5
    assert plain[~np.isin(members, left)].max() < 3 * HOPELESS


def test_each_group_has_a_top_of_its_own():
    table = simulated()
    cells = np.unique(table["cell"])
    names = pd.Series(np.array(["West", "South", "East"])[np.arange(len(cells)) % 3], index=cells)
    names.iloc[:4], names.iloc[4] = "Isle", None  # one group that is smaller than the top, and a cell of none
    found = expected_harm(table, weights(), groups=names, top=6).set_index("cell")["p_top"]
    assert (found[names.index[:4]] == 1).all()
    assert found.isna().sum() == 1
    assert np.isnan(found[names.index[4]])
    for name in ("West", "South", "East"):
        chances = found[names.index[names == name]]
        assert chances.sum() == pytest.approx(6, abs=0.02)
        alone = expected_harm(table, weights(), groups=names[names == name], top=6).set_index("cell")["p_top"]
        assert np.abs(alone[chances.index] - chances).max() < 4.5 * np.sqrt(2 * 0.25 / 1000)


def test_the_same_seed_draws_the_same_and_another_nearly():
    table = simulated()
    one, same, other = (expected_harm(table, weights(), top=10, seed=s) for s in (4, 4, 5))
    assert one.equals(same)
    assert one[FIGURES].equals(other[FIGURES])
    apart = np.abs(one["p_top"] - other["p_top"])
    assert 0 < apart.max() < 4.5 * np.sqrt(2 * 0.25 / 1000)


def test_without_draws_there_is_no_chance_of_the_top():
    found = expected_harm(simulated(), weights(), draws=0)
    assert found["p_top"].isna().all()
    assert found["harm_expected_days"].gt(0).all()


@pytest.mark.parametrize(
    ("harm", "top", "shares"),
    [
        ([5, 3, 3, 3, 1], 2, [1, 1 / 3, 1 / 3, 1 / 3, 0]),
        ([5, 4, 3], 2, [1, 1, 0]),
        ([0, 0, 0, 0], 1, [0.25] * 4),
        ([1, 2], 2, [1, 1]),
        ([], 2, []),
    ],
)
def test_equals_at_the_bar_share_what_is_left(harm, top, shares):
    assert in_top(np.array(harm, dtype=float)[:, None], top)[:, 0] == pytest.approx(shares)


def test_what_will_be_counted_is_as_much_as_expected_and_less_sure():
    counts, posterior = fitted_posterior(simulated(), FULL)
    groups = np.where(counts.seen, 0, -1)
    chance = chance_of_counted_top(posterior, groups, 10, 3, draws=400)
    assert np.isnan(chance[~counts.seen]).all()
    assert np.nansum(chance) == pytest.approx(10, abs=1e-9)
    sure = chance_of_top(posterior, groups, 10)
    assert np.nanmax(chance) < np.nanmax(sure)
    generator = np.random.default_rng(8)
    drawn = draw_counted(posterior, np.arange(len(groups)), 3.0, NONE, 4000, generator).T
    mean, variance = moments(posterior)
    assert (drawn.var(axis=0) > 0.95 * 9 * variance)[counts.seen].mean() > 0.9  # luck comes on top
    off = (drawn.mean(axis=0) - 3 * mean) / (drawn.std(axis=0) / np.sqrt(4000))
    assert np.abs(off).max() < 5
    assert off.std() == pytest.approx(1, abs=0.3)


def test_the_variance_of_what_will_be_counted_by_hand():
    """Offences of 10 days at a rate of Gamma(4, 2), over 3 periods, with 1.5 times the variance of Poisson counts.

    Mean 10·2·3 = 60. The rate's own variance 10²·(4/2²)·3² = 900, that of the counts 10²·2·3·1.5 = 900.
    """
    none = np.zeros((0, 1))
    posterior = Posterior(np.zeros(1), np.full((2, 1), 4.0), (2.0, 2.0), none, none, np.array([10.0]), 1.5)
    mean, variance = counted_moments(posterior, 3.0)
    assert (mean.tolist(), variance.tolist()) == ([pytest.approx(60)], [pytest.approx(1800)])


def test_what_will_be_counted_loses_nothing_by_leaving_out_hopeless_cells():
    counts, posterior = fitted_posterior(simulated(mix=(0.6, 0.4)))
    cells, top, draws = np.flatnonzero(counts.seen), 5, 2000
    groups = np.where(counts.seen, np.arange(len(counts.cell)) % 2, -1)
    fast = chance_of_counted_top(posterior, groups, top, 2.0, USUAL, draws)
    plain = np.zeros(len(groups))
    generator = np.random.default_rng(77)
    harm = draw_counted(posterior, np.arange(len(groups)), 2.0, USUAL, draws, generator)
    for group in (0, 1):
        members = np.flatnonzero(groups == group)
        plain[members] = in_top(harm[members], top).mean(axis=1)
    error = np.sqrt(2 * np.maximum(plain * (1 - plain), 1 / draws) / draws)[cells]
    assert (np.abs(fast - plain)[cells] / error).max() < 4.5
    assert 0 < (fast[cells] == 0).sum() < len(cells)  # some were left out, or nothing is tested


def test_the_counted_top_is_drawn_when_asked_for_and_by_its_seed():
    table = simulated()
    assert expected_harm(table, weights())["p_top_next"].isna().all()
    one, same, other = (expected_harm(table, weights(), top=10, seed=s, counted=True) for s in (4, 4, 5))
    assert one.equals(same)
    assert one["p_top_next"].sum() == pytest.approx(10, abs=1e-6)
    assert 0 < np.abs(one["p_top_next"] - other["p_top_next"]).max() < 4.5 * np.sqrt(2 * 0.25 / COUNTED_DRAWS)


def test_rates_per_band_make_up_the_expected_harm():
    table = simulated()
    days = [1.0, 2.0, 365.0, 1825.0]  # two offences in one band
    cells, rates, parts = band_rates(table, weights(days))
    found = expected_harm(table, weights(days), horizon=1, draws=0)
    assert cells.tolist() == found["cell"].tolist()
    assert rates @ parts @ np.array(days) == pytest.approx(found["harm_expected_days"].to_numpy(), rel=1e-12)
    n = table.groupby("offence")["n_offences"].sum()
    assert parts[0].tolist() == pytest.approx([n[0] / (n[0] + n[1]), n[1] / (n[0] + n[1]), 0, 0])
    assert [a.shape for a in band_rates(cube([]), weights())] == [(0,), (0, 0), (0, 4)]


# ---------------------------------------------------------------- what a table may hold


def test_an_empty_cube_gives_an_empty_table():
    found = expected_harm(cube([]), weights())
    assert found.columns.tolist() == list(COLUMNS)
    assert found.empty
    assert found["cell"].dtype == np.int64
    only_unscored = expected_harm(cube([(PRESTON, 202101, 0, 3)]), weights([np.nan], ["unscored"]))
    assert only_unscored.empty


def test_one_cell_has_a_figure():
    found = expected_harm(cube([(PRESTON, m, 0, 2) for m in MONTHS]), weights([10]), horizon=1)
    assert found["p_top"].tolist() == [1.0]
    low, middle, high = (found[c][0] for c in ("harm_expected_low", "harm_expected_days", "harm_expected_high"))
    assert 0 < low < middle <= 20 < high  # two a month of ten days, drawn to the empty cells round about


def test_a_cell_with_nothing_scored_is_left_out():
    table = pd.concat([simulated(), cube([(FAR_AWAY, 202101, 4, 3)])], ignore_index=True)
    with_it = expected_harm(table, weights([*DAYS, np.nan], ["scored"] * 4 + ["ambiguous"]))
    assert FAR_AWAY not in with_it["cell"].tolist()
    assert with_it.equals(expected_harm(simulated(), weights()))


def test_a_weight_of_what_is_not_scored_is_never_used():
    table = cube([(PRESTON, 202101, 0, 2), (PRESTON, 202101, 1, 2)])
    found = expected_harm(table, weights([10, 5475], ["scored", "ambiguous"]), periods=MONTHS, fitted=PLAIN, horizon=1)
    assert found["harm_expected_days"].tolist() == pytest.approx([10 * 3 / 14])


def test_a_missing_period_is_not_a_zero():
    months = MONTHS[:6]
    whole = cube([(PRESTON, m, 0, 2) for m in months])
    without = whole[whole["period"] != 202103]

    def per_month(table: pd.DataFrame, periods) -> float:
        found = expected_harm(table, weights([10]), periods=periods, fitted=PLAIN, horizon=1)
        return float(found["harm_expected_days"][0])

    assert per_month(whole, months) == pytest.approx(10 * (1 + 12) / (2 + 6))
    assert per_month(without, months) == pytest.approx(10 * (1 + 10) / (2 + 6))  # observed, and nothing happened
    missing = [m for m in months if m != 202103]
    assert per_month(without, missing) == pytest.approx(10 * (1 + 10) / (2 + 5))
    assert per_month(without, None) == per_month(without, missing)


def test_half_a_period_counts_half():
    table = cube([(PRESTON, 202101, 0, 2), (PRESTON, 202102, 0, 1)])
    found = expected_harm(table, weights([10]), periods=[202102, 202101], exposure=[0.5, 1], fitted=PLAIN, horizon=1)
    assert found["harm_expected_days"].tolist() == pytest.approx([10 * (1 + 3) / (2 + 1.5)])


def test_weeks_are_periods_too():
    table = simulated()
    weeks = table.assign(period=table["period"] - 202101 + 2700)  # weeks since some Monday
    assert expected_harm(weeks, weights()).equals(expected_harm(table, weights()))


def test_the_order_of_rows_and_periods_changes_nothing():
    table = simulated()
    mixed = table.sample(frac=1, random_state=1)
    one = expected_harm(table, weights(), periods=MONTHS)
    other = expected_harm(mixed, weights(), periods=MONTHS[::-1])
    assert one["cell"].equals(other["cell"])
    assert np.allclose(one[FIGURES], other[FIGURES], rtol=1e-12)
    assert np.abs(one["p_top"] - other["p_top"]).max() <= 0.002  # two draws in a thousand


def test_another_unit_of_weights_scales_the_figures_only():
    table = simulated()
    one = expected_harm(table, weights(), top=10).set_index("cell")
    seven = expected_harm(table, weights([7 * d for d in DAYS]), top=10).set_index("cell")
    assert np.allclose(seven[FIGURES], 7 * one[FIGURES], rtol=1e-9)
    assert np.abs(seven["p_top"] - one["p_top"]).max() <= 0.002


def test_the_figure_is_for_as_many_periods_as_are_asked_for():
    table = simulated()
    one, six = (expected_harm(table, weights(), horizon=h) for h in (1, 6))
    assert np.allclose(six[FIGURES], 6 * one[FIGURES])
    assert six["p_top"].equals(one["p_top"])


def test_hyperparameters_of_a_fit_give_that_fit():
    table = simulated()
    counts = tally(table, weights())
    fitted = fit(counts, surroundings_of(counts.cell))
    assert expected_harm(table, weights(), fitted=fitted).equals(expected_harm(table, weights()))


def test_a_fit_takes_the_likeliest_of_its_grid():
    """By a plain negative binomial likelihood, no other κ, ρ, ε or μ of the grid alone is likelier."""
    from scipy.stats import nbinom

    counts, _ = fitted_posterior(simulated())
    near = surroundings_of(counts.cell)
    found = fit(counts, near)
    assert found.half_life == np.inf  # so that the counts are whole and every month counts
    total, periods = counts.volume.sum(axis=1), float(len(MONTHS))
    place = {c: i for i, c in enumerate(counts.cell.tolist())}
    around = np.array([sum(total[place[d]] for d in h3.grid_ring(c, 1) if d in place) for c in counts.cell.tolist()])

    def likelihood(f: Fitted) -> float:
        m = (1 - f.near) * f.mean + f.near * around / 6 / periods
        usual = nbinom.pmf(total, f.kappa * m, f.kappa / (f.kappa + periods))
        hot = nbinom.pmf(total, m / f.mean, 1 / (1 + periods * f.hot_mean))
        return float(np.log((1 - f.hot) * usual + f.hot * hot).sum())

    best = likelihood(found)
    assert found.mean == pytest.approx(total.sum() / periods / len(total))
    for name, grid, unit in (
        ("kappa", KAPPA, 1 / found.mean),
        ("near", NEAR, 1.0),
        ("hot", HOT, 1.0),
        ("hot_mean", HOT_MEAN, found.mean),
    ):
        others = [likelihood(replace(found, **{name: value * unit})) for value in grid]
        assert best >= max(others) - (1.0 if name == "hot_mean" else 0.5), name


def test_a_cell_is_in_no_top_by_a_draw_in_which_it_has_no_harm():
    """Gammas of shape 0.000001 are nought to any number: no cell has harm, and none is among the ten with the most."""
    splits = np.full((1, 40), 1.0)
    posterior = Posterior(np.zeros(40), np.full((2, 40), 1e-6), (1.0, 1.0), splits, splits, np.array([1.0, 365.0]), 1.0)
    assert chance_of_top(posterior, np.zeros(40, dtype=np.int64), 10, draws=200).max() < 0.01


def test_no_more_strength_is_claimed_than_that_of_a_thousand_offences():
    """Half of each cell's offences, exactly: the likelihood rises with the strength without end."""
    bands = np.full((2, 30), 100.0)
    (split,) = fit_splits(bands, np.eye(30), 1.0)
    assert (split.share, split.strength) == (pytest.approx(0.5), 1000)
