"""The Hot spots page: cells, areas, and the register of frozen hot spots."""
