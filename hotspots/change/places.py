"""Which places are set against which: treated, comparison, and the rings around them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.areas import register
from hotspots.base.errors import HotspotsError, NothingLeft
from hotspots.base.words import counted
from hotspots.change.counting import Counted
from hotspots.change.rings import ring_summary, rings
from hotspots.change.settling import Settled
from hotspots.ranking import rank as ranking
from hotspots.store.workspace import Workspace

PLACES = ("area", "name", "bcu", "role", "cells", "matched_to")
TREATED, COMPARISON, NONE = "treated", "comparison", "none"
LEAST_OWN = 2  # comparison hot spots: how places vary cannot be seen from one
NEIGHBOURHOOD = 7  # H3 resolution: about 5 km², in which what is left of the force is counted together


@dataclass(frozen=True, eq=False)
class Groups:
    """The places of both groups and their rings.

    ``places``: a row per place with `PLACES` (cells: hexadecimal text; matched_to: a treated place).
    ``rings``: of `hotspots.change.rings.rings`; ``summary``: of `ring_summary`. With the rest of the force as
    comparison its places are neighbourhoods and have no rings.
    """

    places: pd.DataFrame
    rings: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]

    def of(self, role: str) -> pd.DataFrame:
        return self.places[self.places["role"] == role]


def cells_of(places: pd.DataFrame) -> dict[int, str]:
    """cell → place."""
    return {int(c, 16): str(a) for a, cells in zip(places["area"], places["cells"], strict=True) for c in cells}


def in_form(places: pd.DataFrame) -> pd.DataFrame:
    return places.assign(matched_to=places.get("matched_to", ""))[list(PLACES)].reset_index(drop=True)


def treated_places(asked: Settled, counted: Counted) -> pd.DataFrame:
    """The treated hot spots of the register, or the top cells. HotspotsError where there are none."""
    if asked.frozen is None:
        return top_cells(asked, counted)
    areas = asked.frozen.areas
    mine = areas[(areas["role"] == TREATED) & of_bcu(areas, asked.question.bcu)]
    if not len(mine):
        where = "" if asked.question.bcu == "all" else f" in {asked.question.bcu}"
        raise HotspotsError(
            f"{asked.frozen.ref} has no treated hot spot{where}. Choose another register or BCU, or give roles when"
            " freezing."
        )
    return in_form(mine)


def of_bcu(table: pd.DataFrame, bcu: str) -> pd.Series:
    return (table["bcu"] == bcu) | (bcu == "all")


def top_cells(asked: Settled, counted: Counted) -> pd.DataFrame:
    """The first cells of the window of choosing, each a place of its own, named by its id."""
    ranked = ranking.rank_cells(counted.chosen, counted.scores, asked.question.by)
    ranked = ranked.merge(counted.whose, on="cell", how="left")
    mine = ranked[of_bcu(ranked, asked.question.bcu)].head(asked.question.top)
    if not len(mine):
        raise HotspotsError(f"No cell has any of these incidents in {asked.chosen}, so none can be treated.")
    cells = mine["cell"].to_numpy(dtype=np.int64)
    ids, names = geography.hex_ids(cells), geography.nearest_place(*geography.cell_centres(cells), counted.boundaries)
    return in_form(pd.DataFrame({
        "area": ids, "name": [f"{n} ({i})" for n, i in zip(names, range(1, len(ids) + 1), strict=True)],
        "bcu": mine["bcu"].to_numpy(), "role": TREATED, "cells": [(i,) for i in ids],
    }))  # fmt: skip


def register_comparison(asked: Settled) -> tuple[pd.DataFrame, list[str]]:
    """The register's comparison hot spots: of the BCU, or of all where it has fewer than `LEAST_OWN`."""
    assert asked.frozen is not None
    areas = asked.frozen.areas
    every = areas[areas["role"] == COMPARISON]
    if not len(every):
        raise NothingLeft(
            f"{asked.frozen.ref} has no hot spot for comparison. Compare with matched places or with the rest of the"
            " force, or freeze a version with some."
        )
    own = every[of_bcu(every, asked.question.bcu)]
    if asked.question.bcu == "all" or len(own) >= LEAST_OWN:
        return in_form(own), []
    few = f"{asked.question.bcu} has {counted(len(own), 'comparison hot spot')}, too few to judge by"
    return in_form(every), [f"{few}: all {len(every)} of {asked.frozen.ref} are used."]


def rest_of_force(asked: Settled, counted: Counted, closed: Collection[int]) -> pd.DataFrame:
    """Every other cell with an incident in the history, counted together by neighbourhood. ``closed``: left out."""
    import h3.api.basic_int as h3

    left = counted.whose[~counted.whose["cell"].isin(list(closed)) & of_bcu(counted.whose, asked.question.bcu)]
    if not len(left):
        raise NothingLeft("There is nothing left of the force to compare with.")
    cells = left["cell"].to_numpy(dtype=np.int64)
    parents = np.array([h3.cell_to_parent(int(c), NEIGHBOURHOOD) for c in cells], dtype=np.int64)
    table = pd.DataFrame({"cell": geography.hex_ids(cells), "parent": parents, "bcu": left["bcu"].to_numpy()})
    names = dict(
        zip(parents, geography.nearest_place(*geography.cell_centres(parents), counted.boundaries), strict=True)
    )
    found = [
        {
            "area": f"rest {i}", "name": f"around {names[parent]}", "bcu": group["bcu"].mode().iloc[0],
            "role": COMPARISON, "cells": tuple(group["cell"]),
        }
        for i, (parent, group) in zip(geography.hex_ids(np.unique(parents)), table.groupby("parent"), strict=True)
    ]  # fmt: skip
    return in_form(pd.DataFrame(found))


def with_rings(workspace: Workspace, asked: Settled, places: pd.DataFrame, notes: tuple[str, ...]) -> Groups:
    """Both groups with their rings; hot spots of another role keep their cells out of every ring."""
    whole = places[places["role"] == TREATED] if asked.question.comparison == "rest" else places
    others = other_hot_spots(workspace, asked, whole)
    ground = pd.concat([whole[["area", "role", "cells"]], others], ignore_index=True)
    return Groups(places, rings(ground, asked.question.ring_m), ring_summary(ground, asked.question.ring_m), notes)


def other_hot_spots(workspace: Workspace, asked: Settled, places: pd.DataFrame) -> pd.DataFrame:
    """Areas of the register that are in neither group, as role none and without the cells that a place has."""
    if asked.frozen is None:
        return pd.DataFrame(columns=["area", "role", "cells"])
    used = {c for cells in places["cells"] for c in cells}
    areas = asked.frozen.areas[~asked.frozen.areas["area"].isin(places["area"])]
    left = areas.assign(role=NONE, cells=areas["cells"].map(lambda cells: tuple(c for c in cells if c not in used)))
    return left.loc[left["cells"].map(len) > 0, ["area", "role", "cells"]].reset_index(drop=True)


def hot_cells(workspace: Workspace) -> dict[int, str]:
    """Cells of every frozen hot spot, of whichever register and version: no match may be made of them."""
    held = register.registers(workspace.folder)
    found: dict[int, str] = {}
    for name, version in zip(held["name"], held["version"], strict=True):
        found |= cells_of(register.load(workspace.folder, f"{name}@{version}").areas)
    return found
