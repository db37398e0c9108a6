"""The cube by hand: six incidents, three cells."""

from __future__ import annotations

import numpy as np

from hotspots.ranking.gather import build_cell_periods, distinct, first_of_record


def arrays(*columns: list[int]) -> list[np.ndarray]:
    return [np.array(c, dtype=np.int64) for c in columns]


def test_six_incidents_three_cells():
    cells = [30, 10, 10, 10, 20, 10]
    periods = [1, 1, 1, 2, 1, 1]
    offences = [0, 0, 0, 0, 1, 1]
    cube = build_cell_periods(*arrays(cells, periods, offences, [1, 2, 3, 4, 5, 6]))
    assert cube.to_numpy().tolist() == [
        # cell, period, offence, n_offences, n_incidents
        [10, 1, 0, 2, 2],
        [10, 1, 1, 1, 1],
        [10, 2, 0, 1, 1],
        [20, 1, 1, 1, 1],
        [30, 1, 0, 1, 1],
    ]
    assert list(cube.columns) == ["cell", "period", "offence", "n_offences", "n_incidents"]


def test_a_record_with_several_offences_is_one_incident():
    """Record 7 has offences 2, 0 and 0: three offences, one incident, under offence 0."""
    cube = build_cell_periods(*arrays([5, 5, 5, 5], [1, 1, 1, 1], [2, 0, 0, 2], [7, 7, 7, 8]))
    assert cube[["offence", "n_offences", "n_incidents"]].to_numpy().tolist() == [[0, 2, 1], [2, 2, 1]]


def test_the_first_row_of_a_record_is_that_of_its_lowest_offence():
    records, offences = arrays([1, 2, 1, 2, 3, 2], [5, 1, 3, 1, 9, 4])
    assert first_of_record(records, offences).tolist() == [False, True, True, False, True, False]


def test_real_cell_numbers_and_negative_records():
    cells = np.array([0x8A1951803B4FFFF, 0x8A1951D491A7FFF, 0x8A1951803B4FFFF])
    cube = build_cell_periods(cells, *arrays([202201, 202201, 202201], [0, 0, 0], [-5, 2**62, -(2**62)]))
    assert dict(zip(cube["cell"], cube["n_incidents"], strict=True)) == {0x8A1951803B4FFFF: 2, 0x8A1951D491A7FFF: 1}


def test_no_incidents():
    cube = build_cell_periods(*arrays([], [], [], []))
    assert len(cube) == 0
    assert list(cube.columns) == ["cell", "period", "offence", "n_offences", "n_incidents"]


def test_a_large_range_of_keys_gives_the_same_groups():
    key = np.array([7, 3, 7, 60_000_001, 0])
    for size in (60_000_002, 40_000_000):
        given = key if size > 50_000_000 else np.minimum(key, 39_999_999)
        groups, place = distinct(given, size)
        assert groups[place].tolist() == given.tolist()
        assert groups.tolist() == sorted(set(given.tolist()))
