"""Change in a workspace that can be counted by hand: tests/change_workspace.py gives the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import sqrt
from pathlib import Path

import pandas as pd
import pytest

from hotspots.areas import register as area_register
from hotspots.base.columns import CHANGE, CHANGE_CELLS, CHANGE_SERIES, CHANGE_SPOTS
from hotspots.base.errors import HotspotsError
from hotspots.change import context
from hotspots.change.counting import count
from hotspots.change.evidence import evidence_for
from hotspots.change.question import ChangeQuestion
from hotspots.change.settling import settle
from hotspots.change.withholding import reasons
from hotspots.change.workspace import change_workspace
from hotspots.exports.change import about, change_text, change_xlsx, file_name, tables_of
from hotspots.intake import import_files
from hotspots.store.workspace import open_workspace
from tests.change_workspace import PLACES, crimes, make_two_years, register
from tests.samples import street


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_two_years(tmp_path_factory.mktemp("change") / "workspace")


@pytest.fixture(scope="module")
def found(folder):
    return change_workspace(folder)


def row(found, measure: str, of: str) -> pd.Series:
    table = found.table[(found.table["measure"] == measure) & (found.table["estimate_of"] == of)]
    assert len(table) == 1
    return table.iloc[0]


def test_the_suggestion_is_the_year_since_the_register_against_the_year_before(found):
    assert (found.before.start, found.before.end) == (date(2023, 1, 1), date(2023, 12, 31))
    assert (found.after.start, found.after.end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (found.question.register, found.question.comparison, found.question.period) == (
        "hot-spots@1", "register", "month",
    )  # fmt: skip


def test_every_download_says_whom_it_is_about(found, folder):
    assert (found.facts["treated"], found.facts["bcu"]) == ("hot-spots@1", "all")
    top = change_workspace(folder, ChangeQuestion(top=1, comparison="rest")).facts["treated"]
    assert top.startswith("top 1 cells of 2023-07-01 to 2023-12-31 by ")


def test_columns_are_the_contract(found):
    assert list(found.table.columns) == [c.name for c in CHANGE]
    assert list(found.table.columns[:14]) == [
        "measure", "treated_before", "treated_after", "comparison_before", "comparison_after", "displacement_before",
        "displacement_after", "estimate", "se", "z", "ci_low", "ci_high", "method", "note",
    ]  # fmt: skip
    assert list(found.spots.columns) == [c.name for c in CHANGE_SPOTS]
    assert list(found.series.columns) == [c.name for c in CHANGE_SERIES]
    assert list(found.cells.columns) == [c.name for c in CHANGE_CELLS]


def test_every_row_has_the_same_counts_of_a_measure(found):
    for of in ("panel", "expected", "panel_nb", "wdd", "ring", "naive"):
        one = row(found, "count", of)
        assert (one["treated_before"], one["treated_after"]) == (180, 108)
        assert (one["comparison_before"], one["comparison_after"]) == (144, 144)
        assert (one["displacement_before"], one["displacement_after"]) == (24, 24)


def test_the_ratio_is_that_of_the_four_counts(found):
    one = row(found, "count", "panel")
    assert one["estimate"] == pytest.approx((108 / 180) / (144 / 144), abs=1e-4)
    assert one["leads"]
    assert one["ci_low"] < 0.6 < one["ci_high"]
    assert row(found, "harm", "panel")["estimate"] == pytest.approx(0.6, abs=1e-4)  # one kind of offence


def test_the_displacement_difference_by_hand(found):
    """Treated 60 → 36, 72 → 36, 48 → 36: of −72 the shares 96, 108 and 84 of 288; e is 0, −9 and 9.

    Comparison 48 → 48, 60 → 48, 36 → 48: e is 0, −12 and 12, of the same shares. Each square over 1 − share, (81 + 144)
    · (288/180 + 288/204), over the formula's 576 of both groups: φ = 1.18. Nothing lies around the comparison.
    """
    one = row(found, "count", "wdd")
    formula, phi = 180 + 108 + 144 + 144 + 24 + 24, (81 + 144) * (288 / 180 + 288 / 204) / 576
    assert one["estimate"] == pytest.approx((108 - 180) - 0 + 0 - 0)
    assert one["se"] == pytest.approx(sqrt(formula * phi), abs=1e-4)
    assert one["verdict"] == "can't tell"  # by the published formula: −72 ± 49
    harm = row(found, "harm", "wdd")
    assert harm["z"] == pytest.approx(one["z"], abs=1e-3)  # one weight for all
    assert "100% of its variance comes from Violence and sexual offences" in harm["note"]


def test_the_naive_figure_has_no_verdict_and_says_why(found):
    one = row(found, "count", "naive")
    assert one["estimate"] == pytest.approx(108 / 180, abs=1e-4)
    assert one["verdict"] == ""
    assert "Do not quote it alone" in one["note"]


def test_single_places(found):
    spots = found.spots.set_index("area")
    assert spots.loc["South-01", ["count_before", "count_after"]].tolist() == [60, 36]
    assert spots.loc["South-01", "percent"] == pytest.approx(-40)
    assert pd.isna(spots.loc["East-01", "percent"])  # 48 before
    assert "48 before is fewer than 50" in spots.loc["East-01", "percent_refused"]
    assert spots.loc["South-01", "poisson_z"] == pytest.approx(2 * (36**0.5 - 60**0.5), abs=1e-4)
    assert spots.loc["West-01", "against"] == pytest.approx((36 / 72) / (144 / 144), abs=1e-4)
    assert spots.loc["South-01", ["ring_before", "ring_after"]].tolist() == [24, 24]
    assert pd.isna(spots.loc["South-02", "against"])


def test_cells_and_series_add_up_to_the_counts(found):
    own = found.cells[found.cells["ring"] == 0].groupby("role")[["count_before", "count_after"]].sum()
    assert own.loc["treated"].tolist() == [180, 108]
    ring = found.cells[(found.cells["ring"] > 0) & (found.cells["role"] == "treated")]
    assert ring[["count_before", "count_after"]].sum().tolist() == [24, 24]
    series = found.series.groupby(["group", "side"])["count"].sum()
    assert series["treated", "before"] == 180
    assert series["comparison", "after"] == 144


def test_the_answer_says_what_the_interval_says(found):
    lead = row(found, "count", "panel")
    assert found.verdict == lead["verdict"]
    assert f"{100 * (1 - lead['estimate']):.0f}% fewer than expected" in found.answer  # 0.60 in the table
    assert f"between {100 * (1 - lead['ci_low']):.0f}% fewer and" in found.answer
    assert found.asked.startswith("Did incidents of violence categories in the 3 treated hot spots fall more")
    assert any("180 incidents before, 108 after" in line for line in found.also)


def test_a_register_frozen_afterwards_proves_nothing(found):
    assert any("hot-spots@1 was frozen on" in n and "nothing proves" in n for n in found.notes)


def test_few_hot_spots_of_its_own_bring_in_those_of_all(folder):
    found = change_workspace(folder, ChangeQuestion(bcu="South", comparison="register"))
    one = row(found, "count", "panel")
    assert (one["treated_before"], one["comparison_before"]) == (60, 144)
    assert any("South has 1 comparison hot spot, too few to judge by" in n for n in found.notes)
    assert any("lie outside South" in n and "--comparison matched" in n for n in found.warnings)
    with pytest.raises(HotspotsError, match="No cell is left to compare with in South"):
        change_workspace(folder, ChangeQuestion(bcu="South", comparison="matched"))


def test_where_no_place_can_be_matched_and_nobody_asked_the_next_comparison_is_taken_and_said(folder):
    """South has Preston, treated, what lies next door, and Ashton, one hot spot for comparison: the rest of South."""
    found = change_workspace(folder, ChangeQuestion(bcu="South"))
    assert found.question.comparison == "rest"
    assert found.warnings[0].startswith(
        "Compared with the rest of South: places matched to them on the time before are"
    )
    one = row(found, "count", "panel")
    assert (one["treated_before"], one["treated_after"]) == (60, 36)
    assert (one["comparison_before"], one["comparison_after"]) == (48, 48)
    assert found.facts["comparison"] == "the rest of the force"


def without(tmp_path, *kept):
    """Only these hot spots' crimes of `tests.change_workspace`, and a register of them."""
    mine = [n for n, place in enumerate(PLACES) if place[0] in kept]
    towns = {PLACES[n][3] for n in mine}
    months = [(year, month) for year in (2023, 2024) for month in range(1, 13)]
    files = [
        street(f"{y}-{m:02d}", [c for c in crimes(y, m) if (c["Longitude"], c["Latitude"]) in towns]) for y, m in months
    ]
    import_files(tmp_path, files, "police-uk")
    spots = register().iloc[mine].reset_index(drop=True)
    area_register.freeze(tmp_path, spots, "hot-spots", date(2024, 1, 1), "A", "N", {})
    return tmp_path


