"""Patrol dosage out as CSV, JSON, GeoJSON and a workbook, with the figures of the page.

The workbook's sheets are About, Dosage, Summary, Visits, Hours, Coverage, Shifts and Logs. Units stand nowhere
but in the last two, under their keyed hash; who a unit was is in none of them.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.areas import register
from hotspots.base.writing import to_csv, to_json
from hotspots.exports import write_cell
from hotspots.exports.areas import areas_geojson

if TYPE_CHECKING:
    from hotspots.patrols.dosage.workspace import Dose

SHEETS = {
    "Dosage": "table", "Summary": "summary", "Visits": "visits", "Hours": "hours", "Coverage": "coverage",
    "Shifts": "shifts", "Logs": "reconciled",
}  # fmt: skip
FORMATS = ("csv", "json", "geojson")


def dosage_text(dose: Dose, wanted: str, folder: Path) -> str:
    """The dose per hot spot and patrol day as csv or json, or the hot spots with their whole dose as geojson.

    ``folder``: the workspace, for the outlines of the frozen areas.
    """
    from hotspots.patrols.dosage.workspace import about

    if wanted == "geojson":
        return areas_geojson(with_outlines(dose, folder), about(dose))
    return to_csv(dose.table) if wanted == "csv" else to_json(dose.table, about(dose))


def with_outlines(dose: Dose, folder: Path) -> pd.DataFrame:
    """The summary with the cells of each hot spot, as frozen in its version of the register."""
    cells: dict[tuple[str, str], tuple[str, ...]] = {}
    for ref in dose.registers:
        areas = register.load(folder, ref).areas
        cells |= {(ref, a): tuple(c) for a, c in zip(areas["area"], areas["cells"], strict=True)}
    spots = zip(dose.summary["register"], dose.summary["area"], strict=True)
    return dose.summary.assign(cells=pd.Series([cells[s] for s in spots], index=dose.summary.index, dtype=object))


def dosage_xlsx(dose: Dose) -> bytes:
    """A workbook of every table of the dose. Text is stored as text; the same dose makes the same bytes."""
    import xlsxwriter

    from hotspots.patrols.dosage.workspace import about

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True})
    about_sheet(book.add_worksheet("About"), about(dose), bold)
    for name, table in SHEETS.items():
        table_sheet(book.add_worksheet(name), getattr(dose, table), bold)
    book.close()
    return out.getvalue()


def about_sheet(sheet: Any, facts: dict[str, Any], bold: Any) -> None:
    """What the workbook is: a line per fact, and one per sentence of a list."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    row = 0
    for name, value in facts.items():
        for text in value if isinstance(value, (list, tuple)) else [value]:
            told = json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else str(text)
            sheet.write_string(row, 0, str(name), bold)
            sheet.write_string(row, 1, told)
            row += 1


def table_sheet(sheet: Any, table: pd.DataFrame, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for j, name in enumerate(table.columns):
        sheet.write_string(0, j, str(name), bold)
        for i, value in enumerate(table[name].tolist(), 1):
            write_cell(sheet, i, j, value)
    sheet.set_column(0, max(len(table.columns) - 1, 0), 16)


def file_name(dose: Dose) -> str:
    """'synthetic-dosage-south-2026-10-05-2026-10-11', without its ending."""
    name = f"dosage-{dose.question.bcu}-{dose.first}-{dose.last}".lower()
    return ("synthetic-" if dose.synthetic else "") + name
