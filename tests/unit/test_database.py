"""What people edit: stored once, read back whole, written by several processes at once."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.exc import IntegrityError

from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import shipped_weight_sets, weight_set_from_table
from hotspots.harm.weights import register
from hotspots.harm.weights.register import store_shipped, store_weight_set, weight_sets
from hotspots.intake import import_files
from hotspots.store.database import FILE, problems, write
from hotspots.store.schema import METADATA
from tests.apart import at_once
from tests.samples import crime, street
from tests.workspaces import prepare


@pytest.fixture(autouse=True)
def _no_server(monkeypatch):
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A workspace that nobody has asked for weights yet."""
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    assert not (tmp_path / FILE).exists()
    return tmp_path


def rows_of(folder: Path) -> tuple[int, int]:
    with sqlite3.connect(folder / FILE) as connection:
        return tuple(connection.execute(f"select count(*) from {t}").fetchone()[0] for t in ("weight_sets", "weights"))


def expected_rows() -> tuple[int, int]:
    sets = shipped_weight_sets().values()
    return len(sets), sum(len(s.table) for s in sets)


def local(version: str, days: float) -> object:
    table = pd.DataFrame({"ho_class": ["008/06"], "days": [days]})
    return weight_set_from_table(table, name="local", version=version, source="the force")


def test_the_shipped_sets_are_stored_once_however_often(folder):
    prepare(folder)
    prepare(folder)
    assert rows_of(folder) == expected_rows()


def test_sets_come_back_as_they_were(folder):
    prepare(folder)
    stored = weight_sets(folder)
    assert stored.keys() == shipped_weight_sets().keys()
    for name, given in shipped_weight_sets().items():
        assert stored[name].sha256 == given.sha256
        pd.testing.assert_frame_equal(stored[name].table, given.table)
        assert (stored[name].version, stored[name].source, stored[name].is_proxy) == (
            given.version, given.source, given.is_proxy,
        )  # fmt: skip


def test_without_a_workspace_the_shipped_sets_serve(tmp_path):
    assert weight_sets(tmp_path).keys() == weight_sets(None).keys() == shipped_weight_sets().keys()
    assert not (tmp_path / FILE).exists()


def test_a_question_writes_nothing_so_a_folder_that_cannot_be_written_can_still_rank(folder):
    (folder / FILE).unlink(missing_ok=True)
    assert weight_sets(folder).keys() == shipped_weight_sets().keys()
    assert not (folder / FILE).exists()


def test_the_first_set_stored_brings_the_shipped_ones_with_it(folder):
    prepare(folder)
    assert rows_of(folder) == expected_rows()


def test_a_force_that_stored_its_own_set_still_has_the_shipped_ones(folder):
    with write(folder) as connection:
        store_weight_set(connection, local("1", 10.0))
    assert weight_sets(folder).keys() == {"local", *shipped_weight_sets()}


def test_a_version_once_stored_is_never_changed(folder):
    with write(folder) as connection:
        store_shipped(connection)
        store_weight_set(connection, local("1", 10.0))
    with pytest.raises(IntegrityError), write(folder) as connection:
        store_weight_set(connection, local("1", 99.0))
    assert weight_sets(folder)["local"].table["days"].tolist() == [10.0]
    with write(folder) as connection:
        store_weight_set(connection, local("2", 99.0))
    assert weight_sets(folder)["local"].table["days"].tolist() == [99.0]  # the newest version
    sets, weights = expected_rows()
    assert rows_of(folder) == (sets + 2, weights + 2)


def test_a_failed_transaction_leaves_nothing(folder):
    prepare(folder)

    def half_done() -> None:
        with write(folder) as connection:
            store_weight_set(connection, local("1", 10.0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert rows_of(folder) == expected_rows()


def write_ten(folder: Path, name: str) -> None:
    with write(folder) as connection:
        store_shipped(connection)
    for version in range(10):
        with write(folder) as connection:
            table = pd.DataFrame({"ho_class": ["008/06"], "days": [float(version)]})
            store_weight_set(connection, weight_set_from_table(table, name=name, version=str(version), source="test"))


def test_several_processes_write_at_once(folder):
    assert at_once(*(partial(write_ten, folder, f"local-{n}") for n in range(3))) == [0, 0, 0]
    sets, weights = expected_rows()
    assert rows_of(folder) == (sets + 30, weights + 30)
    assert problems(folder) == []


def test_a_file_that_is_no_database_is_told(folder):
    (folder / FILE).write_bytes(b"no database" * 1_000)
    with pytest.raises(HotspotsError, match=r"hotspots\.sqlite of the workspace is damaged .*Restore"):
        weight_sets(folder)
    assert "is damaged" in problems(folder)[0]


def test_a_weight_changed_behind_the_programs_back_is_told(folder):
    prepare(folder)
    assert register.problems(folder) == []
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("drop trigger weights_no_update")
        connection.execute("update weights set days = days + 1 where weight_set = 1 and line = 0")
    (words,) = register.problems(folder)
    assert "is not as it was stored" in words


def test_the_schema_is_portable_sql():
    """The same tables for PostgreSQL: every statement compiles for it."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
