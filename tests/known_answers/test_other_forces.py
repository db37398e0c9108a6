"""Two other forces, data.police.uk, 2025: counted independently of this program (see docs/another_force.md).

Boundaries: © Crown copyright and database right 2014. BCUs are invented: they have none that is published here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotspots.geography.new_profile import make_profile
from hotspots.intake import Imported, import_files
from hotspots.intake.profile import use_profile
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import read_incidents

INSIDE = {
    "Middlesbrough": 28_454, "Stockton-on-Tees": 25_802, "Redcar and Cleveland": 19_117, "Hartlepool": 15_988,
}  # fmt: skip
BCUS = {"North": ("Hartlepool", "Stockton-on-Tees"), "South": ("Middlesbrough", "Redcar and Cleveland")}


@pytest.fixture(scope="module")
def cleveland(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("cleveland")
    rows = [f",{district},{bcu}" for bcu, districts in BCUS.items() for district in districts]
    (folder / "bcus.csv").write_text("\n".join(["lad_code,lad_name,bcu", *rows, ""]))
    boundaries = shared_data / "boundaries" / "cleveland_districts.geojson"
    make_profile(boundaries, folder / "bcus.csv", "Cleveland", folder / "profile")
    use_profile(folder / "workspace", folder / "profile")
    import_files(folder / "workspace", [boundaries], "boundaries")
    return import_files(folder / "workspace", [shared_data / "police_uk" / "cleveland_2025.zip"], "police-uk")


def test_every_crime_lies_where_it_was_counted(cleveland):
    assert sum(r.accepted for r in cleveland.reports) == 89_391
    table = read_incidents(cleveland.workspace, ["district", "bcu"]).to_pandas()
    assert table["district"].value_counts().to_dict() == INSIDE
    by_bcu = {bcu: sum(INSIDE[d] for d in districts) for bcu, districts in BCUS.items()}
    assert table["bcu"].value_counts().to_dict() == by_bcu


def test_violence_is_ranked_under_names_of_the_force(cleveland):
    violence = Question(offences="category:Violence and sexual offences", by="count")
    table = rank_workspace(cleveland.workspace, violence).table
    assert table["n_incidents"].sum() == 28_807
    # No town is known to the profile, and none of Lancashire's is near. The centre of a cell may lie off the coast.
    said = rf"(.+, )?(({'|'.join(INSIDE)}) )?54\.\d{{3}} N [01]\.\d{{3}} W"
    assert [place for place in table["place"] if not re.fullmatch(said, place)] == []
    assert table["place"].str.contains("|".join(INSIDE)).mean() > 0.99
