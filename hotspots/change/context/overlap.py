"""Which context lines touch two windows, and what must be said where they do not touch both to the same extent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.columns import CONTEXT, in_columns
from hotspots.base.months import Window, month_text
from hotspots.base.words import counted, joined
from hotspots.change.context.stored import EVERYWHERE
from hotspots.harm.offences import POLICE_UK

MOST_NAMED = 3  # in one sentence; the table beside it has them all
# kind → (how one line covers a window, how several do, what that means)
SAID = {
    "restriction": ("covers", "cover", "the two windows are not comparable in this"),
    "recording": ("applies to", "apply to", "counts before and after do not follow the same rules"),
    "operation": ("covers", "cover", "policing differed between the windows"),
    "other": ("covers", "cover", "the two windows are not comparable in this"),
}


class Cover(NamedTuple):
    """On how many days of each window something of this name was going on."""

    name: str
    before: int
    after: int


def touching(lines: pd.DataFrame, before: Window, after: Window, bcu: str) -> pd.DataFrame:
    """The lines in force on a day of either window, in `CONTEXT` and in their order; those of the BCU, or of any."""
    here = lines["where"].isin([EVERYWHERE, bcu]) | (bcu == EVERYWHERE)
    last = lines["last_day"].where(lines["last_day"] != "", "9999-12-31")
    met = [(lines["first_day"] <= str(w.end)) & (last >= str(w.start)) for w in (before, after)]
    return in_columns(lines[here & (met[0] | met[1])], CONTEXT)


def overlap_notes(
    lines: pd.DataFrame, breaks: Iterable[int], before: Window, after: Window, bcu: str, source: str
) -> list[str]:
    """A sentence for each kind of thing that differs between the two windows; none where none does.

    ``lines``: `CONTEXT`; ``breaks``: months (YYYYMM) whose map points are new, which count for data.police.uk only.
    Lines of one kind, name and place are one thing, whose days count once: a week of action in either window is no
    difference. See `differs` for what is.
    """
    near = touching(lines, before, after, bcu)
    notes = [note for kind in SAID if (note := kind_note(kind, near[near["kind"] == kind], before, after))]
    holidays = holiday_note(near[near["kind"] == "holiday"], before, after)
    points = map_point_note(breaks, before, after) if source == POLICE_UK else ""
    return [*([points] if points else []), *notes, *([holidays] if holidays else [])]


def differs(cover: Cover, before: Window, after: Window) -> bool:
    """Whether the shares of the windows differ: by more than half a day, counted in the shorter of the two.

    |b/B − a/A| · min(A, B) > ½, with b of B days before and a of A after; written in whole numbers.
    """
    b, a = days(before), days(after)
    return 2 * abs(cover.before * a - cover.after * b) > max(a, b)


def kind_note(kind: str, lines: pd.DataFrame, before: Window, after: Window) -> str:
    """The sentence of one kind, '' where nothing of it differs. On one side only always differs."""
    found = []
    for (name, where), one in lines.groupby(["name", "where"], sort=True):
        said = str(name) if where == EVERYWHERE else f"{name} ({where})"
        cover = Cover(said, days_of(one, before), days_of(one, after))
        if differs(cover, before, after) or (cover.before == 0) != (cover.after == 0):
            found.append(cover)
    if not found:
        return ""
    found.sort(key=lambda c: (-abs(c.before / days(before) - c.after / days(after)), c.name))
    one_verb, many_verb, meaning = SAID[kind]
    lead = found[0]
    parts = [
        f"{lead.name} {many_verb if lead.name.split(' (')[0].endswith('s') else one_verb} {number(lead.before)} of the"
        f" {counted(days(before), 'day')} before and {number(lead.after)} of the {days(after):,} after"
    ]
    parts += [f"{c.name} {number(c.before)} and {number(c.after)}" for c in found[1:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        parts.append(f"and {len(found) - MOST_NAMED} more")
    return f"{'; '.join(parts)}: {meaning}."


def holiday_note(lines: pd.DataFrame, before: Window, after: Window) -> str:
    """Holidays by their number: Easter moves, and a jubilee comes once. '' where the windows have as many."""
    cover = Cover("", days_of(lines, before), days_of(lines, after))
    if not differs(cover, before, after):
        return ""
    said = f"Holidays fall on {number(cover.before)} of the {counted(days(before), 'day')} before"
    said += f" and on {number(cover.after)} of the {days(after):,} after"
    names = [names_in(lines, w) for w in (before, after)]
    only = [(sorted(names[0] - names[1]), "before"), (sorted(names[1] - names[0]), "after")]
    more = "; ".join(f"only {side}: {few(which)}" for which, side in only if which)
    return f"{said} ({more})." if more else f"{said}."


def names_in(lines: pd.DataFrame, window: Window) -> set[str]:
    """What the holidays of a window are called; a substitute day is the same holiday."""
    last = lines["last_day"].where(lines["last_day"] != "", "9999-12-31")
    inside = lines[(lines["first_day"] <= str(window.end)) & (last >= str(window.start))]
    return {str(n).removesuffix(" (substitute day)") for n in inside["name"]}


def map_point_note(breaks: Iterable[int], before: Window, after: Window) -> str:
    """The sentence about new map points between or inside the windows; '' where every day lies on one side."""
    start, end = min(before.start, after.start), max(before.end, after.end)
    said = []
    for month in sorted(set(breaks)):
        first = date(month // 100, month % 100, 1)
        if not start < first <= end:
            continue
        inside = [name for w, name in ((before, "before"), (after, "after")) if w.start < first <= w.end]
        said.append(f"{month_text(month)} ({f'inside the days {inside[0]}' if inside else 'between the two windows'})")
    if not said:
        return ""
    return (
        f"The map points of data.police.uk changed in {few(said)}: counts move between cells without any change in"
        " crime."
    )


def days(window: Window) -> int:
    return (window.end - window.start).days + 1


def days_of(lines: pd.DataFrame, window: Window) -> int:
    """On how many days of the window at least one of the lines was in force."""
    covered = np.zeros(days(window), dtype=bool)
    for first, last in zip(lines["first_day"], lines["last_day"], strict=True):
        begin = (date.fromisoformat(first) - window.start).days
        end = (date.fromisoformat(last) - window.start).days + 1 if last else len(covered)
        covered[max(begin, 0) : max(end, 0)] = True
    return int(covered.sum())


def number(n: int) -> str:
    return "none" if n == 0 else f"{n:,}"


def few(names: Sequence[str]) -> str:
    """'a, b and c'; of more than three 'a, b, c and 2 more'."""
    more = len(names) - MOST_NAMED
    return joined([*names[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])
