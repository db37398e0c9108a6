"""Which ranking catches the most of what happens next: rolling origins, fixed area, figures on data not yet seen.

`periods` (which origins can be tested) → `methods` (each a plain function) → `metrics` (PAI, PEI, RRI) → `run`
(the back-test) → `compare` (paired differences, the best first) and `calibration` (does what is given 80% come in 80%
of cases). `tables` and `workspace` make the cube from a plain table of any city, or from a workspace.
"""

from __future__ import annotations

from hotspots.backtest.calibration import calibration
from hotspots.backtest.compare import paired
from hotspots.backtest.methods import METHODS
from hotspots.backtest.periods import origins_available
from hotspots.backtest.run import backtest

__all__ = ["METHODS", "backtest", "calibration", "origins_available", "paired"]
