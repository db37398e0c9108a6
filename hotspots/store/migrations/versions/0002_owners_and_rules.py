"""Whose tables these are; and no row of weights, nor in PostgreSQL any row but a draft, is ever changed or deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WEIGHTS = ("weight_sets", "weights", "weight_versions", "weight_changes", "weight_defaults")
OTHERS = (
    "area_registers", "register_areas", "register_cells", "area_exclusions", "patrol_entries", "dose_targets",
    "change_designs", "change_matches", "context_lines",
)  # fmt: skip


def upgrade() -> None:
    op.create_table("workspaces", sa.Column("id", sa.String(40), primary_key=True))
    if op.get_context().dialect.name == "sqlite":
        for name in (*WEIGHTS, "workspaces"):
            for what in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {name}_no_{what.lower()} BEFORE {what} ON {name}"
                    f" BEGIN SELECT RAISE(ABORT, '{name}: rows are never changed or deleted'); END"
                )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '%: rows are never changed or deleted', TG_TABLE_NAME; END $$"
    )
    for name in (*WEIGHTS, *OTHERS, "workspaces"):
        op.execute(
            f"CREATE OR REPLACE TRIGGER {name}_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
        )
