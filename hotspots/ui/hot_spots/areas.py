"""The part “Areas” of the Hot spots page: candidates, or the draft that people make of them, changed and frozen."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import streamlit as st

from hotspots import areas, geography
from hotspots.areas import register as area_register
from hotspots.areas.choosing import stated_choice
from hotspots.base.choices import HOWS
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.exports import file_name
from hotspots.ranking.answer import Answer, in_unit
from hotspots.ui.forms import done_in_markdown, form_key, signature, switch_next
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import area_editor, draft, words
from hotspots.ui.hot_spots.answers import Outlined
from hotspots.ui.hot_spots.area_desk import (
    Beside,
    Desk,
    choose_area,
    columns_of,
    desk,
    end_draft,
    keep_draft,
    offer_table,
)
from hotspots.ui.hot_spots.draft import Draft
from hotspots.ui.session import held, hold, widget_key
from hotspots.ui.show import errors_shown, height_of, plain_text, show_table


def outlined(view: View, answer: Answer) -> tuple[Outlined, str]:
    """The areas to outline beside the ranked cells, and what they are; none where there can be none."""
    try:
        now = desk(view, answer)
    except HotspotsError:
        return Outlined(), ""
    if now.table.empty:
        return Outlined(), ""
    kind = "candidate areas" if now.draft is None else "the areas of your draft"
    return Outlined(now.table), f"Outlined: {kind}. Choose “Areas” to see, change and freeze them."


def beside(view: View, answer: Answer) -> Beside:
    """The areas in a table; below, the editor."""
    now = desk(view, answer)
    say_state(now)
    chosen = chosen_area(view, now)
    if len(now.table):
        columns = columns_of(now.table, "all" if now.stale else answer.question.bcu)
        picked = show_table(
            now.table, "areas", columns, name="Areas", height=height_of(len(now.table), 455), what="area"
        )
        if not now.stale:
            show_downloads(answer, now)
        if picked and picked != chosen:
            choose_area(picked)
            st.rerun()
    else:
        st.info("There is no area here. Make one of a cell below.")
    middle = middle_of(now, chosen) if held("area_chosen") else None
    drawn = Outlined(now.table, now.cells_of(chosen), middle)
    caption = "Outlined: candidate areas." if now.draft is None else "Outlined: your draft."
    caption += f" Rings: the cells of {now.labels[chosen]}." if chosen else ""
    return Beside(drawn, caption, partial(below, view, now, chosen))


def middle_of(now: Desk, area: str) -> tuple[float, float] | None:
    """(lon, lat) of an area; None where there is no such area."""
    cells = areas.cell_ids(now.cells_of(area))
    if not len(cells):
        return None
    lon, lat = geography.cell_centres(cells)
    return round(float(lon.mean()), 4), round(float(lat.mean()), 4)


def say_state(now: Desk) -> None:
    """Whether these are candidates or a draft, what each BCU got, and what is odd."""
    if now.draft is None:
        st.markdown(words.AREAS_HELP)
        st.caption(plain_text(" ".join(now.found.notes)))
    else:
        source = "the candidates" if now.draft.source == draft.CANDIDATES else now.draft.source
        n = counted(len(now.draft.changes), "change")
        st.info(
            plain_text(f"Your draft, made from {source}: {counted(len(now.table), 'area')}, {n}. Not frozen yet."),
            icon=":material/edit:",
        )
    for line in areas.warnings_of(now.table, now.limits.max_area_m2):
        st.warning(plain_text(line), icon=":material/warning:")


def chosen_area(view: View, now: Desk) -> str:
    """The area being changed: that of the cell picked last, else the one chosen before, else the first."""
    if view.cell and view.cell != held("area_pick"):
        owner = now.owner_of(view.cell)
        if owner:
            choose_area(owner)
    hold("area_pick", view.cell)
    ids = now.table["area"].tolist()
    chosen = str(held("area_chosen") or "")
    return chosen if chosen in ids else (ids[0] if ids else "")


def below(view: View, now: Desk, chosen: str) -> None:
    """The editor, freezing, and what is excluded; a draft of another question is dealt with first."""
    if now.stale and now.draft is not None:
        choose_for_draft(view, now, now.draft)
        return
    parts = (area_editor.show_editor, area_editor.show_changes, show_freeze, area_editor.show_exclusions)
    for part in parts:
        with errors_shown():
            part(view, now, chosen)


def choose_for_draft(view: View, now: Desk, own: Draft) -> None:
    """The data or the question changed under the draft: work its figures out again, or discard it."""
    st.header("Your draft has the figures of another question")
    for line in now.stale:
        st.warning(plain_text(line), icon=":material/warning:")
    st.markdown("Until you choose, the draft can be read and not changed. Or go back to its question in the menu.")
    with st.container(horizontal=True):
        again = st.button("Work its figures out again", type="primary", icon=":material/calculate:")
        discard = st.button("Discard the draft", icon=":material/delete:")
    if again:
        keep_draft(draft.refigured(view.workspace, now.found, own), "The draft now has the figures of this question.")
    if discard:
        end_draft(words.DISCARDED)


def show_downloads(answer: Answer, now: Desk) -> None:
    """The areas shown, with the same figures, as files that say what they are."""
    kind = "areas" if now.draft is None else "draft-areas"
    window = answer.window
    name = file_name(kind, answer.question.bcu, window.start, window.end, synthetic=answer.synthetic)
    what = "Candidate hot spots" if now.draft is None else "A draft of hot spots, not frozen"
    table = in_unit(now.table.drop(columns="label"), answer.weights)
    facts = {"what": what, **(now.found.definition if now.draft is None else draft.definition(now.found, now.draft))}
    offer_table(name, table, facts)


def show_freeze(view: View, now: Desk, chosen: str) -> None:
    """Name, first day, author and reason; confirmed, the areas shown become the next version of that register."""
    st.header("Freeze these areas")
    st.markdown(words.FREEZE_HELP)
    with st.form(form_key("area_freeze"), border=True):
        left, right = st.columns([2, 1])
        name = left.text_input(
            "Name of the register", key=widget_key(form_key("freeze_name"), start_name(view, now)), max_chars=100,
            help="Small letters, digits, - _ and . A name that exists gets its next version; a new name, its first.",
        )  # fmt: skip
        key = widget_key(form_key("freeze_from"), date.today())
        first = right.date_input("They hold from", key=key, format="DD/MM/YYYY")
        how, first_of, last_of = ask_choice(now)
        author, note = signature("freeze", "Why these areas, why now")
        promise = f"I have checked {counted(len(now.table), 'area')} and understand that freezing cannot be undone"
        sure = st.checkbox(promise, key=f"_{form_key('freeze_sure')}")
        go = st.form_submit_button("Freeze", type="primary", icon=":material/lock:")
    if go:
        if not sure:
            raise HotspotsError("Nothing was frozen: tick the box to confirm. Freezing cannot be undone.")
        choice = stated_choice(how, first_of, last_of, now.found.definition["window"], from_version(now))
        freeze(view, now, name.strip(), first, author, note, choice)


def from_version(now: Desk) -> bool:
    """Whether the draft was made of an earlier version, whose places this ranking may not have chosen."""
    return now.draft is not None and now.draft.source != draft.CANDIDATES


def ask_choice(now: Desk) -> tuple[str, str, str]:
    """How the areas were chosen, and by figures of which months; a draft of an earlier version has to say."""
    options = [*([""] if from_version(now) else []), *HOWS]
    how = st.selectbox(
        "How were they chosen?", options, key=widget_key(form_key("freeze_how"), options[0]),
        format_func=lambda value: {"": "Choose …", **HOWS}[value].capitalize(), help=words.CHOSEN_HELP,
    )  # fmt: skip
    left, right = st.columns(2)
    first = left.text_input("By other figures: from", key=widget_key(form_key("freeze_first"), ""), max_chars=10)
    last = right.text_input("to", key=widget_key(form_key("freeze_last"), ""), max_chars=10)
    return how, first.strip(), last.strip()


def start_name(view: View, now: Desk) -> str:
    """The register that the draft was made from, else one for the BCU on the page."""
    if now.draft is not None and now.draft.source != draft.CANDIDATES:
        return now.draft.source.partition("@")[0]
    bcu = now.found.answer.question.bcu
    return "hot-spots" + ("" if bcu == "all" else f"-{bcu.lower()}")


def freeze(
    view: View, now: Desk, name: str, first: date, author: str, note: str, choice: dict[str, str]
) -> None:  # fmt: skip
    """Store the areas; the draft ends and the register is shown."""
    draft.refuse_excluded(now.table, now.excluded)
    made = area_register.freeze(
        Path(view.folder), now.table.drop(columns="label"), name, first, author, note,
        {**draft.definition(now.found, now.draft), "chosen": choice}, now.limits.max_area_m2,
    )  # fmt: skip
    hold("area_draft", None)
    hold("area_chosen", None)
    hold("register_shown", made.ref)
    switch_next("part", words.REGISTER)
    said = f"Frozen as `{made.ref}`: {counted(len(made.areas), 'area')} from {made.valid_from:%d/%m/%Y}."
    done_in_markdown(
        f"{said} SHA-256 `{made.sha256}`.", *(plain_text(w) for w in made.warnings)
    )  # as code: to be copied
