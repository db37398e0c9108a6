"""What is asked about change: the form in the sidebar. An empty field means what the library suggests."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from hotspots.base import choices
from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.base.months import month_text, months_between, parse_day
from hotspots.base.settings import Settings
from hotspots.harm import offences
from hotspots.harm.offences import POLICE_UK
from hotspots.ranking.question import DEFAULT_OFFENCES
from hotspots.store.workspace import months_held
from hotspots.ui import frame, loading, words
from hotspots.ui.frame import View, keep, plain_text, widget_key

if TYPE_CHECKING:
    from hotspots.change.question import ChangeQuestion

WINDOWS = {"before_from": ("Before", "first"), "before_to": ("Before", "last"), "after_from": ("After", "first"),
           "after_to": ("After", "last")}  # fmt: skip
CHOSEN = {"chosen_from": ("Chosen on", "first"), "chosen_to": ("Chosen on", "last")}
BY_SOURCE = (*WINDOWS, *CHOSEN, "change_offences")  # mean nothing to another source
FILTERS = (
    "bcu", "change_source", "change_measure", "places", *WINDOWS, "comparison", "match", "baseline", "change_offences",
    "ring", *CHOSEN, "chosen_by", "change_proactive", "map",
)  # fmt: skip
TOP = "top:"
TOPS = (10, 20, 50, 100)
MEASURES = {"count": "Incidents", "harm": "Harm"}
RINGS = (Settings.ring_m, 200, 300, 500)  # metres


def question(view: View) -> ChangeQuestion | None:
    """The filters in the sidebar and what they ask; None where nothing can be asked yet, which is said."""
    if view.empty:
        frame.lead_in()
        return None
    source = choose_source(view)
    if source is None:
        st.info(words.CHANGE_NO_INCIDENTS, icon=":material/info:")
        st.page_link("pages/7_Data.py", label="Import incidents", icon=":material/upload:")
        return None
    registers = loading.registers(view.folder, loading.areas_stamp(view.folder))
    names = tuple(dict.fromkeys(registers["name"].tolist()[::-1]))  # the one frozen last comes first
    with st.sidebar.form("change_filters", border=False):
        chosen = filter_widgets(view, source, names)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=forget_filters)
    for name, value in chosen.items():
        keep(name, value, over=False)
    if not chosen["places"]:
        st.info(words.CHANGE_NO_REGISTER, icon=":material/info:")
        st.page_link("pages/1_Hot_spots.py", label="Freeze hot spots", icon=":material/lock:")
        return None
    return asked(chosen)


def asked(chosen: dict[str, str]) -> ChangeQuestion:
    """The question that the plain text of the fields asks."""
    from hotspots.change.question import ChangeQuestion

    places = chosen["places"]
    top = int(places.removeprefix(TOP)) if places.startswith(TOP) else 0
    question = ChangeQuestion(
        bcu=chosen["bcu"], measure=chosen["change_measure"], register="" if top else places,
        before_from=chosen["before_from"], before_to=chosen["before_to"], after_from=chosen["after_from"],
        after_to=chosen["after_to"], comparison=chosen["comparison"], match=chosen["match"],
        baseline=chosen["baseline"], offences=chosen["change_offences"], source=chosen["change_source"],
        include_proactive=chosen["change_proactive"] == "yes", ring_m=float(chosen["ring"]),
    )  # fmt: skip
    if not top:
        return question
    by, first, last = (chosen[name] for name in ("chosen_by", "chosen_from", "chosen_to"))
    return replace(question, top=top, by=by, chosen_from=first, chosen_to=last)


def choose_source(view: View) -> str | None:
    """The source of the incidents; chosen first, because the other fields depend on it. None: no incidents."""
    sources = [s for s in view.workspace.manifest.sources if s in DEFAULT_OFFENCES]
    if not sources:
        return None
    before = source = frame.one_of("change_source", sources, "incidents" if "incidents" in sources else sources[0])
    if len(sources) > 1:
        source = st.sidebar.selectbox(
            "Source", sources, format_func=lambda s: words.SOURCES[s], key=widget_key("change_source", source)
        )
        keep("change_source", source)
        for name in BY_SOURCE if source != before else ():
            keep(name, "")
    return source


def filter_widgets(view: View, source: str, names: tuple[str, ...]) -> dict[str, str]:
    """The widgets of the form, each starting from what was chosen before. Returns plain text by field."""
    from hotspots.change.question import BASELINES, COMPARISONS

    suggested = {"": words.SUGGESTED}
    bcu = frame.choose("BCU", "bcu", ("all", *BCUS), "all", {"all": "All three"})
    places = choose_places(names)
    measure = frame.choose("Measure", "change_measure", tuple(MEASURES), "count", MEASURES)
    windows = {name: choose_end(view, source, name, *about) for name, about in WINDOWS.items()}
    comparison = frame.choose(
        "Compared with", "comparison", ("", *COMPARISONS), "", suggested | {k: cap(v) for k, v in COMPARISONS.items()}
    )
    match = choose_match(view)
    kinds = frame.offence_names(source)
    labels = {n: offences.selection_named(n).label for n in kinds}
    usual = DEFAULT_OFFENCES[source]
    kind = frame.choose("Offences", "change_offences", kinds, usual, labels, source)
    baseline = frame.choose(
        "Baseline", "baseline", ("", *BASELINES), "", suggested | {k: cap(v) for k, v in BASELINES.items()}
    )
    rings = {f"{metres:g}": f"{metres:g} m" for metres in RINGS}
    ring = frame.choose("Next door: how far", "ring", tuple(rings), f"{Settings.ring_m:g}", rings)
    with st.expander("Top cells: how they were chosen", expanded=places.startswith(TOP)):
        chosen = {name: choose_end(view, source, name, *about) for name, about in CHOSEN.items()}
        st.caption(words.CHOSEN_HELP)
        by = frame.choose("Ranked by", "chosen_by", tuple(choices.METHODS), "count", choices.METHODS)
    proactive = st.checkbox(
        "Include offences found by police activity", help=words.PROACTIVE_HELP,
        key=widget_key("change_proactive", frame.one_of("change_proactive", ("", "yes"), "") == "yes"),
    )  # fmt: skip
    svg = st.checkbox(
        "Simple map (no graphics card)", key=widget_key("map", frame.one_of("map", ("", "svg"), "") == "svg")
    )
    return {
        "change_source": source, "bcu": bcu, "change_measure": measure, "places": places, **windows,
        "comparison": comparison, "match": match, "change_offences": kind, "baseline": baseline, "ring": ring, **chosen,
        "chosen_by": by, "change_proactive": "yes" if proactive else "", "map": "svg" if svg else "",
    }  # fmt: skip


def cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def choose_places(names: tuple[str, ...]) -> str:
    """A register by its name, or ``top:20``; '' where no register is frozen and nothing is chosen yet."""
    tops = {f"{TOP}{n}": f"Top {n} cells" for n in TOPS}
    options = (*(names or ("",)), *tops)
    return frame.choose("Hot spots", "places", options, options[0], {"": "Choose …", **tops}, "-".join(names)[:60])


def choose_match(view: View) -> str:
    """A frozen match, where there are any; '' for a match made now."""
    names = loading.frozen_matches(view.folder, loading.change_stamp(view.folder))
    return frame.choose("Frozen match", "match", ("", *names), "", {"": "None"}) if names else ""


def choose_end(view: View, source: str, name: str, window: str, end: str) -> str:
    """One end of a window as text: a month where the source knows no days, else a day; '' = as suggested."""
    held = months_held(view.workspace.manifest, source)
    monthly = source == POLICE_UK
    first, last = date(held[0] // 100, held[0] % 100, 1), last_day(held[-1])
    day = end_asked(name, first, last, end == "last")
    key = f"{name}_{source}_{held[0]}_{held[-1]}"
    label = f"{window}: {end} {'month' if monthly else 'day'}"
    if monthly:
        months = ["", *(month_text(m) for m in months_between(held[0], held[-1]))]
        start = f"{day:%Y-%m}" if day else ""
        return st.selectbox(
            label, months, format_func=lambda m: m or words.SUGGESTED, key=widget_key(key, start)
        )  # fmt: skip
    shown = st.date_input(
        label, value=None, min_value=first, max_value=last, format="DD/MM/YYYY", key=widget_key(key, day),
        help=words.WINDOW_HELP,
    )  # fmt: skip
    return str(shown) if isinstance(shown, date) else ""


def last_day(month: int) -> date:
    return date(month // 100, month % 100, calendar.monthrange(month // 100, month % 100)[1])


def end_asked(name: str, first: date, last: date, is_end: bool) -> date | None:
    """The day asked for, None where none is; what an address asks for and cannot have is said."""
    text, anew = frame.remembered(name), frame.asked_anew(name)
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


def forget_filters() -> None:
    """From here on the fields say what is shown, whatever the address asked for."""
    for name in FILTERS:
        keep(name, "")
