"""Start and stop of a patrol: by a tap, or as put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, Literal

import streamlit as st

from hotspots.base.settings import Settings
from hotspots.patrols.moments import end_moment, local, moment_of
from hotspots.store import ledger
from hotspots.ui.log_form.draft import Desk, Draft
from hotspots.ui.log_form.words import span
from hotspots.ui.session import show_next, shown, widget_key
from hotspots.ui.text import plain_text


def show_times(desk: Desk) -> None:
    """Start now, Stop now, and the times as they can be changed.

    A second tap on either button finds it disabled: it can neither change the start nor stop what has just begun.
    """
    draft = desk.draft
    running = draft["start"] is not None and draft["end"] is None
    with st.container(horizontal=True, gap="small", key="log_clock", wrap=False):
        if draft["end"] is None:
            clock_button("Start now", "play_arrow", desk, start_now, draft["start"] is None)
        else:
            clock_button("Not over yet", "undo", desk, go_on, True, kind="secondary")
        clock_button("Stop now", "stop", desk, stop_now, running)
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
    label: str,
    icon: str,
    desk: Desk,
    act: Callable[[Desk], None],
    can: bool,
    kind: Literal["primary", "secondary"] = "primary",
) -> None:
    st.button(
        label, key=f"_{desk.name(act.__name__)}", icon=f":material/{icon}:", width="stretch", disabled=not can,
        type=kind if can else "secondary", on_click=act, args=(desk,),
    )  # fmt: skip


def time_field(desk: Desk, name: str) -> Any:
    """Key and callback of the field for the day, the start or the stop."""
    key = widget_key(desk.name(name), widget_start(name, desk.draft, desk.site.settings))
    return {"key": key, "on_change": take_times, "args": (desk,)}


def show_running(draft: Draft, settings: Settings) -> None:
    """How long it has been."""
    st.markdown(plain_text(running_text(draft, settings)))


def running_text(draft: Draft, settings: Settings) -> str:
    """``Started 14:00, 7 min ago.``, ``14:00 to 14:12, 12 min.``, or what to do."""
    start, end = draft["start"], draft["end"]
    if start is None:
        return "Press “Start now” when you arrive, or put in the times below."
    if end is None:
        ago = int((ledger.now().timestamp() - start) // 60)
        return f"Started {local(start, settings):%H:%M}" + (f", {ago:,} min ago." if ago >= 0 else ".")
    if end <= start:
        return "The stop is not after the start."
    return f"{span(start, end, settings)}, {round((end - start) / 60):,} min."


def widget_start(name: str, draft: Draft, settings: Settings) -> date | time | None:
    """What the field for the day, the start or the stop shows."""
    if name == "day":
        return local(draft["start"] or ledger.now().timestamp(), settings).date()
    second = draft["start" if name == "from" else "end"]
    return None if second is None else local(second, settings).time().replace(second=0, microsecond=0)


def show_times_anew(desk: Desk) -> None:
    for name in ("day", "from", "to"):
        show_next(desk.name(name), widget_start(name, desk.draft, desk.site.settings))


def start_now(desk: Desk) -> None:
    """By the server's clock; a second tap changes nothing."""
    if desk.draft["start"] is None:
        desk.draft.update(start=int(ledger.now().timestamp()), note_start="")
        show_times_anew(desk)


def stop_now(desk: Desk) -> None:
    if desk.draft["end"] is None:
        desk.draft.update(end=int(ledger.now().timestamp()), note_end="")
        show_times_anew(desk)


def go_on(desk: Desk) -> None:
    """The stop taken back: the patrol goes on."""
    desk.draft.update(end=None, note_end="")
    show_times_anew(desk)


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
