"""Small sound files of every source, from which the harness makes others.

Tables are given as a header and rows of text, so that cells can be exchanged before they become a CSV, a workbook or a
Parquet file; what is no table is given as bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.samples import ABH, BLACKPOOL, BURNLEY, MAPPING, PRESTON, STREET_COLUMNS, crime, record

Rows: TypeAlias = list[list[str]]  # the header first
SOURCES = ("police-uk", "incidents", "pings", "patrol-log", "boundaries")


@dataclass(frozen=True)
class Seed:
    """A sound file: its name, its rows (or its bytes, where it is no table), and the mapping it is read with."""

    name: str
    rows: Rows | None = None
    data: bytes = b""
    mapping: str | None = None


def rows_of(records: Sequence[dict[str, object]], columns: Sequence[str] | None = None) -> Rows:
    header = list(columns or records[0])
    return [header, *([("" if r[c] is None else str(r[c])) for c in header] for r in records)]


def seeds(source: str) -> list[Seed]:
    """The sound files of a source; the first is a table."""
    return {
        "police-uk": police_uk, "incidents": incidents, "pings": pings, "patrol-log": patrol_log,
        "boundaries": boundaries,
    }[source]()  # fmt: skip


def police_uk() -> list[Seed]:
    places = (PRESTON, BLACKPOOL, BURNLEY, (None, None))
    crimes = [crime(f"{i:064x}" if i % 3 else "", "2024-04", place=places[i % 4]) for i in range(9)]
    return [Seed("2024-04-lancashire-street.csv", rows_of(crimes, STREET_COLUMNS))]


def incidents() -> list[Seed]:
    places = (PRESTON, BLACKPOOL, BURNLEY, (None, None))
    rows = [
        record(f"R{i}", f"{i + 1:02}/05/2026 2{i % 4}:30", place=places[i % 4], end=f"{i + 1:02}/05/2026 23:50")
        for i in range(9)
    ]
    rows.append(record("R3", "04/05/2026 21:30", ABH, PRESTON))
    grid = MAPPING.replace('longitude = "LON"', 'easting = "LON"').replace('latitude = "LAT"', 'northing = "LAT"')
    metres = [{**r, "LON": 354_000 + 50 * i, "LAT": 429_500 - 20 * i} for i, r in enumerate(rows)]
    points = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(PRESTON)}, "properties": r} for r in rows
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": points}).encode()
    return [
        Seed("export.csv", rows_of(rows), mapping=MAPPING),
        Seed("grid.csv", rows_of(metres), mapping=grid),
        Seed("points.geojson", data=collection, mapping=MAPPING),
    ]


def pings() -> list[Seed]:
    def position(i: int) -> dict[str, object]:
        return {
            "unit": f"PV{i % 2}", "time": f"2026-05-12T20:{i:02}:00+01:00", "longitude": f"{-2.70 + i * 1e-4:.5f}",
            "latitude": f"{53.76 + i * 1e-4:.5f}", "speed_kmh": str(i % 5), "status": "Patrol", "officers": "2",
        }  # fmt: skip

    rows = [position(i) for i in range(24)]
    points = "".join(
        f'<trkpt lat="{r["latitude"]}" lon="{r["longitude"]}"><time>{r["time"]}</time></trkpt>' for r in rows
    )
    track = (
        '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk>'
        f"<name>PV1</name><trkseg>{points}</trkseg></trk></gpx>"
    )
    return [Seed("positions.csv", rows_of(rows)), Seed("PV1.gpx", data=track.encode())]


def patrol_log() -> list[Seed]:
    rows: list[dict[str, object]] = [
        {"unit": f"PV{i}", "officers": str(1 + i % 3), "area": "West-01", "start": f"2026-05-1{i}T20:00:00+01:00",
         "end": f"2026-05-1{i}T20:15:00+01:00", "mode": "Foot", "activity": "High visibility", "searches": "0"}
        for i in range(8)
    ]  # fmt: skip
    return [Seed("log.csv", rows_of(rows))]


def boundaries() -> list[Seed]:
    def district(i: int, name: str, code: str, bcu: str) -> dict[str, object]:
        west, south, east, north = -2.9 + i * 0.1, 53.70, -2.8 + i * 0.1, 53.80
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        about = {"LAD23NM": name, "LAD23CD": code, "bcu": bcu}
        return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": about}

    named = (("Blackpool", "E06000009", "West"), ("Preston", "E07000123", "South"), ("Burnley", "E07000117", "East"))
    shapes = [district(i, *one) for i, one in enumerate(named)]
    return [Seed("districts.geojson", data=json.dumps({"type": "FeatureCollection", "features": shapes}).encode())]
