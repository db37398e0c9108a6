"""Planted worlds whose cells' rates change between a window of twelve periods and the three that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.ranking.expected.counts import Counts

CELLS, WINDOW, AHEAD = 1500, 12, 3


def world(seed: int, spread: float, gone: float, dispersion: float) -> tuple[np.ndarray, np.ndarray]:
    """(cells × 12 counts, counts of the next three periods together).

    Rates are Gamma of shape 1.2 and mean 2.5. Every third period each cell's rate is anew its own times a Gamma of mean
    1 and variance ``spread``; a part ``gone`` of the cells has a tenth of it. Counts are negative binomial with
    variance ``dispersion`` times the mean.
    """
    random = np.random.default_rng(seed)
    own = random.gamma(1.2, 2.5 / 1.2, CELLS)
    found = []
    for period in range(WINDOW + AHEAD):
        if period % AHEAD == 0:
            rate = own * (random.gamma(1 / spread, spread, CELLS) if spread else 1.0)
            rate = np.where(random.random(CELLS) < gone, 0.1 * rate, rate)
        drawn = rate if dispersion == 1 else random.gamma(rate / (dispersion - 1)) * (dispersion - 1)
        found.append(random.poisson(drawn))
    table = np.array(found, dtype=float).T
    return table[:, :WINDOW], table[:, WINDOW:].sum(axis=1)


def counts_of(volume: np.ndarray) -> Counts:
    """The counts as a window of one band that weighs a day."""
    cell, step = np.nonzero(volume)
    rows = pd.DataFrame({"cell": cell, "step": step, "band": 0, "n": volume[cell, step]})
    return Counts(np.arange(len(volume)), volume, np.ones(volume.shape[1]), rows, np.ones(1))
