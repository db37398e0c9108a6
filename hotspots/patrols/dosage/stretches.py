"""Which dose is meant, and what happened while each version of the register held: positions, then what logs add.

The result of a single patrol day is kept, so that a new day of positions costs one day's work: under a hash of all that
it hangs on, the day's file, the cells, the rules, the engine. So it can never be stale, and the folder ``cache`` may be
deleted at any time. Where it cannot be written it is done without.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd

from hotspots import geography
from hotspots.areas import register
from hotspots.base import disk
from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.clock import EPOCH, day_number, day_numbers, day_of, day_starts
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import RESOLUTIONS, Settings
from hotspots.patrols import log as patrol_log
from hotspots.patrols.dosage import logs, masks
from hotspots.patrols.dosage.apart import stays_apart
from hotspots.patrols.presence import SEGMENTS, SILENCES, STANDSTILLS, UNIT_DAYS, Presence, rule_of
from hotspots.patrols.visits import codes_of, joined_overnight, presence_of_files, refuse_overlaps, stays, together
from hotspots.store.sound import sound_file
from hotspots.store.workspace import PingDay, Workspace

USUAL_DAYS = 7
NOWHERE = "positions belong nowhere"
LONGEST_DAYS = 366
SHORT = "Longer windows make a table that nobody reads; ask for them one after the other."


@dataclass(frozen=True)
class DoseQuestion:
    """Which dose is meant. Empty text means: the 7 patrol days up to the newest with positions; the only
    register, or the only one that held on these days.

    ``start`` and ``end`` are patrol days like 2026-10-05, both included; ``register`` is a name, whose version of each
    day counts, or name@version, which counts on every day it held; ``engine`` a URL of `hotspots.patrols.engine`.
    """

    bcu: str = "all"
    start: str = ""
    end: str = ""
    register: str = ""
    engine: str = DEFAULT_ENGINE


def bcus_of(workspace: Workspace, bcu: str) -> tuple[str, ...]:
    return workspace.profile.bcus if bcu == "all" else (bcu,)


def settle(workspace: Workspace, question: DoseQuestion) -> tuple[DoseQuestion, date, date]:
    """The question with nothing left open, its first and its last patrol day."""
    workspace.profile.refuse_bcu(question.bcu)
    held = days_held(workspace)
    if held is None:
        register.only_register(workspace.folder, NOWHERE)  # says so where nothing is frozen
        raise HotspotsError(
            "This workspace has no positions and no patrol log. Import them (--source pings, --source patrol-log), or"
            " enter patrols in the log form."
        )
    last = day_of(question.end, "The last day") if question.end else opens_on(workspace, held)
    usual = max(held[0], last - timedelta(days=USUAL_DAYS - 1))
    first = day_of(question.start, "The first day") if question.start else min(usual, last)
    if first > last:
        raise HotspotsError(f"The window ends on {last}, before it begins on {first}. Swap the two days.")
    if (last - first).days >= LONGEST_DAYS:
        raise HotspotsError(f"The window of {first} to {last} has more than {LONGEST_DAYS} days. {SHORT}")
    name = question.register or register.only_register(workspace.folder, NOWHERE, (first, last))
    return replace(question, start=str(first), end=str(last), register=name), first, last


def opens_on(workspace: Workspace, held: tuple[date, date]) -> date:
    """The last day of the week that is shown unasked: the newest with positions, else with a log entry."""
    tracked = workspace.manifest.ping_days
    return date.fromisoformat(tracked[-1].day) if tracked else held[1]


def days_held(workspace: Workspace) -> tuple[date, date] | None:
    """First and last patrol day with positions or a log entry; None where there is neither."""
    held = [day_number(d.day) for d in workspace.manifest.ping_days]
    starts = patrol_log.entries(workspace)["start"]
    if len(starts):
        held += day_numbers([starts.min(), starts.max()], workspace.settings).tolist()
    return (EPOCH + timedelta(days=min(held)), EPOCH + timedelta(days=max(held))) if held else None


FORMAT = 5  # goes up when the expression of `hotspots.patrols.presence` gives other rows
MOST = 3_000  # results kept; the oldest go
TABLES = {"segments": SEGMENTS, "unit_days": UNIT_DAYS, "silences": SILENCES, "standstills": STANDSTILLS}


def key_of(
    file_sha: str, cells: Mapping[int, str], masked: Mapping[int, str], cell: str, settings: Settings, engine: str
) -> str:
    """What one day's result hangs on, as a hash. Bands are drawn later."""
    numbers = {
        **rule_of(settings)._asdict(),
        "stationary_kmh": settings.stationary_kmh,
        "exclude_on_call": settings.exclude_on_call,
        "frozen_minutes": settings.frozen_minutes,
        "gap_intervals": settings.gap_intervals,
        "visit_gap_most_minutes": settings.visit_gap_most_minutes,
    }
    days = (settings.timezone, settings.patrol_day_starts)
    facts = [FORMAT, file_sha, sorted(cells.items()), sorted(masked.items()), cell, numbers, *days, engine]
    return sha256(json.dumps(facts).encode()).hexdigest()[:32]


