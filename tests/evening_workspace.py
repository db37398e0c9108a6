"""A workspace with hours, small enough to count by hand: hot spots of South, two treated and five for comparison.

Robberies a month in 2023 and 2024, the register holding from January 2024, all at 21:00 or at 09:00:

    treated      South-01   evenings 10 → 5, mornings 4 → 4        South-02   evenings 6 → 6, mornings 3 → 3
    comparison   South-03 to South-07, each   evenings 8 → 8, mornings 2 → 2
    West-01 (treated)   evenings 5 → 5

So in the evenings South-01 has 120 and 60 in a year, all comparison hot spots together 480 and 480.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.intake import import_files
from tests.area_workspace import cell_at
from tests.samples import BLACKPOOL, MAPPING, export, record

EVENING, MORNING = "21:00", "09:00"
SOUTH = tuple((-2.7300 + 0.01 * i, 53.7600) for i in range(7))
PLACES = {**{f"South-{i + 1:02d}": place for i, place in enumerate(SOUTH)}, "West-01": BLACKPOOL}
TREATED = ("South-01", "South-02", "West-01")
MONTHLY = {  # area → time → (2023, 2024)
    "South-01": {EVENING: (10, 5), MORNING: (4, 4)}, "South-02": {EVENING: (6, 6), MORNING: (3, 3)},
    **{f"South-{i:02d}": {EVENING: (8, 8), MORNING: (2, 2)} for i in range(3, 8)}, "West-01": {EVENING: (5, 5)},
}  # fmt: skip


def incidents() -> list[dict[str, object]]:
    return [
        record(f"{area}-{year}-{month}-{time}-{i}", f"{14 + i:02d}/{month:02d}/{year} {time}", place=PLACES[area])
        for area, times in MONTHLY.items()
        for time, levels in times.items()
        for year, n in zip((2023, 2024), levels, strict=True)
        for month in range(1, 13)
        for i in range(n)
    ]


def make_evenings(folder: Path) -> Path:
    import_files(folder, [export(incidents())], "incidents", MAPPING)
    spots = pd.DataFrame([
        {"area": area, "name": f"{area} centre", "bcu": area[:-3], "cells": (cell_at(place),), "n_cells": 1,
         "area_m2": 13_000.0, "role": "treated" if area in TREATED else "comparison", "n_incidents": 1,
         "valid_from": "", "valid_to": "", "edits": ""}
        for area, place in PLACES.items()
    ])  # fmt: skip
    named = {"chosen": {"how": "hand"}}
    area_register.freeze(folder, in_form(spots), "named", date(2024, 1, 1), "A. Analyst", "By hand", named)
    return folder
