"""Stable places, 20 of them "treated", and nothing done to them: what each way of matching makes of it.

2,000 places with a rate of their own, Gamma ½ with mean 3 incidents a year, the same rate in three years; the 20
busiest of a year are treated. Expected levels are drawn to the common mean by the moments of the counts (not by the
rates that were planted). Change: mean of treated less mean of comparison, incidents per place and year, of which a
treated place has about 27 in the year it was chosen for and 23 in any other. Seeds 0 to 99; ± one standard error.

| chosen in | matched on | baseline | change | spread of one study | told beforehand (built_in) |
|---|---|---|---|---|---|
| the baseline year | nothing: before/after | raw count | −12.3% ± 0.6% | 6% | |
| the baseline year | expected (raw finds the same places) | raw count | −1.03 ± 0.21 | 2.1 | −1.12 ± 0.02 |
| the baseline year | expected | expected | +0.09 ± 0.21 | 2.1 | |
| the year before it | expected, of the year before | raw count | −0.08 ± 0.20 | 2.0 | |
| the year before it | expected, of the year before | expected | −0.03 ± 0.22 | 2.2 | |
| the year before it | raw count of the baseline year | raw count | +3.71 ± 0.20 | 2.0 | |
| the year before it | expected, of both years | raw count | +2.54 ± 0.21 | 2.1 | +2.67 ± 0.10 |
| the year before it | expected, of both years | expected | −0.14 ± 0.19 | 1.9 | |

So: no way of matching mends a baseline that somebody looked at, and the expected level says beforehand what is coming,
if it was made of all that was looked at. The pre-period check calls 0 to 6% of these matches different at 5%.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from hotspots.change.matching.rules import Match
from tests.conftest import sets
from tests.match_samples import matched_by

PLACES, TREATED, MONTHS, YEARS, SEEDS = 2000, 20, 12, 3, sets(100, 50)
EARLIER, BASE, AFTER = range(YEARS)
IDS = np.array([f"p{i:04d}" for i in range(PLACES)])
LON, LAT = -2.7 + 0.01 * (np.arange(PLACES) % 45), 53.5 + 0.01 * (np.arange(PLACES) // 45)
CONSIDERED = sets(300, 120)  # candidates: the busiest by either level; the table has those of 300


def simulate(seed: int) -> np.ndarray:
    """Counts, places × years × months."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, 3.0 / 0.5, PLACES)
    return rng.poisson(np.broadcast_to(rate[:, None, None] / MONTHS, (PLACES, YEARS, MONTHS)))


def busiest(counts: np.ndarray, n: int) -> np.ndarray:
    chosen = np.zeros(len(counts), dtype=bool)
    chosen[np.lexsort((np.arange(len(counts)), -counts))[:n]] = True
    return chosen


def drawn_to_the_mean(yearly: np.ndarray) -> np.ndarray:
    """Expected incidents a year of each place from its years (places × years): Gamma-Poisson by moments."""
    total, years = yearly.sum(axis=1), yearly.shape[1]
    mean = total.mean()
    rate = mean / (total.var(ddof=1) - mean)  # of the Gamma, in units of all the years
    return (total + mean * rate) / (1 + rate) / years


def matched(counts: np.ndarray, treated: np.ndarray, expected: np.ndarray, level: np.ndarray) -> Match:
    """Matched on the baseline year's months, seasons apart, and on a level; ``expected``: who is considered."""
    kept = treated | busiest(expected + counts[:, BASE].sum(axis=1), CONSIDERED)
    group = np.where(treated, "treated", "candidate")
    units = pd.DataFrame(
        {"unit": IDS, "group": group, "bcu": "South", "lon": LON, "lat": LAT, "area_m2": 13_400.0}
    ).assign(expected_count=level / MONTHS, expected_harm=10 * level / MONTHS)
    before = pd.DataFrame(counts[:, BASE], index=IDS)
    return matched_by(units[kept], before[kept], 10 * before[kept])


