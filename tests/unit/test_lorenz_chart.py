"""The Lorenz chart on curves short enough to read."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from hotspots.charts import evidence as charts


def curve(name: str, points: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(points, columns=["share_of_area", "share"]).assign(curve=name)


INCIDENTS = curve("Incidents", [(0, 0), (0.01, 0.6), (0.04, 1), (1, 1)])
HARM = curve("Harm days", [(0, 0), (0.02, 0.8), (0.08, 1), (1, 1)])
BOTH = pd.concat([INCIDENTS, HARM])


def lines(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]


def points(spec: dict[str, Any], name: str) -> list[tuple[float, float]]:
    return [(row["x"], row["y"]) for row in lines(spec)[1]["data"]["values"] if row["curve"] == name]


def test_curves_are_drawn_to_where_all_of_them_hold_nearly_everything():
    spec = charts.lorenz_spec(BOTH)
    assert points(spec, "Incidents") == [(0, 0), (0.01, 0.6), (0.04, 1), (0.1, 1)]
    assert points(spec, "Harm days") == [(0, 0), (0.02, 0.8), (0.08, 1), (0.1, 1)]
    assert lines(spec)[1]["encoding"]["x"]["scale"]["domain"] == [0, 0.1]
    # alone, the steeper one is there by 5%
    assert charts.lorenz_spec(INCIDENTS)["layer"][2]["encoding"]["x"]["scale"]["domain"] == [0, 0.05]


def test_the_diagonal_is_an_even_spread_and_says_so():
    diagonal, _ = lines(charts.lorenz_spec(BOTH))
    assert [(row["x"], row["y"]) for row in diagonal["data"]["values"]] == [(0, 0), (0.1, 0.1)]
    words = next(layer for layer in charts.lorenz_spec(BOTH)["layer"] if layer["mark"]["type"] == "text")
    assert words["data"]["values"][0]["label"] == "even spread"


@pytest.mark.parametrize("dark", [False, True])
def test_no_two_curves_share_colour_or_dashes(dark):
    diagonal, drawn = lines(charts.lorenz_spec(BOTH, dark))
    for channel in ("color", "strokeDash"):
        scale = drawn["encoding"][channel]["scale"]
        assert drawn["encoding"][channel]["field"] == "curve"
        assert scale["domain"] == ["Incidents", "Harm days"]
        assert len({json.dumps(v) for v in scale["range"]}) == 2
    assert diagonal["mark"]["strokeDash"] not in drawn["encoding"]["strokeDash"]["scale"]["range"]


def test_dark_pages_get_other_colours():
    light, dark = (lines(charts.lorenz_spec(BOTH, d))[1]["encoding"]["color"]["scale"]["range"] for d in (False, True))
    assert light[0] == "#12436D"
    assert dark[0] == "#6BACE6"


def test_the_description_says_where_half_of_it_lies():
    # 0.5 of 0.6 over 0.01, and 0.5 of 0.8 over 0.02
    assert charts.lorenz_spec(BOTH)["description"] == (
        "Lorenz curves by share of area: half of Incidents lies in 0.83%; half of Harm days lies in 1.25%."
    )


def test_long_curves_are_thinned_and_keep_their_course():
    steps = 5000
    long = curve("Incidents", [(i / steps, 1 - (1 - i / steps) ** 2) for i in range(steps + 1)])
    drawn = points(charts.lorenz_spec(long), "Incidents")
    assert len(drawn) == charts.POINTS
    assert max(abs(y - (1 - (1 - x) ** 2)) for x, y in drawn) < 1e-4
    assert drawn[-1] == (1, 1)


def test_nothing_to_draw_is_an_empty_chart():
    none = pd.DataFrame(columns=["curve", "share_of_area", "share"])
    spec = charts.lorenz_spec(none)
    assert lines(spec)[1]["data"]["values"] == []
    assert spec["description"] == "Lorenz curves by share of area: nothing to draw."
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_a_curve_of_nothing_is_left_out():
    empty = curve("Nothing", [(0, float("nan")), (1, float("nan"))])
    spec = charts.lorenz_spec(pd.concat([INCIDENTS, empty]))
    assert points(spec, "Nothing") == []
    json.dumps(spec, allow_nan=False)