def test_a_very_small_force_is_compared_with_its_own_hot_spots(tmp_path):
    """One treated hot spot in South and two for comparison elsewhere, nothing else: figures, no verdict, and why."""
    found = change_workspace(without(tmp_path, "South-01", "West-02", "East-02"), ChangeQuestion(bcu="South"))
    assert found.question.comparison == "register"
    one = row(found, "count", "panel")
    assert (one["treated_before"], one["comparison_before"]) == (60, 96)  # Lancaster 60, Nelson 36
    assert found.verdict == "can't tell"
    assert not any("--comparison matched" in w for w in found.warnings)  # which cannot be had


def test_where_nothing_can_be_compared_one_sentence_says_what_to_do_next(tmp_path):
    with pytest.raises(HotspotsError) as refused:
        change_workspace(without(tmp_path, "South-01"), ChangeQuestion(bcu="South"))
    (told,) = refused.value.problems
    assert told.startswith("Every place in South with an incident before the start lies in or next to a hot spot")
    assert "freeze a version of the register in which some hot spots are for comparison" in told


def test_the_rest_of_the_force_leaves_out_treated_cells_and_their_rings(folder):
    found = change_workspace(folder, ChangeQuestion(comparison="rest"))
    one = row(found, "count", "panel")
    assert (one["comparison_before"], one["comparison_after"]) == (144, 144)  # and not the 24 next door
    assert not (found.table["estimate_of"] == "wdd").any()
    assert set(found.spots["role"]) == {"treated"}


