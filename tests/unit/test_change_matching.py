"""Matching by hand: few places, round numbers, and every reason for not being matched."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from hotspots.base.errors import HotspotsError
from hotspots.change.matching import rules
from hotspots.change.matching.distance import trends
from hotspots.change.matching.quality import frozen_text, pre_trend_tests
from hotspots.change.matching.rules import COMPONENTS, TABLES, WEIGHTS, Match
from tests.match_samples import matched_by, weighing

WHOLE = dict(WEIGHTS)


@pytest.fixture(autouse=True)
def level_only():
    """Distances of the expected count alone, unless a test says otherwise."""
    with weighing(count=1.0):
        yield


def places(rows: dict[str, tuple[str, float]], **more: object) -> pd.DataFrame:
    """id → (group, expected count per period); 2 km apart in one row, all in South."""
    table = pd.DataFrame([(u, g, e) for u, (g, e) in rows.items()], columns=["unit", "group", "expected_count"])
    return table.assign(
        expected_harm=10 * table["expected_count"],
        bcu="South",
        lon=-2.7 + 0.03 * np.arange(len(table)),
        lat=53.76,
        area_m2=13_400.0,
        **more,
    )


def level(units: pd.DataFrame, periods: int = 4) -> pd.DataFrame:
    """The expected count in every period."""
    return pd.DataFrame({p: units["expected_count"].to_numpy() for p in range(periods)}, index=units["unit"])


def matched(units: pd.DataFrame, **more: object) -> Match:
    counts = level(units)
    return matched_by(units, counts, 10 * counts, **more)


def pairs(found: Match) -> list[tuple[str, str]]:
    return list(zip(found.pairs["treated"], found.pairs["comparison"], strict=True))


FOUR = places(
    {"t1": ("treated", 16), "t2": ("treated", 9), "a": ("candidate", 4), "b": ("candidate", 9), "c": ("candidate", 1)}
)


def test_the_least_sum_of_distances_and_close_pairs_kept_whole():
    """√levels 4, 3 against 2, 3, 1. t2–b and t1–a: 0 + 2; t1–b and t2–a: 1 + 1, as good; the equals stay together."""
    found = matched(FOUR)
    assert pairs(found) == [("t1", "a"), ("t2", "b")]
    spread = np.sqrt((np.var([4, 3], ddof=1) + np.var([2, 3, 1], ddof=1)) / 2)
    assert found.pairs["distance"].tolist() == pytest.approx([2 / spread, 0])
    assert tuple(found.pairs.columns) == TABLES["pairs"]


def test_the_sum_counts_and_not_who_comes_first():
    """√levels 5, 3 against 4, 0: the first one's nearest is 4, and so is the second's; 1 + 3 beats 5 + 1."""
    found = matched(
        places({"t1": ("treated", 25), "t2": ("treated", 9), "a": ("candidate", 16), "b": ("candidate", 0)})
    )
    assert pairs(found) == [("t1", "a"), ("t2", "b")]


def test_close_pairs_are_kept_whole_against_the_order_of_ids():
    units = places({"t1": ("treated", 16), "t2": ("treated", 9), "a": ("candidate", 9), "b": ("candidate", 4)})
    assert pairs(matched(units)) == [("t1", "b"), ("t2", "a")]


def test_ties_go_to_the_lower_id():
    units = places({"t": ("treated", 9), "z": ("candidate", 4), "k": ("candidate", 4), "m": ("candidate", 4)})
    assert pairs(matched(units)) == [("t", "k")]
    units = places(
        {"t1": ("treated", 9), "t2": ("treated", 9)}
        | {u: ("candidate", e) for u, e in {"a": 4, "b": 4, "c": 4, "d": 9, "e": 1}.items()}
    )
    assert pairs(matched(units)) == [("t1", "a"), ("t2", "d")]


def test_components_are_weighted_and_add_up():
    shares = pd.DataFrame({"low": [1.0, 0.5, 0, 1, 0.5], "high": [0.0, 0.5, 1, 0, 0.5]}, index=FOUR["unit"])
    with weighing(**WHOLE):
        found = matched(FOUR, shares=shares)
    assert found.pairs["distance"].tolist() == pytest.approx(found.pairs[list(COMPONENTS)].sum(axis=1).tolist())
    assert found.pairs["mix"].gt(0).all()
    assert found.pairs["bcu"].tolist() == [0, 0]
    assert found.pairs["near"].tolist() == pytest.approx((0.1 * found.pairs["km"] / (found.pairs["km"] + 10)).tolist())


def test_kilometres_are_those_of_the_globe():
    """Preston to Blackpool Tower: 24.5 km, measured on a map."""
    units = places({"t": ("treated", 9), "a": ("candidate", 4)}).assign(lon=[-2.6990, -3.0553], lat=[53.7590, 53.8159])
    assert matched(units).pairs["km"][0] == pytest.approx(24.3, abs=0.3)


def test_the_offence_mix_is_hellinger_after_drawing_towards_everybodys():
    """Two places of 20 offences, all low and all high, 20 offences of the common half and half added to each:
    shares ¾ and ¼ against ¼ and ¾."""
    units = places({"t": ("treated", 5), "a": ("candidate", 5)})
    shares = pd.DataFrame({"low": [1.0, 0.0], "high": [0.0, 1.0]}, index=["t", "a"])
    with weighing(count=1.0, mix=2.0):
        found = matched(units, shares=shares)
    expected = 2 * np.sqrt(0.5 * 2 * (np.sqrt(0.75) - np.sqrt(0.25)) ** 2)
    assert found.pairs["mix"][0] == pytest.approx(expected)


def test_the_season_counts_beyond_a_year_only():
    """A summer place against a winter place and an even one."""
    units = places({"t": ("treated", 30), "a": ("candidate", 30), "b": ("candidate", 30)})
    year = np.array([[0] * 3 + [60] * 6 + [0] * 3, [60] * 3 + [0] * 6 + [60] * 3, [30] * 12], dtype=float)
    two, one = (pd.DataFrame(np.hstack([year] * n), index=units["unit"]) for n in (2, 1))
    with weighing(count=1.0, season=1.0):
        both, found = matched_by(units, two, two), matched_by(units, one, one)
    assert pairs(both) == [("t", "b")]
    assert both.pairs["season"][0] > 0.1
    assert found.pairs["season"][0] == 0
    assert any("no more than a year" in n for n in found.notes)


def test_slopes_by_hand():
    """√(y + ⅜) of 100, 121, 144 and its mirror: slopes ±b with variance ¼ · ½ each, so τ² = b² − ⅛."""
    shrunk, raw = trends(np.array([[100.0, 121, 144], [144, 121, 100]]), np.ones((2, 3)))
    b = (np.sqrt(144.375) - np.sqrt(100.375)) / 2
    assert raw == pytest.approx([b, -b])
    assert shrunk == pytest.approx([b * (b * b - 0.125) / b**2, -b * (b * b - 0.125) / b**2], rel=1e-3)


def test_slopes_that_chance_explains_tell_nobody_apart():
    """Poisson counts of one rate, half a period's data included: shrunk slopes hardly differ, raw ones do."""
    rng = np.random.default_rng(5)
    exposure = np.ones((400, 12))
    exposure[:, 3] = 0.5
    shrunk, raw = trends(rng.poisson(0.8 * exposure).astype(float), exposure)
    assert raw.std() > 0.01
    assert shrunk.std() < 0.25 * raw.std()


