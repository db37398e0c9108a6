"""The offence rows that a question is about: gathered, counted, scored; and which months are there.

Everything that ranks or compares starts from one table, the cube: cell × period × offence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, months_between, window_of_months
from hotspots.harm import offences, selections
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet, score_offences
from hotspots.ranking.question import Question
from hotspots.store.held import (
    OTHER_FORCE,
    UNNAMED,
    few,
    gap_words,
    months_held,
    own_breaks,
    own_incidents,
    uneven_words,
)
from hotspots.store.workspace import Workspace

MOSTLY = 0.5  # share of the offences at exactly 00:00 from which on their hours are said not to be known


def build_cell_periods(
    cells: np.ndarray, periods: np.ndarray, offences: np.ndarray, records: np.ndarray
) -> pd.DataFrame:
    """Offence rows → counts per cell, period and offence.

    All arguments have one value per offence row: ``cells`` H3 (int64), ``periods`` any integers (YYYYMM, week
    numbers), ``offences`` a code per distinct offence, ``records`` the record's number. Rows of one record
    share its cell and period.

    Returns cell, period, offence, n_offences, n_incidents, sorted by the first three. A record with several
    offences is counted as one incident, under the offence with the lowest code: so n_incidents sums to
    distinct records over any set of rows, n_offences to offence rows.
    """
    if not len(cells):
        return pd.DataFrame(
            {c: pd.Series(dtype="int64") for c in ("cell", "period", "offence", "n_offences", "n_incidents")}
        )
    first = first_of_record(records, offences)
    cell_code, cell = pd.factorize(cells, sort=True)
    period_code, period = pd.factorize(periods, sort=True)
    n_offence = int(offences.max()) + 1
    key = (cell_code.astype(np.int64) * len(period) + period_code) * n_offence + offences
    groups, inverse = distinct(key, len(cell) * len(period) * n_offence)
    return pd.DataFrame(
        {
            "cell": cell[groups // (len(period) * n_offence)],
            "period": period[groups // n_offence % len(period)],
            "offence": (groups % n_offence).astype(np.int64),
            "n_offences": np.bincount(inverse, minlength=len(groups)).astype(np.int64),
            "n_incidents": np.bincount(inverse, weights=first, minlength=len(groups)).astype(np.int64),
        }
    )


def first_of_record(records: np.ndarray, offences: np.ndarray) -> np.ndarray:
    """True for one row of each record: the one with the lowest offence code, the earlier row among equals."""
    repeated = pd.Series(records).duplicated(keep=False).to_numpy()
    first = ~repeated
    rows = np.flatnonzero(repeated)
    if len(rows):
        order = rows[np.lexsort((rows, offences[rows], records[rows]))]
        starts = np.r_[True, records[order][1:] != records[order][:-1]]
        first[order[starts]] = True
    return first


def distinct(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct keys and each row's place among them; by counting where the range is small enough."""
    if size > 50_000_000:
        return np.unique(key, return_inverse=True)
    used = np.zeros(size, dtype=bool)
    used[key] = True
    groups = np.flatnonzero(used)
    place = np.cumsum(used, dtype=np.int64) - 1
    return groups, place[key]


@dataclass
class Gathered:
    """Offence rows of the window that can be placed in the force, and what was left out on the way."""

    rows: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def observed(window: Window, missing: Sequence[int]) -> tuple[list[int], list[float]]:
    """The window's months that are held, and the part of each that lies in the window."""
    months = [m for m in months_between(*window.months) if m not in set(missing)]
    parts = []
    for month in months:
        whole = window_of_months(month, month)
        days = (min(whole.end, window.end) - max(whole.start, window.start)).days + 1
        parts.append(days / ((whole.end - whole.start).days + 1))
    return months, parts


