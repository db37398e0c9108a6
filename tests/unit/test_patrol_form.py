"""The store of the patrol log form: stored once, corrected without loss, nobody to be recognised."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from hotspots.areas import new_area
from hotspots.areas import register as area_register
from hotspots.areas.register import areas_on
from hotspots.base.clock import end_moment, moment_of
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import unit_codes, unit_text
from hotspots.base.settings import Settings
from hotspots.patrols.form import Submission, begun, correct, entries_of, history, new_key, record, save_draft, withdraw
from hotspots.store import ledger
from hotspots.store.database import FILE, write
from hotspots.store.schema import METADATA
from tests.apart import at_once
from tests.area_samples import disk, facts, no_areas
from tests.workspaces import logged

NOW = datetime(2026, 6, 10, 13, 15, tzinfo=UTC)  # 14:15 in London
START, END = (int(datetime(2026, 6, 10, 13, m, tzinfo=UTC).timestamp()) for m in (0, 12))  # 14:00 to 14:12
CELLS = disk(2)
RAW = "PC 4711 Alpha-Tango"
SETTINGS = Settings()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """The clocks of the form and of the register; tests may turn them."""
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    told = {"now": NOW}
    monkeypatch.setattr(ledger, "now", lambda: told["now"])
    return told


def areas_named(*names: str) -> Any:
    """South-01, South-02, … of one cell each."""
    ground = facts(CELLS, np.arange(10.0, 200.0, 10.0))
    made = no_areas()
    for i, name in enumerate(names):
        made = new_area(made, CELLS[i : i + 1], ground, "Ann", day=date(2026, 6, 1))
        made.loc[made.index[-1], "name"] = name
    return made


def freeze(folder: Path, areas: Any, day: str, name: str = "grip") -> None:
    area_register.freeze(folder, areas, name, day, "Ann", "for the tests", {}, max_area_m2=1e6)


@pytest.fixture(scope="module")
def made(police: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the hot spots South-01 and South-02, frozen from 1 June 2026."""
    own = Path(shutil.copytree(police, tmp_path_factory.mktemp("form") / "ws"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "now", lambda: NOW)
        freeze(own, areas_named("Church Street", "Friargate"), "2026-06-01")
    return own


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(made, tmp_path / "ws"))


def submission(**changes: Any) -> Submission:
    values: dict[str, Any] = {
        "key": new_key(), "area": "South-01", "unit": RAW, "officers": 2, "start": START, "end": END, "mode": "foot",
        "activity": "Engagement", "searches": 1, "notes": "Shop was shut.",
    }  # fmt: skip
    return Submission(**{**values, **changes})


def everything_stored(folder: Path) -> str:
    """All that lies in the workspace, as text: every file, the database's own pages among them."""
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return "".join(p.read_bytes().decode("latin-1") for p in folder.rglob("*") if p.is_file())


# ---------------------------------------------------------------- stored, and once


def test_an_entry_comes_back_as_it_was_told(folder: Path) -> None:
    stored = record(folder, submission(key="ab" * 16))
    assert not stored.already
    table = logged(folder)
    assert len(table) == 1
    row = table.iloc[0].to_dict()
    code = unit_text(int(unit_codes(folder, [RAW])[0]))
    assert row.pop("entry") == stored.entry.entry
    assert {k: v for k, v in row.items() if k not in ("arrests", "weapons")} == {
        "revision": 1, "key": "ab" * 16, "area": "South-01", "unit": code, "officers": 2, "start": START, "end": END,
        "mode": "foot", "activity": "Engagement", "reactive": False, "searches": 1, "notes": "Shop was shut.",
        "author": "", "why": "", "withdrawn": False, "created": "2026-06-10T13:15:00.000000+00:00",
    }  # fmt: skip
    assert table[["arrests", "weapons"]].isna().all(axis=None)  # not told is not 0


def test_the_same_key_stores_once_and_gives_the_first_row(folder: Path) -> None:
    first = record(folder, submission(key="ab" * 16))
    again = record(folder, submission(key="ab" * 16, officers=9, notes="another"))
    assert again.already
    assert again.entry == first.entry
    assert logged(folder)["officers"].tolist() == [2]
    # a retry is answered, even if the day's register or the clock would refuse it by now
    assert record(folder, submission(key="ab" * 16, area="gone", officers=0)).already


def test_two_keys_are_two_entries_though_they_say_the_same(folder: Path) -> None:
    record(folder, submission())
    record(folder, submission())
    assert len(logged(folder)) == 2


