"""Incidents → the panel that change is estimated on: a row per place and period, zeros where nothing happened.

A period that the data cover only in part says so (``exposure``); one that they do not cover at all is absent: missing
is not zero. ``post`` says before or after; a period in which treatment began belongs to neither and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.change.estimates.model import Design, Floats, numbered

PANEL = ("unit", "group", "period", "post", "exposure", "count", "harm")


def covered(first: date, last: date, held: set[int]) -> float:
    """The part of the days from first to last that lie in months held."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return sum(d.year * 100 + d.month in held for d in days) / len(days)


def panel_of(
    incidents: pd.DataFrame, units: Mapping[int, str], groups: Mapping[str, str], periods: pd.DataFrame, start: date,
) -> pd.DataFrame:  # fmt: skip
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
    if unknown := [n for n in names if groups.get(n) not in ("treated", "comparison")]:
        raise HotspotsError(f"{', '.join(unknown[:3])} is neither treated nor comparison.")
    table = sums_by_period(incidents, units, kept)
    grid = pd.MultiIndex.from_product([names, kept["period"]], names=["unit", "period"])
    whole = table.reindex(grid, fill_value=0).reset_index().merge(kept[["period", "first", "exposure"]], on="period")
    whole["post"] = whole["first"] >= start
    whole["group"] = whole["unit"].map(dict(groups))
    return whole.sort_values(["unit", "period"], ignore_index=True)[list(PANEL)]


def sums_by_period(incidents: pd.DataFrame, units: Mapping[int, str], periods: pd.DataFrame) -> pd.DataFrame:
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


Measure = Literal["count", "harm"]
Model = Literal["poisson", "negative-binomial"]

GROUPS = ("treated", "comparison")


def checked_panel(panel: pd.DataFrame, measure: str = "count") -> pd.DataFrame:
    """The panel in order of unit and period; HotspotsError with every problem at once where it is not one."""
    columns = list(dict.fromkeys([*PANEL[:-1], measure]))
    if needed := [c for c in columns if c not in panel]:
        raise HotspotsError(f"The panel lacks the column{'s' if len(needed) > 1 else ''} {', '.join(needed)}.")
    problems = [*_bad_values(panel, measure), *_bad_shape(panel)]
    if problems:
        raise HotspotsError(problems)
    types: dict[str, Any] = {
        "unit": "str", "period": "int64", "post": "bool", "exposure": "float64", measure: "float64",
    }  # fmt: skip
    return panel[columns].astype(types).sort_values(["unit", "period"], ignore_index=True)


def _bad_values(panel: pd.DataFrame, measure: str) -> list[str]:
    problems = []
    value, exposure = (pd.to_numeric(panel[c], errors="coerce").to_numpy(float) for c in (measure, "exposure"))
    bad = ~(np.isfinite(value) & (value >= 0))
    if bad.any():
        problems.append(
            f"{counted(int(bad.sum()), 'row')} of the panel have no {measure} of 0 or more: "
            f"{sample(panel[measure][bad])}. Leave out periods without data; do not enter them."
        )
    bad = ~((exposure > 0) & (exposure <= 1 + 1e-9))
    if bad.any():
        problems.append(
            f"Exposure is the covered part of a period, above 0 and up to 1; {int(bad.sum()):,} are not: "
            f"{sample(panel['exposure'][bad])}."
        )
    unknown = panel.loc[~panel["group"].isin(GROUPS), "group"]
    if len(unknown):
        problems.append(f"A group is 'treated' or 'comparison'; found {sample(unknown)}.")
    if panel[["unit", "period", "post"]].isna().any(axis=None):
        problems.append("Some rows of the panel lack a unit, a period or the word whether it lies after the start.")
    return problems


def _bad_shape(panel: pd.DataFrame) -> list[str]:
    problems = []
    twice = panel.duplicated(["unit", "period"])
    if twice.any():
        problems.append(
            f"{counted(int(twice.sum()), 'pair')} of unit and period occur twice: {sample(panel['unit'][twice])}."
        )
    groups = panel.groupby("unit")["group"].nunique()
    if (groups > 1).any():
        problems.append(f"Units are both treated and comparison: {sample(groups.index[groups > 1])}.")
    for group in GROUPS:
        there = set(panel.loc[panel["group"] == group, "post"].dropna().astype(bool))
        problems.extend(
            f"The panel has no {group} units with data {'after' if after else 'before'} the start."
            for after in (False, True)
            if after not in there
        )
    post = panel["post"].fillna(False).astype(bool)
    if post.any() and not post.all() and panel.loc[post, "period"].min() <= panel.loc[~post, "period"].max():
        problems.append(
            "Units must all start at once, and every period after the start follow every one before it; some do not. "
            "Take units with one start together, and crossover days by their own design."
        )
    return problems


def informative(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Without units and periods that hold nothing at all: they show nothing."""
    held = [table.groupby(by)[measure].transform("sum") > 0 for by in ("unit", "period")]
    return table[held[0] & held[1]].reset_index(drop=True)


def design_of(table: pd.DataFrame, measure: str, x: Floats) -> Design:
    """The design of a table with unit, period, exposure and the measure; clusters are units."""
    unit, period = (numbered(table[c].to_numpy()) for c in ("unit", "period"))
    y, exposure = table[measure].to_numpy(float), table["exposure"].to_numpy(float)
    return Design(y, exposure, np.asarray(x, float), unit, unit, period)
