"""Rings by hand: single cells, neighbours, three in a row, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from h3.api import basic_int as h3

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.change.rings import RING_COLUMNS, SUMMARY_COLUMNS, ring_summary, rings, rings_wide, within_reach

PRESTON = 0x8A1951803B4FFFF
NEXT = sorted(h3.grid_ring(PRESTON, 1))[0]
OPPOSITE = next(c for c in h3.grid_ring(PRESTON, 1) if h3.grid_distance(c, NEXT) == 2 and
                len(set(h3.grid_disk(c, 1)) & set(h3.grid_disk(NEXT, 1))) == 1)  # fmt: skip
FAR = sorted(h3.grid_ring(PRESTON, 40))[0]


def areas(**spots: tuple[str, list[int]]) -> pd.DataFrame:
    """number with _ for - → (role, cells)."""
    return pd.DataFrame(
        [(n.replace("_", "-"), role, tuple(f"{c:x}" for c in cells)) for n, (role, cells) in spots.items()],
        columns=["area", "role", "cells"],
    )


def summary(table: pd.DataFrame, metres: float = 100.0) -> pd.DataFrame:
    return ring_summary(table, metres).set_index("area")


def test_one_cell_has_its_six_neighbours():
    found = rings(areas(South_1=("treated", [PRESTON])), 100)
    assert tuple(found.columns) == RING_COLUMNS
    assert found["cell"].tolist() == sorted(h3.grid_ring(PRESTON, 1))
    assert found["cell"].dtype == np.int64
    assert (found["ring"] == 1).all()
    assert set(found["area"]) == {"South-1"}
    assert set(found["role"]) == {"treated"}
    told = summary(areas(South_1=("treated", [PRESTON]))).loc["South-1"]
    assert told[["lost_to_spots", "lost_to_rings"]].tolist() == [0, 0]
    assert told["ring_m2"] == pytest.approx(sum(h3.cell_area(c, "m^2") for c in found["cell"]), abs=0.1)


@pytest.mark.parametrize(
    ("resolution", "metres", "k"),
    # centres 329, 124.5 and 47 m apart at Preston
    [(9, 100, 1), (9, 500, 2), (10, 1, 1), (10, 100, 1), (10, 186, 1), (10, 188, 2), (10, 250, 2), (11, 70, 1),
     (11, 71, 2), (11, 100, 2), (11, 150, 3)],
)  # fmt: skip
def test_how_many_cells_wide(resolution, metres, k):
    cell = h3.latlng_to_cell(53.7590, -2.6990, resolution)
    assert rings_wide([cell], metres) == k
    found = rings(areas(South_1=("treated", [cell])), metres)
    assert set(found["cell"]) == set(h3.grid_disk(cell, k)) - {cell}
    assert found["ring"].tolist() == [h3.grid_distance(cell, c) for c in found["cell"]]


def test_a_ring_of_100_m_is_the_cells_whose_centre_is_within_100_m_of_the_edge():
    """The rule in metres, worked out on the ground with shapely: three cells in a row at resolution 10."""
    spot = [PRESTON, NEXT, OPPOSITE]
    east, north = 111_320 * np.cos(np.radians(53.759)), 111_320

    def on_the_ground(shapes):
        return shapely.transform(shapes, lambda xy: xy * [east, north])

    edge = shapely.union_all(on_the_ground(geography.cell_polygons(spot)))
    around = sorted(set().union(*(h3.grid_disk(c, 4) for c in spot)) - set(spot))
    centres = on_the_ground(shapely.points(np.column_stack(geography.cell_centres(around))))
    near = [c for c, m in zip(around, shapely.distance(edge, centres), strict=True) if m <= 100]
    assert rings(areas(South_1=("treated", spot)), 100)["cell"].tolist() == near
    assert len(near) == 10


def test_a_cell_of_another_hot_spot_is_in_no_ring():
    """Two adjoining cells: two shared neighbours go to the lower number, three remain for each alone."""
    found = rings(areas(South_2=("treated", [PRESTON]), South_10=("comparison", [NEXT])), 100)
    assert not set(found["cell"]) & {PRESTON, NEXT}
    told = summary(areas(South_10=("comparison", [NEXT]), South_2=("treated", [PRESTON])))
    assert told.index.tolist() == ["South-2", "South-10"]
    assert told["n_cells"].tolist() == [5, 3]
    assert told["lost_to_spots"].tolist() == [1, 1]
    assert told["lost_to_rings"].tolist() == [0, 2]
    assert told["touches"].tolist() == ["South-10", "South-2"]


def test_the_nearer_hot_spot_has_the_cell_whatever_its_number():
    """Rings of two cells round hot spots two cells apart: the cell between adjoins both, NEXT's far side only one."""
    table = areas(South_1=("treated", [PRESTON]), South_2=("comparison", [h3.grid_ring(PRESTON, 3)[0]]))
    found = rings(table, 250).set_index("cell")
    for cell, row in found.iterrows():
        one, other = h3.grid_distance(PRESTON, cell), h3.grid_distance(int(table["cells"][1][0], 16), cell)
        assert row["area"] == ("South-1" if one <= other else "South-2")
        assert row["ring"] == min(one, other)


