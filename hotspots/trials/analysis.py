"""What a randomised trial of patrols shows: patrolled against other place-days, compared as they were randomised.

Everything is compared within the same hot spot and day of the week (cluster trials: within the same BCU or other
stratum and day of the week) by Mantel–Haenszel sums. With y₁, n₁ the events and place-days patrolled and y₀, n₀ the
others of one stratum, n = n₀ + n₁:

- rate ratio θ = Σ y₁n₀/n ÷ Σ y₀n₁/n (Greenland & Robins 1985, doi:10.2307/2530643)
- difference per place-day δ = Σ (y₁n₀ − y₀n₁)/n ÷ Σ n₁n₀/n, for events and for harm

Chance is judged by the randomisation itself. The score S(w) = Σ (y₁n₀ − y₀n₁)/n is worked out for the assignment used
and for the redraws of the same design; p = (1 + number with |S| as large)/(redraws + 1), two-sided, for the sharp null
that no place-day would have had another outcome (Fisher 1935; Rosenbaum 2002, doi:10.1007/978-1-4757-3692-2). The 95%
interval inverts that test: it holds every θ (or δ) for which outcomes with the effect taken out, y/θ (or y − δ) on
patrolled days, are not refused at 5%. No distribution is assumed, so zeros, bursts, busy days and one murder do no
harm to its validity, only to its width.

When it misleads: effects that last into the next day, or that move events to another hot spot, break "no other
outcome" (wash-out days help with the first); one constant effect is assumed for the interval, not for the p value;
*as delivered* is not random: officers go where and when they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.change.estimates import verdict
from hotspots.change.words import FEWER, between, than_expected
from hotspots.trials import scores
from hotspots.trials.layout import Bools, Design
from hotspots.trials.scores import Data, Floats

FEW_CLUSTERS = 10
RATIO, DIFFERENCE, HARM = "count_rate_ratio", "count_per_place_day", "harm_days_per_place_day"
RING = "ring_rate_ratio"
LOOK = "A look, not the result of the trial: of three the smallest p is small by chance more often than it says."
LOOKS = {
    scores.FIRST_DAY: f"First patrolled day of a run against days with no patrol then or the day before. {LOOK}",
    scores.LATER_DAY: f"Second and later patrolled days of a run against the same days. {LOOK}",
    scores.DAY_AFTER: "Days without patrol after a patrolled one against the same days: what lasts into the next day,"
    f" and a reason to leave those days out (wash-out). {LOOK}",
}
NOT_RANDOM = (
    "As delivered is not a random comparison: officers go where and when they are needed, so this row can differ from"
    " the effect of patrols in either direction. As assigned is the result of the trial."
)


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What a trial shows. ``table`` has a row per way of counting days (counted_as) and measure: `TRIAL`, unshaped."""

    table: pd.DataFrame
    sentence: str  # events and harm, as assigned
    notes: tuple[str, ...]


def analyse(
    design: Design, outcomes: pd.DataFrame, redraws: Bools, settings: Settings, delivered: pd.DataFrame | None = None,
    washout_days: int = 0, unit: str = "days", ring: pd.DataFrame | None = None,
    consecutive: bool = False,
) -> TrialResult:  # fmt: skip
    """Events and harm on patrolled against other place-days, with p values and intervals by randomisation.

    ``outcomes``: area, patrol_day, count, harm and, if known, ``largest_harm`` (of the day's gravest event); a
    place-day without a row, or without a count, is missing and not zero. ``redraws``: of `redraw`. ``delivered``: area,
    patrol_day, minutes; a place-day is patrolled as delivered from the minutes of an adequate visit on. *As assigned*
    is always in the table. ``washout_days``: so many days after a patrolled one are left out of the others. ``unit`` of
    harm. As delivered: intervals from errors clustered by hot spot (t, hot spots − 1 degrees of freedom), as nobody
    randomised who was patrolled. ``ring``: as ``outcomes``, of the ground around the hot spots.
    ``consecutive``: the looks at days that follow each other, too.
    """
    if washout_days < 0:
        raise HotspotsError(f"{washout_days} wash-out days: give 0 or more.")
    data = _data(design, outcomes)
    table = _assigned(data, design.treated, redraws, washout_days)
    sentence = _sentence(table, unit)
    if ring is not None:
        table = pd.concat([table, _ring(design, ring, redraws, washout_days)])
    if consecutive and design.kind == "crossover":
        table = pd.concat([table, _looks(data, design.treated, redraws)])
    if delivered is not None:
        table = pd.concat([table, _delivered(design, data, delivered, washout_days, settings.visit_min_minutes)])
    if unit != "days":
        table["measure"] = table["measure"].replace({HARM: HARM.replace("days", unit)})
    notes = _notes(design, data, washout_days, delivered is not None, settings.large_harm_share)
    return TrialResult(table.reset_index(drop=True), sentence, notes)


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