def kept(folder: Path, key: str) -> Presence | None:
    """The result under this key, if it is there and whole."""
    place = folder / "cache" / "presence" / key
    try:
        tables = {name: pd.read_parquet(place / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError):
        return None
    if any(list(tables[name].columns) != list(columns) for name, columns in TABLES.items()):
        return None
    return Presence(**tables)


def keep(folder: Path, key: str, found: Presence) -> None:
    """Store a result, whole or not at all."""
    room = folder / "cache" / "presence"
    aside = room / f".{key}.{uuid.uuid4().hex[:8]}"
    try:
        disk.make_folder(aside)
        for name in TABLES:
            getattr(found, name).to_parquet(disk.private_file(aside / f"{name}.parquet"), index=False)
        disk.put_in_place(aside, room / key)
        thin_out(room)
    except (OSError, HotspotsError):  # read-only, full, or another process was faster
        disk.remove(aside)


def thin_out(room: Path) -> None:
    """Let the oldest results go."""
    held = [p for p in room.iterdir() if p.is_dir()]
    if len(held) > MOST:
        for old in sorted(held, key=lambda p: p.stat().st_mtime)[: len(held) - MOST]:
            disk.remove(old)


LOOK_BACK_DAYS = 28  # for the days since the last adequate visit


@dataclass(frozen=True, eq=False, kw_only=True)
class Stretch:
    """Days on which one version of the register held, and what happened on them. Days are numbers since 1970."""

    frozen: register.Frozen
    areas: pd.DataFrame  # of the BCU asked for
    days: list[int]
    cells: dict[int, str]
    masked: dict[int, str]  # of `hotspots.patrols.dosage.masks.masked_cells`
    found: Presence
    stays: pd.DataFrame
    entries: pd.DataFrame  # by day, with hot_spot and bcu: of all BCUs, for a unit's shift knows no border
    reconciled: pd.DataFrame  # logs against positions
    unknown_areas: int


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
    settings = workspace.settings
    frozen = register.load(workspace.folder, ref)
    areas = frozen.areas if question.bcu == "all" else frozen.areas[frozen.areas["bcu"] == question.bcu]
    if not len(areas):
        raise HotspotsError(f"{ref} has no hot spot in {question.bcu}.")
    # Every hot spot of the version, whichever BCU is asked for: the figures of one BCU are those of all three.
    cells = refuse_overlaps(frozen.areas)
    resolution = one_resolution(frozen.ref, frozen.areas)
    masked = masks.masked_cells(masks.masked_now(workspace.folder), cells, resolution)
    span = range(days[0] - 1, days[-1] + 2)
    found = day_by_day(workspace, span, cells, masked, f"cell_{resolution}", question.engine)
    codes = codes_of(cells, masked)
    own = stays_apart(stays(joined_overnight(found, settings), codes), found, codes, settings)
    starts = day_starts(EPOCH + timedelta(days=days[0]), EPOCH + timedelta(days=days[-1]), settings)
    entries = patrol_log.entries(workspace, int(starts[0]), int(starts[-1]))
    placed = patrol_log.placed(entries, cells, resolution, set(frozen.areas["area"]), masked)
    unknown = sum(placed.attrs["unknown_areas"].values())
    bcus = dict(zip(frozen.areas["area"], frozen.areas["bcu"], strict=True))
    placed = placed.assign(bcu=placed["hot_spot"].map(bcus))
    split = logs.by_day(placed[placed["bcu"].notna()].reset_index(drop=True), settings)
    split = split[split["patrol_day"].isin(days)]
    reconciled, added = logs.reconcile(split, own, found, settings)
    both = pd.concat([own, added.astype(own.dtypes.to_dict())], ignore_index=True) if len(added) else own
    both = both[both["patrol_day"].isin(days) & both["area"].isin(areas["area"])]
    return Stretch(
        frozen=frozen, areas=areas, days=days, cells=cells, masked=masked, found=found, stays=both, entries=split,
        reconciled=reconciled[reconciled["area"].isin(areas["area"])], unknown_areas=unknown,
    )  # fmt: skip


def one_resolution(ref: str, areas: pd.DataFrame) -> int:
    """The resolution of these areas' cells. HotspotsError where they have several, or one that positions lack."""
    found = geography.resolutions_of(c for cells in areas["cells"] for c in cells)
    if len(found) > 1 or found[0] not in RESOLUTIONS:
        raise HotspotsError(
            f"The hot spots of {ref} are made of cells of resolution {' and '.join(map(str, found))}; positions are"
            f" kept at {', '.join(map(str, RESOLUTIONS))}, and a version must keep to one. Freeze such a version."
        )
    return found[0]


def day_by_day(
    workspace: Workspace, days: Sequence[int], cells: dict[int, str], masked: dict[int, str], column: str, engine: str
) -> Presence:
    """Who was where on these days: kept results where there are any, the engine for the others."""
    held = [d for d in workspace.manifest.ping_days if day_number(d.day) in set(days)]
    keys = {
        d.day: key_of(workspace.manifest.hashes.get(d.file, d.file), cells, masked, column, workspace.settings, engine)
        for d in held
    }
    parts = {d.day: kept(workspace.folder, keys[d.day]) for d in held}
    missing = [d for d in held if parts[d.day] is None]
    if missing:
        new = asked(workspace, missing, cells, masked, column, engine)
        for one in missing:
            mine = of_day(new, day_number(one.day))
            keep(workspace.folder, keys[one.day], mine)
            parts[one.day] = mine
    return together([p for p in parts.values() if p is not None])


def asked(
    workspace: Workspace, missing: Sequence[PingDay], cells: dict[int, str], masked: dict[int, str], column: str,
    engine: str,
) -> Presence:  # fmt: skip
    """The engine's answer for some days' files. HotspotsError for a file that is gone, damaged, or cut otherwise."""
    import pyarrow as pa

    files = [sound_file(workspace, d.file) for d in missing]
    try:
        found = presence_of_files(files, cells, column, workspace.settings, engine, masked)
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
    tables = (getattr(found, name) for name in TABLES)
    return Presence(*(t[t["patrol_day"] == day].reset_index(drop=True) for t in tables))
