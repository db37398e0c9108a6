"""District boundaries as people have them: the whole country, other names of columns, zips, and downloads cut off."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
from shapely import force_3d
from shapely.geometry import box

from hotspots.backtest.workspace import total_area
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import home
from hotspots.cli.check import check_workspace
from hotspots.geography import boundaries_of, load_cover
from hotspots.geography.boundary_files import read_boundaries
from hotspots.intake import import_files
from hotspots.intake.report import headline
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.sources.kinds import upload_types
from hotspots.store.workspace import open_workspace
from tests.samples import BLACKPOOL, PRESTON, crime, street

DISTRICTS = home().districts
# A square each, in rows of five; those of Preston and Blackpool hold their town centres.
SQUARES = {
    d.code: box(-2.60 + i % 5 / 10, 53.60 + i // 5 / 10, -2.52 + i % 5 / 10, 53.68 + i // 5 / 10)
    for i, d in enumerate(DISTRICTS)
}
SQUARES |= {"E07000123": box(-2.75, 53.72, -2.65, 53.79), "E06000009": box(-3.06, 53.81, -3.04, 53.83)}
OTHERS = {"E08000012": ("Liverpool", box(-3.0, 53.35, -2.9, 53.4)), "N09000003": ("Belfast", box(-6, 54.5, -5.9, 54.6)),
          "S12000023": ("Orkney Islands", box(-3.4, 58.8, -2.4, 59.4))}  # fmt: skip


def country(names: str = "LAD25NM", codes: str = "LAD25CD", others: bool = True) -> geopandas.GeoDataFrame:
    """The force's districts and some of other forces, as the Office for National Statistics publishes them."""
    rows = [(d.code, d.name, SQUARES[d.code]) for d in DISTRICTS]
    rows += [(code, *about) for code, about in OTHERS.items() if others]
    code, name, shape = zip(*rows, strict=True)
    return geopandas.GeoDataFrame({codes: code, names: name}, geometry=list(shape), crs=4326)


def saved(table: geopandas.GeoDataFrame, path: Path) -> Path:
    table.to_file(path)
    return path


def capitals(folder: Path) -> Path:
    table = country("NAME", "x", others=False)
    return saved(table.assign(NAME=table["NAME"].str.upper())[["NAME", "geometry"]], folder / "d.geojson")


def ordnance_survey(folder: Path) -> Path:
    table = country("NAME", "CODE").assign(AREA_CODE="DIS").to_crs(27700)
    return saved(table.assign(NAME=table["NAME"] + " District (B)"), folder / "d.gpkg")


def grid_without_a_word(folder: Path) -> Path:
    """GeoJSON in metres of the National Grid that does not say so."""
    written = json.loads(country(others=False).to_crs(27700).to_json())
    written.pop("crs", None)
    (folder / "d.geojson").write_text(json.dumps(written))
    return folder / "d.geojson"


def packed(folder: Path, inside: str = "LAD_MAY_2025/", stray: bool = True) -> Path:
    """A shapefile in a folder of a zip, with what a Mac leaves beside it."""
    (folder / "shp").mkdir()
    saved(country().to_crs(27700), folder / "shp" / "LAD.shp")
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        for part in (folder / "shp").iterdir():
            archive.write(part, f"{inside}{part.name}")
        if stray:
            archive.writestr("__MACOSX/LAD_MAY_2025/._LAD.shp", b"\0")
            archive.writestr("LAD_MAY_2025/LICENCE.txt", b"OGL")
    return folder / "d.zip"


def packed_geojson(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        archive.write(saved(country(), folder / "d.geojson"), "d.geojson")
    return folder / "d.zip"


WAYS: dict[str, Callable[[Path], Path]] = {
    "ONS": lambda folder: saved(country(), folder / "d.geojson"),
    "of 2023": lambda folder: saved(country("LAD23NM", "LAD23CD"), folder / "d.geojson"),
    "small letters": lambda folder: saved(country("lad22nm", "lad22cd"), folder / "d.gpkg"),
    "name, code": lambda folder: saved(country("name", "code"), folder / "d.geojson"),
    "names alone, in capitals": capitals,
    "codes alone": lambda folder: saved(country(codes="LAD24CD")[["LAD24CD", "geometry"]], folder / "d.geojson"),
    "a column of any name": lambda folder: saved(country("gebiet", "x").drop(columns="x"), folder / "d.geojson"),
    "two years": lambda folder: saved(country().assign(LAD21NM="old"), folder / "d.geojson"),
    "Ordnance Survey": ordnance_survey,
    "metres of the grid": grid_without_a_word,
    "heights": lambda folder: saved(country().set_geometry(force_3d(country().geometry)), folder / "d.geojson"),
    "shapefile": lambda folder: saved(country().to_crs(27700), folder / "d.shp"),
    "zipped shapefile": lambda folder: packed(folder, "", stray=False),
    "zipped folder": packed,
    "zipped GeoJSON": packed_geojson,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_forces_districts_are_taken_from_files_as_people_have_them(tmp_path, way):
    read = read_boundaries(WAYS[way](tmp_path))
    assert list(zip(read["lad_code"], read["lad_name"], read["bcu"], strict=True)) == [*DISTRICTS]
    preston = read.set_index("lad_name").loc["Preston", "geometry"].bounds
    assert preston == pytest.approx((-2.75, 53.72, -2.65, 53.79), abs=3e-5)  # pyproj alone is 2 m off the grid
    left_out = [n for n in read.attrs["notes"] if "left out" in n]
    if way not in ("names alone, in capitals", "metres of the grid"):
        assert len(left_out) == 1
        assert left_out[0].startswith("3 districts of 'd.")
        assert "as no part of Lancashire" in left_out[0]


def test_the_page_takes_the_files_that_the_command_line_takes(tmp_path):
    kinds = {path.rpartition(".")[2] for path in ("d.zip", "d.shp", "d.dbf", "d.shx", "d.prj", "d.geojson", "d.gpkg")}
    assert kinds <= set(upload_types("boundaries"))
    packed(tmp_path)
    parts = sorted((tmp_path / "shp").iterdir())  # as a browser sends them, one by one
    imported = import_files(tmp_path / "w", parts, "boundaries")
    assert any(n.startswith("14 districts from LAD.shp") for n in imported.notes)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("a.geojson", "b.geojson"), r"'d\.zip' has 2 files with shapes \('a\.geojson', 'b\.geojson'\)"),
        (("a.csv",), r"'d\.zip' has no file with shapes"),
    ],
)
def test_a_zip_with_none_or_several_is_told(tmp_path, names, sentence):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"{}")
    with pytest.raises(HotspotsError, match=sentence):
        read_boundaries(tmp_path / "d.zip")


