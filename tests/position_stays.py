"""The stays of a small table of positions, by the library's own way through a Parquet file and an engine."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.settings import Settings
from hotspots.patrols.visits import STAYS, joined_overnight, presence_of_files, stays


def stays_of(pings: pd.DataFrame, cells: Mapping[int, str], settings: Settings) -> pd.DataFrame:
    """`STAYS` of ``pings``: unit, t (UTC seconds), cell, speed_kmh (nan where unknown), on_call, officers.

    ``cells``: cell → name of its hot spot. Of two positions of a unit in one second the first in the table counts.
    """
    kinds = {"unit": "int64", "t": "int64", "cell": "int64", "speed_kmh": "float32", "on_call": "bool"}
    table = pings[[*kinds, "officers"]].drop_duplicates(["unit", "t"])
    table = table.astype({**kinds, "officers": "int16"}).assign(bcu=np.int8(0))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "positions.parquet"
        table.assign(lon=-2.7, lat=53.76).to_parquet(file)
        found = presence_of_files([file], cells, "cell", settings, DEFAULT_ENGINE)
    return stays(joined_overnight(found, settings), sorted(set(cells.values())))[list(STAYS)]
