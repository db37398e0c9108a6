"""Workbooks that no library here writes, as small as they can be: .xls, .xlsb and .ods of texts and numbers."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

Cell = str | float | None
Rows = Sequence[Sequence[Cell]]
SECTOR = 512
_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(sheets: dict[str, Rows], hidden: Sequence[str] = (), span: tuple[int, int] | None = None) -> bytes:
    """BIFF8 in a compound file. ``span``: rows and columns that each sheet says it has."""
    bodies = [_old_sheet(rows, span) for rows in sheets.values()]
    names = [struct.pack("<BB", len(t), 0) + t.encode("latin-1") for t in sheets]
    start = len(_record(0x0809, bytes(16))) + sum(len(_record(0x0085, bytes(6) + n)) for n in names) + 4
    globals_, at = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 1997, 0, 0)), start
    for title, name, body in zip(sheets, names, bodies, strict=True):
        globals_ += _record(0x0085, struct.pack("<IBB", at, title in hidden, 0) + name)
        at += len(body)
    return _compound(globals_ + _record(0x000A, b"") + b"".join(bodies))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _old_sheet(rows: Rows, span: tuple[int, int] | None) -> bytes:
    tall, wide = span or (len(rows), max(map(len, rows), default=0))
    out = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0))
    out += _record(0x0200, struct.pack("<IIHHH", 0, tall, 0, wide, 0))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                content = struct.pack("<HB", len(cell), 0) + cell.encode("latin-1")
                out += _record(0x0204, struct.pack("<HHH", r, c, 0) + content)
            elif cell is not None:
                out += _record(0x0203, struct.pack("<HHHd", r, c, 0, cell))
    return out + _record(0x000A, b"")


def _compound(stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")  # shorter ones would stand in another place
    n = -(-len(stream) // SECTOR)
    entry = "<64sHBBIII16sIQQIII"
    root = struct.pack(entry, _name("Root Entry"), 22, 5, 1, _NONE, _NONE, 1, bytes(16), 0, 0, 0, _END, 0, 0)
    book = struct.pack(
        entry, _name("Workbook"), 18, 2, 1, _NONE, _NONE, _NONE, bytes(16), 0, 0, 0, 2, len(stream), 0
    )  # fmt: skip
    table = [_FAT, _END, *range(3, n + 2), _END]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_NONE] * 108)
    fat = struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff")
    return header + fat + (root + book).ljust(SECTOR, b"\0") + stream.ljust(n * SECTOR, b"\0")


def _name(text: str) -> bytes:
    return text.encode("utf-16-le").ljust(64, b"\0")


def xlsb(rows: Rows, row_of_last: int | None = None) -> bytes:
    """One sheet; ``row_of_last``: where its last row stands, counted from 0."""
    last = len(rows) - 1 if row_of_last is None else row_of_last
    span = struct.pack("<4I", 0, last, 0, max(map(len, rows)) - 1)
    sheet = _short(129) + _short(148, span) + _short(145)
    for r, row in enumerate(rows):
        at = last if r == len(rows) - 1 else r
        sheet += _short(0, struct.pack("<IIHHB", at, 0, 300, 0, 0) + bytes(4))
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                text = struct.pack("<I", len(cell)) + cell.encode("utf-16-le")
                sheet += _short(6, struct.pack("<II", c, 0) + text)
            elif cell is not None:
                sheet += _short(5, struct.pack("<IId", c, 0, cell))
    sheet += _short(146) + _short(130)
    text = [struct.pack("<I", len(t)) + t.encode("utf-16-le") for t in ("rId1", "Sheet1")]
    book = (
        _short(131) + _short(143) + _short(156, struct.pack("<II", 0, 1) + b"".join(text)) + _short(144) + _short(132)
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    link = '<Relationship Id="rId1" Type="{}" Target="{}"/>'
    return _zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": links.format(link.format(f"{kind}/officeDocument", "xl/workbook.bin")),
            "xl/_rels/workbook.bin.rels": links.format(link.format(f"{kind}/worksheet", "worksheets/sheet1.bin")),
            "xl/workbook.bin": book,
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _short(kind: int, content: bytes = b"") -> bytes:
    """A record of an .xlsb: its kind and length in seven bits a byte."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    return head + (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + content


def ods(sheets: dict[str, str]) -> bytes:
    """A workbook of sheets given as rows of XML, such as those of `open_rows`."""
    spaces = " ".join(f'xmlns:{s}="urn:oasis:names:tc:opendocument:xmlns:{s}:1.0"' for s in ("office", "table", "text"))
    body = "".join(f'<table:table table:name="{title}">{rows}</table:table>' for title, rows in sheets.items())
    return _zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f"<office:document-content {spaces}><office:body><office:spreadsheet>{body}"
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def open_rows(rows: Rows) -> str:
    """Rows of a sheet of an .ods."""

    def cell(value: Cell) -> str:
        if value is None:
            return "<table:table-cell/>"
        kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    return "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)


def _zipped(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()
