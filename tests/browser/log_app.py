"""The log form by itself, without the menu, for tests/pages/test_log_form.py and tests/browser/test_log_form.py.

In the address: bcu=South is the BCU of the page.
"""

import streamlit as st

from hotspots.ranking.question import Question
from hotspots.ui import frame, loading
from hotspots.ui.log_form import page as log_form
from hotspots.ui.session import remembered

st.set_page_config(page_title="Log form", layout="wide")
st.html(f"<style>{frame.STYLE}</style>")
st.title("Patrol log")
log_form.show(frame.View(loading.current(), Question(bcu=remembered("bcu") or "all")))
