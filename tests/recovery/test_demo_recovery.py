"""What the demo plants is found again from the raw export, with pandas and h3 alone; what it does not plant is not."""

from __future__ import annotations

import h3
import numpy as np
import pandas as pd
import pytest
from convertbng.cutil import convert_osgb36_to_ll

from hotspots.demo.incidents import synthetic_incidents

SEEDS = (7, 2026)


def street_violence(seed: int, planted: bool) -> tuple[pd.DataFrame, dict]:
    """Located street violence with its cell and time, read as an analyst would read the file."""
    export, truth = synthetic_incidents(seed, planted=planted)
    rule = export["OFFENCE_TITLE"].isin(truth["street_violence"]["titles"]) & (export["DOMESTIC"] != "Y")
    rows = export[rule & (export["EASTING"] != "")].copy()
    lon, lat = convert_osgb36_to_ll(rows["EASTING"].astype(float).to_numpy(), rows["NORTHING"].astype(float).to_numpy())
    rows["cell"] = [h3.latlng_to_cell(a, o, 10) for a, o in zip(lat, lon, strict=True)]
    rows["when"] = pd.to_datetime(rows["COMMITTED_FROM"], format="%d/%m/%Y %H:%M")
    return rows, truth


@pytest.fixture(scope="module", params=SEEDS)
def planted(request) -> tuple[pd.DataFrame, dict]:
    return street_violence(request.param, planted=True)


@pytest.fixture(scope="module", params=SEEDS)
def unplanted(request) -> tuple[pd.DataFrame, dict]:
    return street_violence(request.param, planted=False)


def found(rows: pd.DataFrame, truth: dict) -> tuple[float, float]:
    """Shares of the planted cells, and of the planted hot spots by any cell, that are among the top cells.

    The top is half as many cells again as were planted.
    """
    cells = [c for s in truth["hot_spots"] for c in s["cells"]]
    top = set(rows["cell"].value_counts().head(len(cells) * 3 // 2).index)
    by_spot = [any(c in top for c in s["cells"]) for s in truth["hot_spots"]]
    return float(np.mean([c in top for c in cells])), float(np.mean(by_spot))


def test_planted_hot_spots_are_among_the_top_cells(planted):
    share_of_cells, share_of_spots = found(*planted)
    assert share_of_cells >= 0.75
    assert share_of_spots >= 0.95


def test_without_planting_those_cells_do_not_show(unplanted):
    share_of_cells, share_of_spots = found(*unplanted)
    assert share_of_cells <= 0.20  # town centres are busy without planting too
    assert share_of_spots <= 0.40


def test_planted_counts_are_those_of_the_truth(planted):
    rows, truth = planted
    count = rows["cell"].value_counts()
    expected = pd.Series({c: e for s in truth["hot_spots"] for c, e in s["expected_street_violence"].items()})
    z = (count.reindex(expected.index, fill_value=0) - expected) / np.sqrt(expected)
    assert z.abs().max() < 5
    assert 0.5 < (z**2).mean() < 1.8


def test_hot_hours_are_found(planted):
    rows, truth = planted
    for spot in truth["hot_spots"]:
        inside = rows[rows["cell"].isin(spot["cells"])]
        hour = inside["when"].dt.day_of_week * 24 + inside["when"].dt.hour
        hot = hour.isin(spot["hot_hours_of_week"])
        by_chance = len(spot["hot_hours_of_week"]) / 168
        z = (hot.sum() - by_chance * len(hot)) / np.sqrt(by_chance * (1 - by_chance) * len(hot))
        assert z > 5, spot["name"]
        # planted incidents keep their hours; the background in the same cells has others
        own = sum(spot["expected_street_violence"].values()) - sum(spot["expected_street_violence_background"].values())
        least = spot["hot_hours_share"] * own / sum(spot["expected_street_violence"].values())
        assert hot.mean() > least - 5 * np.sqrt(0.25 / len(hot)), spot["name"]


def test_hours_outside_hot_spots_are_not_hot(unplanted):
    rows, truth = unplanted
    night = next(s for s in truth["hot_spots"] if s["kind"] == "night")
    elsewhere = rows["when"].dt.day_of_week * 24 + rows["when"].dt.hour
    assert elsewhere.isin(night["hot_hours_of_week"]).mean() < night["hot_hours_share"] / 2
