"""How complete the tracking was: on shift, and seen?

There is no roster in the data, so a unit's shift is taken from its positions and its log: from the first position of
the patrol day to the last, silences of more than ``shift_silence_hours`` left out, and what it logged outside that.
So a unit that neither sends nor logs anything is not missed here. For that the number of units stands beside the
usual number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspots.base.clock import HOUR, day_text, local_text
from hotspots.base.columns import COVERAGE, SHIFTS, in_columns
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.patrols.dosage.dose import share
from hotspots.patrols.presence import COUNTS, Presence

FEW_UNITS = 0.5  # of the usual number: fewer are reported
LOW_COVERAGE = 0.8  # of the time on shift: less is reported
UNIT_DAY = ["patrol_day", "unit"]


def unit_shifts(found: Presence, bcus: Sequence[str], settings: Settings) -> pd.DataFrame:
    """Each unit's patrol day: patrol_day, unit, bcu, first_t, last_t, shift_s, covered_s, longest_s (silence).

    ``bcu`` is that of most of its positions, '' where all lie outside the force.
    """
    days = found.unit_days
    ends = settings.shift_silence_hours * HOUR
    silent = found.silences.assign(s=found.silences["to_t"] - found.silences["from_t"])
    within = silent[silent["s"] <= ends].groupby(UNIT_DAY)["s"].agg(["sum", "max"])
    between = silent[silent["s"] > ends].groupby(UNIT_DAY)["s"].sum()
    keys = pd.MultiIndex.from_frame(days[UNIT_DAY])
    lost, longest = (within[c].reindex(keys).fillna(0).to_numpy() for c in ("sum", "max"))
    shift = (days["last_t"] - days["first_t"]).to_numpy() - between.reindex(keys).fillna(0).to_numpy()
    names = np.array(sorted(bcus), dtype=object)  # as positions number them, from 1
    counts = days[list(COUNTS[: len(names)])].to_numpy()
    most = names[counts.argmax(axis=1)] if len(days) else np.array([], dtype=object)
    return days[[*UNIT_DAY, "first_t", "last_t"]].assign(
        bcu=np.where(counts.sum(axis=1) > 0, most, ""), shift_s=shift, covered_s=shift - lost, longest_s=longest
    )


def logged_outside(entries: pd.DataFrame, found: Presence) -> pd.DataFrame:
    """What units logged before their first or after their last position of a day.

    ``entries``: unit, patrol_day, bcu, start, end, one row per entry and patrol day. Returns patrol_day, unit, bcu and
    extra_s, in seconds.
    """
    spans = found.unit_days[[*UNIT_DAY, "first_t", "last_t"]]
    both = entries[entries["unit"] != 0].merge(spans, on=UNIT_DAY, how="left")
    start, end, first, last = (both[c].to_numpy(dtype=float) for c in ("start", "end", "first_t", "last_t"))
    tracked = np.nan_to_num(np.maximum(np.minimum(end, last) - np.maximum(start, first), 0))
    both = both.assign(extra_s=end - start - tracked)
    return both.groupby([*UNIT_DAY, "bcu"])[["extra_s"]].sum().reset_index()


def coverage(found: Presence, entries: pd.DataFrame, bcus: Sequence[str], settings: Settings) -> pd.DataFrame:
    """`COVERAGE`: one row per BCU and patrol day with any unit on shift in the force."""
    units = unit_shifts(found, bcus, settings)
    extra = logged_outside(entries, found).merge(
        units[[*UNIT_DAY, "bcu"]], on=UNIT_DAY, how="left", suffixes=("_log", "")
    )
    extra["bcu"] = extra["bcu"].fillna(extra["bcu_log"])
    extra = extra.groupby(["bcu", "patrol_day"])[["extra_s"]].sum().reset_index()
    table = (
        units[units["bcu"] != ""]
        .groupby(["bcu", "patrol_day"], as_index=False)
        .agg(
            units=("unit", "nunique"),
            shift_s=("shift_s", "sum"),
            covered_s=("covered_s", "sum"),
            longest=("longest_s", "max"),
        )
    )
    table = table.merge(extra, on=["bcu", "patrol_day"], how="outer").fillna({
        "units": 0, "shift_s": 0, "covered_s": 0, "longest": 0, "extra_s": 0,
    })  # fmt: skip
    table["shift_hours"] = (table["shift_s"] + table["extra_s"]) / HOUR
    table["covered_hours"] = table["covered_s"] / HOUR
    table["gps_coverage"] = share(table["covered_hours"], table["shift_hours"])
    table["longest_gap_minutes"] = table["longest"] / 60
    tracked = table["units"].where(table["units"] > 0)
    table["usual_units"] = tracked.groupby(table["bcu"]).transform("median")
    return table.sort_values(["bcu", "patrol_day"], ignore_index=True)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it leaves the room: `COVERAGE`, days as dates."""
    return in_columns(table.assign(patrol_day=table["patrol_day"].map(day_text)), COVERAGE)


