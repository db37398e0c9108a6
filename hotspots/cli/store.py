"""Verbs for the database of what people edit: bring it to another, and to its newest shape."""

from __future__ import annotations

import argparse
import sys

from hotspots.cli.verbs import Verbs


def add_verbs(verbs: Verbs) -> None:
    one = verbs.add(
        "copy", run_copy, "carry everything people edit to another database, hashes and order intact",
        "--to postgresql://USER@HOST/NAME", out=False,
    )  # fmt: skip
    place = "a database URL, or the word workspace for its own SQLite file"
    one.add_argument("--to", required=True, metavar="URL", help=f"where to: {place}; nothing may be stored there yet")
    one.add_argument("--from", dest="source", default="", metavar="URL", help=f"default: what is used now; {place}")
    verbs.add(
        "upgrade", run_upgrade, "make the database's tables, or bring them to the shape of this version", out=False
    )


def run_copy(asked: argparse.Namespace) -> None:
    from hotspots.store.copying import copy
    from hotspots.store.workspace import open_workspace

    open_workspace(asked.workspace)
    counts = copy(asked.workspace, asked.to, asked.source)
    held = ", ".join(f"{name} {n:,}" for name, n in counts.items() if n)
    print(f"Copied {sum(counts.values()):,} rows: {held}.", file=sys.stderr)
    print(
        "To use the copy, set HOTSPOTS_DATABASE_URL to it, or unset it for the workspace's own file.", file=sys.stderr
    )


def run_upgrade(asked: argparse.Namespace) -> None:
    from hotspots.store.database import write
    from hotspots.store.workspace import open_workspace

    open_workspace(asked.workspace)
    with write(asked.workspace) as connection:
        server = connection.dialect.name == "postgresql"
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar() if server else ""
    print(
        f"The database has the shape of this version{f'; its schema is {schema}' if schema else ''}.", file=sys.stderr
    )