def test_a_period_without_data_is_not_a_zero():
    """9 in each of three months and one missing: 9 a month, not 6.75."""
    units = places({"t": ("treated", 9), "a": ("candidate", 9)})
    counts = level(units)
    counts.loc["a", 2] = np.nan
    found = matched_by(units, counts, counts)
    assert found.balance.set_index("measure").loc["count per period", "matched_comparison"] == 9
    assert found.pre_periods["comparison_exposure"].tolist() == [1, 1, 0, 1]
    covered = (counts * 0 + 1).fillna(1.0)  # it says that the month is covered, but there is no count
    assert matched_by(units, counts, counts, exposure=covered).sha256 == found.sha256
    assert found.joint_df == 2


def test_a_match_lies_in_the_same_bcu():
    assert pairs(matched(FOUR)) == [("t1", "a"), ("t2", "b")]
    found = matched(FOUR.assign(bcu=["South", "West", "South", "South", "West"]))
    assert pairs(found) == [("t1", "b"), ("t2", "c")]


def test_where_candidates_run_out_the_reason_is_given():
    found = matched(FOUR.iloc[:3])
    reason = dict(zip(found.unmatched["unit"], found.unmatched["reason"], strict=True))
    assert pairs(found) == [("t2", "a")]  # √levels 4 and 3 against 2
    assert reason == {"t1": "the candidates nearest to it serve other hot spots"}


