"""Numbers and lists in a sentence."""

from __future__ import annotations

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted, joined


@pytest.mark.parametrize(
    ("n", "said"), [(0, "no cells"), (1, "1 cell"), (2, "2 cells"), (1234, "1,234 cells"), (1.0, "1 cell")]
)
def test_one_and_many(n, said):
    assert counted(n, "cell") == said


def test_a_plural_of_its_own():
    assert [counted(n, "class", "classes") for n in (0, 1, 3)] == ["no classes", "1 class", "3 classes"]


def test_lists_in_a_sentence():
    assert [joined("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_what_no_screen_shows_stands_in_a_sentence_as_its_number():
    told = HotspotsError(["'\x00\u202e' is no time zone,\nand 5\u00a0km is far – very"])
    assert str(told) == "'\\x00\\u202e' is no time zone,\nand 5\u00a0km is far – very"
