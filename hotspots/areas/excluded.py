"""Cells that no area may hold: excluded with a reason, let in again by a later row. A cell's newest row holds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas.rules import checked_exclusion
from hotspots.areas.table import cell_ids
from hotspots.base.columns import EXCLUSIONS
from hotspots.base.errors import HotspotsError, sample
from hotspots.store import ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
        idle = [c for c in ids if (c in held and held[c]["excluded"]) == excluded]
        if idle:
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
