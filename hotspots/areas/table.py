"""The table of areas: its form and order, and its figures summed from those of its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from hotspots import geography
from hotspots.base.columns import AREAS, TEXT
from hotspots.base.errors import HotspotsError, sample

AREA_COLUMNS = tuple(c.name for c in AREAS)
FACTS = ("cell", "bcu", "harm", "n_incidents", "harm_days", "area_m2", "place")


def blank(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Areas with nothing but what the rows give."""
    start = {"name": "", "valid_from": "", "valid_to": "", "role": "none", "edits": "", "n_cells": 0, "n_incidents": 0}
    return pd.DataFrame([{**start, **row} for row in rows], columns=list(AREA_COLUMNS))


def in_form(areas: pd.DataFrame) -> pd.DataFrame:
    """The table in `AREAS`, columns in order and of their type; further columns are left out."""
    table = areas.reindex(columns=list(AREA_COLUMNS)).reset_index(drop=True)
    for column in AREAS:
        if column.name == "cells":
            table["cells"] = pd.Series([tuple(c) for c in table["cells"]], dtype=object)
        elif column.type == TEXT:
            table[column.name] = table[column.name].fillna("").astype(str)
        else:
            table[column.name] = table[column.name].astype("int64" if column.type == pa.int64() else "float64")
    return table


def bcus_in_order(there: Iterable[Any], bcus: Sequence[str]) -> list[str]:
    """The BCUs there are: in the order of the force's, ``bcus``, then any other by name."""
    found = {str(b) for b in there}
    return [*(b for b in bcus if b in found), *sorted(found - set(bcus))]


def in_order(areas: pd.DataFrame, bcus: Sequence[str]) -> pd.DataFrame:
    """The areas by BCU (in the order of ``bcus``, then any other) and number."""
    place = {bcu: i for i, bcu in enumerate(bcus_in_order(areas["bcu"], bcus))}
    order = sorted(range(len(areas)), key=lambda i: (place[areas["bcu"].iloc[i]], areas["area"].iloc[i]))
    return areas.iloc[order].reset_index(drop=True)


def measured(areas: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The areas with n_cells, area_m2, n_incidents, harm_days, harm_expected_days and share_of_bcu_harm summed anew.

    ``facts``: the cells with `FACTS` (see `candidate_areas`), all of a BCU for its share to be right. HotspotsError
    for a cell that it does not hold; `with_quiet_cells` adds cells without incidents.
    """
    held = facts.drop_duplicates("cell").set_index("cell").sort_index()
    expected = held["harm_expected_days"] if "harm_expected_days" in held else pd.Series(np.nan, index=held.index)
    totals = held.groupby("bcu")["harm"].sum()
    rows = []
    for bcu, cells in zip(areas["bcu"], areas["cells"], strict=True):
        ids = cell_ids(cells)
        if unknown := [c for c in ids.tolist() if c not in held.index]:
            raise HotspotsError(f"{sample(geography.hex_ids(unknown))} is not among the cells that have figures.")
        mine = held.loc[ids.tolist()]
        total = float(totals.get(bcu, 0.0))
        rows.append({
            "n_cells": len(ids), "area_m2": round(float(mine["area_m2"].sum()), 1),
            "n_incidents": int(mine["n_incidents"].sum()),
            "harm_days": round(float(mine["harm_days"].sum(min_count=1)), 2),
            "harm_expected_days": round(float(expected.loc[ids.tolist()].sum(min_count=1)), 2),
            "share_of_bcu_harm": round(float(mine["harm"].sum()) / total, 6) if total else np.nan,
        })  # fmt: skip
    return in_form(areas.assign(**{c: [r[c] for r in rows] for c in rows[0]})) if rows else in_form(areas)


def with_quiet_cells(facts: pd.DataFrame, cells: Iterable[int], boundaries: geography.Boundaries) -> pd.DataFrame:
    """``facts`` and a row of zeros for every cell of ``cells`` that it has not: no incident of the window lies there.

    Their BCU is that of the boundaries; '' where they lie outside, so that no area can take them.
    """
    new = np.array(sorted(set(cells) - set(facts["cell"].tolist())), dtype=np.int64)
    if not len(new):
        return facts
    zero = pd.DataFrame({"cell": new, "bcu": bcus_of(new, boundaries), "harm": 0.0, "n_incidents": 0, "harm_days": 0.0,
                         "area_m2": np.round(geography.cell_areas_m2(new), 1),
                         "place": geography.nearest_place(*geography.cell_centres(new), boundaries)})  # fmt: skip
    if "harm_expected_days" in facts:
        zero["harm_expected_days"] = 0.0 if facts["harm_expected_days"].notna().any() else np.nan
    return pd.concat([facts, zero], ignore_index=True)


def bcus_of(cells: ArrayLike, boundaries: geography.Boundaries) -> list[str]:
    """The one BCU of each cell, '' where it lies outside."""
    names = np.array([*boundaries.bcus, ""], dtype=object)
    return [str(b) for b in names[np.asarray(geography.cell_districts(cells, boundaries), dtype=np.int64)]]


def cell_ids(cells: Iterable[str]) -> NDArray[np.int64]:
    """Hexadecimal cells as numbers, sorted; HotspotsError for a text that is no cell."""
    return np.array(sorted(geography.cell_from_hex(c) for c in cells), dtype=np.int64)


def named(areas: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The areas with names for those that have none: 'Preston, Church Street', made unique by '(2)', '(3)', …

    The place is that of the cell with most harm; at a tie, most incidents, then the lower cell id.
    """
    held = facts.drop_duplicates("cell").set_index("cell")
    names = [str(n) for n in areas["name"]]
    used = {n for n in names if n}
    for i, cells in enumerate(areas["cells"]):
        if names[i]:
            continue
        mine = held.loc[cell_ids(cells)].reset_index()
        best = mine.sort_values(["harm", "n_incidents", "cell"], ascending=[False, False, True]).iloc[0]
        plain = name_of_place(int(best["cell"]), str(best["place"] or ""))
        name, n = plain, 1
        while name in used:
            n += 1
            name = f"{plain} ({n})"
        used.add(name)
        names[i] = name
    return areas.assign(name=pd.Series(names, index=areas.index, dtype="str"))


def name_of_place(cell: int, place: str) -> str:
    """'Church Street, Preston, 300 m north of the centre' → 'Preston, Church Street'; without a street, the place."""
    place = " ".join(place.split()) or geography.hex_ids([cell])[0]
    street, town = geography.street_and_town(place)
    return f"{town}, {street}" if street else place
