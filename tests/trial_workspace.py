"""A workspace for tests of trials: six treated hot spots of one cell each, two in every BCU, and one for comparison.

Every incident is a robbery, 365 days of harm, at 02:00: by the wall clock a day later than its patrol day. Before the
trial one a day in every hot spot, 1 December 2025 to 31 January 2026. The trial: 28 patrol days from Monday 2 February.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import h3.api.basic_str as h3
import pandas as pd

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.intake import import_files
from tests.area_workspace import cell_at
from tests.samples import BLACKPOOL, BURNLEY, MAPPING, PRESTON, export, record
from tests.workspaces import ASHTON

FIRST, LAST = date(2026, 2, 2), date(2026, 3, 1)
BEFORE = (date(2025, 12, 1), date(2026, 1, 31))
ROBBERY_DAYS = 365.0  # of the Cambridge Crime Harm Index
PLACES = {
    "South-01": PRESTON, "South-02": ASHTON, "West-01": BLACKPOOL, "West-02": (-3.0000, 53.8500), "East-01": BURNLEY,
    "East-02": (-2.2600, 53.7950),
}  # fmt: skip
COMPARISON = {"East-03": (-2.2300, 53.8000)}
ELSEWHERE = (-2.8000, 54.0500)  # Lancaster, in no hot spot


def spots() -> pd.DataFrame:
    rows = [
        {"area": area, "name": f"{area} centre", "bcu": area[:-3], "cells": (cell_at(place),), "n_cells": 1,
         "area_m2": 13_000.0, "role": "comparison" if area in COMPARISON else "treated", "n_incidents": 1,
         "valid_from": "", "valid_to": "", "edits": ""}
        for area, place in {**PLACES, **COMPARISON}.items()
    ]  # fmt: skip
    return in_form(pd.DataFrame(rows))


def middle(area: str) -> tuple[float, float]:
    """The centre of its cell, so that no rounding moves an incident next door."""
    lat, lon = h3.cell_to_latlng(cell_at({**PLACES, **COMPARISON}[area]))
    return round(lon, 6), round(lat, 6)


def at_two(ref: str, area: str, patrol_day: date) -> dict[str, object]:
    """A robbery in a hot spot at 02:00 of the night in which the patrol day ends."""
    return record(ref, f"{patrol_day + timedelta(days=1):%d/%m/%Y} 02:00", place=middle(area))


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def put_incidents(folder: Path, rows: Iterable[dict[str, object]], name: str) -> None:
    import_files(folder, [export(list(rows), f"{name}.csv")], "incidents", MAPPING)


def make_before(folder: Path) -> Path:
    """The hot spots, and one incident a day in each of them before the trial. The first day is that of an incident."""
    before = [at_two(f"b-{area}-{day}", area, day) for area in PLACES for day in days(*BEFORE)]
    put_incidents(folder, before, "before")
    area_register.freeze(folder, spots(), "hot-spots", date(2025, 12, 1), "A. Analyst", "First list", {})
    return folder


def put_trial(folder: Path, counts: dict[tuple[str, date], int], last: date = date(2026, 3, 4)) -> None:
    """So many incidents in each hot spot and patrol day; and one elsewhere, the last of the whole force."""
    rows = [at_two(f"t-{a}-{d}-{i}", a, d) for (a, d), n in counts.items() if d < last for i in range(n)]
    rows.append(record("last", f"{last:%d/%m/%Y} 12:00", place=ELSEWHERE))
    put_incidents(folder, rows, "trial")
