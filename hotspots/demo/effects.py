"""A change planted in the demo: from a day on, fewer incidents in treated hot spots, some of them next door instead.

Every record in a treated hot spot on or after the day is prevented with the same probability, by a random number of its
own. A Poisson count thinned so is Poisson again, with its mean times 1 − fall: season, hours, offences and harm keep
their mix. In some BCUs a share of what is prevented happens in the ring around the hot spot instead; there the rise is
fall × share × what the hot spot would have had. Comparison hot spots and everything else stay as they were.

A record's number comes from a keyed hash of its CRIME_REF, so neither the order of rows nor what else is in the table
makes a difference, and what a smaller fall prevents a larger one prevents too.

Limits: the fall is the same for every offence, hour and hot spot, starts at once and does not fade, and knows nothing
of the demo's patrols: minutes and incidents have no relation in the demo. Records without coordinates stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots import geography
from hotspots.areas import cell_ids
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.rings import rings
from hotspots.demo import DEFAULT_SEED, FALL
from hotspots.demo.incidents import expected_rows

DISPLACED: Mapping[str, float] = {"East": 0.5}  # in one BCU, so that the others show what no displacement looks like
POINTS_PER_RING_CELL = 6
RING_POINT_RADIUS = 40.0  # metres; a resolution-10 cell reaches at least 60 m from its centre
TIME = "%d/%m/%Y %H:%M"

Floats = NDArray[np.float64]


def wrong_fall(fall: float) -> list[str]:
    """What is wrong with the share of incidents to prevent, in a sentence."""
    right = 0 <= fall <= 1
    return [] if right else [f"The planted fall is {fall}; give a share from 0 to 1, such as 0.25 (0 plants none)."]


def with_effects(
    export: pd.DataFrame, areas: pd.DataFrame, start: date, fall: float = FALL,
    displaced: Mapping[str, float] | None = None, seed: int = DEFAULT_SEED,
) -> tuple[pd.DataFrame, dict[str, Any]]:  # fmt: skip
    """The export with the change planted, and what was planted.

    ``export``: of `hotspots.demo.incidents.synthetic_incidents`; ``areas``: area, bcu, role, cells (hexadecimal text).
    A record counts where and when its rows say (EASTING, NORTHING, COMMITTED_FROM); its rows stay, go or move together.
    ``displaced``: share by BCU, default `DISPLACED`, of what is prevented that happens in the ring of 100 m instead, at
    points inside the ring, the force and the same BCU; only EASTING and NORTHING change. A hot spot without such a
    point displaces nothing. Rows keep their order and their index; with ``fall`` 0 nothing changes.

    The truth can be written as JSON. Raises HotspotsError for shares outside 0 to 1 and BCUs without an area.
    """
    if displaced is None:
        displaced = {bcu: share for bcu, share in DISPLACED.items() if bcu in set(areas["bcu"])}
    shares = {bcu: float(share) for bcu, share in displaced.items()}
    problems = wrong_fall(fall)
    problems += [
        f"The share displaced in {bcu} is {share}; give one from 0 to 1." for bcu, share in shares.items()
        if not 0 <= share <= 1
    ]  # fmt: skip
    there = set(areas["bcu"])
    problems += [f"There is no hot spot in {bcu} to displace from." for bcu in shares if bcu not in there]
    if problems:
        raise HotspotsError(problems)
    risk = at_risk(export, areas, start)
    points = ring_points(areas, [bcu for bcu, share in shares.items() if share > 0], seed)
    fates = _fates(risk, fall, shares, points, seed)
    changed = _moved(export, fates[fates["fate"] == "moved"])
    gone = changed["CRIME_REF"].isin(fates.loc[fates["fate"] == "dropped", "record"])
    counts = fates["fate"].value_counts()
    return changed[~gone], {
        "note": (
            "SYNTHETIC: planted in the treated hot spots from the start on. Everything else in this file tells what "
            "would have been without it, but for the numbers of rows and records."
        ),
        "start": start.isoformat(), "fall": fall, "displaced": dict(shares), "ring_m": Settings.ring_m,
        "areas": areas.loc[areas["role"] == "treated", "area"].tolist(),
        "comparison": areas.loc[areas["role"] == "comparison", "area"].tolist(),
        "at_risk": len(fates),
        "dropped": int(counts.get("dropped", 0)),
        "moved": int(counts.get("moved", 0)),
        "ring_points": {str(a): int(n) for a, n in points["area"].value_counts(sort=False).items()},
        "by_area": [
            {"area": area, **{fate: int((part["fate"] == fate).sum()) for fate in ("stays", "dropped", "moved")}}
            for area, part in fates.groupby("area", sort=True)
        ],
    }  # fmt: skip


def expected_in_areas(
    truth: Mapping[str, Any], areas: pd.DataFrame, effects: Mapping[str, Any], end: date
) -> list[dict[str, Any]]:
    """Expected rows with coordinates in each treated and comparison hot spot and its ring, before and after the start.

    ``truth``: of `hotspots.demo.incidents.synthetic_incidents`, whose window ends on ``end``; ``effects``: of
    `with_effects`.
    """
    start = date.fromisoformat(effects["start"])
    rows = expected_rows(truth["seed"], start, end, truth["n_per_year"], truth["planted"])
    after = rows.groupby("cell")["expected"].sum()
    before = pd.Series(truth["expected_rows_by_cell"], dtype=float) - after
    around = rings(areas, effects["ring_m"])
    ring = around["cell"].map("{:x}".format).groupby(around["area"]).agg(list).to_dict()
    spots = []
    for area, bcu, role, cells in areas[["area", "bcu", "role", "cells"]].itertuples(index=False):
        if role == "none":
            continue
        figures = [
            float(of.reindex(those).sum()) for those in (list(cells), ring.get(area, [])) for of in (before, after)
        ]
        prevented = effects["fall"] * figures[1] if role == "treated" else 0.0
        elsewhere = prevented * effects["displaced"].get(bcu, 0.0) if area in effects["ring_points"] else 0.0
        spot_before, spot_after, ring_before, ring_after = (round(f, 2) for f in figures)
        spots.append({
            "area": area, "bcu": bcu, "role": role,
            "rows_before": spot_before, "rows_after_unchanged": spot_after,
            "rows_after": round(figures[1] - prevented, 2),
            "ring_rows_before": ring_before, "ring_rows_after_unchanged": ring_after,
            "ring_rows_after": round(figures[3] + elsewhere, 2),
        })  # fmt: skip
    return spots


def in_words(effects: Mapping[str, Any]) -> str:
    """What was planted, as a sentence or three."""
    if not effects["fall"]:
        return "Synthetic: no change is planted in the treated hot spots."
    day = date.fromisoformat(effects["start"])
    moved = " and ".join(f"{share:.0%} of those in {bcu}" for bcu, share in effects["displaced"].items() if share)
    next_door = f"; {effects['moved']:,} moved next door, {moved}" if moved else ""
    return (
        f"Synthetic: from {day.day} {day:%B %Y} on each incident in the {len(effects['areas'])} treated hot spots was "
        f"prevented with a chance of {effects['fall']:.0%} ({effects['dropped']:,} records left out{next_door}); the "
        f"{len(effects['comparison'])} comparison hot spots are as they were. The truth is in demo_truth.json."
    )


def at_risk(export: pd.DataFrame, areas: pd.DataFrame, start: date) -> pd.DataFrame:
    """Records in a treated hot spot on or after the day: record, area, bcu; by record, each once."""
    treated = areas[areas["role"] == "treated"]
    home = {int(cell): i for i, cells in enumerate(treated["cells"]) for cell in cell_ids(cells)}
    place = pd.Series(cells_of(export)).map(home).fillna(-1).to_numpy(np.int64)
    inside = export[["CRIME_REF", "COMMITTED_FROM"]].assign(place=place)[place >= 0]
    since = pd.to_datetime(inside["COMMITTED_FROM"], format=TIME)
    found = inside[since >= pd.Timestamp(start)].sort_values(["CRIME_REF", "place"]).drop_duplicates("CRIME_REF")
    which = found["place"].to_numpy()
    return pd.DataFrame({
        "record": found["CRIME_REF"].to_numpy(),
        "area": treated["area"].to_numpy()[which],
        "bcu": treated["bcu"].to_numpy()[which],
    })  # fmt: skip


def cells_of(export: pd.DataFrame) -> NDArray[np.int64]:
    """The cell (resolution 10) of every row; 0 without coordinates."""
    east, north = (pd.to_numeric(export[c], errors="coerce").to_numpy(float) for c in ("EASTING", "NORTHING"))
    cells = np.zeros(len(export), dtype=np.int64)
    located = np.isfinite(east) & np.isfinite(north)
    cells[located] = geography.cells_at(*geography.bng_to_lonlat(east[located], north[located]), 10)
    return cells


def ring_points(areas: pd.DataFrame, bcus: Sequence[str], seed: int) -> pd.DataFrame:
    """Points in the rings of these BCUs' treated hot spots: area, cell, easting, northing; inside force and BCU."""
    chosen = areas[(areas["role"] == "treated") & areas["bcu"].isin(list(bcus))]
    bcu_of = dict(zip(chosen["area"], chosen["bcu"], strict=True))
    around = rings(areas, Settings.ring_m)
    around = around.loc[around["area"].isin(list(bcu_of)), ["area", "cell"]]
    table = around.loc[around.index.repeat(POINTS_PER_RING_CELL)].reset_index(drop=True)
    if table.empty:
        return table.assign(easting=np.zeros(0, dtype=np.int64), northing=np.zeros(0, dtype=np.int64))
    number = table.groupby("cell").cumcount()
    names = [f"{cell:x}/{i}" for cell, i in zip(table["cell"], number, strict=True)]
    turn, reach, _ = random_numbers(names, seed).T
    east, north = geography.lonlat_to_bng(*geography.cell_centres(table["cell"]))
    radius, angle = RING_POINT_RADIUS * np.sqrt(reach), 2 * np.pi * turn
    table["easting"] = np.rint(east + radius * np.cos(angle)).astype(np.int64)
    table["northing"] = np.rint(north + radius * np.sin(angle)).astype(np.int64)
    boundaries = geography.load_cover()
    lon, lat = geography.bng_to_lonlat(table["easting"].to_numpy(float), table["northing"].to_numpy(float))
    bcu = np.array([*boundaries.bcus, ""], dtype=object)[boundaries.district_of(lon, lat)]  # −1: the last, no BCU
    wanted = table["area"].map(bcu_of).to_numpy(dtype=object)
    well_placed = (geography.cells_at(lon, lat, 10) == table["cell"].to_numpy()) & (bcu == wanted)
    return table[well_placed].reset_index(drop=True)


