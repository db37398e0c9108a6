"""What people edit, in SQL: SQLite inside the workspace by default, PostgreSQL by URL.

Several processes may write at once: SQLite runs with a write-ahead log, waits for its turn, and takes the
write lock at the start of a transaction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.base.errors import HotspotsError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData, Table

FILE = "hotspots.sqlite"
WEIGHT_COLUMNS = ("athena_urn", "ho_class", "crime_type", "title", "offence_group", "days")


def database_url(folder: Path) -> str:
    """``HOTSPOTS_DATABASE_URL`` if set, else the SQLite file of the workspace."""
    return os.environ.get("HOTSPOTS_DATABASE_URL") or f"sqlite:///{(folder / FILE).resolve().as_posix()}"


def has_database(folder: Path | None) -> bool:
    """Whether anything has been edited: a workspace gets its database with the first weights that are stored.

    Until then the sets that ship with the program answer, without loading SQL or writing anything.
    """
    return folder is not None and bool(os.environ.get("HOTSPOTS_DATABASE_URL") or (folder / FILE).is_file())


@cache
def tables() -> MetaData:
    """The SQL schema: weight sets (never changed once stored; a change is a new version), their weights and history.

    Rows are only ever added: `weight_versions` says who made a set and from which, `weight_changes` what changed, and
    of `weight_defaults` the newest row of a source holds. `add_area_tables` says the same of areas.
    """
    from sqlalchemy import Column, Float, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

    metadata = MetaData()
    Table(
        "weight_sets",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(100), nullable=False),
        Column("version", String(50), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("about", Text, nullable=False),
        UniqueConstraint("name", "version"),
    )
    Table(
        "weights",
        metadata,
        Column("weight_set", Integer, ForeignKey("weight_sets.id", ondelete="CASCADE"), nullable=False, index=True),
        Column("line", Integer, nullable=False),
        *(Column(c, Text, nullable=False) for c in WEIGHT_COLUMNS[:-1]),
        Column("days", Float, nullable=False),
        UniqueConstraint("weight_set", "line"),
    )
    Table(
        "weight_versions",
        metadata,
        Column("weight_set", Integer, ForeignKey("weight_sets.id"), primary_key=True),
        Column("parent", Integer, ForeignKey("weight_sets.id")),
        *(Column(c, Text, nullable=False) for c in ("what", "author", "note", "created")),
    )
    Table(
        "weight_changes",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("weight_set", Integer, ForeignKey("weight_sets.id"), nullable=False, index=True),
        *(Column(c, Text, nullable=False) for c in ("what", "author", "note", "created", "offence")),
        Column("before", Float),
        Column("after", Float),
    )
    Table(
        "weight_defaults",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("weight_set", Integer, ForeignKey("weight_sets.id"), nullable=False),
        *(Column(c, Text, nullable=False) for c in ("source", "author", "note", "created")),
    )
    add_area_tables(metadata)
    add_patrol_tables(metadata)
    add_context_tables(metadata)
    add_change_match_tables(metadata)
    add_change_design_tables(metadata)
    for name in ADDED_TO_ONLY:
        refuse_changes(metadata.tables[name])
    return metadata


ADDED_TO_ONLY = (
    "area_registers", "register_areas", "register_cells", "area_exclusions", "patrol_entries", "dose_targets",
    "change_designs",
    "change_matches",
    "context_lines",
)  # fmt: skip


def add_area_tables(metadata: MetaData) -> None:
    """Frozen areas (a version of a register, its areas, their cells) and excluded cells, whose newest row holds.

    Rows are only ever added. In SQLite triggers refuse to change or delete them; elsewhere the rights of the role have
    to, and everywhere the stored SHA-256 tells.
    """
    from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, String, Table, Text
    from sqlalchemy import UniqueConstraint as Unique

    Table(
        "area_registers",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(100), nullable=False),
        Column("version", Integer, nullable=False),
        *(Column(c, Text, nullable=False) for c in ("valid_from", "author", "note", "created", "definition")),
        Column("sha256", String(64), nullable=False),
        Unique("name", "version"),
    )
    Table(
        "register_areas",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("register", Integer, ForeignKey("area_registers.id"), nullable=False),
        *(Column(c, Text, nullable=False) for c in ("area", "name", "bcu", "role", "edits")),
        *(Column(c, Integer, nullable=False) for c in ("resolution", "n_cells", "n_incidents")),
        *(Column(c, Float) for c in ("area_m2", "harm_days", "harm_expected_days", "share_of_bcu_harm")),
        Unique("register", "area"),
    )
    Table(
        "register_cells",
        metadata,
        Column("register", Integer, ForeignKey("area_registers.id"), primary_key=True),
        Column("cell", BigInteger, primary_key=True),  # in one area of a version at most
        Column("area", Text, nullable=False),
    )
    Table(
        "area_exclusions",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("cell", BigInteger, nullable=False),
        Column("excluded", Integer, nullable=False),  # 1 excluded, 0 lifted
        *(Column(c, Text, nullable=False) for c in ("kind", "note", "author", "created")),
    )


def add_patrol_tables(metadata: MetaData) -> None:
    """Log entries of the form (a correction is a later row of the same entry), their drafts, and dose targets."""
    from sqlalchemy import Column, Float, Integer, String, Table, Text
    from sqlalchemy import UniqueConstraint as Unique

    Table(
        "patrol_entries",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("entry", String(40), nullable=False),  # the same for an entry and its corrections
        Column("revision", Integer, nullable=False),
        Column("key", String(40), nullable=False, unique=True),  # of the submission: a second one with it is the first
        *(Column(c, Text, nullable=False) for c in ("area", "unit", "mode", "activity", "notes", "author", "why")),
        *(Column(c, Integer, nullable=False) for c in ("start", "end", "officers", "reactive", "withdrawn")),
        *(Column(c, Integer) for c in ("searches", "arrests", "weapons")),
        Column("created", Text, nullable=False),
        Unique("entry", "revision"),
    )
    Table(
        "patrol_drafts",
        metadata,
        Column("key", String(40), primary_key=True),
        Column("told", Text, nullable=False),
        Column("changed", Text, nullable=False),
    )
    Table(
        "dose_targets",
        metadata,
        Column("id", Integer, primary_key=True),
        *(Column(c, Text, nullable=False) for c in ("register", "area", "valid_from", "author", "note", "created")),
        Column("minutes", Float),  # none: the target is lifted
    )


def add_change_match_tables(metadata: MetaData) -> None:
    """Comparison places as they were matched, frozen with what was asked. Rows are only ever added."""
    from sqlalchemy import Column, Integer, String, Table, Text

    Table(
        "change_matches",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(100), nullable=False, unique=True),
        *(Column(c, Text, nullable=False) for c in ("first_day", "treated", "question", "match")),
        *(Column(c, Text, nullable=False) for c in ("author", "note", "created")),
        Column("sha256", String(64), nullable=False),
    )


def add_change_design_tables(metadata: MetaData) -> None:
    """Designs of randomised trials, frozen before their first patrol day. Rows are only ever added."""
    from sqlalchemy import Column, Integer, String, Table, Text

    Table(
        "change_designs",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(100), nullable=False, unique=True),
        *(Column(c, Text, nullable=False) for c in ("kind", "register", "first_day", "last_day")),
        *(Column(c, Text, nullable=False) for c in ("design", "definition", "author", "note", "created")),
        Column("sha256", String(64), nullable=False),
    )


def add_context_tables(metadata: MetaData) -> None:
    """Context lines: what else was going on. A correction or withdrawal is a later row of the same line."""
    from sqlalchemy import Column, Integer, String, Table, Text
    from sqlalchemy import UniqueConstraint as Unique

    facts = ("kind", "name", "first_day", "last_day", "where", "source", "author", "note", "created")
    Table(
        "context_lines",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("line", String(40), nullable=False),
        *(Column(c, Integer, nullable=False) for c in ("revision", "withdrawn")),
        *(Column(c, Text, nullable=False) for c in facts),
        Column("sha256", String(64), nullable=False),
        Unique("line", "revision"),
    )


def refuse_changes(table: Table) -> None:
    """In SQLite, a trigger that lets nobody change or delete a row of this table."""
    from sqlalchemy import DDL
    from sqlalchemy.event import listen

    for what in ("UPDATE", "DELETE"):
        rule = DDL(
            f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{what.lower()} BEFORE {what} ON {table.name}"
            f" BEGIN SELECT RAISE(ABORT, '{table.name}: rows are never changed or deleted'); END"
        )
        listen(table, "after_create", rule.execute_if(dialect="sqlite"))


def engine_for(folder: Path) -> Engine:
    """An engine on the workspace's database, set up for several writers."""
    from sqlalchemy import create_engine, event

    url = database_url(folder)
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 30})

    def on_connect(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


@contextmanager
def transaction(folder: Path) -> Iterator[Connection]:
    """One transaction on the workspace's database; the tables are made if they are missing.

    Raises HotspotsError where the database cannot be opened, is damaged, or stays locked by another program.
    """
    from sqlalchemy.exc import DatabaseError, OperationalError

    engine = engine_for(folder)
    try:
        with engine.begin() as connection:
            tables().create_all(connection)
            yield connection
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        name = FILE if engine.dialect.name == "sqlite" else "The database"
        raise HotspotsError(
            f"{name} of the workspace cannot be used: {error.orig}. If it is damaged, restore it from a copy. Moving it"
            " away brings back the weight sets that ship with the program, but loses your own, and frozen areas."
        ) from error
    finally:
        engine.dispose()


def problems(folder: Path) -> list[str]:
    """What is wrong with the database file of a workspace, each a sentence; a workspace may have none."""
    if not has_database(folder):
        return []
    try:
        with transaction(folder) as connection:
            if connection.dialect.name == "sqlite":
                told = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
                if told != "ok":
                    return [f"{FILE} is damaged ({told[:80]}). Restore it from a copy."]
    except HotspotsError as error:
        return list(error.problems)
    return []
