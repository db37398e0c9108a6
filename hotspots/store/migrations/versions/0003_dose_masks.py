"""Sites inside hot spots where being is no patrol, masked for a reason."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    whole, number, text = sa.Integer(), sa.Float(), sa.Text()
    op.create_table(
        "dose_masks",
        sa.Column("id", whole, primary_key=True),
        sa.Column("masked", whole, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("site", "kind", "author", "note", "created")),
        *(sa.Column(name, number, nullable=False) for name in ("lon", "lat", "radius_m")),
    )
    if op.get_context().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS dose_masks_no_{what.lower()} BEFORE {what} ON dose_masks"
                " BEGIN SELECT RAISE(ABORT, 'dose_masks: rows are never changed or deleted'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE TRIGGER dose_masks_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON dose_masks"
        " FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
    )
