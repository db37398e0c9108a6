"""How often units send their position: measured as a patrol day is stored, and said with the import.

Why it matters: what lies further apart than the gap is lost signal, and the gap follows a unit that sends rarely
(`hotspots.patrols.presence.slow_feeds`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hotspots.base.settings import Settings
from hotspots.sources.feed import Array


def usual_intervals(unit: Array, t: Array) -> list[int]:
    """The median of the seconds between two positions, of each unit with enough of them; sorted by unit and time."""
    each = np.split(t, np.flatnonzero(np.diff(unit)) + 1)
    return [int(np.median(np.diff(own))) for own in each if len(own) >= Settings.least_of_a_feed]


def feed_words(intervals: Sequence[int], settings: Settings) -> list[str]:
    """How often units send, by unit and day, and what that means for stays where it is rarely."""
    if not intervals:
        return []
    found = np.array(intervals)
    slow = found[found * settings.gap_intervals > 60 * settings.visit_gap_minutes]
    of = "on its one day" if len(found) == 1 else f"the median of {len(found):,} unit-days"
    words = f"A unit sends a position every {np.median(found):.0f} s ({of})"
    if not len(slow):
        return [f"{words}."]
    gap = min(settings.gap_intervals * float(np.median(slow)) / 60, settings.visit_gap_most_minutes)
    rarely = "" if len(slow) == len(found) else f"; on {len(slow):,} of them only every {np.median(slow):.0f} s"
    return [f"{words}{rarely}: there positions up to about {gap:.2g} minutes apart are one stay."]
