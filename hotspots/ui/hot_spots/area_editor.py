"""The area editor: add and drop cells, make, name and give up areas, exclude cells; each with a name and a reason.

Everything works from the keyboard: a cell picked on the map is only what a select box starts from.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import areas, geography
from hotspots.areas.rules import exclude, include
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.geography.neighbours import surroundings
from hotspots.ui import loading
from hotspots.ui.forms import done, form_key, signature
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, draft, words
from hotspots.ui.hot_spots.area_desk import (
    Desk,
    adjoining,
    choose_area,
    described,
    end_draft,
    every_cell,
    figure_of,
    free_cells,
    keep_draft,
    picked_cell,
)
from hotspots.ui.hot_spots.draft import ADD, DROP, NAME, NEW, REMOVE, ROLE, Basis, Change, Draft, Step, facts_round
from hotspots.ui.session import hold, turn, widget_key
from hotspots.ui.show import bullets, plain_text

WHAT = {
    ADD: "Add a cell", DROP: "Take a cell out", ROLE: "Change its role", NAME: "Rename it",
    REMOVE: "Drop the whole area", NEW: "Make a new area",
}  # fmt: skip
ROLES = {
    "treated": "Treated: patrolled more",
    "comparison": "Comparison: watched, not patrolled more",
    "none": "None: neither",
}


def show_editor(view: View, now: Desk, chosen: str) -> None:
    """Choose an area and what to change about it; one form for each kind of change."""
    st.header("Change an area")
    left, right = st.columns(2)
    if chosen:
        key = widget_key(form_key(f"area_{turn('area')}"), chosen)
        ids = now.table["area"].tolist()
        area = left.selectbox("Area", ids, format_func=lambda a: area_label(now, a), key=key)
        if area != chosen:
            hold("area_chosen", area)
            st.rerun()  # the rings on the map are drawn above
    kinds = [k for k in WHAT if chosen or k == NEW]
    what = right.selectbox("What to change", kinds, format_func=lambda k: WHAT[k], key=f"_area_what_{len(kinds)}")
    picked = picked_cell(view)
    say_picked(now, picked)
    cells = [*every_cell(now), *([picked] if picked else [])]
    facts = draft.facts_round(view.workspace, now.found, cells) if cells else now.found.facts
    with st.form(form_key(f"area_edit_{what}_{chosen}_{picked:x}"), border=True):
        value = ask(now, facts, chosen, what, picked)
        author, reason = signature(f"area_{what}", "Why")
        go = st.form_submit_button("Change the draft", type="primary", icon=":material/edit:")
    if go:
        change_draft(now, chosen, what, value, Change(facts, now.excluded, author, reason))


def area_label(now: Desk, area: str) -> str:
    row = now.table[now.table["area"] == area].iloc[0]
    return f"{row['label']}: {row['name']} ({area}, {counted(row['n_cells'], 'cell')})"


def say_picked(now: Desk, picked: int) -> None:
    """Where the cell picked on the map belongs."""
    if not picked:
        return
    owner = now.owner_of(f"{picked:x}")
    if owner:
        st.caption(plain_text(f"The picked cell is in {now.labels[owner]}."))
    elif areas.inside_excluded([picked], now.excluded)[0]:
        st.caption("The picked cell is excluded from areas.")
    else:
        st.caption("The picked cell is in no area. It can be added to one, or become one.")


# ---------------------------------------------------------------- what a form asks


def ask(now: Desk, facts: pd.DataFrame, area: str, what: str, picked: int) -> Any:
    """The one question of a form; None where there is nothing to choose from."""
    if what == ROLE:
        role = now.table.loc[now.table["area"] == area, "role"].iloc[0]
        return st.selectbox("Role", list(ROLES), list(ROLES).index(role), format_func=lambda r: ROLES[r])
    if what == NAME:
        name = now.table.loc[now.table["area"] == area, "name"].iloc[0]
        return st.text_input("Name", name, max_chars=draft.NAME_MOST)
    if what == REMOVE:
        st.markdown(plain_text(f"{area_label(now, area)} is dropped from the draft. The others keep their numbers."))
        return None
    if what == DROP:
        return ask_cell("Cell to take out", areas.cell_ids(now.cells_of(area)).tolist(), now, facts, area, picked)
    if what == NEW:
        return ask_cell("Cell to begin with", free_cells(now, picked), now, facts, "", picked)
    offered, left_out = adjoining(now, facts, area, picked)
    cell = ask_cell("Cell to add", offered, now, facts, area, picked)
    if left_out:
        st.caption(f"Adjoins, but is not offered: {left_out}.")
    return cell


def ask_cell(label: str, cells: list[int], now: Desk, facts: pd.DataFrame, area: str, picked: int) -> int | None:
    """One of these cells, by place and figures; the one picked on the map to begin with, if it is among them."""
    if not cells:
        st.markdown("There is no such cell.")
        return None
    start = cells.index(picked) if picked in cells else 0
    said = described(facts, cells, figure_of(now), areas.cell_ids(now.cells_of(area)).tolist())
    return st.selectbox(label, cells, start, format_func=lambda c: said[c])


# ---------------------------------------------------------------- what is done


def change_draft(now: Desk, area: str, what: str, value: Any, change: Change) -> None:
    """Take a change into the draft; the first one makes it. What is refused leaves everything as it was."""
    found = now.found
    own = now.draft or Draft(Basis.of(found.answer), draft.CANDIDATES, (Step(found.areas, ""),))
    hold("area_chosen", area)
    if what in (ADD, DROP, NEW) and value is None:
        raise HotspotsError("There is no cell to choose, so nothing was changed.")
    after = draft.changed(own, what, area, value, change)
    if what == NEW:
        choose_area(str(after.areas["area"].iloc[-1]))
    keep_draft(after, f"Changed. {what_it_did(own, after, area)}")


def what_it_did(before: Draft, after: Draft, area: str) -> str:
    """What a change did to the area's figures."""
    at = {name: t[t["area"] == area] for name, t in (("before", before.areas), ("after", after.areas))}
    if at["before"].empty or at["after"].empty or len(after.areas) != len(before.areas):
        return f"The draft has {counted(len(after.areas), 'area')}; it had {len(before.areas):,}."
    was, now = at["before"].iloc[0], at["after"].iloc[0]
    if was["cells"] == now["cells"]:
        return after.steps[-1].change
    cells, incidents = counted(now["n_cells"], "cell"), counted(now["n_incidents"], "incident")
    return (
        f"{now['name']}: {cells} ({was['n_cells']} before), {incidents} ({was['n_incidents']:,}),"
        f" {now['share_of_bcu_harm']:.1%} of its BCU's harm ({was['share_of_bcu_harm']:.1%})."
    )