def test_top_cells_are_ranked_by_the_window_of_choosing(folder):
    found = change_workspace(folder, ChangeQuestion(top=1, comparison="rest"))
    assert found.spots["count_before"].tolist() == [36]  # Blackpool: 6 in each of the last six months of 2023
    assert found.question.baseline == "expected"
    assert row(found, "count", "expected")["leads"]
    assert found.dose is None
    assert "single cells" in found.no_dose


def test_unlike_months_give_no_verdict_and_name_the_same_months(folder):
    asked = ChangeQuestion(before_from="2023-01", before_to="2023-03", after_from="2024-06", after_to="2024-08")
    found = change_workspace(folder, asked)
    told = [w for w in found.warnings if "unlike months (2023-01 to 2023-03; 2024-06 to 2024-08)" in w]
    assert len(told) == 1
    assert "--before-from 2023-06-01 --before-to 2023-08-31" in told[0]
    assert not found.table["verdict"].isin(["fell", "rose"]).any()
    alike = change_workspace(folder, replace(asked, before_from="2023-06", before_to="2023-08"))
    assert not any("unlike months" in w for w in alike.warnings)


def test_places_chosen_by_figures_from_between_the_windows_get_no_verdict(tmp_path):
    from hotspots.areas import register as areas
    from tests.change_workspace import register

    folder = make_two_years(tmp_path / "workspace")
    chosen = {"how": "figures", "from": "2023-10-01", "to": "2023-12-31"}
    areas.freeze(folder, register(), "autumn", "2024-01-01", "A. Analyst", "By autumn", {"chosen": chosen})
    asked = ChangeQuestion(register="autumn", after_from="2024-01", after_to="2024-03")
    suggested = change_workspace(folder, asked)
    assert str(suggested.before) == "2023-10-01 to 2023-12-31"  # the window that holds the months of choice
    assert suggested.question.baseline == "expected"
    found = change_workspace(folder, replace(asked, before_from="2023-01", before_to="2023-03"))
    told = [w for w in found.warnings if "lies between the two windows" in w]
    assert len(told) == 1
    assert "--before-from 2023-10-01 --before-to 2023-12-31" in told[0]
    assert not found.table["verdict"].isin(["fell", "rose"]).any()
    assert "choice" in set(found.table["withheld"])


