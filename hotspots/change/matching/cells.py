"""What the time before shows of every cell of the force: counts, harm, kinds of offences, and the level to expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots import geography
from hotspots.base.months import months_between
from hotspots.change.counting import band_of
from hotspots.change.estimates.expected_fall import mixture_means
from hotspots.harm.scoring import SCORED
from hotspots.ranking.expected.counts import tally
from hotspots.ranking.expected.model import learnt
from hotspots.ranking.expected.posterior import moments, volume_moments

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]
LEVELS = ("expected_count", "expected_harm")
HAS_MONTHS = (190_000, 300_000)  # periods between these are months YYYYMM


@dataclass(frozen=True, eq=False, kw_only=True)
class CellFacts:
    """Every cell of the force that has an incident in the time before, in order of id; all arrays in that order.

    ``periods`` run without a gap: one that the data do not cover has the exposure 0 and counts of 0, which are no
    zeros. ``counts`` are incidents, ``harm`` days of scored offences; ``shares`` of all offences by band. The expected
    levels are per fully covered period, posterior means of incidents, whatever they weigh, and of harm. ``quiet``: the
    same levels of cells without an incident that adjoin one with (index: cell); ``empty``: the mean of those, for a
    cell that lies further off.
    """

    cell: Cells
    bcu: NDArray[np.str_]
    lon: Floats
    lat: Floats
    area_m2: Floats
    periods: tuple[int, ...]
    exposure: Floats  # periods
    counts: Floats  # cells × periods
    harm: Floats  # cells × periods
    bands: tuple[str, ...]
    shares: Floats  # cells × bands
    expected_count: Floats
    expected_harm: Floats
    quiet: pd.DataFrame  # cell → expected_count, expected_harm
    empty: tuple[float, float]


def cell_facts(
    cube: pd.DataFrame, scores: pd.DataFrame, whose: pd.DataFrame, periods: Sequence[int], exposure: Sequence[float],
    unit: str = "days",
) -> CellFacts:  # fmt: skip
    """The facts of every cell of a cube. Give it the time before the start and nothing later.

    ``cube`` and ``scores``: of `hotspots.ranking.gather.count_and_score`; ``whose``: of
    `hotspots.ranking.pipeline.cells_by_bcu`; ``periods`` and ``exposure``: of `hotspots.ranking.gather.observed`;
    ``unit`` of the weights names the bands. Incidents are counted once each, under whichever offence (n_incidents of
    the cube).
    """
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    run, covered = without_gaps(periods, exposure)
    row = np.searchsorted(cells, cube["cell"].to_numpy(dtype=np.int64))
    column = pd.Index(run).get_indexer(pd.Index(cube["period"]))
    days = np.where(scores["status"] == SCORED, scores["days"], 0.0).astype(float)
    offence = cube["offence"].to_numpy(dtype=np.int64)
    n_offences = cube["n_offences"].to_numpy(dtype=float)
    codes, bands = band_of(scores, unit)
    kinds = _sums(row, codes[offence], n_offences, (len(cells), len(bands)))
    levels, quiet = _levels(expected_levels(cube, scores, periods, exposure), cells)
    lon, lat = geography.cell_centres(cells)
    return CellFacts(
        cell=cells, bcu=whose.set_index("cell")["bcu"].loc[cells].to_numpy(dtype=str), lon=lon, lat=lat,
        area_m2=geography.cell_areas_m2(cells), periods=run, exposure=covered,
        counts=_sums(row, column, cube["n_incidents"].to_numpy(dtype=float), (len(cells), len(run))),
        harm=_sums(row, column, n_offences * days[offence], (len(cells), len(run))), bands=bands,
        shares=kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1.0),
        expected_count=levels[LEVELS[0]].to_numpy(dtype=float), expected_harm=levels[LEVELS[1]].to_numpy(dtype=float),
        quiet=quiet, empty=_mean(quiet),
    )  # fmt: skip


def without_gaps(periods: Sequence[int], exposure: Sequence[float]) -> tuple[tuple[int, ...], Floats]:
    """Every period from the first to the last, and the part of each that the data cover: 0 where it is missing.

    Seasons go by place in the year: a month that was never imported must keep its place.
    """
    covered_part = dict(zip((int(p) for p in periods), (float(e) for e in exposure), strict=True))
    if not covered_part:
        return (), np.zeros(0)
    first, last = min(covered_part), max(covered_part)
    months = all(HAS_MONTHS[0] < p < HAS_MONTHS[1] and 1 <= p % 100 <= 12 for p in covered_part)
    run = tuple(months_between(first, last)) if months else tuple(range(first, last + 1))
    return run, np.array([covered_part.get(p, 0.0) for p in run])


def with_quiet_cells(facts: CellFacts, cells: Iterable[int], bcus: Mapping[int, str]) -> CellFacts:
    """The facts with a row for each of ``cells`` that had no incident: counts of 0, and its level all the same."""
    new = np.setdiff1d(np.array(list(cells), dtype=np.int64), facts.cell)
    if not len(new):
        return facts
    whole = np.concatenate([facts.cell, new])
    order = np.argsort(whole, kind="stable")
    lon, lat = geography.cell_centres(new)
    count, harm = _level_of_quiet(facts, new)
    more: dict[str, Any] = {
        "cell": new, "bcu": np.array([bcus.get(int(c), "") for c in new], dtype=str), "lon": lon, "lat": lat,
        "area_m2": geography.cell_areas_m2(new), "expected_count": count, "expected_harm": harm,
    }  # fmt: skip
    more |= {name: np.zeros((len(new), getattr(facts, name).shape[1])) for name in ("counts", "harm", "shares")}
    both: dict[str, Any] = {name: np.concatenate([getattr(facts, name), v])[order] for name, v in more.items()}
    return replace(facts, **both)


def expected_of(facts: CellFacts, cells: Iterable[int]) -> pd.DataFrame:
    """expected_count and expected_harm per fully covered period of any cells (index), with an incident or without."""
    whole = with_quiet_cells(facts, cells, {})
    table = pd.DataFrame({c: getattr(whole, c) for c in LEVELS}, index=pd.Index(whole.cell, name="cell"))
    return table.loc[list(cells)]


def expected_levels(
    cube: pd.DataFrame, scores: pd.DataFrame, periods: Sequence[int], exposure: Sequence[float]
) -> pd.DataFrame:
    """count and harm per fully covered period by cell; nan where one of the two posteriors knows nothing of a cell.

    Counts of cells with an incident are those of `mixture_means`, which is true of the worst cells too; what an
    incident weighs, and what cells without one may bring, comes from `hotspots.ranking.expected`. Incidents count
    whether their offence has a weight or not, harm is of scored offences only.
    """
    every = scores.assign(status=SCORED, days=1.0)
    model = _posterior_mean(incidents_of(cube), every, periods, exposure, harm=False)
    harm = _posterior_mean(cube, scores, periods, exposure, harm=True)
    n = cube.groupby("cell")["n_incidents"].sum()
    n = n[n > 0]
    mixed = pd.Series(mixture_means(n.to_numpy())[0] / sum(exposure), index=n.index)
    share = (mixed / model.reindex(n.index)).reindex(harm.index).fillna(1.0)
    return pd.DataFrame({"count": mixed.combine_first(model), "harm": harm * share})


def incidents_of(cube: pd.DataFrame) -> pd.DataFrame:
    """The cube with incidents for offences; an offence that is only ever the second of its record has no row."""
    return cube[cube["n_incidents"] > 0].assign(n_offences=lambda c: c["n_incidents"])


def _levels(expected: pd.DataFrame, cells: Cells) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`LEVELS` of the cells, and of those without an incident that adjoin one; nothing left unknown."""
    table = expected.set_axis(expected.index.astype("int64"))[["count", "harm"]].set_axis(list(LEVELS), axis=1)
    quiet = table[~np.isin(table.index, cells)]
    usual = dict(zip(LEVELS, _mean(quiet), strict=True))
    return table.reindex(cells).fillna(usual), quiet.fillna(usual)


def _posterior_mean(
    cube: pd.DataFrame, scores: pd.DataFrame, periods: Sequence[int], exposure: Sequence[float], harm: bool
) -> pd.Series:
    counted = tally(cube, scores, periods, exposure)
    if not len(counted.cell):
        return pd.Series(dtype=float)
    posterior = learnt(counted)
    mean, _ = moments(posterior) if harm else volume_moments(posterior)
    return pd.Series(np.asarray(mean, dtype=float), index=counted.cell)


def _level_of_quiet(facts: CellFacts, cells: Cells) -> tuple[Floats, Floats]:
    table = facts.quiet.reindex(cells)
    count, harm = (
        table[name].fillna(level).to_numpy(dtype=float) for name, level in zip(LEVELS, facts.empty, strict=True)
    )
    return count, harm


def _mean(table: pd.DataFrame) -> tuple[float, float]:
    """The mean of each level; 0 where there is none."""
    count, harm = (float(table[name].mean()) if table[name].notna().any() else 0.0 for name in LEVELS)
    return count, harm


def _sums(row: Cells, column: Cells, values: Floats, shape: tuple[int, int]) -> Floats:
    flat = np.bincount(row * shape[1] + column, values, shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)
