"""Rank table → plain map specs that a test can read; nothing here draws or imports Streamlit.

Two drawings of the same cells: `deck_json` for graphics cards (deck.gl) and `svg_map` for machines
without WebGL. Neither needs a basemap or a network: districts and place names are our own layers.

Colour classes. Going up from the lowest value, each class takes whole values until it holds its equal
share of the cells still left; equal values never part. So a map with many ties has fewer classes, and
the top class says "among the highest here", never "significant".
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.errors import HotspotsError

MAX_CELLS = 3_200  # more make the browser slow to pick and the page slow to load
TOP_NUMBERED = 20
RAMP = ("#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000")  # ColorBrewer OrRd, five classes
NOT_SCORED = "#bdbdbd"
NOT_SCORED_LABEL = "not scored"
GROUND = {"light": "#f4f4f1", "dark": "#d6d5d0"}  # paper in both themes, so that the legend stays true
INK = "#1f1f1f"
CHANGES = {  # Government Analysis Function palette; the letter tells them apart without colour
    "enters": ("#12436D", "E"),
    "leaves": ("#F46A25", "L"),
    "stays": ("#28A197", ""),
}
METRES_PER_DEGREE = 111_319.49  # of latitude, on the WGS84 equatorial radius

TOOLTIP = {  # "text" is set as text by deck.gl; "html" would be parsed
    "text": "{t}",
    "style": {
        "backgroundColor": "#1f1f1f", "color": "#ffffff", "fontSize": "13px", "maxWidth": "280px",
        "fontFamily": "Arial, sans-serif", "whiteSpace": "pre-wrap",
    },
}  # fmt: skip


class Measure(NamedTuple):
    """A column that can colour the map. ``share`` values (0–1) are written as per cent."""

    label: str
    share: bool = False


MEASURES = {
    "n_incidents": Measure("Incidents"),
    "harm_days": Measure("Harm, days"),
    "harm_sqrt": Measure("Harm, square-root weights"),
    "harm_capped": Measure("Harm, capped weights"),
    "harm_expected_days": Measure("Expected harm, days"),
    "largest_offence_share": Measure("Share of the largest offence", share=True),
    "p_top": Measure("Chance of being in the top", share=True),
    "gi_z": Measure("Gi* (z)"),
}


class Classes(NamedTuple):
    """``numbers``, a class per cell (-1 = not scored), the largest value of each class, and a label for each.

    ``own``: colours for classes that have no order; without, the ramp.
    """

    numbers: npt.NDArray[np.int8]
    breaks: list[float]
    labels: list[str]
    own: tuple[str, ...] = ()

    @property
    def colours(self) -> list[str]:
        return list(self.own) or class_colours(len(self.labels))


# -- colour classes ------------------------------------------------------------------------------


def colour_classes(values: Iterable[float], n: int = 5, share: bool = False) -> Classes:
    """At most ``n`` classes by equal shares of the cells, ties kept together (rule: top of this file).

    ``values`` that are empty or infinite get class -1, "not scored". ``share`` writes labels as per cent.
    """
    if n < 1:
        raise ValueError("at least one class is needed")
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    scored = np.isfinite(numbers)
    distinct, counts = np.unique(numbers[scored], return_counts=True)
    tops = _class_tops(counts, n)
    breaks = [float(distinct[top]) for top in tops]
    lows = [float(distinct[start]) for start in [0, *(top + 1 for top in tops[:-1])]] if tops else []
    index = np.full(len(numbers), -1, dtype=np.int8)
    index[scored] = np.searchsorted(breaks, numbers[scored], side="left")
    return Classes(index, breaks, _range_labels(lows, breaks, share))


def _class_tops(counts: npt.NDArray[np.int64], n: int) -> list[int]:
    """Position of the last distinct value in each class, for distinct values held ``counts`` times."""
    tops: list[int] = []
    classes, left, held = min(n, len(counts)), int(counts.sum()), 0
    for place, count in enumerate(counts):
        held += int(count)
        values_left, classes_left = len(counts) - place - 1, classes - len(tops) - 1
        if values_left == 0 or (classes_left and (held * (classes_left + 1) >= left or values_left <= classes_left)):
            tops.append(place)
            left, held = left - held, 0
    return tops


def _range_labels(lows: Sequence[float], highs: Sequence[float], share: bool) -> list[str]:
    """``1–4``, ``5``, ``6–90``: each class from its lowest to its highest value, told apart by rounding."""
    dash = " to " if any(low < 0 for low in lows) else "–"
    labels: list[str] = []
    for decimals in range(4):
        low_text = [number_text(low, decimals, share) for low in lows]
        high_text = [number_text(high, decimals, share) for high in highs]
        labels = [a if a == b else f"{a}{dash}{b}" for a, b in zip(low_text, high_text, strict=True)]
        if all(high != low for high, low in zip(high_text, low_text[1:], strict=False)):
            break
    return [label + "%" for label in labels] if share else labels


def number_text(value: float, decimals: int = 0, share: bool = False) -> str:
    """``2738.8`` → ``2,739``; a share is multiplied by 100 (the sign is the caller's); ``−`` for minus."""
    text = f"{value * 100 if share else value:,.{decimals}f}"
    return "0" if decimals == 0 and text == "-0" else text.replace("-", "−")


def class_colours(n: int) -> list[str]:
    """``n`` colours of the five-class ramp, light to dark; one class alone gets the middle one."""
    if n <= 1:
        return [RAMP[2]] * n
    return [RAMP[round(i * (len(RAMP) - 1) / (n - 1))] for i in range(n)]


def legend(measure: str, classes: Classes) -> list[dict[str, Any]]:
    """Swatches from low to high: label, colour, hatched. "not scored" is there when a cell needs it."""
    colours = classes.colours
    rows = [{"label": t, "colour": c, "hatched": False} for t, c in zip(classes.labels, colours, strict=True)]
    if (classes.numbers < 0).any():
        rows.append({"label": NOT_SCORED_LABEL, "colour": NOT_SCORED, "hatched": True})
    return rows


# -- what every drawing shares --------------------------------------------------------------------


def cells_to_draw(cells: pd.DataFrame, selected: str | None, most: int = MAX_CELLS) -> pd.DataFrame:
    """The best-ranked ``most`` cells, in rank order, and the selected one even when it ranks lower."""
    ranked = cells.sort_values(["rank", "cell"], kind="stable")
    drawn = ranked.head(most)
    beyond = ranked.iloc[most:]
    beyond = beyond[beyond["cell"] == selected]
    if len(beyond):
        drawn = pd.concat([drawn.head(most - 1), beyond])
    return drawn.reset_index(drop=True)


def cell_texts(cells: pd.DataFrame, measure: str) -> list[str]:
    """What a person reads on a cell: rank and place, figures, warning; one line each."""
    wanted = ["rank", "place", "district", "n_incidents", "harm_days", "flag", measure]
    columns = {name: cells[name].tolist() if name in cells else [None] * len(cells) for name in wanted}
    return [_cell_text(dict(zip(columns, row, strict=True)), measure) for row in zip(*columns.values(), strict=True)]


def _cell_text(row: dict[str, Any], measure: str) -> str:
    where = _words(row["place"]) or _words(row["district"])
    figures = ["1 incident" if row["n_incidents"] == 1 else f"{_figure(row['n_incidents']) or 'no count of'} incidents"]
    days = _figure(row["harm_days"])
    figures.append(f"{days} days of harm" if days else NOT_SCORED_LABEL)
    if measure not in ("n_incidents", "harm_days"):
        about = MEASURES[measure]
        value = _figure(row[measure], about.share) or NOT_SCORED_LABEL
        figures.append(f"{about.label}: {value}{'%' if about.share and value != NOT_SCORED_LABEL else ''}")
    lines = [f"{_figure(row['rank'])}. {where}" if where else f"{_figure(row['rank'])}", "; ".join(figures)]
    return "\n".join([*lines, _words(row["flag"])]).strip()


def _figure(value: Any, share: bool = False) -> str:
    if value is None or pd.isna(value) or not math.isfinite(value):
        return ""
    number = float(value) * (100 if share else 1)
    return number_text(number, 0 if number == round(number) or abs(number) >= 1000 else 1)


def _words(value: Any) -> str:
    """Text from data on one line, without control characters."""
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text).strip()


