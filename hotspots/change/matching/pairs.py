"""Who is matched with whom, as a table for people; and a whole match as one text, and back."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from hotspots.base.columns import CHANGE_PAIRS
from hotspots.change.matching.hashed import canonical
from hotspots.change.matching.places import PLACE_COLUMNS, MatchedPlaces
from hotspots.change.matching.rules import (
    BALANCE_COLUMNS,
    COMPONENTS,
    PAIR_COLUMNS,
    PRE_COLUMNS,
    REGRESSION_COLUMNS,
    RULES,
    UNMATCHED_COLUMNS,
    Match,
)

TABLES = {
    "pairs": PAIR_COLUMNS, "balance": BALANCE_COLUMNS, "pre_periods": PRE_COLUMNS, "regression": REGRESSION_COLUMNS,
    "unmatched": UNMATCHED_COLUMNS,
}  # fmt: skip
WORDS = ("treated", "comparison", "measure", "group", "unit", "reason")  # columns of text, where the table has texts
TESTS = ("joint_p", "joint_x2", "joint_df", "drift_p", "drift_z", "built_in", "inputs", "sha256")


def pairs_of(matched: MatchedPlaces) -> pd.DataFrame:
    """The pairs in `CHANGE_PAIRS`, by hot spot and cell; distances rounded to a thousandth."""
    areas, cells, bcus = (matched.places[c] for c in ("matched_to", "cells", "bcu"))
    area = {cell: str(a) for a, own in zip(areas, cells, strict=True) for cell in own}
    bcu = dict(zip(areas, bcus, strict=True))
    table = matched.match.pairs.rename(columns={c: f"distance_{c}" for c in COMPONENTS})
    table = table.rename(columns={"treated": "treated_cell", "comparison": "comparison_cell"})
    owner = table["comparison_cell"].map(area)
    table = table.assign(area=owner, comparison="like " + owner, bcu=owner.map(bcu))
    table = table.sort_values(["area", "treated_cell", "distance", "comparison_cell"], ignore_index=True)
    return table.round(3)[[c.name for c in CHANGE_PAIRS]]


# ---------------------------------------------------------------- as text


def text_of(matched: MatchedPlaces) -> str:
    """Places, match and notes as canonical JSON. Of the unmatched only the treated cells: candidates are the force."""
    match = matched.match
    tables = {name: getattr(match, name) for name in TABLES}
    tables["unmatched"] = match.unmatched[match.unmatched["group"] == "treated"]
    whole = {
        "places": _rows(matched.places),
        "notes": list(matched.notes),
        "sha256": matched.sha256,
        "rules": RULES,
        "match": {name: getattr(match, name) for name in TESTS},
        "match_notes": list(match.notes),
        "tables": {name: _rows(table) for name, table in tables.items()},
    }
    return canonical(whole)


def places_of_text(text: str, facts: dict[str, Any] | None = None) -> MatchedPlaces:
    """What `text_of` wrote: numbers to nine significant digits, and unmatched candidates left out."""
    stored = json.loads(text)
    tests: dict[str, Any] = {name: float("nan") if value is None else value for name, value in stored["match"].items()}
    tables: dict[str, Any] = {name: _table(stored["tables"][name], columns) for name, columns in TABLES.items()}
    match = Match(**tables, **tests, notes=tuple(stored["match_notes"]))
    places = pd.DataFrame(stored["places"], columns=list(PLACE_COLUMNS))
    places["cells"] = pd.Series([tuple(c) for c in places["cells"]], dtype=object)
    return MatchedPlaces(places, match, tuple(stored["notes"]), stored["sha256"], facts or {})


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    return [list(row) for row in table.itertuples(index=False)]


def _table(rows: list[list[Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Texts as text, everything else as numbers; nothing is nan."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column in columns:
        texts = column in WORDS and all(isinstance(v, str) for v in table[column])
        table[column] = table[column].astype("str") if texts else pd.to_numeric(table[column])
    return table
