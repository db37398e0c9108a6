"""The app in a real browser, as an analyst meets it. Most flows run on the simple map, which is quick.

Every test ends by asserting that no request left this machine and that no page broke (conftest.py).
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from hotspots.cli.main import main
from hotspots.ui import words
from hotspots.ui.hot_spots.words import NO_CELL
from tests.browser.acting import JOINER, go_to, query, until
from tests.samples import BLACKPOOL, PRESTON, STREET_COLUMNS, crime, csv_bytes, street
from tests.workspaces import HOSTILE

PAGES = {  # as Streamlit names them: the file without its number
    name: "/" if path == "app.py" else "/" + re.sub(r"pages/\d+_(\w+)\.py", r"\1", path) for path, name in words.PAGES
}
PRESS = 500  # milliseconds: deck.gl waits 300 for a second click before it takes a click for one
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 900, "height": 800}  # software graphics take their time by the pixel
SIMPLE_MAP = {"Hot spots": "?map=svg"}
SVG_CELL = """cell => {
  const find = root => root.querySelector('svg.map') ??
    [...root.querySelectorAll('*')].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
  const number = [...find(document).querySelectorAll('text.number')].find(e => e.dataset.cell === cell)
  if (!number) return null
  const box = number.getBoundingClientRect()
  return [box.left + box.width / 2, box.top + box.height / 2]
}"""


def rank(workspace: Path, *arguments: str) -> list[dict[str, str]]:
    """What the command line answers."""
    with redirect_stdout(io.StringIO()) as answer:
        assert main(["rank", "--workspace", str(workspace), *arguments]) == 0
    return list(csv.DictReader(io.StringIO(answer.getvalue())))


def heading(page: Any, starts: str = "") -> str:
    """The heading of the part about one cell, once it starts like this (or after twenty seconds as it is)."""

    def now() -> str:
        return str(page.locator("h3").first.inner_text()).replace(JOINER, "")

    until(page, lambda: now().startswith(starts))
    return now()


def cell_asked(page: Any, cell: str, seconds: float = 20) -> str | None:
    """The cell in the address, once it is this one (or after so many seconds as it is)."""
    until(page, lambda: query(page).get("cell") == cell, seconds)
    return query(page).get("cell")


def cells_drawn(page: Any, n: int) -> bool:
    """Whether the simple map has so many cells, or will have soon."""
    return until(page, lambda: page.locator("svg.map").get_attribute("data-cells") == str(n))


def selected(page: Any, cell: str) -> bool:
    """Whether this cell is marked on the simple map, or will be soon."""
    return until(page, lambda: page.locator("svg.map").get_attribute("data-selected") == cell)


def alerts(page: Any) -> str:
    return "\n".join(page.locator('[data-testid="stAlert"]').all_inner_texts()).replace(JOINER, "")


def choose(page: Any, label: str, option: str) -> None:
    """Pick an option in a select box of the sidebar; its list is gone at the end."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    page.locator('[data-testid="stSelectboxVirtualDropdown"]').wait_for(state="detached")
    assert until(page, lambda: box.input_value() == option)


def click_row(page: Any, row: int) -> None:
    """The box at the start of a row of the ranked table."""
    grid = page.locator('[data-testid="stDataFrame"]').first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 36 + 35 * row + 17)


def click_number(page: Any, cell: str) -> None:
    page.locator("svg.map").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(SVG_CELL, cell))


# -- deep links and filters ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_cold_deep_link_without_serious_axe_violations(
    serve: Any, served: Any, open_page: Any, wait_idle: Any, police: Path, serious: Any, name: str
) -> None:
    """Two of them by a browser that has never seen the app and, as a cell is, the first that a server is asked for."""
    first = name in ("Overview", "Hot spots")
    look = "dark" if name == "Data" else "wide"
    page = open_page((serve if first else served)(police) + PAGES[name] + SIMPLE_MAP.get(name, ""), look, fresh=first)
    assert page.get_by_role("heading", level=1).inner_text() == name
    assert page.title().startswith(name)
    menu = page.locator('[data-testid="stSidebar"] [data-testid="stPageLink"]').all_inner_texts()
    assert [text.strip() for text in menu] == list(PAGES)
    assert serious(page) == []
    page.set_viewport_size(PHONE)
    wait_idle(page)
    assert too_wide(page) <= 2, "pixels wider than a phone, everything unfolded"


