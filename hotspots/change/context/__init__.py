"""Context lines: what else was going on, as dated annotations that people can edit, and the warnings they bring.

A change between two windows may have come from anything that differs between them. Lines say what is known to differ:
restrictions, recording rules, operations, bank holidays. `stored`: those that ship with the program and what people
made of them; `overlap`: which of them touch two windows, and what must be said where they do not touch both to the same
extent.
"""

from __future__ import annotations

from hotspots.change.context.overlap import overlap_notes, touching
from hotspots.change.context.stored import (
    KINDS,
    add_line,
    correct_line,
    history,
    lines,
    problems,
    shipped,
    stamp,
    withdraw_line,
)

__all__ = [
    "KINDS",
    "add_line",
    "correct_line",
    "history",
    "lines",
    "problems",
    "shipped",
    "stamp",
    "overlap_notes",
    "touching",
    "withdraw_line",
]
