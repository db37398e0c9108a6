"""Widgets that start from what was chosen before or from what the address asks for, and forms that are signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from hotspots.base.choices import CRIME_TYPES
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import EVERYWHERE, Profile
from hotspots.base.words import joined
from hotspots.harm import selections
from hotspots.harm.offences import POLICE_UK
from hotspots.ranking.question import DEFAULT_OFFENCES
from hotspots.ui import session, words
from hotspots.ui.show import plain_text


def form_key(name: str) -> str:
    """The key of a form or of a widget in one: another after each change that was stored."""
    return f"{name}_{session.turn('form')}"


def signature(name: str, why: str) -> tuple[str, str]:
    """Who and why: two fields of a form. The name is remembered for the session."""
    left, right = st.columns([1, 2])
    author = left.text_input(
        "Your name", key=session.widget_key(form_key(f"{name}_author"), session.held("author") or ""), max_chars=100
    )
    note = right.text_input(why, key=f"_{form_key(f'{name}_note')}", max_chars=500)
    if author.strip():
        session.hold("author", author.strip())
    return author.strip(), note.strip()


def refuse_unsigned(author: str, note: str) -> None:
    missing = [what for what, text in (("your name", author), ("the reason", note)) if not text]
    if missing:
        raise HotspotsError(f"Nothing was stored: please give {joined(missing)}. Others must be able to ask why.")


def done(*sentences: str) -> None:
    """Show these at the top of the next run, and begin it with new forms."""
    done_in_markdown(*(plain_text(s) for s in sentences))


def done_in_markdown(*sentences: str) -> None:
    """The same for sentences in Markdown, in which text from data is escaped."""
    session.next_turn("form")
    session.hand_over("done", sentences)
    st.rerun()


def show_done() -> None:
    """What the last run stored; warnings follow."""
    stored: Any = session.handed_over("done")
    for i, sentence in enumerate(stored or ()):
        (st.warning if i else st.success)(sentence, icon=f":material/{'warning' if i else 'check'}:")


def one_of(name: str, options: Sequence[str], default: str) -> str:
    """What was asked for if it exists; else the default, and a word about it if the address asked."""
    asked = session.remembered(name)
    if asked in options:
        return asked
    shown = default if default in options else options[0]
    if session.asked_anew(name):
        st.warning(
            f"The address asks for {name} “{plain_text(asked[:40])}”, which is not there."
            f" Shown instead: {plain_text(shown or 'as usual')}."
        )
    return shown


def choose(
    label: str, name: str, options: Sequence[str], default: str, labels: Mapping[str, str], source: str = ""
) -> str:
    """A select box. ``source`` where the options depend on it."""
    key = session.widget_key(f"{name}{source and '_'}{source}", one_of(name, options, default))
    return st.selectbox(label, options, format_func=lambda o: labels.get(o, o), key=key)


def switch(label: str, name: str, labels: dict[str, str]) -> str:
    """One of a few things to show at once, kept like a filter; the first is shown unless another is asked for."""

    def draw(options: tuple[str, ...], start: str) -> str:
        key = session.widget_key(f"{name}_{session.turn(name)}", start)
        return st.segmented_control(label, options, format_func=lambda o: labels[o], key=key, required=True) or start

    return kept_switch(name, labels, draw)


def switch_box(label: str, name: str, labels: dict[str, str]) -> str:
    """The same as a select box, for longer labels."""

    def draw(options: tuple[str, ...], start: str) -> str:
        key = session.widget_key(f"{name}_{options[0]}", start)
        return st.selectbox(label, options, format_func=lambda o: labels[o], key=key)

    return kept_switch(name, labels, draw)


def kept_switch(name: str, labels: dict[str, str], draw: Callable[[tuple[str, ...], str], str]) -> str:
    first, *_ = options = tuple(labels)
    start = one_of(name, options, first)
    shown = draw(options, start)
    session.keep(name, "" if shown == first else shown, over=shown != start)
    return shown


def switch_next(name: str, value: str) -> None:
    """What a `switch` shows from the next run on."""
    session.keep(name, value)
    session.next_turn(name)


# ---------------------------------------------------------------- filters that several pages have

TOPS = (10, 20, 50, 100)  # cells


def choose_bcu(force: Profile) -> str:
    return choose("BCU", "bcu", (EVERYWHERE, *force.bcus), EVERYWHERE, {EVERYWHERE: force.together})


def choose_source(name: str, sources: Sequence[str], by_source: Sequence[str]) -> str:
    """In the sidebar, where there are several; chosen first, because the fields ``by_source`` mean nothing to another.

    A change of source forgets those fields.
    """
    before = source = one_of(name, sources, "incidents" if "incidents" in sources else sources[0])
    if len(sources) > 1:
        key = session.widget_key(name, source)
        source = st.sidebar.selectbox("Source", sources, format_func=lambda s: words.SOURCES[s], key=key)
        session.keep(name, source)
        for field in by_source if source != before else ():
            session.keep(field, "")
    return source


def choose_offences(name: str, source: str) -> str:
    """One of the selections that this source can answer."""
    if source == POLICE_UK:
        names = ("violence-categories", "all", *(f"category:{t}" for t in CRIME_TYPES))
    else:
        names = tuple(n for n, s in selections.SELECTIONS.items() if s.basis != "categories")
    labels = {n: selections.selection_named(n).label for n in names}
    return choose("Offences", name, names, DEFAULT_OFFENCES[source], labels, source)


def tick(label: str, name: str, value: str, help: str = "") -> str:
    """A box to tick: its value where it is ticked, else ''."""
    key = session.widget_key(name, one_of(name, ("", value), "") == value)
    return value if st.checkbox(label, key=key, help=help or None) else ""


def tick_proactive(name: str) -> str:
    return tick("Include offences found by police activity", name, "yes", words.PROACTIVE_HELP)


def tick_simple_map() -> str:
    return tick("Simple map (no graphics card)", "map", "svg")
