"""The tables of an answer about change: every estimate, single places, the series and the trend before the start."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.columns import CHANGE_SERIES, CHANGE_TREND, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.change.counting import AFTER, BEFORE, Counted, band_of, both_windows, series_periods, sums
from hotspots.change.estimates import difference_rows as differences
from hotspots.change.estimates import rows as estimates
from hotspots.change.estimates.panel import panel_of
from hotspots.change.estimates.panel_models import pre_trend
from hotspots.change.estimates.rows import Figures
from hotspots.change.estimates.small_counts import e_test, percent_change, poisson_z, rate_ratio, ratio_of_ratios
from hotspots.change.evidence import Evidence, Pair, Selection, built_in, expected_places, from_level
from hotspots.change.places import COMPARISON, TREATED, Groups, cells_of
from hotspots.change.words import p_words
from hotspots.store.workspace import Workspace

RING = "ring of "
LEAST_MOVED = 30  # incidents before: fewer do not tell how a BCU moved


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
        against = from_level(evidence, measure, level)
        if against.groupby("group")["expected"].sum().gt(0).all():
            rows.append(estimates.expected_row(figures, against))
        if measure == "count":
            rows += [estimates.negative_binomial_row(figures), *single_rows(evidence, figures, level)]
        if comparable:
            offences = None if measure == "count" else offence_sums(evidence)
            rows += [differences.wdd_row(figures, offences, per_km2) for per_km2 in (False, True)]
        next_door = estimates.ring_row(figures), differences.ring_difference_row(figures)
        rows += [r for r in (*next_door, estimates.naive_row(figures)) if r]
        if measure in falls:
            rows.append(estimates.selection_row(figures, falls[measure]))
        if learned_before:
            rows.append(estimates.built_in_row(figures, built_in(evidence, measure, against)))
    rows += band_rows(workspace, evidence, comparable)
    of = {"counted": "panel", "expected": "expected"}[evidence.asked.question.baseline]
    single = any(row["estimate_of"] == "single" for row in rows)
    return estimates.finished(rows, {"count": "single" if single else of, "harm": of})


def single_rows(evidence: Evidence, figures: Figures, level: pd.DataFrame) -> list[dict[str, Any]]:
    """The row of a single treated place; none where there are several, or where it is held against neighbourhoods.

    Those are of many cells each, whose ups and downs even out: they do not show how a single place varies.
    """
    treated, others = (evidence.groups.of(role)["area"].astype(str) for role in (TREATED, COMPARISON))
    if len(treated) != 1 or evidence.asked.question.comparison == "rest":
        return []
    first, after = held_from(evidence, level), evidence.own["count_after"]
    area = str(treated.iloc[0])
    pooled = sum(first[a] for a in others), float(after.reindex(others).sum())
    found = differences.single_row(figures, area, (first[area], float(after[area])), pooled)
    return [found] if found else []


def held_from(evidence: Evidence, level: pd.DataFrame) -> dict[str, float]:
    """What a place is held from by the answer's baseline: its count before, or what was to be expected of it."""
    if evidence.asked.question.baseline == "expected":
        return {str(a): float(v) for a, v in level["count"].items()}
    return {str(a): float(n) for a, n in evidence.own["count_before"].items()}


def figures_of(evidence: Evidence, measure: str, rows: pd.DataFrame) -> Figures:
    """What the estimates of one measure (or band, whose rows are given) are made of."""
    asked, groups = evidence.asked, evidence.groups
    periods = both_windows(asked)
    roles = dict(zip(groups.places["area"], groups.places["role"], strict=True))
    panel = panel_of(rows, cells_of(groups.places), roles, periods, asked.after.start)
    around = {int(c): RING + str(a) for c, a in zip(groups.rings["cell"], groups.rings["area"], strict=True)}
    ring_panel = None
    if around:
        roles_around = {ring: str(roles[ring.removeprefix(RING)]) for ring in set(around.values())}
        if set(roles_around.values()) == {TREATED}:
            around |= cells_of(groups.of(COMPARISON))
            roles_around |= dict.fromkeys(groups.of(COMPARISON)["area"], COMPARISON)
        ring_panel = panel_of(rows, around, roles_around, periods, asked.after.start)
    return Figures(
        measure=measure, panel=panel, ring_panel=ring_panel, lengths=evidence.lengths, areas=areas_of(groups),
        sums=group_sums(evidence, rows, "harm" if measure == "harm" else "count"), unit=asked.weights.unit,
        levels=levels_of(evidence, rows, "harm" if measure == "harm" else "count"),
    )  # fmt: skip


