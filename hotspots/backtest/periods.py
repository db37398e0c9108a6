"""Periods of a cube, months (YYYYMM) or weeks (Mondays counted from 1970-01-05), and which origins can be tested."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hotspots.base.errors import HotspotsError
from hotspots.base.months import add_months, month_text, months_between

FIRST_MONDAY = date(1970, 1, 5)
SHOWN = 4  # runs of periods in a sentence
FIRST_MONTH = 100_000  # numbers from here on are months; week 100,000 would be in the year 3886


def is_month(period: int) -> bool:
    """Whether the number is a month (YYYYMM) rather than a week."""
    return period >= FIRST_MONTH


def later(period: int, n: int) -> int:
    """The period ``n`` after this one (before it, where n is negative)."""
    return add_months(period, n) if is_month(period) else period + n


def between(first: int, last: int) -> list[int]:
    """Every period from first to last, both included."""
    return months_between(first, last) if is_month(first) else list(range(first, last + 1))


def period_text(period: int) -> str:
    """202207 → '2022-07'; 2740 → '2022-07-11', the Monday of the week."""
    return month_text(period) if is_month(period) else monday(period).isoformat()


def monday(week: int) -> date:
    """The Monday on which a week begins."""
    return FIRST_MONDAY + timedelta(days=7 * week)


def first_day(period: int) -> date:
    """The day on which a month or week begins."""
    return date(period // 100, period % 100, 1) if is_month(period) else monday(period)


def windows(origin: int, train: int, horizon: int) -> tuple[list[int], list[int]]:
    """(the training periods, which end before the origin; the periods tested, which begin with it)."""
    return [later(origin, i - train) for i in range(train)], [later(origin, i) for i in range(horizon)]


def crosses(origin: int, train: int, horizon: int, breaks: Sequence[int]) -> list[int]:
    """The breaks inside an origin's windows: the first period already on the new side is no crossing."""
    return [b for b in breaks if later(origin, -train) < b <= later(origin, horizon - 1)]


def origins_available(
    periods: Sequence[int], train: int, horizon: int, wanted: Sequence[int] | None = None, breaks: Sequence[int] = (),
    leave_out_breaks: bool = False, gaps: bool = False,
) -> tuple[list[int], list[str]]:  # fmt: skip
    """(origins that can be tested, in order; sentences on those that cannot or should be read with care).

    ``periods``: those observed, months or weeks. An origin is the first period tested: the ``train`` periods before it
    and the ``horizon`` periods from it on must all be observed; with ``gaps`` half of those before it are enough, and
    learning is from these. ``wanted``: of these only. ``breaks``: first periods
    with other map points; an origin whose windows lie on both sides compares different places: it is named, and left
    out with ``leave_out_breaks``. Raises HotspotsError where none is left, or train or horizon is below 1.
    """
    spans = (("training window", train), ("horizon", horizon))
    if problems := [f"The {name} is {n} periods; it must be at least 1." for name, n in spans if n < 1]:
        raise HotspotsError(problems)
    held = sorted({int(p) for p in periods})
    asked = sorted({int(p) for p in wanted}) if wanted is not None else possible(held, train, horizon)
    kept, missing, left, crossing, across = [], set[int](), [], [], list[int]()
    for origin in asked:
        before, tested = windows(origin, train, horizon)
        unseen = set(before) - set(held)
        if set(tested) - set(held) or (unseen and not (gaps and 2 * len(unseen) <= train)):
            missing |= {*before, *tested} - set(held)
            left.append(origin)
            continue
        if crosses(origin, train, horizon, breaks):
            crossing.append(origin)
            if leave_out_breaks:
                continue
        if unseen:
            across.append(origin)
        kept.append(origin)
    words = said(left, sorted(missing), crossing, leave_out_breaks, breaks)
    if across:
        words.append(
            f"{origins_text(across).capitalize()}: some periods before it were not observed; learnt from the others."
        )
    if not kept:
        have = f"from {period_text(held[0])} to {period_text(held[-1])}, {len(held)} in all" if held else "none"
        raise HotspotsError([
            f"No origin can be tested: it needs {train} periods before it and {horizon} from it on"
            f" {'(of those before it, half must be held)' if gaps else 'without a gap'}, and the periods held are"
            f" {have}. Choose a shorter training window or horizon, or other origins.",
            *words,
        ])  # fmt: skip
    return kept, words


def possible(held: list[int], train: int, horizon: int) -> list[int]:
    """Every origin between the ends of the data, whether its windows are complete or not."""
    return between(later(held[0], train), later(held[-1], 1 - horizon)) if held else []


def said(
    left: list[int], missing: list[int], crossing: list[int], leave_out_breaks: bool, breaks: Sequence[int]
) -> list[str]:
    """The sentences of `origins_available`."""
    words = []
    if left:
        words.append(
            f"Left out: {origins_text(left)}. Periods of their windows were not observed ({listed(missing)}), and"
            " missing is not zero."
        )
    if crossing:
        words.append(
            f"{origins_text(crossing).capitalize()}: the map points changed in {listed(sorted(breaks))}, inside the"
            " windows, so the same street lies in other cells before and after."
            + (" Left out." if leave_out_breaks else " Their figures are too low for every method.")
        )
    return words


def origins_text(origins: list[int]) -> str:
    """'origin 2022-05' or 'origins 2022-05, …, 2022-08'."""
    return f"origin{'s' if len(origins) > 1 else ''} {listed(origins)}"


def listed(periods: list[int]) -> str:
    """Runs of periods as 'first to last', a few of them."""
    runs: list[list[int]] = []
    for p in periods:
        if runs and later(runs[-1][-1], 1) == p:
            runs[-1].append(p)
        else:
            runs.append([p])
    words = [period_text(r[0]) if len(r) == 1 else f"{period_text(r[0])} to {period_text(r[-1])}" for r in runs[:SHOWN]]
    return ", ".join(words) + (" …" if len(runs) > SHOWN else "")
