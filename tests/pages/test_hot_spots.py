"""The Hot spots page: filters, the address, the downloads, and text that stays text.

Figures are those of the table in tests/workspaces.py, counted by hand.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import h3.api.basic_str as h3
import pytest

from hotspots.ui.hot_spots import words
from tests.workspaces import HOSTILE, HOSTILE_TITLE

JOINER = "\u2060"


def counts(app: Any) -> list[int]:
    return [int(n) for n in app.table()["n_incidents"]]


def test_the_figures_are_those_counted_by_hand(at: Any, police: Path) -> None:
    app = at(police)
    table = app.table()
    assert counts(app) == [7, 4, 1, 1]
    assert [float(x) for x in table["harm_days"]] == [1716.25, 1124.5, 197.25, 197.25]
    assert [float(x) for x in table["rank"]] == [1, 2, 3, 4]
    assert table["bcu"].tolist()[:2] == ["South", "West"]
    # 5 √197.25 + 2 √365 = 70.223 + 38.210; 365 / 1716.25 = 21.27 %
    assert float(table["harm_sqrt"].iloc[0]) == pytest.approx(108.43, abs=0.005)
    assert float(table["largest_offence_share"].iloc[0]) == pytest.approx(21.27, abs=0.005)
    assert "4 cells with at least one incident" in app.said("markdown")


def test_the_summary_says_what_the_ranking_rests_on(at: Any, police: Path) -> None:
    app = at(police)
    assert "ranked by the harm expected over the next 3 months. All months count the same." in app.said("markdown")
    app.choose(Rank_by="count")
    assert "ranked by number of incidents in that time." in app.said("markdown")
    assert "All months count the same" not in app.said("markdown")


@pytest.mark.parametrize(
    ("half_life", "told"),
    [
        (6.0, "Older months count less: half as much every 6 months."),
        (1.0, "Older months count less: half as much every month."),
        (float("inf"), "All months count the same."),
        (float("nan"), ""),
    ],
)
def test_the_memory_is_told_in_months(half_life: float, told: str) -> None:
    assert words.memory(half_life) == told


def test_how_sure_and_patterns_stand_in_the_table(at: Any, demo: Path, downloads: list[Any]) -> None:
    table = at(demo, bcu="West").table()
    rows = list(csv.DictReader(io.StringIO(next(d for d in downloads if d.label == "CSV").build())))
    assert [f"{s} of West BCU" for s in table["sure"]] == [r["sure"] for r in rows]
    assert table["sure"].iloc[0] == "likely to be in the top 20"
    signs = {"": "", "persistent": "■ persistent", "new": "+ new", "fading": "▼ fading"}
    assert table["pattern"].tolist() == [signs[r["pattern"]] for r in rows]
    assert "■ persistent" in set(table["pattern"])
    for shown, row in zip(table["expected_range"], rows, strict=True):
        low, high = (float(text.replace(",", "")) for text in shown.split(" to "))
        assert low == pytest.approx(float(row["harm_expected_low"]), abs=0.5)
        assert high == pytest.approx(float(row["harm_expected_high"]), abs=0.5)
    assert [float(x) for x in table["harm_expected_days"]] == [round(float(r["harm_expected_days"])) for r in rows]


def test_behind_the_rank_tells_how_sure_and_of_which_top(at: Any, demo: Path) -> None:
    row = at(demo, bcu="West").table().iloc[0]
    told = at(demo, bcu="West", cell=row["cell"]).said("markdown").replace("\\", "").replace(JOINER, "")
    assert "by expected harm" in told
    assert re.search(
        r"Expected harm [\d,]+ days \([\d,]+ to [\d,]+\); .* in the top 20 of West BCU counted next",
        told,
    )


def test_why_there_are_no_patterns_is_said(at: Any, police: Path, demo: Path) -> None:
    assert "Patterns need at least 4 observed periods to compare, and this window has 3." in at(police).said("caption")
    assert "Patterns need" not in at(demo).said("caption")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"BCU": "South"}, [7, 1]),
        ({"BCU": "East"}, [1]),
        ({"To_month": "2024-01"}, [4, 2, 1]),
        ({"From_month": "2024-03"}, [1, 1]),
        ({"Offences": "category:Robbery"}, [2, 2]),
        ({"Offences": "category:Shoplifting"}, [4]),
        ({"Offences": "all"}, [7, 4, 5, 1]),
        ({"Include_offences_found_by_police_activity": True}, [7, 4, 2, 1]),
        ({"Rank_by": "count", "Offences": "all"}, [7, 5, 4, 1]),
    ],
)
def test_a_filter_changes_the_numbers(at: Any, police: Path, chosen: dict[str, Any], expected: list[int]) -> None:
    app = at(police)
    assert counts(app) == [7, 4, 1, 1]
    assert counts(app.choose(**chosen)) == expected


def test_every_apply_counts_not_every_second(at: Any, police: Path) -> None:
    app = at(police)
    for bcu, expected in (("South", [7, 1]), ("East", [1]), ("West", [4]), ("all", [7, 4, 1, 1]), ("South", [7, 1])):
        assert counts(app.choose(BCU=bcu)) == expected, bcu
        assert app.widget("BCU").value == bcu
        assert app.address["bcu"] == bcu
    for last, expected in (("2024-01", [4, 1]), ("2024-02", [6, 1]), ("2024-03", [7, 1]), ("2024-01", [4, 1])):
        assert counts(app.choose(To_month=last)) == expected, last
    box = "Include offences found by police activity"
    for yes in (True, False, True):
        assert app.choose(**{box.replace(" ", "_"): yes}).widget(box).value is yes
        assert ("proactive" in app.address) is yes


def test_every_change_of_days_counts(at: Any, both: Path) -> None:
    from datetime import date

    app = at(both, source="incidents")
    assert counts(app) == [4, 2]
    for last, expected in ((date(2024, 5, 2), [2]), (date(2024, 5, 3), [3]), (date(2024, 6, 1), [4, 1])):
        assert counts(app.choose(To=last)) == expected


def test_changing_the_source_there_and_back(at: Any, both: Path) -> None:
    app = at(both)
    assert app.widget("Source").value == "incidents"
    for source, expected in (
        ("police-uk", [7, 4, 1, 1]), ("incidents", [4, 2]), ("police-uk", [7, 4, 1, 1]), ("incidents", [4, 2]),
    ):  # fmt: skip
        app.widget("Source").set_value(source)
        app.run()
        assert app.widget("Source").value == source
        assert counts(app) == expected
        assert "The address asks" not in app.said("warning")


def test_filters_survive_a_change_of_page(at: Any, police: Path) -> None:
    app = at(police)
    app.choose(BCU="South", To_month="2024-01", Offences="all")
    before = app.table()
    for page in ("Method", "Overview", "Data"):
        app.go(page)
    app.go("Hot spots")
    assert app.widget("BCU").value == "South"
    assert app.widget("To month").value == "2024-01"
    assert app.table().equals(before)
    assert app.address["bcu"] == "South"


def test_an_address_is_answered_as_it_asks(at: Any, police: Path) -> None:
    asked = {"bcu": "South", "from": "2024-01", "to": "2024-02", "offences": "all", "by": "count", "top": "10"}
    app = at(police, **asked)
    assert counts(app) == [6, 5]
    assert {k: app.address[k] for k in asked} == asked
    assert app.widget("Rank by").value == "count"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("bcu", "North", "asks for bcu “North”"),
        ("bcu", "<script>", r"asks for bcu “\<script\>”"),
        ("offences", "knife", "asks for offences “knife”"),
        ("weights", "none-such", "asks for weights"),
        ("resolution", "ten", "asks for resolution “ten”"),
        ("resolution", "12", "asks for resolution “12”"),
        ("by", "luck", "asks for by “luck”"),
        ("top", "-1", "asks for top"),
        ("source", "incidents", "asks for source “incidents”"),
        ("proactive", "perhaps", "asks for proactive “perhaps”"),
        ("map", "3d", "asks for map “3d”"),
        ("from", "yesterday", "from is 'yesterday'"),
        ("to", "2024-13", "to is '2024-13'"),
        ("from", "2024-05", "window starts on 2024-05-01 and ends on 2024-03-31"),
        ("from", "1999-01", "the data runs from 2024-01 to 2024-03"),
        ("to", "2031-01", "the data runs from 2024-01 to 2024-03"),
        ("from", "2024-01-15", "no day"),
    ],
)
def test_a_wrong_address_is_told_and_ignored(at: Any, police: Path, name: str, value: str, told: str) -> None:
    app = at(police, **{name: value})
    assert told in app.said("warning").replace(JOINER, "")
    assert app.said("error") == ""
    assert counts(app) == [7, 4, 1, 1]
    app.run()  # as a browser does by itself; the word must not be lost
    assert told in app.said("warning").replace(JOINER, "")
    app.press("Apply")
    assert told not in app.said("warning").replace(JOINER, "")
    assert app.address.get(name) != value
    assert counts(app) == [7, 4, 1, 1]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (h3.latlng_to_cell(53.70, -2.50, 10), "has no such incident"),
        ("<script>alert(1)", "is not an H3 cell"),
        ("0", "is not an H3 cell"),
    ],
)
def test_a_cell_that_is_not_there_is_told(at: Any, police: Path, cell: str, told: str) -> None:
    app = at(police, cell=cell)
    assert told in app.said("info", "error")
    assert "<script>" not in app.said()
    assert counts(app) == [7, 4, 1, 1]


def test_an_empty_selection_says_why(at: Any, police: Path) -> None:
    app = at(police, bcu="West", **{"from": "2024-03", "to": "2024-03"})
    assert "No such incident lies in West BCU from 2024-03-01 to 2024-03-31" in app.said("info")
    assert not [t for t in app.test.dataframe if "harm_sqrt" in t.value.columns]
    assert not app.test.get("download_button")


def test_crimes_without_a_place_are_counted_where_the_figures_are(at: Any, police: Path) -> None:
    said = at(police).said("markdown").replace(JOINER, "")
    assert r"1 of 15 offences \(6.7%\) have no coordinates" in said
    assert "1 offences lie outside the force area" in said


def test_a_source_that_cannot_answer_says_why(at: Any, flagless: Path) -> None:
    app = at(flagless)
    app.choose(Offences="knife")
    assert "knife" in app.said("error")
    assert "flag" in app.said("error")
    assert not [t for t in app.test.dataframe if "harm_sqrt" in t.value.columns]
    app.choose(Offences="all")  # the reader can go on from there
    assert app.said("error") == ""
    assert counts(app) == [1]


def test_dates_the_wrong_way_round_are_told(at: Any, both: Path) -> None:
    from datetime import date

    app = at(both, source="incidents")
    app.choose(From=date(2024, 6, 1), To=date(2024, 5, 1))
    assert "Put the earlier date first" in app.said("error")
    app.choose(To=date(2024, 6, 30))
    assert counts(app) == [2]


def test_the_cell_in_the_address_is_opened(at: Any, police: Path) -> None:
    top = at(police).table().iloc[0]
    app = at(police, cell=top["cell"])
    assert next(h.value for h in app.test.subheader).startswith("1. High Street")
    kinds = app.table("days")
    assert kinds["offence"].tolist() == ["Violence and sexual offences", "Robbery"]
    assert kinds["n_offences"].tolist() == [5, 2]
    assert kinds["harm_days"].tolist() == [986.25, 730.0]
    months = next(t.value for t in app.test.dataframe if "month" in t.value.columns)
    assert months["month"].tolist() == ["2024-01", "2024-02", "2024-03"]
    assert months["n_incidents"].tolist() == [4, 2, 1]
    app.press("Close this cell")
    assert "cell" not in app.address
    assert not app.test.subheader


def test_a_cell_of_another_bcu_is_let_go_of_with_a_word(at: Any, police: Path) -> None:
    cell = at(police).table()["cell"].iloc[0]  # Preston
    app = at(police, cell=cell, bcu="West")
    assert "has no such incident in this window and BCU" in app.said("info")


def test_the_downloads_equal_the_table(at: Any, police: Path, downloads: list[Any]) -> None:
    import openpyxl

    app = at(police, bcu="South")
    table = app.table()
    offered = {d.label: d for d in downloads}
    assert set(offered) == {"CSV", "Excel", "GeoJSON"}
    rows = list(csv.DictReader(io.StringIO(offered["CSV"].build())))
    assert [r["cell"] for r in rows] == table["cell"].tolist()
    assert [float(r["harm_days"]) for r in rows] == [1716.25, 197.25]
    assert [int(r["n_incidents"]) for r in rows] == counts(app) == [7, 1]
    book = openpyxl.load_workbook(io.BytesIO(offered["Excel"].build()))
    header, *body = book["Table"].iter_rows(values_only=True)
    assert list(header) == list(rows[0])
    for line, row in zip(body, rows, strict=True):
        assert ["" if v is None else str(v) for v in line] == [_as_excel(v) for v in row.values()]
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["bcu"] == "South"
    assert "proxy" in about["weights"]
    assert "Open Government Licence" in about["attribution"]
    shapes = json.loads(offered["GeoJSON"].build())["features"]
    assert [s["properties"]["cell"] for s in shapes] == table["cell"].tolist()
    assert [s["properties"]["harm_days"] for s in shapes] == [1716.25, 197.25]


def _as_excel(text: str) -> str:
    """A workbook has numbers, not their digits: 197.0 is 197."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number == int(number) else str(number)


