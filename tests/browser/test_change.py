"""The Change page in a real browser: opened cold, asked by the keyboard, downloaded and read back.

Figures are those of tests/change_workspace.py, counted by hand.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.browser.acting import body, pick, press, query, said, until
from tests.change_workspace import make_two_years

PAGE = "/Change"


@pytest.fixture(scope="session")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_years(tmp_path_factory.mktemp("two-years"))


@pytest.mark.parametrize("look", ["nogl", "dark"])
def test_cold_deep_link_and_another_comparison_from_the_keyboard(
    served: Any, open_page: Any, wait_idle: Any, two_years: Path, serious: Any, look: str
) -> None:
    simple = "" if look == "nogl" else "&map=svg"  # comes by itself where there are no graphics
    page = open_page(served(two_years) + f"{PAGE}?bcu=West&comparison=register&ring_of=West-01{simple}", look)
    assert page.get_by_role("heading", level=1).inner_text() == "Change"
    assert "in West's 1 treated hot spot fall more than in the comparison hot spots?" in body(page)
    assert page.get_by_role("region", name="Answer").locator("p").last.inner_text().strip().endswith("Can’t tell")
    assert "asks for" not in body(page)
    ground = page.locator("svg.map")
    ground.scroll_into_view_if_needed()
    assert ground.get_attribute("aria-label").endswith("4 areas outlined (1 treated, 3 comparison)")
    letters = page.locator("svg.map text.number:visible").all_text_contents()
    assert {"T", "t"} <= set(letters)
    page.locator('[role="listbox"]').last.focus()
    page.keyboard.press("ArrowRight")
    assert "Hot spot: " in page.locator('[role="option"][id$="-now"]').inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert (float(rows[0]["treated_before"]), float(rows[0]["treated_after"])) == (72, 36)
    assert serious(page) == []
    pick(page, wait_idle, "Compared with", "The rest")
    press(page, wait_idle, "Apply")
    assert said(page, "fall more than in the rest of West?")
    assert until(page, lambda: query(page).get("comparison") == "rest")
    page.set_viewport_size({"width": 390, "height": 844})
    wait_idle(page)
    over = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth - innerWidth")
    assert over <= 2, f"{over} pixels wider than a phone"


def test_trials_have_no_serious_axe_violations(served: Any, open_page: Any, two_years: Path, serious: Any) -> None:
    assert serious(open_page(f"{served(two_years)}{PAGE}?change_part=trials")) == []
