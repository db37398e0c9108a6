"""How many patrol-minutes a hot spot should get in a patrol day: set by people, dated, never rewritten.

The newest target of a hot spot that holds on a day counts; else the newest for its whole register; else the setting
``target_minutes`` for treated hot spots, and none for the others.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.areas.register import load
from hotspots.base.clock import day_of, day_text
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.store import ledger

TABLE = "dose_targets"
LONGEST = 24 * 60
COLUMNS = ("register", "area", "valid_from", "minutes", "author", "note", "created")


def set_target(
    folder: Path, register: str, area: str, minutes: float | None, valid_from: date | str, author: str, note: str
) -> None:
    """Store a target from a day on: patrol-minutes per patrol day, None to lift it; area '' means every treated one.

    Raises HotspotsError without an author and a note, for minutes that fit no day, and for a register or hot spot that
    does not exist.
    """
    author, note = ledger.signature(author, note)
    first = day_of(valid_from, "The first day")
    if minutes is not None and not 0 <= minutes <= LONGEST:
        raise HotspotsError(f"A target of {minutes} minutes fits no patrol day; give 0 to {LONGEST:,}.")
    frozen = load(folder, register)
    if area and area not in set(frozen.areas["area"]):
        raise HotspotsError(f"{frozen.ref} has no hot spot '{area[:40]}'.")
    row = {
        "register": frozen.name, "area": area, "valid_from": first.isoformat(), "minutes": minutes, "author": author,
        "note": note, "created": ledger.created(),
    }  # fmt: skip
    ledger.append(folder, lambda connection: ledger.insert(connection, TABLE, row), "setting targets")


def targets(folder: Path, register: str = "") -> pd.DataFrame:
    """Every target ever set, oldest first: register, area, valid_from, minutes, author, note, created."""
    rows = ledger.rows(folder, TABLE, **({"register": register} if register else {}))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def target_on(table: pd.DataFrame, area: str, role: str, day: int, settings: Settings) -> float:
    """The target of a hot spot on a patrol day (days since 1970); nan where there is none. ``table``: of `targets`."""
    usual = settings.target_minutes if role == "treated" else float("nan")
    if not len(table):
        return usual
    holds = table[table["valid_from"] <= day_text(day)]
    for own in (holds[holds["area"] == area], holds[holds["area"] == ""] if role == "treated" else holds.iloc[:0]):
        if len(own):
            minutes = own.sort_values("valid_from", kind="stable")["minutes"].iloc[-1]
            return float("nan") if pd.isna(minutes) else float(minutes)
    return usual
