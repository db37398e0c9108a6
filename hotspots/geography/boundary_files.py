"""District boundaries that a user brings: read, checked, repaired, stored.

Limits: coordinates must be WGS84 or ETRS89 degrees (taken as the same: they differ by under a metre),
British National Grid (turned by OSTN15) or Web Mercator. Anything else is refused, because another
conversion may be metres out without saying so.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError, sample
from hotspots.geography.cells import Floats, bng_to_lonlat
from hotspots.geography.shipped import STORED_COLUMNS, read_bcu_table

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

OVERLAP_SHARE = 0.01  # two districts that share more than this part of the smaller are refused
GREAT_BRITAIN = (-9.0, 49.0, 3.0, 61.5)  # west, south, east, north, degrees

_DEGREES, _GRID, _MERCATOR = (4326, 4258), 27700, 3857
_NAME = re.compile(r"lad_?name|lad\d\dnm", re.IGNORECASE)
_CODE = re.compile(r"lad_?code|lad\d\dcd", re.IGNORECASE)
_WRITE_AS = "Save it as EPSG:4326 (longitude, latitude) or EPSG:27700 (British National Grid) and import it again."


def read_boundaries(path: Path, bcu_table: Path | None = None) -> geopandas.GeoDataFrame:
    """District polygons from GeoJSON or GeoPackage: ``lad_code, lad_name, bcu, geometry``, one row a district.

    WGS84 degrees, in order of code. Needs a column of district names (``lad_name`` or ``LAD25NM``); a code
    (``lad_code``, ``LAD25CD``) if there is one. Each district's BCU comes from a ``bcu`` column, else from
    ``bcu_table`` (a CSV with lad_code, lad_name, bcu) or the shipped table, by code, then by name. Several
    features of one district, such as wards, are merged. ``.attrs["notes"]`` has a sentence for everything
    that was repaired or converted.

    Raises HotspotsError for an unreadable or empty file, no name column, geometry that is not polygons, an
    unknown or wrongly declared coordinate system, a district without a BCU, and districts that overlap.
    """
    path = Path(path)
    features = _read_features(path)
    name, code = _column(features, _NAME), _column(features, _CODE)
    if name is None:
        raise HotspotsError(
            f"'{path.name}' has no column of district names; it has {sample(_properties(features), 12)}. "
            "Name it lad_name, or LAD25NM as the Office for National Statistics does."
        )
    shapes, converted = _in_degrees(_flat_polygons(features, path.name), features.crs, path.name)
    shapes, repaired = _repaired(shapes, path.name)
    rows = _rows(features, name, code, path.name)
    merged = _merged(rows, shapes, converted + repaired)
    table = read_bcu_table(bcu_table)
    by_code = {row["lad_code"]: row["bcu"] for row in table if row["lad_code"]}
    by_name = {row["lad_name"]: row["bcu"] for row in table}
    found = [
        bcu or by_code.get(code) or by_name.get(name) or ""
        for code, name, bcu in zip(merged["lad_code"], merged["lad_name"], merged["bcu"], strict=True)
    ]
    without = [name for name, bcu in zip(merged["lad_name"], found, strict=True) if not bcu]
    if without:
        where = f"'{bcu_table.name}'" if bcu_table else "the shipped table of Lancashire's districts"
        raise HotspotsError(
            f"'{path.name}' has {len(without)} of {len(found)} districts without a BCU: {sample(without)}. They are "
            f"not in {where} and the file has no 'bcu' for them; remove them from the file, or give them a 'bcu' of "
            "West, South or East."
        )
    merged["bcu"] = found
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


def _read_features(path: Path) -> geopandas.GeoDataFrame:
    """The file's only layer with shapes in it."""
    import geopandas

    if not path.is_file():
        raise HotspotsError(f"There is no boundary file at {path}.")
    try:
        listed = geopandas.list_layers(path)
        layers = [str(layer) for layer in listed.loc[listed["geometry_type"].notna(), "name"]]
        features = geopandas.read_file(path, layer=layers[0]) if layers else None
    except (RuntimeError, ValueError) as error:  # what the reader raises for a file it cannot make out
        raise HotspotsError(
            f"'{path.name}' cannot be read as GeoJSON or GeoPackage; export the district boundaries again."
        ) from error
    if len(layers) > 1:
        raise HotspotsError(f"'{path.name}' holds {len(layers)} layers ({sample(layers)}); keep only the districts.")
    if features is None or not len(features) or not isinstance(features, geopandas.GeoDataFrame):
        raise HotspotsError(f"'{path.name}' has 0 features with a shape; export the district boundaries again.")
    return features


