"""Freezing areas: from here on they cannot change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from hotspots.areas import register as area_register
from hotspots.areas.register import Frozen
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.ui.choosing import switch_next
from hotspots.ui.forms import done_in_markdown, form_key, signature
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import draft, words
from hotspots.ui.hot_spots.area_desk import Desk
from hotspots.ui.session import hold, widget_key
from hotspots.ui.text import plain_text


def show_freeze(view: View, now: Desk, chosen: str) -> None:
    """Name, first day, author and reason; confirmed, the areas shown become the next version of that register."""
    st.header("Freeze these areas")
    st.markdown(words.FREEZE_HELP)
    n = len(now.table)
    with st.form(form_key("area_freeze"), border=True):
        left, right = st.columns([2, 1])
        name = left.text_input(
            "Name of the register", key=widget_key(form_key("freeze_name"), start_name(view, now)), max_chars=100,
            help="Small letters, digits, - _ and . A name that exists gets its next version; a new name, its first.",
        )  # fmt: skip
        first = right.date_input(
            "They hold from", key=widget_key(form_key("freeze_from"), date.today()), format="DD/MM/YYYY"
        )
        author, note = signature("freeze", "Why these areas, why now")
        sure = st.checkbox(
            f"I have checked {counted(n, 'area')} and understand that freezing cannot be undone",
            key=f"_{form_key('freeze_sure')}",
        )
        go = st.form_submit_button("Freeze", type="primary", icon=":material/lock:")
    if go:
        if not sure:
            raise HotspotsError("Nothing was frozen: tick the box to confirm. Freezing cannot be undone.")
        freeze(view, now, name.strip(), first, author, note)


def start_name(view: View, now: Desk) -> str:
    """The register that the draft was made from, else one for the BCU on the page."""
    if now.draft is not None and now.draft.source != draft.CANDIDATES:
        return now.draft.source.partition("@")[0]
    bcu = now.found.answer.question.bcu
    return "hot-spots" + ("" if bcu == "all" else f"-{bcu.lower()}")


def freeze(view: View, now: Desk, name: str, first: date, author: str, note: str) -> None:
    """Store the areas; the draft ends and the register is shown."""
    draft.refuse_excluded(now.table, now.excluded)
    made = area_register.freeze(
        Path(view.folder), now.table.drop(columns="label"), name, first, author, note,
        draft.definition(now.found, now.draft), now.limits.max_area_m2,
    )  # fmt: skip
    hold("area_draft", None)
    hold("area_chosen", None)
    hold("register_shown", made.ref)
    switch_next("part", words.REGISTER)
    done_in_markdown(frozen_words(made), *(plain_text(w) for w in made.warnings))


def frozen_words(made: Frozen) -> str:
    """What was frozen, in Markdown: as code a name can be copied as it is."""
    return (
        f"Frozen as `{made.ref}`: {counted(len(made.areas), 'area')} from {made.valid_from:%d/%m/%Y}."
        f" SHA-256 `{made.sha256}`."
    )
