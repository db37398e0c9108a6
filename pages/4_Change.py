"""Change: whether the hot spots changed more than places like them, how sure that is, and the minutes beside it."""

from hotspots.ui import words
from hotspots.ui.change import form as change_form
from hotspots.ui.change import page as change
from hotspots.ui.change import trials as change_trials
from hotspots.ui.frame import frame, told

view = frame("Change")
if view:
    with told():
        if change.part() == words.TRIALS:
            change_trials.show(view)
        else:
            asked = change_form.question(view)
            if asked:
                change.show(view, asked)
