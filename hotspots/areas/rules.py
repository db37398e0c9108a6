"""What areas must be before they are used, what is odd about those that may be, and cells that no area may hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots import geography
from hotspots.areas.table import cell_ids
from hotspots.base.columns import EXCLUSIONS
from hotspots.base.errors import HotspotsError, sample
from hotspots.store import ledger

if TYPE_CHECKING:
    from shapely import MultiPolygon, Polygon
    from sqlalchemy import Connection

ROLES = ("treated", "comparison", "none")
EXCLUSION_KINDS = ("prison", "hospital", "police station", "dual carriageway", "other")


def warnings_of(areas: pd.DataFrame, max_area_m2: float) -> list[str]:
    """What is odd about areas that can be used, a sentence each: not connected, larger than the maximum."""
    words = []
    for row in areas.to_dict("records"):
        ids = cell_ids(row["cells"])
        pieces = n_pieces(ids)
        if pieces > 1:
            words.append(f"{row['area']} ({row['name']}) is not connected: its cells form {pieces} separate pieces.")
        size = float(geography.cell_areas_m2(ids).sum())
        if size > max_area_m2:
            words.append(
                f"{row['area']} ({row['name']}) has {size:,.0f} m², more than the maximum of {max_area_m2:,.0f} m²."
            )
    return words


def refusals(areas: pd.DataFrame, bcu_of: Mapping[int, str]) -> list[str]:
    """Why areas cannot be used, a sentence each.

    ``bcu_of``: the BCU of each cell, '' or missing outside the force. A cell that is none, or comes twice; resolutions
    that are mixed; a cell of another BCU; an unknown role; a number or name that comes twice.
    """
    problems = []
    every = [str(c) for cells in areas["cells"] for c in cells]
    try:
        refuse_cells(every, "These areas")
    except HotspotsError as error:
        problems += list(error.problems)
    for column, what in (("area", "number"), ("name", "name")):
        texts = areas.loc[areas[column] != "", column]
        if texts.duplicated().any():
            problems.append(f"The {what} {sample(texts[texts.duplicated()])} is given to more than one area.")
    for row in areas.to_dict("records"):
        if not row["cells"]:
            problems.append(f"{row['area']} has no cells.")
        strange = [c for c in row["cells"] if geography.is_cell(c) and bcu_of.get(int(c, 16), "") != row["bcu"]]
        if strange:
            problems.append(
                f"{row['area']} lies in {row['bcu'] or 'no BCU'}, but its cell {sample(strange)} does not: an area"
                " never crosses a BCU line. Drop the cell or give it to an area of its own BCU."
            )
        if row["role"] not in ROLES:
            problems.append(f"{row['area']} has the role '{str(row['role'])[:40]}'; use {', '.join(ROLES)}.")
    return problems


def refuse_cells(cells: Collection[str], whose: str) -> None:
    """HotspotsError for cells that are none, of more than one resolution, or given twice."""
    strange = [c for c in cells if not geography.is_cell(c)]
    problems = [f"{whose} name {sample(strange)}, which is not an H3 cell."] if strange else []
    resolutions = geography.resolutions_of(c for c in cells if c not in set(strange))
    if len(resolutions) > 1:
        problems.append(f"{whose} mix cells of the resolutions {', '.join(map(str, resolutions))}; use one.")
    seen: set[str] = set()
    twice = [c for c in cells if c in seen or seen.add(c)]  # type: ignore[func-returns-value]
    if twice:
        problems.append(f"{whose} have {sample(twice)} more than once: a cell belongs to one area.")
    if problems:
        raise HotspotsError(problems)


def checked_exclusion(kind: str, note: str) -> tuple[str, str]:
    """The kind and note of an exclusion; HotspotsError for a kind not in the list, or 'other' without a note."""
    kind, note = " ".join(kind.casefold().split()), " ".join(note.split())[:2_000]
    if kind not in EXCLUSION_KINDS:
        raise HotspotsError(
            f"'{kind[:40]}' is not a reason to exclude a cell. Use one of: {', '.join(EXCLUSION_KINDS)}."
        )
    if kind == "other" and not note:
        raise HotspotsError("A cell excluded for another reason needs a note that says which.")
    return kind, note


def n_pieces(cells: NDArray[np.int64]) -> int:
    """How many connected pieces cells form."""
    from scipy.sparse.csgraph import connected_components

    return int(connected_components(geography.adjacency(cells), directed=False, return_labels=False))


def outline(cells: Iterable[str]) -> Polygon | MultiPolygon:
    """The outline of an area, WGS84 degrees: a polygon where its cells are connected, else one for each piece.

    Outer rings run anticlockwise, holes clockwise, as GeoJSON asks.
    """
    import shapely
    from h3.api import basic_int as h3
    from shapely.geometry.polygon import orient

    shape = h3.cells_to_h3shape(cell_ids(cells).tolist(), tight=False)
    pieces = [
        orient(shapely.Polygon([(x, y) for y, x in p.outer], [[(x, y) for y, x in hole] for hole in p.holes]))
        for p in shape
    ]
    return pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)


TABLE = "area_exclusions"


def exclude(folder: Path, cells: Collection[str], kind: str, note: str, author: str) -> int:
    """Exclude cells from every area to come, for a reason of `hotspots.areas.EXCLUSION_KINDS`; returns how many.

    Frozen areas keep their cells. HotspotsError for what is no cell, or is excluded already.
    """
    kind, note = checked_exclusion(kind, note)
    return _store(folder, cells, 1, kind, note, author)


def include(folder: Path, cells: Collection[str], author: str, note: str = "") -> int:
    """Lift the exclusion of cells, by a later row: the earlier one stays. Returns how many."""
    return _store(folder, cells, 0, "", note, author)


def _store(folder: Path, cells: Collection[str], excluded: int, kind: str, note: str, author: str) -> int:
    author, note = ledger.signature(author, note, "An exclusion", note_needed=False)
    ids = cell_ids({c.strip().lower() for c in cells}).tolist()

    def add(connection: Connection) -> int:
        held = ledger.newest(ledger.rows_in(connection, TABLE), "cell")
        if idle := [c for c in ids if (c in held and held[c]["excluded"]) == excluded]:
            raise HotspotsError(
                f"{sample(geography.hex_ids(idle))} {'is excluded already' if excluded else 'is not excluded'}."
                " Nothing was stored."
            )
        row = {"excluded": excluded, "kind": kind, "note": note, "author": author, "created": ledger.created()}
        ledger.insert_all(connection, TABLE, [{**row, "cell": c} for c in ids])
        return len(ids)

    return ledger.append(folder, add)


def excluded_cells(folder: Path) -> list[int]:
    """The cells that are excluded now, in order."""
    return sorted(c for c, row in ledger.newest(ledger.rows(folder, TABLE), "cell").items() if row["excluded"])


def exclusions(folder: Path) -> pd.DataFrame:
    """Every exclusion and every lifting of one, oldest first, in `EXCLUSIONS`."""
    table = pd.DataFrame(ledger.rows(folder, TABLE), columns=[c.name for c in EXCLUSIONS])
    return table.assign(
        cell=geography.hex_ids(np.array(table["cell"], dtype=np.int64)), excluded=table["excluded"].astype(bool)
    )
