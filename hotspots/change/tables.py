"""The tables of an answer about change: every estimate, single places, the series and the trend before the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.columns import CHANGE_SERIES, CHANGE_TREND, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.change.bands import band_of
from hotspots.change.counting import AFTER, BEFORE, both_windows, series_periods, sums
from hotspots.change.estimates import rows as estimates
from hotspots.change.estimates.panel import panel_of
from hotspots.change.estimates.panel_models import pre_trend
from hotspots.change.estimates.rows import Figures
from hotspots.change.evidence import Evidence, Pair, Selection, built_in, expected_places, from_level
from hotspots.change.places import COMPARISON, TREATED, Groups, cells_of
from hotspots.change.spots import spots_table
from hotspots.change.words import p_words
from hotspots.store.workspace import Workspace

RING = "ring of "


# ---------------------------------------------------------------- every estimate


def table_of(workspace: Workspace, evidence: Evidence, falls: dict[str, Selection]) -> pd.DataFrame:
    """`CHANGE`, before `in_columns`."""
    level = expected_places(evidence)
    learned_before = evidence.asked.learned.start <= evidence.asked.before.end and (
        evidence.asked.before.start <= evidence.asked.learned.end
    )
    rows: list[dict[str, Any]] = []
    comparable = evidence.asked.question.comparison != "rest"
    for measure in ("count", "harm"):
        figures = figures_of(evidence, measure, evidence.counted.rows)
        rows.append(estimates.panel_row(figures, workspace.settings))
        if level[measure].groupby(evidence.groups.places["role"].to_numpy()).sum().gt(0).all():
            rows.append(estimates.expected_row(figures, from_level(evidence, measure, level)))
        if measure == "count":
            rows.append(estimates.negative_binomial_row(figures))
        if comparable:
            offences = None if measure == "count" else offence_sums(evidence)
            spread = estimates.spread_of(figures)
            rows += [estimates.wdd_row(figures, offences, spread, per_km2) for per_km2 in (False, True)]
        next_door = estimates.ring_row(figures), estimates.ring_difference_row(figures, estimates.spread_of(figures))
        rows += [r for r in (*next_door, estimates.naive_row(figures)) if r]
        if measure in falls:
            rows.append(estimates.selection_row(figures, falls[measure]))
        if learned_before:
            rows.append(estimates.built_in_row(figures, built_in(evidence, measure, level)))
    rows += band_rows(workspace, evidence, comparable)
    of = {"counted": "panel", "expected": "expected"}[evidence.asked.question.baseline]
    return estimates.finished(rows, {"count": of, "harm": of})


def figures_of(evidence: Evidence, measure: str, rows: pd.DataFrame) -> Figures:
    """What the estimates of one measure (or band, whose rows are given) are made of."""
    asked, groups = evidence.asked, evidence.groups
    periods = both_windows(asked)
    roles = dict(zip(groups.places["area"], groups.places["role"], strict=True))
    panel = panel_of(rows, cells_of(groups.places), roles, periods, asked.after.start)
    around = ring_units(groups)
    ring_panel = None
    if around:
        units, roles_around = around, {v: ring_role(groups, v) for v in set(around.values())}
        if set(roles_around.values()) == {TREATED}:
            units = units | cells_of(groups.of(COMPARISON))
            roles_around |= dict.fromkeys(groups.of(COMPARISON)["area"], COMPARISON)
        ring_panel = panel_of(rows, units, roles_around, periods, asked.after.start)
    column = "harm" if measure == "harm" else "count"
    totals = group_sums(evidence, rows, column)
    return Figures(
        measure=measure, panel=panel, ring_panel=ring_panel, sums=totals, lengths=evidence.lengths,
        areas=areas_of(groups), unit=asked.weights.unit,
    )  # fmt: skip


def areas_of(groups: Groups) -> dict[str, float]:
    """m² of both groups and of their rings."""
    sums = groups.summary.groupby("role")[["spot_m2", "ring_m2"]].sum().reindex([TREATED, COMPARISON], fill_value=0.0)
    return {
        TREATED: float(sums["spot_m2"].iloc[0]), COMPARISON: float(sums["spot_m2"].iloc[1]),
        "ring": float(sums["ring_m2"].iloc[0]), "comparison_ring": float(sums["ring_m2"].iloc[1]),
    }  # fmt: skip


def ring_units(groups: Groups) -> dict[int, str]:
    """cell → its ring."""
    return {int(c): RING + str(a) for c, a in zip(groups.rings["cell"], groups.rings["area"], strict=True)}


def ring_role(groups: Groups, ring: str) -> str:
    return str(groups.places.set_index("area")["role"][ring.removeprefix(RING)])


def group_cells(groups: Groups) -> dict[int, str]:
    """cell → treated, comparison, ring or comparison_ring."""
    found = {c: r for r in (TREATED, COMPARISON) for c in cells_of(groups.of(r))}
    names = {TREATED: "ring", COMPARISON: "comparison_ring"}
    return found | {int(c): names[r] for c, r in zip(groups.rings["cell"], groups.rings["role"], strict=True)}


def group_sums(evidence: Evidence, rows: pd.DataFrame, column: str) -> dict[str, Pair]:
    """Role → (before, after); no rings where there is no cell of theirs."""
    whose = group_cells(evidence.groups)
    names = [n for n in (TREATED, COMPARISON, "ring", "comparison_ring") if n in set(whose.values())]
    table = sums(rows, whose, names)
    pairs = zip(table[f"{column}_before"].tolist(), table[f"{column}_after"].tolist(), strict=True)
    return {n: (float(b), float(a)) for n, (b, a) in zip(names, pairs, strict=True)}


def offence_sums(evidence: Evidence) -> pd.DataFrame:
    """Scored offences by kind and group, for the harm-weighted difference."""
    whose = group_cells(evidence.groups)
    rows = evidence.counted.rows
    mine = rows[(rows["side"] != "") & rows["cell"].isin(list(whose)) & rows["days"].notna()]
    names = list(dict.fromkeys(whose.values()))
    keys = mine["cell"].map(whose) + "_" + mine["side"]
    counts = mine.groupby([mine["code"], keys]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[f"{n}_{s}" for n in names for s in (BEFORE, AFTER)], fill_value=0)
    scores = evidence.counted.scores.iloc[counts.index]
    return counts.reset_index(drop=True).assign(
        offence=scores["label"].to_numpy(dtype=object), days=scores["days"].to_numpy(dtype=float)
    )


def band_rows(workspace: Workspace, evidence: Evidence, comparable: bool) -> list[dict[str, Any]]:
    """The panel and the displacement difference of each band of offences that occurs."""
    rows = evidence.counted.rows
    codes, names = band_of(evidence.counted.scores, evidence.asked.weights.unit)
    mine = rows[rows["cell"].isin(list(group_cells(evidence.groups))) & (rows["side"] != "")]
    found = []
    for number in sorted(set(codes[mine["code"].to_numpy()])):
        part = mine[codes[mine["code"].to_numpy()] == number]
        figures = figures_of(evidence, f"count: {names[number]}", part)
        found.append(estimates.panel_row(figures, workspace.settings))
        if comparable:
            found.append(estimates.wdd_row(figures, None, estimates.spread_of(figures)))
    return found


def with_context(table: pd.DataFrame, sentences: list[str]) -> pd.DataFrame:
    """What differs between the windows goes into the note of every row that compares."""
    if not sentences:
        return table
    more = " ".join(sentences)
    return table.assign(note=[f"{n} {more}".strip() for n in table["note"]])


# ---------------------------------------------------------------- single places, series, trend


def spots_of(workspace: Workspace, evidence: Evidence) -> pd.DataFrame:
    """`CHANGE_SPOTS`, before `in_columns`."""
    level = {str(a): float(v) for a, v in expected_places(evidence)["count"].items()}
    spread = estimates.spread_of(figures_of(evidence, "count", evidence.counted.rows))
    by_expected = evidence.asked.question.baseline == "expected"
    least = workspace.settings.least_for_percent
    return spots_table(
        evidence.groups, evidence.own, evidence.ring, level, by_expected, spread, evidence.lengths, least
    )


def series_of(evidence: Evidence) -> pd.DataFrame:
    """`CHANGE_SERIES`."""
    asked, groups = evidence.asked, evidence.groups
    periods = series_periods(asked)
    units = {c: r for r in (TREATED, COMPARISON) for c in cells_of(groups.of(r))}
    panel = panel_of(
        evidence.counted.rows, units, {TREATED: TREATED, COMPARISON: COMPARISON}, periods, asked.after.start
    )
    table = panel.drop(columns=["exposure"]).merge(periods, on="period", how="left")
    table = table.assign(first_day=table["first"].astype(str), last_day=table["last"].astype(str), harm=table["harm"])
    return in_columns(table, CHANGE_SERIES)


def trend_of(evidence: Evidence) -> tuple[pd.DataFrame, str, float]:
    """(`CHANGE_TREND` before `in_columns`, what it says or why there is none, p of all blocks before the start)."""
    asked, groups = evidence.asked, evidence.groups
    periods = series_periods(asked)
    none = pd.DataFrame(columns=[c.name for c in CHANGE_TREND])
    if (periods["first"] < asked.after.start).sum() < 2:
        return none, "There is one period before the start, so no trend before it.", float("nan")
    roles = dict(zip(groups.places["area"], groups.places["role"], strict=True))
    panel = panel_of(evidence.counted.rows, cells_of(groups.places), roles, periods, asked.after.start)
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
