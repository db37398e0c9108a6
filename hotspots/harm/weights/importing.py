"""Weights from a file into the register, all or nothing, and what they can score of the data held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hotspots.base.errors import HotspotsError, sample
from hotspots.harm.offences import OFFENCE_COLUMNS, distinct_offences
from hotspots.harm.scoring import KEYS, WeightSet, score_offences
from hotspots.harm.weights.contents import differences, ref
from hotspots.harm.weights.files import read_weight_file
from hotspots.harm.weights.register import CHANGE, Draft, free_version, store
from hotspots.harm.weights.stored import read_weights, rows_of_sets
from hotspots.store import ledger
from hotspots.store.database import read
from hotspots.store.workspace import MANIFEST, Manifest, Workspace, open_workspace, publish, read_incidents, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class ImportedWeights:
    """What an import did. Where ``stored`` is false the file's weights were here already, as ``weights``."""

    weights: WeightSet
    notes: tuple[str, ...]
    stored: bool


def import_weights(
    folder: Path,
    path: Path | tuple[str, bytes],
    name: str | None = None,
    version: str | None = None,
    label: str | None = None,
    source: str | None = None,
    kind: str | None = None,
    author: str = "not stated",
    note: str = "",
) -> ImportedWeights:
    """Read a file of weights and store it as a version, all or nothing.

    A file whose weights are held already stores nothing. The workspace is made where there is none. HotspotsError,
    all problems at once, where the file cannot be used (see `hotspots.harm.weights.files.read_weight_file`), where the
    version given is taken, or where the set has no weight for any offence in the data held.
    """
    weights, notes = read_weight_file(path, name, label, version, source, kind)
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
