"""What a randomised trial of patrols shows: patrolled against other place-days, compared as the lot compared them.

Everything is compared within the same hot spot and day of the week (cluster trials: within the same BCU or other
stratum and day of the week) by Mantel–Haenszel sums. With y₁, n₁ the events and place-days patrolled and y₀, n₀ the
others of one stratum, n = n₀ + n₁:

- rate ratio θ = Σ y₁n₀/n ÷ Σ y₀n₁/n (Greenland & Robins 1985, doi:10.2307/2530643)
- difference per place-day δ = Σ (y₁n₀ − y₀n₁)/n ÷ Σ n₁n₀/n, for events and for harm

Chance is judged by the lot itself. The score S(w) = Σ (y₁n₀ − y₀n₁)/n is worked out for the assignment used and for
the redraws of the same design; p = (1 + number with |S| as large)/(redraws + 1), two-sided, for the sharp null that
no place-day would have had another outcome (Fisher 1935; Rosenbaum 2002, doi:10.1007/978-1-4757-3692-2). The 95%
interval inverts that test: it holds every θ (or δ) for which outcomes with the effect taken out, y/θ (or y − δ) on
patrolled days, are not refused at 5%. No distribution is assumed, so zeros, bursts, busy days and one murder do no
harm to its validity, only to its width.

When it misleads: effects that last into the next day, or that move events to another hot spot, break "no other
outcome" (wash-out days help with the first); one constant effect is assumed for the interval, not for the p value;
*as delivered* is not random: officers go where and when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.change.trials import Bools, Design, redraw
from hotspots.errors import HotspotsError, sample

ALPHA = 0.05
DRAWS = 999
ADEQUATE_MINUTES = 10.0  # of patrol make a place-day a patrolled one, as delivered: an adequate visit's length
DRAWS_AT_ONCE = 64
LARGE_SHARE = 0.5  # of all harm in one event, or one place-day: say so
FEW_CLUSTERS = 10
FALLS = np.round(np.arange(0.05, 0.901, 0.05), 2)  # tried for the minimum detectable effect

COLUMNS = (
    "as_", "measure", "treated_days", "untreated_days", "treated_total", "untreated_total", "estimate", "ci_low",
    "ci_high", "p", "word", "largest_share", "method", "note",
)  # fmt: skip
RATIO, DIFFERENCE, HARM = "count_rate_ratio", "count_per_place_day", "harm_days_per_place_day"
NOT_RANDOM = (
    "As delivered is not a random comparison: officers go where and when they are needed, so this row can differ from"
    " the effect of patrols in either direction. As assigned is the result of the trial."
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What a trial shows. ``table`` holds one row per way of counting days (as_) and measure, in `COLUMNS`."""

    table: pd.DataFrame
    as_: str
    sentence: str
    notes: tuple[str, ...]
    washout_days: int
    washed_out: int
    missing: int
    draws: int
    seed: int


@dataclass(frozen=True, eq=False)
class _Data:
    """Hot spots × days: outcomes, whether they are known on an open day, and who is compared with whom."""

    count: Floats
    harm: Floats
    known: Bools
    strata: NDArray[np.int64]
    largest: float


