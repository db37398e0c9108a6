"""The app in a real browser, as an analyst meets it. Most flows run on the simple map, which is quick.

Every test ends by asserting that no request left this machine and that no page broke (conftest.py).
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from hotspots.ui import words
from hotspots.ui.hot_spots.words import NO_CELL
from tests.samples import BLACKPOOL, PRESTON, STREET_COLUMNS, crime, csv_bytes, street
from tests.workspaces import HOSTILE

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = {  # as Streamlit names them: the file without its number
    name: "/" if path == "overview.py" else "/" + re.sub(r"pages/\d+_(\w+)\.py", r"\1", path)
    for path, name in words.PAGES
}
JOINER = "\u2060"
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
    command = [sys.executable, "-m", "hotspots", "rank", "--workspace", str(workspace), *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def query(page: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def heading(page: Any, starts: str = "") -> str:
    """The heading of the part about one cell, once it starts like this (or after ten seconds as it is)."""
    for _ in range(100):
        found = str(page.locator("h3").first.inner_text()).replace(JOINER, "")
        if found.startswith(starts):
            break
        page.wait_for_timeout(100)
    return found


def cell_asked(page: Any, cell: str) -> str | None:
    """The cell in the address, once it is this one (or after ten seconds as it is)."""
    for _ in range(100):
        if query(page).get("cell") == cell:
            break
        page.wait_for_timeout(100)
    return query(page).get("cell")


def alerts(page: Any) -> str:
    return "\n".join(page.locator('[data-testid="stAlert"]').all_inner_texts()).replace(JOINER, "")


def choose(page: Any, label: str, option: str) -> None:
    """Pick an option in a select box of the sidebar."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


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
def test_cold_deep_link(serve: Any, open_page: Any, police: Path, name: str) -> None:
    page = open_page(serve(police) + PAGES[name])
    assert page.get_by_role("heading", level=1).inner_text() == name
    assert page.title().startswith(name)
    menu = page.locator('[data-testid="stSidebar"] [data-testid="stPageLink"]').all_inner_texts()
    assert [text.strip() for text in menu] == list(PAGES)


def test_cold_deep_link_to_a_cell(serve: Any, open_page: Any, police: Path) -> None:
    second = rank(police, "--bcu", "South")[1]
    page = open_page(f"{serve(police)}/Hot_spots?bcu=South&map=svg&cell={second['cell']}")
    assert heading(page) == f"2. {second['place']}"
    assert page.locator("svg.map").get_attribute("data-selected") == second["cell"]
    assert cell_asked(page, second["cell"]) == second["cell"]
    assert query(page)["bcu"] == "South"
    assert page.get_by_role("combobox", name="BCU", exact=True).input_value() == "South"
    assert "Shown instead" not in alerts(page)


def test_filters_survive_a_change_of_page_and_a_second_apply(
    served: Any, open_page: Any, wait_idle: Any, police: Path
) -> None:
    page = open_page(served(police) + "/Hot_spots?map=svg")
    for bcu, n in (("South", "2 cells"), ("East", "1 cell"), ("South", "2 cells")):
        choose(page, "BCU", bcu)
        page.get_by_role("button", name="Apply").click()
        wait_idle(page)
        assert f"{bcu} BCU" in page.inner_text("body")
        assert n in page.inner_text("body")
        assert query(page)["bcu"] == bcu
    for name in ("Method", "Hot spots"):
        page.locator('[data-testid="stSidebar"]').get_by_role("link", name=name).click()
        page.get_by_role("heading", level=1, name=name, exact=True).wait_for()
        wait_idle(page)
    assert page.get_by_role("combobox", name="BCU", exact=True).input_value() == "South"
    assert query(page)["bcu"] == "South"
    assert page.locator("svg.map").get_attribute("data-cells") == "2"


def test_overview_leads_to_a_bcu(served: Any, open_page: Any, wait_idle: Any, police: Path) -> None:
    page = open_page(served(police))
    page.get_by_role("link", name="Hot spots in West").click()
    page.get_by_role("heading", level=1, name="Hot spots", exact=True).wait_for()
    wait_idle(page)
    assert query(page)["bcu"] == "West"
    assert "West BCU" in page.inner_text("body")


def test_a_wrong_address_is_told(served: Any, open_page: Any, police: Path) -> None:
    asked = {"bcu": "<b>North", "top": "-4", "from": "soon", "cell": "<img src=x>", "map": "svg"}
    page = open_page(served(police) + "/Hot_spots?" + urlencode(asked))
    for told in ("“<b>North”", "“-4”", "'soon'", "'<img src=x>' is not an H3 cell"):
        assert told in alerts(page)
    assert page.locator("svg.map").get_attribute("data-cells") == "4"


# -- picking ---------------------------------------------------------------------------------------


