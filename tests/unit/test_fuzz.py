"""Damaged and strange files: some of what `make fuzz` tries, and all that it once found."""

from __future__ import annotations

from itertools import islice

import pytest

from hotspots import intake
from tests.conftest import examples
from tests.fuzz import harness
from tests.fuzz.seeds import SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_is_taken_or_refused_in_sentences(source: str) -> None:
    outcomes = [harness.attempt(case) for case in islice(harness.cases(source, seed=7), examples(400) // 4)]
    assert [o.words for o in outcomes if o.ended == "fault"] == []
    assert {o.ended for o in outcomes} >= {"taken", "refused"}


@pytest.mark.parametrize("case", harness.kept(), ids=lambda case: f"{case.source}-{case.key}")
def test_what_was_found_once_is_no_fault_any_more(case: harness.Case) -> None:
    assert harness.attempt(case).ended != "fault"


def refuse_without_words(*_: object) -> None:
    raise intake.HotspotsError([])


def no_end(*_: object) -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("broken", "says"),
    [(lambda *_: 1 // 0, "ZeroDivisionError"), (no_end, "no answer"), (refuse_without_words, "without a word")],
)
def test_the_harness_sees_faults(broken: object, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "stage", broken)
    outcome = harness.attempt(next(harness.cases("pings", seed=1)), seconds=0.2)
    assert outcome.ended == "fault"
    assert says in outcome.words
