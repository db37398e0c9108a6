"""The first rows of a file as they would be read through a mapping, before anything is imported.

Nobody's name is shown: units have a number each, officers are counted, and what somebody typed is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hotspots.base.clock import local_text
from hotspots.base.settings import Settings
from hotspots.sources.incidents import read_incidents
from hotspots.sources.mapping import Mapping
from hotspots.sources.patrol_log import read_patrol_log
from hotspots.sources.pings import read_pings
from hotspots.sources.raw import RawTable

ROWS = 10
ANY = "what"  # of a table without a mapping that can be read
SHOWN = {
    "incidents": (
        "record_id", "offence_no", "ho_class", "athena_urn", "title", "local_from", "local_to", "lon", "lat", "knife",
        "gun", "domestic", "alcohol", "proactive", "victim_age", "location_type", "location",
    ),
    "pings": ("unit", "time", "lon", "lat", "speed_kmh", "on_call", "officers"),
    "patrol-log": (
        "unit", "area", "from", "to", "officers", "mode", "reactive", "lon", "lat", "searches", "arrests", "weapons",
    ),
}  # fmt: skip


def preview(raw: RawTable, mapping: Mapping, settings: Settings) -> pd.DataFrame:
    """The first ten rows as read: source_row, what they say, and why a row cannot be used; empty columns left out.

    Raises `HotspotsError` where the mapping does not fit the file.
    """
    few = replace(raw, table=raw.table.slice(0, ROWS), bad_rows=[], numbers=raw.row_numbers()[:ROWS])
    settings = replace(settings, bad_coordinate_share=1.0)
    if mapping.source == "incidents":
        found = read_incidents(few, mapping, settings)
        table, aside = found.table.to_pandas(), found.quarantined.to_pandas()
    elif mapping.source == "pings":
        seen = read_pings(few, mapping, settings, numbered, {})
        table, aside = seen.table.to_pandas().rename(columns={"row": "source_row"}), seen.quarantined.to_pandas()
        table = table.assign(time=local_text(table["t"], settings))
    else:
        log = read_patrol_log(few, mapping, settings, numbered, lenient=True)
        table, aside = log.table.to_pandas(), log.quarantined.to_pandas()
        table = table.assign(**{"from": local_text(table["start"], settings), "to": local_text(table["end"], settings)})
    shown = [c for c in SHOWN[mapping.source] if table[c].notna().any() and (table[c].astype(str) != "").any()]
    rows = table[["source_row", *shown]].round({"lon": 5, "lat": 5, "speed_kmh": 1})
    both = pd.concat([rows, aside[["source_row", "reason"]]], ignore_index=True)
    return both.sort_values("source_row", kind="stable", ignore_index=True)


def numbered(names: Sequence[str | None]) -> np.ndarray:
    """Units by number, in the order in which they come; 0 for none."""
    order = {name: i for i, name in enumerate(dict.fromkeys(n for n in names if n), start=1)}
    return np.array([order.get(name or "", 0) for name in names], dtype=np.int64)
