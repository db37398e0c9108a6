"""What a trial shows, on two hot spots and two weeks that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from hotspots.base.columns import TRIAL
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.estimates import verdict
from hotspots.trials.analysis import DIFFERENCE, HARM, RATIO, RING, TrialResult, analyse
from hotspots.trials.draw import design
from hotspots.trials.layout import Design
from hotspots.trials.power import minimum_detectable_effect
from hotspots.trials.scores import DAY_AFTER, FIRST_DAY, LATER_DAY

MONDAY = date(2026, 1, 5)
# A is patrolled in the first week, B in the second
FIRST_WEEK = np.repeat([True, False], 7)
ASSIGNED = np.stack([FIRST_WEEK, ~FIRST_WEEK])
BOTH_FIRST = np.stack([FIRST_WEEK, FIRST_WEEK])


def trial() -> Design:
    areas = pd.DataFrame({"area": ["A", "B"], "bcu": "South"})
    return replace(design(areas, MONDAY, MONDAY + timedelta(days=13), 1), treated=ASSIGNED)


def outcomes() -> pd.DataFrame:
    """A: 1 a day when patrolled, then 2; B: 4 a day, then 2 when patrolled. Ten days of harm each."""
    count = np.concatenate([[1] * 7, [2] * 7, [4] * 7, [2] * 7])
    days = [str(MONDAY + timedelta(days=i)) for i in range(14)]
    return pd.DataFrame({"area": ["A"] * 14 + ["B"] * 14, "patrol_day": days * 2, "count": count, "harm": 10.0 * count})


def shown(
    outcomes: pd.DataFrame,
    minutes: pd.DataFrame | None = None,
    washout_days: int = 0,
    redraws: tuple[np.ndarray, ...] = (BOTH_FIRST,),
    of: Design | None = None,
) -> TrialResult:
    """What the trial shows; by default judged by one redraw."""
    return analyse(of or trial(), outcomes, np.stack(redraws), Settings(), minutes, washout_days)


def rows(result: TrialResult, counted_as: str = "assigned") -> pd.DataFrame:
    return result.table[result.table["counted_as"] == counted_as].set_index("measure")


def test_rate_ratio_and_differences_by_hand():
    result = shown(outcomes())
    table = rows(result)
    assert set(result.table.columns) == {c.name for c in TRIAL}
    # 14 strata of one day each way: (7 × 1 + 7 × 2)/2 over (7 × 2 + 7 × 4)/2
    assert table.loc[RATIO, "estimate"] == pytest.approx(10.5 / 21)
    assert table.loc[DIFFERENCE, "estimate"] == pytest.approx((10.5 - 21) / 7)
    assert table.loc[HARM, "estimate"] == pytest.approx(10 * (10.5 - 21) / 7)
    assert table.loc[RATIO, ["treated_days", "untreated_days"]].tolist() == [14, 14]
    assert table.loc[RATIO, ["treated_total", "untreated_total"]].tolist() == [21, 42]
    assert table.loc[HARM, "largest_share"] == pytest.approx(40 / 630)


def test_p_is_the_share_of_draws_as_extreme_the_used_one_among_them():
    # the score of the assignment is −10.5, of its mirror image 10.5, and of both in the first week −3.5 + 7
    one = shown(outcomes(), redraws=(BOTH_FIRST,) * 3)
    two = shown(outcomes(), redraws=(BOTH_FIRST, ~ASSIGNED, ASSIGNED))
    assert rows(one).loc[RATIO, "p"] == 1 / 4
    assert rows(two).loc[RATIO, "p"] == 3 / 4
    assert rows(one).loc[HARM, "p"] == 1 / 4


def test_missing_days_are_missing_and_not_zero():
    gone = outcomes().drop(index=27)  # B's last Sunday, patrolled
    result = shown(gone)
    assert rows(result).loc[RATIO, "estimate"] == pytest.approx((3.5 + 6) / (7 + 12))
    assert "1 hot spot day without data: left out" in result.notes[0]
    blank = outcomes().astype({"count": float})
    blank.loc[27, "count"] = np.nan
    assert rows(shown(blank)).equals(rows(result))


@pytest.mark.parametrize("days", [1, 3])
def test_wash_out_leaves_out_the_days_after_a_patrolled_one(days):
    changed = outcomes()
    changed.loc[7 : 6 + days, "count"] = 50  # just after A's patrolled week
    result = shown(changed, washout_days=days)
    # those weekdays of A have no other day left to compare with
    assert rows(result).loc[RATIO, "estimate"] == pytest.approx(((7 - days) / 2 + 7) / (7 - days + 14))
    assert rows(result).loc[RATIO, "untreated_days"] == 14 - days
    many = "1 hot spot day" if days == 1 else "3 hot spot days"
    assert result.notes[0].startswith(f"{many} without patrol up to {days} day")


def test_wash_out_and_plain_scores_agree_where_nothing_is_washed_out():
    every_other = np.stack([np.arange(14) < 7, np.arange(14) < 7])
    quiet = replace(trial(), treated=~every_other)  # patrolled last: no day comes after
    draws = (~every_other,)
    plain, washed = (shown(outcomes(), washout_days=n, redraws=draws, of=quiet) for n in (0, 2))
    pd.testing.assert_frame_equal(plain.table, washed.table)


def minutes(given: np.ndarray) -> pd.DataFrame:
    return outcomes()[["area", "patrol_day"]].assign(minutes=given.ravel())


def test_as_delivered_stands_beside_with_its_warning():
    done = ASSIGNED.astype(float) * 10
    result = shown(outcomes(), minutes(done))
    assert rows(result, "delivered").loc[RATIO, "estimate"] == pytest.approx(0.5)
    assert rows(result, "assigned").loc[RATIO, "estimate"] == pytest.approx(0.5)
    assert "not a random comparison" in rows(result, "delivered").loc[RATIO, "note"]
    assert any("not a random comparison" in note for note in result.notes)
    done[0, :3] = 9.9  # below an adequate visit: Monday to Wednesday of A have no patrolled day left
    table = rows(shown(outcomes(), minutes(done)), "delivered")
    assert table.loc[RATIO, ["treated_days", "untreated_days"]].tolist() == [11, 17]
    assert table.loc[RATIO, "estimate"] == pytest.approx((2 + 7) / (4 + 14))
    none = rows(shown(outcomes(), minutes(0 * done)), "delivered")
    assert np.isnan(none.loc[RATIO, "estimate"])
    assert none.loc[RATIO, "verdict"] == "can't tell"


def test_clustered_errors_by_hand():
    done = ASSIGNED.astype(float) * 30
    table = rows(shown(outcomes(), minutes(done)), "delivered")
    # scores of A −3.5 and B −7, room 3.5 each, δ −1.5: residuals ±1.75; se² = 2 (1.75² × 2)/7²; t with 1 df 12.7062
    se = np.sqrt(2 * 2 * 1.75**2) / 7
    assert table.loc[DIFFERENCE, "ci_low"] == pytest.approx(-1.5 - 12.7062047 * se)
    assert table.loc[DIFFERENCE, "ci_high"] == pytest.approx(-1.5 + 12.7062047 * se)


def test_no_events_at_all_say_nothing():
    result = shown(outcomes().assign(count=0, harm=0.0))
    assert rows(result)["verdict"].tolist() == ["can't tell"] * 3
    assert rows(result).loc[RATIO, "p"] == 1
    assert result.sentence.startswith(
        "Can't tell whether events changed on patrolled days: there is no rate to compare."
    )


def test_the_sentence_is_in_per_cent():
    """One redraw refuses nothing, so there is no end to either interval; see `test_trial_workspace` for others."""
    assert shown(outcomes()).sentence == (
        "Can't tell whether events changed on patrolled days: 50% fewer than on other days (anything from 100% fewer"
        " upwards). Can't tell whether harm changed on patrolled days: -15.00 days of harm per hot spot and day (no"
        " interval)."
    )


def test_consecutive_days_by_hand():
    """A is patrolled Monday to Wednesday, then Thursday to Saturday of the next week; B never.

    Later days of a run: Tuesday and Wednesday of the first week, Friday and Saturday of the second, against the same
    weekdays of the other week: 4 × 1 over 4 × 2. The day after: the second Sunday, 3, against the first, 2; Thursday
    has no quiet day. The only first day with a known day before is a Thursday, too: nothing to compare.
    """
    treated = np.zeros((2, 14), dtype=bool)
    treated[0, [0, 1, 2, 10, 11, 12]] = True
    count = np.full((2, 14), 2)
    count[0, [1, 2, 11, 12]], count[0, 13] = 1, 3
    of = replace(trial(), treated=treated)
    table = outcomes().assign(count=count.ravel(), harm=10.0 * count.ravel())
    found = rows(analyse(of, table, BOTH_FIRST[None], Settings(), consecutive=True))
    assert found.loc[LATER_DAY, "estimate"] == pytest.approx(0.5)
    assert found.loc[LATER_DAY, ["treated_days", "treated_total"]].tolist() == [4, 4]
    assert found.loc[DAY_AFTER, "estimate"] == pytest.approx(1.5)
    assert np.isnan(found.loc[FIRST_DAY, "estimate"])
    assert set(found.loc[[FIRST_DAY, LATER_DAY, DAY_AFTER], "verdict"]) == {""}  # looks, not results
    assert found.loc[[FIRST_DAY, LATER_DAY, DAY_AFTER], ["ci_low", "ci_high"]].isna().all(axis=None)


def test_the_ground_around_is_judged_as_the_hot_spots_are():
    table = outcomes()
    found = analyse(trial(), table, BOTH_FIRST[None], Settings(), ring=table.assign(count=table["count"] * 3))
    assert rows(found).loc[RING, "estimate"] == pytest.approx(10.5 / 21)
    assert rows(found).loc[RING, "treated_total"] == 3 * rows(found).loc[RATIO, "treated_total"]


def test_words_follow_the_interval():
    assert verdict(0.6, 0.99, 1) == "fell"
    assert verdict(1.01, 1.4, 1) == "rose"
    assert verdict(0.6, 1.0, 1) == "can't tell"
    assert verdict(float("nan"), float("nan"), 0) == "can't tell"


def test_one_event_that_is_most_of_the_harm_is_named():
    one = outcomes()
    one.loc[3, "harm"] = 5475
    result = shown(one)
    assert rows(result).loc[HARM, "largest_share"] == pytest.approx(5475 / (5475 + 620))
    assert any("holds 90% of all harm" in note for note in result.notes)
    # where the gravest event of each day is known, the day's sum is not taken for one event
    known = one.assign(largest_harm=one["harm"].clip(upper=30))
    assert rows(shown(known)).loc[HARM, "largest_share"] < 0.01


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="harm"), "no column 'harm'"),
        (lambda t: t.replace({"area": {"B": "Z"}}), "not in the trial: 'Z'"),
        (lambda t: pd.concat([t, t.head(1)]), "several rows"),
        (lambda t: t.assign(count=-1), "below zero"),
        (lambda t: t.head(7), "no other days"),
    ],
)
def test_outcomes_that_cannot_be_used_are_refused(change, says):
    with pytest.raises(HotspotsError, match=says):
        shown(change(outcomes()))


def test_the_share_of_harm_that_is_named_is_a_setting():
    one = outcomes()
    one.loc[3, "harm"] = 69  # of 689
    named = [
        any("One event, or one day" in note for note in analyse(trial(), one, BOTH_FIRST[None], s).notes)
        for s in (Settings(), Settings(large_harm_share=0.11))
    ]
    assert named == [True, False]


def test_fewer_than_no_days_of_wash_out_are_refused():
    with pytest.raises(HotspotsError, match="wash-out"):
        shown(outcomes(), washout_days=-1)


def before(mean: float) -> tuple[Design, pd.DataFrame]:
    areas = pd.DataFrame({"area": list("ABCDEF"), "bcu": "South"})
    planned = design(areas, MONDAY, MONDAY + timedelta(days=41), 1)
    rng = np.random.default_rng(1)
    days = pd.date_range("2025-01-06", periods=84)
    count = rng.poisson(mean, (6, 84))
    table = pd.DataFrame(
        {"area": np.repeat(list("ABCDEF"), 84), "patrol_day": np.tile(days, 6), "count": count.ravel()}
    )
    return planned, table.assign(harm=table["count"] * 10.0)


def test_a_trial_too_small_to_see_anything_says_so():
    planned, quiet = before(0.01)
    table = minimum_detectable_effect(quiet, planned, 39, 1, 30)
    assert table["detectable_fall"].isna().all()
    assert table.loc[0, "sentence"].startswith("Even a fall of 90% in events on patrolled days would be found in only")


def test_busier_places_need_a_smaller_fall():
    """Two Poisson totals of 126 place-days: a fall is found at 80% when it is 2.8 standard errors of its logarithm.

    A sixth is lost by comparing within hot spot and weekday, six days each.
    """
    falls = []
    for mean in (1.0, 4.0):
        planned, table = before(mean)
        found = minimum_detectable_effect(table, planned, 59, 1, 60).set_index("measure")
        falls.append(found.loc["count", "detectable_fall"])
        expected = 0.0
        for _ in range(20):
            expected = 1 - np.exp(-2.8 * np.sqrt((1 + 1 / (1 - expected)) / (126 * 5 / 6 * mean)))
        assert falls[-1] == pytest.approx(expected, abs=0.06)
    assert falls[1] < falls[0]


def test_the_time_before_must_have_every_hot_spot():
    planned, table = before(2.0)
    with pytest.raises(HotspotsError, match="no days for hot spots 'A'"):
        minimum_detectable_effect(table[table["area"] != "A"], planned, 39, 1, 40)
