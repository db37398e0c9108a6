"""The Data page makes a mapping from a file: proposed, corrected, tried on ten rows, kept, and used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotspots.sources.mapping import read_mapping
from hotspots.store.workspace import open_workspace
from hotspots.ui.data import PROPOSED

CRIMES = b"""Nr,What,When,E,N,Class
R1,Robbery,13/05/2026 21:30,354000,429500,034/02
R2,Wounding,14/05/2026 21:30,354100,429500,008/01
"""
AVL = b"""Resource Callsign,Fix Time,Lat,Long,Resource Status
BP01,2026-05-13 14:00:05,53.819835,-3.049675,State 5
BP01,2026-05-13 14:01:05,53.819835,-3.049685,Patrol
"""


def with_file(at: Any, folder: Path, source: str, name: str, content: bytes) -> Any:
    app = at(folder, "Data")
    next(b for b in app.test.selectbox if b.label == "What is it?").select(source)
    app.run()
    next(u for u in app.test.file_uploader if u.label == "File to look at").upload(name, content, "text/csv")
    return app.run()


def box(app: Any, label: str) -> Any:
    return next(b for b in app.test.selectbox if b.label == label)


def test_a_mapping_is_made_in_select_boxes_and_imports_the_file(at: Any, empty: Path, downloads: list) -> None:
    app = with_file(at, empty, "incidents", "crimes.csv", CRIMES)
    assert "Which column is an offence" in app.said("warning")
    assert next(b for b in app.test.button if b.label == "Import with this mapping").disabled
    assert box(app, "Committed from (needed)").value == "When"
    assert box(app, "Easting").value == "E"
    box(app, "Number of the record (needed)").select("Nr")
    box(app, "Home Office class").select("Class")
    box(app, "Offence, in words").select("What")
    next(t for t in app.test.text_input if t.label == "Whose system it is").set_value("Athena, Lancashire")
    downloads.clear()
    app.press("Show ten rows")
    rows = app.table("record_id")
    assert rows["record_id"].tolist() == ["R1", "R2"]
    assert rows["ho_class"].tolist() == ["034/02", "008/01"]
    (file,) = [d for d in downloads if d.file_name == "crimes.toml"]
    made = read_mapping("incidents", file.build)
    assert made.system == "Athena, Lancashire"
    assert made.columns["ho_class"] == ("Class",)
    app.press("Save in this workspace")
    assert "Saved as crimes.toml" in app.said("success")
    app.press("Import with this mapping")
    assert open_workspace(empty).manifest.reports[0].accepted == 2
    app.run()
    assert "crimes.toml (Athena, Lancashire)" in box(app, "Mapping").options


def test_a_file_given_without_a_mapping_is_looked_at_and_imported_from_there(at: Any, empty: Path) -> None:
    app = at(empty, "Data")
    box(app, "What is it?").select("incidents")
    app.run()
    assert box(app, "Mapping").value == PROPOSED
    next(u for u in app.test.file_uploader if u.label.startswith("Files")).upload("crimes.csv", CRIMES, "text/csv")
    app.press("Import")
    assert not (empty / "manifest.json").exists()
    box(app, "Number of the record (needed)").select("Nr")
    box(app, "Offence, in words").select("What")
    next(t for t in app.test.text_input if t.label == "Whose system it is").set_value("Athena, Lancashire")
    app.press("Show ten rows")
    app.press("Save in this workspace")
    app.press("Import with this mapping")
    assert open_workspace(empty).manifest.reports[0].accepted == 2
    app.run()
    assert box(app, "Mapping").value == "crimes.toml (Athena, Lancashire)"
    assert not any(b.label == "Import with this mapping" for b in app.test.button)


def test_statuses_that_mean_a_call_are_chosen(at: Any, empty: Path, downloads: list) -> None:
    app = with_file(at, empty, "pings", "avl.csv", AVL)
    calls = next(m for m in app.test.multiselect if m.label == "Which statuses mean a call?")
    assert (calls.options, calls.value) == (["PATROL", "STATE 5"], [])
    calls.select("STATE 5")
    app.press("Show ten rows")
    assert app.table("on_call")["on_call"].tolist() == [True, False]
    assert "BP01" not in str(app.table("on_call"))


def test_a_mapping_that_cannot_be_is_a_sentence_and_not_kept(at: Any, empty: Path) -> None:
    app = with_file(at, empty, "pings", "avl.csv", AVL)
    next(t for t in app.test.text_input if t.label == "Name of the feed").set_value("Über")
    box(app, "Time (needed)").select("")
    app.press("Show ten rows")
    assert "must name 'time'" in app.said("error").replace("\\", "")
    assert next(b for b in app.test.button if b.label == "Save in this workspace").disabled


def test_a_file_that_is_none_is_a_sentence(at: Any, empty: Path) -> None:
    app = with_file(at, empty, "incidents", "crimes.csv", b"")
    assert "is empty (0 bytes)" in app.said("error").replace("\\", "")
