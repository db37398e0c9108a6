"""Method: how it works, its limits, where each number comes from, and the proof on later data."""

from hotspots.ui.frame import frame, told
from hotspots.ui.method import evidence
from hotspots.ui.method import page as method

view = frame("Method")
if view:
    method.show_contents()
    with told():
        method.show_method()
    with told():
        evidence.show_evidence()
    with told():
        evidence.show_own(view)
    with told():
        evidence.show_concentration(view)
    with told():
        evidence.show_near_repeats(view)
    with told():
        method.show_weights(view)
        method.show_dictionary()
