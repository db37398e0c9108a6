"""The wall clock and the instant: what an officer types as a time, and when that was."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from hotspots.base.clock import HOUR, day_numbers, day_text, home
from hotspots.base.settings import Settings


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


def local_text(second: float, settings: Settings) -> str:
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
