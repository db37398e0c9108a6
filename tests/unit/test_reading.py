"""Opening CSV, Excel, Parquet, zips and folders; hostile ones are refused in a sentence."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.files import Upload, each_table, read_tables
from hotspots.sources.kinds import Sought
from hotspots.sources.raw import RawTable
from hotspots.sources.reading import read_tables_of

SETTINGS = Settings()


def read(*sources: Path | Upload, settings: Settings = SETTINGS) -> list[RawTable]:
    return list(read_tables(sources, settings))


def csv_of(data: bytes | str) -> RawTable:
    return read(("x.csv", data if isinstance(data, bytes) else data.encode()))[0]


def refusal(*sources: Path | Upload, settings: Settings = SETTINGS) -> str:
    with pytest.raises(HotspotsError) as caught:
        read(*sources, settings=settings)
    return str(caught.value)


def zip_of(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


# ---------------------------------------------------------------- CSV


def test_every_column_is_text_as_printed_and_empty_is_null():
    raw = csv_of('id,n,t\n007, 1.50 ,NULL\n"",nan,"a, b"\n')
    assert raw.table.schema.types == [pa.string()] * 3
    assert raw.table.to_pylist() == [{"id": "007", "n": " 1.50 ", "t": "NULL"}, {"id": None, "n": "nan", "t": "a, b"}]
    assert (raw.name, raw.first_row, raw.bad_rows, raw.encoding) == ("x.csv", 2, [], "UTF-8")


def test_ragged_and_blank_rows_keep_the_row_numbers_of_the_others():
    raw = csv_of('\ufeffa,b\r\n1,2\r\n\r\n3\r\n"x\r\ny",5\r\n6,7,8\r\n9,10\r\n\r\n')
    assert raw.table.to_pydict() == {"a": ["1", "x\r\ny", "9"], "b": ["2", "5", "10"]}
    assert raw.row_numbers().tolist() == [2, 5, 7]
    assert raw.bad_rows == [(4, "3"), (6, "6,7,8")]


def test_ragged_rows_in_a_large_file_are_numbered_although_it_is_read_in_parallel():
    lines = [f"{i},{'x' * 60}" for i in range(2, 60_002)]  # about four blocks; line i is row i
    for row in (17, 30_000, 60_000):
        lines[row - 2] = f"{row}"
    raw = csv_of("a,b\n" + "\n".join(lines) + "\n")
    assert raw.bad_rows == [(17, "17"), (30_000, "30000"), (60_000, "60000")]
    assert raw.row_numbers().tolist() == [int(v) for v in raw.table["a"].to_pylist()]


def test_blank_lines_above_the_header_count_as_rows():
    raw = csv_of("\n\na,b\n1,2\n3\n\n4,5")
    assert (raw.first_row, raw.row_numbers().tolist(), raw.bad_rows) == (4, [4, 7], [(5, "3")])


def test_a_column_of_its_own_may_have_blank_lines():
    raw = csv_of("a\n1\n\n2\n")
    assert (raw.table["a"].to_pylist(), raw.row_numbers().tolist()) == (["1", "2"], [2, 4])


@pytest.mark.parametrize(("mark", "other"), [(";", ","), ("\t", ","), (",", ";")])
def test_the_delimiter_is_that_of_the_header(mark: str, other: str):
    raw = csv_of(f'a{mark}"b{other}{other}{other}"\n1{mark}"2{mark}3"\n')
    assert raw.table.to_pylist() == [{"a": "1", f"b{other * 3}": f"2{mark}3"}]


def test_a_header_with_line_breaks_and_nameless_columns():
    raw = csv_of('" a ","b\nc",,\n1,2,3,4\n')
    assert raw.table.to_pylist() == [{"a": "1", "b\nc": "2", "column 3": "3", "column 4": "4"}]


def test_windows_1252_is_read_and_said_so():
    raw = csv_of("place,n\nCafé £,1\n".encode("cp1252"))
    assert (raw.table["place"].to_pylist(), raw.encoding) == (["Café £"], "Windows-1252")
    assert raw.sha256 == hashlib.sha256("place,n\nCafé £,1\n".encode("cp1252")).hexdigest()


def test_ragged_rows_of_windows_1252_are_kept_as_text():
    assert csv_of("a,b\n1,2\n£\n".encode("cp1252")).bad_rows == [(3, "£")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\n\r\n\n", "nothing but blank lines"),
        (b"a,b", "header but no rows"),
        (b"a,b\n\n\n", "header but no rows"),
        (b"a,b, a\n1,2,3\n", "more than one column called 'a'"),
        (b"a,b\n1\x00,2\n", "zero bytes"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "is a web page or XML"),
        (b"a,b\n1,x,\n2,y,\n", "no row has as many values as the header, which has 2 (row 2 has 3)"),
        (b"a,b\n1,2,3\n4,5,6\n", "no row has as many values as the header, which has 2 (row 2 has 3)"),
        (b"a,b\n1,2\n\x81,3\n", "line 3 holds the byte 0x81"),
        (b"PK\x03\x04rest", "a zip archive or an Excel workbook"),
        (b'a,b\n1,2\n3,"4\n5,6\n7,8\n', "quotation mark opened in row 3 is never closed"),
        (b'a,b\n1,2\n"3,4\n5,6\n7,8\n', "quotation mark opened in row 3 is never closed"),
        (b'a,b\n1,2\n3,"4' + b"\n5,6" * 900_000, "quotation mark opened in row 3 is never closed"),
    ],
)
def test_unusable_csv_is_refused(data: bytes, said: str):
    assert said in refusal(("x.csv", data))


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n3,4\n",
        "a,b\n1,2\n3,4\n".encode("utf-16-le"),
        "a,b\n1,2\n3,4\n".encode("utf-16-be"),
        b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n3,4\n",
        b'"a,b"\n"1,2"\n"3,4"\n',
        b'"a;b"\n"1;2"\n"3;4"\n',
        b"a,b\n1,2,\n3,4,\n",
        b"a,b,,\n1,2,,\n3,4,,\n",
        b"a,b,x,x\n1,2,7,8\n3,4,,\n",
    ],
)
def test_a_table_that_another_program_has_saved_in_its_way_is_the_same_table(data: bytes):
    found = read_tables_of("x.csv", data, SETTINGS, Sought.of("incidents", ["a", "b"]))[0]
    assert found.table.select(["a", "b"]).to_pylist() == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert found.row_numbers().tolist() == [2, 3]


def test_a_column_that_is_looked_for_may_not_stand_twice():
    with pytest.raises(HotspotsError, match="more than one column called 'a'"):
        read_tables_of("x.csv", b"a,b,a\n1,2,3\n", SETTINGS, Sought.of("incidents", ["a", "b"]))


def test_a_stray_quotation_mark_is_not_an_open_one():
    assert csv_of('a,b\n1,6" pipe\n3,"4\n5"\n').table["b"].to_pylist() == ['6" pipe', "4\n5"]


# ---------------------------------------------------------------- Excel, Parquet


def workbook(rows: list[list[object]], blank_sheet_first: bool = True) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.create_sheet("data") if blank_sheet_first else book.active
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_excel_comes_out_as_iso_times_and_whole_numbers():
    rows: list[list[object]] = [
        [],
        ["id", "when", "n", "age", "clock", "flag"],
        ["007", dt.datetime(2025, 5, 24, 21, 40), 1.5, 30.0, dt.time(21, 40), True],
        [],
        [12, dt.date(2025, 5, 24), 354000, None, None, False],
    ]
    raw = read(("x.xlsx", workbook(rows)))[0]
    assert raw.table.to_pylist() == [
        {"id": "007", "when": "2025-05-24 21:40:00", "n": "1.5", "age": "30", "clock": "21:40:00", "flag": "TRUE"},
        {"id": "12", "when": "2025-05-24 00:00:00", "n": "354000", "age": None, "clock": None, "flag": "FALSE"},
    ]
    assert raw.row_numbers().tolist() == [3, 5]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "without a password, as .xlsx or CSV"),
        (b"not excel", "not a zip archive"),
        (zip_of({"a.txt": "x"}), "cannot be read as a workbook"),
    ],
)
def test_unreadable_excel_is_refused(data: bytes, said: str):
    assert said in refusal(("x.xlsx", data))


def test_an_excel_file_without_data_or_cut_short_is_refused():
    assert "no visible sheet with data" in refusal(("x.xlsx", workbook([])))
    assert "header but no rows" in refusal(("x.xlsx", workbook([["a", "b"]])))
    assert "cut short" in refusal(("x.xlsx", workbook([["a"], [1]])[:-200]))


def test_a_stray_cell_far_away_is_refused_before_the_memory_is_filled():
    data = workbook([["a", "b"], [1, 2]], blank_sheet_first=False)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = content.replace(
                    b"</sheetData>", b'<row r="9"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            new.writestr(name, content)
    assert "1,048,576 rows and 16,384 columns" in refusal(("x.xlsx", out.getvalue()))


def parquet_of(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_parquet_columns_come_out_as_they_would_be_printed():
    table = pa.table(
        {
            "id": pa.array(["a", ""]),
            "n": pa.array([123456789012.0, 0.5]),
            "i": pa.array([7, None]),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "t": pa.array([dt.datetime(2025, 5, 24, 21, 40, 59, 999), None], pa.timestamp("us")),
            "z": pa.array([dt.datetime(2025, 5, 24, 21, 40)] * 2, pa.timestamp("us", "Europe/London")),
            "d": pa.array([dt.date(2025, 5, 24)] * 2),
            "f": pa.array([True, None]),
        }
    )
    assert read(("x.parquet", parquet_of(table)))[0].table.to_pylist() == [
        {
            "id": "a",
            "n": "123456789012",
            "i": "7",
            "kind": "x",
            "t": "2025-05-24 21:40:59",
            "z": "2025-05-24 21:40:00Z",  # pyarrow takes a datetime without a zone for UTC
            "d": "2025-05-24 00:00:00",
            "f": "TRUE",
        },
        {
            "id": None,
            "n": "0.5",
            "i": None,
            "kind": "y",
            "t": None,
            "z": "2025-05-24 21:40:00Z",
            "d": "2025-05-24 00:00:00",
            "f": None,
        },
    ]


def test_unusable_parquet_is_refused():
    whole = parquet_of(pa.table({"a": ["1"] * 1000}))
    assert "cut short, damaged" in refusal(("x.parquet", whole[:-100]))
    assert "no rows" in refusal(("x.parquet", parquet_of(pa.table({"a": pa.array([], pa.string())}))))
    assert "column 'a' holds list" in refusal(("x.parquet", parquet_of(pa.table({"a": [[1], [2]]}))))


# ---------------------------------------------------------------- folders and archives


def test_a_folder_is_read_in_order_and_what_is_no_table_is_named(tmp_path: Path):
    (tmp_path / "2022-08").mkdir()
    (tmp_path / "2022-08" / "b.csv").write_text("a\n2\n")
    (tmp_path / "a.csv").write_text("a\n3\n")
    (tmp_path / "2022-07.zip").write_bytes(
        zip_of({"m/x.csv": "a\n1\n", "inner.zip": zip_of({}), "read me.txt": "a licence"})
    )
    (tmp_path / "notes.docx").write_bytes(b"x")
    (tmp_path / ".hidden.csv").write_text("a\n9\n")
    skipped: list[str] = []
    raws = [raw for raw in each_table([tmp_path], SETTINGS, skipped) if isinstance(raw, RawTable)]
    assert [r.name for r in raws] == ["2022-07.zip › m/x.csv", "2022-08/b.csv", "a.csv"]
    assert [r.table["a"][0].as_py() for r in raws] == ["1", "2", "3"]
    assert skipped == [
        "2022-07.zip › inner.zip (an archive within: unpack it and give what it holds)", "notes.docx",
        "2022-07.zip › read me.txt has a header but no rows",
    ]  # fmt: skip


def test_wanted_chooses_and_refuses_when_nothing_is_left():
    upload = ("x.zip", zip_of({"7/a-street.csv": "a\n1\n", "7/a-outcomes.csv": "a\n2\n"}))
    only = list(read_tables([upload], SETTINGS, lambda name: name.endswith("-street.csv")))
    assert [r.name for r in only] == ["x.zip › 7/a-street.csv"]
    with pytest.raises(HotspotsError, match="None of the 2 tables given is of the kind asked for"):
        list(read_tables([upload], SETTINGS, lambda name: False))


def test_members_are_read_one_at_a_time():
    damaged_later = bytearray(zip_of({"a.csv": "a\n1\n", "b.csv": "a\nneedle\n"}, zipfile.ZIP_STORED))
    at = damaged_later.index(b"needle")
    damaged_later[at : at + 6] = b"hammer"
    tables = read_tables([("x.zip", bytes(damaged_later))], SETTINGS)
    assert next(tables).table["a"].to_pylist() == ["1"]
    with pytest.raises(HotspotsError, match=r"x\.zip › b\.csv is damaged \(its checksum"):
        next(tables)


def test_missing_and_unsuitable_paths(tmp_path: Path):
    assert "does not exist" in refusal(tmp_path / "none.csv")
    assert "holds no table" in refusal(tmp_path)
    assert "is no table that is read here: give CSV" in refusal(("x.pdf", b"x"))
    assert "it is empty" in refusal(("x.zip", zip_of({})))
    assert "holds 'inner.zip'" in refusal(("x.zip", zip_of({"inner.zip": zip_of({"a.csv": "a\n1\n"})})))


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "C:/a.csv", "x/../../a.csv", "x\\..\\..\\a.csv"])
def test_names_that_point_outside_are_refused(name: str):
    info = zipfile.ZipInfo("placeholder")
    info.filename = name  # past the constructor, which would tidy it
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "a\n1\n")
    assert "point outside the archive" in refusal(("x.zip", out.getvalue()))


def test_folders_as_older_windows_tools_write_them_are_folders():
    info = zipfile.ZipInfo("placeholder")
    info.filename = "2026-05\\a.csv"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "a,b\n1,2\n")
    assert [raw.name for raw in read_tables([("x.zip", out.getvalue())], SETTINGS)] == ["x.zip › 2026-05/a.csv"]


def test_cut_short_and_wrong_archives_are_told_apart():
    whole = zip_of({"a.csv": "a\n1\n" * 100})
    assert "table of contents is missing" in refusal(("x.zip", whole[:-30]))
    assert "is empty (0 bytes)" in refusal(("x.zip", b""))
    assert "is not a zip archive" in refusal(("x.zip", b"hello"))


def patched(data: bytes, at_central: int, at_local: int, value: bytes) -> bytes:
    """An archive of one member with a field of both its headers overwritten."""
    changed = bytearray(data)
    central = changed.index(b"PK\x01\x02")
    changed[central + at_central : central + at_central + len(value)] = value
    changed[at_local : at_local + len(value)] = value
    return bytes(changed)


def test_an_encrypted_member_is_refused():
    assert "protected by a password ('a.csv')" in refusal(
        ("x.zip", patched(zip_of({"a.csv": "a\n1\n"}), 8, 6, struct.pack("<H", 1)))
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_member_larger_than_declared_is_refused(method: int):
    data = zip_of({"a.csv": "a\n" + "1\n" * 5_000}, method)
    assert "larger than the 100 bytes" in refusal(("x.zip", patched(data, 24, 22, struct.pack("<I", 100))))


def test_a_member_smaller_than_declared_is_refused():
    data = zip_of({"a.csv": "a\n" + "1\n" * 5_000})
    assert "is cut short: 10,002 of 20,000 bytes" in refusal(
        ("x.zip", patched(data, 24, 22, struct.pack("<I", 20_000)))
    )


def test_a_bomb_is_refused_by_its_declared_growth_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch):
    data = zip_of({"a.csv": b"0" * 51_000_000})
    with monkeypatch.context() as patched_zip:
        patched_zip.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("something was unpacked"))
        assert "grow more than 200 times" in refusal(("x.zip", data))
    assert "first row is no header" in refusal(("x.zip", zip_of({"a.csv": b"0" * 49_000_000})))  # below the line


def test_too_much_and_too_many_and_twice_are_told_at_once():
    small = replace(SETTINGS, zip_max_files=2, unzipped_max_mb=1)
    same_length = zip_of(dict.fromkeys(("a.csv", "b.csv", "c.csv"), b"a\n" + b"1\n" * 200000))
    twice = same_length.replace(b"c.csv", b"a.csv")
    said = refusal(("x.zip", twice), settings=small).splitlines()
    assert [bool(s) for s in said] == [True] * 3
    assert "holds 3 entries; at most 2" in said[0]
    assert "unpacks to 1 MB; at most 1 MB" in said[1]
    assert "holds 'a.csv' more than once" in said[2]


def test_the_police_uk_archive_is_read_whole(shared_data: Path):
    path = shared_data / "police_uk" / "lancashire_2019-12_to_2022-10.zip"
    raws = read(path)
    assert (len(raws), sum(len(r.table) for r in raws)) == (32, 564_082)
    assert not any(r.bad_rows for r in raws)
    assert raws[0].name.endswith(".zip › 2019-12/2019-12-lancashire-street.csv")
