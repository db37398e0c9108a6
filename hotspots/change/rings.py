"""The ground around each hot spot, where crime may have gone to (displacement) or where it may have fallen too.

*How wide.* Rings are counted in cells: k = max(1, round(metres / distance between neighbouring centres)). That is the
rule "the cell's centre lies within ``metres`` of the hot spot's edge" measured straight across a row of cells, for the
centre of the k-th cell is (k − ½) spacings beyond the edge. With the default of 100 m a ring is one cell wide at
resolution 10 (neighbouring centres are 124 m apart in Lancashire) and two at resolution 11 (47 m). Nearest edges are
not used: a cell at a corner of the first ring starts 72 m from the hot spot at resolution 10, but most of it lies
more than 100 m away, and ground that nobody expects to be touched hides what happens next door. Whole rings also have
the same width all round. At resolution 9 the narrowest ring is about 330 m wide: ``reach_m`` says what was taken.

*One cell, one owner.* A cell of any hot spot is in no ring, whatever that hot spot's role. A cell within reach of
several hot spots goes to the one fewest cells away, at a tie to the lower area number (East-02 before East-10).

A ring that lost many cells to another hot spot says little about displacement: what moved there is in no ring at all.
A ring next to a ring of the other group mixes the two. Both are reported, neither is corrected.

Crime may move next door or fall there too: Weisburd et al. 2006 doi:10.1111/j.1745-9125.2006.00057.x. The ring's part
in the estimate: Wheeler & Ratcliffe 2018 doi:10.1186/s40163-018-0085-5 (`hotspots.change.estimates.wdd`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots import areas as hot_spots
from hotspots import geography
from hotspots.base.errors import HotspotsError, sample

RINGED = ("treated", "comparison")  # roles that get a ring; cells of other areas are only kept out

RING_COLUMNS = ("cell", "area", "role", "ring")
SUMMARY_COLUMNS = (
    "area", "role", "n_cells", "ring_m2", "spot_m2", "lost_to_spots", "lost_to_rings", "touches", "reach_m"
)  # fmt: skip

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Ground:
    """Areas in order of number; per cell of a hot spot its area's position; and who reaches which cell in how many."""

    names: list[str]
    roles: list[str]
    cells: Integers  # of hot spots
    owner: Integers  # of those cells, the position of their area
    k: int
    reached: pd.DataFrame  # cell, owner, ring: the least number of rings from each area with a ring, spots included


def rings(areas: pd.DataFrame, metres: float) -> pd.DataFrame:
    """The cells around each hot spot, each cell once, by area number and cell. Columns: `RING_COLUMNS`.

    ``areas``: a row per hot spot with area (its number), role ("treated", "comparison" or "none") and cells
    (hexadecimal text). Areas of role "none" keep their cells out of every ring and get none of their own.

    cell (int64), area, role; ring: 1 adjoins the hot spot, 2 the next …. A hot spot left without a ring has no row
    here: `ring_summary` has one.

    HotspotsError for cells that are none, come twice or mix resolutions, and for metres that are not above 0.
    """
    ground = _ground(areas, metres)
    claimed = _claimed(ground)
    names, roles = (
        pd.Series(v, dtype="str").reindex(claimed["owner"]).to_numpy() for v in (ground.names, ground.roles)
    )
    table = claimed.assign(area=names, role=roles)[list(RING_COLUMNS)]
    return table.astype({"area": "str", "role": "str"})


def ring_summary(areas: pd.DataFrame, metres: float) -> pd.DataFrame:
    """One row per treated or comparison area, with or without ring: `SUMMARY_COLUMNS`.

    n_cells and ring_m2 of its ring (0 where it lost every cell), spot_m2 of the hot spot itself, lost_to_spots: cells
    within reach that belong to another hot spot, lost_to_rings: those that went to another ring, touches: the other
    areas whose ring adjoins this one or reaches a cell that this one reaches too, joined by ", ", reach_m: how far the
    rings go, k × distance between neighbouring centres. Raises the errors of `rings`.
    """
    ground = _ground(areas, metres)
    return _summary(ground, _claimed(ground))


def rings_wide(cells: ArrayLike, metres: float) -> int:
    """How many cells wide a ring of about ``metres`` is around these cells: at least 1."""
    if not 0 < metres < np.inf:
        raise HotspotsError(f"A ring of {metres:g} m has no width. Give a number of metres above 0, such as 100.")
    return max(1, int(np.floor(metres / spacing_m(cells) + 0.5)))


def spacing_m(cells: ArrayLike) -> float:
    """Mean distance between the centres of neighbouring cells in metres: √(2A/√3) of a hexagon of area A."""
    return float(np.sqrt(2 * geography.cell_areas_m2(cells).mean() / np.sqrt(3)))


def within_reach(units: pd.DataFrame, areas: pd.DataFrame, metres: float) -> dict[str, str]:
    """Which places lie in a treated hot spot or within its ring's reach, each with a sentence that says so.

    ``units``: unit (text) and cells (hexadecimal text), such as candidates for comparison; ``areas`` as in `rings`. A
    place there may have got what the hot spot got, or what moved out of it, so that it is nothing to compare with. All
    cells within reach count, whichever ring they went to. The answer goes to `matching.match` as ``barred``.
    """
    ground = _ground(areas, metres)
    treated = [i for i, role in enumerate(ground.roles) if role == "treated"]
    near = ground.reached[ground.reached["owner"].isin(treated)].sort_values(["cell", "ring", "owner"])
    nearest = near.drop_duplicates("cell").set_index("cell")
    found = {}
    for unit, cells in zip(units["unit"].astype(str), units["cells"], strict=True):
        if ids := [c for c in (geography.cell_from_hex(t) for t in cells) if c in nearest.index]:
            row = nearest.loc[ids].sort_values(["ring", "owner"]).iloc[0]
            how = "it shares a cell with" if row["ring"] == 0 else f"it lies within {metres:g} m of"
            found[unit] = f"{how} treated {ground.names[int(row['owner'])]}"
    return found


