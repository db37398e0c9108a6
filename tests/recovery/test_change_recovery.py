"""What is planted in the demo is found by change as often as it claims, and nothing is found where nothing is planted.

Counts are drawn from the demo's own means (`hotspots.demo.incidents.expected_rows`): 20 hot spots over 104 weeks and,
for what selection does, every cell of the force; 200 draws each, seeds fixed. Whole demos, 200 of them, with every
estimate: scripts/check_change.py, whose figures stand in docs/recovery.md. One whole demo is here too.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
from convertbng.cutil import convert_osgb36_to_ll
from scipy import stats

from hotspots.change.estimates import panel_models
from hotspots.change.estimates.model import Clustered, Design, clustered, fit, without_empty
from hotspots.change.estimates.panel import panel_of
from hotspots.change.estimates.wdd import wdd
from hotspots.demo.effects import with_effects
from hotspots.demo.incidents import expected_rows, synthetic_incidents
from hotspots.demo.records import MIX_FILE
from hotspots.demo.workspace import demo_areas
from tests.change_samples import weeks_from

SEEDS, WEEKS, SEED = 200, 104, 20261031
AREAS = demo_areas()
TREATED = (AREAS["role"] == "treated").to_numpy()
CELLS = [tuple(int(c, 16) for c in cells) for cells in AREAS["cells"]]
SPOTS = {c: i for i, cells in enumerate(CELLS) for c in cells}
AFTER = np.arange(WEEKS) >= WEEKS // 2
SEASON = 1 + 0.13 * np.cos(2 * np.pi * (np.arange(WEEKS) - 37) / 52)  # mid-July is week 37 of a year from November on
SIDES = np.array([False, True])


@cache
def means() -> pd.DataFrame:
    """Expected rows of a year by cell: all, and street violence."""
    rows = expected_rows(SEED, date(2025, 11, 1), date(2026, 10, 31))
    titles = pd.read_csv(MIX_FILE).query("street_violence == 1")["title"]
    street = rows[rows["title"].isin(titles) & ~rows["domestic"]]
    both = {"all": rows.groupby("cell")["expected"].sum(), "street": street.groupby("cell")["expected"].sum()}
    return pd.DataFrame(both).fillna(0.0)


def a_year(cells: list[tuple[int, ...]]) -> np.ndarray:
    """Expected rows a year of some sets of cells."""
    return _a_year(tuple(cells))


@cache
def _a_year(cells: tuple[tuple[int, ...], ...]) -> np.ndarray:
    return np.array([means()["all"].reindex([f"{c:x}" for c in those]).sum() for those in cells])


@cache
def rings() -> list[tuple[int, ...]]:
    """The cells that adjoin each hot spot, are in none, and adjoin no earlier one."""
    taken, found = set(SPOTS), []
    for cells in CELLS:
        mine = sorted({n for c in cells for n in h3.grid_ring(c, 1)} - taken)
        taken.update(mine)
        found.append(tuple(mine))
    return found


def as_panel(counts: np.ndarray, treated: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    unit, period = np.divmod(np.arange(counts.size), counts.shape[1])
    table = pd.DataFrame({"unit": [f"u{i:03d}" for i in unit], "period": period, "post": after[period]})
    table["group"] = np.where(treated[unit], "treated", "comparison")
    return table.assign(exposure=1.0, count=counts.ravel())


def before_and_after(counts: np.ndarray) -> np.ndarray:
    return np.column_stack([counts[:, ~AFTER].sum(1), counts[:, AFTER].sum(1)])


def estimate(sums: np.ndarray, treated: np.ndarray) -> Clustered:
    """`did` on sums before and after: the same as on weeks (`test_sums_are_enough`)."""
    unit, period = np.divmod(np.arange(sums.size), 2)
    x = (treated[unit] & (period == 1)).astype(float)[:, None]
    design = Design(sums.ravel().astype(float), np.ones(sums.size), x, unit, unit, period)
    return clustered(fit(without_empty(design)[0]))


def naive(before: int, after: int) -> tuple[float, float]:
    """Ratio and p of `before_after`, from its sums (`test_sums_are_enough`)."""
    total = before + after
    return after / before, min(1.0, 2 * min(stats.binom.cdf(after, total, 0.5), stats.binom.sf(after - 1, total, 0.5)))


def judged(errors: Clustered, truth: float) -> tuple[float, bool, bool]:
    """Error of the log, whether the interval covers, whether 1 lies outside it."""
    (low,), (high,) = errors.interval()
    return errors.estimate[0] - np.log(truth), low <= np.log(truth) <= high, not low <= 0 <= high


def draw(seed: int, fall: float) -> np.ndarray:
    """20 hot spots × 104 weeks at the demo's means, the treated thinned by ``fall`` in the second year."""
    weekly = a_year(CELLS)[:, None] * SEASON[None, :] / 52
    weekly[np.ix_(TREATED, AFTER)] *= 1 - fall
    return np.random.default_rng([seed, 5]).poisson(weekly)


