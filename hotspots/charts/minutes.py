"""Minutes beside outcomes as plain specs that a test can read: dose against change, bands and a curve of minutes."""

from __future__ import annotations

from math import isnan

import pandas as pd

from hotspots.base.words import counted
from hotspots.change.estimates.verdicts import CANT_TELL, FELL, ROSE, verdict
from hotspots.charts.parts import LIGHT_BLUE, MID_BLUE, Row, spec
from hotspots.charts.ratio import (  # fmt: skip
    LEGEND,
    apart,
    by_verdict,
    colours,
    drawn,
    layers,
    log_axis,
    on_axis,
    points,
    ratio_words,
    reach,
    records,
    text_layer,
)

NO_EFFECT = "Dose follows crime: this is no effect of patrols."
TITLE = "Incidents a day (1 = as without minutes)"
ROLE_SHAPES = {"treated": "circle", "comparison": "square", "none": "triangle-up"}


def dose_scatter_spec(scatter: pd.DataFrame, dark: bool = False) -> Row:
    """Minutes a day against the change of each hot spot of ``scatter`` (`CHANGE_SCATTER`), role by shape and colour.

    Hot spots without a ratio or without a day with data are left out and counted in the description.
    """
    shown = scatter[scatter["patrol_minutes_a_day"].notna() & (scatter["rate_ratio"] > 0)].reset_index(drop=True)
    figures = shown[["rate_ratio", "ratio_low", "ratio_high"]].to_numpy(float)
    most = reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [scatter_row(name, row, most) for name, row in zip(apart(shown), records(shown), strict=True)]
    roles = [r for r in ROLE_SHAPES if any(row["role"] == r for row in rows)]
    inks, field = colours(dark), {"field": "role", "type": "nominal", "title": None}
    by_role = {"treated": inks[FELL], "comparison": inks[ROSE], "none": inks[CANT_TELL]}
    legend = LEGEND
    colour = {**field, "legend": legend, "scale": {"domain": roles, "range": [by_role[r] for r in roles]}}
    shape = {**field, "legend": legend, "scale": {"domain": roles, "range": [ROLE_SHAPES[r] for r in roles]}}
    x = {"field": "minutes", "type": "quantitative", "scale": {"zero": True},
         "axis": {"title": "Patrol-minutes per patrol day with data", "format": ",.0f"}}  # fmt: skip
    ratio = log_axis(most, "Incidents after / before (ratio)")
    tips = (("name", "Hot spot"), ("role", "Role"), ("dose", "Dose"), ("said", "Ratio, 95% interval"))
    words = scatter_words(rows, len(scatter) - len(rows))
    return spec(words, [*layers("y", ratio, x, colour, dark), points("y", ratio, x, colour, shape, tips)], 280, rows)


def scatter_row(name: str, row: Row, most: float) -> Row:
    value, low, high = (float(row[c]) for c in ("rate_ratio", "ratio_low", "ratio_high"))
    minutes = float(row["patrol_minutes_a_day"])
    return {
        "name": name, "role": str(row["role"]), "minutes": round(minutes, 1), **on_axis(value, low, high, most),
        "dose": f"{minutes:,.1f} patrol-minutes a day on {int(row['days_with_data']):,} days",
        "said": ratio_words(value, low, high),
    }  # fmt: skip


def scatter_words(rows: list[Row], left_out: int) -> str:
    gone = f" {left_out} without a ratio or without data on patrols {'is' if left_out == 1 else 'are'} left out."
    if not rows:
        return "Dose against change of each hot spot: there is none to draw." + (gone if left_out else "")
    few, much = (pick(rows, key=lambda r: r["minutes"]) for pick in (min, max))
    words = f"Patrol-minutes a day against the change of incidents in {counted(len(rows), 'hot spot')}"
    words += f", from {few['name']}, {few['dose']}, ratio {few['said']}, to {much['name']}, {much['dose']}, ratio"
    return f"{words} {much['said']}.{gone if left_out else ''}"


def dose_bands_spec(dose: pd.DataFrame, dark: bool = False) -> Row:
    """Ratios with intervals by band of minutes of ``dose`` (`CHANGE_DOSE`)."""
    table = dose[(dose["part"] == "bands") & (dose["term"] != "")].reset_index(drop=True)
    figures = table[["rate_ratio", "ci_low", "ci_high"]].to_numpy(float)
    most = reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [dose_row(row, most) for row in records(table)]
    y = {"field": "name", "type": "nominal", "sort": [r["name"] for r in rows],
         "axis": {"title": None, "labelLimit": 240}}  # fmt: skip
    (colour, shape), ratio = by_dose(dark), log_axis(most, TITLE)
    tips = (("name", "Days with"), ("said", "Ratio, 95% interval"), ("counts", "Rests on"))
    parts = [*layers("x", ratio, y, colour, dark), points("x", ratio, y, colour, shape, tips)]
    parts += [text_layer(y, "reason", dark, inside=True), text_layer(y, "figure", dark, inside=False)]
    return spec(dose_words(dose, rows), parts, {"step": 28}, rows)


