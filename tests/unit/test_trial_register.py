"""Trial designs in the register: frozen before they start or not at all, and never changed after."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from hotspots.areas import register as area_register
from hotspots.base.columns import CHANGE_FROZEN
from hotspots.base.errors import HotspotsError
from hotspots.cli.check import check_workspace
from hotspots.store import ledger
from hotspots.store.database import FILE
from hotspots.store.publishing import publish, writing
from hotspots.store.workspace import open_workspace
from hotspots.trials import register
from hotspots.trials.draw import design
from hotspots.trials.layout import Design
from tests.trial_workspace import FIRST, LAST, PLACES, spots

SIX_O_CLOCK = datetime(2026, 2, 2, 6, tzinfo=UTC)  # no summer time in February: London is on UTC
SECOND = timedelta(seconds=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with writing(tmp_path) as workspace:
        publish(workspace, workspace.manifest)
    area_register.freeze(tmp_path, spots(), "hot-spots", date(2025, 12, 1), "A. Analyst", "First list", {})
    return tmp_path


@pytest.fixture
def trial() -> Design:
    areas = pd.DataFrame({"area": list(PLACES), "bcu": [a[:-3] for a in PLACES]})
    return design(areas, FIRST, LAST, 7, days_off=[date(2026, 2, 13)])


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(ledger, "now", lambda: moment)


def put(folder: Path, trial: Design, name: str = "spring", **more: object) -> register.FrozenDesign:
    return register.freeze(folder, trial, name, "hot-spots", "Ann", "Agreed with the BCUs", {"offences": "all"} | more)


def test_what_is_frozen_comes_back_as_it_was(folder, trial, monkeypatch):
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    kept = put(folder, trial)
    again = register.load(folder, "spring")
    assert again.design == trial
    assert (again.design.treated == trial.treated).all()
    assert again.register == "hot-spots@1"
    assert again.definition == {"offences": "all"}
    assert again.sha256 == kept.sha256 != trial.sha256
    assert register.problems(folder) == []


def test_a_design_is_refused_from_the_second_on_in_which_its_first_patrol_day_begins(folder, trial, monkeypatch):
    at(monkeypatch, SIX_O_CLOCK)
    with pytest.raises(HotspotsError, match="2026-02-02, began on 2026-02-02 at 06:00 UTC"):
        put(folder, trial)
    assert register.designs(folder).empty
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    assert register.designs(folder)["frozen_before"].tolist() == [True]


def test_in_summer_a_patrol_day_begins_an_hour_earlier_by_utc(folder, trial, monkeypatch):
    summer = replace(trial, first=date(2026, 7, 6), last=date(2026, 8, 2), days_off=())
    at(monkeypatch, datetime(2026, 7, 6, 5, tzinfo=UTC))
    with pytest.raises(HotspotsError, match="at 05:00 UTC"):
        put(folder, summer)
    at(monkeypatch, datetime(2026, 7, 6, 5, tzinfo=UTC) - SECOND)
    put(folder, summer)


def test_names_are_taken_once_and_all_problems_are_told(folder, trial, monkeypatch):
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    with pytest.raises(HotspotsError, match="'spring' already"):
        put(folder, trial)
    at(monkeypatch, SIX_O_CLOCK)
    with pytest.raises(HotspotsError) as both:
        put(folder, trial)
    assert len(both.value.problems) == 2
    for name, author, note, says in (
        ("No spaces", "Ann", "why", "cannot be a trial's name"),
        ("fine", "", "why", "an author"),
        ("fine", "Ann", " ", "a note"),
    ):
        with pytest.raises(HotspotsError, match=says):
            register.freeze(folder, trial, name, "hot-spots", author, note, {})
    assert register.designs(folder)["name"].tolist() == ["spring"]


def test_hot_spots_that_the_register_does_not_have_are_refused(folder, monkeypatch):
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    other = design(pd.DataFrame({"area": ["South-01", "South-99"], "bcu": "South"}), FIRST, LAST, 1)
    with pytest.raises(HotspotsError, match="hot-spots@1 has no hot spot 'South-99'"):
        put(folder, other)
    with pytest.raises(HotspotsError, match="There is no register 'nowhere'"):
        register.freeze(folder, other, "spring", "nowhere", "Ann", "why", {})


def test_the_list_is_in_its_columns_and_knows_what_came_late(folder, trial, monkeypatch):
    assert list(register.designs(folder).columns) == [c.name for c in CHANGE_FROZEN]
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    # the workspace's day begins at 05:00 from now on: then the design came 59 minutes late
    (folder / "settings.toml").write_text("patrol_day_starts = 5\n", encoding="utf-8")
    listed = register.designs(folder)
    assert list(listed.columns) == [c.name for c in CHANGE_FROZEN]
    row = listed.iloc[0]
    assert row[["name", "kind", "first_day", "last_day", "author"]].tolist() == [
        "spring", "crossover", "2026-02-02", "2026-03-01", "Ann",
    ]  # fmt: skip
    assert not row["frozen_before"]


def test_there_is_no_such_trial(tmp_path, folder, trial, monkeypatch):
    with pytest.raises(HotspotsError, match="None has been frozen"):
        register.load(folder, "spring")
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    with pytest.raises(HotspotsError, match="There are: spring"):
        register.load(folder, "autumn")


@pytest.mark.parametrize("what", ["update change_designs set note = 'other'", "delete from change_designs"])
def test_the_database_refuses_to_change_or_delete(folder, trial, monkeypatch, what):
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    connection = sqlite3.connect(folder / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="never changed or deleted"), connection:
        connection.execute(what)
    connection.close()
    assert register.load(folder, "spring").note == "Agreed with the BCUs"


def one_cell(text: str) -> str:
    """One patrol less in the first row of the schedule, and nothing else."""
    start = text.index('"treated"')
    i = text.index("1", start)
    return text[:i] + "0" + text[i + 1 :]


@pytest.mark.parametrize("column", ["design", "definition", "author", "created", "first_day", "register", "sha256"])
def test_a_row_changed_behind_the_programs_back_is_found(folder, trial, monkeypatch, column):
    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    put(folder, trial, "other")
    connection = sqlite3.connect(folder / FILE)
    with connection:
        connection.execute("drop trigger change_designs_no_update")
        (text,) = connection.execute(f"select {column} from change_designs where id = 1").fetchone()
        changed = one_cell(text) if column == "design" else text + "0"
        connection.execute(f"update change_designs set {column} = ? where id = 1", (changed,))
    connection.close()
    with pytest.raises(HotspotsError, match="trial spring is not as it was frozen"):
        register.load(folder, "spring")
    assert register.load(folder, "other").design == trial
    assert len(register.problems(folder)) == 1
    wrong, _ = check_workspace(folder)
    assert [w for w in wrong if "trial spring" in w] == register.problems(folder)


def test_a_schedule_with_its_own_hash_made_anew_is_found_too(folder, trial, monkeypatch):
    """The hash inside the design is right again; that of the row is not."""
    from hotspots.trials.layout import to_json

    at(monkeypatch, SIX_O_CLOCK - SECOND)
    put(folder, trial)
    treated = trial.treated.copy()
    treated[0, 0] ^= True
    connection = sqlite3.connect(folder / FILE)
    with connection:
        connection.execute("drop trigger change_designs_no_update")
        connection.execute("update change_designs set design = ?", (to_json(replace(trial, treated=treated)),))
    connection.close()
    with pytest.raises(HotspotsError, match="not as it was frozen"):
        register.load(folder, "spring")


def test_nothing_is_written_where_nothing_was_frozen(tmp_path):
    with writing(tmp_path) as workspace:
        publish(workspace, workspace.manifest)
    assert register.designs(tmp_path).empty
    assert register.problems(tmp_path) == []
    assert not (tmp_path / FILE).exists()
    assert open_workspace(tmp_path).manifest.generation == 1