def gather(workspace: Workspace, source: str, window: Window, question: Question) -> Gathered:
    """The rows of the window and selection that lie in the force, with a sentence for each kind left out."""
    cell = f"cell_{question.resolution}"
    wanted = {"record", "month", cell, "district", "bcu", "location", "crime_type"}
    if source != POLICE_UK:  # which has neither codes, flags nor times
        wanted |= {*offences.OFFENCE_COLUMNS, *selections.PROACTIVE_COLUMNS, "local_from", "local_to"}
        wanted |= selections.columns_needed(question.offences)
    rows = own_incidents(workspace, sorted(wanted), source, window.months).to_pandas()
    if source != POLICE_UK:
        days = rows["local_from"].to_numpy().astype("datetime64[D]")
        rows = rows[(days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))]
    gaps = gap_words(workspace, months_between(*window.months)) if source == POLICE_UK else []
    found = Gathered(rows, warnings=gaps)
    choose_offences(found, source, question)
    if OTHER_FORCE in rows:
        count_other_forces(found, workspace, source, window)
    if question.hours:
        choose_hours(found, question.hours)
    leave_out_unplaced(found, cell)
    found.rows = found.rows.rename(columns={cell: "cell"})
    return found


def choose_offences(found: Gathered, source: str, question: Question) -> None:
    """Keep the selection's rows; proactively detected offences go unless they are asked for."""
    rows = found.rows
    mask = selections.selection_mask(rows, question.offences, source)
    proactive = selections.proactive_mask(rows)
    if not question.include_proactive:
        n = int((mask & proactive).sum())
        if n:
            found.notes.append(f"{n:,} offences found by police activity are left out; they can be included.")
        mask &= ~proactive
    unknown = selections.unknown_flags(rows, question.offences)
    if unknown:
        found.notes.append(f"{unknown:,} offences may belong to this selection, but the record has no flag to say so.")
    if source == POLICE_UK and question.offences != "all":
        others = selections.unlisted_types(rows)
        if others:
            kinds = few(f"{kind} {n:,}" for kind, n in others.items())
            found.warnings.append(
                f"{sum(others.values()):,} offences have a crime type that data.police.uk does not use now ({kinds}):"
                " they are in no selection but 'all', and no harm of theirs is counted."
            )
    if source != POLICE_UK and question.offences != "all":
        n = selections.unclassified_rows(rows)
        if n:
            found.notes.append(
                f"{n:,} offences have a code that is missing or not in the Home Office list: in no selection."
            )
    found.rows = rows[mask]


def count_other_forces(found: Gathered, workspace: Workspace, source: str, window: Window) -> None:
    """Crimes of other forces' files in the force's area: counted in the months that the force's own files cover."""
    rows = found.rows
    theirs = rows[OTHER_FORCE].notna().to_numpy()
    held = months_held(workspace, source)
    late = ~rows["month"].isin(held).to_numpy()
    counted = theirs & ~late
    if counted.any():
        forces = sorted({*rows.loc[counted, OTHER_FORCE].unique()} - {UNNAMED}) or [UNNAMED]
        months = [m for m in months_between(*window.months) if m in set(held)]
        found.warnings += uneven_words(workspace, forces, months)
        found.notes.append(
            f"{int(counted.sum()):,} offences come from the files of other forces ({few(forces)}) and lie in the force"
            " area: each is counted once."
        )
    if late.any():
        found.notes.append(
            f"{int(late.sum()):,} offences of other forces' files fall in months for which {workspace.force} has no"
            " file: left out."
        )
    found.rows = rows[~late].drop(columns=OTHER_FORCE)


