"""Comparison places from a workspace's cells, by hand: what is known of each cell, which is chosen, what is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.base.columns import CHANGE_PAIRS
from hotspots.base.errors import HotspotsError
from hotspots.change.counting import band_of
from hotspots.change.estimates.expected_fall import mixture_means
from hotspots.change.matching.cells import CellFacts, cell_facts, expected_of, with_quiet_cells, without_gaps
from hotspots.change.matching.places import PLACE_COLUMNS
from hotspots.change.matching.register import pairs_of, places_of_text, text_of
from hotspots.geography import hex_ids
from hotspots.ranking.expected.model import expected_harm
from hotspots.ranking.gather import build_cell_periods
from tests.match_samples import BANDS, CENTRE, disk, facts_of, far, like, treated_of, weighing

NEXT = sorted(h3.grid_ring(CENTRE, 1))
LIKE_BUSY, LIKE_QUIET, OTHER, MORE = far(8), far(10), far(12), far(14)


@pytest.fixture(autouse=True)
def level_only():
    """Distances of the expected count alone, unless a test says otherwise."""
    with weighing(count=1.0):
        yield


def text(cell: int) -> str:
    return hex_ids(np.array([cell], dtype=np.int64))[0]


def scores_of(days: list[float], status: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"status": status or ["scored"] * len(days), "days": days})


# ---------------------------------------------------------------- bands


def test_bands_begin_at_their_edge_and_what_has_no_weight_is_told_apart():
    days = [0.0, 9.99, 10.0, 99.5, 100.0, 999.0, 1000.0, 5475.0, np.nan, 365.0]
    codes, names = band_of(scores_of(days, ["scored"] * 8 + ["unscored", "ambiguous"]))
    assert names == BANDS
    assert codes.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 0, 0]


def test_bands_are_named_in_the_unit_of_the_weights():
    _, names = band_of(scores_of([1.0]), "severity")
    assert names[0] == "no weight"
    assert names[1:] == (
        "under 10 severity", "10 to 99 severity", "100 to 999 severity", "1,000 severity and more",
    )  # fmt: skip


# ---------------------------------------------------------------- what is known of each cell


@pytest.fixture(scope="module")
def counted() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Two busy cells, one with an unscored offence only; a record with two offences. February was not imported."""
    rows = [
        # cell, month, offence (0: 5 days, 1: 365 days, 2: no weight), record
        (CENTRE, 202401, 0, 1), (CENTRE, 202401, 1, 1), (CENTRE, 202403, 1, 2), (CENTRE, 202403, 0, 3),
        (LIKE_BUSY, 202401, 0, 4), (LIKE_BUSY, 202403, 2, 5), (OTHER, 202403, 2, 6),
    ]  # fmt: skip
    cell, month, offence, record = (np.array(v, dtype=np.int64) for v in zip(*rows, strict=True))
    cube = build_cell_periods(cell, month, offence, record)
    scores = scores_of([5.0, 365.0, np.nan], ["scored", "scored", "unscored"])
    whose = pd.DataFrame({"cell": sorted({CENTRE, LIKE_BUSY, OTHER}), "district": "Preston", "bcu": "South"})
    return cube, scores, whose


