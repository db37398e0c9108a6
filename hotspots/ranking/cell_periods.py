"""The cube: cell × period × offence. Everything that ranks or compares starts from this one table."""

from __future__ import annotations

import numpy as np
import pandas as pd


def build_cell_periods(
    cells: np.ndarray, periods: np.ndarray, offences: np.ndarray, records: np.ndarray
) -> pd.DataFrame:
    """Offence rows → counts per cell, period and offence.

    All arguments have one value per offence row: ``cells`` H3 (int64), ``periods`` any integers (YYYYMM, week
    numbers), ``offences`` a code per distinct offence, ``records`` the record's number. Rows of one record
    share its cell and period.

    Returns cell, period, offence, n_offences, n_incidents, sorted by the first three. A record with several
    offences is counted as one incident, under the offence with the lowest code: so n_incidents sums to
    distinct records over any set of rows, n_offences to offence rows.
    """
    if not len(cells):
        return pd.DataFrame(
            {c: pd.Series(dtype="int64") for c in ("cell", "period", "offence", "n_offences", "n_incidents")}
        )
    first = first_of_record(records, offences)
    cell_code, cell = pd.factorize(cells, sort=True)
    period_code, period = pd.factorize(periods, sort=True)
    n_offence = int(offences.max()) + 1
    key = (cell_code.astype(np.int64) * len(period) + period_code) * n_offence + offences
    groups, inverse = distinct(key, len(cell) * len(period) * n_offence)
    return pd.DataFrame(
        {
            "cell": cell[groups // (len(period) * n_offence)],
            "period": period[groups // n_offence % len(period)],
            "offence": (groups % n_offence).astype(np.int64),
            "n_offences": np.bincount(inverse, minlength=len(groups)).astype(np.int64),
            "n_incidents": np.bincount(inverse, weights=first, minlength=len(groups)).astype(np.int64),
        }
    )


def first_of_record(records: np.ndarray, offences: np.ndarray) -> np.ndarray:
    """True for one row of each record: the one with the lowest offence code, the earlier row among equals."""
    repeated = pd.Series(records).duplicated(keep=False).to_numpy()
    first = ~repeated
    rows = np.flatnonzero(repeated)
    if len(rows):
        order = rows[np.lexsort((rows, offences[rows], records[rows]))]
        starts = np.r_[True, records[order][1:] != records[order][:-1]]
        first[order[starts]] = True
    return first


def distinct(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct keys and each row's place among them; by counting where the range is small enough."""
    if size > 50_000_000:
        return np.unique(key, return_inverse=True)
    used = np.zeros(size, dtype=bool)
    used[key] = True
    groups = np.flatnonzero(used)
    place = np.cumsum(used, dtype=np.int64) - 1
    return groups, place[key]
