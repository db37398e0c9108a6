"""What the parts of the Hot spots page that deal with areas have in common: the areas at hand, and the draft.

The draft lives in the session until it is frozen (`hotspots.ui.hot_spots.draft`); nothing of it is stored before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from hotspots import exports
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import Candidates
from hotspots.base.writing import to_csv
from hotspots.maps import area_labels
from hotspots.ranking.answer import Answer
from hotspots.ui import loading
from hotspots.ui.forms import done
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, draft
from hotspots.ui.hot_spots.answers import Outlined
from hotspots.ui.hot_spots.draft import Draft
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
        frozenset(int(c, 16) for c in found.definition["excluded_cells"]), Limits.of(view.workspace.settings),
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


def offer_areas(name: str, table: pd.DataFrame, facts: dict[str, Any]) -> None:
    """Areas as CSV, workbook and outlines."""
    offer_files(
        name,
        csv=lambda: to_csv(table),
        xlsx=lambda: exports.to_xlsx({"Table": table, "About": facts}),
        geojson=lambda: exports.to_geojson(table, facts),
    )
