"""Files of several forces in one workspace: whose months are held, which crimes count, and who is meant by a name."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hotspots.backtest.workspace import history_of
from hotspots.base.errors import HotspotsError
from hotspots.base.forces import FORCES, force_named, force_of_file, same_force
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files
from hotspots.intake.report import headline, holdings
from hotspots.ranking.answer import Answer
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.held import months_held, own_incidents, sources_held
from hotspots.store.workspace import MANIFEST, Workspace, open_workspace, signed, to_json
from tests.samples import KENT, NOWHERE, STREET_COLUMNS, crime, csv_bytes, one_district, street

OTHER = "British Transport Police"
GAP = f"Lancashire Constabulary has no file for 2026-06, though {OTHER} has: those months are missing, not zero."


def of_others(month: str, rows: list[dict[str, object]]) -> tuple[str, bytes]:
    return f"{month}-btp-street.csv", csv_bytes([row | {"Falls within": OTHER} for row in rows], STREET_COLUMNS)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lancashire's May and July; of the other force May and June, one crime of which Lancashire gives too."""
    folder = tmp_path_factory.mktemp("beside")
    files = [
        street("2026-05", [*(crime(f"m{i}", "2026-05") for i in range(3)), crime("both", "2026-05")]),
        street("2026-07", [crime("j", "2026-07"), crime("k", "2026-07", place=KENT)]),
        of_others("2026-05", [crime("t", "2026-05"), crime("both", "2026-05"), crime("u", "2026-05", place=KENT),
                              crime("v", "2026-05", place=NOWHERE)]),
        of_others("2026-06", [crime("w", "2026-06"), crime("x", "2026-06")]),
    ]  # fmt: skip
    import_files(folder, files, "police-uk")
    return folder


def ranked(folder: Path, **question: str) -> Answer:
    return rank_workspace(folder, Question(offences="all", by="count", **question))


def test_a_month_of_another_force_is_not_held(beside):
    workspace = open_workspace(beside)
    assert months_held(workspace, "police-uk") == [202605, 202607]
    answer = ranked(beside)
    assert (answer.missing_months, answer.periods) == ((202606,), (202605, 202607))
    assert GAP in answer.warnings
    assert GAP in headline(workspace)
    assert GAP in check_workspace(beside)[1]
    assert history_of(beside, Question(offences="all")).periods == [202605, 202607]


def test_crimes_of_another_forces_file_in_the_area_count_once_and_it_is_said(beside):
    answer = ranked(beside)
    assert answer.table["n_incidents"].tolist() == [3 + 1 + 1 + 1]  # May, the one that both give, t, July
    said = f"1 offences come from the files of other forces ({OTHER}) and lie in the force area: each is counted once."
    assert said in answer.notes
    assert "1 offences lie outside the force area and are not ranked." in answer.notes  # Lancashire's own
    left = "2 offences of other forces' files fall in months for which Lancashire Constabulary has no file: left out."
    assert left in answer.notes
    uneven = f"{OTHER} has no file for 2026-07: its crimes in the force area count in the other months only."
    assert uneven in answer.warnings
    assert not any("no coordinates" in w for w in answer.warnings)  # v is no crime of Lancashire's


def test_a_month_that_only_another_force_has_is_empty_not_zero(beside):
    answer = ranked(beside, start="2026-06", end="2026-06")
    assert (len(answer.table), answer.missing_months) == (0, (202606,))


def test_months_are_counted_by_force(beside):
    table = holdings(open_workspace(beside))
    months = table[table["measure"] == "months held"].set_index("detail")["n"].to_dict()
    assert months == {"Lancashire Constabulary": 2, OTHER: 2}


def test_a_force_by_itself_is_told_as_before(tmp_path):
    import_files(tmp_path, [street("2026-05", [crime("a", "2026-05")])], "police-uk")
    workspace = open_workspace(tmp_path)
    assert "months held" not in set(holdings(workspace)["measure"])
    assert not any("other force" in line for line in headline(workspace))


def test_files_of_other_forces_alone_answer_nothing(tmp_path):
    import_files(tmp_path, [of_others("2026-05", [crime("t", "2026-05")])], "police-uk")
    assert sources_held(open_workspace(tmp_path)) == ()
    with pytest.raises(HotspotsError, match=f"files of {OTHER}, and none of Lancashire Constabulary"):
        ranked(tmp_path)
    assert any(line.startswith("Lancashire Constabulary: no file.") for line in headline(open_workspace(tmp_path)))


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Lancashire Police", "Lancashire Constabulary"),
        (" lancashire  CONSTABULARY ", "Lancashire Constabulary"),
        ("lancashire", "Lancashire Constabulary"),
        ("BTP", "British Transport Police"),
        ("Metropolitan Police", "Metropolitan Police Service"),
        ("Devon and Cornwall Constabulary", "Devon & Cornwall Police"),
        ("PSNI", "Police Service of Northern Ireland"),
        ("North Yorkshire", "North Yorkshire Police"),
        ("Yorkshire  Police", "Yorkshire Police"),  # which of the three?
        ("Police", "Police"),
    ],
)
def test_who_is_meant(written, meant):
    assert force_named(written) == meant


