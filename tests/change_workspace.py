"""A workspace about change, small enough to count by hand: three treated cells, three for comparison, two years.

Crimes of violence a month, the register holding from January 2024:

    treated      South-01 Preston    5 → 3      comparison   South-02 Ashton      4 → 4
                 West-01  Blackpool  6 → 3                   West-02  Lancaster   5 → 4
                 East-01  Burnley    4 → 3                   East-02  Nelson      3 → 4
    in a year                      180 → 108                                    144 → 144
    next door to Preston             2 → 2

In two months of three a cell has one more or one fewer, which a year cancels: see `monthly`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.intake import import_files
from tests.area_workspace import BESIDE, cell_at
from tests.samples import BLACKPOOL, BURNLEY, PRESTON, crime, street
from tests.workspaces import ASHTON

LANCASTER, NELSON = (-2.8007, 54.0466), (-2.2130, 53.8350)
NAMES = (
    "Preston, High Street", "Ashton, Blackpool Road", "Blackpool, Promenade", "Lancaster, Market Street",
    "Burnley, Manchester Road", "Nelson, Scotland Road",
)  # fmt: skip
PLACES = (
    ("South-01", "South", "treated", PRESTON, 5, 3),
    ("South-02", "South", "comparison", ASHTON, 4, 4),
    ("West-01", "West", "treated", BLACKPOOL, 6, 3),
    ("West-02", "West", "comparison", LANCASTER, 5, 4),
    ("East-01", "East", "treated", BURNLEY, 4, 3),
    ("East-02", "East", "comparison", NELSON, 3, 4),
)


def monthly(level: int, place: int, month: int) -> int:
    """Crimes in a month: one more in one month of three, one fewer in the next."""
    return level + {0: 1, 1: -1, 2: 0}[(month + place) % 3]


def crimes(year: int, month: int) -> list[dict[str, object]]:
    when = f"{year}-{month:02d}"
    rows = [
        crime(f"{area}-{when}-{i}", when, place=place, street=f"On or near {name.split(', ')[1]}")
        for n, ((area, _, _, place, *levels), name) in enumerate(zip(PLACES, NAMES, strict=True))
        for i in range(monthly(levels[year - 2023], n, month))
    ]
    return rows + [crime(f"beside-{when}-{i}", when, place=BESIDE) for i in range(2)]


def register(names: tuple[str, ...] = NAMES) -> pd.DataFrame:
    rows = [
        {"area": area, "name": name, "bcu": bcu, "cells": (cell_at(place),), "n_cells": 1, "area_m2": 13_000.0,
         "role": role, "n_incidents": 1, "valid_from": "", "valid_to": "", "edits": ""}
        for (area, bcu, role, place, *_), name in zip(PLACES, names, strict=True)
    ]  # fmt: skip
    return in_form(pd.DataFrame(rows))


def make_two_years(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    """Crimes of 2023 and 2024, and the register ``hot-spots``."""
    files = [street(f"{year}-{month:02d}", crimes(year, month)) for year in (2023, 2024) for month in range(1, 13)]
    import_files(folder, files, "police-uk")
    area_register.freeze(folder, register(names), "hot-spots", date(2024, 1, 1), "A. Analyst", "First list", {})
    return folder
