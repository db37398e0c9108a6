"""Change as plain specs that a test can read: place by place, trend before the start, series, minutes beside change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import isnan
from typing import Any

import pandas as pd

from hotspots.base.words import counted
from hotspots.change.estimates import CANT_TELL, FELL, ROSE, verdict
from hotspots.change.words import ratio_text
from hotspots.charts import marks

POOLED = {
    "panel": "All together, against the comparison", "expected": "All together, against what was expected",
    "naive": "All together, no comparison", "single": "Against all of the comparison",
}  # fmt: skip
GROUP_STYLES = {"treated": ([1, 0], "circle"), "comparison": ([6, 3], "square")}
LEAST_COVERED = 0.25  # of a period; of less the index is mostly chance
MANY = 30  # rows from which they stand closer


# ---------------------------------------------------------------- place by place


def forest_spec(spots: pd.DataFrame, table: pd.DataFrame, dark: bool = False, withheld: bool = False) -> marks.Row:
    """A line for each treated hot spot of ``spots`` (`CHANGE_SPOTS`) and, below, the leading estimate of ``table``.

    Each place's ratio is that of its change to the comparison's; where no place has one, after over before. Of
    ``table`` (`CHANGE`) the row counts that has measure count, leads, and is a ratio: a diamond, with its verdict.
    Where that is ``withheld`` whatever its interval says, no single place has one either.
    """
    treated = spots[spots["role"] == "treated"].reset_index(drop=True)
    compared = bool(treated["against"].notna().any())
    fields = ("against", "against_low", "against_high") if compared else ("rate_ratio", "ratio_low", "ratio_high")
    pooled = table[(table["measure"] == "count") & table["leads"].astype(bool) & (table["scale"] == "ratio")]
    ends = [float(v) for c in fields[1:] for v in treated[c]]
    must = [*map(float, treated[fields[0]]), *(float(v) for c in ("estimate", "ci_low", "ci_high") for v in pooled[c])]
    most = marks.reach(must, ends)
    names = zip(marks.apart(treated), marks.records(treated), strict=True)
    rows = [forest_row(name, row, fields, most, withheld) for name, row in names]
    both = [*rows, *(pooled_row(row, most) for row in marks.records(pooled))]
    title = "Change against the comparison's, ratio (1 = the same)" if compared else "After / before, ratio (1 = equal)"
    height = {"step": 16 if len(both) > MANY else 24}
    return marks.spec(
        forest_words(rows, both[len(rows) :], compared), forest_layers(both, most, title, dark), height, both
    )


def forest_layers(rows: list[marks.Row], most: float, title: str, dark: bool) -> list[marks.Row]:
    bold = " || ".join(f"datum.value == '{label}'" for label in POOLED.values())
    y = {
        "field": "name", "type": "nominal", "sort": [r["name"] for r in rows],
        "axis": {
            "title": None, "labelLimit": 220, "labelOverlap": False, "labelFontSize": 11,
            "labelFontWeight": {"condition": {"test": bold, "value": "bold"}, "value": "normal"},
        },
    }  # fmt: skip
    (colour, shape), ratio = marks.by_verdict(dark), marks.log_axis(most, title)
    tips = (("name", "Hot spot"), ("said", "Ratio, 95% interval"), ("counts", "Incidents"))
    single = marks.points("x", ratio, y, colour, shape, tips)
    single["transform"] = [{"filter": "isValid(datum.value) && !datum.pooled"}]
    diamond = marks.points("x", ratio, y, colour, {"value": "diamond"}, tips[:2])
    diamond["transform"] = [{"filter": "isValid(datum.value) && datum.pooled"}]
    diamond["mark"]["size"] = 200
    return [
        *marks.layers("x", ratio, y, colour, dark), single, diamond,
        marks.text_layer(y, "reason", dark, inside=True), marks.text_layer(y, "figure", dark, inside=False),
    ]  # fmt: skip


def forest_row(name: str, row: marks.Row, fields: Sequence[str], most: float, withheld: bool) -> marks.Row:
    value, low, high = (float(row[f]) for f in fields)
    before, after = (int(row[c]) for c in ("count_before", "count_after"))
    reason = f"no ratio: {no_ratio(before, after)}" if isnan(value) else ""
    word = CANT_TELL if withheld else verdict(low, high, 1.0)
    return marks.drawn(name, (value, low, high), word, reason, most, counts=f"{before:,} before, {after:,} after")


def no_ratio(before: int, after: int) -> str:
    if not before:
        return f"none before, {after:,} after" if after else "nothing happened before or after"
    return f"{before:,} before, none after" if not after else "the comparison has none"


def pooled_row(row: marks.Row, most: float) -> marks.Row:
    value, low, high = (float(row[f]) for f in ("estimate", "ci_low", "ci_high"))
    name, word = POOLED.get(str(row["estimate_of"]), "All together"), str(row["verdict"]) or CANT_TELL
    return marks.drawn(name, (value, low, high), word, "no ratio" if isnan(value) else "", most, "", pooled=True)


def forest_words(rows: list[marks.Row], pooled: list[marks.Row], compared: bool) -> str:
    if not rows:
        return "Forest plot of the treated hot spots: there is none to draw."
    rated = [r for r in rows if r["ratio"] is not None]
    parts = [f"{sum(r['verdict'] == v for r in rated)} {v}" for v in marks.VERDICTS]
    if len(rated) < len(rows):
        parts.append(f"{len(rows) - len(rated)} without a ratio")
    words = f"Forest plot of {counted(len(rows), 'treated hot spot')}, "
    words += "each against the comparison" if compared else "after over before, with no comparison"
    words += f": {', '.join(parts)}."
    if rated:
        low, high = (pick(rated, key=lambda r: r["ratio"]) for pick in (min, max))
        words += f" Lowest: {low['name']}, {low['said']}; highest: {high['name']}, {high['said']}."
    return words + "".join(f" {r['name']}: {r['said']}." for r in pooled)


# ---------------------------------------------------------------- before the start, and the course of both


def trend_chart_spec(trend: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Treated over comparison by block of ``trend`` (`CHANGE_TREND`), against the last block before the start."""
    table = trend.sort_values("first_day", kind="stable")
    figures = [tuple(float(row[c]) for c in ("rate_ratio", "ci_low", "ci_high")) for row in marks.records(table)]
    most = marks.reach([f[0] for f in figures], [end for f in figures for end in f[1:]])
    rows = [trend_row(row, f, most) for row, f in zip(marks.records(table), figures, strict=True)]
    inks, halves = marks.colours(dark), ("before the start", "after it")
    field = {"field": "side", "type": "nominal", "title": None, "legend": marks.LEGEND}
    colour = {**field, "scale": {"domain": list(halves), "range": [inks[CANT_TELL], inks[FELL]]}}
    shape = {**field, "scale": {"domain": list(halves), "range": ["circle", "diamond"]}}
    x = marks.time_axis("middle")
    ratio = marks.log_axis(most, "Treated / comparison (ratio)")
    tips = (("days", "Days"), ("said", "Ratio, 95% interval"), ("counts", "Incidents"))
    parts = [*marks.layers("y", ratio, x, colour, dark), marks.points("y", ratio, x, colour, shape, tips)]
    start = table.loc[table["post"].astype(bool), "first_day"].min()
    if isinstance(start, str):
        parts += marked(start, "start", dark)
    return marks.spec(trend_words(rows, start), parts, 240, rows)