@pytest.mark.parametrize("of", ["panel", "expected", "single", "wdd_km2", "ring", "ring_wdd"])
def test_months_of_choice_between_the_windows_withhold_rings_too(folder, of):
    """Next door shares the bad spell: on open data where nothing was done rings rose in 4 of 30 such trials."""
    workspace = open_workspace(folder)
    asked = settle(workspace, ChangeQuestion(
        top=1, comparison="rest", before_from="2023-01", before_to="2023-03", chosen_from="2023-10",
        chosen_to="2023-12", after_from="2024-01", after_to="2024-03",
    ))  # fmt: skip
    evidence = evidence_for(workspace, asked, count(workspace, asked))
    assert [of in r.rows for r in reasons(evidence, 0.5, 0.05, 0.25) if r.code == "choice"] == [True]


def test_an_old_register_says_that_it_does_not_say_how_its_places_were_chosen(found):
    assert any("hot-spots@1 does not say how its places were chosen; they are taken as chosen by hand" in n
               for n in found.notes)  # fmt: skip


def test_context_that_only_one_window_has_is_told_in_every_row(tmp_path):
    folder = make_two_years(tmp_path / "workspace")
    context.add_line(folder, "restriction", "Curfew", "2024-03-01", "2024-03-31", "all", "", "A. Analyst", "test")
    found = change_workspace(folder)
    assert found.table["note"].str.contains("Curfew").all()
    assert any("Curfew" in w for w in found.warnings)
    assert "Curfew" in set(found.context["name"])


def test_a_version_that_was_superseded_inside_the_window_is_told(tmp_path):
    from hotspots.areas import register as areas
    from tests.change_workspace import register

    folder = make_two_years(tmp_path / "workspace")
    assert not any("superseded" in w for w in change_workspace(folder).warnings)
    areas.freeze(folder, register(), "hot-spots", "2024-07-01", "A. Analyst", "Second list", {})
    told = [w for w in change_workspace(folder).warnings if "superseded" in w]
    assert len(told) == 1
    assert "hot-spots@2 from 2024-07-01 on" in told[0]
    earlier = change_workspace(folder, ChangeQuestion(register="hot-spots@1", after_to="2024-06"))
    assert not any("superseded" in w for w in earlier.warnings)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"bcu": "North"}, "BCU is 'North'"),
        ({"comparison": "hospital"}, "comparison is 'hospital'"),
        ({"top": 5, "register": "hot-spots"}, "not for both"),
        ({"top": 5, "comparison": "register"}, "use matched or rest"),
        ({"ring_m": 0}, "ring is 0 m"),
        ({"period": "week"}, "no day"),
        ({"before_to": "2024-06"}, "overlap"),
        ({"after_from": "2023-01", "top": 3, "before_from": "2022-01", "before_to": "2022-12"}, "has been imported"),
        ({"top": 3, "chosen_to": "2024-02", "after_from": "2024-01"}, "chosen by their outcome"),
        ({"register": "nothing"}, "nothing"),
    ],
)
def test_what_cannot_be_answered_is_said(folder, more, told):
    with pytest.raises(HotspotsError, match=told):
        change_workspace(folder, ChangeQuestion(**more))