def test_a_row_of_the_table_opens_its_cell(served: Any, open_page: Any, wait_idle: Any, police: Path) -> None:
    rows = rank(police)
    page = open_page(served(police) + "/Hot_spots?map=svg")
    assert NO_CELL in alerts(page)
    for i in (1, 0):
        click_row(page, i)
        assert cell_asked(page, rows[i]["cell"]) == rows[i]["cell"]
        wait_idle(page)
        assert heading(page, f"{i + 1}.") == f"{i + 1}. {rows[i]['place']}"
        assert page.locator("svg.map").get_attribute("data-selected") == rows[i]["cell"]
    page.get_by_role("button", name="Close this cell").click()
    wait_idle(page)
    assert "cell" not in query(page)
    assert NO_CELL in alerts(page)


def test_a_cell_of_the_map_opens_by_mouse(served: Any, open_page: Any, wait_idle: Any, police: Path) -> None:
    rows = rank(police)
    page = open_page(served(police) + "/Hot_spots?map=svg")
    for i in (1, 0):
        click_number(page, rows[i]["cell"])
        assert cell_asked(page, rows[i]["cell"]) == rows[i]["cell"]
        wait_idle(page)
        assert heading(page, f"{i + 1}.") == f"{i + 1}. {rows[i]['place']}"
    before = page.url
    box = page.locator("svg.map").bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + box["height"] - 12)  # empty ground
    page.get_by_role("button", name="Zoom in").click()
    wait_idle(page)
    assert page.url == before


def test_a_cell_of_the_map_opens_by_keyboard_alone(served: Any, open_page: Any, wait_idle: Any, police: Path) -> None:
    rows = rank(police)
    page = open_page(served(police) + "/Hot_spots?map=svg")
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
    assert cell_asked(page, rows[1]["cell"]) == rows[1]["cell"]
    wait_idle(page)
    assert heading(page).startswith("2. Promenade")
    assert chart.evaluate("e => e.matches(':focus')"), "focus is lost after choosing"


def test_the_drawn_map(served: Any, open_page: Any, wait_idle: Any, police: Path) -> None:
    """deck.gl on software graphics: one cell in the middle of the map, empty ground beside it."""
    (only,) = rank(police, "--bcu", "West")
    page = open_page(served(police) + "/Hot_spots?bcu=West")
    chart = page.locator('[data-testid="stDeckGlJsonChart"]')
    chart.wait_for()
    page.locator("[data-guarded]").wait_for(state="attached")
    page.wait_for_timeout(1500)
    box = chart.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x + 140, y + 90)
    page.wait_for_timeout(800)
    for name in ("Zoom In", "Zoom Out"):
        page.locator(f'[data-testid="stDeckGlJsonChartZoomButton"] button[title="{name}" i]').click()
        page.wait_for_timeout(800)
    wait_idle(page)
    assert "cell" not in query(page)
    for _ in range(4):  # software graphics lose a click now and then
        page.mouse.click(x, y)
        page.wait_for_timeout(1200)
        wait_idle(page)
        if "cell" in query(page):
            break
    assert cell_asked(page, only["cell"]) == only["cell"]
    assert heading(page) == f"1. {only['place']}"
    page.mouse.click(x + 140, y + 90)
    page.wait_for_timeout(1200)
    wait_idle(page)
    assert query(page)["cell"] == only["cell"], "empty ground let go of the cell"


def test_without_webgl_the_simple_map_comes_by_itself(served: Any, open_page: Any, police: Path) -> None:
    page = open_page(served(police) + "/Hot_spots", look="nogl")
    page.locator("svg.map").wait_for()
    assert page.locator("svg.map").get_attribute("data-cells") == "4"
    assert page.locator('[data-testid="stDeckGlJsonChart"]').count() == 0


# -- import ----------------------------------------------------------------------------------------


@pytest.fixture
def own(police: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(police, tmp_path / "own"))


def upload(page: Any, wait_idle: Callable[..., None], *files: tuple[str, bytes]) -> None:
    chosen = [{"name": name, "mimeType": "text/csv", "buffer": content} for name, content in files]
    page.locator('input[type="file"]').first.set_input_files(chosen)
    page.get_by_role("button", name=f"Remove {files[0][0]}").wait_for()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_timeout(300)
    wait_idle(page)