def choose_hours(found: Gathered, hours: str) -> None:
    """Keep incidents whose whole span of possible times lies in these local hours."""
    first, last = parse_hours(hours)
    if first == last:
        return  # the whole day
    rows = found.rows
    length = (last - first) % 24
    start, end = rows["local_from"], rows["local_to"].fillna(rows["local_from"])
    midnight = int(((start == start.dt.normalize()) & (end == start)).sum())
    if midnight > 1 and midnight >= MOSTLY * len(rows):
        found.warnings.append(
            f"{midnight:,} of {len(rows):,} offences are at exactly 00:00, as dates without a time of day are: their"
            " hours are not known."
        )
    into = (start.dt.hour - first) % 24 + start.dt.minute / 60
    hours_long = (end - start).dt.total_seconds() / 3600
    inside = (into < length) & (into + hours_long <= length)
    touches = ((into < length) | (into + hours_long > 24)) & ~inside
    if touches.any():
        found.notes.append(
            f"{int(touches.sum()):,} offences may have happened in these hours or outside them: left out."
        )
    found.rows = rows[inside.to_numpy()]


def parse_hours(text: str) -> tuple[int, int]:
    """'20-04' → (20, 4): from 20:00 until 04:00."""
    first, _, last = text.partition("-")
    if not (text.isascii() and first.isdigit() and last.isdigit() and int(first) < 24 and int(last) <= 24):
        raise HotspotsError(f"Hours are '{text[:20]}'; write them like 20-04: from 20:00 until 04:00.")
    return int(first), int(last) % 24


def leave_out_unplaced(found: Gathered, cell: str) -> None:
    """Rows without coordinates and rows outside the force cannot be ranked; they are counted, by type."""
    rows = found.rows
    nowhere = rows[cell].fillna(0).to_numpy() == 0
    outside = ~nowhere & rows["district"].isna().to_numpy()
    if nowhere.any():
        share = nowhere.mean()
        found.warnings.append(
            f"{int(nowhere.sum()):,} of {len(rows):,} offences ({share:.1%}) have no coordinates and are on no map:"
            f" {worst_types(rows, nowhere)}."
        )
    if outside.any():
        found.notes.append(f"{int(outside.sum()):,} offences lie outside the force area and are not ranked.")
    found.rows = rows[~nowhere & ~outside]


def worst_types(rows: pd.DataFrame, nowhere: np.ndarray) -> str:
    """'Robbery 11.3%, …': the types that lose most."""
    name = "title" if "title" in rows and rows["crime_type"].isna().all() else "crime_type"
    shares = pd.Series(nowhere).groupby(rows[name].astype(object).fillna("no title").to_numpy()).agg(["mean", "sum"])
    worst = shares[shares["sum"] > 0].sort_values(["sum", "mean"], ascending=False).head(3)
    return ", ".join(f"{n} {r['mean']:.1%}" for n, r in worst.iterrows())


def count_and_score(rows: pd.DataFrame, weights: WeightSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(each distinct offence with its weight and count, the cube). Offence codes follow the offences' names."""
    codes, scores = code_and_score(rows, weights)
    cube = build_cell_periods(
        rows["cell"].to_numpy(dtype=np.int64), rows["month"].to_numpy(dtype=np.int64), codes, rows["record"].to_numpy()
    )
    return scores, cube


def code_and_score(rows: pd.DataFrame, weights: WeightSet) -> tuple[np.ndarray, pd.DataFrame]:
    """(each row's offence as a row number of the second, each distinct offence with its weight and count)."""
    codes, distinct = offences.distinct_offences(rows)
    order = np.argsort(distinct["offence"].astype(str).to_numpy(), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    codes = place[codes] if len(codes) else codes.astype(np.int64)
    scores = score_offences(distinct.iloc[order].reset_index(drop=True), weights)
    scores["n_offences"] = np.bincount(codes, minlength=len(scores))
    return codes, scores


def holes_and_breaks(workspace: Workspace, source: str, window: Window) -> tuple[list[int], list[int]]:
    """Months of the window that were never imported, and map-point breaks inside it."""
    held = set(months_held(workspace, source))
    asked = months_between(*window.months)
    missing = [m for m in asked if m not in held]
    return missing, [m for m in own_breaks(workspace, source) if asked[0] < m <= asked[-1]]
