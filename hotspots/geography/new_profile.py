"""Another force's profile, made from its district boundaries and a table of district and BCU. Nothing is fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.base.forces import force_named, is_listed
from hotspots.base.profile import (
    COVER,
    DISTRICTS,
    OUTLINES,
    PLACES,
    PROFILE,
    District,
    Profile,
    profile_in,
    read_districts,
    wrong_bcus,
)
from hotspots.base.writing import to_csv
from hotspots.geography.boundary_files import read_boundaries, save_boundaries
from hotspots.geography.districts import NOWHERE, Boundaries, load_cover, load_polygons
from hotspots.geography.making import build_cover, write_cover, write_outlines
from hotspots.geography.places import COLUMNS, places

if TYPE_CHECKING:
    import pandas as pd


def make_profile(boundaries: Path, bcu_table: Path, name: str, out: Path) -> tuple[Profile, list[str]]:
    """Write the profile of a force into the folder ``out``, whole or not at all; returns it and what is to be said.

    ``boundaries``: whatever `read_boundaries` reads; districts that the table does not have are left out.
    ``bcu_table``: a CSV with lad_code, lad_name, bcu; its BCUs keep the order in which they come. Towns are those that
    ship with the program and lie in the districts.

    HotspotsError for a folder that holds something, for files that cannot be read, and for districts of the table that
    the boundaries do not have.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HotspotsError(f"{out} is there already and holds something. Give the name of a new folder.")
    if not (name := " ".join(name.split())):
        raise HotspotsError("The force needs a name: give --name.")
    told = read_districts(bcu_table)
    bcus = tuple(dict.fromkeys(d.bcu for d in told))
    if problems := wrong_bcus(bcus):
        raise HotspotsError(problems)
    with tempfile.TemporaryDirectory() as scratch:
        districts, notes = ground_of(boundaries, Profile(name, "", bcus, told), Path(scratch))
    aside = disk.aside_of(out.resolve())
    try:
        disk.make_folder(aside)
        write_profile(aside, name, districts)
        disk.remove(out)
        disk.put_in_place(aside, out)
    finally:
        disk.remove(aside)
    return checked(profile_in(out)), notes


def ground_of(path: Path, force: Profile, scratch: Path) -> tuple[Boundaries, list[str]]:
    """The districts of the table as polygons, each with a code (its name where none is known), and notes."""
    found = read_boundaries(path, force)
    found["lad_code"] = [code or name for code, name in zip(found["lad_code"], found["lad_name"], strict=True)]
    found = found.sort_values("lad_code", ignore_index=True)
    save_boundaries(found, scratch / "districts.parquet")
    polygons = load_polygons(scratch / "districts.parquet", force)
    if lost := polygons.missing:
        raise HotspotsError(
            f"'{path.name}' has no {', '.join(lost)}, which the table of BCUs names. Take the"
            " boundaries again, whole, or correct the table."
        )
    return polygons, [str(note) for note in found.attrs.get("notes", [])]


def write_profile(folder: Path, name: str, districts: Boundaries) -> None:
    """The files of a profile."""
    import pandas as pd

    rows = [District(*row) for row in zip(districts.codes, districts.districts, districts.bcus, strict=True)]
    table = pd.DataFrame(rows, columns=["lad_code", "lad_name", "bcu"])
    (folder / DISTRICTS).write_text(to_csv(table), encoding="utf-8")
    write_cover(build_cover(districts), districts, folder / COVER)
    write_outlines(districts, folder / OUTLINES)
    (folder / PLACES).write_text(to_csv(towns_in(districts)), encoding="utf-8")
    (folder / PROFILE).write_text(profile_text(name, districts.profile.bcus), encoding="utf-8")


def towns_in(districts: Boundaries) -> pd.DataFrame:
    """The towns that ship with the program and lie in these districts."""
    table = places()
    number = districts.district_of(table["lon"], table["lat"])
    table["district"] = np.array([*districts.districts, ""], dtype=object)[number]
    return table.loc[number != NOWHERE, list(COLUMNS)]


def profile_text(name: str, bcus: Sequence[str]) -> str:
    """A profile.toml that says what may be added."""
    return (
        "# Which force this is. What each line means: docs/another_force.md.\n"
        f"name = {quoted(name)}\n"
        f"force = {quoted(force_named(name) if is_listed(name) else '')} # as data.police.uk writes it; '' any\n"
        f"bcus = [{', '.join(map(quoted, bcus))}] # in the order of every page and list\n"
        "\n"
        "# [areas] # hot spots looked for in each BCU; without a line as many as the setting areas_per_bcu says\n"
        + "".join(f"# {quoted(bcu)} = 7\n" for bcu in bcus)
        + '\n# [settings] # defaults of the force\n# timezone = "Europe/London"\n# patrol_day_starts = 6\n'
    )


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    import json

    return json.dumps(text, ensure_ascii=False)


def checked(profile: Profile) -> Profile:
    """The profile, if all its files can be used together; HotspotsError, with what cannot."""
    import json

    try:
        cover = load_cover(profile)
        json.loads(profile.files[OUTLINES].read_text(encoding="utf-8"))["features"]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise HotspotsError(
            f"'{COVER}', '{OUTLINES}' and '{DISTRICTS}' of the profile {profile.name} do not belong together ({error})."
            " Make it anew: python -m hotspots profile new."
        ) from error
    table = places(profile)
    outside = replace(cover, profile=profile).district_of(table["lon"], table["lat"]) == NOWHERE
    if outside.any():
        raise HotspotsError(
            f"{int(outside.sum())} of {len(table)} places in '{PLACES}' of the profile {profile.name} lie outside its"
            f" districts: {', '.join(table['name'][outside][:3])}. Correct lon and lat, in degrees, or leave them out."
        )
    return profile
