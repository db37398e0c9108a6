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
from hotspots.harm.weights.register import Draft, free_version, newest_of, read, signature, store, table_of
from hotspots.harm.weights.stored import store_shipped
from hotspots.store.database import transaction
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
    signature(author, note)
    if (folder / MANIFEST).is_file():
        if held := _already_here(folder, weights, name is not None):
            return ImportedWeights(held, (*notes, f"This is already here as {ref(held)}: nothing is stored."), False)
        notes += coverage(open_workspace(folder), weights)
    else:
        with writing(folder) as workspace:
            publish(workspace, Manifest())

    def make(connection: Connection) -> Draft:
        number = newest_of(connection, weights.name)
        if number is None:
            return Draft(weights, None, "import")
        if version is not None and free_version(connection, weights) != version:
            raise HotspotsError(
                f"{ref(weights)} exists with other weights, and a version once stored never changes."
                " Give another --version, or none to get the next number."
            )
        before = read(connection, number)
        changes = differences(before, weights) if before.unit == weights.unit else ()
        return Draft(weights, number, "import", changes)

    stored = store(folder, author, note, make)
    return ImportedWeights(stored, (*notes, f"Stored as {ref(stored)}, sha256 {stored.sha256}."), True)


def _already_here(folder: Path, weights: WeightSet, named: bool) -> WeightSet | None:
    """The newest stored version with the same weights and unit; of the same name only, where a name was given."""
    from sqlalchemy import select

    sets = table_of("weight_sets")
    asked = select(sets.c.id).where(sets.c.sha256 == weights.sha256).order_by(sets.c.id.desc())
    if named:
        asked = asked.where(sets.c.name == weights.name)
    with transaction(folder) as connection:
        store_shipped(connection)
        for number in connection.execute(asked).scalars().all():
            held = read(connection, number)
            if held.unit == weights.unit:
                return held
    return None


def coverage(workspace: Workspace, weights: WeightSet) -> list[str]:
    """For each source held, how many of its offences the set scores. HotspotsError where it scores none of all."""
    told, any_found = [], False
    examples: dict[str, list[str]] = {key: [] for key in KEYS}
    for source in workspace.manifest.sources:
        rows = read_incidents(workspace, list(OFFENCE_COLUMNS), source).to_pandas()
        codes, distinct = distinct_offences(rows)
        n = np.bincount(codes, minlength=len(distinct))
        status = score_offences(distinct, weights)["status"].to_numpy()
        scored, ambiguous, unscored = (int(n[status == s].sum()) for s in ("scored", "ambiguous", "unscored"))
        any_found |= bool(scored or ambiguous)
        told.append(
            f"Of {len(rows):,} offences held ({source}) it scores {scored:,}, leaves {ambiguous:,} ambiguous"
            f" and has no weight for {unscored:,}."
        )
        for key in KEYS:
            examples[key] += distinct[key].dropna().tolist()
    if told and not any_found:
        data, own = _key_words(examples), _key_words({k: [v for v in weights.table[k] if v] for k in KEYS})
        raise HotspotsError(
            f"The set has no weight for any offence in the data. The data has {data}; the set has {own}."
            " Import a set with the keys of the data, or the data that goes with the set."
        )
    return told


def _key_words(keys: Mapping[str, list[str]]) -> str:
    names = {"athena_urn": "Athena URNs", "ho_class": "Home Office classes", "crime_type": "crime types"}
    told = [f"{names[k]} ({sample(sorted(v))})" for k, v in keys.items() if v]
    return " and ".join(told) or "no codes at all"
