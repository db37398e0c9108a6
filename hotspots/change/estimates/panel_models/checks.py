"""The panel: what it must hold, which of it is informative, and the design made of it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
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
    types: dict[str, Any] = {
        "unit": "str", "period": "int64", "post": "bool", "exposure": "float64", measure: "float64",
    }  # fmt: skip
    return panel[[*dict.fromkeys([*PANEL, measure])]].astype(types).sort_values(["unit", "period"], ignore_index=True)


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
        sides = set(panel.loc[panel["group"] == group, "post"].dropna().astype(bool))
        problems.extend(
            f"The panel has no {group} units with data {'after' if side else 'before'} the start."
            for side in (False, True)
            if side not in sides
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


def method_of(model: str) -> str:
    kind = "Poisson pseudo-likelihood" if model == "poisson" else "Negative binomial (α by moments)"
    return f"{kind}, effects of units and periods, {CLUSTERED}"


def design_of(table: pd.DataFrame, measure: str, x: Floats) -> Design:
    """The design of a table with unit, period, exposure and the measure; clusters are units."""
    unit, period = (numbered(table[c].to_numpy()) for c in ("unit", "period"))
    y, exposure = table[measure].to_numpy(float), table["exposure"].to_numpy(float)
    return Design(y, exposure, np.asarray(x, float), unit, unit, period)
