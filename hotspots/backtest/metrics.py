"""How well a choice of cells caught what came after: hit share, PAI, PEI and both indices called RRI.

Let a choice of cells with area a (of A in all) hold n of the N things that happened in the tested periods, and n₁ of
the N₁ of the training periods. Things are harm days or incidents.

- Hit share n/N: grows with the area, so compare it at one area only.
- PAI, predictive accuracy index: (n/N) / (a/A). 1 = no better than any area of that size. Misleads across studies: it
  grows with empty land in A and shrinks as a grows. Chainey, Tompson & Uhlig 2008, doi:10.1057/palgrave.sj.8350066.
- PEI, predictive efficiency index: PAI over the PAI of the best choice of the same area, found in hindsight; the area
  is the same, so it is n / n*. 1 = nothing better was possible. n* here takes cells by harm per m² until the area is
  used, the last one in part, so no choice can exceed 1. With rare events even a perfect forecast stays below 1: n*
  knows where chance will strike. Hunt 2016, Do crime hot spots move?, PhD thesis, American University; White, Hunt &
  Green 2023, Security Journal.
- RRI has two meanings in print:
  recapture rate index, (n/N) / (n₁/N₁), `rri_recapture`: the hit share over the same cells' hit share in training.
  1 = the cells kept their share; below 1 is the rule, because they were chosen for a high one (regression to the mean).
  It judges how stable a choice is, not how good: a poor choice may keep a small share. The two periods' lengths cancel.
  Levine 2008, doi:10.1057/sj.2008.5.
  recovery rate index, predicted / observed in the chosen cells, `rri_recovery`: above 1 = promised more than came.
  Undefined where nothing came. Wheeler & Steenbeek 2021, doi:10.1007/s10940-020-09457-7.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

CURVE = ("n_cells", "area_m2", "area_share", "caught", "caught_share", "best_share", "pai", "pei")


def targeting_curve(
    observed: np.ndarray,
    area_m2: np.ndarray,
    predicted: np.ndarray | None = None,
    training: np.ndarray | None = None,
    elsewhere: tuple[np.ndarray, np.ndarray] | None = None,
    total_area_m2: float | None = None,
) -> pd.DataFrame:
    """The measures for the first cell of a ranking, the first two, … (formulas: see the module).

    ``observed``: harm or incidents of each cell in the tested periods, best-ranked cell first; ``area_m2`` and, where
    given, ``predicted`` and ``training`` (the same cells' harm or incidents in training) stand in that order too.
    ``elsewhere``: (observed, area_m2) of cells that the ranking does not know; they count in N and in the best choice.
    ``total_area_m2``: A; default, the area of all these cells.

    Returns one row per number of cells: n_cells, area_m2, area_share, caught, caught_share, best_share, pai, pei, and
    rri_recovery and rri_recapture where they can be had. nan where nothing happened.
    """
    observed, area_m2 = np.asarray(observed, dtype=float), np.asarray(area_m2, dtype=float)
    others = elsewhere if elsewhere is not None else (np.empty(0), np.empty(0))
    everything, everywhere = np.r_[observed, others[0]], np.r_[area_m2, others[1]]
    used, caught, total = np.cumsum(area_m2), np.cumsum(observed), everything.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = caught / total
        best = most_held(everything, everywhere, used) / total
        area_share = used / (everywhere.sum() if total_area_m2 is None else total_area_m2)
        table = pd.DataFrame(
            dict(
                zip(
                    CURVE,
                    (np.arange(1, len(used) + 1), used, area_share, caught, share, best, share / area_share,
                     share / best),
                    strict=True,
                )
            )
        )  # fmt: skip
        if predicted is not None:
            table["rri_recovery"] = np.cumsum(np.asarray(predicted, dtype=float)) / np.where(caught > 0, caught, np.nan)
        if training is not None:
            before = np.cumsum(np.asarray(training, dtype=float))
            table["rri_recapture"] = share / (before / before[-1:].sum())
    return table


def most_held(observed: np.ndarray, area_m2: np.ndarray, area: np.ndarray) -> np.ndarray:
    """The most that any choice of cells of each ``area`` could have held: by density, the last cell in part.

    This is the optimum of the fractional knapsack problem, so an upper bound for every choice of whole cells.
    """
    order = np.argsort(-observed / area_m2, kind="stable")
    # each cell counts to its own sum, so that a choice in this very order meets the curve exactly at its corners
    return np.interp(area, np.r_[0.0, np.cumsum(area_m2[order])], np.r_[0.0, np.cumsum(observed[order])])


def cells_within(area_m2: np.ndarray, budget_m2: float) -> int:
    """How many cells, in the order given, fit into an area; the first that does not fit ends the choice."""
    return int(np.searchsorted(np.cumsum(area_m2), budget_m2 * (1 + 1e-9), side="right"))
