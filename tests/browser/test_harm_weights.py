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

PATH = "/Harm_weights?map=svg&to=2024-02&by=harm"
JOINER = "\u2060"
MARKS = """() => {
  const find = root => root.querySelector('svg.map') ??
    [...root.querySelectorAll('*')].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
  return [...find(document).querySelectorAll('text.number')].map(e => e.textContent)
}"""


@pytest.fixture
def own(police: Path, tmp_path: Path) -> Path:
    """A copy that the test may change, with one cell on the list."""
    folder = Path(shutil.copytree(police, tmp_path / "own"))
    (folder / "settings.toml").write_text("top = 1\n", encoding="utf-8")
    return folder


def body(page: Any) -> str:
    return str(page.inner_text('[data-testid="stMain"]')).replace(JOINER, "")


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
    """Whether the grid's first cells read so within a few seconds: it is drawn anew after the rest of the page."""
    for _ in range(25):
        if in_grid(page)[: len(first)] == first:
            return True
        page.wait_for_timeout(200)
    return False


def find_robbery(page: Any, wait_idle: Any) -> None:
    page.get_by_label("Search title or code").fill("robbery")
    press(page, wait_idle, "Find")
    assert "1 of 13 weights" in body(page)


def type_days(page: Any, text: str) -> None:
    """Into the column “Days” of the first row, slowly: the grid loses keys that come faster."""
    grid(page).scroll_into_view_if_needed()
    box = grid(page).bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 36 + 17)
    page.wait_for_timeout(200)
    page.keyboard.press("Home")  # a cell chosen before may be chosen still
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+A")
    page.keyboard.type(text, delay=60)
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)


def sign(page: Any, why: str, reason: str) -> None:
    page.get_by_label("Your name").first.fill("A. Analyst")
    page.get_by_label(why, exact=True).first.fill(reason)


def n_versions(folder: Path) -> int:
    return len(weight_register.versions(folder))


def test_a_weight_is_edited_seen_saved_and_undone(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    page = open_page(serve(own) + PATH)
    assert "Both have the same weights" in body(page)
    before = n_versions(own)
    find_robbery(page, wait_idle)
    type_days(page, "1000")
    assert in_grid(page)[:2] == ["Robbery", "1000"]
    press(page, wait_idle, "See what changes")
    assert "1 of 1 cells change" in body(page)
    assert "not saved: 365 → 1,000" in in_grid(page)
    page.locator("svg.map").wait_for(state="attached")
    assert page.evaluate(MARKS) == ["E1", "L1"]
    assert n_versions(own) == before, "looking stored something"
    sign(page, "Why you change it (needed to save)", "Robbery was too low")
    press(page, wait_idle, "Save as a new version")
    assert "Saved: version 2026.1" in body(page)
    assert "1 of 1 cells change" in body(page)
    assert "▲ up from 365" in in_grid(page)
    assert n_versions(own) == before + 1
    press(page, wait_idle, "Undo the last change …")
    assert "Nothing is deleted" in body(page)
    sign(page, "Why", "It was right after all")
    press(page, wait_idle, "Undo it")
    page.get_by_text("has the weights from before").first.wait_for()
    assert "has the weights from before version 2026.1" in body(page)
    assert comes(page, ["Robbery", "365"])
    assert n_versions(own) == before + 2
    history = weight_register.audit(own, "policeuk-proxy-2026")
    assert history["what"].tolist() == ["edit", "undo"]
    assert history["after"].tolist() == [1000, 365]


def test_what_is_typed_outlives_another_run(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    page = open_page(serve(own) + PATH)
    find_robbery(page, wait_idle)
    type_days(page, "1000")
    press(page, wait_idle, "Apply")  # the filters at the side: another form
    assert in_grid(page)[:2] == ["Robbery", "1000"]
    page.get_by_label("Search title or code").fill("bicycle")
    press(page, wait_idle, "Find")
    assert in_grid(page)[0] == "Bicycle theft"
    assert "1 weight changed and not saved" in body(page)
    press(page, wait_idle, "Discard my edits")
    assert "not saved. See" not in body(page)


def test_the_grid_takes_no_weight_that_cannot_be(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    page = open_page(serve(own) + PATH)
    find_robbery(page, wait_idle)
    type_days(page, "99999")
    page.keyboard.press("Escape")
    press(page, wait_idle, "See what changes")
    assert 0 <= float(in_grid(page)[1].replace(",", "")) <= 36_500
    assert n_versions(own) == 2


def test_a_weight_that_was_emptied_is_told(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    page = open_page(serve(own) + PATH)
    find_robbery(page, wait_idle)
    type_days(page, "lots")
    press(page, wait_idle, "See what changes")
    assert "Robbery: the weight is empty. Give days; 0 if the offence shall add no harm." in body(page)
    type_days(page, "400")
    press(page, wait_idle, "See what changes")
    assert "the weight is empty" not in body(page)
    assert "not saved: 365 → 400" in in_grid(page)


def test_filters_survive_from_one_page_with_filters_to_another(
    served: Any, open_page: Any, wait_idle: Any, police: Path
) -> None:
    page = open_page(served(police) + "/Hot_spots?map=svg&bcu=South&by=harm")
    for name in ("Harm weights", "Hot spots", "Harm weights"):
        page.locator('[data-testid="stSidebar"]').get_by_role("link", name=name).click()
        page.get_by_role("heading", level=1, name=name, exact=True).wait_for()
        wait_idle(page)
        assert "bcu=South" in page.url
        assert "by=harm" in page.url
        assert page.get_by_role("combobox", name="BCU", exact=True).input_value() == "South"


@pytest.mark.parametrize("look", ["wide", "phone", "dark", "nogl"])
def test_how_sure_in_every_look(served: Any, open_page: Any, wait_idle: Any, demo: Path, look: str) -> None:
    page = open_page(served(demo) + "/Harm_weights?map=svg", look=look)
    press(page, wait_idle, "Draw 500 weightings")
    assert "of 20 cells are in the top 20 under at least 90% of reasonable weightings" in body(page)
    wide = page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        return [document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth]
    }""")
    assert max(wide) <= 2
