"""Scores of the assignment used and of its redraws, and the estimates, intervals and p values that follow from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.trials.layout import Bools, Design

ALPHA = 0.05
FIRST_DAY, LATER_DAY, DAY_AFTER = "first_day_rate_ratio", "later_day_rate_ratio", "day_after_rate_ratio"
DRAWS_AT_ONCE = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Data:
    """Hot spots × days: outcomes, whether they are known on an open day, and who is compared with whom."""

    count: Floats
    harm: Floats
    covered: Bools
    strata: NDArray[np.int64]
    largest: float


def strata_of(design: Design) -> NDArray[np.int64]:
    """Hot spot (cluster trials: stratum) and day of the week of each place-day, as one number."""
    group: NDArray[Any] = np.arange(len(design.places))
    if design.kind == "cluster":
        by = list(design.strata)
        group = design.areas.groupby(by).ngroup().to_numpy() if by else np.zeros(len(group), dtype=np.int64)
    return group[:, None] * 7 + design.days.day_of_week.to_numpy()[None, :]


def washed_out(treated: Bools, days: int) -> Bools:
    """Days that are not patrolled, within ``days`` after one that is (the last axis is days)."""
    after = np.zeros_like(treated)
    for k in range(1, min(days, treated.shape[-1] - 1) + 1):
        after[..., k:] |= treated[..., :-k]
    return after & ~treated


def less_means(values: Floats, covered: Bools, strata: NDArray[np.int64]) -> Floats:
    """Values less the mean of their stratum; 0 where unknown."""
    n = np.bincount(strata[covered], minlength=strata.max() + 1)
    means = np.bincount(strata[covered], weights=values[covered], minlength=len(n)) / np.maximum(n, 1)
    return np.where(covered, values - means[strata], 0.0)


def parts_of(data: Data, treated: Bools) -> Floats:
    """What scores are made of: events on patrolled days, on others, harm, patrolled; hot spots × days × 4."""
    return np.stack([data.count * treated, data.count * ~treated, data.harm, treated.astype(float)], axis=-1)


def scores_of(data: Data, treated: Bools, others: Bools, washout_days: int) -> Floats:
    """Each part's score, first for the assignment used, then for each redraw: (1 + redraws) × 4.

    A score is Σ (y₁n₀ − y₀n₁)/n = Σ over patrolled place-days of y less its stratum's mean. Without wash-out the means
    are the same in every draw and one product with the matrix of draws gives all scores.
    """
    parts, cells = parts_of(data, treated), data.covered.size
    out = np.empty((len(others) + 1, 4))
    each = [less_means(parts[..., j], data.covered, data.strata) for j in range(4)]
    centred = np.stack(each, axis=-1).reshape(cells, 4)
    for at in range(0, len(out), DRAWS_AT_ONCE):
        drawn = others[max(at - 1, 0) : at - 1 + DRAWS_AT_ONCE]
        drawn = drawn if at else np.concatenate([treated[None], drawn])
        if washout_days:
            out[at : at + len(drawn)] = [_washed_score(data, parts, w, washout_days) for w in drawn]
        else:
            out[at : at + len(drawn)] = drawn.reshape(len(drawn), cells).astype(np.float64) @ centred
    return out


def _washed_score(data: Data, parts: Floats, drawn: Bools, washout_days: int) -> Floats:
    """The four scores of one draw, with the days after its own patrolled days left out."""
    kept = data.covered & ~washed_out(drawn, washout_days)
    strata, size = data.strata[kept], int(data.strata.max()) + 1
    n = np.maximum(np.bincount(strata, minlength=size), 1)
    patrolled = drawn[kept].astype(float)
    pull = patrolled - (np.bincount(strata, weights=patrolled, minlength=size) / n)[strata]
    return np.asarray(pull @ parts[kept])


def looks_of(treated: Bools) -> dict[str, tuple[Bools, Bools]]:
    """Consecutive days, each with the days it is compared with (the last axis is days): patrolled on the first day of a
    run, patrolled on a later one, and not patrolled but the day after; against days without patrol on either.

    Of the first day of a trial nobody knows what came before, so it is in none.
    """
    before = np.zeros_like(treated)
    before[..., 1:] = treated[..., :-1]
    known = np.zeros_like(treated)
    known[..., 1:] = True
    quiet = ~treated & ~before & known
    return {
        FIRST_DAY: (treated & ~before & known, quiet), LATER_DAY: (treated & before & known, quiet),
        DAY_AFTER: (~treated & before & known, quiet),
    }  # fmt: skip


def look_scores(data: Data, treated: Bools, others: Bools, look: str) -> Floats:
    """Events on the days looked at and on those compared, less their share in each stratum: (1 + redraws) × 2."""
    out = np.empty((len(others) + 1, 2))
    size = int(data.strata.max()) + 1
    for i, drawn in enumerate(np.concatenate([treated[None], others])):
        mine, quiet = looks_of(drawn)[look]
        kept = data.covered & (mine | quiet)
        strata, inside = data.strata[kept], mine[kept].astype(float)
        n = np.maximum(np.bincount(strata, minlength=size), 1)
        pull = (inside - (np.bincount(strata, weights=inside, minlength=size) / n)[strata]) * data.count[kept]
        out[i] = (pull * inside).sum(), (pull * (1 - inside)).sum()
    return out


def p_of(scores: Floats) -> float:
    """Two-sided: the share of draws, the one used among them, whose score is as large."""
    size = np.abs(scores)
    return float((1 + (size[1:] >= size[0] - 1e-9 * max(1.0, size.max())).sum()) / len(scores))


def _edge(refused: Callable[[float], bool], start: float, step: float, furthest: float) -> float:
    """Where the test begins to refuse, going from ``start`` by ``step``; infinite when it never does."""
    inside, outside = start, start + step
    while not refused(outside):
        inside, outside = outside, start + 2 * (outside - start)
        if abs(outside - start) > furthest:
            return float(np.copysign(np.inf, step))
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if refused(middle) else (middle, outside)
    return (inside + outside) / 2


def ratio_of(scores: Floats) -> tuple[float, float, float, float]:
    """Rate ratio, interval and p: the score at θ is (events on patrolled days)/θ + (events on others)."""
    up, down = scores[:, 0], scores[:, 1]
    p = p_of(up + down)
    if up[0] <= 0 and down[0] >= 0:
        return np.nan, 0.0, np.inf, p
    estimate = up[0] / -down[0] if down[0] < 0 else np.inf
    start = float(np.log(np.clip(estimate, 1e-3, 1e3)))

    def refused(log_ratio: float) -> bool:
        return p_of(up + down * np.exp(log_ratio)) <= ALPHA

    low = 0.0 if estimate == 0 else float(np.exp(_edge(refused, start, -0.1, 12)))
    high = np.inf if np.isinf(estimate) else float(np.exp(_edge(refused, start, 0.1, 12)))
    return float(estimate), low, high, p


def difference_of(score: Floats, patrolled: Floats) -> tuple[float, float, float, float]:
    """Difference per place-day, interval and p: the score at δ is that of y − δ on patrolled days."""
    estimate, spread = float(score[0] / patrolled[0]), float(score[1:].std() / patrolled[0])
    p = p_of(score)
    if spread == 0:
        return estimate, np.nan, np.nan, p

    def refused(delta: float) -> bool:
        return p_of(score - delta * patrolled) <= ALPHA

    low, high = (_edge(refused, estimate, sign * spread / 4, 1e4 * spread) for sign in (-1, 1))
    return estimate, low, high, p


def clustered(score: Floats, room: Floats) -> tuple[float, float, float, float]:
    """Difference with interval and p: se² = A/(A − 1) Σ (score − δ room)² / (Σ room)² over the A hot spots."""
    estimate, n = float(score.sum() / room.sum()), len(score)
    se = float(np.sqrt(n / (n - 1) * ((score - estimate * room) ** 2).sum()) / room.sum())
    return _student(estimate, se, n - 1)


def clustered_ratio(up: Floats, down: Floats) -> tuple[float, float, float, float]:
    """Rate ratio: the same on its logarithm, with the score up/θ + down."""
    if up.sum() <= 0 or down.sum() >= 0:
        return (np.nan,) * 4
    ratio, n = float(up.sum() / -down.sum()), len(up)
    se = float(np.sqrt(n / (n - 1) * ((up / ratio + down) ** 2).sum()) / -down.sum())
    _, low, high, p = _student(float(np.log(ratio)), se, n - 1)
    return ratio, float(np.exp(low)), float(np.exp(high)), p


def _student(estimate: float, se: float, df: int) -> tuple[float, float, float, float]:
    """Estimate, 95% interval and two-sided p by Student's t."""
    from scipy.special import stdtr, stdtrit

    reach = stdtrit(df, 1 - ALPHA / 2) * se
    return estimate, estimate - reach, estimate + reach, float(2 * stdtr(df, -abs(estimate) / se)) if se > 0 else np.nan
