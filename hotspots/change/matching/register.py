"""Frozen matches: who is compared with whom, written down before the outcome is seen, and never rewritten.

Anybody can find some comparison that pleases once the figures are in. So a match is frozen under a name, with what was
asked, the first day that it must precede, and the SHA-256 of it all. Rows are only ever added: another match needs
another name. Freezing later is allowed, for a force has to be able to look back; but then ``frozen_before`` says no.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.areas.register import NAME, day_of, signature
from hotspots.base.clock import home
from hotspots.base.columns import CHANGE_FROZEN, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.change.matching.hashed import canonical
from hotspots.change.matching.pairs import likes_of_text, text_of
from hotspots.store.database import has_database, tables, transaction
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hotspots.base.settings import Settings
    from hotspots.change.matching.places import Likes
    from hotspots.change.settling import Settled

KIND = "match"
TABLE = "change_matches"
COMPARED = {
    "treated": "the places", "bcu": "the BCU", "first_day": "a start on", "learned": "a time before of",
    "source": "the source", "offences": "the offences", "include_proactive": "offences found by police activity",
    "resolution": "cells of resolution", "ring_m": "rings in metres of", "weights_sha256": "weights with the hash",
}  # fmt: skip
HASHED = ("name", "first_day", "treated", "author", "note", "created")


@dataclass(frozen=True, eq=False)
class FrozenMatch:
    """A match as it was frozen. ``treated``: the register, or "top N cells"; ``frozen_before``: before first_day."""

    name: str
    first_day: date
    treated: str
    facts: dict[str, Any]
    likes: Likes
    author: str
    note: str
    created: str
    sha256: str
    frozen_before: bool


def freeze(
    folder: Path,
    likes: Likes,
    name: str,
    first_day: date | str,
    treated: str,
    author: str,
    note: str,
    facts: Mapping[str, Any] | None = None,
) -> FrozenMatch:
    """Write a match into the register under a new name, for good.

    ``first_day``: of the window after, which the match should precede; ``treated``: the register's name@version or
    "top N cells"; ``facts``: what was asked (windows, weights with their hash, offences, workspace version), anything
    JSON can hold; by default those of ``likes``. HotspotsError for a name that is taken or cannot be one, and without
    author or note.
    """
    from sqlalchemy import insert, select
    from sqlalchemy.exc import IntegrityError

    author, note = signature(author, note)
    first = day_of(first_day, "The first day after the start")
    if not NAME.fullmatch(name):
        raise HotspotsError(f"'{name[:60]}' cannot be a match's name: use small letters, digits, '-', '_' and '.'.")
    open_workspace(folder)
    row = {
        "name": name, "first_day": first.isoformat(), "treated": " ".join(treated.split())[:200], "author": author,
        "note": note, "question": canonical(likes.facts if facts is None else facts), "match": text_of(likes),
        "created": now().isoformat(timespec="microseconds"),
    }  # fmt: skip
    kept = tables().tables[TABLE]
    try:
        with transaction(folder) as connection:
            if connection.execute(select(kept.c.id).where(kept.c.name == name)).first() is not None:
                raise HotspotsError(_taken(name))
            connection.execute(insert(kept).values(**row, sha256=_hash(row)))
    except IntegrityError as error:  # somebody else took the name at this moment
        raise HotspotsError(_taken(name)) from error
    return load(folder, name)


def load(folder: Path, name: str) -> FrozenMatch:
    """The match of this name. HotspotsError where there is none, or it is not as it was frozen."""
    if not has_database(folder):
        raise HotspotsError(f"There is no match '{name[:60]}': none has been frozen in this workspace.")
    with transaction(folder) as connection:
        rows = _rows(connection)
    found = [row for row in rows if row["name"] == name]
    if not found:
        held = ", ".join(sorted(row["name"] for row in rows))
        raise HotspotsError(
            f"There is no match '{name[:60]}'. "
            + (f"There are: {held}." if held else "None has been frozen in this workspace.")
        )
    return _read(found[0], open_workspace(folder).settings)


def matches(folder: Path) -> pd.DataFrame:
    """Every frozen match, oldest first, in `hotspots.base.columns.CHANGE_FROZEN`."""
    if not has_database(folder):
        return in_columns(pd.DataFrame(), CHANGE_FROZEN)
    settings = open_workspace(folder).settings
    with transaction(folder) as connection:
        rows = _rows(connection)
    told = [
        {**row, "kind": KIND, "last_day": "", "frozen_before": is_before(row["created"], row["first_day"], settings)}
        for row in rows
    ]
    return in_columns(pd.DataFrame(told, columns=[c.name for c in CHANGE_FROZEN]), CHANGE_FROZEN)


def problems(folder: Path) -> list[str]:
    """Matches that are not as they were frozen, a sentence each."""
    if not has_database(folder):
        return []
    settings = open_workspace(folder).settings
    words: list[str] = []
    with transaction(folder) as connection:
        rows = _rows(connection)
    for row in rows:
        try:
            _read(row, settings)
        except HotspotsError as error:
            words += error.problems
    return words


def stamp(folder: Path) -> str:
    """Changes whenever a match is frozen: for the keys of caches."""
    if not has_database(folder):
        return ""
    from sqlalchemy import func, select

    with transaction(folder) as connection:
        return str(connection.execute(select(func.max(tables().tables[TABLE].c.id))).scalar() or 0)


def asked_facts(asked: Settled, version: str) -> dict[str, Any]:
    """What a match was made for: a settled question and the workspace's version, as plain data."""
    question = asked.question
    windows = {"before": asked.before, "after": asked.after, "chosen": asked.chosen, "learned": asked.learned}
    return {
        "treated": asked.frozen.ref if asked.frozen else f"top {question.top} cells by {question.by}",
        "first_day": asked.after.start.isoformat(),
        **{name: [w.start.isoformat(), w.end.isoformat()] for name, w in windows.items()},
        "bcu": question.bcu,
        "source": asked.source,
        "offences": question.offences,
        "include_proactive": question.include_proactive,
        "resolution": question.resolution,
        "ring_m": question.ring_m,
        "weights": question.weights,
        "weights_sha256": asked.weights.sha256,
        "workspace_version": version,
    }


