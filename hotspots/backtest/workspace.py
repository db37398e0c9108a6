"""A workspace's cube for the back-test: every period held, by month or by week, with its area and its breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.backtest.periods import between, first_day, later
from hotspots.backtest.tables import History, period_numbers
from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, month_text
from hotspots.geography import bcu_areas_m2, boundaries_of, missing_districts
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.harm.selections import selection_named
from hotspots.harm.weights.register import ref
from hotspots.ranking.answer import score_warnings
from hotspots.ranking.gather import count_and_score, gather
from hotspots.ranking.pipeline import cells_by_bcu
from hotspots.ranking.question import Question, settle
from hotspots.store.held import months_held, own_breaks, sources_held
from hotspots.store.workspace import Workspace, open_workspace


def history_of(folder: Path | Workspace, question: Question, period: str = "month") -> History:
    """The cube of all periods that the workspace holds (or of the question's window), for one BCU or the force.

    By week: only for sources with times, by the local day on which the incident (or its earliest time) fell; weeks at
    either end that the data do not cover are dropped. Raises HotspotsError as
    `hotspots.ranking.pipeline.rank_workspace` does, and for weeks of a source that gives months.
    """
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    source, window, weights, question = settle(workspace, all_held(workspace, question))
    if period == "week" and source == POLICE_UK:
        raise HotspotsError(
            "data.police.uk gives the month of a crime and no day, so it cannot be tested by week. Use --months, or a"
            " force's own export."
        )
    gathered = gather(workspace, source, window, question)
    held = [m for m in months_held(workspace, source) if window.months[0] <= m <= window.months[1]]
    rows, periods = by_week(gathered.rows, held) if period == "week" else (gathered.rows, held)
    scores, cube = count_and_score(rows, weights)
    bcus = bcu_of(workspace, cube, rows)
    if question.bcu != "all":
        bcus = bcus[bcus == question.bcu]
        cube = cube[cube["cell"].isin(bcus.index)].reset_index(drop=True)
    if not len(cube):
        raise HotspotsError("No offence of this selection lies in the window and area asked for.")
    return History(
        cube, scores, periods, tuple(own_breaks(workspace, source)), total_area(workspace, question.bcu), bcus,
        workspace.settings.harm_cap_days, facts_of(workspace, source, question, window, weights),
        tuple(gathered.warnings + score_warnings(scores, weights)), tuple(gathered.notes),
    )  # fmt: skip


def all_held(workspace: Workspace, question: Question) -> Question:
    """The question over every month held, where it names no window of its own."""
    held_by = {s: months_held(workspace, s) for s in sources_held(workspace)}
    source = question.source or ("incidents" if "incidents" in held_by else next(iter(held_by), ""))
    held = held_by.get(source)
    if not held:
        return question  # settle says what is wrong
    return replace(question, start=question.start or month_text(held[0]), end=question.end or month_text(held[-1]))


def by_week(rows: pd.DataFrame, held: list[int]) -> tuple[pd.DataFrame, list[int]]:
    """(rows with the week for their month, the weeks that the months held cover from end to end)."""
    day = rows["local_from"].to_numpy().astype("datetime64[D]")
    week = period_numbers(day, "week")
    if not len(day):
        return rows, []
    whole = [
        w
        for w in between(int(week.min()), int(week.max()))
        if {month_of(first_day(w)), month_of(first_day(later(w, 1)), before=True)} <= set(held)
        and day.min() <= np.datetime64(first_day(w))
        and day.max() >= np.datetime64(first_day(later(w, 1))) - 1
    ]
    kept = np.isin(week, whole)
    return rows[kept].assign(month=week[kept]), whole


def month_of(day: object, before: bool = False) -> int:
    """The month (YYYYMM) of a day, or of the day before it."""
    return int(period_numbers(np.array([day], dtype="datetime64[D]") - int(before), "month")[0])


def bcu_of(workspace: Workspace, cube: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """The one BCU of each cell of the cube, as the ranking has it."""
    cells = pd.DataFrame({"cell": np.unique(cube["cell"].to_numpy(dtype=np.int64))})
    placed = cells_by_bcu(boundaries_of(workspace), cells, rows)
    return placed.set_index("cell")["bcu"]


def total_area(workspace: Workspace, bcu: str) -> float:
    """Square metres of the force or of one BCU, on the sphere on which H3 measures its cells."""
    boundaries = boundaries_of(workspace)
    areas = bcu_areas_m2(boundaries)
    if bcu not in ("all", *areas):
        raise HotspotsError([f"The boundaries have no district of {bcu}.", *missing_districts(boundaries)])
    return sum(areas.values()) if bcu == "all" else areas[bcu]


def facts_of(
    workspace: Workspace, source: str, question: Question, window: Window, weights: WeightSet
) -> dict[str, object]:
    """What the figures are of."""
    facts: dict[str, object] = {
        "data": "SYNTHETIC DEMO DATA, not real crime" if workspace.manifest.kind == "synthetic" else source,
        "bcu": question.bcu, "window": str(window),
        "offences": f"{question.offences}: {selection_named(question.offences).meaning}",
        "resolution": question.resolution, "hours": question.hours or "all",
        "proactive_offences": "included" if question.include_proactive else "left out",
        "weights": ref(weights) + (" (proxy)" if weights.is_proxy else ""), "weights_unit": UNITS[weights.unit],
        "weights_sha256": weights.sha256, "workspace_version": workspace.version,
    }  # fmt: skip
    if source == POLICE_UK:
        facts["attribution"] = "Contains public sector information licensed under the Open Government Licence v3.0."
    return facts
