"""Masked sites: read from a file, stored for good, and without a minute of dose."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import h3.api.basic_str as h3
import pytest

from hotspots.__main__ import main
from hotspots.base.columns import MASKED_SITES, MASKS
from hotspots.base.errors import HotspotsError
from hotspots.intake import import_files
from hotspots.patrols.dosage.masks import cells_within, mask, masked_now, masks, read_sites, unmask
from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import about, dose_workspace
from tests.area_workspace import A
from tests.dose_workspace import FIRST, LAST, centre, make_dose, standing

LON, LAT = centre(A)  # of South-01
HEAD = "name,kind,longitude,latitude,radius_m,reason\n"
YARD = f"Yard,police station,{LON},{LAT},40,cars are parked here between calls\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_dose(tmp_path / "workspace")


def sites(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "sites.csv"
    file.write_text(HEAD + "".join(rows), encoding="utf-8")
    return file


def minutes(folder: Path, *columns: str, day: str = FIRST) -> list[float]:
    told = dose_workspace(folder, DoseQuestion(start=FIRST, end=LAST)).table.set_index(["area", "patrol_day"])
    return told.loc[("South-01", day), list(columns)].tolist()


def test_minutes_at_a_masked_site_are_counted_apart_until_its_mask_is_lifted(folder: Path, tmp_path: Path):
    """The units of South-01 stand at its centre: 30 minutes on Monday. Those of West-01 are elsewhere."""
    mask(folder, read_sites(sites(tmp_path, YARD)), "Ann")
    told = dose_workspace(folder, DoseQuestion(start=FIRST, end=LAST))
    assert minutes(folder, "patrol_minutes", "masked_minutes", "officer_minutes", "visits") == [0, 30, 0, 0]
    assert list(told.masks.columns) == [c.name for c in MASKED_SITES]
    assert told.masks[["site", "area", "masked_minutes"]].to_numpy().tolist() == [["Yard", "South-01", 105.0]]
    assert about(told)["not_counted"].endswith("minutes, at Yard")
    spots = told.summary.set_index("area")
    assert spots.loc["South-01", ["patrol_minutes", "masked_minutes", "verdict"]].tolist() == [0, 105, "underdosed"]
    assert spots.loc["West-01", ["patrol_minutes", "masked_minutes"]].tolist() == [32, 0]
    unmask(folder, ["yard"], "Ann", "closed in 2023")
    assert minutes(folder, "patrol_minutes", "masked_minutes") == [30, 0]
    assert list(masks(folder).columns) == [c.name for c in MASKS]
    assert masks(folder)[["masked", "note"]].to_numpy().tolist() == [
        [True, "cars are parked here between calls"], [False, "closed in 2023"],
    ]  # fmt: skip


def test_who_walks_past_a_masked_site_has_not_left_the_hot_spot_and_who_stays_has(folder: Path, tmp_path: Path):
    """Positions every 30 s: 10 minutes beside the yard, so many in it, 10 minutes beside it again."""
    lat, lon = h3.cell_to_latlng(h3.grid_ring(h3.latlng_to_cell(LAT, LON, 11), 1)[0])
    assert h3.latlng_to_cell(lat, lon, 10) == A  # beside the yard, and in South-01
    lines = []
    for day, inside in (("2024-03-08", 2), ("2024-03-09", 40)):
        begin = datetime.fromisoformat(f"{day} 10:00")
        later = begin + timedelta(seconds=30 * (20 + inside))
        lines += standing("U1", (lon, lat), f"{begin:%Y-%m-%d %H:%M:%S}", 10)[:-1]
        lines += standing("U1", (LON, LAT), f"{begin:%Y-%m-%d} 10:10", 20)[:inside]
        lines += standing("U1", (lon, lat), f"{later:%Y-%m-%d %H:%M:%S}", 10)
    import_files(folder, [("more.csv", "\n".join(["unit,time,longitude,latitude", *lines, ""]).encode())], "pings")
    mask(folder, read_sites(sites(tmp_path, YARD.replace(",40,", ",10,"))), "Ann")
    told = dose_workspace(folder, DoseQuestion(start="2024-03-08", end="2024-03-09")).table
    mine = told[told["area"] == "South-01"]
    assert mine["patrol_minutes"].tolist() == [21, 20]  # past it in 60 s; 20 minutes there, with half a step each side
    assert mine["masked_minutes"].tolist() == [0, 20]


def test_the_cells_of_a_site_are_those_with_their_centre_in_its_radius():
    assert cells_within(LON, LAT, 10) == [int(h3.latlng_to_cell(LAT, LON, 11), 16)]
    far = cells_within(LON, LAT, 200)
    distances = [h3.great_circle_distance((LAT, LON), h3.cell_to_latlng(f"{c:x}"), unit="m") for c in far]
    ring = {int(c, 16) for c in h3.grid_disk(h3.latlng_to_cell(LAT, LON, 11), 9)} - set(far)
    others = [h3.great_circle_distance((LAT, LON), h3.cell_to_latlng(f"{c:x}"), unit="m") for c in ring]
    assert max(distances) <= 200 < min(others)
    assert len(far) == pytest.approx(3.14159 * 200**2 / 1_900, rel=0.2)  # of about 1,900 m² here


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Yard,car park,-2.7,53.76,40,why\n", "row 2: 'car park' is no kind of site to mask"),
        ("Yard,garage,-2.7,53.76,40,\n", "has no reason"),
        (",garage,-2.7,53.76,40,why\n", "has no name"),
        ("Yard,garage,west,53.76,40,why\n", "longitude is 'west', which is no number"),
        ("Yard,garage,-2.7,53.76,9.9,why\n", "a radius of 9.9 m is no site's; give 10 to 500"),
        ("Yard,garage,-2.7,53.76,501,why\n", "a radius of 501 m"),
        ("Yard,garage,-2.7,153.76,40,why\n", "no place on earth"),
    ],
)
def test_what_is_no_site_is_refused_with_its_row(tmp_path: Path, row: str, words: str):
    with pytest.raises(HotspotsError, match=words):
        read_sites(sites(tmp_path, row))


def test_a_file_without_a_column_is_refused(tmp_path: Path):
    (tmp_path / "sites.csv").write_text("name,kind,longitude,latitude\nYard,garage,-2.7,53.76\n", encoding="utf-8")
    with pytest.raises(HotspotsError, match="has no column 'radius_m', 'reason'"):
        read_sites(tmp_path / "sites.csv")


def test_a_site_outside_the_force_or_masked_already_is_refused_and_nothing_stored(folder: Path, tmp_path: Path):
    with pytest.raises(HotspotsError, match="'There' lies outside the force"):
        mask(folder, read_sites(sites(tmp_path, YARD, "There,garage,53.76,-2.7,40,why\n")), "Ann")
    assert masked_now(folder) == {}
    with pytest.raises(HotspotsError, match="'yard' is masked already, or stands twice"):
        mask(folder, read_sites(sites(tmp_path, YARD, YARD.replace("Yard", "yard"))), "Ann")
    mask(folder, read_sites(sites(tmp_path, YARD)), "Ann")
    with pytest.raises(HotspotsError, match="'Yard' is masked already"):
        mask(folder, read_sites(sites(tmp_path, YARD)), "Ann")
    with pytest.raises(HotspotsError, match="'garage' is not masked"):
        unmask(folder, ["garage"], "Ann", "why")


def test_from_the_command_line(folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "masks.csv"
    assert main(["dosage", "mask", str(sites(tmp_path, YARD)), "--workspace", str(folder), "--author", "Ann"]) == 0
    assert "Masked: 1 site." in capsys.readouterr().err
    asked = ["dosage", "--workspace", str(folder), "--from", FIRST, "--to", LAST, "--table", "masks"]
    assert main([*asked, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").splitlines()[-1].startswith("Yard,police station,South-01,105")
    lift = ["dosage", "unmask", "Yard", "--workspace", str(folder), "--author", "Ann", "--note", "closed"]
    assert main(lift) == 0
    assert main(["dosage", "masks", "--workspace", str(folder), "--out", str(out)]) == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3
