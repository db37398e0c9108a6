"""What charts share: the palette (Government Analysis Function, its light blue on dark pages), the frame of a spec, a
time axis, tooltips, words."""

from __future__ import annotations

from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
DARK_BLUE, MID_BLUE, LIGHT_BLUE = "#12436D", "#2073BC", "#6BACE6"
ORANGE, TURQUOISE, PURPLE, PINK = "#F46A25", "#28A197", "#A285D1", "#801650"
GREY = "#8a8a8a"  # of rules and shades, on light and dark pages

Row = dict[str, Any]


def ink(dark: bool) -> str:
    """The colour of words."""
    return "#ffffff" if dark else "#1f1f1f"


def soft_ink(dark: bool) -> str:
    """The colour of words and lines that stand back."""
    return "#c9c9c9" if dark else "#595959"


def spec(description: str, parts: list[Row], height: int | Row, values: list[Row] | None = None) -> Row:
    """A chart of layers over ``values`` (None: each layer has its own)."""
    data = {} if values is None else {"data": {"values": values}}
    return {
        "$schema": SCHEMA, "description": description, "width": "container", "height": height, **data, "layer": parts,
    }  # fmt: skip


def time_axis(field: str, **more: Any) -> Row:
    """Months along the bottom."""
    axis = {"title": None, "format": "%b %Y", "labelOverlap": True, "grid": False}
    return {"field": field, "type": "temporal", "axis": axis, **more}


def names_axis(field: str, names: list[str], most: int) -> Row:
    """Names down the left, in this order, cut at so many pixels."""
    return {"field": field, "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": most}}


def tip(field: str, title: str, number: str = "") -> Row:
    """A line of a tooltip: a text, or a number in this format."""
    kind: Row = {"type": "quantitative", "format": number} if number else {"type": "nominal"}
    return {"field": field, "title": title, **kind}


def text(align: str, size: int, colour: str, **more: Any) -> Row:
    """The mark of words in the plot."""
    return {"type": "text", "align": align, "fontSize": size, "color": colour, **more}
