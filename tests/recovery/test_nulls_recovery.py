"""Worlds in which nothing was done: what would be called a change by its interval gets no verdict, and says why.

More worlds, and how often each row is wrong: scripts/check_nulls.py, whose figures stand in docs/recovery.md.
"""

from __future__ import annotations

import importlib.util
import sys
from math import sqrt
from types import ModuleType

import pandas as pd
import pytest

from tests.conftest import REPOSITORY, sets

OURS = ("panel", "expected", "panel_nb", "wdd", "wdd_km2")


@pytest.fixture(scope="module")
def nulls() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_nulls", REPOSITORY / "scripts" / "check_nulls.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_nulls"] = module
    spec.loader.exec_module(module)
    return module


def rows(nulls: ModuleType, name: str, seeds: int) -> pd.DataFrame:
    (world,) = [w for w in nulls.WORLDS if w.name == name]
    table = pd.concat([nulls.one(world, seed) for seed in range(1, seeds + 1)], ignore_index=True)
    return table.assign(called=table["verdict"].isin(["fell", "rose"]), bare=table["bare"].isin(["fell", "rose"]))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a season of the treated, summer against winter", "seasons"),
        ("chosen between the windows", "choice"),
        ("shocks, South against the spots of all", "bcu"),
    ],
)
def test_a_change_that_nothing_made_has_no_verdict(nulls, name, code):
    found = rows(nulls, name, sets(40, 1))
    mine = found[found["estimate_of"].isin(OURS)]
    assert not mine["called"].any()
    assert set(mine.loc[mine["bare"], "withheld"]) <= {code}
    assert code != "seasons" or mine["bare"].any()  # by the interval it would have been one


@pytest.mark.parametrize("name", ["bursts", "shocks of BCUs, all three"])
def test_places_that_burst_and_bcus_that_move_are_called_no_more_often_than_said(nulls, name):
    n = sets(60, 2)
    found = rows(nulls, name, n)
    share = found[found["measure"] == "count"].groupby("estimate_of")["called"].mean()
    assert share.max() <= 0.07 + 3 * sqrt(0.07 * 0.93 / n)
