"""The tables of an answer about change: every estimate, single places, the series and the trend before the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.columns import CHANGE_SERIES, CHANGE_TREND, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.change.bands import band_of
from hotspots.change.counting import AFTER, BEFORE, both_sides, series_periods, sums
from hotspots.change.estimates import rows as estimates
from hotspots.change.estimates.panel import panel_of
from hotspots.change.estimates.panel_models import pre_trend
from hotspots.change.estimates.rows import Figures
from hotspots.change.evidence import Known, Pair, Selection, built_in, expected_places, from_level
from hotspots.change.places import COMPARISON, TREATED, Sides, cells_of
from hotspots.change.spots import spots_table
from hotspots.change.words import p_words
from hotspots.store.workspace import Workspace

RING = "ring of "


# ---------------------------------------------------------------- every estimate


def table_of(workspace: Workspace, known: Known, falls: dict[str, Selection]) -> pd.DataFrame:
    """`CHANGE`, before `in_columns`."""
    level = expected_places(known)
    learned_before = known.asked.learned.start <= known.asked.before.end and (
        known.asked.before.start <= known.asked.learned.end
    )
    rows: list[dict[str, Any]] = []
    alike = known.asked.question.comparison != "rest"
    for measure in ("count", "harm"):
        figures = figures_of(known, measure, known.counted.rows)
        rows.append(estimates.panel_row(figures, workspace.settings))
        if level[measure].groupby(known.sides.places["role"].to_numpy()).sum().gt(0).all():
            rows.append(estimates.expected_row(figures, from_level(known, measure, level)))
        if measure == "count":
            rows.append(estimates.negative_binomial_row(figures))
        if alike:
            offences = None if measure == "count" else offence_sums(known)
            spread = estimates.spread_of(figures)
            rows += [estimates.wdd_row(figures, offences, spread, per_km2) for per_km2 in (False, True)]
        next_door = estimates.ring_row(figures), estimates.ring_difference_row(figures, estimates.spread_of(figures))
        rows += [r for r in (*next_door, estimates.naive_row(figures)) if r]
        if measure in falls:
            rows.append(estimates.selection_row(figures, falls[measure]))
        if learned_before:
            rows.append(estimates.built_in_row(figures, built_in(known, measure, level)))
    rows += band_rows(workspace, known, alike)
    of = {"counted": "panel", "expected": "expected"}[known.asked.question.baseline]
    return estimates.finished(rows, {"count": of, "harm": of})


def figures_of(known: Known, measure: str, rows: pd.DataFrame) -> Figures:
    """What the estimates of one measure (or band, whose rows are given) are made of."""
    asked, sides = known.asked, known.sides
    periods = both_sides(asked)
    roles = dict(zip(sides.places["area"], sides.places["role"], strict=True))
    panel = panel_of(rows, cells_of(sides.places), roles, periods, asked.after.start)
    around = ring_units(sides)
    ring_panel = None
    if around:
        units, groups = around, {v: sides_role(sides, v) for v in set(around.values())}
        if set(groups.values()) == {TREATED}:
            units = units | cells_of(sides.of(COMPARISON))
            groups = groups | dict.fromkeys(sides.of(COMPARISON)["area"], COMPARISON)
        ring_panel = panel_of(rows, units, groups, periods, asked.after.start)
    column = "harm" if measure == "harm" else "count"
    totals = group_sums(known, rows, column)
    alike = asked.question.comparison != "rest"
    return Figures(
        measure=measure, panel=panel, ring_panel=ring_panel, sums=totals, lengths=known.lengths,
        areas=areas_of(sides), unit=asked.weights.unit, alike=alike,
    )  # fmt: skip


def areas_of(sides: Sides) -> dict[str, float]:
    """m² of both groups and of their rings."""
    sums = sides.summary.groupby("role")[["spot_m2", "ring_m2"]].sum().reindex([TREATED, COMPARISON], fill_value=0.0)
    return {
        TREATED: float(sums["spot_m2"].iloc[0]), COMPARISON: float(sums["spot_m2"].iloc[1]),
        "ring": float(sums["ring_m2"].iloc[0]), "comparison_ring": float(sums["ring_m2"].iloc[1]),
    }  # fmt: skip


def ring_units(sides: Sides) -> dict[int, str]:
    """cell → its ring."""
    return {int(c): RING + str(a) for c, a in zip(sides.rings["cell"], sides.rings["area"], strict=True)}


def sides_role(sides: Sides, ring: str) -> str:
    return str(sides.places.set_index("area")["role"][ring.removeprefix(RING)])


def group_cells(sides: Sides) -> dict[int, str]:
    """cell → treated, comparison, ring or comparison_ring."""
    found = {c: r for r in (TREATED, COMPARISON) for c in cells_of(sides.of(r))}
    names = {TREATED: "ring", COMPARISON: "comparison_ring"}
    return found | {int(c): names[r] for c, r in zip(sides.rings["cell"], sides.rings["role"], strict=True)}


def group_sums(known: Known, rows: pd.DataFrame, column: str) -> dict[str, Pair]:
    """Role → (before, after); no rings where there is no cell of theirs."""
    groups = group_cells(known.sides)
    names = [n for n in (TREATED, COMPARISON, "ring", "comparison_ring") if n in set(groups.values())]
    table = sums(rows, groups, names)
    pairs = zip(table[f"{column}_before"].tolist(), table[f"{column}_after"].tolist(), strict=True)
    return {n: (float(b), float(a)) for n, (b, a) in zip(names, pairs, strict=True)}


def offence_sums(known: Known) -> pd.DataFrame:
    """Scored offences by kind and group, for the harm-weighted difference."""
    groups = group_cells(known.sides)
    rows = known.counted.rows
    mine = rows[(rows["side"] != "") & rows["cell"].isin(list(groups)) & rows["days"].notna()]
    names = list(dict.fromkeys(groups.values()))
    keys = mine["cell"].map(groups) + "_" + mine["side"]
    counts = mine.groupby([mine["code"], keys]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[f"{n}_{s}" for n in names for s in (BEFORE, AFTER)], fill_value=0)
    scores = known.counted.scores.iloc[counts.index]
    return counts.reset_index(drop=True).assign(
        offence=scores["label"].to_numpy(dtype=object), days=scores["days"].to_numpy(dtype=float)
    )


def band_rows(workspace: Workspace, known: Known, alike: bool) -> list[dict[str, Any]]:
    """The panel and the displacement difference of each band of offences that occurs."""
    rows = known.counted.rows
    codes, names = band_of(known.counted.scores, known.asked.weights.unit)
    mine = rows[rows["cell"].isin(list(group_cells(known.sides))) & (rows["side"] != "")]
    found = []
    for number in sorted(set(codes[mine["code"].to_numpy()])):
        part = mine[codes[mine["code"].to_numpy()] == number]
        figures = figures_of(known, f"count: {names[number]}", part)
        found.append(estimates.panel_row(figures, workspace.settings))
        if alike:
            found.append(estimates.wdd_row(figures, None, estimates.spread_of(figures)))
    return found


def with_straddles(table: pd.DataFrame, straddles: list[str]) -> pd.DataFrame:
    """What the windows straddle goes into the note of every row that compares."""
    if not straddles:
        return table
    more = " ".join(straddles)
    return table.assign(note=[f"{n} {more}".strip() for n in table["note"]])


# ---------------------------------------------------------------- single places, series, trend


def spots_of(workspace: Workspace, known: Known) -> pd.DataFrame:
    """`CHANGE_SPOTS`, before `in_columns`."""
    level = {str(a): float(v) for a, v in expected_places(known)["count"].items()}
    spread = estimates.spread_of(figures_of(known, "count", known.counted.rows))
    by_expected = known.asked.question.baseline == "expected"
    least = workspace.settings.least_for_percent
    return spots_table(known.sides, known.own, known.ring, level, by_expected, spread, known.lengths, least)


def series_of(known: Known) -> pd.DataFrame:
    """`CHANGE_SERIES`."""
    asked, sides = known.asked, known.sides
    periods = series_periods(asked)
    groups = {c: r for r in (TREATED, COMPARISON) for c in cells_of(sides.of(r))}
    panel = panel_of(known.counted.rows, groups, {TREATED: TREATED, COMPARISON: COMPARISON}, periods, asked.after.start)
    table = panel.drop(columns=["exposure"]).merge(periods, on="period", how="left")
    table = table.assign(first_day=table["first"].astype(str), last_day=table["last"].astype(str), harm=table["harm"])
    return in_columns(table, CHANGE_SERIES)


def trend_of(known: Known) -> tuple[pd.DataFrame, str, float]:
    """(`CHANGE_TREND` before `in_columns`, what it says or why there is none, p of all blocks before the start)."""
    asked, sides = known.asked, known.sides
    periods = series_periods(asked)
    none = pd.DataFrame(columns=[c.name for c in CHANGE_TREND])
    if (periods["first"] < asked.after.start).sum() < 2:
        return none, "There is one period before the start, so no trend before it.", float("nan")
    roles = dict(zip(sides.places["area"], sides.places["role"], strict=True))
    panel = panel_of(known.counted.rows, cells_of(sides.places), roles, periods, asked.after.start)
    try:
        found = pre_trend(panel)
    except HotspotsError as error:
        return none, str(error), float("nan")
    first, last = (periods.set_index("period")[c] for c in ("first", "last"))
    table = found.table.assign(
        first_day=[str(first[p]) for p in found.table["first_period"]],
        last_day=[str(last[p]) for p in found.table["last_period"]],
    )
    joint = f"All blocks before the start together: {p_words(found.joint_p)}. " if np.isfinite(found.joint_p) else ""
    return table, joint + found.note, found.joint_p
