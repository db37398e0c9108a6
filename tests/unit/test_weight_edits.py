"""Edits of weights before they are stored, on a set of four offences."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import COLUMNS, WeightSet, shipped_weight_sets, weight_set_from_table
from hotspots.ranking.what_if import edits as weight_edits

ROWS = [
    ("1.1.1.1", "001/01", "", "Murder", "Homicide", 5475.0),
    ("34B.34.1.2", "034/01", "", "Robbery, personal", "Robbery", 365.0),
    ("8N.8.6.0", "008/06", "", "Actual bodily harm", "Violence", 10.0),
    ("105A.105.1.0", "105/01", "", "Common assault", "Violence", 1.0),
]


def weights(rows: list[tuple[object, ...]] = ROWS, **about: str) -> WeightSet:  # type: ignore[assignment]
    facts = {"name": "tiny", "version": "1", "source": "hand", **about}
    return weight_set_from_table(pd.DataFrame(rows, columns=list(COLUMNS)), **facts)


def test_an_edit_stands_in_the_table_and_says_that_it_is_not_saved() -> None:
    table = weight_edits.edit_table(weights(), None, {1: 547.5})
    assert table["days"].tolist() == [5475, 547.5, 10, 1]
    assert table["differs"].tolist() == ["", "not saved: 365 → 547.5", "", ""]
    assert table["parent_days"].isna().all()


def test_differences_from_the_parent_are_told() -> None:
    parent = weights([ROWS[0], (*ROWS[1][:5], 300.0), (*ROWS[2][:5], 19.0)])
    table = weight_edits.edit_table(weights(), parent, {})
    assert table["differs"].tolist() == ["", "▲ up from 300", "▼ down from 19", "new"]
    assert table["parent_days"].tolist()[:3] == [5475, 300, 19]


@pytest.mark.parametrize(
    ("search", "groups", "found"),
    [
        ("", [], [0, 1, 2, 3]),
        ("MURDER", [], [0]),
        ("assault violence", [], [3]),
        ("034/01", [], [1]),
        ("", ["Violence", "Homicide"], [0, 2, 3]),
        ("harm", ["Homicide"], []),
        (".*", [], []),
    ],
)
def test_rows_are_found_by_every_word(search: str, groups: list[str], found: list[int]) -> None:
    table = weight_edits.edit_table(weights(), None, {})
    assert weight_edits.matching(table, search, groups).index.tolist() == found


def test_edits_of_rows_out_of_sight_are_kept_and_a_weight_put_back_is_no_edit() -> None:
    shown = pd.DataFrame({"days": [365.0, 12.0]}, index=[1, 2])
    kept, problems = weight_edits.take_edits(weights(), shown, {0: 6000.0, 1: 400.0})
    assert kept == {0: 6000.0, 2: 12.0}
    assert problems == []


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-1.0, "Robbery, personal (34B.34.1.2): the weight is -1. Harm cannot be below 0"),
        (None, "Robbery, personal (34B.34.1.2): the weight is empty."),
        (math.nan, "the weight is empty."),
        (36_500.01, "the weight is 36,500.01. More than 36,500 days"),
        (math.inf, "More than 36,500 days"),
        (0.0, ""),
        (36_500.0, ""),
    ],
)
def test_a_weight_that_cannot_be_is_told_and_left_out(days: float | None, told: str) -> None:
    kept, problems = weight_edits.take_edits(weights(), pd.DataFrame({"days": [days]}, index=[1]), {})
    if told:
        assert kept == {}
        assert len(problems) == 1
        assert told in problems[0]
    else:
        assert kept == {1: days}
        assert problems == []


@given(st.dictionaries(st.integers(0, 3), st.floats(0, 36_500), max_size=4))
def test_what_is_seen_is_what_is_typed_and_nothing_else_moves(edits: dict[int, float]) -> None:
    base = weights()
    before = base.table.copy()
    shown = weight_edits.edit_table(base, None, edits)
    kept, problems = weight_edits.take_edits(base, shown, {})
    assert problems == []
    assert kept == {r: d for r, d in edits.items() if d != ROWS[r][5]}
    tried = weight_edits.edited(base, kept).table.set_index("athena_urn")["days"]
    assert [tried[r[0]] for r in ROWS] == [edits.get(i, r[5]) for i, r in enumerate(ROWS)]
    assert base.table.equals(before)


def test_changes_are_only_the_rows_that_were_edited() -> None:
    changes = weight_edits.changes_of(weights(), {3: 2.0, 0: 5000.0})
    assert changes[["title", "days"]].to_numpy().tolist() == [["Murder", 5000.0], ["Common assault", 2.0]]


def test_groups_are_multiplied() -> None:
    tried = weight_edits.multiplied(weights(), {"Violence": 2.5, "Homicide": 0.0, "Fraud": 3.0})
    assert tried.table["days"].tolist() == [0, 365, 25, 2.5]
    assert "not saved" in tried.version
    assert weight_edits.multiplied(weights(), {}).sha256 == weights().sha256


def test_groups_begin_with_the_heaviest() -> None:
    assert weight_edits.groups_of(weights()) == ["Homicide", "Robbery", "Violence"]


def test_transforms_of_the_shipped_index() -> None:
    table = weight_edits.transforms(shipped_weight_sets()["cchi-2020-sv"], 365)
    assert table["days"].tolist() == [5475, 1825, 365, 10, 1]
    assert table["harm_sqrt"].tolist() == [73.99, 42.72, 19.1, 3.16, 1]
    assert table["harm_capped"].tolist() == [365, 365, 365, 10, 1]


def test_transforms_of_a_set_by_crime_type_are_of_its_crime_types() -> None:
    table = weight_edits.transforms(shipped_weight_sets()["policeuk-proxy-2026"], 300)
    assert table["offence"].tolist()[:2] == ["Robbery", "Possession of weapons"]
    assert table["harm_capped"].tolist()[:2] == [300, 273.75]
    assert len(table) == 13


def test_a_set_that_fits_nothing_is_refused_and_no_offences_are_not_its_fault() -> None:
    scores = pd.DataFrame({"status": ["unscored", "unscored"]})
    with pytest.raises(HotspotsError, match="weight for none of the offences here"):
        weight_edits.refuse_unweighted(weights(), scores)
    weight_edits.refuse_unweighted(weights(), scores.iloc[:0])
    for known in ("scored", "ambiguous"):
        weight_edits.refuse_unweighted(weights(), pd.DataFrame({"status": ["unscored", known]}))


def test_cells_are_placed_movers_first() -> None:
    compared = pd.DataFrame(
        {
            "cell": [1, 2, 3, 4],
            "rank_a": [1, 2, 3, 4],
            "rank_b": [2, 4, 3, 1],
            "change": ["stays", "leaves", "", "enters"],
        }
    )
    table = pd.DataFrame({"cell": ["4", "3", "2", "1"], "place": list("dcba"), "bcu": "West", "district": "Wyre",
                          "lon": [4.0, 3, 2, 1], "lat": 53.0})  # fmt: skip
    placed = weight_edits.with_places(compared, table)
    assert placed["cell"].tolist() == ["4", "2", "1"]
    assert placed["place"].tolist() == ["d", "b", "a"]
    assert placed["lon"].tolist() == [4, 2, 1]
