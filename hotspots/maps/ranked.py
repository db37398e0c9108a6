"""The maps of ranked cells: coloured by a figure, by their pattern, or by what changes between two rankings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.maps.classes import MEASURES, Classes, cell_texts, colour_classes, plain
from hotspots.maps.drawing import MAX_CELLS, Drawing, cells_to_draw, with_areas
from hotspots.ranking.patterns import PATTERNS


def ranked_drawing(
    cells: pd.DataFrame,
    measure: str,
    top: int,
    selected: str | None = None,
    areas: pd.DataFrame | None = None,
    marked: Sequence[str] = (),
) -> Drawing:
    """The cells of a rank table coloured by ``measure``, one of `MEASURES` or "pattern".

    ``top``: the N that p_top was counted for. ``areas`` (area, name, role, cells: `area_shapes`) are outlined above
    the cells; ``marked`` cells (hex), such as those of an area being drawn up, get a thick ring each.
    """
    if measure == PATTERN:
        drawing = pattern_drawing(cells, top, selected, marked)
    else:
        drawn = cells_to_draw(cells, [selected, *marked])
        about = MEASURES[measure]
        classes = colour_classes(drawn[measure], about.share)
        drawn = drawn.assign(text=cell_texts(drawn, measure, top))
        name = f"Map of {counted(len(drawn), 'cell')} coloured by {about.label}"
        drawing = Drawing(drawn, classes, measure, name, about.label, selected)
    return with_areas(drawing, areas, marked)


PATTERN = "pattern"


class Sign(NamedTuple):
    """What stands for a pattern: a sign (all in Arial and its free twins) and a colour of the Analysis Function."""

    glyph: str
    colour: str


SIGNS = {
    "new": Sign("+", "#F46A25"),
    "intensifying": Sign("▲", "#801650"),
    "persistent": Sign("■", "#12436D"),
    "intermittent": Sign("◊", "#28A197"),
    "fading": Sign("▼", "#A285D1"),
    "former": Sign("×", "#3D3D3D"),
}
NO_PATTERN = ("no pattern", "#cfcfcf")


def pattern_cells(
    cells: pd.DataFrame, top: int, selected: str | None = None, kept: Iterable[str] = ()
) -> tuple[pd.DataFrame, Classes]:
    """The cells with a pattern, then the others by rank, at most `MAX_CELLS`; and the classes, all in the legend.

    ``cells``: a rank table with ``pattern`` ('' or empty: none). The selected cell and those ``kept`` are drawn
    wherever they rank. In the result ``rank`` is the order of drawing; the text has the rank itself.
    """
    kinds = _kinds(cells)
    numbers = {name: i for i, name in enumerate([*SIGNS, ""])}
    first = cells["cell"].isin({cell for cell in [selected, *kept] if cell})
    order = cells.assign(kind=[numbers[kind] for kind in kinds], later=~first.to_numpy(), without=kinds == "")
    drawn = order.sort_values(["later", "without", "rank", "cell"], kind="stable").head(MAX_CELLS)
    drawn = drawn.sort_values(["without", "rank", "cell"], kind="stable").reset_index(drop=True)
    glyphs = (*(sign.glyph for sign in SIGNS.values()), "")
    text, mark = cell_texts(drawn, PATTERN, top), [glyphs[kind] for kind in drawn["kind"]]
    drawn = drawn.assign(text=text, mark=mark, rank=np.arange(1, len(drawn) + 1))
    counts, names = np.bincount(drawn["kind"], minlength=len(glyphs)).tolist(), [*SIGNS, NO_PATTERN[0]]
    return drawn, Classes(
        drawn["kind"].to_numpy(dtype=np.int8), [], [f"{name}: {n:,}" for name, n in zip(names, counts, strict=True)],
        (*(sign.colour for sign in SIGNS.values()), NO_PATTERN[1]), glyphs,
        tuple(PATTERNS.get(name, "") for name in names),
    )  # fmt: skip


def _kinds(cells: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The pattern of each cell as text; refuses one that has no sign."""
    kinds = np.array([plain(kind) for kind in cells[PATTERN]], dtype=object)
    wrong = sorted({kind for kind in kinds if kind and kind not in SIGNS})
    if wrong:
        raise HotspotsError(
            f"The map has no sign for the pattern '{wrong[0][:40]}'. A pattern is {', '.join(SIGNS)} or empty."
        )
    return kinds


def pattern_drawing(cells: pd.DataFrame, top: int, selected: str | None, kept: Iterable[str]) -> Drawing:
    """The map of patterns: a sign on each cell that has one."""
    drawn, classes = pattern_cells(cells, top, selected, kept)
    found = int((drawn["mark"] != "").sum())
    name = f"Map of {counted(len(drawn), 'cell')} by pattern, {found:,} with one"
    return Drawing(drawn, classes, PATTERN, name, "Pattern", selected, mark_size=19)


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
    rows = zip(kept["change"], kept["place"], kept["rank_a"], kept["rank_b"], strict=True)
    texts = [f"{c.capitalize()} · {plain(p)}\nRank {int(a):,} before, {int(b):,} after" for c, p, a, b in rows]
    kept = kept.assign(rank=np.arange(1, len(kept) + 1), mark=marks, text=texts).reset_index(drop=True)
    counts = kept["change"].value_counts()
    signs = {name: f"{letter} + rank" if letter else "rank alone" for name, (_, letter) in CHANGES.items()}
    labels = [f"{name}: {int(counts.get(name, 0)):,} ({signs[name]})" for name in CHANGES]
    colours = tuple(colour for colour, _ in CHANGES.values())
    return kept, Classes(kept["kind"].to_numpy(dtype=np.int8), [], labels, colours)


def change_drawing(changed: pd.DataFrame) -> Drawing:
    """The map of gainers and losers, from `change_cells`: every cell has its mark."""
    drawn, classes = change_cells(changed)
    name = f"Map of {counted(len(drawn), 'cell')} by change: enters, leaves or stays in the list"
    return Drawing(drawn, classes, "change", name, "In the list", ringed=True)
