"""The rows of a set from those of a file: keys as we write them, scores as printed, one row for each key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.words import counted
from hotspots.base.writing import RISKY
from hotspots.harm import offences
from hotspots.harm.scoring import COLUMNS
from hotspots.harm.weights.codes import by_code
from hotspots.harm.weights.columns import Found, is_number, read_class
from hotspots.harm.weights.oddities import note_classes, note_index, note_spaces


def our_table(found: Found) -> pd.DataFrame:
    """A set exported from here, read back to the letter."""
    header = [c.strip() for c in found.sheet.header]
    columns = {c: [_plain_text(v) for v in found.sheet.column(header.index(c))] for c in COLUMNS[:-1]}
    return pd.DataFrame({**columns, "days": _scores(found, [True] * len(found.sheet.rows))})


def their_table(found: Found, notes: list[str]) -> pd.DataFrame:
    """The set's table from somebody else's file, with a note for each anomaly."""
    keyed = any(role in found.roles for role in ("athena_urn", "ho_class", "crime_type"))
    rows = pd.DataFrame(
        {
            "number": found.sheet.numbers,
            "athena_urn": [offences.normalise_urn(v) or "" for v in found.text("athena_urn")],
            "ho_class": [read_class(v) or "" for v in found.text("ho_class")],
            "crime_type": found.text("crime_type"),
            "code": [v.upper() for v in found.text("code")] if not keyed else "",
            "title": [_plain_text(v) for v in found.text("title")],
            "offence_group": found.text("offence_group"),
            "printed_class": found.text("ho_class"),
        }
    )
    note_spaces(found, notes)
    named = _named(found, rows, keyed, notes)
    rows["days"] = _scores(found, named)
    rows = rows[named]
    _refuse_two_scores(rows, keyed)
    if not keyed:
        return by_code(rows, notes)
    rows = _without_repeats(rows, notes)
    note_classes(found, rows, notes)
    note_index(found, rows, notes)
    rows["offence_group"] = _groups(rows)
    blank = (rows["title"] == "") & (rows["crime_type"] != "")
    rows["title"] = rows["title"].mask(blank, rows["crime_type"])
    return rows[list(COLUMNS)].reset_index(drop=True)


def _named(found: Found, rows: pd.DataFrame, keyed: bool, notes: list[str]) -> list[bool]:
    """Which rows say what offence they mean. Those with a score that do not are refused, others are passed over."""
    keys = ["athena_urn", "ho_class", "crime_type"] if keyed else ["code", "title"]
    named = (rows[keys] != "").any(axis=1).to_numpy()
    scores = found.text("score")
    lost = [n for n, ok, score in zip(rows["number"], named, scores, strict=True) if score and not ok]
    if lost:
        told = sample(rows.loc[rows["number"].isin(lost), "printed_class"].replace("", pd.NA).dropna())
        raise HotspotsError(
            f"{rows_sentence(lost)} {'have' if len(lost) > 1 else 'has'} a score but no offence that can be read"
            f"{f' ({told}; a class is written 008/06)' if told else ''}. Correct or delete them."
        )
    if not named.all():
        notes.append(f"{counted(int((~named).sum()), 'row')} with neither score nor offence: passed over.")
    return [bool(v) for v in named]


def _scores(found: Found, named: Iterable[bool]) -> list[float]:
    """The scores as printed. HotspotsError where one is missing, negative or no number, with its rows."""
    bad: dict[str, list[tuple[int, str]]] = defaultdict(list)
    scores = []
    for number, text, wanted in zip(found.sheet.numbers, found.text("score"), named, strict=True):
        value = float(text) if is_number(text) else np.nan
        scores.append(value)
        if wanted and not np.isfinite(value):
            bad["are empty" if not text else "are not numbers"].append((number, text))
        elif wanted and value < 0:
            bad["are below 0"].append((number, text))
    if bad:
        raise HotspotsError(
            f"Column '{found.heading('score')}' has {len(cells):,} values that {what}"
            f"{': ' + sample(text for _, text in cells) if what != 'are empty' else ''}"
            f" ({rows_sentence(number for number, _ in cells)}). Correct them there and import again."
            for what, cells in bad.items()
        )
    return scores


def _key(rows: pd.DataFrame, keyed: bool) -> pd.Series:
    """What a row is looked up by: URN, else class and crime type; of a table of codes, the code, else the title."""
    if keyed:
        other = rows["ho_class"] + "|" + rows["crime_type"].str.casefold()
        return rows["athena_urn"].mask(rows["athena_urn"] == "", other)
    return rows["code"].mask(rows["code"] == "", rows["title"].str.casefold())


def _refuse_two_scores(rows: pd.DataFrame, keyed: bool) -> None:
    key = _key(rows, keyed)
    twice = rows.groupby(key)["days"].transform("nunique") > 1
    if twice.any():
        raise HotspotsError(
            f"The same offence has different scores: {sample(key[twice].str.strip('|'))}"
            f" ({rows_sentence(rows['number'][twice])}). Keep one of each."
        )


def _without_repeats(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    again = pd.Series(_key(rows, True)).duplicated() & rows.duplicated(["athena_urn", "ho_class", "crime_type"])
    if again.any():
        notes.append(
            f"{counted(int(again.sum()), 'row')} left out for repeating an earlier key and score"
            f" ({rows_sentence(rows['number'][again])})."
        )
    return rows[~again].copy()


def _groups(rows: pd.DataFrame) -> list[str]:
    """The Home Office sub-group where the code tells it, else the file's own word, not in capitals."""
    known = offences.classify(rows)["sub_group"]
    own = [g.capitalize() if g.isupper() and len(g) > 4 else g for g in rows["offence_group"]]
    blank = [kind if kind else group for kind, group in zip(rows["crime_type"], own, strict=True)]
    return [other if pd.isna(group) else str(group) for group, other in zip(known, blank, strict=True)]


def _plain_text(value: str) -> str:
    """Text without the one apostrophe that an export puts before what a spreadsheet would run."""
    return value[1:] if value.startswith("'") and RISKY.match(value[1:]) else value