def map_name(n_cells: int, measure: str) -> str:
    """The accessible name of a map."""
    return f"Map of {n_cells:,} cell{'' if n_cells == 1 else 's'} coloured by {MEASURES[measure].label}"


def _rings(outlines: dict[str, Any]) -> list[tuple[dict[str, Any], list[list[Sequence[float]]]]]:
    """(properties, rings) of every polygon in a GeoJSON FeatureCollection."""
    found = []
    for feature in outlines.get("features", []):
        shape = feature["geometry"]
        parts = {
            "Polygon": lambda c: c, "MultiPolygon": lambda c: [ring for part in c for ring in part],
            "LineString": lambda c: [c], "MultiLineString": lambda c: c,
        }.get(shape["type"])  # fmt: skip
        if parts is None:
            raise HotspotsError(f"The outlines hold a {shape['type']}; they must be polygons or lines.")
        found.append((feature.get("properties") or {}, parts(shape["coordinates"])))
    return found


def _extent(cells: pd.DataFrame, outlines: dict[str, Any]) -> tuple[float, float, float, float]:
    """(west, south, east, north) of the cells, else of the outlines, else of Lancashire."""
    points = cells[["lon", "lat"]].to_numpy(dtype=float)
    if not len(points):
        rings = [ring for _, rings in _rings(outlines) for ring in rings]
        if not rings:
            return (-3.06, 53.48, -2.04, 54.24)
        points = np.concatenate([np.asarray(ring, dtype=float)[:, :2] for ring in rings])
    west, south = np.nanmin(points, axis=0)
    east, north = np.nanmax(points, axis=0)
    return float(west), float(south), float(east), float(north)


