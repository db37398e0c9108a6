"""Results of single patrol days, kept: a new day of positions costs one day's work.

A result is kept under a hash of all that it hangs on: the day's file, the cells, the rules, the engine. So it can
never be stale, and the folder ``cache`` may be deleted at any time. Where it cannot be written it is done without.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pandas as pd

from hotspots.base.settings import Settings
from hotspots.patrols.presence import SEGMENTS, SILENCES, UNIT_DAYS, Presence, rule_of

FORMAT = 1  # goes up when the expression of `hotspots.patrols.presence` gives other rows
MOST = 3_000  # results kept; the oldest go
TABLES = {"segments": SEGMENTS, "unit_days": UNIT_DAYS, "silences": SILENCES}


def key_of(file_sha: str, cells: Mapping[int, str], cell: str, settings: Settings, engine: str) -> str:
    """What one day's result hangs on, as a hash. Bands are drawn later."""
    numbers = {
        **rule_of(settings)._asdict(),
        "stationary_kmh": settings.stationary_kmh,
        "exclude_on_call": settings.exclude_on_call,
    }
    days = (settings.timezone, settings.patrol_day_starts)
    facts = [FORMAT, file_sha, sorted(cells.items()), cell, numbers, *days, engine]
    return sha256(json.dumps(facts).encode()).hexdigest()[:32]


def kept(folder: Path, key: str) -> Presence | None:
    """The result under this key, if it is there and whole."""
    place = folder / "cache" / "presence" / key
    try:
        tables = {name: pd.read_parquet(place / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError):
        return None
    if any(list(tables[name].columns) != list(columns) for name, columns in TABLES.items()):
        return None
    return Presence(**tables)


def keep(folder: Path, key: str, found: Presence) -> None:
    """Store a result, whole or not at all."""
    room = folder / "cache" / "presence"
    aside = room / f".{key}.{uuid.uuid4().hex[:8]}"
    try:
        aside.mkdir(parents=True)
        for name in TABLES:
            getattr(found, name).to_parquet(aside / f"{name}.parquet", index=False)
        os.rename(aside, room / key)
        thin_out(room)
    except OSError:  # read-only, full, or another process was faster
        shutil.rmtree(aside, ignore_errors=True)


def thin_out(room: Path) -> None:
    """Let the oldest results go."""
    held = [p for p in room.iterdir() if p.is_dir()]
    if len(held) > MOST:
        for old in sorted(held, key=lambda p: p.stat().st_mtime)[: len(held) - MOST]:
            shutil.rmtree(old, ignore_errors=True)
