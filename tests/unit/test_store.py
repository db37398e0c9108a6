"""The database of a workspace, on SQLite and on PostgreSQL: reads that only read, one writer at a time, old shapes.

PostgreSQL is asked where HOTSPOTS_TEST_POSTGRES names a database whose tables may be made and dropped.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from hotspots.base.errors import HotspotsError
from hotspots.cli.main import main
from hotspots.harm.weights.register import audit, load, new_version
from hotspots.intake import Imported
from hotspots.patrols import form
from hotspots.store import copying, database, ledger, revisions, server, sqlite
from hotspots.store.database import FILE, problems, read, write
from hotspots.store.publishing import publish, writing
from hotspots.store.schema import ADDED_TO_ONLY, METADATA
from hotspots.store.workspace import Manifest, open_workspace
from tests.apart import at_once
from tests.conftest import REPOSITORY, fill, sets
from tests.samples import MAPPING, export, record
from tests.workspaces import patrolled  # noqa: F401

BEFORE = REPOSITORY / "tests" / "fixtures" / "store_0001"
TABLE = "dose_targets"
LATER = ("workspaces", "dose_masks", "alembic_version")  # tables that the first databases had not
ROW = {
    "register": "grip", "area": "South-01", "valid_from": "2026-04-01", "minutes": 30.0, "author": "Ann",
    "note": "why", "created": "2026-03-01T09:00:00.000000+00:00",
}  # fmt: skip


def made(folder: Path) -> Path:
    with writing(folder) as workspace:
        publish(workspace, Manifest())
    return folder


def put(folder: Path, **more: object) -> int:
    return ledger.append(folder, lambda connection: ledger.insert(connection, TABLE, ROW | more))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace with SQLite."""
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    return made(tmp_path / "ws")


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A PostgreSQL database, in the environment; the schemas of a test's workspaces are dropped."""
    url = os.environ.get("HOTSPOTS_TEST_POSTGRES")
    if not url:
        pytest.skip("no PostgreSQL: HOTSPOTS_TEST_POSTGRES names none (.ci/run starts one)")
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", url)
    yield url
    # each by itself: a thousand of them hold more locks than a transaction may
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for identity in tmp_path.rglob(server.IDENTITY):
            name = f"hotspots_{identity.read_text(encoding='ascii').strip()}"
            connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty workspace with either database."""
    if request.param == "sqlite":
        return request.getfixturevalue("folder")
    request.getfixturevalue("postgres")
    return made(tmp_path / "ws")


# ---------------------------------------------------------------- both databases


EACH = sets(5, 2)  # decisions by each of eight


def decisions(folder: Path, who: str) -> None:
    for n in range(EACH):
        days = pd.DataFrame([("", f"{who}/0{n}", 1.0 + n)], columns=["athena_urn", "ho_class", "days"])
        new_version(folder, "cchi-2020-sv", days, f"w{who}", "at once")


def test_decisions_by_eight_processes_at_once_are_all_in_the_newest_version(either: Path) -> None:
    """And the database is made by all eight at the same moment."""
    assert at_once(*(partial(decisions, either, f"90{n}") for n in range(8))) == [0] * 8
    newest = load(either, "cchi-2020-sv")
    assert newest.version == f"2020.{8 * EACH}"
    mine = newest.table[newest.table["ho_class"].str.startswith("90")]
    assert sorted(mine["ho_class"]) == sorted(f"90{w}/0{n}" for w in range(8) for n in range(EACH))
    assert sorted(audit(either, "cchi-2020-sv")["author"].value_counts()[[f"w90{w}" for w in range(8)]]) == [EACH] * 8
    assert problems(either) == []


def test_a_file_that_several_make_at_the_same_moment_waits_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself refuses one of two that turn its log on at once, however long they are told to wait."""
    asked = []

    class Refusing(sqlite3.Connection):
        def execute(self, statement: str, *more: object) -> sqlite3.Cursor:  # type: ignore[override]
            asked.append(statement)
            if "journal_mode" in statement and len(asked) < 3:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
            return super().execute(statement)

    monkeypatch.setattr(sqlite, "connected", lambda uri: sqlite3.connect(uri, uri=True, factory=Refusing))
    sqlite.to_write(tmp_path / "new.sqlite").close()
    assert [s.split("=")[0] for s in asked] == [*["PRAGMA journal_mode"] * 3, "PRAGMA foreign_keys"]


