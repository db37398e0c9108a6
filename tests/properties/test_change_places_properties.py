"""Comparison places for any hot spots: no cell twice, none next door, in the same BCU, the order of no matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from h3.api import basic_int as h3
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.change.matching.places import MatchedPlaces
from hotspots.change.matching.register import pairs_of
from tests.conftest import examples
from tests.match_samples import disk, facts_of, like, treated_of

CELLS = disk(6)  # 127
Spots = dict[str, list[int]]


@st.composite
def made(draw: st.DrawFn) -> tuple[Spots, dict[int, float], dict[int, str], set[int]]:
    """1 to 4 hot spots of 1 to 3 cells each, levels of most cells, their BCUs, and some cells taken."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    order = rng.permutation(CELLS).tolist()
    spots: Spots = {}
    for number, size in enumerate(sizes, 1):
        spots[f"South-{number:02d}"] = [order.pop() for _ in range(size)]
    level = {c: float(rng.integers(1, 6)) for c in CELLS if rng.random() < 0.8}
    return spots, level, {c: "West" for c in CELLS if rng.random() < 0.2}, set(order[: draw(st.integers(0, 20))])


def tried(spots: pd.DataFrame, level: dict[int, float], bcu: dict[int, str], taken: set[int]) -> MatchedPlaces | None:
    try:
        return like(spots, facts_of(level, bcu=bcu), dict.fromkeys(taken, "South-99"))
    except HotspotsError:
        return None


@settings(max_examples=examples(40), deadline=None)
@given(made())
def test_no_cell_twice_none_next_door_none_taken_and_as_many_as_matched(given_):
    spots, level, bcu, taken = given_
    found = tried(treated_of(spots), level, bcu, taken)
    if found is None:
        return
    treated = [c for cells in spots.values() for c in cells]
    chosen = [int(c, 16) for cells in found.places["cells"] for c in cells]
    assert len(set(chosen)) == len(chosen) == len(found.match.pairs)
    assert not set(chosen) & (set(treated) | taken)
    assert set(chosen) <= set(level)
    assert all(h3.grid_distance(t, c) > 1 for t in treated for c in chosen)
    assert not any(bcu.get(c) == "West" for c in chosen)  # all treated are of South
    pairs = pairs_of(found)
    owner = {c: a for a, cells in spots.items() for c in cells}
    for row in pairs.to_dict("records"):
        assert owner[int(row["treated_cell"], 16)] == row["area"]
        assert row["comparison"] == f"like {row['area']}"
    for place in found.places.to_dict("records"):
        assert place["n_cells"] == len(place["cells"]) <= len(spots[place["matched_to"]])
        short = place["n_cells"] < len(spots[place["matched_to"]])
        assert short == any(n.startswith(f"{place['matched_to']} has ") for n in found.notes)


@settings(max_examples=examples(25), deadline=None)
@given(made(), st.randoms(use_true_random=False))
def test_the_order_of_hot_spots_and_of_their_cells_is_of_no_matter(given_, random):
    spots, level, bcu, taken = given_
    names = list(spots)
    random.shuffle(names)
    shuffled = {name: random.sample(spots[name], len(spots[name])) for name in names}
    found, again = tried(treated_of(spots), level, bcu, taken), tried(treated_of(shuffled), level, bcu, taken)
    assert (found is None) == (again is None)
    if found is not None and again is not None:
        assert again.sha256 == found.sha256
        assert again.places["cells"].tolist() == found.places["cells"].tolist()
        assert again.notes == found.notes
