"""The panel: what it must hold, which of it tells something, and the design made of it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.change.estimates.panel_models.model import Design, Floats, numbered

Measure = Literal["count", "harm"]
Model = Literal["poisson", "negative-binomial"]

PANEL = ("unit", "group", "period", "post", "exposure", "count")
GROUPS = ("treated", "comparison")
CLUSTERED = "errors clustered by unit (CR2, Bell–McCaffrey degrees of freedom)"


def checked_panel(panel: pd.DataFrame, measure: str = "count") -> pd.DataFrame:
    """The panel in order of unit and period; HotspotsError with every problem at once where it is not one."""
    needed = [c for c in dict.fromkeys([*PANEL, measure]) if c not in panel]
    if needed:
        raise HotspotsError(f"The panel lacks the column{'s' if len(needed) > 1 else ''} {', '.join(needed)}.")
    problems = [*_bad_values(panel, measure), *_bad_shape(panel)]
    if problems:
        raise HotspotsError(problems)
    columns = [*dict.fromkeys([*PANEL, measure]), *(["stratum"] if "stratum" in panel else [])]
    types: dict[str, Any] = {
        "unit": "str",
        "period": "int64",
        "post": "bool",
        "exposure": "float64",
        measure: "float64",
    }
    return panel[columns].astype(types).sort_values(["unit", "period"], ignore_index=True)


def _bad_values(panel: pd.DataFrame, measure: str) -> list[str]:
    told = []
    value, exposure = (pd.to_numeric(panel[c], errors="coerce").to_numpy(float) for c in (measure, "exposure"))
    bad = ~(np.isfinite(value) & (value >= 0))
    if bad.any():
        told.append(
            f"{many(int(bad.sum()), 'row')} of the panel have no {measure} of 0 or more: "
            f"{sample(panel[measure][bad])}. Leave out periods without data; do not enter them."
        )
    bad = ~((exposure > 0) & (exposure <= 1 + 1e-9))
    if bad.any():
        told.append(
            f"Exposure is the covered part of a period, above 0 and up to 1; {int(bad.sum()):,} are not: "
            f"{sample(panel['exposure'][bad])}."
        )
    unknown = panel.loc[~panel["group"].isin(GROUPS), "group"]
    if len(unknown):
        told.append(f"A group is 'treated' or 'comparison'; found {sample(unknown)}.")
    if panel[["unit", "period", "post"]].isna().any(axis=None):
        told.append("Some rows of the panel lack a unit, a period or the word whether it lies after the start.")
    return told


def _bad_shape(panel: pd.DataFrame) -> list[str]:
    told = []
    twice = panel.duplicated(["unit", "period"])
    if twice.any():
        told.append(f"{many(int(twice.sum()), 'pair')} of unit and period occur twice: {sample(panel['unit'][twice])}.")
    groups = panel.groupby("unit")["group"].nunique()
    if (groups > 1).any():
        told.append(f"Units are both treated and comparison: {sample(groups.index[groups > 1])}.")
    for group in GROUPS:
        sides = set(panel.loc[panel["group"] == group, "post"].dropna().astype(bool))
        told.extend(
            f"The panel has no {group} units with data {'after' if side else 'before'} the start."
            for side in (False, True)
            if side not in sides
        )
    post = panel["post"].fillna(False).astype(bool)
    if post.any() and not post.all() and panel.loc[post, "period"].min() <= panel.loc[~post, "period"].max():
        told.append(
            "Units must all start at once, and every period after the start follow every one before it; some do not. "
            "Take units with one start together, and crossover days by their own design."
        )
    return told


def informative(table: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Without units and periods that hold nothing at all, and sentences saying which."""
    by_unit, by_period = table.groupby("unit")[measure].sum(), table.groupby("period")[measure].sum()
    units, periods = by_unit.index[by_unit == 0], by_period.index[by_period == 0]
    told = tuple(
        f"Left out, since it tells nothing: {many(len(empty), word)} without any event {where}({sample(empty)})."
        for empty, word, where in ((units, "unit", ""), (periods, "period", "in any unit "))
        if len(empty)
    )
    keep = ~table["unit"].isin(units) & ~table["period"].isin(periods)
    return table[keep].reset_index(drop=True), told


def many(n: int, word: str) -> str:
    return f"{n:,} {word}{'s' if n != 1 else ''}"


def method_of(model: str) -> str:
    kind = "Poisson pseudo-likelihood" if model == "poisson" else "Negative binomial (α by moments)"
    return f"{kind}, effects of units and periods, {CLUSTERED}"


def design_of(table: pd.DataFrame, measure: str, x: Floats, periods: bool = True) -> Design:
    """The design of a table with unit, period, exposure and the measure; clusters are units."""
    unit = numbered(table["unit"].to_numpy())
    column = numbered(table["period"].to_numpy()) if periods else None
    y, exposure = table[measure].to_numpy(float), table["exposure"].to_numpy(float)
    return Design(y, exposure, np.asarray(x, float), unit, unit, column)