@cache
def register(fall: float) -> pd.DataFrame:
    rows = []
    for seed in range(SEEDS):
        sums = before_and_after(draw(seed, fall))
        rows.append((*judged(estimate(sums, TREATED), 1 - fall), naive(*sums[TREATED].sum(axis=0))[1] < 0.05))
    return pd.DataFrame(rows, columns=["error", "covers", "called", "naive"])


def margin(low: float, high: float) -> tuple[float, float]:
    """Where shares found in 200 draws may fall, were the true one between the two: each end missed 1 time in 100."""
    return stats.binom.ppf(0.01, SEEDS, low) / SEEDS, stats.binom.ppf(0.99, SEEDS, high) / SEEDS


# ---------------------------------------------------------------- the register's hot spots


def test_sums_are_enough():
    counts = draw(1, 0.25)
    whole = panel_models.did(as_panel(counts, TREATED, AFTER))
    short = estimate(before_and_after(counts), TREATED)
    assert (short.estimate[0], short.se[0], short.df[0]) == pytest.approx(
        (np.log(whole.rate_ratio), whole.se, whole.df), rel=1e-6
    )
    for fall in (0.25, 0.0, -0.25):
        sums = before_and_after(draw(2, fall))
        alone = panel_models.before_after(as_panel(sums, TREATED, SIDES))
        assert naive(*sums[TREATED].sum(axis=0)) == pytest.approx((alone.rate_ratio, alone.p), rel=1e-9)


def test_a_planted_quarter_is_found_without_bias():
    found = register(0.25)
    assert abs(found["error"].mean()) < 2 * found["error"].std() / np.sqrt(SEEDS)
    low, high = margin(0.93, 0.97)
    assert low <= found["covers"].mean() <= high
    assert found["called"].mean() > 0.8


def test_nothing_planted_is_called_a_change_as_often_as_said():
    found = register(0.0)
    assert abs(found["error"].mean()) < 2 * found["error"].std() / np.sqrt(SEEDS)
    low, high = margin(0.03, 0.07)
    assert low <= found["called"].mean() <= high


def test_hot_spots_that_nobody_chose_by_their_figures_do_not_fool_the_naive_figure():
    """The planted ones are where they are whatever was counted: what fools is choosing, not hot spots."""
    low, high = margin(0.03, 0.07)
    assert low <= register(0.0)["naive"].mean() <= high


# ---------------------------------------------------------------- next door


def test_half_of_it_next_door_is_found_in_the_rings():
    """What the rings gain: a quarter of the hot spots' mean, halved."""
    spots, around = a_year(CELLS), a_year(rings())
    came = np.where(TREATED, 0.125 * spots, 0.0)
    truth = 1 + came.sum() / around[TREATED].sum()
    assert 1.1 < truth < 1.5
    rows, still = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 6])
        before, after, more = rng.poisson(around), rng.poisson(around), rng.poisson(came)
        rows.append(judged(estimate(np.column_stack([before, after + more]), TREATED), truth))
        still.append(judged(estimate(np.column_stack([before, after]), TREATED), 1.0)[2])
    found = pd.DataFrame(rows, columns=["error", "covers", "called"])
    assert abs(found["error"].mean()) < 3 * found["error"].std() / np.sqrt(SEEDS)
    assert found["covers"].mean() >= margin(0.93, 0.97)[0]
    assert found["called"].mean() > 4 * np.mean(still)
    assert np.mean(still) <= margin(0.03, 0.07)[1]


