"""The patrol log form on a phone of 360 × 740: by taps, by keyboard, reloaded in the middle, pressed twice."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hotspots.areas import new_area
from hotspots.areas import register as area_register
from hotspots.base.clock import local
from hotspots.base.settings import Settings
from hotspots.patrols import form as patrol_form
from tests.area_samples import disk, facts, no_areas
from tests.browser.acting import body, pick, press, query, said, until
from tests.workspaces import logged

SCRIPT = "tests/browser/log_app.py"
LONG = "Preston, New Hall Lane near the corner of Blackpool Road"
SMALL = """() => [...document.querySelectorAll(
    '[class*="st-key-log_"] :is(button, [role="radio"], input:not([type="hidden"],[type="checkbox"]), textarea,'
    + '[data-testid="stTimeInputTimeDisplay"], [data-testid="stDateInputField"], [data-testid="stCheckbox"] label)')]
  .map(e => [e.getAttribute('aria-label') || e.innerText, e.getBoundingClientRect()])
  .filter(([, r]) => r.height && (r.height < 44 || r.width < 44))
  .map(([name, r]) => `${name} ${r.width} × ${r.height}`)"""


@pytest.fixture(scope="module")
def made(police: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two hot spots in force today."""
    made = Path(shutil.copytree(police, tmp_path_factory.mktemp("log") / "made"))
    ground = facts(disk(2), np.arange(10.0, 200.0, 10.0))
    areas = no_areas()
    for i, name in enumerate(("Preston Church Street", LONG)):
        areas = new_area(areas, disk(2)[i : i + 1], ground, "Ann", day=date(2026, 6, 1))
        areas.loc[areas.index[-1], "name"] = name
    first = datetime.now(UTC).date() - timedelta(days=3)
    area_register.freeze(made, areas, "grip", first, "Ann", "for the tests", {}, max_area_m2=1e6)
    return made


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(made, tmp_path / "own"))


@pytest.fixture
def phone(open_page: Any, wait_idle: Any) -> Any:
    """``phone(address)``: a page 360 wide with a finger on it."""

    def start(address: str, fresh: bool = False) -> Any:
        page = open_page(look="phone", fresh=fresh)
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(address, wait_until="domcontentloaded")
        wait_idle(page)
        return page

    return start


def saved(page: Any, name: str) -> bool:
    """Whether the page says so. A tap that also leaves a field may be lost; then it is tapped again, as people do."""
    for _ in range(3):
        if said(page, "Saved: " + name, seconds=3):
            return True
        again = page.get_by_role("button", name="Save")
        if again.count():
            again.tap()
    return said(page, "Saved: " + name)


def key_of(page: Any) -> str:
    return query(page)["log"]


def tap(page: Any, wait_idle: Any, name: str, role: str = "button") -> None:
    page.get_by_role(role, name=name, exact=True).tap()
    wait_idle(page)


def tap_spot(page: Any, wait_idle: Any, option: str) -> None:
    page.get_by_role("combobox", name="Hot spot").tap()
    page.get_by_role("option", name=option).tap()
    page.locator('[data-testid="stSelectboxVirtualDropdown"]').wait_for(state="detached")
    wait_idle(page)


def clock_text(second: int) -> str:
    return f"{local(second, Settings()):%H:%M}"


