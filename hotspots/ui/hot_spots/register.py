"""The part “Register” of the Hot spots page: every frozen version, what it holds and what it was made from."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.areas.choosing import Choice, choice_of
from hotspots.areas.register import Frozen
from hotspots.base.choices import HOWS
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.exports import file_name
from hotspots.exports.areas import about_frozen, in_its_unit
from hotspots.harm import selections
from hotspots.ranking.answer import Answer
from hotspots.ui import loading
from hotspots.ui.forms import done, switch_next
from hotspots.ui.frame import View
from hotspots.ui.hot_spots import answers, draft, words
from hotspots.ui.hot_spots.answers import Outlined
from hotspots.ui.hot_spots.area_desk import Beside, columns_of, desk, labelled, offer_table
from hotspots.ui.session import held, hold, widget_key
from hotspots.ui.show import COLUMNS, bullets, height_of, plain_text, show_table

HASH = 12  # characters of it in a list


def beside(view: View, answer: Answer) -> Beside:
    """The versions in a table, one of them chosen; below, that one."""
    table = loading.registers(view.folder, loading.areas_stamp(view.folder))
    if table.empty:
        st.info(words.NO_REGISTER)
        return Beside()
    refs = [f"{n}@{v}" for n, v in zip(table["name"], table["version"], strict=True)][::-1]
    start = held("register_shown")
    key = widget_key(f"register_{len(refs)}_{start}", start if start in refs else refs[0])
    chosen = st.selectbox("Version", refs, key=key)
    st.dataframe(
        as_listed(table), hide_index=True, alt="Frozen versions", column_config=LISTED,
        height=height_of(len(table), 400),
    )  # fmt: skip
    frozen = answers.frozen(view.folder, chosen)  # refuses one that no longer has its hash
    shown, caption = on_the_map(labelled(frozen.areas), view.question.bcu, frozen.ref)
    return Beside(Outlined(shown), caption, partial(show_version, view, answer, frozen))


def as_listed(table: pd.DataFrame) -> pd.DataFrame:
    """The versions as they are read, newest first."""
    shown = table.assign(
        ref=table["name"] + "@" + table["version"].astype(str),
        sha256=table["sha256"].str[:HASH],
        valid_to=[until(a, b) for a, b in zip(table["valid_from"], table["valid_to"], strict=True)],
    )
    return shown[["ref", "valid_from", "valid_to", "n_areas", "author", "note", "sha256", "created"]].iloc[::-1]


def until(first: str, last: str) -> str:
    """Both are ISO dates; '' is no end."""
    return "further notice" if not last else "never began" if last < first else last


def on_the_map(table: pd.DataFrame, bcu: str, ref: str) -> tuple[pd.DataFrame, str]:
    """The areas of the BCU on the page, and what the map says about them."""
    mine = table if bcu == "all" else table[table["bcu"] == bcu]
    caption = f"Outlined: the areas of {ref}."
    return mine, caption if len(mine) == len(table) else f"{caption} {words.OUT_OF_BCU.format(bcu=bcu)}"


# ---------------------------------------------------------------- one version


def show_version(view: View, answer: Answer, frozen: Frozen) -> None:
    """Its areas, what it was made from, its files, and the way to a new version."""
    st.header(plain_text(frozen.ref))
    st.markdown(plain_text(validity(frozen)))
    st.success(f"It is as it was frozen: SHA-256 {frozen.sha256}, verified just now.", icon=":material/verified:")
    table = labelled(frozen.areas)
    columns = columns_of(table, "all")
    show_table(table, "frozen", columns, name="Areas of the version", height=height_of(len(table), 500), what="area")
    st.caption("Figures as they were when the areas were frozen.")
    name = file_name(frozen.name, frozen.version, synthetic=view.workspace.manifest.kind == "synthetic")
    offer_table(name, in_its_unit(frozen), about_frozen(frozen))
    st.subheader("What it was made from")
    st.markdown(bullets(definition_lines(frozen.definition)))
    start_again(view, answer, frozen)


def validity(frozen: Frozen) -> str:
    """From when to when, by whom, and why."""
    last = frozen.valid_to
    if last is None:
        until = "until further notice"
    elif last < frozen.valid_from:
        until = "but a later version took over before it began"
    else:
        until = f"to {last:%d/%m/%Y}"
    return (
        f"Holds from {frozen.valid_from:%d/%m/%Y} {until}. Frozen by {frozen.author} on {frozen.created[:10]}:"
        f" {frozen.note}"
    )


def definition_lines(definition: dict[str, Any]) -> list[str]:
    """What was asked, a sentence each; a definition may lack any of it."""
    question = definition.get("question") or {}
    get = definition.get
    window = get("window") or ["?", "?"]
    shown = COLUMNS.get(str(get("maximised")))
    caught = shown.label.lower() if shown else str(get("maximised") or "?")
    wanted = ", ".join(f"{bcu} {n}" for bcu, n in (get("areas_wanted") or {}).items()) or "?"
    lines = [
        f"Window: {window[0]} to {window[-1]}; {get('data', '')}.",
        f"Offences: {selection_label(str(question.get('offences', '')))}, ranked by"
        f" {str(get('ranked_by', '?')).lower()}; areas made to catch {caught}. Cells of resolution"
        f" {question.get('resolution', '?')}.",
        f"Weights: {get('weights', '?')}, SHA-256 {get('weights_sha256', '?')}.",
        f"Limits: at most {figure(get('max_area_m2'))} m², at least {figure(get('min_share'), 100, 2)}% of its BCU's"
        f" harm; wanted: {wanted}.",
        f"Chosen {chosen_words(choice_of(definition))}.",
        f"Excluded: {counted(len(get('excluded_cells') or []), 'cell')}.",
        *([f"Made from: {get('areas_from')}."] if get("areas_from") else []),
        *(f"Changed by hand: {change}" for change in get("changes") or []),
    ]
    if get("missing_months"):
        lines.append(f"Months not imported: {', '.join(str(m) for m in definition['missing_months'])}.")
    if get("map_point_breaks"):
        lines.append(f"Map points changed in: {', '.join(str(m) for m in definition['map_point_breaks'])}.")
    return lines


def chosen_words(choice: Choice) -> str:
    """'by this ranking, 2025-01-01 to 2025-12-31', and whether whoever froze the version said so."""
    months = f", {choice.window}" if choice.window else ""
    return HOWS[choice.how] + months + ("" if choice.stated else ", as far as is known: it was not asked then")


def selection_label(name: str) -> str:
    try:
        return selections.selection_named(name).label
    except HotspotsError:
        return name or "?"


def figure(value: Any, times: float = 1, decimals: int = 0) -> str:
    return f"{value * times:,.{decimals}f}" if isinstance(value, (int, float)) else "?"


def start_again(view: View, answer: Answer, frozen: Frozen) -> None:
    """A draft of this version's areas with the figures of the page's question."""
    st.subheader("A new version")
    if held("area_draft") is not None:
        st.info("You have a draft. Freeze or discard it under “Areas” before you start from this version.")
        return
    if st.button("Start a new version from this one", icon=":material/edit:"):
        now = desk(view, answer)
        hold("area_draft", draft.from_frozen(view.workspace, now.found, frozen))
        switch_next("part", words.AREAS)
        done(f"A draft of {frozen.ref}, with the figures of the question on the page. {frozen.ref} stays as it is.")


LISTED: Any = {
    "ref": st.column_config.TextColumn("Version", width=110),
    "valid_from": st.column_config.TextColumn("From", width=85),
    "valid_to": st.column_config.TextColumn("To", width=85),
    "n_areas": st.column_config.NumberColumn("Areas", format="%.0f", width=55),
    "author": "Who", "note": st.column_config.TextColumn("Why", width=180),
    "sha256": st.column_config.TextColumn("SHA-256", width=110), "created": "Frozen (UTC)",
}  # fmt: skip
