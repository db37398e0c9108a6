"""What is in a weight set: changed, compared and named, without a database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.harm.offences import normalise_ho_class, normalise_urn
from hotspots.harm.scoring import COLUMNS, KEYS, WeightSet, score_offences, weight_set_from_table


@dataclass(frozen=True)
class Change:
    """What became of one offence: its weight before and after, nan where there was none."""

    offence: str
    before: float
    after: float


def ref(weights: WeightSet) -> str:
    """How a version is called: name@version."""
    return f"{weights.name}@{weights.version}"


def with_changes(base: WeightSet, changes: pd.DataFrame) -> WeightSet:
    """``base`` with rows changed, added or taken out (see `new_version`); its version and hash are not yet its own."""
    table = base.table.copy()
    added = []
    for line in _checked_changes(base, changes).to_dict("records"):
        at = _rows_of(table, line)
        if np.isnan(line["days"]):
            if not at.any():
                raise HotspotsError(f"{ref(base)} has no weight for {offence_name(line)} that could be taken out.")
            table = table[~at]
        elif not at.any():
            added.append(line)
        else:
            table.loc[at, "days"] = line["days"]
            for column in ("title", "offence_group", *(("ho_class",) if int(at.sum()) == 1 else ())):
                if line[column]:
                    table.loc[at, column] = line[column]
            repeated = at & table.duplicated(list(KEYS))
            table = table[~repeated]
    if added:
        table = pd.concat([table, pd.DataFrame(added, columns=list(COLUMNS))], ignore_index=True)
    return with_table(base, table)


def _checked_changes(base: WeightSet, changes: pd.DataFrame) -> pd.DataFrame:
    """The changes in `COLUMNS` with keys in one spelling; days are nan where a row is to be taken out."""
    blank = [pd.isna(v) or str(v).strip() == "" for v in changes["days"]] if "days" in changes else []
    # Checked with a stand-in where a row is to be taken out, so that row numbers stay those of ``changes``.
    whole = changes.reset_index(drop=True)
    filled = whole.assign(days=[0.0 if b else v for b, v in zip(blank, whole["days"], strict=True)]) if blank else whole
    table = with_table(base, filled).table.copy()
    table.loc[np.array(blank, dtype=bool), "days"] = np.nan
    first = table["athena_urn"].where(table["athena_urn"] != "", table["ho_class"])
    keys = first.where(first != "", table["crime_type"]).str.casefold()
    if keys.duplicated().any():
        twice = keys.duplicated(keep=False)
        rows = rows_sentence(int(i) + 2 for i in np.flatnonzero(twice))
        raise HotspotsError(f"The same offence is changed more than once: {sample(keys[twice])} ({rows}).")
    return table


def _rows_of(table: pd.DataFrame, line: Mapping[Any, Any]) -> pd.Series:
    """Which rows of a set a change means."""
    if line["athena_urn"]:
        return table["athena_urn"] == line["athena_urn"]
    bare = table["athena_urn"] == ""
    if line["ho_class"]:
        return bare & (table["ho_class"] == line["ho_class"])
    same = table["crime_type"].str.casefold() == str(line["crime_type"]).casefold()
    return bare & (table["ho_class"] == "") & same


def with_table(base: WeightSet, table: pd.DataFrame) -> WeightSet:
    """A set with another table and the description of ``base``."""
    about = {n: getattr(base, n) for n in base.__dataclass_fields__ if n not in ("table", "sha256")}
    return weight_set_from_table(table, **about)


def offence_name(line: Mapping[Any, Any]) -> str:
    """What a row of a set is called in the audit: its key and title."""
    key = line["athena_urn"] or line["ho_class"] or line["crime_type"]
    title = line["title"]
    return f"{key} {title}".strip() if str(title).casefold() != str(key).casefold() else str(key)


def differences(before: WeightSet, after: WeightSet) -> tuple[Change, ...]:
    """What became of each offence between two sets, in the order of ``after``; what has gone comes last.

    A row whose words alone differ stands with the same weight before and after.
    """
    old, new = (
        {(*(str(r[k]).casefold() for k in KEYS),): r for r in w.table.to_dict("records")} for w in (before, after)
    )
    changed = [
        Change(offence_name(line), old[key]["days"] if key in old else np.nan, line["days"])
        for key, line in new.items()
        if key not in old or old[key] != line
    ]
    gone = [Change(offence_name(line), line["days"], np.nan) for key, line in old.items() if key not in new]
    return (*changed, *gone)


def decided(base: WeightSet, line: Mapping[str, Any]) -> tuple[WeightSet, tuple[Change, ...]]:
    """``base`` with one decision in it (from `decided_line`), and what that changed."""
    (was,) = score_offences(pd.DataFrame([line]), base).to_dict("records")
    label = was["label"] if was["label"] not in {line[key] for key in KEYS} else line["crime_type"]
    title = line["title"] or label
    after = with_changes(base, pd.DataFrame([{**line, "title": title, "offence_group": was["offence_group"]}]))
    name = offence_name({**line, "title": title if title != was["crime_type"] else ""})
    if was["status"] == "ambiguous":
        name += f" (ambiguous, {was['days_low']:,.10g} to {was['days_high']:,.10g})"
    elif was["status"] == "unscored":
        name += " (unscored)"
    return after, (Change(name, float(was["days"]), float(line["days"])),)


def decided_line(offence: Mapping[str, str] | str, days: float) -> dict[str, Any]:
    """The row of a set that a decision writes: by URN, else by class, else by crime type."""
    fields = {"offence": offence} if isinstance(offence, str) else offence
    texts = {k: "" if pd.isna(v) else str(v).strip() for k, v in fields.items()}
    key = texts.get("offence", "")
    found = dict(re.findall(r"\b(urn|class):(\S+)", key))
    urn = normalise_urn(texts.get("athena_urn") or found.get("urn", "")) or ""
    ho_class = normalise_ho_class(texts.get("ho_class") or found.get("class", "")) or ""
    crime_type = texts.get("crime_type") or (key[5:] if key.startswith("type:") else "")
    if not (urn or ho_class or crime_type):
        named = texts.get("title") or key or "This offence"
        raise HotspotsError(
            f"'{named[:80]}' has no code: only an Athena URN, a Home Office class or a crime type can carry a weight."
            " Map a column with codes when importing the incidents."
        )
    if not (np.isfinite(days) and days >= 0):
        raise HotspotsError(f"The weight is {days}; it must be a number, 0 or more.")
    return {
        "athena_urn": urn,
        "ho_class": "" if urn else ho_class,  # beside a URN it would make the whole class ambiguous
        "crime_type": "" if urn or ho_class else crime_type,
        "title": texts.get("title", ""),
        "offence_group": "",
        "days": float(days),
    }