def test_a_full_entry_by_taps_and_save_tapped_twice(serve: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    page = phone(serve(own, SCRIPT))
    tap_spot(page, wait_idle, LONG)
    tap(page, wait_idle, "2", "radio")
    before = datetime.now(UTC).timestamp()
    tap(page, wait_idle, "Start now")
    assert said(page, "0 min ago")
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    tap(page, wait_idle, "Stop now")
    tap(page, wait_idle, "On foot", "radio")
    tap(page, wait_idle, "Engagement")
    tap(page, wait_idle, "Problem-solving")
    page.get_by_text("This was a call (reactive)").tap()
    wait_idle(page)
    tap(page, wait_idle, "More searches")
    tap(page, wait_idle, "Fewer weapons")
    page.get_by_label("Notes").tap()
    page.keyboard.type("Shop was shut.", delay=10)
    save = page.get_by_role("button", name="Save").element_handle()
    save.tap()  # the field is left and the button pressed by one tap
    save.evaluate("button => button.isConnected && button.click()")
    assert saved(page, LONG)
    wait_idle(page)
    (row,) = logged(own).to_dict("records")
    assert (row["area"], row["officers"], row["mode"], row["reactive"]) == ("South-02", 2, "foot", True)
    assert (row["activity"], row["searches"], row["weapons"]) == ("Engagement; Problem-solving", 1, 0)
    assert row["notes"] == "Shop was shut."
    assert before - 1 <= row["start"] < row["end"] <= datetime.now(UTC).timestamp()
    assert f"{clock_text(row['start'])} to {clock_text(row['end'])}, 2 officers." in body(page)
    tap(page, wait_idle, "New entry")
    page.get_by_placeholder("Choose the hot spot").wait_for()
    assert key_of(page) != row["key"]


def violations(page: Any) -> list[str]:
    """What axe holds against the form and the list of entries."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    within = '[class*="st-key-log_form"], .st-key-log_entries'
    found = axe.Axe().run(page, context=within).response["violations"]
    return [f"{v['id']}: {n['html'][:200]}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize("look", ["phone", "dark"])
def test_an_entry_at_each_step_fits_a_thumb_and_has_no_axe_violations(
    serve: Any, open_page: Any, phone: Any, wait_idle: Any, own: Path, look: str
) -> None:
    page = phone(serve(own, SCRIPT)) if look == "phone" else open_page(serve(own, SCRIPT), look)

    def fits() -> bool:
        return page.evaluate(SMALL) == [] and page.evaluate("document.documentElement.scrollWidth") <= 360

    def hit(name: str, role: str = "button") -> None:
        button = page.get_by_role(role, name=name, exact=True)
        button.tap() if look == "phone" else button.click()
        wait_idle(page)

    def choose(label: str, option: str = "") -> None:
        hit(label, "combobox")
        page.get_by_role("option", name=option).first.click()
        page.locator('[data-testid="stSelectboxVirtualDropdown"]').wait_for(state="detached")
        wait_idle(page)

    assert violations(page) == []
    choose("Hot spot", LONG)
    hit("2", "radio")
    hit("More officers")
    hit("Start now")
    assert violations(page) == []
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    hit("Stop now")
    assert look != "phone" or fits()
    hit("Save")
    choose("Entry to look at, correct or withdraw")
    page.get_by_role("button", name="Store the correction").wait_for()
    assert violations(page) == []
    assert look != "phone" or fits()


def notes_kept(folder: Path, page: Any) -> str:
    """The notes of the entry that was begun, as they are stored."""
    return str((patrol_form.begun(folder, key_of(page)).draft or {}).get("notes", ""))


def test_a_reload_in_the_middle_keeps_what_was_typed(serve: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    page = phone(serve(own, SCRIPT))
    tap_spot(page, wait_idle, "Preston Church Street")
    tap(page, wait_idle, "3", "radio")
    tap(page, wait_idle, "Start now")
    page.get_by_label("Your unit or call sign").fill("PC 4711")
    page.get_by_label("Notes").tap()
    page.keyboard.type("typed, and the field was never left", delay=10)
    assert until(page, lambda: notes_kept(own, page) == "typed, and the field was never left")
    wait_idle(page)
    page.keyboard.type("; more", delay=10)  # the caret is where it was
    assert page.get_by_label("Notes").input_value() == "typed, and the field was never left; more"
    assert until(page, lambda: notes_kept(own, page) == "typed, and the field was never left; more")
    wait_idle(page)
    page.reload(wait_until="domcontentloaded")
    wait_idle(page)
    assert page.get_by_label("Notes").input_value() == "typed, and the field was never left; more"
    assert page.get_by_label("Hot spot").first.input_value() == "Preston Church Street (South-01)"
    assert "Officers: 3" in body(page)
    assert "min ago" in body(page)
    assert page.get_by_label("Your unit or call sign").get_attribute("placeholder") == "Entered, kept as a code"
    assert "4711" not in page.content()
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    tap(page, wait_idle, "Stop now")
    tap(page, wait_idle, "Save")
    assert saved(page, "Preston Church Street")
    (row,) = logged(own).to_dict("records")
    assert (row["officers"], row["notes"]) == (3, "typed, and the field was never left; more")
    assert row["unit"] == patrol_form.hashed(own, "pc 4711")


def test_a_patrol_in_progress_outlives_page_and_server(serve: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    page = phone(serve(own, SCRIPT))
    tap_spot(page, wait_idle, "Preston Church Street")
    tap(page, wait_idle, "1", "radio")
    tap(page, wait_idle, "Start now")
    key = key_of(page)
    assert until(page, lambda: (patrol_form.begun(own, key).draft or {}).get("start") is not None)
    started = (patrol_form.begun(own, key).draft or {})["start"]
    other = phone(serve(own, SCRIPT) + f"/?log={key}")  # another server, another browser session
    assert f"Started {clock_text(started)}" in body(other)
    tap(other, wait_idle, "Stop now")
    tap(other, wait_idle, "Save")
    assert said(other, "Saved: Preston Church Street")
    tap(page, wait_idle, "2", "radio")  # the first window learns of it at its next tap, and stores nothing
    assert saved(page, "Preston Church Street")
    assert said(page, "This entry was stored before")
    assert logged(own)["officers"].tolist() == [1]


def test_the_connection_lost_and_found_again_loses_nothing(serve: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    page = phone(serve(own, SCRIPT), fresh=True)
    page.add_init_script(
        "const Plain = WebSocket; window.sockets = [];"
        "window.WebSocket = class extends Plain { constructor(...a) { super(...a); window.sockets.push(this) } }"
    )
    page.reload(wait_until="domcontentloaded")
    wait_idle(page)
    tap_spot(page, wait_idle, "Preston Church Street")
    tap(page, wait_idle, "Start now")
    page.get_by_label("Notes").tap()
    page.keyboard.type("before the tunnel", delay=10)
    page.evaluate("window.sockets.forEach(s => s.close())")
    wait_idle(page)
    assert page.get_by_label("Notes").input_value() == "before the tunnel"
    tap(page, wait_idle, "2", "radio")
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    tap(page, wait_idle, "Stop now")
    tap(page, wait_idle, "Save")
    assert saved(page, "Preston Church Street")
    (row,) = logged(own).to_dict("records")
    assert (row["officers"], row["notes"]) == (2, "before the tunnel")


def type_time(page: Any, wait_idle: Any, label: str, second: int) -> None:
    """A time typed into its field by digits."""
    page.get_by_role("spinbutton", name=f"hour, {label}").focus()
    page.keyboard.type(clock_text(second).replace(":", ""), delay=60)
    page.keyboard.press("Tab")
    wait_idle(page)


def test_a_full_entry_from_the_keyboard(serve: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    end = int(datetime.now(UTC).timestamp()) // 60 * 60
    start = end - 14 * 60
    page = phone(serve(own, SCRIPT))
    pick(page, wait_idle, "Hot spot", "Church")
    press(page, wait_idle, "More officers")
    press(page, wait_idle, "More officers")
    day = local(start, Settings())
    page.get_by_role("spinbutton", name="day, Day").focus()
    page.keyboard.type(f"{day:%d%m%Y}", delay=60)
    page.keyboard.press("Tab")
    wait_idle(page)
    type_time(page, wait_idle, "Start", start)
    type_time(page, wait_idle, "Stop", end)
    assert said(page, f"{clock_text(start)} to {clock_text(end)}, 14 min.")
    press(page, wait_idle, "In a vehicle", "radio", "Space")
    press(page, wait_idle, "Engagement", key="Space")
    press(page, wait_idle, "This was a call (reactive)", "switch", "Space")
    press(page, wait_idle, "More arrests")
    page.get_by_label("Notes").focus()
    page.keyboard.type("by keys", delay=10)
    press(page, wait_idle, "Save")
    assert said(page, f"Saved: Preston Church Street, {clock_text(start)} to {clock_text(end)}, 2 officers.")
    (row,) = logged(own).to_dict("records")
    assert (row["start"], row["end"], row["mode"], row["arrests"]) == (start, end, "vehicle", 1)
    assert (row["reactive"], row["activity"], row["notes"]) == (True, "Engagement", "by keys")


def test_tab_reaches_every_part_in_the_order_of_the_page(serve: Any, phone: Any, own: Path) -> None:
    page = phone(serve(own, SCRIPT))
    page.get_by_role("combobox", name="Hot spot").focus()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("() => (document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()")
        )
    marks = ["Start now", "hour, Start", "hour, Stop", "More searches", "Notes", "Your unit or call sign", "Save"]
    found = [next(i for i, name in enumerate(reached) if name.endswith(mark)) for mark in marks]
    assert found == sorted(found), reached
