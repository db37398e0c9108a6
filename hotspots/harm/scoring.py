"""Harm: what each offence weighs: in days of imprisonment, or in another index's own unit.

A weight set is a table keyed by Athena URN, Home Office class or data.police.uk crime type. `score_offences` looks
up the URN exactly; else the class, and only where all its rows in the set agree; else it says 'ambiguous' and
gives the range, unless the set has a row for the class alone: that is somebody's decision, and holds. It never takes
the first match, and an offence without a weight is 'unscored', never 0.

Limits: index versions disagree, so every figure carries the set's version and hash. Attempts score as completed:
an attempt (a URN ending in A) has its own row in the Cambridge index, nearly always with the days of the completed
offence. One murder is 5,475 days: never rank on raw harm alone.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.shipped import DATA
from hotspots.harm.offences import normalise_ho_class, normalise_urn

COLUMNS = ("athena_urn", "ho_class", "crime_type", "title", "offence_group", "days")
KEYS = ("athena_urn", "ho_class", "crime_type")
SCORE_COLUMNS = ("status", "matched_by", "days", "days_low", "days_high", "offence_group", "label")
SCORED, AMBIGUOUS, UNSCORED = "scored", "ambiguous", "unscored"


@dataclass(frozen=True, eq=False)
class WeightSet:
    """A named version of harm weights. ``table`` has `COLUMNS`: text ('' = none) and days (float, in ``unit``).

    ``is_proxy``: the weights stand for something coarser than offences and must be labelled so. ``sha256`` is the
    hash of `to_csv_bytes`: the same weights have the same hash whatever the order of rows.
    """

    name: str
    label: str
    unit: str
    is_proxy: bool
    source: str
    licence: str
    version: str
    sha256: str
    table: pd.DataFrame
    attribution: str = ""
    source_sha256: str = ""
    notes: str = ""


_TEXT_FIELDS = {f.name for f in fields(WeightSet)} - {"is_proxy", "sha256", "table"}


def weight_set_from_table(table: pd.DataFrame, **about: object) -> WeightSet:
    """A weight set from a table of `COLUMNS` and what is known about it.

    The table needs ``days`` and at least one of athena_urn, ho_class and crime_type; other columns are dropped.
    ``about``: name, version and source are required; label, unit ('days'), is_proxy, licence, attribution,
    source_sha256 and notes may follow. HotspotsError tells all problems at once; rows are counted as a spreadsheet
    does, from 2.
    """
    facts, problems = _facts(about)
    clean, more = _clean_table(table)
    if problems or more:
        raise HotspotsError([*problems, *more])
    digest = hashlib.sha256(_csv_bytes(clean)).hexdigest()
    return WeightSet(sha256=digest, table=clean, **facts)  # type: ignore[arg-type]


def _facts(about: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """The set's description with defaults filled in, and what is wrong with it."""
    facts: dict[str, object] = {"unit": "days", "licence": "not stated", "is_proxy": False, **about}
    unknown = sorted(set(facts) - _TEXT_FIELDS - {"is_proxy"})
    problems = [f"The weight set's description has '{n}', which it cannot hold." for n in unknown]
    for name in ("name", "version", "source"):
        if not str(facts.get(name) or "").strip():
            problems.append(f"The weight set has no {name}. A harm figure means nothing without it: please give one.")
    problems += [
        f"The weight set's {n} is {facts[n]!r}; it must be text."
        for n in sorted(_TEXT_FIELDS & set(facts))
        if not isinstance(facts[n], str)
    ]
    if not isinstance(facts["is_proxy"], bool):
        problems.append(f"The weight set's is_proxy is {facts['is_proxy']!r}; it must be true or false.")
    if facts["unit"] not in UNITS:
        problems.append(f"The weight set's unit is {facts['unit']!r}; use {', '.join(UNITS)}.")
    facts.setdefault("label", facts.get("name", ""))
    return facts, problems


