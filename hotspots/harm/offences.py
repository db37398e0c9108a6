"""Offences: their codes and their Home Office groups.

An *Athena URN* (``8N.8.6.0``) names one offence: Home Office code (``8N``), class (``8``, ``6``) and a serial;
a trailing ``A`` is the attempt. A *class* (``008/06``) may cover several offences of very different gravity.
data.police.uk carries neither: one of 14 crime types is all it says.

Groups come from ``data/offence_classes.csv`` (Home Office classification; see scripts/build_weights.py). Limits:
offences created after 2020, such as non-fatal strangulation, are known by their code at most; and the list files
death and injury by driving under violence with injury, which the selections here leave out.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache, reduce
from operator import and_

import numpy as np
import pandas as pd

from hotspots.base.shipped import DATA

POLICE_UK = "police-uk"  # the one source that has crime types instead of offence codes
PROACTIVE_TYPES = ("Drugs", "Possession of weapons")
OFFENCE_COLUMNS = ("athena_urn", "ho_class", "crime_type", "title")

_URN = re.compile(r"[0-9A-Z]+(\.[0-9A-Z]+){3,4}")
_CLASS_PARTS = re.compile(r"([0-9]{1,3})[/.]([0-9]{1,2})")
_CLASS_DIGITS = re.compile(r"([0-9]{3})([0-9]{2})")


def text_of(value: object) -> str:
    """The value as stripped text, '' for whatever counts as missing."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or pd.isna(value) else str(value).strip()  # type: ignore[call-overload]


def normalise_ho_class(value: object) -> str | None:
    """A Home Office class as ``008/06``; None for anything else.

    Accepted: ``008/06``, ``8/6``, ``008/6``, ``8.6`` and five digits (``00806``). Three or four bare digits are
    refused: ``802`` may be 008/02 or 802/00.
    """
    text = text_of(value)
    found = _CLASS_PARTS.fullmatch(text) or _CLASS_DIGITS.fullmatch(text)
    if not found or int(found[1]) == 0:
        return None
    return f"{int(found[1]):03d}/{int(found[2]):02d}"


def normalise_urn(value: object) -> str | None:
    """An Athena URN without blanks and in capitals (``8N.8.6.0``); None for anything not built like one."""
    text = re.sub(r"\s+", "", text_of(value)).upper()
    return text if _URN.fullmatch(text) else None


def _is_murder_attempt(urn: str) -> bool:
    """1.1.1.1A and 1.1.2.0A are filed as attempted murder (code 2, class 002/00), not as murder."""
    return urn.startswith("1.1.") and urn.endswith("A")


def urn_code(urn: str) -> str:
    """The Home Office code in a normalised URN: all before its last three parts (``8N``; ``4.1`` in 4.1.4.1.0)."""
    return "2" if _is_murder_attempt(urn) else ".".join(urn.split(".")[:-3])


def urn_class(urn: str) -> str | None:
    """The Home Office class that a normalised URN spells: ``008/06`` for 8N.8.6.0."""
    return "002/00" if _is_murder_attempt(urn) else normalise_ho_class("/".join(urn.split(".")[-3:-1]))


class Kind(IntFlag):
    """What an offence is, as far as a selection asks; one offence may be several."""

    HOMICIDE = 1
    INJURY = 2  # violence with injury, without driving
    RAPE = 4
    ROBBERY = 8
    AGGRAVATED_BURGLARY = 16
    WEAPON_THREAT = 32
    DISORDER = 64
    KNIFE_LIST = 128  # offences the Home Office counts as knife crime when a knife was used
    FIREARM = 256  # a firearm carried with intent
    EXPLOITATION = 512


_ROAD_CODES = {"4.4", "4.6", "4.8", "4.9", "37.1"}
_AGGRAVATED_BURGLARY_CODES = {"29", "29A", "31", "31A"}
_WEAPON_THREAT_CLASSES = {"008/23", "008/25", "008/61", "008/62", "008/63", "008/64"}
_KNIFE_CODES = {"2", "3B", "5D", "8N", "8P", "8S", "17A", "17B", "20A", "20B", "34A", "34B"}
# No class is child criminal exploitation alone; it is recorded as modern slavery (code 106, class 099/25).
_EXPLOITATION_CODES = {"71", "72", "88A", "106"}


