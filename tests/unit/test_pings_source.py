"""One file of positions read: times, units, places, speeds and status, as text and typed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.mapping import read_mapping
from hotspots.sources.pings import Parsed, read_pings
from hotspots.sources.raw import RawTable

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOON = 1_772_366_400  # 2026-03-01 12:00 UTC, by hand: 20,513 days of 86,400 s, and 43,200 s


def codes(names):
    """Stand-in for the keyed hash: the length of the name."""
    return np.array([len(n or "") for n in names], dtype=np.int64)


def read(columns: dict, mapping=None, timezone: str = "", settings: Settings | None = None, words=None) -> Parsed:
    given = read_mapping("pings", mapping, timezone)
    return read_pings(
        RawTable("a.csv", pa.table(columns)), given, settings or Settings(), codes, {} if words is None else words, NOW
    )


def one(time, **more) -> dict:
    """A file with one position for each time, in Preston."""
    times = time if isinstance(time, pa.Array) else pa.array(time)
    n = len(times)
    base = {"unit": ["PC1"] * n, "time": times, "longitude": ["-2.7"] * n, "latitude": ["53.76"] * n}
    return base | more


def seconds(parsed: Parsed) -> list[int]:
    return parsed.table["t"].to_pylist()


def reasons(parsed: Parsed) -> dict[int, str]:
    return dict(
        zip(parsed.quarantined["source_row"].to_pylist(), parsed.quarantined["reason"].to_pylist(), strict=True)
    )


@pytest.mark.parametrize(
    "printed",
    [
        "1772366400", "1772366400000", "1772366400.9", "2026-03-01T12:00:00Z", "2026-03-01 12:00:00.750Z",
        "2026-03-01T13:00:00+01:00", "2026-03-01 13:00:00+01", "20260301T120000Z", "2026-03-01T12:00Z",
    ],
)  # fmt: skip
def test_times_that_need_no_time_zone(printed):
    assert seconds(read(one([printed]))) == [NOON]


@pytest.mark.parametrize(
    "typed",
    [
        pa.array([NOON]), pa.array([NOON * 1000 + 999]), pa.array([NOON + 0.9]), pa.array([NOON], pa.int32()),
        pa.array([NOON * 1_000_000_000 + 999_999_999], pa.timestamp("ns", "UTC")),
        pa.array([NOON * 1000 + 1], pa.timestamp("ms", "Europe/London")),
    ],
)  # fmt: skip
def test_typed_times(typed):
    assert seconds(read(one(typed))) == [NOON]


def test_wall_clocks_need_a_time_zone_and_get_it():
    for times in (["2026-07-01 12:00:00"], pa.array([NOON], pa.timestamp("s"))):
        with pytest.raises(HotspotsError, match=r"a time zone is not given.*--timezone"):
            read(one(times), settings=Settings())
    assert seconds(read(one(["2026-05-01 13:00:00"]), timezone="Europe/London")) == [NOON + 61 * 86_400]
    typed = pa.array([(NOON + 61 * 86_400 + 3600) * 1_000_000], pa.timestamp("us"))
    assert seconds(read(one(typed), timezone="Europe/London")) == [NOON + 61 * 86_400]


def test_hours_that_come_twice_or_never_are_told():
    autumn = read(one(["2025-10-26 01:30:00"]), timezone="Europe/London")
    assert seconds(autumn) == [1_761_438_600]  # 00:30 UTC, the first of the two
    assert any("happens twice" in n for n in autumn.notes)
    spring = read(one(pa.array(["2026-03-29T01:30"])), timezone="Europe/London")
    assert seconds(spring) == [1_774_747_800]  # 01:30 UTC, on the clock before the change
    assert any("skipped" in n for n in spring.notes)
    typed = pa.array([1_761_438_600 + 3600], pa.timestamp("s"))
    assert any("happens twice" in n for n in read(one(typed), timezone="Europe/London").notes)


AUTUMN = 1_761_436_800  # 2025-10-26 00:00 UTC: 01:00 summer time, and 01:00 again an hour later


def night(minutes: list[int]) -> list[str]:
    """Minutes after 01:00 summer time as the wall clock prints them."""
    walls = [AUTUMN + 60 * m + (3600 if m < 60 else 0) for m in minutes]
    return [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in walls]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("minutes", [[-5, 5, 20, 50, 62, 80, 119, 125], [10, 30, 55, 60, 90], [5, 35, 55, 70]])
def test_rows_in_order_tell_the_two_autumn_hours_apart(minutes, newest_first):
    order = minutes[::-1] if newest_first else minutes
    found = read(one(night(order)), timezone="Europe/London")
    assert seconds(found) == [AUTUMN + 60 * m for m in order]
    within = sum(0 <= m < 120 for m in minutes)
    assert f"{within} times fall in the hour that happens twice, told apart by the order" in " ".join(found.notes)
    assert newest_first or not any("out of order" in n for n in found.notes)


def test_each_unit_has_an_order_of_its_own():
    times = night([10, 40, 70, 100])
    found = read(
        one([*times, *night([20, 30])], unit=["PC1", "PC1", "PC1", "PC1", "PC12", "PC12"]), timezone="Europe/London"
    )
    assert seconds(found) == [AUTUMN + 60 * m for m in (10, 40, 70, 100, 20, 30)]
    notes = " ".join(found.notes)
    assert "4 times fall in the hour that happens twice, told apart" in notes
    assert "2 times fall in the hour that happens twice when the clocks go back, read as the first" in notes


@pytest.mark.parametrize("newest_first", [False, True])
def test_twenty_minutes_in_each_of_the_two_autumn_hours_are_forty(newest_first):
    """In the second hour the unit begins ten minutes into what it sent in the first, a few seconds later or not."""
    for late in (0, 0.25):
        minutes = [*range(20, 41, 4), *(late + m for m in range(90, 111, 4))]
        order = minutes[::-1] if newest_first else minutes
        east = [f"-2.{m:.0f}" for m in order]
        found = read(one(night(order), longitude=east), timezone="Europe/London")
        assert seconds(found) == [AUTUMN + 60 * m for m in order]


def test_rows_that_come_late_and_rows_that_come_again_are_no_second_hour():
    late = [5, 6, 7, 25, 10, 12, 14, 16, 18, 26, 27]  # what was kept through a tunnel
    again = [10, 12, 14, 16, 18, 10, 12, 14, 16, 18]
    for minutes in (late, again):
        found = read(one(night(minutes), longitude=[f"-2.{m}" for m in minutes]), timezone="Europe/London")
        assert seconds(found) == [AUTUMN + 60 * m for m in minutes]
        assert any("read as the first" in n for n in found.notes)


def test_a_late_row_within_the_hour_is_no_second_hour():
    found = read(one(night([5, 15, 10, 20, 25])), timezone="Europe/London")
    assert seconds(found) == [AUTUMN + 60 * m for m in (5, 15, 10, 20, 25)]
    assert any("read as the first" in n for n in found.notes)


@pytest.mark.parametrize(
    ("minutes", "east"),
    [
        ([-5, 50, 5, 55, 10, 130], None),  # back twice
        ([-5, 50, 65, 70, 200, 190], None),  # back elsewhere too: no order to go by
        ([0, 60, 20, 80, 40, 100], ["-2.7", "-2.8"] * 3),  # sorted by what the clock shows
        ([0, 60, 20, 80, 40, 100], ["-2.7"] * 5 + ["-2.8"]),  # the same, at one place most of the time
    ],
)
def test_rows_of_both_hours_without_an_order_are_set_aside(minutes, east):
    found = read(one(night(minutes), **({"longitude": east} if east else {})), timezone="Europe/London")
    outside = [m for m in minutes if not 0 <= m < 120]
    assert seconds(found) == [AUTUMN + 60 * m for m in outside]
    assert set(reasons(found).values()) == {
        "in the hour that happens twice, and the order of the unit's rows does not tell the first from the second"
    }


TWO_COLUMNS = """
name = "avl"
timezone = "Europe/London"
datetime_formats = ["%d/%m/%Y %H:%M:%S"]
[columns]
unit = "u"
time = ["d", "c"]
longitude = "x"
latitude = "y"
"""


def test_a_date_and_a_time_column_in_the_mappings_own_form():
    found = read({"u": ["a"], "d": ["01/03/2026"], "c": ["12:00:00"], "x": ["-2.7"], "y": ["53.76"]}, TWO_COLUMNS)
    assert seconds(found) == [NOON]


DAY_FIRST = """
name = "avl"
timezone = "UTC"
datetime_formats = ["%d/%m/%Y %H:%M:%S"]
[columns]
unit = "unit"
time = "time"
longitude = "longitude"
latitude = "latitude"
"""


def test_day_and_month_that_cannot_be_told_apart_are_told_with_the_file():
    assert read(one(["13/05/2026 12:00:00", "01/03/2026 12:00:00"]), DAY_FIRST).doubt == ""
    found = read(one(["05/13/2026 12:00:00", "01/03/2026 12:00:00"]), DAY_FIRST)
    assert found.doubt.startswith("a.csv: time holds dates that can only be month first")
    assert (found.unread, found.timed) == (1, 2)


@pytest.mark.parametrize(
    "time", [pa.array(["46082.5", "46083.5"]), pa.array([46082.5, 46083.5]), pa.array([46082.5, None, 46083.5])]
)
def test_a_spreadsheets_days(time):
    """1 March 2026 is day 46,082 since 30 December 1899."""
    found = read(one(time), timezone="UTC")
    assert seconds(found) == [NOON, NOON + 86_400]
    assert any("spreadsheet's number of days" in n for n in found.notes)
    with pytest.raises(HotspotsError, match="a time zone is not given"):
        read(one(time))


def test_dates_alone_give_no_time_of_day():
    found = read(one(["2026-03-01 00:00:00", "2026-03-02 00:00:00"]), timezone="UTC")
    assert any(n.startswith("All 2 positions are at 00:00") for n in found.notes)


def test_the_format_that_would_read_the_times_is_handed_back():
    assert read(one(["1 Mar 26 12:00", "13 Mar 26 12:00"])).fits == "datetime_formats = ['%d %b %y %H:%M']"
    assert read(one(["noon"])).fits == ""


def test_a_row_without_date_and_time_of_day_moves_no_other():
    given = {"u": ["a"] * 4, "d": ["01/03/2026", None, "02/03/2026", None], "c": ["12:00:00", None, "12:00:00", None]}
    given |= {"x": ["-2.7"] * 4, "y": ["53.76"] * 4}
    found = read(given, TWO_COLUMNS)
    assert seconds(found) == [NOON, NOON + 86_400]
    assert reasons(found) == {3: "no time", 5: "no time"}


def test_rows_that_cannot_be_used_are_set_aside_with_the_reason():
    good = {"unit": "PC1", "time": str(NOON), "longitude": "-2.7", "latitude": "53.76"}
    wrong = [
        {"unit": " "}, {"unit": None}, {"unit": "NULL"}, {"time": None}, {"time": "noon"}, {"time": "1780444801"},
        {"time": "600000000"}, {"longitude": "0", "latitude": "0.0"}, {"longitude": "west"}, {"latitude": None},
        {"longitude": None, "latitude": None}, {"longitude": "53.76", "latitude": "-2.7"}, {"longitude": "2.7"},
        {"latitude": "12.5"}, {"unit": None, "time": None},
    ]  # fmt: skip
    rows = [good] * 30 + [good | w for w in wrong]
    found = read({k: pa.array([r[k] for r in rows], pa.string()) for k in good})
    assert found.n_read == 45
    assert len(found.table) == 30
    told = reasons(found)
    assert list(told) == list(range(32, 47))
    expected = [
        "no unit", "no unit", "no unit", "no time", "a time that cannot be read", "a time in the future",
        "a time before 1990", "0 and 0 as the position", "not both numbers", "only one of", "no position",
        "look swapped", "lost its minus sign", "outside Great Britain", "no unit; no time",
    ]  # fmt: skip
    for row, reason in zip(told, expected, strict=True):
        assert reason in told[row], row
    assert found.refusal == ()


@pytest.mark.parametrize("day", ["1999-12-31", "2000-01-01", "2006-10-01", "2001-09-09"])
def test_a_clock_that_was_never_set_or_began_anew_is_set_aside(day):
    found = read(one([f"{day}T12:00:00Z", str(NOON)]))
    assert seconds(found) == [NOON]
    assert reasons(found)[2].startswith("a time more than 1,024 weeks ago")


def test_1024_weeks_ago_is_where_it_begins():
    behind = int(NOW.timestamp()) + 86_400 - 1024 * 7 * 86_400
    assert seconds(read(one([str(behind), str(behind - 1)]))) == [behind]


def test_a_day_ahead_is_no_future_yet():
    day = int(NOW.timestamp()) + 86_400
    assert seconds(read(one([str(day), str(day + 1)]))) == [day]


def test_wrong_coordinates_as_a_whole_are_told_and_not_raised():
    found = read({"unit": ["a"] * 3, "time": [NOON] * 3, "longitude": [53.7] * 3, "latitude": [-2.7] * 3})
    assert len(found.table) == 0
    assert (found.located, found.misplaced) == (3, 3)
    assert "look swapped" in found.refusal[0]


def test_grid_references_become_degrees():
    found = read(
        {"unit": ["a"] * 3, "time": [NOON] * 3, "easting": [354_000, 354_000, 53], "northing": [429_000, 0, -2]}
    )
    lon, lat = found.table["lon"].to_pylist(), found.table["lat"].to_pylist()
    # SD 540 290 is the centre of Preston, which lies near 53.76 N, 2.70 W
    assert abs(lon[0] + 2.70) < 0.01
    assert abs(lat[0] - 53.76) < 0.01
    assert len(found.table) == 1
    assert len(reasons(found)) == 2


def test_coordinates_have_six_decimals():
    found = read(one(["1772366400"], longitude=["-2.70000049"], latitude=["53.7600006"]))
    assert (found.table["lon"][0].as_py(), found.table["lat"][0].as_py()) == (-2.7, 53.760001)


def test_speeds_become_kmh_and_wild_ones_are_left_to_the_positions():
    columns = one([NOON] * 5, speed=["10", "-1", "655.35", "fast", None])
    found = read(columns)
    assert found.table["speed_kmh"].to_pylist()[0] == 10.0
    assert np.isnan(found.table["speed_kmh"].to_numpy()[1:]).all()
    assert any("3 speeds" in n for n in found.notes)
    mph = """
