"""Patrols whose minutes are known, through the import and the visit rule: each of scripts/check_minutes.py once."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.conftest import REPOSITORY

SPEC = importlib.util.spec_from_file_location("check_minutes", REPOSITORY / "scripts" / "check_minutes.py")
assert SPEC is not None
assert SPEC.loader is not None
minutes = importlib.util.module_from_spec(SPEC)
sys.modules["check_minutes"] = minutes
SPEC.loader.exec_module(minutes)


@pytest.mark.parametrize("scenario", minutes.scenarios(), ids=lambda s: s.name)
def test_minutes_are_those_that_are_true(scenario) -> None:
    """And those of the slow plain rule; what the rule cannot know misses the truth, as the page says."""
    product, plain = minutes.one(scenario, 1)
    assert product == pytest.approx(plain, abs=1e-6)
    if scenario.within is None:
        assert scenario.note
        assert abs(product - minutes.truth(scenario)) > 1
    else:
        assert abs(product - minutes.truth(scenario)) <= scenario.within