@dataclass(frozen=True)
class _Entry:
    """One line of the classification for one code: class ('' where only the code is known) and groups."""

    ho_class: str
    ho_code: str
    sub_group: str
    group: str

    @property
    def kind(self) -> Kind:
        tests = (
            (Kind.HOMICIDE, self.sub_group == "Homicide"),
            (Kind.INJURY, self.sub_group == "Violence with injury" and self.ho_code not in _ROAD_CODES),
            (Kind.RAPE, self.sub_group == "Rape"),
            (Kind.ROBBERY, self.group == "Robbery"),
            (
                Kind.AGGRAVATED_BURGLARY,
                self.ho_code in _AGGRAVATED_BURGLARY_CODES or self.ho_class in {"029/00", "031/00"},
            ),
            (Kind.WEAPON_THREAT, self.ho_class in _WEAPON_THREAT_CLASSES),
            (Kind.DISORDER, self.ho_code == "62A" or self.ho_class in {"065/00", "066/01"}),
            (Kind.KNIFE_LIST, self.ho_code in _KNIFE_CODES or self.sub_group == "Rape"),
            (Kind.FIREARM, self.ho_code == "10A" or self.ho_class == "005/14"),
            (Kind.EXPLOITATION, self.ho_code in _EXPLOITATION_CODES or self.ho_class == "099/25"),
        )
        return Kind(sum(kind for kind, holds in tests if holds))


@dataclass(frozen=True)
class _Place:
    """Where an offence stands: '' where the entries that fit disagree; kind = what holds for all of them."""

    ho_code: str
    sub_group: str
    group: str
    kind: Kind


