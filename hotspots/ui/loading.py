"""What several pages read, kept by the workspace's version: new data, new answers. A page keeps the rest by itself."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import geography
from hotspots.areas import register as area_register
from hotspots.geography import boundaries_of
from hotspots.harm.scoring import WeightSet
from hotspots.harm.weights import register as weight_register
from hotspots.harm.weights.register import weight_sets
from hotspots.intake.report import headline, holdings
from hotspots.maps import Drawing, draw_deck, draw_svg
from hotspots.ranking.answer import Answer, narrowed
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import MANIFEST, Manifest, Workspace, is_workspace, open_workspace, settings_in_use


def workspace_folder() -> Path:
    return Path(os.environ.get("HOTSPOTS_WORKSPACE") or "workspace")


def current() -> Workspace:
    """The workspace as it stands now; an empty one where there is none yet."""
    folder = workspace_folder()
    return open_workspace(folder) if is_workspace(folder) else Workspace(folder, Manifest(), settings_in_use(folder))


def version_of(workspace: Workspace, state: str) -> str:
    """The key of every cache: the data's version, the state of the weights, and the settings."""
    return f"{workspace.version}-{state}-{sha256(repr(workspace.settings).encode()).hexdigest()[:8]}"


# Answers are shared by all sessions and never changed: cache_resource hands out the object itself.
@st.cache_resource(max_entries=24, show_spinner="Ranking …")
def ranked_force(folder: str, version: str, question: Question) -> Answer:
    """The answer for all BCUs, worked out once for each version of the data."""
    return rank_workspace(Path(folder), question)


def ranked(folder: str, version: str, question: Question) -> Answer:
    """The answer to a question; another BCU is another part of the same answer."""
    return narrowed(ranked_force(folder, version, replace(question, bcu="all")), question.bcu)


@st.cache_resource(max_entries=4, show_spinner=False)
def outlines(folder: str, version: str) -> dict[str, Any]:
    """District outlines for drawing: those that ship with the program, or of the polygons imported."""
    workspace = open_workspace(Path(folder))
    return geography.outlines(boundaries_of(workspace))


def ground(folder: str, version: str, bcu: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """(outlines, places) of a BCU, or of all."""
    shape, places = outlines(folder, version), geography.places(current().profile)
    if bcu == "all":
        return shape, places
    shape = {**shape, "features": [f for f in shape["features"] if f["properties"]["bcu"] == bcu]}
    inside = {f["properties"]["district"] for f in shape["features"]}
    return shape, places[places["district"].isin(inside)]


def written(
    drawing: Drawing, folder: str, version: str, bcu: str, dark: bool, view: dict[str, float] | None = None
) -> tuple[str, str]:
    """A map over the ground of a BCU, for deck.gl and for SVG, as JSON text: made once, sent as it is."""
    shape, places = ground(folder, version, bcu)
    svg = json.dumps(draw_svg(drawing, shape, places, view), ensure_ascii=False)
    return draw_deck(drawing, shape, places, view, dark), svg


@st.cache_data(max_entries=4, show_spinner=False)
def summary(folder: str, version: str) -> tuple[list[str], pd.DataFrame]:
    """What the workspace holds: sentences, and counts."""
    workspace = open_workspace(Path(folder))
    return headline(workspace), holdings(workspace)


def areas_stamp(folder: str) -> str:
    """Changes whenever areas are frozen, or a cell is excluded or let in again, by anyone."""
    return area_register.stamp(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def registers(folder: str, stamp: str) -> pd.DataFrame:
    """Every frozen version."""
    return area_register.registers(Path(folder))


# ---------------------------------------------------------------- harm weights


def weights_state(folder: str) -> str:
    """Changes whenever a version of weights is stored or a default is set, by anyone."""
    if not (Path(folder) / MANIFEST).is_file():
        return ""
    return weight_register.stamp(Path(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def weights(folder: str, version: str) -> dict[str, WeightSet]:
    return weight_sets(Path(folder))


@st.cache_data(max_entries=4, show_spinner=False)
def versions(folder: str, version: str) -> pd.DataFrame:
    """Every version of every set, with who made it and why."""
    return weight_register.versions(Path(folder))


@st.cache_resource(max_entries=64, show_spinner=False)
def weight_set(folder: str, version: str, name: str) -> WeightSet:
    """One version: name@version. Never changed once stored."""
    return weight_register.load(Path(folder), name)


def has_weights(folder: str, version: str, name: str) -> bool:
    table = versions(folder, version)
    return name in set(table["name"] + "@" + table["version"])


@st.cache_data(max_entries=8, show_spinner=False)
def default_weights(folder: str, version: str, source: str) -> str:
    """The default set of a source, as name@version."""
    return weight_register.defaults(Path(folder))[source]


@st.cache_data(max_entries=64, show_spinner=False)
def areas_on(folder: str, stamp: str, day: date) -> pd.DataFrame:
    """The hot spots of every register that held on a day: `hotspots.areas.register.areas_on`."""
    return area_register.areas_on(Path(folder), day)
