"""What happens to files: each function changes one thing, drawn from a random source, and nothing else.

Cells and headers of tables, the way a table is written, values in JSON and TOML, parts of archives, and plain bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.seeds import Rows

# ruff: noqa: E501  # tables of values
WORDS = (
    "", " ", "NA", "N/A", "nan", "NaN", "NULL", "None", "-", "--", "#N/A", "#REF!", "Unknown", "0", "-1", "1", "2", "1e308", "1e999",
    "inf", "-inf", "99999999999999999999", "1.5", "1,5", "354,000", "-2,70", "53.759", "-2.699", "0.0", "true", "Y",
    "SD 540 295", "53°45'33\"N", "31/02/2026", "2026-02-30", "12/13/2026", "13/12/2026 21:30", "2026-05-12",
    "2026-05-12 24:00", "2026-05-12T20:30:00Z", "2026/05/12 20:30:00+00", "12 May 2026 9pm", "46309.583333", "46309", "1778617800",
    "1778617800000", "00:00", "2130", "130", "5", "14:30-14:45", "15 min", "1h", "23:59:60", "01/01/1900 00:00",
    "31/12/9999 00:00", "1066-10-14 00:00", "2 PC", "1 Sgt 2 PC", "Two", "A & B", "=1+1", "@SUM(A1)", "<script>x</script>",
    "](javascript:x)", "\x00", "\x1b[31m", "\u202e", "\ufeff", "é", "😀", "\n", "a\nb", '"', "'", ",", ";", "\t", "x" * 5_000,
    "Lancashire Police", " Lancashire Constabulary ", "Total", "Violent crime", "2024-13", "2024-4", "Apr-24",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -1e308, float("nan"), float("inf"), 10**30, "", "x", "\x00", [], {}, [[]],
    [None], [1, 2], [[1e9, 1e9]], {"type": "Point"}, "Point", "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
TOML_VALUES = (
    '""', "1", "-1.5", "true", "[]", "{}", '["x"]', '[1]', '[["x"]]', "1979-05-27", '"\\u0000"', '"%d%m%Y"', '["%H%M"]', '["%q"]',
    '"Europe/Nowhere"', '"FROM"', "nan", "'''x", '"' + "y" * 300 + '"', '["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]',
)  # fmt: skip
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1")
SEPARATORS = (",", ";", "\t", "|", ":", " ")
ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xls", ".ods", ".parquet", ".zip", ".gz", ".csv.gz", ".geojson", ".gpx",
           ".json", ".CSV", "")  # fmt: skip
Change = Callable[[Random, Rows], None]


def word(draw: Random) -> str:
    return draw.choice(WORDS)


def at(draw: Random, rows: Rows) -> tuple[int, int]:
    """A row below the header, and a column of it."""
    row = draw.randrange(1, len(rows)) if len(rows) > 1 else 0
    return row, draw.randrange(len(rows[row])) if rows[row] else 0


def a_cell(draw: Random, rows: Rows) -> None:
    row, column = at(draw, rows)
    if rows[row]:
        rows[row][column] = word(draw)


def a_column(draw: Random, rows: Rows) -> None:
    column, text = at(draw, rows)[1], word(draw)
    for row in rows[1:]:
        if column < len(row):
            row[column] = text if draw.random() < 0.9 else word(draw)


def a_header(draw: Random, rows: Rows) -> None:
    if rows[0]:
        rows[0][draw.randrange(len(rows[0]))] = draw.choice((word(draw), rows[0][-1], rows[0][0].lower()))


def columns_exchanged(draw: Random, rows: Rows) -> None:
    if not rows[0]:
        return
    a, b = draw.randrange(len(rows[0])), draw.randrange(len(rows[0]))
    for row in rows[draw.randrange(2) :]:
        if max(a, b) < len(row):
            row[a], row[b] = row[b], row[a]


def a_column_gone(draw: Random, rows: Rows) -> None:
    column = draw.randrange(max(len(rows[0]), 1))
    for row in rows:
        del row[column : column + 1]


def a_row_gone(draw: Random, rows: Rows) -> None:
    del rows[draw.randrange(len(rows))]
    if not rows:
        rows.append([])


def a_row_again(draw: Random, rows: Rows) -> None:
    row = list(draw.choice(rows))
    rows[draw.randrange(len(rows) + 1) : 0] = [list(row) for _ in range(draw.choice((1, 1, 3, 200)))]


def a_line_between(draw: Random, rows: Rows) -> None:
    line = draw.choice(([], [""], ["Violence export May 2026"], ["sep=;"], ["Total", "9"], ["", ""], ["Page 1 of 2"]))
    rows.insert(draw.choice((0, 0, len(rows), draw.randrange(len(rows) + 1))), list(line))


def a_short_row(draw: Random, rows: Rows) -> None:
    row = draw.choice(rows)
    if draw.random() < 0.5:
        del row[draw.randrange(len(row) + 1) :]
    else:
        row.extend(word(draw) for _ in range(draw.choice((1, 2, 40))))


def numbers_changed(draw: Random, rows: Rows) -> None:
    """Every number of a column moved, scaled or written otherwise."""
    column = at(draw, rows)[1]
    how = draw.choice((lambda x: -x, lambda x: x * 10, lambda x: x / 100, lambda x: round(x), lambda x: round(x, 2)))
    for row in rows[1:]:
        if column < len(row) and re.fullmatch(r"-?\d+(\.\d+)?", row[column]):
            text = f"{how(float(row[column])):.10g}"
            row[column] = text.replace(".", draw.choice((".", ".", ",")))


CELLS: tuple[Change, ...] = (
    a_cell, a_cell, a_cell, a_column, a_column, a_header, columns_exchanged, a_column_gone, a_row_gone, a_row_again,
    a_line_between, a_short_row, numbers_changed,
)  # fmt: skip


def written(draw: Random, rows: Rows, name: str) -> tuple[str, bytes]:
    """The table as a file: mostly a plain CSV, now and then in another way or of another kind."""
    stem = name.rsplit(".", 1)[0]
    kind = draw.random()
    if kind < 0.55:
        return name, as_csv(draw, rows)
    if kind < 0.72:
        return f"{stem}.xlsx", as_workbook(draw, rows)
    if kind < 0.80:
        return f"{stem}.parquet", as_parquet(draw, rows)
    if kind < 0.85:
        return f"{stem}.csv.gz", gzip.compress(as_csv(draw, rows), 1)
    return f"{stem}.zip", as_zip(
        draw,
        [
            (name, as_csv(draw, rows)),
            (draw.choice(("LICENCE.txt", "b.csv", "x.xls", "in.zip")), word(draw).encode("utf-8", "replace")),
        ],
    )


def as_csv(draw: Random, rows: Rows) -> bytes:
    plain = draw.random() < 0.75
    out = io.StringIO(newline="")
    csv.writer(
        out, delimiter="," if plain else draw.choice(SEPARATORS), lineterminator="\n" if plain else draw.choice(("\r\n", "\r", "\n")),
        quoting=csv.QUOTE_MINIMAL if plain else draw.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
    ).writerows(rows)  # fmt: skip
    return out.getvalue().encode("utf-8" if plain else draw.choice(ENCODINGS), "replace")


def typed(draw: Random, text: str) -> Any:
    """What a spreadsheet makes of a text: a number, a date, true or false, or the text."""
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", text) and draw.random() < 0.7:
        return float(text) if "." in text else int(text)
    kind = draw.random()
    if kind < 0.03:
        return datetime(2026, 5, 12, 21, 30) + timedelta(days=draw.randrange(-40_000, 400))
    if kind < 0.05:
        return draw.choice((True, None, datetime(1900, 1, 1).time(), 46_154.9, datetime(2026, 5, 12).date()))
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", text)[:30_000]


def as_workbook(draw: Random, rows: Rows) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(draw.choice((0, 0, 0, 1, 2))):
        cover = book.create_sheet("Cover", draw.randrange(2))
        cover.append(["Crime export", "May 2026"])
        cover.sheet_state = draw.choice(("visible", "hidden"))
    for row in rows[:40]:
        sheet.append([typed(draw, text) for text in row])
    if draw.random() < 0.2:
        sheet.merge_cells(start_row=1, start_column=1, end_row=draw.choice((1, 3)), end_column=draw.choice((1, 3)))
    if draw.random() < 0.1:
        sheet.cell(row=draw.choice((900, 1_048_576)), column=draw.choice((3, 16_384)), value="stray")
    out = io.BytesIO()
    book.save(out)
    data = out.getvalue()
    return data if draw.random() < 0.6 else parts_changed(draw, data)


def parts_changed(draw: Random, data: bytes) -> bytes:
    """One part of a workbook changed inside, the container whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {m: archive.read(m) for m in archive.namelist()}
    name = draw.choice(sorted(parts))
    kind = draw.random()
    if kind < 0.4:
        parts[name] = bytes_changed(draw, parts[name])
    elif kind < 0.8:
        number = draw.choice((b"-1", b"0", b"1e999", b"99999999999", b"x", b""))
        parts[name] = re.sub(
            rb'(?<=")\d+(?=")|(?<=>)[\d.]+(?=<)', lambda m: number if draw.random() < 0.1 else m[0], parts[name]
        )
    elif kind < 0.9:
        del parts[name]
    else:
        parts[name] = b""
    return as_zip(draw, list(parts.items()), sound=True)


