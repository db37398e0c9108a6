"""Context lines: what ships, what people make of it, and what must be said of two windows. Days counted by hand."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import shutil
import sqlite3
from datetime import date
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hotspots.base.columns import CONTEXT
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, window_of_months
from hotspots.base.profile import home
from hotspots.change import context
from hotspots.change.context import Cover, days_of, differs
from hotspots.charts import incidents as charts
from hotspots.cli import main
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files
from hotspots.store.database import FILE, write
from tests.conftest import REPOSITORY
from tests.samples import crime, street

NAMES = [c.name for c in CONTEXT]
BEFORE, AFTER = Window(date(2024, 1, 1), date(2024, 1, 10)), Window(date(2024, 2, 1), date(2024, 2, 10))  # 10 days each
ADDED = ("operation", "Operation Test", "2026-03-02", "2026-03-08", "West", "the diary", "Ann", "extra patrols")


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("context")
    import_files(folder, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A workspace in which nobody has written anything."""
    return Path(shutil.copytree(made, tmp_path / "own"))


def line(kind: str, name: str, first: str, last: str = "", where: str = "all") -> dict[str, str]:
    return {"line": f"{name}-{first}", "kind": kind, "name": name, "first_day": first, "last_day": last, "where": where}


def table(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=NAMES, dtype=object).fillna("").astype("str")


def notes(*rows: dict[str, str], breaks: tuple[int, ...] = (), bcu: str = "all", source: str = "incidents",
          before: Window = BEFORE, after: Window = AFTER) -> list[str]:  # fmt: skip
    return context.overlap_notes(table(*rows), breaks, before, after, bcu, source)


# ---------------------------------------------------------------- what ships


def test_the_shipped_lines_are_whole_and_sourced() -> None:
    found = context.shipped(home())
    assert list(found) == NAMES
    assert found["line"].is_unique
    assert set(found["kind"]) == {"restriction", "recording", "operation", "holiday"}
    assert (found[["line", "name", "source", "note"]] != "").all(axis=None)
    assert set(found["where"]) <= set(home().choices)
    assert set(found["author"]) == {"shipped"}
    first = found["first_day"].map(date.fromisoformat)
    last = found["last_day"].where(found["last_day"] != "", "2099-12-31").map(date.fromisoformat)
    assert (first <= last).all()


def test_the_weeks_of_action_are_weeks() -> None:
    weeks = context.shipped(home()).query("name == 'Operation Sceptre'")
    assert len(weeks) >= 5
    assert set(weeks["first_day"].map(lambda d: date.fromisoformat(d).weekday())) == {0}
    days = weeks["last_day"].map(date.fromisoformat) - weeks["first_day"].map(date.fromisoformat)
    assert {d.days for d in days} == {6}


def test_the_restrictions_are_those_of_the_trend_chart() -> None:
    covid = context.shipped(home()).set_index("line").loc["s-covid"]
    first, last, label = charts.RESTRICTIONS
    assert (covid["first_day"][:7].replace("-", ""), covid["last_day"][:7].replace("-", "")) == (str(first), str(last))
    assert covid["name"] == label


def test_bank_holidays_stand_where_the_calendar_has_them() -> None:
    found = context.shipped(home()).query("kind == 'holiday'")
    by_day = dict(zip(found["first_day"], found["name"], strict=True))
    assert by_day["2022-06-03"] == "Platinum Jubilee bank holiday"
    assert by_day["2021-12-27"] == "Christmas Day (substitute day)"
    assert by_day["2024-03-29"] == "Good Friday"  # Easter Day 2024 was 31 March
    assert (found["first_day"] == found["last_day"]).all()
    years = found["first_day"].str[:4].value_counts()
    assert sorted(years.index) == [str(y) for y in range(2019, 2029)]
    assert years[years != 8].to_dict() == {"2022": 10, "2023": 9}  # jubilee and funeral; coronation


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_context", REPOSITORY / "scripts" / "build_context.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_makes_the_shipped_file(shared_data: Path) -> None:
    built = script()
    published = json.loads((shared_data / "calendar" / "bank-holidays_2026.json").read_text(encoding="utf-8"))
    with built.TABLE.open(encoding="utf-8", newline="") as file:
        assert built.with_holidays(built.TABLE, built.holidays(published)) == list(csv.DictReader(file))


