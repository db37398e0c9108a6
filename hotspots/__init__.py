"""Micro-hotspots of harm: import, grid, weigh, rank, and show where patrols matter most."""

__version__ = "0.1.0"
