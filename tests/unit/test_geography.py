"""Districts, cells and place names, on tables that can be checked by hand.

Two districts are used throughout: 'Preston' is the rectangle from -2.72 to -2.70 and 'Chorley' the one
from -2.70 to -2.68, both from 53.75 to 53.77; they share the line -2.70.
"""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from h3.api import basic_int as h3
from shapely.geometry import Point, Polygon, box, shape

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import COVER, home
from hotspots.base.shipped import DATA, FORCE
from hotspots.geography.boundary_files import read_boundaries, save_boundaries
from hotspots.geography.districts import Cover

REPOSITORY = Path(__file__).resolve().parents[2]
WEST_SQUARE = box(-2.72, 53.75, -2.70, 53.77)
EAST_SQUARE = box(-2.70, 53.75, -2.68, 53.77)


def write(folder: Path, name: str = "d.geojson", crs: int | str | None = 4326, **columns: list) -> Path:
    """A boundary file of the given columns; the two squares unless `geometry` says otherwise."""
    columns = {"geometry": [WEST_SQUARE, EAST_SQUARE], **columns}
    path = folder / name
    geopandas.GeoDataFrame(columns, crs=crs).to_file(path, driver="GPKG" if name.endswith("gpkg") else "GeoJSON")
    return path


def write_raw(folder: Path, geometries: list, names: list[str]) -> Path:
    """GeoJSON written by hand, for shapes that a GIS would not write."""
    features = [
        {"type": "Feature", "properties": {"lad_name": n}, "geometry": g and shapely.geometry.mapping(g)}
        for n, g in zip(names, geometries, strict=True)
    ]
    path = folder / "raw.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.fixture
def squares(tmp_path: Path) -> geography.Boundaries:
    return geography.load_polygons(
        write(tmp_path, lad_name=["Preston", "Chorley"], lad_code=["E07000123", "E07000118"])
    )


# Cells


def test_a_point_without_a_place_is_cell_0_and_order_is_kept():
    cells = geography.cells_at([-2.6990, np.nan, -2.6990, -2.8], [53.7590, 53.7, np.nan, 54.0], 10)
    assert geography.hex_ids(cells)[:3] == ["8a1951803b4ffff", "", ""]
    assert cells.dtype == np.int64
    assert cells[3] == h3.latlng_to_cell(54.0, -2.8, 10)


def test_no_points_give_no_cells():
    assert geography.cells_at([], [], 10).tolist() == []
    assert geography.cells_at([np.nan], [np.nan], 10).tolist() == [0]
    assert geography.cell_polygons([]).tolist() == []
    assert geography.cell_areas_m2([]).tolist() == []
    assert geography.nearest_place([], [], geography.load_cover()) == []


@pytest.mark.parametrize(
    ("lon", "lat", "found"),
    [
        (-2.7, 95.0, "'-2.7, 95'"),
        (-2.7, -90.01, "-90.01"),
        (180.5, 53.0, "'180.5, 53'"),
        (-2.7, math.inf, "inf"),
        (-math.inf, 53.0, "-inf"),
        (354321.0, 428765.0, "'354321, 428765'"),
    ],
)
def test_points_that_are_not_on_the_globe_are_refused_with_their_values(lon, lat, found):
    with pytest.raises(HotspotsError, match="not on the globe") as caught:
        geography.cells_at([-2.7, lon], [53.7, lat], 10)
    assert found in str(caught.value)
    assert "row 2" in str(caught.value)
    with pytest.raises(HotspotsError, match="not on the globe"):
        geography.load_cover().district_of([lon], [lat])


def test_the_ends_of_the_globe_are_on_it():
    assert (geography.cells_at([180, -180, 0], [0, 0, 90], 10) != 0).all()


def test_a_cell_name_is_read_in_either_case_and_with_spaces():
    assert geography.cell_from_hex(" 8A1951803B4FFFF ") == int("8a1951803b4ffff", 16)


def test_the_resolution_stands_in_the_number_of_a_cell():
    cells = [int("891951803b7ffff", 16), 0x8A1951803B4FFFF, h3.latlng_to_cell(53.76, -2.7, 11)]
    assert geography.resolution_of(cells).tolist() == [9, 10, 11]
    assert geography.resolution_of(cells[1]) == 10
    assert geography.resolutions_of(geography.hex_ids([*reversed(cells), cells[0]])) == [9, 10, 11]
    assert geography.resolutions_of([]) == []


