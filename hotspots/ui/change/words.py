"""The sentences of the Change page: the answer first, and in plain words where each figure comes from."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from hotspots.base.months import Window
from hotspots.base.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.change.question import Change, DoseBeside


class Verdict(NamedTuple):
    """What stands before the answer: a sign, the word, and the colour of its edge."""

    sign: str
    word: str
    colour: str


VERDICTS = {  # Analysis Function palette; neither is the colour of good or bad
    "fell": Verdict("▼", "Fell", "#2073BC"),
    "rose": Verdict("▲", "Rose", "#F46A25"),
    "can't tell": Verdict("◇", "Can’t tell", "#8a8a8a"),
}
FRAMED = "border-left:8px solid;padding:2px 0 2px 18px;margin:4px 0"
ASKED = "margin:0 0 6px;font-size:1.05rem"
ANSWER = "margin:0 0 8px;font-size:1.5rem;line-height:1.35;font-weight:600"
BADGE = (
    "margin:0;font-size:1.05rem;font-weight:700;border:2px solid currentColor;border-radius:6px;display:inline-block;"
    "padding:1px 12px"
)
NO_VERDICT = Verdict("–", "No verdict", "#8a8a8a")

CHANGE, TRIALS = "change", "trials"
PARTS = {CHANGE: "Change", TRIALS: "Trials"}
SUGGESTED = "As suggested"
WINDOW_HELP = "Empty: as suggested. The days used stand under the answer."
HOURS_HELP = "Local clock hours, such as 20-04: from 20:00 to 04:00. Empty: the whole day."
AREAS_HELP = "Empty: all that are treated. Their comparison stays that of all."
CHOSEN_HELP = "For the top cells only. Empty: chosen on the window before."
NO_INCIDENTS = "There are no incidents here yet, so nothing can be counted. Import some on the page Data."
NO_REGISTER = (
    "Change is measured in frozen hot spots, and none is frozen yet. Open “Areas” on the page Hot spots, keep"
    " some, and freeze them. Or choose “Top 20 cells” in the menu."
)
FOREST_HELP = (
    "A dot for each hot spot, with its 95% interval as a line; the last row is all together. Where a line crosses 1,"
    " the change of that hot spot alone may be chance. Single hot spots have few incidents, so most lines do."
)
TABLE_HELP = (
    "“▶” marks the row that the answer rests on; the others look at the same windows in other ways. “Between” in the"
    " answer is its 95% interval: 0.75 times is 25% fewer. A verdict goes by the interval; where it is withheld, the"
    " row says why."
)
BEFORE_HELP = (
    "A comparison is fair where both groups followed the same trend before the start. Seeing no difference is only weak"
    " evidence that there was none."
)
NEXT_DOOR_HELP = (
    "Displacement, crime that only moves round the corner, would show here. Letters and colours say what a cell belongs"
    " to, not how it changed: a single cell has too few incidents to judge."
)
DOSE_WARNING = (
    "Dose follows crime: patrols are sent where it is worse. So more minutes beside more incidents do not mean that"
    " patrols do harm, and more minutes beside fewer incidents do not mean that they helped. Only a randomised trial"
    " can show that."
)
CURVE_HELP = "Bands and curve look inside each hot spot: its patrol days with more minutes against its days with none."
NO_TREND = "There is too little before the start to compare."
NO_RINGS = "No hot spot has a cell on the map here."

FORMULAS = {
    "panel": (
        "**Panel of periods.** Incidents per place and week or month, each place against itself and each period against"
        " the same period of the comparison. What remains is the change of the hot spots. The interval allows for"
        " places that differ and for good and bad spells."
    ),
    "expected": (
        "**Against what was expected.** Hot spots are chosen for a bad spell, and bad spells pass: regression to the"
        " mean. So the count after is compared with what was to be expected, chance taken out, and not with the count"
        " before."
    ),
    "wdd": (
        "**Displacement difference.** (Hot spots after − before) − (comparison after − before), with the rings around"
        " both added where they are there. A difference in incidents or days, not in per cent."
    ),
    "single": (
        "**One hot spot.** Its own two counts against those of all comparison places together. One place cannot show"
        " how places vary, so the interval is as wide as the comparison places vary."
    ),
    "ring": (
        "**Around the hot spots.** The same for the rings alone: whether incidents around the hot spots changed more"
        " than those around the comparison places."
    ),
    "naive": (
        "**Before and after alone.** After over before, with nothing to compare. It falls by itself wherever places"
        " were picked for being worst: regression to the mean. Never quote it alone."
    ),
    "selection": (
        "**Regression to the mean.** The fall that follows where the worst places are picked and nothing is done: part"
        " of the count before was bad luck, which does not repeat itself."
    ),
}
HARM_FORMULA = (
    "**Harm.** Each offence counts its days. Its interval takes the variance of a count times the square of its"
    " weight, so a few severe offences make it wide; the note names the one that supplies most of it."
)


def headline_html(asked: str, answer: str, verdict: str) -> str:
    """A question, its answer and its verdict, large; all text escaped."""
    about = VERDICTS.get(verdict, NO_VERDICT)
    return (
        f'<section aria-label="Answer" style="{FRAMED};border-left-color:{about.colour}">'
        f'<p style="{ASKED}">{escape(asked)}</p><p style="{ANSWER}">{escape(answer)}</p>'
        f'<p style="{BADGE}"><span aria-hidden="true">{about.sign}</span> {about.word}</p></section>'
    )


def window_text(window: Window) -> str:
    days = (window.end - window.start).days + 1
    return f"{day_text(window.start)} to {day_text(window.end)} ({counted(days, 'day')})"


def day_text(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def places(change: Change, comparison: str) -> str:
    """``14 treated hot spots against the hot spots frozen for comparison (6 places).``"""
    roles = change.spots["role"].value_counts()
    treated = counted(int(roles.get("treated", 0)), "top cell" if change.question.top else "treated hot spot")
    against = int(roles.get("comparison", 0))
    held = f" ({counted(against, 'place')})" if against else ""
    return f"{treated} against {comparison}{held}."


def dose_days(dose: DoseBeside) -> str:
    """``1,200 hot spot days from 4 October 2026 to 30 October 2026.``"""
    first, last = (day_text(date.fromisoformat(day)) for day in (dose.first, dose.last))
    return f"{counted(dose.days, 'hot spot day')} from {first} to {last}."


def formulas(table: pd.DataFrame) -> list[str]:
    """What each estimate of the table is, in plain words, and of harm where there is any."""
    found = list(dict.fromkeys(table["estimate_of"]))
    used = [text for name, text in FORMULAS.items() if any(name in estimate for estimate in found)]
    return used + ([HARM_FORMULA] if table["measure"].str.startswith("harm").any() else [])


def match_words(joint_p: float, drift_p: float, unmatched: int, below: float) -> list[str]:
    """What the checks before the start say of a match, and how many cells have none."""
    from hotspots.change.words import p_words

    lines = []
    for p, what in ((joint_p, "differ in single periods before the start"), (drift_p, "drift apart before the start")):
        if p == p:
            found = "do" if p < below else "do not visibly"
            lines.append(f"Hot spots and their matches {found} {what} ({p_words(p)}).")
    if unmatched:
        lines.append(f"{counted(unmatched, 'treated cell')} could not be matched; the list says why.")
    return lines
