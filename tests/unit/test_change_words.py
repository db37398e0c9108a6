"""What is said about change follows the interval, and what is said beside it."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan

import numpy as np
import pandas as pd
import pytest

from hotspots.base.settings import Settings
from hotspots.change import words
from hotspots.change.estimates import verdict
from hotspots.change.estimates.difference_rows import single_row, spread_of, uneven_note, wdd_row
from hotspots.change.estimates.panel_models import Did
from hotspots.change.estimates.rows import WIDE, Figures, largest_note, of_ratio, panel_row, smallest_fall
from hotspots.change.evidence import Selection, lengths_of
from hotspots.change.question import ChangeQuestion
from hotspots.change.withholding import REST as WORST
from hotspots.change.withholding import Reason, without_verdicts

SOUTH = ChangeQuestion(bcu="South", comparison="matched", offences="serious-violence")
REST = ChangeQuestion(top=20, comparison="rest", offences="violence-categories")


def lead(estimate: float, low: float, high: float) -> dict[str, object]:
    return {
        "measure": "count", "estimate": estimate, "ci_low": low, "ci_high": high,
        "verdict": verdict(low, high, 1.0), "treated_before": 100, "treated_after": 75, "comparison_before": 90,
        "comparison_after": 91, "note": "", "withheld": "", "smallest_fall": nan,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.5, 0.99, "fell"), (1.01, 2.0, "rose"), (0.9, 1.1, "can't tell"), (0.5, 1.0, "can't tell"),
     (1.0, 2.0, "can't tell"), (nan, nan, "can't tell")],
)  # fmt: skip
def test_a_verdict_goes_by_the_interval_alone(low, high, told):
    assert verdict(low, high, 1.0) == told


def test_the_question_and_the_answer_in_plain_words():
    assert words.question_words(SOUTH, 4) == (
        "Did incidents of serious violence in South's 4 treated hot spots fall more than in their matched places?"
    )
    assert words.answer_words(SOUTH, lead(0.75, 0.6, 0.9), 4, {}) == (
        "Incidents of serious violence in South's 4 treated hot spots fell relative to their matched places: 25%"
        " fewer than expected (between 10% and 40% fewer)."
    )
    assert "rose relative to" in words.answer_words(SOUTH, lead(1.4, 1.1, 1.9), 4, {})
    assert words.answer_words(SOUTH, lead(0.9, 0.7, 1.2), 4, {}).startswith("Can't tell whether incidents of serious")
    assert "there is no interval" in words.answer_words(SOUTH, lead(0.9, nan, nan), 4, {})


@pytest.mark.parametrize(
    ("ratio", "low", "high", "said"),
    [
        (0.68, 0.5, 0.92, "32% fewer than expected (between 8% and 50% fewer)"),
        (0.9, 0.7, 1.2, "10% fewer than expected (between 30% fewer and 20% more)"),
        (1.5, 1.1, 2.0, "50% more than expected (between 10% and 100% more)"),
        (2.62, 1.81, 3.77, "2.6 times as many as expected (between 81% more and 3.8 times as many)"),
        (2.6, 2.1, 3.0, "2.6 times as many as expected (between 2.1 times and 3.0 times as many)"),
        (1.0, 0.9, 1.1, "as many as expected (between 10% fewer and 10% more)"),
        (0.8, 0.6, 0.997, "20% fewer than expected (between under 1% and 40% fewer)"),
        (0.0, 0.0, 0.4, "100% fewer than expected (between 60% and 100% fewer)"),
        (3.0, 1.2, inf, "3.0 times as many as expected (at least 20% more)"),
        (3.0, 0.8, inf, "3.0 times as many as expected (anything from 20% fewer upwards)"),
    ],
)
def test_a_ratio_is_said_as_a_sergeant_would_say_it(ratio, low, high, said):
    assert f"{words.than_expected(ratio, words.FEWER)} ({words.between(low, high, words.FEWER)})" == said


def test_harm_is_less_where_incidents_are_fewer():
    harm = {**lead(0.75, 0.6, 0.9), "measure": "harm"}
    assert "fell relative to their matched places: 25% less than expected (between 10% and 40% less)." in (
        words.answer_words(SOUTH, harm, 4, {})
    )


def test_hours_and_single_hot_spots_are_in_the_sentence():
    one = replace(SOUTH, areas=("South-03",), hours="20-04")
    assert words.question_words(one, 1) == (
        "Did incidents of serious violence from 20:00 to 04:00 in hot spot South-03 fall more than in their matched"
        " places?"
    )
    three = replace(SOUTH, areas=("South-01", "South-02", "South-03"))
    assert "in hot spots South-01, South-02 and South-03 fall" in words.question_words(three, 3)
    many = replace(SOUTH, areas=tuple(f"South-0{i}" for i in range(1, 5)))
    assert "in 4 of the treated hot spots fall" in words.question_words(many, 4)


def test_one_hot_spot_is_held_against_the_comparison_and_how_its_places_vary():
    """By hand: 60 → 30 against 100 → 100, four steady places: φ is 1, the ratio ½, three degrees of freedom.

    The standard error of its logarithm: √(1/60 + 1/30 + 1/100 + 1/100) = 0.26458; t₀.₉₇₅(3) = 3.18245 (tables).
    """
    calm = {f"c{i}": ("comparison", 25, 25) for i in range(4)}
    panel = places({**calm, "a": ("treated", 60, 30)})
    found = single_row(figures(panel), "a", (60, 30), (100, 100))
    assert found is not None
    assert found["estimate"] == pytest.approx(0.5)
    assert found["se"] == pytest.approx(0.26458, abs=1e-5)
    assert found["ci_low"] == pytest.approx(0.5 * np.exp(-3.18245 * 0.26458), rel=1e-4)
    assert found["ci_high"] == pytest.approx(0.5 * np.exp(3.18245 * 0.26458), rel=1e-4)
    assert found["verdict"] == "can't tell"
    alone = places({"a": ("treated", 60, 30), "c0": ("comparison", 25, 25)})
    assert single_row(figures(alone), "a", (60, 30), (25, 25)) is None


def test_a_fall_that_could_not_have_been_found_is_said_beside_cant_tell():
    """By hand: 1 − exp(−(1.96 + 0.8416) · 0.1) = 0.2443."""
    assert smallest_fall(0.1, inf) == pytest.approx(0.2443, abs=1e-4)
    assert smallest_fall(0.1, 4) > smallest_fall(0.1, inf)
    assert isnan(smallest_fall(nan, 4))
    told = words.answer_words(SOUTH, {**lead(0.9, 0.7, 1.2), "smallest_fall": 0.244}, 4, {})
    assert told.endswith("Only a fall of 24% or more would have been found in 80 of 100 such comparisons.")


@pytest.mark.parametrize(("low", "high", "kept"), [(0.3, 3.0, True), (0.3, 3.01, False), (4.0, 50.0, False)])
def test_an_interval_that_spans_more_than_ten_times_says_nothing(low, high, kept):
    fields = of_ratio(2.0, low, high, 0.5, 0.4)
    assert (fields["ci_low"] == low) is kept
    assert (fields.get("withheld") == WIDE) is not kept
    if not kept:
        assert fields["verdict"] == "can't tell"
        assert words.answer_words(SOUTH, {**lead(2, 1, 3), **fields}, 4, {}).startswith("Too little to say whether")


def test_the_worst_cells_against_everything_else_get_no_verdict():
    table = pd.DataFrame([
        {**lead(0.65, 0.5, 0.8), "estimate_of": "expected", "note": "Treated came low."},
        {**lead(0.95, 0.8, 1.1), "estimate_of": "panel"},
        {**lead(0.5, 0.4, 0.6), "estimate_of": "ring"},
        {**lead(0.5, 0.4, 0.6), "estimate_of": "naive", "verdict": ""},
    ])  # fmt: skip
    why = [Reason("rest", ("panel", "expected"), WORST), Reason("seasons", ("expected",), "Seasons.")]
    silent = without_verdicts(table, why)
    assert silent["verdict"].tolist() == ["can't tell", "can't tell", "fell", ""]
    assert silent["withheld"].tolist() == ["rest", "", "", ""]
    assert silent["note"].tolist() == [f"{WORST} Treated came low.", "", "", ""]
    known = {reason.code: reason.words for reason in why}
    told = words.answer_words(REST, {str(k): v for k, v in silent.iloc[0].items()}, 20, known)
    assert told.startswith("Can't tell whether incidents of violence categories in the top 20 cells fell or rose")
    assert "7 of 30" in told
    open_question = words.answer_words(REST, {str(k): v for k, v in silent.iloc[1].items()}, 20, known)
    assert "7 of 30" not in open_question  # nothing to explain away


def test_what_selection_brings_is_said_of_places_that_were_chosen_for_it():
    naive = {"treated_before": 200.0, "treated_after": 150.0}
    chosen = Selection(0.9, 0.8, 1.02, 20, 18, True)
    assert words.selection_words(chosen, naive, (365, 365), 50) == (
        "Without a comparison: −25%. These places were chosen for a bad spell, so −10% was to be expected anyway (−20%"
        " to +2%): regression to the mean."
    )
    named = Selection(0.9, 0.8, 1.02, 20, 18, False)
    assert words.selection_words(named, naive, (365, 365), 50).endswith("That is no evidence by itself.")
    few = {"treated_before": 12.0, "treated_after": 9.0}
    assert "from 12 to 9" in words.selection_words(chosen, few, (365, 365), 50)  # no percentage of 12


RING = {"estimate": 1.4, "ci_low": 1.1, "ci_high": 1.8, "displacement_before": 50, "displacement_after": 70}
FIGURES = " (40% more than expected, between 10% and 80% more; 50 before, 70 after)."


@pytest.mark.parametrize(
    ("ring", "treated", "said"),
    [
        ("fell", "fell", "Incidents in the rings also fell: no sign of displacement"),
        ("fell", "can't tell", "Incidents in the rings fell: no sign of displacement"),
        ("fell", "rose", "Incidents in the rings fell while those in the hot spots rose: no sign of displacement"),
        ("rose", "fell", "Incidents in the rings rose while those in the hot spots fell: some may have been displaced"),
        ("rose", "can't tell", "Incidents in the rings rose: some may have been displaced"),
        ("rose", "rose", "Incidents in the rings also rose: there was no fall that could have been displaced"),
        ("can't tell", "fell", "Can't tell whether incidents in the rings changed"),
        ("can't tell", "can't tell", "Can't tell whether incidents in the rings changed"),
        ("can't tell", "rose", "Can't tell whether incidents in the rings changed"),
    ],
)
def test_next_door_by_what_the_rings_and_the_hot_spots_did(ring, treated, said):
    assert words.next_door_words({**RING, "verdict": ring}, treated) == said + FIGURES


def test_next_door_with_too_few_incidents_or_no_ring():
    few = words.next_door_words({**RING, "ci_low": nan, "verdict": "can't tell"}, "fell")
    assert few == "Too few incidents in the rings to judge displacement: 50 before, 70 after."
    assert words.next_door_words(None, "fell") == "There is no ring in which displacement could be seen."


def test_a_leap_day_makes_no_rate_of_a_count():
    assert lengths_of(365, 366) == (366, 366)
    assert lengths_of(184, 181) == (184, 181)


def figures(panel: pd.DataFrame, treated: float = 100, comparison: float = 100) -> Figures:
    sums = {"treated": (treated, 75.0), "comparison": (comparison, 90.0)}
    return Figures(
        measure="count", panel=panel, ring_panel=None, sums=sums, lengths=(365, 365), areas={}, unit="days",
    )  # fmt: skip


def places(rows: dict[str, tuple[str, int, int]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"unit": unit, "group": group, "post": post, "count": n}
        for unit, (group, before, after) in rows.items()
        for post, n in ((False, before), (True, after))
    ])  # fmt: skip


def test_how_much_more_than_poisson_places_vary():
    """By hand: 30 and 10, 10 and 30: share ½, each (10 − 20)²/(40·¼) = 10, two places, one degree of freedom: 20."""
    wild = {"a": ("treated", 30, 10), "b": ("treated", 10, 30)}
    assert spread_of(places(wild)) == pytest.approx(20)
    calm = {"a": ("treated", 30, 30), "b": ("treated", 10, 10)}
    assert spread_of(places(calm)) == 0
    # a jump is no yardstick for itself
    assert spread_of(places({**calm, "c": ("treated", 0, 113)}), without="c") == 0


def test_a_difference_is_as_wide_as_its_places_vary():
    """By hand: treated 40 → 40, but one place −20 and one +20: 2/1 · (20² + 20²) = 1,600; comparison still: 0.

    The formula says 80 + 80, so φ is 10 and the standard error √1,600 = 40. All of it is the scatter of two treated
    places: t of one degree of freedom.
    """
    panel = places({"a": ("treated", 30, 10), "b": ("treated", 10, 30), "c": ("comparison", 20, 20),
                    "d": ("comparison", 20, 20)})  # fmt: skip
    both = replace(figures(panel), sums={"treated": (40.0, 40.0), "comparison": (40.0, 40.0)})
    found = wdd_row(both, None)
    assert (found["estimate"], found["se"]) == (0, pytest.approx(40))
    assert found["ci_high"] == pytest.approx(12.706205 * 40)
    assert "vary 10.0 times as much" in found["note"]
    alone = panel[panel["unit"].isin(["a", "c"])]
    one = wdd_row(replace(both, panel=alone, sums={"treated": (30.0, 10.0), "comparison": (20.0, 20.0)}), None)
    assert one["verdict"] == "can't tell"
    assert "each group is a single place" in one["note"]


def test_what_a_whole_bcu_did_widens_a_difference_of_groups_of_another_size():
    """By hand: 100 treated and 40 comparison incidents where everything else in the BCU fell by a tenth: 60 · 0.1 = 6.

    Places move in step: 100 → 90 and 40 → 36, so the formula's variance, 266, stands; t of 2 degrees of freedom.
    """
    panel = places({"a": ("treated", 50, 45), "b": ("treated", 50, 45), "c": ("comparison", 20, 18),
                    "d": ("comparison", 20, 18)})  # fmt: skip
    levels = pd.DataFrame({"treated": [100.0], "comparison": [40.0], "moved": [0.9]}, index=["South"])
    sums = {"treated": (100.0, 90.0), "comparison": (40.0, 36.0)}
    found = wdd_row(replace(figures(panel), sums=sums, levels=levels), None)
    assert found["estimate"] == -6
    assert found["ci_high"] + 6 == pytest.approx(4.302653 * 266**0.5 + 6)


def test_places_with_a_single_incident_count_too():
    """By hand: 1 and 0, 0 and 1: share ½, each (½)²/¼ = 1, two places, one degree of freedom: 2. An empty one: none."""
    assert spread_of(places({"a": ("treated", 1, 0), "b": ("treated", 0, 1)})) == pytest.approx(2)
    three = places({"a": ("treated", 1, 0), "b": ("treated", 0, 1), "c": ("treated", 0, 0)})
    assert spread_of(three) == pytest.approx(2)


def test_poisson_places_vary_as_poisson_says():
    rng = np.random.default_rng(1)
    rows = {f"u{i}": ("treated" if i < 200 else "comparison", *rng.poisson(20, 2)) for i in range(400)}
    assert spread_of(places(rows)) == pytest.approx(1, abs=0.25)


def found(ratio: float, low: float, high: float, **more: object) -> Did:
    return Did(
        periods_before=12, periods_after=12, method="", warnings=(), rate_ratio=ratio, ci_low=low,
        ci_high=high, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "rest", "notes"),
    [
        (0.0999, found(0.8, 0.5, 1.2), []),
        (0.1, found(0.8, 0.5, 1.2),
         ["One period of West-02 holds 10% of all harm.", "Without West-02: 0.80 (0.50 to 1.20)."]),
        (0.6, None, ["One period of West-02 holds 60% of all harm."]),  # the only place of its group
        (nan, None, []),
    ],
)  # fmt: skip
def test_where_one_period_of_one_place_weighs_the_estimate_without_it_is_given(share, rest, notes):
    both = found(0.5, 0.2, 1.1, largest_share=share, largest_unit="West-02", without_largest=rest)
    assert largest_note(both, 0.1) == notes


def test_the_note_stands_in_the_row_of_harm():
    """West-02 has one period of 5,475 days among incidents of 10 days each."""
    rows = [
        {"unit": f"West-0{u}", "group": "treated" if u < 4 else "comparison", "period": p, "post": p > 2,
         "exposure": 1.0, "count": 3, "harm": 5475.0 if (u, p) == (2, 4) else 30.0 + u + p}
        for u in range(1, 8) for p in range(1, 5)
    ]  # fmt: skip
    harm = replace(figures(pd.DataFrame(rows)), measure="harm")
    assert "One period of West-02 holds 85% of all harm. Without West-02: 1." in panel_row(harm, Settings())["note"]
    quiet = panel_row(harm, Settings(large_harm_share=0.9))["note"]
    assert "Without" not in quiet


def test_groups_of_different_size_are_told():
    assert uneven_note(100, 100) == []
    assert "100 and 1,000 before" in uneven_note(100, 1000)[0]
    assert uneven_note(0, 10) == []


def test_places_chosen_by_figures_that_went_another_way_are_told():
    assert words.apart_before(0.05, 0.05) == []
    assert words.apart_before(nan, 0.05) == []
    assert "(p = 0.04): places chosen for a bad spell" in words.apart_before(0.04, 0.05)[0]


def test_a_ratio_beside_one_is_not_written_as_one():
    found = [words.ratio_text(v) for v in (1.0, 0.9964, 1.0021, 0.934, 12.0)]
    assert found == ["1.00", "0.996", "1.002", "0.93", "12.00"]