@pytest.mark.parametrize(
    "text", ["", "preston", "8a1951803b4fff", "0x8a1951803b4ffff", "8a1951803b4fff7", "8a1951803b4ffff0"]
)
def test_what_is_not_a_cell_is_refused(text):
    with pytest.raises(HotspotsError, match="is not an H3 cell"):
        geography.cell_from_hex(text)


def test_centre_outline_and_area_of_a_cell_belong_together():
    cells = geography.cells_at([-2.6990, -2.8010], [53.7590, 54.0482], 10)
    lon, lat = geography.cell_centres(cells)
    for outline, x, y in zip(geography.cell_polygons(cells), lon, lat, strict=True):
        assert outline.contains(Point(x, y))
        assert len(outline.exterior.coords) == 7
    # a hexagon's planar area by the shoelace formula, degrees turned to metres at its own latitude
    flat = [
        p.area * 111_195**2 * math.cos(math.radians(y))
        for p, y in zip(geography.cell_polygons(cells), lat, strict=True)
    ]
    assert geography.cell_areas_m2(cells) == pytest.approx(flat, rel=1e-3)


def test_areas_repeat_with_their_cells_and_cell_0_has_none():
    cell = geography.cell_from_hex("8a1951803b4ffff")
    areas = geography.cell_areas_m2([cell, 0, cell])
    assert areas[0] == areas[2] > 0
    assert math.isnan(areas[1])


# Districts


def test_a_point_belongs_to_the_square_around_it(squares):
    assert squares.districts == ("Chorley", "Preston")  # in order of code
    assert squares.bcus == ("South", "South")
    assert squares.kind == "polygons"
    assert squares.district_of([-2.71, -2.69, -2.66, np.nan], [53.76, 53.76, 53.76, 53.76]).tolist() == [1, 0, -1, -1]


def test_a_point_on_an_edge_is_not_lost_and_on_a_shared_edge_goes_to_the_lower_number(squares):
    assert squares.district_of([-2.72, -2.70, -2.68], [53.76, 53.76, 53.76]).tolist() == [1, 0, 0]
    assert squares.district_of([-2.72, -2.70], [53.75, 53.77]).tolist() == [1, 0]  # corners


def test_a_point_in_a_hole_of_one_district_is_in_the_other(tmp_path):
    hole = box(-2.712, 53.758, -2.708, 53.762)
    path = write(tmp_path, lad_name=["Preston", "Chorley"], geometry=[WEST_SQUARE.difference(hole), hole])
    found = geography.load_polygons(path)
    assert [found.districts[i] for i in found.district_of([-2.71, -2.719], [53.76, 53.76])] == ["Chorley", "Preston"]


def test_a_cover_of_mixed_resolutions_answers_for_all_descendants_and_nothing_else():
    coarse = h3.latlng_to_cell(53.76, -2.70, 8)
    neighbour = sorted(set(h3.grid_disk(coarse, 1)) - {coarse})[0]
    fine = h3.cell_to_children(neighbour, 12)[5]
    cover = Cover.of(np.array([fine, coarse]), np.array([1, 0], dtype=np.int16))
    inside = h3.cell_to_children(coarse, 12)
    other = [c for c in h3.cell_to_children(neighbour, 12) if c != fine]
    for cells, expected in ((inside, 0), ([fine], 1), (other, -1)):
        assert set(cover.find(*geography.cell_centres(cells)).tolist()) == {expected}


def test_a_cell_belongs_to_the_district_with_most_of_it(squares):
    cells = geography.cells_at(np.linspace(-2.703, -2.697, 200), np.full(200, 53.76), 10)
    cells = np.unique(cells)
    found = geography.cell_districts(cells, squares)
    split = 0
    for cell, outline, number in zip(cells, geography.cell_polygons(cells), found, strict=True):
        chorley, preston = outline.intersection(EAST_SQUARE).area, outline.intersection(WEST_SQUARE).area
        split += min(chorley, preston) > 0
        if abs(chorley - preston) > 0.02 * outline.area:
            assert number == (0 if chorley > preston else 1), hex(cell)
    assert split >= 2  # the test has met cells on the line


