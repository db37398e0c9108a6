"""Which district holds a point, or most of a cell.

Rules, so that every point and cell has one answer: a point on the line between two districts belongs to
the one with the lower number (districts are numbered by their code); a cell belongs to the district that
holds most of it, and so to one BCU at most.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import ArrayLike, NDArray

from hotspots.base.errors import HotspotsError
from hotspots.base.profile import COVER, OUTLINES, District, Profile, home
from hotspots.base.settings import Settings
from hotspots.geography.cells import (
    RESOLUTION_BIT,
    Cells,
    Floats,
    cell_areas_m2,
    cell_centres,
    cell_corners,
    cells_at,
    coordinates,
    distinct,
    resolution_of,
)
from hotspots.geography.layers import STORED_COLUMNS

if TYPE_CHECKING:
    from hotspots.store.workspace import Workspace

Districts = NDArray[np.int16]

COVER_RESOLUTION = 12
FINER = 3  # a cell on a boundary is measured by its descendants this many resolutions finer: 343 of them
OUTLINE_BYTES = 150_000
NOWHERE = -1
WHOLE_SHARE = 0.9  # of a district's area in the cover: with less, parts of it are missing
EARTH_M = 6_371_007.180918475  # radius of H3's sphere
ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the OGL v3.0. "
    "Contains OS data © Crown copyright and database right"
)


def _descendants(cells: Cells) -> tuple[Cells, Cells]:
    """First and one-past-last position of a cell's descendants once the resolution bits are cleared.

    An H3 index holds three bits for each resolution, the coarsest first, so that all descendants of a
    cell lie between two numbers: one sorted search answers for all resolutions at once.
    """
    span = np.left_shift(np.int64(1), 3 * (15 - resolution_of(cells)))
    first = (cells & ~(np.int64(15) << RESOLUTION_BIT)) & ~(span - 1)
    return first, first + span


@dataclass(frozen=True, eq=False)
class Cover:
    """Disjoint cells of mixed resolution, as sorted spans of H3 numbers, each wholly one district's."""

    first: Cells
    past: Cells
    district: Districts

    @classmethod
    def of(cls, cells: Cells, district: Districts) -> Cover:
        first, past = _descendants(cells)
        order = np.argsort(first)
        return cls(first[order], past[order], district[order])

    @cached_property
    def areas_m2(self) -> tuple[Floats, Districts]:
        """(area of each of its cells, the district of each); a span's width is the resolution of its cell.

        Not to be changed: worked out once, for the cover of a force has more than a hundred thousand cells.
        """
        span = self.past - self.first
        resolution = 15 - np.round(np.log2(span)).astype(np.int64) // 3
        return cell_areas_m2(self.first | (span - 1) | (resolution << RESOLUTION_BIT)), self.district

    def holding(self, cells: Cells) -> Districts:
        """District number of the one cell of the cover that holds each of these cells, -1 where none does."""
        first, past = _descendants(cells)
        span = np.searchsorted(self.first, first, side="right") - 1
        inside = (span >= 0) & (past <= self.past[span])
        return np.where(inside, self.district[span], NOWHERE).astype(np.int16)

    def find(self, lon: Floats, lat: Floats) -> Districts:
        """District number of each point or -1, by its cell at resolution 12."""
        return self.holding(cells_at(lon, lat, COVER_RESOLUTION))


