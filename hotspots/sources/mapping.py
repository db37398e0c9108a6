"""What a feed calls its columns: a TOML file, checked as a whole before any row is read.

Nothing is guessed: which column is what, how dates are written, what counts as yes or no all stand in the mapping.
Positions and patrol logs may do without one: then a column is called as its field is (``unit``, ``time``,
``longitude``, …, in capital or small letters), and columns that the file lacks are simply absent. Commented examples
are in data/mappings.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from hotspots.base.clock import zone
from hotspots.base.errors import HotspotsError, sample
from hotspots.sources.formats import day_before_month
from hotspots.sources.kinds import Sought
from hotspots.sources.raw import spelled

GRID, DEGREES = ("easting", "northing"), ("longitude", "latitude")
PLACES = (*DEGREES, *GRID)
CODES = ("ho_class", "athena_urn", "title")
FLAGS = ("knife", "gun", "domestic", "alcohol", "proactive")
OFFENCES = ("one", "rows", "columns")
TIMES = ("committed_from", "committed_to", "recorded", "time", "start", "end")  # may have two columns: date and time
SPANS = (("committed_from", "committed_to"), ("start", "end"))
SPEED_UNITS = {"km/h": 1.0, "mph": 1.609344, "m/s": 3.6, "knots": 1.852}  # one of them in km/h
WORDS: dict[str, tuple[str, ...]] = {
    "true": ("Y", "YES", "1", "TRUE"),
    "false": ("N", "NO", "0", "FALSE"),
    "on_call": (
        "ON CALL", "ON-CALL", "ON_CALL", "ONCALL", "CALL", "ASSIGNED", "DISPATCHED", "EN ROUTE", "ENROUTE",
        "RESPONDING", "RESPONSE", "ATTENDING", "AT SCENE", "ON SCENE", "AT INCIDENT", "INCIDENT", "REACTIVE",
        "Y", "YES", "TRUE",
    ),
    "foot": ("FOOT", "ON FOOT", "WALK", "WALKING"),
    "vehicle": ("VEHICLE", "CAR", "VAN", "DRIVE", "DRIVING", "MOBILE"),
}  # fmt: skip
# Columns of words: there 'None' and 'Unknown' may be what somebody means. Everywhere else they are empty cells.
WORDED = ("location", "location_type", "area", "status", "activity")
COMMON = ("name", "system", "timezone", "datetime_formats", "null_values", "columns", "values")
LONGEST_SYSTEM = 80  # characters


class Feed(NamedTuple):
    """What the mapping of a source may say, and what it must."""

    fields: tuple[str, ...]  # what columns can be
    needed: tuple[str, ...]  # of these
    keys: tuple[str, ...]  # beside `COMMON`
    words: tuple[str, ...]  # of `WORDS`
    timezone: str = ""  # without one in the mapping; '': then every time must carry an offset


FEEDS = {
    "incidents": Feed(
        ("id", *CODES, "committed_from", "committed_to", "recorded", *GRID, *DEGREES, *FLAGS, "victim_age",
         "location_type", "location"),
        ("id", "committed_from"), ("offences", "offence"), ("true", "false"), "Europe/London",
    ),
    "pings": Feed(
        ("unit", "time", *PLACES, "speed", "status", "officers"), ("unit", "time"), ("speed_unit",), tuple(WORDS)
    ),
    "patrol-log": Feed(
        ("entry", "unit", "officers", "area", *PLACES, "start", "end", "mode", "activity", "reactive", "searches",
         "arrests", "weapons"),
        ("start",), ("speed_unit",), tuple(WORDS),
    ),
}  # fmt: skip
SHORT_NAMES = {"speed": "speed_kmh", "longitude": "lon", "latitude": "lat"}  # that hold without a mapping too


@dataclass(frozen=True)
class Mapping:
    """A checked mapping of one feed. ``columns`` holds field → column names (two only for a date and a time column).

    All of ``values`` and ``null_values`` are in capitals.
    """

    source: str
    name: str  # of the feed
    columns: dict[str, tuple[str, ...]]
    datetime_formats: tuple[str, ...] = ()  # strptime; times with the year first are always understood
    timezone: str = ""  # of times without an offset; '': there must be none
    null_values: tuple[str, ...] = ("", "NULL")
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)  # where they differ from `WORDS`
    offences: str = "one"  # a row is one record; 'rows': rows share an id; 'columns': further offences beside the first
    further: tuple[dict[str, str], ...] = ()  # for 'columns': ho_class, athena_urn, title of the 2nd, 3rd, … offence
    speed_unit: str = "km/h"
    system: str = ""  # and the force whose system it is, in words for a list
    standard: bool = False  # the standard names: in any capitals, and those that the file lacks are absent

    def words(self, key: str) -> tuple[str, ...]:
        """The texts, in capitals, that mean true, false, on_call, foot or vehicle."""
        return self.values.get(key, WORDS[key])

    @property
    def kmh(self) -> float:
        """What a speed of the feed is multiplied by to give km/h."""
        return SPEED_UNITS[self.speed_unit]

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column of the file that the mapping speaks of, each once, in order."""
        own = [name for names in self.columns.values() for name in names]
        return tuple(dict.fromkeys([*own, *(name for table in self.further for name in table.values())]))

    @property
    def sought(self) -> Sought:
        """What a reader looks for in a file of this feed."""
        must = [name for what in (*FEEDS[self.source].needed, *PLACES, "area") for name in self.columns.get(what, ())]
        return Sought.of(self.source, self.needed, must if self.standard else ())