def random_numbers(names: Sequence[str], seed: int) -> Floats:
    """Three numbers from 0 to 1 for each name, its own whatever else is asked for: names × 3."""
    key = f"demo effects {seed}".encode()
    drawn = b"".join(blake2b(name.encode(), digest_size=24, key=key).digest() for name in names)
    return np.asarray((np.frombuffer(drawn, dtype="<u8").reshape(-1, 3) >> np.uint64(11)) * 2.0**-53)


def _fates(
    risk: pd.DataFrame, fall: float, shares: Mapping[str, float], points: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """The records at risk with their fate (stays, dropped or moved), and where the moved ones go."""
    prevented, elsewhere, where = random_numbers(risk["record"].tolist(), seed).T
    share = risk["bcu"].map(dict(shares)).fillna(0.0).to_numpy(float)
    first = points.drop_duplicates("area").set_index("area").assign(n=points["area"].value_counts())
    position = pd.Series(points.drop_duplicates("area").index, index=first.index)
    n = risk["area"].map(first["n"]).fillna(0).to_numpy(np.int64)
    goes = (prevented < fall) & (elsewhere < share) & (n > 0)
    at = risk["area"].map(position).fillna(0).to_numpy(np.int64) + (where * n).astype(np.int64)
    fates = risk.assign(fate=np.select([goes, prevented < fall], ["moved", "dropped"], "stays"))
    for column in ("easting", "northing"):
        fates[column] = 0
        fates.loc[goes, column] = points[column].to_numpy()[at[goes]]
    return fates


def _moved(export: pd.DataFrame, moved: pd.DataFrame) -> pd.DataFrame:
    """The export with the places of some records changed."""
    to = moved.set_index("record")
    rows = export["CRIME_REF"].isin(to.index) & (export["EASTING"] != "")
    changed = export.copy()
    for column in ("EASTING", "NORTHING"):
        changed.loc[rows, column] = export.loc[rows, "CRIME_REF"].map(to[column.lower()].astype("str"))
    return changed