def fit_view(cells: pd.DataFrame, outlines: dict[str, Any], width: int = 420, height: int = 500) -> dict[str, float]:
    """Centre and web-mercator zoom at which every cell is inside ``width`` × ``height`` pixels."""
    west, south, east, north = _extent(cells, outlines)

    def mercator(lat: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)

    spans = [(east - west) / 360 / width, (mercator(north) - mercator(south)) / height]
    zoom = math.log2(1 / (512 * 1.1 * max(*spans, 1e-9)))  # 1.1: a margin
    return {
        "lon": round((west + east) / 2, 5), "lat": round((south + north) / 2, 5), "zoom": round(min(zoom, 14.5), 2)
    }  # fmt: skip


def _boundary(cell: str) -> list[tuple[float, float]]:
    """(lon, lat) of a cell's corners."""
    from h3.api import basic_str

    return [(lon, lat) for lat, lon in basic_str.cell_to_boundary(cell)]


# -- deck.gl ---------------------------------------------------------------------------------------


def deck_json(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    measure: str,
    selected: str | None = None,
    view: dict[str, float] | None = None,
    tiles: str | None = None,
    dark: bool = False,
) -> str:
    """Compact JSON of a flat deck.gl map: cells, district outlines, place names, numbers on the top cells.

    ``cells`` is a rank table; ``view`` is {lon, lat, zoom} (default: the cells). ``tiles`` is the address
    of raster tiles the force serves itself (``https://…/{z}/{x}/{y}.png``); without it nothing is fetched.
    Show it with `TOOLTIP`, whose text is built here. The id of the layer of cells follows from what is
    drawn and selected: a selection made on another drawing can be told apart and is forgotten.
    """
    drawn = cells_to_draw(cells, selected)
    classes = colour_classes(drawn[measure], share=MEASURES[measure].share)
    drawn = drawn.assign(text=cell_texts(drawn, measure))
    return _deck(drawn, classes, measure, outlines, places, selected, view, tiles, dark)


