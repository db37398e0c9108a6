"""Panels that are none, places and periods that tell nothing, and what is said about them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates import panel_models
from hotspots.change.estimates.model import Design, fit
from hotspots.change.estimates.panel import design_of


def panel(seed: int = 0, treated: int = 4, comparison: int = 5, periods: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit, period = np.divmod(np.arange((treated + comparison) * periods), periods)
    table = pd.DataFrame({"unit": [f"u{i}" for i in unit], "period": period, "post": period >= periods // 2})
    table["group"] = np.where(unit < treated, "treated", "comparison")
    table["exposure"], table["count"] = 1.0, rng.poisson(2, len(table))
    table["harm"] = table["count"] * 10.0
    return table


def set_to(table: pd.DataFrame, which: pd.Series, count: int = 0) -> pd.DataFrame:
    return table.assign(count=table["count"].mask(which, count), harm=table["harm"].mask(which, 10.0 * count))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns=["post", "exposure"]), "lacks the columns post, exposure"),
        (lambda t: t.drop(columns="count"), "lacks the column count"),
        (lambda t: t.assign(exposure=0.0), "above 0 and up to 1; 180 are not: '0.0'"),
        (lambda t: t.assign(exposure=7.0), "above 0 and up to 1"),
        (lambda t: t.assign(count=t["count"].mask(t["period"] == 3)), "9 rows of the panel have no count"),
        (lambda t: t.assign(count=-1), "no count of 0 or more: '-1'"),
        (lambda t: t.assign(group=t["group"].replace("comparison", "control")), "found 'control'"),
        (lambda t: pd.concat([t, t.head(2)]), "2 pairs of unit and period occur twice: 'u0'"),
        (lambda t: t.assign(group=t["group"].mask(t["period"] == 1, "treated")), "both treated and comparison: 'u4'"),
        (lambda t: t[t["group"] == "treated"], "no comparison units with data before the start"),
        (lambda t: t.assign(post=False), "no treated units with data after the start"),
        (lambda t: t.assign(post=t["post"] | ((t["unit"] == "u0") & (t["period"] > 5))), "must all start at once"),
        (lambda t: t.assign(post=t["period"] % 2 == 0), "crossover"),
    ],
)
def test_what_is_no_panel_is_refused_with_a_sentence(change, words):
    with pytest.raises(HotspotsError, match=words):
        panel_models.did(change(panel()))


def test_all_problems_at_once():
    with pytest.raises(HotspotsError) as caught:
        panel_models.did(panel().assign(exposure=0.0, count=-1, post=False))
    assert len(caught.value.problems) == 4


def test_harm_is_no_count():
    with pytest.raises(HotspotsError, match="not counts"):
        panel_models.did(panel(), "harm", "negative-binomial")


# ---------------------------------------------------------------- what tells nothing


def test_row_order_changes_nothing():
    table = panel()
    assert panel_models.did(table.sample(frac=1, random_state=1)) == panel_models.did(table)


def test_units_and_periods_without_events_change_nothing():
    table = set_to(panel(), panel()["unit"].isin(["u3", "u8"]) | (panel()["period"] == 12))
    found = panel_models.did(table)
    without = panel_models.did(table[~table["unit"].isin(["u3", "u8"]) & (table["period"] != 12)])
    assert found.rate_ratio == pytest.approx(without.rate_ratio)
    assert found.se == pytest.approx(without.se)


def test_nothing_after_in_treated_units_is_a_ratio_of_nought_without_interval():
    table = panel()
    found = panel_models.did(set_to(table, (table["group"] == "treated") & table["post"]))
    assert found.rate_ratio == 0
    assert np.isnan([found.ci_low, found.ci_high, found.p]).all()
    assert "nothing in treated places after" in found.warnings[0]


@pytest.mark.parametrize(
    ("group", "post", "words"),
    [
        ("treated", False, "treated places before"),
        ("comparison", True, "comparison places after"),
        ("comparison", False, "comparison places before"),
    ],
)
def test_nothing_in_another_group_is_no_ratio(group, post, words):
    table = panel()
    found = panel_models.did(set_to(table, (table["group"] == group) & (table["post"] == post)))
    assert np.isnan(found.rate_ratio)
    assert words in " ".join(found.warnings)


def test_no_event_at_all():
    found = panel_models.did(panel().assign(count=0))
    assert np.isnan(found.rate_ratio)
    assert np.isnan(panel_models.did(panel().assign(harm=0.0), "harm").largest_share)


def test_one_treated_unit_has_a_ratio_and_no_interval():
    table = panel(treated=1)
    found = panel_models.did(table)
    sums = table.groupby(["group", "post"])["count"].sum()
    by_hand = (sums["treated", True] / sums["treated", False]) / (sums["comparison", True] / sums["comparison", False])
    assert found.rate_ratio == pytest.approx(by_hand)
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p]).all()
    assert "only one place" in " ".join(found.warnings)


def test_a_unit_seen_only_before_is_told():
    table = panel()
    found = panel_models.did(table[(table["unit"] != "u0") | ~table["post"]])
    assert "1 place with data only before or only after" in found.warnings[0]
    assert np.isfinite(found.ci_high)


def test_exposure_scales_the_rate_not_the_ratio():
    """Half the exposure and half the events in every period after: the same rates."""
    table = panel()
    doubled = table.assign(count=table["count"] * 2, exposure=1.0)
    halved = doubled.assign(
        count=doubled["count"].where(~doubled["post"], doubled["count"] / 2),
        exposure=doubled["exposure"].where(~doubled["post"], 0.5),
    )
    assert panel_models.did(halved).rate_ratio == pytest.approx(panel_models.did(doubled).rate_ratio)


# ---------------------------------------------------------------- harm


def test_one_murder_is_told_and_left_out_beside():
    table = panel()
    table.loc[(table["unit"] == "u2") & (table["period"] == 15), "harm"] = 5475.0
    found = panel_models.did(table, "harm")
    assert found.largest_unit == "u2"
    assert found.largest_share == pytest.approx(5475 / table["harm"].sum())
    rest = panel_models.did(table[table["unit"] != "u2"], "harm")
    assert found.without_largest.rate_ratio == rest.rate_ratio
    assert (found.without_largest.ci_low, found.without_largest.ci_high) == (rest.ci_low, rest.ci_high)
    assert found.rate_ratio > 2 * rest.rate_ratio


def test_a_place_that_is_alone_in_its_group_cannot_be_left_out():
    table = panel(treated=1)
    table.loc[(table["unit"] == "u0") & (table["period"] == 15), "harm"] = 5475.0
    found = panel_models.did(table, "harm")
    assert (found.largest_unit, found.without_largest) == ("u0", None)


def test_harm_in_days_or_years_gives_one_ratio():
    table = panel()
    days, years = (panel_models.did(table.assign(harm=table["harm"] / k), "harm") for k in (1, 365.25))
    assert (days.rate_ratio, days.se) == pytest.approx((years.rate_ratio, years.se), rel=1e-6)


# ---------------------------------------------------------------- models


def test_without_overdispersion_the_negative_binomial_is_poisson():
    rng = np.random.default_rng(1)
    table = panel()
    table["count"] = rng.binomial(4, 0.5, len(table))  # varies less than Poisson
    assert panel_models.did(table, model="negative-binomial").alpha == 0
    plain, other = panel_models.did(table), panel_models.did(table, model="negative-binomial")
    assert plain.rate_ratio == pytest.approx(other.rate_ratio)


def test_covariates_that_part_the_zeros_do_not_settle():
    """Nothing ever happens where x is 1: β runs off and the fit says so, or has no information on it."""
    y = np.array([3.0, 2, 0, 4, 1, 0])
    x = np.array([[0.0], [0], [1], [0], [0], [1]])
    row = np.array([0, 0, 0, 1, 1, 1])
    found = fit(Design(y, np.ones(6), x, row, row))
    assert not found.converged or found.information[0, 0] < 1e-6


def test_two_rows_that_share_no_column_are_fitted_apart():
    """Units of two sets of periods: effects of periods are known up to a constant for each set."""
    rng = np.random.default_rng(3)
    parts = [panel(seed, 3, 3, 10) for seed in (1, 2)]
    parts[1] = parts[1].assign(unit="v" + parts[1]["unit"], period=parts[1]["period"] + 100)
    y = np.concatenate([p["count"].to_numpy(float) for p in parts]) + 1
    x = rng.normal(size=(len(y), 1))
    both = pd.concat(parts, ignore_index=True).assign(count=y)
    together = fit(design_of(both, "count", x))
    assert together.converged
    sums = pd.Series(together.mu).groupby(both["period"].to_numpy()).sum()
    assert sums.to_numpy() == pytest.approx(both.groupby("period")["count"].sum().to_numpy())


# ---------------------------------------------------------------- before the start


def test_blocks_are_counted_from_the_start():
    """22 periods on either side: five blocks of four and one of two, outermost."""
    found = panel_models.pre_trend(panel(periods=44))
    table = found.table.set_index("block")
    before = {-6: 0, -5: 2, -4: 6, -3: 10, -2: 14, -1: 18}
    assert table["first_period"].to_dict() == {**before, 0: 22, 1: 26, 2: 30, 3: 34, 4: 38, 5: 42}
    assert table.loc[-1, "rate_ratio"] == 1
    assert table["post"].tolist() == [False] * 6 + [True] * 6
    assert np.isfinite(found.joint_p)
    assert "Roth 2022" in found.note


def test_blocks_are_chosen_so_that_six_differences_stand_before_the_start():
    found = panel_models.pre_trend(panel(periods=60))
    assert (found.table["last_period"] - found.table["first_period"]).max() == 4  # five periods
    assert (found.table["block"] < -1).sum() == 5
    assert (panel_models.pre_trend(panel(periods=14)).table["block"] < -1).sum() == 6


def test_a_block_with_nothing_says_so():
    table = panel()
    found = panel_models.pre_trend(set_to(table, (table["group"] == "treated") & (table["period"] < 3)))
    assert found.table["block"].tolist() == [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4]
    first = found.table.iloc[0]
    assert first["treated"] == 0
    assert np.isnan(first["rate_ratio"])
    assert first["reason"] == "nothing in one of the groups"


def test_the_block_all_others_are_set_against_must_hold_something():
    table = panel()
    with pytest.raises(HotspotsError, match="nothing to set the earlier ones against"):
        panel_models.pre_trend(set_to(table, (table["group"] == "treated") & table["period"].isin([8, 9])))
    with pytest.raises(HotspotsError, match="one period before the start"):
        panel_models.pre_trend(table[table["period"] >= 9])


def test_too_few_units_for_a_joint_test():
    found = panel_models.pre_trend(panel(treated=2, comparison=2, periods=40))
    assert np.isnan(found.joint_p)
    assert "Too few places" in found.note


# ---------------------------------------------------------------- naive, and by chance


def test_the_naive_figure_is_two_sided():
    table = panel()
    risen = panel_models.before_after(table.assign(count=table["count"] * np.where(table["post"], 2, 1)))
    assert risen.ci_low > 1
    assert risen.p < 0.05


def test_the_naive_figure_with_nothing_before_or_after():
    table = panel()
    treated = table["group"] == "treated"
    assert np.isnan(panel_models.before_after(set_to(table, treated)).rate_ratio)
    after = panel_models.before_after(set_to(table, treated & table["post"]))
    assert (after.rate_ratio, after.ci_low) == (0, 0)
    before = panel_models.before_after(set_to(table, treated & ~table["post"]))
    assert (before.rate_ratio, before.ci_high) == (np.inf, np.inf)


def test_the_same_seed_draws_the_same():
    table = panel()
    assert panel_models.randomisation_p(table, seed=5) == panel_models.randomisation_p(table, seed=5)


def test_randomisation_needs_incidents_in_both_groups():
    table = panel(treated=2, comparison=2)
    with pytest.raises(HotspotsError, match="no incident at all"):
        panel_models.randomisation_p(set_to(table, table["group"] == "treated"))
    with pytest.raises(HotspotsError, match="No rate ratio"):
        panel_models.randomisation_p(set_to(table, table["post"]))


def test_its_statistic_is_the_estimate_where_every_unit_has_every_period():
    table = panel()
    assert panel_models.randomisation_p(table).rate_ratio == pytest.approx(panel_models.did(table).rate_ratio)
