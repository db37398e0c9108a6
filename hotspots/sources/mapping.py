"""What a force's own export calls its columns: a TOML file, checked as a whole before any row is read.

Nothing is guessed: which column is what, how dates are written, what counts as yes or no all stand in the
mapping. Two commented examples are in data/mappings.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspots.base.clock import zone
from hotspots.base.errors import HotspotsError, sample

TIMES = ("committed_from", "committed_to", "recorded")
CODES = ("ho_class", "athena_urn", "title")
GRID, DEGREES = ("easting", "northing"), ("longitude", "latitude")
FLAGS = ("knife", "gun", "domestic", "alcohol", "proactive")
OTHERS = ("victim_age", "location_type", "location")
COLUMNS = ("id", *CODES, *TIMES, *GRID, *DEGREES, *FLAGS, *OTHERS)

OFFENCES = ("one", "rows", "columns")
_KEYS = ("name", "timezone", "datetime_formats", "null_values", "offences", "columns", "values", "offence")


@dataclass(frozen=True)
class Mapping:
    """A checked mapping. ``columns`` holds field → column names (two only for a date and a time column)."""

    name: str
    columns: dict[str, tuple[str, ...]]
    datetime_formats: tuple[str, ...]
    timezone: str = "Europe/London"
    offences: str = "one"  # a row is one record; 'rows': rows share an id; 'columns': further offences beside the first
    further: tuple[dict[str, str], ...] = ()  # for 'columns': ho_class, athena_urn, title of the 2nd, 3rd, … offence
    null_values: tuple[str, ...] = ("", "NULL")
    true_values: tuple[str, ...] = ("Y", "YES", "1", "TRUE")
    false_values: tuple[str, ...] = ("N", "NO", "0", "FALSE")

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column of the file that the mapping speaks of, each once, in order."""
        own = [name for names in self.columns.values() for name in names]
        return tuple(dict.fromkeys([*own, *(name for table in self.further for name in table.values())]))

    @property
    def place(self) -> tuple[str, str]:
        """('easting', 'northing') or ('longitude', 'latitude'), whichever is mapped."""
        return GRID if GRID[0] in self.columns else DEGREES


def read_mapping(path_or_text: Path | str) -> Mapping:
    """A mapping out of a TOML file or out of TOML text. Raises `HotspotsError`, all problems at once."""
    label, text = _text(path_or_text)
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HotspotsError(f"{label} is not valid TOML: {error}.") from error
    problems = [*_general(given), *_columns(given), *_times(given), *_values(given), *_further(given)]
    if problems:
        raise HotspotsError([f"{label}: {problem}" for problem in problems])
    zone(given.get("timezone", "Europe/London"), label)
    return _built(given)


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


def _built(given: dict[str, Any]) -> Mapping:
    values = given.get("values", {})
    upper = {key: tuple(v.strip().upper() for v in values[key]) for key in ("true", "false") if key in values}
    columns = {
        key: tuple(n.strip() for n in ([name] if isinstance(name, str) else name))
        for key, name in given["columns"].items()
    }
    standard = Mapping("standard", {}, ())
    return Mapping(
        name=given["name"],
        columns={key: columns[key] for key in COLUMNS if key in columns},
        datetime_formats=tuple(given["datetime_formats"]),
        timezone=given.get("timezone", standard.timezone),
        offences=given.get("offences", standard.offences),
        further=tuple({k: n.strip() for k, n in table.items()} for table in given.get("offence", ())),
        null_values=tuple(v.strip().upper() for v in given.get("null_values", standard.null_values)),
        true_values=upper.get("true", standard.true_values),
        false_values=upper.get("false", standard.false_values),
    )


# ---------------------------------------------------------------- what may be wrong


def _general(given: dict[str, Any]) -> list[str]:
    problems = [f"'{key}' is not known here; known are {', '.join(_KEYS)}." for key in given if key not in _KEYS]
    name = given.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        problems.append(
            f"'name' is {name!r}; give the feed a name of lower-case letters, digits and dashes, such as 'athena'."
        )
    if not isinstance(given.get("timezone", ""), str):
        problems.append("'timezone' must be text such as 'Europe/London'.")
    if given.get("offences", "one") not in OFFENCES:
        problems.append(f"'offences' is {given['offences']!r}; it must be 'one', 'rows' or 'columns'.")
    if not _texts(given.get("null_values", [])):
        problems.append("'null_values' must be a list of texts, such as ['', 'NULL'].")
    return problems


