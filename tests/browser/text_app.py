"""Every hostile text as a heading, as the page on hot spots shows a place, for test_app.py."""

import streamlit as st

from hotspots.ui.show import plain_text
from tests.workspaces import HOSTILE

for rank, text in enumerate(HOSTILE, 1):
    st.subheader(plain_text(f"{rank}. {text}, Preston"))
