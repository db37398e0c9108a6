"""The shape of the database, by number: which it has, how it is brought to the newest, how an older one is read.

A new database is made from `hotspots.store.schema` as it stands; an older one goes through the steps of
``migrations/versions`` with Alembic, which is loaded only then. A test holds the two ways to the same result.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.errors import HotspotsError

if TYPE_CHECKING:
    from sqlalchemy import Connection

KNOWN = ("0001", "0002", "0003")  # the oldest first
NEWEST = KNOWN[-1]
TABLE = "alembic_version"
STEPS = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """The number of a database's shape; None where it has no tables of ours. Before there were numbers: 0001."""
    from sqlalchemy import inspect

    names = set(inspect(connection).get_table_names())
    if TABLE in names:
        return connection.exec_driver_sql(f"SELECT version_num FROM {TABLE}").scalar()
    return KNOWN[0] if names & {"weight_sets", "area_registers"} else None


def refuse_newer(revision: str | None) -> str | None:
    if revision is not None and revision not in KNOWN:
        raise HotspotsError(
            "What was edited in this workspace was stored by a newer version of this program. Update the program."
        )
    return revision


def make_newest(connection: Connection, revision: str | None) -> None:
    """Bring a database to the newest shape, from any older one or from nothing, in the transaction that is open."""
    from hotspots.store.schema import METADATA

    if revision is None:
        METADATA.create_all(connection)
        connection.exec_driver_sql(f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO {TABLE} VALUES ('{NEWEST}')")
        return
    from alembic import command
    from alembic.config import Config

    steps = Config(attributes={"connection": connection})
    steps.set_main_option("script_location", STEPS.as_posix().replace("%", "%%"))
    steps.set_main_option("path_separator", "os")
    command.upgrade(steps, NEWEST)


def seen_as_newest(connection: Connection, revision: str) -> None:
    """Let an older database be read as if it had the newest shape: what it has not comes out empty. Changes nothing."""
    if refuse_newer(revision) == NEWEST:
        return
    from sqlalchemy import inspect

    from hotspots.store.schema import METADATA

    here = inspect(connection)
    home = "main" if connection.dialect.name == "sqlite" else here.default_schema_name
    there = set(here.get_table_names())
    for table in METADATA.sorted_tables:
        has = {column["name"] for column in here.get_columns(table.name)} if table.name in there else set()
        missing = [c for c in table.columns if c.name not in has]
        if not missing:
            continue
        empty = [f'CAST(NULL AS {c.type.compile(connection.dialect)}) AS "{c.name}"' for c in missing]
        old = [f'"{name}"' for name in has]
        source = f'FROM "{home}"."{table.name}"' if has else "WHERE 1 = 0"
        connection.exec_driver_sql(f'CREATE TEMP VIEW "{table.name}" AS SELECT {", ".join([*old, *empty])} {source}')