def _columns(given: dict[str, Any]) -> list[str]:
    columns = given.get("columns")
    if not isinstance(columns, dict):
        return ["the table [columns] is missing: it says which column of the file is what."]
    problems = [
        f"[columns] has '{key}', which is not known; known are {', '.join(COLUMNS)}."
        for key in columns
        if key not in COLUMNS
    ]
    problems += [p for key, name in columns.items() if (p := _column_problem(key, name))]
    for key in ("id", "committed_from"):
        if key not in columns:
            problems.append(f"[columns] must name '{key}'.")
    if not any(code in columns for code in CODES):
        problems.append(f"[columns] must name at least one of {', '.join(CODES)}: without one no harm can be counted.")
    pairs = [pair for pair in (GRID, DEGREES) if any(axis in columns for axis in pair)]
    if len(pairs) != 1 or not all(axis in columns for axis in pairs[0]):
        problems.append("[columns] must name either easting and northing, or longitude and latitude.")
    single = Counter(name for name in columns.values() if isinstance(name, str))
    twice = [name for name, times in single.items() if times > 1]
    if twice:
        problems.append(f"[columns] uses {sample(twice)} for more than one thing.")
    return problems


def _column_problem(key: str, name: object) -> str | None:
    if isinstance(name, str) and name.strip():
        return None
    if isinstance(name, list) and _texts(name) and all(name):
        if key in TIMES and len(name) in (1, 2):
            return None
        return f"[columns] gives '{key}' {len(name)} columns; only a time may have two, its date and its time of day."
    return f"[columns] gives '{key}' as {name!r}; it must be the name of a column."


def _times(given: dict[str, Any]) -> list[str]:
    formats = given.get("datetime_formats")
    if not _texts(formats) or not formats:
        return [
            "'datetime_formats' must list how times are written, such as ['%d/%m/%Y %H:%M']: dates are not guessed."
        ]
    problems = [f"'datetime_formats' has '{f}': {why}." for f in formats if (why := _format_problem(f))]
    day_first = {f for f in formats if _day_before_month(f)}
    month_first = {f for f in formats if _day_before_month(f) is False}
    if day_first and month_first:
        problems.append(
            f"'datetime_formats' has day first ({sample(sorted(day_first))}) and month first "
            f"({sample(sorted(month_first))}): 05/04 could be either. Keep one."
        )
    return problems


def _format_problem(text: str) -> str | None:
    codes = re.findall(r"%(.)", text)
    unknown = [f"%{c}" for c in codes if c not in "YymbBdHIMSpf%"]
    if unknown:
        return (
            f"{', '.join(unknown)} is not understood; use %d %m %Y %H %M %S (ISO times with an offset need no format)"
        )
    if not ({"Y", "y"} & set(codes) and {"m", "b", "B"} & set(codes) and "d" in codes):
        return "it lacks the day, the month or the year"
    if re.search(r"%Y.*%d.*%m", text):
        return "with the year first, the month comes before the day"
    return None


def _day_before_month(text: str) -> bool | None:
    """Whether 05/04 means 5 April; None where the year comes first or the month is a word."""
    codes = re.findall(r"%([YymbBd])", text)
    if "m" not in codes or "d" not in codes or codes[0] == "Y":
        return None
    return codes.index("d") < codes.index("m")


def _values(given: dict[str, Any]) -> list[str]:
    values = given.get("values", {})
    if not isinstance(values, dict):
        return ["[values] must be a table with 'true' and 'false'."]
    problems = [
        f"[values] has '{key}'; only 'true' and 'false' are known." for key in values if key not in ("true", "false")
    ]
    problems += [
        f"[values] '{k}' must be a list of texts." for k in ("true", "false") if k in values and not _texts(values[k])
    ]
    if not problems:
        standard = Mapping("standard", {}, ())
        yes = {v.strip().upper() for v in values.get("true", standard.true_values)}
        no = {v.strip().upper() for v in values.get("false", standard.false_values)}
        if yes & no:
            problems.append(f"[values] counts {sample(sorted(yes & no))} as both true and false.")
    return problems


def _further(given: dict[str, Any]) -> list[str]:
    tables, mode = given.get("offence", []), given.get("offences", "one")
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
