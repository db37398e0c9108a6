"""The evidence that ships: well formed, in agreement with itself and its page, and on the side of the default."""

from __future__ import annotations

import json
import re
from statistics import mean
from typing import Any

import pandas as pd
import pytest

from benchmarks.evidence import (
    CELLS,
    CHICAGO,
    KEPT,
    KINDS,
    ORIGINS,
    PAGE,
    SPREADS,
    TESTED,
    Places,
    half_years,
    page,
    with_kinds,
    written,
)
from hotspots.backtest import METHODS, backtest, evidence
from hotspots.backtest.tables import history_of_table
from hotspots.base import choices
from hotspots.base.errors import HotspotsError

HELD = json.loads(evidence.FILE.read_text(encoding="utf-8"))
BAR = [t for t in HELD["tests"] if t["key"] in ("lancashire-60", "lancashire-575")]


def per_origin(test: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """method → origin → the row, by hand."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for values in test["per_origin"]["rows"]:
        row = dict(zip(test["per_origin"]["columns"], values, strict=True))
        found.setdefault(row["method"], {})[row["origin"]] = row
    return found


def mean_share(test: dict[str, Any], method: str) -> float:
    return mean(row["harm_caught_share"] for row in per_origin(test)[method].values())


# ---------------------------------------------------------------- the file


def test_it_says_what_it_is():
    about = HELD["about"]
    assert about["command"] == "python -m benchmarks.evidence"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", about["date"])
    assert "Open Government Licence v3.0" in about["attribution"]
    assert about["default_method"] == choices.DEFAULT_METHOD
    assert all(re.fullmatch("[0-9a-f]{64}", about[f]) for f in ("weights_sha256", "chicago_sha256"))


def test_it_covers_what_it_must():
    keys = {t["key"] for t in HELD["tests"]}
    assert keys == {
        *(f"lancashire-{n}" for n in CELLS), *(f"lancashire-default-{n}" for n in CELLS),
        "chicago-months", "chicago-4-weeks", "chicago-13-weeks",
    }  # fmt: skip
    for test in (t for t in HELD["tests"] if t["data"] == "police-uk"):
        assert test["origins"] == [f"{o // 100}-{o % 100:02d}" for o in ORIGINS]
        assert (test["train"], test["horizon"], test["resolution"]) == (12, 3, 10)
        assert set(per_origin(test)) == set(METHODS)
    assert {t["cells"] for t in BAR} == {60, 575}


@pytest.mark.parametrize("test", HELD["tests"], ids=lambda t: t["key"])
def test_the_summary_is_that_of_its_origins(test):
    rows = per_origin(test)
    assert test["per_origin"]["columns"] == list(KEPT)
    assert set(rows) | set(test["not_run"]) == set(METHODS)
    assert all(list(own) == test["origins"] for own in rows.values())
    for line in evidence.unfold(test["summary"]).to_dict("records"):
        own, count = rows[line["method"]], rows["count"]
        gaps = [own[o]["harm_caught_share"] - count[o]["harm_caught_share"] for o in test["origins"]]
        assert line["share_caught"] == pytest.approx(mean(r["harm_caught_share"] for r in own.values()), abs=2e-6)
        assert line["pei"] == pytest.approx(mean(r["pei"] for r in own.values()), abs=2e-6)
        assert line["difference"] == pytest.approx(mean(gaps), abs=2e-6)
        assert (line["wins"], line["losses"]) == (sum(g > 0 for g in gaps), sum(g < 0 for g in gaps))
        if line["method"] != "count":
            assert line["ci_low"] <= line["difference"] <= line["ci_high"]
    assert all(0 < r["harm_caught_share"] <= r["harm_best_share"] <= 1 for own in rows.values() for r in own.values())


# ---------------------------------------------------------------- the default is the winner


@pytest.mark.parametrize("test", BAR, ids=lambda t: t["key"])
def test_the_default_wins_on_held_out_origins(test):
    """Change `choices.DEFAULT_METHOD` only with new evidence: python -m benchmarks.evidence."""
    shares = {method: mean_share(test, method) for method in per_origin(test)}
    assert max(shares, key=lambda m: shares[m]) == choices.DEFAULT_METHOD
    own, count = per_origin(test)[choices.DEFAULT_METHOD], per_origin(test)["count"]
    better = sum(own[o]["harm_caught_share"] > count[o]["harm_caught_share"] for o in own)
    assert better > len(own) / 2


def test_it_comes_near_the_best_choice_in_hindsight():
    own = per_origin(next(t for t in BAR if t["cells"] == 60))[choices.DEFAULT_METHOD]
    assert mean(row["pei"] for row in own.values()) > 0.85


def test_expected_harm_beats_the_plain_methods_on_weights_by_offence():
    part = HELD["by_offence"]
    table = evidence.unfold(part["table"])
    assert set(TESTED) == set(part["methods"]) == {"count", "harm", "harm-sqrt", "harm-cap", "expected-harm"}
    for city in ("Lancashire", "Chicago"):
        rows = table[(table["city"] == city) & (table["spread"] == "as assumed")]
        assert rows["seed"].nunique() == len(rows) >= 5
        for other in ("count", "harm", "harm-sqrt", "harm-cap"):
            assert rows["expected-harm"].mean() > rows[other].mean(), f"{city}, {other}"


def test_high_chances_come_true():
    """Cells given 0.8 or more of being in the next top: what came lies near what was said."""
    for part in HELD["calibration"]:
        rows = evidence.unfold(part["table"])
        high = rows[(rows["figure"] == "p_top_next") & (rows["low"] >= 0.8)]
        n, said = high["n_cells"].sum(), (high["n_cells"] * high["mean_stated"]).sum()
        assert n >= 50
        assert high["n_in_top"].sum() / n == pytest.approx(said / n, abs=0.08)
        assert (high["share_in_top"] * high["n_cells"]).to_numpy() == pytest.approx(high["n_in_top"], abs=0.01)


def test_the_model_is_still_the_one_that_was_tested(shared_data):
    """Recompute a part: expected harm in Chicago, kinds of offence drawn with seed 1."""
    months = history_of_table(shared_data / CHICAGO, 10, "month")
    cube, scores = with_kinds(months, Places.of(months), KINDS["Chicago"], SPREADS["as assumed"], seed=1)
    found = backtest(
        cube, scores, periods=months.periods, total_area_m2=months.total_area_m2, methods=["expected-harm"],
        train=12, horizon=3, origins=half_years(months), n_cells=60,
    )  # fmt: skip
    table = evidence.unfold(HELD["by_offence"]["table"])
    stored = table[(table["city"] == "Chicago") & (table["spread"] == "as assumed") & (table["seed"] == 1)]
    now = found["harm_caught_share"].mean()
    assert stored["expected-harm"].item() == pytest.approx(now, abs=2e-6), "run: python -m benchmarks.evidence"


# ---------------------------------------------------------------- the page


def test_the_page_says_what_the_file_holds():
    assert PAGE.read_text(encoding="utf-8") == page(HELD), "run: python -m benchmarks.evidence --page-only"


def test_the_file_is_written_as_it_is_read():
    text = evidence.FILE.read_text(encoding="utf-8")
    assert text == written(HELD)
    assert len(text) < 300_000


def test_the_page_names_every_method_and_owns_what_falls_short():
    text = PAGE.read_text(encoding="utf-8")
    assert all(evidence.label(m) in text for m in METHODS)
    for test in HELD["tests"]:
        best = max(per_origin(test), key=lambda m: mean_share(test, m))
        if round(mean_share(test, best), 4) > round(mean_share(test, choices.DEFAULT_METHOD), 4):
            assert f"- {test['title']}: {evidence.in_words(best)} caught {mean_share(test, best):.2%}" in text


# ---------------------------------------------------------------- sentences, by hand


def line(method: str, share: float, difference: float, low: float, high: float, wins: int) -> dict[str, Any]:
    return {
        "method": method, "share_caught": share, "pei": 0.86, "pai": 40.0, "difference": difference, "ci_low": low,
        "ci_high": high, "wins": wins, "draws": 0, "losses": 7 - wins, "n_origins": 7,
    }  # fmt: skip


NONE = float("nan")
TABLE = pd.DataFrame(
    [line("expected-harm", 0.0684, 0.0035, 0.001, 0.006, 7), line("count", 0.0649, 0.0, NONE, NONE, 0)]
)


def test_how_much_the_default_wins_by():
    other = {
        "other": "harm-decay",
        **{k: v for k, v in line("x", 0, 0.0011, -0.0005, 0.002, 5).items() if k != "method"},
    }
    assert evidence.default_sentences(TABLE, other, "expected-harm") == [
        "Expected harm caught 6.84% of later harm (PEI 0.86): +0.35 percentage points against the number of incidents"
        " (95% interval +0.10 to +0.60), more at 7 of 7 origins.",
        "The best of the other methods is harm days, older ones fading: the default caught +0.11 points against it (95%"
        " interval −0.05 to +0.20), more at 5 of 7 origins. This does not show which of the two is better.",
    ]


@pytest.mark.parametrize(
    ("difference", "low", "high", "said"),
    [
        (-0.002, -0.003, -0.001, "beaten"),
        (0.00001, -0.001, 0.001, "The two are equal"),
        (0.002, 0.001, 0.003, None),
    ],
)
def test_where_it_does_not_win_it_is_said(difference, low, high, said):
    other = {"other": "kde", **{k: v for k, v in line("x", 0, difference, low, high, 1).items() if k != "method"}}
    last = evidence.default_sentences(TABLE, other, "expected-harm")[-1]
    assert said in last if said else last.endswith("more at 1 of 7 origins.")


def test_calibration_in_words():
    low = ("p_top_next", 0.0, 0.05, 1000, 0.002, 3, 0.003, 0.001, 0.009)
    high = ("p_top_next", 0.8, 0.95, 60, 0.87, 52, 52 / 60, 0.758, 0.931)
    names = ["figure", "low", "high", "n_cells", "mean_stated", "n_in_top", "share_in_top", "ci_low", "ci_high"]
    rows = pd.DataFrame([low, high], columns=names)
    assert evidence.calibration_sentences(rows) == [
        "Of 60 cells said to be 80–95% likely to be in the next period's top (87% on average), 87% were (95% interval"
        " 76% to 93%).",
        "Of 1,000 cells said to be 0–5% likely to be in the next period's top (0.2% on average), 0.3% were (95%"
        " interval 0.1% to 0.9%).",
    ]
    assert evidence.within_interval(rows) == (2, 2)
    assert evidence.within_interval(rows.assign(mean_stated=[0.5, 0.87])) == (1, 2)


def test_a_missing_or_broken_file_is_told(tmp_path):
    for content in (None, "{", "[]", '{"about": {}}'):
        path = tmp_path / f"{content and len(content)}.json"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(HotspotsError, match="run python -m benchmarks"):
            evidence.load(path)
