"""The specs of change say what the tables say. Expected values are written by hand."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any

import pandas as pd
import pytest

from hotspots.base.columns import CHANGE, CHANGE_DOSE, CHANGE_SCATTER, CHANGE_SERIES, CHANGE_SPOTS, CHANGE_TREND
from hotspots.charts import change as charts
from hotspots.charts.marks import on_axis, ratio_words, reach

Spec = dict[str, Any]


def spot(area: str, ratio: tuple[float, float, float], counts: tuple[int, int] = (40, 30), **more: Any) -> Spec:
    against, low, high = ratio
    return {
        "area": area, "name": f"Name of {area}", "bcu": "West", "role": "treated", "count_before": counts[0],
        "count_after": counts[1], "rate_ratio": 0.75, "ratio_low": 0.45, "ratio_high": 1.23, "against": against,
        "against_low": low, "against_high": high, **more,
    }  # fmt: skip


def spots(*rows: Spec) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in CHANGE_SPOTS])


def change(estimate: float = 0.8, low: float = 0.7, high: float = 0.91, **more: Any) -> pd.DataFrame:
    """A leading estimate, and three rows that are not to be drawn."""
    lead = {
        "measure": "count", "estimate": estimate, "ci_low": low, "ci_high": high, "estimate_of": "panel",
        "scale": "ratio", "leads": True, "verdict": "fell" if high < 1 else "rose" if low > 1 else "can't tell",
        "note": "", **more,
    }  # fmt: skip
    others = [{**lead, "leads": False}, {**lead, "measure": "harm"}, {**lead, "scale": "incidents"}]
    return pd.DataFrame([lead, *others]).reindex(columns=[c.name for c in CHANGE])


FELL = spot("West-01", (0.5, 0.3, 0.8))
ROSE = spot("West-02", (1.6, 1.1, 2.3))
UNSURE = spot("West-03", (0.9, 0.6, 1.4))
EMPTY = spots(FELL).iloc[:0]


def layers(spec: Spec, mark: str) -> list[Spec]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def domain(spec: Spec, side: str = "x") -> list[float]:
    """The range of the ratios' axis."""
    return next(e["encoding"][side]["scale"]["domain"] for e in spec["layer"] if "scale" in e["encoding"].get(side, {}))


def values(spec: Spec) -> list[Spec]:
    return list(spec["data"]["values"])


def test_the_forest_says_of_all_together_what_the_answer_says():
    """A verdict that is withheld, whatever the interval says, is withheld of all together and of each place."""
    rows = values(charts.forest_spec(spots(FELL, ROSE), change(0.7, 0.5, 0.9, verdict="can't tell"), withheld=True))
    assert [r["verdict"] for r in rows] == ["can't tell"] * 3
    rows = values(charts.forest_spec(spots(FELL, ROSE), change(0.7, 0.5, 0.9)))
    assert [r["verdict"] for r in rows] == ["fell", "rose", "fell"]


# ---------------------------------------------------------------- ratios on an axis


@pytest.mark.parametrize(
    ("points", "ends", "most"),
    [
        ((), (), 1.5),
        ((1.0, 0.9), (0.8, 1.2), 1.5),
        ((0.5,), (), 2.0),  # half is as far as double
        ((2.01,), (), 3.0),
        ((1.0,), (0.26,), 4.0),
        ((1.0,), (nan, inf, 0.0), 1.5),  # none of them has a place
        ((5000.0,), (), 16.0),
        ((1.0,), (*[1.2] * 18, 30.0, 0.02), 1.5),  # two wide ends of twenty do not press the others together
        ((1.0,), (*[1.2] * 17, 30.0, 0.02, 20.0), 16.0),
    ],
)
def test_how_far_the_axis_goes(points, ends, most):
    assert reach(points, ends) == most