def test_threads_with_one_key_store_one_entry(folder: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda n: record(folder, submission(key="cd" * 16, officers=n + 1)), range(6)))
    assert sorted(d.already for d in done) == [False, True, True, True, True, True]
    assert len({d.entry for d in done}) == 1
    assert len(logged(folder)) == 1


def send_twelve(folder: Path, out: Path) -> None:
    ids = [str(record(folder, submission(key=f"{i:032x}")).entry.entry) for i in range(12)]
    out.write_text("\n".join(ids), encoding="ascii")


def test_processes_with_the_same_keys_store_each_once(folder: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "one", tmp_path / "other"]
    assert at_once(*(partial(send_twelve, folder, out) for out in outs)) == [0, 0]
    told = [out.read_text(encoding="ascii").split() for out in outs]
    assert told[0] == told[1]
    assert len(set(told[0])) == 12
    assert sorted(logged(folder)["entry"]) == sorted(told[0])


def test_rows_once_stored_cannot_be_changed_or_deleted(folder: Path) -> None:
    record(folder, submission())
    kept = METADATA.tables["patrol_entries"]
    for statement in (update(kept).values(officers=9), delete(kept)):
        with pytest.raises(IntegrityError, match="never changed"), write(folder) as connection:
            connection.execute(statement)
    assert logged(folder)["officers"].tolist() == [2]


def test_nobodys_name_is_in_any_stored_file_or_message(folder: Path) -> None:
    entry = record(folder, submission(author="Sgt Bravo 99")).entry
    correct(folder, entry.entry, {"unit": "PC 4712 Zulu", "officers": 3}, "Sgt Bravo 99", "miscounted", new_key())
    save_draft(folder, new_key(), {"unit": RAW, "notes": "so far"})
    stored = everything_stored(folder)
    assert "so far" in stored  # the look goes deep enough
    for name in (RAW, "4711", "Bravo", "Zulu"):
        assert name not in stored
        assert name.lower() not in stored.lower()
    sent = submission(author="Sgt Bravo 99", officers=0, area="nowhere")
    with pytest.raises(HotspotsError) as refused:
        record(folder, sent)
    assert "4711" not in str(refused.value) + repr(sent)
    assert "Bravo" not in str(refused.value) + repr(sent)


def test_the_same_unit_has_the_same_code_in_entry_and_draft(folder: Path) -> None:
    one = record(folder, submission(unit="pc 4711  alpha-tango")).entry
    two = record(folder, submission()).entry
    key = new_key()
    save_draft(folder, key, {"unit": RAW})
    assert one.unit == two.unit == (begun(folder, key).draft or {})["unit"]
    assert one.unit.startswith("unit-")
    assert record(folder, submission(unit=" ")).entry.unit == ""
    assert record(folder, submission(unit=one.unit)).entry.unit == one.unit  # a code stays what it is


def test_text_that_no_database_likes_is_stored_all_the_same(folder: Path) -> None:
    notes = "a\x00b \ud800 <b>é</b>\r\nsecond line\x1b"
    entry = record(folder, submission(notes=notes, unit="\ud800 7")).entry
    assert entry.notes == "a b   <b>é</b>\nsecond line"
    assert history(folder, entry.entry)["notes"].tolist() == [entry.notes]


# ---------------------------------------------------------------- corrections


def test_a_correction_keeps_the_original(folder: Path) -> None:
    entry = record(folder, submission()).entry
    done = correct(
        folder, entry.entry, {"officers": 3, "searches": None, "notes": "Two shops."}, "Ann", "miscounted", new_key()
    )
    assert (done.entry.revision, done.entry.officers, done.entry.why) == (2, 3, "miscounted")
    told = history(folder, entry.entry)
    assert told["revision"].tolist() == [1, 2]
    assert told["officers"].tolist() == [2, 3]
    assert told["notes"].tolist() == ["Shop was shut.", "Two shops."]
    assert told["searches"].tolist()[0] == 1
    assert told["searches"].isna().tolist() == [False, True]
    assert told["unit"].nunique() == 1
    assert told["author"].iloc[1] == unit_text(int(unit_codes(folder, ["Ann"])[0]))
    assert logged(folder)["officers"].tolist() == [3]


def test_a_correction_sent_twice_is_one(folder: Path) -> None:
    entry = record(folder, submission()).entry
    key = new_key()
    first = correct(folder, entry.entry, {"officers": 3}, "Ann", "miscounted", key)
    again = correct(folder, entry.entry, {"officers": 3}, "Ann", "miscounted", key)
    assert (first.already, again.already) == (False, True)
    assert first.entry == again.entry
    assert len(history(folder, entry.entry)) == 2


