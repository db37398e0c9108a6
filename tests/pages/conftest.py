"""The pages by AppTest, each on its own workspace.

What Streamlit caches is keyed by the workspace's folder and version, and stays from one test to the next as it does
from one reader to the next; a test that stands something else in the place of a function asks for ``nothing_cached``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hotspots.ui import words
from tests.conftest import REPOSITORY
from tests.workspaces import both, demo, flagless, hostile, patrolled, police  # noqa: F401

PAGES = {name: path for path, name in words.PAGES}


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """AppTest looks through every installed package for components each time a session begins: half a second."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def nothing_cached() -> Iterator[None]:
    """No answer of an earlier test, and none of this one later."""
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "none"


class App:
    """One session of the app: what it shows, and the few things a reader does."""

    def __init__(self, workspace: Path, query: dict[str, str]):
        from streamlit.testing.v1 import AppTest

        self.workspace = workspace
        self.test = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60)
        for name, value in query.items():
            self.test.query_params[name] = value

    def run(self) -> App:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.test.run()
        problems = [e.message for e in self.test.exception]
        assert not problems, f"the page shows an exception: {problems}"
        return self

    def go(self, page: str) -> App:
        """A page by its name, as its link in the menu does: the address keeps no filter."""
        self.test.query_params.clear()
        self.test.switch_page(PAGES[page])
        return self.run()

    @property
    def title(self) -> str:
        return str(self.test.title[0].value)

    def said(self, *kinds: str) -> str:
        """The words of these elements (default: all that hold words), one under another."""
        wanted = kinds or ("markdown", "caption", "warning", "error", "info", "success", "header", "subheader")
        return "\n".join(str(e.value) for kind in wanted for e in self.test.get(kind))

    def widget(self, label: str) -> Any:
        kinds = ("selectbox", "multiselect", "date_input", "text_input", "checkbox")
        found = [w for kind in kinds for w in self.test.get(kind) if w.label == label]
        assert len(found) == 1, f"{len(found)} widgets are labelled {label}"
        return found[0]

    def choose(self, **by_label: Any) -> App:
        """Set filters (underscores for blanks) and press Apply."""
        for label, value in by_label.items():
            self.widget(label.replace("_", " ")).set_value(value)
        return self.press("Apply")

    def press(self, label: str) -> App:
        buttons = [b for b in self.test.button if b.label == label]
        assert len(buttons) == 1, f"{len(buttons)} buttons are labelled {label}"
        buttons[0].click()
        return self.run()

    def table(self, having: str = "harm_sqrt") -> Any:
        """The one table with this column."""
        tables = [t.value for t in self.test.dataframe if having in t.value.columns]
        assert len(tables) == 1, f"{len(tables)} tables have a column {having}"
        return tables[0]

    @property
    def address(self) -> dict[str, str]:
        return {k: v[0] if isinstance(v, list) else v for k, v in self.test.query_params.items()}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., App]:
    """``at(workspace, page, bcu="South")``: a page, with what the address asks for.

    ``cold`` is a first request for that very page, so that app.py never runs; else the first page comes first.
    """

    def open_app(workspace: Path, page: str = "Hot spots", cold: bool = True, **query: str) -> App:
        monkeypatch.setenv("HOTSPOTS_WORKSPACE", str(workspace))
        app = App(workspace, query)
        if not cold:
            app.run()
        app.test.switch_page(PAGES[page])
        return app.run()

    return open_app


class Offered(NamedTuple):
    """A download as the page offers it."""

    label: str
    file_name: str
    mime: str
    build: Callable[[], Any]


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[Offered]:
    """Every download that a page offers, in order; the button itself is made as well."""
    import streamlit as st

    offered: list[Offered] = []
    real = st.download_button

    def record(label: str, **details: Any) -> bool:
        offered.append(Offered(label, details["file_name"], details["mime"], details["data"]))
        return bool(real(label, **details))

    monkeypatch.setattr(st, "download_button", record)
    return offered
