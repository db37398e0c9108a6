"""data.police.uk files into a workspace: repeats, replaced months, quarantine and mends, files that are refused."""

from __future__ import annotations

import csv
import io
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.writing import to_csv
from hotspots.cli.check import check_workspace
from hotspots.intake import Imported, import_files
from hotspots.intake.quarantine import quarantined_rows
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.samples import (
    BLACKPOOL,
    BURNLEY,
    FORCE,
    KENT,
    NOWHERE,
    PRESTON,
    STREET_COLUMNS,
    VIOLENCE,
    crime,
    csv_bytes,
    files_of,
    held,
    street,
    zipped,
)  # fmt: skip


def load(folder: Path, *files: tuple[str, bytes], replacing: bool = False) -> Imported:
    return import_files(folder, list(files), "police-uk", replacing=replacing)


def counts(imported: Imported) -> dict[str, int]:
    names = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")
    return {n: total for n in names if (total := sum(getattr(r, n) for r in imported.reports))}


def downloaded(folder: Path) -> list[dict[str, str]]:
    """The quarantine as an analyst downloads it."""
    return list(csv.DictReader(io.StringIO(to_csv(quarantined_rows(open_workspace(folder))))))


def mended(rows: list[dict[str, str]], name: str = "mended.csv") -> tuple[str, bytes]:
    return name, csv_bytes(rows)


# ---------------------------------------------------------------- the same crime, published again

JANUARY = street("2022-01", [
    crime("a", "2022-01", place=NOWHERE, outcome="Under investigation"),
    crime("b", "2022-01", place=BURNLEY),
    crime("b", "2022-01", place=BURNLEY),  # to the letter
    crime("b", "2022-01", kind="Robbery", place=BURNLEY),  # one ID, two crime types
    crime("", "2022-01", kind="Anti-social behaviour"),
    crime("", "2022-01", kind="Anti-social behaviour"),  # no ID: another incident, however alike
])  # fmt: skip
FEBRUARY = street("2022-02", [
    crime("a", "2022-02", place=BLACKPOOL, outcome="Awaiting court outcome", street="On or near Promenade"),
    crime("c", "2022-02"),
])  # fmt: skip
MARCH = street("2022-03", [
    crime("a", "2022-03", place=PRESTON, outcome="Offender sent to prison"),
    crime("c", "2022-03", outcome=""),
])  # fmt: skip


def test_one_incident_is_its_earliest_month_first_known_place_and_latest_outcome(tmp_path):
    imported = load(tmp_path, JANUARY, FEBRUARY, MARCH)
    assert counts(imported) == {"read": 10, "accepted": 6 + 1 - 1, "repeated": 4}
    table = held(tmp_path).set_index(["record_id", "crime_type"])
    a, c = table.loc[("a", VIOLENCE)], table.loc[("c", VIOLENCE)]
    assert (a["month"], a["bcu"], a["location"], a["outcome"]) == (
        "202201", "West", "On or near Promenade", "Offender sent to prison",
    )  # fmt: skip
    assert (c["month"], c["outcome"]) == ("202202", "Under investigation")  # an empty outcome is not a later one
    assert len(table) == 6
    assert len(table.loc[("", "Anti-social behaviour")]) == 2
    assert ("b", "Robbery") in table.index


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_the_files_makes_no_difference(tmp_path, order):
    files = [JANUARY, FEBRUARY, MARCH]
    load(tmp_path / "together", *files)
    for i in order:
        load(tmp_path / "one by one", files[i])
    load(tmp_path / "mixed", *(files[i] for i in order))
    expected = held(tmp_path / "together")
    assert len(expected) == 6
    assert held(tmp_path / "one by one").equals(expected)
    assert held(tmp_path / "mixed").equals(expected)
    assert check_workspace(tmp_path / "one by one")[0] == []


def test_a_month_that_goes_back_in_time_takes_the_incident_with_it(tmp_path):
    load(tmp_path, FEBRUARY)
    assert held(tmp_path).set_index("record_id").loc["a", "month"] == "202202"
    imported = load(tmp_path, JANUARY)
    assert held(tmp_path).set_index(["record_id", "crime_type"]).loc[("a", VIOLENCE), "month"] == "202201"
    assert counts(imported) == {"read": 6, "accepted": 5, "repeated": 1}