name = "avl"
speed_unit = "mph"
[columns]
unit = "unit"
time = "time"
longitude = "longitude"
latitude = "latitude"
speed = "speed"
"""
    assert read(columns, mph).table["speed_kmh"].to_pylist()[0] == pytest.approx(16.1)


def test_status_by_words_and_what_was_read_as_what_is_told():
    words: dict[str, int] = {}
    found = read(one([NOON] * 4, status=["at SCENE ", "patrol", None, "On Call"]), words=words)
    assert found.table["on_call"].to_pylist() == [True, False, False, True]
    assert [list(words)[i] if i >= 0 else None for i in found.table["status"].to_pylist()] == [
        "at SCENE", "patrol", None, "On Call",
    ]  # fmt: skip
    notes = " ".join(found.notes)
    assert "on a call: 'On Call', 'at SCENE'" in notes
    assert "proactive: 'patrol'" in notes
    assert "1 row has no status" in notes
    assert read(one([NOON] * 2, status=[True, False])).table["on_call"].to_pylist() == [True, False]
    assert "No status column: proactive and reactive time cannot be told apart" in read(one([NOON])).notes


def test_officers_are_one_where_the_feed_does_not_say():
    found = read(one([NOON] * 5, officers=["2", None, "0", "many", "1.5"]))
    assert found.table["officers"].to_pylist() == [2, 1, 1, 1, 1]
    assert any("in 3 rows" in n for n in found.notes)
    assert read(one([NOON])).table["officers"].to_pylist() == [1]
    in_words = read(one([NOON] * 4, officers=["2 PC", "Two", "A & B", "several"]))
    assert in_words.table["officers"].to_pylist() == [2, 2, 2, 1]
    assert any("in 1 row, read as one officer" in n for n in in_words.notes)


def test_out_of_order_rows_are_told_and_kept():
    found = read(one([NOON + 60, NOON, NOON + 120]))
    assert seconds(found) == [NOON + 60, NOON, NOON + 120]
    assert any("1 position is out of order" in n for n in found.notes)


def test_typed_and_printed_files_give_the_same():
    columns = {
        "unit": pa.array([7, 7, 1234]), "time": pa.array([NOON, None, NOON + 30], pa.timestamp("s", "UTC")),
        "longitude": pa.array([-2.7, -2.71, 0.0]), "latitude": pa.array([53.76, 53.77, 0.0]),
        "speed": pa.array([3, 4, 5], pa.int16()), "status": pa.array(["call", "x", "x"]).dictionary_encode(),
    }  # fmt: skip
    printed = {
        "unit": ["7", "7", "1234"], "time": ["2026-03-01 12:00:00Z", None, "2026-03-01 12:00:30Z"],
        "longitude": ["-2.7", "-2.71", "0"], "latitude": ["53.76", "53.77", "0"], "speed": ["3", "4", "5"],
        "status": ["call", "x", "x"],
    }  # fmt: skip
    typed, text = read(columns), read(printed)
    assert typed.table.equals(text.table)
    assert typed.quarantined.equals(text.quarantined)
    assert typed.notes == text.notes


def test_names_of_units_stay_out_of_the_rows_set_aside():
    found = read(
        {
            "unit": ["PC Smith", "PC Smith", "PC Smith"], "time": [str(NOON), "x", str(NOON)],
            "longitude": ["-2.7", "-2.7", "pc smith"], "latitude": ["53.76"] * 3, "driver": ["Smith"] * 3,
        }
    )  # fmt: skip
    assert "smith" not in str(found.quarantined.to_pydict()).lower()
    assert found.quarantined["unit"].to_pylist() == ["unit-0000000000000008"] * 2
    assert found.quarantined["longitude"].to_pylist() == ["-2.7", "unit-0000000000000008"]
