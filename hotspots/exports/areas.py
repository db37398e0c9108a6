"""Frozen areas as they go out, and a CSV of edited areas back in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import AREA_COLUMNS, in_form
from hotspots.areas.register import Frozen
from hotspots.base.columns import AREAS, TEXT
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import Settings
from hotspots.base.writing import RISKY
from hotspots.sources.checks import BLANK_WORDS
from hotspots.sources.files import read_tables
from hotspots.sources.kinds import Sought
from hotspots.sources.raw import RawTable

FEW_AREAS = Settings(unzipped_max_mb=20)  # a file of areas is small
NEEDED = ("area", "bcu", "cells")
SOUGHT = Sought.of("areas", (c.name for c in AREAS), NEEDED)


def about_frozen(frozen: Frozen) -> dict[str, Any]:
    """What a frozen version is, to go with it in every download."""
    return {
        "what": "Frozen hot spots", "register": frozen.ref, "sha256": frozen.sha256, "author": frozen.author,
        "note": frozen.note, "created": frozen.created, **frozen.definition,
    }  # fmt: skip


def in_its_unit(frozen: Frozen) -> pd.DataFrame:
    """The frozen areas with the columns of days named by the unit of the weights they were made with."""
    unit = str(frozen.definition.get("weights_unit", "days"))
    return frozen.areas.rename(columns={c: c.replace("days", unit) for c in frozen.areas.columns})


def read_areas(path: Path) -> pd.DataFrame:
    """A table of areas as the verb ``areas`` writes it, perhaps edited: at least the columns area, bcu and cells.

    Any kind of file that holds a table will do. Returns a table in `AREAS`; figures are as the file has them and are to
    be worked out again. Cells may have blanks, commas or semicolons between them. HotspotsError, all problems at once,
    for a file that cannot be read.
    """
    raws = [_whole(raw) for raw in read_tables([path], FEW_AREAS, sought=SOUGHT)]
    lines = [line for raw in raws for line in raw.table.to_pylist()]
    rows = [_row({k.strip(): v or "" for k, v in line.items()}) for line in lines]
    return in_form(pd.DataFrame(rows, columns=list(AREA_COLUMNS)))


def _whole(raw: RawTable) -> RawTable:
    """The same; HotspotsError where it lacks a column, or a row has more or fewer values than there are columns."""
    missing = [c for c in NEEDED if c not in raw.table.column_names]
    if missing:
        raise HotspotsError(
            f"{raw.name} has no column {sample(missing)}. Start from the output of: areas --format csv."
        )
    if raw.bad_rows:
        rows = rows_sentence(number for number, _ in raw.bad_rows)
        raise HotspotsError(f"{raw.name} has another number of values than columns in {rows}. Correct them there.")
    return raw


def _row(line: dict[str, str]) -> dict[str, Any]:
    """One line of the file with its texts as they were before they were made safe; figures start at nothing."""
    row: dict[str, Any] = {}
    for name in (c.name for c in AREAS if c.type == TEXT):
        text = line.get(name, "")  # without the apostrophe that `hotspots.base.writing.safe_text` puts before it
        row[name] = text[1:] if text.startswith("'") and RISKY.match(text) else text
    row["cells"] = tuple(sorted(row["cells"].replace(",", " ").replace(";", " ").lower().split()))
    role = row["role"].strip().lower()
    role = "none" if role.upper() in ("", *BLANK_WORDS) else role
    return {**row, "role": role, "n_cells": len(row["cells"]), "n_incidents": 0}
