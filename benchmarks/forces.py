"""A ranking of one BCU in a workspace of many forces against the same in the force's own workspace.

``python -m benchmarks.forces ARCHIVE.zip SCRATCH [FORCES]``: a year of Lancashire's archive stands for every force.
The others' crimes are moved south but for 0.2%, which lie in Lancashire as some of a neighbour's do. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from benchmarks.measure import Run, by_turns, command, ratio, run, summary
from benchmarks.tasks import BCU

MONTHS, ROUNDS, STAY = 12, 7, 0.002
SOUTH = 0.9  # degrees: out of the force's area
LIMIT = 1.2  # times as long as in the force's own workspace
TEXT = ("Crime ID", "Longitude", "Latitude")


def write_forces(archive: Path, path: Path, forces: int) -> int:
    """Write a zip of the last `MONTHS` of the archive and of as many for other forces; returns the rows."""
    from hotspots.base.forces import FORCES

    random, rows = np.random.default_rng(1), 0
    others = [slug for slug in FORCES if slug != "lancashire"][: forces - 1]
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name in sorted(source.namelist())[-MONTHS:]:
            data = source.read(name)
            out.writestr(name, data)
            options = pa.csv.ConvertOptions(column_types=dict.fromkeys(TEXT, pa.string()), strings_can_be_null=True)
            table = pa.csv.read_csv(pa.BufferReader(data), convert_options=options)
            rows += len(table) * forces
            for number, slug in enumerate(others):
                moved = moved_to(table, FORCES[slug], number, random)
                with out.open(name.replace("lancashire", slug), "w") as member:
                    pa.csv.write_csv(moved, member)
    return rows


def moved_to(table: pa.Table, force: str, number: int, random: np.random.Generator) -> pa.Table:
    """The crimes under another force's name, with IDs of their own, nearly all of them elsewhere."""
    latitude = table["Latitude"].cast(pa.float64()).to_numpy()
    latitude = latitude - np.where(random.random(len(table)) < STAY, 0.0, SOUTH)
    ids = [None if i is None else f"{number:02x}{i[2:]}" for i in table["Crime ID"].to_pylist()]
    new = {
        "Crime ID": pa.array(ids, pa.string()),
        "Latitude": pa.array(np.round(latitude, 6), from_pandas=True),
        **dict.fromkeys(("Reported by", "Falls within"), pa.array([force] * len(table))),
    }
    return pa.table({name: new.get(name, table[name]) for name in table.column_names})


def measure(archive: str, scratch: str, forces: str = "41") -> dict[str, Any]:
    """Seconds of the verb ``rank`` in both workspaces, and whether the ratio keeps to its limit."""
    folder = Path(scratch)
    for number, name in ((1, "own"), (int(forces), "many")):
        rows = write_forces(Path(archive), folder / f"{name}.zip", number)
        made = ["hotspots", "import", str(folder / f"{name}.zip"), "--source", "police-uk"]
        run([*made, "--workspace", str(folder / name)], is_task=False)

    def rank(name: str) -> Run:
        return command("rank", "--bcu", BCU, "--workspace", str(folder / name), "--out", str(folder / "rank.csv"))

    found = by_turns({"own": lambda: rank("own"), "many": lambda: rank("many")}, ROUNDS)
    slower = ratio(found["many"], found["own"], "wall")
    return {
        "forces": int(forces), "rows": rows, "rounds": ROUNDS,
        **{name: summary(runs) for name, runs in found.items()}, "ratio_wall": slower, "limit": LIMIT,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