def test_the_schema_that_another_made_while_a_writer_waited_is_not_made_again(postgres: str, tmp_path: Path) -> None:
    """The waiting session has looked for the schema before, and remembers that it was not there."""
    folder = made(tmp_path / "ws")
    address = make_url(postgres.replace("postgresql://", "postgresql+psycopg://"))
    schema = server.schema_of(folder, address, make=True)
    first, second = server.writer(address, schema), server.writer(address, schema)
    went_on = []

    def follow() -> None:
        with second.begin() as connection:
            went_on.append(connection.exec_driver_sql("SELECT current_schema()").scalar())

    with first.connect() as connection, connection.begin():
        follower = threading.Thread(target=follow)
        follower.start()
        waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until = time.monotonic() + 20
        while connection.exec_driver_sql(waits).scalar() is None and time.monotonic() < until:
            time.sleep(0.02)
    follower.join(20)
    assert went_on == [schema]


@pytest.mark.parametrize("name", ADDED_TO_ONLY)
def test_no_row_of_these_is_changed_or_deleted(either: Path, name: str) -> None:
    column = METADATA.tables[name].c.keys()[-1]
    put(either)
    for change in (f'UPDATE {name} SET "{column}" = NULL', f"DELETE FROM {name}"):
        if name != TABLE and read_dialect(either) == "sqlite":
            continue  # SQLite's triggers are by row, and the table has none: test_area_register, test_ledger
        with pytest.raises(Exception, match="never changed or deleted"), write(either) as connection:
            connection.execute(text(change))


def read_dialect(folder: Path) -> str:
    with read(folder) as connection:
        assert connection is not None
        return str(connection.dialect.name)


def test_a_draft_is_replaced_and_goes_with_its_entry(either: Path) -> None:
    key = form.new_key()
    assert form.save_draft(either, key, {"area": "South-01"})
    assert form.save_draft(either, key, {"area": "South-02"})
    assert form.begun(either, key).draft["area"] == "South-02"


def test_two_workspaces_on_one_server_keep_apart(postgres: str, tmp_path: Path) -> None:
    a, b = made(tmp_path / "a"), made(tmp_path / "b")
    put(a)
    assert ledger.rows(b, TABLE) == []
    put(b, area="West-01")
    assert [r["area"] for r in ledger.rows(a, TABLE)] == ["South-01"]
    assert [r["area"] for r in ledger.rows(b, TABLE)] == ["West-01"]


def test_a_database_that_a_url_shares_is_refused_to_a_second_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    a, b = made(tmp_path / "a"), made(tmp_path / "b")
    put(a)
    assert len(ledger.rows(a, TABLE)) == 1
    for ask in (lambda: ledger.rows(b, TABLE), lambda: put(b)):
        with pytest.raises(HotspotsError, match="edited in another workspace"):
            ask()
    shutil.copy(a / server.IDENTITY, b)  # a copy of the folder is the same workspace
    assert len(ledger.rows(b, TABLE)) == 1


