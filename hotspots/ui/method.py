"""The parts of the Method page: the documents that ship with the program, shown as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.ui import loading
from hotspots.ui.frame import View

DOCS = Path(__file__).resolve().parents[2] / "docs"


def show_method() -> None:
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    st.markdown(re.sub(r"\A# .*\n", "", text))


def show_weights(view: View) -> None:
    """The weight sets with version, source and hash."""
    st.header("Harm weights")
    sets = loading.weights(view.folder, view.version).values()
    rows = [
        {"Set": s.label, "Version": s.version, "Weights": len(s.table), "Proxy": "yes" if s.is_proxy else "no",
         "Source": s.source, "SHA-256": s.sha256[:16]}
        for s in sets
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Weight sets")


def show_dictionary() -> None:
    with st.expander("Data dictionary"):
        st.markdown(re.sub(r"\A# .*\n", "", (DOCS / "data_dictionary.md").read_text(encoding="utf-8")))