def test_bad_files_get_their_sentence_and_change_nothing(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    before = (own / "manifest.json").read_bytes()
    page = open_page(serve(own) + "/Data")
    rows = [crime(f"x{i}", "2024-04", place=(lat, lon)) for i, (lon, lat) in enumerate([PRESTON, BLACKPOOL] * 3)]
    upload(page, wait_idle, ("2024-04-lancashire-street.csv", csv_bytes(rows, STREET_COLUMNS)))
    assert "look swapped" in alerts(page)
    assert "2024-04-lancashire-street.csv was not imported" in alerts(page)
    upload(page, wait_idle, ("crimes.zip", b"This is not a zip archive, whatever it is called."))
    assert "crimes.zip" in alerts(page)
    assert "zip" in alerts(page).replace("crimes.zip", "")
    assert "look swapped" not in alerts(page)
    assert (own / "manifest.json").read_bytes() == before
    page.reload()
    wait_idle(page)
    assert "20 incidents in 3 months" in page.inner_text("body")


def test_a_good_file_is_taken_up_and_seen_at_once(serve: Any, open_page: Any, wait_idle: Any, own: Path) -> None:
    page = open_page(serve(own) + "/Data")
    assert "20 incidents in 3 months" in page.inner_text("body")
    more = street("2024-04", [crime(f"n{i}", "2024-04", place=BLACKPOOL) for i in range(9)])
    upload(page, wait_idle, more)
    assert "Imported." in alerts(page)
    body = page.inner_text("body")
    assert "9 rows read = 9 accepted, 0 updated, 0 unchanged, 0 repeated, 0 quarantined" in body
    assert "29 incidents in 4 months" in body
    upload(page, wait_idle, more)
    assert "Nothing changed" in alerts(page)
    page.locator('[data-testid="stSidebar"]').get_by_role("link", name="Overview").click()
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    wait_idle(page)
    assert "29 incidents in 4 months" in page.inner_text("body")
    assert [r["n_incidents"] for r in rank(own, "--bcu", "West")] == ["13"]


def test_an_empty_workspace_leads_to_the_demo(serve: Any, open_page: Any, wait_idle: Any, tmp_path: Path) -> None:
    page = open_page(serve(tmp_path / "new") + "/")
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


def test_hostile_text_is_text(served: Any, open_page: Any, wait_idle: Any, hostile: Path) -> None:
    rows = rank(hostile, "--source", "police-uk")
    page = open_page(served(hostile) + "/Hot_spots?source=police-uk&map=svg")
    for i, text in enumerate(HOSTILE):
        click_row(page, i)
        assert cell_asked(page, rows[i]["cell"]) == rows[i]["cell"]
        wait_idle(page)
        # the screen has what the data has, character by character
        assert heading(page, f"{i + 1}.").startswith(f"{i + 1}. {text}, ")
        part = page.locator("h3").first
        assert part.locator("b, strong, em, code, del, img, .katex, [data-testid='stIconMaterial']").count() == 0
        assert part.locator('a:not([href^="#"])').count() == 0
    for address in ("/Hot_spots?source=incidents&offences=all&map=svg&cell=" + _only_cell(hostile), "/Data"):
        page.goto(served(hostile) + address)
        wait_idle(page)
        assert page.locator('a[href^="javascript"], .katex, img[src*="example.com"]').count() == 0
        assert page.title() != "broken"


def _only_cell(workspace: Path) -> str:
    (only,) = rank(workspace, "--source", "incidents", "--offences", "all")
    return only["cell"]


# Streamlit's own, not ours to mend: rule id → (selector of what it concerns, why)
KNOWN: dict[str, tuple[str, str]] = {}


@pytest.mark.parametrize(
    ("name", "look"),
    [*((name, "wide") for name in PAGES), ("a cell", "wide"), ("empty", "wide"), ("a cell", "dark"), ("Data", "dark")],
)
def test_no_serious_axe_violations(
    served: Any, serve: Any, open_page: Any, police: Path, tmp_path: Path, name: str, look: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    if name == "empty":
        page = open_page(serve(tmp_path / "new") + "/Hot_spots", look)
    elif name == "a cell":
        page = open_page(f"{served(police)}/Hot_spots?map=svg&cell={rank(police)[0]['cell']}", look)
    else:
        page = open_page(served(police) + PAGES[name] + ("?map=svg" if name == "Hot spots" else ""), look)
    found = axe.Axe().run(page).response["violations"]
    serious = [
        f"{v['id']}: {v['help']}: {node['target']} {node['html'][:200]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
        if not (v["id"] in KNOWN and re.search(KNOWN[v["id"]][0], node["html"]))
    ]
    assert serious == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_does_not_scroll_sideways(served: Any, open_page: Any, police: Path, name: str) -> None:
    page = open_page(served(police) + PAGES[name] + ("?map=svg" if name == "Hot spots" else ""), look="phone")
    assert page.get_by_role("heading", level=1).inner_text() == name
    for folded in page.locator('[data-testid="stMain"] [data-testid="stExpander"] summary').all():
        folded.click()  # those of the sidebar are folded away on a phone
    page.wait_for_timeout(500)
    wide = page.evaluate("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        const tables = [...main.querySelectorAll('table')].map(e => e.getBoundingClientRect().right - innerWidth)
        return [document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth, ...tables]
    }""")
    assert max(wide) <= 2, f"{wide} pixels too wide"
