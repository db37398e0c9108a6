"""The SQL schema of what people edit: every table of every room, and what may only be added to.

All tables stand here and not with their rooms: making, checking and moving a database takes them together, whatever a
program has loaded. Imported where SQL is needed, and not before.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.event import listen

METADATA = MetaData()
SIGNED = ("author", "note", "created")  # who, why, and when by `hotspots.store.ledger.now`


def texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def wholes(*names: str) -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in names]


def number() -> Column[int]:
    """Rows are numbered as they are added."""
    return Column("id", Integer, primary_key=True)


def sha256() -> Column[str]:
    return Column("sha256", String(64), nullable=False)


def refers(name: str, other: str, nullable: bool = False, index: bool | None = None) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{other}.id"), nullable=nullable, index=index)


# ---------------------------------------------------------------- harm: weight sets, their weights and history

Table(
    "weight_sets", METADATA,
    number(), Column("name", String(100), nullable=False), Column("version", String(50), nullable=False), sha256(),
    *texts("about"), UniqueConstraint("name", "version"),
)  # fmt: skip
Table(
    "weights", METADATA,
    Column("weight_set", Integer, ForeignKey("weight_sets.id", ondelete="CASCADE"), nullable=False, index=True),
    *wholes("line"), *texts("athena_urn", "ho_class", "crime_type", "title", "offence_group"),
    Column("days", Float, nullable=False), UniqueConstraint("weight_set", "line"),
)  # fmt: skip
Table(
    "weight_versions", METADATA,
    Column("weight_set", Integer, ForeignKey("weight_sets.id"), primary_key=True),
    refers("parent", "weight_sets", nullable=True), *texts("what", *SIGNED),
)  # fmt: skip
Table(
    "weight_changes", METADATA,
    number(), refers("weight_set", "weight_sets", index=True), *texts("what", *SIGNED, "offence"),
    Column("before", Float), Column("after", Float),
)  # fmt: skip
Table("weight_defaults", METADATA, number(), refers("weight_set", "weight_sets"), *texts("source", *SIGNED))

# ---------------------------------------------------------------- areas: frozen versions, and cells left out

Table(
    "area_registers", METADATA,
    number(), Column("name", String(100), nullable=False), *wholes("version"), *texts("valid_from", *SIGNED),
    *texts("definition"), sha256(), UniqueConstraint("name", "version"),
)  # fmt: skip
Table(
    "register_areas", METADATA,
    number(), refers("register", "area_registers"), *texts("area", "name", "bcu", "role", "edits"),
    *wholes("resolution", "n_cells", "n_incidents"),
    *(Column(c, Float) for c in ("area_m2", "harm_days", "harm_expected_days", "share_of_bcu_harm")),
    UniqueConstraint("register", "area"),
)  # fmt: skip
Table(
    "register_cells", METADATA,
    Column("register", Integer, ForeignKey("area_registers.id"), primary_key=True),
    Column("cell", BigInteger, primary_key=True),  # in one area of a version at most
    *texts("area"),
)  # fmt: skip
Table(
    "area_exclusions", METADATA,
    number(), Column("cell", BigInteger, nullable=False),
    *wholes("excluded"),  # 1 excluded, 0 lifted
    *texts("kind", "note", "author", "created"),
)  # fmt: skip

# ---------------------------------------------------------------- patrols: log entries, drafts, targets, masked sites

Table(
    "patrol_entries", METADATA,
    number(),
    Column("entry", String(40), nullable=False),  # the same for an entry and its corrections
    *wholes("revision"),
    Column("key", String(40), nullable=False, unique=True),  # of the submission: a second one with it is the first
    *texts("area", "unit", "mode", "activity", "notes", "author", "why"),
    *wholes("start", "end", "officers", "reactive", "withdrawn"),
    *(Column(c, Integer) for c in ("searches", "arrests", "weapons")),
    *texts("created"), UniqueConstraint("entry", "revision"),
)  # fmt: skip
Table("patrol_drafts", METADATA, Column("key", String(40), primary_key=True), *texts("told", "changed"))
Table(
    "dose_targets", METADATA,
    number(), *texts("register", "area", "valid_from", *SIGNED),
    Column("minutes", Float),  # none: the target is lifted
)  # fmt: skip
Table(
    "dose_masks", METADATA,
    number(), *wholes("masked"),  # 1 masked, 0 lifted
    *texts("site", "kind", *SIGNED), *(Column(c, Float, nullable=False) for c in ("lon", "lat", "radius_m")),
)  # fmt: skip

# ---------------------------------------------------------------- change: matches and context lines; trials

Table(
    "change_matches", METADATA,
    number(), Column("name", String(100), nullable=False, unique=True),
    *texts("first_day", "treated", "question", "match", *SIGNED), sha256(),
)  # fmt: skip
Table(
    "context_lines", METADATA,
    number(), Column("line", String(40), nullable=False), *wholes("revision", "withdrawn"),
    *texts("kind", "name", "first_day", "last_day", "where", "source", *SIGNED), sha256(),
    UniqueConstraint("line", "revision"),
)  # fmt: skip
Table(
    "change_designs", METADATA,
    number(), Column("name", String(100), nullable=False, unique=True),
    *texts("kind", "register", "first_day", "last_day", "design", "definition", *SIGNED), sha256(),
)  # fmt: skip

# ---------------------------------------------------------------- whose these are, where others could mean them too

Table("workspaces", METADATA, Column("id", String(40), primary_key=True))

# ---------------------------------------------------------------- rows that nobody changes or deletes

ADDED_TO_ONLY = tuple(name for name in METADATA.tables if name != "patrol_drafts")

# Both databases refuse by trigger, and everywhere the stored SHA-256 shows what was changed behind it.
for name in ADDED_TO_ONLY:
    for what in ("UPDATE", "DELETE"):
        rule = DDL(
            f"CREATE TRIGGER IF NOT EXISTS {name}_no_{what.lower()} BEFORE {what} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, '{name}: rows are never changed or deleted'); END"
        )
        listen(METADATA.tables[name], "after_create", rule.execute_if(dialect="sqlite"))
    for text in (
        "CREATE OR REPLACE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '%%: rows are never changed or deleted', TG_TABLE_NAME; END $$",
        f"CREATE OR REPLACE TRIGGER {name}_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION never_changed()",
    ):
        listen(METADATA.tables[name], "after_create", DDL(text).execute_if(dialect="postgresql"))
