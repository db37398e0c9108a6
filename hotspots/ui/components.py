"""The map on the page: deck.gl where the browser has WebGL, our own SVG where it has not.

Every function that draws a map returns the cell picked *in this run* and None in every other, so that
the page can keep it in its address and draw again. A pick of the cell that is selected already is
returned too: the page may take it as letting go.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import pydeck
import streamlit as st

from hotspots.maps import TOOLTIP
from hotspots.ui.session import held, hold

STATIC = Path(__file__).parent / "static"
MAP_HEIGHT = 520
WEBGL = "webgl"  # held for the session: what the browser said


def static_text(name: str) -> str:
    """A script or a style of ours."""
    return (STATIC / name).read_text(encoding="utf-8")


# Inline, not served: a folder that Streamlit serves is open to anyone who knows the address.
_graphics = st.components.v2.component("hotspots_graphics", js=static_text("graphics.js"))
_zoom_guard = st.components.v2.component("hotspots_zoom_guard", js=static_text("zoom_guard.js"))
_svg = st.components.v2.component("hotspots_svg_map", js=static_text("svg_map.js"), css=static_text("svg_map.css"))


class _ReadyDeck(pydeck.Deck):
    """A deck whose JSON exists already; pydeck would serialise and pretty-print it on every run."""

    def __init__(self, ready: str):
        super().__init__(layers=[], map_style="", map_provider=None, tooltip=TOOLTIP)
        self._ready = ready

    def to_json(self) -> str:
        return self._ready


def is_dark() -> bool:
    """Whether the page is in the dark theme."""
    return bool(st.context.theme.type == "dark")


def webgl_probe(key: str = "graphics") -> bool | None:
    """Whether the browser draws with WebGL 2; None until it has answered, once in a session."""
    webgl: bool | None = held(WEBGL)
    answer = _graphics(key=key, data={"webgl": webgl}, on_webgl_change=lambda: None).webgl
    if answer is not None:
        webgl = bool(answer)
        hold(WEBGL, webgl)
    return webgl


def svg_map_component(data: dict[str, Any], selected: str | None = None, key: str = "svg_map") -> str | None:
    """The map as SVG (``data`` from `maps.draw_svg`): pointer, touch and keyboard. The picked cell or None."""
    result = _svg(key=key, data={"map": data, "selected": selected, "dark": is_dark()}, on_picked_change=lambda: None)
    picked = result.picked  # what the browser sends is checked against what was drawn
    return picked if isinstance(picked, str) and picked in {cell["c"] for cell in data["cells"]} else None


def deck_map(deck: str, key: str = "deck_map", name: str = "Map of cells") -> str | None:
    """The map by deck.gl (``deck`` from `maps.draw_deck`). The picked cell or None.

    An outline, a label or empty ground holds no cell; a selection left over from another drawing
    belongs to another layer: both give None. The buttons for zooming never pick (zoom_guard.js).
    """
    box = f"{key}_box"
    with st.container(key=box, gap=None):
        _zoom_guard(key=f"{key}_guard", data={"box": box})
        state = st.pydeck_chart(
            _ReadyDeck(deck), on_select="rerun", selection_mode="single-object", key=key, alt=name, height=MAP_HEIGHT
        )
    return picked_cell(state, cell_layer(deck))


def cell_layer(deck: str) -> str:
    """The id of the layer of cells in a deck of ours."""
    start = deck.index('"id":"cells-') + len('"id":"')
    return deck[start : deck.index('"', start)]


def picked_cell(state: Any, layer: str) -> str | None:
    """The cell id in a selection of pydeck_chart, when it was made on ``layer``."""
    objects = (state or {}).get("selection", {}).get("objects", {}).get(layer) or []
    cell = objects[0].get("h") if objects and isinstance(objects[0], dict) else None
    return cell if isinstance(cell, str) else None


HATCH = "background-image:repeating-linear-gradient(45deg,#5a5a5a 0 1px,transparent 1px 5px);"
# How the legend shows a line of the map; the colours of hotspots/maps/drawing.py on white, as on the map.
LINE_STYLES = {
    "solid": "width:28px;border-top:3px solid #12436D;vertical-align:3px",
    "dashed": "width:28px;border-top:3px dashed #12436D;vertical-align:3px",
    "dotted": "width:28px;border-top:2px dotted #12436D;vertical-align:3px",
    "marked": "box-sizing:content-box;width:8px;height:8px;border:4px solid #801650;vertical-align:-2px",
}


def legend_html(rows: list[dict[str, Any]], title: str, lines: list[dict[str, str]] | None = None) -> str:
    """The legend beside a deck.gl map (the SVG map has its own). Colours are ours, words are escaped.

    Swatches side by side; a line each where they carry a meaning. ``lines``: what the kinds of line mean.
    """
    items = "".join(_swatch(row) for row in rows) + "".join(_stroke(line) for line in lines or ())
    flow = (
        "flex-direction:column;align-items:flex-start" if any(row.get("meaning") for row in rows) else "flex-wrap:wrap"
    )
    return (
        f'<div style="display:flex;{flow};gap:4px 14px;font-size:14px;margin:6px 0 12px">'
        f"<strong>{escape(title)}</strong>{items}</div>"
    )


SIGN = '<span aria-hidden="true" style="display:inline-block;width:18px;text-align:center;font-weight:bold">{}</span>'


def _swatch(row: dict[str, Any]) -> str:
    meaning = row.get("meaning")
    flow = "normal" if meaning else "nowrap"
    return (
        f'<span style="white-space:{flow}"><span style="display:inline-block;width:22px;height:14px;margin-right:6px;'
        f"border:1px solid #6e6e6e;vertical-align:-2px;background-color:{row['colour']};"
        f'{HATCH if row["hatched"] else ""}"></span>{SIGN.format(escape(row["glyph"])) if "glyph" in row else ""}'
        f"{escape(row['label'])}{escape(f' – {meaning}') if meaning else ''}</span>"
    )


def _stroke(line: dict[str, str]) -> str:
    return (
        '<span style="white-space:nowrap">'
        '<span style="display:inline-block;background:#fff;padding:1px 3px;margin-right:6px">'
        f'<span style="display:inline-block;{LINE_STYLES[line["line"]]}"></span></span>{escape(line["label"])}</span>'
    )


def show_legend(rows: list[dict[str, Any]], title: str, lines: list[dict[str, str]] | None = None) -> None:
    """`legend_html` on the page."""
    st.html(legend_html(rows, title, lines))


def map_view(
    deck: str, svg: dict[str, Any], selected: str | None = None, key: str = "map", prefer_svg: bool = False
) -> str | None:
    """The same map in the way this browser can draw it; ``prefer_svg`` is the reader's own choice."""
    with st.container(gap=None):
        webgl = webgl_probe(f"{key}_graphics")
        if webgl is None and not prefer_svg:
            st.container(height=MAP_HEIGHT, border=True).caption("Drawing the map …")
            return None
        if prefer_svg or not webgl:
            return svg_map_component(svg, selected, key=f"{key}_svg")
        picked = deck_map(deck, key=f"{key}_deck", name=svg["name"])
        show_legend(svg["legend"], svg["legend_title"], svg.get("lines"))
        return picked
