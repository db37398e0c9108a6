"""The profile of a force: what Lancashire's says, and another force's from boundaries to the dose of its patrols."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h3.api.basic_str as h3
import pytest

from hotspots import geography
from hotspots.__main__ import main
from hotspots.areas.finding import find_areas
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import KEYS, NEEDED, OPTIONAL, PROFILE, home, profile_in, read_districts
from hotspots.change import context
from hotspots.change.question import ChangeQuestion
from hotspots.change.workspace import change_workspace
from hotspots.cli.check import check_workspace
from hotspots.demo.workspace import build_demo
from hotspots.geography.new_profile import make_profile
from hotspots.harm.weights.importing import import_weights
from hotspots.intake import import_files
from hotspots.intake.profile import use_profile
from hotspots.intake.report import headline
from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import dose_workspace
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.conftest import REPOSITORY
from tests.force_samples import BCU_TABLE, DISTRICTS, TREATED, make_ham, make_ham_workspace, street_file
from tests.samples import VIOLENCE, crime, square, street, write_boundaries

EXPLAINED = (REPOSITORY / "docs" / "another_force.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ham(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ham(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def whole(ham: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ham_workspace(ham, tmp_path_factory.mktemp("ham") / "workspace")


@pytest.fixture
def own(ham: Path, tmp_path: Path) -> Path:
    """A copy of the profile that a test may change."""
    return Path(shutil.copytree(ham, tmp_path / "own"))


def with_town(profile: Path) -> Path:
    """The profile with one town, 100 m west of the treated cell's crimes."""
    line = f"Hamtown,{TREATED[0] - 0.0015},{TREATED[1]},Ham East,3\n"
    (profile / "places.csv").write_text("name,lon,lat,district,size\n" + line, encoding="utf-8")
    return profile


# ---------------------------------------------------------------- Lancashire's


