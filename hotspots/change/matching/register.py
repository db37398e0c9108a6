"""Frozen matches: who is compared with whom, written down before the outcome is seen, and never rewritten.

Anybody can find some comparison that pleases once the figures are in. So a match is frozen under a name, with what was
asked, the first day that it must precede, and the SHA-256 of it all. Rows are only ever added: another match needs
another name. Freezing later is allowed, for a force has to be able to look back; but then ``frozen_before`` says no.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.base.clock import day_of, home
from hotspots.base.columns import CHANGE_FROZEN, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings, load_settings
from hotspots.change.matching.hashed import canonical
from hotspots.change.matching.pairs import places_of_text, text_of
from hotspots.store import ledger
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hotspots.change.matching.places import MatchedPlaces
    from hotspots.change.settling import Settled

KIND = "match"
TABLE = "change_matches"
COMPARED = {
    "treated": "the places", "bcu": "the BCU", "first_day": "a start on", "learned": "a time before of",
    "source": "the source", "offences": "the offences", "include_proactive": "offences found by police activity",
    "resolution": "cells of resolution", "ring_m": "rings in metres of", "weights_sha256": "weights with the hash",
}  # fmt: skip
JSON = ("question", "match")  # columns that hold it


@dataclass(frozen=True, eq=False)
class FrozenMatch:
    """A match as it was frozen. ``treated``: the register, or "top N cells"; ``frozen_before``: before first_day."""

    name: str
    first_day: date
    treated: str
    facts: dict[str, Any]
    matched: MatchedPlaces
    author: str
    note: str
    created: str
    sha256: str
    frozen_before: bool


def freeze(
    folder: Path, matched: MatchedPlaces, name: str, first_day: date | str, treated: str, author: str, note: str
) -> FrozenMatch:
    """Write a match into the register under a new name, for good.

    ``first_day``: of the window after, which the match should precede; ``treated``: the register's name@version or
    "top N cells". HotspotsError for a name that is taken or cannot be one, and without author or note.
    """
    author, note = ledger.signature(author, note)
    first = day_of(first_day, "The first day after the start")
    ledger.check_name(name, "match")
    settings = open_workspace(folder).settings
    row = {
        "name": name, "first_day": first.isoformat(), "treated": " ".join(treated.split())[:200], "author": author,
        "note": note, "question": canonical(matched.facts), "match": text_of(matched), "created": ledger.created(),
    }  # fmt: skip

    def add(connection: Connection) -> FrozenMatch:
        if words := ledger.taken(connection, TABLE, name, "frozen match"):
            raise HotspotsError(words)
        whole = {**row, "sha256": ledger.hash_of(row, *JSON)}
        ledger.insert(connection, TABLE, whole)
        return _read(whole, settings)

    return ledger.append(folder, add)


def load(folder: Path, name: str) -> FrozenMatch:
    """The match of this name. HotspotsError where there is none, or it is not as it was frozen."""
    (row,) = ledger.named(ledger.rows(folder, TABLE), name, "match")
    return _read(row, open_workspace(folder).settings)


def matches(folder: Path) -> pd.DataFrame:
    """Every frozen match, oldest first, in `hotspots.base.columns.CHANGE_FROZEN`."""
    settings = load_settings(folder)
    rows = [
        {**row, "kind": KIND, "last_day": "", "frozen_before": is_before(row["created"], row["first_day"], settings)}
        for row in ledger.rows(folder, TABLE)
    ]
    return in_columns(pd.DataFrame(rows), CHANGE_FROZEN)


def problems(folder: Path) -> list[str]:
    """Matches that are not as they were frozen, a sentence each."""
    settings = load_settings(folder)
    return ledger.faults(ledger.rows(folder, TABLE), lambda row: _read(row, settings))


def _read(row: Mapping[str, Any], settings: Settings) -> FrozenMatch:
    """A stored match, its hash verified."""
    ledger.verify(f"The match {row['name']} is not as it was frozen", row, *JSON)
    question = json.loads(row["question"])
    facts = {name: row[name] for name in ("name", "treated", "author", "note", "created", "sha256")}
    return FrozenMatch(
        **facts, first_day=date.fromisoformat(row["first_day"]), facts=question,
        matched=places_of_text(row["match"], question),
        frozen_before=is_before(row["created"], row["first_day"], settings),
    )  # fmt: skip


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
