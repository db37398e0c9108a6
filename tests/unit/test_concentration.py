"""Concentration on tables that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.base.errors import HotspotsError
from hotspots.charts import evidence as charts
from hotspots.insight import concentration
from hotspots.insight.concentration import (
    adjusted_gini,
    concentration_table,
    gini,
    held_out_share,
    lorenz,
    lorenz_curves,
    share_by_chance,
    share_in_top,
    share_of_rates,
)

# ---------------------------------------------------------------- curve and shares


def test_empty_cells_and_empty_land_are_part_of_the_whole():
    # two cells of 100 m² with 6 and 2, in 1,000 m²: the densest tenth holds three quarters
    curve = lorenz([2, 6], areas=[100, 100], total_area=1000)
    assert curve["share_of_area"].tolist() == pytest.approx([0, 0.1, 0.2, 1])
    assert curve["share"].tolist() == pytest.approx([0, 0.75, 1, 1])
    assert share_in_top([2, 6], [0.1], n_cells=10)[0] == pytest.approx(0.75)


def test_half_a_cell_holds_half_of_its_harm():
    assert share_in_top([2, 6], [0.05, 0.15], n_cells=10).tolist() == pytest.approx([0.375, 0.875])


def test_over_area_the_densest_cell_comes_first_not_the_largest():
    # 6 on 300 m² is 0.02 a m², 3 on 100 m² is 0.03
    assert share_in_top([6, 3], [0.1], areas=[300, 100], total_area=1000)[0] == pytest.approx(3 / 9)
    assert share_in_top([6, 3], [0.1], n_cells=10)[0] == pytest.approx(6 / 9)


def test_an_even_spread_is_the_diagonal():
    assert share_in_top([5] * 200, [0.01, 0.37]).tolist() == pytest.approx([0.01, 0.37])
    assert gini([5] * 200) == pytest.approx(0)


def test_nothing_at_all_has_no_shares():
    assert np.isnan(share_in_top([0, 0], [0.5])).all()
    assert np.isnan(share_in_top([], [0.5], n_cells=10)).all()
    assert math.isnan(gini([0, 0]))
    assert math.isnan(adjusted_gini([0, 0]))
    assert np.isnan(share_by_chance([0], [1], 100)).all()
    assert np.isnan(held_out_share([0, 0], n_cells=10)).all()
    assert np.isnan(held_out_share([], n_cells=10)).all()
    assert np.isnan(share_of_rates([0], 10)).all()


def test_cells_on_the_edge_may_reach_over_it_a_little():
    assert share_in_top([1, 1], [0.5], areas=[501, 501], total_area=1000)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: lorenz([1, -2]), "numbers of 0 or more; 1 are not: '-2.0'"),
        (lambda: lorenz([1, math.nan]), "numbers of 0 or more; 1 are not: 'nan'"),
        (lambda: lorenz([1, 1, 1], n_cells=2), "The cells come to 3 cells, more than the whole of 2 cells"),
        (lambda: lorenz([1], areas=[600], total_area=500), "come to 600 m², more than the whole of 500 m²"),
        (lambda: lorenz([1, 1], areas=[600, 0]), "an area above 0 m² for every cell"),
        (lambda: lorenz([1, 1], areas=[600]), "an area above 0 m² for every cell"),
        (lambda: share_in_top([1], [5]), "Shares are parts of 1, above 0; found '5.0'"),
        (lambda: adjusted_gini([1.5]), "whole numbers of 0 or more"),
        (lambda: held_out_share([1.5]), "whole numbers of 0 or more"),
    ],
)
def test_what_makes_no_sense_is_said(call, sentence):
    with pytest.raises(HotspotsError, match=sentence.replace("(", r"\(")):
        call()


# ---------------------------------------------------------------- sparse data


def test_one_place_with_everything_holds_it_out_of_sample_too():
    assert held_out_share([50], shares=[0.01], n_cells=100)[0] == pytest.approx(1)


def test_incidents_that_never_meet_say_nothing_about_the_next_one():
    # 100 cells with one incident each, of 1,000: picked with hindsight the top 10% holds all of it; held out, a cell's
    # own incident is the one that was taken away, so the top 10% catches next to none
    counts = [1] * 100
    assert share_in_top(counts, [0.1], n_cells=1000)[0] == pytest.approx(1)
    assert held_out_share(counts, shares=[0.09], n_cells=1000)[0] == pytest.approx(0, abs=0.02)


def test_split_half_of_two_incidents_in_one_cell():
    # both in one half: the other half is empty, and the pick measured on them is even (1 cell in 4): share 1/4.
    # one in each: caught twice. So it is always 1/4 or 1, and their mean over many deals is 5/8
    found = held_out_share([2], shares=[0.25], n_cells=4, folds=2, repeats=4000)[0]
    assert found == pytest.approx(5 / 8, abs=0.03)


def test_more_cells_than_are_at_risk_hold_all_of_the_risk_and_no_more():
    # 10 cells with 50 incidents each, of 1,000: one cell in a hundred is at risk, so the top 5% holds everything
    assert share_of_rates([50] * 10, 1000, [0.05, 0.5]).tolist() == [1.0, 1.0]


def test_cells_that_reach_beyond_the_whole_hold_all_of_it_and_no_more():
    # 1,004 m² of cells in 1,000 m²: the edge
    found = share_in_top([3, 1], [0.5, 1.0], areas=[502, 502], total_area=1000)
    assert found.tolist() == pytest.approx([0.75, 1.0])
    assert lorenz([3, 1], areas=[502, 502], total_area=1000).iloc[-1].tolist() == [1.0, 1.0]


def test_seeds_make_draws_reproducible():
    one, again, other = (held_out_share([3, 2, 2, 1, 1], n_cells=30, shares=[0.1], seed=s)[0] for s in (1, 1, 2))
    assert one == again
    assert one != other
    one, again, other = (share_by_chance([50], [1], 100, [0.1], seed=s)[0] for s in (1, 1, 2))
    assert one == again
    assert one != other


def test_one_heavy_offence_alone_is_concentrated_by_chance():
    # one murder among 100 assaults of a day on 10,000 cells: its cell holds 5,475 of 5,575 days wherever it falls
    share = share_by_chance([100, 1], [1, 5475], 10_000, shares=[0.0001])[0]
    assert share == pytest.approx(5475 / 5575, abs=0.001)


# ---------------------------------------------------------------- the table

CELL = h3.latlng_to_cell(53.759, -2.699, 10)
CELLS = sorted(h3.grid_disk(CELL, 1))[:4]
SCORES = pd.DataFrame(
    {"label": ["Robbery", "Assault", "Odd"], "days": [365.0, 10.0, np.nan], "status": ["scored", "scored", "unscored"]}
)
WHERE = pd.DataFrame({"cell": CELLS, "bcu": ["South", "South", "East", "East"], "area_m2": [10_000.0] * 4})
WHOLE = {"South": 1_000_000.0, "East": 2_000_000.0}
# cell, period, offence, n_offences, n_incidents
CUBE = pd.DataFrame(
    [
        (CELLS[0], 202201, 0, 1, 1),  # South, first quarter: a robbery
        (CELLS[0], 202204, 1, 2, 2),  # South, second quarter: two assaults in one cell,
        (CELLS[1], 202204, 1, 1, 1),  # one in another
        (CELLS[1], 202205, 2, 4, 4),  # and four that nobody can score
        (CELLS[2], 202205, 2, 3, 3),  # East: only such
    ],
    columns=["cell", "period", "offence", "n_offences", "n_incidents"],
)


def row(table: pd.DataFrame, bcu: str, measure: str, period: str, share: float = 0.01) -> pd.Series:
    found = table[
        (table["bcu"] == bcu) & (table["measure"] == measure) & (table["period"] == period)
        & (table["share_of_area"] == share)
    ]  # fmt: skip
    assert len(found) == 1
    return found.iloc[0]


def test_table_by_quarter():
    table = concentration_table(CUBE, SCORES, WHERE, WHOLE)
    assert table.columns.tolist() == list(concentration.COLUMNS)
    assert list(dict.fromkeys(table["bcu"])) == ["all", "South", "East"]
    assert table.loc[table["bcu"] == "South", "period"].unique().tolist() == ["whole window", "2022-Q1", "2022-Q2"]
    south = row(table, "South", "incidents", "whole window")
    # 3 and 5 incidents on 1% of the area each
    assert south[["share", "n", "n_cells", "n_months"]].tolist() == [0.625, 8, 2, 3]
    assert south["pai"] == 62.5
    assert south["cells_in_top"] == 1  # 1,000,000 m² are 100 such cells
    assert row(table, "South", "incidents", "whole window", 0.02)["share"] == 1
    # 365 + 20 days of 395; the unscored offences count for nothing
    harm = row(table, "South", "harm_days", "whole window")
    assert harm[["share", "n", "n_cells"]].tolist() == [round(385 / 395, 4), 4, 2]
    assert row(table, "South", "harm_days", "2022-Q2")["share"] == round(20 / 30, 4)


def test_harm_that_nobody_scored_has_no_figures():
    table = concentration_table(CUBE, SCORES, WHERE, WHOLE, by="")
    east = row(table, "East", "harm_days", "whole window")
    assert east["n"] == 0
    assert east[["share", "share_by_chance", "share_adjusted", "gini", "pai"]].isna().all()
    assert row(table, "East", "incidents", "whole window")["n"] == 3


def test_the_force_is_the_sum_of_its_bcus():
    table = concentration_table(CUBE, SCORES, WHERE, WHOLE, by="year")
    force = row(table, "all", "incidents", "2022")
    assert force["n"] == 11
    # of 300 cells the densest three hold all 5 + 3 + 3
    assert force["share"] == 1
    assert force["cells_in_top"] == 3


def test_one_bcu_alone_needs_no_force_and_ids_may_be_text():
    south = WHERE[WHERE["bcu"] == "South"].assign(cell=[f"{cell:x}" for cell in CELLS[:2]])
    table = concentration_table(CUBE, SCORES, south, WHOLE, by="")
    assert set(table["bcu"]) == {"South"}
    pd.testing.assert_frame_equal(
        table, concentration_table(CUBE, SCORES, WHERE, WHOLE, by="").query("bcu == 'South'").reset_index(drop=True)
    )


def test_months_and_their_names():
    table = concentration_table(CUBE, SCORES, WHERE, WHOLE, by="month")
    months = table.loc[table["bcu"] == "South", "period"].unique().tolist()
    assert months == ["whole window", "2022-01", "2022-04", "2022-05"]


def test_unknown_periods_and_areas_are_refused():
    with pytest.raises(HotspotsError, match="Periods are 'decade'; use year, quarter, month or nothing"):
        concentration_table(CUBE, SCORES, WHERE, WHOLE, by="decade")
    with pytest.raises(HotspotsError, match="The whole area of 'East' is not given"):
        concentration_table(CUBE, SCORES, WHERE, {"South": 1e6})


def test_curves_for_the_chart():
    curves = lorenz_curves(CUBE, SCORES, WHERE, WHOLE, "South")
    assert curves.columns.tolist() == ["curve", "share_of_area", "share"]
    incidents = curves[curves["curve"] == "Incidents"]
    assert incidents["share_of_area"].tolist() == pytest.approx([0, 0.01, 0.02, 1])
    assert incidents["share"].tolist() == pytest.approx([0, 0.625, 1, 1])
    assert "half of Harm days" in charts.lorenz_spec(curves)["description"]
    assert lorenz_curves(CUBE, SCORES, WHERE, WHOLE, "East")["curve"].unique().tolist() == ["Incidents"]
