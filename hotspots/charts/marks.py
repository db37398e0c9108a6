"""What charts share: the palette (Government Analysis Function, its light blue on dark pages), the frame of a spec, a
time axis, tooltips, words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import Any

import pandas as pd

from hotspots.change.estimates import CANT_TELL, FELL, ROSE
from hotspots.change.words import ratio_text

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
DARK_BLUE, MID_BLUE, LIGHT_BLUE = "#12436D", "#2073BC", "#6BACE6"
ORANGE, TURQUOISE, PURPLE, PINK = "#F46A25", "#28A197", "#A285D1", "#801650"
GREY = "#8a8a8a"  # of rules and shades, on light and dark pages
LEVEL = {"type": "rule", "color": GREY, "strokeDash": [4, 3]}  # at no change, or at an index of 100
BREAK = {"type": "rule", "color": ORANGE, "strokeWidth": 2, "strokeDash": [5, 3]}  # at a day

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


def layer(mark: Row, encoding: Row, values: list[Row] | None = None, where: str = "") -> Row:
    """A layer of a chart, over its own ``values`` where it has any, and only of the rows ``where`` this holds."""
    own: Row = {} if values is None else {"data": {"values": values}}
    only: Row = {"transform": [{"filter": where}]} if where else {}
    return {**own, **only, "mark": mark, "encoding": encoding}


def time_axis(field: str) -> Row:
    """Months along the bottom."""
    axis = {"title": None, "format": "%b %Y", "labelOverlap": True, "grid": False}
    return {"field": field, "type": "temporal", "axis": axis}


def named(field: str) -> Row:
    """A field that holds words."""
    return {"field": field, "type": "nominal"}


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


TICKS = {
    1.5: (0.67, 0.8, 1.0, 1.25, 1.5), 2.0: (0.5, 0.7, 1.0, 1.4, 2.0), 3.0: (0.34, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0),
    4.0: (0.25, 0.5, 1.0, 2.0, 4.0),
    8.0: (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0), 16.0: (0.0625, 0.25, 1.0, 4.0, 16.0),
}  # fmt: skip
ENDS_SHOWN = 0.9  # of the intervals' ends; the widest would press all others together
VERDICTS = (FELL, CANT_TELL, ROSE)
SHAPES = ("triangle-down", "circle", "triangle-up")
LEGEND = {"orient": "top", "title": None}


def colours(dark: bool) -> dict[str, str]:
    """By what they are for: three verdicts that differ in lightness too, ink, and grey for rules."""
    fell, rose = (LIGHT_BLUE, ORANGE) if dark else (MID_BLUE, "#C4500F")
    return {FELL: fell, CANT_TELL: soft_ink(dark), ROSE: rose, "ink": ink(dark), "grey": GREY}


def reach(points: Iterable[float], ends: Iterable[float]) -> float:
    """How far the axis goes: to so many times 1 and as little as one part in so many, at most 16.

    Every point is on it, and most of the ends of intervals.
    """
    far = [max(v, 1 / v) for v in points if isfinite(v) and v > 0]
    wide = sorted(max(v, 1 / v) for v in ends if isfinite(v) and v > 0)
    if wide:
        far.append(wide[max(0, int(ENDS_SHOWN * len(wide) + 0.999) - 1)])
    return next((k for k in TICKS if k >= max(far, default=1.0)), max(TICKS))


def on_axis(value: float, low: float, high: float, most: float) -> Row:
    """A ratio and its interval as they are drawn: value (None: no point), low, high, and an arrow at either end.

    ``low`` and ``high`` both missing: no interval. Only the upper one missing: it is unlimited.
    """
    none = isnan(low) and isnan(high)
    low, high = (0.0 if isnan(low) else low), (float("inf") if isnan(high) else high)
    inside = isfinite(value) and 1 / most <= value <= most
    if none:
        low = high = value
    drawn = not isnan(low) and not isnan(high)
    return {
        "value": round(value, 4) if inside else None,
        "low": round(min(max(low, 1 / most), most), 4) if drawn else None,
        "high": round(min(max(high, 1 / most), most), 4) if drawn else None,
        "arrow_low": drawn and low < 1 / most,
        "arrow_high": drawn and high > most,
    }


def ratio_words(value: float, low: float, high: float) -> str:
    """'0.80 (0.55 to 1.17)'."""
    if isnan(value):
        return "no ratio"
    if isnan(low) and isnan(high):
        return f"{ratio_text(value)} (no interval)"
    upper = "unlimited" if isnan(high) or not isfinite(high) else ratio_text(high)
    return f"{ratio_text(value)} ({ratio_text(0.0 if isnan(low) else low)} to {upper})"


def log_axis(most: float, title: str) -> Row:
    scale = {"type": "log", "domain": [round(1 / most, 4), most], "nice": False}
    axis = {"title": title, "titleLimit": 420, "values": list(TICKS[most]), "format": "~g"}
    return {"type": "quantitative", "scale": scale, "axis": axis}


def layers(way: str, ratio: Row, other: Row, colour: Row, dark: bool) -> list[Row]:
    """Rule at 1, intervals and their arrows, along x or y (``way``); that of the other axis is ``other``."""
    across = "y" if way == "x" else "x"
    shape = ("triangle-left", "triangle-right") if way == "x" else ("triangle-down", "triangle-up")
    one = layer(LEVEL, {way: {**ratio, "field": "at"}}, [{"at": 1}])
    span = {way: {**ratio, "field": "low"}, f"{way}2": {"field": "high"}, across: other, "color": colour}
    # an end beyond the axis is in the words of its row; without any, the empty layer would be a nameless image
    arrow = {"type": "point", "filled": True, "size": 60, "opacity": 1, "aria": False}
    arrows = [
        layer(
            {**arrow, "shape": mark}, {way: {**ratio, "field": end}, across: other, "color": colour},
            where=f"datum.arrow_{end}",
        ) for end, mark in zip(("low", "high"), shape, strict=True)
    ]  # fmt: skip
    return [one, layer({"type": "rule", "strokeWidth": 2}, span, where="isValid(datum.low)"), *arrows]


def points(way: str, ratio: Row, other: Row, colour: Row, shape: Row, tips: Sequence[tuple[str, str]]) -> Row:
    across, said = "y" if way == "x" else "x", [tip(*about) for about in tips]
    drawn = {way: {**ratio, "field": "value"}, across: other, "color": colour, "shape": shape, "tooltip": said}
    return layer({"type": "point", "filled": True, "size": 80, "opacity": 1}, drawn, where="isValid(datum.value)")


def by_verdict(dark: bool) -> tuple[Row, Row]:
    """Colour and shape of fell, can't tell and rose, in one legend."""
    field = {"field": "verdict", "type": "nominal", "title": None, "legend": LEGEND}
    names, inks = list(VERDICTS), colours(dark)
    return (
        {**field, "scale": {"domain": names, "range": [inks[v] for v in names]}},
        {**field, "scale": {"domain": names, "range": list(SHAPES)}},
    )


