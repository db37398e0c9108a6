"""What every page has in common: menu, banner, the filters in the sidebar, and the frozen `View` that it works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from hotspots.backtest import best
from hotspots.backtest.evidence import QUICK
from hotspots.base import choices
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, month_text, months_between, parse_window, window_of_months
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.ranking.question import Question
from hotspots.store.held import months_held, none_of_ours, sources_held
from hotspots.store.workspace import Workspace
from hotspots.ui import guard, loading, session, words
from hotspots.ui.forms import TOPS, choose, choose_bcu, choose_offences, choose_source, tick_proactive, tick_simple_map
from hotspots.ui.session import asked_anew, keep, leave_address, remembered, widget_key
from hotspots.ui.show import errors_shown, plain_text

STYLE = """
.stMainBlockContainer{padding-top:2.5rem}
[data-testid="stCaptionContainer"]{opacity:.85}
[data-testid="stButtonGroup"] button:is([aria-checked="true"],[aria-pressed="true"]){
 color:inherit!important;font-weight:600}
@media (max-width:640px){
 .stMarkdown table{font-size:.8rem}
 .stMarkdown :is(td,th){padding:.2rem!important}
 .stMarkdown :is(td:not(:first-child),th:not(:first-child),td code){overflow-wrap:anywhere}
 .stMarkdown td:first-child{min-width:6em}
}
"""  # captions and what is switched on dark enough to read; the tables of the documents as wide as a phone


@dataclass(frozen=True)
class View:
    """What a page shows: the workspace, the question, and how to draw it."""

    workspace: Workspace
    question: Question
    top: int = 0  # cells listed
    svg: bool = False
    cell: str = ""  # chosen
    weights_state: str = ""

    @property
    def folder(self) -> str:
        return str(self.workspace.folder)

    @property
    def version(self) -> str:
        """Changes with the data and with the weights: the key of every cache."""
        return loading.version_of(self.workspace, self.weights_state)

    @property
    def empty(self) -> bool:
        return not sources_held(self.workspace)


def frame(title: str, filtered: bool = False) -> View | None:
    """Begin a page: settings, menu, banner, filters. None where there is nothing to show yet (and it was said)."""
    st.set_page_config(page_title=f"{title} – Hot spots", layout="wide")
    if not guard.passed():
        st.error(words.UNGUARDED)
        return None
    st.html(f"<style>{STYLE}</style>")
    session.begin(title)
    menu()
    st.title(title)
    with errors_shown():
        workspace = loading.current()
        if workspace.manifest.kind == "synthetic":
            st.warning(words.SYNTHETIC, icon=":material/science:")
        if not sources_held(workspace):
            if filtered:
                lead_in()
                return None
            return View(workspace, Question())
        state = loading.weights_state(str(workspace.folder))
        if not filtered:
            return View(workspace, Question(bcu=session.remembered("bcu") or "all"), weights_state=state)
        asked = ask(workspace, loading.version_of(workspace, state))
        return View(workspace, *asked, session.in_address("cell"), state)
    return None


def menu() -> None:
    with st.sidebar:
        for path, name in words.PAGES:
            st.page_link(path, label=name)


def lead_in() -> None:
    """An empty workspace leads to importing or to the demo."""
    st.info(none_of_ours(loading.current()) or words.EMPTY, icon=":material/info:")
    with st.container(horizontal=True):
        st.page_link("pages/7_Data.py", label="Import data", icon=":material/upload:")
        if st.button("Build the demo", icon=":material/science:"):
            from hotspots.demo.workspace import build_demo

            with errors_shown(), st.spinner("Building the demo …"):
                build_demo(loading.workspace_folder())
                st.rerun()


def lead_to(sentence: str, page: str, label: str, icon: str) -> None:
    """Say why there is nothing to show, and offer the page where that can be changed."""
    st.info(sentence, icon=":material/info:")
    st.page_link(page, label=label, icon=f":material/{icon}:")


FIELDS = ("source", "bcu", "from", "to", "offences", "weights", "resolution", "by", "proactive", "top", "map")
BY_SOURCE = ("from", "to", "offences", "weights")  # mean nothing to another source
SIZES = {"9": "9 (about 94,000 m²)", "10": "10 (about 13,400 m²)", "11": "11 (about 1,900 m²)"}


def ask(workspace: Workspace, version: str) -> tuple[Question, int, bool]:
    """(the question, how many cells are listed, whether the map is the simple one)."""
    source = choose_source("source", sources_held(workspace), BY_SOURCE)
    with st.sidebar.form("filters", border=False):
        chosen = filter_widgets(workspace, source, version)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=leave_address, args=FIELDS)
    for name, value in chosen.items():
        keep(name, value, over=False)
    question = Question(
        bcu=chosen["bcu"], start=chosen["from"], end=chosen["to"], resolution=int(chosen["resolution"]),
        weights=chosen["weights"], offences=chosen["offences"], by=chosen["by"], source=source,
        include_proactive=chosen["proactive"] == "yes",
    )  # fmt: skip
    return question, int(chosen["top"]), chosen["map"] == "svg"


def filter_widgets(workspace: Workspace, source: str, version: str) -> dict[str, str]:
    """The widgets of the form; each starts from what was chosen before. Returns plain text by field."""
    settings = workspace.settings
    own = best.kept(workspace, Question(source=source), QUICK)
    named = {method: best.label_of(method, own) for method in choices.METHODS}
    tops = tuple(str(t) for t in sorted({*TOPS, settings.top}))
    bcu = choose_bcu(workspace.profile)
    first, last = choose_window(workspace, source)
    return {
        "source": source, "bcu": bcu, "from": first, "to": last, "offences": choose_offences("offences", source),
        "weights": choose_weights(str(workspace.folder), version, source),
        "by": choose("Rank by", "by", tuple(choices.METHODS), choices.DEFAULT_METHOD, named),
        "resolution": choose(
            "Cell size (H3 resolution)", "resolution", tuple(SIZES), str(settings.resolution), SIZES
        ),
        "top": choose("Cells listed", "top", tops, str(settings.top), {}),
        "proactive": tick_proactive("proactive"), "map": tick_simple_map(),
    }  # fmt: skip


def choose_weights(folder: str, version: str, source: str, name: str = "weights") -> str:
    """The default version of the weights, or the newest of any set that this source can use; name@version.

    ``name``: under which the choice is remembered.
    """
    default = loading.default_weights(folder, version, source)
    sets = usable_weights(loading.weights(folder, version), source)
    newest = {of: f"{of}@{s.version}" for of, s in sets.items()}
    labels = {newest[of]: f"{s.label}, {s.version}" for of, s in sets.items()}
    if default not in labels:
        pinned = loading.weight_set(folder, version, default)
        labels = {default: f"{pinned.label}, {pinned.version}", **labels}
    labels[default] += " (default)"
    asked = remembered(name)
    if asked in newest:  # a name alone is its newest version
        keep(name, newest[asked])
    elif asked and asked not in labels and loading.has_weights(folder, version, asked):
        labels[asked] = asked.replace("@", ", ")
    return choose("Harm weights", name, tuple(labels), default, labels, f"{source}_{version}")


def usable_weights(sets: dict[str, WeightSet], source: str) -> dict[str, WeightSet]:
    """The weight sets that have a key this source can offer."""
    column = "crime_type" if source == POLICE_UK else "ho_class"
    return {n: s for n, s in sets.items() if s.table[column].astype(str).str.len().gt(0).any()} or sets


# ---------------------------------------------------------------- the window


def choose_window(workspace: Workspace, source: str) -> tuple[str, str]:
    """Whole months for a source that knows no days, else days; both ends included."""
    held = months_held(workspace, source)
    window = window_asked(source, held)
    choose_ends = months_chosen if source == POLICE_UK else days_chosen
    return choose_ends(window, held, f"{source}_{held[0]}_{held[-1]}")


def window_asked(source: str, held: list[int]) -> Window:
    """What the address or the session asks for if it can be read, else the latest twelve months."""
    asked = asked_anew("from") or asked_anew("to")
    try:
        window = parse_window(remembered("from") or None, remembered("to") or None, held)
    except HotspotsError as error:
        if asked:
            st.warning(plain_text(str(error).replace("--", "")) + " Shown instead: the latest twelve months.")
        return parse_window(None, None, held)
    if asked and source == POLICE_UK and not window.whole_months:
        st.warning(f"The address asks for {window}; data.police.uk gives the month and no day. Shown: whole months.")
    first, last = window.months
    apart = first > held[-1] or last < held[0]
    if asked and (first < held[0] or last > held[-1]):
        st.warning(
            f"The address asks for {window}; the data runs from {month_text(held[0])} to {month_text(held[-1])}."
            f" Shown instead: {'the latest twelve months' if apart else 'the part that is there'}."
        )
    return parse_window(None, None, held) if apart else window


def months_chosen(window: Window, held: list[int], key: str) -> tuple[str, str]:
    months = [month_text(m) for m in months_between(held[0], held[-1])]
    first, last = (month_text(min(max(m, held[0]), held[-1])) for m in window.months)
    start = st.selectbox("From month", months, key=widget_key(f"from_{key}", first))
    end = st.selectbox("To month", months, key=widget_key(f"to_{key}", last))
    return start, end


def days_chosen(window: Window, held: list[int], key: str) -> tuple[str, str]:
    ends = window_of_months(held[0], held[-1])
    limits: dict[str, Any] = {"min_value": ends.start, "max_value": ends.end, "format": "DD/MM/YYYY"}
    first, last = (min(max(day, ends.start), ends.end) for day in (window.start, window.end))
    start = st.date_input("From", key=widget_key(f"from_{key}", first), **limits)
    return str(start), str(st.date_input("To", key=widget_key(f"to_{key}", last), **limits))
