"""Weight sets from files: the Cambridge index of any version, ONS Crime Severity weights, or any table of two columns.

Scores are taken as printed and never recomputed. What is odd about a file is told in sentences; what would make a
figure wrong refuses it.

Limits: the ONS publishes weights for Home Office codes (8N), which records do not carry. They become weights of every
class that lies wholly in those codes; of a class shared with a code that has no weight, or another one, only the
known URNs of the weighted code get it, so that an offence known by that class alone stays unscored.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import Settings
from hotspots.base.writing import RISKY, to_csv
from hotspots.harm import offences
from hotspots.harm.scoring import COLUMNS, WeightSet, shipped_weight_sets, to_csv_bytes, weight_set_from_table
from hotspots.harm.weights.columns import Found, find_weights, is_number, plain_words, read_class
from hotspots.sources.reading import SHEET_ENDINGS, TEXT_ENDINGS, read_table
from hotspots.sources.spreadsheets import read_grids

Upload: TypeAlias = tuple[str, bytes]  # file name, content

LIMITS = Settings(unzipped_max_mb=300, zip_max_files=500)  # an index is small: the official workbook unpacks to 2 MB
ABSURD_DAYS = 36_500  # a hundred years; the heaviest offence of the index, murder, is 5,475
DESCRIBED = ("name", "version", "label", "unit", "source", "licence", "attribution", "notes", "is_proxy")
HOME_FORCE = "lancashire"
CCHI_LICENCE = (
    "© Cambridge Centre for Evidence-Based Policing; described as freely available to download. No open licence is"
    " stated: quote it with attribution and do not pass the workbook on."
)


def read_weight_file(
    path: Path | Upload,
    name: str | None = None,
    label: str | None = None,
    version: str | None = None,
    source: str | None = None,
    kind: str | None = None,
) -> tuple[WeightSet, list[str]]:
    """The weight set in a CSV or Excel file, and a sentence for everything odd about it.

    Sheet, heading and columns are found by meaning (see `hotspots.harm.weights.columns`). What is not given is told
    from the file: ``name`` and ``version`` from the index and year it mentions, ``kind`` (what the figures are: one of
    `UNITS`) from the heading of the scores. A description beside the file (same name, ``.toml``) is read too.
    HotspotsError, all problems at once, where a score is missing, negative or no number, where one key has two
    scores, or where nothing in the file can be told as weights.
    """
    file, data = _content(path)
    if kind is not None and kind not in UNITS:
        raise HotspotsError(f"'{kind[:30]}' is not a unit of weights; use {', '.join(UNITS)}.")
    found, notes = find_weights(file, _grids(file, data))
    try:
        found = _one_force(found, notes)
        table = _our_table(found) if found.ours else _table(found, notes)
        about = _about(found, file, kind, notes, hashlib.sha256(data).hexdigest())
        about |= _described(path) if isinstance(path, Path) else {}
        given = {"name": name, "label": label, "version": version, "source": source}
        about |= {k: v for k, v in given.items() if v is not None}
        about |= {} if kind is None else {"unit": kind}
        about["is_proxy"] = bool(about.get("is_proxy")) or bool((table["crime_type"] != "").all())
        weights = weight_set_from_table(table, **about)
    except HotspotsError as error:
        raise HotspotsError(f"{file}: {problem}" for problem in error.problems) from error
    return weights, [_headline(weights, found), *notes, *_absurd(weights)]


def export_csv(weights: WeightSet) -> str:
    """The set as CSV that imports to the same hash: its columns, the last one named by the unit, text kept text."""
    from io import BytesIO

    table = pd.read_csv(BytesIO(to_csv_bytes(weights)), dtype=str, keep_default_na=False)
    return to_csv(table.rename(columns={"days": weights.unit}))


def describe_toml(weights: WeightSet) -> str:
    """The description that goes beside an exported set: what its columns cannot say."""
    import json

    lines = []
    for field in DESCRIBED:
        value = getattr(weights, field)
        written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        lines.append(f"{field} = {written}")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the file


def _content(path: Path | Upload) -> Upload:
    if isinstance(path, tuple):
        return Path(path[0]).name, path[1]
    try:
        return path.name, path.read_bytes()
    except FileNotFoundError as error:
        raise HotspotsError(f"There is no file {path}.") from error
    except OSError as error:
        raise HotspotsError(f"{path} cannot be read: {error.strerror or error}.") from error


def _grids(file: str, data: bytes) -> list[tuple[str, int, list[list[str]]]]:
    """Title, number of the first row, and cells as text of every sheet; a CSV is one sheet."""
    ending = Path(file).suffix.lower()
    if not data:
        raise HotspotsError(f"{file} is empty (0 bytes). Export it again.")
    if len(data) > LIMITS.upload_max_mb * 1_000_000:
        raise HotspotsError(f"{file} has {len(data) / 1e6:,.0f} MB; a weight set has a few thousand rows at most.")
    if ending in SHEET_ENDINGS:
        return read_grids(data, file, LIMITS)
    if ending not in TEXT_ENDINGS:
        raise HotspotsError(f"{file} is not a weight set: give a CSV or an Excel workbook (.xlsx).")
    raw = read_table(file, data, LIMITS)
    if raw.bad_rows:
        rows = rows_sentence(number for number, _ in raw.bad_rows)
        raise HotspotsError(f"{file} has another number of values than columns in {rows}. Correct them there.")
    columns = [["" if v is None else v for v in column.to_pylist()] for column in raw.table.columns]
    cells = [list(row) for row in zip(*columns, strict=True)]
    numbers = raw.row_numbers().tolist()
    grid: list[list[str]] = [[""] * len(columns) for _ in range(numbers[-1] if numbers else 1)]
    for number, row in zip(numbers, cells, strict=True):
        grid[number - 1] = row
    grid[raw.first_row - 2] = list(raw.table.column_names)
    return [("", 1, grid)]


def _described(path: Path) -> dict[str, object]:
    """The description beside the file, if there is one and the file is no workbook."""
    beside = path.with_suffix(".toml")
    if path.suffix.lower() == ".toml" or not beside.is_file():
        return {}
    try:
        given = tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HotspotsError(f"its description {beside.name} cannot be read: {error}.") from error
    return {field: given[field] for field in DESCRIBED if field in given}


def _one_force(found: Found, notes: list[str]) -> Found:
    """Only Lancashire's rows of a file that has several forces."""
    forces = [v.casefold() for v in found.text("force")]
    if "force" not in found.roles or len(set(forces)) < 2:
        return found
    ours = [i for i, force in enumerate(forces) if force.startswith(HOME_FORCE)]
    if not ours:
        raise HotspotsError(f"it has {len(set(forces))} forces ({sample(forces)}), none of them Lancashire. Keep one.")
    notes.append(f"{count(len(forces) - len(ours), 'row')} of another force than Lancashire: left out.")
    rows, numbers = ([sheet[i] for i in ours] for sheet in (found.sheet.rows, found.sheet.numbers))
    sheet = type(found.sheet)(found.sheet.title, found.sheet.header, rows, numbers)  # type: ignore[arg-type]
    return Found(sheet, found.roles, found.ours)


