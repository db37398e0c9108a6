"""Ranked cells by hand: tables a sergeant could check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.base.choices import METHODS
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.ranking.rank import flags, rank_cells

# Days of the 2020 Cambridge Crime Harm Index: personal robbery 365, ABH 10, murder 5475.
ROBBERY, ABH, MURDER, UNKNOWN, AMBIGUOUS, RAPE = range(6)
WEIGHTS = pd.DataFrame(
    {
        "label": ["Robbery", "ABH", "Murder", "Mystery", "GBH or ABH", "Rape"],
        "status": ["scored", "scored", "scored", "unscored", "ambiguous", "scored"],
        "days": [365.0, 10.0, 5475.0, np.nan, np.nan, 1825.0],
        "days_low": [365.0, 10.0, 5475.0, np.nan, 19.0, 1825.0],
        "days_high": [365.0, 10.0, 5475.0, np.nan, 912.5, 1825.0],
        "offence_group": ["Robbery", "Violence", "Homicide", "", "Violence", "Rape"],
    }
)


def cube(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """(cell, offence, number of incidents with it) → a cube of one period."""
    table = pd.DataFrame(rows, columns=["cell", "offence", "n_offences"])
    return table.assign(period=1, n_incidents=table["n_offences"])


def ranked(*rows: tuple[int, int, int], by: str = "harm") -> pd.DataFrame:
    return rank_cells(cube(*rows), WEIGHTS, by).set_index("cell")


def test_six_incidents_three_cells():
    table = ranked((1, ROBBERY, 2), (1, ABH, 1), (2, ABH, 2), (3, ROBBERY, 1))
    assert table.loc[1, "harm_days"] == 2 * 365 + 10
    assert table.loc[2, "harm_days"] == 20
    assert table.loc[3, "harm_days"] == 365
    assert table.loc[1, "harm_sqrt"] == pytest.approx(2 * 19.105 + 3.162, abs=0.01)
    assert table["n_incidents"].to_dict() == {1: 3, 2: 2, 3: 1}
    assert table["rank"].to_dict() == {1: 1, 3: 2, 2: 3}
    assert table.loc[1, "largest_offence_share"] == pytest.approx(365 / 740)
    assert table.loc[1, "largest_offence"] == "Robbery"
    assert table.loc[3, "largest_offence_share"] == 1.0


def test_each_method_puts_another_cell_first():
    rows = [(1, MURDER, 1), (2, ROBBERY, 12), (3, ABH, 40), (3, ROBBERY, 2)]
    # harm: 5475, 4380, 1130; square roots: 74.0, 229.3, 164.7; counts: 1, 12, 42
    assert ranked(*rows, by="harm").index[0] == 1
    assert ranked(*rows, by="harm-sqrt").index[0] == 2
    assert ranked(*rows, by="count").index[0] == 3


def test_ties_go_by_harm_then_count_then_cell():
    by_count = ranked((9, ABH, 3), (8, ROBBERY, 3), (7, ABH, 3), (6, ROBBERY, 3), by="count")
    assert by_count.index.tolist() == [6, 8, 7, 9]
    # 365 + 5 × 10 + … : the same harm from different numbers of incidents
    weights = WEIGHTS.assign(days=[20.0, 10.0, 5475.0, np.nan, np.nan, 1825.0])
    by_harm = rank_cells(cube((1, ROBBERY, 1), (2, ABH, 2), (3, ROBBERY, 1)), weights, "harm")
    assert by_harm["cell"].tolist() == [2, 1, 3]
    assert by_harm["rank"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_cube_makes_no_difference(method):
    rows = [(c, o, 1 + (c * o) % 3) for c in range(1, 9) for o in range(6)]
    expected = rank_cells(cube(*rows), WEIGHTS, method)
    for seed in range(3):
        shuffled = cube(*rows).sample(frac=1, random_state=seed).sort_values("offence", kind="stable")
        pd.testing.assert_frame_equal(rank_cells(shuffled, WEIGHTS, method), expected)


@pytest.mark.parametrize("method", ["harm", "harm-sqrt"])
def test_a_cell_without_any_scored_offence_has_no_harm_and_comes_last(method):
    table = ranked((1, UNKNOWN, 50), (2, ABH, 1), (3, AMBIGUOUS, 60), by=method)
    assert table.index.tolist() == [2, 3, 1]
    assert table.loc[[1, 3], ["harm_days", "harm_sqrt", "largest_offence_share"]].isna().all(axis=None)
    assert table.loc[1, "n_unscored"] == 50
    assert table.loc[3, "n_ambiguous"] == 60
    assert table.loc[1, ["harm_days_low", "harm_days_high"]].isna().all()
    assert (table.loc[3, "harm_days_low"], table.loc[3, "harm_days_high"]) == (60 * 19.0, 60 * 912.5)
    assert table.loc[1, "largest_offence"] == ""


def test_by_count_unscored_incidents_count_like_all_others():
    assert ranked((1, UNKNOWN, 3), (2, ROBBERY, 2), by="count").index.tolist() == [1, 2]


def test_ambiguous_offences_give_a_range_and_no_harm():
    table = ranked((1, ABH, 2), (1, AMBIGUOUS, 1), (1, UNKNOWN, 1))
    row = table.loc[1]
    assert row["harm_days"] == 20
    assert (row["harm_days_low"], row["harm_days_high"]) == (20 + 19, 20 + 912.5)
    assert (row["n_offences"], row["n_ambiguous"], row["n_unscored"]) == (4, 1, 1)


def test_the_largest_share_is_of_one_offence_not_of_one_kind():
    assert ranked((1, ROBBERY, 4)).loc[1, "largest_offence_share"] == 0.25


def test_of_equal_offences_the_first_by_code_is_named():
    weights = WEIGHTS.assign(days=[10.0, 10.0, 5475.0, np.nan, np.nan, 1825.0])
    assert rank_cells(cube((1, ROBBERY, 1), (1, ABH, 1)), weights)["largest_offence"].tolist() == ["Robbery"]


def test_a_weight_of_nothing_is_not_an_absent_weight():
    weights = WEIGHTS.assign(days=[0.0, 10.0, 5475.0, np.nan, np.nan, 1825.0])
    table = rank_cells(cube((1, ROBBERY, 1), (2, UNKNOWN, 1)), weights, "harm").set_index("cell")
    assert table.loc[1, "harm_days"] == 0
    assert np.isnan(table.loc[1, "largest_offence_share"])
    assert np.isnan(table.loc[2, "harm_days"])
    assert table.index.tolist() == [1, 2]


def test_top_keeps_the_first():
    rows = cube((1, ABH, 1), (2, ABH, 2), (3, ABH, 3))
    assert rank_cells(rows, WEIGHTS, "count", top=2)["cell"].tolist() == [3, 2]
    assert rank_cells(rows, WEIGHTS, "count")["cell"].tolist() == [3, 2, 1]


def test_an_unknown_method_is_told():
    with pytest.raises(HotspotsError, match="count, harm, harm-sqrt"):
        rank_cells(cube((1, ABH, 1)), WEIGHTS, "murders")


def test_nothing_to_rank():
    empty = cube((1, ABH, 1)).head(0)
    assert len(rank_cells(empty, WEIGHTS)) == 0


# ---------------------------------------------------------------- flags, on both sides of each line


def flag_of(*rows: tuple[int, int, int], **settings: float) -> str:
    table = rank_cells(cube(*rows), WEIGHTS)
    return flags(table, Settings(**settings)).tolist()[0]


def test_one_severe_event_from_exactly_half_of_the_harm():
    assert "one severe event" in flag_of((1, ROBBERY, 2), few_incidents=1)  # 365 of 730
    assert "one severe event" not in flag_of((1, ROBBERY, 2), (1, ABH, 1), few_incidents=1)  # 365 of 740
    assert flag_of((1, ROBBERY, 3), few_incidents=1, dominant_share=0.3) == "one severe event"


def test_few_incidents_at_four_and_five():
    assert flag_of((1, ABH, 4)) == "few incidents"
    assert flag_of((1, ABH, 5)) == ""
    assert flag_of((1, ABH, 5), few_incidents=6) == "few incidents"


def test_harm_led_by_rape_is_said():
    assert "rape" in flag_of((1, RAPE, 4), (1, ROBBERY, 4))
    assert "rape" not in flag_of((1, RAPE, 1), (1, ROBBERY, 10))


def test_several_flags_are_joined_and_absent_harm_raises_none():
    assert flag_of((1, MURDER, 1)) == "one severe event; few incidents"
    assert flag_of((1, UNKNOWN, 9)) == ""


def test_weights_made_by_hand_need_only_days():
    cube = pd.DataFrame({"cell": [1, 1, 2], "period": 1, "offence": [0, 1, 2], "n_offences": [2, 1, 4]})
    cube["n_incidents"] = cube["n_offences"]
    table = rank_cells(cube, pd.DataFrame({"days": [365.0, 10.0, None]}), "harm")
    assert table["cell"].tolist() == [1, 2]
    assert table.loc[0, "harm_days"] == 2 * 365 + 10
    assert pd.isna(table.loc[1, "harm_days"])
    assert table["n_unscored"].tolist() == [0, 4]
    assert table.loc[0, "largest_offence"] == "offence 0"


def test_a_method_may_be_written_with_an_underscore():
    cube = pd.DataFrame({"cell": [1, 2], "period": 1, "offence": 0, "n_offences": [2, 5], "n_incidents": [2, 5]})
    weights = pd.DataFrame({"days": [10.0]})
    by_word = rank_cells(cube, weights, method="expected_harm", top=1)
    assert by_word.equals(rank_cells(cube, weights, method="expected-harm", top=1))
    assert by_word["cell"].tolist() == [2]
