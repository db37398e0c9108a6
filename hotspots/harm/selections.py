"""Which offences a question is about, and which rows of a table belong to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.base.choices import CRIME_TYPES
from hotspots.base.errors import HotspotsError
from hotspots.harm import offences
from hotspots.harm.offences import POLICE_UK, PROACTIVE_TYPES, Kind

PROACTIVE_COLUMNS = frozenset({"proactive", "crime_type"})


@dataclass(frozen=True)
class Selection:
    """A set of offences a question is about.

    ``needs``: the columns it reads. ``basis``: 'any' source, offence 'codes', or data.police.uk 'categories'.
    ``flag``: a column without which it cannot be answered. ``instead``: what to use where it cannot.
    """

    name: str
    label: str
    meaning: str
    needs: frozenset[str] = frozenset()
    basis: str = "any"
    flag: str = ""
    instead: str = ""


_CODE_COLUMNS = frozenset({"athena_urn", "ho_class"})
_ON_CATEGORIES = "'violence-categories' (broader) or one category, such as 'category:Robbery'"

SELECTIONS: dict[str, Selection] = {
    s.name: s
    for s in (
        Selection("all", "All offences", "Every offence in the source."),
        Selection(
            "serious-violence", "Serious violence (Lancashire)",
            "Homicide, assault resulting in injury, aggravated burglary, knife crime, rape, domestic abuse and "
            "violence, gun crime, robbery, and child exploitation, sexual and criminal. Knife, gun and domestic need "
            "flags; a missing flag never counts. Gun crime is a firearm used, or carried with intent. Child "
            "criminal exploitation has no class of its own and comes in as modern slavery. Driving is left out.",
            _CODE_COLUMNS | {"knife", "gun", "domestic"}, "codes", instead="'grip'",
        ),
        Selection(
            "grip", "Grip: homicide, rape, violence with injury",
            "The Home Office's Grip set: homicide, rape, and violence with injury. Driving is left out.",
            _CODE_COLUMNS, "codes", instead="'all'",
        ),
        Selection(
            "grip-robbery", "Grip with robbery",
            "The Grip set and robbery, as in the published results. Driving is left out.",
            _CODE_COLUMNS, "codes", instead="'all'",
        ),
        Selection(
            "street-visible", "Street violence a patrol can meet",
            "Homicide, violence with injury, robbery, threats with a weapon, violent disorder and affray, where the "
            "offence is not flagged as domestic and its place, if given, is not a dwelling.",
            _CODE_COLUMNS | {"domestic", "location_type"}, "codes", "domestic", "'grip-robbery'",
        ),
        Selection(
            "knife", "Knife crime",
            "Home Office annual data return: a knife or sharp instrument used in attempted murder, sexual assault, "
            "rape, robbery, threats to kill, assault with injury, or assault with intent to cause serious harm. "
            "Homicide is counted elsewhere; carrying a knife does not count.",
            _CODE_COLUMNS | {"knife"}, "codes", "knife", "'grip-robbery'",
        ),
        Selection(
            "violence-categories", "Violence categories (broader than serious violence)",
            "The data.police.uk categories 'Violence and sexual offences', 'Robbery' and 'Possession of weapons'. "
            "Broader than serious violence: the first mixes common assault with murder. Possession of weapons is "
            "mostly found by police activity and so drops out unless proactive offences are included.",
            frozenset({"crime_type"}), "categories", instead="'serious-violence' or 'grip'",
        ),
    )
}  # fmt: skip
_VIOLENCE_TYPES = ("Violence and sexual offences", "Robbery", "Possession of weapons")


def selection_named(name: str) -> Selection:
    """The selection of that name, or of one crime type (``category:Robbery``); HotspotsError if there is none."""
    if name in SELECTIONS:
        return SELECTIONS[name]
    word, _, wanted = name.partition(":")
    if word != "category":
        raise HotspotsError(
            f"There is no selection '{name}'. Use one of: {', '.join(SELECTIONS)}, or category: and a crime type."
        )
    types = {t.casefold(): t for t in CRIME_TYPES}
    crime_type = types.get(wanted.strip().casefold())
    if crime_type is None:
        raise HotspotsError(
            f"'{wanted.strip()}' is not a data.police.uk crime type. Use one of: {', '.join(CRIME_TYPES)}."
        )
    meaning = f"The data.police.uk category '{crime_type}' as it is."
    if crime_type in PROACTIVE_TYPES:
        meaning += " Mostly found by police activity, so it is empty unless proactive offences are included."
    needs = frozenset({"crime_type"})
    instead = "'serious-violence' or 'grip'"
    return Selection(f"category:{crime_type}", crime_type, meaning, needs, "categories", instead=instead)


def columns_needed(selection: str) -> set[str]:
    """The columns `selection_mask` and `unknown_flags` read for this selection."""
    return set(selection_named(selection).needs)


def selection_mask(table: pd.DataFrame, selection: str, source: str) -> np.ndarray:
    """True for the rows that belong to the selection (bool, one per row).

    ``table`` holds `columns_needed` (categorical columns are fast; a missing column counts as empty); ``source`` is
    the feed's name: 'police-uk' has crime types only, any other is taken to carry offence codes. A missing flag is
    never taken for true. HotspotsError, with the reason and an alternative, where the source cannot answer.
    """
    chosen = selection_named(selection)
    if reason := _why_not(table, chosen, source):
        raise HotspotsError(reason)
    return _mask(table, chosen.name, missing=False)


def unknown_flags(table: pd.DataFrame, selection: str) -> int:
    """Rows whose place in or out of the selection hangs on a flag (knife, gun, domestic) the source left empty.

    Counted as the rows where taking every missing flag for false, or for true, gives different answers.
    """
    name = selection_named(selection).name
    return int((_mask(table, name, missing=False) != _mask(table, name, missing=True)).sum())


def unclassified_rows(table: pd.DataFrame) -> int:
    """Rows whose offence code is missing or not in the Home Office list: no selection by code can hold them."""
    row_codes, found = _coded_pairs(table)
    unknown = [not offences.entries(*pair) for pair in found]
    return int(np.array(unknown, dtype=bool)[row_codes].sum()) if len(table) else 0


def unlisted_types(table: pd.DataFrame) -> dict[str, int]:
    """Rows of each crime type that data.police.uk does not use (any more): no selection but 'all' can hold them."""
    known = {t.casefold() for t in CRIME_TYPES}
    codes, categories = offences.codes_of(table, "crime_type")
    n = np.bincount(codes[codes >= 0], minlength=len(categories))
    found = {str(c): int(n[i]) for i, c in enumerate(categories) if n[i] and str(c).casefold() not in known}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def proactive_mask(table: pd.DataFrame) -> np.ndarray:
    """True where police activity found the offence (bool, one per row; reads `PROACTIVE_COLUMNS`).

    That is where the flag says so, and in data.police.uk, which has no flag, for drugs and possession of weapons.
    """
    return _flag(table, "proactive", missing=False) | _is_type(table, PROACTIVE_TYPES)


def _why_not(table: pd.DataFrame, chosen: Selection, source: str) -> str:
    """Why the source cannot answer, and what to use instead; '' if it can."""
    if chosen.basis == "categories" and source != POLICE_UK:
        return (
            f"Selection '{chosen.name}' is made of data.police.uk crime types, which the source '{source}' does not "
            f"carry. Use {chosen.instead}."
        )
    if chosen.basis == "codes" and source == POLICE_UK:
        return (
            f"Selection '{chosen.name}' cannot be made from data.police.uk: it gives a crime type only, no offence "
            f"code, weapon or domestic flag. Use {_ON_CATEGORIES}."
        )
    if chosen.basis == "codes" and len(table) and all(_empty(table, c) for c in _CODE_COLUMNS):
        return (
            f"Selection '{chosen.name}' needs offence codes, and none of the {len(table):,} rows has one: ho_class "
            "(Home Office class) and athena_urn are empty. Import the file again with a mapping that names the column "
            "of one of them. The selection 'all' counts what is there, and weighs nothing."
        )
    if chosen.flag and len(table) and _empty(table, chosen.flag):
        return (
            f"Selection '{chosen.name}' needs to know whether an offence is "
            f"{'knife crime' if chosen.flag == 'knife' else 'domestic'}, and the {chosen.flag} flag is empty on all "
            f"{len(table):,} rows. Map a {chosen.flag} column when importing, or use {chosen.instead}."
        )
    return ""


def _empty(table: pd.DataFrame, name: str) -> bool:
    return name not in table or bool(table[name].isna().all())


def _flag(table: pd.DataFrame, name: str, missing: bool) -> np.ndarray:
    """A yes/no column as plain bool, with its gaps read as ``missing``."""
    if name not in table:
        return np.full(len(table), missing)
    column = table[name]
    if column.dtype == bool:
        return column.to_numpy()
    return column.astype("boolean").to_numpy(dtype=bool, na_value=missing)


def _is_type(table: pd.DataFrame, types: tuple[str, ...]) -> np.ndarray:
    wanted = {t.casefold() for t in types}
    return _where(table, "crime_type", lambda text: text.casefold() in wanted)


def _is_dwelling(text: str) -> bool:
    """Whether a force's words for a kind of place mean a home; 'non-dwelling' or 'public house' do not."""
    words = re.sub(r"[^a-z]+", " ", text.casefold()).split()
    if {"non", "not", "public", "guest", "street", "road", "area"} & set(words):
        return False
    return bool({"dwelling", "dwellings", "residence", "residential", "house", "flat", "home", "bungalow"} & set(words))


