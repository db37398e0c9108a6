"""Weight sets from files into the register, all or nothing, and what they can score of the data held.

The Cambridge index of any version, ONS Crime Severity weights, or any table of two columns. Scores are taken as printed
and never recomputed. What is odd about a file is said in sentences; what would make a figure wrong refuses it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.profile import home
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.base.writing import to_csv
from hotspots.harm.offences import OFFENCE_COLUMNS, distinct_offences
from hotspots.harm.scoring import KEYS, WeightSet, score_offences, to_csv_bytes, weight_set_from_table
from hotspots.harm.weights.columns import Found, find_weights, plain_words
from hotspots.harm.weights.contents import differences, ref
from hotspots.harm.weights.register import CHANGE, Draft, free_version, read_weights, rows_of_sets, store
from hotspots.harm.weights.rows import absurd, headline, our_table, their_table
from hotspots.sources.kinds import SHEET_ENDINGS, TEXT_ENDINGS, ending_of
from hotspots.sources.reading import read_table
from hotspots.sources.sheets import read_grids
from hotspots.store import ledger
from hotspots.store.database import read
from hotspots.store.publishing import publish, writing
from hotspots.store.workspace import MANIFEST, Manifest, Workspace, open_workspace, profile_in_use, read_incidents

if TYPE_CHECKING:
    from sqlalchemy import Connection


DESCRIBED = ("name", "version", "label", "unit", "source", "licence", "attribution", "notes", "is_proxy")


def export_csv(weights: WeightSet) -> str:
    """The set as CSV that imports to the same hash: its columns, the last one named by the unit, text kept text."""
    table = pd.read_csv(BytesIO(to_csv_bytes(weights)), dtype=str, keep_default_na=False)
    return to_csv(table.rename(columns={"days": weights.unit}))


def describe_toml(weights: WeightSet) -> str:
    """The description that goes beside an exported set: what its columns cannot say."""
    lines = []
    for field in DESCRIBED:
        value = getattr(weights, field)
        written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        lines.append(f"{field} = {written}")
    return "\n".join(lines) + "\n"


CCHI_LICENCE = (
    "© Cambridge Centre for Evidence-Based Policing; described as freely available to download. No open licence is"
    " stated: quote it with attribution and do not pass the workbook on."
)


def about_file(found: Found, file: str, kind: str | None, notes: list[str], digest: str) -> dict[str, object]:
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


Upload: TypeAlias = tuple[str, bytes]  # file name, content

LIMITS = Settings(unzipped_max_mb=300, zip_max_files=500)  # an index is small: the official workbook unpacks to 2 MB


def read_weight_file(
    path: Path | Upload, name: str | None = None, label: str | None = None, version: str | None = None,
    source: str | None = None, kind: str | None = None, force: str = "",
) -> tuple[WeightSet, list[str]]:  # fmt: skip
    """The weight set in a CSV or Excel file, and a sentence for everything odd about it.

    Sheet, heading and columns are found by meaning (see `hotspots.harm.weights.columns`). What is not given is told
    from the file: ``name`` and ``version`` from the index and year it mentions, ``kind`` (what the figures are: one of
    `UNITS`) from the heading of the scores. A description beside the file (same name, ``.toml``) is read too.
    Of a file that has several forces the rows of ``force`` count (default: Lancashire).
    HotspotsError, all problems at once, where a score is missing, negative or no number, where one key has two
    scores, or where nothing in the file can be told as weights.
    """
    file, data = _content(path)
    if kind is not None and kind not in UNITS:
        raise HotspotsError(f"'{kind[:30]}' is not a unit of weights; use {', '.join(UNITS)}.")
    found, notes = find_weights(file, _grids(file, data))
    try:
        found = _one_force(found, force or home().name, notes)
        table = our_table(found) if found.ours else their_table(found, notes)
        about = about_file(found, file, kind, notes, hashlib.sha256(data).hexdigest())
        about |= _described(path) if isinstance(path, Path) else {}
        stated = {"name": name, "label": label, "version": version, "source": source}
        about |= {k: v for k, v in stated.items() if v is not None}
        about |= {} if kind is None else {"unit": kind}
        about["is_proxy"] = bool(about.get("is_proxy")) or bool((table["crime_type"] != "").all())
        weights = weight_set_from_table(table, **about)
    except HotspotsError as error:
        raise HotspotsError(f"{file}: {problem}" for problem in error.problems) from error
    return weights, [headline(weights, found), *notes, *absurd(weights)]


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
    ending = ending_of(file)
    if not data:
        raise HotspotsError(f"{file} is empty (0 bytes). Export it again.")
    if len(data) > LIMITS.upload_max_mb * 1_000_000:
        raise HotspotsError(f"{file} has {len(data) / 1e6:,.0f} MB; a weight set has a few thousand rows at most.")
    if ending in SHEET_ENDINGS:
        return read_grids(data, file, LIMITS)
    if ending not in TEXT_ENDINGS:
        raise HotspotsError(f"{file} is not a weight set: give a CSV or a workbook (.xlsx, .xls, .ods).")
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
        stated = tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HotspotsError(f"its description {beside.name} cannot be read: {error}.") from error
    return {field: stated[field] for field in DESCRIBED if field in stated}


def _one_force(found: Found, force: str, notes: list[str]) -> Found:
    """Only the rows of one force, of a file that has several."""
    forces = [v.casefold() for v in found.text("force")]
    if "force" not in found.roles or len(set(forces)) < 2:
        return found
    ours = [i for i, each in enumerate(forces) if each.startswith(force.casefold())]
    if not ours:
        raise HotspotsError(f"it has {len(set(forces))} forces ({sample(forces)}), none of them {force}. Keep one.")
    notes.append(f"{counted(len(forces) - len(ours), 'row')} of another force than {force}: left out.")
    rows, numbers = ([sheet[i] for i in ours] for sheet in (found.sheet.rows, found.sheet.numbers))
    sheet = type(found.sheet)(found.sheet.title, found.sheet.header, rows, numbers)  # type: ignore[arg-type]
    return Found(sheet, found.roles, found.ours)


@dataclass(frozen=True)
class ImportedWeights:
    """What an import did. Where ``stored`` is false the file's weights were here already, as ``weights``."""

    weights: WeightSet
    notes: tuple[str, ...]
    stored: bool


