"""Near repeats on incidents few enough to count by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3

from hotspots.base.errors import HotspotsError
from hotspots.insight import near_repeats as rooms
from hotspots.insight.near_repeats import incident_days, near_repeats, refuse_month_only, verdict

HERE = h3.latlng_to_cell(53.759, -2.699, 10)
NEXT = sorted(h3.grid_ring(HERE, 1))[0]
SECOND = sorted(h3.grid_ring(HERE, 2))[0]
FAR = h3.latlng_to_cell(53.817, -3.050, 10)

# cell, day: three here (days 0, 3, 40), one next door on day 5, one far off on day 5
FIVE = [(HERE, 0), (HERE, 3), (HERE, 40), (NEXT, 5), (FAR, 5)]


def table_of(incidents: list[tuple[int, int]], **more: object) -> pd.DataFrame:
    cells, days = zip(*incidents, strict=True)
    return near_repeats(cells, days, **{"permutations": 99, **more})


def seen(table: pd.DataFrame, column: str = "observed") -> dict[tuple[int, int], float]:
    return {(r.ring, r.days_to): getattr(r, column) for r in table.itertuples()}


def test_pairs_counted_by_hand():
    table = table_of(FIVE, rings=1)
    assert table.columns.tolist() == list(rooms.COLUMNS)
    # same cell: days 0 and 3 are 3 apart; 40 is far from both. Next door: 5 and 2 days; 35 from the third
    assert seen(table) == {(0, 7): 1, (0, 14): 0, (0, 28): 0, (1, 7): 2, (1, 14): 0, (1, 28): 0}
    assert seen(table, "pairs") == {(0, 7): 3, (0, 14): 3, (0, 28): 3, (1, 7): 3, (1, 14): 3, (1, 28): 3}
    # of the 10 pairs of the five days 0, 3, 40, 5, 5 six are within a week: 0-3, 0-5, 0-5, 3-5, 3-5, 5-5
    assert seen(table, "expected")[0, 7] == pytest.approx(3 * 6 / 10)
    assert seen(table, "ratio")[1, 7] == pytest.approx(2 / 1.8)
    assert (table["n_incidents"] == 5).all()


def test_bands_are_closed_at_both_ends():
    days = [(HERE, 0), (HERE, 7), (HERE, 15)]  # 7, 8 and 15 days apart
    assert seen(table_of(days, rings=0)) == {(0, 7): 1, (0, 14): 1, (0, 28): 1}
    days = [(HERE, 0), (HERE, 14), (HERE, 42)]  # 14, 28 and 42
    assert seen(table_of(days, rings=0)) == {(0, 7): 0, (0, 14): 1, (0, 28): 1}


def test_the_second_ring_is_not_the_first():
    table = table_of([(HERE, 0), (SECOND, 0)], rings=2)
    assert [seen(table)[ring, 7] for ring in (0, 1, 2)] == [0, 0, 1]


def test_expected_is_the_mean_over_every_way_to_deal_the_dates():
    cells, days = (list(column) for column in zip(*FIVE, strict=True))
    counts = []
    for dealt in itertools.permutations(days):
        pairs = itertools.combinations(zip(cells, dealt, strict=True), 2)
        counts.append(sum(a[0] == b[0] and abs(a[1] - b[1]) <= 7 for a, b in pairs))
    table = table_of(FIVE, permutations=1999)
    assert seen(table, "expected")[0, 7] == pytest.approx(np.mean(counts), abs=1e-12)
    # and p is near the share of those ways with as many pairs
    assert seen(table, "p")[0, 7] == pytest.approx(np.mean(np.array(counts) >= 1), abs=0.03)


def test_p_is_of_the_upper_tail_and_never_zero():
    elsewhere = sorted(h3.grid_ring(FAR, 5))[:29]  # one incident each: only pairs here can be in one cell
    burst = [(HERE, day) for day in range(6)] + [(cell, 100 * i) for i, cell in enumerate(elsewhere, 1)]
    assert seen(table_of(burst, rings=0))[0, 7] == 15
    assert seen(table_of(burst, rings=0), "p")[0, 7] == 0.01  # (0 + 1) / (99 + 1)
    spread = [(HERE, 100 * day) for day in range(6)] + [(cell, 0) for cell in elsewhere]
    assert seen(table_of(spread, rings=0), "p")[0, 7] == 1  # fewer than by chance is no repeat
    lone = [(HERE, 0), (FAR, 0)]
    assert (table_of(lone)["p"] == 1).all()
    assert (table_of(lone)["p_family"] == 1).all()


def test_p_of_the_family_is_never_below_that_of_a_row():
    rng = np.random.default_rng(1)
    incidents = [(HERE if rng.random() < 0.5 else NEXT, int(day)) for day in rng.integers(0, 100, 60)]
    table = table_of(incidents, permutations=199)
    # standardised excesses keep the order of the draws, so the largest is reached at least as often
    assert (table["p_family"] >= table["p"] - 1e-12).all()


def test_incidents_without_a_place_are_left_out():
    assert (table_of([*FIVE, (0, 1), (0, 1)])["n_incidents"] == 5).all()


def test_the_order_of_rows_changes_nothing_and_seeds_reproduce():
    incidents = FIVE * 3 + [(NEXT, 20), (HERE, 21)]
    table = table_of(incidents)
    pd.testing.assert_frame_equal(table, table_of(incidents[::-1]))
    assert not table["p"].equals(table_of(incidents, seed=2)["p"])


def test_no_incidents_make_a_table_of_nothing():
    table = near_repeats([], [], permutations=99)
    assert (table["observed"] == 0).all()
    assert table["ratio"].isna().all()
    assert (table["p"] == 1).all()


def test_hundreds_in_one_cell_are_counted_in_full():
    # beyond one chunk and beyond the 255 that fit in a byte: 700 on one day are 700 × 699 / 2 pairs
    table = table_of([(HERE, 0)] * 700 + [(FAR, 50)], rings=0)
    assert seen(table)[0, 7] == 700 * 699 // 2


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"permutations": 98}, "98 permutations are too few; use at least 99"),
        ({"rings": -1}, "The number of rings is -1; use 0"),
    ],
)
def test_requests_that_make_no_sense(more, sentence):
    with pytest.raises(HotspotsError, match=sentence):
        table_of(FIVE, **more)


def test_windows_of_a_century_and_too_many_pairs_are_refused(monkeypatch):
    with pytest.raises(HotspotsError, match="40,000 days apart"):
        table_of([(HERE, 0), (HERE, 40_000)])
    monkeypatch.setattr(rooms, "MOST_PAIRS", 5)
    with pytest.raises(HotspotsError, match=r"5 incidents make 6 pairs within 1 rings.*Choose a shorter window"):
        table_of(FIVE, rings=1)


# ---------------------------------------------------------------- incidents


def rows(lines: list[tuple[int, int, str | None, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["record", "cell", "local_from", "local_to"])
    return frame.assign(**{c: pd.to_datetime(frame[c]).astype("datetime64[s]") for c in ("local_from", "local_to")})


def test_victims_of_one_brawl_are_one_incident():
    found = incident_days(
        rows(
            [
                (1, HERE, "2024-03-02 23:10:05", None),
                (2, HERE, "2024-03-02 23:10:40", None),  # another record of the same minute
                (1, HERE, "2024-03-02 23:10:05", None),  # a second offence on the first record
                (3, HERE, "2024-03-02 23:50:00", None),  # something else, the same night
                (4, NEXT, "2024-03-02 23:10:00", None),  # the same minute elsewhere
            ]
        ),
        "incidents",
    )
    day = 19784  # 2 March 2024 is 54 × 365 + 13 leap days + 31 + 29 + 1 days after 1 January 1970
    assert day == 54 * 365 + 13 + 31 + 29 + 1
    assert sorted(map(tuple, found.to_numpy())) == sorted([(HERE, day), (HERE, day), (NEXT, day)])


def test_no_place_no_time_and_vague_times_are_left_out():
    found = incident_days(
        rows(
            [
                (1, 0, "2024-03-02 10:00", None),
                (2, HERE, None, None),
                (3, HERE, "2024-03-01 10:00", "2024-03-02 10:01"),  # over a day
                (4, HERE, "2024-03-01 10:00", "2024-03-02 10:00"),
            ]
        ),
        "incidents",
    )
    assert found["day"].tolist() == [19783]


def test_months_are_refused():
    with pytest.raises(HotspotsError, match=r"data\.police\.uk gives the month of a crime and no day"):
        refuse_month_only("police-uk")
    with pytest.raises(HotspotsError, match="no day"):
        incident_days(rows([(1, HERE, "2024-03-02", None)]), "police-uk")
    refuse_month_only("incidents")
    with pytest.raises(HotspotsError, match="No incident of this selection has a time"):
        incident_days(rows([(1, HERE, None, None)]), "incidents")


# ---------------------------------------------------------------- words


def one_row(observed: int, expected: float, p: float, ring: int = 0, days: tuple[int, int] = (0, 7)) -> pd.DataFrame:
    line = (ring, *days, observed, expected, observed / expected, p)
    return pd.DataFrame([line], columns=["ring", "days_from", "days_to", "observed", "expected", "ratio", "p"])


SAID = "times as many as by chance within 7 days in the same cell"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (one_row(160, 100, 0.001), f"yes – 1.6 {SAID} (p = 0.001)."),
        (one_row(1100, 1000, 0.001), f"hardly – 1.1 {SAID} (p = 0.001), too little to plan by."),
        (one_row(130, 100, 0.051), f"no – 1.3 {SAID} (p = 0.051); chance alone can explain that."),
        (one_row(4, 1, 0.01), "cannot be told – there are too few pairs of incidents within 7 days in the same cell."),
    ],
)
def test_verdicts(table, said):
    assert verdict(table) == f"Same place again soon: {said}"


def test_the_ratio_that_is_worth_planning_by_has_two_sides():
    assert "yes" in verdict(one_row(120, 100, 0.05))
    assert "hardly" in verdict(one_row(119, 100, 0.05))
