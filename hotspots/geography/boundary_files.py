"""District boundaries that people have: read, cut to the force, checked, repaired, stored.

Read are GeoJSON, GeoPackage and shapefiles, also in a zip: the file of the whole country as the Office for National
Statistics publishes it, too. Districts are found by code, then by name, in any case; those of other forces are left
out and counted.

Limits: coordinates must be WGS84 or ETRS89 degrees (taken as the same: they differ by under a metre),
British National Grid (turned by OSTN15) or Web Mercator. Anything else is refused, because another
conversion may be metres out without saying so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.profile import CODES, NAMES, District, Profile, called, either, home, read_districts
from hotspots.geography.cells import Floats, bng_to_lonlat
from hotspots.geography.layers import STORED_COLUMNS, read_layer

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

OVERLAP_SHARE = 0.01  # two districts that share more than this part of the smaller are refused
GREAT_BRITAIN = (-9.0, 49.0, 3.0, 61.5)  # west, south, east, north, degrees
GRID_METRES = (0.0, 0.0, 700_000.0, 1_300_000.0)  # the same of British National Grid

_DEGREES, _GRID, _MERCATOR = (4326, 4258, 4979), 27700, 3857  # 4979: 4326 with heights, which are left out
_CODE_SHAPE = re.compile(r"[EWSN]\d{8}")  # of the Office for National Statistics
_WRITE_AS = "Save it as EPSG:4326 (longitude, latitude) or EPSG:27700 (British National Grid) and import it again."


def read_boundaries(
    path: Path, profile: Profile | None = None, bcu_table: Path | None = None
) -> geopandas.GeoDataFrame:
    """District polygons of a force: ``lad_code, lad_name, bcu, geometry``, one row a district.

    WGS84 degrees, in order of code. Needs a column of district names or codes (``lad_name``, ``LAD25NM``, ``name``;
    ``lad_code``, ``LAD25CD``, ``code``). Each district's BCU comes from a ``bcu`` column, else from ``bcu_table`` (a
    CSV with lad_code, lad_name, bcu) or the profile (default: Lancashire's), by code, then by name. Districts without
    one are left out. Several features of one district, such as wards, are merged. ``.attrs["notes"]`` has a sentence
    for all that was left out, repaired or converted.

    Raises HotspotsError for an unreadable or empty file, no name column, geometry that is not polygons, an
    unknown or wrongly declared coordinate system, a file without any district of the force, a BCU that the force does
    not have, and districts that overlap.
    """
    path, profile = Path(path), profile or home()
    wanted = profile.districts if bcu_table is None else read_districts(bcu_table, profile.bcus)
    features = read_layer(path)
    rows = _rows(features, wanted, profile.bcus, path.name)
    mine = (rows["bcu"] != "").to_numpy()
    notes = _left_out(rows, mine, profile.name, path.name)
    features, rows = features[mine], rows[mine].reset_index(drop=True)
    shapes, converted = _in_degrees(_flat_polygons(features, path.name), features.crs, path.name)
    shapes, repaired = _repaired(shapes, path.name)
    merged = _merged(rows, shapes, notes + converted + repaired)
    _refuse_overlaps(merged, path.name)
    return merged[list(STORED_COLUMNS)]


def save_boundaries(gdf: geopandas.GeoDataFrame, path: Path) -> str:
    """Store the result of ``read_boundaries`` as one GeoParquet file; returns the SHA-256 of its bytes.

    The same districts give the same bytes. A reader sees it when a manifest names it, and not before.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    text = {name: pa.array(gdf[name].tolist(), pa.string()) for name in STORED_COLUMNS[:-1]}
    geometry = pa.array(list(shapely.to_wkb(gdf.geometry.to_numpy(), byte_order=1)), pa.binary())
    kinds = sorted(set(gdf.geometry.geom_type))
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": kinds}},
    }
    table = pa.table({**text, "geometry": geometry}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path, compression="zstd")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _flat_polygons(features: geopandas.GeoDataFrame, file: str) -> NDArray[Any]:
    """The shapes without heights; a sentence when one is missing or is not an area."""
    import shapely

    shapes = np.asarray(features.geometry.to_numpy(), dtype=object)
    empty = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(empty):
        raise HotspotsError(
            f"'{file}' has {len(empty)} of {len(shapes)} features without a shape (feature {sample(empty + 1)}); "
            "remove them or export the boundaries again."
        )
    kinds = features.geometry.geom_type
    other = kinds[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(other):
        raise HotspotsError(
            f"'{file}' has {len(other)} of {len(kinds)} shapes that are not polygons: {sample(other)}. "
            "Districts must be areas; choose the boundary file, not the points or lines."
        )
    return np.asarray(shapely.force_2d(shapes), dtype=object)


def _repaired(shapes: NDArray[Any], file: str) -> tuple[NDArray[Any], list[str]]:
    """Valid polygons, and a note on how many had to be repaired."""
    import shapely

    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes, []
    reasons = sample(re.sub(r"\[.*", "", reason) for reason in shapely.is_valid_reason(shapes[broken]))
    shapes = shapes.copy()
    shapes[broken] = [_areas_only(shape) for shape in shapely.make_valid(shapes[broken])]
    if shapely.is_empty(shapes).any():
        raise HotspotsError(f"'{file}' has polygons without any area ({reasons}); export the boundaries again.")
    count = f"{int(broken.sum())} of {len(shapes)} polygons in '{file}'"
    return shapes, [f"{count} were not valid ({reasons}) and were repaired."]


def _areas_only(shape: Any) -> Any:
    """The polygons of a repaired shape, without the stray lines and points a repair may leave."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _in_degrees(shapes: NDArray[Any], crs: Any, file: str) -> tuple[NDArray[Any], list[str]]:
    """Shapes in WGS84 degrees inside Great Britain, and a note on how they got there."""
    import shapely

    xy = shapely.get_coordinates(shapes)
    if not np.isfinite(xy).all():
        raise HotspotsError(f"'{file}' has coordinates that are not numbers; export the boundaries again.")
    epsg, name = _system(crs, xy, file)
    if epsg == _GRID:
        lon, lat = _from_grid(xy, file)
        note = [f"'{file}' was turned from British National Grid into longitude and latitude by OSTN15."]
    elif epsg in _DEGREES:
        lon, lat, note = xy[:, 0], xy[:, 1], []
    elif epsg == _MERCATOR:
        radius = 6_378_137.0  # a formula on the same datum, so nothing is lost
        lon, lat = np.degrees(xy[:, 0] / radius), np.degrees(2 * np.arctan(np.exp(xy[:, 1] / radius)) - np.pi / 2)
        note = [f"'{file}' was turned from Web Mercator into longitude and latitude."]
    else:
        raise HotspotsError(f"'{file}' is in the coordinate system '{name}', which is not accepted. {_WRITE_AS}")
    _refuse_elsewhere(lon, lat, f"'{file}', in '{name}',")
    return shapely.set_coordinates(shapes, np.column_stack([lon, lat])), note


def _system(crs: Any, xy: Floats, file: str) -> tuple[int | None, str]:
    """(number, name) of the coordinate system: as the file says, else as its figures can be read in one way only.

    GeoJSON counts as degrees where it says nothing; there metres of the National Grid are told by their size.
    """
    degrees = crs is not None and (crs.to_epsg(min_confidence=25) in _DEGREES or crs.to_authority() == ("OGC", "CRS84"))
    if crs is None or degrees:
        if _inside(xy, GREAT_BRITAIN):
            return 4326, crs.name if crs is not None else "WGS 84"
        if _inside(xy, GRID_METRES) and xy.min() > 180:
            return _GRID, "British National Grid"
        if crs is None:
            raise HotspotsError(f"'{file}' does not say which coordinate system it is in ({_extent(xy)}). {_WRITE_AS}")
        return 4326, crs.name
    return crs.to_epsg(min_confidence=25), crs.name


def _inside(xy: Floats, extent: tuple[float, float, float, float]) -> bool:
    west, south, east, north = extent
    return _within(xy[:, 0], west, east) and _within(xy[:, 1], south, north)


def _from_grid(xy: Floats, file: str) -> tuple[Floats, Floats]:
    lon, lat = bng_to_lonlat(xy[:, 0], xy[:, 1])
    lost = np.isnan(lon)
    if lost.any():
        raise HotspotsError(
            f"'{file}' says that it is in British National Grid, but {int(lost.sum()):,} of {len(lon):,} corners "
            f"lie off that grid ({_extent(xy)}); check which coordinate system it was written in."
        )
    return lon, lat


def _extent(xy: Floats) -> str:
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return f"{west:.6g} to {east:.6g} across, {south:.6g} to {north:.6g} up"


def _refuse_elsewhere(lon: Floats, lat: Floats, file: str) -> None:
    west, south, east, north = GREAT_BRITAIN
    if _within(lon, west, east) and _within(lat, south, north):
        return
    found = _extent(np.column_stack([lon, lat]))
    if np.abs(lat).max() > 90 or np.abs(lon).max() > 180:
        advice = "These are metres, not degrees: declare EPSG:27700 if they are British National Grid."
    elif _within(lat, west, east) and _within(lon, south, north):
        advice = "Longitude and latitude are swapped: write longitude first."
    else:
        advice = "Keep only districts of Great Britain, or check which coordinate system it was written in."
    raise HotspotsError(f"{file} has coordinates outside Great Britain: {found}. {advice}")


def _within(values: Floats, least: float, most: float) -> bool:
    return bool(values.min() >= least and values.max() <= most)


def _rows(features: geopandas.GeoDataFrame, wanted: Sequence[District], bcus: Sequence[str], file: str) -> pd.DataFrame:
    """One row a feature: ``lad_code, lad_name, bcu``; a district that is wanted under its own name, others without a
    BCU where the file gives none."""
    import pandas as pd

    named, coded = _columns(features, wanted, file)
    bcu = next((c for c in _properties(features) if c.lower() == "bcu"), None)
    told = {"lad_code": coded, "lad_name": named, "bcu": bcu}
    rows = pd.DataFrame({k: _text(features[c]) if c else "" for k, c in told.items()}, index=range(len(features)))
    found = _districts_of(rows, wanted, file)
    rows["bcu"] = _own_bcus(rows, found, bcus, file)
    rows["lad_name"] = [d.name if d else own for d, own in zip(found, rows["lad_name"], strict=True)]
    rows["lad_code"] = [own or (d.code if d else "") for d, own in zip(found, rows["lad_code"], strict=True)]
    if problems := _contradictions(rows[rows["bcu"] != ""], file):
        raise HotspotsError(problems)
    return rows


def _columns(features: geopandas.GeoDataFrame, wanted: Sequence[District], file: str) -> tuple[str | None, str | None]:
    """The columns of names and of codes: by what they are called, else by what stands in them."""
    properties = _properties(features)
    named, coded = called(properties, NAMES), called(properties, CODES)
    names, codes = {_plain(d.name) for d in wanted}, {d.code for d in wanted if d.code}
    if named is None:
        named = next((c for c in properties if names & {_plain(v) for v in _text(features[c])}), None)
    if coded is None or not any(_CODE_SHAPE.fullmatch(v) for v in _text(features[coded])):
        coded = next((c for c in properties if codes & set(_text(features[c]))), coded)
    if named is None and coded is None:
        raise HotspotsError(
            f"'{file}' has no column of district names; it has {sample(properties, 12)}. "
            "Name it lad_name, or LAD25NM as the Office for National Statistics does."
        )
    return named, None if coded == named else coded


def _properties(features: geopandas.GeoDataFrame) -> list[str]:
    return [str(name) for name in features.columns if name != features.geometry.name]


def _plain(name: str) -> str:
    """A district's name for comparing: 'St. Helens (B)', 'ST HELENS' and 'St Helens District' are one."""
    words = re.sub(r"\(.*?\)", " ", name.casefold()).replace("&", " and ").replace("'", "").replace(".", "")
    words = " ".join(re.sub(r"[^\w]+", " ", words).split())
    return re.sub(r"^(city of|borough of|district of|royal borough of) | (district|borough|city)$", "", words)


def _districts_of(rows: pd.DataFrame, wanted: Sequence[District], file: str) -> list[District | None]:
    """The wanted district of each feature, by its code, then by its name; HotspotsError where the two differ."""
    by_code = {d.code: d for d in wanted if d.code}
    by_name = {_plain(d.name): d for d in wanted}
    found = []
    for code, name in rows[["lad_code", "lad_name"]].itertuples(index=False):
        one, other = by_code.get(code), by_name.get(_plain(name))
        if one and other and one != other:
            raise HotspotsError(
                f"'{file}' gives '{name}' the code '{code}', which is that of {one.name}. Correct one of the two."
            )
        found.append(one or other)
    return found


def _own_bcus(rows: pd.DataFrame, found: Sequence[District | None], bcus: Sequence[str], file: str) -> list[str]:
    """The BCU of each feature: what the file says, in any case, else that of its district; '' where neither is."""
    spelled = {bcu.casefold(): bcu for bcu in bcus}
    own = [spelled.get(bcu.casefold(), bcu) for bcu in rows["bcu"]]
    problems = [
        f"'{file}' gives '{name}' the BCU '{bcu}'; it must be {either(bcus)}."
        for name, bcu in dict.fromkeys(zip(rows["lad_name"], own, strict=True))
        if bcu and bcu not in bcus
    ]
    if problems:
        raise HotspotsError(problems)
    return [bcu or (district.bcu if district else "") for bcu, district in zip(own, found, strict=True)]


def _contradictions(rows: pd.DataFrame, file: str) -> list[str]:
    """Districts with several BCUs or codes, in sentences."""
    problems = []
    for column, word in (("bcu", "BCU"), ("lad_code", "code")):
        several = rows[rows[column] != ""].groupby("lad_name", sort=True)[column].unique()
        problems += [
            f"'{file}' gives '{district}' more than one {word}: {sample(values)}; correct the file."
            for district, values in several.items()
            if len(values) > 1
        ]
    return problems


def _left_out(rows: pd.DataFrame, mine: NDArray[np.bool_], force: str, file: str) -> list[str]:
    """What is said of the districts that are no part of the force; HotspotsError where none is."""
    others = rows[~mine]
    names = others["lad_name"].where(others["lad_name"] != "", others["lad_code"])
    if (names == "").any():
        raise HotspotsError(
            f"'{file}' has {int((names == '').sum())} of {len(rows)} features with no district name (feature"
            f" {sample(names.index[names == ''] + 1)}); fill them in."
        )
    if not mine.any():
        raise HotspotsError(
            f"'{file}' has no district of {force}: it has {sample(names)}. Choose another file or, for"
            " another force, make a profile: python -m hotspots profile new."
        )
    if not len(others):
        return []
    n = names.nunique()
    return [
        f"{n} {'district' if n == 1 else 'districts'} of '{file}' left out, as no part of {force}: {sample(names)}."
    ]


def _text(values: pd.Series) -> list[str]:
    plain = (value if isinstance(value, str | float | int | None) else str(value) for value in values.tolist())
    return ["" if value is None or value != value else str(value).strip() for value in plain]


def _merged(rows: pd.DataFrame, shapes: NDArray[Any], notes: list[str]) -> geopandas.GeoDataFrame:
    """One row a district, in order of code and name."""
    import geopandas
    import shapely

    groups = rows.groupby("lad_name", sort=True)
    table = groups[["lad_code", "bcu"]].max().reset_index()
    parts = [shapes[groups.indices[name]] for name in table["lad_name"]]
    geometry = [part[0] if len(part) == 1 else shapely.union_all(part) for part in parts]
    if len(table) < len(rows):
        notes = [
            *notes,
            f"{len(rows):,} features were merged into {len(table)} district{'s' if len(table) > 1 else ''}.",
        ]
    merged = geopandas.GeoDataFrame(table, geometry=geometry, crs=4326)
    merged = merged.sort_values(["lad_code", "lad_name"], ignore_index=True)
    merged.attrs |= {"notes": notes, "merged": len(table) < len(rows)}
    return merged


def _refuse_overlaps(merged: geopandas.GeoDataFrame, file: str) -> None:
    """Neighbours may overlap by slivers (a point goes to the lower number), not by real area."""
    import shapely

    shapes = np.asarray(merged.geometry.to_numpy(), dtype=object)
    area = shapely.area(shapes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    too_much = np.flatnonzero(shared > OVERLAP_SHARE * np.minimum(area[one], area[other]))
    names = merged["lad_name"].tolist()
    if len(too_much):
        pairs = sample((f"{names[one[i]]} and {names[other[i]]}" for i in too_much), 3)
        raise HotspotsError(
            f"'{file}' has districts that overlap: {pairs}. A place must lie in one district; correct the file."
        )
