"""A synthetic archive in the layout of data.police.uk, of any size. Random, and no claim about any place."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

PLACES = Path(__file__).resolve().parents[1] / "data" / "forces" / "lancashire" / "places.csv"
FIRST_MONTH, MONTHS = 2020 * 12, 32  # January 2020, counted in months
POINTS = 60_000  # anonymised map points; the real archive uses 36,975
WITH_ID, REPEATED, WITHOUT_PLACE = 0.656, 0.0119, 0.0623  # shares of rows, as in the real archive
NEVER = "Anti-social behaviour"  # the type without a Crime ID
TYPES = {
    "Violence and sexual offences": 0.43, "Criminal damage and arson": 0.12, "Public order": 0.11, "Other theft": 0.08,
    "Burglary": 0.06, "Vehicle crime": 0.06, "Shoplifting": 0.05, "Drugs": 0.03, "Other crime": 0.03,
    "Possession of weapons": 0.01, "Bicycle theft": 0.01, "Robbery": 0.007, "Theft from the person": 0.003,
}  # fmt: skip
OUTCOMES = (
    "Unable to prosecute suspect", "Investigation complete; no suspect identified", "Under investigation",
    "Awaiting court outcome", "Local resolution", "Offender given a caution",
)  # fmt: skip


def write_archive(path: Path, rows: int, seed: int = 1) -> None:
    """Write a zip of 32 monthly CSVs with ``rows`` rows in all; one month is in memory at a time.

    65.6% of rows have a Crime ID of 64 hexadecimal digits; 1.2% of all rows give a Crime ID of the month
    before once more, with that row's type and place and an outcome of their own.
    """
    random = np.random.default_rng(seed)
    points = map_points(random)
    before: pa.Table | None = None
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for i in range(MONTHS):
            n = rows // MONTHS + (i < rows % MONTHS)
            month = f"{(FIRST_MONTH + i) // 12}-{(FIRST_MONTH + i) % 12 + 1:02d}"
            table = month_of_rows(random, n, month, points)
            if before is not None:
                table = with_repeats(random, table, before, round(rows * REPEATED / (MONTHS - 1)))
            with archive.open(f"{month}/{month}-lancashire-street.csv", "w", force_zip64=True) as member:
                options = pa.csv.WriteOptions(quoting_style="none", quoting_header="none")
                pa.csv.write_csv(table, member, options)
            before = table


def map_points(random: np.random.Generator) -> pa.Table:
    """Longitude, latitude (six decimals) and street of each map point, around the towns of the force."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        towns = list(csv.DictReader(file))
    size = np.array([4.0 ** int(t["size"]) for t in towns])
    town = random.choice(len(towns), POINTS, p=size / size.sum())
    lon, lat = (
        np.round(np.array([float(t[axis]) for t in towns])[town] + random.normal(0, spread, POINTS), 6)
        for axis, spread in (("lon", 0.024), ("lat", 0.014))
    )
    return pa.table({"lon": lon, "lat": lat, "street": [f"On or near Street {i}" for i in range(POINTS)]})


def month_of_rows(random: np.random.Generator, n: int, month: str, points: pa.Table) -> pa.Table:
    """One month's rows as the file prints them."""
    has_id = random.random(n) < WITH_ID
    at = (POINTS * random.random(n) ** 2).astype(np.int64)  # some points see far more crime than others
    placed = pa.array((random.random(n) >= WITHOUT_PLACE) | ~has_id)
    names = np.array([*TYPES, NEVER])
    kind = random.choice(len(TYPES), n, p=np.array(list(TYPES.values())) / sum(TYPES.values()))
    kind[~has_id] = len(TYPES)
    outcome = np.array([*OUTCOMES, ""])[np.where(has_id, random.integers(0, len(OUTCOMES), n), len(OUTCOMES))]
    drawn = points.take(pa.array(at))
    force = pa.array(["Lancashire Constabulary"] * n)
    return pa.table(
        {
            "Crime ID": pa.compute.if_else(pa.array(has_id), hex_ids(random, n), ""),
            "Month": pa.array([month] * n),
            "Reported by": force,
            "Falls within": force,
            "Longitude": pa.compute.if_else(placed, drawn["lon"], None),
            "Latitude": pa.compute.if_else(placed, drawn["lat"], None),
            "Location": pa.compute.if_else(placed, drawn["street"], "No Location"),
            "LSOA code": pa.array(["E01012607"] * n),
            "LSOA name": pa.array(["Blackburn with Darwen 001A"] * n),
            "Crime type": pa.array(names[kind]),
            "Last outcome category": pa.array(outcome),
            "Context": pa.array([""] * n),
        }
    )


def hex_ids(random: np.random.Generator, n: int) -> pa.Array:
    """``n`` texts of 64 random hexadecimal digits."""
    text = random.bytes(32 * n).hex().encode()
    offsets = np.arange(0, 64 * (n + 1), 64, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(text))


def with_repeats(random: np.random.Generator, table: pa.Table, before: pa.Table, n: int) -> pa.Table:
    """The month with ``n`` of its rows being crimes of the month before, published again."""
    known = np.flatnonzero(pa.compute.not_equal(before["Crime ID"], "").to_numpy())
    again = before.take(pa.array(random.choice(known, min(n, len(known), len(table)), replace=False)))
    new = {"Month": table["Month"], "Last outcome category": table["Last outcome category"]}
    for name, column in new.items():
        again = again.set_column(again.column_names.index(name), name, column.slice(0, len(again)))
    return pa.concat_tables([table.slice(len(again)), again])
