"""Weights of Home Office codes as weights of classes and Athena URNs, which are what records carry.

The ONS publishes weights for codes (8N). They become weights of every class that lies wholly in those codes; of a class
shared with a code that has no weight, or another one, only the known URNs of the weighted code get it, so that an
offence known by that class alone stays unscored.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.harm import offences
from hotspots.harm.scoring import COLUMNS, shipped_weight_sets


def by_code(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Weights of Home Office codes, given by code or by the title of a code, sub-group or group, as a set's rows."""
    weight: dict[str, tuple[float, str]] = {}
    unknown = []
    for level in ("group", "title", "code"):  # the finer word comes later and wins
        claimed: dict[str, tuple[float, str]] = {}
        for code, title, days in rows[["code", "title", "days"]].itertuples(index=False):
            kind, codes = _codes(code, title)
            if not codes and level == "code":
                unknown.append(title or code)
            for one in codes if kind == level else ():
                if claimed.setdefault(one, (days, title))[0] != days:
                    raise HotspotsError(f"'{claimed[one][1]}' and '{title}' both mean code {one}, with other scores.")
        weight |= claimed
    if unknown:
        notes.append(
            f"{counted(len(unknown), 'title')} known as no Home Office title, sub-group or group and score nothing:"
            f" {sample(unknown)}."
        )
    if not weight:
        raise HotspotsError(
            f"none of its {len(rows):,} offences is a URN, a class like 008/06, a crime type, or a title that the Home"
            f" Office uses: {sample(unknown)}."
        )
    return _expanded(weight, notes)


def _codes(code: str, title: str) -> tuple[str, frozenset[str]]:
    """(what it was known by, the codes meant)."""
    if code in offences.known_codes():
        return "code", frozenset({code})
    if codes := offences.codes_titled(title):
        return "title", codes
    return "group", offences.codes_of_group(title)


def _expanded(weight: Mapping[str, tuple[float, str]], notes: list[str]) -> pd.DataFrame:
    """One row per class whose codes all have one weight; else one per known URN of a weighted code."""
    lines: list[tuple[str, str, str, float]] = []
    shared = []
    for ho_class, codes in sorted(offences.classes_of_codes().items()):
        if codes <= weight.keys() and len({weight[code][0] for code in codes}) == 1:
            titles = sorted({weight[code][1] for code in codes})
            lines.append(("", ho_class, " / ".join(titles), weight[min(codes)][0]))
        elif set(codes) & set(weight):
            shared.append(ho_class)
    for urn, ho_class in _known_urns():
        code = offences.urn_code(urn)
        if ho_class in shared and code in weight:
            lines.append((urn, "", weight[code][1], weight[code][0]))
    table = pd.DataFrame(lines, columns=["athena_urn", "ho_class", "title", "days"]).assign(crime_type="")
    table["offence_group"] = offences.classify(table)["sub_group"].fillna("")
    by_class = int((table["ho_class"] != "").sum())
    notes.append(
        f"{counted(len(weight), 'Home Office code')} weighted ({sample(sorted(weight), 8)}), which makes"
        f" {counted(by_class, 'class', 'classes')} and {counted(len(table) - by_class, 'URN')}."
    )
    if shared:
        notes.append(
            f"{counted(len(shared), 'class', 'classes')} shared with codes of another weight or none"
            f" ({sample(shared, 6)}): an offence known by that class alone stays unscored."
        )
    return table[list(COLUMNS)]


def _known_urns() -> list[tuple[str, str]]:
    """URN and class of every offence in the shipped index."""
    pairs = {
        (urn, ho_class)
        for weights in shipped_weight_sets().values()
        for urn, ho_class in weights.table[["athena_urn", "ho_class"]].itertuples(index=False)
        if urn
    }
    return sorted(pairs)
