"""Tables → plain map specs that a test can read; nothing here draws or imports Streamlit.

Each map is a `Drawing` (`ranked_drawing`, `change_drawing`, `ring_drawing`), written in two ways: by `draw_deck` for
graphics cards (deck.gl) and by `draw_svg` for machines without WebGL. Neither needs a basemap or a network: districts
and place names are our own layers.

classes (colours, legend, words on a cell), ground (metres, outlines) and drawing (what is shown, areas with it) come
before the two ways of writing, deck and svg; ranked and rings are the maps.
"""

from __future__ import annotations

from hotspots.maps.classes import days_text, expected_words, number_text
from hotspots.maps.deck import TOOLTIP, draw_deck
from hotspots.maps.drawing import MAX_CELLS, Drawing, area_labels
from hotspots.maps.ranked import SIGNS, change_drawing, ranked_drawing
from hotspots.maps.rings import ring_drawing, ring_labels, ring_view
from hotspots.maps.svg import draw_svg

__all__ = [
    "MAX_CELLS", "SIGNS", "TOOLTIP", "Drawing", "area_labels", "change_drawing", "days_text", "draw_deck", "draw_svg",
    "expected_words", "number_text", "ranked_drawing", "ring_drawing", "ring_labels", "ring_view",
]  # fmt: skip
