"""Log entries beside positions: what a log says stands where nothing else is known, and never over what is.

An entry counts where positions of its unit cover less than ``log_tracked_share`` of its time; else the positions
count, whatever the log says. Both figures stand side by side in the reconciliation, and nothing is merged unseen.

Limits: an entry without a unit, or of a unit that no positions carry the same name for, cannot be held against
positions; its minutes are added, and officer-minutes may then count the same officers twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.clock import EPOCH, day_numbers, day_starts, day_text, local_text
from hotspots.base.columns import RECONCILED, in_columns
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.patrols.presence import Presence
from hotspots.patrols.visits import LOG, POSITIONS, STAYS

NEAR_S = 30 * 60  # a stay that begins further than this from an entry is not the one it means
FEWEST = 5  # entries that a clock is judged by
Span = tuple[float, float]


def by_day(entries: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Entries cut where patrol days end: one row per entry and day, with patrol_day; the order of entries is kept."""
    if not len(entries):
        return entries.assign(patrol_day=pd.Series(dtype="int64"))
    first, last = day_numbers(entries["start"], settings), day_numbers(entries["end"] - 1, settings)
    table = entries.loc[entries.index.repeat(np.maximum(last - first, 0) + 1)].copy()
    table["patrol_day"] = np.repeat(first, np.maximum(last - first, 0) + 1) + table.groupby(level=0).cumcount()
    low, high = int(table["patrol_day"].min()), int(table["patrol_day"].max())
    starts = day_starts(EPOCH + pd.Timedelta(days=low), EPOCH + pd.Timedelta(days=high), settings)
    begin, end = starts[table["patrol_day"] - low], starts[table["patrol_day"] - low + 1]
    table["start"], table["end"] = np.maximum(table["start"], begin), np.minimum(table["end"], end)
    return table.reset_index(drop=True)


def reconcile(
    entries: pd.DataFrame, stays: pd.DataFrame, found: Presence, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(`RECONCILED` with whole numbers for unit, day and times; the stays that logs add).

    ``entries``: of `by_day`, with hot_spot; those without one are left out. ``stays``: of `hotspots.patrols.visits`.
    """
    mine = entries[entries["hot_spot"] != ""].reset_index(drop=True)
    own = dict(iter(stays.groupby(["unit", "area", "patrol_day"])[["start", "end"]]))
    seen = tracked_spans(found)
    rows, added = [], []
    taken: dict[tuple[int, str, int], list[Span]] = {}
    for entry in mine.itertuples(index=False):
        key, span = key_of(entry)
        there = [tuple(r) for r in own[key].to_numpy().tolist()] if key in own else []
        minutes, gps = (span[1] - span[0]) / 60, overlap([span], there) / 60
        covered = overlap([span], seen.get((key[0], key[2]), [])) / (60 * minutes) if key[0] and minutes else np.nan
        by_log = not covered >= settings.log_tracked_share
        if by_log:
            done = taken.setdefault(key, []) if key[0] else []
            left = without([span], [*there, *done])
            done.extend(left)
            added += [stay_of(entry, one) for one in left]
        rows.append({
            "area": key[1], "patrol_day": key[2], "entry": entry.entry, "unit": key[0], "start": span[0],
            "end": span[1], "log_minutes": minutes, "gps_minutes": np.nan if np.isnan(covered) else gps,
            "difference": np.nan if by_log else gps - minutes, "tracked_share": covered,
            "counted": LOG if by_log else POSITIONS,
        })  # fmt: skip
    reconciled = pd.DataFrame(rows, columns=[c.name for c in RECONCILED])
    return reconciled, pd.DataFrame(added, columns=[*STAYS, "log", "apart"])


def key_of(entry: Any) -> tuple[tuple[int, str, int], Span]:
    """Unit, hot spot and day of an entry, and its time."""
    return (int(entry.unit), str(entry.hot_spot), int(entry.patrol_day)), (float(entry.start), float(entry.end))


def stay_of(entry: Any, span: Span) -> dict[str, object]:
    """A log entry, or what positions leave of it, as a stay. A vehicle's log does not say whether it stood or drove."""
    seconds = span[1] - span[0]
    return {
        "unit": int(entry.unit), "area": str(entry.hot_spot), "patrol_day": int(entry.patrol_day), "start": span[0],
        "end": span[1], "seconds": seconds, "officer_seconds": seconds * int(entry.officers),
        "reactive": bool(entry.reactive), "moving": entry.mode == "vehicle", "n_pings": 0, "pieces": None, "log": True,
        "site": "", "apart": "",
    }  # fmt: skip


def tracked_spans(found: Presence) -> dict[tuple[int, int], list[Span]]:
    """(unit, patrol day) → spans in which its positions are no further apart than the gap."""
    spans: dict[tuple[int, int], list[Span]] = {}
    days = found.unit_days[["unit", "patrol_day", "first_t", "last_t"]].to_numpy().tolist()
    for unit, day, first, last in days:
        spans[unit, day] = [(first, last)]
    for unit, day, start, end in found.silences[["unit", "patrol_day", "from_t", "to_t"]].to_numpy().tolist():
        spans[unit, day] = without(spans[unit, day], [(start, end)])
    return spans


def without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What the others leave of the spans."""
    left = list(spans)
    for start, end in others:
        pieces = [((a, min(b, start)), (max(a, end), b)) for a, b in left]
        left = [(a, b) for pair in pieces for a, b in pair if a < b]
    return left


def overlap(spans: Sequence[Span], others: Sequence[Span]) -> float:
    """Seconds of the spans that lie in any of the others."""
    return sum(b - a for a, b in spans) - sum(b - a for a, b in without(spans, others))


def clock_notes(reconciled: pd.DataFrame, stays: pd.DataFrame, settings: Settings) -> list[str]:
    """Units whose positions lead or trail their logs: the median, over entries, of how much later the stay begins.

    A device whose clock is wrong shifts minutes between hours and, at 06:00, between days. Nothing is put right here.
    """
    tracked = reconciled[reconciled["counted"] == POSITIONS][["unit", "area", "start"]].sort_values("start")
    begun = stays.loc[~stays["log"], ["unit", "area", "start"]].sort_values("start").astype({"start": "float64"})
    tracked = tracked.astype({"start": "float64"})
    if not len(tracked) or not len(begun):
        return []
    both = pd.merge_asof(
        tracked, begun.assign(began=begun["start"]), on="start", by=["unit", "area"], direction="nearest",
        tolerance=NEAR_S,
    ).dropna(subset="began")  # fmt: skip
    later = ((both["began"] - both["start"]) / 60).groupby(both["unit"]).agg(["median", "count"])
    odd = later[(later["count"] >= FEWEST) & (later["median"].abs() > settings.clock_offset_minutes)]
    return [
        f"{unit_text(int(str(unit)))}: its positions carry times {abs(row['median']):.0f} minutes"
        f" {'later' if row['median'] > 0 else 'earlier'} than its log (median of {row['count']:.0f} visits). Its clock"
        " may be wrong; nothing was shifted."
        for unit, row in odd.iterrows()
    ]


def shown(reconciled: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """`RECONCILED` as it leaves the room: local times, units as text."""
    table = reconciled.assign(
        patrol_day=reconciled["patrol_day"].map(day_text), unit=reconciled["unit"].map(unit_text),
        start=local_text(reconciled["start"], settings), end=local_text(reconciled["end"], settings),
    )  # fmt: skip
    return in_columns(table, RECONCILED)