@pytest.mark.parametrize(
    ("ratio", "drawn"),
    [
        ((0.8, 0.6, 1.1), (0.8, 0.6, 1.1, False, False)),
        ((0.8, 0.6, nan), (0.8, 0.6, 2, False, True)),  # no upper end
        ((0.8, 0.6, inf), (0.8, 0.6, 2, False, True)),
        ((0.0, 0.0, 1.5), (None, 0.5, 1.5, True, False)),  # 0 has no place on a logarithmic axis
        ((0.8, nan, 1.5), (0.8, 0.5, 1.5, True, False)),
        ((0.8, 0.1, 9.0), (0.8, 0.5, 2, True, True)),
        ((9.0, 3.0, 20.0), (None, 2, 2, False, True)),  # all of it beyond the axis
        ((0.8, nan, nan), (0.8, 0.8, 0.8, False, False)),  # no interval
        ((nan, nan, nan), (None, None, None, False, False)),
    ],
)
def test_what_is_drawn_of_an_interval(ratio, drawn):
    found = on_axis(*ratio, 2.0)
    assert tuple(found[k] for k in ("value", "low", "high", "arrow_low", "arrow_high")) == drawn


def test_ratios_in_words():
    assert ratio_words(0.8, 0.55, 1.17) == "0.80 (0.55 to 1.17)"
    assert ratio_words(2.0, 1.1, nan) == "2.00 (1.10 to unlimited)"
    assert ratio_words(0.8, nan, nan) == "0.80 (no interval)"
    assert ratio_words(nan, nan, nan) == "no ratio"


# ---------------------------------------------------------------- forest


def test_a_line_for_each_treated_hot_spot_and_a_diamond_below():
    other = {**UNSURE, "role": "comparison", "name": "not shown"}
    spec = charts.forest_spec(spots(FELL, ROSE, UNSURE, other), change())
    rows = values(spec)
    pooled = "All together, against the comparison"
    assert [r["name"] for r in rows] == ["Name of West-01", "Name of West-02", "Name of West-03", pooled]
    assert [(r["value"], r["low"], r["high"]) for r in rows] == [
        (0.5, 0.3, 0.8), (1.6, 1.1, 2.3), (0.9, 0.6, 1.4), (0.8, 0.7, 0.91),
    ]  # fmt: skip
    assert [r["pooled"] for r in rows] == [False, False, False, True]
    assert [r["figure"] for r in rows] == ["0.50 fell", "1.60 rose", "0.90 can't tell", "0.80 fell"]
    assert domain(spec) == [0.25, 4.0]
    assert not any(r["arrow_low"] or r["arrow_high"] for r in rows)
    places, diamond = layers(spec, "point")[-2:]
    assert "!datum.pooled" in places["transform"][0]["filter"]
    assert diamond["encoding"]["shape"] == {"value": "diamond"}
    assert spec["layer"][0]["data"]["values"] == [{"at": 1}]
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_a_verdict_is_told_by_shape_word_and_colour():
    for dark in (False, True):
        places = layers(charts.forest_spec(spots(FELL), change(), dark), "point")[-2]["encoding"]
        assert dict(zip(places["shape"]["scale"]["domain"], places["shape"]["scale"]["range"], strict=True)) == {
            "fell": "triangle-down", "can't tell": "circle", "rose": "triangle-up",
        }  # fmt: skip
        assert len(set(places["color"]["scale"]["range"])) == 3
        assert places["shape"]["scale"]["domain"] == places["color"]["scale"]["domain"]  # one legend
    light, dark_one = (charts.forest_spec(spots(FELL), change(), d) for d in (False, True))
    assert layers(light, "text")[0]["mark"]["color"] != layers(dark_one, "text")[0]["mark"]["color"]


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ((0, 0), "no ratio: nothing happened before or after"),
        ((0, 3), "no ratio: none before, 3 after"),
        ((7, 0), "no ratio: 7 before, none after"),
        ((7, 3), "no ratio: the comparison has none"),
    ],
)
def test_a_place_without_a_ratio_says_why(counts, reason):
    spec = charts.forest_spec(spots(FELL, spot("West-09", (nan, nan, nan), counts)), change())
    row = values(spec)[1]
    assert (row["reason"], row["value"], row["low"], row["figure"]) == (reason, None, None, "")
    assert "1 without a ratio" in spec["description"]


