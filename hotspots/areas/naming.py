"""Names of areas: 'Preston, Church Street', each given once."""

from __future__ import annotations

import pandas as pd

from hotspots import geography
from hotspots.areas.table import cell_ids


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
    near = geography.nearest_place(*geography.cell_centres([cell]))[0]
    place = " ".join(place.split()) or near
    if not place.endswith(f", {near}"):
        return place
    town = near.removesuffix(" centre").split(", ")[0]
    return f"{town}, {place.removesuffix(f', {near}')}"
