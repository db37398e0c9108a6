"""What is particular to one police force, as data: its districts and BCUs, its towns, and defaults of its own.

A profile is a folder (docs/another_force.md); Lancashire's comes with the program. A workspace keeps its own copy of
any other, so that it can be moved as one folder. Nothing here knows which force it is.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.shipped import FORCE, shipped

PROFILE, DISTRICTS, PLACES = "profile.toml", "districts.csv", "places.csv"
COVER, OUTLINES = "cover.parquet", "outlines.geojson"
NEEDED, OPTIONAL = (PROFILE, DISTRICTS, COVER, OUTLINES), (PLACES,)
KEYS: dict[str, type] = {"name": str, "force": str, "bcus": list, "areas": dict, "settings": dict}
EVERYWHERE = "all"  # what a question says for the whole force; so no BCU is called that
ALL = {2: "Both", 3: "All three", 4: "All four", 5: "All five"}  # BCUs
MOST_BCUS = 9  # as many as positions are counted by
NOT_IN_A_NAME = ',=/\\"'  # they part options and names of files

# Columns as people name them, without what is neither letter nor digit; the best first.
NAMES = (r"ladname", r"lad(\d\d)?nm", r"lau1?\d*nm", r"lgd\d*nm",
          r"(local)?authority(name)?|localauthoritydistrict(name)?",
          r"district(name)?", r"name")  # fmt: skip
CODES = (r"ladcode", r"lad(\d\d)?cd", r"lau1?\d*cd", r"lgd\d*cd",
          r"(local)?authoritycode|localauthoritydistrictcode",
          r"districtcode|gss(code)?", r"code")  # fmt: skip


class District(NamedTuple):
    """A local authority district: its code of the Office for National Statistics ('' if unknown), name and BCU."""

    code: str
    name: str
    bcu: str


@dataclass(frozen=True)
class Profile:
    """One force. ``bcus`` stand in the order of every page and list, ``districts`` in that of their codes.

    ``areas``: hot spots looked for in each BCU that says so; ``settings``: its defaults in place of those of
    `hotspots.base.settings`; ``files``: where its files lie, by their name in a profile's folder.
    """

    name: str
    force: str  # as data.police.uk writes it
    bcus: tuple[str, ...]
    districts: tuple[District, ...]
    areas: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict, repr=False, compare=False)

    @property
    def choices(self) -> tuple[str, ...]:
        """What a question may name: a BCU or all."""
        return (*self.bcus, EVERYWHERE)

    @property
    def together(self) -> str:
        """All BCUs in words: 'All three'."""
        return ALL.get(len(self.bcus), "All")

    def refuse_bcu(self, bcu: str) -> None:
        """HotspotsError for what is neither a BCU of the force nor all."""
        if bcu not in self.choices:
            raise HotspotsError(f"There is no BCU '{bcu[:40]}'. Use {either(self.choices)}.")


def either(names: Sequence[str]) -> str:
    """'West, South, East or all'."""
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def home() -> Profile:
    """The profile of a workspace that names none: Lancashire's."""
    return _remembered(tuple((name, shipped(FORCE / name)) for name in (*NEEDED, *OPTIONAL)))


def stored_profile(files: Mapping[str, Path]) -> Profile:
    """The profile of files whose content never changes, read once."""
    return _remembered(tuple(sorted(files.items())))


@lru_cache(maxsize=8)
def _remembered(files: tuple[tuple[str, Path], ...]) -> Profile:
    return read_profile(dict(files))


def profile_in(folder: Path) -> Profile:
    """The profile in a folder that a user names. HotspotsError with all that is wrong with it."""
    if not folder.is_dir():
        raise HotspotsError(f"There is no folder {folder}. Make a profile with: python -m hotspots profile new.")
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise HotspotsError(
            f"{folder} is no profile of a force: it has no {either(missing)}. Make one with: python -m hotspots"
            " profile new."
        )
    return read_profile({name: folder / name for name in (*NEEDED, *OPTIONAL) if (folder / name).is_file()})