def trend_row(row: marks.Row, figures: Sequence[float], most: float) -> marks.Row:
    """One block. Its reason for having no interval is said, and is what a missing ratio shows."""
    value, low, high = figures
    why, ratio = str(row["reason"]), marks.ratio_words(value, low, high)
    if value == low == high:
        ratio = ratio_text(value)
    return {
        **marks.on_axis(value, low, high, most), "middle": middle(row["first_day"], row["last_day"]),
        "days": f"{row['first_day']} to {row['last_day']}", "side": "after it" if row["post"] else "before the start",
        "counts": f"{float(row['treated']):,.0f} treated, {float(row['comparison']):,.0f} comparison",
        "said": f"{ratio}{f': {why}' if why else ''}",
    }  # fmt: skip


def trend_words(rows: list[marks.Row], start: Any) -> str:
    if not rows:
        return "Trend of treated over comparison places: there is no block of periods to draw."
    blocks = "; ".join(f"{r['days']} {r['said']}" for r in rows)
    begins = f" ({start})" if isinstance(start, str) else ""
    return f"Ratio of treated to comparison places by block, the last one before the start{begins} being 1: {blocks}."


def middle(first: str, last: str) -> str:
    begin = date.fromisoformat(str(first))
    return (begin + (date.fromisoformat(str(last)) - begin) / 2).isoformat()


