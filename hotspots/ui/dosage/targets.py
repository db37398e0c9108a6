"""How many minutes a hot spot should get: set on the page, dated and signed; nothing that was set is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from hotspots.patrols.dosage.dose import set_target
from hotspots.patrols.dosage.workspace import Dose
from hotspots.ui.dosage import answers, words
from hotspots.ui.forms import done, form_key, signature
from hotspots.ui.frame import View
from hotspots.ui.text import errors_shown

EVERY = ""
COLUMNS = {
    "area": "Hot spot", "valid_from": "From patrol day", "minutes": "Patrol-minutes", "author": "By", "note": "Why",
    "created": "Stored (UTC)", "register": None,
}  # fmt: skip


def show_targets(view: View, dose: Dose) -> None:
    """Set a target, and see every one that was set."""
    name = dose.question.register.partition("@")[0]
    with st.expander("Targets", icon=":material/flag:"):
        usual = view.workspace.settings.target_minutes
        st.markdown(words.TARGETS_HELP.format(minutes=f"{usual:g}"))
        with errors_shown():
            set_one(view, dose, name)
        table = answers.targets(view.folder, answers.patrol_stamp(view.folder), name)
        if len(table):
            when = table["created"].str[:16].str.replace("T", " ")
            shown = table.iloc[::-1].assign(area=table["area"].replace(EVERY, "every treated one"), created=when)
            st.dataframe(shown, hide_index=True, alt="Targets that were set", column_config=COLUMNS)


def set_one(view: View, dose: Dose, register: str) -> None:
    """The form of one target; what is stored holds from its day on."""
    spots = dose.summary.drop_duplicates("area", keep="last")
    names = {EVERY: "Every treated hot spot"} | {
        a: f"{a}: {n}" for a, n in zip(spots["area"], spots["name"], strict=True)
    }
    with st.form(form_key("dose_target"), border=True):
        left, middle, right = st.columns([3, 1, 1])
        area = left.selectbox("Hot spot", list(names), format_func=lambda a: names[a])
        minutes = middle.number_input("Patrol-minutes a day", min_value=0, max_value=1_440, value=30, step=5)
        first = right.date_input("From patrol day", value=date.fromisoformat(dose.question.end), format="DD/MM/YYYY")
        none = st.checkbox("No target from that day on")
        author, note = signature("target", "Why")
        go = st.form_submit_button("Set this target", icon=":material/flag:")
    if go and isinstance(first, date):
        asked = None if none else float(minutes)
        set_target(Path(view.folder), register, area or EVERY, asked, first, author, note)
        what = "has no target" if none else f"should get {minutes} patrol-minutes a day"
        done(f"{names[area or EVERY]} {what} from {first:%d/%m/%Y} on.")
