"""The fall that the model foretells for the worst places is the fall that simulation shows, nothing having changed.

1,951 cells round Preston, a year of Poisson counts at rates that never change; the 20 cells with most are chosen, and
the next year is drawn from the same rates.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.expected_fall import Fall, expected_fall

CELLS = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), 25)))
DAYS = np.array([1.0, 10.0, 365.0])
MIX = np.array([0.55, 0.4, 0.05])
SCORES = pd.DataFrame({"status": ["scored"] * 3, "days": DAYS})
MONTHS, TOP, SETS = 12, 20, 60


def simulate(seed: int) -> tuple[pd.DataFrame, np.ndarray, float, float]:
    """(cube, the 20 cells with most offences, their offences in the window, and in the year after)."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, 0.25 / 0.5, len(CELLS))
    counts = rng.poisson(rate[:, None, None] * MIX, (len(CELLS), MONTHS, 3))
    cell, period, offence = np.nonzero(counts)
    cube = pd.DataFrame({
        "cell": CELLS[cell], "period": 202101 + period, "offence": offence,
        "n_offences": counts[cell, period, offence], "n_incidents": counts[cell, period, offence],
    })  # fmt: skip
    total = counts.sum(axis=(1, 2))
    top = np.argsort(-total, kind="stable")[:TOP]
    after = rng.poisson(rate[top] * MONTHS).sum()
    return cube, CELLS[top], float(total[top].sum()), float(after)


def fall_of(cube: pd.DataFrame, chosen: list[int] | np.ndarray, measure: str) -> Fall:
    """What the whole year of 2021 says of the year to come."""
    return expected_fall(cube, SCORES, chosen, range(202101, 202113), [1.0] * 12, 12.0, measure)


@cache
def figures() -> pd.DataFrame:
    rows = []
    for seed in range(SETS):
        cube, chosen, before, after = simulate(seed)
        told = fall_of(cube, chosen, "count")
        inside = told.after_low * MONTHS <= after <= told.after_high * MONTHS
        rows.append((before, after, told.before * MONTHS, 1 - told.after / told.before, 1 - after / before, inside))
    return pd.DataFrame(rows, columns=["before", "after", "told_before", "told", "seen", "inside"])


def test_the_naive_fall_is_large_and_nothing_has_changed():
    seen = figures()["seen"]
    assert 0.10 < seen.mean() < 0.25  # as published falls before and after are


def test_the_fall_foretold_is_the_fall_seen():
    table = figures()
    off = table["seen"] - table["told"]
    assert abs(off.mean()) < 3 * off.std() / np.sqrt(SETS)
    assert abs(off.mean()) < 0.02


def test_the_interval_of_what_will_be_counted_keeps_its_word():
    inside = int(figures()["inside"].sum())
    assert inside >= 52  # of 60 at 95%: fewer than 52 come with a chance of 1 in 100


def test_what_was_counted_before_is_what_it_says():
    table = figures()
    np.testing.assert_allclose(table["told_before"], table["before"])


def test_harm_falls_back_further_than_counts():
    """Chosen by harm: a year's worst cells by days owe more to luck than those by count."""
    cube, _, _, _ = simulate(1)
    days = cube.assign(days=cube["n_offences"] * DAYS[cube["offence"]]).groupby("cell")["days"].sum()
    worst = days.sort_values(ascending=False).index[:TOP].to_numpy()
    harm, count = (fall_of(cube, worst, measure) for measure in ("harm", "count"))
    assert harm.after / harm.before < count.after / count.before
    assert harm.after_low < harm.after < harm.after_high


def test_cells_that_had_nothing_are_refused():
    cube, _, _, _ = simulate(1)
    with pytest.raises(HotspotsError, match="nothing to fall from"):
        fall_of(cube, [h3.latlng_to_cell(50.0, -2.0, 10)], "count")
