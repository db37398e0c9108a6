"""Compute the shipped geography from district polygons: the H3 cover and the outlines for drawing.

    python scripts/build_geography.py FOLDER

FOLDER holds `lancashire_districts.geojson` (the fourteen districts, from the Office for National
Statistics). Writes `cover.parquet` and `outlines.geojson` in `data/forces/lancashire`. The two tables written by hand
there, `districts.csv` and `places.csv`, are checked against the polygons. The polygons themselves are not shipped.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from h3.api import basic_int as h3

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotspots.base.errors import HotspotsError
from hotspots.geography import Boundaries, cell_centres, cell_polygons, load_polygons, outlines, places
from hotspots.geography.districts import COVER_RESOLUTION, compact_json
from hotspots.geography.shipped import ATTRIBUTION, COVER, OUTLINES

COARSEST = 6
# H3 children are not nested inside their parent's outline: the descendants of a cell reach out to 1.06 of
# the distance from its centre to a corner. Swollen by 1.35 even its flat sides stand further out (0.866 × 1.35).
SWELL = 1.35


def build_cover(districts: Boundaries) -> pd.DataFrame:
    """``cell, district`` (number): coarse cells deep inside a district, resolution 12 along its boundary.

    A cell becomes a leaf when its swollen outline lies properly within one district, is dropped when it
    meets none, and is split otherwise. At the finest resolution the centre decides. Then seven siblings of
    one district become their parent, until none are left; that changes no answer.
    """
    shapes: Any = districts.geometry.shapes
    shapely.prepare(shapes)
    around = shapely.box(*shapely.union_all(shapes).buffer(0.05).bounds)
    cells = np.array(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(around), COARSEST, "overlap"), dtype=np.int64)
    leaves = []
    for resolution in range(COARSEST, COVER_RESOLUTION):
        district, split = _sort_out(cells, shapes)
        leaves.append(pd.DataFrame({"cell": cells, "district": district})[district >= 0])
        families = [h3.cell_to_children(cell, resolution + 1) for cell in cells[split].tolist()]
        cells = np.concatenate([np.array(family, dtype=np.int64) for family in families])
    last = districts.district_of(*cell_centres(cells))
    leaves.append(pd.DataFrame({"cell": cells, "district": last})[last >= 0])
    return _compacted(pd.concat(leaves, ignore_index=True))


def _sort_out(cells: np.ndarray, shapes: Any) -> tuple[np.ndarray, np.ndarray]:
    """For each cell the district it lies in (-1: none), and whether it has to be split."""
    swollen = _swollen(cells)
    tree = shapely.STRtree(swollen)
    district = np.full(len(cells), -1, dtype=np.int16)
    split = np.zeros(len(cells), dtype=bool)
    for number, shape in enumerate(shapes):
        meets = tree.query(shape, predicate="intersects")
        inside = meets[shapely.contains_properly(shape, swollen[meets])]
        split[meets] = True
        district[inside] = number
    return district, split & (district < 0)


def _swollen(cells: np.ndarray) -> Any:
    """Cell outlines, each scaled about its centre."""
    shapes = cell_polygons(cells)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    centre = np.column_stack(cell_centres(cells))[owner]
    return shapely.set_coordinates(shapes, centre + (corners - centre) * SWELL)


def _compacted(leaves: pd.DataFrame) -> pd.DataFrame:
    """Seven siblings of one district become their parent, from the finest resolution up."""
    leaves = leaves.assign(resolution=[h3.get_resolution(cell) for cell in leaves["cell"].tolist()])
    for resolution in range(COVER_RESOLUTION, COARSEST, -1):
        fine = leaves[leaves["resolution"] == resolution]
        parent = pd.Series([h3.cell_to_parent(c) for c in fine["cell"].tolist()], index=fine.index, dtype="int64")
        siblings = fine.groupby(parent)["district"]
        whole = (siblings.transform("size") == 7) & (siblings.transform("nunique") == 1)
        parents = pd.DataFrame({"cell": parent[whole], "district": fine["district"][whole]})
        kept = leaves[(leaves["resolution"] != resolution) | ~whole.reindex(leaves.index, fill_value=False)]
        leaves = pd.concat([kept, parents.drop_duplicates("cell").assign(resolution=resolution - 1)], ignore_index=True)
    return leaves.sort_values("cell", ignore_index=True)[["cell", "district"]]


def write_cover(cover: pd.DataFrame, districts: Boundaries) -> None:
    """Sorted cells stored as differences: a third of the size."""
    codes = pa.DictionaryArray.from_arrays(pa.array(cover["district"], pa.int8()), pa.array(districts.codes))
    table = pa.table({"cell": pa.array(cover["cell"], pa.int64()), "lad_code": codes})
    table = table.replace_schema_metadata({"attribution": ATTRIBUTION, "resolution": str(COVER_RESOLUTION)})
    pq.write_table(
        table,
        COVER,
        compression="zstd",
        compression_level=19,
        use_dictionary=["lad_code"],
        column_encoding={"cell": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    )


def write_outlines(districts: Boundaries) -> None:
    drawn = outlines(districts)
    attributed = {"type": drawn["type"], "attribution": ATTRIBUTION, "features": drawn["features"]}
    OUTLINES.write_bytes(compact_json(attributed))


def check_places(districts: Boundaries) -> None:
    """Every place must lie in the district it names."""
    table = places()
    found = districts.district_of(table["lon"], table["lat"])
    names = [districts.districts[number] if number >= 0 else "no district" for number in found]
    wrong = [
        f"{name} is given to {stated} but lies in {actual}."
        for name, stated, actual in zip(table["name"], table["district"], names, strict=True)
        if stated != actual
    ]
    if wrong:
        raise HotspotsError(wrong)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    try:
        districts = load_polygons(Path(sys.argv[1]) / "lancashire_districts.geojson")
        cover = build_cover(districts)
        write_cover(cover, districts)
        write_outlines(districts)
        check_places(districts)
    except HotspotsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{COVER.name}: {len(cover):,} cells, {COVER.stat().st_size:,} bytes")
    print(f"{OUTLINES.name}: {OUTLINES.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
