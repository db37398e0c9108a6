"""The Method page: how it works and its limits, the proof on later data, and where each number comes from."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from hotspots.base.shipped import DOCS
from hotspots.ui import loading
from hotspots.ui.frame import View
from hotspots.ui.method.concentration import show_concentration
from hotspots.ui.method.near_repeats import show_near_repeats
from hotspots.ui.method.own_data import show_own
from hotspots.ui.method.rankings import show_evidence
from hotspots.ui.text import errors_shown

CONTENTS = {
    "How it works": "in-plain-words",
    "Which ranking catches most": "which-ranking-catches-most",
    "On your own data": "on-your-own-data",
    "How concentrated is harm": "how-concentrated-is-harm",
    "Same place again soon?": "same-place-again-soon",
    "Harm weights": "harm-weights",
}


def show(view: View) -> None:
    show_contents()
    for part in (
        show_method,
        show_evidence,
        show_own,
        show_concentration,
        show_near_repeats,
        show_weights,
        show_dictionary,
    ):
        with errors_shown():
            part(view)


def show_contents() -> None:
    """The way to each part of a long page."""
    st.markdown(" · ".join(f"[{name}](#{anchor})" for name, anchor in CONTENTS.items()))


def show_method(view: View) -> None:
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    st.markdown(re.sub(r"\A# .*\n", "", text))


def show_weights(view: View) -> None:
    """The weight sets with version, source and hash."""
    st.header("Harm weights", anchor="harm-weights")
    sets = loading.weights(view.folder, view.version).values()
    rows = [
        {"Set": s.label, "Version": s.version, "Weights": len(s.table), "Proxy": "yes" if s.is_proxy else "no",
         "Source": s.source, "SHA-256": s.sha256[:16]}
        for s in sets
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Weight sets")


def show_dictionary(view: View) -> None:
    with st.expander("Data dictionary"):
        st.markdown(re.sub(r"\A# .*\n", "", (DOCS / "data_dictionary.md").read_text(encoding="utf-8")))