def as_parquet(draw: Random, rows: Rows) -> bytes:
    header = [f"{name}" if name else f"c{i}" for i, name in enumerate(rows[0])]
    if not header or len(set(header)) < len(header):
        header = [f"c{i}" for i in range(max(len(rows[0]), 1))]
    columns = {name: [row[i] if i < len(row) else None for row in rows[1:]] for i, name in enumerate(header)}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    for name in header:
        if draw.random() < 0.15:
            table = table.set_column(table.column_names.index(name), name, odd_column(draw, len(table)))
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def odd_column(draw: Random, n: int) -> pa.Array:
    moment = datetime(2026, 5, 12, 20, 30)
    value, kind = draw.choice((
        (1, pa.int8()), (2**62, pa.int64()), (2**64 - 1, pa.uint64()), (1.5, pa.float32()), (float("inf"), pa.float64()),
        (float("nan"), pa.float64()), (True, pa.bool_()), (moment, pa.timestamp("ns")), (moment, pa.timestamp("s")),
        (moment.replace(tzinfo=UTC), pa.timestamp("ms", "America/New_York")), (moment.date(), pa.date32()),
        (moment.time(), pa.time64("us")), (timedelta(days=1), pa.duration("s")), (b"\xff", pa.binary()),
        ([1], pa.list_(pa.int8())), ({"a": 1}, pa.struct([("a", pa.int8())])), (None, pa.null()), ("x", pa.large_string()),
        (1_778_617_800, pa.int64()), (1.7786178e12, pa.float64()),
    ))  # fmt: skip
    return pa.array([value if draw.random() < 0.9 else None for _ in range(n)], kind)


