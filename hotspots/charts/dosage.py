"""Patrol dosage as plain specs that a test can read: a grid of days, one of hours, and bars against target.

The ramp goes from little to much in one hue: it prints in grey and survives colour blindness. A triangle says below or
above as well, so nothing rests on colour alone; no data is a state of its own, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from hotspots.base.words import DASH, counted
from hotspots.charts.marks import LIGHT_BLUE, MID_BLUE, ink, layer, names_axis, spec, text, tip
from hotspots.insight.hours import HOURS
from hotspots.patrols.dosage.dose import LOGS_ONLY, NO_DATA, NO_TARGET, OVER, UNDER

RAMP = ("#eaf2fa", "#b5d3f0", "#6BACE6", "#2073BC", "#12436D")
INKS = ("#1f1f1f", "#1f1f1f", "#1f1f1f", "#ffffff", "#ffffff")
BELOW, ABOVE = "▼", "▲"
NOT_HELD = "not held"
VERDICT_MARKS = {UNDER: BELOW, OVER: ABOVE}
ROLES = ("treated", "comparison", "none")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPOT = ["area", "register"]  # a number means a place in one version only


@dataclass(frozen=True)
class Bands:
    """Shares of the target that part the five colours. The third colour is on target."""

    under: float  # setting underdosed_share
    over: float  # setting overdosed_share

    @property
    def edges(self) -> tuple[float, float, float, float]:
        return round(self.under / 2, 9), self.under, self.over, round(1.5 * self.over, 9)

    def number(self, share: float) -> int:
        """0 to 4; exactly 80% and exactly 120% are on target."""
        low, under, over, high = self.edges
        return 0 if share < low else 1 if share < under else 2 if share <= over else 3 if share <= high else 4

    def mark(self, share: float) -> str:
        return BELOW if share < self.under else ABOVE if share > self.over else ""

    @property
    def labels(self) -> tuple[str, ...]:
        low, under, over, high = (f"{100 * edge:g}" for edge in self.edges)
        return (
            f"under {low}% of target", f"{low} to {under}%", f"on target: {under} to {over}%", f"{over} to {high}%",
            f"over {high}%",
        )  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One hot spot on one day, or one hour of the week. ``said``: all of it in words."""

    text: str
    said: str
    band: int | None = None  # of the ramp; None: no colour
    mark: str = ""
    state: str = ""  # no data, no target, not held; '' where there is a share
    ringed: bool = False
    logs: bool = False  # the figure rests on logs alone


@dataclass(frozen=True)
class Head:
    """A column: two short lines, and the same in words."""

    top: str
    bottom: str
    said: str


@dataclass(frozen=True)
class Row:
    group: str
    key: str
    name: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """What a table of coloured cells shows, row by row in order; rows of one ``group`` stand together."""

    name: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


# ---------------------------------------------------------------- hot spots × days


