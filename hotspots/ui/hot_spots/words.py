"""The sentences of the Hot spots page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.base import choices
from hotspots.base.words import counted, joined
from hotspots.maps import expected_words
from hotspots.ranking import rank as ranking
from hotspots.ranking.answer import Answer
from hotspots.ranking.patterns import PATTERNS

CELLS, AREAS, REGISTER = "cells", "areas", "register"
PARTS = {CELLS: "Cells", AREAS: "Areas", REGISTER: "Register"}
NO_CELL = "Choose a cell on the map or a row in the table to see what is behind its rank."
CELL_LIMIT = "The map draws the first {n:,} cells; the download has all of them."
AREAS_HELP = (
    "Adjoining cells joined into areas that a patrol can walk. These are suggestions: change them below, each time with"
    " your name and a reason, then freeze them. Nothing is stored until you freeze."
)
START_AGAIN = "The draft and its changes are lost, and the candidates are shown again."
DISCARDED = "The draft is discarded. These are the candidates."
EXCLUDE_HELP = (
    "A cell with a prison, a hospital or a police station counts what is recorded there, not what happens on the"
    " street. No candidate area takes an excluded cell. It is stored at once, for everybody; frozen areas stay as they"
    " are."
)
FREEZE_HELP = (
    "A hot spot whose outline changes later cannot be evaluated. So areas are frozen: dated, named, and never"
    " rewritten. A later version takes over from its first day on; this one stays as it was."
)
CHOSEN_HELP = (
    "Places chosen by figures of some months fall by themselves afterwards; places chosen by hand, without looking at"
    " figures, do not. Whether a change can be judged hangs on it. Months such as 2026-01."
)
NO_REGISTER = "No areas have been frozen yet. Choose “Areas”, change them as needed, and freeze them there."
OUT_OF_BCU = "The map shows the areas of {bcu} BCU; the table has all of this version."


def rests_on(answer: Answer, months: int) -> str:
    """What the ranking rests on, and how far back it looks."""
    by = answer.question.by
    if by != ranking.EXPECTED:
        return f"ranked by {choices.METHODS[by].lower()} in that time."
    ahead = "the next month" if months == 1 else f"the next {months} months"
    return f"ranked by the harm expected over {ahead}. {memory(answer.memory)}".rstrip()


def memory(half_life: float) -> str:
    """How much older months count, by the months in which they halve; '' where nothing is expected."""
    if half_life != half_life:
        return ""
    if half_life == float("inf"):
        return "All months count the same."
    months = "month" if half_life == 1 else f"{half_life:g} months"
    return f"Older months count less: half as much every {months}."


def why_it_ranks(row: dict[str, Any], measure: str, total: int, top: int) -> str:
    """One paragraph on a ranked cell, in plain words.

    ``top``: the N that ``p_top_next`` was counted for, in the cell's BCU. Expected harm, how sure and pattern are there
    where the row has them.
    """
    share = row["largest_offence_share"]
    incidents = counted(row["n_incidents"], "incident")
    words = [f"Ranked {row['rank']:,} of {counted(total, 'cell')} by {measure.lower()}: {incidents}"]
    if isinstance(row["harm_days"], float) and row["harm_days"] == row["harm_days"]:
        words[0] += f", {row['harm_days']:,.2f} harm days."
    else:
        words[0] += "; none of its offences has a harm weight."
    if isinstance(share, float) and share == share:
        words.append(f"Its heaviest single offence ({row['largest_offence']}) is {share:.1%} of that harm.")
    if row["flag"]:
        words.append(f"Take care: {row['flag']}.")
    loose = (("without a weight", row["n_unscored"]), ("that could have several", row["n_ambiguous"]))
    parts = [f"{counted(n, 'offence')} {which}" for which, n in loose if n]
    if parts:
        words.append(f"It has {joined(parts)}.")
    return " ".join([*words, *how_sure(row, top), *pattern_words(row.get("pattern"))])


def how_sure(row: Mapping[str, Any], top: int) -> list[str]:
    """``Expected harm 420 days (90 to 1,100); likely to be in the top 20 of West BCU counted next (chance 64%).``"""
    whose = f"{row['bcu']} BCU" if row.get("bcu") else ""
    sentence = expected_words(row, top, whose)
    chance = row.get("p_top_next")
    if isinstance(chance, float) and chance == chance:
        sentence += f" (chance {chance_text(chance)})"
    return [sentence + "."] if sentence else []


def chance_text(p: float) -> str:
    """``84%``; never 0% or 100%, which a model cannot know: ``under 1%``, ``over 99%``."""
    return "under 1%" if p < 0.01 else "over 99%" if p > 0.99 else f"{p:.0%}"


def pattern_words(pattern: Any) -> list[str]:
    """``Pattern: persistent. Hot now and …``; nothing for a cell without a pattern."""
    return [f"Pattern: {pattern}.", PATTERNS[pattern]] if pattern in PATTERNS else []