def as_zip(draw: Random, members: list[tuple[str, bytes]], sound: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, content in members:
            if not sound and draw.random() < 0.1:
                name = draw.choice(
                    ("../" + name, "/" + name, "a/" + name, "C:" + name, "__MACOSX/._" + name, name + ".zip", ".")
                )
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def bytes_changed(draw: Random, data: bytes) -> bytes:
    if not data:
        return draw.randbytes(8)
    start = draw.randrange(len(data))
    stop = min(len(data), start + draw.choice((1, 1, 2, 8, 64, 4_096)))
    piece = data[start:stop]
    return data[:start] + draw.choice((
        b"", bytes(len(piece)), piece * 3, draw.randbytes(len(piece)), piece[::-1], bytes([piece[0] ^ 1 << draw.randrange(8)]) + piece[1:],
        b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b'"', b"\x00",
    )) + (b"" if draw.random() < 0.1 else data[stop:])  # fmt: skip


def json_changed(draw: Random, data: bytes) -> bytes:
    """One value somewhere in a JSON text is another, or is gone."""
    try:
        whole = json.loads(data)
    except ValueError:
        return bytes_changed(draw, data)
    node = whole
    while isinstance(node, (dict, list)) and node:
        key = draw.choice(sorted(node)) if isinstance(node, dict) else draw.randrange(len(node))
        if not isinstance(node[key], (dict, list)) or not node[key] or draw.random() < 0.25:
            if draw.random() < 0.2:
                del node[key]
            else:
                node[key] = draw.choice(VALUES)
            break
        node = node[key]
    return json.dumps(whole).encode("utf-8", "replace")


def xml_changed(draw: Random, data: bytes) -> bytes:
    """One value or name of an XML text is another."""
    places = [m.span() for m in re.finditer(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)|(?<=<)/?\w+', data)]
    if not places:
        return bytes_changed(draw, data)
    start, stop = draw.choice(places)
    new = draw.choice(
        (word(draw).encode("utf-8", "replace"), b"<!DOCTYPE x [<!ENTITY a 'b'>]>&a;", b"trk", b"wpt", b"", b"&#0;")
    )
    return data[:start] + new + data[stop:]


def toml_changed(draw: Random, text: str) -> str:
    """One line of a mapping is another, or is gone, or stands twice."""
    lines = text.splitlines()
    i = draw.randrange(len(lines))
    key = lines[i].partition("=")[0].strip()
    lines[i] = draw.choice((
        "", lines[i] + "\n" + lines[i], f"{key or 'x'} = {draw.choice(TOML_VALUES)}", f'{key or "x"} = ["FROM", "TO"]',
        f'{draw.choice(("easting", "time", "unit", "x", "offence"))} = "FROM"', "[columns]", "[[offence]]", word(draw),
    ))  # fmt: skip
    return "\n".join(lines)
