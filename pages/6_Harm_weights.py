"""Harm weights: what each offence weighs, and what moving the weights does to the ranking."""

from hotspots.ui.frame import frame, told
from hotspots.ui.harm_weights import changes as weight_changes
from hotspots.ui.harm_weights import page as harm_weights

view = frame("Harm weights", filters=True)
if view:
    harm_weights.show_purpose()
    chosen = None
    with told():
        chosen = harm_weights.choose_set(view)
    parts = (
        harm_weights.show_set,
        harm_weights.show_editor,
        harm_weights.show_what_if,
        weight_changes.show_changes,
        weight_changes.show_sureness,
        harm_weights.show_transforms,
        harm_weights.show_loose,
        harm_weights.show_history,
    )
    for part in parts if chosen else ():
        with told():
            part(view, chosen)