def test_a_cell_mostly_outside_still_belongs_to_the_district_it_reaches_into(tmp_path):
    cell = h3.latlng_to_cell(53.76, -2.71, 9)
    outline = geography.cell_polygons([cell])[0]
    west, south, _, north = outline.bounds
    lon, _ = geography.cell_centres([cell])
    sliver = box(west - 0.01, south - 0.01, west + 0.3 * (lon[0] - west), north + 0.01)
    districts = geography.load_polygons(write(tmp_path, lad_name=["Preston"], geometry=[sliver]))
    assert districts.district_of(*geography.cell_centres([cell])).tolist() == [-1]
    assert geography.cell_districts([cell, 0], districts).tolist() == [0, -1]


def test_a_strip_through_the_centre_does_not_win_a_cell():
    cell = h3.latlng_to_cell(53.76, -2.71, 10)
    ((lon,), (lat,)) = geography.cell_centres([cell])
    strip = box(lon - 0.0001, 53, lon + 0.0001, 54)  # 13 m wide, in a cell of about 140 m
    parts = [strip, box(-3, 53, -2, 54).difference(strip)]
    one = geography.Boundaries(("A", "B"), ("East", "West"), ("1", "2"), "polygons", "", "", _polygons(parts))
    assert one.district_of([lon], [lat]).tolist() == [0]
    assert geography.cell_districts([cell], one).tolist() == [1]


def test_a_district_that_holds_four_corners_and_little_else_does_not_win_a_cell():
    cell = h3.latlng_to_cell(53.76, -2.71, 10)
    corners = shapely.union_all([Point(lon, lat).buffer(0.0001) for lat, lon in h3.cell_to_boundary(cell)[:4]])
    parts = [corners, box(-3, 53, -2, 54).difference(corners)]
    one = geography.Boundaries(("A", "B"), ("East", "West"), ("1", "2"), "polygons", "", "", _polygons(parts))
    assert geography.cell_districts([cell], one).tolist() == [1]


def test_at_a_tie_the_lower_number_has_the_cell(tmp_path):
    cell = h3.latlng_to_cell(53.76, -2.71, 10)
    middle = shapely.geometry.mapping(geography.cell_polygons([cell])[0])
    same = shape(middle).buffer(0.001)
    one = geography.Boundaries(("A", "B"), ("East", "West"), ("1", "2"), "polygons", "", "", _polygons([same, same]))
    assert geography.cell_districts([cell], one).tolist() == [0]


def _polygons(shapes: list) -> geography.districts.Polygons:
    return geography.districts.Polygons(np.array(shapes, dtype=object))


def test_a_cell_far_from_every_district_has_none(squares):
    assert geography.cell_districts(geography.cells_at([1.0], [52.0], 10), squares).tolist() == [-1]


# Reading boundaries


def test_names_and_codes_as_the_statistics_office_writes_them(tmp_path):
    path = write(tmp_path, LAD25NM=["Preston", "Burnley"], LAD25CD=["E07000123", "E07000117"], LAD25NMW=["", ""])
    read = read_boundaries(path)
    assert list(read.columns) == ["lad_code", "lad_name", "bcu", "geometry"]
    assert read["lad_name"].tolist() == ["Burnley", "Preston"]
    assert read["bcu"].tolist() == ["East", "South"]


def test_the_bcu_comes_from_the_file_then_the_code_then_the_name(tmp_path):
    path = write(
        tmp_path,
        lad_name=["Preston", "Borough of Burnley", "Wyre"],
        lad_code=["", "E07000117", ""],
        bcu=["west", None, ""],
        geometry=[WEST_SQUARE, EAST_SQUARE, box(-2.8, 53.8, -2.7, 53.9)],
    )
    read = read_boundaries(path).set_index("lad_name")["bcu"]
    assert read.to_dict() == {"Preston": "West", "Burnley": "East", "Wyre": "West"}


def test_a_table_of_ones_own_gives_the_bcu(tmp_path):
    table = tmp_path / "bcu.csv"
    table.write_text("lad_code,lad_name,bcu\nX2,North Town,West\n,South Town,South\n", encoding="utf-8")
    path = write(tmp_path, lad_name=["North Town", "South Town"], lad_code=["X2", "X1"])
    read = read_boundaries(path, bcu_table=table)
    assert read["lad_code"].tolist() == ["X1", "X2"]  # districts are numbered by code, not by name
    assert read["bcu"].tolist() == ["South", "West"]


