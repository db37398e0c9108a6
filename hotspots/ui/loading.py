"""Every cache of the app, keyed by the workspace's version: new data, new answers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import geography, maps
from hotspots.database import weight_sets
from hotspots.errors import HotspotsError
from hotspots.harm import WeightSet
from hotspots.intake.place import boundaries_of
from hotspots.intake.report import headline, holdings
from hotspots.pipeline import Answer, Question, cell_detail, rank_workspace
from hotspots.ranking import MEASURE
from hotspots.workspace import Manifest, Workspace, open_workspace


def workspace_folder() -> Path:
    return Path(os.environ.get("HOTSPOTS_WORKSPACE") or "workspace")


def current() -> Workspace:
    """The workspace as it stands now; an empty one where there is none yet."""
    try:
        return open_workspace(workspace_folder())
    except HotspotsError:
        if (workspace_folder() / "manifest.json").exists():
            raise
        from hotspots.settings import Settings

        return Workspace(workspace_folder(), Manifest(), Settings())


# Answers are shared by all sessions and never changed: cache_resource hands out the object itself.
@st.cache_resource(max_entries=24, show_spinner="Ranking …")
def ranked(folder: str, version: str, question: Question) -> Answer:
    """The answer to a question, worked out once for each version of the data."""
    return rank_workspace(Path(folder), question)


@st.cache_resource(max_entries=4, show_spinner=False)
def outlines(folder: str, version: str) -> dict[str, Any]:
    """District outlines for drawing: those that ship with the program, or of the polygons imported."""
    workspace = open_workspace(Path(folder))
    return geography.outlines(boundaries_of(workspace))


@st.cache_data(max_entries=48, show_spinner=False)
def map_strings(folder: str, version: str, question: Question, selected: str | None, dark: bool) -> tuple[str, str]:
    """The map for deck.gl and for SVG, as JSON text: made once, sent as it is."""
    answer = ranked(folder, version, question)
    shape = outlines(folder, version)
    if question.bcu != "all":
        shape = {**shape, "features": [f for f in shape["features"] if f["properties"]["bcu"] == question.bcu]}
    places = geography.places()
    if question.bcu != "all":
        inside = {f["properties"]["district"] for f in shape["features"]}
        places = places[places["district"].isin(inside)]
    measure = MEASURE[question.by]
    deck = maps.deck_json(answer.table, shape, places, measure, selected, dark=dark)
    return deck, json.dumps(maps.svg_map(answer.table, shape, places, measure, selected))


@st.cache_data(max_entries=48, show_spinner=False)
def detail(folder: str, version: str, question: Question, cell: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(offences, months) of one cell."""
    return cell_detail(ranked(folder, version, question), cell)


@st.cache_resource(max_entries=4, show_spinner=False)
def weights(folder: str, version: str) -> dict[str, WeightSet]:
    return weight_sets(Path(folder))


@st.cache_data(max_entries=4, show_spinner=False)
def summary(folder: str, version: str) -> tuple[list[str], pd.DataFrame]:
    """What the workspace holds: sentences, and counts."""
    workspace = open_workspace(Path(folder))
    return headline(workspace), holdings(workspace)