def analyse(
    design: Design,
    outcomes: pd.DataFrame,
    delivered: pd.DataFrame | None = None,
    as_: str = "assigned",
    washout_days: int = 0,
    draws: int = DRAWS,
    seed: int = 1,
    redraws: Bools | None = None,
    adequate_minutes: float = ADEQUATE_MINUTES,
) -> TrialResult:
    """Events and harm on patrolled against other place-days, with the lot's own p values and intervals.

    ``outcomes``: area, patrol_day, count, harm (days) and, if known, ``largest_harm`` (of the day's gravest event); a
    place-day without a row, or without a count, is missing and not zero. ``delivered``: area, patrol_day, minutes; a
    place-day is patrolled as delivered from ``adequate_minutes`` on. *As assigned* is always in the table; ``as_``
    chooses what the sentence tells. ``washout_days``: so many days after a patrolled one are left out of the others.
    ``redraws``: those of `trials.redraw`, where they are at hand. As delivered: intervals from errors clustered by hot
    spot (t, hot spots − 1 degrees of freedom), as no lot decided who was patrolled.
    """
    if as_ not in ("assigned", "delivered") or (as_ == "delivered" and delivered is None):
        raise HotspotsError("Count days 'assigned', or 'delivered' with a table of the minutes that were delivered.")
    if washout_days < 0:
        raise HotspotsError(f"{washout_days} wash-out days: give 0 or more.")
    data = _data(design, outcomes)
    others = redraw(design, draws, seed) if redraws is None else redraws
    washed = data.known & _washed(design.treated, washout_days)
    table = _assigned(data, design.treated, others, washout_days)
    if delivered is not None:
        table = pd.concat([table, _delivered(design, data, delivered, washout_days, adequate_minutes)])
    missing = int(design.open_days.sum()) * len(data.known) - int(data.known.sum())
    notes = _notes(design, table, washout_days, int(washed.sum()), missing, delivered is not None)
    return TrialResult(
        table[list(COLUMNS)].reset_index(drop=True), as_, _sentence(table[table["as_"] == as_]), notes, washout_days,
        int(washed.sum()), missing, len(others), seed,
    )  # fmt: skip


# ---- tables to arrays ----


def _grid(design: Design, table: pd.DataFrame, columns: list[str], what: str) -> list[Floats]:
    """The table's columns as hot spots × days, NaN where there is no row. Days outside the trial are left out."""
    if missing := [c for c in ("area", "patrol_day", *columns) if c not in table.columns]:
        raise HotspotsError(f"The table of {what} has no column {sample(missing)}.")
    areas = pd.Index([dict(place)["area"] for place in design.places])
    row = areas.get_indexer(pd.Index(table["area"].astype(str)))
    day = design.days.get_indexer(pd.DatetimeIndex(pd.to_datetime(table["patrol_day"])))
    if (row < 0).any():
        raise HotspotsError(
            f"The table of {what} has hot spots that are not in the trial: {sample(table.loc[row < 0, 'area'])}."
            " Leave them out."
        )
    inside = day >= 0
    if len(cells := (row * len(design.days) + day)[inside]) != len(np.unique(cells)):
        raise HotspotsError(f"The table of {what} has several rows for one hot spot and day: add them up first.")
    out = []
    for column in columns:
        values = np.full(design.treated.shape, np.nan)
        values[row[inside], day[inside]] = table[column].to_numpy(dtype=float, na_value=np.nan)[inside]
        if (values < 0).any():
            raise HotspotsError(f"Column '{column}' of the table of {what} has values below zero.")
        out.append(values)
    return out


def _data(design: Design, outcomes: pd.DataFrame) -> _Data:
    """Outcomes of the trial's open days."""
    columns = ["count", "harm"] + (["largest_harm"] if "largest_harm" in outcomes.columns else [])
    count, harm, *rest = _grid(design, outcomes, columns, "outcomes")
    known = ~np.isnan(count) & ~np.isnan(harm) & design.open_days
    if not (known & design.treated).any() or not (known & ~design.treated).any():
        raise HotspotsError("The table of outcomes has no patrolled days, or no other days, of the trial to compare.")
    total = harm[known].sum()
    gravest = np.nanmax((rest[0] if rest else harm)[known])
    largest = float(gravest / total) if total > 0 else float("nan")
    return _Data(np.where(known, count, 0), np.where(known, harm, 0), known, _strata(design), largest)


def _strata(design: Design) -> NDArray[np.int64]:
    """Hot spot (cluster trials: stratum) and day of the week of each place-day, as one number."""
    group: NDArray[Any] = np.arange(len(design.places))
    if design.kind == "cluster":
        by = list(design.strata)
        group = design.areas.groupby(by).ngroup().to_numpy() if by else np.zeros(len(group), dtype=np.int64)
    return group[:, None] * 7 + design.days.day_of_week.to_numpy()[None, :]


def _washed(treated: Bools, days: int) -> Bools:
    """Days that are not patrolled, within ``days`` after one that is (the last axis is days)."""
    after = np.zeros_like(treated)
    for k in range(1, min(days, treated.shape[-1] - 1) + 1):
        after[..., k:] |= treated[..., :-k]
    return after & ~treated


# ---- scores ----