def test_unlimited_ends_are_arrows_at_the_edge():
    endless, never = spot("West-04", (2.0, 1.1, nan)), spot("West-05", (0.0, 0.0, 1.9))
    spec = charts.forest_spec(spots(endless, never), change())
    first, second = values(spec)[:2]
    assert (first["high"], first["arrow_high"], first["verdict"]) == (2.0, True, "rose")
    assert (second["value"], second["low"], second["arrow_low"]) == (None, 0.5, True)
    assert (first["said"], second["figure"]) == ("2.00 (1.10 to unlimited): rose", "0.00 can't tell")
    arrows = [layer for layer in layers(spec, "point") if "arrow" in layer["transform"][0]["filter"]]
    assert [(a["encoding"]["x"]["field"], a["mark"]["shape"]) for a in arrows] == [
        ("low", "triangle-left"), ("high", "triangle-right"),
    ]  # fmt: skip


def test_sixty_hot_spots_stay_apart():
    many = spots(*(spot(f"West-{i:02d}", (0.5 + i / 60, 0.3, 2.5), name="High Street") for i in range(60)))
    spec = charts.forest_spec(many, change())
    names = [r["name"] for r in values(spec)]
    assert names[0] == "High Street (West-00)"
    assert len(set(names)) == 61
    y = layers(spec, "text")[0]["encoding"]["y"]
    assert y["sort"] == names
    assert y["axis"]["labelOverlap"] is False
    assert spec["height"] == {"step": 16}
    assert y["axis"]["labelFontSize"] < 16
    assert len(spec["description"]) < 500


def test_one_hot_spot_and_none():
    one = charts.forest_spec(spots(UNSURE), change(nan, nan, nan))
    assert one["description"] == (
        "Forest plot of 1 treated hot spot, each against the comparison: 0 fell, 1 can't tell, 0 rose. Lowest: Name of"
        " West-03, 0.90 (0.60 to 1.40): can't tell; highest: Name of West-03, 0.90 (0.60 to 1.40): can't tell. All"
        " together, against the comparison: no ratio."
    )
    assert values(one)[1]["reason"] == "no ratio"
    none = charts.forest_spec(EMPTY, change().iloc[:0])
    assert values(none) == []
    assert none["description"] == "Forest plot of the treated hot spots: there is none to draw."


def test_without_a_comparison_after_over_before_is_drawn_and_said():
    spec = charts.forest_spec(spots(spot("West-01", (nan, nan, nan))), change(estimate_of="naive"))
    assert [r["value"] for r in values(spec)] == [0.75, 0.8]
    assert values(spec)[1]["name"] == "All together, no comparison"
    assert "after over before, with no comparison" in spec["description"]
    assert spec["layer"][0]["encoding"]["x"]["axis"]["title"].startswith("After / before")


# ---------------------------------------------------------------- trend


def block(number: int, first: str, last: str, ratio: tuple[float, float, float], reason: str = "") -> Spec:
    return {
        "block": number, "first_day": first, "last_day": last, "post": number >= 0, "treated": 1200.0,
        "comparison": 30.0, "rate_ratio": ratio[0], "ci_low": ratio[1], "ci_high": ratio[2], "p": nan,
        "reason": reason,
    }  # fmt: skip


def trend(*rows: Spec) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in CHANGE_TREND])


BLOCKS = (
    block(-2, "2025-01-01", "2025-01-31", (1.2, 0.7, 1.9)),
    block(-1, "2025-02-01", "2025-02-28", (1.0, 1.0, 1.0), "the others are set against it"),
    block(0, "2025-03-01", "2025-03-31", (0.8, 0.5, nan)),
)


