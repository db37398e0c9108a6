"""Change out as CSV, JSON, GeoJSON and a workbook, with the figures and the definitions of the page."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.base.writing import to_csv, to_json
from hotspots.exports import to_geojson
from hotspots.exports.dosage import about_sheet, table_sheet

if TYPE_CHECKING:
    from hotspots.change.question import Change

SHEETS = {
    "Change": "table", "Hot spots": "spots", "Periods": "series", "Trend": "trend", "Cells": "cells",
    "Context": "context",
}  # fmt: skip
FORMATS = ("csv", "json", "geojson")


def about(change: Change) -> dict[str, Any]:
    """What the figures are: the question, the answer, definitions, hashes, warnings and notes."""
    return {
        "question": change.asked, "answer": change.answer, "also": list(change.also), **change.facts,
        "warnings": list(change.warnings), "notes": list(change.notes),
    }  # fmt: skip


def change_text(change: Change, wanted: str) -> str:
    """Every estimate as csv or json; as geojson the cells of hot spots and rings with their counts."""
    if wanted == "geojson":
        return to_geojson(change.cells, about(change))
    return to_csv(change.table) if wanted == "csv" else to_json(change.table, about(change))


def tables_of(change: Change) -> dict[str, pd.DataFrame]:
    """Every table of an answer by the name of its sheet; those that it has not are left out."""
    found = {sheet: getattr(change, name) for sheet, name in SHEETS.items()}
    if change.dose is not None:
        found |= {"Dose": change.dose.table, "Dose and change": change.dose.scatter}
    if change.matched is not None:
        found |= {"Pairs": change.pairs, "Balance": change.matched.balance}
    return found


def change_xlsx(change: Change) -> bytes:
    """A workbook of every table. Text is stored as text; the same answer makes the same bytes."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True})
    about_sheet(book.add_worksheet("About"), about(change), bold)
    for name, table in tables_of(change).items():
        table_sheet(book.add_worksheet(name), table, bold)
    book.close()
    return out.getvalue()


def file_name(change: Change) -> str:
    """'synthetic-change-south-2025-11-01-2026-10-31', without its ending."""
    name = f"change-{change.question.bcu}-{change.after.start}-{change.after.end}".lower()
    return ("synthetic-" if change.synthetic else "") + name
