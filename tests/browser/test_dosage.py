"""Patrol dosage in a real browser: opened cold, read by the keyboard, downloaded and read back.

Figures are those of tests/dose_workspace.py, counted by hand.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.browser.acting import body, go_to, pick, press, query, until
from tests.dose_workspace import make_dose
from tests.workspaces import HOSTILE

PAGE = "/Patrol_dosage"
DAYS = f"{PAGE}?patrol_from=2024-03-04&patrol_to=2024-03-07"  # one more than has positions
SEEN = """table => [...table.querySelectorAll('tbody tr')].filter(r => r.querySelector('td')).map(
  r => [r.querySelector('th').innerText, ...[...r.querySelectorAll('td [aria-hidden]')].map(e => e.innerText)])"""
COUNTED = [
    ["Preston, High Street", "30", "30", "45▲", "–"],
    ["Ashton, Blackpool Road (comparison)", "0", "10", "0", "–"],
    ["Blackpool, Promenade", "12▼", "0▼", "–", "20▼L"],
]


@pytest.fixture(scope="session")
def patrols(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dose(tmp_path_factory.mktemp("patrols"))


def grid(page: Any) -> list[list[str]]:
    table = page.locator("table.dose").first
    table.wait_for()
    return [[" ".join(text.split()) for text in row] for row in table.evaluate(SEEN)]


def download(page: Any, label: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("look", ["wide", "nogl", "dark"])
def test_cold_deep_link(served: Any, open_page: Any, wait_idle: Any, patrols: Path, look: str, serious: Any) -> None:
    """Of what was delivered, then of logs beside positions; and the first on paper and downloaded."""
    page = open_page(served(patrols) + DAYS, look)
    assert page.get_by_role("heading", level=1).inner_text() == "Patrol dosage"
    assert grid(page) == COUNTED
    assert "Blackpool, Promenade got 36% of its target" in body(page)
    assert page.locator("table.dose.hours td").count() == 168
    what_is_downloaded_is_what_is_shown(page)
    on_paper_every_column_is_there(page)
    assert serious(page) == []
    page.goto(f"{served(patrols)}{PAGE}?part=reconciled")
    wait_idle(page)
    assert serious(page) == []


def what_is_downloaded_is_what_is_shown(page: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(download(page, "CSV").decode("utf-8"))))
    shown = [mark for row in grid(page) for mark in row[1:]]
    for row, text in zip(rows, shown, strict=True):
        minutes = row["patrol_minutes"]
        assert text.rstrip("▲▼L") == ("–" if minutes == "" else f"{float(minutes):.0f}")
    book = openpyxl.load_workbook(io.BytesIO(download(page, "Excel")))
    assert book.sheetnames == [
        "About",
        "Dosage",
        "Summary",
        "Visits",
        "Hours",
        "Coverage",
        "Shifts",
        "Logs",
        "Masked sites",
    ]
    header, *lines = book["Summary"].iter_rows(values_only=True)
    assert [line[header.index("patrol_minutes")] for line in lines] == [105, 10, 32]
    shapes = json.loads(download(page, "GeoJSON"))["features"]
    assert [s["properties"]["patrol_minutes"] for s in shapes] == [105, 10, 32]


def on_paper_every_column_is_there(page: Any) -> None:
    page.emulate_media(media="print")
    frame = page.locator(".dose-frame").nth(1)
    assert until(page, lambda: frame.evaluate("e => getComputedStyle(e).overflowX") == "visible")
    assert frame.evaluate("e => getComputedStyle(e.querySelector('td')).printColorAdjust") == "exact"
    page.emulate_media(media="screen")


def test_on_a_phone_the_keyboard_scrolls_the_table_and_not_the_page(
    served: Any, open_page: Any, wait_idle: Any, patrols: Path
) -> None:
    page = open_page(served(patrols) + DAYS, "phone")
    assert grid(page) == COUNTED
    assert too_wide(page) <= 2, "the days of a week fit a phone"
    hours = page.locator(".dose-frame").nth(1)
    assert hours.evaluate("e => e.scrollWidth > e.clientWidth"), "24 hours are wider than a phone"
    hours.focus()
    before = page.locator("table.dose.hours tbody th").first.bounding_box()["x"]
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert until(page, lambda: hours.evaluate("e => e.scrollLeft") > 0)
    assert abs(page.locator("table.dose.hours tbody th").first.bounding_box()["x"] - before) < 2, "the day stays"
    assert hours.get_attribute("aria-label").startswith("Patrol-minutes by hour of the week")
    cell = page.get_by_role("cell", name="no data").first
    assert "Thursday 7 March 2024: no data" in cell.get_attribute("title")
    page.goto(f"{served(patrols)}{PAGE}?part=reconciled")
    wait_idle(page)
    assert too_wide(page) <= 2, "logs beside positions fit a phone"


def too_wide(page: Any) -> int:
    """By how many pixels the page, its main part or its first table is wider than the screen."""
    return int(
        page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        const first = document.querySelector('.dose-frame')
        return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth,
          first ? first.scrollWidth - first.clientWidth : 0)
    }""")
    )


def test_an_address_and_the_filters_from_the_keyboard(
    served: Any, open_page: Any, wait_idle: Any, patrols: Path
) -> None:
    page = open_page(f"{served(patrols)}{PAGE}?bcu=South&patrol_from=2024-03-04&patrol_to=2024-03-05")
    assert [row[1:] for row in grid(page)] == [["30", "30"], ["0", "10"]]
    assert "asks for" not in body(page)
    pick(page, wait_idle, "BCU", "West")
    press(page, wait_idle, "Apply")
    assert until(page, lambda: query(page).get("bcu") == "West")
    wait_idle(page)
    assert grid(page) == [["Blackpool, Promenade", "12▼", "0▼"]]
    for name in ("Method", "Patrol dosage"):
        go_to(page, wait_idle, name)
    assert grid(page) == [["Blackpool, Promenade", "12▼", "0▼"]]


def test_names_that_would_be_code_are_text(serve: Any, open_page: Any, tmp_path: Path) -> None:
    page = open_page(serve(make_dose(tmp_path / "hostile", HOSTILE[:3])) + PAGE)
    assert [row[0].removesuffix(" (comparison)") for row in grid(page)] == list(HOSTILE[:3])
    assert page.title().startswith("Patrol dosage")
    assert page.locator(".dose img, .dose script").count() == 0
