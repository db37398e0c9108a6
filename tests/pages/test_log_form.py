"""The patrol log form by itself: filled in, pressed twice, run again, corrected."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspots.areas import new_area
from hotspots.areas import register as area_register
from hotspots.patrols import form as patrol_form
from hotspots.store import ledger
from hotspots.ui.log_form.draft import NO_REGISTER, NOT_IN_IT
from tests.area_samples import disk, facts, no_areas
from tests.conftest import REPOSITORY
from tests.workspaces import HOSTILE, logged, make_police

pytestmark = pytest.mark.usefixtures("nothing_cached")

NOW = datetime(2026, 6, 10, 13, 0, 20, tzinfo=UTC)  # 14:00:20 in London
KEY = "ab" * 16
JOINER = "\u2060"


def make_logged(folder: Path, *names: str) -> Path:
    """A workspace with the hot spots South-01, South-02, … from 1 June 2026."""
    made = make_police(folder)
    ground = facts(disk(2), np.arange(10.0, 200.0, 10.0))
    areas = no_areas()
    for i, name in enumerate(names):
        areas = new_area(areas, disk(2)[i : i + 1], ground, "Ann", day=date(2026, 6, 1))
        areas.loc[areas.index[-1], "name"] = name
    area_register.freeze(made, areas, "grip", "2026-06-01", "Ann", "for the tests", {}, max_area_m2=1e6)
    return made


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_logged(tmp_path_factory.mktemp("log"), "Preston Church Street", "Preston Friargate")


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(made, tmp_path / "own"))


class Clock:
    now = NOW

    def goes_on(self, **time: int) -> None:
        self.now += timedelta(**time)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    monkeypatch.setattr(ledger, "now", lambda: told.now)
    return told


class Form:
    """One session of the form, and the few things an officer does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, workspace: Path, **query: str):
        from streamlit.testing.v1 import AppTest

        monkeypatch.setenv("HOTSPOTS_WORKSPACE", str(workspace))
        self.test = AppTest.from_file(str(REPOSITORY / "tests/browser/log_app.py"), default_timeout=60)
        for name, value in query.items():
            self.test.query_params[name] = value
        self.run()

    def run(self) -> Form:
        self.test.run()
        problems = [e.message for e in self.test.exception]
        assert not problems, problems
        return self

    def said(self, *kinds: str) -> str:
        wanted = kinds or ("markdown", "caption", "warning", "error", "info", "success", "html")
        told = "\n".join(
            str(e.value if kind != "html" else e.proto.body) for kind in wanted for e in self.test.get(kind)
        )
        return told.replace(JOINER, "").replace("\\", "")

    def widget(self, label: str, at: int = 0) -> Any:
        kinds = (
            "selectbox", "text_input", "text_area", "time_input", "date_input", "toggle", "number_input",
            "button_group",
        )  # fmt: skip
        return [w for kind in kinds for w in self.test.get(kind) if w.label == label][at]

    def put(self, at: int = 0, **by_label: Any) -> Form:
        """Fill in fields, one run each, as in a browser."""
        for label, value in by_label.items():
            self.widget(label.replace("_", " "), at).set_value(value)
            self.run()
        return self

    def press(self, label: str) -> Form:
        (button,) = [b for b in self.test.button if b.label == label]
        assert not button.disabled
        button.click()
        return self.run()

    def can_press(self, label: str) -> bool:
        return any(b.label == label and not b.disabled for b in self.test.button)

    @property
    def key(self) -> str:
        value = self.test.query_params["log"]
        return value[0] if isinstance(value, list) else str(value)


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda workspace, **query: Form(monkeypatch, workspace, **query)


def filled(form: Form, clock: Clock) -> Form:
    """All that an entry can say, from 14:00 to 14:12."""
    form.put(Hot_spot="South-01", Officers=2).press("Start now")
    clock.goes_on(minutes=12)
    form.press("Stop now").put(How="foot", What_was_done=["Engagement", "Stop and search"])
    form.press("More searches").press("More searches").press("Fewer arrests")
    return form.put(Notes="Shop was shut.", Your_unit_or_call_sign="PC 4711")


def stored(folder: Path) -> dict[str, Any]:
    (row,) = logged(folder, withdrawn=True).to_dict("records")
    return dict(row)


# ---------------------------------------------------------------- a full entry


