"""Areas changed by people: each change with its author, its reason and its day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas.rules import ROLES, refusals
from hotspots.areas.table import blank, in_form, measured, named
from hotspots.base.errors import HotspotsError, sample


def add_cells(
    areas: pd.DataFrame, area: str, cells: Collection[int], facts: pd.DataFrame, author: str, reason: str = "",
    day: date | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The areas with cells added to one of them, its figures summed anew.

    HotspotsError for a cell that an area has already, that lies in another BCU or has another resolution.
    """
    at = _position(areas, area)
    held, new = set(areas["cells"].iloc[at]), set(geography.hex_ids(sorted(cells)))
    if held & new:
        raise HotspotsError(f"{area} has {sample(sorted(held & new))} already.")
    return _edited(areas, at, held | new, facts, _line("added", cells, author, reason, day))


def drop_cells(
    areas: pd.DataFrame, area: str, cells: Collection[int], facts: pd.DataFrame, author: str, reason: str,
    day: date | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The areas with cells taken out of one of them; a reason is needed, and one cell must stay."""
    at = _position(areas, area)
    if not reason.strip():
        raise HotspotsError("A cell is dropped for a reason: say why, for those who have to defend the area later.")
    held, gone = set(areas["cells"].iloc[at]), set(geography.hex_ids(sorted(cells)))
    if strange := gone - held:
        raise HotspotsError(f"{area} has no cell {sample(sorted(strange))}, so it cannot be dropped.")
    if not held - gone:
        raise HotspotsError(f"{area} would have no cell left. Drop the whole area instead.")
    return _edited(areas, at, held - gone, facts, _line("dropped", cells, author, reason, day))


def drop_area(areas: pd.DataFrame, area: str) -> pd.DataFrame:
    """The areas without one of them; the others keep their numbers."""
    return areas.drop(index=areas.index[_position(areas, area)]).reset_index(drop=True)


def new_area(
    areas: pd.DataFrame, cells: Collection[int], facts: pd.DataFrame, author: str, reason: str = "",
    day: date | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The areas and one more made of ``cells``, with the next free number of its BCU."""
    held = facts.drop_duplicates("cell").set_index("cell")["bcu"]
    bcu = str(held.get(min(cells), "")) if cells else ""
    if not bcu:
        raise HotspotsError("An area needs at least one cell inside the force.")
    taken = set(areas["area"])
    number = next(f"{bcu}-{i:02d}" for i in range(1, len(areas) + 2) if f"{bcu}-{i:02d}" not in taken)
    row = blank([{"area": number, "bcu": bcu, "cells": ()}])
    table = in_form(pd.concat([areas, row], ignore_index=True) if len(areas) else row)
    line = _line("made of", cells, author, reason, day)
    return named(_edited(table, len(table) - 1, set(geography.hex_ids(list(cells))), facts, line), facts)


def with_role(areas: pd.DataFrame, area: str, role: str) -> pd.DataFrame:
    """The areas with the role of one of them set: treated, comparison or none."""
    at = _position(areas, area)
    if role not in ROLES:
        raise HotspotsError(f"There is no role '{role[:40]}'. Use {', '.join(ROLES)}.")
    return areas.assign(role=[role if i == at else r for i, r in enumerate(areas["role"])])


def _line(what: str, cells: Collection[int], author: str, reason: str, day: date | None) -> str:
    """'2026-04-01 Bob: added 8a… (the car park)': who did what, when and why."""
    author, reason = " ".join(author.split()), " ".join(reason.split())
    if not author:
        raise HotspotsError("A change of an area needs an author: say who makes it.")
    why = f" ({reason})" if reason else ""
    return f"{day or date.today()} {author}: {what} {', '.join(geography.hex_ids(sorted(cells)))}{why}"


def _edited(areas: pd.DataFrame, at: int, cells: set[str], facts: pd.DataFrame, line: str) -> pd.DataFrame:
    """The areas with one of them made of other cells, and one more line in its ``edits``."""
    table = areas.reset_index(drop=True)
    made = [tuple(sorted(cells)) if i == at else c for i, c in enumerate(table["cells"])]
    table["cells"] = pd.Series(made, dtype=object)
    table["edits"] = ["; ".join(filter(None, [e, line])) if i == at else e for i, e in enumerate(table["edits"])]
    if problems := refusals(table, dict(zip(facts["cell"].tolist(), facts["bcu"].astype(str), strict=True))):
        raise HotspotsError(problems)
    return measured(table, facts)


def _position(areas: pd.DataFrame, area: str) -> int:
    at = np.flatnonzero(areas["area"].to_numpy() == area)
    if len(at) != 1:
        raise HotspotsError(f"There is no area '{area[:40]}'. There are: {', '.join(areas['area'])}.")
    return int(at[0])
