"""Before it starts: the smallest fall that a design would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError, sample
from hotspots.trials.draw import redraw
from hotspots.trials.layout import Bools, Design
from hotspots.trials.scores import ALPHA, Floats, less_means, p_of, strata_of

POWER = 0.8
FALLS = np.round(np.arange(0.05, 0.901, 0.05), 2)  # tried for the minimum detectable effect


def minimum_detectable_effect(
    pre: pd.DataFrame, design: Design, draws: int, seed: int, simulations: int, compliance: Sequence[float] = (1.0,),
) -> pd.DataFrame:  # fmt: skip
    """The smallest fall on patrolled days that this design would find 80% of the time, for count and for harm.

    ``pre``: area, patrol_day, count, harm before the trial. Every simulated trial takes whole days of the pre-period at
    random, each for a day of the same weekday, so that zeros, bursts and days that are busy everywhere stay as they
    are; one of the design's redraws is its assignment; each event on a patrolled day is removed with the probability
    of the fall, and its harm with it; the test of `analyse` is applied.

    ``compliance``: shares of the days assigned that are patrolled, which ones chance decides; the others see no fall.

    Columns: measure, compliance, detectable_fall (share; NaN when even 90% would not be found), mc_error (standard
    error of that share from the number of simulations), largest_fall, power_at_largest, simulations, sentence. Misleads
    when the pre-period was busier than the trial will be, as it is when hot spots were chosen by it.
    """
    rng = np.random.default_rng([seed, 3])
    drawn = redraw(design, draws + 1, seed)
    trials = _Simulated(
        design, *_source(design, pre), strata_of(design), drawn, drawn.reshape(len(drawn), -1).astype(np.float32)
    )
    seeds = rng.integers(2**32, size=simulations)
    rows = [_detectable(trials, measure, seeds, share) for share in compliance for measure in ("count", "harm")]
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Simulated:
    """What simulated trials are made of: pre-period hot spots × days, and the assignments drawn."""

    design: Design
    count: Floats
    harm: Floats
    weekday: NDArray[np.int64]
    strata: NDArray[np.int64]
    drawn: Bools
    matrix: NDArray[np.float32]


def _source(design: Design, pre: pd.DataFrame) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The pre-period as hot spots × days (NaN where unknown), and each day's weekday."""
    if missing := [c for c in ("area", "patrol_day", "count", "harm") if c not in pre.columns]:
        raise HotspotsError(f"The table of the time before has no column {sample(missing)}.")
    areas = [dict(place)["area"] for place in design.places]
    table = pre.assign(area=pre["area"].astype(str), patrol_day=pd.to_datetime(pre["patrol_day"]))
    if absent := sorted(set(areas) - set(table["area"])):
        raise HotspotsError(f"The time before has no days for hot spots {sample(absent)}.")
    count, harm = (table.pivot(index="area", columns="patrol_day", values=v).loc[areas] for v in ("count", "harm"))
    weekday = pd.DatetimeIndex(count.columns).day_of_week.to_numpy()
    if lacking := sorted(set(range(7)) - set(weekday)):
        raise HotspotsError(f"The time before lacks {len(lacking)} days of the week: give whole weeks.")
    return count.to_numpy(dtype=float), harm.to_numpy(dtype=float), weekday


def _one_trial(trials: _Simulated, measure: str, fall: float, draw: int, seed: int, compliance: float) -> float:
    """The p value of one simulated trial with this fall on the days that are patrolled of those assigned."""
    rng = np.random.default_rng(seed)
    design, treated = trials.design, trials.drawn[draw]
    ranks = rng.random(len(design.days))
    source = np.empty(len(ranks), dtype=np.int64)
    for day in range(7):
        mine = np.flatnonzero(trials.weekday == day)
        there = design.days.day_of_week == day
        source[there] = mine[(ranks[there] * len(mine)).astype(np.int64)]
    count = trials.count[:, source]
    covered = ~np.isnan(count) & design.open_days
    n = np.where(covered, count, 0).astype(np.int64)
    fallen = rng.binomial(n, 1 - fall)
    patrolled = treated if compliance >= 1 else treated & (rng.random(treated.shape) < compliance)
    left = np.where(patrolled, fallen, n)
    values = left.astype(float)
    if measure == "harm":
        values = np.nan_to_num(trials.harm[:, source]) * left / np.maximum(n, 1)
    scores = trials.matrix @ less_means(values, covered, trials.strata).ravel().astype(np.float32)
    return p_of(np.concatenate([scores[draw : draw + 1], np.delete(scores, draw)]).astype(float))


def _detectable(trials: _Simulated, measure: str, seeds: NDArray[np.int64], compliance: float) -> dict[str, Any]:
    """The fall at which the power is reached, by halving over `FALLS`, then by a straight line between two of them."""
    held: dict[int, float] = {-1: ALPHA}

    def reached(k: int) -> bool:
        if k not in held:
            p = [
                _one_trial(trials, measure, FALLS[k], i % len(trials.drawn), int(s), compliance)
                for i, s in enumerate(seeds)
            ]
            held[k] = float(np.mean(np.array(p) <= ALPHA))
        return held[k] >= POWER

    largest, n = len(FALLS) - 1, len(seeds)
    row = {
        "measure": measure, "compliance": compliance, "detectable_fall": np.nan, "mc_error": np.nan,
        "largest_fall": float(FALLS[-1]),
    }  # fmt: skip
    if reached(largest):
        below, above = -1, largest
        while above - below > 1:
            middle = (below + above) // 2
            below, above = (below, middle) if reached(middle) else (middle, above)
        start = FALLS[below] if below >= 0 else 0.0
        slope = (held[above] - held[below]) / (FALLS[above] - start)
        row["detectable_fall"] = float(start + (POWER - held[below]) / slope)
        row["mc_error"] = float(np.sqrt(POWER * (1 - POWER) / n) / slope)
    return {**row, "power_at_largest": held[largest], "simulations": n, "sentence": _in_words(row, held[largest])}


def _in_words(row: dict[str, Any], at_largest: float) -> str:
    """The minimum detectable effect in words."""
    what = "events" if row["measure"] == "count" else "harm"
    if row["compliance"] < 1:
        return _in_words_under(row, at_largest, what)
    if np.isnan(row["detectable_fall"]):
        return (
            f"Even a fall of {row['largest_fall']:.0%} in {what} on patrolled days would be found in only"
            f" {at_largest:.0%} of such trials: this design cannot answer the question for {what}."
        )
    return (
        f"A fall of {row['detectable_fall']:.0%} in {what} on patrolled days (give or take"
        f" {1.96 * row['mc_error']:.0%}) would be found in {POWER:.0%} of such trials; smaller ones less often."
    )


def _in_words_under(row: dict[str, Any], at_largest: float, what: str) -> str:
    """The same where only so many of the days assigned are patrolled."""
    start = f"If only {row['compliance']:.0%} of the days assigned are patrolled"
    if np.isnan(row["detectable_fall"]):
        return (
            f"{start}, even a fall of {row['largest_fall']:.0%} in {what} on the days patrolled would be found in only"
            f" {at_largest:.0%} of such trials."
        )
    return f"{start}, it must be {row['detectable_fall']:.0%} in {what} on the days patrolled to be found as often."