def changes(counts: np.ndarray, expected: np.ndarray, found: Match) -> dict[str, float]:
    """Difference in differences per place and year, from the raw count of the baseline year and from the expected."""
    assert len(found.pairs) == TREATED
    t, c = (np.searchsorted(IDS, found.pairs[x].to_numpy(dtype=str)) for x in ("treated", "comparison"))
    year = counts.sum(axis=2)
    raw, fair = year[:, AFTER] - year[:, BASE], year[:, AFTER] - expected
    return {
        "raw": raw[t].mean() - raw[c].mean(),
        "expected": fair[t].mean() - fair[c].mean(),
        "built_in": found.built_in * MONTHS,
        "joint_p": found.joint_p,
        "drift_p": found.drift_p,
    }


@cache
def studies() -> dict[str, pd.DataFrame]:
    """Every seed's result for each way; and the plain before/after of those chosen in the baseline year."""
    ways: dict[str, list[dict[str, float]]] = {}
    for seed in range(SEEDS):
        counts = simulate(seed)
        year = counts.sum(axis=2)
        now, earlier = busiest(year[:, BASE], TREATED), busiest(year[:, EARLIER], TREATED)
        of_now, of_earlier = drawn_to_the_mean(year[:, [BASE]]), drawn_to_the_mean(year[:, [EARLIER]])
        of_both = drawn_to_the_mean(year[:, [EARLIER, BASE]])
        ways.setdefault("naive", []).append({"raw": year[now, AFTER].sum() / year[now, BASE].sum() - 1})
        for name, treated, expected, level in (
            ("chosen in the baseline", now, of_now, of_now),
            ("untouched baseline", earlier, of_earlier, of_earlier),
            ("raw level of the baseline", earlier, of_earlier, year[:, BASE]),
            ("expected of both", earlier, of_both, of_both),
        ):
            found = matched(counts, treated, expected, level)
            ways.setdefault(name, []).append(changes(counts, expected, found))
    return {name: pd.DataFrame(rows) for name, rows in ways.items()}


def z(values: pd.Series) -> float:
    """Mean over its standard error."""
    return float(values.mean() / values.std(ddof=1) * np.sqrt(len(values)))


def test_before_and_after_shows_a_fall_where_nothing_happened():
    falls = studies()["naive"]["raw"]
    assert -0.25 < falls.mean() < -0.10
    assert (falls < 0).mean() > 0.95


def test_matched_on_the_expected_level_an_untouched_baseline_shows_nothing():
    found = studies()["untouched baseline"]["raw"]
    assert abs(z(found)) < 2.5
    assert abs(found.mean()) < 0.6  # of 23 incidents: under 3%


def test_matched_on_the_raw_level_of_the_baseline_a_rise_appears_where_nothing_happened():
    found = studies()["raw level of the baseline"]["raw"]
    assert z(found) > 10
    assert 0.10 < found.mean() / 23 < 0.25


def test_from_the_expected_level_the_change_is_nothing_however_they_were_chosen():
    for way in ("chosen in the baseline", "untouched baseline", "expected of both"):
        assert abs(z(studies()[way]["expected"])) < 2.5, way


def test_no_match_mends_a_baseline_that_they_were_chosen_by_and_the_match_tells_so_beforehand():
    """With the expected level of all that was looked at, what is built in is what comes."""
    for way, sign in (("chosen in the baseline", -1), ("expected of both", 1)):
        found = studies()[way]
        assert sign * z(found["raw"]) > 4 * np.sqrt(SEEDS / 100), way
        assert abs(z(found["raw"] - found["built_in"])) < 2.5, way


def test_the_pre_period_check_cries_wolf_as_often_as_it_says():
    """5% of 400 matches of stable places; four matches of one seed share places, so the bounds are those of 100."""
    for p in ("joint_p", "drift_p"):
        every = pd.concat([t[p] for name, t in studies().items() if name != "naive"])
        assert 0.005 < (every < 0.05).mean() < 0.115, p


if __name__ == "__main__":  # the figures of the table above
    for name, table in studies().items():
        print(name, {c: (round(v.mean(), 3), round(v.sem(), 3), round(v.std(), 2)) for c, v in table.items()},
              {p: (table[p] < 0.05).mean() for p in ("joint_p", "drift_p") if p in table})  # fmt: skip
