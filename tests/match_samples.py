"""Cells in a wide disk with figures by hand, for matching places from a workspace's cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pandas as pd
from h3.api import basic_int as h3

from hotspots.change.matching.cells import CellFacts
from hotspots.change.matching.choice import match
from hotspots.change.matching.places import MatchedPlaces, matched_places
from hotspots.change.matching.rules import WEIGHTS, Match
from hotspots.geography import cell_areas_m2, cell_centres, hex_ids
from tests.area_samples import CENTRE, disk

BANDS = ("no weight", "under 10 days", "10 to 99 days", "100 to 999 days", "1,000 days and more")


def far(k: int) -> int:
    """A cell k rings east of the centre or thereabouts: the first of its ring."""
    return sorted(h3.grid_ring(CENTRE, k))[0]


def facts_of(
    level: Mapping[int, float],
    months: Sequence[int] = (202401, 202402, 202403),
    bcu: Mapping[int, str] | None = None,
) -> CellFacts:
    """cell → incidents a month, the same in every month; harm ten days each; the expected level is what was counted."""
    cells = np.array(sorted(level), dtype=np.int64)
    counts = np.array([[float(level[int(c)])] * len(months) for c in cells])
    lon, lat = cell_centres(cells)
    shares = np.zeros((len(cells), len(BANDS)))
    shares[:, 2] = 1.0
    return CellFacts(
        cell=cells,
        bcu=np.array([(bcu or {}).get(int(c), "South") for c in cells], dtype=str),
        lon=lon,
        lat=lat,
        area_m2=cell_areas_m2(cells),
        periods=tuple(months),
        exposure=np.ones(len(months)),
        counts=counts,
        harm=10 * counts,
        bands=BANDS,
        shares=shares,
        expected_count=counts.mean(axis=1),
        expected_harm=10 * counts.mean(axis=1),
        quiet=pd.DataFrame({"expected_count": [], "expected_harm": []}, index=pd.Index([], dtype="int64")),
        empty=(0.05, 0.5),
    )


@contextmanager
def weighing(**weights: float) -> Iterator[None]:
    """The distance has these parts alone, with these weights."""
    with patch.dict(WEIGHTS, dict.fromkeys(WEIGHTS, 0.0) | weights):
        yield


def matched_by(
    units: pd.DataFrame,
    counts: pd.DataFrame,
    harm: pd.DataFrame,
    shares: pd.DataFrame | None = None,
    exposure: pd.DataFrame | None = None,
    barred: Mapping[str, str] | None = None,
) -> Match:
    """`match` of places without offence bands, whose periods are covered where there is a count, and with all free."""
    covered = counts.notna().astype(float).replace(0.0, np.nan) if exposure is None else exposure
    mix = pd.DataFrame(index=units["unit"].astype(str)) if shares is None else shares
    return match(units, counts, harm, mix, covered, barred or {})


def like(treated: pd.DataFrame, facts: CellFacts, taken: Mapping[int, str] | None = None) -> MatchedPlaces:
    """`matched_places` with rings of 100 m."""
    return matched_places(treated, facts, 100.0, taken or {})


def treated_of(spots: Mapping[str, Sequence[int]], bcu: str = "South") -> pd.DataFrame:
    """area → its cells."""
    return pd.DataFrame(
        {
            "area": list(spots),
            "name": [f"Place {a}" for a in spots],
            "bcu": bcu,
            "cells": pd.Series([tuple(hex_ids(np.array(c, dtype=np.int64))) for c in spots.values()], dtype=object),
        }
    )


__all__ = ["BANDS", "CENTRE", "disk", "facts_of", "far", "like", "matched_by", "treated_of", "weighing"]
