"""Which cells adjoin: by hand, and the same with h3ronpy and without."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from h3.api import basic_int as h3

from hotspots import geography
from hotspots.geography import neighbours

PRESTON = 0x8A1951803B4FFFF
PENTAGON = 0x8A0800000007FFF  # one of the twelve cells of resolution 10 with five neighbours


@pytest.fixture(params=["h3ronpy", "h3 alone"])
def way(request, monkeypatch):
    """Both ways of finding disks, one after the other, nothing being remembered from the other way."""
    neighbours.remembered.cache_clear()
    if request.param == "h3ronpy":
        pytest.importorskip("h3ronpy", reason="h3ronpy is not installed: only the plain way is tested")
    else:
        monkeypatch.setitem(sys.modules, "h3ronpy", None)  # importing it now fails
    return request.param


def test_the_plain_way_is_really_without_the_accelerator(monkeypatch):
    called = []
    plain = neighbours.disks_plain
    monkeypatch.setattr(neighbours, "disks_plain", lambda *a: called.append(a) or plain(*a))
    monkeypatch.setitem(sys.modules, "h3ronpy", None)
    geography.neighbour_pairs([PRESTON])
    assert len(called) == 1


def test_a_line_of_three_cells(way):
    middle, end = PRESTON, sorted(h3.grid_ring(PRESTON, 1))[0]
    other = next(c for c in h3.grid_ring(PRESTON, 1) if h3.grid_distance(c, end) == 2)
    rows, columns = geography.neighbour_pairs([end, middle, other])
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    assert geography.adjacency([end, middle, other]).toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_a_flower_in_any_order(way):
    """The middle has six neighbours, each petal three: the middle and the two beside it."""
    flower = np.random.default_rng(3).permutation(np.array(h3.grid_disk(PRESTON, 1)))
    degree = geography.adjacency(flower).sum(axis=1)
    assert degree.tolist() == [6 if c == PRESTON else 3 for c in flower.tolist()]


def test_surroundings_are_the_disk(way):
    assert geography.surroundings([PRESTON]).tolist() == sorted(h3.grid_disk(PRESTON, 1))
    ring = h3.grid_ring(PRESTON, 1)
    assert geography.surroundings(ring).tolist() == sorted(h3.grid_disk(PRESTON, 2))


def test_rings_are_numbered(way):
    disk = h3.grid_disk(PRESTON, 3)
    rows, columns, ring = geography.disk_pairs(disk, 2)
    from_middle = rows == disk.index(PRESTON)
    assert np.bincount(ring[from_middle]).tolist() == [1, 6, 12]
    assert all(
        h3.grid_distance(disk[i], disk[j]) == k
        for i, j, k in zip(rows.tolist(), columns.tolist(), ring.tolist(), strict=True)
    )
    assert (ring == 0).sum() == len(disk)
    assert (rows[ring == 0] == columns[ring == 0]).all()


def test_the_way_may_lead_over_cells_that_were_not_given(way):
    far = h3.grid_ring(PRESTON, 2)[0]
    _, _, ring = geography.disk_pairs([PRESTON, far], 2)
    assert ring.tolist() == [0, 2, 2, 0]
    assert len(geography.neighbour_pairs([PRESTON, far])[0]) == 0


def test_a_pentagon_has_five_neighbours(way):
    assert h3.is_pentagon(PENTAGON)
    cells = geography.surroundings([PENTAGON])
    assert len(cells) == 6
    assert geography.adjacency(cells).sum(axis=1).max() == 5
    _, _, ring = geography.disk_pairs(geography.surroundings(cells), 2)
    assert ring.max() == 2


def test_no_cells_and_one_cell(way):
    assert geography.adjacency([]).shape == (0, 0)
    assert geography.surroundings([]).tolist() == []
    assert [len(a) for a in geography.disk_pairs([], 2)] == [0, 0, 0]
    assert geography.adjacency([PRESTON]).toarray().tolist() == [[0]]
    assert [a.tolist() for a in geography.disk_pairs([PRESTON], 0)] == [[0], [0], [0]]


def test_the_matrix_is_ready_to_use(way):
    cells = np.random.default_rng(4).permutation(np.array(h3.grid_disk(PRESTON, 4)))
    matrix = geography.adjacency(cells)
    again = matrix.copy()
    again.has_canonical_format = False
    again.sum_duplicates()
    assert (again.indices == matrix.indices).all()
    assert (matrix.dtype, matrix.diagonal().any(), (matrix != matrix.T).nnz) == (np.float64, False, 0)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([PRESTON, PRESTON], "1 of 2 cells come twice"),
        ([PRESTON, h3.cell_to_parent(PRESTON, 9)], r"resolutions \[9, 10\] are mixed"),
        ([PRESTON, 0], "1 of 2 numbers are no H3 cells"),
        ([[PRESTON]], "shape"),
    ],
)
def test_what_cannot_be_meant_is_refused(cells, words):
    for question in (geography.neighbour_pairs, geography.adjacency, geography.surroundings):
        with pytest.raises(ValueError, match=words):
            question(cells)


def test_a_negative_number_of_rings_is_refused():
    with pytest.raises(ValueError, match="-1 rings"):
        geography.disk_pairs([PRESTON], -1)


def test_neighbours_across_many_cells_are_those_of_h3(monkeypatch):
    """Every pair of 1,200 scattered cells, both ways, against h3 asked pair by pair through its disks."""
    disk = np.array(h3.grid_disk(PRESTON, 30))
    cells = np.random.default_rng(5).choice(disk, 1200, replace=False)
    place = {c: i for i, c in enumerate(cells.tolist())}
    expected = sorted((i, place[d]) for c, i in place.items() for d in h3.grid_ring(c, 1) if d in place)
    found = [geography.neighbour_pairs(cells)]
    monkeypatch.setitem(sys.modules, "h3ronpy", None)
    found.append(geography.neighbour_pairs(cells))
    for rows, columns in found:
        assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
