"""The map of a rank table, coloured by one of its columns, in both ways of drawing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hotspots.maps.deck import draw_deck
from hotspots.maps.drawing import TOP_NUMBERED, Drawing, measure_drawing
from hotspots.maps.patterns import PATTERN, pattern_drawing
from hotspots.maps.svg import draw_svg


def _drawing(
    cells: pd.DataFrame,
    measure: str,
    selected: str | None,
    areas: pd.DataFrame | None,
    marked: Iterable[str] | None,
    top: int,
) -> Drawing:
    if measure == PATTERN:
        return pattern_drawing(cells, selected, areas, marked, top)
    return measure_drawing(cells, measure, selected, areas, marked, top)


def deck_json(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    measure: str,
    selected: str | None = None,
    view: dict[str, float] | None = None,
    tiles: str | None = None,
    dark: bool = False,
    areas: pd.DataFrame | None = None,
    marked: Iterable[str] | None = None,
    top: int = TOP_NUMBERED,
) -> str:
    """Compact JSON of a flat deck.gl map: cells, district outlines, place names, numbers on the top cells.

    ``cells`` is a rank table; ``measure`` one of `MEASURES`, or "pattern" (`pattern_deck_json`). ``view`` is
    {lon, lat, zoom} (default: the cells). ``tiles`` is the address of raster tiles the force serves itself
    (``https://…/{z}/{x}/{y}.png``); without it nothing is fetched. ``areas`` (area, name, role, cells: `area_shapes`)
    are outlined above the cells; ``marked`` cells (hex), such as those of an area being drawn up, get a thick ring
    each. ``top`` is the N that p_top was counted for. Show it with `TOOLTIP`, whose text is built here. The id of
    the layer of cells follows from what is drawn, selected and marked: a selection made on another drawing can be
    told apart and is forgotten.
    """
    return draw_deck(_drawing(cells, measure, selected, areas, marked, top), outlines, places, view, tiles, dark)


def svg_map(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    measure: str,
    selected: str | None = None,
    view: dict[str, float] | None = None,
    areas: pd.DataFrame | None = None,
    marked: Iterable[str] | None = None,
    top: int = TOP_NUMBERED,
) -> dict[str, Any]:
    """The same map as plain data for a page's own SVG, in whole metres.

    ``box`` is the whole ground (x, y, width, height) and ``view`` the part to show first; ``cells`` have
    c (cell), k (class), r (rank), x, y (centre), p (corners x, y, x, y, …, from the centre) and t (text); ``outlines``
    have name, bcu and d (an SVG path); ``areas`` n (label), x, y (where it stands), line (solid, dashed, dotted)
    and d; ``marked`` is one path round the marked cells; ``places`` n, x, y, s; ``legend`` as `legend` and
    ``lines`` what each kind of line means; ``version`` changes when anything else does.
    """
    return draw_svg(_drawing(cells, measure, selected, areas, marked, top), outlines, places, view)