def test_the_script_refuses_a_holiday_it_has_no_words_for() -> None:
    built = script()
    day = {"title": "bank_holidays.moon", "date": "01/01/2030", "notes": ""}
    with pytest.raises(SystemExit, match=r"No plain words for bank_holidays\.moon"):
        built.holidays({"last_updated": "24/11/2025", "divisions": {built.DIVISION: {"2030": [day], "slug": "x"}}})


# ---------------------------------------------------------------- add, correct, withdraw


def test_without_anything_written_there_is_no_database(folder: Path) -> None:
    assert context.lines(folder).equals(context.lines(None))
    assert set(context.history(folder)["what"]) == {"shipped"}
    assert (context.stamp(folder), context.problems(folder)) == ("", [])
    assert not (folder / FILE).exists()


def test_lines_come_by_first_day(folder: Path) -> None:
    context.add_line(folder, "other", "Old", "1999-05-01", "", "all", "", "Ann", "why")
    found = context.lines(folder)
    assert found["first_day"].tolist() == sorted(found["first_day"])
    assert list(found) == NAMES
    assert found["line"].iloc[0] == "c-1"
    assert len(found) == len(context.shipped(home())) + 1


def test_a_line_is_added(folder: Path) -> None:
    assert [context.add_line(folder, *ADDED), context.add_line(folder, *ADDED)] == ["c-1", "c-2"]
    row = context.lines(folder).set_index("line").loc["c-1"]
    assert row[["kind", "name", "first_day", "last_day", "where", "source", "author", "note"]].tolist() == list(ADDED)
    assert row["created"].startswith("20")
    assert context.history(folder)["what"].tolist()[-2:] == ["added", "added"]


def test_a_correction_is_a_later_row_and_changes_only_what_it_says(folder: Path) -> None:
    context.add_line(folder, *ADDED)
    context.correct_line(folder, "c-1", "Bob", "went on for longer", last_day=date(2026, 3, 15))
    row = context.lines(folder).set_index("line").loc["c-1"]
    assert (row["first_day"], row["last_day"], row["author"]) == ("2026-03-02", "2026-03-15", "Bob")
    assert row["source"] == "the diary"
    past = context.history(folder).query("line == 'c-1'")
    assert past["what"].tolist() == ["added", "corrected"]
    assert past["last_day"].tolist() == ["2026-03-08", "2026-03-15"]
    context.correct_line(folder, "c-1", "Bob", "no end in sight", last_day="")
    assert context.lines(folder).set_index("line").loc["c-1", "last_day"] == ""


def test_a_withdrawn_line_is_gone_and_a_correction_brings_it_back(folder: Path) -> None:
    context.add_line(folder, *ADDED)
    context.withdraw_line(folder, "c-1", "Bob", "entered twice")
    assert "c-1" not in set(context.lines(folder)["line"])
    assert context.history(folder)["what"].tolist()[-1] == "withdrawn"
    with pytest.raises(HotspotsError, match="withdrawn already"):
        context.withdraw_line(folder, "c-1", "Bob", "again")
    context.correct_line(folder, "c-1", "Bob", "it was not")
    assert "c-1" in set(context.lines(folder)["line"])
    assert context.add_line(folder, *ADDED) == "c-2"  # a number is never used again


def test_shipped_lines_can_be_corrected_and_withdrawn(folder: Path) -> None:
    context.correct_line(folder, "s-covid", "Ann", "our own view", last_day="2022-02-23")
    context.withdraw_line(folder, "s-centurion", "Ann", "not here")
    found = context.lines(folder).set_index("line")
    assert found.loc["s-covid", ["first_day", "last_day", "author"]].tolist() == ["2020-03-23", "2022-02-23", "Ann"]
    assert "s-centurion" not in found.index
    assert len(found) == len(context.shipped(home())) - 1
    assert context.history(folder).query("line == 's-covid'")["what"].tolist() == ["shipped", "corrected"]


