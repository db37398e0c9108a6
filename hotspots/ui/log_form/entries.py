"""The entries of a patrol day and what became of each; one is corrected or withdrawn, and the original stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.clock import day_starts
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import ACTIVITIES, COUNTS, MOST_OFFICERS
from hotspots.ui.forms import done, show_done
from hotspots.ui.log_form.draft import MODES, NO_NAMES, Site, facts, heading, short, times_entered, wall
from hotspots.ui.session import held, hold, shown, turn, widget_key
from hotspots.ui.show import bullets, plain_text


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
    states = ["Withdrawn: " if r["withdrawn"] else "Corrected: " if r["revision"] > 1 else "" for r in records]
    st.markdown(bullets(s + facts(r, names, site.settings) for s, r in zip(states, records, strict=True)))
    now = turn("form")
    labels = {
        str(r["entry"]): ("Withdrawn: " if r["withdrawn"] else "") + short(r, names, site.settings)
        for r in sorted(records, key=lambda r: bool(r["withdrawn"]))
    }
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


def change_key(name: str) -> str:
    """The key of a change: made when its form is begun, another once it is stored."""
    begun = held("log_change")
    if begun is None or begun[0] != name:
        hold("log_change", (name, patrol_form.new_key()))
    return str(held("log_change")[1])


def signature(key: str, why: str) -> tuple[str, str]:
    """Two fields of a form: who (the unit of the last entry, if nothing is put in) and why."""
    last = (held("log_last") or {}).get("unit", "")
    author = st.text_input(
        "Your unit or name", key=widget_key(f"{key}_author", ""), max_chars=100, autocomplete="off",
        placeholder="As in your last entry" if last else "",
    )  # fmt: skip
    return author.strip() or last, st.text_input(why, key=widget_key(f"{key}_why", ""), max_chars=500)


def correct(site: Site, last: Mapping[Any, Any], name: str) -> None:
    """Every field as it stands; what is altered becomes the next revision."""
    with st.form(f"_{name}_correct"):
        fields = correction_fields(site, last, name)
        author, why = signature(f"{name}_c", "What was wrong")
        go = st.form_submit_button("Store the correction", type="primary")
    if go:
        changes = changes_in(fields, last, site.settings)
        patrol_form.correct(site.folder, str(last["entry"]), changes, author, why, change_key(name))
        done("Corrected. The original stays in the history.")


def correction_fields(site: Site, last: Mapping[Any, Any], name: str) -> dict[str, Any]:
    """The widgets of a correction, each showing what stands."""
    names = site.names(int(last["start"]))
    areas = list(names) if last["area"] in names else [last["area"], *names]
    day, first = wall(last["start"], site.settings)
    activities = [a for a in str(last["activity"]).split("; ") if a in ACTIVITIES]

    def key(field: str, start: object) -> str:
        return widget_key(f"{name}_{field}", start)

    entered: dict[str, Any] = {
        "area": st.selectbox(
            "Hot spot", areas, format_func=lambda a: f"{names.get(a, '')} ({a})", key=key("area", last["area"])
        ),
        "officers": st.number_input("Officers", 1, MOST_OFFICERS, step=1, key=key("officers", int(last["officers"]))),
        "day": st.date_input("Day", key=key("day", day), format="DD/MM/YYYY"),
        "from": st.time_input("Start", key=key("from", first), step=60),
        "to": st.time_input("Stop", key=key("to", wall(last["end"], site.settings)[1]), step=60),
        "mode": st.segmented_control(
            "How", list(MODES), format_func=lambda m: MODES[m], key=key("mode", last["mode"] or None)
        ),
        "activity": st.pills("What was done", ACTIVITIES, selection_mode="multi", key=key("activity", activities)),
        "reactive": st.toggle("This was a call (reactive)", key=key("reactive", bool(last["reactive"]))),
    }
    for n in COUNTS:
        start = key(n, "" if pd.isna(last[n]) else str(int(last[n])))
        entered[n] = st.text_input(n.capitalize(), key=start, max_chars=3, placeholder="Not entered")
    most = patrol_form.MOST_TEXT
    return entered | {
        "notes": st.text_area("Notes", key=key("notes", last["notes"]), max_chars=most, placeholder=NO_NAMES)
    }


def changes_in(fields: Mapping[str, Any], last: Mapping[Any, Any], settings: Settings) -> dict[str, Any]:
    """What differs from what stands, in the form of `patrol_form.correct`."""
    before = {"start": int(last["start"]), "end": int(last["end"]), "note_start": "", "note_end": ""}
    times = times_entered(before, fields["day"], fields["from"], fields["to"], settings)
    activity = "; ".join(fields["activity"])
    new: dict[str, Any] = {
        "area": fields["area"], "officers": int(fields["officers"]), "start": times["start"], "end": times["end"],
        "mode": fields["mode"] or "", "reactive": bool(fields["reactive"]), "notes": patrol_form.plain(fields["notes"]),
        "activity": activity,
        **{n: count_typed(n, fields[n]) for n in COUNTS},
    }  # fmt: skip
    old = {n: None if n in COUNTS and pd.isna(last[n]) else last[n] for n in new}
    return {n: value for n, value in new.items() if value != old[n]}


def count_typed(name: str, text: str) -> int | None:
    """A count as typed, None where nothing was."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise HotspotsError(f"{name.capitalize()} are '{text[:20]}'; write a whole number, or nothing.")
    return int(text)