def shown_shifts(table: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """`unit_shifts` as they leave the room: `SHIFTS`, by day, BCU and unit."""
    ordered = table.sort_values(["patrol_day", "bcu", "unit"])
    hours = ordered[["shift_s", "covered_s"]] / HOUR
    return in_columns(
        ordered.assign(
            patrol_day=ordered["patrol_day"].map(day_text), unit=ordered["unit"].map(unit_text),
            first=local_text(ordered["first_t"], settings), last=local_text(ordered["last_t"], settings),
            shift_hours=hours["shift_s"], covered_hours=hours["covered_s"],
            gps_coverage=share(hours["covered_s"], hours["shift_s"]), longest_gap_minutes=ordered["longest_s"] / 60,
        ),
        SHIFTS,
    )  # fmt: skip


def bcus_passed(found: Presence, bcus: Sequence[str]) -> set[tuple[str, int]]:
    """BCUs and patrol days in which any unit sent a position, of this BCU or another."""
    days = found.unit_days
    each = zip(COUNTS, sorted(bcus), strict=False)
    return {(bcu, day) for count, bcu in each for day in days.loc[days[count] > 0, "patrol_day"].tolist()}


def warnings_of(table: pd.DataFrame, bcus: tuple[str, ...], days: list[int], passed: set[tuple[str, int]]) -> list[str]:
    """What the tracking lacks, by BCU: days without any, with few units, with lost signal.

    ``passed``: of `bcus_passed`.
    """
    words = []
    for bcu in bcus:
        mine = table[table["bcu"] == bcu].set_index("patrol_day").reindex(days)
        none = mine.index[~(mine["units"] > 0)]
        few = mine.index[(mine["units"] > 0) & (mine["units"] < FEW_UNITS * mine["usual_units"])]
        low = mine.index[(mine["units"] > 0) & (mine["gps_coverage"] < LOW_COVERAGE)]
        others = none[[(bcu, day) in passed for day in none]]
        none = none.difference(others)
        if len(none):
            words.append(f"{bcu}: no positions at all on {dates(none)}. No data is not no patrol.")
        if len(others):
            words.append(
                f"{bcu}: only units with most of their positions elsewhere were seen on {dates(others)}. No data is not"
                " no patrol."
            )
        for day in few:
            row = mine.loc[day]
            words.append(
                f"{bcu}: on {day_text(day)} only {row['units']:.0f} of usually {row['usual_units']:.0f} units sent"
                " positions. The minutes of that day may be too low."
            )
        if len(low):
            worst = mine["gps_coverage"][low].min()
            words.append(
                f"{bcu}: on {dates(low)} positions cover less than {LOW_COVERAGE:.0%} of the time on shift (the least:"
                f" {worst:.0%}). The minutes of these days are too low."
            )
    return words


def dates(days: pd.Index) -> str:
    """``2026-10-04, 2026-10-07 and 3 more days``."""
    named = [day_text(d) for d in days[:3]]
    return ", ".join(named) + (f" and {len(days) - 3} more days" if len(days) > 3 else "")
