"""Hot spots and the ground around each: what is counted in the hot spot, and what next door.

No cell is coloured by its change: single cells have too few incidents to judge one. The colour, and the same letter on
every cell, say what a cell belongs to; its text has the counts of the whole hot spot and of its whole ring.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.words import counted
from hotspots.maps.classes import Classes, plain
from hotspots.maps.drawing import MAX_CELLS, Drawing, area_labels, area_shapes, areas_name
from hotspots.maps.ground import fit_view

NUMBERED = r"\D+-\d{1,4}"  # West-07: the number of a hot spot in its register


class Part(NamedTuple):
    """What a cell belongs to: the letter on it, its colour, its words in the legend and in a cell's text."""

    letter: str
    colour: str
    label: str
    word: str


PARTS = {  # (role, in the ring): Analysis Function dark blue and turquoise, and a tint of each
    ("treated", False): Part("T", "#12436D", "treated hot spot", "Treated hot spot"),
    ("comparison", False): Part("C", "#28A197", "comparison hot spot", "Comparison hot spot"),
    ("treated", True): Part("t", "#A9C3DE", "around a treated one", "Around treated hot spot"),
    ("comparison", True): Part("c", "#CBE8E4", "around a comparison one", "Around comparison hot spot"),
}


def ring_cells(cells: pd.DataFrame, spots: pd.DataFrame) -> tuple[pd.DataFrame, Classes]:
    """The cells of hot spots and rings as the maps draw them, hot spots first, and their four classes.

    ``cells``: `hotspots.base.columns.CHANGE_CELLS`; ``spots``: `CHANGE_SPOTS`, for names and the counts of a whole hot
    spot and ring. Added: lon, lat, rank (order of drawing), mark (the letter on the cell), text.
    """
    kinds = list(PARTS)
    kind = [kinds.index((role, ring > 0)) for role, ring in zip(cells["role"], cells["ring"], strict=True)]
    drawn = cells.assign(kind=np.array(kind, dtype=np.int8))
    drawn = drawn.sort_values(["kind", "area", "cell"], kind="stable").head(MAX_CELLS).reset_index(drop=True)
    lon, lat = _centres(drawn["cell"])
    parts = list(PARTS.values())
    drawn = drawn.assign(
        lon=lon, lat=lat, rank=np.arange(1, len(drawn) + 1), mark=[parts[k].letter for k in drawn["kind"]],
        text=_texts(drawn, spots),
    )  # fmt: skip
    counts = np.bincount(drawn["kind"], minlength=len(parts)).tolist()
    labels = [f"{part.label}: {counted(n, 'cell')}" for part, n in zip(parts, counts, strict=True)]
    glyphs = tuple(part.letter for part in parts)
    colours = tuple(part.colour for part in parts)
    return drawn, Classes(drawn["kind"].to_numpy(dtype=np.int8), [], labels, colours, glyphs, ("",) * len(parts))


def _centres(cells: pd.Series) -> tuple[list[float], list[float]]:
    """Longitudes and latitudes of the cells' centres."""
    from h3.api import basic_str

    centres = [basic_str.cell_to_latlng(cell) for cell in cells]
    return [lon for _, lon in centres], [lat for lat, _ in centres]


def _texts(drawn: pd.DataFrame, spots: pd.DataFrame) -> list[str]:
    """What a person reads on each cell: whose it is, and the counts before and after of the hot spot and its ring."""
    said = {}
    labels = ring_labels(drawn, spots)
    for row in spots[spots["area"].isin(list(labels))].to_dict("records"):
        name, label = plain(row["name"]) or plain(row["area"]), labels[row["area"]]
        ring = (
            f"Around it: {_from_to(row['ring_before'], row['ring_after'])}" if row["ring_m2"] else "Around it: no cell"
        )
        counts = f"Hot spot: {_from_to(row['count_before'], row['count_after'])}\n{ring}"
        said[row["area"]] = (f"{label}, {name}", counts)
    texts = []
    for area, role, ring in zip(drawn["area"], drawn["role"], drawn["ring"], strict=True):
        whose, counts = said.get(area, (plain(area), ""))
        texts.append(f"{PARTS[role, ring > 0].word} {whose}\n{counts}".strip())
    return texts


def ring_labels(cells: pd.DataFrame, spots: pd.DataFrame) -> dict[str, str]:
    """The number on the map of each hot spot that has cells on it, as `area_labels` numbers a register.

    Where the comparison places are cells, whose ids end in no number, each role is numbered by itself, so that the
    hot spots keep theirs.
    """
    own = set(cells.loc[cells["ring"] == 0, "area"])
    shown = spots[spots["area"].isin(own) & spots["role"].isin(("treated", "comparison"))]
    together = shown["area"].str.fullmatch(NUMBERED).all()
    parts = [shown] if together else [part for _, part in shown.groupby("role", sort=False)]
    found: dict[str, str] = {}
    for part in parts:
        found |= dict(zip(part["area"], area_labels(part), strict=True))
    return found


def _from_to(before: Any, after: Any) -> str:
    """``34 before → 30 after``; ``not known`` for a missing count."""
    first, second = ("not known" if pd.isna(n) else f"{int(n):,}" for n in (before, after))
    return f"{first} before → {second} after"


def ring_drawing(cells: pd.DataFrame, spots: pd.DataFrame) -> Drawing:
    """The map: cells by what they belong to, each hot spot outlined in the line of its role under its number."""
    drawn, classes = ring_cells(cells, spots)
    shapes = area_shapes(_outlined(drawn, spots))
    around = int((drawn["ring"] > 0).sum())
    own, beside = counted(len(drawn) - around, "cell"), counted(around, "cell")
    name = f"Map of {own} of hot spots and {beside} around them{areas_name(shapes)}"
    return Drawing(drawn, classes, "rings", name, "Cells", areas=tuple(shapes))


def _outlined(drawn: pd.DataFrame, spots: pd.DataFrame) -> pd.DataFrame:
    """label, area, name, role and cells of each hot spot that has cells on the map."""
    own = drawn[drawn["ring"] == 0].groupby("area")["cell"].agg(list)
    labels = ring_labels(drawn, spots)
    mine = spots[spots["area"].isin(list(labels))]
    cells = pd.Series([own[area] for area in mine["area"]], index=mine.index, dtype=object)
    return mine[["area", "name", "role"]].assign(label=mine["area"].map(labels), cells=cells)


def ring_view(cells: pd.DataFrame, area: str) -> dict[str, float] | None:
    """lon, lat and zoom at which one hot spot and its ring fill the map; None for one without cells."""
    mine = cells[cells["area"] == area]
    if mine.empty:
        return None
    lon, lat = _centres(mine["cell"])
    return fit_view(pd.DataFrame({"lon": lon, "lat": lat}), {})