def _centred(values: Floats, known: Bools, strata: NDArray[np.int64]) -> Floats:
    """Values less the mean of their stratum; 0 where unknown."""
    n = np.bincount(strata[known], minlength=strata.max() + 1)
    means = np.bincount(strata[known], weights=values[known], minlength=len(n)) / np.maximum(n, 1)
    return np.where(known, values - means[strata], 0.0)


def _parts(data: _Data, treated: Bools) -> Floats:
    """What scores are made of: events on patrolled days, on others, harm, patrolled; hot spots × days × 4."""
    return np.stack([data.count * treated, data.count * ~treated, data.harm, treated.astype(float)], axis=-1)


def _scores(data: _Data, treated: Bools, others: Bools, washout_days: int) -> Floats:
    """Each part's score, first for the assignment used, then for each redraw: (1 + redraws) × 4.

    A score is Σ (y₁n₀ − y₀n₁)/n = Σ over patrolled place-days of y less its stratum's mean. Without wash-out the means
    are the same in every draw and one product with the matrix of draws gives all scores.
    """
    parts, cells = _parts(data, treated), data.known.size
    out = np.empty((len(others) + 1, 4))
    centred = np.stack([_centred(parts[..., j], data.known, data.strata) for j in range(4)], axis=-1).reshape(cells, 4)
    for at in range(0, len(out), DRAWS_AT_ONCE):
        drawn = others[max(at - 1, 0) : at - 1 + DRAWS_AT_ONCE]
        drawn = drawn if at else np.concatenate([treated[None], drawn])
        if washout_days:
            out[at : at + len(drawn)] = [_washed_score(data, parts, w, washout_days) for w in drawn]
        else:
            out[at : at + len(drawn)] = drawn.reshape(len(drawn), cells).astype(np.float64) @ centred
    return out


def _washed_score(data: _Data, parts: Floats, drawn: Bools, washout_days: int) -> Floats:
    """The four scores of one draw, with the days after its own patrolled days left out."""
    kept = data.known & ~_washed(drawn, washout_days)
    strata, size = data.strata[kept], int(data.strata.max()) + 1
    n = np.maximum(np.bincount(strata, minlength=size), 1)
    lot = drawn[kept].astype(float)
    pull = lot - (np.bincount(strata, weights=lot, minlength=size) / n)[strata]
    return np.asarray(pull @ parts[kept])


# ---- as assigned ----


def _p(scores: Floats) -> float:
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


def _ratio(scores: Floats, alpha: float = ALPHA) -> tuple[float, float, float, float]:
    """Rate ratio, interval and p: the score at θ is (events on patrolled days)/θ + (events on others)."""
    up, down = scores[:, 0], scores[:, 1]
    p = _p(up + down)
    if up[0] <= 0 and down[0] >= 0:
        return np.nan, 0.0, np.inf, p
    estimate = up[0] / -down[0] if down[0] < 0 else np.inf
    start = float(np.log(np.clip(estimate, 1e-3, 1e3)))

    def refused(log_ratio: float) -> bool:
        return _p(up + down * np.exp(log_ratio)) <= alpha

    low = 0.0 if estimate == 0 else float(np.exp(_edge(refused, start, -0.1, 12)))
    high = np.inf if np.isinf(estimate) else float(np.exp(_edge(refused, start, 0.1, 12)))
    return float(estimate), low, high, p


def _difference(score: Floats, lot: Floats, alpha: float = ALPHA) -> tuple[float, float, float, float]:
    """Difference per place-day, interval and p: the score at δ is that of y − δ on patrolled days."""
    estimate, spread = float(score[0] / lot[0]), float(score[1:].std() / lot[0])
    p = _p(score)
    if spread == 0:
        return estimate, np.nan, np.nan, p

    def refused(delta: float) -> bool:
        return _p(score - delta * lot) <= alpha

    low, high = (_edge(refused, estimate, sign * spread / 4, 1e4 * spread) for sign in (-1, 1))
    return estimate, low, high, p


