"""The Hot spots page: what is asked, the map with one of three parts beside it, and what has no weight."""

from __future__ import annotations

import json

import streamlit as st

from hotspots.base import choices
from hotspots.base.words import counted
from hotspots.harm import selections
from hotspots.maps import MAX_CELLS
from hotspots.ranking import rank as ranking
from hotspots.ranking.answer import Answer, unit_warning
from hotspots.ui import components, loading
from hotspots.ui import words as shared
from hotspots.ui.choosing import switch, switch_box
from hotspots.ui.forms import show_done
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, areas, cells, register, words
from hotspots.ui.hot_spots.area_desk import Beside
from hotspots.ui.session import select_cell
from hotspots.ui.show import show_breaks, show_loose
from hotspots.ui.text import bullets, errors_shown, plain_text

BESIDE = {words.CELLS: cells.beside, words.AREAS: areas.beside, words.REGISTER: register.beside}


def show(view: View) -> None:
    answer = loading.ranked(view.folder, view.version, view.question)
    show_summary(view, answer)
    show_parts(view, answer)
    show_unscored(answer)


def show_summary(view: View, answer: Answer) -> None:
    """What the page answers, in a sentence, and what must be said beside it."""
    where = "All three BCUs" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    kind = selections.selection_named(answer.question.offences).label
    st.markdown(
        f"**{where}**, {plain_text(str(answer.window))}: {plain_text(kind)},"
        f" {words.rests_on(answer, view.workspace.settings.expected_months)}"
        f" {counted(len(answer.table), 'cell').capitalize()} with at least one incident; the first"
        f" {min(view.top, len(answer.table)):,} are listed. Weights: {plain_text(answer.weights.label)}."
    )
    if answer.no_patterns and len(answer.table):
        st.caption(plain_text(answer.no_patterns))
    if answer.weights.unit != "days":
        st.warning(plain_text(unit_warning(answer.weights)), icon=":material/straighten:")
    if answer.weights.is_proxy:
        st.warning(shared.PROXY, icon=":material/balance:")
    show_breaks(answer.breaks)
    with st.expander(f"What these figures leave out ({len(answer.warnings) + len(answer.notes)})"):
        st.markdown(bullets((*answer.warnings, *answer.notes)))


def show_parts(view: View, answer: Answer) -> None:
    """The map and beside it what is chosen: cells, areas or the register; below both, the rest of that part."""
    show_done()
    part = switch("Show", "part", words.PARTS)
    if answer.table.empty and part != words.REGISTER:
        show_nothing(view, answer)
        return
    left, right = st.columns([4, 5], gap="medium")
    beside = Beside()
    with right, errors_shown():
        beside = BESIDE[part](view, answer)
    with left, errors_shown():
        show_map(view, answer, beside)
    with errors_shown():
        beside.below()


def show_map(view: View, answer: Answer, beside: Beside) -> None:
    """The map, coloured as chosen, with the areas of this part outlined."""
    colours = colours_of(answer, view.workspace.settings.top)
    measure = switch_box("Colour the map by", "colour", colours)
    if measure == "pattern" and answer.no_patterns:
        st.info(plain_text(f"No cell has a pattern here. {answer.no_patterns}"), icon=":material/info:")
    cell = cells.shown_cell(view, answer)
    deck, svg = answers.map_of(
        view.folder, view.version, answer.question, measure, cell, view.workspace.settings.top,
        components.is_dark(), beside.outlined,
    )  # fmt: skip
    picked = components.map_view(deck, json.loads(svg), cell, key="map", prefer_svg=view.svg)
    if beside.caption:
        st.caption(plain_text(beside.caption))
    if len(answer.table) > MAX_CELLS:
        st.caption(words.CELL_LIMIT.format(n=MAX_CELLS))
    if picked and picked != cell:
        select_cell(picked)


def colours_of(answer: Answer, top: int) -> dict[str, str]:
    """What the map can be coloured by: the figure ranked by first."""
    by = answer.question.by
    return {
        ranking.MEASURE[by]: f"What is ranked: {choices.METHODS[by].lower()}",
        "p_top": f"Chance of being in the top {top:,}",
        "pattern": "Pattern: new, persistent, fading …",
    }


def show_unscored(answer: Answer) -> None:
    """Offences that add no harm, because their weight is not known: never zero, never the first match."""
    loose = answer.scores[answer.scores["status"] != "scored"]
    if not len(loose):
        return
    with st.expander(f"Offences without one weight ({int(loose['n_offences'].sum()):,})"):
        st.markdown(shared.UNSCORED)
        show_loose(loose)


def show_nothing(view: View, answer: Answer) -> None:
    """An empty selection says why."""
    where = "the force area" if view.question.bcu == "all" else f"{view.question.bcu} BCU"
    st.info(
        f"No such incident lies in {where} from {plain_text(str(answer.window))}. Widen the window, choose other"
        " offences, or look under “What these figures leave out”."
    )