def test_wards_of_one_district_are_merged(tmp_path):
    path = write(tmp_path, lad_name=["Preston", "Preston"], ward=["a", "b"])
    read = read_boundaries(path)
    assert read["lad_name"].tolist() == ["Preston"]
    assert read.geometry[0].equals(box(-2.72, 53.75, -2.68, 53.77))
    assert read.attrs["notes"] == ["2 features were merged into 1 district."]


def test_british_national_grid_is_turned_by_ostn15(tmp_path):
    """Corner at Ordnance Survey's test point TP19, Blackpool Airport (OSTN15 developer pack)."""
    square = box(331534.564, 431920.794, 332534.564, 432920.794)
    path = write(tmp_path, "d.gpkg", 27700, lad_name=["Blackpool"], geometry=[square])
    read = read_boundaries(path)
    corners = np.array(read.geometry[0].exterior.coords)
    nearest = np.abs(corners - [-3.04045490691, 53.77911025760]).max(axis=1).min()
    assert nearest < 1e-8
    assert read.crs.to_epsg() == 4326
    assert "OSTN15" in read.attrs["notes"][0]


def test_web_mercator_and_etrs89_are_read(tmp_path):
    plain = read_boundaries(write(tmp_path, lad_name=["Preston", "Chorley"])).geometry.total_bounds
    for crs in (3857, 4258):
        turned = geopandas.GeoDataFrame(
            {"lad_name": ["Preston", "Chorley"]}, geometry=[WEST_SQUARE, EAST_SQUARE], crs=4326
        )
        path = tmp_path / f"{crs}.gpkg"
        turned.to_crs(crs).to_file(path, driver="GPKG")
        assert read_boundaries(path).geometry.total_bounds == pytest.approx(plain, abs=1e-9)


def test_a_bow_tie_is_repaired_and_told(tmp_path):
    bow_tie = Polygon([(-2.72, 53.75), (-2.70, 53.77), (-2.70, 53.75), (-2.72, 53.77)])
    read = read_boundaries(write_raw(tmp_path, [bow_tie], ["Preston"]))
    assert read.geometry.is_valid.all()
    # two of the square's four triangles
    assert read.geometry[0].area == pytest.approx(WEST_SQUARE.area / 2)
    assert read.attrs["notes"] == [
        "1 of 1 polygons in 'raw.geojson' were not valid ('Self-intersection') and were repaired."
    ]


def test_heights_are_dropped(tmp_path):
    path = write(
        tmp_path, lad_name=["Preston", "Chorley"], geometry=[shapely.force_3d(g, 7) for g in (WEST_SQUARE, EAST_SQUARE)]
    )
    assert not read_boundaries(path).geometry.has_z.any()


SWAPPED = [shapely.transform(g, lambda xy: xy[:, ::-1]) for g in (WEST_SQUARE, EAST_SQUARE)]
MERCATOR = [box(-302000, 7_100_000, -301000, 7_101_000), box(-301000, 7_100_000, -300000, 7_101_000)]
METRES = [box(350000, 430000, 351000, 431000), box(351000, 430000, 352000, 431000)]
TWO = ["Preston", "Chorley"]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"town": ["Hull", "Leeds"]}, r"no column of district names; it has 'town'"),
        ({"lad_name": ["Preston", None]}, r"1 of 2 features with no district name \(feature '2'\)"),
        ({"lad_name": ["Hull", "Leeds"]}, r"no district of Lancashire: it has 'Hull', 'Leeds'. Choose another file"),
        ({"lad_name": TWO, "bcu": ["South", "Middle"]}, r"gives 'Chorley' the BCU 'Middle'"),
        ({"lad_name": ["Preston"] * 2, "bcu": ["South", "West"]}, r"'Preston' more than one BCU: 'South', 'West'"),
        ({"lad_name": ["Preston"] * 2, "lad_code": ["A", "B"]}, r"'Preston' more than one code: 'A', 'B'"),
        (
            {"lad_name": TWO, "geometry": SWAPPED},
            r"53.75 to 53.77 across, -2.72 to -2.68 up. Longitude and latitude are swapped",
        ),
        ({"lad_name": TWO, "geometry": MERCATOR}, r"-302000 to -300000 across, 7.1e\+06 to .* up. These are metres"),
        (
            {"lad_name": TWO, "geometry": [WEST_SQUARE, box(20, 53, 21, 54)]},
            r"outside Great Britain: -2.72 to 21 across",
        ),
        ({"lad_name": TWO, "geometry": [WEST_SQUARE, WEST_SQUARE]}, r"districts that overlap: 'Chorley and Preston'"),
        (
            {"lad_name": TWO, "geometry": [WEST_SQUARE, Point(-2.7, 53.7)]},
            r"1 of 2 shapes that are not polygons: 'Point'",
        ),
    ],
)
def test_a_boundary_file_that_cannot_be_used_says_what_was_found(tmp_path, columns, sentence):
    with pytest.raises(HotspotsError, match=sentence):
        read_boundaries(write(tmp_path, **columns))