def test_a_full_entry_is_stored_as_it_was_told(form: Any, own: Path, clock: Clock) -> None:
    app = filled(form(own), clock)
    assert "14:00 to 14:12, 12 min." in app.said("markdown")
    assert "Searches: 2" in app.said("html")
    assert "Arrests: 0" in app.said("html")
    assert "Weapons: –" in app.said("html")
    app.press("Save")
    assert "Saved: Preston Church Street, 14:00 to 14:12, 2 officers." in app.said("success")
    row = stored(own)
    start = int(NOW.timestamp())
    assert (row["area"], row["officers"], row["mode"], row["reactive"]) == ("South-01", 2, "foot", False)
    assert (row["start"], row["end"]) == (start, start + 720)  # to the second, by the server's clock
    assert row["activity"] == "Engagement; Stop and search"
    assert (row["searches"], row["arrests"]) == (2, 0)
    assert pd.isna(row["weapons"])  # nothing was said
    assert row["notes"] == "Shop was shut."
    assert row["unit"].startswith("unit-")
    assert row["key"] == app.key
    assert patrol_form.begun(own, app.key).draft is None


def test_pressing_save_again_from_another_window_stores_one_entry(form: Any, own: Path, clock: Clock) -> None:
    """Two sessions with one key, both filled in before either saves: a double tap, or a retry after a lost answer."""
    one = filled(form(own, log=KEY), clock)
    two = form(own, log=KEY)
    assert two.widget("Notes").value == "Shop was shut."
    one.press("Save")
    two.press("Save")
    assert len(logged(own)) == 1
    for app in (one, two):
        assert "Saved: Preston Church Street, 14:00 to 14:12, 2 officers." in app.said("success")
        assert not app.said("warning")


def test_what_was_changed_after_it_was_stored_elsewhere_is_told(form: Any, own: Path, clock: Clock) -> None:
    one = filled(form(own, log=KEY), clock)
    two = form(own, log=KEY)
    one.press("Save")
    two.put(Notes="Something else.")
    assert NOT_IN_IT in two.said("warning")
    assert stored(own)["notes"] == "Shop was shut."
    assert "Notes as typed here: Something else." in [str(t.value) for t in two.test.text]
    two.run()
    assert NOT_IN_IT in two.said("warning")


