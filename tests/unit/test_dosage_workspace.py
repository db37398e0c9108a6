"""From files to the dose: the workspace of `tests.dose_workspace`, whose figures are worked out by hand there."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hotspots.__main__ import main
from hotspots.areas import register
from hotspots.base.columns import COVERAGE, DOSAGE, DOSE_HOURS, DOSE_SUMMARY, RECONCILED, SHIFTS, VISITS
from hotspots.base.errors import HotspotsError
from hotspots.intake import import_files
from hotspots.patrols.dosage import stretches
from hotspots.patrols.dosage.dose import set_target
from hotspots.patrols.dosage.stretches import DoseQuestion, one_resolution
from hotspots.patrols.dosage.workspace import about, dose_workspace
from hotspots.store.workspace import open_workspace
from tests.area_workspace import A
from tests.dose_workspace import FIRST, LAST, areas, centre, make_dose, make_frozen, standing
from tests.samples import MAPPING, export, record

WHOLE = DoseQuestion(start=FIRST, end=LAST)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dose(tmp_path_factory.mktemp("dose"))


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(workspace, tmp_path / "own")
    return tmp_path / "own"


def row(table: pd.DataFrame, area: str, day: str) -> pd.Series:
    return table[(table["area"] == area) & (table["patrol_day"] == day)].iloc[0]


def test_every_table_has_its_columns(workspace: Path):
    told = dose_workspace(workspace, WHOLE)
    for table, columns in (
        (told.table, DOSAGE), (told.summary, DOSE_SUMMARY), (told.visits, VISITS), (told.hours, DOSE_HOURS),
        (told.coverage, COVERAGE), (told.shifts, SHIFTS),
        (told.reconciled, RECONCILED),
    ):  # fmt: skip
        assert list(table.columns) == [c.name for c in columns]
    assert len(told.table) == 3 * 4


def test_minutes_by_hand(workspace: Path):
    told = dose_workspace(workspace, WHOLE)
    minutes = told.table.pivot(index="area", columns="patrol_day", values="patrol_minutes")
    assert minutes.loc["South-01"].fillna(-1).tolist() == [30, 30, 45, -1]
    assert minutes.loc["South-02"].fillna(-1).tolist() == [0, 10, 0, -1]
    assert minutes.loc["West-01"].fillna(-1).tolist() == [12, 0, -1, 20]
    tuesday = row(told.table, "South-01", "2024-03-05")
    assert (tuesday["officer_minutes"], tuesday["visits"], tuesday["target_minutes"]) == (36, 1, 30)
    assert row(told.table, "West-01", "2024-03-07")["data"] == "logs only"
    assert row(told.table, "West-01", "2024-03-07")["log_minutes"] == 20
    assert row(told.table, "South-01", "2024-03-07")["data"] == "no data"
    # Nobody stood still for long; where nothing was seen that is unknown.
    assert told.table["frozen_minutes"].fillna(-1).tolist() == [0, 0, 0, -1] * 2 + [0, 0, -1, 0]
    assert row(told.table, "South-02", "2024-03-06")["days_since_adequate_visit"] == 1
    assert pd.isna(row(told.table, "South-02", "2024-03-04")["days_since_adequate_visit"])
    share = told.summary.set_index("area")["share_of_target"]
    assert share["South-01"] == pytest.approx(105 / 90, abs=1e-4)
    assert share["West-01"] == pytest.approx(32 / 90, abs=1e-4)
    assert told.summary.set_index("area")["verdict"].tolist() == ["on target", "no target", "underdosed"]


def test_without_a_window_the_seven_days_up_to_the_newest_with_positions_are_asked(own: Path):
    log = b"entry,unit,area,start,end\ne9,U1,West-01,2024-02-01T09:00:00Z,2024-02-01T09:20:00Z\n"
    import_files(own, [("older.csv", log)], "patrol-log")
    _, first, last = stretches.settle(open_workspace(own), DoseQuestion())
    assert (str(first), str(last)) == ("2024-02-29", "2024-03-06")  # the day with the log alone is not shown, but said
    assert "Positions end on 2024-03-06; the log goes on to 2024-03-07." in dose_workspace(own).notes[0]
    assert not any("goes on" in note for note in dose_workspace(own, WHOLE).notes)


def test_a_log_entry_speaks_for_the_hot_spot_that_it_names_and_for_no_other(own: Path):
    log = b"entry,unit,area,start,end\ne9,U1,South-01,2024-03-07T09:00:00Z,2024-03-07T09:20:00Z\n"
    import_files(own, [("more.csv", log)], "patrol-log")
    told = dose_workspace(own, DoseQuestion(start=LAST, end=LAST))
    assert dict(zip(told.table["area"], told.table["data"], strict=True)) == {
        "South-01": "logs only", "South-02": "no data", "West-01": "logs only",
    }  # fmt: skip
    assert told.summary.set_index("area")["verdict"]["South-02"] == "no data"


def test_a_window_has_one_day_to_a_leap_year_of_days(workspace: Path):
    held = open_workspace(workspace)
    for first, last in ((LAST, LAST), ("2024-01-01", "2024-12-31")):
        assert stretches.settle(held, DoseQuestion(start=first, end=last))[1:] == tuple(
            date.fromisoformat(day) for day in (first, last)
        )
    with pytest.raises(HotspotsError, match="more than 366 days"):
        stretches.settle(held, DoseQuestion(start="2024-01-01", end="2025-01-01"))
    with pytest.raises(HotspotsError, match="Swap the two days"):
        stretches.settle(held, DoseQuestion(start="2024-01-02", end="2024-01-01"))


def test_without_a_window_no_day_before_the_first_held_is_asked(workspace: Path):
    _, first, last = stretches.settle(open_workspace(workspace), DoseQuestion())
    assert (str(first), str(last)) == (FIRST, "2024-03-06")


def test_logs_stand_beside_positions(workspace: Path):
    told = dose_workspace(workspace, WHOLE).reconciled.set_index("entry")
    assert told.loc["e1", ["log_minutes", "gps_minutes", "difference", "counted"]].tolist() == [
        40,
        30,
        -10,
        "positions",
    ]
    assert told.loc["e2", "counted"] == "log"
    assert told.loc["e2", "start"] == "2024-03-07 14:00:00"


def test_every_unit_has_its_shift(workspace: Path):
    told = dose_workspace(workspace, WHOLE).shifts
    monday = told[told["patrol_day"] == "2024-03-04"]
    assert monday[["bcu", "first", "last", "shift_hours", "gps_coverage"]].to_numpy().tolist() == [
        ["South", "2024-03-04 10:00:00", "2024-03-04 10:30:00", 0.5, 1.0],
        ["West", "2024-03-04 10:00:00", "2024-03-04 10:12:00", 0.2, 1.0],
    ]
    assert told["unit"].str.fullmatch("unit-[0-9a-f]{16}").all()
    assert set(dose_workspace(workspace, DoseQuestion("West", FIRST, LAST)).shifts["bcu"]) == {"West"}


def test_one_bcu_has_the_figures_it_has_among_all(workspace: Path):
    whole, south = (dose_workspace(workspace, q) for q in (WHOLE, DoseQuestion("South", FIRST, LAST)))
    pd.testing.assert_frame_equal(whole.table[whole.table["bcu"] == "South"].reset_index(drop=True), south.table)
    assert set(south.coverage["bcu"]) == {"South"}


def test_a_shift_knows_no_border(own: Path):
    """U1 of South logs 20 minutes in West before its first position: on shift, wherever one asks."""
    log = b"entry,unit,area,start,end\ne9,U1,West-01,2024-03-04T09:00:00Z,2024-03-04T09:20:00Z\n"
    import_files(own, [("more.csv", log)], "patrol-log")
    for question in (WHOLE, DoseQuestion("South", FIRST, LAST)):
        spans = dose_workspace(own, question).coverage
        monday = spans[(spans["bcu"] == "South") & (spans["patrol_day"] == FIRST)].iloc[0]
        assert (monday["shift_hours"], monday["covered_hours"]) == (1.0, 0.5)  # 30 minutes seen, 20 + 10 logged


def test_a_day_has_the_figures_it_has_in_a_week(workspace: Path):
    whole = dose_workspace(workspace, WHOLE).table
    for day in sorted(set(whole["patrol_day"])):
        one = dose_workspace(workspace, DoseQuestion(start=day, end=day)).table
        pd.testing.assert_frame_equal(whole[whole["patrol_day"] == day].reset_index(drop=True), one)


def test_by_default_the_days_with_positions(workspace: Path):
    told = dose_workspace(workspace)
    assert (told.first, told.last) == (date(2024, 3, 4), date(2024, 3, 6))
    assert told.question.register == "hot-spots"
    assert told.registers == ("hot-spots@1",)


def test_what_the_figures_are_goes_with_them(workspace: Path):
    facts = about(dose_workspace(workspace, WHOLE))
    assert facts["registers"] == "hot-spots@1"
    assert facts["data"] == "real"
    assert "at most 5 minutes apart" in facts["visit_rule"]


def test_months_without_hours_make_no_hour_hot(workspace: Path):
    told = dose_workspace(workspace, WHOLE)
    assert not told.hours["hot"].any()
    assert told.hours["n_incidents"].isna().all()
    assert any("data.police.uk gives the month and no hour" in n for n in told.notes)
    mine = told.hours[told.hours["area"] == "South-01"].set_index("hour_of_week")["patrol_minutes"]
    assert mine[mine > 0].to_dict() == {10: 30, 24 + 10: 30, 48 + 22: 45}


def test_hot_hours_are_learnt_from_the_365_days_before_the_window(own: Path):
    """The window begins on 4 March 2024, the year before it on 5 March 2023."""
    days = ("04/03/2023", "05/03/2023", "03/03/2024", "04/03/2024")
    rows = [record(str(i), f"{day} 12:00", place=centre(A)) for i, day in enumerate(days)]
    import_files(own, [export(rows)], "incidents", MAPPING)
    hours = dose_workspace(own, WHOLE).hours
    mine = hours[(hours["area"] == "South-01") & (hours["n_incidents"] > 0)]
    assert mine[["hour_of_week", "n_incidents"]].to_numpy().tolist() == [[6 * 24 + 12, 2]]  # both are Sundays


# ---------------------------------------------------------------- one new day, one day's work


def kept(folder: Path) -> set[str]:
    return {p.name for p in (folder / "cache" / "presence").iterdir()}


def test_a_new_day_of_positions_is_one_day_of_work(own: Path):
    dose_workspace(own, WHOLE)
    before = kept(own)
    files = {d.day: d.file for d in open_workspace(own).manifest.ping_days}
    lines = standing("U1", (-2.699, 53.759), "2024-03-07 10:00", 20)
    import_files(own, [("more.csv", "\n".join(["unit,time,longitude,latitude", *lines]).encode())], "pings")
    after = {d.day: d.file for d in open_workspace(own).manifest.ping_days}
    assert {d for d, f in after.items() if files.get(d) != f} == {"2024-03-07"}
    told = dose_workspace(own, WHOLE)
    assert len(kept(own) - before) == 1
    assert before <= kept(own)
    assert row(told.table, "South-01", "2024-03-07")["patrol_minutes"] == 20


def test_kept_results_are_those_worked_out_anew(own: Path):
    first = dose_workspace(own, WHOLE).table
    again = dose_workspace(own, WHOLE).table
    shutil.rmtree(own / "cache")
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, dose_workspace(own, WHOLE).table)


def test_a_damaged_result_is_worked_out_anew(own: Path):
    first = dose_workspace(own, WHOLE).table
    for file in (own / "cache").rglob("segments.parquet"):
        file.write_bytes(b"PAR1")
    pd.testing.assert_frame_equal(first, dose_workspace(own, WHOLE).table)


def test_another_rule_is_another_result(own: Path):
    dose_workspace(own, WHOLE)
    before = kept(own)
    with open(own / "settings.toml", "a", encoding="utf-8") as file:
        file.write("visit_gap_minutes = 4.0\nping_credit_minutes = 4.0\n")
    dose_workspace(own, WHOLE)
    assert len(kept(own)) == 2 * len(before)


def test_old_results_go(own: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stretches, "MOST", 2)
    shutil.rmtree(own / "cache", ignore_errors=True)
    dose_workspace(own, WHOLE)
    assert len(kept(own)) == 2


# ---------------------------------------------------------------- versions and targets


def test_each_day_has_the_version_that_held_on_it(own: Path):
    table = areas(("Preston, High Street", "Ashton, Blackpool Road", "Blackpool, Promenade")).iloc[:1].copy()
    table["name"] = "Preston, anew"
    register.freeze(own, table, "hot-spots", date(2024, 3, 6), "A. Analyst", "Second list", {})
    told = dose_workspace(own, WHOLE)
    assert told.registers == ("hot-spots@1", "hot-spots@2")
    of_day = told.table.groupby("patrol_day")["register"].agg(["unique", "size"])
    assert [list(u) for u in of_day["unique"]] == [["hot-spots@1"]] * 2 + [["hot-spots@2"]] * 2
    assert of_day["size"].tolist() == [3, 3, 1, 1]
    assert row(told.table, "South-01", "2024-03-06")["patrol_minutes"] == 45
    assert set(told.summary["name"]) >= {"Preston, High Street", "Preston, anew"}


def test_a_target_that_was_set_counts_from_its_day(own: Path):
    set_target(own, "hot-spots", "South-01", 60, "2024-03-05", "Ann", "why")
    told = dose_workspace(own, WHOLE).table
    assert told[told["area"] == "South-01"]["target_minutes"].tolist() == [30, 60, 60, 60]


# ---------------------------------------------------------------- what cannot be answered


def test_positions_without_a_register(tmp_path: Path):
    lines = ["unit,time,longitude,latitude", *standing("U1", (-2.699, 53.759), "2024-03-07 10:00", 20)]
    import_files(tmp_path, [("p.csv", "\n".join(lines).encode())], "pings")
    with pytest.raises(HotspotsError, match=r"No hot spots have been frozen .* positions belong nowhere"):
        dose_workspace(tmp_path)


def test_a_register_without_positions(tmp_path: Path):
    with pytest.raises(HotspotsError, match="has no positions and no patrol log"):
        dose_workspace(make_frozen(tmp_path))


def test_several_registers_ask_which(own: Path):
    register.freeze(own, areas(), "others", date(2024, 3, 1), "A. Analyst", "why", {})
    with pytest.raises(
        HotspotsError, match=r"Several registers held between 2024-03-04 and 2024-03-06: hot-spots, others\. Say which"
    ):
        dose_workspace(own)
    assert dose_workspace(own, DoseQuestion(register="others")).registers == ("others@1",)


def test_a_register_for_days_to_come_is_not_asked_about(own: Path):
    register.freeze(own, areas(), "next-round", date(2024, 3, 20), "A. Analyst", "why", {})
    assert dose_workspace(own).registers == ("hot-spots@1",)
    known = register.registers(own)
    assert register.in_force_first(known, date(2024, 3, 4), date(2024, 3, 19)) == (["hot-spots"], ["next-round"])
    both = register.in_force_first(known, date(2024, 3, 14), date(2024, 3, 20))
    assert both == (["next-round", "hot-spots"], [])


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (DoseQuestion(bcu="North"), "There is no BCU 'North'. Use West, South, East or all"),
        (DoseQuestion(bcu="East"), "has no hot spot in East"),
        (DoseQuestion(start="2024-03-07", end="2024-03-04"), "ends on 2024-03-04, before it begins"),
        (DoseQuestion(start="March"), "write a date like"),
        (DoseQuestion(start="2022-03-07", end="2024-03-04"), "more than 366 days"),
        (DoseQuestion(start="2024-02-01", end="2024-02-07"), "No version of hot-spots held between"),
        (DoseQuestion(register="hot-spots@7"), "has no version '7'"),
        (DoseQuestion(register="cold-spots"), "no register 'cold-spots'"),
        (DoseQuestion(engine="mysql://"), "Engine 'mysql://' is not known"),
    ],
)
def test_questions_that_cannot_be_answered(workspace: Path, question: DoseQuestion, said: str):
    with pytest.raises(HotspotsError, match=said):
        dose_workspace(workspace, question)


def test_cells_of_several_resolutions_are_refused():
    from h3.api import basic_int as h3

    from hotspots.geography import cell_from_hex, hex_ids

    coarse = hex_ids([h3.cell_to_parent(cell_from_hex(A), 9)])[0]
    table = pd.DataFrame({"area": ["a", "b"], "cells": [(A,), (coarse,)]})
    with pytest.raises(HotspotsError, match="cells of resolution 9 and 10; positions are kept at 9, 10, 11"):
        one_resolution("grip@1", table)
    assert one_resolution("grip@1", table.iloc[1:]) == 9


def test_another_hour_of_the_day_start_is_told(own: Path):
    with open(own / "settings.toml", "a", encoding="utf-8") as file:
        file.write("patrol_day_starts = 11\n")
    with pytest.raises(HotspotsError, match="begin at another hour than the setting 'patrol_day_starts' says now"):
        dose_workspace(own)


def test_a_day_that_is_gone_is_told(own: Path):
    shutil.rmtree(own / "cache", ignore_errors=True)
    for file in (own / "facts" / "pings").glob("2024-03-05*"):
        file.unlink()
    with pytest.raises(HotspotsError, match="missing or damaged"):
        dose_workspace(own, WHOLE)


# ---------------------------------------------------------------- the command line


def test_the_command_line_gives_the_same_figures(workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    out = tmp_path / "dose.csv"
    asked = ["dosage", "--workspace", str(workspace), "--from", FIRST, "--to", LAST]
    assert main([*asked, "--out", str(out)]) == 0
    told = dose_workspace(workspace, WHOLE)
    text = pd.read_csv(out)
    assert text["patrol_minutes"].fillna(-1).tolist() == told.table["patrol_minutes"].fillna(-1).tolist()
    assert list(text.columns) == [c.name for c in DOSAGE]
    assert "hot-spots@1" in capsys.readouterr().err
    for name, table in (("summary", told.summary), ("visits", told.visits), ("logs", told.reconciled)):
        assert main([*asked, "--table", name, "--out", str(out)]) == 0
        assert len(pd.read_csv(out)) == len(table)


def test_the_command_line_refuses_in_sentences(workspace: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["dosage", "--workspace", str(workspace), "--engine", "x://"]) == 1
    assert "Engine 'x://' is not known" in capsys.readouterr().err
    assert main(["dosage", "--workspace", str(workspace), "--table", "hours", "--format", "geojson"]) == 1


def test_targets_by_the_command_line(own: Path, capsys: pytest.CaptureFixture[str]):
    asked = ["dosage", "target", "--workspace", str(own), "--register", "hot-spots", "--valid-from", "2024-03-05"]
    assert main([*asked, "--minutes", "60", "--author", "Ann", "--note", "why"]) == 0
    assert main([*asked, "--minutes", "none", "--area", "South-01", "--author", "Ann", "--note", "why"]) == 0
    assert main([*asked, "--minutes", "many", "--author", "Ann", "--note", "why"]) == 1
    capsys.readouterr()
    assert main(["dosage", "targets", "--workspace", str(own)]) == 0
    assert capsys.readouterr().out.count("2024-03-05") == 2
    told = dose_workspace(own, WHOLE).table
    assert told[told["area"] == "South-01"]["target_minutes"].isna().tolist() == [False, True, True, True]
