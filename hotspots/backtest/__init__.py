"""Which ranking catches the most of what happens next: rolling origins, fixed area, figures on data not yet seen.

`periods` (which origins can be tested) → `methods` (each a plain function) → `metrics` (PAI, PEI, RRI) → `run`
(the back-test) → `compare` (paired differences, the winner) and `calibration` (do probabilities keep their word).
`tables` and `workspace` make the cube from a plain table of any city, or from a workspace.
"""

from __future__ import annotations

from hotspots.backtest.calibration import calibration
from hotspots.backtest.compare import paired, winner
from hotspots.backtest.methods import METHODS, Context
from hotspots.backtest.metrics import targeting_curve
from hotspots.backtest.periods import origins_available
from hotspots.backtest.run import backtest
from hotspots.backtest.tables import cube_of_table, read_table

__all__ = [
    "METHODS",
    "Context",
    "backtest",
    "calibration",
    "cube_of_table",
    "origins_available",
    "paired",
    "read_table",
    "targeting_curve",
    "winner",
]
