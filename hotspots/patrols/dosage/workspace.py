"""From a question about patrols to its answer, the same for the page and the command line.

which hot spots held on which days → who was where, by positions → what logs add → visits → dose per hot spot and day
→ against targets, by hour of the week, and how complete the tracking was
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas import register
from hotspots.base.choices import BCUS
from hotspots.base.clock import EPOCH, HOUR, day_number, day_numbers, day_of, day_starts, day_text, local_text
from hotspots.base.columns import DOSAGE, VISITS, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window
from hotspots.base.settings import RESOLUTIONS, Settings
from hotspots.harm.offences import POLICE_UK
from hotspots.patrols import log as patrol_log
from hotspots.patrols.dosage import (
    LOGS_ONLY,
    NO_DATA,
    TRACKED,
    by_hour,
    cache,
    coverage,
    days_since,
    dose,
    logs,
    summary,
)
from hotspots.patrols.dosage.targets import target_on, targets
from hotspots.patrols.engine import DEFAULT
from hotspots.patrols.presence import Presence, VisitRules
from hotspots.patrols.visits import joined, presence_of_files, refuse_overlaps, sewn, stays, visits
from hotspots.ranking.gather import gather
from hotspots.ranking.question import Question
from hotspots.store.workspace import PingDay, Workspace, months_held, open_workspace

USUAL_DAYS = 7
LOOK_BACK_DAYS = 28  # for the days since the last adequate visit
LEARN_DAYS = 365  # of incidents before the window, for the hot hours
LONGEST_DAYS = 366
SHORT = "Longer windows make a table that nobody reads; ask for them one after the other."


@dataclass(frozen=True)
class DoseQuestion:
    """Which dose is meant. Empty text means: the last 7 patrol days held; the only register.

    ``start`` and ``end`` are patrol days like 2026-10-05, both included; ``register`` is a name, whose version of each
    day counts, or name@version, which counts on every day it held; ``engine`` a URL of `hotspots.patrols.engine`.
    """

    bcu: str = "all"
    start: str = ""
    end: str = ""
    register: str = ""
    engine: str = DEFAULT


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
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    registers: tuple[str, ...]  # name@version of each that held
    no_hot_hours: str  # why no hour is hot, else ''
    settings: Settings
    version: str
    synthetic: bool


@dataclass(frozen=True, eq=False)
class Stretch:
    """Days on which one version of the register held, and what happened on them. Days are numbers since 1970."""

    frozen: register.Frozen
    areas: pd.DataFrame  # of the BCU asked for
    days: list[int]
    cells: dict[int, str]
    found: Presence
    stays: pd.DataFrame
    entries: pd.DataFrame  # by day, with hot_spot and bcu: of all BCUs, for a unit's shift knows no border
    told: pd.DataFrame  # logs against positions
    unknown_areas: int


# ---------------------------------------------------------------- the question


def dose_workspace(folder: Path | Workspace, question: DoseQuestion | None = None) -> Dose:
    """Answer a question about patrols. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    question, first, last = settle(workspace, question or DoseQuestion())
    told = stretches(workspace, question, first, last)
    settings, rules = workspace.settings, VisitRules.of(workspace.settings)
    days = set(range(day_number(first), day_number(last) + 1))
    seen = [visits(s.stays, rules) for s in told]
    covered = [coverage.coverage(s.found, s.entries, settings) for s in told]
    tables = [table_of(workspace, *each) for each in zip(told, seen, covered, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    table = table[table["day"].isin(days)]
    hours, why_not = hours_of(workspace, told[-1], seen[-1], days, first)
    spans = pd.concat(covered).drop_duplicates(["bcu", "patrol_day"])
    spans = spans[spans["patrol_day"].isin(days) & spans["bcu"].isin(bcus_of(question.bcu))]
    shown_spans = coverage.shown(spans)
    shown = in_columns(table, DOSAGE)
    both = pd.concat([s.told for s in told], ignore_index=True)
    both = both[both["patrol_day"].isin(days)]
    return Dose(
        question=question, first=first, last=last, table=shown,
        summary=summary(shown, by_hour.in_hot_hours(hours), shown_spans, settings),
        visits=shown_visits(pd.concat(seen), days, settings), hours=hours, coverage=shown_spans,
        shifts=shifts_of(told, question.bcu, days, settings), reconciled=logs.shown(both, settings),
        warnings=tuple(coverage.warnings_of(spans, bcus_of(question.bcu), sorted(days))),
        notes=tuple(notes_of(workspace, told, days, both, why_not)), registers=tuple(s.frozen.ref for s in told),
        no_hot_hours=why_not, settings=settings, version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic",
    )  # fmt: skip


def bcus_of(bcu: str) -> tuple[str, ...]:
    return BCUS if bcu == "all" else (bcu,)


def settle(workspace: Workspace, question: DoseQuestion) -> tuple[DoseQuestion, date, date]:
    """The question with nothing left open, its first and its last patrol day."""
    if question.bcu not in ("all", *BCUS):
        raise HotspotsError(f"BCU '{question.bcu[:40]}' is not one of {', '.join(BCUS)} or all.")
    name = question.register or register.only_register(workspace.folder, "positions belong nowhere")
    held = days_held(workspace)
    if held is None:
        raise HotspotsError(
            "This workspace has no positions and no patrol log. Import them (--source pings, --source patrol-log), or"
            " enter patrols in the log form."
        )
    last = day_of(question.end, "The last day") if question.end else held[1]
    usual = max(held[0], last - timedelta(days=USUAL_DAYS - 1))
    first = day_of(question.start, "The first day") if question.start else min(usual, last)
    if first > last:
        raise HotspotsError(f"The window ends on {last}, before it begins on {first}. Swap the two days.")
    if (last - first).days >= LONGEST_DAYS:
        raise HotspotsError(f"The window of {first} to {last} has more than {LONGEST_DAYS} days. {SHORT}")
    return replace(question, start=str(first), end=str(last), register=name), first, last


def days_held(workspace: Workspace) -> tuple[date, date] | None:
    """First and last patrol day with positions or a log entry; None where there is neither."""
    held = [day_number(d.day) for d in workspace.manifest.ping_days]
    starts = patrol_log.entries(workspace)["start"]
    if len(starts):
        held += day_numbers([starts.min(), starts.max()], workspace.settings).tolist()
    return (EPOCH + timedelta(days=min(held)), EPOCH + timedelta(days=max(held))) if held else None


# ---------------------------------------------------------------- what happened


def stretches(workspace: Workspace, question: DoseQuestion, first: date, last: date) -> list[Stretch]:
    """For each version of the register that held in the window: what happened, look-back included."""
    name, _, version = question.register.partition("@")
    known = register.registers(workspace.folder)
    mine = known[(known["name"] == name) & ((known["version"].astype(str) == version) | (version == ""))]
    if not len(mine):
        register.load(workspace.folder, question.register)  # says why not
    found = []
    for row in mine.itertuples(index=False):
        begins = date.fromisoformat(str(row.valid_from))
        ends = date.fromisoformat(str(row.valid_to)) if row.valid_to else last
        low, high = max(first, begins), min(last, ends)
        if low <= high:
            look_back = max(low - timedelta(days=LOOK_BACK_DAYS), begins)
            days = list(range(day_number(look_back), day_number(high) + 1))
            found.append(stretch(workspace, question, f"{row.name}@{row.version}", days))
    if not found:
        since = f"{name} begins on {mine['valid_from'].min()}"
        raise HotspotsError(f"No version of {question.register} held between {first} and {last}: {since}.")
    return found


def stretch(workspace: Workspace, question: DoseQuestion, ref: str, days: list[int]) -> Stretch:
    """What happened on these days in the hot spots of one version."""
    settings, rules = workspace.settings, VisitRules.of(workspace.settings)
    frozen = register.load(workspace.folder, ref)
    areas = frozen.areas if question.bcu == "all" else frozen.areas[frozen.areas["bcu"] == question.bcu]
    if not len(areas):
        raise HotspotsError(f"{ref} has no hot spot in {question.bcu}.")
    # Every hot spot of the version, whichever BCU is asked for: the figures of one BCU are those of all three.
    cells = refuse_overlaps(frozen.areas)
    column = cell_column(frozen.ref, frozen.areas)
    found = day_by_day(workspace, range(days[0] - 1, days[-1] + 2), cells, column, rules, question.engine)
    own = stays(sewn(found, settings, rules), sorted(set(cells.values())))
    starts = day_starts(EPOCH + timedelta(days=days[0]), EPOCH + timedelta(days=days[-1]), settings)
    entries = patrol_log.entries(workspace, int(starts[0]), int(starts[-1]))
    placed = patrol_log.placed(entries, cells, int(column.removeprefix("cell_")), set(frozen.areas["area"]))
    unknown = sum(placed.attrs["unknown_areas"].values())
    bcus = dict(zip(frozen.areas["area"], frozen.areas["bcu"], strict=True))
    placed = placed.assign(bcu=placed["hot_spot"].map(bcus))
    split = logs.by_day(placed[placed["bcu"].notna()].reset_index(drop=True), settings)
    split = split[split["patrol_day"].isin(days)]
    told, added = logs.reconcile(split, own, found, settings)
    both = pd.concat([own, added.astype(own.dtypes.to_dict())], ignore_index=True) if len(added) else own
    both = both[both["patrol_day"].isin(days) & both["area"].isin(areas["area"])]
    told = told[told["area"].isin(areas["area"])]
    return Stretch(frozen, areas, days, cells, found, both, split, told, unknown)


def cell_column(ref: str, areas: pd.DataFrame) -> str:
    """The column of positions that holds cells of these areas' resolution. HotspotsError where they have several."""
    found = geography.resolutions_of(c for cells in areas["cells"] for c in cells)
    if len(found) > 1 or found[0] not in RESOLUTIONS:
        raise HotspotsError(
            f"The hot spots of {ref} are made of cells of resolution {' and '.join(map(str, found))}; positions are"
            f" kept at {', '.join(map(str, RESOLUTIONS))}, and a version must keep to one. Freeze such a version."
        )
    return f"cell_{found[0]}"


def day_by_day(
    workspace: Workspace, days: Sequence[int], cells: dict[int, str], column: str, rules: VisitRules, engine: str
) -> Presence:
    """Who was where on these days: kept results where there are any, the engine for the others."""
    held = [d for d in workspace.manifest.ping_days if day_number(d.day) in set(days)]
    keys = {
        d.day: cache.key_of(
            workspace.manifest.hashes.get(d.file, d.file), cells, column, rules, workspace.settings, engine
        )
        for d in held
    }
    parts = {d.day: cache.kept(workspace.folder, keys[d.day]) for d in held}
    missing = [d for d in held if parts[d.day] is None]
    if missing:
        new = asked(workspace, missing, cells, column, rules, engine)
        for one in missing:
            mine = of_day(new, day_number(one.day))
            cache.keep(workspace.folder, keys[one.day], mine)
            parts[one.day] = mine
    return joined([p for p in parts.values() if p is not None])


def asked(
    workspace: Workspace, missing: Sequence[PingDay], cells: dict[int, str], column: str, rules: VisitRules, engine: str
) -> Presence:
    """The engine's answer for some days' files. HotspotsError for a file that is gone, damaged, or cut otherwise."""
    import pyarrow as pa

    files = [workspace.folder / d.file for d in missing]
    try:
        found = presence_of_files(files, cells, column, rules, workspace.settings, engine)
    except (OSError, pa.ArrowException) as error:
        raise HotspotsError(
            f"Positions of the workspace are missing or damaged ({type(error).__name__}). Run python -m hotspots check;"
            " it says what to import again."
        ) from error
    odd = set(found.unit_days["patrol_day"]) - {day_number(d.day) for d in missing}
    if odd:
        raise HotspotsError(
            "The positions were stored with patrol days that begin at another hour than the setting"
            f" 'patrol_day_starts' says now ({workspace.settings.patrol_day_starts}). Set it back, or import the"
            " positions into a new workspace."
        )
    return found


def of_day(found: Presence, day: int) -> Presence:
    """One day of a result."""
    return Presence(*(
        t[t["patrol_day"] == day].reset_index(drop=True) for t in (found.segments, found.unit_days, found.silences)
    ))  # fmt: skip


# ---------------------------------------------------------------- the tables


def table_of(workspace: Workspace, told: Stretch, seen: pd.DataFrame, covered: pd.DataFrame) -> pd.DataFrame:
    """`DOSAGE` of one stretch, look-back included, and day as a number."""
    settings = workspace.settings
    grid = told.areas[["area", "bcu", "name", "role"]].merge(pd.DataFrame({"patrol_day": told.days}), how="cross")
    by_bcu = covered[["bcu", "patrol_day", "gps_coverage", "units"]]
    grid = grid.merge(by_bcu, on=["bcu", "patrol_day"], how="left")
    grid["data"] = data_of(grid, told)
    set_ = targets(workspace.folder, told.frozen.name)
    grid["target_minutes"] = [
        target_on(set_, a, r, d, settings) for a, r, d in grid[["area", "role", "patrol_day"]].itertuples(index=False)
    ]
    table = dose(grid.assign(register=told.frozen.ref), told.stays, seen)
    table["days_since_adequate_visit"] = days_since(table)
    starts = day_starts(EPOCH + timedelta(days=told.days[0]), EPOCH + timedelta(days=told.days[-1]), settings)
    table["hours_in_day"] = np.diff(starts)[table["patrol_day"] - told.days[0]] // HOUR
    order = {"treated": 0, "comparison": 1}
    table["order"] = table["role"].map(order).fillna(2)
    table = table.sort_values(["bcu", "order", "area", "patrol_day"], ignore_index=True)
    return table.assign(day=table["patrol_day"], patrol_day=table["patrol_day"].map(day_text))


def data_of(grid: pd.DataFrame, told: Stretch) -> np.ndarray[Any, Any]:
    """What the figures of each area and day rest on."""
    place = pd.MultiIndex.from_frame(grid[["area", "patrol_day"]])
    by_positions = told.stays.loc[~told.stays["log"], ["area", "patrol_day"]]
    tracked = (grid["units"] > 0) | place.isin(pd.MultiIndex.from_frame(by_positions))
    logged = pd.MultiIndex.from_frame(grid[["bcu", "patrol_day"]]).isin(
        pd.MultiIndex.from_frame(told.entries[["bcu", "patrol_day"]])
    )
    return np.select([tracked, logged], [TRACKED, LOGS_ONLY], NO_DATA).astype(object)


def hours_of(
    workspace: Workspace, newest: Stretch, seen: pd.DataFrame, days: set[int], first: date
) -> tuple[pd.DataFrame, str]:
    """(`DOSE_HOURS` for the hot spots of the window's last version, why no hour is hot or '')."""
    incidents, why_not = incidents_before(workspace, newest, first)
    there, visited = (t[t["patrol_day"].isin(days)] for t in (newest.stays, seen))
    areas = newest.areas[["area", "bcu", "role"]]
    return by_hour.dose_hours(there, visited, areas, incidents, newest.cells, workspace.settings), why_not


def incidents_before(workspace: Workspace, told: Stretch, first: date) -> tuple[pd.DataFrame | None, str]:
    """Timed incidents in the year before the window, one row each; None, and why, where there are none."""
    if "incidents" not in workspace.manifest.sources:
        held = " data.police.uk gives the month and no hour." if POLICE_UK in workspace.manifest.sources else ""
        return None, f"Hot hours need incidents with times; this workspace has none.{held}"
    last_month = months_held(workspace.manifest, "incidents")[-1]
    known = (pd.Period(f"{last_month // 100}-{last_month % 100:02d}", "M").end_time).date()
    end = min(first - timedelta(days=1), known)
    window = Window(end - timedelta(days=LEARN_DAYS - 1), end)
    resolution = int(cell_column(told.frozen.ref, told.areas).removeprefix("cell_"))
    question = Question(offences="serious-violence", source="incidents", resolution=resolution)
    rows = gather(workspace, "incidents", window, question).rows
    rows = rows[rows["cell"].isin(told.cells)].drop_duplicates("record")
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


def shifts_of(told: list[Stretch], bcu: str, days: set[int], settings: Settings) -> pd.DataFrame:
    """`SHIFTS` of the window: of one BCU's units, or of all, those outside the force too."""
    table = pd.concat([coverage.unit_shifts(s.found, settings) for s in told]).drop_duplicates(["patrol_day", "unit"])
    mine = table[table["patrol_day"].isin(days) & (table["bcu"].isin(bcus_of(bcu)) | (bcu == "all"))]
    return coverage.shown_shifts(mine, settings)


def notes_of(workspace: Workspace, told: list[Stretch], days: set[int], both: pd.DataFrame, why_not: str) -> list[str]:
    """What stands beside the figures."""
    settings = workspace.settings
    words = [f"Hot spots as frozen in {', '.join(s.frozen.ref for s in told)}."]
    if len(told) > 1:
        words.append(f"Minutes by hour are those of the days of {told[-1].frozen.ref}.")
    by_log = both["counted"] == logs.LOG
    if len(both):
        pairs = both[~by_log]
        words.append(
            f"{len(both):,} log entries: {int(by_log.sum()):,} counted by the log (no tracking), {len(pairs):,} by"
            f" positions, which give {pairs['gps_minutes'].sum():,.0f} minutes where the log says"
            f" {pairs['log_minutes'].sum():,.0f}."
        )
    unknown = sum(s.unknown_areas for s in told)
    if unknown:
        words.append(f"{unknown:,} log entries name a hot spot that the register does not have: counted nowhere.")
    no_unit = int((both["unit"] == 0).sum())
    if no_unit:
        words.append(f"{no_unit:,} log entries name no unit and cannot be held against positions: counted by the log.")
    for each in told:
        words += logs.clock_notes(each.told, each.stays, settings)
    return [*words, *([why_not] if why_not else [])]


def about(told: Dose) -> dict[str, Any]:
    """What the figures are, to go with every download."""
    rules = VisitRules.of(told.settings)
    return {
        "what": "Patrol dose", "data": "SYNTHETIC DEMO DATA, not real patrols" if told.synthetic else "real",
        "bcu": told.question.bcu, "first_patrol_day": str(told.first), "last_patrol_day": str(told.last),
        "registers": ", ".join(told.registers), "engine": told.question.engine,
        "visit_rule": (
            f"positions at most {rules.gap_s / 60:g} minutes apart, {rules.edge_s} seconds outside allowed, median"
            f" speed at most {rules.stationary_kmh:g} km/h, adequate from {rules.min_minutes:g} minutes"
        ),
        "patrol_day_starts": told.settings.patrol_day_starts, "timezone": told.settings.timezone,
        "workspace_version": told.version, "warnings": list(told.warnings), "notes": list(told.notes),
    }  # fmt: skip
