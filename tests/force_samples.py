"""A made-up force: three square districts near Birmingham, two BCUs, no town. Its patrols can be counted by hand.

Vale is Ham North and Ham West, Hill is Ham East; by name Hill is number 1 of positions, Vale 2.

    crimes a month     2023    2024        Mon 4 March 2024
    Hill-01 treated     5   →   3          30 minutes by U1, positions every 30 seconds
    Vale-01 compared    4   →   4          20 minutes in the log of V1, no positions
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import h3.api.basic_str as h3
import pandas as pd

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.geography.new_profile import make_profile
from hotspots.intake import import_files
from hotspots.intake.profile import use_profile
from tests.dose_workspace import standing
from tests.samples import crime, csv_bytes, square, write_boundaries

DISTRICTS = {
    "Ham North": (-2.00, 52.50, -1.80, 52.55), "Ham West": (-2.00, 52.45, -1.90, 52.50),
    "Ham East": (-1.90, 52.45, -1.80, 52.50),
}  # fmt: skip
BCU_TABLE = "lad_code,lad_name,bcu\nX03,Ham North,Vale\nX02,Ham West,Vale\nX01,Ham East,Hill\n"
TREATED, COMPARED = (-1.8501, 52.4702), (-1.9501, 52.4701)
FORCE = "Ham Constabulary"


def make_ham(folder: Path) -> Path:
    """The profile of the force, in ``folder/ham``; its file of boundaries has a district of another force, too."""
    codes = {"Ham North": "X03", "Ham West": "X02", "Ham East": "X01"}
    features = [square(name, codes[name], extent) for name, extent in DISTRICTS.items()]
    features.append(square("Elsewhere", "X09", (-1.0, 52.0, -0.9, 52.1)))
    boundaries = write_boundaries(folder / "districts.geojson", features)
    (folder / "bcus.csv").write_text(BCU_TABLE, encoding="utf-8")
    make_profile(boundaries, folder / "bcus.csv", "Ham", folder / "ham")
    return folder / "ham"


def street_file(year: int, month: int) -> tuple[str, bytes]:
    """A month of the force's crimes; one lies outside."""
    when, levels = f"{year}-{month:02d}", (5, 4) if year == 2023 else (3, 4)
    places = [place for place, n in zip((TREATED, COMPARED), levels, strict=True) for _ in range(n)]
    rows = [crime(f"{when}-{i}", when, place=p, force=FORCE) for i, p in enumerate([*places, (-1.5, 52.0)])]
    return f"{when}-ham-street.csv", csv_bytes(rows)


def make_ham_workspace(profile: Path, folder: Path) -> Path:
    """Two years of crimes, a register, and one day of patrols."""
    use_profile(folder, profile)
    import_files(folder, [street_file(y, m) for y in (2023, 2024) for m in range(1, 13)], "police-uk")
    areas = [("Hill-01", "Hill", TREATED, "treated"), ("Vale-01", "Vale", COMPARED, "comparison")]
    rows = [
        {"area": area, "name": area, "bcu": bcu, "cells": (h3.latlng_to_cell(lat, lon, 10),), "n_cells": 1,
         "area_m2": 13_900.0, "role": role, "n_incidents": 1, "valid_from": "", "valid_to": "", "edits": ""}
        for area, bcu, (lon, lat), role in areas
    ]  # fmt: skip
    area_register.freeze(folder, in_form(pd.DataFrame(rows)), "ham", date(2024, 1, 1), "A. Analyst", "First list", {})
    lines = ["unit,time,longitude,latitude", *standing("U1", TREATED, "2024-03-04 10:00", 30), ""]
    import_files(folder, [("positions.csv", "\n".join(lines).encode())], "pings")
    log = b"entry,unit,area,start,end\ne1,V1,Vale-01,2024-03-04T14:00:00Z,2024-03-04T14:20:00Z\n"
    import_files(folder, [("log.csv", log)], "patrol-log")
    return folder