def test_a_shapefile_without_the_files_beside_it_says_what_is_needed(tmp_path):
    packed(tmp_path)
    (tmp_path / "lone.shp").write_bytes((tmp_path / "shp" / "LAD.shp").read_bytes())
    with pytest.raises(HotspotsError, match=r"give them all, or their zip"):
        read_boundaries(tmp_path / "lone.shp")


def test_a_code_and_a_name_of_two_districts_are_refused(tmp_path):
    table = country().replace({"LAD25NM": {"Preston": "Chorley", "Chorley": "Preston"}})
    with pytest.raises(HotspotsError, match="gives 'Preston' the code 'E07000118', which is that of Chorley"):
        read_boundaries(saved(table, tmp_path / "d.geojson"))


def test_a_file_of_other_forces_alone_is_refused_with_the_way_out(tmp_path):
    table = country()
    others = table[table["LAD25CD"].isin(OTHERS)]
    with pytest.raises(HotspotsError, match=r"no district of Lancashire: .*'Liverpool'.* make a profile"):
        read_boundaries(saved(others, tmp_path / "d.geojson"))


# ---------------------------------------------------------------- cut off


@pytest.fixture
def cut_off(tmp_path: Path) -> Path:
    """A workspace with a crime in Preston and one in Blackpool, and a download without four districts."""
    lost = ("Blackpool", "Wyre", "Pendle", "Fylde")
    rows = [crime("p", "2022-01", place=PRESTON), crime("b", "2022-01", place=BLACKPOOL)]
    import_files(tmp_path / "w", [street("2022-01", rows)], "police-uk")
    table = country()
    path = saved(table[~table["LAD25NM"].isin(lost)], tmp_path / "d.geojson")
    imported = import_files(tmp_path / "w", [path], "boundaries")
    assert any(n.startswith(MISSING) for n in imported.notes)
    return tmp_path / "w"


MISSING = (
    "4 of 14 districts of Lancashire are missing from the boundaries: Blackpool, Fylde, Pendle, Wyre. What happened"
)


def test_districts_that_are_missing_are_named_wherever_figures_stand(cut_off):
    assert boundaries_of(open_workspace(cut_off)).missing == ("Blackpool", "Fylde", "Pendle", "Wyre")
    assert any(n.startswith(MISSING) for n in headline(open_workspace(cut_off)))
    assert any(
        n.startswith(MISSING) for n in rank_workspace(cut_off, Question(start="2022-01", end="2022-01")).warnings
    )


def test_a_bcu_without_any_district_has_no_area_and_says_so(tmp_path):
    west = ("Blackpool", "Fylde", "Lancaster", "Wyre")
    table = country()
    path = saved(table[~table["LAD25NM"].isin(west)], tmp_path / "d.geojson")
    import_files(tmp_path / "w", [path], "boundaries")
    assert total_area(open_workspace(tmp_path / "w"), "South") > 0
    with pytest.raises(HotspotsError, match=r"The boundaries have no district of West\.\n4 of 14 districts"):
        total_area(open_workspace(tmp_path / "w"), "West")


def test_check_does_not_call_it_whole(cut_off):
    (words,) = check_workspace(cut_off)[0]
    assert words.startswith(MISSING)


def test_the_whole_file_afterwards_mends_it(cut_off, tmp_path):
    imported = import_files(cut_off, [saved(country(), tmp_path / "whole.geojson")], "boundaries")
    assert imported.changed
    assert check_workspace(cut_off)[0] == []
    assert boundaries_of(open_workspace(cut_off)).missing == ()


@pytest.mark.parametrize(("share", "said"), [(0.95, []), (0.55, ["Parts of districts seem to be missing"])])
def test_wards_that_are_missing_are_told_by_the_area(tmp_path, share, said):
    """Preston as two wards, a rectangle as large as it; of the second ward a part only."""
    cover, west, south, north = load_cover(), -2.75, 53.72, 53.79
    areas, district = cover.geometry.areas_m2
    preston = areas[district == cover.districts.index("Preston")].sum()
    extent = preston / 111_195**2 / np.cos(np.radians(53.755))  # square degrees as large as Preston
    width = extent / (north - south)
    middle = west + width / 2
    table = geopandas.GeoDataFrame(
        {"LAD25NM": ["Preston", "Preston"], "ward": ["a", "b"]},
        geometry=[box(west, south, middle, north), box(middle, south, west + width * share, north)], crs=4326,
    )  # fmt: skip
    imported = import_files(tmp_path / "w", [saved(table, tmp_path / "wards.geojson")], "boundaries")
    told = [n for n in imported.notes if n.startswith("Parts of districts")]
    assert [n[:37] for n in told] == said
    assert not told or told[0].endswith("there is: Preston 55%.")
