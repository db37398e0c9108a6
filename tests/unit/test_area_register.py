"""Areas frozen for good: versions, dates, hashes, exclusions, and what happens when somebody tampers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from hotspots.areas import add_cells, drop_cells, new_area, with_role
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import find_areas
from hotspots.areas.register import freeze, load, problems, registers, stamp, version_on
from hotspots.areas.rules import exclude, excluded_cells, exclusions, include
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import home
from hotspots.base.settings import Settings
from hotspots.intake import import_files
from hotspots.ranking.question import Question
from hotspots.store import ledger
from hotspots.store.database import FILE, write
from hotspots.store.schema import ADDED_TO_ONLY, METADATA
from tests.apart import at_once
from tests.area_samples import CENTRE, disk, facts, no_areas
from tests.samples import BURNLEY, KENT, crime, street
from tests.workspaces import prepare

TODAY = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
CELLS = disk(2)
DEFINITION = {"window": ["2024-01-01", "2024-03-31"], "weights": "a@1", "weights_sha256": "ab" * 32}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """The register's clock; tests may turn it."""
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    told = {"now": TODAY}
    monkeypatch.setattr(ledger, "now", lambda: told["now"])
    return told


@pytest.fixture
def folder(own_police: Path) -> Path:
    return own_police


@pytest.fixture
def ground() -> pd.DataFrame:
    return facts(CELLS, np.arange(10.0, 200.0, 10.0))


@pytest.fixture
def areas(ground: pd.DataFrame) -> pd.DataFrame:
    """South-01 with three cells, treated, and South-02 with one."""
    first = new_area(no_areas(), CELLS[:3], ground, "Ann", day=date(2026, 4, 1))
    return with_role(new_area(first, CELLS[9:10], ground, "Ann", day=date(2026, 4, 1)), "South-01", "treated")


def put(folder: Path, areas: pd.DataFrame, day: str = "2026-04-20", name: str = "grip", **more: object) -> object:
    return freeze(folder, areas, name, day, "Ann", "for the spring", more or DEFINITION, max_area_m2=1e6)


# ---------------------------------------------------------------- freezing and reading


def test_what_was_frozen_is_read_back_unchanged(folder: Path, areas: pd.DataFrame) -> None:
    done = put(folder, areas)
    assert (done.ref, done.valid_from, done.valid_to) == ("grip@1", date(2026, 4, 20), None)
    assert (done.author, done.note, done.created) == ("Ann", "for the spring", "2026-04-10T09:00:00.000000+00:00")
    assert done.definition == DEFINITION
    pd.testing.assert_frame_equal(done.areas, areas.assign(valid_from="2026-04-20"))
    for asked in ("grip", "grip@1", " grip "):
        again = load(folder, asked)
        assert again.sha256 == done.sha256
        pd.testing.assert_frame_equal(again.areas, done.areas)
    assert problems(folder) == []


def test_the_hash_is_that_of_the_whole_entry_as_canonical_json(folder: Path, areas: pd.DataFrame) -> None:
    """Written out by hand, so that anyone can check a register without this program."""
    import hashlib

    one = areas[areas["area"] == "South-02"].assign(name="Café", edits="")
    done = put(folder, one, note_of_ours="é")
    cell = f"{CELLS[9]:x}"
    told = (
        '{"areas":[{"area":"South-02","area_m2":13000.0,"bcu":"South","cells":["' + cell + '"],"edits":"",'
        '"harm_days":100.0,"harm_expected_days":null,"n_cells":1,"n_incidents":10,"name":"Café","resolution":10,'
        '"role":"none","share_of_bcu_harm":0.052632}],"author":"Ann","created":"2026-04-10T09:00:00.000000+00:00",'
        '"definition":{"note_of_ours":"é"},"name":"grip","note":"for the spring","valid_from":"2026-04-20","version":1}'
    )  # fmt: skip
    assert done.sha256 == hashlib.sha256(told.encode()).hexdigest()


