"""The chart of ranking methods side by side, on three methods by hand."""

from __future__ import annotations

import pandas as pd

from hotspots.charts import evidence as charts

TABLE = pd.DataFrame(
    [
        ("Expected harm", 0.0035, 0.001, 0.006),
        ("Number of incidents", 0.0, None, None),
        ("Gi* of harm", -0.0195, -0.024, -0.0151),
        ("One origin", 0.001, None, None),
    ],
    columns=["method", "difference", "ci_low", "ci_high"],
).astype({"ci_low": float, "ci_high": float})


def spec(dark: bool = False) -> dict:
    return charts.methods_spec(TABLE, "Expected harm", "Number of incidents", dark)


def test_each_method_but_the_yardstick_has_a_point_and_its_interval():
    rows = spec()["data"]["values"]
    assert [(r["name"], r["value"], r["low"], r["high"]) for r in rows] == [
        ("Expected harm (default)", 0.35, 0.1, 0.6),
        ("Gi* of harm", -1.95, -2.4, -1.51),
        ("One origin", 0.1, 0.1, 0.1),  # no interval: the bar has no length
    ]


def test_the_figures_are_written_beside_the_points():
    assert [r["said"] for r in spec()["data"]["values"]] == [
        "+0.35 (+0.10 to +0.60)", "−1.95 (−2.40 to −1.51)", "+0.10",
    ]  # fmt: skip
    assert [r["figure"] for r in spec()["data"]["values"]] == ["+0.35", "−1.95", "+0.10"]
    text = [layer for layer in spec()["layer"] if layer["mark"]["type"] == "text"]
    assert text[0]["encoding"]["text"]["field"] == "figure"
    assert "Expected harm (default) +0.35 (+0.10 to +0.60); Gi* of harm −1.95" in spec()["description"]


def test_the_default_is_told_by_shape_and_by_word():
    rows = spec()["data"]["values"]
    assert [r["chosen"] for r in rows] == [True, False, False]
    scale = next(layer for layer in spec()["layer"] if layer["mark"]["type"] == "point")["encoding"]["shape"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {True: "diamond", False: "circle"}


def test_zero_is_marked_and_methods_keep_their_order():
    zero, bar = spec()["layer"][:2]
    assert zero["data"]["values"] == [{"at": 0}]
    assert bar["encoding"]["y"]["sort"] == ["Expected harm (default)", "Gi* of harm", "One origin"]
    assert spec()["layer"][2]["mark"]["color"] != spec(dark=True)["layer"][2]["mark"]["color"]


def test_nothing_is_neither_plus_nor_minus():
    none = TABLE.assign(difference=[0.00001, 0, -0.00001, 0.00006])
    rows = charts.methods_spec(none, "Expected harm", "Number of incidents")["data"]["values"]
    assert [r["figure"] for r in rows] == ["0.00", "0.00", "+0.01"]
