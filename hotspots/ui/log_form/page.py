"""The patrol log form: for a thumb on a phone. What is typed is kept at once, under the key in the address.

The key is made when an entry is begun. It finds the draft again after a reload, a lost connection or a locked phone,
and makes that Save, however often it is pressed, stores one entry. The unit is hashed before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.base.choices import BCUS
from hotspots.base.clock import day_starts
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import ACTIVITIES, COUNTS, MOST_COUNTED, MOST_OFFICERS, Entry, Submission
from hotspots.patrols.moments import end_moment, local, local_text, moment_of, patrol_day
from hotspots.store import ledger
from hotspots.ui import loading
from hotspots.ui.frame import View
from hotspots.ui.log_form import answers
from hotspots.ui.session import hand_over, handed_over, held, hold, keep, remembered, show_next, shown, widget_key
from hotspots.ui.text import errors_shown, plain_text

STATIC = Path(__file__).parents[1] / "static"
_typing = st.components.v2.component("hotspots_log_typing", js=(STATIC / "log_form.js").read_text(encoding="utf-8"))
MODES = {"foot": "On foot", "vehicle": "In a vehicle"}
QUICK = (1, 2, 3, 4)  # officers, by one tap
NO_REGISTER = (
    "No frozen hot spots hold today, so there is nothing to log against. Freeze areas on the page Hot spots first."
)
NOT_IN_IT = (
    "This entry was stored before, from here or from another window. What was changed after that is not in it: correct"
    " it below."
)
KEPT = "What you enter is kept as you go, also if the phone locks or the signal is lost. Save stores it."
UNIT_HELP = "Kept as a code, never as you typed it. It links the entry to your positions."
NO_NAMES = "No names, no collar numbers of others"
Told = dict[str, Any]
EMPTY: Told = {
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
        return answers.areas_on(str(self.folder), self.stamp, day)

    def names(self, second: int) -> dict[str, str]:
        """The names of the hot spots that held at a time."""
        areas = self.areas(patrol_day(second, self.settings))
        return dict(zip(areas["area"], areas["name"], strict=True))


class Desk(NamedTuple):
    """What the form works on."""

    site: Site
    key: str
    told: Told
    areas: pd.DataFrame  # that can be chosen

    def name(self, field: str) -> str:
        """The name of a widget of this entry: another entry has other widgets."""
        return f"log_{self.key[:8]}_{field}"


def show(view: View) -> None:
    """The form, or what was stored under its key; below, the entries of the day."""
    st.html(f"<style>{(STATIC / 'log_form.css').read_text(encoding='utf-8')}</style>")
    with errors_shown():
        site = Site(Path(view.folder), view.workspace.settings, loading.areas_stamp(view.folder))
        today = site.areas(site.today)
        if today.empty:
            st.info(NO_REGISTER, icon=":material/info:")
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


def desk_of(site: Site, key: str, draft: Mapping[str, Any] | None, today: pd.DataFrame, bcu: str) -> Desk:
    """The entry as told so far in this session, else as the draft has it, else as it begins."""
    told = in_hand(key)
    if told is None:
        told = {**EMPTY, **(held("log_last") or {}), **{k: v for k, v in (draft or {}).items() if k in EMPTY}}
        hold("log_told", (key, told))
        hold("log_kept", dict(told))
    areas = today
    if told["start"] is not None:
        areas = site.areas(patrol_day(told["start"], site.settings))
    offered = areas if bcu == "all" else areas[(areas["bcu"] == bcu) | (areas["area"] == told["area"])]
    return Desk(site, key, told, offered)


def in_hand(key: str) -> Told | None:
    """What was told in this session under a key."""
    known = held("log_told")
    return known[1] if known is not None and known[0] == key else None


# ---------------------------------------------------------------- the form


def show_form(desk: Desk) -> None:
    """From top to bottom, as it is told; kept after each run."""
    _typing(key="log_typing")
    told = desk.told
    labels = dict(zip(desk.areas["area"], desk.areas["name"], strict=True))
    told["area"] = (
        st.selectbox(
            "Hot spot", list(labels), format_func=lambda a: f"{labels[a]} ({a})", placeholder="Choose the hot spot",
            key=widget_key(desk.name("area"), told["area"] if told["area"] in labels else None),
        )
        or ""
    )  # fmt: skip
    show_officers(desk)
    show_times(desk)
    told["mode"] = (
        st.segmented_control(
            "How", list(MODES), format_func=lambda m: MODES[m], key=widget_key(desk.name("mode"), told["mode"] or None)
        )
        or ""
    )
    told["activity"] = st.pills(
        "What was done", ACTIVITIES, selection_mode="multi",
        key=widget_key(desk.name("activity"), [a for a in told["activity"] if a in ACTIVITIES]),
    )  # fmt: skip
    told["reactive"] = st.toggle(
        "This was a call (reactive)", key=widget_key(desk.name("reactive"), bool(told["reactive"]))
    )
    for name in COUNTS:
        show_count(desk, name)
    told["notes"] = st.text_area(
        "Notes",
        key=widget_key(desk.name("notes"), told["notes"]),
        max_chars=patrol_form.MOST_TEXT,
        placeholder=NO_NAMES,
    )
    show_unit(desk)
    keep_draft(desk)
    if st.button("Save", type="primary", width="stretch", key=f"_{desk.name('save')}", icon=":material/check:"):
        save(desk)
    st.caption(KEPT)


def keep_draft(desk: Desk) -> None:
    """What is told, kept on the server where it has changed."""
    if desk.told != held("log_kept"):
        patrol_form.save_draft(desk.site.folder, desk.key, desk.told)
        hold("log_kept", dict(desk.told))


def show_officers(desk: Desk) -> None:
    n = desk.told["officers"]
    st.html(f'<p class="officers" role="status">Officers: {"not told yet" if n is None else n}</p>')
    name = desk.name("officers")
    with st.container(horizontal=True, gap="xsmall", key="log_officers", wrap=False):
        stepper("officers_less", "Fewer officers", desk, "officers", -1)
        st.segmented_control(
            "Officers", QUICK, key=widget_key(name, n if n in QUICK else None), label_visibility="collapsed",
            on_change=take_officers, args=(desk.told, name),
        )  # fmt: skip
        stepper("officers_more", "More officers", desk, "officers", 1)


def take_officers(told: Told, name: str) -> None:
    """The number tapped; the one that holds already cannot be taken off."""
    if shown(name) is not None:
        told["officers"] = shown(name)
    show_next(name, told["officers"] if told["officers"] in QUICK else None)


def show_count(desk: Desk, name: str) -> None:
    n = desk.told[name]
    with st.container(horizontal=True, gap="xsmall", key=f"log_{name}", wrap=False, vertical_alignment="center"):
        st.html(f'<p class="count" role="status">{name.capitalize()}: {"–" if n is None else n}</p>')
        stepper(f"{name}_less", f"Fewer {name}", desk, name, -1)
        stepper(f"{name}_more", f"More {name}", desk, name, 1)


def stepper(key: str, label: str, desk: Desk, name: str, by: int) -> None:
    """A button that shows − or + and is read out as its label."""
    st.button(
        label, key=f"_{desk.name(key)}", icon=f":material/{'add' if by > 0 else 'remove'}:", on_click=step,
        args=(desk.told, name, by, desk.name(name)),
    )  # fmt: skip


def step(told: Told, name: str, by: int, widget: str) -> None:
    """One more or one fewer. From "not told", one fewer is the least there can be."""
    least, most = (1, MOST_OFFICERS) if name == "officers" else (0, MOST_COUNTED)
    told[name] = min(max((told[name] or 0) + by, least), most)
    if name == "officers":
        show_next(widget, told[name] if told[name] in QUICK else None)


def show_unit(desk: Desk) -> None:
    """The unit as a code: what was typed stays in the field for this session and is stored nowhere."""
    name, told = desk.name("unit"), desk.told
    st.text_input(
        "Your unit or call sign", key=widget_key(name, ""), max_chars=100, autocomplete="off",
        placeholder="Entered, kept as a code" if told["unit"] else "", on_change=take_unit,
        args=(desk.site.folder, told, name),
    )  # fmt: skip
    st.caption(UNIT_HELP)
    if told["unit"] and not shown(name):
        st.button("Another unit", key=f"_{desk.name('no_unit')}", on_click=told.update, kwargs={"unit": ""})


def take_unit(folder: Path, told: Told, name: str) -> None:
    told["unit"] = patrol_form.hashed(folder, shown(name) or "")


# ---------------------------------------------------------------- start and stop


def show_times(desk: Desk) -> None:
    """Start now, Stop now, and the times as they can be changed.

    A second tap on either button finds it disabled: it can neither move the start nor stop what has just begun.
    """
    told = desk.told
    running = told["start"] is not None and told["end"] is None
    with st.container(horizontal=True, gap="small", key="log_clock", wrap=False):
        if told["end"] is None:
            clock_button("Start now", "play_arrow", desk, start_now, told["start"] is None)
        else:
            clock_button("Not over yet", "undo", desk, go_on, True, kind="secondary")
        clock_button("Stop now", "stop", desk, stop_now, running)
    counting = st.fragment(show_running, run_every="30s") if running else show_running  # anew while the page is open
    counting(told, desk.site.settings)
    st.date_input("Day", format="DD/MM/YYYY", **time_field(desk, "day"))
    with st.container(horizontal=True, gap="small", key="log_times", wrap=False):
        st.time_input("Start", step=60, **time_field(desk, "from"))
        st.time_input("Stop", step=60, **time_field(desk, "to"))
    for note in (told["note_start"], told["note_end"]):
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
    key = widget_key(desk.name(name), widget_start(name, desk.told, desk.site.settings))
    return {"key": key, "on_change": take_times, "args": (desk,)}


def show_running(told: Told, settings: Settings) -> None:
    """How long it has been."""
    st.markdown(plain_text(running_text(told, settings)))


def running_text(told: Told, settings: Settings) -> str:
    """``Started 14:00, 7 min ago.``, ``14:00 to 14:12, 12 min.``, or what to do."""
    start, end = told["start"], told["end"]
    if start is None:
        return "Press “Start now” when you arrive, or put in the times below."
    if end is None:
        ago = int((ledger.now().timestamp() - start) // 60)
        return f"Started {local(start, settings):%H:%M}" + (f", {ago:,} min ago." if ago >= 0 else ".")
    if end <= start:
        return "The stop is not after the start."
    return f"{span(start, end, settings)}, {round((end - start) / 60):,} min."


def span(start: float, end: float, settings: Settings) -> str:
    """``14:00 to 14:12``."""
    return f"{local(start, settings):%H:%M} to {local(end, settings):%H:%M}"


def widget_start(name: str, told: Told, settings: Settings) -> date | time | None:
    """What the field for the day, the start or the stop shows."""
    if name == "day":
        return local(told["start"] or ledger.now().timestamp(), settings).date()
    second = told["start" if name == "from" else "end"]
    return None if second is None else local(second, settings).time().replace(second=0, microsecond=0)


def show_times_anew(desk: Desk) -> None:
    for name in ("day", "from", "to"):
        show_next(desk.name(name), widget_start(name, desk.told, desk.site.settings))


def start_now(desk: Desk) -> None:
    """By the server's clock; a second tap changes nothing."""
    if desk.told["start"] is None:
        desk.told.update(start=int(ledger.now().timestamp()), note_start="")
        show_times_anew(desk)


