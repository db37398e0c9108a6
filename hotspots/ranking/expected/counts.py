"""What a window holds of scored offences: cells with their surroundings, periods, bands of weight; and its memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.geography.neighbours import adjacency, are_cells, surroundings
from hotspots.harm.scoring import is_scored, scored_days

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = np.ndarray  # of float64
Near: TypeAlias = "csr_array"  # cells × cells: 1 where two adjoin, for sums over the six around
WITHIN_BAND = 10**0.5  # weights within a band differ by no more than this factor


@dataclass(frozen=True, eq=False)
class Counts:
    """What the window holds of scored offences. Cells are in order of id: those with one, and the empty ones adjoining.

    Without the empty cells the force would look more even than it is, and every cell would be drawn too far.

    ``volume``: cells × periods; ``exposure``: per period, 1 = observed in full, 0 = not at all; ``bands``: of each row
    of the table ``cell`` (position), ``step`` (position), ``band`` and ``n``; ``days``: mean weight of each band,
    lightest first.
    """

    cell: NDArray[np.int64]
    volume: Floats
    exposure: Floats
    rows: pd.DataFrame
    days: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Whether a cell has an offence in the window."""
        return np.asarray(self.volume.any(axis=1), dtype=bool)


def surroundings_of(cells: NDArray[np.int64]) -> csr_array:
    """The matrix that sums over the six adjoining cells; one without an incident counts as zero."""
    if are_cells(cells):
        return adjacency(cells)
    from scipy.sparse import csr_array

    return csr_array((len(cells), len(cells)))


def tally(
    cell_periods: pd.DataFrame, weights: pd.DataFrame, periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None,
) -> Counts:  # fmt: skip
    """The cube's scored offences per cell, period and band."""
    observed = np.unique(cell_periods["period"].to_numpy()) if periods is None else np.asarray(periods)
    if len(np.unique(observed)) != len(observed) or not np.isin(cell_periods["period"], observed).all():
        raise ValueError("periods must be distinct and hold every period of the cube")
    steps = steps_of(observed)
    lengths = np.zeros(int(steps.max()) + 1 if len(steps) else 0)
    lengths[steps] = 1.0 if exposure is None else np.asarray(exposure, dtype=float)
    scored = is_scored(weights)
    offence = cell_periods["offence"].to_numpy()
    kept = cell_periods[scored[offence]]
    days = scored_days(weights, np.nan)
    cells = np.unique(kept["cell"].to_numpy(dtype=np.int64))
    cell = surroundings(cells) if are_cells(cells) else cells
    code = np.searchsorted(cell, kept["cell"].to_numpy(dtype=np.int64))
    n = kept["n_offences"].to_numpy(dtype=np.float64)
    total = np.bincount(kept["offence"].to_numpy(), weights=n, minlength=len(days))
    band, mean_days = bands_of(days, total)
    place = pd.Series(steps, index=observed)
    step = place.reindex(kept["period"]).to_numpy(dtype=np.int64)
    # one period after the other in memory, as they are asked for
    volume = np.bincount(step * len(cell) + code, weights=n, minlength=len(cell) * len(lengths))
    rows = pd.DataFrame({"cell": code, "step": step, "band": band[kept["offence"].to_numpy()], "n": n})
    return Counts(cell, volume.reshape(len(lengths), len(cell)).T, lengths, rows, mean_days)


def steps_of(periods: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each period's place in time from the first on: months YYYYMM by the calendar, other numbers by difference."""
    periods = np.asarray(periods, dtype=np.int64)
    if not len(periods):
        return periods
    year, month = np.divmod(periods, 100)
    if ((year >= 1900) & (year < 3000) & (month >= 1) & (month <= 12)).all():
        periods = year * 12 + month
    return periods - periods.min()


def bands_of(days: Floats, n: Floats) -> tuple[NDArray[np.int64], Floats]:
    """(each offence's band, lightest first; each band's mean weight over the ``n`` offences there were).

    A band begins at its lightest weight and ends before √10 times that. Offences that do not occur form no band.
    """
    band = np.full(len(days), -1, dtype=np.int64)
    begins, number = -1.0, -1
    for offence in np.lexsort((np.arange(len(days)), days)):
        if np.isnan(days[offence]) or not n[offence]:
            continue
        if begins < 0 or days[offence] > begins * WITHIN_BAND * (1 + 1e-9):
            begins, number = days[offence], number + 1
        band[offence] = number
    used = band >= 0
    total = np.bincount(band[used], weights=n[used], minlength=number + 1)
    return band, np.bincount(band[used], weights=(n * days)[used], minlength=number + 1) / np.maximum(total, 1)


def decay(exposure: Floats, half_life: float) -> Floats:
    """2^(−age/half-life) of each period, 0 where it was not observed."""
    age = np.arange(len(exposure) - 1, -1, -1.0)
    return np.where(exposure > 0, 1.0 if np.isinf(half_life) else 0.5 ** (age / half_life), 0.0)


def decayed(counts: Counts, half_life: float) -> tuple[Floats, float]:
    """(bands × cells: what is remembered, scaled to effective information; the effective periods it stands for)."""
    d = decay(counts.exposure, half_life)
    exposure, squared = float(d @ counts.exposure), float((d * d) @ counts.exposure)
    scale = exposure / squared
    n_bands, n_cells = len(counts.days), len(counts.cell)
    rows = counts.rows
    key = rows["band"].to_numpy() * n_cells + rows["cell"].to_numpy()
    n = rows["n"].to_numpy() * d[rows["step"].to_numpy()] * scale
    found = np.bincount(key, weights=n, minlength=n_bands * n_cells)
    return found.reshape(n_bands, n_cells), exposure * scale
