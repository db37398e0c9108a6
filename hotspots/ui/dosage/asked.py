"""What is asked about patrol dosage: BCU, register and patrol days, in the sidebar."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.patrols.dosage.stretches import USUAL_DAYS, DoseQuestion
from hotspots.ui import frame, loading
from hotspots.ui.choosing import choose, choose_bcu
from hotspots.ui.dosage import answers, words
from hotspots.ui.frame import View
from hotspots.ui.session import asked_anew, keep, leave_address, remembered, widget_key
from hotspots.ui.text import plain_text

FILTERS = ("bcu", "register", "patrol_from", "patrol_to")


def question(view: View) -> DoseQuestion | None:
    """The filters in the sidebar and what they ask for; None where nothing can be asked yet, which is said."""
    if view.empty:
        frame.lead_in()
        return None
    registers = loading.registers(view.folder, loading.areas_stamp(view.folder))
    if registers.empty:
        frame.lead_to(words.NO_REGISTER, "pages/1_Hot_spots.py", "Freeze hot spots", "lock")
        return None
    held = answers.patrol_days(view.folder, view.version, answers.patrol_stamp(view.folder))
    if held is None:
        frame.lead_to(words.NO_PATROLS, "pages/7_Data.py", "Import positions or a patrol log", "upload")
        return None
    names = tuple(dict.fromkeys(registers["name"].tolist()[::-1]))  # the one frozen last comes first
    with st.sidebar.form("dose_filters", border=False):
        chosen = filter_widgets(names, *held)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=leave_address, args=FILTERS)
    for name, value in chosen.items():
        keep(name, value, over=False)
    if chosen["patrol_from"] > chosen["patrol_to"]:
        raise HotspotsError("The first patrol day is after the last one. Choose them the other way round.")
    return DoseQuestion(
        bcu=chosen["bcu"], start=chosen["patrol_from"], end=chosen["patrol_to"], register=chosen["register"]
    )


def filter_widgets(names: tuple[str, ...], first: date, last: date) -> dict[str, str]:
    """BCU, register (where there are several), first and last patrol day, as plain text by their name."""
    bcu = choose_bcu()
    register = choose("Register", "register", names, names[0], {}) if len(names) > 1 else names[0]
    usual = max(first, last - timedelta(days=USUAL_DAYS - 1))
    days = [
        choose_day(label, name, start, first, last)
        for label, name, start in (
            ("First patrol day", "patrol_from", usual),
            ("Last patrol day", "patrol_to", last),
        )
    ]
    return {"bcu": bcu, "register": register, "patrol_from": str(days[0]), "patrol_to": str(days[1])}


def choose_day(label: str, name: str, usual: date, first: date, last: date) -> date:
    """A date field that starts from what the address or the session asks for, within the days held."""
    start = day_asked(name, usual, first, last)
    key = widget_key(f"{name}_{first}_{last}", start)
    chosen = st.date_input(label, min_value=first, max_value=last, format="DD/MM/YYYY", key=key)
    return chosen if isinstance(chosen, date) else start


def day_asked(name: str, usual: date, first: date, last: date) -> date:
    """The day asked for, else the usual one; what an address asks for and cannot have is said."""
    asked, by_address = remembered(name), asked_anew(name)
    try:
        day = date.fromisoformat(asked) if asked else usual
    except ValueError:
        day = usual
        if by_address:
            st.warning(
                f"The address asks for {name} “{plain_text(asked[:40])}”, which is not a date. Shown: {day:%d/%m/%Y}."
            )
    inside = min(max(day, first), last)
    if by_address and inside != day:
        st.warning(
            f"The address asks for {day:%d/%m/%Y}; positions and logs run from {first:%d/%m/%Y} to {last:%d/%m/%Y}."
            f" Shown instead: {inside:%d/%m/%Y}."
        )
    return inside