def test_the_list_is_whole_and_every_name_means_itself():
    assert len(FORCES) == 43 + 2
    assert {force_named(name) for name in FORCES.values()} == set(FORCES.values())
    assert all(force_of_file(f"2026-05/2026-05-{slug}-street.csv") == name for slug, name in FORCES.items())


def test_names_in_no_list_differ_by_more_than_capitals():
    assert same_force("Whitworth Police", "WHITWORTH police ")
    assert not same_force("Whitworth Police", "Lancashire Constabulary")


# ---------------------------------------------------------------- crimes of other forces, kept together


def without_file(folder: Path) -> Workspace:
    """The workspace as one of before crimes of other forces were kept together."""
    workspace = open_workspace(folder)
    assert workspace.manifest.inside
    return replace(workspace, manifest=replace(workspace.manifest, inside={}))


def rows_of(workspace: Workspace, **how: tuple[int, int]) -> list[tuple[object, ...]]:
    columns = ["record_id", "month", "cell_10", "bcu", "crime_type", "local_from"]
    table = own_incidents(workspace, columns, "police-uk", **how)
    return sorted(map(str, zip(*(table[c].to_pylist() for c in table.column_names), strict=True)))


def same_both_ways(folder: Path) -> int:
    for how in ({}, {"months": (202605, 202605)}, {"months": (202606, 202607)}):
        assert rows_of(open_workspace(folder), **how) == rows_of(without_file(folder), **how)
    return len(rows_of(open_workspace(folder)))


def test_the_file_and_the_parts_give_the_same(beside, tmp_path):
    assert same_both_ways(beside) == 3 + 1 + 2 + 1 + 2  # May, both, July, t, June of the other force
    folder = tmp_path / "again"
    shutil.copytree(beside, folder)
    import_files(folder, [of_others("2026-05", [crime("t", "2026-05"), crime("t2", "2026-05"), crime("u", "2026-05")])],
                 "police-uk", replacing=True)  # fmt: skip
    assert same_both_ways(folder) == 3 + 1 + 2 + 3 + 2
    import_files(folder, [one_district(tmp_path)], "boundaries")
    assert same_both_ways(folder) == 3 + 1 + 2 + 3 + 2
    import_files(folder, [of_others("2026-08", [crime("t", "2026-08"), crime("y", "2026-08")])], "police-uk")
    assert same_both_ways(folder) == 3 + 1 + 2 + 3 + 2 + 1  # t is counted in May
    assert check_workspace(folder)[0] == []


def test_a_crime_that_is_withdrawn_lets_the_other_publication_count(tmp_path):
    load = [of_others("2026-05", [crime("t", "2026-05")]), street("2026-06", [crime("t", "2026-06")])]
    import_files(tmp_path, load, "police-uk")
    assert same_both_ways(tmp_path) == 1
    import_files(tmp_path, [street("2026-06", [crime("n", "2026-06")])], "police-uk", replacing=True)
    assert same_both_ways(tmp_path) == 2


def test_an_answer_about_one_force_opens_no_other_forces_file(beside, tmp_path):
    folder = tmp_path / "moved"
    shutil.copytree(beside, folder)
    for part in open_workspace(folder).manifest.parts:
        if part.feed == OTHER:
            (folder / part.file).unlink()
    assert ranked(folder).table["n_incidents"].tolist() == [6]


def test_the_next_import_keeps_them_together_in_an_old_workspace(beside, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(beside, folder)
    old = without_file(folder)
    (folder / MANIFEST).write_text(to_json(signed(old.manifest)), encoding="utf-8")
    assert open_workspace(folder).manifest.inside == {}
    assert ranked(folder).table["n_incidents"].tolist() == [6]
    assert import_files(folder, [street("2026-05", [*(crime(f"m{i}", "2026-05") for i in range(3)),
                                                    crime("both", "2026-05")])], "police-uk").changed  # fmt: skip
    assert same_both_ways(folder) == 9


def test_a_workspace_of_one_force_keeps_no_such_file(tmp_path):
    import_files(tmp_path, [street("2026-05", [crime("a", "2026-05")])], "police-uk")
    assert open_workspace(tmp_path).manifest.inside == {}
    assert '"inside"' not in (tmp_path / MANIFEST).read_text(encoding="utf-8")