def test_two_corrections_at_once_both_hold(folder: Path) -> None:
    entry = record(folder, submission()).entry
    changes: list[dict[str, Any]] = [
        {"officers": 3}, {"mode": "vehicle"}, {"reactive": True}, {"searches": 4}, {"arrests": 1}, {"notes": "x"},
    ]  # fmt: skip
    with ThreadPoolExecutor(len(changes)) as pool:
        list(pool.map(lambda c: correct(folder, entry.entry, c, "Ann", "at once", new_key()), changes))
    told = history(folder, entry.entry)
    assert told["revision"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    last = logged(folder).iloc[0]
    assert (last["officers"], last["mode"], last["reactive"], last["searches"], last["arrests"], last["notes"]) == (
        3, "vehicle", True, 4, 1, "x",
    )  # fmt: skip


@pytest.mark.parametrize(("author", "why"), [("", "reason"), ("Ann", " "), ("", "")])
def test_a_correction_needs_who_and_why(folder: Path, author: str, why: str) -> None:
    entry = record(folder, submission()).entry
    for act in (
        lambda: correct(folder, entry.entry, {"officers": 3}, author, why, new_key()),
        lambda: withdraw(folder, entry.entry, author, why, new_key()),
    ):
        with pytest.raises(HotspotsError, match="This needs") as refused:
            act()
        assert ("your unit or name" in str(refused.value)) == (not author)
        assert ("a reason" in str(refused.value)) == (not why.strip())
    assert len(history(folder, entry.entry)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"officers": 2}, "Nothing was changed"),
        ({}, "Nothing was changed"),
        ({"entry": "other"}, "no 'entry' that could be corrected"),
        ({"end": START}, "not after the start"),
        ({"officers": 0}, "from 1 to 50"),
        ({"area": "West-99"}, "no hot spot that was in the register"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(folder: Path, changes: dict[str, Any], words: str) -> None:
    entry = record(folder, submission()).entry
    with pytest.raises(HotspotsError, match=words):
        correct(folder, entry.entry, changes, "Ann", "wrong", new_key())
    assert len(history(folder, entry.entry)) == 1


def test_an_entry_nobody_made_cannot_be_corrected(folder: Path) -> None:
    with pytest.raises(HotspotsError, match="There is no entry 'form-1'"):
        correct(folder, "form-1", {"officers": 3}, "Ann", "wrong", new_key())


def test_a_withdrawn_entry_counts_no_more_but_is_not_gone(folder: Path) -> None:
    entry = record(folder, submission()).entry
    other = record(folder, submission(area="South-02")).entry
    withdraw(folder, entry.entry, "Ann", "wrong place", new_key())
    assert logged(folder)["entry"].tolist() == [other.entry]
    assert set(logged(folder, withdrawn=True)["entry"]) == {entry.entry, other.entry}
    assert history(folder, entry.entry)["withdrawn"].tolist() == [False, True]
    for act in (
        lambda: correct(folder, entry.entry, {"officers": 3}, "Ann", "late", new_key()),
        lambda: withdraw(folder, entry.entry, "Ann", "again", new_key()),
    ):
        with pytest.raises(HotspotsError, match="was withdrawn"):
            act()


def test_a_later_register_takes_no_entry_back(folder: Path, clock: dict[str, datetime]) -> None:
    """An area that is gone by now: what was logged there can be corrected, but nothing more moved there."""
    entry = record(folder, submission(area="South-02")).entry
    freeze(folder, areas_named("Church Street"), "2026-06-10")
    assert correct(folder, entry.entry, {"officers": 4}, "Ann", "miscounted", new_key()).entry.officers == 4
    with pytest.raises(HotspotsError, match="'South-02' is no hot spot"):
        correct(folder, entry.entry, {"start": START - 60}, "Ann", "earlier", new_key())


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"area": ""}, "Choose the hot spot"),
        ({"area": "West-01"}, "'West-01' is no hot spot that was in the register on 10/06/2026"),
        ({"start": None}, "needs a start and an end"),
        ({"end": None}, "needs a start and an end"),
        ({"end": START}, "The end, 10/06/2026 14:00, is not after the start, 10/06/2026 14:00"),
        ({"end": START - 60}, "13:59, is not after the start"),
        ({"start": END - 12 * 3600 - 1}, "longer than 12 hours"),
        ({"end": int(NOW.timestamp()) + 301}, "The end, 10/06/2026 14:20, has not come yet: it is 10/06/2026 14:15"),
        ({"officers": 0}, "Officers are 0; it must be a whole number from 1 to 50"),
        ({"officers": 51}, "Officers are 51"),
        ({"officers": None}, "Officers are None"),
        ({"officers": True}, "Officers are True"),
        ({"searches": -1}, "Searches are -1; it must be a whole number from 0 to 999"),
        ({"arrests": 1000}, "Arrests are 1000"),
        ({"weapons": 1.5}, "Weapons are 1.5"),
        ({"mode": "horse"}, "The mode is 'horse'"),
        ({"notes": "x" * 2001}, "More than 2,000 characters of notes"),
        ({"key": "no key"}, "key of this form is not one of ours"),
        ({"key": "AB" * 16}, "key of this form is not one of ours"),
        ({"start": START - 40 * 86400, "end": END - 40 * 86400}, "No frozen hot spots held on 01/05/2026"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_stored(folder: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(HotspotsError, match=words):
        record(folder, submission(**changes))
    assert logged(folder).empty


@pytest.mark.parametrize(
    "changes",
    [
        {"start": END - 12 * 3600},
        {"end": START + 1},
        {"end": int(NOW.timestamp()) + 300},
        {"officers": 1},
        {"officers": 50},
        {"searches": 0, "arrests": 999, "weapons": None},
        {"mode": ""},
        {"notes": "x" * 2000},
    ],
)
def test_what_lies_just_inside_is_stored(folder: Path, changes: dict[str, Any]) -> None:
    assert not record(folder, submission(**changes)).already


def test_all_problems_are_told_at_once(folder: Path) -> None:
    with pytest.raises(HotspotsError) as refused:
        record(folder, submission(area="x", officers=0, searches=-1, end=START, mode="horse"))
    assert len(refused.value.problems) == 5


def test_without_a_register_there_is_a_sentence(own_police: Path) -> None:
    made = own_police
    with pytest.raises(HotspotsError, match="No frozen hot spots held on 10/06/2026"):
        record(made, submission())
    assert areas_on(made, date(2026, 6, 10)).empty
    assert logged(made).empty
    assert history(made, "form-1").empty
    assert begun(made, "ab" * 16) == (None, None)


def test_without_a_workspace_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HotspotsError):
        record(tmp_path / "none", submission())
    assert not (tmp_path / "none").exists()


# ---------------------------------------------------------------- the hot spots of a day, and entries of a time


def test_the_hot_spots_of_a_day_come_from_every_register_that_held(folder: Path, clock: dict[str, datetime]) -> None:
    clock["now"] = NOW + timedelta(hours=1)
    freeze(folder, areas_named("Station"), "2026-06-08", "south-new")
    assert areas_on(folder, date(2026, 6, 7))[["area", "name", "register"]].values.tolist() == [
        ["South-01", "Church Street", "grip@1"], ["South-02", "Friargate", "grip@1"],
    ]  # fmt: skip
    assert areas_on(folder, date(2026, 6, 8))[["area", "name", "register"]].values.tolist() == [
        ["South-01", "Station", "south-new@1"], ["South-02", "Friargate", "grip@1"],
    ]  # fmt: skip
    assert areas_on(folder, date(2026, 5, 31)).empty


def test_the_day_of_an_entry_begins_at_six(folder: Path) -> None:
    """01/06/2026 05:59:59 in London is the patrol day before the register's first."""
    first = int(datetime(2026, 6, 1, 5, 0, tzinfo=UTC).timestamp())
    with pytest.raises(HotspotsError, match="No frozen hot spots held on 31/05/2026"):
        record(folder, submission(start=first - 1, end=first + 600))
    assert not record(folder, submission(start=first, end=first + 600)).already


def test_entries_of_a_time_are_those_that_overlap_it(folder: Path) -> None:
    record(folder, submission())
    for first, last, n in (
        (START, END, 1), (END, 2**40, 0), (END - 1, 2**40, 1), (0, START, 0), (0, START + 1, 1), (END - 1, END, 1),
    ):  # fmt: skip
        assert len(entries_of(folder, first, last)) == n, (first, last)


def test_an_entry_moved_out_of_a_time_is_not_found_there_any_more(folder: Path) -> None:
    entry = record(folder, submission()).entry
    correct(folder, entry.entry, {"start": START - 7200, "end": END - 7200}, "Ann", "two hours early", new_key())
    assert entries_of(folder, START, END).empty
    assert len(entries_of(folder, START - 7200, END - 7200)) == 1


# ---------------------------------------------------------------- drafts


def test_a_draft_is_kept_changed_and_gone_once_the_entry_is_stored(folder: Path) -> None:
    key = new_key()
    assert begun(folder, key).draft is None
    assert save_draft(folder, key, {"area": "South-01", "notes": "one"})
    assert save_draft(folder, key, {"area": "South-01", "notes": "one two \ud83d é"})
    assert begun(folder, key).draft == {"area": "South-01", "notes": "one two \ud83d é", "unit": ""}
    entry = record(folder, submission(key=key)).entry
    assert begun(folder, key) == (entry, None)
    assert not save_draft(folder, key, {"notes": "too late"})
    assert begun(folder, key) == (entry, None)


def test_a_refused_entry_keeps_its_draft(folder: Path) -> None:
    key = new_key()
    save_draft(folder, key, {"notes": "one"})
    with pytest.raises(HotspotsError):
        record(folder, submission(key=key, officers=0))
    assert (begun(folder, key).draft or {})["notes"] == "one"


def test_drafts_are_apart(folder: Path) -> None:
    one, two = new_key(), new_key()
    save_draft(folder, one, {"notes": "one"})
    save_draft(folder, two, {"notes": "two"})
    assert [(begun(folder, key).draft or {})["notes"] for key in (one, two)] == ["one", "two"]


def test_drafts_go_after_a_fortnight(folder: Path, clock: dict[str, datetime]) -> None:
    old, new = new_key(), new_key()
    save_draft(folder, old, {"notes": "old"})
    clock["now"] = NOW + timedelta(days=14)
    save_draft(folder, new, {"notes": "new"})
    assert begun(folder, old).draft is not None
    clock["now"] = NOW + timedelta(days=14, seconds=1)
    save_draft(folder, new, {"notes": "new"})
    assert begun(folder, old).draft is None
    assert begun(folder, new).draft is not None


def test_a_draft_without_end_is_refused(folder: Path) -> None:
    with pytest.raises(HotspotsError, match="Shorten the notes"):
        save_draft(folder, new_key(), {"notes": "x" * 20_001})
    with pytest.raises(HotspotsError, match="not one of ours"):
        save_draft(folder, "../../etc", {"notes": "x"})


def test_threads_that_keep_one_draft_do_not_fall_over_each_other(folder: Path) -> None:
    key = new_key()
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda n: save_draft(folder, key, {"notes": str(n)}), range(6)))
    assert (begun(folder, key).draft or {})["notes"] in set("012345")


