"""Patrol dosage: the minutes that each hot spot got, day by day, against what it should get; and the log form."""

from hotspots.ui.dosage import page as dosage
from hotspots.ui.dosage.words import LOG_FORM
from hotspots.ui.frame import frame
from hotspots.ui.log_form import page as log_form
from hotspots.ui.show import errors_shown

view = frame("Patrol dosage")
if view:
    with errors_shown():
        part = dosage.part()
        if part == LOG_FORM:
            log_form.show(view)
        else:
            dosage.show(view, part)