def stop_now(desk: Desk) -> None:
    if desk.told["end"] is None:
        desk.told.update(end=int(ledger.now().timestamp()), note_end="")
        show_times_anew(desk)


def go_on(desk: Desk) -> None:
    """The stop taken back: the patrol goes on."""
    desk.told.update(end=None, note_end="")
    show_times_anew(desk)


def take_times(desk: Desk) -> None:
    """The times as they stand in the fields. A start or stop whose clock was not touched keeps its seconds."""
    day, first, last = (shown(desk.name(n)) for n in ("day", "from", "to"))
    desk.told.update(times_told(desk.told, day, first, last, desk.site.settings))


def times_told(
    told: Mapping[str, Any], day: date | None, first: time | None, last: time | None, settings: Settings
) -> Told:
    """start, end and what is to be said about them, from the fields and what held before."""
    new = {k: told[k] for k in ("start", "end", "note_start", "note_end")}
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


# ---------------------------------------------------------------- saved


def save(desk: Desk) -> None:
    """Store the entry. What cannot be stored is told, and everything stays as it was entered."""
    t = desk.told
    if t["officers"] is None:
        raise HotspotsError([*missing(desk), "Say how many officers there were."])
    same = ("area", "unit", "officers", "start", "end", "mode", "reactive", *COUNTS, "notes")
    sent = Submission(key=desk.key, activity="; ".join(t["activity"]), **{name: t[name] for name in same})
    stored = patrol_form.record(desk.site.folder, sent)
    if not stored.already:
        hold("log_told", None)
    hold("log_last", {"unit": t["unit"], "officers": t["officers"]})
    st.rerun()


