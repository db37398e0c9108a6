"""The entries of a patrol day, what became of each, and the way to correct or withdraw one."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from hotspots.base.clock import day_starts
from hotspots.patrols import form as patrol_form
from hotspots.ui.forms import done, show_done
from hotspots.ui.log_form.correction import change_key, correct, signature
from hotspots.ui.log_form.draft import Site
from hotspots.ui.log_form.words import facts, heading, line, short
from hotspots.ui.session import shown, turn, widget_key
from hotspots.ui.text import plain_text


def show_entries(site: Site, bcu: str) -> None:
    """The entries of a patrol day, what became of each, and the way to correct or withdraw one."""
    today = site.today
    key = widget_key("log_day", today)
    day = shown("log_day") or today
    st.header("Entries of today" if day == today else f"Entries of {day:%d/%m/%Y}")
    show_done()
    st.date_input(
        f"Patrol day (from {site.settings.patrol_day_starts:02d}:00)", key=key, format="DD/MM/YYYY", max_value=today
    )
    rows, names = entries_on(site, bcu, day)
    if rows.empty:
        st.caption("None yet.")
        return
    records = rows.to_dict("records")
    st.markdown("\n".join(f"- {plain_text(line(r, names, site.settings))}" for r in records))
    now = turn("form")
    labels = {str(r["entry"]): short(r, names, site.settings) for r in records if not r["withdrawn"]}
    gone = {str(r["entry"]): f"Withdrawn: {short(r, names, site.settings)}" for r in records if r["withdrawn"]}
    labels |= gone
    chosen = st.selectbox(
        "Entry to look at, correct or withdraw", list(labels), format_func=lambda e: labels[e],
        placeholder="Choose an entry", key=widget_key(f"log_chosen_{now}_{day}_{bcu}", None),
    )  # fmt: skip
    if chosen:
        show_entry(site, chosen, now)


def entries_on(site: Site, bcu: str, day: date) -> tuple[pd.DataFrame, dict[str, str]]:
    """(the entries of a patrol day, the newest first; the names of its hot spots)."""
    first, last = (int(t) for t in day_starts(day, day, site.settings))
    rows = patrol_form.entries_of(site.folder, first, last)
    areas = site.areas(day)
    names = dict(zip(areas["area"], areas["name"], strict=True))
    if bcu != "all":
        rows = rows[rows["area"].isin(areas.loc[areas["bcu"] == bcu, "area"])]
    return rows.iloc[::-1].reset_index(drop=True), names


def show_entry(site: Site, entry: str, now: int) -> None:
    """Every revision, the original first; a form where the last of them stands."""
    revisions = patrol_form.history(site.folder, entry)
    names = site.names(int(revisions["start"].iloc[-1]))
    for row in revisions.to_dict("records"):
        st.markdown(f"**{plain_text(heading(row, site.settings))}** {plain_text(facts(row, names, site.settings))}")
        for label, text in (("Reason", row["why"]), ("Notes", row["notes"])):
            if text:
                st.caption(plain_text(f"{label}: {text}"))
    if revisions["withdrawn"].iloc[-1]:
        return
    key = f"log_{entry}_{len(revisions)}_{now}"
    what = st.segmented_control(
        "What to do", ["Correct", "Withdraw"], key=widget_key(f"{key}_what", "Correct"), required=True
    )
    last = revisions.to_dict("records")[-1]
    if what == "Withdraw":
        withdraw(site, entry, key)
    else:
        correct(site, last, key)


def withdraw(site: Site, entry: str, name: str) -> None:
    with st.form(f"_{name}_withdraw"):
        author, why = signature(f"{name}_w", "Why it is withdrawn")
        go = st.form_submit_button("Withdraw the entry", type="primary")
    if go:
        patrol_form.withdraw(site.folder, entry, author, why, change_key(name))
        done("Withdrawn. The entry no longer counts; its history stays.")
