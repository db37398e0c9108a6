"""Months written as YYYYMM numbers, and windows of whole days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from hotspots.base.errors import HotspotsError


def month_text(month: int) -> str:
    """202207 → '2022-07'."""
    return f"{month // 100:04d}-{month % 100:02d}"


def add_months(month: int, n: int) -> int:
    """202212 + 1 → 202301."""
    index = month // 100 * 12 + month % 100 - 1 + n
    return index // 12 * 100 + index % 12 + 1


def months_between(first: int, last: int) -> list[int]:
    """Every month from first to last, both included."""
    count = (last // 100 - first // 100) * 12 + last % 100 - first % 100 + 1
    return [add_months(first, i) for i in range(max(count, 0))]


@dataclass(frozen=True)
class Window:
    """Whole days, both ends included, by the date on which the incident (or its earliest time) fell."""

    start: date
    end: date

    @property
    def months(self) -> tuple[int, int]:
        return self.start.year * 100 + self.start.month, self.end.year * 100 + self.end.month

    @property
    def whole_months(self) -> bool:
        return self.start.day == 1 and self.end.day == calendar.monthrange(self.end.year, self.end.month)[1]

    def __str__(self) -> str:
        return f"{self.start.isoformat()} to {self.end.isoformat()}"


def window_of_months(first: int, last: int) -> Window:
    """The window from the first day of ``first`` to the last day of ``last``."""
    end = calendar.monthrange(last // 100, last % 100)[1]
    return Window(date(first // 100, first % 100, 1), date(last // 100, last % 100, end))


def parse_window(start: str | None, end: str | None, held: list[int]) -> Window:
    """A window from text such as 2022-01, 2022-01-01 or nothing (the latest month held, and twelve months up to it).

    A month as the end means its last day. Raises HotspotsError for anything else.
    """
    if not held:
        raise HotspotsError("The workspace holds no incidents yet. Import some first.")
    last = parse_day(end, "--to", is_end=True) if end else window_of_months(held[-1], held[-1]).end
    month = last.year * 100 + last.month
    earliest = min(max(held[0], add_months(month, -11)), month)
    first = parse_day(start, "--from", is_end=False) if start else window_of_months(earliest, earliest).start
    if first > last:
        raise HotspotsError(f"The window starts on {first} and ends on {last}. Put the earlier date first.")
    return Window(first, last)


def parse_day(text: str, name: str, is_end: bool) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            month = int(text.replace("-", ""))
            window = window_of_months(month, month)
            return window.end if is_end else window.start
        return date.fromisoformat(text)
    except ValueError as error:
        raise HotspotsError(
            f"{name} is '{text[:40]}'; write a date like 2022-07-01 or a month like 2022-07."
        ) from error
