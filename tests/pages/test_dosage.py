"""The Patrol dosage page. Figures are those of tests/dose_workspace.py, counted by hand."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hotspots.base.clock import day_starts
from hotspots.base.settings import Settings
from hotspots.patrols import form as patrol_form
from hotspots.patrols.dosage.masks import mask
from tests.area_workspace import A
from tests.dose_workspace import centre, make_dose, make_frozen
from tests.workspaces import HOSTILE

JOINER = "\u2060"
PAGE = "Patrol dosage"


@pytest.fixture(scope="session")
def patrols(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dose(tmp_path_factory.mktemp("patrols"))


def said(app: Any, *kinds: str) -> str:
    return app.said(*kinds).replace(JOINER, "").replace("\\", "")


def html(app: Any) -> str:
    return "\n".join(str(e.proto.body) for e in app.test.get("html"))


def grid(app: Any, kind: str = "") -> dict[str, list[str]]:
    """Row by row what is seen in the cells of a grid: 'Preston, High Street' → ['30', …]."""
    (table,) = re.findall(rf'<table class="dose {kind}">.*?</table>', html(app), re.S)
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', table, re.S)
    seen = {}
    for head, cells in rows:
        texts = re.findall(r'<span aria-hidden="true">(.*?)</span>', cells)
        seen[unescape(re.sub(r"<[^>]+>", "", head))] = [unescape(re.sub(r"<[^>]+>", "", t)) for t in texts]
    return seen


def days(app: Any) -> Any:
    """The table beside the grid."""
    return next(t.value for t in app.test.dataframe if {"patrol_day", "days_since_adequate_visit"} <= set(t.value))


def summary(app: Any) -> Any:
    return app.table("verdict").set_index("name")


def apply(app: Any, **by_label: Any) -> Any:
    for label, value in by_label.items():
        app.widget(label.replace("_", " ")).set_value(value)
    return app.press("Apply")


# ---------------------------------------------------------------- what was delivered


def test_the_page_says_what_was_delivered(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    words = said(app, "markdown")
    assert "**South**: 1 of 1 treated hot spot had its dose." in words
    assert "**West**: 0 of 1 treated hot spot had its dose; Blackpool, Promenade got 36% of its target." in words
    assert "▼ Underdosed (less than 80% of target): Blackpool, Promenade 36%." in words
    assert "Overdosed" not in words
    assert "Monday 4 March 2024 to Thursday 7 March 2024" in said(app, "caption")
    assert said(app, "error") == ""


def test_the_grid_has_the_figures_counted_by_hand_and_no_data_is_no_zero(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    assert grid(app) == {
        "Preston, High Street": ["30", "30", "45▲", "–"],
        "Ashton, Blackpool Road (comparison)": ["0", "10", "0", "–"],
        "Blackpool, Promenade": ["12▼", "0▼", "–", "20▼L"],
    }
    assert "Tuesday 5 March 2024: 30 patrol-minutes, 100% of 30, 1 adequate visit" in html(app)
    assert "Wednesday 6 March 2024: no data" in html(app)


def test_the_tables_beside_have_the_same_figures(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    table = days(app)
    assert list(table["name"]) == [n for n in (
        "Preston, High Street", "Ashton, Blackpool Road", "Blackpool, Promenade"
    ) for _ in range(4)]  # fmt: skip
    assert table["patrol_minutes"].astype(float).fillna(-1).tolist() == [30, 30, 45, -1, 0, 10, 0, -1, 12, 0, -1, 20]
    found = summary(app)
    assert found["patrol_minutes"].astype(float).to_dict() == {
        "Preston, High Street": 105, "Ashton, Blackpool Road": 10, "Blackpool, Promenade": 32
    }  # fmt: skip
    assert float(found.loc["Preston, High Street", "share_of_target"]) == 117
    assert float(found.loc["Preston, High Street", "officer_minutes"]) == 111
    assert found["verdict"].tolist() == ["on target", "no target", "underdosed"]
    since = found["days_since_adequate_visit"].astype(int).to_dict()
    assert since == {"Preston, High Street": 1, "Ashton, Blackpool Road": 2, "Blackpool, Promenade": 0}


def test_masked_sites_are_shown_with_what_they_took_away(at: Any, patrols: Path, tmp_path: Path) -> None:
    shutil.copytree(patrols, own := tmp_path / "own")
    lon, lat = centre(A)
    site = {"site": "Yard", "kind": "garage", "lon": lon, "lat": lat, "radius_m": 40.0, "note": "cars stand here"}
    mask(own, [site], "A. Analyst")
    app = at(own, PAGE, patrol_to="2024-03-07")
    table = app.table("radius_m")
    assert table[["site", "area", "note"]].to_numpy().tolist() == [["Yard", "South-01", "cars stand here"]]
    assert table["masked_minutes"].astype(float).tolist() == [105]
    assert "Masked sites (1)" in [e.label for e in app.test.expander]
    assert grid(app)["Preston, High Street"] == ["0▼", "0▼", "0▼", "–"]
    assert "Being at a masked site is no patrol" in said(app, "markdown")


def test_what_the_tracking_lacks_stands_before_any_figure(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    kinds = [e.type for e in app.test.main]
    assert "No data is not no patrol" in said(app, "warning")
    assert kinds.index("warning") < kinds.index("markdown")
    table = app.table("usual_units")
    assert table["units"].astype(int).tolist() == [1, 3, 1, 1, 1, 0]


def test_minutes_by_hour_and_why_no_hour_is_hot(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    assert app.widget("Hot spots").options[0] == "South: treated hot spots together"
    hours = grid(app, "hours")
    assert list(hours) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert (hours["Mon"][10], hours["Tue"][10], hours["Wed"][22]) == ("30", "30", "45")
    assert sum(int(x) for row in hours.values() for x in row if x) == 105
    assert "No hour is marked as hot. Hot hours need incidents with times" in said(app, "markdown")
    app.widget("Hot spots").set_value("West|West-01")
    app.run()
    assert (grid(app, "hours")["Mon"][10], grid(app, "hours")["Thu"][14]) == ("12", "20")
    assert app.address["hours_of"] == "West|West-01"


def test_visits_are_listed_by_name(at: Any, patrols: Path) -> None:
    table = at(patrols, PAGE, patrol_to="2024-03-07").table("told_by")
    assert [float(m) for m in table["patrol_minutes"]] == [30, 30, 45, 10, 12, 20]
    assert table["name"].tolist()[-1] == "Blackpool, Promenade"
    assert table["told_by"].tolist()[-1] == "log"
    assert "unit" not in table.columns


# ---------------------------------------------------------------- filters


def test_a_bcu_and_the_days_change_the_figures_and_stand_in_the_address(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    app = apply(app, BCU="West")
    assert grid(app) == {"Blackpool, Promenade": ["12▼", "0▼", "–", "20▼L"]}
    assert "**South**" not in said(app, "markdown")
    assert app.address["bcu"] == "West"
    start = app.widget("First patrol day")
    assert str(start.value) == "2024-03-04"
    app = apply(app, First_patrol_day=start.value.replace(day=6))
    assert grid(app) == {"Blackpool, Promenade": ["–", "20▼L"]}
    assert app.address["patrol_from"] == "2024-03-06"
    assert float(summary(app).loc["Blackpool, Promenade", "target_minutes"]) == 30
    app.go("Method")
    app.go(PAGE)
    assert grid(app) == {"Blackpool, Promenade": ["–", "20▼L"]}, "the choice is remembered"


def test_an_address_is_answered_cold(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, bcu="South", patrol_from="2024-03-05", patrol_to="2024-03-05")
    assert grid(app)["Preston, High Street"] == ["30"]
    assert said(app, "warning").count("address") == 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"patrol_from": "<b>"}, "asks for patrol_from “<b>”, which is not a date"),
        ({"patrol_to": "2031-01-01"}, "positions and logs run from 04/03/2024 to 07/03/2024"),
        ({"bcu": "North"}, "asks for bcu “North”, which is not there"),
        ({"part": "map"}, "asks for part “map”, which is not there"),
    ],
)
def test_what_an_address_cannot_have_is_said(at: Any, patrols: Path, query: dict[str, str], words: str) -> None:
    app = at(patrols, PAGE, **({"patrol_to": "2024-03-07"} | query))
    assert words in said(app, "warning")
    assert grid(app)["Preston, High Street"] == ["30", "30", "45▲", "–"]


def test_days_the_wrong_way_round_are_a_sentence(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_from="2024-03-07", patrol_to="2024-03-05")
    assert "The first patrol day is after the last one" in said(app, "error")


# ---------------------------------------------------------------- nothing to show


def test_without_data_the_page_leads_to_importing(at: Any, empty: Path) -> None:
    assert "There is no data here yet" in said(at(empty, PAGE), "info")


def test_without_a_register_it_leads_to_the_hot_spots(at: Any, police: Path) -> None:
    app = at(police, PAGE)
    assert "none is frozen yet" in said(app, "info")
    assert "Freeze hot spots" in [link.proto.label for link in app.test.get("page_link")]


def test_without_patrols_it_leads_to_importing_them(at: Any, tmp_path: Path) -> None:
    app = at(make_frozen(tmp_path / "frozen"), PAGE)
    assert "no positions and no patrol log" in said(app, "info")
    assert "Import positions or a patrol log" in [link.proto.label for link in app.test.get("page_link")]


def test_days_without_data_say_so_and_show_no_zero(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, bcu="South", patrol_from="2024-03-07", patrol_to="2024-03-07")
    assert "That does not mean that nobody patrolled" in said(app, "info")
    assert grid(app) == {"Preston, High Street": ["–"], "Ashton, Blackpool Road (comparison)": ["–"]}
    assert "no data for its 1 treated hot spot" in said(app, "markdown")


def test_a_bcu_without_hot_spots_is_a_sentence(at: Any, patrols: Path) -> None:
    assert "has no hot spot in East" in said(at(patrols, PAGE, bcu="East"), "error")


# ---------------------------------------------------------------- logs against positions


def test_logs_stand_beside_positions(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, part="reconciled", patrol_to="2024-03-07")
    table = app.table("counted")
    assert table["counted"].tolist() == ["positions", "log"]
    assert [float(x) for x in table["log_minutes"]] == [40, 20]
    assert float(table["difference"].iloc[0]) == -10
    assert table["difference"].isna().tolist() == [False, True]
    assert "positions of its unit cover at least 50% of an entry" in said(app, "markdown")
    assert table["unit"].str.match(r"unit-[0-9a-f]{16}$").all()
    assert not {"U1", "V9"} & set(said(app).split())


def test_without_logs_the_part_says_what_to_do(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, part="reconciled", patrol_from="2024-03-05", patrol_to="2024-03-05")
    assert "There is no log entry on these days" in said(app, "info")


def test_the_parts_are_switched_and_stand_in_the_address(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    app.test.segmented_control[0].set_value("reconciled")
    app.run()
    assert app.address["part"] == "reconciled"
    app.test.segmented_control[0].set_value("dosage")
    app.run()
    assert "part" not in app.address
    assert grid(app)["Blackpool, Promenade"][0] == "12▼"


def test_the_log_form_has_its_part(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, part="log")
    assert said(app, "error") == ""
    assert not [t for t in app.test.dataframe if "verdict" in t.value]


# ---------------------------------------------------------------- files, and hostile names


def test_the_downloads_equal_the_page(at: Any, patrols: Path, downloads: list[Any]) -> None:
    app = at(patrols, PAGE, bcu="South", patrol_to="2024-03-07")
    offered = {d.label: d for d in downloads}
    assert list(offered) == ["CSV", "Excel", "GeoJSON"]
    assert offered["CSV"].file_name == "dosage-south-2024-03-04-2024-03-07.csv"
    rows = list(csv.DictReader(io.StringIO(offered["CSV"].build())))
    table = days(app)
    assert [r["name"] for r in rows] == table["name"].tolist()
    assert [r["patrol_minutes"] for r in rows] == ["30.0", "30.0", "45.0", "", "0.0", "10.0", "0.0", ""]
    book = openpyxl.load_workbook(io.BytesIO(offered["Excel"].build()))
    header, *body = book["Summary"].iter_rows(values_only=True)
    found = summary(app)
    for line in body:
        row = dict(zip(header, line, strict=True))
        assert row["patrol_minutes"] == float(found.loc[row["name"], "patrol_minutes"])
        assert row["verdict"] == found.loc[row["name"], "verdict"]
    shapes = json.loads(offered["GeoJSON"].build())["features"]
    assert {s["properties"]["name"]: s["properties"]["patrol_minutes"] for s in shapes} == found[
        "patrol_minutes"
    ].astype(float).to_dict()


def test_hostile_names_stay_text(at: Any, tmp_path: Path, downloads: list[Any]) -> None:
    names = (HOSTILE[0], HOSTILE[3], HOSTILE[2])  # a script, a link, a formula
    app = at(make_dose(tmp_path / "hostile", names), PAGE)
    assert "<script>" not in html(app)
    assert list(grid(app)) == [HOSTILE[0], f"{HOSTILE[3]} (comparison)", HOSTILE[2]]
    assert "<script>" not in app.said()
    assert "](javascript" not in app.said()
    assert set(days(app)["name"]) == set(names)
    text = next(d for d in downloads if d.label == "CSV").build()
    assert {r["name"] for r in csv.DictReader(io.StringIO(text))} == {names[0], names[1], "'" + names[2]}


def test_a_new_log_entry_changes_the_figures(at: Any, patrols: Path, tmp_path: Path) -> None:
    """What is entered in the form counts at once: the cache knows of it."""
    own = Path(shutil.copytree(patrols, tmp_path / "own"))
    app = at(own, PAGE, bcu="South", patrol_to="2024-03-07")
    assert grid(app)["Preston, High Street"][3] == "–"
    begin = int(day_starts(date(2024, 3, 7), date(2024, 3, 7), Settings())[0]) + 3600
    patrol_form.record(
        own,
        patrol_form.Submission(
            key=patrol_form.new_key(),
            area="South-01",
            unit="Z1",
            officers=2,
            start=begin,
            end=begin + 15 * 60,
            mode="foot",
        ),
    )
    app.run()
    assert grid(app)["Preston, High Street"][3] == "15▼L"


def test_a_target_is_set_on_the_page(at: Any, patrols: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(patrols, tmp_path / "own"))
    app = at(own, PAGE, bcu="South", patrol_to="2024-03-07")
    app.press("Set this target")
    assert "needs an author and a note that says why" in said(app, "error")
    app.test.number_input[0].set_value(60)
    for field, text in zip(
        [t for t in app.test.text_input if t.label in ("Your name", "Why")], ("Ann", "Event"), strict=True
    ):
        field.set_value(text)
    day = next(w for w in app.test.date_input if w.label == "From patrol day")
    day.set_value(date(2024, 3, 5))
    app.press("Set this target")
    assert "should get 60 patrol-minutes a day from 05/03/2024 on" in said(app, "success")
    targets = days(app).set_index(["name", "patrol_day"])["target_minutes"]
    assert targets["Preston, High Street"].tolist() == [30, 60, 60, 60]
    assert app.table("valid_from")[["minutes", "author", "note"]].to_numpy().tolist() == [[60.0, "Ann", "Event"]]


def test_shifts_stand_unit_by_unit_and_nobody_by_name(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, patrol_to="2024-03-07")
    shifts = next(t.value for t in app.test.dataframe if {"first", "last", "unit"} <= set(t.value))
    assert shifts["shift_hours"].tolist()[:2] == [0.5, 0.2]
    assert shifts["unit"].str.startswith("unit-").all()


def test_the_key_of_a_draft_stands_in_the_address_of_the_log_form_only(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE, part="log")
    key = app.address["log"]
    app.test.segmented_control[0].set_value("reconciled")
    app.run()
    assert "log" not in app.address
    app.test.segmented_control[0].set_value("log")
    app.run()
    assert app.address["log"] == key  # the session remembers the entry in hand


def test_the_page_opens_on_the_days_up_to_the_newest_with_positions(at: Any, patrols: Path) -> None:
    app = at(patrols, PAGE)  # the log goes on for a day
    chosen = {w.label: w.value for w in app.test.date_input}
    assert chosen["First patrol day"] == date(2024, 3, 4)
    assert chosen["Last patrol day"] == date(2024, 3, 6)
