"""The back-test: stand at an origin, rank on what was known, and look up what the next periods brought.

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

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hotspots.backtest.methods import FORECASTS, METHODS, Context, Method, harm, incidents
from hotspots.backtest.periods import between, crosses, origins_available, windows
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.geography import cell_areas_m2
from hotspots.harm.scoring import scored_days
from hotspots.ranking.rank import order_of


def targeting_curve(
    observed: np.ndarray, area_m2: np.ndarray, predicted: np.ndarray | None = None, training: np.ndarray | None = None,
    elsewhere: tuple[np.ndarray, np.ndarray] | None = None, total_area_m2: float | None = None,
) -> pd.DataFrame:  # fmt: skip
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
        table = pd.DataFrame({
            "n_cells": np.arange(1, len(used) + 1), "area_m2": used, "area_share": area_share, "caught": caught,
            "caught_share": share, "best_share": best, "pai": share / area_share, "pei": share / best,
        })  # fmt: skip
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


N_CELLS = 60


def backtest(
    cube: pd.DataFrame, scores: pd.DataFrame, *, periods: Sequence[int], total_area_m2: float,
    methods: Sequence[str] | Mapping[str, Method] | None = None, train: int, horizon: int,
    origins: Sequence[int] | None = None, area_share: float | None = None, n_cells: int | None = None,
    areas_m2: pd.Series | None = None, seed: int = Settings.seed, cap: float = Settings.harm_cap_days,
    breaks: Sequence[int] = (),
) -> pd.DataFrame:  # fmt: skip
    """Rolling-origin comparison of ranking methods in a fixed area.

    ``cube`` and ``scores``: of `hotspots.ranking.gather` and `hotspots.harm.scoring` (all periods; rows outside
    an origin's windows are not seen by it). ``periods``: those observed, so that an empty one differs from a missing
    one. ``origins``: default, every one that has ``train`` observed periods before it and ``horizon`` from it on; those
    named may lack half of the periods before them (`origins_available`, which also says what is left out and why). The
    area: ``area_share`` of ``total_area_m2``, or ``n_cells`` (default 60); ``areas_m2``: of each cell (index), default
    the H3 cells' own. ``methods``: names of
    `METHODS`, or a dict of functions; default, all of them.

    Candidates are the cells with an incident in any period of the cube before the origin; ties go by training harm,
    training incidents, then cell id, so cells without an incident in training come last. Cells are taken in rank order
    until the next would exceed the area.

    Returns a row per origin and method: origin (first period tested), method, horizon, area_share (really used),
    n_caught (incidents), harm_caught_share, pai, pei (both on harm), then n_cells, area_m2, harm_caught, harm_total,
    harm_best_share (what the perfect choice of that area holds), count_caught_share, n_total, count_best_share,
    pai_count, pei_count, rri_recapture, rri_recovery (on harm; formulas and references in `hotspots.backtest.run`),
    harm_train_share, train, place (of the origin among all periods from the first on) and crosses_break. For
    rri_recovery a method that forecasts no harm is read as "the training harm again, at the same rate".

    Offences without a weight add no harm. Raises HotspotsError for what cannot be tested.
    """
    chosen = methods_named(methods)
    if not total_area_m2 > 0:
        raise HotspotsError(f"The whole area is {total_area_m2:g} m²; it must be above 0.")
    check_area(area_share, n_cells)
    kept, _ = origins_available(periods, train, horizon, origins, gaps=origins is not None)
    held = set(periods)
    budget = None if area_share is None else area_share * total_area_m2
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    area_of = pd.Series(cell_areas_m2(cells), index=cells) if areas_m2 is None else areas_m2
    days = scored_days(scores)
    first = min(min(kept), min(periods))
    rows = []
    for origin in kept:
        before, tested = windows(origin, train, horizon)
        past = cube[cube["period"] < origin]
        candidates = np.unique(past["cell"].to_numpy(dtype=np.int64))
        context = Context(origin, tuple(p for p in before if p in held), horizon, candidates, seed, cap)
        learned = past[past["period"] >= before[0]].reset_index(drop=True)
        truth = Truth(cube[cube["period"].isin(tested)], days, candidates, area_of, total_area_m2)
        crossing = bool(crosses(origin, train, horizon, breaks))
        about = {"train": train, "place": len(between(first, origin)) - 1, "crosses_break": crossing}
        for name, method in chosen.items():
            figures = ranked(method, name, learned, scores, context)
            row = truth.judged(figures, learned, context, name in FORECASTS, budget, n_cells or N_CELLS)
            rows.append({"origin": origin, "method": name, "horizon": horizon} | row | about)
    return pd.DataFrame(rows)


def methods_named(methods: Sequence[str] | Mapping[str, Method] | None) -> dict[str, Method]:
    """The functions of these names; all of them where none is given."""
    if isinstance(methods, Mapping):
        return dict(methods)
    wanted = list(METHODS) if methods is None else list(dict.fromkeys(methods))
    unknown = [m for m in wanted if m not in METHODS]
    if unknown or not wanted:
        named = ", ".join(f"'{m[:40]}'" for m in unknown) or "none given"
        raise HotspotsError(f"There is no such method to test: {named}. Use some of: {', '.join(METHODS)}.")
    return {m: METHODS[m] for m in wanted}


def check_area(area_share: float | None, n_cells: int | None) -> None:
    """Refuse an area that is none, or given twice."""
    if area_share is not None and n_cells is not None:
        raise HotspotsError("Give either a share of the area or a number of cells, not both.")
    if area_share is not None and not 0 < area_share <= 1:
        raise HotspotsError(f"The share of the area is {area_share:g}; it must be above 0 and at most 1 (0.01 is 1%).")
    if n_cells is not None and n_cells < 1:
        raise HotspotsError(f"The number of cells is {n_cells}; it must be at least 1.")


def ranked(method: Method, name: str, learned: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """A method's figure for each candidate; anything but one finite figure per cell is a defect of the method."""
    figures = np.asarray(method(learned.copy(), scores, context), dtype=float)
    if figures.shape != context.cells.shape or not np.isfinite(figures).all():
        raise RuntimeError(f"The method '{name}' gave no finite figure for each of {len(context.cells):,} cells.")
    return figures


class Truth:
    """What the tested periods brought, in the candidates and elsewhere."""

    def __init__(
        self, test: pd.DataFrame, days: np.ndarray, candidates: np.ndarray, area_of: pd.Series, total_area_m2: float
    ):
        self.days, self.candidates, self.total_area_m2 = days, candidates, total_area_m2
        new = np.setdiff1d(test["cell"].to_numpy(dtype=np.int64), candidates)
        self.harm, self.n = harm(test, candidates, days), incidents(test, candidates)
        self.area = area_of.reindex(candidates).to_numpy(dtype=float)
        new_area = area_of.reindex(new).to_numpy(dtype=float)
        self.harm_new, self.n_new = (harm(test, new, days), new_area), (incidents(test, new), new_area)

    def judged(
        self, figures: np.ndarray, learned: pd.DataFrame, context: Context, forecast: bool, budget: float | None, n: int
    ) -> dict[str, float]:
        """The measures of one method at one origin."""
        harm_before, n_before = harm(learned, context.cells, self.days), incidents(learned, context.cells)
        order = order_of(figures, harm_before, n_before, context.cells)
        area = self.area[order]
        k = min(n, len(order)) if budget is None else cells_within(area, budget)
        if k < 1:
            raise HotspotsError(
                "The area is too small to hold one cell, or no cell has an incident before the origin. Choose a larger"
                " share, a finer resolution or later origins."
            )
        whole = harm_before.sum()
        promised = figures if forecast else harm_before * context.horizon / len(context.train_periods)
        on_harm = targeting_curve(
            self.harm[order], area, promised[order], harm_before[order], self.harm_new, self.total_area_m2
        )
        on_count = targeting_curve(self.n[order], area, elsewhere=self.n_new, total_area_m2=self.total_area_m2)
        h, n_at = ({str(c): float(v) for c, v in curve.iloc[k - 1].items()} for curve in (on_harm, on_count))
        return {
            "area_share": h["area_share"], "n_caught": int(n_at["caught"]), "harm_caught_share": h["caught_share"],
            "pai": h["pai"], "pei": h["pei"], "n_cells": k, "area_m2": h["area_m2"], "harm_caught": h["caught"],
            "harm_total": float(self.harm.sum() + self.harm_new[0].sum()), "harm_best_share": h["best_share"],
            "count_caught_share": n_at["caught_share"], "n_total": int(self.n.sum() + self.n_new[0].sum()),
            "count_best_share": n_at["best_share"], "pai_count": n_at["pai"], "pei_count": n_at["pei"],
            "rri_recapture": h["rri_recapture"], "rri_recovery": h["rri_recovery"],
            "harm_train_share": float(harm_before[order[:k]].sum() / whole) if whole else np.nan,
        }  # fmt: skip
