"""The evidence as plain specs that a test can read: how concentrated harm is, and what each ranking caught."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.charts import marks

DASHES = ([1, 0], [7, 3])  # of the curves, so that no colour is needed to tell them apart
POINTS = 200  # of one curve; more cannot be seen


def lorenz_spec(curves: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Lorenz curves, highest first, of ``curves`` (curve, share_of_area, share), with the diagonal; at most two.

    Each curve has its own colour *and* its own dashes; the dotted diagonal is an even spread. Crime fills a corner of
    the chart, so the axis ends where every curve has passed 99%, at 1, 2, 5, 10, 20, 50 or 100% of the area.
    """
    names = list(dict.fromkeys(curves["curve"].astype(str)))
    end = _lorenz_end(curves)
    rows = [row for name in names for row in _lorenz_rows(curves[curves["curve"].astype(str) == name], end)]
    scale = {"domain": [0, end], "nice": False, "clamp": True}
    form = ".1%" if end < 0.05 else ".0%"
    x = {"field": "x", "type": "quantitative", "scale": scale, "axis": {"title": "Share of area", "format": form}}
    axis = {"title": "Share held", "format": ".0%", "tickCount": 5}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis}
    which = {"field": "curve", "type": "nominal", "title": None, "sort": names}
    colours = (marks.LIGHT_BLUE if dark else marks.DARK_BLUE, marks.ORANGE)
    tips = (("curve", "Curve"), ("x", "Share of area", ".2%"), ("y", "Share held", ".1%"))
    drawn = {
        "x": x, "y": y, "tooltip": [marks.tip(*about) for about in tips],
        "color": {**which, "scale": {"domain": names, "range": list(colours[: len(names)])}},
        "strokeDash": {**which, "scale": {"domain": names, "range": list(DASHES[: len(names)])}},
    }  # fmt: skip
    curve = marks.layer({"type": "line", "strokeWidth": 2, "interpolate": "linear"}, drawn, rows)
    return marks.spec(_lorenz_words(rows, names), [*_even_layers({"x": x, "y": y}, end, dark), curve], 260)


def _even_layers(axes: marks.Row, end: float, dark: bool) -> list[marks.Row]:
    """The diagonal, cut where the axis ends, and its name."""
    rows = [{"x": at, "y": at, "label": "even spread"} for at in (0, end)]
    diagonal = {"type": "line", "color": marks.soft_ink(dark), "strokeWidth": 1.5, "strokeDash": [1, 3]}
    words = marks.text("right", 11, marks.ink(dark), baseline="bottom", dy=-4)
    return [
        marks.layer(diagonal, axes, rows), marks.layer(words, {**axes, "text": marks.named("label")}, rows[1:]),
    ]  # fmt: skip


def _lorenz_end(curves: pd.DataFrame) -> float:
    """Where the axis ends: every curve has 99% by then."""
    reached = curves.loc[curves["share"] >= 0.99].groupby("curve")["share_of_area"].min()
    last = float(reached.max()) if len(reached) else 1.0
    return next(end for end in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if end >= min(last, 1.0))


def _lorenz_rows(curve: pd.DataFrame, end: float) -> list[marks.Row]:
    """The curve's points up to ``end``, thinned to evenly spaced ones where there are too many."""
    filled = curve.dropna(subset=["share_of_area", "share"]).sort_values(["share_of_area", "share"])
    if filled.empty:
        return []
    x, y = filled["share_of_area"].to_numpy(dtype=float), filled["share"].to_numpy(dtype=float)
    at = np.append(x[x < end], end)
    if len(at) > POINTS:
        at = np.linspace(0, end, POINTS)
    name = str(filled["curve"].iloc[0])
    return [
        {"curve": name, "x": round(float(a), 6), "y": round(float(b), 5)}
        for a, b in zip(at, np.interp(at, x, y), strict=True)
    ]


def _lorenz_words(rows: list[marks.Row], names: list[str]) -> str:
    half = []
    for name in names:
        points = [(row["x"], row["y"]) for row in rows if row["curve"] == name]
        if points:
            x, y = zip(*points, strict=True)
            half.append(f"half of {name} lies in {np.interp(0.5, y, x):.2%}")
    return f"Lorenz curves by share of area: {'; '.join(half) or 'nothing to draw'}."


def methods_spec(table: pd.DataFrame, chosen: str, against: str, dark: bool = False) -> marks.Row:
    """Points with error bars: what each method of ``table`` caught more or less than ``against``, best first.

    ``table``: method (as it is to be read), difference, ci_low and ci_high (shares; nan: no interval). The row of
    ``against`` is the line at 0 and has no point. The ``chosen`` method is a diamond and says so in its label; the
    figure stands at the right of every row, so no colour is needed to read it.
    """
    rows = [_method_row(pd.Series(row), chosen) for row in table.to_dict("records") if row["method"] != against]
    colour = marks.LIGHT_BLUE if dark else marks.DARK_BLUE
    title = f"Percentage points more than {against.lower()}"
    figures = "; ".join(f"{row['name']} {row['said']}" for row in rows) or "nothing to compare"
    x = {
        "type": "quantitative", "scale": {"zero": True, "nice": False, "padding": 10},
        # a title that overhangs on the right would make the plot narrower
        "axis": {"title": title, "titleAnchor": "end", "titleLimit": 300, "format": "+.1f", "tickCount": 4},
    }  # fmt: skip
    y = marks.names_axis("name", [row["name"] for row in rows], 230)
    shape = {
        "field": "chosen", "type": "nominal", "legend": None,
        "scale": {"domain": [True, False], "range": ["diamond", "circle"]},
    }  # fmt: skip
    tips = [marks.tip("name", "Method"), marks.tip("said", "Points")]
    span = {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y}
    value = {"x": {**x, "field": "value"}, "y": y, "shape": shape, "tooltip": tips}
    figure = {"x": {"value": "width"}, "y": y, "text": {"field": "figure"}}
    parts: list[marks.Row] = [
        marks.layer(marks.LEVEL, {"x": {**x, "field": "at"}}, [{"at": 0}]),
        marks.layer({"type": "rule", "color": colour, "strokeWidth": 2}, span),
        marks.layer({"type": "point", "filled": True, "size": 110, "color": colour, "opacity": 1}, value),
        marks.layer(marks.text("left", 12, marks.ink(dark), dx=8), figure),
    ]
    return marks.spec(f"{title}: {figures}.", parts, {"step": 28}, rows)


def _method_row(row: pd.Series, chosen: str) -> marks.Row:
    """One method: its label, its difference in percentage points, the interval (none: the point itself), in words."""
    value, low, high = (100 * float(row[name]) for name in ("difference", "ci_low", "ci_high"))
    bounded = low == low and high == high
    figure = _signed(value)
    said = figure + (f" ({_signed(low)} to {_signed(high)})" if bounded else "")
    name, (start, end) = str(row["method"]), (low, high) if bounded else (value, value)
    return {
        "name": f"{name} (default)" if name == chosen else name, "value": round(value, 3), "low": round(start, 3),
        "high": round(end, 3), "figure": figure, "said": said, "chosen": name == chosen,
    }  # fmt: skip


def _signed(value: float) -> str:
    """'+0.35', '−0.02' with a real minus sign, '0.00'."""
    return "0.00" if round(value, 2) == 0 else f"{value:+.2f}".replace("-", "−")