def _properties(features: geopandas.GeoDataFrame) -> list[str]:
    return [str(name) for name in features.columns if name != features.geometry.name]


def _column(features: geopandas.GeoDataFrame, pattern: re.Pattern[str]) -> str | None:
    """The column that a pattern names; ours (lad_name) before that of a year (LAD25NM)."""
    found = [c for c in _properties(features) if pattern.fullmatch(c)]
    return min(found, key=lambda c: (bool(re.search(r"\d", c)), c), default=None)


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

    if crs is None:
        raise HotspotsError(f"'{file}' does not say which coordinate system it is in. {_WRITE_AS}")
    epsg = crs.to_epsg(min_confidence=25)
    xy = shapely.get_coordinates(shapes)
    if not np.isfinite(xy).all():
        raise HotspotsError(f"'{file}' has coordinates that are not numbers; export the boundaries again.")
    if epsg == _GRID:
        lon, lat = _from_grid(xy, file)
        note = [f"'{file}' was turned from British National Grid into longitude and latitude by OSTN15."]
    elif epsg in _DEGREES or crs.to_authority() == ("OGC", "CRS84"):
        lon, lat, note = xy[:, 0], xy[:, 1], []
    elif epsg == _MERCATOR:
        radius = 6_378_137.0  # a formula on the same datum, so nothing is lost
        lon, lat = np.degrees(xy[:, 0] / radius), np.degrees(2 * np.arctan(np.exp(xy[:, 1] / radius)) - np.pi / 2)
        note = [f"'{file}' was turned from Web Mercator into longitude and latitude."]
    else:
        raise HotspotsError(f"'{file}' is in the coordinate system '{crs.name}', which is not accepted. {_WRITE_AS}")
    _refuse_elsewhere(lon, lat, f"'{file}', in '{crs.name}',")
    return shapely.set_coordinates(shapes, np.column_stack([lon, lat])), note


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


def _rows(features: geopandas.GeoDataFrame, name: str, code: str | None, file: str) -> pd.DataFrame:
    """One row a feature: ``lad_code, lad_name, bcu`` as text, '' where the file says nothing."""
    import pandas as pd

    bcu = next((c for c in _properties(features) if c.lower() == "bcu"), None)
    wanted = {"lad_code": code, "lad_name": name, "bcu": bcu}
    rows = pd.DataFrame({k: _text(features[c]) if c else "" for k, c in wanted.items()}, index=range(len(features)))
    blank = rows.index[rows["lad_name"] == ""] + 1
    if len(blank):
        raise HotspotsError(
            f"'{file}' has {len(blank)} of {len(rows)} features with no district name in '{name}' "
            f"(feature {sample(blank)}); fill them in."
        )
    rows["bcu"] = rows["bcu"].str.capitalize()
    problems = [
        f"'{file}' gives '{district}' the BCU '{bcu}'; it must be {', '.join(BCUS[:-1])} or {BCUS[-1]}."
        for district, bcu in rows[["lad_name", "bcu"]].drop_duplicates().itertuples(index=False)
        if bcu and bcu not in BCUS
    ]
    for column, word in (("bcu", "BCU"), ("lad_code", "code")):
        several = rows[rows[column] != ""].groupby("lad_name", sort=True)[column].unique()
        problems += [
            f"'{file}' gives '{district}' more than one {word}: {sample(values)}; correct the file."
            for district, values in several.items()
            if len(values) > 1
        ]
    if problems:
        raise HotspotsError(problems)
    return rows


def _text(values: pd.Series) -> list[str]:
    return ["" if value is None or value != value else str(value).strip() for value in values.tolist()]


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
    merged.attrs["notes"] = notes
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
