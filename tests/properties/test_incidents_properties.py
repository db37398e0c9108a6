"""Whatever a file holds: every row is accounted for, order changes nothing, and times go both ways."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.settings import Settings
from hotspots.sources.incidents import Parsed, read_incidents
from hotspots.sources.mapping import read_mapping
from hotspots.sources.reading import read_table
from hotspots.sources.times import fixed_width_times, parse_times, place_times
from tests.conftest import examples

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LENIENT = Settings(bad_coordinate_share=1.0)  # so that a file of a few wild rows is not refused as a whole
HEADER = ["ID", "TITLE", "FROM", "TO", "EASTING", "NORTHING", "KNIFE", "AGE"]
MAPPING = """
name = "p"
offences = "{offences}"
datetime_formats = ["%d/%m/%Y %H:%M"]
[columns]
id = "ID"
title = "TITLE"
committed_from = "FROM"
committed_to = "TO"
easting = "EASTING"
northing = "NORTHING"
knife = "KNIFE"
victim_age = "AGE"
"""

TIMES = ["24/05/2025 21:40", "24/05/2025 22:00", "26/10/2025 01:30", "30/03/2025 01:30", "", "NULL", "31/02/2025 10:00"]
ROWS = st.tuples(
    st.sampled_from(["A", "B", "C", "D", " A", ""]),
    st.sampled_from(["ABH", "GBH", ""]),
    st.sampled_from(TIMES),
    st.sampled_from(TIMES),
    st.sampled_from(["354000", "355000", "0", "", "-2.7", "SD54"]),
    st.sampled_from(["429000", "430000", "0", "", "53.76"]),
    st.sampled_from(["Y", "n", "?", ""]),
    st.sampled_from(["30", "-1", ""]),
)
# Two rows that cannot be bad keep at least one coordinate good, and stand first so that they win.
ANCHOR = ("Z", "ABH", "24/05/2025 21:40", "", "354000", "429000", "Y", "30")
OFFENCES = st.sampled_from(["one", "rows"])


def parse(rows: list[tuple[str, ...]], offences: str) -> Parsed:
    lines = [",".join(HEADER), *(",".join(row) for row in rows)]
    raw = read_table("p.csv", "\n".join([*lines, ""]).encode(), LENIENT)
    return read_incidents(raw, read_mapping("incidents", MAPPING.format(offences=offences)), LENIENT, NOW)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(ROWS, max_size=12), OFFENCES, st.booleans())
def test_every_row_is_parsed_repeated_or_quarantined_once(rows: list[tuple[str, ...]], offences: str, ragged: bool):
    printed = [ANCHOR, *(row for row in rows if any(row)), *([("only", "two")] if ragged else [])]
    parsed = parse(printed, offences)
    parts = [parsed.table["source_row"].to_pylist(), parsed.repeated_rows.tolist()]
    parts.append(parsed.quarantined["source_row"].to_pylist())
    assert sorted(chain.from_iterable(parts)) == list(range(2, len(printed) + 2))
    assert parsed.n_read == len(printed)
    keys = list(zip(parsed.table["record"].to_pylist(), parsed.table["offence_no"].to_pylist(), strict=True))
    assert len(set(keys)) == len(keys)
    by_record = pd.Series([no for _, no in keys]).groupby([record for record, _ in keys]).agg(list)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_record)
    assert all(a < b for a, b in pairwise(parts[0]))
    assert not any(reason == "" for reason in parsed.quarantined["reason"].to_pylist())


def plain_fate(rows: list[tuple[str, ...]], offences: str) -> list[str]:
    """The slow plain version of what becomes of each row: good, repeated or quarantined."""
    fates, seen = [], {}
    for row in rows:
        ident, title, start, end, east, north, knife, age = (v.strip() if v.strip() != "NULL" else "" for v in row)
        good = bool(ident) and start not in ("", "31/02/2025 10:00")
        until = "" if end == "31/02/2025 10:00" else end  # no such day: the end is left empty
        if good and until:
            good = datetime.strptime(until, "%d/%m/%Y %H:%M") >= datetime.strptime(start, "%d/%m/%Y %H:%M")
        place = (east, north) if (east, north) != ("0", "0") else ("", "")
        good = good and (place == ("", "") or (len(place[0]) == 6 and len(place[1]) == 6))
        if not good:
            fates.append("quarantined")
            continue
        content = (title, start, end, east, north, knife, age)
        where = (start, until or start, place)
        first = seen.setdefault(ident, {"contents": [], "where": where})
        if content in first["contents"]:
            fates.append("repeated")
        elif first["contents"] and (offences == "one" or where != first["where"]):
            fates.append("quarantined")
            first["contents"].append(content)  # a copy of a contradiction is a repeat of it
        else:
            fates.append("good")
            first["contents"].append(content)
    return fates


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(ROWS, max_size=12), OFFENCES)
def test_the_fast_way_sorts_rows_as_a_plain_one(rows: list[tuple[str, ...]], offences: str):
    printed = [ANCHOR, *(row for row in rows if any(row))]
    parsed = parse(printed, offences)
    fate = dict.fromkeys(parsed.table["source_row"].to_pylist(), "good")
    fate |= dict.fromkeys(parsed.repeated_rows.tolist(), "repeated")
    fate |= dict.fromkeys(parsed.quarantined["source_row"].to_pylist(), "quarantined")
    assert [fate[row] for row in range(2, len(printed) + 2)] == plain_fate(printed, offences)


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_content(n: int, rng: random.Random):
    rows = [
        (f"R{i // 2}", f"offence {i}", TIMES[i // 2 % 4], "", str(354000 + i // 2), "429000", "Y", str(i))
        for i in range(n)
    ]
    shuffled = rng.sample(rows, n)
    content = ["record", "title", "month", "instant_from", "local_from", "lon", "lat", "knife", "victim_age"]
    tables = [parse(r, "rows").table.select(content).to_pylist() for r in (rows, shuffled)]
    one, other = (sorted(table, key=lambda row: row["title"]) for table in tables)
    assert one == other
    assert len(one) == n


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 12, 31)).map(lambda t: t.replace(microsecond=0)))
def test_an_instant_written_with_z_comes_back_with_the_hour_of_the_wall_clock(moment: datetime):
    placed = place_times(parse_times(pa.array([f"{moment:%Y-%m-%dT%H:%M:%S}Z"]), ()), LONDON, LONDON)
    assert placed.instant[0].item() == moment
    assert placed.local[0].item() == moment.replace(tzinfo=UTC).astimezone(LONDON).replace(tzinfo=None)


CHANGES = [datetime(2025, 3, 30, 1), datetime(2025, 10, 26, 1), datetime(1995, 10, 22, 1), datetime(2026, 3, 29, 1)]


@settings(max_examples=examples(200))
@given(st.sampled_from(CHANGES), st.integers(-240, 240))
def test_wall_clocks_round_a_clock_change_go_both_ways(change: datetime, minutes: int):
    clock = change + timedelta(minutes=minutes)
    placed = place_times(parse_times(pa.array([f"{clock:%d/%m/%Y %H:%M}"]), ("%d/%m/%Y %H:%M",)), LONDON, LONDON)
    instant = placed.instant[0].item().replace(tzinfo=UTC)
    back = instant.astimezone(LONDON).replace(tzinfo=None)
    assert placed.local[0].item() == back
    if placed.skipped[0]:
        assert (change.month, clock.hour) == (3, 1)  # 01:00 to 01:59 does not happen
        assert instant.replace(tzinfo=None) == clock  # read as GMT
    else:
        assert back == clock
        assert instant == clock.replace(tzinfo=LONDON, fold=0).astimezone(UTC)
    assert bool(placed.repeated[0]) == (change.month == 10 and clock.hour == 1)


@settings(max_examples=examples(150))
@given(
    st.lists(
        st.one_of(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.text("0123456789/: -T", max_size=20))
    ),
    st.sampled_from(["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%m-%d-%Y", "%d%m%Y %H%M"]),
)
def test_fixed_width_times_are_those_of_strptime(values: list[datetime | str], fmt: str):
    texts = [value if isinstance(value, str) else value.strftime(fmt) for value in values]
    width = len(datetime(2000, 1, 1).strftime(fmt))
    for text, got in zip(texts, fixed_width_times(pa.array(texts, pa.string()), fmt), strict=True):
        try:
            expected = datetime.strptime(text, fmt) if len(text) == width else None
        except ValueError:
            expected = None
        if expected is not None and expected.strftime(fmt) != text:
            expected = None  # strptime also takes '1/ 1/2000': that is left to the slower way
        assert (None if np.isnat(got) else got.item()) == expected


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.lists(st.text('ab1 ",;\n£', max_size=4), min_size=2, max_size=3), min_size=1, max_size=8))
def test_a_written_csv_is_read_back(rows: list[list[str]]):
    import csv

    rows = [["a", "b"], *(row for row in rows if any(row))]  # a file whose rows are all longer is another matter
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["x", "y"], *rows])
    raw = read_table("x.csv", out.getvalue().encode(), LENIENT)
    whole = [(i, row) for i, row in enumerate(rows, start=2) if len(row) == 2]
    assert raw.table.to_pylist() == [{"x": row[0] or None, "y": row[1] or None} for _, row in whole]
    assert raw.row_numbers().tolist() == [i for i, _ in whole]
    assert [i for i, _ in raw.bad_rows] == [i for i, row in enumerate(rows, start=2) if len(row) == 3]


def test_the_fate_of_rows_is_not_trivial():
    """The plain version above meets every fate, so agreeing with it means something."""
    rows = [ANCHOR, ANCHOR, ("Z", "GBH", *ANCHOR[2:]), ("", *ANCHOR[1:])]
    assert plain_fate(rows, "one") == ["good", "repeated", "quarantined", "quarantined"]
    assert plain_fate(rows, "rows") == ["good", "repeated", "good", "quarantined"]
    with pytest.raises(ValueError):
        datetime.strptime("31/02/2025 10:00", "%d/%m/%Y %H:%M")
