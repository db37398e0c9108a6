"""Incidents of a workspace as change needs them: rows with their place, day, side and harm, and sums of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.months import Window, add_months, months_between
from hotspots.change.estimates.panel import covered
from hotspots.change.settling import Settled
from hotspots.geography import Boundaries, boundaries_of
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import SCORED
from hotspots.ranking.gather import build_cell_periods, code_and_score, gather, observed
from hotspots.ranking.pipeline import cells_by_bcu
from hotspots.store.workspace import Workspace

EDGES = (10.0, 100.0, 1_000.0)  # days; a band begins at its edge
NO_WEIGHT = "no weight"


def band_of(scores: pd.DataFrame, unit: str = "days") -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(each offence's band, the names of all bands): 0 is no weight, then from the lightest to the gravest.

    Light and grave offences change for different reasons, and are kept apart. ``scores``: a row per distinct offence
    with status and days, as `hotspots.harm.scoring.score_offences` gives it; an offence whose weight is ambiguous or
    missing has none. ``unit`` of the weight set names the bands, which begin at `EDGES` whatever the unit.
    """
    days = scores["days"].to_numpy(dtype=float)
    scored = (scores["status"].to_numpy(dtype=object) == SCORED) & np.isfinite(days)
    codes = np.where(scored, 1 + np.searchsorted(EDGES, np.where(scored, days, 0.0), side="right"), 0)
    between = (f"{a:,.0f} to {b - 1:,.0f} {unit}" for a, b in pairwise(EDGES))
    names = (NO_WEIGHT, f"under {EDGES[0]:g} {unit}", *between, f"{EDGES[-1]:,.0f} {unit} and more")
    return codes.astype(np.int64), names


BEFORE, AFTER = "before", "after"
WEEK = 7
PERIODS = ("period", "first", "last", "exposure", "side")


