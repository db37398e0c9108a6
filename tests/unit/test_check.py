"""What `check` finds beyond damaged files: values that nobody can have stored, edited counts, a demo half built."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.cli import check
from hotspots.cli.check import check_workspace
from hotspots.cli.main import main
from hotspots.intake import import_files
from hotspots.patrols.dosage.dose import set_target, targets
from hotspots.patrols.form import Submission, entries_of, record
from hotspots.patrols.log import entries
from hotspots.store.database import FILE
from hotspots.store.publishing import publish, writing
from hotspots.store.workspace import TRUTH, open_workspace, read_manifest
from tests.dose_workspace import make_frozen
from tests.samples import MAPPING, crime, export, street
from tests.samples import record as recorded

NINE = 1_709_542_800  # 2024-03-04 09:00 UTC


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_frozen(tmp_path_factory.mktemp("whole"))
    set_target(folder, "hot-spots", "South-01", 30, date(2024, 3, 1), "A. Analyst", "as agreed")
    sent = Submission(key="a" * 32, area="South-01", unit="U1", officers=2, start=NINE, end=NINE + 1800, author="U1")
    record(folder, sent)
    return folder


@pytest.fixture
def own(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "own"))


def edit(folder: Path, *statements: str) -> None:
    """Behind the program's back: its triggers and references are out of force."""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def test_a_sound_workspace_is_whole(whole):
    assert check_workspace(whole) == ([], [])
    assert len(targets(whole)) == len(entries_of(whole, 0, 2**40)) == 1


@pytest.mark.parametrize(
    "change",
    ["minutes = 'half an hour'", "minutes = -1", "minutes = 1441", "minutes = 9e999", "valid_from = 'spring'",
     "valid_from = '20240301'"],
)  # fmt: skip
def test_a_target_that_nobody_can_have_set(own, change):
    edit(own, f"UPDATE dose_targets SET {change}")
    assert [w for w in check_workspace(own)[0] if "Target 1 of hot-spots" in w and "Restore the database" in w]
    with pytest.raises(HotspotsError, match="Target 1 of hot-spots"):
        targets(own)


@pytest.mark.parametrize(
    "change",
    ["officers = 0", "officers = 51", "officers = 'two'", "searches = -1", "arrests = 1000", "weapons = 'none'",
     "start = 'nine'", '"end" = start', '"end" = start - 1', "reactive = 2", "withdrawn = -1", "mode = 'horse'",
     "unit = 'PC Smith'", "author = 'PC Smith'"],
)  # fmt: skip
def test_a_log_entry_that_nobody_can_have_stored(own, change):
    edit(own, f"UPDATE patrol_entries SET {change}")
    assert [w for w in check_workspace(own)[0] if "such as nobody can have stored" in w]
    with pytest.raises(HotspotsError, match="such as nobody can have stored"):
        entries(open_workspace(own))


def test_the_limits_of_targets_and_entries_are_sound(own):
    edit(own, "UPDATE dose_targets SET minutes = 1440", "UPDATE patrol_entries SET officers = 50, arrests = 999")
    assert check_workspace(own)[0] == []
    edit(own, "UPDATE dose_targets SET minutes = NULL", "UPDATE patrol_entries SET officers = 1, arrests = NULL")
    assert check_workspace(own)[0] == []


def test_an_entry_that_lacks_its_original_is_told(own):
    edit(own, "UPDATE patrol_entries SET revision = 2")
    assert [w for w in check_workspace(own)[0] if "lacks an earlier row" in w]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE register_areas SET n_cells = 'many'",
            "register_areas.n_cells in the database has 3 values not a number",
        ),
        (
            "UPDATE register_cells SET cell = 'at ' || cell",
            "register_cells.cell in the database has 3 values not a number",
        ),
        ("UPDATE register_areas SET name = x'00'", "register_areas.name in the database has 3 values not text"),
        ("UPDATE register_areas SET register = 99", "Rows of register_areas in the database name others"),
        ("DELETE FROM area_registers", "Rows of register_areas in the database name others"),
    ],
)
def test_values_of_another_kind_and_rows_without_their_own_are_told(own, statement, said):
    edit(own, statement)
    assert [w for w in check_workspace(own)[0] if said in w], check_workspace(own)[0]


def test_every_row_of_the_registers_is_checked_by_its_hash(own):
    edit(own, "UPDATE area_registers SET note = 'another'")
    assert [w for w in check_workspace(own)[0] if "Register hot-spots@1 is not as it was frozen" in w]


# ---------------------------------------------------------------- every check runs


def test_a_check_that_breaks_off_is_a_finding_and_the_others_go_on(own, monkeypatch, capsys):
    edit(own, "UPDATE dose_targets SET minutes = -1")
    (own / "settings.toml").write_text("nonsense", encoding="utf-8")
    (own / read_manifest(own).parts[0].file).unlink()

    def breaks(workspace: object) -> list[str]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(check.CHECKS, "frozen areas", breaks)
    assert main(["check", "--workspace", str(own)]) == 1
    words = capsys.readouterr().err
    assert "Traceback" not in words
    for said in (
        "The check of frozen areas broke off (ZeroDivisionError: by zero)", "Target 1", "settings.toml", "is missing",
    ):  # fmt: skip
        assert said in words, said


@pytest.mark.parametrize("content", [b"not a database" * 999, b"\0" * 8192])
def test_a_damaged_database_is_told_with_how_to_mend_it(own, content):
    (own / FILE).write_bytes(content)
    wrong = check_workspace(own)[0]
    assert [w for w in wrong if FILE in w and "estore" in w and "copy" in w]
    assert not [w for w in wrong if "broke off" in w]


# ---------------------------------------------------------------- counts and demos


def test_an_edited_number_of_rows_is_told(own):
    """In a manifest of a program that did not sign it yet; a signed one is refused as a whole."""
    with writing(own) as workspace:
        parts = tuple(replace(p, rows=p.rows + 1) for p in workspace.manifest.parts)
        publish(workspace, replace(workspace.manifest, parts=parts))
    wrong = check_workspace(own)[0]
    assert len([w for w in wrong if "but manifest.json says" in w]) == len(parts) > 0


@pytest.mark.parametrize(
    ("truth", "whole"),
    [(None, False), ("{", False), ({"effects": {}}, False), ({"effects": {}, "patrols": {}}, False), ({}, True)],
)
def test_a_demo_that_was_not_built_to_its_end_is_told(tmp_path, truth, whole):
    """Its truth says that effects were planted, and then there are patrols."""
    import_files(tmp_path, [export([recorded("1", "05/01/2026 10:00")])], "incidents", MAPPING, synthetic=True)
    if truth is not None:
        text = truth if isinstance(truth, str) else json.dumps(truth)
        (tmp_path / TRUTH).write_text(text, encoding="utf-8")
    said = [w for w in check_workspace(tmp_path)[0] if "python -m hotspots demo" in w]
    assert bool(said) != whole


def test_a_real_workspace_needs_no_truth(tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    assert check_workspace(tmp_path) == ([], [])