def test_save_reached_twice_before_the_page_knows_stores_once(
    form: Any, own: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second press finds the form still drawn: the store itself answers with the first row."""
    app = filled(form(own), clock)
    real = patrol_form.record
    already = []

    def sent_twice(folder: Path, submission: patrol_form.Submission) -> patrol_form.Stored:
        first = real(folder, submission)
        again = real(folder, submission)
        already.extend([first.already, again.already])
        return again

    monkeypatch.setattr(patrol_form, "record", sent_twice)
    app.press("Save")
    assert already == [False, True]
    assert len(logged(own)) == 1
    assert "Saved: Preston Church Street" in app.said("success")
    assert not app.said("warning")


def test_a_new_entry_begins_empty_but_for_unit_and_officers(form: Any, own: Path, clock: Clock) -> None:
    app = filled(form(own), clock).press("Save")
    first = app.key
    app.press("New entry")
    assert app.key != first
    assert app.widget("Hot spot").value is None
    assert app.widget("Notes").value == ""
    assert "Officers: 2" in app.said("html")
    assert app.widget("Your unit or call sign").placeholder == "Entered, kept as a code"
    app.press("Another unit")
    assert app.widget("Your unit or call sign").placeholder == ""
    app.put(Hot_spot="South-02").press("Start now")
    clock.goes_on(minutes=1)
    app.press("Stop now").press("Save")
    rows = logged(own)
    assert rows["area"].tolist() == ["South-01", "South-02"]
    assert rows["unit"].tolist()[1] == ""


# ---------------------------------------------------------------- nothing is lost


def test_what_was_typed_outlives_reruns_and_another_session(form: Any, own: Path, clock: Clock) -> None:
    app = filled(form(own), clock).run().run()
    other = form(own, log=app.key)  # a reload: a new session that knows the address alone
    for shown in (app, other):
        assert shown.widget("Hot spot").value == "South-01"
        assert shown.widget("Officers").value == 2
        assert shown.widget("How").value == "foot"
        assert shown.widget("What was done").value == ["Engagement", "Stop and search"]
        assert shown.widget("Notes").value == "Shop was shut."
        assert (shown.widget("Start").value, shown.widget("Stop").value) == (time(14, 0), time(14, 12))
        assert "Searches: 2" in shown.said("html")
    assert other.widget("Your unit or call sign").value == ""  # known as a code only
    assert other.widget("Your unit or call sign").placeholder == "Entered, kept as a code"
    assert "4711" not in str(patrol_form.begun(own, app.key).draft)
    other.press("Save")
    assert stored(own)["unit"] == patrol_form.hashed(own, "pc 4711")


def test_a_patrol_in_progress_is_found_again_by_its_address(form: Any, own: Path, clock: Clock) -> None:
    key = form(own).put(Hot_spot="South-02").press("Start now").key
    clock.goes_on(minutes=7)
    app = form(own, log=key)
    assert "Started 14:00, 7 min ago." in app.said("markdown")
    assert app.can_press("Stop now")
    assert not app.can_press("Start now")


def test_a_refused_entry_says_everything_and_keeps_everything(form: Any, own: Path) -> None:
    app = form(own).put(Notes="Kept.").press("Save")
    assert app.said("error").splitlines() == [
        "Choose the hot spot.", "An entry needs a start and an end.", "Say how many officers there were.",
    ]  # fmt: skip
    app.put(Hot_spot="South-01", Officers=1, Start=time(13, 50), Stop=time(13, 40)).press("Save")
    assert "The end, 10/06/2026 13:40, is not after the start, 10/06/2026 13:50." in app.said("error")
    assert app.widget("Notes").value == "Kept."
    assert logged(own).empty
    app.put(Stop=time(13, 55)).press("Save")
    assert "Saved: Preston Church Street, 13:50 to 13:55, 1 officer." in app.said("success")


def test_an_address_that_was_made_up_begins_a_new_entry(form: Any, own: Path) -> None:
    app = form(own, log="<script>alert(1)</script>")
    assert "not there" in app.said("warning")
    assert patrol_form.is_key(app.key)


def test_nothing_is_stored_by_looking(form: Any, own: Path) -> None:
    app = form(own)
    assert patrol_form.begun(own, app.key) == (None, None)


# ---------------------------------------------------------------- start, stop and the officers


def test_a_second_tap_moves_neither_start_nor_stop(form: Any, own: Path, clock: Clock) -> None:
    app = form(own).press("Start now")
    assert not app.can_press("Start now")
    clock.goes_on(minutes=10)
    app.press("Stop now")
    assert not app.can_press("Stop now")
    clock.goes_on(minutes=5)
    app.press("Not over yet")
    assert "Started 14:00, 15 min ago." in app.said("markdown")
    app.press("Stop now")
    assert "14:00 to 14:15, 15 min." in app.said("markdown")


def test_times_can_be_edited_afterwards(form: Any, own: Path, clock: Clock) -> None:
    app = filled(form(own), clock)
    app.put(Start=time(13, 50))
    assert "13:50 to 14:12, 22 min." in app.said("markdown")
    app.put(Day=date(2026, 6, 9), Start=time(23, 50), Stop=time(0, 10))
    assert "23:50 to 00:10, 20 min." in app.said("markdown")
    app.press("Save")
    row = stored(own)
    start = int(datetime(2026, 6, 9, 22, 50, tzinfo=UTC).timestamp())
    assert (row["start"], row["end"]) == (start, start + 20 * 60)


def test_the_hour_that_comes_twice_is_told(form: Any, own: Path, clock: Clock) -> None:
    clock.now = datetime(2026, 10, 25, 9, 0, tzinfo=UTC)
    app = form(own).put(Start=time(1, 50), Stop=time(1, 10))
    assert "01:50 came twice that night; taken is the first (BST)." in app.said("info")
    assert "01:10 came twice that night; taken is the second (GMT)." in app.said("info")
    assert "01:50 to 01:10, 20 min." in app.said("markdown")
    app = form(own, log=app.key)
    assert "01:10 came twice" in app.said("info")


def test_officers_by_taps(form: Any, own: Path) -> None:
    app = form(own)
    assert "Officers: not entered yet" in app.said("html")
    app.put(Officers=4).press("More officers").press("More officers")
    assert "Officers: 6" in app.said("html")
    assert app.widget("Officers").value is None
    for _ in range(8):
        app.press("Fewer officers")
    assert "Officers: 1" in app.said("html")
    assert app.widget("Officers").value == 1


# ---------------------------------------------------------------- what it shows


def test_without_a_register_there_is_a_sentence(form: Any, tmp_path: Path) -> None:
    app = form(make_police(tmp_path / "ws"))
    assert NO_REGISTER in app.said("info")
    assert not app.can_press("Save")
    assert NO_REGISTER in form(tmp_path / "none").said("info")


def test_hostile_text_is_shown_as_text(form: Any, tmp_path: Path, clock: Clock) -> None:
    names = [HOSTILE[0], HOSTILE[3], HOSTILE[6], HOSTILE[9]]
    own = make_logged(tmp_path / "ws", *names)
    app = form(own).put(Hot_spot="South-02", Officers=1).press("Start now")
    clock.goes_on(minutes=1)
    app.press("Stop now").put(Notes="\n".join(HOSTILE)).press("Save")
    entry = stored(own)
    app.put(**{"Entry to look at, correct or withdraw": entry["entry"]})
    told = "\n".join(str(e.value) for kind in ("success", "markdown", "caption") for e in app.test.get(kind))
    for mark in (
        r"(?<!\\)\(javascript",
        r"(?<!\\)<(script|img)",
        r"(?<!\\)!\\?\[",
        r"https\\?:(?!\u2060)",
        r"(?<!\\)\$",
    ):
        assert not re.search(mark, told), mark
    assert entry["notes"].splitlines()[0] == HOSTILE[0]
    assert HOSTILE[3] in app.said("success")


def test_only_the_hot_spots_of_the_bcu_are_offered(form: Any, tmp_path: Path) -> None:
    from h3.api import basic_int as h3

    from tests.samples import BLACKPOOL, PRESTON

    own = make_police(tmp_path / "ws")
    cells = [h3.latlng_to_cell(lat, lon, 10) for lon, lat in (BLACKPOOL, PRESTON)]
    ground = facts(cells, [100.0, 100.0], ["West", "South"])
    areas = no_areas()
    for cell in cells:
        areas = new_area(areas, [cell], ground, "Ann", day=date(2026, 6, 1))
    area_register.freeze(own, areas, "grip", "2026-06-01", "Ann", "for the tests", {}, max_area_m2=1e6)
    assert len(form(own).widget("Hot spot").options) == 2
    app = form(own, bcu="West")
    (only,) = app.widget("Hot spot").options
    assert "West-01" in only
    app.put(BCU="South")
    (only,) = app.widget("Hot spot").options
    assert "South-01" in only


# ---------------------------------------------------------------- corrected and withdrawn


def chosen(app: Form, own: Path) -> Form:
    return app.put(**{"Entry to look at, correct or withdraw": stored(own)["entry"]})


def test_an_entry_of_today_is_corrected_and_the_original_stays(form: Any, own: Path, clock: Clock) -> None:
    app = chosen(filled(form(own), clock).press("Save"), own)
    app.widget("Officers").set_value(3)
    app.widget("Weapons").set_value("1")
    app.widget("Stop").set_value(time(14, 20))
    app.press("Store the correction")
    assert "This needs a reason." in app.said("error")
    assert app.widget("Officers").value == 3  # as it was typed
    app.widget("What was wrong").set_value("one more of us")
    clock.goes_on(minutes=10)
    app.press("Store the correction")
    assert "Corrected. The original stays in the history." in app.said("success")
    assert "Saved and corrected: Preston Church Street, 14:00 to 14:20, 3 officers." in app.said("success")
    row = stored(own)
    told = patrol_form.history(own, row["entry"])
    assert told["officers"].tolist() == [2, 3]
    assert told["start"].nunique() == 1  # a clock that was not touched keeps its seconds
    assert (row["weapons"], row["searches"], row["notes"]) == (1, 2, "Shop was shut.")
    assert row["author"] == row["unit"]  # nothing put in: as in the last entry
    chosen(app, own)
    assert "Original, 10/06/2026 14:12" in app.said("markdown")
    assert "Correction 1, 10/06/2026 14:22" in app.said("markdown")
    assert "Reason: one more of us" in app.said("caption")


def test_a_correction_that_is_no_number_is_told(form: Any, own: Path, clock: Clock) -> None:
    app = chosen(filled(form(own), clock).press("Save"), own)
    app.widget("Weapons").set_value("two")
    app.widget("What was wrong").set_value("miscounted")
    app.press("Store the correction")
    assert "Weapons are 'two'; write a whole number, or nothing." in app.said("error")
    assert len(patrol_form.history(own, stored(own)["entry"])) == 1


def test_an_entry_is_withdrawn_with_a_reason(form: Any, own: Path, clock: Clock) -> None:
    app = chosen(filled(form(own), clock).press("Save"), own)
    app.put(What_to_do="Withdraw")
    app.widget("Your unit or name").set_value("Sgt Bravo")
    app.widget("Why it is withdrawn").set_value("wrong place")
    app.press("Withdraw the entry")
    assert logged(own).empty
    assert "Withdrawn: Preston Church Street, 14:00 to 14:12, 2 officers." in app.said("success", "markdown")
    app = chosen(app, own)
    assert "Reason: wrong place" in app.said("caption")
    assert not app.can_press("Store the correction")
    assert "Bravo" not in app.said()


def test_entries_of_another_day(form: Any, own: Path, clock: Clock) -> None:
    app = filled(form(own), clock).press("Save")
    clock.goes_on(days=1)
    app = form(own)
    assert "None yet." in app.said("caption")
    app.put(**{"Patrol day (from 06:00)": date(2026, 6, 10)})
    assert "Preston Church Street, 14:00 to 14:12, 2 officers. On foot. Engagement; Stop and search." in app.said(
        "markdown"
    )