def _deck(
    drawn: pd.DataFrame,
    classes: Classes,
    about: str,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    selected: str | None,
    view: dict[str, float] | None,
    tiles: str | None,
    dark: bool,
) -> str:
    """The map of ``drawn`` cells, which carry the ``text`` a reader gets; ``about`` tells one map from another."""
    place = view or fit_view(drawn, outlines)
    layers = [
        _outline_layer(outlines),
        *_dot_layer(drawn, classes),
        _cell_layer(drawn, classes, about, selected, alpha=190 if tiles else 255),
        *_hatch_layer(drawn, classes),
        *_selected_layer(drawn, selected),
        *_ring_layer(drawn, classes),
        *_label_layer(drawn, places),
    ]
    spec = {
        "initialViewState": {
            "longitude": place["lon"], "latitude": place["lat"], "zoom": place["zoom"], "maxZoom": 18, "minZoom": 6,
        },
        "views": [{"@@type": "MapView", "controller": True}],
        "mapStyle": map_style(tiles, dark),
        "layers": layers,
    }  # fmt: skip
    return json.dumps(spec, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def map_style(tiles: str | None = None, dark: bool = False) -> str:
    """A map style as a data: address: plain ground, and the force's own raster tiles when it has them."""
    if tiles is not None and not re.match(r"https?://\S+$", tiles):
        raise HotspotsError(f"The tile address '{tiles[:60]}' must start with https:// or http://.")
    if tiles is not None and not all(part in tiles for part in ("{z}", "{x}", "{y}")):
        raise HotspotsError(f"The tile address '{tiles[:60]}' must hold {{z}}, {{x}} and {{y}}.")
    ground = {"background-color": GROUND["dark" if dark else "light"]}
    style: dict[str, Any] = {
        "version": 8, "sources": {}, "layers": [{"id": "ground", "type": "background", "paint": ground}]
    }  # fmt: skip
    if tiles is not None:
        style["sources"]["tiles"] = {"type": "raster", "tiles": [tiles], "tileSize": 256}
        style["layers"].append({"id": "tiles", "type": "raster", "source": "tiles"})
    return "data:application/json," + quote(json.dumps(style, separators=(",", ":")), safe="")


def _inert(text: str) -> str:
    """deck.gl evaluates strings that begin with ``@@``, in data too: text from data must not begin so."""
    return text.lstrip("@ ")


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _colour_expression(classes: Classes, alpha: int = 255, shade: float = 1.0) -> str:
    """``@@=k==0?[…]:k==1?[…]:…``: a colour per class, so that a row carries one digit."""
    colours = [*classes.colours, NOT_SCORED]
    texts = [json.dumps([*(round(part * shade) for part in _rgb(c)), alpha], separators=(",", ":")) for c in colours]
    return "@@=" + "".join(f"k=={k}?{text}:" for k, text in enumerate(texts[:-1])) + texts[-1]


def _cell_layer(drawn: pd.DataFrame, classes: Classes, about: str, selected: str | None, alpha: int) -> dict[str, Any]:
    rows = [
        {"h": cell, "k": int(k), "t": _inert(text)}
        for cell, k, text in zip(drawn["cell"], classes.numbers, drawn["text"], strict=True)
    ]
    drawing = json.dumps([about, selected, classes.breaks, rows], ensure_ascii=False)
    return {
        "@@type": "H3HexagonLayer",
        "id": "cells-" + hashlib.sha256(drawing.encode()).hexdigest()[:12],
        "data": rows,
        "pickable": True,
        "extruded": False,
        "highPrecision": True,
        "stroked": True,
        "getHexagon": "@@=h",
        "getFillColor": _colour_expression(classes, alpha),
        # an edge in a darker shade parts the cells
        "getLineColor": _colour_expression(classes, shade=0.8),
        "lineWidthUnits": "pixels",
        "getLineWidth": 1,
    }


def _dot_layer(drawn: pd.DataFrame, classes: Classes) -> list[dict[str, Any]]:
    """A dot under each cell, never smaller than 2 pixels: from far away a cell would not be seen at all."""
    if drawn.empty:
        return []
    rows = [
        {"p": [round(lon, 4), round(lat, 4)], "k": int(k)}
        for lon, lat, k in zip(drawn["lon"], drawn["lat"], classes.numbers, strict=True)
    ]
    first = Projection(drawn["lon"].iloc[0], drawn["lat"].iloc[0], math.cos(math.radians(drawn["lat"].iloc[0])))
    corners = first.xy(*np.array(_boundary(drawn["cell"].iloc[0])).T)
    return [{
        "@@type": "ScatterplotLayer", "id": "dots", "data": rows[::-1], "pickable": False, "getPosition": "@@=p",
        "getFillColor": _colour_expression(classes), "getRadius": int(np.hypot(*corners.T).min() * 0.7),
        "radiusMinPixels": 2,
    }]  # fmt: skip


def _outline_layer(outlines: dict[str, Any]) -> dict[str, Any]:
    paths = [
        {"p": [[round(x, 5), round(y, 5)] for x, y, *_ in ring]} for _, rings in _rings(outlines) for ring in rings
    ]
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": path["p"]}}
        for path in paths
    ]
    return {
        "@@type": "GeoJsonLayer", "id": "outlines", "data": {"type": "FeatureCollection", "features": features},
        "pickable": False, "filled": False, "stroked": True, "getLineColor": [110, 110, 110, 255],
        "getLineWidth": 1.2, "lineWidthUnits": "pixels",
    }  # fmt: skip