def read_mapping(source: str, file: Path | str | None, timezone: str = "") -> Mapping:
    """The mapping of a feed of ``source``: incidents, pings or patrol-log.

    ``file``: a TOML file or TOML text; None for the standard names. ``timezone`` goes before the mapping's own.
    Raises `HotspotsError`, all problems at once.
    """
    if timezone:
        zone(timezone, "Time zone")
    if file is None:
        if source == "incidents":
            raise HotspotsError(
                "A force's own export needs a mapping file that names its columns: --mapping FILE.toml."
                " Two examples are in data/mappings."
            )
        names = {f: tuple(filter(None, (f, SHORT_NAMES.get(f)))) for f in FEEDS[source].fields}
        return Mapping(source, source, names, timezone=timezone, standard=True)
    label, text = _text(file)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HotspotsError(f"{label} is not valid TOML: {error}.") from error
    feed = FEEDS[source]
    problems = [*_general(feed, table), *_columns(source, table), *_times(source, table), *_values(feed, table)]
    problems += _further(table) if source == "incidents" else []
    if problems:
        raise HotspotsError([f"{label}: {problem}" for problem in problems])
    mapping = _built(source, table)
    if mapping.timezone:
        zone(mapping.timezone, label)
    return replace(mapping, timezone=timezone) if timezone else mapping


def _text(path_or_text: Path | str) -> tuple[str, str]:
    if isinstance(path_or_text, str) and ("\n" in path_or_text or "=" in path_or_text):
        return "The mapping", path_or_text
    path = Path(path_or_text)
    try:
        return f"Mapping {path.name}", path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise HotspotsError(f"Mapping {path.name} is not UTF-8 text. Save it as UTF-8.") from error
    except OSError as error:
        raise HotspotsError(f"Mapping {path} cannot be opened: {error.strerror or error}.") from error


def _built(source: str, toml: dict[str, Any]) -> Mapping:
    names = {k: tuple(n.strip() for n in ([v] if isinstance(v, str) else v)) for k, v in toml["columns"].items()}
    return Mapping(
        source,
        toml["name"],
        columns={key: names[key] for key in FEEDS[source].fields if key in names},
        datetime_formats=tuple(toml.get("datetime_formats", ())),
        timezone=toml.get("timezone", FEEDS[source].timezone),
        null_values=_capitals(toml.get("null_values", Mapping.null_values)),
        values={key: _capitals(words) for key, words in toml.get("values", {}).items()},
        offences=toml.get("offences", Mapping.offences),
        further=tuple({k: n.strip() for k, n in table.items()} for table in toml.get("offence", ())),
        speed_unit=toml.get("speed_unit", Mapping.speed_unit),
        system=toml.get("system", ""),
    )


