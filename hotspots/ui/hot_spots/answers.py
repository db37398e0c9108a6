"""What the Hot spots page works out, kept for each version of the data."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import streamlit as st

from hotspots.areas import register as area_register
from hotspots.areas import rules
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import Candidates, areas_of
from hotspots.areas.register import Frozen
from hotspots.maps import ranked_drawing
from hotspots.ranking.answer import cell_detail
from hotspots.ranking.question import Question
from hotspots.store.workspace import open_workspace
from hotspots.ui.loading import ranked, written

NEAR = 14.4  # zoom at which an area and its surroundings fill the map


class Outlined(NamedTuple):
    """The areas on a map (label, area, name, role, cells), the cells with a ring, and where to look: lon, lat."""

    areas: pd.DataFrame | None = None
    marked: tuple[str, ...] = ()
    middle: tuple[float, float] | None = None

    @property
    def key(self) -> str:
        """Changes with what is drawn of them."""
        if self.areas is None:
            return ""
        drawn = self.areas[["label", "name", "role", "cells"]].to_numpy(dtype=object).tolist()
        return sha256(repr(drawn).encode()).hexdigest()[:16]


def map_of(
    folder: str, version: str, question: Question, measure: str, selected: str | None, top: int, dark: bool,
    outlined: Outlined,
) -> tuple[str, str]:  # fmt: skip
    """The map coloured by ``measure``, for deck.gl and for SVG, as JSON text."""
    key, areas = outlined.key, outlined.areas
    return map_strings(
        folder, version, question, measure, selected, top, dark, outlined.marked, outlined.middle, key, areas
    )


@st.cache_data(max_entries=48, show_spinner=False)
def map_strings(
    folder: str, version: str, question: Question, measure: str, selected: str | None, top: int, dark: bool,
    marked: tuple[str, ...], middle: tuple[float, float] | None, areas: str, _areas: pd.DataFrame | None,
) -> tuple[str, str]:  # fmt: skip
    """`map_of`, cached by the key of its areas."""
    table = ranked(folder, version, question).table
    view = {"lon": middle[0], "lat": middle[1], "zoom": NEAR} if middle else None
    drawing = ranked_drawing(table, measure, top, selected, _areas, marked)
    return written(drawing, folder, version, question.bcu, dark, view)


@st.cache_data(max_entries=48, show_spinner=False)
def detail(folder: str, version: str, question: Question, cell: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(offences, months) of one cell."""
    return cell_detail(ranked(folder, version, question), cell)


@st.cache_resource(max_entries=16, show_spinner="Joining cells into areas …")
def candidates(folder: str, version: str, question: Question, stamp: str) -> Candidates:
    """Candidate areas of a question, within the limits of the settings: as the verb ``areas`` gives them."""
    workspace = open_workspace(Path(folder))
    return areas_of(workspace, ranked(folder, version, question), Limits.of(workspace.settings, workspace.profile.bcus))


@st.cache_data(max_entries=8, show_spinner=False)
def exclusions(folder: str, stamp: str) -> pd.DataFrame:
    """Every exclusion of a cell, and every lifting of one."""
    return rules.exclusions(Path(folder))


def frozen(folder: str, name: str) -> Frozen:
    """One frozen version, its hash verified now: read each time."""
    return area_register.load(Path(folder), name)
