"""What happened on the days on which one version of the register held: positions first, then what logs add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from hotspots import geography
from hotspots.areas import register
from hotspots.base.clock import EPOCH, day_number, day_starts
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import RESOLUTIONS
from hotspots.patrols import log as patrol_log
from hotspots.patrols.dosage import cache, logs
from hotspots.patrols.dosage.question import DoseQuestion
from hotspots.patrols.presence import Presence
from hotspots.patrols.visits import joined_overnight, presence_of_files, refuse_overlaps, stays, together
from hotspots.store.workspace import PingDay, Workspace

LOOK_BACK_DAYS = 28  # for the days since the last adequate visit


@dataclass(frozen=True, eq=False, kw_only=True)
class Stretch:
    """Days on which one version of the register held, and what happened on them. Days are numbers since 1970."""

    frozen: register.Frozen
    areas: pd.DataFrame  # of the BCU asked for
    days: list[int]
    cells: dict[int, str]
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
    found = day_by_day(workspace, range(days[0] - 1, days[-1] + 2), cells, f"cell_{resolution}", question.engine)
    own = stays(joined_overnight(found, settings), sorted(set(cells.values())))
    starts = day_starts(EPOCH + timedelta(days=days[0]), EPOCH + timedelta(days=days[-1]), settings)
    entries = patrol_log.entries(workspace, int(starts[0]), int(starts[-1]))
    placed = patrol_log.placed(entries, cells, resolution, set(frozen.areas["area"]))
    unknown = sum(placed.attrs["unknown_areas"].values())
    bcus = dict(zip(frozen.areas["area"], frozen.areas["bcu"], strict=True))
    placed = placed.assign(bcu=placed["hot_spot"].map(bcus))
    split = logs.by_day(placed[placed["bcu"].notna()].reset_index(drop=True), settings)
    split = split[split["patrol_day"].isin(days)]
    reconciled, added = logs.reconcile(split, own, found, settings)
    both = pd.concat([own, added.astype(own.dtypes.to_dict())], ignore_index=True) if len(added) else own
    both = both[both["patrol_day"].isin(days) & both["area"].isin(areas["area"])]
    return Stretch(
        frozen=frozen, areas=areas, days=days, cells=cells, found=found, stays=both, entries=split,
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


def day_by_day(workspace: Workspace, days: Sequence[int], cells: dict[int, str], column: str, engine: str) -> Presence:
    """Who was where on these days: kept results where there are any, the engine for the others."""
    held = [d for d in workspace.manifest.ping_days if day_number(d.day) in set(days)]
    keys = {
        d.day: cache.key_of(workspace.manifest.hashes.get(d.file, d.file), cells, column, workspace.settings, engine)
        for d in held
    }
    parts = {d.day: cache.kept(workspace.folder, keys[d.day]) for d in held}
    missing = [d for d in held if parts[d.day] is None]
    if missing:
        new = asked(workspace, missing, cells, column, engine)
        for one in missing:
            mine = of_day(new, day_number(one.day))
            cache.keep(workspace.folder, keys[one.day], mine)
            parts[one.day] = mine
    return together([p for p in parts.values() if p is not None])


def asked(
    workspace: Workspace, missing: Sequence[PingDay], cells: dict[int, str], column: str, engine: str
) -> Presence:
    """The engine's answer for some days' files. HotspotsError for a file that is gone, damaged, or cut otherwise."""
    import pyarrow as pa

    files = [workspace.folder / d.file for d in missing]
    try:
        found = presence_of_files(files, cells, column, workspace.settings, engine)
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
