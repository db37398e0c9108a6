"""Incidents → the panel that change is estimated on: a row per place and period, zeros where nothing happened.

A period that the data cover only in part says so (``exposure``); one that they do not cover at all is absent: missing
is not zero. ``post`` says before or after; a period in which treatment began belongs to neither and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError

PANEL = ("unit", "group", "period", "post", "exposure", "count", "harm")


def covered(first: date, last: date, held: set[int]) -> float:
    """The part of the days from first to last that lie in months held."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return sum(d.year * 100 + d.month in held for d in days) / len(days)


def panel_of(
    incidents: pd.DataFrame,
    units: Mapping[int, str],
    groups: Mapping[str, str],
    periods: pd.DataFrame,
    start: date,
) -> pd.DataFrame:
    """The panel: `PANEL`, by unit and period, a row for every unit and period.

    ``incidents``: a row per offence, with record, cell, day (datetime64 or date; for month-only data any day of the
    month) and days (harm, nan where unscored). ``units``: cell → place; ``groups``: place → treated or comparison;
    ``periods``: period (number in order), first, last and exposure (the part that data cover) of each; ``start``: first
    day of treatment. ``count`` counts each record once in a place and period; ``harm`` adds its scored offences. Raises
    HotspotsError where ``start`` leaves no period before or after it.
    """
    kept = periods[(periods["last"] < start) | (periods["first"] >= start)].reset_index(drop=True)
    if not (kept["last"] < start).any() or not (kept["first"] >= start).any():
        raise HotspotsError(f"There is no whole period before, or none after, {start}. Take a longer window.")
    names = sorted(set(units.values()))
    unknown = [n for n in names if groups.get(n) not in ("treated", "comparison")]
    if unknown:
        raise HotspotsError(f"{', '.join(unknown[:3])} is neither treated nor comparison.")
    table = counted(incidents, units, kept)
    grid = pd.MultiIndex.from_product([names, kept["period"]], names=["unit", "period"])
    whole = table.reindex(grid, fill_value=0).reset_index().merge(kept[["period", "first", "exposure"]], on="period")
    whole["post"] = whole["first"] >= start
    whole["group"] = whole["unit"].map(dict(groups))
    return whole.sort_values(["unit", "period"], ignore_index=True)[list(PANEL)]


def counted(incidents: pd.DataFrame, units: Mapping[int, str], periods: pd.DataFrame) -> pd.DataFrame:
    """Records and harm by unit and period (index)."""
    mine = incidents[incidents["cell"].isin(list(units))]
    day = mine["day"].to_numpy().astype("datetime64[D]")
    first, last = (periods[c].to_numpy().astype("datetime64[D]") for c in ("first", "last"))
    at = np.searchsorted(first, day, side="right") - 1
    inside = (at >= 0) & (day <= last[np.maximum(at, 0)])
    table = pd.DataFrame({
        "unit": mine["cell"].map(dict(units)).to_numpy()[inside],
        "period": periods["period"].to_numpy()[at[inside]],
        "record": mine["record"].to_numpy()[inside],
        "harm": mine["days"].fillna(0).to_numpy(dtype=float)[inside],
    })  # fmt: skip
    one = table.groupby(["unit", "period"])
    return pd.DataFrame({"count": one["record"].nunique(), "harm": one["harm"].sum()})
