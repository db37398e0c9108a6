"""An entry as far as it is entered, in words and with its times: kept under the key in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.base.clock import clock_text, end_moment, local, moment_of, patrol_day
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import COUNTS
from hotspots.store import ledger
from hotspots.ui import loading
from hotspots.ui.session import held, hold, keep, show_next, shown, widget_key
from hotspots.ui.show import plain_text

Draft = dict[str, Any]
EMPTY: Draft = {
    "area": "", "unit": "", "officers": None, "start": None, "end": None, "mode": "", "activity": [], "reactive": False,
    **dict.fromkeys(COUNTS), "notes": "", "note_start": "", "note_end": "",
}  # fmt: skip


class Site(NamedTuple):
    """Where entries are stored, and the hot spots there."""

    folder: Path
    settings: Settings
    stamp: str  # changes whenever areas are frozen

    @property
    def today(self) -> date:
        """The patrol day of this moment."""
        return patrol_day(ledger.now().timestamp(), self.settings)

    def areas(self, day: date) -> pd.DataFrame:
        """The hot spots that held on a day: `hotspots.areas.register.areas_on`."""
        return loading.areas_on(str(self.folder), self.stamp, day)

    def names(self, second: int) -> dict[str, str]:
        """The names of the hot spots that held at a time."""
        areas = self.areas(patrol_day(second, self.settings))
        return dict(zip(areas["area"], areas["name"], strict=True))


class Desk(NamedTuple):
    """What the form works on."""

    site: Site
    key: str
    draft: Draft
    areas: pd.DataFrame  # that can be chosen

    def name(self, field: str) -> str:
        """The name of a widget of this entry: another entry has other widgets."""
        return f"log_{self.key[:8]}_{field}"


def desk_of(site: Site, key: str, stored: Mapping[str, Any] | None, today: pd.DataFrame, bcu: str) -> Desk:
    """The entry as entered so far in this session, else as the stored draft has it, else as it begins."""
    draft = in_hand(key)
    if draft is None:
        draft = {**EMPTY, **(held("log_last") or {}), **{k: v for k, v in (stored or {}).items() if k in EMPTY}}
        hold("log_draft", (key, draft))
        hold("log_kept", dict(draft))
    areas = today
    if draft["start"] is not None:
        areas = site.areas(patrol_day(draft["start"], site.settings))
    offered = areas if bcu == "all" else areas[(areas["bcu"] == bcu) | (areas["area"] == draft["area"])]
    return Desk(site, key, draft, offered)


def in_hand(key: str) -> Draft | None:
    """What was entered in this session under a key."""
    kept = held("log_draft")
    return kept[1] if kept is not None and kept[0] == key else None


def keep_draft(desk: Desk) -> None:
    """What is entered, kept on the server where it has changed."""
    if desk.draft != held("log_kept"):
        patrol_form.save_draft(desk.site.folder, desk.key, desk.draft)
        hold("log_kept", dict(desk.draft))


def new_entry() -> None:
    hold("log_draft", None)
    keep("log", patrol_form.new_key())


MODES = {"foot": "On foot", "vehicle": "In a vehicle"}
NO_REGISTER = "No frozen hot spot is in force today, so nothing can be logged. Freeze some on the page Hot spots first."
NOT_IN_IT = (
    "This entry was stored before, from here or from another window. What was changed after that is not in it: correct"
    " it below."
)
KEPT = "What you enter is kept as you type, even if the phone locks or the signal is lost. Save stores it."
UNIT_HELP = "Kept as a code, never as you typed it. It links the entry to your positions."
NO_NAMES = "No names, no collar numbers of others"


def span(start: float, end: float, settings: Settings) -> str:
    """``14:00 to 14:12``."""
    return f"{local(start, settings):%H:%M} to {local(end, settings):%H:%M}"


def sentence(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``Preston Church Street, 14:00 to 14:12, 2 officers.``"""
    where = names.get(row["area"], row["area"])
    return f"{where}, {span(row['start'], row['end'], settings)}, {counted(row['officers'], 'officer')}."


