"""A force's own export into a workspace: records matched by their id, changed ones updated, faults set aside."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.writing import to_csv
from hotspots.cli.check import check_workspace
from hotspots.intake import Imported, import_files
from hotspots.intake.quarantine import quarantined_rows
from hotspots.intake.report import intake_table
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.samples import (
    ABH,
    BLACKPOOL,
    BURNLEY,
    MAPPING,
    NOWHERE,
    PRESTON,
    ROBBERY,
    csv_bytes,
    export,
    files_of,
    held,
    record,
)  # fmt: skip

ONE = MAPPING.replace('offences = "rows"', 'offences = "one"')


def load(folder: Path, *files: tuple[str, bytes], mapping: str = MAPPING) -> Imported:
    return import_files(folder, list(files), "incidents", mapping)


def counts(imported: Imported) -> dict[str, int]:
    names = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")
    return {n: total for n in names if (total := sum(getattr(r, n) for r in imported.reports))}


def downloaded(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(quarantined_rows(open_workspace(folder))))))


def mended(rows: list[dict[str, str]], name: str = "mended.csv") -> tuple[str, bytes]:
    return name, csv_bytes(rows)


def test_new_changed_and_unchanged_records(tmp_path):
    load(tmp_path, export([record("1", "05/01/2026 10:00"), record("2", "06/01/2026 10:00")]))
    later = [record("1", "05/01/2026 10:00"), record("2", "06/01/2026 10:00", KNIFE="Y"),
             record("3", "07/01/2026 10:00")]  # fmt: skip
    imported = load(tmp_path, export(later, "later.csv"))
    assert counts(imported) == {"read": 3, "accepted": 1, "updated": 1, "unchanged": 1}
    assert held(tmp_path).set_index("record_id")["knife"].to_dict() == {"1": "False", "2": "True", "3": "False"}


def test_records_that_a_later_export_does_not_name_stay(tmp_path):
    load(tmp_path, export([record("1", "05/01/2026 10:00"), record("2", "06/01/2026 10:00")]))
    load(tmp_path, export([record("3", "07/01/2026 10:00")], "later.csv"))
    assert sorted(held(tmp_path)["record_id"]) == ["1", "2", "3"]


def test_importing_again_changes_nothing(tmp_path):
    """Whatever is empty in one month and not in another."""
    rows = [
        record("1", "05/01/2026 10:00", AGE="", KNIFE="", PLACE="", place=NOWHERE),
        record("2", "06/01/2026 10:00"),
        record("3", "05/02/2026 10:00"),
        record("3", "05/02/2026 10:00", ABH),
        record("4", "05/03/2026 10:00", AGE=""),
    ]
    load(tmp_path, export(rows))
    before = files_of(tmp_path)
    again = load(tmp_path, export(rows))
    assert not again.changed
    assert counts(again) == {"read": 5, "unchanged": 5}
    assert files_of(tmp_path) == before
    backwards = load(tmp_path, export(rows[::-1], "backwards.csv"))
    assert counts(backwards) == {"read": 5, "unchanged": 5}
    a_few = load(tmp_path, export([rows[1], rows[4]], "a few.csv"))
    assert counts(a_few) == {"read": 2, "unchanged": 2}


def test_one_export_or_several_hold_the_same(tmp_path):
    rows = [record(str(i), f"{i:02d}/0{1 + i % 3}/2026 10:00", place=(PRESTON, BURNLEY)[i % 2]) for i in range(1, 13)]
    load(tmp_path / "whole", export(rows))
    load(tmp_path / "together", export(rows[:5], "a.csv"), export(rows[3:], "b.csv"))
    for i, part in enumerate((rows[8:], rows[:4], rows[2:9])):
        load(tmp_path / "apart", export(part, f"{i}.csv"))
    assert held(tmp_path / "together").equals(held(tmp_path / "whole"))
    assert held(tmp_path / "apart").equals(held(tmp_path / "whole"))


def test_a_record_moved_to_another_month_leaves_the_first(tmp_path):
    load(tmp_path, export([record("1", "31/01/2026 23:00"), record("2", "05/02/2026 10:00")]))
    imported = load(tmp_path, export([record("1", "01/02/2026 01:00")], "later.csv"))
    assert counts(imported) == {"read": 1, "updated": 1}
    assert held(tmp_path).set_index("record_id")["month"].to_dict() == {"1": "202602", "2": "202602"}
    assert [p.month for p in open_workspace(tmp_path).manifest.parts] == [202602]
    load(tmp_path, export([record("1", "31/01/2026 23:00")], "back again.csv"))
    assert held(tmp_path).set_index("record_id")["month"].to_dict() == {"1": "202601", "2": "202602"}
    assert check_workspace(tmp_path)[0] == []


def test_the_month_is_that_of_the_local_clock(tmp_path):
    """Half past midnight on 1 July in Lancashire is 23:30 on 30 June in UTC."""
    load(tmp_path, export([record("1", "01/07/2026 00:30")]))
    table = held(tmp_path).set_index("record_id")
    assert table.loc["1", "month"] == "202607"
    assert table.loc["1", "local_from"] == "2026-07-01 00:30:00"
    assert table.loc["1", "instant_from"].startswith("2026-06-30 23:30:00")


def test_several_offences_on_one_record(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("1", "05/01/2026 10:00", ABH), record("2", "05/01/2026 10:00", ABH)]
    imported = load(tmp_path, export(rows))
    assert counts(imported) == {"read": 3, "accepted": 3}
    table = held(tmp_path)
    one = table[table["record_id"] == "1"]
    assert sorted(one["title"]) == sorted([ROBBERY["TITLE"], ABH["TITLE"]])
    assert sorted(one["offence_no"]) == ["1", "2"]
    assert one["record"].nunique() == 1


def test_a_record_loses_an_offence(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("1", "05/01/2026 10:00", ABH)]
    load(tmp_path, export(rows))
    imported = load(tmp_path, export(rows[1:], "later.csv"))
    assert counts(imported) == {"read": 1, "updated": 1}
    assert held(tmp_path)["title"].tolist() == [ABH["TITLE"]]
    imported = load(tmp_path, export(rows, "gains it again.csv"))
    assert counts(imported) == {"read": 2, "updated": 2}
    assert len(held(tmp_path)) == 2


def test_further_offences_in_columns_are_counted_by_row(tmp_path):
    mapping = ONE.replace('"one"', '"columns"') + '\n[[offence]]\nho_class = "CLASS2"\ntitle = "TITLE2"\n'
    rows = [record("1", "05/01/2026 10:00", CLASS2="008/06", TITLE2="ABH"),
            record("2", "05/01/2026 10:00", CLASS2="", TITLE2="")]  # fmt: skip
    imported = load(tmp_path, export(rows), mapping=mapping)
    assert counts(imported) == {"read": 2, "accepted": 2}
    assert len(held(tmp_path)) == 3
    assert not load(tmp_path, export(rows), mapping=mapping).changed


def test_two_feeds_may_use_the_same_ids(tmp_path):
    other = MAPPING.replace('name = "tiny"', 'name = "other"')
    load(tmp_path, export([record("1", "05/01/2026 10:00")]))
    load(tmp_path, export([record("1", "05/01/2026 10:00", ABH)], "other.csv"), mapping=other)
    assert len(held(tmp_path)) == 2
    assert held(tmp_path)["record"].nunique() == 2


# ---------------------------------------------------------------- rows set aside, mended, loaded again


def faulty() -> list[dict[str, object]]:
    return [
        record("1", "05/01/2026 10:00"),
        record("2", "31/02/2026 10:00"),  # row 3: no such day
        record("3", "05/01/2026 10:00", place=(53.7590, -2.6990)),  # row 4: swapped
        record("4", "05/01/2026 10:00", place=BLACKPOOL),
        record("5", "05/01/2026 10:00"),
        record("5", "05/01/2026 99:00", ABH),  # row 7: the second offence of a record whose first is sound
        record("6", "05/02/2026 10:00", ABH),
    ]


def sound() -> list[dict[str, object]]:
    correct = {1: {"FROM": "28/02/2026 10:00"}, 2: {"LON": -2.6990, "LAT": 53.7590}, 5: {"FROM": "05/01/2026 10:00"}}
    return [row | correct.get(i, {}) for i, row in enumerate(faulty())]


def put_right(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    correct = {"3": {"FROM": "28/02/2026 10:00"}, "4": {"LON": "-2.6990", "LAT": "53.7590"},
               "7": {"FROM": "05/01/2026 10:00"}}  # fmt: skip
    return [row | correct[row["quarantined_row"]] for row in rows]


def test_faulty_rows_are_set_aside_and_the_rest_is_held(tmp_path):
    imported = load(tmp_path, export(faulty()))
    assert counts(imported) == {"read": 7, "accepted": 4, "quarantined": 3}
    reasons = {row["quarantined_row"]: row["reason"] for row in downloaded(tmp_path)}
    assert reasons.keys() == {"3", "4", "7"}
    assert "FROM" in reasons["3"]
    assert "swapped" in reasons["4"]


def test_mended_rows_join_what_is_held(tmp_path):
    load(tmp_path, export(faulty()))
    imported = load(tmp_path, mended(put_right(downloaded(tmp_path))))
    assert sum(counts(imported)[n] for n in ("accepted", "updated")) == 3
    assert downloaded(tmp_path) == []
    load(tmp_path / "sound", export(sound()))
    assert held(tmp_path, without=["offence_no"]).equals(held(tmp_path / "sound", without=["offence_no"]))
    five = held(tmp_path)
    assert sorted(five.loc[five["record_id"] == "5", "offence_no"]) == ["1", "2"]
    (report,) = open_workspace(tmp_path).manifest.reports
    assert (report.read, report.accepted, report.quarantined) == (7, 7, 0)


def test_a_mend_loaded_twice_changes_nothing(tmp_path):
    load(tmp_path, export(faulty()))
    mend = mended(put_right(downloaded(tmp_path)))
    load(tmp_path, mend)
    before, manifest = held(tmp_path), (tmp_path / MANIFEST).read_bytes()
    again = load(tmp_path, mend)
    assert not again.changed
    assert counts(again) == {"read": 3, "unchanged": 3}
    assert (tmp_path / MANIFEST).read_bytes() == manifest
    assert held(tmp_path).equals(before)


def test_the_original_file_after_the_mend_changes_nothing(tmp_path):
    load(tmp_path, export(faulty()))
    load(tmp_path, mended(put_right(downloaded(tmp_path))))
    before, manifest = held(tmp_path), (tmp_path / MANIFEST).read_bytes()
    again = load(tmp_path, export(faulty()))
    assert not again.changed
    assert counts(again) == {"read": 7, "unchanged": 7}
    assert held(tmp_path).equals(before)
    assert (tmp_path / MANIFEST).read_bytes() == manifest


def test_a_mend_of_some_rows_leaves_the_others_set_aside(tmp_path):
    load(tmp_path, export(faulty()))
    rows = downloaded(tmp_path)
    imported = load(tmp_path, mended([r if r["quarantined_row"] != "7" else put_right([r])[0] for r in rows]))
    assert counts(imported) == {"read": 3, "updated": 1, "quarantined": 2}
    assert [row["quarantined_row"] for row in downloaded(tmp_path)] == ["3", "4"]
    load(tmp_path, mended(put_right(downloaded(tmp_path)), "the rest.csv"))
    assert downloaded(tmp_path) == []


@pytest.mark.parametrize("lost", ["quarantined_from", "quarantined_row"])
def test_a_mend_that_lost_where_one_of_its_rows_came_from_is_refused_whole(tmp_path, lost):
    load(tmp_path, export(faulty()))
    first, *others = put_right(downloaded(tmp_path))
    before = held(tmp_path)
    with pytest.raises(HotspotsError, match="every row needs its 'quarantined_from' and 'quarantined_row'"):
        load(tmp_path, mended([first | {lost: ""}, *others]))
    assert held(tmp_path).equals(before)


def test_a_contradiction_that_comes_back_unmended_does_not_replace_the_record(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("1", "05/01/2026 10:00", ABH), record("2", "05/01/2026 10:00"),
            record("3", "05/01/2026 10:00")]  # fmt: skip
    imported = load(tmp_path, export(rows), mapping=ONE)
    assert counts(imported) == {"read": 4, "accepted": 3, "quarantined": 1}
    before = held(tmp_path)
    with pytest.raises(HotspotsError, match="'1'"):
        load(tmp_path, mended(downloaded(tmp_path)), mapping=ONE)
    assert held(tmp_path).equals(before)
    given_its_own_id = [row | {"REF": "1b"} for row in downloaded(tmp_path)]
    load(tmp_path, mended(given_its_own_id), mapping=ONE)
    assert sorted(held(tmp_path)["record_id"]) == ["1", "1b", "2", "3"]


def test_a_mended_row_with_another_time_does_not_cut_its_record(tmp_path):
    load(tmp_path, export(faulty()))
    before = held(tmp_path)
    wrong = [r | {"FROM": "06/01/2026 10:00"} for r in downloaded(tmp_path) if r["quarantined_row"] == "7"]
    with pytest.raises(HotspotsError, match="'5'"):
        load(tmp_path, mended(wrong))
    assert held(tmp_path).equals(before)


def test_two_files_of_one_name_keep_their_own_reports(tmp_path):
    bad = [[record(f"{n}{i}", "05/01/2026 10:00" if i else "later") for i in range(3)] for n in "ab"]
    imported = load(tmp_path, *(export(rows) for rows in bad))
    assert counts(imported) == {"read": 6, "accepted": 4, "quarantined": 2}
    assert len(open_workspace(tmp_path).manifest.reports) == 2
    assert sorted(row["REF"] for row in downloaded(tmp_path)) == ["a0", "b0"]
    load(tmp_path, mended([row | {"FROM": "05/01/2026 10:00"} for row in downloaded(tmp_path)]))
    assert downloaded(tmp_path) == []


def test_a_mend_of_what_is_held_by_now_settles_the_row_that_was_still_quarantined(tmp_path):
    """The mend of two files: the row of one is put right already, that of the other came in a later export."""
    load(tmp_path, *(export([record(f"{n}{i}", "05/01/2026 10:00" if i else "later") for i in (0, 1)], f"{n}.csv")
                     for n in "ab"))  # fmt: skip
    rows = [row | {"FROM": "05/01/2026 10:00"} for row in downloaded(tmp_path)]
    load(tmp_path, mended([row for row in rows if row["REF"] == "b0"]))
    load(tmp_path, export([record("a0", "05/01/2026 10:00")], "later.csv"))
    assert [row["REF"] for row in downloaded(tmp_path)] == ["a0"]
    assert counts(load(tmp_path, mended(rows, "both.csv"))) == {"read": 2, "unchanged": 2}
    assert downloaded(tmp_path) == []


def test_a_report_gives_way_to_that_of_a_file_of_its_name_and_feed_alone(tmp_path):
    other = MAPPING.replace('name = "tiny"', 'name = "other"')
    load(tmp_path, export([record("1", "05/01/2026 10:00")], "a.csv"))
    load(tmp_path, export([record("2", "06/01/2026 10:00")], "a.csv"), mapping=other)
    load(tmp_path, export([record("1", "05/01/2026 11:00"), record("3", "07/01/2026 10:00")], "a.csv"))
    reports = open_workspace(tmp_path).manifest.reports
    assert [(r.feed, r.file, r.read) for r in reports] == [("other", "a.csv", 1), ("tiny", "a.csv", 2)]


def test_a_file_without_a_fault_has_one_line_in_the_table_of_imports(tmp_path):
    table = intake_table(load(tmp_path, export([record("1", "05/01/2026 10:00")])).reports)
    assert table[["read", "accepted", "reason", "n"]].to_numpy().tolist() == [[1, 1, "", 0]]


def test_the_report_of_an_export_stays_when_the_next_is_imported(tmp_path):
    load(tmp_path, export([record("1", "05/01/2026 10:00")], "a.csv"))
    load(tmp_path, export([record("2", "06/01/2026 10:00")], "b.csv"))
    assert [r.file for r in open_workspace(tmp_path).manifest.reports] == ["a.csv", "b.csv"]


# ---------------------------------------------------------------- files that are refused


def refused(folder: Path, *files: tuple[str, bytes], mapping: str = MAPPING) -> str:
    load(folder, export([record("0", "05/01/2026 10:00")], "first.csv"))
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(HotspotsError) as caught:
        load(folder, *files, mapping=mapping)
    assert (folder / MANIFEST).read_bytes() == before
    assert held(folder)["record_id"].tolist() == ["0"]
    return str(caught.value)


def test_an_import_without_one_usable_row_is_refused_and_stores_nothing(tmp_path):
    said = refused(tmp_path, export([record("1", "01/01/2199 10:00"), record("", "05/01/2026 10:00")], "a.csv"))
    assert said.startswith("Nothing was imported: of 2 rows in 'a.csv' none can be used: ")
    assert "is in the future (1 row)" in said


def test_a_file_without_the_mapped_columns(tmp_path):
    row = record("1", "05/01/2026 10:00")
    del row["FROM"]
    words = refused(tmp_path, export([record("2", "05/01/2026 10:00")]), export([row], "short.csv"))
    assert "short.csv" in words
    assert "'FROM'" in words


def test_grid_references_in_degree_columns(tmp_path):
    rows = [record(str(i), "05/01/2026 10:00", place=(354000, 429500)) for i in range(3)]
    assert "grid" in refused(tmp_path, export(rows)).lower()


def test_a_mapping_is_needed(tmp_path):
    with pytest.raises(HotspotsError, match="mapping"):
        import_files(tmp_path, [export([record("1", "05/01/2026 10:00")])], "incidents")


# ---------------------------------------------------------------- places outside the force

GRID = ONE.replace("longitude", "easting").replace("latitude", "northing")
DERBY = (-1.4746, 52.9219)


def at(*places: tuple[float, float]) -> tuple[str, bytes]:
    rows = [record(str(i), "05/01/2026 10:00", place=place) for i, place in enumerate(places)]
    return export(rows)


@pytest.mark.parametrize(
    ("places", "mapping", "look"),
    [
        # Preston and Blackpool by their grid references 354012 429534 and 330912 436251, exchanged
        ([(429534, 354012), (436251, 330912), (429534, 354012)], GRID, "look exchanged"),
        ([DERBY] * 3, ONE, "they lie around 52.92°N 1.47°W"),
    ],
)
def test_a_file_without_one_place_in_the_force_is_refused_with_what_it_looks_like(tmp_path, places, mapping, look):
    with pytest.raises(HotspotsError, match=f"none of 3 rows with coordinates lies in the force area.*{look}"):
        load(tmp_path, at(*places), mapping=mapping)


def test_a_large_share_outside_the_force_is_told_and_a_small_one_is_not(tmp_path):
    (report,) = load(tmp_path / "a", at(DERBY, PRESTON, PRESTON, PRESTON, PRESTON), mapping=ONE).reports
    assert [n for n in report.notes if n.startswith("1 of 5 rows with coordinates (20%) lie outside the force area")]
    (report,) = load(tmp_path / "b", at(DERBY, *[PRESTON] * 5), mapping=ONE).reports
    assert not [n for n in report.notes if "outside" in n]


def test_two_crimes_outside_the_force_say_nothing_of_the_file(tmp_path):
    assert counts(load(tmp_path, at(DERBY, DERBY), mapping=ONE)) == {"read": 2, "accepted": 2}


# ---------------------------------------------------------------- ids that went through a spreadsheet


def times(*ids: str, day: int = 5) -> list[dict[str, object]]:
    return [record(ref, f"0{day}/01/2026 1{i}:00") for i, ref in enumerate(ids)]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (["001", "002", "010"], ["1", "2", "10"]),
        (["1", "2", "10"], ["001", "002", "010"]),
        (["100", "101"], ["100.0", "101.0"]),
        (["0100", "0101"], ["100.0", "101.0"]),
    ],
)
def test_a_copy_whose_ids_went_through_a_spreadsheet_doubles_nothing(tmp_path, first, again):
    load(tmp_path, export(times(*first)), mapping=ONE)
    imported = load(tmp_path, export(times(*again), "copy.csv"), mapping=ONE)
    assert counts(imported) == {"read": len(first), "unchanged": len(first)}
    assert sorted(held(tmp_path)["record_id"]) == sorted(first)
    assert any("leading zeros" in n or "'.0' behind" in n for n in imported.reports[0].notes)


def test_both_files_in_one_import_double_nothing(tmp_path):
    imported = load(tmp_path, export(times("001", "002")), export(times("1", "2"), "copy.csv"), mapping=ONE)
    assert counts(imported) == {"read": 4, "accepted": 2, "unchanged": 2}


def test_a_changed_record_is_updated_under_the_id_it_is_held_by(tmp_path):
    load(tmp_path, export(times("001")), mapping=ONE)
    changed = [row | {"KNIFE": "Y"} for row in times("1")]
    assert counts(load(tmp_path, export(changed, "copy.csv"), mapping=ONE)) == {"read": 1, "updated": 1}
    assert held(tmp_path)[["record_id", "knife"]].to_numpy().tolist() == [["001", "True"]]


def test_another_record_with_the_same_number_is_taken_for_another_and_told(tmp_path):
    load(tmp_path, export(times("001")), mapping=ONE)
    imported = load(tmp_path, export(times("1", day=6), "later.csv"), mapping=ONE)
    assert counts(imported) == {"read": 1, "accepted": 1}
    (note,) = imported.reports[0].notes
    assert note.startswith("1 record has the id of a held one with other leading zeros, and another time or place")


def test_an_id_that_two_held_records_have_as_a_number_is_nobodys(tmp_path):
    load(tmp_path, export([*times("001"), record("01", "07/01/2026 10:00")]), mapping=ONE)
    assert counts(load(tmp_path, export(times("1"), "copy.csv"), mapping=ONE)) == {"read": 1, "accepted": 1}


def test_records_held_under_ids_of_their_own_are_told_and_a_few_alike_are_not(tmp_path):
    load(tmp_path, export(times("R1", "R2", "R3", "R4", "R5")), mapping=ONE)
    few = [*times("S1", "S2"), record("S8", "08/01/2026 10:00"), record("S9", "08/01/2026 11:00")]
    imported = load(tmp_path, export(few, "few.csv"), mapping=ONE)
    assert not [n for n in imported.reports[0].notes if "held under other ids" in n]
    imported = load(tmp_path, export(times("T1", "T2", "T3"), "again.csv"), mapping=ONE)
    assert any(n.startswith("3 of 3 new records with a place have the time") for n in imported.reports[0].notes)


@pytest.mark.parametrize("written", ["{}.0", "{},00", " {} "])
def test_row_numbers_of_a_correction_that_went_through_a_spreadsheet_are_the_same(tmp_path, written: str):
    load(tmp_path, export([*times("A1", "A2"), record("A3", "soon")]), mapping=ONE)
    rows = [row | {"FROM": "08/01/2026 10:00"} for row in downloaded(tmp_path)]
    rows = [row | {"quarantined_row": written.format(row["quarantined_row"])} for row in rows]
    assert counts(load(tmp_path, mended(rows), mapping=ONE)) == {"read": 1, "accepted": 1}
    assert downloaded(tmp_path) == []


@pytest.mark.parametrize("how", [str.upper, str.title, lambda name: f" {name}"])
def test_a_correction_whose_header_another_program_has_capitalised_goes_back_where_it_came_from(tmp_path, how):
    load(tmp_path, export([*times("A1", "A2"), record("A3", "soon")]), mapping=ONE)
    rows = [{how(k): v for k, v in (row | {"FROM": "08/01/2026 10:00"}).items()} for row in downloaded(tmp_path)]
    assert counts(load(tmp_path, mended(rows), mapping=ONE)) == {"read": 1, "accepted": 1}
    assert downloaded(tmp_path) == []
