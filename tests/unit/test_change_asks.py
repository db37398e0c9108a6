"""Change asked for hours and for single hot spots: counted by hand in tests/evening_workspace.py."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from math import exp, sqrt
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.change.question import Change, ChangeQuestion
from hotspots.change.workspace import change_workspace
from hotspots.cli import main
from hotspots.exports.change import about, change_text
from tests.change_workspace import make_two_years
from tests.evening_workspace import make_evenings
from tests.workspaces import made_once

YEARS = ChangeQuestion(
    register="named", before_from="2023-01", before_to="2023-12", after_from="2024-01", after_to="2024-12",
    comparison="register", offences="all",
)  # fmt: skip
ONE = replace(YEARS, areas=("South-01",), hours="18-24")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "evenings", make_evenings)


@pytest.fixture(scope="module")
def found(folder: Path) -> Change:
    return change_workspace(folder, ONE)


def test_one_hot_spot_in_the_evenings(found: Change) -> None:
    """By hand: 120 → 60 against 480 → 480. Steady places, so φ is 1; five of them leave four degrees of freedom.

    √(1/120 + 1/60 + 1/480 + 1/480) = 0.17078, t₀.₉₇₅(4) = 2.77645 (tables).
    """
    (lead,) = found.table[(found.table["measure"] == "count") & found.table["leads"]].to_dict("records")
    reach = 2.77645 * sqrt(1 / 120 + 1 / 60 + 2 / 480)
    assert lead["estimate_of"] == "single"
    assert (lead["treated_before"], lead["treated_after"]) == (120, 60)
    assert (lead["comparison_before"], lead["comparison_after"]) == (480, 480)
    assert lead["estimate"] == pytest.approx(0.5)
    assert lead["ci_low"] == pytest.approx(0.5 * exp(-reach), abs=1e-4)
    assert lead["ci_high"] == pytest.approx(0.5 * exp(reach), abs=1e-4)
    assert found.answer == (
        "Incidents of all offences from 18:00 to 24:00 in hot spot South-01 fell relative to the comparison hot spots:"
        " 50% fewer than expected (between 20% and 69% fewer)."
    )


def test_its_bcu_is_filled_in_so_that_the_comparison_lies_there_and_all_of_it_is_used(found: Change) -> None:
    assert found.question.bcu == "South"
    assert found.spots["role"].tolist() == ["treated", *["comparison"] * 5]
    assert "South-02" not in set(found.spots["area"])  # treated, and not asked for: in neither group
    assert any("1 of 2 treated hot spots asked for" in note for note in found.notes)


def test_the_question_stands_in_what_goes_with_every_download(found: Change) -> None:
    facts = json.loads(change_text(found, "json"))["about"]
    assert (facts["hot_spots"], facts["hours"]) == ("South-01", "18-24")
    whole = about(found)
    assert whole["question"].startswith("Did incidents of all offences from 18:00 to 24:00 in hot spot South-01")


def test_the_command_line_gives_the_number_of_the_page(
    found: Change, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--register", "named", "--before-from", "2023-01", "--before-to", "2023-12", "--from", "2024-01"]
    asked += ["--to", "2024-12", "--comparison", "register", "--offences", "all"]
    main.run(["change", "--workspace", str(folder), *asked, "--area", "South-01", "--hours", "18-24"])
    out, err = capsys.readouterr()
    assert found.answer in err
    first = next(csv.DictReader(io.StringIO(out)))
    assert float(first["estimate"]) == pytest.approx(0.5)


def test_several_hot_spots_of_two_bcus_are_compared_with_those_of_all(folder: Path) -> None:
    two = change_workspace(folder, replace(YEARS, areas=("West-01", "South-02", "West-01"), hours="18-24"))
    assert two.question.areas == ("South-02", "West-01")
    assert two.question.bcu == "all"
    lead = two.table[two.table["leads"]].iloc[0]
    assert (lead["treated_before"], lead["treated_after"]) == (132, 132)
    assert lead["estimate"] == pytest.approx(1.0)
    assert two.verdict == "can't tell"


def test_treated_hot_spots_that_nobody_asked_for_are_not_in_the_rest_of_the_force(folder: Path) -> None:
    """The rest of South is its five comparison hot spots, ten a month each; South-02, treated, is left out."""
    rest = change_workspace(folder, replace(YEARS, areas=("South-01",), comparison="rest"))
    lead = rest.table[rest.table["leads"]].iloc[0]
    assert (lead["treated_before"], lead["treated_after"]) == (168, 108)
    assert (lead["comparison_before"], lead["comparison_after"]) == (600, 600)
    assert "single" not in set(rest.table["estimate_of"])  # neighbourhoods do not show how a hot spot varies


def test_the_whole_day_is_no_choice_of_hours(folder: Path) -> None:
    day = change_workspace(folder, replace(ONE, hours="6-6"))
    lead = day.table[day.table["leads"]].iloc[0]
    assert (lead["treated_before"], lead["treated_after"]) == (168, 108)
    assert day.facts["hours"] == "all day"


def test_minutes_of_whole_days_do_not_stand_beside_some_hours(found: Change) -> None:
    assert found.dose is None
    assert "ask without hours" in found.no_dose


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"areas": ("South-09",)}, "named@1 has no hot spot 'South-09'; it has South-01, "),
        ({"areas": ("South-03",)}, "South-03 is comparison in named@1: a change is asked of treated hot spots."),
        ({"areas": ("South-01",), "bcu": "West"}, "Not all of South-01 lie in West: leave the BCU out."),
        ({"areas": ("South-01",), "register": "", "top": 3, "comparison": "rest"}, "not for both"),
        ({"hours": "25-3"}, "Hours are '25-3'; write them like 20-04"),
    ],
)
def test_what_cannot_be_asked_is_said(folder: Path, asked: dict, told: str) -> None:
    with pytest.raises(HotspotsError, match=told.replace("(", r"\(")):
        change_workspace(folder, replace(YEARS, **asked))


def test_data_of_months_has_no_hours(tmp_path: Path) -> None:
    with pytest.raises(HotspotsError, match="no time of day, so hours cannot be chosen"):
        change_workspace(make_two_years(tmp_path), ChangeQuestion(hours="20-04"))


def test_a_match_is_made_for_all_of_them(folder: Path) -> None:
    with pytest.raises(HotspotsError, match="leave --area out"):
        main.run(["change", "match", "--workspace", str(folder), "--area", "South-01"])
