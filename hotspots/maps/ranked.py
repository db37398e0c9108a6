"""The map of a rank table, coloured by one of its columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hotspots.maps.classes import MEASURES, colour_classes
from hotspots.maps.drawing import Drawing, cells_to_draw, with_areas
from hotspots.maps.patterns import PATTERN, pattern_drawing
from hotspots.maps.texts import cell_texts, map_name


def ranked_drawing(
    cells: pd.DataFrame,
    measure: str,
    top: int,
    selected: str | None = None,
    areas: pd.DataFrame | None = None,
    marked: Sequence[str] = (),
) -> Drawing:
    """The cells of a rank table coloured by ``measure``, one of `MEASURES` or "pattern".

    ``top``: the N that p_top was counted for. ``areas`` (area, name, role, cells: `area_shapes`) are outlined above
    the cells; ``marked`` cells (hex), such as those of an area being drawn up, get a thick ring each.
    """
    if measure == PATTERN:
        drawing = pattern_drawing(cells, top, selected, marked)
    else:
        drawn = cells_to_draw(cells, [selected, *marked])
        about = MEASURES[measure]
        classes = colour_classes(drawn[measure], about.share)
        drawn = drawn.assign(text=cell_texts(drawn, measure, top))
        drawing = Drawing(drawn, classes, measure, map_name(len(drawn), measure), about.label, selected)
    return with_areas(drawing, areas, marked)