def test_a_hot_spot_without_a_role_keeps_its_cells_and_has_no_ring():
    table = areas(South_1=("treated", [PRESTON]), South_2=("none", [NEXT]))
    assert set(rings(table, 100)["area"]) == {"South-1"}
    told = summary(table)
    assert told.index.tolist() == ["South-1"]
    assert told.loc["South-1", ["n_cells", "lost_to_spots", "lost_to_rings", "touches"]].tolist() == [5, 1, 0, ""]
    assert len(rings(areas(South_2=("none", [NEXT])), 100)) == 0


def test_a_ring_lost_altogether_is_told():
    """One cell in the middle of a hot spot made of its six neighbours."""
    table = areas(South_1=("treated", [PRESTON]), South_2=("comparison", sorted(h3.grid_ring(PRESTON, 1))))
    assert set(rings(table, 100)["area"]) == {"South-2"}
    told = ring_summary(table, 100)
    assert tuple(told.columns) == SUMMARY_COLUMNS
    assert told["n_cells"].tolist() == [0, 12]
    assert told["ring_m2"][0] == 0
    assert told["lost_to_spots"].tolist() == [6, 1]
    assert told["spot_m2"][0] == pytest.approx(h3.cell_area(PRESTON, "m^2"), abs=0.1)
    assert told["reach_m"].tolist() == pytest.approx([124.5] * 2, abs=0.2)


def test_rings_side_by_side_touch_and_far_ones_do_not():
    """Three cells apart no cell is disputed, but the rings adjoin."""
    near = h3.grid_ring(PRESTON, 3)[0]
    told = summary(
        areas(W_1=("treated", [PRESTON]), W_2=("comparison", [near]), W_3=("comparison", [FAR])),
    )
    assert told["touches"].tolist() == ["W-2", "W-1", ""]
    assert told["lost_to_rings"].tolist() == [0, 0, 0]


def test_a_ring_lost_to_rings_touches_those_that_took_it():
    """Three hot spots with lower numbers, each next to two of the six neighbours."""
    corners = [c for c in h3.grid_ring(PRESTON, 2) if len(set(h3.grid_ring(c, 1)) & set(h3.grid_ring(PRESTON, 1))) == 2]
    first = corners[0]
    three = [first, *(c for c in corners if h3.grid_distance(c, first) == 3)]
    assert len(three) == 3
    table = areas(W_9=("treated", [PRESTON]), **{f"W_{i}": ("comparison", [c]) for i, c in enumerate(three, 1)})
    told = summary(table).loc["W-9"]
    assert told[["n_cells", "lost_to_spots", "lost_to_rings", "touches"]].tolist() == [0, 0, 6, "W-1, W-2, W-3"]


def test_which_places_lie_within_reach_of_a_treated_hot_spot():
    units = pd.DataFrame(
        {
            "unit": ["same", "beside", "beyond", "beside the comparison"],
            "cells": [(f"{c:x}",) for c in (PRESTON, NEXT, h3.grid_ring(PRESTON, 2)[0], h3.grid_ring(FAR, 1)[0])],
        }
    )
    found = within_reach(units, areas(South_1=("treated", [PRESTON]), South_2=("comparison", [FAR])), 100)
    assert found == {
        "same": "it shares a cell with treated South-1",
        "beside": "it lies within 100 m of treated South-1",
    }


def test_a_cell_that_went_to_another_ring_is_still_within_reach():
    units = pd.DataFrame({"unit": ["u"], "cells": [(f"{NEXT:x}",)]})
    table = areas(South_1=("comparison", [h3.grid_ring(NEXT, 1)[0]]), South_2=("treated", [PRESTON]))
    assert list(within_reach(units, table, 100)) == ["u"]


def test_no_areas_no_rings():
    assert len(rings(areas(), 100)) == len(ring_summary(areas(), 100)) == 0


@pytest.mark.parametrize(
    ("table", "metres", "words"),
    [
        (areas(S_1=("treated", [PRESTON]), S_2=("treated", [h3.cell_to_parent(FAR, 9)])), 100, "resolutions 9, 10"),
        (areas(S_1=("treated", [PRESTON]), S_2=("comparison", [PRESTON])), 100, "more than once"),
        (areas(S_1=("policed", [PRESTON])), 100, "no role 'policed'"),
        (areas(S_1=("treated", [7])), 100, "not an H3 cell"),
        (areas(S_1=("treated", [PRESTON])), 0, "no width"),
        (areas(S_1=("treated", [PRESTON])), float("nan"), "no width"),
    ],
)
def test_refusals_are_sentences(table, metres, words):
    with pytest.raises(HotspotsError, match=words):
        rings(table, metres)
