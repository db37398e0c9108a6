"""Which ranking catches the most of what happens next: rolling origins, fixed area, figures on data not yet seen.

`periods` (which origins can be tested) → `methods` (each a plain function) → `run` (the back-test; PAI, PEI, RRI) →
`compare` (paired differences, the best first; and do chances of 80% come true in 80% of cases). `tables` and
`workspace` make the cube from a plain table of any city, or from a workspace.
"""

from __future__ import annotations

from hotspots.backtest.compare import calibration, paired
from hotspots.backtest.methods import METHODS
from hotspots.backtest.periods import origins_available
from hotspots.backtest.run import backtest

__all__ = ["METHODS", "backtest", "calibration", "origins_available", "paired"]