def _clean_table(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table with normalised keys and numeric days, rows numbered anew, and what is wrong with it."""
    if "days" not in table or not any(k in table for k in KEYS):
        return pd.DataFrame(columns=list(COLUMNS)), [
            f"The weight set needs a column 'days' and at least one of {', '.join(KEYS)}; "
            f"it has {sample(table.columns, 8) or 'none'}."
        ]
    if not table.columns.is_unique:
        twice = sample(table.columns[table.columns.duplicated()])
        return pd.DataFrame(columns=list(COLUMNS)), [f"The weight set has the column {twice} more than once."]
    if not len(table):
        return pd.DataFrame(columns=list(COLUMNS)), ["The weight set has a heading but no rows."]
    raw = table.reset_index(drop=True)
    text = {c: _stripped(raw, c) for c in COLUMNS if c != "days"}
    clean = pd.DataFrame(text)
    clean["athena_urn"] = [normalise_urn(v) or "" for v in text["athena_urn"]]
    clean["ho_class"] = [normalise_ho_class(v) or "" for v in text["ho_class"]]
    clean["days"] = pd.to_numeric(raw["days"], errors="coerce").astype("float64")
    problems = []
    for name, like in (("athena_urn", "8N.8.6.0"), ("ho_class", "008/06")):
        bad = (clean[name] == "") & (text[name] != "")
        if bad.any():
            values = sample(text[name][bad])
            problems.append(
                f"Column '{name}' has {bad.sum():,} values that are not like {like}: {values} ({_rows(bad)})."
            )
    nothing = (text["athena_urn"] == "") & (text["ho_class"] == "") & (text["crime_type"] == "")
    if nothing.any():
        problems.append(f"Nothing says what offence is meant in {_rows(nothing)}: give a URN, a class or a crime type.")
    return clean.loc[:, list(COLUMNS)], problems + _days_problems(clean, raw) + _clashes(clean)


def _stripped(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series([""] * len(table), dtype="str")
    values = ["" if pd.isna(v) else " ".join(str(v).split()) for v in table[name].tolist()]
    return pd.Series(values, dtype="str")


def _rows(bad: pd.Series | np.ndarray) -> str:
    """The marked rows as a spreadsheet numbers them: the heading is row 1."""
    return rows_sentence(int(i) + 2 for i in np.flatnonzero(np.asarray(bad)))


def _days_problems(clean: pd.DataFrame, raw: pd.DataFrame) -> list[str]:
    problems = []
    unread = ~np.isfinite(clean["days"])
    if unread.any():
        values = sample(raw["days"][unread].fillna(""))
        problems.append(f"Column 'days' has {unread.sum():,} values that are not numbers: {values} ({_rows(unread)}).")
    negative = clean["days"] < 0
    if negative.any():
        values = sample(raw["days"][negative])
        problems.append(f"Column 'days' has {negative.sum():,} values below 0: {values} ({_rows(negative)}).")
    return problems


def _clashes(clean: pd.DataFrame) -> list[str]:
    """URNs with two values, and crime types given twice. A class with two values is ambiguous, not wrong."""
    problems = []
    urns = clean[clean["athena_urn"] != ""]
    spread = urns.groupby("athena_urn")["days"].transform("nunique") > 1
    if spread.any():
        found = f"{sample(urns['athena_urn'][spread])} ({_rows(clean.index.isin(urns.index[spread]))})"
        problems.append(f"The same Athena URN has different days: {found}.")
    types = clean.loc[clean["crime_type"] != "", "crime_type"].str.casefold()
    twice = types.duplicated(keep=False)
    if twice.any():
        bad = types.index[twice]
        problems.append(
            f"The same crime type is given more than once: {sample(clean['crime_type'][bad])} "
            f"({_rows(clean.index.isin(bad))})."
        )
    return problems


def to_csv_bytes(weights: WeightSet) -> bytes:
    """The set's table as canonical CSV: UTF-8, LF, `COLUMNS`, sorted, days in shortest form (365, 547.5)."""
    return _csv_bytes(weights.table)


def _csv_bytes(table: pd.DataFrame) -> bytes:
    days = [format(d, ".0f") if float(d).is_integer() else repr(float(d)) for d in table["days"]]
    plain = table.loc[:, list(COLUMNS)].assign(days=days).sort_values(list(COLUMNS), kind="stable")
    return plain.to_csv(index=False, lineterminator="\n").encode("utf-8")


def read_weight_set(path: str | Path, **about: object) -> WeightSet:
    """A weight set from a CSV file and the description beside it (same name, ``.toml``), if there is one.

    ``about`` overrides the description; the name defaults to the file's. HotspotsError where either file cannot be
    used, with the file's name before each problem.
    """
    path = Path(path)
    try:
        table = pd.read_csv(
            BytesIO(path.read_bytes()), dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
        )
        beside = path.with_suffix(".toml")
        described = tomllib.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
        return weight_set_from_table(table, **{"name": path.stem, **described, **about})
    except FileNotFoundError as error:
        raise HotspotsError(f"There is no file {path.name}.") from error
    except HotspotsError as error:
        raise HotspotsError(f"{path.name}: {problem}" for problem in error.problems) from error
    except pd.errors.EmptyDataError as error:
        raise HotspotsError(f"{path.name} is empty.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, pd.errors.ParserError, OSError) as error:
        raise HotspotsError(f"{path.name} cannot be read as a weight set: {error}") from error


@lru_cache(maxsize=1)
def shipped_weight_sets() -> dict[str, WeightSet]:
    """The weight sets that come with the product, by name. Do not change it or their tables: they are shared."""
    return {w.name: w for w in map(read_weight_set, sorted((DATA / "weights").glob("*.csv")))}


@dataclass(frozen=True)
class _Weight:
    """What one key of a set says: the range over its rows, and title and group where the rows share them."""

    low: float
    high: float
    title: str
    group: str


@dataclass(frozen=True)
class _Lookup:
    urn: dict[str, _Weight]
    ho_class: dict[str, _Weight]
    crime_type: dict[str, _Weight]
    decided: frozenset[str]  # classes whose rows by URN give way to a row for the class alone


def _lookup(weights: WeightSet) -> _Lookup:
    """The set by URN, by class and by crime type; rows that share a key become one range, so no join multiplies."""
    found: dict[str, dict[str, list[tuple[float, str, str]]]] = {key: defaultdict(list) for key in KEYS}
    alone: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for *keys, title, group, days in weights.table[list(COLUMNS)].itertuples(index=False):
        for name, key in zip(KEYS, (*keys[:2], keys[2].casefold()), strict=True):
            if key:
                found[name][key].append((days, title, group))
        if keys[1] and not keys[0]:
            alone[keys[1]].append((days, title, group))
    decided = frozenset(c for c, rows in alone.items() if len(rows) < len(found["ho_class"][c]))
    found["ho_class"].update((c, alone[c]) for c in decided)
    urn, ho_class, crime_type = ({key: _weight(rows) for key, rows in found[name].items()} for name in KEYS)
    return _Lookup(urn, ho_class, crime_type, decided)


def _weight(rows: list[tuple[float, str, str]]) -> _Weight:
    days, titles, groups = zip(*rows, strict=True)
    title, group = set(titles), set(groups)
    return _Weight(min(days), max(days), title.pop() if len(title) == 1 else "", group.pop() if len(group) == 1 else "")


def _match(urn: str | None, ho_class: str | None, crime_type: str, lookup: _Lookup) -> tuple[str, _Weight | None]:
    """(what it was found by, the weight) of one offence, its codes normalised."""
    if weight := lookup.urn.get(urn or ""):
        return "urn", weight
    if weight := lookup.ho_class.get(ho_class or ""):
        return "decision" if ho_class in lookup.decided else "class", weight
    if not urn and not ho_class and (weight := lookup.crime_type.get(crime_type.casefold())):
        return "crime_type", weight
    return "", None


def _score(matched_by: str, weight: _Weight | None, title: str, name: str) -> tuple[object, ...]:
    """One line of `SCORE_COLUMNS`."""
    if weight is None:
        return UNSCORED, "", np.nan, np.nan, np.nan, "", title or name
    label = weight.title or title or name
    if weight.low != weight.high:
        return AMBIGUOUS, matched_by, np.nan, weight.low, weight.high, weight.group, label
    return SCORED, matched_by, weight.low, weight.low, weight.high, weight.group, label


def score_offences(offences: pd.DataFrame, weights: WeightSet) -> pd.DataFrame:
    """Every offence with its weight in days: the same rows in the same order, with `SCORE_COLUMNS` added.

    ``offences``: one line per offence with any of offence, athena_urn, ho_class, crime_type and title. Added:
    status ('scored', 'ambiguous', 'unscored'), matched_by ('urn', 'class', 'decision', 'crime_type' or ''), days (nan
    unless scored), days_low and days_high (the range over the class; nan where unscored), offence_group, label.

    The URN decides. A URN that the set does not know, or none, leaves it to the class; matched_by then says
    'class'. A class whose rows disagree is ambiguous, even if the title would settle it; a row for the class without
    a URN beside rows with one settles it, and matched_by says 'decision'. The crime type counts only
    where neither URN nor class is given (one that cannot be read is not given). Attempts score as the set
    says, mostly as completed.
    """
    lookup = _lookup(weights)
    columns = {c: _stripped(offences, c).tolist() for c in (*KEYS, "title", "offence")}
    lines = []
    for urn, ho_class, crime_type, title, key in zip(*columns.values(), strict=True):
        matched_by, weight = _match(normalise_urn(urn), normalise_ho_class(ho_class), crime_type, lookup)
        lines.append(_score(matched_by, weight, title, crime_type or key or urn or ho_class))
    scores = pd.DataFrame(lines, columns=list(SCORE_COLUMNS), index=offences.index)
    scores = scores.astype({c: "float64" if c.startswith("days") else "str" for c in SCORE_COLUMNS})
    kept = offences.drop(columns=[c for c in SCORE_COLUMNS if c in offences])
    return pd.concat([kept, scores], axis=1)


def is_scored(scores: pd.DataFrame) -> np.ndarray:
    """Whether each line of `score_offences` has a weight (bool)."""
    return np.asarray(scores["status"].to_numpy(dtype=object) == SCORED, dtype=bool)


def scored_days(scores: pd.DataFrame, otherwise: float = 0.0) -> np.ndarray:
    """The days of each line of `score_offences` as floats; ``otherwise`` where it is not scored."""
    return np.where(is_scored(scores), scores["days"].to_numpy(dtype=float), otherwise)
