"""Redraws of long trials, kept: they hang on the design, the seed and their number, and on nothing else.

A result is kept under a hash of all of it, so it can never be stale, and the folder ``cache`` may be deleted at any
time. Where it cannot be written it is done without.
"""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from pathlib import Path

import numpy as np

from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.trials.draw import redraw
from hotspots.trials.layout import Bools, Design
from hotspots.trials.swaps import REDRAW_SWEEPS

FORMAT = 1  # goes up when `redraw` gives other schedules
MOST = 100  # results kept; the oldest go


def redraws(folder: Path, design: Design, draws: int, seed: int) -> Bools:
    """`redraw` of this design: kept from before, or drawn and kept."""
    key = sha256(json.dumps([FORMAT, design.sha256, draws, seed, REDRAW_SWEEPS]).encode()).hexdigest()[:32]
    place = folder / "cache" / "redraws" / f"{key}.npy"
    shape = (draws, *design.treated.shape)
    found = kept(place, shape)
    if found is None:
        found = redraw(design, draws, seed)
        keep(place, found)
    return found


def kept(place: Path, shape: tuple[int, ...]) -> Bools | None:
    """The schedules in this file, if it is there and of this shape."""
    size = int(np.prod(shape))
    try:
        packed = np.load(place, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if packed.dtype != np.uint8 or packed.shape != (-(-size // 8),):
        return None
    return np.unpackbits(packed, count=size).astype(bool).reshape(shape)


def keep(place: Path, found: Bools) -> None:
    """Store schedules, whole or not at all."""
    aside = place.with_name(f".{place.stem}.{uuid.uuid4().hex[:8]}.npy")
    try:
        disk.make_folder(place.parent)
        np.save(disk.private_file(aside), np.packbits(found), allow_pickle=False)
        disk.put_in_place(aside, place)
        thin_out(place.parent)
    except (OSError, HotspotsError):  # read-only, full, or in use
        disk.remove(aside)


def thin_out(room: Path) -> None:
    """Let the oldest results go."""
    held = sorted(room.glob("*.npy"), key=lambda p: p.stat().st_mtime)
    for old in held[: max(len(held) - MOST, 0)]:
        disk.remove(old)