def test_blocks_before_and_after_the_start():
    spec = charts.trend_chart_spec(trend(*BLOCKS[::-1]))
    rows = values(spec)
    assert [r["middle"] for r in rows] == ["2025-01-16", "2025-02-14", "2025-03-16"]
    assert [r["side"] for r in rows] == ["before the start", "before the start", "after it"]
    assert rows[1]["said"] == "1.00: the others are set against it"
    assert rows[0]["counts"] == "1,200 treated, 30 comparison"
    assert (rows[2]["high"], rows[2]["arrow_high"]) == (2.0, True)
    assert layers(spec, "text")[0]["data"]["values"] == [{"day": "2025-03-01", "label": "start"}]
    shape = layers(spec, "point")[-1]["encoding"]["shape"]["scale"]
    assert shape["range"] == ["circle", "diamond"]
    assert domain(spec, "y") == [0.5, 2.0]
    assert spec["description"].startswith(
        "Ratio of treated to comparison places by block, the last one before the start (2025-03-01) being 1:"
        " 2025-01-01 to 2025-01-31 1.20 (0.70 to 1.90); "
    )


def test_a_trend_without_days_after_or_without_anything():
    assert not layers(charts.trend_chart_spec(trend(*BLOCKS[:2])), "text")
    none = charts.trend_chart_spec(trend(*BLOCKS).iloc[:0])
    assert values(none) == []
    assert none["description"].endswith("there is no block of periods to draw.")


# ---------------------------------------------------------------- series


def weeks(group: str, *rows: tuple[str, str, str, float, int]) -> list[Spec]:
    """first day, last day, side, exposure, count."""
    columns = ("first_day", "last_day", "side", "exposure", "count")
    return [{"group": group, "harm": 0.0, **dict(zip(columns, row, strict=True))} for row in rows]


def series(*rows: Spec) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in CHANGE_SERIES])


TREATED = weeks(
    "treated",
    ("2025-01-06", "2025-01-12", "before", 1.0, 30),
    ("2025-01-13", "2025-01-19", "before", 0.5, 15),  # half covered: as busy as the first
    ("2025-01-20", "2025-01-26", "", 1.0, 33),
    ("2025-02-03", "2025-02-09", "after", 1.0, 15),  # the week before it is not there
    ("2025-02-10", "2025-02-16", "after", 0.14, 9),  # a single day of the week
)
OTHERS = weeks(
    "comparison",
    ("2025-01-06", "2025-01-12", "before", 1.0, 2),
    ("2025-01-13", "2025-01-19", "before", 1.0, 4),
    ("2025-02-03", "2025-02-09", "after", 1.0, 3),
)


def test_each_group_is_set_against_its_own_mean_before():
    """30 and 15 in one and a half weeks: 30 a week. 2 and 4 in two: 3 a week."""
    rows = values(charts.series_spec(series(*TREATED, *OTHERS)))
    assert [r["index"] for r in rows] == [100, 100, 110, 50, 66.7, 133.3, 100]
    assert rows[1]["said"] == "100, 50% of the period covered"
    assert [r["counts"] for r in rows[:2]] == ["30", "15"]


def test_a_week_that_is_not_covered_is_a_gap():
    spec = charts.series_spec(series(*TREATED, *OTHERS))
    runs = [r["run"] for r in values(spec)]
    assert runs == [*["treated 1"] * 3, "treated 2", *["comparison 1"] * 2, "comparison 2"]
    line = layers(spec, "line")[0]
    assert line["encoding"]["detail"]["field"] == "run"
    assert len({str(d) for d in line["encoding"]["strokeDash"]["scale"]["range"]}) == 2


def test_windows_are_shaded_and_named():
    spec = charts.series_spec(series(*TREATED, *OTHERS))
    shades = layers(spec, "rect")[0]["data"]["values"]
    assert [(s["first"], s["last"], s["label"]) for s in shades] == [
        ("2025-01-06", "2025-01-20", "before"), ("2025-02-03", "2025-02-17", "after"),
    ]  # fmt: skip
    assert layers(spec, "text")[0]["encoding"]["text"]["field"] == "label"
    # 24 in 1.14 weeks after are 21.05 a week
    assert spec["description"] == (
        "Incidents by period as an index, each group's own mean before being 100, from 2025-01-06 to 2025-02-09:"
        " treated places are at 70 on average after; comparison places are at 100 on average after."
    )


