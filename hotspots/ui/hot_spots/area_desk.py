"""What the parts of the Hot spots page that deal with areas have in common: the areas at hand, and the draft.

The draft lives in the session until it is frozen (`hotspots.ui.hot_spots.draft`); nothing of it is stored before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots import exports
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import Candidates
from hotspots.base.writing import to_csv
from hotspots.maps import area_labels
from hotspots.ranking.answer import Answer
from hotspots.ui import frame, loading, words
from hotspots.ui.frame import View, held, hold, plain_text
from hotspots.ui.hot_spots import draft
from hotspots.ui.hot_spots.draft import Draft
from hotspots.ui.loading import Outlined
from hotspots.ui.show import Download, download_buttons

COLUMNS = (
    "label", "name", "role", "n_cells", "share_of_bcu_harm", "harm_expected_days", "n_incidents", "harm_days",
    "area_m2", "bcu", "area", "edits",
)  # fmt: skip


def nothing() -> None:
    pass


class Beside(NamedTuple):
    """What a part of the page draws on the map, says under it, and shows below."""

    outlined: Outlined = Outlined()
    caption: str = ""
    below: Callable[[], None] = nothing


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
    found = loading.candidates(view.folder, view.version, view.question, loading.areas_stamp(view.folder))
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
    """The editor shows this area from now on; the turn makes a new select box, which starts from it."""
    hold("area_chosen", area)
    hold("area_turn", (held("area_turn") or 0) + 1)


def keep_draft(changed: Draft, sentence: str) -> None:
    """The draft as it is from now on."""
    hold("area_draft", changed)
    done(sentence)


def end_draft(sentence: str) -> None:
    hold("area_draft", None)
    done(sentence)


def done(*sentences: str) -> None:
    """Say so at the top of the next run, and begin it with new forms."""
    done_in_markdown(*(plain_text(s) for s in sentences))


def done_in_markdown(*sentences: str) -> None:
    """The same for sentences in Markdown, in which text from data is escaped."""
    hold("area_form", (held("area_form") or 0) + 1)
    frame.hand_over("areas_done", sentences)
    st.rerun()


def show_done() -> None:
    told: Any = frame.handed_over("areas_done")
    for i, sentence in enumerate(told or ()):
        (st.warning if i else st.success)(sentence, icon=f":material/{'warning' if i else 'check'}:")


def form_key(name: str) -> str:
    """The key of a form or of a widget in one: another after each change that was taken."""
    return f"{name}_{held('area_form') or 0}"


def signature(name: str, why: str) -> tuple[str, str]:
    """Who and why: two fields of a form. The name is remembered for the session."""
    left, right = st.columns([1, 2])
    author = left.text_input(
        "Your name", key=frame.widget_key(form_key(f"{name}_author"), held("author") or ""), max_chars=100
    )
    note = right.text_input(why, key=f"_{form_key(f'{name}_note')}", max_chars=500)
    if author.strip():
        hold("author", author.strip())
    return author.strip(), note.strip()


def offer_files(name: str, table: pd.DataFrame, facts: dict[str, Any], key: str) -> None:
    """Areas as CSV, workbook and outlines."""
    download_buttons(
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: to_csv(table)),
            Download("Excel", f"{name}.xlsx", words.XLSX, lambda: exports.to_xlsx({"Table": table, "About": facts})),
            Download("GeoJSON", f"{name}.geojson", "application/geo+json", lambda: exports.to_geojson(table, facts)),
        ],
        key=key,
    )
