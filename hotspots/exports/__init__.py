"""Tables out: workbooks and GeoJSON that hold the same figures as the page. Workbooks store text as text."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.writing import is_empty, plain, to_csv, to_json


def to_geojson(table: pd.DataFrame, about: dict[str, Any] | None = None) -> str:
    """Each cell as a polygon (WGS84, the H3 cell's own outline) with every column as a property."""
    from hotspots import geography

    cells = np.array([geography.cell_from_hex(c) for c in table["cell"]], dtype=np.int64)
    features = []
    for polygon, row in zip(geography.cell_polygons(cells), table.itertuples(index=False), strict=True):
        ring = [[round(x, 6), round(y, 6)] for x, y in polygon.exterior.coords]
        properties = {c: None if is_empty(v) else plain(v) for c, v in zip(table.columns, row, strict=True)}
        features.append(
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}
        )
    return json.dumps({"type": "FeatureCollection", "about": about or {}, "features": features}, ensure_ascii=False)


def to_xlsx(table: pd.DataFrame, about: dict[str, Any] | None = None) -> bytes:
    """A workbook: the table, and a second sheet that says what it is. Text is stored as text, never as a formula."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1)})  # the same table makes the same bytes
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("Table")
    sheet.freeze_panes(1, 0)
    for j, name in enumerate(table.columns):
        sheet.write_string(0, j, str(name), bold)
        for i, value in enumerate(table[name].tolist(), 1):
            write_cell(sheet, i, j, value)
    sheet.set_column(0, max(len(table.columns) - 1, 0), 16)
    notes = book.add_worksheet("About")
    notes.set_column(0, 0, 24)
    notes.set_column(1, 1, 110)
    row = 0
    for name, value in (about or {}).items():
        for text in value if isinstance(value, (list, tuple)) else [value]:
            notes.write_string(row, 0, str(name), bold)
            notes.write_string(row, 1, str(text))
            row += 1
    book.close()
    return out.getvalue()


def write_cell(sheet: Any, i: int, j: int, value: object) -> None:
    if is_empty(value):
        return
    value = plain(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(i, j, value)
    else:
        sheet.write_string(i, j, str(value))


def as_text(table: pd.DataFrame, wanted: str, about: dict[str, Any] | None = None) -> str:
    """The table as csv, json or geojson."""
    if wanted == "csv":
        return to_csv(table)
    return {"json": to_json, "geojson": to_geojson}[wanted](table, about)
