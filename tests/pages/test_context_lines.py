"""The context lines of the Change page by themselves: read, added, corrected, withdrawn."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hotspots.base.profile import home
from hotspots.change import context
from hotspots.store.database import FILE
from tests.conftest import REPOSITORY
from tests.workspaces import HOSTILE, make_police

JOINER = "\u2060"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_police(tmp_path_factory.mktemp("context"))


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(made, tmp_path / "own"))


class Page:
    """One session with the context lines, and the few things a reader does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, workspace: Path, **query: str):
        from streamlit.testing.v1 import AppTest

        monkeypatch.setenv("HOTSPOTS_WORKSPACE", str(workspace))
        self.test = AppTest.from_file(str(REPOSITORY / "tests/pages/context_app.py"), default_timeout=60)
        for name, value in query.items():
            self.test.query_params[name] = value
        self.run()

    def run(self) -> Page:
        self.test.run()
        assert not [e.message for e in self.test.exception]
        return self

    def said(self, kind: str) -> str:
        return "\n".join(str(e.value) for e in self.test.get(kind)).replace(JOINER, "").replace("\\", "")

    def tables(self) -> list[Any]:
        return [t.value for t in self.test.dataframe]

    def fill(self, tab: int, **by_label: Any) -> Page:
        """Fields of a form by label; the tabs are add, correct, withdraw."""
        for label, value in by_label.items():
            name = {"Your": "Your name", "What": "What it was"}.get(label, label.replace("_", " "))
            inside = self.test.tabs[tab]
            found = [
                w for kind in ("text_input", "selectbox", "date_input") for w in inside.get(kind) if w.label == name
            ]
            assert len(found) == 1, f"{len(found)} widgets are labelled {name}"
            found[0].set_value(value)
        return self

    def press(self, label: str) -> Page:
        (button,) = [b for b in self.test.button if b.label == label]
        button.click()
        return self.run()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, own: Path) -> Page:
    return Page(monkeypatch, own)


def test_the_lines_that_touch_the_windows_come_first(page: Page) -> None:
    near, every = page.tables()
    assert {"COVID-19 restrictions", "National lockdown (COVID-19)", "Operation Sceptre"} <= set(near["name"])
    assert "Operation Centurion" not in set(near["name"])  # it began in 2023
    ends = near.set_index("line")["last_day"]
    assert ends[["s-covid", "s-strangulation"]].tolist() == ["2021-07-18", "since then"]
    assert len(every) == len(context.shipped(home()))
    for table in (near, every):  # holidays are many, so they come last
        first = table["kind"].tolist().index("holiday")
        assert first > 0
        assert set(table["kind"].iloc[first:]) == {"holiday"}
    assert page.said("warning") == page.said("error") == ""


def test_where_nothing_touches_it_says_so(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    page = Page(monkeypatch, own, before="2015-01..2015-02", after="2015-03..2015-04")
    assert "No context line touches these windows." in page.said("caption")


def test_a_line_is_added_and_seen_at_once(page: Page, own: Path) -> None:
    page.fill(0, What="Operation Test", Kind="operation", First_day="2022-03-07", Last_day="2022-03-13", Where="West",
              Where_the_dates_come_from="the diary", Your="Ann", Why_it_matters="extra patrols")  # fmt: skip
    page.press("Add this line")
    assert "Line c-1 is stored: Operation Test." in page.said("success")
    row = context.lines(own).set_index("line").loc["c-1"]
    assert row[["kind", "first_day", "last_day", "where", "author", "note"]].tolist() == [
        "operation", "2022-03-07", "2022-03-13", "West", "Ann", "extra patrols",
    ]  # fmt: skip
    assert all("Operation Test" in set(t["name"]) for t in page.tables())
    assert page.tables()[-1]["what"].tolist() == ["added"]


def test_a_line_without_an_end_holds_for_good(page: Page, own: Path) -> None:
    page.fill(0, What="New centre", Kind="other", First_day="2022-03-07", Your="Ann", Why_it_matters="more people")
    page.press("Add this line")
    assert context.lines(own).set_index("line").loc["c-1", "last_day"] == ""


def test_what_is_missing_is_told_and_what_was_typed_stays(page: Page, own: Path) -> None:
    page.fill(0, First_day="2022-03-07", Last_day="2022-03-01", Where_the_dates_come_from="the diary")
    page.press("Add this line")
    told = page.said("error")
    assert "This needs an author and a note that says why" in told
    assert "A context line needs a name" in told
    assert "The last day (2022-03-01) is before the first (2022-03-07)" in told
    (source,) = [w for w in page.test.tabs[0].text_input if w.label == "Where the dates come from"]
    assert source.value == "the diary"
    assert "c-1" not in set(context.history(own)["line"])


def test_a_shipped_line_is_corrected_from_what_it_says(page: Page, own: Path) -> None:
    page.fill(1, Line_to_correct="s-covid").run()
    (last,) = [w for w in page.test.tabs[1].date_input if w.label == "Last day"]
    assert str(last.value) == "2021-07-18"
    page.fill(1, Last_day="2022-02-23", Your="Ann", Why="isolating ended then").press("Store the correction")
    assert "Line s-covid is corrected: COVID-19 restrictions." in page.said("success")
    row = context.lines(own).set_index("line").loc["s-covid"]
    assert (row["first_day"], row["last_day"]) == ("2020-03-23", "2022-02-23")
    assert (row["author"], row["note"]) == ("Ann", "isolating ended then")
    assert row["source"] == context.shipped(home()).set_index("line").loc["s-covid", "source"]
    assert "2022-02-23" in set(page.tables()[0]["last_day"])


def test_a_line_is_withdrawn_and_stays_in_the_history(page: Page, own: Path) -> None:
    page.fill(2, Line_to_withdraw="s-covid").run()
    page.fill(2, Your="Ann", Why="told elsewhere").press("Withdraw this line")
    assert "Line s-covid is withdrawn" in page.said("success")
    assert "s-covid" not in set(context.lines(own)["line"])
    assert all("s-covid" not in set(t["line"]) for t in page.tables()[:2])
    assert page.tables()[-1][["what", "note"]].to_numpy().tolist() == [["withdrawn", "told elsewhere"]]


def test_text_of_people_stays_text(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    for i, words in enumerate(HOSTILE):
        name = " ".join(words.split())[:120]
        context.add_line(own, "other", name, f"2022-01-{i + 1:02d}", "", "all", words, "Ann", words)
    page = Page(monkeypatch, own)
    assert {" ".join(w.split())[:120] for w in HOSTILE} <= set(page.tables()[0]["name"])
    page.fill(2, Line_to_withdraw="c-1").run()
    page.fill(2, Your="Ann", Why="x").press("Withdraw this line")
    (told,) = page.test.success
    assert "\\<script\\>" in told.value


def test_a_damaged_row_is_a_sentence_and_not_a_crash(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    context.add_line(own, "other", "Old", "2022-01-01", "", "all", "", "Ann", "why")
    with sqlite3.connect(own / FILE) as connection:
        connection.execute("drop trigger context_lines_no_update")
        connection.execute("update context_lines set name = 'New'")
    page = Page(monkeypatch, own)
    assert "Context line c-1 is not as it was written" in page.said("error")
    assert page.tables() == []
