"""The same test of rankings on this workspace's data, when it is asked for."""

from __future__ import annotations

import streamlit as st

from hotspots.backtest import evidence
from hotspots.base.choices import DEFAULT_METHOD
from hotspots.ui import words
from hotspots.ui.frame import View
from hotspots.ui.method.answers import Tried, default_question, tried
from hotspots.ui.method.rankings import show_methods
from hotspots.ui.session import held, hold
from hotspots.ui.text import bullets, plain_text


def show_own(view: View) -> None:
    """The same test on this workspace's data, when it is asked for."""
    st.header("On your own data", anchor="on-your-own-data")
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    st.markdown(
        "The same comparison on every month this workspace holds, with its own weights and default offences. An origin"
        " whose months lie on both sides of a change of map points is left out. From the command line:"
        " `python -m hotspots backtest --leave-out-breaks --summary`."
    )
    slow = st.checkbox("Also the slow methods (kernel density, gradient-boosted trees): minutes", key="_slow_methods")
    wanted = (view.version, slow)
    if st.button("Test the rankings on this data", icon=":material/science:"):
        hold("own_backtest", wanted)
    if held("own_backtest") == wanted:
        show_tried(view, tried(view.folder, view.version, default_question(view), slow))


def show_tried(view: View, result: Tried) -> None:
    """Table, chart and whether the default wins here too."""
    if view.workspace.manifest.kind == "synthetic":
        st.warning("These data are made up, so this shows how the test works, not which ranking is best.")
    best = str(result.table["method"].iloc[0])
    if best == DEFAULT_METHOD:
        st.success(f"The default, {evidence.in_words(DEFAULT_METHOD)}, caught most here too.", icon=":material/check:")
    else:
        usual = evidence.in_words(DEFAULT_METHOD)
        st.info(
            plain_text(f"Here {evidence.in_words(best)} caught most; the default is {usual}."), icon=":material/info:"
        )
    st.markdown(plain_text(" ".join(evidence.default_sentences(result.table, result.other))))
    show_methods(result.table, "Methods on this data")
    facts = result.facts
    st.caption(
        plain_text(
            f"{result.origins}. {words.SOURCES[str(facts['source'])]}, {facts['cells']} cells. {facts['weights']}."
        )
    )
    with st.expander(f"What these figures leave out ({len(result.warnings)})"):
        st.markdown(bullets(result.warnings))
