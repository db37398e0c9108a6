"""Patrol dosage out as CSV, JSON, GeoJSON and a workbook, with the figures of the page.

Units stand nowhere but in the sheets Shifts and Logs, under their keyed hash; who a unit was is in none of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots import exports
from hotspots.areas import register

if TYPE_CHECKING:
    from hotspots.patrols.dosage.workspace import Dose

SHEETS = {
    "Dosage": "table", "Summary": "summary", "Visits": "visits", "Hours": "hours", "Coverage": "coverage",
    "Shifts": "shifts", "Logs": "reconciled", "Masked sites": "masks",
}  # fmt: skip


def dosage_text(dose: Dose, wanted: str, folder: Path) -> str:
    """The dose per hot spot and patrol day as csv or json, or the hot spots with their whole dose as geojson.

    ``folder``: the workspace, for the outlines of the frozen areas.
    """
    from hotspots.patrols.dosage.workspace import about

    return exports.as_text(dose.table, wanted, about(dose), lambda: with_cells(dose, folder))


def with_cells(dose: Dose, folder: Path) -> pd.DataFrame:
    """The summary with the cells of each hot spot, as frozen in its version of the register."""
    cells: dict[tuple[str, str], tuple[str, ...]] = {}
    for ref in dose.registers:
        areas = register.load(folder, ref).areas
        cells |= {(ref, a): tuple(c) for a, c in zip(areas["area"], areas["cells"], strict=True)}
    spots = zip(dose.summary["register"], dose.summary["area"], strict=True)
    return dose.summary.assign(cells=pd.Series([cells[s] for s in spots], index=dose.summary.index, dtype=object))


def dosage_xlsx(dose: Dose) -> bytes:
    """A workbook of every table of the dose."""
    from hotspots.patrols.dosage.workspace import about

    return exports.to_xlsx({"About": about(dose), **{sheet: getattr(dose, name) for sheet, name in SHEETS.items()}})


def file_name(dose: Dose) -> str:
    return exports.file_name("dosage", dose.question.bcu, dose.first, dose.last, synthetic=dose.synthetic)
