"""One hot spot against all of the comparison: nothing planted is not found, and intervals hold what was."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from hotspots.change.estimates.difference_rows import single_row
from hotspots.change.estimates.rows import Figures

WORLDS = 600


def world(rng: np.random.Generator, others: int, busy: float, scatter: float, ratio: float) -> dict | None:
    """A year before and one after of one treated place and others; ``scatter``: how far a place's year may stray.

    ``busy``: how much busier the treated place is than the others, which have about 40 a year.
    """
    rates = 40 * np.exp(rng.normal(0, 0.3, others + 1))
    rates[0] *= busy
    years = rates[:, None] * np.exp(rng.normal(0, scatter, (others + 1, 2)))
    years[0, 1] *= ratio
    counts = rng.poisson(years)
    panel = pd.DataFrame([
        {"unit": f"u{i}", "group": "treated" if i == 0 else "comparison", "post": post, "count": int(n)}
        for i, both in enumerate(counts)
        for post, n in zip((False, True), both, strict=True)
    ])  # fmt: skip
    figures = Figures(
        measure="count", panel=panel, ring_panel=None, sums={"treated": (1.0, 1.0), "comparison": (1.0, 1.0)},
        lengths=(365, 365), areas={}, unit="days",
    )  # fmt: skip
    own, rest = counts[0], counts[1:].sum(axis=0)
    return single_row(figures, "u0", (float(own[0]), float(own[1])), (float(rest[0]), float(rest[1])))


@pytest.mark.parametrize(
    ("others", "scatter", "busy"), [(5, 0.0, 1), (5, 0.2, 1), (14, 0.0, 1), (14, 0.2, 1), (14, 0.2, 2)]
)
@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_intervals_of_one_hot_spot_hold_what_was_planted(
    others: int, scatter: float, busy: float, ratio: float
) -> None:
    rng = np.random.default_rng([others, int(10 * scatter), int(10 * ratio)])
    found = [world(rng, others, busy, scatter, ratio) for _ in range(WORLDS)]
    kept = [f for f in found if f is not None]
    assert len(kept) == WORLDS
    told = [f for f in kept if f["withheld"] == ""]
    missed = sum(not f["ci_low"] <= ratio <= f["ci_high"] for f in told)
    assert missed / len(told) <= 0.07 + 2 * sqrt(0.07 * 0.93 / len(told))
    assert len(told) > 0.4 * WORLDS  # and it is not by saying nothing
