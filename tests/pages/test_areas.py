"""Areas and their register on the Hot spots page.

Figures are those of the table in tests/area_workspace.py, counted by hand.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import h3.api.basic_str as h3
import pytest

from hotspots.areas import register as area_register
from hotspots.areas.rules import excluded_cells
from hotspots.base.errors import HotspotsError
from hotspots.cli.main import main
from hotspots.intake import import_files
from tests.area_workspace import QUIET, A, B, C, D, make_areas
from tests.samples import crime, street

JOINER = "\u2060"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_areas(tmp_path_factory.mktemp("areas"))


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(made, tmp_path / "own"))


def said(app: Any, *kinds: str) -> str:
    return app.said(*kinds).replace(JOINER, "").replace("\\", "")


def field(app: Any, label: str, form: str = "") -> Any:
    """The one text field, select box or tick box with this label, in the form whose button this is."""
    kinds = ("text_input", "selectbox", "checkbox", "date_input")
    found = [w for kind in kinds for w in app.test.get(kind) if w.label == label and in_form(w, form)]
    assert len(found) == 1, f"{len(found)} fields are labelled {label}"
    return found[0]


def in_form(widget: Any, form: str) -> bool:
    return not form or form in str(getattr(widget, "form_id", ""))


def areas(app: Any) -> Any:
    return app.table("share_of_bcu_harm")


def row(app: Any, area: str) -> dict[str, Any]:
    table = areas(app)
    return dict(table[table["area"] == area].iloc[0])


def choose(app: Any, area: str, what: str) -> Any:
    field(app, "Area").set_value(area)
    app.run()
    field(app, "What to change").set_value(what)
    return app.run()


def change(app: Any, reason: str = "by the station", name: str = "A. Analyst", **fields: Any) -> Any:
    """Fill in the editor's form and press its button."""
    for label, value in fields.items():
        field(app, label.replace("_", " ")).set_value(value)
    field(app, "Your name", "area_edit").set_value(name)
    field(app, "Why", "area_edit").set_value(reason)
    return app.press("Change the draft")


def added(app: Any) -> Any:
    """B put into South-01."""
    choose(app, "South-01", "add")
    return change(app, Cell_to_add=int(B, 16))


def freeze(app: Any, name: str = "", note: str = "First list", author: str = "A. Analyst", sure: bool = True) -> Any:
    if name:
        field(app, "Name of the register").set_value(name)
    field(app, "Your name", "area_freeze").set_value(author)
    field(app, "Why these areas, why now").set_value(note)
    box = next(b for b in app.test.checkbox if b.label.startswith("I have checked"))
    box.set_value(sure)
    return app.press("Freeze")


# ---------------------------------------------------------------- candidates


def test_candidates_have_the_figures_counted_by_hand(at: Any, made: Path) -> None:
    app = at(made, part="areas")
    table = areas(app)
    assert table["area"].tolist() == ["West-01", "South-01"]
    assert table["label"].tolist() == ["AW1", "AS1"]
    assert table["name"].tolist() == ["Blackpool, Promenade", "Preston, High Street"]
    assert [int(n) for n in table["n_cells"]] == [1, 1]
    assert [int(n) for n in table["n_incidents"]] == [3, 5]
    assert [float(x) for x in table["harm_days"]] == [591.75, 1154.0]
    assert float(table["share_of_bcu_harm"].iloc[0]) == 100.0  # all that West has
    assert "South: 1 areas" in said(app, "caption")


def test_the_switch_leads_to_areas_and_back_and_stands_in_the_address(at: Any, made: Path) -> None:
    app = at(made)
    assert app.widget("Rank by").format_func("expected-harm") == "Expected harm (default)"
    for part in ("areas", "register", "cells", "areas"):
        app.test.segmented_control[0].set_value(part)
        app.run()
        assert app.address.get("part", "cells") == part
    app.go("Method")
    app.go("Hot spots")
    assert len(areas(app)) == 2, "the part is remembered"


