"""What every page has in common: menu, banner, filters, and the frozen `View` that it works on."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hotspots.ranking.question import Question
from hotspots.store.workspace import Workspace
from hotspots.ui import filters, loading, session, words
from hotspots.ui.text import errors_shown

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
        return not self.workspace.manifest.sources


def frame(title: str, filtered: bool = False) -> View | None:
    """Begin a page: settings, menu, banner, filters. None where there is nothing to show yet (and it was said)."""
    st.set_page_config(page_title=f"{title} – Hot spots", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    session.begin(title)
    menu()
    st.title(title)
    with errors_shown():
        workspace = loading.current()
        if workspace.manifest.kind == "synthetic":
            st.warning(words.SYNTHETIC, icon=":material/science:")
        if not workspace.manifest.sources:
            if filtered:
                lead_in()
                return None
            return View(workspace, Question())
        state = loading.weights_state(str(workspace.folder))
        if not filtered:
            return View(workspace, Question(bcu=session.remembered("bcu") or "all"), weights_state=state)
        asked = filters.ask(workspace, loading.version_of(workspace, state))
        return View(workspace, *asked, session.in_address("cell"), state)
    return None


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

            with errors_shown(), st.spinner("Building the demo …"):
                build_demo(loading.workspace_folder())
                st.rerun()


def lead_to(sentence: str, page: str, label: str, icon: str) -> None:
    """Say why there is nothing to show, and offer the page where that can be changed."""
    st.info(sentence, icon=":material/info:")
    st.page_link(page, label=label, icon=f":material/{icon}:")