def too_wide(page: Any) -> int:
    """By how many pixels the page, its main part or a table in it is wider than the screen."""
    return int(
        page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        const tables = [...main.querySelectorAll('table')].map(e => e.getBoundingClientRect().right - innerWidth)
        const whole = document.documentElement.scrollWidth - innerWidth
        return Math.max(whole, main.scrollWidth - main.clientWidth, ...tables)
    }""")
    )


@pytest.mark.parametrize("look", ["wide", "dark"])
def test_cold_deep_link_to_a_cell(serve: Any, open_page: Any, serious: Any, police: Path, look: str) -> None:
    second = rank(police, "--bcu", "South")[1]
    page = open_page(f"{serve(police)}/Hot_spots?bcu=South&map=svg&cell={second['cell']}", look)
    assert heading(page, "2.") == f"2. {second['place']}"
    assert selected(page, second["cell"])
    assert cell_asked(page, second["cell"]) == second["cell"]
    assert query(page)["bcu"] == "South"
    assert page.get_by_role("combobox", name="BCU", exact=True).input_value() == "South"
    assert "Shown instead" not in alerts(page)
    assert serious(page) == []


def test_filters_survive_a_change_of_page_and_a_second_apply(
    served: Any, open_page: Any, wait_idle: Any, police: Path
) -> None:
    page = open_page(served(police) + "/Hot_spots?map=svg&by=harm")
    for bcu, n in (("East", "1 cell"), ("South", "2 cells")):
        choose(page, "BCU", bcu)
        page.get_by_role("button", name="Apply").click()
        assert until(page, lambda bcu=bcu: query(page).get("bcu") == bcu)
        wait_idle(page)
        assert f"{bcu} BCU" in page.inner_text("body")
        assert n in page.inner_text("body")
    for name in ("Method", "Harm weights", "Hot spots"):  # without filters of a question, with them, and back
        go_to(page, wait_idle, name)
        if name != "Method":
            assert page.get_by_role("combobox", name="BCU", exact=True).input_value() == "South"
            assert (query(page)["bcu"], query(page)["by"]) == ("South", "harm")
    assert cells_drawn(page, 2)


def test_overview_leads_to_a_bcu_and_without_webgl_the_simple_map_comes_by_itself(
    served: Any, open_page: Any, wait_idle: Any, police: Path
) -> None:
    page = open_page(served(police), "nogl")
    page.get_by_role("link", name="Hot spots in West").click()
    page.get_by_role("heading", level=1, name="Hot spots", exact=True).wait_for()
    wait_idle(page)
    assert query(page)["bcu"] == "West"
    assert "West BCU" in page.inner_text("body")
    page.locator("svg.map").wait_for()
    assert cells_drawn(page, 1)
    assert page.locator('[data-testid="stDeckGlJsonChart"]').count() == 0


def test_a_wrong_address_is_told_on_a_phone_that_does_not_scroll_sideways(
    served: Any, open_page: Any, unfold: Any, police: Path
) -> None:
    """A telephone's browser, with a finger; each page at its width: test_cold_deep_link."""
    asked = {"bcu": "<b>North", "top": "-4", "from": "soon", "cell": "<img src=x>", "map": "svg"}
    page = open_page(served(police) + "/Hot_spots?" + urlencode(asked), "phone")
    for sentence in ("“<b>North”", "“-4”", "'soon'", "'<img src=x>' is not an H3 cell"):
        assert sentence in alerts(page)
    assert cells_drawn(page, 4)
    unfold(page)  # those of the sidebar are folded away on a phone
    assert too_wide(page) <= 2


# -- picking ---------------------------------------------------------------------------------------


def test_a_cell_opens_by_keyboard_from_the_table_and_by_mouse(
    served: Any, open_page: Any, wait_idle: Any, police: Path
) -> None:
    rows = rank(police)
    page = open_page(served(police) + "/Hot_spots?map=svg")
    assert NO_CELL in alerts(page)
    to_blackpool_by_keyboard_alone(page)
    opened(page, wait_idle, rows, 1)
    assert page.get_by_role("listbox").evaluate("e => e.matches(':focus')"), "focus is lost after choosing"
    page.get_by_role("button", name="Close this cell").click()
    assert until(page, lambda: "cell" not in query(page))
    wait_idle(page)
    assert NO_CELL in alerts(page)
    for i in (1, 0):
        click_row(page, i)
        opened(page, wait_idle, rows, i)
    click_number(page, rows[1]["cell"])
    opened(page, wait_idle, rows, 1)
    before = page.url
    box = page.locator("svg.map").bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + box["height"] - 12)  # empty ground
    page.get_by_role("button", name="Zoom in").click()
    wait_idle(page)
    assert page.url == before


def opened(page: Any, wait_idle: Callable[..., None], rows: list[dict[str, str]], i: int) -> None:
    """The cell of this row is open: in the address, in the heading and on the map."""
    assert cell_asked(page, rows[i]["cell"]) == rows[i]["cell"]
    wait_idle(page)
    assert heading(page, f"{i + 1}.") == f"{i + 1}. {rows[i]['place']}"
    assert selected(page, rows[i]["cell"])


