"""A synthetic workspace with planted hot spots, patrols and effects, and the truth about them."""

from datetime import date

DEFAULT_SEED = 20261031
DEFAULT_END = date(2026, 10, 31)  # fixed, not today: the demo must come out the same next year
VALID_FROM = date(2025, 11, 1)  # of the frozen hot spots: the second of the two years of incidents
FALL = 0.25  # planted in treated hot spots from then on