def levels_of(evidence: Evidence, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """By BCU what each group had before, and ``moved``: after over before of all incidents outside hot spots and rings.

    Where the rest of a BCU had fewer than `LEAST_MOVED` before, that of the force is taken, or none.
    """
    whose = group_cells(evidence.groups)
    bcu = evidence.counted.whose.set_index("cell")["bcu"]
    bcus = list(dict.fromkeys(bcu))
    every = evidence.counted.rows
    rest = every[(every["side"] != "") & ~every["cell"].isin(list(whose))].drop_duplicates(["record", "cell"])
    moved = rest.groupby([rest["cell"].map(bcu), "side"]).size().unstack(fill_value=0)
    moved = moved.reindex(index=bcus, columns=[BEFORE, AFTER], fill_value=0)
    whole = moved.sum()
    force = whole[AFTER] / whole[BEFORE] if whole[BEFORE] >= LEAST_MOVED else evidence.lengths[1] / evidence.lengths[0]
    ratio = (moved[AFTER] / moved[BEFORE]).where(moved[BEFORE] >= LEAST_MOVED, force)
    first = rows[(rows["side"] == BEFORE) & rows["cell"].isin(list(whose))]
    first = first if column == "harm" else first.drop_duplicates(["record", "cell"])
    value = first["days"].fillna(0.0) if column == "harm" else pd.Series(1.0, index=first.index)
    keys = [first["cell"].map(bcu), first["cell"].map(whose)]
    levels = value.groupby(keys).sum().unstack(fill_value=0).reindex(index=bcus, fill_value=0.0)
    names = [TREATED, COMPARISON, "ring", "comparison_ring"]
    return levels.reindex(columns=names, fill_value=0.0).assign(moved=ratio)


def areas_of(groups: Groups) -> dict[str, float]:
    """m² of both groups and of their rings."""
    sums = groups.summary.groupby("role")[["spot_m2", "ring_m2"]].sum().reindex([TREATED, COMPARISON], fill_value=0.0)
    return {
        TREATED: float(sums["spot_m2"].iloc[0]), COMPARISON: float(sums["spot_m2"].iloc[1]),
        "ring": float(sums["ring_m2"].iloc[0]), "comparison_ring": float(sums["ring_m2"].iloc[1]),
    }  # fmt: skip


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
            found.append(differences.wdd_row(figures, None))
    return found


def with_context(table: pd.DataFrame, sentences: list[str]) -> pd.DataFrame:
    """What differs between the windows goes into the note of every row that compares."""
    if not sentences:
        return table
    more = " ".join(sentences)
    return table.assign(note=[f"{n} {more}".strip() for n in table["note"]])


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


def spots_table(workspace: Workspace, evidence: Evidence) -> pd.DataFrame:
    """`CHANGE_SPOTS`, before `in_columns`.

    Against the comparison a place is held from its count before or, with that baseline, from what was to be expected of
    it. Intervals are widened by how much more places' changes vary than Poisson counts.
    """
    groups, own, lengths = evidence.groups, evidence.own, evidence.lengths
    level = expected_places(evidence)
    expected = {str(a): float(v) for a, v in level["count"].items()}
    panel = figures_of(evidence, "count", evidence.counted.rows).panel
    first = held_from(evidence, level)
    others = [str(a) for a in groups.of(COMPARISON)["area"]]
    comparison = sum(first[a] for a in others), float(own["count_after"].reindex(others).sum())
    summary = {str(r["area"]): r for r in groups.summary.to_dict("records")}
    rows = []
    for place in groups.places.to_dict("records"):
        area = str(place["area"])
        if area not in summary:
            continue  # a neighbourhood of the rest: no place that anybody patrols
        about, ring = summary[area], evidence.ring.reindex([area]).iloc[0]
        found = {str(k): v for k, v in own.loc[area].to_dict().items()}
        before, after = int(found["count_before"]), int(found["count_after"])
        rows.append({
            **{c: place[c] for c in ("area", "name", "bcu", "role")}, "likes": place["matched_to"],
            "n_cells": len(place["cells"]), "area_m2": float(about["spot_m2"]), **found,
            "expected_count": expected.get(area, nan),
            **of_place(before, after, lengths, workspace.settings.least_for_percent),
            **against(place, first[area], after, comparison, panel), "ring_before": ring["count_before"],
            "ring_after": ring["count_after"], "ring_m2": float(about["ring_m2"]), "ring_note": ring_words(about),
        })  # fmt: skip
    return pd.DataFrame(rows)


def of_place(before: int, after: int, lengths: Pair, least_for_percent: int) -> dict[str, Any]:
    """A single place's two counts: ratio with exact interval, Z, E-test, and a percentage where it may be given."""
    ratio = rate_ratio(before, after, *lengths)
    scaled = after * lengths[0] / lengths[1]
    percent = percent_change(before, scaled, least_for_percent)
    return {
        "percent": percent.value, "percent_refused": percent.reason, "rate_ratio": ratio.ratio,
        "ratio_low": ratio.low, "ratio_high": ratio.high if np.isfinite(ratio.high) else nan,
        "poisson_z": poisson_z(before, scaled), "e_test_p": e_test(before, after, *lengths),
    }  # fmt: skip


def against(
    place: Mapping[Any, Any], first: float, after: float, comparison: Pair, panel: pd.DataFrame
) -> dict[str, float]:
    """The place's ratio over that of the pooled comparison; lengths cancel. Places' scatter is that of all others."""
    names = ("against", "against_low", "against_high")
    if place["role"] != TREATED:
        return dict.fromkeys(names, nan)
    spread = differences.spread_of(panel, without=str(place["area"]))
    both = ratio_of_ratios((first, after), comparison, spread if spread > 1 else 1.0)
    if both.low > 0 and both.high / both.low > estimates.WIDEST:
        return dict(zip(names, (both.ratio, nan, nan), strict=True))
    return dict(zip(names, (both.ratio, both.low, both.high if np.isfinite(both.high) else nan), strict=True))


def ring_words(about: Mapping[Any, Any]) -> str:
    """What a ring lost, and what it touches."""
    words = []
    if not about["n_cells"]:
        words.append("No cell is left for a ring.")
    for n, to in ((about["lost_to_spots"], "hot spots"), (about["lost_to_rings"], "other rings")):
        if n:
            words.append(f"{n} {'cell' if n == 1 else 'cells'} within reach belong to {to}.")
    if about["touches"]:
        words.append(f"Its ring meets that of {about['touches']}.")
    return " ".join(words)


def cells_table(groups: Groups, counted: Counted) -> pd.DataFrame:
    """`hotspots.base.columns.CHANGE_CELLS` of hot spots and rings, by area and ring. Neighbourhoods are left out."""
    places = groups.places[groups.places["area"].isin(groups.summary["area"])]
    own = pd.DataFrame({"cell": list(cells_of(places)), "area": list(cells_of(places).values())})
    own = own.assign(ring=0).merge(places[["area", "role"]], on="area")
    table = pd.concat([own, groups.rings[["cell", "area", "role", "ring"]]], ignore_index=True)
    names = [str(c) for c in table["cell"]]
    found = sums(counted.rows, dict(zip(table["cell"], names, strict=True)), names).reset_index(drop=True)
    whole = pd.concat([table, found], axis=1).sort_values(["area", "ring", "cell"], ignore_index=True)
    return whole.assign(cell=geography.hex_ids(whole["cell"].to_numpy(dtype=np.int64)))