def missing(desk: Desk) -> list[str]:
    """What else has not been told."""
    t = desk.told
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
    """Where this window went on with an entry that was stored already: say so, and keep the notes in sight."""
    known = in_hand(entry.key)
    if known is None:
        return
    for name in ("area", "mode", "activity", "reactive", "notes"):  # a change may have come with this very run
        value = shown(f"log_{entry.key[:8]}_{name}")
        known[name] = known[name] if value is None else value
    if differs(known, entry):
        st.warning(NOT_IN_IT, icon=":material/warning:")
        if patrol_form.plain(known["notes"]) != entry.notes:
            st.text(f"Notes as typed here: {known['notes']}")


def differs(told: Told, entry: Entry) -> bool:
    """Whether what is told is not what was stored."""
    same = ("area", "unit", "officers", "start", "end", "mode", "reactive", *COUNTS)
    texts = (patrol_form.plain(told["notes"]), "; ".join(told["activity"])) == (entry.notes, entry.activity)
    return not texts or any(told[name] != getattr(entry, name) for name in same)


def new_entry() -> None:
    hold("log_told", None)
    keep("log", patrol_form.new_key())


def sentence(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``Preston Church Street, 14:00 to 14:12, 2 officers.``"""
    n = row["officers"]
    where = names.get(row["area"], row["area"])
    return f"{where}, {span(row['start'], row['end'], settings)}, {n} {'officer' if n == 1 else 'officers'}."


# ---------------------------------------------------------------- entries of a day, corrected or withdrawn


def show_entries(site: Site, bcu: str) -> None:
    """The entries of a patrol day, what became of each, and the way to correct or withdraw one."""
    today = site.today
    key = widget_key("log_day", today)
    day = shown("log_day") or today
    st.header("Entries of today" if day == today else f"Entries of {day:%d/%m/%Y}")
    said = handed_over("log_said")
    if said:
        st.success(plain_text(str(said)), icon=":material/check:")
    st.date_input("Patrol day (from 06:00)", key=key, format="DD/MM/YYYY", max_value=today)
    rows, names = entries_on(site, bcu, day)
    if rows.empty:
        st.caption("None yet.")
        return
    records = rows.to_dict("records")
    st.markdown("\n".join(f"- {plain_text(line(r, names, site.settings))}" for r in records))
    turn = held("log_turn") or 0
    labels = {str(r["entry"]): short(r, names, site.settings) for r in records if not r["withdrawn"]}
    gone = {str(r["entry"]): f"Withdrawn: {short(r, names, site.settings)}" for r in records if r["withdrawn"]}
    labels |= gone
    chosen = st.selectbox(
        "Entry to look at, correct or withdraw", list(labels), format_func=lambda e: labels[e],
        placeholder="Choose an entry", key=widget_key(f"log_chosen_{turn}_{day}_{bcu}", None),
    )  # fmt: skip
    if chosen:
        show_entry(site, chosen, turn)


def entries_on(site: Site, bcu: str, day: date) -> tuple[pd.DataFrame, dict[str, str]]:
    """(the entries of a patrol day, the newest first; the names of its hot spots)."""
    first, last = (int(t) for t in day_starts(day, day, site.settings))
    rows = patrol_form.entries_of(site.folder, first, last)
    areas = site.areas(day)
    names = dict(zip(areas["area"], areas["name"], strict=True))
    if bcu != "all":
        rows = rows[rows["area"].isin(areas.loc[areas["bcu"] == bcu, "area"])]
    return rows.iloc[::-1].reset_index(drop=True), names


def short(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``14:00 to 14:12, Preston Church Street``."""
    return f"{span(row['start'], row['end'], settings)}, {names.get(row['area'], row['area'])}"


def line(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """One entry in a sentence."""
    state = "Withdrawn: " if row["withdrawn"] else "Corrected: " if row["revision"] > 1 else ""
    return state + facts(row, names, settings)


def facts(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """What an entry says, without notes and without the unit."""
    told = [sentence(row, names, settings), f"{MODES[row['mode']]}." if row["mode"] else ""]
    told += [f"{row['activity']}." if row["activity"] else "", "A call." if row["reactive"] else ""]
    told += [f"{name.capitalize()} {row[name]}." for name in COUNTS if not pd.isna(row[name])]
    return " ".join(t for t in told if t)


def show_entry(site: Site, entry: str, turn: int) -> None:
    """Every revision, the original first; a form where the last of them stands."""
    known = patrol_form.history(site.folder, entry)
    names = site.names(int(known["start"].iloc[-1]))
    for row in known.to_dict("records"):
        st.markdown(f"**{plain_text(heading(row, site.settings))}** {plain_text(facts(row, names, site.settings))}")
        for label, text in (("Reason", row["why"]), ("Notes", row["notes"])):
            if text:
                st.caption(plain_text(f"{label}: {text}"))
    if known["withdrawn"].iloc[-1]:
        return
    key = f"log_{entry}_{len(known)}_{turn}"
    what = st.segmented_control(
        "What to do", ["Correct", "Withdraw"], key=widget_key(f"{key}_what", "Correct"), required=True
    )
    last = known.to_dict("records")[-1]
    if what == "Withdraw":
        withdraw(site, entry, key)
    else:
        correct(site, last, key)


def heading(row: Mapping[Any, Any], settings: Settings) -> str:
    """``Original, 10/06/2026 14:15, unit-3fa94c…:``"""
    what = (
        "Original" if row["revision"] == 1 else "Withdrawn" if row["withdrawn"] else f"Correction {row['revision'] - 1}"
    )
    at = local_text(pd.Timestamp(row["created"]).timestamp(), settings)
    who = row["author"] or row["unit"]
    return f"{what}, {at}{', ' + who[:11] + '…' if who else ''}:"


def change_key(name: str) -> str:
    """The key of a change: made when its form is begun, another once it is stored."""
    known = held("log_change")
    if known is None or known[0] != name:
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


def withdraw(site: Site, entry: str, name: str) -> None:
    with st.form(f"_{name}_withdraw"):
        author, why = signature(f"{name}_w", "Why it is withdrawn")
        go = st.form_submit_button("Withdraw the entry", type="primary")
    if go:
        patrol_form.withdraw(site.folder, entry, author, why, change_key(name))
        changed("Withdrawn. The entry counts no more; its history stays.")


def changed(words: str) -> None:
    hand_over("log_said", words)
    hold("log_turn", (held("log_turn") or 0) + 1)
    st.rerun()


def correct(site: Site, last: Mapping[Any, Any], name: str) -> None:
    """Every field as it stands; what is altered becomes the next revision."""
    with st.form(f"_{name}_correct"):
        fields = correction_fields(site, last, name)
        author, why = signature(f"{name}_c", "What was wrong")
        go = st.form_submit_button("Store the correction", type="primary")
    if go:
        changes = changes_in(fields, last, site.settings)
        patrol_form.correct(site.folder, str(last["entry"]), changes, author, why, change_key(name))
        changed("Corrected. The original stays in the history.")


def correction_fields(site: Site, last: Mapping[Any, Any], name: str) -> dict[str, Any]:
    """The widgets of a correction, each showing what stands."""
    names = site.names(int(last["start"]))
    areas = list(names) if last["area"] in names else [last["area"], *names]
    day, first = wall(last["start"], site.settings)
    activities = [a for a in str(last["activity"]).split("; ") if a in ACTIVITIES]

    def key(field: str, start: object) -> str:
        return widget_key(f"{name}_{field}", start)

    return {
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
        **{
            n: st.text_input(
                n.capitalize(), key=key(n, "" if pd.isna(last[n]) else str(int(last[n]))), max_chars=3,
                placeholder="Not told",
            )
            for n in COUNTS
        },
        "notes": st.text_area(
            "Notes", key=key("notes", last["notes"]), max_chars=patrol_form.MOST_TEXT, placeholder=NO_NAMES
        ),
    }  # fmt: skip


def changes_in(fields: Mapping[str, Any], last: Mapping[Any, Any], settings: Settings) -> dict[str, Any]:
    """What differs from what stands, in the form of `patrol_form.correct`."""
    before = {"start": int(last["start"]), "end": int(last["end"]), "note_start": "", "note_end": ""}
    times = times_told(before, fields["day"], fields["from"], fields["to"], settings)
    activity = "; ".join(fields["activity"])
    new: dict[str, Any] = {
        "area": fields["area"], "officers": int(fields["officers"]), "start": times["start"], "end": times["end"],
        "mode": fields["mode"] or "", "reactive": bool(fields["reactive"]), "notes": patrol_form.plain(fields["notes"]),
        "activity": activity,
        **{n: count_told(n, fields[n]) for n in COUNTS},
    }  # fmt: skip
    old = {n: None if n in COUNTS and pd.isna(last[n]) else last[n] for n in new}
    return {n: value for n, value in new.items() if value != old[n]}


def count_told(name: str, text: str) -> int | None:
    """A count as typed, None where nothing was."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise HotspotsError(f"{name.capitalize()} are '{text[:20]}'; write a whole number, or nothing.")
    return int(text)