def test_a_treated_place_alone_in_its_bcu_is_told():
    found = matched(FOUR.assign(bcu=["South", "West", "South", "South", "South"]))
    assert pairs(found) == [("t1", "b")]
    reason = dict(zip(found.unmatched["unit"], found.unmatched["reason"], strict=True))
    assert reason["t2"] == "no candidate of its BCU lies clear of the treated hot spots"
    assert reason["a"] == "others are nearer"
    assert any(n.startswith("1 of 2 treated places have no match") for n in found.notes)


def test_too_near_a_treated_hot_spot_or_barred(monkeypatch):
    """b is 150 m from t1's centre: 20 m from edge to edge. Circles of 13,400 m² have a radius of 65 m."""
    lon = FOUR["lon"].tolist()
    lon[3] = lon[0] + 0.150 / (111.32 * np.cos(np.radians(53.76)))
    found = matched(FOUR.assign(lon=lon), barred={"a": "it shares a cell with treated South-01"})
    reason = dict(zip(found.unmatched["unit"], found.unmatched["reason"], strict=True))
    assert reason["b"] == "it lies within 100 m of treated t1"
    assert reason["a"] == "it shares a cell with treated South-01"
    assert pairs(found) == [("t1", "c")] or pairs(found) == [("t2", "c")]
    monkeypatch.setattr(rules, "APART_M", 10.0)
    assert "b" in matched(FOUR.assign(lon=lon)).pairs["comparison"].tolist()


def test_balance_by_hand():
    """Counts 16, 9 against 4, 9, 1; matched t1–a and t2–b."""
    found = matched(FOUR)
    assert tuple(found.balance.columns) == TABLES["balance"]
    row = found.balance.set_index("measure").loc["count per period"]
    spread = np.sqrt((24.5 + 49 / 3) / 2)  # variances of 16, 9 and of 4, 9, 1
    assert row.tolist() == pytest.approx([12.5, 14 / 3, (12.5 - 14 / 3) / spread, 12.5, 6.5, 6 / spread])


def test_what_selection_alone_would_bring():
    """Counted 20 and expected 15 in the treated, 12 and 11 in its match: 5 fall away there, 1 here."""
    units = places({"t": ("treated", 15), "a": ("candidate", 11), "b": ("candidate", 1)})
    counts = pd.DataFrame({0: [20.0, 12, 1], 1: [20.0, 12, 1]}, index=units["unit"])
    found = matched_by(units, counts, 3 * counts)
    assert found.built_in == pytest.approx(-5 - -1)
    told = found.regression.set_index(["measure", "group"])
    assert told.loc[("count", "treated")].tolist() == [1, 20, 15, -5]
    assert told.loc[("harm days", "comparison")].tolist() == [1, 36, 110, 74]


def pre(treated: list[float], expected: list[float], comparison: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"treated": treated, "comparison": comparison, "expected_treated": expected})


def test_pre_trend_by_hand():
    """10, 20, 30 against 30, 20, 10: p = ½, n = 40, np(1 − p) = 10. X² = 10 + 0 + 10; Z = (10 + 10)/√(10 + 10)."""
    x2, df, p, z, drift_p = pre_trend_tests(pre([10, 20, 30], [20, 20, 20], [30, 20, 10]))
    assert (x2, df, z) == pytest.approx((20, 2, np.sqrt(20)))
    assert p == pytest.approx(np.exp(-10))  # χ² with two degrees of freedom
    assert drift_p == pytest.approx(7.744216e-06)


def test_the_joint_test_is_pearsons_where_exposures_are_equal():
    units = places({"t": ("treated", 9), "a": ("candidate", 9)})
    counts = pd.DataFrame([[3, 8, 12, 5], [7, 9, 6, 4]], index=["t", "a"], dtype=float)
    found = matched_by(units, counts, counts)
    theirs = chi2_contingency(counts.to_numpy(), correction=False)
    assert (found.joint_x2, found.joint_df, found.joint_p) == pytest.approx((theirs[0], theirs[2], theirs[1]))
    assert found.pre_periods["difference"].tolist() == [-4, -1, 6, 1]
    assert found.pre_periods["expected_treated"].tolist() == pytest.approx(theirs[3][0].tolist())


