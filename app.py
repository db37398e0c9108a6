"""The server, as `streamlit run app.py` starts it: guarded before anything is served. Its first page is overview.py."""

import streamlit as st

from hotspots.ui import guard

app = st.App("overview.py", middleware=guard.middleware(), lifespan=guard.lifespan)
