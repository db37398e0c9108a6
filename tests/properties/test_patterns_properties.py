"""What must hold of neighbours, Gi*, q-values and patterns whatever the map."""

from __future__ import annotations

import sys

import numpy as np
from h3.api import basic_int as h3
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hotspots import geography
from hotspots.ranking import patterns
from hotspots.ranking.gi_star import bh_q_values, gi_star, gi_table, scatter_p

DISK = sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), 4))
CELLS = st.lists(st.sampled_from(DISK), min_size=2, max_size=40, unique=True)
P = st.floats(0, 1) | st.just(float("nan"))


@st.composite
def maps(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    cells = np.array(draw(CELLS))
    harm = draw(
        st.lists(st.sampled_from([0, 0, 0, 1, 10, 19, 365, 547.5, 5475]), min_size=len(cells), max_size=len(cells))
    )
    return cells, np.array(harm, dtype=float)


@given(CELLS, st.integers(0, 3))
def test_both_ways_of_finding_neighbours_are_plain_distances(cells: list[int], k: int):
    plain = sorted(
        (i, j, d) for i, a in enumerate(cells) for j, b in enumerate(cells) if (d := h3.grid_distance(a, b)) <= k
    )
    found = [geography.disk_pairs(cells, k)]
    module = sys.modules.get("h3ronpy")
    sys.modules["h3ronpy"] = None  # type: ignore[assignment]
    try:
        found.append(geography.disk_pairs(cells, k))
    finally:
        sys.modules.pop("h3ronpy")
        if module is not None:
            sys.modules["h3ronpy"] = module
    for pairs in found:
        assert list(zip(*(a.tolist() for a in pairs), strict=True)) == plain


@given(maps(), st.randoms(use_true_random=False))
def test_the_order_of_cells_changes_nothing(made: tuple[np.ndarray, np.ndarray], random):
    cells, harm = made
    order = np.array(random.sample(range(len(cells)), len(cells)))
    one = gi_table(cells, harm).set_index("cell")
    other = gi_table(cells[order], harm[order]).set_index("cell").loc[cells]
    assert one.equals(other)


@given(maps())
def test_gi_star_is_the_plain_sum_over_neighbours(made: tuple[np.ndarray, np.ndarray]):
    cells, harm = made
    n, mean, s = len(cells), harm.mean(), harm.std()
    z = gi_star(harm, geography.adjacency(cells))
    for i, cell in enumerate(cells.tolist()):
        near = [j for j, other in enumerate(cells.tolist()) if h3.grid_distance(cell, other) <= 1]
        w = len(near)
        if s == 0 or w == n:
            assert np.isnan(z[i])
        else:
            plain = (harm[near].sum() - w * mean) / (s * np.sqrt((n * w - w * w) / (n - 1)))
            assert abs(z[i] - plain) < 1e-9


@given(maps())
def test_every_p_is_a_p_and_no_z_has_none(made: tuple[np.ndarray, np.ndarray]):
    cells, harm = made
    adjoining = geography.adjacency(cells)
    z = gi_star(harm, adjoining)
    scatter = scatter_p(harm, adjoining)
    assert (np.isnan(scatter) == np.isnan(z)).all()
    assert ((scatter >= 0) & (scatter <= 1))[~np.isnan(scatter)].all()
    # Among neighbourhoods of one size, more harm never has the larger p.
    for size in np.unique(np.diff(adjoining.indptr)):
        same = np.flatnonzero((np.diff(adjoining.indptr) == size) & ~np.isnan(z))
        assert (np.diff(scatter[same[np.argsort(z[same], kind="stable")]]) <= 1e-3).all()


@given(arrays(float, st.integers(0, 60), elements=P))
def test_q_is_benjamini_and_hochbergs(p: np.ndarray):
    q = bh_q_values(p)
    known = np.flatnonzero(~np.isnan(p))
    assert (np.isnan(q) == np.isnan(p)).all()
    assert (q[known] >= p[known]).all()
    assert (q[known] <= 1).all()
    for i in known:  # the definition: the least of p m / (number of p up to it), over all p that are no smaller
        rates = [p[j] * len(known) / (p[known] <= p[j]).sum() for j in known if p[j] >= p[i]]
        assert abs(q[i] - min(1.0, min(rates))) <= 1e-12 * min(1.0, min(rates))


def plain_pattern(hot: list[bool], evident: bool, rising: bool, falling: bool) -> str:
    """The rules of the module, read out loud."""
    k, n = len(hot), sum(hot)
    recent = max(2, -(-k // 4))
    run = 0
    for h in reversed(hot):
        if not h:
            break
        run += 1
    if not evident:
        return ""
    if hot[-1] and n == run <= recent:
        return "new"
    if n >= 2 and not any(hot[k - recent :]):
        return "former"
    if n < 2:
        return ""
    if hot[-1] and 2 * n >= k and rising:
        return "intensifying"
    if (hot[-1] or 2 * n >= k) and falling:
        return "fading"
    if hot[-1] and 4 * n >= 3 * k:
        return "persistent"
    return "intermittent"


@given(
    st.integers(4, 12).flatmap(lambda k: st.lists(st.lists(st.booleans(), min_size=k, max_size=k), min_size=1)),
    st.data(),
)
def test_every_cell_has_one_pattern_and_it_is_that_of_the_rules(hot: list[list[bool]], data: st.DataObject):
    flags = [
        (data.draw(st.booleans()), *data.draw(st.sampled_from([(False, False), (True, False), (False, True)])))
        for _ in hot
    ]
    found = patterns.apply_rules(np.array(hot), *(np.array(column) for column in zip(*flags, strict=True)))
    assert found.tolist() == [plain_pattern(h, *f) for h, f in zip(hot, flags, strict=True)]
    assert set(found) <= set(patterns.PATTERNS) | {""}


@given(arrays(float, st.tuples(st.integers(1, 20), st.integers(4, 12)), elements=st.integers(-3, 3).map(float)))
def test_no_trend_goes_both_ways_and_a_mirror_turns_it_round(z: np.ndarray):
    rising, falling = patterns.trends(z)
    assert not (rising & falling).any()
    up, down = patterns.trends(z[:, ::-1])
    assert (up == falling).all()
    assert (down == rising).all()


@given(st.sets(st.integers(0, 200)))
def test_spans_are_consecutive_equal_and_end_with_the_window(periods: set[int]):
    spans = patterns.spans_of(periods)
    held = sorted(periods)
    assert (spans == ()) == bool(patterns.why_no_patterns(periods)) == (len(held) < 4)
    if spans:
        flat = [p for s in spans for p in s]
        assert len({len(s) for s in spans}) == 1
        assert flat == held[len(held) - len(flat) :]
        assert len(held) - len(flat) < len(spans)