def _where(table: pd.DataFrame, name: str, holds: Callable[[str], bool]) -> np.ndarray:
    """Whether ``holds`` is true of each row's text; asked once per category, False where missing."""
    codes, categories = offences.codes_of(table, name)
    answers = np.array([*(holds(offences.text_of(c)) for c in categories), False], dtype=bool)
    return answers[codes]  # -1, a missing value, is the last


def _coded_pairs(table: pd.DataFrame) -> tuple[np.ndarray, list[tuple[str | None, str | None]]]:
    """(number of each row's pair, the distinct pairs of URN and class, normalised)."""
    row_codes, found = offences.combinations(table, ("athena_urn", "ho_class"))
    return row_codes, [(offences.normalise_urn(urn), offences.normalise_ho_class(kind)) for urn, kind in found]


def _kinds(table: pd.DataFrame) -> np.ndarray:
    """The `Kind` bits of every row (int16), worked out once per distinct pair of URN and class."""
    row_codes, found = _coded_pairs(table)
    bits = [int(offences.place_of(*pair).kind) for pair in found]
    return np.array(bits, dtype=np.int16)[row_codes] if len(table) else np.zeros(0, dtype=np.int16)


_GRIP = Kind.HOMICIDE | Kind.RAPE | Kind.INJURY
_STREET = Kind.HOMICIDE | Kind.INJURY | Kind.ROBBERY | Kind.WEAPON_THREAT | Kind.DISORDER
_SERIOUS = _GRIP | Kind.ROBBERY | Kind.AGGRAVATED_BURGLARY | Kind.FIREARM | Kind.EXPLOITATION


