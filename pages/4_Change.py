"""Change: whether the hot spots changed more than places like them, how sure that is, and the minutes beside it."""

from hotspots.ui import change, change_form, change_trials, words
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
