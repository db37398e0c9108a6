"""What is best on a workspace's own data: said by the data, kept by its definition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.backtest.best import QUICK, Best, best_of, in_background, keep, kept, label_of, place_of, sentence
from hotspots.base.settings import Settings
from hotspots.ranking.question import Question
from hotspots.store.held import sources_held
from hotspots.store.workspace import open_workspace
from tests.area_workspace import make_areas

CLEAR = Best("count", "expected-harm", 0.012, 0.004, 0.02, "more", "less", 8)


def table_of(**shares: list[float]) -> pd.DataFrame:
    return pd.DataFrame([
        {"origin": 10 + i, "place": i, "method": m.replace("_", "-"), "horizon": 1, "harm_caught_share": s, "pai": s,
         "pei": s, "harm_best_share": 1.0}
        for m, values in shares.items()
        for i, s in enumerate(values)
    ])  # fmt: skip


def test_a_method_that_always_catches_more_is_best_and_the_default_is_said_to_be_beaten():
    found = best_of(table_of(count=[0.12, 0.13, 0.12, 0.13], expected_harm=[0.10, 0.11, 0.10, 0.11]))
    assert (found.method, found.other, found.clear, found.default_stands) == ("count", "expected-harm", True, "less")
    assert found.difference == pytest.approx(0.02)
    assert sentence(found).startswith("Here the number of incidents caught most of later harm: +2.00 percentage points")
    assert label_of("count", found) == "Number of incidents (best here on later data, +2.00 points)"
    assert label_of("expected-harm", found) == "Expected harm (default; another is better here)"


def test_a_lead_that_may_be_chance_is_no_lead():
    shares = 0.1 + np.array([0.02, -0.02, 0.03, -0.02])
    found = best_of(table_of(count=[0.1] * 4, expected_harm=shares.tolist()))
    assert not found.clear
    assert sentence(found).startswith("No method is clearly better here: expected harm caught most, +0.25 percentage")
    assert label_of("expected-harm", found) == "Expected harm (default; none clearly better)"
    assert label_of("count", found) == "Number of incidents"


def test_nothing_is_claimed_before_it_was_tested():
    assert label_of("expected-harm", None) == "Expected harm (default)"
    assert label_of("harm", None) == "Harm days"


def test_an_answer_is_read_for_its_own_definition_only(tmp_path: Path):
    workspace, question = open_workspace(make_areas(tmp_path / "w")), Question()
    assert kept(workspace, question, ["count"]) is None
    keep(workspace, question, ["count"], CLEAR)
    assert kept(workspace, question, ["count"]) == CLEAR
    assert kept(workspace, question, ["count", "harm"]) is None
    assert kept(workspace, replace(question, offences="all"), ["count"]) is None
    place_of(workspace, question, ["count"]).write_text("{", encoding="utf-8")
    assert kept(workspace, question, ["count"]) is None


def test_too_few_months_claim_nothing_and_disturb_nobody(tmp_path: Path):
    folder = make_areas(tmp_path / "w")
    in_background(folder).join()
    assert not (folder / "cache" / "best").exists()


def test_what_was_worked_out_in_the_background_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = make_areas(tmp_path / "w")  # three months
    monkeypatch.setattr(Settings, "spans", {**Settings.spans, "month": (1, 1)})
    in_background(folder).join()
    workspace = open_workspace(folder)
    found = kept(workspace, Question(source=sources_held(workspace)[0]), QUICK)
    assert found is not None
    assert found.n_origins >= 1
