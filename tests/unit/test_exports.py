"""Downloads hold the table's figures, and text from data stays text."""

from __future__ import annotations

import csv
import io
import json

import h3
import numpy as np
import openpyxl
import pandas as pd
import pytest

from hotspots.base.settings import Settings
from hotspots.base.writing import safe_text, to_csv, to_json
from hotspots.exports import as_text, to_geojson, to_xlsx
from hotspots.intake.quarantine import corrected_table
from hotspots.sources.reading import read_table

HOSTILE = [
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "\t=1", "\r=1", "\n=1", "<script>alert(1)</script>",
    'a,b\n"c"', "'=already", "''=twice", "https://example.org", "{=1}", "O'Neill", "naïve £", "1e5", "007", "TRUE",
    "-", "+44 7700",
]  # fmt: skip
TABLE = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "cell": ["8a1951803b4ffff", "8a1951d491a7fff", "8a195194a04ffff"],
        "n_incidents": np.array([12, 5, 1], dtype=np.int64),
        "harm_days": [740.0, 10.5, np.nan],
        "lon": [-2.699, -3.05, -2.243],
        "pattern": [None, None, None],
        "place": ["=High Street", "@Promenade", "<b>St James's</b>"],
    }
)
ABOUT = {"what": "=1+1", "warnings": ["@first", "second"], "resolution": 10}


def test_csv_equals_the_table():
    rows = list(csv.DictReader(io.StringIO(to_csv(TABLE))))
    assert [int(r["rank"]) for r in rows] == [1, 2, 3]
    assert [r["cell"] for r in rows] == TABLE["cell"].tolist()
    assert [r["harm_days"] for r in rows] == ["740.0", "10.5", ""]
    assert [float(r["lon"]) for r in rows] == [-2.699, -3.05, -2.243]  # a negative number is no formula
    assert {r["pattern"] for r in rows} == {""}
    assert [r["place"] for r in rows] == ["'=High Street", "'@Promenade", "<b>St James's</b>"]


def test_no_text_in_a_csv_begins_like_a_formula():
    table = pd.DataFrame({"=name": HOSTILE})
    header, *rows = csv.reader(io.StringIO(to_csv(table), newline=""))
    assert header == ["'=name"]
    assert len(rows) == len(HOSTILE)
    for (cell,), text in zip(rows, HOSTILE, strict=True):
        assert cell[0] not in "=+-@\t\r\n", text
        assert text in cell
    assert safe_text("-2.5") == "-2.5"
    assert safe_text("+3") == "+3"
    assert safe_text(-2.5) == -2.5


def test_what_was_made_safe_comes_back_as_it_was():
    """Quarantined rows go out as CSV and come back mended: every text must survive, apostrophes of its own too."""
    table = pd.DataFrame({"quarantined_from": "f.csv", "quarantined_row": range(2, 2 + len(HOSTILE)), "text": HOSTILE})
    raw = read_table("mended.csv", to_csv(table).encode(), Settings())
    assert corrected_table(raw)["text"].to_pylist() == HOSTILE


def test_xlsx_equals_the_table_and_holds_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx({"Table": TABLE, "About": ABOUT})))
    header, *rows = book["Table"].iter_rows()
    assert [c.value for c in header] == list(TABLE.columns)
    for row, expected in zip(rows, TABLE.itertuples(index=False), strict=True):
        for cell, value in zip(row, expected, strict=True):
            assert cell.data_type != "f"
            if value is None or value != value:
                assert cell.value is None
            else:
                assert cell.value == value
                assert cell.data_type == ("s" if isinstance(value, str) else "n")
    told = [(r[0].value, r[1].value) for r in book["About"].iter_rows()]
    assert told == [("what", "=1+1"), ("warnings", "@first"), ("warnings", "second"), ("resolution", "10")]
    assert all(c.data_type == "s" and c.hyperlink is None for r in book["About"].iter_rows() for c in r)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_workbook_is_text(text):
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx({"Table": pd.DataFrame({text: [text]})})))
    for (cell,) in book["Table"].iter_rows():
        assert cell.data_type == "s"
        assert cell.hyperlink is None
        assert cell.value.replace("_x000D_", "\r") == text


def test_the_same_table_makes_the_same_workbook():
    assert to_xlsx({"Table": TABLE, "About": ABOUT}) == to_xlsx({"Table": TABLE.copy(), "About": dict(ABOUT)})


def test_json_keeps_types_and_unknowns():
    given = json.loads(to_json(TABLE, ABOUT))
    assert given["about"] == ABOUT
    assert given["rows"][0] == {
        "rank": 1, "cell": "8a1951803b4ffff", "n_incidents": 12, "harm_days": 740.0, "lon": -2.699, "pattern": None,
        "place": "=High Street",
    }  # fmt: skip
    assert given["rows"][2]["harm_days"] is None
    assert "NaN" not in to_json(TABLE)


def test_geojson_holds_each_cells_own_outline_and_every_column():
    given = json.loads(to_geojson(TABLE, ABOUT))
    assert given["type"] == "FeatureCollection"
    assert given["about"] == ABOUT
    assert [f["properties"] for f in given["features"]] == json.loads(to_json(TABLE))["rows"]
    for feature, cell in zip(given["features"], TABLE["cell"], strict=True):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        corners = {(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(cell)}
        assert {tuple(p) for p in ring} == corners


def test_a_table_without_rows():
    empty = TABLE.head(0)
    assert to_csv(empty).strip() == ",".join(TABLE.columns)
    assert json.loads(to_json(empty))["rows"] == []
    assert json.loads(to_geojson(empty))["features"] == []
    assert openpyxl.load_workbook(io.BytesIO(to_xlsx({"Table": empty})))["Table"].max_row == 1


def test_text_formats_by_name():
    assert as_text(TABLE, "csv") == to_csv(TABLE)
    assert as_text(TABLE, "json", ABOUT) == to_json(TABLE, ABOUT)
    assert as_text(TABLE, "geojson", ABOUT) == to_geojson(TABLE, ABOUT)


def test_missing_values_of_every_kind_are_empty():
    unknown = {"a": [None], "b": [np.nan], "c": [pd.NaT], "d": [pd.NA], "e": [np.float32("nan")]}
    table = pd.DataFrame(unknown, dtype=object)
    assert to_csv(table).splitlines()[1] == ",,,,"
    assert set(json.loads(to_json(table))["rows"][0].values()) == {None}
    rows = list(openpyxl.load_workbook(io.BytesIO(to_xlsx({"Table": table})))["Table"].iter_rows(2))
    assert all(cell.value is None for row in rows for cell in row)
