"""Masked sites: places inside hot spots where being is no patrol, such as a police station, masked for a reason.

A site is a point and a radius. Masked are the cells of resolution 11 (about 2,000 m², 50 m across) whose centre lies
within the radius, and the one that holds the point. A masked site is to the visit rule as a hot spot of its own: jitter
over its edge is settled as over a common border (`hotspots.patrols.presence.borders_settled`), and who walks past it in
90 seconds has not left the hot spot.

Sites are written down as what people decide is (`hotspots.store.ledger`): who, why and when; a mask is lifted by a
later row. It holds for all days, those gone by too, for the station stood there then. Limits: a site that moved needs
its old mask lifted, and days on which it stood there are then without one; log entries that name a hot spot stand as
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.columns import MASKED_SITES, MASKS, in_columns
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import RESOLUTIONS, Settings
from hotspots.geography.districts import boundaries_of
from hotspots.patrols.dosage.apart import MASKED, union_of
from hotspots.sources.files import read_tables
from hotspots.sources.kinds import Sought
from hotspots.store import ledger
from hotspots.store.workspace import open_workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLE = "dose_masks"
KINDS = ("police station", "custody", "garage", "petrol station", "other")
NEEDED = ("name", "kind", "longitude", "latitude", "radius_m", "reason")
SOUGHT = Sought.of("masked sites", NEEDED)
FEW_SITES = Settings(unzipped_max_mb=20)  # a file of sites is small
FINEST = RESOLUTIONS[-1]
ACROSS_M = 45.0  # from a cell of that resolution to the next, at the least
RADIUS_M = (10.0, 500.0)  # a yard; a large site. More is no site, and would take hot spots away
LONGEST_NAME = 100  # characters


def read_sites(path: Path) -> list[dict[str, Any]]:
    """The sites of a table with the columns name, kind, longitude, latitude, radius_m and reason, as they are stored.

    Any kind of file that holds a table will do. HotspotsError, all problems at once.
    """
    sites, problems = [], []
    for raw in (r.spelled(NEEDED) for r in read_tables([path], FEW_SITES, sought=SOUGHT)):
        if missing := [c for c in NEEDED if c not in raw.table.column_names]:
            raise HotspotsError(f"{raw.name} has no column {sample(missing)}. It needs {', '.join(NEEDED)}.")
        for number, line in zip(raw.row_numbers().tolist(), raw.table.to_pylist(), strict=True):
            try:
                sites.append(site_of({c: " ".join((line[c] or "").split()) for c in NEEDED}))
            except HotspotsError as error:
                problems += [f"{raw.name}, row {number}: {p}" for p in error.problems]
        problems += [f"{raw.name}, row {number}: not as many values as columns." for number, _ in raw.bad_rows]
    if problems:
        raise HotspotsError(problems)
    return sites


def site_of(line: Mapping[str, str]) -> dict[str, Any]:
    """A site as it is stored, from the texts of its row. HotspotsError for what no site can have."""
    numbers, problems = {}, []
    for column in ("longitude", "latitude", "radius_m"):
        try:
            numbers[column] = float(line[column])
        except ValueError:
            problems.append(f"{column} is '{line[column][:40]}', which is no number.")
    site = {
        "site": line["name"][:LONGEST_NAME], "kind": line["kind"].casefold(), "lon": numbers.get("longitude", 0.0),
        "lat": numbers.get("latitude", 0.0), "radius_m": numbers.get("radius_m", RADIUS_M[0]), "note": line["reason"],
    }  # fmt: skip
    problems += faults_of(site)
    if problems:
        raise HotspotsError(problems)
    return site


def faults_of(site: Mapping[str, Any]) -> list[str]:
    """What is wrong with a site, each a sentence."""
    problems = []
    if not site["site"]:
        problems.append("the site has no name.")
    if site["kind"] not in KINDS:
        problems.append(f"'{site['kind'][:40]}' is no kind of site to mask. Use one of: {', '.join(KINDS)}.")
    if not site["note"]:
        problems.append("the site has no reason, for those who have to defend the mask later.")
    if not RADIUS_M[0] <= site["radius_m"] <= RADIUS_M[1]:
        problems.append(f"a radius of {site['radius_m']:g} m is no site's; give {RADIUS_M[0]:g} to {RADIUS_M[1]:g}.")
    if not (-180 <= site["lon"] <= 180 and -90 <= site["lat"] <= 90):
        problems.append(f"longitude {site['lon']:g} and latitude {site['lat']:g} are no place on earth.")
    return problems


def mask(folder: Path, sites: Sequence[Mapping[str, Any]], author: str) -> int:
    """Mask sites, of `read_sites`, from now on and for all days; returns how many. Each has its reason.

    HotspotsError where one lies outside the force, is masked already, or comes twice: nothing is stored then.
    """
    author, _ = ledger.signature(author, "", "A mask", note_needed=False)
    workspace = open_workspace(folder)
    district = boundaries_of(workspace).district_of([s["lon"] for s in sites], [s["lat"] for s in sites])
    if outside := [s["site"] for s, d in zip(sites, np.asarray(district).tolist(), strict=True) if d < 0]:
        raise HotspotsError(
            f"{sample(outside)} lies outside the force. Are longitude and latitude exchanged? Nothing was stored."
        )
    names = [s["site"].casefold() for s in sites]

    def add(connection: Connection) -> int:
        held = {name.casefold() for name in held_in(ledger.rows_in(connection, TABLE))}
        if twice := [s["site"] for i, s in enumerate(sites) if names[i] in held or names[i] in names[:i]]:
            raise HotspotsError(
                f"{sample(twice)} is masked already, or stands twice in the file. Lift the mask first (dosage unmask),"
                " or give another name. Nothing was stored."
            )
        row = {"masked": 1, "author": author, "created": ledger.created()}
        ledger.insert_all(connection, TABLE, [{**row, **site} for site in sites])
        return len(sites)

    return ledger.append(folder, add)


def unmask(folder: Path, names: Iterable[str], author: str, note: str) -> int:
    """Lift the masks of these sites, by a later row: the earlier one stays. Returns how many."""
    author, note = ledger.signature(author, note, "Lifting a mask")
    asked = list(dict.fromkeys(" ".join(n.split()).casefold() for n in names))

    def add(connection: Connection) -> int:
        held = {name.casefold(): row for name, row in held_in(ledger.rows_in(connection, TABLE)).items()}
        if idle := [n for n in asked if n not in held]:
            raise HotspotsError(f"{sample(idle)} is not masked. Nothing was stored. dosage masks lists what is.")
        lifted = {"masked": 0, "author": author, "note": note, "created": ledger.created()}
        kept = ("site", "kind", "lon", "lat", "radius_m")
        ledger.insert_all(connection, TABLE, [{**{c: held[n][c] for c in kept}, **lifted} for n in asked])
        return len(asked)

    return ledger.append(folder, add)


def held_in(rows: Iterable[ledger.Row]) -> dict[str, ledger.Row]:
    """The sites that are masked now, by name and in its order."""
    return {n: row for n, row in sorted(ledger.newest(rows, "site").items()) if row["masked"]}


def masked_now(folder: Path) -> dict[str, ledger.Row]:
    """The sites that are masked now, by name. HotspotsError where a row is such as nobody can have stored."""
    rows = ledger.rows(folder, TABLE)
    if words := damaged(rows):
        raise HotspotsError(words)
    return held_in(rows)


def masks(folder: Path) -> pd.DataFrame:
    """Every mask and every lifting of one, oldest first, in `MASKS`."""
    table = pd.DataFrame(ledger.rows(folder, TABLE), columns=[c.name for c in MASKS])
    return table.assign(masked=table["masked"].astype(bool))


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored masks, each a sentence."""
    return damaged(ledger.rows(folder, TABLE))


