"""Concentration against published values and values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hotspots import geography
from hotspots.insight.concentration import adjusted_gini, gini, lorenz, share_by_chance, share_in_top


def test_41_percent_of_harm_in_2_6_percent_of_the_area():
    # 41 of 100 days on 26 of 1,000 m², the rest elsewhere: a PAI of 0.41 / 0.026 = 15.77
    share = share_in_top([41, 59], [0.026], areas=[26, 974])
    assert share[0] == pytest.approx(0.41)
    assert round(share[0] / 0.026, 2) == 15.77


@pytest.mark.parametrize(
    ("counts", "plain", "generalised"),
    [
        ([10, 8, 2, 0, 0, 0, 0, 0, 0, 0], 0.78, 0.78),  # 20 crimes in 10 places
        ([5, 2, 1, 0, 0, 0, 0, 0, 0, 0], 0.80, 0.75),  # 8 crimes in 10 places
    ],
)
def test_gini_as_its_authors_program_documents_it(counts, plain, generalised):
    # W. Steenbeek & W. Bernasco, R package lorenzgini 0.1.2, help page of gini(), without the small-sample factor
    assert gini(counts) == pytest.approx(plain, abs=1e-12)
    assert adjusted_gini(counts) == pytest.approx(generalised, abs=1e-12)


def test_gini_where_all_crime_is_in_one_of_ten_places():
    # the same help page: 0.9 for 10 places, 0.99 for 100
    assert gini([10] + [0] * 9) == pytest.approx(0.9)
    assert gini([10] + [0] * 99) == pytest.approx(0.99)


def test_generalised_gini_from_areas_under_the_curves():
    # 3 + 1 + 1 crimes in 10 places. Rising curve: 0 up to 0.7, then 0.2, 0.4, 1 at 0.8, 0.9, 1: area under it
    # 0.1 × (0.1 + 0.3 + 0.7) = 0.11, so G = 1 − 2 × 0.11 = 0.78. Greatest equality: 0 up to 0.5, then straight to 1:
    # area 0.25. G′ = (0.25 − 0.11) / 0.25 = 0.56
    assert gini([3, 1, 1] + [0] * 7) == pytest.approx(0.78)
    assert adjusted_gini([3, 1, 1], n_cells=10) == pytest.approx(0.56)


def test_generalised_gini_at_its_limits():
    assert adjusted_gini([1, 1, 1], n_cells=1000) == pytest.approx(0)  # as even as three crimes can be
    assert adjusted_gini([4], n_cells=1000) == pytest.approx(1 - 1 / 4)  # all four in one place
    assert adjusted_gini([5, 5, 5]) == pytest.approx(0)
    # where crimes are as many as places, or more, it is the plain one
    assert adjusted_gini([7, 2, 1, 0], n_cells=10) == pytest.approx(gini([7, 2, 1, 0], n_cells=10))


@pytest.mark.parametrize(("per_cell", "expected"), [(1.0, 0.5238), (0.1, 0.0916)])
def test_generalised_gini_of_chance_is_not_zero(per_cell, expected):
    # Gini of a Poisson with mean λ: e^(−2λ) (I₀(2λ) + I₁(2λ)), from E|X − Y| of a Skellam. λ = 1: 0.1353 × 3.8702 =
    # 0.5238. λ = 0.1: 0.8187 × (1.0100 + 0.1005) = 0.9092, and G′ = 10 × (0.9092 − 1) + 1 = 0.0916
    counts = np.random.default_rng(1).poisson(per_cell, 400_000)
    assert adjusted_gini(counts) == pytest.approx(expected, abs=0.006)


def test_six_three_none():
    curve = lorenz([0, 6, 3])
    assert curve["share_of_cells"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert curve["share"].tolist() == pytest.approx([0, 2 / 3, 1, 1])


def test_share_by_chance_is_that_of_the_poisson():
    # 1,000 incidents on 10,000 cells: Poisson with mean 0.1. Cells with two or more are 0.4679% of all and hold
    # 1 − e^(−0.1) = 9.516% of the incidents; the rest of the top 1% has one each: 0.5321% of the cells / 0.1
    two_or_more = 1 - math.exp(-0.1) * (1 + 0.1)
    held = (0.1 - 0.1 * math.exp(-0.1)) / 0.1
    expected = held + (0.01 - two_or_more) / 0.1
    assert two_or_more == pytest.approx(0.004679, abs=1e-6)
    found = share_by_chance([1000], [1], 10_000, shares=[0.01, 0.2], draws=200)
    assert found[0] == pytest.approx(expected, abs=0.002)
    assert found[1] == pytest.approx(1)  # 1,000 incidents are in 1,000 cells at most


def test_the_bcus_make_up_the_force():
    # 3,066 km² by the district polygons of the ONS; on H3's sphere 0.4% less
    areas = geography.bcu_areas_m2(geography.load_cover())
    assert sorted(areas) == ["East", "South", "West"]
    assert sum(areas.values()) / 1e6 == pytest.approx(3066 * 0.996, rel=0.001)


def test_cover_and_polygons_agree_on_areas(shared_data, tmp_path):
    stored = tmp_path / "districts.geojson"
    stored.write_bytes((shared_data / "boundaries/lancashire_districts.geojson").read_bytes())
    exact = geography.bcu_areas_m2(geography.load_polygons(stored))
    for bcu, area in geography.bcu_areas_m2(geography.load_cover()).items():
        assert area == pytest.approx(exact[bcu], rel=0.0005)