# ---------------------------------------------------------------- wall clock and instant


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "clock", "second", "note"),
    [
        (date(2026, 6, 10), time(14, 0), utc(2026, 6, 10, 13, 0), ""),
        (date(2026, 1, 10), time(14, 0), utc(2026, 1, 10, 14, 0), ""),
        (date(2026, 10, 25), time(1, 30), utc(2026, 10, 25, 0, 30), "came twice that night; taken is the first .BST."),
        (date(2026, 10, 25), time(0, 59), utc(2026, 10, 24, 23, 59), ""),
        (date(2026, 10, 25), time(2, 0), utc(2026, 10, 25, 2, 0), ""),
        (date(2026, 3, 29), time(1, 30), utc(2026, 3, 29, 1, 30), "was skipped that night.* taken is 02:30"),
        (date(2026, 3, 29), time(2, 0), utc(2026, 3, 29, 1, 0), ""),
    ],
)
def test_the_instant_of_a_wall_clock(day: date, clock: time, second: int, note: str) -> None:
    import re

    told = moment_of(day, clock, SETTINGS)
    assert told.second == second
    assert re.search(note, told.note) if note else told.note == ""


@pytest.mark.parametrize(
    ("start", "clock", "end", "note"),
    [
        (utc(2026, 6, 10, 13, 0), time(14, 12), utc(2026, 6, 10, 13, 12), ""),
        (utc(2026, 6, 10, 22, 50), time(0, 10), utc(2026, 6, 10, 23, 10), ""),  # 23:50 to 00:10
        (utc(2026, 6, 10, 13, 0), time(13, 0), utc(2026, 6, 10, 12, 0), ""),  # an hour before: refused later
        (utc(2026, 6, 10, 13, 0), time(2, 0), utc(2026, 6, 11, 1, 0), ""),  # twelve hours to the minute
        (utc(2026, 6, 10, 13, 0), time(2, 1), utc(2026, 6, 10, 1, 1), ""),
        (utc(2026, 10, 25, 0, 50), time(1, 10), utc(2026, 10, 25, 1, 10), "taken is the second (GMT)"),  # from 01:50
        (utc(2026, 10, 25, 0, 10), time(1, 50), utc(2026, 10, 25, 0, 50), "taken is the first (BST)"),
    ],
)
def test_the_end_is_the_next_such_time_after_the_start(start: int, clock: time, end: int, note: str) -> None:
    told = end_moment(start, clock, SETTINGS)
    assert told.second == end
    assert note in told.note
    assert bool(note) == bool(told.note)
