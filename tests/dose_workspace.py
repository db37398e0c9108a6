"""A workspace of patrols small enough to count by hand: two treated hot spots, one for comparison, four patrol days.

Positions come every 30 seconds and stand still, so a stay is as long as from its first to its last. Target: 30 minutes.

                       Mon 4 March      Tue 5             Wed 6         Thu 7              all       of target
    South-01 Preston   30 by U1         30: U1 10:00–12,  45 by U1      no data            105       117% of 90
                                        U2 10:06–30
    South-02 Ashton    0                10 by U3, for     0             no data             10       none is set
                                        comparison
    West-01 Blackpool  12 by V1         0, V1 elsewhere   no data       20 by a log        32        36% of 90

Officer-minutes of South-01 on Tuesday: 12 + 24 = 36. The log also has U1 in South-01 on Monday from 10:00 to 10:40:
positions cover 30 of the 40 minutes, so they count, 10 fewer. Nobody is tracked on Thursday.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import h3.api.basic_str as h3
import pandas as pd

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.intake import import_files
from tests.area_workspace import A, C, D, make_areas

FIRST, LAST = "2024-03-04", "2024-03-07"
NAMES = ("Preston, High Street", "Ashton, Blackpool Road", "Blackpool, Promenade")
ELSEWHERE = (-3.0000, 53.8500)  # in West, in no hot spot


def centre(cell: str) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return round(lon, 6), round(lat, 6)


def standing(unit: str, place: tuple[float, float], begin: str, minutes: int) -> list[str]:
    """Lines of a CSV: one position every 30 seconds, the last one after so many minutes."""
    start = datetime.fromisoformat(begin)
    times = (start + timedelta(seconds=30 * i) for i in range(2 * minutes + 1))
    return [f"{unit},{t:%Y-%m-%dT%H:%M:%SZ},{place[0]},{place[1]}" for t in times]


def positions() -> bytes:
    preston, ashton, blackpool = (centre(c) for c in (A, C, D))
    lines = [
        *standing("U1", preston, "2024-03-04 10:00", 30),
        *standing("V1", blackpool, "2024-03-04 10:00", 12),
        *standing("U1", preston, "2024-03-05 10:00", 12),
        *standing("U2", preston, "2024-03-05 10:06", 24),
        *standing("U3", ashton, "2024-03-05 20:00", 10),
        *standing("V1", ELSEWHERE, "2024-03-05 10:00", 30),
        *standing("U1", preston, "2024-03-06 22:00", 45),
    ]
    return "\n".join(["unit,time,longitude,latitude", *lines, ""]).encode()


LOG = b"""entry,unit,area,start,end
e1,U1,South-01,2024-03-04T10:00:00Z,2024-03-04T10:40:00Z
e2,V9,West-01,2024-03-07T14:00:00Z,2024-03-07T14:20:00Z
"""


def areas(names: Sequence[str] = NAMES) -> pd.DataFrame:
    spots = zip(
        ("South-01", "South-02", "West-01"), names, ("South", "South", "West"), (A, C, D),
        ("treated", "comparison", "treated"), strict=True,
    )  # fmt: skip
    rows = [
        {"area": area, "name": name, "bcu": bcu, "cells": (cell,), "n_cells": 1, "area_m2": 13_000.0, "role": role,
         "n_incidents": 1, "valid_from": "", "valid_to": "", "edits": ""}
        for area, name, bcu, cell, role in spots
    ]  # fmt: skip
    return in_form(pd.DataFrame(rows))


def make_frozen(folder: Path, names: Sequence[str] = NAMES) -> Path:
    """Crimes and a register, no patrols."""
    make_areas(folder)
    area_register.freeze(folder, areas(names), "hot-spots", date(2024, 3, 1), "A. Analyst", "First list", {})
    return folder


def make_dose(folder: Path, names: Sequence[str] = NAMES) -> Path:
    make_frozen(folder, names)
    import_files(folder, [("positions.csv", positions())], "pings")
    import_files(folder, [("log.csv", LOG)], "patrol-log")
    return folder