def _assigned(data: _Data, treated: Bools, others: Bools, washout_days: int) -> pd.DataFrame:
    """The three measures by the lot."""
    scores = _scores(data, treated, others, washout_days)
    found = [
        _ratio(scores),
        _difference(scores[:, 0] + scores[:, 1], scores[:, 3]),
        _difference(scores[:, 2], scores[:, 3]),
    ]
    kept = data.known & ~_washed(treated, washout_days)
    method = f"Mantel–Haenszel; interval and p by randomisation inference ({len(others)} redraws of the design)"
    return _rows("assigned", data, treated, kept, found, method, "")


# ---- as delivered ----


def _delivered(
    design: Design, data: _Data, delivered: pd.DataFrame, washout_days: int, adequate_minutes: float
) -> pd.DataFrame:
    """The three measures by what was delivered: errors clustered by hot spot, and no claim of chance."""
    (minutes,) = _grid(design, delivered, ["minutes"], "delivered minutes")
    treated = np.nan_to_num(minutes) >= adequate_minutes
    kept = data.known & ~np.isnan(minutes) & ~_washed(treated, washout_days)
    lot = treated.astype(float)
    pull = _centred(lot, kept, data.strata)
    parts = [_centred(part, kept, data.strata) * pull for part in np.moveaxis(_parts(data, treated), -1, 0)]
    up, down, harm, room = (part.sum(axis=1) for part in parts)
    if room.sum() <= 0:
        found = [(np.nan,) * 4] * 3
    else:
        found = [_clustered_ratio(up, down), _clustered(up + down, room), _clustered(harm, room)]
    note = NOT_RANDOM + ("" if len(up) >= FEW_CLUSTERS else f" Only {len(up)} hot spots: the interval is rough.")
    return _rows("delivered", data, treated, kept, found, "Mantel–Haenszel; errors clustered by hot spot", note)


def _clustered(score: Floats, room: Floats) -> tuple[float, float, float, float]:
    """Difference with interval and p: se² = A/(A − 1) Σ (score − δ room)² / (Σ room)² over the A hot spots."""
    estimate, n = float(score.sum() / room.sum()), len(score)
    se = float(np.sqrt(n / (n - 1) * ((score - estimate * room) ** 2).sum()) / room.sum())
    return _student(estimate, se, n - 1)


def _clustered_ratio(up: Floats, down: Floats) -> tuple[float, float, float, float]:
    """Rate ratio: the same on its logarithm, with the score up/θ + down."""
    if up.sum() <= 0 or down.sum() >= 0:
        return (np.nan,) * 4
    ratio, n = float(up.sum() / -down.sum()), len(up)
    se = float(np.sqrt(n / (n - 1) * ((up / ratio + down) ** 2).sum()) / -down.sum())
    _, low, high, p = _student(float(np.log(ratio)), se, n - 1)
    return ratio, float(np.exp(low)), float(np.exp(high)), p


def _student(estimate: float, se: float, df: int) -> tuple[float, float, float, float]:
    """Estimate, 95% interval and two-sided p by Student's t."""
    from scipy.stats import t

    reach = t.ppf(1 - ALPHA / 2, df) * se
    return estimate, estimate - reach, estimate + reach, float(2 * t.sf(abs(estimate) / se, df)) if se > 0 else np.nan


# ---- words ----


def _rows(
    as_: str, data: _Data, treated: Bools, kept: Bools, found: Sequence[tuple[float, ...]], method: str, note: str
) -> pd.DataFrame:
    """One row per measure."""
    rows: list[dict[str, Any]] = []
    for measure, (estimate, low, high, p) in zip((RATIO, DIFFERENCE, HARM), found, strict=True):
        values = data.harm if measure == HARM else data.count
        rows.append({
            "as_": as_, "measure": measure,
            "treated_days": int((kept & treated).sum()), "untreated_days": int((kept & ~treated).sum()),
            "treated_total": values[kept & treated].sum(), "untreated_total": values[kept & ~treated].sum(),
            "estimate": estimate, "ci_low": low, "ci_high": high, "p": p,
            "word": word(low, high, 1.0 if measure == RATIO else 0.0),
            "largest_share": data.largest if measure == HARM else np.nan, "method": method, "note": note,
        })  # fmt: skip
    return pd.DataFrame(rows)


