"""The patrol log form: for a thumb on a phone. What is typed is kept at once, under the key in the address.

The key is made when an entry is begun. It finds the draft again after a reload, a lost connection or a locked phone,
and makes that Save, however often it is pressed, stores one entry. The unit is hashed before anything is kept.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.base.choices import BCUS
from hotspots.patrols import form as patrol_form
from hotspots.ui import loading
from hotspots.ui.components import static_text
from hotspots.ui.frame import View
from hotspots.ui.log_form import words
from hotspots.ui.log_form.draft import Site, desk_of
from hotspots.ui.log_form.entries import show_entries
from hotspots.ui.log_form.fields import show_form
from hotspots.ui.log_form.saved import show_saved
from hotspots.ui.session import keep, remembered, widget_key
from hotspots.ui.text import errors_shown


def show(view: View) -> None:
    """The form, or what was stored under its key; below, the entries of the day."""
    st.html(f"<style>{static_text('log_form.css')}</style>")
    with errors_shown():
        site = Site(Path(view.folder), view.workspace.settings, loading.areas_stamp(view.folder))
        today = site.areas(site.today)
        if today.empty:
            st.info(words.NO_REGISTER, icon=":material/info:")
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
    bcus = [b for b in BCUS if b in set(areas["bcu"])]
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
