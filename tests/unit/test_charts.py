"""Chart specs on series short enough to read."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from hotspots.charts import incidents as charts


def series(months: list[int], values: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame({"month": months, "n_incidents": values, "harm_days": values})


def layer_of(spec: dict[str, Any], mark: str) -> dict[str, Any]:
    return next(layer for layer in spec["layer"] if layer["mark"]["type"] == mark)


def points(spec: dict[str, Any]) -> list[tuple[str, float, int]]:
    return [(row["month"], row["value"], row["run"]) for row in layer_of(spec, "line")["data"]["values"]]


def test_a_missing_month_is_a_gap_not_zero() -> None:
    spec = charts.trend_spec(series([202211, 202212, 202301, 202303], [5, 6, 7, 9]))
    assert points(spec) == [
        ("2022-11-01", 5, 1), ("2022-12-01", 6, 1), ("2023-01-01", 7, 1), ("2023-03-01", 9, 2)
    ]  # fmt: skip
    assert layer_of(spec, "line")["encoding"]["detail"]["field"] == "run"
    assert layer_of(spec, "line")["mark"]["point"], "a month alone between gaps needs a point"


def test_an_empty_value_is_a_gap_and_a_true_zero_is_a_zero() -> None:
    spec = charts.trend_spec(series([202201, 202202, 202203, 202204], [5, None, 0, 4]))
    assert points(spec) == [("2022-01-01", 5, 1), ("2022-03-01", 0, 2), ("2022-04-01", 4, 2)]


def test_order_of_rows_does_not_matter() -> None:
    forwards, backwards = series([202201, 202202], [1, 2]), series([202202, 202201], [2, 1])
    assert charts.trend_spec(forwards) == charts.trend_spec(backwards)


def test_breaks_are_marked_with_words_inside_the_series_only() -> None:
    spec = charts.trend_spec(series([202206, 202207, 202208], [1, 2, 3]), breaks=[202207, 201501])
    assert [row["month"] for row in layer_of(spec, "rule")["data"]["values"]] == ["2022-07-01"]
    assert layer_of(spec, "text")["data"]["values"][0]["label"] == "map points changed"
    assert all(layer["mark"]["type"] != "rule" for layer in charts.trend_spec(series([202206], [1]))["layer"])


def test_restrictions_are_shaded_where_the_series_reaches_them() -> None:
    spec = charts.trend_spec(series([201912, 202005], [1, 2]))
    assert layer_of(spec, "rect")["data"]["values"] == [
        {"month": "2020-03-01", "to": "2020-05-01", "label": "COVID-19 restrictions"}
    ]
    later = charts.trend_spec(series([202201, 202202], [1, 2]))
    assert [layer["mark"]["type"] for layer in later["layer"]] == ["line"]


def test_the_axis_starts_at_zero_and_has_a_title_and_the_chart_a_description() -> None:
    spec = charts.trend_spec(series([202201, 202203], [1000, 2000]))
    y = layer_of(spec, "line")["encoding"]["y"]
    assert y["scale"]["zero"] is True
    assert y["axis"]["title"] == "Incidents"
    assert spec["description"] == "Incidents by month from 2022-01 (1,000) to 2022-03 (2,000), 1 gap."
    assert spec["width"] == "container"


def test_an_empty_series_draws_an_empty_chart_that_says_so() -> None:
    spec = charts.trend_spec(series([], []), breaks=[202207])
    assert points(spec) == []
    assert spec["description"] == "Incidents by month: no month has a value."


def test_dark_pages_get_the_light_blue() -> None:
    frame = series([202201], [1])
    assert layer_of(charts.trend_spec(frame), "line")["mark"]["color"] == "#12436D"
    assert layer_of(charts.trend_spec(frame, dark=True), "line")["mark"]["color"] == "#6BACE6"


def offences(rows: list[tuple[str, int, float | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["offence", "n_incidents", "harm_days"])


def test_bars_are_ordered_and_unscored_is_not_zero() -> None:
    spec = charts.offence_bars_spec(
        offences([("ABH", 40, 400.0), ("Violence", 900, None), ("Murder", 1, 5475.0), ("Begging", 3, 0.0)])
    )
    rows = spec["data"]["values"]
    assert [(row["offence"], row["said"]) for row in rows] == [
        ("Murder", "5,475"), ("ABH", "400"), ("Begging", "0"), ("Violence", "not scored")
    ]  # fmt: skip
    assert spec["encoding"]["y"]["sort"] == ["Murder", "ABH", "Begging", "Violence"]
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_the_rest_is_one_bar_at_the_end_and_nothing_is_lost() -> None:
    frame = offences([(f"Offence {i:02d}", i, float(i)) for i in range(1, 21)])
    rows = charts.offence_bars_spec(frame)["data"]["values"]
    assert [row["offence"] for row in rows] == [*(f"Offence {i:02d}" for i in range(20, 9, -1)), "9 other offences"]
    assert sum(row["value"] for row in rows) == 210  # 1 + 2 + … + 20
    assert sum(row["n"] for row in rows) == 210


def test_a_rest_without_any_weight_is_not_scored() -> None:
    scored = [(f"Robbery {i:02d}", 1, 365.0) for i in range(11)]
    rows = charts.offence_bars_spec(offences([*scored, ("A", 2, None), ("B", 3, None)]))["data"]["values"]
    assert rows[11] == {"offence": "2 other offences", "value": 0, "said": "not scored", "n": 5}


def test_no_offences_is_an_empty_chart() -> None:
    assert charts.offence_bars_spec(offences([]))["data"]["values"] == []
