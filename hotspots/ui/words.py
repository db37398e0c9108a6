"""Every sentence that more than one page says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.maps import expected_words, pattern_meanings

SYNTHETIC = "Synthetic data: made up to show the tool. No street, person or crime here is real."
EMPTY = "There is no data here yet. Import your own, or build the demo to look around."
PROXY = "Weights are a proxy. They are set per broad crime type, so they hardly tell one offence from another."
BREAK = (
    "The anonymised map points changed in {month}, inside this window. Counts move between cells without any change in"
    " crime. Choose a window on one side of it."
)
NO_CELL = "Choose a cell on the map or a row in the table to see what is behind its rank."
UNSCORED = "Offences without a harm weight. They are counted as incidents and add no harm: unknown, not zero."
EDIT_HELP = "Double-click a number in the second column to change it. Nothing is stored until you save."
CELL_LIMIT = "The map draws the first {n:,} cells; the download has all of them."
BEST = " (best on later data)"  # docs/decisions/0015
CELLS, AREAS, REGISTER = "cells", "areas", "register"
PARTS = {CELLS: "Cells", AREAS: "Areas", REGISTER: "Register"}
AREAS_HELP = (
    "Adjoining cells joined into areas that a patrol can walk. These are suggestions: change them below, each time with"
    " your name and a reason, then freeze them. Nothing is stored until you freeze."
)
START_AGAIN = "The draft and its changes are lost, and the candidates are shown again."
EXCLUDE_HELP = (
    "A cell with a prison, a hospital or a police station counts what is recorded there, not what happens on the"
    " street. No candidate area takes an excluded cell. Stored at once, for everybody; frozen areas keep theirs."
)
FREEZE_HELP = (
    "A hot spot that moves after the fact cannot be evaluated. So areas are frozen: dated, named, and never rewritten."
    " A later version takes over from its first day on; this one stays as it was."
)
NO_REGISTER = "No areas have been frozen yet. Choose “Areas”, settle on some, and freeze them there."
OUT_OF_BCU = "The map shows the areas of {bcu} BCU; the table has all of this version."
DOSAGE, LOG_FORM, RECONCILED = "dosage", "log", "reconciled"
DOSE_PARTS = {DOSAGE: "Dosage", LOG_FORM: "Log form", RECONCILED: "Logs against positions"}
DOSE_NO_REGISTER = (
    "Patrols are counted in frozen hot spots, and none is frozen yet. On the page Hot spots choose “Areas”, settle on"
    " some, and freeze them."
)
DOSE_NO_PATROLS = (
    "There are no positions and no patrol log here yet. Import them on the page Data, or enter patrols under the part"
    " “Log form”."
)
DOSE_NO_HOT_SPOTS = (
    "No hot spot of this register held on these days in this BCU. Choose other days, another BCU or another register."
)
DOSE_NO_DATA = (
    "No unit sent positions on these days and no log tells of them. That does not mean that nobody patrolled. Choose"
    " other days, or import what is missing on the page Data."
)
DOSE_NO_LOGS = (
    "There is no log entry on these days, so there is nothing to hold against the positions. Enter patrols under “Log"
    " form”, import a patrol log on the page Data, or choose other days."
)
GRID_HELP = (
    "In each cell: patrol-minutes, the time with anyone there. ▼ below and ▲ above the target. “–” is no data, which is"
    " not the same as no patrol. Point at a cell to see its visits, or open the table below."
)
GRID_LOGS = " “L”: known from logs only."
HOURS_HELP = (
    "In each cell: patrol-minutes in that hour of the week, over all days shown; the darker, the more. Blank: none."
)
HOURS_RINGED = " Orange frame: a hot hour, one of the quarter of the week with most incidents."
TARGETS_HELP = (
    "Patrol-minutes that a hot spot should get in a patrol day. Where none is set, {minutes} for each treated one. A"
    " target holds from its day on, until a later one; what was set before stays in the list."
)
SHIFTS_HELP = "Each unit's shift, from its first to its last position. Units are numbers: nobody can tell who it was."
COVERAGE_HELP = (
    "Where units sent fewer positions than usual, the minutes above are too low, not the patrols. “Tracked” is the part"
    " of the time on shift with positions."
)
CHANGE, TRIALS = "change", "trials"
CHANGE_PARTS = {CHANGE: "Change", TRIALS: "Trials"}
SUGGESTED = "As suggested"
WINDOW_HELP = "Empty: as suggested. What is taken stands under the answer."
CHOSEN_HELP = "For the top cells only. Empty: chosen on the window before."
PROACTIVE_HELP = (
    "Drugs and weapons found in searches follow patrols. Counting them makes more patrols look like more crime."
)
CHANGE_NO_INCIDENTS = "There are no incidents here yet, so nothing can be counted. Import some on the page Data."
CHANGE_NO_REGISTER = (
    "Change is looked for in frozen hot spots, and none is frozen yet. On the page Hot spots choose “Areas”, settle on"
    " some, and freeze them. Or choose “Top 20 cells” in the menu."
)
PAGES = (
    ("app.py", "Overview"),
    ("pages/1_Hot_spots.py", "Hot spots"),
    ("pages/3_Patrol_dosage.py", "Patrol dosage"),
    ("pages/4_Change.py", "Change"),
    ("pages/6_Harm_weights.py", "Harm weights"),
    ("pages/7_Data.py", "Data"),
    ("pages/8_Method.py", "Method"),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SOURCES = {
    "police-uk": "data.police.uk (month only)",
    "incidents": "Force records (with times)",
    "pings": "Officers' positions",
    "patrol-log": "Patrol log",
}
STANDARD_NAMES = "None: the columns have the standard names"
ZONE_HELP = "By which clock the times were written, such as Europe/London or UTC. Needed where they carry no offset."


def memory(half_life: float) -> str:
    """How long the expectation remembers, in months; '' where there is none."""
    if half_life != half_life:
        return ""
    if half_life == float("inf"):
        return "All months count alike."
    months = "month" if half_life == 1 else f"{half_life:g} months"
    return f"Older months count less: half as much every {months}."


def why_it_ranks(
    row: dict[str, Any], measure: str, total: int, top: int = 20, meanings: Mapping[str, str] | None = None
) -> str:
    """One paragraph on a ranked cell, in plain words.

    ``top``: the N that ``p_top`` was counted for, in the cell's BCU. ``meanings``: a sentence for each pattern
    (default: `hotspots.ranking.patterns.PATTERNS`). Expected harm, sureness and pattern are told where the row has
    them.
    """
    share = row["largest_offence_share"]
    words = [f"Ranked {row['rank']:,} of {total:,} cells by {measure.lower()}: {row['n_incidents']:,} incidents"]
    if isinstance(row["harm_days"], float) and row["harm_days"] == row["harm_days"]:
        words[0] += f", {row['harm_days']:,.2f} harm days."
    else:
        words[0] += "; none of its offences has a harm weight."
    if isinstance(share, float) and share == share:
        words.append(f"Its heaviest single offence ({row['largest_offence']}) is {share:.1%} of that harm.")
    if row["flag"]:
        words.append(f"Take care: {row['flag']}.")
    if row["n_unscored"] or row["n_ambiguous"]:
        words.append(f"{row['n_unscored']:,} offences have no weight and {row['n_ambiguous']:,} could have several.")
    words += how_sure(row, top)
    words += pattern_words(row.get("pattern"), meanings)
    return " ".join(words)


def how_sure(row: Mapping[str, Any], top: int) -> list[str]:
    """``Expected harm 420 days (90 to 1,100); highly likely to be in the top 20 of West BCU (chance 84%).``"""
    whose = f"{row['bcu']} BCU" if row.get("bcu") else ""
    told = expected_words(row, top, whose)
    chance = row.get("p_top")
    if isinstance(chance, float) and chance == chance:
        told += f" (chance {chance_text(chance)})"
    return [told + "."] if told else []


def chance_text(p: float) -> str:
    """``84%``; never 0% or 100%, which a model cannot know: ``under 1%``, ``over 99%``."""
    return "under 1%" if p < 0.01 else "over 99%" if p > 0.99 else f"{p:.0%}"


def pattern_words(pattern: Any, meanings: Mapping[str, str] | None = None) -> list[str]:
    """``Pattern: persistent. Hot now and …``; nothing for a cell without a pattern."""
    if not isinstance(pattern, str) or not pattern:
        return []
    known = pattern_meanings() if meanings is None else meanings
    return [f"Pattern: {pattern}.", *([known[pattern]] if pattern in known else [])]
