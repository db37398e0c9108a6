"""Harm weights that people import, edit, compare and undo; what a set is stands in `hotspots.harm.scoring`."""
