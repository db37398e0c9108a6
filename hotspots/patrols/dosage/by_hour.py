"""Was the dose delivered in the hot hours? Minutes and incidents by local hour of the week, per hot spot and BCU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hotspots.base.columns import DOSE_HOURS, in_columns
from hotspots.base.settings import Settings
from hotspots.insight.hours import HOURS, area_weeks, hot_hours, minutes_by_hour
from hotspots.patrols.dosage.dose import share

ALL = "all"  # the treated hot spots of a BCU together


def dose_hours(
    stays: pd.DataFrame,
    visits: pd.DataFrame,
    areas: pd.DataFrame,
    incidents: pd.DataFrame | None,
    cells: Mapping[int, str],
    settings: Settings,
) -> pd.DataFrame:
    """`DOSE_HOURS`: 168 rows for every area, and for the treated ones of every BCU together.

    ``stays``, ``visits``: of `hotspots.patrols.visits`; ``areas``: area, bcu, role; ``incidents``: cell, local_from,
    local_to, one row each; None where no source has times: then incidents are empty and no hour is hot. A BCU's hot
    hours are those of its treated hot spots' incidents together.
    """
    proactive = stays[~stays["reactive"] & ~stays["moving"]]
    rate = (proactive["officer_seconds"] / (proactive["end"] - proactive["start"]).where(lambda s: s > 0)).fillna(0)
    grid = pd.MultiIndex.from_product([areas["area"], range(HOURS)], names=["area", "hour_of_week"])
    length = (visits["end"] - visits["start"]).where(lambda s: s > 0)
    table = pd.DataFrame({
        "patrol_minutes": by_hour(visits, 60 * visits["patrol_minutes"] / length, settings).reindex(grid),
        "officer_minutes": by_hour(proactive, rate, settings).reindex(grid),
    }).fillna(0.0).reset_index()  # fmt: skip
    if incidents is None:
        table["n_incidents"] = np.nan
    else:
        table = table.merge(area_weeks(incidents, dict(cells)), on=["area", "hour_of_week"], how="left")
    table = table.merge(areas[["area", "bcu", "role"]], on="area")
    sums = ["patrol_minutes", "officer_minutes", "n_incidents"]
    treated = table[table["role"] == "treated"].groupby(["bcu", "hour_of_week"], as_index=False)[sums].sum(min_count=1)
    whole = pd.concat([treated.assign(area=ALL), table], ignore_index=True)
    one = whole.groupby(["bcu", "area"], sort=False)["n_incidents"]
    whole["share_of_incidents"] = share(whole["n_incidents"], one.transform("sum"))
    whole["hot"] = one.transform(lambda week: hot_hours(week.fillna(0).to_numpy())).astype(bool)
    return in_columns(whole.round({"n_incidents": 2}), DOSE_HOURS)


def by_hour(intervals: pd.DataFrame, rate: pd.Series, settings: Settings) -> pd.Series:
    """Minutes by area and hour of the week of intervals (area, start, end), each second counted ``rate`` times."""
    rows, hours, seconds = minutes_by_hour(intervals["start"], intervals["end"], settings)
    table = pd.DataFrame({
        "area": intervals["area"].to_numpy()[rows], "hour_of_week": hours,
        "minutes": seconds / 60 * rate.fillna(0).to_numpy()[rows],
    })  # fmt: skip
    return table.groupby(["area", "hour_of_week"])["minutes"].sum()


def in_hot_hours(hours: pd.DataFrame) -> pd.DataFrame:
    """Of each area's patrol-minutes, the part in its hot hours: area, share_in_hot_hours; empty where none is hot."""
    mine = hours[hours["area"] != ALL]
    hot = mine["patrol_minutes"].where(mine["hot"], 0.0).groupby(mine["area"]).sum()
    whole = mine["patrol_minutes"].groupby(mine["area"]).sum().where(mine.groupby("area")["hot"].any())
    return share(hot, whole).rename("share_in_hot_hours").reset_index()
