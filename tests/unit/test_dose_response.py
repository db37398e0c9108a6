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

EDGES = (10.0, 20.0, 40.0)


def by_hand(**long: int) -> pd.DataFrame:
    """Three places on two days: one without minutes, one with 5 on the second day, one with 30."""
    rows = [
        ("none", 1, 0.0, 10), ("none", 2, 0.0, 20), ("short", 1, 0.0, 6), ("short", 2, 5.0, 8), ("long", 1, 0.0, 6),
        ("long", 2, 30.0, long.get("long", 6)),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "period", "minutes", "count"]).assign(exposure=1.0)


def test_bands_by_hand():
    """The place without minutes doubles; 6 → 8 is ⅔ of that, 6 → 6 is ½."""
    found = dose_response.by_band(by_hand(), (10.0,))
    assert found["band"].tolist() == ["0", "above 0 to 10", "10 and more"]
    assert found["n"].tolist() == [4, 1, 1]
    assert found["units"].tolist() == [3, 1, 1]
    assert found["total"].tolist() == [42, 8, 6]
    assert found["rate"].tolist() == [10.5, 8, 6]
    assert found["rate_ratio"].to_numpy() == pytest.approx([1, 2 / 3, 1 / 2])
    assert found["reason"].tolist()[1:] == ["one hot spot alone decides this: no interval"] * 2


def test_an_edge_belongs_to_the_band_above_it():
    assert dose_response.by_band(by_hand(), (5.0, 30.0))["n"].tolist() == [4, 0, 1, 1]


def test_bands_without_days_or_events_say_so():
    found = dose_response.by_band(by_hand(long=0), (10.0, 20.0, 60.0))
    assert found.loc[3, "rate_ratio"] == 0
    assert np.isnan(found.loc[3, "ci_high"])
    assert found["reason"].tolist()[2:] == [
        "no day had this dose",
        "nothing happened at this dose",
        "no day had this dose",
    ]
    assert np.isnan(found.loc[4, "rate_ratio"])


def test_ratios_are_within_units_not_between_them():
    """The busy place is patrolled more: crude rates rise with the dose, within each place they are even."""
    rows = [
        (unit, period, 15.0 * (period < on), 1.0, rate)
        for unit, rate, on in (("quiet", 2, 2), ("calm", 2, 3), ("busy", 20, 18), ("loud", 20, 17))
        for period in range(20)
    ]
    busy = pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])
    found = dose_response.by_band(busy, (10.0,))
    assert found.loc[2, "rate"] > 3 * found.loc[0, "rate"]
    assert found.loc[2, "rate_ratio"] == pytest.approx(1)


def test_the_rate_of_a_band_is_of_the_part_of_the_day_that_was_seen():
    """A quarter of each day: 3 events in half a day of 15 minutes, 2 in a whole day without; nothing above 30."""
    rows = [
        (unit, period, 15.0 * (period == on), 0.25, n)
        for unit, on, counts in (("a", 0, (1, 1, 0)), ("b", 1, (1, 2, 0)))
        for period, n in enumerate(counts)
    ]
    some = pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])
    found = dose_response.by_band(some, (10.0, 30.0))
    assert found["n"].tolist() == [4, 0, 2, 0]
    assert found["units"].tolist() == [2, 0, 2, 0]
    assert found["rate"].fillna(-1).tolist() == [2.0, -1, 6.0, -1]
    assert found.loc[[1, 3], "reason"].tolist() == ["no day had this dose"] * 2


def test_effects_of_days_take_out_what_all_places_share():
    """Week-ends are five times as busy everywhere, and patrolled more; effects of periods leave no difference."""
    rows = [
        (f"u{u}", day, 15.0 * ((day + u) % 4 > (0 if day % 7 > 4 else 2)), 1.0, 5 if day % 7 > 4 else 1)
        for u in range(6)
        for day in range(28)
    ]
    weekends = pd.DataFrame(rows, columns=["unit", "period", "minutes", "exposure", "count"])
    found = dose_response.by_band(weekends, (10.0,))
    assert found.loc[2, "rate"] > 1.5 * found.loc[0, "rate"]
    assert found.loc[2, "rate_ratio"] == pytest.approx(1)


