"""A drawing as plain data for the page's own SVG, for browsers without WebGL."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hotspots.maps.classes import Classes, plain
from hotspots.maps.drawing import ROLES, TOP_NUMBERED, AreaShape, Drawing, top_cells
from hotspots.maps.ground import METRES_PER_DEGREE, Projection, boundary, extent, inset_ring, rings_of


def draw_svg(
    drawing: Drawing, outlines: dict[str, Any], places: pd.DataFrame, view: dict[str, float] | None = None
) -> dict[str, Any]:
    """The drawing as plain data for a page's own SVG, in whole metres.

    ``box`` is the whole ground (x, y, width, height) and ``view`` the part to show first; ``cells`` have
    c (cell), k (class), r (rank), x, y (centre), p (corners x, y, x, y, …, from the centre), t (text) and, where they
    carry one, m (mark); ``outlines`` have name, bcu and d (an SVG path); ``areas`` n (label), x, y (where it stands),
    line (solid, dashed, dotted) and d; ``marked`` is one path round the marked cells; ``places`` n, x, y, s;
    ``legend`` as `legend` and ``lines`` what each kind of line means; ``version`` changes when anything else does.
    """
    drawn = drawing.cells
    everything = pd.DataFrame(
        [point[:2] for _, rings in rings_of(outlines) for ring in rings for point in ring], columns=["lon", "lat"]
    )
    west, south, east, north = extent(pd.concat([everything, drawn[["lon", "lat"]]]), outlines)
    ground = Projection(west, north, math.cos(math.radians((south + north) / 2)))
    box = [0, 0, *ground.xy(east, south)[0].tolist()]
    spec: dict[str, Any] = {
        "name": drawing.name, "box": box, "view": _first_view(drawn, ground, box, view),
        "outlines": [
            {"name": plain(about.get("district")), "bcu": plain(about.get("bcu")), "d": _path(rings, ground)}
            for about, rings in rings_of(outlines)
        ],
        "cells": _svg_cells(drawn, drawing.classes, ground), "areas": _svg_areas(drawing.areas, ground),
        "marked": _path([inset_ring(cell)[:-1] for cell in drawing.marked], ground),
        "places": _svg_places(places, ground), "legend": drawing.legend, "legend_title": drawing.title,
        "lines": drawing.lines, "top": len(top_cells(drawn)) if "mark" in drawn else TOP_NUMBERED,
        "ringed": drawing.ringed, "mark_size": drawing.mark_size - 1,
    }  # fmt: skip
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
    shapes = [boundary(cell) for cell in drawn["cell"]]
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
        found = [{**row, "m": str(mark)} for row, mark in zip(found, drawn["mark"], strict=True)]
    return found


def _path(rings: Iterable[Sequence[Sequence[float]]], ground: Projection) -> str:
    """Closed rings as the text of an SVG path, without points that fall together."""
    path = ""
    for ring in rings:
        points = np.asarray([point[:2] for point in ring], dtype=float)
        metres = ground.xy(points[:, 0], points[:, 1])
        apart = np.r_[True, (np.diff(metres, axis=0) != 0).any(axis=1)]
        path += "M" + "L".join(f"{x} {y}" for x, y in metres[apart].tolist()) + "Z"
    return path


def _svg_areas(areas: Sequence[AreaShape], ground: Projection) -> list[dict[str, Any]]:
    found = []
    for area in areas:
        x, y = ground.xy(*area.anchor)[0].tolist()
        line = ROLES[area.role].line
        path = _path([ring[:-1] for ring in area.rings], ground)  # Z closes them
        found.append({"n": area.label, "line": line, "x": x, "y": y, "d": path})
    return found


def _svg_places(places: pd.DataFrame, ground: Projection) -> list[dict[str, Any]]:
    points = ground.xy(places["lon"], places["lat"]).tolist()
    return [
        {"n": plain(name), "x": x, "y": y, "s": int(size)}
        for name, size, (x, y) in zip(places["name"], places["size"], points, strict=True)
    ]