def test_importing_again_changes_nothing(tmp_path):
    load(tmp_path, JANUARY, FEBRUARY)
    before = files_of(tmp_path)
    again = load(tmp_path, FEBRUARY, JANUARY)
    assert not again.changed
    assert counts(again) == {"read": 8, "unchanged": 6, "repeated": 2}
    assert files_of(tmp_path) == before


def test_the_same_file_twice_in_one_import_counts_once(tmp_path):
    imported = load(tmp_path, FEBRUARY, ("copy of february street.csv", FEBRUARY[1]))
    assert counts(imported) == {"read": 4, "accepted": 2, "repeated": 2}
    again = tmp_path / "same name"
    imported = load(again, FEBRUARY, FEBRUARY)
    assert counts(imported) == {"read": 4, "accepted": 2, "repeated": 2}
    assert held(again).equals(held(tmp_path))


# ---------------------------------------------------------------- a month published anew


def test_a_replaced_month_adds_changes_and_removes(tmp_path):
    first = [crime("a", "2022-01"), crime("b", "2022-01"), crime("c", "2022-01"),
             crime("", "2022-01", kind="Anti-social behaviour")]  # fmt: skip
    later = [crime("a", "2022-01"), crime("b", "2022-01", outcome="Charged"), crime("d", "2022-01", place=BURNLEY),
             crime("", "2022-01", kind="Anti-social behaviour")]  # fmt: skip
    load(tmp_path, street("2022-01", first))
    imported = load(tmp_path, street("2022-01", later))
    assert counts(imported) == {"read": 4, "accepted": 1, "updated": 1, "unchanged": 2}
    table = held(tmp_path).set_index("record_id")
    assert sorted(table.index) == ["", "a", "b", "d"]  # c has been withdrawn
    assert table.loc["b", "outcome"] == "Charged"
    assert [r.file for r in open_workspace(tmp_path).manifest.reports] == [street("2022-01", first)[0]]
    load(tmp_path / "fresh", street("2022-01", later))
    assert held(tmp_path / "fresh").equals(held(tmp_path))


def test_a_withdrawn_first_publication_leaves_the_second(tmp_path):
    load(tmp_path, JANUARY, FEBRUARY)
    load(tmp_path, street("2022-01", [crime("z", "2022-01")]), replacing=True)
    table = held(tmp_path).set_index("record_id")
    assert sorted(table.index) == ["a", "c", "z"]
    assert (table.loc["a", "month"], table.loc["a", "outcome"]) == ("202202", "Awaiting court outcome")


def test_one_csv_of_two_months_is_two_months(tmp_path):
    rows = [crime("a", "2022-01"), crime("c", "2022-02"), crime("a", "2022-02", outcome="Charged")]
    imported = load(tmp_path, ("both-street.csv", csv_bytes(rows, STREET_COLUMNS)))
    assert [p.month for p in imported.workspace.manifest.parts] == [202201, 202202]
    assert counts(imported) == {"read": 3, "accepted": 2, "repeated": 1}
    apart = tmp_path / "apart"
    load(apart, street("2022-01", rows[:1]), street("2022-02", rows[1:]))
    assert held(apart).equals(held(tmp_path))
    assert not load(tmp_path, ("both-street.csv", csv_bytes(rows, STREET_COLUMNS))).changed


def test_a_zip_holds_what_its_files_hold(tmp_path):
    archive = zipped([
        ("2022-01/" + JANUARY[0], JANUARY[1]),
        ("2022-02/" + FEBRUARY[0], FEBRUARY[1]),
        ("2022-02/2022-02-lancashire-outcomes.csv", b"Crime ID,Outcome type\na,Charged\n"),
        ("2022-02/2022-02-lancashire-stop-and-search.csv", b"Type,Date\nPerson search,2022-02-01\n"),
    ])  # fmt: skip
    load(tmp_path / "zip", ("archive.zip", archive))
    load(tmp_path / "files", JANUARY, FEBRUARY)
    assert held(tmp_path / "zip").equals(held(tmp_path / "files"))


