"""What is asked about change: the form in the sidebar. An empty field means what the library suggests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from hotspots.areas.register import in_force_first
from hotspots.base import choices
from hotspots.base.errors import HotspotsError
from hotspots.base.months import month_text, months_between, parse_day, window_of_months
from hotspots.base.settings import Settings
from hotspots.change.question import BASELINES, COMPARISONS, PERIODS, ChangeQuestion
from hotspots.harm.offences import POLICE_UK
from hotspots.ranking.question import DEFAULT_OFFENCES
from hotspots.store.held import months_held, sources_held
from hotspots.ui import frame, loading
from hotspots.ui.change import answers, words
from hotspots.ui.forms import TOPS, choose, choose_bcu, choose_offences, choose_source, tick_proactive, tick_simple_map
from hotspots.ui.frame import View
from hotspots.ui.session import asked_anew, keep, leave_address, remembered, widget_key
from hotspots.ui.show import plain_text

WINDOWS = {"before_from": ("Before", "first"), "before_to": ("Before", "last"), "after_from": ("After", "first"),
           "after_to": ("After", "last")}  # fmt: skip
CHOSEN = {"chosen_from": ("Chosen on", "first"), "chosen_to": ("Chosen on", "last")}
BY_SOURCE = (*WINDOWS, *CHOSEN, "change_offences", "change_weights", "hours", "period")  # by source
FILTERS = (
    "bcu", "change_source", "change_measure", "places", *WINDOWS, "comparison", "match", "baseline", "change_offences",
    "change_weights", "hours", "areas", "period", "ring", *CHOSEN, "chosen_by", "change_proactive", "map",
)  # fmt: skip
TOP = "top:"
MEASURES = {"count": "Incidents", "harm": "Harm"}
RINGS = (Settings.ring_m, 200, 300, 500)  # metres


def question(view: View) -> ChangeQuestion | None:
    """The filters in the sidebar and what they ask; None where nothing can be asked yet, which is said."""
    if view.empty:
        frame.lead_in()
        return None
    sources = [s for s in sources_held(view.workspace) if s in DEFAULT_OFFENCES]
    if not sources:
        frame.lead_to(words.NO_INCIDENTS, "pages/7_Data.py", "Import incidents", "upload")
        return None
    source = choose_source("change_source", sources, BY_SOURCE)
    registers = loading.registers(view.folder, loading.areas_stamp(view.folder))
    last = window_of_months(*(months_held(view.workspace, source)[-1:] * 2)).end
    now, others = in_force_first(registers, last - timedelta(days=364), last)
    names = (*now, *others)  # those that held where there are figures come first, a round for days to come last
    with st.sidebar.form("change_filters", border=False):
        chosen = filter_widgets(view, source, names)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=leave_address, args=FILTERS)
    for name, value in chosen.items():
        keep(name, value, over=False)
    if not chosen["places"]:
        frame.lead_to(words.NO_REGISTER, "pages/1_Hot_spots.py", "Freeze hot spots", "lock")
        return None
    return asked(chosen)


def asked(chosen: dict[str, str]) -> ChangeQuestion:
    """The question that the plain text of the fields asks."""
    places = chosen["places"]
    top = int(places.removeprefix(TOP)) if places.startswith(TOP) else 0
    question = ChangeQuestion(
        bcu=chosen["bcu"], measure=chosen["change_measure"], register="" if top else places,
        before_from=chosen["before_from"], before_to=chosen["before_to"], after_from=chosen["after_from"],
        after_to=chosen["after_to"], comparison=chosen["comparison"], match=chosen["match"],
        baseline=chosen["baseline"], offences=chosen["change_offences"], source=chosen["change_source"],
        include_proactive=chosen["change_proactive"] == "yes", ring_m=float(chosen["ring"]),
        weights=chosen["change_weights"], hours=chosen["hours"], period=chosen["period"],
        areas=() if top else tuple(filter(None, chosen["areas"].split(","))),
    )  # fmt: skip
    if not top:
        return question
    by, first, last = (chosen[name] for name in ("chosen_by", "chosen_from", "chosen_to"))
    return replace(question, top=top, by=by, chosen_from=first, chosen_to=last)


def filter_widgets(view: View, source: str, names: tuple[str, ...]) -> dict[str, str]:
    """The widgets of the form, each starting from what was chosen before. Returns plain text by field."""
    bcu = choose_bcu(view.workspace.profile)
    places = choose_places(names)
    measure = choose("Measure", "change_measure", tuple(MEASURES), "count", MEASURES)
    windows = {name: choose_end(view, source, name, *about) for name, about in WINDOWS.items()}
    labels = {"": words.SUGGESTED, **{k: cap(v) for k, v in {**COMPARISONS, **BASELINES}.items()}}
    comparison = choose("Compared with", "comparison", ("", *COMPARISONS), "", labels)
    frozen = answers.frozen_matches(view.folder, answers.change_stamp(view.folder))
    match = choose("Frozen match", "match", ("", *frozen), "", {"": "None"}) if frozen else ""
    kind = choose_offences("change_offences", source)
    weights = frame.choose_weights(view.folder, view.version, source, "change_weights")
    hours = choose_hours(source)
    baseline = choose("Baseline", "baseline", ("", *BASELINES), "", labels)
    period = choose_period(source)
    rings = {f"{metres:g}": f"{metres:g} m" for metres in RINGS}
    ring = choose("Next door: how far", "ring", tuple(rings), f"{Settings.ring_m:g}", rings)
    areas = choose_areas(view, places, windows["after_from"])
    with st.expander("Top cells: how they were chosen", expanded=places.startswith(TOP)):
        chosen = {name: choose_end(view, source, name, *about) for name, about in CHOSEN.items()}
        st.caption(words.CHOSEN_HELP)
        by = choose("Ranked by", "chosen_by", tuple(choices.METHODS), "count", choices.METHODS)
    proactive, simple = tick_proactive("change_proactive"), tick_simple_map()
    return {
        "change_source": source, "bcu": bcu, "change_measure": measure, "places": places, **windows,
        "comparison": comparison, "match": match, "change_offences": kind, "baseline": baseline, "ring": ring, **chosen,
        "chosen_by": by, "change_proactive": proactive, "map": simple, "change_weights": weights, "hours": hours,
        "areas": areas, "period": period,
    }  # fmt: skip


def cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def choose_places(names: tuple[str, ...]) -> str:
    """A register by its name, or ``top:20``; '' where no register is frozen and nothing is chosen yet."""
    tops = {f"{TOP}{n}": f"Top {n} cells" for n in TOPS}
    options = (*(names or ("",)), *tops)
    return choose("Hot spots", "places", options, options[0], {"": "Choose …", **tops}, "-".join(names)[:60])


def choose_hours(source: str) -> str:
    """Hours as text, such as 20-04; '' for the whole day, and for a source that knows none."""
    if source == POLICE_UK:
        return ""
    key = widget_key(f"hours_{source}", remembered("hours"))
    return st.text_input("Hours", key=key, placeholder="20-04", max_chars=5, help=words.HOURS_HELP).strip()


def choose_period(source: str) -> str:
    """Of the series: '' as suggested; a source of months has months alone."""
    periods = ("month",) if source == POLICE_UK else PERIODS
    labels = {"": words.SUGGESTED, "week": "Weeks", "month": "Months"}
    return choose("Periods", "period", ("", *periods), "", labels, source)


def choose_areas(view: View, places: str, after_from: str) -> str:
    """Some treated hot spots of the register, their numbers with commas between; '' for all."""
    if not places or places.startswith(TOP):
        return ""
    names = answers.treated_names(view.folder, loading.areas_stamp(view.folder), places, after_from)
    start = [a for a in remembered("areas").split(",") if a in names]
    with st.expander("Some hot spots only", expanded=bool(start)):
        chosen = st.multiselect(
            "Only these", tuple(names), format_func=lambda a: f"{a} {names[a]}", placeholder="All that are treated",
            key=widget_key(f"areas_{places}_{after_from}", start), help=words.AREAS_HELP,
        )  # fmt: skip
    return ",".join(chosen)


def choose_end(view: View, source: str, name: str, window: str, end: str) -> str:
    """One end of a window as text: a month where the source knows no days, else a day; '' = as suggested."""
    held = months_held(view.workspace, source)
    monthly = source == POLICE_UK
    whole = window_of_months(held[0], held[-1])
    day = end_asked(name, whole.start, whole.end, end == "last")
    key = f"{name}_{source}_{held[0]}_{held[-1]}"
    label = f"{window}: {end} {'month' if monthly else 'day'}"
    if monthly:
        months = ["", *(month_text(m) for m in months_between(held[0], held[-1]))]
        key = widget_key(key, f"{day:%Y-%m}" if day else "")
        return st.selectbox(label, months, format_func=lambda m: m or words.SUGGESTED, key=key)
    shown = st.date_input(
        label, value=None, min_value=whole.start, max_value=whole.end, format="DD/MM/YYYY", key=widget_key(key, day),
        help=words.WINDOW_HELP,
    )  # fmt: skip
    return str(shown) if isinstance(shown, date) else ""


def end_asked(name: str, first: date, last: date, is_end: bool) -> date | None:
    """The day asked for, None where none is; what an address asks for and cannot have is said."""
    text, anew = remembered(name), asked_anew(name)
    if not text:
        return None
    try:
        day = parse_day(text, name, is_end=is_end)
    except HotspotsError:
        if anew:
            st.warning(f"The address asks for {name} “{plain_text(text[:40])}”, which is no day and no month."
                       " Shown: what is suggested.")  # fmt: skip
        return None
    if first <= day <= last:
        return day
    if anew:
        st.warning(f"The address asks for {name} {day:%d/%m/%Y}; the data runs from {first:%d/%m/%Y} to"
                   f" {last:%d/%m/%Y}. Shown: what is suggested.")  # fmt: skip
    return None
