"""Tables out: text, outlines and workbooks that hold the same figures as the page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from hotspots.base.writing import in_one, is_empty, plain, rows_of, to_csv, to_json


def as_text(
    table: pd.DataFrame,
    wanted: str,
    about: dict[str, Any] | None = None,
    shapes: Callable[[], pd.DataFrame] | None = None,
) -> str:
    """The table as csv, json or geojson. ``shapes``: makes the table that GeoJSON shows, where it is another one."""
    if wanted == "geojson":
        return to_geojson(shapes() if shapes else table, about)
    return to_csv(table) if wanted == "csv" else to_json(table, about)


def to_geojson(table: pd.DataFrame, about: dict[str, Any] | None = None) -> str:
    """A feature per row with every column as a property, WGS84: its ``cells`` as one outline, else its ``cell``."""
    import shapely

    from hotspots import areas, geography

    if "cells" in table:
        shapes = [areas.outline(cells) for cells in table["cells"]]
    else:
        shapes = [*geography.cell_polygons([geography.cell_from_hex(cell) for cell in table["cell"]])]
    rounded = [shapely.transform(shape, lambda xy: xy.round(6)) for shape in shapes]
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": row}
        for shape, row in zip(rounded, rows_of(table), strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "about": about or {}, "features": features}, ensure_ascii=False)


def to_xlsx(sheets: Mapping[str, pd.DataFrame | Mapping[str, Any]]) -> bytes:
    """A workbook: a sheet per table, and one per set of facts, in this order.

    Text is stored as text, never as a formula or a link. The same sheets make the same bytes.
    """
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True})
    for name, content in sheets.items():
        sheet = book.add_worksheet(name)
        if isinstance(content, pd.DataFrame):
            write_table(sheet, content, bold)
        else:
            write_facts(sheet, content, bold)
    book.close()
    return out.getvalue()


def write_table(sheet: Any, table: pd.DataFrame, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for j, name in enumerate(table.columns):
        sheet.write_string(0, j, str(name), bold)
        for i, value in enumerate(table[name].tolist(), 1):
            write_cell(sheet, i, j, value)
    sheet.set_column(0, max(len(table.columns) - 1, 0), 16)


def write_cell(sheet: Any, i: int, j: int, value: object) -> None:
    if is_empty(value):
        return
    value = in_one(plain(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(i, j, value)
    else:
        sheet.write_string(i, j, str(value))


def write_facts(sheet: Any, facts: Mapping[str, Any], bold: Any) -> None:
    """A line per fact, and one per sentence of a list; what has parts as JSON."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    lines = [(name, text) for name, v in facts.items() for text in (v if isinstance(v, (list, tuple)) else [v])]
    for row, (name, text) in enumerate(lines):
        sheet.write_string(row, 0, str(name), bold)
        sheet.write_string(row, 1, json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else str(text))


def file_name(*parts: object, synthetic: bool) -> str:
    """'synthetic-change-south-2025-11-01-2026-10-31', without its ending."""
    return ("synthetic-" if synthetic else "") + "-".join(map(str, parts)).lower()
