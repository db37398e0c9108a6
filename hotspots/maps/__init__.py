"""Rank table → plain map specs that a test can read; nothing here draws or imports Streamlit.

Two drawings of the same cells: `deck_json` for graphics cards (deck.gl) and `svg_map` for machines
without WebGL. Neither needs a basemap or a network: districts and place names are our own layers.

classes (colours and legend), texts (words on a cell), ground (metres, outlines), areas (outlines of hot spots) and
drawing (what is shown) come before the two renderers, deck and svg; ranked, patterns, changes and rings are the maps.
"""

from __future__ import annotations

from hotspots.maps.areas import AreaShape, area_labels, area_shapes, cell_rings
from hotspots.maps.changes import CHANGES, change_cells, change_deck_json, change_svg_map
from hotspots.maps.classes import (
    INK,
    MEASURES,
    NOT_SCORED,
    NOT_SCORED_LABEL,
    RAMP,
    Classes,
    Measure,
    class_colours,
    colour_classes,
    legend,
    number_text,
)
from hotspots.maps.deck import GROUND, TOOLTIP, map_style
from hotspots.maps.drawing import MAX_CELLS, TOP_NUMBERED, cells_to_draw
from hotspots.maps.ground import METRES_PER_DEGREE, Projection, fit_view
from hotspots.maps.patterns import (
    NO_PATTERN,
    SIGNS,
    pattern_cells,
    pattern_deck_json,
    pattern_meanings,
    pattern_svg_map,
)
from hotspots.maps.ranked import deck_json, svg_map
from hotspots.maps.rings import PARTS, ring_cells, ring_deck_json, ring_labels, ring_svg_map, ring_view
from hotspots.maps.texts import cell_texts, days_text, expected_words, map_name

__all__ = [
    "CHANGES",
    "GROUND",
    "INK",
    "MAX_CELLS",
    "MEASURES",
    "METRES_PER_DEGREE",
    "NOT_SCORED",
    "NOT_SCORED_LABEL",
    "NO_PATTERN",
    "PARTS",
    "RAMP",
    "SIGNS",
    "TOOLTIP",
    "TOP_NUMBERED",
    "AreaShape",
    "Classes",
    "Measure",
    "Projection",
    "area_labels",
    "area_shapes",
    "cell_rings",
    "cell_texts",
    "cells_to_draw",
    "change_cells",
    "change_deck_json",
    "change_svg_map",
    "class_colours",
    "colour_classes",
    "days_text",
    "deck_json",
    "expected_words",
    "fit_view",
    "legend",
    "map_name",
    "map_style",
    "number_text",
    "pattern_cells",
    "pattern_deck_json",
    "pattern_meanings",
    "pattern_svg_map",
    "ring_cells",
    "ring_deck_json",
    "ring_labels",
    "ring_svg_map",
    "ring_view",
    "svg_map",
]
