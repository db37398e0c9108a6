"""Stable cells, the busiest treated and nothing done: the comparison places show no change from the expected level.

1,027 cells around Preston with a rate of their own, Gamma ½ with mean 0.25 incidents a month, one in ten of 365 days,
the others of 10; a year before, a year after; the 20 busiest cells of the first are treated. Per cell and year, seeds 0
to 199, ± one standard error:

| | counted before | expected | counted after |
|---|---|---|---|
| incidents, treated | 23.3 | 20.3 | 20.4 |
| incidents, comparison | 14.9 | 13.0 | 13.2 |
| harm days, treated | 1,071 | 924 | 930 |
| harm days, comparison | 686 | 593 | 596 |

Change of the treated less that of the comparison, from the expected level: −0.11 ± 0.12 incidents, +3 ± 12 days; from
what was counted: −1.20 ± 0.12 incidents, of which built_in told −1.09.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from hotspots.base.months import months_between
from hotspots.change.matching.cells import cell_facts
from hotspots.ranking.gather import build_cell_periods
from tests.match_samples import disk, like, treated_of

CELLS = np.array(disk(18), dtype=np.int64)
BEFORE, MONTHS, TREATED, SEEDS = months_between(202401, 202412), 12, 20, 24
DAYS = np.array([10.0, 365.0])


def simulate(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of light and grave incidents: cells × 24 months × 2 before, cells × 2 in the year after."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, 0.25 / 0.5, len(CELLS))[:, None] * np.array([0.9, 0.1])
    return rng.poisson(rate[:, None, :], (len(CELLS), len(BEFORE), 2)), rng.poisson(rate * MONTHS)


def cube_of(counts: np.ndarray) -> pd.DataFrame:
    cell, month, kind = (np.repeat(i, counts.ravel()) for i in (a.ravel() for a in np.indices(counts.shape)))
    return build_cell_periods(CELLS[cell], np.array(BEFORE)[month], kind, np.arange(len(cell)))


@cache
def studies() -> pd.DataFrame:
    """Of every seed: the change from what was counted, from the expected level, and what was told beforehand."""
    scores = pd.DataFrame({"status": "scored", "days": DAYS})
    rows = []
    for seed in range(SEEDS):
        before, after = simulate(seed)
        cube = cube_of(before)
        whose = pd.DataFrame({"cell": np.unique(cube["cell"]), "bcu": "South"})
        facts = cell_facts(cube, scores, whose, BEFORE, [1.0] * len(BEFORE))
        treated = CELLS[np.lexsort((CELLS, -before.sum(axis=(1, 2))))[:TREATED]]
        found = like(treated_of({f"South-{i:02d}": [c] for i, c in enumerate(treated, 1)}), facts)
        likes = np.array([int(c, 16) for cells in found.places["cells"] for c in cells], dtype=np.int64)
        rows.append({**changes(before, after, facts, treated, likes), "built_in": found.built_in * MONTHS})
    return pd.DataFrame(rows)


def changes(before: np.ndarray, after: np.ndarray, facts, treated: np.ndarray, likes: np.ndarray) -> dict[str, float]:
    """Per cell and year: incidents and harm of the treated less those of the comparison, from both levels."""
    level = {"count": facts.expected_count, "harm": facts.expected_harm}
    found = {}
    for measure, days in (("count", np.ones(2)), ("harm", DAYS)):
        expected = pd.Series(level[measure], index=facts.cell).reindex(CELLS).fillna(0.0).to_numpy() * MONTHS
        raw = (after @ days) - (before @ days).sum(axis=1) / (len(BEFORE) / MONTHS)
        t, c = np.searchsorted(CELLS, treated), np.searchsorted(CELLS, likes)
        found[f"{measure}_counted"] = raw[t].mean() - raw[c].mean()
        fair = after @ days - expected
        found[f"{measure}_expected"] = fair[t].mean() - fair[c].mean()
        found[f"{measure}_treated"] = (after @ days)[t].mean()
    return found


def z(values: pd.Series) -> float:
    return float(values.mean() / values.std(ddof=1) * np.sqrt(len(values)))


def test_from_the_expected_level_nothing_changed():
    found = studies()
    for measure in ("count", "harm"):
        assert abs(z(found[f"{measure}_expected"])) < 2.5, measure
    assert abs(found["count_expected"].mean()) < 0.06 * found["count_treated"].mean()


def test_from_what_was_counted_a_fall_appears_and_was_told_beforehand():
    found = studies()
    assert z(found["count_counted"]) < -2
    assert z(found["built_in"]) < -4
    assert (found["count_counted"] - found["count_expected"]).to_numpy() == pytest.approx(found["built_in"].to_numpy())


if __name__ == "__main__":
    table = studies()
    print({c: (round(v.mean(), 2), round(v.sem(), 2)) for c, v in table.items()})
