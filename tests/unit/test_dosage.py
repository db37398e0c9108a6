"""Dose, logs against positions, coverage and targets, on tables that a sergeant could check by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from hotspots.base.clock import day_number
from hotspots.base.columns import DOSE_SUMMARY, RECONCILED
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import unit_text
from hotspots.base.settings import Settings
from hotspots.patrols.dosage import coverage, logs
from hotspots.patrols.dosage.apart import apart_warnings, minutes_apart, stays_apart
from hotspots.patrols.dosage.dose import days_since, dose, problems, set_target, summary, target_on, targets
from hotspots.patrols.presence import COUNTS, SEGMENTS, STANDSTILLS, Presence
from hotspots.patrols.visits import visits
from tests.dose_workspace import make_frozen

LONDON = ZoneInfo("Europe/London")
BCUS, SETTINGS = ("West", "South", "East"), Settings()
DAY = day_number("2026-06-02")


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-06-02 {text}").replace(tzinfo=LONDON).timestamp())


def stay(area: str, start: str, end: str, unit: int = 1, officers: int = 1, **more: bool) -> dict:
    a, b = float(at(start)), float(at(end))
    flags = {"reactive": False, "moving": False, "log": False, **more}
    return {
        "unit": unit, "area": area, "patrol_day": DAY, "start": a, "end": b, "seconds": b - a,
        "officer_seconds": officers * (b - a), "n_pings": 2, "site": "", "apart": "", "pieces": None,
        **flags,
    }  # fmt: skip


def entry(area: str, start: str, end: str, unit: int = 1, officers: int = 1, name: str = "e", **more: object) -> dict:
    return {
        "entry": name, "unit": unit, "hot_spot": area, "bcu": "West", "patrol_day": DAY, "start": at(start),
        "end": at(end), "officers": officers, "mode": "foot", "reactive": False, **more,
    }  # fmt: skip


def found(first: str = "08:00", last: str = "16:00", silences: list[tuple[str, str]] | None = None) -> Presence:
    """Unit 1 in West from first to last, with these silences."""
    days = pd.DataFrame([{
        "patrol_day": DAY, "unit": 1, "first_t": at(first), "last_t": at(last), "first_place": -1, "last_place": -1,
        "first_officers": 1, "last_officers": 1, "gap_s": 300, "n": 10,
        **dict.fromkeys(COUNTS, 0), "n_1": 2, "n_3": 8,  # East, West
    }])  # fmt: skip
    silent = pd.DataFrame(
        [(DAY, 1, at(a), at(b)) for a, b in silences or []], columns=["patrol_day", "unit", "from_t", "to_t"]
    ).astype("int64")
    segments, still = (pd.DataFrame({c: pd.Series(dtype="int64") for c in t}) for t in (SEGMENTS, STANDSTILLS))
    return Presence(segments, days, silent, still)


def grid(area: str = "A", data: str = "tracked", target: float = 30.0, day: int = DAY) -> pd.DataFrame:
    return pd.DataFrame([{
        "area": area, "patrol_day": day, "data": data, "target_minutes": target, "gps_coverage": 1.0, "bcu": "West",
        "name": "Somewhere", "role": "treated", "register": "grip@1",
    }])  # fmt: skip


# ---------------------------------------------------------------- dose


def test_minutes_of_a_day_proactive_reactive_and_moving_apart():
    stays = pd.DataFrame([
        stay("A", "14:00", "14:12", officers=2), stay("A", "14:05", "14:15", unit=2),
        stay("A", "15:00", "15:20", unit=3, reactive=True), stay("A", "16:00", "16:01", unit=4, moving=True),
        stay("A", "17:00", "17:05", unit=5), stay("A", "18:00", "18:00:30", unit=6),
        stay("A", "19:00", "19:25", unit=7),
    ])  # fmt: skip
    row = dose(grid(), stays, visits(stays, SETTINGS)).iloc[0]
    assert row["officer_minutes"] == 2 * 12 + 10 + 5 + 0.5 + 25
    assert row["patrol_minutes"] == 15 + 5 + 0.5 + 25
    assert (row["reactive_minutes"], row["moving_minutes"]) == (20, 1)
    assert (row["visits"], row["visits_on_target"], row["visits_long"]) == (2, 1, 1)
    assert (row["visits_below_threshold"], row["pass_throughs"]) == (1, 1)
    assert row["share_of_target"] == pytest.approx(45.5 / 30, abs=1e-4)


def test_no_data_is_not_no_patrol():
    nothing = pd.DataFrame([stay("B", "14:00", "14:12")])
    seen = dose(pd.concat([grid(), grid(data="no data", day=DAY + 1)]), nothing, visits(nothing, SETTINGS))
    assert seen["visits"].tolist()[0] == 0
    assert seen["officer_minutes"].tolist()[0] == 0.0
    assert pd.isna(seen["visits"][1])
    assert pd.isna(seen["patrol_minutes"][1])


def test_days_since_an_adequate_visit_are_counted_within_a_version():
    table = pd.DataFrame({
        "area": "A", "register": ["grip@1"] * 5 + ["grip@2"] * 2, "patrol_day": range(10, 17),
        "visits": pd.array([0, 2, 0, None, 1, 0, 1], dtype="Int64"),
    })  # fmt: skip
    assert days_since(table).fillna(-1).tolist() == [-1, 0, 1, 2, 0, -1, 0]


def test_the_window_against_its_target_on_days_with_data_only():
    stays = pd.DataFrame([stay("A", "14:00", "14:25")])
    days = dose(pd.concat([grid(), grid(data="no data", day=DAY + 1)]), stays, visits(stays, SETTINGS))
    spans = pd.DataFrame({"bcu": ["West", "West"], "covered_hours": [6.0, 1.0], "shift_hours": [6.0, 8.0]})
    hot = pd.DataFrame({"area": ["A"], "share_in_hot_hours": [0.5]})
    row = summary(days, hot, spans, SETTINGS).iloc[0]
    assert (row["days"], row["days_with_data"], row["days_without_adequate_visit"]) == (2, 1, 0)
    assert (row["patrol_minutes"], row["target_minutes"]) == (25, 30)
    assert row["share_of_target"] == pytest.approx(0.8333, abs=1e-4)
    assert row["verdict"] == "on target"
    assert row["gps_coverage"] == 0.5
    assert list(summary(days, hot, spans, SETTINGS).columns) == [c.name for c in DOSE_SUMMARY]


@pytest.mark.parametrize(
    ("minutes", "target", "data", "verdict"),
    [
        (23, 30, "tracked", "underdosed"), (24, 30, "tracked", "on target"), (36, 30, "tracked", "on target"),
        (37, 30, "tracked", "overdosed"), (37, float("nan"), "tracked", "no target"), (0, 30, "no data", "no data"),
        (0, 30, "tracked", "underdosed"),
    ],
)  # fmt: skip
def test_verdicts(minutes, target, data, verdict):
    stays = pd.DataFrame([stay("A" if minutes else "B", "14:00", f"14:{minutes:02d}")])
    days = dose(grid(data=data, target=target), stays, visits(stays, SETTINGS))
    empty = pd.DataFrame({"bcu": [], "covered_hours": [], "shift_hours": []})
    hot = pd.DataFrame({"area": ["A"], "share_in_hot_hours": [np.nan]})
    assert summary(days, hot, empty, SETTINGS)["verdict"].tolist() == [verdict]


# ---------------------------------------------------------------- logs against positions


def reconciled(entries: list[dict], stays: list[dict], seen: Presence) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.DataFrame(stays) if stays else pd.DataFrame([stay("Z", "00:00", "00:01", unit=99)])
    return logs.reconcile(pd.DataFrame(entries), table, seen, SETTINGS)


def test_where_the_unit_was_tracked_positions_count_and_the_difference_is_told():
    told, added = reconciled([entry("A", "14:00", "14:20")], [stay("A", "14:03", "14:15")], found())
    row = told.iloc[0]
    assert (row["log_minutes"], row["gps_minutes"], row["difference"]) == (20, 12, -8)
    assert (row["tracked_share"], row["counted"]) == (1.0, "positions")
    assert added.empty
    assert list(told.columns) == [c.name for c in RECONCILED]


def test_where_it_was_not_the_log_counts():
    told, added = reconciled([entry("A", "20:00", "20:20", officers=2)], [], found())
    assert told.iloc[0]["counted"] == "log"
    assert pd.isna(told.iloc[0]["difference"])
    assert added[["seconds", "officer_seconds", "log"]].to_numpy().tolist() == [[1200.0, 2400.0, True]]


@pytest.mark.parametrize(("silent_from", "counted"), [("14:10", "positions"), ("14:09", "log")])
def test_half_of_the_time_logged_decides(silent_from, counted):
    told, _ = reconciled([entry("A", "14:00", "14:20")], [], found(silences=[(silent_from, "15:00")]))
    assert told.iloc[0]["counted"] == counted


def test_what_positions_saw_of_an_untracked_entry_is_not_counted_twice():
    seen = found(silences=[("14:05", "15:00")])
    told, added = reconciled([entry("A", "14:00", "14:20")], [stay("A", "14:00", "14:05")], seen)
    assert told.iloc[0]["counted"] == "log"
    assert [(s - at("00:00"), e - at("00:00")) for s, e in zip(added["start"], added["end"], strict=True)] == [
        (14 * 3600 + 300, 14 * 3600 + 1200)
    ]


def test_two_entries_of_one_unit_that_overlap_count_once():
    both = [entry("A", "20:00", "20:20", name="a"), entry("A", "20:10", "20:30", name="b")]
    _, added = reconciled(both, [], found())
    assert added["seconds"].sum() == 30 * 60


def test_entries_without_a_unit_are_all_counted():
    both = [entry("A", "20:00", "20:20", unit=0, name="a"), entry("A", "20:10", "20:30", unit=0, name="b")]
    told, added = reconciled(both, [], found())
    assert told["counted"].tolist() == ["log", "log"]
    assert told["tracked_share"].isna().all()
    assert added["seconds"].sum() == 40 * 60


def test_a_log_of_a_vehicle_cannot_tell_standing_from_driving():
    _, added = reconciled([entry("A", "20:00", "20:20", mode="vehicle")], [], found())
    assert added["moving"].tolist() == [True]


def test_entries_are_cut_where_the_patrol_day_ends():
    six = at("06:00")
    table = pd.DataFrame(
        [{"entry": "a", "start": six - 600, "end": six + 300}, {"entry": "b", "start": six, "end": six + 60}]
    )
    split = logs.by_day(table, SETTINGS)
    assert split[["entry", "patrol_day"]].to_numpy().tolist() == [["a", DAY - 1], ["a", DAY], ["b", DAY]]
    assert (split["end"] - split["start"]).tolist() == [600, 300, 60]


def test_a_clock_that_runs_fast_is_told_and_nothing_is_shifted():
    hours = [f"{h:02d}" for h in range(9, 15)]
    entries = [entry("A", f"{h}:00", f"{h}:15", name=h) for h in hours]
    stays = pd.DataFrame([stay("A", f"{h}:07", f"{h}:22") for h in hours])
    told, _ = logs.reconcile(pd.DataFrame(entries), stays, found(), SETTINGS)
    said = logs.clock_notes(told, stays, SETTINGS)
    assert len(said) == 1
    assert said[0].startswith(f"{unit_text(1)}: its positions carry times 7 minutes later than its log")
    early = stays.assign(start=stays["start"] - 14 * 60)
    assert "7 minutes earlier" in logs.clock_notes(told, early, SETTINGS)[0]
    near = stays.assign(start=stays["start"] - 4 * 60)  # three minutes
    assert logs.clock_notes(told, near, SETTINGS) == []
    over = near.assign(start=near["start"] + 1)
    assert len(logs.clock_notes(told, over, SETTINGS)) == 1
    assert len(logs.clock_notes(told.head(5), stays, SETTINGS)) == 1  # by five entries, and by no fewer
    assert logs.clock_notes(told.head(4), stays, SETTINGS) == []


# ---------------------------------------------------------------- coverage


def test_coverage_of_a_shift_with_lost_signal():
    table = coverage.coverage(
        found(silences=[("10:00", "11:00")]), pd.DataFrame([entry("A", "12:00", "12:20")]), BCUS, SETTINGS
    )
    row = table.iloc[0]
    assert (row["bcu"], row["units"], row["shift_hours"], row["covered_hours"]) == ("West", 1, 8, 7)
    assert row["gps_coverage"] == 0.875
    assert row["longest_gap_minutes"] == 60


def test_a_long_silence_ends_the_shift():
    table = coverage.coverage(
        found(silences=[("10:00", "14:30")]), pd.DataFrame([entry("A", "15:00", "15:20")]), BCUS, SETTINGS
    )
    assert table[["shift_hours", "covered_hours"]].to_numpy().tolist() == [[3.5, 3.5]]


def test_what_was_logged_before_the_first_position_was_on_shift_and_not_seen():
    table = coverage.coverage(found(), pd.DataFrame([entry("A", "07:00", "08:30")]), BCUS, SETTINGS)
    assert table[["shift_hours", "covered_hours"]].to_numpy().tolist() == [[9, 8]]


def test_a_unit_that_only_logs_has_no_coverage():
    entries = pd.DataFrame([entry("A", "07:00", "08:00", unit=5)])
    empty = found()
    nobody = replace(empty, unit_days=empty.unit_days.iloc[:0])
    table = coverage.coverage(nobody, entries, BCUS, SETTINGS)
    assert table[["bcu", "units", "shift_hours", "gps_coverage"]].to_numpy().tolist() == [["West", 0, 1.0, 0.0]]


def test_days_without_positions_and_with_few_units_are_told():
    table = pd.DataFrame({
        "bcu": "West", "patrol_day": [DAY, DAY + 1, DAY + 2], "units": [6, 2, 6], "usual_units": 6.0,
        "gps_coverage": [0.95, 0.9, 0.5],
    })  # fmt: skip
    said = coverage.warnings_of(table, ("West",), [DAY, DAY + 1, DAY + 2, DAY + 3], set())
    assert said == [
        "West: no positions at all on 2026-06-05. No data is not no patrol.",
        "West: on 2026-06-03 only 2 of usually 6 units sent positions. The minutes of that day may be too low.",
        "West: on 2026-06-04 positions cover less than 80% of the time on shift (the least: 50%). The minutes of these"
        " days are too low.",
    ]


def test_units_of_another_bcu_are_no_positions_of_this_one_and_not_none_either():
    table = pd.DataFrame({"bcu": ["West"], "patrol_day": [DAY], "units": [3], "usual_units": 3.0, "gps_coverage": 1.0})
    passed = coverage.bcus_passed(found(), BCUS)
    assert passed == {("East", DAY), ("West", DAY)}
    assert coverage.warnings_of(table, ("East", "South", "West"), [DAY], passed) == [
        "East: only units with most of their positions elsewhere were seen on 2026-06-02. No data is not no patrol.",
        "South: no positions at all on 2026-06-02. No data is not no patrol.",
    ]


# ---------------------------------------------------------------- parked is not patrolled


def presence_of(still: list[tuple] = (), silences: list[tuple] = ()) -> Presence:
    """Unit 1 (or another) stood still from one time to another in A, or sent nothing."""
    rows = [(DAY, unit, 0, at(a), at(b), 60, 60) for a, b, unit in ((*s, 1)[:3] for s in still)]  # 30 s at either end
    return replace(
        found(silences=list(silences)),
        standstills=pd.DataFrame(rows, columns=list(STANDSTILLS)).astype("int64"),
    )


def apart(stays: list[dict], **seen: list[tuple]) -> list[tuple]:
    """(from, to, why) of each part of the stays."""
    whole = pd.DataFrame(stays).drop(columns="apart").astype({"area": "str", "site": "str"})
    parts = stays_apart(whole, presence_of(**seen), [("A", "")], SETTINGS).sort_values("start")
    spans = zip(parts["start"], parts["end"], parts["apart"], strict=True)
    return [(clock(a), clock(b), why) for a, b, why in spans]


def clock(t: float) -> str:
    return datetime.fromtimestamp(t, LONDON).strftime("%H:%M:%S").removesuffix(":00")


@pytest.mark.parametrize(
    ("stays", "seen", "parts"),
    [
        ([stay("A", "10:00", "12:00")], {}, [("10:00", "12:00", "")]),  # two hours are a long visit
        ([stay("A", "10:00", "12:00:01")], {}, [("10:00", "12:00:01", "parked")]),
        ([stay("A", "10:00", "18:00", reactive=True)], {}, [("10:00", "18:00", "")]),  # no dose anyway
        ([stay("A", "10:00", "18:00", moving=True)], {}, [("10:00", "18:00", "")]),
        # A silence between two stays: the car was not seen to leave.
        ([stay("A", "10:00", "11:00"), stay("A", "11:30", "12:10")], {"silences": [("11:00", "11:30")]},
         [("10:00", "11:00", "parked"), ("11:30", "12:10", "parked")]),
        ([stay("A", "10:00", "11:00"), stay("A", "11:05", "12:10")], {},
         [("10:00", "11:00", "parked"), ("11:05", "12:10", "parked")]),  # back so soon
        ([stay("A", "10:00", "11:00"), stay("A", "11:05:01", "12:10")], {},
         [("10:00", "11:00", ""), ("11:05:01", "12:10", "")]),  # it was seen elsewhere
        ([stay("A", "08:00", "09:00"), stay("A", "13:00:01", "14:00")], {"silences": [("09:00", "13:00:01")]},
         [("08:00", "09:00", ""), ("13:00:01", "14:00", "")]),  # the shift ended
        ([stay("A", "10:00", "11:00"), stay("B", "11:30", "12:10")], {"silences": [("11:00", "11:30")]},
         [("10:00", "11:00", ""), ("11:30", "12:10", "")]),
        ([stay("A", "10:00", "11:00"), stay("A", "11:00", "12:10")], {},
         [("10:00", "11:00", "parked"), ("11:00", "12:10", "parked")]),  # as over 06:00
        # Standing still: that part alone, with the half minute at either end.
        ([stay("A", "10:00", "12:00")], {"still": [("10:30", "11:45")]},
         [("10:00", "10:29:30", ""), ("10:29:30", "11:45:30", "frozen"), ("11:45:30", "12:00", "")]),
        ([stay("A", "10:00", "18:00")], {"still": [("10:00", "17:00")]},
         [("10:00", "17:00:30", "frozen"), ("17:00:30", "18:00", "parked")]),
        ([stay("A", "10:00", "12:00")], {"still": [("10:00", "12:00", 2)]}, [("10:00", "12:00", "")]),  # another's
        ([stay("A", "10:00", "12:00", reactive=True)], {"still": [("10:00", "12:00")]}, [("10:00", "12:00", "")]),
    ],
)  # fmt: skip
def test_what_is_no_patrol_of_a_stay(stays: list, seen: dict, parts: list):
    assert apart(stays, **seen) == parts


def test_of_a_stay_that_stood_still_in_part_only_what_is_credited_is_parted():
    """Ten minutes credited at its beginning and ten at its end, two officers, standing for all but the last five."""
    pieces = [(at("10:00"), at("10:10")), (at("11:50"), at("12:00"))]
    one = stay("A", "10:00", "12:00", officers=2) | {"seconds": 1200.0, "officer_seconds": 2400.0, "pieces": pieces}
    whole = pd.DataFrame([one]).drop(columns="apart").astype({"area": "str", "site": "str"})
    parts = stays_apart(whole, presence_of(still=[("09:59:30", "11:54:30")]), [("A", "")], SETTINGS)
    assert parts[["seconds", "officer_seconds", "apart"]].to_numpy().tolist() == [
        [900.0, 1800.0, "frozen"], [300.0, 600.0, ""],
    ]  # fmt: skip


def test_minutes_that_are_no_patrol_are_those_with_anyone_there():
    stays = pd.DataFrame([
        stay("A", "10:00", "12:00", apart="frozen"), stay("A", "11:00", "13:00", unit=2, apart="frozen"),
        stay("A", "10:00", "11:00", unit=3, apart="parked"), stay("A", "14:00", "14:30", apart="masked"),
        stay("A", "14:00", "14:30", unit=2, apart="masked", reactive=True), stay("B", "14:00", "14:10"),
    ])  # fmt: skip
    found = minutes_apart(stays)
    assert found.to_dict("records") == [
        {"area": "A", "patrol_day": DAY, "masked_minutes": 30.0, "frozen_minutes": 180.0, "parked_minutes": 60.0}
    ]


def test_eight_hours_at_a_police_station_are_no_dose():
    stays = pd.DataFrame([
        stay("A", "08:00", "16:00", apart="parked"), stay("A", "09:00", "09:15", unit=2),
        stay("A", "10:00", "10:20", unit=3, site="yard", apart="masked", reactive=True),
    ])  # fmt: skip
    told = dose(grid(), stays, visits(stays, SETTINGS)).iloc[0]
    assert (told["patrol_minutes"], told["officer_minutes"], told["visits"]) == (15, 15, 1)
    assert told["reactive_minutes"] == 0


def test_stays_of_logs_alone_are_none_of_them():
    """With no position, no column of theirs has a type."""
    assert not len(minutes_apart(pd.DataFrame([stay("A", "10:00", "12:00", log=True)]).astype({"area": "str"})))


def test_what_is_counted_apart_is_said_by_bcu():
    table = pd.DataFrame({
        "area": ["W1", "W2", "E1"], "bcu": ["West", "West", "East"], "patrol_day": "2026-06-02",
        "patrol_minutes": [100.0, 60.0, 30.0], "frozen_minutes": [80.0, 0.0, np.nan],
        "parked_minutes": [0.0, 480.0, np.nan],
    })  # fmt: skip
    assert apart_warnings(table, SETTINGS) == [
        "West: 560 minutes are counted apart and are no dose, 80 with positions equal to the metre for 60 minutes or"
        " more and 480 in stays of more than 120 minutes: a parked car, a device on charge or a frozen fix. The 160"
        " patrol-minutes are without them. W2 on 2026-06-02, W1 on 2026-06-02."
    ]


# ---------------------------------------------------------------- targets


def test_the_newest_target_of_a_hot_spot_counts_then_that_of_its_register(tmp_path: Path):
    folder, name, area = make_frozen(tmp_path), "hot-spots", "South-01"
    set_target(folder, name, "", 45, "2026-06-01", "Ann", "summer")
    set_target(folder, name, area, 60, "2026-06-10", "Ann", "event")
    set_target(folder, name, area, None, "2026-06-20", "Ann", "over")
    told = targets(folder, name)
    on = {
        d: target_on(told, area, "treated", day_number(d), SETTINGS) for d in ("2026-05-31", "2026-06-01", "2026-06-10")
    }
    assert list(on.values()) == [30.0, 45.0, 60.0]
    assert np.isnan(target_on(told, area, "treated", day_number("2026-06-20"), SETTINGS))
    assert np.isnan(target_on(told, "West-99", "comparison", day_number("2026-06-10"), SETTINGS))
    assert target_on(told, "West-99", "treated", day_number("2026-06-10"), SETTINGS) == 45
    assert len(targets(folder)) == 3


def test_a_target_may_be_nothing_or_the_whole_day(tmp_path: Path):
    folder, name = make_frozen(tmp_path), "hot-spots"
    for minutes in (0, 0.5, 24 * 60):
        set_target(folder, name, "", minutes, "2026-06-01", "Ann", "why")
    assert targets(folder)["minutes"].tolist() == [0, 0.5, 1440]
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"area": "West-77"}, "has no hot spot 'West-77'"), ({"minutes": -1}, "fits no patrol day"),
        ({"minutes": 1441}, "give 0 to 1,440"),
        ({"register": "other"}, "no register 'other'"), ({"author": " "}, "needs an author"),
        ({"valid_from": "1 June"}, "write a date like"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_refused(tmp_path: Path, change: dict, said: str):
    folder, name, area = make_frozen(tmp_path), "hot-spots", "South-01"
    given = {
        "register": name,
        "area": area,
        "minutes": 30.0,
        "valid_from": "2026-06-01",
        "author": "Ann",
        "note": "why",
    }
    with pytest.raises(HotspotsError, match=said):
        set_target(folder, **{**given, **change})
    assert targets(folder).empty
