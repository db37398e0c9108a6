"""Where cells lie: their district and BCU, centre, area and name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.columns import RANK
from hotspots.base.settings import Settings
from hotspots.geography import boundaries_of
from hotspots.ranking.sureness import sureness_column
from hotspots.store.workspace import Workspace


def cells_by_bcu(workspace: Workspace, cube: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Each cell of a cube with its one district and BCU, in order of cell."""
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    area = boundaries_of(workspace)
    district = np.asarray(geography.cell_districts(cells, area), dtype=np.int64)
    names = np.array([*area.districts, ""], dtype=object)[district]
    bcus = np.array([*area.bcus, ""], dtype=object)[district]
    lone = np.flatnonzero(district < 0)  # no sampled point of the cell is in the force, yet an incident is
    if len(lone):
        inside = rows.drop_duplicates("cell").set_index("cell")[["district", "bcu"]].astype(object)
        names[lone], bcus[lone] = inside.loc[cells[lone], "district"], inside.loc[cells[lone], "bcu"]
    return pd.DataFrame({"cell": cells, "district": names, "bcu": bcus})


ROUNDED = {
    **dict.fromkeys(("harm_days", "harm_sqrt", "harm_capped", "harm_days_low", "harm_days_high"), 2),
    **dict.fromkeys(("harm_expected_days", "harm_expected_low", "harm_expected_high"), 2),
    **dict.fromkeys(("largest_offence_share", "p_top", "p_top_next", "gi_q"), 4),
    "gi_z": 3,
}  # decimals


def with_places(ranked: pd.DataFrame, rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The ranked cells with centre, area and a name, in the columns of RANK, rounded once for all."""
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    lon, lat = geography.cell_centres(cells)
    table = ranked.assign(
        cell=geography.hex_ids(cells),
        lon=np.round(lon, 6),
        lat=np.round(lat, 6),
        area_m2=np.round(geography.cell_areas_m2(cells), 1),
        place=place_names(cells, lon, lat, rows),
    )
    table = table.round(ROUNDED)
    table["sure"] = ""
    for bcu, members in table.groupby("bcu").groups.items():
        table.loc[members, "sure"] = sureness_column(table.loc[members, "p_top"], settings.top, f"{bcu} BCU")
    return table[[c.name for c in RANK]]


def place_names(cells: np.ndarray, lon: np.ndarray, lat: np.ndarray, rows: pd.DataFrame) -> list[str]:
    """The street most often named in a cell, if the source names any, and the nearest town."""
    near = geography.nearest_place(lon, lat)
    if not rows["location"].notna().any():
        return near
    named = rows.loc[rows["cell"].isin(cells), ["cell", "location"]].dropna()
    counts = named.groupby(["cell", "location"], observed=True).size().rename("n").reset_index()
    counts["location"] = counts["location"].astype(str)
    best = (
        counts.sort_values(["n", "location"], ascending=[False, True])
        .drop_duplicates("cell")
        .set_index("cell")["location"]
    )
    streets = best.reindex(cells).fillna("").str.removeprefix("On or near ").to_numpy()
    return [
        f"{street}, {town}" if street and street != "No Location" else town
        for street, town in zip(streets, near, strict=True)
    ]
