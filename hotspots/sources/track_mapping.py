"""What a feed of officers' positions, or a patrol log, calls its columns: a TOML file, checked before any row is read.

Without a mapping the standard names hold: a column is called as its field is (``unit``, ``time``, ``longitude``, …, in
capital or small letters), and columns that the file lacks are simply absent. Nothing else is guessed. A commented
example is ``data/mappings/avl_positions.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotspots.base.clock import zone
from hotspots.base.errors import HotspotsError, sample
from hotspots.sources.mapping import _format_problem, _text, _texts

GRID, DEGREES = ("easting", "northing"), ("longitude", "latitude")
PLACES = (*DEGREES, *GRID)
FIELDS: dict[str, tuple[str, ...]] = {
    "pings": ("unit", "time", *PLACES, "speed", "status", "officers"),
    "patrol-log": (
        "entry", "unit", "officers", "area", *PLACES, "start", "end", "mode", "activity", "reactive", "searches",
        "arrests", "weapons",
    ),
}  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {"pings": ("unit", "time"), "patrol-log": ("start", "end")}
TIMES = ("time", "start", "end")  # may have two columns: the date and the time of day
STANDARD: dict[str, dict[str, tuple[str, ...]]] = {
    "pings": {"speed": ("speed", "speed_kmh"), "longitude": ("longitude", "lon"), "latitude": ("latitude", "lat")},
    "patrol-log": {"longitude": ("longitude", "lon"), "latitude": ("latitude", "lat")},
}
SPEED_UNITS = {"km/h": 1.0, "mph": 1.609344, "m/s": 3.6, "knots": 1.852}  # one of them in km/h
WORDS: dict[str, tuple[str, ...]] = {
    "on_call": (
        "ON CALL", "ON-CALL", "ON_CALL", "ONCALL", "CALL", "ASSIGNED", "DISPATCHED", "EN ROUTE", "ENROUTE",
        "RESPONDING", "RESPONSE", "ATTENDING", "AT SCENE", "ON SCENE", "AT INCIDENT", "INCIDENT", "REACTIVE",
        "Y", "YES", "TRUE",
    ),
    "foot": ("FOOT", "ON FOOT", "WALK", "WALKING"),
    "vehicle": ("VEHICLE", "CAR", "VAN", "DRIVE", "DRIVING", "MOBILE"),
    "true": ("Y", "YES", "1", "TRUE"),
    "false": ("N", "NO", "0", "FALSE"),
}  # fmt: skip
_KEYS = ("name", "timezone", "datetime_formats", "speed_unit", "null_values", "columns", "values")


@dataclass(frozen=True)
class TrackMapping:
    """A checked mapping of one feed. All of ``values`` and ``null_values`` are in capitals."""

    name: str  # of the feed
    columns: dict[str, tuple[str, ...]]  # field → column names (two only for a date and a time of day)
    datetime_formats: tuple[str, ...] = ()  # strptime; times with the year first are always understood
    timezone: str = ""  # of times without an offset; '': there must be none
    speed_unit: str = "km/h"
    values: dict[str, tuple[str, ...]] | None = None  # on_call, foot, vehicle, true, false; None: the standard words
    null_values: tuple[str, ...] = ("", "NULL")
    source: str = "pings"  # or patrol-log
    standard: bool = False  # the standard names: in any capitals, and those that the file lacks are absent

    def words(self, key: str) -> tuple[str, ...]:
        """The texts, in capitals, that mean on_call, foot, vehicle, true or false."""
        return (self.values or {}).get(key, WORDS[key])

    @property
    def kmh(self) -> float:
        """What a speed of the feed is multiplied by to give km/h."""
        return SPEED_UNITS[self.speed_unit]


def track_mapping(source: str, given: Path | str | None, timezone: str = "") -> TrackMapping:
    """The mapping of a feed of ``source`` ('pings' or 'patrol-log').

    ``given``: a TOML file or TOML text; None for the standard names. ``timezone`` goes before the mapping's own.
    Raises `HotspotsError`, all problems at once.
    """
    if timezone:
        zone(timezone, "Time zone")
    if given is None:
        names: dict[str, tuple[str, ...]] = {f: STANDARD[source].get(f, (f,)) for f in FIELDS[source]}
        return TrackMapping(source, names, timezone=timezone, source=source, standard=True)
    label, text = _text(given)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HotspotsError(f"{label} is not valid TOML: {error}.") from error
    problems = [*_general(table), *_columns(source, table), *_values(table)]
    if problems:
        raise HotspotsError([f"{label}: {problem}" for problem in problems])
    if table.get("timezone"):
        zone(table["timezone"], label)
    mapping = _built(source, table)
    return replace(mapping, timezone=timezone) if timezone else mapping


def columns_in(mapping: TrackMapping, have: Sequence[str], file: str) -> dict[str, tuple[str, ...]]:
    """Field → columns of this file; fields that a standard file lacks are left out.

    Raises `HotspotsError` where the file lacks columns that the mapping names, or those that every file needs: for
    pings a unit, a time and a place; for a log a start, an end, and a hot spot or a place.
    """
    if mapping.standard:
        found = _standard_columns(mapping, have)
        lacking = _lacking(mapping.source, found)
        if lacking:
            raise HotspotsError(
                f"{file} lacks {'; '.join(lacking)}. Its columns are {sample(have, 30)}. Rename them, or give a mapping"
                " file that says which column is which: --mapping FILE.toml."
            )
        return found
    named = [name for names in mapping.columns.values() for name in names]
    missing = list(dict.fromkeys(name for name in named if name not in have))
    if missing:
        others = [name for name in have if name not in named]
        raise HotspotsError(
            f"{file} lacks {len(missing)} of the columns that mapping '{mapping.name}' names: {sample(missing, 30)}."
            f" The columns it has besides: {sample(others, 30) or 'none'}. Correct the mapping, or export the file with"
            " these columns."
        )
    return dict(mapping.columns)


def no_timezone(file: str, times: str) -> HotspotsError:
    """The sentence for times without an offset where no time zone is given; ``times`` are some of them, quoted."""
    return HotspotsError(
        f"{file}: a time zone is not given, and these times carry none: {times}. Say by which clock they were written:"
        " --timezone Europe/London (or UTC), on the Data page under “Time zone”, or timezone = 'Europe/London' in the"
        " mapping."
    )


def odd_times(file: str, unread: int, told: int, example: str) -> str:
    """The sentence for times most of which cannot be read. Of one of them only the shape is told: it may be a name."""
    shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", example[:40]))
    return (
        f"{file}: {unread:,} of {told:,} times cannot be read; one has the shape '{shape}' (9 for a digit, a for a"
        " letter). Say how they are written in a mapping, such as datetime_formats = ['%d/%m/%Y %H:%M:%S'], and give it"
        " with --mapping, or on the Data page."
    )


def place_of(columns: dict[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """('longitude', 'latitude') or ('easting', 'northing'), whichever the file has; degrees before metres."""
    return next((pair for pair in (DEGREES, GRID) if all(axis in columns for axis in pair)), None)


def _standard_columns(mapping: TrackMapping, have: Sequence[str]) -> dict[str, tuple[str, ...]]:
    folded = {name.strip().casefold(): name for name in reversed(have)} | {name: name for name in have}
    found: dict[str, tuple[str, ...]] = {}
    for what, names in mapping.columns.items():
        column = next((folded[n] for n in names if n in folded), None)
        if column is not None:
            found[what] = (column,)
    return found


def _lacking(source: str, columns: dict[str, Any]) -> list[str]:
    """What every file of the source needs and this one has not."""
    lacking = [f"a column '{what}'" for what in NEEDED[source] if what not in columns]
    if place_of(columns) is None and (source == "pings" or "area" not in columns):
        area = "" if source == "pings" else "area, or "
        lacking.append(f"a place ({area}longitude and latitude, or easting and northing)")
    return lacking


def _built(source: str, given: dict[str, Any]) -> TrackMapping:
    columns = {
        key: tuple(n.strip() for n in ([name] if isinstance(name, str) else name))
        for key, name in given["columns"].items()
    }
    return TrackMapping(
        name=given["name"],
        columns={key: columns[key] for key in FIELDS[source] if key in columns},
        datetime_formats=tuple(given.get("datetime_formats", ())),
        timezone=given.get("timezone", ""),
        speed_unit=given.get("speed_unit", "km/h"),
        values={key: _capitals(words) for key, words in given.get("values", {}).items()},
        null_values=_capitals(given.get("null_values", ("", "NULL"))),
        source=source,
    )


def _capitals(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(w.strip().upper() for w in words)


# ---------------------------------------------------------------- what may be wrong


def _general(given: dict[str, Any]) -> list[str]:
    problems = [f"'{key}' is not known here; known are {', '.join(_KEYS)}." for key in given if key not in _KEYS]
    name = given.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        problems.append(
            f"'name' is {name!r}; give the feed a name of lower-case letters, digits and dashes, such as 'avl'."
        )
    if not isinstance(given.get("timezone", ""), str):
        problems.append("'timezone' must be text such as 'Europe/London'.")
    if given.get("speed_unit", "km/h") not in SPEED_UNITS:
        problems.append(f"'speed_unit' is {given['speed_unit']!r}; it must be one of {', '.join(SPEED_UNITS)}.")
    if not _texts(given.get("null_values", [])):
        problems.append("'null_values' must be a list of texts, such as ['', 'NULL'].")
    formats = given.get("datetime_formats", [])
    if not _texts(formats):
        return [*problems, "'datetime_formats' must be a list of texts, such as ['%d/%m/%Y %H:%M:%S']."]
    return problems + [f"'datetime_formats' has '{f}': {why}." for f in formats if (why := _format_problem(f))]


def _columns(source: str, given: dict[str, Any]) -> list[str]:
    columns = given.get("columns")
    if not isinstance(columns, dict):
        return ["the table [columns] is missing: it says which column of the file is what."]
    known = FIELDS[source]
    problems = [
        f"[columns] has '{key}', which is not known; known are {', '.join(known)}."
        for key in columns
        if key not in known
    ]
    problems += [p for key, name in columns.items() if (p := _column_problem(key, name))]
    problems += [f"[columns] lacks {what}." for what in _lacking(source, columns)]
    for pair in (DEGREES, GRID):
        if sum(axis in columns for axis in pair) == 1:
            problems.append(f"[columns] must name both {pair[0]} and {pair[1]}, or neither.")
    if all(axis in columns for axis in PLACES):
        problems.append("[columns] must name either easting and northing, or longitude and latitude, not both.")
    single = Counter(name.strip() for name in columns.values() if isinstance(name, str))
    twice = [name for name, times in single.items() if times > 1]
    if twice:
        problems.append(f"[columns] uses {sample(twice)} for more than one thing.")
    return problems


def _column_problem(key: str, name: object) -> str | None:
    if isinstance(name, str) and name.strip():
        return None
    if isinstance(name, list) and _texts(name) and all(n.strip() for n in name):
        if key in TIMES and len(name) in (1, 2):
            return None
        return f"[columns] gives '{key}' {len(name)} columns; only a time may have two, its date and its time of day."
    return f"[columns] gives '{key}' as {name!r}; it must be the name of a column."


def _values(given: dict[str, Any]) -> list[str]:
    values = given.get("values", {})
    if not isinstance(values, dict):
        return [f"[values] must be a table with lists of texts for {', '.join(WORDS)}."]
    problems = [f"[values] has '{key}'; known are {', '.join(WORDS)}." for key in values if key not in WORDS]
    problems += [f"[values] '{k}' must be a list of texts." for k, v in values.items() if k in WORDS and not _texts(v)]
    if problems:
        return problems
    for one, other in (("true", "false"), ("foot", "vehicle")):
        both = set(_capitals(values.get(one, WORDS[one]))) & set(_capitals(values.get(other, WORDS[other])))
        if both:
            problems.append(f"[values] counts {sample(sorted(both))} as both {one} and {other}.")
    return problems
