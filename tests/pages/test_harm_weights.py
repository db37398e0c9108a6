"""The Harm weights page on the workspace of tests/workspaces.py, with one cell on the list.

Up to February and by harm days: Preston has 5 violence and 1 robbery, Blackpool 2 violence and 2 robberies. With
robbery at 365, 1,351.25 against 1,124.50: Preston leads. At 1,000, 1,986.25 against 2,394.50: Blackpool does.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hotspots.harm.weights import register as weight_register
from hotspots.intake import import_files
from hotspots.ui import loading
from tests.samples import MAPPING, export, record

pytestmark = pytest.mark.usefixtures("nothing_cached")

PROXY = "policeuk-proxy-2026"

ASKED = {"to": "2024-02", "by": "harm"}
WHO, WHY = "A. Analyst", "Robbery was set too low"


@pytest.fixture
def own(police: Path, tmp_path: Path) -> Path:
    """A copy that the test may change, with one cell on the list."""
    folder = Path(shutil.copytree(police, tmp_path / "own"))
    (folder / "settings.toml").write_text("top = 1\n", encoding="utf-8")
    return folder


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """``typed["Robbery"] = 1000``: what stands in the grid when a button of its form is pressed."""
    import streamlit as st

    given: dict[str, float | None] = {}
    real = st.data_editor

    def edit(table: pd.DataFrame, **details: Any) -> pd.DataFrame:
        real(table, **details)
        days = [given.get(t, d) for t, d in zip(table["title"], table["days"], strict=True)]
        return table.assign(days=days)

    monkeypatch.setattr(st, "data_editor", edit)
    return given


@pytest.fixture
def opened(at: Callable[..., Any], own: Path) -> Any:
    return at(own, "Harm weights", **ASKED)


def fill(app: Any, label: str, text: str, which: int = 0) -> None:
    [w for w in app.test.text_input if w.label == label][which].set_value(text)


def sign(app: Any, why: str, which: int = 0) -> None:
    fill(app, "Your name", WHO, which)
    fill(app, why, WHY)


def n_versions(folder: Path) -> int:
    return len(weight_register.versions(folder))


def moves(app: Any) -> list[tuple[str, str, int, int]]:
    table = app.table("rank_a")
    places = [p.split(",")[0] for p in table["place"]]
    return list(zip(table["change"], places, table["rank_a"], table["rank_b"], strict=True))


MOVED = [("enters", "Promenade", 2, 1), ("leaves", "High Street", 1, 2)]


def save(app: Any, typed: dict[str, float | None], days: float = 1000.0) -> None:
    typed["Robbery"] = days
    sign(app, "Why you change it (needed to save)")
    app.press("Save as a new version")
    typed.clear()


# -- looking ---------------------------------------------------------------------------------------


def test_the_page_says_what_a_set_is(opened: Any, own: Path) -> None:
    weights = weight_register.load(own, PROXY)
    said = opened.said("markdown")
    assert weights.sha256 in said
    assert "13 weights, in days of imprisonment" in said
    assert "is the default for data.police.uk" in said.replace("\\", "")
    assert "proxy" in opened.said("warning")
    assert opened.table("differs")["days"].tolist() == weights.table["days"].tolist()
    assert "same weights" in opened.said("info")
    assert "This set has not been changed" in said


def test_the_download_is_the_set_itself(opened: Any, own: Path, downloads: list[Any]) -> None:
    opened.run()
    (file,) = [d for d in downloads if d.label == "Weights, CSV"][-1:]
    rows = list(csv.DictReader(io.StringIO(file.build().decode())))
    assert {r["crime_type"]: float(r["days"]) for r in rows}["Robbery"] == 365
    assert len(rows) == 13


# -- editing ---------------------------------------------------------------------------------------


def test_an_edit_is_seen_and_not_stored(opened: Any, own: Path, typed: dict[str, float | None]) -> None:
    before = n_versions(own)
    typed["Robbery"] = 1000.0
    opened.press("See what changes")
    typed.clear()
    assert "**1 of 1 cells change" in opened.said("markdown")
    assert "Robbery" in next(t for t in opened.said("markdown").splitlines() if "1 of 1 cells" in t)
    assert moves(opened) == MOVED
    assert {m.label: m.value for m in opened.test.metric} == {"Jaccard overlap": "0.00", "Rank-biased overlap": "0.00"}
    rows = opened.table("differs").set_index("title")
    assert rows.loc["Robbery", "differs"] == "not saved: 365 → 1,000"
    assert (rows["differs"] != "").sum() == 1
    assert n_versions(own) == before


def test_edits_outlive_another_run_and_another_page_until_discarded(
    opened: Any, typed: dict[str, float | None]
) -> None:
    typed["Robbery"] = 1000.0
    opened.press("See what changes")
    typed.clear()
    opened.go("Hot spots")
    opened.go("Harm weights")
    assert "1 weight changed and not saved" in opened.said("info")
    assert moves(opened) == MOVED
    opened.press("Discard my edits")
    assert "not saved" not in opened.said("info")
    assert opened.table("differs").set_index("title").loc["Robbery", "days"] == 365
    assert "same weights" in opened.said("info")


def test_finding_rows_keeps_what_was_typed(opened: Any, typed: dict[str, float | None]) -> None:
    typed["Robbery"] = 1000.0
    fill(opened, "Search title or code", "bicycle")
    opened.press("Find")
    typed.clear()
    assert opened.table("differs")["title"].tolist() == ["Bicycle theft"]
    assert "1 of 13 weights" in opened.said("caption")
    assert "1 weight changed and not saved" in opened.said("info")
    fill(opened, "Search title or code", "")
    opened.press("Find")
    assert opened.table("differs").set_index("title").loc["Robbery", "days"] == 1000


@pytest.mark.parametrize(
    ("days", "told"),
    [(-5.0, "Harm cannot be below 0"), (None, "the weight is empty"), (36_501.0, "More than 36,500 days")],
)
def test_a_weight_that_cannot_be_is_told_and_stores_nothing(
    opened: Any, own: Path, typed: dict[str, float | None], days: float | None, told: str
) -> None:
    before = n_versions(own)
    typed["Robbery"] = days
    opened.press("See what changes")
    assert f"Robbery: {told}"[:9] in opened.said("error").replace("\\", "")
    assert told in opened.said("error")
    sign(opened, "Why you change it (needed to save)")
    opened.press("Save as a new version")
    assert told in opened.said("error")
    assert n_versions(own) == before


@pytest.mark.parametrize("why", ["", WHY])
def test_a_version_needs_a_name_and_a_reason(opened: Any, own: Path, typed: dict[str, float | None], why: str) -> None:
    before = n_versions(own)
    typed["Robbery"] = 1000.0
    fill(opened, "Why you change it (needed to save)", why)
    opened.press("Save as a new version")
    assert "please give your name" in opened.said("error")
    assert ("the reason" in opened.said("error")) is (why == "")
    assert n_versions(own) == before
    fill(opened, "Why you change it (needed to save)", WHY)
    fill(opened, "Your name", WHO)
    opened.press("Save as a new version")
    assert n_versions(own) == before + 1


def test_nothing_changed_is_nothing_saved(opened: Any, own: Path, typed: dict[str, float | None]) -> None:
    before = n_versions(own)
    for button in ("See what changes", "Save as a new version"):
        opened.press(button)
        assert "No weight was changed" in opened.said("error")
    assert n_versions(own) == before


def test_saving_makes_a_version_that_no_ranking_uses_until_it_is_the_default(
    opened: Any, own: Path, typed: dict[str, float | None]
) -> None:
    save(opened, typed)
    assert "version 2026.1 of data.police.uk categories" in opened.said("success")
    newest = weight_register.versions(own).iloc[-1]
    assert (newest["author"], newest["note"], newest["name"]) == (WHO, WHY, PROXY)
    assert moves(opened) == MOVED  # of the two versions
    rows = opened.table("differs").set_index("title")
    assert rows.loc["Robbery", ["days", "parent_days", "differs"]].tolist() == [1000, 365, "▲ up from 365"]
    (line,) = opened.table("note").to_dict("records")
    assert (line["before"], line["after"], line["author"]) == (365, 1000, WHO)
    opened.go("Hot spots")
    assert [float(d) for d in opened.table()["harm_days"]][:1] == [1351.25]
    opened.go("Harm weights")
    opened.press("Make this the default …")
    sign(opened, "Why", which=0)
    opened.press("Make it the default")
    assert "is now the default" in opened.said("success")
    opened.go("Hot spots")
    assert [float(d) for d in opened.table()["harm_days"]][:1] == [2394.5]
    assert str(newest["version"]) in opened.widget("Harm weights").value


def test_undo_asks_and_makes_a_version_with_the_old_weights(
    opened: Any, own: Path, typed: dict[str, float | None]
) -> None:
    save(opened, typed)
    before = n_versions(own)
    opened.press("Undo the last change …")
    assert n_versions(own) == before
    opened.press("Leave it as it is")
    assert not [b for b in opened.test.button if b.label == "Undo it"]
    opened.press("Undo the last change …")
    sign(opened, "Why")
    opened.press("Undo it")
    assert n_versions(own) == before + 1
    table = weight_register.versions(own)
    shas = table.loc[table["name"] == PROXY, "sha256"].tolist()
    assert shas[0] == shas[2] != shas[1]
    assert opened.table("differs").set_index("title").loc["Robbery", "days"] == 365
    assert [m[:2] for m in moves(opened)] == [("enters", "High Street"), ("leaves", "Promenade")]
    assert set(opened.table("note")["what"]) == {"edit", "undo"}


def test_an_old_version_can_be_opened_and_used_again(opened: Any, own: Path, typed: dict[str, float | None]) -> None:
    save(opened, typed)
    first = weight_register.versions(own).query("name == @PROXY")["version"].iloc[0]
    opened.widget("Version").set_value(first)
    opened.run()
    assert opened.table("differs").set_index("title").loc["Robbery", "days"] == 365
    opened.press("Use this version again …")
    sign(opened, "Why")
    opened.press("Use it again")
    assert weight_register.load(own, PROXY).table.set_index("title").loc["Robbery", "days"] == 365


def test_a_reason_that_looks_like_code_is_text(opened: Any, own: Path, typed: dict[str, float | None]) -> None:
    typed["Robbery"] = 1000.0
    fill(opened, "Your name", "<b>X</b>")
    fill(opened, "Why you change it (needed to save)", "[x](javascript:alert(1)) $y$")
    opened.press("Save as a new version")
    said = opened.said("markdown")
    assert r"\<b\>X\</b\>" in said
    assert r"\[x\]\(javascript" in said


# -- trying ----------------------------------------------------------------------------------------


def test_a_what_if_changes_the_list_and_stores_nothing(opened: Any, own: Path) -> None:
    before = n_versions(own)
    slider = next(s for s in opened.test.slider if s.label == "Robbery")
    assert (slider.min, slider.max, slider.step, slider.value) == (0, 3, 0.25, 1)
    slider.set_value(3.0)  # 1,095 days: 2,081.25 against 2,584.50
    opened.press("Try")
    assert moves(opened) == MOVED
    assert n_versions(own) == before
    opened.press("All back to 1")
    assert "same weights" in opened.said("info")
    assert next(s for s in opened.test.slider if s.label == "Robbery").value == 1


def test_the_downloads_equal_the_table(opened: Any, typed: dict[str, float | None], downloads: list[Any]) -> None:
    import openpyxl

    typed["Robbery"] = 1000.0
    opened.press("See what changes")
    table = opened.table("rank_a")
    offered = {d.label: d for d in downloads}
    rows = list(csv.DictReader(io.StringIO(offered["Changes, CSV"].build())))
    assert list(rows[0]) == table.columns.tolist()
    for column in ("change", "place", "driver", "cell"):
        assert [r[column] for r in rows] == table[column].tolist()
    # Preston: violence falls from 986.25 of 2,673 days to 986.25 of 4,578, by more than robbery rises
    assert table["driver"].tolist() == ["Robbery", "Violence and sexual offences"]
    assert [float(r["driver_days"]) for r in rows] == table["driver_days"].tolist() == [1270, 0]
    book = openpyxl.load_workbook(io.BytesIO(offered["Changes, Excel"].build()))
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["weights_before_sha256"] != about["weights_after_sha256"]
    assert "not saved" in about["weights_after"]


def test_how_sure_is_worked_out_when_asked_for(opened: Any) -> None:
    assert not [t for t in opened.test.dataframe if "share_in_top" in t.value.columns]
    opened.press("Draw 500 weightings")
    table = opened.table("share_in_top")
    # Preston's 5 V + R against Blackpool's 2 V + 2 R: in front if 3 V > R, V and R each times exp(U(−ln 2, ln 2)).
    # ln(3 · 197.25 / 365) = 0.483; |U − U'| is triangular on 2 ln 2: P = 1 − (1.3863 − 0.483)² / (2 · 1.3863²) = 78.8%
    assert table["share_in_top"].tolist() == pytest.approx([78.8, 21.2], abs=4)
    assert table["share_in_top"].sum() == pytest.approx(100)
    assert table["Equal weights"].tolist() == ["yes", "no"]  # 6 offences against 4
    assert "of 1 cells are in the top 1 under at least 90%" in opened.said("markdown")
    assert "between 1/2 and 2" in opened.said("caption")


def test_a_count_takes_no_notice_of_weights_and_says_so(at: Any, own: Path, typed: dict[str, float | None]) -> None:
    app = at(own, "Harm weights", to="2024-02", by="count")
    typed["Robbery"] = 1000.0
    app.press("See what changes")
    assert "A count takes no notice of weights" in app.said("info")
    assert "Nothing changes" in app.said("markdown")


def test_weights_that_fit_nothing_say_so(at: Any, police: Path) -> None:
    app = at(police, "Harm weights")
    app.widget("Weight set").set_value("cchi-2020-sv")
    app.run()
    assert "weight for none of the offences here" in app.said("error")
    assert app.table("differs")["athena_urn"].iloc[0] == "1.1.1.1"


def test_an_empty_window_says_so(at: Any, police: Path, typed: dict[str, float | None]) -> None:
    app = at(police, "Harm weights", bcu="West", **{"from": "2024-03", "to": "2024-03"})
    typed["Robbery"] = 1000.0
    app.press("See what changes")
    assert "No such incident in this window and BCU" in app.said("info")


def test_transforms_are_told_with_their_numbers(at: Any, both: Path) -> None:
    app = at(both, "Harm weights", source="incidents")
    table = app.table("harm_capped")
    assert table["days"].tolist() == [5475, 1825, 365, 10, 1]
    assert table["harm_sqrt"].round(2).tolist() == [73.99, 42.72, 19.1, 3.16, 1]
    assert table["harm_capped"].tolist() == [365, 365, 365, 10, 1]
    told = "One murder counts as much as 5,475 of common assault by harm days, 74 by square root"
    assert told in app.said("markdown")


# -- deciding --------------------------------------------------------------------------------------


@pytest.fixture
def ambiguous(tmp_path: Path) -> Path:
    """Two woundings known by their class alone, and one offence that no index knows."""
    wounding = {"CLASS": "008/01", "URN": "", "TITLE": "Wounding"}
    unknown = {"CLASS": "999/99", "URN": "", "TITLE": "Something new"}
    rows = [record("r1", "01/05/2024 22:00", wounding), record("r2", "02/05/2024 22:00", wounding)]
    rows += [record("r3", "03/05/2024 22:00", unknown)]
    import_files(tmp_path / "w", [export(rows)], "incidents", MAPPING)
    return tmp_path / "w"


def test_an_offence_without_one_weight_is_decided(at: Any, ambiguous: Path) -> None:
    app = at(ambiguous, "Harm weights", offences="all")
    table = app.table("days_low").set_index("label")
    assert table["status"].tolist() == ["ambiguous", "unscored"]
    assert table.iloc[0][["n_offences", "days_low", "days_high"]].tolist() == [2, 19, 912.5]
    assert "3 of 3 offences" in app.said("markdown")
    app.press("Store the decision")
    assert "the weight is empty" in app.said("error")
    days = next(n for n in app.test.number_input if n.label == "Days")
    days.set_value(365.0)
    app.press("Store the decision")
    assert "please give your name and the reason" in app.said("error")
    assert n_versions(ambiguous) == 2
    fill(app, "Your name", WHO, which=1)
    fill(app, "Why this many", "Most are section 18")
    app.press("Store the decision")
    assert "weighs 365 in version 2020.1" in app.said("success")
    assert app.table("n_offences")["status"].tolist() == ["unscored"]
    (line,) = app.table("note").to_dict("records")
    assert (line["what"], line["author"], line["note"], line["after"]) == ("decision", WHO, "Most are section 18", 365)


# -- speed -----------------------------------------------------------------------------------------


def test_another_run_of_the_page_ranks_nothing_anew(at: Any, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    real = loading.rank_workspace
    monkeypatch.setattr(loading, "rank_workspace", lambda *given: asked.append(given) or real(*given))
    app = at(own, "Harm weights", **ASKED)
    assert asked
    slider = app.test.slider[0]
    slider.set_value(2.0)
    app.press("Try")
    asked.clear()
    app.run()
    assert asked == []
