"""Frozen areas as they go out, and a CSV of edited areas back in."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import AREA_COLUMNS, in_form
from hotspots.areas.register import Frozen
from hotspots.base.columns import AREAS, TEXT
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.writing import RISKY

LARGEST = 20_000_000  # bytes of a file of areas


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
    """A CSV of areas as the verb ``areas`` writes it, perhaps edited: at least the columns area, bcu and cells.

    Returns a table in `AREAS`; figures are as the file has them and are to be worked out again. Cells may have blanks,
    commas or semicolons between them. HotspotsError, all problems at once, for a file that cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise HotspotsError(f"{path.name} has more than {LARGEST // 1_000_000} MB: that is no file of areas.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise HotspotsError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise HotspotsError(f"{path.name} is not UTF-8 text. Save it as 'CSV UTF-8'.") from error
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = [c.strip() for c in rows[0]] if rows else []
    missing = [c for c in ("area", "bcu", "cells") if c not in header]
    if missing:
        raise HotspotsError(
            f"{path.name} has no column {sample(missing)}. Start from the output of: areas --format csv."
        )
    lines = [dict(zip(header, row, strict=False)) for row in rows[1:] if any(c.strip() for c in row)]
    if not lines:
        raise HotspotsError(f"{path.name} has no areas.")
    return in_form(pd.DataFrame([_row(r) for r in lines], columns=list(AREA_COLUMNS)))


def _row(line: dict[str, str]) -> dict[str, Any]:
    """One line of the file with its texts as they were before they were made safe; figures start at nothing."""
    row: dict[str, Any] = {}
    for name in (c.name for c in AREAS if c.type == TEXT):
        text = line.get(name, "")  # without the apostrophe that `hotspots.base.writing.safe_text` puts before it
        row[name] = text[1:] if text.startswith("'") and RISKY.match(text) else text
    row["cells"] = tuple(sorted(row["cells"].replace(",", " ").replace(";", " ").lower().split()))
    return {**row, "role": row["role"].strip() or "none", "n_cells": len(row["cells"]), "n_incidents": 0}
