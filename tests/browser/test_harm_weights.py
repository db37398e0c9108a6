"""The Harm weights page in a real browser: a weight is typed, seen, saved and undone.

The workspace has one cell on the list; up to February and by harm days Preston leads Blackpool with robbery at 365
and the other way round at 1,000 (tests/pages/test_harm_weights.py has the sums).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hotspots.harm.weights import register as weight_register
from tests.browser.acting import body, said, until

PATH = "/Harm_weights?map=svg&to=2024-02&by=harm"
MARKS = """() => {
  const find = root => root.querySelector('svg.map') ??
    [...root.querySelectorAll('*')].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
  return [...find(document).querySelectorAll('text.number')].map(e => e.textContent)
}"""


@pytest.fixture
def own(police: Path, tmp_path: Path) -> Path:
    """A copy with one cell on the list."""
    folder = Path(shutil.copytree(police, tmp_path / "own"))
    (folder / "settings.toml").write_text("top = 1\n", encoding="utf-8")
    return folder


def press(page: Any, wait_idle: Any, name: str) -> None:
    page.get_by_role("button", name=name).click()
    wait_idle(page)


def grid(page: Any) -> Any:
    return page.locator('[data-testid="stDataFrame"]').first


def in_grid(page: Any) -> list[str]:
    """The words of its cells, once it has drawn them."""
    grid(page).locator('[role="gridcell"]').first.wait_for(state="attached")
    return [str(t) for t in grid(page).locator('[role="gridcell"]').all_inner_texts()]


def comes(page: Any, first: list[str]) -> bool:
    """Whether the grid's first cells read so soon: it is drawn anew after the rest of the page."""
    return until(page, lambda: in_grid(page)[: len(first)] == first)


def find(page: Any, wait_idle: Any, name: str, first: list[str]) -> None:
    """The one weight of this name, whose cells read so."""
    fill(page, wait_idle, "Search title or code", name)
    press(page, wait_idle, "Find")
    assert said(page, "1 of 13 weights")
    assert comes(page, first)


def type_days(page: Any, wait_idle: Any, text: str) -> None:
    """Into the column “Days” of the first row, slowly: the grid loses keys that come faster."""
    grid(page).scroll_into_view_if_needed()
    box = grid(page).bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 36 + 17)
    page.wait_for_timeout(200)
    page.keyboard.press("Home")  # a cell chosen before may be chosen still
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    field = page.locator('[id^="gdg-overlay-"] input')
    field.wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type(text, delay=60)
    page.keyboard.press("Enter")
    field.wait_for(state="detached")
    wait_idle(page)  # the grid waits a moment before it says what was typed


def fill(page: Any, wait_idle: Any, label: str, text: str, exact: bool = False) -> None:
    """A field that is left before anything is clicked: a click that also leaves a field may be lost."""
    field = page.get_by_label(label, exact=exact).first
    field.fill(text)
    field.blur()
    wait_idle(page)


def sign(page: Any, wait_idle: Any, why: str, reason: str) -> None:
    fill(page, wait_idle, "Your name", "A. Analyst")
    fill(page, wait_idle, why, reason, exact=True)


def n_versions(folder: Path) -> int:
    return len(weight_register.versions(folder))


def test_a_weight_is_edited_seen_saved_and_undone(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    """In one visit: what cannot be a weight is refused, and what is typed outlives other runs of the page."""
    page = open_page(serve(own) + PATH)
    assert "Both have the same weights" in body(page)
    before = n_versions(own)
    find(page, wait_idle, "robbery", ["Robbery", "365"])
    takes_no_weight_that_cannot_be(page, wait_idle)
    type_days(page, wait_idle, "1000")
    outlives_another_run(page, wait_idle)
    press(page, wait_idle, "See what changes")
    assert said(page, "1 of 1 cells change")
    assert until(page, lambda: "not saved: 365 → 1,000" in in_grid(page))
    page.locator("svg.map").wait_for(state="attached")
    assert until(page, lambda: page.evaluate(MARKS) == ["E1", "L1"])
    assert n_versions(own) == before, "looking stored something"
    sign(page, wait_idle, "Why you change it (needed to save)", "Robbery was too low")
    press(page, wait_idle, "Save as a new version")
    assert said(page, "Saved: version 2026.1")
    assert said(page, "1 of 1 cells change")
    assert until(page, lambda: "▲ up from 365" in in_grid(page))
    assert n_versions(own) == before + 1
    press(page, wait_idle, "Undo the last change …")
    assert said(page, "Nothing is deleted")
    sign(page, wait_idle, "Why", "It was right after all")
    press(page, wait_idle, "Undo it")
    assert said(page, "has the weights from before version 2026.1")
    assert comes(page, ["Robbery", "365"])
    assert n_versions(own) == before + 2
    history = weight_register.audit(own, "policeuk-proxy-2026")
    assert history["what"].tolist() == ["edit", "undo"]
    assert history["after"].tolist() == [1000, 365]


def takes_no_weight_that_cannot_be(page: Any, wait_idle: Any) -> None:
    """Neither more than a hundred years nor a word; and then one that can be."""
    type_days(page, wait_idle, "99999")
    page.keyboard.press("Escape")
    press(page, wait_idle, "See what changes")
    assert 0 <= float(in_grid(page)[1].replace(",", "")) <= 36_500
    type_days(page, wait_idle, "lots")
    press(page, wait_idle, "See what changes")
    assert said(page, "Robbery: the weight is empty. Give days; 0 if the offence shall add no harm.")
    type_days(page, wait_idle, "400")
    press(page, wait_idle, "See what changes")
    assert until(page, lambda: "the weight is empty" not in body(page))
    assert until(page, lambda: "not saved: 365 → 400" in in_grid(page))


def outlives_another_run(page: Any, wait_idle: Any) -> None:
    press(page, wait_idle, "Apply")  # the filters at the side: another form
    assert comes(page, ["Robbery", "1000"])
    find(page, wait_idle, "bicycle", ["Bicycle theft"])
    assert said(page, "1 weight changed and not saved")
    find(page, wait_idle, "robbery", ["Robbery", "1000"])


@pytest.mark.parametrize("look", ["wide", "phone", "dark", "nogl"])
def test_how_sure_in_every_look(served: Any, open_page: Any, wait_idle: Any, demo: Path, look: str) -> None:
    page = open_page(served(demo) + "/Harm_weights?map=svg", look=look)
    press(page, wait_idle, "Draw 500 weightings")
    assert said(page, "of 20 cells are in the top 20 under at least 90% of reasonable weightings")
    wide = page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        return [document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth]
    }""")
    assert max(wide) <= 2
