"""Rank-biased overlap against values worked out by hand and values of its authors' own program.

The published values come from the reference program of W. Webber, as recorded in the test data of the open-source
`mpetri/rbo` (test_data/permute_abc.json and uneven_abc.json, p = 0.9, six decimals).
"""

from __future__ import annotations

from string import ascii_lowercase

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.ranking.what_if.reweigh import jaccard, rbo


def test_five_items_by_hand():
    # X = 0, 1, 2, 4, 5. (0.1/0.9) × (1/2 × 0.81 + 2/3 × 0.729 + 1 × 0.6561 + 1 × 0.59049) + 1 × 0.59049
    # = 0.1111… × (0.405 + 0.486 + 0.6561 + 0.59049) + 0.59049 = 0.23751 + 0.59049
    assert rbo([1, 2, 3, 4, 5], [2, 3, 4, 1, 5], 0.9) == pytest.approx(0.828, abs=1e-12)


def test_lists_of_different_lengths_by_hand():
    # p = 1/2, so (1−p)/p = 1; X = 1, 1, 2; s = 2, l = 3
    # Σ X/d p^d = 1/2 + 1/8 + 1/12; extrapolated overlap 1 × (3−2)/(2×3) × 1/8; tail (1/3 + 1/2) × 1/8
    expected = 1 / 2 + 1 / 8 + 1 / 12 + 1 / 48 + 5 / 48
    assert expected == pytest.approx(5 / 6)
    assert rbo("ab", "acb", 0.5) == pytest.approx(expected, abs=1e-12)
    assert rbo("acb", "ab", 0.5) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("jtnxyzovchmfldbksguqewari", 0.256365),
        ("vjxeryzauqkwilsdhgotbcfmn", 0.287005),
        ("yhszlubdqigvorecxtwkamnfj", 0.295964),
        ("erqalcnuhjvoxgiybskzdtmwf", 0.408634),
        ("zscendjrkobhmitlugywxvafq", 0.445363),
        ("agmtrsyhfidnjobwzkxvucqel", 0.548749),
        ("achudyxfktsrzwbgqjenolivm", 0.640332),
    ],
)
def test_the_authors_program_on_permutations(other, expected):
    assert rbo(sorted(other), other, 0.9) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("karfvodcjmwgzlypebunq", 0.468431),
        ("zhatsimjpnkvcfxwqgoeryubd", 0.364444),
        ("f", 0.053090),
        ("sozxjfdenvqkbgryapc", 0.307626),
        ("zclx", 0.233312),
        ("nxqyk", 0.049050),
    ],
)
def test_the_authors_program_on_lists_of_different_lengths(other, expected):
    assert rbo(ascii_lowercase, other, 0.9) == pytest.approx(expected, abs=1e-6)


def test_the_ends_of_the_scale():
    assert rbo("abcde", "abcde") == pytest.approx(1.0, abs=1e-12)
    assert rbo("abcde", "abc") == pytest.approx(1.0, abs=1e-12)
    assert rbo("abcde", "fghij") == 0.0
    assert rbo("", "") == 1.0
    assert rbo("a", "") == 0.0


def test_a_change_at_the_head_costs_more_than_one_at_the_foot():
    assert rbo("abcde", "bacde") < rbo("abcde", "abced") < 1


@pytest.mark.parametrize("p", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_a_persistence_that_is_none_is_told(p):
    with pytest.raises(HotspotsError, match="between 0 and 1"):
        rbo("ab", "ba", p)


def test_jaccard_by_hand():
    assert jaccard("abcd", "cdef") == pytest.approx(2 / 6)
    assert jaccard("ab", "ba") == 1.0
    assert jaccard("ab", "cd") == 0.0
    assert jaccard("", "") == 1.0
