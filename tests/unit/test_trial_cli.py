"""The words design, designs and trial: what goes to standard output, what is only told, what is stored."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.cli import main
from hotspots.cli.trials import per_day_of
from hotspots.store import ledger
from hotspots.trials import register
from tests.trial_workspace import make_before, put_trial

DESIGN = ("design", "--from", "2026-02-02", "--to", "2026-03-01", "--simulations", "0")
KEEP = ("--freeze", "spring", "--author", "Ann", "--note", "Agreed")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_before(tmp_path_factory.mktemp("before"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "now", lambda: datetime(2026, 1, 26, 12, tzinfo=UTC))


def run(folder: Path, *arguments: str) -> None:
    main.run(["change", *arguments, "--workspace", str(folder)])


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_design_gives_the_schedule_and_tells_the_rest(before, clock, capsys, tmp_path):
    out = tmp_path / "schedule.json"
    run(before, *DESIGN, "--per-day", "1", "--day-off", "2026-02-13", "--format", "json", "--out", str(out))
    told = capsys.readouterr()
    assert told.out == ""
    assert "Crossover trial of 6 hot spots of hot-spots@1, patrol days 2026-02-02 to 2026-03-01; seed 1." in told.err
    assert "in all 78 of 162, East 26 of 54, South 26 of 54, West 26 of 54" in told.err
    assert "Not frozen" in told.err
    whole = json.loads(out.read_text())
    assert len(whole["rows"]) == 6 * 28
    assert whole["about"]["per_day"] == "East 1, South 1, West 1"
    assert sum(r["treated"] for r in whole["rows"]) == 78
    assert register.designs(before).empty


def test_bank_holidays_are_days_off(before, clock, capsys):
    run(before, *DESIGN[:1], "--from", "2026-12-07", "--to", "2027-01-03", "--simulations", "0", "--bank-holidays")
    rows = rows_of(capsys.readouterr().out)
    # Christmas Day, the substitute for Boxing Day (a Saturday) and New Year's Day in England
    assert {"2026-12-25", "2026-12-28", "2027-01-01"} <= {r["patrol_day"] for r in rows if r["day_off"] == "True"}


def test_a_design_is_frozen_listed_shown_and_analysed(clock, capsys, tmp_path):
    folder = make_before(tmp_path / "workspace")
    with pytest.raises(HotspotsError, match="an author"):
        run(folder, *DESIGN, "--freeze", "spring")
    with pytest.raises(HotspotsError, match="go with --freeze"):
        run(folder, *DESIGN, "--author", "Ann")
    run(folder, *DESIGN, *KEEP)
    schedule = capsys.readouterr()
    design = register.load(folder, "spring").design
    assert f"Frozen as spring: {register.load(folder, 'spring').sha256}." in schedule.err
    run(folder, "designs")
    (listed,) = rows_of(capsys.readouterr().out)
    assert (listed["name"], listed["kind"], listed["frozen_before"]) == ("spring", "crossover", "True")
    run(folder, "designs", "--show", "spring")
    assert capsys.readouterr().out == schedule.out
    table = design.assignment
    put_trial(folder, {
        (a, datetime.fromisoformat(d).date()): 1 if t else 2
        for a, d, t in table[["area", "patrol_day", "treated"]].itertuples(index=False)
    })  # fmt: skip
    run(folder, "trial", "spring", "--draws", "99")
    result = capsys.readouterr()
    assert "Events fell on patrolled days: 50% fewer" in result.err
    assert rows_of(result.out)[0]["verdict"] == "fell"
    run(folder, "trial", "spring", "--draws", "99", "--table", "days", "--format", "json")
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 6 * 28
    with pytest.raises(HotspotsError, match="There are: spring"):
        run(folder, "trial", "autumn")


def test_hot_spots_a_day_are_read_from_text():
    assert per_day_of("") == ()
    assert per_day_of("3") == (("all", 3),)
    assert per_day_of("West=3, South=2,1") == (("West", 3), ("South", 2), ("all", 1))
    for wrong in ("many", "West=", "=3", "0", "West=1.5", "-1"):
        with pytest.raises(HotspotsError, match="--per-day is"):
            per_day_of(wrong)