# ---------------------------------------------------------------- the table


def _our_table(found: Found) -> pd.DataFrame:
    """A set exported from here, read back to the letter."""
    header = [c.strip() for c in found.sheet.header]
    columns = {c: [_plain_text(v) for v in found.sheet.column(header.index(c))] for c in COLUMNS[:-1]}
    return pd.DataFrame({**columns, "days": _scores(found, [True] * len(found.sheet.rows))})


def _plain_text(value: str) -> str:
    """Text without the one apostrophe that an export puts before what a spreadsheet would run."""
    return value[1:] if value.startswith("'") and RISKY.match(value[1:]) else value


def _table(found: Found, notes: list[str]) -> pd.DataFrame:
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
    _note_spaces(found, notes)
    named = _named(found, rows, keyed, notes)
    rows["days"] = _scores(found, named)
    rows = rows[named]
    _refuse_two_scores(rows, keyed)
    if not keyed:
        return _by_code(rows, notes)
    rows = _without_repeats(rows, notes)
    _note_classes(found, rows, notes)
    _note_index(found, rows, notes)
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
        notes.append(f"{count(int((~named).sum()), 'row')} with neither score nor offence: passed over.")
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
            f"{count(int(again.sum()), 'row')} left out for repeating an earlier key and score"
            f" ({rows_sentence(rows['number'][again])})."
        )
    return rows[~again].copy()


def _groups(rows: pd.DataFrame) -> list[str]:
    """The Home Office sub-group where the code tells it, else the file's own word, not in capitals."""
    known = offences.classify(rows)["sub_group"]
    own = [g.capitalize() if g.isupper() and len(g) > 4 else g for g in rows["offence_group"]]
    blank = [kind if kind else group for kind, group in zip(rows["crime_type"], own, strict=True)]
    return [other if pd.isna(group) else str(group) for group, other in zip(known, blank, strict=True)]


# ---------------------------------------------------------------- tables of codes or titles