def test_a_missing_or_unreadable_or_empty_file_is_a_sentence(tmp_path):
    with pytest.raises(HotspotsError, match="no boundary file"):
        read_boundaries(tmp_path / "none.geojson")
    broken = tmp_path / "broken.geojson"
    broken.write_text("PK not json", encoding="utf-8")
    with pytest.raises(HotspotsError, match="cannot be read as GeoJSON, GeoPackage or shapefile"):
        read_boundaries(broken)
    with pytest.raises(HotspotsError, match="0 features"):
        read_boundaries(write_raw(tmp_path, [], []))
    with pytest.raises(HotspotsError, match="1 of 2 features without a shape"):
        read_boundaries(write_raw(tmp_path, [WEST_SQUARE, None], TWO))


def test_an_undeclared_or_unaccepted_coordinate_system_is_refused(tmp_path):
    off = [METRES[0], box(9_000_000, 0, 9_000_100, 100)]
    with pytest.raises(HotspotsError, match="British National Grid, but 5 of 10 corners lie off that grid"):
        read_boundaries(write(tmp_path, "off.gpkg", 27700, lad_name=TWO, geometry=off))
    with pytest.raises(HotspotsError, match="'OSGB36', which is not accepted"):
        read_boundaries(write(tmp_path, "osgb36.gpkg", 4277, lad_name=TWO))
    with pytest.raises(HotspotsError, match=r"corners lie off that grid \(-2.72 to -2.68 across, 53.75 to 53.77 up\)"):
        read_boundaries(write(tmp_path, "wrong.gpkg", 27700, lad_name=TWO))


@pytest.mark.parametrize("shapes", [[WEST_SQUARE, EAST_SQUARE], METRES])
def test_without_a_coordinate_system_figures_that_can_be_read_in_one_way_only_are_read(tmp_path, shapes):
    with pytest.warns(UserWarning, match="crs"):
        path = write(tmp_path, "none.gpkg", None, lad_name=TWO, geometry=shapes)
    west, south, east, north = read_boundaries(path).geometry.total_bounds
    assert -2.80 < west < east < -2.60
    assert 53.70 < south < north < 53.80


def test_a_geopackage_without_a_coordinate_system_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="crs"):
        path = write(tmp_path, "none.gpkg", None, lad_name=TWO, geometry=MERCATOR)
    with pytest.raises(HotspotsError, match="coordinate system"):
        read_boundaries(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lad_code,lad_name,bcu\n", "no rows"),
        ("code,name\nA,B\n", "no column bcu; it has 'code', 'name'"),
        ("lad_code,lad_name,bcu\nA,Preston,North\n", "gives 'Preston' the BCU 'North'"),
        ("lad_code,lad_name,bcu\nA,Preston,West\nA,Wyre,West\n", "has 'A' more than once in lad_code"),
    ],
)
def test_a_district_table_that_cannot_be_used_says_so(tmp_path, text, sentence):
    table = tmp_path / "bcu.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(HotspotsError, match=sentence):
        read_boundaries(write(tmp_path, lad_name=TWO), bcu_table=table)