def _data(design: Design, outcomes: pd.DataFrame) -> Data:
    """Outcomes of the trial's open days."""
    columns = ["count", "harm"] + (["largest_harm"] if "largest_harm" in outcomes.columns else [])
    count, harm, *rest = _grid(design, outcomes, columns, "outcomes")
    covered = ~np.isnan(count) & ~np.isnan(harm) & design.open_days
    if not (covered & design.treated).any() or not (covered & ~design.treated).any():
        raise HotspotsError("The table of outcomes has no patrolled days, or no other days, of the trial to compare.")
    total = harm[covered].sum()
    gravest = np.nanmax((rest[0] if rest else harm)[covered])
    largest = float(gravest / total) if total > 0 else float("nan")
    return Data(np.where(covered, count, 0), np.where(covered, harm, 0), covered, scores.strata_of(design), largest)


def _assigned(data: Data, treated: Bools, redraws: Bools, washout_days: int) -> pd.DataFrame:
    """The three measures by randomisation."""
    drawn = scores.scores_of(data, treated, redraws, washout_days)
    found = [
        scores.ratio_of(drawn),
        scores.difference_of(drawn[:, 0] + drawn[:, 1], drawn[:, 3]),
        scores.difference_of(drawn[:, 2], drawn[:, 3]),
    ]
    kept = data.covered & ~scores.washed_out(treated, washout_days)
    return _rows("assigned", data, treated, kept, found, _by_randomisation(redraws), "")


def _ring(design: Design, ring: pd.DataFrame, redraws: Bools, washout_days: int) -> pd.DataFrame:
    """Events around the hot spots on their patrolled days: where crime may have gone to, or fallen too."""
    data = _data(design, ring)
    drawn = scores.scores_of(data, design.treated, redraws, washout_days)
    kept = data.covered & ~scores.washed_out(design.treated, washout_days)
    method = f"Around the hot spots. {_by_randomisation(redraws)}"
    return _rows("assigned", data, design.treated, kept, [scores.ratio_of(drawn)], method, "", (RING,))


def _looks(data: Data, treated: Bools, redraws: Bools) -> pd.DataFrame:
    """Consecutive days: an estimate and a p of no effect of any patrol each, and no verdict."""
    method = f"Mantel–Haenszel; p by randomisation, of no effect of any patrol ({len(redraws)} redraws of the design)"
    parts = []
    for look, note in LOOKS.items():
        drawn = scores.look_scores(data, treated, redraws, look)
        up, down = drawn[0]
        ratio = float(up / -down) if up > 0 > down else np.nan
        mine, quiet = scores.looks_of(treated)[look]
        found = [(ratio, np.nan, np.nan, scores.p_of(drawn.sum(axis=1)))]
        parts.append(_rows("assigned", data, mine, data.covered & (mine | quiet), found, method, note, (look,)))
    return pd.concat(parts).assign(verdict="")


def _by_randomisation(redraws: Bools) -> str:
    return f"Mantel–Haenszel; interval and p by randomisation inference ({len(redraws)} redraws of the design)"


