"""Files of points that are no tables: GPX tracks of one device, and GeoJSON of points. They become tables of text.

XML is read without entities and without network: a document type, which is what brings them in, is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NamedTuple
from xml.etree import ElementTree

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted

LARGEST = 500_000_000  # bytes: a GeoJSON takes about ten times as much memory while it is read
MOST_COLUMNS = 1_000  # different properties: more are no columns
MOST_NAME = 200  # characters of a unit's name
GRID_CRS = "27700"
DEGREES_CRS = ("CRS84", "4326", "4979")
# What devices call a track of their own accord, and people a file: no name of a unit.
_OWN = "active|current|recorded|saved|new|my|gpx|gps|export|download|track|log|route|activity|trk|path|trip|data|points"
_MOVES = "walk|walking|run|running|ride|cycling|hike|drive|driving"
_NO_UNIT = re.compile(
    rf"(({_OWN})s?[ _-]*)+\d*|unnamed|untitled|unknown|(19|20)\d\d"
    rf"|((morning|lunch|afternoon|evening|night|outdoor)[ _-]?)?({_MOVES})|",
    re.IGNORECASE,
)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = re.compile(
    rf"(?<!\d)((19|20)\d\d([-_./ ]?)\d\d\3\d\d|\d\d?([-_./ ])(\d\d?|{_MONTH})\4(19|20)\d\d)"
    r"(([T _-]|, ?)*\d\d?[-:._]?\d\d([-:._]?\d\d)?(\.\d+)?( ?[ap]m)?(Z|[+-]\d\d:?\d\d)?)?(?!\d)",
    re.IGNORECASE,
)


class Points(NamedTuple):
    """A file of points as a table: every column a list of texts, None where one has none."""

    columns: dict[str, list[str | None]]
    notes: list[str]


def read_gpx(name: str, data: bytes) -> Points:
    """The track points of a GPX file: unit, time, longitude, latitude, in order of the file.

    The unit is the name of the track without the day in it, or where the device named the track itself that of the
    file. Waypoints and routes are no positions of a unit at a time: they are counted in the notes.
    """
    _refuse_large(name, data)
    file = re.split(r"[/›]", re.sub(r"\.gpx$", "", name, flags=re.IGNORECASE))[-1]
    builder = _Track(_unit_in(file))
    parser = ElementTree.XMLParser(target=builder)
    try:
        parser.feed(data)
        parser.close()
    except _DocumentType as error:
        raise HotspotsError(
            f"{name} has a document type, which no GPX file needs. Do not use it; export the track again."
        ) from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise HotspotsError(f"{name} is no sound GPX file ({error}). Export it again.") from error
    if not builder.gpx:
        raise HotspotsError(f"{name} is no GPX file: it holds other XML. Check which file it is.")
    if not builder.points:
        raise HotspotsError(f"{name} has no track points. Export the track itself, with its times.")
    units, times, lons, lats, named = map(list, zip(*builder.points, strict=True))
    if not all(units):
        raise HotspotsError(
            f"{name} does not say whose track it is: neither the track nor the file is named after a unit. Name the"
            " file after the unit, such as LB01.gpx."
        )
    whose = "file" if not any(named) else "track" if all(named) else "track, or of the file"
    notes = [f"The unit is the name of the {whose}"]
    if builder.others:
        points = counted(builder.others, "waypoint or point of a route", "waypoints or points of routes")
        notes.append(f"Left out: {points}, which no unit passed at a time")
    return Points({"unit": units, "time": times, "longitude": lons, "latitude": lats}, notes)


def _unit_in(name: str) -> str:
    """The unit that a track or a file is named after, without the day and the time of day; '' where it names none."""
    left = _DAY.sub(" ", " ".join(name.split())[:MOST_NAME]).strip(" _-.,:;()[]")
    return "" if _NO_UNIT.fullmatch(left) else left


class _DocumentType(Exception):
    """XML that brings entities of its own."""


class _TrackPoint(NamedTuple):
    unit: str
    time: str | None
    lon: str | None
    lat: str | None
    named: bool  # the unit is the name of the track


class _Track:
    """What the parser of XML hands over, piece by piece."""

    def __init__(self, unit: str):
        self.unit = unit  # of tracks that the device has named
        self.points: list[_TrackPoint] = []
        self.others = 0
        self.gpx = False
        self._path: list[str] = []
        self._text: list[str] = []
        self._from = 0  # where the points of this track begin
        self._name = ""
        self._point: dict[str, str] | None = None
        self._time: str | None = None

    def doctype(self, *_: object) -> None:
        raise _DocumentType

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition("}")[2].lower()
        self.gpx = self.gpx or (not self._path and kind == "gpx")
        self._path.append(kind)
        self._text = []
        if kind == "trk":
            self._from, self._name = len(self.points), ""
        elif kind == "trkpt":
            self._point, self._time = attributes, None

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        kind = self._path.pop()
        text = "".join(self._text).strip()
        if kind == "name" and self._path[-1:] == ["trk"]:
            self._name = _unit_in(text)
        elif kind == "time" and self._path[-1:] == ["trkpt"]:
            self._time = text or None
        elif kind == "trkpt" and self._point is not None:
            lon, lat = self._point.get("lon"), self._point.get("lat")
            self.points.append(_TrackPoint(self.unit, self._time, lon, lat, False))
            self._point = None
        elif kind in ("wpt", "rtept"):
            self.others += 1
        elif kind == "trk" and self._name:
            for i, point in enumerate(self.points[self._from :], start=self._from):
                self.points[i] = point._replace(unit=self._name, named=True)

    def close(self) -> None:
        pass


def read_geojson(name: str, data: bytes) -> Points:
    """The features of a GeoJSON file: every property a column, longitude and latitude (or easting and northing) added.

    A feature without a geometry, or with another than a point, keeps its row and has no place; the notes count them.
    """
    _refuse_large(name, data)
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HotspotsError(f"{name} is no sound GeoJSON ({str(error)[:120]}). Export it again.") from error
    features = whole.get("features") if isinstance(whole, dict) and whole.get("type") == "FeatureCollection" else None
    if isinstance(whole, dict) and whole.get("type") == "Feature":
        features = [whole]
    if not isinstance(features, list):
        raise HotspotsError(f"{name} is no GeoJSON of features. Export it as GeoJSON (a FeatureCollection) or CSV.")
    if not features:
        raise HotspotsError(f"{name} has no features. Export it again with the rows.")
    axes = _axes(name, whole.get("crs"))
    columns: dict[str, list[str | None]] = {}
    others: Counter[str] = Counter()
    for i, feature in enumerate(features):
        for title, value in _properties(feature, axes).items():
            columns.setdefault(title, [None] * len(features))[i] = value
        if len(columns) > MOST_COLUMNS:
            raise HotspotsError(f"{name} has more than {MOST_COLUMNS:,} different properties: they are no columns.")
        pair, kind = _point(feature)
        others[kind] += pair is None
        for title, value in zip(axes, pair or (None, None), strict=True):
            columns.setdefault(title, [None] * len(features))[i] = value
    return Points(columns, _notes(others))


def _axes(name: str, crs: object) -> tuple[str, str]:
    """What the coordinates are: degrees, unless the file says that they are metres of the British National Grid."""
    said = json.dumps(crs) if crs else ""
    if GRID_CRS in said:
        return "easting", "northing"
    if crs and not any(known in said for known in DEGREES_CRS):
        raise HotspotsError(
            f"{name} has coordinates of another system ({said[:80]}). Export it in WGS 84 (EPSG:4326) or on the British"
            " National Grid (EPSG:27700)."
        )
    return "longitude", "latitude"


def _properties(feature: object, axes: tuple[str, str]) -> dict[str, str | None]:
    """The properties as text; those called as the coordinates are say so, for the geometry is what counts."""
    if not isinstance(feature, dict):
        return {}
    found = feature.get("properties")
    found = dict(found) if isinstance(found, dict) else {}
    if "id" in feature and "id" not in found:
        found["id"] = feature["id"]
    return {f"{k} (property)" if k.strip().casefold() in axes else k: _text(v) for k, v in found.items()}


def _point(feature: object) -> tuple[tuple[str | None, str | None] | None, str]:
    """(the two coordinates as text, None without a point; the kind of geometry)."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        return None, ""
    kind, place = str(geometry.get("type"))[:40], geometry.get("coordinates")
    if kind == "MultiPoint" and isinstance(place, list) and len(place) == 1:
        kind, place = "Point", place[0]
    if kind != "Point" or not isinstance(place, list) or len(place) < 2:
        return None, "" if kind == "Point" else kind
    return (_text(place[0]), _text(place[1])), kind


def _notes(others: Counter[str]) -> list[str]:
    without = others.pop("", 0)
    notes = [f"{counted(without, 'feature has', 'features have')} no geometry: read without a place"] if without else []
    n = sum(others.values())
    if n:
        kinds = sample(kind for kind, times in others.items() if times)
        notes.append(f"{counted(n, 'feature is', 'features are')} no point ({kinds}): read without a place")
    return notes


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)


def _refuse_large(name: str, data: bytes) -> None:
    if len(data) > LARGEST:
        raise HotspotsError(f"{name} has more than {LARGEST // 1_000_000} MB. Split it, or give it as CSV.")
