"""From a question to its answer, the same for the pages and the command line.

gather the offence rows → count them per cell → score the offences → what to expect → rank the cells → patterns →
say where they are
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.columns import RANK
from hotspots.base.settings import Settings
from hotspots.geography import boundaries_of
from hotspots.harm.scoring import scored_days
from hotspots.ranking import patterns
from hotspots.ranking.answer import Answer, of_bcu, score_warnings, whole_force, window_warnings
from hotspots.ranking.expected.model import expected_harm
from hotspots.ranking.gather import count_and_score, gather, holes_and_breaks, observed
from hotspots.ranking.gi_star import gi_table
from hotspots.ranking.question import Question, settle
from hotspots.ranking.rank import flags, rank_cells
from hotspots.ranking.sureness import sureness_column
from hotspots.store.workspace import Workspace, open_workspace


def rank_workspace(folder: Path | Workspace, question: Question) -> Answer:
    """Answer a question from a workspace. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    settings = workspace.settings
    source, window, weights, question = settle(workspace, question)
    gathered = gather(workspace, source, window, question)
    scores, cube = count_and_score(gathered.rows, weights)
    missing, breaks = holes_and_breaks(workspace, source, window)
    periods, exposure = observed(window, missing)
    area = boundaries_of(workspace)
    whose = cells_by_bcu(area, cube, gathered.rows)
    expected = expected_harm(
        cube, scores, periods, exposure, whose.set_index("cell")["bcu"], settings.top, settings.draws, settings.seed,
        settings.expected_months, counted=True, only="" if question.bcu == "all" else question.bcu,
    )  # fmt: skip
    ranked = rank_cells(cube, scores, question.by, cap=settings.harm_cap_days, expected=expected)
    ranked["flag"] = flags(ranked, settings)
    ranked, no_patterns = with_patterns(ranked.merge(whose, on="cell"), cube, scores, periods, breaks)
    table = with_places(of_bcu(ranked, question.bcu), gathered.rows, area, settings)
    warnings = [*geography.missing_districts(area), *window_warnings(missing, breaks, source), *gathered.warnings]
    warnings += score_warnings(scores, weights)
    warnings, notes = whole_force(warnings, question.bcu), whole_force(gathered.notes, question.bcu)
    memory = expected.attrs["fitted"].half_life if "fitted" in expected.attrs else float("nan")
    return Answer(
        question=question, window=window, source=source, weights=weights, table=table, scores=scores, cube=cube,
        notes=tuple(notes), warnings=tuple(warnings), version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic", missing_months=tuple(missing), breaks=tuple(breaks),
        periods=tuple(periods), exposure=tuple(exposure), memory=float(memory), no_patterns=no_patterns,
        ahead=settings.expected_months, top=settings.top,
    )  # fmt: skip


def with_patterns(
    ranked: pd.DataFrame, cube: pd.DataFrame, scores: pd.DataFrame, periods: Sequence[int], breaks: Sequence[int]
) -> tuple[pd.DataFrame, str]:
    """The ranked cells with gi_z, gi_q and pattern, and why there are no patterns ('' where there are).

    Gi* is on harm days over the window. Patterns are on square roots, so that one severe event is no pattern, and on
    the months since the last break of map points.
    """
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    gi = gi_table(cells, ranked["harm_days"].to_numpy(dtype=float))
    ranked = ranked.assign(gi_z=gi["gi_z"].to_numpy(), gi_q=gi["gi_q"].to_numpy(), pattern="")
    since = patterns.periods_since_break(periods, breaks)
    reason = patterns.why_no_patterns(since)
    if not reason and len(ranked):
        days = np.sqrt(scored_days(scores, np.nan))
        found = patterns.cell_patterns(cube, days, since).set_index("cell")["pattern"]
        ranked["pattern"] = found.reindex(cells).fillna("").to_numpy()
    return ranked, reason


def cells_by_bcu(area: geography.Boundaries, cube: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Each cell of a cube with its one district and BCU, in order of cell."""
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    district = np.asarray(geography.cell_districts(cells, area), dtype=np.int64)
    names = np.array([*area.districts, ""], dtype=object)[district]
    bcus = np.array([*area.bcus, ""], dtype=object)[district]
    lone = np.flatnonzero(district < 0)  # no sampled point of the cell is in the force, yet an incident is
    if len(lone):
        inside = rows.drop_duplicates("cell").set_index("cell")[["district", "bcu"]].astype(object)
        names[lone], bcus[lone] = inside.loc[cells[lone], "district"], inside.loc[cells[lone], "bcu"]
    return pd.DataFrame({"cell": cells, "district": names, "bcu": bcus})


ROUNDED = {
    **dict.fromkeys(("harm_days", "harm_sqrt", "harm_capped", "harm_days_low", "harm_days_high"), 2),
    **dict.fromkeys(("harm_expected_days", "harm_expected_low", "harm_expected_high"), 2),
    **dict.fromkeys(("harm_next_low", "harm_next_high"), 2),
    **dict.fromkeys(("largest_offence_share", "p_top", "p_top_next", "gi_q"), 4),
    "gi_z": 3,
}  # decimals


def with_places(
    ranked: pd.DataFrame, rows: pd.DataFrame, area: geography.Boundaries, settings: Settings
) -> pd.DataFrame:
    """The ranked cells with centre, area and a name, in the columns of RANK, rounded once for all."""
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    lon, lat = geography.cell_centres(cells)
    table = ranked.assign(
        cell=geography.hex_ids(cells), lon=np.round(lon, 6), lat=np.round(lat, 6),
        area_m2=np.round(geography.cell_areas_m2(cells), 1),
        place=place_names(cells, geography.nearest_place(lon, lat, area), rows),
    )  # fmt: skip
    table = table.round(ROUNDED)
    table["sure"] = ""
    for bcu, members in table.groupby("bcu").groups.items():
        table.loc[members, "sure"] = sureness_column(table.loc[members, "p_top_next"], settings.top, f"{bcu} BCU")
    return table[[c.name for c in RANK]]


def place_names(cells: np.ndarray, near: list[str], rows: pd.DataFrame) -> list[str]:
    """The street most often named in a cell, if the source names any, and what is near."""
    if not rows["location"].notna().any():
        return near
    named = rows.loc[rows["cell"].isin(cells), ["cell", "location"]].dropna()
    counts = named.groupby(["cell", "location"], observed=True).size().rename("n").reset_index()
    counts["location"] = counts["location"].astype(str)
    best = (
        counts.sort_values(["n", "location"], ascending=[False, True])
        .drop_duplicates("cell")
        .set_index("cell")["location"]
    )
    streets = best.reindex(cells).fillna("").str.removeprefix("On or near ").to_numpy()
    return [
        f"{street}, {town}" if street and street != "No Location" else town
        for street, town in zip(streets, near, strict=True)
    ]
