"""Overview: what the tool answers, how fresh the data is, what is wrong with it."""

from hotspots.ui import overview
from hotspots.ui.frame import frame
from hotspots.ui.show import errors_shown

view = frame("Overview")
if view:
    with errors_shown():
        overview.show(view)
