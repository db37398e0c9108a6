"""Tiny hand-made files in the layouts of the real feeds, and plain ways to look at what a workspace holds."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.base.columns import INCIDENTS
from hotspots.base.profile import home
from hotspots.store.workspace import open_workspace, read_incidents

# Town centres, one in each BCU, and a place in Kent.
PRESTON = (-2.6990, 53.7590)  # South
BLACKPOOL = (-3.0503, 53.8179)  # West
BURNLEY = (-2.2430, 53.7890)  # East
KENT = (0.5217, 51.2720)
NOWHERE = (None, None)

STREET_COLUMNS = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code",
    "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
FORCE = "Lancashire Constabulary"
VIOLENCE = "Violence and sexual offences"


def crime(
    crime_id: str,
    month: str,
    kind: str = VIOLENCE,
    place: tuple[float | str | None, float | str | None] = PRESTON,
    outcome: str = "Under investigation",
    street: str = "On or near High Street",
    force: str = FORCE,
) -> dict[str, object]:
    """One row of a street-level file."""
    return {
        "Crime ID": crime_id, "Month": month, "Reported by": force, "Falls within": force, "Longitude": place[0],
        "Latitude": place[1], "Location": street, "LSOA code": "E01025194", "LSOA name": "Preston 016C",
        "Crime type": kind, "Last outcome category": outcome, "Context": None,
    }  # fmt: skip


def csv_bytes(rows: Sequence[Mapping[str, object]], columns: Iterable[str] | None = None) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns or rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    return out.getvalue().encode()


def street(month: str, rows: Sequence[Mapping[str, object]]) -> tuple[str, bytes]:
    """A street-level file as an upload, named as the archive names it."""
    return f"{month}-lancashire-street.csv", csv_bytes(rows, STREET_COLUMNS)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


# ---------------------------------------------------------------- a force's own export

MAPPING = """
name = "tiny"
timezone = "Europe/London"
datetime_formats = ["%d/%m/%Y %H:%M"]
offences = "rows"

[columns]
id = "REF"
ho_class = "CLASS"
athena_urn = "URN"
title = "TITLE"
committed_from = "FROM"
committed_to = "TO"
longitude = "LON"
latitude = "LAT"
knife = "KNIFE"
domestic = "DOMESTIC"
proactive = "PROACTIVE"
victim_age = "AGE"
location_type = "PLACE"
"""

ROBBERY, ABH, MURDER, BLADE = (
    {"CLASS": "034/01", "URN": "34B.34.1.2", "TITLE": "Robbery of personal property"},
    {"CLASS": "008/06", "URN": "8N.8.6.0", "TITLE": "Assault occasioning actual bodily harm"},
    {"CLASS": "001/01", "URN": "1.1.1.1", "TITLE": "Murder"},
    {"CLASS": "008/26", "URN": "10D.8.26.0", "TITLE": "Having an article with a blade in a public place"},
)


def record(
    ref: str,
    start: str,
    offence: Mapping[str, str] = ROBBERY,
    place: tuple[float | str | None, float | str | None] = PRESTON,
    end: str = "",
    **more: object,
) -> dict[str, object]:
    """One row of a force's own export, in the columns of `MAPPING`."""
    row: dict[str, object] = {
        "REF": ref, **offence, "FROM": start, "TO": end, "LON": place[0], "LAT": place[1],
        "KNIFE": "N", "DOMESTIC": "N", "PROACTIVE": "N", "AGE": "30", "PLACE": "Street",
    }  # fmt: skip
    return row | more


def export(rows: Sequence[Mapping[str, object]], name: str = "export.csv") -> tuple[str, bytes]:
    """Such rows as an upload."""
    return name, csv_bytes(rows)


def one_district(folder: Path) -> Path:
    """A square round Preston, and the other districts of the force as specks in the Irish Sea."""
    features = [square("Preston", "E07000123", (-2.75, 53.72, -2.65, 53.80))]
    others = [d for d in home().districts if d.name != "Preston"]
    features += [square(d.name, d.code, (-4 + i / 10, 53.8, -3.99 + i / 10, 53.81)) for i, d in enumerate(others)]
    return write_boundaries(folder / "square.geojson", features)


def square(name: str, code: str, extent: tuple[float, float, float, float], **more: str) -> dict[str, Any]:
    """A feature of GeoJSON: a district from west, south to east, north."""
    west, south, east, north = extent
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    about = {"lad_name": name, "lad_code": code, **more}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": about}


def write_boundaries(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


# ---------------------------------------------------------------- what a workspace holds


def held(folder: Path, source: str | None = None, without: Iterable[str] = ()) -> pd.DataFrame:
    """Every incident row of a workspace as text, in an order of its own: two workspaces compare by equals()."""
    columns = [c.name for c in INCIDENTS if c.name not in set(without)]
    table = read_incidents(open_workspace(folder), columns, source).to_pandas()
    text = pd.DataFrame({c: table[c].astype(object).where(table[c].notna(), "").map(str) for c in columns})
    return text.sort_values(columns).reset_index(drop=True)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