@pytest.mark.parametrize(("treated", "expected"), [([0, 0, 0], [0, 0, 0]), ([3, 5, 4], [3, 5, 4])])
def test_where_one_group_has_everything_the_other_is_expected_to_have_nothing(treated, expected):
    """Treated and comparison counts in the same ratio throughout: 0 of each period's count, or all of it."""
    units = places({"t": ("treated", 9), "a": ("candidate", 9)})
    other = [7, 9, 6] if treated == [0, 0, 0] else [0, 0, 0]
    counts = pd.DataFrame([treated, other], index=["t", "a"], dtype=float)
    assert matched_by(units, counts, counts).pre_periods["expected_treated"].tolist() == expected


def test_half_a_period_is_no_fall():
    """20, 10, 20 with half of the second period covered against 20, 20, 20: the same rate throughout."""
    units = places({"t": ("treated", 20), "a": ("candidate", 20)})
    counts = pd.DataFrame([[20, 10, 20], [20, 20, 20]], index=["t", "a"], dtype=float)
    exposure = pd.DataFrame([[1, 0.5, 1], [1, 1, 1]], index=["t", "a"], dtype=float)
    found = matched_by(units, counts, counts, exposure=exposure)
    assert found.joint_x2 == pytest.approx(0, abs=1e-12)
    assert found.pre_periods["difference"].tolist() == pytest.approx([0, 0, 0])
    assert matched_by(units, counts, counts).joint_x2 > 1


def test_one_period_cannot_be_tested():
    units = places({"t": ("treated", 9), "a": ("candidate", 9)})
    counts = level(units, 1)
    found = matched_by(units, counts, counts)
    assert found.joint_df == 0
    assert np.isnan([found.joint_p, found.drift_p]).all()


def test_the_hash_is_of_the_frozen_text_and_of_everything():
    found = matched(FOUR)
    assert found.sha256 == hashlib.sha256(frozen_text(found).encode()).hexdigest()
    facts = json.loads(frozen_text(found))
    assert facts["pairs"]["data"][0][:2] == ["t1", "a"]
    assert facts["rules"]["count_weight"] == 1.0
    others = [
        matched(FOUR, barred={"nobody": "a reason"}),
        matched(FOUR.assign(expected_count=[16, 9, 4, 9, 1.001])),
    ]
    assert len({found.sha256, *(o.sha256 for o in others)}) == 3
    assert pairs(others[0]) == pairs(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"drop": ["expected_count"]}, "lack the columns expected_count"),
        ({"drop": ["bcu"]}, "lack the columns bcu"),
        ({"group": "treated"}, "no candidate place"),
        ({"group": ["treated", "treated", "policed", "candidate", "candidate"]}, "no group 'policed'"),
        ({"unit": ["t1", "t1", "a", "b", "c"]}, "'t1' is given twice"),
        ({"area_m2": -1.0}, "area_m2 is missing, negative"),
        ({"lon": np.nan}, "lon is missing"),
    ],
)
def test_places_that_cannot_be_used(change, words):
    units = FOUR.drop(columns=change["drop"]) if "drop" in change else FOUR.assign(**change)
    counts = level(FOUR)
    with pytest.raises(HotspotsError, match=words):
        matched_by(units, counts, counts)


def test_tables_that_do_not_fit():
    counts = level(FOUR)
    shares = pd.DataFrame({"low": 0.5, "high": 0.4}, index=FOUR["unit"])
    for table, more, words in (
        (counts.drop("a"), {}, "no row for 'a'"),
        (-counts, {}, "negative"),
        (counts * np.nan, {}, "no period with data"),
        (pd.concat([counts, counts]), {}, "twice"),
        (counts, {"shares": shares}, "do not add up to 1"),
        (counts, {"exposure": counts * 0 + 1.5}, "exposure is not above 0"),
        (counts, {"exposure": counts[[0, 1]]}, "different periods"),
    ):
        with pytest.raises(HotspotsError, match=words):
            matched_by(FOUR, table, table, **more)


def test_nobody_to_match_is_an_error():
    with pytest.raises(HotspotsError, match="No candidate lies at least 100 m from every treated hot spot and in the"):
        matched(FOUR.assign(bcu=["South", "South", "East", "East", "East"]))