@pytest.fixture(scope="module")
def known(counted: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> CellFacts:
    return cell_facts(*counted, [202401, 202403], [1.0, 0.5])


def test_every_cell_with_an_incident_is_known_by_month(known):
    at = {int(c): i for i, c in enumerate(known.cell)}
    assert known.cell.tolist() == sorted([CENTRE, LIKE_BUSY, OTHER])
    assert known.periods == (202401, 202402, 202403)
    assert known.exposure.tolist() == [1.0, 0.0, 0.5]
    assert known.counts[at[CENTRE]].tolist() == [1, 0, 2]  # the record with two offences is one incident
    assert known.harm[at[CENTRE]].tolist() == [370, 0, 370]
    assert known.counts[at[OTHER]].tolist() == [0, 0, 1]
    assert known.harm[at[OTHER]].tolist() == [0, 0, 0]
    assert known.bands == BANDS
    assert known.shares[at[CENTRE]].tolist() == [0, 0.5, 0, 0.5, 0]
    assert known.shares[at[LIKE_BUSY]].tolist() == [0.5, 0.5, 0, 0, 0]
    assert set(known.bcu) == {"South"}


def test_counts_are_those_of_the_mixture_and_harm_goes_along(known, counted):
    """Harm is the ranking's, times what the mixture says of the count over what the ranking says of it."""
    cube, scores, _ = counted
    harm = expected_harm(cube, scores, [202401, 202403], [1.0, 0.5], horizon=1, draws=0).set_index("cell")
    incidents = cube[cube["n_incidents"] > 0].assign(offence=0, n_offences=lambda t: t["n_incidents"])
    incidents = incidents.groupby(["cell", "period", "offence"], as_index=False).sum()
    count = expected_harm(incidents, scores_of([1.0]), [202401, 202403], [1.0, 0.5], horizon=1, draws=0)
    model = count.set_index("cell")["harm_expected_days"]
    n = cube.groupby("cell")["n_incidents"].sum()
    mixed = pd.Series(mixture_means(n.to_numpy())[0] / 1.5, index=n.index)
    found = pd.DataFrame({"count": known.expected_count, "harm": known.expected_harm}, index=known.cell)
    assert found["count"].to_dict() == pytest.approx(mixed.reindex(known.cell).to_dict())
    for cell in (CENTRE, LIKE_BUSY):
        share = mixed[cell] / model[cell]
        assert found.loc[cell, "harm"] == pytest.approx(harm.loc[cell, "harm_expected_days"] * share)


def test_a_cell_unknown_to_the_model_has_the_level_of_empty_cells(known):
    """OTHER has no scored offence and adjoins none: its harm is that of the cells without an incident."""
    at = known.cell.tolist().index(OTHER)
    assert known.expected_harm[at] == pytest.approx(known.quiet["expected_harm"].mean())
    assert known.empty == pytest.approx(tuple(known.quiet.mean()))
    assert not set(known.quiet.index) & set(known.cell.tolist())
    asked = expected_of(known, [CENTRE, NEXT[0], MORE])
    assert asked.index.tolist() == [CENTRE, NEXT[0], MORE]
    assert asked.loc[NEXT[0], "expected_count"] == pytest.approx(known.quiet.loc[NEXT[0], "expected_count"])
    assert asked.loc[MORE].tolist() == pytest.approx(list(known.empty))
    assert asked.loc[CENTRE, "expected_count"] > asked.loc[NEXT[0], "expected_count"] > 0


def test_periods_run_without_gaps():
    run, covered = without_gaps([202311, 202402], [0.5, 1.0])
    assert run == (202311, 202312, 202401, 202402)
    assert covered.tolist() == [0.5, 0, 0, 1]
    run, covered = without_gaps([2817, 2815], [1.0, 0.25])  # weeks
    assert run == (2815, 2816, 2817)
    assert covered.tolist() == [0.25, 0, 1]


def test_quiet_cells_get_a_row_of_noughts_and_known_ones_stay(known):
    more = with_quiet_cells(known, [CENTRE, NEXT[0]], {NEXT[0]: "South"})
    assert more.cell.tolist() == sorted([*known.cell.tolist(), NEXT[0]])
    at = more.cell.tolist().index(NEXT[0])
    assert more.counts[at].tolist() == [0, 0, 0] == more.harm[at].tolist()
    assert more.bcu[at] == "South"
    assert more.counts.sum() == known.counts.sum()


# ---------------------------------------------------------------- which are chosen


def test_every_cell_gets_the_cell_most_like_it_and_a_hot_spots_cells_make_one_place():
    facts = facts_of({CENTRE: 9, NEXT[0]: 1, LIKE_BUSY: 9, LIKE_QUIET: 1, OTHER: 4})
    found = like(treated_of({"South-01": [CENTRE, NEXT[0]]}), facts)
    assert list(found.places.columns) == list(PLACE_COLUMNS)
    (place,) = found.places.to_dict("records")
    assert place["area"] == "like South-01"
    assert place["name"] == "like Place South-01"
    assert place["matched_to"] == "South-01"
    assert place["role"] == "comparison"
    assert place["bcu"] == "South"
    assert set(place["cells"]) == {text(LIKE_BUSY), text(LIKE_QUIET)}
    assert place["n_cells"] == 2
    pairs = pairs_of(found)
    assert list(pairs.columns) == [c.name for c in CHANGE_PAIRS]
    assert dict(zip(pairs["treated_cell"], pairs["comparison_cell"], strict=True)) == {
        text(CENTRE): text(LIKE_BUSY), text(NEXT[0]): text(LIKE_QUIET),
    }  # fmt: skip
    assert set(pairs["area"]) == {"South-01"}
    assert pairs["distance"].tolist() == [0, 0]
    assert found.built_in == pytest.approx(0)  # the expected level is what was counted


def test_next_door_frozen_and_other_bcus_never_serve():
    """The best like lies next door, the next best is frozen, the third in another BCU: the fourth is taken."""
    facts = facts_of({CENTRE: 9, NEXT[0]: 9, LIKE_BUSY: 9, OTHER: 9, LIKE_QUIET: 2}, bcu={OTHER: "West"})
    treated = treated_of({"South-01": [CENTRE]})
    found = like(treated, facts, taken={LIKE_BUSY: "South-07"})
    assert found.places["cells"].tolist() == [(text(LIKE_QUIET),)]
    why = found.match.unmatched.set_index("unit")["reason"]
    assert why[text(NEXT[0])] == "it lies within 100 m of treated South-01"
    assert why[text(LIKE_BUSY)] == "it belongs to South-07"
    assert why[text(OTHER)] == "no treated hot spot in its BCU"
    assert like(treated, facts).places["cells"].tolist() == [(text(LIKE_BUSY),)]


def test_a_treated_cell_without_an_incident_is_matched_by_its_level_all_the_same():
    facts = facts_of({CENTRE: 9, LIKE_BUSY: 9, LIKE_QUIET: 0.05})
    found = like(treated_of({"South-01": [CENTRE, NEXT[0]]}), facts)
    pairs = pairs_of(found).set_index("treated_cell")["comparison_cell"]
    assert pairs[text(NEXT[0])] == text(LIKE_QUIET)


def test_a_month_that_was_not_imported_is_no_nought():
    """LIKE_BUSY had 6 in each of two months that are held: as many per month as the treated cell."""
    facts = facts_of({CENTRE: 6, LIKE_BUSY: 6, OTHER: 4})
    gap = np.array([1.0, 0.0, 1.0])
    found = like(treated_of({"A": [CENTRE]}), replace(facts, exposure=gap, counts=facts.counts * gap))
    assert found.match.pre_periods["treated_exposure"].tolist() == [1, 0, 1]
    assert found.match.regression["before"].tolist()[:2] == [6, 6]


def test_seasons_keep_their_place_in_the_year():
    """25 months, so seasons count: the like of a summer place is a summer place, winter and level being equal."""
    months = [y * 100 + m for y in (2022, 2023) for m in range(1, 13)] + [202401]
    facts = facts_of({CENTRE: 4, LIKE_BUSY: 4, OTHER: 4}, months)
    summer = np.array([9.0 if 6 <= m % 100 <= 8 else 1.0 for m in months])
    counts = np.array([summer if c != OTHER else np.roll(summer, 6) for c in facts.cell.tolist()])
    with weighing(count=1.0, harm=0.5, season=0.5, mix=1.0):
        found = like(treated_of({"A": [CENTRE]}), replace(facts, counts=counts))
    assert found.places["cells"].tolist() == [(text(LIKE_BUSY),)]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        # the quiet cell of South-02 goes without: 9 → 9 and 9 → 3 is closer than 9 → 9 and 0.05 → 3
        (3.0, "South-02 has no comparison place: no suitable cell is left for any of its cells."),
        # one of the two busy cells does: 0.05 → 0.2 is closer than 9 → 0.2
        (0.2, "South-01 has 2 cells, and like South-01 only 1: for the others no suitable cell is left."),
    ],
)
def test_where_cells_run_out_it_is_said(level, said):
    facts = facts_of({CENTRE: 9, NEXT[0]: 9, LIKE_BUSY: 9, MORE: level})
    found = like(treated_of({"South-01": [CENTRE, NEXT[0]], "South-02": [far(20)]}), facts)
    assert found.places["n_cells"].sum() == 2
    assert [n for n in found.notes if n.startswith("South-0")] == [said]
    assert any(n.startswith("1 of 3 treated places have no match") for n in found.notes)


