"""Storing the entry, and what stands under its key afterwards."""

from __future__ import annotations

import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import COUNTS, Entry, Submission
from hotspots.ui.log_form.draft import Desk, Draft, Site, in_hand, new_entry
from hotspots.ui.log_form.words import NOT_IN_IT, sentence
from hotspots.ui.session import hold, shown
from hotspots.ui.text import plain_text


def save(desk: Desk) -> None:
    """Store the entry. Where it cannot be stored the reason is shown, and everything stays as it was entered."""
    t = desk.draft
    if t["officers"] is None:
        raise HotspotsError([*missing(desk), "Say how many officers there were."])
    same = ("area", "unit", "officers", "start", "end", "mode", "reactive", *COUNTS, "notes")
    sent = Submission(key=desk.key, activity="; ".join(t["activity"]), **{name: t[name] for name in same})
    stored = patrol_form.record(desk.site.folder, sent)
    if not stored.already:
        hold("log_draft", None)
    hold("log_last", {"unit": t["unit"], "officers": t["officers"]})
    st.rerun()


def missing(desk: Desk) -> list[str]:
    """What else has not been entered."""
    t = desk.draft
    words = [] if t["area"] else ["Choose the hot spot."]
    return words if t["start"] is not None and t["end"] is not None else [*words, "An entry needs a start and an end."]


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
