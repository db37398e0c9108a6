"""Cells that no area may hold: a prison, a hospital, a police station, a dual carriageway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import areas, geography
from hotspots.areas.excluded import exclude, include
from hotspots.base.errors import HotspotsError
from hotspots.geography.neighbours import surroundings
from hotspots.ui import loading
from hotspots.ui.forms import done, form_key, signature
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, words
from hotspots.ui.hot_spots.area_cells import described, figure_of, picked_cell
from hotspots.ui.hot_spots.area_desk import Desk
from hotspots.ui.hot_spots.draft import facts_round


def show_exclusions(view: View, now: Desk, chosen: str) -> None:
    """Exclude a cell, see what is excluded and by whom, and lift an exclusion. Stored at once, for everybody."""
    shut = sorted(now.excluded)
    with st.expander(f"Cells that no area may hold ({len(shut)})", icon=":material/block:"):
        st.markdown(words.EXCLUDE_HELP)
        exclude_one(view, now, chosen)
        table = answers.exclusions(view.folder, loading.areas_stamp(view.folder))
        if len(table):
            st.markdown("**What was excluded and lifted**")
            st.dataframe(as_shown(table), hide_index=True, alt="Exclusions of cells", column_config=COLUMNS)
        if shut:
            lift_one(view, shut)


def exclude_one(view: View, now: Desk, chosen: str) -> None:
    """A cell of the area or beside it, the one picked on the map, or any by its id."""
    offered = offered_cells(view, now, chosen)
    facts = facts_round(view.workspace, now.found, offered) if offered else now.found.facts
    said = {f"{c:x}": text for c, text in described(facts, offered, figure_of(now)).items()}
    with st.form(form_key(f"area_exclude_{chosen}_{view.cell}"), border=True):
        left, right = st.columns([3, 1])
        cell = left.selectbox(
            "Cell to exclude", list(said), format_func=lambda c: said.get(c, c), accept_new_options=True,
            help="The cell picked on the map comes first, then those of the area and round it. Or type a cell's id.",
        )  # fmt: skip
        kind = right.selectbox("What is there", areas.EXCLUSION_KINDS)
        author, note = signature("exclude", "Note (needed for “other”)")
        go = st.form_submit_button("Exclude this cell", icon=":material/block:")
    if go:
        if not cell:
            raise HotspotsError("No cell was chosen, so none was excluded.")
        exclude(Path(view.folder), [cell], kind, note, author)
        done(f"Cell {cell} is excluded from areas ({kind}). Candidates are made without it; frozen areas stay.")


def offered_cells(view: View, now: Desk, chosen: str) -> list[int]:
    """The picked cell, the cells of the chosen area, and those round it; not what is excluded already."""
    picked = [picked_cell(view)] if picked_cell(view) else []
    own = areas.cell_ids(now.cells_of(chosen)).tolist()
    near = [c for c in surroundings(own).tolist() if c not in own] if own else []
    offered = list(dict.fromkeys([*picked, *own, *near]))
    shut = areas.inside_excluded(offered, now.excluded)
    return [c for c, no in zip(offered, shut, strict=True) if not no]


def lift_one(view: View, shut: list[int]) -> None:
    """Let a cell in again; the exclusion and its lifting both stay in the list."""
    names = dict(zip(shut, geography.nearest_place(*geography.cell_centres(shut)), strict=True))
    with st.form(form_key("area_lift"), border=True):
        cell = st.selectbox("Exclusion to lift", shut, format_func=lambda c: f"{names[c]} (cell {c:x})")
        author, note = signature("lift", "Why")
        go = st.form_submit_button("Lift this exclusion", icon=":material/undo:")
    if go and cell:
        include(Path(view.folder), [f"{cell:x}"], author, note)
        done(f"Cell {cell:x} may be in areas again.")


def as_shown(table: pd.DataFrame) -> pd.DataFrame:
    """The list as it is read: newest first, with places and days."""
    cells = [int(c, 16) for c in table["cell"]]
    places = geography.nearest_place(*geography.cell_centres(cells))
    shown = table.assign(
        place=places,
        what=["excluded" if yes else "lifted" for yes in table["excluded"]],
        day=pd.to_datetime(table["created"], format="ISO8601").dt.strftime("%d/%m/%Y %H:%M"),
    )
    return shown[["day", "what", "kind", "place", "note", "author", "cell"]].iloc[::-1]


COLUMNS: Any = {
    "day": "When (UTC)",
    "what": "What",
    "kind": "What is there",
    "place": st.column_config.TextColumn("Place", width=220),
    "note": st.column_config.TextColumn("Note", width=220),
    "author": "Who",
    "cell": "Cell",
}
