"""Patrol days: from 06:00 local time (setting ``patrol_day_starts``) to 05:59:59 the next morning.

05:59:59 belongs to the day before. When the clocks go forward a patrol day has 23 hours, when they go back 25.
A start that the clocks skip is read as on the clock before the change; of one that comes twice the first is taken.

And the wall clock and the instant: what an officer types as a time, and when that was.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings

Seconds = np.ndarray[Any, np.dtype[np.int64]]
EPOCH = date(1970, 1, 1)
HOUR = 3600
ZONES = ("Europe/London", "UTC")  # by which exports are written in Britain


def zone(name: str, where: str) -> ZoneInfo:
    """The time zone of that name, or a sentence."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise HotspotsError(
            f"{where}: '{name}' is not a known time zone; write one such as 'Europe/London'."
        ) from error


def home(settings: Settings) -> ZoneInfo:
    """The time zone of the setting ``timezone``."""
    return zone(settings.timezone, "Setting 'timezone'")


def day_starts(first: date, last: date, settings: Settings) -> Seconds:
    """When the patrol days ``first`` to ``last`` begin, and when the last ends: UTC seconds, one more than days."""
    here, hour = home(settings), time(settings.patrol_day_starts)
    days = [first + timedelta(days=i) for i in range((last - first).days + 2)]
    return np.array([int(datetime.combine(d, hour, tzinfo=here).timestamp()) for d in days], dtype=np.int64)


def day_numbers(t: Any, settings: Settings) -> Seconds:
    """The patrol day of each UTC second, as days since 1970-01-01.

    >>> from hotspots.base.settings import Settings
    >>> morning = 1_774_760_400  # 2026-03-29 06:00 in London, the clocks having gone forward
    >>> day_numbers([morning - 1, morning], Settings()).tolist() == [day_number("2026-03-28"), day_number("2026-03-29")]
    True
    """
    t = np.asarray(t, dtype=np.int64)
    if not t.size:
        return np.zeros(0, dtype=np.int64)
    first, last = (day_at(int(s)) for s in (t.min() - 2 * 24 * HOUR, t.max() + 2 * 24 * HOUR))
    starts = day_starts(first, last, settings)
    return np.searchsorted(starts, t, side="right") - 1 + (first - EPOCH).days


def day_at(second: int) -> date:
    """The UTC date of a second."""
    return datetime.fromtimestamp(second, UTC).date()


def day_of(day: date | str, what: str) -> date:
    """A date, or a text such as 2026-04-01; HotspotsError for any other, which names it as ``what``."""
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise ValueError
        return date.fromisoformat(day)
    except ValueError as error:
        raise HotspotsError(f"{what} is '{day[:40]}'; write a date like 2026-04-01.") from error


def day_number(day: date | str) -> int:
    """Days since 1970-01-01."""
    return ((date.fromisoformat(day) if isinstance(day, str) else day) - EPOCH).days


def day_text(number: int) -> str:
    """20000 → '2024-10-04'."""
    return (EPOCH + timedelta(days=int(number))).isoformat()


def local_text(seconds: pd.Series, settings: Settings) -> pd.Series:
    """UTC seconds as the local wall clock, to the second: 2026-10-05 14:00:30."""
    instants = pd.to_datetime(np.round(seconds.to_numpy(dtype=float)).astype("int64"), unit="s", utc=True)
    local = instants.tz_convert(home(settings)).strftime("%Y-%m-%d %H:%M:%S")
    return pd.Series(local, index=seconds.index, dtype="str")


class Moment(NamedTuple):
    """UTC seconds, and a sentence where the wall clock alone does not say which; else ''."""

    second: int
    note: str


def patrol_day(second: float, settings: Settings) -> date:
    """The patrol day of a UTC second."""
    return date.fromisoformat(day_text(day_numbers([int(second)], settings)[0]))


def local(second: float, settings: Settings) -> datetime:
    """The wall clock at a UTC second."""
    return datetime.fromtimestamp(second, home(settings))


def clock_text(second: float, settings: Settings) -> str:
    """``14/06/2026 14:05``, local time."""
    return f"{local(second, settings):%d/%m/%Y %H:%M}"


def moments_of(day: date, clock: time, settings: Settings) -> list[int]:
    """The instants at which a wall clock shows this: one, two in the hour that comes twice.

    A time that the clocks skip is read on the clock before the change.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None))
    first, second = (int(wall.replace(tzinfo=home(settings), fold=f).timestamp()) for f in (0, 1))
    return [first, second] if second > first else [first]


def moment_of(day: date, clock: time, settings: Settings) -> Moment:
    """The instant of a wall clock; of two, the first."""
    return _noted(moments_of(day, clock, settings)[0], day, clock, settings)


def end_moment(start: int, clock: time, settings: Settings) -> Moment:
    """The first instant after ``start`` at which the wall clock shows ``clock``, past midnight too.

    Where that is later than an entry may last (setting ``log_max_hours``), the clock on the day of the start: an end
    before it, to be refused.
    """
    first = local(start, settings).date()
    choices = [(t, d) for d in (first, first + timedelta(days=1)) for t in moments_of(d, clock, settings)]
    later = [(t, d) for t, d in choices if start < t <= start + settings.log_max_hours * HOUR]
    second, day = min(later) if later else choices[0]
    return _noted(second, day, clock, settings)


def _noted(second: int, day: date, clock: time, settings: Settings) -> Moment:
    """The instant, with a sentence where the clocks changed."""
    typed, shown = f"{clock:%H:%M}", local(second, settings)
    choices = moments_of(day, clock, settings)
    if len(choices) == 2:
        which = "first" if second == choices[0] else "second"
        return Moment(second, f"{typed} came twice that night; taken is the {which} ({shown:%Z}).")
    if (shown.hour, shown.minute) != (clock.hour, clock.minute):
        return Moment(second, f"{typed} was skipped that night, as the clocks went forward; taken is {shown:%H:%M}.")
    return Moment(second, "")