def test_the_stamp_changes_with_every_row(folder: Path) -> None:
    seen = [context.stamp(folder)]
    for act in (
        lambda: context.add_line(folder, *ADDED),
        lambda: context.correct_line(folder, "c-1", "Ann", "x", where="all"),
        lambda: context.withdraw_line(folder, "c-1", "Ann", "x"),
    ):
        act()
        seen.append(context.stamp(folder))
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "war"}, "'war' is no kind of context line; there are restriction, recording, operation, holiday"),
        ({"kind": "map points"}, "Changes of map points are found from the data"),
        ({"name": "  \n "}, "A context line needs a name"),
        ({"name": "x" * 121}, "The name has 121 characters; give 120 at most"),
        ({"first_day": ""}, "The first day is ''; write a date like 2026-04-01"),
        ({"first_day": "02/03/2026"}, "The first day is '02/03/2026'; write a date like 2026-04-01"),
        ({"first_day": "1899-12-31"}, "The first day is 1899-12-31; give a day from 1900 to 2099"),
        ({"last_day": "2026-02-30"}, "The last day is '2026-02-30'; write a date"),
        ({"last_day": "2026-03-01"}, r"The last day \(2026-03-01\) is before the first \(2026-03-02\)"),
        ({"where": "North"}, "'North' is no place of a context line; give all, West, South, East"),
        ({"author": " "}, "This needs an author"),
        ({"note": ""}, "This needs a note that says why"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(folder: Path, change: dict[str, str], sentence: str) -> None:
    names = ("kind", "name", "first_day", "last_day", "where", "source", "author", "note")
    facts = {**dict(zip(names, ADDED, strict=True)), **change}
    with pytest.raises(HotspotsError, match=sentence):
        context.add_line(folder, **facts)
    assert not (folder / FILE).exists()


def test_the_last_day_may_be_the_first_and_a_name_as_long_as_it_may(folder: Path) -> None:
    context.add_line(folder, "other", "x" * 120, "1900-01-01", "1900-01-01", "all", "", "Ann", "why")
    assert context.lines(folder)["name"].iloc[0] == "x" * 120


def test_every_problem_is_told_at_once(folder: Path) -> None:
    with pytest.raises(HotspotsError) as told:
        context.add_line(folder, "war", "", "x", "y", "North", "", "", "")
    assert len(told.value.problems) == 6  # signature, kind, name, place, both days


def test_only_a_line_that_exists_can_be_changed_and_only_if_something_changes(folder: Path) -> None:
    with pytest.raises(HotspotsError, match="There is no context line 'c-9'"):
        context.withdraw_line(folder, "c-9", "Ann", "x")
    with pytest.raises(HotspotsError, match="Which line"):
        context.correct_line(folder, " ", "Ann", "x", name="y")
    with pytest.raises(HotspotsError, match="says that already"):
        context.correct_line(folder, "s-covid", "Ann", "x", last_day="2021-07-18")
    with pytest.raises(HotspotsError, match="There is no workspace"):
        context.add_line(folder / "elsewhere", *ADDED)
    assert context.history(folder)["what"].unique().tolist() == ["shipped"]


@pytest.mark.parametrize("change", ["update context_lines set name = 'x'", "delete from context_lines"])
def test_the_database_refuses_to_change_or_delete_a_row(folder: Path, change: str) -> None:
    context.add_line(folder, *ADDED)
    with pytest.raises(IntegrityError, match="never changed or deleted"), write(folder) as connection:
        connection.execute(text(change))
    assert "c-1" in set(context.lines(folder)["line"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("update context_lines set last_day = '2026-03-09' where revision = 1", "c-1 is not as it was written"),
        ("update context_lines set withdrawn = 1 where revision = 2", "c-1 is not as it was written"),
        ("delete from context_lines where revision = 1", "c-1 lacks an earlier row"),
    ],
)
def test_a_row_changed_behind_the_programs_back_is_told(folder: Path, change: str, sentence: str) -> None:
    context.add_line(folder, *ADDED)
    context.correct_line(folder, "c-1", "Ann", "x", where="all")
    assert check_workspace(folder)[0] == []
    with sqlite3.connect(folder / FILE) as connection:
        for what in ("update", "delete"):
            connection.execute(f"drop trigger context_lines_no_{what}")
        connection.execute(change)
    for read in (context.lines, context.history):
        with pytest.raises(HotspotsError, match=sentence):
            read(folder)
    assert [sentence in word for word in check_workspace(folder)[0]] == [True]


def test_an_older_database_gets_the_table(folder: Path) -> None:
    context.add_line(folder, *ADDED)
    with sqlite3.connect(folder / FILE) as connection:
        for name in (
            "context_lines",
            "dose_masks",
            "alembic_version",
            "workspaces",
        ):  # as before there were any of these
            connection.execute(f"drop table {name}")
    assert context.lines(folder).equals(context.lines(None))
    assert context.add_line(folder, *ADDED) == "c-1"


def test_text_goes_on_one_line(folder: Path) -> None:
    context.add_line(folder, "other", " A \n B ", " 2026-01-01 ", None, "all", "x\ny", "Ann", "why")
    row = context.lines(folder).set_index("line").loc["c-1"]
    assert (row["name"], row["first_day"], row["last_day"], row["source"]) == ("A B", "2026-01-01", "", "x y")


# ---------------------------------------------------------------- which lines touch


@pytest.mark.parametrize(
    ("first", "last", "touches"),
    [
        ("2023-12-01", "2023-12-31", False),  # the day before the first window
        ("2023-12-01", "2024-01-01", True),
        ("2024-01-10", "2024-01-31", True),
        ("2024-01-11", "2024-01-31", False),  # all of it between the windows
        ("2024-02-10", "", True),
        ("2024-02-11", "", False),
        ("2020-01-01", "", True),
    ],
)
def test_a_line_touches_on_a_common_day(first: str, last: str, touches: bool) -> None:
    found = context.touching(table(line("other", "x", first, last)), BEFORE, AFTER, "all")
    assert (len(found) == 1) == touches
    assert list(found) == NAMES


def test_a_bcu_has_its_own_lines_and_those_of_all() -> None:
    rows = table(*(line("other", w, "2024-01-01", where=w) for w in ("all", "West", "East")))
    assert context.touching(rows, BEFORE, AFTER, "West")["name"].tolist() == ["all", "West"]
    assert context.touching(rows, BEFORE, AFTER, "South")["name"].tolist() == ["all"]
    assert context.touching(rows, BEFORE, AFTER, "all")["name"].tolist() == ["all", "West", "East"]


# ---------------------------------------------------------------- what must be said


def test_restrictions_on_one_side_are_told_with_their_days() -> None:
    before, after = (
        Window(date(2020, 7, 1), date(2020, 12, 28)),
        Window(date(2021, 8, 1), date(2022, 1, 28)),
    )  # 181 each
    said = notes(line("restriction", "COVID-19 restrictions", "2020-03-23", "2021-07-18"), before=before, after=after)
    assert said == [
        "COVID-19 restrictions cover 181 of the 181 days before and none of the 181 after: the two windows are not"
        " comparable in this."
    ]


def test_a_part_of_one_window_and_another_part_of_the_other_is_told() -> None:
    assert notes(line("restriction", "Curfew", "2024-01-08", "2024-02-05")) == [
        "Curfew covers 3 of the 10 days before and 5 of the 10 after: the two windows are not comparable in this."
    ]


def test_what_covers_both_alike_is_not_told() -> None:
    assert notes(line("restriction", "Curfew", "2020-01-01")) == []
    weeks = (("2024-01-02", "2024-01-08"), ("2024-01-20", "2024-01-25"), ("2024-02-03", "2024-02-09"))
    assert notes(*(line("operation", "Op", *week) for week in weeks)) == []


def test_days_that_two_lines_of_a_name_share_count_once() -> None:
    twice = [line("operation", "Op", "2024-01-02", "2024-01-05"), line("operation", "Op", "2024-01-04", "2024-01-06")]
    assert days_of(table(*twice), BEFORE) == 5
    assert notes(*twice) == [
        "Op covers 5 of the 10 days before and none of the 10 after: policing differed between the windows."
    ]


def test_a_recording_rule_says_what_it_means() -> None:
    assert notes(line("recording", "New rule", "2024-01-15")) == [
        "New rule applies to none of the 10 days before and 10 of the 10 after: counts before and after do not follow"
        " the same rules."
    ]


def test_many_things_of_a_kind_are_one_sentence_the_largest_first() -> None:
    rows = [line("operation", f"Op {n}", "2024-01-01", f"2024-01-0{n}") for n in (1, 2, 3, 4, 5)]
    assert notes(*rows) == [
        "Op 5 covers 5 of the 10 days before and none of the 10 after; Op 4 4 and none; Op 3 3 and none; and 2 more:"
        " policing differed between the windows."
    ]


def test_each_kind_has_its_sentence() -> None:
    kinds = ("restriction", "recording", "operation", "other", "holiday")
    said = notes(*(line(k, f"A {k}", "2024-01-01", "2024-01-02") for k in kinds), breaks=(202402,), source="police-uk")
    assert len(said) == 6
    assert notes(line("map points", "New points", "2024-02-01")) == []  # told by the months themselves


def test_a_line_of_one_bcu_is_named_so_and_no_other_bcu_hears_of_it() -> None:
    row = line("other", "Roadworks", "2024-02-01", "2024-02-10", "West")
    (said,) = notes(row, bcu="all")
    assert said.startswith("Roadworks (West) cover none of the 10 days before and 10 of the 10 after")
    assert notes(row, bcu="East") == []


# ---------------------------------------------------------------- how much is a difference


def test_windows_of_other_lengths_are_compared_by_their_shares() -> None:
    year, month = window_of_months(202301, 202312), window_of_months(202401, 202401)
    always = line("restriction", "Curfew", "2020-01-01")
    assert notes(always, before=year, after=month) == []
    assert differs(Cover("x", 365, 30), year, month)


def test_half_a_day_of_the_shorter_window_is_the_line() -> None:
    ten, twenty = Window(date(2024, 1, 1), date(2024, 1, 10)), Window(date(2024, 2, 1), date(2024, 2, 20))
    assert not differs(Cover("x", 3, 7), ten, twenty)  # 3 of 10 against 3.5 of 10: half a day, no more
    assert differs(Cover("x", 3, 8), ten, twenty)
    assert not differs(Cover("x", 0, 1), ten, twenty)
    one_day = line("operation", "Op", "2024-02-03", "2024-02-03")
    assert len(notes(one_day, before=ten, after=twenty)) == 1  # on one side only is always told


# ---------------------------------------------------------------- holidays


def holiday(name: str, day: str) -> dict[str, str]:
    return line("holiday", name, day, day)


def test_holidays_are_compared_by_their_number() -> None:
    easter = [holiday("Good Friday", "2024-01-05"), holiday("Easter Monday", "2024-01-08")]
    may = holiday("Early May bank holiday", "2024-02-05")
    assert notes(*easter, may) == [
        "Holidays fall on 2 of the 10 days before and on 1 of the 10 after (only before: Easter Monday and Good Friday;"
        " only after: Early May bank holiday)."
    ]
    assert notes(easter[0], may) == []  # one each


def test_a_substitute_day_is_the_same_holiday() -> None:
    rows = [
        holiday("Christmas Day", "2024-01-03"),
        holiday("Boxing Day", "2024-01-04"),
        holiday("Christmas Day (substitute day)", "2024-02-03"),
    ]
    assert notes(*rows) == [
        "Holidays fall on 2 of the 10 days before and on 1 of the 10 after (only before: Boxing Day)."
    ]


def test_easter_moves_in_the_shipped_lines() -> None:
    """In 2023 Easter lay in April, in 2024 Good Friday lay in March."""
    first, second = window_of_months(202301, 202303), window_of_months(202401, 202403)
    said = context.overlap_notes(context.shipped(home()), (), first, second, "all", "incidents")
    assert "Holidays fall on 1 of the 90 days before and on 2 of the 91 after (only after: Good Friday)." in said
    years = window_of_months(202401, 202412), window_of_months(202501, 202512)
    said = context.overlap_notes(context.shipped(home()), (), *years, "all", "incidents")
    assert not [s for s in said if s.startswith("Holidays")]


# ---------------------------------------------------------------- map points


@pytest.mark.parametrize(
    ("month", "where"),
    [
        (202401, ""),  # the first window begins with it: all days lie after it
        (202312, ""),
        (202402, "between the two windows"),
        (202403, ""),
    ],
)
def test_a_break_matters_where_days_lie_on_both_sides_of_it(month: int, where: str) -> None:
    said = notes(breaks=(month,), source="police-uk")
    assert said == (
        [
            f"The map points of data.police.uk changed in 2024-02 ({where}): counts move between cells without any"
            " change in crime."
        ]
        if where
        else []
    )


def test_a_break_inside_a_window_is_told_of_that_window_whichever_comes_first() -> None:
    first, second = window_of_months(202101, 202112), window_of_months(202201, 202212)
    said = notes(breaks=(202206, 202109), source="police-uk", before=first, after=second)
    assert "2021-09 (inside the days before) and 2022-06 (inside the days after)" in said[0]
    said = notes(breaks=(202109,), source="police-uk", before=second, after=first)
    assert "2021-09 (inside the days after)" in said[0]


def test_map_points_are_a_matter_of_published_data_only() -> None:
    assert notes(breaks=(202402,), source="incidents") == []


# ---------------------------------------------------------------- command line


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]):
    """``run("--history")``: (standard output, standard error) of ``change context``."""

    def go(*options: str) -> tuple[str, str]:
        main.run(["change", "context", *options, "--workspace", str(folder)])
        return tuple(capsys.readouterr())

    return go