@dataclass(frozen=True, eq=False)
class Polygons:
    """One shapely polygon for each district, in WGS84 degrees."""

    shapes: NDArray[Any]

    def __post_init__(self) -> None:
        # the search trees are built at the first question, and building one is not safe in two threads at once
        for shape in self.shapes:
            west, south, east, north = shape.bounds
            self._holds(shape, np.array([(west + east) / 2]), np.array([(south + north) / 2]))

    @staticmethod
    def _holds(shape: Any, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        import shapely

        shapely.prepare(shape)
        return np.asarray(shapely.intersects_xy(shape, lon, lat), dtype=bool)

    @cached_property
    def areas_m2(self) -> tuple[Floats, Districts]:
        """(area of each polygon, its district), by the cylinder projection that keeps areas (Lambert)."""
        import shapely

        def equal_area(lonlat: Floats) -> Floats:
            lon, lat = np.radians(lonlat).T
            return np.column_stack([EARTH_M * lon, EARTH_M * np.sin(lat)])

        areas = np.array([shapely.transform(shape, equal_area).area for shape in self.shapes])
        return areas, np.arange(len(areas), dtype=np.int16)

    def find(self, lon: Floats, lat: Floats) -> Districts:
        """District number of each point or -1. Edges belong to the polygon; the lowest number wins."""
        found = np.full(len(lon), NOWHERE, dtype=np.int16)
        for number, shape in enumerate(self.shapes):
            west, south, east, north = shape.bounds
            near = np.flatnonzero((found == NOWHERE) & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
            found[near[self._holds(shape, lon[near], lat[near])]] = number
        return found


@dataclass(frozen=True)
class Boundaries:
    """The districts of the force, from the cover of its profile or from imported polygons.

    ``districts[i]`` has the code ``codes[i]`` and belongs to ``bcus[i]``; districts are in order of code.
    ``kind`` is 'cover' (can be wrong within about 11 m of a boundary) or 'polygons' (exact). ``sha256``
    identifies the file they came from, ``label`` says in words what they are. ``profile`` is the force they are of;
    none of its towns names a place that is further away than ``place_max_km``.
    """

    districts: tuple[str, ...]
    bcus: tuple[str, ...]
    codes: tuple[str, ...]
    kind: str
    sha256: str
    label: str
    geometry: Cover | Polygons = field(repr=False, compare=False)
    profile: Profile = field(default_factory=home, repr=False)
    place_max_km: float = Settings.place_max_km

    @property
    def missing(self) -> tuple[str, ...]:
        """The districts of the force that these are without."""
        codes, names = set(self.codes), set(self.districts)
        return tuple(d.name for d in self.profile.districts if d.code not in codes and d.name not in names)

    def district_of(self, lon: ArrayLike, lat: ArrayLike) -> Districts:
        """Number of the district that holds each point (WGS84 degrees), -1 where none does or it is nan.

        Raises HotspotsError for points that are not on the globe.
        """
        x, y = coordinates(lon, lat)
        found = np.full(len(x), NOWHERE, dtype=np.int16)
        there = ~(np.isnan(x) | np.isnan(y))
        x, y, pair = distinct(x[there], y[there])
        if len(x):
            found[there] = self.geometry.find(x, y)[pair]
        return found


def boundaries_of(workspace: Workspace) -> Boundaries:
    """The district polygons imported into this workspace, else the H3 cover of its force's profile."""
    profile, place_max_km = workspace.profile, workspace.settings.place_max_km
    if workspace.manifest.boundaries:
        from hotspots.store.sound import sound_file

        found = load_polygons(sound_file(workspace, workspace.manifest.boundaries), profile)
    else:
        found = load_cover(profile)
    return replace(found, place_max_km=place_max_km)


def missing_districts(boundaries: Boundaries) -> list[str]:
    """A sentence that names the districts of the force that the boundaries are without, if any are."""
    if not boundaries.missing:
        return []
    n, force = len(boundaries.missing), boundaries.profile
    return [
        f"{n} of {len(force.districts)} districts of {force.name} are missing from the boundaries:"
        f" {', '.join(boundaries.missing)}. What happened there counts as outside the force. If the download was cut"
        " off, take it again, whole, and import that (--source boundaries)."
    ]


def shrunken_districts(boundaries: Boundaries) -> list[str]:
    """A sentence that names districts with far less area than the profile's cover gives them: parts of them, such as
    wards, are not in the file."""
    cover = load_cover(boundaries.profile)
    known = dict(zip(cover.codes, _areas_of(cover), strict=True))
    shares = [
        (area / known[code], name)
        for code, name, area in zip(boundaries.codes, boundaries.districts, _areas_of(boundaries), strict=True)
        if code in known
    ]
    small = [f"{name} {share:.0%}" for share, name in shares if share < WHOLE_SHARE]
    return [f"Parts of districts seem to be missing, of their area there is: {', '.join(small)}."] if small else []


def _areas_of(boundaries: Boundaries) -> list[float]:
    """The area of each district in m²."""
    areas, district = boundaries.geometry.areas_m2
    return np.bincount(district, weights=areas, minlength=len(boundaries.districts)).tolist()


def load_cover(profile: Profile | None = None) -> Boundaries:
    """The cover of a force's districts that its profile has; without a profile Lancashire's."""
    profile = profile or home()
    return replace(_read_cover(profile.files[COVER], profile.districts), profile=profile)


@lru_cache(maxsize=8)
def _read_cover(path: Path, rows: tuple[District, ...]) -> Boundaries:
    import pyarrow.parquet as pq

    content = path.read_bytes()
    table = pq.read_table(io.BytesIO(content), read_dictionary=["lad_code"]).combine_chunks()
    codes = table["lad_code"].chunk(0)
    number = {row.code: i for i, row in enumerate(rows)}
    renumber = np.array([number[code] for code in codes.dictionary.to_pylist()], dtype=np.int16)
    cover = Cover.of(table["cell"].to_numpy(), renumber[codes.indices.to_numpy()])
    return Boundaries(
        districts=tuple(row.name for row in rows), bcus=tuple(row.bcu for row in rows),
        codes=tuple(row.code for row in rows), kind="cover", sha256=hashlib.sha256(content).hexdigest(),
        label=f"{len(rows)} districts, the shipped cover of H3 cells; can be wrong within about 11 m of a boundary",
        geometry=cover,
    )  # fmt: skip


def load_polygons(path: Path, profile: Profile | None = None) -> Boundaries:
    """Exact district polygons, from a file of `save_boundaries` (.parquet) or from one that people have.

    Raises HotspotsError as `hotspots.geography.boundary_files.read_boundaries` does.
    """
    path, profile = Path(path), profile or home()
    columns = _stored_columns(path) if path.suffix.lower() == ".parquet" else _fresh_columns(path, profile)
    names = columns["lad_name"]
    return Boundaries(
        districts=tuple(names), bcus=tuple(columns["bcu"]), codes=tuple(columns["lad_code"]), kind="polygons",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        label=f"{len(names)} district{'s' if len(names) != 1 else ''}, exact polygons",
        geometry=Polygons(np.asarray(columns["geometry"], dtype=object)), profile=profile,
    )  # fmt: skip


def _stored_columns(path: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    try:
        table = pq.read_table(path)
        columns: dict[str, list[Any]] = {name: table[name].to_pylist() for name in STORED_COLUMNS}
        columns["geometry"] = list(shapely.from_wkb(columns["geometry"]))
    except (OSError, KeyError, pa.ArrowInvalid, TypeError, shapely.errors.ShapelyError) as error:
        raise HotspotsError(
            f"The stored boundaries '{path.name}' cannot be read; import the district boundaries again."
        ) from error
    return columns


def _fresh_columns(path: Path, profile: Profile) -> dict[str, list[Any]]:
    from hotspots.geography.boundary_files import read_boundaries

    frame = read_boundaries(path, profile)
    return {name: list(frame[name]) for name in STORED_COLUMNS}


def cell_districts(cells: ArrayLike, boundaries: Boundaries) -> Districts:
    """Number of the one district that holds most of each cell; -1 where no sample of it lies in any.

    A cell whose centre and corners agree is answered by them. Elsewhere the centres of its descendants
    three resolutions finer are counted; the district with most of them has the cell, at a tie the lower
    number. A cell that lies mostly outside the force still belongs to the district that holds most of the
    part inside. Cell 0 (no place) gives -1.
    """
    each, position = np.unique(np.asarray(cells, dtype=np.int64), return_inverse=True)
    found = np.full(len(each), NOWHERE, dtype=np.int16)
    if isinstance(boundaries.geometry, Cover):  # all descendants of a cell within one of the cover are its district's
        found = boundaries.geometry.holding(each)
    real = np.flatnonzero((each != 0) & (found == NOWHERE))
    found[real] = _districts_of_distinct(each[real], boundaries)
    return found[position]


def _districts_of_distinct(cells: Cells, boundaries: Boundaries) -> Districts:
    centre = boundaries.district_of(*cell_centres(cells))
    lon, lat, owner = cell_corners(cells)
    corner = boundaries.district_of(lon, lat)
    unsure = np.unique(owner[corner != centre[owner]])
    found = centre.copy()
    if len(unsure):
        at_corners = _count(corner, owner, len(cells), boundaries)[unsure]
        at_corners[np.arange(len(unsure)), centre[unsure]] += centre[unsure] != NOWHERE
        within = _count_descendants(cells[unsure], boundaries)
        counts = np.where(within.any(axis=1, keepdims=True), within, at_corners)
        found[unsure] = np.argmax(counts, axis=1)
    return found


def _count_descendants(cells: Cells, boundaries: Boundaries) -> NDArray[np.int64]:
    """For each cell, how many of its descendants' centres lie in each district."""
    families = [h3.cell_to_children(c, min(h3.get_resolution(c) + FINER, 15)) for c in cells.tolist()]
    owner = np.repeat(np.arange(len(families)), [len(family) for family in families])
    centres = cell_centres([child for family in families for child in family])
    return _count(boundaries.geometry.find(*centres), owner, len(cells), boundaries)


def _count(found: Districts, owner: NDArray[np.intp], n: int, boundaries: Boundaries) -> NDArray[np.int64]:
    counts = np.zeros((n, len(boundaries.districts)), dtype=np.int64)
    inside = found != NOWHERE
    np.add.at(counts, (owner[inside], found[inside]), 1)
    return counts


def bcu_areas_m2(boundaries: Boundaries) -> dict[str, float]:
    """The whole area of each BCU in m², on H3's sphere like `cell_areas_m2`; the shipped cover's, or the polygons'."""
    import pandas as pd

    areas, district = boundaries.geometry.areas_m2
    total = pd.Series(areas).groupby(np.array(boundaries.bcus)[district]).sum()
    return {str(bcu): float(value) for bcu, value in total.items()}


def outlines(boundaries: Boundaries) -> dict[str, Any]:
    """District outlines for drawing: GeoJSON with ``district`` and ``bcu``, under 150 kB as compact JSON.

    Simplified, so never for deciding where a point lies. For a cover they are those of the profile.
    """
    if isinstance(boundaries.geometry, Cover):
        drawn: dict[str, Any] = json.loads(boundaries.profile.files[OUTLINES].read_text(encoding="utf-8"))
        return drawn
    tolerance = 0.0004  # degrees; drops a corner that cuts off less than about 1,000 m² (Visvalingam)
    drawn = _simplified(boundaries, tolerance)
    while len(compact_json(drawn)) > OUTLINE_BYTES:
        tolerance *= 1.5
        drawn = _simplified(boundaries, tolerance)
    return drawn


def compact_json(value: dict[str, Any]) -> bytes:
    """JSON without spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _simplified(boundaries: Boundaries, tolerance: float) -> dict[str, Any]:
    import shapely

    assert isinstance(boundaries.geometry, Polygons)
    # shared borders are simplified alike, so that neighbours leave no gap between them
    shapes = shapely.coverage_simplify(boundaries.geometry.shapes, tolerance)
    shapes = shapely.set_precision(shapes, 0.00001)
    features = [
        {
            "type": "Feature",
            "properties": {"district": district, "bcu": bcu},
            "geometry": _rounded(shapely.geometry.mapping(shape)),
        }
        for district, bcu, shape in zip(boundaries.districts, boundaries.bcus, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _rounded(value: Any) -> Any:
    """Coordinates to five decimals (1 m), tuples as lists, in any depth of GeoJSON."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return round(value, 5) if isinstance(value, float) else value
