"""What the Change page works out, kept for each version of the data and of what people added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import maps
from hotspots.areas import register as area_register
from hotspots.change import context
from hotspots.change.matching import register as match_register
from hotspots.change.question import Change, ChangeQuestion
from hotspots.change.settling import register_of
from hotspots.change.workspace import change_workspace
from hotspots.charts import change as charts
from hotspots.store import ledger
from hotspots.store.workspace import open_workspace
from hotspots.trials import register as trial_register
from hotspots.trials.planning import schedule_of
from hotspots.trials.register import FrozenDesign
from hotspots.trials.workspace import Trial, trial_workspace
from hotspots.ui.loading import written


def change_stamp(folder: str) -> str:
    """Changes whenever people add anything: areas, logs, targets, context lines, matches, trials."""
    return ledger.stamp(
        Path(folder), "area_registers", "area_exclusions", "patrol_entries", "dose_targets", "dose_masks",
        "change_designs", "change_matches", "context_lines",
    )  # fmt: skip


@st.cache_data(max_entries=8, show_spinner=False)
def context_lines(folder: str, stamp: str) -> pd.DataFrame:
    """Every context line that holds, by first day."""
    return context.lines(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def context_history(folder: str, stamp: str) -> pd.DataFrame:
    """Every context line, correction and withdrawal ever written, oldest first."""
    return context.history(Path(folder))


@st.cache_resource(max_entries=16, show_spinner="Comparing before and after …")
def change(folder: str, version: str, question: ChangeQuestion, stamp: str) -> Change:
    """The answer about change, worked out once for each version of the data and of what people added."""
    return change_workspace(open_workspace(Path(folder)), question)


@st.cache_resource(max_entries=16, show_spinner=False)
def change_charts(
    folder: str, version: str, question: ChangeQuestion, stamp: str, dark: bool
) -> dict[str, dict[str, Any]]:
    """The charts of an answer by name, those that have something to show."""
    found = change(folder, version, question, stamp)
    made = {
        "forest": charts.forest_spec(found.spots, found.table, dark, found.withheld),
        "series": charts.series_spec(found.series, dark),
    }
    if len(found.trend):
        made["trend"] = charts.trend_chart_spec(found.trend, dark)
    if found.dose is not None:
        made["scatter"] = charts.dose_scatter_spec(found.dose.scatter, dark)
        for name, build in (("bands", charts.dose_bands_spec), ("curve", charts.dose_curve_spec)):
            if found.dose.table.loc[found.dose.table["part"] == name, "rate_ratio"].notna().any():
                made[name] = build(found.dose.table, dark)
    return made


@st.cache_data(max_entries=48, show_spinner=False)
def ring_map_strings(
    folder: str, version: str, question: ChangeQuestion, stamp: str, area: str, dark: bool
) -> tuple[str, str]:
    """The map of hot spots and rings for deck.gl and for SVG, as JSON text; ``area``: look at this one first."""
    found = change(folder, version, question, stamp)
    drawing, view = maps.ring_drawing(found.cells, found.spots), maps.ring_view(found.cells, area)
    return written(drawing, folder, version, question.bcu, dark, view)


@st.cache_data(max_entries=16, show_spinner=False)
def treated_names(folder: str, stamp: str, register: str, after_from: str) -> dict[str, str]:
    """Area → name of the treated hot spots of the version that a question about ``register`` is asked of."""
    asked = ChangeQuestion(register=register, after_from=after_from)
    areas = register_of(open_workspace(Path(folder)), asked).areas
    mine = areas[areas["role"] == "treated"]
    return dict(zip(mine["area"].astype(str), mine["name"].astype(str), strict=True))


@st.cache_data(max_entries=8, show_spinner=False)
def frozen_matches(folder: str, stamp: str) -> tuple[str, ...]:
    """Names of the frozen matches, the newest first."""
    return tuple(match_register.matches(Path(folder))["name"])[::-1]


@st.cache_data(max_entries=8, show_spinner=False)
def designs(folder: str, stamp: str) -> pd.DataFrame:
    """Every frozen trial design, oldest first."""
    return trial_register.designs(Path(folder))


@st.cache_resource(max_entries=16, show_spinner=False)
def trial_design(folder: str, stamp: str, name: str) -> tuple[FrozenDesign, pd.DataFrame]:
    """A frozen design and its schedule by hot spot and patrol day."""
    found = trial_register.load(Path(folder), name)
    return found, schedule_of(found.design, area_register.load(Path(folder), found.register))


@st.cache_resource(max_entries=8, show_spinner="Working out the trial …")
def trial(folder: str, version: str, stamp: str, name: str) -> Trial:
    """What a frozen trial shows so far."""
    return trial_workspace(open_workspace(Path(folder)), name)
