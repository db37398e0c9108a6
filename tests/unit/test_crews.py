"""Officers of one cell: counted as written, named, or not told."""

from __future__ import annotations

import pytest

from hotspots.sources.crews import crew_of, with_codes


@pytest.mark.parametrize(
    ("n", "texts"),
    [
        (1, ["", None, "1", "1.0", "PC", "Police Constable", "solo", "single crewed", "One", "1 x PCSO", "1 PC."]),
        (2, ["2", "2 PC", "2 PCs", "2PC", "2x PCSO", "2xPCSO", "2 x PCSO", "2 × PC", "PCSO x2", "PC x 2", "Two",
             "TWO PCs", "2 officers", "2 police officers", "PC + PCSO", "PC, PCSO", "1 PC/1 PCSO", "1PC 1PCSO",
             "double-crewed", "2-man patrol", "crew of 2", "pair", "1+1", "2 special constables", "2 PC's"]),
        (3, ["1 Sgt 2 PC", "1 Sgt, 2 PC", "1 sgt + 2 pcs", "Sgt and 2 PC", "1 PS & 2 PC", "3 (1 Sgt, 2 PC)", "2 and 1",
             "1 PC 1 PCSO 1 SC", "three"]),
    ],
)  # fmt: skip
def test_numbers_in_words(n, texts):
    for text in texts:
        assert crew_of(text) == (n, ()), text


@pytest.mark.parametrize(
    ("text", "n", "names"),
    [
        ("Smith", 1, ["Smith"]),
        ("PC 1234", 1, ["PC 1234"]),
        ("PC1234", 1, ["PC1234"]),
        ("A & B", 2, ["A", "B"]),
        ("A and B", 2, ["A", "B"]),
        ("PC Anderson", 1, ["PC Anderson"]),
        ("PC 1234 + PC 4321", 2, ["PC 1234", "PC 4321"]),
        ("PC 1234 PC 4321", 2, ["PC 1234", "PC 4321"]),
        ("1234 4321", 2, ["1234", "4321"]),
        ("PC Smith with Jones", 2, ["PC Smith", "Jones"]),
        ("PCs O'Brien and Smith-Jones", 2, ["PCs O'Brien", "Smith-Jones"]),
        ("2 PC (Smith, Jones)", 2, ["Smith", "Jones"]),
        ("PCs: Smith, Jones", 2, ["Smith", "Jones"]),
        ("PC Smith (driver)", 1, ["PC Smith", "driver"]),
        ("PC Smith + 1", 2, ["PC Smith"]),
        ("Sgt Smith, 2 PCs", 3, ["Sgt Smith"]),
        ("Smith & 1 other", 2, ["Smith"]),
        ("unit-0000000000000008; Smith", 2, ["unit-0000000000000008", "Smith"]),
        ("LB01", 1, ["LB01"]),
    ],
)
def test_officers_by_name(text, n, names):
    assert crew_of(text) == (n, tuple(names))


@pytest.mark.parametrize(
    "text",
    [
        "0", "2.5", "-1", "0 PC", "PCs", "officers", "crew", "several PCs", "team", "unknown", "N/K", "n/a", "?", "2?",
        "~2", "2-3", "2 or 3", "1/2", "1,2", "12; 34", "PC 12", "PC2", "Sgt 2 PC", "PC PCSO", "2 PC Smith", "2 PC 1234",
        "2 PC (Smith)", "3 (2 PC)", "2.5 PC", "2 PC …", "-", "Smith or Jones", "100 PCs",
        "two/three",
    ],
)  # fmt: skip
def test_what_could_mean_two_numbers_is_not_counted(text):
    assert crew_of(text).n == 0


def test_names_give_way_to_codes():
    assert with_codes("PC Smith + 1", {"PC Smith": "unit-1"}) == "unit-1 + 1"
    assert with_codes("2 PC Smith", dict.fromkeys(crew_of("2 PC Smith").names, "…")) == "2 PC …"
    assert with_codes("2 PC", {}) == "2 PC"
