"""The register of frozen hot spots: dated, named, versioned, and never rewritten.

A hot spot that moves after the fact cannot be evaluated. So what people settle on is frozen: every area with its
cells, role and figures, the question that was asked, and the SHA-256 of it all. A version is written ``name@version``;
the name alone means its newest one. A later version supersedes an earlier one from its first day on; the day before
is worked out when it is read, and nothing of the earlier one changes. Rows are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots import geography
from hotspots.areas.rules import refusals, warnings_of
from hotspots.areas.table import AREA_COLUMNS, bcus_of, cell_ids, in_form, in_order
from hotspots.base.clock import day_of
from hotspots.base.columns import AREA_REGISTERS
from hotspots.base.errors import HotspotsError, sample
from hotspots.geography import boundaries_of
from hotspots.geography.neighbours import surroundings
from hotspots.store import ledger
from hotspots.store.database import read
from hotspots.store.ledger import Row
from hotspots.store.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

REGISTERS, AREAS, CELLS = "area_registers", "register_areas", "register_cells"
TEXTS = ("area", "name", "bcu", "role", "edits")
COUNTS = ("n_cells", "n_incidents")
FIGURES = ("area_m2", "harm_days", "harm_expected_days", "share_of_bcu_harm")


@dataclass(frozen=True)
class Frozen:
    """A version of a register. ``areas`` are in `hotspots.areas.AREAS`, their validity filled in."""

    name: str
    version: int
    valid_from: date
    valid_to: date | None  # None: until further notice. Before valid_from: superseded before it began
    author: str
    note: str
    created: str
    definition: dict[str, Any]
    sha256: str
    areas: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """How the version is called: name@version."""
        return f"{self.name}@{self.version}"


def freeze(
    folder: Path, areas: pd.DataFrame, name: str, valid_from: date | str, author: str, note: str,
    definition: Mapping[str, Any], max_area_m2: float | None = None,
) -> Frozen:  # fmt: skip
    """Write areas into the register as the next version of ``name``, whole or not at all, for good.

    ``areas`` are in `hotspots.areas.AREAS`; ``definition`` is what was asked (window, offences, weights and their hash,
    method, settings, workspace version), anything JSON can hold. Cells are held against the workspace's boundaries.
    ``warnings`` of the result say what is odd: not connected, larger than ``max_area_m2`` (default: the setting),
    begins in the past.

    HotspotsError, all problems at once, for areas that cannot be used (`hotspots.areas.rules.refusals`), without an
    author or note, and where the version would redefine what held on a day that has passed.
    """
    author, note = ledger.signature(author, note)
    first = day_of(valid_from, "The first day")
    ledger.check_name(name, "register")
    if not len(areas):
        raise HotspotsError("There is no area to freeze.")
    asked = ledger.canonical(definition)
    workspace = open_workspace(folder)
    table = _for_storing(areas, workspace.profile.bcus)
    if wrong := refusals(table, bcus_for(workspace, table)):
        raise HotspotsError(wrong)
    warnings = warnings_of(table, max_area_m2 or workspace.settings.max_area_m2)

    def add(connection: Connection) -> Frozen:
        number, more = next_version(ledger.rows_in(connection, REGISTERS, name=name), name, first)
        entry = {
            "name": name, "version": number, "valid_from": first.isoformat(), "author": author, "note": note,
            "created": ledger.created(), "definition": asked,
        }  # fmt: skip
        return _read(connection, _insert(connection, entry, table), (*warnings, *more))

    return ledger.append(folder, add)


def bcus_for(workspace: Workspace, areas: pd.DataFrame) -> dict[int, str]:
    """The BCU of every cell of the areas, by the workspace's boundaries.

    A cell at the edge of the force may hold incidents though most of it lies outside. It counts as its area's BCU
    where a cell that adjoins it lies there.
    """
    boundaries = boundaries_of(workspace)
    wanted = {
        int(c, 16): str(bcu)
        for bcu, cells in zip(areas["bcu"], areas["cells"], strict=True)
        for c in cells
        if geography.is_cell(c)
    }
    found = dict(zip(wanted, bcus_of(list(wanted), boundaries), strict=True))
    for cell in [c for c, bcu in found.items() if not bcu]:
        if wanted[cell] in bcus_of(surroundings([cell]), boundaries):
            found[cell] = wanted[cell]
    return found


def _for_storing(areas: pd.DataFrame, bcus: Sequence[str]) -> pd.DataFrame:
    """The areas in form and in order, texts on one line."""
    table = in_order(in_form(areas), bcus)
    for column in TEXTS:
        table[column] = [" ".join(str(t).split()) for t in table[column]]
    if blank := [str(a)[:40] for a, n in zip(table["area"], table["name"], strict=True) if not a or not n]:
        raise HotspotsError(f"Every area needs a number and a name; {sample(blank)} lacks one.")
    table["cells"] = pd.Series([tuple(sorted(str(c).lower() for c in cells)) for cells in table["cells"]], dtype=object)
    table["n_cells"] = [len(c) for c in table["cells"]]
    return table


def next_version(held: Sequence[Row], name: str, first: date) -> tuple[int, list[str]]:
    """The next free version and what is to be said; HotspotsError where it would redefine days that have passed.

    ``held``: the versions there are. One that has stood in the register for a day is superseded from today on at the
    earliest. One stored today may be followed by a later one that began in the past: so a force loads its history.
    """
    today = ledger.now().date()
    words = [f"These areas hold from {first}, before the day they were frozen ({today})."] if first < today else []
    if not held:
        return 1, words
    last = held[-1]
    began = date.fromisoformat(last["valid_from"])
    earliest = began if began >= today else began + timedelta(days=1)
    if datetime.fromisoformat(last["created"]).date() < today:
        earliest = max(earliest, today)
    if first < earliest:
        raise HotspotsError(
            f"{name}@{last['version']} holds from {began}, so a later version cannot begin on {first}: what held on a"
            f" day that has passed is never redefined. Let it begin on {earliest} or later."
        )
    return int(last["version"]) + 1, words


def _insert(connection: Connection, entry: Row, table: pd.DataFrame) -> Row:
    """Add a version with its areas and cells; returns its row."""
    areas = [_row(r) for r in table.to_dict("records")]
    row = {**entry, "sha256": ledger.hash_of(entry, "definition", areas=_by_number(areas))}
    row["id"] = ledger.insert(connection, REGISTERS, row)
    lines = [{**{k: v for k, v in a.items() if k != "cells"}, "register": row["id"]} for a in areas]
    cells = [{"register": row["id"], "area": a["area"], "cell": int(c, 16)} for a in areas for c in a["cells"]]
    ledger.insert_all(connection, AREAS, lines)
    ledger.insert_all(connection, CELLS, cells)
    return row


def _row(area: Mapping[Any, Any]) -> dict[str, Any]:
    """An area as it is stored and hashed: plain texts, whole numbers and numbers, None where unknown."""
    cells = cell_ids(area["cells"])
    return {
        **{c: str(area[c]) for c in TEXTS},
        **{c: int(area[c]) for c in COUNTS},
        **{c: None if pd.isna(area[c]) else float(area[c]) for c in FIGURES},
        "resolution": int(geography.resolution_of(cells[0])),
        "cells": geography.hex_ids(cells),
    }


def _by_number(areas: list[Row]) -> list[Row]:
    return sorted(areas, key=lambda a: a["area"])


def registers(folder: Path) -> pd.DataFrame:
    """Every version of every register by name and version, in `AREA_REGISTERS`."""
    with read(folder) as connection:
        found, areas = (ledger.rows_in(connection, table) for table in (REGISTERS, AREAS))
    rows = []
    for row in sorted(found, key=lambda r: (r["name"], r["version"])):
        mine = [a for a in areas if a["register"] == row["id"]]
        sums = {c: sum(a[c] or 0 for a in mine) for c in ("n_cells", "area_m2")}
        rows.append({**row, **sums, "n_areas": len(mine), "valid_to": _text(_last_day(found, row))})
    return pd.DataFrame(rows, columns=[c.name for c in AREA_REGISTERS]).round({"area_m2": 1})


def load(folder: Path, asked: str) -> Frozen:
    """The version called ``name@version``, or the newest of ``name``.

    HotspotsError where there is none, or where what is stored no longer has the hash it was stored with.
    """
    with read(folder) as connection:
        return _read(connection, ledger.version(ledger.rows_in(connection, REGISTERS), asked, "register"))


def version_on(folder: Path, name: str, day: date | str) -> Frozen:
    """The version of a register that held on a day. HotspotsError where none did yet."""
    day = day_of(day, "The day")
    with read(folder) as connection:
        mine = ledger.named(ledger.rows_in(connection, REGISTERS), name.partition("@")[0].strip(), "register")
        held = [row for row in mine if date.fromisoformat(row["valid_from"]) <= day]
        if not held:
            raise HotspotsError(
                f"No version of {mine[0]['name']} held on {day}: the first begins on {mine[0]['valid_from']}."
            )
        return _read(connection, held[-1])


def in_force_first(known: pd.DataFrame, first: date, last: date) -> tuple[list[str], list[str]]:
    """(names of registers of which a version held on one of these days, the others), each the one frozen last first.

    ``known``: of `registers`.
    """
    newest = known.sort_values("created", kind="stable").iloc[::-1]
    held = (newest["valid_from"] <= last.isoformat()) & (
        (newest["valid_to"] == "") | (newest["valid_to"] >= first.isoformat())
    )
    now = list(dict.fromkeys(newest.loc[held, "name"].tolist()))
    return now, [name for name in dict.fromkeys(newest["name"].tolist()) if name not in now]


def only_register(folder: Path, without: str, days: tuple[date, date] | None = None) -> str:
    """The name of the only register, or of the only one that held on one of these days (first and last).

    HotspotsError where there are several, or none: then ``without`` says what cannot be done.
    """
    names = list(dict.fromkeys(row["name"] for row in ledger.rows(folder, REGISTERS)))
    which = "There are several registers"
    if len(names) > 1 and days is not None and (held := in_force_first(registers(folder), *days)[0]):
        names, which = held, f"Several registers held between {days[0]} and {days[1]}"
    if not names:
        raise HotspotsError(
            f"No hot spots have been frozen in this workspace, so {without}. Freeze them first: the page Hot spots, or"
            " python -m hotspots areas freeze."
        )
    if len(names) > 1:
        raise HotspotsError(f"{which}: {', '.join(sorted(names))}. Say which one is meant: --register NAME.")
    return str(names[0])


def areas_on(folder: Path, day: date) -> pd.DataFrame:
    """The hot spots of every register that held on a day: area, name, bcu, register, by area.

    Where two registers use one number, the one frozen last counts.
    """
    with read(folder) as connection:
        return areas_in(connection, day)


def areas_in(connection: Connection | None, day: date) -> pd.DataFrame:
    """`areas_on`, with what is open already."""
    columns = ["area", "name", "bcu", "register"]
    began = [r for r in ledger.rows_in(connection, REGISTERS) if r["valid_from"] <= day.isoformat()]
    held = sorted(ledger.newest(began, "name").values(), key=lambda row: row["created"])
    found = [frozen.areas.assign(register=frozen.ref)[columns] for frozen in (_read(connection, r) for r in held)]
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found).drop_duplicates("area", keep="last").sort_values("area", ignore_index=True)


def stamp(folder: Path) -> str:
    """Changes whenever a version is frozen or an exclusion is stored: the key for every cache of them."""
    return ledger.stamp(folder, REGISTERS, "area_exclusions")


def problems(folder: Path) -> list[str]:
    """What is wrong with the register, each a sentence: versions that are not as they were frozen."""
    with read(folder) as connection:
        return ledger.faults(ledger.rows_in(connection, REGISTERS), lambda row: _read(connection, row))


def _read(connection: Connection | None, entry: Row, warnings: tuple[str, ...] = ()) -> Frozen:
    """A stored version, its hash verified."""
    stored = ledger.rows_in(connection, AREAS, register=entry["id"])
    areas, bcus = _by_number(stored), list(dict.fromkeys(a["bcu"] for a in stored))  # in the order they were frozen in
    cells: dict[str, list[int]] = {}
    for row in ledger.rows_in(connection, CELLS, register=entry["id"]):
        cells.setdefault(row["area"], []).append(row["cell"])
    rows = [{k: v for k, v in a.items() if k not in ("id", "register")} for a in areas]
    rows = [{**a, "cells": geography.hex_ids(cells.pop(a["area"], []))} for a in rows]
    ref = f"{entry['name']}@{entry['version']}"
    strays = {"strays": cells} if cells else {}  # cells of no area: they spoil the hash
    ledger.verify(f"Register {ref} is not as it was frozen", entry, "definition", areas=rows, **strays)
    first, last = entry["valid_from"], _last_day(ledger.rows_in(connection, REGISTERS, name=entry["name"]), entry)
    validity = {"valid_from": first, "valid_to": _text(last)}
    table = in_order(in_form(pd.DataFrame([{**a, **validity} for a in rows], columns=list(AREA_COLUMNS))), bcus)
    facts = {name: entry[name] for name in ("name", "version", "author", "note", "created", "sha256")}
    return Frozen(
        **facts, valid_from=date.fromisoformat(first), valid_to=last, definition=json.loads(entry["definition"]),
        areas=table, warnings=warnings,
    )  # fmt: skip


def _last_day(versions: Sequence[Row], row: Row) -> date | None:
    """The day before the next version of that name begins, None where there is none."""
    later = [v["valid_from"] for v in versions if v["name"] == row["name"] and v["version"] > row["version"]]
    return date.fromisoformat(min(later)) - timedelta(days=1) if later else None


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
