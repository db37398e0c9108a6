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
def own(police: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two hot spots in force today; each test looks for its own entry, by its key."""
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
def phone(open_page: Any, wait_idle: Any) -> Any:
    """``phone(address)``: a page 360 wide, with a finger on it unless another look is asked for."""

    def start(address: str, look: str = "phone") -> Any:
        page = open_page(look=look)
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


def entry(folder: Path, key: str) -> dict[str, Any]:
    """The one entry that was stored under this key."""
    rows = logged(folder)
    (row,) = rows[rows["key"] == key].to_dict("records")
    return row


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


def violations(page: Any) -> list[str]:
    """What axe holds against the form and the list of entries."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    within = '[class*="st-key-log_form"], .st-key-log_entries'
    found = axe.Axe().run(page, context=within).response["violations"]
    return [f"{v['id']}: {n['html'][:200]}" for v in found for n in v["nodes"]]


def fits(page: Any) -> bool:
    """Whether every part is large enough for a thumb, and none wider than the screen."""
    return page.evaluate(SMALL) == [] and page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_full_entry_by_taps_and_save_tapped_twice(served: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    """At each step it fits a thumb, and axe holds nothing against it."""
    page = phone(served(own, SCRIPT))
    key = key_of(page)
    assert violations(page) == [], "as it opens"
    tap_spot(page, wait_idle, LONG)
    tap(page, wait_idle, "2", "radio")
    before = datetime.now(UTC).timestamp()
    tap(page, wait_idle, "Start now")
    assert said(page, "0 min ago")
    assert violations(page) == [], "once a patrol has started"
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    tap(page, wait_idle, "Stop now")
    tap(page, wait_idle, "On foot", "radio")
    tap(page, wait_idle, "Engagement")
    tap(page, wait_idle, "Problem-solving")
    page.get_by_text("This was a call (reactive)").tap()
    wait_idle(page)
    tap(page, wait_idle, "More searches")
    tap(page, wait_idle, "Fewer weapons")
    assert fits(page), "once it is filled in"
    page.get_by_label("Notes").tap()
    page.keyboard.type("Shop was shut.", delay=10)
    save = page.get_by_role("button", name="Save").element_handle()
    save.tap()  # the field is left and the button pressed by one tap
    save.evaluate("button => button.isConnected && button.click()")
    assert saved(page, LONG)
    wait_idle(page)
    row = entry(own, key)
    assert (row["area"], row["officers"], row["mode"], row["reactive"]) == ("South-02", 2, "foot", True)
    assert (row["activity"], row["searches"], row["weapons"]) == ("Engagement; Problem-solving", 1, 0)
    assert row["notes"] == "Shop was shut."
    assert before - 1 <= row["start"] < row["end"] <= datetime.now(UTC).timestamp()
    assert f"{clock_text(row['start'])} to {clock_text(row['end'])}, 2 officers." in body(page)
    look_at_an_entry(page, wait_idle)
    tap(page, wait_idle, "New entry")
    page.get_by_placeholder("Choose the hot spot").wait_for()
    assert key_of(page) != key


def look_at_an_entry(page: Any, wait_idle: Any) -> None:
    """The part where an entry is corrected fits a thumb as well, and axe holds nothing against it."""
    page.get_by_role("combobox", name="Entry to look at, correct or withdraw").tap()
    page.get_by_role("option").first.tap()
    page.locator('[data-testid="stSelectboxVirtualDropdown"]').wait_for(state="detached")
    wait_idle(page)
    page.get_by_role("button", name="Store the correction").wait_for()
    assert violations(page) == [], "where an entry is corrected"
    assert fits(page), "where an entry is corrected"


def notes_kept(folder: Path, page: Any) -> str:
    """The notes of the entry that was begun, as they are stored."""
    return str((patrol_form.begun(folder, key_of(page)).draft or {}).get("notes", ""))


def test_a_patrol_in_progress_outlives_tunnel_reload_and_server(
    serve: Any, served: Any, phone: Any, wait_idle: Any, own: Path
) -> None:
    page = phone(served(own, SCRIPT))
    key = key_of(page)
    tap_spot(page, wait_idle, "Preston Church Street")
    tap(page, wait_idle, "Start now")
    page.get_by_label("Notes").tap()
    page.keyboard.type("before the tunnel", delay=10)
    page.evaluate("window.hotspotsLine.sockets.forEach(socket => socket.close())")
    wait_idle(page)
    assert page.get_by_label("Notes").input_value() == "before the tunnel", "lost with the connection"
    tap(page, wait_idle, "3", "radio")
    page.get_by_label("Your unit or call sign").fill("PC 4711")
    page.get_by_label("Notes").tap()
    page.keyboard.press("End")
    page.keyboard.type("; never left", delay=10)
    assert until(page, lambda: notes_kept(own, page) == "before the tunnel; never left")
    wait_idle(page)
    page.keyboard.type("; more", delay=10)  # the caret is where it was
    assert page.get_by_label("Notes").input_value() == "before the tunnel; never left; more"
    assert until(page, lambda: notes_kept(own, page) == "before the tunnel; never left; more")
    wait_idle(page)
    page.reload(wait_until="domcontentloaded")
    wait_idle(page)
    is_all_there(page)
    started = (patrol_form.begun(own, key).draft or {})["start"]
    other = phone(serve(own, SCRIPT) + f"/?log={key}")  # another server, another browser session
    is_all_there(other)
    assert f"Started {clock_text(started)}" in body(other)
    page.wait_for_timeout(1_100)  # an entry lasts at least a second
    tap(other, wait_idle, "Stop now")
    tap(other, wait_idle, "Save")
    assert said(other, "Saved: Preston Church Street")
    tap(page, wait_idle, "2", "radio")  # the first window learns of it at its next tap, and stores nothing
    assert saved(page, "Preston Church Street")
    assert said(page, "This entry was stored before")
    row = entry(own, key)
    assert (row["officers"], row["notes"]) == (3, "before the tunnel; never left; more")
    assert row["unit"] == patrol_form.hashed(own, "pc 4711")


def is_all_there(page: Any) -> None:
    """What was entered so far, and of the unit its code alone."""
    assert page.get_by_label("Notes").input_value() == "before the tunnel; never left; more"
    assert page.get_by_label("Hot spot").first.input_value() == "Preston Church Street (South-01)"
    assert "Officers: 3" in body(page)
    assert "min ago" in body(page)
    assert page.get_by_label("Your unit or call sign").get_attribute("placeholder") == "Entered, kept as a code"
    assert "4711" not in page.content()


def type_time(page: Any, wait_idle: Any, label: str, second: int) -> None:
    """A time typed into its field by digits."""
    page.get_by_role("spinbutton", name=f"hour, {label}").focus()
    page.keyboard.type(clock_text(second).replace(":", ""), delay=60)
    page.keyboard.press("Tab")
    wait_idle(page)


def reaches_every_part_in_order(page: Any) -> None:
    """Tab does, in the order of the page."""
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


def test_a_full_entry_from_the_keyboard(served: Any, phone: Any, wait_idle: Any, own: Path) -> None:
    end = int(datetime.now(UTC).timestamp()) // 60 * 60
    start = end - 14 * 60
    page = phone(served(own, SCRIPT), "dark")
    key = key_of(page)
    reaches_every_part_in_order(page)
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
    assert violations(page) == [], "in the dark, with an activity chosen"
    press(page, wait_idle, "This was a call (reactive)", "switch", "Space")
    press(page, wait_idle, "More arrests")
    page.get_by_label("Notes").focus()
    page.keyboard.type("by keys", delay=10)
    press(page, wait_idle, "Save")
    assert said(page, f"Saved: Preston Church Street, {clock_text(start)} to {clock_text(end)}, 2 officers.")
    row = entry(own, key)
    assert (row["start"], row["end"], row["mode"], row["arrests"]) == (start, end, "vehicle", 1)
    assert (row["reactive"], row["activity"], row["notes"]) == (True, "Engagement", "by keys")