def import_weights(
    folder: Path, path: Path | tuple[str, bytes], name: str | None = None, version: str | None = None,
    label: str | None = None, source: str | None = None, kind: str | None = None, author: str = "not stated",
    note: str = "",
) -> ImportedWeights:  # fmt: skip
    """Read a file of weights and store it as a version, all or nothing.

    A file whose weights are held already stores nothing. The workspace is made where there is none. HotspotsError,
    all problems at once, where the file cannot be used (see `read_weight_file`), where the
    version given is taken, or where the set has no weight for any offence in the data held.
    """
    weights, notes = read_weight_file(path, name, label, version, source, kind, profile_in_use(folder).name)
    author, note = ledger.signature(author, note, CHANGE, note_needed=False)
    if (folder / MANIFEST).is_file():
        if held := _already_here(folder, weights, name is not None):
            return ImportedWeights(held, (*notes, f"This is already here as {ref(held)}: nothing is stored."), False)
        notes += coverage(open_workspace(folder), weights)
    else:
        with writing(folder) as workspace:
            publish(workspace, Manifest())

    def make(connection: Connection) -> Draft:
        mine = [row for row in rows_of_sets(connection) if row["name"] == weights.name]
        if not mine:
            return Draft(weights, None, "import")
        if version is not None and free_version(connection, weights) != version:
            raise HotspotsError(
                f"{ref(weights)} exists with other weights, and a version once stored never changes."
                " Give another --version, or none to get the next number."
            )
        before = read_weights(connection, mine[-1])
        changes = differences(before, weights) if before.unit == weights.unit else ()
        return Draft(weights, mine[-1]["id"], "import", changes)

    stored = store(folder, author, note, make)
    return ImportedWeights(stored, (*notes, f"Stored as {ref(stored)}, sha256 {stored.sha256}."), True)


def _already_here(folder: Path, weights: WeightSet, named: bool) -> WeightSet | None:
    """The newest stored version with the same weights and unit; of the same name only, where a name was asked for."""
    with read(folder) as connection:
        for row in reversed(rows_of_sets(connection)):
            if row["sha256"] == weights.sha256 and (not named or row["name"] == weights.name):
                held = read_weights(connection, row)
                if held.unit == weights.unit:
                    return held
    return None


def coverage(workspace: Workspace, weights: WeightSet) -> list[str]:
    """For each source held, how many of its offences the set scores. HotspotsError where it scores none of all."""
    words, any_found = [], False
    examples: dict[str, list[str]] = {key: [] for key in KEYS}
    for source in workspace.manifest.sources:
        rows = read_incidents(workspace, list(OFFENCE_COLUMNS), source).to_pandas()
        codes, distinct = distinct_offences(rows)
        n = np.bincount(codes, minlength=len(distinct))
        status = score_offences(distinct, weights)["status"].to_numpy()
        scored, ambiguous, unscored = (int(n[status == s].sum()) for s in ("scored", "ambiguous", "unscored"))
        any_found |= bool(scored or ambiguous)
        words.append(
            f"Of {len(rows):,} offences held ({source}) it scores {scored:,}, leaves {ambiguous:,} ambiguous"
            f" and has no weight for {unscored:,}."
        )
        for key in KEYS:
            examples[key] += distinct[key].dropna().tolist()
    if words and not any_found:
        data, own = _key_words(examples), _key_words({k: [v for v in weights.table[k] if v] for k in KEYS})
        raise HotspotsError(
            f"The set has no weight for any offence in the data. The data has {data}; the set has {own}."
            " Import a set with the keys of the data, or the data that goes with the set."
        )
    return words


def _key_words(keys: Mapping[str, list[str]]) -> str:
    names = {"athena_urn": "Athena URNs", "ho_class": "Home Office classes", "crime_type": "crime types"}
    shown = [f"{names[k]} ({sample(sorted(v))})" for k, v in keys.items() if v]
    return " and ".join(shown) or "no codes at all"
