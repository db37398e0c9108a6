"""Which cells lead, by what, and how sure that is: ``from hotspots import ranking; ranking.rank_cells(...)``."""

from hotspots.ranking.rank import DEFAULT_METHOD, METHODS, rank_cells

__all__ = ["DEFAULT_METHOD", "METHODS", "rank_cells"]
