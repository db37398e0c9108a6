"""Change out as CSV, JSON, GeoJSON and a workbook, with the figures and the definitions of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots import exports

if TYPE_CHECKING:
    from hotspots.change.question import Change

SHEETS = {
    "Change": "table", "Hot spots": "spots", "Periods": "series", "Trend": "trend", "Cells": "cells",
    "Context": "context",
}  # fmt: skip


def about(change: Change) -> dict[str, Any]:
    """What the figures are: the question, the answer, definitions, hashes, warnings and notes."""
    return {
        "question": change.asked, "answer": change.answer, "also": list(change.also), **change.facts,
        "warnings": list(change.warnings), "notes": list(change.notes),
    }  # fmt: skip


def change_text(change: Change, wanted: str) -> str:
    """Every estimate as csv or json; as geojson the cells of hot spots and rings with their counts."""
    return exports.as_text(change.table, wanted, about(change), lambda: change.cells)


def tables_of(change: Change) -> dict[str, pd.DataFrame]:
    """Every table of an answer by the name of its sheet; those that it has not are left out."""
    found = {sheet: getattr(change, name) for sheet, name in SHEETS.items()}
    if change.dose is not None:
        found |= {"Dose": change.dose.table, "Dose and change": change.dose.scatter}
    if change.matched is not None:
        found |= {"Pairs": change.pairs, "Balance": change.matched.balance}
    return found


def change_xlsx(change: Change) -> bytes:
    """A workbook of every table."""
    return exports.to_xlsx({"About": about(change), **tables_of(change)})


def file_name(change: Change) -> str:
    after = change.after
    return exports.file_name("change", change.question.bcu, after.start, after.end, synthetic=change.synthetic)
