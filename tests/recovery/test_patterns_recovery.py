"""Planted hot spots get the pattern they were planted with, and harm without a pattern seldom gets one.

The maps: 4,921 cells round Preston, months of Poisson counts in six offences of 1 to 5,475 days (0.5% murder), weighed
by the square roots of the days. Seeds are fixed, so each figure is always the same.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3
from scipy.stats import norm

from hotspots import geography
from hotspots.ranking import patterns
from hotspots.ranking.gi_star import bh_q_values, gi_star, scatter_p
from tests.conftest import sets

CELLS = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), 40)))
WEIGHTS = np.sqrt([1.0, 10.0, 19.0, 365.0, 1460.0, 5475.0])
MIX = np.array([0.35, 0.3, 0.2, 0.1, 0.045, 0.005])
SPAN = 3  # months
TYPICAL = 0.15  # incidents per cell and month
# Times the typical rate in each of four and of eight spans, at seven cells each.
PLANTED = {
    4: {"persistent": (40, 40, 40, 40), "new": (0, 0, 0, 40), "fading": (80, 60, 45, 30), "former": (40, 40, 0, 0),
        "intermittent": (40, 0, 0, 40), "intensifying": (30, 45, 60, 80)},
    8: {"persistent": (40,) * 8, "new": (0, 0, 0, 0, 0, 0, 40, 40), "fading": (80, 72, 64, 56, 48, 40, 34, 28),
        "former": (40, 40, 40, 40, 0, 0, 0, 0), "intermittent": (40, 0, 40, 0, 0, 40, 0, 40),
        "intensifying": (28, 34, 40, 48, 56, 64, 72, 80)},
}  # fmt: skip


def simulate(rate: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """A cube from the expected incidents per month of each cell (rows) and span (columns)."""
    tables = []
    for month in range(rate.shape[1] * SPAN):
        counts = rng.poisson(rate[:, month // SPAN, None] * MIX)
        cell, offence = np.nonzero(counts)
        n = counts[cell, offence]
        columns = {"cell": CELLS[cell], "period": month, "offence": offence, "n_offences": n, "n_incidents": n}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def uneven(rng: np.random.Generator) -> np.ndarray:
    """Rates as uneven as those of real cells: most have next to nothing, some ten times the mean."""
    return rng.gamma(0.25, TYPICAL / 0.25, len(CELLS))


@cache
def found_where_planted(k: int) -> dict[str, Counter]:
    """For each planted pattern, what the middle cell was called in so many simulated sets."""
    found: dict[str, Counter] = {name: Counter() for name in PLANTED[k]}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rate = np.repeat(uneven(rng)[:, None], k, axis=1)
        middles = spread_out(rng, len(PLANTED[k]))
        for middle, times in zip(middles, PLANTED[k].values(), strict=True):
            rate[np.isin(CELLS, h3.grid_disk(middle, 1))] = TYPICAL * np.array(times)
        table = patterns.cell_patterns(simulate(rate, rng), WEIGHTS, range(k * SPAN)).set_index("cell")
        for middle, name in zip(middles, PLANTED[k], strict=True):
            found[name][table["pattern"].get(middle, "")] += 1
    return found


def spread_out(rng: np.random.Generator, n: int) -> list[int]:
    """n cells at least ten rings apart."""
    chosen: list[int] = []
    while len(chosen) < n:
        cell = int(rng.choice(CELLS))
        if all(h3.grid_distance(cell, other) >= 10 for other in chosen):
            chosen.append(cell)
    return chosen


@pytest.mark.parametrize("k", [4, 8])
@pytest.mark.parametrize("name", ["persistent", "new", "former", "intermittent"])
def test_planted_spots_without_a_trend_are_named(k, name):
    assert found_where_planted(k)[name][name] >= 18  # of 20; a steady spot may show a trend by chance


@pytest.mark.parametrize("k", [4, 8])
@pytest.mark.parametrize(("name", "opposite"), [("fading", "intensifying"), ("intensifying", "fading")])
def test_planted_trends_are_found_and_never_turned_round(k, name, opposite):
    found = found_where_planted(k)[name]
    assert found[name] >= 12
    assert found[opposite] == 0
    assert found[name] + found["persistent"] >= 19


@pytest.mark.parametrize("k", [4, 8])
@pytest.mark.parametrize("kind", ["even", "uneven, scattered anew in each span"])
def test_harm_without_hot_spots_seldom_has_a_pattern(k, kind):
    """At most 1 map in 10 has any pattern at all; the rule promises 1 in 20 of maps without hot spots."""
    maps, with_any, cells = sets(40, 20), 0, 0
    for seed in range(maps):
        rng = np.random.default_rng(1000 + seed)
        if kind == "even":
            rate = np.full((len(CELLS), k), TYPICAL)
        else:
            rate = np.column_stack([uneven(rng) for _ in range(k)])
        table = patterns.cell_patterns(simulate(rate, rng), WEIGHTS, range(k * SPAN))
        n = int((table["pattern"] != "").sum())
        with_any, cells = with_any + (n > 0), cells + n
    assert with_any <= maps // 10
    assert cells <= 2 * maps // 10


def test_the_normal_p_would_call_many_cells_of_scattered_harm():
    """Why hot is decided by the exact p: on the same scattered harm, honest q-values of the usual p are not honest."""
    usual, exact = [], []
    for seed in range(10):
        rng = np.random.default_rng(2000 + seed)
        cube = simulate(uneven(rng)[:, None], rng)
        harm = cube["n_offences"] * WEIGHTS[cube["offence"]]
        totals = harm.groupby(cube["cell"]).sum().reindex(CELLS, fill_value=0.0).to_numpy()
        adjoining = geography.adjacency(CELLS)
        for p, called in ((norm.sf(gi_star(totals, adjoining)), usual), (scatter_p(totals, adjoining), exact)):
            called.append(int((bh_q_values(p) < 0.05).sum()))
    assert min(usual) > 20
    assert sum(n > 0 for n in exact) <= 2


@pytest.mark.parametrize("k", [4, 8])
def test_steady_but_uneven_places_are_not_called_new_or_former(k):
    """Rates that never change: what stands out stands out throughout. Places on the line between hot and not waver."""
    called: Counter = Counter()
    for seed in range(10):
        rng = np.random.default_rng(3000 + seed)
        rate = np.repeat(uneven(rng)[:, None], k, axis=1)
        for middle in spread_out(rng, 10):
            rate[np.isin(CELLS, h3.grid_disk(middle, 1))] = TYPICAL * 40
        table = patterns.cell_patterns(simulate(rate, rng), WEIGHTS, range(k * SPAN))
        called += Counter(table["pattern"][table["pattern"] != ""].tolist())
    assert called["persistent"] >= 600
    assert called["new"] <= called.total() // 50
    assert called["former"] <= called.total() // 20
    assert called["intensifying"] + called["fading"] <= called.total() // 5
