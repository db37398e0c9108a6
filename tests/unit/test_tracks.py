"""GPX and GeoJSON as tables: whose positions they are, and what is no point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.intake import import_files
from hotspots.sources.raw import RawTable
from hotspots.sources.reading import read_tables_of
from hotspots.store.workspace import open_workspace

TEN = "2026-05-01T10:00:00Z"
POINT = f'<trkpt lat="53.75" lon="-2.7"><ele>31</ele><time>{TEN}</time></trkpt>'


def read(name: str, text: str | bytes) -> RawTable:
    (raw,) = read_tables_of(name, text.encode() if isinstance(text, str) else text, Settings())
    return raw


def refusal(name: str, text: str) -> str:
    with pytest.raises(HotspotsError) as caught:
        read(name, text)
    return str(caught.value)


def gpx(body: str, space: str = ' xmlns="http://www.topografix.com/GPX/1/1"') -> str:
    return f'<?xml version="1.0"?><gpx version="1.1"{space}>{body}</gpx>'


def track(name: str, points: str = POINT) -> str:
    return f"<trk>{f'<name>{name}</name>' if name else ''}<trkseg>{points}</trkseg></trk>"


def test_a_track_becomes_one_row_a_point():
    raw = read("p.gpx", gpx(track("AB12", POINT + '<trkpt lat="53.8" lon="-2.6"/>')))
    assert raw.table.to_pylist() == [
        {"unit": "AB12", "time": TEN, "longitude": "-2.7", "latitude": "53.75"},
        {"unit": "AB12", "time": None, "longitude": "-2.6", "latitude": "53.8"},
    ]
    assert (raw.row_numbers().tolist(), raw.notes) == ([1, 2], ("The unit is the name of the track",))


@pytest.mark.parametrize(
    ("file", "name", "unit"),
    [
        ("p.gpx", "AB12", "AB12"),
        ("p.gpx", "AB12 2026-05-01 09:55", "AB12"),
        ("p.gpx", "1234", "1234"),
        ("AB12.gpx", "", "AB12"),
        ("week.zip › d/AB12_20260501.gpx", "", "AB12"),
        ("AB12.GPX", "Track 001", "AB12"),
        ("AB12.gpx", "ACTIVE LOG", "AB12"),
        ("AB12.gpx", "01 MAY 2026 10:00", "AB12"),
        ("AB12.gpx", "2026-05-01T10:00:00Z", "AB12"),
        ("AB12.gpx", "Morning Walk", "AB12"),
    ],
)
def test_the_unit_is_the_track_or_the_file_without_the_day(file: str, name: str, unit: str):
    for space in ("", ' xmlns="http://www.topografix.com/GPX/1/0"'):
        assert read(file, gpx(track(name), space)).table["unit"].to_pylist() == [unit]


def test_tracks_of_several_units_are_told_apart():
    raw = read("AB12.gpx", gpx('<wpt lat="1" lon="2"/>' + track("CD34") + track("") + track("EF56")))
    assert raw.table["unit"].to_pylist() == ["CD34", "AB12", "EF56"]
    assert raw.notes[0] == "The unit is the name of the track, or of the file"
    assert raw.notes[1].startswith("Left out: 1 waypoint")


def test_a_track_of_nobody_is_refused():
    assert "does not say whose track it is" in refusal("2026-05-01.gpx", gpx(track("Track 1")))
    assert "has no track points" in refusal("AB12.gpx", gpx('<wpt lat="1" lon="2"/>'))
    assert "is no GPX file" in refusal("AB12.gpx", "<kml></kml>")
    assert "is no sound GPX file" in refusal("AB12.gpx", gpx(track("AB12"))[:-9])


@pytest.mark.parametrize(
    "kind", ['SYSTEM "file:///etc/hostname"', '[<!ENTITY a "x"><!ENTITY b "&a;&a;">]', 'SYSTEM "http://127.0.0.1/x"']
)
def test_xml_with_a_document_type_is_refused(kind: str):
    text = gpx(track("AB12")).replace("<gpx", f"<!DOCTYPE gpx {kind}><gpx", 1)
    assert "has a document type" in refusal("AB12.gpx", text)


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: object, **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


PLACE = {"type": "Point", "coordinates": [-2.7, 53.75, 31]}


@pytest.mark.parametrize("name", ["x.geojson", "x.json", "X.GEOJSON"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_properties_become_columns_and_the_point_its_place(name: str, coding: str):
    text = collection(feature(PLACE, id="é", n=3.0, flag=True, list=[1]), feature(PLACE, other=""))
    assert read(name, text.encode(coding)).table.to_pylist() == [
        {"id": "é", "n": "3", "flag": "TRUE", "list": "[1]", "longitude": "-2.7", "latitude": "53.75", "other": None},
        {"id": None, "n": None, "flag": None, "list": None, "longitude": "-2.7", "latitude": "53.75", "other": None},
    ]


def test_what_is_no_point_keeps_its_row_and_is_said():
    raw = read("x.geojson", collection(
        feature({"type": "Polygon", "coordinates": []}, id=1), feature(None, id=2), feature(PLACE, id=3), "no feature",
        feature({"type": "MultiPoint", "coordinates": [[-2.7, 53.75]]}, id=5),
    ))  # fmt: skip
    assert raw.table["longitude"].to_pylist() == [None, None, "-2.7", None, "-2.7"]
    assert raw.notes == (
        "2 features have no geometry: read without a place", "1 feature is no point ('Polygon'): read without a place",
    )  # fmt: skip


def test_the_geometry_counts_more_than_properties_called_so():
    raw = read("x.geojson", collection(feature(PLACE, Longitude=9, latitude="8")))
    assert raw.table.to_pylist() == [
        {"Longitude (property)": "9", "latitude (property)": "8", "longitude": "-2.7", "latitude": "53.75"}
    ]


def test_metres_of_the_national_grid_are_told_from_degrees():
    grid = {"type": "Point", "coordinates": [354000, 429500]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    assert read("x.geojson", collection(feature(grid), crs=crs)).table.to_pylist() == [
        {"easting": "354000", "northing": "429500"}
    ]
    crs["properties"] = {"name": "urn:ogc:def:crs:EPSG::3857"}
    assert "coordinates of another system" in refusal("x.geojson", collection(feature(grid), crs=crs))


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[1]", '{"features": [{"attributes": {}}]}', collection()])
def test_other_json_is_refused_in_a_sentence(text: str):
    assert refusal("x.json", text).startswith("x.json ")


def test_both_go_in_as_positions_and_geojson_as_incidents(tmp_path: Path):
    (tmp_path / "AB12.gpx").write_text(gpx(track("")))
    (tmp_path / "more.geojson").write_text(collection(feature(PLACE, unit="CD34", time=TEN)))
    done = import_files(tmp_path / "w", [tmp_path / "AB12.gpx", tmp_path / "more.geojson"], "pings")
    assert [r.accepted for r in done.reports] == [1, 1]
    assert "AB12" not in "".join(r.file for r in done.reports)
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'name = "gis"\ndatetime_formats = ["%d/%m/%Y %H:%M"]\n[columns]\nid = "REF"\nho_class = "HO"\n'
        'committed_from = "FROM"\nlongitude = "longitude"\nlatitude = "latitude"\n'
    )
    (tmp_path / "inc.geojson").write_text(collection(feature(PLACE, REF="1", HO="034/02", FROM="01/05/2026 10:00")))
    import_files(tmp_path / "w", [tmp_path / "inc.geojson"], "incidents", mapping)
    assert sum(p.rows for p in open_workspace(tmp_path / "w").manifest.parts) == 1