def test_a_wrong_part_in_the_address_is_told(at: Any, made: Path) -> None:
    app = at(made, part="<b>", colour="rainbow")
    assert "asks for part “<b>”" in said(app, "warning")
    assert "asks for colour “rainbow”" in said(app, "warning")
    assert len(app.table()) == 4


def printed(capsys: pytest.CaptureFixture[str], *verb: str) -> str:
    """What the command line prints."""
    capsys.readouterr()
    assert main(list(verb)) == 0
    return capsys.readouterr().out


def test_downloads_equal_the_command_line_and_the_table(
    at: Any, made: Path, downloads: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    import openpyxl

    app = at(made, part="areas")
    offered = {d.label: d for d in downloads}
    assert list(offered) == ["CSV", "Excel", "GeoJSON"]
    for label, kind in (("CSV", "csv"), ("GeoJSON", "geojson")):
        told = printed(capsys, "areas", "--workspace", str(made), "--format", kind)
        if kind == "csv":
            assert offered[label].build() == told
        else:
            ours, theirs = json.loads(offered[label].build()), json.loads(told)
            assert ours["features"] == theirs["features"]
            apart = {k for k in theirs["about"] if ours["about"].get(k) != theirs["about"][k]}
            assert apart == {"question"}, "only the words of the window differ"
    rows = list(csv.DictReader(io.StringIO(offered["CSV"].build())))
    assert [r["area"] for r in rows] == areas(app)["area"].tolist()
    assert [float(r["harm_days"]) for r in rows] == [float(x) for x in areas(app)["harm_days"]]
    book = openpyxl.load_workbook(io.BytesIO(offered["Excel"].build()))
    header, *body = book["Table"].iter_rows(values_only=True)
    assert list(header) == list(rows[0])
    assert [line[header.index("cells")] for line in body] == [D, A]
    about = {line[0]: line[1] for line in book["About"].iter_rows(values_only=True)}
    assert about["what"] == "Candidate hot spots"
    assert about["max_area_m2"] == "20000.0"


def test_a_bcu_alone_has_its_own_areas(at: Any, made: Path) -> None:
    app = at(made, part="areas", bcu="West")
    assert areas(app)["area"].tolist() == ["West-01"]
    assert areas(app)["label"].tolist() == ["A1"]


def test_by_count_there_are_areas_too(at: Any, made: Path) -> None:
    app = at(made, part="areas", by="count")
    assert [int(n) for n in areas(app)["n_incidents"]] == [3, 5]
    assert "ranked by number of incidents in that time" in said(app, "markdown")


def test_cells_too_large_for_an_area_are_told_and_the_cells_are_shown(at: Any, made: Path) -> None:
    app = at(made, part="areas", resolution="9")
    assert "no area fits" in said(app, "error")
    assert at(made, resolution="9").said("error") == ""


# ---------------------------------------------------------------- editing


def test_a_cell_beside_an_area_is_added_and_the_figures_follow(at: Any, made: Path) -> None:
    app = at(made, part="areas")
    choose(app, "South-01", "add")
    options = field(app, "Cell to add").options
    assert len(options) == 6
    assert options[0].startswith("To the north: Market Place, Preston")
    assert "2 incidents" in options[0]
    assert all("no incidents" in option for option in options[1:])
    change(app, Cell_to_add=int(B, 16))
    after = row(app, "South-01")
    assert (int(after["n_cells"]), int(after["n_incidents"]), float(after["harm_days"])) == (2, 7, 1548.5)
    assert "A. Analyst: added" in after["edits"]
    assert "(by the station)" in after["edits"]
    assert "2 cells (1 before), 7 incidents (5)" in said(app, "success")
    assert "more than the maximum of 20,000 m²" in said(app, "warning")
    assert "1 change. Not frozen yet" in said(app, "info")
    app.press("Undo the last change")
    assert int(row(app, "South-01")["n_incidents"]) == 5
    assert "no changes. Not frozen yet" in said(app, "info")


def test_a_cell_without_incidents_is_added_and_dropped(at: Any, made: Path) -> None:
    app = at(made, part="areas")
    choose(app, "South-01", "add")
    change(app, Cell_to_add=int(QUIET, 16))
    assert (int(row(app, "South-01")["n_cells"]), int(row(app, "South-01")["n_incidents"])) == (2, 5)
    choose(app, "West-01", "name")  # another area is changed while that cell stands in the draft
    change(app, Name="The Promenade")
    assert row(app, "West-01")["name"] == "The Promenade"
    choose(app, "South-01", "drop")
    change(app, Cell_to_take_out=int(QUIET, 16))
    assert int(row(app, "South-01")["n_cells"]) == 1
    assert "3 changes" in said(app, "info")


def test_the_cell_picked_on_the_map_is_what_the_form_starts_from(at: Any, made: Path) -> None:
    app = at(made, part="areas", cell=D)
    assert field(app, "Area").value == "West-01"
    assert "The picked cell is in AW1" in said(app, "caption")
    app = at(made, part="areas", cell=C)  # in no area, and beside none
    assert "The picked cell is in no area" in said(app, "caption")
    choose(app, "South-01", "add")
    assert field(app, "Cell to add").value == int(C, 16)
    change(app)
    assert int(row(app, "South-01")["n_incidents"]) == 6
    assert "not connected" in said(app, "warning")
    for strange in ("<b>", h3.cell_to_parent(C, 9), h3.cell_to_children(C)[0]):  # no cell of this map
        assert "picked" not in said(at(made, part="areas", cell=strange), "caption")


def test_an_area_is_made_named_given_a_role_and_dropped(at: Any, made: Path) -> None:
    app = at(made, part="areas")
    choose(app, "South-01", "new")
    change(app, Cell_to_begin_with=int(C, 16))
    assert areas(app)["area"].tolist() == ["West-01", "South-01", "South-02"]
    assert (row(app, "South-02")["name"], int(row(app, "South-02")["n_incidents"])) == ("Penwortham, Blackpool Road", 1)
    assert field(app, "Area").value == "South-02"
    choose(app, "South-02", "role")
    change(app, Role="treated")
    assert (row(app, "South-02")["role"], row(app, "South-02")["label"]) == ("treated", "TS2")
    assert "role treated (by the station)" in row(app, "South-02")["edits"]
    choose(app, "South-01", "remove")
    change(app)
    assert areas(app)["area"].tolist() == ["West-01", "South-02"]
    app.press("Discard the draft")
    assert areas(app)["area"].tolist() == ["West-01", "South-01"]


@pytest.mark.parametrize(
    ("what", "fields", "told"),
    [
        ("drop", {}, "South-01 would have no cell left. Drop the whole area instead."),
        ("name", {"Name": " "}, "An area needs a name."),
        ("name", {"Name": "Blackpool, Promenade"}, "Another area is named 'Blackpool, Promenade' already."),
        ("add", {"reason": " "}, "please give the reason"),
        ("add", {"name": ""}, "please give your name"),
        ("role", {"name": "", "reason": ""}, "please give your name and the reason"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(
    at: Any, made: Path, what: str, fields: dict[str, str], told: str
) -> None:
    app = at(made, part="areas")
    before = areas(app)
    choose(app, "South-01", what)
    change(app, **fields)
    assert told in said(app, "error")
    assert areas(app).equals(before)
    assert "Your draft" not in said(app, "info")


def test_the_author_is_asked_for_once(at: Any, made: Path) -> None:
    app = added(at(made, part="areas"))
    assert field(app, "Your name", "area_edit").value == "A. Analyst"
    assert field(app, "Your name", "area_freeze").value == "A. Analyst"
    assert field(app, "Why", "area_edit").value == "", "a reason is for one change"


# ---------------------------------------------------------------- the ground under a draft


def test_a_draft_survives_a_change_of_page(at: Any, made: Path) -> None:
    app = added(at(made, part="areas"))
    for page in ("Data", "Hot spots"):
        app.go(page)
    assert int(row(app, "South-01")["n_incidents"]) == 7
    app.press("Undo the last change")
    assert int(row(app, "South-01")["n_incidents"]) == 5


def test_another_question_is_told_and_figures_are_summed_anew(at: Any, made: Path) -> None:
    app = added(at(made, part="areas"))
    app.choose(To_month="2024-01")
    assert "Window: the draft's figures are for 2024-01 to 2024-02, the page shows 2024-01 to 2024-01" in said(
        app, "warning"
    )
    assert int(row(app, "South-01")["n_incidents"]) == 7
    assert not [b for b in app.test.button if b.label in ("Change the draft", "Freeze")]
    assert not app.test.get("download_button")
    app.press("Work its figures out again")
    assert int(row(app, "South-01")["n_incidents"]) == 6  # the robbery was in February
    assert "1 change. Not frozen yet" in said(app, "info")
    app.choose(BCU="West")
    app.press("Work its figures out again")
    assert "These areas lie in South, but the page shows West BCU alone" in said(app, "error")
    app.choose(BCU="all")
    assert int(row(app, "South-01")["n_incidents"]) == 6
    assert "the draft's figures are for" not in said(app, "warning"), "back at its question all is as it was"


def test_new_data_under_a_draft_are_told(at: Any, own: Path) -> None:
    app = added(at(own, part="areas"))
    import_files(own, [street("2024-02", [crime(f"n{i}", "2024-02") for i in range(3)])], "police-uk", replacing=True)
    app.run()
    assert "The data have changed since the draft's figures were summed." in said(app, "warning")
    app.press("Work its figures out again")
    assert int(row(app, "South-01")["n_incidents"]) == 9  # the month anew: 4 and 3 in A, 2 in B


# ---------------------------------------------------------------- exclusions


def exclude(app: Any, cell: str, kind: str = "prison", author: str = "A. Analyst", note: str = "") -> Any:
    field(app, "Cell to exclude").set_value(cell)
    field(app, "What is there").set_value(kind)
    field(app, "Your name", "area_exclude").set_value(author)
    field(app, "Note (needed for “other”)").set_value(note)
    return app.press("Exclude this cell")


def test_an_excluded_cell_is_in_no_candidate_until_it_is_let_in(at: Any, own: Path) -> None:
    app = at(own, part="areas")
    choose(app, "South-01", "add")
    exclude(app, A)
    assert [f"{c:x}" for c in excluded_cells(own)] == [A]
    assert [int(n) for n in areas(app)["n_incidents"]] == [3, 2], "B takes its place"
    table = app.table("what")
    assert table[["what", "kind", "author", "cell"]].to_numpy().tolist() == [["excluded", "prison", "A. Analyst", A]]
    choose(app, "South-01", "add")
    assert "1 excluded" in said(app, "caption")
    assert not [o for o in field(app, "Cell to add").options if A in o]
    field(app, "Your name", "area_lift").set_value("B. Chief")
    app.press("Lift this exclusion")
    assert excluded_cells(own) == []
    assert [int(n) for n in areas(app)["n_incidents"]] == [3, 5]
    assert app.table("what")["what"].tolist() == ["lifted", "excluded"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "other"}, "needs a note that says which"),
        ({"author": " "}, "An exclusion needs an author"),
    ],
)
def test_an_exclusion_that_is_refused_is_said(at: Any, own: Path, given: dict[str, str], told: str) -> None:
    app = at(own, part="areas")
    exclude(app, D, **given)
    assert told in said(app, "error")
    assert excluded_cells(own) == []


def test_a_draft_that_holds_an_excluded_cell_is_not_frozen(at: Any, own: Path) -> None:
    app = added(at(own, part="areas"))
    exclude(app, B, "hospital")
    freeze(app)
    assert f"South-01 holds '{B}', which is excluded" in said(app, "error")
    assert area_register.registers(own).empty


# ---------------------------------------------------------------- freezing, and the register


def test_what_is_frozen_is_stored_and_stays(at: Any, own: Path) -> None:
    app = freeze(added(at(own, part="areas")), "summer-2026")
    kept = area_register.load(own, "summer-2026@1")
    assert f"Frozen as `summer-2026@1`: 2 areas from {kept.valid_from:%d/%m/%Y}. SHA-256 `{kept.sha256}`" in said(
        app, "success"
    )
    assert app.address["part"] == "register"
    south = kept.areas.set_index("area").loc["South-01"]
    assert set(south["cells"]) == {A, B}
    assert (south["n_incidents"], south["harm_days"]) == (7, 1548.5)
    assert (kept.author, kept.note) == ("A. Analyst", "First list")
    assert kept.definition["areas_from"] == "candidates"
    assert len(kept.definition["changes"]) == 1
    assert f"added {B} (by the station)" in kept.definition["changes"][0]
    assert kept.definition["window"] == ["2024-01-01", "2024-02-29"]
    app.test.segmented_control[0].set_value("areas")
    app.run()
    assert "Your draft" not in said(app, "info"), "the draft ended"
    import_files(own, [street("2024-03", [crime(f"n{i}", "2024-03") for i in range(9)])], "police-uk")
    app = at(own, part="register")
    assert int(row(app, "South-01")["n_incidents"]) == 7
    assert f"SHA-256 {kept.sha256}, verified" in said(app, "success")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sure": False}, "tick the box"),
        ({"name": "Not A Name!"}, "'Not A Name!' cannot be a register's name"),
        ({"note": " "}, "a note that says why"),
        ({"author": ""}, "an author"),
    ],
)
def test_a_freeze_that_is_refused_is_said_and_keeps_the_draft(
    at: Any, own: Path, given: dict[str, Any], told: str
) -> None:
    app = freeze(added(at(own, part="areas")), **given)
    assert told in said(app, "error")
    assert area_register.registers(own).empty
    assert int(row(app, "South-01")["n_incidents"]) == 7


