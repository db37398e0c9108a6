"""From a question about patrols to its answer, the same for the page and the command line.

which hot spots held on which days → who was where, by positions → what logs add → visits → dose per hot spot and day
→ against targets, by hour of the week, and how complete the tracking was
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.clock import EPOCH, HOUR, day_number, day_starts, day_text, local_text
from hotspots.base.columns import DOSAGE, VISITS, in_columns
from hotspots.base.months import Window, window_of_months
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.harm.offences import POLICE_UK
from hotspots.patrols.dosage import coverage, logs, masks
from hotspots.patrols.dosage.apart import apart_warnings
from hotspots.patrols.dosage.dose import (
    LOGS_ONLY,
    NO_DATA,
    TRACKED,
    days_since,
    dose,
    dose_hours,
    in_hot_hours,
    summary,
    target_on,
    targets,
)
from hotspots.patrols.dosage.stretches import (
    DoseQuestion,
    Stretch,
    bcus_of,
    days_held,
    one_resolution,
    settle,
    stretches,
)
from hotspots.patrols.presence import rule_of
from hotspots.patrols.visits import LOG, visits
from hotspots.ranking.gather import gather
from hotspots.ranking.question import Question
from hotspots.store.held import months_held
from hotspots.store.workspace import Workspace, open_workspace

LEARN_DAYS = 365  # of incidents before the window, for the hot hours
ENTRIES = ("log entry", "log entries")


@dataclass(frozen=True, eq=False, kw_only=True)
class Dose:
    """What patrols gave, and what must be said beside it."""

    question: DoseQuestion  # completed
    first: date
    last: date
    table: pd.DataFrame  # DOSAGE
    summary: pd.DataFrame  # DOSE_SUMMARY
    visits: pd.DataFrame  # VISITS
    hours: pd.DataFrame  # DOSE_HOURS
    coverage: pd.DataFrame  # COVERAGE
    shifts: pd.DataFrame  # SHIFTS
    reconciled: pd.DataFrame  # RECONCILED
    masks: pd.DataFrame  # MASKED_SITES
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    registers: tuple[str, ...]  # name@version of each that held
    no_hot_hours: str  # why no hour is hot, else ''
    settings: Settings
    version: str
    synthetic: bool


def dose_workspace(folder: Path | Workspace, question: DoseQuestion | None = None) -> Dose:
    """Answer a question about patrols. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    asked_for = question or DoseQuestion()
    question, first, last = settle(workspace, asked_for)
    held, settings = stretches(workspace, question, first, last), workspace.settings
    bcus, asked = workspace.profile.bcus, bcus_of(workspace, question.bcu)
    days = set(range(day_number(first), day_number(last) + 1))
    seen = [visits(s.stays, settings) for s in held]
    covered = [coverage.coverage(s.found, s.entries, bcus, settings) for s in held]
    table = pd.concat([table_of(workspace, *each) for each in zip(held, seen, covered, strict=True)], ignore_index=True)
    table = table[table["day"].isin(days)]
    hours, why_not = hours_of(workspace, held[-1], seen[-1], days, first)
    spans = pd.concat(covered).drop_duplicates(["bcu", "patrol_day"])
    passed = {each for s in held for each in coverage.bcus_passed(s.found, bcus)}
    spans = spans[spans["patrol_day"].isin(days) & spans["bcu"].isin(asked)]
    shown_spans = coverage.shown(spans)
    shown = in_columns(table, DOSAGE)
    both = pd.concat([s.reconciled for s in held], ignore_index=True)
    both = both[both["patrol_day"].isin(days)]
    units = pd.concat([coverage.unit_shifts(s.found, bcus, settings) for s in held])
    units = units.drop_duplicates(["patrol_day", "unit"])
    mine = units[units["patrol_day"].isin(days) & (units["bcu"].isin(asked) | (question.bcu == "all"))]
    return Dose(
        question=question, first=first, last=last, table=shown,
        summary=summary(shown, in_hot_hours(hours), shown_spans, settings),
        visits=shown_visits(pd.concat(seen), days, settings), hours=hours, coverage=shown_spans,
        shifts=coverage.shown_shifts(mine, settings), reconciled=logs.shown(both, settings),
        masks=sites_of(workspace, held, days),
        warnings=(*coverage.warnings_of(spans, asked, sorted(days), passed), *apart_warnings(shown, settings)),
        notes=(*later_logs(workspace, asked_for, last), *notes_of(held, both, why_not, settings)),
        registers=tuple(s.frozen.ref for s in held),
        no_hot_hours=why_not, settings=settings, version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic",
    )  # fmt: skip


