"""What each cell's past says about its next months, and how sure that is (the model: `model.py`)."""

from __future__ import annotations

from hotspots.ranking.expected.counts import Counts, tally
from hotspots.ranking.expected.model import band_rates, expected_harm, learnt
from hotspots.ranking.expected.posterior import (
    chance_of_counted_top,
    chance_of_top,
    counted_moments,
    interval,
    moments,
    volume_moments,
)

__all__ = [
    "Counts",
    "band_rates",
    "chance_of_counted_top",
    "chance_of_top",
    "counted_moments",
    "expected_harm",
    "interval",
    "learnt",
    "moments",
    "tally",
    "volume_moments",
]
