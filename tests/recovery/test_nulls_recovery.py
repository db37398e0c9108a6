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


def test_what_is_above_the_bar_is_bold_and_named_with_its_limits(nulls):
    """9 of 100 called: 4.2% to 16.4% by Clopper and Pearson's tables; 5 of 100 are not above."""
    table = pd.DataFrame({
        "world": "bursts", "measure": "count", "estimate_of": ["panel"] * 100 + ["ring"] * 100, "leads": False,
        "called": [True] * 9 + [False] * 91 + [True] * 5 + [False] * 95, "held": [False] * 99 + [True] + [False] * 100,
    })  # fmt: skip
    part = nulls.nulls_part(table)
    assert "| **9 (1)** |" in part
    assert "| 5 |" in part
    assert "1 of 2 are above 7" in part
    assert part.endswith("- bursts, count: panel: 9.0% (4.2% to 16.4%)")


def test_worlds_are_kept_and_gone_on_from(nulls, tmp_path):
    (world,) = [w for w in nulls.WORLDS if w.name == "rare events"]
    first = nulls.trials([world], 1, 1.0, 1, tmp_path)
    (file,) = tmp_path.iterdir()
    kept = pd.read_parquet(file)
    kept.assign(estimate=7.0).to_parquet(file)
    again = nulls.trials([world], 2, 1.0, 1, tmp_path)
    assert set(again["seed"]) == {1, 2}
    assert (again.loc[again["seed"] == 1, "estimate"] == 7).all()  # taken as it was kept
    assert not (again.loc[again["seed"] == 2, "estimate"] == 7).any()
    assert len(again[again["seed"] == 1]) == len(first)
