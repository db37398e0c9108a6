"""The sentences of the log form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.patrols.form import COUNTS
from hotspots.patrols.moments import local, local_text

MODES = {"foot": "On foot", "vehicle": "In a vehicle"}
NO_REGISTER = "No frozen hot spot is in force today, so nothing can be logged. Freeze some on the page Hot spots first."
NOT_IN_IT = (
    "This entry was stored before, from here or from another window. What was changed after that is not in it: correct"
    " it below."
)
KEPT = "What you enter is kept as you type, even if the phone locks or the signal is lost. Save stores it."
UNIT_HELP = "Kept as a code, never as you typed it. It links the entry to your positions."
NO_NAMES = "No names, no collar numbers of others"


def span(start: float, end: float, settings: Settings) -> str:
    """``14:00 to 14:12``."""
    return f"{local(start, settings):%H:%M} to {local(end, settings):%H:%M}"


def sentence(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``Preston Church Street, 14:00 to 14:12, 2 officers.``"""
    where = names.get(row["area"], row["area"])
    return f"{where}, {span(row['start'], row['end'], settings)}, {counted(row['officers'], 'officer')}."


def short(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """``14:00 to 14:12, Preston Church Street``."""
    return f"{span(row['start'], row['end'], settings)}, {names.get(row['area'], row['area'])}"


def line(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """One entry in a sentence."""
    state = "Withdrawn: " if row["withdrawn"] else "Corrected: " if row["revision"] > 1 else ""
    return state + facts(row, names, settings)


def facts(row: Mapping[Any, Any], names: Mapping[str, str], settings: Settings) -> str:
    """What an entry says, without notes and without the unit."""
    said = [sentence(row, names, settings), f"{MODES[row['mode']]}." if row["mode"] else ""]
    said += [f"{row['activity']}." if row["activity"] else "", "A call." if row["reactive"] else ""]
    said += [f"{name.capitalize()} {row[name]}." for name in COUNTS if not pd.isna(row[name])]
    return " ".join(t for t in said if t)


def heading(row: Mapping[Any, Any], settings: Settings) -> str:
    """``Original, 10/06/2026 14:15, unit-3fa94c…:``"""
    what = (
        "Original" if row["revision"] == 1 else "Withdrawn" if row["withdrawn"] else f"Correction {row['revision'] - 1}"
    )
    at = local_text(pd.Timestamp(row["created"]).timestamp(), settings)
    who = row["author"] or row["unit"]
    return f"{what}, {at}{', ' + who[:11] + '…' if who else ''}:"