def text_layer(y: Row, field: str, dark: bool, inside: bool) -> Row:
    """Words of each row: at the left in the plot, or to the right of it."""
    x = {"value": 4} if inside else {"value": "width"}
    return layer(
        text("left", 11, ink(dark), dx=0 if inside else 8),
        {"x": x, "y": y, "text": {"field": field, "type": "nominal"}},
        where=f"datum.{field} != ''",
    )


def drawn(name: str, ratio: Sequence[float], word: str, reason: str, most: float, counts: str, **more: Any) -> Row:
    """A row of a chart whose rows are named; one without a ratio has its reason instead."""
    value, low, high = (float("nan"),) * 3 if reason else ratio
    return {
        "name": name, **on_axis(value, low, high, most), "pooled": False, "verdict": CANT_TELL if reason else word,
        "figure": "" if reason else f"{ratio_text(value)} {word}", "reason": reason,
        "said": reason or f"{ratio_words(value, low, high)}: {word}", "counts": counts,
        "ratio": None if reason else value, **more,
    }  # fmt: skip


def apart(places: pd.DataFrame) -> list[str]:
    """The names; those that two places share with their number."""
    twice = places["name"].duplicated(keep=False) | (places["name"] == "")
    return [
        f"{name} ({area})".strip() if t else str(name)
        for name, area, t in zip(places["name"], places["area"], twice, strict=True)
    ]


def records(table: pd.DataFrame) -> list[Row]:
    """The rows, each by column name."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
