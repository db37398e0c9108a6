"""Difference in differences against sums done by hand and against statsmodels' generalised linear model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hotspots.change.estimates import panel_models
from hotspots.change.estimates.model import fit
from hotspots.change.estimates.panel import checked_panel, design_of

BY_HAND = (("a", "treated", 40, 20), ("b", "treated", 60, 40), ("c", "comparison", 50, 45), ("d", "comparison", 30, 27))


def two_periods(rows=BY_HAND) -> pd.DataFrame:
    table = [
        (unit, group, period, bool(period), 1.0, n, 10.0 * n)
        for unit, group, *counts in rows
        for period, n in enumerate(counts)
    ]
    return pd.DataFrame(table, columns=["unit", "group", "period", "post", "exposure", "count", "harm"])


def uneven(seed: int = 4, units: int = 14, periods: int = 16, size: float = 2.0) -> pd.DataFrame:
    """Periods missing here and there, exposures of all sizes: no closed form."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(3, 1, units)[:, None] * np.exp(0.3 * np.sin(np.arange(periods)))[None, :]
    exposure = rng.uniform(0.3, 1, rate.shape)
    count = rng.poisson(rng.gamma(size, rate * exposure / size))
    there = rng.random(rate.shape) < 0.85
    unit, period = np.nonzero(there)
    table = pd.DataFrame({"unit": [f"u{i:02d}" for i in unit], "period": period, "post": period >= periods // 2})
    table["group"] = np.where(unit < units // 2, "treated", "comparison")
    table["exposure"], table["count"] = exposure[there], count[there]
    table["harm"] = table["count"] * rng.choice([1.0, 10.0, 19.5, 365.0], len(table))
    return table


def dummies(table: pd.DataFrame) -> np.ndarray:
    treated = (table["group"].eq("treated") & table["post"]).astype(float)
    unit, period = (pd.get_dummies(table[c], drop_first=c == "period", dtype=float) for c in ("unit", "period"))
    return np.column_stack([treated, unit, period])


def peer(table: pd.DataFrame, measure: str, alpha: float = 0.0):
    """statsmodels' GLM with a dummy for each unit and period."""
    import statsmodels.api as sm

    family = sm.families.NegativeBinomial(alpha=alpha) if alpha else sm.families.Poisson()
    model = sm.GLM(table[measure], dummies(table), family=family, offset=np.log(table["exposure"]))
    clusters = pd.factorize(table["unit"])[0]
    return model.fit(tol=1e-12, maxiter=200, cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})


def test_two_by_two_by_hand():
    """(60 / 100) / (72 / 80) = 2/3."""
    found = panel_models.did(two_periods())
    assert found.rate_ratio == pytest.approx(2 / 3, rel=1e-9)
    assert panel_models.did(two_periods(), "harm").rate_ratio == pytest.approx(2 / 3, rel=1e-9)


def test_its_error_by_hand():
    """Given a unit's total Y, its count after is pY plus an error u; the log odds of p has error u / (ΣY p(1 − p)).

    CR2 divides u² by 1 − Y / ΣY of its group. Treated: p = 3/8, totals 60 and 100, u = −2.5 and 2.5. Comparison: p =
    72/152, totals 95 and 57, u = 0 and 0: the same 10% fall in both.
    """
    found = panel_models.did(two_periods())
    odds = 160 * (3 / 8) * (5 / 8)
    variance = (2.5 / odds) ** 2 / (1 - 60 / 160) + (2.5 / odds) ** 2 / (1 - 100 / 160)
    assert found.se == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_sums_decide_where_every_unit_has_every_period():
    rng = np.random.default_rng(2)
    counts = rng.poisson(3, (9, 12))
    unit, period = np.divmod(np.arange(counts.size), 12)
    table = pd.DataFrame({"unit": unit.astype(str), "period": period, "post": period > 6, "exposure": 1.0})
    table["group"], table["count"] = np.where(unit < 4, "treated", "comparison"), counts.ravel()
    before, after = counts[:, :7], counts[:, 7:]
    by_hand = (after[:4].sum() / before[:4].sum()) / (after[4:].sum() / before[4:].sum())
    assert panel_models.did(table).rate_ratio == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize("measure", ["count", "harm"])
def test_equal_to_the_glm_with_dummies(measure):
    table = uneven()
    reference = peer(table, measure)
    found = panel_models.did(table, measure)
    assert np.log(found.rate_ratio) == pytest.approx(reference.params.iloc[0], abs=1e-7)


def test_equal_to_the_negative_binomial_glm_at_its_alpha():
    table = uneven(size=1.0)
    found = panel_models.did(table, model="negative-binomial")
    assert found.alpha > 0.1
    reference = peer(table, "count", found.alpha)
    assert np.log(found.rate_ratio) == pytest.approx(reference.params.iloc[0], abs=1e-6)
    assert float((reference.resid_pearson**2).sum()) == pytest.approx(reference.df_resid, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_the_information_is_the_glms_expected_information(alpha):
    table = checked_panel(uneven(), "count")
    treated = (table["group"].eq("treated") & table["post"]).to_numpy(float)[:, None]
    found = fit(design_of(table, "count", treated), alpha)
    reference = peer(table, "count", alpha)
    assert 1 / found.information[0, 0] == pytest.approx(reference.normalized_cov_params.iloc[0, 0], rel=1e-6)


@pytest.mark.parametrize("measure", ["count", "harm"])
def test_parts_of_the_error_without_scaling_are_the_glms_sandwich(measure):
    """The scale is taken off cluster by cluster; what is left is statsmodels' clustered variance."""
    table = checked_panel(uneven(), measure)
    treated = (table["group"].eq("treated") & table["post"]).to_numpy(float)[:, None]
    found = fit(design_of(table, measure, treated))
    score = found.weight * (found.design.y - found.mu) / found.mu
    parts = np.bincount(found.design.cluster, found.x[:, 0] * score) / found.information[0, 0]
    assert np.sqrt((parts**2).sum()) == pytest.approx(peer(table, measure).bse.iloc[0], rel=1e-5)


def test_scaling_and_degrees_of_freedom_from_the_whole_hat_matrix():
    """Γ = S(I − H)S' from the plain n × n hat matrix of the GLM with dummies."""
    table = checked_panel(uneven(), "count")
    reference = peer(table, "count")
    mu, x = np.asarray(reference.fittedvalues), dummies(table)
    root = np.sqrt(mu)[:, None] * x
    inverse = np.linalg.inv(root.T @ root)
    direction = root @ inverse[0]  # √μ x̃ / A: the part of each observation in the first coefficient
    cluster = pd.factorize(table["unit"])[0]
    member = (cluster[:, None] == np.arange(cluster.max() + 1)).astype(float) * direction[:, None]
    gamma = member.T @ (np.eye(len(mu)) - root @ inverse @ root.T) @ member
    own = (member**2).sum(0)
    scale = np.sqrt(own / np.diag(gamma))
    residual = (table["count"].to_numpy() - mu) / np.sqrt(mu)
    variance = ((scale * (member.T @ residual)) ** 2).sum()
    spread = gamma * np.outer(scale, scale)
    df = np.trace(spread) ** 2 / (spread**2).sum()

    found = panel_models.did(table)
    assert found.se == pytest.approx(np.sqrt(variance), rel=1e-5)
    assert found.df == pytest.approx(df, rel=1e-5)
    reach = stats.t.ppf(0.975, df) * np.sqrt(variance)
    assert np.log([found.ci_low, found.ci_high]) == pytest.approx(np.log(found.rate_ratio) + reach * np.array([-1, 1]))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(np.log(found.rate_ratio)) / found.se, df))


def test_before_and_after_is_the_binomial_interval():
    """60 of 160 with equal time: odds 0.6, and the limits of scipy's exact binomial test turned into odds."""
    found = panel_models.before_after(two_periods())
    reference = stats.binomtest(60, 160, 0.5).proportion_ci(0.95, "exact")
    assert found.rate_ratio == pytest.approx(0.6)
    assert found.ci_low == pytest.approx(reference.low / (1 - reference.low))
    assert found.ci_high == pytest.approx(reference.high / (1 - reference.high))
    assert found.p == pytest.approx(stats.binomtest(60, 160, 0.5).pvalue, rel=1e-9)


def test_event_study_ratios_are_ratios_of_sums():
    """10 weeks before and 4 after, so blocks of two: (treated / comparison in the block) / (in the last one before)."""
    rng = np.random.default_rng(7)
    counts = rng.poisson(5, (8, 14))
    unit, period = np.divmod(np.arange(counts.size), 14)
    table = pd.DataFrame({"unit": unit.astype(str), "period": period + 50, "post": period >= 10, "exposure": 1.0})
    table["group"], table["count"] = np.where(unit < 3, "treated", "comparison"), counts.ravel()
    odds = [counts[:3, i : i + 2].sum() / counts[3:, i : i + 2].sum() for i in range(0, 14, 2)]
    found = panel_models.pre_trend(table)
    assert found.table["block"].tolist() == [-5, -4, -3, -2, -1, 0, 1]
    assert found.table["rate_ratio"].to_numpy() == pytest.approx(np.array(odds) / odds[4])
    assert found.table["first_period"].tolist() == list(range(50, 64, 2))


def test_all_allocations_of_four_units_by_hand():
    """Two of four treated: 6 allocations, of which 2 (this one and its mirror) are as far from 1."""
    table = two_periods(
        (("a", "treated", 90, 30), ("b", "treated", 80, 30), ("c", "comparison", 40, 80), ("d", "comparison", 30, 80))
    )
    found = panel_models.randomisation_p(table, draws=6000, seed=3)
    assert found.rate_ratio == pytest.approx((60 / 170) / (160 / 70))
    assert found.p == pytest.approx(2 / 6, abs=0.025)  # four Monte-Carlo standard errors


# Source: Phipson and Smyth (2010), doi:10.2202/1544-6115.1585: p = (1 + as extreme) / (1 + draws).
@pytest.mark.parametrize(("draws", "p"), [(19, 1 / 20), (99, 1 / 100), (999, 1 / 1000)])
def test_the_allocation_used_is_one_of_those_it_is_judged_by(draws, p):
    """Ten of twenty places fall from 50 to 1, the others stay: no other of 184,756 allocations shows as much."""
    rows = [(f"u{i:02d}", "treated" if i < 10 else "comparison", 50, 1 if i < 10 else 50) for i in range(20)]
    assert panel_models.randomisation_p(two_periods(tuple(rows)), draws=draws, seed=2).p == p


def test_where_nothing_changed_every_allocation_shows_as_much():
    rows = tuple((f"u{i}", "treated" if i < 3 else "comparison", 20, 20) for i in range(6))
    assert panel_models.randomisation_p(two_periods(rows), draws=50).p == 1
