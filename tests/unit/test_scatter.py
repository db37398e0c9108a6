"""The scatter of places round the change of their group: each square and each degree of freedom by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.change.estimates.difference_rows import wdd_row
from hotspots.change.estimates.from_expected import ratio_from_expected
from hotspots.change.estimates.rows import Figures
from hotspots.change.estimates.scatter import pooled, scatter


def test_places_of_one_size_are_the_textbook_variance():
    variance, freedom = scatter(np.array([-3.0, 3.0, 0.0]), np.full(3, 1 / 3))
    assert variance == pytest.approx(3 / 2 * 18)  # n/(n − 1) · Σ e²
    assert freedom == pytest.approx(2)


def test_a_large_place_draws_the_group_to_itself():
    """Shares 1/2, 1/4, 1/4: squares over 1/2, 3/4, 3/4. q is 1/2, 1/12, 1/12: 1 / (3/8 + (2/3)² − 19/72) = 1.8."""
    variance, freedom = scatter(np.array([3.0, -3.0, 0.0]), np.array([0.5, 0.25, 0.25]))
    assert variance == pytest.approx(9 / 0.5 + 9 / 0.75)
    assert freedom == pytest.approx(1.8)


@pytest.mark.parametrize("share", [[], [1.0], [1.0, 0.0]])
def test_a_group_that_is_one_place_has_no_scatter(share):
    assert np.isnan(scatter(np.zeros(len(share)), np.array(share))).all()


def test_degrees_of_freedom_of_two_groups():
    assert pooled((3.0, 1.0), (2.0, 1.0), np.inf) == pytest.approx(16 / (9 / 2 + 1))
    assert pooled((0.0, 0.0), (2.0, 1.0), 3.0) == 3.0


def test_groups_whose_places_differ_in_size_are_called_as_often_as_said():
    """6 against 6 places, one of each six times the others, whose years vary by a third: 16% by the textbook variance.

    400 forces; three errors of 5% in as many are 3.3 points.
    """
    size = np.tile([120.0, *[20.0] * 5], 2)
    groups = ["treated"] * 6 + ["comparison"] * 6
    called = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame({
            "unit": range(12), "group": groups, "expected": size, "observed": size * rng.gamma(9, 1 / 9, 12)
        })  # fmt: skip
        found = ratio_from_expected(table, counts=False)
        called += found.low > 1 or found.high < 1
    assert called / 400 < 0.05 + 0.033


def test_per_km2_the_scatter_of_hot_spots_counts_as_their_area_does():
    """Two hot spots of 0.5 km² each way and two rings of 10 km²: steady rings must not make hot spots look steady.

    Hot spots 40 → 60 and 60 → 40, of their 200 half each: e is 20 and −20, Σ e²/(1 − h) = 1,600 in both groups. Rings
    100 → 100: 0. Per km² 2 · 1,600 over the formula's 2 · (200 + 400/100) is φ; the areas are 1 and 10 km².
    """
    counts = {"a": (40, 60), "b": (60, 40)}
    rings = {"a": (100, 100), "b": (100, 100)}
    figures = Figures(
        measure="count", panel=panel(counts), ring_panel=panel(rings), unit="days", lengths=(365.0, 365.0),
        sums=dict.fromkeys(("treated", "comparison"), (100.0, 100.0))
        | dict.fromkeys(("ring", "comparison_ring"), (200.0, 200.0)),
        areas=dict.fromkeys(("treated", "comparison"), 1e6) | dict.fromkeys(("ring", "comparison_ring"), 1e7),
    )  # fmt: skip
    row = wdd_row(figures, None, per_km2=True)
    assert row["se"] == pytest.approx(np.sqrt(2 * 1_600))
    assert row["ci_high"] == pytest.approx(4.302653 * row["se"])  # t of two degrees of freedom, one of each group
    assert wdd_row(figures, None)["se"] == pytest.approx(np.sqrt(2 * 1_600))


def panel(counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """The same places in both groups, a period before and one after."""
    return pd.DataFrame([
        {"unit": f"{group} {unit}", "group": group, "period": period, "post": bool(period), "exposure": 1.0, "count": n,
         "harm": 0.0}
        for group in ("treated", "comparison") for unit, both in counts.items() for period, n in enumerate(both)
    ])  # fmt: skip
