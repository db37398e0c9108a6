"""What a map shows, before either way of drawing it: cells with a class and a text, areas, marked cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from hotspots.base.words import counted
from hotspots.maps.areas import AreaShape, area_lines, area_shapes, areas_by_cell, areas_name
from hotspots.maps.classes import Classes, legend
from hotspots.maps.texts import MARKED_LABEL, with_lines

MAX_CELLS = 3_200  # more make the browser slow to pick and the page slow to load
TOP_NUMBERED = 20


class Drawing(NamedTuple):
    """One map, ready to be drawn.

    ``cells``: cell (hex), lon, lat, rank (order of importance, from 1), text, and optionally ``mark``, what stands on
    the cell ('' = nothing; without the column the first `TOP_NUMBERED` carry their rank). ``about`` parts one map
    from another, ``name`` is the accessible name, ``title`` heads the legend. ``ringed``: each marked cell has a
    ring in its colour, to be found from far away; ``mark_size``: of the mark, in pixels.
    """

    cells: pd.DataFrame
    classes: Classes
    about: str
    name: str
    title: str
    selected: str | None = None
    areas: Sequence[AreaShape] = ()
    marked: Sequence[str] = ()
    ringed: bool = False
    mark_size: int = 15

    @property
    def legend(self) -> list[dict[str, Any]]:
        return legend(self.classes)

    @property
    def lines(self) -> list[dict[str, str]]:
        """What each kind of line means, for the legend: label and line (solid, dashed, dotted or marked)."""
        lines = area_lines(self.areas)
        if self.marked:
            lines.append(
                {"label": f"{MARKED_LABEL.capitalize()}: {counted(len(self.marked), 'cell')}", "line": "marked"}
            )
        return lines


def with_areas(drawing: Drawing, areas: pd.DataFrame | None, marked: Sequence[str]) -> Drawing:
    """The drawing with areas outlined and cells marked: lines, texts of the cells, and the accessible name."""
    shapes = area_shapes(areas)
    lines = areas_by_cell(shapes)
    for cell in marked:
        lines.setdefault(cell, []).append(MARKED_LABEL.capitalize())
    name = drawing.name + areas_name(shapes)
    if marked:
        name += f"; {counted(len(marked), 'cell')} {MARKED_LABEL}"
    texts = with_lines(drawing.cells["text"], drawing.cells["cell"], lines)
    return drawing._replace(
        cells=drawing.cells.assign(text=texts), name=name, areas=tuple(shapes), marked=tuple(marked)
    )


def cells_to_draw(cells: pd.DataFrame, kept: Iterable[str | None]) -> pd.DataFrame:
    """The best-ranked `MAX_CELLS` cells, in rank order, and those ``kept`` even where they rank lower."""
    ranked = cells.sort_values(["rank", "cell"], kind="stable")
    drawn, beyond = ranked.head(MAX_CELLS), ranked.iloc[MAX_CELLS:]
    beyond = beyond[beyond["cell"].isin([cell for cell in kept if cell])].head(MAX_CELLS)
    if len(beyond):
        drawn = pd.concat([drawn.head(MAX_CELLS - len(beyond)), beyond])
    return drawn.reset_index(drop=True)


def top_cells(drawn: pd.DataFrame) -> pd.DataFrame:
    """The cells something stands on, each with its ``mark``: those marked, else the first by rank."""
    if "mark" in drawn:
        return drawn[drawn["mark"] != ""]
    top = drawn[drawn["rank"] <= TOP_NUMBERED]
    return top.assign(mark=[str(int(rank)) for rank in top["rank"]])
