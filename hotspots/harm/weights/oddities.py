"""What is odd about a file of weights, in sentences, and what was read from it."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.errors import rows_sentence, sample
from hotspots.base.words import counted
from hotspots.harm.scoring import WeightSet
from hotspots.harm.weights.columns import Found, plain_words

ABSURD_DAYS = 36_500  # a hundred years; the heaviest offence of the index, murder, is 5,475


def headline(weights: WeightSet, found: Found) -> str:
    table, sheet = weights.table, f"sheet '{found.sheet.title}', " if found.sheet.title else ""
    urns, classes = (table[c][table[c] != ""].nunique() for c in ("athena_urn", "ho_class"))
    types = int((table["crime_type"] != "").sum())
    counts = [counted(urns, "Athena URN"), counted(classes, "class", "classes"), counted(types, "crime type")]
    keys = ", ".join(told for n, told in zip((urns, classes, types), counts, strict=True) if n)
    rows = counted(len(table), "weight")
    return f"{rows} ({keys}) in {UNITS[weights.unit]}, from {sheet}column '{found.heading('score')}'."


def note_spaces(found: Found, notes: list[str]) -> None:
    named = [i for i, words in enumerate(found.sheet.header) if words.strip()]
    cells = [row[i] for row in found.sheet.rows for i in named]
    padded = sum(v != v.strip() and bool(v.strip()) for v in cells)
    blank = sum(bool(v) and not v.strip() for v in cells)
    if padded or blank:
        notes.append(
            f"Blanks are left out: {counted(padded, 'cell')} with some around the text,"
            f" {counted(blank, 'cell')} of nothing else."
        )
    titles = found.text("title")
    if "title" in found.roles and (missing := sum(not t for t in titles)):
        notes.append(f"{counted(missing, 'row')} without '{found.heading('title')}'.")


def note_classes(found: Found, rows: pd.DataFrame, notes: list[str]) -> None:
    """Malformed, missing, repeated and conflicting classes."""
    if "ho_class" not in found.roles:
        return
    printed, read = rows["printed_class"], rows["ho_class"]
    mended = rows[(read != "") & ~printed.str.fullmatch(r"\d{3}/\d{2}")]
    if 0 < len(mended) < len(rows) / 2:
        pairs = dict(zip(mended["printed_class"], mended["ho_class"], strict=True))
        told = ", ".join(f"'{a}' is read as {b}" for a, b in list(pairs.items())[:3])
        told += ", …" if len(pairs) > 3 else ""
        notes.append(f"Malformed class codes: {told} ({rows_sentence(mended['number'])}).")
    unread = rows[(read == "") & (printed != "")]
    if len(unread):
        notes.append(
            f"{counted(len(unread), 'class code')} that cannot be read ({sample(unread['printed_class'])};"
            f" {rows_sentence(unread['number'])}): found by URN only."
        )
    missing = rows[printed == ""]
    if len(missing):
        rows_told = rows_sentence(missing["number"])
        notes.append(f"{counted(len(missing), 'row')} without a class ({rows_told}): found by URN only.")
    classes = rows[read != ""].groupby("ho_class")["days"].agg(["size", "min", "max"])
    several = classes[classes["size"] > 1]
    clash = several[several["min"] < several["max"]]
    notes.append(
        f"{printed[printed != ''].nunique():,} distinct classes as printed; {len(several):,} have more than one row"
        f"{_ranges(clash)}."
    )


def _ranges(clash: pd.DataFrame) -> str:
    if not len(clash):
        return ", all of which agree"
    told = "; ".join(f"{c} {low:,.10g} to {high:,.10g}" for c, _, low, high in clash.itertuples())
    return f" and {len(clash):,} of these conflict, so that the class alone is ambiguous: {told}"


def note_index(found: Found, rows: pd.DataFrame, notes: list[str]) -> None:
    """What is odd about the official index: non-notifiable rows, two values for 26 weeks, cells that are links."""
    at = dict(zip(found.sheet.numbers, range(len(found.sheet.numbers)), strict=True))
    here = [at[n] for n in rows["number"]]
    if "notifiable" in found.roles:
        words = [found.text("notifiable")[i] for i in here]
        n = sum(plain_words(w).startswith(("non", "not ", "no")) and plain_words(w) != "notifiable" for w in words)
        if n:
            notes.append(f"{n:,} of {len(rows):,} rows are offences that need not be notified; they are kept.")
    points = [found.text("starting_point")[i] for i in here]
    weeks = Counter(
        days for days, text in zip(rows["days"], points, strict=True) if re.match(r"26 weeks\b", text.casefold())
    )
    if len(weeks) > 1:
        told = " and ".join(f"{days:g} ({counted(n, 'row')})" for days, n in sorted(weeks.items()))
        notes.append(f"A starting point of 26 weeks is printed as {told}; scores are taken as printed.")
    worded = [i for i, h in enumerate(found.sheet.header) if re.search(r"group|title|class", plain_words(h))]
    stray = [
        number
        for number, i in zip(rows["number"], here, strict=True)
        if any(found.sheet.rows[i][j].startswith("http") for j in worded)
    ]
    if stray:
        notes.append(f"A link stands where a group or title should be ({rows_sentence(stray)}).")


def absurd(weights: WeightSet) -> list[str]:
    high = weights.table[weights.table["days"] > ABSURD_DAYS]
    if weights.unit != "days" or not len(high):
        return []
    return [f"{len(high):,} scores are more than a hundred years: {sample(high['days'])}. Check them."]