@dataclass(frozen=True, eq=False, kw_only=True)
class Counted:
    """The offence rows of the whole history, and the cube of the window that the expected level is made of.

    ``rows``: record, cell, month, day, code (row of ``scores``), days (harm; nan where unscored), side ("before",
    "after" or ""), local_from and local_to where the source has them.
    """

    rows: pd.DataFrame
    scores: pd.DataFrame
    whose: pd.DataFrame  # cell, district, bcu of every cell of the rows
    boundaries: Boundaries
    cube: pd.DataFrame  # cell × month × offence of the learned window, whole force
    chosen: pd.DataFrame  # the same of the window by which cells were chosen
    months: tuple[int, ...]  # of the learned window that are held
    exposure: tuple[float, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def count(workspace: Workspace, asked: Settled) -> Counted:
    """Gather and score once, for every window of the question."""
    window = Window(
        min(asked.history.start, asked.learned.start, asked.before.start), max(asked.after.end, asked.before.end)
    )
    found = gather(workspace, asked.source, window, replace(asked.ranking, bcu="all"))
    codes, scores = code_and_score(found.rows, asked.weights)
    rows = rows_of(found.rows, codes, scores, asked)
    boundaries = boundaries_of(workspace)
    whose = cells_by_bcu(boundaries, rows, found.rows)
    counted = counted_rows(rows.reset_index(drop=True), scores, whose, boundaries, asked)
    return replace(counted, notes=tuple(found.notes), warnings=tuple(found.warnings))


def counted_rows(
    rows: pd.DataFrame, scores: pd.DataFrame, whose: pd.DataFrame, boundaries: Boundaries, asked: Settled
) -> Counted:
    """`Counted` of rows that are coded already."""
    months = [m for m in months_between(*asked.learned.months) if m not in set(asked.held)]
    months, exposure = observed(asked.learned, months)
    return Counted(
        rows=rows, scores=scores, whose=whose, boundaries=boundaries, cube=cube_of(inside(rows, asked.learned)),
        chosen=cube_of(inside(rows, asked.chosen)), months=tuple(months), exposure=tuple(exposure), notes=(),
        warnings=(),
    )  # fmt: skip


def rows_of(gathered: pd.DataFrame, codes: np.ndarray, scores: pd.DataFrame, asked: Settled) -> pd.DataFrame:
    """`Counted.rows`, with the index of the rows gathered."""
    if asked.source == POLICE_UK:
        day = ((gathered["month"] // 100 - 1970) * 12 + gathered["month"] % 100 - 1).to_numpy(dtype=np.int64)
        days = day.astype("datetime64[M]").astype("datetime64[D]")
    else:
        days = gathered["local_from"].to_numpy().astype("datetime64[D]")
    harm = np.where(scores["status"] == "scored", scores["days"].to_numpy(dtype=float), np.nan)
    kept = gathered[["record", "cell", "month", *(c for c in ("local_from", "local_to") if c in gathered)]]
    rows = kept.assign(cell=gathered["cell"].astype(np.int64), day=days, code=codes, days=harm[codes])
    windows = [inside_mask(rows, w) for w in (asked.before, asked.after)]
    return rows.assign(side=np.select(windows, [BEFORE, AFTER], ""))


def inside_mask(rows: pd.DataFrame, window: Window) -> np.ndarray:
    day = rows["day"].to_numpy().astype("datetime64[D]")
    return (day >= np.datetime64(window.start)) & (day <= np.datetime64(window.end))


def inside(rows: pd.DataFrame, window: Window) -> pd.DataFrame:
    return rows[inside_mask(rows, window)]


def cube_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The cube by month."""
    cell, month, code = (rows[c].to_numpy(dtype=np.int64) for c in ("cell", "month", "code"))
    return build_cell_periods(cell, month, code, rows["record"].to_numpy())


def covered_days(window: Window, held: Collection[int]) -> float:
    """Days of a window that the data cover."""
    return covered(window.start, window.end, set(held)) * ((window.end - window.start).days + 1)


def periods_from(start: date, window: Window, length: str, held: Collection[int]) -> pd.DataFrame:
    """Weeks or months counted both ways from ``start``, cut to the window: period, first, last, exposure.

    Number 0 begins at ``start``. ``exposure`` is the part of a whole period that lies in the window and that data
    cover; periods without any are absent: missing is not zero.
    """
    rows = []
    months = 12 * (window.start.year - start.year) + window.start.month - start.month
    number = (window.start - start).days // WEEK if length == "week" else months - 1  # at or before the first day's own
    while True:
        first, last = span(start, number, length)
        if first > window.end:
            break
        low, high = max(first, window.start), min(last, window.end)
        if low <= high:
            part = covered(low, high, set(held)) * ((high - low).days + 1) / ((last - first).days + 1)
            rows.append((number, low, high, part))
        number += 1
    table = pd.DataFrame([r for r in rows if r[3] > 0], columns=list(PERIODS[:-1]))
    return table.astype({"period": "int64", "exposure": "float64"})


def span(start: date, number: int, length: str) -> tuple[date, date]:
    """First and last day of a period."""
    if length == "week":
        first = start + timedelta(days=WEEK * number)
        return first, first + timedelta(days=WEEK - 1)
    return month_on(start, number), month_on(start, number + 1) - timedelta(days=1)


def month_on(start: date, number: int) -> date:
    """The day some months on; the first of the month after where that month has no such day."""
    month = add_months(start.year * 100 + start.month, number)
    try:
        return date(month // 100, month % 100, start.day)
    except ValueError:
        return month_on(date(start.year, start.month, 1), number + 1)


def both_windows(asked: Settled) -> pd.DataFrame:
    """The periods of the estimate: those of the window before, counted back from its end, and of the one after."""
    length, held = asked.question.period, asked.held
    ends = asked.before.end + timedelta(days=1)
    before = periods_from(ends, asked.before, length, held).assign(side=BEFORE)
    after = periods_from(asked.after.start, asked.after, length, held).assign(side=AFTER)
    return pd.concat([before, after], ignore_index=True)


def series_periods(asked: Settled) -> pd.DataFrame:
    """Every period of the history, with the window it lies in; '' for one that lies in none, or in part."""
    table = periods_from(asked.after.start, asked.history, asked.question.period, asked.held)
    before = (table["first"] >= asked.before.start) & (table["last"] <= asked.before.end)
    after = table["first"] >= asked.after.start
    return table.assign(side=np.select([before, after], [BEFORE, AFTER], ""))


def sums(rows: pd.DataFrame, units: Mapping[int, str], names: Sequence[str]) -> pd.DataFrame:
    """A row per place (index, in the order of ``names``): count_before, count_after, harm_before, harm_after.

    A record counts once in a place and window; harm adds its scored offences. ``units``: cell → place.
    """
    mine = rows[(rows["side"] != "") & rows["cell"].isin(list(units))]
    unit = mine["cell"].map(dict(units))
    one = mine.assign(unit=unit, harm=mine["days"].fillna(0.0)).groupby(["unit", "side"])
    both = {"count": one["record"].nunique(), "harm": one["harm"].sum()}
    found = {
        f"{measure}_{side}": [float(values.get((name, side), 0.0)) for name in names]
        for measure, values in both.items()
        for side in (BEFORE, AFTER)
    }
    whole = {"count_before": "int64", "count_after": "int64"}
    return pd.DataFrame(found, index=list(names)).astype(whole)
