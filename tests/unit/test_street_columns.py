"""Street-level files that went through other hands: months, forces and types written otherwise, and lost rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.intake import Imported, import_files
from hotspots.ranking.answer import Answer
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.sources.police_uk import is_street_file
from hotspots.sources.street_columns import forces_of, month_number, months_of, types_of
from hotspots.store.workspace import open_workspace
from tests.samples import BURNLEY, FORCE, STREET_COLUMNS, crime, csv_bytes, held, street


def load(folder: Path, *files: tuple[str, bytes], replacing: bool = False) -> Imported:
    return import_files(folder, list(files), "police-uk", replacing=replacing)


def ranked(folder: Path, offences: str = "") -> Answer:
    return rank_workspace(folder, Question(offences=offences))


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2026-05", 202605),
        (" 2026-05 ", 202605),
        ("2026-05-01 00:00:00", 202605),  # a cell that Excel took for a date
        ("2026-05-01T00:00:00Z", 202605),
        ("2026/05/01", 202605),
        ("01/05/2026", 202605),  # the first of a month is the first of May, whoever wrote it
        ("05/01/2026", 202605),  # in America
        ("01/05/2026 00:00", 202605),
        ("01/01/2026", 202601),
        ("May-26", 202605),
        ("may 2026", 202605),
        ("Sept 2026", 202609),
        ("01-May-26", 202605),
        ("2026 May", 202605),
        ("202605", 202605),
        ("05/2026", 202605),
        ("2026-5", 202605),
        ("46143", 202605),  # days since 1899-12-30
        ("46144", 0),  # the second of May
        ("2026.1", 0),  # January, or October without its zero
        ("05/26", 0),
        ("26-May", 0),  # a day?
        ("12/05/2026", 0),
        ("2026-13", 0),
        ("Mayor 2026", 0),
        ("1826-05", 0),
        ("", 0),
    ],
)
def test_months_that_can_be_read_in_one_way_are_read(written, month):
    assert month_number(written) == month


def test_a_month_written_otherwise_is_said_to_be_by_excel():
    months, notes = months_of(pa.chunked_array([["2026-05", "May-26", None, "May-26", "?"]]))
    assert months.to_pylist() == [202605, 202605, 0, 202605, 0]
    assert len(notes) == 1
    assert "2 rows" in notes[0]
    assert "Excel" in notes[0]
    assert "'May-26' is 2026-05" in notes[0]
    assert months_of(pa.chunked_array([["2026-05", "2026-06"]]))[1] == []


# ---------------------------------------------------------------- forces


def forces(values: list[str | None], file: str = "x.csv", by: list[str | None] | None = None) -> list[str | None]:
    table = pa.table(
        {"Falls within": pa.array(values, pa.string()), "Reported by": pa.array(by or values, pa.string())}
    )
    return forces_of(table, ("Falls within", "Reported by"), file)[0].to_pylist()


def test_the_file_name_tells_a_force_that_no_column_tells():
    named = "2026-05-lancashire-street.csv"
    assert forces(["Lancs Constab.", "Lancs Constab."], named) == [FORCE] * 2
    assert forces([None, None], named) == [FORCE] * 2
    assert forces([None, FORCE], named) == [FORCE] * 2
    assert forces([None, "Kent Police"], named) == [None, "Kent Police"]  # whose is the first?
    assert forces(["North Force", "South Force"], named) == ["North Force", "South Force"]
    assert forces(["Kent Police"], named) == ["Kent Police"]  # a column goes before a name
    assert forces([None], "july.csv") == [None]
    assert forces([None, FORCE], by=["lancashire police", FORCE]) == [FORCE] * 2
    assert forces(["Whitworth Police", "WHITWORTH  police"]) == ["Whitworth Police"] * 2


@pytest.mark.parametrize("name", ["Lancashire Police", " lancashire constabulary ", "LANCASHIRE"])
def test_another_spelling_is_the_same_month_and_is_said(tmp_path, name):
    first = [crime("", "2026-05", kind="Anti-social behaviour") for _ in range(3)]
    load(tmp_path, street("2026-05", first))
    imported = load(tmp_path, street("2026-05", [row | {"Falls within": name, "Reported by": name} for row in first]))
    report = imported.reports[0]
    assert (report.unchanged, report.accepted, len(held(tmp_path))) == (3, 0, 3)
    assert any(f"is read as {FORCE}" in note for note in report.notes)


def test_two_spellings_of_a_month_in_one_import_are_two_files_of_it(tmp_path):
    other = [crime("b", "2026-05", force="Lancashire Police")]
    with pytest.raises(HotspotsError, match="both give Lancashire Constabulary 2026-05 and differ"):
        load(tmp_path, street("2026-05", [crime("a", "2026-05")]), ("other.csv", csv_bytes(other, STREET_COLUMNS)))


# ---------------------------------------------------------------- types of before May 2013

FORMER = [crime("a", "2012-03", kind="Violent crime"), crime("b", "2012-03", kind="Public disorder and weapons")]


def test_former_types_are_weighed_or_said_not_to_be(tmp_path):
    imported = load(tmp_path, street("2012-03", FORMER))
    assert imported.reports[0].notes == (
        "1 row of Violent crime, a type of before May 2013, counted as Violence and sexual offences, its name since",
        "1 row of Public disorder and weapons, a type of before May 2013, which has no weight and adds no harm",
    )
    answer = ranked(tmp_path)
    assert answer.table["n_incidents"].tolist() == [1]
    assert answer.table["harm_days"].tolist() == [pytest.approx(197.25)]  # data/weights/policeuk-proxy-2026.csv
    assert any("1 offences have a crime type that data.police.uk does not use now" in w for w in answer.warnings)
    everything = ranked(tmp_path, "all")
    assert everything.table["n_unscored"].tolist() == [1]
    assert any("1 offences have no weight" in w for w in everything.warnings)


def test_capitals_and_blanks_make_no_other_type():
    types, notes = types_of(pa.chunked_array([["ROBBERY ", "Robbery", None, "Piracy"]]))
    assert types.to_pylist() == ["Robbery", "Robbery", None, "Piracy"]
    assert notes == []


# ---------------------------------------------------------------- a month that loses rows

MONTH = [crime(f"c{i}", "2026-05", place=BURNLEY) for i in range(8)]


@pytest.mark.parametrize(("kept", "refused"), [(6, False), (5, True), (1, True)])
def test_a_file_that_loses_more_than_a_quarter_of_its_month_is_refused(tmp_path, kept, refused):
    load(tmp_path, street("2026-05", MONTH))
    less = street("2026-05", [*MONTH[:kept], crime("new", "2026-05")])
    if not refused:
        assert "2 rows held for Lancashire Constabulary 2026-05 are not in this file, and are gone" in (
            load(tmp_path, less).reports[0].notes
        )
        return
    with pytest.raises(HotspotsError) as caught:
        load(tmp_path, less)
    assert f"for which 8 are held: {8 - kept} of them ({(8 - kept) / 8:.0%}) would go" in str(caught.value)
    assert "--replace" in str(caught.value)
    assert len(held(tmp_path)) == 8
    imported = load(tmp_path, less, replacing=True)
    assert sorted(held(tmp_path)["record_id"]) == sorted([*(f"c{i}" for i in range(kept)), "new"])
    assert any(f"{8 - kept} rows held" in note for note in imported.reports[0].notes)


def test_another_place_in_the_same_numbers_is_a_loss(tmp_path):
    load(tmp_path, street("2026-05", MONTH))
    with pytest.raises(HotspotsError, match=r"8 of them \(100%\) would go"):
        load(tmp_path, street("2026-05", [crime(f"p{i}", "2026-05") for i in range(8)]))


def test_new_ids_for_the_same_crimes_are_no_loss(tmp_path):
    load(tmp_path, street("2026-05", MONTH))
    again = street("2026-05", [row | {"Crime ID": f"n{i}"} for i, row in enumerate(MONTH)])
    assert not any("are gone" in note for note in load(tmp_path, again).reports[0].notes)
    assert len(held(tmp_path)) == 8


def test_the_share_is_a_setting(tmp_path):
    (tmp_path / "settings.toml").write_text("month_loss_share = 1.0\n", encoding="utf-8")
    load(tmp_path, street("2026-05", MONTH))
    load(tmp_path, street("2026-05", MONTH[:1]))
    assert len(held(tmp_path)) == 1


def test_replacing_is_for_files_that_replace(tmp_path):
    with pytest.raises(HotspotsError, match="--replace"):
        import_files(tmp_path, [street("2026-05", MONTH)], "incidents", replacing=True)


def test_a_force_spelled_otherwise_by_an_earlier_version_is_replaced(tmp_path, monkeypatch):
    """Workspaces of before names were read kept them as the file has them."""
    with monkeypatch.context() as patch:
        patch.setattr("hotspots.sources.street_columns.force_named", lambda text: text)
        load(tmp_path, street("2026-05", [crime("a", "2026-05", force="Lancashire Police")]))
    assert [p.feed for p in open_workspace(tmp_path).manifest.parts] == ["Lancashire Police"]
    assert ranked(tmp_path).table["n_incidents"].tolist() == [1]
    load(tmp_path, street("2026-05", [crime("a", "2026-05"), crime("b", "2026-05")]))
    assert [(p.feed, p.rows) for p in open_workspace(tmp_path).manifest.parts] == [(FORCE, 2)]
    assert sorted(held(tmp_path)["record_id"]) == ["a", "b"]


# ---------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("2026-05/2026-05-lancashire-street.csv", True),
        ("2026-05-lancashire-street (1).csv", True),
        ("2026-05-lancashire-street - Copy.xlsx", True),
        ("july.csv", True),
        ("2026-05-lancashire-outcomes.csv", False),
        ("2026-05-lancashire-outcomes (1).csv", False),
        ("2026-05-lancashire-outcomes_2.xlsx", False),
        ("2026-05-lancashire-stop-and-search - Copy.csv", False),
        ("Stop and Search May.csv", False),
        ("outcomes/2026-05-lancashire-street.csv", True),
    ],
)
def test_other_feeds_are_known_by_their_names(name, is_one):
    assert is_street_file(name) is is_one


# ---------------------------------------------------------------- what lies beside

OUTCOMES = [{"Crime ID": "a", "Month": "2026-05", "Falls within": FORCE, "Longitude": -2.7, "Latitude": 53.7,
             "Location": "On or near", "Outcome type": "Suspect charged"}]  # fmt: skip
SEARCHES = [{"Type": "Person search", "Date": "2026-05-01T10:00:00+00:00", "Latitude": 53.7, "Longitude": -2.7,
             "Object of search": "Controlled drugs"}]  # fmt: skip
EMPTY = ("2026-06-lancashire-street.csv", csv_bytes([], STREET_COLUMNS))


@pytest.mark.parametrize(
    ("beside", "told", "unused"),
    [
        (("2026-05-lancashire-outcomes (1).csv", csv_bytes(OUTCOMES)), "2026-05-lancashire-outcomes (1).csv", True),
        (("b.csv", csv_bytes(OUTCOMES)), "b.csv (outcomes)", True),
        (("c.csv", csv_bytes(SEARCHES)), "c.csv (stop-and-search)", True),
        (("wards.csv", b"ward,name\n1,Bank Top\n"), "wards.csv (no street-level file)", False),
        (EMPTY, "2026-06-lancashire-street.csv has a header but no rows", False),
    ],
)
def test_what_lies_beside_a_street_file_is_left_out_and_named(tmp_path, beside, told, unused):
    imported = load(tmp_path, beside, street("2026-05", [crime("a", "2026-05")]))
    assert len(held(tmp_path)) == 1
    assert told in imported.notes[0]
    assert any(n.startswith("Outcomes and stop-and-search files") for n in imported.notes) is unused


def test_alone_it_is_refused(tmp_path):
    with pytest.raises(HotspotsError, match="has no column Crime type"):
        load(tmp_path, ("b.csv", csv_bytes(OUTCOMES)))
    with pytest.raises(HotspotsError, match="header but no rows"):
        load(tmp_path, EMPTY)


def test_a_street_file_that_lacks_a_column_is_refused_beside_a_whole_one(tmp_path):
    part = [{k: v for k, v in crime("b", "2026-06").items() if k != "Location"}]
    with pytest.raises(HotspotsError, match="has no column Location"):
        load(tmp_path, ("june.csv", csv_bytes(part)), street("2026-05", [crime("a", "2026-05")]))


def test_columns_in_other_letters_are_the_same(tmp_path):
    rows = [{k.lower().replace(" ", "_"): v for k, v in crime("a", "2026-05").items()}]
    load(tmp_path, ("july.csv", csv_bytes(rows)))
    assert held(tmp_path)["location"].tolist() == ["On or near High Street"]
