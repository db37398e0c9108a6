"""The change planted in the demo, on any small export: records go or stay whole, whatever the order, and no others."""

from __future__ import annotations

from datetime import date

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from convertbng.cutil import convert_bng
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.demo.effects import random_numbers, with_effects
from hotspots.demo.records import EXPORT_COLUMNS
from hotspots.demo.workspace import demo_areas
from tests.conftest import examples

AREAS = demo_areas()
START = date(2025, 11, 1)
SPOTS = {role: [c for cells in part["cells"] for c in cells] for role, part in AREAS.groupby("role")}
ELSEWHERE = [f"{c:x}" for c in sorted(h3.grid_ring(int(SPOTS["treated"][0], 16), 12))[:3]]
KINDS = ("treated", "comparison", "elsewhere", "nowhere")
PLACES = {"treated": SPOTS["treated"], "comparison": SPOTS["comparison"], "elsewhere": ELSEWHERE, "nowhere": [""]}
DAYS = ("31/10/2025 23:59", "01/11/2025 00:00", "05/03/2026 21:10", "28/02/2025 01:00")


def grid(cell: str) -> tuple[str, str]:
    if not cell:
        return "", ""
    lat, lon = h3.cell_to_latlng(int(cell, 16))
    east, north = convert_bng(np.array([lon]), np.array([lat]))
    return str(round(float(east[0]))), str(round(float(north[0])))


GRID = {cell: grid(cell) for cells in PLACES.values() for cell in cells}


@st.composite
def exports(draw: st.DrawFn) -> pd.DataFrame:
    """Up to 25 records of one to three rows, with their kind of place beside."""
    rows = []
    for number in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(KINDS))
        cell, day = draw(st.sampled_from(PLACES[kind])), draw(st.sampled_from(DAYS))
        for part in range(draw(st.integers(1, 3))):
            east, north = GRID[cell]
            rows.append({
                "CRIME_REF": f"R-{number}", "EASTING": east, "NORTHING": north, "COMMITTED_FROM": day,
                "OFFENCE_TITLE": f"{kind} {part}",
            })  # fmt: skip
    return pd.DataFrame(rows, columns=list(EXPORT_COLUMNS), dtype="str").fillna("")


SHARES = st.sampled_from([{}, {"East": 0.5}, {"West": 1.0, "South": 0.3}])


@settings(max_examples=examples(25), deadline=None)
@given(exports(), st.sampled_from([0.0, 0.25, 0.6, 1.0]), SHARES, st.integers(0, 9), st.randoms(use_true_random=False))
def test_whole_records_of_treated_places_only_in_any_order(export, fall, shares, seed, lot):
    left, truth = with_effects(export, AREAS, START, fall, shares, seed)
    treated = export["OFFENCE_TITLE"].str.startswith("treated")
    late = export["COMMITTED_FROM"].isin(DAYS[1:3])
    risk = set(export.loc[treated & late, "CRIME_REF"])
    gone = set(export["CRIME_REF"]) - set(left["CRIME_REF"])
    assert gone <= risk
    assert (len(risk), len(gone)) == (truth["at_risk"], truth["dropped"])
    assert left.index.tolist() == export.index[~export["CRIME_REF"].isin(gone)].tolist()
    changed = (left != export.loc[left.index]).any(axis=1)
    assert left.loc[changed, "CRIME_REF"].nunique() == truth["moved"]
    assert set(left.loc[changed, "CRIME_REF"]) <= risk
    assert fall < 1 or len(gone) + truth["moved"] == len(risk)
    order = lot.sample(range(len(export)), len(export))
    again, other = with_effects(export.iloc[order], AREAS, START, fall, shares, seed)
    pd.testing.assert_frame_equal(again.sort_index(), left)
    assert other == truth


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=20), st.integers(0, 5))
def test_a_name_has_its_own_numbers(names, seed):
    numbers = random_numbers(names, seed)
    assert numbers.shape == (len(names), 3)
    assert ((numbers >= 0) & (numbers < 1)).all()
    for i, name in enumerate(names):
        np.testing.assert_array_equal(random_numbers([name], seed)[0], numbers[i])