def dose_grid(table: pd.DataFrame, bands: Bands) -> Grid:
    """Hot spots × patrol days of ``table`` (`hotspots.base.columns.DOSAGE`): by BCU, treated first, then comparison.

    A hot spot of two versions of the register has two rows: they may be two places. A day without a row of it is "not
    held": that version did not count on it.
    """
    days = days_of(table["patrol_day"])
    heads = tuple(Head(WEEKDAYS[d.weekday()], f"{d.day} {d:%b}", day_long(d)) for d in days)
    held = {(r["area"], r["register"], r["patrol_day"]): r for r in table.to_dict("records")}
    spots = in_order(table.drop_duplicates(SPOT))
    rows = tuple(
        Row(
            str(facts["bcu"]), str(facts["area"]), name, str(facts["role"]),
            tuple(dose_cell(held.get((facts["area"], facts["register"], d.isoformat())), bands) for d in days),
        )
        for facts, name in zip(spots.to_dict("records"), names_apart(spots), strict=True)
    )  # fmt: skip
    many = f"{counted(len(rows), 'hot spot')} and {counted(len(days), 'patrol day')}"
    return Grid(f"Patrol-minutes of {many}, coloured by their share of the target", heads, rows)


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by BCU, treated before comparison before none, then by number."""
    rank = table["role"].map({role: i for i, role in enumerate(ROLES)}).fillna(len(ROLES))
    ordered = table.assign(_rank=rank).sort_values(["bcu", "_rank", *SPOT], kind="stable")
    return ordered.drop(columns="_rank").reset_index(drop=True)


def days_of(texts: Iterable[object]) -> list[date]:
    """Every day from the first to the last of these ISO dates."""
    found = sorted({date.fromisoformat(str(text)) for text in texts})
    if not found:
        return []
    return [found[0] + timedelta(days=i) for i in range((found[-1] - found[0]).days + 1)]


def dose_cell(row: dict[Any, Any] | None, bands: Bands) -> Cell:
    """One day of one hot spot: patrol-minutes, colour and mark by the share of the target."""
    if row is None:
        return Cell("", "not a hot spot on that day", state=NOT_HELD)
    if row["data"] == NO_DATA or pd.isna(row["patrol_minutes"]):
        return Cell(DASH, NO_DATA, state=NO_DATA)
    minutes, share, target = (row[c] for c in ("patrol_minutes", "share_of_target", "target_minutes"))
    logs = row["data"] == LOGS_ONLY
    said = [f"{minutes_text(minutes)} patrol-minutes", f"{counted(row['visits'], 'adequate visit')}"]
    if row["visits_below_threshold"] > 0:
        said.append(f"{row['visits_below_threshold']:.0f} shorter")
    if logs:
        said.append("known from logs only")
    if pd.isna(share):
        return Cell(minutes_text(minutes), ", ".join([*said, "no target set"]), state=NO_TARGET, logs=logs)
    said.insert(1, f"{100 * share:.0f}% of {minutes_text(target)}{verdict_word(bands.mark(share))}")
    return Cell(minutes_text(minutes), ", ".join(said), bands.number(float(share)), bands.mark(float(share)), logs=logs)


def verdict_word(mark: str) -> str:
    return {BELOW: " (below target)", ABOVE: " (above target)"}.get(mark, "")


def minutes_text(minutes: Any) -> str:
    """Whole minutes; what is not nothing is never written 0."""
    value = float(minutes)
    return "<1" if 0 < value < 0.5 else f"{value:,.0f}"


def day_long(day: date | str) -> str:
    """'Monday 5 October 2026'."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{LONG_WEEKDAYS[day.weekday()]} {day.day} {day:%B %Y}"


def dose_legend(grid: Grid, bands: Bands) -> list[dict[str, Any]]:
    """Swatches of the grid: the five colours with their marks, and the states that occur."""
    marks = (BELOW, BELOW, "", ABOVE, ABOVE)
    rows: list[dict[str, Any]] = [
        {"label": f"{mark} {label}".strip(), "colour": colour, "hatched": False}
        for mark, label, colour in zip(marks, bands.labels, RAMP, strict=True)
    ]
    cells = [cell for row in grid.rows for cell in row.cells]
    if any(cell.state == NO_TARGET for cell in cells):
        rows.append({"label": "no target: minutes only", "colour": "transparent", "hatched": False})
    if any(cell.state == NO_DATA for cell in cells):
        rows.append({"label": f"{DASH} no data (not: no patrol)", "colour": "transparent", "hatched": True})
    return rows


# ---------------------------------------------------------------- hours of the week


def hours_grid(hours: pd.DataFrame, what: str) -> Grid:
    """Seven days × 24 hours of ``hours`` (`hotspots.base.columns.DOSE_HOURS`, one hot spot): minutes, hot hours ringed.

    Colours are five equal steps up to the largest hour; an hour without a minute has none and is left blank.
    """
    by_hour = {int(row["hour_of_week"]): row for row in hours.to_dict("records")}
    most = float(hours["patrol_minutes"].max()) if len(hours) else 0.0
    heads = tuple(Head(f"{h:02d}", "", f"{h:02d}:00 to {h:02d}:59") for h in range(24))
    rows = tuple(
        Row(
            "", WEEKDAYS[day], LONG_WEEKDAYS[day], "",
            tuple(_hour_cell(by_hour.get(24 * day + hour), most) for hour in range(24)),
        )
        for day in range(7)
    )  # fmt: skip
    return Grid(f"Patrol-minutes by hour of the week: {what}", heads, rows)


