"""Trials on the Change page. Designs are frozen for real; what a trial shows is typed in."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from hotspots.base.columns import TRIAL, TRIAL_DAYS, in_columns
from hotspots.store import ledger
from hotspots.trials import register
from hotspots.trials.planning import DesignQuestion, design_workspace, freeze_designed
from tests.dose_workspace import make_frozen
from tests.workspaces import HOSTILE

pytestmark = pytest.mark.usefixtures("nothing_cached")

JOINER = "\u2060"
PAGE = "Change"
FIRST, LAST = "2026-11-30", "2026-12-13"
LONG_BEFORE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_frozen(tmp_path_factory.mktemp("no-trial"))


@pytest.fixture
def planned(without: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hot spots, two weeks, frozen a month before it starts."""
    folder = Path(shutil.copytree(without, tmp_path / "planned"))
    monkeypatch.setattr(ledger, "now", lambda: LONG_BEFORE)
    drawn = design_workspace(folder, DesignQuestion(first=FIRST, last=LAST, simulations=0))
    freeze_designed(folder, drawn, "advent", "A. Analyst", HOSTILE[3])
    return folder


def said(app: Any, *kinds: str) -> str:
    return app.said(*kinds).replace(JOINER, "").replace("\\", "")


def html(app: Any) -> str:
    return "\n".join(str(e.proto.body) for e in app.test.get("html"))


def show_result(monkeypatch: pytest.MonkeyPatch, design: Any, verdict: str = "fell") -> None:
    """The library says this of the trial: 10 patrolled days with 2 incidents, 10 others with 6, half of them known."""
    table = in_columns(pd.DataFrame([
        {"counted_as": "assigned", "measure": "count_rate_ratio", "treated_days": 10, "untreated_days": 10,
         "treated_total": 2.0, "untreated_total": 6.0, "estimate": 1 / 3, "ci_low": float("-inf"), "ci_high": 0.9,
         "p": 0.031, "verdict": verdict, "method": "By randomisation", "note": ""},
        {"counted_as": "delivered", "measure": "harm_days_per_place_day", "treated_days": 5, "untreated_days": 5,
         "treated_total": 100.0, "untreated_total": 300.0, "estimate": -40.0, "ci_low": -90.0, "ci_high": 10.0,
         "p": 0.1, "verdict": "can't tell", "method": "Clustered", "note": "Not random"},
    ]), TRIAL)  # fmt: skip
    days = design.assignment.assign(day_off=False, harm=0.0, largest_harm=0.0)
    known = [i % 2 == 0 for i in range(len(days))]
    days["count"] = [1 if k else None for k in known]
    days["minutes"] = [15.0 if k else None for k in known]
    answer = SimpleNamespace(
        frozen=SimpleNamespace(name="advent", design=design), table=table, days=in_columns(days, TRIAL_DAYS),
        answer="Incidents fell on patrolled days.", verdict=verdict, no_delivered="",
        warnings=("It is still running.",), notes=("Two notes.",), facts={"trial": "advent"}, synthetic=False,
    )  # fmt: skip
    monkeypatch.setattr("hotspots.ui.change.answers.trial_workspace", lambda workspace, name: answer)


def test_without_a_design_it_tells_how_to_make_one(at: Any, without: Path) -> None:
    app = at(without, PAGE, change_part="trials")
    assert "No trial has been frozen here yet" in said(app, "info")
    assert "python -m hotspots change design" in app.test.code[0].value
    assert "--freeze" in app.test.code[0].value
    assert not app.test.dataframe


def test_without_data_it_leads_to_importing(at: Any, empty: Path) -> None:
    assert "There is no data here yet" in said(at(empty, PAGE, change_part="trials"), "info")


def test_a_planned_trial_has_its_schedule_and_no_result_yet(at: Any, planned: Path) -> None:
    app = at(planned, PAGE, change_part="trials")
    assert said(app, "error") == ""
    designs = app.table("before")
    assert designs[["name", "kind", "first_day", "last_day", "before"]].iloc[0].tolist() == [
        "advent", "crossover", FIRST, LAST, "yes"
    ]  # fmt: skip
    schedule = app.table("assigned")
    assert len(schedule) == 2 * 14
    assert schedule["assigned"].value_counts().to_dict() == {"to be patrolled": 14, "to be left alone": 14}
    assert schedule["weekday"].iloc[0] == "Monday"
    assert [h.value for h in app.test.header] == ["Frozen designs", "The schedule"]
    assert said(app, "info"), "why there is no result"
    assert "](javascript" not in app.said()


def test_a_result_stands_first_then_how_far_it_has_come(
    at: Any, planned: Path, monkeypatch: pytest.MonkeyPatch, downloads: list[Any]
) -> None:
    design = register.load(planned, "advent").design
    show_result(monkeypatch, design)
    app = at(planned, PAGE, change_part="trials")
    assert "Incidents fell on patrolled days." in html(app)
    assert "▼</span> Fell" in html(app)
    assert "It is still running." in said(app, "warning")
    rows = app.table("others").iloc[:, :6].to_numpy().tolist()
    assert rows == [
        ["As assigned", "Incidents, ratio", "2 on 10 hot spot days", "6 on 10 hot spot days", "0.33 times",
         "0.90 and less"],
        ["As delivered", "Harm, difference a day", "100 on 5 hot spot days", "300 on 5 hot spot days", "−40.00",
         "−90.00 to 10.00"],
    ]  # fmt: skip
    progress = app.table("place_days")
    assert progress[["place_days", "covered", "recorded", "visited"]].astype(int).sum().tolist() == [28, 14, 14, 14]
    assert "14 of 28 hot spot days have data on incidents" in said(app, "markdown")
    offered = {d.label: d for d in downloads}
    read = list(csv.DictReader(io.StringIO(offered["Result, CSV"].build())))
    assert [r["treated_total"] for r in read] == ["2.0", "100.0"]
    assert len(list(csv.DictReader(io.StringIO(offered["Days, CSV"].build())))) == 28


def test_the_parts_are_switched_and_stand_in_the_address(at: Any, without: Path) -> None:
    app = at(without, PAGE, change_part="trials")
    app.test.segmented_control[0].set_value("change")
    app.run()
    assert "change_part" not in app.address
    app.test.segmented_control[0].set_value("trials")
    app.run()
    assert app.address["change_part"] == "trials"


def test_a_trial_that_is_not_there_is_said(at: Any, planned: Path) -> None:
    app = at(planned, PAGE, change_part="trials", trial="easter")
    assert "asks for trial “easter”, which is not there" in said(app, "warning")
    assert len(app.table("assigned")) == 28
