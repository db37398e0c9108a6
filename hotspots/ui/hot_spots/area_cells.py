"""Which cells an area may gain, and what people read of them. Plain values in and out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from hotspots import areas, geography
from hotspots.areas.finding import EXPECTED
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.geography.neighbours import surroundings
from hotspots.maps import number_text
from hotspots.ui.frame import View
from hotspots.ui.hot_spots.area_desk import Desk
from hotspots.ui.hot_spots.draft import bcu_of

MOST = 100  # cells offered for a new area
COMPASS = ("East", "North-east", "North", "North-west", "West", "South-west", "South", "South-east")


def picked_cell(view: View) -> int:
    """The cell picked on the map or in the table; 0 where there is none, or it is no cell of this resolution."""
    try:
        cell = geography.cell_from_hex(view.cell) if view.cell else 0
    except HotspotsError:
        return 0
    return cell if geography.resolution_of(cell) == view.question.resolution else 0


def every_cell(now: Desk) -> list[int]:
    """All cells of the areas shown."""
    return [int(c) for cells in now.table["cells"] for c in areas.cell_ids(cells)]


def adjoining(now: Desk, facts: pd.DataFrame, area: str, picked: int = 0) -> tuple[list[int], str]:
    """(cells that may join an area, most harm first; why others that adjoin it may not).

    Those that adjoin it, and the picked one wherever it lies.
    """
    own = areas.cell_ids(now.cells_of(area)).tolist()
    near = sorted(set(surroundings(own).tolist()) - set(own))
    whose = bcu_of(facts[facts["cell"].isin([*near, picked])])
    bcu = now.table.loc[now.table["area"] == area, "bcu"].iloc[0]
    offered, why = [], {"in another area": 0, "in another BCU or outside the force": 0, "excluded": 0}
    for cell in near:
        reason = shut_out(now, cell, bcu, whose)
        if reason:
            why[reason] += 1
        else:
            offered.append(cell)
    if picked in whose and picked not in [*near, *own] and not shut_out(now, picked, bcu, whose):
        offered.append(picked)
    harm = facts.drop_duplicates("cell").set_index("cell")["harm"].fillna(0.0)
    offered.sort(key=lambda c: (-float(harm[c]), c))
    return offered, ", ".join(f"{n} {reason}" for reason, n in why.items() if n)


def shut_out(now: Desk, cell: int, bcu: str, whose: dict[int, str]) -> str:
    """Why a cell cannot join an area of this BCU; '' where it can."""
    if now.owner_of(f"{cell:x}"):
        return "in another area"
    if whose.get(cell, "") != bcu:
        return "in another BCU or outside the force"
    return "excluded" if areas.inside_excluded([cell], now.excluded)[0] else ""


def free_cells(now: Desk, picked: int = 0) -> list[int]:
    """The best-ranked cells that are in no area and not excluded, and the picked one if it is among all ranked."""
    taken = set(every_cell(now))
    ranked = [int(c, 16) for c in now.found.answer.table["cell"]]
    shut = areas.inside_excluded(ranked, now.excluded)
    free = [c for c, no in zip(ranked, shut, strict=True) if not no and c not in taken]
    first = free[:MOST]
    return [picked, *first] if picked in set(free) - set(first) else first


def figure_of(now: Desk) -> str:
    """How the figure that areas are made to catch is written behind a cell."""
    return "expected harm {} days" if now.found.definition["maximised"] == EXPECTED else "{} harm days"


def described(facts: pd.DataFrame, cells: Collection[int], figure: str, about: Iterable[int] = ()) -> dict[int, str]:
    """Each cell in words: where it lies as seen from ``about``, its place, its figures, its id."""
    rows = facts[facts["cell"].isin(list(cells))].drop_duplicates("cell").set_index("cell")
    places, counts, harm = (rows[c].to_dict() for c in ("place", "n_incidents", "harm"))
    said = {}
    for cell, where in zip(cells, directions(list(cells), list(about)), strict=True):
        days = f", {figure.format(number_text(harm[cell]))}" if harm[cell] == harm[cell] else ""
        said[cell] = f"{where}{places[cell]} – {counted(counts[cell], 'incident')}{days} (cell {cell:x})"
    return said


def directions(cells: list[int], about: list[int]) -> list[str]:
    """'North-east: ' for each cell as seen from the middle of others; '' for one in the middle, or without others."""
    if not about:
        return [""] * len(cells)
    lon, lat = (np.asarray(x) for x in geography.cell_centres(cells))
    middle = [float(np.mean(x)) for x in geography.cell_centres(about)]
    east = (lon - middle[0]) * math.cos(math.radians(middle[1]))
    north = lat - middle[1]
    winds = np.round(np.degrees(np.arctan2(north, east)) / 45).astype(int) % 8
    apart = np.hypot(east, north) > 1e-5  # about a metre
    return [f"{COMPASS[wind]}: " if far else "" for wind, far in zip(winds.tolist(), apart.tolist(), strict=True)]
