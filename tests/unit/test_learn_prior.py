"""What other crimes say of violence (scripts/learn_prior.py): its arithmetic by loops and by planted coefficients."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from scripts.learn_prior import TRAIN, features, regression, strength_of

PRESTON = h3.latlng_to_cell(53.7590, -2.6990, 10)
DISK = np.array(sorted(h3.grid_disk(PRESTON, 4)))  # 61 cells


def test_features_are_logs_of_crimes_in_the_cell_and_two_rings():
    """Against loops over h3's own rings; in six months, six times the crimes a month are the crimes."""
    rng = np.random.default_rng(3)
    n = rng.poisson(0.6, (len(DISK), 2))
    cell, kind = np.nonzero(n)
    past = pd.DataFrame({"cell": DISK[cell], "crime_type": np.array(["a", "b"])[kind], "n": n[cell, kind]})
    past = pd.concat([past, past.assign(crime_type="violence")])
    found = features(DISK, past, ["a", "b"]).reshape(len(DISK), 2, 3)
    place = {int(c): i for i, c in enumerate(DISK)}
    for i, c in enumerate(DISK):
        disks = [set(h3.grid_disk(int(c), r)) for r in range(3)]
        for r, ring in enumerate([disks[0], disks[1] - disks[0], disks[2] - disks[1]]):
            for k in range(2):
                assert found[i, k, r] == pytest.approx(log(1 + sum(n[place[d], k] for d in ring if d in place)))


def test_a_planted_regression_is_found():
    rng = np.random.default_rng(5)
    x = rng.gamma(1.0, 1.0, (40_000, 3))
    intercept, own = regression(x, rng.poisson(np.exp(-1 + x @ [0.4, -0.2, 0.1])).astype(float))
    assert intercept == pytest.approx(-1, abs=0.05)
    assert own.tolist() == pytest.approx([0.4, -0.2, 0.1], abs=0.03)


@pytest.mark.parametrize(("strength", "exponent"), [(0.75, 0.0), (3.0, 0.4)])
def test_a_planted_strength_is_found_nearly(strength: float, exponent: float):
    """By the shape it gives to a middling cell: strength and exponent make good for one another."""
    rng = np.random.default_rng(7)
    f = rng.gamma(1.0, 3.0, 60_000) + 0.1
    shape = strength * f**exponent
    rate = rng.gamma(shape, f / shape)
    before, after = (rng.poisson(rate * months / 3).astype(float) for months in (TRAIN, 3))
    s, e = strength_of(f, before, after)
    assert s * 3**e == pytest.approx(strength * 3**exponent, rel=0.25)
