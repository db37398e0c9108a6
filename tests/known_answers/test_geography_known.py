"""Answers that were computed elsewhere: Ordnance Survey's test points, H3's own example, counts of the real data."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import Point, shape

from hotspots import geography
from hotspots.base.profile import COVER
from hotspots.base.shipped import FORCE
from hotspots.geography.making import build_cover

REPOSITORY = Path(__file__).resolve().parents[2]


# Source: H3 v4, cell and area of a point in Preston, computed with the reference library.
def test_a_point_in_preston():
    cells = geography.cells_at([-2.6990], [53.7590], 10)
    assert geography.hex_ids(cells) == ["8a1951803b4ffff"]
    assert round(geography.cell_areas_m2(cells)[0]) == 13_422
    assert round(geography.cell_areas_m2(geography.cells_at([-2.6990], [53.7590], 9))[0]) == 93_955


# Source: Ordnance Survey, OSTN15 and OSGM15 developer pack, test points (ETRS89 degrees; easting, northing).
@pytest.mark.parametrize(
    ("name", "lat", "lon", "easting", "northing"),
    [
        ("TP01 Scilly", 49.92226393730, -6.29977752014, 91492.146, 11318.804),
        ("TP19 Blackpool Airport", 53.77911025760, -3.04045490691, 331534.564, 431920.794),
        ("TP20 Pudsey", 53.80021519630, -1.66379168242, 422242.186, 433818.701),
        ("TP21 Isle of Man airport", 54.08666318080, -4.63452168212, 227778.330, 468847.388),
    ],
)
def test_british_national_grid_by_ostn15(name, lat, lon, easting, northing):
    found_lon, found_lat = geography.bng_to_lonlat([easting], [northing])
    # a millimetre is 1e-8 degrees; a seven-parameter shift would miss by metres
    assert found_lon[0] == pytest.approx(lon, abs=2e-8), name
    assert found_lat[0] == pytest.approx(lat, abs=1e-8), name


@pytest.fixture(scope="module")
def polygons(shared_data: Path) -> geography.Boundaries:
    return geography.load_polygons(shared_data / "boundaries" / "lancashire_districts.geojson")


@pytest.fixture(scope="module")
def incidents(shared_data: Path) -> pd.DataFrame:
    """police.uk's Lancashire files, one row an incident with a place: the first location of one Crime ID and type."""
    columns = ["Crime ID", "Month", "Longitude", "Latitude", "Location", "Crime type"]
    with zipfile.ZipFile(shared_data / "police_uk" / "lancashire_2019-12_to_2022-10.zip") as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".csv"))
        rows = pd.concat([pd.read_csv(archive.open(name), usecols=columns) for name in files])
    located = rows[rows["Longitude"].notna()].sort_values("Month", kind="stable")
    repeated = located["Crime ID"].notna() & located.duplicated(["Crime ID", "Crime type"])
    return located[~repeated]


# Source: counted independently with pandas, geopandas (within) and h3.
def test_incidents_by_bcu(incidents, polygons):
    assert len(incidents) == 523_204
    found = polygons.district_of(incidents["Longitude"], incidents["Latitude"])
    bcu = pd.Series(np.array([*polygons.bcus, "outside"])[found])
    assert bcu.value_counts().to_dict() == {"East": 194_203, "West": 178_235, "South": 149_255, "outside": 1_511}
    violence = bcu[(incidents["Crime type"] == "Violence and sexual offences").to_numpy() & (bcu != "outside")]
    assert violence.value_counts().to_dict() == {"East": 57_486, "West": 53_517, "South": 43_388}


def test_the_largest_cells_of_violence(incidents, polygons):
    violence = incidents[incidents["Crime type"] == "Violence and sexual offences"]
    cells = geography.cells_at(violence["Longitude"], violence["Latitude"], 10)
    bcus = np.array([*polygons.bcus, ""])
    # the incidents inside the force by their own BCU, and the cell's one BCU: both give these maxima
    inside = polygons.district_of(violence["Longitude"], violence["Latitude"]) >= 0
    counts = pd.Series(cells[inside]).value_counts()
    table = pd.DataFrame({"cell": geography.hex_ids(counts.index), "n": counts.to_numpy()})
    table["bcu"] = bcus[geography.cell_districts(counts.index, polygons)]
    top = table[table["n"] == table.groupby("bcu")["n"].transform("max")]
    assert {(r.bcu, r.cell, r.n) for r in top.itertuples()} == {
        ("West", "8a1951d491a7fff", 322),
        ("South", "8a1951801697fff", 226),
        ("South", "8a19518016b7fff", 226),
        ("East", "8a195194a04ffff", 262),
    }


def test_the_cover_misplaces_few_incidents(incidents, polygons):
    """Measured once with another implementation of the lookup: about 290 of 528,926 rows, 25 map points."""
    points = incidents[["Longitude", "Latitude"]].drop_duplicates()
    wrong = geography.load_cover().district_of(*points.to_numpy().T) != polygons.district_of(*points.to_numpy().T)
    assert wrong.sum() == 25