def test_a_later_version_supersedes_and_changes_nothing_of_the_earlier(folder: Path, areas: pd.DataFrame) -> None:
    first = put(folder, areas)
    second = put(folder, areas.head(1), "2026-05-01")
    assert second.ref == "grip@2"
    again = load(folder, "grip@1")
    assert (again.sha256, again.valid_to) == (first.sha256, date(2026, 4, 30))
    assert set(again.areas["valid_to"]) == {"2026-04-30"}
    pd.testing.assert_frame_equal(again.areas.assign(valid_to=""), first.areas)
    assert load(folder, "grip").ref == "grip@2"
    put(folder, areas, name="other")
    told = registers(folder)
    assert told[["name", "version", "valid_from", "valid_to", "n_areas", "n_cells"]].values.tolist() == [
        ["grip", 1, "2026-04-20", "2026-04-30", 2, 4],
        ["grip", 2, "2026-05-01", "", 1, 3],
        ["other", 1, "2026-04-20", "", 2, 4],
    ]
    assert told["area_m2"].tolist() == [52_000, 39_000, 52_000]


@pytest.mark.parametrize(
    ("day", "version"), [("2026-04-20", 1), ("2026-04-30", 1), ("2026-05-01", 2), ("2030-01-01", 2)]
)
def test_the_areas_of_a_day(folder: Path, areas: pd.DataFrame, day: str, version: int) -> None:
    put(folder, areas)
    put(folder, areas.head(1), "2026-05-01")
    assert version_on(folder, "grip", day).version == version
    assert len(version_on(folder, "grip", date.fromisoformat(day)).areas) == 3 - version
    with pytest.raises(HotspotsError, match="No version of grip held on 2026-04-19: the first begins on 2026-04-20"):
        version_on(folder, "grip", "2026-04-19")


def test_frozen_areas_are_unchanged_after_new_data_arrive(folder: Path) -> None:
    question, limits = (
        Question(start="2024-01", end="2024-04", by="harm"),
        replace(Limits.of(Settings(), home().bcus), per_bcu=2),
    )
    found = find_areas(folder, question, limits)
    assert found.areas["area"].tolist() == ["West-01", "South-01", "East-01"]  # Ashton is too quiet
    done = freeze(folder, found.areas, "grip", "2026-04-20", "Ann", "first", found.definition)
    worse = [crime(f"new{i}", "2024-04", "Robbery", BURNLEY) for i in range(30)]
    import_files(folder, [street("2024-04", worse)], "police-uk")
    exclude(folder, [done.areas["cells"].iloc[0][0]], "hospital", "", "Ann")
    after = find_areas(folder, question, limits)
    assert after.areas["harm_days"].sum() > found.areas["harm_days"].sum()  # the candidates do move
    again = load(folder, "grip@1")
    assert again.sha256 == done.sha256
    pd.testing.assert_frame_equal(again.areas, done.areas)
    assert again.definition == found.definition
    assert again.definition["workspace_version"] != after.definition["workspace_version"]


# ---------------------------------------------------------------- days that have passed


def test_a_version_may_begin_in_the_past_and_says_so(folder: Path, areas: pd.DataFrame) -> None:
    done = put(folder, areas, "2022-10-01")
    assert any("hold from 2022-10-01, before the day they were frozen (2026-04-10)" in w for w in done.warnings)
    assert put(folder, areas, "2023-04-01").ref == "grip@2"  # a history, loaded on one day
    assert load(folder, "grip@1").valid_to == date(2023, 3, 31)


@pytest.mark.parametrize(
    ("first", "waits", "second", "earliest"),
    [
        ("2026-04-20", 0, "2026-04-19", "2026-04-20"),  # before the earlier version
        ("2022-10-01", 0, "2022-10-01", "2022-10-02"),  # would leave it not a day of those that have passed
        ("2026-04-01", 5, "2026-04-14", "2026-04-15"),  # it has stood in the register; today is 15 April
    ],
)
def test_days_that_have_passed_are_never_redefined(
    folder: Path, areas: pd.DataFrame, clock: dict[str, datetime], first: str, waits: int, second: str, earliest: str
) -> None:
    put(folder, areas, first)
    clock["now"] += timedelta(days=waits)
    with pytest.raises(HotspotsError, match=f"never redefined. Let it begin on {earliest} or later"):
        put(folder, areas, second)
    assert len(registers(folder)) == 1
    assert put(folder, areas, earliest).version == 2