def _capitals(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(w.strip().upper() for w in words)


def columns_in(mapping: Mapping, have: Sequence[str], file: str) -> dict[str, tuple[str, ...]]:
    """Field → columns of this file; fields that a file with the standard names lacks are left out.

    Raises `HotspotsError` where the file lacks columns that the mapping names, or those that every file needs: for
    pings a unit, a time and a place; for a log a start, an end, and a hot spot or a place.
    """
    if mapping.standard:
        folded = {name.strip().casefold(): name for name in reversed(have)} | {name: name for name in have}
        named = {what: [folded[n] for n in names if n in folded] for what, names in mapping.columns.items()}
        found = {what: tuple(names[:1]) for what, names in named.items() if names}
        lacking = [f"a column '{what}'" for what in FEEDS[mapping.source].needed if what not in found]
        if place_of(found) is None and not _names_area(mapping.source, found):
            area = "area, or " if mapping.source == "patrol-log" else ""
            lacking.append(f"a place ({area}longitude and latitude, or easting and northing)")
        if lacking:
            raise HotspotsError(
                f"{file} lacks {'; '.join(lacking)}. Its columns are {sample(have, 30)}. Rename them, or give a mapping"
                " file that says which column is which: --mapping FILE.toml."
            )
        return found
    have = spelled(have, mapping.needed)
    missing = [name for name in mapping.needed if name not in have]
    if missing:
        others = [name for name in have if name not in mapping.needed]
        raise HotspotsError(
            f"{file} lacks {len(missing)} of the columns that mapping '{mapping.name}' names: {sample(missing, 30)}."
            f" The columns it has besides: {sample(others, 30) or 'none'}. Correct the mapping, or export the file with"
            " these columns."
        )
    return dict(mapping.columns)


def place_of(columns: Collection[str]) -> tuple[str, str] | None:
    """('longitude', 'latitude') or ('easting', 'northing'), whichever there are; degrees before metres."""
    return next((pair for pair in (DEGREES, GRID) if all(axis in columns for axis in pair)), None)


def _names_area(source: str, columns: Collection[str]) -> bool:
    """Whether entries may name their hot spot instead of giving a position."""
    return source == "patrol-log" and "area" in columns


def _general(feed: Feed, toml: dict[str, Any]) -> list[str]:
    keys = (*COMMON, *feed.keys)
    problems = [f"'{key}' is not known here; known are {', '.join(keys)}." for key in toml if key not in keys]
    name = toml.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        problems.append(
            f"'name' is {name!r}; give the feed a name of lower-case letters, digits and dashes, such as 'athena'."
        )
    system = toml.get("system", "")
    if not isinstance(system, str) or "\n" in system or len(system) > LONGEST_SYSTEM:
        problems.append(
            f"'system' must be text on one line of at most {LONGEST_SYSTEM} characters, such as 'Athena, Lancashire'."
        )
    if not isinstance(toml.get("timezone", ""), str):
        problems.append("'timezone' must be text such as 'Europe/London'.")
    if not _texts(toml.get("null_values", [])):
        problems.append("'null_values' must be a list of texts, such as ['', 'NULL'].")
    for key, allowed in (("offences", OFFENCES), ("speed_unit", tuple(SPEED_UNITS))):
        if key in feed.keys and toml.get(key, allowed[0]) not in allowed:
            problems.append(f"'{key}' is {toml[key]!r}; it must be one of {', '.join(allowed)}.")
    return problems


def _columns(source: str, toml: dict[str, Any]) -> list[str]:
    columns, feed = toml.get("columns"), FEEDS[source]
    if not isinstance(columns, dict):
        return ["the table [columns] is missing: it says which column of the file is what."]
    problems = [
        f"[columns] has '{key}', which is not known; known are {', '.join(feed.fields)}."
        for key in columns
        if key not in feed.fields
    ]
    problems += [p for key, name in columns.items() if (p := _column_problem(key, name))]
    problems += [f"[columns] must name '{key}'." for key in feed.needed if key not in columns]
    if source == "incidents" and not any(code in columns for code in CODES):
        problems.append(f"[columns] must name at least one of {', '.join(CODES)}: without one no harm can be counted.")
    pairs = [pair for pair in (GRID, DEGREES) if any(axis in columns for axis in pair)]
    whole = len(pairs) == 1 and all(axis in columns for axis in pairs[0])
    if not whole and (pairs or not _names_area(source, columns)):
        area = ", or an area" if source == "patrol-log" else ""
        problems.append(
            f"[columns] must name a place: either easting and northing, or longitude and latitude, not both{area}."
        )
    # 14:30-14:45, or a place, in one column
    shared = {last for first, last in (*SPANS, GRID, DEGREES) if columns.get(first) == columns.get(last)}
    single = Counter(name.strip() for key, name in columns.items() if isinstance(name, str) and key not in shared)
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


def _times(source: str, toml: dict[str, Any]) -> list[str]:
    formats, strict = toml.get("datetime_formats", []), source == "incidents"
    if not _texts(formats) or (strict and not formats):
        return [
            "'datetime_formats' must list how times are written, such as ['%d/%m/%Y %H:%M']: dates are not guessed."
        ]
    problems = [f"'datetime_formats' has '{f}': {why}." for f in formats if (why := _format_problem(f))]
    day_first = {f for f in formats if day_before_month(f)}
    month_first = {f for f in formats if day_before_month(f) is False}
    if day_first and month_first:
        problems.append(
            f"'datetime_formats' has day first ({sample(sorted(day_first))}) and month first "
            f"({sample(sorted(month_first))}): 05/04 could be either. Keep one."
        )
    return problems


def _format_problem(text: str) -> str | None:
    codes = re.findall(r"%(.)", text)
    unknown = [f"%{c}" for c in codes if c not in "YymbBaAdHIMSpf%"]
    if unknown:
        return (
            f"{', '.join(unknown)} is not understood; use %d %m %Y %H %M %S (ISO times with an offset need no format)"
        )
    if not ({"Y", "y"} & set(codes) and {"m", "b", "B"} & set(codes) and "d" in codes):
        return "it lacks the day, the month or the year"
    if re.search(r"%Y.*%d.*%m", text):
        return "with the year first, the month comes before the day"
    return None


def _values(feed: Feed, toml: dict[str, Any]) -> list[str]:
    values = toml.get("values", {})
    if not isinstance(values, dict):
        return [f"[values] must be a table with lists of texts for {', '.join(feed.words)}."]
    problems = [f"[values] has '{key}'; known are {', '.join(feed.words)}." for key in values if key not in feed.words]
    lists = {k: v for k, v in values.items() if k in feed.words}
    problems += [f"[values] '{k}' must be a list of texts." for k, v in lists.items() if not _texts(v)]
    if problems:
        return problems
    for one, other in (("true", "false"), ("foot", "vehicle")):
        both = set(_capitals(values.get(one, WORDS[one]))) & set(_capitals(values.get(other, WORDS[other])))
        if both:
            problems.append(f"[values] counts {sample(sorted(both))} as both {one} and {other}.")
    return problems


def _further(toml: dict[str, Any]) -> list[str]:
    tables, mode = toml.get("offence", []), toml.get("offences", "one")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return ["further offences are written as [[offence]] tables."]
    problems = []
    if mode == "columns" and not tables:
        problems.append("offences = 'columns' needs an [[offence]] table for the second offence, the third, …")
    if mode != "columns" and tables:
        problems.append(f"[[offence]] tables belong to offences = 'columns', not to '{mode}'.")
    for i, table in enumerate(tables, start=2):
        unknown = [key for key in table if key not in CODES]
        if unknown or not table or not _texts(list(table.values())):
            problems.append(
                f"the [[offence]] table of offence {i} must name columns for {', '.join(CODES)} and nothing else."
            )
    return problems


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
