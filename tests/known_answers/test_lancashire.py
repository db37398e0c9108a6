"""Lancashire, data.police.uk, December 2019 to October 2022.

Every expected number was counted independently of this program, with pandas, geopandas and h3, from the archive of
street-level files and the district polygons (Open Government Licence v3.0).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hotspots.cli.check import check_workspace
from hotspots.intake import Imported, import_files
from hotspots.intake.report import holdings, intake_table
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import MANIFEST, read_incidents

ARCHIVE = "police_uk/lancashire_2019-12_to_2022-10.zip"
BOUNDARIES = ("boundaries/lancashire_districts.geojson", "lookups/lancashire_lad_bcu.csv")
WHOLE = {"start": "2019-12", "end": "2022-10"}


@pytest.fixture(scope="session")
def lancashire(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("lancashire") / "workspace"
    import_files(folder, [shared_data / name for name in BOUNDARIES], "boundaries")
    return import_files(folder, [shared_data / ARCHIVE], "police-uk")


@pytest.fixture(scope="session")
def incidents(lancashire: Imported) -> pd.DataFrame:
    columns = ["record", "record_id", "month", "crime_type", "lon", "bcu", "district"]
    return read_incidents(lancashire.workspace, columns).to_pandas()


@pytest.fixture(scope="session")
def violence(lancashire: Imported) -> pd.DataFrame:
    question = Question(**WHOLE, offences="category:Violence and sexual offences", by="count", source="police-uk")
    return rank_workspace(lancashire.workspace, question).table


def total(imported: Imported, name: str) -> int:
    return sum(getattr(r, name) for r in imported.reports)


def test_every_row_read_is_an_incident_or_a_repeat(lancashire):
    assert len(lancashire.reports) == 32
    assert total(lancashire, "read") == 564_082
    assert total(lancashire, "accepted") == 557_393
    assert total(lancashire, "repeated") == 6_689
    assert [total(lancashire, n) for n in ("updated", "unchanged", "quarantined")] == [0, 0, 0]


def test_the_workspace_holds_each_incident_once(incidents):
    assert len(incidents) == 557_393
    assert incidents["record_id"].isna().sum() == 194_096  # anti-social behaviour
    assert not incidents.dropna(subset="record_id").duplicated(["record_id", "crime_type"]).any()
    assert incidents["record"].is_unique


def test_incidents_with_coordinates_and_inside_the_force(incidents):
    located = incidents["lon"].notna()
    assert located.sum() == 523_204
    assert incidents["bcu"].astype(str).where(incidents["bcu"].notna()).value_counts().to_dict() == {
        "East": 194_203,
        "West": 178_235,
        "South": 149_255,
    }
    assert (located & incidents["bcu"].isna()).sum() == 1_511
    assert incidents["district"].nunique() == 14


def test_the_holdings_say_the_same(lancashire):
    table = holdings(lancashire.workspace).set_index(["measure", "detail"])["n"]
    assert table["incidents", ""] == 557_393
    assert table["with coordinates", ""] == 523_204
    assert table["inside the force area", ""] == 521_693
    assert table["outside the force area", ""] == 1_511


def test_violence_inside_by_bcu(incidents):
    inside = incidents[(incidents["crime_type"] == "Violence and sexual offences") & incidents["bcu"].notna()]
    assert len(inside) == 154_391
    assert inside["bcu"].astype(str).value_counts().to_dict() == {"East": 57_486, "West": 53_517, "South": 43_388}


def test_the_largest_cells_of_violence(violence):
    by_bcu = {b: list(zip(t["cell"], t["n_incidents"], strict=True)) for b, t in violence.groupby("bcu")}
    assert by_bcu["West"][0] == ("8a1951d491a7fff", 322)
    assert sorted(by_bcu["South"][:2]) == [("8a1951801697fff", 226), ("8a19518016b7fff", 226)]
    assert by_bcu["East"][0] == ("8a195194a04ffff", 262)


def test_ranked_cells_hold_every_violent_incident_inside(violence):
    assert violence["n_incidents"].sum() == 154_391
    assert violence["cell"].is_unique
    assert violence["bcu"].isin(["East", "South", "West"]).all()


def test_the_new_map_points_of_july_2022_are_the_only_break(lancashire):
    assert [(feed, month) for feed, month, _ in lancashire.workspace.manifest.breaks] == [
        ("Lancashire Constabulary", 202207)
    ]


def test_the_break_is_said_beside_a_window_across_it_only(lancashire):
    across = rank_workspace(lancashire.workspace, Question(start="2022-06", end="2022-07"))
    before = rank_workspace(lancashire.workspace, Question(start="2022-05", end="2022-06"))
    assert any("2022-07" in w for w in across.warnings)
    assert not any("map points changed" in w for w in before.warnings)


def test_months_that_were_never_imported_are_said(lancashire):
    answer = rank_workspace(lancashire.workspace, Question(**WHOLE))
    assert answer.missing_months == (202006, 202008, 202009)
    assert any("2020-06, 2020-08, 2020-09" in w for w in answer.warnings)


def test_coordinates_are_missing_unevenly(lancashire):
    """Shares of published rows, as the intake report counts them: 6.2% in all, more of some types."""
    table = intake_table(lancashire.reports)
    lost = table[table["reason"].str.startswith("no coordinates: ")].groupby("reason")["n"].sum()
    lost.index = lost.index.str.removeprefix("no coordinates: ")
    rows = published_rows_by_type(lancashire)
    share = (lost / rows).fillna(0)
    assert lost.sum() == 564_082 - 528_926
    assert round(share["Theft from the person"], 3) == 0.178
    assert round(share["Robbery"], 3) == 0.113
    assert share["Anti-social behaviour"] == 0


def published_rows_by_type(imported: Imported) -> pd.Series:
    from hotspots.store.workspace import read_part

    workspace = imported.workspace
    types = [read_part(workspace, p, ["crime_type"])["crime_type"] for p in workspace.manifest.parts]
    return pd.concat([t.to_pandas().astype(str) for t in types]).value_counts()


def test_importing_again_changes_nothing(lancashire, shared_data):
    folder = lancashire.workspace.folder
    before = (folder / MANIFEST).read_bytes()
    again = import_files(folder, [shared_data / ARCHIVE], "police-uk")
    assert not again.changed
    assert (total(again, "unchanged"), total(again, "repeated")) == (557_393, 6_689)
    assert [total(again, n) for n in ("accepted", "updated", "quarantined")] == [0, 0, 0]
    assert (folder / MANIFEST).read_bytes() == before


def test_the_workspace_is_whole(lancashire):
    assert check_workspace(lancashire.workspace.folder)[0] == []
