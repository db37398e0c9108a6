"""Matches as people read them and as they are frozen: written down before the outcome is seen, and never rewritten.

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
from hotspots.base.columns import CHANGE_FROZEN, CHANGE_PAIRS, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.matching import rules
from hotspots.change.matching.places import PLACE_COLUMNS, MatchedPlaces
from hotspots.change.matching.quality import canonical
from hotspots.change.matching.rules import Match
from hotspots.store import ledger
from hotspots.store.workspace import open_workspace, settings_in_use

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hotspots.change.matching.places import MatchedPlaces
    from hotspots.change.settling import Settled

KIND = "match"
TABLE = "change_matches"
COMPARED = {
    "treated": "the places", "bcu": "the BCU", "first_day": "a start on", "learned": "a time before of",
    "source": "the source", "offences": "the offences", "include_proactive": "offences found by police activity",
    "hours": "the hours", "resolution": "cells of resolution", "ring_m": "rings in metres of",
    "weights_sha256": "weights with the hash",
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
    settings = settings_in_use(folder)
    rows = [
        {**row, "kind": KIND, "last_day": "", "frozen_before": is_before(row["created"], row["first_day"], settings)}
        for row in ledger.rows(folder, TABLE)
    ]
    return in_columns(pd.DataFrame(rows), CHANGE_FROZEN)


def problems(folder: Path) -> list[str]:
    """Matches that are not as they were frozen, a sentence each."""
    settings = settings_in_use(folder)
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
    same = ("bcu", "offences", "include_proactive", "hours", "resolution", "ring_m", "weights")
    return {
        "treated": asked.frozen.ref if asked.frozen else f"top {question.top} cells by {question.by}",
        "first_day": asked.after.start.isoformat(),
        **{name: [w.start.isoformat(), w.end.isoformat()] for name, w in windows.items()},
        **{name: getattr(question, name) for name in same},
        "source": asked.source, "weights_sha256": asked.weights.sha256, "workspace_version": version,
    }  # fmt: skip


def made_for_another(found: FrozenMatch, facts: Mapping[str, Any]) -> list[str]:
    """What the question of a frozen match differs in from the one asked now (`asked_facts`), a sentence each."""
    day = {"hours": ""}  # matches were for the whole day before they could be for some hours
    made, facts = {**day, **found.facts}, {**day, **facts}
    return [
        f"The match {found.name} was made for {what} {_said(made[key])}; asked for is {_said(facts[key])}."
        for key, what in COMPARED.items()
        if key in made and made[key] != facts[key]
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "included" if value else "left out"
    return " to ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value) or "all day"


def is_before(created: str, first_day: str, settings: Settings) -> bool:
    """Whether a time (UTC, ISO) lies before that day begins by the clock of the force."""
    return datetime.fromisoformat(created).astimezone(home(settings)).date() < date.fromisoformat(first_day)


WORDS = ("treated", "comparison", "measure", "group", "unit", "reason")  # columns of text, where the table has texts
TESTS = ("joint_p", "joint_x2", "joint_df", "drift_p", "drift_z", "built_in", "inputs", "sha256")


def pairs_of(matched: MatchedPlaces) -> pd.DataFrame:
    """The pairs in `CHANGE_PAIRS`, by hot spot and cell; distances rounded to a thousandth."""
    areas, cells, bcus = (matched.places[c] for c in ("matched_to", "cells", "bcu"))
    area = {cell: str(a) for a, own in zip(areas, cells, strict=True) for cell in own}
    bcu = dict(zip(areas, bcus, strict=True))
    table = matched.match.pairs.rename(columns={c: f"distance_{c}" for c in rules.COMPONENTS})
    table = table.rename(columns={"treated": "treated_cell", "comparison": "comparison_cell"})
    owner = table["comparison_cell"].map(area)
    table = table.assign(area=owner, comparison="like " + owner, bcu=owner.map(bcu))
    table = table.sort_values(["area", "treated_cell", "distance", "comparison_cell"], ignore_index=True)
    return table.round(3)[[c.name for c in CHANGE_PAIRS]]


def text_of(matched: MatchedPlaces) -> str:
    """Places, match and notes as canonical JSON. Of the unmatched only the treated cells: candidates are the force."""
    match = matched.match
    tables = {name: getattr(match, name) for name in rules.TABLES}
    tables["unmatched"] = match.unmatched[match.unmatched["group"] == "treated"]
    return canonical({
        "places": matched.places.to_numpy(dtype=object).tolist(), "notes": list(matched.notes),
        "sha256": matched.sha256, "rules": rules.RULES,
        "match": {name: getattr(match, name) for name in TESTS}, "match_notes": list(match.notes),
        "tables": {name: table.to_numpy(dtype=object).tolist() for name, table in tables.items()},
    })  # fmt: skip


def places_of_text(text: str, facts: dict[str, Any] | None = None) -> MatchedPlaces:
    """What `text_of` wrote: numbers to nine significant digits, and unmatched candidates left out."""
    stored = json.loads(text)
    tests: dict[str, Any] = {name: float("nan") if value is None else value for name, value in stored["match"].items()}
    tables: dict[str, Any] = {name: _table(stored["tables"][name], columns) for name, columns in rules.TABLES.items()}
    match = Match(**tables, **tests, notes=tuple(stored["match_notes"]))
    places = pd.DataFrame(stored["places"], columns=list(PLACE_COLUMNS))
    places["cells"] = pd.Series([tuple(c) for c in places["cells"]], dtype=object)
    return MatchedPlaces(places, match, tuple(stored["notes"]), stored["sha256"], facts or {})


def _table(rows: list[list[Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Texts as text, everything else as numbers; nothing is nan."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column in columns:
        texts = column in WORDS and all(isinstance(v, str) for v in table[column])
        table[column] = table[column].astype("str") if texts else pd.to_numeric(table[column])
    return table