def word(low: float, high: float, nothing: float) -> str:
    """fell, rose or can't tell, by the interval alone; ``nothing`` is the value of no effect."""
    return "fell" if high < nothing else "rose" if low > nothing else "can't tell"


def _sentence(table: pd.DataFrame) -> str:
    """The answer on events and the answer on harm."""
    rows = table.set_index("measure")
    ratio, harm = rows.loc[RATIO], rows.loc[HARM]
    events = (
        f"{_number(ratio['estimate'])} times the rate of other days (95% interval {_number(ratio['ci_low'])} to"
        f" {_number(ratio['ci_high'])})"
    )
    days = (
        f"{harm['estimate']:+,.2f} days of harm per hot spot and day (95% interval {harm['ci_low']:+,.2f} to"
        f" {harm['ci_high']:+,.2f})"
    )
    return f"{_opening(ratio['word'], 'events')}: {events}. {_opening(harm['word'], 'harm')}: {days}."


def _opening(verdict: Any, what: str) -> str:
    """'Events fell on patrolled days', or that nobody can tell."""
    if verdict == "can't tell":
        return f"Can't tell whether {what} changed on patrolled days"
    return f"{what.capitalize()} {verdict} on patrolled days"


def _number(value: Any) -> str:
    """A rate ratio with two digits."""
    return "unlimited" if np.isinf(value) else "unknown" if np.isnan(value) else f"{value:.2f}"


def _notes(
    design: Design, table: pd.DataFrame, washout_days: int, washed: int, missing: int, delivered: bool
) -> tuple[str, ...]:
    """What must stand beside the result."""
    notes = []
    if washout_days:
        notes.append(
            f"{washed:,} place-days without patrol within {washout_days} days after a patrolled one are left out."
        )
    if missing:
        notes.append(f"{missing:,} place-days have no data and are left out; they are not counted as zero.")
    if design.days_off:
        notes.append(f"{len(design.days_off)} days off are left out: nobody drew lots for them.")
    share = table["largest_share"].max()
    if share >= LARGE_SHARE:
        notes.append(f"One event or place-day supplies {share:.0%} of all harm: the harm figure hangs on it.")
    if len(design.places) < FEW_CLUSTERS and design.kind == "cluster":
        notes.append(f"Only {len(design.places)} hot spots were drawn: few assignments were possible.")
    return (*notes, *((NOT_RANDOM,) if delivered else ()))


# ---- before it starts ----


def minimum_detectable_effect(
    pre: pd.DataFrame,
    design: Design,
    power: float = 0.8,
    alpha: float = ALPHA,
    draws: int = 199,
    seed: int = 1,
    simulations: int = 200,
) -> pd.DataFrame:
    """The smallest fall on patrolled days that this design would find ``power`` of the time, for count and for harm.

    ``pre``: area, patrol_day, count, harm before the trial; or with ``week`` (its first day) in place of patrol_day,
    whose events are then spread over the seven days by lot. Every simulated trial takes whole days of the pre-period
    at random, each for a day of the same weekday, so that zeros, bursts and days that are busy everywhere stay as
    they are; one of the design's redraws is its assignment; each event on a patrolled day is removed with the
    probability of the fall, and its harm with it; the test of `analyse` is applied.

    Columns: measure, detectable_fall (share; NaN when even 90% would not be found), mc_error (standard error of
    that share from the number of simulations), largest_fall, power_at_largest, simulations, sentence. Misleads when
    the pre-period was busier than the trial will be, as it is when hot spots were chosen by it.
    """
    if not 0 < power < 1 or not 0 < alpha < 1:
        raise HotspotsError("Power and alpha are shares between 0 and 1.")
    if (1 + draws) * alpha < 1:
        raise HotspotsError(f"{draws} redraws cannot give a p value of {alpha:g}: ask for {int(1 / alpha)} or more.")
    daily = _from_weeks(pre, seed) if "week" in pre.columns and "patrol_day" not in pre.columns else pre
    rng = np.random.default_rng([seed, 3])
    lots = redraw(design, draws + 1, seed)
    trials = _Simulated(design, *_source(design, daily), lots, lots.reshape(len(lots), -1).astype(np.float32))
    seeds = rng.integers(2**32, size=simulations)
    rows = [_detectable(trials, measure, power, alpha, seeds) for measure in ("count", "harm")]
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Simulated:
    """What simulated trials are made of: pre-period hot spots × days, and the lots."""

    design: Design
    count: Floats
    harm: Floats
    weekday: NDArray[np.int64]
    lots: Bools
    matrix: NDArray[np.float32]


