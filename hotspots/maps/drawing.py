"""What a map shows, before either way of drawing it: cells with a class and a text, areas, marked cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.maps.classes import MARKED_LABEL, Classes, legend, plain

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
        label = f"{MARKED_LABEL.capitalize()}: {counted(len(self.marked), 'cell')}"
        return [*lines, {"label": label, "line": "marked"}] if self.marked else lines


def with_areas(drawing: Drawing, areas: pd.DataFrame | None, marked: Sequence[str]) -> Drawing:
    """The drawing with areas outlined and cells marked: lines, texts of the cells, and the accessible name."""
    shapes = area_shapes(areas)
    lines = areas_by_cell(shapes)
    for cell in marked:
        lines.setdefault(cell, []).append(MARKED_LABEL.capitalize())
    name = drawing.name + areas_name(shapes)
    if marked:
        name += f"; {counted(len(marked), 'cell')} {MARKED_LABEL}"
    both = zip(drawing.cells["text"], drawing.cells["cell"], strict=True)
    cells = drawing.cells.assign(text=["\n".join([text, *lines.get(cell, ())]) for text, cell in both])
    return drawing._replace(cells=cells, name=name, areas=tuple(shapes), marked=tuple(marked))


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


Ring = list[tuple[float, float]]  # (lon, lat), the first point again at the end


class Role(NamedTuple):
    """How the map shows a role: the letter of its labels, its kind of line, its words in a text and a legend."""

    letter: str
    line: str
    word: str
    legend: str


ROLES = {
    "treated": Role("T", "solid", "treated", "Treated area"),
    "comparison": Role("C", "dashed", "comparison", "Comparison area"),
    "none": Role("A", "dotted", "without a role", "Area without a role"),
}
# Width in pixels and dashes in multiples of it: so that they differ without colour, in print too.
LINES: dict[str, tuple[float, list[float]]] = {
    "solid": (3.0, []), "dashed": (3.0, [3.0, 2.0]), "dotted": (2.0, [1.0, 1.5]),
}  # fmt: skip
CASING = 3.0  # pixels of white that the line beneath is wider
AREA_COLOUR = "#12436D"  # Government Analysis Function dark blue; a selected cell is black, a marked one plum


class AreaShape(NamedTuple):
    """One area to draw: its label on the map, its name, role, cells (hex) and closed rings (holes too)."""

    label: str
    name: str
    role: str
    cells: list[str]
    rings: list[Ring]

    @property
    def anchor(self) -> tuple[float, float]:
        """Where its label stands: the northernmost corner, (lon, lat)."""
        return max((point for ring in self.rings for point in ring), key=lambda point: (point[1], -point[0]))


def area_labels(areas: pd.DataFrame) -> list[str]:
    """What stands on the map for each area: T and its number when treated, C for comparison, A without a role.

    The number is the one its id ends in (West-07 → T7), so that a table finds it again; where two would be the same,
    the id's first letter goes between (TW7, TE7); without such ids they are numbered in row order within the role. A
    column ``label`` is taken as it is.
    """
    if "label" in areas:
        return [plain(label) for label in areas["label"]]
    letters = [ROLES[role].letter for role in _roles(areas)]
    ids = [re.fullmatch(r"(\D?).*?(\d{1,4})", plain(area)) for area in areas["area"]]
    if all(ids):
        parts = [(found[1].upper(), int(found[2])) for found in ids if found]
        for with_first in (False, True):
            labels = [
                f"{letter}{first if with_first else ''}{number}"
                for letter, (first, number) in zip(letters, parts, strict=True)
            ]
            if len(set(labels)) == len(labels):
                return labels
    return [f"{letter}{letters[: i + 1].count(letter)}" for i, letter in enumerate(letters)]


def _roles(areas: pd.DataFrame) -> list[str]:
    """The role of each area; empty counts as none. Refuses another word."""
    roles = [plain(role) or "none" for role in areas["role"]] if "role" in areas else ["none"] * len(areas)
    wrong = sorted({role for role in roles if role not in ROLES})
    if wrong:
        raise HotspotsError(
            f"The areas hold the role '{wrong[0][:40]}', which the map cannot draw. A role is treated, comparison or"
            " none; correct the column 'role'."
        )
    return roles


def area_shapes(areas: pd.DataFrame | None) -> list[AreaShape]:
    """The areas that have cells, with their outlines.

    ``areas``: area, name, role (treated, comparison, none or empty), cells (a list of hex cells, all of one
    resolution; a repeated cell counts once).
    """
    if areas is None or areas.empty:
        return []
    names = areas["name"] if "name" in areas else areas["area"]
    found = []
    for label, name, role, cells in zip(area_labels(areas), names, _roles(areas), areas["cells"], strict=True):
        distinct = _distinct(cells)
        if distinct:
            found.append(AreaShape(label, plain(name), role, distinct, cell_rings(distinct)))
    return found


def _distinct(cells: Any) -> list[str]:
    if isinstance(cells, str):
        raise HotspotsError(f"The cells of an area must be a list of H3 cells; found the text '{cells[:40]}'.")
    return [] if cells is None or np.ndim(cells) == 0 else list(dict.fromkeys(str(cell) for cell in cells))


def cell_rings(cells: Iterable[str]) -> list[Ring]:
    """The edge of cells taken together, as closed rings (lon, lat): edges that two cells share cancel out.

    A hole has a ring of its own, as has each part of cells that do not adjoin. By H3's own walk along the
    cells' edges, whose corners agree to the last bit, so that no sliver is left (union of polygons: may).
    """
    from h3.api import basic_str

    from hotspots.geography import cell_from_hex, resolution_of

    distinct = list(dict.fromkeys(cells))
    sizes = sorted({int(r) for r in resolution_of([cell_from_hex(cell) for cell in distinct])})
    if len(sizes) > 1:
        raise HotspotsError(
            f"An area holds cells of the resolutions {' and '.join(map(str, sizes))}; all must be of one."
        )
    shape = basic_str.cells_to_h3shape(distinct, tight=False)
    loops = [loop for part in shape for loop in (part.outer, *part.holes)]
    return [[(lon, lat) for lat, lon in (*loop, loop[0])] for loop in loops]


def areas_by_cell(shapes: Iterable[AreaShape]) -> dict[str, list[str]]:
    """For each cell, a line on every area that holds it."""
    lines: dict[str, list[str]] = {}
    for shape in shapes:
        line = f"In area {shape.label}: {shape.name} ({ROLES[shape.role].word})"
        for cell in shape.cells:
            lines.setdefault(cell, []).append(line)
    return lines


def area_lines(shapes: Sequence[AreaShape]) -> list[dict[str, str]]:
    """Legend of the outlines: a row per role that is drawn, with its label, kind of line and labels on the map."""
    rows = []
    for role, about in ROLES.items():
        labels = [shape.label for shape in shapes if shape.role == role]
        if labels:
            span = labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}"
            rows.append({"label": f"{about.legend}: {len(labels):,} ({span})", "line": about.line})
    return rows


def areas_name(shapes: Sequence[AreaShape]) -> str:
    """What the map's accessible name adds on areas; '' without any."""
    if not shapes:
        return ""
    counts = [
        f"{n:,} {about.word}" for role, about in ROLES.items() if (n := sum(shape.role == role for shape in shapes))
    ]
    return f", {counted(len(shapes), 'area')} outlined ({', '.join(counts)})"
