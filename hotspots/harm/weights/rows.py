"""The rows of a set from those of a file: keys as we write them, scores as printed, one row for each key.

What is odd about the file is said in notes. The ONS publishes weights for codes (8N). They become weights of every
class that lies wholly in those codes; of a class shared with a code that has no weight, or another one, only the known
URNs of the weighted code get it, so that an offence known by that class alone stays unscored.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.words import counted
from hotspots.base.writing import RISKY
from hotspots.harm import offences
from hotspots.harm.scoring import COLUMNS, WeightSet, shipped_weight_sets
from hotspots.harm.weights.columns import Found, is_number, plain_words, read_class

ABSURD_DAYS = 36_500  # a hundred years; the heaviest offence of the index, murder, is 5,475


def headline(weights: WeightSet, found: Found) -> str:
    table, sheet = weights.table, f"sheet '{found.sheet.title}', " if found.sheet.title else ""
    urns, classes = (table[c][table[c] != ""].nunique() for c in ("athena_urn", "ho_class"))
    types = int((table["crime_type"] != "").sum())
    counts = [counted(urns, "Athena URN"), counted(classes, "class", "classes"), counted(types, "crime type")]
    keys = ", ".join(shown for n, shown in zip((urns, classes, types), counts, strict=True) if n)
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
    corrected = rows[(read != "") & ~printed.str.fullmatch(r"\d{3}/\d{2}")]
    if 0 < len(corrected) < len(rows) / 2:
        pairs = dict(zip(corrected["printed_class"], corrected["ho_class"], strict=True))
        shown = ", ".join(f"'{a}' is read as {b}" for a, b in list(pairs.items())[:3])
        shown += ", …" if len(pairs) > 3 else ""
        notes.append(f"Malformed class codes: {shown} ({rows_sentence(corrected['number'])}).")
    unread = rows[(read == "") & (printed != "")]
    if len(unread):
        notes.append(
            f"{counted(len(unread), 'class code')} that cannot be read ({sample(unread['printed_class'])};"
            f" {rows_sentence(unread['number'])}): found by URN only."
        )
    missing = rows[printed == ""]
    if len(missing):
        which = rows_sentence(missing["number"])
        notes.append(f"{counted(len(missing), 'row')} without a class ({which}): found by URN only.")
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
    shown = "; ".join(f"{c} {low:,.10g} to {high:,.10g}" for c, _, low, high in clash.itertuples())
    return f" and {len(clash):,} of these conflict, so that the class alone is ambiguous: {shown}"


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
        shown = " and ".join(f"{days:g} ({counted(n, 'row')})" for days, n in sorted(weeks.items()))
        notes.append(f"A starting point of 26 weeks is printed as {shown}; scores are taken as printed.")
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
    key = _key(rows, keyed)
    twice = rows.groupby(key)["days"].transform("nunique") > 1
    if twice.any():
        raise HotspotsError(
            f"The same offence has different scores: {sample(key[twice].str.strip('|'))}"
            f" ({rows_sentence(rows['number'][twice])}). Keep one of each."
        )
    if not keyed:
        return by_code(rows, notes)
    again = pd.Series(_key(rows, True)).duplicated() & rows.duplicated(["athena_urn", "ho_class", "crime_type"])
    if again.any():
        notes.append(
            f"{counted(int(again.sum()), 'row')} left out for repeating an earlier key and score"
            f" ({rows_sentence(rows['number'][again])})."
        )
    rows = rows[~again].copy()
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
        shown = sample(rows.loc[rows["number"].isin(lost), "printed_class"].replace("", pd.NA).dropna())
        raise HotspotsError(
            f"{rows_sentence(lost)} {'have' if len(lost) > 1 else 'has'} a score but no offence that can be read"
            f"{f' ({shown}; a class is written 008/06)' if shown else ''}. Correct or delete them."
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


def _groups(rows: pd.DataFrame) -> list[str]:
    """The Home Office sub-group where the code tells it, else the file's own word, not in capitals."""
    sub_groups = offences.classify(rows)["sub_group"]
    own = [g.capitalize() if g.isupper() and len(g) > 4 else g for g in rows["offence_group"]]
    blank = [kind if kind else group for kind, group in zip(rows["crime_type"], own, strict=True)]
    return [other if pd.isna(group) else str(group) for group, other in zip(sub_groups, blank, strict=True)]


def _plain_text(value: str) -> str:
    """Text without the one apostrophe that an export puts before what a spreadsheet would run."""
    return value[1:] if value.startswith("'") and RISKY.match(value[1:]) else value


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
    if code in offences.all_codes():
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
    pairs = {
        (urn, ho_class)
        for weights in shipped_weight_sets().values()
        for urn, ho_class in weights.table[["athena_urn", "ho_class"]].itertuples(index=False)
        if urn
    }
    for urn, ho_class in sorted(pairs):
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