def test_a_group_without_incidents_before_has_no_index():
    quiet = [{**row, "count": 0} for row in OTHERS]
    spec = charts.series_spec(series(*TREATED, *quiet))
    assert {r["group"] for r in values(spec)} == {"treated"}
    assert "There is no index for comparison places, which had no incident before." in spec["description"]
    for nothing in (series(*quiet), series(*OTHERS).iloc[:0]):
        assert values(charts.series_spec(nothing)) == []
        assert charts.series_spec(nothing)["description"].endswith("so there is no index.")


# ---------------------------------------------------------------- minutes


def place(area: str, minutes: float, ratio: tuple[float, float, float], role: str = "treated") -> Spec:
    return {
        "area": area, "name": f"Name of {area}", "bcu": "West", "role": role, "days_with_data": 27,
        "patrol_minutes_a_day": minutes, "officer_minutes_a_day": minutes, "rate_ratio": ratio[0],
        "ratio_low": ratio[1], "ratio_high": ratio[2],
    }  # fmt: skip


def scatter(*rows: Spec) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in CHANGE_SCATTER])


def test_dose_against_change():
    table = scatter(
        place("West-01", 31.44, (0.8, 0.6, 1.1)), place("West-02", 0.0, (1.3, 0.9, nan), "comparison"),
        place("West-03", nan, (1.0, 0.5, 2.0)), place("West-04", 5.0, (nan, nan, nan)),
    )  # fmt: skip
    spec = charts.dose_scatter_spec(table)
    rows = values(spec)
    assert [(r["minutes"], r["value"], r["role"]) for r in rows] == [(31.4, 0.8, "treated"), (0.0, 1.3, "comparison")]
    assert rows[1]["arrow_high"]
    points = layers(spec, "point")[-1]["encoding"]
    assert points["shape"]["scale"] == {"domain": ["treated", "comparison"], "range": ["circle", "square"]}
    assert (points["x"]["field"], points["y"]["field"], points["y"]["scale"]["type"]) == ("minutes", "value", "log")
    assert points["x"]["axis"]["title"] == "Patrol-minutes per patrol day with data"
    assert spec["description"] == (
        "Patrol-minutes a day against the change of incidents in 2 hot spots, from Name of West-02, 0.0 patrol-minutes"
        " a day on 27 days, ratio 1.30 (0.90 to unlimited), to Name of West-01, 31.4 patrol-minutes a day on 27 days,"
        " ratio 0.80 (0.60 to 1.10). 2 without a ratio or without data on patrols are left out."
    )


def test_no_dose_no_points():
    assert values(charts.dose_scatter_spec(scatter(place("West-01", 1.0, (1.0, 0.5, 2.0))).iloc[:0])) == []
    none = charts.dose_scatter_spec(scatter(place("West-03", nan, (1.0, 0.5, 2.0))))
    assert none["description"].endswith(
        "there is none to draw. 1 without a ratio or without data on patrols is left out."
    )


def term(
    part: str, term: str, minutes: float, ratio: tuple[float, float, float], reason: str = "", n: int = 50
) -> Spec:
    return {
        "part": part, "term": term, "minutes": minutes, "n": n, "count": 1200.0, "rate_ratio": ratio[0],
        "ci_low": ratio[1], "ci_high": ratio[2], "p": nan, "reason": reason,
    }  # fmt: skip


def dose(*rows: Spec) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in CHANGE_DOSE]).astype({"n": "Int64"})


DOSE = dose(
    term("bands", "0 minutes", 0, (1.0, 1.0, 1.0), "all other bands are set against this one"),
    term("bands", "above 0 to 10 minutes", 0, (nan, nan, nan), "no day had this dose", 0),
    term("bands", "10 to 20 minutes", 10, (0.8, 0.7, 0.95)),
    term("bands", "20 to 40 minutes", 20, (0.9, nan, nan), "one hot spot alone decides this"),
    term("bands", "40 and more minutes", 40, (0.0, nan, nan), "nothing happened at this dose"),
    term("curve", "0 minutes", 0, (1.0, 1.0, 1.0)),
    term("curve", "15 minutes", 15, (0.85, 0.01, 1.1)),
    term("curve", "30 minutes", 30, (0.7, 0.5, 1.2)),
    term("days", "days with an adequate visit", nan, (1.3, 1.1, 1.6)),
)


