"""What must hold for any places: nobody twice, the best sum, twins together, order of no matter."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.change.matching.rules import COMPONENTS, WEIGHTS
from tests.conftest import examples
from tests.match_samples import matched_by, weighing

Given = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


@st.composite
def given_tables(draw: st.DrawFn, most: int = 6) -> Given:
    """Units, counts, harm and shares: 1 to 3 treated, up to ``most`` candidates, kilometres apart."""
    n_treated, n_more = draw(st.integers(1, 3)), draw(st.integers(1, most))
    n, periods = n_treated + n_more, draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    units = pd.DataFrame(
        {
            "unit": rng.permutation([f"u{i}" for i in range(n)]),
            "group": ["treated"] * n_treated + ["candidate"] * n_more,
            "bcu": rng.choice(["West", "South"], n, p=[0.3, 0.7]),
            "lon": -2.7 + 0.02 * rng.permutation(n),
            "lat": 53.7 + 0.02 * rng.permutation(n),
            "area_m2": rng.choice([13_400.0, 40_200.0], n),
            "expected_count": rng.integers(0, 5, n) + rng.choice([0.0, 0.5], n),
            "expected_harm": rng.integers(0, 5, n) * 10.0,
        }
    )
    index = units["unit"].to_list()
    counts = pd.DataFrame(rng.poisson(rng.gamma(1, 3, (n, 1)), (n, periods)), index=index, columns=range(periods))
    shares = pd.DataFrame(rng.dirichlet([1, 1, 1], n), index=index, columns=["low", "middle", "high"])
    return units, counts.astype(float), 10.0 * counts, shares


def tried(tables: Given):
    """The match, or None where nobody can be matched."""
    try:
        return matched_by(*tables)
    except HotspotsError:
        return None


@settings(max_examples=examples(40), deadline=None)
@given(given_tables())
def test_nobody_twice_and_everybody_accounted_for(tables):
    found = tried(tables)
    if found is None:
        return
    units = tables[0].set_index("unit")
    assert found.pairs["comparison"].is_unique
    assert (found.pairs["treated"].value_counts() == 1).all()
    assert (units.loc[found.pairs["treated"], "group"] == "treated").all()
    assert (units.loc[found.pairs["comparison"], "group"] == "candidate").all()
    assert found.pairs["distance"].to_numpy() == pytest.approx(found.pairs[list(COMPONENTS)].sum(axis=1).to_numpy())
    own, other = (units.loc[found.pairs[c], "bcu"].to_numpy() for c in ("treated", "comparison"))
    assert (own == other).all()
    candidates = set(units.index[units["group"] == "candidate"])
    told = set(found.unmatched.loc[found.unmatched["group"] == "candidate", "unit"])
    assert told == candidates - set(found.pairs["comparison"])


@settings(max_examples=examples(40), deadline=None)
@given(given_tables(most=4))
def test_the_sum_is_the_least_there_is(tables):
    """Against every way of pairing, distances worked out here: √ levels in pooled standard deviations."""
    units = tables[0].assign(bcu="South").set_index("unit").sort_index()
    with weighing(count=1.0, harm=0.5):
        found = matched_by(units.reset_index(), *tables[1:])
    is_treated = units["group"] == "treated"

    def apart(column: str, weight: float) -> np.ndarray:
        root = np.sqrt(units[column])
        variances = [v for v in (root[is_treated].var(), root[~is_treated].var()) if not np.isnan(v)]
        spread = np.sqrt(np.mean(variances)) if variances and np.mean(variances) > 0 else 1.0
        return weight * np.abs(np.subtract.outer(root[is_treated].to_numpy(), root[~is_treated].to_numpy())) / spread

    distance = apart("expected_count", 1) + apart("expected_harm", 0.5)
    n, m = distance.shape
    size = min(n, m)
    least = min(
        distance[list(ts), list(cs)].sum()
        for ts in itertools.combinations(range(n), size)
        for cs in itertools.permutations(range(m), size)
    )
    assert len(found.pairs) == size
    assert found.pairs["distance"].sum() == pytest.approx(least, abs=0.01)  # 0.01: the preference for close pairs


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.sampled_from([1.0, 4.0, 9.0]), min_size=4, max_size=7), st.integers(1, 3))
def test_ties_go_to_lower_ids(levels, n_treated):
    """Of all ways with the least sum that keep the same close pairs, the one with the lowest candidates is taken."""
    n = len(levels)
    units = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(n)], "group": ["treated"] * n_treated + ["candidate"] * (n - n_treated),
            "bcu": "South", "lon": -2.7 + 0.05 * np.arange(n), "lat": 53.7, "area_m2": 13_400.0,
            "expected_count": levels, "expected_harm": 0.0,
        }
    )  # fmt: skip
    counts = pd.DataFrame({0: levels}, index=units["unit"])
    with weighing(**{**WEIGHTS, "near": 0.0}):
        found = matched_by(units, counts, counts)
    root = np.sqrt(levels)
    chosen = [(int(t[1:]), int(c[1:])) for t, c in zip(found.pairs["treated"], found.pairs["comparison"], strict=True)]
    kept = sorted(abs(root[t] - root[c]) for t, c in chosen)
    size = min(n_treated, n - n_treated)
    assert len(chosen) == size
    for cs in itertools.permutations(range(n_treated, n), size):
        for ts in itertools.combinations(range(n_treated), size):
            if sorted(abs(root[t] - root[c]) for t, c in zip(ts, cs, strict=True)) == kept:
                assert sum(c for _, c in chosen) <= sum(cs)


@settings(max_examples=examples(40), deadline=None)
@given(given_tables())
def test_an_exact_twin_is_taken(tables):
    """A candidate that is like a treated place in everything but where it lies, nearness not counted."""
    units, counts, harm, shares = tables
    one = units.iloc[0]
    units = pd.concat([units, one.to_frame().T.assign(unit="twin", group="candidate", lat=53.2)]).infer_objects()
    more = [pd.concat([t, t.loc[[one["unit"]]].set_axis(["twin"])]) for t in (counts, harm, shares)]
    with weighing(**{**WEIGHTS, "near": 0.0}):
        found = matched_by(units, *more)
    row = found.pairs.set_index("comparison").loc["twin"]
    same = found.pairs[(found.pairs["treated"] == one["unit"]) & (found.pairs["distance"] < 1e-12)]
    assert len(same) >= 1
    assert row["treated"] == one["unit"] or row["distance"] < 1e-12  # another treated place may be its twin too


@settings(max_examples=examples(30), deadline=None)
@given(given_tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_nothing(tables, random):
    def shuffled(table: pd.DataFrame, columns: bool = True) -> pd.DataFrame:
        rows, names = list(range(len(table))), list(table.columns)
        random.shuffle(rows)
        random.shuffle(names)
        return table.iloc[rows][names]

    found = tried(tables)
    again = tried(tuple(shuffled(t) for t in tables))  # type: ignore[arg-type]
    assert (found is None) == (again is None)
    if found is not None:
        pd.testing.assert_frame_equal(found.pairs, again.pairs)
        pd.testing.assert_frame_equal(found.balance, again.balance)
        assert found.sha256 == again.sha256
