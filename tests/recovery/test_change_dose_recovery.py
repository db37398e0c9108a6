"""Minutes beside outcomes on the demo: every record on its patrol day, counted one by one the slow way."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from hotspots.areas import register
from hotspots.base.months import Window
from hotspots.change.dose.beside import dose_beside
from hotspots.change.question import DoseBeside
from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import dose_workspace
from hotspots.ranking.gather import gather
from hotspots.ranking.question import Question
from hotspots.store.workspace import open_workspace

BEFORE, AFTER = Window(date(2025, 10, 1), date(2025, 10, 31)), Window(date(2026, 10, 1), date(2026, 10, 31))
FIRST, LAST = "2026-10-04", "2026-10-30"  # the 31st ends on 1 November, of which nothing is known


@pytest.fixture(scope="module")
def asked(patrolled: Path) -> tuple[DoseBeside, pd.DataFrame, dict[int, str]]:
    workspace = open_workspace(patrolled)
    areas = register.load(patrolled, "grip-demo").areas
    units = {int(c, 16): a for a, cells in zip(areas["area"], areas["cells"], strict=True) for c in cells}
    question = Question(offences="all", source="incidents", resolution=10)
    parts = [
        gather(workspace, "incidents", w, question).rows.assign(side=s)
        for w, s in ((BEFORE, "before"), (AFTER, "after"))
    ]
    rows = pd.concat(parts)
    rows = rows[rows["cell"].isin(list(units))].drop_duplicates("record")
    told, why = dose_beside(
        workspace, "grip-demo", BEFORE, AFTER, (202510, 202610), rows, units, areas[["area", "name", "bcu", "role"]]
    )
    assert told is not None, why
    return told, rows, units


def plain_day(start: datetime, end: datetime | None) -> str | None:
    """The patrol day of one record, or None."""
    if end is not None and end - start > timedelta(days=1):
        return None
    return str((start if start.hour >= 6 else start - timedelta(days=1)).date())


def test_every_record_is_on_its_patrol_day(asked, patrolled: Path):
    told, rows, units = asked
    counts: dict[tuple[str, str], int] = {}
    after = rows[rows["side"] == "after"]
    for cell, start, end in zip(after["cell"], after["local_from"], after["local_to"], strict=True):
        day = plain_day(start.to_pydatetime(), None if pd.isna(end) else end.to_pydatetime())
        if day is not None and FIRST <= day <= LAST:
            counts[units[cell], day] = counts.get((units[cell], day), 0) + 1
    doses = dose_workspace(patrolled, DoseQuestion(start=FIRST, end=LAST)).table
    minutes = {(r.area, r.patrol_day): r.patrol_minutes for r in doses.itertuples() if r.data != "no data"}
    edges = {"0 minutes": (0, 0), "above 0 to 10 minutes": (1e-9, 10), "10 to 20 minutes": (10, 20),
             "20 to 40 minutes": (20, 40), "40 and more minutes": (40, 1e9)}  # fmt: skip
    bands = told.table[told.table["part"] == "bands"].set_index("term")
    for term, (low, high) in edges.items():
        inside = [k for k, m in minutes.items() if m == 0 == high or low <= m < high]
        assert bands.loc[term, "n"] == len(inside)
        assert bands.loc[term, "count"] == sum(counts.get(k, 0) for k in inside)
    assert (told.first, told.last, told.days) == (FIRST, LAST, len(minutes))


def test_the_dose_that_was_planted_stands_in_the_scatter(asked):
    """Treated hot spots were patrolled, those for comparison were not."""
    mean = asked[0].scatter.groupby("role")["patrol_minutes_a_day"].mean()
    assert mean["treated"] > 5 * mean["comparison"]
    assert len(asked[0].scatter) == 20