def damaged(rows: Sequence[ledger.Row]) -> list[str]:
    """Masks that nobody can have set: they have no hash, but a kind, a reason and a radius that fits a site."""

    def check(row: ledger.Row) -> None:
        if faults := faults_of(row):
            raise HotspotsError(
                f"Mask {row['id']} of '{str(row['site'])[:40]}' is such as nobody can have stored ({faults[0][:-1]})."
                " Restore the database from a copy."
            )

    return ledger.faults(rows, check)


# ---------------------------------------------------------------- where they lie


def cells_within(lon: float, lat: float, radius_m: float) -> list[int]:
    """The cells of the finest resolution whose centre lies within the radius, and the one that holds the point."""
    from h3.api import basic_int as h3

    own = h3.latlng_to_cell(lat, lon, FINEST)
    near = h3.grid_disk(own, ceil(radius_m / ACROSS_M) + 1)
    within = (c for c in near if h3.great_circle_distance((lat, lon), h3.cell_to_latlng(c), unit="m") <= radius_m)
    return sorted({own, *within})


def masked_cells(held: Mapping[str, Mapping[str, Any]], cells: Mapping[int, str], resolution: int) -> dict[int, str]:
    """Cell of the finest resolution → site, of the sites in or next to hot spots; of two sites the first by name.

    ``held``: of `masked_now`; ``cells``: cell at ``resolution`` → hot spot. Others can neither take nor give a minute.
    """
    from h3.api import basic_int as h3

    found: dict[int, str] = {}
    for site, row in held.items():
        own = cells_within(row["lon"], row["lat"], row["radius_m"])
        held_by = geography.cells_at(*geography.cell_centres(own), resolution).tolist()
        if any(c in cells for each in set(held_by) for c in h3.grid_disk(each, 1)):
            found = {**dict.fromkeys(own, site), **found}
    return found


def sites_table(
    held: Mapping[str, Mapping[str, Any]], masked: Mapping[int, str], cells: Mapping[int, str], resolution: int,
    stays: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """`MASKED_SITES`: a row for each site and hot spot that it lies in, or one for a site in none.

    ``masked``: of `masked_cells`; ``stays``: of `hotspots.patrols.dosage.apart.stays_apart`, of the days shown.
    """
    where = geography.cells_at(*geography.cell_centres(list(masked)), resolution).tolist()
    inside = {(site, cells[c]) for site, c in zip(masked.values(), where, strict=True) if c in cells}
    mine = stays[(stays["apart"] == MASKED) & ~stays["reactive"] & ~stays["moving"]]
    minutes: dict[Any, float] = union_of(mine, ["site", "area"]).to_dict()
    pairs = sorted(inside | set(minutes)) + [(s, "") for s in held if s not in {site for site, _ in inside}]
    rows = [{**held[s], "area": area, "masked_minutes": round(minutes.get((s, area), 0.0), 2)} for s, area in pairs]
    return in_columns(pd.DataFrame(rows, columns=[c.name for c in MASKED_SITES]), MASKED_SITES)
