"""What changes between two rankings: the map of cells that enter, leave or stay in the list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.base.words import counted
from hotspots.maps.classes import Classes
from hotspots.maps.drawing import Drawing
from hotspots.maps.texts import plain

CHANGES = {  # Government Analysis Function palette; the letter parts them without colour
    "enters": ("#12436D", "E"),
    "leaves": ("#F46A25", "L"),
    "stays": ("#28A197", ""),
}


def change_cells(changed: pd.DataFrame) -> tuple[pd.DataFrame, Classes]:
    """The cells that enter, leave or stay in the top N, as the maps draw them, and their three classes.

    ``changed``: cell (hex), place, lon, lat, change, rank_a and rank_b. Drawn are those in either top N, the movers
    first: ``rank`` is the order of drawing, ``mark`` what stands on the cell: E and the new rank where it enters, L
    and the old rank where it leaves, the new rank where it stays.
    """
    kept = changed[changed["change"].isin(list(CHANGES))]
    order = {name: i for i, name in enumerate(CHANGES)}
    kind = kept["change"].map(order).to_numpy(dtype=np.int8)
    shown = np.where(kept["change"] == "leaves", kept["rank_a"], kept["rank_b"])
    kept = kept.assign(kind=kind, shown=shown).sort_values(["kind", "shown", "cell"], kind="stable")
    marks = [f"{CHANGES[c][1]}{int(r)}" for c, r in zip(kept["change"], kept["shown"], strict=True)]
    kept = kept.assign(rank=np.arange(1, len(kept) + 1), mark=marks, text=_change_texts(kept)).reset_index(drop=True)
    counts = kept["change"].value_counts()
    signs = {name: f"{letter} + rank" if letter else "rank alone" for name, (_, letter) in CHANGES.items()}
    labels = [f"{name}: {int(counts.get(name, 0)):,} ({signs[name]})" for name in CHANGES]
    colours = tuple(colour for colour, _ in CHANGES.values())
    return kept, Classes(kept["kind"].to_numpy(dtype=np.int8), [], labels, colours)


def _change_texts(changed: pd.DataFrame) -> list[str]:
    """What a person reads on such a cell: what it does, where, and both ranks."""
    rows = zip(changed["change"], changed["place"], changed["rank_a"], changed["rank_b"], strict=True)
    return [f"{c.capitalize()} · {plain(place)}\nRank {int(a):,} before, {int(b):,} after" for c, place, a, b in rows]


def change_drawing(changed: pd.DataFrame) -> Drawing:
    """The map of gainers and losers, from `change_cells`: every cell has its mark."""
    drawn, classes = change_cells(changed)
    many = counted(len(drawn), "cell")
    name = f"Map of {many} by change: enters, leaves or stays in the list"
    return Drawing(drawn, classes, "change", name, "In the list", ringed=True)
