"""Weight sets from files: the Cambridge index of any version, ONS Crime Severity weights, or any table of two columns.

Scores are taken as printed and never recomputed. What is odd about a file is told in sentences; what would make a
figure wrong refuses it.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import TypeAlias

from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.harm.scoring import WeightSet, weight_set_from_table
from hotspots.harm.weights.about import about_file
from hotspots.harm.weights.columns import Found, find_weights
from hotspots.harm.weights.exported import DESCRIBED
from hotspots.harm.weights.oddities import absurd, headline
from hotspots.harm.weights.rows import our_table, their_table
from hotspots.sources.reading import SHEET_ENDINGS, TEXT_ENDINGS, read_table
from hotspots.sources.spreadsheets import read_grids

Upload: TypeAlias = tuple[str, bytes]  # file name, content

LIMITS = Settings(unzipped_max_mb=300, zip_max_files=500)  # an index is small: the official workbook unpacks to 2 MB
HOME_FORCE = "lancashire"


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
        table = our_table(found) if found.ours else their_table(found, notes)
        about = about_file(found, file, kind, notes, hashlib.sha256(data).hexdigest())
        about |= _described(path) if isinstance(path, Path) else {}
        given = {"name": name, "label": label, "version": version, "source": source}
        about |= {k: v for k, v in given.items() if v is not None}
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
    notes.append(f"{counted(len(forces) - len(ours), 'row')} of another force than Lancashire: left out.")
    rows, numbers = ([sheet[i] for i in ours] for sheet in (found.sheet.rows, found.sheet.numbers))
    sheet = type(found.sheet)(found.sheet.title, found.sheet.header, rows, numbers)  # type: ignore[arg-type]
    return Found(sheet, found.roles, found.ours)
