"""Tables → Vega-Lite specs that a test can read; nothing here draws or imports Streamlit.

Colours: the Government Analysis Function palette, with its light blue on dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
DARK_BLUE, MID_BLUE, LIGHT_BLUE = "#12436D", "#2073BC", "#6BACE6"
ORANGE = "#F46A25"
MEASURES = {"n_incidents": "Incidents", "harm_days": "Harm, days"}
BREAK_LABEL = "map points changed"
RESTRICTIONS = (202003, 202107, "COVID-19 restrictions")  # make year-on-year figures misleading
MOST_OFFENCES = 12


def trend_spec(
    series: pd.DataFrame,
    measure: str = "n_incidents",
    breaks: Iterable[int] = (),
    dark: bool = False,
    band: tuple[int, int, str] | None = RESTRICTIONS,
) -> dict[str, Any]:
    """A line by month of ``series`` (month YYYYMM, n_incidents, harm_days).

    A month without a row, or without a value, is a gap: never zero and never bridged. ``breaks`` are the
    months whose map points are new: a before/after across such a mark is not a change in crime. ``band``
    (first month, last month, label) is shaded where the data reach it.
    """
    _needs(series, ["month", measure])
    rows = _runs(series, measure)
    line = DARK_BLUE if not dark else LIGHT_BLUE
    months = [row["month"] for row in rows]
    layers = [*_band_layers(band, months, dark), _line_layer(rows, measure, line), *_break_layers(breaks, months, dark)]
    return {
        "$schema": SCHEMA,
        "description": _trend_words(rows, measure),
        "width": "container",
        "height": 220,
        "layer": layers,
    }


def _needs(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise HotspotsError(f"The chart needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.")


def _day(month: int) -> str:
    """The first day of a month: 202207 → 2022-07-01."""
    return f"{month // 100:04d}-{month % 100:02d}-01"


def _runs(series: pd.DataFrame, measure: str) -> list[dict[str, Any]]:
    """Rows with a value, in order; ``run`` numbers the unbroken stretches of months, so lines stop at gaps."""
    known = series.loc[series[measure].notna(), ["month", measure]].sort_values("month")
    rows: list[dict[str, Any]] = []
    run, before = 0, None
    for month, value in zip(known["month"].astype(int), known[measure].astype(float), strict=True):
        count = month // 100 * 12 + month % 100
        run += before is None or count != before + 1
        before = count
        rows.append({"month": _day(month), "value": round(value, 1), "run": run})
    return rows


def _month_axis(**more: Any) -> dict[str, Any]:
    axis = {"title": None, "format": "%b %Y", "labelOverlap": True, "grid": False}
    return {"field": "month", "type": "temporal", "axis": axis, **more}


def _line_layer(rows: list[dict[str, Any]], measure: str, colour: str) -> dict[str, Any]:
    label = MEASURES.get(measure, measure)
    return {
        "data": {"values": rows},
        # points as well as lines: a month alone between two gaps is still seen
        "mark": {"type": "line", "color": colour, "strokeWidth": 2, "point": {"color": colour, "size": 28}},
        "encoding": {
            "x": _month_axis(),
            "y": {
                "field": "value", "type": "quantitative", "scale": {"zero": True},
                "axis": {"title": label, "format": ",.0f", "tickCount": 5},
            },
            "detail": {"field": "run", "type": "nominal"},
            "tooltip": [
                {"field": "month", "type": "temporal", "title": "Month", "format": "%B %Y"},
                {"field": "value", "type": "quantitative", "title": label, "format": ",.0f"},
            ],
        },
    }  # fmt: skip


def _break_layers(breaks: Iterable[int], months: list[str], dark: bool) -> list[dict[str, Any]]:
    rows = [{"month": _day(month), "label": BREAK_LABEL} for month in sorted(set(breaks))]
    rows = [row for row in rows if months and months[0] <= row["month"] <= months[-1]]
    if not rows:
        return []
    colour = ORANGE
    text = {"type": "text", "align": "right", "baseline": "top", "dx": -4, "fontSize": 11}
    ink = "#ffffff" if dark else "#1f1f1f"
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "rule", "color": colour, "strokeWidth": 2, "strokeDash": [5, 3]},
            "encoding": {"x": _month_axis(), "tooltip": [{"field": "label", "type": "nominal", "title": "Break"}]},
        },
        {
            "data": {"values": rows},
            "mark": {**text, "color": ink},
            "encoding": {"x": _month_axis(), "y": {"value": 2}, "text": {"field": "label", "type": "nominal"}},
        },
    ]


def _band_layers(band: tuple[int, int, str] | None, months: list[str], dark: bool) -> list[dict[str, Any]]:
    if band is None or not months:
        return []
    first, last = max(_day(band[0]), months[0]), min(_day(band[1]), months[-1])
    if first > last:
        return []
    rows = [{"month": first, "to": last, "label": band[2]}]
    grey = "#8a8a8a"
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "rect", "color": grey, "opacity": 0.16},
            "encoding": {"x": _month_axis(), "x2": {"field": "to"}},
        },
        {
            "data": {"values": rows},
            "mark": {
                "type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -4, "fontSize": 11,
                "color": "#c9c9c9" if dark else "#595959",
            },
            "encoding": {
                "x": _month_axis(), "y": {"value": "height"}, "text": {"field": "label", "type": "nominal"}
            },
        },
    ]  # fmt: skip


def _trend_words(rows: list[dict[str, Any]], measure: str) -> str:
    label = MEASURES.get(measure, measure)
    if not rows:
        return f"{label} by month: no month has a value."
    gaps = rows[-1]["run"] - 1
    first, last = (f"{row['month'][:7]} ({row['value']:,.0f})" for row in (rows[0], rows[-1]))
    return f"{label} by month from {first} to {last}, {gaps} gap{'' if gaps == 1 else 's'}."


def offence_bars_spec(
    offences: pd.DataFrame, measure: str = "harm_days", most: int = MOST_OFFENCES, dark: bool = False
) -> dict[str, Any]:
    """Bars of the largest offences in ``offences`` (offence, n_incidents, harm_days), largest first.

    The rest are one bar, "n other offences", always last. An offence whose ``measure`` is empty has no
    bar, only the words "not scored": unscored is not zero.
    """
    _needs(offences, ["offence", "n_incidents", measure])
    rows = _bar_rows(offences, measure, most)
    colour = LIGHT_BLUE if dark else MID_BLUE
    label = MEASURES.get(measure, measure)
    sides = {
        "y": {
            "field": "offence", "type": "nominal", "sort": [row["offence"] for row in rows],
            "axis": {"title": None, "labelLimit": 230},
        },
        "x": {
            "field": "value", "type": "quantitative", "scale": {"zero": True},
            "axis": {"title": label, "format": ",.0f", "tickCount": 4},
        },
        "tooltip": [
            {"field": "offence", "type": "nominal", "title": "Offence"},
            {"field": "said", "type": "nominal", "title": label},
            {"field": "n", "type": "quantitative", "title": "Incidents", "format": ",.0f"},
        ],
    }  # fmt: skip
    words = {"type": "text", "align": "left", "dx": 4, "color": "#ffffff" if dark else "#1f1f1f"}
    first = "; ".join(f"{row['offence']} {row['said']}" for row in rows[:3])
    return {
        "$schema": SCHEMA,
        "description": f"{label} by offence: {first}." if rows else f"{label} by offence: none.",
        "width": "container",
        "height": {"step": 24},
        "data": {"values": rows},
        "encoding": sides,
        "layer": [
            {"mark": {"type": "bar", "color": colour}},
            {"mark": words, "encoding": {"text": {"field": "said", "type": "nominal"}}},
        ],
    }


def _bar_rows(offences: pd.DataFrame, measure: str, most: int) -> list[dict[str, Any]]:
    ordered = offences.sort_values([measure, "n_incidents", "offence"], ascending=[False, False, True])
    shown = ordered if len(ordered) <= most else ordered.head(most - 1)
    rows = [
        _bar(str(offence), value, n)
        for offence, value, n in zip(shown["offence"], shown[measure], shown["n_incidents"], strict=True)
    ]
    rest = ordered.iloc[len(shown) :]
    if len(rest):
        total = rest[measure].sum(min_count=1)
        rows.append(_bar(f"{len(rest)} other offences", total, rest["n_incidents"].sum()))
    return rows


def _bar(offence: str, value: Any, n: Any) -> dict[str, Any]:
    if pd.isna(value):
        # 0 places the words at the axis; the bar itself has no length
        return {"offence": offence, "value": 0, "said": "not scored", "n": int(n)}
    return {"offence": offence, "value": round(float(value), 1), "said": f"{float(value):,.0f}", "n": int(n)}


def lorenz_spec(curves: pd.DataFrame, dark: bool = False) -> dict[str, Any]:
    """Lorenz curves, highest first, of ``curves`` (curve, share_of_area or share_of_cells, share), with the diagonal.

    Each curve has its own colour *and* its own dashes; the dotted diagonal is an even spread. Crime fills a corner of
    the chart, so the axis ends where every curve has passed 99%, at 1, 2, 5, 10, 20, 50 or 100% of the area or cells.
    At most four curves: HotspotsError for more, or for a missing column.
    """
    across = "share_of_cells" if "share_of_cells" in curves else "share_of_area"
    _needs(curves, ["curve", across, "share"])
    names = list(dict.fromkeys(curves["curve"].astype(str)))
    styles = LORENZ_STYLES[dark]
    if len(names) > len(styles):
        raise HotspotsError(f"The chart can tell {len(styles)} curves apart; {len(names)} were given.")
    end = _lorenz_end(curves, across)
    rows = [row for name in names for row in _lorenz_rows(curves[curves["curve"].astype(str) == name], across, end)]
    label = "Share of area" if across == "share_of_area" else "Share of cells"
    scale = {"domain": [0, end], "nice": False, "clamp": True}
    x = {"field": "x", "type": "quantitative", "scale": scale, "axis": {"title": label, "format": ".0%"}}
    if end < 0.05:
        x["axis"] = {"title": label, "format": ".1%"}
    y_axis = {"title": "Share held", "format": ".0%", "tickCount": 5}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": y_axis}
    told = {"field": "curve", "type": "nominal", "title": None, "sort": names}
    colours, dashes = [colour for colour, _ in styles[: len(names)]], [dash for _, dash in styles[: len(names)]]
    tips = [
        {"field": "curve", "type": "nominal", "title": "Curve"},
        {"field": "x", "type": "quantitative", "title": label, "format": ".2%"},
        {"field": "y", "type": "quantitative", "title": "Share held", "format": ".1%"},
    ]
    return {
        "$schema": SCHEMA,
        "description": _lorenz_words(rows, names, label),
        "width": "container",
        "height": 260,
        "layer": [
            *_even_layers({"x": x, "y": y}, end, dark),
            {
                "data": {"values": rows},
                "mark": {"type": "line", "strokeWidth": 2, "interpolate": "linear"},
                "encoding": {
                    "x": x, "y": y, "tooltip": tips,
                    "color": {**told, "scale": {"domain": names, "range": colours}},
                    "strokeDash": {**told, "scale": {"domain": names, "range": dashes}},
                },
            },
        ],
    }  # fmt: skip


def _even_layers(sides: dict[str, Any], end: float, dark: bool) -> list[dict[str, Any]]:
    """The diagonal, cut where the axis ends, and its name."""
    rows = [{"x": at, "y": at, "label": "even spread"} for at in (0, end)]
    grey, ink = ("#c9c9c9", "#ffffff") if dark else ("#595959", "#1f1f1f")
    words = {"type": "text", "align": "right", "baseline": "bottom", "dy": -4, "fontSize": 11, "color": ink}
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "color": grey, "strokeWidth": 1.5, "strokeDash": [1, 3]},
            "encoding": sides,
        },
        {
            "data": {"values": rows[1:]},
            "mark": words,
            "encoding": {**sides, "text": {"field": "label", "type": "nominal"}},
        },
    ]


_TURQUOISE, _PURPLE, _PINK = "#28A197", "#A285D1", "#801650"
_DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
LORENZ_STYLES = {
    False: tuple(zip((DARK_BLUE, ORANGE, _TURQUOISE, _PINK), _DASHES, strict=True)),
    True: tuple(zip((LIGHT_BLUE, ORANGE, _TURQUOISE, _PURPLE), _DASHES, strict=True)),
}
LORENZ_POINTS = 200  # of one curve; more cannot be seen


def _lorenz_end(curves: pd.DataFrame, across: str) -> float:
    """Where the axis ends: every curve has 99% by then."""
    reached = curves.loc[curves["share"] >= 0.99].groupby("curve")[across].min()
    last = float(reached.max()) if len(reached) else 1.0
    return next(end for end in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if end >= min(last, 1.0))


def _lorenz_rows(curve: pd.DataFrame, across: str, end: float) -> list[dict[str, Any]]:
    """The curve's points up to ``end``, thinned to evenly spaced ones where there are too many."""
    known = curve.dropna(subset=[across, "share"]).sort_values([across, "share"])
    if known.empty:
        return []
    x, y = known[across].to_numpy(dtype=float), known["share"].to_numpy(dtype=float)
    at = np.append(x[x < end], end)
    if len(at) > LORENZ_POINTS:
        at = np.linspace(0, end, LORENZ_POINTS)
    name = str(known["curve"].iloc[0])
    return [
        {"curve": name, "x": round(float(a), 6), "y": round(float(b), 5)}
        for a, b in zip(at, np.interp(at, x, y), strict=True)
    ]