def read_profile(files: Mapping[str, Path]) -> Profile:
    """The profile of these files, by their names in a profile's folder. HotspotsError with all that is wrong."""
    try:
        told = tomllib.loads(files[PROFILE].read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HotspotsError(f"'{files[PROFILE].name}' of the profile cannot be read: {error}.") from error
    if problems := wrong_keys(told):
        raise HotspotsError(problems)
    bcus = tuple(told["bcus"])
    districts = tuple(sorted(read_districts(files[DISTRICTS], bcus)))
    if empty := [bcu for bcu in bcus if bcu not in {d.bcu for d in districts}]:
        raise HotspotsError(f"No district of '{DISTRICTS}' is in the BCU {sample(empty)} that '{PROFILE}' names.")
    return Profile(
        name=told["name"], force=told.get("force", ""), bcus=bcus, districts=districts,
        areas=told.get("areas", {}), settings=told.get("settings", {}), files=dict(files),
    )  # fmt: skip


def wrong_keys(told: Mapping[str, Any]) -> list[str]:
    """What is wrong with the content of a profile.toml, in sentences."""
    problems = [f"'{PROFILE}' has '{key}', which is not known; use {either([*KEYS])}." for key in told.keys() - KEYS]
    problems += [
        f"'{PROFILE}' gives {key} as {str(told[key])[:40]!r}; it must be {WORDS[kind]}."
        for key, kind in KEYS.items()
        if key in told and not isinstance(told[key], kind)
    ]
    problems += [f"'{PROFILE}' has no {key}." for key in ("name", "bcus") if not told.get(key)]
    if problems:
        return problems
    bcus = told["bcus"]
    problems = wrong_bcus(bcus)
    problems += [
        f"'{PROFILE}' gives {str(n)[:20]} hot spots to the BCU '{bcu}'; {either(bcus)} can have 0 or more."
        for bcu, n in told.get("areas", {}).items()
        if bcu not in bcus or type(n) is not int or n < 0
    ]
    return problems


WORDS: dict[type, str] = {str: "text", list: "a list", dict: "a table"}


def wrong_bcus(bcus: Sequence[Any]) -> list[str]:
    """What is wrong with the names of BCUs, in sentences."""
    if not all(isinstance(b, str) for b in bcus):
        return ["The names of BCUs are texts."]
    problems = [
        f"'{bcu[:40]}' cannot be the name of a BCU: 1 to 40 characters, without {' '.join(NOT_IN_A_NAME)}, and not"
        f" '{EVERYWHERE}'."
        for bcu in bcus
        if not 0 < len(bcu) <= 40
        or bcu != " ".join(bcu.split())
        or bcu.casefold() == EVERYWHERE
        or any(c in bcu for c in NOT_IN_A_NAME)
    ]
    if len({slug(b) for b in bcus}) < len(bcus):
        problems.append(f"Two BCUs have the same name: {sample(bcus, 9)}.")
    if len(bcus) > MOST_BCUS:
        problems.append(f"There are {len(bcus)} BCUs; a force has {MOST_BCUS} at most here. Join some of them.")
    return problems


def slug(bcu: str) -> str:
    """The name of a BCU in the name of a setting: 'North West' → north_west."""
    return "".join(c if c.isalnum() else "_" for c in bcu.casefold())


def read_districts(path: Path, bcus: Sequence[str] = ()) -> tuple[District, ...]:
    """The districts of a CSV of name (``lad_name``, ``LAD25NM``, ``name``) and ``bcu``, in the order of its rows.

    A code (``lad_code``, ``LAD25CD``, ``code``) is kept where there is one. HotspotsError for a missing
    file or column, a repeated district, a district without a BCU, and a BCU that is not one of ``bcus`` (any, where
    none are given).
    """
    rows = table_rows(path)
    header = list(rows[0]) if rows else []
    named, coded, bcu = called(header, NAMES), called(header, CODES), called(header, ("bcu",))
    if rows and (named is None or bcu is None):
        missing = either([c for c, found in (("lad_name", named), ("bcu", bcu)) if found is None])
        raise HotspotsError(
            f"The district table '{path.name}' has no column {missing}; it has {sample(header, 12)}. Name its columns"
            " lad_code, lad_name and bcu."
        )
    spelled = {each.casefold(): each for each in bcus}
    found = tuple(
        District(row[coded] if coded else "", row[str(named)], spelled.get(row[str(bcu)].casefold(), row[str(bcu)]))
        for row in rows
    )
    if problems := wrong_districts(found, path.name, bcus):
        raise HotspotsError(problems)
    return found


def table_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV by its header, as spreadsheets write it: with commas, semicolons or tabs."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig" if is_utf8(raw) else "cp1252")
        first = text.partition("\n")[0]
        part = max(",;\t", key=first.count)
        read = csv.DictReader(io.StringIO(text, newline=""), delimiter=part)
        rows = [{str(k).strip(): (v or "").strip() for k, v in row.items() if k} for row in read]
    except OSError as error:
        raise HotspotsError(f"The district table '{path.name}' cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise HotspotsError(f"The district table '{path.name}' is no text. Save the sheet as CSV.") from error
    return [row for row in rows if any(row.values())]


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def called(properties: Sequence[str], patterns: Sequence[str]) -> str | None:
    """The first column that has the best of these names; of several years the latest."""
    for pattern in patterns:
        found = [c for c in properties if re.fullmatch(pattern, re.sub(r"[^a-z0-9]", "", c.lower()))]
        if found:
            return max(found, key=lambda c: (not re.search(r"\d", c), c))
    return None


def wrong_districts(rows: Sequence[District], name: str, bcus: Sequence[str]) -> list[str]:
    """What is wrong with the rows of a table of districts, in sentences."""
    if not rows:
        return [f"The district table '{name}' has no rows; it needs one row for each district."]
    problems = [
        f"The district table '{name}' gives '{row.name}' the BCU '{row.bcu}'; it must be {either(bcus)}."
        for row in rows
        if bcus and row.bcu and row.bcu not in bcus
    ]
    problems += [
        f"The district table '{name}' has {sum(empty)} of {len(rows)} rows without {words}; fill them in."
        for empty, words in (([not r.name for r in rows], "a name"), ([not r.bcu for r in rows], "a BCU"))
        if any(empty)
    ]
    for column, values in (("lad_code", [r.code for r in rows if r.code]), ("lad_name", [r.name for r in rows])):
        problems += [
            f"The district table '{name}' has '{value}' more than once in {column}; keep one row for each district."
            for value in sorted({v for v in values if values.count(v) > 1})
        ]
    return problems
