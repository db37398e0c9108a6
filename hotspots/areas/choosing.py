"""How the places of a register were chosen: what freezing asks, and what a stored register says of it.

Places chosen by figures of some months were partly unlucky in those months, and fall by themselves; places chosen by
hand without figures do not. So no change can be judged without knowing which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hotspots.base.choices import FIGURES, HAND, HOWS, RANKING
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, parse_day


@dataclass(frozen=True)
class Choice:
    """``how``: of `HOWS`; ``window``: whose figures they were chosen by, None by hand; ``stated``: by who froze."""

    how: str
    window: Window | None = None
    stated: bool = True


def stated_choice(how: str, first: str, last: str, ranked: Sequence[str], edited: bool) -> dict[str, str]:
    """What is stored in the definition under "chosen". ``ranked``: first and last day of the ranking's window.

    ``edited``: the areas are not the ranking's own.

    HotspotsError where nothing is said of edited areas, and where months are missing or given for nothing.
    """
    if not how and edited:
        raise HotspotsError(
            "How were these areas chosen? They are not the ranking's own, and whether a change can be judged hangs on"
            " it. Say --chosen ranking, figures (with --chosen-from and --chosen-to) or hand, without figures."
        )
    how = how or RANKING
    if how not in HOWS:
        raise HotspotsError(f"Areas are not chosen by '{how[:40]}'; use {', '.join(HOWS)}.")
    if how == FIGURES and not (first and last):
        raise HotspotsError("Areas chosen by other figures need the months of those figures: the first and the last.")
    if how != FIGURES and (first or last):
        raise HotspotsError("Months of choosing go with other figures only: leave them out, or say figures.")
    if how == HAND:
        return {"how": HAND}
    if how == RANKING:
        return {"how": RANKING, "from": ranked[0], "to": ranked[-1]}
    start, end = parse_day(first, "The first day of choosing", False), parse_day(last, "The last day of choosing", True)
    if start > end:
        raise HotspotsError(f"The figures of choosing begin on {start} and end on {end}. Put the earlier day first.")
    return {"how": FIGURES, "from": str(start), "to": str(end)}


def choice_of(definition: Mapping[str, Any]) -> Choice:
    """What a register says. One that was frozen before freezing asked is taken as chosen by its ranking's window."""
    stated, window = definition.get("chosen"), definition.get("window")
    if isinstance(stated, dict):
        ends = (date.fromisoformat(stated[end]) for end in ("from", "to") if end in stated)
        return Choice(stated["how"], Window(*ends) if "from" in stated else None)
    if stated:
        return Choice(HAND)  # a sentence, as the demo stored it: planted
    if isinstance(window, list) and len(window) == 2:
        return Choice(RANKING, Window(*(date.fromisoformat(end) for end in window)), stated=False)
    return Choice(HAND, stated=False)