def test_what_lies_elsewhere_is_never_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A URL that was set without carrying the edits over would rank by other weights, without a word."""
    put(folder)
    other = f"sqlite:///{folder.parent / 'other.sqlite'}"
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", other)
    for ask in (lambda: ledger.rows(folder, TABLE), lambda: put(folder)):
        with pytest.raises(HotspotsError, match=r"is in its hotspots\.sqlite, .* copy --from workspace --to URL"):
            ask()
    assert main(["copy", "--from", "workspace", "--to", other, "--workspace", str(folder)]) == 0
    assert len(ledger.rows(folder, TABLE)) == 1
    assert put(folder) == 2


@pytest.fixture
def database_of_its_own(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A whole PostgreSQL database, in the environment, for a test that changes what all workspaces in it see."""
    server_of_it = create_engine(
        postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    name = f"hotspots_test_{form.new_key()[:8]}"
    with server_of_it.connect() as connection:
        if not connection.exec_driver_sql("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").scalar():
            pytest.skip("the role of HOTSPOTS_TEST_POSTGRES may not make databases")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", url)
    yield url
    with server_of_it.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server_of_it.dispose()


def test_tables_of_before_in_public_are_named_and_taken_by_one_workspace(
    database_of_its_own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(old := made(tmp_path / "old"))
    name = f"hotspots_{server.identity_of(old)}"
    engine = create_engine(database_of_its_own.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:  # as versions before this one left them
        for table in LATER:
            connection.exec_driver_sql(f'DROP TABLE "{name}".{table}')
        connection.exec_driver_sql(f'DROP FUNCTION "{name}".never_changed CASCADE')
        for table in METADATA.tables.keys() - set(LATER):
            connection.exec_driver_sql(f'ALTER TABLE "{name}".{table} SET SCHEMA public')
    engine.dispose()
    new = made(tmp_path / "new")
    for ask in (lambda: ledger.rows(new, TABLE), lambda: put(new)):
        with pytest.raises(HotspotsError, match="tables of an earlier version in its schema 'public'"):
            ask()
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", f"{database_of_its_own}?options=-csearch_path%3Dpublic")
    assert len(ledger.rows(new, TABLE)) == 1
    assert put(new) == 2
    with pytest.raises(HotspotsError, match="edited in another workspace"):
        put(made(tmp_path / "third"))


def test_a_demo_is_built_and_built_anew_on_a_server(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hotspots.demo import workspace as demo

    def few(scratch: Path, seed: int, _effect: float) -> tuple[Path, Path, str]:
        name, content = export([record(str(i), f"0{i + 1}/01/2026 10:00") for i in range(seed)])
        (scratch / name).write_bytes(content)
        (scratch / "truth.json").write_text("{}", encoding="utf-8")
        return scratch / name, scratch / "truth.json", ""

    def no_patrols(folder: Path, *_: object) -> tuple[list[Imported], dict[str, object]]:
        put(folder)
        return [Imported(open_workspace(folder), (), True, ())], {}

    monkeypatch.setattr(demo, "make_export", few)
    monkeypatch.setattr(demo, "MAPPING", MAPPING)
    monkeypatch.setattr(demo, "freeze_spots", lambda _folder: None)
    monkeypatch.setattr(demo, "import_patrols", no_patrols)
    folder = tmp_path / "ws"
    for built in (1, 2):
        demo.build_demo(folder, seed=2 + built)
        assert sum(part.rows for part in open_workspace(folder).manifest.parts) == 2 + built
        assert len(ledger.rows(folder, TABLE)) == built  # what a server holds stays
        assert not (folder / FILE).exists()


def test_an_identity_may_be_there_before_the_first_import_and_finds_what_was_edited(
    postgres: str, tmp_path: Path
) -> None:
    """As after a disk that was lost: the schema's name in the database gives the name of the workspace."""
    put(old := made(tmp_path / "old"))
    new = tmp_path / "new"
    new.mkdir()
    (new / server.IDENTITY).write_text(server.identity_of(old) + "\n", encoding="ascii")
    assert len(ledger.rows(made(new), TABLE)) == 1


def test_a_copy_is_read_into_another_folder_where_it_is_named(folder: Path, tmp_path: Path) -> None:
    """A backup outlives its folder; only a database that is nobody's choice is refused."""
    put(folder)
    backup = f"sqlite:///{tmp_path / 'backup.sqlite'}"
    copying.copy(folder, backup)
    other = made(tmp_path / "other")
    copying.copy(other, "workspace", backup)
    assert len(ledger.rows(other, TABLE)) == 1


def test_two_spellings_of_one_schema_take_the_same_turn(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder := made(tmp_path / "ws"))
    name = f"hotspots_{server.identity_of(folder)}"
    monkeypatch.setattr(server, "WAIT", 1)
    with write(folder):
        monkeypatch.setenv("HOTSPOTS_DATABASE_URL", f"{postgres}?options=-c%20search_path%3D{name}")
        with pytest.raises(HotspotsError, match="Another program has been writing to the database"):
            put(folder)


def test_rights_as_documented_suffice(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One role makes the tables; the other reads, adds, and removes drafts. Without a right: a sentence."""
    folder = made(tmp_path / "ws")
    put(folder)
    worker = f"worker_{form.new_key()[:8]}"
    schema = f"hotspots_{server.identity_of(folder)}"
    grants = (REPOSITORY / "docs" / "deployment.md").read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    engine = create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        can = connection.exec_driver_sql("SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user").scalar()
        if not can:
            pytest.skip("the role of HOTSPOTS_TEST_POSTGRES may not make others")
        connection.exec_driver_sql(f"CREATE ROLE {worker} LOGIN PASSWORD 'worker'")
        for line in grants.replace("SCHEMA_NAME", f'"{schema}"').replace("ROLE", worker).split(";"):
            if line.strip():
                connection.exec_driver_sql(line)
    login = make_url(postgres).set(username=worker, password="worker")
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", login.render_as_string(hide_password=False))
    try:
        assert put(folder) == 2
        key = form.new_key()
        assert form.save_draft(folder, key, {"area": "South-01"})
        assert form.save_draft(folder, key, {"area": "South-02"})
        with pytest.raises(HotspotsError, match=rf"role '{worker}' lacks a right.*Nothing was stored"):
            put(made(tmp_path / "other"))
        with engine.connect() as connection:
            connection.exec_driver_sql(f'REVOKE DELETE ON "{schema}".patrol_drafts FROM {worker}')
        with pytest.raises(HotspotsError, match="lacks a right"):
            form.save_draft(folder, key, {"area": "South-03"})
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
            connection.exec_driver_sql(f"DROP ROLE {worker}")
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://who:secret@127.0.0.1:1/none", r"server at 127\.0\.0\.1:1 cannot be reached"),
        ("mysql://who:secret@127.0.0.1/none", "names 'mysql': a PostgreSQL database or an SQLite file"),
        ("no url", "is not the URL of a database"),
        ("sqlite://", "names 'sqlite'"),
    ],
)
def test_a_url_that_leads_nowhere_is_a_sentence_without_its_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    server.identity_of(folder, make=True)
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", url)
    for ask in (lambda: ledger.rows(folder, TABLE), lambda: put(folder)):
        with pytest.raises(HotspotsError, match=words) as caught:
            ask()
        assert "secret" not in str(caught.value)


def test_no_error_of_the_database_holds_what_was_to_be_stored(either: Path) -> None:
    """Errors of ours keep their traceback, and a traceback is logged: no name or note may be in it."""
    who = form.new_key()
    with pytest.raises(IntegrityError) as caught:
        put(either, note=None, author=who)
    logged = "".join(traceback.format_exception(caught.value))
    assert "dose_targets" in logged
    assert who not in logged


def test_without_the_driver_a_sentence_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.identity_of(folder, make=True)
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", "postgresql://u@127.0.0.1/x")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HotspotsError, match=r"pip install \"psycopg\[binary\]\""):
        ledger.rows(folder, TABLE)


# ---------------------------------------------------------------- from one database to the other


def dump(folder: Path) -> dict[str, list[dict[str, object]]]:
    with read(folder) as connection:
        tables = {name: ledger.rows_in(connection, name) for name in METADATA.tables if name != "workspaces"}
    tables["weights"].sort(key=lambda row: (row["weight_set"], row["line"]))
    return tables


def test_everything_goes_to_postgresql_and_back(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL")
    folder = made(tmp_path / "ws")
    old_database(folder)
    before = dump(folder)
    assert sum(map(len, before.values())) > 500
    there = ["--workspace", str(folder)]
    assert main(["copy", "--to", postgres, *there]) == 0
    assert "Copied 534 rows: " in capsys.readouterr().err
    monkeypatch.setenv("HOTSPOTS_DATABASE_URL", postgres)
    assert dump(folder) == before
    assert load(folder, "cchi-2020-sv@2020.1").table["days"].iloc[0] == 6000.0  # its hash is checked
    assert put(folder) == len(before[TABLE]) + 1
    assert main(["copy", "--to", postgres, "--from", "workspace", *there]) == 1
    assert "holds area_registers" in capsys.readouterr().err
    (folder / FILE).unlink()
    assert main(["copy", "--to", "workspace", *there]) == 0
    after = dump(folder)
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL")
    assert dump(folder) == after
    assert len(after[TABLE]) == len(before[TABLE]) + 1
    assert problems(folder) == []


def test_a_copy_that_goes_wrong_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)
    target = f"sqlite:///{folder.parent / 'other.sqlite'}"
    real = copying.rows_of
    asked = []

    def lossy(connection: object, table: object) -> object:
        rows = real(connection, table)  # type: ignore[arg-type]
        asked.append(table)
        return rows[:-1] if asked.count(table) == 3 else rows

    monkeypatch.setattr(copying, "rows_of", lossy)
    with pytest.raises(HotspotsError, match=r"did not arrive as it was sent\. Nothing was stored"):
        copying.copy(folder, target)
    with read(folder, target) as connection:
        assert ledger.rows_in(connection, TABLE) == []
    with pytest.raises(HotspotsError, match="uses already"):
        copying.copy(folder, "workspace")
    with pytest.raises(HotspotsError, match="nothing to copy"):
        copying.copy(made(folder.parent / "empty"), target)


def test_upgrade_makes_the_tables_and_says_where(
    postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path / "ws")
    assert main(["upgrade", "--workspace", str(folder)]) == 0
    assert f"its schema is hotspots_{server.identity_of(folder)}." in capsys.readouterr().err
    assert ledger.rows(folder, TABLE) == []


# ---------------------------------------------------------------- SQLite: reads that only read


def test_reading_waits_for_nobody(folder: Path) -> None:
    put(folder)
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("INSERT INTO workspaces VALUES ('x')")
    assert len(ledger.rows(folder, TABLE)) == 1
    assert problems(folder) == []
    other.close()


def test_a_writer_that_never_ends_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)
    monkeypatch.setattr(sqlite, "WAIT", 0.1)
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HotspotsError, match=r"Another program has been writing to .* Nothing was stored"):
        put(folder)
    other.close()
    assert put(folder) == 2


@pytest.mark.parametrize("left", ["nothing", "a log"])
def test_where_sqlite_cannot_keep_its_notes_all_that_was_stored_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    """As in a read-only folder or on a full disk: there `mode=ro` fails to open a database with a log."""
    put(folder)
    if left == "a log":
        copy = folder.parent / "copy"
        other = sqlite3.connect(folder / FILE)  # keeps the log from being folded in
        other.execute("SELECT * FROM dose_targets").fetchall()
        put(folder)
        shutil.copytree(folder, copy)
        other.close()
        folder = copy
        (folder / f"{FILE}-shm").unlink()
        assert (folder / f"{FILE}-wal").stat().st_size > 0
    before = sorted(p.name for p in folder.iterdir())
    real = sqlite.connected

    def refused(uri: str) -> sqlite3.Connection:
        if "mode=ro" not in uri:
            return real(uri)
        connection = real("file:nowhere?mode=memory")
        connection.close()
        return Refusing()  # type: ignore[return-value]

    monkeypatch.setattr(sqlite, "connected", refused)
    assert len(ledger.rows(folder, TABLE)) == (2 if left == "a log" else 1)
    assert sorted(p.name for p in folder.iterdir()) == before


ASKED = (["check"], ["areas", "list"], ["weights", "list"], ["dosage", "targets"], ["change", "matches"])


def answers(folder: Path) -> list[tuple[int, str]]:
    found = []
    for words in ASKED:
        out = io.StringIO()
        with redirect_stdout(out):
            found.append((main([*words, "--workspace", str(folder)]), out.getvalue()))
    return found


@pytest.mark.parametrize("left", ["nothing", "a log"])
def test_on_a_read_only_mount_everything_answers_and_storing_is_a_sentence(
    folder: Path, mounted: Callable[[str], Path], left: str
) -> None:
    put(folder)
    asked = answers(folder)
    other = sqlite3.connect(folder / FILE)
    if left == "a log":
        other.execute("SELECT * FROM dose_targets").fetchall()
        put(folder)
        asked = answers(folder)
    disk = mounted("size=8m")
    shutil.copytree(folder, disk / "ws")
    other.close()
    for made_by_reading in (disk / "ws").glob("*-shm"):
        made_by_reading.unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert answers(disk / "ws") == asked
    with pytest.raises(HotspotsError, match="Nothing was stored"):
        put(disk / "ws")


def test_on_a_full_disk_everything_answers_and_what_cannot_be_stored_is_a_sentence(
    folder: Path, mounted: Callable[[str], Path]
) -> None:
    put(folder)
    asked = answers(folder)
    disk = mounted("size=1m")
    shutil.copytree(folder, disk / "ws")
    fill(disk / "filler")
    assert answers(disk / "ws") == asked
    for _ in range(3):
        with pytest.raises(HotspotsError, match=r"disk is full.*Nothing was stored"):
            put(disk / "ws")
    assert answers(disk / "ws") == asked
    (disk / "filler").unlink()
    assert put(disk / "ws") == 2


class Refusing:
    """A connection to a file beside which no notes can be kept."""

    def execute(self, _statement: str) -> None:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    def close(self) -> None:
        pass


def test_what_is_stored_is_the_owners_alone(folder: Path) -> None:
    put(folder)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


# ---------------------------------------------------------------- shapes by number


def shape(path: Path) -> set[tuple[str, ...]]:
    """Tables with their columns, and triggers, of a database file."""
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        return {
            (kind, name, *(str(c[1:]) for c in connection.execute(f"PRAGMA table_info({name})")))
            for kind, name in found
        }


def old_database(folder: Path) -> None:
    (folder / FILE).write_bytes(gzip.decompress((BEFORE / "hotspots.sqlite.gz").read_bytes()))


def test_the_steps_known_are_the_steps_there_are() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", revisions.STEPS.as_posix())
    config.set_main_option("path_separator", "os")
    steps = ScriptDirectory.from_config(config)
    assert tuple(reversed([s.revision for s in steps.walk_revisions()])) == revisions.KNOWN


def test_an_upgraded_database_has_the_shape_of_a_new_one(folder: Path, tmp_path: Path) -> None:
    old_database(folder)
    put(folder)
    put(new := made(tmp_path / "new"))
    assert shape(folder / FILE) == shape(new / FILE)


def test_a_postgresql_database_of_before_is_upgraded_in_place(postgres: str, tmp_path: Path) -> None:
    put(new := made(tmp_path / "new"))
    put(old := made(tmp_path / "old"))
    with write(old) as connection:  # what the steps brought is taken away again
        for name in ADDED_TO_ONLY:
            connection.exec_driver_sql(f"DROP TRIGGER {name}_never_changed ON {name}")
        for name in LATER:
            connection.exec_driver_sql(f"DROP TABLE {name}")
    assert len(ledger.rows(old, TABLE)) == 1
    assert put(old) == 2
    with read(old) as o, read(new) as n:
        assert o is not None
        assert n is not None
        assert revisions.revision_of(o) == revisions.NEWEST
        ours, theirs = inspect(o), inspect(n)
        for table in METADATA.tables:
            assert [c["name"] for c in ours.get_columns(table)] == [c["name"] for c in theirs.get_columns(table)]
        asked = "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal AND"
        asked += " c.relnamespace = current_schema()::regnamespace"
        assert o.exec_driver_sql(asked).scalar() == n.exec_driver_sql(asked).scalar() == len(ADDED_TO_ONLY)


FIGURES = {
    "weights": ["weights", "list"],
    "weight_history": ["weights", "show", "cchi-2020-sv", "--history"],
    "registers": ["areas", "list"],
    "targets": ["dosage", "targets"],
    "matches": ["change", "matches"],
    "designs": ["change", "designs"],
    "ranking": ["rank", "--top", "10", "--by", "harm"],
    "dosage": ["dosage", "--from", "2026-10-19", "--to", "2026-10-21", "--table", "days"],
    "pairs": [
        "change", "--match", "m1", "--comparison", "matched", "--from", "2026-05", "--to", "2026-10", "--before-from",
        "2025-05", "--before-to", "2025-10", "--table", "pairs",
    ],
}  # fmt: skip


def figures(folder: Path, name: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([*FIGURES[name], "--workspace", str(folder)]) == 0
    return out.getvalue()


def in_columns_of(then: str, now: str) -> str:
    """Without the columns that were added behind those of then."""
    width = then.partition("\n")[0].count(",") + 1
    rows = csv.reader(io.StringIO(now))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(row[:width] for row in rows)
    return out.getvalue()


def test_a_workspace_of_before_is_read_as_it_is_and_upgraded_by_the_first_write(
    patrolled: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The demo with a weight edit, a log entry, a target, a match, a design, a context line; and its figures then."""
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    folder = tmp_path / "ws"
    shutil.copytree(patrolled, folder)
    for file in folder.glob(f"{FILE}*"):
        file.unlink()
    old_database(folder)
    bytes_before = (folder / FILE).read_bytes()
    then = {name: (BEFORE / f"{name}.csv").read_text(encoding="utf-8") for name in FIGURES}
    for name in FIGURES.keys() - {"pairs"}:
        assert in_columns_of(then[name], figures(folder, name)) == then[name], name
    assert (folder / FILE).read_bytes() == bytes_before
    with read(folder) as connection:
        assert connection is not None
        assert revisions.revision_of(connection) == "0001"

    entry = ledger.rows(folder, "patrol_entries")[0]
    form.correct(folder, entry["entry"], {"officers": 3}, "Ann", "there were three", form.new_key())
    with read(folder) as connection:
        assert connection is not None
        assert revisions.revision_of(connection) == revisions.NEWEST
    for name in FIGURES.keys() - {"dosage"}:  # which has the correction now
        assert in_columns_of(then[name], figures(folder, name)) == then[name], name
    copy = folder / f"{FILE}.revision-0001"
    assert shape(copy) == shape_of_bytes(bytes_before, tmp_path)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM patrol_entries").fetchone() == (1,)
    assert problems(folder) == []


def shape_of_bytes(content: bytes, folder: Path) -> set[tuple[str, ...]]:
    (folder / "before.sqlite").write_bytes(content)
    return shape(folder / "before.sqlite")


def test_where_no_copy_can_be_made_nothing_is_upgraded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_database(folder)
    before = (folder / FILE).read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite, "copy_beside", full)
    with pytest.raises(HotspotsError, match=r"cannot be copied before its upgrade.*Nothing was stored"):
        put(folder)
    assert (folder / FILE).read_bytes() == before
    assert len(ledger.rows(folder, TABLE)) == 1


def test_a_newer_database_is_refused_in_a_sentence(folder: Path) -> None:
    put(folder)
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for ask in (lambda: ledger.rows(folder, TABLE), lambda: put(folder)):
        with pytest.raises(HotspotsError, match=r"newer version of this program\. Update the program"):
            ask()
    assert "newer version" in problems(folder)[0]


def test_no_message_of_the_store_advises_to_move_a_database() -> None:
    words = "".join(p.read_text(encoding="utf-8") for p in Path(database.__file__).parent.glob("*.py"))
    assert "oving it away" not in words
    assert "ove it away" not in words
