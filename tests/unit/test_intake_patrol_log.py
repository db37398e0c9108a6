"""Patrol logs into a workspace: entries matched by number, changed ones updated, faults set aside and mended."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import insert

from hotspots.base.columns import LOG_ENTRIES
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET, unit_codes
from hotspots.base.writing import to_csv
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files
from hotspots.intake.patrol_log import stage
from hotspots.intake.quarantine import quarantined_rows
from hotspots.sources.mapping import read_mapping
from hotspots.sources.patrol_log import hidden
from hotspots.store.database import write
from hotspots.store.publishing import publish, writing
from hotspots.store.schema import METADATA
from hotspots.store.workspace import FileReport, Part, open_workspace
from tests.samples import MAPPING, csv_bytes, export, files_of, record

LONDON = read_mapping("patrol-log", None, "Europe/London")
COUNTS = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")


def entry(number: str, **more: Any) -> dict[str, Any]:
    row = {"entry": number, "unit": "Alpha 1", "officers": 2, "area": "West-01", "start": "2026-03-02 21:00"}
    return row | {"end": "2026-03-02 21:15", "mode": "foot", "activity": "", "searches": ""} | more


def log(rows: Sequence[dict[str, Any]], name: str = "log.csv") -> tuple[str, bytes]:
    return name, csv_bytes(rows)


def load(folder: Path, *files: Path | tuple[str, bytes], mapping: Any = LONDON) -> tuple[list[FileReport], bool]:
    """(reports, whether anything changed): what the door of intake does for every source."""
    with writing(folder) as workspace:
        manifest, reports = stage(workspace, list(files), mapping, lambda name: None, [])
        for report in reports:
            assert report.read == sum(getattr(report, c) for c in COUNTS[1:])
        if manifest is workspace.manifest:
            return reports, False
        publish(workspace, replace(manifest, kind="real"))
        return reports, True


def counts(reports: Sequence[FileReport]) -> dict[str, int]:
    return {n: total for n in COUNTS if (total := sum(getattr(r, n) for r in reports))}


def held(folder: Path) -> list[dict[str, Any]]:
    manifest = open_workspace(folder).manifest
    rows = pq.read_table(folder / manifest.patrol_log).to_pylist() if manifest.patrol_log else []
    assert manifest.patrol_log_rows == len(rows)
    return rows


def numbers(folder: Path) -> list[str]:
    return [r["entry"] for r in held(folder)]


def downloaded(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(quarantined_rows(open_workspace(folder))))))


def everything(folder: Path) -> bytes:
    """What lies in the workspace in small letters, Parquet uncompressed."""
    parts = [p.read_bytes().lower() for p in folder.rglob("*") if p.is_file()]
    parts += [str(pq.read_table(p).to_pydict()).lower().encode() for p in folder.rglob("*.parquet")]
    return b"\n".join([*parts, *(str(p).lower().encode() for p in folder.rglob("*"))])


# ---------------------------------------------------------------- importing and importing again


def test_new_changed_and_unchanged_entries(tmp_path):
    load(tmp_path, log([entry("1"), entry("2")]))
    reports, changed = load(tmp_path, log([entry("1"), entry("2", searches=1), entry("3")], "later.csv"))
    assert changed
    assert counts(reports) == {"read": 3, "accepted": 1, "updated": 1, "unchanged": 1}
    assert [(r["entry"], r["searches"]) for r in held(tmp_path)] == [("1", None), ("2", 1), ("3", None)]
    assert [c.name for c in LOG_ENTRIES] == list(held(tmp_path)[0])[:-1]
    assert [r.file for r in open_workspace(tmp_path).manifest.reports] == ["log.csv", "later.csv"]


def test_importing_again_changes_nothing(tmp_path):
    crewed = {"area": "", "lon": -2.7, "lat": 53.76, "unit": ""}
    rows = [entry("1"), entry("2", officers="PC Smith; PC Jones", **crewed), entry("3", end="")]
    rows.append(entry("2", officers="PC Jones, pc smith", **crewed))
    rows = [{"lon": "", "lat": ""} | r for r in rows]
    reports, _ = load(tmp_path, log(rows))
    assert counts(reports) == {"read": 4, "accepted": 2, "repeated": 1, "quarantined": 1}
    before = files_of(tmp_path)
    again, changed = load(tmp_path, log(rows))
    assert not changed
    assert counts(again) == {"read": 4, "unchanged": 2, "repeated": 1, "quarantined": 1}
    assert {n: c for n, c in files_of(tmp_path).items() if "lock" not in n} == {
        n: c for n, c in before.items() if "lock" not in n
    }
    backwards, _ = load(tmp_path, log(rows[::-1], "backwards.csv"))
    assert counts(backwards) == {"read": 4, "unchanged": 2, "repeated": 1, "quarantined": 1}
    assert len(held(tmp_path)) == 2


def test_entries_without_a_number_are_known_by_what_they_say(tmp_path):
    rows = [{k: v for k, v in entry("").items() if k != "entry"} | {"mode": m} for m in ("foot", "vehicle")]
    load(tmp_path, log(rows))
    reports, changed = load(tmp_path, log([rows[1], rows[0] | {"searches": 2}], "later.csv"))
    assert changed
    assert counts(reports) == {"read": 2, "updated": 1, "unchanged": 1}
    assert sorted((r["mode"], r["searches"]) for r in held(tmp_path))[0] == ("foot", 2)


def test_two_feeds_may_use_the_same_numbers(tmp_path):
    other = replace(LONDON, name="other")
    load(tmp_path, log([entry("1")]))
    reports, _ = load(tmp_path, log([entry("1", area="East-01")], "other.csv"), mapping=other)
    assert counts(reports) == {"read": 1, "accepted": 1}
    assert sorted((r["feed"], r["area"]) for r in held(tmp_path)) == [("other", "East-01"), ("patrol-log", "West-01")]
    reports, _ = load(tmp_path, log([entry("1")], "again.csv"))
    assert counts(reports) == {"read": 1, "unchanged": 1}


def test_a_number_with_two_contents_in_a_file_is_set_aside_and_what_is_held_stays(tmp_path):
    load(tmp_path, log([entry("1")]))
    reports, _ = load(tmp_path, log([entry("1", officers=3), entry("1", officers=4), entry("2")], "later.csv"))
    assert counts(reports) == {"read": 3, "accepted": 1, "quarantined": 2}
    assert [(r["entry"], r["officers"]) for r in held(tmp_path)] == [("1", 2), ("2", 2)]


def test_a_folder_and_a_zip_of_logs(tmp_path):
    folder = tmp_path / "logs"
    (folder / "march").mkdir(parents=True)
    (folder / "march" / "a.csv").write_bytes(log([entry("1")])[1])
    (folder / "b.tsv").write_bytes(log([entry("2")])[1].replace(b",", b"\t"))
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.writestr("c.csv", log([entry("3")])[1])
    reports, _ = load(tmp_path / "w", folder)
    assert [r.file for r in reports] == ["b.tsv", "c.zip › c.csv", "march/a.csv"]
    assert numbers(tmp_path / "w") == ["1", "2", "3"]


def test_areas_are_compared_with_the_frozen_registers(tmp_path):
    load(tmp_path, log([entry("1")]))
    (report,) = open_workspace(tmp_path).manifest.reports
    assert any("none have been frozen yet" in n for n in report.notes)
    register = {"name": "r", "version": 1, "valid_from": "2026-01-01", "author": "a", "note": "", "created": "",
                "definition": "{}", "sha256": "0" * 64}  # fmt: skip
    area = {"register": 1, "area": "West-01", "name": "x", "bcu": "West", "role": "", "edits": "", "resolution": 10,
            "n_cells": 1, "n_incidents": 1}  # fmt: skip
    with write(tmp_path) as connection:
        connection.execute(insert(METADATA.tables["area_registers"]).values(**register))
        connection.execute(insert(METADATA.tables["register_areas"]).values(**area))
    (report,), _ = load(tmp_path, log([entry("2"), entry("3", area="West-77")], "later.csv"))
    (note,) = report.notes
    assert note.startswith("1 entry names an area that no frozen register")
    assert "'West-77'" in note
    assert len(held(tmp_path)) == 3


# ---------------------------------------------------------------- identities


def test_no_identity_lies_in_the_workspace(tmp_path):
    rows = [
        entry("1", unit="Zebedee", officers="Quixote; Panza"),
        entry("2", unit="", officers="Quixote; Panza"),
        entry("3", unit="Zebedee", officers="Quixote", end="", supervisor="Dulcinea", activity="Quixote tilts"),
        entry("4", unit="Zebedee", mode="Zebedee on a mule", activity="with Zebedee"),
        entry("6", unit="Zebedee", mode="zebedee", reactive="Zebedee", end=""),
    ]
    rows = [{"supervisor": "Dulcinea", "reactive": ""} | r for r in rows]
    ragged = csv_bytes(rows) + b"5,Zebedee,Rosinante\n"
    reports, _ = load(tmp_path, ("Zebedee week 9.csv", ragged))
    assert counts(reports) == {"read": 6, "accepted": 3, "quarantined": 3}
    assert reports[0].file == "unit week 9.csv"
    (tmp_path / SECRET).unlink()
    lying = everything(tmp_path)
    for name in ("zebedee", "quixote", "panza", "dulcinea", "rosinante"):
        assert name.encode() not in lying, name
    assert b"west-01" in lying  # what is looked through is what is stored


def test_the_unit_is_the_workspace_s_own_number(tmp_path):
    load(tmp_path, log([entry("1"), entry("2", unit=" ALPHA  1 "), entry("3", unit="", officers="")]))
    alpha = int(unit_codes(tmp_path, ["Alpha 1"])[0])
    assert [r["unit"] for r in held(tmp_path)] == [alpha, alpha, 0]
    load(tmp_path / "other", log([entry("1")]))
    assert held(tmp_path / "other")[0]["unit"] != alpha


@pytest.mark.parametrize(
    ("name", "identities", "shown"),
    [
        ("PC Smith March.csv", {"pc smith"}, "unit March.csv"),
        ("Smithfield.csv", {"smith"}, "Smithfield.csv"),
        ("smith_9.csv", {"smith"}, "unit_9.csv"),
        ("a1.csv", {"a1"}, "a1.csv"),
        ("log.csv", set(), "log.csv"),
    ],
)
def test_units_in_file_names_are_hidden(name, identities, shown):
    assert hidden(name, identities) == shown


# ---------------------------------------------------------------- rows set aside, mended, loaded again


def faulty() -> list[dict[str, Any]]:
    return [
        entry("1"),
        entry("2", end="2026-03-02 20:00"),  # row 3
        entry("3", area=""),  # row 4
        entry("4", unit="", officers="PC Smith; PC Jones", end=""),  # row 5
    ]


MENDS = {"3": {"end": "2026-03-02 22:00"}, "4": {"area": "West-02"}, "5": {"end": "2026-03-02 22:00"}}


def put_right(rows: list[dict[str, str]], only: Sequence[str] = ("3", "4", "5")) -> list[dict[str, str]]:
    return [row | (MENDS[row["quarantined_row"]] if row["quarantined_row"] in only else {}) for row in rows]


def test_mended_rows_come_back(tmp_path):
    sound = [row | MENDS.get(str(i), {}) for i, row in enumerate(faulty(), start=2)]
    load(tmp_path, log(faulty()))
    assert numbers(tmp_path) == ["1"]
    reports, _ = load(tmp_path, log(put_right(downloaded(tmp_path)), "mended.csv"))
    assert counts(reports) == {"read": 3, "accepted": 3}
    assert downloaded(tmp_path) == []
    (report,) = open_workspace(tmp_path).manifest.reports
    assert (report.file, report.read, report.accepted, report.quarantined) == ("log.csv", 4, 4, 0)
    before = held(tmp_path)
    reports, _ = load(tmp_path, log(sound, "sound.csv"))
    assert counts(reports) == {"read": 4, "unchanged": 4}  # the same units too
    assert held(tmp_path) == before


def test_a_mend_loaded_twice_and_the_first_file_again_change_nothing(tmp_path):
    load(tmp_path, log(faulty()))
    mend = log(put_right(downloaded(tmp_path)), "mended.csv")
    load(tmp_path, mend)
    before = files_of(tmp_path)
    reports, changed = load(tmp_path, mend)
    assert (counts(reports), changed) == ({"read": 3, "unchanged": 3}, False)
    reports, changed = load(tmp_path, log(faulty()))
    assert (counts(reports), changed) == ({"read": 4, "unchanged": 4}, False)
    assert files_of(tmp_path) == before


def test_a_mend_of_some_rows_leaves_the_others_set_aside(tmp_path):
    load(tmp_path, log(faulty()))
    reports, _ = load(tmp_path, log(put_right(downloaded(tmp_path), ["3"]), "mended.csv"))
    assert counts(reports) == {"read": 3, "accepted": 1, "quarantined": 2}
    assert [r["quarantined_row"] for r in downloaded(tmp_path)] == ["4", "5"]
    load(tmp_path, log(put_right(downloaded(tmp_path)), "rest.csv"))
    assert downloaded(tmp_path) == []
    assert len(held(tmp_path)) == 4


def test_a_mend_leaves_rows_of_another_source_alone(tmp_path):
    load(tmp_path, log(faulty()))
    crime = {"quarantined_from": "crimes.csv", "quarantined_row": "7", "reason": "x"}
    with writing(tmp_path) as workspace:
        report = FileReport("crimes.csv", "incidents", "tiny", "0" * 64, "", 1, 0, 0, 0, 0, 1)
        reports = (*workspace.manifest.reports, report)
        publish(workspace, replace(workspace.manifest, reports=reports))
    mend = [dict.fromkeys(downloaded(tmp_path)[0], "") | crime, *put_right(downloaded(tmp_path))]
    reports, _ = load(tmp_path, log(mend, "mended.csv"))
    assert counts(reports) == {"read": 3, "accepted": 3}
    assert any("crimes.csv" in n for n in reports[0].notes)
    with pytest.raises(HotspotsError, match=r"crimes\.csv.*incidents"):
        load(tmp_path, log(mend[:1], "mended.csv"))


# ---------------------------------------------------------------- files that cannot be used


def test_an_unreadable_file_among_good_ones_is_set_aside_alone(tmp_path):
    good, bad = log([entry("1")], "a.csv"), ("b.parquet", b"PAR1 cut short")
    reports, _ = load(tmp_path, good, bad, log([entry("2")], "c.csv"))
    assert numbers(tmp_path) == ["1", "2"]
    told = {r.file: r for r in reports}["b.parquet"]
    assert all(getattr(told, c) == 0 for c in COUNTS)
    (reason,) = told.reasons
    assert reason.startswith("the file cannot be read: b.parquet cannot be read as Parquet")
    assert not load(tmp_path, good, bad)[1]
    # Given again whole, it takes the place of what was reported of it.
    load(tmp_path, (log([entry("3")], "b.parquet")[0], _parquet([entry("3")])))
    assert [(r.file, r.read) for r in open_workspace(tmp_path).manifest.reports] == [
        ("a.csv", 1),
        ("c.csv", 1),
        ("b.parquet", 1),
    ]


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    import pandas as pd

    out = io.BytesIO()
    pd.DataFrame(rows).to_parquet(out)
    return out.getvalue()


def test_a_damaged_archive_does_not_stop_the_rest_of_its_folder(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"PK\x03\x04 cut short")
    (folder / "b.csv").write_bytes(log([entry("1")])[1])
    reports, _ = load(tmp_path / "w", folder)
    assert {r.file: r.read for r in reports} == {"b.csv": 1, "a.zip": 0}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("b.parquet", b"PAR1 cut short")], "b.parquet cannot be read as Parquet"),
        ([("empty.csv", b"")], "empty.csv is empty"),
        ([log([entry("1")]), log([{"entry": "1", "end": "x"}], "short.csv")], "short.csv lacks"),
        ([Path("nowhere.csv")], "nowhere.csv does not exist"),
    ],
)
def test_what_refuses_the_import(tmp_path, files, said):
    with pytest.raises(HotspotsError, match=said):
        load(tmp_path, *files)
    assert open_workspace(tmp_path, create=True).manifest.generation == 0


def test_a_time_zone_that_is_not_given(tmp_path):
    with pytest.raises(HotspotsError, match=r"log.csv: a time zone is not given"):
        load(tmp_path, log([entry("1")]), mapping=read_mapping("patrol-log", None))


def test_damaged_entries_are_only_given_up_for_all_of_their_files(tmp_path):
    first, second = log([entry("1"), entry("2")], "first.csv"), log([entry("3")], "second.csv")
    load(tmp_path, first)
    load(tmp_path, second)
    before = held(tmp_path)
    (tmp_path / open_workspace(tmp_path).manifest.patrol_log).write_bytes(b"nothing")
    with pytest.raises(HotspotsError, match=r"second\.csv"):
        load(tmp_path, first)
    assert load(tmp_path, first, second)[1]
    assert held(tmp_path) == before
    assert sorted(r.file for r in open_workspace(tmp_path).manifest.reports) == ["first.csv", "second.csv"]


def test_other_data_of_the_workspace_stays(tmp_path):
    load(tmp_path, log([entry("1")]))
    with writing(tmp_path) as workspace:
        (tmp_path / "facts" / "x").mkdir()
        (tmp_path / "facts" / "x" / "y-0123456789.parquet").write_bytes(b"x")
        part = Part("incidents", "x", 202601, "facts/x/y-0123456789.parquet", 1)
        publish(workspace, replace(workspace.manifest, parts=(part,)))
    load(tmp_path, log([entry("2")], "later.csv"))
    assert open_workspace(tmp_path).manifest.parts == (part,)
    assert (tmp_path / part.file).is_file()


def test_a_kill_before_the_manifest_leaves_the_workspace_as_it_was(tmp_path):
    load(tmp_path, log([entry("1")]))
    with writing(tmp_path) as workspace:
        stage(workspace, [log([entry("2")], "later.csv")], LONDON, lambda name: None, [])  # and nothing after it
    assert numbers(tmp_path) == ["1"]
    load(tmp_path, log([entry("3")], "last.csv"))
    assert numbers(tmp_path) == ["1", "3"]


# ---------------------------------------------------------------- by the door that every source comes in


def test_through_the_door(tmp_path):
    rows = [entry("1"), entry("2", area="", lon=-2.7, lat=53.76)]
    rows = [{"lon": "", "lat": ""} | row for row in rows]
    imported = import_files(tmp_path, [log(rows)], "patrol-log", timezone="Europe/London")
    assert imported.changed
    assert imported.workspace.manifest.kind == "real"
    assert not import_files(tmp_path, [log(rows)], "patrol-log", timezone="Europe/London").changed
    mapping = 'name = "sheet"\ntimezone = "UTC"\n[columns]\nstart = "FROM"\nend = "TO"\narea = "WHERE"\n'
    sheet = {"FROM": "2026-03-02 10:00", "TO": "2026-03-02 10:30", "WHERE": "West-01"}
    import_files(tmp_path, [log([sheet], "sheet.csv")], "patrol-log", mapping)
    assert [r["feed"] for r in held(tmp_path)] == ["sheet", "patrol-log", "patrol-log"]
    assert check_workspace(tmp_path)[0] == []


def test_damaged_entries_come_back_through_the_door(tmp_path):
    files = [log([entry("1"), entry("2")], "first.csv"), log([entry("3")], "second.csv")]
    import_files(tmp_path, files, "patrol-log", timezone="Europe/London")
    before = held(tmp_path)
    (tmp_path / open_workspace(tmp_path).manifest.patrol_log).unlink()
    assert len(check_workspace(tmp_path)[0]) == 1
    with pytest.raises(HotspotsError, match=r"first\.csv"):
        import_files(tmp_path, files[1:], "patrol-log", timezone="Europe/London")
    import_files(tmp_path, files, "patrol-log", timezone="Europe/London")
    assert held(tmp_path) == before
    assert check_workspace(tmp_path)[0] == []


def test_times_that_are_written_otherwise_stop_everything_and_are_not_quoted(tmp_path):
    fine = {"unit": "Alpha 1", "area": "West-01", "start": "2026-03-02 21:00", "end": "2026-03-02 21:15"}
    odd = [fine | {"entry": f"O{i}", "start": f"PC Smith {i}", "end": "soon"} for i in range(3)]
    good = [fine | {"entry": f"G{i}"} for i in range(3)]
    with pytest.raises(HotspotsError, match=r"6 of 12 times cannot be read; one has the shape 'aa aaaaa 9'") as told:
        load(tmp_path, log(odd, "a.csv"), log(good, "b.csv"))
    assert "Smith" not in str(told.value)
    reports, _ = load(tmp_path, log(odd[:2], "a.csv"), log(good, "b.csv"))
    assert [(r.quarantined, r.accepted) for r in reports] == [(2, 0), (0, 3)]  # 4 of 10


def test_a_log_none_of_whose_positions_lies_in_the_force_is_refused(tmp_path):
    kent = {"longitude": 0.5217, "latitude": 51.272}
    with pytest.raises(HotspotsError, match="none of 3 rows with coordinates lies in the force area"):
        load(tmp_path, log([entry(str(i), **kent) for i in range(3)]))
    home = {"longitude": -2.69, "latitude": 53.7591}
    reports, _ = load(tmp_path, log([entry("1", **kent)] + [entry(str(i), **home) for i in range(2, 7)]))
    assert counts(reports) == {"read": 6, "accepted": 6}


def test_entries_whose_numbers_went_through_a_spreadsheet_are_the_held_ones(tmp_path):
    load(tmp_path, log([entry("007"), entry("008", area="West-02")]))
    reports, changed = load(tmp_path, log([entry("7"), entry("8.0", area="West-02")], "copy.csv"))
    assert (counts(reports), changed) == ({"read": 2, "unchanged": 2}, True)
    assert any(
        n.startswith("2 entries have the numbers of a held one with other leading zeros") for n in reports[0].notes
    )
    reports, _ = load(tmp_path, log([entry("7", officers=3)], "other.csv"))
    assert counts(reports) == {"read": 1, "accepted": 1}
    assert sorted(numbers(tmp_path)) == ["007", "008", "7"]


def test_damaged_entries_take_no_report_of_another_source_with_them(tmp_path):
    import_files(tmp_path, [export([record("1", "05/01/2026 10:00")], "crimes.csv")], "incidents", MAPPING)
    import_files(tmp_path, [log([entry("1")])], "patrol-log", timezone="Europe/London")
    (tmp_path / open_workspace(tmp_path).manifest.patrol_log).write_bytes(b"nothing")
    import_files(tmp_path, [log([entry("1")])], "patrol-log", timezone="Europe/London")
    assert [r.file for r in open_workspace(tmp_path).manifest.reports] == ["crimes.csv", "log.csv"]
