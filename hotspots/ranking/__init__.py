"""Which cells lead, by what, and how sure that is: ``from hotspots import ranking; ranking.rank_cells(...)``."""

from hotspots.base.choices import DEFAULT_METHOD, METHODS
from hotspots.ranking.rank import rank_cells

__all__ = ["DEFAULT_METHOD", "METHODS", "rank_cells"]
