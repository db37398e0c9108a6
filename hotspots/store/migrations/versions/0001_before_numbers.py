"""The tables of every workspace made before databases were numbered; those an early one has not yet are made."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for statement in Path(__file__).with_name("0001.sql").read_text(encoding="utf-8").strip().split("\n\n"):
            op.execute(statement)