def _hatch_layer(drawn: pd.DataFrame, classes: Classes) -> list[dict[str, Any]]:
    """Three strokes across each cell without a score, so that grey is not told by colour alone."""
    rows = []
    for cell in drawn.loc[classes.numbers < 0, "cell"]:
        corners = np.asarray(_boundary(cell))
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
    ring = [[round(lon, 6), round(lat, 6)] for lon, lat in _boundary(selected)]
    rows = [{"p": [*ring, ring[0]], "c": colour, "w": width} for colour, width in (([255] * 3, 7), ([0, 0, 0], 3.5))]
    return [{
        "@@type": "PathLayer", "id": "selected", "data": rows, "pickable": False, "getPath": "@@=p",
        "getColor": "@@=c", "getWidth": "@@=w", "widthUnits": "pixels", "jointRounded": True,
    }]  # fmt: skip


def _top(drawn: pd.DataFrame) -> pd.DataFrame:
    return drawn if "mark" in drawn else drawn[drawn["rank"] <= TOP_NUMBERED]


def _marks(cells: pd.DataFrame) -> list[str]:
    """What stands on each cell: its ``mark``, else its rank."""
    return [str(m) for m in (cells["mark"] if "mark" in cells else cells["rank"].astype(int))]


def _ring_layer(drawn: pd.DataFrame, classes: Classes) -> list[dict[str, Any]]:
    """A ring round each top cell, to be seen when the cell itself is a pixel wide; in its colour if it has a mark."""
    top = _top(drawn)
    rows: list[dict[str, Any]] = [
        {"p": [round(lon, 5), round(lat, 5)]} for lon, lat in zip(top["lon"], top["lat"], strict=True)
    ]
    line: dict[str, Any] = {"getLineColor": [*_rgb(INK), 200], "getLineWidth": 1.2}
    if "mark" in drawn:
        rows = [{**row, "k": int(k)} for row, k in zip(rows, classes.numbers, strict=True)]
        line = {"getLineColor": _colour_expression(classes), "getLineWidth": 3}
    if not rows:
        return []
    return [{
        "@@type": "ScatterplotLayer", "id": "top-rings", "data": rows, "pickable": False,
        "getPosition": "@@=p", "filled": False, "stroked": True, "getRadius": 1, "radiusMinPixels": 10,
        "radiusMaxPixels": 10, "lineWidthUnits": "pixels", **line,
    }]  # fmt: skip


def _label_layer(drawn: pd.DataFrame, places: pd.DataFrame) -> list[dict[str, Any]]:
    """Numbers of the top cells and names of places, with a paper halo.

    One layer, so that where two would overlap the one with the higher priority ``v`` stays: numbers
    before names, then by rank and by size. No pixel offset: deck.gl 9 then hides every offset label.
    """
    top = _top(drawn)
    rows = [
        {"p": [round(lon, 5), round(lat, 5)], "n": mark, "s": 15, "v": 1000 - int(rank)}
        for rank, mark, lon, lat in zip(top["rank"], _marks(top), top["lon"], top["lat"], strict=True)
    ]
    rows += [
        {"p": [round(lon, 5), round(lat, 5)], "n": _inert(_words(name)), "s": 9 + 2 * int(size),
         "v": 10 * int(size)}
        for name, lon, lat, size in zip(places["name"], places["lon"], places["lat"], places["size"], strict=True)
    ]  # fmt: skip
    if not rows:
        return []
    return [{
        "@@type": "TextLayer", "id": "labels", "data": rows, "pickable": False, "characterSet": "auto",
        "getPosition": "@@=p", "getText": "@@=n", "getSize": "@@=s", "getColor": _rgb(INK),
        "fontFamily": "Arial", "fontWeight": "bold", "fontSettings": {"sdf": True},
        "outlineWidth": 3, "outlineColor": [255, 255, 255, 255],
        "extensions": [{"@@type": "CollisionFilterExtension"}],
        "collisionGroup": "labels", "getCollisionPriority": "@@=v", "collisionTestProps": {"sizeScale": 1.3},
    }]  # fmt: skip


