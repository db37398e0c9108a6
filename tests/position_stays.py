"""The stays of a small table of positions, by the library's own way through a Parquet file and an engine."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.settings import Settings
from hotspots.patrols.dosage.apart import stays_apart
from hotspots.patrols.presence import Presence
from hotspots.patrols.visits import STAYS, codes_of, joined_overnight, presence_of_files, stays


def found_in(
    pings: pd.DataFrame, cells: Mapping[int, str], settings: Settings, masked: Mapping[int, str] | None = None
) -> Presence:
    """Who was where by ``pings``: unit, t (UTC seconds), cell, speed_kmh (nan where unknown), on_call, officers, and
    lon, lat and cell_11 where they matter.

    ``cells``: cell → name of its hot spot; ``masked``: cell_11 → masked site. Of two positions of a unit in one second
    the first in the table counts.
    """
    kinds = {"unit": "int64", "t": "int64", "cell": "int64", "speed_kmh": "float32", "on_call": "bool"}
    usual = {"lon": -2.7, "lat": 53.76, "cell_11": 0}
    table = pings.assign(**{c: v for c, v in usual.items() if c not in pings.columns}).drop_duplicates(["unit", "t"])
    table = table[[*kinds, "officers", *usual]].astype({**kinds, "officers": "int16", "cell_11": "int64"})
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "positions.parquet"
        table.assign(bcu=np.int8(0)).to_parquet(file)
        return presence_of_files([file], cells, "cell", settings, DEFAULT_ENGINE, masked or {})


def stays_of(pings: pd.DataFrame, cells: Mapping[int, str], settings: Settings) -> pd.DataFrame:
    """`STAYS` of ``pings``, as `found_in` has them."""
    return stays(joined_overnight(found_in(pings, cells, settings), settings), codes_of(cells))[list(STAYS)]


def apart_of(
    pings: pd.DataFrame, cells: Mapping[int, str], settings: Settings, masked: Mapping[int, str] | None = None
) -> pd.DataFrame:
    """The stays of ``pings`` with ``apart``, as the dose has them."""
    found, codes = found_in(pings, cells, settings, masked), codes_of(cells, masked or {})
    return stays_apart(stays(joined_overnight(found, settings), codes), found, codes, settings)