def table_of(workspace: Workspace, held: Stretch, seen: pd.DataFrame, covered: pd.DataFrame) -> pd.DataFrame:
    """`DOSAGE` of one stretch, look-back included, and day as a number."""
    settings = workspace.settings
    grid = held.areas[["area", "bcu", "name", "role"]].merge(pd.DataFrame({"patrol_day": held.days}), how="cross")
    by_bcu = covered[["bcu", "patrol_day", "gps_coverage", "units"]]
    grid = grid.merge(by_bcu, on=["bcu", "patrol_day"], how="left")
    grid["data"] = data_of(grid, held)
    set_ = targets(workspace.folder, held.frozen.name)
    grid["target_minutes"] = [
        target_on(set_, a, r, d, settings) for a, r, d in grid[["area", "role", "patrol_day"]].itertuples(index=False)
    ]
    table = dose(grid.assign(register=held.frozen.ref), held.stays, seen)
    table["days_since_adequate_visit"] = days_since(table)
    starts = day_starts(EPOCH + timedelta(days=held.days[0]), EPOCH + timedelta(days=held.days[-1]), settings)
    table["hours_in_day"] = np.diff(starts)[table["patrol_day"] - held.days[0]] // HOUR
    order = {"treated": 0, "comparison": 1}
    table["order"] = table["role"].map(order).fillna(2)
    table = table.sort_values(["bcu", "order", "area", "patrol_day"], ignore_index=True)
    return table.assign(day=table["patrol_day"], patrol_day=table["patrol_day"].map(day_text))


def sites_of(workspace: Workspace, held: list[Stretch], days: set[int]) -> pd.DataFrame:
    """`MASKED_SITES` of the window: each site in the hot spots of its last version, minutes over all."""
    stays = pd.concat([s.stays[s.stays["patrol_day"].isin(days)] for s in held], ignore_index=True)
    newest = held[-1]
    resolution = one_resolution(newest.frozen.ref, newest.areas)
    cells = {c: a for c, a in newest.cells.items() if a in set(newest.areas["area"])}
    return masks.sites_table(masks.masked_now(workspace.folder), newest.masked, cells, resolution, stays)


def data_of(grid: pd.DataFrame, held: Stretch) -> np.ndarray[Any, Any]:
    """What the figures of each area and day rest on: positions of its BCU's units, or a log entry that names it."""
    place = pd.MultiIndex.from_frame(grid[["area", "patrol_day"]])
    by_positions = held.stays.loc[~held.stays["log"], ["area", "patrol_day"]]
    tracked = (grid["units"] > 0) | place.isin(pd.MultiIndex.from_frame(by_positions))
    logged = place.isin(pd.MultiIndex.from_frame(held.entries[["hot_spot", "patrol_day"]]))
    return np.select([tracked, logged], [TRACKED, LOGS_ONLY], NO_DATA).astype(object)


def hours_of(
    workspace: Workspace, newest: Stretch, seen: pd.DataFrame, days: set[int], first: date
) -> tuple[pd.DataFrame, str]:
    """(`DOSE_HOURS` for the hot spots of the window's last version, why no hour is hot or '')."""
    incidents, why_not = incidents_before(workspace, newest, first)
    there, visited = (t[t["patrol_day"].isin(days)] for t in (newest.stays, seen))
    areas = newest.areas[["area", "bcu", "role"]]
    return dose_hours(there, visited, areas, incidents, newest.cells, workspace.settings), why_not


def incidents_before(workspace: Workspace, held: Stretch, first: date) -> tuple[pd.DataFrame | None, str]:
    """Timed incidents in the year before the window, one row each; None, and why, where there are none."""
    if "incidents" not in workspace.manifest.sources:
        other = " data.police.uk gives the month and no hour." if POLICE_UK in workspace.manifest.sources else ""
        return None, f"Hot hours need incidents with times; this workspace has none.{other}"
    last_month = months_held(workspace, "incidents")[-1]
    end = min(first - timedelta(days=1), window_of_months(last_month, last_month).end)
    window = Window(end - timedelta(days=LEARN_DAYS - 1), end)
    resolution = one_resolution(held.frozen.ref, held.areas)
    question = Question(offences="serious-violence", source="incidents", resolution=resolution)
    rows = gather(workspace, "incidents", window, question).rows
    rows = rows[rows["cell"].isin(held.cells)].drop_duplicates("record")
    if not len(rows):
        return None, f"No serious violence with a time is recorded in these hot spots from {window}: no hour is hot."
    return rows[["cell", "local_from", "local_to"]], ""