# -- SVG -------------------------------------------------------------------------------------------


class Projection(NamedTuple):
    """Equirectangular: metres east and south of a corner, with the shrink of a degree at one latitude."""

    west: float
    north: float
    shrink: float

    def xy(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Whole metres (n, 2), x to the right and y downwards."""
        x = (np.asarray(lon, dtype=float) - self.west) * METRES_PER_DEGREE * self.shrink
        y = (self.north - np.asarray(lat, dtype=float)) * METRES_PER_DEGREE
        return np.rint(np.column_stack([np.atleast_1d(x), np.atleast_1d(y)])).astype(np.int64)


def svg_map(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    measure: str,
    selected: str | None = None,
    view: dict[str, float] | None = None,
) -> dict[str, Any]:
    """The same map as plain data for a page's own SVG, in whole metres.

    ``box`` is the whole ground (x, y, width, height) and ``view`` the part to show first; ``cells`` have
    c (cell), k (class), r (rank), x, y (centre), p (corners x, y, x, y, …, from the centre) and t (text); ``outlines``
    have name, bcu and d (an SVG path); ``places`` n, x, y, s; ``legend`` as `legend`; ``version`` changes
    when anything else does.
    """
    drawn = cells_to_draw(cells, selected)
    classes = colour_classes(drawn[measure], share=MEASURES[measure].share)
    drawn = drawn.assign(text=cell_texts(drawn, measure))
    return _svg(drawn, classes, map_name(len(drawn), measure), MEASURES[measure].label, outlines, places, view)


def _svg(
    drawn: pd.DataFrame,
    classes: Classes,
    name: str,
    title: str,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    view: dict[str, float] | None,
) -> dict[str, Any]:
    """The map of ``drawn`` cells, which carry the ``text`` a reader gets; ``title`` heads the legend."""
    everything = pd.DataFrame(
        [point[:2] for _, rings in _rings(outlines) for ring in rings for point in ring], columns=["lon", "lat"]
    )
    west, south, east, north = _extent(pd.concat([everything, drawn[["lon", "lat"]]]), outlines)
    ground = Projection(west, north, math.cos(math.radians((south + north) / 2)))
    box = [0, 0, *ground.xy(east, south)[0].tolist()]
    spec: dict[str, Any] = {
        "name": name,
        "box": box,
        "view": _first_view(drawn, ground, box, view),
        "outlines": _svg_outlines(outlines, ground),
        "cells": _svg_cells(drawn, classes, ground),
        "places": _svg_places(places, ground),
        "legend": legend(title, classes),
        "legend_title": title,
        "top": TOP_NUMBERED,
    }
    spec["version"] = hashlib.sha256(json.dumps(spec, ensure_ascii=False).encode()).hexdigest()[:12]
    return spec


def _first_view(drawn: pd.DataFrame, ground: Projection, box: list[int], view: dict[str, float] | None) -> list[int]:
    """(x, y, width, height) to show first: round the cells, or 640 × 500 pixels round ``view``."""
    if view is not None:
        x, y = ground.xy(view["lon"], view["lat"])[0].tolist()
        metres = METRES_PER_DEGREE * 360 * ground.shrink / (512 * 2 ** view["zoom"])  # a pixel
        width, height = round(640 * metres), round(500 * metres)
        return [x - width // 2, y - height // 2, width, height]
    if drawn.empty:
        return box
    corners = ground.xy(drawn["lon"], drawn["lat"])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = max(round(float((high - low).max()) * 0.05), 400)
    x, y = (low - margin).tolist()
    width, height = (high - low + 2 * margin).tolist()
    return [x, y, width, height]


def _svg_cells(drawn: pd.DataFrame, classes: Classes, ground: Projection) -> list[dict[str, Any]]:
    if drawn.empty:
        return []
    shapes = [_boundary(cell) for cell in drawn["cell"]]
    corners = ground.xy(*np.array([point for shape in shapes for point in shape]).T)
    ends = np.cumsum([len(shape) for shape in shapes])[:-1]
    centres = ground.xy(drawn["lon"], drawn["lat"]).tolist()
    rows = zip(
        drawn["cell"], classes.numbers, drawn["rank"], centres, np.split(corners, ends),
        drawn["text"], strict=True,
    )  # fmt: skip
    found = [
        {"c": cell, "k": int(k), "r": int(rank), "x": x, "y": y, "p": (shape - (x, y)).ravel().tolist(), "t": text}
        for cell, k, rank, (x, y), shape, text in rows
    ]
    if "mark" in drawn:
        found = [{**row, "m": mark} for row, mark in zip(found, _marks(drawn), strict=True)]
    return found


def _svg_outlines(outlines: dict[str, Any], ground: Projection) -> list[dict[str, str]]:
    found = []
    for properties, rings in _rings(outlines):
        path = ""
        for ring in rings:
            points = np.asarray([point[:2] for point in ring], dtype=float)
            metres = ground.xy(points[:, 0], points[:, 1])
            moved = np.r_[True, (np.diff(metres, axis=0) != 0).any(axis=1)]
            path += "M" + "L".join(f"{x} {y}" for x, y in metres[moved].tolist()) + "Z"
        found.append({"name": _words(properties.get("district")), "bcu": _words(properties.get("bcu")), "d": path})
    return found


def _svg_places(places: pd.DataFrame, ground: Projection) -> list[dict[str, Any]]:
    points = ground.xy(places["lon"], places["lat"]).tolist()
    return [
        {"n": _words(name), "x": x, "y": y, "s": int(size)}
        for name, size, (x, y) in zip(places["name"], places["size"], points, strict=True)
    ]


# -- what changes between two rankings -------------------------------------------------------------


def change_cells(changed: pd.DataFrame) -> tuple[pd.DataFrame, Classes]:
    """The cells that enter, leave or stay in the top N, as the maps draw them, and their three classes.

    ``changed``: cell (hex), place, lon, lat, change, rank_a and rank_b. Drawn are those in either top N, the movers
    first: ``rank`` is the order of drawing, ``mark`` what stands on the cell: E and the new rank where it enters, L
    and the old rank where it leaves, the new rank where it stays.
    """
    kept = changed[changed["change"].isin(list(CHANGES))]
    order = {name: i for i, name in enumerate(CHANGES)}
    kind = kept["change"].map(order).to_numpy(dtype=np.int8)
    shown = np.where(kept["change"] == "leaves", kept["rank_a"], kept["rank_b"])
    kept = kept.assign(kind=kind, shown=shown).sort_values(["kind", "shown", "cell"], kind="stable")
    marks = [f"{CHANGES[c][1]}{int(r)}" for c, r in zip(kept["change"], kept["shown"], strict=True)]
    kept = kept.assign(rank=np.arange(1, len(kept) + 1), mark=marks, text=_change_texts(kept)).reset_index(drop=True)
    counts = kept["change"].value_counts()
    signs = {name: f"{letter} + rank" if letter else "rank alone" for name, (_, letter) in CHANGES.items()}
    labels = [f"{name}: {int(counts.get(name, 0)):,} ({signs[name]})" for name in CHANGES]
    colours = tuple(colour for colour, _ in CHANGES.values())
    return kept, Classes(kept["kind"].to_numpy(dtype=np.int8), [], labels, colours)


def _change_texts(changed: pd.DataFrame) -> list[str]:
    """What a person reads on such a cell: what it does, where, and both ranks."""
    rows = zip(changed["change"], changed["place"], changed["rank_a"], changed["rank_b"], strict=True)
    return [f"{c.capitalize()} · {_words(place)}\nRank {int(a):,} before, {int(b):,} after" for c, place, a, b in rows]


def change_deck_json(changed: pd.DataFrame, outlines: dict[str, Any], places: pd.DataFrame, dark: bool = False) -> str:
    """`deck_json` of gainers and losers, from `change_cells`."""
    drawn, classes = change_cells(changed)
    return _deck(drawn, classes, "change", outlines, places, None, None, None, dark)


def change_svg_map(changed: pd.DataFrame, outlines: dict[str, Any], places: pd.DataFrame) -> dict[str, Any]:
    """`svg_map` of gainers and losers, from `change_cells`: every cell has its mark ``m``."""
    drawn, classes = change_cells(changed)
    name = f"Map of {len(drawn):,} cells that enter, leave or stay in the list"
    spec = _svg(drawn, classes, name, "In the list", outlines, places, None)
    return {**spec, "top": len(drawn)}