def test_what_is_shipped_can_still_be_made(shared_data, tmp_path, polygons):
    """One district computed anew has the shipped cells to the last one; the outlines cover the same ground."""
    districts = geopandas.read_file(shared_data / "boundaries" / "lancashire_districts.geojson")
    districts[districts["lad_name"] == "Blackpool"].to_file(tmp_path / "one.geojson", driver="GeoJSON")
    cells = build_cover(geography.load_polygons(tmp_path / "one.geojson"))["cell"]
    shipped = pq.read_table(FORCE / COVER).to_pandas()
    assert cells.tolist() == sorted(shipped.loc[shipped["lad_code"] == "E06000009", "cell"])
    made, kept = geography.outlines(polygons), geography.outlines(geography.load_cover())
    for one, other in zip(made["features"], kept["features"], strict=True):
        assert one["properties"] == other["properties"]
        a, b = shape(one["geometry"]), shape(other["geometry"])
        assert a.symmetric_difference(b).area < 0.001 * b.area


# The wards that carry a place's name or its town centre's, for places whose name no street tells.
WARDS = {
    "Adlington": "Adlington & Anderton",
    "Bacup": "Bacup",
    "Bamber Bridge": "Bamber Bridge West",
    "Barnoldswick": "Barnoldswick",
    "Barrowford": "Barrowford & Pendleside",
    "Blackburn": "Blackburn Central",
    "Bolton-le-Sands": "Bolton & Slyne",
    "Brierfield": "Brierfield East & Clover Hill",
    "Buckshaw Village": "Buckshaw & Whittle",
    "Burscough": "Burscough Town",
    "Carnforth": "Carnforth & Millhead",
    "Clayton-le-Moors": "Clayton-le-Moors",
    "Cleveleys": "Cleveleys Park",
    "Coppull": "Coppull",
    "Darwen": "Darwen East",
    "Earby": "Earby & Coates",
    "Eccleston": "Eccleston, Heskin & Charnock Richard",
    "Euxton": "Euxton",
    "Freckleton": "Freckleton Village",
    "Garstang": "Garstang",
    "Haslingden": "Haslingden",
    "Helmshore": "Helmshore",
    "Heysham": "Heysham Central",
    "Kirkham": "Kirkham",
    "Leyland": "Leyland Central",
    "Longton": "Longton & Hutton West",
    "Lostock Hall": "Lostock Hall",
    "Lytham": "Lytham West",
    "Ormskirk": "Ormskirk West",
    "Preston": "City Centre",
    "Rishton": "Rishton",
    "Skelmersdale": "Tanhouse & Skelmersdale Town Centre",
    "Tarleton": "Tarleton Village",
    "Up Holland": "Up Holland",
    "Waterfoot": "Hareholme & Waterfoot",
    "Wesham": "Medlar-with-Wesham",
    "Whalley": "Whalley & Painter Wood",
    "Whitworth": "Whitworth",
}
# A street of the centre, as police.uk writes it.
STREETS = {
    "Accrington": "Dutton Street",
    "Blackpool": "Talbot Square",
    "Burnley": "Keirby Walk",
    "Chorley": "New Market Street",
    "Clitheroe": "Castle Street",
    "Colne": "Exchange Street",
    "Fleetwood": "Pharos Street",
    "Galgate": "Chapel Street",
    "Great Harwood": "Glebe Street",
    "Knott End-on-Sea": "Esplanade",
    "Lancaster": "Penny Street",
    "Longridge": "Severn Street",
    "Morecambe": "Euston Grove",
    "Nelson": "Back Scotland Road",
    "Oswaldtwistle": "Higher Heys",
    "Padiham": "Ingham Street",
    "Penwortham": "Rawstorne Road",
    "Poulton-le-Fylde": "Prudy Hill",
    "Rawtenstall": "Longholme Road",
    "St Annes": "St Anne'S Road West",
    "Thornton": "Victoria Road East",
}
NEAR_M = 1_500


def metres(lon_a, lat_a, lon_b, lat_b):
    """Flat-earth distance, good to a metre over the few kilometres it is used for."""
    return 111_195 * np.hypot((lon_a - lon_b) * math.cos(math.radians(lat_b)), lat_a - lat_b)


def test_every_place_lies_in_its_district_by_the_polygons(polygons):
    table = geography.places()
    found = polygons.district_of(table["lon"], table["lat"])
    assert [polygons.districts[i] for i in found] == table["district"].tolist()


def test_every_place_is_near_its_ward_or_a_street_of_its_centre(shared_data, incidents):
    table = geography.places()
    assert sorted([*WARDS, *STREETS]) == sorted(table["name"])
    wards = geopandas.read_file(shared_data / "boundaries" / "lancashire_ward25.geojson")
    far = []
    for place in table.itertuples():
        if place.name in WARDS:
            ward = wards[(wards["WD25NM"] == WARDS[place.name]) & (wards["lad_name"] == place.district)].geometry.iloc[
                0
            ]
            edge = ward.boundary.interpolate(ward.boundary.project(Point(place.lon, place.lat)))
            inside = ward.contains(Point(place.lon, place.lat))
            distance = 0.0 if inside else metres(edge.x, edge.y, place.lon, place.lat)
        else:
            street = incidents[incidents["Location"] == f"On or near {STREETS[place.name]}"]
            distance = metres(street["Longitude"], street["Latitude"], place.lon, place.lat).min()
        far += [(place.name, round(distance))] if distance > NEAR_M else []
    assert far == []