def test_two_forces_keep_to_themselves(tmp_path):
    theirs = [crime("", "2022-01", kind="Anti-social behaviour", force="Cumbria Constabulary", place=(-2.8, 54.6))]
    ours = [crime("", "2022-01", kind="Anti-social behaviour")]
    load(tmp_path, street("2022-01", ours), ("2022-01-cumbria-street.csv", csv_bytes(theirs, STREET_COLUMNS)))
    table = held(tmp_path)
    assert len(table) == 2
    assert sorted(table["bcu"]) == ["", "South"]
    load(tmp_path, street("2022-01", [crime("n", "2022-01")]), replacing=True)  # only Lancashire's month is replaced
    assert sorted(held(tmp_path)["record_id"]) == ["", "n"]


# ---------------------------------------------------------------- rows set aside, mended, loaded again


def faulty() -> tuple[str, bytes]:
    return street("2022-01", [
        crime("a", "2022-01"),
        crime("b", "2022-01", place=(53.7590, -2.6990)),  # row 3: swapped
        crime("c", "January"),  # row 4
        crime("d", "2022-01", kind=""),  # row 5
        crime("e", "2022-01", place=(-2.6990, None)),  # row 6
        crime("f", "2022-01", place=BURNLEY),
        crime("g", "2022-01", place=BLACKPOOL, street="=HYPERLINK(1)"),
        crime("h", "2022-01", place=BLACKPOOL),
    ])  # fmt: skip