@pytest.mark.parametrize(("fall", "share"), [(0.25, 0.5), (0.0, 0.0)])
def test_the_weighted_displacement_difference_counts_what_is_gone_for_good(fall, share):
    """What moved next door is no gain: of a quarter half is left."""
    means_of = [
        part for sets in (CELLS, rings()) for m in (a_year(sets),) for part in (m[TREATED].sum(), m[~TREATED].sum())
    ]
    gone, came = -fall * means_of[0], fall * share * means_of[0]
    truth, rows = gone + came, []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 8])
        before = rng.poisson(means_of)
        after = rng.poisson(np.add(means_of, [gone, 0.0, came, 0.0]))
        found = wdd(*zip(before.tolist(), after.tolist(), strict=True))
        rows.append((found.estimate - truth, found.low <= truth <= found.high, not found.low <= 0 <= found.high))
    table = pd.DataFrame(rows, columns=["error", "covers", "called"])
    assert abs(table["error"].mean()) < 2.5 * table["error"].std() / np.sqrt(SEEDS)
    low, high = margin(0.93, 0.97)
    assert low <= table["covers"].mean() <= high
    assert table["called"].mean() > 0.8 if fall else table["called"].mean() <= margin(0.03, 0.07)[1]


# ---------------------------------------------------------------- selection looks like success


@cache
def worst_cells() -> pd.DataFrame:
    """The 20 cells with most street violence of one year, in the next; nothing has changed."""
    mean = means()["street"].to_numpy()
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 7])
        before, after, later = (rng.poisson(mean) for _ in range(3))
        top = np.argsort(-before, kind="stable")[:20]
        first, second, third = (int(year[top].sum()) for year in (before, after, later))
        ratio, p = naive(first, second)
        rows.append((ratio, p < 0.05, naive(second, third)[1] < 0.05))
    return pd.DataFrame(rows, columns=["ratio", "naive", "later"])


def test_the_naive_figure_fails_the_same_test_where_places_were_chosen_for_being_bad():
    found = worst_cells()
    assert found["ratio"].mean() < 0.96
    assert found["naive"].mean() > 2 * margin(0.03, 0.07)[1]


def test_from_a_later_year_on_the_same_cells_stay_as_they_are():
    """It is the year they were chosen by that misleads, and no other."""
    low, high = margin(0.03, 0.07)
    assert low <= worst_cells()["later"].mean() <= high


# ---------------------------------------------------------------- one whole demo


def test_a_whole_demo_from_records_to_the_estimate():
    """Records thinned and moved, placed by h3 itself, counted by week: fall inside, rise next door where planted."""
    export, _ = synthetic_incidents(11)
    changed, _ = with_effects(export, AREAS, date(2025, 11, 1), 0.25, {"West": 1.0, "South": 1.0, "East": 1.0}, 11)
    table = changed[changed["EASTING"] != ""]
    lon, lat = convert_osgb36_to_ll(*(table[c].astype(float).to_numpy() for c in ("EASTING", "NORTHING")))
    incidents = pd.DataFrame({
        "record": table["CRIME_REF"].to_numpy(),
        "cell": [h3.latlng_to_cell(a, o, 10) for o, a in zip(lon, lat, strict=True)],
        "day": pd.to_datetime(table["COMMITTED_FROM"], format="%d/%m/%Y %H:%M").dt.normalize().to_numpy(),
        "days": 1.0,
    })  # fmt: skip
    periods = weeks_from(date(2024, 11, 4), 103)
    names, roles = AREAS["area"].tolist(), dict(zip(AREAS["area"], AREAS["role"], strict=True))
    found = {}
    for where, sets in (("inside", CELLS), ("ring", rings())):
        units = {c: names[i] for i, cells in enumerate(sets) for c in cells}
        found[where] = panel_models.did(panel_of(incidents, units, roles, periods, date(2025, 11, 1)))
    assert found["inside"].ci_low < 0.75 < found["inside"].ci_high < 1
    spots, around = (a_year(sets)[TREATED].sum() for sets in (CELLS, rings()))
    assert found["ring"].ci_low < 1 + 0.25 * spots / around < found["ring"].ci_high
    assert found["ring"].rate_ratio > 1.1