def short(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``14:00 to 14:12, Preston Church Street``."""
    return f"{span(row['start'], row['end'], settings)}, {names.get(row['area'], row['area'])}"


def facts(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """What an entry says, without notes and without the unit."""
    said = [sentence(row, names, settings), f"{MODES[row['mode']]}." if row["mode"] else ""]
    said += [f"{row['activity']}." if row["activity"] else "", "A call." if row["reactive"] else ""]
    said += [f"{name.capitalize()} {row[name]}." for name in COUNTS if not pd.isna(row[name])]
    return " ".join(t for t in said if t)


def heading(row: Mapping[Any, Any], settings: Settings) -> str:
    """``Original, 10/06/2026 14:15, unit-3fa94c…:``"""
    later = "Withdrawn" if row["withdrawn"] else f"Correction {row['revision'] - 1}"
    what = "Original" if row["revision"] == 1 else later
    at = clock_text(pd.Timestamp(row["created"]).timestamp(), settings)
    who = row["author"] or row["unit"]
    return f"{what}, {at}{', ' + who[:11] + '…' if who else ''}:"


def show_times(desk: Desk) -> None:
    """Start now, Stop now, and the times as they can be changed.

    A second tap on either button finds it disabled: it can neither change the start nor stop what has just begun.
    """
    draft = desk.draft
    running = draft["start"] is not None and draft["end"] is None
    with st.container(horizontal=True, gap="small", key="log_clock", wrap=False):
        if draft["end"] is None:
            clock_button("Start now", "play_arrow", desk, "start_now", draft["start"] is None)
        else:
            clock_button("Not over yet", "undo", desk, "go_on", True, kind="secondary")
        clock_button("Stop now", "stop", desk, "stop_now", running)
    counting = st.fragment(show_running, run_every="30s") if running else show_running  # again while the page is open
    counting(draft, desk.site.settings)
    st.date_input("Day", format="DD/MM/YYYY", **time_field(desk, "day"))
    with st.container(horizontal=True, gap="small", key="log_times", wrap=False):
        st.time_input("Start", step=60, **time_field(desk, "from"))
        st.time_input("Stop", step=60, **time_field(desk, "to"))
    for note in (draft["note_start"], draft["note_end"]):
        if note:
            st.info(plain_text(note), icon=":material/schedule:")


def clock_button(
    label: str, icon: str, desk: Desk, tap: str, can: bool, kind: Literal["primary", "secondary"] = "primary"
) -> None:
    st.button(
        label, key=f"_{desk.name(tap)}", icon=f":material/{icon}:", width="stretch", disabled=not can,
        type=kind if can else "secondary", on_click=take_tap, args=(desk, tap),
    )  # fmt: skip


def time_field(desk: Desk, name: str) -> Any:
    """Key and callback of the field for the day, the start or the stop."""
    key = widget_key(desk.name(name), widget_start(name, desk.draft, desk.site.settings))
    return {"key": key, "on_change": take_times, "args": (desk,)}


def show_running(draft: Draft, settings: Settings) -> None:
    """``Started 14:00, 7 min ago.``, ``14:00 to 14:12, 12 min.``, or what to do."""
    start, end = draft["start"], draft["end"]
    if start is None:
        text = "Press “Start now” when you arrive, or put in the times below."
    elif end is None:
        ago = int((ledger.now().timestamp() - start) // 60)
        text = f"Started {local(start, settings):%H:%M}" + (f", {ago:,} min ago." if ago >= 0 else ".")
    elif end <= start:
        text = "The stop is not after the start."
    else:
        text = f"{span(start, end, settings)}, {round((end - start) / 60):,} min."
    st.markdown(plain_text(text))


def widget_start(name: str, draft: Draft, settings: Settings) -> date | time | None:
    """What the field for the day, the start or the stop shows."""
    if name == "day":
        return local(draft["start"] or ledger.now().timestamp(), settings).date()
    second = draft["start" if name == "from" else "end"]
    return None if second is None else local(second, settings).time().replace(second=0, microsecond=0)


def take_tap(desk: Desk, tap: str) -> None:
    """Start or stop by the server's clock, a second tap changes nothing; or the stop taken back: the patrol goes on."""
    field = "start" if tap == "start_now" else "end"
    if tap == "go_on":
        desk.draft.update(end=None, note_end="")
    elif desk.draft[field] is None:
        desk.draft.update({field: int(ledger.now().timestamp()), f"note_{field}": ""})
    else:
        return
    for name in ("day", "from", "to"):
        show_next(desk.name(name), widget_start(name, desk.draft, desk.site.settings))


def take_times(desk: Desk) -> None:
    """The times as they stand in the fields. A start or stop whose clock was not touched keeps its seconds."""
    day, first, last = (shown(desk.name(n)) for n in ("day", "from", "to"))
    desk.draft.update(times_entered(desk.draft, day, first, last, desk.site.settings))


def times_entered(
    draft: Mapping[str, Any], day: date | None, first: time | None, last: time | None, settings: Settings
) -> Draft:
    """start, end and what is to be said about them, from the fields and what held before."""
    new = {k: draft[k] for k in ("start", "end", "note_start", "note_end")}
    day = day or local(ledger.now().timestamp(), settings).date()
    if first is None:
        new.update(start=None, note_start="")
    elif new["start"] is None or wall(new["start"], settings) != (day, first):
        new["start"], new["note_start"] = moment_of(day, first, settings)
    if last is None:
        return {**new, "end": None, "note_end": ""}
    start, end = new["start"], new["end"]
    longest = settings.log_max_hours * 3600
    fits = end is not None and wall(end, settings)[1] == last and (start is None or 0 < end - start <= longest)
    if not fits or (start is None and wall(end, settings)[0] != day):
        moment = moment_of(day, last, settings) if start is None else end_moment(start, last, settings)
        new["end"], new["note_end"] = moment
    return new


def wall(second: float, settings: Settings) -> tuple[date, time]:
    """(day, clock to the minute), local."""
    at = local(second, settings)
    return at.date(), time(at.hour, at.minute)
