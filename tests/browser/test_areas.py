"""Areas in a real browser: an area is changed from the keyboard, frozen, and found in the register and on the map.

Figures are those of tests/area_workspace.py.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from hotspots.areas import register as area_register
from hotspots.areas.rules import excluded_cells
from tests.area_workspace import A, B, C, make_areas
from tests.browser.acting import go_to, pick, press, query, said, until

OUTLINED = """() => {
  const find = root => root.querySelector('svg.map') ??
    [...root.querySelectorAll('*')].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
  return find(document).getAttribute('aria-label') || find(document).closest('[aria-label]')?.getAttribute('aria-label')
}"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return make_areas(tmp_path / "own")


def fill(page: Any, label: str, text: str, at: int = 0) -> None:
    field = page.get_by_label(label, exact=True).nth(at)
    field.fill(text)
    field.blur()


def add_b(page: Any, wait_idle: Any) -> None:
    pick(page, wait_idle, "Area", "South-01")
    pick(page, wait_idle, "Cell to add", B)
    fill(page, "Your name", "A. Analyst")
    fill(page, "Why", "one street")
    press(page, wait_idle, "Change the draft")
    assert said(page, "2 cells (1 before), 7 incidents (5)")


def test_an_area_is_changed_seen_and_frozen_from_the_keyboard(
    serve: Any, open_page: Any, wait_idle: Any, own: Path, serious: Any
) -> None:
    """In one visit, as it is done: the draft waits while another page is read, and what is frozen is on the map."""
    page = open_page(serve(own) + "/Hot_spots?map=svg&part=areas&bcu=South", "dark")
    before = blue_points(page)
    exclude_c(page, wait_idle, own)
    add_b(page, wait_idle)
    page.get_by_text("Area without a role: 1 (A1)").wait_for()  # the legend
    give_a_role(page, wait_idle)
    page.get_by_text("Treated area: 1 (T1)").wait_for()
    assert until(page, lambda: blue_points(page) > before + 100, seconds=5), "the outline is not drawn"
    assert too_wide(page, wait_idle) <= 2, "pixels too wide for a phone, the areas"
    assert serious(page) == []
    for name in ("Method", "Hot spots"):
        go_to(page, wait_idle, name)
    assert said(page, "2 changes. Not frozen yet"), "the draft is lost"
    freeze(page, wait_idle, own)
    assert serious(page) == []
    assert too_wide(page, wait_idle) <= 2, "pixels too wide for a phone, the register"
    page.reload()  # another session, a cold link
    wait_idle(page)
    assert said(page, "hot-spots-south@1")
    assert until(page, lambda: "1 area outlined" in page.evaluate(OUTLINED))


def give_a_role(page: Any, wait_idle: Any) -> None:
    pick(page, wait_idle, "What to change", "role")
    pick(page, wait_idle, "Role", "Treated")
    fill(page, "Why", "patrols from May")
    press(page, wait_idle, "Change the draft")
    assert said(page, "role treated (patrols from May)")


def exclude_c(page: Any, wait_idle: Any, own: Path) -> None:
    """A cell typed by its id."""
    folded = page.get_by_text("Cells that no area may hold")
    folded.click()
    pick(page, wait_idle, "Cell to exclude", "nowhere")
    exclusion = page.locator('[data-testid="stForm"]', has=page.get_by_role("button", name="Exclude this cell"))
    exclusion.get_by_label("Your name").fill("A. Analyst")
    press(page, wait_idle, "Exclude this cell")
    assert said(page, "'nowhere' is not an H3 cell")
    pick(page, wait_idle, "Cell to exclude", C)
    press(page, wait_idle, "Exclude this cell")
    assert said(page, f"Cell {C} is excluded from areas (prison)")
    assert [f"{c:x}" for c in excluded_cells(own)] == [C]
    folded.click()


def freeze(page: Any, wait_idle: Any, own: Path) -> None:
    """And find in the register, on the screen and in the file, what was frozen."""
    fill(page, "Why these areas, why now", "First list")
    box = page.get_by_role("checkbox", name="I have checked 1 area")
    box.press("Space")
    assert until(page, box.is_checked)
    press(page, wait_idle, "Freeze")
    assert said(page, "Frozen as hot-spots-south@1")
    kept = area_register.load(own, "hot-spots-south")
    assert said(page, f"Frozen as hot-spots-south@1: 1 area from {kept.valid_from:%d/%m/%Y}. SHA-256 {kept.sha256}")
    assert query(page)["part"] == "register"
    south = kept.areas.set_index("area").loc["South-01"]
    assert set(south["cells"]) == {A, B}
    assert said(page, "verified just now")
    assert said(page, "one street")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert {r["area"]: r["n_incidents"] for r in rows} == {"South-01": "7"}


def blue_points(page: Any) -> int:
    """How many points of the map have the colour of an area's outline, #12436D."""
    from PIL import Image

    chart = page.locator("svg.map")
    chart.wait_for()
    chart.scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
    return sum(
        n
        for n, (r, g, b) in picture.getcolors(10_000_000)
        if abs(r - 0x12) < 12 and abs(g - 0x43) < 12 and abs(b - 0x6D) < 12
    )


def too_wide(page: Any, wait_idle: Any) -> int:
    """By how many pixels the page is wider than a phone's screen."""
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    wait_idle(page)
    wide = page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth)
    }""")
    page.set_viewport_size(size)
    wait_idle(page)
    return int(wide)