def _delivered(
    design: Design, data: Data, delivered: pd.DataFrame, washout_days: int, adequate_minutes: float
) -> pd.DataFrame:
    """The three measures by what was delivered: errors clustered by hot spot, and no claim of chance."""
    (minutes,) = _grid(design, delivered, ["minutes"], "delivered minutes")
    treated = np.nan_to_num(minutes) >= adequate_minutes
    kept = data.covered & ~np.isnan(minutes) & ~scores.washed_out(treated, washout_days)
    pull = scores.less_means(treated.astype(float), kept, data.strata)
    parts = [
        scores.less_means(part, kept, data.strata) * pull for part in np.moveaxis(scores.parts_of(data, treated), -1, 0)
    ]
    up, down, harm, room = (part.sum(axis=1) for part in parts)
    if room.sum() <= 0:
        found = [(np.nan,) * 4] * 3
    else:
        found = [scores.clustered_ratio(up, down), scores.clustered(up + down, room), scores.clustered(harm, room)]
    note = NOT_RANDOM + ("" if len(up) >= FEW_CLUSTERS else f" Only {len(up)} hot spots: the interval is rough.")
    return _rows("delivered", data, treated, kept, found, "Mantel–Haenszel; errors clustered by hot spot", note)


def _rows(
    counted_as: str, data: Data, treated: Bools, kept: Bools, found: Sequence[tuple[float, ...]], method: str,
    note: str, measures: Sequence[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """One row per measure."""
    rows: list[dict[str, Any]] = []
    for measure, (estimate, low, high, p) in zip(measures or (RATIO, DIFFERENCE, HARM), found, strict=True):
        values = data.harm if measure == HARM else data.count
        rows.append({
            "counted_as": counted_as, "measure": measure,
            "treated_days": int((kept & treated).sum()), "untreated_days": int((kept & ~treated).sum()),
            "treated_total": values[kept & treated].sum(), "untreated_total": values[kept & ~treated].sum(),
            "estimate": estimate, "ci_low": low, "ci_high": high, "p": p,
            "verdict": verdict(low, high, 1.0 if "ratio" in measure else 0.0),
            "largest_share": data.largest if measure == HARM else np.nan, "method": method, "note": note,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _sentence(table: pd.DataFrame, unit: str) -> str:
    """The answer on events and the answer on harm, as assigned."""
    rows = table.set_index("measure")
    ratio, harm = rows.loc[RATIO].to_dict(), rows.loc[HARM].to_dict()
    rate, low, high = (float(ratio[c]) for c in ("estimate", "ci_low", "ci_high"))
    events = "there is no rate to compare"
    if np.isfinite(rate):
        events = f"{than_expected(rate, FEWER, 'on other days')} ({between(low, high, FEWER)})"
    ends = f" (95% interval {harm['ci_low']:+,.2f} to {harm['ci_high']:+,.2f})"
    ends = " (no interval)" if np.isnan(float(harm["ci_low"])) else ends
    days = f"{harm['estimate']:+,.2f}{' days' if unit == 'days' else ''} of harm per hot spot and day{ends}"
    return f"{_opening(ratio['verdict'], 'events')}: {events}. {_opening(harm['verdict'], 'harm')}: {days}."


def _opening(verdict: Any, what: str) -> str:
    """'Events fell on patrolled days', or that there is no verdict."""
    if verdict == "can't tell":
        return f"Can't tell whether {what} changed on patrolled days"
    return f"{what.capitalize()} {verdict} on patrolled days"


def _notes(design: Design, data: Data, washout_days: int, delivered: bool, large: float) -> tuple[str, ...]:
    """What must stand beside the result; ``large``: the share of all harm from which one event is named."""
    notes = []
    if washout_days:
        washed = int((data.covered & scores.washed_out(design.treated, washout_days)).sum())
        days = counted(washout_days, "day")
        notes.append(f"{counted(washed, 'hot spot day')} without patrol up to {days} after a patrolled one: left out.")
    if missing := int(design.open_days.sum()) * len(data.covered) - int(data.covered.sum()):
        notes.append(f"{counted(missing, 'hot spot day')} without data: left out, not counted as zero.")
    if design.days_off:
        notes.append(f"{counted(len(design.days_off), 'day')} off: left out, for nobody randomised them.")
    if data.largest >= large:
        one = f"One event, or one day of one hot spot, holds {data.largest:.0%} of all harm"
        notes.append(f"{one}: the harm figure may hang on it.")
    if len(design.places) < FEW_CLUSTERS and design.kind == "cluster":
        notes.append(
            f"Only {counted(len(design.places), 'hot spot')} in a cluster trial: few assignments were possible."
        )
    return (*notes, *((NOT_RANDOM,) if delivered else ()))