def _mask(table: pd.DataFrame, name: str, missing: bool) -> np.ndarray:
    """The rows of a selection, with missing flags read as ``missing``."""
    if name == "all":
        return np.ones(len(table), dtype=bool)
    if name == "violence-categories":
        return _is_type(table, _VIOLENCE_TYPES)
    if name.startswith("category:"):
        return _is_type(table, (name.removeprefix("category:"),))
    kinds = _kinds(table)
    if name == "grip":
        return _any_of(kinds, _GRIP)
    if name == "grip-robbery":
        return _any_of(kinds, _GRIP | Kind.ROBBERY)
    if name == "knife":
        return _any_of(kinds, Kind.KNIFE_LIST) & _flag(table, "knife", missing)
    if name == "street-visible":
        outdoors = ~_where(table, "location_type", _is_dwelling)
        return _any_of(kinds, _STREET) & ~_flag(table, "domestic", missing) & outdoors
    knife = _any_of(kinds, Kind.KNIFE_LIST) & _flag(table, "knife", missing)
    return _any_of(kinds, _SERIOUS) | knife | _flag(table, "gun", missing) | _flag(table, "domestic", missing)


def _any_of(kinds: np.ndarray, wanted: Kind) -> np.ndarray:
    return (kinds & np.int16(int(wanted))) != 0