def test_not_like_with_like_is_said_with_what_differs_most_first():
    """Treated 9 and 16 a month, candidates 1 and 4: √ levels 3.5 against 1.5 on average."""
    facts = facts_of({CENTRE: 9, NEXT[0]: 16, LIKE_BUSY: 1, OTHER: 4})
    found = like(treated_of({"South-01": [CENTRE, NEXT[0]]}), facts)
    (note,) = [n for n in found.notes if n.startswith("Not like with like")]
    # √ levels: (3.5 − 1.5) over √((½ + ½)/2), the pooled standard deviation of 3, 4 and of 1, 2
    assert "√ count per period (2.83 higher)" in note
    assert "area" not in note
    alike = facts_of({CENTRE: 9, NEXT[0]: 16, LIKE_BUSY: 9, OTHER: 16})
    same = like(treated_of({"South-01": [CENTRE, NEXT[0]]}), alike)
    assert not any(n.startswith("Not like") for n in same.notes)


def test_what_selection_alone_would_show_is_said():
    """Treated 9 a month and 7 to be expected, comparison 9 and 8: −2 against −1."""
    facts = facts_of({CENTRE: 9, LIKE_BUSY: 9})
    expected = np.array([7.0 if c == CENTRE else 8.0 for c in facts.cell.tolist()])
    found = like(treated_of({"A": [CENTRE]}), replace(facts, expected_count=expected))
    assert found.built_in == pytest.approx(-1)
    assert any("-1.00 incidents per cell and period" in n for n in found.notes)