def test_a_version_replaced_before_it_began_never_holds(folder: Path, areas: pd.DataFrame) -> None:
    put(folder, areas)
    put(folder, areas.head(1), "2026-04-20")
    assert load(folder, "grip@1").valid_to == date(2026, 4, 19)
    assert len(version_on(folder, "grip", "2026-04-20").areas) == 1


# ---------------------------------------------------------------- refusals


def refused(folder: Path, areas: pd.DataFrame, words: str, **more: object) -> None:
    given = {"name": "grip", "valid_from": "2026-04-20", "author": "Ann", "note": "n", "definition": DEFINITION, **more}
    with pytest.raises(HotspotsError, match=words):
        freeze(folder, areas, **given)  # type: ignore[arg-type]
    assert len(registers(folder)) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"author": " "}, "needs an author"),
        ({"author": " ", "note": ""}, "an author and a note"),
        ({"name": "Grip 2026"}, "cannot be a register's name"),
        ({"name": "grip@2"}, "cannot be a register's name"),
        ({"valid_from": "1 April"}, "write a date like 2026-04-01"),
        ({"valid_from": "2026-02-30"}, "write a date like 2026-04-01"),
        ({"definition": {"x": float("nan")}}, "cannot be written as JSON"),
        ({"definition": {"x": object()}}, "cannot be written as JSON"),
    ],
)
def test_an_entry_that_says_too_little_is_refused(
    folder: Path, areas: pd.DataFrame, more: dict[str, object], words: str
) -> None:
    refused(folder, areas, words, **more)


def test_areas_that_break_a_rule_are_refused(folder: Path, areas: pd.DataFrame, ground: pd.DataFrame) -> None:
    refused(folder, areas.head(0), "no area to freeze")
    refused(folder, areas.assign(bcu="West"), "never crosses a BCU line")
    refused(folder, areas.assign(role="control"), "has the role 'control'")
    refused(folder, areas.assign(name=["", "x"]), "'South-01' lacks one")
    for cells, words in (
        ([("nonsense",), (f"{CENTRE:x}",)], "not an H3 cell"),
        ([(f"{CENTRE:x}",), (f"{CENTRE:x}",)], "more than once"),
        ([(f"{CENTRE:x}",), (f"{h3.cell_to_parent(CELLS[0], 9):x}",)], "resolutions 9, 10"),
        ([(f"{CENTRE:x}",), ()], "has no cells"),
        ([(f"{CENTRE:x}",), (f"{h3.latlng_to_cell(KENT[1], KENT[0], 10):x}",)], "never crosses"),
    ):
        refused(folder, areas.assign(cells=pd.Series(cells, dtype=object)), words)


def test_odd_areas_are_frozen_with_a_warning(folder: Path, areas: pd.DataFrame, ground: pd.DataFrame) -> None:
    far = [c for c in CELLS if h3.grid_distance(c, CELLS[9]) > 1 and c not in CELLS[:3]][:1]
    done = freeze(
        folder, add_cells(areas, "South-02", far, ground, "Ann"), "grip", "2026-04-20", "Ann", "n", {}, 30_000
    )
    assert [w.split(" (")[0] for w in done.warnings] == ["South-01", "South-02"]
    assert "more than the maximum" in done.warnings[0]
    assert "not connected" in done.warnings[1]


