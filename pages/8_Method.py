"""Method: how it works, its limits, where each number comes from."""

from hotspots.ui import method
from hotspots.ui.frame import frame, told

view = frame("Method")
if view:
    with told():
        method.show_method()
        method.show_weights(view)
        method.show_dictionary()
