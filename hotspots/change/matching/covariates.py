"""The places and periods that a match is made of, checked and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError, sample
from hotspots.change.matching.rules import GROUPS, MAX_PERIODS, Bools, Floats

_EXPECTED = ("expected_count", "expected_harm")
_UNIT_COLUMNS = ("unit", "group", "bcu", "lon", "lat", "area_m2")


@dataclass(frozen=True, eq=False, kw_only=True)
class Places:
    """Everything in order of id; what a place is like, as arrays. Periods in order."""

    unit: list[str]
    treated: Bools
    bcu: NDArray[np.str_]
    lon: Floats
    lat: Floats
    area_m2: Floats
    counts: Floats  # places × periods, 0 where no data
    harm: Floats
    exposure: Floats  # the part of each period that data cover
    shares: Floats  # places × bands
    bands: list[str]
    periods: list[Any]
    expected: Floats  # places × (count, harm) per fully covered period


def places_of(
    units: pd.DataFrame,
    counts: pd.DataFrame,
    harm: pd.DataFrame,
    shares: pd.DataFrame,
    exposure: pd.DataFrame,
) -> Places:
    """The tables of `match` as arrays. HotspotsError, all problems at once, where they do not fit each other."""
    table = _checked_units(units)
    ids = table["unit"].tolist()
    n = _lined_up(counts, ids, "counts")
    h = _lined_up(harm, ids, "harm")
    mix = _lined_up(shares, ids, "shares")
    covered = _lined_up(exposure, ids, "exposure").where(n.notna(), 0.0).fillna(0.0)
    _refuse_numbers(n, h, covered, mix)
    return Places(
        unit=ids,
        treated=(table["group"] == "treated").to_numpy(),
        bcu=table["bcu"].astype(str).to_numpy(dtype=str),
        lon=table["lon"].to_numpy(dtype=float),
        lat=table["lat"].to_numpy(dtype=float),
        area_m2=table["area_m2"].to_numpy(dtype=float),
        counts=n.fillna(0.0).to_numpy(dtype=float),
        harm=h.fillna(0.0).to_numpy(dtype=float),
        exposure=covered.to_numpy(dtype=float),
        shares=mix.to_numpy(dtype=float),
        bands=[str(b) for b in mix.columns],
        periods=list(n.columns),
        expected=table[list(_EXPECTED)].to_numpy(dtype=float),
    )


def _checked_units(units: pd.DataFrame) -> pd.DataFrame:
    wanted = (*_UNIT_COLUMNS, *_EXPECTED)
    missing = [c for c in wanted if c not in units]
    if missing:
        raise HotspotsError(f"The places lack the columns {', '.join(missing)}.")
    table = units.assign(unit=units["unit"].astype(str)).sort_values("unit", ignore_index=True)
    problems = []
    if table["unit"].duplicated().any():
        problems.append(f"The place {sample(table['unit'][table['unit'].duplicated()])} is given twice.")
    strange = [g for g in table["group"] if g not in GROUPS]
    if strange:
        problems.append(f"There is no group {sample(strange)}. Use {' or '.join(GROUPS)}.")
    problems += [f"There is no {group} place." for group in GROUPS if not (table["group"] == group).any()]
    for column in wanted[3:]:
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
        bad = ~np.isfinite(values) | ((values < 0) & (column not in ("lon", "lat")))
        if bad.any():
            problems.append(f"{column} is missing, negative or no number for {sample(table['unit'][bad])}.")
    if problems:
        raise HotspotsError(problems)
    return table


def _lined_up(table: pd.DataFrame, ids: list[str], what: str) -> pd.DataFrame:
    """The table with a row for each id, in their order, and its columns in order."""
    named = table.set_axis(table.index.astype(str), axis=0)
    missing = sorted(set(ids) - set(named.index))
    if missing:
        raise HotspotsError(f"The table of {what} has no row for {sample(missing)}.")
    if named.index.duplicated().any():
        raise HotspotsError(f"The table of {what} has {sample(named.index[named.index.duplicated()])} twice.")
    if what != "shares" and not 1 <= named.shape[1] <= MAX_PERIODS:
        raise HotspotsError(f"The table of {what} has {named.shape[1]} periods; give 1 to {MAX_PERIODS}.")
    return named.loc[ids].sort_index(axis=1)


def _refuse_numbers(n: pd.DataFrame, h: pd.DataFrame, covered: pd.DataFrame, mix: pd.DataFrame) -> None:
    problems = []
    if list(n.columns) != list(h.columns) or list(n.columns) != list(covered.columns):
        raise HotspotsError("Counts, harm and exposure have different periods; give the same periods in each.")
    for what, table in (("count", n), ("harm", h), ("share", mix)):
        bad = (table < 0).any(axis=1) | np.isinf(table.to_numpy(dtype=float)).any(axis=1)
        if bad.any():
            problems.append(f"A {what} is negative or infinite for {sample(table.index[bad])}.")
    if (n.notna() & h.isna()).any(axis=None):
        problems.append(f"Harm is missing for {sample(n.index[(n.notna() & h.isna()).any(axis=1)])}, the count is not.")
    if ((covered > 1) | (covered < 0) | ((covered == 0) & n.notna())).any(axis=None):
        problems.append("An exposure is not above 0 and at most 1 where there is a count.")
    silent = covered.index[(covered > 0).sum(axis=1) == 0]
    if len(silent):
        problems.append(f"There is no period with data for {sample(silent)}.")
    total = mix.sum(axis=1)
    off = (mix.shape[1] > 0) & (mix.isna().any(axis=1) | ((total - 1).abs().gt(0.001) & total.gt(0)))
    if off.any():
        problems.append(f"The shares of offence bands do not add up to 1 for {sample(mix.index[off])}.")
    if problems:
        raise HotspotsError(problems)
