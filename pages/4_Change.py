"""Change: whether the hot spots changed more than their comparison, how sure that is, and the minutes beside it."""

from hotspots.ui.change import page as change
from hotspots.ui.frame import frame
from hotspots.ui.show import errors_shown

view = frame("Change")
if view:
    with errors_shown():
        change.show(view)
