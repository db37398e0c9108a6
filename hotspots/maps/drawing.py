"""What a map shows, before either way of drawing it: cells with a class and a text, areas, marked cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from hotspots.maps.areas import AreaShape, area_lines, area_shapes, areas_by_cell, areas_name
from hotspots.maps.classes import MEASURES, Classes, colour_classes, legend
from hotspots.maps.texts import MARKED_LABEL, cell_texts, map_name, with_lines

MAX_CELLS = 3_200  # more make the browser slow to pick and the page slow to load
TOP_NUMBERED = 20


class Drawing(NamedTuple):
    """One map, ready to be drawn.

    ``cells``: cell (hex), lon, lat, rank (order of importance, from 1), text, and optionally ``mark``, what stands on
    the cell ('' = nothing; without the column the first `TOP_NUMBERED` carry their rank). ``about`` tells one map
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
        return legend(self.about, self.classes)

    @property
    def lines(self) -> list[dict[str, str]]:
        """What each kind of line means, for the legend: label and line (solid, dashed, dotted or marked)."""
        lines = area_lines(self.areas)
        if self.marked:
            lines.append({"label": f"{MARKED_LABEL.capitalize()}: {_counted(len(self.marked))}", "line": "marked"})
        return lines


def measure_drawing(
    cells: pd.DataFrame,
    measure: str,
    selected: str | None = None,
    areas: pd.DataFrame | None = None,
    marked: Iterable[str] | None = None,
    top: int = TOP_NUMBERED,
) -> Drawing:
    """The cells of a rank table coloured by a column of `MEASURES`. ``top``: the N that p_top was counted for."""
    kept = list(dict.fromkeys(marked or ()))
    drawn = cells_to_draw(cells, [selected, *kept])
    classes = colour_classes(drawn[measure], share=MEASURES[measure].share)
    drawn = drawn.assign(text=cell_texts(drawn, measure, top))
    drawing = Drawing(drawn, classes, measure, map_name(len(drawn), measure), MEASURES[measure].label, selected)
    return with_areas(drawing, areas, kept)


def with_areas(drawing: Drawing, areas: pd.DataFrame | None, marked: Sequence[str] = ()) -> Drawing:
    """The drawing with areas outlined and cells marked: lines, texts of the cells, and the accessible name."""
    shapes = area_shapes(areas)
    told = areas_by_cell(shapes)
    for cell in marked:
        told.setdefault(cell, []).append(MARKED_LABEL.capitalize())
    name = drawing.name + areas_name(shapes)
    if marked:
        name += f"; {_counted(len(marked))} {MARKED_LABEL}"
    texts = with_lines(drawing.cells["text"], drawing.cells["cell"], told)
    return drawing._replace(
        cells=drawing.cells.assign(text=texts), name=name, areas=tuple(shapes), marked=tuple(marked)
    )


def _counted(n: int) -> str:
    return f"{n:,} cell{'' if n == 1 else 's'}"


def cells_to_draw(
    cells: pd.DataFrame, selected: str | Iterable[str | None] | None, most: int = MAX_CELLS
) -> pd.DataFrame:
    """The best-ranked ``most`` cells, in rank order, and the selected one (or ones) even when they rank lower."""
    ranked = cells.sort_values(["rank", "cell"], kind="stable")
    drawn = ranked.head(most)
    wanted = {selected} if selected is None or isinstance(selected, str) else set(selected)
    beyond = ranked.iloc[most:]
    beyond = beyond[beyond["cell"].isin([cell for cell in wanted if cell])].head(most)
    if len(beyond):
        drawn = pd.concat([drawn.head(most - len(beyond)), beyond])
    return drawn.reset_index(drop=True)


def top_cells(drawn: pd.DataFrame) -> pd.DataFrame:
    """The cells something stands on, each with its ``mark``: those marked, else the first by rank."""
    if "mark" in drawn:
        return drawn[drawn["mark"] != ""]
    top = drawn[drawn["rank"] <= TOP_NUMBERED]
    return top.assign(mark=[str(int(rank)) for rank in top["rank"]])
