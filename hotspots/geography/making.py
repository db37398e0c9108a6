"""The files of a profile that are computed from district polygons: the H3 cover, and the outlines for drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import NDArray

from hotspots.geography.cells import Cells, cell_centres, cell_polygons
from hotspots.geography.districts import ATTRIBUTION, COVER_RESOLUTION, Boundaries, compact_json, outlines

if TYPE_CHECKING:
    import pandas as pd

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
    import pandas as pd
    import shapely

    shapes: Any = getattr(districts.geometry, "shapes")  # noqa: B009
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


def _sort_out(cells: Cells, shapes: Any) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """For each cell the district it lies in (-1: none), and whether it has to be split."""
    import shapely

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


def _swollen(cells: Cells) -> Any:
    """Cell outlines, each scaled about its centre."""
    import shapely

    shapes = cell_polygons(cells)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    centre = np.column_stack(cell_centres(cells))[owner]
    return shapely.set_coordinates(shapes, centre + (corners - centre) * SWELL)


def _compacted(leaves: pd.DataFrame) -> pd.DataFrame:
    """Seven siblings of one district become their parent, from the finest resolution up."""
    import pandas as pd

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


def write_cover(cover: pd.DataFrame, districts: Boundaries, path: Path) -> None:
    """Sorted cells stored as differences: a third of the size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    codes = pa.DictionaryArray.from_arrays(pa.array(cover["district"], pa.int8()), pa.array(districts.codes))
    table = pa.table({"cell": pa.array(cover["cell"], pa.int64()), "lad_code": codes})
    table = table.replace_schema_metadata({"attribution": ATTRIBUTION, "resolution": str(COVER_RESOLUTION)})
    pq.write_table(
        table, path, compression="zstd", compression_level=19, use_dictionary=["lad_code"],
        column_encoding={"cell": "DELTA_BINARY_PACKED"}, write_statistics=False,
    )  # fmt: skip


def write_outlines(districts: Boundaries, path: Path) -> None:
    """The outlines as compact GeoJSON, with their attribution."""
    drawn = outlines(districts)
    path.write_bytes(compact_json({"type": drawn["type"], "attribution": ATTRIBUTION, "features": drawn["features"]}))