def test_one_bcu_is_frozen_alone(at: Any, own: Path) -> None:
    app = freeze(at(own, part="areas", bcu="West"))
    kept = area_register.load(own, "hot-spots-west")
    assert kept.areas["area"].tolist() == ["West-01"]
    assert kept.definition["question"]["bcu"] == "West"
    app.choose(BCU="South")
    assert "The map shows the areas of South BCU" in said(app, "caption")
    assert areas(app)["area"].tolist() == ["West-01"]


def test_a_new_version_begins_from_a_frozen_one(at: Any, own: Path) -> None:
    app = freeze(added(at(own, part="areas")), "north")
    app.press("Start a new version from this one")
    assert app.address["part"] == "areas"
    assert "made from north@1: 2 areas, no changes" in said(app, "info")
    assert int(row(app, "South-01")["n_incidents"]) == 7
    assert field(app, "Name of the register").value == "north"
    choose(app, "South-01", "drop")
    change(app, Cell_to_take_out=int(B, 16))
    freeze(app, note="B was a mistake")
    assert "How were these areas chosen?" in said(app, "error")
    field(app, "How were they chosen?").set_value("hand")
    freeze(app, note="B was a mistake")
    listed = app.table("sha256")
    assert listed["ref"].tolist() == ["north@2", "north@1"]
    assert listed["valid_to"].tolist() == ["further notice", "never began"]  # both on the same day
    assert int(row(app, "South-01")["n_incidents"]) == 5
    field(app, "Version").set_value("north@1")
    app.run()
    assert int(row(app, "South-01")["n_incidents"]) == 7
    definition = area_register.load(own, "north@2").definition
    assert (definition["areas_from"], definition["chosen"]) == ("north@1", {"how": "hand"})
    assert area_register.load(own, "north@1").definition["chosen"]["how"] == "ranking"  # what the candidates are


