"""Gi*: where harm clusters more than chance would put it, and the p and q that hold for sparse harm.

Every p here belongs to the UPPER tail: small means "more harm here and round about than chance would put here". Cold
spots are not looked for. The usual p, by the normal distribution, is far too small on sparse harm: sums of seven sparse
cells are far from normal, and where it says 0.001 the truth is near 0.02 (see `hotspots.ranking.patterns`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots import geography

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

BINS = 2**17  # steps into which the range of sums is cut; a transform of this size takes milliseconds
LEAST_P = 1e-12  # sums of rounding errors are near 1e-14


def gi_star(values: ArrayLike, adjacency: csr_array) -> Floats:
    """Getis and Ord's Gi* of each cell as a z score; binary weights, the cell itself included.

    ``values``: (n,) harm per cell (weighted, not a count, unless counts are meant); every one a number.
    ``adjacency``: n × n, 1 where two cells adjoin, no diagonal (`hotspots.geography.adjacency`).
    With x the values, wᵢ = 1 + the number of cell i's neighbours, and s² = Σ (x − x̄)² / n:

        zᵢ = (xᵢ + Σⱼ xⱼ − wᵢ x̄) / (s √((n wᵢ − wᵢ²) / (n − 1)))

    The denominator is the standard deviation of the sum when the values are scattered at random over the cells. nan
    where it is 0: all values equal, or a cell that adjoins all others. Equals esda's G_Local(star=True, transform='B').

    Which cells form the population matters: with all of a county's empty fields every street is hot. Give the cells
    with at least one incident and the empty ones adjoining them (`hotspots.geography.surroundings`). Misleads where
    few cells hold nearly all harm: then z is far from normal, and one severe event lifts seven cells. Neighbours share
    values, so their z go together. Ord & Getis 1995, https://doi.org/10.1111/j.1538-4632.1995.tb00912.x
    """
    x, size = checked_map(values, adjacency)
    n = len(x)
    if n < 2 or x.min() == x.max():
        return np.full(n, np.nan)
    off = x - x.mean()  # sums of differences lose less than differences of sums
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (off + adjacency @ off) / (off.std() * np.sqrt((n * size - size**2) / (n - 1)))
    z[size >= n] = np.nan
    return np.asarray(z, dtype=np.float64)


def checked_map(values: ArrayLike, adjacency: csr_array) -> tuple[Floats, Floats]:
    """The values as floats and the size of each neighbourhood, itself included; ValueError for what is no map."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or adjacency.shape != (len(x), len(x)):
        raise ValueError(f"values of shape {x.shape} and adjacency of shape {adjacency.shape} do not go together")
    if not np.isfinite(x).all():
        raise ValueError(f"{int((~np.isfinite(x)).sum())} values are no numbers; leave cells without a figure out")
    if (adjacency.data != 1).any() or adjacency.diagonal().any():
        raise ValueError("the adjacency must hold 1 for each neighbour and nothing on its diagonal")
    return x, np.diff(adjacency.indptr) + 1.0


def bh_q_values(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's q of each p: the smallest false discovery rate at which it would be called.

    With m p values in order, q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ m / j; so p ≤ q ≤ 1, and q keeps the order of p. nan stays
    nan and is not counted in m. Holds for independent p and for the positive dependence that neighbours have.
    Misleads when the p themselves are too small. ValueError for a p outside 0 to 1.
    Benjamini & Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    https://doi.org/10.1214/aos/1013699998
    """
    p = np.asarray(p, dtype=np.float64)
    filled = ~np.isnan(p)
    valid = p[filled]
    if ((valid < 0) | (valid > 1)).any():
        raise ValueError("a p value lies between 0 and 1")
    order = np.argsort(valid)
    # m / j first: times a number of 1 or more, so that no rounding takes q below p.
    scaled = valid[order] * (len(valid) / np.arange(1, len(valid) + 1))
    stepped = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    found = np.empty(len(valid))
    found[order] = stepped
    q = np.full(p.shape, np.nan)
    q[filled] = found
    return q


def scatter_p(values: ArrayLike, adjacency: csr_array) -> Floats:
    """Exact upper-tail p of Gi* when the map's harm is scattered at random over its cells.

    The null: a neighbourhood of w cells, the cell itself included, is w draws from all values of the map, so
    pᵢ = P(a sum of wᵢ draws ≥ the sum found). Computed, not simulated: the distribution of the sum is the distribution
    of one value folded w times (Fourier transform), on a grid of 131,072 steps. No seed, no floor of 1/(draws + 1), no
    normal approximation, so it holds for sparse and skewed harm. Sums within rounding of the grid count as reached: p
    is never too small by it. Draws are with replacement, which makes p a little larger than shuffling does, by about
    one part in n for a lone largest value. Values below 1e-12 are given as 1e-12; nan where `gi_star` is.
    """
    x, size = checked_map(values, adjacency)
    p = np.full(len(x), np.nan)
    defined = ~np.isnan(gi_star(x, adjacency))
    if not defined.any():
        return p
    widest = int(size.max())
    step = (x.max() - x.min()) * widest / (BINS - 1)
    grid = np.round((x - x.min()) / step).astype(np.int64)
    found = grid + np.rint(adjacency @ grid).astype(np.int64)
    one = np.fft.rfft(np.bincount(grid, minlength=BINS) / len(x))
    folded = np.ones_like(one)
    for width in range(1, widest + 1):
        folded = folded * one
        here = defined & (size == width)
        if here.any():
            tail = np.cumsum(np.fft.irfft(folded, BINS)[::-1])[::-1]
            p[here] = tail[np.maximum(found[here] - width, 0)]  # each draw and each value is at most half a step off
    return np.clip(p, LEAST_P, 1.0)


def gi_table(cells: ArrayLike, values: ArrayLike) -> pd.DataFrame:
    """cell, gi_z and gi_q for each of ``cells``, in their order; q is of the upper tail, against scattered harm.

    ``values``: harm of each cell. A cell without a figure (nan) is unknown, not zero: it is left out of the population
    and has no z. The population are the cells and all that adjoin them; every cell of it counts as a test in q.
    ValueError for cells that come twice.
    """
    cells = np.asarray(cells, dtype=np.int64)
    x = np.asarray(values, dtype=np.float64)
    if x.shape != cells.shape:
        raise ValueError(f"cells of shape {cells.shape} and values of shape {x.shape} do not pair up")
    everyone = np.setdiff1d(geography.surroundings(cells), cells[np.isnan(x)])
    filled = np.flatnonzero(~np.isnan(x))
    place = np.searchsorted(everyone, cells[filled])
    full = np.zeros(len(everyone))
    full[place] = x[filled]
    adjoining = geography.adjacency(everyone)
    table = pd.DataFrame({"cell": cells, "gi_z": np.nan, "gi_q": np.nan})
    table.loc[filled, "gi_z"] = gi_star(full, adjoining)[place]
    table.loc[filled, "gi_q"] = bh_q_values(scatter_p(full, adjoining))[place]
    return table
