"""A force's own export through a mapping: every rule on a table a sergeant could check by hand."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.shipped import MAPPINGS
from hotspots.sources.checks import Judged, judge, numbers, record_numbers
from hotspots.sources.incidents import SCHEMA, Parsed, read_incidents
from hotspots.sources.mapping import read_mapping
from hotspots.sources.reading import read_table

SETTINGS = Settings()
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

SIMPLE = """
name = "test"
datetime_formats = ["%d/%m/%Y %H:%M"]
offences = "{offences}"
[columns]
id = "ID"
title = "TITLE"
committed_from = "FROM"
committed_to = "TO"
longitude = "LON"
latitude = "LAT"
knife = "KNIFE"
victim_age = "AGE"
"""
HEADER = "ID,TITLE,FROM,TO,LON,LAT,KNIFE,AGE"
GOOD = "A1,ABH,24/05/2025 21:40,,-2.7034,53.7591,Y,30"


def parse(
    *rows: str, offences: str = "one", header: str = HEADER, mapping: str = "", settings: Settings = SETTINGS
) -> Parsed:
    raw = read_table("export.csv", "\n".join([header, *rows, ""]).encode(), settings)
    return read_incidents(raw, read_mapping("incidents", mapping or SIMPLE.format(offences=offences)), settings, NOW)


def parse_one(**changes: str) -> Parsed:
    """The good row with some fields changed, and enough good rows for coordinates not to refuse the file."""
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | changes
    others = [GOOD.replace("A1", f"Z{i}") for i in range(3)]
    return parse(",".join(f'"{v}"' for v in values.values()), *others)


def reasons(parsed: Parsed) -> dict[int, str]:
    return dict(zip(*(parsed.quarantined[c].to_pylist() for c in ("source_row", "reason")), strict=True))


def refusal(*rows: str, **options: str) -> str:
    with pytest.raises(HotspotsError) as caught:
        parse(*rows, **options)
    return str(caught.value)


def stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- a good row


def test_a_good_row_in_every_column():
    parsed = parse(GOOD)
    assert parsed.table.schema.equals(SCHEMA)
    digest = hashlib.blake2b(b"test\x1fA1", digest_size=8).digest()
    expected = dict.fromkeys(SCHEMA.names) | {
        "record": int.from_bytes(digest, "little", signed=True),
        "record_id": "A1",
        "offence_no": 1,
        "month": 202505,
        "title": "ABH",
        "local_from": datetime(2025, 5, 24, 21, 40),
        "local_to": datetime(2025, 5, 24, 21, 40),
        "instant_from": datetime(2025, 5, 24, 20, 40, tzinfo=UTC),
        "instant_to": datetime(2025, 5, 24, 20, 40, tzinfo=UTC),
        "lon": -2.7034,
        "lat": 53.7591,
        "knife": True,
        "victim_age": 30,
        "source_row": 2,
    }
    assert parsed.table.to_pylist() == [expected]
    assert (parsed.n_read, len(parsed.quarantined), parsed.repeated_rows.tolist(), parsed.notes) == (1, 0, [], [])


def test_blanks_around_values_and_null_words_mean_nothing():
    row = parse_one(ID=" A1 ", TO="null", KNIFE="", AGE="NULL").table.to_pylist()[0]
    assert (row["record_id"], row["knife"], row["victim_age"]) == ("A1", None, None)
    assert row["instant_to"] == row["instant_from"]


def test_the_same_id_in_another_feed_is_another_record():
    one, other = record_numbers("a", ["x"])[0], record_numbers("b", ["x"])[0]
    assert one != other
    assert record_numbers("a", ["y", "x"])[1] == one


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "instant", "local"),
    [
        ("24/05/2025 21:40", "2025-05-24T20:40", "2025-05-24T21:40"),
        ("5/1/2025 9:05", "2025-01-05T09:05", "2025-01-05T09:05"),  # single digits, day first
        ("2025-05-24 21:40:30", "2025-05-24T20:40:30", "2025-05-24T21:40:30"),
        ("2025-05-24T21:40:30Z", "2025-05-24T21:40:30", "2025-05-24T22:40:30"),
        ("2025-05-24T21:40:30.999+02:00", "2025-05-24T19:40:30", "2025-05-24T20:40:30"),
        ("26/10/2025 01:30", "2025-10-26T00:30", "2025-10-26T01:30"),  # twice: the first
        ("2025-10-26T01:30:00Z", "2025-10-26T01:30", "2025-10-26T01:30"),  # the second, said by the Z
        ("30/03/2025 01:30", "2025-03-30T01:30", "2025-03-30T02:30"),  # skipped: read as GMT
        ("30/03/2025 00:59", "2025-03-30T00:59", "2025-03-30T00:59"),
        ("30/03/2025 02:00", "2025-03-30T01:00", "2025-03-30T02:00"),
        ("29/02/2024 23:59", "2024-02-29T23:59", "2024-02-29T23:59"),
    ],
)
def test_times_become_instants(text: str, instant: str, local: str):
    row = parse_one(FROM=text).table.to_pylist()[0]
    assert row["instant_from"] == stamp(instant).replace(tzinfo=UTC)
    assert row["local_from"] == stamp(local)
    assert row["month"] == int(local[:4] + local[5:7])


def test_the_month_is_the_local_one():
    assert parse_one(FROM="2025-06-30T23:30:00Z").table["month"][0].as_py() == 202507


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("FROM", "", "FROM is empty"),
        ("FROM", "31/06/2025 10:00", "FROM cannot be read as a time: '31/06/2025 10:00'"),
        ("FROM", "24/05/2025", "FROM cannot be read as a time: '24/05/2025'"),
        ("FROM", "29/02/2025 10:00", "FROM cannot be read as a time: '29/02/2025 10:00'"),
        ("FROM", "2025-05-24T10:00+99:00", "FROM cannot be read as a time: '2025-05-24T10:00+99:00'"),
        ("FROM", "03/11/2026 10:00", "FROM is in the future: '03/11/2026 10:00'"),
        ("FROM", "31/12/1989 23:59", "FROM is before 1990: '31/12/1989 23:59'"),
        ("TO", "24/05/2025 21:39", "TO is before the start of the offence: '24/05/2025 21:39'"),
        ("ID", "", "ID is empty"),
        ("ID", "null", "ID is empty"),
        ("LAT", "", "only one of LON and LAT is given"),
    ],
)
def test_rows_that_cannot_be_used_are_set_aside_with_the_reason(field: str, text: str, reason: str):
    parsed = parse_one(**{field: text})
    assert reasons(parsed) == {2: reason}
    assert parsed.quarantined[field].to_pylist() == [text or None]
    assert parsed.table["source_row"].to_pylist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("01/01/1900 00:00", "lies before 1990 or in the future"),
        ("31/12/9999 00:00", "lies before 1990 or in the future"),
        ("0001-01-01 00:00:00", "lies before 1990 or in the future"),
        ("soon", "cannot be read as a time"),
    ],
)
def test_an_end_that_cannot_be_costs_the_end_and_not_the_offence(text: str, why: str):
    parsed = parse_one(TO=text)
    row = parsed.table.to_pylist()[0]
    assert (row["local_to"], row["instant_to"]) == (row["local_from"], row["instant_from"])
    assert parsed.notes == [f"TO {why} in 1 row, left empty there: '{text}'"]
    assert len(parsed.quarantined) == 0


def dated(*texts: str) -> list[str]:
    """A good row for each of these times."""
    return [GOOD.replace("A1", f"D{i}").replace("24/05/2025 21:40", text) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ["04/05/2026 21:30", "05/13/2026 21:30"],
            "can only be month first (1 row, such as '05/13/2026 21:30': row 3)",
        ),
        (["13/05/2026 21:30", "05/13/2026 21:30"], "so what 05/04 means is not known"),
        (
            ["13/05/2026 21:30"] * 19 + ["05/13/2026 21:30"],
            "so what 05/04 means is not known",
        ),  # one in 20: the limit
        ([f"{m:02}/{d:02}/2026 21:30" for m in (3, 4) for d in range(1, 7)], "they lie in 2 months"),
        (
            ["13/05/2026 21:30", "25/05/2026 21:30", *(f"2026-{d:02}-06 21:30" for d in range(1, 6))],
            "the spreadsheet read the month first",
        ),
    ],
)
def test_a_file_whose_days_and_months_are_in_doubt_is_refused(texts: list[str], said: str):
    sentence = refusal(*dated(*texts))
    assert sentence.startswith("export.csv: FROM ")
    assert said in sentence
    assert "datetime_formats = ['%m/%d/%Y %H:%M']" in sentence or "spreadsheet" in sentence


@pytest.mark.parametrize(
    ("texts", "notes"),
    [
        (["04/05/2026 21:30", "03/02/2026 21:30"], 0),  # nothing tells
        (["13/05/2026 21:30", "03/02/2026 21:30"], 0),
        ([f"{d:02}/05/2026 21:30" for d in range(1, 13)], 0),  # one month
        ([f"{d:02}/{m:02}/2026 21:30" for m in (3, 4) for d in range(1, 7)], 0),  # two months
        ([f"{m:02}/{d:02}/2026 21:30" for m in (3, 4) for d in range(1, 6)], 0),  # ten dates
        (["13/05/2026 21:30", "2026-05-13 21:30"], 1),  # of both kinds, and nothing speaks for an exchange
    ],
)
def test_a_file_whose_days_and_months_may_be_right_is_read(texts: list[str], notes: int):
    parsed = parse(*dated(*texts))
    assert len(parsed.notes) == notes, parsed.notes
    assert len(parsed.quarantined) == 0


def test_a_slip_in_a_single_row_is_set_aside():
    parsed = parse(*dated(*["13/05/2026 21:30"] * 20, "05/13/2026 21:30"))
    assert "FROM can only be month first in 1 row, unlike the others: set aside" in parsed.notes
    assert reasons(parsed) == {22: "FROM cannot be read as a time: '05/13/2026 21:30'"}


def test_a_file_of_corrections_is_not_refused_for_its_times():
    raw = read_table("e.csv", "\n".join([HEADER, *dated("05/13/2026 21:30", "soon"), ""]).encode(), SETTINGS)
    parsed = read_incidents(raw, read_mapping("incidents", SIMPLE.format(offences="one")), SETTINGS, NOW, lenient=True)
    assert len(parsed.quarantined) == 2


def test_a_file_without_one_readable_time_is_refused_with_the_format_that_fits():
    said = refusal(*dated("12 May 26 21:30", "1 Jun 26 09:05"))
    assert said.startswith("export.csv: 2 of 2 times cannot be read; one has the shape '99 aaa 99 99:99'")
    assert "fit datetime_formats = ['%d %b %y %H:%M']" in said
    assert "fit datetime_formats = ['%d-%b-%y %H.%M.%S']" in refusal(*dated("12-MAY-26 21.30.00"))
    short = refusal(*dated("12/05/2026 21", "13/05/2026 9"))
    assert "%H" not in short.replace("such as datetime_formats = ['%d/%m/%Y %H:%M:%S']", "")
    assert "a length of time '15 min'" in short
    both = refusal(*dated("04-05-2026 2130 x", "04-05-2026 2130 x"))
    assert "such as datetime_formats" in both
    assert "no row with a time in FROM" in refusal(*dated("", ""))


def test_classes_that_a_spreadsheet_took_for_dates_are_told():
    mapping = SIMPLE.format(offences="one").replace("title", "ho_class")
    rows = dated("13/05/2026 21:30", "14/05/2026 21:30")
    dates = [row.replace("ABH", text) for row, text in zip(rows, ("Feb-34", "2026-06-08 00:00:00"), strict=True)]
    told = "2 rows have a date in TITLE, made by a spreadsheet from a class such as 008/06: of no offence known"
    assert parse(*dates, mapping=mapping).notes == [told]
    assert parse(*[row.replace("ABH", "008/06") for row in rows], mapping=mapping).notes == []


def test_a_spreadsheet_s_marks_are_no_part_of_a_time_or_an_id():
    parsed = parse(*dated("'13/05/2026 21:30", "14/05/2026 24:00"))
    assert [t.isoformat() for t in parsed.table["local_from"].to_pylist()] == [
        "2026-05-13T21:30:00", "2026-05-15T00:00:00"]  # fmt: skip
    assert parsed.notes == ["1 time at 24:00 in FROM read as the midnight that ends the day"]


def test_months_in_words_are_no_dates_of_a_spreadsheet():
    texts = [*(f"{day}/05/2026 21:30" for day in range(13, 25)), *(f"{day} May 2026 21:30" for day in range(1, 8))]
    parsed = parse(*dated(*texts))
    assert (len(parsed.table), parsed.notes) == (19, [])


def test_times_that_another_format_would_read_are_told():
    beside = parse(*dated("13/05/2026 213000", "14/05/2026 500")).notes
    assert beside == ["1 time of FROM that cannot be read would be by datetime_formats = ['%d/%m/%Y %H%M%S']"]
    parsed = parse(*dated("13/05/2026 21:30", "14/05/2026", "15/05/2026"))
    assert parsed.notes == ["2 times of FROM that cannot be read would be by datetime_formats = ['%d/%m/%Y']"]


@pytest.mark.parametrize(
    ("clocks", "share"), [(["00:00"] * 3, "All 3"), (["00:00", "00:00", "21:30", "9:30"], "2 of 4"), (["00:00"], "")]
)
def test_dates_that_became_midnight_are_told(clocks: list[str], share: str):
    parsed = parse(*dated(*(f"13/05/2026 {clock}" for clock in clocks)))
    expected = "offences start at 00:00, as dates without a time of day do: read as midnight, so hours of the day are"
    expected += " not known"
    assert parsed.notes == ([f"{share} {expected}"] if share else [])


@pytest.mark.parametrize("hour", ["00:00:00+00", "23:00:00+00"])
def test_midnights_by_either_clock_are_told(hour: str):
    """A system that exports in UTC prints a local midnight of summer as 23:00."""
    parsed = parse(*dated(f"2026/05/12 {hour}", f"2026/05/13 {hour}"))
    assert parsed.notes[0].startswith("All 2 offences start at 00:00")


def test_a_spreadsheets_days_are_told():
    parsed = parse(*dated("46154.895833", "46155.5"))
    assert parsed.table["local_from"].to_pylist() == [datetime(2026, 5, 12, 21, 30), datetime(2026, 5, 13, 12)]
    assert parsed.notes == ["2 times in FROM read from a spreadsheet's number of days since 1900"]


def test_when_it_was_recorded_is_left_empty_where_its_order_is_in_doubt():
    mapping = SIMPLE.format(offences="one").replace("[columns]", '[columns]\nrecorded = "REC"')
    parsed = parse(f"{GOOD},05/25/2025 08:00", header=f"{HEADER},REC", mapping=mapping)
    assert parsed.table["recorded"].to_pylist() == [None]
    assert parsed.notes[0].startswith("REC is left empty. export.csv: REC holds dates that can only be month first")


def test_the_limits_of_time_are_inside():
    assert len(parse_one(FROM="02/11/2026 11:59").quarantined) == 0  # a day after NOW, less a minute
    assert len(parse_one(FROM="01/01/1990 00:00").quarantined) == 0


def test_several_reasons_are_told_together():
    assert reasons(parse_one(ID="", FROM="x", LAT="")) == {
        2: "ID is empty; FROM cannot be read as a time: 'x'; only one of LON and LAT is given"
    }


def test_an_end_in_the_second_of_the_two_hours():
    row = parse_one(FROM="26/10/2025 01:50", TO="26/10/2025 01:10").table.to_pylist()[0]
    assert (row["instant_to"] - row["instant_from"]).total_seconds() == 20 * 60
    assert row["local_to"] == datetime(2025, 10, 26, 1, 10)


def test_an_end_with_the_date_of_its_start_may_be_on_the_next_day():
    mapping = SIMPLE.format(offences="one").replace('"FROM"', '["DATE", "FROM"]').replace('"TO"', '["DATE", "TO"]')
    spans = (("22:00", "01:30"), ("21:40", ""), ("21:40", "21:39"), ("09:00", "8 hours"))
    rows = [f"A{i},ABH,24/05/2025,{a},{b},-2.7034,53.7591,Y,30" for i, (a, b) in enumerate(spans)]
    parsed = parse(*rows, header="ID,TITLE,DATE,FROM,TO,LON,LAT,KNIFE,AGE", mapping=mapping)
    day, next_day = datetime(2025, 5, 24), datetime(2025, 5, 25)
    assert parsed.table["local_to"].to_pylist() == [
        next_day.replace(hour=1, minute=30), day.replace(hour=21, minute=40), next_day.replace(hour=21, minute=39),
        day.replace(hour=17),
    ]  # fmt: skip
    assert parsed.notes == [
        "2 ends lie before the start on the same date in DATE and TO, read as on the next day",
        "1 end is a length of time in DATE and TO",
    ]


def test_clock_changes_are_noted():
    rows = [GOOD.replace("A1", f"B{i}").replace("24/05/2025 21:40", "30/03/2025 01:15") for i in range(3)]
    rows += [GOOD.replace("24/05/2025 21:40", "26/10/2025 01:15")]
    assert parse(*rows).notes == [
        "3 times fall in the hour that the clocks skipped, read as GMT",
        "1 time falls in the hour that happens twice when the clocks go back, read as the first (summer time)",
    ]


def test_a_date_and_a_time_column_and_an_export_in_another_time_zone():
    mapping = SIMPLE.format(offences="one").replace('"FROM"', '["DATE", "TIME"]').replace('committed_to = "TO"', "")
    mapping = 'timezone = "UTC"\n' + mapping
    rows = [
        "A1,ABH,24/05/2025,21:40,-2.7034,53.7591,Y,30",
        "A2,ABH,2025-05-24 00:00:00,21:40:00,-2.7034,53.7591,Y,30",  # as an Excel file gives it
        "A3,ABH,24/05/2025,,-2.7034,53.7591,Y,30",
    ]
    parsed = parse(*rows, header="ID,TITLE,DATE,TIME,LON,LAT,KNIFE,AGE", mapping=mapping)
    assert parsed.table["instant_from"].to_pylist() == [datetime(2025, 5, 24, 21, 40, tzinfo=UTC)] * 2
    assert parsed.table["local_from"].to_pylist() == [datetime(2025, 5, 24, 22, 40)] * 2  # London's clock
    assert reasons(parsed) == {4: "DATE and TIME cannot be read as a time: '24/05/2025'"}


def test_dates_without_a_time_are_midnight_and_noted():
    mapping = SIMPLE.format(offences="one").replace('["%d/%m/%Y %H:%M"]', '["%d/%m/%Y %H:%M", "%d/%m/%Y"]')
    parsed = parse("A1,ABH,24/05/2025,,-2.7034,53.7591,Y,30", mapping=mapping)
    assert parsed.table["local_from"].to_pylist() == [datetime(2025, 5, 24)]
    assert parsed.notes[0].startswith("1 offence starts at 00:00")


def test_an_unreadable_recorded_time_is_left_empty_and_noted():
    mapping = SIMPLE.format(offences="one").replace("[columns]", '[columns]\nrecorded = "REC"')
    parsed = parse(f"{GOOD},25/05/2025 08:00", f"{GOOD},x".replace("A1", "A2"), header=f"{HEADER},REC", mapping=mapping)
    assert parsed.table["recorded"].to_pylist() == [datetime(2025, 5, 25, 8, 0), None]
    assert parsed.notes == ["REC cannot be read as a time in 1 row, left empty there: 'x'"]


def test_an_unknown_time_zone_is_refused():
    assert "'Europe/Lancaster' is not a known time zone" in refusal(
        GOOD, mapping='timezone = "Europe/Lancaster"\n' + SIMPLE.format(offences="one")
    )


# ---------------------------------------------------------------- places

BAD_DEGREES = [
    ("53.76", "-2.7", "LON and LAT look swapped: 53.76, -2.7"),
    ("354000", "429000", "LON and LAT look like grid references, not degrees: 354000, 429000"),
    ("2.7", "53.76", "LON looks as if it lost its minus sign: 2.7, 53.76"),
    ("-87.6", "41.9", "LON and LAT lie outside Great Britain: -87.6, 41.9"),
    (
        "SD 540 290",
        "53.76",
        "LON and LAT look like a grid reference with letters that is not whole: 'SD 540 290', 53.76",
    ),
    ("-2.704.400", "53.76", "LON and LAT are not both numbers: '-2.704.400', 53.76"),
    (
        "2 42 13",
        "53 45 33",
        "LON and LAT look like degrees, minutes and seconds without their hemisphere: '2 42 13', '53 45 33'",
    ),
    ("", "'52.7031 53.7631'", "LON or LAT holds two numbers: (empty), ''52.7031 53.7631''"),
    ("John Smith", "inf", "LON and LAT are not both numbers: text like 'aaaa aaaaa', text like 'aaa'"),
]


@pytest.mark.parametrize(("lon", "lat", "reason"), BAD_DEGREES)
def test_a_few_bad_coordinates_set_rows_aside_and_many_refuse_the_file(lon: str, lat: str, reason: str):
    bad = GOOD.replace("-2.7034,53.7591", f"{lon},{lat}")
    good = [GOOD.replace("A1", f"B{i}") for i in range(2)]
    assert reasons(parse(bad, *good)) == {2: reason}
    said = refusal(bad, good[0], bad.replace("A1", "A2"), good[1])  # half of the located rows: the limit
    assert said.startswith("export.csv was not imported: LON")
    assert "Of 4 rows with coordinates 2 are no place in Great Britain" in said
    assert "(rows 2, 4)" in said


def test_rows_without_a_place_are_kept_and_do_not_count_as_located():
    empty = [GOOD.replace("A1", f"E{i}").replace("-2.7034,53.7591", ",") for i in range(5)]
    zero = GOOD.replace("A1", "Z").replace("-2.7034,53.7591", "0,0.0")
    parsed = parse(*empty, zero)
    assert parsed.table["lon"].null_count == parsed.table["lat"].null_count == 6
    assert parsed.notes == ["1 row has 0 and 0 as LON and LAT, read as no place"]
    assert "Of 1 rows with coordinates 1 are no place" in refusal(
        *empty, zero, GOOD.replace("-2.7034,53.7591", "53.76,-2.7")
    )


def grid(*pairs: str) -> Parsed:
    mapping = SIMPLE.format(offences="one").replace("longitude", "easting").replace("latitude", "northing")
    rows = [GOOD.replace("A1", f"G{i}").replace("-2.7034,53.7591", pair) for i, pair in enumerate(pairs)]
    return parse(*rows, mapping=mapping)


def test_grid_references_become_degrees():
    # Ordnance Survey's worked example of OSTN15, Caister water tower (Transformations and OSGM15 user guide):
    # E 651409.804, N 313177.450 is 52°39'28.8282"N, 1°42'57.8663"E.
    table = grid("651409.804,313177.450", "354000,429000").table
    assert table["lat"][0].as_py() == pytest.approx(52 + 39 / 60 + 28.8282 / 3600, abs=2e-6)
    assert table["lon"][0].as_py() == pytest.approx(1 + 42 / 60 + 57.8663 / 3600, abs=3e-6)
    assert table["lat"][1].as_py() == pytest.approx(53.755, abs=0.01)  # Preston
    assert table["lon"][1].as_py() == pytest.approx(-2.70, abs=0.01)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("-2.7034,53.7591", "LON and LAT look like degrees, not grid references: -2.7034, 53.7591"),
        ("1.5,53.76", "LON and LAT look like degrees, not grid references: 1.5, 53.76"),
        ("1000000,350000", "LON and LAT look swapped: 1000000, 350000"),
        ("354000,0", "LON and LAT lie outside Great Britain: 354000, 0"),
        ("-300000,7100000", "LON and LAT lie outside Great Britain: -300000, 7100000"),  # web Mercator
        ("SD54295,", "LON and LAT look like a grid reference with letters that is not whole: 'SD54295', (empty)"),
        ("3540,4295", "LON and LAT look like shortened grid references: 3540, 4295"),  # hundreds of metres
        ("354,429", "LON and LAT look like shortened grid references: 354, 429"),  # kilometres
        ("54000,29500", "LON and LAT look like shortened grid references: 54000, 29500"),  # SD 54000 29500
        ("85000,22500", "LON and LAT look like shortened grid references: 85000, 22500"),  # SD 85000 22500
    ],
)
def test_bad_grid_references(pair: str, reason: str):
    good = ["354000,429000"] * 2
    assert reasons(grid(pair, *good)) == {2: reason}
    with pytest.raises(HotspotsError, match=r"export\.csv was not imported"):
        grid(pair, pair, *good)


def judged(x: list[float], y: list[float], names: tuple[str, str], grid: bool = False) -> Judged:
    no_text = np.zeros(len(x), dtype=bool)
    return judge(np.array(x), np.array(y), names, np.arange(2, 2 + len(x)), "x.csv", no_text, grid)


def test_the_share_of_bad_coordinates_that_refuses_is_a_setting():
    found = judged([53.76, -2.7, -2.7, np.nan], [-2.7, 53.76, 53.76, np.nan], ("Longitude", "Latitude"))
    assert found.bad.tolist() == [True, False, False, False]
    assert found.why == ["Longitude and Latitude look swapped: 53.76, -2.7"]
    found.refuse(0.34)
    with pytest.raises(HotspotsError, match="Longitude and Latitude look swapped: exchange them"):
        found.refuse(1 / 3)
    found.refuse(1 / 3, spare=1)  # a row that has its place otherwise
    assert not judged([], [], ("a", "b")).too_many(0.01)


def test_a_grid_reference_that_the_transformation_cannot_place_is_bad():
    found = judged([10_200.0, 354e3, 354e3], [1_270_000.0, 429e3, 429e3], ("E", "N"), grid=True)
    assert (found.bad.tolist(), found.why) == ([True, False, False], ["E and N lie at sea or abroad: 10200, 1270000"])


def test_numbers_are_not_guessed_at():
    values, unread = numbers(pa.array(["1.5", " 2", "1,5", "x", "inf", None, "-0"]))
    assert np.array_equal(values, [1.5, 2, np.nan, np.nan, np.nan, np.nan, 0], equal_nan=True)
    assert unread.tolist() == [False, False, True, True, True, False, False]


BLANKS = ["NA", "n/a", "#N/A", "nan", "NaN", "None", "-", "--", ".", "Unknown", " <NA> ", "\\N"]


@pytest.mark.parametrize("word", BLANKS)
def test_the_blank_words_of_other_tools_are_empty_cells_but_in_columns_of_words(word: str):
    mapping = SIMPLE.format(offences="one").replace("[columns]", '[columns]\nlocation = "PLACE"')
    rows = [f"A1,ABH,24/05/2025 21:40,{word},{word},{word},{word},{word},{word}"]
    rows += [f"{word},ABH,24/05/2025 21:40,,-2.7031,53.7631,,,"] * 2
    parsed = parse(*rows, header=f"{HEADER},PLACE", mapping=mapping)
    assert reasons(parsed) == {3: "ID is empty", 4: "ID is empty"}
    (row,) = parsed.table.to_pylist()
    assert (row["lon"], row["lat"], row["knife"], row["victim_age"]) == (None, None, None, None)
    assert row["instant_to"] == row["instant_from"]
    assert row["location"] == word.strip()
    assert parsed.notes == []


def test_a_blank_word_that_the_mapping_gives_a_meaning_keeps_it():
    mapping = SIMPLE.format(offences="one") + '[values]\nfalse = ["-"]\n'
    parsed = parse(GOOD.replace(",Y,", ",-,"), mapping=mapping)
    assert parsed.table["knife"].to_pylist() == [False]


def test_a_further_offence_that_is_a_blank_word_is_none():
    mapping = SIMPLE.format(offences="columns") + '[[offence]]\ntitle = "TITLE2"\n'
    parsed = parse(f"{GOOD},N/A", f"{GOOD},Affray".replace("A1", "A2"), header=f"{HEADER},TITLE2", mapping=mapping)
    assert parsed.table["title"].to_pylist() == ["ABH", "ABH", "Affray"]


def test_texts_with_one_reading_are_read_and_said_so():
    parsed = grid('"354012,5",429534', '"354.012,5",429.534', "SD 54012,29534", "354012,429534")
    assert np.allclose(parsed.table["lat"].to_numpy(), parsed.table["lat"][3].as_py(), atol=1e-5)
    assert len(parsed.quarantined) == 0
    assert parsed.notes == [
        "1 row has LON and LAT with a decimal comma, read as such",
        "1 row has LON and LAT with thousands separators, read without them",
        "1 row has LON and LAT as grid references with letters, each read as the south-west corner of its square",
    ]


def test_one_column_may_hold_the_whole_place():
    mapping = SIMPLE.format(offences="one").replace("longitude", "easting").replace("latitude", "northing")
    mapping = mapping.replace('"LON"', '"REF"').replace('"LAT"', '"REF"')
    parsed = parse(
        "A1,ABH,24/05/2025 21:40,,SD 54012 29534,,Y,30", header=HEADER.replace("LON", "REF"), mapping=mapping
    )
    # Preston; the centre of its square SD 5429 lies at about 53.76 N 2.70 W
    assert parsed.table["lat"][0].as_py() == pytest.approx(53.76, abs=0.005)
    assert parsed.table["lon"][0].as_py() == pytest.approx(-2.70, abs=0.005)


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("-2.704.400,53.763.200", "hold text that is not a number"),
        ("SD54,295", "Ordnance Survey grid references with letters"),
        ("2 42 13,53 45 33", "degrees, minutes and seconds"),
        ('"354,000","429,500"', "British National Grid references: map them as easting and northing"),
        (',"53.76,54.70"', "two numbers in one column"),
    ],
)
def test_a_file_of_texts_with_no_one_reading_is_refused_by_what_they_are(pair: str, sentence: str):
    assert sentence in refusal(*[GOOD.replace("A1", f"G{i}").replace("-2.7034,53.7591", pair) for i in range(3)])


# ---------------------------------------------------------------- flags and ages


def test_flags_and_ages():
    texts = [("y", "0"), ("No", "120"), ("1", "35.0"), ("FALSE", "121"), ("maybe", "-1"), ("", "12.5")]
    rows = [f"A{i},ABH,24/05/2025 21:40,,-2.7034,53.7591,{flag},{age}" for i, (flag, age) in enumerate(texts)]
    parsed = parse(*rows)
    assert parsed.table["knife"].to_pylist() == [True, False, True, False, None, None]
    assert parsed.table["victim_age"].to_pylist() == [0, 120, 35, None, None, None]
    assert sorted(parsed.notes) == [
        "AGE is no age from 0 to 120 in 3 rows, left empty there: '121', '-1', '12.5'",
        "KNIFE is neither yes nor no in 1 row, left empty there: 'maybe'",
    ]


# ---------------------------------------------------------------- ids


def test_one_row_per_record():
    other = GOOD.replace("ABH", "GBH")
    parsed = parse(GOOD, GOOD.replace("A1", "A2"), GOOD, other, GOOD)
    assert parsed.table["record_id"].to_pylist() == ["A1", "A2"]
    assert parsed.repeated_rows.tolist() == [4, 6]
    assert reasons(parsed) == {
        5: "ID is also on another row with other content: row 2; if these are several offences of one record, "
        "set offences = 'rows' in the mapping"
    }


def test_columns_that_are_not_mapped_do_not_make_a_row_different():
    assert parse(f"{GOOD},x", f"{GOOD},y", header=f"{HEADER},OFFICER").repeated_rows.tolist() == [3]


def test_a_row_set_aside_does_not_stand_in_the_way_of_a_good_one():
    parsed = parse(GOOD.replace("24/05/2025 21:40", "x"), GOOD)
    assert parsed.table["source_row"].to_pylist() == [3]
    assert list(reasons(parsed)) == [2]


def test_several_rows_per_record():
    gbh, elsewhere = GOOD.replace("ABH", "GBH"), GOOD.replace("53.7591", "53.77").replace("ABH", "Affray")
    later = GOOD.replace("21:40", "21:41")
    parsed = parse(
        GOOD, gbh, GOOD.replace("A1", "A2"), GOOD, elsewhere, gbh.replace("30", "31"), later, offences="rows"
    )
    rows = parsed.table.select(["source_row", "record_id", "offence_no", "title", "victim_age"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (2, "A1", 1, "ABH", 30),
        (3, "A1", 2, "GBH", 30),
        (4, "A2", 1, "ABH", 30),
        (7, "A1", 3, "GBH", 31),
    ]
    assert parsed.table["record"].to_pylist()[0] == parsed.table["record"].to_pylist()[1]
    assert parsed.repeated_rows.tolist() == [5]
    reason = "ID is also on another row with another time or place: row 2"
    assert reasons(parsed) == {6: reason, 8: reason}
    assert parsed.n_read == 7


def test_rows_of_a_record_without_a_place_belong_together():
    nowhere = GOOD.replace("-2.7034,53.7591", ",")
    assert parse(nowhere, nowhere.replace("ABH", "GBH"), offences="rows").table["offence_no"].to_pylist() == [1, 2]


def test_further_offences_in_columns():
    mapping = (
        SIMPLE.format(offences="columns") + '[[offence]]\ntitle = "T2"\nho_class = "H2"\n[[offence]]\ntitle = "T3"\n'
    )
    rows = [f"{GOOD},GBH,008/01,Affray", f"{GOOD},,,Theft".replace("A1", "A2"), f"{GOOD},,,".replace("A1", "A3")]
    parsed = parse(*rows, header=f"{HEADER},T2,H2,T3", mapping=mapping)
    got = parsed.table.select(["source_row", "record_id", "offence_no", "title", "ho_class"]).to_pylist()
    assert [tuple(row.values()) for row in got] == [
        (2, "A1", 1, "ABH", None),
        (2, "A1", 2, "GBH", "008/01"),
        (2, "A1", 3, "Affray", None),
        (3, "A2", 1, "ABH", None),
        (3, "A2", 2, "Theft", None),
        (4, "A3", 1, "ABH", None),
    ]
    assert parsed.n_read == 3


@pytest.mark.parametrize("text", ["4.00123E+11", "4,00123E+11", "4e+11"])
def test_shortened_ids_refuse_the_file_and_are_not_quoted(text: str):
    said = refusal(GOOD.replace("A1", f'"{text}"'), GOOD.replace("A1", "A2"))
    assert said.startswith("export.csv was not imported: ID holds numbers that a spreadsheet has shortened")
    assert "in 1 row." in said
    assert text not in said


def test_ids_that_a_spreadsheet_made_numbers_are_read_as_they_were():
    parsed = parse(GOOD.replace("A1", "100.0"), GOOD.replace("A1", "100"), GOOD.replace("A1", "7.00"))
    assert parsed.table["record_id"].to_pylist() == ["100", "7"]
    assert (reasons(parsed), parsed.repeated_rows.tolist()) == ({}, [3])
    assert "2 rows have ID with '.0' behind a whole number, read without it" in parsed.notes


def test_ids_with_a_part_behind_a_dot_stay_as_they_are():
    parsed = parse(GOOD.replace("A1", "100.0"), GOOD.replace("A1", "100.1"))
    assert parsed.table["record_id"].to_pylist() == ["100.0", "100.1"]


@pytest.mark.parametrize(
    ("ids", "kept", "repeated"),
    [
        (["001", "1", "0001"], ["001"], [3, 4]),
        (["10", "010", "A010"], ["10", "A010"], [3]),
        (["0", "00"], ["0"], [3]),
        (["1", "2"], ["1", "2"], []),
    ],
)
def test_the_same_row_under_an_id_with_other_leading_zeros_counts_once(ids, kept, repeated):
    parsed = parse(*[GOOD.replace("A1", i) for i in ids])
    assert parsed.table["record_id"].to_pylist() == kept
    assert parsed.repeated_rows.tolist() == repeated
    assert any("other leading zeros" in n for n in parsed.notes) == bool(repeated)


def test_another_row_under_an_id_with_other_leading_zeros_is_another_record():
    parsed = parse(GOOD.replace("A1", "001"), GOOD.replace("A1", "1").replace("21:40", "22:40"))
    assert parsed.table["record_id"].to_pylist() == ["001", "1"]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([f"20260000000{i}2300000" for i in range(5)], True),
        ([f"20260000000{i}2300000" for i in range(4)], False),  # too few to say
        ([*(f"20260000000{i}2300000" for i in range(5)), "202600000009234567"], False),
    ],
)
def test_long_ids_that_a_spreadsheet_has_rounded_are_told(ids: list[str], told: bool):
    notes = parse(*[GOOD.replace("A1", i) for i in ids]).notes
    assert any("more than 15 digits and only zeros behind the 15th in all of" in n for n in notes) == told


# ---------------------------------------------------------------- files


def test_missing_columns_are_all_told_and_what_the_file_has():
    said = refusal("1,2,3", header="ID,Headline,FROM")
    assert "lacks 6 of the columns that mapping 'test' names: 'TITLE', 'TO', 'LON', 'LAT', 'KNIFE', 'AGE'" in said
    assert "The columns it has besides: 'Headline'" in said


def test_ragged_rows_are_set_aside_as_printed():
    parsed = parse(GOOD, "A2,ABH", GOOD.replace("A1", "A3"))
    assert reasons(parsed) == {3: "the row has too few or too many fields"}
    assert parsed.quarantined["as_printed"].to_pylist() == ["A2,ABH"]
    assert (parsed.table["source_row"].to_pylist(), parsed.n_read) == ([2, 4], 3)


def test_quarantined_rows_keep_every_original_column_as_text():
    parsed = parse(f"{GOOD},PC 1 ,7".replace("A1", ""), f"{GOOD},,", header=f"{HEADER},OFFICER,source_row")
    assert parsed.quarantined.to_pylist() == [
        {
            "source_row": 2,
            "reason": "ID is empty",
            **dict(
                zip(
                    HEADER.split(","),
                    [None, "ABH", "24/05/2025 21:40", None, "-2.7034", "53.7591", "Y", "30"],
                    strict=True,
                )
            ),
            "OFFICER": "PC 1 ",
            "source_row (in the file)": "7",
        }
    ]


def test_a_mended_file_keeps_the_row_numbers_of_the_file_it_mends():
    extra = "quarantined_from,quarantined_row,reason"
    parsed = parse(f"e.csv,70,x,{GOOD}", f"e.csv,12,x,{GOOD}".replace("A1", ""), header=f"{extra},{HEADER}")
    assert (parsed.table["source_row"].to_pylist(), reasons(parsed)) == ([70], {12: "ID is empty"})
    assert parsed.quarantined.column_names == ["source_row", "reason", *HEADER.split(",")]


def test_a_windows_1252_file_is_noted():
    raw = read_table("e.csv", f"{HEADER}\n{GOOD.replace('ABH', 'Café')}\n".encode("cp1252"), SETTINGS)
    parsed = read_incidents(raw, read_mapping("incidents", SIMPLE.format(offences="one")), SETTINGS, NOW)
    assert parsed.table["title"].to_pylist() == ["Café"]
    assert parsed.notes == ["The file is not UTF-8 and was read as Windows-1252: check accents and pound signs"]


def test_a_file_of_nothing_but_bad_rows():
    parsed = parse("A2,ABH", GOOD.replace("A1", ""))
    assert (len(parsed.table), len(parsed.quarantined), parsed.n_read) == (0, 2, 2)
    assert parsed.table.schema.equals(SCHEMA)


def test_text_of_rows_set_aside_does_not_linger_in_dictionaries():
    parsed = parse(GOOD, GOOD.replace("A1", "").replace("ABH", "A name"))
    assert parsed.table["title"].combine_chunks().dictionary.to_pylist() == ["ABH"]


# ---------------------------------------------------------------- mappings


@pytest.mark.parametrize("name", ["athena_export", "simple_lonlat"])
def test_the_shipped_mappings_are_valid(name: str):
    mapping = read_mapping("incidents", MAPPINGS / f"{name}.toml")
    assert mapping.name == name.replace("_", "-")
    assert mapping.offences == {"athena_export": "rows", "simple_lonlat": "one"}[name]


def test_the_shipped_athena_mapping_reads_its_layout():
    header = (
        "CRIME_REF,HO_CLASS,ATHENA_URN,OFFENCE_TITLE,COMMITTED_FROM,COMMITTED_TO,RECORDED_ON,EASTING,NORTHING,"
        "KNIFE,FIREARM,DOMESTIC,ALCOHOL,PROACTIVE,VICTIM_AGE,LOCATION_TYPE"
    )
    row = "C1,008/06,8N.8.6.0,ABH,24/05/2025 21:40,NULL,25/05/2025 08:00,354000,429000,Y,N,,N,N,30,street"
    parsed = parse(row, header=header, mapping=(MAPPINGS / "athena_export.toml").read_text())
    got = parsed.table.to_pylist()[0]
    names = ("athena_urn", "ho_class", "location_type", "knife", "gun", "domestic", "alcohol", "proactive", "location")
    assert [got[n] for n in names] == ["8N.8.6.0", "008/06", "street", True, False, None, False, False, None]


def test_all_problems_of_a_mapping_are_told_at_once():
    text = """
    name = "Athena Export"
    colour = "red"
    offences = "many"
    datetime_formats = ["%d/%m/%Y %H:%M", "%m/%d/%Y", "%H:%M", "%d/%m/%Y %z", "%Y-%d-%m"]
    [columns]
    title = "X"
    easting = "X"
    postcode = "P"
    knife = ["A", "B"]
    [values]
    true = ["Y"]
    false = ["y"]
    [[offence]]
    colour = "C"
    """
    with pytest.raises(HotspotsError) as caught:
        read_mapping("incidents", text)
    wanted = [
        "'colour' is not known",
        "'name' is 'Athena Export'",
        "'offences' is 'many'",
        "[columns] has 'postcode'",
        "'knife' 2 columns; only a time",
        "must name 'id'",
        "must name 'committed_from'",
        "either easting and northing, or longitude and latitude",
        "uses 'X' for more than one thing",
        "'%H:%M': it lacks the day",
        "%z is not understood",
        "the month comes before the day",
        "05/04 could be either",
        "counts 'Y' as both true and false",
        "[[offence]] tables belong to offences = 'columns'",
        "the [[offence]] table of offence 2",
    ]
    for part in wanted:
        assert sum(part in problem for problem in caught.value.problems) == 1, part
    assert len(caught.value.problems) == len(wanted)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('longitude = "LON"', 'longitude = "LON"\neasting = "E"\nnorthing = "N"'), "either easting and northing"),
        (('title = "TITLE"', ""), "at least one of ho_class, athena_urn, title"),
        (('"test"', "7"), "'name' is 7"),
        (('["%d/%m/%Y %H:%M"]', "[]"), "dates are not guessed"),
        (('"one"', '"columns"'), "needs an [[offence]] table"),
        (('"ID"', "3"), "it must be the name of a column"),
        (("[columns]", "[columns"), "is not valid TOML"),
    ],
)
def test_unusable_mappings(change: tuple[str, str], said: str):
    with pytest.raises(HotspotsError) as caught:
        read_mapping("incidents", SIMPLE.format(offences="one").replace(*change))
    assert said in str(caught.value)


def test_mapping_files(tmp_path: Path):
    path = tmp_path / "m.toml"
    with pytest.raises(HotspotsError, match="cannot be opened"):
        read_mapping("incidents", path)
    text = SIMPLE.format(offences="one")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_mapping("incidents", path) == read_mapping("incidents", str(path)) == read_mapping("incidents", text)
    path.write_bytes(b'name = "\xa3"')
    with pytest.raises(HotspotsError, match="not UTF-8"):
        read_mapping("incidents", path)
