"""Patterns of cells on the map: classes without order, each told by a sign of its own, its word and its count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.maps.classes import Classes
from hotspots.maps.deck import draw_deck
from hotspots.maps.drawing import MAX_CELLS, TOP_NUMBERED, Drawing, with_areas
from hotspots.maps.svg import draw_svg
from hotspots.maps.texts import cell_texts, plain

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
    cells: pd.DataFrame,
    selected: str | None = None,
    top: int = TOP_NUMBERED,
    keep: Iterable[str] = (),
    meanings: Mapping[str, str] | None = None,
    most: int = MAX_CELLS,
) -> tuple[pd.DataFrame, Classes]:
    """The cells with a pattern, then the others by rank, at most ``most``; and the classes, all in the legend.

    ``cells``: a rank table with ``pattern`` ('' or empty: none). The selected cell and those to ``keep`` are drawn
    wherever they rank. ``meanings``: a sentence for each pattern (default `hotspots.ranking.patterns.PATTERNS`). In the
    result ``rank`` is the order of drawing; the text tells the rank itself.
    """
    kinds = _kinds(cells)
    numbers = {name: i for i, name in enumerate([*SIGNS, ""])}
    kept = cells["cell"].isin({cell for cell in [selected, *keep] if cell})
    order = cells.assign(kind=[numbers[kind] for kind in kinds], later=~kept.to_numpy(), without=kinds == "")
    drawn = order.sort_values(["later", "without", "rank", "cell"], kind="stable").head(most)
    drawn = drawn.sort_values(["without", "rank", "cell"], kind="stable").reset_index(drop=True)
    glyphs = (*(sign.glyph for sign in SIGNS.values()), "")
    drawn = drawn.assign(
        text=cell_texts(drawn, PATTERN, top),
        mark=[glyphs[kind] for kind in drawn["kind"]],
        rank=np.arange(1, len(drawn) + 1),
    )
    return drawn, _classes(drawn["kind"], glyphs, pattern_meanings() if meanings is None else meanings)


def _kinds(cells: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The pattern of each cell as text; refuses one that has no sign."""
    kinds = np.array([plain(kind) for kind in cells[PATTERN]], dtype=object)
    wrong = sorted({kind for kind in kinds if kind and kind not in SIGNS})
    if wrong:
        raise HotspotsError(
            f"The map has no sign for the pattern '{wrong[0][:40]}'. A pattern is {', '.join(SIGNS)} or empty."
        )
    return kinds


def _classes(kinds: pd.Series, glyphs: tuple[str, ...], meanings: Mapping[str, str]) -> Classes:
    counts = np.bincount(kinds, minlength=len(glyphs)).tolist()
    names = [*SIGNS, NO_PATTERN[0]]
    return Classes(
        kinds.to_numpy(dtype=np.int8), [], [f"{name}: {n:,}" for name, n in zip(names, counts, strict=True)],
        (*(sign.colour for sign in SIGNS.values()), NO_PATTERN[1]), glyphs,
        tuple(meanings.get(name, "") for name in names),
    )  # fmt: skip


def pattern_meanings() -> dict[str, str]:
    """A sentence for each pattern."""
    from hotspots.ranking.patterns import PATTERNS

    return dict(PATTERNS)


def pattern_drawing(
    cells: pd.DataFrame,
    selected: str | None = None,
    areas: pd.DataFrame | None = None,
    marked: Iterable[str] | None = None,
    top: int = TOP_NUMBERED,
    meanings: Mapping[str, str] | None = None,
) -> Drawing:
    """The map of patterns."""
    kept = list(dict.fromkeys(marked or ()))
    drawn, classes = pattern_cells(cells, selected, top, kept, meanings)
    found = int((drawn["mark"] != "").sum())
    name = f"Map of {len(drawn):,} cell{'' if len(drawn) == 1 else 's'} by pattern, {found:,} with one"
    drawing = Drawing(drawn, classes, PATTERN, name, "Pattern", selected, mark_size=19)
    return with_areas(drawing, areas, kept)


def pattern_deck_json(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    selected: str | None = None,
    dark: bool = False,
    areas: pd.DataFrame | None = None,
    *,
    marked: Iterable[str] | None = None,
    view: dict[str, float] | None = None,
    tiles: str | None = None,
    top: int = TOP_NUMBERED,
    meanings: Mapping[str, str] | None = None,
) -> str:
    """`deck_json` of the cells' patterns, from `pattern_cells`: a sign on each cell that has one."""
    return draw_deck(
        pattern_drawing(cells, selected, areas, marked, top, meanings), outlines, places, view, tiles, dark
    )


def pattern_svg_map(
    cells: pd.DataFrame,
    outlines: dict[str, Any],
    places: pd.DataFrame,
    selected: str | None = None,
    areas: pd.DataFrame | None = None,
    *,
    marked: Iterable[str] | None = None,
    view: dict[str, float] | None = None,
    top: int = TOP_NUMBERED,
    meanings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`svg_map` of the cells' patterns, from `pattern_cells`: a cell with one has its sign ``m``."""
    return draw_svg(pattern_drawing(cells, selected, areas, marked, top, meanings), outlines, places, view)