def test_bands_with_their_intervals_and_reasons():
    spec = charts.dose_bands_spec(DOSE)
    rows = values(spec)
    assert [r["figure"] for r in rows] == ["all against this", "", "0.80 fewer", "0.90 can't tell", "0.00 can't tell"]
    assert [r["value"] for r in rows] == [1.0, None, 0.8, 0.9, None]
    assert [(r["low"], r["high"]) for r in rows] == [
        (None, None),
        (None, None),
        (0.7, 0.95),
        (0.9, 0.9),
        (0.6667, 0.6667),
    ]
    assert rows[1]["reason"] == "no day had this dose"
    assert rows[2]["counts"] == "50 days, 1,200 incidents"
    points = layers(spec, "point")[-1]["encoding"]
    assert points["shape"]["scale"]["domain"] == ["fewer", "can't tell", "more"]
    assert points["y"]["sort"][0] == "0 minutes"
    assert "10 to 20 minutes 0.80 (0.70 to 0.95): fewer" in spec["description"]
    assert spec["description"].endswith("Dose follows crime: this is no effect of patrols.")


def test_a_band_with_more_and_a_part_that_could_not_be_fitted():
    more = charts.dose_bands_spec(dose(term("bands", "10 to 20 minutes", 10, (1.3, 1.1, 1.6))))
    assert [r["figure"] for r in values(more)] == ["1.30 more"]
    failed = dose(term("bands", "", nan, (nan, nan, nan), "No event fell in a day without minutes."))
    for build, what in (
        (charts.dose_bands_spec, "by patrol-minutes of the day: "),
        (charts.dose_curve_spec, "there is"),
    ):
        assert values(build(failed)) == []
        assert what in build(failed)["description"]
    assert charts.dose_bands_spec(failed)["description"].endswith("No event fell in a day without minutes.")
    assert charts.dose_bands_spec(DOSE.iloc[:0])["description"].endswith("there is nothing to draw.")


def test_the_curve_stays_on_its_axis():
    spec = charts.dose_curve_spec(DOSE)
    rows = values(spec)
    assert [(r["minutes"], r["value"]) for r in rows] == [(0, 1.0), (15, 0.85), (30, 0.7)]
    low, high = domain(spec, "y")
    assert all(low <= r["low"] <= r["high"] <= high for r in rows)
    area, one, line = spec["layer"]
    assert (area["mark"]["type"], line["mark"]["type"]) == ("area", "line")
    assert one["data"]["values"] == [{"at": 1}]
    assert "30 minutes: 0.70 (0.50 to 1.20)" in spec["description"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_spec_is_plain_json_with_a_sentence_and_axes_in_words(dark):
    specs = [
        charts.forest_spec(spots(FELL, ROSE, UNSURE), change(), dark), charts.trend_chart_spec(trend(*BLOCKS), dark),
        charts.series_spec(series(*TREATED, *OTHERS), dark), charts.dose_bands_spec(DOSE, dark),
        charts.dose_scatter_spec(scatter(place("West-01", 31.4, (0.8, 0.6, 1.1))), dark),
        charts.dose_curve_spec(DOSE, dark),
    ]  # fmt: skip
    for spec in specs:
        assert json.loads(json.dumps(spec, allow_nan=False)) == spec
        assert spec["description"].endswith(".")
        sides = [s for layer in spec["layer"] for s in layer["encoding"].values() if isinstance(s, dict)]
        titles = {s["axis"]["title"] for s in sides if s.get("type") == "quantitative" and "axis" in s}
        assert titles
        assert all(" " in title for title in titles)
        assert "_" not in "".join(titles)