def show_changes(view: View, now: Desk, chosen: str) -> None:
    """What was changed, undoing the last of it, and starting again."""
    if now.draft is None:
        return
    own, changes = now.draft, now.draft.changes
    if changes:
        with st.expander(f"Changes ({len(changes)})"):
            st.markdown(bullets(changes))
    with st.container(horizontal=True):
        if len(own.steps) > 1 and st.button("Undo the last change", icon=":material/undo:"):
            keep_draft(replace(own, steps=own.steps[:-1]), f"Undone: {own.steps[-1].change}")
        with st.popover("Start again from the candidates …", icon=":material/restart_alt:"):
            st.markdown(words.START_AGAIN)
            if st.button("Discard the draft"):
                end_draft(words.DISCARDED)


def show_exclusions(view: View, now: Desk, chosen: str) -> None:
    """Exclude a cell, see what is excluded and by whom, and lift an exclusion. Stored at once, for everybody."""
    shut = sorted(now.excluded)
    with st.expander(f"Cells that no area may hold ({len(shut)})", icon=":material/block:"):
        st.markdown(words.EXCLUDE_HELP)
        exclude_one(view, now, chosen)
        table = answers.exclusions(view.folder, loading.areas_stamp(view.folder))
        if len(table):
            st.markdown("**What was excluded and lifted**")
            st.dataframe(as_shown(view, table), hide_index=True, alt="Exclusions of cells", column_config=COLUMNS)
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
    near = geography.nearest_place(*geography.cell_centres(shut), geography.boundaries_of(view.workspace))
    names = dict(zip(shut, near, strict=True))
    with st.form(form_key("area_lift"), border=True):
        cell = st.selectbox("Exclusion to lift", shut, format_func=lambda c: f"{names[c]} (cell {c:x})")
        author, note = signature("lift", "Why")
        go = st.form_submit_button("Lift this exclusion", icon=":material/undo:")
    if go and cell:
        include(Path(view.folder), [f"{cell:x}"], author, note)
        done(f"Cell {cell:x} may be in areas again.")


def as_shown(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """The list as it is read: newest first, with places and days."""
    cells = [int(c, 16) for c in table["cell"]]
    places = geography.nearest_place(*geography.cell_centres(cells), geography.boundaries_of(view.workspace))
    shown = table.assign(
        place=places,
        what=["excluded" if yes else "lifted" for yes in table["excluded"]],
        day=pd.to_datetime(table["created"], format="ISO8601").dt.strftime("%d/%m/%Y %H:%M"),
    )
    return shown[["day", "what", "kind", "place", "note", "author", "cell"]].iloc[::-1]


COLUMNS: Any = {
    "day": "When (UTC)", "what": "What", "kind": "What is there",
    "place": st.column_config.TextColumn("Place", width=220), "note": st.column_config.TextColumn("Note", width=220),
    "author": "Who", "cell": "Cell",
}  # fmt: skip
