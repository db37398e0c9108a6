"""What must be said beside a ranking, in sentences: what is missing, and what the weights do not cover."""

from __future__ import annotations

import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.months import month_text
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet


def whole_force(lines: list[str], bcu: str) -> list[str]:
    """Lines that begin with a count, saying whose it is: what has no place has no BCU either."""
    return lines if bcu == "all" else [f"Whole force: {n}" if n[:1].isdigit() else n for n in lines]


def window_warnings(missing: list[int], breaks: list[int], source: str) -> list[str]:
    words = []
    if missing:
        months = ", ".join(month_text(m) for m in missing[:6]) + (" …" if len(missing) > 6 else "")
        words.append(
            f"{len(missing)} of the window's months were not imported ({months}); they count as missing, not as zero."
        )
    for month in breaks:
        words.append(
            f"The anonymised map points changed in {month_text(month)}, inside this window: the same street"
            " counts in other cells before and after. Choose a window on one side of it."
        )
    if source == POLICE_UK:
        words.append("Places are snapped to anonymised map points: a cell is the area around a point, not an address.")
    return words


def unit_warning(weights: WeightSet) -> str:
    """What to read in place of days on a page that shows another index."""
    return f"These weights are in {UNITS[weights.unit]}, not days: read every figure of harm as that."


def score_warnings(scores: pd.DataFrame, weights: WeightSet, listed: bool = True) -> list[str]:
    """What the weights do not cover. ``listed``: the offences stand below the table that this goes with."""
    words = []
    if weights.unit != "days":
        words.append(f"Weights are in {UNITS[weights.unit]}: every figure of harm is in that unit.")
    if weights.unit != "days":
        words.append(unit_warning(weights))
    if weights.is_proxy:
        words.append(f"Weights are a proxy: {weights.label}. They hardly tell one offence of a category from another.")
    for status, what in (
        ("ambiguous", "could have several weights (the code alone does not say)"),
        ("unscored", "have no weight"),
    ):
        n = int(scores.loc[scores["status"] == status, "n_offences"].sum())
        if n:
            where = ", and are listed below the table" if listed else ""
            words.append(f"{n:,} offences {what}: they are counted but add no harm{where}.")
    return words