def test_downloads_of_synthetic_data_say_so_in_name_and_content(at: Any, demo: Path, downloads: list[Any]) -> None:
    at(demo)
    assert downloads
    for offer in downloads:
        assert offer.file_name.startswith("synthetic-")
        if offer.label == "GeoJSON":
            assert "SYNTHETIC" in json.loads(offer.build())["about"]["data"]


def test_the_table_has_as_many_rows_as_asked(at: Any, demo: Path, downloads: list[Any]) -> None:
    app = at(demo)
    assert len(app.table()) == 20
    downloads.clear()
    app.choose(Cells_listed="50")
    assert len(app.table()) == 50
    csv_rows = list(csv.DictReader(io.StringIO(next(d for d in downloads if d.label == "CSV").build())))
    assert [r["cell"] for r in csv_rows] == app.table()["cell"].tolist()


def test_hostile_places_stay_text(at: Any, hostile: Path, downloads: list[Any]) -> None:
    app = at(hostile, source="police-uk", top="20")
    table = app.table()
    assert len(table) == len(HOSTILE)
    for place, text in zip(table["place"], HOSTILE, strict=True):
        assert place.startswith(text), "the table has the words as they are"
    rows = list(csv.DictReader(io.StringIO(next(d for d in downloads if d.label == "CSV").build())))
    for row, text in zip(rows, HOSTILE, strict=True):
        assert row["place"].startswith(f"'{text}" if text[0] in "=+-@" else text)
    for cell, text in zip(table["cell"], HOSTILE, strict=True):
        opened = at(hostile, source="police-uk", cell=cell)
        heading = str(opened.test.subheader[0].value).replace(JOINER, "")
        i = HOSTILE.index(text)
        assert re.sub(r"\\(.)", r"\1", heading) == f"{i + 1}. {table['place'].iloc[i]}"
        bare = heading.replace(r"\\", "")
        for mark in "<>[]()`*_$#!~":
            assert bare.count(mark) == bare.count("\\" + mark), f"{mark} is not escaped in {heading}"


def test_hostile_titles_stay_text(at: Any, hostile: Path) -> None:
    app = at(hostile, source="incidents", offences="all")
    loose = app.table("label")
    assert loose["label"].tolist() == [HOSTILE_TITLE]
    assert loose["n_offences"].tolist() == [3]
    assert HOSTILE_TITLE not in app.said()
    data = at(hostile, "Data")
    assert "javascript:alert" not in data.said()
