"""The patrol log form: for a thumb on a phone. What is typed is kept at once, under the key in the address.

The key is made when an entry is begun. It finds the draft again after a reload, a lost connection or a locked phone,
and makes that Save, however often it is pressed, stores one entry. The unit is hashed before anything is kept.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import ACTIVITIES, COUNTS, MOST_COUNTED, MOST_OFFICERS, Entry, Submission
from hotspots.ui import loading
from hotspots.ui.components import static_text
from hotspots.ui.frame import View
from hotspots.ui.log_form import draft
from hotspots.ui.log_form.draft import (
    KEPT,
    MODES,
    NO_NAMES,
    NOT_IN_IT,
    UNIT_HELP,
    Desk,
    Draft,
    Site,
    desk_of,
    in_hand,
    keep_draft,
    new_entry,
    sentence,
    show_times,
)
from hotspots.ui.log_form.entries import show_entries
from hotspots.ui.session import hold, keep, remembered, show_next, shown, widget_key
from hotspots.ui.show import errors_shown, plain_text


def show(view: View) -> None:
    """The form, or what was stored under its key; below, the entries of the day."""
    st.html(f"<style>{static_text('log_form.css')}</style>")
    with errors_shown():
        site = Site(Path(view.folder), view.workspace.settings, loading.areas_stamp(view.folder))
        today = site.areas(site.today)
        if today.empty:
            st.info(draft.NO_REGISTER, icon=":material/info:")
            return
        key = form_key()
        bcu = choose_bcu(view, today)
        begun = patrol_form.begun(site.folder, key)
        with st.container(key="log_form"), errors_shown():
            if begun.entry is not None:
                show_saved(site, begun.entry)
            else:
                show_form(desk_of(site, key, begun.draft, today, bcu))
        with st.container(key="log_entries"), errors_shown():
            show_entries(site, bcu)


def form_key() -> str:
    """The key of the entry in hand: from the address, else of this session, else a new one."""
    asked = remembered("log")
    if asked and not patrol_form.is_key(asked):
        st.warning("The address asks for an entry that is not there. A new one was begun.")
    key = asked if patrol_form.is_key(asked) else patrol_form.new_key()
    keep("log", key)
    return key


def choose_bcu(view: View, areas: pd.DataFrame) -> str:
    """Whose hot spots are offered; not asked where there is one BCU only."""
    bcus = [b for b in view.workspace.profile.bcus if b in set(areas["bcu"])]
    asked = remembered("log_bcu") or view.question.bcu
    if len(bcus) < 2:
        return "all"
    start = asked if asked in bcus else "all"
    with st.container(key="log_form_bcu"):
        bcu = st.segmented_control(
            "BCU", ["all", *bcus], format_func=lambda b: "All" if b == "all" else b, key=widget_key("log_bcu", start),
            required=True,
        )  # fmt: skip
    keep("log_bcu", bcu or start)
    return str(bcu or start)


_typing = st.components.v2.component("hotspots_log_typing", js=static_text("log_form.js"))
QUICK = (1, 2, 3, 4)  # officers, by one tap


def show_form(desk: Desk) -> None:
    """From top to bottom, in the order of a patrol; kept after each run."""
    _typing(key="log_typing")
    draft = desk.draft
    labels = dict(zip(desk.areas["area"], desk.areas["name"], strict=True))
    chosen = st.selectbox(
        "Hot spot", list(labels), format_func=lambda a: f"{labels[a]} ({a})", placeholder="Choose the hot spot",
        key=widget_key(desk.name("area"), draft["area"] if draft["area"] in labels else None),
    )  # fmt: skip
    draft["area"] = chosen or ""
    show_officers(desk)
    show_times(desk)
    key = widget_key(desk.name("mode"), draft["mode"] or None)
    draft["mode"] = st.segmented_control("How", list(MODES), format_func=lambda m: MODES[m], key=key) or ""
    key = widget_key(desk.name("activity"), [a for a in draft["activity"] if a in ACTIVITIES])
    draft["activity"] = st.pills("What was done", ACTIVITIES, selection_mode="multi", key=key)
    key = widget_key(desk.name("reactive"), bool(draft["reactive"]))
    draft["reactive"] = st.toggle("This was a call (reactive)", key=key)
    for name in COUNTS:
        n = draft[name]
        with st.container(horizontal=True, gap="xsmall", key=f"log_{name}", wrap=False, vertical_alignment="center"):
            st.html(f'<p class="count" role="status">{name.capitalize()}: {"–" if n is None else n}</p>')
            stepper(f"{name}_less", f"Fewer {name}", desk, name, -1)
            stepper(f"{name}_more", f"More {name}", desk, name, 1)
    key = widget_key(desk.name("notes"), draft["notes"])
    draft["notes"] = st.text_area("Notes", key=key, max_chars=patrol_form.MOST_TEXT, placeholder=NO_NAMES)
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


def save(desk: Desk) -> None:
    """Store the entry. Where it cannot be stored the reason is shown, and everything stays as it was entered."""
    t = desk.draft
    if t["officers"] is None:
        missing = [] if t["area"] else ["Choose the hot spot."]
        missing += [] if None not in (t["start"], t["end"]) else ["An entry needs a start and an end."]
        raise HotspotsError([*missing, "Say how many officers there were."])
    same = ("area", "unit", "officers", "start", "end", "mode", "reactive", *COUNTS, "notes")
    sent = Submission(key=desk.key, activity="; ".join(t["activity"]), **{name: t[name] for name in same})
    stored = patrol_form.record(desk.site.folder, sent)
    if not stored.already:
        hold("log_draft", None)
    hold("log_last", {"unit": t["unit"], "officers": t["officers"]})
    st.rerun()


def show_saved(site: Site, entry: Entry) -> None:
    """What stands under the key, as it is by now, and the way to a new entry."""
    last = patrol_form.history(site.folder, entry.entry).to_dict("records")[-1]
    names = site.names(int(last["start"]))
    words = "Withdrawn" if last["withdrawn"] else "Saved" if last["revision"] == 1 else "Saved and corrected"
    st.success(plain_text(f"{words}: {sentence(last, names, site.settings)}"), icon=":material/check:")
    show_later_words(entry)
    st.button("New entry", key="_log_new", type="primary", width="stretch", icon=":material/add:", on_click=new_entry)


def show_later_words(entry: Entry) -> None:
    """Where this window went on with an entry that was stored already: a warning, with the notes kept in sight."""
    draft = in_hand(entry.key)
    if draft is None:
        return
    for name in ("area", "mode", "activity", "reactive", "notes"):  # a change may have come with this very run
        value = shown(f"log_{entry.key[:8]}_{name}")
        draft[name] = draft[name] if value is None else value
    if differs(draft, entry):
        st.warning(NOT_IN_IT, icon=":material/warning:")
        if patrol_form.plain(draft["notes"]) != entry.notes:
            st.text(f"Notes as typed here: {draft['notes']}")


def differs(draft: Draft, entry: Entry) -> bool:
    """Whether what is entered is not what was stored."""
    same = ("area", "unit", "officers", "start", "end", "mode", "reactive", *COUNTS)
    texts = (patrol_form.plain(draft["notes"]), "; ".join(draft["activity"])) == (entry.notes, entry.activity)
    return not texts or any(draft[name] != getattr(entry, name) for name in same)