def to_blackpool_by_keyboard_alone(page: Any) -> None:
    chart = page.get_by_role("listbox")
    for _ in range(60):
        page.keyboard.press("Tab")
        if chart.evaluate("e => e.matches(':focus')"):
            break
    assert chart.evaluate("e => e.matches(':focus')"), "Tab does not reach the map"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")  # from Preston towards Blackpool, by Ashton
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")


def test_the_drawn_map(served: Any, open_page: Any, wait_idle: Any, wait_drawn: Any, police: Path) -> None:
    """deck.gl on software graphics: one cell in the middle of the map, empty ground beside it."""
    (only,) = rank(police, "--bcu", "West")
    page = open_page()
    page.set_viewport_size(SMALL)
    page.goto(served(police) + "/Hot_spots?bcu=West", wait_until="domcontentloaded")
    wait_idle(page)
    x, y = wait_drawn(page)
    page.locator("[data-guarded]").wait_for(state="attached")
    page.mouse.click(x + 140, y + 90)
    page.wait_for_timeout(PRESS)
    for name in ("Zoom In", "Zoom Out"):
        page.locator(f'[data-testid="stDeckGlJsonChartZoomButton"] button[title="{name}" i]').click()
        page.wait_for_timeout(PRESS)
    wait_idle(page)
    assert "cell" not in query(page)
    for _ in range(4):  # software graphics lose a click now and then
        page.mouse.click(x, y)
        if cell_asked(page, only["cell"], seconds=10) == only["cell"]:
            break
    wait_idle(page)
    assert heading(page, "1.") == f"1. {only['place']}"
    page.mouse.click(x + 140, y + 90)
    page.wait_for_timeout(PRESS)
    wait_idle(page)
    assert query(page)["cell"] == only["cell"], "empty ground let go of the cell"


# -- import ----------------------------------------------------------------------------------------


@pytest.fixture
def own(police: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(police, tmp_path / "own"))


def upload(page: Any, wait_idle: Callable[..., None], *files: tuple[str, bytes]) -> None:
    chosen = [{"name": name, "mimeType": "text/csv", "buffer": content} for name, content in files]
    page.locator('input[type="file"]').first.set_input_files(chosen)
    page.get_by_role("button", name=f"Remove {files[0][0]}").wait_for()
    wait_idle(page)
    page.get_by_role("button", name="Import", exact=True).click()
    wait_idle(page)


def told(page: Any, text: str) -> bool:
    """Whether an alert says so, or will soon."""
    return until(page, lambda: text in alerts(page))


def shown(page: Any, text: str) -> bool:
    """Whether the page says so anywhere, or will soon."""
    return until(page, lambda: text in page.inner_text("body"))


def test_bad_files_change_nothing_and_a_good_one_is_seen_at_once(
    serve: Any, open_page: Any, wait_idle: Any, own: Path
) -> None:
    page = open_page(serve(own) + "/Data")
    get_their_sentence_and_change_nothing(page, wait_idle, own)
    page.reload()
    wait_idle(page)
    assert shown(page, "20 incidents in 3 months")
    more = street("2024-04", [crime(f"n{i}", "2024-04", place=BLACKPOOL) for i in range(9)])
    upload(page, wait_idle, more)
    assert told(page, "Imported.")
    assert shown(page, "29 incidents in 4 months")
    body = page.inner_text("body")
    assert "9 rows read = 9 accepted, 0 updated, 0 unchanged, 0 repeated, 0 quarantined" in body
    upload(page, wait_idle, more)
    assert told(page, "Nothing changed")
    go_to(page, wait_idle, "Overview")
    assert shown(page, "29 incidents in 4 months")
    assert [r["n_incidents"] for r in rank(own, "--bcu", "West")] == ["13"]


def get_their_sentence_and_change_nothing(page: Any, wait_idle: Callable[..., None], own: Path) -> None:
    """Bad files."""
    before = (own / "manifest.json").read_bytes()
    rows = [crime(f"x{i}", "2024-04", place=(lat, lon)) for i, (lon, lat) in enumerate([PRESTON, BLACKPOOL] * 3)]
    upload(page, wait_idle, ("2024-04-lancashire-street.csv", csv_bytes(rows, STREET_COLUMNS)))
    assert told(page, "look swapped")
    assert "2024-04-lancashire-street.csv was not imported" in alerts(page)
    upload(page, wait_idle, ("crimes.zip", b"This is not a zip archive, whatever it is called."))
    assert told(page, "crimes.zip")
    assert "zip" in alerts(page).replace("crimes.zip", "")
    assert "look swapped" not in alerts(page)
    assert (own / "manifest.json").read_bytes() == before


def test_an_empty_workspace_says_so_without_serious_axe_violations(
    serve: Any, open_page: Any, serious: Any, tmp_path: Path
) -> None:
    page = open_page(serve(tmp_path / "new") + "/Hot_spots")
    assert words.EMPTY in alerts(page)
    assert page.get_by_role("button", name="Build the demo").is_enabled()
    assert serious(page) == []