def shown_visits(seen: pd.DataFrame, days: set[int], settings: Settings) -> pd.DataFrame:
    """`VISITS` of the window, in order of area and time."""
    mine = seen[seen["patrol_day"].isin(days)].sort_values(["area", "start"])
    return in_columns(
        mine.assign(
            patrol_day=mine["patrol_day"].map(day_text), start=local_text(mine["start"], settings),
            end=local_text(mine["end"], settings),
        ),
        VISITS,
    )  # fmt: skip


def notes_of(held: list[Stretch], both: pd.DataFrame, why_not: str, settings: Settings) -> list[str]:
    """What stands beside the figures."""
    words = [f"Hot spots as frozen in {', '.join(s.frozen.ref for s in held)}."]
    if len(held) > 1:
        words.append(f"Minutes by hour are those of the days of {held[-1].frozen.ref}.")
    by_log = both["counted"] == LOG
    if len(both):
        pairs = both[~by_log]
        words.append(
            f"{counted(len(both), *ENTRIES)}: {int(by_log.sum()):,} counted by the log (no tracking), {len(pairs):,} by"
            f" positions, which give {pairs['gps_minutes'].sum():,.0f} minutes where the log says"
            f" {pairs['log_minutes'].sum():,.0f}."
        )
    unknown = sum(s.unknown_areas for s in held)
    if unknown:
        entries = counted(unknown, "log entry names", "log entries name")
        words.append(f"{entries} a hot spot that the register does not have: counted nowhere.")
    no_unit = int((both["unit"] == 0).sum())
    if no_unit:
        entries = counted(no_unit, "log entry names", "log entries name")
        words.append(f"{entries} no unit and cannot be held against positions: counted by the log.")
    words += feed_notes(held, settings)
    for each in held:
        words += logs.clock_notes(each.reconciled, each.stays, settings)
    return [*words, *([why_not] if why_not else [])]


def later_logs(workspace: Workspace, asked: DoseQuestion, last: date) -> list[str]:
    """That log entries go on after the last day shown, where nobody asked for that day."""
    held = days_held(workspace)
    if asked.end or held is None or held[1] <= last:
        return []
    return [f"Positions end on {last}; the log goes on to {held[1]}. Ask for those days to see them."]


def feed_notes(held: list[Stretch], settings: Settings) -> list[str]:
    """How far apart positions of units that send rarely may be within a stay: on whose days, and how far."""
    days = pd.concat([s.found.unit_days[["patrol_day", "unit", "gap_s"]] for s in held]).drop_duplicates()
    usual = rule_of(settings).gap_s
    slow = days.loc[days["gap_s"] > usual, "gap_s"] / 60
    if not len(slow):
        return []
    span = " to ".join(dict.fromkeys(f"{m:.3g}" for m in (slow.min(), slow.max())))
    return [
        f"On {len(slow):,} of {len(days):,} unit-days positions come so rarely that they may be {span} minutes apart"
        f" within a stay ({settings.gap_intervals:g} times the unit's usual interval), not {usual / 60:g}. Single days"
        " are rough at such intervals."
    ]


def about(dose: Dose) -> dict[str, Any]:
    """What the figures are, to go with every download."""
    settings = dose.settings
    rule = rule_of(settings)
    return {
        "what": "Patrol dose", "data": "SYNTHETIC DEMO DATA, not real patrols" if dose.synthetic else "real",
        "bcu": dose.question.bcu, "first_patrol_day": str(dose.first), "last_patrol_day": str(dose.last),
        "registers": ", ".join(dose.registers), "engine": dose.question.engine,
        "visit_rule": (
            f"positions at most {rule.gap_s / 60:g} minutes apart ({settings.gap_intervals:g} times the usual"
            f" interval of a unit that sends more rarely), {rule.edge_s} seconds outside allowed, median"
            f" speed at most {settings.stationary_kmh:g} km/h, adequate from {settings.visit_min_minutes:g} minutes"
        ),
        "not_counted": (
            f"positions equal to the metre for {settings.frozen_minutes:g} minutes, stays longer than"
            f" {settings.visit_most_minutes:g} minutes"
            + "".join(f", at {site}" for site in dict.fromkeys(dose.masks.loc[dose.masks["area"] != "", "site"]))
        ),
        "patrol_day_starts": settings.patrol_day_starts, "timezone": settings.timezone,
        "workspace_version": dose.version, "warnings": list(dose.warnings), "notes": list(dose.notes),
    }  # fmt: skip
