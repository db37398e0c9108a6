"""areas, areas freeze | list | exclude | include, as a user runs them. Figures by hand from tests/workspaces.py."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hotspots.areas import AREA_COLUMNS
from hotspots.areas.register import freeze as store
from hotspots.base.errors import HotspotsError
from hotspots.cli import main
from hotspots.store.database import FILE
from tests.area_samples import SIZE, candidates, disk, facts
from tests.samples import BLACKPOOL, PRESTON
from tests.workspaces import demo

__all__ = ["demo"]
QUESTION = ("--from", "2024-01", "--to", "2024-03", "--by", "harm", "--weights", "policeuk-proxy-2026")


@pytest.fixture
def folder(own_police: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    return own_police


def run(folder: Path, *words: str) -> None:
    main.run(["areas", *words, "--workspace", str(folder)])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def ranked(folder: Path) -> list[dict[str, object]]:
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.ranking.question import Question

    question = Question(start="2024-01", end="2024-03", by="harm", weights="policeuk-proxy-2026")
    return rank_workspace(folder, question).table.to_dict("records")


def cell(place: tuple[float, float]) -> str:
    from h3.api import basic_str

    return basic_str.latlng_to_cell(place[1], place[0], 10)


def test_candidates_of_every_bcu(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, *QUESTION)
    told = capsys.readouterr()
    table = rows(told.out)
    assert list(table[0]) == list(AREA_COLUMNS)
    assert [r["area"] for r in table] == ["West-01", "South-01", "East-01"]  # Ashton is below the mean of South
    assert [float(r["harm_days"]) for r in table] == [1124.5, 1716.25, 197.25]
    assert [r["cells"] for r in table[:2]] == [cell(BLACKPOOL), cell(PRESTON)]
    assert table[1]["name"] == "Preston, High Street"
    expected = {r["cell"]: r for r in ranked(folder)}
    south = [float(r["harm_expected_days"]) for r in expected.values() if r["bcu"] == "South"]
    mine = float(expected[cell(PRESTON)]["harm_expected_days"])
    assert float(table[1]["harm_expected_days"]) == pytest.approx(mine)
    assert float(table[1]["share_of_bcu_harm"]) == pytest.approx(mine / sum(south), abs=1e-5)
    assert "South: 1 areas" in told.err
    assert "Areas are made to catch harm_expected_days" in told.err
    assert "Weights are a proxy" in told.err
    assert not (folder / FILE).exists()  # a question writes nothing


def test_limits_and_one_bcu(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, *QUESTION, "--bcu", "South", "--min-share", "0.9", "--per-bcu", "1")
    assert rows(capsys.readouterr().out) == []
    run(folder, *QUESTION, "--bcu", "South", "--min-share", "0.85", "--per-bcu", "1")
    assert [r["area"] for r in rows(capsys.readouterr().out)] == ["South-01"]
    with pytest.raises(HotspotsError, match="no area fits"):
        run(folder, *QUESTION, "--max-area", "10000")
    with pytest.raises(HotspotsError, match="takes no --top"):
        run(folder, *QUESTION, "--top", "5")


def test_geojson_to_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "areas.geojson"
    run(folder, *QUESTION, "--format", "geojson", "--out", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [f["geometry"]["type"] for f in found["features"]] == ["Polygon"] * 3
    assert found["about"]["weights"].startswith("policeuk-proxy-2026@")
    assert len(found["about"]["weights_sha256"]) == 64
    assert found["about"]["window"] == ["2024-01-01", "2024-03-31"]


def freeze(folder: Path, *more: str, day: str = "2999-01-01") -> None:
    run(
        folder, "freeze", "--name", "grip", "--valid-from", day, "--author", "Ann", "--note", "spring", *QUESTION, *more
    )


def test_freeze_list_and_the_areas_of_a_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    freeze(folder, "--role", "treated")
    told = capsys.readouterr()
    assert "Frozen as grip@1: 3 areas from 2999-01-01, sha256 " in told.err
    frozen = rows(told.out)
    assert {(r["valid_from"], r["valid_to"], r["role"]) for r in frozen} == {("2999-01-01", "", "treated")}
    freeze(folder, "--bcu", "West", day="2999-02-01")
    capsys.readouterr()
    run(folder, "list")
    table = rows(capsys.readouterr().out)
    assert [(r["name"], r["version"], r["valid_to"], r["n_areas"]) for r in table] == [
        ("grip", "1", "2999-01-31", "3"),
        ("grip", "2", "", "1"),
    ]
    run(folder, "list", "--name", "grip", "--on", "2999-01-31", "--format", "json")
    found = json.loads(capsys.readouterr().out)
    assert (found["about"]["register"], len(found["rows"])) == ("grip@1", 3)
    assert found["about"]["question"]["by"] == "harm"
    assert found["rows"][0]["cells"] == [cell(BLACKPOOL)]
    run(folder, "list", "--name", "grip")
    told = capsys.readouterr()
    assert [r["area"] for r in rows(told.out)] == ["West-01"]
    assert "grip@2, from 2999-02-01 to further notice; Ann: spring" in told.err


def test_an_edited_file_is_frozen_with_figures_of_its_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from h3.api import basic_str

    path = tmp_path / "edited.csv"
    quiet = sorted(set(basic_str.grid_disk(cell(PRESTON), 1)) - {cell(PRESTON)})[0]
    path.write_text(
        f"area,bcu,name,cells,role,harm_days\nSouth-07,South,,{cell(PRESTON)} {quiet},treated,999999\n"
        f"West-02,West,=The Prom,{cell(BLACKPOOL)},,\n",
        encoding="utf-8",
    )
    freeze(folder, "--areas", str(path), "--role", "comparison", "--chosen", "hand")
    west, south = rows(capsys.readouterr().out)
    assert (south["area"], south["name"], south["n_cells"]) == ("South-07", "Preston, High Street", "2")
    assert (south["role"], west["role"]) == ("treated", "comparison")
    assert (float(south["harm_days"]), south["n_incidents"]) == (1716.25, "7")
    assert west["name"] == "'=The Prom"
    with pytest.raises(HotspotsError, match="areas of West, but the question is about South alone"):
        freeze(folder, "--areas", str(path), "--bcu", "South", "--chosen", "hand", day="2999-02-01")
    path.write_text(f"area,bcu,cells\nSouth-07,South,{cell(BLACKPOOL)}\nx,South,zz\n", encoding="utf-8")
    with pytest.raises(HotspotsError, match="'zz'"):
        freeze(folder, "--areas", str(path), "--chosen", "hand")
    path.write_text(f"area,bcu,cells\nSouth-07,South,{cell(BLACKPOOL)}\n", encoding="utf-8")
    with pytest.raises(HotspotsError, match="never crosses a BCU line"):
        freeze(folder, "--areas", str(path), "--chosen", "hand")


def test_a_file_is_frozen_without_a_word_of_how_it_was_chosen_and_it_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edited.csv"
    path.write_text(f"area,bcu,cells\nSouth-07,South,{cell(PRESTON)}\n", encoding="utf-8")
    freeze(folder, "--areas", str(path))
    assert "chosen was not said" in capsys.readouterr().err
    run(folder, "list", "--name", "grip", "--format", "json")
    about = json.loads(capsys.readouterr().out)["about"]
    assert "chosen" not in about
    assert about["areas_from"] == "a file edited by hand"


def test_figures_of_another_unit_are_not_called_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ground = facts(disk(1), [10.0] * 7)
    areas = candidates(ground, 3 * SIZE, 0.0, 1)
    store(folder, areas, "scored", "2999-01-01", "Ann", "n", {"weights_unit": "severity"})
    run(folder, "list", "--name", "scored")
    header = capsys.readouterr().out.splitlines()[0].split(",")
    assert "harm_severity" in header
    assert not [c for c in header if "days" in c]


def test_exclude_and_include(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    who = ("--author", "Ann")
    run(folder, "exclude", cell(PRESTON), "--reason", "Prison", "--note", "HMP Preston", *who)
    run(folder, *QUESTION, "--bcu", "South")
    told = capsys.readouterr()
    assert rows(told.out) == []  # the one cell left is below the mean
    assert "1 cell with incidents left out of areas" in told.err
    run(folder, "include", cell(PRESTON), *who)
    run(folder, "list", "--excluded")
    table = rows(capsys.readouterr().out)
    assert [(r["cell"], r["excluded"], r["kind"], r["author"]) for r in table] == [
        (cell(PRESTON), "True", "prison", "Ann"),
        (cell(PRESTON), "False", "", "Ann"),
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--on", "2024-01-01"), "--on needs --name"),
        (("list", "--name", "grip@1", "--on", "2024-01-01"), "without @VERSION"),
        (("list", "--format", "geojson"), "has no outlines"),
        (("list", "--name", "grip"), "None has been frozen"),
    ],
)
def test_requests_that_make_no_sense(folder: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(HotspotsError, match=told):
        run(folder, *words)


def test_an_option_before_the_word_is_wrong_usage_and_not_lost(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(folder, "--bcu", "West", "list")
    assert stop.value.code == 2
    assert "write --bcu behind the word: areas list" in capsys.readouterr().err


def test_on_the_demo_every_bcu_has_areas_within_the_limits(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(demo)
    table = rows(capsys.readouterr().out)
    assert {r["bcu"] for r in table} == {"West", "South", "East"}
    assert all(float(r["area_m2"]) <= 50_000 for r in table)
    cells = [c for r in table for c in r["cells"].split()]
    assert len(cells) == len(set(cells)) == sum(int(r["n_cells"]) for r in table)
    assert len({r["name"] for r in table}) == len(table)
