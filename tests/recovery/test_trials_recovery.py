"""Planted effects on patrolled days are found by the lot, with intervals that hold; nothing is found where none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from hotspots.base.settings import Settings
from hotspots.trials.analysis import HARM, RATIO, analyse
from hotspots.trials.draw import design, redraw
from hotspots.trials.layout import Design
from hotspots.trials.power import minimum_detectable_effect
from hotspots.trials.scores import DAY_AFTER, LATER_DAY
from tests.conftest import sets

FIRST = date(2026, 1, 5)
DESIGNS, SEEDS = 4, 200
WEEKDAY = np.array([0.8, 0.8, 0.8, 0.9, 1.2, 1.5, 1.1])


def southend(seed: int) -> Design:
    """20 hot spots × 90 days, 8 patrolled a day."""
    areas = pd.DataFrame({"area": [f"A{i:02d}" for i in range(20)], "bcu": "South"})
    return design(areas, FIRST, FIRST + timedelta(days=89), seed, share=0.4, per_day={"South": 8})


def lived(trial: Design, rate_ratio: float, seed: int, mean: float = 1.0) -> pd.DataFrame:
    """Busy and quiet hot spots, weekends, bad days that hit everywhere, bursts, and harm with a long tail."""
    rng = np.random.default_rng([seed, 99])
    places, days = trial.treated.shape
    rate = mean * rng.gamma(3, 1 / 3, places)[:, None] * WEEKDAY[trial.days.day_of_week.to_numpy()]
    rate = rate * rng.gamma(4, 1 / 4, days) * np.where(trial.treated, rate_ratio, 1)
    count = rng.poisson(rate * rng.gamma(2, 1 / 2, rate.shape))
    harm = count * np.exp(rng.normal(1, 1.5, count.shape))
    return trial.assignment[["area", "patrol_day"]].assign(count=count.ravel(), harm=harm.ravel())


@cache
def drawn_trials() -> list[tuple[Design, np.ndarray]]:
    trials = [southend(seed) for seed in range(DESIGNS)]
    return [(trial, redraw(trial, 250, 1)) for trial in trials]


@cache
def trials(rate_ratio: float, seeds: int = SEEDS) -> pd.DataFrame:
    """So many trials. Each uses another draw as its assignment, with the remaining draws as its redraws."""
    rows = []
    for seed in range(seeds):
        base, drawn = drawn_trials()[seed % DESIGNS]
        used = seed // DESIGNS
        trial = replace(base, treated=drawn[used])
        result = analyse(trial, lived(trial, rate_ratio, seed), np.delete(drawn, used, axis=0), Settings())
        rows.append(result.table.assign(seed=seed))
    return pd.concat(rows, ignore_index=True)


def of(rate_ratio: float, measure: str, seeds: int = SEEDS) -> pd.DataFrame:
    table = trials(rate_ratio, seeds)
    return table[table["measure"] == measure]


def test_a_planted_fall_of_a_quarter_is_estimated_without_bias_and_covered():
    found = of(0.75, RATIO)
    logs = np.log(found["estimate"])
    # three standard errors of the mean of 200 trials, about 1.6%
    assert logs.mean() == pytest.approx(np.log(0.75), abs=3 * logs.std() / np.sqrt(SEEDS))
    covered = ((found["ci_low"] <= 0.75) & (found["ci_high"] >= 0.75)).mean()
    assert 0.93 <= covered <= 0.97  # the binomial standard error of 95% in 200 trials is 1.5 points
    assert (found["verdict"] == "fell").mean() > 0.8
    assert not (found["verdict"] == "rose").any()


def test_nothing_planted_is_called_significant_about_one_time_in_twenty():
    for measure in (RATIO, HARM):
        found = of(1.0, measure)
        assert 0.03 <= (found["p"] <= 0.05).mean() <= 0.07, measure
        assert (found["p"] <= 0.5).mean() == pytest.approx(0.5, abs=0.11), measure  # three binomial errors
        # interval and p value tell the same story
        assert ((found["p"] <= 0.05) == (found["verdict"] != "can't tell")).mean() >= 0.99, measure


def test_a_planted_rise_is_called_a_rise():
    found = of(1.35, RATIO, sets(SEEDS, 80))
    assert (found["verdict"] == "rose").mean() > 0.8
    assert not (found["verdict"] == "fell").any()
    assert np.log(found["estimate"]).mean() == pytest.approx(np.log(1.35), abs=0.02)
    harm = of(1.35, HARM, sets(SEEDS, 80))
    assert harm["estimate"].mean() > 0


def test_wash_out_takes_the_morning_after_out_of_the_comparison():
    """A fall to 0.6 that lasts into the next day, where no patrol is, looks smaller than it is until it is left out."""
    plain, washed, covered = [], [], []
    for seed in range(60):
        base, drawn = drawn_trials()[seed % DESIGNS]
        used = seed // DESIGNS
        trial = replace(base, treated=drawn[used])
        lasting = drawn[used].copy()
        lasting[:, 1:] |= drawn[used][:, :-1]
        outcomes = lived(replace(trial, treated=lasting), 0.6, seed, mean=2.0)
        others = np.delete(drawn, used, axis=0)[:99]
        for days, kept in ((0, plain), (1, washed)):
            found = analyse(trial, outcomes, others, Settings(), washout_days=days)
            row = found.table.set_index("measure").loc[RATIO]
            kept.append(float(np.log(row["estimate"])))
        covered.append(row["ci_low"] <= 0.6 <= row["ci_high"])
    assert np.mean(plain) > np.log(0.6) + 0.1
    assert np.mean(washed) == pytest.approx(np.log(0.6), abs=3 * np.std(washed) / np.sqrt(60))
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 60)


def test_the_detectable_fall_is_the_one_that_trials_detect():
    """Trials with the fall that was promised are significant about as often as promised."""
    base, drawn = drawn_trials()[0]
    before = lived(replace(base, treated=np.zeros_like(base.treated)), 1.0, 500)
    table = minimum_detectable_effect(before, base, 99, 3, 60).set_index("measure")
    fall, error = table.loc["count", ["detectable_fall", "mc_error"]].astype(float)
    assert 0.1 < fall < 0.35
    assert 0 < error < 0.05
    found = 0
    for used in range(60):
        trial = replace(base, treated=drawn[used])
        outcomes = lived(trial, 1 - fall, 1000 + used)
        result = analyse(trial, outcomes, np.delete(drawn, used, axis=0)[:99], Settings())
        found += result.table.set_index("measure").loc[RATIO, "p"] <= 0.05
    assert found / 60 == pytest.approx(0.8, abs=0.15)
    # harm has a longer tail than counts, so less of it can be seen
    assert not table.loc["harm", "detectable_fall"] < fall


@pytest.mark.parametrize(("rules", "shown"), [(1, 15 / 13), (2, 1.0)])
def test_busy_weeks_are_no_effect_of_patrols(rules, shown):
    """Every other week has three times the incidents, and nothing is done.

    By hand, old rules: 3 of 7 days in weeks of rate 1 and 4 of 7 in weeks of rate 3 are (3 + 12)/7 patrolled against
    (4 + 9)/7 on other days: 15/13. Staggered: 1.
    """
    areas = pd.DataFrame({"area": list("ABCD"), "bcu": "South"})
    logs = []
    for seed in range(30):
        trial = design(areas, FIRST, FIRST + timedelta(days=83), seed, format=rules)
        rng = np.random.default_rng([seed, 7])
        rate = np.where(np.arange(84) // 7 % 2 == 0, 1.0, 3.0) * 2
        count = rng.poisson(np.broadcast_to(rate, (4, 84)))
        outcomes = trial.assignment[["area", "patrol_day"]].assign(count=count.ravel(), harm=count.ravel() * 10.0)
        found = analyse(trial, outcomes, redraw(trial, 19, 1), Settings())
        logs.append(np.log(found.table.set_index("measure").loc[RATIO, "estimate"]))
    # four standard errors of the mean
    assert np.mean(logs) == pytest.approx(np.log(shown), abs=4 * np.std(logs) / np.sqrt(30))
    assert 4 * np.std(logs) / np.sqrt(30) < 0.08


@pytest.mark.parametrize("lasting", [1.0, 0.6])
def test_what_lasts_into_the_next_day_is_seen_there_and_nothing_else_is(lasting):
    """No effect on patrolled days, and on the day after one without patrol 1 (nothing) or 0.6 times the events."""
    logs: dict[str, list[float]] = {DAY_AFTER: [], LATER_DAY: []}
    small = {DAY_AFTER: 0, LATER_DAY: 0}
    n = 80
    for seed in range(n):
        base, drawn = drawn_trials()[seed % DESIGNS]
        used = seed // DESIGNS
        after = np.zeros_like(base.treated)
        after[:, 1:] = drawn[used][:, :-1] & ~drawn[used][:, 1:]
        outcomes = lived(replace(base, treated=after), lasting, seed + 3000, mean=2.0)
        trial = replace(base, treated=drawn[used])
        found = analyse(trial, outcomes, np.delete(drawn, used, axis=0)[:99], Settings(), consecutive=True)
        table = found.table.set_index("measure")
        for look in logs:
            logs[look].append(float(np.log(table.loc[look, "estimate"])))
            small[look] += int(table.loc[look, "p"] <= 0.05)
    mean, error = np.mean(logs[DAY_AFTER]), np.std(logs[DAY_AFTER]) / np.sqrt(n)
    assert mean == pytest.approx(np.log(lasting), abs=3 * error)
    if lasting == 1:
        assert max(small.values()) / n <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
    else:
        assert small[DAY_AFTER] > n / 2
        assert np.mean(logs[LATER_DAY]) == pytest.approx(0, abs=3 * np.std(logs[LATER_DAY]) / np.sqrt(n))


def test_a_trial_of_which_seven_days_in_ten_are_kept_needs_a_larger_fall():
    """What is seen of a fall is about 0.7 of it, so about 1/0.7 as large a one is needed, and that one is found.

    Over two times before, for one that was busier or quieter than the trial promises too much or too little.
    """
    base, drawn = drawn_trials()[1]
    found = []
    for seed in (501, 502):
        before = lived(replace(base, treated=np.zeros_like(base.treated)), 1.0, seed)
        table = minimum_detectable_effect(before, base, 99, 3, 60, (1.0, 0.7)).set_index(["measure", "compliance"])
        full, part = (float(table.loc[("count", share), "detectable_fall"]) for share in (1.0, 0.7))
        assert part / full == pytest.approx(1 / 0.7, rel=0.3)
        for used in range(60):
            kept = drawn[used] & (np.random.default_rng([used, 5]).random(base.treated.shape) < 0.7)
            outcomes = lived(replace(base, treated=kept), 1 - part, 2000 + used)
            others = np.delete(drawn, used, axis=0)[:99]
            result = analyse(replace(base, treated=drawn[used]), outcomes, others, Settings())
            found.append(result.table.set_index("measure").loc[RATIO, "p"] <= 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.15)