def made_for_another(found: FrozenMatch, facts: Mapping[str, Any]) -> list[str]:
    """What the question of a frozen match differs in from the one asked now (`asked_facts`), a sentence each."""
    return [
        f"The match {found.name} was made for {what} {_said(found.facts[key])}; asked for is {_said(facts[key])}."
        for key, what in COMPARED.items()
        if key in found.facts and found.facts[key] != facts[key]
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "included" if value else "left out"
    return " to ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def is_before(created: str, first_day: str, settings: Settings) -> bool:
    """Whether a time (UTC, ISO) lies before that day begins by the clock of the force."""
    return datetime.fromisoformat(created).astimezone(home(settings)).date() < date.fromisoformat(first_day)


def now() -> datetime:
    """The time that is written into the register."""
    return datetime.now(UTC)


def _taken(name: str) -> str:
    return f"There is a frozen match '{name}' already, and what is frozen is never rewritten: give another name."


def _rows(connection: Connection) -> list[dict[str, Any]]:
    from sqlalchemy import select

    kept = tables().tables[TABLE]
    return [dict(row) for row in connection.execute(select(kept).order_by(kept.c.id)).mappings()]


def _hash(row: Mapping[str, Any]) -> str:
    """SHA-256 of everything that is stored."""
    told = {k: row[k] for k in HASHED} | {k: json.loads(row[k]) for k in ("question", "match")}
    return sha256(canonical(told).encode()).hexdigest()


def _read(row: Mapping[str, Any], settings: Settings) -> FrozenMatch:
    try:
        whole = _hash(row) == row["sha256"]
    except ValueError:  # not even JSON any more
        whole = False
    if not whole:
        raise HotspotsError(
            f"The match {row['name']} is not as it was frozen: it does not have the hash it was stored with. Restore"
            " the database from a copy."
        )
    facts = json.loads(row["question"])
    return FrozenMatch(
        row["name"], date.fromisoformat(row["first_day"]), row["treated"], facts, likes_of_text(row["match"], facts),
        row["author"], row["note"], row["created"], row["sha256"],
        is_before(row["created"], row["first_day"], settings),
    )  # fmt: skip
