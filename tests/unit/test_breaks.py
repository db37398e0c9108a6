"""A new list of map points is found; growth, gaps and quiet months are not taken for one."""

from __future__ import annotations

import numpy as np

from hotspots.base.settings import Settings
from hotspots.intake.repeats import find_breaks

SETTINGS = Settings()
OLD, NEW = (lon + 53.7j for lon in (-2.7, -2.6))


def crimes(rng: np.random.Generator, first: complex, n_points: int, n: int) -> np.ndarray:
    """n crimes at points of a list; as in the real files, some points are used often."""
    points = first + np.arange(n_points) / 1e5
    return rng.choice(points, n, p=np.arange(n_points, 0, -1) / np.arange(n_points + 1).sum())


def months(*lists: tuple[complex, int, int]) -> list[tuple[int, np.ndarray]]:
    rng = np.random.default_rng(1)
    return [(202101 + i, crimes(rng, *given)) for i, given in enumerate(lists)]


def test_a_planted_break_is_found_in_its_month():
    given = months(*[(OLD, 800, 2_000)] * 5, *[(NEW, 800, 2_000)] * 4)
    ((month, share),) = find_breaks(given, SETTINGS)
    assert month == 202106
    assert share == 1.0


def test_two_breaks_are_found():
    given = months(*[(OLD, 800, 2_000)] * 3, *[(NEW, 800, 2_000)] * 3, *[(OLD + 1, 800, 2_000)] * 3)
    assert [m for m, _ in find_breaks(given, SETTINGS)] == [202104, 202107]


def test_a_return_to_the_old_list_is_a_break_too():
    given = months(*[(OLD, 800, 2_000)] * 2, *[(NEW, 800, 2_000)] * 2, *[(OLD, 800, 2_000)] * 2)
    assert [m for m, _ in find_breaks(given, SETTINGS)] == [202103, 202105]


def test_the_order_in_which_months_are_given_makes_no_difference():
    given = months(*[(OLD, 800, 2_000)] * 5, *[(NEW, 800, 2_000)] * 4)
    assert find_breaks(given[::-1], SETTINGS) == find_breaks(given, SETTINGS)


def test_stable_months_have_no_break():
    assert find_breaks(months(*[(OLD, 800, 2_000)] * 9), SETTINGS) == []


def test_a_list_that_grows_every_month_has_no_break():
    assert find_breaks(months(*[(OLD, 400 + 150 * i, 2_000 + 300 * i) for i in range(9)]), SETTINGS) == []


def test_sparse_data_has_no_break():
    """Few crimes over many points hit new ones by chance."""
    assert find_breaks(months(*[(OLD, 5_000, 150)] * 9), SETTINGS) == []


def test_the_least_number_of_crimes_is_a_setting():
    given = months(*[(OLD, 50, 199)] * 3, *[(NEW, 50, 199)] * 3)
    assert find_breaks(given, SETTINGS) == []
    assert [m for m, _ in find_breaks(given, Settings(break_min_rows=199))] == [202104]


def test_a_break_inside_a_gap_is_placed_at_the_first_month_after_it():
    given = months(*[(OLD, 800, 2_000)] * 5, *[(NEW, 800, 2_000)] * 4)
    assert [m for m, _ in find_breaks(given[:3] + given[7:], SETTINGS)] == [202108]


def test_half_a_new_list_is_no_break_and_three_quarters_are():
    rng = np.random.default_rng(2)
    before = months(*[(OLD, 200, 4_000)] * 3)

    def share(new: float) -> list[tuple[int, float]]:
        mixed = [crimes(rng, OLD, 200, int(4_000 * (1 - new))), crimes(rng, NEW, 200, int(4_000 * new))]
        return find_breaks([*before, (202104, np.concatenate(mixed))], SETTINGS)

    assert share(0.5) == []
    assert share(0.74) == []
    assert share(0.75) == [(202104, 0.75)]


def test_nothing_to_look_at():
    assert find_breaks([], SETTINGS) == []
    assert find_breaks([(202101, np.array([], dtype=complex))] * 2, SETTINGS) == []
