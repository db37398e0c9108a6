"""Patrol-minutes that rest on positions equal to the metre for an hour: a parked car, a device on charge, a frozen fix.

They stay in the figures, for the officers may have been there; they are told apart, so that nobody believes them
without a look. Limits: what stands still over 06:00 is looked at on either side of it; and a device that rounds its
positions to ten metres or more stands still on every patrol.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspots.base.settings import Settings
from hotspots.patrols.visits import overlapping

PLACE = ["area", "patrol_day"]
SHOWN = 3  # hot spots and days named in a sentence


def frozen_minutes(stays: pd.DataFrame, standstills: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Minutes with a unit there whose positions stood still: area, patrol_day, frozen_minutes, where there are any.

    ``stays``: of `hotspots.patrols.visits`; ``standstills``: of `hotspots.patrols.presence`, their area a code, the
    position of its name in ``names``. Only what counts as dose: proactive, on foot or stopped, by positions.
    """
    mine = stays[~stays["reactive"] & ~stays["moving"] & ~stays["log"]]
    area = pd.Series([names[code] for code in standstills["area"]], standstills.index, mine["area"].dtype)
    still = standstills.assign(area=area)
    both = mine.merge(still, on=["unit", *PLACE])
    whole = zip(both["pieces"], both["start"], both["end"], strict=True)
    credited = [[(start, end)] if pieces is None else pieces for pieces, start, end in whole]
    found = both[[*PLACE, "from_t", "to_t"]].iloc[np.repeat(np.arange(len(both)), [len(c) for c in credited])]
    spans = np.array([span for each in credited for span in each], dtype=float).reshape(-1, 2)
    found = found.assign(start=np.maximum(spans[:, 0], found["from_t"]), end=np.minimum(spans[:, 1], found["to_t"]))
    found = found[found["end"] > found["start"]].sort_values([*PLACE, "start"], ignore_index=True)
    runs = found.assign(run=overlapping(found, PLACE)).groupby([*PLACE, "run"])
    seconds = (runs["end"].max() - runs["start"].min()).groupby(PLACE).sum()
    return (seconds / 60).rename("frozen_minutes").reset_index()


def frozen_warnings(table: pd.DataFrame, settings: Settings) -> list[str]:
    """A sentence for each BCU with such minutes, with their share. ``table``: `hotspots.base.columns.DOSAGE`."""
    words = []
    for bcu, mine in table.groupby("bcu", sort=True):
        still = mine[mine["frozen_minutes"].fillna(0) > 0]
        if not len(still):
            continue
        frozen, whole = still["frozen_minutes"].sum(), mine["patrol_minutes"].sum()
        worst = still.sort_values(["frozen_minutes", *PLACE], ascending=[False, True, True]).head(SHOWN)
        named = ", ".join(f"{area} on {day}" for area, day in worst[PLACE].itertuples(index=False))
        more = f" and {len(still) - SHOWN:,} more" if len(still) > SHOWN else ""
        words.append(
            f"{bcu}: {frozen:,.0f} of {whole:,.0f} patrol-minutes ({frozen / whole:.0%}) rest on positions that were"
            f" equal to the metre for {settings.frozen_minutes:g} minutes or more: a parked car, a device on charge or"
            f" a frozen fix. Make sure that officers were there: {named}{more}."
        )
    return words
