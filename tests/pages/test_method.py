"""The Method page: the evidence that ships, the same test on one's own data, concentration, near repeats."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from hotspots.__main__ import main
from hotspots.backtest import evidence
from hotspots.base import choices
from hotspots.intake import import_files
from hotspots.ui import words
from tests.pages.test_breaks import street_file

ANSWERED = "Test the rankings on this data"
NEAR = "Look for near repeats"
MADE_UP = "These data are made up"


def rows(capsys: pytest.CaptureFixture[str], *verb: str) -> list[dict[str, str]]:
    """What the command line prints."""
    capsys.readouterr()
    assert main(list(verb)) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def methods_tables(app: Any) -> list[Any]:
    return [t.value for t in app.test.dataframe if "share_caught" in t.value.columns]


def specs(app: Any) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.test.get("vega_lite_chart")]


# ---------------------------------------------------------------- the evidence that ships


def test_the_evidence_is_there_without_any_data(at, empty):
    app = at(empty, "Method")
    assert [t["method"].iloc[0] for t in methods_tables(app)] == ["Expected harm (default)"]
    assert words.EMPTY in app.said("info")
    assert ANSWERED not in [b.label for b in app.test.button]
    assert not empty.exists()


def test_each_test_can_be_looked_at(at, police):
    app = at(police, "Method")
    held = evidence.load()
    choice = app.widget("Test")
    assert len(choice.options) == len(held["tests"])
    for test in held["tests"][:1] + held["tests"][-1:]:
        app.widget("Test").set_value(test["key"])
        app.run()
        (table,) = methods_tables(app)
        kept = [dict(zip(test["summary"]["columns"], r, strict=True)) for r in test["summary"]["rows"]]
        assert table["share_caught"].tolist() == [round(100 * r["share_caught"], 2) for r in kept]
        assert table["pei"].tolist() == [round(r["pei"], 3) for r in kept]
        own = next(r for r in kept if r["method"] == choices.DEFAULT_METHOD)
        assert f"more at {own['wins']} of {own['n_origins']} origins" in app.said("markdown")
        drawn = specs(app)[0]["description"].partition(": ")[2].split("; ")
        assert len(drawn) == len(kept) - 1
        assert sum("(default)" in line for line in drawn) == 1


def test_what_falls_short_and_calibration_stand_on_the_page(at, police):
    said = at(police, "Method").said("markdown").replace("\\", "").replace("\u2060", "")
    held = evidence.load()
    for line in evidence.short_of(held):
        assert line in said
    table = evidence.unfold(held["calibration"][0]["table"])
    high = table[(table["figure"] == "p_top_next") & (table["low"] == 0.8)].iloc[0]
    assert f"Of {high['n_cells']} cells said to be 80–95% likely" in said
    assert f"{high['share_in_top']:.0%} were" in said


# ---------------------------------------------------------------- on one's own data


def test_the_test_on_own_data_is_off_until_asked_and_equals_the_command_line(at, demo, capsys):
    app = at(demo, "Method")
    assert len(methods_tables(app)) == 1
    app.press(ANSWERED)
    _, own = methods_tables(app)
    told = rows(
        capsys, "backtest", "--workspace", str(demo), "--leave-out-breaks", "--summary", "--methods",
        ",".join(evidence.QUICK),
    )  # fmt: skip
    assert own["share_caught"].tolist() == [round(100 * float(r["mean_harm_caught_share"]), 2) for r in told]
    assert [m.removesuffix(" (default)") for m in own["method"]] == [evidence.label(r["method"]) for r in told]
    assert own["pei"].tolist() == [round(float(r["mean_pei"]), 3) for r in told]
    first = evidence.in_words(told[0]["method"])
    assert re.search(rf"(Here|No method is clearly better here:) {re.escape(first)} caught most", app.said("info"))
    assert MADE_UP in app.said("warning")
    # still there after looking at something else on the page
    app.widget("Test").set_value("chicago-months")
    app.run()
    assert len(methods_tables(app)) == 2


def test_too_few_months_is_a_sentence(at, police):
    app = at(police, "Method")
    app.press(ANSWERED)
    assert "No origin can be tested" in app.said("error")
    assert "3 in all" in app.said("error")
    assert MADE_UP not in app.said("warning")
    assert "Harm weights" in app.said("header"), "the rest of the page stays"


# ---------------------------------------------------------------- concentration


def test_concentration_equals_the_command_line(at, demo, capsys):
    app = at(demo, "Method")
    told = rows(capsys, "concentration", "--workspace", str(demo))
    whole = [r for r in told if r["period"] == "whole window"]
    table = app.table("share_by_chance")
    measures = {"Incidents": "incidents", "Harm days": "harm_days"}
    shown = {
        (r["bcu"].replace("All three", "all"), measures[r["measure"]], r["share_of_area"]): r
        for r in table.to_dict("records")
    }
    assert list(dict.fromkeys(table["bcu"])) == ["All three", "West", "South", "East"]
    assert len(shown) == len(whole)
    for row in whole:
        own = shown[row["bcu"], row["measure"], 100 * float(row["share_of_area"])]
        for name in ("share", "share_by_chance", "share_adjusted"):
            assert own[name] == pytest.approx(100 * float(row[name]), abs=0.051)
    west = next(
        r for r in whole if (r["bcu"], r["measure"], r["share_of_area"]) == ("West", "harm_days", "0.02")
    )  # fmt: skip
    assert f"West: 2% of the area held {float(west['share']):.0%} of harm" in app.said("markdown").replace("\\", "")
    quarters = app.table("n_months")
    assert quarters["period"].tolist() == sorted({r["period"] for r in told} - {"whole window"})
    harm = {
        r["period"]: float(r["share_adjusted"]) for r in told
        if (r["bcu"], r["measure"], r["share_of_area"]) == ("East", "harm_days", "0.02")
    }  # fmt: skip
    assert quarters["East"].tolist() == pytest.approx([100 * harm[p] for p in quarters["period"]], abs=0.051)


def test_three_months_by_hand(at, police):
    """tests/workspaces.py: 13 incidents in four cells, so 1% of any BCU holds all of them."""
    app = at(police, "Method")
    table = app.table("share_by_chance")
    assert set(table["bcu"]) == {"All three", "West", "South", "East"}
    assert set(table["share"]) == {100.0}
    assert app.table("n_months")["n_incidents"].tolist() == [13]


def test_the_curves_follow_the_bcu(at, demo):
    app = at(demo, "Method")
    before = specs(app)[-1]["description"]
    app.widget("Curves of").set_value("South")
    app.run()
    assert specs(app)[-1]["description"] != before


# ---------------------------------------------------------------- near repeats


def test_near_repeats_wait_to_be_asked_and_equal_the_command_line(at, demo, capsys):
    app = at(demo, "Method")
    assert "Same place again soon: " not in app.said("markdown")
    app.press(NEAR)
    table = app.table("p_family")
    told = rows(capsys, "near-repeats", "--workspace", str(demo))
    assert table["observed"].tolist() == [int(r["observed"]) for r in told]
    assert table["p"].tolist() == pytest.approx([float(r["p"]) for r in told], abs=0.00051)
    assert "Same place again soon\\:" in app.said("markdown") or "Same place again soon:" in app.said("markdown")


def test_near_repeats_are_refused_for_months(at, police):
    app = at(police, "Method")
    assert NEAR not in [b.label for b in app.test.button]
    assert "gives the month of a crime and no day" in app.said("info")


def test_the_source_chosen_elsewhere_is_the_one_that_is_measured(at, both):
    app = at(both, "Method")
    assert NEAR in [b.label for b in app.test.button]
    app = at(both, "Method", source="police-uk")
    assert NEAR not in [b.label for b in app.test.button]
    assert app.table("n_months")["n_incidents"].tolist() == [13]


def test_the_contents_lead_to_headings_of_the_page(at, demo):
    app = at(demo, "Method")
    links = [line for line in app.said("markdown").splitlines() if line.startswith("[How it works]")]
    anchors = {h.proto.anchor for h in app.test.header if h.proto.anchor}
    assert len(links) == 1
    assert all(f"(#{a})" in links[0] for a in anchors)


def test_a_window_across_a_break_is_told(at, tmp_path):
    folder = tmp_path / "w"
    files = [street_file("2022-05", 0), street_file("2022-06", 0), street_file("2022-07", 0.01)]
    import_files(folder, files, "police-uk")
    assert "map points changed in 2022-07" in at(folder, "Method").said("warning")