def marked(day: str, label: str, dark: bool) -> list[marks.Row]:
    """A dashed line at a day, and its name."""
    x, values = marks.time_axis("day"), [{"day": day, "label": label}]
    words = {"x": x, "y": {"value": 2}, "text": marks.named("label")}
    return [
        marks.layer(marks.BREAK, {"x": x}, values),
        marks.layer(marks.text("left", 11, marks.ink(dark), baseline="top", dx=4), words, values),
    ]


def series_spec(series: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Incidents of both groups by period of ``series`` (`CHANGE_SERIES`), each as an index: its mean before is 100.

    The index is of rates (count / exposure), so a period that is covered in part does not look low. A period that is
    not covered is a gap, never zero; one covered for less than a quarter is left out.
    """
    rows, unknown = [], []
    for group, own in series.groupby("group", sort=False):
        base = own[own["side"] == "before"]
        mean = base["count"].sum() / base["exposure"].sum() if base["exposure"].sum() > 0 else 0.0
        if mean > 0:
            rows += index_rows(str(group), own, float(mean))
        else:
            unknown.append(str(group))
    names = [g for g in GROUP_STYLES if any(r["group"] == g for r in rows)]
    parts = [*shaded(series, dark), *index_layers(names, dark)]
    return marks.spec(series_words(series, rows, unknown), parts, 260, rows)


def index_layers(names: list[str], dark: bool) -> list[marks.Row]:
    """A rule at 100, and for each group a line that stops at gaps, with a point for every period."""
    inks, field = marks.colours(dark), {"field": "group", "type": "nominal", "title": None, "legend": marks.LEGEND}
    both = {"treated": marks.LIGHT_BLUE if dark else marks.DARK_BLUE, "comparison": inks[ROSE]}
    styles = [(both[g], *GROUP_STYLES[g]) for g in names]
    colour, dash, shape = (
        {**field, "scale": {"domain": names, "range": [style[i] for style in styles]}} for i in range(3)
    )
    axis = {"title": "Index (own mean before = 100)", "tickCount": 5}
    x, y = marks.time_axis("middle"), {"type": "quantitative", "scale": {"zero": True}, "axis": axis}
    index = {"x": x, "y": {**y, "field": "index"}, "color": colour}
    tips = (("group", "Group"), ("days", "Days"), ("said", "Index"), ("counts", "Incidents"))
    line, said = {**index, "strokeDash": dash, "detail": marks.named("run")}, [marks.tip(*about) for about in tips]
    point = {"type": "point", "filled": True, "size": 26, "opacity": 1}
    return [
        marks.layer(marks.LEVEL, {"y": {**y, "field": "at"}}, [{"at": 100}]),
        marks.layer({"type": "line", "strokeWidth": 2}, line),
        marks.layer(point, {**index, "shape": shape, "tooltip": said}),
    ]


def index_rows(group: str, own: pd.DataFrame, mean: float) -> list[marks.Row]:
    """Periods of one group in order; ``run`` numbers the stretches without a gap."""
    rows: list[marks.Row] = []
    run, ended = 0, ""
    for row in own[own["exposure"] >= LEAST_COVERED].sort_values("first_day").to_dict("records"):
        first, last = str(row["first_day"]), str(row["last_day"])
        run += ended != (date.fromisoformat(first) - timedelta(days=1)).isoformat()
        ended = last
        index = 100 * float(row["count"]) / float(row["exposure"]) / mean
        part = "" if row["exposure"] >= 0.995 else f", {float(row['exposure']):.0%} of the period covered"
        rows.append({
            "group": group, "middle": middle(first, last), "days": f"{first} to {last}", "side": str(row["side"]),
            "index": round(index, 1), "said": f"{index:,.0f}{part}", "counts": f"{int(row['count']):,}",
            "run": f"{group} {run}",
        })  # fmt: skip
    return rows


def shaded(series: pd.DataFrame, dark: bool) -> list[marks.Row]:
    """The windows before and after, shaded and named."""
    spans = series[series["side"] != ""].groupby("side").agg(first=("first_day", "min"), last=("last_day", "max"))
    values = [
        {"first": first, "last": (date.fromisoformat(str(last)) + timedelta(days=1)).isoformat(), "label": side,
         "opacity": 0.10 if side == "before" else 0.22}
        for side, first, last in spans.sort_values("first").itertuples()
    ]  # fmt: skip
    x, opacity = marks.time_axis("first"), {"field": "opacity", "type": "quantitative", "scale": None}
    shade = {"x": x, "x2": {"field": "last"}, "opacity": opacity}
    words = {"x": x, "y": {"value": 2}, "text": marks.named("label")}
    return [
        marks.layer({"type": "rect", "color": marks.GREY}, shade, values),
        marks.layer(marks.text("left", 11, marks.ink(dark), baseline="top", dx=4), words, values),
    ]


def series_words(series: pd.DataFrame, rows: list[marks.Row], unknown: list[str]) -> str:
    if not rows:
        return "Incidents of treated and comparison places by period: nothing was counted before, so there is no index."
    levels = []
    for group in dict.fromkeys(r["group"] for r in rows):
        after = series[(series["group"] == group) & (series["side"] == "after")]
        base = series[(series["group"] == group) & (series["side"] == "before")]
        if after["exposure"].sum() > 0:
            rate = after["count"].sum() / after["exposure"].sum() / (base["count"].sum() / base["exposure"].sum())
            levels.append(f"{group} places are at {100 * rate:.0f} on average after")
    words = "Incidents by period as an index, each group's own mean before being 100"
    first, last = min(r["days"] for r in rows)[:10], max(r["days"] for r in rows)[-10:]
    none = f" There is no index for {' and '.join(unknown)} places, which had no incident before." if unknown else ""
    return f"{words}, from {first} to {last}{': ' if levels else ''}{'; '.join(levels)}.{none}"


NO_EFFECT = "Dose follows crime: this is no effect of patrols."
TITLE = "Incidents a day (1 = as without minutes)"
ROLE_SHAPES = {"treated": "circle", "comparison": "square", "none": "triangle-up"}


def dose_scatter_spec(scatter: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Minutes a day against the change of each hot spot of ``scatter`` (`CHANGE_SCATTER`), role by shape and colour.

    Hot spots without a ratio or without a day with data are left out and counted in the description.
    """
    shown = scatter[scatter["patrol_minutes_a_day"].notna() & (scatter["rate_ratio"] > 0)].reset_index(drop=True)
    figures = shown[["rate_ratio", "ratio_low", "ratio_high"]].to_numpy(float)
    most = marks.reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [scatter_row(name, row, most) for name, row in zip(marks.apart(shown), marks.records(shown), strict=True)]
    roles = [r for r in ROLE_SHAPES if any(row["role"] == r for row in rows)]
    inks, field = marks.colours(dark), {"field": "role", "type": "nominal", "title": None}
    by_role = {"treated": inks[FELL], "comparison": inks[ROSE], "none": inks[CANT_TELL]}
    legend = marks.LEGEND
    colour = {**field, "legend": legend, "scale": {"domain": roles, "range": [by_role[r] for r in roles]}}
    shape = {**field, "legend": legend, "scale": {"domain": roles, "range": [ROLE_SHAPES[r] for r in roles]}}
    x = {"field": "minutes", "type": "quantitative", "scale": {"zero": True},
         "axis": {"title": "Patrol-minutes per patrol day with data", "format": ",.0f"}}  # fmt: skip
    ratio = marks.log_axis(most, "Incidents after / before (ratio)")
    tips = (("name", "Hot spot"), ("role", "Role"), ("dose", "Dose"), ("said", "Ratio, 95% interval"))
    words = scatter_words(rows, len(scatter) - len(rows))
    return marks.spec(
        words, [*marks.layers("y", ratio, x, colour, dark), marks.points("y", ratio, x, colour, shape, tips)], 280, rows
    )


def scatter_row(name: str, row: marks.Row, most: float) -> marks.Row:
    value, low, high = (float(row[c]) for c in ("rate_ratio", "ratio_low", "ratio_high"))
    minutes = float(row["patrol_minutes_a_day"])
    return {
        "name": name, "role": str(row["role"]), "minutes": round(minutes, 1), **marks.on_axis(value, low, high, most),
        "dose": f"{minutes:,.1f} patrol-minutes a day on {int(row['days_with_data']):,} days",
        "said": marks.ratio_words(value, low, high),
    }  # fmt: skip


def scatter_words(rows: list[marks.Row], left_out: int) -> str:
    gone = f" {left_out} without a ratio or without data on patrols {'is' if left_out == 1 else 'are'} left out."
    if not rows:
        return "Dose against change of each hot spot: there is none to draw." + (gone if left_out else "")
    few, much = (pick(rows, key=lambda r: r["minutes"]) for pick in (min, max))
    words = f"Patrol-minutes a day against the change of incidents in {counted(len(rows), 'hot spot')}"
    words += f", from {few['name']}, {few['dose']}, ratio {few['said']}, to {much['name']}, {much['dose']}, ratio"
    return f"{words} {much['said']}.{gone if left_out else ''}"


def dose_bands_spec(dose: pd.DataFrame, dark: bool = False) -> marks.Row:
    """Ratios with intervals by band of minutes of ``dose`` (`CHANGE_DOSE`)."""
    table = dose[(dose["part"] == "bands") & (dose["term"] != "")].reset_index(drop=True)
    figures = table[["rate_ratio", "ci_low", "ci_high"]].to_numpy(float)
    most = marks.reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [dose_row(row, most) for row in marks.records(table)]
    y = {"field": "name", "type": "nominal", "sort": [r["name"] for r in rows],
         "axis": {"title": None, "labelLimit": 240}}  # fmt: skip
    (colour, shape), ratio = by_dose(dark), marks.log_axis(most, TITLE)
    tips = (("name", "Days with"), ("said", "Ratio, 95% interval"), ("counts", "Rests on"))
    parts = [*marks.layers("x", ratio, y, colour, dark), marks.points("x", ratio, y, colour, shape, tips)]
    parts += [marks.text_layer(y, "reason", dark, inside=True), marks.text_layer(y, "figure", dark, inside=False)]
    return marks.spec(dose_words(dose, rows), parts, {"step": 28}, rows)


def by_dose(dark: bool) -> tuple[marks.Row, marks.Row]:
    """Fewer, can't tell and more, as `hotspots.change.dose.beside` says it, in the shapes of the verdicts."""
    pair = marks.by_verdict(dark)
    for one in pair:
        one["scale"] = {**one["scale"], "domain": ["fewer", CANT_TELL, "more"]}
    return pair


def dose_row(row: marks.Row, most: float) -> marks.Row:
    """One band; the one that all others are set against has a point at 1 and no interval."""
    value, low, high = (float(row[c]) for c in ("rate_ratio", "ci_low", "ci_high"))
    word = {FELL: "fewer", ROSE: "more"}.get(verdict(low, high, 1.0), CANT_TELL)
    counts: str = "" if pd.isna(row["n"]) else f"{int(row['n']):,} days, {float(row['count']):,.0f} incidents"
    base = value == low == high == 1
    found = marks.drawn(
        str(row["term"]), (value, low, high), word, str(row["reason"]) if isnan(value) else "", most, counts
    )
    if base:
        found |= {"low": None, "high": None, "figure": "all against this", "said": "1, all others are set against it"}
    return found | ({"verdict": CANT_TELL} if base or found["reason"] else {})


def dose_words(dose: pd.DataFrame, rows: list[marks.Row]) -> str:
    if not rows:
        why = " ".join(dose.loc[dose["part"] == "bands", "reason"]) or "there is nothing to draw."
        return f"Incidents by patrol-minutes of the day: {why}"
    each = "; ".join(f"{r['name']} {r['said']}" for r in rows)
    return f"Incidents by patrol-minutes of the day, ratio within hot spots: {each}. {NO_EFFECT}"


def dose_curve_spec(dose: pd.DataFrame, dark: bool = False) -> marks.Row:
    """The smooth line of ``dose`` (`CHANGE_DOSE`, part curve) with its pointwise interval, against no minutes."""
    table = dose[(dose["part"] == "curve") & dose["rate_ratio"].notna()].sort_values("minutes")
    figures = table[["rate_ratio", "ci_low", "ci_high"]].to_numpy(float)
    most = marks.reach(figures[:, 0], figures[:, 1:].ravel())
    rows = [curve_row(row, most) for row in marks.records(table)]
    ink = marks.LIGHT_BLUE if dark else marks.MID_BLUE
    x = {"field": "minutes", "type": "quantitative", "axis": {"title": "Patrol-minutes of the day", "format": ",.0f"}}
    ratio = marks.log_axis(most, TITLE)
    one, *_ = marks.layers("y", ratio, x, {"value": ink}, dark)
    band = marks.layer(
        {"type": "area", "color": ink, "opacity": 0.22},
        {"x": x, "y": {**ratio, "field": "low"}, "y2": {"field": "high"}},
        where="isValid(datum.low)",
    )
    line = marks.layer({"type": "line", "color": ink, "strokeWidth": 2, "point": {"color": ink, "size": 20}}, {
            "x": x, "y": {**ratio, "field": "value"},
            "tooltip": [{"field": "said", "type": "nominal", "title": "Ratio, 95% interval"}],
        }, where="isValid(datum.value)")  # fmt: skip
    return marks.spec(curve_words(dose, rows), [band, one, line], 260, rows)


def curve_row(row: marks.Row, most: float) -> marks.Row:
    minutes, (value, low, high) = float(row["minutes"]), (float(row[c]) for c in ("rate_ratio", "ci_low", "ci_high"))
    said = f"{minutes:,.0f} minutes: {marks.ratio_words(value, low, high)}"
    return {"minutes": minutes, **marks.on_axis(value, low, high, most), "said": said}


def curve_words(dose: pd.DataFrame, rows: list[marks.Row]) -> str:
    if not rows:
        why = " ".join(dose.loc[dose["part"] == "curve", "reason"]) or "there is nothing to draw."
        return f"Incidents by patrol-minutes of the day as a line: {why}"
    points_said = "; ".join(rows[i]["said"] for i in sorted({len(rows) // 4, len(rows) // 2, len(rows) - 1}))
    words = "Incidents by patrol-minutes of the day as a line, ratio to days without minutes, within hot spots"
    return f"{words}: {points_said}. {NO_EFFECT}"