def test_a_cell_at_the_edge_counts_as_its_areas_bcu(folder: Path, areas: pd.DataFrame) -> None:
    """A cell whose centre and corners lie in the sea may hold incidents of the shore."""
    from hotspots import geography
    from hotspots.areas.table import bcus_of

    shore = h3.latlng_to_cell(53.8160, -3.0570, 10)
    cover = geography.load_cover()
    outside = [c for c in h3.grid_disk(shore, 15) if bcus_of([c], cover) == [""]]
    near = next(c for c in outside if "West" in bcus_of(h3.grid_disk(c, 1), cover))
    far = next(c for c in outside if set(bcus_of(h3.grid_disk(c, 1), cover)) == {""})
    one = areas.tail(1).assign(bcu="West")
    refused(folder, one.assign(cells=pd.Series([(f"{far:x}",)], index=one.index, dtype=object)), "never crosses")
    refused(folder, one.assign(bcu="East", cells=pd.Series([(f"{near:x}",)], index=one.index, dtype=object)), "crosses")
    assert put(folder, one.assign(cells=pd.Series([(f"{near:x}",)], index=one.index, dtype=object))).version == 1


def test_what_does_not_exist_is_told(folder: Path, areas: pd.DataFrame) -> None:
    assert registers(folder).empty
    assert stamp(folder) == ""
    assert problems(folder) == []
    with pytest.raises(HotspotsError, match="None has been frozen"):
        load(folder, "grip")
    assert not (folder / FILE).exists()
    put(folder, areas)
    with pytest.raises(HotspotsError, match=r"no register 'grab'\. There are: grip"):
        load(folder, "grab")
    with pytest.raises(HotspotsError, match="no version '2'; it has 1"):
        load(folder, "grip@2")


# ---------------------------------------------------------------- nobody rewrites it


@pytest.mark.parametrize("name", [n for n in ADDED_TO_ONLY if "area" in n or "register" in n])
def test_the_database_refuses_to_change_or_delete(folder: Path, areas: pd.DataFrame, name: str) -> None:
    put(folder, areas)
    exclude(folder, [f"{CENTRE:x}"], "prison", "", "Ann")
    table = METADATA.tables[name]
    column = next(c.name for c in table.columns if not c.primary_key)
    for statement in (update(table).values({column: table.c[column]}), delete(table)):
        with pytest.raises(IntegrityError, match="never changed or deleted"), write(folder) as connection:
            connection.execute(statement)
    assert load(folder, "grip").version == 1


@pytest.mark.parametrize(
    "change",
    [
        "update area_registers set valid_from = '2026-04-21'",
        "update area_registers set note = 'another'",
        "update area_registers set definition = '{}'",
        "update area_registers set definition = 'no json'",
        "update register_areas set harm_days = harm_days + 1 where id = 1",
        "update register_areas set role = 'comparison'",
        "update register_cells set area = 'South-02'",
        "update register_cells set area = 'South-03'",
        "update register_cells set cell = 1 where area = 'South-02' and register = 1",
        "delete from register_cells where area = 'South-02' and register = 1",
        "delete from register_areas where area = 'South-02' and register = 1",
        f"insert into register_cells (register, area, cell) values (1, 'South-02', {CELLS[-1]})",
    ],
)
def test_an_entry_changed_behind_the_programs_back_is_told(folder: Path, areas: pd.DataFrame, change: str) -> None:
    put(folder, areas)
    put(folder, areas, name="other")
    with sqlite3.connect(folder / FILE) as connection:
        for name in ADDED_TO_ONLY:
            connection.execute(f"drop trigger {name}_no_update")
            connection.execute(f"drop trigger {name}_no_delete")
        where = "" if " where " in change or change.startswith("insert") else " where "
        table = change.split()[1] if change.startswith("update") else ""
        key = "id" if table == "area_registers" else "register"
        connection.execute(change + (f"{where}{key} = 1" if where else ""))
    with pytest.raises(HotspotsError, match="grip@1 is not as it was frozen"):
        load(folder, "grip")
    assert len(problems(folder)) == 1
    assert load(folder, "other").version == 1


def test_a_workspace_of_before_goes_on_working(folder: Path, areas: pd.DataFrame) -> None:
    """A database that knows only weights gets the tables and their guards with the first areas."""
    prepare(folder)
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("drop table alembic_version")
        for name in reversed(ADDED_TO_ONLY):
            if not name.startswith("weight"):
                connection.execute(f"drop table {name}")
        weights = connection.execute("select count(*) from weights").fetchone()
    assert registers(folder).empty
    put(folder, areas)
    with sqlite3.connect(folder / FILE) as connection:
        guards = connection.execute("select count(*) from sqlite_master where type = 'trigger'").fetchone()
        assert connection.execute("select count(*) from weights").fetchone() == weights
    assert guards == (2 * len(ADDED_TO_ONLY),)