def test_an_empty_workspace_leads_to_the_demo(serve: Any, open_page: Any, wait_idle: Any, tmp_path: Path) -> None:
    page = open_page(serve(tmp_path / "new"))
    assert words.EMPTY in alerts(page)
    page.get_by_role("button", name="Build the demo").click()
    page.get_by_text(words.SYNTHETIC).wait_for(timeout=60_000)
    wait_idle(page)
    assert page.get_by_role("link", name="Hot spots in South").count() == 1


# -- export ----------------------------------------------------------------------------------------


def test_downloads_are_what_the_command_line_says(
    served: Any, open_page: Any, wait_idle: Any, demo: Path, tmp_path: Path
) -> None:
    from python_calamine import CalamineWorkbook

    asked = ["--bcu", "South", "--by", "count", "--from", "2026-01-10", "--to", "2026-03-20", "--top", "10"]
    rows = rank(demo, *asked)
    assert len(rows) == 10
    address = {
        "bcu": "South", "by": "count", "from": "2026-01-10", "to": "2026-03-20", "top": "10", "map": "svg",
    }  # fmt: skip
    page = open_page(served(demo) + "/Hot_spots?" + urlencode(address))
    saved = {}
    for label in ("CSV", "Excel", "GeoJSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label, exact=True).click()
        saved[label] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved[label])
    assert saved["CSV"].name == "synthetic-hotspots-south-2026-01-10-2026-03-20.csv"
    with saved["CSV"].open(encoding="utf-8", newline="") as text:
        assert list(csv.DictReader(text)) == rows
    book = CalamineWorkbook.from_path(saved["Excel"])
    header, *body = book.get_sheet_by_name("Table").to_python()
    assert header == list(rows[0])
    assert [[_cell(v) for v in line] for line in body] == [[_cell(v) for v in row.values()] for row in rows]
    about = book.get_sheet_by_name("About").to_python()
    assert ["data", "SYNTHETIC DEMO DATA, not real crime"] in about
    shapes = json.loads(saved["GeoJSON"].read_text(encoding="utf-8"))["features"]
    assert [s["properties"]["cell"] for s in shapes] == [r["cell"] for r in rows]
    click_row(page, 9)
    assert cell_asked(page, rows[9]["cell"]) == rows[9]["cell"]
    wait_idle(page)
    assert f"{int(rows[9]['n_incidents']):,} incidents" in page.inner_text("body")


def _cell(value: object) -> object:
    """Numbers as numbers, whichever way a file writes them."""
    try:
        return float(str(value))
    except ValueError:
        return value


# -- text, access, small screens -------------------------------------------------------------------


@pytest.mark.parametrize("kinds", ["script and link", "every"])
def test_hostile_text_is_text(served: Any, open_page: Any, wait_idle: Any, hostile: Path, kinds: str) -> None:
    """In the app itself; every kind of text by itself: the test after this one."""
    rows = rank(hostile, "--source", "police-uk")
    page = open_page(served(hostile) + "/Hot_spots?source=police-uk&map=svg")
    few = (0, HOSTILE.index("[x](javascript:alert(1))"))
    for i in range(len(HOSTILE)) if kinds == "every" else few:
        click_row(page, i)
        assert cell_asked(page, rows[i]["cell"]) == rows[i]["cell"]
        wait_idle(page)
        assert heading(page, f"{i + 1}.").startswith(f"{i + 1}. {HOSTILE[i]}, ")
        assert_text(page.locator("h3").first)
    for address in ("/Hot_spots?source=incidents&offences=all&map=svg&cell=" + _only_cell(hostile), "/Data"):
        page.goto(served(hostile) + address)
        wait_idle(page)
        assert page.locator('a[href^="javascript"], .katex, img[src*="example.com"]').count() == 0
        assert page.title() != "broken"


def test_every_kind_of_hostile_text_is_text(served: Any, open_page: Any) -> None:
    """As the pages show it, by `ui.show.plain_text`: the screen has what the data has, character by character."""
    page = open_page(served(script="tests/browser/text_app.py"))
    assert page.locator("h3").count() == len(HOSTILE)
    for i, text in enumerate(HOSTILE):
        part = page.locator("h3").nth(i)
        assert str(part.inner_text()).replace(JOINER, "") == f"{i + 1}. {text}, Preston"
        assert_text(part)
    assert page.title() != "broken"


def assert_text(part: Any) -> None:
    assert part.locator("b, strong, em, code, del, img, .katex, [data-testid='stIconMaterial']").count() == 0
    assert part.locator('a:not([href^="#"])').count() == 0


def _only_cell(workspace: Path) -> str:
    (only,) = rank(workspace, "--source", "incidents", "--offences", "all")
    return only["cell"]
