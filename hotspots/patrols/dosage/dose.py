"""Dose: what patrols gave each hot spot on each patrol day, and how far the figures can be trusted.

Kept apart, for published programmes mix them: *visits* (what a street sees), *officer-minutes* (summed over officers),
*patrol-minutes* (time with anyone there). Funded hours are none of these and are not in here. Reactive minutes, on a
call, and driving through are counted beside the dose and are no part of it.

No data is not no patrol: on a day without positions or logs in a BCU the figures are empty, and ``gps_coverage`` says
how much of the units' time on shift the positions cover.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.columns import DOSE_SUMMARY, in_columns
from hotspots.base.settings import Settings
from hotspots.patrols.visits import BELOW, LOG, LONG, ON_TARGET, PASS

TRACKED, LOGS_ONLY, NO_DATA = "tracked", "logs only", "no data"
UNDER, MET, OVER, NO_TARGET = "underdosed", "on target", "overdosed", "no target"
DOSES = ("visits", "visits_below_threshold", "officer_minutes", "patrol_minutes", "pass_throughs", "visits_on_target",
         "visits_long", "reactive_minutes", "moving_minutes", "log_minutes")  # fmt: skip
PLACE = ["area", "patrol_day"]


def dose(grid: pd.DataFrame, stays: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Dose per hot spot and patrol day: one row for each of ``grid``, whose columns come first.

    ``grid``: area, patrol_day (days since 1970), data, target_minutes, gps_coverage and what else names the area;
    ``stays``, ``visits``: as `hotspots.patrols.visits` has them, with ``log``. Figures are empty where ``data`` is "no
    data". Minutes are rounded to a hundredth.
    """
    whole = grid.merge(minutes_of(stays), on=PLACE, how="left").merge(counts_of(visits), on=PLACE, how="left")
    nothing = whole["data"] == NO_DATA
    for column in DOSES:
        values = whole[column].fillna(0).where(~nothing)
        whole[column] = values.round(2) if column.endswith("minutes") else values.astype("Int64")
    whole["share_of_target"] = share(whole["patrol_minutes"], whole["target_minutes"])
    return whole


def minutes_of(stays: pd.DataFrame) -> pd.DataFrame:
    """Officer-minutes per area and day: proactive, reactive and moving."""
    kinds = {
        "officer_minutes": ~stays["reactive"] & ~stays["moving"],
        "reactive_minutes": stays["reactive"],
        "moving_minutes": ~stays["reactive"] & stays["moving"],
    }
    table = stays[PLACE].assign(**{c: stays["officer_seconds"].where(mask, 0.0) / 60 for c, mask in kinds.items()})
    return table.groupby(PLACE, as_index=False).sum()


def counts_of(visits: pd.DataFrame) -> pd.DataFrame:
    """Visits by band, patrol-minutes, and those that only logs show, per area and day."""
    named = {"visits_below_threshold": BELOW, "pass_throughs": PASS, "visits_on_target": ON_TARGET, "visits_long": LONG}
    table = visits[[*PLACE, "patrol_minutes"]].assign(
        **{c: (visits["band"] == b).astype("int64") for c, b in named.items()},
        log_minutes=visits["patrol_minutes"].where(visits["told_by"] == LOG, 0.0),
    )
    table["visits"] = table["visits_on_target"] + table["visits_long"]
    return table.groupby(PLACE, as_index=False).sum()


def share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """part / whole to four places; empty where the whole is 0 or unknown."""
    return (part / whole.where(whole > 0)).round(4)


def days_since(table: pd.DataFrame) -> pd.Series:
    """Days since the last patrol day with an adequate visit, by row: 0 that day, empty where none is known of.

    ``table``: area, register, patrol_day (whole number), visits; every day of the look-back is in it.
    """
    ordered = table.sort_values(["register", "area", "patrol_day"])
    seen = ordered["patrol_day"].where(ordered["visits"].fillna(0) > 0).astype("Float64")
    last = seen.groupby([ordered["register"], ordered["area"]]).ffill()
    return (ordered["patrol_day"] - last).astype("Int64").reindex(table.index)


def summary(
    table: pd.DataFrame, in_hot_hours: pd.DataFrame, coverage: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """The whole window, one row per hot spot and version, in `DOSE_SUMMARY`: delivered against target.

    ``table``: `DOSAGE`; ``in_hot_hours``: area, share_in_hot_hours; ``coverage``: `COVERAGE`. Targets count on days
    with data only.
    """
    known = table["data"] != NO_DATA
    counted = table.assign(
        days=1, days_with_data=known.astype("int64"), target_minutes=table["target_minutes"].where(known),
        days_without_adequate_visit=(known & (table["visits"].fillna(0) == 0)).astype("int64"),
    )  # fmt: skip
    names = ["area", "register", "name", "bcu", "role"]
    sums = ("days", "days_with_data", "visits", "visits_below_threshold", "officer_minutes", "patrol_minutes",
            "target_minutes", "days_without_adequate_visit", "reactive_minutes")  # fmt: skip
    one = counted.groupby(names, sort=False)
    found = one[list(sums)].sum(min_count=1).reset_index()
    hours = coverage.groupby("bcu")[["covered_hours", "shift_hours"]].sum()
    found["gps_coverage"] = found["bcu"].map(share(hours["covered_hours"], hours["shift_hours"]))
    found["share_of_target"] = share(found["patrol_minutes"], found["target_minutes"])
    found["verdict"] = verdicts(found, settings)
    found = found.merge(in_hot_hours, on="area", how="left")
    return in_columns(found, DOSE_SUMMARY)


def verdicts(found: pd.DataFrame, settings: Settings) -> np.ndarray[Any, Any]:
    """Underdosed, on target, overdosed, no target, or no data."""
    reached = found["share_of_target"].astype(float)
    cases = [found["days_with_data"] == 0, reached.isna(), reached < settings.underdosed_share]
    return np.select([*cases, reached > settings.overdosed_share], [NO_DATA, NO_TARGET, UNDER, OVER], MET).astype(
        object
    )