def test_a_workspace_that_names_no_profile_is_lancashires(tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    workspace = open_workspace(tmp_path)
    assert workspace.profile is home()
    assert (workspace.profile.name, workspace.force) == ("Lancashire", "Lancashire Constabulary")
    assert workspace.profile.bcus == ("West", "South", "East")
    assert "profile" not in json.loads((tmp_path / MANIFEST).read_text())  # as before there were profiles
    assert [workspace.settings.areas_in(b) for b in workspace.profile.bcus] == [7, 6, 7]


def test_the_verb_shows_districts_and_towns(tmp_path, capsys):
    assert main(["profile", "--workspace", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "Lancashire: 14 districts in 3 BCUs (West, South, East)." in told.err
    lines = told.out.splitlines()
    assert lines[0] == "bcu,district,lad_code,towns"
    assert len(lines) == 15
    assert lines[1].startswith("West,Blackpool,E06000009,")
    assert 'South,South Ribble,E07000126,"Bamber Bridge, Leyland' in told.out


@pytest.mark.parametrize("key", [*KEYS, *NEEDED, *OPTIONAL])
def test_every_line_and_file_of_a_profile_is_explained(key):
    assert f"`[{key}]`" in EXPLAINED or f"`{key}`" in EXPLAINED


# ---------------------------------------------------------------- another force's


def test_a_profile_is_made_from_boundaries_and_bcus(ham):
    profile = profile_in(ham)
    assert profile.bcus == ("Vale", "Hill")  # in the order of the table
    assert [(d.code, d.name, d.bcu) for d in profile.districts] == [
        ("X01", "Ham East", "Hill"), ("X02", "Ham West", "Vale"), ("X03", "Ham North", "Vale"),
    ]  # fmt: skip
    cover = geography.load_cover(profile)
    inside = cover.district_of([-1.85, -1.95, -1.9, -1.7], [52.47, 52.47, 52.53, 52.47])
    assert [cover.districts[i] if i >= 0 else "" for i in inside] == ["Ham East", "Ham West", "Ham North", ""]
    assert len(geography.outlines(cover)["features"]) == 3
    assert geography.places(profile).empty


def test_the_verb_makes_and_chooses_one(tmp_path, capsys):
    features = [square(n, "", extent) for n, extent in DISTRICTS.items()]
    boundaries = write_boundaries(tmp_path / "b.geojson", [*features, square("Leeds", "", (-1.6, 53.7, -1.5, 53.8))])
    (tmp_path / "bcus.csv").write_text(BCU_TABLE, encoding="utf-8")
    out, folder = str(tmp_path / "cleveland"), str(tmp_path / "w")
    asked = ["profile", "new", "--boundaries", str(boundaries), "--bcu-table", str(tmp_path / "bcus.csv"), "--out", out]
    assert main(asked) == 0
    told = capsys.readouterr().err
    assert "1 district of 'b.geojson' left out, as no part of cleveland: 'Leeds'." in told
    assert "cleveland: 3 districts in 2 BCUs (Vale, Hill)." in told
    assert "No towns and villages name places." in told
    assert profile_in(Path(out)).force == "Cleveland Police"  # a name that data.police.uk knows
    assert "data.police.uk has no force" not in told
    assert main(asked) == 1
    assert "is there already and holds something" in capsys.readouterr().err
    assert main(["profile", "use", out, "--workspace", folder]) == 0
    assert "The workspace has this profile." in capsys.readouterr().err
    assert main(["profile", "use", out, "--workspace", folder]) == 0
    assert "Nothing changed" in capsys.readouterr().err
    assert main(["profile", "--workspace", folder]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "Vale,Ham North,X03,"


@pytest.mark.parametrize(
    "table",
    [
        b"lad_code,lad_name,bcu\r\nX03,Ham North,Vale\r\n,Ham \xe9ast,Hill\r\n,,\r\n",
        "\ufeffLAD25NM;LAD25CD;BCU\nHam North;X03;Vale\nHam éast;;Hill\n".encode(),
        "BCU\tName\tCode\nVale\tHam North\tX03\nHill\tHam éast\t\n".encode(),
    ],
)
def test_a_table_of_bcus_is_read_as_spreadsheets_write_it(tmp_path, table):
    (tmp_path / "bcus.csv").write_bytes(table)
    assert read_districts(tmp_path / "bcus.csv", ("Vale", "Hill")) == (
        ("X03", "Ham North", "Vale"), ("", "Ham éast", "Hill"),
    )  # fmt: skip


def test_a_force_that_the_open_data_do_not_know_is_told(ham, tmp_path, capsys):
    assert profile_in(ham).force == ""
    assert main(["profile", "use", str(ham), "--workspace", str(tmp_path)]) == 0
    assert "data.police.uk has no force Ham, so its files of any force count as this one's." in capsys.readouterr().err


def test_a_workbook_as_a_table_of_bcus_is_told(tmp_path):
    (tmp_path / "bcus.xlsx").write_bytes(b"PK\x03\x04\x81\x8d")
    with pytest.raises(HotspotsError, match=r"'bcus\.xlsx' is no text\. Save the sheet as CSV"):
        read_districts(tmp_path / "bcus.xlsx")


def test_a_district_that_the_boundaries_lack_is_named(tmp_path):
    features = [square(n, "", extent) for n, extent in DISTRICTS.items() if n != "Ham West"]
    (tmp_path / "bcus.csv").write_text(BCU_TABLE, encoding="utf-8")
    with pytest.raises(HotspotsError, match=r"'b\.geojson' has no Ham West, which the table of BCUs names"):
        make_profile(write_boundaries(tmp_path / "b.geojson", features), tmp_path / "bcus.csv", "Ham", tmp_path / "ham")
    assert not (tmp_path / "ham").exists()


def test_crimes_lie_in_its_districts_and_bcus(whole):
    told = headline(open_workspace(whole))
    assert told[0] == "Ham: 3 districts in 2 BCUs (Vale, Hill)."
    # 12 × (5 + 3) in Hill, 12 × (4 + 4) in Vale, 24 outside
    assert "192 lie in the force area (Hill 96, Vale 96) and 24 outside" in told[1]
    assert check_workspace(whole)[0] == []


def test_its_cells_are_ranked_by_its_bcus(whole):
    answer = rank_workspace(whole, Question(bcu="Hill", start="2023-01", end="2023-12", by="count"))
    assert answer.table[["bcu", "district", "n_incidents"]].to_numpy().tolist() == [["Hill", "Ham East", 60]]
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(TREATED[1], TREATED[0], 10))
    assert answer.table["place"].tolist() == [f"High Street, Ham East {lat:.3f} N {-lon:.3f} W"]
    found = find_areas(whole, Question(start="2023-01", end="2023-12", by="count")).areas
    assert found["area"].tolist() == ["Vale-01", "Hill-01"]
    assert found["name"].tolist() == ["Ham West, High Street", "Ham East, High Street"]
    with pytest.raises(HotspotsError, match=r"There is no BCU 'South'\. Use Vale, Hill or all"):
        rank_workspace(whole, Question(bcu="South"))


def test_the_dose_of_its_patrols(whole):
    told = dose_workspace(whole, DoseQuestion(start="2024-03-04", end="2024-03-04"))
    minutes = told.table.set_index("area")
    assert minutes["patrol_minutes"].to_dict() == {"Hill-01": 30, "Vale-01": 20}
    assert minutes.loc["Vale-01", "data"] == "logs only"
    spans = told.coverage.set_index("bcu")
    assert spans.loc["Hill", ["units", "shift_hours", "gps_coverage"]].tolist() == [1, 0.5, 1.0]
    assert any(w.startswith("Vale: no positions at all on 2024-03-04") for w in told.warnings)


def test_change_in_its_hot_spots(whole):
    found = change_workspace(whole, ChangeQuestion(comparison="register"))
    count = found.table[(found.table["measure"] == "count") & (found.table["estimate_of"] == "panel")].iloc[0]
    assert count[["treated_before", "treated_after", "comparison_before", "comparison_after"]].tolist() == [
        60, 36, 48, 48,
    ]  # fmt: skip
    assert count["estimate"] == pytest.approx((36 / 60) / (48 / 48), abs=1e-3)


def test_what_concerns_another_force_alone_is_left_out(whole):
    mine, lancashires = set(context.lines(whole)["line"]), set(context.lines(None)["line"])
    assert lancashires - mine == {"s-centurion"}  # extra patrols in Lancashire
    weights = "force,crime_type,days\nLancashire,{0},300\nHam,{0},365\nHam,Drugs,5\n"
    table = import_weights(
        whole, ("index.csv", weights.format(VIOLENCE).encode()), name="own", version="1"
    ).weights.table
    assert dict(zip(table["crime_type"], table["days"], strict=True)) == {VIOLENCE: 365, "Drugs": 5}


# ---------------------------------------------------------------- names of places


@pytest.mark.parametrize(
    ("most", "name"),
    [(0.2, "Hamtown centre"), (0.05, "Ham East 52.470 N 1.850 W")],
)
def test_no_town_names_a_place_further_away_than_the_setting(own, most, name):
    cover = replace(geography.load_cover(profile_in(with_town(own))), place_max_km=most)
    assert geography.nearest_place([TREATED[0]], [TREATED[1]], cover) == [name]


def test_towns_can_be_added_later_and_name_places(own, ham, tmp_path):
    use_profile(tmp_path / "w", ham)
    import_files(tmp_path / "w", [street_file(2023, 1)], "police-uk")
    workspace, changed = use_profile(tmp_path / "w", with_town(own))
    assert changed
    table = rank_workspace(workspace, Question(offences=f"category:{VIOLENCE}")).table.set_index("bcu")
    assert table.loc["Hill", "place"] == "High Street, Hamtown centre"
    assert table.loc["Vale", "place"] == "High Street, Ham West 52.470 N 1.950 W"  # 6.7 km from the town


def test_outside_the_force_the_coordinates_are_said(ham):
    cover = geography.load_cover(profile_in(ham))
    assert geography.nearest_place([1.5], [52.0], cover) == ["52.000 N 1.500 E"]


def test_lancashires_towns_name_nothing_far_away():
    far = geography.nearest_place([-1.2389, -2.5310], [54.5691, 53.9710], geography.load_cover())
    assert far == ["54.569 N 1.239 W", "Ribble Valley 53.971 N 2.531 W"]


@pytest.mark.parametrize(
    ("place", "street", "town"),
    [
        ("Church Street, Preston, 300 m north of the centre", "Church Street", "Preston"),
        ("St Mary's Street, North, Preston centre", "St Mary's Street, North", "Preston"),
        ("High Street, Ham East 52.470 N 1.850 W", "High Street", "Ham East"),
        ("Preston, 1.4 km north-west of the centre", "", "Preston"),
        ("A place of its own", "", ""),
    ],
)
def test_a_place_is_taken_apart_as_it_was_put_together(place, street, town):
    assert geography.street_and_town(place) == (street, town)


# ---------------------------------------------------------------- what is refused


def test_a_workspace_with_data_keeps_its_districts(ham, tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(HotspotsError, match="holds data of Lancashire, placed in its districts"):
        use_profile(tmp_path, ham)
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_the_demo_takes_no_workspace_of_another_force(ham, tmp_path):
    use_profile(tmp_path / "w", ham)
    with pytest.raises(HotspotsError, match="holds the profile of another force"):
        build_demo(tmp_path / "w")


def test_a_damaged_profile_is_told_and_chosen_again(ham, tmp_path):
    workspace, _ = use_profile(tmp_path / "w", ham)
    path = tmp_path / "w" / workspace.manifest.profile["districts.csv"]
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(HotspotsError, match=r"missing or damaged\. Choose the profile of the force again"):
        open_workspace(tmp_path / "w")
    assert any("the profile of the force" in words for words in check_workspace(tmp_path / "w")[0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("name = ", "cannot be read"),
        ("colour = 1", "has 'colour', which is not known"),
        ("[areas]\nNowhere = 3", "gives 3 hot spots to the BCU 'Nowhere'; Vale or Hill can have 0 or more"),
        ("[areas]\nVale = -1", "gives -1 hot spots to the BCU 'Vale'"),
        ("[settings]\ntop = 0", "Setting 'top' is 0"),
        ("[settings]\ntopp = 3", "profile.toml has 'topp', which is not a setting"),
    ],
)
def test_a_wrong_line_of_a_profile_is_told(own, tmp_path, change, sentence):
    with (own / PROFILE).open("a", encoding="utf-8") as file:
        file.write(f"\n{change}\n")
    with pytest.raises(HotspotsError, match=sentence):
        use_profile(tmp_path / "w", own)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        (
            "districts.csv",
            BCU_TABLE.replace("Hill", "Dale"),
            "gives 'Ham East' the BCU 'Dale'; it must be Vale or Hill",
        ),
        ("districts.csv", BCU_TABLE.replace("X01", "X07"), "do not belong together"),
        ("districts.csv", BCU_TABLE.replace("Hill", "Vale"), "No district of 'districts.csv' is in the BCU 'Hill'"),
        ("places.csv", "name,lon,lat,district,size\nPreston,-2.699,53.759,Preston,3\n", "1 of 1 places .* lie outside"),
        ("places.csv", "name,lon,lat,district,size\nHam,here,52.5,Ham East,3\n", "have texts in lon"),
        ("places.csv", "name,lon\nHam,1\n", "have no column 'lat', 'district', 'size'"),
    ],
)
def test_a_wrong_file_of_a_profile_is_told(own, tmp_path, file, content, sentence):
    (own / file).write_text(content, encoding="utf-8")
    with pytest.raises(HotspotsError, match=sentence):
        use_profile(tmp_path / "w", own)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("all", "cannot be the name of a BCU"),
        ("North=1", "cannot be the name"),
        ("hill", "Two BCUs have the same name"),
    ],
)
def test_a_bcu_that_cannot_be_named_so_is_refused(tmp_path, name, sentence):
    (tmp_path / "bcus.csv").write_text(BCU_TABLE.replace("Vale", name), encoding="utf-8")
    boundaries = write_boundaries(tmp_path / "b.geojson", [square(n, "", e) for n, e in DISTRICTS.items()])
    with pytest.raises(HotspotsError, match=sentence):
        make_profile(boundaries, tmp_path / "bcus.csv", "Ham", tmp_path / "ham")


def test_a_folder_that_is_no_profile_is_told(tmp_path):
    with pytest.raises(
        HotspotsError, match=r"has no profile\.toml, districts\.csv, cover\.parquet or outlines\.geojson"
    ):
        profile_in(tmp_path)
    with pytest.raises(HotspotsError, match="There is no folder"):
        profile_in(tmp_path / "none")
