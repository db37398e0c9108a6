"""Data: import, intake reports, what is missing."""

from hotspots.ui import data
from hotspots.ui.frame import frame

view = frame("Data")
if view:
    data.show(view)