def freeze_five(folder: Path, who: str) -> None:
    frozen = load(folder, "seed").areas
    for _ in range(5):
        freeze(folder, frozen, "shared", "2999-01-01", who, "at once", {})


def test_several_processes_freeze_at_once(folder: Path, areas: pd.DataFrame) -> None:
    put(folder, areas, name="seed")
    assert at_once(*(partial(freeze_five, folder, f"w{n}") for n in range(2))) == [0, 0]
    told = registers(folder)
    mine = told[told["name"] == "shared"]
    assert mine["version"].tolist() == list(range(1, 11))
    assert sorted(mine["author"]) == ["w0"] * 5 + ["w1"] * 5
    assert problems(folder) == []


# ---------------------------------------------------------------- exclusions


def test_an_exclusion_is_stored_lifted_and_never_forgotten(folder: Path) -> None:
    a, b = (f"{c:x}" for c in CELLS[:2])
    assert excluded_cells(folder) == []
    assert exclusions(folder).empty
    assert exclude(folder, [a, b.upper()], "prison", "HMP", " Ann ") == 2
    assert excluded_cells(folder) == CELLS[:2]
    before = stamp(folder)
    assert include(folder, [a], "Bob", "it has closed") == 1
    assert stamp(folder) != before
    assert excluded_cells(folder) == [CELLS[1]]
    assert exclude(folder, [a], "other", "a quarry", "Ann") == 1
    told = exclusions(folder)
    assert told[["cell", "excluded", "kind", "note", "author"]].values.tolist() == [
        [a, True, "prison", "HMP", "Ann"],
        [b, True, "prison", "HMP", "Ann"],
        [a, False, "", "it has closed", "Bob"],
        [a, True, "other", "a quarry", "Ann"],
    ]
    assert set(told["created"]) == {TODAY.isoformat(timespec="microseconds")}


def test_exclusions_that_make_no_sense_are_refused(folder: Path) -> None:
    a, b = (f"{c:x}" for c in CELLS[:2])
    exclude(folder, [a], "prison", "", "Ann")
    for call, words in (
        (lambda: exclude(folder, [b, a], "prison", "", "Ann"), f"'{a}' is excluded already. Nothing was stored"),
        (lambda: include(folder, [b], "Ann"), "is not excluded"),
        (lambda: exclude(folder, [b], "school", "", "Ann"), "not a reason"),
        (lambda: exclude(folder, [b], "prison", "", " "), "needs an author"),
        (lambda: exclude(folder, ["zzz"], "prison", "", "Ann"), "not an H3 cell"),
    ):
        with pytest.raises(HotspotsError, match=words):
            call()
    assert len(exclusions(folder)) == 1


def test_candidates_avoid_excluded_cells(folder: Path) -> None:
    question = Question(start="2024-01", end="2024-03", by="harm")
    before = find_areas(folder, question).areas
    worst = before[before["bcu"] == "South"]["cells"].iloc[0]
    exclude(folder, worst, "police station", "", "Ann")
    found = find_areas(folder, question)
    assert not {*worst} & {c for cells in found.areas["cells"] for c in cells}
    assert found.definition["excluded_cells"] == sorted(worst)
    assert any("1 cell with incidents left out of areas" in n for n in found.notes)


def test_edits_are_frozen_with_the_area(folder: Path, areas: pd.DataFrame, ground: pd.DataFrame) -> None:
    edited = drop_cells(areas, "South-01", CELLS[:1], ground, "Bob", "dual carriageway", date(2026, 4, 2))
    told = load(folder, put(folder, edited).ref).areas["edits"].iloc[0]
    assert told.endswith(f"2026-04-02 Bob: dropped {CELLS[0]:x} (dual carriageway)")