def test_downloads_of_a_version_are_those_of_the_command_line(
    at: Any, own: Path, downloads: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    app = freeze(added(at(own, part="areas")), "north")
    downloads.clear()
    app.run()
    for label, kind in (("CSV", "csv"), ("GeoJSON", "geojson")):
        told = printed(capsys, "areas", "list", "--name", "north", "--workspace", str(own), "--format", kind)
        own_file = next(d for d in downloads if d.label == label).build()
        assert own_file == told.rstrip("\n") + ("\n" if kind == "csv" else "")
    assert {d.file_name for d in downloads} == {"north-1.csv", "north-1.xlsx", "north-1.geojson"}


def test_a_version_that_was_tampered_with_is_told(at: Any, own: Path) -> None:
    freeze(at(own, part="areas"), "north")
    (database,) = own.rglob("*.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER register_areas_no_update")
        connection.execute("UPDATE register_areas SET n_incidents = 99")
    app = at(own, part="register")
    assert "north@1 is not as it was frozen" in said(app, "error")
    assert "verified" not in said(app, "success")
    with pytest.raises(HotspotsError, match="not as it was frozen"):
        area_register.load(own, "north")


def test_without_a_register_the_page_says_how_to_begin(at: Any, made: Path, empty: Path) -> None:
    assert "No areas have been frozen yet" in said(at(made, part="register"), "info")
    assert "There is no data here yet" in said(at(empty, part="areas"), "info")


def test_the_register_is_there_when_the_window_is_empty(at: Any, own: Path) -> None:
    freeze(at(own, part="areas", bcu="West"))
    app = at(own, bcu="East", part="register")
    assert areas(app)["area"].tolist() == ["West-01"]
    app.test.segmented_control[0].set_value("areas")
    app.run()
    assert "No such incident lies in East BCU" in said(app, "info")


def test_hostile_names_stay_text(at: Any, hostile: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(hostile, tmp_path / "hostile"))
    app = at(own, part="areas", source="police-uk")
    assert any("<script>" in name for name in areas(app)["name"])
    assert "<script>" not in app.said()
    app = freeze(app, "hostile", note="[x](javascript:alert(1)) $x$")
    assert "](javascript" not in app.said()
    assert "<script>" not in app.said()


# ---------------------------------------------------------------- the map


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What the page gives to the two ways of drawing: (deck.gl, SVG)."""
    from hotspots.ui import components

    seen: list[tuple[dict[str, Any], dict[str, Any]]] = []
    monkeypatch.setattr(components, "map_view", lambda deck, svg, *a, **k: seen.append((json.loads(deck), svg)))
    return seen


def outlines(deck: dict[str, Any]) -> int:
    return sum(len(layer["data"]) for layer in deck["layers"] if layer["id"] == "areas")


def test_areas_are_outlined_in_both_drawings(at: Any, own: Path, drawn: list[Any]) -> None:
    app = at(own)
    deck, svg = drawn[-1]
    assert (outlines(deck), [a["n"] for a in svg["areas"]]) == (2, ["AW1", "AS1"])
    assert svg["marked"] == ""
    app.test.segmented_control[0].set_value("areas")
    app.run()
    choose(app, "South-01", "role")
    change(app, Role="comparison")
    deck, svg = drawn[-1]
    assert [(a["n"], a["line"]) for a in svg["areas"]] == [("A1", "dotted"), ("C1", "dashed")]
    assert svg["marked"] != ""
    assert deck["initialViewState"]["zoom"] > 12, "the map goes to the area that is changed"
    freeze(app, "north")
    assert [a["n"] for a in drawn[-1][1]["areas"]] == ["A1", "C1"]
    app.choose(BCU="South")
    assert [a["n"] for a in drawn[-1][1]["areas"]] == ["C1"]
    assert outlines(drawn[-1][0]) == 1


def test_the_map_is_coloured_as_asked(at: Any, demo: Path, made: Path, drawn: list[Any]) -> None:
    app = at(demo, bcu="West")
    assert drawn[-1][1]["legend_title"] == "Expected harm, days"
    box = app.widget("Colour the map by")
    assert box.options == ["What is ranked: expected harm", "Chance of being in the next months' top 20",
                           "Pattern: new, persistent, fading …"]  # fmt: skip
    box.set_value("pattern")
    app.run()
    assert drawn[-1][1]["legend_title"] == "Pattern"
    assert "■" in {item.get("glyph") for item in drawn[-1][1]["legend"]}
    assert "persistent" in " ".join(item["label"] for item in drawn[-1][1]["legend"])
    assert app.address["colour"] == "pattern"
    app.widget("Colour the map by").set_value("p_top_next")
    app.run()
    assert drawn[-1][1]["legend_title"] == "Chance of being in the next months' top"
    app = at(made, colour="pattern")
    assert "Patterns need at least 4 observed periods" in said(app, "info")
