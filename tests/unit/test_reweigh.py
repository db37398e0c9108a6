"""Two weight sets side by side, and draws of weights: tables a sergeant could check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.base.choices import EXPECTED, METHODS
from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import score_offences, weight_set_from_table
from hotspots.ranking.rank import rank_cells
from hotspots.ranking.what_if import reweigh
from tests.weighing import compare_rankings, cube_of, plain_ranks, robustness, scores_of

MURDER, ROBBERY, ABH, MYSTERY = range(4)
A = scores_of([5475, 365, 10, None])
# cell 1: one murder; cell 2: ten robberies; cell 3: nine robberies and forty ABH; cell 4: unscored only
ROWS = [(1, MURDER, 1), (2, ROBBERY, 10), (3, ROBBERY, 9), (3, ABH, 40), (4, MYSTERY, 500)]


def compared(b: pd.DataFrame, top: int, method: str = "harm", **more: object) -> reweigh.Comparison:
    return compare_rankings(cube_of(ROWS), A, b, method, top, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- two sets


def test_a_cell_of_one_murder_leaves_when_murder_weighs_nothing():
    found = compared(scores_of([0, 365, 10, None]), top=2)
    table = found.table.set_index("cell")
    assert table.index.tolist() == [1, 3, 2, 4]  # 5,475; 3,685; 3,650; none
    assert table["rank_a"].tolist() == [1, 2, 3, 4]
    assert table["rank_b"].tolist() == [3, 1, 2, 4]
    assert table["shift"].tolist() == [-2, 1, 1, 0]
    assert table["change"].tolist() == ["leaves", "stays", "enters", ""]
    assert (found.n_enter, found.n_leave, found.top) == (1, 1, 2)
    assert found.jaccard == pytest.approx(1 / 3)
    assert table.loc[1, "driver"] == "offence 0"
    assert table.loc[1, "driver_days"] == -5475
    assert table.loc[1, "driver_share"] == pytest.approx(-5475 / 12810)
    assert table.loc[[1, 3, 2], "harm_a"].tolist() == [5475, 3685, 3650]
    assert table.loc[[1, 3, 2], "harm_b"].tolist() == [0, 3685, 3650]


def test_the_driver_is_the_offence_whose_part_in_all_harm_changed_most():
    found = compared(scores_of([5475, 365, 100, None]), top=2)
    row = found.table.set_index("cell").loc[3]
    # ABH 400 of 12,810 → 4,000 of 16,410; robbery 3,285 of 12,810 → 3,285 of 16,410
    abh, robbery = 4000 / 16410 - 400 / 12810, 3285 / 16410 - 3285 / 12810
    assert abs(abh) > abs(robbery)
    assert row["driver"] == "offence 2"
    assert row["driver_days"] == 40 * 90
    assert row["driver_share"] == pytest.approx(abh)
    # cell 1 has only murder: its days stand, its part in all harm falls
    row = found.table.set_index("cell").loc[1]
    assert (row["driver"], row["driver_days"]) == ("offence 0", 0)
    assert row["driver_share"] == pytest.approx(5475 / 16410 - 5475 / 12810)


def test_a_cell_without_a_scored_offence_is_never_in_the_top_and_has_no_driver():
    found = compared(scores_of([0, 365, 10, None]), top=10)
    row = found.table.set_index("cell").loc[4]
    assert row["change"] == ""
    assert row["driver"] == ""
    assert np.isnan(row[["harm_a", "harm_b", "driver_days", "driver_share"]].astype(float)).all()
    assert found.jaccard == 1.0
    assert not robustness(cube_of(ROWS), A, "harm", 10, draws=20)["cell"].isin([4]).any()


def test_an_offence_scored_by_one_set_only_brings_its_cell_in():
    found = compared(scores_of([5475, 365, 10, 100]), top=1)  # 500 × 100 days
    table = found.table.set_index("cell")
    assert table.loc[4, ["rank_a", "rank_b", "change", "driver"]].tolist() == [4, 1, "enters", "offence 3"]
    assert np.isnan(table.loc[4, "harm_a"])
    assert table.loc[4, "driver_days"] == 50000
    assert table.loc[1, "change"] == "leaves"


def test_cells_can_be_limited_and_ranks_count_anew():
    found = compared(scores_of([0, 365, 10, None]), top=1, cells=np.array([2, 1]))
    assert found.table["cell"].tolist() == [1, 2]
    assert found.table["rank_b"].tolist() == [2, 1]


def test_the_cap_makes_severe_offences_count_alike():
    # capped at 365: cell 1 365, cell 2 3,650, cell 3 3,685
    table = compared(A, 2, "harm-cap").table.set_index("cell")
    assert table["harm_a"].dropna().to_dict() == {3: 3685, 2: 3650, 1: 365}
    # capped at 5: 5, 50, 245
    table = compared(A, 2, "harm-cap", cap=5.0).table.set_index("cell")
    assert table["harm_a"].dropna().to_dict() == {3: 245, 2: 50, 1: 5}


def test_by_count_weights_change_nothing():
    found = compared(scores_of([1, 2, 3, 4]), 2, "count")
    assert (found.jaccard, found.rbo) == (1.0, pytest.approx(1.0))
    assert (found.table["shift"] == 0).all()
    assert found.table["cell"].tolist() == [4, 3, 2, 1]
    assert (found.table["driver"] == "").all()


def test_no_cells_at_all():
    found = compare_rankings(cube_of(ROWS).head(0), A, A, "harm", 5)
    assert (len(found.table), found.jaccard, found.rbo) == (0, 1.0, 1.0)
    assert len(robustness(cube_of(ROWS).head(0), A, "harm", 5, draws=10)) == 0
    assert len(compared(A, 5, cells=np.array([], dtype=np.int64)).table) == 0


@pytest.mark.parametrize("method", METHODS)
def test_ranks_are_those_of_the_ranking(method):
    random = np.random.default_rng(5)
    rows = [(int(c), int(o), int(n)) for c, o, n in zip(*(random.integers(1, m, 400) for m in (60, 6, 4)), strict=True)]
    days = [None, 10, 20.5, 365, 5475, 1]
    ranked = rank_cells(cube_of(rows), scores_of(days), method)
    counts = reweigh.count_cells(cube_of(rows), 6)
    ranks = reweigh.rank_counts(counts, scores_of(days), method)
    assert counts.cell[np.argsort(ranks.rank)].tolist() == ranked["cell"].tolist()
    if method != EXPECTED:
        assert plain_ranks(rows, days, method)[0] == ranked["cell"].tolist()


def test_draws_of_one_factor_keep_the_ranking_by_expected_harm():
    random = np.random.default_rng(5)
    rows = [(int(c), int(o), int(n)) for c, o, n in zip(*(random.integers(1, m, 400) for m in (60, 6, 4)), strict=True)]
    days = [None, 10, 20.5, 365, 5475, 1]
    ranked = rank_cells(cube_of(rows), scores_of(days), EXPECTED)
    found = robustness(cube_of(rows), scores_of(days), EXPECTED, 7, draws=5, spread=1.0)
    assert found["cell"].tolist() == ranked["cell"].head(7).tolist()
    assert (found["share_in_top"] == 1).all()
    assert (found["rank_low"] == found["rank"]).all()
    assert (found["rank_high"] == found["rank"]).all()


def test_draws_move_the_ranking_by_expected_harm():
    light, severe = ([(c, 1, 60 + c) for c in range(30)], [(c, 3, 2 + c // 10) for c in range(30, 60)])
    rows = [(c, o, n) for c, o, n in light + severe for _ in range(2)]
    found = robustness(cube_of(rows), scores_of([None, 10, 20.5, 365]), EXPECTED, 7, draws=60, spread=50)
    assert found["share_in_top"].between(0, 1).all()
    assert (found["share_in_top"] < 1).sum() > 0
    assert (found["rank_low"] <= found["rank_high"]).all()


def test_equal_sums_are_ties_however_they_were_added():
    # ten offences of 0.1 days: in one month 10 × 0.1 = 1.0, over ten months 0.9999999999999999
    assert sum([0.1] * 10) < 1.0
    months = pd.DataFrame({"cell": 7, "period": range(10), "offence": ABH, "n_offences": 1, "n_incidents": 1})
    at_once = pd.DataFrame({"cell": [8], "period": [1], "offence": ABH, "n_offences": [10], "n_incidents": [10]})
    cube = pd.concat([months, at_once], ignore_index=True)
    assert rank_cells(cube, scores_of([1, 1, 0.1, None]), "harm")["cell"].tolist() == [7, 8]


# ---------------------------------------------------------------- scoring anew


def test_rescoring_keeps_the_offences_and_the_columns():
    table = pd.DataFrame({"crime_type": ["offence 0", "offence 2"], "days": [7.0, 9.0]})
    weights = weight_set_from_table(table, name="two", version="1", source="a test")
    before = A.assign(n_offences=[4, 3, 2, 1])
    after = reweigh.rescore(before, weights)
    assert after.columns.tolist() == before.columns.tolist()
    assert after["offence"].tolist() == before["offence"].tolist()
    assert after["n_offences"].tolist() == [4, 3, 2, 1]
    assert after["status"].tolist() == ["scored", "unscored", "scored", "unscored"]
    assert after["days"].fillna(-1).tolist() == [7, -1, 9, -1]
    known = score_offences(before[["offence", "athena_urn", "ho_class", "crime_type", "title"]], weights)
    assert after["days_high"].equals(known["days_high"])


def test_equal_weights_count_scored_offences():
    equal = reweigh.equal_weights(A)
    ranks = reweigh.rank_counts(reweigh.count_cells(cube_of(ROWS), 4), equal, "harm")
    assert ranks.figure[:3].tolist() == [1, 10, 49]
    assert np.isnan(ranks.figure[3])


def test_scorings_of_other_offences_are_a_defect():
    with pytest.raises(RuntimeError, match="same offences"):
        compare_rankings(cube_of(ROWS), A, A.iloc[::-1], "harm", 2)


# ---------------------------------------------------------------- draws


def test_the_share_of_a_cell_half_as_heavy_is_an_eighth():
    """U₁ − U₂ of two uniforms on ±ln 2 has a triangular density on ±2 ln 2; above ln 2 lies (1/2)² / 2 = 1/8 of it."""
    cube = cube_of([(1, 0, 1), (2, 1, 1)])
    table = robustness(cube, scores_of([10, 20]), "harm", 1, draws=4000, spread=2.0, seed=3).set_index("cell")
    error = float(np.sqrt(0.125 * 0.875 / 4000))
    assert table.loc[1, "share_in_top"] == pytest.approx(0.125, abs=4 * error)
    assert table["share_in_top"].sum() == pytest.approx(1.0)
    assert reweigh.standard_error(0.125, 4000) == pytest.approx(error)
    assert table.loc[2, ["rank", "rank_low", "rank_median", "rank_high"]].tolist() == [1, 1, 1, 2]
    # by square roots the ratio is √2, but a factor becomes its root too: still an eighth
    by_root = robustness(cube, scores_of([10, 20]), "harm-sqrt", 1, draws=4000, seed=3).set_index("cell")
    assert by_root["share_in_top"].to_dict() == table["share_in_top"].to_dict()


def test_beyond_the_spread_nothing_moves():
    cube = cube_of([(1, 0, 1), (2, 1, 1)])
    table = robustness(cube, scores_of([10, 40.1]), "harm", 1, draws=300, spread=2.0)
    assert table["cell"].tolist() == [2]
    assert table["share_in_top"].tolist() == [1.0]


def test_offences_scored_by_one_row_share_its_factor():
    cube = cube_of([(1, 0, 1), (2, 1, 1)])
    apart = robustness(cube, scores_of([10, 10], ["008/06", "008/01"]), "harm", 1, draws=200)
    assert set(apart["cell"]) == {1, 2}
    together = robustness(cube, scores_of([10, 10], ["8/6", "008/06"]), "harm", 1, draws=200)
    assert together["cell"].tolist() == [1]
    assert together["share_in_top"].tolist() == [1.0]


def test_one_factor_for_each_row_of_the_set():
    factors = reweigh.draw_factors(scores_of([10, 20, 10], ["008/06", "8/6", "034/01"]), 30, 2.0, 1)
    assert np.array_equal(factors[0], factors[1])
    assert not np.isclose(factors[0], factors[2]).any()


def test_equal_capped_harm_goes_by_harm_days_in_every_draw():
    cube = cube_of([(1, ROBBERY, 1), (2, MURDER, 1)])
    table = robustness(cube, A, "harm-cap", 1, draws=60, cap=10.0)
    assert table["cell"].tolist() == [2]
    assert table["share_in_top"].tolist() == [1.0]


def test_factors_are_log_uniform_and_seeded():
    days = [10.0] * 40
    logs = np.log(reweigh.draw_factors(scores_of(days), 500, 3.0, 7)) / np.log(3)
    assert logs.shape == (40, 500)
    assert np.abs(logs).max() <= 1
    shares = np.histogram(logs, bins=10, range=(-1, 1))[0] / logs.size
    assert shares == pytest.approx(0.1, abs=0.01)
    assert np.abs(np.corrcoef(logs)[np.triu_indices(40, 1)]).max() < 0.25
    again, other = (np.log(reweigh.draw_factors(scores_of(days), 500, 3.0, seed)) / np.log(3) for seed in (7, 8))
    assert np.array_equal(again, logs)
    assert not np.isclose(other, logs, atol=1e-6).all(axis=0).any()


def test_the_same_seed_gives_the_same_table_and_a_spread_of_one_the_ranking_itself():
    first, second = (robustness(cube_of(ROWS), A, "harm", 2, draws=50, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    table = robustness(cube_of(ROWS), A, "harm", 2, draws=7, spread=1.0)
    assert table["cell"].tolist() == [1, 3]
    assert (table[["rank_low", "rank_median", "rank_high"]].to_numpy() == table[["rank"]].to_numpy()).all()
    assert (table["share_in_top"] == 1).all()


def test_alternatives_are_columns_and_bring_their_cells():
    others = {"no murder": scores_of([0, 365, 10, None]), "equal": reweigh.equal_weights(A)}
    table = robustness(cube_of(ROWS), A, "harm", 1, draws=20, spread=1.1, alternatives=others)
    assert table.columns.tolist() == [*reweigh.OWN_COLUMNS, "no murder", "equal"]
    assert table.set_index("cell")["no murder"].to_dict() == {1: False, 3: True}
    assert table.set_index("cell")["equal"].to_dict() == {1: False, 3: True}
    assert table.set_index("cell")["share_in_top"].to_dict() == {1: 1.0, 3: 0.0}


def test_by_count_every_draw_is_the_ranking():
    table = robustness(cube_of(ROWS), A, "count", 2, draws=5)
    assert table["cell"].tolist() == [4, 3]
    assert (table["share_in_top"] == 1).all()


def test_what_cannot_be_drawn_is_told_at_once():
    with pytest.raises(HotspotsError) as caught:
        robustness(cube_of(ROWS), A, "harm", 2, draws=0, spread=0.5, alternatives={"rank": A})
    assert len(caught.value.problems) == 3
    with pytest.raises(HotspotsError, match="at least 1"):
        robustness(cube_of(ROWS), A, "harm", 0)
    with pytest.raises(HotspotsError, match="harm-cap"):
        compare_rankings(cube_of(ROWS), A, A, "murders", 2)
    with pytest.raises(HotspotsError, match="at least 1"):
        compare_rankings(cube_of(ROWS), A, A, "harm", -1)


# ---------------------------------------------------------------- the real archive


def test_the_whole_archive_is_ranked_alike_both_ways(archive: Path):
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.ranking.question import Question

    question = Question(start="2019-12", end="2022-10", offences="all", include_proactive=True)
    answer = rank_workspace(archive, question)
    counts = reweigh.count_cells(answer.cube, len(answer.scores))
    assert counts.matrix.sum() == answer.cube["n_offences"].sum()
    assert counts.n_incidents.sum() == answer.cube["n_incidents"].sum()
    for method in METHODS:
        ranked = rank_cells(answer.cube, answer.scores, method)
        order = np.argsort(reweigh.rank_counts(counts, answer.scores, method).rank)
        assert counts.cell[order].tolist() == ranked["cell"].tolist()