def _lorenz_words(rows: list[dict[str, Any]], names: list[str], label: str) -> str:
    half = []
    for name in names:
        points = [(row["x"], row["y"]) for row in rows if row["curve"] == name]
        if points:
            x, y = zip(*points, strict=True)
            half.append(f"half of {name} lies in {np.interp(0.5, y, x):.2%}")
    return f"Lorenz curves by {label.lower()}: {'; '.join(half) or 'nothing to draw'}."


def methods_spec(table: pd.DataFrame, chosen: str, against: str, dark: bool = False) -> dict[str, Any]:
    """Points with error bars: what each method of ``table`` caught more or less than ``against``, best first.

    ``table``: method (as it is to be read), difference, ci_low and ci_high (shares; nan: no interval). The row of
    ``against`` is the line at 0 and has no point. The ``chosen`` method is a diamond and says so in its label; the
    figure stands at the right of every row, so no colour is needed to read it.
    """
    _needs(table, ["method", "difference", "ci_low", "ci_high"])
    rows = [_method_row(pd.Series(row), chosen) for row in table.to_dict("records") if row["method"] != against]
    names = [row["name"] for row in rows]
    ink, colour = ("#ffffff", LIGHT_BLUE) if dark else ("#1f1f1f", DARK_BLUE)
    title = f"Percentage points more than {against.lower()}"
    told = "; ".join(f"{row['name']} {row['said']}" for row in rows) or "nothing to compare"
    x = {
        "type": "quantitative", "scale": {"zero": True, "nice": False, "padding": 10},
        # a title that overhangs on the right would make the plot narrower
        "axis": {"title": title, "titleAnchor": "end", "titleLimit": 300, "format": "+.1f", "tickCount": 4},
    }  # fmt: skip
    y = {"field": "name", "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 230}}
    shape = {
        "field": "chosen", "type": "nominal", "legend": None,
        "scale": {"domain": [True, False], "range": ["diamond", "circle"]},
    }  # fmt: skip
    words = {"type": "text", "align": "left", "dx": 8, "fontSize": 12, "color": ink}
    return {
        "$schema": SCHEMA,
        "description": f"{title}: {told}.",
        "width": "container",
        "height": {"step": 28},
        "data": {"values": rows},
        "layer": [
            {
                "data": {"values": [{"at": 0}]},
                "mark": {"type": "rule", "color": "#8a8a8a", "strokeDash": [4, 3]},
                "encoding": {"x": {**x, "field": "at"}},
            },
            {
                "mark": {"type": "rule", "color": colour, "strokeWidth": 2},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "color": colour, "opacity": 1},
                "encoding": {
                    "x": {**x, "field": "value"}, "y": y, "shape": shape,
                    "tooltip": [
                        {"field": "name", "type": "nominal", "title": "Method"},
                        {"field": "said", "type": "nominal", "title": "Points"},
                    ],
                },
            },
            {"mark": words, "encoding": {"x": {"value": "width"}, "y": y, "text": {"field": "figure"}}},
        ],
    }  # fmt: skip


def _method_row(row: pd.Series, chosen: str) -> dict[str, Any]:
    """One method: its label, its difference in percentage points, the interval (none: the point itself), in words."""
    value, low, high = (100 * float(row[name]) for name in ("difference", "ci_low", "ci_high"))
    known = low == low and high == high
    figure = _signed(value)
    said = figure + (f" ({_signed(low)} to {_signed(high)})" if known else "")
    return {
        "name": f"{row['method']} (default)" if row["method"] == chosen else str(row["method"]),
        "value": round(value, 3),
        "low": round(low if known else value, 3),
        "high": round(high if known else value, 3),
        "figure": figure,
        "said": said,
        "chosen": row["method"] == chosen,
    }


def _signed(value: float) -> str:
    """'+0.35', '−0.02' with a real minus sign, '0.00'."""
    return "0.00" if round(value, 2) == 0 else f"{value:+.2f}".replace("-", "−")
