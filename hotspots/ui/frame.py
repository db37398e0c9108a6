"""What every page has in common: menu, banner, filters. The only file that touches the session's state.

A page gets a frozen `View` and nothing else. What was chosen is kept in the session under permanent keys, so
that it survives a change of page, and in the address, so that it can be shared. What an address asks for is
checked against what exists.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from hotspots.base import choices
from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, month_text, months_between, parse_window
from hotspots.harm import offences
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.ranking.question import DEFAULT_OFFENCES, Question
from hotspots.store.workspace import Workspace, months_held
from hotspots.ui import loading, words

FIELDS = ("source", "bcu", "from", "to", "offences", "weights", "resolution", "by", "proactive", "top", "map")
BY_SOURCE = ("from", "to", "offences", "weights")  # mean nothing to another source
TOPS = (10, 20, 50, 100)
STYLE = """
.stMainBlockContainer{padding-top:2.5rem}
[data-testid="stCaptionContainer"]{opacity:.85}
[data-testid="stButtonGroup"] button[aria-checked="true"]{color:inherit!important;font-weight:600}
@media (max-width:640px){
 .stMarkdown table{font-size:.8rem}
 .stMarkdown :is(td,th){padding:.2rem!important}
 .stMarkdown :is(td:not(:first-child),th:not(:first-child),td code){overflow-wrap:anywhere}
 .stMarkdown td:first-child{min-width:6em}
}
"""  # captions and what is switched on dark enough to read; the tables of the documents as wide as a phone
WORD_JOINER = "\u2060"
LINK_OR_ICON = re.compile(r":(?=//|[\w+/-]+:)|@(?=\S)|www(?=\.)", re.IGNORECASE)


@dataclass(frozen=True)
class View:
    """What a page shows: the workspace, the question, and how to draw it."""

    workspace: Workspace
    question: Question
    top: int = 20
    svg: bool = False
    cell: str | None = None
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
        return not self.workspace.manifest.sources


@contextmanager
def told() -> Iterator[None]:
    """Errors of the input or the request are shown as sentences; the rest of the block is left out."""
    try:
        yield
    except HotspotsError as error:
        for problem in error.problems:
            st.error(plain_text(problem), icon=":material/error:")


def plain_text(text: str) -> str:
    """Text from data, safe inside Markdown: nothing in it is a link, a formula, an icon or a heading.

    Addresses, :material/icons: and :emoji: are found after the escapes are gone, so an unseen character
    (U+2060, word joiner) parts them.
    """
    text = " ".join(text.split())
    text = LINK_OR_ICON.sub(lambda found: found[0] + WORD_JOINER, text)
    for mark in "\\`*_{}[]()<>#+!|$~:":
        text = text.replace(mark, "\\" + mark)
    return text


def frame(title: str, filters: bool = False) -> View | None:
    """Begin a page: settings, menu, banner, filters. None where there is nothing to show yet (and it was said)."""
    st.set_page_config(page_title=f"{title} – Hot spots", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    begin_anew(title)
    menu()
    st.title(title)
    with told():
        workspace = loading.current()
        if workspace.manifest.kind == "synthetic":
            st.warning(words.SYNTHETIC, icon=":material/science:")
        if not workspace.manifest.sources:
            if filters:
                lead_in()
                return None
            return View(workspace, Question())
        state = loading.weights_state(str(workspace.folder))
        if not filters:
            return View(workspace, Question(bcu=remembered("bcu") or "all"), weights_state=state)
        return filtered(workspace, state)
    return None


def begin_anew(title: str) -> None:
    """On another page the same widget is a new one that shows its first option, though its key has a value.

    So keys of widgets are forgotten when the page changes; what was chosen is remembered under permanent keys.
    """
    if st.session_state.get("page_shown") == title:
        return
    for key in [str(k) for k in st.session_state if str(k).startswith("_")]:
        del st.session_state[key]
    st.session_state["page_shown"] = title


def menu() -> None:
    with st.sidebar:
        for path, name in words.PAGES:
            st.page_link(path, label=name)


def lead_in() -> None:
    """An empty workspace leads to importing or to the demo."""
    st.info(words.EMPTY, icon=":material/info:")
    with st.container(horizontal=True):
        st.page_link("pages/7_Data.py", label="Import data", icon=":material/upload:")
        if st.button("Build the demo", icon=":material/science:"):
            from hotspots.demo.workspace import build_demo

            with told(), st.spinner("Building the demo …"):
                build_demo(loading.workspace_folder())
                st.rerun()


def remembered(name: str) -> str:
    """What the address asks for, else what was chosen before in this session, else ''."""
    return str(st.query_params.get(name) or st.session_state.get(f"view_{name}") or "")


def asked_anew(name: str) -> str:
    """What the address asks for, unless that is what is shown."""
    asked = st.query_params.get(name) or ""
    return "" if asked == st.session_state.get(f"view_{name}") else asked


def widget_key(name: str, start: object) -> str:
    """The key of a widget that shows ``start`` when the page is opened and then what the reader chose.

    The start is given here and never as the widget's own default: a new default makes a new widget, which
    would forget every second choice.
    """
    key = f"_{name}"
    if key not in st.session_state:
        st.session_state[key] = start
    return key


def filtered(workspace: Workspace, state: str) -> View:
    """The filters in the sidebar, applied together, and the view they make."""
    sources = workspace.manifest.sources
    source = one_of("source", sources, "incidents" if "incidents" in sources else sources[0])
    if len(sources) > 1:
        before = source
        source = st.sidebar.selectbox(
            "Source",
            sources,
            format_func=lambda s: words.SOURCES[s],
            key=widget_key("source", source),
        )
        keep("source", source)
        for name in BY_SOURCE if source != before else ():
            keep(name, "")
    with st.sidebar.form("filters", border=False):
        chosen = filter_widgets(workspace, source, loading.version_of(workspace, state))
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=forget_address)
    for name, value in chosen.items():
        keep(name, value, over=False)
    question = Question(
        bcu=chosen["bcu"],
        start=chosen["from"],
        end=chosen["to"],
        resolution=int(chosen["resolution"]),
        weights=chosen["weights"],
        offences=chosen["offences"],
        by=chosen["by"],
        include_proactive=chosen["proactive"] == "yes",
        source=source,
    )
    svg = chosen["map"] == "svg"
    return View(workspace, question, int(chosen["top"]), svg, st.query_params.get("cell"), state)


def filter_widgets(workspace: Workspace, source: str, version: str) -> dict[str, str]:
    """The widgets of the form; each starts from what was chosen before. Returns plain text by field."""
    default = default_window(workspace, source)
    bcu = choose("BCU", "bcu", ("all", *BCUS), "all", {"all": "All three"})
    if source == POLICE_UK:
        first, last = month_choice(workspace, source, default)
    else:
        first, last = day_choice(workspace, source, default)
    names = offence_names(source)
    labels = {n: offences.selection_named(n).label for n in names}
    kind = choose("Offences", "offences", names, DEFAULT_OFFENCES[source], labels, source)
    weights = choose_weights(str(workspace.folder), version, source)
    best = {choices.DEFAULT_METHOD: choices.METHODS[choices.DEFAULT_METHOD] + words.BEST}
    by = choose("Rank by", "by", tuple(choices.METHODS), choices.DEFAULT_METHOD, {**choices.METHODS, **best})
    sizes = {"9": "9 (about 94,000 m²)", "10": "10 (about 13,400 m²)", "11": "11 (about 1,900 m²)"}
    resolution = choose(
        "Cell size (H3 resolution)", "resolution", tuple(sizes), str(workspace.settings.resolution), sizes
    )
    tops = tuple(str(t) for t in sorted({*TOPS, workspace.settings.top}))
    top = choose("Cells listed", "top", tops, str(workspace.settings.top), {})
    proactive = st.checkbox(
        "Include offences found by police activity",
        key=widget_key("proactive", one_of("proactive", ("", "yes"), "") == "yes"),
        help="Drugs and weapons found in searches follow patrols. Counting them sends patrols back to where they were.",
    )
    svg = st.checkbox("Simple map (no graphics card)", key=widget_key("map", one_of("map", ("", "svg"), "") == "svg"))
    return {
        "source": source, "bcu": bcu, "from": first, "to": last, "offences": kind, "weights": weights, "by": by,
        "resolution": resolution, "top": top, "proactive": "yes" if proactive else "", "map": "svg" if svg else "",
    }  # fmt: skip


def choose_weights(folder: str, version: str, source: str) -> str:
    """The default version of the weights, or the newest of any set that this source can use; name@version."""
    default = loading.default_weights(folder, version, source)
    sets = usable_weights(loading.weights(folder, version), source)
    newest = {name: f"{name}@{s.version}" for name, s in sets.items()}
    labels = {newest[name]: f"{s.label}, {s.version}" for name, s in sets.items()}
    if default not in labels:
        pinned = loading.weight_set(folder, version, default)
        labels = {default: f"{pinned.label}, {pinned.version}", **labels}
    labels[default] += " (default)"
    asked = remembered("weights")
    if asked in newest:  # a name alone is its newest version
        keep("weights", newest[asked])
    elif asked and asked not in labels and loading.has_weights(folder, version, asked):
        labels[asked] = asked.replace("@", ", ")
    return choose("Harm weights", "weights", tuple(labels), default, labels, f"{source}_{version}")


def choose(
    label: str, name: str, options: Sequence[str], default: str, labels: dict[str, str], source: str = ""
) -> str:
    """A select box that starts from what was chosen before. ``source`` where the options depend on it."""
    key = widget_key(f"{name}{source and '_'}{source}", one_of(name, options, default))
    return st.selectbox(label, options, format_func=lambda o: labels.get(o, o), key=key)


def one_of(name: str, options: Sequence[str], default: str) -> str:
    """What was asked for if it exists; else the default, and a word about it if the address asked."""
    asked = remembered(name)
    if asked in options:
        return asked
    shown = default if default in options else options[0]
    if asked_anew(name):
        st.warning(
            f"The address asks for {name} “{plain_text(asked[:40])}”, which is not there."
            f" Shown instead: {plain_text(shown or 'as usual')}."
        )
    return shown


def default_window(workspace: Workspace, source: str) -> Window:
    """What the address or the session asks for if it can be read, else the latest twelve months."""
    held = months_held(workspace.manifest, source)
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


def month_choice(workspace: Workspace, source: str, window: Window) -> tuple[str, str]:
    """Whole months, for a source that knows no days."""
    held = months_held(workspace.manifest, source)
    months = [month_text(m) for m in months_between(held[0], held[-1])]
    first, last = (month_text(min(max(m, held[0]), held[-1])) for m in window.months)
    start = st.selectbox("From month", months, key=widget_key(f"from_{source}_{held[0]}_{held[-1]}", first))
    end = st.selectbox("To month", months, key=widget_key(f"to_{source}_{held[0]}_{held[-1]}", last))
    return start, end


def day_choice(workspace: Workspace, source: str, window: Window) -> tuple[str, str]:
    """Days, both included."""
    held = months_held(workspace.manifest, source)
    low = date(held[0] // 100, held[0] % 100, 1)
    high = date(held[-1] // 100, held[-1] % 100, calendar.monthrange(held[-1] // 100, held[-1] % 100)[1])
    chosen = []
    for label, name, day in (("From", "from", window.start), ("To", "to", window.end)):
        key = widget_key(f"{name}_{source}_{held[0]}_{held[-1]}", min(max(day, low), high))
        chosen.append(st.date_input(label, min_value=low, max_value=high, format="DD/MM/YYYY", key=key))
    return str(chosen[0]), str(chosen[1])


def offence_names(source: str) -> tuple[str, ...]:
    """The selections that this source can answer."""
    if source == POLICE_UK:
        return ("violence-categories", "all", *(f"category:{t}" for t in offences.CRIME_TYPES))
    return tuple(n for n, s in offences.SELECTIONS.items() if s.basis != "categories")


def usable_weights(sets: dict[str, WeightSet], source: str) -> dict[str, WeightSet]:
    """The weight sets that have a key this source can offer."""
    column = "crime_type" if source == POLICE_UK else "ho_class"
    return {n: s for n, s in sets.items() if s.table[column].astype(str).str.len().gt(0).any()} or sets


def keep(name: str, value: str, over: bool = True) -> None:
    """Remember a choice for the session and write it into the address.

    ``over`` false leaves what the address asks for as it stands, so that a word about it is not lost when the
    page runs again by itself.
    """
    st.session_state[f"view_{name}"] = value
    if not over and name in st.query_params:
        return
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def switch(label: str, name: str, labels: dict[str, str]) -> str:
    """One of a few things to show at once, kept like a filter; the first is shown unless another is asked for."""
    first, *_ = options = tuple(labels)
    start = one_of(name, options, first)
    key = widget_key(f"{name}_{held(f'turn_{name}') or 0}", start)
    shown = st.segmented_control(label, options, format_func=lambda o: labels[o], key=key, required=True) or start
    keep(name, "" if shown == first else shown, over=shown != start)
    return shown


def switch_box(label: str, name: str, labels: dict[str, str]) -> str:
    """The same as a select box, for longer labels."""
    first, *_ = options = tuple(labels)
    start = one_of(name, options, first)
    shown = st.selectbox(label, options, format_func=lambda o: labels[o], key=widget_key(f"{name}_{first}", start))
    keep(name, "" if shown == first else shown, over=shown != start)
    return shown


def leave_address(*names: str) -> None:
    """Take something out of the address that has no meaning in what is shown; the session still remembers it."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def switch_next(name: str, value: str) -> None:
    """What a `switch` shows from the next run on."""
    keep(name, value)
    hold(f"turn_{name}", (held(f"turn_{name}") or 0) + 1)


def forget_address() -> None:
    """From here on the filters say what is shown, whatever the address asked for."""
    for name in FIELDS:
        if name in st.query_params:
            del st.query_params[name]


def select_cell(cell: str | None) -> None:
    """Put a chosen cell into the address and draw the page again."""
    if cell:
        st.query_params["cell"] = cell
    elif "cell" in st.query_params:
        del st.query_params["cell"]
    st.rerun()


def hold(name: str, value: object) -> None:
    """Keep something for this session, such as edits that are not stored yet. None lets it go."""
    st.session_state[f"held_{name}"] = value


def held(name: str) -> Any:
    """What was kept, else None."""
    return st.session_state.get(f"held_{name}")


def hand_over(name: str, value: object) -> None:
    """Keep something for the next run of this page."""
    st.session_state[f"next_{name}"] = value


def handed_over(name: str) -> object:
    """What the last run kept for this one, once."""
    return st.session_state.pop(f"next_{name}", None)


def shown(name: str) -> Any:
    """What the widget of that `widget_key` shows, None where it has not been drawn."""
    return st.session_state.get(f"_{name}")


def show_next(name: str, value: object) -> None:
    """What that widget shows from now on. Only from a callback, or before it is drawn."""
    st.session_state[f"_{name}"] = value
