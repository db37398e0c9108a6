"""Outcome beside minutes: tables by hand, what is left out, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.change.dose import response as dose_response


def table(seed: int = 0, units: int = 6, days: int = 70) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit, period = np.divmod(np.arange(units * days), days)
    minutes = np.where(rng.random(len(unit)) < 0.4, 0.0, rng.gamma(2, 9, len(unit)))
    found = pd.DataFrame({"unit": [f"u{i}" for i in unit], "period": 20_000 + period, "minutes": minutes})
    found["exposure"], found["count"] = 1.0, rng.poisson(1.0, len(unit))
    return found.assign(adequate=minutes >= 10, harm=found["count"] * 10.0)


# ---------------------------------------------------------------- by band


def by_hand() -> pd.DataFrame:
    """Two places; 4 periods without minutes, then 2 short and 2 long ones. Three times as busy, the same ratios."""
    minutes = [0, 0, 0, 0, 5, 9.99, 10, 30]
    counts = [4, 2, 3, 3, 2, 2, 1, 2]
    rows = [
        (unit, period, m, 1.0, n * k)
        for unit, k in (("a", 1), ("b", 3))
        for period, (m, n) in enumerate(zip(minutes, counts, strict=True))
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])


def test_bands_by_hand():
    """Mean 3 without minutes, 2 below ten minutes, 1.5 from ten on (three times that in the other place)."""
    found = dose_response.by_band(by_hand(), edges=(10,), periods=False).table
    assert found["band"].tolist() == ["0", "above 0 to 10", "10 and more"]
    assert found["n"].tolist() == [8, 4, 4]
    assert found["units"].tolist() == [2, 2, 2]
    assert found["total"].tolist() == [48, 16, 12]
    assert found["rate"].tolist() == [6, 4, 3]
    assert found["rate_ratio"].to_numpy() == pytest.approx([1, 2 / 3, 1 / 2])


def test_ratios_are_within_units_not_between_them():
    """The busy place is patrolled more: crude rates rise with the dose, within each place they are even."""
    rows = [
        (unit, period, 15.0 * (period < on), 1.0, rate)
        for unit, rate, on in (("quiet", 2, 2), ("calm", 2, 3), ("busy", 20, 18), ("loud", 20, 17))
        for period in range(20)
    ]
    busy = pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])
    found = dose_response.by_band(busy, edges=(10,), periods=False).table
    assert found.loc[2, "rate"] > 3 * found.loc[0, "rate"]
    assert found.loc[2, "rate_ratio"] == pytest.approx(1)


def test_effects_of_periods_take_out_what_all_places_share():
    """Week-ends are five times as busy everywhere, and patrolled more; effects of periods leave no difference."""
    rows = [
        (f"u{u}", day, 15.0 * ((day + u) % 4 > (0 if day % 7 > 4 else 2)), 1.0, 5 if day % 7 > 4 else 1)
        for u in range(6)
        for day in range(28)
    ]
    weekends = pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])
    without = dose_response.by_band(weekends, (10,), periods=False).table
    assert without.loc[2, "rate_ratio"] > 1.5
    assert dose_response.by_band(weekends, (10,)).table.loc[2, "rate_ratio"] == pytest.approx(1)


def test_the_first_edge_belongs_to_the_band_above_it():
    odd = by_hand().assign(minutes=lambda t: t["minutes"].replace(9.99, 10.0))
    assert dose_response.by_band(odd, (10,), periods=False).table["n"].tolist() == [8, 2, 6]


def test_bands_without_periods_or_events_say_so():
    quiet = by_hand().assign(count=lambda t: t["count"].where(t["minutes"] < 30, 0))
    found = dose_response.by_band(quiet, (10, 20, 60), periods=False).table
    assert found.loc[3, "rate_ratio"] == 0
    assert np.isnan(found.loc[3, "ci_high"])
    assert found["reason"].tolist()[3:] == ["nothing happened at this dose", "no period had this dose"]
    assert np.isnan(found.loc[4, "rate_ratio"])


def test_nothing_without_minutes_is_refused():
    with pytest.raises(HotspotsError, match="nothing to set the bands against"):
        dose_response.by_band(by_hand().assign(minutes=12.0))


@pytest.mark.parametrize("edges", [(), (0.0, 5.0), (10.0, 10.0), (20.0, 10.0), (float("nan"),)])
def test_edges_must_rise_from_above_nought(edges):
    with pytest.raises(HotspotsError, match="rising order"):
        dose_response.by_band(table(), edges)


# ---------------------------------------------------------------- what is left out, and what is refused


def test_an_unknown_dose_is_not_nought():
    some = table()
    some.loc[::10, "minutes"] = np.nan
    found = dose_response.by_band(some)
    assert found.table["n"].sum() == len(some) - 42
    assert found.dropped == ("42 unit-periods with an unknown dose were left out: no data is not no patrol.",)
    pd.testing.assert_frame_equal(found.table, dose_response.by_band(some.dropna()).table)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="minutes"), "lacks the column minutes"),
        (lambda t: t.assign(minutes=-3.0), "Minutes must be 0 or more"),
        (lambda t: t.assign(exposure=2.0), "Exposure must be above 0 and up to 1"),
        (lambda t: t.assign(count=np.nan), "Count must be 0 or more"),
        (lambda t: pd.concat([t, t.head(3)]), "3 pairs of unit and period occur twice"),
        (lambda t: t.assign(count=0), "holds no event"),
        (lambda t: t.assign(minutes=np.nan), "holds no event"),
        (lambda t: t.assign(minutes=np.where(t["period"] % 2, 12.0, 0.0)), "cannot be told apart"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(change, words):
    with pytest.raises(HotspotsError, match=words):
        dose_response.by_band(change(table()))


@pytest.mark.parametrize("model", [dose_response.by_band, dose_response.smooth, dose_response.lagged])
def test_row_order_changes_nothing_and_the_note_says_dose_follows_crime(model):
    found, mixed = model(table()), model(table().sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(found.table, mixed.table)
    assert "Dose follows crime" in found.note
    assert "not what the dose did" in found.note


def test_harm_can_stand_in_for_counts():
    """Ten days an offence: the same ratios."""
    counts, harm = (dose_response.by_band(table(), measure=m).table for m in ("count", "harm"))
    assert harm["rate_ratio"].to_numpy() == pytest.approx(counts["rate_ratio"].to_numpy(), rel=1e-6)


# ---------------------------------------------------------------- smooth


def test_the_basis_is_straight_beyond_its_last_knot_and_bends_before_it():
    knots = np.array([0.0, 10, 20, 40])
    x = np.linspace(0, 80, 161)
    second = np.diff(dose_response.natural_spline(x, knots), 2, axis=0)
    assert np.abs(second[x[1:-1] > 40.6]).max() < 1e-9
    assert (np.abs(second[(x[1:-1] > 20) & (x[1:-1] < 39)][:, 1:]) > 0).all()


def test_the_basis_spans_what_patsys_natural_spline_spans():
    patsy = pytest.importorskip("patsy")
    x = np.linspace(0, 40, 57)
    ours = np.column_stack([np.ones(57), dose_response.natural_spline(x, np.array([0.0, 12, 25, 40]))])
    theirs = np.asarray(patsy.dmatrix("cr(x, knots=[12, 25], lower_bound=0, upper_bound=40) - 1", {"x": x}))
    assert theirs.shape[1] == ours.shape[1] == 4
    left = theirs - ours @ np.linalg.lstsq(ours, theirs, rcond=None)[0]
    assert np.abs(left).max() < 1e-9


def test_one_term_is_a_line():
    found = dose_response.smooth(table(), df=1, at=[0, 10, 20, 30]).table
    steps = np.diff(np.log(found["rate_ratio"]))
    assert steps == pytest.approx([steps[0]] * 3)
    assert found.loc[0, ["rate_ratio", "ci_low", "ci_high"]].tolist() == [1, 1, 1]


def test_no_line_is_drawn_outside_the_doses_seen():
    with pytest.raises(HotspotsError, match="nothing can be said outside"):
        dose_response.smooth(table(), at=[500.0])
    with pytest.raises(HotspotsError, match="1 to 4 terms"):
        dose_response.smooth(table(), df=9)
    with pytest.raises(HotspotsError, match="1 different doses above 0 are too few"):
        dose_response.smooth(table().assign(minutes=lambda t: np.where(t["minutes"] > 0, 15.0, 0.0)))


# ---------------------------------------------------------------- lagged


def test_a_gap_in_the_periods_is_not_bridged():
    some = table().query("period != 20010")
    found = dose_response.lagged(some, lags=2)
    assert found.dropped == (
        f"{6 * (2 + 2):,} unit-periods have no minutes for one of the 2 periods before them and were left out.",
    )
    assert found.table["term"].tolist() == ["the same period", "1 earlier", "2 earlier", "earlier periods together"]
    assert found.table["lag"].tolist()[:3] == [0, 1, 2]


def test_earlier_periods_together_are_the_product_of_each():
    found = dose_response.lagged(table(), lags=3).table["rate_ratio"].to_numpy()
    assert found[4] == pytest.approx(found[1:4].prod())


def test_lags_line_up_with_the_periods_before():
    """The rate halves after each patrolled period, exactly: ratio ½ per ten minutes one earlier, none two earlier."""
    rng = np.random.default_rng(3)
    minutes = 10.0 * rng.integers(0, 2, (5, 40))
    counts = np.full((5, 40), 8.0)
    counts[:, 1:] = np.where(minutes[:, :-1] > 0, 4, 8)
    unit, period = np.divmod(np.arange(200), 40)
    halved = pd.DataFrame({"unit": unit.astype(str), "period": period, "minutes": minutes.ravel(), "exposure": 1.0})
    halved["count"] = counts.ravel()
    assert dose_response.lagged(halved, 2).table["rate_ratio"].to_numpy()[1:3] == pytest.approx([0.5, 1.0])
    assert dose_response.lagged(halved, 1, per=1).table["rate_ratio"][1] == pytest.approx(0.5**0.1)


def test_the_same_period_stands_in_a_model_of_its_own():
    """Its ratio does not depend on the lags, given the same rows."""
    some = table()
    one, alone = (
        dose_response.lagged(some, 1).table,
        dose_response.smooth(some[some["period"] > 20_000], df=1, at=[10.0]),
    )
    assert one.loc[0, "rate_ratio"] == pytest.approx(alone.table.loc[0, "rate_ratio"])
    assert one.loc[0, "ci_low"] == pytest.approx(alone.table.loc[0, "ci_low"])


def test_short_series_are_warned_of():
    assert "take shorter periods" in dose_response.lagged(table(units=12, days=20)).note
    assert "take shorter periods" not in dose_response.lagged(table(units=6, days=70)).note


def test_lags_are_asked_for_sensibly():
    with pytest.raises(HotspotsError, match="1 or more earlier periods"):
        dose_response.lagged(table(), lags=0)
    with pytest.raises(HotspotsError, match="No period has its 1 earlier"):
        dose_response.lagged(table().assign(period=lambda t: t["period"] * 2))


# ---------------------------------------------------------------- on and off


def days(rows) -> pd.DataFrame:
    columns = ["unit", "period", "adequate", "count"]
    return pd.DataFrame(rows, columns=columns).assign(exposure=1.0)


def test_on_and_off_by_hand():
    """Every second Monday has a visit: 3 events on two such days, 8 on two others; twice as much elsewhere."""
    rows = [(u, 7 * w, w % 2 == 0, k * n) for u, k in (("a", 1), ("b", 2)) for w, n in enumerate((2, 5, 1, 3))]
    found = dose_response.on_off(days(rows))
    assert found.rate_ratio == pytest.approx(3 / 8)
    assert (found.on_days, found.off_days, found.on_total, found.off_total) == (4, 4, 9, 24)
    assert (found.units, found.strata) == (2, 2)


def test_days_of_the_week_are_not_mixed():
    """Saturdays are ten times as busy and always visited but once; Mondays hardly ever. Within each, no difference."""
    rows = [
        (u, 7 * w + d, w != spare if d else w == spare, 20 if d else 2)
        for u, spare in (("a", 1), ("b", 2), ("c", 3))
        for w in range(8)
        for d in (0, 5)
    ]
    busy = days(rows)
    crude = busy.groupby("adequate")["count"].mean()
    assert crude[True] > 4 * crude[False]
    assert dose_response.on_off(busy).rate_ratio == pytest.approx(1)


def test_stretches_take_out_a_season():
    """Crime is four times as high in the second half, and visits three times as many."""
    rows = [
        (f"u{u}", d, (d // 7 + u) % 4 > (0 if d >= 56 else 2), 4 if d >= 56 else 1)
        for u in range(4)
        for d in range(112)
    ]
    season = days(rows)
    assert dose_response.on_off(season).rate_ratio > 1.4
    assert dose_response.on_off(season, block_days=28).rate_ratio == pytest.approx(1)


def test_strata_that_tell_nothing_are_counted():
    rows = [(u, 7 * w, w % 2 == 0, 1) for u in "ab" for w in range(4)] + [("c", 7 * w, True, 5) for w in range(4)]
    found = dose_response.on_off(days(rows))
    assert found.units == 2
    assert found.dropped == ("4 days lie in strata with one kind of day, or with no event, and tell nothing.",)


def test_one_kind_of_day_without_events():
    rows = [(u, 7 * w, w % 2 == 0, w % 2) for u in "ab" for w in range(4)]
    found = dose_response.on_off(days(rows))
    assert found.rate_ratio == 0
    assert np.isnan(found.ci_high)
    assert found.reason == "one kind of day had no event"
    assert np.isnan(dose_response.on_off(days([(u, p, not on, n) for u, p, on, n in rows])).rate_ratio)


def test_one_unit_alone_has_no_interval():
    found = dose_response.on_off(days([("a", 7 * w, w % 2 == 0, 1 + w % 2) for w in range(8)]))
    assert found.rate_ratio == pytest.approx(0.5)
    assert np.isnan(found.se)
    assert found.reason == "one unit alone decides this"


def test_on_and_off_refuses():
    with pytest.raises(HotspotsError, match="days of both kinds"):
        dose_response.on_off(table().assign(adequate=True))
    with pytest.raises(HotspotsError, match="14 days or more"):
        dose_response.on_off(table(), block_days=7)
    with pytest.raises(HotspotsError, match="lacks the column adequate"):
        dose_response.on_off(table().drop(columns="adequate"))


def test_on_and_off_equals_the_glm_with_a_dummy_for_each_stratum():
    import statsmodels.api as sm

    some = table(5)
    some["exposure"] = np.random.default_rng(1).uniform(0.5, 1, len(some))
    strata = some["unit"] + "/" + (some["period"] % 7).astype(str)
    x = pd.get_dummies(strata, dtype=float).assign(on=some["adequate"].astype(float))
    peer = sm.GLM(some["count"], x, family=sm.families.Poisson(), offset=np.log(some["exposure"])).fit(tol=1e-12)
    assert dose_response.on_off(some).log_rate_ratio == pytest.approx(peer.params["on"], abs=1e-7)
