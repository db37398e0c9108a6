"""What the parts of the Hot spots page that deal with areas have in common: the areas, the draft, and cells in words.

The draft lives in the session until it is frozen (`hotspots.ui.hot_spots.draft`); nothing of it is stored before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots import areas, exports, geography
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import EXPECTED, Candidates
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.base.writing import to_csv
from hotspots.geography.neighbours import surroundings
from hotspots.maps import area_labels, number_text
from hotspots.ranking.answer import Answer
from hotspots.ui import loading
from hotspots.ui.forms import done
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, draft
from hotspots.ui.hot_spots.answers import Outlined
from hotspots.ui.hot_spots.draft import Draft, bcu_of
from hotspots.ui.session import held, hold, next_turn
from hotspots.ui.show import offer_files

COLUMNS = (
    "label", "name", "role", "n_cells", "share_of_bcu_harm", "harm_expected_days", "n_incidents", "harm_days",
    "area_m2", "bcu", "area", "edits",
)  # fmt: skip


class Beside(NamedTuple):
    """What a part of the page draws on the map, says under it, and shows below."""

    outlined: Outlined = Outlined()
    caption: str = ""
    below: Callable[[], None] = lambda: None


class Desk(NamedTuple):
    """What the editor works on: the candidates of the question, the draft if there is one, and the areas shown."""

    found: Candidates
    draft: Draft | None
    table: pd.DataFrame  # with `label`, as on the map
    stale: list[str]  # why the draft cannot be changed as it stands
    excluded: frozenset[int]
    limits: Limits

    @property
    def labels(self) -> dict[str, str]:
        """What stands on the map for each area."""
        return dict(zip(self.table["area"], self.table["label"], strict=True))

    def cells_of(self, area: str) -> tuple[str, ...]:
        return next((tuple(c) for a, c in zip(self.table["area"], self.table["cells"], strict=True) if a == area), ())

    def owner_of(self, cell: str) -> str:
        """The area that holds a cell, '' where none does."""
        return next((a for a, cells in zip(self.table["area"], self.table["cells"], strict=True) if cell in cells), "")


def desk(view: View, answer: Answer) -> Desk:
    """The areas of this question as they stand. HotspotsError where there can be none, with the reason."""
    found = answers.candidates(view.folder, view.version, view.question, loading.areas_stamp(view.folder))
    own: Draft | None = held("area_draft")
    return Desk(
        found, own, labelled(found.areas if own is None else own.areas),
        [] if own is None else draft.changed_under(own, answer),
        frozenset(int(c, 16) for c in found.definition["excluded_cells"]),
        Limits.of(view.workspace.settings, view.workspace.profile.bcus),
    )  # fmt: skip


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """The areas with what stands on the map for each."""
    return table.assign(label=area_labels(table) if len(table) else "")


def columns_of(table: pd.DataFrame, bcu: str) -> list[str]:
    """The columns of areas that say something; their BCU where there is more than one."""
    idle = [] if bcu == "all" else ["bcu"]
    idle += [] if table["harm_expected_days"].notna().any() else ["harm_expected_days"]
    idle += [] if table["edits"].ne("").any() else ["edits"]
    return [c for c in COLUMNS if c not in idle]


def choose_area(area: str) -> None:
    """The editor shows this area from now on: a new select box, which starts from it."""
    hold("area_chosen", area)
    next_turn("area")


def keep_draft(changed: Draft, sentence: str) -> None:
    """The draft as it is from now on."""
    hold("area_draft", changed)
    done(sentence)


def end_draft(sentence: str) -> None:
    hold("area_draft", None)
    done(sentence)


def offer_table(name: str, table: pd.DataFrame, facts: dict[str, Any]) -> None:
    """Cells or areas as CSV, workbook and outlines, with the facts that go with them."""
    xlsx, geojson = lambda: exports.to_xlsx({"Table": table, "About": facts}), lambda: exports.to_geojson(table, facts)
    offer_files(name, csv=lambda: to_csv(table), xlsx=xlsx, geojson=geojson)


MOST = 100  # cells offered for a new area
COMPASS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


def picked_cell(view: View) -> int:
    """The cell picked on the map or in the table; 0 where there is none, or it is no cell of this resolution."""
    try:
        cell = geography.cell_from_hex(view.cell) if view.cell else 0
    except HotspotsError:
        return 0
    return cell if geography.resolution_of(cell) == view.question.resolution else 0


def every_cell(now: Desk) -> list[int]:
    """All cells of the areas shown."""
    return [int(c) for cells in now.table["cells"] for c in areas.cell_ids(cells)]


def adjoining(now: Desk, facts: pd.DataFrame, area: str, picked: int = 0) -> tuple[list[int], str]:
    """(cells that may join an area, most harm first; why others that adjoin it may not).

    Those that adjoin it, and the picked one wherever it lies.
    """
    own = areas.cell_ids(now.cells_of(area)).tolist()
    near = sorted(set(surroundings(own).tolist()) - set(own))
    whose = bcu_of(facts[facts["cell"].isin([*near, picked])])
    bcu = now.table.loc[now.table["area"] == area, "bcu"].iloc[0]
    offered, why = [], {"in another area": 0, "in another BCU or outside the force": 0, "excluded": 0}
    for cell in near:
        reason = shut_out(now, cell, bcu, whose)
        if reason:
            why[reason] += 1
        else:
            offered.append(cell)
    if picked in whose and picked not in [*near, *own] and not shut_out(now, picked, bcu, whose):
        offered.append(picked)
    harm = facts.drop_duplicates("cell").set_index("cell")["harm"].fillna(0.0)
    offered.sort(key=lambda c: (-float(harm[c]), c))
    return offered, ", ".join(f"{n} {reason}" for reason, n in why.items() if n)


def shut_out(now: Desk, cell: int, bcu: str, whose: dict[int, str]) -> str:
    """Why a cell cannot join an area of this BCU; '' where it can."""
    if now.owner_of(f"{cell:x}"):
        return "in another area"
    if whose.get(cell, "") != bcu:
        return "in another BCU or outside the force"
    return "excluded" if areas.inside_excluded([cell], now.excluded)[0] else ""


def free_cells(now: Desk, picked: int = 0) -> list[int]:
    """The best-ranked cells that are in no area and not excluded, and the picked one if it is among all ranked."""
    taken = set(every_cell(now))
    ranked = [int(c, 16) for c in now.found.answer.table["cell"]]
    shut = areas.inside_excluded(ranked, now.excluded)
    free = [c for c, no in zip(ranked, shut, strict=True) if not no and c not in taken]
    first = free[:MOST]
    return [picked, *first] if picked in set(free) - set(first) else first


def figure_of(now: Desk) -> str:
    """How the figure that areas are made to catch is written behind a cell."""
    return "expected harm {} days" if now.found.definition["maximised"] == EXPECTED else "{} harm days"


def described(facts: pd.DataFrame, cells: Collection[int], figure: str, about: Iterable[int] = ()) -> dict[int, str]:
    """Each cell in words: where it lies as seen from ``about``, its place, its figures, its id."""
    rows = facts[facts["cell"].isin(list(cells))].drop_duplicates("cell").set_index("cell")
    places, counts, harm = (rows[c].to_dict() for c in ("place", "n_incidents", "harm"))
    said = {}
    for cell, where in zip(cells, directions(list(cells), list(about)), strict=True):
        days = f", {figure.format(number_text(harm[cell]))}" if harm[cell] == harm[cell] else ""
        said[cell] = f"{where}{places[cell]} – {counted(counts[cell], 'incident')}{days} (cell {cell:x})"
    return said


def directions(cells: list[int], about: list[int]) -> list[str]:
    """'To the north-east: ' for each cell as seen from the middle of others; '' for one in it, or without others."""
    if not about:
        return [""] * len(cells)
    lon, lat = (np.asarray(x) for x in geography.cell_centres(cells))
    middle = [float(np.mean(x)) for x in geography.cell_centres(about)]
    east = (lon - middle[0]) * math.cos(math.radians(middle[1]))
    north = lat - middle[1]
    winds = np.round(np.degrees(np.arctan2(north, east)) / 45).astype(int) % 8
    apart = np.hypot(east, north) > 1e-5  # about a metre
    return [
        f"To the {COMPASS[wind]}: " if far else "" for wind, far in zip(winds.tolist(), apart.tolist(), strict=True)
    ]
