"""How a file becomes a table: where its header is, which sheets hold it, what is left out and named."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.files import Upload, each_table, left_out_words, read_tables
from hotspots.sources.kinds import Sought, ending_of, endings, upload_types
from hotspots.sources.raw import RawTable
from tests import old_workbooks

SETTINGS = Settings()
SOUGHT = Sought.of("incidents", ("REF", "FROM", "TO", "E", "N"))
HEADER = ["REF", "FROM", "TO", "E", "N"]
ROW = ["a1", "2026-05-01 10:00", "", "354000", "429500"]


def read(*sources: Path | Upload, sought: Sought = SOUGHT) -> tuple[list[RawTable], list[str]]:
    left: list[str] = []
    return list(read_tables(sources, SETTINGS, sought=sought, left_out=left)), left


def refusal(*sources: Path | Upload, sought: Sought = SOUGHT) -> str:
    with pytest.raises(HotspotsError) as caught:
        read(*sources, sought=sought)
    return str(caught.value)


def lines(mark: str, *rows: list[str]) -> str:
    return "".join(mark.join(row) + "\r\n" for row in rows)


def book(sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = (), merged: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    whole = xlsxwriter.Workbook(out, {"in_memory": True})
    for title, rows in sheets.items():
        sheet = whole.add_worksheet(title)
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
        for cells in merged:
            sheet.merge_range(cells, rows[int(cells[1]) - 1][ord(cells[0]) - ord("A")])
        if title in hidden:
            sheet.hide()
    whole.close()
    return out.getvalue()


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("above", "row"),
    [
        ([["Crime export"], ["Run 01/06/2026"], []], 4),
        ([["Crime, by month; West"], []], 3),
        ([[""], ["Filter", "Violence"]], 3),
    ],
)
def test_titles_above_the_header_are_passed_over_and_said(mark: str, above: list[list[str]], row: int):
    (raw,), _ = read(("x.csv", lines(mark, *above, HEADER, ROW, ROW).encode()))
    assert raw.table.column_names == HEADER
    assert raw.table["REF"].to_pylist() == ["a1", "a1"]
    assert raw.row_numbers().tolist() == [row + 1, row + 2]
    assert raw.bad_rows == []
    assert raw.notes[0].startswith(f"The header was found in row {row}: ")


def test_a_title_is_told_by_its_shape_where_no_names_are_sought():
    text = "Crime export\n\nid;when;where\n1;2;3\n4;5;6\n"
    (raw,), _ = read(("x.csv", text.encode()), sought=Sought())
    assert (raw.table.column_names, raw.row_numbers().tolist()) == (["id", "when", "where"], [4, 5])


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1,2,3\n",
        "REF,FROM\n1,2\n",
        "a\n1\n2\n",
        "a,,\n1,2,3\n4,5,6\n",  # a header with blanks above figures is a header still
        "x,y,z\nREF,1,1\n",
    ],
)
def test_a_header_in_the_first_row_stays_there(text: str):
    (raw,), _ = read(("x.csv", text.encode()))
    assert (raw.first_row, raw.notes) == (2, ())
    assert raw.table.column_names[0] == text.split(",")[0].split("\n")[0]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", ["", '"'])
def test_the_line_that_tells_excel_what_parts_the_values_is_no_row(mark: str, quoted: str):
    text = f"{quoted}sep={mark}{quoted}\r\n" + lines(mark, HEADER, ROW)
    for sought in (SOUGHT, Sought()):
        (raw,), _ = read(("x.csv", text.encode()), sought=sought)
        assert (raw.table.column_names, raw.row_numbers().tolist(), raw.notes) == (HEADER, [3], ())


@pytest.mark.parametrize("odd", ["sep=é", "sep=", "sep=ab", 'sep="'])
def test_a_line_that_tells_nothing_is_a_title(odd: str):
    (raw,), _ = read(("x.csv", f"{odd}\r\n{lines(',', HEADER, ROW)}".encode()))
    assert (raw.table.column_names, raw.row_numbers().tolist()) == (HEADER, [3])


@pytest.mark.parametrize("total", ["Total,4", "Grand total,,,,8", "TOTAL: 2 records", "Sum,,,9,", "Total,4\n,,,,\n"])
def test_a_total_below_the_table_is_no_record(total: str):
    (raw,), _ = read(("x.csv", (lines(",", HEADER, ROW, ROW) + total + "\n").encode()))
    assert (len(raw.table), raw.bad_rows) == (2, [])
    assert raw.notes == ("The last row is a total and was left out",)


@pytest.mark.parametrize("last", ["Total,1,2,3,4", "Totality,1,,,", "a1,Total,,,"])
def test_a_full_row_or_another_word_is_no_total(last: str):
    (raw,), _ = read(("x.csv", (lines(",", HEADER, ROW) + last + "\n").encode()))
    assert (len(raw.table), raw.notes) == (2, ())


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be"])
def test_unicode_text_of_excel_and_sql_server_is_read(coding: str):
    mark = b"\xfe\xff" if coding == "utf-16-be" else b""
    (raw,), _ = read(("x.txt", mark + lines("\t", HEADER, [*ROW[:-1], "é"]).encode(coding)))
    assert (raw.table["N"].to_pylist(), raw.encoding) == (["é"], "UTF-16")


@pytest.mark.parametrize("ending", [".csv.gz", ".tsv.gz", ".CSV.GZ", ".tab", ".txt", ".TSV"])
def test_text_under_any_of_its_endings_is_the_same_table(ending: str):
    text = lines("\t" if "t" in ending.lower()[:3] else ",", HEADER, ROW).encode()
    (raw,), _ = read((f"x{ending}", gzip.compress(text) if ending.lower().endswith("gz") else text))
    assert (raw.table.column_names, raw.table["REF"].to_pylist()) == (HEADER, ["a1"])


def test_a_packed_file_that_is_damaged_or_grows_too_far_is_refused():
    assert "damaged" in refusal(("x.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-9]))
    assert "unpack it and give what it holds" in refusal(("x.csv.gz", b"no gzip"))
    assert "grows more than 200 times" in refusal(("x.csv.gz", gzip.compress(b"0" * 60_000_000)))
    with pytest.raises(HotspotsError, match="unpacks to more than 1 MB"):
        list(read_tables([("x.csv.gz", gzip.compress(b"a,b\n1,2\n" * 200_000))], Settings(unzipped_max_mb=1)))


# ---------------------------------------------------------------- workbooks


def test_sheets_with_the_same_columns_are_joined_and_the_others_named():
    sheets = {
        "Cover": [["Crime export"], ["Run by", "An Analyst"]],
        "May": [HEADER, ROW],
        "June": [["June 2026"], [], ["Notes", *HEADER], ["x", *ROW], ["x", *ROW]],
        "Codes": [["code", "meaning"], ["034/02", "Robbery"]],
        "Short": [HEADER[:-1], ROW[:-1]],
        "July": [HEADER],
        "Old": [HEADER, ROW],
    }
    tables, _ = read(("x.xlsx", book(sheets, hidden=("Old",))))
    assert [(t.name, len(t.table), t.row_numbers().tolist()) for t in tables] == [
        ("x.xlsx › May", 1, [2]), ("x.xlsx › June", 2, [4, 5]),
    ]  # fmt: skip
    assert tables[0].notes == (
        "Left out, sheets: 'Cover' (other columns), 'Codes' (other columns), 'Short' (it lacks 'N'), 'Old' (hidden),"
        " 'July' (a header without rows)",
    )
    assert tables[1].notes == ("The header was found in row 3: the row above it was passed over",)
    assert len({t.sha256 for t in tables}) == 2


def test_a_workbook_with_one_sheet_goes_by_its_own_name():
    (raw,), _ = read(("x.xlsx", book({"Sheet1": [HEADER, ROW, ["Total", None, None, 4]]})))
    assert (raw.name, raw.notes) == ("x.xlsx", ("The last row is a total and was left out",))


def test_a_sheet_of_other_columns_is_the_one_that_is_complained_of():
    (raw,), _ = read(("x.xlsx", book({"A": [["title"]], "B": [["x", "y", "z"], [1, 2, 3]]})))
    assert (raw.name, raw.table.column_names) == ("x.xlsx › B", ["x", "y", "z"])
    assert "'A' (other columns)" in raw.notes[0]


def test_hidden_sheets_are_named_where_no_other_has_data():
    assert "'May' are hidden: unhide" in refusal(("x.xlsx", book({"A": [], "May": [HEADER, ROW]}, hidden=("May",))))


def test_hidden_data_beside_an_empty_table_is_named():
    said = refusal(("x.xlsx", book({"A": [HEADER], "May": [HEADER, ROW]}, hidden=("May",))))
    assert "has a header but no rows" in said
    assert "Left out, a sheet: 'May' (hidden)" in said


def test_a_header_of_two_rows_with_merged_cells_is_one():
    rows: list[list[object]] = [["REF", "WHEN", None, "E", "N"], [None, "FROM", "TO", None, None], list(ROW)]
    (raw,), _ = read(("x.xlsx", book({"S": rows}, merged=("A1:A2", "B1:C1", "D1:D2", "E1:E2"))))
    assert (raw.table.column_names, raw.row_numbers().tolist()) == (HEADER, [3])


def test_blank_rows_of_a_merged_cell_are_told():
    rows: list[list[object]] = [HEADER, list(ROW), [None, *ROW[1:]], [None, *ROW[1:]]]
    (raw,), _ = read(("x.xlsx", book({"S": rows}, merged=("A2:A4",))))
    assert raw.merged == {"REF": {3: 2, 4: 2}}


# ---------------------------------------------------------------- folders and archives


def zip_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


GOOD = lines(",", HEADER, ROW).encode()
STRAYS = {
    "LICENCE.txt": b"Open Government Licence\n\nYou are free to copy, publish\n",
    "codes.tab": b"code\tmeaning\n1\tx\n",
    "inner.zip": zip_of({"a.csv": GOOD}),
    "old.xls": b"\xd0\xcf\x11\xe0" + b"\0" * 99,
    "settings.json": b'{"a": [1, 2]}',
    "photo.jpg": b"\xff\xd8\xff",
}


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_no_table_stops_nothing_and_is_named(tmp_path: Path, packed: bool):
    members = {"may.csv": GOOD, **STRAYS}
    for name, data in members.items():
        (tmp_path / name).write_bytes(data)
    tables, left = read(("x.zip", zip_of(members)) if packed else tmp_path)
    opened = [] if packed else ["inner.zip › a.csv"]  # an archive in a folder is opened, one in an archive is not
    assert [t.name.removeprefix("x.zip › ") for t in tables] == [*opened, "may.csv"]
    told = " ".join(left_out_words(left))
    assert all(name in told for name in STRAYS if packed or name != "inner.zip")
    assert not left_out_words([])


def test_a_given_file_is_never_left_out_in_silence():
    for name in ("old.xls", "settings.json", "photo.jpg"):
        assert name in refusal((name, STRAYS[name]))
    assert "is no table with the columns looked for" in refusal(("x.zip", zip_of({"LICENCE.txt": b"a b\nc d\n"})))
    left: list[str] = []
    with pytest.raises(HotspotsError, match="LICENCE"):
        list(each_table([("x.zip", zip_of({"LICENCE.txt": b"a b\nc d\n"}))], SETTINGS, left, SOUGHT))


def test_one_list_of_kinds():
    assert ending_of("a/b.x/July.CSV.GZ") == ".csv.gz"
    assert [ending_of(n) for n in ("a.b/c", "x.xlsx", ".gz", "x.gz")] == ["", ".xlsx", ".gz", ".gz"]
    assert {".csv", ".tab", ".csv.gz", ".xls", ".ods", ".xlsb", ".parquet"} <= set(endings("police-uk"))
    assert ".gpx" in endings("pings")
    assert ".gpx" not in endings("incidents")
    assert {"csv", "gz", "xls", "geojson", "zip"} <= set(upload_types("incidents"))


# ---------------------------------------------------------------- workbooks of other makes

CELLS: old_workbooks.Rows = [HEADER, ["a1", "2026-05-01 10:00", None, 354000.0, 429500.0], ["a2", "x", None, 1.5, 2.0]]
MAKES = {
    "x.xls": old_workbooks.xls({"S": CELLS}),
    "x.xlsb": old_workbooks.xlsb(CELLS),
    "x.ods": old_workbooks.ods({"S": old_workbooks.open_rows(CELLS)}),
    "x.xlsx": old_workbooks.xls({"S": CELLS}),  # a wrong ending does no harm
}


@pytest.mark.parametrize("name", MAKES)
def test_a_workbook_of_any_make_is_the_same_table(name: str):
    (raw,), _ = read((name, MAKES[name]))
    assert raw.table.to_pylist() == [
        {"REF": "a1", "FROM": "2026-05-01 10:00", "TO": None, "E": "354000", "N": "429500"},
        {"REF": "a2", "FROM": "x", "TO": None, "E": "1.5", "N": "2"},
    ]
    assert raw.row_numbers().tolist() == [2, 3]


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_workbook_cut_short_is_refused_in_a_sentence(name: str, share: float):
    assert refusal((name, MAKES[name][: int(share * len(MAKES[name]))])).startswith("x.")


def test_sheets_of_an_old_workbook_are_joined_too():
    tables, _ = read(("x.xls", old_workbooks.xls({"May": CELLS, "June": CELLS, "Old": CELLS}, hidden=("Old",))))
    assert [t.name for t in tables] == ["x.xls › May", "x.xls › June"]
    assert tables[0].notes == ("Left out, a sheet: 'Old' (hidden)",)


WIDE = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
ONE = (
    '<table:table-cell office:value-type="string" table:number-columns-repeated="{}"><text:p>x</text:p>'
    "</table:table-cell>"
)
FAR = WIDE.format(900_000, "<table:table-cell/>") + WIDE.format(1, ONE.format(99))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.xls", old_workbooks.xls({"S": CELLS}, span=(4_000_000_000, 60_000))),
        ("x.xlsb", old_workbooks.xlsb([[*["REF", "E"], *[None] * 9_000, "N"], ["a"]], row_of_last=1_048_575)),
        ("x.ods", old_workbooks.ods({"S": WIDE.format(1_048_576, ONE.format(16_384))})),
        (
            "x.ods",
            old_workbooks.ods({"S": FAR}),
        ),
    ],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_opened(name: str, data: bytes):
    said = refusal((name, data))
    assert "too many to read" in said or "so far apart that it would fill the memory" in said


def test_empty_rows_and_cells_at_the_end_of_a_sheet_take_no_place():
    empty = WIDE.format(1_048_000, '<table:table-cell table:number-columns-repeated="16384"/>')
    (raw,), _ = read(("x.ods", old_workbooks.ods({"S": old_workbooks.open_rows(CELLS) + empty})))
    assert len(raw.table) == 2


def test_a_web_page_or_a_text_under_the_ending_of_an_old_workbook():
    assert "is a web page or XML" in refusal(("x.xls", b"<html><table><tr><td>REF</td></tr></table></html>"))
    (raw,), _ = read(("x.xls", lines("\t", HEADER, ROW).encode()))
    assert raw.table.column_names == HEADER
