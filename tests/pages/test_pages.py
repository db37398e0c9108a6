"""Every page loads, alone and from the first page, on every kind of workspace, and says what it must."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hotspots.store.workspace import open_workspace
from hotspots.ui import words
from hotspots.ui.show import plain_text
from tests.conftest import REPOSITORY
from tests.pages.conftest import PAGES

HOLDERS = ("demo", "police", "both", "flagless", "hostile")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("holder", [*HOLDERS, "empty"])
@pytest.mark.parametrize("cold", [True, False], ids=["cold", "from the first page"])
def test_every_page_loads(at: Any, request: pytest.FixtureRequest, holder: str, page: str, cold: bool) -> None:
    app = at(request.getfixturevalue(holder), page, cold)
    assert app.title == page
    assert app.said("error") == ""
    # a warning about the address would mean that the page warns about what it wrote there itself
    assert "The address asks" not in app.said("warning")
    assert [link.proto.label for link in app.test.sidebar.get("page_link")] == list(PAGES)


def test_every_page_of_the_folder_is_in_the_menu() -> None:
    files = {"app.py"} | {f"pages/{p.name}" for p in (REPOSITORY / "pages").glob("*.py")}
    assert {path for path, _ in words.PAGES} == files == set(PAGES.values())


def test_no_page_asks_for_an_icon_from_elsewhere() -> None:
    """page_icon=':material/…' is fetched from a font server by the browser; every other icon ships."""
    for path in [REPOSITORY / "app.py", *REPOSITORY.glob("pages/*.py"), *REPOSITORY.glob("hotspots/ui/*.py")]:
        assert "page_icon" not in path.read_text(encoding="utf-8"), path.name


def test_the_settings_keep_everything_on_this_machine() -> None:
    settings = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["enableStaticServing"] is False  # a folder that is served is open to anyone
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"  # no paths, no data in a traceback
    assert settings["client"]["showErrorLinks"] is False  # no "Ask Google", no "Ask ChatGPT"


@pytest.mark.parametrize("page", PAGES)
def test_synthetic_data_is_called_synthetic_on_every_page(at: Any, demo: Path, police: Path, page: str) -> None:
    assert words.SYNTHETIC in at(demo, page).said("warning")
    assert "ynthetic" not in at(police, page).said("warning", "info", "caption", "header")


@pytest.mark.parametrize("page", ["Overview", "Hot spots"])
def test_an_empty_workspace_leads_to_import_and_to_the_demo(at: Any, empty: Path, page: str) -> None:
    app = at(empty, page)
    assert words.EMPTY in app.said("info")
    assert "Import data" in [link.proto.label for link in app.test.main.get("page_link")]
    assert "Build the demo" in [button.label for button in app.test.main.button]
    assert not app.test.dataframe
    assert not empty.exists(), "looking at a page made a workspace"


@pytest.mark.parametrize("page", ["Overview", "Hot spots"])
def test_the_demo_is_built_at_a_press(
    at: Any, empty: Path, patrolled: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """The demo that all tests share, put where the page asks for it: it was built by the same function."""
    monkeypatch.setattr("hotspots.demo.workspace.build_demo", lambda folder: shutil.copytree(patrolled, folder))
    app = at(empty, page)
    app.press("Build the demo")
    assert words.SYNTHETIC in app.said("warning")
    assert open_workspace(empty).manifest.kind == "synthetic"
    assert len(app.test.dataframe)


@pytest.mark.parametrize(("lost", "said"), [(False, "is damaged"), (True, "has no manifest.json")])
def test_a_damaged_workspace_is_told_and_nothing_else_shown(
    at: Any, police: Path, tmp_path: Path, lost: bool, said: str
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(police, folder)
    (folder / "manifest.json").write_text('{"schema": 1', encoding="utf-8")
    if lost:
        (folder / "manifest.json").unlink()
    for page in PAGES:
        app = at(folder, page)
        assert said in app.said("error")
        assert not app.test.dataframe


def test_overview_gives_each_bcu_its_first_cells(at: Any, police: Path) -> None:
    app = at(police, "Overview")
    counts = {t.value["place"].iloc[0].split(",")[0]: t.value["n_incidents"].tolist() for t in app.test.dataframe}
    assert counts == {"Promenade": [4], "High Street": [7, 1], "Manchester Road": [1]}
    assert [h.value for h in app.test.subheader] == ["West", "South", "East"]
    # 14 rows of violence that lie in the force, 5 not violent, 1 nowhere, 1 in Kent
    assert "20 incidents in 3 months" in app.said("markdown")


def test_data_page_reports_rows_that_add_up(at: Any, hostile: Path) -> None:
    table = at(hostile, "Data").table("quarantined")
    parts = table[["accepted", "updated", "unchanged", "repeated", "quarantined"]].sum(axis=1)
    assert (parts == table["read"]).all()
    assert table.groupby("file")["quarantined"].first().sum() == 1


def test_method_page_names_every_weight_set_with_its_hash(at: Any, police: Path) -> None:
    table = at(police, "Method").table("SHA-256")
    assert len(table) >= 2
    assert table["SHA-256"].str.fullmatch("[0-9a-f]{16}").all()
    assert set(table["Proxy"]) == {"yes", "no"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a [b](c) *d*", r"a \[b\]\(c\) \*d\*"),
        ("<b> $x$ #h `c` ~~s~~", r"\<b\> \$x\$ \#h \`c\` \~\~s\~\~"),
        ("10:30", r"10\:30"),
        (":material/x:", "\\:\u2060material/x\\:"),
        ("http://a.example", "http\\:\u2060//a.example"),
        ("WWW.a.example b@c.example", "WWW\u2060.a.example b@\u2060c.example"),
        ("line\n# break", r"line \# break"),
    ],
)
def test_plain_text(given: str, shown: str) -> None:
    assert plain_text(given) == shown


def test_every_problem_of_an_error_is_shown() -> None:
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        import streamlit as st

        from hotspots.base.errors import HotspotsError
        from hotspots.ui.show import errors_shown

        with errors_shown():
            raise HotspotsError(["First: *found*.", "Second."])
        st.text("after")

    app = AppTest.from_function(script).run()
    assert [e.value for e in app.error] == [r"First\: \*found\*.", "Second."]
    assert app.text[0].value == "after"