def test_stored_boundaries_are_the_same_bytes_and_give_the_same_answers(tmp_path, squares):
    read = read_boundaries(write(tmp_path, lad_name=["Preston", "Chorley"], lad_code=["E07000123", "E07000118"]))
    digest = save_boundaries(read, tmp_path / "one.parquet")
    assert save_boundaries(read, tmp_path / "two.parquet") == digest
    assert hashlib.sha256((tmp_path / "one.parquet").read_bytes()).hexdigest() == digest
    assert not list(tmp_path.glob("*.part"))
    stored = geography.load_polygons(tmp_path / "one.parquet")
    assert (stored.sha256, stored.districts, stored.bcus, stored.codes) == (
        digest,
        squares.districts,
        squares.bcus,
        squares.codes,
    )
    lon, lat = np.meshgrid(np.linspace(-2.73, -2.67, 41), np.linspace(53.745, 53.775, 31))
    assert (stored.district_of(lon.ravel(), lat.ravel()) == squares.district_of(lon.ravel(), lat.ravel())).all()
    # any GIS that knows GeoParquet opens it
    again = geopandas.read_parquet(tmp_path / "one.parquet")
    assert again.crs.equals("OGC:CRS84")
    assert again.geometry.geom_equals(
        read.geometry.reset_index(drop=True).set_crs("OGC:CRS84", allow_override=True)
    ).all()