def by_dose(dark: bool) -> tuple[Row, Row]:
    """Fewer, can't tell and more, as `hotspots.change.dose.looks` says it, in the shapes of the verdicts."""
    pair = by_verdict(dark)
    for one in pair:
        one["scale"] = {**one["scale"], "domain": ["fewer", CANT_TELL, "more"]}
    return pair


def dose_row(row: Row, most: float) -> Row:
    """One band; the one that all others are set against has a point at 1 and no interval."""
    value, low, high = (float(row[c]) for c in ("rate_ratio", "ci_low", "ci_high"))
    word = {FELL: "fewer", ROSE: "more"}.get(verdict(low, high, 1.0), CANT_TELL)
    counts: str = "" if pd.isna(row["n"]) else f"{int(row['n']):,} days, {float(row['count']):,.0f} incidents"
    base = value == low == high == 1
    found = drawn(str(row["term"]), (value, low, high), word, str(row["reason"]) if isnan(value) else "", most, counts)
    if base:
        found |= {"low": None, "high": None, "figure": "all against this", "said": "1, all others are set against it"}
    return found | ({"verdict": CANT_TELL} if base or found["reason"] else {})


def dose_words(dose: pd.DataFrame, rows: list[Row]) -> str:
    if not rows:
        why = " ".join(dose.loc[dose["part"] == "bands", "reason"]) or "there is nothing to draw."
        return f"Incidents by patrol-minutes of the day: {why}"
    each = "; ".join(f"{r['name']} {r['said']}" for r in rows)
    return f"Incidents by patrol-minutes of the day, ratio within hot spots: {each}. {NO_EFFECT}"


def dose_curve_spec(dose: pd.DataFrame, dark: bool = False) -> Row:
    """The smooth line of ``dose`` (`CHANGE_DOSE`, part curve) with its pointwise interval, against no minutes."""
    table = dose[(dose["part"] == "curve") & dose["rate_ratio"].notna()].sort_values("minutes")
    figures = table[["rate_ratio", "ci_low", "ci_high"]].to_numpy(float)
    most = reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [curve_row(row, most) for row in records(table)]
    ink = LIGHT_BLUE if dark else MID_BLUE
    x = {"field": "minutes", "type": "quantitative", "axis": {"title": "Patrol-minutes of the day", "format": ",.0f"}}
    ratio = log_axis(most, TITLE)
    one, *_ = layers("y", ratio, x, {"value": ink}, dark)
    band = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "area", "color": ink, "opacity": 0.22},
        "encoding": {"x": x, "y": {**ratio, "field": "low"}, "y2": {"field": "high"}},
    }
    line = {
        "transform": [{"filter": "isValid(datum.value)"}],
        "mark": {"type": "line", "color": ink, "strokeWidth": 2, "point": {"color": ink, "size": 20}},
        "encoding": {
            "x": x, "y": {**ratio, "field": "value"},
            "tooltip": [{"field": "said", "type": "nominal", "title": "Ratio, 95% interval"}],
        },
    }  # fmt: skip
    return spec(curve_words(dose, rows), [band, one, line], 260, rows)


def curve_row(row: Row, most: float) -> Row:
    minutes, (value, low, high) = float(row["minutes"]), (float(row[c]) for c in ("rate_ratio", "ci_low", "ci_high"))
    said = f"{minutes:,.0f} minutes: {ratio_words(value, low, high)}"
    return {"minutes": minutes, **on_axis(value, low, high, most), "said": said}


def curve_words(dose: pd.DataFrame, rows: list[Row]) -> str:
    if not rows:
        why = " ".join(dose.loc[dose["part"] == "curve", "reason"]) or "there is nothing to draw."
        return f"Incidents by patrol-minutes of the day as a line: {why}"
    points_said = "; ".join(rows[i]["said"] for i in sorted({len(rows) // 4, len(rows) // 2, len(rows) - 1}))
    words = "Incidents by patrol-minutes of the day as a line, ratio to days without minutes, within hot spots"
    return f"{words}: {points_said}. {NO_EFFECT}"
