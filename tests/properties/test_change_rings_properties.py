"""Rings of any hot spots: as a slow plain way finds them, and no cell twice."""

from __future__ import annotations

import pandas as pd
from h3.api import basic_int as h3
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.change.rings import ring_summary, rings
from tests.conftest import examples

GROUND = sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), 5))
METRES = st.sampled_from([100.0, 250.0])  # one and two rings
ROLE = st.sampled_from(["treated", "comparison", "none"])


@st.composite
def hot_spots(draw: st.DrawFn) -> pd.DataFrame:
    cells = draw(st.lists(st.sampled_from(GROUND), unique=True, min_size=1, max_size=14))
    owner = draw(st.lists(st.integers(1, 12), min_size=len(cells), max_size=len(cells)))
    held: dict[int, list[str]] = {}
    for number, cell in zip(owner, cells, strict=True):
        held.setdefault(number, []).append(f"{cell:x}")
    rows = [(f"East-{n}", draw(ROLE), tuple(c)) for n, c in held.items()]
    return pd.DataFrame(rows, columns=["area", "role", "cells"])


def plain(areas: pd.DataFrame, k: int) -> dict[int, tuple[int, int]]:
    """cell → (rings away, number of its area), cell by cell."""
    spots = {int(c, 16) for cells in areas["cells"] for c in cells}
    found: dict[int, tuple[int, int]] = {}
    for area, role, cells in areas.itertuples(index=False):
        for spot in cells if role != "none" else ():
            for cell in h3.grid_disk(int(spot, 16), k):
                if cell not in spots:
                    claim = (h3.grid_distance(int(spot, 16), cell), int(area.split("-")[1]))
                    found[cell] = min(found.get(cell, claim), claim)
    return found


@settings(max_examples=examples(40), deadline=None)
@given(hot_spots(), METRES)
def test_as_the_plain_way_and_no_cell_twice(areas, metres):
    found = rings(areas, metres)
    assert found["cell"].is_unique
    number = found["area"].str.split("-").str[1].astype(int)
    assert dict(zip(found["cell"], zip(found["ring"], number, strict=True), strict=True)) == plain(
        areas, 1 if metres == 100 else 2
    )


@settings(max_examples=examples(30), deadline=None)
@given(hot_spots(), METRES)
def test_within_reach_is_kept_or_lost_and_touching_is_mutual(areas, metres):
    told = ring_summary(areas, metres)
    k = 1 if metres == 100 else 2
    cells = areas.set_index("area")["cells"]
    for row in told.itertuples():
        own = {int(c, 16) for c in cells[row.area]}
        within = set().union(*(h3.grid_disk(c, k) for c in own)) - own
        assert row.n_cells + row.lost_to_spots + row.lost_to_rings == len(within)
    touches = {r.area: set(filter(None, r.touches.split(", "))) for r in told.itertuples()}
    assert all(a in touches[b] for a, others in touches.items() for b in others)


@settings(max_examples=examples(20), deadline=None)
@given(hot_spots(), METRES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(areas, metres, random):
    order = list(range(len(areas)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(rings(areas, metres), rings(areas.iloc[order], metres))
    pd.testing.assert_frame_equal(ring_summary(areas, metres), ring_summary(areas.iloc[order], metres))
