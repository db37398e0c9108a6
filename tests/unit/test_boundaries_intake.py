"""District polygons imported after the facts: every row is placed anew, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.samples import BLACKPOOL, MAPPING, NOWHERE, crime, export, files_of, held, one_district, record, street

PLACED = ["district", "bcu"]
FILES = [
    street("2022-01", [crime("a", "2022-01", place=NOWHERE), crime("b", "2022-01"),
                       crime("w", "2022-01", place=BLACKPOOL)]),
    street("2022-02", [crime("a", "2022-02"), crime("c", "2022-02", place=BLACKPOOL)]),
]  # fmt: skip


def by_hand(folder: Path) -> dict[str, tuple[str, str]]:
    table = held(folder).set_index("record_id")
    return dict(zip(table.index, zip(table["district"], table["bcu"], strict=True), strict=True))


def test_rows_already_held_are_placed_by_the_polygons(tmp_path):
    import_files(tmp_path, FILES, "police-uk")
    import_files(tmp_path, [export([record("timed", "05/01/2026 10:00", place=BLACKPOOL)])], "incidents", MAPPING)
    before = held(tmp_path, without=PLACED)
    names = [p.file.rpartition("-")[0] for p in open_workspace(tmp_path).manifest.parts]  # what follows is a hash
    assert by_hand(tmp_path)["w"] == by_hand(tmp_path)["timed"] == ("Blackpool", "West")
    imported = import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    assert imported.changed
    preston, nowhere = ("Preston", "South"), ("", "")
    assert by_hand(tmp_path) == {"a": preston, "b": preston, "w": nowhere, "c": nowhere, "timed": nowhere}
    assert held(tmp_path, without=PLACED).equals(before)
    assert [p.file.rpartition("-")[0] for p in open_workspace(tmp_path).manifest.parts] == names
    assert check_workspace(tmp_path)[0] == []


def test_polygons_first_or_last_make_no_difference(tmp_path):
    square = one_district(tmp_path)
    import_files(tmp_path / "last", FILES, "police-uk")
    import_files(tmp_path / "last", [square], "boundaries")
    import_files(tmp_path / "first", [square], "boundaries")
    import_files(tmp_path / "first", FILES, "police-uk")
    assert held(tmp_path / "first").equals(held(tmp_path / "last"))


def test_the_same_polygons_again_change_nothing(tmp_path):
    import_files(tmp_path, FILES, "police-uk")
    import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    before = files_of(tmp_path)
    again = import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    assert not again.changed
    assert any("nothing changed" in n for n in again.notes)
    assert files_of(tmp_path) == before


def test_files_imported_before_are_still_known_after(tmp_path):
    import_files(tmp_path, FILES, "police-uk")
    import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    assert not import_files(tmp_path, FILES, "police-uk").changed


def test_ranking_uses_the_polygons(tmp_path):
    import_files(tmp_path, FILES, "police-uk")
    assert set(rank_workspace(tmp_path, Question()).table["bcu"]) == {"South", "West"}
    import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    answer = rank_workspace(tmp_path, Question())
    assert set(answer.table["bcu"]) == {"South"}
    assert any(n.startswith("2 offences lie outside the force area") for n in answer.notes)


@pytest.mark.parametrize("content", ["", "{", '{"type": "FeatureCollection", "features": []}', "a,b\n1,2\n"])
def test_a_file_without_polygons_changes_nothing(tmp_path, content):
    import_files(tmp_path, FILES, "police-uk")
    before = (tmp_path / MANIFEST).read_bytes()
    (tmp_path / "bad.geojson").write_text(content)
    with pytest.raises(HotspotsError):
        import_files(tmp_path, [tmp_path / "bad.geojson"], "boundaries")
    assert (tmp_path / MANIFEST).read_bytes() == before
    assert open_workspace(tmp_path).manifest.boundaries == ""


def test_one_file_of_polygons_is_wanted(tmp_path):
    square = one_district(tmp_path)
    for given in ([square, square], [tmp_path / "x.csv"]):
        with pytest.raises(HotspotsError, match="one file of district polygons"):
            import_files(tmp_path / "w", given, "boundaries")


def test_points_on_either_side_of_an_edge(tmp_path):
    """The square round Preston ends at 2.65 degrees west."""
    ring = json.loads(one_district(tmp_path).read_text())["features"][0]["geometry"]["coordinates"][0]
    assert max(x for x, _ in ring) == -2.65
    import_files(tmp_path, [tmp_path / "square.geojson"], "boundaries")
    rows = [crime("in", "2022-01", place=(-2.650001, 53.76)), crime("out", "2022-01", place=(-2.649999, 53.76))]
    import_files(tmp_path, [street("2022-01", rows)], "police-uk")
    assert by_hand(tmp_path) == {"in": ("Preston", "South"), "out": ("", "")}