SIGNED = ("--author", "Ann", "--note", "why")


def test_the_word_lists_the_lines(run) -> None:
    rows = list(csv.DictReader(io.StringIO(run()[0])))
    assert list(rows[0]) == NAMES
    assert len(rows) == len(context.shipped(home()))
    assert json.loads(run("--format", "json")[0])["rows"][0]["line"] == rows[0]["line"]


def test_the_word_adds_corrects_and_withdraws(run, folder: Path, tmp_path: Path) -> None:
    said = run("--add", "Op X", "--kind", "operation", "--first-day", "2026-05-18", "--last-day", "2026-05-24",
               "--where", "East", "--reference", "the diary", *SIGNED)[1]  # fmt: skip
    assert said == "Context line c-1 is stored: Op X.\n"
    assert "c-1 is corrected" in run("--correct", "c-1", "--last-day", "none", "--name", "Op Y", *SIGNED)[1]
    row = context.lines(folder).set_index("line").loc["c-1"]
    assert (row["name"], row["first_day"], row["last_day"]) == ("Op Y", "2026-05-18", "")
    assert (row["where"], row["source"]) == ("East", "the diary")
    assert "c-1 is withdrawn" in run("--withdraw", "c-1", *SIGNED)[1]
    out = tmp_path / "lines.csv"
    run("--history", "--out", str(out))
    assert [r["what"] for r in csv.DictReader(out.open())][-3:] == ["added", "corrected", "withdrawn"]


def test_a_line_added_without_an_end_holds_for_good_everywhere(run, folder: Path) -> None:
    run("--add", "New centre", "--kind", "other", "--first-day", "2026-05-18", *SIGNED)
    row = context.lines(folder).set_index("line").loc["c-1"]
    assert (row["last_day"], row["where"], row["source"]) == ("", "all", "")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--kind", "other"), "--kind does not go with a list"),
        (("--withdraw", "s-covid", "--name", "x", *SIGNED), "--name does not go with --withdraw"),
        (("--add", "x", "--name", "y", *SIGNED), "--name does not go with --add"),
        (("--add", "x", "--kind", "other", "--first-day", "2026-01-01"), "needs an author and a note"),
        (("--add", "", *SIGNED), "needs a name"),
        (("--correct", "s-covid"), "needs an author"),
    ],
)
def test_the_word_refuses_what_it_would_lose(run, folder: Path, options: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(HotspotsError, match=sentence):
        run(*options)
    assert not (folder / FILE).exists()


def test_two_wishes_at_once_are_wrong_usage(run) -> None:
    with pytest.raises(SystemExit):
        run("--withdraw", "s-covid", "--history")
