"""Data: import, intake reports, what is missing."""

from hotspots.ui import data
from hotspots.ui.frame import frame, told

view = frame("Data")
if view:
    data.show_last_import()
    with told():
        data.show_import(view)
        if not view.empty:
            data.show_holdings(view)
            data.show_reports(view)
            data.show_quarantine(view)