def _ground(areas: pd.DataFrame, metres: float) -> _Ground:
    table = areas.iloc[sorted(range(len(areas)), key=lambda i: _by_number(str(areas["area"].iloc[i])))]
    _refuse(table)
    ids = [hot_spots.cell_ids(cells) for cells in table["cells"]]
    cells = np.concatenate([*ids, np.zeros(0, dtype=np.int64)])
    owner = np.repeat(np.arange(len(ids)), [len(i) for i in ids])
    roles = [str(r) for r in table["role"]]
    k = rings_wide(cells, metres) if len(cells) else 1
    ringed = np.isin(owner, [i for i, role in enumerate(roles) if role in RINGED])
    return _Ground([str(a) for a in table["area"]], roles, cells, owner, k, _reached(cells, owner, ringed, k))


def _refuse(areas: pd.DataFrame) -> None:
    problems = []
    names = areas["area"].astype(str)
    if names.duplicated().any():
        problems.append(f"The number {sample(names[names.duplicated()])} is given to more than one area.")
    if strange := [r for r in areas["role"] if r not in hot_spots.ROLES]:
        problems.append(f"There is no role {sample(strange)}. Use {', '.join(hot_spots.ROLES)}.")
    try:
        hot_spots.refuse_cells([str(c) for cells in areas["cells"] for c in cells], "These areas")
    except HotspotsError as error:
        problems += error.problems
    if problems:
        raise HotspotsError(problems)


def _by_number(area: str) -> tuple[tuple[int, int, str], ...]:
    """A key that puts West-2 before West-10."""
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", area) if p)


def _reached(cells: Integers, owner: Integers, ringed: NDArray[np.bool_], k: int) -> pd.DataFrame:
    """Every cell within k rings of an area that gets a ring, its own cells too (ring 0): cell, owner, ring."""
    ground = np.unique(cells)
    for _ in range(k):
        ground = geography.surroundings(ground)
    rows, columns, ring = geography.disk_pairs(ground, k)
    start = np.full(len(ground), -1, dtype=np.int64)
    start[np.searchsorted(ground, cells[ringed])] = owner[ringed]
    kept = start[rows] >= 0
    pairs = pd.DataFrame({"cell": ground[columns[kept]], "owner": start[rows[kept]], "ring": ring[kept]})
    least = pairs.sort_values(["cell", "owner", "ring"], kind="stable")
    return least.drop_duplicates(["cell", "owner"]).reset_index(drop=True)


def _claimed(ground: _Ground) -> pd.DataFrame:
    """Each ring's cells after every dispute: cell, owner, ring; by owner and cell."""
    free = ground.reached[~ground.reached["cell"].isin(ground.cells)]
    first = free.sort_values(["cell", "ring", "owner"]).drop_duplicates("cell")
    return first.sort_values(["owner", "cell"]).reset_index(drop=True)


def _summary(ground: _Ground, claimed: pd.DataFrame) -> pd.DataFrame:
    spots = pd.Series(ground.owner, index=ground.cells)
    reached = ground.reached
    holder = reached["cell"].map(spots)
    free = reached[holder.isna()]
    won = free["cell"].map(claimed.set_index("cell")["owner"]) == free["owner"]
    ringed = [i for i, role in enumerate(ground.roles) if role in RINGED]
    ring_m2 = pd.Series(geography.cell_areas_m2(claimed["cell"]), index=claimed["owner"].to_numpy())
    spot_m2 = pd.Series(geography.cell_areas_m2(ground.cells), index=ground.owner)
    lost_to_spots = reached["owner"][holder.notna() & (holder != reached["owner"])]
    touches = _touching(ground, claimed, free)
    table = pd.DataFrame({
        "area": [ground.names[i] for i in ringed], "role": [ground.roles[i] for i in ringed],
        "n_cells": _per(claimed["owner"], ringed),
        "ring_m2": ring_m2.groupby(level=0).sum().reindex(ringed, fill_value=0.0).round(1).to_numpy(),
        "spot_m2": spot_m2.groupby(level=0).sum().reindex(ringed, fill_value=0.0).round(1).to_numpy(),
        "lost_to_spots": _per(lost_to_spots, ringed), "lost_to_rings": _per(free["owner"][~won], ringed),
        "touches": [", ".join(ground.names[j] for j in sorted(touches.get(i, ()))) for i in ringed],
    })  # fmt: skip
    table["reach_m"] = round(ground.k * spacing_m(ground.cells), 1) if len(ground.cells) else np.nan
    return table.astype({"area": "str", "role": "str", "touches": "str"})[list(SUMMARY_COLUMNS)]


def _per(owners: pd.Series, ringed: list[int]) -> Integers:
    """How often each owner occurs."""
    return np.asarray(owners.value_counts().reindex(ringed, fill_value=0), dtype=np.int64)


def _touching(ground: _Ground, claimed: pd.DataFrame, free: pd.DataFrame) -> dict[int, set[int]]:
    """For each area the areas that reach one of the free cells it reaches, or whose ring adjoins its own."""
    both = free.merge(free, on="cell")
    rows, columns = geography.neighbour_pairs(claimed["cell"])
    owner = claimed["owner"].to_numpy()
    pairs = set(zip(both["owner_x"].tolist(), both["owner_y"].tolist(), strict=True))
    pairs |= set(zip(owner[rows].tolist(), owner[columns].tolist(), strict=True))
    found: dict[int, set[int]] = {}
    for one, other in pairs:
        if one != other:
            found.setdefault(one, set()).add(other)
    return found