def test_a_damaged_store_is_a_sentence(tmp_path):
    (tmp_path / "b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(HotspotsError, match="import the district boundaries again"):
        geography.load_polygons(tmp_path / "b.parquet")
    pd.DataFrame({"lad_code": ["A"]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(HotspotsError, match="import the district boundaries again"):
        geography.load_polygons(tmp_path / "c.parquet")


# What is shipped


def test_the_cover_has_the_fourteen_districts_and_three_bcus():
    cover = geography.load_cover()
    assert len(cover.districts) == len(cover.bcus) == len(cover.codes) == 14
    assert {b: cover.bcus.count(b) for b in home().bcus} == {"West": 4, "South": 4, "East": 6}
    assert cover.codes == tuple(sorted(cover.codes))
    assert cover.kind == "cover"
    assert cover.sha256 == hashlib.sha256((FORCE / COVER).read_bytes()).hexdigest()


def test_the_bcus_are_those_of_the_force():
    """As the local press names them: see the evidence column of forces/lancashire/districts.csv."""
    cover = geography.load_cover()
    bcu = dict(zip(cover.districts, cover.bcus, strict=True))
    assert {d for d in bcu if bcu[d] == "West"} == {"Blackpool", "Fylde", "Wyre", "Lancaster"}
    assert {d for d in bcu if bcu[d] == "South"} == {"Preston", "Chorley", "South Ribble", "West Lancashire"}


def test_the_cover_cells_are_disjoint():
    cover = geography.load_cover().geometry
    assert (cover.past[:-1] <= cover.first[1:]).all()


def test_the_cover_measures_what_the_districts_measure():
    """The dissolved district polygons cover 3,066 km² on the ellipsoid, which at 53.9° north has 1.0043 times
    the area of the sphere that H3 measures on (the product of the two radii of curvature over its radius squared)."""
    cells = pd.read_parquet(FORCE / COVER, columns=["cell"])["cell"].to_numpy()
    assert geography.cell_areas_m2(cells).sum() / 1e6 == pytest.approx(3066 / 1.0043, rel=0.002)


def test_places_off_the_map_are_in_no_district():
    london, isle_of_man, manchester = (-0.12, 51.5), (-4.48, 54.15), (-2.24, 53.48)
    found = geography.load_cover().district_of(*zip(london, isle_of_man, manchester, strict=True))
    assert found.tolist() == [-1, -1, -1]


def test_every_place_lies_in_its_district_by_the_cover():
    table, cover = geography.places(), geography.load_cover()
    found = cover.district_of(table["lon"], table["lat"])
    assert [cover.districts[i] for i in found] == table["district"].tolist()
    assert table["name"].is_unique
    assert set(table["size"]) == {1, 2, 3}
    assert set(table["district"]) == set(cover.districts)


def test_a_change_to_the_table_of_places_stays_with_the_caller():
    table = geography.places()
    table["name"] = "changed"
    assert "changed" not in geography.places()["name"].tolist()


def test_the_shipped_outlines_are_small_valid_and_attributed():
    drawn = geography.outlines(geography.load_cover())
    text = json.dumps(drawn, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(text) < 150_000
    assert "Office for National Statistics licensed under the OGL v3.0" in drawn["attribution"]
    assert "Contains OS data © Crown copyright and database right" in drawn["attribution"]
    cover = geography.load_cover()
    assert [(f["properties"]["district"], f["properties"]["bcu"]) for f in drawn["features"]] == list(
        zip(cover.districts, cover.bcus, strict=True)
    )
    assert all(shape(f["geometry"]).is_valid for f in drawn["features"])
    table = geography.places()
    outline = {f["properties"]["district"]: shape(f["geometry"]).buffer(0.003) for f in drawn["features"]}
    assert all(
        outline[d].contains(Point(x, y)) for d, x, y in zip(table["district"], table["lon"], table["lat"], strict=True)
    )


def test_outlines_of_imported_polygons_are_simplified_and_keep_the_shared_border(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 60_001)[:-1]
    ring = np.column_stack([-2.7 + 0.05 * np.cos(angle), 53.8 + 0.03 * np.sin(angle)])
    disc = Polygon(ring)
    halves = [disc.intersection(box(-3, 53, -2.7, 54)), disc.intersection(box(-2.7, 53, -2, 54))]
    drawn = geography.outlines(geography.load_polygons(write(tmp_path, lad_name=TWO, geometry=halves)))
    shapes = [shape(f["geometry"]) for f in drawn["features"]]
    assert len(json.dumps(drawn, separators=(",", ":"))) < 150_000
    assert all(s.is_valid for s in shapes)
    assert shapes[0].intersection(shapes[1]).area == pytest.approx(0, abs=1e-9)
    assert shapely.union_all(shapes).symmetric_difference(disc).area < 0.02 * disc.area
    assert [f["properties"] for f in drawn["features"]] == [
        {"district": d, "bcu": "South"} for d in ("Chorley", "Preston")
    ]


# Names


def away(metres: float, degrees: float, lon: float = -2.6990, lat: float = 53.7592) -> tuple[float, float]:
    """A point so far from Preston's centre in a compass direction (flat earth, good below 5 km)."""
    north, east = metres * math.cos(math.radians(degrees)), metres * math.sin(math.radians(degrees))
    return lon + east / (111_195 * math.cos(math.radians(lat))), lat + north / 111_195


@pytest.mark.parametrize(
    ("metres", "degrees", "words"),
    [
        (0, 0, "Preston centre"),
        (149, 90, "Preston centre"),
        (155, 90, "Preston, 200 m east of the centre"),
        (300, 45, "Preston, 300 m north-east of the centre"),
        (440, 0, "Preston, 400 m north of the centre"),
        (460, 180, "Preston, 500 m south of the centre"),
        (700, 225, "Preston, 700 m south-west of the centre"),
        (940, 135, "Preston, 900 m south-east of the centre"),
        (960, 270, "Preston, 1.0 km west of the centre"),
        (1440, 315, "Preston, 1.4 km north-west of the centre"),
        (300, 20, "Preston, 300 m north of the centre"),
        (300, 25, "Preston, 300 m north-east of the centre"),
    ],
)
def test_a_place_in_words(metres, degrees, words):
    lon, lat = away(metres, degrees)
    assert geography.nearest_place([lon, np.nan], [lat, 53.0], geography.load_cover()) == [words, ""]


def test_the_nearest_centre_names_the_place():
    lon = [-3.0520, -2.8010, -2.2440]
    assert geography.nearest_place(lon, [53.8178, 54.0482, 53.7890], geography.load_cover()) == [
        "Blackpool centre",
        "Lancaster centre",
        "Burnley centre",
    ]


# Grid


def test_grid_points_off_the_grid_are_nan():
    lon, lat = geography.bng_to_lonlat([np.nan, np.inf, 9e9, 331534.564], [1.0, 1.0, 9e9, 431920.794])
    assert np.isnan(lon[:3]).all()
    assert np.isnan(lat[:3]).all()
    assert (lon[3], lat[3]) == pytest.approx((-3.04045490691, 53.77911025760), abs=1e-8)


# The room itself


def test_importing_the_room_imports_nothing_heavy():
    heavy = ("pandas", "pyarrow", "shapely", "geopandas", "pyproj", "convertbng")
    code = f"import sys, hotspots.geography; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_shipped_file_is_described():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name in (
        "forces/lancashire/cover.parquet",
        "forces/lancashire/districts.csv",
        "forces/lancashire/outlines.geojson",
        "forces/lancashire/places.csv",
    ):
        assert f"`{name}`" in readme
        assert (DATA / name).stat().st_size < 700_000
