"""Patrol dosage: the minutes that each hot spot got, day by day, against what it should get; and the log form."""

from hotspots.ui import loading, words
from hotspots.ui.dosage import page as dosage
from hotspots.ui.frame import frame, told
from hotspots.ui.log_form import page as log_form

view = frame("Patrol dosage")
if view:
    with told():
        part = dosage.part()
        if part == words.LOG_FORM:
            log_form.show(view)
        else:
            asked = dosage.question(view)
            if asked:
                dose = loading.dose(view.folder, view.version, asked, loading.patrol_stamp(view.folder))
                dosage.show(view, dose, part)
