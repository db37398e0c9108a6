"""Where the shipped facts about Lancashire lie, and how they must be attributed (see data/README.md)."""

from __future__ import annotations

import csv
from pathlib import Path

from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import DATA, shipped

COVER = DATA / "lancashire_cover.parquet"
BCU_TABLE = DATA / "lancashire_bcu.csv"
OUTLINES = DATA / "lancashire_outlines.geojson"
PLACES = DATA / "lancashire_places.csv"
STORED_COLUMNS = ("lad_code", "lad_name", "bcu", "geometry")  # of boundaries kept in a workspace

ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the OGL v3.0. "
    "Contains OS data © Crown copyright and database right"
)


def read_bcu_table(path: Path | None = None) -> list[dict[str, str]]:
    """Rows of a district → BCU table, with at least ``lad_code, lad_name, bcu``; the shipped one by default.

    Raises HotspotsError for a missing file or column, a repeated district, or a BCU that is not one of BCUS.
    """
    path = path or shipped(BCU_TABLE)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{str(k): (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HotspotsError(f"The district table '{path.name}' cannot be read: {error}.") from error
    _check_bcu_table(rows, path.name)
    return rows


def _check_bcu_table(rows: list[dict[str, str]], name: str) -> None:
    if not rows:
        raise HotspotsError(f"The district table '{name}' has no rows; it needs one row for each district.")
    missing = [c for c in ("lad_code", "lad_name", "bcu") if c not in rows[0]]
    if missing:
        raise HotspotsError(
            f"The district table '{name}' has no column {' or '.join(missing)}; it has {', '.join(rows[0])}. "
            "Name its columns lad_code, lad_name and bcu."
        )
    problems = [
        f"The district table '{name}' gives '{row['lad_name']}' the BCU '{row['bcu']}'; "
        f"it must be {', '.join(BCUS[:-1])} or {BCUS[-1]}."
        for row in rows
        if row["bcu"] not in BCUS
    ]
    for column in ("lad_code", "lad_name"):
        values = [row[column] for row in rows if row[column]]
        problems += [
            f"The district table '{name}' has '{value}' more than once in {column}; keep one row for each district."
            for value in sorted({v for v in values if values.count(v) > 1})
        ]
    if problems:
        raise HotspotsError(problems)