@pytest.mark.parametrize(
    ("spots", "level", "said"),
    [
        ({}, {CENTRE: 1}, "no treated hot spot"),
        ({"A": [CENTRE], "B": [CENTRE]}, {CENTRE: 1, OTHER: 1}, "more than one treated hot spot"),
        ({"A": [CENTRE]}, {CENTRE: 9, NEXT[0]: 9}, "No cell is left to compare with in South"),
        ({"A": [h3.cell_to_center_child(CENTRE, 11)]}, {OTHER: 9}, "resolutions 10, 11"),
    ],
)
def test_what_cannot_be_matched_is_refused(spots, level, said):
    with pytest.raises(HotspotsError, match=said):
        like(treated_of(spots), facts_of(level))


def test_nothing_before_the_start_is_refused():
    facts = facts_of({CENTRE: 1, OTHER: 1})
    with pytest.raises(HotspotsError, match="no incident before the start"):
        like(treated_of({"A": [CENTRE]}), replace(facts, exposure=np.zeros(3)))


# ---------------------------------------------------------------- as text


def test_a_match_comes_back_from_its_text():
    facts = facts_of({c: 1 + i % 5 for i, c in enumerate(disk(6))})
    found = like(treated_of({"South-01": [CENTRE, NEXT[0]], "South-02": [disk(2)[0]]}), facts)
    told = text_of(found)
    again = places_of_text(told)
    assert text_of(again) == told
    assert again.sha256 == found.sha256
    assert again.notes == found.notes
    pd.testing.assert_frame_equal(again.places, found.places, check_dtype=False)
    for name in ("pairs", "balance", "pre_periods", "regression"):
        pd.testing.assert_frame_equal(
            getattr(again.match, name), getattr(found.match, name), check_dtype=False, check_exact=False, rtol=1e-7
        )
    assert "candidate" not in set(again.match.unmatched["group"])
    pd.testing.assert_frame_equal(pairs_of(again), pairs_of(found), check_dtype=False)
    assert json.loads(told)["sha256"] == found.sha256


def test_other_places_have_another_hash():
    level = {c: 1 + i % 5 for i, c in enumerate(disk(6))}
    one = like(treated_of({"South-01": [CENTRE]}), facts_of(level))
    named = like(treated_of({"South-02": [CENTRE]}), facts_of(level))
    busier = like(treated_of({"South-01": [CENTRE]}), facts_of({**level, disk(6)[-1]: 50}))
    assert len({one.sha256, named.sha256, busier.sha256}) == 3