def _hour_cell(row: dict[Any, Any] | None, most: float) -> Cell:
    """One hour: its minutes; ringed and said where it is hot."""
    if row is None or pd.isna(row["patrol_minutes"]):
        return Cell(DASH, NO_DATA, state=NO_DATA)
    minutes, hot = float(row["patrol_minutes"]), bool(pd.notna(row["hot"]) and row["hot"])
    said = f"{minutes_text(minutes)} patrol-minutes"
    if pd.notna(row["n_incidents"]):
        said += f", {float(row['n_incidents']):,.1f} incidents"
    band = min(int(5 * minutes / most), 4) if minutes > 0 else None
    return Cell(minutes_text(minutes) if minutes else "", said + (", hot hour" if hot else ""), band, ringed=hot)


def hours_shares(hours: pd.DataFrame) -> tuple[float, float, float] | None:
    """(share of minutes in hot hours, share of incidents there, share of the week that is hot); None where none is."""
    hot = hours["hot"].fillna(False).astype(bool)
    minutes = hours["patrol_minutes"]
    if not hot.any() or not minutes.sum() > 0:
        return None
    return (
        float(minutes[hot].sum() / minutes.sum()),
        float(hours.loc[hot, "share_of_incidents"].sum()),
        float(hot.sum()) / HOURS,
    )


# ---------------------------------------------------------------- delivered against target


def target_spec(summary: pd.DataFrame, dark: bool = False) -> dict[str, Any]:
    """Bars of the patrol-minutes of each hot spot with a line at its own target, in the order of the grid.

    ``summary``: `hotspots.base.columns.DOSE_SUMMARY`. A hot spot without data has no bar, only the words "no data".
    """
    ordered = in_order(summary)
    rows = [_target_row(name, row) for name, row in zip(names_apart(ordered), ordered.to_dict("records"), strict=True)]
    y = names_axis("name", [row["name"] for row in rows], 160)
    axis = {"title": "Patrol-minutes; line: target", "format": ",.0f", "tickCount": 4, "titleAnchor": "end"}
    x = {"type": "quantitative", "scale": {"zero": True, "nice": False}, "axis": axis}
    tips = [tip("name", "Hot spot"), tip("said", "Delivered")]
    figures = "; ".join(f"{row['name']} {row['said']}" for row in rows) or "no hot spot"
    parts: list[dict[str, Any]] = [
        layer(
            {"type": "bar", "color": LIGHT_BLUE if dark else MID_BLUE},
            {"x": {**x, "field": "minutes"}, "y": y, "tooltip": tips},
            where="isValid(datum.minutes)",
        ),
        layer(
            {"type": "tick", "color": ink(dark), "thickness": 3, "size": 22},
            {"x": {**x, "field": "target"}, "y": y, "tooltip": tips},
            where="isValid(datum.target)",
        ),
        layer(text("left", 12, ink(dark), dx=8), {"x": {"value": "width"}, "y": y, "text": {"field": "figure"}}),
    ]
    return spec(f"Patrol-minutes against target: {figures}.", parts, {"step": 26}, rows)


def names_apart(table: pd.DataFrame) -> list[str]:
    """The names; those that two rows share with their number, and with the version where that is the same too."""
    twice = table["name"].duplicated(keep=False)
    versions = table.duplicated(["name", "area"], keep=False)
    return [
        f"{row['name']} ({row['register'] if v else row['area']})" if t else str(row["name"])
        for row, t, v in zip(table.to_dict("records"), twice, versions, strict=True)
    ]


def _target_row(name: str, row: dict[Any, Any]) -> dict[str, Any]:
    """One hot spot: minutes and target (none: null), the figure at the right, and all of it in words."""
    minutes, target, share = (
        None if pd.isna(row[c]) else float(row[c]) for c in ("patrol_minutes", "target_minutes", "share_of_target")
    )
    if row["verdict"] == NO_DATA or minutes is None:
        return {"name": name, "minutes": None, "target": None, "figure": NO_DATA, "said": NO_DATA}
    delivered, figures = f"{minutes_text(minutes)} min", {"name": name, "minutes": round(minutes, 1)}
    if share is None or target is None:
        return {**figures, "target": None, "figure": delivered, "said": f"{delivered}, no target"}
    mark = VERDICT_MARKS.get(row["verdict"], "")
    return {
        **figures,
        "target": round(target, 1),
        "figure": f"{100 * share:.0f}% {mark}".strip(),
        "said": f"{delivered} of {minutes_text(target)} ({100 * share:.0f}%){verdict_word(mark)}",
    }