def _by_code(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
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
            f"{count(len(unknown), 'title')} known as no Home Office title, sub-group or group and score nothing:"
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
        f"{count(len(weight), 'Home Office code')} weighted ({sample(sorted(weight), 8)}), which makes"
        f" {count(by_class, 'class', 'classes')} and {count(len(table) - by_class, 'URN')}."
    )
    if shared:
        notes.append(
            f"{count(len(shared), 'class', 'classes')} shared with codes of another weight or none"
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


# ---------------------------------------------------------------- what is odd


def _note_spaces(found: Found, notes: list[str]) -> None:
    named = [i for i, words in enumerate(found.sheet.header) if words.strip()]
    cells = [row[i] for row in found.sheet.rows for i in named]
    padded = sum(v != v.strip() and bool(v.strip()) for v in cells)
    blank = sum(bool(v) and not v.strip() for v in cells)
    if padded or blank:
        notes.append(
            f"Blanks are left out: {count(padded, 'cell')} with some around the text, {count(blank, 'cell')} of nothing"
            " else."
        )
    titles = found.text("title")
    if "title" in found.roles and (missing := sum(not t for t in titles)):
        notes.append(f"{count(missing, 'row')} without '{found.heading('title')}'.")


def _note_classes(found: Found, rows: pd.DataFrame, notes: list[str]) -> None:
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
            f"{count(len(unread), 'class code')} that cannot be read ({sample(unread['printed_class'])};"
            f" {rows_sentence(unread['number'])}): found by URN only."
        )
    missing = rows[printed == ""]
    if len(missing):
        rows_told = rows_sentence(missing["number"])
        notes.append(f"{count(len(missing), 'row')} without a class ({rows_told}): found by URN only.")
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


def _note_index(found: Found, rows: pd.DataFrame, notes: list[str]) -> None:
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
        told = " and ".join(f"{days:g} ({count(n, 'row')})" for days, n in sorted(weeks.items()))
        notes.append(f"A starting point of 26 weeks is printed as {told}; scores are taken as printed.")
    worded = [i for i, h in enumerate(found.sheet.header) if re.search(r"group|title|class", plain_words(h))]
    stray = [
        number
        for number, i in zip(rows["number"], here, strict=True)
        if any(found.sheet.rows[i][j].startswith("http") for j in worded)
    ]
    if stray:
        notes.append(f"A link stands where a group or title should be ({rows_sentence(stray)}).")


def _absurd(weights: WeightSet) -> list[str]:
    high = weights.table[weights.table["days"] > ABSURD_DAYS]
    if weights.unit != "days" or not len(high):
        return []
    return [f"{len(high):,} scores are more than a hundred years: {sample(high['days'])}. Check them."]


def _headline(weights: WeightSet, found: Found) -> str:
    table, sheet = weights.table, f"sheet '{found.sheet.title}', " if found.sheet.title else ""
    urns, classes = (table[c][table[c] != ""].nunique() for c in ("athena_urn", "ho_class"))
    types = int((table["crime_type"] != "").sum())
    counts = [count(urns, "Athena URN"), count(classes, "class", "classes"), count(types, "crime type")]
    keys = ", ".join(told for n, told in zip((urns, classes, types), counts, strict=True) if n)
    rows = count(len(table), "weight")
    return f"{rows} ({keys}) in {UNITS[weights.unit]}, from {sheet}column '{found.heading('score')}'."


def count(n: int, one: str, many: str = "") -> str:
    """'1 row', '2 rows', '3 classes'."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


# ---------------------------------------------------------------- what it is


def _about(found: Found, file: str, kind: str | None, notes: list[str], digest: str) -> dict[str, object]:
    """Name, version and description, told from headings, sheet title and file name."""
    words = [plain_words(w) for w in (found.heading("score"), found.sheet.title, Path(file).stem)]
    year = next((m[0] for w in words if (m := re.search(r"(?<!\d)20[0-4]\d(?!\d)", w))), "")
    year = year or next((m[0] for m in [re.search(r"20[0-4]\d", words[2])] if m), "")
    everything = " ".join(words)
    where = f"sheet '{found.sheet.title}' of {file}" if found.sheet.title else file
    facts: dict[str, object] = {"source_sha256": digest, "version": year or "1", "unit": _unit(found, words)}
    coded = "athena_urn" in found.roles or "ho_class" in found.roles
    if re.search(r"cchi|crime harm", everything) and coded and not found.ours:
        title = f"Cambridge Crime Harm Index {year}".strip()
        facts |= {"name": f"cchi-{year}".rstrip("-"), "label": title, "source": f"{title}, {where}"}
        facts |= {"licence": CCHI_LICENCE, "attribution": f"{title} © Cambridge Centre for Evidence-Based Policing"}
    elif facts["unit"] == "severity" and not found.ours:
        title = f"ONS Crime Severity Score weights {year}".strip()
        facts |= {"name": f"ons-severity-{year}".rstrip("-"), "label": title, "source": f"{title}, {where}"}
        facts |= {"licence": "Open Government Licence v3.0", "attribution": "Source: Office for National Statistics"}
    else:
        stem = Path(file).stem
        name = re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-") or "weights"
        facts |= {"name": name[:60], "label": stem[:80] or "Weights", "source": where}
    if facts["unit"] == "points" and kind is None:
        notes.append(
            f"Column '{found.heading('score')}' does not say what its figures are, so they are called points, not"
            " days. If they are days of imprisonment, import with the unit 'days'."
        )
    return facts


def _unit(found: Found, words: list[str]) -> str:
    for text in words:
        if re.search(r"\b(ons|css)\b|severity", text):
            return "severity"
        if re.search(r"\bdays?\b|cchi|crime harm", text):
            return "days"
    return "points"