def _from_weeks(pre: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Weekly counts spread over the days of the week at random; harm goes with the events."""
    rng = np.random.default_rng([seed, 4])
    known = pre.dropna(subset=["count", "harm"])
    n = known["count"].to_numpy(dtype=np.int64)
    spread = rng.multinomial(n, np.full(7, 1 / 7))
    harm = spread * (known["harm"].to_numpy(dtype=float) / np.maximum(n, 1))[:, None]
    days = pd.to_datetime(known["week"]).to_numpy()[:, None] + np.arange(7).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "area": np.repeat(known["area"].to_numpy(), 7),
            "patrol_day": days.ravel(),
            "count": spread.ravel(),
            "harm": harm.ravel(),
        }
    )


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


def _one_trial(trials: _Simulated, measure: str, fall: float, lot: int, seed: int) -> float:
    """The p value of one simulated trial with this fall on patrolled days."""
    rng = np.random.default_rng(seed)
    design, treated = trials.design, trials.lots[lot]
    ranks = rng.random(len(design.days))
    source = np.empty(len(ranks), dtype=np.int64)
    for day in range(7):
        mine = np.flatnonzero(trials.weekday == day)
        there = design.days.day_of_week == day
        source[there] = mine[(ranks[there] * len(mine)).astype(np.int64)]
    count = trials.count[:, source]
    known = ~np.isnan(count) & design.open_days
    n = np.where(known, count, 0).astype(np.int64)
    left = np.where(treated, rng.binomial(n, 1 - fall), n)
    values = left.astype(float)
    if measure == "harm":
        values = np.nan_to_num(trials.harm[:, source]) * left / np.maximum(n, 1)
    scores = trials.matrix @ _centred(values, known, _strata(design)).ravel().astype(np.float32)
    return _p(np.concatenate([scores[lot : lot + 1], np.delete(scores, lot)]).astype(float))


def _detectable(
    trials: _Simulated, measure: str, power: float, alpha: float, seeds: NDArray[np.int64]
) -> dict[str, Any]:
    """The fall at which the power is reached, by halving over `FALLS`, then by a straight line between two of them."""
    held: dict[int, float] = {-1: alpha}

    def reached(k: int) -> bool:
        if k not in held:
            p = [_one_trial(trials, measure, FALLS[k], i % len(trials.lots), int(s)) for i, s in enumerate(seeds)]
            held[k] = float(np.mean(np.array(p) <= alpha))
        return held[k] >= power

    largest, n = len(FALLS) - 1, len(seeds)
    row = {"measure": measure, "detectable_fall": np.nan, "mc_error": np.nan, "largest_fall": float(FALLS[-1])}
    if reached(largest):
        below, above = -1, largest
        while above - below > 1:
            middle = (below + above) // 2
            below, above = (below, middle) if reached(middle) else (middle, above)
        start = FALLS[below] if below >= 0 else 0.0
        slope = (held[above] - held[below]) / (FALLS[above] - start)
        row["detectable_fall"] = float(start + (power - held[below]) / slope)
        row["mc_error"] = float(np.sqrt(power * (1 - power) / n) / slope)
    return {**row, "power_at_largest": held[largest], "simulations": n, "sentence": _told(row, power, held[largest])}


def _told(row: dict[str, Any], power: float, at_largest: float) -> str:
    """The minimum detectable effect in words."""
    what = "events" if row["measure"] == "count" else "harm"
    if np.isnan(row["detectable_fall"]):
        return (
            f"Even a fall of {row['largest_fall']:.0%} in {what} on patrolled days would be found in only"
            f" {at_largest:.0%} of such trials: this design cannot answer the question for {what}."
        )
    return (
        f"A fall of {row['detectable_fall']:.0%} in {what} on patrolled days (give or take"
        f" {1.96 * row['mc_error']:.0%}) would be found in {power:.0%} of such trials; smaller ones less often."
    )
