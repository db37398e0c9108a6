"""The Change page. Figures are typed in (tests/change_samples.py) or counted by hand (tests/change_workspace.py)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hotspots.base.columns import CHANGE_PAIRS
from hotspots.change.question import Change, ChangeQuestion
from hotspots.harm.weights.register import new_version
from tests.change_samples import NAMES, made, make_change
from tests.change_workspace import make_two_years
from tests.dose_workspace import make_frozen
from tests.evening_workspace import make_evenings
from tests.workspaces import HOSTILE, made_once

pytestmark = pytest.mark.usefixtures("nothing_cached")

MONTHS = ChangeQuestion(
    register="hot-spots", source="police-uk", offences="violence-categories", weights="policeuk-proxy-2026@2026"
)  # as the page asks where nobody chose anything
JOINER = "\u2060"
PAGE = "Change"
HEADERS = [
    "Each hot spot", "Before and after", "Before the start", "Next door", "Minutes beside change",
    "What else was going on", "How it was computed",
]  # fmt: skip


@pytest.fixture(scope="session")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_years(tmp_path_factory.mktemp("two-years"))


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_frozen(tmp_path_factory.mktemp("frozen"))


@pytest.fixture(scope="session")
def evenings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "evenings", make_evenings)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], list[ChangeQuestion]]:
    """``answered(change)``: the library gives this answer; the questions it was asked, as they come."""

    def use(change: Change) -> list[ChangeQuestion]:
        asked: list[ChangeQuestion] = []

        def answer(workspace: Any, question: ChangeQuestion) -> Change:
            asked.append(question)
            return replace(change, question=replace(change.question, bcu=question.bcu))

        monkeypatch.setattr("hotspots.ui.change.answers.change_workspace", answer)
        return asked

    return use


def said(app: Any, *kinds: str) -> str:
    return app.said(*kinds).replace(JOINER, "").replace("\\", "")


def html(app: Any) -> str:
    return unescape("\n".join(str(e.proto.body) for e in app.test.get("html")))


def links(app: Any) -> list[str]:
    return [link.proto.label for link in app.test.main.get("page_link")]


# ---------------------------------------------------------------- the answer


def test_question_answer_and_verdict_come_first_then_what_must_be_said_beside_it(
    at: Any, frozen: Path, answered: Any
) -> None:
    answered(make_change())
    app = at(frozen, PAGE)
    assert said(app, "error") == ""
    told = html(app)
    asked = told.index("Did violence in the treated hot spots fall more")
    answer = told.index("Violence fell: 22% less")
    assert asked < answer < told.index("▼</span> Fell</p>")
    kinds = [e.type for e in app.test.main]
    assert kinds.index("html") < kinds.index("markdown") < kinds.index("warning") < kinds.index("header")
    assert "Harm: can't tell." in said(app, "markdown")
    assert "The windows are not the same length." in said(app, "warning")
    assert "1 January 2023 to 30 June 2023 (181 days)" in said(app, "caption")
    assert [h.value for h in app.test.header] == HEADERS


@pytest.mark.parametrize(
    ("verdict", "sign"), [("fell", "▼</span> Fell"), ("rose", "▲</span> Rose"), ("can't tell", "◇</span> Can’t tell")]
)
def test_the_verdict_is_a_word_with_a_sign(at: Any, frozen: Path, answered: Any, verdict: str, sign: str) -> None:
    answered(replace(make_change(), verdict=verdict))
    assert sign in html(at(frozen, PAGE))


def test_every_estimate_stands_in_its_group_and_the_answers_row_is_marked(at: Any, frozen: Path, answered: Any) -> None:
    answered(make_change())
    table = at(frozen, PAGE).table("finding")
    assert list(zip(table["group"], table["finding"], strict=True)) == [
        ("Count", "Panel of periods"), ("Count", "Displacement difference"), ("Harm", "Panel of periods"),
        ("Count: 100 to 999 days", "Panel of periods"), ("Count: next door", "Around the hot spots"),
        ("Count: no comparison", "Before and after: do not quote alone"),
    ]  # fmt: skip
    assert table["lead"].tolist() == ["▶", "", "", "", "", ""]
    lead = table.iloc[0]
    assert (lead["treated"], lead["comparison"], lead["change"], lead["interval"], lead["verdict"]) == (
        "100 → 75", "50 → 48", "0.78 times", "0.62 to 0.97", "fell"
    )  # fmt: skip
    assert table["change"].iloc[1] == "−23.0 incidents"
    assert table["interval"].iloc[1] == "−55.3 to 9.3"
    assert (table["treated"].iloc[4], table["comparison"].iloc[4]) == ("50 → 51", "25 → 24")  # of the rings
    assert table["verdict"].iloc[-1] == ""


def test_hot_spots_have_their_number_on_the_map_their_counts_and_no_percentage_of_few(
    at: Any, frozen: Path, answered: Any
) -> None:
    answered(make_change())
    table = at(frozen, PAGE).table("percent_refused").set_index("name")
    assert table["label"].tolist() == ["TS1", "CS2", "TW1"]
    assert table.loc[NAMES[0], ["count_before", "count_after"]].tolist() == [60, 42]
    assert float(table.loc[NAMES[0], "percent"]) == -30
    assert table["percent"].isna().tolist() == [False, False, True]
    assert table.loc[NAMES[2], "percent_refused"] == "Fewer than 50 before"
    assert table.loc[NAMES[1], "against_interval"] == ""


def test_minutes_stand_under_the_warning_that_dose_follows_crime(at: Any, frozen: Path, answered: Any) -> None:
    answered(make_change())
    app = at(frozen, PAGE)
    texts = [str(e.value) for kind in ("warning", "markdown") for e in app.test.get(kind)]
    assert any(text.startswith("Dose follows crime") for text in texts)
    assert "Days with an adequate visit had 0.90 times the incidents" in said(app, "markdown")
    table = app.table("looks")
    assert table["looks"].tolist()[::3] == [
        "Bands of minutes",
        "Smooth curve",
        "Days with a visit against days without",
    ]
    assert app.table("days_with_data")["patrol_minutes_a_day"].astype(float).tolist() == [25, 2, 12]


def test_without_minutes_the_page_says_why(at: Any, frozen: Path, answered: Any) -> None:
    answered(make_change(dose=False))
    app = at(frozen, PAGE)
    assert "There are no positions and no logs in the window after." in said(app, "info")
    assert "Patrol dosage" in links(app)
    assert not [t for t in app.test.dataframe if "looks" in t.value]


def test_every_chart_has_its_table_and_a_description(at: Any, frozen: Path, answered: Any) -> None:
    answered(make_change())
    app = at(frozen, PAGE)
    charts = app.test.get("vega_lite_chart")
    assert len(charts) == 6  # forest, trend, series, scatter, bands, curve
    assert all('"description"' in chart.proto.spec for chart in charts)
    for column in ("percent_refused", "when", "exposure", "ring_note", "days_with_data", "looks"):
        app.table(column)


def test_a_look_at_the_dose_without_a_ratio_has_no_chart_but_its_reason(at: Any, frozen: Path, answered: Any) -> None:
    change = make_change()
    assert change.dose is not None
    table = change.dose.table
    bands = table["part"] == "bands"
    silent = table.assign(rate_ratio=table["rate_ratio"].mask(bands), reason=table["reason"].mask(bands, "Too few."))
    answered(replace(change, dose=replace(change.dose, table=silent)))
    app = at(frozen, PAGE)
    assert len(app.test.get("vega_lite_chart")) == 5
    assert set(app.table("looks").query("looks == 'Bands of minutes'")["reason"]) == {"Too few."}


def test_notes_of_rows_leave_out_what_the_warnings_say_already(at: Any, frozen: Path, answered: Any) -> None:
    change = make_change()
    table = change.table.assign(note="Read the counts. " + change.warnings[0])
    answered(replace(change, table=table))
    assert set(at(frozen, PAGE).table("finding")["note"]) == {"Read the counts."}


def test_a_match_is_shown_pair_by_pair_with_those_left_out(at: Any, frozen: Path, answered: Any) -> None:
    pairs = made([{"area": "South-01", "comparison": "like South-01", "distance": 0.4, "km": 3.2}], CHANGE_PAIRS)
    balance = pd.DataFrame([{"measure": "count per period", "treated": 5.0, "smd_after": 0.05}])
    left_out = [("treated", "No place in its BCU")] + 3 * [("candidate", "Not taken")]
    matched: Any = SimpleNamespace(
        balance=balance, joint_p=0.6, drift_p=float("nan"), notes=("Seasons were not matched.",),
        unmatched=pd.DataFrame([{"unit": i, "group": g, "reason": r} for i, (g, r) in enumerate(left_out)]),
    )  # fmt: skip
    answered(replace(make_change(), matched=matched, pairs=pairs))
    app = at(frozen, PAGE)
    assert "Hot spots and their matches do not visibly differ in single periods before the start (p = 0.60)." in said(
        app, "markdown"
    )
    assert "1 treated cell could not be matched" in said(app, "markdown")
    shown = app.table("distance_mix")
    assert shown[["name", "comparison", "km"]].to_numpy().tolist() == [[NAMES[0], "like South-01", 3.2]]
    assert shown["distance_mix"].isna().all()
    assert float(app.table("smd_after")["smd_after"].iloc[0]) == 0.05
    reasons = next(t.value for t in app.test.dataframe if {"group", "reason", "n"} == set(t.value.columns))
    assert reasons.to_numpy().tolist() == [["treated", "No place in its BCU", 1], ["candidate", "Not taken", 3]]


def test_the_map_zooms_to_a_hot_spot_and_the_address_keeps_it(at: Any, frozen: Path, answered: Any) -> None:
    answered(make_change())
    app = at(frozen, PAGE, ring_of="West-01")
    assert app.widget("Zoom to").value == "West-01"
    assert app.widget("Zoom to").options == [
        "All of them", f"TS1 {NAMES[0]}", f"CS2 {NAMES[1]}", f"TW1 {NAMES[2]}"
    ]  # fmt: skip
    app.widget("Zoom to").set_value("all")
    app.run()
    assert "ring_of" not in app.address


def test_a_comparison_that_has_no_cells_of_its_own_says_so_next_door(at: Any, frozen: Path, answered: Any) -> None:
    change = make_change()
    answered(replace(change, cells=change.cells.head(0), trend=change.trend.head(0), trend_note=""))
    app = at(frozen, PAGE)
    assert "No hot spot has a cell on the map here" in said(app, "info")
    assert "There is too little before the start to compare." in said(app, "markdown")


def test_hostile_names_stay_text(at: Any, frozen: Path, answered: Any) -> None:
    change = make_change((HOSTILE[0], HOSTILE[3], HOSTILE[2]))
    evil = HOSTILE[0] + " " + HOSTILE[3]
    answered(replace(change, asked=evil, answer=evil, also=(evil,), warnings=(evil,), notes=(evil,)))
    app = at(frozen, PAGE)
    raw = "\n".join(str(e.proto.body) for e in app.test.get("html"))
    assert "<script>" not in raw
    assert "<script>" not in app.said()
    assert "](javascript" not in app.said()
    assert set(app.table("percent_refused")["name"]) == {HOSTILE[0], HOSTILE[3], HOSTILE[2]}


# ---------------------------------------------------------------- what is asked


def test_the_form_asks_what_it_shows_and_the_address_keeps_it(at: Any, two_years: Path, answered: Any) -> None:
    asked = answered(make_change())
    app = at(two_years, PAGE)
    assert asked == [MONTHS]
    app.widget("Before: first month").set_value("2023-02")
    app.widget("After: last month").set_value("2024-10")
    app.widget("Next door: how far").set_value("200")
    app.widget("Baseline").set_value("expected")
    app.choose(BCU="West", Compared_with="rest", Measure="harm")
    assert asked[-1] == ChangeQuestion(
        bcu="West", measure="harm", register="hot-spots", before_from="2023-02", after_to="2024-10", ring_m=200.0,
        baseline="expected", comparison="rest", source="police-uk", offences="violence-categories",
        weights=MONTHS.weights,
    )  # fmt: skip
    address = app.address
    assert (address["bcu"], address["before_from"], address["ring"], address["comparison"]) == (
        "West", "2023-02", "200", "rest"
    )  # fmt: skip
    app.go("Data")
    app.go(PAGE)
    assert app.widget("Compared with").value == "rest", "the choice is remembered"
    assert len(set(asked)) == 2


def test_top_cells_take_the_place_of_a_register(at: Any, two_years: Path, answered: Any) -> None:
    asked = answered(make_change())
    at(two_years, PAGE, places="top:20", chosen_from="2023-01", chosen_to="2023-06", chosen_by="harm")
    assert asked[-1] == ChangeQuestion(
        top=20, chosen_from="2023-01", chosen_to="2023-06", by="harm", source="police-uk",
        offences="violence-categories", weights=MONTHS.weights,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"before_from": "<b>"}, "asks for before_from “<b>”, which is no day and no month"),
        ({"after_to": "2031-01"}, "asks for after_to 31/01/2031; the data runs from 01/01/2023 to 31/12/2024"),
        ({"bcu": "North"}, "asks for bcu “North”, which is not there"),
        ({"places": "top:7"}, "asks for places “top:7”, which is not there"),
        ({"change_part": "map"}, "asks for change_part “map”, which is not there"),
    ],
)
def test_what_an_address_cannot_have_is_said(
    at: Any, two_years: Path, answered: Any, query: dict[str, str], words: str
) -> None:
    asked = answered(make_change())
    app = at(two_years, PAGE, **query)
    assert words in said(app, "warning")
    assert asked == [MONTHS]


def test_weights_hours_periods_and_some_hot_spots_are_asked_for(at: Any, tmp_path: Path, answered: Any) -> None:
    asked = answered(make_change())
    own = make_evenings(tmp_path)
    heavier = pd.DataFrame({"athena_urn": ["34B.34.1.2"], "ho_class": [""], "crime_type": [""], "days": [400.0]})
    made = new_version(own, "cchi-2020-sv", heavier, "A. Analyst", "Robbery weighs more here")
    app = at(own, PAGE)
    app.widget("Hours").set_value("18-24")
    app.widget("Periods").set_value("month")
    app.widget("Only these").set_value(["South-01", "West-01"])
    app.choose(Harm_weights=f"cchi-2020-sv@{made.version}")
    assert (asked[-1].hours, asked[-1].period, asked[-1].areas) == ("18-24", "month", ("South-01", "West-01"))
    assert asked[-1].weights == f"cchi-2020-sv@{made.version}" != asked[0].weights
    assert (app.address["hours"], app.address["areas"]) == ("18-24", "South-01,West-01")


def test_a_source_of_months_has_no_hours_and_no_weeks(at: Any, two_years: Path, answered: Any) -> None:
    answered(make_change())
    app = at(two_years, PAGE)
    assert app.widget("Periods").options == ["As suggested", "Months"]
    assert "Hours" not in [w.label for w in app.test.text_input]


# ---------------------------------------------------------------- the real answer


def test_one_hot_spot_in_the_evenings_has_the_number_of_the_command_line(
    at: Any, evenings: Path, downloads: list[Any]
) -> None:
    """By hand (tests/evening_workspace.py): 120 → 60 against 480 → 480."""
    app = at(evenings, PAGE, hours="18-24", areas="South-01", comparison="register", change_offences="all")
    assert said(app, "error") == ""
    assert "50% fewer than expected (between 20% and 69% fewer)" in html(app)
    lead = app.table("finding").iloc[0]
    assert (lead["treated"], lead["comparison"], lead["change"]) == ("120 → 60", "480 → 480", "0.50 times")
    made = next(d for d in downloads if d.label == "CSV").build()
    first = next(csv.DictReader(io.StringIO(made)))
    assert float(first["estimate"]) == pytest.approx(0.5)


def test_a_bcu_without_a_place_to_match_opens_on_an_answer(at: Any, two_years: Path) -> None:
    app = at(two_years, PAGE, bcu="South")
    assert said(app, "error") == ""
    assert "Compared with the rest of South" in said(app, "warning")
    assert app.table("finding").iloc[0]["treated"] == "60 → 36"


def test_hours_that_are_none_are_said_in_a_sentence(at: Any, evenings: Path) -> None:
    assert "write them like 20-04" in said(at(evenings, PAGE, hours="late"), "error")


def test_the_figures_are_those_counted_by_hand_and_a_bcu_changes_them(
    at: Any, two_years: Path, downloads: list[Any]
) -> None:
    app = at(two_years, PAGE)
    assert said(app, "error") == ""
    table = app.table("finding")
    lead = table[table["lead"] == "▶"].iloc[0]
    assert (lead["treated"], lead["comparison"]) == ("180 → 108", "144 → 144")
    assert lead["change"] == "0.60 times"  # (108 / 180) / (144 / 144)
    assert "Can’t tell" in html(app)
    spots = app.table("percent_refused").set_index("area")
    assert spots.loc["West-01", ["count_before", "count_after"]].tolist() == [72, 36]
    assert spots.loc["East-02", ["count_before", "count_after"]].tolist() == [36, 48]
    rings = app.table("ring_note").set_index("area")
    assert rings.loc["South-01", ["ring_before", "ring_after"]].tolist() == [24, 24]
    app = app.choose(BCU="West", Compared_with="register")
    assert "lie outside West" in said(app, "warning")
    lead = app.table("finding").iloc[0]
    assert lead["treated"] == "72 → 36"
    assert set(app.table("percent_refused").query("role == 'treated'")["area"]) == {"West-01"}


def test_a_demo_with_patrols_is_answered_and_its_files_have_the_figures_of_the_page(
    at: Any,
    patrolled: Path,
    downloads: list[Any],
) -> None:
    app = at(patrolled, PAGE)
    assert said(app, "error") == ""
    assert [h.value for h in app.test.header] == HEADERS
    assert len(app.table("percent_refused")) == 20
    offered = {d.label: d for d in downloads if d.file_name.startswith("synthetic-change")}
    assert set(offered) == {"CSV", "Excel", "JSON", "GeoJSON"}
    rows = list(csv.DictReader(io.StringIO(offered["CSV"].build())))
    lead = next(r for r in rows if r["leads"].lower() == "true")
    shown = app.table("finding").iloc[0]
    assert shown["treated"] == f"{float(lead['treated_before']):,.0f} → {float(lead['treated_after']):,.0f}"
    assert shown["change"] == f"{float(lead['estimate']):.2f} times"
    assert len(rows) == len(app.table("finding"))
    book = openpyxl.load_workbook(io.BytesIO(offered["Excel"].build()))
    assert "About" in book.sheetnames


# ---------------------------------------------------------------- nothing to show


def test_without_data_the_page_leads_to_importing(at: Any, empty: Path) -> None:
    assert "There is no data here yet" in said(at(empty, PAGE), "info")


def test_without_a_register_it_says_what_to_do_and_top_cells_still_go(at: Any, police: Path, answered: Any) -> None:
    asked = answered(make_change())
    app = at(police, PAGE)
    assert "none is frozen yet" in said(app, "info")
    assert "Freeze hot spots" in links(app)
    assert asked == []
    app = app.choose(Hot_spots="top:10")
    assert asked[-1].top == 10
    assert "Violence fell" in html(app)


def test_what_the_library_refuses_is_a_sentence(at: Any, two_years: Path) -> None:
    app = at(two_years, PAGE, before_from="2023-06", before_to="2023-03", after_from="2024-01", after_to="2024-06")
    assert said(app, "error")
    assert not app.test.dataframe
