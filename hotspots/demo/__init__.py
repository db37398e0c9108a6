"""A synthetic workspace with planted hot spots, patrols and effects, and the truth about them."""
