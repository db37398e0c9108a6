"""Versions that never change, decisions, undo, defaults and audit, on a workspace of six records."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.__main__ import main
from hotspots.base.columns import WEIGHT_VERSIONS
from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import score_offences, shipped_weight_sets, weight_set_from_table
from hotspots.harm.weights.importing import import_weights
from hotspots.harm.weights.register import (  # fmt: skip
    Draft,
    audit,
    decide,
    defaults,
    load,
    new_version,
    problems,
    ref,
    reopen,
    set_default,
    stamp,
    store,
    undo,
    versions,
)
from hotspots.intake import import_files
from hotspots.ranking.answer import about, in_unit
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store import ledger
from hotspots.store.database import FILE
from tests.apart import at_once
from tests.samples import ABH, MAPPING, MURDER, ROBBERY, crime, export, record, street

SHIPPED = "cchi-2020-sv@2020 (guidelines as of 6 October 2020)"
PROXY = "policeuk-proxy-2026@2026"
GBH = {"CLASS": "008/01", "URN": "", "TITLE": "GBH"}  # no URN: serious or minor is not known
OTHER = {"CLASS": "999/99", "URN": "", "TITLE": "An offence of ours"}
INDEX = (
    "urn,class,title,sub group,cchi score\n8N.8.1.1,008/01,GBH serious,Injury,547.5\n"
    "8N.8.1.2,008/01,GBH minor,Injury,19\n8N.8.6.0,008/06,ABH,Injury,10\n34B.34.1.2,034/01,Robbery,Robbery,365\n"
)


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kinds = [ROBBERY, ROBBERY, ABH, MURDER, GBH, OTHER]
    rows = [record(f"r{i}", f"{i + 1:02d}/05/2024 22:00", kind) for i, kind in enumerate(kinds)]
    folder = tmp_path_factory.mktemp("imported") / "ws"
    import_files(folder, [export(rows)], "incidents", MAPPING)
    return folder


@pytest.fixture(scope="module")
def indexed(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(imported, tmp_path_factory.mktemp("indexed") / "ws"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
        import_weights(folder, ("index.csv", INDEX.encode()), name="local", version="1", author="Ann", note="first")
    return folder


@pytest.fixture
def folder(imported: Path, tmp_path: Path) -> Path:
    """Robbery 2, ABH 1, murder 1, GBH by class alone 1, an unknown class 1."""
    return Path(shutil.copytree(imported, tmp_path / "ws"))


@pytest.fixture
def index(indexed: Path, tmp_path: Path) -> Path:
    """The same, with a small index of its own: local@1."""
    return Path(shutil.copytree(indexed, tmp_path / "ws"))


def changes(*rows: tuple[str, str, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["athena_urn", "ho_class", "days"])


def days_of(folder: Path, asked: str) -> dict[str, float]:
    table = load(folder, asked).table
    key = table["athena_urn"].where(table["athena_urn"] != "", table["ho_class"])
    return dict(zip(key.where(key != "", table["crime_type"]), table["days"], strict=True))


def stored_rows(folder: Path) -> list[int]:
    if not (folder / FILE).is_file():
        return []
    names = ("weight_sets", "weights", "weight_versions", "weight_changes", "weight_defaults")
    with sqlite3.connect(folder / FILE) as connection:
        return [connection.execute(f"select count(*) from {n}").fetchone()[0] for n in names]


def score(weights: object, **offence: str) -> tuple[str, str, float]:
    found = score_offences(pd.DataFrame([offence]), weights).iloc[0]  # type: ignore[arg-type]
    return found["status"], found["matched_by"], found["days"]


# ---------------------------------------------------------------- versions


def test_before_anything_is_done_the_shipped_sets_are_the_versions(folder: Path, tmp_path: Path) -> None:
    for where in (folder, tmp_path / "nothing"):
        table = versions(where)
        assert table.columns.tolist() == [c.name for c in WEIGHT_VERSIONS]
        assert table["name"].tolist() == ["cchi-2020-sv", "policeuk-proxy-2026"]
        assert table["is_default_for"].tolist() == ["incidents", "police-uk"]
        assert table["author"].tolist() == ["the program"] * 2
        assert defaults(where) == {"incidents": SHIPPED, "police-uk": PROXY}
        assert load(where, "cchi-2020-sv@2020").sha256 == shipped_weight_sets()["cchi-2020-sv"].sha256
        assert audit(where).empty
    assert not (tmp_path / "nothing").exists()


def test_an_edit_is_a_new_version_and_the_old_one_stays(index: Path) -> None:
    made = new_version(index, "local", changes(("8N.8.6.0", "", 20), ("", "999/99", 5)), "Bob", "ABH hurts more")
    assert ref(made) == "local@1.1"
    assert days_of(index, "local@1") == {"8N.8.1.1": 547.5, "8N.8.1.2": 19, "8N.8.6.0": 10, "34B.34.1.2": 365}
    assert days_of(index, "local") == days_of(index, "local@1") | {"8N.8.6.0": 20, "999/99": 5}
    row = versions(index).set_index("version").loc["1.1"]
    assert (row["author"], row["note"], row["parent"], row["n_weights"]) == ("Bob", "ABH hurts more", "local@1", 5)
    assert row["sha256"] == made.sha256 == load(index, "local@1.1").sha256
    told = audit(index, "local")
    assert told["what"].tolist() == ["import", "edit", "edit"]
    assert told["offence"].tolist() == ["", "8N.8.6.0 ABH", "999/99"]
    assert told["before"].tolist()[1] == 10
    assert np.isnan(told["before"][2])
    assert told["after"].tolist()[1:] == [20, 5]
    assert told["author"].tolist() == ["Ann", "Bob", "Bob"]
    assert re.match(r"20\d\d-\d\d-\d\dT", told["created"][1])
    assert problems(index) == []


def test_a_row_without_days_is_taken_out(index: Path) -> None:
    new_version(index, "local", changes(("8N.8.6.0", "", None)), "Bob", "not ours")
    assert "8N.8.6.0" not in days_of(index, "local")
    assert audit(index)["after"].isna().iloc[-1]


def test_a_text_alone_is_a_change_too(index: Path) -> None:
    table = pd.DataFrame({"athena_urn": ["8N.8.6.0"], "title": ["Actual bodily harm"], "days": [10]})
    made = new_version(index, "local", table, "Bob", "plainer")
    assert "Actual bodily harm" in made.table["title"].tolist()
    assert audit(index)[["before", "after"]].iloc[-1].tolist() == [10, 10]


def test_numbers_go_on_from_the_version_changed(index: Path) -> None:
    for days in (11, 12, 13):
        made = new_version(index, "local", changes(("8N.8.6.0", "", days)), "Bob", "try")
    assert made.version == "1.3"
    branch = new_version(index, "local@1.1", changes(("8N.8.6.0", "", 99)), "Cy", "from an older one")
    assert branch.version == "1.4"
    assert versions(index).set_index("version").loc["1.4", "parent"] == "local@1.1"
    shipped = new_version(index, "cchi-2020-sv", changes(("8N.8.6.0", "", 99)), "Cy", "try")
    assert shipped.version == "2020.1"
    assert defaults(index)["incidents"] == SHIPPED  # an edit of a set does not change what a question uses


@pytest.mark.parametrize(
    ("table", "part"),
    [
        (changes(("8N.8.6.0", "", 10)), "nothing has changed, so nothing is stored"),
        (changes(("8N.8.6.0", "", -1)), "below 0: '-1' (row 2)"),
        (changes(("8N.8.6.0", "", 1), (" 8n.8.6.0", "", 1)), "changed more than once: '8n.8.6.0' (rows 2, 3)"),
        (changes(("7Z.7.7.7", "", None)), "no weight for 7Z.7.7.7 that could be taken out"),
        (changes(("", "", 3)), "Nothing says what offence is meant in row 2"),
        (changes(("junk", "", 3)), "not like 8N.8.6.0: 'junk'"),
        (pd.DataFrame({"athena_urn": ["8N.8.6.0"], "days": ["ten"]}), "not numbers: 'ten'"),
        (pd.DataFrame({"athena_urn": ["8N.8.6.0"]}), "needs a column 'days'"),
    ],
)
def test_a_change_that_cannot_be_used_stores_nothing(index: Path, table: pd.DataFrame, part: str) -> None:
    before = stored_rows(index)
    with pytest.raises(HotspotsError) as told:
        new_version(index, "local", table, "Bob", "try")
    assert part in str(told.value)
    assert stored_rows(index) == before


def test_who_and_why_must_be_said(index: Path) -> None:
    before = stored_rows(index)
    for author, note, part in ((" ", "why", "needs an author"), ("Bob", "\n", "needs a note")):
        with pytest.raises(HotspotsError, match=part):
            new_version(index, "local", changes(("8N.8.6.0", "", 20)), author, note)
    with pytest.raises(HotspotsError, match="needs a note"):
        set_default(index, "incidents", "local", "Bob", "")
    with pytest.raises(HotspotsError, match="needs an author"):
        undo(index, "local", "")
    assert stored_rows(index) == before


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("guess", "no weight set 'guess'. There are: cchi-2020-sv, local, policeuk-proxy-2026."),
        ("local@9", "Weight set local has no version '9'; it has 1."),
        ("", "no weight set ''"),
        ("local@1@2", "no version '1@2'"),
        ("LOCAL", "no weight set 'LOCAL'"),
    ],
)
def test_what_does_not_exist(index: Path, asked: str, part: str) -> None:
    with pytest.raises(HotspotsError) as told:
        load(index, asked)
    assert part in str(told.value)


@pytest.mark.parametrize(("name", "version"), [("Local Set", "1"), ("a@b", "1"), ("x" * 101, "1"), ("a", "1@2"),
                                               ("a", "x" * 51), ("a", "1\n2")])  # fmt: skip
def test_names_and_versions_that_could_not_be_asked_for_again(folder: Path, name: str, version: str) -> None:
    weights = weight_set_from_table(changes(("8N.8.6.0", "", 1)), name=name, version=version, source="test")
    with pytest.raises(HotspotsError, match="cannot be a"):
        store(folder, "Bob", "try", lambda _: Draft(weights, None, "edit"))


def test_a_stored_weight_that_was_tampered_with_is_not_used(index: Path) -> None:
    with sqlite3.connect(index / FILE) as connection:
        connection.execute("drop trigger weights_no_update")
        connection.execute("update weights set days = days + 1 where weight_set = 3 and line = 0")
    with pytest.raises(HotspotsError, match="local@1 is not as it was stored"):
        load(index, "local")
    with pytest.raises(HotspotsError, match="not as it was stored"):
        rank_workspace(index, Question(weights="local"))


def test_the_stamp_changes_with_every_version_and_default(index: Path) -> None:
    seen = [stamp(index)]
    new_version(index, "local", changes(("8N.8.6.0", "", 20)), "Bob", "try")
    seen.append(stamp(index))
    set_default(index, "incidents", "local", "Bob", "try")
    seen.append(stamp(index))
    assert len(set(seen)) == 3
    assert stamp(index) == seen[-1]


# ---------------------------------------------------------------- decisions


def test_a_decision_ends_an_ambiguity_for_the_class_alone(index: Path) -> None:
    assert score(load(index, "local"), ho_class="008/01") == ("ambiguous", "class", pytest.approx(np.nan, nan_ok=True))
    made = decide(index, "local", "class:008/01", 19, "nearly all are minor", "Bob")
    assert score(made, ho_class="008/01") == ("scored", "decision", 19)
    assert score(made, athena_urn="8N.8.1.1", ho_class="008/01") == ("scored", "urn", 547.5)
    assert score(made, athena_urn="8N.8.1.9", ho_class="008/01") == ("scored", "decision", 19)
    last = audit(index, "local").iloc[-1]
    assert (last["what"], last["note"], last["author"]) == ("decision", "nearly all are minor", "Bob")
    assert last["offence"] == "008/01 (ambiguous, 19 to 547.5)"
    assert last["after"] == 19
    again = decide(index, "local", {"ho_class": "8/1"}, 547.5, "on reflection", "Bob")
    assert score(again, ho_class="008/01") == ("scored", "decision", 547.5)
    assert audit(index, "local")["before"].iloc[-1] == 19


def test_a_decision_on_an_unscored_offence(index: Path) -> None:
    by_class = decide(index, "local", {"offence": "class:999/99", "title": "An offence of ours"}, 3, "local", "Bob")
    assert score(by_class, ho_class="999/99") == ("scored", "class", 3)
    by_urn = decide(index, "local", "urn:8N.8.1.7 class:008/01", 100, "between", "Bob")
    assert score(by_urn, athena_urn="8N.8.1.7", ho_class="008/01") == ("scored", "urn", 100)
    assert score_offences(pd.DataFrame({"ho_class": ["008/01"]}), by_urn)["days_high"].tolist() == [547.5]
    by_type = decide(index, PROXY, "type:Anti-social behaviour", 1, "a nuisance", "Bob")
    assert score(by_type, crime_type="Anti-social behaviour") == ("scored", "crime_type", 1)
    assert by_type.is_proxy


def test_a_decision_needs_a_code_a_weight_and_a_reason(index: Path) -> None:
    before = stored_rows(index)
    for offence, days, reason, part in (
        ("title:Something", 1.0, "why", "'title:Something' has no code"),
        ({"title": "Something", "ho_class": "x"}, 1.0, "why", "'Something' has no code"),
        ("class:008/01", -1.0, "why", "must be a number, 0 or more"),
        ("class:008/01", float("nan"), "why", "must be a number"),
        ("class:008/01", 1.0, "", "needs a note"),
        ("urn:8N.8.6.0", 10.0, "why", "nothing has changed"),
    ):
        with pytest.raises(HotspotsError, match=re.escape(part)):
            decide(index, "local", offence, days, reason, "Bob")  # type: ignore[arg-type]
    assert stored_rows(index) == before


def test_a_decision_reaches_the_ranking(index: Path) -> None:
    """2 robberies, 1 ABH; GBH and the unknown class are counted and add nothing until decided. Murder is not in it."""
    ask = lambda asked: rank_workspace(index, Question(weights=asked, offences="all")).table.iloc[0]  # noqa: E731
    assert ask("local")["harm_days"] == 2 * 365 + 10
    assert (ask("local")["n_ambiguous"], ask("local")["n_unscored"]) == (1, 2)
    decide(index, "local", "class:008/01", 19, "minor", "Bob")
    decide(index, "local", "class:999/99", 3, "ours", "Bob")
    assert ask("local")["harm_days"] == 2 * 365 + 10 + 19 + 3
    assert (ask("local")["n_ambiguous"], ask("local")["n_unscored"]) == (0, 1)
    assert ask("local@1")["harm_days"] == 2 * 365 + 10


# ---------------------------------------------------------------- undo, reopen, default


def test_undo_goes_back_step_by_step_and_deletes_nothing(index: Path) -> None:
    one = new_version(index, "local", changes(("8N.8.6.0", "", 11)), "Bob", "one")
    two = new_version(index, "local", changes(("8N.8.6.0", "", 12)), "Bob", "two")
    back = undo(index, "local", "Cy", "no reason for it")
    assert (back.sha256, back.version) == (one.sha256, "1.3")
    assert undo(index, "local", "Cy").sha256 == load(index, "local@1").sha256
    with pytest.raises(HotspotsError, match=r"local@1\.4 is the first version"):
        undo(index, "local", "Cy")
    assert versions(index)["version"].tolist()[2:] == ["1", "1.1", "1.2", "1.3", "1.4"]
    assert load(index, "local@1.2").sha256 == two.sha256
    assert audit(index, "local")["what"].tolist()[-2:] == ["undo", "undo"]
    assert audit(index, "local")[["before", "after"]].iloc[-2].tolist() == [12, 11]
    assert reopen(index, "local@1.2", "Dee", "it was right").sha256 == two.sha256
    assert undo(index, "local", "Dee").sha256 == load(index, "local@1").sha256  # what it was before it was reopened
    with pytest.raises(HotspotsError, match="first version"):
        undo(index, "policeuk-proxy-2026", "Dee")


def test_a_default_holds_for_its_source_until_the_next(index: Path) -> None:
    assert rank_workspace(index, Question()).question.weights == SHIPPED
    assert set_default(index, "incidents", "local", "Bob", "our own") == "local@1"
    new_version(index, "local", changes(("8N.8.6.0", "", 20)), "Bob", "try")
    answer = rank_workspace(index, Question())
    assert answer.question.weights == "local@1"  # the version that was set, not the newest
    assert about(answer)["weights"] == "local@1"
    assert about(answer)["weights_sha256"] == load(index, "local@1").sha256
    assert versions(index).set_index("version")["is_default_for"].to_dict()["1"] == "incidents"
    set_default(index, "incidents", "local@1.1", "Bob", "after the trial")
    assert defaults(index) == {"incidents": "local@1.1", "police-uk": PROXY}
    told = audit(index, "local")
    assert told[told["what"] == "default"]["note"].tolist() == [
        "for incidents: our own",
        "for incidents: after the trial",
    ]
    for source, asked, part in (
        ("rumour", "local", "There is no source 'rumour'"),
        ("police-uk", "local", "has no weight by crime types"),
        ("incidents", PROXY, "has no weight by offence codes"),
    ):
        with pytest.raises(HotspotsError, match=part):
            set_default(index, source, asked, "Bob", "try")


# ---------------------------------------------------------------- import


def test_the_same_file_twice_stores_nothing(folder: Path) -> None:
    first = import_weights(folder, ("a.csv", INDEX.encode()), author="Ann")
    before = stored_rows(folder)
    again = import_weights(folder, ("renamed 2.csv", INDEX.encode()))
    assert (first.stored, again.stored) == (True, False)
    assert ref(again.weights) == ref(first.weights)
    assert "already here as cchi@1" in again.notes[-1]
    assert stored_rows(folder) == before
    named = import_weights(folder, ("a.csv", INDEX.encode()), name="ours")
    assert named.stored  # a line of versions of its own was asked for
    assert named.weights.sha256 == first.weights.sha256


def test_another_file_of_the_same_name_is_the_next_version(index: Path) -> None:
    changed = INDEX.replace("8N.8.6.0,008/06,ABH,Injury,10", "8N.8.6.0,008/06,ABH,Injury,14")
    done = import_weights(index, ("b.csv", changed.encode()), name="local", author="Ann")
    assert ref(done.weights) == "local@1.1"
    assert versions(index)["parent"].tolist()[-1] == "local@1"
    assert audit(index, "local").iloc[-1][["offence", "before", "after"]].tolist() == ["8N.8.6.0 ABH", 10, 14]
    before = stored_rows(index)
    with pytest.raises(HotspotsError, match="local@1 exists with other weights"):
        import_weights(index, ("c.csv", changed.replace("547.5", "550").encode()), name="local", version="1")
    assert stored_rows(index) == before


def test_a_set_of_another_name_begins_its_own_line_beside_those_held(index: Path) -> None:
    done = import_weights(index, ("b.csv", INDEX.replace("547.5", "550").encode()), name="other", author="Ann")
    assert ref(done.weights) == "other@1"
    assert versions(index)["parent"].fillna("").tolist()[-1] == ""
    assert audit(index, "other")["before"].isna().all()


def test_the_report_says_what_of_the_data_can_be_scored(folder: Path) -> None:
    notes = import_weights(folder, ("a.csv", INDEX.encode())).notes
    # 2 robberies and 1 ABH; GBH by class; the murder and the class of ours
    assert "Of 6 offences held (incidents) it scores 3, leaves 1 ambiguous and has no weight for 2." in notes


def test_a_set_that_has_nothing_to_do_with_the_data_is_refused(folder: Path, tmp_path: Path) -> None:
    stored = stored_rows(folder)
    with pytest.raises(HotspotsError) as told:
        import_weights(folder, ("c.csv", b"crime_type,days\nRobbery,365\n"))
    assert "The data has Athena URNs ('1.1.1.1', '34B.34.1.2', '8N.8.6.0')" in str(told.value)
    assert "Home Office classes ('001/01', '008/01'" in str(told.value)
    assert "the set has crime types ('Robbery')" in str(told.value)
    assert stored_rows(folder) == stored
    police = tmp_path / "police"
    import_files(police, [street("2024-01", [crime("a", "2024-01")])], "police-uk")
    with pytest.raises(HotspotsError, match=r"The data has crime types \('Violence and sexual offences'\)"):
        import_weights(police, ("a.csv", INDEX.encode()))


def test_bad_files_store_nothing(index: Path) -> None:
    before = stored_rows(index)
    for name, content in (
        ("a.csv", b"urn,days\n8N.8.6.0,ten\n1.1.1.1,1\n"),
        ("a.csv", b"a,b\n1,2\n"),
        ("a.csv", b""),
        ("a.xlsx", b"PK\x03\x04 not really"),
        ("a.csv", b"urn,days\n8N.8.6.0,1\n8N.8.6.0,2\n"),
    ):
        with pytest.raises(HotspotsError, match=re.escape(name)):
            import_weights(index, (name, content))
    with pytest.raises(HotspotsError, match="cannot be a weight set's name"):
        import_weights(index, ("a.csv", INDEX.replace("365", "366").encode()), name="Our Set")
    assert stored_rows(index) == before


def test_weights_may_come_before_the_first_incidents(tmp_path: Path) -> None:
    done = import_weights(tmp_path / "new", ("a.csv", INDEX.encode()), author="Ann")
    assert done.stored
    assert load(tmp_path / "new", "cchi").sha256 == done.weights.sha256
    rows = [record("r1", "01/05/2024 22:00", ABH)]
    import_files(tmp_path / "new", [export(rows)], "incidents", MAPPING)
    table = rank_workspace(tmp_path / "new", Question(weights="cchi", offences="all")).table
    assert table["harm_days"].tolist() == [10]


def killed_import(folder: Path, table: str, text: str) -> None:
    """The process ends where the first rows of the table are about to be written."""

    def until(add: Callable[..., object]) -> Callable[..., object]:
        def adding(connection: object, name: str, rows: object) -> object:
            return os.kill(os.getpid(), signal.SIGKILL) if name == table else add(connection, name, rows)

        return adding

    ledger.insert, ledger.insert_all = until(ledger.insert), until(ledger.insert_all)  # type: ignore[assignment]
    import_weights(folder, ("a.csv", text.encode()), name="killed")


@pytest.mark.parametrize("step", ["weight_sets", "weights", "weight_versions", "weight_changes"])
def test_a_kill_in_the_middle_stores_nothing(index: Path, step: str) -> None:
    """Killed when the first rows of that table are about to be written: what came before them goes too."""
    before = stored_rows(index)
    text = INDEX.replace("365", "366")
    assert at_once(partial(killed_import, index, step, text)) == [-signal.SIGKILL]
    assert stored_rows(index) == before
    assert problems(index) == []
    assert import_weights(index, ("a.csv", text.encode()), name="killed").stored


def five_versions(folder: Path, start: float) -> None:
    for n in range(5):
        new_version(folder, "local", pd.DataFrame({"athena_urn": ["8N.8.6.0"], "days": [start + n]}), "w", "try")


def test_processes_that_save_at_once_all_succeed_with_versions_of_their_own(index: Path) -> None:
    assert at_once(*(partial(five_versions, index, start) for start in (100.0, 200.0))) == [0, 0]
    table = versions(index)[versions(index)["name"] == "local"]
    assert sorted(table["version"], key=lambda v: float(v)) == sorted(
        ["1", *(f"1.{n}" for n in range(1, 11))], key=lambda v: float(v)
    )
    kept = {days_of(index, f"local@{v}")["8N.8.6.0"] for v in table["version"]}
    assert kept == {10, *range(100, 105), *range(200, 205)}
    assert len(audit(index, "local")) == 11


# ---------------------------------------------------------------- the command line


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["weights", *words])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_every_word_of_the_command_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ("--workspace", str(folder))
    path = tmp_path / "index.csv"
    path.write_text(INDEX)
    status, out, err = run(capsys, "import", str(path), "--name", "local", "--author", "Ann", "--note", "first", *there)
    assert (status, out) == (0, "")
    assert "Stored as local@1, sha256" in err
    status, _, err = run(capsys, "import", str(path), *there)
    assert status == 0
    assert "already here as local@1" in err
    signed = ("--author", "Bob", "--note", "why not")
    assert run(capsys, "decide", "local", "--class", "008/01", "--days", "19", "--reason", "minor", "--author", "Bob",
               *there)[0] == 0  # fmt: skip
    assert run(capsys, "default", "incidents", "local@1.1", *signed, *there)[0] == 0
    assert run(capsys, "undo", "local", *signed, *there)[0] == 0
    listed = run(capsys, "list", *there)[1]
    assert [line.split(",")[1] for line in listed.splitlines()][1:] == ["cchi-2020-sv", "policeuk-proxy-2026"] + [
        "local"
    ] * 3
    shown = run(capsys, "show", "local@1.1", *there)[1]
    assert shown.startswith("athena_urn,ho_class,crime_type,title,offence_group,days\n")
    assert ",008/01,,,Violence with injury,19.0\n" in shown
    history = run(capsys, "show", "local", "--history", *there)[1]
    assert [line.split(",")[4] for line in history.splitlines()] == ["what", "import", "decision", "default", "undo"]
    assert len(run(capsys, "show", "local@1.1", "--history", *there)[1].splitlines()) == 3
    out_file = tmp_path / "out.csv"
    assert run(capsys, "export", "local@1.1", "--out", str(out_file), *there)[0] == 0
    assert 'version = "1.1"' in (tmp_path / "out.toml").read_text()
    other = tmp_path / "other"
    assert run(capsys, "import", str(out_file), "--workspace", str(other))[0] == 0
    assert ref(load(other, "local")) == "local@1.1"
    assert load(other, "local").sha256 == load(folder, "local@1.1").sha256
    status, out, err = run(capsys, "show", "guess", *there)
    assert (status, out) == (1, "")
    assert "no weight set 'guess'" in err
    for words in (["decide", "local", "--days", "1"], ["default", "rumour", "x", *signed], ["undo", "local"], []):
        with pytest.raises(SystemExit) as stopped:
            run(capsys, *words)
        assert stopped.value.code == 2


def test_severity_is_nowhere_called_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_weights(folder, ("ons.csv", b"offence,ons_css_weight\nRobbery of personal property,993.55\n"))
    answer = rank_workspace(folder, Question(weights="ons-severity", offences="all"))
    assert answer.table["harm_days"].tolist() == [2 * 993.55]
    assert about(answer)["weights_unit"] == "ONS severity score, not days"
    assert any("ONS severity score, not days" in w for w in answer.warnings)
    named = in_unit(answer.table, answer.weights)
    assert not [c for c in named if "days" in c]
    assert named["harm_severity"].tolist() == [2 * 993.55]
    assert main(["rank", "--weights", "ons-severity", "--offences", "all", "--workspace", str(folder)]) == 0
    heading = capsys.readouterr().out.splitlines()[0]
    assert "harm_severity" in heading
    assert "days" not in heading
    assert main(["weights", "show", "ons-severity", "--workspace", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(",severity")
