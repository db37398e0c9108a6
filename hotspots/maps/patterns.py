"""Patterns of cells on the map: classes without order, each with a sign of its own, its word and its count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.maps.classes import Classes
from hotspots.maps.drawing import MAX_CELLS, Drawing
from hotspots.maps.texts import cell_texts, plain
from hotspots.ranking.patterns import PATTERNS

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
    drawn = drawn.assign(
        text=cell_texts(drawn, PATTERN, top),
        mark=[glyphs[kind] for kind in drawn["kind"]],
        rank=np.arange(1, len(drawn) + 1),
    )
    return drawn, _classes(drawn["kind"], glyphs)


def _kinds(cells: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The pattern of each cell as text; refuses one that has no sign."""
    kinds = np.array([plain(kind) for kind in cells[PATTERN]], dtype=object)
    wrong = sorted({kind for kind in kinds if kind and kind not in SIGNS})
    if wrong:
        raise HotspotsError(
            f"The map has no sign for the pattern '{wrong[0][:40]}'. A pattern is {', '.join(SIGNS)} or empty."
        )
    return kinds


def _classes(kinds: pd.Series, glyphs: tuple[str, ...]) -> Classes:
    counts = np.bincount(kinds, minlength=len(glyphs)).tolist()
    names = [*SIGNS, NO_PATTERN[0]]
    return Classes(
        kinds.to_numpy(dtype=np.int8), [], [f"{name}: {n:,}" for name, n in zip(names, counts, strict=True)],
        (*(sign.colour for sign in SIGNS.values()), NO_PATTERN[1]), glyphs,
        tuple(PATTERNS.get(name, "") for name in names),
    )  # fmt: skip


def pattern_drawing(cells: pd.DataFrame, top: int, selected: str | None, kept: Iterable[str]) -> Drawing:
    """The map of patterns: a sign on each cell that has one."""
    drawn, classes = pattern_cells(cells, top, selected, kept)
    found = int((drawn["mark"] != "").sum())
    name = f"Map of {counted(len(drawn), 'cell')} by pattern, {found:,} with one"
    return Drawing(drawn, classes, PATTERN, name, "Pattern", selected, mark_size=19)
