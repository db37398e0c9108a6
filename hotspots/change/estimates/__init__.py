"""Every estimate of the same change, each with its interval."""

from __future__ import annotations

FELL, ROSE, CANT_TELL = "fell", "rose", "can't tell"


def verdict(low: float, high: float, nothing: float) -> str:
    """fell, rose or can't tell, by the interval alone; ``nothing`` is the value of no change."""
    if high < nothing:
        return FELL
    return ROSE if low > nothing else CANT_TELL
