"""Minutes beside outcomes: the workspace of `tests.dose_workspace`, whose minutes are worked out by hand there."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspots.areas import register
from hotspots.base.clock import day_number
from hotspots.base.columns import CHANGE_DOSE, CHANGE_SCATTER
from hotspots.base.months import Window
from hotspots.base.settings import Settings
from hotspots.change.dose.beside import by_patrol_day, dose_beside, looks, sentence_of, with_counts
from hotspots.change.question import DoseBeside
from hotspots.intake import import_files
from hotspots.store.workspace import open_workspace
from tests.area_workspace import QUIET, A, C, D, make_areas
from tests.dose_workspace import areas, make_dose, make_frozen, standing

BEFORE = Window(date(2024, 2, 1), date(2024, 2, 29))  # 29 days
AFTER = Window(date(2024, 3, 1), date(2024, 3, 31))  # 31 days
HELD = (202402, 202403)
SOUTH, ASHTON, WEST = (int(c, 16) for c in (A, C, D))
UNITS = {SOUTH: "South-01", ASHTON: "South-02", WEST: "West-01"}
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (day_number(f"2024-03-0{n}") for n in (4, 5, 6, 7))


def names() -> pd.DataFrame:
    return areas()[["area", "name", "bcu", "role"]]


def incidents(*rows: tuple[int, str, str, str | None, str | None]) -> pd.DataFrame:
    """cell, side, how many, local_from, local_to."""
    table = pd.DataFrame(rows, columns=["cell", "side", "n", "local_from", "local_to"])
    table = table.loc[table.index.repeat(table.pop("n").astype(int))].reset_index(drop=True)
    for column in ("local_from", "local_to"):
        table[column] = pd.to_datetime(table[column], format="ISO8601").astype("datetime64[ms]")
    return table.assign(record=range(len(table)), days=10.0)


USUAL = incidents(
    (SOUTH, "before", "4", "2024-02-10 12:00", None),
    (WEST, "before", "1", "2024-02-10 12:00", None),
    (SOUTH, "after", "1", "2024-03-04 05:59:59", None),  # of Sunday's patrol day: before the first with positions
    (SOUTH, "after", "2", "2024-03-04 06:00", None),
    (SOUTH, "after", "3", "2024-03-06 05:59:59", "2024-03-06 05:59:59"),  # of Tuesday
    (ASHTON, "after", "2", "2024-03-06 23:00", None),
    (WEST, "after", "1", "2024-03-07 08:00", None),
    (WEST, "after", "5", "2024-03-06 08:00", None),  # nobody knows who was there on Wednesday
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dose(tmp_path_factory.mktemp("dose"))


def ask(folder: Path, ref: str = "hot-spots@1", **more: Any) -> tuple[DoseBeside | None, str]:
    given: dict[str, Any] = {
        "before": BEFORE, "after": AFTER, "held": HELD, "incidents": USUAL, "units": UNITS, "names": names(), **more,
    }  # fmt: skip
    return dose_beside(open_workspace(folder), ref, **given)


def found(folder: Path, **more: Any) -> DoseBeside:
    told, why = ask(folder, **more)
    assert told is not None
    assert why == ""
    return told


# ---------------------------------------------------------------- from files


def test_days_and_columns(folder: Path):
    """Three hot spots, four days, three of the twelve without data."""
    told = found(folder)
    assert (told.first, told.last, told.days) == ("2024-03-04", "2024-03-07", 9)
    assert list(told.table.columns) == [c.name for c in CHANGE_DOSE]
    assert list(told.scatter.columns) == [c.name for c in CHANGE_SCATTER]
    assert set(told.table["part"]) == {"bands", "curve", "earlier", "days"}
    assert "3 hot spot days have no positions and no logs: left out. No data is not no patrol." in told.notes
    assert any("Comparison hot spots are included" in note for note in told.notes)


def test_minutes_and_change_of_each_hot_spot(folder: Path):
    table = found(folder).scatter.set_index("area")
    assert table["days_with_data"].tolist() == [3, 3, 3]
    assert table["patrol_minutes_a_day"].tolist() == [35.0, 3.33, 10.67]
    assert table["officer_minutes_a_day"].tolist() == [37.0, 3.33, 10.67]
    assert table["role"].tolist() == ["treated", "comparison", "treated"]
    # 4 in 29 days, 6 in 31; none, then 2; 1, then 6
    assert table["rate_ratio"].tolist()[::2] == pytest.approx([6 / 31 / (4 / 29), 6 / 31 / (1 / 29)], abs=1e-4)
    assert np.isnan(table.loc["South-02", ["rate_ratio", "ratio_high"]].astype(float)).all()
    assert table.loc["South-02", "ratio_low"] > 0


def test_one_bcu_is_asked_for_alone_and_has_the_same_figures(folder: Path):
    units = {WEST: "West-01"}
    told = found(folder, units=units, names=names().tail(1))
    assert told.days == 3
    assert told.scatter["patrol_minutes_a_day"].tolist() == [10.67]
    reasons = part(told.table, "earlier")["reason"].tolist()  # Tuesday alone has a day before, and no incident
    assert reasons == ["Nothing happened on days whose day before is known: nothing to compare."]
    assert not any("Comparison hot spots are included" in note for note in told.notes)


def test_the_last_date_of_a_window_begins_no_whole_patrol_day(folder: Path):
    told = found(folder, after=Window(date(2024, 3, 1), date(2024, 3, 6)))
    assert (told.first, told.last, told.days) == ("2024-03-04", "2024-03-05", 6)


def test_days_whose_incidents_are_not_known_are_left_out(folder: Path):
    told, why = ask(folder, held=(202402,))
    assert told is None
    assert why == "No patrol day from 2024-03-04 to 2024-03-07 has positions or logs in these hot spots."


def test_months_alone_give_no_dose_by_day_but_dose_beside_change(folder: Path):
    for months in (USUAL.drop(columns=["local_from", "local_to"]), USUAL.assign(local_from=pd.NaT)):
        told = found(folder, incidents=months)
        assert not len(told.table)
        assert told.sentence.startswith("These incidents have a month and no time of day")
        assert told.scatter["rate_ratio"].notna().tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ref": ""}, "cells of a ranking"),
        ({"ref": "others"}, "others"),
        ({"after": Window(date(2024, 4, 1), date(2024, 4, 30))}, "no whole patrol day of theirs lies in the window"),
        ({"after": Window(date(2024, 3, 4), date(2024, 3, 4))}, "no whole patrol day of theirs lies in the window"),
        ({"units": {int(QUIET, 16): "South-01"}}, "has positions or logs in these hot spots"),
    ],
)
def test_why_there_is_no_dose(folder: Path, more: dict[str, Any], words: str):
    told, why = ask(folder, **more)
    assert told is None
    assert words in why


def test_without_positions_or_hot_spots_there_is_a_reason(tmp_path: Path):
    assert "no positions and no patrol log" in ask(make_frozen(tmp_path / "none"))[1]
    make_areas(tmp_path / "bare")
    lines = "\n".join(["unit,time,longitude,latitude", *standing("U1", (-2.7, 53.76), "2024-03-04 10:00", 5), ""])
    import_files(tmp_path / "bare", [("p.csv", lines.encode())], "pings")
    told, why = ask(tmp_path / "bare")
    assert told is None
    assert "hot-spots" in why


def test_a_later_version_counts_for_hot_spots_with_the_same_cells(folder: Path, tmp_path: Path):
    """From Wednesday on South-01 is numbered South-09, and Ashton has another cell."""
    shutil.copytree(folder, tmp_path / "own")
    table = areas().assign(area=["South-09", "South-02", "West-01"], cells=[(A,), (QUIET,), (D,)])
    register.freeze(tmp_path / "own", table, "hot-spots", date(2024, 3, 6), "A. Analyst", "Second list", {})
    told = found(tmp_path / "own")
    assert told.scatter["days_with_data"].tolist() == [3, 2, 3]
    assert told.scatter["patrol_minutes_a_day"].tolist()[0] == 35.0
    words = "1 of these hot spots had other cells under hot-spots@2, or were not in it"
    assert any(note.startswith(words) for note in told.notes)


# ---------------------------------------------------------------- incidents by patrol day


def test_the_patrol_day_begins_at_six(folder: Path):
    dated, notes = by_patrol_day(USUAL, range(MONDAY, THURSDAY + 1), Settings())
    counted = dated.groupby(["cell", "day"]).size().to_dict()
    assert counted == {
        (SOUTH, MONDAY): 2, (SOUTH, TUESDAY): 3, (ASHTON, WEDNESDAY): 2, (WEST, THURSDAY): 1, (WEST, WEDNESDAY): 5,
    }  # fmt: skip
    assert notes == []


def test_the_night_the_clocks_go_back_is_one_patrol_day():
    twice = incidents((SOUTH, "after", "2", "2026-10-25 01:30", None), (SOUTH, "after", "1", "2026-10-25 06:00", None))
    day = day_number("2026-10-24")
    assert by_patrol_day(twice, [day, day + 1], Settings())[0]["day"].tolist() == [day, day, day + 1]


def test_what_cannot_be_given_to_a_day_is_left_out_and_counted():
    odd = incidents(
        (SOUTH, "after", "2", None, None),
        (SOUTH, "after", "3", "2024-03-04 08:00:00", "2024-03-05 08:00:01"),  # a second longer than a day
        (SOUTH, "after", "1", "2024-03-04 08:00:00", "2024-03-05 08:00:00"),
        (SOUTH, "after", "1", "2024-03-04 08:00:00", "2024-03-04 07:00:00"),  # ends before it begins
        (SOUTH, "after", "4", "2024-02-20 08:00:00", "2024-03-05 08:00:00"),  # not of these days at all
    )
    dated, notes = by_patrol_day(odd, [MONDAY, TUESDAY], Settings())
    assert dated["day"].tolist() == [MONDAY, MONDAY]
    assert notes == [
        "2 incidents of the window after without a time belong to no patrol day: left out.",
        "3 incidents of these days may have happened at any time in more than a day: left out.",
        "1 incident of these days may have happened on the next day: counted on the earlier.",
    ]


def test_a_day_without_incidents_is_nought_and_a_record_counts_once():
    known = pd.DataFrame({
        "area": ["South-01", "South-01"], "day": [MONDAY, TUESDAY], "patrol_minutes": [30.0, 0.0], "visits": [1, 0],
        "hours_in_day": [24, 23],
    })  # fmt: skip
    twice = USUAL[USUAL["cell"] == SOUTH].assign(record=7, day=MONDAY)
    rows = with_counts(known, twice, UNITS)
    assert rows["count"].tolist() == [1, 0]
    assert rows["adequate"].tolist() == [True, False]
    assert rows["exposure"].tolist() == [1.0, 23 / 24]


# ---------------------------------------------------------------- four looks


def days(*pairs: tuple[int, int], weeks: int = 4) -> pd.DataFrame:
    """A hot spot for each (incidents on a day with a visit, on a day without); every week-day has both in turn."""
    rows = [
        (f"u{unit}", 20_000 + day, 15.0 * on, on == 1, 1.0, pair[1 - on])
        for unit, pair in enumerate(pairs)
        for day in range(7 * weeks)
        for on in [(day // 7 + day % 7 + unit) % 2]
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "minutes", "adequate", "exposure", "count"])


def part(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["part"] == name].reset_index(drop=True)


def test_days_with_and_without_a_visit_by_hand():
    """14 days of each kind in four hot spots: 6 × 14 incidents with a visit, 10 × 14 without."""
    table, contrast = looks(days((1, 2), (2, 4), (1, 1), (2, 3)), Settings())
    told = part(table, "days")
    assert told["term"].tolist() == ["days without an adequate visit", "days with an adequate visit"]
    assert told["n"].tolist() == [56, 56]
    assert told["count"].tolist() == [140, 84]
    assert told["rate_ratio"].tolist() == pytest.approx([1, 0.6])
    assert told.loc[1, "ci_low"] < 0.6 < told.loc[1, "ci_high"] < 1
    assert sentence_of(contrast).startswith(
        "Incidents in the hot spots on days with an adequate visit: 40% fewer than on their other days of the same"
        " weekday (between "
    )
    assert sentence_of(contrast).endswith("): fewer. Nobody randomised those days.")


def test_the_sentence_follows_the_interval():
    assert "): more. Nobody" in sentence_of(looks(days((2, 1), (4, 2), (1, 1), (3, 2)), Settings())[1])
    assert "): can't tell. Nobody" in sentence_of(looks(days((2, 1), (1, 2), (1, 1), (3, 2)), Settings())[1])


def test_eight_weeks_are_compared_within_four():
    assert "of the same weekday in the same four weeks (" in sentence_of(
        looks(days((1, 2), (2, 4), (1, 1), weeks=8), Settings())[1]
    )


def test_one_hot_spot_gives_no_interval_and_no_verdict():
    table, contrast = looks(days((1, 2)), Settings())
    told = part(table, "days")
    assert told.loc[1, "reason"] == "one hot spot alone decides this"
    assert np.isnan(told.loc[1, "ci_high"])
    assert sentence_of(contrast) == (
        "Incidents on days with and without an adequate visit: 14 on 14 days with, 28 on 14 without: can't tell,"
        " because one hot spot alone decides this. Nobody randomised those days."
    )


def test_no_incident_on_days_with_a_visit_is_a_ratio_of_nought_without_a_verdict():
    table, contrast = looks(days((0, 1), (0, 2), (0, 1)), Settings())
    assert part(table, "days").loc[1, ["rate_ratio", "reason"]].tolist() == [0, "one kind of day had no event"]
    assert "0 on 42 days with, 56 on 42 without: can't tell, because one kind of day had no event." in sentence_of(
        contrast
    )


def test_bands_and_the_day_before_by_hand():
    rows = days((1, 2), (2, 4), (1, 1), (2, 3))
    table = looks(rows, Settings())[0]
    bands = part(table, "bands")
    assert bands["term"].tolist() == [
        "0 minutes", "above 0 to 10 minutes", "10 to 20 minutes", "20 to 40 minutes", "40 and more minutes",
    ]  # fmt: skip
    assert bands["n"].tolist() == [56, 0, 56, 0, 0]
    assert bands["count"].tolist() == [140, 0, 84, 0, 0]
    assert bands["reason"].tolist()[1] == "no day had this dose"
    earlier = part(table, "earlier")
    assert earlier["term"].tolist() == ["minutes of the same day, per 10", "minutes of the day before, per 10"]
    assert earlier["n"].tolist() == [108, 108]  # 27 of 28 days have a day before
    curve = part(table, "curve")
    assert curve["minutes"].is_monotonic_increasing
    assert curve["n"].isna().all()


def test_bands_begin_at_the_minutes_of_one_two_and_four_adequate_visits():
    rows = days((1, 2), (2, 4), (1, 1))
    bands = part(looks(rows, Settings(visit_min_minutes=7.5))[0], "bands")
    assert bands["minutes"].tolist() == [0, 0, 7.5, 15, 30]
    assert bands["n"].tolist() == [42, 0, 0, 42, 0]  # 15 minutes are two visits, not one


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda t: t.assign(minutes=0.0, adequate=False), {"curve", "days"}),
        (lambda t: t.assign(minutes=15.0, adequate=True), {"bands", "days"}),
        (lambda t: t.assign(count=0), {"bands", "curve", "earlier", "days"}),
        (lambda t: t[t["period"].sub(20_000).mod(7).isin([0, 2, 4])], {"earlier"}),
    ],
)
def test_what_cannot_be_fitted_gives_its_reason(change, parts):
    """One row with a sentence, in words of hot spots and days; the others are as they are."""
    table, contrast = looks(change(days((1, 2), (2, 4), (1, 1), (2, 3))), Settings())
    for name in parts:
        told = part(table, name)
        assert len(told) == 1
        assert told.loc[0, "reason"].endswith(".")
        assert "unit" not in told.loc[0, "reason"]
        assert "period" not in told.loc[0, "reason"]
        assert np.isnan(told.loc[0, "rate_ratio"])
    assert ("days" in parts) == isinstance(contrast, str)
    if "days" in parts:
        assert sentence_of(contrast).startswith("Days with and without an adequate visit cannot be compared: ")
