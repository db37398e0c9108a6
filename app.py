"""Overview: what the tool answers, how fresh the data is, what is wrong with it."""

from hotspots.ui import overview
from hotspots.ui.frame import frame, told

view = frame("Overview")
if view:
    with told():
        overview.show_purpose()
        if view.empty:
            overview.show_lead_in()
        else:
            overview.show_bcus(view)
            overview.show_freshness(view)
