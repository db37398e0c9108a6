"""Hours of the week, 0 (Monday 00:00 to 00:59 local) to 167 (Sunday 23:00): when it happens, and when we are there.

**Incidents** have a span of time in which they may have happened. The aoristic method spreads each one over that
span: a burglary found on Monday at 08:00 that was last seen undone on Sunday at 20:00 is a twelfth of an incident in
each of those twelve hours (Ratcliffe & McCullagh 1998, doi:10.1080/136588198241644). Weight of incident i in hour h:
the part of its span that lies in h, over its span; it sums to 1 over the week. No time at all, no weight.

When it misleads: it is a statement of what is not known, and evens peaks out; a fraction of an incident has no
Poisson variance. Where only the date is known, exports often print 00:00, and midnight looks hot. Times that are
typed in are rounded to whole and half hours. Wall clocks are taken as they read: a span over a clock change is an
hour too long or too short.

**Patrols** have exact seconds, so `minutes_by_hour` splits them exactly, clock changes included.

Figures are totals by hour of the week, not rates: a window with the autumn change holds an hour more of Sunday 01:00,
one with the spring change an hour less, and the weekdays it begins and ends on may come once more than the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots.base.clock import HOUR, home
from hotspots.base.settings import Settings

HOURS = 168
WEEK = HOURS * HOUR
THURSDAY = 3 * 24  # 1970-01-01 was one: so many hours after Monday 00:00
QUARTER_HOUR = 900
AT_ONCE = 5000  # incidents
HOT_SHARE = 0.25  # of the week
TIES = 9  # figures after the point, of the largest, in which two hours must differ to be told apart

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Triplets = tuple[Ints, Ints, Floats]


def _spans(local_from: pd.Series, local_to: pd.Series) -> tuple[Ints, Ints]:
    """Start in seconds since 1970 on the wall clock, and length in seconds; −1 where there is no start.

    An end that is missing, or before its start, is the start.
    """
    start, end = _wall_clock(local_from), _wall_clock(local_to)
    timed = ~np.isnat(start)
    ended = timed & ~np.isnat(end)
    span = np.where(timed, 0, -1)
    span[ended] = np.maximum((end[ended] - start[ended]).astype(np.int64), 0)
    return start.astype(np.int64), span


def _wall_clock(times: pd.Series) -> NDArray[np.datetime64]:
    if times.dt.tz is not None:
        raise ValueError("times must be local wall clocks without a time zone")  # NumPy would turn them into UTC
    return np.asarray(times, dtype="datetime64[s]")


def _spread(rows: Ints, start: Ints, span: Ints) -> Triplets:
    """(row, hour of the week, weight) of some rows whose span is shorter than a week."""
    start, span = start[rows], span[rows]
    owner, slot = _slots(start, start + np.maximum(span, 1), HOUR)
    begin = slot * HOUR
    inside = np.minimum(begin + HOUR, start[owner] + span[owner]) - np.maximum(begin, start[owner])
    weights = np.where(span[owner] == 0, 1.0, inside / np.maximum(span[owner], 1))
    around = slot - start[owner] // HOUR == HOURS  # the first hour again, a week later
    if around.any():
        first = np.searchsorted(owner, owner[around])
        weights[first] += weights[around]
        owner, slot, weights = owner[~around], slot[~around], weights[~around]
    return rows[owner], (slot + THURSDAY) % HOURS, weights


def _weeks(start: Ints, span: Ints, group: Ints, n: int) -> Floats:
    """Incidents by group, numbered from 0, and hour of the week, (n, 168)."""
    whole, week = span >= WEEK, np.zeros(n * HOURS)
    rest = np.flatnonzero((span >= 0) & ~whole)
    for i in range(0, len(rest), AT_ONCE):  # some at a time: long spans take 168 places each
        rows, hours, weights = _spread(rest[i : i + AT_ONCE], start, span)
        week += np.bincount(group[rows] * HOURS + hours, weights, minlength=n * HOURS)
    return week.reshape(n, HOURS) + np.bincount(group[whole], minlength=n)[:, None] / HOURS


def _slots(start: NDArray[Any], end: NDArray[Any], length: int) -> tuple[Ints, Ints]:
    """(interval, slot) for every slot of ``length`` seconds since 1970 that [start, end) touches."""
    first = np.floor_divide(start, length).astype(np.int64)
    count = np.where(end > start, -np.floor_divide(-end, length).astype(np.int64) - first, 0)
    owner = np.repeat(np.arange(len(first)), count)
    ahead = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, first[owner] + ahead


def hot_hours(week: ArrayLike) -> NDArray[np.bool_]:
    """Which hours of the week are hot: the quarter of them (42) with most, (168,).

    ``week``: incidents by hour, (168,), none below 0. Each hour is first smoothed with its neighbours, ¼, ½, ¼, the
    week being a circle: a patrol comes for an hour or two, not for one hour on its own. Ties go to the earlier hour
    of the week. An hour with nothing in it nor beside it is not hot, so few incidents make fewer hot hours.

    When it misleads: with few incidents. Hours are picked by the very incidents that are then found in them, so the
    hottest quarter holds far more than a quarter even where no hour is hotter than another. Mean share of n incidents,
    spread over the week at random, that their own hot hours hold, and the range of 95% of weeks:

        n      mean    95% of weeks
        10     100%    100 to 100%
        30     100%    100 to 100%
        100     63%     57 to 69%
        300     46%     42 to 49%

    So a share means something only beyond that, or from incidents of another period.

    Raises ValueError for another shape, and for a figure below 0 or not finite.
    """
    hours = np.asarray(week, dtype=np.float64)
    if hours.shape != (HOURS,) or not np.isfinite(hours).all() or (hours < 0).any():
        raise ValueError(f"a week is 168 numbers of 0 or more, not an array of shape {hours.shape} or one with others")
    hot = np.zeros(HOURS, dtype=bool)
    if hours.any():
        smooth = (np.roll(hours, 1) + 2 * hours + np.roll(hours, -1)) / 4
        level = np.round(smooth / smooth.max(), TIES)  # sums of the same parts in another order are ties
        hot[np.argsort(-level, kind="stable")[: round(HOT_SHARE * HOURS)]] = True
        hot &= smooth > 0
    return hot


def minutes_by_hour(start: ArrayLike, end: ArrayLike, settings: Settings) -> Triplets:
    """Intervals of time split by local hour of the week: (rows, hours, seconds), each (m,).

    ``start``, ``end``: UTC seconds since 1970, (n,), fractions allowed. Local time is that of the setting
    ``timezone``: in autumn the hour that comes twice holds both of them, in spring the one that is skipped gets
    nothing. The seconds of a row sum to its length. Sorted by row; a row and hour may come more than once (the
    repeated hour, or a week later): add them up. An interval of length 0 gives nothing.

    Exact wherever the clock differs from UTC by quarters of an hour and changes on one.

    Raises ValueError where the two differ in length, are not finite, or an interval ends before it starts.
    """
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"starts and ends must be two columns of numbers of one length, not {a.shape} and {b.shape}")
    if (b < a).any():
        raise ValueError(f"{int((b < a).sum())} intervals end before they start")
    for length in (HOUR, QUARTER_HOUR):
        rows, slot = _slots(a, b, length)
        local = _local_seconds(slot * length, settings)
        if not ((local - slot * length) % HOUR).any():
            break  # whole hours from UTC: local hours begin where UTC's do
    begin = slot * length
    seconds = np.minimum(begin + length, b[rows]) - np.maximum(begin, a[rows])
    return rows, (local // HOUR + THURSDAY) % HOURS, seconds


def _local_seconds(t: Ints, settings: Settings) -> Ints:
    """The wall clock at each UTC second, as seconds since 1970 on that clock."""
    distinct, back = np.unique(t, return_inverse=True)
    local = pd.DatetimeIndex(distinct.astype("datetime64[s]"), tz="UTC").tz_convert(home(settings)).tz_localize(None)
    return local.to_numpy().astype("datetime64[s]").astype(np.int64)[back]


def area_weeks(incidents: pd.DataFrame, cells: dict[int, str]) -> pd.DataFrame:
    """Incidents of each area by hour of the week: area, hour_of_week, n_incidents; 168 rows for every area.

    ``incidents``: one row each, with cell, local_from, local_to; a record with several offences must come once.
    ``cells``: cell → area. Incidents in other cells, or without a time, count nowhere; an area without any has 168
    zeros. Sorted by area and hour.
    """
    areas = sorted(set(cells.values()))
    number = {area: i for i, area in enumerate(areas)}
    of_cell = pd.Series({cell: number[area] for cell, area in cells.items()}, dtype=np.int64)
    area = incidents["cell"].map(of_cell).fillna(-1).to_numpy().astype(np.int64)
    kept = area >= 0
    start, span = _spans(incidents["local_from"][kept], incidents["local_to"][kept])
    return pd.DataFrame(
        {
            "area": pd.Series(np.repeat(np.array(areas, dtype=object), HOURS), dtype="str"),
            "hour_of_week": np.tile(np.arange(HOURS), len(areas)),
            "n_incidents": _weeks(start, span, area[kept], len(areas)).ravel(),
        }
    )
