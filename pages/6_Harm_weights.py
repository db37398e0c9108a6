"""Harm weights: what each offence weighs, and what moving the weights does to the ranking."""

from hotspots.ui.frame import frame
from hotspots.ui.harm_weights import page as harm_weights

view = frame("Harm weights", filtered=True)
if view:
    harm_weights.show(view)
