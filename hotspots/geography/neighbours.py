"""Which cells adjoin which: pairs, the sparse matrix of them, and the cells round about.

Positions, not cells, come out: row and column i stand for the i-th cell given, whatever the order. The cells must be
distinct and of one resolution; anything else is a mistake of the program's, not of the user's (ValueError).

With h3ronpy installed 500,000 cells take a third of a second, with h3 alone two. The result is the same.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import ArrayLike, NDArray

from hotspots.geography.cells import Cells, resolution_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Positions = NDArray[np.int64]

_MODE, _CELL_MODE = 59, 1  # the lowest bit of the mode in an H3 index, and the mode of a cell


def neighbour_pairs(cells: ArrayLike) -> tuple[Positions, Positions]:
    """Every ordered pair of adjoining cells, as positions in ``cells``, sorted; no cell adjoins itself.

    (i, j) is there if and only if (j, i) is. Cells share an edge: six neighbours, five at H3's twelve pentagons.
    """
    rows, columns, ring = disk_pairs(cells, 1)
    return rows[ring == 1], columns[ring == 1]


def adjacency(cells: ArrayLike) -> csr_array:
    """The n × n matrix with 1.0 where two of the cells adjoin; symmetric, zero diagonal, rows in the order given.

    Not to be changed: the same cells are given the same matrix again.
    """
    return remembered(checked(cells).tobytes())


@lru_cache(maxsize=4)
def remembered(held: bytes) -> csr_array:
    """The matrix of cells given as the bytes of their numbers, remembered: one answer needs it several times."""
    from scipy.sparse import csr_array

    cells = np.frombuffer(held, dtype=np.int64)
    rows, columns = neighbour_pairs(cells)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(cells)))])
    matrix = csr_array((np.ones(len(columns)), columns, starts), shape=(len(cells), len(cells)))
    matrix.has_canonical_format = True  # sorted and each pair once: spares scipy the check
    return matrix


def surroundings(cells: ArrayLike) -> Cells:
    """The cells given and every cell that adjoins one of them, sorted."""
    return np.unique(_disks(checked(cells), 1)[1])


def disk_pairs(cells: ArrayLike, k: int) -> tuple[Positions, Positions, Positions]:
    """Every ordered pair of the cells at most ``k`` rings apart, and the ring of each: 0 the cell itself, 1 its
    neighbours, 2 theirs, …

    Returns rows, columns (positions in ``cells``) and rings, sorted by row and column. The way from one cell to the
    other may lead over cells that were not given.
    """
    cells = checked(cells)
    if k < 0:
        raise ValueError(f"{k} rings: a number of rings is 0 or more")
    order = np.argsort(cells, kind="stable")
    held = cells[order]
    sizes, members, ring = _disks(held, k)
    place = np.searchsorted(held, members)
    place[place == len(held)] = 0
    found = held[place] == members if len(held) else np.zeros(0, dtype=bool)
    owner = np.repeat(np.arange(len(held)), sizes)
    return _sorted_pairs(order[owner[found]], order[place[found]], ring[found], len(cells))


def are_cells(cells: ArrayLike) -> bool:
    """Whether every number has the mode of an H3 cell."""
    return bool((np.asarray(cells, dtype=np.int64) >> _MODE == _CELL_MODE).all())


def checked(cells: ArrayLike) -> Cells:
    """The cells as an int64 array; ValueError when one is no cell, comes twice or has another resolution."""
    table = np.asarray(cells, dtype=np.int64)
    if table.ndim != 1:
        raise ValueError(f"cells have the shape {table.shape}; a plain list of them is needed")
    if not len(table):
        return table
    if (table >> _MODE != _CELL_MODE).any():
        raise ValueError(f"{int((table >> _MODE != _CELL_MODE).sum())} of {len(table)} numbers are no H3 cells")
    resolutions = np.unique(resolution_of(table))
    if len(resolutions) > 1:
        raise ValueError(f"cells of the resolutions {resolutions.tolist()} are mixed; neighbours have one resolution")
    # Sorted cells, the usual case, need no second sort to show a repeat.
    ordered = table if (table[1:] > table[:-1]).all() else np.sort(table)
    repeats = int((ordered[1:] == ordered[:-1]).sum())
    if repeats:
        raise ValueError(f"{repeats} of {len(table)} cells come twice")
    return table


def _sorted_pairs(
    rows: Positions, columns: Positions, ring: Positions, n: int
) -> tuple[Positions, Positions, Positions]:
    """The pairs by row, then column. One key of both sorts three times as fast as two keys."""
    order = np.argsort(rows * max(n, 1) + columns)
    return rows[order], columns[order], ring[order]


def _disks(cells: Cells, k: int) -> tuple[Positions, Cells, Positions]:
    """How many cells lie within k rings of each, those cells one disk after the other, and the ring of each."""
    try:
        import h3ronpy  # type: ignore[import-untyped]
        import pyarrow as pa
    except ImportError:
        return disks_plain(cells, k)
    if not len(cells):
        return disks_plain(cells, k)
    table = pa.record_batch(h3ronpy.grid_disk_distances(pa.array(cells.view(np.uint64)), k))
    disks, rings = table.column("cell"), table.column("k")
    members = disks.flatten().to_numpy().view(np.int64)
    return np.diff(disks.offsets.to_numpy()), members, rings.flatten().to_numpy().astype(np.int64)


def disks_plain(cells: Cells, k: int) -> tuple[Positions, Cells, Positions]:
    """The same by h3 alone. A ring is what a disk has more than the one before it: that holds at pentagons too."""
    sizes: list[int] = []
    members: list[int] = []
    rings: list[int] = []
    for cell in cells.tolist():
        disks = [set(), *(set(h3.grid_disk(cell, i)) for i in range(k + 1))]
        new = [outer - inner for inner, outer in pairwise(disks)]
        sizes.append(len(disks[-1]))
        members.extend(chain.from_iterable(new))
        rings.extend(i for i, ring in enumerate(new) for _ in ring)
    return np.array(sizes, dtype=np.int64), np.array(members, dtype=np.int64), np.array(rings, dtype=np.int64)
