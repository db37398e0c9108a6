"""The specs of patrol dosage say what the tables say. Expected values are written by hand."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspots.base.columns import DOSAGE, DOSE_HOURS, DOSE_SUMMARY
from hotspots.base.settings import Settings
from hotspots.charts import dosage as charts
from hotspots.charts.dosage import Bands, Cell

BANDS = Bands(Settings().underdosed_share, Settings().overdosed_share)
TWO_DAYS = ("2026-10-05", "2026-10-06")  # a Monday and a Tuesday


def day(area: str, patrol_day: str, minutes: float | None, target: float | None = 30.0, **more: Any) -> dict[str, Any]:
    """A row of DOSAGE; no minutes: no data."""
    known = minutes is not None
    return {
        "area": area, "bcu": area[:-3], "patrol_day": patrol_day, "visits": 2 if known else None,
        "visits_below_threshold": 0 if known else None, "officer_minutes": minutes, "patrol_minutes": minutes,
        "target_minutes": target, "share_of_target": minutes / target if known and target else None,
        "gps_coverage": 0.9, "days_since_adequate_visit": 0, "name": f"Name of {area}", "role": "treated",
        "register": "hot-spots@1", "data": "tracked" if known else "no data", **more,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in DOSAGE])


def total(area: str, minutes: float | None, target: float | None, verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "area": area, "name": f"Name of {area}", "bcu": area[:-3], "role": "treated", "patrol_minutes": minutes,
        "target_minutes": target, "verdict": verdict, "register": "hot-spots@1",
        "share_of_target": minutes / target if minutes is not None and target else None, **more,
    }  # fmt: skip


def summary(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=[c.name for c in DOSE_SUMMARY])


def hours(minutes: dict[int, float], hot: set[int], incidents: dict[int, float] | None = None) -> pd.DataFrame:
    """A week of DOSE_HOURS: minutes and incidents by hour, nothing in the others; no incidents: no times."""
    week = range(168)
    known = incidents is not None
    n = [float((incidents or {}).get(h, 0.0)) if known else np.nan for h in week]
    return pd.DataFrame(
        {
            "area": "all", "bcu": "South", "hour_of_week": list(week),
            "patrol_minutes": [minutes.get(h, 0.0) for h in week],
            "officer_minutes": [2 * minutes.get(h, 0.0) for h in week], "n_incidents": n,
            "share_of_incidents": [x / sum(n) if known else np.nan for x in n], "hot": [h in hot for h in week],
        }
    )[[c.name for c in DOSE_HOURS]]  # fmt: skip


def cells(grid: charts.Grid) -> list[list[tuple[str, str, int | None]]]:
    return [[(cell.text, cell.mark, cell.band) for cell in row.cells] for row in grid.rows]


# ---------------------------------------------------------------- hot spots × days


def test_the_grid_has_the_minutes_of_the_table_and_says_below_and_above() -> None:
    given = table(
        day("South-01", TWO_DAYS[0], 11.4), day("South-01", TWO_DAYS[1], 30.0),
        day("South-02", TWO_DAYS[0], 40.0), day("South-02", TWO_DAYS[1], 60.2),
    )  # fmt: skip
    grid = charts.dose_grid(given, BANDS)
    assert cells(grid) == [[("11", "▼", 0), ("30", "", 2)], [("40", "▲", 3), ("60", "▲", 4)]]
    assert [(h.top, h.bottom) for h in grid.heads] == [("Mon", "5 Oct"), ("Tue", "6 Oct")]
    assert grid.heads[0].said == "Monday 5 October 2026"
    assert grid.rows[0].cells[0].said == "11 patrol-minutes, 38% of 30 (below target), 2 adequate visits"


def test_no_data_is_no_zero_and_zero_is_no_missing_day() -> None:
    grid = charts.dose_grid(
        table(day("South-01", TWO_DAYS[0], None), day("South-01", TWO_DAYS[1], 0.0, visits=0)), BANDS
    )
    nothing, zero = grid.rows[0].cells
    assert nothing == Cell("–", "no data", state="no data")
    assert (zero.text, zero.mark, zero.band, zero.state) == ("0", "▼", 0, "")
    assert zero.said == "0 patrol-minutes, 0% of 30 (below target), no adequate visits"
    labels = [row["label"] for row in charts.dose_legend(grid, BANDS)]
    assert labels[-1] == "– no data (not: no patrol)"
    assert charts.dose_legend(grid, BANDS)[-1]["hatched"]


def test_a_little_is_not_written_as_nothing() -> None:
    grid = charts.dose_grid(table(day("South-01", TWO_DAYS[0], 0.2)), BANDS)
    assert grid.rows[0].cells[0].text == "<1"


def test_a_day_on_which_the_area_was_no_hot_spot_is_blank_and_a_lost_day_keeps_its_column() -> None:
    given = table(day("South-01", "2026-10-05", 30.0), day("South-01", "2026-10-08", 30.0), day("South-02",
                  "2026-10-08", 30.0))  # fmt: skip
    grid = charts.dose_grid(given, BANDS)
    assert [h.bottom for h in grid.heads] == ["5 Oct", "6 Oct", "7 Oct", "8 Oct"]
    assert [cell.state for cell in grid.rows[0].cells] == ["", "not held", "not held", ""]
    assert [cell.text for cell in grid.rows[1].cells] == ["", "", "", "30"]


def test_without_a_target_there_are_minutes_and_no_colour() -> None:
    grid = charts.dose_grid(table(day("South-09", TWO_DAYS[0], 12.0, None, role="comparison")), BANDS)
    (cell,) = grid.rows[0].cells
    assert (cell.text, cell.band, cell.mark, cell.state) == ("12", None, "", "no target")
    assert "no target set" in cell.said
    assert "no target: minutes only" in [row["label"] for row in charts.dose_legend(grid, BANDS)]


def test_logs_only_and_shorter_visits_are_said() -> None:
    grid = charts.dose_grid(
        table(day("South-01", TWO_DAYS[0], 30.0, data="logs only", visits=1, visits_below_threshold=3)), BANDS
    )
    (cell,) = grid.rows[0].cells
    assert cell.logs
    assert cell.said == "30 patrol-minutes, 100% of 30, 1 adequate visit, 3 shorter, known from logs only"


def test_rows_go_by_bcu_then_treated_then_comparison_whatever_their_order() -> None:
    given = table(
        day("West-01", TWO_DAYS[0], 1.0), day("South-03", TWO_DAYS[0], 1.0, role="none"),
        day("South-01", TWO_DAYS[0], 1.0, role="comparison"), day("South-02", TWO_DAYS[0], 1.0),
    )  # fmt: skip
    grid = charts.dose_grid(given, BANDS)
    assert [row.key for row in grid.rows] == ["South-02", "South-01", "South-03", "West-01"]
    assert [row.group for row in grid.rows] == ["South", "South", "South", "West"]
    assert [row.note for row in grid.rows] == ["treated", "comparison", "none", "treated"]
    assert charts.dose_grid(given.iloc[::-1], BANDS) == grid


def test_two_versions_of_the_register_are_two_rows_for_they_may_be_two_places() -> None:
    given = table(
        day("South-01", TWO_DAYS[0], 10.0, role="none"),
        day("South-01", TWO_DAYS[1], 30.0, register="hot-spots@2", name="Elsewhere"),
    )
    grid = charts.dose_grid(given, BANDS)
    assert [(row.name, row.note) for row in grid.rows] == [("Elsewhere", "treated"), ("Name of South-01", "none")]
    assert [[cell.text for cell in row.cells] for row in grid.rows] == [["", "30"], ["10", ""]]
    same = table(day("South-01", TWO_DAYS[0], 10.0), day("South-01", TWO_DAYS[1], 30.0, register="hot-spots@2"))
    assert [row.name for row in charts.dose_grid(same, BANDS).rows] == [
        "Name of South-01 (hot-spots@1)", "Name of South-01 (hot-spots@2)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "band", "mark"),
    [(0.0, 0, "▼"), (0.399, 0, "▼"), (0.4, 1, "▼"), (0.799, 1, "▼"), (0.8, 2, ""), (1.0, 2, ""), (1.2, 2, ""),
     (1.201, 3, "▲"), (1.8, 3, "▲"), (1.801, 4, "▲")],
)  # fmt: skip
def test_bands_on_both_sides_of_every_line(share: float, band: int, mark: str) -> None:
    assert (BANDS.number(share), BANDS.mark(share)) == (band, mark)


def test_the_labels_of_the_bands_follow_the_settings() -> None:
    assert BANDS.labels == (
        "under 40% of target", "40 to 80%", "on target: 80 to 120%", "120 to 180%", "over 180%"
    )  # fmt: skip
    assert Bands(0.5, 2.0).labels[2] == "on target: 50 to 200%"


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_ramp_darkens_step_by_step_and_its_words_can_be_read() -> None:
    light = [luminance(c) for c in charts.RAMP]
    assert all(a > 1.25 * b for a, b in pairwise(light)), "each step is seen in grey"
    for ground, ink in zip(charts.RAMP, charts.INKS, strict=True):
        high, low = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {ground}"


# ---------------------------------------------------------------- hours of the week


def test_hours_have_the_minutes_of_the_table_and_hot_ones_a_ring() -> None:
    week = hours({0: 10.0, 23: 50.0, 167: 100.0}, {23, 24}, {23: 3.0, 24: 1.0})
    grid = charts.hours_grid(week, "South")
    assert [row.name for row in grid.rows] == [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    ]  # fmt: skip
    assert [len(row.cells) for row in grid.rows] == [24] * 7
    monday, tuesday, sunday = (grid.rows[i].cells for i in (0, 1, 6))
    assert [(monday[0].text, monday[0].band, monday[0].ringed)] == [("10", 0, False)]
    assert (monday[23].text, monday[23].band, monday[23].ringed) == ("50", 2, True)
    assert (tuesday[0].text, tuesday[0].band, tuesday[0].ringed) == ("", None, True)
    assert (sunday[23].text, sunday[23].band) == ("100", 4)
    assert monday[23].said == "50 patrol-minutes, 3.0 incidents, hot hour"
    assert sum(cell.ringed for row in grid.rows for cell in row.cells) == 2


def test_shares_in_hot_hours_by_hand() -> None:
    week = hours({0: 10.0, 23: 30.0}, {23, 24}, {0: 1.0, 23: 2.0, 24: 1.0})
    assert charts.hours_shares(week) == pytest.approx((0.75, 0.75, 2 / 168))
    assert charts.hours_shares(hours({0: 10.0}, set())) is None, "no times, no hot hours"
    assert charts.hours_shares(hours({}, {1}, {1: 1.0})) is None, "no minutes, no share"


def test_without_times_no_incidents_are_made_up() -> None:
    grid = charts.hours_grid(hours({0: 10.0}, set()), "South")
    assert grid.rows[0].cells[0].said == "10 patrol-minutes"


# ---------------------------------------------------------------- delivered against target


def test_bars_have_the_minutes_and_targets_of_the_summary() -> None:
    spec = charts.target_spec(
        summary(
            total("South-01", 86.1, 210.0, "underdosed"), total("South-02", None, None, "no data"),
            total("South-03", 12.0, None, "no target", role="comparison"), total("South-04", 210.0, 210.0, "on target"),
            total("South-05", 300.0, 210.0, "overdosed"), total("South-06", 0.0, 210.0, "underdosed"),
        )
    )  # fmt: skip
    rows = {row["name"]: row for row in spec["data"]["values"]}
    assert list(rows) == [f"Name of South-0{n}" for n in (1, 2, 4, 5, 6, 3)]
    assert (rows["Name of South-01"]["minutes"], rows["Name of South-01"]["target"]) == (86.1, 210.0)
    assert [row["figure"] for row in rows.values()] == ["41% ▼", "no data", "100%", "143% ▲", "0% ▼", "12 min"]
    assert rows["Name of South-02"]["minutes"] is None, "no data is no bar of length 0"
    assert rows["Name of South-03"]["target"] is None
    assert rows["Name of South-06"]["minutes"] == 0
    assert "Name of South-01 86 min of 210 (41%) (below target)" in spec["description"]
    assert "Name of South-02 no data" in spec["description"]
    json.dumps(spec, allow_nan=False)


def test_two_hot_spots_of_one_name_stay_two_bars() -> None:
    spec = charts.target_spec(
        summary(
            total("South-01", 1.0, 2.0, "underdosed", name="High Street"),
            total("West-01", 2.0, 2.0, "on target", name="High Street"),
        )
    )
    assert [row["name"] for row in spec["data"]["values"]] == ["High Street (South-01)", "High Street (West-01)"]


def test_nothing_is_a_spec_too() -> None:
    assert charts.dose_grid(table(), BANDS).rows == ()
    assert charts.target_spec(summary())["description"] == "Patrol-minutes against target: no hot spot."