def put_right(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """What an analyst would do in a spreadsheet."""
    correct = {"3": {"Longitude": "-2.6990", "Latitude": "53.7590"}, "4": {"Month": "2022-01"},
               "5": {"Crime type": "Robbery"}, "6": {"Latitude": "53.7590"}}  # fmt: skip
    return [row | correct[row["quarantined_row"]] for row in rows]


SOUND = street("2022-01", [
    crime("a", "2022-01"), crime("b", "2022-01"), crime("c", "2022-01"), crime("d", "2022-01", kind="Robbery"),
    crime("e", "2022-01"), crime("f", "2022-01", place=BURNLEY),
    crime("g", "2022-01", place=BLACKPOOL, street="=HYPERLINK(1)"), crime("h", "2022-01", place=BLACKPOOL),
])  # fmt: skip


def test_rows_that_cannot_be_used_are_set_aside_with_their_reason(tmp_path):
    imported = load(tmp_path, faulty())
    assert counts(imported) == {"read": 8, "accepted": 4, "quarantined": 4}
    reasons = {row["quarantined_row"]: row["reason"] for row in downloaded(tmp_path)}
    assert reasons.keys() == {"3", "4", "5", "6"}
    assert "swapped" in reasons["3"]
    assert "Month" in reasons["4"]
    assert "Crime type" in reasons["5"]
    assert "only one" in reasons["6"]
    assert sum(imported.reports[0].reasons.values()) == 4
    assert {row["quarantined_from"] for row in downloaded(tmp_path)} == {faulty()[0]}


def test_mended_rows_take_their_place_and_the_quarantine_empties(tmp_path):
    load(tmp_path, faulty())
    imported = load(tmp_path, mended(put_right(downloaded(tmp_path))))
    assert counts(imported) == {"read": 4, "accepted": 4}
    assert downloaded(tmp_path) == []
    load(tmp_path / "sound", SOUND)
    assert held(tmp_path).equals(held(tmp_path / "sound"))
    stored = open_workspace(tmp_path).manifest.reports
    assert [(r.read, r.accepted, r.quarantined) for r in stored] == [(8, 8, 0)]
    assert check_workspace(tmp_path)[0] == []


def test_a_mend_loaded_twice_changes_nothing(tmp_path):
    load(tmp_path, faulty())
    mend = mended(put_right(downloaded(tmp_path)))
    load(tmp_path, mend)
    before = files_of(tmp_path)
    again = load(tmp_path, mend)
    assert not again.changed
    assert counts(again) == {"read": 4, "unchanged": 4}
    assert files_of(tmp_path) == before


def test_the_original_file_after_the_mend_changes_nothing(tmp_path):
    load(tmp_path, faulty())
    load(tmp_path, mended(put_right(downloaded(tmp_path))))
    before = files_of(tmp_path)
    again = load(tmp_path, faulty())
    assert not again.changed
    assert counts(again) == {"read": 8, "unchanged": 8}
    assert files_of(tmp_path) == before


def test_a_mend_of_some_rows_leaves_the_others_set_aside(tmp_path):
    """Untouched rows may be most of the file that comes back: that is no reason to refuse it."""
    load(tmp_path, faulty())
    rows = downloaded(tmp_path)
    one = [row | {"Crime type": "Robbery"} if row["quarantined_row"] == "5" else row for row in rows]
    imported = load(tmp_path, mended(one))
    assert counts(imported) == {"read": 4, "accepted": 1, "quarantined": 3}
    assert [row["quarantined_row"] for row in downloaded(tmp_path)] == ["3", "4", "6"]
    load(tmp_path, mended(put_right(downloaded(tmp_path)), "second mend.csv"))
    assert downloaded(tmp_path) == []
    load(tmp_path / "sound", SOUND)
    assert held(tmp_path).equals(held(tmp_path / "sound"))


def test_most_of_a_small_mend_may_still_be_wrong(tmp_path):
    rows = [crime(c, "2022-01") for c in "abcd"]
    bad = [crime("x", "2022-01", place=(53.7, -2.7)), crime("y", "2022-01", place=(53.7, -2.7))]
    load(tmp_path, street("2022-01", rows + bad))
    first, second = downloaded(tmp_path)
    imported = load(tmp_path, mended([first | {"Longitude": "-2.7", "Latitude": "53.7"}, second]))
    assert counts(imported) == {"read": 2, "accepted": 1, "quarantined": 1}
    assert "x" in set(held(tmp_path)["record_id"])


def test_a_mended_repeat_counts_as_a_repeat(tmp_path):
    rows = [crime("a", "2022-01"), crime("b", "2022-01"), crime("a", "2022-01", kind="", outcome="Charged")]
    load(tmp_path, street("2022-01", rows))
    imported = load(tmp_path, mended([r | {"Crime type": VIOLENCE} for r in downloaded(tmp_path)]))
    assert counts(imported) == {"read": 1, "repeated": 1}
    assert held(tmp_path).set_index("record_id").loc["a", "outcome"] == "Charged"


def test_a_mend_that_corrects_a_mend(tmp_path):
    load(tmp_path, faulty())
    rows = put_right(downloaded(tmp_path))
    load(tmp_path, mended(rows))
    wrong = [row | {"Crime type": "Burglary"} if row["quarantined_row"] == "5" else row for row in rows]
    imported = load(tmp_path, mended(wrong))
    assert counts(imported) == {"read": 4, "updated": 1, "unchanged": 3}
    assert held(tmp_path).set_index("record_id").loc["d", "crime_type"] == "Burglary"


def test_a_mend_cannot_push_out_another_files_row(tmp_path):
    """Row 3 of January belongs to January: mended into February it must not replace February's row 3."""
    january = [crime("a", "2022-01"), crime("b", "Jan"), crime("c", "2022-01")]
    load(tmp_path, street("2022-01", january), street("2022-02", [crime("p", "2022-02"), crime("q", "2022-02")]))
    mend = mended([row | {"Month": "2022-02"} for row in downloaded(tmp_path)])
    before = held(tmp_path)
    with pytest.raises(HotspotsError, match="2022-02"):
        load(tmp_path, mend)
    assert held(tmp_path).equals(before)


def test_a_mend_of_a_month_that_is_not_held_is_refused(tmp_path):
    load(tmp_path, faulty())
    mend = mended([row | {"Month": "2021-05"} for row in put_right(downloaded(tmp_path))])
    with pytest.raises(HotspotsError, match="2021-05"):
        load(tmp_path, mend)
    with pytest.raises(HotspotsError, match="does not hold"):
        load(tmp_path / "elsewhere", mend)


def test_a_mend_without_its_row_numbers_is_refused(tmp_path):
    load(tmp_path, faulty())
    lost = [row | {"quarantined_row": "?"} for row in downloaded(tmp_path)]
    with pytest.raises(HotspotsError, match="quarantined_row"):
        load(tmp_path, mended(lost))


def test_a_mend_that_gives_one_row_twice_is_refused(tmp_path):
    load(tmp_path, faulty())
    rows = put_right(downloaded(tmp_path))
    with pytest.raises(HotspotsError, match=r"row '3 of 2022-01-lancashire-street\.csv' more than once"):
        load(tmp_path, mended([*rows, rows[0]]))


def test_ragged_rows_can_be_mended(tmp_path):
    name, content = street("2022-01", [crime("a", "2022-01"), crime("b", "2022-01"), crime("c", "2022-01")])
    lines = content.decode().splitlines()
    lines[2] = lines[2] + ",one too many"
    imported = load(tmp_path, (name, "\n".join(lines).encode()))
    assert counts(imported) == {"read": 3, "accepted": 2, "quarantined": 1}
    (row,) = downloaded(tmp_path)
    assert row["quarantined_row"] == "3"
    assert "one too many" in row["as_printed"]
    fields = {k: "" if v is None else str(v) for k, v in crime("b", "2022-01").items()}
    load(tmp_path, mended([row | fields]))
    assert sorted(held(tmp_path)["record_id"]) == ["a", "b", "c"]


def test_a_replaced_month_takes_its_old_quarantine_with_it(tmp_path):
    load(tmp_path, faulty())
    load(tmp_path, SOUND)
    assert downloaded(tmp_path) == []
    assert [r.quarantined for r in open_workspace(tmp_path).manifest.reports] == [0]


def test_rows_set_aside_stay_when_another_month_is_imported(tmp_path):
    load(tmp_path, faulty())
    load(tmp_path, FEBRUARY)
    assert len(downloaded(tmp_path)) == 4


def test_a_file_none_of_whose_rows_can_be_used_is_no_success_and_beside_others_keeps_them_set_aside(tmp_path):
    none = street("2022-01", [crime("a", "2022-01", kind=""), crime("b", "2022-01", kind="")])
    with pytest.raises(HotspotsError, match=r"of 2 rows in '.*' none can be used"):
        load(tmp_path, none)
    imported = load(tmp_path, none, FEBRUARY)
    assert [r.quarantined for r in imported.reports if r.quarantined == r.read] == [2]
    load(tmp_path, MARCH)
    assert len(downloaded(tmp_path)) == 2
    load(tmp_path, mended([row | {"Crime type": "Robbery"} for row in downloaded(tmp_path)]))
    assert downloaded(tmp_path) == []
    assert {p.month: p.came_from for p in open_workspace(tmp_path).manifest.parts}[202201] == none[0]


# ---------------------------------------------------------------- files that are refused


def test_files_of_the_other_feeds_alone_are_refused_with_what_they_are(tmp_path):
    with pytest.raises(HotspotsError, match=r"None of the 1 table given .* Outcomes and stop-and-search .* not used"):
        load(tmp_path, ("2022-01-lancashire-outcomes.csv", b"Crime ID,Month,Outcome type\na,2022-01,x\n"))


def refused(folder: Path, *files: tuple[str, bytes]) -> str:
    """The sentences of a refusal; the workspace is as it was."""
    load(folder, MARCH)
    before, manifest = held(folder), (folder / MANIFEST).read_bytes()
    with pytest.raises(HotspotsError) as caught:
        load(folder, *files)
    assert (folder / MANIFEST).read_bytes() == manifest
    assert held(folder).equals(before)
    return str(caught.value)


def test_two_contradictory_files_of_one_month(tmp_path):
    other = street("2022-01", [crime("x", "2022-01")])
    words = refused(tmp_path, JANUARY, ("2022-01-lancashire-street (1).csv", other[1]))
    assert "2022-01" in words
    assert "differ" in words


def test_one_bad_file_of_three_and_nothing_is_imported(tmp_path):
    words = refused(tmp_path, JANUARY, ("2022-05-lancashire-street.csv", b"Crime ID,Month\na,2022-05\n"), FEBRUARY)
    assert "2022-05-lancashire-street.csv" in words
    assert "Longitude" in words
    assert not any("2022-01" in name for name in open_workspace(tmp_path).manifest.parts[0].file.split("/"))


def test_every_bad_file_is_told_at_once(tmp_path):
    bad = b"Crime ID,Month\na,2022-05\n"
    words = refused(tmp_path, ("2022-05-street.csv", bad), ("2022-06-street.csv", bad))
    assert "2022-05-street.csv" in words
    assert "2022-06-street.csv" in words


def test_a_corrupted_zip(tmp_path):
    archive = bytearray(zipped([JANUARY, FEBRUARY]))
    for i in range(60, 90):
        archive[i] ^= 0xFF
    assert "archive.zip" in refused(tmp_path, ("archive.zip", bytes(archive)))


def test_a_truncated_zip(tmp_path):
    assert "archive.zip" in refused(tmp_path, ("archive.zip", zipped([JANUARY, FEBRUARY])[:-40]))


def test_swapped_coordinates_of_a_whole_file(tmp_path):
    rows = [crime(c, "2022-01", place=(53.7590, -2.6990)) for c in "abc"]
    words = refused(tmp_path, street("2022-01", rows))
    assert "swapped" in words


def test_grid_references_in_the_degree_columns(tmp_path):
    rows = [crime(c, "2022-01", place=(354000, 429500)) for c in "abc"]
    words = refused(tmp_path, street("2022-01", rows))
    assert "grid" in words.lower()
    assert "354000" in words


def test_a_file_without_rows(tmp_path):
    words = refused(tmp_path, street("2022-01", []))
    assert "no rows" in words


def test_months_written_otherwise(tmp_path):
    words = refused(tmp_path, street("2022-01", [crime(c, "01/22") for c in "abc"]))
    assert "'01/22'" in words
    assert "rows 2, 3, 4" in words


def test_nothing_given():
    with pytest.raises(HotspotsError, match="No file"):
        import_files(Path("nowhere"), [], "police-uk")
    with pytest.raises(HotspotsError, match="not one of"):
        import_files(Path("nowhere"), [JANUARY], "police")


def test_two_files_of_one_name_keep_their_own_reports(tmp_path):
    january = [crime("a", "2022-01"), crime("b", "2022-01", kind=""), crime("c", "2022-01")]
    february = [crime("d", "2022-02"), crime("e", "2022-02"), crime("f", "2022-02", kind="")]
    files = [("street.csv", csv_bytes(rows, STREET_COLUMNS)) for rows in (january, february)]
    imported = load(tmp_path, *files)
    assert counts(imported) == {"read": 6, "accepted": 4, "quarantined": 2}
    assert len(open_workspace(tmp_path).manifest.reports) == 2
    rows = downloaded(tmp_path)
    assert [row["Crime ID"] for row in rows] == ["b", "f"]
    load(tmp_path, mended([row | {"Crime type": "Robbery"} for row in rows]))
    assert sorted(held(tmp_path)["record_id"]) == list("abcdef")
    assert downloaded(tmp_path) == []


# ---------------------------------------------------------------- what the report counts


def test_the_report_says_what_a_map_would_hide(tmp_path):
    rows = [crime("a", "2022-01", place=NOWHERE), crime("b", "2022-01", place=KENT), crime("c", "2022-01"),
            crime("d", "2022-01", kind="Robbery", place=NOWHERE)]  # fmt: skip
    imported = load(tmp_path, street("2022-01", rows))
    assert imported.reports[0].hidden == {
        f"no coordinates: {VIOLENCE}": 1, "no coordinates: Robbery": 1, "outside the force area": 1,
    }  # fmt: skip
    assert imported.reports[0].feed == FORCE


def test_points_are_placed_in_their_districts(tmp_path):
    rows = [crime("p", "2022-01", place=PRESTON), crime("w", "2022-01", place=BLACKPOOL),
            crime("e", "2022-01", place=BURNLEY), crime("k", "2022-01", place=KENT),
            crime("n", "2022-01", place=NOWHERE)]  # fmt: skip
    load(tmp_path, street("2022-01", rows))
    table = held(tmp_path).set_index("record_id")
    assert table["bcu"].to_dict() == {"p": "South", "w": "West", "e": "East", "k": "", "n": ""}
    assert table["district"].to_dict() == {"p": "Preston", "w": "Blackpool", "e": "Burnley", "k": "", "n": ""}
    assert hex(int(table.loc["p", "cell_10"]))[2:] == "8a1951803b4ffff"  # worked out with the h3 library v4
    assert table.loc["n", ["cell_9", "cell_10", "cell_11"]].tolist() == ["0", "0", "0"]


def test_long_identifiers_are_read_like_short_ones(tmp_path):
    """Real Crime IDs are 64 hexadecimal digits; two that share their first 16 are still two crimes."""
    same_start = "0123456789abcdef" * 3
    ids = [same_start + "0" * 16, same_start + "1" * 16]
    rows = [crime(i, "2022-01", place=p) for i, p in zip(ids, (PRESTON, BURNLEY), strict=True)]
    imported = load(tmp_path, street("2022-01", rows))
    assert counts(imported) == {"read": 2, "accepted": 2}
    assert sorted(held(tmp_path)["record_id"]) == ids
    assert np.array_equal(sorted(held(tmp_path)["bcu"]), ["East", "South"])
