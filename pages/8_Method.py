"""Method: how it works, its limits, where each number comes from, and the proof on later data."""

from hotspots.ui.frame import frame
from hotspots.ui.method import page as method

view = frame("Method")
if view:
    method.show(view)