def test_nothing_without_minutes_is_refused():
    with pytest.raises(HotspotsError, match="nothing to set the bands against"):
        dose_response.by_band(by_hand().assign(minutes=12.0), EDGES)


# ---------------------------------------------------------------- what is left out, and what is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="minutes"), "lacks the column minutes"),
        (lambda t: t.assign(minutes=-3.0), "Minutes must be 0 or more"),
        (lambda t: t.assign(exposure=2.0), "Exposure must be above 0 and up to 1"),
        (lambda t: t.assign(exposure=1.01), "Exposure must be above 0 and up to 1"),
        (lambda t: t.assign(exposure=0.0), "Exposure must be above 0 and up to 1"),
        (lambda t: t.assign(count=np.nan), "Count must be 0 or more"),
        (lambda t: pd.concat([t, t.head(3)]), "3 hot spot days occur twice"),
        (lambda t: t.assign(count=0), "holds no event"),
        (lambda t: t.assign(minutes=np.nan), "Minutes must be 0 or more; 420 are not"),
        (lambda t: t.assign(minutes=np.where(t["period"] % 2, 12.0, 0.0)), "cannot be separated"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(change, words):
    with pytest.raises(HotspotsError, match=words):
        dose_response.by_band(change(table()), EDGES)


def four_looks(some: pd.DataFrame) -> list[pd.DataFrame]:
    return [dose_response.by_band(some, EDGES), dose_response.smooth(some, 3), dose_response.day_before(some)]


def test_row_order_changes_nothing():
    for found, mixed in zip(four_looks(table()), four_looks(table().sample(frac=1, random_state=2)), strict=True):
        pd.testing.assert_frame_equal(found, mixed)


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
    found = dose_response.smooth(table(), 1)
    steps = np.diff(np.log(found["rate_ratio"]))
    assert steps == pytest.approx([steps[0]] * 20)
    assert found["minutes"].iloc[0] == 0
    assert found["minutes"].iloc[-1] == pytest.approx(table().query("minutes > 0")["minutes"].quantile(0.95))
    assert found.loc[0, ["rate_ratio", "ci_low", "ci_high"]].tolist() == [1, 1, 1]


# ---------------------------------------------------------------- the day before


def test_a_gap_in_the_days_is_not_bridged():
    """70 days, one of them missing: the first has no day before, and neither has the one after the gap."""
    found = dose_response.day_before(table().query("period != 20010"))
    assert found["lag"].tolist() == [0, 1]
    assert found["n"].tolist() == [6 * (69 - 2)] * 2
    with pytest.raises(HotspotsError, match="No day has its day before"):
        dose_response.day_before(table().assign(period=lambda t: t["period"] * 2))


def test_the_same_day_stands_in_a_model_of_its_own():
    """Its ratio per ten minutes is that of a straight line on the same days."""
    some = table()
    one, line = dose_response.day_before(some).loc[0], dose_response.smooth(some[some["period"] > 20_000], 1)
    per_ten = np.log(line.iloc[-1][["rate_ratio", "ci_low"]].astype(float)) * 10 / line["minutes"].iloc[-1]
    assert np.log([one["rate_ratio"], one["ci_low"]]) == pytest.approx(per_ten.to_numpy())


def test_minutes_line_up_with_the_day_before():
    """The rate halves after each patrolled day, exactly: ratio ½ per ten minutes of the day before."""
    rng = np.random.default_rng(3)
    minutes = 10.0 * rng.integers(0, 2, (5, 40))
    counts = np.full((5, 40), 8.0)
    counts[:, 1:] = np.where(minutes[:, :-1] > 0, 4, 8)
    unit, period = np.divmod(np.arange(200), 40)
    halved = pd.DataFrame({"unit": unit.astype(str), "period": period, "minutes": minutes.ravel(), "exposure": 1.0})
    halved["count"] = counts.ravel()
    assert dose_response.day_before(halved)["rate_ratio"][1] == pytest.approx(0.5)


# ---------------------------------------------------------------- on and off


def days(rows) -> pd.DataFrame:
    columns = ["unit", "period", "adequate", "count"]
    return pd.DataFrame(rows, columns=columns).assign(exposure=1.0)


def test_on_and_off_by_hand():
    """Every second Monday has a visit: 3 events on two such days, 8 on two others; twice as much elsewhere."""
    rows = [(u, 7 * w, w % 2 == 0, k * n) for u, k in (("a", 1), ("b", 2)) for w, n in enumerate((2, 5, 1, 3))]
    found = dose_response.on_off(days(rows), None)
    assert found.rate_ratio == pytest.approx(3 / 8)
    assert (found.on_days, found.off_days, found.on_total, found.off_total) == (4, 4, 9, 24)


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
    assert dose_response.on_off(busy, None).rate_ratio == pytest.approx(1)


def test_stretches_take_out_a_season():
    """Crime is four times as high in the second half, and visits three times as many."""
    rows = [
        (f"u{u}", d, (d // 7 + u) % 4 > (0 if d >= 56 else 2), 4 if d >= 56 else 1)
        for u in range(4)
        for d in range(112)
    ]
    season = days(rows)
    assert dose_response.on_off(season, None).rate_ratio > 1.4
    assert dose_response.on_off(season, block_days=28).rate_ratio == pytest.approx(1)


def test_strata_that_tell_nothing_are_counted():
    rows = [(u, 7 * w, w % 2 == 0, 1) for u in "ab" for w in range(4)] + [("c", 7 * w, True, 5) for w in range(4)]
    found = dose_response.on_off(days(rows), None)
    assert (found.on_days, found.off_days) == (4, 4)


def test_one_kind_of_day_without_events():
    rows = [(u, 7 * w, w % 2 == 0, w % 2) for u in "ab" for w in range(4)]
    found = dose_response.on_off(days(rows), None)
    assert found.rate_ratio == 0
    assert np.isnan(found.ci_high)
    assert found.reason == "one kind of day had no event"
    assert np.isnan(dose_response.on_off(days([(u, p, not on, n) for u, p, on, n in rows]), None).rate_ratio)


def test_one_hot_spot_alone_has_no_interval():
    found = dose_response.on_off(days([("a", 7 * w, w % 2 == 0, 1 + w % 2) for w in range(8)]), None)
    assert found.rate_ratio == pytest.approx(0.5)
    assert np.isnan([found.ci_low, found.ci_high, found.p]).all()
    assert found.reason == "one hot spot alone decides this"


def test_on_and_off_refuses():
    with pytest.raises(HotspotsError, match="days of both kinds"):
        dose_response.on_off(table().assign(adequate=True), None)
    with pytest.raises(HotspotsError, match="lacks the column adequate"):
        dose_response.on_off(table().drop(columns="adequate"), None)


def test_on_and_off_equals_the_glm_with_a_dummy_for_each_stratum():
    import statsmodels.api as sm

    some = table(5)
    some["exposure"] = np.random.default_rng(1).uniform(0.5, 1, len(some))
    strata = some["unit"] + "/" + (some["period"] % 7).astype(str)
    x = pd.get_dummies(strata, dtype=float).assign(on=some["adequate"].astype(float))
    peer = sm.GLM(some["count"], x, family=sm.families.Poisson(), offset=np.log(some["exposure"])).fit(tol=1e-12)
    assert np.log(dose_response.on_off(some, None).rate_ratio) == pytest.approx(peer.params["on"], abs=1e-7)
