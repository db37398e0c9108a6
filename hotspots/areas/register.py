"""The register of frozen hot spots: dated, named, versioned, and never rewritten; and the cells nobody may choose.

A hot spot that moves after the fact cannot be evaluated. So what people settle on is frozen: every area with its
cells, role and figures, the question that was asked, and the SHA-256 of it all. A version is written ``name@version``;
the name alone means its newest one. A later version supersedes an earlier one from its first day on; the day before
is worked out when it is read, and nothing of the earlier one changes. Rows are only ever added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas import (
    AREA_COLUMNS,
    MAX_AREA_M2,
    bcus_of,
    cell_ids,
    check_areas,
    checked_exclusion,
    in_form,
    in_order,
    refuse_cells,
)
from hotspots.base.columns import AREA_REGISTERS, EXCLUSIONS
from hotspots.base.errors import HotspotsError, sample
from hotspots.geography.neighbours import surroundings
from hotspots.intake.place import boundaries_of
from hotspots.store.database import has_database, tables, transaction
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

TRIES = 20  # at a version number that others take at the same moment
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
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


# ---------------------------------------------------------------- freezing


def freeze(
    folder: Path,
    areas: pd.DataFrame,
    name: str,
    valid_from: date | str,
    author: str,
    note: str,
    definition: Mapping[str, Any],
    max_area_m2: float = MAX_AREA_M2,
) -> Frozen:
    """Write areas into the register as the next version of ``name``, whole or not at all, for good.

    ``areas`` are in `hotspots.areas.AREAS`; ``definition`` is what was asked (window, offences, weights and their hash,
    method, settings, workspace version), anything JSON can hold. Cells are held against the workspace's boundaries.
    ``warnings`` of the result tell what is odd: not connected, too large, begins in the past.

    HotspotsError, all problems at once, for areas that cannot be used (`hotspots.areas.refusals`), without an author
    or note, and where the version would redefine what held on a day that has passed.
    """
    from sqlalchemy.exc import IntegrityError

    author, note = signature(author, note)
    first = day_of(valid_from, "The first day")
    if not NAME.fullmatch(name):
        raise HotspotsError(f"'{name[:60]}' cannot be a register's name: use small letters, digits, '-', '_' and '.'.")
    if not len(areas):
        raise HotspotsError("There is no area to freeze.")
    told = _canonical(definition)
    table = _for_storing(areas)
    warnings = check_areas(table, bcus_for(folder, table), max_area_m2)
    for _ in range(TRIES):
        try:
            with transaction(folder) as connection:
                number, more = _next_version(connection, name, first)
                entry = {
                    "name": name, "version": number, "valid_from": first.isoformat(), "author": author, "note": note,
                    "created": now().isoformat(timespec="microseconds"), "definition": told,
                }  # fmt: skip
                key = _insert(connection, entry, table)
                return _read(connection, key, (*warnings, *more))
        except IntegrityError:
            continue
    raise HotspotsError("Others are freezing areas at this moment. Nothing was stored; try again.")


def bcus_for(folder: Path, areas: pd.DataFrame) -> dict[int, str]:
    """The BCU of every cell of the areas, by the workspace's boundaries.

    A cell at the edge of the force may hold incidents though most of it lies outside. It counts as its area's BCU
    where a cell that adjoins it lies there.
    """
    boundaries = boundaries_of(open_workspace(folder))
    wanted = {
        int(c, 16): str(bcu)
        for bcu, cells in zip(areas["bcu"], areas["cells"], strict=True)
        for c in cells
        if _is_cell(c)
    }
    found = dict(zip(wanted, bcus_of(list(wanted), boundaries), strict=True))
    for cell in [c for c, bcu in found.items() if not bcu]:
        if wanted[cell] in bcus_of(surroundings([cell]), boundaries):
            found[cell] = wanted[cell]
    return found


def _is_cell(text: str) -> bool:
    try:
        refuse_cells([text], "")
    except HotspotsError:
        return False
    return True


def signature(author: str, note: str) -> tuple[str, str]:
    """Author and note, each on one line; HotspotsError where either is missing."""
    author, note = " ".join(author.split())[:100], " ".join(note.split())[:2_000]
    missing = [what for what, text in (("an author", author), ("a note that says why", note)) if not text]
    if missing:
        raise HotspotsError(f"This needs {' and '.join(missing)}, for those who have to defend it later.")
    return author, note


def day_of(day: date | str, what: str) -> date:
    """A date, or a text such as 2026-04-01."""
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise ValueError
        return date.fromisoformat(day)
    except ValueError as error:
        raise HotspotsError(f"{what} is '{day[:40]}'; write a date like 2026-04-01.") from error


def _canonical(facts: Any) -> str:
    """The one JSON text of something: keys in order, no blanks, no nan."""
    try:
        return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise HotspotsError(f"The definition cannot be written as JSON: {error}.") from error


def _for_storing(areas: pd.DataFrame) -> pd.DataFrame:
    """The areas in form and in order, texts on one line."""
    table = in_order(in_form(areas))
    for column in TEXTS:
        table[column] = [" ".join(str(t).split()) for t in table[column]]
    blank = [str(a)[:40] for a, n in zip(table["area"], table["name"], strict=True) if not a or not n]
    if blank:
        raise HotspotsError(f"Every area needs a number and a name; {sample(blank)} lacks one.")
    table["cells"] = pd.Series([tuple(sorted(str(c).lower() for c in cells)) for cells in table["cells"]], dtype=object)
    table["n_cells"] = [len(c) for c in table["cells"]]
    return table


def _next_version(connection: Connection, name: str, first: date) -> tuple[int, list[str]]:
    """The next free version and what is to be told; HotspotsError where it would redefine days that have passed.

    A version that has stood in the register for a day is superseded from today on at the earliest. One stored today
    may be followed by a later one that began in the past: that is how a force loads its history.
    """
    from sqlalchemy import select

    kept = table_of("area_registers")
    asked = select(kept).where(kept.c.name == name).order_by(kept.c.version.desc())
    last = connection.execute(asked).first()
    today = now().date()
    if last is not None:
        began = date.fromisoformat(last.valid_from)
        earliest = began if began >= today else began + timedelta(days=1)
        if datetime.fromisoformat(last.created).date() < today:
            earliest = max(earliest, today)
        if first < earliest:
            raise HotspotsError(
                f"{name}@{last.version} holds from {began}, so a later version cannot begin on {first}: what held on a"
                f" day that has passed is never redefined. Let it begin on {earliest} or later."
            )
    words = [f"These areas hold from {first}, before the day they were frozen ({today})."] if first < today else []
    return (1 if last is None else int(last.version) + 1), words


def now() -> datetime:
    """The time that is written into the register."""
    return datetime.now(UTC)


def _insert(connection: Connection, entry: dict[str, Any], areas: pd.DataFrame) -> int:
    """Add a version with its areas and cells; returns its key."""
    from sqlalchemy import insert, select

    rows = [_row(r) for r in areas.to_dict("records")]
    kept, lines, cells = (table_of(t) for t in ("area_registers", "register_areas", "register_cells"))
    connection.execute(insert(kept).values(**entry, sha256=_hash(entry, rows)))
    same = (kept.c.name == entry["name"], kept.c.version == entry["version"])
    key = int(connection.execute(select(kept.c.id).where(*same)).scalar_one())
    connection.execute(insert(lines), [{**{k: v for k, v in r.items() if k != "cells"}, "register": key} for r in rows])
    connection.execute(
        insert(cells), [{"register": key, "area": r["area"], "cell": int(c, 16)} for r in rows for c in r["cells"]]
    )
    return key


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


def _hash(entry: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    """SHA-256 of a version as canonical JSON."""
    facts = {k: entry[k] for k in ("name", "version", "valid_from", "author", "note", "created")}
    whole = {**facts, "definition": json.loads(entry["definition"]), "areas": sorted(rows, key=lambda r: r["area"])}
    return sha256(_canonical(whole).encode()).hexdigest()


# ---------------------------------------------------------------- reading


def registers(folder: Path) -> pd.DataFrame:
    """Every version of every register by name and version, in `AREA_REGISTERS`."""
    columns = [c.name for c in AREA_REGISTERS]
    if not has_database(folder):
        return pd.DataFrame(columns=columns)
    from sqlalchemy import func, select

    kept, lines = table_of("area_registers"), table_of("register_areas")
    sums = (func.count(lines.c.id), func.sum(lines.c.n_cells), func.sum(lines.c.area_m2))
    with transaction(folder) as connection:
        found = connection.execute(select(kept).order_by(kept.c.name, kept.c.version)).mappings().all()
        sizes = {r[0]: r[1:] for r in connection.execute(select(lines.c.register, *sums).group_by(lines.c.register))}
        rows = [
            {
                **row,
                "valid_to": _text(_valid_to(connection, row["name"], row["version"])),
                **dict(zip(("n_areas", "n_cells", "area_m2"), sizes.get(row["id"], (0, 0, 0.0)), strict=True)),
            }
            for row in found
        ]
    return pd.DataFrame(rows, columns=columns).round({"area_m2": 1})


def load(folder: Path, asked: str) -> Frozen:
    """The version called ``name@version``, or the newest of ``name``.

    HotspotsError where there is none, or where what is stored no longer has the hash it was stored with.
    """
    if not has_database(folder):
        raise HotspotsError(f"There is no register '{asked[:60]}': no areas have been frozen in this workspace.")
    with transaction(folder) as connection:
        return _read(connection, _find(connection, asked))


def version_on(folder: Path, name: str, day: date | str) -> Frozen:
    """The version of a register that held on a day. HotspotsError where none did yet."""
    from sqlalchemy import select

    day = day_of(day, "The day")
    kept = table_of("area_registers")
    newest = load(folder, name.partition("@")[0])
    with transaction(folder) as connection:
        asked = select(kept.c.id, kept.c.valid_from).where(kept.c.name == newest.name).order_by(kept.c.version)
        rows = connection.execute(asked).all()
        held = [r.id for r in rows if date.fromisoformat(r.valid_from) <= day]
        if not held:
            raise HotspotsError(f"No version of {newest.name} held on {day}: the first begins on {rows[0].valid_from}.")
        return _read(connection, int(held[-1]))


def areas_on(folder: Path, name: str, day: date | str) -> pd.DataFrame:
    """The areas of a register that held on a day, in `hotspots.areas.AREAS`. HotspotsError where none did yet."""
    return version_on(folder, name, day).areas


def stamp(folder: Path) -> str:
    """Changes whenever a version is frozen or an exclusion is stored: the key for every cache of them."""
    if not has_database(folder):
        return ""
    from sqlalchemy import func, select

    with transaction(folder) as connection:
        newest = [
            connection.execute(select(func.max(table_of(t).c.id))).scalar()
            for t in ("area_registers", "area_exclusions")
        ]
    return "-".join(str(number or 0) for number in newest)


def problems(folder: Path) -> list[str]:
    """What is wrong with the register, each a sentence: versions that are not as they were frozen."""
    if not has_database(folder):
        return []
    from sqlalchemy import select

    kept = table_of("area_registers")
    words: list[str] = []
    with transaction(folder) as connection:
        for key in connection.execute(select(kept.c.id).order_by(kept.c.id)).scalars().all():
            try:
                _read(connection, key)
            except HotspotsError as error:
                words += error.problems
    return words


def table_of(name: str) -> Any:
    return tables().tables[name]


def _find(connection: Connection, asked: str) -> int:
    from sqlalchemy import select

    name, _, version = asked.strip().partition("@")
    kept = table_of("area_registers")
    rows = connection.execute(
        select(kept.c.id, kept.c.version).where(kept.c.name == name).order_by(kept.c.version)
    ).all()
    if not rows:
        names = sorted(connection.execute(select(kept.c.name).distinct()).scalars())
        held = f"There are: {', '.join(names)}." if names else "No areas have been frozen in this workspace."
        raise HotspotsError(f"There is no register '{name[:60]}'. {held}")
    found = [r.id for r in rows if not version or str(r.version) == version]
    if not found:
        raise HotspotsError(f"Register {name} has no version '{version[:40]}'; it has 1 to {rows[-1].version}.")
    return int(found[-1])


def _read(connection: Connection, key: int, warnings: tuple[str, ...] = ()) -> Frozen:
    """A stored version, its hash verified."""
    from sqlalchemy import select

    kept, lines, cells = (table_of(t) for t in ("area_registers", "register_areas", "register_cells"))
    entry = dict(connection.execute(select(kept).where(kept.c.id == key)).mappings().one())
    asked = select(lines).where(lines.c.register == key).order_by(lines.c.area)
    rows = [{k: v for k, v in r.items() if k not in ("id", "register")} for r in connection.execute(asked).mappings()]
    members: dict[str, list[int]] = {}
    for row in connection.execute(select(cells.c.area, cells.c.cell).where(cells.c.register == key)):
        members.setdefault(row.area, []).append(row.cell)
    for area in rows:
        area["cells"] = geography.hex_ids(sorted(members.pop(area["area"], [])))
    if members or not _matches(entry, rows):
        raise HotspotsError(
            f"Register {entry['name']}@{entry['version']} is not as it was frozen: it does not have the hash it was"
            " stored with. Restore the database from a copy."
        )
    last = _valid_to(connection, entry["name"], entry["version"])
    validity = {"valid_from": entry["valid_from"], "valid_to": _text(last)}
    table = in_order(in_form(pd.DataFrame([{**r, **validity} for r in rows], columns=list(AREA_COLUMNS))))
    return Frozen(
        entry["name"], entry["version"], date.fromisoformat(entry["valid_from"]), last, entry["author"], entry["note"],
        entry["created"], json.loads(entry["definition"]), entry["sha256"], table, warnings,
    )  # fmt: skip


def _matches(entry: Mapping[str, Any], rows: list[dict[str, Any]]) -> bool:
    try:
        return _hash(entry, rows) == entry["sha256"]
    except (ValueError, HotspotsError):  # not even JSON any more
        return False


def _valid_to(connection: Connection, name: str, version: int) -> date | None:
    """The day before the next version begins, None where there is none."""
    from sqlalchemy import func, select

    kept = table_of("area_registers")
    later = select(func.min(kept.c.valid_from)).where(kept.c.name == name, kept.c.version > version)
    begins = connection.execute(later).scalar()
    return None if begins is None else date.fromisoformat(begins) - timedelta(days=1)


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


# ---------------------------------------------------------------- cells nobody may choose


def exclude(folder: Path, cells: Collection[str], kind: str, note: str, author: str) -> int:
    """Exclude cells from every area to come, for a reason of `hotspots.areas.EXCLUSION_KINDS`; returns how many.

    Frozen areas keep their cells. HotspotsError for what is no cell, or is excluded already.
    """
    kind, note = checked_exclusion(kind, note)
    return _store_exclusions(folder, cells, 1, kind, note, author)


def include(folder: Path, cells: Collection[str], author: str, note: str = "") -> int:
    """Lift the exclusion of cells, by a later row: the earlier one stays. Returns how many."""
    return _store_exclusions(folder, cells, 0, "", " ".join(note.split())[:2_000], author)


def _store_exclusions(folder: Path, cells: Collection[str], excluded: int, kind: str, note: str, author: str) -> int:
    from sqlalchemy import insert

    author = " ".join(author.split())[:100]
    if not author:
        raise HotspotsError("An exclusion needs an author: say who decides it.")
    ids = cell_ids({c.strip().lower() for c in cells}).tolist()
    open_workspace(folder)
    with transaction(folder) as connection:
        held = {c for c, state in _states(connection).items() if state}
        idle = [c for c in ids if (c in held) == bool(excluded)]
        if idle:
            raise HotspotsError(
                f"{sample(geography.hex_ids(idle))} {'is excluded already' if excluded else 'is not excluded'}."
                " Nothing was stored."
            )
        created = now().isoformat(timespec="microseconds")
        row = {"excluded": excluded, "kind": kind, "note": note, "author": author, "created": created}
        if ids:
            connection.execute(insert(table_of("area_exclusions")), [{**row, "cell": c} for c in ids])
    return len(ids)


def _states(connection: Connection) -> dict[int, bool]:
    """Cell → whether its newest row excludes it."""
    from sqlalchemy import select

    kept = table_of("area_exclusions")
    return {r.cell: bool(r.excluded) for r in connection.execute(select(kept).order_by(kept.c.id))}


def excluded_cells(folder: Path) -> list[int]:
    """The cells that are excluded now, in order."""
    if not has_database(folder):
        return []
    with transaction(folder) as connection:
        return sorted(c for c, state in _states(connection).items() if state)


def exclusions(folder: Path) -> pd.DataFrame:
    """Every exclusion and every lifting of one, oldest first, in `EXCLUSIONS`."""
    columns = [c.name for c in EXCLUSIONS]
    if not has_database(folder):
        return pd.DataFrame(columns=columns)
    from sqlalchemy import select

    kept = table_of("area_exclusions")
    with transaction(folder) as connection:
        rows = [dict(r) for r in connection.execute(select(kept).order_by(kept.c.id)).mappings()]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        cell=geography.hex_ids(np.array(table["cell"], dtype=np.int64)), excluded=table["excluded"].astype(bool)
    )
