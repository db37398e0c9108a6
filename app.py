"""The Overview page: what the tool answers, how fresh the data is, what is wrong with it. And the server of all pages.

`streamlit run app.py` imports this file for the server, guarded before anything is served; a session runs it as a page.
"""

import streamlit as st

if __name__ == "__main__":
    from hotspots.ui import overview
    from hotspots.ui.frame import frame
    from hotspots.ui.show import errors_shown

    view = frame("Overview")
    if view:
        with errors_shown():
            overview.show(view)
else:
    from hotspots.ui import guard

    app = st.App(__file__, middleware=guard.middleware(), lifespan=guard.lifespan)