def test_without_a_register_it_says_what_to_do(tmp_path):
    from hotspots.intake import import_files
    from tests.change_workspace import crimes
    from tests.samples import street

    files = [street(f"2023-{m:02d}", crimes(2023, m)) for m in (1, 2)]
    import_files(tmp_path / "w", files, "police-uk")
    with pytest.raises(HotspotsError, match="ask for the top cells"):
        change_workspace(tmp_path / "w")


# ---------------------------------------------------------------- out


def test_every_way_out_has_the_same_numbers(found):
    import io
    import json

    import openpyxl

    csv = pd.read_csv(io.StringIO(change_text(found, "csv")))
    pd.testing.assert_series_equal(csv["estimate"], found.table["estimate"], check_names=False)
    told = json.loads(change_text(found, "json"))
    assert told["about"]["answer"] == found.answer
    assert told["about"]["weights_sha256"]
    rows = pd.Series([r["estimate"] for r in told["rows"]], dtype=float)
    pd.testing.assert_series_equal(rows, found.table["estimate"], check_names=False)
    shapes = json.loads(change_text(found, "geojson"))["features"]
    assert len(shapes) == len(found.cells)
    book = openpyxl.load_workbook(io.BytesIO(change_xlsx(found)))
    assert book.sheetnames == ["About", *tables_of(found)]
    sheet = list(book["Change"].values)
    assert sheet[1][sheet[0].index("estimate")] == pytest.approx(found.table["estimate"].iloc[0])
    assert file_name(found) == "change-all-2024-01-01-2024-12-31"
    assert file_name(replace(found, synthetic=True)).startswith("synthetic-")
    assert about(found)["before"] == "2023-01-01 to 2023-12-31"


def test_the_command_line_gives_the_same_table(folder, found, tmp_path, capsys):
    from hotspots.__main__ import main

    out = tmp_path / "change.csv"
    assert main(["change", "--workspace", str(folder), "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == change_text(found, "csv")
    assert found.answer in capsys.readouterr().err
    assert main(["change", "--workspace", str(folder), "--table", "spots", "--format", "json"]) == 0
    assert '"South-01"' in capsys.readouterr().out
    assert main(["change", "--workspace", str(folder), "--table", "pairs"]) == 1
    assert "--comparison matched" in capsys.readouterr().err
    assert main(["change", "--workspace", str(folder), "--table", "dose"]) == 1
    assert main(["change", "--workspace", str(folder), "--table", "spots", "--format", "geojson"]) == 1


# ---------------------------------------------------------------- which register is meant


def test_a_round_for_days_to_come_is_not_asked_about(tmp_path: Path):
    own = make_two_years(tmp_path / "workspace")
    area_register.freeze(own, register(), "next-round", date(2025, 6, 1), "A. Analyst", "why", {})
    assert change_workspace(own).question.register == "hot-spots@1"
    later = ChangeQuestion(
        after_from="2025-06-01", after_to="2025-08-31", before_from="2024-06-01", before_to="2024-08-31"
    )
    with pytest.raises(HotspotsError, match="Several held between 2025-06-01 and 2025-08-31: next-round, hot-spots"):
        change_workspace(own, later)


def test_several_registers_that_held_are_a_choice(tmp_path: Path):
    own = make_two_years(tmp_path / "workspace")
    area_register.freeze(own, register(), "others", date(2024, 12, 1), "A. Analyst", "why", {})
    with pytest.raises(
        HotspotsError, match=r"Several held between 2024-01-02 and 2024-12-31: others, hot-spots\. Name a"
    ):
        change_workspace(own)
    assert change_workspace(own, ChangeQuestion(register="hot-spots")).question.register == "hot-spots@1"
    earlier = ChangeQuestion(after_from="2024-01-01", after_to="2024-11-30")
    assert change_workspace(own, earlier).question.register == "hot-spots@1"
