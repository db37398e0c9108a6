"""Every sentence that more than one page says."""

from __future__ import annotations

PAGES = (
    ("app.py", "Overview"),
    ("pages/1_Hot_spots.py", "Hot spots"),
    ("pages/3_Patrol_dosage.py", "Patrol dosage"),
    ("pages/4_Change.py", "Change"),
    ("pages/6_Harm_weights.py", "Harm weights"),
    ("pages/7_Data.py", "Data"),
    ("pages/8_Method.py", "Method"),
)
SOURCES = {
    "police-uk": "data.police.uk (month only)",
    "incidents": "Force records (with times)",
    "pings": "Officers' positions",
    "patrol-log": "Patrol log",
}
SYNTHETIC = "Synthetic data: made up to show the tool. No street, person or crime here is real."
SHARED_MACHINE = (
    "On a shared terminal server 127.0.0.1 belongs to every user of it:"
    " whoever is logged on there can open this address and change what is kept."
)
REFUSED_HOST = (
    "This program does not answer to this address, or to a page from elsewhere. Open it as http://127.0.0.1 with its"
    " port. Behind a proxy, the administrator names the address in server.allowedHosts (docs/deployment.md).\n"
)
HOST_PATTERN = (
    "server.allowedHosts holds {found}: a pattern lets in pages from elsewhere. Write each name out, without a star"
    " (docs/deployment.md)."
)
UNGUARDED = (
    "This page was not started as it must be, so that pages from elsewhere could read it. Start it with"
    " `streamlit run app.py`, from the folder that holds app.py."
)
EMPTY = "There is no data here yet. Import your own, or build the demo to look around."
PROXY = "Weights are a proxy: one for each broad crime type, so they hardly distinguish one offence from another."
BREAK = (
    "The anonymised map points changed in {month}, inside this window. Counts shift between cells without any change in"
    " crime. Choose a window that lies before or after it."
)
UNSCORED = "Offences without a harm weight. They are counted as incidents and add no harm: unknown, not zero."
PROACTIVE_HELP = (
    "Drugs and weapons found in searches follow patrols. Counting them makes more patrols look like more crime."
)