@lru_cache(maxsize=1)
def _classification() -> tuple[dict[str, list[_Entry]], dict[str, list[_Entry]]]:
    """(entries by class, entries by code) of the shipped classification."""
    by_class: dict[str, list[_Entry]] = defaultdict(list)
    by_code: dict[str, list[_Entry]] = defaultdict(list)
    with (DATA / "offence_classes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for code in row["ho_code"].split("|"):
                entry = _Entry(row["ho_class"], code, row["sub_group"], row["group"])
                by_code[code].append(entry)
                if entry.ho_class:
                    by_class[entry.ho_class].append(entry)
    return dict(by_class), dict(by_code)


def all_codes() -> frozenset[str]:
    """Every Home Office code of the shipped classification: 8N, 34B, 105A, …"""
    return frozenset(_classification()[1])


def classes_of_codes() -> dict[str, frozenset[str]]:
    """Each class with the codes it may belong to: 008/06 is 8N, or 8S where a constable was assaulted."""
    return {ho_class: frozenset(e.ho_code for e in entries) for ho_class, entries in _classification()[0].items()}


def codes_of_group(name: str) -> frozenset[str]:
    """The codes that lie wholly in the sub-group, or else the group, of that name; capitals do not matter."""
    wanted = name.strip().casefold()
    for level in ("sub_group", "group"):
        inside = {code: {getattr(e, level).casefold() for e in rows} for code, rows in _classification()[1].items()}
        if found := frozenset(code for code, names in inside.items() if names == {wanted}):
            return found
    return frozenset()


@lru_cache(maxsize=1)
def _titles() -> dict[str, frozenset[str]]:
    titles: dict[str, set[str]] = defaultdict(set)
    with (DATA / "offence_titles.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            titles[row["title"].casefold()].add(row["ho_code"])
    return {title: frozenset(codes) for title, codes in titles.items()}


def codes_titled(title: str) -> frozenset[str]:
    """The codes that the Office for National Statistics gives this title: {'8N'} for 'Assault with injury'."""
    return _titles().get(" ".join(title.split()).casefold(), frozenset())


def entries(urn: str | None, ho_class: str | None) -> list[_Entry]:
    """The lines of the classification an offence may stand on: the URN decides, the class helps out."""
    by_class, by_code = _classification()
    if urn:
        coded = by_code.get(urn_code(urn), [])
        for wanted in (urn_class(urn), ho_class):
            if narrowed := [entry for entry in coded if entry.ho_class == wanted]:
                return narrowed
        if coded:
            return coded
    return by_class.get(ho_class or "", [])


def _only(values: Iterable[str]) -> str:
    """The one value all share, or ''."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else ""


@lru_cache(maxsize=100_000)
def place_of(urn: str | None, ho_class: str | None) -> _Place:
    found = entries(urn, ho_class)
    kind = reduce(and_, (e.kind for e in found)) if found else Kind(0)
    code = urn_code(urn) if urn else _only(e.ho_code for e in found)
    return _Place(code, _only(e.sub_group for e in found), _only(e.group for e in found), kind)


def classify(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``ho_code``, ``sub_group`` and ``group`` (Home Office) added; same rows, same order.

    Read from the Athena URN where there is one, else from the class. Missing where the offence is unknown or
    where a class spreads over several codes or groups: 034/01 alone is robbery, but of business or of a person
    is not known. Made for tables of distinct offences.
    """
    places = [
        place_of(normalise_urn(urn), normalise_ho_class(ho_class))
        for urn, ho_class in zip(_column(table, "athena_urn"), _column(table, "ho_class"), strict=True)
    ]
    added = {name: [getattr(p, name) or None for p in places] for name in ("ho_code", "sub_group", "group")}
    return table.assign(**{name: pd.Series(values, index=table.index, dtype="str") for name, values in added.items()})


def _column(table: pd.DataFrame, name: str) -> list[object]:
    return table[name].tolist() if name in table else [None] * len(table)


def codes_of(table: pd.DataFrame, name: str) -> tuple[np.ndarray, list[object]]:
    """(category number of each row, -1 where missing; the categories). Plain columns are made categorical."""
    if name not in table:
        return np.full(len(table), -1, dtype=np.int64), []
    column = table[name]
    values = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    return values.cat.codes.to_numpy().astype(np.int64), values.cat.categories.tolist()


def combinations(table: pd.DataFrame, names: tuple[str, ...]) -> tuple[np.ndarray, list[tuple[object, ...]]]:
    """(number of each row's combination of values, the distinct combinations), found on category numbers alone."""
    row_codes = np.zeros(len(table), dtype=np.int64)
    found: list[tuple[object, ...]] = [()] if len(table) else []
    for name in names:
        codes, categories = codes_of(table, name)
        width = len(categories) + 1
        row_codes, seen = pd.factorize(row_codes * width + codes + 1)
        values = [None, *categories]
        found = [(*found[int(s) // width], values[int(s) % width]) for s in seen]
    return row_codes.astype(np.int64), found


def _identify(urn: object, ho_class: object, crime_type: object, title: object) -> tuple[str | None, ...]:
    """(key, URN, class, crime type, title) of one offence; a record without a class gets the one its URN spells."""
    code, its_class = normalise_urn(urn), normalise_ho_class(ho_class)
    kind, name = text_of(crime_type) or None, " ".join(text_of(title).split()) or None
    if code:
        spelled = urn_class(code)
        agrees = its_class is None or its_class == spelled
        return f"urn:{code}" if agrees else f"urn:{code} class:{its_class}", code, its_class or spelled, kind, name
    if its_class:
        return f"class:{its_class}", None, its_class, kind, name
    if kind:
        return f"type:{kind}", None, None, kind, name
    return f"title:{name or ''}", None, None, None, name


def distinct_offences(table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Each row's offence as a number, and the table of those offences.

    Returns ``(codes int64, DataFrame[offence, athena_urn, ho_class, crime_type, title])`` with one line per
    offence key, sorted by it, so that neither depends on the order of rows. The key is ``urn:8N.8.6.0``, else
    ``class:008/06``, else ``type:Robbery``, else ``title:…``; where URN and class contradict each other it holds both.
    Of several titles or crime types under one key the alphabetically first is shown.
    """
    row_codes, found = combinations(table, OFFENCE_COLUMNS)
    identified = [_identify(*values) for values in found]
    lines: dict[str, tuple[str | None, ...]] = {}
    for line in sorted(identified, key=lambda it: tuple((part is None, part or "") for part in it)):
        lines.setdefault(str(line[0]), line)
    number = {key: n for n, key in enumerate(lines)}
    recode = np.array([number[str(line[0])] for line in identified], dtype=np.int64)
    columns = ("offence", *OFFENCE_COLUMNS)
    values = {c: pd.Series([line[n] for line in lines.values()], dtype="str") for n, c in enumerate(columns)}
    return recode[row_codes] if len(table) else row_codes, pd.DataFrame(values)
