"""The one way in which registers, matches, designs, lines, targets, weights and log entries are written and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.store import ledger
from hotspots.store.database import FILE
from hotspots.store.publishing import publish, writing
from hotspots.store.schema import ADDED_TO_ONLY, METADATA
from hotspots.store.workspace import Manifest

TABLE = "dose_targets"
ROW = {
    "register": "grip", "area": "South-01", "valid_from": "2026-04-01", "minutes": 30.0, "author": "Ann",
    "note": "why", "created": "2026-03-01T09:00:00.000000+00:00",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    with writing(tmp_path) as workspace:
        publish(workspace, Manifest())
    return tmp_path


def put(folder: Path, **more: object) -> int:
    return ledger.append(folder, lambda connection: ledger.insert(connection, TABLE, ROW | more))


def test_nothing_is_made_by_reading(folder):
    assert ledger.rows(None, TABLE) == ledger.rows(folder, TABLE) == []
    assert ledger.stamp(folder, TABLE) == ""
    assert not (folder / FILE).exists()


def test_rows_come_back_as_they_were_added_the_oldest_first(folder):
    assert [put(folder), put(folder, area="South-02", minutes=None), put(folder, minutes=45.0)] == [1, 2, 3]
    rows = ledger.rows(folder, TABLE)
    assert [row["minutes"] for row in rows] == [30.0, None, 45.0]
    assert rows[0] == ROW | {"id": 1}
    assert [row["id"] for row in ledger.rows(folder, TABLE, area="South-01", author="Ann")] == [1, 3]
    assert ledger.newest(rows, "area") == {"South-01": rows[2], "South-02": rows[1]}


def test_the_stamp_counts_every_table(folder):
    put(folder)
    assert ledger.stamp(folder, TABLE, "context_lines") == "1-0"
    put(folder)
    assert ledger.stamp(folder, TABLE, "context_lines") == "2-0"


def test_what_fails_half_way_leaves_nothing(folder):
    def add(connection):
        ledger.insert(connection, TABLE, ROW)
        raise HotspotsError("no")

    with pytest.raises(HotspotsError, match="no"):
        ledger.append(folder, add)
    assert ledger.rows(folder, TABLE) == []


def test_a_folder_that_is_no_workspace_gets_no_database(tmp_path):
    with pytest.raises(HotspotsError, match="There is no workspace"):
        put(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ADDED_TO_ONLY)
def test_every_table_that_is_only_added_to_says_who_and_when_or_belongs_to_one_that_does(name):
    columns = set(METADATA.tables[name].c.keys())
    signed = {"author", "created"} <= columns or columns & {"register", "weight_set"}
    assert signed or name in ("weight_sets", "workspaces")  # a set's version says it; whose tables these are


def test_who_and_why_are_on_one_line_and_both_missing_is_one_sentence():
    assert ledger.signature(" Ann\n B ", "a\tb") == ("Ann B", "a b")
    assert ledger.signature("Ann", " ", note_needed=False) == ("Ann", "")
    assert [len(text) for text in ledger.signature("x" * 101, "y" * 2_001)] == [100, 2_000]
    with pytest.raises(HotspotsError, match="A decision needs an author and a note that says why, for those who have"):
        ledger.signature(" ", "", "A decision")
    with pytest.raises(HotspotsError, match="This needs an author, for those"):
        ledger.signature("", "", note_needed=False)


@pytest.mark.parametrize("name", ["a", "grip-2026_a.b", "0" * 100])
def test_names_that_can_be_asked_for(name):
    ledger.check_name(name, "match")


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a@1", "a\n", "0" * 101])
def test_names_that_cannot(name):
    with pytest.raises(HotspotsError, match="cannot be a match's name"):
        ledger.check_name(name, "match")


def test_versions_are_found_by_name_number_or_first_word():
    rows = [
        {"id": i, "name": name, "version": version}
        for i, (name, version) in enumerate(
            [("a", "2020 (old)"), ("b", 1), ("a", "2020.1"), ("b", 2), ("c", "1 x"), ("c", "1 y")]
        )
    ]
    found = {asked: ledger.version(rows, asked, "set")["id"] for asked in ("a", " a ", "a@2020", "b", "b@1", "c@1 x")}
    assert found == {"a": 2, " a ": 2, "a@2020": 0, "b": 3, "b@1": 1, "c@1 x": 4}
    for asked, words in (
        ("d", r"There is no set 'd'\. There are: a, b, c\."),
        ("b@3", r"Set b has no version '3'; it has 1, 2\."),
        ("c@1", r"Set c has no version '1'; it has 1 x, 1 y\."),
    ):
        with pytest.raises(HotspotsError, match=words):
            ledger.version(rows, asked, "set")
    with pytest.raises(HotspotsError, match=r"There is no set 'a'\. None has been frozen in this workspace\."):
        ledger.version([], "a", "set")


def test_the_hash_is_of_all_but_number_and_hash_and_of_what_json_holds():
    row = {"id": 7, "name": "é", "facts": '{"b": 1, "a": [2.5, null]}', "later": None, "sha256": "x"}
    text = '{"facts":{"a":[2.5,null],"b":1},"name":"é","rows":[1]}'
    assert ledger.hash_of(row, "facts", rows=[1]) == sha256(text.encode()).hexdigest()
    assert ledger.hash_of(row, "facts") == ledger.hash_of({**row, "id": 8, "facts": '{"a":[2.5,null],"b":1}'}, "facts")


@pytest.mark.parametrize("change", [{"name": "f"}, {"facts": "[2]"}, {"facts": "no JSON"}, {"facts": "[NaN]"}])
def test_a_changed_row_is_refused(change):
    row = {"name": "é", "facts": "[1]"}
    row["sha256"] = ledger.hash_of(row, "facts")
    ledger.verify("This is not as it was frozen", row, "facts")
    with pytest.raises(HotspotsError, match="This is not as it was frozen: it does not have the hash it was stored"):
        ledger.verify("This is not as it was frozen", {**row, **change}, "facts")


def test_what_cannot_be_json_is_a_sentence():
    for facts in (float("nan"), object(), {1: object()}):
        with pytest.raises(HotspotsError, match="cannot be written as JSON"):
            ledger.canonical(facts)
    assert json.loads(ledger.canonical({"b": "é", "a": 1})) == {"a": 1, "b": "é"}


def test_the_clock_writes_utc(monkeypatch):
    monkeypatch.setattr(ledger, "now", lambda: datetime(2026, 4, 1, 9, 0, 0, 5, tzinfo=UTC))
    assert ledger.created() == "2026-04-01T09:00:00.000005+00:00"
