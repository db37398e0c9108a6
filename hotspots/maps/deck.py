"""A drawing as deck.gl JSON, for browsers with WebGL."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from hotspots.maps.classes import INK, NOT_SCORED, Classes, plain
from hotspots.maps.drawing import AREA_COLOUR, CASING, LINES, ROLES, Drawing, top_cells
from hotspots.maps.ground import MARKED_COLOUR, Projection, boundary, fit_view, inset_ring, rings_of

GROUND = {"light": "#f4f4f1", "dark": "#d6d5d0"}  # paper in both themes, so that the legend stays true
TOOLTIP = {  # "text" is set as text by deck.gl; "html" would be parsed
    "text": "{t}",
    "style": {
        "backgroundColor": "#1f1f1f", "color": "#ffffff", "fontSize": "13px", "maxWidth": "280px",
        "fontFamily": "Arial, sans-serif", "whiteSpace": "pre-wrap",
    },
}  # fmt: skip
# Which label stays where two would overlap (deck.gl: −1000 to 1000). Cells: FIRST less their rank; places: 10 to 50.
AREA_PRIORITY = {"treated": 1000, "comparison": 990, "none": 870}
FIRST = 960


def draw_deck(
    drawing: Drawing,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    view: dict[str, float] | None = None,
    dark: bool = False,
) -> str:
    """Compact JSON of a flat deck.gl map: the drawing over district outlines, under place names.

    ``view``: {lon, lat, zoom} (default: the cells). Show it with `TOOLTIP`, whose text is built here. The id of the
    layer of cells follows from what is drawn, selected and marked, so that a selection made on another drawing is
    recognised and forgotten.
    """
    place = view or fit_view(drawing.cells, outlines)
    layers = [
        _outline_layer(outlines), *_dot_layer(drawing.cells, drawing.classes), _cell_layer(drawing),
        *_hatch_layer(drawing.cells, drawing.classes), *_area_layers(drawing), *_marked_layer(drawing),
        *_selected_layer(drawing.cells, drawing.selected), *_ring_layer(drawing), *_label_layer(drawing, places),
    ]  # fmt: skip
    spec = {
        "initialViewState": {
            "longitude": place["lon"], "latitude": place["lat"], "zoom": place["zoom"], "maxZoom": 18, "minZoom": 6,
        },
        "views": [{"@@type": "MapView", "controller": True}], "mapStyle": map_style(dark), "layers": layers,
    }  # fmt: skip
    return json.dumps(spec, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def map_style(dark: bool) -> str:
    """A map style as a data: address: plain ground, so that nothing is fetched."""
    ground = {"background-color": GROUND["dark" if dark else "light"]}
    layer = {"id": "ground", "type": "background", "paint": ground}
    style = {"version": 8, "sources": {}, "layers": [layer]}
    return "data:application/json," + quote(json.dumps(style, separators=(",", ":")), safe="")


def _inert(text: str) -> str:
    """deck.gl evaluates strings that begin with ``@@``, in data too: text from data must not begin so."""
    return text.lstrip("@ ")


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _colour_expression(classes: Classes, shade: float = 1.0) -> str:
    """``@@=k==0?[…]:k==1?[…]:…``: a colour per class, so that a row carries one digit."""
    colours = [*classes.colours, NOT_SCORED]
    texts = [json.dumps([*(round(part * shade) for part in _rgb(c)), 255], separators=(",", ":")) for c in colours]
    return "@@=" + "".join(f"k=={k}?{text}:" for k, text in enumerate(texts[:-1])) + texts[-1]


def _cell_layer(drawing: Drawing) -> dict[str, Any]:
    classes = drawing.classes
    rows = [
        {"h": cell, "k": int(k), "t": _inert(text)}
        for cell, k, text in zip(drawing.cells["cell"], classes.numbers, drawing.cells["text"], strict=True)
    ]
    shown = [drawing.about, drawing.selected, classes.breaks, rows, list(drawing.marked), drawing.areas]
    return {
        "@@type": "H3HexagonLayer",
        "id": "cells-" + hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()[:12],
        "data": rows, "pickable": True, "extruded": False, "highPrecision": True, "stroked": True,
        "getHexagon": "@@=h", "getFillColor": _colour_expression(classes),
        # an edge in a darker shade parts the cells
        "getLineColor": _colour_expression(classes, shade=0.8), "lineWidthUnits": "pixels", "getLineWidth": 1,
    }  # fmt: skip


def _dot_layer(drawn: pd.DataFrame, classes: Classes) -> list[dict[str, Any]]:
    """A dot under each cell, never smaller than 2 pixels: from far away a cell would not be seen at all."""
    if drawn.empty:
        return []
    rows = [
        {"p": [round(lon, 4), round(lat, 4)], "k": int(k)}
        for lon, lat, k in zip(drawn["lon"], drawn["lat"], classes.numbers, strict=True)
    ]
    first = Projection(drawn["lon"].iloc[0], drawn["lat"].iloc[0], math.cos(math.radians(drawn["lat"].iloc[0])))
    corners = first.xy(*np.array(boundary(drawn["cell"].iloc[0])).T)
    return [{
        "@@type": "ScatterplotLayer", "id": "dots", "data": rows[::-1], "pickable": False, "getPosition": "@@=p",
        "getFillColor": _colour_expression(classes), "getRadius": int(np.hypot(*corners.T).min() * 0.7),
        "radiusMinPixels": 2,
    }]  # fmt: skip


def _outline_layer(outlines: dict[str, Any]) -> dict[str, Any]:
    lines = [[[round(x, 5), round(y, 5)] for x, y, *_ in ring] for _, rings in rings_of(outlines) for ring in rings]
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": line}} for line in lines
    ]
    return {
        "@@type": "GeoJsonLayer", "id": "outlines", "data": {"type": "FeatureCollection", "features": features},
        "pickable": False, "filled": False, "stroked": True, "getLineColor": [110, 110, 110, 255],
        "getLineWidth": 1.2, "lineWidthUnits": "pixels",
    }  # fmt: skip


def _hatch_layer(drawn: pd.DataFrame, classes: Classes) -> list[dict[str, Any]]:
    """Three strokes across each cell without a score, so that grey does not rest on colour alone."""
    rows = []
    for cell in drawn.loc[classes.numbers < 0, "cell"]:
        corners = np.asarray(boundary(cell))
        if len(corners) != 6:  # the twelve pentagons lie in the sea, none near
            continue
        a, b, c, d, e, f = corners
        strokes = [((a + f) / 2, (b + c) / 2), (f, c), ((e + f) / 2, (c + d) / 2)]
        rows += [{"p": np.round(stroke, 5).tolist()} for stroke in strokes]
    if not rows:
        return []
    return [{
        "@@type": "PathLayer", "id": "hatch", "data": rows, "pickable": False, "getPath": "@@=p",
        "getColor": [90, 90, 90, 255], "getWidth": 1, "widthUnits": "pixels",
    }]  # fmt: skip


def _selected_layer(drawn: pd.DataFrame, selected: str | None) -> list[dict[str, Any]]:
    if selected is None or selected not in set(drawn["cell"]):
        return []
    ring = [[round(lon, 6), round(lat, 6)] for lon, lat in boundary(selected)]
    rows = [{"p": [*ring, ring[0]], "c": colour, "w": width} for colour, width in (([255] * 3, 7), ([0, 0, 0], 3.5))]
    return [{
        "@@type": "PathLayer", "id": "selected", "data": rows, "pickable": False, "getPath": "@@=p",
        "getColor": "@@=c", "getWidth": "@@=w", "widthUnits": "pixels", "jointRounded": True,
    }]  # fmt: skip


def _area_layers(drawing: Drawing) -> list[dict[str, Any]]:
    """The outline of each area, in the line of its role, on a white casing."""
    rows = [
        {"p": [[round(lon, 5), round(lat, 5)] for lon, lat in ring], "w": LINES[line][0], "d": LINES[line][1] or [0, 0]}
        for area in drawing.areas
        for line in [ROLES[area.role].line]
        for ring in area.rings
    ]
    if not rows:
        return []
    shared = {
        "@@type": "PathLayer", "data": rows, "pickable": False, "getPath": "@@=p", "widthUnits": "pixels",
        "jointRounded": True,
    }  # fmt: skip
    dashes = {"extensions": [{"@@type": "PathStyleExtension", "dash": True}], "getDashArray": "@@=d"}
    return [
        {**shared, "id": "areas-casing", "getColor": [255, 255, 255, 255], "getWidth": f"@@=w+{CASING:g}"},
        {**shared, "id": "areas", "getColor": [*_rgb(AREA_COLOUR), 255], "getWidth": "@@=w", **dashes},
    ]


def _marked_layer(drawing: Drawing) -> list[dict[str, Any]]:
    """A thick ring inside each marked cell, so that every one of two neighbours has its own."""
    if not drawing.marked:
        return []
    rings = [[[round(lon, 6), round(lat, 6)] for lon, lat in inset_ring(cell)] for cell in drawing.marked]
    strokes = (([255] * 3, 7.0), (_rgb(MARKED_COLOUR), 4.0))
    return [{
        "@@type": "PathLayer", "id": "marked", "pickable": False, "getPath": "@@=p",
        "data": [{"p": ring, "c": colour, "w": width} for colour, width in strokes for ring in rings],
        "getColor": "@@=c", "getWidth": "@@=w", "widthUnits": "pixels", "jointRounded": True,
    }]  # fmt: skip


def _ring_layer(drawing: Drawing) -> list[dict[str, Any]]:
    """A ring round each top cell, to be seen when the cell itself is a pixel wide; in its colour if it has a mark."""
    if "mark" in drawing.cells and not drawing.ringed:
        return []
    top = top_cells(drawing.cells)
    rows: list[dict[str, Any]] = [
        {"p": [round(lon, 5), round(lat, 5)]} for lon, lat in zip(top["lon"], top["lat"], strict=True)
    ]
    line: dict[str, Any] = {"getLineColor": [*_rgb(INK), 200], "getLineWidth": 1.2}
    if drawing.ringed:
        numbers = drawing.classes.numbers[top.index]
        rows = [{**row, "k": int(k)} for row, k in zip(rows, numbers, strict=True)]
        line = {"getLineColor": _colour_expression(drawing.classes), "getLineWidth": 3}
    if not rows:
        return []
    return [{
        "@@type": "ScatterplotLayer", "id": "top-rings", "data": rows, "pickable": False,
        "getPosition": "@@=p", "filled": False, "stroked": True, "getRadius": 1, "radiusMinPixels": 10,
        "radiusMaxPixels": 10, "lineWidthUnits": "pixels", **line,
    }]  # fmt: skip


def _label_layer(drawing: Drawing, places: pd.DataFrame) -> list[dict[str, Any]]:
    """What stands on the cells, labels of areas and names of places, with a paper halo.

    One layer, so that where two would overlap the one with the higher priority ``v`` stays: areas with a role, then
    cells by rank, other areas, names by size. No pixel offset: deck.gl 9 then hides every offset label.
    """
    top = top_cells(drawing.cells)
    rows = [
        {"p": [round(lon, 5), round(lat, 5)], "n": mark, "s": drawing.mark_size, "v": max(FIRST - int(rank), -999)}
        for rank, mark, lon, lat in zip(top["rank"], top["mark"], top["lon"], top["lat"], strict=True)
    ]
    rows += [
        {"p": [round(x, 5) for x in area.anchor], "n": _inert(area.label), "s": 15, "v": AREA_PRIORITY[area.role]}
        for area in drawing.areas
    ]
    rows += [
        {"p": [round(lon, 5), round(lat, 5)], "n": _inert(plain(name)), "s": 9 + 2 * int(size), "v": 10 * int(size)}
        for name, lon, lat, size in zip(places["name"], places["lon"], places["lat"], places["size"], strict=True)
    ]
    if not rows:
        return []
    return [{
        "@@type": "TextLayer", "id": "labels", "data": rows, "pickable": False, "characterSet": "auto",
        "getPosition": "@@=p", "getText": "@@=n", "getSize": "@@=s", "getColor": _rgb(INK),
        "fontFamily": "Arial", "fontWeight": "bold", "fontSettings": {"sdf": True, "buffer": 8, "radius": 16},
        "outlineWidth": 9, "outlineColor": [255, 255, 255, 255],
        "extensions": [{"@@type": "CollisionFilterExtension"}],
        "collisionGroup": "labels", "getCollisionPriority": "@@=v", "collisionTestProps": {"sizeScale": 1.3},
    }]  # fmt: skip
