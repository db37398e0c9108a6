"""Incidents of hot spots by patrol day, and which days the data cover: a day that they do not is missing, not zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from hotspots.areas.register import Frozen
from hotspots.base.clock import EPOCH, day_number, day_text
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window
from hotspots.base.settings import Settings
from hotspots.change.rings import rings
from hotspots.change.settling import resolution_of
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.ranking.answer import score_warnings, whole_force
from hotspots.ranking.gather import count_and_score, gather
from hotspots.ranking.question import Question, settle
from hotspots.store.held import months_held, own_parts, sources_held
from hotspots.store.workspace import Workspace, read_part

NO_DAYS = (
    "data.police.uk gives the month of a crime and no day. A trial compares days, so it needs incidents with times:"
    " import a force's own export."
)


@dataclass(frozen=True)
class Wanted:
    """Which incidents count. Empty text means what the workspace suggests."""

    offences: str = ""
    weights: str = ""
    source: str = ""
    include_proactive: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcomes:
    """Events and harm. ``wanted`` is completed.

    ``daily``: area, patrol_day (like 2026-10-05), count, harm, largest_harm (of the day's gravest offence), a row for
    every hot spot and every day asked for; figures are nan on a day that the data do not cover.
    """

    daily: pd.DataFrame
    ring: pd.DataFrame | None  # the same of the ground around each hot spot; None where it was not asked for
    wanted: Wanted
    weights: WeightSet
    covered: tuple[date, date] | None  # first and last of the days asked for that the data cover
    n_days: int  # how many of them
    incidents: int
    between: int  # incidents that may have happened on a later patrol day than the one they count on
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def settled(workspace: Workspace, wanted: Wanted, window: Window, resolution: int) -> tuple[Question, WeightSet]:
    """The question that `gather` is asked, and the weights."""
    asked = Question(
        start=str(window.start), end=str(window.end), resolution=resolution, weights=wanted.weights,
        offences=wanted.offences, source=wanted.source, include_proactive=wanted.include_proactive, by="count",
    )  # fmt: skip
    _, _, weights, question = settle(workspace, asked)
    return question, weights


def source_of(workspace: Workspace, wanted: Wanted) -> str:
    """The source that is counted: the one asked for, else incidents with times if there are any; '' without any."""
    held = sources_held(workspace)
    return wanted.source or ("incidents" if "incidents" in held else held[0] if held else "")


def outcomes(
    workspace: Workspace, frozen: Frozen, areas: Sequence[str], days: Window, wanted: Wanted, ring_m: float = 0.0
) -> Outcomes:
    """Incidents of these hot spots on these patrol days, counted and weighted as the ranking does.

    An incident with a span of possible times counts on the patrol day of its earliest. ``ring_m``: so far around each
    hot spot incidents are counted too; 0: not. HotspotsError for a source without days.
    """
    if source_of(workspace, wanted) == POLICE_UK:
        raise HotspotsError(NO_DAYS)
    window = Window(days.start, days.end + timedelta(days=1))  # a patrol day ends the next morning
    question, weights = settled(workspace, wanted, window, resolution_of(frozen))
    found = gather(workspace, question.source, window, question)
    cells, around = cells_of(frozen, areas), ring_cells(frozen, areas, ring_m)
    first, last = (patrol_days(found.rows[c], workspace.settings) for c in ("local_from", "local_to"))
    inside = (first >= day_number(days.start)) & (first <= day_number(days.end))
    dated, late = found.rows[inside].assign(month=first[inside]), (last > first)[inside]
    held = covered_days(workspace, question.source, days)

    def counted_in(whose: Mapping[int, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        scores, cube = count_and_score(dated[dated["cell"].isin(list(whose))], weights)
        table = by_place(cube.assign(area=cube["cell"].map(dict(whose))), scores)
        return filled(table, areas, days, held), scores

    daily, scores = counted_in(cells)
    own = dated["cell"].isin(list(cells)).to_numpy()
    rows, late = dated[own], late[own]
    span = (EPOCH + timedelta(days=min(held)), EPOCH + timedelta(days=max(held))) if held else None
    kept = Wanted(question.offences, question.weights, question.source, question.include_proactive)
    return Outcomes(
        daily=daily, ring=counted_in(around)[0] if around else None, wanted=kept, weights=weights, covered=span,
        n_days=len(held),
        incidents=int(rows["record"].nunique()), between=int(rows.loc[late, "record"].nunique()),
        warnings=tuple(whole_force(found.warnings, "") + score_warnings(scores, weights, listed=False)),
        notes=tuple(whole_force(found.notes, "")),
    )  # fmt: skip


def cells_of(frozen: Frozen, areas: Sequence[str]) -> dict[int, str]:
    """cell → hot spot, of these hot spots."""
    mine = frozen.areas[frozen.areas["area"].isin(list(areas))]
    return {int(c, 16): str(a) for a, cells in zip(mine["area"], mine["cells"], strict=True) for c in cells}


def ring_cells(frozen: Frozen, areas: Sequence[str], metres: float) -> dict[int, str]:
    """cell → the hot spot of the trial whose ring it is in; cells of any hot spot of the register are in none."""
    if not metres:
        return {}
    roles = np.where(frozen.areas["area"].isin(list(areas)), "treated", "none")
    whole = frozen.areas[["area", "cells"]].assign(role=roles)
    found = rings(whole, metres)
    return dict(zip(found["cell"].tolist(), found["area"].astype(str), strict=True))


def patrol_days(local: pd.Series, settings: Settings) -> np.ndarray:
    """The patrol day of each local wall-clock time, as days since 1970.

    A patrol day begins when the clock on the wall says so, so the wall clock alone decides, whatever the clocks do.
    """
    shifted = local.to_numpy().astype("datetime64[s]") - np.timedelta64(settings.patrol_day_starts, "h")
    return shifted.astype("datetime64[D]").astype(np.int64)


def by_place(cube: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """area, period, count, harm, largest_harm of a cube with ``area``. An offence without a weight adds no harm."""
    days = scores["days"].fillna(0).to_numpy(dtype=float)[cube["offence"].to_numpy(dtype=np.int64)]
    each = cube.assign(harm=cube["n_offences"] * days, largest_harm=days)
    return each.groupby(["area", "period"], as_index=False).agg(
        count=("n_incidents", "sum"), harm=("harm", "sum"), largest_harm=("largest_harm", "max")
    )


def filled(table: pd.DataFrame, areas: Sequence[str], days: Window, held: set[int]) -> pd.DataFrame:
    """`Outcomes.daily`: zeros where nothing happened on a covered day, nan on the others."""
    every = range(day_number(days.start), day_number(days.end) + 1)
    grid = pd.MultiIndex.from_product([list(areas), every], names=["area", "period"])
    whole = table.set_index(["area", "period"]).reindex(grid, fill_value=0).astype(float).reset_index()
    whole.loc[~whole["period"].isin(held), ["count", "harm", "largest_harm"]] = np.nan
    whole.insert(1, "patrol_day", whole.pop("period").map(day_text))
    return whole


def covered_days(workspace: Workspace, source: str, days: Window) -> set[int]:
    """Those of the patrol days that incidents are held for from beginning to end, as days since 1970.

    Held are the months that were imported, from the first incident on record to the last. Nobody can say more: an
    export does not say where it ends, so the patrol day of the last incident, which may go on, is not counted.
    """
    span = first_and_last(workspace, source)
    if span is None:
        return set()
    held = set(months_held(workspace, source))
    low, high = max(day_number(days.start), span[0] + 1), min(day_number(days.end), span[1] - 1)
    found = set()
    for number in range(low, high + 1):
        day = EPOCH + timedelta(days=number)
        ends = day + timedelta(days=1 if workspace.settings.patrol_day_starts else 0)
        if {day.year * 100 + day.month, ends.year * 100 + ends.month} <= held:
            found.add(number)
    return found


def first_and_last(workspace: Workspace, source: str) -> tuple[int, int] | None:
    """The patrol days of the first and of the last incident of a source; None where it has none."""
    months = months_held(workspace, source)
    ends = {months[0], months[-1]} if months else set()
    parts = [p for p in own_parts(workspace, source) if p.month in ends]
    times = [read_part(workspace, p, ["local_from"]).to_pandas()["local_from"].dropna() for p in parts]
    found = patrol_days(pd.concat(times), workspace.settings) if times else np.zeros(0, dtype=np.int64)
    return (int(found.min()), int(found.max())) if len(found) else None
