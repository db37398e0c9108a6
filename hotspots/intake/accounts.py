"""What became of each file of an import: its name, its report, and what a map would not show of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pandas as pd

from hotspots.store.workspace import FileReport

COUNTS = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")


def numbered(name: str) -> Iterator[str]:
    """'a.csv', 'a.csv (2)', 'a.csv (3)', …: quarantined rows go by the name of their file, so no two share one."""
    yield name
    yield from (f"{name} ({i})" for i in count(2))


def free_name(reports: Iterable[FileReport], name: str) -> str:
    """The file's name, with a number behind it where one of these reports has the same one."""
    taken = {r.file for r in reports}
    return next(n for n in numbered(name) if n not in taken)


def file_report(name: str, source: str, feed: str, sha: str, **facts: Any) -> FileReport:
    """The report of a file imported now; counts that are not given are 0.

    Every row read is accounted for, or the import stops: a defect of ours.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report = FileReport(name, source, feed, sha, now, **(dict.fromkeys(COUNTS, 0) | facts))
    total = sum(getattr(report, c) for c in COUNTS[1:])
    if total != report.read:
        raise RuntimeError(f"{name}: {report.read} rows read but {total} accounted for")
    return report


def hidden_by_a_map(rows: pd.DataFrame, kind: str) -> dict[str, int]:
    """Rows (lon, district, and ``kind``) that a map would not show: without coordinates, and outside the force area."""
    nowhere = rows["lon"].isna()
    kinds = rows.loc[nowhere, kind].astype(object).fillna(f"no {kind}").value_counts()
    found = {f"no coordinates: {name}": int(n) for name, n in kinds.items()}
    outside = int((~nowhere & rows["district"].isna()).sum())
    return found | ({"outside the force area": outside} if outside else {})
