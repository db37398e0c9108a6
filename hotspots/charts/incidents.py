"""Incidents by month and harm by offence as plain specs that a test can read."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from hotspots.charts import marks

BREAK_LABEL = "map points changed"
RESTRICTIONS = (202003, 202107, "COVID-19 restrictions")  # make year-on-year figures misleading
MOST_OFFENCES = 12


def trend_spec(series: pd.DataFrame, breaks: Iterable[int] = (), dark: bool = False) -> marks.Row:
    """A line of incidents by month of ``series`` (month YYYYMM, n_incidents).

    A month without a row, or without a value, is a gap: never zero and never bridged. ``breaks`` are the months whose
    map points are new: a before/after across such a mark is not a change in crime. `RESTRICTIONS` are shaded where the
    data reach them.
    """
    rows = _runs(series)
    months = [row["month"] for row in rows]
    line = _line_layer(rows, marks.LIGHT_BLUE if dark else marks.DARK_BLUE)
    return marks.spec(
        _trend_words(rows), [*_band_layers(months, dark), line, *_break_layers(breaks, months, dark)], 220
    )


def _day(month: int) -> str:
    """The first day of a month: 202207 → 2022-07-01."""
    return f"{month // 100:04d}-{month % 100:02d}-01"


def _runs(series: pd.DataFrame) -> list[marks.Row]:
    """Rows with a value, in order; ``run`` numbers the unbroken stretches of months, so lines stop at gaps."""
    filled = series.loc[series["n_incidents"].notna(), ["month", "n_incidents"]].sort_values("month")
    rows: list[marks.Row] = []
    run, before = 0, None
    for month, value in zip(filled["month"].astype(int), filled["n_incidents"].astype(float), strict=True):
        count = month // 100 * 12 + month % 100
        run += before is None or count != before + 1
        before = count
        rows.append({"month": _day(month), "value": round(value, 1), "run": run})
    return rows


def _line_layer(rows: list[marks.Row], colour: str) -> marks.Row:
    return marks.layer({"type": "line", "color": colour, "strokeWidth": 2, "point": {"color": colour, "size": 28}}, {
            "x": marks.time_axis("month"),
            "y": {
                "field": "value", "type": "quantitative", "scale": {"zero": True},
                "axis": {"title": "Incidents", "format": ",.0f", "tickCount": 5},
            },
            "detail": {"field": "run", "type": "nominal"},
            "tooltip": [
                {"field": "month", "type": "temporal", "title": "Month", "format": "%B %Y"},
                marks.tip("value", "Incidents", ",.0f"),
            ],
        }, rows)  # fmt: skip


def _break_layers(breaks: Iterable[int], months: list[str], dark: bool) -> list[marks.Row]:
    rows = [{"month": _day(month), "label": BREAK_LABEL} for month in sorted(set(breaks))]
    rows = [row for row in rows if months and months[0] <= row["month"] <= months[-1]]
    if not rows:
        return []
    x, words = marks.time_axis("month"), marks.text("right", 11, marks.ink(dark), baseline="top", dx=-4)
    return [
        marks.layer(marks.BREAK, {"x": x, "tooltip": [marks.tip("label", "Break")]}, rows),
        marks.layer(words, {"x": x, "y": {"value": 2}, "text": marks.named("label")}, rows),
    ]


def _band_layers(months: list[str], dark: bool) -> list[marks.Row]:
    begins, ends, label = RESTRICTIONS
    if not months or max(_day(begins), months[0]) > min(_day(ends), months[-1]):
        return []
    rows = [{"month": max(_day(begins), months[0]), "to": min(_day(ends), months[-1]), "label": label}]
    x, shade = marks.time_axis("month"), {"type": "rect", "color": marks.GREY, "opacity": 0.16}
    words = {"x": x, "y": {"value": "height"}, "text": marks.named("label")}
    return [
        marks.layer(shade, {"x": x, "x2": {"field": "to"}}, rows),
        marks.layer(marks.text("left", 11, marks.soft_ink(dark), baseline="bottom", dx=4, dy=-4), words, rows),
    ]


def _trend_words(rows: list[marks.Row]) -> str:
    if not rows:
        return "Incidents by month: no month has a value."
    gaps = rows[-1]["run"] - 1
    first, last = (f"{row['month'][:7]} ({row['value']:,.0f})" for row in (rows[0], rows[-1]))
    return f"Incidents by month from {first} to {last}, {gaps} gap{'' if gaps == 1 else 's'}."


def offence_bars_spec(offences: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Bars of harm days of the largest offences in ``offences`` (offence, n_incidents, harm_days), largest first.

    The rest are one bar, "n other offences", always last. An offence without harm days has no bar, only the words "not
    scored": unscored is not zero.
    """
    rows = _bar_rows(offences)
    x = {
        "field": "value", "type": "quantitative", "scale": {"zero": True},
        "axis": {"title": "Harm, days", "format": ",.0f", "tickCount": 4},
    }  # fmt: skip
    y = marks.names_axis("offence", [row["offence"] for row in rows], 230)
    tips = [marks.tip("offence", "Offence"), marks.tip("said", "Harm, days"), marks.tip("n", "Incidents", ",.0f")]
    first = "; ".join(f"{row['offence']} {row['said']}" for row in rows[:3])
    parts = [
        {"mark": {"type": "bar", "color": marks.LIGHT_BLUE if dark else marks.MID_BLUE}},
        marks.layer(marks.text("left", 11, marks.ink(dark), dx=4), {"text": {"field": "said", "type": "nominal"}}),
    ]
    drawn = marks.spec(f"Harm, days by offence: {first or 'none'}.", parts, {"step": 24}, rows)
    return {**drawn, "encoding": {"y": y, "x": x, "tooltip": tips}}


def _bar_rows(offences: pd.DataFrame) -> list[marks.Row]:
    ordered = offences.sort_values(["harm_days", "n_incidents", "offence"], ascending=[False, False, True])
    shown = ordered if len(ordered) <= MOST_OFFENCES else ordered.head(MOST_OFFENCES - 1)
    rows = [
        _bar(str(offence), value, n)
        for offence, value, n in zip(shown["offence"], shown["harm_days"], shown["n_incidents"], strict=True)
    ]
    rest = ordered.iloc[len(shown) :]
    if len(rest):
        total = rest["harm_days"].sum(min_count=1)
        rows.append(_bar(f"{len(rest)} other offences", total, int(rest["n_incidents"].sum())))
    return rows


def _bar(offence: str, value: float, n: int) -> marks.Row:
    if pd.isna(value):
        # 0 places the words at the axis; the bar itself has no length
        return {"offence": offence, "value": 0, "said": "not scored", "n": int(n)}
    return {"offence": offence, "value": round(float(value), 1), "said": f"{float(value):,.0f}", "n": int(n)}
