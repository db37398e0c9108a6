"""Areas out as CSV, JSON and GeoJSON, and a CSV of edited areas back in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import AREA_COLUMNS, AREAS, in_form, outline
from hotspots.base.columns import TEXT
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.writing import RISKY, is_empty, plain, to_csv, to_json

LARGEST = 20_000_000  # bytes of a file of areas


def areas_text(areas: pd.DataFrame, wanted: str, about: dict[str, Any] | None = None) -> str:
    """The areas as csv (cells with blanks between them), json (cells as a list) or geojson (outlines)."""
    if wanted == "geojson":
        return areas_geojson(areas, about)
    return to_csv(flat(areas)) if wanted == "csv" else to_json(areas, about)


def flat(areas: pd.DataFrame) -> pd.DataFrame:
    """The areas with their cells as one text each, for CSV and workbooks."""
    return areas.assign(cells=pd.Series([" ".join(c) for c in areas["cells"]], index=areas.index, dtype="str"))


def areas_geojson(areas: pd.DataFrame, about: dict[str, Any] | None = None) -> str:
    """Each area as one polygon or several (WGS84), with every column as a property."""
    import shapely

    features = []
    for row in areas.to_dict("records"):
        shape = shapely.transform(outline(row["cells"]), lambda xy: xy.round(6))
        facts = {str(c): None if is_empty(v) else plain(v) for c, v in row.items()}
        features.append({"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": facts})
    return json.dumps({"type": "FeatureCollection", "about": about or {}, "features": features}, ensure_ascii=False)


def read_areas(path: Path) -> pd.DataFrame:
    """A CSV of areas as `areas_text` writes it, perhaps edited: at least the columns area, bcu and cells.

    Returns a table in `AREAS`; figures are as the file has them and are to be summed anew. Cells may have blanks,
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
    given = [dict(zip(header, row, strict=False)) for row in rows[1:] if any(c.strip() for c in row)]
    if not given:
        raise HotspotsError(f"{path.name} has no areas.")
    return in_form(pd.DataFrame([_row(r) for r in given], columns=list(AREA_COLUMNS)))


def _row(given: dict[str, str]) -> dict[str, Any]:
    """One line of the file with its texts as they were before they were made safe; figures start at nothing."""
    row: dict[str, Any] = {c.name: _as_it_was(given.get(c.name, "")) for c in AREAS if c.type == TEXT}
    row["cells"] = tuple(sorted(row["cells"].replace(",", " ").replace(";", " ").lower().split()))
    return {**row, "role": row["role"].strip() or "none", "n_cells": len(row["cells"]), "n_incidents": 0}


def _as_it_was(text: str) -> str:
    """Text without the apostrophe that `hotspots.base.writing.safe_text` puts before what a spreadsheet would run."""
    return text[1:] if text.startswith("'") and RISKY.match(text) else text
