"""The fields of the form, from top to bottom in the order of a patrol."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import ACTIVITIES, COUNTS, MOST_COUNTED, MOST_OFFICERS
from hotspots.ui.components import static_text
from hotspots.ui.log_form.clock import show_times
from hotspots.ui.log_form.draft import Desk, Draft, keep_draft
from hotspots.ui.log_form.saved import save
from hotspots.ui.log_form.words import KEPT, MODES, NO_NAMES, UNIT_HELP
from hotspots.ui.session import show_next, shown, widget_key

_typing = st.components.v2.component("hotspots_log_typing", js=static_text("log_form.js"))
QUICK = (1, 2, 3, 4)  # officers, by one tap


def show_form(desk: Desk) -> None:
    """From top to bottom, in the order of a patrol; kept after each run."""
    _typing(key="log_typing")
    draft = desk.draft
    labels = dict(zip(desk.areas["area"], desk.areas["name"], strict=True))
    draft["area"] = (
        st.selectbox(
            "Hot spot", list(labels), format_func=lambda a: f"{labels[a]} ({a})", placeholder="Choose the hot spot",
            key=widget_key(desk.name("area"), draft["area"] if draft["area"] in labels else None),
        )
        or ""
    )  # fmt: skip
    show_officers(desk)
    show_times(desk)
    draft["mode"] = (
        st.segmented_control(
            "How", list(MODES), format_func=lambda m: MODES[m], key=widget_key(desk.name("mode"), draft["mode"] or None)
        )
        or ""
    )
    draft["activity"] = st.pills(
        "What was done", ACTIVITIES, selection_mode="multi",
        key=widget_key(desk.name("activity"), [a for a in draft["activity"] if a in ACTIVITIES]),
    )  # fmt: skip
    draft["reactive"] = st.toggle(
        "This was a call (reactive)", key=widget_key(desk.name("reactive"), bool(draft["reactive"]))
    )
    for name in COUNTS:
        show_count(desk, name)
    draft["notes"] = st.text_area(
        "Notes",
        key=widget_key(desk.name("notes"), draft["notes"]),
        max_chars=patrol_form.MOST_TEXT,
        placeholder=NO_NAMES,
    )
    show_unit(desk)
    keep_draft(desk)
    if st.button("Save", type="primary", width="stretch", key=f"_{desk.name('save')}", icon=":material/check:"):
        save(desk)
    st.caption(KEPT)


def show_officers(desk: Desk) -> None:
    n = desk.draft["officers"]
    st.html(f'<p class="officers" role="status">Officers: {"not entered yet" if n is None else n}</p>')
    name = desk.name("officers")
    with st.container(horizontal=True, gap="xsmall", key="log_officers", wrap=False):
        stepper("officers_less", "Fewer officers", desk, "officers", -1)
        st.segmented_control(
            "Officers", QUICK, key=widget_key(name, n if n in QUICK else None), label_visibility="collapsed",
            on_change=take_officers, args=(desk.draft, name),
        )  # fmt: skip
        stepper("officers_more", "More officers", desk, "officers", 1)


def take_officers(draft: Draft, name: str) -> None:
    """The number tapped; the one that holds already cannot be taken off."""
    if shown(name) is not None:
        draft["officers"] = shown(name)
    show_next(name, draft["officers"] if draft["officers"] in QUICK else None)


def show_count(desk: Desk, name: str) -> None:
    n = desk.draft[name]
    with st.container(horizontal=True, gap="xsmall", key=f"log_{name}", wrap=False, vertical_alignment="center"):
        st.html(f'<p class="count" role="status">{name.capitalize()}: {"–" if n is None else n}</p>')
        stepper(f"{name}_less", f"Fewer {name}", desk, name, -1)
        stepper(f"{name}_more", f"More {name}", desk, name, 1)


def stepper(key: str, label: str, desk: Desk, name: str, by: int) -> None:
    """A button that shows − or + and is read out as its label."""
    st.button(
        label, key=f"_{desk.name(key)}", icon=f":material/{'add' if by > 0 else 'remove'}:", on_click=step,
        args=(desk.draft, name, by, desk.name(name)),
    )  # fmt: skip


def step(draft: Draft, name: str, by: int, widget: str) -> None:
    """One more or one fewer. From "not entered", one fewer is the least there can be."""
    least, most = (1, MOST_OFFICERS) if name == "officers" else (0, MOST_COUNTED)
    draft[name] = min(max((draft[name] or 0) + by, least), most)
    if name == "officers":
        show_next(widget, draft[name] if draft[name] in QUICK else None)


def show_unit(desk: Desk) -> None:
    """The unit as a code: what was typed stays in the field for this session and is stored nowhere."""
    name, draft = desk.name("unit"), desk.draft
    st.text_input(
        "Your unit or call sign", key=widget_key(name, ""), max_chars=100, autocomplete="off",
        placeholder="Entered, kept as a code" if draft["unit"] else "", on_change=take_unit,
        args=(desk.site.folder, draft, name),
    )  # fmt: skip
    st.caption(UNIT_HELP)
    if draft["unit"] and not shown(name):
        st.button("Another unit", key=f"_{desk.name('no_unit')}", on_click=draft.update, kwargs={"unit": ""})


def take_unit(folder: Path, draft: Draft, name: str) -> None:
    draft["unit"] = patrol_form.hashed(folder, shown(name) or "")
