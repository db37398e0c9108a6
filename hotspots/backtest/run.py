"""The back-test: stand at an origin, rank on what was known, and look up what the next periods brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hotspots.backtest.methods import FORECASTS, METHODS, Context, Method, harm, incidents
from hotspots.backtest.metrics import cells_within, targeting_curve
from hotspots.backtest.periods import between, crosses, origins_available, windows
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.geography import cell_areas_m2
from hotspots.harm.scoring import scored_days
from hotspots.ranking.rank import order_of

N_CELLS = 60


def backtest(
    cube: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    periods: Sequence[int],
    total_area_m2: float,
    methods: Sequence[str] | Mapping[str, Method] | None = None,
    train: int,
    horizon: int,
    origins: Sequence[int] | None = None,
    area_share: float | None = None,
    n_cells: int | None = None,
    areas_m2: pd.Series | None = None,
    seed: int = Settings.seed,
    cap: float = Settings.harm_cap_days,
    breaks: Sequence[int] = (),
) -> pd.DataFrame:
    """Rolling-origin comparison of ranking methods in a fixed area.

    ``cube`` and ``scores``: of `hotspots.ranking.gather` and `hotspots.harm.scoring` (all periods; rows outside
    an origin's windows are not seen by it). ``periods``: those observed, so that an empty one is told from a missing
    one. ``origins``: default, every one that has ``train`` observed periods before it and ``horizon`` from it on
    (`origins_available`, which also says what is left out and why). The area: ``area_share`` of ``total_area_m2``, or
    ``n_cells`` (default 60); ``areas_m2``: of each cell (index), default the H3 cells' own. ``methods``: names of
    `METHODS`, or a dict of functions; default, all of them.

    Candidates are the cells with an incident in any period of the cube before the origin; ties go by training harm,
    training incidents, then cell id, so cells without an incident in training come last. Cells are taken in rank order
    until the next would exceed the area.

    Returns a row per origin and method: origin (first period tested), method, horizon, area_share (really used),
    n_caught (incidents), harm_caught_share, pai, pei (both on harm), then n_cells, area_m2, harm_caught, harm_total,
    harm_best_share (what the perfect choice of that area holds), count_caught_share, n_total, count_best_share,
    pai_count, pei_count, rri_recapture, rri_recovery (on harm; formulas and references in `hotspots.backtest.metrics`),
    harm_train_share, train, place (of the origin among all periods from the first on) and crosses_break. For
    rri_recovery a method that forecasts no harm is read as "the training harm again, at the same rate".

    Offences without a weight add no harm. Raises HotspotsError for what cannot be tested.
    """
    chosen = methods_named(methods)
    if not total_area_m2 > 0:
        raise HotspotsError(f"The whole area is {total_area_m2:g} m²; it must be above 0.")
    check_area(area_share, n_cells)
    kept, _ = origins_available(periods, train, horizon, origins)
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
        context = Context(origin, tuple(before), horizon, candidates, seed, cap)
        known = past[past["period"] >= before[0]].reset_index(drop=True)
        truth = Truth(cube[cube["period"].isin(tested)], days, candidates, area_of, total_area_m2)
        about = {
            "train": train,
            "place": len(between(first, origin)) - 1,
            "crosses_break": bool(crosses(origin, train, horizon, breaks)),
        }
        for name, method in chosen.items():
            figures = ranked(method, name, known, scores, context)
            row = truth.judged(figures, known, context, name in FORECASTS, budget, n_cells or N_CELLS)
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


def ranked(method: Method, name: str, known: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """A method's figure for each candidate; anything but one finite figure per cell is a defect of the method."""
    figures = np.asarray(method(known.copy(), scores, context), dtype=float)
    if figures.shape != context.cells.shape or not np.isfinite(figures).all():
        raise RuntimeError(f"The method '{name}' gave no finite figure for each of {len(context.cells):,} cells.")
    return figures


def share_of(part: np.ndarray, whole: np.ndarray) -> float:
    """Sum over sum; nan where the whole is nothing."""
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else float("nan")


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
        self, figures: np.ndarray, known: pd.DataFrame, context: Context, forecast: bool, budget: float | None, n: int
    ) -> dict[str, float]:
        """The measures of one method at one origin."""
        harm_before, n_before = harm(known, context.cells, self.days), incidents(known, context.cells)
        order = order_of(figures, harm_before, n_before, context.cells)
        area = self.area[order]
        k = min(n, len(order)) if budget is None else cells_within(area, budget)
        if k < 1:
            raise HotspotsError(
                "The area is too small to hold one cell, or no cell has an incident before the origin. Choose a larger"
                " share, a finer resolution or later origins."
            )
        promised = figures if forecast else harm_before * context.horizon / len(context.train_periods)
        on_harm = targeting_curve(
            self.harm[order], area, promised[order], harm_before[order], self.harm_new, self.total_area_m2
        ).iloc[k - 1]
        on_count = targeting_curve(
            self.n[order], area, elsewhere=self.n_new, total_area_m2=self.total_area_m2
        ).iloc[k - 1]  # fmt: skip
        return {
            "area_share": float(on_harm["area_share"]),
            "n_caught": int(on_count["caught"]),
            "harm_caught_share": float(on_harm["caught_share"]),
            "pai": float(on_harm["pai"]),
            "pei": float(on_harm["pei"]),
            "n_cells": k,
            "area_m2": float(on_harm["area_m2"]),
            "harm_caught": float(on_harm["caught"]),
            "harm_total": float(self.harm.sum() + self.harm_new[0].sum()),
            "harm_best_share": float(on_harm["best_share"]),
            "count_caught_share": float(on_count["caught_share"]),
            "n_total": int(self.n.sum() + self.n_new[0].sum()),
            "count_best_share": float(on_count["best_share"]),
            "pai_count": float(on_count["pai"]),
            "pei_count": float(on_count["pei"]),
            "rri_recapture": float(on_harm["rri_recapture"]),
            "rri_recovery": float(on_harm["rri_recovery"]),
            "harm_train_share": float(harm_before[order[:k]].sum() / harm_before.sum())
            if harm_before.sum()
            else np.nan,
        }
