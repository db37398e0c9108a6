"""New positions on their way to their patrol days: in memory, or on the disk when they are many."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.sources.feed import Array

MOST_IN_MEMORY = 20_000_000  # rows, of about 50 bytes; more of them are put on the disk until their day is made
SCRATCH = "positions-"  # folders in the workspace's cache, while an import runs


def scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for rows on their way; what a killed import left behind goes first."""
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    for old in cache.glob(f"{SCRATCH}*"):
        shutil.rmtree(old, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=cache, ignore_cleanup_errors=True)


@dataclass(eq=False)
class Spool:
    """New rows by patrol day, in memory, or on the disk when they are many."""

    folder: Path
    days: dict[int, list[pa.Table | Path]] = field(default_factory=dict, init=False)
    held: int = field(default=0, init=False)

    def add(self, table: pa.Table, days: Array) -> None:
        order = np.argsort(days, kind="stable")
        cuts = np.append(np.flatnonzero(np.append(True, np.diff(days[order]) != 0)), len(order))
        rows = table if len(cuts) <= 2 else table.take(pa.array(order))
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            self.days.setdefault(int(days[order[start]]), []).append(rows.slice(start, end - start))
        self.held += len(table)
        if self.held > MOST_IN_MEMORY:
            self.put_down()

    def put_down(self) -> None:
        """Move everything to the disk."""
        for day, pieces in self.days.items():
            tables = [p for p in pieces if isinstance(p, pa.Table)]
            if tables:
                path = self.folder / f"{day}-{len(pieces)}.parquet"
                pq.write_table(pa.concat_tables(tables), path, compression="zstd", use_dictionary=False)
                self.days[day] = [*(p for p in pieces if isinstance(p, Path)), path]
        self.held = 0

    def take(self, day: int) -> pa.Table:
        """The new rows of a day, which are given up here."""
        pieces = self.days.pop(day)
        tables = [pq.read_table(p, memory_map=False) if isinstance(p, Path) else p for p in pieces]
        return pa.concat_tables(tables).combine_chunks()
