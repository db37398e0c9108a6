"""The synthetic demo as a workspace: made, then imported through the same doors as real data."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import definition_of, facts_of, with_cells_of
from hotspots.areas.rules import excluded_cells
from hotspots.base import disk
from hotspots.base.choices import HAND
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET, unit_codes, unit_text
from hotspots.base.shipped import MAPPINGS
from hotspots.demo import DEFAULT_END, DEFAULT_SEED, FALL, VALID_FROM
from hotspots.demo.effects import expected_in_areas, in_words, with_effects, wrong_fall
from hotspots.demo.incidents import synthetic_incidents
from hotspots.demo.rhythms import SPOTS, spot_cells
from hotspots.intake import Imported, import_files
from hotspots.store.database import FILE
from hotspots.store.publishing import locked
from hotspots.store.server import IDENTITY
from hotspots.store.workspace import (
    COPY,
    DEMO,
    MANIFEST,
    TRUTH,
    is_workspace,
    open_workspace,
    read_manifest,
    stored_files,
)

MAPPING = MAPPINGS / "athena_export.toml"
CACHE, SETTINGS = "cache", "settings.toml"
REGISTER = "grip-demo"
COMPARISON = (3, 5, 9, 12, 16, 19)  # of SPOTS, two in each BCU; the others are treated
PATROL_DAYS = 28


def build_demo(folder: Path, seed: int = DEFAULT_SEED, patrols: bool = True, effect: float = FALL) -> Imported:
    """Build (or rebuild) the demo workspace at ``folder``, with the planted truth beside it in demo_truth.json.

    Two years of incidents; with ``patrols`` also the register grip-demo (the planted hot spots, frozen), four weeks of
    positions and patrol log, and from the day the register is valid each incident in its treated hot spots is prevented
    with the chance ``effect`` (`hotspots.demo.effects`; 0 plants no change). The demo is rebuilt from scratch: what was
    edited in an earlier one (weights, areas, log entries, targets) goes with it, but stays where a server holds it.
    ``settings.toml`` and files of other people's making stay. It is built aside, and what stood there stays whole until
    the new one is.

    Raises HotspotsError rather than touch a workspace that holds real data, and for an effect outside 0 to 1.
    """
    refuse_real(folder)
    if problems := wrong_fall(effect):
        raise HotspotsError(problems)
    with locked(folder), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        refuse_real(folder)
        made = make_export(Path(scratch), seed, effect if patrols else None)
        aside = folder / DEMO  # on the same disk
        disk.remove(aside)
        try:
            done = build_in(aside, folder, made, seed if patrols else None)
            move_in(aside, folder)
        finally:
            disk.remove(aside)
    return replace(done, workspace=open_workspace(folder))


def refuse_real(folder: Path) -> None:
    """HotspotsError where there is a workspace that is no demo, or what remains of one."""
    if not is_workspace(folder) or is_half(folder):
        return
    manifest = read_manifest(folder)
    kind = manifest.kind
    if kind == "real" or (kind == "empty" and ((folder / FILE).is_file() or manifest.profile)):
        other = "the profile of another force" if manifest.profile else "what people edited"
        held = "real data" if kind == "real" else other
        raise HotspotsError(
            f"The workspace {folder} holds {held}; the demo would overwrite it. Give another: --workspace DIR."
        )


def is_half(folder: Path) -> bool:
    """Whether there is the rest of a demo whose building or removal was cut short: its truth and no manifest."""
    return not (folder / MANIFEST).is_file() and (folder / TRUTH).is_file()


def build_in(aside: Path, folder: Path, made: tuple[Path, Path, str], seed: int | None) -> Imported:
    """The demo of an export and its truth as a workspace ``aside``, by the settings of ``folder`` and in its database.

    With ``seed`` patrols too. Returns what all its imports did.
    """
    disk.make_folder(aside)
    for name in (SETTINGS, IDENTITY):
        with suppress(FileNotFoundError):
            (aside / name).write_bytes((folder / name).read_bytes())
    export, truth, planted_words = made
    imported = import_files(aside, [export], "incidents", MAPPING, synthetic=True)
    known = truth.read_bytes()
    if seed is None:
        disk.write_whole(aside / TRUTH, known, private=True)
        return imported
    areas = freeze_spots(aside)
    more, planted = import_patrols(aside, areas, seed, export.parent)
    disk.write_whole(aside / TRUTH, _with_patrols(known, planted), private=True)
    reports = [r for i in (imported, *more) for r in i.reports]
    notes = [*(n for i in (imported, *more) for n in i.notes), planted_words]
    return Imported(more[-1].workspace, tuple(reports), True, tuple(notes))


def move_in(aside: Path, folder: Path) -> None:
    """Put a demo built aside in its place: its truth first, by which a rest of it is known, its manifest last."""
    disk.put_in_place(aside / TRUTH, folder / TRUTH)
    clear_synthetic(folder)
    try:
        for name in (*stored_files(aside), FILE, SECRET, IDENTITY, COPY, MANIFEST):
            if (aside / name).is_file():
                disk.make_folder((folder / name).parent)
                disk.put_in_place(aside / name, folder / name)
    except OSError as error:
        raise HotspotsError(
            f"The demo was not built to its end: {folder / name} cannot be written ({error.strerror}). What stood there"
            " was removed. Build it again."
        ) from error


def clear_synthetic(folder: Path) -> None:
    """Remove an earlier demo, manifest first, so that what a kill leaves is refused and never taken for one.

    The database, the key of the units and the cache go too, but only where the workspace is synthetic (or the rest of
    a demo whose removal was cut short).
    """
    has_manifest = (folder / MANIFEST).is_file()
    synthetic = read_manifest(folder).kind == "synthetic" if has_manifest else is_half(folder)
    for name in (COPY, MANIFEST):
        disk.remove(folder / name)
    if (folder / MANIFEST).is_file():
        raise HotspotsError(f"{folder / MANIFEST} cannot be removed: another program holds it open. Nothing changed.")
    names = stored_files(folder)
    if synthetic:
        names += [FILE, f"{FILE}-wal", f"{FILE}-shm", SECRET, CACHE]
    for name in names:
        disk.remove(folder / name)


def make_export(folder: Path, seed: int, effect: float | None) -> tuple[Path, Path, str]:
    """Write export and truth; with an effect planted from `VALID_FROM` on, and what it is in words ('' with None)."""
    export, truth = synthetic_incidents(seed)
    if effect is None:
        return *publish_export(folder, export, truth), ""
    areas = demo_areas()
    export, effects = with_effects(export, areas, VALID_FROM, effect, seed=seed)
    truth |= {
        "rows": len(export),
        "records": int(export["CRIME_REF"].nunique()),
        "effects": {**effects, "expected": expected_in_areas(truth, areas, effects, DEFAULT_END)},
    }
    return *publish_export(folder, export, truth), in_words(effects)


def publish_export(folder: Path, export: pd.DataFrame, truth: dict[str, Any]) -> tuple[Path, Path]:
    """Write an export as demo_incidents.csv (UTF-8 with a header) and its truth beside it; returns both paths.

    Read the CSV back as text (``dtype=str, keep_default_na=False``) to get the same table.
    """
    disk.make_folder(folder)
    csv, known = folder / "demo_incidents.csv", folder / TRUTH
    disk.write_whole(csv, export.to_csv(index=False, lineterminator="\n").encode())
    disk.write_whole(known, (json.dumps(truth, indent=1, ensure_ascii=False) + "\n").encode())
    return csv, known


def demo_areas() -> pd.DataFrame:
    """The planted hot spots in `hotspots.areas.AREAS`, without figures: 14 treated and 6 for comparison."""
    rows: list[dict[str, Any]] = []
    for number, spot in enumerate(SPOTS):
        rank = 1 + sum(s.bcu == spot.bcu for s in SPOTS[:number])
        cells = np.array(sorted(spot_cells(spot)), dtype=np.int64)
        rows.append({
            "area": f"{spot.bcu}-{rank:02d}", "name": spot.name, "bcu": spot.bcu,
            "cells": tuple(geography.hex_ids(cells)), "n_cells": len(cells), "n_incidents": 0,
            "area_m2": round(float(geography.cell_areas_m2(cells).sum()), 1),
            "role": "comparison" if number in COMPARISON else "treated", "valid_from": "", "valid_to": "", "edits": "",
        })  # fmt: skip
    return in_form(pd.DataFrame(rows))


def freeze_spots(folder: Path) -> pd.DataFrame:
    """Freeze the planted hot spots as grip-demo, with the figures of the year before; returns them.

    Where the workspace's database is a server's and holds them from an earlier demo, they stay as they are.
    """
    from hotspots.areas import measured
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.ranking.question import Question

    if REGISTER in set(area_register.registers(folder)["name"]):
        return area_register.load(folder, REGISTER).areas
    workspace = open_workspace(folder)
    answer = rank_workspace(workspace, Question(start="2024-11", end="2025-10", by="harm"))
    areas = demo_areas()
    areas = measured(areas, with_cells_of(workspace, facts_of(answer), areas))
    limits = Limits.of(workspace.settings, workspace.profile.bcus)
    excluded = excluded_cells(folder)
    definition = definition_of(answer, limits, excluded, synthetic=True, chosen={"how": HAND}, planted="by the demo")
    note = "SYNTHETIC: the hot spots that were planted in the demo, 14 treated and 6 for comparison"
    frozen = area_register.freeze(folder, areas, REGISTER, VALID_FROM, "demo", note, definition, limits.max_area_m2)
    return frozen.areas


def import_patrols(
    folder: Path, areas: pd.DataFrame, seed: int, scratch: Path
) -> tuple[tuple[Imported, Imported], dict[str, Any]]:
    """Make positions and log of the last four weeks and import both; returns the imports and the truth."""
    from hotspots.demo.patrols import synthetic_patrols

    first = DEFAULT_END - timedelta(days=PATROL_DAYS - 1)
    made = synthetic_patrols(areas, first, DEFAULT_END, seed, open_workspace(folder).settings)
    positions, log = scratch / "demo_positions.parquet", scratch / "demo_patrol_log.csv"
    made.pings.to_parquet(positions, index=False)
    made.log.to_csv(log, index=False, lineterminator="\n")
    imports = (
        import_files(folder, [positions], "pings", synthetic=True),
        import_files(folder, [log], "patrol-log", synthetic=True),
    )
    return imports, {**made.truth, "units": _coded(folder, made.truth["units"])}


def _coded(folder: Path, units: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The units under the numbers that the workspace knows them by."""
    codes = unit_codes(folder, [u["unit"] for u in units])
    return [{**u, "unit": unit_text(code)} for u, code in zip(units, codes, strict=True)]


def _with_patrols(known: bytes, planted: Mapping[str, Any]) -> bytes:
    whole = {**json.loads(known), "patrols": planted}
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
