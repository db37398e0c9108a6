"""One file of a patrol log → entries: times, places, units and officers by hand-made rows."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from hotspots.base.columns import LOG_ENTRIES
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import HASHED, unit_codes, unit_text
from hotspots.base.settings import Settings
from hotspots.base.shipped import MAPPINGS
from hotspots.sources.mapping import Mapping, read_mapping
from hotspots.sources.patrol_log import Parsed, read_patrol_log
from hotspots.sources.raw import RawTable
from hotspots.sources.reading import read_table

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONDON = read_mapping("patrol-log", None, "Europe/London")
EXAMPLE = MAPPINGS / "patrol_log.toml"
ENTRY = {"entry": "E1", "unit": "Alpha 1", "area": "West-01", "start": "2026-03-02 21:00", "end": "2026-03-02 21:15"}


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


@pytest.fixture
def read(tmp_path):
    """Rows as dictionaries, or the text of a CSV → what is read of them."""

    def parse(rows: list[dict[str, Any]] | str, mapping: Mapping = LONDON, **more: Any) -> Parsed:
        text = rows if isinstance(rows, str) else pd.DataFrame(rows).to_csv(index=False)
        raw = read_table("log.csv", text.encode(), Settings())
        return read_patrol_log(raw, mapping, Settings(), lambda names: unit_codes(tmp_path, names), NOW, **more)

    return parse


def reasons(parsed: Parsed) -> dict[int, str]:
    return dict(
        zip(parsed.quarantined["source_row"].to_pylist(), parsed.quarantined["reason"].to_pylist(), strict=True)
    )


def one(parsed: Parsed) -> dict[str, Any]:
    (row,) = parsed.table.to_pylist()
    return row


def test_a_whole_entry(read, tmp_path):
    row = ENTRY | {"officers": 2, "mode": "On foot", "activity": " high  vis\npatrol", "reactive": "n",
                   "searches": 3, "arrests": 0, "weapons": ""}  # fmt: skip
    parsed = read([row])
    assert one(parsed) == {
        "entry": "E1", "unit": int(unit_codes(tmp_path, ["alpha 1"])[0]), "area": "West-01", "lon": None, "lat": None,
        "start": utc("2026-03-02T21:00"), "end": utc("2026-03-02T21:15"), "officers": 2, "mode": "foot",
        "activity": "high vis patrol", "reactive": False, "searches": 3, "arrests": 0, "weapons": None,
        "origin": "imported", "source_row": 2,
    }  # fmt: skip
    assert parsed.table.schema.names == [*(c.name for c in LOG_ENTRIES), "source_row"]
    assert (parsed.n_read, parsed.repeated, len(parsed.quarantined)) == (1, 0, 0)


def test_the_shipped_example_reads_a_spreadsheet_of_its_layout(read):
    text = (
        "LOG_NO,CALLSIGN,OFFICERS,HOT_SPOT,DATE,TIME_IN,TIME_OUT,MODE,ACTIVITY,CALL,SEARCHES,ARRESTS,WEAPONS,REMARKS\n"
        "7,LB21,2,East-02,01/05/2026,13:05,13:20,Van,Engagement,No,N/A,1,,x\n"
        "8,LB21,,East-02,01/05/2026,14:05,14:20,walking,attending incident,,,,,x\n"
    )
    first, second = read(text, read_mapping("patrol-log", EXAMPLE)).table.to_pylist()
    assert (first["start"], first["end"]) == (utc("2026-05-01T12:05"), utc("2026-05-01T12:20"))  # summer time
    assert (first["mode"], first["officers"], first["reactive"], first["searches"]) == ("vehicle", 2, False, None)
    assert (second["mode"], second["officers"], second["reactive"]) == ("foot", 1, True)


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
def test_every_kind_of_file_says_the_same(ending, tmp_path):
    frame = pd.DataFrame([ENTRY | {"officers": 2}, ENTRY | {"entry": "E2", "officers": 1}])
    out = io.BytesIO()
    if ending == "xlsx":
        frame.to_excel(out, index=False, engine="xlsxwriter")
    elif ending == "parquet":
        frame.to_parquet(out)
    else:
        out.write(frame.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode())
    raw = read_table(f"log.{ending}", out.getvalue(), Settings())
    parsed = read_patrol_log(raw, LONDON, Settings(), lambda names: unit_codes(tmp_path, names), NOW)
    assert parsed.table["entry"].to_pylist() == ["E1", "E2"]
    assert parsed.table["officers"].to_pylist() == [2, 1]
    assert parsed.table["start"].to_pylist() == [utc("2026-03-02T21:00")] * 2


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-02T21:00:00Z", "2026-03-02T22:00:00+00:30", ("2026-03-02T21:00", "2026-03-02T21:30")),
        ("1772485200", "1772485260", ("2026-03-02T21:00", "2026-03-02T21:01")),
        ("1772485200000", "1772485260999", ("2026-03-02T21:00", "2026-03-02T21:01")),
    ],
)
def test_times_that_need_no_time_zone(read, start, end, expected):
    row = one(read([ENTRY | {"start": start, "end": end}], read_mapping("patrol-log", None)))
    assert (row["start"], row["end"]) == tuple(utc(t) for t in expected)


SHEET = """
name = "sheet"
timezone = "UTC"
datetime_formats = ["%d/%m/%Y %H:%M"]
[columns]
unit = "unit"
area = "area"
officers = "officers"
start = ["day", "from"]
end = ["day", "to"]
"""


def sheet(*rows: tuple[str, str, str], officers: str = "1") -> list[dict[str, Any]]:
    """Entries with one date, a time in and a time out, each at a hot spot of its own."""
    return [
        {"unit": "A", "area": f"West-{i:02}", "officers": officers, "day": d, "from": a, "to": b}
        for i, (d, a, b) in enumerate(rows)
    ]


def minutes(parsed: Parsed) -> list[tuple[str, float]]:
    """When each entry starts, by the clock, and how long it lasts."""
    return [
        (f"{datetime.fromtimestamp(r['start'], UTC):%d %H:%M}", (r["end"] - r["start"]) / 60)
        for r in parsed.table.to_pylist()
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("23:30", "00:15", ("14 23:30", 45)),
        ("22:00", "10:00", ("14 22:00", 720)),  # the limit
        ("14:30", "15 min", ("14 14:30", 15)),
        ("14:30", "15mins", ("14 14:30", 15)),
        ("14:30", "1h", ("14 14:30", 60)),
        ("14:30", "1h 30", ("14 14:30", 90)),
        ("14:30", "1 hour and 5 minutes", ("14 14:30", 65)),
        ("14:30", "1.5 hrs", ("14 14:30", 90)),
        ("14:30", "0.25h", ("14 14:30", 15)),
        ("23:50", "20 min", ("14 23:50", 20)),
        ("14.30", "2.45pm", ("14 14:30", 15)),
        ("1430", "1445hrs", ("14 14:30", 15)),
        ("14:30", "14:30", ("14 14:30", 0)),
    ],
)
def test_ends_that_are_read_by_rule(read, start, end, expected):
    assert minutes(read(sheet(("14/10/2025", start, end)), read_mapping("patrol-log", SHEET))) == [expected]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("14:29", "day and to is before day and from"),  # not 23 h 59 min on the next day
        ("15", "day and to cannot be read as a time"),
        ("14h30", "day and to cannot be read as a time"),
        ("1.30hrs", "day and to cannot be read as a time"),  # 90 minutes, 78 minutes, or half past one
        ("13 hours", "day and to cannot be read as a time"),
        ("0 min", "day and to cannot be read as a time"),
        ("", "day and to is empty"),
    ],
)
def test_ends_that_are_not(read, end, said):
    assert reasons(read(sheet(("14/10/2025", "14:30", end)), read_mapping("patrol-log", SHEET))) == {2: said}


def test_what_was_read_by_rule_is_told(read):
    rows = sheet(("14/10/2025", "23:30", "00:15"), ("14/10/2025", "14:30", "15 min"), ("14/10/2025", "9:00", "9:15"))
    notes = read(rows, read_mapping("patrol-log", SHEET)).notes
    assert "1 end lies before the start on the same date in day and to, read as on the next day" in notes
    assert "1 end is a length of time in day and to" in notes


def test_lengths_of_time_that_look_like_clocks_are_not_read_as_the_next_day(read):
    rows = sheet(*(("14/10/2025", clock, "00:15") for clock in ("14:30", "15:30", "16:30", "00:05")))
    parsed = read(rows, read_mapping("patrol-log", SHEET))
    assert minutes(parsed) == [("14 00:05", 10)]
    assert reasons(parsed)[2] == "day and to is before day and from (as are most; a length of time is written '15 min')"


def test_dates_without_a_time_of_day_are_told(read):
    rows = sheet(*(("14/10/2025", "00:00", end) for end in ("00:15", "00:20")))
    assert any(
        n.startswith("All 2 entries start at 00:00") for n in read(rows, read_mapping("patrol-log", SHEET)).notes
    )


def test_an_end_with_a_date_of_its_own_is_taken_at_its_word(read):
    mapping = read_mapping("patrol-log", SHEET.replace('["day", "to"]', '["day2", "to"]'))
    rows = sheet(("14/10/2025", "23:30", "00:15"), ("14/10/2025", "23:30", "00:15"))
    rows = [row | {"day2": d} for row, d in zip(rows, ("14/10/2025", "15/10/2025"), strict=True)]
    parsed = read(rows, mapping)
    assert minutes(parsed) == [("14 23:30", 45)]
    assert reasons(parsed) == {2: "day2 and to is before day and from"}


def test_an_end_that_is_a_time_of_day_alone_is_on_the_day_of_its_start(read):
    spans = (("2026-03-02 21:00", "21:15"), ("2026-03-02T23:50:00+01:00", "00:05"))
    parsed = read([ENTRY | {"entry": str(i), "start": a, "end": b} for i, (a, b) in enumerate(spans)])
    assert minutes(parsed) == [("02 21:00", 15), ("02 22:50", 15)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:30-14:45", ("14 14:30", 15)),
        ("14:30–14:45", ("14 14:30", 15)),
        ("14:30 to 14:45", ("14 14:30", 15)),
        ("1430 - 1445", ("14 14:30", 15)),
        ("14.30hrs - 14.45hrs", ("14 14:30", 15)),
        ("2.30-2.45pm", ("14 14:30", 15)),
        ("11.30-12.15pm", ("14 11:30", 45)),
        ("11.50pm-12.10", ("14 23:50", 20)),
        ("2-3pm", ("14 14:00", 60)),
        ("23:50-00:10", ("14 23:50", 20)),
        ("10:30-11:00", ("14 10:30", 30)),  # no offset of eleven hours
    ],
)
@pytest.mark.parametrize("where", ["two columns", "one column", "no end"])
def test_start_and_end_in_one_column(read, text, expected, where):
    spans = {
        "two columns": SHEET.replace('["day", "to"]', '["day", "from"]'),
        "one column": SHEET.replace('["day", "from"]', '"from"').replace('["day", "to"]', '"from"'),
        "no end": SHEET.replace('end = ["day", "to"]', ""),
    }
    rows = sheet(("14/10/2025", text if where != "one column" else f"14/10/2025 {text}", ""))
    assert minutes(read(rows, read_mapping("patrol-log", spans[where]))) == [expected]


def test_a_row_without_a_span_among_spans_has_no_end(read):
    mapping = read_mapping("patrol-log", SHEET.replace('["day", "to"]', '["day", "from"]'))
    rows = sheet(*(("14/10/2025", t, "") for t in ("14:30-14:45", "14:30", "", "14-15", "5-20")))
    parsed = read(rows, mapping)
    assert minutes(parsed) == [("14 14:30", 15)]
    assert list(reasons(parsed)) == [3, 4, 5, 6]
    assert reasons(parsed)[3] == "day and from gives no end"


def test_dates_are_no_spans(read):
    mapping = read_mapping("patrol-log", SHEET.replace('["day", "from"]', '"from"').replace('["day", "to"]', '"from"'))
    rows = sheet(
        *(("", t, "") for t in ("14/10/2025 14:30 - 14/10/2025 14:45", "2025-10-14 14:30", "2025-10-14 14:30"))
    )
    parsed = read(rows, mapping)
    assert minutes(parsed) == [("14 14:30", 15)]
    assert list(reasons(parsed)) == [3, 4]


def test_a_packed_span_keeps_its_zeros(read):
    mapping = SHEET.replace("%H:%M", "%H%M").replace('["day", "to"]', '["day", "from"]')
    assert minutes(read(sheet(("14/10/2025", "45-110", "")), read_mapping("patrol-log", mapping))) == [("14 00:45", 25)]


def test_a_log_whose_days_and_months_are_in_doubt_is_refused_and_corrections_are_not(read):
    rows = sheet(("04/05/2026", "14:30", "14:45"), ("05/13/2026", "14:30", "14:45"))
    mapping = read_mapping("patrol-log", SHEET)
    with pytest.raises(HotspotsError, match=r"log.csv: day and from holds dates that can only be month first"):
        read(rows, mapping)
    assert len(read(rows, mapping, lenient=True).quarantined) == 1


def test_a_wall_clock_needs_a_time_zone(read):
    with pytest.raises(HotspotsError, match=r"log.csv.*time zone.*2026-03-02 21:00"):
        read([ENTRY], read_mapping("patrol-log", None))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-03-02 21:00", "2026-03-02 20:59", "end is before start"),
        ("2026-03-02 21:00", "2026-03-03 21:01", "end is more than 24 hours after start"),
        ("2026-06-01 12:30", "2026-06-01 13:01", "end is in the future"),  # now is 13:00 in summer time
        ("", "2026-03-02 21:00", "start is empty"),
        ("2026-03-02 21:00", "", "end is empty"),
        ("2026-02-30 21:00", "2026-03-02 21:00", "start cannot be read as a time"),
        ("1970-01-01 00:00", "1970-01-01 00:10", "start is before 1990; end is before 1990"),
    ],
)
def test_impossible_times_are_set_aside(read, start, end, said):
    assert reasons(read([ENTRY | {"start": start, "end": end}])) == {2: said}


@pytest.mark.parametrize("end", ["2026-03-02 21:00", "2026-03-03 21:00", "2026-03-02 21:15"])
def test_possible_times_are_kept(read, end):
    assert reasons(read([ENTRY | {"end": end}])) == {}


def test_an_end_in_the_hour_that_comes_twice(read):
    """The clocks go back on 26 October 2025 at 02:00. 01:50 to 01:10 are 20 minutes; 01:10 to 01:50 are 40."""
    spans = [("01:50", "01:10"), ("01:10", "01:50"), ("01:50", "02:10")]
    rows = [ENTRY | {"entry": a + b, "start": f"2025-10-26 {a}", "end": f"2025-10-26 {b}"} for a, b in spans]
    parsed = read(rows)
    assert [(r["start"], r["end"]) for r in parsed.table.to_pylist()] == [
        (utc("2025-10-26T00:50"), utc("2025-10-26T01:10")),
        (utc("2025-10-26T00:10"), utc("2025-10-26T00:50")),  # read as summer time, both
        (utc("2025-10-26T00:50"), utc("2025-10-26T02:10")),
    ]
    twice = "in the hour that happens twice when the clocks go back, read as the"
    assert f"4 times fall {twice} first (summer time)" in parsed.notes
    assert any(n.startswith(f"1 time falls {twice} second (winter time)") for n in parsed.notes)


def test_the_hour_that_the_clocks_skip_is_read_as_gmt(read):
    row = one(read([ENTRY | {"start": "2026-03-29 01:30", "end": "2026-03-29 02:45"}]))
    assert (row["start"], row["end"]) == (utc("2026-03-29T01:30"), utc("2026-03-29T01:45"))


# ---------------------------------------------------------------- units and officers


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("1", 1), ("2", 2), ("2.0", 2), ("99", 99), ("PC Smith", 1), ("PC Smith; PC Jones", 2),
     ("1234/5678, 9012", 3), ("PC Smith; pc  smith", 1), ("1234", 1), ("1234.0", 1)],
)  # fmt: skip
def test_officers_are_counted(read, text, count):
    assert one(read([ENTRY | {"officers": text}]))["officers"] == count


@pytest.mark.parametrize("text", ["0", "2.5", "-1"])
def test_no_number_of_officers(read, text):
    assert reasons(read([ENTRY | {"officers": text}])) == {2: "officers is no whole number from 1 to 99"}


def test_officers_in_words_are_counted_and_told(read):
    rows = [ENTRY | {"entry": str(i), "officers": t} for i, t in enumerate(["2 PC", "1 Sgt 2 PC", "Two", "1", "A & B"])]
    parsed = read(rows)
    assert parsed.table["officers"].to_pylist() == [2, 3, 2, 1, 2]
    assert [n for n in parsed.notes if "words" in n] == [
        "officers is in words in 3 rows, counted as written: 3 for '1 Sgt 2 PC', 2 for '2 PC', 2 for 'Two'"
    ]


def test_officers_that_cannot_be_counted_are_set_aside_without_their_names(read):
    rows = [ENTRY | {"entry": str(i), "officers": t} for i, t in enumerate(["2 PC Smith", "several", "100 PCs"])]
    parsed = read([*rows, ENTRY | {"entry": "9", "officers": "Jones + 1", "end": ""}, ENTRY])
    why = "officers does not say how many: write a number, or the officers with ; between them"
    assert reasons(parsed) == {2: why, 3: why, 4: why, 5: "end is empty"}
    shown = parsed.quarantined["officers"].to_pylist()
    assert shown[:2] == ["2 PC …", "several"]
    again = one(read([ENTRY | {"officers": shown[3]}]))
    assert again["officers"] == 2
    assert "smith" not in str([parsed.quarantined.to_pydict(), parsed.notes]).casefold()


def test_officers_stand_for_the_unit_where_there_is_none(read, tmp_path):
    rows = [
        {"entry": str(i), "officers": text, **{k: v for k, v in ENTRY.items() if k not in ("entry", "unit")}}
        for i, text in enumerate(["PC Smith; PC Jones", "pc jones/PC SMITH", "PC Smith", "2", "", "1234", "1234.0"])
    ]
    pair, same, smith, two, nobody, collar, again = read(rows).table["unit"].to_pylist()
    assert pair == same
    assert smith == int(unit_codes(tmp_path, ["PC Smith"])[0])
    assert len({pair, smith, 0}) == 3
    assert two == nobody == 0
    assert collar == again == int(unit_codes(tmp_path, ["1234"])[0])


def test_no_identity_is_handed_back(read):
    """Neither in the entries nor in the rows set aside, their reasons, the notes, or the columns of no use."""
    bad = {"entry": "E2", "unit": "Tango Nine", "officers": "Smith, Brown", "area": "", "mode": "Tango Nine",
           "start": "Brown", "end": "x", "searches": "Smith", "reactive": "y", "driver": "Brown"}  # fmt: skip
    parsed = read([ENTRY | {"officers": "Kenobi", "mode": "Kenobi walks", "driver": "Kenobi"}, bad])
    everything = str([parsed.table.to_pydict(), parsed.notes]) + str(
        parsed.quarantined.drop_columns(["start", "searches"]).to_pydict()
    )
    for name in ("Alpha", "Kenobi", "Tango", "Smith", "Brown"):
        assert name.casefold() not in everything.casefold(), name
    assert "driver" not in parsed.quarantined.column_names
    (row,) = parsed.quarantined.to_pylist()
    assert HASHED.fullmatch(row["unit"])
    assert [bool(HASHED.fullmatch(n)) for n in row["officers"].split("; ")] == [True, True]


def test_a_row_set_aside_comes_back_as_the_same_unit_and_crew(read):
    row = {k: v for k, v in ENTRY.items() if k != "unit"} | {"officers": "PC Smith; PC Jones"}
    sound = one(read([row]))
    (hashed,) = read([row | {"end": ""}]).quarantined["officers"].to_pylist()
    again = one(read([row | {"officers": hashed}]))
    assert (again["unit"], again["officers"]) == (sound["unit"], 2)
    (unit,) = read([ENTRY | {"end": ""}]).quarantined["unit"].to_pylist()
    assert unit == unit_text(one(read([ENTRY]))["unit"])
    assert one(read([ENTRY | {"unit": unit}]))["unit"] == one(read([ENTRY]))["unit"]


def test_the_names_of_an_entry_are_taken_out_of_its_activity(read):
    rows = [ENTRY | {"officers": "Smith", "activity": "alpha 1 met Smithson and SMITH"},
            ENTRY | {"entry": "E2", "unit": "Response", "activity": "Response"}]  # fmt: skip
    parsed = read(rows)
    assert parsed.table["activity"].to_pylist() == ["unit met Smithson and unit", "Response"]
    assert parsed.table["reactive"].to_pylist() == [False, True]


def test_rows_of_the_wrong_length_are_counted_and_nothing_of_them_is_kept(read):
    parsed = read("entry,unit,area,start,end\nE1,A,West-01,2026-03-02 21:00,2026-03-02 21:15\nE2,PC Smith\n")
    assert reasons(parsed) == {3: "the row has too few or too many fields"}
    assert "Smith" not in str(parsed.quarantined.to_pydict())
    assert parsed.n_read == 2


def test_a_file_without_a_header_is_refused_without_quoting_it(read):
    with pytest.raises(HotspotsError) as caught:
        read("E1,PC Smith,West-01,2026-03-02 21:00\nE2,PC Smith,West-01,2026-03-02 22:00\n")
    assert "none of the columns" in str(caught.value)
    assert "Smith" not in str(caught.value)


# ---------------------------------------------------------------- places


POSITION = {k: v for k, v in ENTRY.items() if k != "area"}


def test_positions_in_degrees_and_on_the_grid(read):
    degrees = one(read([POSITION | {"longitude": -2.6990123, "latitude": 53.759}]))
    assert (degrees["lon"], degrees["lat"], degrees["area"]) == (-2.699012, 53.759, "")
    # Ordnance Survey's worked example of OSTN15, station Blackpool: 331,534.552 431,920.792.
    grid = one(read([POSITION | {"easting": 331534.552, "northing": 431920.792}]))
    assert (grid["lon"], grid["lat"]) == pytest.approx((-3.040454889, 53.77911026), abs=2e-6)


def test_an_entry_needs_a_place(read):
    rows = [ENTRY | {"entry": e, "area": a, "lon": x, "lat": y}
            for e, a, x, y in (("1", "", "", ""), ("2", "", 0, 0), ("3", "", -2.7, ""), ("4", "", 53.76, -2.7),
                               ("5", "", -2.7, 53.76), ("6", "W", "", ""), ("7", "W", -2.7, 53.76))]  # fmt: skip
    parsed = read(rows)
    assert parsed.table["entry"].to_pylist() == ["5", "6", "7"]
    assert parsed.table["lon"].to_pylist() == [-2.7, None, -2.7]
    told = reasons(parsed)
    assert told[2] == told[3] == "area, lon and lat are empty"
    assert told[4] == "only one of lon and lat is given"
    assert told[5].startswith("lon and lat look swapped: 53.76, -2.7")


def test_a_wrong_position_does_not_cost_an_entry_that_names_its_hot_spot(read):
    parsed = read([ENTRY | {"lon": 53.76, "lat": -2.7}, ENTRY | {"entry": "E2", "lon": "", "lat": 53.7}])
    assert parsed.table["lon"].to_pylist() == [None, None]
    assert any(n.startswith("2 entries that name a hot spot") for n in parsed.notes)


def test_a_file_of_swapped_positions_is_refused_and_a_mend_is_not(read):
    rows = [POSITION | {"entry": str(i), "lon": 53.76, "lat": -2.7} for i in range(4)]
    with pytest.raises(HotspotsError, match="look swapped"):
        read(rows)
    assert len(read(rows, lenient=True).quarantined) == 4
    # A hundred entries that name their hot spot are no reason to refuse the file for one wrong position.
    named = [ENTRY | {"entry": f"n{i}", "lon": "", "lat": ""} for i in range(100)]
    assert len(read([*named, rows[0] | {"area": ""}]).quarantined) == 1


def test_areas_that_no_register_knows_are_counted(read):
    rows = [ENTRY | {"entry": str(i), "area": a} for i, a in enumerate(["West-01", "West-99", "West-98", "West-99"])]
    (note,) = read(rows, frozen_areas={"West-01"}).notes
    assert note == "3 entries name areas that no frozen register of this workspace has: 'West-99', 'West-98'"
    assert read(rows[:1], frozen_areas={"West-01"}).notes == []
    assert "none have been frozen yet" in read(rows).notes[0]


# ---------------------------------------------------------------- what was done


def test_modes_and_calls(read):
    rows = [ENTRY | {"entry": str(i), "mode": m, "reactive": r, "activity": a}
            for i, (m, r, a) in enumerate([("FOOT", "", ""), ("car", "Y", ""), ("Horse", "maybe", "x"),
                                           ("", "No", "Response")])]  # fmt: skip
    parsed = read(rows)
    assert parsed.table["mode"].to_pylist() == ["foot", "vehicle", "", ""]
    assert parsed.table["reactive"].to_pylist() == [False, True, False, True]
    assert any("'Horse'" in n and "1 row" in n for n in parsed.notes)
    assert any("'MAYBE'" in n for n in parsed.notes)


def test_an_activity_is_one_line_of_at_most_200_characters(read):
    parsed = read([ENTRY | {"activity": "x" * 250}, ENTRY | {"entry": "E2", "activity": "a\r\n b"}])
    assert parsed.table["activity"].to_pylist() == ["x" * 200, "a b"]
    assert any("200 characters in 1 row" in n for n in parsed.notes)


@pytest.mark.parametrize("text", ["two", "-1", "1.5", "99999"])
def test_results_that_are_no_whole_numbers(read, text):
    parsed = read([ENTRY | {"arrests": text}, ENTRY | {"entry": "E2", "arrests": "2"}])
    assert parsed.table["arrests"].to_pylist() == [None, 2]
    assert parsed.notes[:-1] == ["arrests is no whole number of 0 or more in 1 row, left empty there"]
    assert len(parsed.quarantined) == 0


# ---------------------------------------------------------------- which entry it is


def test_the_number_is_kept_as_text(read):
    assert read([ENTRY | {"entry": "00012"}]).table["entry"].to_pylist() == ["00012"]


def test_without_a_number_an_entry_has_the_hash_of_what_it_says(read):
    row = {k: v for k, v in ENTRY.items() if k != "entry"}
    parsed = read([row, row | {"officers": 2}, row | {"activity": "x"}, row | {"activity": "x"}])
    assert parsed.repeated == 1
    assert reasons(parsed).keys() == {2, 3}  # one entry with two numbers of officers
    got = one(parsed)
    said = [str(got["unit"]), "West-01", "", "", str(utc("2026-03-02T21:00")), str(utc("2026-03-02T21:15")), "", "x"]
    assert got["entry"] == sha256("\x1f".join(said).encode()).hexdigest()[:20]


def test_a_number_twice(read):
    rows = [ENTRY, ENTRY, ENTRY | {"entry": "E2"}, ENTRY | {"entry": "E2", "officers": 2}, ENTRY | {"entry": ""},
            ENTRY | {"entry": "form-1a"}]  # fmt: skip
    parsed = read(rows)
    assert parsed.table["source_row"].to_pylist() == [2]
    assert parsed.repeated == 1
    told = reasons(parsed)
    assert told[4] == told[5] == "entry is also on another row with other content"
    assert told[6] == "entry is empty"
    assert "form" in told[7]


def test_a_missing_column_is_told(read):
    with pytest.raises(HotspotsError, match="'end'"):
        read([{k: v for k, v in ENTRY.items() if k != "end"}])


def test_a_wide_file_in_parquet_keeps_typed_times(tmp_path, read):
    frame = pd.DataFrame([ENTRY]).assign(
        start=pd.Timestamp("2026-03-02 21:00", tz="UTC"), end=pd.Timestamp("2026-03-02 21:15", tz="UTC"), officers=2.0
    )
    frame.to_parquet(tmp_path / "log.parquet")
    assert pq.read_schema(tmp_path / "log.parquet").field("start").type.tz == "UTC"
    raw = read_table("log.parquet", (tmp_path / "log.parquet").read_bytes(), Settings())
    codes = np.array([5])
    parsed = read_patrol_log(
        raw, read_mapping("patrol-log", None), Settings(), lambda names: codes.repeat(len(names)), NOW
    )
    assert (one(parsed)["start"], one(parsed)["officers"]) == (utc("2026-03-02T21:00"), 2)


def merged_log(*merged: str, ending: str = "xlsx") -> RawTable:
    """Three entries of one day and one call sign, of which only the first row has them: in merged cells, or blank."""
    rows = [
        ["DATE", "CALLSIGN", "HOT SPOT", "IN", "OUT", "ACTIVITY"],
        [datetime(2026, 3, 2), "LB01", "West-01", time(14, 30), time(14, 45), "Foot"],
        [None, None, "West-01", time(16, 30), time(16, 45), None],
        [None, None, "West-01", time(18, 30), time(18, 45), None],
    ]
    out = io.BytesIO()
    if ending == "csv":
        out.write(pd.DataFrame(rows[1:], columns=rows[0]).to_csv(index=False).encode())
    else:
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet, kinds = book.add_worksheet(), {datetime: "yyyy-mm-dd", time: "hh:mm"}
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.write(r, c, cell, book.add_format({"num_format": kinds.get(type(cell), "")}))
        for cells in merged:
            first = rows[1][ord(cells[0]) - ord("A")]
            sheet.merge_range(cells, first, book.add_format({"num_format": kinds.get(type(first), "")}))
        book.close()
    return read_table(f"log.{ending}", out.getvalue(), Settings())


NO_DATE = "DATE is empty beside a time, or a ditto mark: write the date in every row"
MERGED = Mapping(
    "patrol-log", "sheet", timezone="Europe/London",
    columns={"unit": ("CALLSIGN",), "area": ("HOT SPOT",), "start": ("DATE", "IN"), "end": ("DATE", "OUT"),
             "activity": ("ACTIVITY",)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (merged_log("A2:A4", "B2:B4", "F2:F4"), {
            3: "CALLSIGN and DATE are blank, merged with row 2 above; unmerge the cells and fill them",
            4: "CALLSIGN and DATE are blank, merged with row 2 above; unmerge the cells and fill them"}),
        (merged_log("A2:A4"), dict.fromkeys(
            (3, 4), "DATE is blank, merged with row 2 above; unmerge the cells and fill them")),
        (merged_log(), dict.fromkeys((3, 4), NO_DATE)),
        (merged_log(ending="csv"), dict.fromkeys((3, 4), NO_DATE)),
    ],
)  # fmt: skip
def test_entries_below_a_merged_date_or_call_sign_say_why_they_are_quarantined(raw, why, tmp_path):
    parsed = read_patrol_log(raw, MERGED, Settings(), lambda names: unit_codes(tmp_path, names), NOW)
    assert one(parsed)["start"] == utc("2026-03-02T14:30")
    assert reasons(parsed) == why
    assert (parsed.unread, parsed.timed) == (0, 2)


def test_a_merged_cell_of_words_alone_sets_no_entry_aside(tmp_path):
    raw = merged_log("F2:F4")
    rows = raw.table.set_column(0, "DATE", pa.array(["2026-03-02 00:00:00"] * 3))
    parsed = read_patrol_log(
        replace(raw, table=rows), MERGED, Settings(), lambda names: unit_codes(tmp_path, names), NOW
    )
    assert (len(parsed.table), len(parsed.quarantined)) == (3, 0)
